"""theory.exact against SymPy's own algebra, Fourier-Motzkin elimination and plain sampling."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Expr,
    Function,
    Integer,
    Poly,
    Rational,
    Symbol,
    cancel,
    exp,
    expand,
    factor,
    fraction,
    gcd,
    nan,
    oo,
    pi,
    sin,
    sqrt,
    symbols,
    together,
    zoo,
)

from theory import exact
from theory.errors import BadInput
from theory.exact import FactorSigns, Quotient, QuotientField, Undecided
from theory.strategies import rationals
from theory.symbols import P, R, S, T

x, y, z = symbols("x y z")
f, g = Function("f"), Function("g")


# ---------------------------------------------------------------------------------------------- reading numbers


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (0.96, Rational(24, 25)),
        ("0.96", Rational(24, 25)),
        ("24/25", Rational(24, 25)),
        (" 24/25 ", Rational(24, 25)),
        (0.1 + 0.2, Rational(30000000000000004, 10**17)),  # a float is what it is, at its shortest spelling
        (1e22, Rational(10) ** 22),
        (1e-7, Rational(1, 10**7)),
        (-0.0, Integer(0)),
        ("-1.5", Rational(-3, 2)),
        ("+1/2", Rational(1, 2)),
        (".5", Rational(1, 2)),
        ("1e-3", Rational(1, 1000)),
        (7, Integer(7)),
        (10**30, Integer(10) ** 30),
        (Rational(2, 6), Rational(1, 3)),
        (Integer(-4), Integer(-4)),
    ],
)
def test_rational_reads_numbers_exactly(written: object, read: Rational) -> None:
    number = exact.rational(written, "here")
    assert number == read
    assert isinstance(number, Rational)


@pytest.mark.parametrize(
    "written",
    [
        *("nan", "NaN", "inf", "-inf", "Infinity", "oo", "zoo", "1/0", "0/0", "", " ", "1/2/3", "1//2", "0x10", "pi"),
        *("x", "sqrt(2)", "1+1", "--1", "1/2.5e", "1,5", "4 = 4", "__import__('os')", "9" * 5000, "1e999999999"),
    ],
)
def test_rational_refuses_strings_that_are_no_numbers(written: str) -> None:
    with pytest.raises(BadInput, match="place 7"):
        exact.rational(written, "place 7")


@pytest.mark.parametrize(
    "value",
    [True, False, None, 1j, float("nan"), float("inf"), -float("inf"), [1], (1, 2), b"1", {}, pi, oo, zoo, nan, x],
)
def test_rational_refuses_what_is_no_finite_number(value: object) -> None:
    with pytest.raises(BadInput, match="place 7"):
        exact.rational(value, "place 7")


@pytest.mark.parametrize("written", ["1 2", "1 000", "2 4/25", "1_000", "- 1 . 5"])
def test_rational_refuses_numbers_broken_by_separators(written: str) -> None:
    """``"1 2"`` is a slip of the pen, not twelve."""
    with pytest.raises(BadInput):
        exact.rational(written, "here")


@given(rationals(-50, 50, 40))
def test_rational_reads_its_own_spelling_back(number: Rational) -> None:
    assert exact.rational(str(number), "here") == number


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=4))
def test_rational_reads_decimals_at_their_digits(number: Decimal) -> None:
    read = exact.rational(str(number), "here")
    assert Fraction(int(read.p), int(read.q)) == Fraction(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_at_a_spelling_that_gives_it_back(number: float) -> None:
    read = exact.rational(number, "here")
    assert Fraction(int(read.p), int(read.q)) == Fraction(repr(number))


@given(rationals(-50, 50, 40))
def test_flint_and_sympy_rationals_convert_both_ways(number: Rational) -> None:
    assert exact.from_fmpq(exact.to_fmpq(number)) == number


# ------------------------------------------------------------------------------------------- rational expressions

LEAVES = st.one_of(st.sampled_from([x, y, z]), rationals(-3, 3, 3))
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        # squares + 1 in the denominator: never identically zero, so every expression is defined
        st.tuples(inner, inner).map(lambda pair: pair[0] / (pair[1] ** 2 + 1)),
        st.tuples(inner, st.integers(0, 3)).map(lambda pair: pair[0] ** pair[1]),
    ),
    max_leaves=7,
)


def vanishes(expression: object) -> bool:
    """SymPy's verdict (``cancel`` alone may leave −1/2 + 1/2 standing)."""
    return bool(expand(fraction(together(expression))[0]) == 0)


