"""The meta-gradient with a sampled inner loop (Kim et al. 2021, Theorem 1), by enumeration of every inner batch.

A batch B holds K trajectories drawn independently at φ₀. On it every player j takes one REINFORCE step

    φ₁ʲ = φ₀ʲ + α ĝ_j(B),    ĝ_j(B) = mean over τ in B of R_j(τ) s_j(τ; φ₀),

and player i's objective is J_i(φ₀) = E_B Vⁱ(φ₁), with the exact value Vⁱ. Its derivative in φ₀ⁱ is the sum of

    current_i  = E[S_i(B) Vⁱ(φ₁)]                         S_i(B) the sum of the batch's scores,
    identity_i = E[∇_i Vⁱ(φ₁)],
    own_i      = α E[(∂ĝ_i/∂φⁱ)ᵀ ∇_i Vⁱ(φ₁)],
    peer_i     = α E[Σ_{j≠i} (∂ĝ_j/∂φⁱ)ᵀ ∇_j Vⁱ(φ₁)],

when ∂ĝ/∂φ is the derivative of ĝ with the batch held fixed. What is called a derivative of ĝ is a choice:

* ``reinforce``: just that. ĝ_j depends on φʲ alone, so ∂ĝ_j/∂φⁱ = 0 for j ≠ i and ∂ĝ_i/∂φⁱ = mean R_i ∇²_i log p.
* ``score-weighted``: unbiased estimates of ∇_i∇_j Vʲ from the same batch, mean R_j s_j s_iᵀ, for j = i with
  + R_i ∇²_i log p. The factor s_i differentiates the sampling, which S_i(B) does already.
* ``dice``: differentiate ∇_j of mean w(τ) R_j(τ), w the probability of τ at φ over that at φ₀ held fixed (the magic
  box of DiCE, on whole trajectories), once more at φ = φ₀. It comes out as ``score-weighted``.

The sum of the four is dJ_i/dφ₀ⁱ for ``reinforce``; for the other two without ``current_i`` it is so to first order in α
only, and with it the first-order effect is counted twice. :func:`first_orders` states the differences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import factorial, prod
from typing import Literal

from sympy import Add, Expr, Integer, Mul

from theory.errors import BadInput
from theory.games.model import Game
from theory.policies import Coordinates, coordinates_of, local_policies, parameters
from theory.program import Builder, Program
from theory.sampling.trajectories import Trajectory, probability, score, score_derivative, trajectories
from theory.symbols import alpha
from theory.values import GamePoint, Parameters, Vector

Matrix = tuple[Vector, ...]
Representation = Literal["reinforce", "score-weighted", "dice"]
REPRESENTATIONS: tuple[Representation, ...] = ("reinforce", "score-weighted", "dice")


@dataclass(frozen=True)
class Batch:
    """One inner batch, as an unordered selection of trajectories.

    Attributes:
        counts: (index of a trajectory, how often it was drawn) for those that were.
        orders: in how many orders it can be drawn.
    """

    counts: tuple[tuple[int, int], ...]
    orders: int

    def total(self, rows: Sequence[Vector]) -> Vector:
        """Sum over the batch of one vector per trajectory."""
        drawn = (tuple(count * entry for entry in rows[index]) for index, count in self.counts)
        return tuple(Add(*entries) for entries in zip(*drawn, strict=True))

    def mean(self, rows: Sequence[Vector]) -> Vector:
        """Mean over the batch of one vector per trajectory."""
        size = sum(count for _, count in self.counts)
        return tuple(entry / size for entry in self.total(rows))

    def chance(self, probabilities: Sequence[Expr]) -> Expr:
        """Probability of drawing it, in any order."""
        return self.orders * Mul(*(probabilities[index] ** count for index, count in self.counts))


def batches(trajectory_count: int, size: int) -> tuple[Batch, ...]:
    """All batches of ``size`` trajectories, by index.

    Raises:
        BadInput: the size is no positive integer.
    """
    found = []
    for drawn in combinations_with_replacement(range(trajectory_count), _check_size(size)):
        counts = tuple((index, drawn.count(index)) for index in dict.fromkeys(drawn))
        found.append(Batch(counts, factorial(size) // prod(factorial(count) for _, count in counts)))
    return tuple(found)


def _check_size(size: int) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise BadInput(f"batch: K must be a positive integer, not {size!r}.")
    return size


def sampled_terms(
    game: Game, policy: str = "direct", batch: int = 1, representation: Representation = "reinforce"
) -> Program:
    """The four terms of the sampled meta-gradient.

    Inputs: φ₀, α, then the game's parameters. Blocks ``current_i``, ``identity_i``, ``own_i``, ``peer_i`` (i from 1),
    each of shape (parameters of player i,).

    Args:
        game: a game that has an end.
        policy: ``direct`` or ``logit``.
        batch: K ≥ 1.
        representation: what stands for the derivative of the inner gradient.

    Raises:
        BadInput: a game without end, an unknown policy or representation, or K < 1.
    """
    if representation not in REPRESENTATIONS:
        raise BadInput(f"representation: {representation!r} is not one of {', '.join(REPRESENTATIONS)}.")
    sample = _Sample(game, policy)
    build, phi, players = sample.build, sample.phi, range(game.players)
    jacobians = sample.jacobians(representation)
    names = ("current", "identity", "own", "peer")
    sums: dict[str, list[Vector]] = {f"{name}_{i + 1}": [] for i in players for name in names}
    for drawn in batches(len(sample.trajectories), batch):
        chance = build.let("chance", drawn.chance(sample.probabilities))
        end = sample.after(drawn)
        for i in players:
            value = build.let("V", end.value(i))
            through = [
                tuple(build.let("thru", alpha * entry) for entry in _pulled(drawn, jacobians[j][i], end.gradient(i, j)))
                for j in players
            ]
            scores = drawn.total(sample.scores[i])
            terms = {
                "current": tuple(entry * value for entry in scores),
                "identity": end.gradient(i, i),
                "own": through[i],
                "peer": _added([row for j, row in enumerate(through) if j != i], len(phi[i])),
            }
            for name, row in terms.items():
                sums[f"{name}_{i + 1}"].append(tuple(chance * entry for entry in row))
    return build.program({block: _added(rows, len(rows[0])) for block, rows in sums.items()})


def differentiated_objective(game: Game, policy: str = "direct", batch: int = 1) -> Program:
    """J_i and its derivative, by differentiating the enumerated objective through its steps: the independent route.

    Scores too come from differentiating the trajectories' probabilities, so that no derivative formula is shared with
    :func:`sampled_terms`. Inputs and errors as there; blocks ``objective``, shape (players,), and ``total_i``.
    """
    sample = _Sample(game, policy)
    build, phi, players = sample.build, sample.phi, range(game.players)
    steps = [
        [
            tuple(build.let("step", path.returns[j] * slope / chance) for slope in build.gradient(chance, phi[j]))
            for path, chance in zip(sample.trajectories, sample.probabilities, strict=True)
        ]
        for j in players
    ]
    outcomes: list[Vector] = []
    for drawn in batches(len(sample.trajectories), batch):
        end = sample.at(_moved(phi, [drawn.mean(steps[j]) for j in players]))
        chance = drawn.chance(sample.probabilities)
        outcomes.append(tuple(build.let("outcome", chance * end.value(i)) for i in players))
    objective = [build.let("J", entry) for entry in _added(outcomes, game.players)]
    totals = {f"total_{i + 1}": build.gradient(objective[i], phi[i]) for i in players}
    return build.program({"objective": objective, **totals})


def first_orders(game: Game, policy: str = "direct", batch: int = 1) -> Program:
    """What the split and the sampling change at the first two orders in α, from moments of one trajectory at φ₀.

    With X the joint vector (R_j s_j)_j of one trajectory, g = E X, H = ∇²Vⁱ and Σ_K = Cov(X)/K, all at φ₀:

    * ``own_i`` = (∇²_i Vⁱ) ∇_iVⁱ and ``peer_i`` = Σ_{j≠i} (∇_i∇_jVʲ) ∇_jVⁱ: the corrections of the exact inner loop
      and, for ``score-weighted``, the coefficients of α in the terms of these names;
    * ``scored_i`` = E[R_i s_i s_iᵀ] ∇_iVⁱ: for ``reinforce`` the coefficients of α are peer_i + scored_i in current_i,
      own_i − scored_i in own_i and 0 in peer_i; ``score-weighted`` with current_i counts peer_i + scored_i twice;
    * ``remainder_i`` = −E[s_i XᵀHX]/(2K): the coefficient of α² in dJ_i/dφ₀ⁱ less the sum of ``score-weighted`` terms
      without current_i;
    * ``noise_i`` = ½ ∇_i tr(Σ_K H): the coefficient of α² in dJ_i/dφ₀ⁱ less the derivative of Vⁱ(φ₀ + αg).

    Inputs and errors as in :func:`sampled_terms`; α is not used.
    """
    sample = _Sample(game, policy)
    build, phi, players = sample.build, sample.phi, range(game.players)
    here = sample.at(phi)
    size = _check_size(batch)
    joint = [tuple(entry for j in players for entry in sample.steps[j][t]) for t in range(len(sample.trajectories))]
    slope = [entry for j in players for entry in here.gradient(j, j)]
    axes = [(j, m) for j in players for m in range(len(phi[j]))]
    blocks: dict[str, Sequence[Expr]] = {}
    for i in players:
        moves = [here.hessian_product(j, i, j, here.gradient(i, j)) for j in players]
        blocks[f"own_{i + 1}"] = moves[i]
        blocks[f"peer_{i + 1}"] = _added([row for j, row in enumerate(moves) if j != i], len(phi[i]))
        along = [
            build.let("along", _dot(scores, here.gradient(i, i))) * path.returns[i]
            for scores, path in zip(sample.scores[i], sample.trajectories, strict=True)
        ]
        blocks[f"scored_{i + 1}"] = sample.mean_score(i, along)
        hessian = _hessian(build, here, i, axes, phi)
        bends = [build.let("bend", _quadratic(hessian, x)) for x in joint]
        blocks[f"remainder_{i + 1}"] = [-entry / (2 * size) for entry in sample.mean_score(i, bends)]
        second = Add(*(chance * bend for chance, bend in zip(sample.probabilities, bends, strict=True)))
        trace = build.let("trace", (second - _quadratic(hessian, slope)) / (2 * size))
        blocks[f"noise_{i + 1}"] = build.gradient(trace, phi[i])
    return build.program(blocks)


def magic_box(game: Game, coordinates: Coordinates, path: Trajectory) -> Program:
    """First and second derivatives of a trajectory's DiCE objectives w(τ) R_j(τ), by differentiating its probability.

    w(τ) = p(τ; φ)/p(τ; φ₀) is 1 at φ = φ₀ and moves with every player's actions.

    Returns:
        A program with inputs φ, φ₀ (the same names with suffix ``_held``), the game's parameters; blocks ``gradient_j``
        = ∇_j and ``jacobian_j_i`` = ∂∇_j/∂φⁱ, row by row.
    """
    phi, held = parameters(game, coordinates), parameters(game, coordinates, "_held")
    players = range(game.players)
    build = Builder([*(s for rows in (phi, held) for row in rows for s in row), *(s for s, _ in game.parameters)])
    now, then = (
        probability(build, path, [local_policies(build, game, coordinates, i, rows[i]) for i in players])
        for rows in (phi, held)
    )
    blocks: dict[str, Sequence[Expr]] = {}
    for j in players:
        gradient = build.gradient(build.let("box", now / then * path.returns[j]), phi[j])
        blocks[f"gradient_{j + 1}"] = gradient
        for i in players:
            blocks[f"jacobian_{j + 1}_{i + 1}"] = [e for slope in gradient for e in build.gradient(slope, phi[i])]
    return build.program(blocks)


class _Sample:
    """One trajectory drawn at φ₀: probabilities and scores of all that can be drawn, as steps of a program."""

    def __init__(self, game: Game, policy: str) -> None:
        self.game = game
        self.coordinates: Coordinates = coordinates_of(game, policy)
        self.trajectories: tuple[Trajectory, ...] = trajectories(game)
        self.phi = parameters(game, self.coordinates)
        flat = [symbol for row in self.phi for symbol in row]
        self.build = Builder([*flat, alpha, *(symbol for symbol, _ in game.parameters)])
        self._policies = [
            local_policies(self.build, game, self.coordinates, player, row) for player, row in enumerate(self.phi)
        ]
        self.probabilities = tuple(probability(self.build, path, self._policies) for path in self.trajectories)

    @cached_property
    def scores(self) -> list[list[Vector]]:
        """s_i(τ), [player][trajectory]."""
        return [
            [score(self.build, path, self._policies, i) for path in self.trajectories] for i in range(self.game.players)
        ]

    @cached_property
    def steps(self) -> list[list[Vector]]:
        """R_i(τ) s_i(τ), [player][trajectory]."""
        return [
            [
                tuple(self.build.let("step", path.returns[i] * entry) for entry in scores)
                for path, scores in zip(self.trajectories, rows, strict=True)
            ]
            for i, rows in enumerate(self.scores)
        ]

    def mean_score(self, player: int, weights: Sequence[Expr]) -> Vector:
        """E[weight(τ) s_i(τ)]."""
        rows = [
            tuple(chance * weight * entry for entry in scores)
            for chance, weight, scores in zip(self.probabilities, weights, self.scores[player], strict=True)
        ]
        return _added(rows, len(self.phi[player]))

    def after(self, drawn: Batch) -> GamePoint:
        """The game at φ₁."""
        return self.at(_moved(self.phi, [drawn.mean(rows) for rows in self.steps]))

    def at(self, where: Parameters) -> GamePoint:
        """The game at given parameters."""
        named = tuple(tuple(self.build.let("phi", entry) for entry in row) for row in where)
        return GamePoint(self.build, self.game, self.coordinates, named)

    def jacobians(self, representation: Representation) -> list[list[list[Matrix]]]:
        """What stands for ∂(R_j s_j)/∂φⁱ on each trajectory, [j][i][trajectory] with rows j and columns i."""
        players = range(self.game.players)
        one: dict[Representation, Callable[[int, int, int], Matrix]] = {
            "reinforce": self._held,
            "score-weighted": self._score_weighted,
            "dice": self._dice,
        }
        return [
            [[one[representation](j, i, t) for t in range(len(self.trajectories))] for i in players] for j in players
        ]

    def _held(self, j: int, i: int, t: int) -> Matrix:
        if j != i:
            return ((Integer(0),) * len(self.phi[i]),) * len(self.phi[j])
        path = self.trajectories[t]
        bend = score_derivative(self.build, path, self._policies, i)
        return tuple(tuple(path.returns[i] * entry for entry in row) for row in bend)

    def _score_weighted(self, j: int, i: int, t: int) -> Matrix:
        outer = [[step * entry for entry in self.scores[i][t]] for step in self.steps[j][t]]
        return tuple(
            tuple(a + b for a, b in zip(*rows, strict=True)) for rows in zip(outer, self._held(j, i, t), strict=True)
        )

    def _dice(self, j: int, i: int, t: int) -> Matrix:
        flat = self._magic_boxes[t][f"jacobian_{j + 1}_{i + 1}"]
        width = len(self.phi[i])
        return tuple(tuple(flat[m * width : (m + 1) * width]) for m in range(len(self.phi[j])))

    @cached_property
    def _magic_boxes(self) -> list[dict[str, Vector]]:
        flat = [symbol for row in self.phi for symbol in row]
        here = {symbol: symbol for symbol in self.build.inputs}
        found = []
        for path in self.trajectories:
            box = magic_box(self.game, self.coordinates, path)
            held = dict(zip(box.inputs[len(flat) : 2 * len(flat)], flat, strict=True))
            found.append(self.build.inline(box, {**here, **held}))
        return found


def _moved(phi: Parameters, steps: Sequence[Vector]) -> Parameters:
    """φ + α times a step of every player."""
    pairs = zip(phi, steps, strict=True)
    return tuple(tuple(entry + alpha * step for entry, step in zip(row, rows, strict=True)) for row, rows in pairs)


def _pulled(drawn: Batch, jacobians: Sequence[Matrix], covector: Vector) -> Vector:
    """(mean over the batch of a Jacobian)ᵀ applied to a covector."""
    return drawn.mean(
        [tuple(_dot(column, covector) for column in zip(*jacobian, strict=True)) for jacobian in jacobians]
    )


def _hessian(
    build: Builder, here: GamePoint, value_of: int, axes: Sequence[tuple[int, int]], phi: Parameters
) -> list[Vector]:
    """∇²V of one player in all parameters, column by column."""
    columns = []
    for other, axis in axes:
        direction = tuple(Integer(int(m == axis)) for m in range(len(phi[other])))
        rows = [here.hessian_product(value_of, player, other, direction) for player in range(len(phi))]
        columns.append(tuple(build.let("hess", entry) for row in rows for entry in row))
    return columns


def _quadratic(matrix: Sequence[Vector], vector: Sequence[Expr]) -> Expr:
    return _dot([_dot(row, vector) for row in matrix], vector)


def _added(rows: Sequence[Vector], size: int) -> Vector:
    """Sum of vectors of the given size."""
    return tuple(Add(*(row[m] for row in rows)) for m in range(size))


def _dot(left: Sequence[Expr], right: Sequence[Expr]) -> Expr:
    return Add(*(a * b for a, b in zip(left, right, strict=True)))
