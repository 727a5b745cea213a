"""C12: two-phase annealing reaches the original equilibrium with probability 1 - delta, and what that needs.

The theorem and its proof are in :mod:`theory.two_phase`. Here its steps are checked, its numbers computed for three
games, and conditions of the paper's proof told from real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import flint
from sympy import Expr, Integer, Matrix, Rational, Symbol, diff, exp, powsimp, sqrt, symbols

from theory.balls import ball
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import Corrected, Vector, game_case, square
from theory.errors import BadInput
from theory.exact import Undecided, from_fmpq, is_zero, positive_on, to_fmpq
from theory.games import DifferentiableGame, cournot
from theory.games.regularised import regularised_matching_pennies, regularised_stag_hunt
from theory.two_phase import (
    TERMS,
    Drift,
    PathExample,
    PathFindings,
    Phase,
    Plan,
    Setting,
    azuma_constant,
    bounded_exponent,
    budget_residual,
    by_parts_residual,
    contraction_residual,
    convexity_residual,
    drift_on_ball,
    drift_shares,
    exit_constant,
    follow_all_paths,
    kept_rate,
    make_plan,
    pulled,
    squares_bound,
    variance_residual,
)

X = Symbol("x", real=True)
HALF = Rational(1, 2)
DELTAS = (Rational(1, 10), Rational(1, 100))
POWER, DECAY = Rational(3, 4), Integer(1)  # q > 1 - p, as in the paper


# ----------------------------------------------------------------------------------------------------------- the games


def _setting(
    game: DifferentiableGame,
    zero: Rational,
    moved: Rational,
    radius: Rational,
    deviation: Rational,
    amount: Rational | None = None,
) -> Setting:
    """A symmetric setting: zeros on the diagonal, start 4/5 of the radius away, bias a fiftieth of the noise.

    λ is read off the moved zero, unless it is given because the zero does not move.
    """
    case = game_case(game, (zero, zero))
    if amount is None:
        amount = (-case.field[0] / case.correction[0]).subs(dict.fromkeys(case.symbols, moved))
    start = (moved + radius * Rational(12, 25), moved - radius * Rational(16, 25))
    return Setting(case, amount, (moved, moved), (radius, radius), start, deviation / 50, deviation, POWER, DECAY)


SETTINGS: dict[str, Callable[[], Setting]] = {
    "cournot": lambda: _setting(cournot(), Integer(1), Rational(24, 23), Integer(1), Rational(1, 4)),
    "regularised-stag-hunt": lambda: _setting(
        regularised_stag_hunt(), Rational(7, 8), Rational(22, 25), Rational(1, 16), Rational(1, 64)
    ),
    "regularised-matching-pennies": lambda: _setting(
        regularised_matching_pennies(), HALF, HALF, Rational(1, 8), Rational(1, 16), Rational(1, 16)
    ),
}


def plan_row(plan: Plan, delta: Rational) -> dict[str, Any]:
    """The numbers of a plan, as JSON data."""
    setting, (first, second) = plan.setting, plan.phases
    return {
        "delta": str(delta),
        "N": plan.length,
        "alpha": str(plan.steps[0]),
        "alpha_2": str(plan.steps[1]),
        "bounds": list(map(str, plan.failures)),
        "lambda": str(setting.amount),
        "beta": str(setting.bias),
        "sigma^2": str(setting.variance),
        "rho": str(first.drift.radius),
        "m": [str(first.drift.rate), str(second.drift.rate)],
        "Lambda": [str(first.drift.slope), str(second.drift.slope)],
        "kappa": [str(first.kept), str(second.kept)],
        "epsilon": [str(first.margin), str(second.margin)],
        "theta": [str(first.split), str(second.split)],
        "Q": [str(first.constant), str(second.constant)],
    }


# --------------------------------------------------------------------------------------------------------- the theorem

X1, X2 = symbols("x1 x2", real=True)
SWIRL = (-X1 - X2, X1 - X2)
BENT = (-2 * X1 + X2 / 2 - X1**2 / 2, -X1 / 2 - X2 + X2**3 / 12)
TENTH = Rational(1, 10)


def path_examples() -> list[PathExample]:
    """The line, a plane rotation and a bent field; from the zero, from aside, with and without bias and noise."""
    line, plane = (X1,), (X1, X2)
    nothing, origin = Integer(0), (Integer(0), Integer(0))
    on_line = drift_on_ball((-X1,), line, (nothing,), Integer(2))
    turning = drift_on_ball(SWIRL, plane, origin, Integer(2))
    bent = drift_on_ball(BENT, plane, origin, HALF)
    steps = tuple(Rational(1, k) for k in (10, 11, 12, 13))
    shrinking = tuple(Rational(1, k) for k in (4, 6, 9, 13, 18, 24, 31))
    short = tuple(Rational(1, k) for k in (20, 22, 24, 26))
    aside = (Rational(3, 10), Rational(-1, 5))
    return [
        PathExample((-X1,), line, on_line, (nothing,), shrinking, (HALF,), nothing),
        PathExample((-X1,), line, on_line, (nothing,), shrinking, (nothing,), HALF),
        PathExample((-X1,), line, on_line, (HALF,), shrinking, (Rational(-1, 4),), Integer(1)),
        PathExample(SWIRL, plane, turning, (Integer(1), nothing), steps, (TENTH, TENTH), HALF),
        PathExample(BENT, plane, bent, aside, short, (TENTH, -TENTH), HALF),
    ]


def _contraction() -> str:
    """|y + af|² ≤ (1 − aκ)² r², by the κ of :func:`theory.two_phase.kept_rate`.

    Raises:
        Undecided: it is not shown, or a false one is accepted.
    """
    a, h, rate, slope = symbols("a h m Lambda", positive=True)
    kept = kept_rate(rate, slope, a + h)  # the largest step is a + h
    if not is_zero(contraction_residual(a, rate, slope, kept) - a * h * slope**2 - a**2 * kept**2):
        raise Undecided("|y + a f| <= (1 - a kappa) r is not shown")
    one, small = Integer(1), Rational(1, 100)
    if contraction_residual(small, one, one, Rational(11, 10) * kept_rate(one, one, small)) >= 0:
        raise Undecided("the check cannot fail: it accepts a kappa that is a tenth larger")
    if contraction_residual(Rational(1, 4), one, Integer(2), kept_rate(one, Integer(2), TENTH)) >= 0:
        raise Undecided("the check cannot fail: it accepts steps above the largest")
    return "(1 - a kappa)^2 - (1 - 2 a m + a^2 Lambda^2) = a (a_max - a) Lambda^2 + a^2 kappa^2"


def _inequalities() -> list[str]:
    """Check the proof's algebra and return what was checked; each with a control.

    Raises:
        Undecided: an inequality is not shown, or a false one is accepted.
    """
    a, kept = symbols("a kappa", positive=True)
    t, r, c, d, q, ell = symbols("t r c d Q l", positive=True)
    w, fall = symbols("w fall", nonnegative=True)
    contraction = _contraction()
    if not is_zero(convexity_residual(t, r, c) - t * (1 - t) * (r - c) ** 2):
        raise Undecided("the convexity inequality is not shown")
    if is_zero(convexity_residual(t, r, c) - t * (1 - t) * (r + c) ** 2):
        raise Undecided("the check cannot fail: it accepts another remainder")
    y1, y2, z1, z2 = symbols("w1 w2 xi1 xi2", real=True)
    noisy = square((y1 + a * z1, y2 + a * z2)) - (y1**2 + y2**2) - 2 * a * (z1 * y1 + z2 * y2)
    if not is_zero(noisy - a**2 * (z1**2 + z2**2)) or is_zero(noisy):
        raise Undecided("the square of a noisy step is not shown")
    for length in range(1, 6):
        if not all(map(is_zero, by_parts_residual(length))):
            raise Undecided(f"summation by parts fails for {length} terms")
    if not is_zero(budget_residual(d, a, kept, q, ell)):
        raise Undecided("the step size of phase 1 does not meet its share")
    if is_zero(budget_residual(2 * d, a, kept, q, ell) - budget_residual(d, a, kept, q, ell) + d):
        raise Undecided("the check cannot fail: it accepts half of the share")
    bounded = variance_residual(a, kept * a**2 / 2 - w, kept)
    if not is_zero(bounded - 2 * w / kept - 2 * a**2 * (1 - a * kept)):
        raise Undecided("the induction for bounded noise is not shown")
    if is_zero(variance_residual(a, fall, kept) - 2 * a**2 * (1 - a * kept)):
        raise Undecided("the check cannot fail: it accepts steps that fall too fast")
    _exit_constant()
    _sums_of_squares()
    return [
        contraction,
        "(1 - t) r^2 + t c^2 - ((1 - t) r + t c)^2 = t (1 - t)(r - c)^2",
        "summation by parts, 1 to 5 terms",
        "delta - Q (l/(alpha kappa) + 1) alpha^2 = delta (1 - alpha kappa)/(l + 1)",
        "2 a'/kappa - (1 - a kappa)^2 2 a/kappa - a^2 >= 0 if 2 (a - a') <= kappa a^2",
        "Q sum a^2 = E R^2/((1 - theta) epsilon)^2 + E A/(theta epsilon), E R^2 <= (2 rho)^2 sigma^2 sum a^2",
    ]


def _exit_constant() -> None:
    """Q, from the second moment of R by Doob's inequality and the mean of A by Markov's."""
    radius, variance, margin, total, split = symbols("rho sigma2 epsilon S theta", positive=True)

    def chance(rise: Expr, growth: Expr) -> Expr:
        """Bound of P(sup R ≥ rise) + P(sup A ≥ growth), with |ΔS| ≤ 2aρ|ξ| and ΔA = a²|ξ|²."""
        return (2 * radius) ** 2 * variance * total / rise**2 + variance * total / growth

    bound = exit_constant(radius, variance, margin, split) * total
    if not is_zero(bound - chance((1 - split) * margin, split * margin)):
        raise Undecided("Q is not what Doob's and Markov's inequalities give")
    if is_zero(bound - chance(split * margin, (1 - split) * margin)):
        raise Undecided("the check cannot fail: it accepts the levels exchanged")


def _sums_of_squares() -> None:
    """Partial sums of (1 + k/7)^(−2p) against their bound, p = 1 and p = 3/4, in balls."""
    scale = 7
    for power in (Integer(1), Rational(3, 4)):
        total = flint.arb(0)
        for k in range(400):
            total += flint.arb(flint.fmpq(scale + k, scale)) ** ball(-2 * power)
        bound = ball(squares_bound(Integer(scale), power))
        if not total < bound:
            raise Undecided("the bound of the sum of squares fails")
        if not total > bound * 3 / 4:
            raise Undecided("the check cannot fail: three quarters of the bound hold too")


def worst_exit(phase: Phase, start: Rational, steps: Sequence[Rational]) -> Rational:
    """P(leaving within the steps) of f = −x about 0 under noise that jumps to the edge as often as it may, exactly.

    From w, J = (ρ − w)/a away from the edge, ξ = J with probability q = σ²/(σ² + J²), else −Jq/(1 − q). A path that
    left is not followed further, so there is one that stays.

    Raises:
        Undecided: the noise has another mean or variance.
    """
    x, stays = start, Integer(1)
    for step in steps:
        w = x - step * x
        jump = (phase.drift.radius - w) / step
        often = phase.variance / (phase.variance + jump**2)
        back = -jump * often / (1 - often)
        mean, spread = (often * jump**k + (1 - often) * back**k for k in (1, 2))
        if mean != 0 or spread != phase.variance:
            raise Undecided("the noise has another mean or variance")
        x, stays = w + step * back, stays * (1 - often)
    return 1 - stays


def _check_exit() -> dict[str, str]:
    """Q Σ a_n² against the exact probability of leaving a tight ball."""
    start = Rational(31, 32)
    line = Drift((Integer(0),), Integer(1), Integer(1), Integer(1))
    phase = Phase(line, start**2, Integer(0), 1 - start**2, Integer(16))
    steps = [Rational(1, k) for k in (1000, 1100, 1200, 1300)]
    exact, bound = worst_exit(phase, start, steps), phase.constant * square(steps)
    if exact > bound:
        raise Undecided("a run leaves its ball more often than Q sum a^2")
    if exact <= bound / 2:
        raise Undecided("the check cannot fail: half of Q holds too")
    ratio = ball(exact / bound).str(3, radius=False)
    return {"start": str(start), "bound": str(bound), "share_of_bound": ratio}


def _check_end() -> dict[str, str]:
    """How far from φ*_λ phase 1 can end: noise-free with an outward bias, then one kick that just keeps R + A < ε.

    f = −x about φ*_λ. With R + A = 2t w + t² the kick a ξ = t leads from w to (w + t)² = w² + R + A.
    """
    aside = Corrected((X,), (-X,), (Integer(1),), (Integer(0),))
    radii = Rational(9, 8), Rational(5, 4)
    plan = make_plan(
        Setting(aside, TENTH, (TENTH,), radii, (1 + TENTH,), HALF, Rational(1, 1000), POWER, DECAY), DELTAS[0]
    )
    y = Integer(1)
    for _ in range(plan.length):
        y += plan.steps[0] * (plan.setting.bias - y)
    margin = plan.phases[0].margin
    ended = y**2 + margin  # approached from below
    if ended > plan.reached:
        raise Undecided("a run that stays ends phase 1 farther away than (u/kappa)^2 + 2 epsilon")
    if ended <= plan.reached - margin:
        raise Undecided("the check cannot fail: (u/kappa)^2 + epsilon holds too")
    return {"N": str(plan.length), "end": ball(ended).str(6, radius=False), "limit": str(plan.reached)}


_SHARE = Rational(99, 100)
_DIRECTIONS = ((1, 0), (0, 1), (Rational(7, 10), Rational(7, 10)), (Rational(-7, 10), Rational(7, 10)))  # norms 0.99, 1
PLACES: tuple[Vector, ...] = tuple(  # (x - z)/rho
    (scale * a, scale * b)
    for scale in (_SHARE, -_SHARE, HALF, -HALF)
    for a, b in (*_DIRECTIONS, (Rational(3, 5), Rational(4, 5)))
)
Driven = tuple[Sequence[Expr], Sequence[Symbol], Drift]


def _check_drifts(cases: Sequence[Driven]) -> list[list[str]]:
    """Drifts at rational points of their balls.

    Returns:
        What of m and of Λ² the field uses there, one pair a case.

    Raises:
        Undecided: a drift fails at a point, or constants a tenth better hold in all cases.
    """
    found = []
    for field, wrt, drift in cases:
        places = PLACES if len(wrt) == 2 else [(_SHARE,), (-_SHARE,)]
        found.append(drift_shares(field, wrt, drift, places))
        if found[-1][0] < 1 or found[-1][1] > 1:
            raise Undecided("a drift fails at a point of its ball")
    if min(least for least, _ in found) >= Rational(11, 10) or max(most for _, most in found) <= Rational(81, 100):
        raise Undecided("the check cannot fail: constants that are a tenth better hold too")
    return [[str(least), str(most)] for least, most in found]


def _drifts_of(plans: Sequence[Plan]) -> list[Driven]:
    """−x + x²/2, whose constants are sharp, and each plan's fields: v + λM, then v + l(M − M(φ*)), l = 0, λ/3, λ."""
    line = (-X + X**2 / 2,)
    cases: list[Driven] = [(line, (X,), drift_on_ball(line, (X,), (Integer(0),), Integer(1)))]
    for plan in plans:
        case, amount = plan.setting.case, plan.setting.amount
        cases.append((case.total(amount), case.symbols, plan.phases[0].drift))
        fading = [pulled(case, amount * share) for share in (Integer(0), Rational(1, 3), Integer(1))]
        cases += [(field, case.symbols, plan.phases[1].drift) for field in fading]
    return cases


