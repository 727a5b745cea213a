"""C16: entry into cooperation rises in the iterated Prisoner's Dilemma. The evidence is experimental."""

from __future__ import annotations

from theory.claims.model import Claim

_SCOPE = (
    "ipd: memory-one, gamma = 24/25, payoffs -1,-3,0,-2, infinite horizon, exact gradients of total values; "
    "success = both initial cooperation probabilities >= 0.82 after 260 steps"
)
_ASSUMPTIONS = (
    "logit coordinates, starts N(0, 1.35^2)",
    "alpha = 0.55, c_own = 0.35, c_peer = 1.5, eta_n = 0.9/(n+10)^0.24, clip 8",
)

CLAIMS = (
    Claim(
        "C16",
        "Entry into cooperation rises in the iterated Prisoner's Dilemma under the peer-learning correction.",
        "paper, IPD experiments",
        scope=_SCOPE,
        requires=("C16.expanded", "C16.unrolled"),
    ),
    Claim(
        "C16.expanded",
        "More starts end in initial cooperation under expanded Meta-MAPG (all factors at phi_0) than under policy "
        "gradient.",
        "paper, form of the published code",
        assumptions=_ASSUMPTIONS,
        scope=_SCOPE,
    ),
    Claim(
        "C16.unrolled",
        "More starts end in initial cooperation under unrolled Meta-MAPG (L = 1) than under policy gradient.",
        "paper, IPD experiments",
        assumptions=_ASSUMPTIONS,
        scope=_SCOPE,
    ),
)
