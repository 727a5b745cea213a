"""theory.program: three ways to read one program agree, and reverse accumulation agrees with SymPy's diff."""

from __future__ import annotations

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Mul, Rational, Symbol, diff, exp, expand, fraction, symbols, together

from theory.exact import Undecided, is_zero, to_fmpq
from theory.program import Builder, Program, formal_exponential, partials
from theory.strategies import rationals

INPUTS = symbols("x y z")
x, y, z = INPUTS


@st.composite
def builders(draw: st.DrawFn, exponentials: bool = False) -> tuple[Builder, Expr]:
    """A random straight-line derivation without poles at real points, and an expression in its steps."""
    build = Builder(INPUTS)
    known: list[Expr] = [*INPUTS, Integer(2), Rational(-1, 3)]
    operations = ["+", "-", "*", "/", "^", "fused"] + (["exp"] if exponentials else [])
    for _ in range(draw(st.integers(1, 6))):
        a, b, c = (draw(st.sampled_from(known)) for _ in range(3))
        match draw(st.sampled_from(operations)):
            case "+":
                value = a + b
            case "-":
                value = a - b
            case "*":
                value = a * b
            case "/":
                value = a / (1 + b**2)
            case "^":
                value = a ** draw(st.integers(1, 3))
            case "exp":
                value = exp(-draw(st.sampled_from(INPUTS)))
            case _:
                value = a * b - c * draw(rationals(-2, 2, 3))
        known.append(build.let(draw(st.sampled_from(["u", "v", "x", "adj"])), value))
    return build, draw(st.sampled_from(known)) * draw(st.sampled_from(known)) + draw(st.sampled_from(known))


POINTS = st.tuples(*(rationals(-3, 3, 5) for _ in INPUTS)).map(lambda row: dict(zip(INPUTS, row, strict=True)))


@settings(max_examples=40, deadline=None)
@given(builders(), POINTS)
def test_at_closed_form_and_substituted_agree(built: tuple[Builder, Expr], point: dict[Symbol, Rational]) -> None:
    build, value = built
    program = build.program({"first": [value, x], "second": [value + 1]})
    exactly = program.at(point)
    closed, substituted = program.closed_form(), program.substituted()
    assert set(exactly) == set(closed) == set(substituted) == {"first", "second"}
    for block, row in exactly.items():
        for number, closed_entry, plain_entry in zip(row, closed[block], substituted[block], strict=True):
            assert isinstance(number, Rational)
            assert number == closed_entry.subs(point) == plain_entry.subs(point)
            assert is_zero(closed_entry - plain_entry)
            assert plain_entry.free_symbols <= set(INPUTS)
    assert exactly["first"][1] == point[x]


@settings(max_examples=40, deadline=None)
@given(builders(), POINTS)
def test_gradient_agrees_with_sympy(built: tuple[Builder, Expr], point: dict[Symbol, Rational]) -> None:
    build, value = built
    plain = build.program({"value": [value]}).substituted()["value"][0]
    program = build.program({"slope": build.gradient(value, INPUTS)})
    for symbol, entry, number in zip(INPUTS, program.substituted()["slope"], program.at(point)["slope"], strict=True):
        expected = diff(plain, symbol)
        assert expand(fraction(together(entry - expected))[0]) == 0
        assert number == expected.subs(point)


@settings(max_examples=40, deadline=None)
@given(builders(exponentials=True))
def test_gradient_through_exponentials_agrees_with_sympy(built: tuple[Builder, Expr]) -> None:
    build, value = built
    plain = build.program({"value": [value]}).substituted()["value"][0]
    slopes = build.program({"slope": build.gradient(value, INPUTS)}).substituted()["slope"]
    for symbol, entry in zip(INPUTS, slopes, strict=True):
        assert is_zero(in_weights(entry) - in_weights(diff(plain, symbol)))


def in_weights(expression: Expr) -> Expr:
    """exp(−kx) as w_xᵏ, so that two expressions compare as rational functions."""

    def power(exponential: Expr) -> Expr:
        return Mul(*(Symbol(f"w_{s}") ** -k for s, k in exponential.args[0].as_coefficients_dict().items()))

    return expression.replace(lambda e: e.func is exp, power)


