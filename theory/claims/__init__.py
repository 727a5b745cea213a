"""The ledger's claims. Adding one takes one file here and one line in :data:`LEDGER`."""

from __future__ import annotations

from theory.claims import (
    c01_decomposition,
    c01_expansion,
    c01_relations,
    c01_residual,
    c01_sampled,
    c01_splits,
    c02_sampled_update,
    c03_bias,
    c04_mechanism,
    c05_basin_entry,
    c06_stag_hunt_alignment,
    c07_alignment_boxes,
    c07_ipd_alignment,
    c08_moved_zeros,
    c09_drift,
    c10_ball_inclusion,
    c11_speed_up,
    c12_published,
    c12_two_phase,
    c13_annealing,
    c14_restarts,
    c15_restart_cost,
    c15_risk_dominance,
    c15_stag_hunt_entry,
    c16_ipd_entry,
    c18_ipd_equilibria,
    c18_stable_equilibria,
    c19_balls,
    c19_certificates,
    c19_regions,
    unchecked,
)
from theory.claims.model import NOT_RUN, Claim, Evidence, Finding, Refuted, Verdict, settle, weakest

LEDGER: tuple[Claim, ...] = tuple(
    sorted(
        (
            *c01_decomposition.CLAIMS,
            *c01_splits.CLAIMS,
            *c01_expansion.CLAIMS,
            *c01_residual.CLAIMS,
            *c01_relations.CLAIMS,
            *c01_sampled.CLAIMS,
            *c02_sampled_update.CLAIMS,
            *c03_bias.CLAIMS,
            *c04_mechanism.CLAIMS,
            *c05_basin_entry.CLAIMS,
            *c06_stag_hunt_alignment.CLAIMS,
            *c07_ipd_alignment.CLAIMS,
            *c07_alignment_boxes.CLAIMS,
            *c08_moved_zeros.CLAIMS,
            *c09_drift.CLAIMS,
            *c10_ball_inclusion.CLAIMS,
            *c11_speed_up.CLAIMS,
            *c12_two_phase.CLAIMS,
            *c12_published.CLAIMS,
            *c13_annealing.CLAIMS,
            *c14_restarts.CLAIMS,
            *c15_stag_hunt_entry.CLAIMS,
            *c15_risk_dominance.CLAIMS,
            *c16_ipd_entry.CLAIMS,
            *c15_restart_cost.CLAIMS,
            *c18_stable_equilibria.CLAIMS,
            *c18_ipd_equilibria.CLAIMS,
            *c19_regions.CLAIMS,
            *c19_balls.CLAIMS,
            *c19_certificates.CLAIMS,
            *unchecked.CLAIMS,
        ),
        # C2 before C10; within a claim the parent first, then its readings as written.
        key=lambda claim: int(claim.id.partition(".")[0][1:]),
    )
)

__all__ = ["LEDGER", "NOT_RUN", "Claim", "Evidence", "Finding", "Refuted", "Verdict", "settle", "weakest"]
