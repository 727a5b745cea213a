"""Zero and sign decisions: True, False, or :class:`Undecided`. Every proof goes through here.

Nothing in this module calls ``simplify`` and nothing answers from a float.

* :func:`is_zero` brings an expression to one quotient of polynomials over ℚ whose generators are its symbols and
  its function applications (``exp(...)`` and the like). A zero numerator proves the identity. A nonzero one refutes
  it when there are only symbols; with ``exp``, only a ball that excludes 0 at some rational point refutes it.
* :func:`definite_sign` decides the sign of a linear form where other linear forms are positive (Farkas' lemma over
  ℚ: complete in both directions); :func:`factor_signs` does so factor by factor.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Literal

import flint
from sympy import Add, Expr, Float, Integer, Mul, Piecewise, Poly, Pow, Rational, S, Symbol, exp, factor_list, sympify
from sympy.core.function import Function
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan
from sympy.polys.polyerrors import CoercionFailed, PolynomialError

from theory.errors import BadInput

Sign = Literal[-1, 0, 1]


class Undecided(Exception):
    """An exact decision could not be made; the message says which and why."""


# ------------------------------------------------------------------------------------------------------- numbers


LONGEST_NUMBER = 100
# With exponents up to 199 every number that is written lies within the range of floating point.
_NUMBER = re.compile(r"[+-]?([0-9]+ ?/ ?[0-9]+|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?)", re.ASCII)
_ZERO_DENOMINATOR = re.compile(r"/ ?0+$")
_LONG_EXPONENT = re.compile(r"[0-9.][eE][+-]?(?!1..$)[0-9]{3,}$", re.ASCII)


def rational(value: object, place: str) -> Rational:
    """Read an exact rational: an integer, a ``"24/25"`` string, or a decimal taken at its written digits.

    ``place`` names where the value stands, for the message. A float is read at its shortest decimal spelling, so 0.96
    is 24/25. Length and exponent are limited before any arithmetic is done.

    Raises:
        BadInput: the value is not a finite number, or is unreasonably long.
    """
    if isinstance(value, Rational):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadInput(f"{place}: {value!r} is not a number.")
    if isinstance(value, int) and abs(value) >= 10**LONGEST_NUMBER:  # Python would refuse to print the longest ones
        raise BadInput(f"{place}: a number may have at most {LONGEST_NUMBER} characters.")
    text = repr(value) if isinstance(value, float) else str(value).strip()
    if len(text) > LONGEST_NUMBER:
        raise BadInput(f"{place}: a number may have at most {LONGEST_NUMBER} characters.")
    if isinstance(value, str) and _LONG_EXPONENT.search(text):
        raise BadInput(f"{place}: {text!r} is not an exact finite number with an exponent from -199 to 199.")
    if not _NUMBER.fullmatch(text) or _ZERO_DENOMINATOR.search(text):
        raise BadInput(f"{place}: {text!r} is not an exact finite number such as 4, -1.5 or 24/25.")
    return Rational(text)


def overridden(
    current: Sequence[tuple[Symbol, Rational]], values: Mapping[str, object], place: str
) -> tuple[tuple[Symbol, Rational], ...]:
    """Parameters with some values replaced, by name.

    Raises:
        BadInput: an unknown name or a value that is no exact number.
    """
    known = {symbol.name: symbol for symbol, _ in current}
    for name in values:
        if name not in known:
            raise BadInput(f"{place} has no parameter {name!r} (it has: {', '.join(known) or 'none'}).")
    read = {known[name]: rational(value, f"{place}, parameter {name}") for name, value in values.items()}
    return tuple((symbol, read.get(symbol, value)) for symbol, value in current)


def to_fmpq(number: Rational) -> flint.fmpq:
    """The same rational in python-flint."""
    return flint.fmpq(int(number.p), int(number.q))


def from_fmpq(number: flint.fmpq) -> Rational:
    """The same rational in SymPy."""
    return Rational(int(number.p), int(number.q))


# ---------------------------------------------------------------------------------------------------- evaluation


def evaluate(
    expression: Expr,
    values: Mapping[Expr, Any],
    constant: Callable[[Rational], Any],
    exponential: Callable[[Any], Any] | None = None,
) -> Any:
    """Evaluate an expression in any field: exact rationals, balls, quotients of polynomials.

    Args:
        expression: built from symbols, rationals, sums, products, integer powers and ``exp``.
        values: what each symbol (or opaque function application) stands for.
        constant: maps a :class:`sympy.Rational` into the field.
        exponential: what ``exp`` means there; ``None`` forbids it.

    Raises:
        Undecided: the expression holds something else, or ``exp`` where it is forbidden.
        KeyError: a symbol has no value.
        ZeroDivisionError: a denominator is zero in the field.
    """
    if expression.is_Symbol or (expression.is_Function and expression in values):
        return values[expression]
    if isinstance(expression, Rational):
        return constant(expression)
    arguments = expression.args
    if isinstance(expression, Add | Mul):
        is_sum = isinstance(expression, Add)
        result = evaluate(arguments[0], values, constant, exponential)
        for argument in arguments[1:]:
            other = evaluate(argument, values, constant, exponential)
            result = result + other if is_sum else result * other
        return result
    if isinstance(expression, Pow) and isinstance(arguments[1], Integer):
        base, power = evaluate(arguments[0], values, constant, exponential), int(arguments[1])
        return base**power if power >= 0 else 1 / base ** (-power)
    if isinstance(expression, exp) and exponential is not None:
        return exponential(evaluate(arguments[0], values, constant, exponential))
    if isinstance(expression, Piecewise):
        for value, condition in arguments:
            if _holds(condition, values, constant, exponential):
                return evaluate(value, values, constant, exponential)
    raise Undecided(f"cannot evaluate {expression} exactly")


def _holds(
    condition: Any,
    values: Mapping[Expr, Any],
    constant: Callable[[Rational], Any],
    exponential: Callable[[Any], Any] | None,
) -> bool:
    """Whether a comparison holds, in a field whose elements can be compared."""
    if condition is S.true or condition is S.false:
        return bool(condition)
    if not isinstance(condition, GreaterThan | LessThan | StrictGreaterThan | StrictLessThan):
        raise Undecided(f"cannot decide {condition} exactly")
    # In balls a comparison and its opposite can both fail.
    left = evaluate(condition.gts, values, constant, exponential)
    right = evaluate(condition.lts, values, constant, exponential)
    strict = isinstance(condition, StrictGreaterThan | StrictLessThan)
    try:
        yes = left > right if strict else left >= right
        no = left <= right if strict else left < right
    except TypeError:
        raise Undecided(f"the sign of {condition.gts - condition.lts} depends on the parameters") from None
    if not yes and not no:
        raise Undecided(f"cannot decide {condition} at this precision")
    return bool(yes)


@dataclass(frozen=True)
class Quotient:
    """A quotient of multivariate polynomials over ℚ in lowest terms (python-flint)."""

    numerator: flint.fmpq_mpoly
    denominator: flint.fmpq_mpoly

    @staticmethod
    def reduced(numerator: flint.fmpq_mpoly, denominator: flint.fmpq_mpoly) -> Quotient:
        """Cancel the common factor; the denominator's leading coefficient becomes 1."""
        if not denominator:
            raise ZeroDivisionError("quotient with denominator zero")
        common = numerator.gcd(denominator)
        numerator, denominator = numerator / common, denominator / common
        lead = denominator.leading_coefficient()
        return Quotient(numerator / lead, denominator / lead)

    def __add__(self, other: Quotient) -> Quotient:
        if self.denominator == other.denominator:
            return Quotient.reduced(self.numerator + other.numerator, self.denominator)
        return Quotient.reduced(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )

    def __mul__(self, other: Quotient) -> Quotient:
        return Quotient.reduced(self.numerator * other.numerator, self.denominator * other.denominator)

    def __pow__(self, power: int) -> Quotient:
        return Quotient(self.numerator**power, self.denominator**power)

    def __rtruediv__(self, one: int) -> Quotient:
        return Quotient.reduced(self.denominator * one, self.numerator)


