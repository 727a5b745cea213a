"""Pure coordination: being together matters, and together on A is better than together on B.

Row payoffs [[2, 0], [0, 1]]; the class is R > T, P > S (both equilibria strict) and R > P, so the target (A, A) is the
payoff-dominant one. With S = T = 0 the payoffs are common to both players.
"""

from __future__ import annotations

from theory.games.model import Game
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T


def coordination(**parameters: object) -> Game:
    """Coordination with parameters R, S, T, P (2, 0, 0, 1 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    game = symmetric_game("coordination", ("A", "B"), (2, 0, 0, 1), (R - T, P - S, R - P), "A")
    return game.with_parameters(parameters)
