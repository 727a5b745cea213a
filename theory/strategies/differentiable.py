"""Differentiable games: players with real parameters whose values are random polynomials."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from sympy import Expr, Integer, Mul, Symbol

from theory.games.differentiable import DifferentiableGame
from theory.strategies.matrix_games import action_counts
from theory.strategies.numbers import rationals


@st.composite
def differentiable_games(draw: DrawFn, dimensions: Sequence[int] | None = None, degree: int = 3) -> DifferentiableGame:
    """Games in real parameters whose values are random polynomials.

    Args:
        draw: supplied by Hypothesis.
        dimensions: number of parameters of each player; drawn (2–3 players, 1–2 parameters) if not given.
        degree: the largest total degree of a value.
    """
    sizes = draw(action_counts(actions=(1, 2))) if dimensions is None else tuple(dimensions)
    rows = tuple(
        tuple(Symbol(f"{letter}{'' if size == 1 else index + 1}", real=True) for index in range(size))
        for letter, size in zip("xyzuvw", sizes, strict=False)
    )
    flat = [symbol for row in rows for symbol in row]

    def term() -> Expr:
        factors = draw(st.lists(st.sampled_from(flat), min_size=1, max_size=degree))
        return Mul(draw(rationals(-2, 2, 3)), *factors)

    values = tuple(sum((term() for _ in range(draw(st.integers(1, 5)))), Integer(0)) for _ in rows)
    return DifferentiableGame("random polynomials", rows, values)
