"""Claim C9: rates against NumPy, bounds by hand, exact branches against floating point, and sabotage."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np
import pytest
from claim_checks import BY_ID, plain_finding, readings, verdict
from scipy.optimize import fsolve
from sympy import Expr, Integer, Poly, Rational, lambdify, symbols

from theory import drift
from theory.balls import as_ball, ball
from theory.claims import c09_drift as c09
from theory.claims.model import Verdict
from theory.corrected import Corrected, Rates
from theory.drift import (
    Diagonal,
    Remainder,
    X,
    moved,
    norm_bound,
    remainder,
    settings,
    top_eigenvalue,
)
from theory.exact import Undecided
from theory.symbols import correction as size

EXPECTED = {
    "C9.rate": Verdict.REFUTED,
    "C9.weyl": Verdict.PROVED,
    "C9.exact-slope": Verdict.PROVED,
    "C9.quadratic": Verdict.PROVED,
    "C9.half": Verdict.PROVED,
    "C9.half-always": Verdict.REFUTED,
    "C9.games": Verdict.PROVED,
}
BY_NAME = {setting.name: setting for setting in settings()}
CURVED = BY_NAME["curved-demand"]
right_bend = drift.bend_bound


@pytest.mark.parametrize("name", EXPECTED)
def test_verdict_and_evidence(name: str) -> None:
    plain_finding(name, EXPECTED[name])


def test_the_parent_is_refuted_by_the_rate() -> None:
    assert BY_ID["C9"].requires == ("C9.rate",) and set(EXPECTED) == readings("C9")


# ----------------------------------------------------------------------------------------------------------- balls


@pytest.mark.parametrize("number", ["1/3", "-1/3", "0", "2", "-7/8", "1/1000000"])
def test_decimals_are_rounded_outward(number: str) -> None:
    low, high = drift.decimals(ball(Rational(number)), 4).strip("[]").split(", ")
    assert Fraction(low) <= Fraction(number) <= Fraction(high) <= Fraction(low) + Fraction(2, 10**4)


def test_ends_of_an_infinite_ball_are_refused() -> None:
    with pytest.raises(Undecided):
        drift.ends(flint.arb(1) / flint.arb(0))


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_top_eigenvalue_against_numpy(width: int) -> None:
    draw = np.random.default_rng(width)
    for spread in (0.0, 0.1):
        middle = draw.integers(-5, 6, (width, width)).astype(float)
        found = top_eigenvalue([[flint.arb(float(x), spread) for x in row] for row in middle])
        for _ in range(20):
            inside = middle + spread * draw.uniform(-1, 1, (width, width))
            value = np.linalg.eigvalsh((inside + inside.T) / 2).max()
            low, high = (float(end) for end in drift.ends(found))
            assert low - 1e-9 <= value <= high + 1e-9
        assert spread or float(found.rad()) < 1e-12


def test_a_multiple_eigenvalue_is_isolated() -> None:
    found = top_eigenvalue([[flint.arb(2 if i == j else 0) for j in range(3)] for i in range(3)])
    assert found.contains(2) and float(found.rad()) < 1e-12


# ----------------------------------------------------------------------------------------------------------- norms


def test_norms_on_boxes_bound_what_numpy_finds_and_are_exact_where_diagonal() -> None:
    x, y = symbols("x y", real=True)
    box = ((Rational(-1), Rational(2)), (Rational(0), Rational(1)))
    rows = ((x * y - 1, y**2), (x, x - y))
    bound = float(norm_bound(rows, (x, y), box))
    value = lambdify((x, y), rows)
    largest = max(
        np.linalg.norm(np.array(value(a, b), dtype=float), 2)
        for a in np.linspace(-1, 2, 40)
        for b in np.linspace(0, 1, 40)
    )
    assert largest <= bound <= 1.3 * largest
    cubic = drift.derivatives((x**3, y), (x, y), 2)
    assert 12 <= float(norm_bound(cubic, (x, y), box)) <= 12.001


def test_a_box_that_holds_another_zero_does_not_attract() -> None:
    case = c09.scalar()
    assert drift.attracts_on(case, ((Rational(-1), Rational(1, 4)),), Rational(1, 8))
    assert not drift.attracts_on(case, ((Rational(-1), Rational(2)),), Rational(1, 8))


# ----------------------------------------------------------------------------------------------------------- rates


@pytest.mark.parametrize("amount", ["1/100", "1/10", "1/4"])
def test_the_scalar_rate_is_the_square_root(amount: str) -> None:
    (entry,) = moved(c09.scalar(), (Rational(amount),))
    share = float(Fraction(amount))
    assert float(entry.rate) == pytest.approx(np.sqrt((1 + share / 10) ** 2 - 4 * share), rel=1e-12)
    assert float(entry.rate) < 1 + share / 10 - 2 * share + 1e-12


def in_floats(case: Corrected, amount: float) -> float:
    """The rate at the zero that SciPy finds from φ*."""
    field = lambdify(case.symbols, list(case.total(Rational(amount))))
    slopes = lambdify(case.symbols, drift.derivatives(case.total(Rational(amount)), case.symbols, 1))
    zero = fsolve(lambda x: field(*x), [float(x) for x in case.zero], xtol=1e-13)
    matrix = np.array(slopes(*zero), dtype=float)
    return -float(np.linalg.eigvalsh((matrix + matrix.T) / 2).max())


@pytest.mark.parametrize("name", BY_NAME)
def test_rates_and_slopes_against_floating_point(name: str) -> None:
    setting = BY_NAME[name]
    rates, last = Rates(setting.case), setting.amounts[-1]
    for entry in moved(setting.case, setting.amounts):
        assert float(entry.rate) == pytest.approx(in_floats(setting.case, float(entry.amount)), rel=1e-9)
    start, step = float(as_ball(rates.rate)), float(last) * 2.0**-12
    assert in_floats(setting.case, 0.0) == pytest.approx(start, rel=1e-9)
    quotient = (in_floats(setting.case, step) - start) / step
    assert quotient == pytest.approx(float(as_ball(rates.exact)), rel=0.01)


def test_irrational_slopes_by_hand() -> None:
    """μ = (15 − √82)/16 from Dv = [[−14, −8], [−10, −16]]/16."""
    rates = Rates(CURVED.case)
    assert float(as_ball(rates.rate)) == pytest.approx((15 - np.sqrt(82)) / 16, rel=1e-12)
    assert not rates.shared and as_ball(rates.exact) > as_ball(rates.weyl) > as_ball(rates.paper)


def test_weyl_and_the_exact_slope_differ_exactly_without_a_shared_vector() -> None:
    rates = Rates(c09.strict_gap())
    assert (rates.rate, rates.paper, rates.weyl, rates.exact, rates.shared) == (1, -5, -5, 1, False)
    x, y = symbols("x y", real=True)
    same = Rates(Corrected((x, y), (-x, -3 * y), (2 * x, y), (Integer(0),) * 2))
    assert (same.weyl, same.exact, same.shared) == (-2, -2, True)
    double = Rates(Corrected((x, y), (-x - y, x - y), (-2 * x, 3 * x + y), (Integer(0),) * 2))
    assert as_ball(double.exact).overlaps(as_ball(double.weyl))  # irrational, in the double eigenspace


def test_a_double_irrational_eigenvalue_is_undecided() -> None:
    x = symbols("x1:5", real=True)
    block = (-3 * x[0] + x[1], x[0] - 2 * x[1], -3 * x[2] + x[3], x[2] - 2 * x[3])
    with pytest.raises(Undecided):
        _ = Rates(Corrected(x, block, x, (Integer(0),) * 4)).exact


# ----------------------------------------------------------------------------------------------------------- remainder


def test_the_remainder_of_the_scalar_field_by_hand() -> None:
    """μ = |d| = 1, L = 2, M₁ = 1/10, L₂ = L_M = 0: C = 2 · 2 · 2.1 = 8.4 and Λ = 1/4.2."""
    found = remainder(c09.scalar(), c09.SCALAR_BOX)
    assert (found.norms["shift"], found.gap) == (1, None) and found.beyond(Rational(1, 4)) is None
    assert 0 <= found.constant - Rational(42, 5) < Rational(1, 10**9) > Rational(5, 21) - found.reach >= 0
    assert found.beyond(Rational(1, 10)) == found.constant / 100


def test_every_term_of_the_constant_by_hand() -> None:
    """μ = 1, |d| = 2, L = 1, M₁ = 2, L₂ = 1, L_M = 2: C = 2 · 2 (2 + 1 · (2 + 2) + 2) = 32 and Λ = 1/8."""
    case = Corrected((X,), (-X + X**3 / 6,), (2 + X**2,), (Integer(0),))
    found = remainder(case, ((Rational(-1), Rational(1)),))
    assert 0 <= found.constant - 32 < Rational(1, 10**6) and 0 <= Rational(1, 8) - found.reach < Rational(1, 10**6)


def test_the_exact_slopes_bound_by_hand() -> None:
    """g = 2 and |N| = 3: 9λ²/(2 − 6λ), for λ below min(1/6, 1/3)."""
    found = remainder(c09.nearly_tight(), ((Rational(-1), Rational(1)),) * 2)
    assert found.constant == 0 and found.beyond(Rational(1, 6)) is None
    limit = found.beyond(Rational(1, 10))
    assert limit is not None and abs(limit - Rational(9, 140)) < Rational(1, 10**9)
    assert abs(replace(found, reach=Integer(1)).exact_reach - Rational(1, 3)) < Rational(1, 10**9)


def test_the_bound_is_attained_at_the_last_lambda() -> None:
    """The rate 2√(1 − 8λ + 4λ²) at Λ = 1/8 is 1/2 = 2 − 8/8 − 32/64."""
    found = remainder(c09.attaining(), ((Rational(-1), Rational(1)),))
    assert (found.reach, found.constant) == (Rational(1, 8), 32)
    (entry,) = moved(c09.attaining(), (Rational(1, 9),))
    assert float(entry.rate) == pytest.approx(2 * np.sqrt(1 - 8 / 9 + 4 / 81), rel=1e-12)


def test_eigenvalues_that_are_not_told_apart_are_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "real_roots", lambda _: [flint.arb(-1, 1), flint.arb(-2, 1)])
    with pytest.raises(Undecided):
        drift._gap(c09.nearly_tight().slope)


def test_the_remainder_holds_all_the_way_and_the_papers_slope_does_not() -> None:
    case, found = c09.scalar(), remainder(c09.scalar(), c09.SCALAR_BOX)
    rates = Rates(case)
    for k in range(1, 12):
        share = found.reach * Rational(k, 12)
        (entry,) = moved(case, (share,))
        loss = ball(found.constant * share**2)
        assert entry.rate > as_ball(rates.line(rates.weyl, share)) - loss
        assert entry.rate < as_ball(rates.line(rates.paper, share)) - loss


def test_what_has_no_remainder_is_refused() -> None:
    with pytest.raises(Undecided):  # on the edge of the box
        remainder(c09.scalar(), ((Integer(0), Integer(1)),))
    with pytest.raises(Undecided):  # repelling
        remainder(Corrected((X,), (X,), (X,), (Integer(0),)), c09.SCALAR_BOX)
    with pytest.raises(Undecided):  # no correction at all
        remainder(Corrected((X,), (-X,), (Integer(0),), (Integer(0),)), c09.SCALAR_BOX)


# ------------------------------------------------------------------------------------------------------- exact branches


def test_the_threshold_of_the_scalar_field_by_hand() -> None:
    """s² − 4λ = (9/16)s² with s = 1 + λ/10: 7(10 + λ)² = 6400λ."""
    found = Diagonal.of(c09.scalar()).threshold(c09.FOLD)
    expected = Poly(7 * (10 + size) ** 2 - 6400 * size, size)
    assert Poly(found.polynomial, size) == expected
    assert expected.count_roots(*found.interval) == 1
    root = min(float(r) for r in np.roots([7, -6260, 700]))
    assert float(found.interval[0]) <= root <= float(found.interval[1])


def test_thresholds_and_shortfalls_in_floats() -> None:
    setting = BY_NAME[c09.NEAR_HARE]
    rates, diagonal = Rates(setting.case), Diagonal.of(setting.case)
    low, high = diagonal.threshold(c09.LAST).interval
    slack = [in_floats(setting.case, float(x)) - 0.75 * float(rates.line(rates.paper, x)) for x in (low, high)]
    assert slack[0] > -1e-4 and slack[1] < 1e-4
    assert in_floats(setting.case, float(low) / 2) > 0.75 * float(rates.line(rates.paper, low / 2))
    assert diagonal.shortfall(Integer(28), c09.LAST) and not diagonal.shortfall(Integer(29), c09.LAST)


def test_a_field_that_is_not_symmetric_or_does_not_move_has_no_diagonal_branch() -> None:
    with pytest.raises(Undecided):
        Diagonal.of(CURVED.case)
    with pytest.raises(Undecided):
        Diagonal.of(c09.scalar()).check(Integer(1))  # beyond the fold
    with pytest.raises(Undecided):  # never falls to 3/4
        Diagonal.of(BY_NAME["regularised-stag-hunt"].case).threshold(Integer(1))


def test_affine_rates_are_concave_and_above_the_line_in_floats() -> None:
    draw = np.random.default_rng(0)

    def top(matrix: np.ndarray) -> float:
        return float(np.linalg.eigvalsh((matrix + matrix.T) / 2).max())

    for _ in range(50):
        slope, tilt = draw.normal(size=(2, 3, 3))
        rates = [-top(slope + share * tilt) for share in (0, 0.5, 1)]
        assert rates[1] >= (rates[0] + rates[2]) / 2 - 1e-12
        assert rates[2] >= -top(slope) - top(tilt) - 1e-12


# ------------------------------------------------------------------------------------------------------- rows, sabotage


def test_beyond_the_rule_half_is_kept_in_floats() -> None:
    """Points of the ball with the least Lipschitz constant, at a λ at which μ_λ < ¾(μ + λμ_M)."""
    case = BY_NAME[c09.NEAR_HARE].case
    found = c09.kept_all_the_same(case, c09.BEYOND)
    assert found is not None and c09.kept_all_the_same(case, Rational(2, 10)) is None
    amount, zero, claimed, reach = (float(Fraction(found[k])) for k in ("lambda", "zero", "claimed", "radius_at_most"))
    field = lambdify(case.symbols, list(case.total(Rational(found["lambda"]))))
    assert in_floats(case, amount) < 0.75 * claimed and np.allclose(field(zero, zero), 0)
    angle, length = np.meshgrid(np.linspace(0, 2 * np.pi, 181), np.linspace(0.01, 1, 40) * reach)
    y = length * np.array([np.cos(angle), np.sin(angle)])
    drifts = -(np.array(field(*(zero + y))) * y).sum(axis=0) / length**2
    assert drifts.min() > claimed / 2
    with pytest.raises(Undecided):  # not planar
        c09.kept_all_the_same(BY_NAME["cournot-3 convex"].case, Rational(5, 4))
    x, y = symbols("x y", real=True)
    joint = Corrected((x, y), (-x + x * y / 4, -y + x * y / 4), (Integer(1), Integer(1)), (Integer(0),) * 2)
    with pytest.raises(Undecided):  # D²v in both coordinates at once
        c09.kept_all_the_same(joint, Rational(1, 4))


def test_half_is_said_to_be_lost_only_where_the_bound_is_attained() -> None:
    line = c09.half_row("scalar", c09.scalar(), c09.FOLD)["keeps_half"]
    played = c09.half_row("hare", BY_NAME[c09.NEAR_HARE].case, c09.LAST)["keeps_half"]
    assert "less than half" in line and "less than half" not in played and "fails from there" in played


def test_rows_are_flat_text() -> None:
    setting = BY_NAME["regularised-matching-pennies"]
    row = drift.certified(setting.case, setting.box, setting.amounts)[0].row("pennies")
    assert row["mu"] == "1" and row["mu_M"] == "16" and row["paper"] == "5/4" and row["L"].startswith("12.0000")
    assert json.loads(json.dumps(row)) == row
    (low, high) = map(float, row["rho_true"].strip("[]").split(", "))  # ½ · (5/4)/12
    assert low <= 1.25 / 24 <= high + 1e-8 and row["inside_box"] == [True, True]


def test_a_ball_that_leaves_the_box_is_seen() -> None:
    zero, box = (ball(Rational(0)),), ((Rational(-1), Rational(1, 2)),)
    assert drift.inside(zero, ball(Rational(1, 2)), box) and drift.inside(zero, None, box)
    assert not drift.inside(zero, ball(Rational(2, 3)), box)


def test_a_box_with_a_second_zero_gives_no_rows() -> None:
    setting = BY_NAME["regularised-stag-hunt"]
    with pytest.raises(Undecided):
        drift.certified(setting.case, ((Integer(0), Integer(1)),) * 2, setting.amounts)


@pytest.mark.parametrize("name", ["regularised-stag-hunt", "curved-demand"])
def test_the_moved_zeros_series_gives_the_same_slope(name: str) -> None:
    case = BY_NAME[name].case
    assert c09.series_slope(case) == case.moved_slope != case.correction_slope


def test_a_largest_eigenvalue_by_signatures() -> None:
    matrix = c09.nearly_tight().slope
    assert c09.is_top(matrix, Integer(-1)) and c09.is_top(matrix, flint.arb(-1, 0.01))
    for wrong in (Integer(-3), Integer(0), flint.arb(-2, 0.5)):
        assert not c09.is_top(matrix, wrong)


def changed(**factors: Rational) -> Callable[..., Remainder]:
    """The remainder with some of its numbers multiplied."""

    def wrong(case: Corrected, box: drift.Box) -> Remainder:
        found = remainder(case, box)
        parts = {name: getattr(found, name) for name in factors}
        return replace(found, **{k: v if v is None else v * factors[k] for k, v in parts.items()})

    return wrong


@pytest.mark.parametrize("factor", ["0", "1/2", "19/20", "2", "100"])
def test_another_constant_is_noticed(factor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c09, "remainder", changed(constant=Rational(factor)))
    assert verdict("C9.weyl") is Verdict.UNDECIDED and verdict("C9.exact-slope") is Verdict.UNDECIDED


@pytest.mark.parametrize("factor", ["1/2", "11/10", "2"])
def test_another_reach_is_noticed(factor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c09, "remainder", changed(reach=Rational(factor)))
    assert verdict("C9.weyl") is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("part", "factor"), [("change", "0"), ("change", "1/10"), ("change", "2"), ("gap", "10"), ("gap", "1/2")]
)
def test_another_change_or_gap_is_noticed(part: str, factor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c09, "remainder", changed(**{part: Rational(factor)}))
    assert verdict("C9.exact-slope") is Verdict.UNDECIDED


def test_a_bound_without_the_gaps_term_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Remainder, "beyond", lambda self, amount: amount**2 * self.constant)
    assert verdict("C9.exact-slope") is Verdict.UNDECIDED


@pytest.mark.parametrize("name", ["L", "L_2", "M_1", "L_M"])
def test_a_constant_that_lacks_a_term_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(case: Corrected, box: drift.Box) -> Remainder:
        found = remainder(case, box)
        return replace(found, constant=drift.second_order({**found.norms, name: Integer(0)}))

    monkeypatch.setattr(c09, "remainder", lacking)
    assert verdict("C9.weyl") is Verdict.UNDECIDED


def shifted(name: str, by: Rational) -> cached_property[object]:
    """One of the slopes plus a rational."""
    right = Rates.__dict__[name].func

    def wrong(self: Rates) -> object:
        value = right(self)
        return value + by if isinstance(value, Expr) else value + ball(by)

    found = cached_property(wrong)
    found.__set_name__(Rates, name)
    return found


@pytest.mark.parametrize(
    ("slope", "by", "claims"),
    [
        ("weyl", "-1/100", ("C9.weyl", "C9.exact-slope", "C9.games")),
        ("weyl", "1", ("C9.weyl", "C9.exact-slope", "C9.games")),
        ("exact", "1/100", ("C9.rate", "C9.exact-slope")),
        ("paper", "1/100", ("C9.quadratic", "C9.half-always", "C9.games")),
    ],
)
def test_another_slope_is_noticed(slope: str, by: str, claims: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rates, slope, shifted(slope, Rational(by)))
    assert {name: verdict(name) for name in claims} == dict.fromkeys(claims, Verdict.UNDECIDED)


def test_a_rate_off_by_a_thousandth_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any) -> tuple[drift.Moved, ...]:
        return tuple(replace(entry, rate=entry.rate + ball(Rational(1, 1000))) for entry in moved(*arguments))

    for module in (c09, drift):
        monkeypatch.setattr(module, "moved", wrong)
    for name in ("C9.weyl", "C9.exact-slope", "C9.games"):
        assert verdict(name) is Verdict.UNDECIDED


def test_an_affine_field_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    affine = Corrected((X,), (-X,), (1 - X / 10,), (Integer(0),))
    monkeypatch.setattr(c09, "scalar", lambda: affine)
    for name in ("C9.rate", "C9.half-always", "C9.quadratic", "C9.half"):
        assert verdict(name) is Verdict.UNDECIDED


@pytest.mark.parametrize("share", ["1/2", "2/3", "5/6"])
def test_another_share_than_three_quarters_is_noticed(share: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (c09, drift):
        monkeypatch.setattr(module, "HALF", Rational(share))
    assert verdict("C9.half") is Verdict.UNDECIDED and verdict("C9.half-always") is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("PAPER", Integer(1)),  # twice the radius
        ("bend_bound", lambda case, box, amount: right_bend(case, box, Integer(0))),
        ("bend_bound", lambda *a: right_bend(*a) * Rational(49, 50)),
        ("inside", lambda *a: True),
        ("inside", lambda *a: False),
        ("attracts_on", lambda *a: True),
        ("attracts_on", lambda *a: False),
    ],
    ids=["rho", "L-at-0", "L-small", "inside", "outside", "attracts", "repels"],
)  # fmt: skip
def test_a_wrong_column_is_noticed(name: str, wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (c09, drift):
        monkeypatch.setattr(module, name, wrong, raising=module is drift)
    assert verdict("C9.games") is Verdict.UNDECIDED


def test_on_the_line_is_decided_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate that only looks like the paper's is on no side, and one that should be on the line must be."""
    case = BY_NAME["cournot"].case
    found = drift.certified(case, BY_NAME["cournot"].box, BY_NAME["cournot"].amounts)
    assert c09._side(case, found) == 0
    off = [replace(entry, moved=replace(entry.moved, rate=entry.moved.rate + 1)) for entry in found]
    with pytest.raises(Undecided):
        c09._side(case, off)
    monkeypatch.setattr(Rates, "shared", False)
    with pytest.raises(Undecided):
        c09._side(case, found)


def test_a_wrong_direction_of_the_zero_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Corrected.__dict__["moved_slope"].func
    wrong = cached_property(lambda self: 2 * self.correction_slope - right(self))
    wrong.__set_name__(Corrected, "moved_slope")
    monkeypatch.setattr(Corrected, "moved_slope", wrong)
    drift.settings.cache_clear()
    try:
        assert verdict("C9.games") is Verdict.UNDECIDED
    finally:
        drift.settings.cache_clear()
