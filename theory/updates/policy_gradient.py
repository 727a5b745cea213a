"""pg: simultaneous policy gradient, every player ascends its own value (Williams 1992; Giannou et al. 2022)."""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import GRADIENT

RULE = Rule("pg", "policy gradient at φ₀", r"g_i(\varphi_0)", (GRADIENT,))
