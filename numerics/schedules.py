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
from numerics.recovery import OCTAVES, Cournot, Decaying, exponent

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
    """T and the exact E|x_n − φ*|² from the last octaves of n on, shapes (plans, times) each, up to rounding.

    With e = x − φ* the step is e ← (I + a(Dv + λDM))e + aλM(φ*) + aξ, ξ two-point with covariance s²I.
    """
    case = Cournot.made().case
    slope, tilt = (np.array(matrix, dtype=float) for matrix in (case.slope, case.correction_slope))
    push = np.array([case.at(entry) for entry in case.correction], dtype=float)
    one = np.eye(len(push))
    sizes = np.array([[float(x) for x in (plan.step, plan.p, plan.amount, plan.q, plan.noise)] for plan in plans])
    step, p, amount, q, noise = sizes.T
    scale = np.array([plan.scale for plan in plans], dtype=float)
    mean = np.tile(AWAY, (len(plans), 1))
    spread = np.zeros((len(plans), *one.shape))
    times, found = [], []
    for n in range(length + 1):
        t = 1 + n / scale
        if n >= length // 2 ** (OCTAVES + 1):
            times.append(t)
            found.append((mean**2).sum(1) + np.trace(spread, axis1=1, axis2=2))
        a, size = step * t**-p, amount * t**-q
        move = one + a[:, None, None] * (slope + size[:, None, None] * tilt)
        mean = (move @ mean[:, :, None])[:, :, 0] + (a * size)[:, None] * push
        spread = move @ spread @ move.swapaxes(1, 2) + ((a * noise) ** 2)[:, None, None] * one
    return np.array(times).T, np.array(found).T


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
