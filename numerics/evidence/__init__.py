"""Numerical checks of claims. Adding one takes one file here and one line in :data:`CHECKS`."""

from __future__ import annotations

from numerics.evidence import (
    c01_residual,
    c04_mechanism,
    c05_coordination,
    c07_ipd,
    c11_games,
    c12_published,
    c12_schedules,
    c12_two_phase,
    c13_annealing,
    c14_restart_cost,
    c14_restarts,
    c15_published,
    c15_regions,
    c15_risk_dominance,
    c15_stag_hunt,
    c15_sweep,
    c16_ipd,
    c16_peer_papers,
    c17_alignment,
    c17_neural,
    c19_regions,
)
from numerics.evidence.model import PROFILES, Check, Run

CHECKS: dict[str, Check] = {
    **c01_residual.CHECKS,
    **c04_mechanism.CHECKS,
    **c05_coordination.CHECKS,
    **c07_ipd.CHECKS,
    **c11_games.CHECKS,
    **c12_published.CHECKS,
    **c12_schedules.CHECKS,
    **c12_two_phase.CHECKS,
    **c13_annealing.CHECKS,
    **c14_restart_cost.CHECKS,
    **c14_restarts.CHECKS,
    **c15_published.CHECKS,
    **c15_regions.CHECKS,
    **c15_risk_dominance.CHECKS,
    **c15_stag_hunt.CHECKS,
    **c15_sweep.CHECKS,
    **c16_ipd.CHECKS,
    **c16_peer_papers.CHECKS,
    **c17_neural.CHECKS,
    **c17_alignment.CHECKS,
    **c19_regions.CHECKS,
}

# Files whose checks share what they compute, so that one process should do them all.
TOGETHER = (c14_restart_cost, c15_risk_dominance, c17_neural, c19_regions)

__all__ = ["CHECKS", "PROFILES", "TOGETHER", "Check", "Run"]
