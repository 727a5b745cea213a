"""Iterated Prisoner's Dilemma with memory-one policies, payoffs −1, −3, 0, −2 and γ = 24/25.

States ∅, CC, CD, DC, DD (player 1's action first). The payoffs are those of Foerster et al. 2018 (LOLA); the class is
T > R > P > S. The target is cooperation in the first round and on the path of play.
"""

from __future__ import annotations

from sympy import Rational

from theory.games.model import Game, memory_one
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T, discount


def ipd(**parameters: object) -> Game:
    """Memory-one IPD with parameters R, S, T, P, gamma (−1, −3, 0, −2, 24/25 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or γ outside [0, 1).
    """
    stage = symmetric_game("ipd", ("C", "D"), (-1, -3, 0, -2), (T - R, R - P, P - S), "C")
    game = memory_one(stage, discount, name="ipd", parameters=(*stage.parameters, (discount, Rational(24, 25))))
    return game.with_parameters(parameters)
