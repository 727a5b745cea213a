"""peer: the peer-learning correction alone (the ablation of the paper)."""

from __future__ import annotations

from theory.updates.model import Rule, Unroll
from theory.values import Vector


def _update(unroll: Unroll, player: int) -> Vector:
    parts = zip(unroll.current(player), unroll.peer_learning(player), strict=True)
    return tuple(current + unroll.peer_coefficient * peer for current, peer in parts)


RULE = Rule("peer", "policy gradient + peer-learning correction", r"g_i + c_{peer}\,\mathrm{peer}_i", _update)
