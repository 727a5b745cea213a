"""Numerical checks of claims. Adding one takes one file here and one line in :data:`CHECKS`."""

from __future__ import annotations

from numerics.evidence import (
    c01_residual,
    c04_mechanism,
    c05_coordination,
    c07_ipd,
    c15_stag_hunt,
    c16_ipd,
    c19_regions,
)
from numerics.evidence.model import PROFILES, Check, Run

CHECKS: dict[str, Check] = {
    **c01_residual.CHECKS,
    **c04_mechanism.CHECKS,
    **c05_coordination.CHECKS,
    **c07_ipd.CHECKS,
    **c15_stag_hunt.CHECKS,
    **c16_ipd.CHECKS,
    **c19_regions.CHECKS,
}

__all__ = ["CHECKS", "PROFILES", "Check", "Run"]
