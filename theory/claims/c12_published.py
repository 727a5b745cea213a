"""C12.published: the published annealing experiment, which compares shares of success and tests no bound."""

from __future__ import annotations

from theory.claims.model import Claim

CLAIMS = (
    Claim(
        "C12.published",
        "In the published annealing experiment two-phase annealing reaches success more often than policy gradient.",
        "paper, annealing experiment: 31.25% policy gradient, 41.25% constant correction, 42.5% two-phase",
        assumptions=(
            "starts N(0, 1.35^2) per logit, sampled gradients, batch 256, success = both initial probabilities >= 0.82",
            "100 steps at c_peer = 1.5, then decay with power 0.7 on a scale of 30 steps; alpha = 0.55, "
            "eta_n = 0.9/(n+10)^0.24, clip 8, expanded form",
            "whether c_own = 0.35 decays too, stays or is 0 is open: all three are run and must agree",
        ),
        scope="Stag Hunt 4,0,3,2; 2000 steps in the paper profile, 260 in the quick one, both published",
    ),
)
