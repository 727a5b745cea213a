"""peer: the peer-learning correction alone (the ablation of the paper)."""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import CURRENT, PEER

RULE = Rule(
    "peer", "policy gradient + peer-learning correction", r"g_i + c_{peer}\,\mathrm{peer}_i", (CURRENT, PEER), "end"
)
