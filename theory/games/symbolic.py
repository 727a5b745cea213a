"""The one-shot game in which every payoff is a symbol: what is proved of it holds for all games of its shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from sympy import Rational, Symbol

from theory.games.model import Game, normal_form


def symbolic_game(actions: Sequence[int]) -> Game:
    """A one-shot game with the given number of actions per player; player i's payoff at (0, 1) is the symbol ri_01.

    The symbols' current values are 0 and mean nothing.
    """
    payoff = {
        action: tuple(Symbol(f"r{player + 1}_{''.join(map(str, action))}", real=True) for player in range(len(actions)))
        for action in product(*(range(count) for count in actions))
    }
    symbols = tuple((symbol, Rational(0)) for row in payoff.values() for symbol in row)
    names = [tuple(f"a{index}" for index in range(count)) for count in actions]
    return normal_form("symbolic", names, payoff, parameters=symbols)
