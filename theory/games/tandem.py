"""The tandem game of Letcher et al. 2019: losses (x + y)² − 2x and (x + y)² − 2y, values their negatives.

Its fixed points are the line x + y = 1, where both players are at a stable equilibrium; LOLA does not keep them.
"""

from __future__ import annotations

from sympy import Symbol

from theory.games.differentiable import DifferentiableGame


def tandem(**parameters: object) -> DifferentiableGame:
    """The tandem game; it has no parameters.

    Raises:
        BadInput: a parameter is given.
    """
    x, y = Symbol("x", real=True), Symbol("y", real=True)
    game = DifferentiableGame("tandem", ((x,), (y,)), (2 * x - (x + y) ** 2, 2 * y - (x + y) ** 2))
    return game.with_parameters(parameters)