def degree(expression: object) -> int:
    """Total degree, to see that factors are irreducible and quotients reduced."""
    return int(Poly(expression, x, y, z).total_degree())


@settings(max_examples=50, deadline=None)
@given(EXPRESSIONS)
def test_lowest_terms_agrees_with_cancel(expression: object) -> None:
    reduced = exact.lowest_terms(expression)
    assert vanishes(reduced - expression)
    numerator, denominator = fraction(reduced)
    expected_numerator, expected_denominator = fraction(cancel(together(expression)))
    assert degree(gcd(expand(numerator), expand(denominator))) == 0
    assert degree(expand(denominator)) == degree(expected_denominator)
    if not vanishes(expression):
        assert degree(expand(numerator)) == degree(expected_numerator)


@settings(max_examples=50, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, rationals(-2, 2, 3))
def test_is_zero_agrees_with_cancel(first: object, second: object, number: Rational) -> None:
    assert exact.is_zero(first - cancel(together(first)))
    assert exact.is_zero(first - second + number) == vanishes(first - second + number)


@settings(max_examples=50, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, st.integers(0, 3))
def test_quotients_form_a_field_like_cancel_says(first: object, second: object, power: int) -> None:
    field = QuotientField((x, y, z))
    a, b = field.element(first), field.element(second)

    def same(element: Quotient, expression: object) -> bool:
        return vanishes(field.expression(element) - expression)

    assert same(a + b, first + second)
    assert same(a * b, first * second)
    assert same(a**power, first**power)
    if a.numerator != 0:
        assert same(1 / a, 1 / first)
        assert a * (1 / a) == field.constant(Integer(1))
    # Equal elements are equal objects: the representation is canonical.
    assert a + b == b + a
    assert (a + b) * b == a * b + b * b
    assert field.element(cancel(together(first))) == a


@settings(max_examples=50, deadline=None)
@given(EXPRESSIONS, st.tuples(rationals(), rationals(), rationals()))
def test_evaluate_in_the_rationals_agrees_with_subs(expression: object, numbers: tuple[Rational, ...]) -> None:
    point = dict(zip((x, y, z), numbers, strict=True))
    value = exact.evaluate(
        expression, {symbol: exact.to_fmpq(number) for symbol, number in point.items()}, exact.to_fmpq
    )
    assert exact.from_fmpq(value + exact.to_fmpq(Integer(0))) == expression.subs(point)  # type: ignore[attr-defined]


def test_lowest_terms_is_factored() -> None:
    shown = exact.lowest_terms((x**2 - y**2) ** 2 * (x + 1) / ((x - y) * (x**2 + 2 * x + 1)))
    assert shown == (x - y) * (x + y) ** 2 / (x + 1)


def test_quotient_with_denominator_zero_is_an_error() -> None:
    field = QuotientField((x,))
    zero = field.element(x - x**2 + x * (x - 1))
    with pytest.raises(ZeroDivisionError):
        1 / zero
    with pytest.raises(ZeroDivisionError):
        field.element(1 / (x - x**2 + x * (x - 1)))


@pytest.mark.parametrize("expression", [sqrt(x), x**y, pi * x, Abs(x), exp(x), f(x), 0.5 * x, nan, zoo, sin(x) ** 2])
def test_lowest_terms_refuses_what_is_not_rational(expression: object) -> None:
    with pytest.raises(Undecided):
        exact.lowest_terms(expression)


# ------------------------------------------------------------------------------------------------------- is_zero


def test_zero_generators() -> None:
    assert exact.is_zero(0)
    assert exact.is_zero(Integer(0))
    assert not exact.is_zero(Rational(1, 3))


