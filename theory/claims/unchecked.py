"""Claims of the paper that have no check yet; each moves to a file of its own when it gets one."""

from __future__ import annotations

from theory.claims.model import Claim

CLAIMS = (
    Claim(
        "C8",
        "A constant correction moves zeros by O(lambda): phi*_lambda = phi* - lambda J_v^-1 M(phi*) + O(lambda^2).",
        "paper, fixed-point shift",
    ),
    Claim("C9", "The drift rate improves to at least mu + lambda mu_M - O(lambda^2).", "paper, drift proposition"),
    Claim(
        "C12",
        "Two-phase annealing with 1/2 < p <= 1, q > 1 - p converges to the original equilibrium with probability "
        ">= 1 - delta.",
        "paper, two-phase theorem",
    ),
    Claim("C13", "Annealing recovers ordinary policy-gradient dynamics and its local guarantees.", "paper, annealing"),
    Claim("C14", "Restarts satisfy P(T > k) <= (1 - p(1 - delta))^k.", "paper, restarts"),
    Claim("C17", "Entry rises with small neural policies.", "paper, MLP-IPD experiments"),
)
