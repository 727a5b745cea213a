"""Intervals and tests against published values, closed forms, exact enumeration and independent oracles."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import gammaln
from scipy.stats import norm

from numerics.statistics import PairedDifference, Share, paired_difference, share, tango, wilson

Z = float(norm.isf(0.025))
LABELS = "sfu"  # success, failure, undecided


def arrays(labels: str) -> tuple[np.ndarray, np.ndarray]:
    """(success, undecided) of a word such as ``"ssfu"``."""
    word = np.array(list(labels), dtype="U1")
    return word == "s", word == "u"


def share_of(labels: str) -> Share:
    return share(*arrays(labels))


def paired(a: str, b: str) -> PairedDifference:
    (success_a, undecided_a), (success_b, undecided_b) = arrays(a), arrays(b)
    return paired_difference(success_a, success_b, undecided_a, undecided_b)


def table(both: int, only_a: int, only_b: int, neither: int) -> PairedDifference:
    """Built from runs, not from counts."""
    return paired(
        "s" * both + "s" * only_a + "f" * only_b + "f" * neither,
        "s" * both + "f" * only_a + "s" * only_b + "f" * neither,
    )


def within(inner: tuple[float, float], outer: tuple[float, float]) -> bool:
    return outer[0] <= inner[0] + 1e-10 and inner[1] <= outer[1] + 1e-10


def counts(total: int) -> Iterator[tuple[int, int]]:
    return ((g, l) for g in range(total + 1) for l in range(total + 1 - g))


words = st.text(LABELS, min_size=1, max_size=25)
pairs = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=25).map(
    lambda rows: ("".join(a for a, _ in rows), "".join(b for _, b in rows))
)


def completion(data: st.DataObject, labels: str) -> str:
    """Each undecided run called a success or a failure."""
    return "".join(data.draw(st.sampled_from("sf")) if x == "u" else x for x in labels)


# -------------------------------------------------------------------------------------- published and by hand


@pytest.mark.parametrize(
    ("successes", "total", "interval"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0000, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilson_published(successes: int, total: int, interval: tuple[float, float]) -> None:
    """R. G. Newcombe, Stat. Med. 17 (1998) 857-872, method 3."""
    assert wilson(successes, total) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(
    ("both", "only_a", "only_b", "neither", "confidence", "interval"),
    [
        (4, 9, 3, 16, 0.95, (-0.027, 0.390)),  # Tango 1998
        (43, 0, 1, 0, 0.90, (-0.096, 0.037)),  # Tango 1998, the crossover trial
        (53, 16, 8, 9, 0.95, (-0.020, 0.207)),  # Agresti & Min, Stat. Med. 24 (2005) 729-740
        (1, 1, 7, 12, 0.95, (-0.517, -0.026)),  # Fagerland, Lydersen & Laake 2014
    ],
)
def test_tango_published(
    both: int, only_a: int, only_b: int, neither: int, confidence: float, interval: tuple[float, float]
) -> None:
    """To the three digits printed, as collected in the tests of the R package ratesci."""
    total = both + only_a + only_b + neither
    assert tango(only_a, only_b, total, confidence) == pytest.approx(interval, abs=5e-4)
    # Negative control: the arms exchanged do not match.
    assert tango(only_b, only_a, total, confidence) != pytest.approx(interval, abs=5e-3)


@pytest.mark.parametrize("total", [1, 2, 7, 100])
def test_tango_closed_forms(total: int) -> None:
    """By hand from T(Δ) = z, where the likelihood equation is linear.

    Without discordant pairs p₂₁ = |Δ| for Δ < 0, so n|Δ| = z²(1 − |Δ|); with all gained p₂₁ = (1 − Δ)/2, so
    n(1 − Δ) = z²(1 + Δ). The first is Wilson's limit for 0 of n.
    """
    reach = Z**2 / (total + Z**2)
    assert tango(0, 0, total) == pytest.approx((-reach, reach), abs=1e-10)
    assert reach == pytest.approx(wilson(0, total)[1], abs=1e-12)
    lower = (total - Z**2) / (total + Z**2)
    assert tango(total, 0, total) == pytest.approx((lower, 1.0), abs=1e-10)
    assert tango(0, total, total) == pytest.approx((-1.0, -lower), abs=1e-10)


def test_paired_by_hand() -> None:
    """Fagerland et al. (2014): 1 of 21 gained, 7 lost; p = 2·(1 + 8)/2⁸."""
    result = table(1, 1, 7, 12)
    assert (result.gained, result.lost, result.total, result.undecided) == (1, 7, 21, 0)
    assert result.difference == -6 / 21
    assert result.interval == tango(1, 7, 21)
    assert result.p_value == pytest.approx(18 / 256, abs=1e-15)


def test_undecided_by_hand() -> None:
    assert share_of("sssfu") == Share(3, 5, 1, 0.6, (wilson(3, 5)[0], wilson(4, 5)[1]))
    # Six pairs gained for certain; a's seventh run and b's eighth are undecided, with the other arm failed.
    result = paired("s" * 6 + "uf" + "f" * 4, "f" * 6 + "fu" + "f" * 4)
    assert (result.gained, result.lost, result.total, result.undecided) == (6, 0, 12, 2)
    assert result.difference == 0.5
    assert result.interval == (tango(6, 1, 12)[0], tango(7, 0, 12)[1])
    assert result.p_value == pytest.approx(2 * (1 + 7) / 2**7)  # 6 against 1, not 6 against 0
    # One pair, nothing known: any outcome is possible.
    nothing = paired("u", "u")
    assert nothing.interval == (-1.0, 1.0)
    assert (nothing.p_value, nothing.difference, nothing.undecided) == (1.0, 0.0, 1)
    # An undecided run against a known success counts as lost, in the estimate only.
    half = paired("u", "s")
    assert (half.gained, half.lost, half.p_value) == (0, 1, 1.0)
    assert half.interval == (-1.0, tango(0, 0, 1)[1])


def test_mcnemar_is_the_binomial_sum() -> None:
    for only_a, only_b in product(range(13), repeat=2):
        n, k = only_a + only_b, min(only_a, only_b)
        tail = Fraction(sum(math.comb(n, i) for i in range(k + 1)), 2**n)
        expected = min(Fraction(1), 2 * tail)
        result = table(1, only_a, only_b, 2).p_value
        assert result == pytest.approx(float(expected), rel=1e-12)
        if 0 < expected < 1:
            assert result != pytest.approx(float(tail), rel=1e-3)  # negative control: one-sided


def test_interval_leaves_out_zero_when_the_asymptotic_mcnemar_test_rejects() -> None:
    total, disagreements = 25, 0
    for gained, lost in counts(total):
        lower, upper = tango(gained, lost, total)
        rejects = (gained - lost) ** 2 > Z**2 * (gained + lost)
        assert rejects == (lower > 0 or upper < 0)
        disagreements += rejects != (table(total - gained - lost, gained, lost, 0).p_value < 0.05)
    assert disagreements > 0  # negative control: the exact test is another one


# ---------------------------------------------------------------------------------------------------- oracles


def score(delta: float, gained: int, lost: int, total: int) -> float:
    """Tango's T with the constrained maximum of the likelihood found numerically, without its closed form."""
    rest = total - gained - lost

    def minus_log_likelihood(q: float) -> float:
        cells = ((gained, q + delta), (lost, q), (rest, 1 - 2 * q - delta))
        return -sum(count * math.log(p) for count, p in cells if count)

    q = minimize_scalar(
        minus_log_likelihood,
        bounds=(max(0.0, -delta), (1 - delta) / 2),
        method="bounded",
        options={"xatol": 1e-12},
    ).x
    return (gained - lost - total * delta) / math.sqrt(total * (2 * q + delta - delta**2))