class QuotientField:
    """ℚ(generators): evaluates expressions to lowest terms and writes them back as SymPy."""

    def __init__(self, generators: Iterable[Expr]) -> None:
        self.generators = tuple(generators)
        self._context = flint.fmpq_mpoly_ctx.get([f"g{index}" for index in range(len(self.generators))], "degrevlex")
        self._one = self._context.from_dict({(0,) * len(self.generators): 1})
        self.values: dict[Expr, Quotient] = {
            generator: Quotient(self._context.gen(index), self._one) for index, generator in enumerate(self.generators)
        }

    def constant(self, number: Rational) -> Quotient:
        """A rational number as an element of the field."""
        return Quotient(self._one * to_fmpq(number), self._one)

    def element(self, expression: Expr) -> Quotient:
        """The expression as a quotient in lowest terms."""
        value: Quotient = evaluate(expression, self.values, self.constant)
        return value

    def subtract(self, left: Quotient, right: Quotient) -> Quotient:
        """``left`` − ``right``."""
        return left + right * self.constant(Integer(-1))

    def polynomial(self, element: flint.fmpq_mpoly) -> Expr:
        """A polynomial of the field as an expanded SymPy sum."""
        terms = []
        for powers, coefficient in element.to_dict().items():
            factors = [g ** int(power) for g, power in zip(self.generators, powers, strict=True) if power]
            terms.append(Mul(from_fmpq(coefficient), *factors))
        return Add(*terms)

    def factored(self, element: flint.fmpq_mpoly) -> Expr:
        """A polynomial of the field as SymPy, the product of its irreducible factors over ℚ."""
        content, factors = element.factor()
        return Mul(from_fmpq(content), *(self.polynomial(base) ** int(power) for base, power in factors))

    def expression(self, element: Quotient) -> Expr:
        """An element of the field as SymPy, numerator and denominator factored."""
        return self.factored(element.numerator) / self.factored(element.denominator)


