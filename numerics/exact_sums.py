"""Sums of floating-point numbers without rounding: the same whatever the order and however the numbers are divided."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from numerics.compile import Array

_MANTISSA = 53  # bits of a double's
_LOW = 27  # bits of the lower half of a mantissa; sums of 2^36 halves fit in 64 bits


@dataclass(frozen=True)
class ExactSum:
    """How many numbers there are and what they add up to; sums of parts are added.

    Attributes:
        count: of the numbers.
        total: their sum, ``None`` if one of them is not finite.
    """

    count: int
    total: Fraction | None

    @classmethod
    def of(cls, values: Array) -> ExactSum:
        """The sum of an array, shape (numbers,)."""
        return cls(len(values), _total(values) if np.isfinite(values).all() else None)

    def __add__(self, other: ExactSum) -> ExactSum:
        known = self.total is not None and other.total is not None
        return ExactSum(self.count + other.count, self.total + other.total if known else None)  # type: ignore[operator]

    @property
    def mean(self) -> float | None:
        """The mean, rounded once; ``None`` if there is no number, one that is not finite, or a mean beyond doubles."""
        if self.total is None or not self.count:
            return None
        try:
            return float(self.total / self.count)
        except OverflowError:
            return None


def _total(values: Array) -> Fraction:
    """Numbers of the same exponent are integers times the same power of two; their halves are added in 64 bits."""
    fractions, exponents = np.frexp(values)
    mantissas = np.ldexp(fractions, _MANTISSA).astype(np.int64)
    high, low = mantissas >> _LOW, mantissas & ((1 << _LOW) - 1)
    total = Fraction(0)
    for exponent in np.unique(exponents):
        here = exponents == exponent
        whole = (int(high[here].sum()) << _LOW) + int(low[here].sum())
        total += Fraction(whole) * Fraction(2) ** (int(exponent) - _MANTISSA)
    return total
