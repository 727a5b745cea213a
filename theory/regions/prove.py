"""Polynomial inequalities on boxes, decided exactly: Bernstein coefficients and bisection (python-flint).

On a box a polynomial is a combination of its Bernstein coefficients with weights that are ≥ 0 and sum to 1; the
weight of a coefficient vanishes only on sides of the box, and at a corner one weight is 1. So coefficients that are
all > 0 prove the polynomial > 0, and a corner where it is not is a counterexample with rational coordinates. What is
neither is halved. Where equality holds somewhere on the region's closure halving never ends, and two more leaves
settle it:

* *target*: the polynomial is at least m times another that is > 0 except at the target;
* *touch*: at a point z where the constraint c − W is 0 too, polynomial ≥ A (c − W) with an affine A > 0, because their
  difference is 0 at z with zero gradient and convex on the box.

Coefficients here are integers in dense tensors that are halved many times; :mod:`theory.bernstein` is for coefficients
that hold symbols.

Three outcomes: a tree (see FORMAT.md), :class:`Counterexample`, or :class:`theory.exact.Undecided` when the budget is
spent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import comb, prod
from operator import mul
from typing import Any

import flint
from sympy import Rational

from theory.exact import Undecided, from_fmpq, to_fmpq

Polynomial = flint.fmpq_mpoly
Interval = tuple[Rational, Rational]
Box = tuple[Interval, ...]
Tree = list[Any]
BUDGET = 50_000  # boxes
LARGEST = 2**16  # Bernstein coefficients of a polynomial on a box; the ledger's proofs have less than a quarter
WORK = 2**23  # of all polynomials on all boxes of a search, which would take gigabytes and never end


class Counterexample(Exception):
    """A rational point at which an inequality fails."""

    def __init__(self, point: Sequence[Rational]) -> None:
        super().__init__(", ".join(map(str, point)))
        self.point = tuple(point)


# ---------------------------------------------------------------------------------------------- Bernstein tensors


@dataclass(frozen=True)
class Tensor:
    """Bernstein coefficients on a box: integers over one positive denominator, the last variable changing fastest."""

    shape: tuple[int, ...]  # degree + 1 in each variable
    entries: list[flint.fmpz]
    scale: flint.fmpz

    def corners(self) -> Iterator[tuple[tuple[int, ...], flint.fmpz]]:
        """(0 or 1 for the lower or upper end of each variable, value there times the scale)."""
        for ends, place in _corners(self.shape):
            yield ends, self.entries[place]

    def corner(self, number: int) -> flint.fmpz:
        """The value at one of these corners, by its number in their order."""
        return self.entries[_corners(self.shape)[number][1]]

    def halves(self, axis: int) -> tuple[Tensor, Tensor]:
        """Coefficients on the lower and the upper half along one variable (de Casteljau)."""
        scale = self.scale * 2 ** (self.shape[axis] - 1)
        lower, upper = (_along(self.entries, self.shape, axis, half) for half in _halving(self.shape[axis] - 1))
        return Tensor(self.shape, lower, scale), Tensor(self.shape, upper, scale)


def tensor(polynomial: Polynomial, box: Box, degrees: Sequence[int] | None = None) -> Tensor:
    """Bernstein coefficients of a polynomial on a box.

    Args:
        polynomial: in as many variables as the box has intervals.
        box: the intervals; zero width is allowed.
        degrees: in each variable, at least the polynomial's; its own by default.

    Raises:
        Undecided: there would be too many of them.
    """
    terms = polynomial.to_dict()
    shape = tuple(d + 1 for d in (common_degrees(polynomial) if degrees is None else degrees))
    if prod(shape) > LARGEST:
        raise Undecided(f"a polynomial has {prod(shape)} Bernstein coefficients on a box, more than {LARGEST}")
    scale = flint.fmpz(1)
    for coefficient in terms.values():
        scale = scale.lcm(coefficient.q)
    entries = [flint.fmpz(0)] * prod(shape)
    strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    for powers, coefficient in terms.items():
        entries[sum(map(mul, powers, strides))] = coefficient.p * (scale // coefficient.q)
    for width, interval in zip(shape, box, strict=True):
        if width > 1:
            change, factor = _to_bernstein(width - 1, interval)
            first = flint.fmpz_mat(width, len(entries) // width, entries)
            # Transposed, the first axis becomes the last; after all axes they are in order again.
            entries, scale = (change * first).transpose().entries(), scale * factor
    return Tensor(shape, entries, scale)


def common_degrees(*polynomials: Polynomial) -> list[int]:
    """The largest degree in each variable; 0 for the polynomial 0."""
    return [max(0, *map(int, column)) for column in zip(*(entry.degrees() for entry in polynomials), strict=True)]


def _along(entries: list[flint.fmpz], shape: Sequence[int], axis: int, matrix: flint.fmpz_mat) -> list[flint.fmpz]:
    """The tensor with a matrix applied along one axis."""
    width, after = shape[axis], prod(shape[axis + 1 :])
    if after == 1:
        rows = flint.fmpz_mat(len(entries) // width, width, entries) * matrix.transpose()
        return list(rows.entries())
    block = width * after
    found: list[flint.fmpz] = []
    for first in range(0, len(entries), block):
        found += (matrix * flint.fmpz_mat(width, after, entries[first : first + block])).entries()
    return found


@lru_cache(maxsize=256)
def _corners(shape: tuple[int, ...]) -> list[tuple[tuple[int, ...], int]]:
    """(0 or 1 for each variable, place of that corner in a tensor of this shape)."""
    strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    steps = [(n - 1) * stride for n, stride in zip(shape, strides, strict=True)]
    return [(ends, sum(map(mul, ends, steps))) for ends in product((0, 1), repeat=len(shape))]


@lru_cache(maxsize=256)
def _to_bernstein(degree: int, interval: Interval) -> tuple[flint.fmpz_mat, flint.fmpz]:
    """(matrix, factor): Bernstein coefficients times the factor from those of 1, x, … x^degree.

    Row k, column j: xʲ = (low + width t)ʲ = Σ_i C(j, i) low^(j−i) widthⁱ tⁱ, and tⁱ has the
    coefficients C(k, i)/C(d, i).
    """
    low, width = to_fmpq(interval[0]), to_fmpq(interval[1] - interval[0])
    rows = [
        [
            sum(
                (
                    comb(j, i) * low ** (j - i) * width**i * flint.fmpq(comb(k, i), comb(degree, i))
                    for i in range(min(j, k) + 1)
                ),
                flint.fmpq(0),
            )
            for j in range(degree + 1)
        ]
        for k in range(degree + 1)
    ]
    numerators, factor = flint.fmpq_mat(rows).numer_denom()
    return numerators, factor


@lru_cache(maxsize=32)
def _halving(degree: int) -> tuple[flint.fmpz_mat, flint.fmpz_mat]:
    """2^degree times the matrices that give the coefficients on the lower and on the upper half."""
    size = range(degree + 1)
    lower = flint.fmpz_mat([[comb(k, i) << (degree - k) for i in size] for k in size])
    upper = flint.fmpz_mat([[lower[degree - k, degree - i] for i in size] for k in size])
    return lower, upper


# -------------------------------------------------------------------------------------------------------- goals


@dataclass(frozen=True)
class Touch:
    """A point z at which the constraint slack = c − W and the polynomial both vanish.

    Attributes:
        point: z.
        slack: c − W, the first constraint of the goal.
    """

    point: tuple[Rational, ...]
    slack: Polynomial


@dataclass(frozen=True)
class Goal:
    """A polynomial is > 0 (strict) or ≥ 0 wherever all constraints hold.

    Attributes:
        polynomial: what is to be bounded.
        strict: > 0 instead of ≥ 0.
        constraints: polynomials with their strictness: > 0 (True) or ≥ 0.
        target: a corner of the starting box at which a strict goal may be 0, with a polynomial that is > 0 elsewhere.
        touch: where a touch leaf may be tried.
    """

    polynomial: Polynomial
    strict: bool
    constraints: tuple[tuple[Polynomial, bool], ...] = ()
    target: tuple[tuple[Rational, ...], Polynomial] | None = None
    touch: Touch | None = None


def prove(goal: Goal, box: Box, budget: int = BUDGET) -> Tree:
    """A tree that proves the goal on a box.

    Raises:
        Counterexample: with a point where it fails.
        Undecided: more than ``budget`` boxes, or too many coefficients, would be needed.
    """
    search = _Search(goal, budget)
    tree: Tree = []
    waiting = [(box, search.tensors(box))]
    while waiting:
        here, tensors = waiting.pop()
        leaf = search.leaf(here, tensors)
        if leaf is not None:
            tree.append(leaf)
            continue
        search.look_for_counterexample(here, tensors)
        axis = search.axis(here, tensors[0])
        tree.append(axis)
        (low, high), middle = here[axis], (here[axis][0] + here[axis][1]) / 2
        pairs = [entry.halves(axis) for entry in tensors]
        for side, interval in ((1, (middle, high)), (0, (low, middle))):
            waiting.append(((*here[:axis], interval, *here[axis + 1 :]), [pair[side] for pair in pairs]))
    return tree


class _Search:
    """The leaves of one goal."""

    def __init__(self, goal: Goal, budget: int) -> None:
        self._goal = goal
        self._left, self._work = budget, WORK
        self._multipliers = _multipliers(goal) if goal.touch is not None else []

    def tensors(self, box: Box) -> list[Tensor]:
        """Of the polynomial, of every constraint, and of the polynomial that is positive off the target."""
        goal = self._goal
        rows = [tensor(goal.polynomial, box), *(tensor(entry, box) for entry, _ in goal.constraints)]
        if goal.target is not None:
            below = goal.target[1]
            degrees = common_degrees(goal.polynomial, below)
            rows += [tensor(goal.polynomial, box, degrees), tensor(below, box, degrees)]
        return rows

    def leaf(self, box: Box, tensors: Sequence[Tensor]) -> Any:
        """A reason why nothing more is to be proved on the box, or ``None``."""
        goal = self._goal
        self._left -= 1
        self._work -= sum(len(entry.entries) for entry in tensors)
        if self._left < 0 or self._work < 0:
            raise Undecided(f"the budget of {'boxes' if self._left < 0 else 'Bernstein coefficients'} is spent")
        least = min(tensors[0].entries)
        if least > 0 or (least == 0 and not goal.strict):
            return "sign"
        for number, (_, strict) in enumerate(goal.constraints):
            most = max(tensors[1 + number].entries)
            if most < 0 or (most == 0 and strict):
                return ["empty", number]
        if goal.target is not None and _holds(box, goal.target[0]):
            margin = lowest_ratio(*tensors[-2:])
            if margin is not None and margin > 0:
                return ["target", str(simple_below(margin))]
        if goal.touch is not None and _holds(box, goal.touch.point):
            for multiplier in self._multipliers:
                if multiplier.works_on(box):
                    return multiplier.leaf(goal.touch)
        return None

    def look_for_counterexample(self, box: Box, tensors: Sequence[Tensor]) -> None:
        """Raise :class:`Counterexample` if a corner of the box is one."""
        goal = self._goal
        held = tensors[1 : 1 + len(goal.constraints)]
        for number, (ends, value) in enumerate(tensors[0].corners()):
            if value > 0 or (value == 0 and not goal.strict):
                continue
            kept = [(entry.corner(number), strict) for entry, (_, strict) in zip(held, goal.constraints, strict=True)]
            if any(slack < 0 or (slack == 0 and strict) for slack, strict in kept):
                continue
            point = tuple(interval[end] for interval, end in zip(box, ends, strict=True))
            if goal.target is None or point != goal.target[0]:
                raise Counterexample(point)

    def axis(self, box: Box, polynomial: Tensor) -> int:
        """Which variable to halve: the widest under constraints, else the one along which coefficients differ most."""
        widths = [high - low for low, high in box]
        if self._goal.constraints:
            return widths.index(max(widths))
        differences = []
        for axis, width in enumerate(widths):
            stride = prod(polynomial.shape[axis + 1 :])
            block, entries = stride * polynomial.shape[axis], polynomial.entries
            steps = (
                abs(entries[k + stride] - entries[k])
                for k in range(len(entries) - stride)
                if k % block < block - stride
            )
            differences.append(max(steps, default=-1) if width else -1)
        return differences.index(max(differences))


def _holds(box: Box, point: Sequence[Rational]) -> bool:
    return all(low <= x <= high for (low, high), x in zip(box, point, strict=True))


# ------------------------------------------------------------------------------------------------------- margins


def lowest_ratio(above: Tensor, below: Tensor) -> Rational | None:
    """The largest m with above − m·below ≥ 0 coefficient by coefficient; ``None`` if there is none.

    The tensors have the same shape and the coefficients of the second are ≥ 0.
    """
    best: flint.fmpq | None = None
    for top, bottom in zip(above.entries, below.entries, strict=True):
        if bottom == 0:
            if top < 0:
                return None
            continue
        ratio = flint.fmpq(top, bottom)
        best = ratio if best is None or ratio < best else best
    return None if best is None else from_fmpq(best * below.scale / above.scale)


def simple_between(low: Rational, high: Rational) -> Rational:
    """The fraction with the smallest denominator in a closed interval of positive numbers (Stern–Brocot)."""
    whole = low.p // low.q
    if whole * low.q == low.p or whole + 1 <= high:
        return Rational(whole if whole * low.q == low.p else whole + 1)
    return whole + 1 / simple_between(1 / (high - whole), 1 / (low - whole))


def simple_below(number: Rational) -> Rational:
    """A short positive fraction at most 5 % below a positive number, not above it."""
    return simple_between(number * Rational(19, 20), number)


def margin(polynomial: Polynomial, base: Polynomial, box: Box, budget: int = BUDGET) -> tuple[Rational, Tree]:
    """A short m > 0 with polynomial − m·base ≥ 0 on a box, and the tree that proves it.

    The base must have Bernstein coefficients ≥ 0 on the box, as what is affine in each variable and ≥ 0 has.

    Raises:
        Counterexample: with a point where the polynomial is not positive.
        Undecided: the budget is spent.
    """
    tree = prove(Goal(polynomial, strict=True), box, budget)
    degrees = common_degrees(polynomial, base)
    ratios = [
        lowest_ratio(tensor(polynomial, leaf, degrees), tensor(base, leaf, degrees)) for leaf in leaves(tree, box)
    ]
    known = [ratio for ratio in ratios if ratio is not None and ratio > 0]
    if len(known) < len(ratios):
        raise Undecided("no positive margin over the base was found")
    found = simple_below(min(known))
    return found, prove(Goal(polynomial - base * to_fmpq(found), strict=False), box, budget)


def leaves(tree: Tree, box: Box) -> Iterator[Box]:
    """The boxes of a tree's leaves, in order."""
    waiting = [box]
    for node in tree:
        here = waiting.pop()
        if isinstance(node, int):
            low, high = here[node]
            middle = (low + high) / 2
            waiting.append((*here[:node], (middle, high), *here[node + 1 :]))
            waiting.append((*here[:node], (low, middle), *here[node + 1 :]))
        else:
            yield here


