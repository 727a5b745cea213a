"""The paper's published numbers, run again under its settings with more seeds, and a verdict on each.

What is run, and which readings there are where the paper leaves something open, stands in
:mod:`numerics.paper_settings`. Every number is compared under every reading. Of many readings some agree by chance, so
a reading of a table stands for the whole table (:func:`by_reading`).

A *family* is all numbers of one table under one reading: one game, quantity, setting and way of counting. Verdicts:

* A share of runs counts as binomial with the published number of runs. Fisher's exact test of the two shares; DISAGREES
  if its p-value, adjusted by Holm over the family, is below .05. The interval of the difference is Newcombe's.
* Restarts: with runs independent and alike, p the success share of one, a chain's length is geometric up to the cap,
  and the law of the mean of n chains is known exactly. With p unknown, the p-value is the largest over an exact 99.9%
  interval of p, plus .001 (Berger & Boos 1994); then Holm. The interval of the difference combines both sides'
  intervals (Zou & Donner 2008; Newcombe's is the case of two shares).
* The share of a grid, or an AUC on it, varies from map to map by the draws alone. From m maps of our own, AGREES if the
  published value, widened by half a printed digit or half a cell, whichever is more, lies inside Student's 95%
  prediction interval for one further map. The interval shown is that of the expected value; the difference is ours less
  one further map. Holm's adjusted p-value over the family is shown beside it and decides nothing. Every cell has draws
  of its own here, so the variance of a share is the sum of those of its cells, each estimated from m labels, with
  Satterthwaite's degrees of freedom; that of an AUC is estimated from the m AUCs. Published maps whose cells share
  their draws would vary more.
* NOT COMPARABLE: a reference; maps so few that their spread has fewer than :data:`FEWEST` degrees of freedom; a mean
  that no whole number of restarts has; a number whose setting or law is unknown or which nothing here can compute; a
  run that is not finite on a grid; a published value that differs from maps of ours that are all alike, as their spread
  is not known.

AGREES means compatible with what so many published runs can tell, which may be little: see the differences.

Two independent sets of draws are compared, never starts one by one: the published starts are not known.

Sources: R. L. Berger & D. D. Boos, J. Am. Stat. Assoc. 89 (1994) 1012-1016; G. Y. Zou & A. Donner, Stat. Med. 27 (2008)
1693-1702; F. E. Satterthwaite, Biometrics Bull. 2 (1946) 110-114; S. Holm, Scand. J. Stat. 6 (1979) 65-70; R. G.
Newcombe, Stat. Med. 17 (1998) 873-890; N. J. L. Brown & J. A. J. Heathers, Soc. Psychol. Personal. Sci. 8 (2017)
363-369.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import expit, logit
from scipy.stats import binomtest, fisher_exact, mannwhitneyu, norm
from scipy.stats import t as student
from sympy import Rational

from numerics import annealing
from numerics.alignment_map import fields
from numerics.basins import Labels, parse_success
from numerics.chunks import label
from numerics.compile import Array
from numerics.experiments import Experiment
from numerics.kernels import trajectories
from numerics.multiplicity import holm
from numerics.paper_settings import CHAINS, PUBLISHED, SETTINGS, VARIANCE_BATCHES, Chains, Published, Setting
from numerics.reproduction import Number, Row, Verdict, attainable, difference_of_shares
from numerics.sampled import sampled_run
from numerics.starts import draw
from numerics.statistics import Interval, Share, share, wilson
from numerics.stretches import advance
from numerics.threads import available
from theory import exact
from theory.games import stag_hunt
from theory.policies import in_probabilities, parameters
from theory.sampling.estimators import SampledUpdate, sample_program
from theory.sampling.moments import at_size
from theory.symbols import alpha, own_coefficient, peer_coefficient

Progress = Callable[[str, int, int], None]
LEVEL = 0.05
BEYOND = 1e-3  # the chance that p lies outside its interval, added to a p-value

FEWEST = 9  # degrees of freedom of a spread that still compares: ten maps, where it is estimated from them alone


def reproduction(
    game: str, count: int = 2000, seed: int = 0, maps: int = 20, progress: Progress | None = None
) -> tuple[Row, ...]:
    """Every published number on a game under every reading of its setting.

    Args:
        game: one of :data:`numerics.paper_settings.GAMES`.
        count: runs of every arm with random starts; all arms share starts and draws.
        seed: seed of the starts and of the draws; map k of a grid has the seed ``seed + k``.
        maps: sampled runs of every grid, at least 2.
        progress: called as ``progress(setting, start-steps done, start-steps in all)``.

    Raises:
        BadInput: fewer than one run, or more than fit in memory.
        ValueError: an unknown game, or fewer than two maps.
    """
    numbers = [number for number in PUBLISHED if number.game == game]
    if not numbers:
        raise ValueError(f"The paper has no number for a game named {game!r}.")
    if maps < 2:
        raise ValueError("One map has no spread.")
    runs = _run_all([setting for setting in SETTINGS if setting.game().name == game], count, seed, maps, progress)
    rows = [Row(number, "NOT COMPARABLE", number.not_run) for number in numbers if number.not_run]
    rows += [row for reading in _readings(runs) for row in _rows(numbers, reading)]
    rows += _variances([number for number in numbers if number.quantity == "noise variance"])
    order: dict[Number, int] = {number: place for place, number in enumerate(numbers)}
    return tuple(sorted(by_holm(rows), key=lambda row: order[row.number]))


def by_reading(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Verdicts table by table, as JSON data.

    Returns:
        For each family of two or more numbers ``game``, ``design``, ``quantity``, ``setting``, ``score``; the
        ``verdicts`` by arm; and ``smallest``, the smallest adjusted p-value, ``None`` if nothing was tested.
    """
    found = []
    for family in dict.fromkeys(row.family for row in rows if row.setting):
        members = [row for row in rows if row.family == family]
        if len(members) > 1:
            adjusted = [row.adjusted for row in members if row.adjusted is not None]
            found.append(
                dict(zip(("game", "design", "quantity", "setting", "score"), family, strict=True))
                | {
                    "verdicts": {row.number.arm: row.verdict for row in members},
                    "smallest": min(adjusted, default=None),
                }
            )
    return found


