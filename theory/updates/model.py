"""What a learning rule is, and what it may ask for.

A rule is a weighted sum of terms; each term maps an :class:`Unroll` and a player to a vector. Inner steps are
φ_{k+1} = φ_k + α·v(φ_k) from φ₀, without projection, L times.

* unrolled form: value derivatives at φ_L, Jacobians at φ_0 … φ_{L−1}; with both coefficients 1, current + own + peer is
  the exact derivative of Vⁱ(φ_L) in φ₀ⁱ.
* expanded form: first order in α with every factor at φ₀ (the paper's text and code); an unroll of L multiplies the
  corrections by L.

Two splits of the correction into own and peer, which agree for L = 1 and in expanded form:

* terminal (Kim et al. 2021): own = the derivative through φⁱ_L less the identity, peer = through the others' φ_L.
* path: own = the chain rule's paths that never leave player i's parameters, peer = those that do.

Rules without an inner loop (LookAhead, LOLA's Taylor form, SOS, …) have one form of their own, at φ₀, in which an
unroll of L means the step size Lα.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sympy import Expr, Integer, Piecewise

from theory.latex import Line
from theory.symbols import own_coefficient, peer_coefficient
from theory.updates import transport
from theory.updates.transport import Covector
from theory.values import Parameters, Point, Vector

Form = Literal["unrolled", "expanded"]
FORMS: tuple[Form, ...] = ("unrolled", "expanded")
Split = Literal["terminal", "path"]
SPLITS: tuple[Split, ...] = ("terminal", "path")


@dataclass(frozen=True)
class Term:
    """One term of a learning rule.

    Attributes:
        name: stem of its block in a program: ``own``.
        of: maps an unroll and a player to the term, shape (parameters of the player,).
        describe: its formula for an unroll of L and a split, with the point of evaluation of every factor.
        weight: its coefficient in the rule (the terms themselves include α).
    """

    name: str
    of: Callable[[Unroll, int], Vector]
    describe: Callable[[int, Split], Line]
    weight: Callable[[Unroll], Expr] = lambda unroll: Integer(1)


@dataclass(frozen=True)
class Rule:
    """A learning rule.

    Attributes:
        name: how it is called on the command line.
        summary: what it is, in one line.
        formula: the update of player i in LaTeX, in terms of the unroll's parts.
        terms: what it adds up.
        where: points at which its factors are evaluated, besides φ₀: ``end`` (φ_L, all players have moved), ``peers``
            (player i has not moved) or ``start`` (none).
    """

    name: str
    summary: str
    formula: str
    terms: tuple[Term, ...]
    where: Literal["start", "end", "peers"] = "start"

    def update(self, unroll: Unroll, player: int) -> Vector:
        """The update direction of a player, shape (parameters of the player,)."""
        total: Vector = ()
        for term in self.terms:
            weight = term.weight(unroll)
            entries = tuple(weight * entry for entry in term.of(unroll, player))
            total = transport.add((total,), (entries,))[0] if total else entries
        return total


def _as_it_is(stem: str, expression: Expr) -> Expr:
    return expression


class Unroll:
    """The parts of learning rules at φ₀, computed when asked for. All corrections include α.

    Args:
        point_at: makes the game's :class:`theory.values.Point` at given parameters.
        start: φ₀.
        step_sizes: α of each player's inner step.
        length: L, the number of inner steps, at least 1.
        form: ``unrolled`` or ``expanded``.
        split: ``terminal`` or ``path``.
        own: coefficient of the own-learning correction.
        peer: coefficient of the peer-learning correction.
        given_end: φ_L as independent parameters, to show each term with its points of evaluation (L = 1).
        let: names an intermediate result (:meth:`theory.program.Builder.let`).
        piecewise: makes one value of cases (value, condition), the last with ``True``.
    """

    def __init__(
        self,
        point_at: Callable[[Parameters], Point],
        start: Parameters,
        step_sizes: Sequence[Expr],
        length: int = 1,
        form: Form = "unrolled",
        split: Split = "terminal",
        own: Expr = own_coefficient,
        peer: Expr = peer_coefficient,
        given_end: Parameters | None = None,
        let: Callable[[str, Expr], Expr] = _as_it_is,
        piecewise: Callable[..., Expr] = Piecewise,
    ) -> None:
        self.own_coefficient, self.peer_coefficient, self.let, self.piecewise = own, peer, let, piecewise
        self.players = range(len(start))
        self._point_at, self._start, self._given_end = point_at, start, given_end
        self._step_sizes = tuple(step_sizes)
        self._length, self._form, self._split = length, form, split

    # ------------------------------------------------------------------------------------------------- the path

    @cached_property
    def here(self) -> Point:
        """The game at φ₀."""
        return self._point_at(self._start)

    @cached_property
    def path(self) -> tuple[Point, ...]:
        """The game at φ₀, …, φ_L (only φ₀ in expanded form)."""
        return (self.here,) if self._form == "expanded" else self._walk(None)

    def _walk(self, still: int | None) -> tuple[Point, ...]:
        """φ₀, …, φ_L, with one player standing still or none."""
        points = [self.here]
        for _ in range(self._length):
            step = self.step_from(points[-1]) if self._given_end is None else self._given_end
            if still is not None:
                step = (*step[:still], self._start[still], *step[still + 1 :])
            points.append(self._point_at(step))
        return tuple(points)

    def step_from(self, point: Point) -> Parameters:
        """One inner step: φ + α v(φ)."""
        return tuple(
            tuple(
                entry + self._step_sizes[player] * slope
                for entry, slope in zip(point.parameters[player], point.gradient(player, player), strict=True)
            )
            for player in self.players
        )

    # ------------------------------------------------------------------------------- policy gradient, Meta-MAPG

    def gradient(self, player: int) -> Vector:
        """g_i(φ₀) = ∇_i Vⁱ(φ₀)."""
        return self.here.gradient(player, player)

    def current(self, player: int) -> Vector:
        """g_i(φ_L); in expanded form g_i(φ₀)."""
        return self.path[-1].gradient(player, player)

    def own_learning(self, player: int) -> Vector:
        """Own-learning correction."""
        own = transport.only(player, self.current(player), self._start)
        if self._split == "path":
            return self._gained(self.path, own, player, [player])
        return self._gained(self.path, own, player, self.players)

    def peer_learning(self, player: int) -> Vector:
        """Peer-learning correction."""
        others = self._of_others(self.path[-1], player)
        if self._split == "terminal" or self._form == "expanded":
            return self._gained(self.path, others, player, self.players)
        stayed, left = self.current(player), others
        for number, point in reversed(list(enumerate(self.path[:-1]))):
            blocks = self.players if number else [player]  # only block i of φ₀ is asked for
            stayed, left = transport.stay_or_leave(point, self._step_sizes, player, stayed, left, blocks)
            (stayed,), left = self._named("stay", (stayed,)), self._named("left", left)
        return left[player]

    def _gained(
        self, path: Sequence[Point], covector: Covector, player: int, blocks: Sequence[int], still: int | None = None
    ) -> Vector:
        """Block i of (J₀ᵀ⋯J_{L−1}ᵀ − I) c, over paths that use the given blocks only."""
        if len(path) == 1:
            return transport.pull_back(path[0], self.step_sizes, covector, [player])[player]
        gained: Covector = tuple((Integer(0),) * len(row) for row in covector)
        for number, point in reversed(list(enumerate(path[:-1]))):
            wanted = blocks if number else [player]
            gained = self._named("gain", transport.gain(point, self._step_sizes, covector, gained, wanted, still))
        return gained[player]

    def _named(self, stem: str, covector: Covector) -> Covector:
        """Intermediate results by name, so that expressions do not nest from step to step."""
        return tuple(tuple(self.let(stem, entry) for entry in row) for row in covector)

    def _of_others(self, point: Point, player: int) -> Covector:
        """∇_j Vⁱ for the others j, zero for player i itself."""
        return tuple(
            (Integer(0),) * len(row) if j == player else point.gradient(player, j)
            for j, row in enumerate(point.parameters)
        )

    # ------------------------------------------------------------------------- the others' steps, seen by one player

    def anticipated(self, player: int) -> Vector:
        """g_i where the others have taken their L steps and player i none."""
        return self._anticipations[player][-1].gradient(player, player)

    def anticipated_shaping(self, player: int) -> Vector:
        """How φ₀ⁱ moves the others over their L steps, times ∇_j Vⁱ where they end."""
        path = self._anticipations[player]
        return self._gained(path, self._of_others(path[-1], player), player, self.players, player)

    @cached_property
    def _anticipations(self) -> tuple[tuple[Point, ...], ...]:
        return tuple(self._walk(player) for player in self.players)

    # ------------------------------------------------------------------------------------- second-order terms at φ₀

    @property
    def step_sizes(self) -> tuple[Expr, ...]:
        """Lα of each player: L inner steps to first order."""
        return tuple(self._length * size for size in self._step_sizes)

    @cached_property
    def gradients(self) -> Covector:
        """v(φ₀) = (g_1, …, g_N)."""
        return tuple(map(self.gradient, self.players))

    @cached_property
    def look_ahead(self) -> Covector:
        """Lα Σ_{j≠i} ∇_i∇_jVⁱ g_j of every player i: how the others' steps change g_i."""
        return tuple(self._others_sum(i, lambda i, j: (i, self.gradients[j])) for i in self.players)

    @cached_property
    def shaping(self) -> Covector:
        """Lα Σ_{j≠i} [∇_i∇_jVʲ]ᵀ ∇_jVⁱ of every player i: how φⁱ changes the others' steps, at first order."""
        return tuple(self._others_sum(i, lambda i, j: (j, self.here.gradient(i, j))) for i in self.players)

    @cached_property
    def pull(self) -> Covector:
        """Lα Σ_{j≠i} [∇_i∇_jVʲ]ᵀ g_j of every player i: how φⁱ changes ½‖g_j‖² of the others."""
        return tuple(self._others_sum(i, lambda i, j: (j, self.gradients[j])) for i in self.players)

    @cached_property
    def own_curvature(self) -> Covector:
        """Lα_i ∇_i∇_iVⁱ g_i of every player i."""
        return tuple(
            tuple(self.step_sizes[i] * entry for entry in self.here.hessian_product(i, i, i, self.gradients[i]))
            for i in self.players
        )

    def _others_sum(self, player: int, product: Callable[[int, int], tuple[int, Vector]]) -> Vector:
        """Σ_{j≠i} Lα_j ∇_i⟨∇_j V^k, w⟩ with (k, w) given for each j."""
        total: Vector = (Integer(0),) * len(self._start[player])
        for other in self.players:
            if other != player:
                value_of, direction = product(player, other)
                entries = self.here.hessian_product(value_of, player, other, direction)
                total = tuple(t + self.step_sizes[other] * h for t, h in zip(total, entries, strict=True))
        return total
