"""Chicken: two strict equilibria, in each of which one player swerves and the other drives straight on.

Row payoffs [[3, 1], [4, 0]]; the class is T > R > S > P. The equilibria (Straight, Swerve) and (Swerve, Straight) are
mirror images that pay T to one player and S to the other, so neither dominates and symmetry singles out none. The
target is (Straight, Swerve), the one that player 1 prefers.
"""

from __future__ import annotations

from theory.games.model import Game
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T


def chicken(**parameters: object) -> Game:
    """Chicken with parameters R, S, T, P (3, 1, 4, 0 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    game = symmetric_game("chicken", ("Swerve", "Straight"), (3, 1, 4, 0), (T - R, R - S, S - P))
    return game.with_target(("Straight", "Swerve")).with_parameters(parameters)