# ----------------------------------------------------------------------------------------------------- touch leaves


@dataclass(frozen=True)
class _Multiplier:
    """A(x) = μ + Σ β (x − z) and the leading minors of the Hessian of polynomial − A·slack."""

    value: Rational
    slopes: tuple[Rational, ...]
    affine: Polynomial
    minors: tuple[Polynomial, ...]

    def works_on(self, box: Box) -> bool:
        positive = all(entry > 0 for entry in tensor(self.affine, box).entries)
        return positive and all(entry > 0 for minor in self.minors for entry in tensor(minor, box).entries)

    def leaf(self, touch: Touch) -> list[Any]:
        return ["touch", [*map(str, touch.point)], str(self.value), [*map(str, self.slopes)]]


def _multipliers(goal: Goal) -> list[_Multiplier]:
    """Candidates: A with ∇(polynomial − A·slack) = 0 at z, its slope along ∇W in growing steps."""
    touch, polynomial = goal.touch, goal.polynomial
    assert touch is not None
    context, size = polynomial.context(), len(touch.point)
    point = [to_fmpq(x) for x in touch.point]
    rises = [-touch.slack.derivative(k)(*point) for k in range(size)]  # ∇W
    falls = [-polynomial.derivative(k)(*point) for k in range(size)]
    ratios = {fall / rise for fall, rise in zip(falls, rises, strict=True) if rise != 0}
    if polynomial(*point) != 0 or touch.slack(*point) != 0 or len(ratios) != 1:
        return []
    value = ratios.pop()
    if value <= 0 or any(fall != value * rise for fall, rise in zip(falls, rises, strict=True)):
        return []
    found = []
    for step in (flint.fmpq(0), *(flint.fmpq(2) ** power for power in range(-3, 6))):
        slopes = [step * value * rise / sum(r * r for r in rises) for rise in rises]
        affine = context.constant(value)
        for k, slope in enumerate(slopes):
            affine += (context.gen(k) - point[k]) * slope
        rest = polynomial - affine * touch.slack
        hessian = [[rest.derivative(i).derivative(j) for j in range(size)] for i in range(size)]
        minors = tuple(_minor(hessian, order) for order in range(1, size + 1))
        if all(minor(*point) > 0 for minor in minors):
            found.append(_Multiplier(from_fmpq(value), tuple(map(from_fmpq, slopes)), affine, minors))
    return found


def _minor(matrix: Sequence[Sequence[Polynomial]], order: int) -> Polynomial:
    """Leading principal minor, by expansion along the first row."""
    if order == 1:
        return matrix[0][0]
    rows = [row[:order] for row in matrix[:order]]
    total = rows[0][0] * 0
    for column in range(order):
        rest = [[*row[:column], *row[column + 1 :]] for row in rows[1:]]
        total += (-1) ** column * rows[0][column] * _minor(rest, order - 1)
    return total
