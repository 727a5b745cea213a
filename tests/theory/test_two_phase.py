"""theory.two_phase: constants by hand, the inequality on every path, plans, and what breaks each check.

By hand: f = −x on |x| < 2 has m = Λ = 1; with ā = 1/5 (the largest step allowed) κ = 1 − 1/10. With ρ = σ = ε = 1 and
θ = 1/2, Q = 4 · 4 + 2 = 18.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Expr, Integer, Rational, Symbol, symbols

from theory import two_phase
from theory.ball_inclusion import diagonal_lipschitz
from theory.balls import root_above, root_below
from theory.claims import Finding, Verdict, c12_two_phase
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
    Plan,
    Setting,
    annealed_drift,
    azuma_constant,
    bounded_exponent,
    by_parts_residual,
    contraction_residual,
    drift_on_ball,
    drift_shares,
    dyadic_below,
    exit_constant,
    follow_all_paths,
    kept_rate,
    logarithm_above,
    make_plan,
    pulled,
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


def test_the_contraction_by_hand() -> None:
    """a = ā = 1/5, m = Λ = 1: (1 − 9/50)² − (1 − 2/5 + 1/25) = a²κ² = 81/2500; with κ = 11/10 · 9/10 it is negative."""
    one, step = Integer(1), Rational(1, 5)
    assert contraction_residual(step, one, one, Rational(9, 10)) == Rational(81, 2500)
    assert contraction_residual(Rational(1, 100), one, one, Rational(11, 10)) < 0


def test_how_much_of_a_drift_is_used_by_hand() -> None:
    """-x + x²/2 on |x| < 1, m = 1/2 and Λ = 3/2: at 1/2 the rate is 3/4, at −1/2 the slope 5/4."""
    field = (-X + X**2 / 2,)
    drift = drift_on_ball(field, (X,), (NOTHING,), Integer(1))
    assert drift_shares(field, (X,), drift, [(HALF,)]) == (Rational(3, 2), Rational(1, 4))
    assert drift_shares(field, (X,), drift, [(HALF,), (-HALF,)]) == (Rational(3, 2), Rational(25, 36))
    assert drift_shares(field, (X,), replace(drift, rate=Integer(1)), [(HALF,)])[0] < 1


def test_the_pulled_field_keeps_the_zero() -> None:
    case = Corrected((X,), (-X,), (1 + X,), (NOTHING,))
    assert pulled(case, HALF) == (-X / 2,)


def test_leaving_by_hand() -> None:
    """From 1/2 with a = 1/2 and ρ = 1: w = 1/4, J = 3/2; σ² = 9/4 makes the jump as likely as the step back."""
    phase = Phase(replace(LINE, radius=Integer(1)), Rational(1, 4), NOTHING, HALF, Rational(9, 4))
    assert c12.worst_exit(phase, HALF, [HALF]) == HALF
    # then back at 1/4 − 3/4 = −1/2, w = −1/4, J = 5/2, q = 9/4/(9/4 + 25/4)
    assert c12.worst_exit(phase, HALF, [HALF, HALF]) == 1 - HALF * Rational(25, 34)


def test_the_farthest_end_of_phase_1_by_hand() -> None:
    """From 1 with the bias 1/2 eight steps of nearly 1/5 lead to 1/2 + (4/5)⁸/2; ε is nearly (0.9² − (5/9)²)/2."""
    found = c12._check_end()
    margin = (0.81 - 25 / 81) / 2
    assert found["N"] == "8" and float(found["end"]) == pytest.approx((0.5 + 0.8**8 / 2) ** 2 + margin, rel=1e-5)
    assert float(Rational(found["limit"])) == pytest.approx(25 / 81 + 2 * margin, rel=1e-5)


def test_dyadic_numbers_are_short_and_near() -> None:
    draw = random.Random(2)
    for _ in range(200):
        number = Rational(draw.randint(1, 10 ** draw.randint(1, 25)), draw.randint(1, 10 ** draw.randint(1, 25)))
        below = dyadic_below(number)
        assert 0 < below <= number and (number - below) * 2**20 < number
        assert int(below.q) & (int(below.q) - 1) == 0 and (below.q == 1 or int(below.p) < 2**22)
    assert dyadic_below(Rational(3, 8)) == Rational(3, 8)


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
        fading = [v + size * (m - c) for v, m, c in zip(case.field, case.correction, still, strict=True)]
        for field, drift in ((case.total(setting.amount), corrected), (fading, annealed)):
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
    assert 0 <= abs(plans[0].steps[0] / (10 * plans[1].steps[0]) - 1) < Rational(1, 2**20)  # each is rounded down
    for plan in plans:
        assert all(int(step.q) & (int(step.q) - 1) == 0 for step in plan.steps)
        exact = step_within(
            plan.shares[0],
            plan.phases[0].kept,
            plan.phases[0].constant,
            logarithm_above(plan.phases[0].start / plan.phases[0].margin),
        )
        assert 0 <= exact - plan.steps[0] < exact / 2**20
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


def mutate(monkeypatch: pytest.MonkeyPatch, name: str, wrong: object, owner: type | None = None) -> None:
    """Put something wrong in the place of a formula, wherever it is used."""
    for place in (two_phase, c12_two_phase) if owner is None else (owner,):
        if hasattr(place, name):
            monkeypatch.setattr(place, name, wrong)


def doob(radius: Expr, variance: Expr, margin: Expr, split: Expr) -> Expr:
    return variance * (2 * radius / ((1 - split) * margin)) ** 2


def markov(radius: Expr, variance: Expr, margin: Expr, split: Expr) -> Expr:
    return variance / (split * margin)


def bend(field: object, wrt: object, centre: tuple[Expr, ...], radius: Rational) -> Rational:
    box = [(c - radius, c + radius) for c in centre]
    return diagonal_lipschitz(field, wrt, box) * radius / 2  # type: ignore[arg-type]


def changed_drift(rate: object = None, slope: object = None) -> object:
    """drift_on_ball with another m or Λ, from the right one and the bend L ρ/2."""

    def wrong(*given: object) -> Drift:
        drift, curve = drift_on_ball(*given), bend(*given)  # type: ignore[arg-type]
        return replace(
            drift,
            rate=rate(drift.rate, curve) if rate else drift.rate,  # type: ignore[operator]
            slope=slope(drift.slope, curve) if slope else drift.slope,  # type: ignore[operator]
        )

    return wrong


def of_one_end(case: Corrected, amount: Rational, radius: Rational) -> Drift:
    return drift_on_ball(case.field, case.symbols, case.zero, radius)


def stronger_end(case: Corrected, amount: Rational, radius: Rational) -> Drift:
    fields = case.field, pulled(case, amount)
    ends = [drift_on_ball(field, case.symbols, case.zero, radius) for field in fields]
    return replace(ends[0], rate=max(end.rate for end in ends), slope=min(end.slope for end in ends))


def without_still(setting: Setting) -> tuple[Phase, Phase]:
    first, second = make_phases(setting)
    return first, replace(second, bias=setting.bias)


make_phases = two_phase.make_phases
TENTHS = Rational(11, 10)
KAPPAS = {
    "no step": lambda rate, slope, largest: rate,
    "twice the step": lambda rate, slope, largest: rate - largest * slope**2,
    "half the step": lambda rate, slope, largest: rate - largest * slope**2 / 4,
    "a tenth more": lambda rate, slope, largest: TENTHS * kept_rate(rate, slope, largest),
}
DRIFTS = {
    "m without the bend": changed_drift(rate=lambda m, curve: m + curve),
    "m a tenth larger": changed_drift(rate=lambda m, curve: TENTHS * m),
    "m twice": changed_drift(rate=lambda m, curve: 2 * m),
    "Lambda without the bend": changed_drift(slope=lambda most, curve: most - curve),
    "half of Lambda": changed_drift(slope=lambda most, curve: most / 2),
}
MUTANTS: dict[str, tuple[object, ...]] = {
    **{f"kappa: {name}": ("kept_rate", wrong) for name, wrong in KAPPAS.items()},
    **{f"drift: {name}": ("drift_on_ball", wrong) for name, wrong in DRIFTS.items()},
    "contraction": ("contraction_residual", lambda a, m, s, k: (1 - a * k) ** 2 - (1 - a * m + a**2 * s**2)),
    "convexity": ("convexity_residual", lambda t, r, c: (1 - t) * r**2 + t * c - ((1 - t) * r + t * c) ** 2),
    "by parts": ("by_parts_residual", lambda length: (Symbol("S_0"), Integer(0))),
    "budget": ("budget_residual", lambda d, a, k, q, ell: d),
    "variance for bounded noise": ("variance_residual", lambda a, fall, k: -(a**2)),
    "Q: 4 dropped": ("exit_constant", lambda *given: doob(*given) / 4 + markov(*given)),
    "Q: Doob dropped": ("exit_constant", markov),
    "Q: Markov dropped": ("exit_constant", doob),
    "Q: theta swapped": ("exit_constant", lambda r, v, e, t: doob(r, v, e, 1 - t) + markov(r, v, e, 1 - t)),
    "Q: theta dropped": ("exit_constant", lambda r, v, e, t: v * (4 * r**2 / e**2 + 1 / e)),
    "Q/1000": ("exit_constant", lambda *given: exit_constant(*given) / 1000),
    "Q of the phase": ("constant", property(lambda phase: phase._constant(phase.split) / 2), Phase),
    "squares: 1": ("squares_bound", lambda scale, power: Integer(1)),
    "squares: 1 + s": ("squares_bound", lambda scale, power: 1 + scale),
    "squares: 1 + s/(2p)": ("squares_bound", lambda scale, power: 1 + scale / (2 * power)),
    "squares: no 1": ("squares_bound", lambda scale, power: scale / (2 * power - 1)),
    "alpha: twice": ("step_within", lambda *given: 2 * step_within(*given)),
    "alpha: rounded up": ("dyadic_below", lambda number: TENTHS * number),
    "annealed: v only": ("annealed_drift", of_one_end),
    "annealed: the stronger end": ("annealed_drift", stronger_end),
    "M(phi*) = 0 in the bias": ("make_phases", without_still),
    "M(phi*) = 0": ("_still", lambda case: [Integer(0)] * len(case.symbols)),
    "reached: epsilon once": ("reached", property(lambda plan: plan.phases[0].floor + plan.phases[0].margin), Plan),
    "reached: no epsilon": ("reached", property(lambda plan: plan.phases[0].floor), Plan),
    "floor: 0": ("floor", property(lambda phase: Integer(0)), Phase),
    "floor: u^2": ("floor", property(lambda phase: phase.bias**2), Phase),
    "half of the logarithm": ("logarithm_above", lambda number: logarithm_above(number) / 2),
    "sigma^2 without d": ("variance", property(lambda setting: setting.deviation**2), Setting),
    "phase 2 never fails": (
        "failures",
        property(lambda plan: (plan.phases[0].constant * plan.length * plan.steps[0] ** 2, Integer(0))),
        Plan,
    ),
    "plans unchecked": ("check", lambda plan: None, Plan),
    "phases unchecked": ("__post_init__", lambda phase: None, Phase),
}


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_wrong_formulas_leave_convergence_undecided(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    mutate(monkeypatch, *MUTANTS[name])  # type: ignore[arg-type]
    assert settle(c12._check_converges).verdict == Verdict.UNDECIDED


@pytest.mark.parametrize("name", sorted(KAPPAS))
@pytest.mark.parametrize("check", [c12._check_mean_square, c12._check_bounded_noise])
def test_a_wrong_kappa_leaves_every_theorem_undecided(
    monkeypatch: pytest.MonkeyPatch, name: str, check: Callable[[], Finding]
) -> None:
    mutate(monkeypatch, "kept_rate", KAPPAS[name])
    assert settle(check).verdict == Verdict.UNDECIDED


@pytest.mark.parametrize("name", ["m a tenth larger", "m twice", "half of Lambda"])
@pytest.mark.parametrize("check", [c12._check_mean_square, c12._check_bounded_noise])
def test_a_wrong_drift_leaves_every_theorem_undecided(
    monkeypatch: pytest.MonkeyPatch, name: str, check: Callable[[], Finding]
) -> None:
    mutate(monkeypatch, "drift_on_ball", DRIFTS[name])
    assert settle(check).verdict == Verdict.UNDECIDED


@pytest.mark.parametrize("factor", [16, HALF, 2])
def test_another_constant_leaves_bounded_noise_undecided(monkeypatch: pytest.MonkeyPatch, factor: Expr) -> None:
    with monkeypatch.context() as patch:
        mutate(patch, "bounded_exponent", lambda *given: factor * bounded_exponent(*given))
        assert "of the plan" in settle(c12._check_bounded_noise).reason
    mutate(monkeypatch, "azuma_constant", lambda *given: factor * azuma_constant(*given))
    assert "V_n" in settle(c12._check_bounded_noise).reason


def test_plans_with_one_wrong_number_are_objected_to() -> None:
    plan = make_plan(c12.SETTINGS["cournot"](), c12.DELTAS[0])
    first, second = plan.phases
    c12._check_plans([plan])
    wrong = {
        "bias": replace(plan, phases=(first, replace(second, bias=plan.setting.bias))),
        "variance": replace(plan, phases=(replace(first, variance=first.variance / 2), second)),
        "too often": replace(plan, shares=(plan.shares[0] / 100, plan.shares[1] / 100)),
    }
    for message, changed in wrong.items():
        with pytest.raises(Undecided, match=message):
            c12._check_plans([changed])


def test_checks_that_cannot_fail_are_told() -> None:
    """Constants that are far from sharp, and a game whose correction vanishes at the equilibrium."""
    idle = replace(LINE, rate=HALF, slope=Integer(2))
    with pytest.raises(Undecided, match="cannot fail"):
        c12._check_drifts([((-X,), (X,), idle)])
    with pytest.raises(Undecided, match="cannot fail"):
        c12._check_plans([make_plan(c12.SETTINGS["regularised-matching-pennies"](), c12.DELTAS[0])])


def test_constant_corrections_go_to_the_moved_zero_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slack of inequality (1) below 0 about the moved zero, and one that is not below 0 about the old one."""
    for name, message in (("bias", "moved zero of"), ("", "cannot fail")):

        def wrong(example: PathExample, name: str = name) -> object:
            found = follow_all_paths(example)
            least = found.slack[""] - 1 if name else abs(found.slack[""])
            return replace(found, slack={**found.slack, "": least})

        monkeypatch.setattr(c12_two_phase, "follow_all_paths", wrong)
        finding = settle(c12._check_constant_correction)
        assert finding.verdict == Verdict.UNDECIDED and message in finding.reason


