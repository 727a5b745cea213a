"""First-entry times against published curves, exact enumeration, closed forms and all completions of undecided runs."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import beta, binom, binomtest, t

from numerics.hitting_times import (
    NEVER,
    EntryTimes,
    PairedEntry,
    entry_curve,
    first_entry,
    mean_interval,
    median_entry,
    paired_entry,
    restricted_mean,
)
from numerics.statistics import share, wilson

HORIZON = 4
Run = tuple[int, bool]  # (step, undecided)


def times(runs: list[Run], horizon: int = HORIZON) -> EntryTimes:
    return EntryTimes(np.array([step for step, _ in runs]), np.array([lost for _, lost in runs]), horizon)


def decided(steps: list[int], horizon: int = HORIZON) -> EntryTimes:
    return times([(step, False) for step in steps], horizon)


def within(inner: tuple[float, float], outer: tuple[float, float]) -> bool:
    return outer[0] <= inner[0] + 1e-7 and inner[1] <= outer[1] + 1e-7


def beyond(limit: int | None) -> float:
    return math.inf if limit is None else limit


one_run = st.one_of(
    st.tuples(st.integers(NEVER, HORIZON), st.just(False)), st.tuples(st.integers(0, HORIZON), st.just(True))
)
run_lists = st.lists(one_run, min_size=1, max_size=8)
run_pairs = st.lists(st.tuples(one_run, one_run), min_size=1, max_size=8)


def endings(run: Run) -> list[Run]:
    """Every way an undecided run may have gone on."""
    step, lost = run
    return [(later, False) for later in [*range(step, HORIZON + 1), NEVER]] if lost else [run]


def completion(data: st.DataObject, runs: list[Run]) -> list[Run]:
    return [data.draw(st.sampled_from(endings(run))) for run in runs]


# ------------------------------------------------------------------------------------------ times from a record


@given(st.lists(st.text("oiu", min_size=3, max_size=3), min_size=1, max_size=6))
def test_first_entry_run_by_run(words: list[str]) -> None:
    letters = np.array([list(word) for word in words]).T
    found = first_entry(letters == "i", letters == "u")
    for run, word in enumerate(words):
        first = next((n for n, letter in enumerate(word) if letter != "o"), NEVER)
        assert found.step[run] == first
        assert found.undecided[run] == (first != NEVER and word[first] == "u")
    assert found.horizon == 2
    assert (found.entered.astype(int) + found.censored + found.undecided == 1).all()


def test_first_entry_is_not_presence() -> None:
    """A run that enters at step 1 and leaves again has entered; being inside at the end is something else."""
    inside = np.array([[False, True], [True, True], [False, True], [False, False]])
    found = first_entry(inside)
    assert found.step.tolist() == [1, 0]
    curve = entry_curve(found).probability
    assert curve.tolist() == [0.5, 1.0, 1.0, 1.0]
    assert (curve >= inside.mean(axis=1)).all() and curve[-1] > inside[-1].mean()


def test_a_nan_after_the_entry_does_not_matter() -> None:
    inside = np.array([[False], [True], [False]])
    lost = np.array([[False], [False], [True]])
    assert not first_entry(inside, lost).undecided.any()
    assert first_entry(inside[[0, 0, 1]], lost[[0, 2, 0]]).undecided.all()  # but before it does


# ---------------------------------------------------------------------------------------------------- the curve

# Freireich et al. 1963, the 21 patients on 6-MP: weeks to relapse, and weeks followed without one.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
FOLLOWED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
# week, estimate, log-log limits of the survival function (Stata's and R's, to four digits)
SURVIVAL = [
    (6, 0.8571, 0.6197, 0.9516),
    (7, 0.8067, 0.5631, 0.9228),
    (10, 0.7529, 0.5032, 0.8894),
    (13, 0.6902, 0.4316, 0.8491),
    (16, 0.6275, 0.3675, 0.8049),
    (22, 0.5378, 0.2678, 0.7468),
    (23, 0.4482, 0.1881, 0.6801),
]


def freireich(shift: int = 1) -> EntryTimes:
    """Followed for w weeks without a relapse is undecided from week w + 1 on."""
    return times([(w, False) for w in RELAPSED] + [(w + shift, True) for w in FOLLOWED], 40)


def test_curve_published() -> None:
    curve = entry_curve(freireich())
    assert (curve.n, curve.censored, curve.undecided) == (21, 0, 12)
    for week, survival, low, high in SURVIVAL:
        assert 1 - curve.probability[week] == pytest.approx(survival, abs=5e-5)
        limits = 1 - curve.interval[1][week], 1 - curve.interval[0][week]
        assert limits == pytest.approx((low, high), abs=5e-5)
    # Negative control: one step off in when an undecided run was last seen.
    assert 1 - entry_curve(freireich(0)).probability[6] != pytest.approx(0.8571, abs=5e-3)


@given(run_lists)
def test_curve_is_redistribution_to_the_right(runs: list[Run]) -> None:
    """Efron 1967: the mass of a run last seen outside goes to all runs that were seen later, in equal parts."""
    seen = sorted(((s - 1 if u else HORIZON if s == NEVER else s), not u and s != NEVER) for s, u in runs)
    seen.sort(key=lambda item: (item[0], not item[1]))  # entries before losses
    mass = [Fraction(1, len(seen))] * len(seen)
    for place, (_, event) in enumerate(seen):
        if not event:
            rest = len(seen) - place - 1
            for later in range(place + 1, len(seen)):
                mass[later] += mass[place] / rest
            mass[place] = Fraction(0)
    curve = entry_curve(times(runs))
    for n in range(HORIZON + 1):
        expected = sum(m for m, (time, event) in zip(mass, seen, strict=True) if event and time <= n)
        assert curve.probability[n] == pytest.approx(float(expected), abs=1e-12)
        assert curve.interval[0][n] - 1e-12 <= curve.probability[n] <= curve.interval[1][n] + 1e-12
        assert curve.band[0][n] - 1e-12 <= curve.probability[n] <= curve.band[1][n] + 1e-12
    assert np.isfinite([*curve.interval, *curve.band]).all()


@given(st.lists(st.integers(NEVER, HORIZON), min_size=1, max_size=30))
def test_without_undecided_runs_the_curve_is_the_share_entered(steps: list[int]) -> None:
    runs = decided(steps)
    curve = entry_curve(runs)
    for n in range(HORIZON + 1):
        expected = share(runs.entered & (runs.step <= n))
        assert curve.probability[n] == pytest.approx(expected.fraction, abs=1e-12)
        if expected.successes in (0, expected.total):
            assert (curve.interval[0][n], curve.interval[1][n]) == expected.interval


def test_censored_runs_are_not_entries_at_the_horizon() -> None:
    """Negative control: calling them entered at N takes the curve to 1."""
    right, wrong = decided([0, 2, NEVER, NEVER]), decided([0, 2, HORIZON, HORIZON])
    assert entry_curve(right).probability.tolist() == [0.25, 0.25, 0.5, 0.5, 0.5]
    assert entry_curve(wrong).probability[-1] == 1.0
    assert entry_curve(right).censored == 2 and entry_curve(wrong).censored == 0
    assert median_entry(decided([0, *[NEVER] * 3])).median is None
    assert median_entry(decided([0, *[HORIZON] * 3])).median == HORIZON
    # min(T, N) cannot tell them apart.
    assert restricted_mean(right).mean == restricted_mean(wrong).mean


def test_the_band_holds_where_runs_are_lost_for_a_reason() -> None:
    """Half of the runs enter at step 1; the others diverge instead and would never have entered."""
    curve = entry_curve(times([(1, False)] * 50 + [(1, True)] * 50))
    assert curve.probability[1] == 1.0 and curve.interval[0][1] > 0.9  # Kaplan-Meier takes the loss for random
    assert curve.band[0][1] < 0.5 < curve.band[1][1]


@pytest.mark.parametrize(("runs", "critical"), [(1, 0.975), (5, 0.56328), (10, 0.40925), (20, 0.29408)])
def test_band_is_kolmogorovs(runs: int, critical: float) -> None:
    """The 5 % critical values of L. H. Miller, J. Am. Stat. Assoc. 51 (1956) 111-121; for one run by hand."""
    band = entry_curve(decided([0] * runs)).band
    assert band[0][0] == pytest.approx(1 - critical, abs=5e-6) and band[1][0] == 1.0
    assert entry_curve(decided([NEVER] * runs)).band[1][0] == pytest.approx(critical, abs=5e-6)


@given(run_lists, st.data())
def test_the_band_bounds_every_completion(runs: list[Run], data: st.DataObject) -> None:
    outer, inner = entry_curve(times(runs)).band, entry_curve(times(completion(data, runs))).band
    assert (outer[0] <= inner[0] + 1e-12).all() and (inner[1] <= outer[1] + 1e-12).all()


# -------------------------------------------------------------------------------------- coverage, enumerated


def compositions(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, cells - 1):
            yield (first, *rest)


def coverage(covers: Callable[[np.ndarray], np.ndarray], tables: np.ndarray, steps: int) -> np.ndarray:
    """P(covered), summed over all tables of counts, for every p on the simplex grid of these steps."""
    total, cells = tables[0].sum(), tables.shape[1]
    log_count = gammaln(total + 1) - gammaln(tables + 1).sum(axis=1)
    result = []
    for p in np.array(list(compositions(steps, cells))) / steps:
        weight = np.exp(log_count + tables @ np.log(np.maximum(p, 1e-300)))
        assert weight.sum() == pytest.approx(1.0)
        result.append(weight[covers(p)].sum())
    return np.array(result)


def runs_of(table: np.ndarray) -> EntryTimes:
    """So many runs entering at 0, 1, 2, …; the last count never does."""
    steps = np.repeat([*range(len(table) - 1), NEVER], table)
    return decided(steps.tolist(), len(table) - 2)


def test_band_coverage() -> None:
    tables = np.array(list(compositions(10, 4)))
    curves = [entry_curve(runs_of(table)) for table in tables]

    def simultaneous(kind: str) -> np.ndarray:
        lower, upper = np.array([getattr(curve, kind) for curve in curves]).transpose(1, 0, 2)

        def covers(p: np.ndarray) -> np.ndarray:
            truth = p.cumsum()[:-1]
            return ((lower <= truth + 1e-12) & (truth - 1e-12 <= upper)).all(axis=1)

        return coverage(covers, tables, 10)

    assert simultaneous("band").min() >= 0.95
    assert simultaneous("interval").min() < 0.9  # negative control: pointwise limits are not simultaneous


@pytest.mark.parametrize("total", [20, 40])
def test_pointwise_coverage(total: int) -> None:
    """At one step the limits are for a share; log-log limits are approximate, as Wilson's."""
    tables = np.array(list(compositions(total, 2)))
    curves = [entry_curve(decided([1] * k + [NEVER] * (total - k), 1)) for k, _ in tables]
    lower, upper = np.array([[side[1] for side in curve.interval] for curve in curves]).T
    covered = coverage(lambda p: (lower <= p[0]) & (p[0] <= upper), tables, 50)
    assert covered.min() >= 0.89 and covered.mean() >= 0.945
    # Negative control: the linear (Wald) limits, a point at 0 and 1.
    reach = 1.96 * np.sqrt(tables[:, 0] * tables[:, 1] / total**3)
    wald = coverage(lambda p: abs(tables[:, 0] / total - p[0]) <= reach, tables, 50)
    assert wald[1:-1].min() < 0.6


