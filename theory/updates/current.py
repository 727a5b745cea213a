"""current: policy gradient read at the end of the unroll, without corrections (for L = 1 the extragradient step)."""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import CURRENT

RULE = Rule("current", "policy gradient at φ_L", r"g_i(\varphi_L)", (CURRENT,), "end")
