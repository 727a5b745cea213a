"""Named games. Adding one takes one file here and one line in :data:`REGISTRY`."""

from __future__ import annotations

from collections.abc import Callable

from theory.games.battle_of_the_sexes import battle_of_the_sexes
from theory.games.chicken import chicken
from theory.games.coordination import coordination
from theory.games.cournot import cournot
from theory.games.differentiable import AnyGame, DifferentiableGame, finite
from theory.games.grid_stag_hunt import grid_stag_hunt
from theory.games.ipd import ipd
from theory.games.ipd_finite import ipd_finite
from theory.games.ipd_from_cc import ipd_from_cc
from theory.games.matching_pennies import matching_pennies
from theory.games.model import START, Game, memory_one, normal_form
from theory.games.prisoners_dilemma import prisoners_dilemma
from theory.games.public_goods import public_goods
from theory.games.regularised import regularised_matching_pennies, regularised_stag_hunt
from theory.games.signalled_stag_hunt import signalled_stag_hunt
from theory.games.stag_hunt import stag_hunt
from theory.games.stag_hunt_3 import stag_hunt_3
from theory.games.symmetric import symmetric_game
from theory.games.tandem import tandem

REGISTRY: dict[str, Callable[..., AnyGame]] = {
    "stag-hunt": stag_hunt,
    "prisoners-dilemma": prisoners_dilemma,
    "ipd": ipd,
    "ipd-finite": ipd_finite,
    "ipd-from-cc": ipd_from_cc,
    "chicken": chicken,
    "battle-of-the-sexes": battle_of_the_sexes,
    "coordination": coordination,
    "matching-pennies": matching_pennies,
    "public-goods": public_goods,
    "stag-hunt-3": stag_hunt_3,
    "tandem": tandem,
    "cournot": cournot,
    "regularised-stag-hunt": regularised_stag_hunt,
    "regularised-matching-pennies": regularised_matching_pennies,
    "grid-stag-hunt": grid_stag_hunt,
    "signalled-stag-hunt": signalled_stag_hunt,
}

__all__ = [
    "REGISTRY",
    "START",
    "AnyGame",
    "DifferentiableGame",
    "Game",
    "battle_of_the_sexes",
    "chicken",
    "coordination",
    "cournot",
    "finite",
    "grid_stag_hunt",
    "ipd",
    "ipd_finite",
    "ipd_from_cc",
    "matching_pennies",
    "memory_one",
    "normal_form",
    "prisoners_dilemma",
    "public_goods",
    "regularised_matching_pennies",
    "regularised_stag_hunt",
    "signalled_stag_hunt",
    "stag_hunt",
    "stag_hunt_3",
    "symmetric_game",
    "tandem",
]
