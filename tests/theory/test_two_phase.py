"""theory.two_phase: constants by hand, the inequality on every path, plans, and what breaks each check.

By hand: f = −x on |x| < 2 has m = Λ = 1; with ā = 1/5 (the largest step allowed) κ = 1 − 1/10. With ρ = σ = ε = 1 and
θ = 1/2, Q = 4 · 4 + 2 = 18.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Expr, Integer, Rational, Symbol, symbols

from theory.claims import Verdict, c12_two_phase
from theory.claims import c12_two_phase as c12
from theory.claims.model import settle
from theory.corrected import Corrected, square
from theory.errors import BadInput
from theory.exact import Undecided
from theory.two_phase import (
    TERMS,
    Drift,
    PathExample,
    Phase,
    Setting,
    annealed_drift,
    bounded_exponent,
    by_parts_residual,
    drift_on_ball,
    exit_constant,
    follow_all_paths,
    kept_rate,
    logarithm_above,
    make_plan,
    root_above,
    root_below,
    squares_bound,
    step_within,
)

X, Y = symbols("x y", real=True)
HALF, NOTHING = Rational(1, 2), Integer(0)
LINE = Drift((NOTHING,), Integer(2), Integer(1), Integer(1))


def line_setting(**changes: object) -> Setting:
    """v = −x, M = 1, λ = 1/10: the zero moves to 1/10."""
    case = Corrected((X,), (-X,), (Integer(1),), (NOTHING,))
    tenth = Rational(1, 10)
    setting = Setting(
        case, tenth, (tenth,), (Integer(1), Integer(1)), (Rational(3, 4),), Rational(1, 50), HALF, Integer(1), HALF
    )
    return replace(setting, **changes)  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------------------------- by hand


def test_constants_by_hand() -> None:
    assert kept_rate(Integer(1), Integer(1), Rational(1, 5)) == Rational(9, 10)
    assert exit_constant(Integer(1), Integer(1), Integer(1), HALF) == 18
    phase = Phase(LINE, Integer(1), Rational(9, 20), Integer(3), Integer(1))
    assert (phase.largest_step, phase.kept, phase.floor) == (Rational(1, 5), Rational(9, 10), Rational(1, 4))
    assert phase.constant == min(
        exit_constant(Integer(2), Integer(1), Integer(3), Rational(k, 32)) for k in range(1, 32)
    )
    assert step_within(HALF, Integer(1), Integer(3), Integer(1)) == Rational(1, 12)


def test_drift_by_hand() -> None:
    """-x + x²/2 on |x| < 1: rate 1 − 1/2, slope 1 + 1/2."""
    drift = drift_on_ball((-X + X**2 / 2,), (X,), (NOTHING,), Integer(1))
    assert (drift.rate, drift.slope) == (HALF, Rational(3, 2))
    with pytest.raises(BadInput, match="not a zero"):
        drift_on_ball((1 - X,), (X,), (NOTHING,), Integer(1))
    with pytest.raises(BadInput, match="no rate"):
        drift_on_ball((-X + X**2 / 2,), (X,), (NOTHING,), Integer(2))


@pytest.mark.parametrize("name", sorted(c12.SETTINGS))
def test_drifts_hold_at_random_points_of_the_balls_and_no_much_better_ones_do(name: str) -> None:
    setting = c12.SETTINGS[name]()
    case, radius = setting.case, setting.radii[0]
    corrected = drift_on_ball(case.total(setting.amount), case.symbols, setting.moved, radius)
    annealed = annealed_drift(case, setting.amount, radius)
    still = [case.at(entry) for entry in case.correction]
    draw, best, most = random.Random(5), [], []
    for _ in range(60):
        apart = [Rational(draw.randint(-700, 700), 1000) * radius for _ in case.symbols]
        if square(apart) == 0:
            continue
        size = setting.amount * Rational(draw.randint(0, 8), 8)
        pulled = [v + size * (m - c) for v, m, c in zip(case.field, case.correction, still, strict=True)]
        for field, drift in ((case.total(setting.amount), corrected), (pulled, annealed)):
            here = {s: c + a for s, c, a in zip(case.symbols, drift.centre, apart, strict=True)}
            values = [entry.subs(here, simultaneous=True) for entry in field]
            inner = sum(v * a for v, a in zip(values, apart, strict=True))
            assert inner <= -drift.rate * square(apart)
            assert square(values) <= drift.slope**2 * square(apart)
            best.append(-inner / square(apart) / drift.rate)
            most.append(square(values) / square(apart) / drift.slope**2)
    assert min(best) < 3 and max(most) > Rational(1, 9)  # neither constant is idle


def test_roots_and_logarithms() -> None:
    for number in (Rational(2), Rational(1, 3), Rational(49, 4), Rational(1, 10**12)):
        below, above = root_below(number), root_above(number)
        assert below**2 <= number <= above**2 and above - below <= Rational(1, 2**64)
    assert root_above(Rational(49, 4)) == Rational(7, 2)
    assert logarithm_above(Rational(1, 2)) == logarithm_above(Integer(1)) == 0
    for number in (Rational(2), Rational(1001, 1000), Rational(10**9)):
        assert 0 <= float(logarithm_above(number)) - math.log(number) <= 1e-3


@pytest.mark.parametrize("power", [Rational(3, 5), Rational(3, 4), Integer(1)])
def test_the_sum_of_squares_is_below_its_bound_and_near(power: Rational) -> None:
    for scale in (1, 10, 1000):
        total = sum((1 + k / scale) ** (-2 * float(power)) for k in range(200 * scale))
        bound = float(squares_bound(Integer(scale), power))
        assert 0.3 * bound < total < bound


def test_summation_by_parts_and_its_weights() -> None:
    assert all(entry.expand() == 0 for entry in by_parts_residual(4))


# ---------------------------------------------------------------------------------------------------- the inequality


def random_example(draw: random.Random) -> PathExample:
    """A planar field with a stable zero, off-diagonal entries opposed so that the rate is rational."""
    a, b, turn = (Rational(draw.randint(4, 8), 4) for _ in range(3))
    bend = Rational(draw.randint(-2, 2), 8)
    field = (-a * X - turn * Y + bend * X**2, turn * X - b * Y - bend * Y**3)
    drift = drift_on_ball(field, (X, Y), (NOTHING, NOTHING), HALF)
    steps = tuple(Rational(1, draw.randint(25, 60)) for _ in range(4))
    start = tuple(Rational(draw.randint(-2, 2), 8) for _ in range(2))
    bias = tuple(Rational(draw.randint(-1, 1), 16) for _ in range(2))
    return PathExample(field, (X, Y), drift, start, steps, bias, HALF)


@pytest.mark.parametrize("seed", range(4))
def test_the_inequality_on_every_path_of_random_fields(seed: int) -> None:
    found = follow_all_paths(random_example(random.Random(seed)))
    assert found.paths == 256 and found.slack[""] >= 0 and found.centred
    assert found.reflected[0] <= found.reflected[1]


def test_a_step_by_hand() -> None:
    """f = −x, κ = 1/2 by a step of 1 (m − 1/2): from 0 with bias b one step gives b² against 1/2 (2b)² = 2b²."""
    example = PathExample((-X,), (X,), LINE, (NOTHING,), (Integer(1),), (HALF,), NOTHING)
    assert follow_all_paths(example).slack[""] == Rational(1, 2) - Rational(1, 4)
    assert follow_all_paths(example).slack["bias"] == -Rational(1, 4)


def test_every_term_of_the_inequality_is_needed() -> None:
    found = [follow_all_paths(example) for example in c12.path_examples()]
    assert all(one.slack[""] >= 0 for one in found)
    for term in TERMS:
        assert min(one.slack[term] for one in found) < 0


def test_paths_that_leave_and_steps_that_are_too_large_are_refused() -> None:
    example = PathExample((-X,), (X,), LINE, (Rational(19, 10),), (HALF,), (NOTHING,), Integer(4))
    with pytest.raises(Undecided, match="leaves the ball"):
        follow_all_paths(example)
    with pytest.raises(Undecided, match="too large"):
        follow_all_paths(replace(example, steps=(Integer(2),)))
    with pytest.raises(Undecided, match="too large"):
        follow_all_paths(replace(example, bias=(Integer(3),)))


def test_the_bound_is_above_the_exact_tail_and_not_above_a_hundredth_of_it_everywhere() -> None:
    """R + A of f = −x, ρ = 2, from 1, ten steps of 1/20 with noise ±1: 1024 paths, exactly."""
    step, tails, peaks = Rational(1, 20), [], []
    for signs in product((-1, 1), repeat=10):
        x, total, low, peak, growth = Integer(1), NOTHING, NOTHING, NOTHING, 10 * step**2
        for sign in signs:
            arm = x - step * x
            total += 2 * step * sign * arm
            low = min(low, total)
            peak, x = max(peak, total - low), arm + step * sign
        peaks.append(peak + growth)
    worst = NOTHING
    for number in range(4, 14):
        margin = Rational(number, 20)
        tail = Rational(sum(1 for peak in peaks if peak >= margin), len(peaks))
        bound = min(exit_constant(Integer(2), Integer(1), margin, Rational(k, 32)) for k in range(1, 32)) * 10 * step**2
        assert tail <= bound
        worst = max(worst, tail / bound)
        tails.append(tail)
    assert tails[-1] < tails[0] and worst > Rational(1, 100)


# ------------------------------------------------------------------------------------------------------------ plans


@pytest.mark.parametrize("delta", [Rational(1, 10), Rational(1, 1000)])
def test_a_plan_on_the_line_keeps_every_condition(delta: Rational) -> None:
    plan = make_plan(line_setting(), delta)
    first, second = plan.phases
    one, two = plan.steps
    assert sum(plan.failures) <= delta
    # The definitions once more, in floating point.
    assert (1 - float(one * first.kept)) ** plan.length * float(first.start) <= float(first.margin)
    tail = float(two) ** 2 * float((1 / (1 + np.arange(50 * plan.length) / plan.length) ** 2).sum())
    assert float(second.constant) * tail <= float(delta) / 2
    assert math.sqrt(plan.reached) + 0.1 <= 0.8
    assert second.bias == Rational(1, 50) + Rational(1, 10)


def test_step_sizes_are_proportional_to_delta_and_a_bias_must_fit_into_the_ball() -> None:
    plans = [make_plan(line_setting(), delta) for delta in (Rational(1, 100), Rational(1, 1000))]
    assert plans[0].steps[0] == 10 * plans[1].steps[0]
    with pytest.raises(BadInput, match="must not exceed"):
        make_plan(line_setting(bias=Rational(95, 100)), Rational(1, 100))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda plan: replace(plan, steps=(10 * plan.steps[0], plan.steps[1])), "failure"),
        (lambda plan: replace(plan, steps=(plan.steps[0], 2 * plan.steps[1])), "failure"),
        (lambda plan: replace(plan, steps=(plan.steps[0] / 2, plan.steps[1])), "length"),
        (lambda plan: replace(plan, length=plan.length // 2), "length"),
        (lambda plan: replace(plan, phases=plan.phases[::-1]), "hand-over"),
        (lambda plan: replace(plan, setting=replace(plan.setting, power=HALF)), "powers"),
        (lambda plan: replace(plan, setting=replace(plan.setting, decay=NOTHING)), "powers"),
        (lambda plan: replace(plan, setting=replace(plan.setting, moved=(Rational(1, 2),))), "hand-over"),
        (lambda plan: replace(plan, setting=replace(plan.setting, bias=Integer(1))), "bias"),
    ],
)
def test_a_changed_plan_is_objected_to(change: object, named: str) -> None:
    plan = make_plan(line_setting(), Rational(1, 100))
    plan.check()
    with pytest.raises(Undecided, match=named):
        change(plan).check()  # type: ignore[operator]


def test_balls_that_are_too_small_are_refused() -> None:
    with pytest.raises(BadInput, match="too far apart"):
        make_plan(line_setting(radii=(Integer(1), Rational(1, 10))), Rational(1, 10))
    with pytest.raises(BadInput, match="must not exceed"):
        make_plan(line_setting(start=(Integer(2),)), Rational(1, 10))


# ----------------------------------------------------------------------------------------------------------- claims

VERDICTS = {
    "C12.converges": Verdict.PROVED,
    "C12.any-bias": Verdict.REFUTED,
    "C12.second-delta": Verdict.REFUTED,
    "C12.exponents-q": Verdict.REFUTED,
    "C12.constant-correction": Verdict.PROVED,
    "C12.stalls": Verdict.PROVED,
    "C12.heavy-noise": Verdict.PROVED,
    "C12.bounded-noise": Verdict.PROVED,
    "C12.mean-square": Verdict.PROVED,
}


def test_verdicts() -> None:
    found = {claim.id: settle(claim.check).verdict for claim in c12.CLAIMS if claim.check is not None}
    assert found == VERDICTS
    assert c12.CLAIMS[0].id == "C12" and set(c12.CLAIMS[0].requires) <= set(VERDICTS)


def test_the_pushed_path_by_hand() -> None:
    """From 0 with a_0 = 1/9: 2/9, then v(2/9) = −2/9 · 7/9 · 25/9."""
    path = c12.pushed_path(Integer(2), 50)
    assert path is not None and abs(path[1] - Rational(2, 9)) < Rational(1, 10**8)
    second = Rational(2, 9) + (-Rational(2 * 7 * 25, 729) + 2) / 10
    assert abs(path[2] - second) < Rational(1, 10**8) and path[2] <= second
    assert c12.pushed_path(Rational(1, 2), 100) is None


def test_variances_by_hand_and_azuma() -> None:
    half = Rational(1, 2)
    assert c12.variances([half, half], Integer(1)) == [Rational(1, 4), Rational(1, 16) + Rational(1, 4)]
    assert c12.azuma_holds([Integer(1)] * 6, Integer(4))
    assert not c12.azuma_holds([Integer(1)] * 6, Integer(2), Integer(5))


def test_bounded_noise_needs_room_for_its_square() -> None:
    phase = Phase(LINE, Integer(1), NOTHING, Integer(3), Integer(1))
    # κε²/(16ρ²Ξ²) with κ = 9/10, ε = 3, ρ = 2, Ξ = 1
    assert bounded_exponent(phase, Integer(1), Rational(1, 10)) == Rational(9 * 9, 10 * 16 * 4)
    with pytest.raises(BadInput, match="too large"):
        bounded_exponent(phase, Integer(4), Rational(1, 10))
    with pytest.raises(BadInput, match="too large"):
        bounded_exponent(phase, Integer(1), Rational(1, 4))


def wrong_contraction(a: Expr, slack: Expr, slope: Expr, kept: Expr) -> Expr:
    rate = kept - (a + slack) * slope**2 / 2
    return ((1 - a * kept) ** 2 - (1 - 2 * a * rate + a**2 * slope**2)).expand()


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("contraction_residual", wrong_contraction, "kappa"),
        ("convexity_residual", lambda t, r, c: (1 - t) * r**2 + t * c - ((1 - t) * r + t * c) ** 2, "convexity"),
        ("by_parts_residual", lambda length: (Symbol("S_0"), Integer(0)), "by parts"),
        ("budget_residual", lambda d, a, k, q, ell: d, "share"),
        ("variance_residual", lambda a, fall, k: -(a**2), "bounded"),
        ("squares_bound", lambda scale, power: Integer(1), "sum of squares"),
    ],
)
def test_wrong_inequalities_are_objected_to(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: object, message: str
) -> None:
    monkeypatch.setattr(c12_two_phase, name, wrong)
    finding = settle(c12._check_converges)
    assert finding.verdict == Verdict.UNDECIDED and message in finding.reason


def test_a_dropped_bias_is_objected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """An inequality without its bias term, on all paths."""

    def dropped(example: PathExample) -> object:
        found = follow_all_paths(example)
        return replace(found, slack={**found.slack, "": found.slack["bias"]})

    monkeypatch.setattr(c12_two_phase, "follow_all_paths", dropped)
    finding = settle(c12._check_converges)
    assert finding.verdict == Verdict.UNDECIDED and "slack" in finding.reason


def test_other_checks_object_to_wrong_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c12_two_phase, "PUSH", Integer(3))  # then noise leads out of the other basin again
    assert settle(c12._check_second_delta).verdict == Verdict.UNDECIDED
    monkeypatch.setattr(c12_two_phase, "variances", lambda steps, kept: [10 * step for step in steps])
    assert settle(c12._check_bounded_noise).verdict == Verdict.UNDECIDED
    monkeypatch.setattr(c12_two_phase, "second_moments", lambda case, steps, s: [Integer(k) for k in range(61)])
    assert settle(c12._check_mean_square).verdict == Verdict.UNDECIDED
