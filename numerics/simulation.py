"""The verb ``simulate``: run every method of an experiment from the same starts and label the ends.

Starts and draws depend on the seed alone, so every method sees the same ones and adding a method changes no other's
result. The work is done in chunks (:mod:`numerics.chunks`), by threads or a cluster's workers, however many, with the
same bits. What chunks add up to (:mod:`numerics.tallies`) needs no memory for single starts; these are kept on request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from threading import Lock

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from numerics import basins, inits, starts
from numerics.chunks import Chunk, block_length, chunks, label, number_of_chunks, settings
from numerics.cluster import connected
from numerics.experiments import Experiment
from numerics.kernels import supported
from numerics.outcomes import MethodResult, Outcome, Paired
from numerics.statistics import SUCCEEDED, Counts, difference_of_counts, pair_counts, share_of_counts
from numerics.store import Arrays, Store, StoredParts
from numerics.tallies import Tally, tally
from numerics.threads import available

Progress = Callable[[str, int, int], None]
Codes = NDArray[np.uint8]
_PREPARING = Lock()


def simulate(
    experiment: Experiment,
    progress: Progress | None = None,
    every: int | None = None,
    store: Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    keep: bool = True,
) -> Outcome:
    """Run every method from the same starts.

    Args:
        experiment: the settings.
        progress: called as ``progress(method, start-steps done, start-steps in all)``.
        every: keep φ after every so many steps as ``paths``; nothing is kept by default.
        store: folder in which finished chunks are kept, and taken from if they are there; by default none is.
        workers: threads that share the chunks; by default one per processor available.
        cluster: address of a Dask scheduler whose workers share the chunks instead.
        keep: hold the arrays of single starts in memory. If not, the outcome reads them from the store when they are
            asked for, and has none if there is no store; memory then does not grow with the number of starts.

    Raises:
        BadInput: starts or a criterion that the game does not allow, or a cluster that does not answer or would give
            other bits.
        StorageError: the store cannot be written.
    """
    _refuse_meaningless(experiment)
    stores = {} if store is None else {
        method: Store.open(store, settings(experiment, method, every)) for method in experiment.methods
    }  # fmt: skip
    gathered = _Gathered(experiment, every, keep)
    counter = _Counter(progress, starts.total(experiment) * experiment.steps * len(experiment.methods))
    parts = chunks(experiment, every)
    if cluster is None:
        done = _by_threads(experiment, every, parts, stores, counter, keep, workers or available())
    else:
        done = _by_cluster(cluster, parts, stores, counter, keep)
    for found in done:
        gathered.add(found)
    return gathered.outcome(stores)


def _refuse_meaningless(experiment: Experiment) -> None:
    """Look at no start at all, to refuse meaningless starts or a meaningless criterion before the work."""
    nothing = starts.draw(experiment, 0, 1)[:, :0]
    for method in experiment.methods:
        label(basins.parse_success(experiment.success), experiment.learning(method), nothing)


# ------------------------------------------------------------------------------------------------------------- chunks


@dataclass(frozen=True)
class Finished:
    """A chunk that is done.

    Attributes:
        part: which.
        tally: its counts and sums.
        codes: outcome of each of its starts, shape (starts,).
        arrays: its arrays, or ``None`` if nobody asked for them.
    """

    part: Chunk
    tally: Tally
    codes: Codes
    arrays: Arrays | None


def finished(part: Chunk, arrays: Arrays, keep: bool) -> Finished:
    """A chunk with its arrays added up, and the arrays themselves if they are to be kept."""
    return Finished(part, *tally(part.experiment, arrays), arrays if keep else None)


def _by_threads(
    experiment: Experiment,
    every: int | None,
    parts: Iterator[Chunk],
    stores: dict[str, Store],
    counter: _Counter,
    keep: bool,
    workers: int,
) -> Iterator[Finished]:
    """In any order."""
    if experiment.gradient == "exact":
        for method in experiment.methods:  # before threads ask for the same kernel at once
            supported(experiment.learning(method))
    count = min(workers, number_of_chunks(experiment, every))
    threads = max(1, workers // count)

    def finish(part: Chunk) -> Finished:
        found = _stored(part, stores)
        if found is None:
            found = part.compute(threads, lambda more: counter.add(part.method, more))
            if part.method in stores:
                stores[part.method].save(part.name, found)
        else:
            counter.add(part.method, part.work)
        return finished(part, found, keep)

    done = Parallel(count, prefer="threads", return_as="generator_unordered")(delayed(finish)(part) for part in parts)
    return iter(done)


def _by_cluster(
    address: str, parts: Iterator[Chunk], stores: dict[str, Store], counter: _Counter, keep: bool
) -> Iterator[Finished]:
    """In any order; the store is here, not at the workers."""
    missing = []
    for part in parts:
        arrays = _stored(part, stores)
        if arrays is None:
            missing.append(part)
        else:
            counter.add(part.method, part.work)
            yield finished(part, arrays, keep)
    if not missing:
        return
    with connected(address) as cluster:
        for found in cluster.share_out(_remotely, missing, keep or bool(stores)):
            part = found.part
            if part.method in stores:
                assert found.arrays is not None
                stores[part.method].save(part.name, found.arrays)
            counter.add(part.method, part.work)
            yield found if keep else replace(found, arrays=None)


def _remotely(part: Chunk, keep: bool) -> Finished:
    """At a cluster's worker, where several threads may ask for the same kernel at once."""
    if part.experiment.gradient == "exact":
        with _PREPARING:
            supported(part.experiment.learning(part.method))
    return finished(part, part.compute(), keep)


