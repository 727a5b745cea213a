"""Expansion of the exact update in α: induction over steps, the rule's own code, and what must make it fail."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Rational, Symbol, diff

from theory import expansion
from theory.decomposition import differentiated_unroll
from theory.exact import Undecided, is_zero
from theory.expansion import (
    coefficients,
    covector_step,
    directional,
    path_step,
    rule_coefficients,
    second_order,
    start_of,
    taylor_unroll,
)
from theory.games import stag_hunt
from theory.jets import SmoothPoint, freed
from theory.symbols import alpha, own_coefficient, peer_coefficient
from theory.updates import REGISTRY
from theory.updates.model import Unroll

L = Symbol("L", integer=True, nonnegative=True)
ONES = {own_coefficient: 1, peer_coefficient: 1}


@pytest.mark.parametrize("shape", [(1, 1), (2, 1)])
def test_induction_over_steps(shape: tuple[int, ...]) -> None:
    assert all(map(is_zero, path_step(shape)))
    assert all(map(is_zero, covector_step(shape)))


def test_a_wrong_count_of_pairs_fails_the_induction(monkeypatch) -> None:
    original = expansion._pairs
    monkeypatch.setattr(expansion, "_pairs", lambda count: original(count) + count)
    assert not all(map(_zero, path_step((1, 1))))
    assert not all(map(_zero, covector_step((1, 1))))


@pytest.mark.parametrize("length", [1, 2])
def test_the_rules_own_code_has_this_expansion(length: int) -> None:
    closed = second_order((1, 1), 0, L)
    own = rule_coefficients(REGISTRY["meta"], taylor_unroll((1, 1), length), 0, 2)
    for left, right in zip(own, closed, strict=True):
        assert is_zero(left[0].subs(ONES) - right[0].subs(L, length))
    # The control: another number of steps, or one coefficient missing, is told apart.
    assert not _zero(own[2][0].subs(ONES) - closed[2][0].subs(L, length + 1))
    assert not _zero(own[2][0].subs({own_coefficient: 0, peer_coefficient: 1}) - closed[2][0].subs(L, length))


def _zero(expression: Any) -> bool:
    return is_zero(freed(expression))


def test_expansion_against_plain_differentiation_of_jets() -> None:
    """L = 1, two players with one parameter each: d²/dα² of Vⁱ(φ₁)'s derivative, by the chain rule on jets alone."""
    start = start_of((1, 1))
    end = Unroll(SmoothPoint, start, [alpha, alpha]).path[-1]
    assert isinstance(end, SmoothPoint)
    total = diff(end.value(0), start[0][0])
    for order, (expected,) in enumerate(second_order((1, 1), 0, 1)):
        found = diff(total, alpha, order).subs(alpha, 0) / (2 if order == 2 else 1)
        assert is_zero(found - expected)


def test_directional_is_the_change_of_the_field_along_itself() -> None:
    start = start_of((2, 1))
    point = SmoothPoint(start)
    flat = [(x, g) for i, row in enumerate(start) for x, g in zip(row, point.gradient(i, i), strict=True)]
    for i in range(2):
        for entry, bend in zip(point.gradient(i, i), directional(start)[i], strict=True):
            assert is_zero(sum(diff(entry, x) * g for x, g in flat) - bend)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_order_alpha_squared_in_stag_hunt_by_hand(length: int) -> None:
    """v = (3q − 2, 3p − 2) is linear, V¹ = 2 − 2p + q + 3pq: G_1 by hand from powers of the matrix [[0, 3], [3, 0]].

    φ_L − (2/3, 2/3) = (I + αA)^L (φ₀ − (2/3, 2/3)) and G_1 = e_1ᵀ(I + αA)^L ∇V¹(φ_L), so with x = p − 2/3, y = q − 2/3,
    ∇V¹(φ) = (3y, 3 + 3x): the coefficients of α and α² follow from the binomial series.
    """
    total = differentiated_unroll(stag_hunt().instance(), unroll=length)
    p, q = Rational(1, 5), Rational(1, 7)
    x, y = p - Rational(2, 3), q - Rational(2, 3)
    series = total.taylor({Symbol("p", real=True): p, Symbol("q", real=True): q}, alpha, 2)["total_1"][0]
    pairs = Rational(length * (length - 1), 2)
    # φ_L: (x, y) → (x + 3Lαy + 9Cα²x, y + 3Lαx + 9Cα²y); e_1ᵀ(I + αA)^L = (1 + 9Cα², 3Lα).
    first = 3 * 3 * length * x + 3 * length * (3 + 3 * x)
    second = 3 * 9 * pairs * y + 9 * pairs * 3 * y + 3 * length * 3 * 3 * length * y
    assert series == (3 * y, first, second)


def test_taylor_coefficients_of_a_rational_function() -> None:
    x = Symbol("x")
    assert coefficients(1 / (1 - alpha * x), 3) == [1, x, x**2, x**3]
    assert coefficients((x + alpha) ** 3, 2) == [x**3, 3 * x**2, 3 * x]
    assert coefficients((1 + alpha) / (2 + alpha * x), 1) == [Rational(1, 2), Rational(1, 2) - x / 4]
    with pytest.raises(Undecided):
        coefficients(1 / (x + alpha), 1)
