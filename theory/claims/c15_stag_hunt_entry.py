"""C15: entry into the (Stag, Stag) basin rises with the peer-learning correction; the closed form."""

from __future__ import annotations

from itertools import pairwise

from sympy import Expr, Rational

from theory import exact
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.games import stag_hunt
from theory.separatrix import Separatrix, separatrix
from theory.symbols import S, T, correction

# λ at which the closed form is tabulated and compared with simulation.
SIZES = (Rational(0), Rational(1, 20), Rational(1, 10), Rational(1, 5))


def rising_condition(line: Separatrix) -> tuple[int, tuple[Expr, ...]]:
    """(sign, open factors) of ds*/dλ over the class of games with growth > 0 and λ ≥ 0."""
    split = exact.factor_signs(line.boundary_slope, (*line.game.ordering, correction))
    return split.sign, split.open_factors


def _check_closed_form() -> Finding:
    line = separatrix(stag_hunt())
    sign, factors = rising_condition(line)
    if len(factors) != 1 or not exact.is_zero(sign * factors[0] - (S - T)):
        return Finding(Verdict.UNDECIDED, f"ds*/dlambda has the sign of {sign} times {factors}, not of S - T")
    shares = [line.share(size) for size in SIZES]
    table = {str(size): str(share) for size, share in zip(SIZES, shares, strict=True)}
    if not all(later > earlier for earlier, later in pairwise(shares)):
        return Finding(Verdict.REFUTED, f"the shares do not rise: {table}")
    evidence = Evidence(
        "identity",
        "affine field in p + q and p - q, boundary and area by exact integration",
        f"boundary p + q = s*(lambda), ds*/dlambda has the sign of S - T; shares {', '.join(table.values())}",
        {
            "growth": str(line.growth),
            "contraction": str(line.contraction),
            "boundary": str(line.boundary),
            "boundary_slope": str(line.boundary_slope),
            "share_if_boundary_at_most_1": str(line.share_low),
            "share_if_boundary_at_least_1": str(line.share_high),
            "shares_at_4_0_3_2": table,
        },
    )
    return Finding(
        Verdict.PROVED, "the boundary moves down as lambda grows because T > S (in general: iff T > S)", (evidence,)
    )


_PUBLISHED = (
    "logit coordinates",
    "starts N(0, 1.35^2)",
    "expanded form, alpha = 0.55, c_own = 0.35, c_peer = 1.5",
)

CLAIMS = (
    Claim(
        "C15",
        "Entry into the (Stag, Stag) basin rises in Stag Hunt under the peer-learning correction.",
        "paper, Stag Hunt experiments",
        scope="exact gradients; closed form in direct coordinates and the published logit settings",
        requires=("C15.closed-form", "C15.direct", "C15.logit", "C15.sampled", "C15.regions"),
    ),
    Claim(
        "C15.closed-form",
        "In direct coordinates with uniform starts the basin share of (Stag, Stag) under v + lambda C rises strictly "
        "with lambda at 4,0,3,2; over R > T, P > S the boundary moves toward (Hare, Hare) if and only if T > S.",
        "derived here",
        assumptions=("expanded form, L = 1", "0 <= s* <= 2 and lambda (R - S - T + P) <= 1", "projection on [0,1]^2"),
        scope="continuous time, and Euler steps eta with eta * contraction <= 1",
        check=_check_closed_form,
    ),
    Claim(
        "C15.direct",
        "Simulated basin shares in direct coordinates agree with the closed form.",
        "independent route to C15.closed-form",
        assumptions=("uniform starts", "expanded form, L = 1"),
        scope="three payoff sets, four lambda each; simultaneous 95% Wilson intervals",
    ),
    Claim(
        "C15.logit",
        "At the published settings with exact gradients more starts reach initial Stag probability >= 0.82 under "
        "Meta-MAPG than under policy gradient.",
        "paper, settings of the Stag Hunt runs",
        assumptions=_PUBLISHED,
        scope="payoffs 4,0,3,2; 260 steps; exact instead of sampled gradients",
    ),
    Claim(
        "C15.regions",
        "So it is under every definition of the region: the published threshold, a certified box, a certified ball, "
        "and the basin of policy gradient.",
        "referee's question what the region is",
        assumptions=_PUBLISHED,
        scope="payoffs 4,0,3,2; 260 steps; exact gradients; box and ball certified for the flow in log-odds",
    ),
    Claim(
        "C15.sweep",
        "The share rises with every step of the published sweep of the peer coefficient, 0 to 5.",
        "paper, sweep of the peer coefficient",
        assumptions=_PUBLISHED,
        scope="payoffs 4,0,3,2; 260 steps; exact gradients; c_peer = 0, 1/4, 1/2, 1, 3/2, 2, 3, 5",
    ),
    Claim(
        "C15.sampled",
        "With sampled gradients as published more starts reach success under Meta-MAPG than under policy gradient.",
        "paper, experiments",
        assumptions=(*_PUBLISHED, "batch 384, shared by all means of an update"),
        scope="Stag Hunt 4,0,3,2; 260 steps",
    ),
    Claim(
        "C15.published",
        "Every published number that can be compared agrees with ours at the published settings, table by table under "
        "at least one reading of what the paper leaves open.",
        "paper, published numbers",
        assumptions=("published numbers rest on 80 or 100 runs: agreement excludes differences of about .1, no less",),
        scope="Stag Hunt 4,0,3,2; sampled gradients",
    ),
)
