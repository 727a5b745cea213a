"""Numbers: rationals with small denominators, discount factors, step sizes, probability vectors."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, gcd

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sympy import Rational

from theory import exact


def rationals(
    low: object = -5, high: object = 5, max_denominator: int = 6, *, open_interval: bool = False
) -> SearchStrategy[Rational]:
    """Rationals in an interval, with small denominators; shrinks to small denominators, then towards 0.

    Args:
        low: lower end, anything that :func:`theory.exact.rational` reads.
        high: upper end.
        max_denominator: the largest denominator.
        open_interval: leave both ends out.

    Raises:
        ValueError: the interval holds no such number.
    """
    ends = exact.rational(low, "rationals, low"), exact.rational(high, "rationals, high")
    return st.sampled_from(_fractions(*ends, max_denominator, open_interval))


@lru_cache(maxsize=256)
def _fractions(low: Rational, high: Rational, max_denominator: int, open_interval: bool) -> tuple[Rational, ...]:
    found = [
        (denominator, abs(numerator), numerator < 0, Rational(numerator, denominator))
        for denominator in range(1, max_denominator + 1)
        for numerator in range(ceil(low * denominator), floor(high * denominator) + 1)
        if gcd(numerator, denominator) == 1
    ]
    kept = tuple(entry[-1] for entry in sorted(found) if not open_interval or low < entry[-1] < high)
    if not kept:
        raise ValueError(f"no rational with denominator ≤ {max_denominator} between {low} and {high}")
    return kept


def gaps(high: object = 4, max_denominator: int = 4) -> SearchStrategy[Rational]:
    """Positive rationals below ``high``, by which one number exceeds another; shrinks to 1."""
    return rationals(0, high, max_denominator, open_interval=True)


def discounts(high: object = "19/20", max_denominator: int = 20) -> SearchStrategy[Rational]:
    """Discount factors γ in [0, high]."""
    return rationals(0, high, max_denominator)


def step_sizes(high: object = 1, max_denominator: int = 12) -> SearchStrategy[Rational]:
    """Inner step sizes α in (0, high)."""
    return rationals(0, high, max_denominator, open_interval=True)


@st.composite
def distributions(draw: DrawFn, size: int, *, interior: bool = False, largest: int = 4) -> tuple[Rational, ...]:
    """Probability vectors of a given size.

    Args:
        draw: supplied by Hypothesis.
        size: number of entries, at least 1.
        interior: every entry positive.
        largest: the entries are proportional to integers up to about this.
    """
    weights = [draw(st.integers(int(interior), largest)) for _ in range(size)]
    if not interior:
        weights[draw(st.integers(0, size - 1))] += 1
    total = sum(weights)
    return tuple(Rational(weight, total) for weight in weights)
