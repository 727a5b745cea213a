"""theory.claims.c11_speed_up: the times against an integration, the counterexample by hand, and what breaks the law."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import solve_ivp
from sympy import N, Rational, cancel, simplify

from theory.claims import Verdict, c11_speed_up
from theory.claims.c11_speed_up import DRIFT, GAIN, X, entry_time, moved_zero, speed_up
from theory.symbols import correction

SIZE = Rational(1, 10)


def integrated(slope: float, zero: float, start: float, centre: float, radius: float) -> float:
    """When x′ = slope·(zero − x) first comes within the radius of the centre."""

    def apart(_: float, x: list[float]) -> float:
        return abs(x[0] - centre) - radius

    apart.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(lambda _, x: slope * (zero - x), (0, 100), [start], events=apart, rtol=1e-11, atol=1e-13)
    return float(run.t_events[0][0]) if run.t_events[0].size else math.inf


def test_the_counterexample_by_hand() -> None:
    """v + λM = 1/10 − (101/100) x: rate 101/100, zero 10/101."""
    assert moved_zero(-X, 1 - X / 10).subs(correction, SIZE) == Rational(10, 101)
    assert speed_up(-X, 1 - X / 10) == (1, Rational(1, 10))
    before = entry_time(-X, Rational(-1), Rational(0), Rational(1, 2))
    after = entry_time(Rational(1, 10) - Rational(101, 100) * X, Rational(-1), Rational(10, 101), Rational(1, 2))
    assert float(N(before)) == pytest.approx(integrated(1, 0, -1, 0, 0.5), rel=1e-9)
    assert float(N(after)) == pytest.approx(integrated(1.01, 10 / 101, -1, 10 / 101, 0.5), rel=1e-9)
    assert before / after < 1 < Rational(101, 100)


def test_into_a_small_ball_around_the_old_zero_the_corrected_run_never_comes() -> None:
    assert integrated(1, 0, 1, 0, 5 / 101) < math.inf
    assert integrated(1.01, 10 / 101, 1, 0, 5 / 101) == math.inf
    assert integrated(1.01, 10 / 101, 1, 0, 11 / 101) < math.inf  # control: a ball that holds the new zero


def test_with_one_zero_the_ratio_is_the_formula() -> None:
    start, radius = Rational(-3), Rational(1, 7)
    ratio = entry_time(-DRIFT * X, start, 0, radius) / entry_time(-(DRIFT + correction * GAIN) * X, start, 0, radius)
    assert simplify(cancel(ratio) - (1 + correction * GAIN / DRIFT)) == 0
    assert integrated(1, 0, -3, 0, 1 / 7) / integrated(1.25, 0, -3, 0, 1 / 7) == pytest.approx(1.25, rel=1e-9)


def test_verdicts() -> None:
    assert c11_speed_up._check_formula().verdict == Verdict.REFUTED
    assert c11_speed_up._check_linear().verdict == Verdict.PROVED


def test_a_wrong_formula_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c11_speed_up, "speed_up", lambda *_: (DRIFT, 2 * GAIN))
    assert c11_speed_up._check_linear().verdict == Verdict.REFUTED
    monkeypatch.setattr(c11_speed_up, "moved_zero", lambda *_: Rational(-1, 10))
    assert c11_speed_up._check_formula().verdict == Verdict.UNDECIDED
