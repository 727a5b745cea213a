"""Shows measured scale: a figure, a table of exponents, and a page that reckons what 10¹² updates take on a cluster.

``make bench`` measures; ``python -m numerics.scale_pages FOLDER`` only draws anew, from ``FOLDER/scale.json``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from textwrap import fill

from numerics.files import write_whole
from numerics.measured_scale import STEP, Scale, Task, read
from numerics.paper_figures import save
from numerics.scaling import exponent, upper_half
from numerics.speed_figures import power, scaling_curves
from numerics.tables import Table

UPDATES = 10**12
CORES = (100, 1000)
DOCUMENTED = "https://docs.dask.org/en/stable/best-practices.html#avoid-very-large-graphs"


def write_pages(folder: Path, scale: Scale) -> list[Path]:
    """Figure and page, beside the figures that they are drawn from.

    Raises:
        BadInput: the folder cannot be written.
    """
    return [
        write_whole(folder / "scale.json", scale.to_json()),
        *save(scaling_curves(scale.panels), folder / "scale"),
        write_whole(folder / "README.md", page(scale)),
    ]


# ---------------------------------------------------------------------------------------------------------- exponents


def exponents(scale: Scale) -> Table:
    """The exponent k of cost ∝ x^k for every curve, fitted on the upper half of its points, and from its last two."""
    rows = []
    for panel in scale.panels:
        for name, points in panel.curves.items():
            fitted = upper_half(points)
            unit, _, cost = panel.y.partition(" of ")
            low, high = (size(1e6 * y) if unit == "MB" else duration(y) for _, y in (points[0], points[-1]))
            rows.append(
                (
                    panel.x, name, f"{_count(points[0][0])} to {_count(points[-1][0])}",
                    f"{low} to {high}", cost, power(fitted),
                    f"{_count(fitted[0][0])} to {_count(fitted[-1][0])}", power(points[-2:]),
                )
            )  # fmt: skip
    columns = ("what grows", "curve", "from, to", "cost", "of", "exponent", "fitted on", "last two points")
    return Table(columns, tuple(rows), tuple("llrrlrrr"))


# ----------------------------------------------------------------------------------------------------------- estimate


@dataclass(frozen=True)
class Estimate:
    """What a number of updates takes on a cluster where chunks are tasks of one scheduler.

    Attributes:
        tasks: chunks.
        starts: in all.
        computing: seconds of one core.
        serial: seconds of the scheduler and its client, without storing.
        stored: bytes, if ends are stored.
        saving: seconds of the client, which writes them, if they are.
        tail: seconds that cores may wait in the end for the last chunk.
        start_up: seconds until a worker begins.
    """

    tasks: int
    starts: int
    computing: float
    serial: float
    stored: int
    saving: float
    tail: float
    start_up: float

    def wall(self, cores: int) -> float:
        """Seconds from beginning to end, nothing stored."""
        return self.start_up + max(self.computing / cores, self.serial) + self.tail

    @property
    def busy(self) -> float:
        """Cores that one scheduler keeps busy."""
        return self.computing / self.serial


def estimate(scale: Scale, task: Task, updates: int) -> Estimate:
    """By whole tasks, with the efficiency of all workers of one machine."""
    tasks = ceil(updates / task.updates)
    return Estimate(
        tasks=tasks,
        starts=tasks * task.starts,
        computing=tasks * task.seconds / scale.efficiency,
        serial=tasks * scale.scheduling.seconds,
        stored=tasks * task.stored,
        saving=tasks * task.saving,
        tail=task.seconds / scale.efficiency,
        start_up=max(run.start_up for run in scale.runs),
    )


def measured_tasks(scale: Scale) -> Table:
    """One row a task."""
    rows = tuple(
        (
            task.name, f"{task.starts:,} × {task.steps:,}", duration(task.seconds),
            duration(task.seconds / task.updates), size(task.stored), duration(task.saving),
        )
        for task in scale.tasks
    )  # fmt: skip
    columns = ("one chunk, one thread", "starts × steps", "time", "time of an update", "file", "writing it")
    return Table(columns, rows, tuple("lrrrrr"))


def estimates(scale: Scale) -> Table:
    """One row a task."""
    rows = []
    for task in scale.tasks:
        found = estimate(scale, task, UPDATES)
        walls = (duration(found.wall(cores)) for cores in CORES)
        rows.append(
            (
                task.name, _count(found.tasks), _digits(found.computing / 3600), *walls,
                f"{found.busy:,.0f}", size(found.stored), duration(found.saving),
            )
        )  # fmt: skip
    columns = (
        "10¹² updates of", "chunks", "core-hours", *(f"{cores:,} cores" for cores in CORES), "cores kept busy",
        "all ends, stored", "writing them",
    )  # fmt: skip
    return Table(columns, tuple(rows), tuple("lrrrrrrr"))


# --------------------------------------------------------------------------------------------------------------- page


def page(scale: Scale) -> str:
    """The whole page, in Markdown."""
    versions = ", ".join(f"{name} {number}" for name, number in scale.versions.items())
    parts = [
        "# Scale",
        "<!-- Written by numerics.scale_pages from scale.json. -->",
        _filled(f"Measured on {scale.machine}; {versions}."),
        "![Measured cost against what grows, one panel each, with fitted exponents](scale.png)",
        exponents(scale).markdown().rstrip(),
        _measured(scale),
        _late(scale),
        "## 10¹² learner-updates on a cluster",
        "With `--cluster` every chunk of starts is one task of a Dask scheduler. What one takes on the machine above:",
        measured_tasks(scale).markdown().rstrip(),
        _model(scale),
        estimates(scale).markdown().rstrip(),
        _limits(scale),
        _unknown(scale),
    ]
    return "\n\n".join(parts) + "\n"


def _measured(scale: Scale) -> str:
    # every curve begins with two players
    few, many = (scale.steps[axis]["linear algebra"][0].updates // 2 for axis in ("states", "players"))
    return _filled(
        f"""A joint step is one exact unrolled Meta-MAPG update in log-odds of every player and start, with L = 1 where
        L does not vary: {few} starts side by side against states, {many} against players, actions and L, in one thread;
        all processors against starts. Compiled steps are those of kernels; games too large for one are solved by linear
        algebra. A whole run is `simulate(..., keep=False)`, {scale.runs[0].updates // (2 * scale.runs[0].starts)} steps
        from every start to its label. Games: Stag Hunt, the memory-one IPD, Stag Hunt walked around a circle of states,
        Stag Hunt of all players, and a coordination game of many actions (`numerics/scaling.py`)."""
    )


def _late(scale: Scale) -> str:
    """Where an exponent sets in late, or is none."""
    curves = {panel.x: panel.curves for panel in scale.panels if panel.y == STEP}
    states, players = curves["states"]["linear algebra"][-2:], curves["players"]["linear algebra"][-2:]
    first, last = scale.by_starts[0], scale.by_starts[-1]
    return _filled(
        f"""Exponents are fitted on the upper half of a curve's points, the line drawn. Two need a word. States:
        factoring takes ⅔S³ operations and leads late; from {_count(states[0][0])} to {_count(states[1][0])} states the
        exponent is {exponent(states):.2f}, and in the limit it is 3. Players: every further one doubles the joint
        actions, so that no power holds; from {_count(players[0][0])} to {_count(players[1][0])} a step takes
        {players[1][1] / players[0][1]:.1f} times as long. A whole run holds {size(first.memory)} for
        {_count(first.starts)} starts and {size(last.memory)} for {_count(last.starts)}."""
    )


def _model(scale: Scale) -> str:
    one, most = scale.by_workers[0], scale.by_workers[-1]
    start_up, memory = max(run.start_up for run in scale.runs), max(run.memory for run in scale.runs)
    measured = _filled(
        f"""With {most.workers} workers on one machine a run of {_count(most.starts)} starts is
        {one.seconds / most.seconds:.2f} times as fast as with one, an efficiency of {scale.efficiency:.0%}, which is
        taken for the cores of a cluster too. A task that does nothing costs scheduler and client
        {duration(scale.scheduling.seconds)} (Dask documents [0.2 to 1 ms]({DOCUMENTED})). A worker needs
        {duration(start_up)} to start and at most {size(memory)} of memory."""
    )
    model = _filled(
        """A run takes the start, the longer of computing (shared by all cores) and scheduling (one task after another),
        and one more chunk, for which cores may wait in the end. Nothing but counts is kept (`keep=False`); the last two
        columns are what storing every end would add."""
    )
    return f"{measured}\n\n{model}"


def _limits(scale: Scale) -> str:
    found = {task.name: estimate(scale, task, UPDATES) for task in scale.tasks}
    short = [name for name, e in found.items() if e.busy < max(CORES)]
    longer = max(max(CORES) / e.busy for e in found.values())
    states, step = scale.panels[0].curves["linear algebra"][-1][0], scale.steps["states"]["linear algebra"][-1]
    each = step.seconds / step.updates
    limited = (
        f"""limits {", ".join(short)}; chunks {longer:.1f} times as long (`WORK` in `numerics/chunks.py`) would keep all
        busy"""
        if short
        else "limits nothing here"
    )
    points = (
        f"""* **The scheduler.** It hands out {1 / scale.scheduling.seconds:,.0f} tasks a second, which keeps as many
        cores busy as the table says; more add nothing. On {max(CORES):,} cores it {limited}.""",
        """* **Storage.** Ends pass through the client, which writes one file after another: on a local disk the time in
        the last column, which no further core shortens. Counts alone need none, fewer starts with more steps need
        less.""",
        f"""* **The last chunks.** Cores wait for at most one, {duration(max(e.tail for e in found.values()))}
        here.""",
        f"""* **Large games.** With {_count(states)} states an update takes {duration(each)}, and 10¹² of them
        {_count(float(f"{each * UPDATES / 3600:.2g}"))} core-hours: out of reach.""",
    )
    return "What limits:\n\n" + "\n".join(_filled(point, "  ") for point in points)


def _unknown(scale: Scale) -> str:
    longest = scale.by_starts[-1]
    return _filled(
        f"""What we do not know: how other processors do, and many cores that share one memory; what a network and a
        shared file system add (scheduler, client and a worker with {scale.scheduling.threads} threads were on one
        machine); how many workers one scheduler bears; how long kernels take to compile on nodes without a common cache
        (seconds to tens of seconds, once). No run of this size was made: the longest here, of {_count(longest.starts)}
        starts, has {UPDATES / longest.updates:,.0f} times fewer updates."""
    )


# ------------------------------------------------------------------------------------------------------------- words


def duration(seconds: float) -> str:
    """Three digits in a fitting unit."""
    units = ((86400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
    return _in_units(seconds, (*units, (1e-9, "ns")), least=2.0 if seconds >= 60 else 1.0)


def size(count: float) -> str:
    """Bytes, three digits in a fitting unit."""
    return _in_units(count, ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes")), least=1.0)


def _in_units(number: float, units: tuple[tuple[float, str], ...], least: float) -> str:
    """In the largest unit of which it is at least so many, else in the smallest."""
    factor, unit = next((unit for unit in units if number >= least * unit[0]), units[-1])
    return f"{_digits(number / factor)} {unit}"


def _digits(number: float) -> str:
    """At least three, and none after the point that is not one of them."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _filled(text: str, indent: str = "") -> str:
    """As lines of a text file; no word is broken."""
    return fill(" ".join(text.split()), 120, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    for path in write_pages(place, read((place / "scale.json").read_text(encoding="utf-8"))):
        print(path)
