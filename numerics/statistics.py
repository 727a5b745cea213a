"""Shares of successful runs and paired comparisons of two methods, with 95 % intervals.

All of it is for starts drawn at random: a grid of starts is no sample, and its shares get no interval.

* A share p = P(success) has Wilson's score interval (Wilson 1927; Brown, Cai & DasGupta 2001):
  :func:`wilson`.
* Two methods run from the same starts and draws form pairs. The difference of their shares is Δ = p₁₂ −
  p₂₁, where p₁₂ is the probability that only the first succeeds and p₂₁ that only the second does. Δ has
  Tango's score interval (Tango 1998): :func:`tango`. The hypothesis Δ = 0 has the exact McNemar test
  (McNemar 1947): given g pairs won by only the first and l by only the second, g ~ Binomial(g + l, ½) under
  it; two-sided.

Tango's interval is the set of Δ that the score test does not reject. At Δ = 0 that test is McNemar's
asymptotic one, (g − l)²/(g + l) against z², so the interval leaves 0 out exactly when that one rejects; the
exact test, being conservative, may not. The interval stays within [−1, 1] and has positive length even
without discordant pairs, where the Wald interval is a point. Its coverage, enumerated exactly in the tests
for 20 and 40 pairs over (p₁₂, p₂₁) in steps of 1/50, is at least .92, and .957 and .951 on average.
Fagerland, Lydersen & Laake (2014) compare it with other intervals.

Undecided runs have one rule everywhere. A *completion* calls each of them a success or a failure. Point
estimates and counts use the completion in which all of them fail; an interval is the hull of the intervals
of all completions, and a p-value the largest of all completions. So calling a run undecided can only widen
an interval and raise a p-value, and no assumption is made on why runs are undecided.

Sources: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212; L. D. Brown, T. T. Cai & A. DasGupta, Stat.
Sci. 16 (2001) 101-133; Q. McNemar, Psychometrika 12 (1947) 153-157; T. Tango, Stat. Med. 17 (1998) 891-908;
M. W. Fagerland, S. Lydersen & P. Laake, Stat. Med. 33 (2014) 2850-2875.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest, norm
from scipy.stats import t as student

Booleans = NDArray[np.bool_]
Counts = NDArray[np.int64]
Interval = tuple[float, float]
FAILED, UNDECIDED, SUCCEEDED = 0, 1, 2  # outcome codes


# ------------------------------------------------------------------------------------------------ from counts


def wilson(successes: int, total: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a share.

    Args:
        successes: number of successes, 0 to ``total``.
        total: number of independent runs, at least 1.
        confidence: 1 minus the nominal error, inside (0, 1).

    Returns:
        (lower, upper) within [0, 1]; both ends rise with ``successes``.

    Raises:
        ValueError: there is no run, the count lies outside 0 … ``total``, or ``confidence`` outside (0, 1).

    Source: Wilson (1927), as computed by SciPy.
    """
    _check(total, confidence)
    lower, upper = binomtest(successes, total).proportion_ci(confidence, method="wilson")
    return float(lower), float(upper)


def clopper_pearson(successes: int, total: int, confidence: float = 0.95) -> Interval:
    """Clopper and Pearson's interval of a share, which holds at least as often as it says, however few the runs.

    Args, returns and raises: as :func:`wilson`.

    Source: C. J. Clopper & E. S. Pearson, Biometrika 26 (1934) 404-413, as computed by SciPy.
    """
    _check(total, confidence)
    lower, upper = binomtest(successes, total).proportion_ci(confidence, method="exact")
    return float(lower), float(upper)


def tango(gained: int, lost: int, total: int, confidence: float = 0.95) -> Interval:
    """Tango's score interval for the difference Δ of two paired shares.

    Args:
        gained: pairs in which only the first arm succeeds.
        lost: pairs in which only the second arm succeeds.
        total: number of independent pairs, at least 1 and at least ``gained + lost``.
        confidence: 1 minus the nominal error, inside (0, 1).

    Returns:
        (lower, upper) within [−1, 1] around (gained − lost)/total; both ends rise with ``gained`` and fall
        with ``lost``, and exchanging these two reflects the interval in 0.

    Raises:
        ValueError: there is no pair, the counts do not fit in ``total``, or ``confidence`` is outside (0, 1).

    Source: Tango (1998).
    """
    _check(total, confidence)
    if gained < 0 or lost < 0 or gained + lost > total:
        raise ValueError(f"{gained} gained and {lost} lost pairs do not fit in {total} pairs.")
    z = float(norm.isf((1 - confidence) / 2))
    return _tango_lower(gained, lost, total, z), -_tango_lower(lost, gained, total, z)


