"""A finite game worked out at one point by the textbook formulas, for tests of certificates; no polynomials.

It reads the ``game`` of a certificate's file (FORMAT.md) and shares no code with the prover or the checker. Numbers may
be of any field type, such as ``Fraction`` or ``flint.arb``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

Vector = list[Any]


def solved(matrix: Sequence[Vector], right: Sequence[Vector]) -> list[Vector]:
    """The solution by elimination without row exchanges; I − γP is diagonally dominant."""
    rows = [[*row, *extra] for row, extra in zip(matrix, right, strict=True)]
    for k in range(len(rows)):
        pivot = rows[k][k]
        rows[k] = [entry / pivot for entry in rows[k]]
        for i in range(len(rows)):
            if i != k:
                factor = rows[i][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[len(matrix) :] for row in rows]


def dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    """Σ left · right."""
    return sum((a * b for a, b in zip(left, right, strict=True)), 0 * left[0] * right[0])


@dataclass(frozen=True)
class PlainGame:
    """A game's tables as Fractions; ``number`` takes them to the field that the points are in."""

    players: int
    states: int
    start: Vector
    discount: Fraction
    transition: list[list[Vector]]
    reward: list[list[Vector]]
    tremble: Fraction = Fraction(0)
    number: Callable[[Fraction], Any] = Fraction

    @staticmethod
    def read(game: Mapping[str, Any], tremble: str = "0", number: Callable[[Fraction], Any] = Fraction) -> PlainGame:
        """From a file's entry."""

        def deep(entry: Any) -> Any:
            return Fraction(entry) if isinstance(entry, str) else [deep(x) for x in entry]

        tables = [deep(game[key]) for key in ("start", "discount", "transition", "reward")]
        return PlainGame(len(game["actions"]), len(game["states"]), *tables, Fraction(tremble), number)

    @property
    def size(self) -> int:
        """Number of coordinates (i, s), players first."""
        return self.players * self.states

    def mean(self, x: Sequence[Any], table: Sequence[Vector], s: int, signs: Sequence[int] = ()) -> Vector:
        """A state's table averaged over what is played; for players in ``signs`` first less second action instead."""
        total = [0 * x[0]] * len(table[0])
        slip = self.number(self.tremble / 2)
        scale = self.number(1 - self.tremble)
        for row, action in zip(table, product((0, 1), repeat=self.players), strict=True):
            weight = 0 * x[0] + 1
            for i, a in enumerate(action):
                if i in signs:
                    weight *= 1 - 2 * a
                else:
                    first = slip + scale * x[i * self.states + s]
                    weight *= 1 - first if a else first
            total = [t + weight * self.number(entry) for t, entry in zip(total, row, strict=True)]
        return total

    def system(self, x: Sequence[Any]) -> list[Vector]:
        """M = I − γP."""
        rows = [self.mean(x, self.transition[s], s) for s in range(self.states)]
        discount = self.number(self.discount)
        return [[int(s == t) - discount * rows[s][t] for t in range(self.states)] for s in range(self.states)]

    def worth(self, x: Sequence[Any]) -> list[Vector]:
        """u: one row per state, one column per player."""
        return solved(self.system(x), [self.mean(x, self.reward[s], s) for s in range(self.states)])

    def visits(self, x: Sequence[Any]) -> Vector:
        """d(s) per state."""
        columns = [list(column) for column in zip(*self.system(x), strict=True)]
        return [row[0] for row in solved(columns, [[self.number(p)] for p in self.start])]

    def values(self, x: Sequence[Any]) -> Vector:
        """V per player."""
        start = [self.number(p) for p in self.start]
        return [dot(start, column) for column in zip(*self.worth(x), strict=True)]

    def _gain(self, x: Sequence[Any], u: list[Vector], of: int, s: int, signs: Sequence[int]) -> Any:
        """Player ``of``'s reward and future in state s, first less second action of the players in ``signs``."""
        future = dot(self.mean(x, self.transition[s], s, signs), [row[of] for row in u])
        return self.mean(x, self.reward[s], s, signs)[of] + self.number(self.discount) * future

    def gaps(self, x: Sequence[Any]) -> Vector:
        """Q(s, first) − Q(s, second) per coordinate."""
        u = self.worth(x)
        return [self._gain(x, u, i, s, [i]) for i in range(self.players) for s in range(self.states)]

    def velocities(self, x: Sequence[Any]) -> Vector:
        """v = ∂V/∂x per coordinate."""
        d, scale = self.visits(x), self.number(1 - self.tremble)
        return [scale * d[j % self.states] * gap for j, gap in enumerate(self.gaps(x))]

    def correction(self, x: Sequence[Any], power: int = 0) -> Vector:
        """C per coordinate, from derivatives of ρᵀM⁻¹r: ∂(M⁻¹) = γ M⁻¹ ∂P M⁻¹."""
        u, d, n, states = self.worth(x), self.visits(x), self.size, self.states
        inverse = solved(self.system(x), [[int(s == t) + 0 * x[0] for t in range(states)] for s in range(states)])
        scale, discount = self.number(1 - self.tremble), self.number(self.discount)
        slopes = [(a * (1 - a)) ** power if power else 0 * a + 1 for a in x]

        def first(of: int, k: int) -> Any:
            i, s = divmod(k, states)
            return scale * self._gain(x, u, of, s, [i])

        def second(of: int, k: int, l: int) -> Any:
            (i, s), (j, t) = divmod(k, states), divmod(l, states)
            total = d[s] * scale * scale * self._gain(x, u, of, s, [i, j]) if s == t else 0 * x[0]
            for (a, at), (other, to) in (((i, s), (l, t)), ((j, t), (k, s))):
                moves = self.mean(x, self.transition[at], at, [a])
                after = dot(moves, [row[to] for row in inverse])
                total += discount * scale * d[at] * after * first(of, other)
            return total

        found = []
        for k in range(n):
            i = k // states
            others = [l for l in range(n) if l // states != i]
            total = 0 * x[0]
            for l in others:
                total += second(l // states, k, l) * slopes[l] * d[l % states] * first(i, l)
            found.append(slopes[k] * total)
        return found