@pytest.mark.parametrize(("gained", "lost", "total"), [(9, 3, 32), (1, 7, 21), (5, 5, 12), (3, 0, 40)])
def test_tango_is_the_set_the_score_test_keeps(gained: int, lost: int, total: int) -> None:
    lower, upper = tango(gained, lost, total)
    assert score(lower, gained, lost, total) == pytest.approx(Z, abs=1e-4)
    assert score(upper, gained, lost, total) == pytest.approx(-Z, abs=1e-4)
    for delta in np.linspace(-0.99, 0.99, 100):
        if min(abs(delta - lower), abs(delta - upper)) > 1e-4:
            assert (abs(score(delta, gained, lost, total)) < Z) == (lower < delta < upper)


def test_tango_approaches_wald_for_many_pairs() -> None:
    gained, lost, total = 300_000, 200_000, 1_000_000
    reach = Z * math.sqrt((0.5 - 0.1**2) / total)
    assert tango(gained, lost, total) == pytest.approx((0.1 - reach, 0.1 + reach), abs=1e-6)


# --------------------------------------------------------------------------------------- coverage, enumerated


def compositions(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, cells - 1):
            yield (first, *rest)


def coverage(interval: Callable[..., tuple[float, float]], total: int, cells: int, steps: int) -> np.ndarray:
    """P(the interval covers p₀ − p₁), summed over all tables, for every p on the simplex grid of these steps.

    Cell 0 is gained, cell 1 lost; the others are concordant.
    """
    tables = list(compositions(total, cells))
    lower, upper = np.array([interval(*t) for t in tables]).T
    k = np.array(tables)
    log_count = gammaln(total + 1) - gammaln(k + 1).sum(axis=1)
    result = []
    for p in np.array(list(compositions(steps, cells))) / steps:
        weight = np.exp(log_count + k @ np.log(np.maximum(p, 1e-300)))
        assert weight.sum() == pytest.approx(1.0)
        delta = p[0] - p[1]
        result.append(weight[(lower <= delta + 1e-10) & (delta - 1e-10 <= upper)].sum())
    return np.array(result)