def _check_plans(plans: Sequence[Plan]) -> None:
    """The numbers of plans against what they stand for.

    Raises:
        Undecided: one of them is another number, or wrong ones are accepted.
    """
    pulls = []
    for plan in plans:
        setting, phases, two = plan.setting, plan.phases, plan.steps[1]
        kicks = list(product((-setting.deviation, setting.deviation), repeat=len(setting.case.symbols)))
        if any(phase.variance * len(kicks) != sum(map(square, kicks)) for phase in phases):
            raise Undecided("the noise has another variance")
        pull = square([setting.case.at(entry) for entry in setting.case.total(setting.amount)])  # v is 0 there
        room = phases[1].bias - setting.bias
        if room < 0 or pull > room**2:
            raise Undecided("the bias of phase 2 is above its bound")
        pulls.append(pull > (room * 9 / 10) ** 2)
        for phase, step in zip(phases, plan.steps, strict=True):  # r -> (1 - a kappa) r + a u stops at its root
            distance = sqrt(phase.floor)
            if (1 - step * phase.kept) * distance + step * phase.bias != distance:
                raise Undecided("the bias keeps the run at another distance")
        squares = flint.arb(0)
        for k in range(200):
            ratio = flint.arb(flint.fmpq(plan.length + k, plan.length))
            squares += ratio ** ball(-2 * setting.power)
        bound = ball(plan.failures[1] / (phases[1].constant * two**2))
        if not squares < bound or plan.failures[0] != phases[0].constant * plan.length * plan.steps[0] ** 2:
            raise Undecided("a phase fails more often than the plan says")
        if not sum(plan.failures) <= sum(plan.shares):
            raise Undecided("the plan fails too often")
    if not any(pulls):
        raise Undecided("the check cannot fail: nine tenths of M(phi*) hold too")
    doubled = replace(plans[0], steps=tuple(2 * step for step in plans[0].steps))
    wide = plans[0].phases[1]  # its margin is the largest that fits
    if not _refused(doubled.check) or not _refused(lambda: replace(wide, margin=2 * wide.margin)):
        raise Undecided("the check cannot fail: steps or a margin twice as large are accepted")


