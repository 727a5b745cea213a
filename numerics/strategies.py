"""Hypothesis strategies for schedules: outer step sizes and annealing, in the forms that this package reads.

The companion of :mod:`theory.strategies` for what is floating point; it needs the ``test`` extra too. All numbers are
multiples of 1/8, so they are floats exactly and shrink to small ones.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from numerics.annealing import TwoPhase
from numerics.dynamics import Schedule
from numerics.recovery import Decaying
from theory.strategies import rationals


def _eighths(low: int, high: int) -> SearchStrategy[float]:
    """Multiples of 1/8 in (low, high]; whole numbers first."""
    numbers = sorted(range(8 * low + 1, 8 * high + 1), key=lambda k: (k % 8 != 0, k % 4 != 0, k % 2 != 0, k))
    return st.sampled_from([k / 8 for k in numbers])


def outer_schedules(largest: int = 1, power: SearchStrategy[float] | None = None) -> SearchStrategy[Schedule]:
    """Outer step sizes η_n = lr/(n + offset)^power with 0 < lr ≤ ``largest``, 0 ≤ power ≤ 2 and 0 < offset ≤ 16.

    Args:
        largest: the largest lr.
        power: where the power comes from; 0, constant step sizes, is what it shrinks to.
    """
    powers = st.just(0.0) | _eighths(0, 2) if power is None else power
    return st.builds(Schedule, lr=_eighths(0, largest), power=powers, offset=_eighths(0, 16))


def annealing_schedules(most_steps: int = 8) -> SearchStrategy[TwoPhase]:
    """Coefficients that are constant for up to ``most_steps`` steps and then fall like (1 + n/scale)^−power.

    0 < power ≤ 2 and 0 < scale ≤ 8, so they always fall to 0.
    """
    return st.builds(TwoPhase, st.integers(0, most_steps), _eighths(0, 2), _eighths(0, 8))


def annealing_words(most_steps: int = 8) -> SearchStrategy[str]:
    """The same as ``--anneal`` reads it, ``none`` included: ``two-phase:STEPS:POWER:SCALE``."""
    schedules = annealing_schedules(most_steps)
    return st.just("none") | schedules.map(lambda plan: f"two-phase:{plan.steps}:{plan.power}:{plan.scale}")


def decaying_schedules() -> SearchStrategy[Decaying]:
    """Step sizes a_n = a t^−p and amounts λ_n = λ t^−q, t = 1 + n/10, inside and outside of 1/2 < p ≤ 1, q > 1 − p.

    The sizes of :mod:`numerics.schedules` and :mod:`numerics.recovery`; 0 ≤ p, q ≤ 2, noise up to 1.
    """
    size = rationals(0, 1, 8, open_interval=True)
    return st.builds(Decaying, size, rationals(0, 2, 8), size, rationals(0, 2, 8), rationals(0, 1, 8))