# --------------------------------------------------------------------------------------------------------- running


@dataclass(frozen=True)
class _Job:
    """One run of one arm; equal jobs of several readings are run once."""

    experiment: Experiment
    own_stays: bool

    def run(self) -> tuple[Labels, Labels]:
        """(success, undecided) of every start."""
        (rule,) = self.experiment.methods
        first = draw(self.experiment)
        if self.own_stays:
            ends = _run_with_constant_own(self.experiment, rule, first)
        else:
            ends = advance(self.experiment, rule, first, 0, self.experiment.steps, 0, available())
        return label(parse_success(self.experiment.success), self.experiment.learning(rule), ends)


def _run_with_constant_own(experiment: Experiment, rule: str, phi: Array) -> Array:
    """Sampled learning in which annealing touches the peer-learning coefficient alone: step by step after phase 1."""
    learning, phases = experiment.learning(rule), annealing.parse(experiment.anneal)
    assert phases is not None
    for number in (0, *range(phases.steps, experiment.steps)):
        now = replace(learning, anneal=None, peer=learning.peer * phases.factor(number))
        steps = 1 if number else phases.steps
        phi = sampled_run(now, phi, steps, experiment.batch, experiment.estimator, experiment.seed, 0, number)
    return phi


@dataclass(frozen=True)
class _Reading:
    """The outcomes of a setting: by arm (learning rule, success, undecided), arrays of shape (repeats, starts)."""

    setting: Setting
    arms: Mapping[str, tuple[str, Labels, Labels]]


Runs = dict[tuple[Setting, str], tuple[Labels, Labels]]


