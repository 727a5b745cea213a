"""A set of targets: held probabilities go to their ends, free ones drift by a bounded amount, equilibria at the end.

The cooperative equilibria of a memory-one game are a continuum: p_∅ = p_CC = q_∅ = q_CC = 1, the other probabilities
free within inequalities. Near it projected policy gradient moves the held four to 1 at rates bounded below, δ_j. The
states in which the free ones act are reached only as far as the held ones are not yet at their ends: d(s) ≤ Σ_j K_sj
u_j, u_j = 1 − x_j. With gaps between −H_s and G_s and u_j ≤ max(r_j − δ_j t, 0), so that

    ∫ u_j dt ≤ I_j = r_j²/(2δ_j)           (in steps of size η: plus η r_j),

a free probability rises by at most G_s Σ K_sj I_j and falls by at most H_s Σ K_sj I_j in all: a run that starts in
the inner box never leaves the outer one. On the face u = 0 values do not depend on the free probabilities, and pure
replies decide whether every point of it is an equilibrium.

In replicator dynamics u_j falls like e^(−δt) and the same argument works with other constants; in log-odds it falls
like 1/(δt), whose integral is infinite: there the drift of the free probabilities is not bounded by this argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import flint
from sympy import Integer, Rational, ceiling

from theory.errors import BadInput
from theory.exact import Undecided, from_fmpq, to_fmpq
from theory.regions.certificate import Certificate, Dynamics, intervals, strings
from theory.regions.field import GameField, Polynomial
from theory.regions.prove import Box, Counterexample, Goal, common_degrees, margin, prove, simple_between, tensor

SMALLEST = Rational(1, 2**20)  # radius that is tried
PRECISION = Rational(1, 8)  # of the radius
FACE_RESOLUTION = Rational(1, 2**6)
DRIFT_SHARE = Rational(1, 4)  # of the outer box's width, which the drift may take up at each side
BUDGET = 200


@dataclass(frozen=True)
class _Constants:
    """Everything a drift box needs, at one radius."""

    gaps: list[tuple[Rational, list[Any]]]
    visits: list[tuple[Rational, list[Any]]]
    leaks: list[list[Rational]]
    speeds: list[tuple[Rational, Rational]]
    drift: list[tuple[Rational, Rational]]
    rates: list[Rational]


@dataclass(frozen=True)
class _Problem:
    field: GameField
    held: tuple[int, ...]
    target: tuple[int, ...]
    dynamics: Dynamics

    @cached_property
    def free(self) -> tuple[int, ...]:
        return tuple(k for k in range(self.field.size) if k not in self.held)

    @property
    def step(self) -> Rational:
        return Integer(0) if self.dynamics.step is None else self.dynamics.step

    def box(self, radius: Rational, outer: Box) -> Box:
        ends = dict(zip(self.held, self.target, strict=True))
        free = dict(zip(self.free, outer, strict=True))
        near = {k: (1 - radius, Integer(1)) if end else (Integer(0), radius) for k, end in ends.items()}
        return tuple(near[k] if k in near else free[k] for k in range(self.field.size))

    @cached_property
    def distances(self) -> list[Polynomial]:
        """D u, one per held coordinate."""
        x = self.field.variables
        ends = zip(self.held, self.target, strict=True)
        return [(1 - x[k] if end else x[k]) * self.field.denominator for k, end in ends]

    def leaks(self, visits: Polynomial, box: Box) -> list[Rational]:
        """K with d ≤ Σ K u on the box: bounds where one u alone is not 0, times the factor that makes them suffice."""
        lone = []
        for place in range(len(self.held)):
            ends = list(zip(self.held, self.target, strict=True))
            face = list(box)
            for other, (k, end) in enumerate(ends):
                if other != place:
                    face[k] = (Integer(end), Integer(end))
            lone.append(_smallest_factor(visits, self.distances[place], tuple(face)))
        total = sum((u * to_fmpq(leak) for u, leak in zip(self.distances, lone, strict=True)), self.field.constant(0))
        factor = _smallest_factor(visits, total, box)
        return [leak * factor for leak in lone]

    def toward(self, place: int) -> Polynomial:
        gap = self.field.gaps[self.held[place]]
        return gap if self.target[place] else -gap

    def constants(self, radius: Rational, outer: Box) -> _Constants:
        """Margins and bounds on the box; raises Counterexample or Undecided where one does not exist."""
        box, bottom = self.box(radius, outer), self.field.denominator
        gaps = [margin(self.toward(place), bottom, box, BUDGET) for place in range(len(self.held))]
        visits = [margin(self.field.visits[k], bottom, box, BUDGET) for k in self.held]
        by_state = {self.field.coordinates[k][1]: self.field.visits[k] for k in self.free}
        leaking = {s: self.leaks(visits, box) for s, visits in by_state.items()}
        leaks = [leaking[self.field.coordinates[k][1]] for k in self.free]
        speeds = [
            (_smallest_factor(self.field.gaps[k], bottom, box), _smallest_factor(-self.field.gaps[k], bottom, box))
            for k in self.free
        ]
        rates = [g * w for (g, _), (w, _) in zip(gaps, visits, strict=True)]
        whole = [radius**2 / (2 * rate) + self.step * radius for rate in rates]
        moved = [sum((leak * entry for leak, entry in zip(row, whole, strict=True)), Integer(0)) for row in leaks]
        drift = [(up * entry, down * entry) for (up, down), entry in zip(speeds, moved, strict=True)]
        return _Constants(gaps, visits, leaks, speeds, drift, rates)

    def equilibria(self, outer: Box) -> bool:
        """Whether at no point of the face u = 0 with free coordinates in the outer box a pure reply gains."""
        ends = dict(zip(self.held, self.target, strict=True))
        free = dict(zip(self.free, outer, strict=True))
        bottom = self.field.denominator
        for player in range(self.field.game.players):
            own = [k for k, (i, _) in enumerate(self.field.coordinates) if i == player]
            others = [k for k in self.free if k not in own]
            base = {k: to_fmpq(Rational(ends.get(k, free[k][0] if k in free else 0))) for k in range(self.field.size)}
            here = [base[k] for k in range(self.field.size)]
            peace = self.field.values[player](*here) / bottom(*here)
            for reply in product((0, 1), repeat=len(own)):
                for corner in product(*(free[k] for k in others)):
                    changed = {**base, **dict(zip(own, map(to_fmpq, map(Integer, reply)), strict=True))}
                    changed.update(zip(others, map(to_fmpq, corner), strict=True))
                    point = [changed[k] for k in range(self.field.size)]
                    if self.field.values[player](*point) > peace * bottom(*point):
                        return False
        return True


def _smallest_factor(polynomial: Polynomial, base: Polynomial, box: Box) -> Rational:
    """A short K ≥ 0 with K·base − polynomial ≥ 0, coefficient by coefficient on the box."""
    degrees = common_degrees(polynomial, base)
    above, below = tensor(polynomial, box, degrees), tensor(base, box, degrees)
    most = flint.fmpq(0)
    for top, bottom in zip(above.entries, below.entries, strict=True):
        if top > 0 and bottom == 0:
            raise Undecided("a state is reached although all held probabilities are at their ends")
        if top > 0 and top * most.q > bottom * most.p:
            most = flint.fmpq(top, bottom)
    bound = from_fmpq(most * below.scale / above.scale)
    return simple_between(bound, bound * Rational(21, 20)) if bound else bound


def largest_radius(
    field: GameField, held: Sequence[int], target: Sequence[int], boxes: Callable[[Rational], Box]
) -> Rational:
    """A dyadic radius, not larger than the largest, at which the face of a drift box is one of equilibria that attract.

    That is: no pure reply gains at any point of the face, and every held gap is positive there.

    Args:
        field: the game's polynomials.
        held: coordinates that go to an end.
        target: that end, 0 or 1, for each.
        boxes: the free coordinates' intervals at a radius, growing with it.
    """
    problem = _Problem(field, tuple(held), tuple(target), Dynamics())
    low, high = Integer(0), Integer(1)
    while high - low > FACE_RESOLUTION:
        middle = (low + high) / 2
        face = problem.box(Integer(0), boxes(middle))
        try:
            for place in range(len(held)):
                prove(Goal(problem.toward(place), strict=True), face, BUDGET)
            attracts = problem.equilibria(boxes(middle))
        except (Counterexample, Undecided):
            attracts = False
        low, high = (middle, high) if attracts else (low, middle)
    return low


def drift_box(
    field: GameField,
    held: Sequence[int],
    target: Sequence[int],
    dynamics: Dynamics,
    outer: Box,
) -> Certificate:
    """Certify that every run from a box reaches a set of equilibria, in direct coordinates.

    The held coordinates' radius is the largest, by bisection, for which the drift takes up at most a quarter of every
    outer interval at either side.

    Args:
        field: the game's polynomials, without tremble.
        held: coordinates that go to an end.
        target: that end, 0 or 1, for each.
        dynamics: direct coordinates.
        outer: an interval for each other coordinate.

    Raises:
        BadInput: other dynamics, a tremble, or an outer box in which something is not an equilibrium.
        Undecided: no radius was found.
    """
    if dynamics.coordinates != "direct" or field.tremble != 0:
        raise BadInput("certify: the attraction of a set of equilibria needs direct coordinates and no tremble.")
    problem = _Problem(field, tuple(held), tuple(target), dynamics)
    if not problem.equilibria(outer):
        raise BadInput("--box: not every point of the target set in this box is an equilibrium.")
    low, high, best = Integer(0), Integer(1), None
    while best is None or high - low > high * PRECISION:
        middle = (low + high) / 2
        found = _at(problem, middle, outer)
        if found is not None:
            low, best = middle, (middle, *found)
        elif middle < SMALLEST:
            raise Undecided("no radius was found at which the drift stays inside the outer box")
        else:
            high = middle
    return _certified(problem, outer, *best)


def _at(problem: _Problem, radius: Rational, outer: Box) -> tuple[_Constants, Box] | None:
    try:
        constants = problem.constants(radius, outer)
    except (Counterexample, Undecided):
        return None
    inner = []
    for (low, high), (rise, fall) in zip(outer, constants.drift, strict=True):
        lost = (Integer(0) if low == 0 else fall, Integer(0) if high == 1 else rise)
        if max(lost) > DRIFT_SHARE * (high - low):
            return None
        room = (high - low) / 64  # spent on short numbers
        inner.append(
            (
                low if lost[0] == 0 else simple_between(low + lost[0], low + lost[0] + room),
                high if lost[1] == 0 else simple_between(high - lost[1] - room, high - lost[1]),
            )
        )
    return constants, tuple(inner)


def _certified(problem: _Problem, outer: Box, radius: Rational, constants: _Constants, inner: Box) -> Certificate:
    times = [radius / rate for rate in constants.rates]
    bound = max(times) if problem.step == 0 else max(ceiling(time / problem.step) for time in times)
    region = {
        "kind": "drift-box",
        "held": list(problem.held),
        "target": list(problem.target),
        "radius": [str(radius)] * len(problem.held),
        "inner": intervals(inner),
        "outer": intervals(outer),
    }
    proof = {
        "gaps": [[str(g), tree] for g, tree in constants.gaps],
        "visits": [[str(w), tree] for w, tree in constants.visits],
        "leaks": [[strings(row), ["sign"]] for row in constants.leaks],
        "speeds": [[[str(up), ["sign"]], [str(down), ["sign"]]] for up, down in constants.speeds],
    }
    conclusion = {
        "invariant": True,
        "limit": "equilibria",
        "convergence": "finite",
        "bound": str(bound),
        "drift": [strings(pair) for pair in constants.drift],
    }
    words = (
        f"from held probabilities within {radius} of their ends and free ones in the inner box every run reaches "
        f"a set of equilibria ({problem.dynamics})"
    )
    return Certificate("CERTIFIED", words, problem.field, problem.dynamics, region, proof, conclusion)
