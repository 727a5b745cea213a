"""The correction along a fixed direction, against its values at the corners and inside the square."""

from __future__ import annotations

from itertools import product

import pytest
from sympy import Rational

from theory.alignment import align, align_along
from theory.errors import BadInput
from theory.exact import Undecided, is_zero
from theory.games import ipd, stag_hunt
from theory.policies import parameters

GRID = [Rational(k, 6) for k in range(7)]


@pytest.mark.parametrize("direction", [(1, 1), (1, -1), (2, 1), (-1, -1), (1, 0), (0, 0)])
@pytest.mark.parametrize("payoffs", [(4, 0, 3, 2), (4, 0, 1, 3), (3, 1, 0, 2), (10, 3, 2, 4)])
def test_the_condition_is_that_no_policy_is_negative(direction: tuple[int, int], payoffs: tuple[int, ...]) -> None:
    game = stag_hunt(**dict(zip("RSTP", payoffs, strict=True)))
    found = align_along(game, tuple(map(Rational, direction)))
    (p,), (q,) = parameters(game, "direct")
    inner = found.component.toward_target.subs(dict(game.parameters))
    least = min(inner.subs({p: a, q: b}) for a, b in product(GRID, GRID))
    holds = found.component.possible and all(game.value_of(form) >= 0 for form in found.component.conditions)
    assert holds == (least >= 0)  # affine in each probability, so the grid's corners decide


def test_it_is_the_inner_product_of_the_correction() -> None:
    game = stag_hunt()
    first, second = align(game).correction
    along = align_along(game, (Rational(2), Rational(-3)))
    assert is_zero(along.component.toward_target - (2 * first - 3 * second))
    assert not is_zero(along.component.toward_target - (2 * second - 3 * first))
    assert along.to_json()["direction"] == ["2", "-3"] and "⟨C, w⟩" in along.document().as_text()


def test_refusals() -> None:
    with pytest.raises(BadInput, match="2 numbers"):
        align_along(stag_hunt(), (Rational(1),))
    with pytest.raises(BadInput, match="one-shot"):
        align_along(ipd(), (Rational(1), Rational(1)))
    with pytest.raises(Undecided, match="affine"):
        align_along(stag_hunt(), (Rational(1), Rational(1)), "logit")
