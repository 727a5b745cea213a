"""The verb ``simulate``: run every method of an experiment from the same starts and label the ends.

Starts and draws depend on the seed alone, so every method sees the same ones and adding a method changes no other's
result. The work is done in chunks (:mod:`numerics.chunks`), by any number of workers, with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from numerics import basins, inits, starts
from numerics.chunks import Chunk, chunks, label, settings
from numerics.compile import Array
from numerics.experiments import Experiment
from numerics.kernels import supported
from numerics.outcomes import MethodResult, Outcome, Paired
from numerics.statistics import paired_difference, share
from numerics.store import Store
from numerics.threads import available
from theory.games import DifferentiableGame

Progress = Callable[[str, int, int], None]
Arrays = dict[str, NDArray[Any]]


def simulate(
    experiment: Experiment,
    progress: Progress | None = None,
    every: int | None = None,
    store: Path | None = None,
    workers: int | None = None,
) -> Outcome:
    """Run every method from the same starts.

    Args:
        experiment: the settings.
        progress: called as ``progress(method, start-steps done, start-steps in all)``.
        every: keep φ after every so many steps as ``paths``; nothing is kept by default.
        store: folder in which finished chunks are kept, and taken from if they are there; by default none is.
        workers: threads that share the chunks; by default one per processor available.

    Raises:
        BadInput: starts or a criterion that the game does not allow, or a store that cannot be written.
    """
    first = starts.draw(experiment)
    _refuse_meaningless(experiment, first)
    parts = chunks(experiment, every)
    stores = {} if store is None else {
        method: Store.open(store, settings(experiment, method, every)) for method in experiment.methods
    }  # fmt: skip
    if experiment.gradient == "exact":
        for method in experiment.methods:  # before threads ask for the same kernel at once
            supported(experiment.learning(method))
    count = min(workers or available(), len(parts))
    threads = max(1, (workers or available()) // count)
    tally = _Tally(progress, sum(part.last - part.first for part in parts) * experiment.steps)
    done = Parallel(count, prefer="threads")(
        delayed(_finished)(part, stores.get(part.method), threads, tally) for part in parts
    )
    results = [
        _result(experiment, method, [arrays for part, arrays in zip(parts, done, strict=True) if part.method == method])
        for method in experiment.methods
    ]
    pairs = [] if results[0].discretisation is not None else _pairs(results)
    return Outcome(experiment, tuple(results), tuple(pairs), first)


def _refuse_meaningless(experiment: Experiment, first: Array) -> None:
    """Look at no start at all, to refuse a meaningless criterion before the work."""
    for method in experiment.methods:
        label(basins.parse_success(experiment.success), experiment.learning(method), first[:, :0])


def _finished(part: Chunk, store: Store | None, threads: int, tally: _Tally) -> Arrays:
    found = None if store is None else store.load(part.name)
    if found is None:
        found = part.compute(threads, lambda more: tally.add(part.method, more))
        if store is not None:
            store.save(part.name, found)
    else:
        tally.add(part.method, (part.last - part.first) * part.experiment.steps)
    return found


class _Tally:
    """Adds up what all workers report."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total = progress, total
        self._done, self._lock = 0, Lock()

    def add(self, method: str, more: int) -> None:
        if self._progress is not None:
            with self._lock:
                self._done += more
                self._progress(method, self._done, self._total)


def _result(experiment: Experiment, method: str, parts: Sequence[Arrays]) -> MethodResult:
    """One method's outcome from its chunks in order."""
    game, policy = experiment.game, experiment.coordinates
    ends, travelled, success, undecided, welfare, gains, paths = (
        np.concatenate([part[name] for part in parts], axis=-1)
        for name in ("ends", "travelled", "success", "undecided", "welfare", "exploitability", "paths")
    )
    init = inits.parse(experiment.init)
    finite = np.isfinite(ends).all(0)
    return MethodResult(
        method=method,
        share=share(success, undecided),
        discretisation=basins.discretisation_bound(init, success) if isinstance(init, inits.Grid) else None,
        ends=basins.class_of_ends(game, policy, ends, travelled),
        welfare=_mean(welfare[finite]),
        exploitability=None if isinstance(game, DifferentiableGame) else _mean(gains[finite]),
        success=success,
        undecided=undecided,
        end=ends,
        paths=paths,
    )


def _mean(values: Array) -> float | None:
    return float(values.mean()) if values.size else None


def _pairs(results: Sequence[MethodResult]) -> list[Paired]:
    """Every later method against every earlier one, so that ``difference`` reads as a gain over the first named."""
    return [
        Paired(b.method, a.method, paired_difference(b.success, a.success, b.undecided, a.undecided))
        for a, b in combinations(results, 2)
    ]
