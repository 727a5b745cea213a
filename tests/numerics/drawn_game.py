"""A stochastic game without any symmetry: two and three actions, three states, everything drawn."""

from __future__ import annotations

import random

from sympy import Rational

from theory.games import Game


def drawn_game(horizon: int | None = None) -> Game:
    """The game, endless or its first rounds."""
    draw = random.Random(6)

    def distribution() -> tuple[Rational, ...]:
        parts = [draw.randint(1, 9) for _ in range(3)]
        return tuple(Rational(part, sum(parts)) for part in parts)

    return Game(
        name="drawn",
        actions=(("a", "b"), ("x", "y", "z")),
        states=("s", "t", "u"),
        start=distribution(),
        transition=tuple(tuple(distribution() for _ in range(6)) for _ in range(3)),
        reward=tuple(tuple(tuple(Rational(draw.randint(-9, 9), 4) for _ in range(2)) for _ in range(6)) for _ in "stu"),
        discount=Rational(4, 5),
        horizon=horizon,
    )