def lowest_terms(expression: Expr) -> Expr:
    """A rational expression as one quotient in lowest terms, factored.

    Raises:
        Undecided: it is not a rational function of its symbols.
    """
    field = QuotientField(sorted(expression.free_symbols, key=str))
    return field.expression(field.element(expression))


def leading_term(expression: Expr, symbol: Symbol) -> tuple[int, Expr]:
    """How a rational function begins where a symbol tends to 0: (k, c) with c·symbolᵏ as its lowest term.

    The function 0 gives (0, 0).

    Raises:
        Undecided: it is not a rational function of its symbols.
    """
    field = QuotientField([symbol, *sorted(expression.free_symbols - {symbol}, key=str)])
    element = field.element(expression)
    if not element.numerator:
        return 0, Integer(0)
    (low, above), (high, below) = map(_lowest, (element.numerator, element.denominator))
    return low - high, field.polynomial(above) / field.polynomial(below)


def _lowest(polynomial: flint.fmpq_mpoly) -> tuple[int, flint.fmpq_mpoly]:
    """The lowest power of the first generator and its coefficient."""
    terms = polynomial.to_dict()
    least = min(powers[0] for powers in terms)
    rows = {(0, *powers[1:]): coefficient for powers, coefficient in terms.items() if powers[0] == least}
    return int(least), polynomial.context().from_dict(rows)


# ------------------------------------------------------------------------------------------------ zero decisions


def is_zero(expression: Expr) -> bool:
    """Whether the expression is identically zero, decided exactly.

    Function applications are taken as independent generators, so True means: zero whatever the functions are.
    Noncommutative symbols (matrix blocks) are free generators too: a polynomial in them is zero exactly when the
    coefficient of every word is.

    Raises:
        Undecided: the quotient is not zero but function applications could still make it vanish.
    """
    expression = sympify(expression)
    if not expression.is_commutative:
        return all(is_zero(coefficient) for coefficient in words(expression).values())
    functions = _outermost_functions(expression)
    field = QuotientField([*sorted(expression.free_symbols, key=str), *sorted(functions, key=str)])
    try:
        if not field.element(expression).numerator:
            return True
    except ZeroDivisionError:
        raise Undecided("a denominator of the expression is identically zero") from None
    if not functions:
        return False
    if all(isinstance(function, exp) for function in functions) and _excludes_zero_somewhere(expression):
        return False
    raise Undecided(f"the numerator of {expression} is not the zero polynomial, but no point proves it nonzero")