def _refused(make: Callable[[], object]) -> bool:
    """Whether something cannot be made."""
    try:
        make()
    except (BadInput, Undecided):
        return True
    return False


def _check_paths() -> list[PathFindings]:
    """Inequality (1) on all paths of the examples; every one of its terms is needed in some example."""
    examples = path_examples()
    found = [follow_all_paths(example) for example in examples]
    for number, (example, one) in enumerate(zip(examples, found, strict=True)):
        least, most = one.reflected
        variance = len(example.symbols) * example.deviation**2
        limit = (2 * example.drift.radius) ** 2 * variance * square(example.steps)
        if one.slack[""] < 0 or not one.centred or not least <= most <= limit:
            raise Undecided(f"example {number}: slack {one.slack['']}, E R^2 = {least} against {most} and {limit}")
    for dropped in TERMS:
        if all(one.slack[dropped] >= 0 for one in found):
            raise Undecided(f"the check cannot fail: inequality (1) holds without its term {dropped}")
    return found


def _check_converges() -> Finding:
    steps = _inequalities()
    exits, end = _check_exit(), _check_end()
    plans = {name: [make_plan(make(), delta) for delta in DELTAS] for name, make in SETTINGS.items()}
    used = _check_drifts(_drifts_of([row[0] for row in plans.values()]))
    _check_plans([plan for row in plans.values() for plan in row])
    found = _check_paths()
    rows: dict[str, list[dict[str, Any]]] = {
        name: [plan_row(plan, delta) for plan, delta in zip(row, DELTAS, strict=True)] for name, row in plans.items()
    }
    proof = Evidence(
        "identity",
        "one step, summation by parts, reflection and Doob's inequality (theory.two_phase); remainders by sign",
        "failure of a phase <= Q sum a_n^2, Q = sigma^2 (4 rho^2/((1 - theta)^2 epsilon^2) + 1/(theta epsilon)); a "
        "bias below kappa rho does not occur in it",
        {"steps": steps},
    )
    paths = Evidence(
        "identity",
        "every path of two-point noise, exact rationals",
        f"inequality (1) on all {sum(one.paths for one in found)} paths of {len(found)} examples; none of its four "
        "terms can be left out",
        {
            "paths": [one.paths for one in found],
            "least_slack": [str(one.slack[""]) for one in found],
            "reflected": [list(map(str, one.reflected)) for one in found],
        },
    )
    tight = Evidence(
        "identity",
        "exact probability of leaving under the noise that leaves most often; farthest end of phase 1 by a path",
        f"v = -x from {exits['start']} of the radius: P(leaving) is {exits['share_of_bound']} of Q sum a_n^2; phase 1 "
        f"with an outward bias ends as far as |x - phi*_lambda|^2 = {end['end']}, beyond (u/kappa)^2 + epsilon and "
        "within (u/kappa)^2 + 2 epsilon",
        {"exit": exits, "end": end},
    )
    numbers = Evidence(
        "identity",
        "constants certified on the balls and checked at rational points of them, then the formulas; all conditions "
        "checked again",
        "; ".join(f"{name}: N = {', '.join(str(row['N']) for row in row_list)}" for name, row_list in rows.items())
        + f" for delta = {', '.join(map(str, DELTAS))}",
        {**rows, "used_of_drift": used},
    )
    return Finding(
        Verdict.PROVED,
        "for every delta there are step sizes, if the bias and the shift of the zero fit into the balls",
        (proof, paths, tight, numbers),
    )


