"""Cournot competition: firms choose quantities q_i and sell at the price a − Σ q_j; producing costs c q + k q³.

With k = 0 the game is quadratic, so policy gradient is linear, with equilibrium q_i = (a − c)/(N + 1). Quantities
are strategic substitutes.
"""

from __future__ import annotations

from sympy import Integer, Rational, Symbol, symbols

from theory.games.differentiable import DifferentiableGame

DEMAND, COST, CUBIC = symbols("a c k", real=True)


def cournot(firms: int = 2, /, **parameters: object) -> DifferentiableGame:
    """Cournot competition with parameters a, c, k (4, 1, 0 unless given): two firms produce 1 each.

    Args:
        firms: number of firms N, at least 2.
        parameters: values by name.

    Raises:
        BadInput: an unknown parameter or a value that is no exact number.
    """
    quantities = [Symbol(f"q{firm}", real=True) for firm in range(1, firms + 1)]
    price = DEMAND - sum(quantities, Integer(0))
    values = tuple(q * price - COST * q - CUBIC * q**3 for q in quantities)
    defaults = ((DEMAND, Rational(4)), (COST, Rational(1)), (CUBIC, Rational(0)))
    name = "cournot" if firms == 2 else f"cournot-{firms}"
    game = DifferentiableGame(name, tuple((q,) for q in quantities), values, defaults)
    return game.with_parameters(parameters)
