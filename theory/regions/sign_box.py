"""Sign boxes: on the whole box every player's gap points to its target action in every state.

Then no coordinate ever moves away from its target, so the box is never left, in continuous time or in steps of any size
(a step past the target is projected on it). A coordinate whose state is visited at least w > 0 moves at a rate bounded
below: it reaches its end in finite time (direct, projected), exponentially (replicator) or like 1/t (log-odds). In
states that play at the target does not visit a coordinate may stop short of its end: the limit is then a rest point
on the face where all reached coordinates are at their ends (THEORY §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Integer, Rational, ceiling

from theory.errors import BadInput
from theory.exact import Undecided
from theory.regions.certificate import Certificate, Dynamics, intervals, strings
from theory.regions.field import GameField, Polynomial
from theory.regions.prove import (
    Box,
    Counterexample,
    Goal,
    lowest_ratio,
    margin,
    prove,
    simple_below,
    simple_between,
    tensor,
)

RESOLUTION = Rational(1, 2**16)
GROWTH = Rational(1, 2**10)  # of single sides
BUDGET = 2_000  # boxes for each coordinate; one is the rule


@dataclass(frozen=True)
class _Problem:
    field: GameField
    target: tuple[int, ...]
    dynamics: Dynamics

    def box(self, radii: Sequence[Rational]) -> Box:
        return tuple(
            (1 - min(r, Integer(1)), Integer(1)) if end else (Integer(0), min(r, Integer(1)))
            for r, end in zip(radii, self.target, strict=True)
        )

    @cached_property
    def toward(self) -> list[Polynomial]:
        """σ D gap, one per coordinate."""
        return [gap if end else -gap for gap, end in zip(self.field.gaps, self.target, strict=True)]

    def counterexample(self, box: Box) -> tuple[Rational, ...] | None:
        """A point of the box where some gap does not point to the target, if there is one."""
        try:
            for gap in self.toward:
                prove(Goal(gap, strict=True), box, BUDGET)
        except Counterexample as found:
            return found.point
        return None


def sign_box(
    field: GameField,
    target: Sequence[int],
    dynamics: Dynamics,
    box: Box | None = None,
    shape: Sequence[Rational] | None = None,
) -> Certificate:
    """Certify a sign box at a pure target, the largest one of a shape unless a box is given.

    The radius is bisected exactly, and where the sides differ each is then made as long as it can be. If the largest
    open box has a simple radius and all gaps are ≥ 0 up to its sides, that box is certified, without its far sides;
    else the closed box at the lower end of the bisection.

    Args:
        field: the game's polynomials.
        target: 1 (first action) or 0 per coordinate.
        dynamics: how policies move.
        box: an interval with the target as one end, per coordinate.
        shape: relative side lengths; all equal by default.

    Raises:
        BadInput: a box that does not end at the target, a target whose gaps do not all point to it, or dynamics without
            this kind of region.
    """
    problem = _Problem(field, tuple(target), dynamics)
    if dynamics.coordinates == "replicator" and dynamics.step is not None:
        raise BadInput("certify: replicator dynamics are certified in continuous time only; leave --step.")
    here = problem.counterexample(problem.box([Integer(0)] * field.size))
    if here is not None:
        raise BadInput("certify: at the target some player's other action is as good, so no sign box exists there.")
    if box is not None:
        return _given(problem, box)
    return _largest(problem, shape)


def _given(problem: _Problem, box: Box) -> Certificate:
    for (low, high), end in zip(box, problem.target, strict=True):
        if not 0 <= low < high <= 1 or (high if end else low) != end:
            raise BadInput("--box: every side of a sign box must end at the target and have a positive length.")
    _check_width(problem, box)
    try:
        return _closed(problem, box, None)
    except Counterexample as found:
        region = _region(problem, box, closed=True)
        words = f"not every gap points to {_named(problem)} on the box"
        return Certificate(
            "REFUTED", words, problem.field, problem.dynamics, region, {"witness": strings(found.point)}, {}
        )
    except Undecided as reason:
        region = _region(problem, box, closed=True)
        return Certificate(
            "UNDECIDED", str(reason), problem.field, problem.dynamics, region, {"reason": str(reason)}, {}
        )


def _largest(problem: _Problem, shape: Sequence[Rational] | None) -> Certificate:
    shape = [Integer(1)] * problem.field.size if shape is None else shape
    longest = max(shape)

    def sides(size: Rational) -> list[Rational]:
        return [size * side / longest for side in shape]

    low, high, witness = Integer(0), Integer(1), None
    if problem.dynamics.power == 0:
        witness = problem.counterexample(problem.box(sides(high)))
        if witness is None:
            return _closed(problem, problem.box(sides(high)), None)
    while high - low > RESOLUTION:
        middle = (low + high) / 2
        try:
            found = problem.counterexample(problem.box(sides(middle)))
        except Undecided:
            high = middle
            continue
        if found is None:
            low = middle
        else:
            high, witness = middle, found
    if low == 0:
        raise Undecided(f"no sign box of radius {RESOLUTION} was found")
    isotropic = len(set(shape)) == 1
    if isotropic and witness is not None:
        sharp = _open(problem, simple_between(low, high))
        if sharp is not None:
            return sharp
    if isotropic:
        return _closed(problem, problem.box(sides(low)), witness)
    return _closed(problem, _grown(problem, sides(low)), None)


def _grown(problem: _Problem, radii: list[Rational]) -> Box:
    """A box none of whose sides the prover could make longer by more than the resolution, from one inside it."""

    def fits(k: int, side: Rational) -> bool:
        try:
            return problem.counterexample(problem.box([*radii[:k], side, *radii[k + 1 :]])) is None
        except Undecided:
            return False

    for k in range(problem.field.size):
        low, high = radii[k], Integer(1)
        if problem.dynamics.power == 0 and fits(k, high):
            low = high
        while high - low > GROWTH:
            middle = (low + high) / 2
            low, high = (middle, high) if fits(k, middle) else (low, middle)
        radii[k] = low
    return problem.box(radii)


def _beyond(problem: _Problem, witness: Sequence[Rational] | None) -> dict[str, Any] | None:
    """What shows that no larger cube is a sign box."""
    if witness is None:
        return None
    radius = max(abs(x - end) for x, end in zip(witness, problem.target, strict=True))
    return {"radius": str(radius), "witness": strings(witness)}


def _open(problem: _Problem, radius: Rational) -> Certificate | None:
    """The open box of a radius, if every gap is ≥ 0 on its closure, > 0 at the target, and somewhere 0."""
    box = problem.box([radius] * problem.field.size)
    witness = None
    for gap in problem.toward:
        coefficients = tensor(gap, box)
        if min(coefficients.entries) < 0:
            return None
        for ends, value in coefficients.corners():
            point = tuple(interval[end] for interval, end in zip(box, ends, strict=True))
            if value == 0 and point == problem.target:
                return None
            if value == 0 and witness is None:
                witness = point
    if witness is None:
        return None
    gaps = [["0", ["sign"]] for _ in problem.target]
    proof = {
        "gaps": gaps,
        "visits": [_visits(problem, number, box) for number in range(problem.field.size)],
        "no_larger": _beyond(problem, witness),
    }
    return _certified(problem, box, False, [Integer(0)] * problem.field.size, proof)


def _closed(problem: _Problem, box: Box, witness: Sequence[Rational] | None) -> Certificate:
    found = [margin(gap, problem.field.denominator, box, BUDGET) for gap in problem.toward]
    proof = {
        "gaps": [[str(g), tree] for g, tree in found],
        "visits": [_visits(problem, number, box) for number in range(problem.field.size)],
        "no_larger": _beyond(problem, witness),
    }
    return _certified(problem, box, True, [g for g, _ in found], proof)


def _visits(problem: _Problem, number: int, box: Box) -> list[Any]:
    """[w, tree]: D d − w D ≥ 0 on the box; both have degree at most 1, so the corners decide."""
    field = problem.field
    ones = [1] * field.size
    ratio = lowest_ratio(tensor(field.visits[number], box, ones), tensor(field.denominator, box, ones))
    bound = Integer(0) if ratio is None or ratio <= 0 else simple_below(ratio)
    return [str(bound), ["sign"]]


def _certified(
    problem: _Problem, box: Box, closed: bool, margins: Sequence[Rational], proof: dict[str, Any]
) -> Certificate:
    field, dynamics = problem.field, problem.dynamics
    visits = [Rational(w) for w, _ in proof["visits"]]
    reached = [k for k, w in enumerate(visits) if w > 0]
    rates = {k: (1 - field.tremble) * visits[k] * margins[k] for k in reached}
    widths = [high - low for low, high in box]
    bound: Rational | None = None
    if closed and reached:
        if dynamics.coordinates == "direct":
            times = [widths[k] / rates[k] for k in reached]
            bound = max(times) if dynamics.step is None else max(ceiling(time / dynamics.step) for time in times)
        elif dynamics.coordinates == "replicator":
            bound = min(rates.values())
        elif dynamics.step is None:
            bound = min(rate * (1 - widths[k]) ** 2 for k, rate in rates.items())
    unreached = [k for k in range(field.size) if k not in rates]
    conclusion = {
        "invariant": True,
        "limit": "face" if unreached else "target",
        "unreached": unreached,
        "convergence": ("finite", "exponential", "algebraic")[dynamics.power],
        "bound": None if bound is None else str(bound),
    }
    if len(set(widths)) == 1:
        where = f"within {widths[0]} of it" if closed else f"less than {widths[0]} from it"
    else:
        where = f"on a box with sides from {min(widths)} to {max(widths)}"
    reaches = "its reached probabilities go to their ends" if unreached else "every run goes to it"
    words = f"every gap points to {_named(problem)} {where}; the box is never left and {reaches} ({dynamics})"
    return Certificate("CERTIFIED", words, field, dynamics, _region(problem, box, closed), proof, conclusion)


def _region(problem: _Problem, box: Box, closed: bool) -> dict[str, Any]:
    return {"kind": "sign-box", "target": list(problem.target), "box": intervals(box), "closed": closed}


def _check_width(problem: _Problem, box: Box) -> None:
    if problem.dynamics.power and any(high - low == 1 for low, high in box):
        raise BadInput(
            "--box: in these coordinates the side away from the target does not move; keep it out of the box."
        )


def _named(problem: _Problem) -> str:
    return profile_words(problem.field, problem.target)


def profile_words(field: GameField, target: Sequence[int]) -> str:
    """A pure target in words: each player's actions, state by state."""
    states = len(field.game.states)
    rows = [target[k : k + states] for k in range(0, field.size, states)]
    named = [[names[1 - end] for end in row] for names, row in zip(field.game.actions, rows, strict=True)]
    return "(" + ", ".join("".join(word[0] for word in row) if states > 1 else row[0] for row in named) + ")"
