"""pg: simultaneous policy gradient, every player ascends its own value (Williams 1992; Giannou et al. 2022)."""

from __future__ import annotations

from theory.updates.model import Rule

RULE = Rule("pg", "policy gradient at φ₀", r"g_i(\varphi_0)", lambda unroll, player: unroll.gradient(player))