@pytest.mark.parametrize(
    "expression",
    [
        (x + y) ** 3 - x**3 - 3 * x**2 * y - 3 * x * y**2 - y**3,
        1 / x + 1 / y - (x + y) / (x * y),
        (x**4 - 1) / (x - 1) - (x + 1) * (x**2 + 1),
        1 / (1 + exp(x)) + exp(x) / (1 + exp(x)) - 1,  # sigmoids sum to 1
        exp(-x) / (1 + exp(-x)) ** 2 - (1 / (1 + exp(-x))) * (1 - 1 / (1 + exp(-x))),
        exp(exp(x) + y) * (x + 1) - x * exp(exp(x) + y) - exp(exp(x) + y),
        (1 / (1 + exp(-x))).diff(x) - (1 / (1 + exp(-x))) * (1 - 1 / (1 + exp(-x))),  # π' = π(1 − π)
        f(x) * (f(x) + 1) - f(x) ** 2 - f(x),
        f(x, y) / (f(x, y) + g(x)) + g(x) / (f(x, y) + g(x)) - 1,
    ],
)
def test_true_identities(expression: object) -> None:
    assert exact.is_zero(expression) is True


@pytest.mark.parametrize(
    "expression",
    [
        x - y,
        (x + y) ** 2 - x**2 - y**2,
        1 / x + 1 / y - 2 / (x + y),
        (x - Rational(1, 10**40)),
        x * Rational(1, 10**60),
        exp(x) - 1 - x,
        exp(x) - 1 - x - x**2 / 2 - x**3 / 6,  # equal to third order at 0
        1 / (1 + exp(-x)) - Rational(1, 2),
        exp(x) - exp(y),
        exp(2 * x) - exp(x),
        exp(exp(x)) - exp(x) ** 2,
        exp(x) * Rational(1, 10**60),
        x * exp(-y) / (1 + exp(-y)) ** 2,
        exp(x) - Rational(27182818284590452353602874713527, 10**31),
        exp(2) - Rational(7389056098930650227230427, 10**24),
    ],
)
def test_false_identities_are_refuted(expression: object) -> None:
    assert exact.is_zero(expression) is False


@pytest.mark.parametrize(
    "expression",
    [
        f(x) - g(x),  # may or may not hold
        f(x),
        f(x + 1 - 1 + x) - f(y),
        sin(x) ** 2 - 1,
        exp(x) - f(x),
        sqrt(2) * sqrt(3) - sqrt(x),
        x**y - 1,
        pi - 3,
        0.5 * x - 1,
        nan,
        zoo,
        oo - 1,
        1 / (x**2 - 1 - (x - 1) * (x + 1)),
        f(x) / (x * (x + 1) - x**2 - x),
        Function("h")(x).diff(x),
    ],
)
def test_undecided_rather_than_a_guess(expression: object) -> None:
    with pytest.raises(Undecided):
        exact.is_zero(expression)


@pytest.mark.parametrize(
    "expression",
    [
        exp(x + y) - exp(x) * exp(y),
        exp(2 * x) - exp(x + y) * exp(x - y),
        exp(x * (x + 1)) - exp(x**2 + x),
        1 / (1 + exp(-x)) - exp(x) / (1 + exp(x)),
        (1 / (1 + exp(-x))).diff(x, 2) - (1 / (1 + exp(-x))).diff(x) * (1 - 2 / (1 + exp(-x))),
        (exp(2 * x) - exp(2 * y)) / (exp(x) - exp(y)) - exp(x) - exp(y),
        f(x * (x + 1)) - f(x**2 + x),
    ],
)
def test_true_identities_between_generators_are_never_refuted(expression: object) -> None:
    """exp(x + y) and exp(x) exp(y) are different generators: Undecided is allowed here, False is not."""
    with suppress(Undecided):
        assert exact.is_zero(expression) is True


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-3, 3), st.integers(-3, 3)), max_size=4))
def test_exponential_sums_are_never_decided_wrongly(terms: list[tuple[int, int, int]]) -> None:
    """Σ c exp(ax + by) vanishes exactly when the coefficients of each exponent cancel."""
    total: dict[tuple[int, int], int] = {}
    expression: object = Integer(0)
    for coefficient, a, b in terms:
        total[a, b] = total.get((a, b), 0) + coefficient
        expression += coefficient * exp(a * x) * exp(b * y)
    truth = all(coefficient == 0 for coefficient in total.values())
    assert exact.is_zero(expression) == truth


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS)
def test_functions_are_independent_generators(first: object, second: object) -> None:
    """An identity in u and v stays one with u = f(x), v = exp(y), and a false one is never called true."""
    u, v = symbols("u v")
    here = {x: u, y: v}
    there = {u: f(x), v: exp(y)}
    difference = (first - second).xreplace(here)  # type: ignore[operator]
    truth = vanishes(difference)
    try:
        decided = exact.is_zero(difference.xreplace(there))
    except Undecided:
        decided = False
    assert decided == truth


