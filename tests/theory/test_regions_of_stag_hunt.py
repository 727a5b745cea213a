"""Claim C19: the regions of Stag Hunt against grids in plain fractions, and sabotage of each check."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from sympy import Integer, Rational

from theory.claims import c19_regions as c19
from theory.claims.model import Verdict, settle
from theory.games import stag_hunt
from theory.separatrix import separatrix
from theory.symbols import correction

BY_ID = {claim.id: claim for claim in c19.CLAIMS}
CHECKED = ("C19.basin", "C19.sublevel", "C19.sign-box", "C19.logit")
GAMES = ((4, 0, 3, 2), (10, 3, 2, 4), (6, 1, 0, 2), (5, -4, 4, 1))


def verdict(name: str) -> Verdict:
    check = BY_ID[name].check
    assert check is not None
    return settle(check).verdict


@pytest.mark.parametrize("name", CHECKED)
def test_proved(name: str) -> None:
    assert verdict(name) is Verdict.PROVED


def test_the_parent_asks_for_the_ipd_too() -> None:
    assert {"C19.ipd", "C19.cooperative-set"} <= set(BY_ID["C19"].requires)


def gradient(payoffs: tuple[int, ...], p: Fraction, q: Fraction) -> tuple[Fraction, Fraction]:
    """From the table: what Stag earns more than Hare against the other's mix."""
    r, s, t, low = payoffs
    return tuple(x * (r - t) + (1 - x) * (s - low) for x in (q, p))  # type: ignore[return-value]


@pytest.mark.parametrize("payoffs", GAMES)
def test_ball_and_box_on_a_grid(payoffs: tuple[int, ...]) -> None:
    r, s, t, low = payoffs
    mixed = Fraction(low - s, r - s - t + low)
    level = 2 * (1 - mixed) ** 2
    for i, j in product(range(25), repeat=2):
        p, q = Fraction(i, 24), Fraction(j, 24)
        v = gradient(payoffs, p, q)
        assert (v[0] > 0 and v[1] > 0) == (p > mixed and q > mixed)
        square = (1 - p) ** 2 + (1 - q) ** 2
        if 0 < square < level:
            assert v[0] * (p - 1) + v[1] * (q - 1) < 0
    at_mixed = gradient(payoffs, mixed, mixed)
    assert at_mixed == (0, 0) and 2 * (1 - mixed) ** 2 == level  # the ball cannot be larger


def test_starts_on_both_sides_of_the_line() -> None:
    """Exact clipped Euler steps of v + λC from just above and just below the boundary."""
    r, s, t, low = 4, 0, 3, 2
    line, size = separatrix(stag_hunt()), Fraction(1, 10)
    boundary = Fraction(str(line.boundary.subs(line.values(Rational(1, 10)))))
    spread = r - s - t + low
    for side, corner in ((1, 1), (-1, 0)):
        p = boundary / 2 + side * Fraction(1, 50) + Fraction(1, 5)
        q = boundary - p + side * Fraction(1, 25)
        for _ in range(120):
            v = gradient((r, s, t, low), p, q)
            c = tuple(spread * (t - low + spread * x) for x in (p, q))
            moved = (x + Fraction(1, 20) * (a + size * b) for x, a, b in zip((p, q), v, c, strict=True))
            p, q = (min(max(Fraction(x).limit_denominator(10**9), Fraction(0)), Fraction(1)) for x in moved)
        assert p == q == corner


def test_the_boundary_at_zero_is_twice_the_mixed_equilibrium() -> None:
    line = separatrix(stag_hunt())
    assert line.boundary.subs({**dict(line.game.parameters), correction: Integer(0)}) == Rational(4, 3)


@pytest.mark.parametrize(
    ("name", "attribute", "wrong"),
    [
        ("C19.basin", "definite_sign", lambda form, positive: None),
        ("C19.sublevel", "definite_sign", lambda form, positive: -1),
        ("C19.sublevel", "is_zero", lambda form: True),
        ("C19.sign-box", "is_zero", lambda form: True),
        ("C19.sign-box", "definite_sign", lambda form, positive: -1),
    ],
)
def test_sabotage_is_noticed(name: str, attribute: str, wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c19, attribute, wrong)
    assert verdict(name) is Verdict.UNDECIDED
