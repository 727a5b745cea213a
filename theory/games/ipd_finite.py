"""Iterated Prisoner's Dilemma over twelve rounds, memory-one policies, payoffs 3, 0, 5, 1 and γ = 24/25.

The setting of the published runs. Policies see ∅ in the first round and then the last joint action, not the round.
"""

from __future__ import annotations

from sympy import Rational

from theory.games.model import Game, memory_one
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T, discount

ROUNDS = 12


def ipd_finite(**parameters: object) -> Game:
    """Finite IPD with parameters R, S, T, P, gamma (3, 0, 5, 1, 24/25 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    stage = symmetric_game("ipd-finite", ("C", "D"), (3, 0, 5, 1), (T - R, R - P, P - S), "C")
    values = (*stage.parameters, (discount, Rational(24, 25)))
    return memory_one(stage, discount, name="ipd-finite", parameters=values, horizon=ROUNDS).with_parameters(parameters)