# ------------------------------------------------------------------------------------------ what the failure depends on


def _check_any_bias() -> Finding:
    """Field v = −μx with a bias β and no noise: x_n = (β/μ)(1 − (1 − αμ)ⁿ) from 0."""
    step, bias, rate, power = symbols("alpha beta mu P", positive=True)

    def move(x: Expr) -> Expr:
        return x + step * (-rate * x + bias)

    limit = bias / rate
    state = limit * (1 - power)
    if not is_zero(move(state) - limit * (1 - (1 - step * rate) * power)) or not is_zero(move(limit) - limit):
        return undecided("the closed form does not solve the recursion")
    if is_zero(move(state) - limit * (1 - (1 + step * rate) * power)):
        raise Undecided("the check cannot fail: it accepts a growing power")
    rows: list[dict[str, Any]] = []
    radius = Integer(1)
    for denominator in (10, 100):
        size = Rational(1, denominator)
        x, count = Integer(0), 0
        while x < radius:
            count += 1
            x = state.subs({rate: 1, bias: 2, power: (1 - size) ** count})
        floor = (4 * bias**2 / (rate**2 * radius**2) * step).subs({rate: 1, bias: 2, step: size})
        if not state.subs({rate: 1, bias: HALF, power: 0}) < radius:  # the limit, and the path rises to it
            raise Undecided("the check cannot fail: a bias below mu rho leaves too")
        rows.append({"alpha": f"1/{denominator}", "leaves_at_step": count, "paper_term": str(floor)})
    evidence = Evidence(
        "counterexample",
        "closed form of the linear recursion",
        "v = -mu x, M = 0, no noise, bias beta > mu rho: x_n = (beta/mu)(1 - (1 - alpha mu)^n) leaves |x| < rho for "
        "every alpha; with mu = rho = 1, beta = 2 at step "
        + ", ".join(f"{row['leaves_at_step']} (alpha = {row['alpha']})" for row in rows)
        + ", where the floor times alpha, 4 beta^2 alpha/(mu^2 rho^2), is "
        + ", ".join(f"{row['paper_term']}" for row in rows),
        {"runs": rows, "limit": str(limit)},
    )
    return Finding(
        Verdict.REFUTED,
        "the bias has to be below kappa rho; then it does not add to the failure probability at all",
        (evidence,),
    )


WELLS = -X * (X - 1) * (X - 3)  # stable zeros 0 and 3, between them 1
LOW, HIGH = Rational(11, 5), Rational(327, 100)
PUSH, OFFSET = Integer(2), 9


