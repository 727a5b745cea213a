"""meta: Meta-MAPG, both corrections (Kim et al. 2021). With both coefficients 1 it is the exact meta-gradient."""

from __future__ import annotations

from theory.updates.model import Rule, Unroll
from theory.values import Vector


def _update(unroll: Unroll, player: int) -> Vector:
    parts = zip(unroll.current(player), unroll.own_learning(player), unroll.peer_learning(player), strict=True)
    return tuple(
        current + unroll.own_coefficient * own + unroll.peer_coefficient * peer for current, own, peer in parts
    )


RULE = Rule(
    "meta",
    "policy gradient + own-learning + peer-learning correction",
    r"g_i + c_{own}\,\mathrm{own}_i + c_{peer}\,\mathrm{peer}_i",
    _update,
)
