"""lookahead: the gradient after the others' step, to first order (Zhang & Lesser 2010; Letcher et al. 2019).

(I + αDv_o)v with the off-diagonal blocks Dv_o of the game Jacobian; the others' step is taken as given.
"""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import GRADIENT, LOOK_AHEAD

RULE = Rule(
    "lookahead",
    "LookAhead: policy gradient + look-ahead term",
    r"g_i + \mathrm{look}_i",
    (GRADIENT, LOOK_AHEAD),
)
