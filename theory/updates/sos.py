"""sos: stable opponent shaping (Letcher et al. 2019), LookAhead plus a share p in [0, 1] of the shaping term.

With v₀ = v + look (LookAhead), s = ⟨shape, v₀⟩ and the published constants a = 1/2, b = 1/10:

    p₁ = 1 if s ≥ −a‖v₀‖², else −a‖v₀‖²/s     (shaping never opposes LookAhead by more than a)
    p₂ = ‖v‖² if ‖v‖ < b, else 1               (shaping fades at fixed points)
    p  = min(p₁, p₂),                          one number for all players.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Rational

from theory.latex import Line, latex
from theory.linear import dot
from theory.updates.model import Rule, Split, Unroll
from theory.updates.terms import GRADIENT, LOOK_AHEAD, SHAPING
from theory.updates.transport import Covector, add

OPPOSITION, NEIGHBOURHOOD = Rational(1, 2), Rational(1, 10)


def share(unroll: Unroll) -> Expr:
    """p, how much of the shaping term is kept."""
    ahead = add(unroll.gradients, unroll.look_ahead)
    size = unroll.let("size", OPPOSITION * _inner(ahead, ahead))
    along = unroll.let("along", _inner(unroll.shaping, ahead))
    speed = unroll.let("speed", _inner(unroll.gradients, unroll.gradients))
    first = unroll.let("p", unroll.piecewise((Integer(1), along + size >= 0), (-size / along, True)))
    second = unroll.let("p", unroll.piecewise((speed, speed < NEIGHBOURHOOD**2), (Integer(1), True)))
    return unroll.let("p", unroll.piecewise((first, first <= second), (second, True)))


def _inner(left: Covector, right: Covector) -> Expr:
    return sum((dot(a, b) for a, b in zip(left, right, strict=True)), Integer(0))


def _describe(unroll: int, split: Split) -> Line:
    shaping = SHAPING.describe(unroll, split)
    # v₀ = v + look is the LookAhead direction.
    plain = (
        "p = min(p₁, p₂),   s = ⟨shape, v₀⟩,  v₀ = v + look",
        f"p₁ = 1 if s ≥ −a‖v₀‖², else −a‖v₀‖²/s,   a = {OPPOSITION}",
        f"p₂ = ‖v‖² if ‖v‖ < b, else 1,   b = {NEIGHBOURHOOD}",
    )
    math = (
        r"p = \min(p_1, p_2),\quad s = \langle \mathrm{shape}, v_0\rangle,\quad v_0 = v + \mathrm{look}",
        r"p_1 = 1 \text{ if } s \ge -a\lVert v_0\rVert^2,\text{ else } -a\lVert v_0\rVert^2/s,"
        rf"\quad a = {latex(OPPOSITION)}",
        rf"p_2 = \lVert v\rVert^2 \text{{ if }} \lVert v\rVert < b,\text{{ else }} 1,\quad b = {latex(NEIGHBOURHOOD)}",
    )
    return Line(
        f"{shaping.label}; SOS keeps the share p of it",
        "\n".join((shaping.text, *plain)),
        "\n".join((shaping.latex, *math)),
    )


RULE = Rule(
    "sos",
    "SOS: policy gradient + look-ahead + p · shaping term, p in [0, 1]",
    r"g_i + \mathrm{look}_i + p\,\mathrm{shape}_i",
    (GRADIENT, LOOK_AHEAD, replace(SHAPING, weight=share, describe=_describe)),
)