@settings(max_examples=30, deadline=None)
@given(builders(), POINTS, rationals(-2, 2, 3))
def test_second_derivatives_by_two_reverse_sweeps(
    built: tuple[Builder, Expr], point: dict[Symbol, Rational], weight: Rational
) -> None:
    """The second sweep goes through the first one's steps, and symmetric second derivatives come out."""
    build, value = built
    plain = build.program({"value": [value]}).substituted()["value"][0]
    first = build.gradient(value, INPUTS)
    combined = first[0] + weight * first[1]
    second = build.program({"second": build.gradient(combined, INPUTS)}).at(point)["second"]
    for symbol, number in zip(INPUTS, second, strict=True):
        assert number == (diff(plain, x, symbol) + weight * diff(plain, y, symbol)).subs(point)


def test_gradient_of_values_without_steps() -> None:
    build = Builder(INPUTS)
    assert build.gradient(x * y + 3, INPUTS) == (y, x, 0)
    assert build.gradient(Integer(7), INPUTS) == (0, 0, 0)


def test_gradient_with_respect_to_a_step() -> None:
    """The derivative in a step, later steps following: not silently 0."""
    build = Builder(INPUTS)
    u = build.let("u", x * y)
    v = build.let("v", u**2)
    assert build.program({"slope": build.gradient(v + u, (u, x))}).substituted()["slope"] == (
        2 * x * y + 1,
        y * (2 * x * y + 1),
    )


def test_a_gradient_does_not_spoil_the_next_one() -> None:
    build = Builder(INPUTS)
    u = build.let("u", x / (1 + y**2))
    v = build.let("v", u * exp(-z))
    first = build.gradient(v, INPUTS)
    second = build.gradient(u**2, INPUTS)
    plain = build.program({"first": first, "second": second}).substituted()
    for symbol, a, b in zip(INPUTS, plain["first"], plain["second"], strict=True):
        assert is_zero(a - diff(x / (1 + y**2) * exp(-z), symbol))
        assert is_zero(b - diff((x / (1 + y**2)) ** 2, symbol))


# --------------------------------------------------------------------------------------------------------- naming


def test_atoms_and_signed_symbols_get_no_step() -> None:
    build = Builder(INPUTS)
    for expression in (x, -x, Integer(3), Rational(-1, 2), 0):
        assert build.let("u", expression) == expression
    assert build.program({"out": [x]}).steps == ()


def test_equal_expressions_share_a_step() -> None:
    build = Builder(INPUTS)
    assert build.let("u", x + y) == build.let("v", y + x)
    assert build.let("u", x + y) != build.let("u", x - y)


def test_step_names_never_collide_with_inputs() -> None:
    inputs = symbols("u_0 u_2 v")
    build = Builder(inputs)
    names = [build.let("u", inputs[0] + k) for k in range(1, 5)]
    assert len({*names, *inputs}) == len(names) + len(inputs)
    assert len({symbol.name for symbol in (*names, *inputs)}) == len(names) + len(inputs)
    program = build.program({"out": names})
    assert program.at(dict.fromkeys(inputs, Integer(10)))["out"] == (11, 12, 13, 14)


def test_inputs_of_one_name_are_refused() -> None:
    """Two players' parameters with one name would silently be tied together."""
    with pytest.raises(ValueError, match="x"):
        Builder([x, y, Symbol("x")])


def test_steps_no_output_needs_are_left_out() -> None:
    build = Builder(INPUTS)
    u = build.let("u", x + y)
    build.let("unused", 1 / (x - x * y))
    v = build.let("v", u * z)
    program = build.program({"out": [v]})
    assert [name for name, _ in program.steps] == [u, v]
    assert program.operations == 2
    assert program.at({x: Integer(0), y: Integer(1), z: Integer(2)})["out"] == (2,)  # the unused step has a pole here


@settings(max_examples=30, deadline=None)
@given(builders(), builders(), POINTS)
def test_inlining_is_composition(
    inner: tuple[Builder, Expr], outer: tuple[Builder, Expr], point: dict[Symbol, Rational]
) -> None:
    """Names of the inner program's steps clash with the outer one's: nothing may be captured."""
    build, value = inner
    program = build.program({"f": [value, value + x]})
    host, argument = outer
    arguments = {x: argument, y: host.let("u", x - y), z: x}
    written = host.inline(program, arguments)
    result = host.program({"f": written["f"], "arguments": [arguments[symbol] for symbol in INPUTS]}).at(point)
    assert program.at(dict(zip(INPUTS, result["arguments"], strict=True)))["f"] == result["f"]


