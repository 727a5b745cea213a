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
    """For every λ > 0, from the left of both zeros into a ball around the zero that each flow goes to."""
    field, moved = -X, 1 - X / 10
    mu, gain = speed_up(field, moved)
    zero = moved_zero(field, moved)
    bound = 1 + correction * gain / mu
    # ratio = bound · ln(|x₀|/r)/ln((|x₀| + zero)/r), whose quotient of logarithms is below 1 iff zero > 0
    rates = cancel(diff(field + correction * moved, X) / diff(field, X)) - bound
    sign = exact.factor_signs(zero, (correction,))
    if not exact.is_zero(rates) or sign.sign != 1 or sign.open_factors:
        return Finding(Verdict.UNDECIDED, "the example does not have the signs it needs")
    size, start, radius = Rational(1, 10), Rational(-1), Rational(1, 2)
    corrected, there = ((entry.subs(correction, size)) for entry in (field + correction * moved, zero))
    before = entry_time(field, start, Rational(0), radius)
    after = entry_time(corrected, start, there, radius)
    evidence = Evidence(
        "counterexample",
        "times of both affine flows in closed form; their quotient falls short as the zero moves away from the start",
        f"v = {field}, M = {moved}: for every lambda > 0 the zero {zero} > 0, so from every x_0 left of the ball "
        "around 0 the ratio is below 1 + lambda mu_M/mu; "
        f"lambda = {size}, x_0 = {start}, radius {radius}: {before}/({after}) < {bound.subs(correction, size)}; from "
        f"x_0 = 1 the ball of radius {there / 2} around 0 is entered without correction and never with it",
        {
            "v": str(field),
            "M": str(moved),
            "moved_zero": str(zero),
            "bound": str(bound),
            "lambda": str(size),
            "start": str(start),
            "radius": str(radius),
            "time_without": str(before),
            "time_with": str(after),
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
        "If v = -mu x and M = -mu_M x, the ratio is exactly 1 + lambda mu_M/mu, from every start outside of the ball.",
        "derived here",
        assumptions=("mu > 0", "mu_M >= 0"),
        scope="one dimension, continuous time, every lambda >= 0",
        check=_check_linear,
    ),
    Claim(
        "C11.games",
        "In games with an interior stable zero, from most starts of a grid, the ratio of the times of the Euler "
        "iteration without and with the correction, into a ball about the zero that each goes to, is at least "
        "1 + lambda mu_M/mu.",
        "paper, corollary, measured",
        assumptions=(
            "M = peer-learning correction/alpha, expanded form, L = 1",
            "balls of radius 1/50, steps of 1/1000 (quick profile: 1/400)",
            "most: more than half of the starts outside of both balls, in every game and at every lambda",
        ),
        scope="cournot, regularised-stag-hunt and regularised-matching-pennies; a grid of starts on a box on which the "
        "symmetric Jacobian is negative definite; the iteration, not the flow",
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
