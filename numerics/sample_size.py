"""How many random starts an experiment needs, and what a given number of them resolves.

* A share: the half-width of Wilson's interval at a guessed share. It is largest at ½, so a number of runs that is
  enough there is enough for every outcome.
* A paired difference: the power of the exact two-sided McNemar test. Among n pairs the discordant ones are
  Binomial(n, p₁₂ + p₂₁), and of m discordant pairs those gained are Binomial(m, p₁₂/(p₁₂ + p₂₁)); the power is summed
  over both. Since p-values are discrete, it does not rise with every pair: a few more pairs can have a little less.

Sources: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212; S. W. Duffy, Biometrics 40 (1984) 1005-1015 (exact
power); M. R. Chernick & C. Y. Liu, Am. Stat. 56 (2002) 149-155 (its saw-tooth shape).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, norm

from numerics.compile import Array

# Numbers of discordant pairs that are left out at either end of their distribution have this probability.
_NEGLIGIBLE = 1e-14
_MOST_PAIRS = 10**6


def share_half_width(runs: int, share: float = 0.5, confidence: float = 0.95) -> float:
    """Half the length of Wilson's interval when this share of the runs succeeds.

    Args:
        runs: number of independent runs, at least 1.
        share: guessed share of successes, in [0, 1]; ½ is the worst case.
        confidence: inside (0, 1).

    Raises:
        ValueError: an argument lies outside its range.

    Source: Wilson (1927); compared with :func:`numerics.statistics.wilson` in the tests.
    """
    z = _quantile(share, confidence)
    if runs < 1:
        raise ValueError(f"There must be at least 1 run, not {runs}.")
    return z * math.sqrt(runs * share * (1 - share) + z * z / 4) / (runs + z * z)


def runs_for_share(half_width: float, share: float = 0.5, confidence: float = 0.95) -> int:
    """The least number of runs whose Wilson interval is at most so wide.

    Args:
        half_width: wanted half of the interval's length, inside (0, ½).
        share: guessed share of successes, in [0, 1]; at ½ the width holds for every outcome.
        confidence: inside (0, 1).

    Raises:
        ValueError: an argument lies outside its range.
    """
    z = _quantile(share, confidence)
    if not 0 < half_width < 0.5:
        raise ValueError(f"The half-width must lie inside (0, 1/2), but it is {half_width}.")
    # w²(n + z²)² = z²(n·s(1 − s) + z²/4): the larger root in n, since the half-width falls with n.
    half = z * z * (share * (1 - share) / (2 * half_width**2) - 1)
    constant = z**4 * (1 - 1 / (4 * half_width**2))
    runs = max(math.floor(half + math.sqrt(max(half * half - constant, 0.0))), 1)
    while share_half_width(runs, share, confidence) > half_width:
        runs += 1
    return runs


def mcnemar_power(gained: float, lost: float, pairs: int, level: float = 0.05) -> float:
    """Probability that the exact two-sided McNemar test has p ≤ level.

    Args:
        gained: p₁₂, probability that only the first arm succeeds.
        lost: p₂₁, probability that only the second does.
        pairs: number of independent pairs, at least 1.
        level: of the test, inside (0, 1).

    Returns:
        The power, to 1e-12; for ``gained == lost`` the size of the test, at most ``level``.

    Raises:
        ValueError: the probabilities are negative or exceed 1 together, or another argument is out of range.

    Source: Duffy (1984).
    """
    _check(gained, lost, level)
    _check_pairs(pairs)
    return _mean_power(_exact, *_discordant(gained, lost), pairs, level)


def pairs_for_difference(gained: float, lost: float, power: float = 0.8, level: float = 0.05) -> int:
    """The least number of pairs with which the exact McNemar test has the wanted power.

    The test that is randomised to have exactly its level is more powerful, and its power rises with every pair (it is
    the most powerful unbiased test, and may ignore a pair). So bisection for it gives a number that no smaller one can
    do with, from which numbers are tried one by one. A slightly larger number than the one returned can have slightly
    less power.

    Args:
        gained: p₁₂, probability that only the first arm succeeds.
        lost: p₂₁, probability that only the second does; not ``gained``.
        power: wanted power, above ``level`` and below 1.
        level: of the test, inside (0, 1).

    Raises:
        ValueError: an argument lies outside its range, the probabilities are equal, or more than 10⁶ pairs are needed.

    Source: exact power after Duffy (1984).
    """
    _check(gained, lost, level)
    _check_power(power, level)
    if gained == lost:
        raise ValueError("No number of pairs resolves a difference of 0.")
    split = _discordant(gained, lost)
    bottom, top = 0, 1
    while _mean_power(_randomised, *split, top, level) < power:
        if top == _MOST_PAIRS:
            raise ValueError(f"More than {_MOST_PAIRS} pairs are needed.")
        bottom, top = top, min(2 * top, _MOST_PAIRS)
    while top - bottom > 1:
        middle = (bottom + top) // 2
        if _mean_power(_randomised, *split, middle, level) < power:
            bottom = middle
        else:
            top = middle
    while _mean_power(_exact, *split, top, level) < power:
        top += 1
        if top > _MOST_PAIRS:
            raise ValueError(f"More than {_MOST_PAIRS} pairs are needed.")
    return top


def resolved_difference(pairs: int, discordant: float, power: float = 0.8, level: float = 0.05) -> float | None:
    """The least |p₁₂ − p₂₁| that the exact McNemar test finds with the wanted power.

    Args:
        pairs: number of independent pairs, at least 1.
        discordant: p₁₂ + p₂₁, in (0, 1]; more discordant pairs hide a difference better.
        power: wanted power, above ``level`` and below 1.
        level: of the test, inside (0, 1).

    Returns:
        The difference, or ``None`` if not even ``discordant`` itself, with every discordant pair on one side, is found.

    Raises:
        ValueError: an argument lies outside its range.
    """
    _check_power(power, level)
    _check_pairs(pairs)
    if not 0 < discordant <= 1:
        raise ValueError(f"The share of discordant pairs must lie in (0, 1], but it is {discordant}.")

    def excess(share: float) -> float:
        return _mean_power(_exact, discordant, share, pairs, level) - power

    return discordant * (2 * float(brentq(excess, 0.5, 1.0, xtol=1e-12)) - 1) if excess(1.0) >= 0 else None


# --------------------------------------------------------------------------- power, given the discordant pairs


def _mean_power(
    conditional: Callable[[Array, float, float], Array], discordant: float, share: float, pairs: int, level: float
) -> float:
    """Mean over m ~ Binomial(pairs, discordant) of the power given m discordant pairs, this share of them gained."""
    low, high = binom.ppf(_NEGLIGIBLE, pairs, discordant), binom.isf(_NEGLIGIBLE, pairs, discordant)
    m = np.arange(low, high + 1)
    return float(binom.pmf(m, pairs, discordant) @ conditional(m, share, level))


def _discordant(gained: float, lost: float) -> tuple[float, float]:
    """Share of discordant pairs among all, and of gained ones among these (½ if there are none)."""
    return gained + lost, gained / (gained + lost) if gained + lost else 0.5


def _exact(m: Array, share: float, level: float) -> Array:
    """P(p ≤ level) of the exact test of m discordant pairs, of which this share is gained."""
    return _both(binom.cdf, _critical(m, level), m, share)


def _randomised(m: Array, share: float, level: float) -> Array:
    """Power of the test that also rejects at the next counts, as often as its level allows."""
    last = _critical(m, level)
    middle = 2 * (last + 1) == m  # the next counts of both sides are one and the same
    more = _both(binom.pmf, last + 1, m, share) / np.where(middle, 2, 1)
    available = level - 2 * binom.cdf(last, m, 0.5)
    chance = available / (np.where(middle, 1, 2) * binom.pmf(last + 1, m, 0.5))
    power: Array = _both(binom.cdf, last, m, share) + np.clip(chance, 0.0, 1.0) * more
    return power


def _both(function: Callable[[Array, Array, float], Array], count: Array, m: Array, share: float) -> Array:
    """A binomial function at a count gained, and at that count lost."""
    return function(count, m, share) + function(count, m, 1 - share)


def _critical(m: Array, level: float) -> Array:
    """The largest count of the rarer side at which the two-sided p-value is at most the level; −1 if there is none."""
    # ppf is the least count at which the tail reaches level/2; only there can the two be equal, up to rounding.
    count = binom.ppf(level / 2, m, 0.5)
    reached = binom.cdf(count, m, 0.5) <= level / 2 * (1 + 1e-12)
    critical: Array = np.where(reached, count, count - 1)
    return critical


def _quantile(share: float, confidence: float) -> float:
    """The two-sided normal quantile, after checks."""
    if not 0 <= share <= 1:
        raise ValueError(f"The share must lie in [0, 1], but it is {share}.")
    if not 0 < confidence < 1:
        raise ValueError(f"The confidence must lie inside (0, 1), but it is {confidence}.")
    return float(norm.isf((1 - confidence) / 2))


def _check(gained: float, lost: float, level: float) -> None:
    """Refuse what are no probabilities."""
    if not (gained >= 0 and lost >= 0 and gained + lost <= 1):
        raise ValueError(f"{gained} and {lost} are no probabilities of two outcomes.")
    if not 0 < level < 1:
        raise ValueError(f"The level must lie inside (0, 1), but it is {level}.")


def _check_pairs(pairs: int) -> None:
    """Refuse an empty sample."""
    if pairs < 1:
        raise ValueError(f"There must be at least 1 pair, not {pairs}.")


def _check_power(power: float, level: float) -> None:
    """Refuse a power that every test has or none."""
    if not 0 < level < power < 1:
        raise ValueError(f"Expected 0 < level < power < 1, not level {level} and power {power}.")
