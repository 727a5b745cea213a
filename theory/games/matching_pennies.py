"""Matching pennies: player 1 wins 1 from player 2 when the pennies match, and loses 1 when they differ.

A zero-sum game without a pure equilibrium, so there is no target. The only equilibrium is both tossing fair coins; the
policy gradient vanishes there and circles around it elsewhere.
"""

from __future__ import annotations

from sympy import Expr, Integer

from theory.games.model import Game, normal_form


def matching_pennies(**parameters: object) -> Game:
    """Matching pennies; it has no parameters.

    Raises:
        BadInput: a parameter is given.
    """
    won, lost = (Integer(1), Integer(-1)), (Integer(-1), Integer(1))
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {(0, 0): won, (0, 1): lost, (1, 0): lost, (1, 1): won}
    return normal_form("matching-pennies", (("Heads", "Tails"),) * 2, cells).with_parameters(parameters)
