"""Moments of products of batch means, exactly and for every batch size B.

A batch is B independent draws of a trajectory. Σ a₁(τ_{t₁})⋯a_m(τ_{t_m}) over all indices depends on t₁ … t_m only
through which of them are equal, so with sums over the set partitions π of {1 … m}

    E[ā₁⋯ā_m] = B⁻ᵐ Σ_π B(B − 1)⋯(B − |π| + 1) Π_{block ∈ π} E[Π_{k ∈ block} a_k],

a polynomial in 1/B of degree m − 1. Means of independent batches are independent. For two means of one batch it reads
E[āb̄] = E a · E b + Cov(a, b)/B.

Polynomials in 1/B are tuples of coefficients of 1, 1/B, 1/B², … Numbers may come from any field that
:func:`theory.exact.evaluate` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from sympy import Integer, Rational

InverseSize = tuple[Any, ...]


@dataclass(frozen=True)
class Mean:
    """The mean of a variable over a batch.

    Attributes:
        batch: which batch; different ones are independent and of the same size.
        variable: which function of a trajectory.
    """

    batch: Hashable
    variable: Hashable


@dataclass(frozen=True)
class Product:
    """A number times a product of means."""

    weight: Any
    factors: tuple[Mean, ...]


Estimator = tuple[Product, ...]  # their sum


class Moments:
    """Expectations over trajectories and over batches of them.

    Args:
        chances: probability of each trajectory.
        variables: the values of each variable, trajectory by trajectory.
        constant: maps a :class:`sympy.Rational` into the field of the values.
    """

    def __init__(
        self,
        chances: Sequence[Any],
        variables: Mapping[Hashable, Sequence[Any]],
        constant: Callable[[Rational], Any],
    ) -> None:
        self._constant = constant
        self._order = {variable: position for position, variable in enumerate(variables)}
        self._values = list(variables.values())
        self._chances = chances
        self._weighted: dict[tuple[int, ...], list[Any]] = {(): list(chances)}
        self._expected: dict[tuple[int, ...], Any] = {}
        self._of_batch: dict[tuple[int, ...], InverseSize] = {}

    def expectation(self, variables: Sequence[Hashable]) -> Any:
        """E of a product of variables of one trajectory."""
        return self._expectation(self._positions(variables))

    def mean(self, estimator: Estimator) -> InverseSize:
        """E of an estimator."""
        return self._sum(self._scaled(product.weight, self._means(product.factors)) for product in estimator)

    def covariance(self, left: Estimator, right: Estimator) -> InverseSize:
        """Cov of two estimators."""
        both = self._sum(
            self._scaled(a.weight * b.weight, self._means((*a.factors, *b.factors))) for a in left for b in right
        )
        apart = self._times(self.mean(left), self.mean(right))
        return self._sum((both, self._scaled(self._constant(Integer(-1)), apart)))

    def noise(self, estimators: Sequence[Estimator]) -> InverseSize:
        """E‖ξ‖² of ξ = estimators − their mean: the trace of the covariance."""
        return self._sum(self.covariance(estimator, estimator) for estimator in estimators)

    def _positions(self, variables: Sequence[Hashable]) -> tuple[int, ...]:
        return tuple(sorted(self._order[variable] for variable in variables))

    def _expectation(self, positions: tuple[int, ...]) -> Any:
        if positions not in self._expected:
            first, *rest = self._product(positions)
            self._expected[positions] = sum(rest, first)
        return self._expected[positions]

    def _product(self, positions: tuple[int, ...]) -> list[Any]:
        """Chance times the product of variables, trajectory by trajectory."""
        if positions not in self._weighted:
            before = self._product(positions[:-1])
            self._weighted[positions] = [x * y for x, y in zip(before, self._values[positions[-1]], strict=True)]
        return self._weighted[positions]

    def _means(self, factors: Sequence[Mean]) -> InverseSize:
        """E of a product of means: batch by batch, since batches are independent."""
        result: InverseSize = (self._constant(Integer(1)),)
        for batch in dict.fromkeys(factor.batch for factor in factors):
            drawn = self._positions([factor.variable for factor in factors if factor.batch == batch])
            result = self._times(result, self._same_batch(drawn))
        return result

    def _same_batch(self, positions: tuple[int, ...]) -> InverseSize:
        if positions not in self._of_batch:
            terms = []
            for partition in set_partitions(len(positions)):
                expected = self._constant(Integer(1))
                for block in partition:
                    expected = expected * self._expectation(tuple(positions[k] for k in block))
                share = pattern_share(len(partition), len(positions))
                terms.append(tuple(self._constant(Integer(entry)) * expected for entry in share))
            self._of_batch[positions] = self._sum(terms)
        return self._of_batch[positions]

    # ------------------------------------------------------------------------------------------ polynomials in 1/B

    def _sum(self, polynomials: Iterable[InverseSize]) -> InverseSize:
        zero = self._constant(Integer(0))
        total: InverseSize = ()
        for polynomial in polynomials:
            total = tuple(a + b for a, b in zip_longest(total, polynomial, fillvalue=zero))
        return total

    def _scaled(self, weight: Any, polynomial: InverseSize) -> InverseSize:
        return tuple(weight * entry for entry in polynomial)

    def _times(self, left: InverseSize, right: InverseSize) -> InverseSize:
        zero = self._constant(Integer(0))
        return self._sum([(zero,) * shift + self._scaled(entry, right) for shift, entry in enumerate(left)])


def at_size(polynomial: Sequence[Any], size: int) -> Any:
    """A polynomial in 1/B with rational coefficients at a batch size."""
    result = polynomial[-1]
    for entry in reversed(polynomial[:-1]):
        result = result / size + entry
    return result


@lru_cache
def set_partitions(count: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """All partitions of {0 … count − 1} into blocks."""
    if count == 0:
        return ((),)
    last, found = count - 1, []
    for partition in set_partitions(last):
        found.append((*partition, (last,)))
        for k, block in enumerate(partition):
            found.append((*partition[:k], (*block, last), *partition[k + 1 :]))
    return tuple(found)


@lru_cache
def pattern_share(blocks: int, factors: int) -> tuple[int, ...]:
    """B(B − 1)⋯(B − blocks + 1)/B^factors: the share of the indices t₁ … t_m that are equal in one given pattern."""
    share = (0,) * (factors - blocks) + (1,)
    for k in range(1, blocks):
        share = tuple(a - k * b for a, b in zip((*share, 0), (0, *share), strict=True))
    return share
