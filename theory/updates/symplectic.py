"""sga: symplectic gradient adjustment, v − αAᵀv with the antisymmetric part A of Dv (Balduzzi et al. 2018).

Their coefficient λ is α here, without the sign rule of their alignment step.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Rational

from theory.updates.model import Rule
from theory.updates.terms import GRADIENT, LOOK_AHEAD, PULL

RULE = Rule(
    "sga",
    "symplectic gradient adjustment: policy gradient + ½ (look-ahead − pull)",
    r"g_i + \tfrac12\,\mathrm{look}_i - \tfrac12\,\mathrm{pull}_i",
    (
        GRADIENT,
        replace(LOOK_AHEAD, weight=lambda unroll: Rational(1, 2)),
        replace(PULL, weight=lambda unroll: Rational(-1, 2)),
    ),
)