def acceptable(covered: np.ndarray) -> bool:
    """At least .92 everywhere, and .95 on average to within .02.

    A discrete probability cannot be .95 everywhere: at 20 pairs one outcome more or less inside moves the
    coverage by some .02, and with few discordant pairs it rises to 1. So .92 is .95 less what discreteness
    costs; Tango's worst are .924 at 20 pairs and .928 at 40.
    """
    return bool(covered.min() >= 0.92 and abs(covered.mean() - 0.95) <= 0.02)


def tango_of_table(gained: int, lost: int, *concordant: int) -> tuple[float, float]:
    return tango(gained, lost, gained + lost + sum(concordant))


def paired_wald(gained: int, lost: int, *concordant: int) -> tuple[float, float]:
    total = gained + lost + sum(concordant)
    estimate = (gained - lost) / total
    reach = Z * math.sqrt(((gained + lost) / total - estimate**2) / total)
    return estimate - reach, estimate + reach


def unpaired_wald(gained: int, lost: int, both: int, neither: int) -> tuple[float, float]:
    total = gained + lost + both + neither
    a, b = (gained + both) / total, (lost + both) / total
    reach = Z * math.sqrt((a * (1 - a) + b * (1 - b)) / total)
    return a - b - reach, a - b + reach


@pytest.mark.parametrize("total", [20, 40])
def test_tango_coverage(total: int) -> None:
    assert acceptable(coverage(tango_of_table, total, cells=3, steps=50))


def test_coverage_tells_wrong_intervals() -> None:
    """Negative controls: the same check refuses what is known to be wrong."""
    # Concordant pairs split in two, as the unpaired interval needs them.
    assert acceptable(coverage(tango_of_table, 20, cells=4, steps=10))
    assert not acceptable(coverage(unpaired_wald, 20, cells=4, steps=10))
    assert not acceptable(coverage(paired_wald, 20, cells=3, steps=50))
    assert not acceptable(coverage(lambda g, l, rest: tango_of_table(l, g, rest), 20, cells=3, steps=50))
    assert not acceptable(coverage(lambda g, l, rest: (-1.0, 1.0), 20, cells=3, steps=50))


def test_unpaired_wald_fails_where_the_arms_disagree() -> None:
    """Always exactly one arm succeeds: the variance is twice what the unpaired formula says."""
    weight = [math.comb(20, k) / 2**20 for k in range(21)]

    def covered(method: Callable[..., tuple[float, float]]) -> float:
        limits = [method(k, 20 - k, 0, 0) for k in range(21)]
        return sum(w for w, (lower, upper) in zip(weight, limits, strict=True) if lower <= 0 <= upper)

    assert covered(tango_of_table) >= 0.92
    assert covered(unpaired_wald) < 0.8


# ------------------------------------------------------------------------------------------------- properties


def test_tango_is_monotone_for_all_counts() -> None:
    """What makes two completions bound all others."""
    for total in range(1, 31):
        limits = {(g, l): tango(g, l, total) for g, l in counts(total)}
        for (g, l), (lower, upper) in limits.items():
            assert -1 <= lower <= (g - l) / total <= upper <= 1
            assert lower < upper
            if g + l < total:
                more, less = limits[g + 1, l], limits[g, l + 1]
                assert more[0] >= lower - 1e-10 and more[1] >= upper - 1e-10
                assert less[0] <= lower + 1e-10 and less[1] <= upper + 1e-10


@given(st.integers(1, 10**6), st.data(), st.floats(0.01, 0.999))
def test_wilson_of_any_size(total: int, data: st.DataObject, confidence: float) -> None:
    successes = data.draw(st.integers(0, total - 1))
    less, more = wilson(successes, total, confidence), wilson(successes + 1, total, confidence)
    assert 0 <= less[0] <= successes / total + 1e-12
    assert successes / total <= less[1] + 1e-12 <= 1 + 1e-12
    assert less[0] <= more[0] and less[1] <= more[1]


@given(st.integers(1, 10**6), st.data(), st.floats(0.01, 0.999))
def test_tango_of_any_size(total: int, data: st.DataObject, confidence: float) -> None:
    gained = data.draw(st.integers(0, total))
    lost = data.draw(st.integers(0, total - gained))
    lower, upper = tango(gained, lost, total, confidence)
    assert -1 <= lower <= (gained - lost) / total <= upper <= 1
    assert tango(lost, gained, total, confidence) == (-upper, -lower)
    assert within((lower, upper), tango(gained, lost, total, (1 + confidence) / 2))