def _stored(part: Chunk, stores: dict[str, Store]) -> Arrays | None:
    return stores[part.method].load(part.name) if part.method in stores else None


class _Counter:
    """Adds up what all workers report."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total = progress, total
        self._done, self._lock = 0, Lock()

    def add(self, method: str, more: int) -> None:
        if self._progress is not None:
            with self._lock:
                self._done += more
                self._progress(method, self._done, self._total)


# ------------------------------------------------------------------------------------------------------------- results


class _Gathered:
    """Chunks in any order, added up; single starts only as long as another method on the same starts is missing."""

    def __init__(self, experiment: Experiment, every: int | None, keep: bool) -> None:
        self._experiment, self._every, self._keep = experiment, every, keep
        self._total, self._block = starts.total(experiment), block_length(experiment, every)
        self._grid = isinstance(inits.parse(experiment.init), inits.Grid)
        self._tallies: dict[str, Tally] = {}
        self._pairs: dict[tuple[str, str], Counts] = {}
        self._waiting: dict[int, dict[str, Codes]] = {}  # outcomes on a block of starts, by method
        self._missing: dict[int, int] = {}  # of these, how many
        self._labels: dict[str, NDArray[np.bool_]] = {
            method: np.zeros(self._total, dtype=bool) for method in (experiment.methods if self._grid else ())
        }
        self._arrays: dict[str, dict[int, Arrays]] = {method: {} for method in experiment.methods}

    def add(self, found: Finished) -> None:
        part, method = found.part, found.part.method
        before = self._tallies.get(method)
        self._tallies[method] = found.tally if before is None else before + found.tally
        if self._keep:
            assert found.arrays is not None
            self._arrays[method][part.first] = found.arrays
        if self._grid:
            self._labels[method][part.first : part.last] = found.codes == SUCCEEDED
        else:
            self._pair(part, found.codes)

    def _pair(self, part: Chunk, codes: Codes) -> None:
        begin = part.first // self._block * self._block
        length, methods = min(self._block, self._total - begin), self._experiment.methods
        rows = self._waiting.setdefault(begin, {method: np.empty(length, dtype=np.uint8) for method in methods})
        rows[part.method][part.first - begin : part.last - begin] = codes
        self._missing[begin] = self._missing.get(begin, length * len(methods)) - len(codes)
        if self._missing[begin]:
            return
        for pair in combinations(methods, 2):
            counts = pair_counts(rows[pair[1]], rows[pair[0]])
            self._pairs[pair] = self._pairs.get(pair, 0) + counts
        del self._waiting[begin], self._missing[begin]

    def outcome(self, stores: dict[str, Store]) -> Outcome:
        """Of all chunks. Every later method is set against every earlier one: a difference is a gain over the first."""
        results = tuple(self._result(method, stores.get(method)) for method in self._experiment.methods)
        pairs = (
            Paired(b, a, difference_of_counts(self._pairs[a, b])) for a, b in combinations(self._experiment.methods, 2)
        )
        return Outcome(self._experiment, results, () if self._grid else tuple(pairs))

    def _result(self, method: str, store: Store | None) -> MethodResult:
        found = self._tallies[method]
        init = inits.parse(self._experiment.init)
        return MethodResult(
            method=method,
            share=share_of_counts(found.outcomes),
            discretisation=basins.discretisation_bound(init, self._labels[method])
            if isinstance(init, inits.Grid)
            else None,
            ends=dict(sorted(found.ends.items())),
            welfare=found.welfare.mean,
            exploitability=found.exploitability.mean,
            parts=self._parts(method, store),
        )

    def _parts(self, method: str, store: Store | None) -> Sequence[Arrays]:
        if self._keep:
            kept = self._arrays.pop(method)
            parts = [kept[first] for first in sorted(kept)]
            return ({name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]},)
        if store is None:
            return ()
        names = (part.name for part in chunks(self._experiment, self._every) if part.method == method)
        return StoredParts(store, tuple(names))
