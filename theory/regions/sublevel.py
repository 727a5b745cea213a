"""Lyapunov balls: the squared distance to a pure target falls on the whole ball (in probabilities).

With W = ‖x − x*‖² and x′ = J v, W′ = −2 F, F = −Σ J v (x − x*). At a strict target F vanishes with order o = 1
(direct), 2 (replicator) or 3 (log-odds), so F ≥ m Σ |x − x*|ᵒ gives finite time, exponential or algebraic
convergence; direct with o = 2 is the paper's stability condition ⟨v, x − x*⟩ ≤ −m‖x − x*‖² (an SOS ball with μ = m).
Projection on the cube only helps: what it takes away from v points away from every policy. In steps the square is
split by which coordinates a step would carry past the target.

The largest level ends where F vanishes. If that is at a rational rest point z the open ball {W < W(z)} is certified
exactly, with a touch leaf at z; else the level is bisected and a witness bounds it from above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count

from sympy import Integer, Rational

from theory.errors import BadInput
from theory.exact import Undecided, from_fmpq, to_fmpq
from theory.regions.certificate import Certificate, Dynamics, strings
from theory.regions.field import GameField, Polynomial
from theory.regions.prove import (
    Box,
    Counterexample,
    Goal,
    Touch,
    Tree,
    common_degrees,
    leaves,
    lowest_ratio,
    prove,
    simple_below,
    tensor,
)
from theory.regions.sign_box import profile_words

RESOLUTION = Rational(1, 2**12)  # of the level, relative to the number of coordinates
SMALLEST_MARGIN = Rational(1, 2**10)  # in steps
BUDGET = 4_000  # boxes of a tree
Point = tuple[Rational, ...]


@dataclass(frozen=True)
class _Problem:
    field: GameField
    target: tuple[int, ...]
    dynamics: Dynamics
    order: int

    @property
    def cube(self) -> Box:
        return ((Integer(0), Integer(1)),) * self.field.size

    @cached_property
    def distances(self) -> list[Polynomial]:
        """|x − x*| = u, one per coordinate."""
        return [1 - x if end else x for x, end in zip(self.field.variables, self.target, strict=True)]

    @cached_property
    def speeds(self) -> list[Polynomial]:
        """D² σ v: how fast each distance falls."""
        return [v if end else -v for v, end in zip(self.field.velocities, self.target, strict=True)]

    def sum(self, entries: Sequence[Polynomial]) -> Polynomial:
        return sum(entries, self.field.constant(0))

    @cached_property
    def _terms(self) -> list[Polynomial]:
        """D² J a u, what each coordinate contributes to F."""
        factors = (self.field.slope(k, self.dynamics.power) for k in range(self.field.size))
        return [j * a * u for j, a, u in zip(factors, self.speeds, self.distances, strict=True)]

    @cached_property
    def fall(self) -> Polynomial:
        """D² F, half the rate at which W falls without projection."""
        return self.sum(self._terms)

    @cached_property
    def level(self) -> Polynomial:
        """W."""
        return self.sum([u**2 for u in self.distances])

    @cached_property
    def base(self) -> Polynomial:
        """D² Σ uᵒ."""
        return self.sum([u**self.order for u in self.distances]) * self.field.denominator**2

    @property
    def corner(self) -> Point:
        return tuple(map(Integer, self.target))

    def at(self, polynomial: Polynomial, point: Point) -> Rational:
        return from_fmpq(polynomial(*map(to_fmpq, point)))

    def slack(self, level: Rational) -> Polynomial:
        """What the constraint says is ≥ 0: c − W."""
        return self.field.constant(level) - self.level

    # ------------------------------------------------------------------------------------------- continuous time

    def decreases(self, level: Rational, closed: bool, touch: Point | None = None) -> Tree:
        """Tree of F > 0 off the target on the ball."""
        slack = self.slack(level)
        goal = Goal(
            self.fall,
            strict=True,
            constraints=((slack, not closed),),
            target=(self.corner, self.base),
            touch=None if touch is None else Touch(touch, slack),
        )
        return prove(goal, self.cube, BUDGET)

    def with_margin(self, level: Rational) -> tuple[Rational, Tree]:
        """(m, tree): F − m Σ uᵒ ≥ 0 on the closed ball."""
        tree = self.decreases(level, closed=True)
        degrees = common_degrees(self.fall, self.base)
        ratios = []
        for leaf, reason in zip(leaves(tree, self.cube), (x for x in tree if not isinstance(x, int)), strict=True):
            if reason == "sign" or reason[0] == "target":
                ratio = lowest_ratio(tensor(self.fall, leaf, degrees), tensor(self.base, leaf, degrees))
                if ratio is not None and ratio > 0:
                    ratios.append(ratio)
        found = simple_below(min(ratios))
        for _ in range(8):
            goal = Goal(self.fall - self.base * to_fmpq(found), False, ((self.slack(level), False),))
            try:
                return found, prove(goal, self.cube, BUDGET)
            except (Counterexample, Undecided):
                found /= 2
        raise Undecided("no margin of the decrease was found")

    # ------------------------------------------------------------------------------------------------------ steps

    def pieces(self, level: Rational, rate: Rational) -> list[Goal]:
        """One goal for every set of coordinates that a step carries past the target."""
        assert self.dynamics.step is not None
        step = to_fmpq(self.dynamics.step)
        goals = []
        for number in range(2**self.field.size):
            clipped = [bool(number >> k & 1) for k in range(self.field.size)]
            moved = [u - a * step for u, a in zip(self.distances, self.speeds, strict=True)]
            after = self.sum([entry**2 for entry, past in zip(moved, clipped, strict=True) if not past])
            sides = tuple((-entry if past else entry, False) for entry, past in zip(moved, clipped, strict=True))
            goals.append(Goal(self.level * to_fmpq(1 - rate) - after, False, ((self.slack(level), False), *sides)))
        return goals

    def falls_in_steps(self, level: Rational, rate: Rational) -> list[Tree]:
        """Trees of W(x⁺) ≤ (1 − m) W(x) on the closed ball."""
        return [prove(goal, self.cube, BUDGET) for goal in self.pieces(level, rate)]

    def stays(self, point: Point) -> bool:
        """Whether W does not fall at a point other than the target."""
        if point == self.corner:
            return False
        if self.dynamics.step is None:
            # In direct coordinates projection holds what would leave the cube at the far end: it does not rise.
            held = [
                self.dynamics.power == 0 and self.at(u, point) == 1 and self.at(a, point) < 0
                for u, a in zip(self.distances, self.speeds, strict=True)
            ]
            moving = [term for rests, term in zip(held, self._terms, strict=True) if not rests]
            return bool(self.at(self.sum(moving), point) <= 0)
        moved = (
            self.at(u, point) - self.dynamics.step * self.at(a, point)
            for u, a in zip(self.distances, self.speeds, strict=True)
        )
        after = sum((min(max(entry, Integer(0)), Integer(1)) ** 2 for entry in moved), Integer(0))
        return bool(after >= self.at(self.level, point))

    def rest_point(self) -> Point | None:
        """The interior zero of v of a one-shot game of two players, where each gap is affine in the other's x."""
        if self.field.size != 2 or self.field.game.players != 2:
            return None
        point = []
        for gap, x in ((self.field.gaps[1], 0), (self.field.gaps[0], 1)):
            ends = [self.at(gap, tuple(Integer(e if k == x else 0) for k in range(2))) for e in (0, 1)]
            if ends[0] == ends[1]:
                return None
            point.append(ends[0] / (ends[0] - ends[1]))
        inside = all(0 < x < 1 for x in point)
        return (point[0], point[1]) if inside else None