@given(pairs)
def test_exchanging_the_arms_changes_the_sign(labels: tuple[str, str]) -> None:
    one, other = paired(*labels), paired(*reversed(labels))
    assert one.difference == -other.difference
    assert one.interval == (-other.interval[1], -other.interval[0])
    assert (one.gained, one.lost, one.p_value) == (other.lost, other.gained, other.p_value)
    assert one.interval[0] <= one.difference <= one.interval[1]
    assert one.gained == other.gained or one != other  # exchanged arms are noticed


@given(pairs)
def test_difference_is_the_difference_of_shares(labels: tuple[str, str]) -> None:
    a, b = share_of(labels[0]), share_of(labels[1])
    assert paired(*labels).difference == pytest.approx(a.fraction - b.fraction, abs=1e-12)


@given(words, st.data())
def test_a_share_bounds_every_completion(labels: str, data: st.DataObject) -> None:
    result = share_of(labels)
    decided = share_of(completion(data, labels))
    assert within(decided.interval, result.interval)
    assert result.undecided == labels.count("u") and decided.undecided == 0
    assert within((result.fraction, result.fraction), result.interval)


@given(pairs, st.data())
def test_a_paired_difference_bounds_every_completion(labels: tuple[str, str], data: st.DataObject) -> None:
    result = paired(*labels)
    decided = paired(completion(data, labels[0]), completion(data, labels[1]))
    assert within(decided.interval, result.interval)
    assert decided.p_value <= result.p_value + 1e-12


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=4))
def test_the_bounds_are_reached(rows: list[tuple[str, str]]) -> None:
    """No rule that also holds for all completions is tighter."""
    # Two pairs more on one side, so that p-values below 1 occur.
    labels = ["ssss" + "".join(a for a, _ in rows), "ffff" + "".join(b for _, b in rows)]
    options = [product(*("sf" if x == "u" else x for x in word)) for word in labels]
    all_of_them = [paired("".join(a), "".join(b)) for a, b in product(*options)]
    result = paired(*labels)
    assert result.interval[0] == min(x.interval[0] for x in all_of_them)
    assert result.interval[1] == max(x.interval[1] for x in all_of_them)
    assert result.p_value == max(x.p_value for x in all_of_them)


@given(words, st.data())
def test_undecided_never_narrows_a_share(labels: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(labels) - 1))
    before = share_of(labels)
    assert within(before.interval, share_of(labels[:place] + "u" + labels[place + 1 :]).interval)
    assert within(before.interval, share_of(labels + "u").interval)


@given(pairs, st.booleans(), st.data())
def test_undecided_never_narrows_a_pair(labels: tuple[str, str], first: bool, data: st.DataObject) -> None:
    a, b = labels
    place = data.draw(st.integers(0, len(a) - 1))
    before = paired(a, b)
    mask = [x[:place] + "u" + x[place + 1 :] for x in labels]
    after = paired(mask[0], b) if first else paired(a, mask[1])
    assert within(before.interval, after.interval) and before.p_value <= after.p_value + 1e-12
    assert within(before.interval, paired(a + "u", b + "u").interval)


def test_dropping_undecided_pairs_would_not_bound_the_completions() -> None:
    """Negative control: the rule not taken gives a p-value of .03 where another completion has 1."""
    result = paired("s" * 6 + "f" * 6, "f" * 6 + "u" * 6)
    assert table(0, 6, 0, 0).p_value < 0.05 < result.p_value == 1.0
    assert result.interval[0] < 0 < tango(6, 0, 6)[0]


# -------------------------------------------------------------------------------------------------- bad input


def test_bad_input() -> None:
    yes, none = np.ones(3, dtype=bool), np.zeros(0, dtype=bool)
    for call in (
        lambda: share(none),
        lambda: paired_difference(none, none),
        lambda: wilson(0, 0),
        lambda: tango(0, 0, 0),
    ):
        with pytest.raises(ValueError, match="There is no run"):
            call()
    with pytest.raises(ValueError, match="both have succeeded and be undecided"):
        share(yes, yes)
    for call in (
        lambda: share(yes, yes[:2]),
        lambda: share(np.ones(3)),  # type: ignore[arg-type]
        lambda: share(np.ones((2, 2), dtype=bool)),
        lambda: paired_difference(yes, yes[:1]),
        lambda: paired_difference(yes, yes, None, yes[:1]),
    ):
        with pytest.raises(ValueError, match="Outcomes must be bool of shape"):
            call()
    for confidence in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match="confidence"):
            share(yes, confidence=confidence)
        with pytest.raises(ValueError, match="confidence"):
            paired_difference(yes, yes, confidence=confidence)
    for gained, lost in ((-1, 0), (0, -1), (2, 2)):
        with pytest.raises(ValueError, match="do not fit"):
            tango(gained, lost, 3)
