"""Public goods for three players: each keeps an endowment of 1 or puts it into a pot that is multiplied and shared.

Player i gets m·(number of contributors)/3, and 1 more if it keeps. The class is 1 < m < 3: all contributing is better
for everyone than all keeping (m > 1), yet keeping pays each player 1 − m/3 > 0 more whatever the others do. The target
is all keeping, the only equilibrium.

Payoffs are additive, Vⁱ is a sum of functions of one player's policy each, so no ∇_i∇_j Vʲ and hence no peer-learning
term exists: the negative control among the games of more than two players.
"""

from __future__ import annotations

from itertools import product

from sympy import Rational, Symbol

from theory.games.model import Game, normal_form

MULTIPLIER = Symbol("m", real=True)
PLAYERS = 3


def public_goods(**parameters: object) -> Game:
    """Public goods with parameter m (2 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    cells = {
        keeps: tuple(MULTIPLIER * Rational(keeps.count(0), PLAYERS) + keep for keep in keeps)
        for keeps in product((0, 1), repeat=PLAYERS)
    }
    game = normal_form(
        "public-goods",
        (("Contribute", "Keep"),) * PLAYERS,
        cells,
        parameters=((MULTIPLIER, Rational(2)),),
        ordering=(MULTIPLIER - 1, PLAYERS - MULTIPLIER),
        target=("Keep",) * PLAYERS,
    )
    return game.with_parameters(parameters)
