"""The checker of certificates of attraction regions: standard library only, exact arithmetic only.

``python -S -I check.py FILE...`` prints one line a file. FORMAT.md says what a certificate states and what makes it
true. This module trusts nothing in a file but the statement itself (game, dynamics, region) and derives the rest:

1. :func:`read` and the ``read_*`` functions take the file apart. What is malformed, or larger than the limits below, is
   *unreadable*.
2. :func:`derive` solves the game at its 2ⁿ pure profiles and interpolates. That gives the polynomials D, D uⁱ(s),
   D d(s) and D Vⁱ, from which all others are made by adding and multiplying.
3. :func:`prove` walks a tree. A polynomial on a box lies between the least and the greatest of its Bernstein
   coefficients there, because it is a convex combination of them at every point; a leaf needs no more than that.
4. One function for each kind of region (:func:`sign_box`, :func:`drift_box`, :func:`sublevel`, :func:`alignment`) says
   which obligations make the statement true, proves them and recomputes the conclusion. What fails is *rejected*.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations, pairwise, product
from operator import add, mul
from typing import Any

MAX_TEXT = 4_000_000  # bytes of a file
MAX_PLAYERS = 6
MAX_STATES = 16
MAX_COORDINATES = 12
MAX_NODES = 100_000  # in all trees of a file
MAX_CHARACTERS = 200  # of a number
MAX_INDEX_DIGITS = 9  # of a JSON integer
MAX_DENOMINATOR_BITS = 20_000  # of a common denominator
MAX_MEMORY = 2_000_000_000  # bits held by one polynomial, or by the boxes that wait while a tree is walked
MAX_WORK = 100_000_000  # about 100 ns each, at most

Powers = tuple[int, ...]
Point = Sequence[Fraction]
Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Report:
    """What became of a file: ``accepted``, ``rejected`` or ``unreadable``, and what is certified or why not."""

    outcome: str
    reason: str


class Unreadable(Exception):
    """The file is malformed or exceeds a limit."""


class Rejected(Exception):
    """The file is well formed, and something that it needs does not hold."""


def wellformed(condition: bool, reason: str) -> None:
    """Raise :class:`Unreadable` unless the condition holds."""
    if not condition:
        raise Unreadable(reason)


def holds(condition: bool, reason: str) -> None:
    """Raise :class:`Rejected` unless the condition holds."""
    if not condition:
        raise Rejected(reason)


# --------------------------------------------------------------------------------------------------- bounded work

_work_left: ContextVar[int] = ContextVar("work left", default=MAX_WORK)


def charge(count: int, bits: int = 0, other: int = 0) -> None:
    """Account for so many products of numbers of so many bits, before they are computed."""
    left = _work_left.get() - count * (1 + (bits + other) // 500 + (bits // 64) * (other // 64) // 16)
    _work_left.set(left)
    wellformed(left >= 0, "it needs more than the allowed work")


def room(entries: int, bits: int) -> None:
    """Refuse to hold so many numbers of so many bits; 1500 more stand for a number's place in Python."""
    wellformed(entries * (bits + 1500) <= MAX_MEMORY, "it needs more than the allowed memory")


def common_denominator(numbers: Iterable[Fraction]) -> int:
    """Least common multiple of the denominators."""
    found = 1
    for number in numbers:
        if found % number.denominator:
            found = math.lcm(found, number.denominator)
            charge(10, found.bit_length(), number.denominator.bit_length())
            wellformed(found.bit_length() <= MAX_DENOMINATOR_BITS, "a common denominator is too long")
    return found


# ----------------------------------------------------------------------------------------------------- polynomials


@dataclass(frozen=True)
class Poly:
    """A polynomial: integer coefficients by powers (no zeros among them), over one positive denominator."""

    variables: int
    terms: dict[Powers, int]
    denominator: int

    @cached_property
    def degrees(self) -> Powers:
        """Its degree in each variable."""
        return tuple(map(max, zip(*self.terms, strict=True))) if self.terms else (0,) * self.variables

    @cached_property
    def bits(self) -> int:
        """Length of its longest number."""
        return max(self.denominator.bit_length(), longest(self.terms.values()))

    def __add__(self, other: Poly) -> Poly:
        return combine(self.variables, [(Fraction(1), self), (Fraction(1), other)])

    def __sub__(self, other: Poly) -> Poly:
        return combine(self.variables, [(Fraction(1), self), (Fraction(-1), other)])

    def __mul__(self, other: Poly | Fraction | int) -> Poly:
        if isinstance(other, Poly):
            return multiply(self, other)
        return combine(self.variables, [(Fraction(other), self)])

    def derivative(self, axis: int) -> Poly:
        """Partial derivative."""
        lower = {(*k[:axis], k[axis] - 1, *k[axis + 1 :]): c * k[axis] for k, c in self.terms.items() if k[axis]}
        return Poly(self.variables, lower, self.denominator)


def longest(numbers: Iterable[int]) -> int:
    """Bits of the longest number."""
    return max(map(int.bit_length, numbers), default=0)


def constant(variables: int, value: Fraction) -> Poly:
    """The polynomial that is this number."""
    return Poly(variables, {(0,) * variables: value.numerator} if value else {}, value.denominator)


def variable(variables: int, axis: int) -> Poly:
    """The polynomial x_axis."""
    return Poly(variables, {tuple(int(k == axis) for k in range(variables)): 1}, 1)