def test_evaluation_points_restore_the_precision() -> None:
    import flint

    before = flint.ctx.prec
    exact.is_zero(exp(x) - x)
    assert flint.ctx.prec == before


# ------------------------------------------------------------------------------------------------- definite_sign

VARIABLES = symbols("a b c")
FORMS = st.tuples(*(st.integers(-2, 2) for _ in range(4))).map(
    lambda c: Integer(c[3]) + sum((k * v for k, v in zip(c, VARIABLES, strict=False)), Integer(0))
)


def sign_of(number: Rational) -> int:
    return int(bool(number > 0)) - int(bool(number < 0))


@st.composite
def cones(draw: st.DrawFn) -> tuple[list[object], dict[Symbol, int]]:
    """Forms that are all positive at one drawn point, and that point: compatible by construction."""
    point = {v: draw(st.integers(-3, 3)) for v in VARIABLES}
    forms = []
    for _ in range(draw(st.integers(0, 3))):
        form = draw(FORMS)
        value = form.subs(point)
        if value <= 0:  # shift it until it is positive there
            form = form + (1 - value)
        forms.append(form)
    return forms, point


def feasible(strict: list[Expr], weak: list[Expr]) -> bool:
    """Fourier-Motzkin elimination over ℚ: strict forms > 0 and weak ones ≥ 0 together."""
    symbols = sorted({symbol for form in (*strict, *weak) for symbol in form.free_symbols}, key=str)
    rows = set()
    for forms, sharp in ((strict, True), (weak, False)):
        for form in forms:
            constant = form.xreplace(dict.fromkeys(symbols, Integer(0)))
            rows.add(((*(form.coeff(symbol) for symbol in symbols), constant), sharp))
    for k in range(len(symbols)):
        up = [row for row in rows if row[0][k] > 0]
        down = [row for row in rows if row[0][k] < 0]
        rows = {row for row in rows if row[0][k] == 0} | {
            (tuple(-d[k] * x + u[k] * y for x, y in zip(u, d, strict=True)), sharp_u or sharp_d)
            for u, sharp_u in up
            for d, sharp_d in down
        }
    return all(row[-1] > 0 or (row[-1] == 0 and not sharp) for row, sharp in rows)


@settings(max_examples=80, deadline=None)
@given(cones(), FORMS)
def test_definite_sign_agrees_with_elimination(cone: tuple[list[Expr], dict[Symbol, int]], form: Expr) -> None:
    positive, inside = cone
    answer = exact.definite_sign(form, positive)
    can_be_positive, can_be_negative = feasible([form, *positive], []), feasible([-form, *positive], [])
    if form == 0:
        assert answer == 0
    elif can_be_positive and can_be_negative:
        assert answer is None
    else:  # and never zero: the cone is open and the form is not constant, or is a nonzero constant
        assert answer == (1 if can_be_positive else -1) == sign_of(form.subs(inside))


