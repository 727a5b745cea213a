"""lola: learning with opponent-learning awareness, Taylor form with the LookAhead *and* the shaping term.

The gradient of Vⁱ(φ) + α Σ_j ⟨∇_jVⁱ, g_j⟩ in φⁱ, both factors differentiated (Letcher et al. 2019 call this LOLA;
Foerster et al. 2018 print only the shaping term, which is ``lola-shaping`` here).
"""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import GRADIENT, LOOK_AHEAD, SHAPING

RULE = Rule(
    "lola",
    "LOLA (Taylor): policy gradient + look-ahead + shaping term",
    r"g_i + \mathrm{look}_i + \mathrm{shape}_i",
    (GRADIENT, LOOK_AHEAD, SHAPING),
)
