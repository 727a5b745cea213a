"""All equilibria of a 2×2 game, mixed ones and continua included, as exact sets.

p and q are the players' probabilities of their first actions. What player 1 gains by its first action instead of its
second is linear in q, Δ₁(q), and what player 2 gains is Δ₂(p). For a set I of player 1's actions and a set J of player
2's, all pairs of

    p with support in I against which all of J are best replies,   q with support in J against which all of I are,

are equilibria, and every equilibrium is such a pair for its own supports. Both sets are closed intervals: an end of
[0, 1] or all of it, cut by Δ ≥ 0, Δ ≤ 0 or both. So the equilibria of any 2×2 game are the union of at most nine closed
rectangles with rational corners; those not inside another are its maximal Nash subsets (Millham 1974; Jansen 1981),
and where they touch they are one connected component. A generic game has one or three, all of them points.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from sympy import Eq, Expr, Integer, Rational, Symbol

from theory.errors import BadInput
from theory.games.model import Game
from theory.policies import parameters

Interval = tuple[Rational, Rational]
Actions = tuple[int, ...]
_SUPPORTS: tuple[Actions, ...] = ((0,), (1,), (0, 1))


@dataclass(frozen=True)
class Rectangle:
    """A closed rectangle of equilibria: every p of the first interval with every q of the second.

    Attributes:
        p: least and largest probability of player 1's first action.
        q: least and largest probability of player 2's first action.
    """

    p: Interval
    q: Interval

    @property
    def is_point(self) -> bool:
        """Whether it is a single equilibrium."""
        return bool(self.p[0] == self.p[1] and self.q[0] == self.q[1])

    def contains(self, p: Rational, q: Rational) -> bool:
        """Whether a pair of probabilities belongs to it."""
        return bool(self.p[0] <= p <= self.p[1] and self.q[0] <= q <= self.q[1])

    def inside(self, other: Rectangle) -> bool:
        """Whether it is a part of another one."""
        return other.contains(self.p[0], self.q[0]) and other.contains(self.p[1], self.q[1])

    def touches(self, other: Rectangle) -> bool:
        """Whether the two have a point in common."""
        return all(
            max(mine[0], theirs[0]) <= min(mine[1], theirs[1])
            for mine, theirs in ((self.p, other.p), (self.q, other.q))
        )


@dataclass(frozen=True)
class Component:
    """A connected set of equilibria of a 2×2 game.

    Attributes:
        rectangles: the maximal rectangles whose union it is, ordered by their corners.
    """

    rectangles: tuple[Rectangle, ...]

    @property
    def is_point(self) -> bool:
        """Whether it is one isolated equilibrium."""
        return len(self.rectangles) == 1 and self.rectangles[0].is_point

    def contains(self, p: Rational, q: Rational) -> bool:
        """Whether a pair of probabilities belongs to it."""
        return any(rectangle.contains(p, q) for rectangle in self.rectangles)


def mixed_equilibria(game: Game) -> tuple[Component, ...]:
    """All equilibria of a 2×2 game, one component each, ordered by their corners.

    Args:
        game: a one-shot game of two players with two actions each, taken at its current parameters.

    Raises:
        BadInput: it is not such a game.
    """
    gains = _gains(game)
    rectangles = []
    for first, second in product(_SUPPORTS, repeat=2):
        p, q = _interval(first, second, gains[1]), _interval(second, first, gains[0])
        if p is not None and q is not None:
            rectangles.append(Rectangle(p, q))
    distinct = set(rectangles)
    maximal = [r for r in distinct if not any(r != other and r.inside(other) for other in distinct)]
    return _components(sorted(maximal, key=_corners))


def interior_equilibrium(game: Game) -> tuple[Rational, Rational] | None:
    """The isolated equilibrium (p, q) at which both players mix, ``None`` if there is none.

    Raises:
        BadInput: it is not a one-shot game of two players with two actions each.
    """
    for component in mixed_equilibria(game):
        p, q = component.rectangles[0].p[0], component.rectangles[0].q[0]
        if component.is_point and 0 < p < 1 and 0 < q < 1:
            return p, q
    return None


def conditions(game: Game, component: Component) -> tuple[tuple[Expr, ...], ...]:
    """A component in words: one tuple of equations and inequalities in p and q for each of its rectangles.

    The letters are those of :func:`theory.policies.parameters`; what only says 0 ≤ p ≤ 1 is left out.

    Raises:
        BadInput: it is not a one-shot game of two players with two actions each.
    """
    _gains(game)
    (p,), (q,) = parameters(game, "direct")
    return tuple((*_relations(p, r.p), *_relations(q, r.q)) for r in component.rectangles)


def _relations(symbol: Symbol, interval: Interval) -> list[Expr]:
    low, high = interval
    if low == high:
        return [Eq(symbol, low)]
    return [*([symbol >= low] if low > 0 else []), *([symbol <= high] if high < 1 else [])]


def _gains(game: Game) -> list[tuple[Rational, Rational]]:
    """For each player, what its first action gains over its second where the other plays its second, and its first."""
    if not game.one_shot or [len(names) for names in game.actions] != [2, 2]:
        raise BadInput(f"game {game.name!r}: mixed equilibria are found for one-shot games of two by two actions only.")
    paid = dict(zip(game.joint_actions, game.instance().reward[0], strict=True))
    return [
        (paid[0, 1][0] - paid[1, 1][0], paid[0, 0][0] - paid[1, 0][0]),
        (paid[1, 0][1] - paid[1, 1][1], paid[0, 0][1] - paid[0, 1][1]),
    ]


def _interval(support: Actions, best: Actions, gain: tuple[Rational, Rational]) -> Interval | None:
    """Probabilities x of the first action, with a support, at which all of the other's given actions are best.

    ``gain`` holds the other's gain from its first action at x = 0 and x = 1; it is linear between.
    """
    low, high = Integer(int(1 not in support)), Integer(int(0 in support))
    for action in best:
        at_0, at_1 = gain if action == 0 else (-gain[0], -gain[1])  # ≥ 0 is asked for
        if at_0 < 0 and at_1 < 0:
            return None
        root = at_0 / (at_0 - at_1) if at_0 != at_1 else Integer(0)
        if at_0 < 0:
            low = max(low, root)
        elif at_1 < 0:
            high = min(high, root)
    return (low, high) if low <= high else None


def _corners(rectangle: Rectangle) -> tuple[Rational, ...]:
    return (*rectangle.p, *rectangle.q)


def _components(rectangles: list[Rectangle]) -> tuple[Component, ...]:
    groups: list[list[Rectangle]] = []
    for rectangle in rectangles:
        touched = [group for group in groups if any(rectangle.touches(member) for member in group)]
        groups = [group for group in groups if group not in touched]
        groups.append(sorted([rectangle, *(member for group in touched for member in group)], key=_corners))
    return tuple(Component(tuple(group)) for group in sorted(groups, key=lambda group: _corners(group[0])))
