"""Measures what :mod:`numerics.measured_scale` keeps, in a few minutes.

Needs Linux, which tells a process's memory, and the extra ``cluster``. Linear algebra is to run in one thread
(``OPENBLAS_NUM_THREADS=1``, as under ``make bench``).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory
from time import perf_counter

from numerics import scaling
from numerics.chunks import Chunk, chunk_length
from numerics.cluster import connected
from numerics.dynamics import Learning
from numerics.experiments import MOST_STARTS, Experiment
from numerics.measured_scale import Scale, Scheduling, Task, WholeRun
from numerics.scaling import Curve, along, best_seconds, by_batch, compiled, learning, machine, solved
from numerics.simulation import finished, simulate
from numerics.store import Store
from numerics.threads import available
from theory.games import Game, ipd, ipd_finite, stag_hunt

# The outer step is so small that no start comes to rest, after which it would cost nothing.
_SLOW = Experiment(stag_hunt(), "initial-cooperation:0.82", methods=("meta",), lr=1e-6)
RUN = replace(_SLOW, steps=100)
TASKS = {
    "Stag Hunt": _SLOW,
    "memory-one IPD": replace(_SLOW, game=ipd()),
    "finite IPD, sampled": replace(_SLOW, game=ipd_finite(), form="expanded", gradient="sampled"),
}
PACKAGES = ("numpy", "scipy", "numba", "distributed")
STATES = (16, 32, 64, 128, 256, 512, 1000)
STARTS = (10**4, 10**5, 10**6, 10**7, 10**8)
STARTS_BY_WORKERS = 10**6
EMPTY_TASKS, AT_ONCE = 1000, 16  # so many threads keep scheduler and client busy
_DIGITS = 4


def measure(repeats: int) -> Scale:
    """Everything.

    Args:
        repeats: of each short measurement, the fastest counts.
    """
    return Scale(
        machine=machine(),
        versions={"python": python_version(), **{name: version(name) for name in PACKAGES}},
        scheduling=scheduling(EMPTY_TASKS, AT_ONCE),
        tasks=tuple(task(name, experiment) for name, experiment in TASKS.items()),
        runs=whole_runs(),
        steps=joint_steps(repeats),
    )


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


# ------------------------------------------------------------------------------------------------------- joint steps


def joint_steps(repeats: int) -> dict[str, dict[str, Curve]]:
    """Exact unrolled Meta-MAPG in log-odds, L = 1 where L does not vary; what takes long is repeated less."""
    fewer = max(1, repeats // 5)
    hunters, prisoners = scaling.CASES["stag-hunt unrolled"].rule, scaling.CASES["ipd logit"].rule
    found = {
        "states": {"linear algebra": along(_games(scaling.circle, STATES), solved, 4, fewer)},
        "players": {
            "compiled": along(_games(scaling.hunt, range(2, 6)), compiled, 64, repeats),
            "linear algebra": along(_games(scaling.hunt, range(2, 7)), solved, 64, fewer),
        },
        "actions": {
            "compiled": along(_games(scaling.meeting, (2, 3, 4, 6)), compiled, 64, repeats),
            "linear algebra": along(_games(scaling.meeting, (2, 3, 4, 6, 8, 12, 16)), solved, 64, fewer),
        },
        "inner steps L": {
            "Stag Hunt, compiled": along(_unrolled(hunters, (1, 2, 4, 8, 16, 32, 50)), compiled, 64, repeats),
            "IPD, compiled": along(_unrolled(prisoners, (1, 2, 4)), compiled, 64, repeats),
            "IPD, linear algebra": along(_unrolled(prisoners, (1, 2, 4, 8, 16, 32, 50)), solved, 64, fewer),
        },
        "starts at once": {
            "Stag Hunt": by_batch(hunters, [4**k for k in range(10)], repeats)
            + by_batch(hunters, [4**k for k in range(10, 13)], fewer),
            "IPD": by_batch(prisoners, [4**k for k in range(10)], repeats),
        },
    }
    return {
        axis: {name: tuple(replace(m, seconds=_rounded(m.seconds)) for m in curve) for name, curve in curves.items()}
        for axis, curves in found.items()
    }


def _games(game: Callable[[int], Game], sizes: Iterable[int]) -> dict[int, Learning]:
    return {size: learning(game(size), "logit") for size in sizes}


def _unrolled(rule: Learning, lengths: Iterable[int]) -> dict[int, Learning]:
    return {length: replace(rule, unroll=length) for length in lengths}


# -------------------------------------------------------------------------------------------------------- whole runs


def whole_runs() -> tuple[WholeRun, ...]:
    """By number of starts with all processors, and one number of starts with every number of workers."""
    cases = [(count, available()) for count in STARTS if count <= MOST_STARTS]
    cases += [(STARTS_BY_WORKERS, workers) for workers in range(1, available())]
    return tuple(whole_run(*case) for case in cases)


def whole_run(count: int, workers: int) -> WholeRun:
    """In a process of its own, so that its memory is seen; the fastest of three if it is short."""
    runs = [_in_a_process(count, workers) for _ in range(3 if count <= STARTS_BY_WORKERS else 1)]
    return min(runs, key=lambda run: run.seconds)


def _in_a_process(count: int, workers: int) -> WholeRun:
    script = f"from numerics.scale_measurements import run_here; run_here({count}, {workers})"
    begin = perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    spent = perf_counter() - begin
    told = json.loads(done.stdout)
    start_up = _rounded(spent - told["seconds"])
    updates = RUN.game.players * count * RUN.steps
    return WholeRun(count, workers, updates, _rounded(told["seconds"]), told["memory"], start_up)


def run_here(count: int, workers: int) -> None:
    """Run, and print the seconds and the most bytes that this process has held."""
    simulate(replace(RUN, count=1, steps=1), keep=False)  # load the kernel
    begin = perf_counter()
    simulate(replace(RUN, count=count), workers=workers, keep=False)
    seconds = perf_counter() - begin
    print(json.dumps({"seconds": seconds, "memory": most_memory()}))


def most_memory() -> int:
    """Most bytes that this process has held; ``getrusage`` may tell those of the process that started it."""
    (kilobytes,) = re.findall(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.M)
    return 1024 * int(kilobytes)


# ------------------------------------------------------------------------------------------------------------- tasks


def task(name: str, experiment: Experiment) -> Task:
    """The first chunk of an experiment; the fastest of three."""
    (method,) = experiment.methods
    length = chunk_length(experiment, method)
    part = Chunk(replace(experiment, count=length), method, 0, length, None)
    Chunk(replace(experiment, count=1, steps=1), method, 0, 1, None).compute()  # compile
    seconds = best_seconds(lambda: finished(part, part.compute(), keep=False), 3)
    arrays = part.compute()
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        saving = best_seconds(lambda: store.save(part.name, arrays), 3)
        (file,) = Path(folder).iterdir()
        stored = file.stat().st_size
    updates = experiment.game.players * length * experiment.steps
    return Task(name, length, experiment.steps, updates, _rounded(seconds), stored, _rounded(saving))


def scheduling(tasks: int, threads: int) -> Scheduling:
    """What a task that does nothing takes scheduler and client, with a worker of so many threads."""
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=threads, dashboard_address=":0") as local,
        connected(local.scheduler_address) as cluster,
    ):
        for count in (threads, tasks):
            begin = perf_counter()
            list(cluster.share_out(abs, range(count)))
            spent = perf_counter() - begin
    return Scheduling(tasks, threads, _rounded(spent / tasks))
