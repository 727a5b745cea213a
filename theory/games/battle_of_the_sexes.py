"""Battle of the sexes: both want to meet, player 1 at the opera and player 2 at the football match.

A meeting pays a to the player whose choice it is and b to the other, missing each other pays 0; the class is
a > b > 0. Both meetings are strict equilibria and neither dominates. The target is (Opera, Opera), which player 1
prefers.
"""

from __future__ import annotations

from sympy import Expr, Integer, Rational, Symbol

from theory.games.model import Game, normal_form

PREFERRED, OTHER = Symbol("a", real=True), Symbol("b", real=True)


def battle_of_the_sexes(**parameters: object) -> Game:
    """Battle of the sexes with parameters a, b (2, 1 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    apart = (Integer(0), Integer(0))
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        (0, 0): (PREFERRED, OTHER),
        (0, 1): apart,
        (1, 0): apart,
        (1, 1): (OTHER, PREFERRED),
    }
    game = normal_form(
        "battle-of-the-sexes",
        (("Opera", "Football"),) * 2,
        cells,
        parameters=((PREFERRED, Rational(2)), (OTHER, Rational(1))),
        ordering=(PREFERRED - OTHER, OTHER),
        target=("Opera", "Opera"),
    )
    return game.with_parameters(parameters)