def pushed_path(push: Rational, longest: int) -> list[Rational] | None:
    """The path from 0 under noise that is always +push, a_n = 1/(n + 9), until it is beyond 11/5; or ``None``.

    Every entry is rounded down to a multiple of 10⁻⁹: where x + a (v + push) rises in x, the path stays below the true
    one.
    """
    path = [Integer(0)]
    for number in range(longest):
        x = path[-1]
        moved = x + (WELLS.subs(X, x) + push) / (number + OFFSET)
        path.append(Rational(int(moved * 10**9 // 1), 10**9))
        if path[-1] >= LOW:
            return path
    return None


def _check_second_delta() -> Finding:
    slope = diff(WELLS, X)
    trapped = (
        WELLS.subs(X, LOW) >= PUSH
        and WELLS.subs(X, HIGH) <= -PUSH
        and positive_on(1 + slope / OFFSET, X, LOW, HIGH)
        and positive_on(WELLS + PUSH, X, Integer(0), LOW)
        and positive_on(1 + slope / OFFSET, X, Integer(0), LOW)
    )
    path = pushed_path(PUSH, 200)
    # The first point beyond 11/5 is at most where 11/5 itself goes.
    if not trapped or path is None or not LOW + (WELLS.subs(X, LOW) + PUSH) / OFFSET <= HIGH:
        return undecided("the pushed path does not end in the other basin")
    if pushed_path(HALF, 100) is not None:
        raise Undecided("the check cannot fail: noise below the barrier crosses it too")
    chance = Rational(1, 2 ** (len(path) - 1))
    around = drift_on_ball((WELLS,), (X,), (Integer(0),), Rational(1, 4))
    evidence = Evidence(
        "counterexample",
        "one path of two-point noise, exact rationals; an interval that no noise leaves, by Sturm's theorem",
        f"v = {WELLS} (rate {-slope.subs(X, 0)} at 0, rate {around.rate} on |x| < {around.radius}), noise +-{PUSH} "
        f"with probability 1/2, a_n = 1/(n + {OFFSET}): from phi* = 0 itself {len(path) - 1} pushes upward lead beyond "
        f"{LOW}, and [{LOW}, {HIGH}] is never left: phase 2 fails with probability >= {chance}",
        {
            "v": str(WELLS),
            "noise": str(PUSH),
            "chance": str(chance),
            "end": str(path[-1]),
            "trap": [str(LOW), str(HIGH)],
        },
    )
    return Finding(
        Verdict.REFUTED,
        "here enough pushes in a row lead out of the basin, and their probability is not 0",
        (evidence,),
    )


# ---------------------------------------------------------------------------------------------------------- the powers


def _check_decay() -> Finding:
    """Field v = −x, M = 1, a_n = 1/(2√n), λ_n = 1/√n: x_n ≤ 2/√n from n = 4 on, by induction."""
    t = Symbol("t", positive=True)
    # with t = n^(-1/2): the step from 2t is 2t - t^2 + t^2/2, and (n + 1)^(-1/2) >= t (1 - t^2/2), by squares
    moved = (2 * t - (t / 2) * 2 * t + (t / 2) * t).expand()
    room = 2 * t * (1 - t**2 / 2) - moved
    squares = 1 - (1 + t**2) * (1 - t**2 / 2) ** 2
    if not is_zero(room - t**2 * (HALF - t)) or not is_zero(squares - t**4 * (3 - t**2) / 4):
        return undecided("the induction for p = q = 1/2 is not shown")
    if is_zero(room - t**2 * (1 - t)):
        raise Undecided("the check cannot fail: it accepts another remainder")
    x, total, last = flint.arb(1), flint.arb(0), 4000
    for n in range(4, last):
        root = flint.arb(n).rsqrt()
        x, total = (1 - root / 2) * x + root**2 / 2, total + root**2 / 2
    bound = 2 * flint.arb(last).rsqrt()
    if not (x > 0 and x < bound):
        return undecided("the enclosed run is not below the bound")
    evidence = Evidence(
        "counterexample",
        "induction with polynomial remainders; the run enclosed in balls",
        "v = -x, M = 1, p = q = 1/2 (q = 1 - p): 0 <= x_n <= 2/sqrt(n) for n >= 4, though sum a_n lambda_n is "
        f"infinite; x_{last} = {x.str(6, radius=False)} < {bound.str(6, radius=False)}",
        {"remainders": [str(room), str(squares)], "n": last, "x_n": x.str(12), "sum": total.str(12)},
    )
    return Finding(
        Verdict.REFUTED,
        "q > 1 - p makes sum a_n lambda_n finite, which the paper's proof uses and convergence does not need: every "
        "q > 0 will do (C12.converges)",
        (evidence,),
    )


def _check_constant_correction() -> Finding:
    """x_{n+1} − λ = (1 − a)(x_n − λ) for v = −x, M = 1; in the games the moved zero is another point."""
    x, a, lam = symbols("x a lambda", real=True)
    if not is_zero(x + a * (-x + lam) - lam - (1 - a) * (x - lam)):
        return undecided("the recursion does not contract to lambda")
    if is_zero(x + a * (-x + lam) - (1 - a) * x):
        raise Undecided("the check cannot fail: it accepts 0 as the limit")
    shifts, slacks = {}, {}
    for name, make in SETTINGS.items():
        setting = make()
        field, wrt = setting.case.total(setting.amount), setting.case.symbols
        drift = drift_on_ball(field, wrt, setting.moved, setting.radii[0])
        shifts[name] = [str(a - b) for a, b in zip(setting.moved, setting.case.zero, strict=True)]
        steps = tuple(drift.rate / drift.slope**2 / (8 + k) for k in range(3))
        start = tuple(c + drift.radius / 4 for c in drift.centre)
        along = PathExample(field, wrt, drift, start, steps, (Integer(0), Integer(0)), drift.radius)
        slacks[name] = follow_all_paths(along).slack[""]
        if slacks[name] < 0:
            return undecided(f"inequality (1) fails about the moved zero of {name}")
        # from the moved zero without noise: about the old one the run would have to come nearer
        about = replace(
            along, drift=replace(drift, centre=setting.case.zero), start=setting.moved, deviation=Integer(0)
        )
        if shifts[name] != ["0", "0"] and follow_all_paths(about).slack[""] >= 0:
            raise Undecided("the check cannot fail: inequality (1) holds about the old zero too")
    moving = [name for name, shift in shifts.items() if any(entry != "0" for entry in shift)]
    if not moving:
        return undecided("no zero moves in any of the games")
    evidence = Evidence(
        "identity",
        "contraction to the moved zero: C12.converges with z = phi*_lambda",
        "v = -x, M = 1: x_n - lambda = (x_0 - lambda) prod(1 - a_k) tends to 0; in the games inequality (1) holds "
        f"about phi*_lambda on all paths of {len(steps)} steps, and phi*_lambda is not phi* in " + ", ".join(moving),
        {"shifts": shifts, "least_slack": {name: str(slack) for name, slack in slacks.items()}},
    )
    return Finding(Verdict.PROVED, "a constant correction moves the zero, and the run goes to it", (evidence,))


def _check_stalls() -> Finding:
    n, t, rest = symbols("n t rest", positive=True)
    # prod_{k=1}^{n} (1 - 1/(k + 1)^2) = (n + 2)/(2 (n + 1)), by induction
    closed = (n + 2) / (2 * (n + 1))
    if not is_zero(closed - closed.subs(n, n - 1) * (1 - 1 / (n + 1) ** 2)) or closed.subs(n, 0) != 1:
        return undecided("the product has another closed form")
    if is_zero(closed - closed.subs(n, n - 1) * (1 - 1 / (n + 1))):
        raise Undecided("the check cannot fail: it accepts p = 1")
    # (1 - s)(1 - t) >= 1 - s - t
    if not is_zero((1 - rest) * (1 - t) - (1 - rest - t) - rest * t):
        return undecided("the product is not bounded by the sum")
    # n^(-p) is at most the integral of y^(-p) over [n - 1, n], so the sum over n >= 1 at most 1 + 1/(p - 1)
    y, p = symbols("y p", positive=True)
    if powsimp(diff(y ** (1 - p) / (1 - p), y)) != y**-p or not is_zero(1 + 1 / (p - 1) - p / (p - 1)):
        return undecided("the sum has another bound")
    for power in (Rational(3, 2), Integer(2), Integer(3)):
        terms = [flint.arb(k) ** ball(-power) for k in range(1, 41)]
        ends = [flint.arb(k) ** ball(1 - power) / ball(1 - power) for k in range(1, 42)]
        areas = [high - low for low, high in pairwise(ends)]
        if not all(term < area for term, area in zip(terms[1:], areas, strict=False)):
            return undecided("a term is above its integral")
        if all(term < area for term, area in zip(terms, areas, strict=True)):
            raise Undecided("the check cannot fail: it accepts the next interval")
    evidence = Evidence(
        "identity",
        "telescoping product; Weierstrass's product inequality with the integral bound of the sum",
        "v = -x, a_n = (n + 1)^-2: x_n = x_0 (n + 2)/(2 (n + 1)) > x_0/2; for |v(x)| <= Lambda |x - phi*| everywhere, "
        "alpha_0 < (p - 1)/(p Lambda) and p > 1: |x_n - phi*| >= |x_0 - phi*| (1 - Lambda alpha_0 p/(p - 1)) > 0",
        {"closed_form": str(closed), "limit": "1/2", "sum_at_most": str(p / (p - 1))},
    )
    return Finding(Verdict.PROVED, "the step sizes have a finite sum, so the run stops on the way", (evidence,))


# ----------------------------------------------------------------------------------------------------------- the noise


def _check_heavy_noise() -> Finding:
    """ξ_{n+1} = ±c/a_n with probability a_n²σ²/(2c²) each, else 0."""
    a, c, sigma = symbols("a c sigma", positive=True)
    chance = a**2 * sigma**2 / (2 * c**2)
    jump = c / a
    if not is_zero(2 * chance * jump**2 - sigma**2) or not is_zero(a * jump - c):
        return undecided("the noise has another variance or moves the run by another length")
    if is_zero(2 * chance * (jump / 2) ** 2 - sigma**2):
        raise Undecided("the check cannot fail: it accepts noise of half the size")
    # the chances 2 chance = (sigma/c)^2 a_n^2 with a_n = alpha_0 n^-p have the sum (sigma alpha_0/c)^2 sum n^(-2p)
    doublings = []
    for k in range(1, 9):  # sum of 1/n over (2^(k-1), 2^k] is at least 1/2
        doublings.append(sum((Rational(1, n) for n in range(2 ** (k - 1) + 1, 2**k + 1)), Integer(0)))
    if any(entry < HALF for entry in doublings):
        return undecided("the harmonic sum is not shown to diverge")
    evidence = Evidence(
        "identity",
        "exact moments; second Borel-Cantelli lemma",
        "xi = +-c/a_n with probability a_n^2 sigma^2/(2 c^2) each, else 0: mean 0, variance sigma^2, and a_n xi = +-c; "
        "the chances sum to (sigma alpha_0/c)^2 sum n^(-2p), infinite for p <= 1/2: it jumps by c infinitely often",
        {"variance": str(2 * chance * jump**2), "blocks": [str(entry) for entry in doublings]},
    )
    return Finding(
        Verdict.PROVED,
        "if x_n converged to phi*, a_n v(x_n) and x_(n+1) - x_n would tend to 0, and so would a_n xi",
        (evidence,),
    )


def variances(steps: Sequence[Rational], kept: Rational) -> list[Rational]:
    """V_n = Σ_j P²_{j+1,n} a_j², one for every step."""
    found, value = [], Integer(0)
    for step in steps:
        value = (1 - step * kept) ** 2 * value + step**2
        found.append(value)
    return found


def _variances_hold(steps: Sequence[Rational], kept: Rational) -> bool:
    """Whether V_n ≤ 2a_n/κ for every n but the last, of which the next step is not given."""
    return all(value <= 2 * after / kept for value, after in zip(variances(steps[:-1], kept), steps[1:], strict=True))


def azuma_exponent(level: Expr, squares: Expr, factor: Expr = HALF) -> Expr:
    """The exponent of Azuma's inequality, factor · level²/Σc_j² for increments of at most c_j."""
    return factor * level**2 / squares


def azuma_holds(weights: Sequence[Rational], level: Rational, factor: Rational = HALF) -> bool:
    """Whether P(Σ ±w_j ≥ level) ≤ exp(−factor · level²/Σw_j²), by counting all signs."""
    signs = product((-1, 1), repeat=len(weights))
    above = sum(1 for row in signs if sum(s * w for s, w in zip(row, weights, strict=True)) >= level)
    bound = ball(-azuma_exponent(level, square(weights), factor)).exp()
    chance = flint.arb(flint.fmpq(above, 2 ** len(weights)))
    if not (chance < bound or chance > bound):
        raise Undecided("the probability is not told from its bound")
    return bool(chance < bound)


def _power_steps_fall_slowly(kept: Rational, alpha: Rational, scale_times: Rational) -> bool:
    """Whether 2(a_k − a_{k+1}) ≤ κa_k² for a_k = α(1 + k/s)^(−p), k < 80 and three p < 1, s a multiple of 2p/(κα)."""
    holds = []
    for power in (Rational(1, 4), HALF, Rational(3, 4)):
        scale = scale_times * 2 * power / (kept * alpha)
        bases = [ball(1 + k / scale) for k in range(81)]
        steps = [ball(alpha) * base ** ball(-power) for base in bases]
        holds += [2 * (a - b) < a**2 * ball(kept) for a, b in pairwise(steps)]
    return all(holds)


def _check_bounded_exponent(phase: Phase, bound: Rational, step: Rational) -> Rational:
    """The constant c, with c/a the exponent of Azuma's inequality at V_n = 2a/κ for increments 2P a ρΞ.

    Raises:
        Undecided: it is another one.
    """
    a, kept, margin, radius, most = symbols("a kappa epsilon rho Xi", positive=True)
    squares = (2 * radius * most) ** 2 * (2 * a / kept)
    if not is_zero(azuma_constant(kept, margin, radius, most) / a - azuma_exponent(margin, squares)):
        raise Undecided("c is not epsilon^2/(8 rho^2 Xi^2 V_n) at V_n = 2 a_n/kappa")
    if is_zero(azuma_constant(kept, margin, radius, most) / a - azuma_exponent(margin, squares / 2)):
        raise Undecided("the check cannot fail: it accepts V_n = a_n/kappa")
    found = bounded_exponent(phase, bound, step)
    numbers = {a: step, kept: phase.kept, margin: phase.margin, radius: phase.drift.radius, most: bound}
    if found != (a * azuma_exponent(margin, squares)).subs(numbers):
        raise Undecided("c of the plan is another one")
    return found


def _pushed_out() -> int:
    """The step at which v = −x with ξ = 1 in every step leaves |x| < 1/2: noise whose mean is not 0, a_n = 1/100."""
    x, count = Integer(0), 0
    while x < HALF:
        if count == 200:
            raise Undecided("the noise of mean 1 does not lead out of the ball")
        x, count = x + (1 - x) / 100, count + 1
    return count


def _check_bounded_noise() -> Finding:
    _inequalities()
    y, h = symbols("y h", positive=True)
    # integrals over [1, oo) of exp(-h y) and of y exp(-h y), by their antiderivatives
    for power, inside in ((0, -exp(-h * y) / h), (1, -exp(-h * y) * (y / h + 1 / h**2))):
        if not is_zero(diff(inside, y) - y**power * exp(-h * y)):
            return undecided("the sum is bounded by another integral")
    kept, alpha = Rational(9, 10), Rational(1, 5)
    slow, fast = 2 / (kept * alpha), 1 / (5 * kept * alpha)
    rows = [[alpha / (1 + Rational(k) / scale) for k in range(80)] for scale in (slow, fast)]
    if not _variances_hold(rows[0], kept):
        return undecided("V_n is above 2 a_n/kappa")
    if _variances_hold(rows[1], kept):
        raise Undecided("the check cannot fail: it accepts steps that fall too fast")
    if not _power_steps_fall_slowly(kept, alpha, Integer(1)):
        return undecided("power-law steps fall too fast")
    if _power_steps_fall_slowly(kept, alpha, TENTH):
        raise Undecided("the check cannot fail: it accepts a tenth of the scale")
    weights = rows[0][:10]
    for level in (Rational(1, 2), Integer(1), Rational(6, 5)):
        if not azuma_holds(weights, level):
            return undecided("Azuma's inequality fails")
    if all(azuma_holds(weights, level, Integer(3)) for level in (Rational(1, 2), Integer(1))):
        raise Undecided("the check cannot fail: it accepts six times the exponent")
    plan = make_plan(SETTINGS["cournot"](), DELTAS[1])
    _check_drifts(_drifts_of([plan]))
    phase = plan.phases[1]
    bounds = []
    for size in (Rational(1, 100), Rational(1, 400), Rational(1, 1600)):
        exponent = _check_bounded_exponent(phase, HALF, size)
        ratio, scale = exponent / size, 1 / (phase.kept * size)  # s = 2p/(kappa alpha), p = 1/2
        total = ball(-ratio).exp() * ball(2 * scale * (1 / ratio + 1 / ratio**2))
        bounds.append({"alpha": str(size), "failure_at_most": total.str(6)})
    evidence = Evidence(
        "identity",
        "Azuma's inequality for the weighted martingale; the variance by induction and by its recursion",
        "failure <= sum exp(-c/a_n), c = kappa epsilon^2/(16 rho^2 Xi^2), if 2 (a_n - a_(n+1)) <= kappa a_n^2; V_n <= "
        "2 a_n/kappa on 80 steps; noise of mean 1, v = -x, xi = 1, a_n = 1/100, leaves |x| < 1/2 at step "
        f"{_pushed_out()}; p = 1/2 on the ball of cournot with |xi| <= 1/2: "
        + ", ".join(f"alpha = {row['alpha']}: {row['failure_at_most']}" for row in bounds),
        {"c": str(exponent), "bounds": bounds, "kappa": str(phase.kept)},
    )
    return Finding(Verdict.PROVED, "p > 1/2 makes sum a_n^2 finite, which bounded noise does not need", (evidence,))


def second_moments(case: Corrected, steps: Sequence[Rational], variance: Rational) -> list[Rational]:
    """E|x_n − φ*|², n = 0, 1, …, of a linear field without correction from φ* + (1/50, 0, …), noise covariance s²I."""
    slope = case.slope
    size = len(case.symbols)
    mean = Matrix([Rational(int(k == 0), 50) for k in range(size)])
    spread = Matrix.zeros(size, size)
    found = [mean.dot(mean)]
    for step in steps:
        move = Matrix.eye(size) + step * slope
        mean, spread = move * mean, move * spread * move.T + step**2 * variance * Matrix.eye(size)
        found.append(mean.dot(mean) + spread.trace())
    return found


def _check_mean_square() -> Finding:
    case = SETTINGS["cournot"]().case
    if any(not is_zero(diff(entry, a, b)) for entry in case.field for a in case.symbols for b in case.symbols):
        return undecided("Cournot competition is not linear")
    _contraction()
    drift = drift_on_ball(case.field, case.symbols, case.zero, Integer(1))
    _check_drifts([(case.field, case.symbols, drift)])
    x, a = symbols("x a", real=True)
    # with a bias that stays at 1 the run of v = -x goes to 1
    if not is_zero(x + a * (-x + 1) - 1 - (1 - a) * (x - 1)):
        return undecided("a bias that stays does not move the limit")
    steps = [Rational(1, 10 + n) for n in range(60)]
    kept, variance = kept_rate(drift.rate, drift.slope, steps[0]), Rational(1, 4)
    total = len(case.symbols) * variance
    moments = second_moments(case, steps, variance)

    def holds(noise: Rational) -> bool:
        pairs = zip(steps, moments[:-1], moments[1:], strict=True)
        return all(after <= (1 - a * kept) * before + a**2 * noise for a, before, after in pairs)

    if not holds(total):
        return undecided("the exact second moment breaks the recursion")
    if holds(total / 4):
        raise Undecided("the check cannot fail: it accepts a quarter of the noise")
    evidence = Evidence(
        "identity",
        "mean of the one-step inequality; exact mean and covariance of the linear game beside it",
        f"E e_(n+1) <= (1 - a_n kappa) E e_n + a_n kappa ((u_n/kappa)^2 + a_n sigma^2/kappa): on {len(steps)} steps of "
        "cournot the exact second moment keeps it; u_n -> 0 is needed: v = -x with the bias 1 goes to 1",
        {"kappa": str(kept), "sigma^2": str(total), "second_moment_at_60": str(from_fmpq(to_fmpq(moments[-1])))},
    )
    return Finding(Verdict.PROVED, "a weighted mean of the inputs, whose weights leave every past behind", (evidence,))


# ---------------------------------------------------------------------------------------------------------- the claims

_BALL = (
    "m > 0, <v + lambda M, x - phi*_lambda> <= -m r^2 and |v + lambda M| <= Lambda r on |x - phi*_lambda| < rho_1",
    "m > 0 and the same for v + l (M - M(phi*)) about phi* on |x - phi*| < rho_2, for 0 <= l <= lambda",
)
_NOISE = "E[xi|past] = 0 and E[|xi|^2|past] <= sigma^2"

CLAIMS = (
    Claim(
        "C12",
        "Two-phase annealing with 1/2 < p <= 1, q > 1 - p converges to the original equilibrium with probability "
        ">= 1 - delta.",
        "paper, two-phase theorem",
        scope="a stable interior zero phi*; start in the ball of phase 1 about phi*_lambda, hand-over within the ball "
        "of phase 2 about phi*, which |phi*_lambda - phi*| has to leave room for; step sizes and bias as C12.converges "
        "says, not for any bias (C12.any-bias)",
        requires=("C12.converges",),
    ),
    Claim(
        "C12.converges",
        "For every delta_1, delta_2 > 0 there are N, alpha and alpha_2, by formula, with which two-phase annealing "
        "converges to phi* with probability at least 1 - delta_1 - delta_2.",
        "derived here, after the paper's two-phase theorem",
        assumptions=(
            *_BALL,
            _NOISE,
            "N steps alpha with lambda, then k = 0, 1, ... alpha_2 (1 + k/N)^-p with lambda_k = lambda (1 + k/N)^-q, "
            "alpha <= m/(5 Lambda^2), alpha_2 likewise",
            "start: |x_0 - phi*_lambda| <= r_0 < rho_1, and epsilon > 0 with max(r_0^2, (beta/kappa)^2) + epsilon <= "
            "rho_1^2, kappa = 9 m/10",
            "a bias of at most beta in both phases that tends to 0 in phase 2",
            "hand-over: sqrt((beta/kappa)^2 + 2 epsilon) + |phi*_lambda - phi*| <= r_2 < rho_2",
            "beta + lambda |M(phi*)| < kappa_2 rho_2",
            "1/2 < p <= 1, q > 0",
        ),
        scope="any dimension; numbers for cournot, regularised-stag-hunt and regularised-matching-pennies",
        check=_check_converges,
    ),
    Claim(
        "C12.any-bias",
        "For small alpha phase 1 fails with less than any given probability, whatever the bias beta is.",
        "paper, two-phase theorem: the floor 4 beta^2/(mu^2 rho^2) multiplied by alpha",
        scope="one dimension, no noise",
        check=_check_any_bias,
    ),
    Claim(
        "C12.second-delta",
        "Once phase 1 ends in the policy-gradient ball, phase 2 converges to phi* with probability one.",
        "paper, two-phase theorem, read as one delta for phase 1",
        scope="one dimension, bounded noise, p = 1",
        check=_check_second_delta,
    ),
    Claim(
        "C12.exponents-q",
        "Convergence to phi* needs q > 1 - p.",
        "paper, two-phase theorem, read as a condition that cannot be left out",
        scope="p = q = 1/2 shown; every q > 0 by C12.converges",
        check=_check_decay,
    ),
    Claim(
        "C12.constant-correction",
        "With q = 0 the run converges to phi*_lambda, so not to phi* where the zero moves.",
        "derived here",
        assumptions=(
            _BALL[0],
            _NOISE,
            "sum a_n = infinity, sum a_n^2 < infinity and a_n <= m/(5 Lambda^2)",
            "start: |x_0 - phi*_lambda| <= r_0 < rho_1; a bias below kappa rho_1 that tends to 0",
        ),
        scope="almost every run that stays in the ball about phi*_lambda; its probability is at least "
        "1 - Q sum a_n^2, as in C12.converges",
        check=_check_constant_correction,
    ),
    Claim(
        "C12.stalls",
        "With p > 1 and small alpha_0 the noise-free run never comes close to phi*.",
        "derived here",
        assumptions=(
            "|v(x)| <= Lambda |x - phi*| everywhere",
            "a_n = alpha_0 n^-p with alpha_0 < (p - 1)/(p Lambda)",
            "x_0 is not phi*",
        ),
        scope="no correction, no noise",
        check=_check_stalls,
    ),
    Claim(
        "C12.heavy-noise",
        "With 0 < p <= 1/2 there is noise of variance sigma^2 under which almost no run converges.",
        "derived here",
        assumptions=("alpha_0 <= c/sigma", "v is continuous with v(phi*) = 0"),
        scope="independent three-point noise of growing size; E e_n -> 0 all the same (C12.mean-square)",
        check=_check_heavy_noise,
    ),
    Claim(
        "C12.bounded-noise",
        "With bounded noise every 0 < p <= 1 will do: the run converges to phi* except with probability at most the "
        "sum of exp(-c/a_n) over n >= 1, c = kappa epsilon^2/(16 rho^2 Xi^2), which tends to 0 with alpha.",
        "derived here with Azuma's inequality, after Benaim 1999",
        assumptions=(
            _BALL[1],
            "E[xi|past] = 0 and |xi| <= Xi",
            "a_k = alpha (1 + k/s)^-p, s = 2 p/(kappa alpha), alpha <= m/(5 Lambda^2), so that 2 (a_n - a_(n+1)) <= "
            "kappa a_n^2",
            "start: |x_0 - phi*| <= r_0, and epsilon > 0 with max(r_0^2, (u/kappa)^2 + alpha Xi^2/kappa) + epsilon <= "
            "rho^2, kappa = 9 m/10",
            "0 <= lambda_n <= lambda; u_n = beta_n + lambda_n |M(phi*)| is at most u and tends to 0",
        ),
        scope="any dimension; for other steps with 2 (a_n - a_(n+1)) <= kappa a_n^2 the sum still bounds the "
        "probability of leaving the ball, but may be infinite",
        check=_check_bounded_noise,
    ),
    Claim(
        "C12.mean-square",
        "If the drift holds everywhere, a_n -> 0, sum a_n = infinity and u_n -> 0 give E|x_n - phi*|^2 -> 0.",
        "derived here",
        assumptions=(
            "the drift of C12.converges about phi* with rho_2 = infinity",
            _NOISE,
            "0 < a_n <= a_max < 2 m/Lambda^2 and E|x_0|^2 is finite",
            "0 <= lambda_n <= lambda; u_n = beta_n + lambda_n |M(phi*)| for a bias of at most beta_n",
        ),
        scope="any dimension; sum a_n^2 may be infinite",
        check=_check_mean_square,
    ),
    Claim(
        "C12.schedules",
        "With a_n ~ n^-p and lambda_n ~ n^-q the mean square error vanishes for every 0 < p <= 1 and q > 0, inside and "
        "outside of the paper's condition, and neither for q = 0 nor for p > 1.",
        "derived here (C12.mean-square, C12.stalls, C12.constant-correction), computed over a grid",
        assumptions=("two-point noise", "M = peer-learning correction/alpha, expanded form, L = 1"),
        scope="cournot; exact moments up to rounding; exponent over the last three octaves of a finite run",
    ),
    *(
        Claim(
            f"C12.failure-{name}",
            f"In {name} the measured failure probability of the theorem's schedule is at most the requested delta.",
            "derived here, measured",
            assumptions=(
                "independent two-point noise in every coordinate",
                f"p = {POWER}, q = {DECAY}, delta = 1/10 and 1/100",
                "M = peer-learning correction/alpha, expanded form, L = 1",
            ),
            scope="failure: outside of a ball at any time, or farther than the theorem says at the end of a phase",
        )
        for name in SETTINGS
    ),
)