def test_noise_that_is_not_centred_leaves_the_ball() -> None:
    """x_n = 1 − 0.99ⁿ reaches 1/2 at n = 69."""
    assert c12._pushed_out() == 69 == math.ceil(math.log(0.5) / math.log(0.99))


def test_assumptions_are_listed() -> None:
    """What a run has to satisfy besides its drift, in every theorem that needs it."""
    claims = {claim.id: " ".join((*claim.assumptions, claim.scope)) for claim in c12.CLAIMS}
    for words in ("E[xi|past] = 0", "|x_0 - phi*| <= r_0", "epsilon <= rho^2", "tends to 0"):
        assert words in claims["C12.bounded-noise"]
    for words in ("|x_0 - phi*_lambda| <= r_0 < rho_1", "epsilon <= rho_1^2", "m > 0", "tends to 0 in phase 2"):
        assert words in claims["C12.converges"]
    assert "0 <= lambda_n <= lambda" in claims["C12.mean-square"] and "beta_n" in claims["C12.mean-square"]
    assert "x_0 is not phi*" in claims["C12.stalls"]
    for words in ("start", "ball", "hand-over"):
        assert words in claims["C12"]
    for words in ("E[xi|past]", "sum a_n^2", "bias"):
        assert words in claims["C12.constant-correction"]
    assert all(claim.statement.isascii() and claim.statement.count(". ") == 0 for claim in c12.CLAIMS)


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
