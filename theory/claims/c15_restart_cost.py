"""C15 and C16 against restarts: what the correction costs beside starting policy gradient again."""

from __future__ import annotations

from theory.claims.model import Claim

_RUNS = (
    "restart runs: starts U(-3, 3) per logit, 120 steps, success = both initial probabilities >= 0.82",
    "alpha = 0.55, c_own = 0.35, c_peer = 1.5, eta_n = 0.9/(n+10)^0.24, clip 8, expanded form",
)
_EXACT = "exact gradients; cost = steps x work of one update / success probability of one epoch; time is not counted"
_STAG_HUNT = "Stag Hunt 4,0,3,2"
_ENDLESS = "memory-one IPD -1,-3,0,-2 without end, gamma = 24/25"
_HORIZON = "memory-one IPD 3,0,5,1 over 12 rounds, gamma = 24/25, as published"
_WORK = {
    "cost": "arithmetic operations of exact gradients, both as derived and as compiled",
    "cost-steps": "gradient steps, whatever a step costs",
}


def _costs(parent: str, game: str, suffix: str = "") -> tuple[Claim, ...]:
    return tuple(
        Claim(
            f"{parent}.{name}{suffix}",
            "At the published settings Meta-MAPG reaches success at a lower expected cost than restarting policy "
            f"gradient, counted in {unit}.",
            "referee's question what the correction gains over restarts; paper, restart runs",
            assumptions=_RUNS,
            scope=f"{game}; {_EXACT}",
        )
        for name, unit in _WORK.items()
    )


CLAIMS = (
    *_costs("C15", _STAG_HUNT),
    *_costs("C16", _ENDLESS),
    *_costs("C16", _HORIZON, "-horizon"),
)
