"""lola-shaping: LOLA with the shaping term alone (the update printed by Foerster et al. 2018)."""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import GRADIENT, SHAPING

RULE = Rule(
    "lola-shaping",
    "LOLA (Taylor, shaping only): policy gradient + shaping term",
    r"g_i + \mathrm{shape}_i",
    (GRADIENT, SHAPING),
)
