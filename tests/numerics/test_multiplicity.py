"""Holm's procedure against closed testing by enumeration; errors and coverages of families summed exactly."""

import math
from collections.abc import Callable, Iterator
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from numerics.multiplicity import holm, paired_family, share_family, simultaneous
from numerics.statistics import paired_difference, share, wilson

p_lists = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.02, 0.5, 1.0])), min_size=1, max_size=7)


def bonferroni(p: list[float]) -> np.ndarray:
    return np.minimum(np.array(p) * len(p), 1.0)


# -------------------------------------------------------------------------------------------------------- Holm


def closed_testing(p: list[float]) -> list[float]:
    """The largest Bonferroni p-value of all intersections that hold the hypothesis (Marcus, Peritz & Gabriel 1976)."""
    tests = range(len(p))
    subsets = [s for size in range(1, len(p) + 1) for s in combinations(tests, size)]
    return [max(min(1.0, len(s) * min(p[j] for j in s)) for s in subsets if i in s) for i in tests]


def test_holm_by_hand() -> None:
    """4·.005, 3·.01, 2·.03, and .04 not below it."""
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    # Negative controls: without the running maximum .04 would stay below .06, and Bonferroni is more cautious.
    assert holm(p)[1] > 0.04
    assert bonferroni(p) == pytest.approx([0.04, 0.16, 0.12, 0.02])


@given(p_lists)
def test_holm_is_closed_testing(p: list[float]) -> None:
    assert holm(p) == pytest.approx(closed_testing(p), abs=1e-15)


@given(p_lists, st.data())
def test_holm_is_monotone_and_symmetric(p: list[float], data: st.DataObject) -> None:
    adjusted = holm(p)
    assert (adjusted >= p).all() and (adjusted <= bonferroni(p)).all()
    place = data.draw(st.integers(0, len(p) - 1))
    larger = [*p[:place], data.draw(st.floats(p[place], 1)), *p[place + 1 :]]
    assert (holm(larger) >= adjusted).all()  # what bounds undecided runs
    order = data.draw(st.permutations(range(len(p))))
    assert holm([p[k] for k in order]).tolist() == [adjusted[k] for k in order]
    assert (holm([*p, data.draw(st.floats(0, 1))])[:-1] >= adjusted).all()  # a larger family is more cautious


def test_one_comparison_is_not_adjusted() -> None:
    assert holm([0.03]).tolist() == [0.03]
    assert simultaneous(0.95, 1) == pytest.approx(0.95)


# ------------------------------------------------------------------------------------ familywise error, exactly


def compositions(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, cells - 1):
            yield (first, *rest)


def familywise(
    adjust: Callable[[list[float]], np.ndarray | list[float]], chances: np.ndarray, true: list[int], level: float
) -> float:
    """P(some true hypothesis is rejected) for three arms compared on 7 starts, summed over all tables.

    ``chances`` are those of the 8 joint outcomes of the arms (a, b, c); the comparisons are ab, ac, bc.
    """
    outcomes = np.array(list(product([0, 1], repeat=3)))
    signs = [outcomes[:, i] - outcomes[:, j] for i, j in ((0, 1), (0, 2), (1, 2))]
    rejecting = 0.0
    for table in compositions(7, 8):
        p = []
        for sign in signs:
            won, lost = (int(np.dot(table, sign == side)) for side in (1, -1))
            p.append(min(1.0, 2 * binom_cdf(min(won, lost), won + lost)))
        if min(np.array(adjust(p))[true]) <= level:
            weight = math.factorial(7) / math.prod(math.factorial(k) for k in table)
            rejecting += weight * math.prod(q**k for q, k in zip(chances, table, strict=True))
    return rejecting


CDF = {(k, n): float(binom.cdf(k, n, 0.5)) for n in range(8) for k in range(n + 1)}


def binom_cdf(k: int, n: int) -> float:
    return CDF[k, n]


def test_familywise_error() -> None:
    """All arms alike (three true hypotheses), and c better than a and b, which are alike (one true hypothesis)."""
    alike = np.full(8, 1 / 8)
    better = np.array([0.02 if not c else 0.23 for *_, c in product([0, 1], repeat=3)])
    level = 0.25  # with 7 starts smaller ones are hardly ever reached
    assert familywise(lambda p: p, alike, [0, 1, 2], level) > level  # negative control: unadjusted
    assert familywise(holm, alike, [0, 1, 2], level) <= level
    assert familywise(holm, better, [0], level) <= level


