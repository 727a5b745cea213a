"""meta: Meta-MAPG, both corrections (Kim et al. 2021). With both coefficients 1 it is the exact meta-gradient."""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import CURRENT, OWN, PEER

RULE = Rule(
    "meta",
    "policy gradient + own-learning + peer-learning correction",
    r"g_i + c_{own}\,\mathrm{own}_i + c_{peer}\,\mathrm{peer}_i",
    (CURRENT, OWN, PEER),
    "end",
)
