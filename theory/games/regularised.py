"""One-shot 2×2 games in which each player pays a cost for how it mixes: interior equilibria that are stable.

Without a cost every interior equilibrium of a finite game has rate μ ≤ 0 (claim C10.finite-games). The cost of playing
the first action with probability p is w (p − 1/2)² + k (p − 1/2)⁴: leaving one half is dear.
"""

from __future__ import annotations

from itertools import product

from sympy import Expr, Integer, Rational, Symbol, symbols

from theory.games.differentiable import DifferentiableGame
from theory.games.matching_pennies import matching_pennies
from theory.games.model import Game
from theory.games.stag_hunt import stag_hunt

SQUARE, QUARTIC = symbols("w k", real=True)


def regularised(game: Game, square: Rational, quartic: Rational) -> DifferentiableGame:
    """A one-shot game of two actions each, in probabilities of the first action, with costs of mixing.

    Args:
        game: the game; its parameters stay parameters.
        square: default of w.
        quartic: default of k.
    """
    probabilities = symbols("p q", real=True)

    def expected(player: int) -> Expr:
        total: Expr = Integer(0)
        for number, actions in enumerate(product(range(2), repeat=2)):
            weight: Expr = Integer(1)
            for action, p in zip(actions, probabilities, strict=True):
                weight *= 1 - p if action else p
            total += weight * game.reward[0][number][player]
        return total

    costs = [SQUARE * (p - Rational(1, 2)) ** 2 + QUARTIC * (p - Rational(1, 2)) ** 4 for p in probabilities]
    values = tuple(expected(player) - cost for player, cost in enumerate(costs))
    variables: tuple[tuple[Symbol, ...], ...] = tuple((p,) for p in probabilities)
    parameters = (*game.parameters, (SQUARE, square), (QUARTIC, quartic))
    return DifferentiableGame(f"regularised-{game.name}", variables, values, parameters)


def regularised_stag_hunt(**parameters: object) -> DifferentiableGame:
    """Stag Hunt with a quartic cost, parameters R, S, T, P, w, k (4, 0, 3, 2, 0, 80/27): one equilibrium is (7/8, 7/8).

    Raises:
        BadInput: an unknown parameter or a value that is no exact number.
    """
    return regularised(stag_hunt(), Rational(0), Rational(80, 27)).with_parameters(parameters)


def regularised_matching_pennies(**parameters: object) -> DifferentiableGame:
    """Matching Pennies with costs, parameters w, k (1/2, 1): its equilibrium (1/2, 1/2) becomes stable.

    Raises:
        BadInput: an unknown parameter or a value that is no exact number.
    """
    return regularised(matching_pennies(), Rational(1, 2), Rational(1)).with_parameters(parameters)