def _run_all(settings: Sequence[Setting], count: int, seed: int, maps: int, progress: Progress | None) -> Runs:
    jobs = {
        (setting, arm): [
            _Job(setting.experiment(rule, count, seed + k), setting.own_stays)
            for k in range(maps if setting.on_grid and not setting.reference else 1)
        ]
        for setting in settings
        for arm, rule in setting.arms
    }
    done: dict[_Job, tuple[Labels, Labels]] = {}
    work = {job: draw(job.experiment).shape[1] * job.experiment.steps for one in jobs.values() for job in one}
    finished = 0
    for (setting, _), repeats in jobs.items():
        for job in repeats:
            if job not in done:
                done[job] = job.run()
                finished += work[job]
                if progress is not None:
                    progress(f"{setting.design}: {setting.name}", finished, sum(work.values()))
    return {
        key: (np.array([done[job][0] for job in repeats]), np.array([done[job][1] for job in repeats]))
        for key, repeats in jobs.items()
    }


def _readings(runs: Runs) -> list[_Reading]:
    rules = {(setting, arm): rule for setting, _ in runs for arm, rule in setting.arms}
    return [
        _Reading(
            setting,
            {arm: (rules[setting, arm], *outcome) for (other, arm), outcome in runs.items() if other == setting},
        )
        for setting in dict.fromkeys(setting for setting, _ in runs)
    ]


# ------------------------------------------------------------------------------------------------------ comparing


def by_holm(rows: Sequence[Row]) -> list[Row]:
    """Adjust the p-values of every family, and give those rows their verdict that have none yet.

    Rows tested by a prediction interval keep theirs.
    """
    adjusted: dict[int, float] = {}
    for family in dict.fromkeys(row.family for row in rows):
        tested = [k for k, row in enumerate(rows) if row.family == family and row.p_value is not None]
        if tested:
            adjusted.update(zip(tested, holm([rows[k].p_value or 0.0 for k in tested]).tolist(), strict=True))
    return [
        replace(row, adjusted=adjusted[k], **_decision(row, adjusted[k])) if k in adjusted else row
        for k, row in enumerate(rows)
    ]


def _decision(row: Row, adjusted: float) -> dict[str, Any]:
    assert row.p_value is not None
    reason = f"{row.reason}; p = {row.p_value:.3g}, adjusted by Holm {adjusted:.3g}"
    if row.number.design in ("grid 51", "grid 11"):
        return {"reason": reason}
    return {"reason": reason, "verdict": "DISAGREES" if adjusted < LEVEL else "AGREES"}


def compare_share(number: Published, setting: str, rule: str, ours: Share) -> Row:
    """A published share of runs beside ours; the verdict comes with the family (:func:`by_holm`)."""
    assert number.value is not None and number.runs is not None
    theirs = round(number.value * number.runs)
    most = ours.successes + ours.undecided
    difference = (
        difference_of_shares(ours.successes, ours.total, theirs, number.runs)[0],
        difference_of_shares(most, ours.total, theirs, number.runs)[1],
    )
    return Row(
        number,
        "NOT COMPARABLE",
        f"{_where(difference)}, published taken as {theirs} of {number.runs}",
        setting,
        rule,
        None,
        ours.fraction,
        ours.interval,
        ours.total,
        ours.undecided,
        difference,
        _fisher(ours, theirs, number.runs),
    )


def _fisher(ours: Share, theirs: int, runs: int) -> float:
    """The largest of Fisher's exact two-sided p-values over what the undecided runs may come to."""
    least, most, total = ours.successes, ours.successes + ours.undecided, ours.total
    nearest = min(max(round(theirs / runs * total), least), most)
    tables = ([[k, total - k], [theirs, runs - theirs]] for k in {least, most, nearest})
    return max(float(fisher_exact(table).pvalue) for table in tables)


def _where(difference: Interval) -> str:
    holds = difference[0] <= 0 <= difference[1]
    return f"difference [{difference[0]:+.4f}, {difference[1]:+.4f}] {'holds' if holds else 'leaves out'} 0"