@settings(max_examples=40, deadline=None)
@given(cones(), FORMS)
def test_definite_sign_holds_at_every_sampled_point(cone: tuple[list[object], dict[Symbol, int]], form: object) -> None:
    positive, _ = cone
    answer = exact.definite_sign(form, positive)
    if answer is None:
        return
    for numbers in product((-5, -1, 0, 1, 2, 7), repeat=3):
        point = dict(zip(VARIABLES, numbers, strict=True))
        if all(other.subs(point) > 0 for other in positive):  # type: ignore[attr-defined]
            assert sign_of(form.subs(point)) == answer  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("form", "positive", "sign"),
    [
        (R - S, [T - R, R - P, P - S], 1),  # prisoner's dilemma
        (S - T, [T - R, R - P, P - S], -1),
        (R - S - T + P, [T - R, R - P, P - S], None),  # D takes both signs there
        (R - S - T + P, [R - T, P - S], 1),  # but not in a Stag Hunt
        (P - R, [R - T, P - S], None),
        (2 * R - T - S, [T - R, R - P, P - S], None),  # mutual cooperation need not beat alternation
        (2 * R - T - S, [T - R, R - P, P - S, 2 * R - T - S], 1),
        (R - R, [], 0),
        (Integer(-3), [R], -1),
        (Rational(1, 7), [], 1),
        (R, [], None),
        (R + 1, [R], 1),
        (R - 1, [R], None),
        (-R - Rational(1, 10**30), [R], -1),
    ],
)
def test_definite_sign_of_known_forms(form: object, positive: list[object], sign: int | None) -> None:
    assert exact.definite_sign(form, positive) == sign


@pytest.mark.parametrize(
    "positive",
    [
        [R, -R],
        [R, -R, S],  # a contradiction beside an innocent form
        [R - T, T - P, P - R],  # a cycle
        [R, -R - 1],
        [R, S, -R - S],
        [Integer(-1)],
        [Integer(0), R],
        [R - R],
        [R - 2, 1 - R],
    ],
)
@pytest.mark.parametrize("form", [R, -R, R + S, R - T])
def test_contradicting_assumptions_decide_nothing(form: object, positive: list[object]) -> None:
    with pytest.raises(Undecided):
        exact.definite_sign(form, positive)


@st.composite
def assumptions(draw: st.DrawFn) -> list[object]:
    """Forms said to be positive; often the last one contradicts some of the others."""
    forms = draw(st.lists(FORMS, min_size=1, max_size=3))
    weights = draw(st.none() | st.tuples(*(st.integers(0, 2) for _ in range(4))))
    if weights is not None:
        forms.append(-weights[3] - sum((w * form for w, form in zip(weights, forms, strict=False)), Integer(0)))
    return forms


@settings(max_examples=60, deadline=None)
@given(assumptions(), FORMS.filter(bool))
def test_contradictions_are_found_exactly_when_there_are_some(positive: list[Expr], form: Expr) -> None:
    try:
        exact.definite_sign(form, positive)
        assert feasible(positive, [])
    except Undecided:
        assert not feasible(positive, [])


@settings(max_examples=100)
@given(assumptions(), st.lists(FORMS, max_size=2))
def test_compatible_agrees_with_elimination(positive: list[Expr], nonnegative: list[Expr]) -> None:
    assert exact.compatible(positive, nonnegative) == feasible(positive, nonnegative)


def test_compatible_at_the_edges() -> None:
    assert exact.compatible([], [])
    assert exact.compatible([], [R, -R])  # R = 0
    assert not exact.compatible([R], [-R])
    assert not exact.compatible([], [Integer(-1)])
    assert exact.compatible([R - S], [S - R + 1])
    assert not exact.compatible([R - S], [S - R])


@pytest.mark.parametrize(
    "form", [R * S, R**2, 1 / R, exp(R), f(R), sqrt(2) * R, 0.5 * R, pi, R / (1 + S), R**S, nan, Abs(R)]
)
def test_forms_that_are_not_linear_are_undecided(form: object) -> None:
    with pytest.raises(Undecided):
        exact.definite_sign(form, [R, S])
    with pytest.raises(Undecided):
        exact.definite_sign(R + T, [S, form])


# -------------------------------------------------------------------------------------------------- factor_signs


