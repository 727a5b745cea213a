"""lola-exact: the derivative of Vⁱ(φⁱ, ψ_L(φ)) in φⁱ, through the others' L steps, without Taylor expansion.

Player i's own parameters stand still while the others step (Foerster et al. 2018b, LOLA-DiCE with exact values).
"""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import ANTICIPATED, ANTICIPATED_SHAPING

RULE = Rule(
    "lola-exact",
    "LOLA (exact): gradient through the others' steps",
    r"g_i(\varphi^i, \psi_L) + \mathrm{shape}_i",
    (ANTICIPATED, ANTICIPATED_SHAPING),
    "peers",
)
