"""The notions of alignment A0, A1 and A2 of any 2×2 coordination game, as functions of its payoffs.

The target is both players' first action, x* = (1, 1). With C_i = w_i w_j² k_i (:mod:`theory.flux`; w > 0 at mixed
policies) the sign of C_i is that of k_i, which is affine in the player's own probability and the same function in both
coordinate systems:

* A0, local: near the target both corrections point to it, k_i > 0 at 1;
* A1, in the mean: ⟨C, x* − x⟩ > 0 on average over the starts;
* A2, by order: k_i ≥ 0 at 0 and 1; v is cooperative in every coordination game.
"""

from __future__ import annotations

from sympy import Integer

from theory.flux import planar_field
from theory.games.symbolic import symbolic_game
from theory.program import Program


def notions_program(policy: str) -> Program:
    """Every 2×2 game's notions, for compilation: inputs p, q, then the payoffs of :func:`symbolic_game`.

    Blocks: ``ends``, k_1 at p = 0 and 1, then k_2 at q = 0 and 1; ``inner``, ⟨C, x* − x⟩ at (p, q).

    Raises:
        BadInput: an unknown policy.
    """
    field = planar_field(symbolic_game((2, 2)), policy)
    ends = tuple(
        form.subs(axis, corner) for form, axis in zip(field.spill, field.symbols, strict=True) for corner in (0, 1)
    )
    terms = ((1 - x) * c for x, c in zip(field.symbols, field.correction, strict=True))
    payoffs = tuple(symbol for symbol, _ in field.game.parameters)
    return Program((*field.symbols, *payoffs), (), {"ends": ends, "inner": (sum(terms, Integer(0)),)})