def _apart(ours: float, interval: Interval, theirs: float, their_interval: Interval) -> Interval:
    """The interval of a difference of two independent estimates from their own intervals (Zou & Donner 2008)."""
    (low, high), (their_low, their_high) = interval, their_interval
    apart = ours - theirs
    return apart - math.hypot(ours - low, their_high - theirs), apart + math.hypot(high - ours, theirs - their_low)


# -------------------------------------------------------------------------------------------------------- restarts


def chain_law(p: float, chains: Chains) -> Array:
    """The probabilities of what a chain counts, 0, 1, 2 …, for success probability p of one run."""
    law = np.zeros(chains.runs + 2)
    weights = (1 - p) ** np.arange(chains.runs)
    law[chains.first : chains.first + chains.runs] = weights / weights.sum() if chains.failure is None else p * weights
    if chains.failure is not None:
        law[chains.failure] += (1 - p) ** chains.runs
    return law


def chain_mean(p: float, chains: Chains) -> float:
    """The expectation of what a chain counts; it falls as p rises."""
    law = chain_law(p, chains)
    return float(law @ np.arange(law.size))


def mean_p_value(ours: Share, chains: Chains, total: int, n: int) -> float:
    """p-value of n published chains that count ``total`` together, for runs that succeed as ours do.

    Twice the smaller tail, the largest over an exact interval of the success probability (Berger & Boos 1994).
    """
    low, high = _sure(ours)
    if chain_mean(high, chains) <= total / n <= chain_mean(low, chains):
        return 1.0
    return min(1.0, max(_tail(chain_law(p, chains), total, n) for p in (low, high)) + BEYOND)


def _tail(law: Array, total: int, n: int) -> float:
    whole = np.ones(1)
    for _ in range(n):
        whole = np.convolve(whole, law)
    return 2 * min(float(whole[: total + 1].sum()), float(whole[total:].sum()))


def _sure(ours: Share) -> Interval:
    """The Clopper-Pearson interval of the success probability, over what the undecided runs may come to."""
    low = binomtest(ours.successes, ours.total).proportion_ci(1 - BEYOND, "exact")[0]
    high = binomtest(ours.successes + ours.undecided, ours.total).proportion_ci(1 - BEYOND, "exact")[1]
    return float(low), float(high)


def compare_restarts(number: Published, setting: str, rule: str, ours: Share, chains: Chains, n: int) -> Row:
    """A published mean number of restarts of n chains beside the law of our runs."""
    assert number.value is not None
    law = chain_law(ours.fraction, chains)
    counts = np.arange(law.size)
    mean = float(law @ counts)
    deviation = math.sqrt(max(0.0, float(law @ counts**2) - mean**2))
    half = float(norm.isf(0.025)) * deviation / math.sqrt(n)
    interval = chain_mean(ours.interval[1], chains), chain_mean(ours.interval[0], chains)
    difference = _apart(mean, interval, number.value, (number.value - half, number.value + half))
    row = Row(
        number,
        "NOT COMPARABLE",
        f"{_where(difference)}, published taken as {n} chains",
        setting,
        rule,
        chains.name,
        mean,
        interval,
        ours.total,
        ours.undecided,
        difference,
    )
    if not attainable(number.value, number.decimals, n):
        printed = f"{number.value:.{number.decimals}f}"
        reason = f"if {number.runs} chains were run, no whole number of restarts in {n} of them has the mean {printed}"
        return replace(row, reason=reason)
    return replace(row, p_value=mean_p_value(ours, chains, round(number.value * n), n))