def sublevel(
    field: GameField,
    target: Sequence[int],
    dynamics: Dynamics,
    level: Rational | None = None,
    order: int | None = None,
) -> Certificate:
    """Certify that the squared distance to a pure target falls on a ball, the largest one unless a level is given.

    Args:
        field: the game's polynomials.
        target: 1 (first action) or 0 per coordinate.
        dynamics: how policies move; steps need direct coordinates and a one-shot game.
        level: c of {W ≤ c}, W in squared probabilities.
        order: exponent of the margin: 1, 2, 3 for direct, replicator, logit by default; 2 for an SOS ball in direct.

    Raises:
        BadInput: dynamics or an order without this kind of region, a level that is not positive, or a target near
            which W does not fall.
        Undecided: the budget is spent before any level is certified.
    """
    usual = dynamics.power + 1 if dynamics.step is None else 2
    problem = _Problem(field, tuple(target), dynamics, usual if order is None else order)
    if problem.order != usual and not (dynamics.coordinates == "direct" and problem.order == 2):
        raise BadInput(f"--order: in {dynamics} the order is {usual}{', or 2' if dynamics.power == 0 else ''}.")
    if dynamics.step is not None and (dynamics.power or field.game.discount != 0):
        raise BadInput("certify: balls in discrete steps need direct coordinates and a one-shot game.")
    if level is not None and not level > 0:
        raise BadInput(f"--level: the level of a ball must be positive, not {level}.")
    return _largest(problem) if level is None else _given(problem, level)


