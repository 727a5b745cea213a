"""The paper's published numbers, run again under its settings with more seeds, and a verdict on each.

What is run, and which readings there are where the paper leaves something open, stands in
:mod:`numerics.paper_settings`. Every number is compared under every reading. Of many readings some agree by chance, so
a reading of a table stands for the whole table (:func:`by_reading`).

How shares are compared, and what a family is, stands in :mod:`numerics.paper_comparison`; restarts in
:mod:`numerics.paper_restarts`; grids and AUCs in :mod:`numerics.paper_maps`. NOT COMPARABLE besides what is said there:
a reference; a number whose setting or law is unknown or which nothing here can compute.

AGREES means compatible with what so many published runs can tell, which may be little: see the differences.

Two independent sets of draws are compared, never starts one by one: the published starts are not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Rational

from numerics import annealing
from numerics.basins import Labels, parse_success
from numerics.chunks import label
from numerics.compile import Array
from numerics.experiments import Experiment
from numerics.paper_comparison import by_holm, compare_share
from numerics.paper_maps import compare_grid, predictions
from numerics.paper_restarts import compare_chains
from numerics.paper_settings import PUBLISHED, SETTINGS, VARIANCE_BATCHES, Published, Setting
from numerics.reproduction import Number, Row
from numerics.sampled import sampled_run
from numerics.starts import draw
from numerics.statistics import share
from numerics.stretches import advance
from numerics.threads import available
from theory import exact
from theory.games import stag_hunt
from theory.policies import in_probabilities, parameters
from theory.published import COEFFICIENTS
from theory.sampling.estimators import SampledUpdate, sample_program
from theory.sampling.moments import at_size

Progress = Callable[[str, int, int], None]


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
    runs = run_arms([setting for setting in SETTINGS if setting.game().name == game], count, seed, maps, progress)
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


def run_arms(
    settings: Sequence[Setting], count: int, seed: int, maps: int = 1, progress: Progress | None = None
) -> Runs:
    """Run every arm of some settings, all from the same starts and draws.

    Args: as :func:`reproduction`.

    Returns:
        (success, undecided) by setting and arm, arrays of shape (repeats, starts): ``maps`` repeats on a grid, else 1.
    """
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


# ------------------------------------------------------------------------------------------------------------ rows


def _rows(numbers: Sequence[Published], reading: _Reading) -> Iterator[Row]:
    setting = reading.setting
    for number in numbers:
        if number.design != setting.design or number.not_run or number.arm not in reading.arms:
            continue
        rule, success, undecided = reading.arms[number.arm]
        if setting.on_grid:
            yield compare_grid(number, setting, rule, success, undecided)
            continue
        ours = share(success[0], undecided[0])
        if setting.design == "restarts":
            rows = list(compare_chains(number, setting.name, rule, ours))
        else:
            rows = [compare_share(number, setting.name, rule, ours)]
        yield from (_as_reference(row) for row in rows) if setting.reference else rows
    if setting.design == "grid 51":
        predicted = [number for number in numbers if number.quantity == "alignment AUC"]
        yield from predictions(predicted, setting, reading.arms)


def _as_reference(row: Row) -> Row:
    return replace(row, reason=f"reference: exact gradients, published runs are sampled; {row.reason}", p_value=None)


# ------------------------------------------------------------------------------------------------- noise variance


def noise_traces(batches: Sequence[int] = VARIANCE_BATCHES) -> list[float]:
    """E‖ξ‖² of the published joint update in Stag Hunt at p = q = 1/2, exactly, for every batch size."""
    game = stag_hunt().instance()
    program = in_probabilities(sample_program(game, "logit"), game)
    middle = {symbol: Rational(1, 2) for row in parameters(game, "direct") for symbol in row}
    update = SampledUpdate.at(program, COEFFICIENTS | middle | dict(game.parameters), "shared")
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
