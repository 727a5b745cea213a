"""Named games. Adding one takes one file here and one line in :data:`REGISTRY`."""

from __future__ import annotations

from collections.abc import Callable

from theory.games.ipd import ipd
from theory.games.model import START, Game, memory_one, normal_form
from theory.games.prisoners_dilemma import prisoners_dilemma
from theory.games.stag_hunt import stag_hunt
from theory.games.symmetric import symmetric_game

REGISTRY: dict[str, Callable[..., Game]] = {
    "stag-hunt": stag_hunt,
    "prisoners-dilemma": prisoners_dilemma,
    "ipd": ipd,
}

__all__ = [
    "REGISTRY",
    "START",
    "Game",
    "ipd",
    "memory_one",
    "normal_form",
    "prisoners_dilemma",
    "stag_hunt",
    "symmetric_game",
]
