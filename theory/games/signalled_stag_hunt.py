"""Stag Hunt with a public signal: nature draws how tempting the hare is, and both players see it.

One of four contexts, all equally likely, then one round with row payoffs [[R, S], [T_k, P]] in context k = 1 … 4
(R = 4, S = 0, P = 2, T from 1 to 7/2 in equal steps); the class is R > T_k for all k and P > S, so that in every
context both all Stag, the target, and all Hare are strict. With γ = 0 only the first round counts; the next would be
drawn afresh.

For both to hunt is risk-dominant in contexts 1 and 2 only: a policy that tells contexts apart can hunt there and not
elsewhere, and one that cannot must do with one answer to all.
"""

from __future__ import annotations

from sympy import Expr, Integer, Rational, Symbol

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
    values = [_LOW + (_HIGH - _LOW) * Rational(k, CONTEXTS - 1) for k in range(CONTEXTS)]
    drawn: tuple[Expr, ...] = (Rational(1, CONTEXTS),) * CONTEXTS
    stakes: list[tuple[tuple[Expr, Expr], ...]] = [((R, R), (S, t), (t, S), (P, P)) for t in TEMPTATIONS]
    game = Game(
        name="signalled-stag-hunt",
        actions=(("Stag", "Hare"),) * 2,
        states=tuple(f"c{k + 1}" for k in range(CONTEXTS)),
        start=drawn,
        transition=((drawn,) * 4,) * CONTEXTS,
        reward=tuple(stakes),
        discount=Integer(0),
        parameters=(*zip((R, S, P), map(Rational, (4, 0, 2)), strict=True), *zip(TEMPTATIONS, values, strict=True)),
        ordering=(*(R - t for t in TEMPTATIONS), P - S),
        target=("Stag", "Stag"),
    )
    return game.with_parameters(parameters)
