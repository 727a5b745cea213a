"""C1.at-phi0-size: how large the term is that the form with every factor at φ₀ leaves out. Its evidence is numbers."""

from __future__ import annotations

from theory.claims.model import Claim

CLAIMS = (
    Claim(
        "C1.at-phi0-size",
        "At the published inner step .55 the term that the form at phi_0 leaves out is small beside the corrections "
        "it keeps: at most a tenth of them in the median over the published starts.",
        "paper, form of the published code; C1.at-phi0",
        assumptions=("logit coordinates, starts N(0, 1.35^2)", "alpha = 0.55, L = 1, c_own = c_peer = 1"),
        scope="Stag Hunt (4,0,3,2) and ipd (memory-one, gamma = 24/25, payoffs -1,-3,0,-2, exact gradients)",
    ),
)
