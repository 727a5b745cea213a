"""Shared symbols, defined once. Formulas print Greek; code spells the words.

======================  =====  ==========================================================
``alpha``               α      inner step size of the unroll
``own_coefficient``            multiplies the own-learning correction (1 = true derivative)
``peer_coefficient``           multiplies the peer-learning correction (1 = true derivative)
``correction``          λ      α · peer_coefficient: what multiplies C in x' = v + λC
``discount``            γ      discount factor, 0 ≤ γ < 1
``R, S, T, P``                 row payoffs [[R, S], [T, P]] of a symmetric two-action game
======================  =====  ==========================================================
"""

from __future__ import annotations

from sympy import Symbol

alpha = Symbol("alpha", positive=True)
own_coefficient = Symbol("c_own", real=True)
peer_coefficient = Symbol("c_peer", real=True)
correction = Symbol("lambda", nonnegative=True)
discount = Symbol("gamma", nonnegative=True)
R, S, T, P = (Symbol(name, real=True) for name in "RSTP")

# Probabilities of a player's first action, and logits, for the one- and two-player letters of the field.
_LETTERS = {"direct": ("p", "q"), "logit": ("x", "y")}


def player_letter(player: int, players: int, coordinates: str) -> str:
    """Letter that starts the names of one player's parameters: p, q (direct) or x, y (logit).

    With more than two players the letter is numbered: p1, p2, p3.
    """
    letters = _LETTERS[coordinates]
    return letters[player] if players <= 2 else f"{letters[0]}{player + 1}"


def step_size(player: int) -> Symbol:
    """Inner step size α_i of one player, for updates in which players may differ."""
    return Symbol(f"alpha_{player + 1}", positive=True)
