"""Which powers of a schedule let the error vanish: exact mean squares of noisy Cournot competition over (p, q).

a_n = a t^−p and λ_n = λ t^−q with t = 1 + n/scale. The game is linear, so mean and covariance of x_n have recursions of
their own and nothing is sampled. Predicted (:mod:`theory.annealing`): E|x_n − φ*|² is of order t^−min(p, 2q) for
0 < p < 1 and q > 0, also outside of the paper's 1/2 < p, q > 1 − p; it does not vanish for q = 0 (the zero stays moved)
nor for p > 1 (Σ a_n is finite). For p = 1 the rate m a·scale of forgetting enters too; it is kept large enough here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Rational

from numerics.compile import Array
from numerics.recovery import OCTAVES, Cournot, Decaying, exponent, second_moments

STEP, AMOUNT, NOISE = Rational(1, 4), Rational(1, 8), Rational(1, 20)
POWERS = tuple(map(Rational, ("3/10", "1/2", "3/5", "3/4", "9/10", "1", "2")))
DECAYS = tuple(map(Rational, ("0", "1/10", "1/4", "1/2", "3/4")))
AWAY = (0.5, 0.25)  # the start's distance from φ*, in each quantity


def grid(powers: Sequence[Rational] = POWERS, decays: Sequence[Rational] = DECAYS) -> list[Decaying]:
    """The schedules of the grid, p by p."""
    return [Decaying(STEP, p, AMOUNT, q, NOISE) for p in powers for q in decays]


def in_paper(plan: Decaying) -> bool:
    """Whether the paper's two-phase theorem allows the powers: 1/2 < p ≤ 1 and q > 1 − p."""
    return bool(Rational(1, 2) < plan.p <= 1 and plan.q > 1 - plan.p)


def vanishes(plan: Decaying) -> bool:
    """Whether the mean square is predicted to vanish: 0 < p ≤ 1 and q > 0."""
    return bool(0 < plan.p <= 1 and plan.q > 0)


def mean_squares(plans: Sequence[Decaying], length: int) -> tuple[Array, Array]:
    """Times t and the exact E|x_n − φ*|² over the last octaves of n up to a length, shapes (plans, times) each."""
    schedules = [plan.schedule(length) for plan in plans]
    found = second_moments(Cournot.made(), schedules, [float(plan.noise) for plan in plans], AWAY)
    first = length // 2 ** (OCTAVES + 1)
    times = [1 + np.arange(first, length + 1) / plan.scale for plan in plans]
    return np.array(times), found[first:].T


def schedule_rows(length: int) -> list[dict[str, Any]]:
    """One row for every schedule of the grid: the predicted exponent and that of the last three octaves."""
    plans = grid()
    times, squares = mean_squares(plans, length)
    rows = []
    for plan, at, values in zip(plans, times, squares, strict=True):
        rows.append(
            {
                "p": str(plan.p),
                "q": str(plan.q),
                "in_paper": in_paper(plan),
                "vanishes": vanishes(plan),
                "predicted": float(plan.limit) if vanishes(plan) else 0.0,
                "exponent": exponent(at, values),
                "mean_square": float(values[-1]),
                "steps": length,
            }
        )
    return rows