def _given(problem: _Problem, level: Rational) -> Certificate:
    region = _region(problem, level, True, Integer(0))
    try:
        return _closed(problem, level, None)
    except Counterexample as found:
        if problem.stays(found.point):
            words = f"the distance to {_named(problem)} does not fall everywhere on its ball of squared radius {level}"
            proof = {"witness": strings(found.point)}
            return Certificate("REFUTED", words, problem.field, problem.dynamics, region, proof, {})
        reason = (
            "the inequality fails at a point at which the distance still falls, by projection or by less than asked"
        )
    except Undecided as spent:
        reason = str(spent)
    return Certificate("UNDECIDED", reason, problem.field, problem.dynamics, region, {"reason": reason}, {})


def _largest(problem: _Problem) -> Certificate:
    rest = problem.rest_point()
    if rest is not None and problem.dynamics.step is None:
        sharp = problem.at(problem.level, rest)
        try:
            return _open(problem, sharp, rest)
        except (Counterexample, Undecided):
            pass
    low, high, witness = Integer(0), Integer(problem.field.size), rest
    spent: Undecided | None = None  # why the levels from ``high`` on were left, unless one of them is false
    while high - low > RESOLUTION * problem.field.size:
        middle = (low + high) / 2
        try:
            if problem.dynamics.step is None:
                problem.decreases(middle, closed=True)
            else:
                problem.falls_in_steps(middle, SMALLEST_MARGIN)
            low = middle
        except Counterexample as found:
            high, spent = middle, None
            if problem.stays(found.point):
                witness = min(filter(None, (witness, found.point)), key=partial(problem.at, problem.level))
        except Undecided as reason:
            high, spent = middle, reason
    if low == 0:
        if spent is not None:
            raise Undecided(f"no ball about {_named(problem)} was certified: {spent}")
        raise BadInput(f"certify: the distance to {_named(problem)} does not fall near it.")
    return _closed(problem, low, witness)


def _open(problem: _Problem, level: Rational, rest: Point) -> Certificate:
    tree = problem.decreases(level, closed=False, touch=rest)
    words = (
        f"the distance to {_named(problem)} falls wherever its square is below {level}, which no larger number is "
        f"({problem.dynamics})"
    )
    proof = {"trees": [tree], "no_larger": {"witness": strings(rest)}}
    conclusion = _conclusion(problem, None, level)
    region = _region(problem, level, False, Integer(0))
    return Certificate("CERTIFIED", words, problem.field, problem.dynamics, region, proof, conclusion)


def _closed(problem: _Problem, level: Rational, witness: Point | None) -> Certificate:
    trees: list[Tree]
    if problem.dynamics.step is None:
        found, tree = problem.with_margin(level)
        trees = [tree]
    else:
        found, trees = _rate(problem, level)
    bound = {1: level / found**2, 2: 2 * found, 3: found**2 / problem.field.size}[problem.order]
    bound = found if problem.dynamics.step is not None else bound
    above = None if witness is None else problem.at(problem.level, witness)
    words = f"the distance to {_named(problem)} falls wherever its square is at most {level} ({problem.dynamics})"
    proof = {"trees": trees, "no_larger": None if witness is None else {"witness": strings(witness)}}
    conclusion = _conclusion(problem, bound, above)
    region = _region(problem, level, True, found)
    return Certificate("CERTIFIED", words, problem.field, problem.dynamics, region, proof, conclusion)


def _rate(problem: _Problem, level: Rational) -> tuple[Rational, list[Tree]]:
    """The largest m = 2^−k by which W falls in a step, and the trees."""
    for k in count(1):
        rate = Rational(1, 2**k)
        try:
            return rate, problem.falls_in_steps(level, rate)
        except (Counterexample, Undecided):
            if rate <= SMALLEST_MARGIN:
                raise
    raise AssertionError


def _conclusion(problem: _Problem, bound: Rational | None, above: Rational | None) -> dict[str, object]:
    return {
        "invariant": True,
        "limit": "target",
        "convergence": ("finite", "exponential", "algebraic")[problem.order - 1],
        "bound": None if bound is None else str(bound),
        "no_level_above": None if above is None else str(above),
    }


def _region(problem: _Problem, level: Rational, closed: bool, found: Rational) -> dict[str, object]:
    return {
        "kind": "sublevel",
        "target": list(problem.target),
        "level": str(level),
        "closed": closed,
        "order": problem.order,
        "margin": str(found),
    }


def _named(problem: _Problem) -> str:
    return profile_words(problem.field, problem.target)