def words(expression: Expr) -> dict[tuple[Symbol, ...], Expr]:
    """A polynomial in noncommutative symbols as its words with their commutative coefficients.

    Raises:
        Undecided: it is not a polynomial in the noncommutative symbols.
    """
    expression = sympify(expression)
    if expression.is_commutative:
        return {(): expression}
    if expression.is_Symbol:
        return {(expression,): Integer(1)}
    if isinstance(expression, Add):
        return _collected(pair for term in expression.args for pair in words(term).items())
    if isinstance(expression, Mul):
        found: dict[tuple[Symbol, ...], Expr] = {(): Integer(1)}
        for factor in expression.args:
            pairs = product(found.items(), words(factor).items())
            found = _collected((head + tail, a * b) for (head, a), (tail, b) in pairs)
        return found
    if isinstance(expression, Pow) and expression.exp.is_Integer and expression.exp > 0:
        return words(Mul(*[expression.base] * int(expression.exp), evaluate=False))
    raise Undecided(f"{expression} is not a polynomial in noncommutative symbols")


def _collected(pairs: Iterable[tuple[tuple[Symbol, ...], Expr]]) -> dict[tuple[Symbol, ...], Expr]:
    """Coefficients of equal words added up."""
    found: dict[tuple[Symbol, ...], list[Expr]] = {}
    for word, coefficient in pairs:
        found.setdefault(word, []).append(coefficient)
    return {word: Add(*coefficients) for word, coefficients in found.items()}


def _outermost_functions(expression: Expr) -> set[Expr]:
    if isinstance(expression, Function):
        return {expression}
    found: set[Expr] = set()
    for argument in expression.args:
        found |= _outermost_functions(argument)
    return found


def _excludes_zero_somewhere(expression: Expr, points: int = 8, bits: int = 256) -> bool:
    """Whether a ball around the value at some rational point excludes 0 (the points are fixed by a seed)."""
    draw = random.Random(0)
    symbols = sorted(expression.free_symbols, key=str)
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        for _ in range(points):
            values = {symbol: flint.arb(flint.fmpq(draw.randint(1, 99), 100)) for symbol in symbols}
            ball = evaluate(expression, values, lambda c: flint.arb(to_fmpq(c)), lambda u: u.exp())
            if ball.is_finite() and not ball.contains(0):
                return True
    finally:
        flint.ctx.prec = before
    return False


# ------------------------------------------------------------------------------------------------ sign decisions


def definite_sign(form: Expr, positive: Sequence[Expr]) -> Sign | None:
    """Sign of a linear form wherever every form in ``positive`` is > 0; ``None`` if it can have both signs there.

    Decided by Farkas' lemma over ℚ: a nonzero form is positive on that open cone exactly when it is a non-negative
    combination of the given forms (and the constant 1). Complete as long as the forms in ``positive`` are
    compatible, which is checked.

    Raises:
        Undecided: a form is not linear in the symbols, or the assumptions contradict each other.
    """
    if is_zero(form):
        return 0
    symbols = sorted(set().union(form.free_symbols, *(other.free_symbols for other in positive)), key=str)
    rows = [_coefficients(other, symbols) for other in (*positive, Integer(1))]
    if not _compatible(rows, []):
        raise Undecided(_contradiction(positive))
    target = _coefficients(form, symbols)
    if _in_cone(target, rows):
        return 1
    if _in_cone([-entry for entry in target], rows):
        return -1
    return None


def compatible(positive: Sequence[Expr], nonnegative: Sequence[Expr]) -> bool:
    """Whether linear forms can be > 0 and ≥ 0 together, decided by Motzkin's transposition theorem over ℚ.

    Raises:
        Undecided: a form is not linear in the symbols.
    """
    forms = (*positive, *nonnegative)
    symbols = sorted(set().union(*(form.free_symbols for form in forms)), key=str)
    strict = [_coefficients(form, symbols) for form in (*positive, Integer(1))]
    return _compatible(strict, [_coefficients(form, symbols) for form in nonnegative])


