"""What a published number and ours are compared by, whichever paper it stands in."""

from __future__ import annotations

import math
from typing import Literal

from numerics.statistics import Interval, wilson

Verdict = Literal["AGREES", "DISAGREES", "NOT COMPARABLE"]


def attainable(value: float, decimals: int, units: int) -> bool:
    """Whether some multiple of 1/units rounds to a value printed with so many decimals."""
    half = 0.5 * 10.0**-decimals * (1 + 1e-9)  # a tie may have been rounded either way
    return any(abs(k / units - value) <= half for k in (math.floor(value * units), math.ceil(value * units)))


def difference_of_shares(successes: int, total: int, others: int, other_total: int) -> Interval:
    """Newcombe's 95% interval for the difference of two independent shares, the first less the second (method 10)."""
    p, q = successes / total, others / other_total
    (low, high), (other_low, other_high) = wilson(successes, total), wilson(others, other_total)
    return p - q - math.hypot(p - low, other_high - q), p - q + math.hypot(high - p, q - other_low)
