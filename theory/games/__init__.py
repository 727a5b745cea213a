"""Named games. Adding one takes one file here and one line in :data:`REGISTRY`."""

from __future__ import annotations

from collections.abc import Callable

from theory.games.differentiable import AnyGame, DifferentiableGame, finite
from theory.games.ipd import ipd
from theory.games.ipd_finite import ipd_finite
from theory.games.model import START, Game, memory_one, normal_form
from theory.games.prisoners_dilemma import prisoners_dilemma
from theory.games.stag_hunt import stag_hunt
from theory.games.symmetric import symmetric_game
from theory.games.tandem import tandem

REGISTRY: dict[str, Callable[..., AnyGame]] = {
    "stag-hunt": stag_hunt,
    "prisoners-dilemma": prisoners_dilemma,
    "ipd": ipd,
    "ipd-finite": ipd_finite,
    "tandem": tandem,
}

__all__ = [
    "REGISTRY",
    "START",
    "AnyGame",
    "DifferentiableGame",
    "Game",
    "finite",
    "ipd",
    "ipd_finite",
    "memory_one",
    "normal_form",
    "prisoners_dilemma",
    "stag_hunt",
    "symmetric_game",
    "tandem",
]
