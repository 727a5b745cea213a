"""Symmetric two-player two-action games, row payoffs [[R, S], [T, P]], column payoffs the transpose."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Rational

from theory.games.model import Game, normal_form
from theory.symbols import P, R, S, T


def symmetric_game(
    name: str,
    actions: tuple[str, str],
    payoffs: tuple[int, int, int, int],
    ordering: Sequence[Expr] = (),
    target: str | None = None,
) -> Game:
    """The game with symbolic R, S, T, P whose current values are ``payoffs``.

    Args:
        name: the game's name.
        actions: the two action names, the same for both players.
        payoffs: values of R, S, T, P.
        ordering: linear forms in R, S, T, P that are > 0 in the class of games.
        target: action both players take at the target equilibrium.
    """
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {(0, 0): (R, R), (0, 1): (S, T), (1, 0): (T, S), (1, 1): (P, P)}
    values = zip((R, S, T, P), map(Rational, payoffs), strict=True)
    return normal_form(
        name,
        (actions, actions),
        cells,
        parameters=tuple(values),
        ordering=ordering,
        target=None if target is None else (target, target),
    )
