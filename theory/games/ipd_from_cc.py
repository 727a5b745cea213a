"""Iterated Prisoner's Dilemma that begins as if both had just cooperated, payoffs 3, 0, 5, 1 and γ = 9/10.

States CC, CD, DC, DD (player 1's action first), without a first round; the class is T > R > P > S. Its derivatives in
the four probabilities are those of the game with a first round in which both cooperate for certain, divided by γ.
"""

from __future__ import annotations

from sympy import Rational

from theory.games.model import Game, memory_one
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T, discount


def ipd_from_cc(**parameters: object) -> Game:
    """Memory-one IPD from CC with parameters R, S, T, P, gamma (3, 0, 5, 1, 9/10 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or γ outside [0, 1).
    """
    stage = symmetric_game("ipd-from-cc", ("C", "D"), (3, 0, 5, 1), (T - R, R - P, P - S), "C")
    known = (*stage.parameters, (discount, Rational(9, 10)))
    game = memory_one(stage, discount, name="ipd-from-cc", parameters=known, begins_after=(0, 0))
    return game.with_parameters(parameters)
