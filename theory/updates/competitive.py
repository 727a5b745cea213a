"""cgd: competitive gradient descent, (I − αDv_o)⁻¹v with the off-diagonal blocks Dv_o (Schäfer & Anandkumar 2019).

The Nash equilibrium of the players' bilinear local games; any number of players (polymatrix form). Every player's
direction solves Δ_i = g_i + α Σ_{j≠i} ∇_i∇_jVⁱ Δ_j.
"""

from __future__ import annotations

from functools import lru_cache

from sympy import Expr, Integer

from theory.latex import Line
from theory.linear import factor
from theory.updates.model import Rule, Split, Term, Unroll
from theory.values import Vector


@lru_cache(maxsize=1)  # the players share one solution
def _solution(unroll: Unroll) -> tuple[Vector, ...]:
    rows = unroll.gradients
    places = [(player, index) for player, row in enumerate(rows) for index in range(len(row))]
    matrix: list[list[Expr]] = [[Integer(int(a == b)) for b in places] for a in places]
    for column, (mover, index) in enumerate(places):
        unit = tuple(Integer(int(index == other)) for other in range(len(rows[mover])))
        for player in unroll.players:
            if player == mover:
                continue
            entries = unroll.here.hessian_product(player, player, mover, unit)
            for row, (owner, place) in enumerate(places):
                if owner == player:
                    matrix[row][column] = -unroll.step_sizes[mover] * entries[place]
    flat = iter(factor(unroll.let, matrix).solve([entry for row in rows for entry in row], "delta"))
    return tuple(tuple(next(flat) for _ in row) for row in rows)


def _describe(unroll: int, split: Split) -> Line:
    plain, math = ("α", r"\alpha") if unroll == 1 else ("Lα", r"L\alpha")
    return Line(
        "equilibrium of the bilinear local games, at φ₀",
        f"Δ = (I − {plain} Dv_o)⁻¹ v,   Dv_o the off-diagonal blocks of Dv",
        rf"\Delta = (I - {math} Dv_o)^{{-1}} v,\quad (Dv_o)_{{ij}} = \nabla_i\nabla_j V^i\ (j\neq i),\ 0\ (j = i)",
    )


RULE = Rule(
    "cgd",
    "competitive gradient descent: equilibrium of the bilinear local games",
    r"\Delta_i",
    (Term("delta", lambda unroll, player: _solution(unroll)[player], _describe),),
)
