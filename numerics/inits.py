"""Kinds of starts as the command line names them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.errors import BadInput
from theory.games.reading import quoted


@dataclass(frozen=True)
class Normal:
    """Every parameter from N(0, deviation²)."""

    deviation: float


@dataclass(frozen=True)
class Uniform:
    """Every parameter from U(low, high)."""

    low: float
    high: float


@dataclass(frozen=True)
class Grid:
    """Probabilities of the first action on ``points`` evenly spaced values from low to high, for every parameter."""

    points: int
    low: float
    high: float


Init = Normal | Uniform | Grid


def parse(text: str) -> Init:
    """Read ``normal:SD``, ``uniform:LO:HI`` or ``grid:N:LO:HI``.

    Raises:
        BadInput: anything else.
    """
    kind, *fields = text.split(":")
    try:
        numbers = [float(entry) for entry in fields]
        if not all(np.isfinite(numbers)):
            raise ValueError
        if kind == "normal" and len(numbers) == 1 and numbers[0] >= 0:
            return Normal(numbers[0])
        if kind == "uniform" and len(numbers) == 2 and 0 <= numbers[1] - numbers[0] < np.inf:
            return Uniform(*numbers)
        if (
            kind == "grid"
            and len(numbers) == 3
            and numbers[0] == int(numbers[0]) >= 2
            and 0 <= numbers[1] < numbers[2] <= 1
        ):
            return Grid(int(numbers[0]), numbers[1], numbers[2])
    except ValueError:
        pass
    raise BadInput(f"--init: {quoted(text)} is not normal:SD, uniform:LO:HI or grid:N:LO:HI (N ≥ 2, 0 ≤ LO < HI ≤ 1).")
