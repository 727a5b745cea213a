"""C11: how much sooner a region is entered with the correction. The bound compares two upper bounds, not two times."""

from __future__ import annotations

from sympy import Expr, Rational, Symbol, cancel, diff, log, solve

from theory import exact
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.symbols import correction

X = Symbol("x", real=True)
DRIFT, GAIN = Symbol("mu", positive=True), Symbol("mu_M", positive=True)


def speed_up(field: Expr, moved: Expr) -> tuple[Expr, Expr]:
    """(μ, μ_M) of a scalar field at its zero 0: minus the slopes of v and of the correction there."""
    return -diff(field, X).subs(X, 0), -diff(moved, X).subs(X, 0)


def moved_zero(field: Expr, moved: Expr) -> Expr:
    """The zero of v + λM, for a field and a correction affine in x."""
    (zero,) = solve(field + correction * moved, X)
    return cancel(zero)


def entry_time(field: Expr, start: Expr, centre: Expr, radius: Expr) -> Expr:
    """When x′ = field, affine with its zero at the centre, first comes within the radius: ln(|x₀ − c|/r)/rate."""
    return log((centre - start) / radius) / -diff(field, X)


def _check_linear() -> Finding:
    field, moved = -DRIFT * X, -GAIN * X
    start, radius = -Symbol("d", positive=True), Symbol("r", positive=True)
    mu, gain = speed_up(field, moved)
    ratio = entry_time(field, start, 0, radius) / entry_time(field + correction * moved, start, 0, radius)
    if not exact.is_zero(cancel(ratio) - (1 + correction * gain / mu)):
        return Finding(Verdict.REFUTED, f"the ratio is {ratio}")
    evidence = Evidence(
        "identity",
        "times of both linear flows in closed form",
        f"v = {field}, M = {moved}: N_0(0)/N_0(lambda) = {cancel(ratio)} for every start and radius",
        {"v": str(field), "M": str(moved), "ratio": str(cancel(ratio))},
    )
    return Finding(Verdict.PROVED, "v and M are linear with one zero", (evidence,))


def _check_formula() -> Finding:
    """From the left of both zeros into the ball of one radius around the zero that each flow goes to."""
    field, moved, size = -X, 1 - X / 10, Rational(1, 10)
    mu, gain = speed_up(field, moved)
    corrected = (field + correction * moved).subs(correction, size)
    zero = moved_zero(field, moved).subs(correction, size)
    start, radius = Rational(-1), Rational(1, 2)
    # ratio = (1 + λ μ_M/μ) · ln(|x₀|/r)/ln((|x₀| + zero)/r), whose quotient of logarithms is below 1 iff zero > 0;
    # a run from 1 falls to the zero and stays above it, so outside of a smaller ball around 0
    rates = cancel(diff(corrected, X) / diff(field, X)) - (1 + size * gain / mu)
    if not (exact.is_zero(rates) and 0 < zero < 1 and -start > radius):
        return Finding(Verdict.UNDECIDED, "the example does not have the signs it needs")
    before = entry_time(field, start, Rational(0), radius)
    after = entry_time(corrected, start, zero, radius)
    evidence = Evidence(
        "counterexample",
        "times of both affine flows in closed form; their quotient falls short as the zero moves away from the start",
        f"v = {field}, M = {moved}, lambda = {size}, x_0 = {start}, radius {radius}: N_0(0)/N_0(lambda) = "
        f"{before}/({after}), less than 1 + lambda mu_M/mu = {1 + size * gain / mu}, as the moved zero {zero} > 0; "
        f"from x_0 = 1 the ball of radius {zero / 2} around 0 is entered without correction and never with it",
        {
            "v": str(field),
            "M": str(moved),
            "lambda": str(size),
            "moved_zero": str(zero),
            "start": str(start),
            "radius": str(radius),
            "time_without": str(before),
            "time_with": str(after),
            "bound": str(1 + size * gain / mu),
        },
    )
    return Finding(Verdict.REFUTED, "the zero moves, so the way to it changes and not only the rate", (evidence,))


_TIMES = (
    "logit coordinates, starts N(0, 1.35^2), 260 steps",
    "expanded form, alpha = 0.55, c_own = 0.35, c_peer = 1.5, eta_n = 0.9/(n+10)^0.24, clip 8",
)
_READING = "first entry, not staying; restricted mean of min(T, 260) over all starts, those that never enter among them"

CLAIMS = (
    Claim(
        "C11",
        "The speed-up satisfies N_0(0)/N_0(lambda) >~ 1 + lambda mu_M/mu.",
        "paper, corollary",
        scope="times of first entry into a ball around the zero; in finite games there is no mu > 0 (C10.finite-games)",
        requires=("C11.formula",),
    ),
    Claim(
        "C11.formula",
        "N_0(0)/N_0(lambda) >= 1 + lambda mu_M/mu for small lambda, N_0 the time into a ball of one radius around the "
        "zero that the flow goes to.",
        "paper, corollary, read with >=",
        scope="one dimension, continuous time",
        check=_check_formula,
    ),
    Claim(
        "C11.linear",
        "If v and M are linear with the same zero, the ratio is exactly 1 + lambda mu_M/mu.",
        "derived here",
        scope="one dimension, continuous time, every lambda >= 0",
        check=_check_linear,
    ),
    Claim(
        "C11.times-stag-hunt",
        "In Stag Hunt entry comes sooner under Meta-MAPG than under policy gradient, into the published threshold's "
        "set and into a certified ball.",
        "paper, corollary, asked of its experiments",
        assumptions=_TIMES,
        scope=f"payoffs 4,0,3,2, exact gradients; {_READING}",
    ),
    Claim(
        "C11.times-ipd",
        "In the memory-one IPD entry into the published threshold's set comes sooner under Meta-MAPG than under policy "
        "gradient.",
        "paper, corollary, asked of its experiments",
        assumptions=_TIMES,
        scope=f"payoffs -1,-3,0,-2, gamma = 24/25, exact gradients; {_READING}",
    ),
)