def compare_restart_success(number: Published, setting: str, rule: str, ours: Share, runs: int) -> Row:
    """A published share of chains that succeed beside that of our runs in chains of so many."""
    assert number.value is not None and number.runs is not None

    def within(p: float) -> float:
        return 1 - (1 - p) ** runs

    theirs, n = round(number.value * number.runs), number.runs
    interval = within(ours.interval[0]), within(ours.interval[1])
    difference = _apart(within(ours.fraction), interval, number.value, wilson(theirs, n))
    low, high = map(within, _sure(ours))
    p_value = 1.0
    if not low <= theirs / n <= high:
        p_value = min(1.0, max(float(binomtest(theirs, n, p).pvalue) for p in (low, high)) + BEYOND)
    return Row(
        number,
        "NOT COMPARABLE",
        f"{_where(difference)}, published taken as {theirs} of {n} chains",
        setting,
        rule,
        f"at most {runs} runs",
        within(ours.fraction),
        interval,
        ours.total,
        ours.undecided,
        difference,
        p_value,
    )


def _successful_chains(number: Published) -> int:
    """Published chains that succeed; all of them where no share of them is printed."""
    assert number.runs is not None
    key = number.game, number.design, number.arm
    for other in PUBLISHED:
        if (other.game, other.design, other.arm) == key and other.quantity == "restart success":
            return round((other.value or 0.0) * number.runs)
    return number.runs


# ----------------------------------------------------------------------------------------------------------- grids


def spread_of_shares(success: Labels) -> tuple[float, float]:
    """(standard deviation, degrees of freedom) of the share of one map whose cells have independent draws.

    Args:
        success: labels of at least two maps, shape (maps, cells).

    Source: Satterthwaite (1946), with the sample variances of the cells.
    """
    variances = success.var(axis=0, ddof=1)
    total = float(variances.sum())
    freedom = (len(success) - 1) * total**2 / float((variances**2).sum()) if total else math.nan
    return math.sqrt(total) / success.shape[1], freedom


def spread_of_numbers(sample: Array) -> tuple[float, float]:
    """(standard deviation, degrees of freedom) of a number of one map, from at least two, shape (maps,)."""
    return float(sample.std(ddof=1)), sample.size - 1.0


def compare_map(
    number: Published, setting: str, rule: str, sample: Array, spread: tuple[float, float], score: str | None = None
) -> Row:
    """A published number of one map beside those of at least two maps of our own, shape (maps,).

    Args:
        number: what was published.
        setting, rule, score: of the row.
        sample: ours.
        spread: standard deviation of one map, with its degrees of freedom.
    """
    assert number.value is not None
    (deviation, freedom), mean, maps = spread, float(sample.mean()), sample.size
    slack = max(0.5 * 10.0**-number.decimals, 0.0 if number.cells is None else 0.5 / number.cells)
    beyond = max(0.0, abs(mean - number.value) - slack)
    row = Row(number, "AGREES", "all maps are alike", setting, rule, score, mean, (mean, mean), maps)
    if deviation == 0:
        return replace(row, verdict="NOT COMPARABLE") if beyond else row
    quantile = float(student.ppf(0.975, freedom))
    of_mean, of_further = deviation / math.sqrt(maps), deviation * math.sqrt(1 + 1 / maps)
    half = quantile * of_further
    inside = beyond <= half
    verdict: Verdict = "AGREES" if inside else "DISAGREES"
    return replace(
        row,
        verdict=verdict if freedom >= FEWEST else "NOT COMPARABLE",
        reason=("" if freedom >= FEWEST else "too few maps: ")
        + f"standard deviation from map to map {deviation:.4f}; a further map lies in [{mean - half:.4f}, "
        f"{mean + half:.4f}] (95%), which {'holds' if inside else 'leaves out'} {number.value:g} +- {slack:.4f}",
        interval=(mean - quantile * of_mean, mean + quantile * of_mean),
        difference=(mean - number.value - half, mean - number.value + half),
        p_value=2 * float(student.sf(beyond / of_further, freedom)),
    )


def _compare_maps(number: Published, setting: Setting, rule: str, success: Labels, undecided: Labels) -> Row:
    assert number.value is not None and number.cells is not None
    if undecided.any():
        reason = f"{int(undecided.sum())} runs are not finite"
        return Row(number, "NOT COMPARABLE", reason, setting.name, rule, n=len(success), undecided=int(undecided.sum()))
    shares = success.mean(1)
    if not setting.reference:
        return compare_map(number, setting.name, rule, shares, spread_of_shares(success))
    return _reference(number, setting, rule, float(shares[0]))


