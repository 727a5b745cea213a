"""Bernstein coefficients, trees and margins against SymPy and points; every leaf, and what each must refuse."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from math import comb

import flint
import pytest
from sympy import Poly, Rational, symbols

from theory.exact import Undecided, from_fmpq
from theory.regions.prove import (
    Counterexample,
    Goal,
    Touch,
    leaves,
    lowest_ratio,
    margin,
    prove,
    simple_below,
    simple_between,
    tensor,
)

X = symbols("x0:3")


def context(size: int) -> flint.fmpq_mpoly_ctx:
    return flint.fmpq_mpoly_ctx.get([f"x{k}" for k in range(size)], "degrevlex")


def random_polynomial(rng: random.Random, size: int, degree: int) -> flint.fmpq_mpoly:
    return context(size).from_dict(
        {
            powers: flint.fmpq(rng.randint(-9, 9), rng.randint(1, 5))
            for powers in product(range(degree + 1), repeat=size)
        }
    )


def random_box(rng: random.Random, size: int) -> tuple[tuple[Rational, Rational], ...]:
    rows = []
    for _ in range(size):
        low, high = sorted((Rational(rng.randint(-8, 8), 7), Rational(rng.randint(-8, 8), 5)))
        rows.append((low, high))
    return tuple(rows)


def value(polynomial: flint.fmpq_mpoly, point: tuple[Rational, ...]) -> Rational:
    return from_fmpq(polynomial(*[flint.fmpq(int(x.p), int(x.q)) for x in point]))


@pytest.mark.parametrize("seed", range(12))
def test_bernstein_form_is_the_polynomial(seed: int) -> None:
    """Σ b_k Π C(d, k) t^k (1−t)^(d−k) expands to the polynomial on the box, with the degree raised or not."""
    rng = random.Random(seed)
    size = rng.randint(1, 3)
    polynomial, box = random_polynomial(rng, size, rng.randint(0, 3)), random_box(rng, size)
    raised = [d + rng.randint(0, 2) for d in map(int, polynomial.degrees())]
    found = tensor(polynomial, box, raised)
    assert found.shape == tuple(d + 1 for d in raised)
    t = X[:size]
    total = 0
    for place, entry in zip(product(*map(range, found.shape)), found.entries, strict=True):
        weight = 1
        for k, d, x in zip(place, raised, t, strict=True):
            weight *= comb(d, k) * x**k * (1 - x) ** (d - k)
        total += Rational(int(entry), int(found.scale)) * weight
    expected = 0
    for powers, coefficient in polynomial.to_dict().items():
        term = from_fmpq(coefficient)
        for power, x, (low, high) in zip(powers, t, box, strict=True):
            term *= (low + (high - low) * x) ** int(power)
        expected += term
    assert Poly(total - expected, *t).is_zero


@pytest.mark.parametrize("seed", range(12))
def test_halves_are_the_coefficients_of_the_halves(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.randint(1, 3)
    polynomial, box = random_polynomial(rng, size, 3), random_box(rng, size)
    axis = rng.randrange(size)
    low, high = box[axis]
    middle = (low + high) / 2
    for half, interval in zip(tensor(polynomial, box).halves(axis), ((low, middle), (middle, high)), strict=True):
        fresh = tensor(polynomial, (*box[:axis], interval, *box[axis + 1 :]))
        assert all(a * fresh.scale == b * half.scale for a, b in zip(half.entries, fresh.entries, strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_what_is_decided_is_true(seed: int) -> None:
    """A tree's leaves cover the box with coefficients > 0; a counterexample is one; neither is ever both."""
    rng = random.Random(seed)
    size = rng.randint(1, 2)
    polynomial = random_polynomial(rng, size, 3) + rng.randint(0, 25)
    box = ((Rational(0), Rational(1)),) * size
    points = list(product([Rational(k, 8) for k in range(9)], repeat=size))
    lowest = min(value(polynomial, point) for point in points)
    try:
        tree = prove(Goal(polynomial, strict=True), box)
    except Counterexample as found:
        assert value(polynomial, found.point) <= 0
        assert all(0 <= x <= 1 for x in found.point)
        return
    assert lowest > 0
    pieces = list(leaves(tree, box))
    volume = sum((Fraction(1) * _volume(piece) for piece in pieces), Fraction(0))
    assert volume == 1
    assert all(entry > 0 for piece in pieces for entry in tensor(polynomial, piece).entries)


def _volume(box: tuple[tuple[Rational, Rational], ...]) -> Fraction:
    total = Fraction(1)
    for low, high in box:
        total *= Fraction(int((high - low).p), int((high - low).q))
    return total


def test_both_outcomes_occur_above() -> None:
    outcomes = set()
    for seed in range(60):
        rng = random.Random(seed)
        size = rng.randint(1, 2)
        polynomial = random_polynomial(rng, size, 3) + rng.randint(0, 25)
        try:
            outcomes.add(len(prove(Goal(polynomial, strict=True), ((Rational(0), Rational(1)),) * size)) > 1)
        except Counterexample:
            outcomes.add("counterexample")
    assert outcomes == {True, False, "counterexample"}


