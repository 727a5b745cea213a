"""What a learning rule is, and what it may ask for.

A rule maps an :class:`Unroll` and a player to that player's update direction. Inner steps are φ_{k+1} = φ_k + α·v(φ_k)
from φ₀, without projection, L times.

* unrolled form: value derivatives at φ_L, Jacobians at φ_0 … φ_{L−1}; with both coefficients 1, own + peer + current is
  the exact derivative of Vⁱ(φ_L) in φ₀ⁱ.
* expanded form: first order in α with every factor at φ₀ (the paper's text and code); an unroll of L multiplies the
  corrections by L.

The split into own and peer is the terminal one (Kim et al. 2021): own = the derivative through φⁱ_L less the identity,
peer = the derivative through the others' φ_L.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sympy import Expr, Integer

from theory.symbols import own_coefficient, peer_coefficient
from theory.values import Parameters, Point, Vector

Form = Literal["unrolled", "expanded"]
FORMS: tuple[Form, ...] = ("unrolled", "expanded")


@dataclass(frozen=True)
class Rule:
    """A learning rule.

    Attributes:
        name: how it is called on the command line.
        summary: what it is, in one line.
        formula: the update of player i in LaTeX, in terms of the unroll's parts.
        update: maps an unroll and a player to the update direction, shape (parameters of the player,).
    """

    name: str
    summary: str
    formula: str
    update: Callable[[Unroll, int], Vector]


class Unroll:
    """The parts of a finite-unroll meta-gradient at φ₀, computed when asked for.

    Args:
        point_at: makes the game's :class:`theory.values.Point` at given parameters.
        start: φ₀.
        step_sizes: α of each player's inner step.
        length: L, the number of inner steps, at least 1.
        form: ``unrolled`` or ``expanded``.
        own: coefficient of the own-learning correction.
        peer: coefficient of the peer-learning correction.
        given_end: φ_L as independent parameters, to show each term with its points of evaluation (L = 1).
    """

    def __init__(
        self,
        point_at: Callable[[Parameters], Point],
        start: Parameters,
        step_sizes: Sequence[Expr],
        length: int = 1,
        form: Form = "unrolled",
        own: Expr = own_coefficient,
        peer: Expr = peer_coefficient,
        given_end: Parameters | None = None,
    ) -> None:
        self.own_coefficient, self.peer_coefficient = own, peer
        self._point_at, self._start, self._given_end = point_at, start, given_end
        self._step_sizes = tuple(step_sizes)
        self._length, self._form = length, form
        self._players = range(len(start))

    @cached_property
    def path(self) -> tuple[Point, ...]:
        """The game at φ₀, …, φ_L (only φ₀ in expanded form)."""
        points = [self._point_at(self._start)]
        if self._form == "unrolled":
            if self._given_end is not None:
                return (points[0], self._point_at(self._given_end))
            for _ in range(self._length):
                points.append(self._point_at(self.step_from(points[-1])))
        return tuple(points)

    def step_from(self, point: Point) -> Parameters:
        """One inner step: φ + α v(φ)."""
        return tuple(
            tuple(
                entry + self._step_sizes[player] * slope
                for entry, slope in zip(point.parameters[player], point.gradient(player, player), strict=True)
            )
            for player in self._players
        )

    def gradient(self, player: int) -> Vector:
        """g_i(φ₀) = ∇_i Vⁱ(φ₀)."""
        return self.path[0].gradient(player, player)

    def current(self, player: int) -> Vector:
        """g_i(φ_L); in expanded form g_i(φ₀)."""
        return self.path[-1].gradient(player, player)

    def own_learning(self, player: int) -> Vector:
        """Own-learning correction: how φ₀ⁱ moves φⁱ_L beyond the identity, times ∇_i Vⁱ."""
        return self._through(player, [player])

    def peer_learning(self, player: int) -> Vector:
        """Peer-learning correction: how φ₀ⁱ moves the others' φ_L, times their ∇_j Vⁱ."""
        return self._through(player, [other for other in self._players if other != player])

    def _through(self, player: int, terminals: Sequence[int]) -> Vector:
        """E_iᵀ(J₀ᵀ⋯J_{L−1}ᵀ − I) applied to ∇Vⁱ restricted to the terminal blocks."""
        last = self.path[-1]
        covector = [
            last.gradient(player, j) if j in terminals else (Integer(0),) * len(row)
            for j, row in enumerate(last.parameters)
        ]
        if self._form == "expanded":
            change = self._pull_back(self.path[0], covector, [player])[0]
            return tuple(self._length * entry for entry in change)
        changes = [(Integer(0),) * len(row) for row in covector]
        for step in reversed(range(len(self.path) - 1)):
            total = [
                tuple(c + extra for c, extra in zip(row, more, strict=True))
                for row, more in zip(covector, changes, strict=True)
            ]
            blocks = [player] if step == 0 else self._players  # only block i of φ₀ is asked for
            for block, gain in zip(blocks, self._pull_back(self.path[step], total, blocks), strict=True):
                changes[block] = tuple(a + b for a, b in zip(changes[block], gain, strict=True))
        return changes[player]

    def _pull_back(self, point: Point, covector: Sequence[Vector], blocks: Sequence[int]) -> list[Vector]:
        """α(Dv)ᵀ applied to a covector, in the given players' blocks."""
        result = []
        for block in blocks:
            total: Vector = (Integer(0),) * len(point.parameters[block])
            for other, direction in enumerate(covector):
                if all(entry == 0 for entry in direction):
                    continue
                product = point.mixed_product(block, other, direction)
                total = tuple(t + self._step_sizes[other] * h for t, h in zip(total, product, strict=True))
            result.append(total)
        return result