def _reference(number: Published, setting: Setting, rule: str, ours: float, score: str | None = None) -> Row:
    reason = "reference: exact gradients, deterministic; published runs are sampled"
    apart = ours - (number.value or 0.0)
    return Row(number, "NOT COMPARABLE", reason, setting.name, rule, score, ours, None, 1, difference=(apart, apart))


# ---------------------------------------------------------------------------------------- alignment as a predictor


def alignment_scores(setting: Setting) -> dict[str, Array]:
    """Readings of "local alignment" at every cell of a grid of starts, each of shape (cells,).

    C is the peer-learning correction, as velocities of the probabilities x unless said otherwise; x* is the target, all
    probabilities 1. Its direction in log-odds is (1, 1), since the target is at infinity.
    """
    phi = draw(setting.experiment("pg", 1, 0))
    velocity = fields(setting.game(), "logit", phi)["C"]
    away = expit(-phi)
    product = (away * velocity).sum(0)
    length = np.linalg.norm(away, axis=0)
    return {
        "<C, x* - x>": product,
        "<C, x* - x> / |x* - x|": product / length,
        "cosine of C and x* - x": product / (length * np.linalg.norm(velocity, axis=0)),
        "C_1 + C_2 in log-odds": (velocity / (expit(phi) * away)).sum(0),
    }


def boundary_distance(setting: Setting, lines: int = 2001, halvings: int = 40) -> Array:
    """Distance in probabilities from every cell of a grid to the boundary of policy gradient's basin, shape (cells,).

    The basin is that of the published run with exact gradients; it holds with (p, q) every larger (p, q), as learning
    is cooperative. So its boundary is found by bisection in q on lines of constant p, and by symmetry in p.
    """
    experiment = setting.experiment("pg", 1, 0)
    learning = experiment.learning("pg")

    def reached(p: Array, q: Array) -> NDArray[np.bool_]:
        ends = trajectories(learning, logit(np.stack([p, q])), experiment.steps).ends
        return label(parse_success(experiment.success), learning, ends)[0]

    p = np.linspace(0, 1, lines + 2)[1:-1]
    low, high = np.full(p.size, 1e-9), np.full(p.size, 1 - 1e-9)
    crossed = reached(p, high) & ~reached(p, low)
    for _ in range(halvings):
        middle = (low + high) / 2
        above = reached(p, middle)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    curve = np.stack([p[crossed], high[crossed]], axis=1)
    cells = expit(draw(experiment)).T
    distance: Array = KDTree(np.concatenate([curve, curve[:, ::-1]])).query(cells)[0]
    return distance


def auc(score: Array, positive: Labels) -> float:
    """The probability that a positive cell has the higher score than a negative one, ties counted half."""
    if positive.all() or not positive.any():
        return math.nan
    statistic = float(mannwhitneyu(score[positive], score[~positive]).statistic)
    return statistic / (int(positive.sum()) * int((~positive).sum()))


def _predictions(numbers: Sequence[Published], reading: _Reading) -> Iterator[Row]:
    """AUCs of alignment for the cells gained by Meta-MAPG over policy gradient."""
    setting = reading.setting
    (_, kept, _), (rule, found, _) = reading.arms["PG"], reading.arms["Meta-MAPG"]
    distance = boundary_distance(replace(setting, changes=_exact(setting.changes)))
    everywhere = np.ones_like(kept)
    for number in numbers:
        for name, score in alignment_scores(setting).items():
            values = score / distance if number.arm == "alignment / margin" else score
            for where, among in (("all cells", everywhere), ("cells that PG loses", ~kept)):
                sample = np.array(
                    [auc(values[among[k]], (found & ~kept)[k][among[k]]) for k in range(len(kept))], dtype=float
                )
                words = f"{name}; {where}"
                if np.isnan(sample).any():
                    yield Row(number, "NOT COMPARABLE", "a map has no gained cell", setting.name, rule, words)
                elif setting.reference:
                    yield _reference(number, setting, rule, float(sample[0]), words)
                else:
                    yield compare_map(number, setting.name, rule, sample, spread_of_numbers(sample), words)


