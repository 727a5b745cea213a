"""One-shot Prisoner's Dilemma, row payoffs [[3, 0], [5, 1]]: the negative control of every alignment statement.

The class is T > R > P > S. Mutual defection is the only equilibrium, so the cooperative corner is no target.
"""

from __future__ import annotations

from theory.games.model import Game
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T


def prisoners_dilemma(**parameters: object) -> Game:
    """Prisoner's Dilemma with parameters R, S, T, P (3, 0, 5, 1 unless given).

    Raises:
        BadInput: an unknown parameter or a value that is no exact number.
    """
    game = symmetric_game("prisoners-dilemma", ("C", "D"), (3, 0, 5, 1), (T - R, R - P, P - S), "D")
    return game.with_parameters(parameters)