def test_inlining_swaps_inputs_at_once() -> None:
    inner = Builder([x, y])
    program = inner.program({"f": [inner.let("u", x - 2 * y)]})
    host = Builder([x, y])
    written = host.inline(program, {x: y, y: x})
    assert host.program(written).substituted()["f"] == (y - 2 * x,)


# --------------------------------------------------------------------------------------------------------- errors


def reciprocal() -> Program:
    build = Builder(INPUTS)
    return build.program({"out": [build.let("u", 1 / build.let("v", x - y))]})


def test_poles_are_errors() -> None:
    with pytest.raises(ZeroDivisionError):
        reciprocal().at({x: Integer(1), y: Integer(1), z: Integer(0)})


def test_missing_inputs_are_errors() -> None:
    with pytest.raises(KeyError):
        reciprocal().at({x: Integer(1)})


def test_exponentials_have_no_closed_form() -> None:
    build = Builder(INPUTS)
    program = build.program({"out": [build.let("u", exp(x))]})
    with pytest.raises(Undecided):
        program.closed_form()
    assert program.substituted()["out"] == (exp(x),)


def test_constant_outputs() -> None:
    program = Builder(INPUTS).program({"out": [0, Integer(3), Rational(2, 7)], "none": []})
    assert program.at({}) == {"out": (0, 3, Rational(2, 7)), "none": ()}
    assert program.closed_form()["out"] == (0, 3, Rational(2, 7))


# ---------------------------------------------------------------------------------------------- formal exponential


@given(rationals(-9, 9, 12), rationals(-9, 9, 12))
def test_the_formal_exponential_is_a_positive_function_of_its_argument(a: Rational, b: Rational) -> None:
    assert formal_exponential(to_fmpq(a)) > 0
    assert formal_exponential(to_fmpq(a)) == formal_exponential(to_fmpq(a + b - b))


def test_the_formal_exponential_refutes_false_identities() -> None:
    """Values at generic points must differ between programs that differ."""
    point = {x: Rational(3, 7), y: Rational(-2, 5), z: Rational(1, 3)}

    def at(expression: Expr) -> Rational:
        build = Builder(INPUTS)
        return build.program({"out": [build.let("u", expression)]}).at(point)["out"][0]

    sigmoid = 1 / (1 + exp(-x))
    assert at(sigmoid + exp(-x) * sigmoid) == 1
    for wrong in (exp(-x), sigmoid**2, 1 / (1 + exp(-y)), sigmoid * (1 - sigmoid)):
        assert at(sigmoid) != at(wrong)


def test_the_formal_exponential_separates_nearby_arguments() -> None:
    """Collisions would let a factor evaluated at the wrong point pass unseen."""
    arguments = {flint.fmpq(p, q) for q in range(1, 40) for p in range(-40, 40)}
    assert len({formal_exponential(u) for u in arguments}) > 0.99 * len(arguments)


@given(data=st.data())
def test_partials_are_the_derivatives(data: st.DataObject) -> None:
    """Against SymPy's diff, on random rational expressions."""
    x, y, z = symbols("x y z")
    expression = data.draw(
        st.recursive(
            st.sampled_from([x, y, z, Integer(2), Rational(1, 3)]),
            lambda inner: st.one_of(
                st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
                st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
                inner.map(lambda entry: 1 / (1 + entry**2)),
                inner.map(lambda entry: entry**3),
            ),
            max_leaves=6,
        )
    )
    found = partials(expression)
    assert set(found) == expression.free_symbols
    for symbol, slope in found.items():
        assert is_zero(slope - diff(expression, symbol))
        assert not is_zero(partials(expression + symbol)[symbol] - diff(expression, symbol))  # control


def test_partials_through_other_functions() -> None:
    x, y = symbols("x y")
    assert partials(y * exp(x * y)) == {x: y**2 * exp(x * y), y: exp(x * y) + x * y * exp(x * y)}