def test_simultaneous_coverage() -> None:
    """Six independent shares of 60 runs: the product of exact coverages, on average over true shares."""
    shares = np.linspace(0.05, 0.95, 37)

    def covered(confidence: float) -> float:
        lower, upper = np.array([wilson(k, 60, confidence) for k in range(61)]).T
        inside = (lower <= shares[:, None]) & (shares[:, None] <= upper)
        return float((binom.pmf(np.arange(61), 60, shares[:, None]) * inside).sum(axis=1).mean() ** 6)

    assert covered(simultaneous(0.95, 6)) == pytest.approx(0.95, abs=0.01)
    assert covered(0.95) < 0.8  # negative control: six intervals of 95 %


# --------------------------------------------------------------------------------------------------- families


def arms(seed: int = 5, runs: int = 80) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    level = rng.random(runs)
    lost = {name: rng.random(runs) < 0.05 for name in "abc"}
    success = {name: (level < cut) & ~lost[name] for name, cut in zip("abc", (0.3, 0.4, 0.7), strict=True)}
    return success, lost


PAIRS = [("b", "a"), ("c", "a"), ("c", "b")]


def test_paired_family() -> None:
    success, lost = arms()
    family = paired_family(success, lost, PAIRS)
    assert [(c.a, c.b) for c in family] == PAIRS
    for comparison in family:
        a, b = comparison.a, comparison.b
        alone = paired_difference(success[a], success[b], lost[a], lost[b])
        assert comparison.difference == paired_difference(success[a], success[b], lost[a], lost[b], 1 - 0.05 / 3)
        assert comparison.difference.p_value == alone.p_value <= comparison.adjusted
        assert comparison.difference.interval[0] < alone.interval[0]  # negative control: not simultaneous
        assert alone.interval[1] < comparison.difference.interval[1]
    assert [c.adjusted for c in family] == holm([c.difference.p_value for c in family]).tolist()
    assert paired_family(success, lost, PAIRS[::-1]) == family[::-1]
    single = paired_family(success, lost, PAIRS[:1])[0]
    assert single.adjusted == single.difference.p_value


def test_undecided_runs_stay_bounded() -> None:
    success, lost = arms()
    family = paired_family(success, lost, PAIRS)
    rng = np.random.default_rng(11)
    nothing = {name: np.zeros_like(runs) for name, runs in lost.items()}
    for _ in range(20):
        completed = {name: runs | (lost[name] & (rng.random(runs.size) < 0.5)) for name, runs in success.items()}
        for outer, inner in zip(family, paired_family(completed, nothing, PAIRS), strict=True):
            assert inner.adjusted <= outer.adjusted + 1e-12
            assert outer.difference.interval[0] <= inner.difference.interval[0]
            assert inner.difference.interval[1] <= outer.difference.interval[1]


def test_share_family() -> None:
    success, lost = arms()
    family = share_family(success, lost, 0.9)
    assert list(family) == ["a", "b", "c"]
    for name, found in family.items():
        assert found == share(success[name], lost[name], 1 - 0.1 / 3)
        alone = share(success[name], lost[name], 0.9).interval
        assert found.interval[0] < alone[0] < alone[1] < found.interval[1]


# -------------------------------------------------------------------------------------------------- bad input


def test_bad_input() -> None:
    success, lost = arms()
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: simultaneous(0.95, 0), "empty"),
        (lambda: simultaneous(1.0, 2), "confidence"),
        (lambda: simultaneous(math.nan, 2), "confidence"),
        (lambda: holm([]), "empty"),
        (lambda: holm(np.zeros((2, 2))), "one row"),
        (lambda: holm([0.1, math.nan]), "outside"),
        (lambda: holm([0.1, 1.1]), "outside"),
        (lambda: paired_family(success, lost, []), "empty"),
        (lambda: paired_family(success, lost, [("a", "b"), ("b", "a")]), "once"),
        (lambda: paired_family(success, lost, [("a", "a")]), "different"),
        (lambda: paired_family(success, lost, [("a", "d")]), "no runs of d"),
        (lambda: paired_family(success, {"a": lost["a"]}, [("a", "b")]), "no runs of b"),
        (lambda: paired_family(success, lost, PAIRS, 0.0), "confidence"),
        (lambda: share_family(success, {}), "same arms"),
        (lambda: share_family({}, {}), "empty"),
    ]
    for call, match in calls:
        with pytest.raises(ValueError, match=match):
            call()