def _contradiction(positive: Sequence[Expr]) -> str:
    return f"the assumptions {', '.join(f'{form} > 0' for form in positive)} contradict each other"


def _compatible(strict: Sequence[Sequence[flint.fmpq]], weak: Sequence[Sequence[flint.fmpq]]) -> bool:
    # They exclude each other exactly when the negative of a strict one is a non-negative combination of all.
    return not any(_in_cone([-entry for entry in row], [*strict, *weak]) for row in strict)


def _coefficients(form: Expr, symbols: Sequence[Symbol]) -> list[flint.fmpq]:
    """Coefficients of the symbols, then the constant."""
    try:
        if form.has(Float):  # Poly would take a float for the binary fraction it stores
            raise Undecided(f"{form} holds a float")
        polynomial = Poly(form, *symbols, domain="QQ") if symbols else None
        if polynomial is not None and polynomial.total_degree() <= 1:
            entries = [polynomial.coeff_monomial(monomial) for monomial in (*symbols, 1)]
            return [to_fmpq(entry) for entry in entries]
        if polynomial is None and isinstance(form, Rational):
            return [to_fmpq(form)]
    except (PolynomialError, CoercionFailed):
        pass
    raise Undecided(f"{form} is not a linear form with rational coefficients")


def _in_cone(target: Sequence[flint.fmpq], rows: Sequence[Sequence[flint.fmpq]]) -> bool:
    """Whether target is a non-negative combination of rows (by Carathéodory: of independent ones)."""
    if not any(target):
        return True
    aim = flint.fmpq_mat(len(target), 1, list(target))
    for size in range(1, min(len(rows), len(target)) + 1):
        for chosen in combinations(rows, size):
            matrix = flint.fmpq_mat(size, len(target), [entry for row in chosen for entry in row])
            try:
                weights = (matrix * matrix.transpose()).solve(matrix * aim)
            except ZeroDivisionError:  # dependent rows: a smaller choice serves
                continue
            if all(weight >= 0 for weight in weights.entries()) and matrix.transpose() * weights == aim:
                return True
    return False


@dataclass(frozen=True)
class FactorSigns:
    """An expression's sign as ``sign`` times the signs of ``open_factors`` (odd powers whose sign is not settled)."""

    sign: Sign
    open_factors: tuple[Expr, ...]


def factor_signs(expression: Expr, positive: Sequence[Expr]) -> FactorSigns:
    """Split an expression's sign into what the assumptions settle and the irreducible factors they leave open.

    Even powers of open factors are dropped: they are ≥ 0, so the answer concerns weak inequalities.
    """
    if not compatible(positive, ()):
        raise Undecided(_contradiction(positive))
    expression = lowest_terms(expression)
    numerator, denominator = expression.as_numer_denom()
    coefficient, factors = factor_list(numerator * denominator)
    if coefficient == 0:
        return FactorSigns(0, ())
    sign = 1 if coefficient > 0 else -1
    open_factors = []
    for base, power in factors:
        if power % 2 == 0:
            continue
        try:
            settled = definite_sign(base, positive)
        except Undecided:
            settled = None
        if settled is None:
            open_factors.append(base)
        else:
            sign *= settled
    return FactorSigns(sign, tuple(open_factors))  # type: ignore[arg-type]


def positive_on(expression: Expr, symbol: Symbol, low: Rational, high: Rational) -> bool:
    """Whether a polynomial in one symbol is > 0 on a closed interval: no root there (Sturm), > 0 at one end.

    Raises:
        Undecided: it is not a polynomial with rational coefficients in the symbol alone.
    """
    try:
        polynomial = Poly(expression, symbol, domain="QQ")
    except (PolynomialError, CoercionFailed):
        raise Undecided(f"{expression} is not a polynomial in {symbol} over the rationals") from None
    if polynomial.is_zero:
        return False
    return bool(polynomial(low) > 0 and (polynomial.degree() <= 0 or polynomial.count_roots(low, high) == 0))
