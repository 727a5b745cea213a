"""own: Meta-PG, the own-learning correction alone (Al-Shedivat et al. 2018)."""

from __future__ import annotations

from theory.updates.model import Rule, Unroll
from theory.values import Vector


def _update(unroll: Unroll, player: int) -> Vector:
    parts = zip(unroll.current(player), unroll.own_learning(player), strict=True)
    return tuple(current + unroll.own_coefficient * own for current, own in parts)


RULE = Rule("own", "policy gradient + own-learning correction", r"g_i + c_{own}\,\mathrm{own}_i", _update)
