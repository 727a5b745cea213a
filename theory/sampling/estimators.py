"""The published sampled Meta-MAPG update, its mean and its noise, exactly and for every batch size B.

With a batch of B trajectories drawn at φ₀, whole-trajectory scores s_i and returns R_i:

    base_i  = mean(R_i s_i)
    own_i   = α Ĥ_iᵀ base_i                     Ĥ_i = mean(R_i (s_i s_iᵀ + ∇²_i log p))
    peer_i  = α Σ_{j≠i} Ĉ_jᵀ mean(R_i s_j)      Ĉ_j = mean(R_j s_j s_iᵀ)
    update_i = base_i + c_own own_i + c_peer peer_i

* ``shared``: all the means of all players are over the same batch (as published).
* ``independent``: every mean above has a batch of its own, base_i one for both places where it stands.

Everything is a sum of products of at most two batch means, so means, covariances and the noise follow from
:mod:`theory.sampling.moments` by enumeration of the trajectories.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any, Literal

from sympy import Expr, Rational, Symbol

from theory import exact
from theory.errors import BadInput
from theory.games.model import Game
from theory.policies import coordinates_of, local_policies, parameters
from theory.program import Builder, Program, formal_exponential
from theory.sampling.moments import Estimator, Mean, Moments, Product
from theory.sampling.trajectories import probability, score, score_derivative, trajectories
from theory.symbols import alpha, own_coefficient, peer_coefficient

Batches = Literal["shared", "independent"]
BATCHES: tuple[Batches, ...] = ("shared", "independent")


def sample_program(game: Game, policy: str = "direct", rounds: int | None = None) -> Program:
    """All trajectories of a game with what the estimators need of each.

    Inputs: φ, α, c_own, c_peer, then the game's parameters. Blocks, each trajectory by trajectory: ``chance`` (p),
    ``return_i`` (R_i), ``score_i`` (s_i) and ``bend_i`` (∇²_i log p, row by row), i from 1; and ``weights`` (α, c_own,
    c_peer).

    Args:
        game: the game.
        policy: ``direct`` or ``logit``.
        rounds: number of rounds, for games that have no end.

    Raises:
        BadInput: an unknown policy, or no number of rounds where one is needed.
    """
    coordinates = coordinates_of(game, policy)
    phi = parameters(game, coordinates)
    weights = (alpha, own_coefficient, peer_coefficient)
    build = Builder([*(s for row in phi for s in row), *weights, *(symbol for symbol, _ in game.parameters)])
    policies = [local_policies(build, game, coordinates, player, row) for player, row in enumerate(phi)]
    paths = trajectories(game, rounds)
    blocks: dict[str, Sequence[Expr]] = {
        "weights": weights,
        "chance": [probability(build, path, policies) for path in paths],
    }
    for i in range(game.players):
        blocks[f"return_{i + 1}"] = [path.returns[i] for path in paths]
        blocks[f"score_{i + 1}"] = [entry for path in paths for entry in score(build, path, policies, i)]
        bends = (score_derivative(build, path, policies, i) for path in paths)
        blocks[f"bend_{i + 1}"] = [entry for bend in bends for row in bend for entry in row]
    return build.program(blocks)


class SampledUpdate:
    """The estimators at one point of a field: rationals, or rational functions.

    Estimators come as one :data:`theory.sampling.moments.Estimator` per parameter of the player.

    Args:
        outputs: the outputs of :func:`sample_program` in that field.
        batches: ``shared`` or ``independent``.
        constant: maps a :class:`sympy.Rational` into the field.

    Raises:
        BadInput: an unknown way of batching.
    """

    def __init__(
        self, outputs: Mapping[str, Sequence[Any]], batches: Batches, constant: Callable[[Rational], Any]
    ) -> None:
        if batches not in BATCHES:
            raise BadInput(f"batches: {batches!r} is not one of {', '.join(BATCHES)}.")
        self.players = range(sum(block.startswith("return_") for block in outputs))
        self._outputs, self._batches, self._constant = outputs, batches, constant
        self._step, self._own, self._peer = outputs["weights"]

    @staticmethod
    def at(program: Program, values: Mapping[Symbol, Rational], batches: Batches) -> SampledUpdate:
        """At rational inputs, in python-flint's rationals; ``exp`` is read as in :meth:`theory.program.Program.at`.

        Raises:
            KeyError: an input has no value.
            ZeroDivisionError: a probability is 0 in direct coordinates.
        """
        known = {symbol: exact.to_fmpq(value) for symbol, value in values.items()}
        return SampledUpdate(program.run(known, exact.to_fmpq, formal_exponential), batches, exact.to_fmpq)

    @staticmethod
    def over(field: exact.QuotientField, program: Program, batches: Batches) -> SampledUpdate:
        """As rational functions of the inputs.

        Raises:
            Undecided: the program holds ``exp`` (see :func:`theory.policies.in_probabilities`).
        """
        return SampledUpdate(program.run(field.values, field.constant), batches, field.constant)

    # -------------------------------------------------------------------------------------------------- estimators

    def base(self, player: int) -> tuple[Estimator, ...]:
        """base_i."""
        one = self._constant(Rational(1))
        return tuple((Product(one, (self._mean("gain", player, player, m),)),) for m in self._axes(player))

    def own_learning(self, player: int) -> tuple[Estimator, ...]:
        """own_i, with α."""
        axes = self._axes(player)
        return tuple(
            tuple(
                Product(self._step, (self._mean("own", player, player, m, n), self._mean("gain", player, player, m)))
                for m in axes
            )
            for n in axes
        )

    def peer_learning(self, player: int) -> tuple[Estimator, ...]:
        """peer_i, with α."""
        return tuple(
            tuple(
                Product(self._step, (self._mean("peer", j, player, m, n), self._mean("gain", player, j, m)))
                for j in self.players
                if j != player
                for m in self._axes(j)
            )
            for n in self._axes(player)
        )

    def update(self, player: int) -> tuple[Estimator, ...]:
        """base_i + c_own own_i + c_peer peer_i."""
        rows = zip(self.base(player), self.own_learning(player), self.peer_learning(player), strict=True)
        return tuple(
            (*base, *(_weighted(self._own, term) for term in own), *(_weighted(self._peer, term) for term in peer))
            for base, own, peer in rows
        )

    @property
    def joint(self) -> tuple[Estimator, ...]:
        """The update of all players."""
        return tuple(estimator for player in self.players for estimator in self.update(player))

    # ----------------------------------------------------------------------------------------------------- moments

    @cached_property
    def moments(self) -> Moments:
        """Moments of the variables R_i s_j, R_i (s_i s_iᵀ + ∇²_i log p) and R_j s_j s_iᵀ."""
        variables: dict[Hashable, Sequence[Any]] = {}
        for i, j in product(self.players, repeat=2):
            returns = self._outputs[f"return_{i + 1}"]
            for m in self._axes(j):
                variables["gain", i, j, m] = [r * s for r, s in zip(returns, self._score(j, m), strict=True)]
        for j, i in product(self.players, repeat=2):
            for m, n in product(self._axes(j), self._axes(i)):
                slopes = [g * s for g, s in zip(variables["gain", j, j, m], self._score(i, n), strict=True)]
                if i != j:
                    variables["peer", j, i, m, n] = slopes
                    continue
                bends = zip(slopes, self._outputs[f"return_{i + 1}"], self._bend(i, m, n), strict=True)
                variables["own", i, i, m, n] = [slope + r * bend for slope, r, bend in bends]
        return Moments(self._outputs["chance"], variables, self._constant)

    def _mean(self, kind: str, first: int, second: int, *entries: int) -> Mean:
        batch = (kind, first, second) if self._batches == "independent" else "all"
        return Mean(batch, (kind, first, second, *entries))

    def _axes(self, player: int) -> range:
        return range(len(self._outputs[f"score_{player + 1}"]) // len(self._outputs["chance"]))

    def _score(self, player: int, m: int) -> Sequence[Any]:
        """One entry of s_i, trajectory by trajectory."""
        return self._outputs[f"score_{player + 1}"][m :: len(self._axes(player))]

    def _bend(self, player: int, m: int, n: int) -> Sequence[Any]:
        """One entry of ∇²_i log p, trajectory by trajectory."""
        width = len(self._axes(player))
        return self._outputs[f"bend_{player + 1}"][m * width + n :: width * width]


def _weighted(weight: Any, term: Product) -> Product:
    return Product(weight * term.weight, term.factors)


def variance_bound(
    game: Game,
    policy: str,
    step: Rational,
    own: Rational,
    peer: Rational,
    rounds: int | None = None,
    floor: Rational | None = None,
) -> Rational:
    """σ² such that E‖ξ‖² ≤ σ²/B for the whole update, at every φ, every B and both ways of batching.

    Let ρ_i = max|rⁱ| Σγᵗ bound the return over H rounds, ℓ_i the norm of ∇ log π of one action and h_i that of ∇² log π
    (:func:`local_bounds`). Then ‖s_i‖ ≤ Hℓ_i and ‖∇²_i log p‖ ≤ Hh_i, hence

        ‖R_i s_i‖ ≤ x_i = ρ_i H ℓ_i
        ‖R_i(s_i s_iᵀ + ∇²_i log p)‖ ‖R_i s_i‖ ≤ ρ_i (H²ℓ_i² + Hh_i) x_i
        ‖R_j s_j s_iᵀ‖ ‖R_i s_j‖ ≤ ρ_j H²ℓ_j² x_i.

    Leaving one trajectory out of every sum moves a mean by at most 1/B of its bound and a product of two means by at
    most 2/B of theirs, the update of player i by at most m_i/B,

        m_i = x_i (1 + 2α|c_own| ρ_i (H²ℓ_i² + Hh_i) + 2α|c_peer| Σ_{j≠i} ρ_j H²ℓ_j²).

    The variance of a function of independent draws is at most the sum over draws of its mean squared distance from
    anything that does not depend on that draw (Efron and Stein 1981), hence σ² = Σ m_i². With independent batches the
    draws of one batch move only what uses it; the squared movements sum to no more than the square of their sum.

    Args:
        game: a game with its numbers (parameters are read at their current values).
        policy: ``direct`` or ``logit``.
        step: α ≥ 0.
        own: c_own.
        peer: c_peer.
        rounds: H, for games that have no end.
        floor: ε > 0 such that all action probabilities are ≥ ε, for ``direct``; there is no bound without it.

    Raises:
        BadInput: an unknown policy, α < 0, no number of rounds where one is needed, or no floor where one is needed.
    """
    game = game.instance()
    coordinates = coordinates_of(game, policy)
    if step < 0:
        raise BadInput(f"step: α must be ≥ 0, not {step}.")
    length = _check_length(game, rounds)
    weight = sum((game.discount**t for t in range(length)), Rational(0))
    returns = [weight * max(abs(row[i]) for rows in game.reward for row in rows) for i in range(game.players)]
    local = [local_bounds(coordinates, len(names), floor) for names in game.actions]
    total = Rational(0)
    for i, (slope, bend) in enumerate(local):
        jacobian = returns[i] * (length**2 * slope + length * bend)
        peers = sum(
            (returns[j] * length**2 * local[j][0] for j in range(game.players) if j != i),
            Rational(0),
        )
        factor = 1 + 2 * step * (abs(own) * jacobian + abs(peer) * peers)
        total += returns[i] ** 2 * length**2 * slope * factor**2
    return total


def _check_length(game: Game, rounds: int | None) -> int:
    if game.one_shot:
        return 1
    length = game.horizon if rounds is None else rounds
    if length is None or isinstance(length, bool) or not isinstance(length, int) or length < 1:
        raise BadInput(f"game {game.name!r}: a bound needs a positive number of rounds, not {length!r}.")
    return length


def local_bounds(policy: str, actions: int, floor: Rational | None = None) -> tuple[Rational, Rational]:
    """ℓ² ≥ ‖∇ log π(a)‖² and h ≥ ‖∇² log π(a)‖ (spectral) in the parameters of one observation.

    * logit, two actions: ∇ log π is 1 − π or −π, ∇² log π is −π(1 − π).
    * logit, more: ‖e_a − π‖² ≤ 2, and every row of diag π − ππᵀ has absolute sum 2π_b(1 − π_b) ≤ 1/2.
    * direct with all probabilities ≥ ε: ∇ log π = ∇π/π with ‖∇π‖ ≤ 1 constant, ∇² log π = −∇π ∇πᵀ/π².

    Raises:
        BadInput: ``direct`` without a positive floor.
    """
    if policy == "direct":
        if floor is None or not floor > 0:
            raise BadInput("floor: in direct coordinates the scores are bounded only where probabilities are ≥ ε > 0.")
        return 1 / floor**2, 1 / floor**2
    return (Rational(1), Rational(1, 4)) if actions == 2 else (Rational(2), Rational(1, 2))
