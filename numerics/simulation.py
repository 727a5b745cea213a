"""The verb ``simulate``: run every method of an experiment from the same starts and label the ends.

Starts depend on the seed alone, so every method sees the same ones and adding a method changes no other's result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from numerics import basins, inits, oracle, starts
from numerics.basins import Labels, LateTravel, Oracle
from numerics.compile import Array
from numerics.dynamics import BLOCK, Learning, run
from numerics.experiments import Experiment
from numerics.exploitability import exploitability
from numerics.outcomes import MethodResult, Outcome, Paired
from numerics.statistics import paired_difference, share
from theory.games import DifferentiableGame

Progress = Callable[[str, int, int], None]


def simulate(experiment: Experiment, progress: Progress | None = None, every: int | None = None) -> Outcome:
    """Run every method from the same starts with exact gradients.

    Args:
        experiment: the settings.
        progress: called as ``progress(method, steps done, steps in all)``, counting over blocks of starts.
        every: keep φ after every so many steps as ``paths``; nothing is kept by default.

    Raises:
        BadInput: starts or a criterion that the game does not allow.
    """
    first = starts.draw(experiment)
    _label(experiment, experiment.learning(experiment.methods[0]), first[:, :0])  # refuse a meaningless criterion early
    results = [_run_method(experiment, method, first, progress, every) for method in experiment.methods]
    pairs = [] if results[0].discretisation is not None else _pairs(results)
    return Outcome(experiment, tuple(results), tuple(pairs), first)


def _run_method(
    experiment: Experiment, method: str, first: Array, progress: Progress | None, every: int | None
) -> MethodResult:
    game, policy = experiment.game, experiment.coordinates
    learning = experiment.learning(method)
    watch = _Watch(learning, experiment.steps, first, progress, every)
    ends = run(learning, first, experiment.steps, watch)
    success, undecided = _label(experiment, learning, ends)
    init = inits.parse(experiment.init)
    finite = np.isfinite(ends).all(0)
    gains = None if isinstance(game, DifferentiableGame) else exploitability(game, policy, ends)
    return MethodResult(
        method=method,
        share=share(success, undecided),
        discretisation=basins.discretisation_bound(init, success) if isinstance(init, inits.Grid) else None,
        ends=basins.class_of_ends(game, policy, ends, watch.travel.total),
        welfare=_mean(basins.mean_values(game, policy, ends).sum(0)[finite]),
        exploitability=None if gains is None else _mean(gains[finite]),
        success=success,
        undecided=undecided,
        end=ends,
        paths=watch.frames,
    )


def _label(experiment: Experiment, learning: Learning, ends: Array) -> tuple[Labels, Labels]:
    success = basins.parse_success(experiment.success)
    if isinstance(success, Oracle):
        return oracle.in_target_basin(learning, ends)
    return basins.succeeded(success, experiment.game, experiment.coordinates, ends)


def _mean(values: Array) -> float | None:
    return float(values.mean()) if values.size else None


def _pairs(results: Sequence[MethodResult]) -> list[Paired]:
    """Every later method against every earlier one, so that ``difference`` reads as a gain over the first named."""
    return [
        Paired(b.method, a.method, paired_difference(b.success, a.success, b.undecided, a.undecided))
        for a, b in combinations(results, 2)
    ]


@dataclass
class _Watch:
    """Sees every step of a run: late travel, kept frames, progress."""

    learning: Learning
    steps: int
    first: Array
    progress: Progress | None
    every: int | None

    def __post_init__(self) -> None:
        self.travel = LateTravel(self.learning.game, self.learning.policy, self.steps, self.first.shape[1])
        kept = 0 if self.every is None else self.steps // self.every + 1
        self.frames = np.empty((kept, *self.first.shape)) if kept else np.empty(0)

    def __call__(self, number: int, columns: slice, phi: Array) -> None:
        self.travel(number, columns, phi)
        if self.every is not None and number % self.every == 0:
            self.frames[number // self.every][:, columns] = phi
        if self.progress is not None and number % max(1, self.steps // 20) == 0:
            blocks = -(-self.first.shape[1] // BLOCK)
            self.progress(self.learning.rule, columns.start // BLOCK * self.steps + number, blocks * self.steps)
