"""theory.sampling.moments: polynomials in 1/B against sums over all batches."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Integer, Rational, symbols

from theory import strategies
from theory.exact import QuotientField, is_zero
from theory.sampling import moments as module
from theory.sampling.moments import Estimator, Mean, Moments, Product, at_size, pattern_share, set_partitions


def constant(number: Rational) -> Rational:
    return number


CHANCES = (Rational(1, 2), Rational(1, 3), Rational(1, 6))
VARIABLES: Mapping[Hashable, Sequence[Rational]] = {
    "a": (Rational(1), Rational(-2), Rational(5, 2)),
    "b": (Rational(3), Rational(1, 2), Rational(0)),
    "c": (Rational(-1), Rational(4), Rational(1, 3)),
}
SAMPLE = Moments(CHANCES, VARIABLES, constant)


def plain(estimators: Sequence[Estimator], size: int) -> Rational:
    """E of the product of estimators, over all batches of that size."""
    used = {factor.batch for estimator in estimators for term in estimator for factor in term.factors}
    labels = sorted(used, key=str)
    outcomes = list(product(range(len(CHANCES)), repeat=size))
    total = Rational(0)
    for drawn in product(outcomes, repeat=len(labels)):
        batch = dict(zip(labels, drawn, strict=True))
        value = Rational(1)
        for estimator in estimators:
            value *= sum(
                term.weight
                * prod(
                    (sum(VARIABLES[f.variable][t] for t in batch[f.batch]) / Rational(size) for f in term.factors),
                    start=Rational(1),
                )
                for term in estimator
            )
        total += prod((CHANCES[t] for row in drawn for t in row), start=Rational(1)) * value
    return total


def term(weight: object, *factors: tuple[str, str]) -> Product:
    return Product(Rational(weight), tuple(Mean(*factor) for factor in factors))


# -------------------------------------------------------------------------------------------------------- partitions


def test_partitions_are_all_there_once() -> None:
    for count, bell in enumerate((1, 1, 2, 5, 15, 52)):
        found = set_partitions(count)
        assert len(set(found)) == len(found) == bell
        for partition in found:
            assert sorted(k for block in partition for k in block) == list(range(count))
            assert all(block and list(block) == sorted(block) for block in partition)


@pytest.mark.parametrize("factors", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_shares_count_indices_that_are_equal(factors: int, size: int) -> None:
    drawn = list(product(range(size), repeat=factors))
    for partition in set_partitions(factors):
        fits = [
            indices
            for indices in drawn
            if len({indices[block[0]] for block in partition}) == len(partition)
            and all(len({indices[k] for k in block}) == 1 for block in partition)
        ]
        share = at_size([Rational(entry) for entry in pattern_share(len(partition), factors)], size)
        assert share == Rational(len(fits), size**factors)


def test_shares_by_hand() -> None:
    assert pattern_share(1, 1) == (1,)
    assert pattern_share(2, 2) == (1, -1)  # 1 − 1/B
    assert pattern_share(1, 2) == (0, 1)
    assert pattern_share(3, 4) == (0, 1, -3, 2)  # (1 − 1/B)(1 − 2/B)/B
    assert pattern_share(4, 4) == (1, -6, 11, -6)


def test_a_polynomial_at_a_size() -> None:
    assert at_size((Rational(5), Rational(3), Rational(-4)), 2) == Rational(11, 2)
    assert at_size((Rational(5),), 7) == 5


# ----------------------------------------------------------------------------------------------------------- moments

PRODUCTS = [
    [("x", "a")],
    [("x", "a"), ("x", "b")],
    [("x", "a"), ("x", "a")],
    [("x", "a"), ("y", "b")],
    [("x", "a"), ("x", "b"), ("x", "c")],
    [("x", "a"), ("y", "b"), ("x", "c")],
    [("x", "a"), ("x", "b"), ("x", "c"), ("x", "a")],
    [("x", "b"), ("x", "b"), ("x", "b"), ("x", "b")],
    [("x", "a"), ("y", "b"), ("x", "c"), ("y", "a")],
    [("x", "a"), ("y", "b"), ("y", "c"), ("y", "a")],
]


@pytest.mark.parametrize("factors", PRODUCTS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_products_of_means_over_all_batches(factors: list[tuple[str, str]], size: int) -> None:
    estimator = (term(1, *factors),)
    found = SAMPLE.mean(estimator)
    assert at_size(found, size) == plain([estimator], size)
    assert len(found) <= len(factors)
    if len(found) > 1:
        assert at_size(found[:-1], size) != plain([estimator], size)


ESTIMATORS: list[Estimator] = [
    (term(1, ("x", "a")), term("2/3", ("x", "b"), ("x", "c"))),
    (term("-1/2", ("x", "a")), term(3, ("y", "a"), ("x", "b"))),
    (term(2, ("y", "c")),),
]


@pytest.mark.parametrize("size", [1, 2])
def test_covariances_over_all_batches(size: int) -> None:
    for left, right in product(ESTIMATORS, repeat=2):
        wanted = plain([left, right], size) - plain([left], size) * plain([right], size)
        assert at_size(SAMPLE.covariance(left, right), size) == wanted
    spread = [at_size(SAMPLE.covariance(e, e), size) for e in ESTIMATORS]
    assert at_size(SAMPLE.noise(ESTIMATORS), size) == sum(spread) > 0
    assert all(entry > 0 for entry in spread)


def test_noise_vanishes_for_large_batches_and_for_constants() -> None:
    assert SAMPLE.noise(ESTIMATORS)[0] == 0
    still = Moments(CHANCES, {"k": (Rational(7),) * 3}, constant)
    estimator = (term(2, ("x", "k"), ("x", "k")),)
    assert set(still.covariance(estimator, estimator)) == {0}
    assert still.mean(estimator)[0] == 98


def test_two_means_of_one_batch_in_closed_form() -> None:
    """E[āb̄] = E a E b + Cov(a, b)/B with free chances and values."""
    p, a0, a1, b0, b1 = symbols("p a0 a1 b0 b1")
    field = QuotientField([p, a0, a1, b0, b1])
    element = field.values
    chances = [element[p], field.subtract(field.constant(Integer(1)), element[p])]
    sample = Moments(chances, {"a": [element[a0], element[a1]], "b": [element[b0], element[b1]]}, field.constant)
    one = field.constant(Integer(1))
    estimator = (Product(one, (Mean("x", "a"), Mean("x", "b"))),)
    first, second = map(field.expression, sample.mean(estimator))
    mean_a, mean_b = p * a0 + (1 - p) * a1, p * b0 + (1 - p) * b1
    covariance = p * a0 * b0 + (1 - p) * a1 * b1 - mean_a * mean_b
    assert is_zero(first - mean_a * mean_b)
    assert is_zero(second - covariance)
    apart = (Product(one, (Mean("x", "a"), Mean("y", "b"))),)
    assert len(sample.mean(apart)) == 1
    assert is_zero(field.expression(sample.expectation([])) - 1)
    alone = (Product(one, (Mean("x", "a"),)),)
    _, variance = sample.covariance(alone, alone)
    assert is_zero(field.expression(variance) - p * (1 - p) * (a0 - a1) ** 2)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_drawn_samples(data: st.DataObject) -> None:
    outcomes, size = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    chances = data.draw(strategies.distributions(outcomes))
    rows = {k: [data.draw(strategies.rationals(-2, 2, 3)) for _ in range(outcomes)] for k in range(3)}
    drawn = data.draw(st.lists(st.sampled_from(range(3)), min_size=1, max_size=4))
    found = Moments(chances, rows, constant).mean((Product(Integer(1), tuple(Mean("x", k) for k in drawn)),))
    wanted = Add(
        *(
            prod((chances[t] for t in batch), start=Rational(1))
            * prod((sum(rows[k][t] for t in batch) / Rational(size) for k in drawn), start=Rational(1))
            for batch in product(range(outcomes), repeat=size)
        )
    )
    assert at_size(found, size) == wanted


# ------------------------------------------------------------------------------------------------- negative controls


def test_false_moments_are_refuted() -> None:
    estimator = (term(1, *[("x", name) for name in "abca"]),)
    wanted = plain([estimator], 2)
    apart = (term(1, ("x", "a"), ("y", "b"), ("x", "c"), ("y", "a")),)
    values = [SAMPLE.expectation([name]) for name in "abca"]
    false = {
        "product of the means": prod(values, start=Rational(1)),
        "mean of the products": SAMPLE.expectation(list("abca")),
        "two batches": at_size(SAMPLE.mean(apart), 2),
        "another size": at_size(SAMPLE.mean(estimator), 3),
        "no batch": at_size(SAMPLE.mean(estimator), 1),
    }
    for name, value in false.items():
        assert value != wanted, name


@pytest.mark.parametrize("number", range(15))
def test_every_partition_counts(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """With one of the partitions of four means left out, some moment differs."""
    kept = tuple(partition for k, partition in enumerate(set_partitions(4)) if k != number)
    factors = [("x", name) for name in "abca"]
    wanted = plain([(term(1, *factors),)], 2)
    monkeypatch.setattr(module, "set_partitions", lambda count: kept if count == 4 else set_partitions(count))
    found = at_size(Moments(CHANCES, VARIABLES, constant).mean((term(1, *factors),)), 2)
    blocks = len(set_partitions(4)[number])
    assert (found != wanted) == (blocks <= 2)  # over two draws, three different indices do not occur
    found = at_size(Moments(CHANCES, VARIABLES, constant).mean((term(1, *factors),)), 5)
    assert found != at_size(SAMPLE.mean((term(1, *factors),)), 5)


def test_unknown_variables_are_an_error() -> None:
    with pytest.raises(KeyError):
        SAMPLE.expectation(["z"])
