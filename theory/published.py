"""What the paper printed of its learning settings that theory needs: the inner step and the two coefficients."""

from __future__ import annotations

from sympy import Rational

from theory.symbols import alpha, own_coefficient, peer_coefficient

COEFFICIENTS = {alpha: Rational(11, 20), own_coefficient: Rational(7, 20), peer_coefficient: Rational(3, 2)}
CORRECTION = COEFFICIENTS[alpha] * COEFFICIENTS[peer_coefficient]  # λ, what multiplies the correction C
