"""Bernstein coefficients: a polynomial on a box lies between the smallest and the largest of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import comb
from typing import Any

from sympy import Integer, Rational

Monomials = dict[tuple[int, ...], Any]  # powers of each variable and their coefficient


def bernstein(
    terms: Monomials, box: Sequence[tuple[Rational, Rational]], constant: Callable[[Rational], Any]
) -> Monomials:
    """Bernstein coefficients of a polynomial on a box, in the degree it has in each variable.

    Those whose every index is 0 or the degree are its values at the corners.

    Args:
        terms: the polynomial.
        box: an interval for each variable.
        constant: maps a :class:`sympy.Rational` into the field of the coefficients.
    """
    zero = constant(Integer(0))
    degrees = [max((powers[axis] for powers in terms), default=0) for axis in range(len(box))]
    for axis, ((low, high), degree) in enumerate(zip(box, degrees, strict=True)):
        start, width = Rational(low), Rational(high - low)
        # Row j: Bernstein coefficients of x^j = (start + width t)^j, t from 0 to 1.
        rows = [
            [
                sum(
                    (
                        comb(j, i) * start ** (j - i) * width**i * Rational(comb(k, i), comb(degree, i))
                        for i in range(min(j, k) + 1)
                    ),
                    Integer(0),
                )
                for k in range(degree + 1)
            ]
            for j in range(degree + 1)
        ]
        entries = [list(map(constant, row)) for row in rows]
        spread: Monomials = {}
        for powers, coefficient in terms.items():
            for k, entry in enumerate(entries[powers[axis]]):
                place = (*powers[:axis], k, *powers[axis + 1 :])
                spread[place] = spread.get(place, zero) + coefficient * entry
        terms = spread
    return {place: terms.get(place, zero) for place in product(*(range(d + 1) for d in degrees))}
