"""From a program of :mod:`theory` to the source of a Numba kernel: exact rewriting, then straight-line code.

The program is read as a list of definitions over numbered values, each a sum of products, a reciprocal or an
exponential. Rewriting uses the ring laws only (exact rational coefficients, so a test compares it with the program
exactly): values used once are put in place, common factors of a sum are taken out, equal definitions (up to sign) are
merged, products that recur are shared, and a quotient is a product with the one reciprocal of its denominator.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import combinations
from math import factorial
from typing import Literal, NamedTuple

from sympy import Add, Expr, Ge, Gt, Le, Lt, Mul, Piecewise, Pow, exp, true

from theory.program import Program

Value = int  # inputs come first, definitions follow
Kind = Literal["sum", "inverse", "exp", "at_least", "above"]


class Term(NamedTuple):
    """A coefficient times values."""

    coefficient: Fraction
    factors: tuple[Value, ...]


class Definition(NamedTuple):
    """A sum of terms, the reciprocal or exponential of one term, or a choice.

    A choice has three terms: the second if the first is at least 0 (is above 0), else the third.
    """

    kind: Kind
    terms: tuple[Term, ...]


class Unsupported(Exception):
    """A program with something else than +, ×, integer powers, exp and choices by one comparison."""


ONE = Fraction(1)


class StraightLine:
    """A program as definitions.

    Attributes:
        inputs: number of inputs; they are the values 0 … inputs − 1.
        definitions: by value, in an order of evaluation when just built; :meth:`order` gives one at any time.
        outputs: the outputs, block after block.
    """

    def __init__(self, program: Program) -> None:
        """Read a program.

        Raises:
            Unsupported: it cannot be written as definitions.
        """
        self.inputs = len(program.inputs)
        self.definitions: dict[Value, Definition] = {}
        self._values: dict[Definition, Value] = {}
        self._next = self.inputs
        known = {symbol: Term(ONE, (index,)) for index, symbol in enumerate(program.inputs)}
        for name, expression in program.steps:
            known[name] = self._read(expression, known)
        self.outputs = [self._read(e, known) for block in program.outputs.values() for e in block]

    # ------------------------------------------------------------------------------------------------- reading

    def _read(self, expression: Expr, known: dict[Expr, Term]) -> Term:
        if expression.is_Symbol:
            return known[expression]
        if expression.is_Rational:
            return Term(Fraction(int(expression.p), int(expression.q)), ())
        if isinstance(expression, Add):
            return self._sum([self._read(entry, known) for entry in expression.args])
        if isinstance(expression, Mul):
            return _product([self._read(entry, known) for entry in expression.args])
        if isinstance(expression, exp):
            return Term(ONE, (self._put(Definition("exp", (self._read(expression.args[0], known),))),))
        if isinstance(expression, Pow) and expression.exp.is_Integer:
            power, base = int(expression.exp), self._read(expression.base, known)
            return _product([base if power > 0 else self._inverse(base)] * abs(power))
        if isinstance(expression, Piecewise) and len(expression.args) == 2 and expression.args[1].cond == true:
            (chosen, condition), (otherwise, _) = expression.args
            if isinstance(condition, Ge | Gt | Le | Lt):
                # ordered so that NaN takes the second piece, as in NumPy
                more, less = condition.gts, condition.lts
                margin = self._read(more - less, known)
                kind: Kind = "at_least" if isinstance(condition, Ge | Le) else "above"
                pieces = (margin, self._read(chosen, known), self._read(otherwise, known))
                return Term(ONE, (self._put(Definition(kind, pieces)),))
        raise Unsupported(f"{expression.func.__name__} in {expression}")

    def _put(self, definition: Definition) -> Value:
        if definition not in self._values:
            self.definitions[self._next] = definition
            self._values[definition] = self._next
            self._next += 1
        return self._values[definition]

    def _inverse(self, term: Term) -> Term:
        if not term.coefficient:
            raise Unsupported("a division by zero")
        value = [Term(ONE, (self._put(Definition("inverse", (Term(ONE, term.factors),))),))] if term.factors else []
        return _product([Term(1 / term.coefficient, ()), *value])

    def _sum(self, terms: Sequence[Term]) -> Term:
        """The sum as one term: a value of its own (with leading coefficient positive), unless one term is left."""
        gathered: defaultdict[tuple[Value, ...], Fraction] = defaultdict(Fraction)
        for term in terms:
            gathered[term.factors] += term.coefficient
        kept = [Term(c, factors) for factors, c in sorted(gathered.items()) if c]
        if len(kept) < 2:
            return kept[0] if kept else Term(Fraction(0), ())
        sign = Fraction(1 if kept[0].coefficient > 0 else -1)
        return Term(sign, (self._put(Definition("sum", tuple(Term(sign * c, f) for c, f in kept))),))

    # ------------------------------------------------------------------------------------------------ rewriting

    def optimise(self) -> None:
        """Fewer operations, the same values in exact arithmetic."""
        before = self.operations + 1
        while self.operations < before:
            before = self.operations
            self._put_in_place()
            self._rebuild(self._factored)
        self._share_products()

    def order(self) -> list[Value]:
        """The definitions that outputs need, each right before its first user."""
        done: set[Value] = set()
        result: list[Value] = []
        for value in (v for term in self.outputs for v in term.factors):
            stack = [value]
            while stack:
                top = stack[-1]
                waiting = [] if top in done or top < self.inputs else self._waiting(top, done)
                if waiting:
                    stack += waiting
                    continue
                stack.pop()
                if top >= self.inputs and top not in done:
                    done.add(top)
                    result.append(top)
        return result

    def furthest_first(self) -> list[Value]:
        """The definitions that outputs need, those first that most others stand between them and the outputs.

        Neighbours in this order seldom wait for each other (1.1 times as fast as :meth:`order` on the IPD).
        """
        order = self.order()
        distance: defaultdict[Value, int] = defaultdict(int)
        for value in reversed(order):
            for needed in (v for term in self.definitions[value].terms for v in term.factors):
                distance[needed] = max(distance[needed], distance[value] + 1)
        return sorted(order, key=lambda value: -distance[value])

    def _waiting(self, value: Value, done: set[Value]) -> list[Value]:
        needed = {v for term in self.definitions[value].terms for v in term.factors}
        return sorted(v for v in needed if v >= self.inputs and v not in done)

    @property
    def operations(self) -> int:
        """Additions, multiplications, reciprocals and exponentials of one evaluation."""
        definitions = [self.definitions[value] for value in self.order()]
        count = sum(len(d.terms) - 1 if d.kind == "sum" else 1 for d in definitions)
        terms = [*self.outputs, *(term for d in definitions for term in d.terms)]
        return count + sum(max(0, len(f) - 1) + int(abs(c) != 1 and bool(f)) for c, f in terms)

    def _rebuild(self, rewrite: Callable[[list[Term]], list[Term]]) -> None:
        """Every definition again, with its terms rewritten: equal ones merge, those of one term disappear."""
        old, order = self.definitions, self.order()
        self.definitions, self._values, self._next = {}, {}, self.inputs
        known = {value: Term(ONE, (value,)) for value in range(self.inputs)}

        def renamed(term: Term) -> Term:
            return _product([Term(term.coefficient, ()), *(known[value] for value in term.factors)])

        for value in order:
            kind, terms = old[value]
            if kind in ("at_least", "above"):
                pieces = Definition(kind, tuple(renamed(term) for term in terms))
                known[value] = Term(ONE, (self._put(pieces),))
                continue
            inside = self._sum(rewrite([renamed(term) for term in terms]))
            if kind == "sum":
                known[value] = inside
            elif kind == "inverse":
                known[value] = self._inverse(inside)
            else:
                known[value] = Term(ONE, (self._put(Definition("exp", (inside,))),))
        self.outputs = [renamed(term) for term in self.outputs]

    def _put_in_place(self) -> None:
        """Sums and products used once go where they are used, if that costs nothing."""
        order = self.order()
        terms = [*self.outputs, *(term for value in order for term in self.definitions[value].terms)]
        uses = Counter(value for term in terms for value in term.factors)

        def spread(terms: Sequence[Term]) -> list[Term]:
            result = []
            for term in terms:
                if len(term.factors) == 1 and uses[term.factors[0]] == 1 and term.factors[0] >= self.inputs:
                    kind, inner = self.definitions[term.factors[0]]
                    if kind == "sum":
                        result += [Term(term.coefficient * c, f) for c, f in spread(inner)]
                        continue
                result.append(term)
            return result

        for value in order:
            kind, inner = self.definitions[value]
            if kind in ("sum", "inverse", "exp"):
                self.definitions[value] = Definition(kind, tuple(spread(inner)))

    def _factored(self, terms: list[Term]) -> list[Term]:
        """Take out the factor of most terms, as long as one occurs in two."""
        while True:
            occurrences = Counter(value for term in terms for value in set(term.factors))
            count, common = max(((n, value) for value, n in occurrences.items()), default=(0, -1))
            if count < 2:
                return terms
            inside = [Term(c, _without(f, common)) for c, f in terms if common in f]
            rest = [term for term in terms if common not in term.factors]
            terms = [*rest, _product([self._sum(self._factored(inside)), Term(ONE, (common,))])]

    def _share_products(self) -> None:
        """A value for every product of two that occurs in several terms, the most frequent first."""
        order = self.order()
        places = [(value, index) for value in order for index in range(len(self.definitions[value].terms))]
        places += [(-1, index) for index in range(len(self.outputs))]
        terms = [(self.outputs if v < 0 else self.definitions[v].terms)[index] for v, index in places]
        factors = [term.factors for term in terms]
        users: defaultdict[tuple[Value, Value], set[int]] = defaultdict(set)
        for place, values in enumerate(factors):
            for pair in combinations(values, 2):
                users[pair].add(place)
        queue = [(-len(where), pair) for pair, where in users.items()]
        heapify(queue)
        while queue:
            count, pair = heappop(queue)
            if -count != len(users[pair]):  # out of date; its present count was pushed when it changed
                continue
            if count > -2:
                break
            product = self._put(Definition("sum", (Term(ONE, pair),)))
            changed = {pair}
            for place in sorted(users[pair]):
                before = factors[place]
                factors[place] = tuple(sorted((*_without(_without(before, pair[0]), pair[1]), product)))
                gone, new = set(combinations(before, 2)), set(combinations(factors[place], 2))
                for other in gone - new:
                    users[other].discard(place)
                for other in new - gone:
                    users[other].add(place)
                changed |= gone ^ new
            for other in changed - {pair}:
                heappush(queue, (-len(users[other]), other))
        rewritten: defaultdict[Value, list[Term]] = defaultdict(list)
        for (value, _), term, values in zip(places, terms, factors, strict=True):
            rewritten[value].append(Term(term.coefficient, values))
        self.outputs = rewritten.pop(-1)
        for value, row in rewritten.items():
            self.definitions[value] = Definition(self.definitions[value].kind, tuple(row))


def _product(terms: Sequence[Term]) -> Term:
    coefficient = ONE
    factors: list[Value] = []
    for term in terms:
        coefficient *= term.coefficient
        factors += term.factors
    return Term(coefficient, tuple(sorted(factors)) if coefficient else ())


def _without(factors: tuple[Value, ...], one: Value) -> tuple[Value, ...]:
    index = factors.index(one)
    return factors[:index] + factors[index + 1 :]


# ---------------------------------------------------------------------------------------------------------- source

# Multiply-add is fused where the machine has it (without: 2/3 to 3/4 of the speed). It is the only liberty taken, and
# it does not assume that numbers are finite. `nsz` and `arcp` gained nothing beyond noise.
_OPTIONS = "nogil=True, cache=True, error_model='numpy', fastmath={'contract'}"

_HEAD = '''"""Generated by numerics.kernel_source; do not edit."""

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

'''

# exp(x) = 2^k exp(r), |r| ≤ ln 2/2, with the constants of Cody and Waite and the Taylor polynomial of degree 13
# (remainder 4e-18; r and then 1 are added last, which keeps the error below one unit in the last place). libm's exp is
# a call and keeps the loop over lanes from being vectorised.
#   * Adding 1.5 · 2^52 rounds x/ln 2 to an integer k that then stands in the low bits of the sum.
#   * ln 2 = HIGH + LOW, where HIGH has 21 trailing zero bits: k · HIGH is exact.
#   * 2^k multiplies by adding k to the exponent's bits, right for normal results: below the least normal number
#     (x < −708.39) the result is 0, above the largest it is inf.
#   * x ≤ 709.78… is false for NaN, which then comes out as NaN · inf.
_EXP = """
@intrinsic
def _float(context, bits):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))
    return types.float64(types.int64), generate