def student(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    n = len(values)
    reach = t.ppf((1 + confidence) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n)
    return values.mean() - reach, values.mean() + reach


@pytest.mark.parametrize(
    ("points", "total"),
    [
        ((0, 1, 5), 8),
        pytest.param((0, 4, 5), 8, marks=pytest.mark.thorough),
        pytest.param((0, 1, 2, 5), 4, marks=pytest.mark.thorough),
    ],
)
def test_mean_coverage(points: tuple[int, ...], total: int) -> None:
    tables = np.array(list(compositions(total, len(points))))
    samples = [np.repeat(points, table) for table in tables]

    def misses(method: Callable[[np.ndarray], tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
        lower, upper = np.array([method(sample) for sample in samples]).T
        above = coverage(lambda p: lower > p @ points + 1e-7, tables, 20)
        below = coverage(lambda p: upper < p @ points - 1e-7, tables, 20)
        return above, below

    for tail in misses(lambda sample: mean_interval(sample, 0, 5)):
        assert tail.max() <= 0.025
        assert tail.max() >= 0.004  # and is not merely far too long
    # Negative controls: Student's interval, and Gaffke's at a lower confidence.
    assert max(tail.max() for tail in misses(student)) > 0.3
    assert max(tail.max() for tail in misses(lambda sample: mean_interval(sample, 0, 5, 0.8))) > 0.03


def test_median_coverage() -> None:
    tables = np.array(list(compositions(12, 4)))
    intervals = [median_entry(runs_of(table)).interval for table in tables]
    lower, upper = np.array([[beyond(limit) for limit in interval] for interval in intervals]).T

    def truth(p: np.ndarray) -> float:
        reached = np.flatnonzero(p.cumsum()[:-1] >= 0.5 - 1e-12)
        return float(reached[0]) if reached.size else math.inf

    covered = coverage(lambda p: (lower <= truth(p)) & (truth(p) <= upper), tables, 10)
    assert covered.min() >= 0.95
    # Negative control: one order statistic further in.
    ordered = [np.sort(runs_of(table).latest()) for table in tables]
    rank = int(binom.ppf(0.025, 12, 0.5)) + 1
    low, high = np.array([(x[rank - 1], x[12 - rank]) for x in ordered]).T
    inner = coverage(lambda p: (low <= min(truth(p), 3)) & (min(truth(p), 3) <= high), tables, 10)
    assert inner.min() < 0.95


# ------------------------------------------------------------------------------------------- mean and median


@pytest.mark.parametrize(("total", "high"), [(1, 0), (1, 1), (7, 3), (40, 0), (40, 40), (300, 299), (2000, 700)])
@pytest.mark.parametrize("confidence", [0.95, 0.999])
def test_mean_of_two_values_is_clopper_pearson(total: int, high: int, confidence: float) -> None:
    values = np.repeat([0, 9], [total - high, high])
    expected = binomtest(high, total).proportion_ci(confidence, method="exact")
    assert np.array(mean_interval(values, 0, 9, confidence)) / 9 == pytest.approx(tuple(expected), abs=1e-8)


def dirichlet_below(points: list[int], mean: Fraction) -> Fraction:
    """P(Σ Dᵢ zᵢ ≤ mean) for uniform Dirichlet weights on different points: a divided difference of a power."""
    n = len(points) - 1
    above = sum(
        (z - mean) ** n / math.prod(Fraction(z - other) for other in points if other != z) for z in points if z > mean
    )
    return 1 - above


@pytest.mark.parametrize("values", [[3], [1, 4], [1, 2, 5, 6], [1, 2, 3, 4, 5, 6, 7]])
def test_mean_limits_are_quantiles_of_the_exact_law(values: list[int]) -> None:
    lower, upper = mean_interval(np.array(values), 0, 8)
    assert float(dirichlet_below([0, *values], Fraction(lower))) == pytest.approx(0.025, abs=1e-7)
    assert float(dirichlet_below([8, *values], Fraction(upper))) == pytest.approx(0.975, abs=1e-7)
    # Negative control: without the bound's own weight the tail is another one.
    if len(values) > 1:
        assert float(dirichlet_below(values, Fraction(lower))) != pytest.approx(0.025, abs=1e-3)


def test_mean_limits_by_simulated_weights() -> None:
    rng = np.random.default_rng(7)
    values = rng.integers(0, 51, 200)
    lower, upper = mean_interval(values, 0, 50)
    weights = rng.dirichlet(np.ones(201), 20_000)
    for limit, bound, tail in ((lower, 0, 0.025), (upper, 50, 0.975)):
        below = (weights @ np.append(values, bound) <= limit).mean()
        assert below == pytest.approx(tail, abs=5 * math.sqrt(0.025 * 0.975 / 20_000))
    # Many values: as Student's, a little longer for the two bounds.
    low, high = student(values)
    assert within((low, high), (lower, upper)) and upper - lower < 1.1 * (high - low)


def test_restricted_mean_by_hand() -> None:
    result = restricted_mean(times([(0, False), (3, False), (NEVER, False), (2, True)]))
    assert (result.mean, result.n, result.censored, result.undecided) == ((0 + 3 + 4 + 4) / 4, 4, 1, 1)
    assert result.interval[0] == mean_interval(np.array([0, 3, 4, 2]), 0, 4)[0]
    assert result.interval[1] == mean_interval(np.array([0, 3, 4, 4]), 0, 4)[1] < 4
    # No run of 20 entered: an interval of positive length, not the point N that Student's would be.
    nothing = restricted_mean(decided([NEVER] * 20, 100))
    assert nothing.mean == nothing.interval[1] == 100.0
    assert nothing.interval[0] == pytest.approx(100 * 0.025 ** (1 / 20))


@given(st.lists(st.integers(NEVER, HORIZON), min_size=1, max_size=8))
@settings(max_examples=20)
def test_restricted_mean_is_the_area_above_the_curve(steps: list[int]) -> None:
    area = (1 - entry_curve(decided(steps)).probability[:-1]).sum()
    result = restricted_mean(decided(steps))
    assert result.mean == pytest.approx(area, abs=1e-12)
    assert within((area, area), result.interval)


@pytest.mark.thorough
@given(run_lists, st.data())
@settings(max_examples=10)
def test_restricted_mean_bounds_every_completion(runs: list[Run], data: st.DataObject) -> None:
    result, inner = restricted_mean(times(runs)), restricted_mean(times(completion(data, runs)))
    assert within(inner.interval, result.interval) and result.interval[0] <= inner.mean <= result.interval[1]
    # Both limits are reached.
    best = restricted_mean(times([(s, False) for s, _ in runs]))
    worst = restricted_mean(times([(NEVER if u else s, False) for s, u in runs]))
    assert result.interval == (best.interval[0], worst.interval[1]) and result.mean == worst.mean


def test_median_by_hand() -> None:
    """P(Binomial(10, ½) ≤ 1) = 11/1024 < .025 < P(… ≤ 2) = 56/1024: the 2nd smallest to the 2nd largest."""
    runs = [(n, False) for n in range(9)] + [(NEVER, False)]
    assert median_entry(times(runs, 9)).median == 4
    assert median_entry(times(runs, 9)).interval == (1, 8)
    # The last two undecided from step 0 on: at once or never.
    lost = [*runs[:7], (0, True), (0, True), (NEVER, False)]
    result = median_entry(times(lost, 9))
    assert (result.median, result.interval, result.censored, result.undecided) == (4, (0, None), 1, 2)
    assert median_entry(decided([0] * 5)).interval == (0, None)  # five runs are too few
    assert median_entry(decided([0] * 6)).interval == (0, 0)
    assert median_entry(decided([NEVER] * 6)).interval == (None, None)


@given(run_lists, st.data())
def test_median_bounds_every_completion(runs: list[Run], data: st.DataObject) -> None:
    outer = median_entry(times(runs), 0.5).interval
    inner = median_entry(times(completion(data, runs)), 0.5)
    assert within((beyond(inner.interval[0]), beyond(inner.interval[1])), (beyond(outer[0]), beyond(outer[1])))
    assert beyond(outer[0]) <= beyond(inner.median) <= beyond(outer[1])


# ------------------------------------------------------------------------------------------------- two arms


def paired(pairs: list[tuple[Run, Run]]) -> PairedEntry:
    return paired_entry(times([a for a, _ in pairs]), times([b for _, b in pairs]))


def sign_p(differences: list[int]) -> Fraction:
    """Exact two-sided sign test by counting."""
    sooner, later = sum(d < 0 for d in differences), sum(d > 0 for d in differences)
    n, k = sooner + later, min(sooner, later)
    return min(Fraction(1), 2 * Fraction(sum(math.comb(n, i) for i in range(k + 1)), 2**n))


def differences(pairs: list[tuple[Run, Run]]) -> list[int]:
    def restricted(run: Run) -> int:
        return HORIZON if run[0] == NEVER else run[0]

    return [restricted(a) - restricted(b) for a, b in pairs]


def test_paired_by_hand() -> None:
    a = decided([0, 1, 2, 3, 0, 1, NEVER, NEVER, 4])
    b = decided([1, 2, 3, 4, 4, NEVER, 3, NEVER, NEVER])
    result = paired_entry(a, b)
    # Entry at N = 4 and none at all are tied.
    assert (result.sooner, result.later, result.ties, result.n) == (6, 1, 2, 9)
    assert (result.censored, result.undecided, result.horizon) == ((2, 3), 0, 4)
    assert result.difference == (-1 - 1 - 1 - 1 - 4 - 3 + 1) / 9
    assert result.p_value == pytest.approx(2 * (1 + 7) / 2**7)
    assert result.interval == mean_interval(np.array([-1, -1, -1, -1, -4, -3, 1, 0, 0]), -4, 4)
    assert result.difference == pytest.approx(restricted_mean(a).mean - restricted_mean(b).mean)
    # Negative controls: one-sided, or ties split in halves.
    assert result.p_value != pytest.approx((1 + 7) / 2**7) and result.p_value != pytest.approx(binomtest(7, 9).pvalue)


def test_paired_undecided_by_hand() -> None:
    """Six pairs sooner; in the seventh a is lost at once, b enters at 2; in the eighth b is lost, a never enters."""
    pairs: list[tuple[Run, Run]] = [((0, False), (3, False))] * 6
    pairs += [((0, True), (2, False)), ((NEVER, False), (1, True))]
    result = paired(pairs)
    assert (result.sooner, result.later, result.ties, result.undecided) == (6, 1, 1, 2)
    assert result.difference == (6 * -3 + 2 + 0) / 8
    assert result.p_value == pytest.approx(2 * (1 + 8 + 28) / 2**8)  # 6 against 2
    assert result.interval[0] == mean_interval(np.array([-3] * 6 + [-2, 0]), -4, 4)[0]
    assert result.interval[1] == mean_interval(np.array([-3] * 6 + [2, 3]), -4, 4)[1]
    # Negative control: the pairs dropped.
    assert paired(pairs[:6]).p_value == 2 / 2**6 < result.p_value


@pytest.mark.thorough
@given(run_pairs, st.data())
@settings(max_examples=15)
def test_paired_bounds_every_completion(pairs: list[tuple[Run, Run]], data: st.DataObject) -> None:
    result = paired(pairs)
    a, b = completion(data, [a for a, _ in pairs]), completion(data, [b for _, b in pairs])
    inner = paired(list(zip(a, b, strict=True)))
    assert within(inner.interval, result.interval) and inner.undecided == 0
    assert inner.p_value <= result.p_value + 1e-12
    assert within((inner.difference, inner.difference), result.interval)


@given(st.lists(st.tuples(one_run, one_run), min_size=1, max_size=3))
@settings(max_examples=15)
def test_the_largest_p_value_is_reached(pairs: list[tuple[Run, Run]]) -> None:
    # Six pairs sooner, so that p-values below 1 occur; all completions counted one by one.
    sure: list[tuple[Run, Run]] = [((0, False), (1, False))] * 6
    choices = [list(product(endings(a), endings(b))) for a, b in pairs]
    signs = {tuple(np.sign(differences(list(rows)))) for rows in product(*choices)}
    largest = max(sign_p([-1] * 6 + list(row)) for row in signs)
    assert paired(sure + pairs).p_value == pytest.approx(float(largest), abs=1e-12)


@given(run_pairs)
@settings(max_examples=10)
def test_exchanging_the_arms_changes_the_sign(pairs: list[tuple[Run, Run]]) -> None:
    one, other = paired(pairs), paired([(b, a) for a, b in pairs])
    assert one.difference == -other.difference and one.p_value == other.p_value
    assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]), abs=1e-7)
    assert (one.sooner, one.later, one.ties) == (other.later, other.sooner, other.ties)
    assert one.sooner + one.later + one.ties == one.n == len(pairs)