def test_equality_inside_is_a_counterexample_to_strict_and_undecided_off_the_grid() -> None:
    x = context(1).gen(0)
    unit = ((Rational(0), Rational(1)),)
    with pytest.raises(Counterexample) as found:
        prove(Goal((2 * x - 1) ** 2, strict=True), unit)
    assert found.value.point == (Rational(1, 2),)
    with pytest.raises(Undecided):  # the zero 1/3 is no corner of any box
        prove(Goal((3 * x - 1) ** 2, strict=True), unit, budget=200)
    with pytest.raises(Undecided):
        prove(Goal((3 * x - 1) ** 2, strict=False), unit, budget=200)


def test_constraints_empty_boxes_and_guard_counterexamples() -> None:
    x, y = context(2).gens()
    unit = ((Rational(0), Rational(1)),) * 2
    polynomial, inside = 1 - x - y, 1 - 4 * x**2 - 4 * y**2  # the disc of radius 1/2: x + y < 1 on it
    tree = prove(Goal(polynomial, True, ((inside, False),)), unit)
    assert ["empty", 0] in tree and "sign" in tree
    with pytest.raises(Counterexample):
        prove(Goal(polynomial, strict=True), unit)
    wider = 1 - x**2 - y**2
    with pytest.raises(Counterexample) as found:
        prove(Goal(polynomial, True, ((wider, False),)), unit)
    assert value(wider, found.value.point) >= 0 >= value(polynomial, found.value.point)


def test_a_target_leaf_needs_growth_of_the_named_order() -> None:
    x, y = context(2).gens()
    unit = ((Rational(0), Rational(1)),) * 2
    corner = (Rational(0), Rational(0))
    linear, quadratic = x + y, x**2 + y**2
    assert prove(Goal(linear - x * y, True, target=(corner, linear)), unit)[-1][0] == "target"
    assert prove(Goal(quadratic + x * y, True, target=(corner, quadratic)), unit)[0][0] == "target"
    with pytest.raises(Undecided):  # quadratic growth is not linear
        prove(Goal(quadratic, True, target=(corner, linear)), unit, budget=300)
    with pytest.raises(Counterexample):  # 0 along an edge, not at the corner only
        prove(Goal(x * (1 + y), True, target=(corner, linear)), unit)


def sharp_ball(shift: int = 0) -> Goal:
    """Stag Hunt 4, 0, 3, 2 in u = 1 − p, w = 1 − q: u + w − 6uw > 0 where u² + w² < 2/9, worked on paper."""
    u, w = context(2).gens()
    slack = flint.fmpq(2, 9) + flint.fmpq(shift, 1000) - u**2 - w**2
    touch = Touch((Rational(1, 3), Rational(1, 3)), slack)
    return Goal(u + w - 6 * u * w, True, ((slack, True),), ((Rational(0), Rational(0)), u + w), touch)


def test_a_touch_leaf_settles_the_sharp_level_and_no_larger_one() -> None:
    unit = ((Rational(0), Rational(1)),) * 2
    assert any(isinstance(node, list) and node[0] == "touch" for node in prove(sharp_ball(), unit))
    goal = sharp_ball()
    with pytest.raises(Undecided):  # without the leaf halving never ends
        prove(Goal(goal.polynomial, True, goal.constraints, goal.target), unit, budget=500)
    with pytest.raises(Counterexample):
        prove(sharp_ball(shift=1), unit)


@pytest.mark.parametrize("seed", range(20))
def test_margins_hold_and_are_close_to_the_best(seed: int) -> None:
    rng = random.Random(seed)
    positive = {powers: abs(entry) for powers, entry in random_polynomial(rng, 2, 1).to_dict().items()}
    base = context(2).from_dict(positive) + 1
    polynomial = random_polynomial(rng, 2, 2) + 60
    unit = ((Rational(0), Rational(1)),) * 2
    found, tree = margin(polynomial, base, unit)
    grid = list(product([Rational(k, 16) for k in range(17)], repeat=2))
    ratios = [value(polynomial, point) / value(base, point) for point in grid]
    assert 0 < found <= min(ratios)
    assert tree == prove(Goal(polynomial - base * flint.fmpq(int(found.p), int(found.q)), False), unit)


def test_no_margin_where_the_polynomial_is_not_positive() -> None:
    x = context(1).gen(0)
    with pytest.raises(Counterexample):
        margin(x, x * 0 + 1, ((Rational(0), Rational(1)),))


@pytest.mark.parametrize(
    "low, high", [("1/3", "1/2"), ("7/22", "8/25"), ("3", "3"), ("5/2", "99/10"), ("1/100", "1/99")]
)
def test_the_simplest_fraction_between(low: str, high: str) -> None:
    below, above = Rational(low), Rational(high)
    found = simple_between(below, above)
    assert below <= found <= above
    smaller = (Rational(p, q) for q in range(1, int(found.q)) for p in range(0, 10 * q + 1))
    assert not any(below <= fraction <= above for fraction in smaller)


def test_simple_below_is_below_and_close() -> None:
    for number in (Rational(1, 3), Rational(12345, 6789), Rational(1, 10**9)):
        assert number * Rational(19, 20) <= simple_below(number) <= number


def test_ratios_of_tensors() -> None:
    x = context(1).gen(0)
    unit = ((Rational(0), Rational(1)),)
    assert lowest_ratio(tensor(3 * x + 1, unit), tensor(x + 1, unit)) == 1
    assert lowest_ratio(tensor(x - 1, unit), tensor(x, unit)) is None  # negative where the base is 0
