"""Stag Hunt: two strict equilibria, the payoff-dominant (Stag, Stag) and (Hare, Hare).

Row payoffs [[4, 0], [3, 2]] as in the paper; the class is R > T and P > S (both equilibria strict).
"""

from __future__ import annotations

from theory.games.model import Game
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T


def stag_hunt(**parameters: object) -> Game:
    """Stag Hunt with parameters R, S, T, P (4, 0, 3, 2 unless given).

    Raises:
        BadInput: an unknown parameter or a value that is no exact number.
    """
    game = symmetric_game("stag-hunt", ("Stag", "Hare"), (4, 0, 3, 2), (R - T, P - S), "Stag")
    return game.with_parameters(parameters)
