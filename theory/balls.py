"""Real balls of python-flint: from rationals and back, roots, precision.

A ball holds a real number for certain; what is read off it here is exact: rational ends, decimals rounded outward.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flint
from sympy import Expr, Rational

from theory import exact
from theory.exact import Undecided

Ball = Any  # a real ball of python-flint, which comes without types


@contextmanager
def precision(name: str, value: int) -> Iterator[None]:
    """Sets one of python-flint's precisions for a block: ``prec`` in bits (balls), ``cap`` in terms (series)."""
    before = getattr(flint.ctx, name)
    setattr(flint.ctx, name, value)
    try:
        yield
    finally:
        setattr(flint.ctx, name, before)


def ball(number: Rational) -> Ball:
    """A ball that holds a rational."""
    return flint.arb(exact.to_fmpq(number))


def as_ball(value: Rational | Ball) -> Ball:
    """The same number as a ball."""
    return ball(value) if isinstance(value, Expr) else value


def between(low: Rational, high: Rational) -> Ball:
    """A ball that holds an interval."""
    return ball(low).union(ball(high))


def point(value: Ball) -> flint.fmpq:
    """The middle of a ball, exactly."""
    mantissa, exponent = map(int, value.mid().man_exp())
    return flint.fmpq(mantissa << exponent) if exponent >= 0 else flint.fmpq(mantissa, 1 << -exponent)


def near(value: Ball, bits: int = 64) -> Rational:
    """A rational near the middle of a ball, with 2^bits as denominator."""
    return Rational(int((value * 2**bits).mid().floor().unique_fmpz()), 2**bits)


def ends(value: Ball) -> tuple[Rational, Rational]:
    """Rationals below and above everything in a ball.

    Raises:
        Undecided: the ball is not finite.
    """
    if not value.is_finite():
        raise Undecided(f"{value} is no finite number")
    low, high = (exact.from_fmpq(point(end)) for end in (value.lower(), value.upper()))
    return low, high


def decimals(value: Ball, places: int = 12) -> str:
    """A ball as ``[lo, hi]`` in decimals, rounded outward."""
    low, high = (end * 10**places for end in ends(value))
    return f"[{decimal(int(low.floor()), places)}, {decimal(int(high.ceiling()), places)}]"


def decimal(units: int, places: int) -> str:
    """A whole number of units of 10^−places."""
    whole, rest = divmod(abs(units), 10**places)
    return f"{'-' if units < 0 else ''}{whole}.{rest:0{places}d}"


def shown(value: Rational | Ball) -> str:
    """A rational as it is, a ball as ``[lo, hi]``."""
    return str(value) if isinstance(value, Expr) else decimals(value)


def root_below(number: Rational, bits: int = 64) -> Rational:
    """A rational below or at √number, by at most 2^−bits."""
    scaled = number * 4**bits
    return Rational(int(flint.fmpz(int(scaled.p) // int(scaled.q)).isqrt()), 2**bits)


def root_above(number: Rational, bits: int = 64) -> Rational:
    """A rational above or at √number, by at most 2^−bits."""
    root = root_below(number, bits)
    return root if root**2 == number else root + Rational(1, 2**bits)
