"""consensus: consensus optimisation, v − ∇ ½ Σ_j α_j‖g_j‖² (Mescheder et al. 2017), with α for their coefficient γ."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer

from theory.updates.model import Rule
from theory.updates.terms import GRADIENT, OWN_CURVATURE, PULL

RULE = Rule(
    "consensus",
    "consensus optimisation: policy gradient less the gradient of its own size",
    r"g_i - \mathrm{curve}_i - \mathrm{pull}_i",
    (GRADIENT, replace(OWN_CURVATURE, weight=lambda unroll: Integer(-1)), PULL),
)
