"""own: Meta-PG, the own-learning correction alone (Al-Shedivat et al. 2018)."""

from __future__ import annotations

from theory.updates.model import Rule
from theory.updates.terms import CURRENT, OWN

RULE = Rule("own", "policy gradient + own-learning correction", r"g_i + c_{own}\,\mathrm{own}_i", (CURRENT, OWN), "end")
