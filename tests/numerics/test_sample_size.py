"""Sample sizes against the intervals and tests themselves, textbook values and brute-force searches."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import norm

from numerics.sample_size import (
    _mean_power,
    _randomised,
    mcnemar_power,
    pairs_for_difference,
    resolved_difference,
    runs_for_share,
    share_half_width,
)
from numerics.statistics import paired_difference, wilson

# ------------------------------------------------------------------------------------------------------ shares


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize("runs", [1, 2, 10, 100, 10_000])
def test_half_width_is_wilsons(runs: int, confidence: float) -> None:
    for successes in {0, runs // 7, runs // 2, runs}:
        lower, upper = wilson(successes, runs, confidence)
        assert share_half_width(runs, successes / runs, confidence) == pytest.approx((upper - lower) / 2, abs=1e-12)
    # Negative control: Wald's half-width, 0 where all succeed.
    assert share_half_width(runs, 1.0, confidence) > 0


def test_runs_for_share_textbook() -> None:
    """At ½ Wilson's n is Wald's z²/(4w²) less z²: 385 − 4 = 381 for ±5 points, 9604 − 4 for ±1, 97 − 4 for ±10."""
    for half_width, expected, wald in ((0.05, 381, 385), (0.01, 9600, 9604), (0.1, 93, 97)):
        assert runs_for_share(half_width) == expected
        assert math.ceil(norm.isf(0.025) ** 2 / (4 * half_width**2)) == wald


@given(st.floats(0.02, 0.45), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_runs_for_share_is_the_least_number(half_width: float, share: float, confidence: float) -> None:
    found = runs_for_share(half_width, share, confidence)
    widths = [share_half_width(n, share, confidence) for n in range(1, found + 3)]
    assert next(n for n, width in enumerate(widths, 1) if width <= half_width) == found
    assert all(a > b for a, b in pairwise(widths))
    assert found <= runs_for_share(half_width, confidence=confidence)  # ½ is the worst case


def test_half_is_enough_for_every_outcome() -> None:
    runs = runs_for_share(0.1)
    widths = [(upper - lower) / 2 for lower, upper in (wilson(k, runs) for k in range(runs + 1))]
    assert max(widths) <= 0.1
    # Negative control: a number for a share of .1 is not enough for others.
    fewer = runs_for_share(0.1, 0.1)
    assert max(np.ptp(wilson(k, fewer)) / 2 for k in range(fewer + 1)) > 0.12


# ------------------------------------------------------------------------------------------------------ power


def p_value(gained: int, lost: int, concordant: int) -> float:
    """Of the test that is used on runs."""
    a = np.repeat([True, False, True], [gained, lost, concordant])
    b = np.repeat([False, True, True], [gained, lost, concordant])
    return paired_difference(a, b).p_value


def asymptotic(gained: int, lost: int, concordant: int) -> float:
    return 2 * norm.sf(abs(gained - lost) / math.sqrt(max(gained + lost, 1)))


def enumerated(test: Callable[[int, int, int], float], gained: float, lost: float, pairs: int, level: float) -> float:
    """P(p ≤ level), summed over all tables."""
    total = 0.0
    for g in range(pairs + 1):
        for l in range(pairs + 1 - g):
            rest = pairs - g - l
            if test(g, l, rest) <= level * (1 + 1e-12):
                log = gammaln(pairs + 1) - gammaln(g + 1) - gammaln(l + 1) - gammaln(rest + 1)
                chances = (gained, g), (lost, l), (1 - gained - lost, rest)
                total += math.exp(log) * math.prod(max(p, 0.0) ** k for p, k in chances)
    return total


@pytest.mark.parametrize(
    ("gained", "lost", "pairs", "level"),
    [
        (0.4, 0.1, 18, 0.05),
        (0.1, 0.4, 18, 0.05),
        (0.7, 0.3, 16, 0.05),
        (0.5, 0.0, 12, 0.05),
        (0.2, 0.2, 18, 0.05),
        (0.0, 0.0, 5, 0.05),
        (0.6, 0.2, 9, 1 / 16),  # p = 2/2⁵ is reached exactly
        (0.3, 0.1, 12, 0.5),
    ],
)
def test_power_is_the_sum_over_all_tables(gained: float, lost: float, pairs: int, level: float) -> None:
    power = mcnemar_power(gained, lost, pairs, level)
    assert power == pytest.approx(enumerated(p_value, gained, lost, pairs, level), abs=1e-12)
    assert power == pytest.approx(mcnemar_power(lost, gained, pairs, level), abs=1e-13)
    if gained + lost:
        # Negative control: the test without exact p-values has another power.
        assert power != pytest.approx(enumerated(asymptotic, gained, lost, pairs, level), abs=1e-4)
    if gained == lost:
        assert power <= level


@pytest.mark.parametrize(("pairs", "last"), [(6, 0), (8, 0), (10, 1), (15, 3), (20, 5), (25, 7), (50, 17), (100, 39)])
def test_critical_values_of_the_sign_test(pairs: int, last: int) -> None:
    """The table in W. J. Dixon & F. J. Massey, Introduction to Statistical Analysis: two-sided 5 %, all discordant."""

    def size(count: int) -> float:
        return 2 * sum(math.comb(pairs, k) for k in range(count + 1)) / 2**pairs

    assert mcnemar_power(0.5, 0.5, pairs) == pytest.approx(size(last), rel=1e-10)
    assert size(last) <= 0.05 < size(last + 1)


def test_no_power_with_five_discordant_pairs() -> None:
    assert mcnemar_power(1.0, 0.0, 5) == 0.0
    assert mcnemar_power(1.0, 0.0, 6) == 1.0


# ------------------------------------------------------------------------------------------------------- pairs

CASES = [(0.4, 0.1, 0.8), (0.1, 0.4, 0.9), (0.8, 0.2, 0.8), (1.0, 0.0, 0.8), (0.15, 0.05, 0.8), (0.3, 0.0, 0.95)]


@pytest.mark.parametrize(("gained", "lost", "power"), CASES)
def test_pairs_is_the_least_number(gained: float, lost: float, power: float) -> None:
    found = pairs_for_difference(gained, lost, power)
    assert mcnemar_power(gained, lost, found) >= power
    assert max(mcnemar_power(gained, lost, n) for n in range(1, found)) < power


def test_power_is_a_saw_tooth() -> None:
    """With all pairs discordant more of them can do worse: what `pairs_for_difference` says of itself."""
    found = pairs_for_difference(0.8, 0.2)
    assert min(mcnemar_power(0.8, 0.2, n) for n in range(found, found + 10)) < 0.8


# SciPy's binomial probabilities overflow at the least positive floats.
@given(st.just(0.0) | st.floats(1e-12, 1), st.floats(0, 1), st.integers(1, 60), st.sampled_from([0.01, 0.05, 0.3]))
def test_the_randomised_test_bounds_and_rises(discordant: float, share: float, pairs: int, level: float) -> None:
    """What the search below the least number rests on."""
    less, more = (_mean_power(_randomised, discordant, share, n, level) for n in (pairs, pairs + 1))
    assert less <= more + 1e-9
    exact = mcnemar_power(discordant * share, discordant * (1 - share), pairs, level)
    assert exact <= less + 1e-9
    assert _mean_power(_randomised, discordant, 0.5, pairs, level) == pytest.approx(level, abs=1e-9)  # its size


def test_many_pairs_approach_the_normal_approximation() -> None:
    """R. J. Connor, Biometrics 43 (1987) 207-211: n = (z_α √ψ + z_β √(ψ − Δ²))²/Δ²."""
    for gained, lost, power in ((0.06, 0.05, 0.8), (0.02, 0.015, 0.9)):
        discordant, difference = gained + lost, gained - lost
        root = norm.isf(0.025) * math.sqrt(discordant) + norm.ppf(power) * math.sqrt(discordant - difference**2)
        assert pairs_for_difference(gained, lost, power) == pytest.approx((root / difference) ** 2, rel=0.03)


# ------------------------------------------------------------------------------------------------ the inverse


@pytest.mark.parametrize(("pairs", "discordant"), [(30, 1.0), (100, 0.3), (1000, 0.1), (100_000, 0.2)])
def test_resolved_difference_has_the_wanted_power(pairs: int, discordant: float) -> None:
    difference = resolved_difference(pairs, discordant)
    assert difference is not None
    for factor, sign in ((1.001, 1), (0.999, -1)):
        delta = factor * difference
        power = mcnemar_power((discordant + delta) / 2, (discordant - delta) / 2, pairs)
        assert sign * (power - 0.8) > 0


@given(st.integers(20, 300), st.floats(0.2, 0.9))
@settings(max_examples=20)
def test_resolved_difference_inverts_pairs(pairs: int, discordant: float) -> None:
    difference = resolved_difference(pairs, discordant)
    if difference is None:
        assert mcnemar_power(discordant, 0.0, pairs) < 0.8
        return
    above = min(1.001 * difference, discordant)
    assert pairs_for_difference((discordant + above) / 2, (discordant - above) / 2, 0.7999) <= pairs
    # More pairs, or a smaller difference wanted with less power.
    assert resolved_difference(4 * pairs, discordant) < difference
    assert resolved_difference(pairs, discordant, 0.5) < difference


def test_too_few_pairs_resolve_nothing() -> None:
    assert resolved_difference(5, 1.0) is None
    assert resolved_difference(6, 1.0) is not None


# -------------------------------------------------------------------------------------------------- bad input


def test_bad_input() -> None:
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: share_half_width(0), "at least 1 run"),
        (lambda: share_half_width(5, 1.1), "share"),
        (lambda: share_half_width(5, 0.5, 1.0), "confidence"),
        (lambda: runs_for_share(0.0), "half-width"),
        (lambda: runs_for_share(0.5), "half-width"),
        (lambda: runs_for_share(0.1, math.nan), "share"),
        (lambda: mcnemar_power(0.6, 0.5, 10), "probabilities"),
        (lambda: mcnemar_power(-0.1, 0.5, 10), "probabilities"),
        (lambda: mcnemar_power(0.2, 0.5, 0), "at least 1 pair"),
        (lambda: mcnemar_power(0.2, 0.5, 10, 0.0), "level"),
        (lambda: pairs_for_difference(0.2, 0.2), "difference of 0"),
        (lambda: pairs_for_difference(0.2, 0.1, 0.05), "power"),
        (lambda: pairs_for_difference(0.2, 0.1, 1.0), "power"),
        (lambda: pairs_for_difference(0.2, 0.2 + 1e-6), "More than"),
        (lambda: resolved_difference(10, 0.0), "discordant"),
        (lambda: resolved_difference(10, 1.1), "discordant"),
        (lambda: resolved_difference(0, 0.5), "at least 1 pair"),
        (lambda: resolved_difference(10, 0.5, 0.01), "power"),
    ]
    for call, match in calls:
        with pytest.raises(ValueError, match=match):
            call()
