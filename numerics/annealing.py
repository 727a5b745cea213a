"""Annealing: the correction's coefficients are constant for a number of steps and then decay to 0.

Two phases, as published: both coefficients are multiplied by (1 + (n − steps)/scale)^(−power) from step n = steps on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.errors import BadInput
from theory.games.reading import quoted


@dataclass(frozen=True)
class TwoPhase:
    """Constant for ``steps`` outer steps, then a power law with the given ``power`` and ``scale`` (in steps)."""

    steps: int
    power: float
    scale: float

    def factor(self, step: int) -> float:
        """What multiplies both coefficients at outer step n."""
        return 1.0 if step < self.steps else float((1 + (step - self.steps) / self.scale) ** -self.power)


def parse(text: str) -> TwoPhase | None:
    """Read ``none`` or ``two-phase:STEPS:POWER:SCALE``.

    Raises:
        BadInput: anything else.
    """
    if text == "none":
        return None
    kind, *fields = text.split(":")
    try:
        steps, power, scale = int(fields[0]), float(fields[1]), float(fields[2])
        positive = steps >= 0 and 0 < power < np.inf and 0 < scale < np.inf
        if kind == "two-phase" and len(fields) == 3 and positive:
            return TwoPhase(steps, power, scale)
    except (ValueError, IndexError):
        pass
    raise BadInput(
        f"--anneal: {quoted(text)} is not none or two-phase:STEPS:POWER:SCALE (STEPS ≥ 0, POWER and SCALE > 0)."
    )
