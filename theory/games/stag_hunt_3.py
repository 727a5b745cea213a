"""Stag Hunt for three players: the stag needs all of them.

Hunting the stag pays R if all three do and S otherwise, the hare P whatever the others do (4, 0, 2); the class is
R > P > S. All Stag (the target, payoff-dominant) and all Hare are the strict equilibria.
"""

from __future__ import annotations

from itertools import product

from sympy import Rational

from theory.games.model import Game, normal_form
from theory.symbols import P, R, S

PLAYERS = 3


def stag_hunt_3(**parameters: object) -> Game:
    """Three-player Stag Hunt with parameters R, S, P (4, 0, 2 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    cells = {
        hares: tuple(P if hare else S if any(hares) else R for hare in hares)
        for hares in product((0, 1), repeat=PLAYERS)
    }
    game = normal_form(
        "stag-hunt-3",
        (("Stag", "Hare"),) * PLAYERS,
        cells,
        parameters=tuple(zip((R, S, P), map(Rational, (4, 0, 2)), strict=True)),
        ordering=(R - P, P - S),
        target=("Stag",) * PLAYERS,
    )
    return game.with_parameters(parameters)