@pytest.mark.parametrize(
    ("expression", "positive", "expected"),
    [
        ((R - T) * (P - S), [R - T, P - S], FactorSigns(1, ())),
        (-(R - T) / (P - S), [R - T, P - S], FactorSigns(-1, ())),
        ((T - R) / (P - S), [R - T, P - S], FactorSigns(-1, ())),
        ((R - T) * (R - P), [R - T, P - S], FactorSigns(1, (R - P,))),
        ((R - P) ** 2 * (R - T), [R - T], FactorSigns(1, ())),
        ((R - P) ** 3 * (R - T), [R - T], FactorSigns(1, (R - P,))),
        ((R**2 + 1) * R, [R], FactorSigns(1, (R**2 + 1,))),  # not linear: left open
        (R - R, [R], FactorSigns(0, ())),
        (Integer(-2), [], FactorSigns(-1, ())),
        ((R + S) ** 2 - R**2 - 2 * R * S - S**2, [R], FactorSigns(0, ())),
        (R / R, [], FactorSigns(1, ())),
        (-2 * (P - S) / (R - S - T + P), [R - T, P - S], FactorSigns(-1, ())),
    ],
)
def test_factor_signs_of_known_expressions(expression: object, positive: list[object], expected: FactorSigns) -> None:
    found = exact.factor_signs(expression, positive)
    sign = found.sign
    assert len(found.open_factors) == len(expected.open_factors)
    for mine, theirs in zip(found.open_factors, expected.open_factors, strict=True):
        if exact.is_zero(mine + theirs):  # a factor is determined up to its sign
            sign = -sign
        else:
            assert exact.is_zero(mine - theirs)
    assert sign == expected.sign


@settings(max_examples=40, deadline=None)
@given(
    cones(), st.lists(st.tuples(FORMS, st.integers(1, 3)), min_size=1, max_size=3), st.tuples(FORMS, st.integers(0, 2))
)
def test_factor_signs_hold_at_sampled_points(
    cone: tuple[list[object], dict[Symbol, int]], above: list[tuple[object, int]], below: tuple[object, int]
) -> None:
    positive, _ = cone
    expression: object = Integer(1)
    for base, power in above:
        expression *= base**power  # type: ignore[operator]
    bottom, power = below
    if bottom != 0:
        expression /= bottom**power  # type: ignore[operator]
    found = exact.factor_signs(expression, positive)
    for numbers in product((-3, -1, 0, Rational(5, 2)), repeat=3):
        point = dict(zip(VARIABLES, numbers, strict=True))
        if any(other.subs(point) <= 0 for other in positive):  # type: ignore[attr-defined]
            continue
        if bottom != 0 and bottom.subs(point) == 0:  # type: ignore[attr-defined]
            continue
        value = expression.subs(point)  # type: ignore[attr-defined]
        claim = found.sign
        for factor_left_open in found.open_factors:
            claim *= sign_of(factor_left_open.subs(point))
        # weak: an even factor that was dropped may be zero here, so the value may be 0 where the claim is not
        assert value * claim >= 0
        assert found.sign != 0 or value == 0


def test_factor_signs_do_not_answer_under_contradicting_assumptions() -> None:
    with pytest.raises(Undecided):
        exact.factor_signs(R * S, [R, -R])


def test_factor_signs_refuse_what_is_not_rational() -> None:
    with pytest.raises(Undecided):
        exact.factor_signs(exp(R) * R, [R])


def test_factored_is_a_product_of_irreducible_factors() -> None:
    polynomial = expand(6 * (x + y) ** 2 * (x - 2 * y) * (x**2 + 1))
    shown = exact.lowest_terms(polynomial)
    assert expand(shown - polynomial) == 0
    assert factor(shown) == shown
    assert exact.lowest_terms(x - x) == 0
    assert exact.lowest_terms((x + y) ** 2 - x**2 - 2 * x * y - y**2) == 0
    assert exact.lowest_terms(Rational(3, 7) + x - x) == Rational(3, 7)


def test_leading_terms() -> None:
    x, y = Symbol("x"), Symbol("y")
    cases = {
        (x**2 + x**3) / (x * y): (1, 1 / y),
        (1 + x) / (x**2 - x**3): (-2, Integer(1)),
        (x - y) / (x + 2 * y): (0, Rational(-1, 2)),
        x - x: (0, Integer(0)),
    }
    for expression, (power, coefficient) in cases.items():
        found = exact.leading_term(expression, x)
        assert found[0] == power and exact.is_zero(found[1] - coefficient)
    assert exact.leading_term(x**2 * y, y) == (1, x**2)
    with pytest.raises(Undecided):
        exact.leading_term(exp(x), x)
