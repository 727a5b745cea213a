"""Stag Hunt with a public signal: nature draws how tempting the hare is, and both players see it.

One of four contexts, all equally likely, then one round with row payoffs [[R, S], [T_k, P]] in context k = 1 … 4
(R = 4, S = 0, P = 2, T from 1 to 7/2 in equal steps); the class is R > T_k for all k and P > S, so that in every
context both all Stag, the target, and all Hare are strict. With γ = 0 only the first round counts; the next would be
drawn afresh.

For both to hunt is risk-dominant in contexts 1 and 2 only: a policy that tells contexts apart can hunt there and not
elsewhere, and one that cannot must do with one answer to all.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer, Rational, Symbol, sympify

from theory.games.model import Game
from theory.symbols import P, R, S

CONTEXTS = 4
TEMPTATIONS = tuple(Symbol(f"T_{k + 1}", real=True) for k in range(CONTEXTS))
_LOW, _HIGH = Rational(1), Rational(7, 2)


def signalled_stag_hunt(**parameters: object) -> Game:
    """Signalled Stag Hunt with parameters R, S, P, T_1, …, T_4 (4, 0, 2, 1, 11/6, 8/3, 7/2 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    temptations = [_LOW + (_HIGH - _LOW) * Rational(k, CONTEXTS - 1) for k in range(CONTEXTS)]
    values = (*zip((R, S, P), map(Rational, (4, 0, 2)), strict=True), *zip(TEMPTATIONS, temptations, strict=True))
    game = signalled_hunts("signalled-stag-hunt", [(R, S, t, P) for t in TEMPTATIONS], values)
    return game.with_parameters(parameters)


def signalled_hunts(
    name: str, payoffs: Sequence[Sequence[Expr | int]], parameters: Sequence[tuple[Symbol, Rational]] = ()
) -> Game:
    """Symmetric Stag Hunts, of which one is drawn, all equally likely, and seen by both players.

    Args:
        name: the game's name.
        payoffs: R, S, T, P of each; the class is R > T and P > S.
        parameters: symbols in the payoffs with their values.

    Raises:
        BadInput: a Stag Hunt outside the class, or a symbol without a value.
    """
    hunts = [tuple(map(sympify, row)) for row in payoffs]
    drawn: tuple[Expr, ...] = (Rational(1, len(hunts)),) * len(hunts)
    return Game(
        name=name,
        actions=(("Stag", "Hare"),) * 2,
        states=tuple(f"c{k + 1}" for k in range(len(hunts))),
        start=drawn,
        transition=((drawn,) * 4,) * len(hunts),
        reward=tuple(((r, r), (s, t), (t, s), (p, p)) for r, s, t, p in hunts),
        discount=Integer(0),
        parameters=tuple(parameters),
        ordering=tuple(dict.fromkeys([r - t for r, _, t, _ in hunts] + [p - s for _, s, _, p in hunts])),
        target=("Stag", "Stag"),
    )