def test_pairing_shortens_the_interval_of_correlated_arms() -> None:
    """Common starts: a enters one to three steps sooner. Broken up, the pairs tell the same means much less well."""
    rng = np.random.default_rng(3)
    b = rng.integers(3, 41, 100)
    a = b - rng.integers(1, 4, 100)
    kept = paired_entry(decided(a.tolist(), 40), decided(b.tolist(), 40))
    broken = paired_entry(decided(a.tolist(), 40), decided(rng.permutation(b).tolist(), 40))
    assert kept.difference == pytest.approx(broken.difference)
    length, longer = (x.interval[1] - x.interval[0] for x in (kept, broken))
    assert 2 * length < longer
    assert kept.interval[1] < 0 < broken.interval[1]
    assert kept.p_value < 1e-6 < 0.01 < broken.p_value


# ------------------------------------------------------------------------------------------------ bad input


def test_bad_input() -> None:
    flag = np.zeros(2, dtype=bool)
    for step, undecided, horizon, match in (
        (np.zeros(2), flag, 3, "integers"),
        (np.zeros((2, 1), dtype=int), flag, 3, "integers"),
        (np.zeros(2, dtype=int), flag[:1], 3, "boolean"),
        (np.zeros(2, dtype=int), np.zeros(2), 3, "boolean"),
        (np.zeros(0, dtype=int), flag[:0], 3, "no run"),
        (np.zeros(2, dtype=int), flag, 0, "horizon"),
        (np.array([0, 4]), flag, 3, "lie in"),
        (np.array([0, -2]), flag, 3, "lie in"),
        (np.array([0, NEVER]), ~flag, 3, "undecided"),
    ):
        with pytest.raises(ValueError, match=match):
            EntryTimes(step, undecided, horizon)
    record = np.zeros((3, 2), dtype=bool)
    with pytest.raises(ValueError, match="both inside and undecided"):
        first_entry(~record, ~record)
    for inside, undecided in ((record[:1], None), (record[0], None), (record, record[:2]), (np.zeros((3, 2)), None)):
        with pytest.raises(ValueError, match="Expected bool"):
            first_entry(inside, undecided)
    with pytest.raises(ValueError, match="no run"):
        first_entry(record[:, :0])
    runs = decided([0, 1])
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_entry(runs, decided([0]))
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_entry(runs, decided([0, 1], 5))
    for values, low, high in (([], 0, 1), ([2], 0, 1), ([math.nan], 0, 1), ([[0]], 0, 1), ([0], 0, 0)):
        with pytest.raises(ValueError, match="Expected values"):
            mean_interval(np.array(values), low, high)
    for confidence in (0.0, 1.0, math.nan):
        for call in (entry_curve, restricted_mean, median_entry):
            with pytest.raises(ValueError, match="confidence"):
                call(runs, confidence)
        with pytest.raises(ValueError, match="confidence"):
            paired_entry(runs, runs, confidence)


def test_intervals_nest_with_confidence() -> None:
    runs = freireich()
    for narrow, wide in ((0.8, 0.95), (0.95, 0.99)):
        assert within(restricted_mean(runs, narrow).interval, restricted_mean(runs, wide).interval)
        assert entry_curve(runs, narrow).band[1][10] < entry_curve(runs, wide).band[1][10]
    assert wilson(0, 21)[1] == entry_curve(runs).interval[1][0]


@pytest.mark.parametrize("tests", [20, 1000, 10_000])
def test_limits_of_two_valued_data_are_exact_in_large_families(tests: int) -> None:
    """Clopper and Pearson's, also where a single large value among many has to be seen."""
    tail = 0.025 / tests
    for runs, ones in ((1, 1), (2, 1), (10, 1), (100, 1), (441, 1), (10, 2), (441, 400)):
        values = np.r_[np.ones(ones), np.zeros(runs - ones)]
        lower = mean_interval(values, 0, 1, 1 - 2 * tail)[0]
        assert lower == pytest.approx(float(beta.ppf(tail, ones, runs - ones + 1)), rel=1e-5)
