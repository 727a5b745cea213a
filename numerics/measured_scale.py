"""What a computation costs as it grows: the measured figures, kept as JSON, from which all else is drawn.

There are three kinds: curves of one joint step (:mod:`numerics.scaling`), whole runs of ``simulate``, and single tasks
of a cluster. :mod:`numerics.scale_measurements` measures them, :mod:`numerics.scale_pages` shows them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from numerics.scaling import Curve, Measured, Points

STEP, RUN, MEMORY = "seconds of a joint step", "seconds of a whole run", "MB of a whole run"


@dataclass(frozen=True)
class WholeRun:
    """One ``simulate`` that keeps nothing of single starts.

    Attributes:
        starts: how many.
        workers: threads.
        updates: learner-updates in it.
        seconds: from the call to the outcome; kernels are loaded before.
        memory: most bytes that the process held at once.
        start_up: seconds to start Python, import the packages and load the kernel.
    """

    starts: int
    workers: int
    updates: int
    seconds: float
    memory: int
    start_up: float


@dataclass(frozen=True)
class Task:
    """One chunk in one thread, as a cluster's worker does it.

    Attributes:
        name: what runs.
        starts: in the chunk.
        steps: of each start.
        updates: learner-updates in it.
        seconds: from drawing the starts to counting the ends.
        stored: bytes of its file in a store.
        saving: seconds to write that file.
    """

    name: str
    starts: int
    steps: int
    updates: int
    seconds: float
    stored: int
    saving: float


@dataclass(frozen=True)
class Scheduling:
    """What Dask costs.

    Attributes:
        tasks: empty tasks that were run.
        threads: for them, all on one machine with scheduler and client.
        seconds: of scheduler and client for each task.
    """

    tasks: int
    threads: int
    seconds: float


@dataclass(frozen=True)
class Panel:
    """Curves over one axis.

    Attributes:
        x: what grows.
        y: what it costs: :data:`STEP`, :data:`RUN` or :data:`MEMORY`.
        curves: points by name.
    """

    x: str
    y: str
    curves: Mapping[str, Points]


@dataclass(frozen=True)
class Scale:
    """All that was measured.

    Attributes:
        machine: processor, how many, and the load.
        versions: of Python and the packages that matter.
        steps: by axis and name, curves of seconds of a joint step of all starts.
        runs: whole runs; one number of starts with every number of workers.
        tasks: chunks.
        scheduling: of empty tasks.
    """

    machine: str
    versions: Mapping[str, str]
    steps: Mapping[str, Mapping[str, Curve]]
    runs: tuple[WholeRun, ...]
    tasks: tuple[Task, ...]
    scheduling: Scheduling

    @property
    def by_starts(self) -> list[WholeRun]:
        """Runs with the largest number of workers."""
        most = max(run.workers for run in self.runs)
        return sorted((run for run in self.runs if run.workers == most), key=lambda run: run.starts)

    @property
    def by_workers(self) -> list[WholeRun]:
        """Runs of the one number of starts that was run by every number of workers."""
        ((count, _),) = Counter(run.starts for run in self.runs).most_common(1)
        return sorted((run for run in self.runs if run.starts == count), key=lambda run: run.workers)

    @property
    def efficiency(self) -> float:
        """Speed-up of the largest number of workers over one, divided by their number."""
        one, most = self.by_workers[0], self.by_workers[-1]
        return one.seconds / (most.workers * most.seconds)

    @property
    def panels(self) -> list[Panel]:
        """Everything drawn: one panel for each axis of the joint step, then the whole runs."""
        name = "Stag Hunt"
        return [
            *(
                Panel(axis, STEP, {name: [(m.x, m.seconds) for m in curve] for name, curve in curves.items()})
                for axis, curves in self.steps.items()
            ),
            Panel("starts", RUN, {name: [(run.starts, run.seconds) for run in self.by_starts]}),
            Panel("starts", MEMORY, {name: [(run.starts, run.memory / 1e6) for run in self.by_starts]}),
            Panel("workers", RUN, {name: [(run.workers, run.seconds) for run in self.by_workers]}),
        ]

    def to_json(self) -> str:
        """Text of the file."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read(text: str) -> Scale:
    """What :meth:`Scale.to_json` wrote."""
    content = json.loads(text)
    steps = {
        axis: {name: tuple(Measured(**point) for point in curve) for name, curve in curves.items()}
        for axis, curves in content["steps"].items()
    }
    runs = tuple(WholeRun(**run) for run in content["runs"])
    tasks = tuple(Task(**task) for task in content["tasks"])
    scheduling = Scheduling(**content["scheduling"])
    return Scale(**{**content, "steps": steps, "runs": runs, "tasks": tasks, "scheduling": scheduling})