@intrinsic
def _bits(context, number):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))
    return types.int64(types.float64), generate


@njit({options})
def exponential(x):
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10
    square = r * r
    even = {even}
    odd = {odd}
    power = (even + r * odd) * square + r + 1.0
    result = _float(_bits(power) + (_bits(shifted) << 52))
    result = result if x <= 709.782712893384 else x * np.inf
    return 0.0 if x < -708.3964185322641 else result

"""

_RUN = """

@njit({options})
def run(blocks, begin, end, low, high, constants, eta, factor, settled, every, frames):
    old = np.empty({size})
    for block in range(begin, end):
        x = blocks[block]
        resting = False
        for n in range(eta.shape[0]):
            if every > 0 and n % every == 0:
                frames[n // every, block, :] = x
            if resting:
                if every == 0:
                    break
                continue
            look = n >= settled and n % {look} == 0
            if look:
                old[:] = x
            step(x, low, high, constants, eta[n], factor[n])
            if look:
                resting = True
                for entry in range({size}):
                    if old[entry] != x[entry] and old[entry] == old[entry]:
                        resting = False
                        break
        if every > 0 and eta.shape[0] % every == 0:
            frames[eta.shape[0] // every, block, :] = x
"""

# How often a block looks whether it is at rest.
LOOK = 8


def kernel_source(line: StraightLine, parameters: int, coefficients: Sequence[int], lanes: int) -> str:
    """Source of ``run(blocks, begin, end, low, high, constants, eta, factor, settled, every, frames)``.

    ``blocks``, shape (blocks, parameters · lanes), holds parameters by lanes; from ``begin`` to ``end`` it is run in
    place: x ← clip(x + eta[n] · update(x), low, high), not finite → NaN. From step ``settled`` on a block that a step
    left as it was is not run any further. ``frames``, shape (kept, blocks, parameters · lanes), receives x before every
    ``every``-th step and at the end if that is one; nothing with ``every`` = 0.

    Args:
        line: the update; its first inputs are the parameters, the others are ``constants``.
        parameters: how many.
        coefficients: the constants that ``factor[n]`` multiplies, by position.
        lanes: starts side by side in a block.
    """
    text = [_HEAD]
    if any(line.definitions[value].kind == "exp" for value in line.order()):
        text.append(_exponential())
    text += [f"@njit({_OPTIONS})\n", "def step(x, low, high, constants, eta, factor):\n"]
    for index in range(line.inputs - parameters):
        factor = "factor * " if index in coefficients else ""
        text.append(f"    v{parameters + index} = {factor}constants[{index}]\n")
    for index in range(parameters):
        text.append(f"    low{index}, high{index} = low[{index}], high[{index}]\n")
    text.append(f"    for lane in range({lanes}):\n")
    for index in range(parameters):
        text.append(f"        v{index} = x[{index * lanes} + lane]\n")
    for value in line.furthest_first():
        text.append(f"        v{value} = {_defined(line.definitions[value])}\n")
    for index, output in enumerate(line.outputs):
        text.append(
            f"        new = v{index} + eta * ({_written([output])})\n"
            "        new = new if abs(new) < np.inf else np.nan\n"
            f"        new = low{index} if new < low{index} else new\n"
            f"        x[{index * lanes} + lane] = high{index} if new > high{index} else new\n"
        )
    text.append(_RUN.format(options=_OPTIONS, size=parameters * lanes, look=LOOK))
    return "".join(text)


def _exponential() -> str:
    def chain(powers: range) -> str:
        text = repr(1 / factorial(powers[-1]))
        for power in reversed(powers[:-1]):
            text = f"({text}) * square + {1 / factorial(power)!r}"
        return text

    return _EXP.format(options=_OPTIONS, even=chain(range(2, 14, 2)), odd=chain(range(3, 14, 2)))


def _defined(definition: Definition) -> str:
    if definition.kind == "sum":
        return _written(definition.terms)
    first, *others = (_written([term]) for term in definition.terms)
    if definition.kind in ("inverse", "exp"):
        return f"1.0 / ({first})" if definition.kind == "inverse" else f"exponential({first})"
    comparison = ">=" if definition.kind == "at_least" else ">"
    return f"{others[0]} if {first} {comparison} 0.0 else {others[1]}"


def _written(terms: Sequence[Term]) -> str:
    text = ""
    for coefficient, factors in sorted(terms, key=lambda term: term.coefficient < 0):
        size = abs(coefficient)
        names = [f"v{value}" for value in factors]
        if size != 1 or not names:
            names.insert(0, repr(float(size)))
        sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
        text += sign + " * ".join(names)
    return text
