"""Claim C19: the largest balls of Stag Hunt against grids in plain fractions and floats, and sabotage of each check."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from sympy import Expr, Integer, Poly, Rational, sqrt

from theory import stag_hunt_balls as balls
from theory.claims import c19_balls as c19
from theory.claims.model import Finding, Verdict, settle
from theory.errors import BadInput
from theory.exact import Undecided, is_zero
from theory.stag_hunt_balls import gap, largest_level, level, s, u, w

BY_ID = {claim.id: claim for claim in c19.CLAIMS}
PROVED = ("C19.sublevel-replicator", "C19.sublevel-logit")
PROOFS = (balls.direct, balls.replicator, balls.logit_below, balls.logit_above, balls.logit_discriminant)
FIELDS = {"direct": 0, "replicator": 1, "logit": 2}


def finding(name: str) -> Finding:
    check = BY_ID[name].check
    assert check is not None
    return settle(check)


def falling(field: str, payoffs: tuple[int, ...], p: Fraction, q: Fraction) -> Fraction:
    """From the table, −⟨x′, x − x*⟩: each probability moves with what Stag earns more, times its slope."""
    r, s_, t, low = payoffs
    more = [y * (r - t) + (1 - y) * (s_ - low) for y in (q, p)]
    moved = [(x * (1 - x)) ** FIELDS[field] * entry for x, entry in zip((p, q), more, strict=True)]
    return sum((x_dot * (1 - x) for x_dot, x in zip(moved, (p, q), strict=True)), Fraction(0))


def payoffs_of(at: Rational) -> tuple[int, ...]:
    """A game of the class with 1 − p* = a: R − T = numerator, P − S = denominator − numerator."""
    low = int(at.q - at.p)
    return (low + int(at.p), 0, low, low)


def first_on_grid(field: str, at: Rational, n: int) -> Fraction:
    """Smallest W with F ≤ 0 on a grid of the square, the target left out."""
    payoffs = payoffs_of(at)
    places = (
        (Fraction(i * i + j * j, n * n), Fraction(i, n), Fraction(j, n)) for i, j in product(range(n + 1), repeat=2)
    )
    return next(
        square for square, first, second in sorted(places)[1:] if falling(field, payoffs, 1 - first, 1 - second) <= 0
    )


# ------------------------------------------------------------------------------------------------------ verdicts


@pytest.mark.parametrize("name", PROVED)
def test_proved(name: str) -> None:
    assert finding(name).verdict is Verdict.PROVED


@pytest.mark.parametrize("proof", PROOFS)
def test_every_fact_holds(proof: object) -> None:
    facts = proof()  # type: ignore[operator]
    assert len(facts) >= 3 and all(facts.values()), facts


def test_the_formula_of_direct_coordinates_is_refuted_elsewhere() -> None:
    found = finding("C19.sublevel-everywhere")
    assert found.verdict is Verdict.REFUTED and len(found.evidence) == 2
    for evidence, field in zip(found.evidence, ("replicator", "logit"), strict=True):
        p, q = Fraction(evidence.content["p"]), Fraction(evidence.content["q"])
        assert falling(field, (5, 0, 1, 1), p, q) == -Fraction(evidence.content["inner_product"]) < 0
        assert (1 - p) ** 2 + (1 - q) ** 2 == Fraction(evidence.content["square"]) < 2 * Fraction(4, 5) ** 2


# --------------------------------------------------------------------------------------------- independent grids


@pytest.mark.parametrize("field", ["direct", "replicator", "logit"])
@pytest.mark.parametrize("at", [Rational(1, 4), Rational(1, 2), Rational(7, 10), Rational(4, 5)])
def test_against_a_grid_of_fractions(field: balls.BallField, at: Rational) -> None:
    found, n = largest_level(field, at), 60
    on_grid = first_on_grid(field, at, n)
    assert Fraction(int(found.low.p), int(found.low.q)) <= on_grid  # F > 0 on all grid points inside
    assert on_grid - Fraction(int(found.high.p), int(found.high.q)) <= Fraction(1, 15)


@pytest.mark.parametrize("field", ["replicator", "logit"])
@pytest.mark.parametrize("percent", [10, 40, 60, 63, 64, 66, 70, 75, 80, 85, 90, 95])
def test_against_floats(field: balls.BallField, percent: int) -> None:
    """Smallest W with F ≤ 0 on a polar grid of the open square."""
    k, at = FIELDS[field], percent / 100
    angle, square = np.meshgrid(np.linspace(1e-6, np.pi / 4, 1501), np.linspace(0.001, 1 - 1e-6, 2000))
    first, second = np.sqrt(square) * np.cos(angle), np.sqrt(square) * np.sin(angle)
    one, two = (z ** (k + 1) * (1 - z) ** k for z in (first, second))
    bad = square[one * (at - second) + two * (at - first) <= 1e-15]
    found = largest_level(field, Rational(percent, 100))
    assert abs((bad.min() if bad.size else 1.0) - float(found.low)) < 1.1e-3


def test_levels_of_log_odds_are_roots_and_grow() -> None:
    levels = [largest_level("logit", Rational(n, 1000)) for n in range(637, 1000, 11)]
    for found in levels:
        equation = Poly(found.equation, level)
        assert equation.eval(found.low) * equation.eval(found.high) <= 0
        assert found.high - found.low <= Rational(1, 10**9)
    assert all(before.high < after.low for before, after in pairwise(levels))


@pytest.mark.parametrize("at", [Rational(13, 20), Rational(3, 4), Rational(9, 10)])
def test_the_bracket_by_counting_roots_on_two_circles(at: Rational) -> None:
    """Just below c* the form has no zero on the circle, just above it has two."""
    found, step = largest_level("logit", at), Rational(1, 10**4)
    for square, count in ((found.low - step, 0), (found.high + step, 2)):
        form = Poly(balls.on_circle("logit").subs({gap: at, level: square}), s)
        ends = [next(Rational(n, 1000) for n in range(3000) if (n / 1000) ** 2 > c) for c in (square, 2 * square)]
        assert form.count_roots(ends[0] - Rational(1, 1000), ends[1]) == count


def test_four_fifths_touches_off_the_diagonal() -> None:
    assert largest_level("logit", Rational(4, 5)).low <= Rational(24, 25) <= largest_level("logit", Rational(4, 5)).high
    place = {u: (3 + sqrt(3)) / 5, w: (3 - sqrt(3)) / 5, gap: Rational(4, 5)}
    assert balls.inner("logit").subs(place).expand() == 0
    assert (u**2 + w**2).subs(place).expand() == Rational(24, 25)
    assert not balls._touches(Rational(4, 5), Rational(23, 25))
    assert not balls._touches(Rational(3, 4), Rational(24, 25))


# ---------------------------------------------------------------------------------- where the simple formula fails


def witness(field: str, at: Rational) -> tuple[Fraction, Fraction] | None:
    """An open point with F < 0 inside |x − x*|² < 2a², exact, if a search finds one."""
    payoffs, ball = payoffs_of(at), 2 * Fraction(int(at.p), int(at.q)) ** 2
    near_corner = [(Fraction(9999, 10000), Fraction(j, 100)) for j in range(1, 100)]
    grid = [(Fraction(i, 100), Fraction(j, 100)) for i, j in product(range(1, 100), repeat=2)]
    for first, second in (*near_corner, *grid):
        if first**2 + second**2 < ball and falling(field, payoffs, 1 - first, 1 - second) < 0:
            return first, second
    return None


@pytest.mark.parametrize(
    ("field", "at", "fails"),
    [
        ("direct", Rational(9, 10), False),
        ("replicator", Rational(7, 10), False),
        ("replicator", Rational(71, 100), True),  # p* = .29 > 2/7: not the second-order condition, the rest point
        ("replicator", Rational(9, 10), True),
        ("logit", Rational(3, 5), False),
        ("logit", Rational(7, 11), False),
        ("logit", Rational(13, 20), True),
        ("logit", Rational(9, 10), True),
    ],
)
def test_witnesses_against_twice_the_square(field: balls.BallField, at: Rational, fails: bool) -> None:
    assert (witness(field, at) is not None) == fails
    assert (largest_level(field, at).high < 2 * at**2) == fails


def test_at_both_thresholds_the_kinds_of_level_meet() -> None:
    assert largest_level("logit", Rational(7, 11)).high == Rational(98, 121)
    assert is_zero(balls.tangency().subs({gap: Rational(7, 11), level: Rational(98, 121)}))
    assert largest_level("replicator", Rational(70710678, 10**8)).high < 1
    assert largest_level("replicator", Rational(70710679, 10**8)).high == 1


def test_second_order_condition_at_the_mixed_equilibrium() -> None:
    """The slope at the diagonal turns at a = (2k + 3)/(4k + 3): 5/7 and 7/11, p* = 2/7 and 4/11."""
    for field, k in FIELDS.items():
        slope = balls.on_circle(field).diff(s).subs({s: 2 * gap, level: 2 * gap**2})  # type: ignore[arg-type]
        assert is_zero(slope.subs(gap, Rational(2 * k + 3, 4 * k + 3))) == (k > 0)


def test_open_points_near_the_rest_point() -> None:
    for at in (Fraction(1, 10), Fraction(1, 2), Fraction(99, 100)):
        payoffs = payoffs_of(Rational(at.numerator, at.denominator))
        for shrink in (4, 40, 400):
            d = (1 - at) / shrink
            assert falling("replicator", payoffs, d**3, 1 - d) < 0
            assert falling("logit", payoffs, d**2, 1 - d) < 0 and (1 - d**2) ** 2 + d**2 < 1


def test_the_game_of_the_paper() -> None:
    assert {largest_level(field, Rational(1, 3)).high for field in ("direct", "replicator", "logit")} == {
        Rational(2, 9)
    }


@pytest.mark.parametrize("at", [Integer(0), Integer(1), Rational(-1, 2), Integer(2)])
def test_a_outside_its_range(at: Rational) -> None:
    with pytest.raises(BadInput):
        largest_level("logit", at)


# ------------------------------------------------------------------------------------------------------ controls


def failing(proof: object) -> int:
    try:
        return sum(not holds for holds in proof().values())  # type: ignore[operator]
    except Undecided:
        return 1


@pytest.mark.parametrize("proof", PROOFS[:3])
def test_a_flipped_sign_in_the_field_is_noticed(proof: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def flipped(field: balls.BallField, original: object = balls.parts) -> tuple[Expr, Expr]:
        top, bottom = original(field)  # type: ignore[operator]
        return -top, bottom

    monkeypatch.setattr(balls, "parts", flipped)
    assert failing(proof) > 0


@pytest.mark.parametrize("proof", PROOFS)
def test_a_flipped_sign_on_the_circles_is_noticed(proof: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def flipped(field: balls.BallField, original: object = balls.on_circle) -> Expr:
        return original(field).subs(gap, -gap)  # type: ignore[operator]

    monkeypatch.setattr(balls, "on_circle", flipped)
    balls.tangency.cache_clear()
    try:
        assert failing(proof) > 0
    finally:
        balls.tangency.cache_clear()


@pytest.mark.parametrize("proof", PROOFS[1:])
def test_a_wrong_exponent_is_noticed(proof: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balls, "EXPONENTS", {"direct": 0, "replicator": 2, "logit": 1})
    balls.tangency.cache_clear()
    try:
        assert failing(proof) > 0
    finally:
        balls.tangency.cache_clear()


@pytest.mark.parametrize(
    ("name", "module", "attribute", "wrong"),
    [
        ("C19.sublevel-replicator", c19, "is_zero", lambda form: True),
        ("C19.sublevel-replicator", c19, "definite_sign", lambda form, positive: -1),
        ("C19.sublevel-replicator", balls, "is_zero", lambda form: False),
        ("C19.sublevel-logit", c19, "is_zero", lambda form: True),
        ("C19.sublevel-logit", balls, "roots_between", lambda *ask: 1),
        ("C19.sublevel-logit", balls, "roots_between", lambda *ask: 0),
        ("C19.sublevel-logit", balls, "sign_between", lambda *ask: None),
        ("C19.sublevel-logit", balls, "sign_changes", lambda values: 3),
        ("C19.sublevel-logit", balls, "LOGIT_GAP", Rational(13, 20)),
        ("C19.sublevel-logit", balls, "LOGIT_GAP", Rational(31, 50)),
        ("C19.sublevel-everywhere", c19, "WITNESSES", {"logit": (Rational(1, 2), Rational(1, 2))}),
        ("C19.sublevel-everywhere", c19, "WITNESSES", {"direct": (Rational(19, 20), Rational(1, 2))}),
    ],
)
def test_sabotage_is_noticed(
    name: str, module: object, attribute: str, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, attribute, wrong)
    assert finding(name).verdict is Verdict.UNDECIDED


def test_counting_on_open_intervals() -> None:
    form = gap * (gap - 1) * (2 * gap - 1) ** 2
    assert balls.roots_between(form, gap, Integer(0), Integer(1)) == 1
    assert balls.sign_between(form, gap, Integer(0), Integer(1)) is None
    assert balls.sign_between(form, gap, Rational(1, 2), Integer(1)) == -1
    assert balls.sign_between(form - form, gap, Integer(0), Integer(1)) == 0
    assert balls.sign_changes([Integer(n) for n in (-1, 0, 2, 0, 3, -1)]) == 2


def test_descartes_does_not_reach_one() -> None:
    """Close to a = 1 the Bernstein coefficients change sign three times: the discriminant is needed there."""
    assert 3 in balls.variations(balls.tangency(), Rational(7, 11), 1 - Rational(1, 10**6))
