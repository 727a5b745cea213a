"""First-entry (hitting) times of a region: how soon runs enter it, with censoring.

The first-entry time T of a run is the first step 0 … N at which it is inside, with N the horizon. It says nothing of
staying: a run that entered may have left again, so P(T ≤ n) is at least the share inside at step n.

A run has one of three outcomes. It *entered*, and T is known. It is *censored*: outside at every step 0 … N, so T > N.
It is *undecided*: outside at every step before the one at which it lost its verdict (a parameter became NaN); nothing
is known from there on, so T is that step at the earliest.

Undecided runs have the rule of :mod:`numerics.statistics`: a *completion* lets each of them enter at some step from
the one at which it became undecided, or never. Point estimates use the completion in which none of them enters, and
an interval is the hull of the intervals of all completions, a p-value the largest of them. All limits are monotone in
every entry time, so two completions bound all others: all enter at once, and none ever does. The one exception is the
Kaplan-Meier estimate of :func:`entry_curve`, which takes an undecided run to be as likely to enter as the runs still
outside. Runs that diverge are no such random loss, so its pointwise interval is to be read with that caveat; the band
of the curve makes no assumption.

* P(T ≤ n) for all n: Kaplan & Meier (1958), pointwise log-log intervals, and a simultaneous band from Kolmogorov's
  statistic, exact for every n (conservative for discrete T).
* E[min(T, N)], the restricted mean: Gaffke's interval for the mean of a bounded variable (Gaffke 2005; Learned-Miller
  & Thomas 2019), see :func:`mean_interval`. It covers for every number of runs (Vlassis & Thomas 2026), has positive
  length even where no run enters, and is Clopper and Pearson's for two-valued data. Student's interval has none of the
  three. The price: at 95 % no limit comes closer to the mean than some 3.7/n of the way to the bound, since n runs
  cannot exclude that so large a share of all runs lies there.
* The median: the exact interval of the sign test, from order statistics.
* Two arms from the same starts and draws: the mean of the differences of min(T, N), with Gaffke's interval, and the
  exact sign test. Entry at N itself and no entry at all give the same min(T, N) and are tied.

Sources: E. L. Kaplan & P. Meier, J. Am. Stat. Assoc. 53 (1958) 457-481; N. Gaffke, Math. Methods Stat. 14 (2005)
451-467; E. Learned-Miller & P. S. Thomas, arXiv:1905.06208; N. Vlassis & P. S. Thomas, arXiv:2607.08415; J. P. Imhof,
Biometrika 48 (1961) 419-426; W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), chapters 3 and 6.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import CensoredData, binom, binomtest, ecdf, kstwo

from numerics.compile import Array
from numerics.statistics import Booleans, Interval, wilson

Steps = NDArray[np.int64]
NEVER = -1
_FAR = 30.0  # e^-30 of the weights' scale, beyond which an integrand is nothing


# ------------------------------------------------------------------------------------------------------ the data


@dataclass(frozen=True)
class EntryTimes:
    """First-entry times of independent runs from random starts.

    Attributes:
        step: shape (runs,), integers: the step of the first entry; for an undecided run the first step without a
            verdict; ``NEVER`` for a run outside at every step 0 … ``horizon``.
        undecided: shape (runs,), whether the run lost its verdict before it entered.
        horizon: N, the last step looked at, at least 1.
    """

    step: Steps
    undecided: Booleans
    horizon: int

    def __post_init__(self) -> None:
        """Refuse arrays that are no such record.

        Raises:
            ValueError: the arrays are not one-dimensional integers and booleans of one length, there is no run, the
                horizon is below 1, a step lies outside 0 … horizon, or an undecided run has none.
        """
        if self.step.ndim != 1 or not np.issubdtype(self.step.dtype, np.integer):
            raise ValueError(f"Steps must be integers of shape (runs,), not {self.step.dtype} of {self.step.shape}.")
        if self.undecided.dtype != np.bool_ or self.undecided.shape != self.step.shape:
            raise ValueError("One boolean per run must say whether it is undecided.")
        if self.step.size == 0:
            raise ValueError("There is no run.")
        if self.horizon < 1:
            raise ValueError(f"The horizon must be at least 1 step, not {self.horizon}.")
        if ((self.step < NEVER) | (self.step > self.horizon)).any():
            raise ValueError(f"Steps must lie in 0 … {self.horizon}, or be {NEVER} for runs that never entered.")
        if (self.undecided & (self.step == NEVER)).any():
            raise ValueError("An undecided run needs the step at which it became undecided.")

    @property
    def runs(self) -> int:
        """All runs."""
        return self.step.size

    @property
    def entered(self) -> Booleans:
        """Shape (runs,): whether the run entered for certain."""
        return ~(self.censored | self.undecided)

    @property
    def censored(self) -> Booleans:
        """Shape (runs,): whether the run was outside at every step up to the horizon."""
        return np.equal(self.step, NEVER)

    def soonest(self) -> Steps:
        """T in the completion in which undecided runs enter at once, shape (runs,); N + 1 stands for T > N."""
        return np.where(self.censored, self.horizon + 1, self.step)

    def latest(self) -> Steps:
        """T in the completion in which undecided runs never enter, shape (runs,); N + 1 stands for T > N."""
        return np.where(self.entered, self.step, self.horizon + 1)


def first_entry(inside: Booleans, undecided: Booleans | None = None) -> EntryTimes:
    """First-entry times from a record of every step.

    Args:
        inside: shape (frames, runs), whether the run is in the region; frame f is step f, the first one the start. Of
            a record of every K-th step the unit of time is K steps, and visits between two frames are missed.
        undecided: shape (frames, runs), whether it has no verdict there, such as a NaN; none by default.

    Returns:
        The times, with horizon ``frames - 1``. A run without a verdict before its first entry is undecided, whatever
        follows.

    Raises:
        ValueError: an array is not boolean of shape (frames, runs) with at least 2 frames and a run, or a run is both
            inside and undecided at one step.
    """
    if undecided is None:
        undecided = np.zeros_like(inside)
    for array in (inside, undecided):
        if array.dtype != np.bool_ or array.ndim != 2 or array.shape != inside.shape or len(array) < 2:
            raise ValueError(f"Expected bool of shape (frames, runs), at least 2 frames, not {array.shape}.")
    if (inside & undecided).any():
        raise ValueError("A run cannot be both inside and undecided at one step.")
    known = inside | undecided
    step = np.where(known.any(axis=0), known.argmax(axis=0), NEVER)
    lost = np.take_along_axis(undecided, np.maximum(step, 0)[None], axis=0)[0] & (step != NEVER)
    return EntryTimes(step, lost, len(inside) - 1)


# ----------------------------------------------------------------------------------------------------- the curve


@dataclass(frozen=True)
class EntryCurve:
    """P(T ≤ n) for n = 0 … N; arrays of shape (N + 1,).

    Attributes:
        probability: the Kaplan-Meier estimate: where no run is undecided, the share entered.
        interval: (lower, upper), pointwise log-log limits; before the first entry, and where the estimate is 1, where
            these are undefined, Wilson's limits for the runs entered or still outside. For independent censoring.
        band: (lower, upper), simultaneous for all n and valid for every completion.
        n: runs.
        censored: runs outside at every step up to the horizon.
        undecided: runs that lost their verdict before they entered.
    """

    probability: Array
    interval: tuple[Array, Array]
    band: tuple[Array, Array]
    n: int
    censored: int
    undecided: int


def entry_curve(times: EntryTimes, confidence: float = 0.95) -> EntryCurve:
    """The probability to have entered by each step.

    Args:
        times: the runs.
        confidence: of the pointwise intervals, and of the band as a whole; inside (0, 1).

    Raises:
        ValueError: ``confidence`` lies outside (0, 1).

    Source: Kaplan & Meier (1958), as computed by SciPy. The band adds and subtracts the quantile of Kolmogorov's
    two-sided statistic of n runs (Conover 1999, section 6.1) at the shares of the two extreme completions.
    """
    _check(confidence)
    steps = np.arange(times.horizon + 1)
    # An undecided run was last seen outside one step before it became undecided.
    lost = np.where(times.censored, times.horizon, times.step - 1)[~times.entered]
    cdf = ecdf(CensoredData(uncensored=times.step[times.entered], right=lost)).cdf
    with warnings.catch_warnings():
        # "undefined at some observations": replaced below
        warnings.simplefilter("ignore", RuntimeWarning)
        limits = cdf.confidence_interval(confidence, method="log-log")
    probability = cdf.evaluate(steps)
    lower, upper = limits.low.evaluate(steps), limits.high.evaluate(steps)
    lowest, highest = (_counts(t, times.horizon) for t in (times.latest(), times.soonest()))
    followed = times.runs - (highest - lowest)
    for n in np.flatnonzero((probability == 0) | (probability == 1)):
        lower[n], upper[n] = wilson(int(lowest[n]), int(followed[n]), confidence) if followed[n] else (0.0, 1.0)
    reach = float(kstwo.isf(1 - confidence, times.runs))
    band = np.maximum(lowest / times.runs - reach, 0.0), np.minimum(highest / times.runs + reach, 1.0)
    return EntryCurve(probability, (lower, upper), band, *_outcomes(times))


def _counts(entry: Steps, horizon: int) -> Steps:
    """Runs with T ≤ n, for n = 0 … horizon."""
    return np.bincount(entry, minlength=horizon + 2)[: horizon + 1].cumsum()


# ------------------------------------------------------------------------------------------- mean and median


@dataclass(frozen=True)
class RestrictedMean:
    """E[min(T, N)], in steps.

    Attributes:
        mean: mean of min(T, N) over the runs, N for a run that is undecided.
        interval: hull of Gaffke's intervals of all completions, within [0, N].
        horizon: N. Restricted means for other horizons are other quantities.
        n: runs.
        censored: runs outside at every step up to the horizon; they contribute N.
        undecided: runs that lost their verdict before they entered.
    """

    mean: float
    interval: Interval
    horizon: int
    n: int
    censored: int
    undecided: int


def restricted_mean(times: EntryTimes, confidence: float = 0.95) -> RestrictedMean:
    """The mean entry time up to the horizon: the area above the curve P(T ≤ n) of n = 0 … N − 1.

    Args:
        times: the runs.
        confidence: of the interval, inside (0, 1).

    Raises:
        ValueError: ``confidence`` lies outside (0, 1).
    """
    soonest, latest = _restricted(times)
    interval = (
        mean_interval(soonest, 0, times.horizon, confidence)[0],
        mean_interval(latest, 0, times.horizon, confidence)[1],
    )
    return RestrictedMean(float(latest.mean()), interval, times.horizon, *_outcomes(times))


@dataclass(frozen=True)
class MedianEntry:
    """The smallest n with P(T ≤ n) ≥ ½.

    Attributes:
        median: that of the runs, with no undecided run entering; ``None`` if it lies beyond the horizon.
        interval: hull of the exact intervals of all completions; a limit beyond the horizon is ``None``.
        n: runs.
        censored: runs outside at every step up to the horizon.
        undecided: runs that lost their verdict before they entered.
    """

    median: int | None
    interval: tuple[int | None, int | None]
    n: int
    censored: int
    undecided: int


def median_entry(times: EntryTimes, confidence: float = 0.95) -> MedianEntry:
    """The median entry time.

    The interval goes from the r-th smallest to the r-th largest time, r the largest integer with
    P(Binomial(n, ½) < r) < (1 − confidence)/2; without such an r ≥ 1 (fewer than 6 runs at 95 %) it is [0, ∞).

    Args:
        times: the runs.
        confidence: at least the coverage, inside (0, 1).

    Raises:
        ValueError: ``confidence`` lies outside (0, 1).

    Source: Conover (1999), section 3.2.
    """
    _check(confidence)
    soonest, latest = np.sort(times.soonest()), np.sort(times.latest())
    rank = int(binom.ppf((1 - confidence) / 2, times.runs, 0.5))

    def seen(time: np.int64) -> int | None:
        return int(time) if time <= times.horizon else None

    interval = (seen(soonest[rank - 1]), seen(latest[times.runs - rank])) if rank else (0, None)
    return MedianEntry(seen(latest[(times.runs - 1) // 2]), interval, *_outcomes(times))


def mean_interval(values: NDArray[np.generic], low: float, high: float, confidence: float = 0.95) -> Interval:
    """Gaffke's interval for the mean of a variable that lies between two known bounds.

    With uniform Dirichlet weights D on n + 1 points, the lower limit is the (1 − confidence)/2 quantile of
    D₀·low + Σᵢ Dᵢ·valuesᵢ, and the upper one the same with ``high`` seen from above. Each limit errs with probability
    at most (1 − confidence)/2 for every n and every distribution on [low, high], and rises with every value.

    Weights are normed exponentials, so the distribution function at m is P(Σᵢ Eᵢ (zᵢ − m) ≤ 0), a weighted sum of
    independent exponential variables: its characteristic function is inverted by one integral (Imhof 1961).

    Args:
        values: shape (n,), independent values in [low, high].
        low: lower bound.
        high: upper bound, above ``low``.
        confidence: at least the coverage, inside (0, 1).

    Returns:
        (lower, upper) within [low, high], around the mean.

    Raises:
        ValueError: there is no value, one lies outside the bounds or is NaN, or ``confidence`` outside (0, 1).

    Source: Gaffke (2005), Learned-Miller & Thomas (2019); coverage: Vlassis & Thomas (2026), and enumerated in the
    tests.
    """
    _check(confidence)
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not array.size or not ((low <= array) & (array <= high)).all() or not low < high:
        raise ValueError(f"Expected values of shape (n,), n at least 1, in [{low}, {high}].")
    tail = (1 - confidence) / 2
    return low + _lower_limit(array - low, tail), high - _lower_limit(high - array, tail)


def _lower_limit(values: Array, tail: float) -> float:
    """The ``tail`` quantile of Σᵢ Dᵢ·valuesᵢ with uniform Dirichlet weights on the values and 0."""
    top = float(values.max())
    if top == 0:
        return 0.0
    points, counts = np.unique(np.append(values / top, 0.0), return_counts=True)

    def excess(mean: float) -> float:
        """P(Σᵢ Eᵢ (zᵢ − mean) ≤ 0) − tail."""
        weights = points - mean
        weights /= math.sqrt(float(counts @ weights**2))

        def integrand(logarithm: float) -> float:
            # Im φ(t) with t = e^logarithm, as dt/t = d(log t); every factor has real part 1, so that the principal
            # logarithms add up.
            return float(np.exp(-(counts @ np.log(1 - 1j * math.exp(logarithm) * weights))).imag)

        # φ changes where t is the reciprocal of a weight: pieces between the smallest and the largest of these.
        sizes = np.abs(weights[weights != 0])
        knees = np.clip(np.log(1 / sizes[[sizes.argmax(), sizes.argmin()]]), -_FAR, 2 * _FAR)
        cuts = [-_FAR, *(float(knee) for knee in np.unique(knees)), float(knees.max()) + _FAR]
        pieces = (quad(integrand, a, b, epsabs=1e-13, epsrel=1e-11, limit=500)[0] for a, b in pairwise(cuts) if a < b)
        return 0.5 - float(sum(pieces)) / math.pi - tail

    return top * float(brentq(excess, 0.0, 1.0, xtol=1e-13))


# ------------------------------------------------------------------------------------------------- two arms


@dataclass(frozen=True)
class PairedEntry:
    """Entry times of arm a against arm b, run from the same starts and draws, by min(T, N).

    Attributes:
        difference: restricted mean of a less that of b, in steps; negative where a enters sooner.
        interval: hull of Gaffke's intervals over all completions, within [−N, N].
        p_value: the largest exact two-sided sign-test p-value over all completions.
        sooner: pairs in which a enters before b; an undecided run counts as never entering.
        later: pairs in which b enters before a.
        ties: pairs in which both enter at one step, or neither does; the sign test leaves them out.
        horizon: N.
        n: all pairs, ``sooner + later + ties``.
        censored: (runs of a, runs of b) outside at every step up to the horizon.
        undecided: pairs in which at least one arm is undecided.
    """

    difference: float
    interval: Interval
    p_value: float
    sooner: int
    later: int
    ties: int
    horizon: int
    n: int
    censored: tuple[int, int]
    undecided: int


def paired_entry(a: EntryTimes, b: EntryTimes, confidence: float = 0.95) -> PairedEntry:
    """Compare how soon two methods enter from the same starts.

    Two completions bound all others: every undecided run of a enters at once and none of b ever, and the reverse. Of
    these two, the one closer to no difference has the largest p-value; if they do not agree on the sign, some
    completion has as many pairs sooner as later, as one pair at a time passes through a tie, and the p-value is 1.

    The sign test is for the hypothesis that a is as likely to enter sooner as later; it is not for equal means.

    Args:
        a: shape (pairs,) of runs.
        b: the same number of runs, from the same starts, with the same horizon.
        confidence: of the interval, inside (0, 1).

    Raises:
        ValueError: the arms differ in runs or horizon, or ``confidence`` lies outside (0, 1).

    Source: Gaffke (2005); sign test: Conover (1999), section 3.4.
    """
    if (a.runs, a.horizon) != (b.runs, b.horizon):
        raise ValueError(f"{a.runs} runs of {a.horizon} steps cannot be paired with {b.runs} of {b.horizon}.")
    horizon = a.horizon
    (soonest_a, latest_a), (soonest_b, latest_b) = _restricted(a), _restricted(b)
    first, last = soonest_a - latest_b, latest_a - soonest_b
    estimate = latest_a - latest_b
    sooner, later = _signs(estimate)
    return PairedEntry(
        difference=float(estimate.mean()),
        interval=(
            mean_interval(first, -horizon, horizon, confidence)[0],
            mean_interval(last, -horizon, horizon, confidence)[1],
        ),
        p_value=_sign_test(_signs(first), _signs(last)),
        sooner=sooner,
        later=later,
        ties=a.runs - sooner - later,
        horizon=horizon,
        n=a.runs,
        censored=(int(a.censored.sum()), int(b.censored.sum())),
        undecided=int((a.undecided | b.undecided).sum()),
    )


def _signs(differences: Steps) -> tuple[int, int]:
    """Pairs in which a enters sooner, and later."""
    return int((differences < 0).sum()), int((differences > 0).sum())


def _sign_test(most: tuple[int, int], least: tuple[int, int]) -> float:
    """The largest p-value, from (sooner, later) with the most pairs sooner and with the least."""
    if least[0] > least[1]:
        return float(binomtest(least[0], sum(least)).pvalue)
    if most[0] < most[1]:
        return float(binomtest(most[0], sum(most)).pvalue)
    return 1.0


# --------------------------------------------------------------------------------------------------- shared


def _restricted(times: EntryTimes) -> tuple[Steps, Steps]:
    """min(T, N) of the two extreme completions."""
    return np.minimum(times.soonest(), times.horizon), np.minimum(times.latest(), times.horizon)


def _outcomes(times: EntryTimes) -> tuple[int, int, int]:
    """Runs, censored and undecided ones."""
    return times.runs, int(times.censored.sum()), int(times.undecided.sum())


def _check(confidence: float) -> None:
    """Refuse a confidence that is no probability."""
    if not 0 < confidence < 1:
        raise ValueError(f"The confidence must lie inside (0, 1), but it is {confidence}.")