def combine(variables: int, parts: Iterable[tuple[Fraction, Poly]]) -> Poly:
    """Sum of weight times polynomial."""
    parts = [(weight, poly) for weight, poly in parts if weight]
    scale = common_denominator(Fraction(1, weight.denominator * poly.denominator) for weight, poly in parts)
    terms: dict[Powers, int] = {}
    for weight, poly in parts:
        factor = weight.numerator * (scale // (weight.denominator * poly.denominator))
        charge(2 * len(poly.terms) + 20, poly.bits, factor.bit_length())
        room(len(terms) + len(poly.terms), poly.bits + factor.bit_length())
        for powers, coefficient in poly.terms.items():
            terms[powers] = terms.get(powers, 0) + factor * coefficient
    return Poly(variables, {powers: value for powers, value in terms.items() if value}, scale)


def multiply(left: Poly, right: Poly) -> Poly:
    """Product, by one product of long integers (Kronecker substitution).

    Every coefficient gets a slot of ``width`` bytes, one slot for each place of the product. A coefficient of the
    product is a sum of at most as many products as the shorter factor has terms, so it lies strictly between ±half.
    Adding half to every slot makes them all non-negative, and nothing is carried from one into the next.
    """
    degrees = tuple(map(add, left.degrees, right.degrees))
    strides = strides_of(degrees)
    size = math.prod(degree + 1 for degree in degrees)
    terms = min(len(left.terms), len(right.terms))
    width = (left.bits + right.bits + terms.bit_length() + 2 + 7) // 8
    room(size, 8 * width)
    shorter, longer = sorted((sum(map(mul, p.degrees, strides)) + 1) * width // 4 for p in (left, right))
    charge(100 + size * (8 + width // 16) + longer * math.isqrt(shorter) // 8)
    half = 1 << (8 * width - 1)
    empty = half.to_bytes(width, "little") * size

    def packed(poly: Poly) -> int:
        slots = bytearray(empty)
        for powers, coefficient in poly.terms.items():
            at = width * sum(map(mul, powers, strides))
            slots[at : at + width] = (coefficient + half).to_bytes(width, "little")
        return int.from_bytes(slots, "little") - int.from_bytes(empty, "little")

    raw = (packed(left) * packed(right) + int.from_bytes(empty, "little")).to_bytes(size * width, "little")
    slots = (int.from_bytes(raw[at : at + width], "little") - half for at in range(0, size * width, width))
    found = {powers: value for powers, value in zip(places(degrees), slots, strict=True) if value}
    return Poly(left.variables, found, left.denominator * right.denominator)


# ------------------------------------------------------------------------------------------------ tensors and boxes
#
# A tensor is a flat list, the last variable's index changing fastest, with the degrees of its variables.


def strides_of(degrees: Powers) -> list[int]:
    """How far apart neighbours are along each variable."""
    return [math.prod(degree + 1 for degree in degrees[axis + 1 :]) for axis in range(len(degrees))]


def places(degrees: Powers) -> Iterable[Powers]:
    """All indices, in order."""
    return product(*(range(degree + 1) for degree in degrees))


def dense(poly: Poly, degrees: Powers) -> list[int]:
    """Numerators of all coefficients up to these degrees."""
    size = math.prod(degree + 1 for degree in degrees)
    room(size, poly.bits)
    charge(2 * size + 20)
    values = [0] * size
    strides = strides_of(degrees)
    for powers, coefficient in poly.terms.items():
        values[sum(map(mul, powers, strides))] = coefficient
    return values


def rows_along(values: list[int], degrees: Powers, axis: int) -> list[list[int]]:
    """The entries with index 0, 1, … in one variable."""
    stride = strides_of(degrees)[axis]
    block = stride * (degrees[axis] + 1)
    return [
        [value for start in range(first, len(values), block) for value in values[start : start + stride]]
        for first in range(0, block, stride)
    ]


def joined(rows: list[list[int]], stride: int) -> list[int]:
    """The inverse of :func:`rows_along`."""
    starts = range(0, len(rows[0]), stride)
    return [value for start in starts for row in rows for value in row[start : start + stride]]


def along(values: list[int], degrees: Powers, axis: int, matrix: list[list[int]]) -> list[int]:
    """The tensor with a matrix applied in one variable."""
    bits, other = longest(values), max(map(longest, matrix))
    room(len(values) * len(matrix) // len(matrix[0]), bits + other)
    charge(len(values) * len(matrix) + 20, bits, other)
    rows = rows_along(values, degrees, axis)
    return joined([weighted_sum(weights, rows) for weights in matrix], strides_of(degrees)[axis])


def weighted_sum(weights: list[int], rows: list[list[int]]) -> list[int]:
    """The rows' sum with these weights, entry by entry; most weights are 0 or 1."""
    total = [0] * len(rows[0])
    for weight, row in zip(weights, rows, strict=True):
        if weight:
            total = list(map(add, total, row if weight == 1 else [weight * entry for entry in row]))
    return total


def bernstein_matrix(degree: int, interval: Interval) -> list[list[int]]:
    """From powers on [p/q, r/q] to Bernstein coefficients, times a positive integer.

    With t running from 0 to 1 through the interval, (q x)^j = (p(1 − t) + r t)^j. Multiplied by 1 = (1 − t + t)^(d − j)
    it has the coefficient Σ_i C(j, i) C(d − j, k − i) rⁱ p^(j − i) at t^k (1 − t)^(d − k), which is C(d, k) times the
    Bernstein coefficient. The integer is q^d times the least common multiple of all C(d, k).
    """
    q = common_denominator(interval)
    p, r = (end.numerator * (q // end.denominator) for end in interval)
    multiple = math.lcm(*(math.comb(degree, k) for k in range(degree + 1)))
    charge(degree**3 + 10, degree * q.bit_length(), q.bit_length())
    return [
        [
            q ** (degree - j)
            * (multiple // math.comb(degree, k))
            * sum(math.comb(j, i) * math.comb(degree - j, k - i) * r**i * p ** (j - i) for i in range(min(j, k) + 1))
            for j in range(degree + 1)
        ]
        for k in range(degree + 1)
    ]


def bernstein(poly: Poly, box: Sequence[Interval]) -> list[int]:
    """Bernstein coefficients on a box, in its degree in each variable, times one positive integer."""
    values = dense(poly, poly.degrees)
    for axis, (degree, interval) in enumerate(zip(poly.degrees, box, strict=True)):
        if degree:
            values = along(values, poly.degrees, axis, bernstein_matrix(degree, interval))
    return values


def halves(values: list[int], degrees: Powers, axis: int) -> tuple[list[int], list[int]]:
    """Bernstein coefficients on both halves of a box, times 2^degree (de Casteljau)."""
    degree, stride = degrees[axis], strides_of(degrees)[axis]
    charge(len(values) * (degree + 3) // 2 + 50, longest(values))
    rows = rows_along(values, degrees, axis)
    lower, upper = [], []
    for level in range(degree + 1):
        lower.append([value << (degree - level) for value in rows[0]])
        upper.append([value << (degree - level) for value in rows[-1]])
        rows = [list(map(add, one, other)) for one, other in pairwise(rows)]
    return joined(lower, stride), joined(upper[::-1], stride)


def value(poly: Poly, point: Point) -> Fraction:
    """The polynomial at a point."""
    values, degrees, scale = dense(poly, poly.degrees), list(poly.degrees), poly.denominator
    for axis, (x, degree) in enumerate(zip(point, poly.degrees, strict=True)):
        p, q = x.numerator, x.denominator
        values = along(values, tuple(degrees), axis, [[p**j * q ** (degree - j) for j in range(degree + 1)]])
        degrees[axis] = 0
        scale *= q**degree
    return Fraction(values[0], scale)


# ------------------------------------------------------------------------------------------------- reading the file


def keys(entry: Any, *names: str) -> list[Any]:
    """The values of an object that has exactly these keys."""
    wellformed(isinstance(entry, dict) and set(entry) == set(names), f"an object with the keys {', '.join(names)}")
    return [entry[name] for name in names]


def listed(entry: Any, length: int | None = None) -> list[Any]:
    """A list, of this length."""
    wellformed(isinstance(entry, list), "there is something else where a list belongs")
    wellformed(length is None or len(entry) == length, f"a list has {len(entry)} entries instead of {length}")
    return list(entry)


def string(entry: Any) -> str:
    """A string."""
    wellformed(isinstance(entry, str), "there is something else where a text belongs")
    return str(entry)


def truth(entry: Any) -> bool:
    """A truth value."""
    wellformed(isinstance(entry, bool), "there is something else where true or false belongs")
    return bool(entry)


def index(entry: Any, count: int) -> int:
    """A JSON integer from 0 to count − 1 (true and false are none)."""
    wellformed(type(entry) is int and 0 <= entry < count, f"an index is not an integer from 0 to {count - 1}")
    return int(entry)


_NUMBER = re.compile(r"(0|-?[1-9][0-9]*)(?:/([1-9][0-9]*))?", re.ASCII)


def number(entry: Any, low: int | None = None, high: int | None = None) -> Fraction:
    """A rational number in lowest terms, in a string, and in [low, high]."""
    wellformed(isinstance(entry, str) and len(entry) <= MAX_CHARACTERS, "a number is not a text, or too long")
    charge(40)
    wellformed(_NUMBER.fullmatch(entry) is not None, f"{entry[:20]!a} is not a number")
    found = Fraction(entry)
    wellformed(str(found) == entry, f"{entry[:20]!a} is not in lowest terms")
    wellformed((low is None or low <= found) and (high is None or found <= high), f"{entry[:20]!a} is out of range")
    return found


def positive(entry: Any) -> Fraction:
    """A number above 0."""
    found = number(entry, 0)
    wellformed(found > 0, "a number is 0 where it has to be positive")
    return found


def interval(entry: Any) -> Interval:
    """A part of [0, 1], perhaps of no width."""
    low, high = (number(end, 0, 1) for end in listed(entry, 2))
    wellformed(low <= high, "an interval has its ends the wrong way round")
    return low, high


def point(entry: Any, length: int) -> list[Fraction]:
    """A point of the unit cube."""
    return [number(x, 0, 1) for x in listed(entry, length)]


def chosen(entry: Any, allowed: Sequence[str]) -> str:
    """One of these words."""
    wellformed(isinstance(entry, str) and entry in allowed, f"one of these belongs here: {', '.join(allowed)}")
    return str(entry)


@dataclass(frozen=True)
class Leaf:
    """A leaf of a tree; which of the other entries it has depends on its kind."""

    kind: str
    constraint: int = 0
    margin: Fraction = Fraction(0)
    point: Sequence[Fraction] = ()
    slopes: Sequence[Fraction] = ()


Tree = list[int | Leaf]


def read_tree(entry: Any, variables: int, constraints: int = 0, also: Sequence[str] = ()) -> Tree:
    """A tree whose leaves are ``sign``, ``empty`` for a constraint, and those named in ``also``."""

    def node(entry: Any) -> int | Leaf:
        if type(entry) is int:
            return index(entry, variables)
        if entry == "sign":
            return Leaf("sign")
        wellformed(isinstance(entry, list) and bool(entry), "a node of a tree is neither a number nor a leaf")
        kind = chosen(entry[0], ("empty", *also))
        if kind == "empty":
            return Leaf(kind, constraint=index(listed(entry, 2)[1], constraints))
        if kind == "target":
            return Leaf(kind, margin=positive(listed(entry, 2)[1]))
        _, z, mu, beta = listed(entry, 4)
        return Leaf(kind, 0, number(mu), point(z, variables), [number(b) for b in listed(beta, variables)])

    tree = [node(entry) for entry in listed(entry)]
    boxes = 1
    for step in tree:
        wellformed(boxes > 0, "a tree goes on after its end")
        boxes += 1 if isinstance(step, int) else -1
    wellformed(boxes == 0, "a tree ends too early")
    charge(10 * len(tree))
    return tree


def bounds(entry: Any, length: int, variables: int) -> list[tuple[Fraction, Tree]]:
    """Numbers that are not negative, each with its tree."""
    pairs = [listed(part, 2) for part in listed(entry, length)]
    return [(number(bound, 0), read_tree(tree, variables)) for bound, tree in pairs]


def few(trees: Iterable[Tree]) -> None:
    """Refuse trees that have too many nodes together."""
    wellformed(sum(map(len, trees)) <= MAX_NODES, f"the trees have more than {MAX_NODES} nodes")


@dataclass(frozen=True)
class Game:
    """The game as the file gives it; a coordinate (i, s) has the number i · states + s."""

    players: int
    states: int
    start: list[Fraction]
    discount: Fraction
    transition: list[list[list[Fraction]]]
    reward: list[list[list[Fraction]]]
    tremble: Fraction

    @property
    def coordinates(self) -> int:
        """How many coordinates there are."""
        return self.players * self.states


def distribution(entry: Any, length: int) -> list[Fraction]:
    """Probabilities that add up to 1."""
    found = point(entry, length)
    wellformed(sum(found) == 1, "probabilities do not add up to 1")
    return found


def read_game(entry: Any, tremble: Any) -> Game:
    """The game, checked to be one."""
    name, actions, states, start, discount, transition, reward = keys(
        entry, "name", "actions", "states", "start", "discount", "transition", "reward"
    )
    string(name)
    players = len([[string(action) for action in listed(pair, 2)] for pair in listed(actions)])
    count = len([string(state) for state in listed(states)])
    wellformed(1 <= players <= MAX_PLAYERS, f"there are not 1 to {MAX_PLAYERS} players")
    wellformed(1 <= count <= MAX_STATES, f"there are not 1 to {MAX_STATES} states")
    wellformed(players * count <= MAX_COORDINATES, f"there are more than {MAX_COORDINATES} coordinates")
    joint = 2**players
    game = Game(
        players,
        count,
        distribution(start, count),
        number(discount, 0, 1),
        [[distribution(row, count) for row in listed(rows, joint)] for rows in listed(transition, count)],
        [[[number(r) for r in listed(row, players)] for row in listed(rows, joint)] for rows in listed(reward, count)],
        number(tremble, 0, 1),
    )
    wellformed(game.discount < 1 and game.tremble < 1, "the discount factor or the tremble is 1")
    return game


def read_poly(entry: Any, variables: int) -> Poly:
    """A polynomial of degree at most 1 in every coordinate."""
    terms: dict[Powers, Fraction] = {}
    for part in listed(entry):
        coefficient, factors = listed(part, 2)
        numbers = [index(j, variables) for j in listed(factors)]
        wellformed(all(a < b for a, b in pairwise(numbers)), "the coordinates of a term do not rise")
        powers = tuple(int(j in numbers) for j in range(variables))
        wellformed(powers not in terms, "a polynomial has a term twice")
        terms[powers] = number(coefficient)
        wellformed(terms[powers] != 0, "a coefficient is 0")
    scale = common_denominator(terms.values())
    return Poly(variables, {k: c.numerator * (scale // c.denominator) for k, c in terms.items()}, scale)


@dataclass(frozen=True)
class Dynamics:
    """x′ = (x(1 − x))^power v, in continuous time or in steps of this size."""

    power: int
    step: Fraction | None

    @property
    def words(self) -> str:
        """For a report."""
        name = ("direct", "replicator", "logit")[self.power]
        return f"{name}, " + ("continuous time" if self.step is None else f"steps of {self.step}")


def read_dynamics(entry: Any) -> Dynamics:
    """The dynamics; replicator has no steps."""
    coordinates, time = keys(entry, "coordinates", "time")
    power = ("direct", "replicator", "logit").index(chosen(coordinates, ("direct", "replicator", "logit")))
    step = None if time == "continuous" else positive(time)
    wellformed(step is None or power != 1, "replicator has no steps")
    return Dynamics(power, step)


@dataclass(frozen=True)
class File:
    """A file, read as far as all kinds of region have it in common."""

    verdict: str
    game: Game
    field: tuple[Poly, list[Poly]]
    dynamics: Dynamics
    region: dict[str, Any]
    proof: Any
    conclusion: Any

    @property
    def coordinates(self) -> int:
        """How many coordinates there are."""
        return self.game.coordinates

    def witness(self) -> list[Fraction] | None:
        """The witness of a refutation; None if the file is none."""
        if self.verdict != "REFUTED":
            return None
        keys(self.conclusion)
        return point(keys(self.proof, "witness")[0], self.coordinates)

    def derive(self) -> Model:
        """The game's polynomials; the file's field has to agree with them."""
        model = derive(self.game)
        compare(model, *self.field)
        return model

    def concludes(self, **expected: Any) -> None:
        """Reject the file unless its conclusion is this one, to the letter."""
        keys(self.conclusion, *expected)
        for name, entry in expected.items():
            # As JSON text, because Python thinks that True == 1.
            same = json.dumps(self.conclusion[name]) == json.dumps(entry)
            holds(same, f"the conclusion's {name} is not {json.dumps(entry)}")


def written(x: Fraction | None) -> str | None:
    """A number as a file writes it; one that is too long for a file is refused, before Python refuses to print it."""
    if x is None:
        return None
    short_enough = max(longest([x.numerator]), longest([x.denominator])) <= 4 * MAX_CHARACTERS
    wellformed(short_enough and len(str(x)) <= MAX_CHARACTERS, "a number in the conclusion is too long")
    return str(x)


def in_words(convergence: str, bound: Fraction | None) -> str:
    """How runs converge, and what bounds it if anything does."""
    return convergence if bound is None else f"{convergence}, bound {bound}"


def single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different."""
    found = dict(pairs)
    wellformed(len(found) == len(pairs), "an object has a key twice")
    return found


def refuse(text: str) -> Any:
    """For what JSON allows and a certificate does not."""
    raise Unreadable(f"{text[:20]!a} is a float")


def short(text: str) -> int:
    """A JSON integer."""
    wellformed(len(text) <= MAX_INDEX_DIGITS, "a JSON integer is too long")
    return int(text)


def read(text: str) -> File:
    """Take the file apart, its region and proof excepted."""
    wellformed(len(text.encode("utf-8", "surrogatepass")) <= MAX_TEXT, f"there are more than {MAX_TEXT} bytes")
    try:
        entry = json.loads(text, object_pairs_hook=single, parse_float=refuse, parse_constant=refuse, parse_int=short)
    except ValueError:
        raise Unreadable("it is not JSON") from None
    form, version, verdict, statement, game, tremble, field, dynamics, region, proof, conclusion = keys(
        entry,
        *("format", "version", "verdict", "statement", "game", "tremble", "field", "dynamics", "region", "proof"),
        "conclusion",
    )
    wellformed(form == "basin-entry certificate", "it is not a certificate")
    wellformed(type(version) is int and version == 1, "it is not version 1")
    chosen(verdict, ("CERTIFIED", "REFUTED", "UNDECIDED"))
    string(statement)
    read_it = read_game(game, tremble)
    denominator, values = keys(field, "denominator", "values")
    n = read_it.coordinates
    polys = (read_poly(denominator, n), [read_poly(v, n) for v in listed(values, read_it.players)])
    wellformed(isinstance(region, dict) and "kind" in region, "the region has no kind")
    chosen(region["kind"], tuple(KINDS))
    return File(verdict, read_it, polys, read_dynamics(dynamics), region, proof, conclusion)


# ------------------------------------------------------------------------------------------------- the game's field


@dataclass(frozen=True)
class Model:
    """The polynomials D, D uⁱ(s), D d(s) and D Vⁱ of a game; D is positive on the unit cube."""

    game: Game
    det: Poly
    worth: list[list[Poly]]
    visits: list[Poly]
    values: list[Poly]

    def visited(self, j: int) -> Poly:
        """D d(s) for the state of coordinate j."""
        return self.visits[j % self.game.states]

    def gap(self, j: int) -> Poly:
        """D · gap of coordinate j = (i, s): the first action against the second, averaged over the others' play."""
        game, n = self.game, self.game.coordinates
        i, s = divmod(j, game.states)
        others = [k for k in range(game.players) if k != i]
        gains = []
        for played in product((0, 1), repeat=len(others)):
            first, second = (
                sum(a << (game.players - 1 - k) for k, a in zip([i, *others], [own, *played], strict=True))
                for own in (0, 1)
            )
            reward = game.reward[s][first][i] - game.reward[s][second][i]
            moves = [a - b for a, b in zip(game.transition[s][first], game.transition[s][second], strict=True)]
            later = [(game.discount * move, worth) for move, worth in zip(moves, self.worth[i], strict=True)]
            gains.append(combine(n, [(reward, self.det), *later]))
        for k in reversed(others):  # the last player's action changes fastest
            probability = constant(n, game.tremble / 2) + variable(n, k * game.states + s) * (1 - game.tremble)
            gains = [b + (a - b) * probability for a, b in zip(gains[::2], gains[1::2], strict=True)]
        return gains[0]

    def slope(self, j: int) -> Poly:
        """D² v of coordinate j."""
        return self.visited(j) * self.gap(j) * (1 - self.game.tremble)

    def slope_at(self, j: int, x: Point) -> Fraction:
        """The number v of coordinate j at a point."""
        parts = value(self.visited(j), x) * value(self.gap(j), x)
        return (1 - self.game.tremble) * parts / value(self.det, x) ** 2


def solve(matrix: list[list[int]], right: list[list[int]]) -> tuple[int, list[list[int]]]:
    """Determinant, and the solution times the determinant, by Bareiss' elimination (all its divisions are exact).

    The matrix is a positive multiple of I − γP, or its transpose, with P stochastic and γ < 1: its leading minors,
    which are the pivots, are positive.
    """
    rows = [[*row, *extra] for row, extra in zip(matrix, right, strict=True)]
    previous = 1
    for k, top in enumerate(rows):
        pivot = top[k]
        holds(pivot > 0, "a pivot is not positive")
        for i, row in enumerate(rows):
            if i != k:
                factor = row[k]
                rows[i] = [(pivot * x - factor * y) // previous for x, y in zip(row, top, strict=True)]
        previous = pivot
    return previous, [row[len(matrix) :] for row in rows]


def derive(game: Game) -> Model:
    """Solve the game at all pure profiles and interpolate.

    By Cramer's rule D, D u, D d and D V have degree at most 1 in every coordinate: the coordinates of state s stand in
    row s of M and of r and nowhere else. Such a polynomial is determined by its values where all are 0 or 1.
    """
    players, states, n = game.players, game.states, game.coordinates
    meanings = list(product((0, 1), repeat=players))  # what each player means: 1 is its first action
    # Integers: γP times L, the rewards times K, the start times N, and probabilities times q for each player.
    L = common_denominator(game.discount * x for rows in game.transition for row in rows for x in row)
    K = common_denominator(x for rows in game.reward for row in rows for x in row)
    N = common_denominator(game.start)
    q = (game.tremble / 2).denominator
    unit = q**players
    slip = int(game.tremble / 2 * q)  # q times the probability of the action that is not meant

    def mean(table: list[list[Fraction]], scale: Fraction, meant: Powers) -> list[int]:
        """The rows' average over what is played, times the scale and q for each player."""
        total = [0] * len(table[0])
        for row, action in zip(table, meanings[::-1], strict=True):  # joint action 0: every player's first
            weight = math.prod(q - slip if a == x else slip for a, x in zip(action, meant, strict=True))
            if weight:
                total = [old + weight * int(scale * new) for old, new in zip(total, row, strict=True)]
        return total

    bits = players * q.bit_length() + L.bit_length() + max(K.bit_length(), N.bit_length())
    bits += longest(abs(x.numerator) for rows in game.reward for row in rows for x in row) + 10
    charge(4**players * states * (states + players) * 30, bits, 1000)
    charge(2 ** (n + 1) * states**2 * (2 * states + players + 4), states * bits, states * bits)
    room(2**n * (1 + states * (players + 1)), states * bits)
    # Row s of M times L and unit; the rewards and the start times that and K or N: the solutions are K u and N d.
    move_rows = [{meant: mean(table, game.discount * L, meant) for meant in meanings} for table in game.transition]
    matrix_rows = [
        {meant: [L * unit * int(s == t) - x for t, x in enumerate(row)] for meant, row in rows.items()}
        for s, rows in enumerate(move_rows)
    ]
    reward_rows = [{meant: mean(table, Fraction(L * K), meant) for meant in meanings} for table in game.reward]
    start = [[int(L * unit * N * x)] for x in game.start]

    found: list[list[int]] = []
    for profile in product((0, 1), repeat=n):
        meant = [profile[s::states] for s in range(states)]
        matrix = [matrix_rows[s][meant[s]] for s in range(states)]
        det, solved = solve(matrix, [reward_rows[s][meant[s]] for s in range(states)])
        _, visits = solve([list(column) for column in zip(*matrix, strict=True)], start)
        found.append([det, *(x for row in solved for x in row), *(x for row in visits for x in row)])

    polys = []
    for values, scale in zip(zip(*found, strict=True), [1, *[K] * (states * players), *[N] * states], strict=True):
        tensor, ones = list(values), (1,) * n
        for axis in range(n):
            tensor = along(tensor, ones, axis, [[1, 0], [-1, 1]])
        terms = {powers: x for powers, x in zip(places(ones), tensor, strict=True) if x}
        polys.append(Poly(n, terms, scale * (L * unit) ** states))
    worth = [polys[1 + i : 1 + states * players : players] for i in range(players)]
    values_of = [combine(n, zip(game.start, row, strict=True)) for row in worth]
    return Model(game, polys[0], worth, polys[1 + states * players :], values_of)


def is_multiple(poly: Poly, times: Fraction, other: Poly) -> bool:
    """Whether one polynomial is another one times a number that is not 0."""
    one, two = other.denominator * times.denominator, poly.denominator * times.numerator
    charge(2 * len(poly.terms), max(poly.bits, other.bits), max(one.bit_length(), two.bit_length()))
    same = poly.terms.keys() == other.terms.keys()
    return same and all(entry * one == other.terms[powers] * two for powers, entry in poly.terms.items())


def compare(model: Model, denominator: Poly, values: list[Poly]) -> None:
    """The file's field is the game's: the denominator is positive, and values[i] · D = denominator · (D Vⁱ).

    A polynomial of degree at most 1 in every coordinate is positive on the cube if it is at the corners. If the file's
    denominator is D times a number, values[i] has to be D Vⁱ times the same number. Else: both sides of the equation
    have degree at most 2, so they are the same if they agree where every coordinate is 0, 1 or 2.
    """
    n = denominator.variables

    def grid(poly: Poly) -> list[int]:
        tensor, degrees = dense(poly, (1,) * n), (1,) * n
        for axis in range(n):
            tensor = along(tensor, degrees, axis, [[1, 0], [1, 1], [1, 2]])
            degrees = (*degrees[:axis], 2, *degrees[axis + 1 :])
        return tensor

    corners = bernstein(denominator, [(Fraction(0), Fraction(1))] * n)
    holds(min(corners) > 0, "the field's denominator is not positive on the unit cube")
    place, lead = next(iter(model.det.terms.items()))
    times = Fraction(denominator.terms.get(place, 0) * model.det.denominator, denominator.denominator * lead)
    if is_multiple(denominator, times, model.det):
        same = all(is_multiple(stated, times, own) for stated, own in zip(values, model.values, strict=True))
        holds(same, "the field is not the game's")
        return
    left, right = grid(model.det), grid(denominator)
    for stated, own in zip(values, model.values, strict=True):
        one, other = own.denominator * denominator.denominator, stated.denominator * model.det.denominator
        charge(4 * len(left), max(map(longest, (left, right))) + max(own.bits, stated.bits), one.bit_length())
        pairs = zip(grid(stated), left, right, grid(own), strict=True)
        holds(all(a * b * one == c * d * other for a, b, c, d in pairs), "the field is not the game's")


# --------------------------------------------------------------------------------------------------------- trees


@dataclass(frozen=True)
class Obligation:
    """The polynomial is ≥ 0, or > 0 if strict, where all constraints c ≥ 0, or c > 0, hold.

    Attributes:
        what: names it in a message.
        constraints: each with whether it is c > 0.
        weight: what a ``target`` leaf takes a multiple of: a polynomial that is positive except at the target.
    """

    what: str
    polynomial: Poly
    strict: bool = False
    constraints: Sequence[tuple[Poly, bool]] = ()
    weight: Poly | None = None


def prove(obligation: Obligation, tree: Tree, box: Sequence[Interval]) -> None:
    """Walk a tree, whose form :func:`read_tree` has checked, and reject it at the first leaf that is none.

    The boxes of the leaves cover the box: every inner node replaces a box by two halves.
    """
    degrees = obligation.polynomial.degrees
    waiting: list[tuple[list[Interval], list[int]]] = [(list(box), bernstein(obligation.polynomial, box))]
    for position, node in enumerate(tree):
        part, values = waiting.pop()
        if isinstance(node, Leaf):
            proved = leaf_holds(obligation, node, part, values)
            holds(proved, f"{obligation.what}: the {node.kind} leaf at node {position} fails")
            continue
        low, high = part[node]
        middle = (low + high) / 2
        size = middle.denominator.bit_length()
        charge(20, size, size)
        room((len(waiting) + 2) * (len(values) + len(box)), longest(values) + size)
        lower, upper = halves(values, degrees, node)
        waiting.append(([*part[:node], (middle, high), *part[node + 1 :]], upper))
        waiting.append(([*part[:node], (low, middle), *part[node + 1 :]], lower))


def leaf_holds(obligation: Obligation, leaf: Leaf, box: Sequence[Interval], values: list[int]) -> bool:
    """Whether a leaf proves the obligation on its box, where the polynomial has these Bernstein coefficients."""
    charge(len(values) + 20)
    if leaf.kind == "sign":
        return min(values) > 0 or (not obligation.strict and min(values) >= 0)
    if leaf.kind == "empty":  # a constraint that holds nowhere on the box
        constraint, strict = obligation.constraints[leaf.constraint]
        largest = max(bernstein(constraint, box))
        return largest < 0 or (strict and largest <= 0)
    if leaf.kind == "target" and obligation.weight is not None:
        return min(bernstein(obligation.polynomial - obligation.weight * leaf.margin, box)) >= 0
    return leaf.kind == "touch" and touches(obligation, leaf, box)


def touches(obligation: Obligation, leaf: Leaf, box: Sequence[Interval]) -> bool:
    """Whether polynomial = h + A · constraint with A > 0 and h ≥ 0 on the box; then it is > 0 where the constraint is.

    A is affine, so its least value is the sum of the least values of its parts. h is convex on the box, because its
    Hessian is positive definite there (Sylvester), and 0 with its gradient at a point of the box: its least value is 0.
    """
    n = len(box)
    constraint = obligation.constraints[0][0]
    inside = all(low <= z <= high for z, (low, high) in zip(leaf.point, box, strict=True))
    multiplier, least = constant(n, leaf.margin), leaf.margin
    for axis, (z, slope, ends) in enumerate(zip(leaf.point, leaf.slopes, box, strict=True)):
        multiplier += (variable(n, axis) - constant(n, z)) * slope
        least += min(slope * (end - z) for end in ends)
    if not inside or least <= 0 or value(constraint, leaf.point) != 0:
        return False
    h = obligation.polynomial - multiplier * constraint
    gradient = [h.derivative(axis) for axis in range(n)]
    if any(value(poly, leaf.point) != 0 for poly in (h, *gradient)):
        return False
    # Row by row: the minors of the first rows, by the columns they use.
    minors: dict[Powers, Poly] = {(): constant(n, Fraction(1))}
    for row in range(n):
        entries = [gradient[row].derivative(axis) for axis in range(n)]
        following = {}
        for columns in combinations(range(n), row + 1):
            total = constant(n, Fraction(0))
            for k, column in enumerate(columns):
                rest = (*columns[:k], *columns[k + 1 :])
                total += minors[rest] * entries[column] * (-1) ** (row + k)
            following[columns] = total
        minors = following
        if min(bernstein(minors[tuple(range(row + 1))], box)) <= 0:
            return False
    return True


# -------------------------------------------------------------------------------------------------- kinds of region


def ends(entry: Any, length: int) -> list[int]:
    """A target: 0 or 1 for each."""
    return [index(x, 2) for x in listed(entry, length)]


def distance(n: int, j: int, target: int) -> Poly:
    """u_j = |x_j − target| on the unit cube."""
    x = variable(n, j)
    return constant(n, Fraction(1)) - x if target else x


def steps_or_time(dynamics: Dynamics, radii: Sequence[Fraction], rates: Sequence[Fraction]) -> Fraction:
    """When the last of some distances that fall at these rates, directly, is 0."""
    if dynamics.step is None:
        return max(r / rate for r, rate in zip(radii, rates, strict=True))
    return Fraction(max(math.ceil(r / (dynamics.step * rate)) for r, rate in zip(radii, rates, strict=True)))


def sign_box(file: File) -> str:
    """Every coordinate of a box moves to its end of it, or rests.

    Where σ gap ≥ g and d ≥ w, σ v = (1 − ε) d σ gap ≥ (1 − ε) w g ≥ 0: u = |x − x*| never grows, so the box is never
    left. An open box is the union of the smaller closed ones around the target. There σ D gap has Bernstein
    coefficients that are ≥ 0, and > 0 at the target's corner; that corner's basis polynomial vanishes only on the
    sides away from the target, so σ gap has a positive least value on each of the smaller boxes.
    """
    n, dynamics = file.coordinates, file.dynamics
    _, target, box, closed = keys(file.region, "kind", "target", "box", "closed")
    target, closed = ends(target, n), truth(closed)
    box = [interval(entry) for entry in listed(box, n)]
    for end, (low, high) in zip(target, box, strict=True):
        wellformed(low < high and (low, high)[end] == end, "an interval has no width, or does not end at its target")
    signs = [2 * end - 1 for end in target]
    widths = [high - low for low, high in box]

    def fails_at(model: Model, x: Point) -> bool:
        return any(sign * value(model.gap(j), x) <= 0 for j, sign in enumerate(signs))

    def away(x: Point) -> list[Fraction]:
        return [abs(a - end) for a, end in zip(x, target, strict=True)]

    refuted = file.witness()
    if refuted is not None:
        inside = all(u < r or (closed and u == r) for u, r in zip(away(refuted), widths, strict=True))
        holds(inside, "the witness is not in the region")
        holds(fails_at(file.derive(), refuted), "at the witness every gap has the right sign")
        return f"sign-box refuted ({dynamics.words}): at the witness some gap does not point to the target"

    gaps, visits, larger = keys(file.proof, "gaps", "visits", "no_larger")
    gap_parts, visit_parts = bounds(gaps, n, n), bounds(visits, n, n)
    few(tree for _, tree in gap_parts + visit_parts)
    keys(file.conclusion, "invariant", "limit", "unreached", "convergence", "bound")
    against: tuple[Fraction, Point] | None = None
    if larger is not None:
        radius, witness = keys(larger, "radius", "witness")
        against = number(radius, 0, 1), point(witness, n)
    holds(dynamics.power == 0 or max(widths) < 1, "in these dynamics the far end rests: the box is too wide")

    model = file.derive()
    for j, (sign, (g, tree)) in enumerate(zip(signs, gap_parts, strict=True)):
        gap = model.gap(j) * sign
        if closed:
            holds(g > 0, f"the gap of coordinate {j} has no positive bound")
        else:
            holds(g == 0 and tree == [Leaf("sign")], f"the gap of coordinate {j} is not proved as an open box needs it")
            at_target = value(gap, [Fraction(end) for end in target])
            holds(at_target > 0, f"the gap of coordinate {j} is not strict at the target")
        prove(Obligation(f"gap of coordinate {j}", gap - model.det * g), tree, box)
    for j, (w, tree) in enumerate(visit_parts):
        prove(Obligation(f"visits of coordinate {j}", model.visited(j) - model.det * w), tree, box)
    if against is not None:
        holds(max(away(against[1])) == against[0], "the witness against larger regions is not at the radius")
        holds(fails_at(model, against[1]), "at the witness against larger regions every gap has the right sign")

    reached = [j for j, (w, _) in enumerate(visit_parts) if w > 0]
    unreached = [j for j in range(n) if j not in reached]
    bound = None
    if closed and reached:
        radii = [widths[j] for j in reached]
        rates = [(1 - file.game.tremble) * visit_parts[j][0] * gap_parts[j][0] for j in reached]
        if dynamics.power == 0:
            bound = steps_or_time(dynamics, radii, rates)
        elif dynamics.step is None:
            bound = min(rate * (1 - r) ** (2 * dynamics.power - 2) for rate, r in zip(rates, radii, strict=True))
    file.concludes(
        invariant=True,
        limit="face" if unreached else "target",
        unreached=unreached,
        convergence=("finite", "exponential", "algebraic")[dynamics.power],
        bound=written(bound),
    )
    goal = "those that play is bound to reach go" if unreached else "all go"
    return (
        f"sign-box ({dynamics.words}): from every start in the {'closed' if closed else 'open'} box no coordinate "
        f"moves away from its target and {goal} to it ({in_words(file.conclusion['convergence'], bound)})"
        + (f"; no closed cube of radius {against[0]} is one" if against else "")
    )


def drift_box(file: File) -> str:
    """Held coordinates reach their targets, the free ones drift a little, and what is reached are equilibria.

    As long as x is in B (u ≤ r, free coordinates in outer) each u_j falls at rate δ_j or more, so it lasts at most
    r_j/δ_j, and Σ η u_j over steps exceeds the integral of r_j − δ_j t by at most η r_j: I_j. A free coordinate
    rises at the speed d · gap ≤ G Σ K_j u_j, so by G Σ K_j I_j in all, and falls by H Σ K_j I_j at most. That does not
    take it out of outer (or out of [0, 1], where it is held back), so x stays in B. On the target set all d of free
    coordinates are 0 and V is constant.
    """
    n, dynamics, zero = file.coordinates, file.dynamics, Fraction(0)
    wellformed(file.verdict != "REFUTED", "there are no refutations of a drift-box")
    wellformed(dynamics.power == 0 and file.game.tremble == 0, "a drift-box is for direct coordinates and no tremble")
    _, held, target, radii, inner, outer = keys(file.region, "kind", "held", "target", "radius", "inner", "outer")
    held = [index(j, n) for j in listed(held)]
    wellformed(bool(held) and all(a < b for a, b in pairwise(held)), "the held coordinates are none, or do not rise")
    free = [j for j in range(n) if j not in held]
    target = dict(zip(held, ends(target, len(held)), strict=True))
    radii = [positive(r) for r in listed(radii, len(held))]
    wellformed(max(radii) <= 1, "a radius is above 1")
    inner, outer = ([interval(entry) for entry in listed(part, len(free))] for part in (inner, outer))
    for (low, high), (least, most) in zip(inner, outer, strict=True):
        wellformed(least <= low and high <= most, "an inner interval is not in the outer one")
    box: list[Interval] = [(zero, zero)] * n
    for j, r in zip(held, radii, strict=True):
        box[j] = (1 - r, Fraction(1)) if target[j] else (zero, r)
    for j, ends_of in zip(free, outer, strict=True):
        box[j] = ends_of

    gaps, visits, leaks, speeds = keys(file.proof, "gaps", "visits", "leaks", "speeds")
    gap_parts, visit_parts = bounds(gaps, len(held), n), bounds(visits, len(held), n)
    leak_pairs = [listed(part, 2) for part in listed(leaks, len(free))]
    leak_parts = [([number(k, 0) for k in listed(row, len(held))], read_tree(tree, n)) for row, tree in leak_pairs]
    speed_parts = [bounds(pair, 2, n) for pair in listed(speeds, len(free))]
    few(tree for _, tree in [*gap_parts, *visit_parts, *leak_parts, *(part for pair in speed_parts for part in pair)])
    keys(file.conclusion, "invariant", "limit", "convergence", "bound", "drift")

    model = file.derive()
    holds(all(bound > 0 for bound, _ in gap_parts + visit_parts), "a gap or a number of visits has no positive bound")
    for j, (g, tree) in zip(held, gap_parts, strict=True):
        prove(Obligation(f"gap of coordinate {j}", model.gap(j) * (2 * target[j] - 1) - model.det * g), tree, box)
    for j, (w, tree) in zip(held, visit_parts, strict=True):
        prove(Obligation(f"visits of coordinate {j}", model.visited(j) - model.det * w), tree, box)
    for j, (row, tree) in zip(free, leak_parts, strict=True):
        leak = combine(n, [(k, distance(n, i, target[i])) for k, i in zip(row, held, strict=True)])
        prove(Obligation(f"leak of coordinate {j}", model.det * leak - model.visited(j)), tree, box)
    for j, [(up, above), (down, below)] in zip(free, speed_parts, strict=True):
        prove(Obligation(f"speed of coordinate {j}", model.det * up - model.gap(j)), above, box)
        prove(Obligation(f"speed of coordinate {j}", model.det * down + model.gap(j)), below, box)

    rates = [g * w for (g, _), (w, _) in zip(gap_parts, visit_parts, strict=True)]
    integrals = [r * r / (2 * d) + (dynamics.step or 0) * r for r, d in zip(radii, rates, strict=True)]
    visited = [sum(map(mul, row, integrals), start=zero) for row, _ in leak_parts]
    drift = [(up * far, down * far) for far, [(up, _), (down, _)] in zip(visited, speed_parts, strict=True)]
    for (rise, fall), (low, high), (least, most) in zip(drift, inner, outer, strict=True):
        holds(least == 0 or low - least >= fall, "a free coordinate may leave its outer interval below")
        holds(most == 1 or most - high >= rise, "a free coordinate may leave its outer interval above")

    # The target set, and the same with the coordinates of one player free in [0, 1]: the values at the corners of that
    # box, which are the Bernstein coefficients, belong to the pure replies against the corners of the target set.
    rest = [(Fraction(target[j]),) * 2 if j in held else box[j] for j in range(n)]
    corner = [low for low, _ in rest]
    for i, worth in enumerate(model.values):
        gain = worth - model.det * (value(worth, corner) / value(model.det, corner))
        holds(not any(bernstein(gain, rest)), f"the value of player {i} is not constant on the target set")
        replies = [(zero, Fraction(1)) if j // file.game.states == i else rest[j] for j in range(n)]
        holds(max(bernstein(gain, replies)) <= 0, f"player {i} gains by a pure reply somewhere on the target set")
    bound = written(steps_or_time(dynamics, radii, rates))
    moved = [[written(rise), written(fall)] for rise, fall in drift]
    file.concludes(invariant=True, limit="equilibria", convergence="finite", bound=bound, drift=moved)
    return (
        f"drift-box ({dynamics.words}): from every start in the inner box the held coordinates are at their targets "
        f"after {bound} at most, the free ones never leave the outer box, and all of these rest points are equilibria"
    )


def sublevel(file: File) -> str:
    """W = |x − x*|² falls in {W ≤ c} or {W < c}.

    W′ = 2 Σ (x − x*) x′ ≤ 2 Σ J v (x − x*), since a coordinate that is held back at its far end only helps. With
    u = |x − x*|, D² times the sum is −D² Σ σ J v u, and F = D² Σ σ J v u − m D² Σ uᵒ. Without a margin (m = 0) the
    region is open, W falls strictly and every smaller closed level is compact; the box with the target can only end in
    a ``target`` leaf, because F = 0 there, and that leaf has a margin of its own: so the order is right there too.
    """
    n, dynamics, zero = file.coordinates, file.dynamics, Fraction(0)
    _, target, level, closed, order, margin = keys(file.region, "kind", "target", "level", "closed", "order", "margin")
    target, closed, order = ends(target, n), truth(closed), index(order, 4)
    level, margin = positive(level), number(margin, 0)
    signs = [2 * end - 1 for end in target]
    step, power = dynamics.step, dynamics.power
    if step is None:
        wellformed(order == power + 1 or (power == 0 and order == 2), "these dynamics have another order")
    else:
        ready = power == 0 and order == 2 and closed and file.game.discount == 0
        wellformed(ready, "steps are for direct coordinates, order 2, a closed region and discount 0")

    def height(x: Point) -> Fraction:
        return sum(((a - end) ** 2 for a, end in zip(x, target, strict=True)), start=zero)

    def falls_not(model: Model, x: Point) -> bool:
        """Whether W does not fall at x; a coordinate that is held back at its far end counts as resting."""
        slopes = [model.slope_at(j, x) for j in range(n)]
        if step is not None:
            after = [min(max(a + step * v, zero), Fraction(1)) for a, v in zip(x, slopes, strict=True)]
            return height(after) >= height(x)
        total = zero
        for sign, v, a, end in zip(signs, slopes, x, target, strict=True):
            fall = sign * v * (a * (1 - a)) ** power * abs(a - end)
            total += max(fall, zero) if power == 0 and a == 1 - end else fall
        return total <= 0

    refuted = file.witness()
    if refuted is not None:
        reach = height(refuted)
        inside_it = reach < level or (closed and reach == level)
        holds(inside_it and reach > 0, "the witness is not in the region, or it is the target")
        holds(falls_not(file.derive(), refuted), "W falls at the witness")
        return f"sublevel refuted ({dynamics.words}): W does not fall at the witness"

    strict = margin == 0
    wellformed(not (strict and closed), "a closed region needs a margin")
    trees, larger = keys(file.proof, "trees", "no_larger")
    also = ("target", "touch") if strict else ()
    cases, constraints = (1, 1) if step is None else (2**n, n + 1)
    parts = [read_tree(tree, n, constraints, also) for tree in listed(trees, cases)]
    few(parts)
    witness = point(keys(larger, "witness")[0], n) if larger is not None else None
    keys(file.conclusion, "invariant", "limit", "convergence", "bound", "no_level_above")

    model = file.derive()
    cube: list[Interval] = [(zero, Fraction(1))] * n
    us = [distance(n, j, target[j]) for j in range(n)]
    squares = combine(n, [(Fraction(1), u * u) for u in us])
    inside = constant(n, level) - squares
    slopes = [model.slope(j) * sign for j, sign in enumerate(signs)]
    if step is None:
        det2 = model.det * model.det
        powers = combine(n, [(Fraction(1), math.prod([u] * (order - 1), start=u)) for u in us])
        rates = [slopes[j] * us[j] * spread(n, j, power) for j in range(n)]
        weight = det2 * powers
        fall = combine(n, [(Fraction(1), rate) for rate in rates]) - weight * margin
        prove(Obligation("fall of W", fall, strict, [(inside, not closed)], weight), parts[0], cube)
    else:
        # D = 1 because the discount factor is 0. Bit j of `past`: the step would carry coordinate j past its target.
        left = [u - slope * step for u, slope in zip(us, slopes, strict=True)]
        for past, tree in enumerate(parts):
            clipped = [bool(past >> j & 1) for j in range(n)]
            kept = [rest * rest for rest, gone in zip(left, clipped, strict=True) if not gone]
            after = squares * (1 - margin) - combine(n, [(Fraction(1), rest) for rest in kept])
            sides = [(rest * (-1 if gone else 1), False) for rest, gone in zip(left, clipped, strict=True)]
            prove(Obligation(f"fall of W, case {past}", after, False, [(inside, False), *sides]), tree, cube)
    above = None
    if witness is not None:
        above = height(witness)
        holds(above >= level and above > 0, "the witness against larger regions is below the level")
        holds(falls_not(model, witness), "W falls at the witness against larger regions")

    convergence = ("finite", "exponential", "algebraic")[order - 1]
    bounds = (level / margin**2, 2 * margin, margin**2 / n) if margin else (None, None, None)
    bound = margin if step is not None else bounds[order - 1]
    file.concludes(
        invariant=True,
        limit="target",
        convergence=convergence,
        bound=written(bound),
        no_level_above=written(above),
    )
    return (
        f"sublevel ({dynamics.words}): from every start with W {'<=' if closed else '<'} {written(level)} W falls to 0 "
        f"({in_words(convergence, bound)})" + (f"; no level above {written(above)} is one" if above else "")
    )


def spread(n: int, j: int, power: int) -> Poly:
    """(x_j(1 − x_j))^power."""
    x = variable(n, j)
    return math.prod([x * (constant(n, Fraction(1)) - x)] * power, start=constant(n, Fraction(1)))


def alignment(file: File) -> str:
    """The peer-learning correction, projected on a direction, has one sign on a box of policies."""
    n, dynamics = file.coordinates, file.dynamics
    wellformed(dynamics.power != 1 and dynamics.step is None, "alignment is for direct or logit and continuous time")
    _, variables, box, direction, sign = keys(file.region, "kind", "variables", "box", "direction", "sign")
    groups = [[index(j, n) for j in listed(group)] for group in listed(variables)]
    once = all(groups) and sorted(j for group in groups for j in group) == list(range(n))
    wellformed(once, "not every coordinate is in one group")
    m = len(groups)
    box = [interval(entry) for entry in listed(box, m)]
    wellformed(type(sign) is int and sign in (1, -1), "the sign is neither 1 nor -1")
    wellformed(isinstance(direction, dict) and len(direction) == 1, "the direction is neither a vector nor to a point")
    if "vector" in direction:
        weights = [constant(m, number(w)) for w in listed(direction["vector"], m)]
    else:
        to = point(keys(direction, "to")[0], m)
        weights = [constant(m, x) - variable(m, axis) for axis, x in enumerate(to)]

    refuted = file.witness()
    if refuted is not None:
        least = [refuted[group[0]] for group in groups]
        same = all(refuted[j] == x for group, x in zip(groups, least, strict=True) for j in group)
        inside = all(low <= x <= high for x, (low, high) in zip(least, box, strict=True))
        holds(same and inside, "the witness is not in the region")
        product_at = value(correction(file.derive(), groups, weights, dynamics.power), least)
        holds(sign * product_at <= 0, "at the witness the product has the sign")
        return f"alignment refuted ({dynamics.words}): at the witness the product does not have the sign {sign}"

    tree = read_tree(keys(file.proof, "tree")[0], m)
    few([tree])
    keys(file.conclusion, "sign")
    product_of = correction(file.derive(), groups, weights, dynamics.power) * sign
    prove(Obligation("alignment", product_of, strict=True), tree, box)
    file.concludes(sign=sign)
    return f"alignment ({dynamics.words}): on the box the correction times the direction has the sign {sign}"


def correction(model: Model, groups: list[list[int]], weights: list[Poly], power: int) -> Poly:
    """D⁵ Σ_k w_k C_k in the groups' common values, C_k = J_k Σ_l (∂²Vʲ/∂x_k∂x_l) J_l ∂Vⁱ/∂x_l, i of k, j ≠ i of l.

    With V = N/D: D² ∂_l V = N_l D − N D_l = A and D³ ∂_k∂_l V = D ∂_k A − 2 A D_k. Derivatives are taken first, in all
    coordinates; then the values of a group are made the same.
    """
    m, states, n = len(groups), model.game.states, model.game.coordinates
    group_of = {j: g for g, group in enumerate(groups) for j in group}
    sources = [model.det, *model.values]

    @cache
    def part(source: int, *by: int) -> Poly:
        poly = sources[source]
        for j in by:
            poly = poly.derivative(j)
        charge(3 * n * len(poly.terms))
        terms: dict[Powers, int] = {}
        for powers, coefficient in poly.terms.items():
            merged = [0] * m
            for j, exponent in enumerate(powers):
                merged[group_of[j]] += exponent
            place = tuple(merged)
            terms[place] = terms.get(place, 0) + coefficient
        return Poly(m, {place: c for place, c in terms.items() if c}, poly.denominator)

    det = part(0)

    @cache
    def first(i: int, l: int) -> Poly:
        return part(1 + i, l) * det - part(1 + i) * part(0, l)

    def second(j: int, k: int, l: int) -> Poly:
        N = 1 + j
        mixed = part(N, k, l) * det + part(N, l) * part(0, k) - part(N, k) * part(0, l) - part(N) * part(0, k, l)
        return mixed * det - first(j, l) * part(0, k) * 2

    spreads = [spread(m, g, 2 if power else 0) for g in range(m)]
    total = constant(m, Fraction(0))
    for l in range(n):
        j = l // states
        for i in range(model.game.players):
            if i != j:
                own = [k for k in range(i * states, (i + 1) * states) if weights[group_of[k]].terms]
                inner = [second(j, k, l) * spreads[group_of[k]] * weights[group_of[k]] for k in own]
                outer = first(i, l) * spreads[group_of[l]]
                total += combine(m, [(Fraction(1), poly) for poly in inner]) * outer
    return total


KINDS: dict[str, Callable[[File], str]] = {
    "sign-box": sign_box,
    "drift-box": drift_box,
    "sublevel": sublevel,
    "alignment": alignment,
}

# ------------------------------------------------------------------------------------------------------ entry points


def check(text: str) -> Report:
    """Check a certificate. Never raises, whatever the text is."""
    token = _work_left.set(MAX_WORK)
    try:
        file = read(text)
        if file.verdict == "UNDECIDED":
            keys(file.conclusion)
            string(keys(file.proof, "reason")[0])
            raise Rejected("it is undecided, so it certifies nothing")
        return Report("accepted", KINDS[file.region["kind"]](file))
    except Unreadable as error:
        return Report("unreadable", str(error))
    except Rejected as error:
        return Report("rejected", str(error))
    except (RecursionError, MemoryError):
        return Report("unreadable", "it is nested too deeply, or too large")
    except Exception as error:  # nothing is known to get here; a file that does is not accepted
        return Report("unreadable", f"unforeseen: {type(error).__name__}")
    finally:
        _work_left.reset(token)


def check_file(path: str | os.PathLike[str]) -> Report:
    """Check a file. Never raises, reads regular files only, and no more than a byte above the limit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # it does not wait for whoever writes into a pipe
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return Report("unreadable", "it is not a regular file")
            with open(descriptor, "rb", closefd=False) as file:
                text = file.read(MAX_TEXT + 1).decode("utf-8")
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        return Report("unreadable", f"it cannot be read: {type(error).__name__}")
    return check(text)


def main(argv: Sequence[str]) -> int:
    """Check files, print a line for each; 0: all accepted, 2: some unreadable, 1: some rejected."""
    if not argv:
        print("usage: check.py FILE...", file=sys.stderr)
        return 2
    reports = [check_file(path) for path in argv]
    for path, report in zip(argv, reports, strict=True):
        print(f"{report.outcome}: {path!a}: {report.reason}".encode("ascii", "backslashreplace").decode())
    outcomes = {report.outcome for report in reports}
    return 2 if "unreadable" in outcomes else 1 if "rejected" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