def _exact(changes: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in changes if name not in ("gradient", "batch"))


# ------------------------------------------------------------------------------------------------------------ rows


def _rows(numbers: Sequence[Published], reading: _Reading) -> Iterator[Row]:
    setting = reading.setting
    for number in numbers:
        if number.design != setting.design or number.not_run or number.arm not in reading.arms:
            continue
        rule, success, undecided = reading.arms[number.arm]
        if setting.on_grid:
            yield _compare_maps(number, setting, rule, success, undecided)
            continue
        ours = share(success[0], undecided[0])
        if setting.design == "restarts":
            rows = list(_chains(number, setting.name, rule, ours))
        else:
            rows = [compare_share(number, setting.name, rule, ours)]
        yield from (_as_reference(row) for row in rows) if setting.reference else rows
    if setting.design == "grid 51":
        yield from _predictions([number for number in numbers if number.quantity == "alignment AUC"], reading)


def _chains(number: Published, setting: str, rule: str, ours: Share) -> Iterator[Row]:
    if number.quantity == "restart success":
        for runs in sorted({chains.runs for chains in CHAINS}):
            yield compare_restart_success(number, setting, rule, ours, runs)
        return
    assert number.runs is not None
    for chains in CHAINS:
        n = number.runs if chains.failure is not None else _successful_chains(number)
        yield compare_restarts(number, setting, rule, ours, chains, n)


def _as_reference(row: Row) -> Row:
    return replace(row, reason=f"reference: exact gradients, published runs are sampled; {row.reason}", p_value=None)


# ------------------------------------------------------------------------------------------------- noise variance


def noise_traces(batches: Sequence[int] = VARIANCE_BATCHES) -> list[float]:
    """E‖ξ‖² of the published joint update in Stag Hunt at p = q = 1/2, exactly, for every batch size."""
    game = stag_hunt().instance()
    program = in_probabilities(sample_program(game, "logit"), game)
    coefficients = {alpha: Rational(11, 20), own_coefficient: Rational(7, 20), peer_coefficient: Rational(3, 2)}
    middle = {symbol: Rational(1, 2) for row in parameters(game, "direct") for symbol in row}
    update = SampledUpdate.at(program, coefficients | middle | dict(game.parameters), "shared")
    noise = update.moments.noise(update.joint)
    return [float(exact.from_fmpq(at_size(noise, batch))) for batch in batches]


def scatter(values: Sequence[float], batches: Sequence[int] = VARIANCE_BATCHES) -> float:
    """Standard deviation of log(B · variance), 0 for variances that fall as 1/B."""
    return float(np.log(np.array(values) * np.array(batches)).std(ddof=1))


def _variances(numbers: Sequence[Published]) -> Iterator[Row]:
    if not numbers:
        return
    printed = [number.value or 0.0 for number in numbers]
    wide = scatter(printed)
    # A trace over two parameters from K draws has a relative variance of 1/(K - 1) to 2/(K - 1), if nearly normal.
    draws = round(1 + 1 / wide**2), round(1 + 2 / wide**2)
    for number, batch, ours in zip(numbers, VARIANCE_BATCHES, noise_traces(), strict=True):
        assert number.value is not None
        reason = (
            f"point, update and draws behind the number are unknown; exact at p = q = 1/2: B times it is "
            f"{batch * ours:.3g}, published {batch * number.value:.3g}; the five published ones scatter by {wide:.0%} "
            f"around a law c/B, as from some {draws[0]} to {draws[1]} draws each"
        )
        yield Row(number, "NOT COMPARABLE", reason, "exact second moments, p = q = 1/2", "meta", None, ours)
