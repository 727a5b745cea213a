"""theory.kernel_alignment: angles against random kernels, limits by hand, signs, and what breaks C17's statements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from claim_checks import verdict
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, Matrix, Rational, eye, lambdify, symbols, zeros

from theory.claims import Verdict
from theory.claims import c17_neural_kernels as c17
from theory.decomposition import flat
from theory.exact import Undecided
from theory.kernel_alignment import (
    aligned_under_all,
    extremal_kernel,
    extremal_pair,
    half_turn,
    largest_sine,
    positive_on_box,
    pushed_sine,
    towards,
    turning,
)
from theory.neural_kernels import derivatives, peer_learning

ONE = Integer(1)
WHOLE = st.integers(-9, 9)


def column(*entries: object) -> Any:
    return Matrix([Rational(str(entry)) for entry in entries])


def random_kernel(draw: np.random.Generator, size: int, condition: float) -> np.ndarray:
    """Symmetric, with smallest and largest eigenvalue 1 and ``condition`` times a random scale."""
    axes = np.linalg.qr(draw.normal(size=(size, size)))[0]
    roots = np.concatenate([[1, condition], draw.uniform(1, condition, size - 2)])
    kernel: np.ndarray = draw.uniform(0.1, 10) * axes @ np.diag(roots) @ axes.T
    return kernel


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return math.acos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))


# -------------------------------------------------------------------------------------------------------------- angles


def test_no_kernel_turns_by_more_in_floats() -> None:
    draw = np.random.default_rng(0)
    for size in (2, 3, 5):
        most = 0.0
        for _ in range(4000):
            vector = draw.normal(size=size)
            most = max(most, angle(random_kernel(draw, size, 4.0) @ vector, vector))
        assert most <= math.asin(3 / 5) + 1e-12
        assert size > 2 or most > math.asin(3 / 5) - 1e-3


def test_two_kernels_and_a_matrix_stay_within_the_sum_in_floats() -> None:
    """Wherever the three angles add up to less than π/2, random kernels keep the product positive."""
    draw, seen = np.random.default_rng(1), 0
    for _ in range(4000):
        z, u, matrix = draw.normal(size=3), draw.normal(size=3), draw.normal(size=(3, 3)) / 3 + np.eye(3)
        conditions = draw.uniform(1, 4, 2)
        sines = [(k - 1) / (k + 1) for k in conditions]
        rho = sines[1] * np.linalg.norm(matrix, 2) * np.linalg.norm(u) / np.linalg.norm(matrix @ u)
        if rho < 1 and angle(z, matrix @ u) + math.asin(sines[0]) + math.asin(rho) < math.pi / 2:
            seen += 1
            first, second = (random_kernel(draw, 3, k) for k in conditions)
            assert z @ first @ matrix @ second @ u > 0
    assert seen > 200


@given(st.tuples(WHOLE, WHOLE, WHOLE), st.tuples(WHOLE, WHOLE, WHOLE), st.integers(1, 99), st.integers(0, 99))
def test_the_condition_is_the_one_on_angles(z: Any, y: Any, first: int, second: int) -> None:
    if not any(z) or not any(y):
        return
    sines = (Rational(first, 100) ** 2, Rational(second, 100) ** 2)
    total = angle(np.array(z, float), np.array(y, float)) + math.asin(first / 100) + math.asin(second / 100)
    if abs(total - math.pi / 2) > 1e-6:  # at equality floats decide nothing
        assert aligned_under_all(column(*z), column(*y), *sines) == (total < math.pi / 2)


def test_limits_by_hand() -> None:
    """cos = 3/5 is the limit of κ = 4; sines 5/13 and 3/5 and the cosine 56/65 add up to a right angle."""
    z, c = column("3/5", "4/5"), column(1, 0)
    assert largest_sine(Integer(4)) == Rational(3, 5)
    assert not aligned_under_all(z, c, Rational(9, 25)) and aligned_under_all(
        z, c, Rational(9, 25) - Rational(1, 10**9)
    )
    worst = extremal_kernel(z, c, ONE, Integer(4))
    assert worst == Matrix([[Rational(8, 5), Rational(-6, 5)], [Rational(-6, 5), Rational(17, 5)]])
    assert z.dot(worst * c) == 0 and worst.trace() == 5 and worst.det() == 4
    z, first, second, u = extremal_pair(Rational(1, 5), Rational(1, 3))
    assert z == column("56/65", "33/65") and z.dot(first * second * u) == 0
    assert sorted(second.eigenvals()) == [Rational(2, 5), Rational(8, 5)]


def test_away_from_the_limit_the_pair_is_not_at_a_right_angle() -> None:
    z, first, second, u = extremal_pair(Rational(1, 5), Rational(1, 3))
    assert z.dot(first.T * second.T * u) == 0  # symmetric
    assert z.dot(second * first * u) > 0 and z.dot(first * u) > 0 and z.dot(second * u) > 0


def test_a_stretching_matrix_by_hand() -> None:
    """M = diag(16/9, 1), u = (3/5, 4/5): Mu = (16/15, 4/5) has length 4/3, so ρ = (16/9)(3/5)/(4/3) = 4/5."""
    matrix, u = Matrix([[Rational(16, 9), 0], [0, 1]]), column("3/5", "4/5")
    assert pushed_sine(Rational(9, 25), Rational(16, 9), matrix, u) == Rational(16, 25)
    turned = Matrix([[3, 4], [-4, 3]])  # a multiple of an orthogonal matrix turns nothing further
    assert pushed_sine(Rational(9, 25), Integer(5), turned, u) == Rational(9, 25)


def test_one_entry_is_never_turned() -> None:
    worst = extremal_kernel(column(1), column(1), ONE, Integer(9))
    assert worst == Matrix([[1]]) and aligned_under_all(column(2), column(3), Rational(99, 100))


def test_the_reflection_refuses_what_it_cannot_turn() -> None:
    with pytest.raises(Undecided):
        turning(column(1, 0), column(-1, 0))
    with pytest.raises(Undecided):
        turning(column(2, 0), column(0, 1))
    assert turning(column(1, 0), column(1, 0)) * column(1, 0) == column(-1, 0)
    assert half_turn(Rational(1, 2)) == (Rational(3, 5), Rational(4, 5))


# --------------------------------------------------------------------------------------------------------------- signs


@given(
    st.lists(st.fractions(0, 3, max_denominator=9), min_size=6, max_size=6),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_kernels_of_the_right_signs_turn_no_entry_back(numbers: list[Any], ups: list[bool]) -> None:
    signs = [1 if up else -1 for up in ups]
    a, b, c, *force = map(Rational, map(str, numbers))
    base = Matrix([[1 + a, a, b], [a, 1 + b, c], [b, c, 1 + c]])
    kernel, pushed = towards(signs, base, signs), towards(signs, Matrix(force))
    moved = towards(signs, kernel * pushed)
    assert all(moved[k] >= kernel[k, k] * force[k] for k in range(3))
    assert towards(signs, kernel, signs) == base


def test_a_polynomial_is_decided_on_a_box() -> None:
    x, y = symbols("x y", real=True)
    assert positive_on_box(1 + x - y / 2, (x, y), Integer(0), ONE)
    assert positive_on_box(x * y, (x, y), Integer(0), ONE, weakly=True)
    assert not positive_on_box(x * y, (x, y), Integer(0), ONE)
    assert not positive_on_box(x - y, (x, y), Integer(0), ONE, weakly=True)
    assert positive_on_box(x**2 - x + 1, (x,), Integer(0), ONE)  # coefficients 1, 1/2, 1
    assert not positive_on_box(x**2 - x + Rational(1, 8), (x,), Integer(0), ONE, weakly=True)  # -1/8 at 1/2


# ------------------------------------------------------------------------------------------------------------ sabotage


@pytest.mark.parametrize(
    ("name", "wrong", "claim"),
    [
        ("largest_sine", lambda k: (k - 1) / k, "alignment-condition"),
        ("largest_sine", lambda k: 1 - 1 / k**2, "alignment-condition"),
        ("extremal_kernel", lambda z, c, low, high: low * eye(c.rows), "alignment-condition"),
        ("aligned_under_all", lambda *a: True, "alignment-condition"),
        ("aligned_under_all", lambda z, c, *s: aligned_under_all(z, c, s[0] / 2), "alignment-condition"),
        ("aligned_under_all", lambda *a: False, "alignment-peer"),
        ("aligned_under_all", lambda z, c, first, second: aligned_under_all(z, c, first), "alignment-peer"),
        ("extremal_pair", lambda a, b: (*extremal_pair(a, b)[:3], Matrix([0, 1])), "alignment-peer"),
        ("extremal_pair", lambda a, b: extremal_pair(a / 2, b), "alignment-peer"),
        ("pushed_sine", lambda square, *rest: square, "alignment-peer"),
        ("pushed_sine", lambda *a: pushed_sine(*a) - Rational(1, 10**6), "alignment-peer"),
        ("pushed_sine", lambda *a: pushed_sine(*a) + Rational(1, 10**6), "alignment-peer"),
        ("kept_signs", lambda *a: True, "sign-box"),
        ("pushed_on", lambda *a: True, "sign-box"),
        ("network_kernel", lambda *a: zeros(2, 2), "sign-box"),
        ("towards", lambda signs, matrix, others=None: matrix, "sign-box"),
        ("positive_on_box", lambda *a, **b: False, "sign-box"),
        ("positive_on_box", lambda *a, **b: False, "alignment-kept"),
    ],
)
def test_wrong_mathematics_is_noticed(name: str, wrong: Any, claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c17, name, wrong)
    assert verdict(f"C17.{claim}") is Verdict.UNDECIDED


def test_signs_are_lost_with_a_negative_entry() -> None:
    assert c17.kept_signs((1, -1), (1, -1)) and not c17.kept_signs((1, -1), (1, 1))
    assert c17.pushed_on((1, -1), (1, -1), (-1, 1)) and not c17.pushed_on((1, 1), (1, -1), (1, 1))
    assert c17.kept_signs((1, 1, -1), (-1, -1, 1)) and not c17.kept_signs((1, 1, 1), (1, 1, -1))


def test_the_sign_box_holds_along_runs_in_floats() -> None:
    """θ′ = v + λC with a kernel ≥ 0: probabilities rise all the way; without hidden biases one falls at once."""
    for shifted in (True, False):
        game, point = c17.two_hunts(Integer(3), shifted)
        names = flat(game.weights)
        here = game.local()
        field = []
        for player, row in enumerate(game.weights):
            slopes = derivatives(game.composed(game.values[player]), row)
            peers = peer_learning(here, player, (ONE, ONE))
            field += [v + c / 100 for v, c in zip(slopes, peers, strict=True)]
        speed, policy = lambdify(names, field, "numpy"), lambdify(names, list(flat(game.policies)), "numpy")
        theta = np.array([float(point[w]) for w in names])
        seen = [np.array(policy(*theta))]
        for _ in range(60):
            theta = theta + 0.02 * np.array(speed(*theta), dtype=float)
            seen.append(np.array(policy(*theta)))
        rising = np.diff(np.array(seen), axis=0) > 0
        assert rising.all() == shifted and (shifted or not rising[0].all())