def _tango_lower(gained: int, lost: int, total: int, z: float) -> float:
    """The Δ below the estimate at which the score statistic is z."""

    def excess(delta: float) -> float:
        """T/√(1 + T²) − z/√(1 + z²) for the score statistic T(Δ): as T − z, but bounded at variance 0."""
        # q is the maximum likelihood estimate of p₂₁ given Δ, the larger root of 2·total·q² + b·q + c = 0.
        b = (2 * total - gained + lost) * delta - gained - lost
        c = -lost * delta * (1 - delta)
        q = (math.sqrt(max(b * b - 8 * total * c, 0.0)) - b) / (4 * total)
        variance = total * max(2 * q + delta * (1 - delta), 0.0)
        score = gained - lost - total * delta
        return score / (math.hypot(score, math.sqrt(variance)) or 1.0) - z / math.hypot(1.0, z)

    estimate = (gained - lost) / total
    return estimate if lost == total else float(brentq(excess, -1.0, estimate))


def _mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided McNemar p-value, for at least one discordant pair."""
    return float(binomtest(gained, gained + lost).pvalue)


# -------------------------------------------------------------------------------------------------- from runs


@dataclass(frozen=True)
class Share:
    """The share of successful runs.

    Attributes:
        successes: runs that succeeded for certain.
        total: all runs, the undecided ones among them.
        undecided: runs without a verdict.
        fraction: ``successes / total``: an undecided run counts as no success.
        interval: from the lower Wilson limit of ``successes`` to the upper one of ``successes + undecided``,
            the two extreme completions.
    """

    successes: int
    total: int
    undecided: int
    fraction: float
    interval: Interval


def share(success: Booleans, undecided: Booleans | None = None, confidence: float = 0.95) -> Share:
    """Count successful runs.

    Args:
        success: shape (runs,), whether the run succeeded; independent runs from random starts.
        undecided: shape (runs,), whether it has no verdict; none by default.
        confidence: of the interval, inside (0, 1).

    Raises:
        ValueError: an array is not one-dimensional boolean or has another length, a run both succeeded and is
            undecided, there is no run, or ``confidence`` lies outside (0, 1).

    Source: Wilson (1927); see the module for undecided runs.
    """
    outcomes = outcome_codes(success, undecided, success.size)
    return share_of_counts(np.bincount(outcomes, minlength=3), confidence)


def share_of_counts(counts: Counts, confidence: float = 0.95) -> Share:
    """The same from the numbers of runs that failed, are undecided and succeeded.

    Args:
        counts: shape (3,), as ``bincount`` gives it for :func:`outcome_codes`.
        confidence: of the interval, inside (0, 1).

    Raises:
        ValueError: there is no run, or ``confidence`` lies outside (0, 1).
    """
    failed, open_, least = (int(count) for count in counts)
    total = failed + open_ + least
    interval = wilson(least, total, confidence)[0], wilson(least + open_, total, confidence)[1]
    return Share(least, total, open_, least / total, interval)


@dataclass(frozen=True)
class PairedDifference:
    """Arm a against arm b, run from the same starts and draws.

    Attributes:
        difference: share of a minus share of b, ``(gained - lost) / total``; undecided counts as no success.
        interval: hull of Tango's intervals over all completions of the undecided runs.
        p_value: the largest exact two-sided McNemar p-value over all completions.
        gained: pairs in which a succeeds and b does not (fails or is undecided).
        lost: pairs in which b succeeds and a does not.
        total: all pairs.
        undecided: pairs in which at least one arm is undecided.
    """

    difference: float
    interval: Interval
    p_value: float
    gained: int
    lost: int
    total: int
    undecided: int


def paired_difference(
    success_a: Booleans,
    success_b: Booleans,
    undecided_a: Booleans | None = None,
    undecided_b: Booleans | None = None,
    confidence: float = 0.95,
) -> PairedDifference:
    """Compare two methods run from the same starts.

    Two completions bound all others, since both limits rise with the pairs gained and fall with the pairs
    lost (the tests check it for all counts up to 30 pairs): every undecided run of a fails and every one of
    b succeeds, and the reverse. Of these two, the one closer to no difference has the largest p-value; if
    they do not agree on the sign, some completion has as many pairs gained as lost, and the p-value is 1.

    Args:
        success_a: shape (pairs,), whether a succeeded; independent pairs from random starts.
        success_b: shape (pairs,), whether b succeeded from the same start.
        undecided_a: shape (pairs,), whether a's run has no verdict; none by default.
        undecided_b: shape (pairs,), the same for b.
        confidence: of the interval, inside (0, 1).

    Raises:
        ValueError: an array is not one-dimensional boolean or has another length, a run both succeeded and is
            undecided, there is no pair, or ``confidence`` lies outside (0, 1).

    Source: Tango (1998), McNemar (1947); see the module for undecided runs.
    """
    outcomes_a = outcome_codes(success_a, undecided_a, success_a.size)
    outcomes_b = outcome_codes(success_b, undecided_b, success_a.size)
    return difference_of_counts(pair_counts(outcomes_a, outcomes_b), confidence)


def pair_counts(outcomes_a: NDArray[np.uint8], outcomes_b: NDArray[np.uint8]) -> Counts:
    """How many pairs have each outcome of a (row) and of b (column), shape (3, 3); counts of parts are added.

    Args:
        outcomes_a, outcomes_b: of each arm, shape (pairs,), see :func:`outcome_codes`.
    """
    return np.bincount(3 * outcomes_a + outcomes_b, minlength=9).reshape(3, 3)


def difference_of_counts(counts: Counts, confidence: float = 0.95) -> PairedDifference:
    """:func:`paired_difference` from the numbers of pairs.

    Args:
        counts: shape (3, 3), see :func:`pair_counts`.
        confidence: of the interval, inside (0, 1).

    Raises:
        ValueError: there is no pair, or ``confidence`` lies outside (0, 1).
    """
    total = int(counts.sum())
    gained, lost = int(counts[2, :2].sum()), int(counts[:2, 2].sum())
    # (gained, lost) of the two extreme completions: undecided runs of a fail and those of b succeed, and the reverse
    low = int(counts[2, 0]), int(counts[:2, 1:].sum())
    high = int(counts[1:, :2].sum()), int(counts[0, 2])
    interval = tango(*low, total, confidence)[0], tango(*high, total, confidence)[1]
    p_value = 1.0
    if low[0] > low[1]:
        p_value = _mcnemar(*low)
    elif high[0] < high[1]:
        p_value = _mcnemar(*high)
    return PairedDifference(
        difference=(gained - lost) / total,
        interval=interval,
        p_value=p_value,
        gained=gained,
        lost=lost,
        total=total,
        undecided=int(counts[1].sum() + counts[:, 1].sum() - counts[1, 1]),
    )


def student_interval(sample: NDArray[np.float64], confidence: float = 0.95) -> Interval:
    """Student's interval for a mean, from independent runs, shape (runs,); exact if they are normal, else for many.

    Raises:
        ValueError: there are fewer than two runs.

    Source: Student (1908), as computed by SciPy.
    """
    if sample.size < 2:
        raise ValueError("One run has no spread.")
    quantile = float(student.ppf((1 + confidence) / 2, sample.size - 1))
    half = quantile * float(sample.std(ddof=1)) / math.sqrt(sample.size)
    return float(sample.mean()) - half, float(sample.mean()) + half


def outcome_codes(success: Booleans, undecided: Booleans | None, runs: int) -> NDArray[np.uint8]:
    """Of every run :data:`FAILED`, :data:`UNDECIDED` or :data:`SUCCEEDED`, shape (runs,).

    Raises:
        ValueError: an array is not boolean or has another shape, or a run both succeeded and is undecided.
    """
    if undecided is None:
        undecided = np.zeros_like(success)
    for array in (success, undecided):
        if array.dtype != np.bool_ or array.shape != (runs,):
            raise ValueError(f"Outcomes must be bool of shape ({runs},), not {array.dtype} of {array.shape}.")
    if (success & undecided).any():
        raise ValueError("A run cannot both have succeeded and be undecided.")
    return np.asarray(SUCCEEDED * success.astype(np.uint8) + UNDECIDED * undecided, dtype=np.uint8)


def _check(total: int, confidence: float) -> None:
    """Refuse an empty sample and a confidence that is no probability."""
    if total < 1:
        raise ValueError("There is no run to take a share of.")
    if not 0 < confidence < 1:
        raise ValueError(f"The confidence must lie inside (0, 1), but it is {confidence}.")
