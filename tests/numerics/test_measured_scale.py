"""numerics.measured_scale, scale_measurements, scale_pages: the file, estimates by hand, pages, what is measured."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from readable import faults

from numerics import scale_measurements, scaling
from numerics.chunks import Chunk, chunk_length
from numerics.measured_scale import MEMORY, RUN, STEP, Scale, Scheduling, Task, WholeRun, read
from numerics.scale_pages import (
    CORES,
    UPDATES,
    duration,
    estimate,
    estimates,
    exponents,
    measured_tasks,
    page,
    size,
    write_pages,
)
from numerics.scaling import Curve, Measured
from numerics.speed_figures import scaling_curves

FOLDER = Path(__file__).parents[2] / "notebooks" / "scale"


def curve(xs: list[int], k: float) -> Curve:
    return tuple(Measured(x, 1e-6 * x**k, 8) for x in xs)


def made_up() -> Scale:
    """Round numbers: one worker takes 8 s, two take 5, so that they are 80 % efficient."""
    steps = {
        "states": {"linear algebra": curve([16, 64, 256, 1000], 3)},
        "players": {"compiled": curve([2, 3], 4), "linear algebra": curve([2, 3, 4], 5)},
    }
    runs = (
        WholeRun(10**6, 2, 2 * 10**8, 5.0, 210_000_000, 2.0),
        WholeRun(10**8, 2, 2 * 10**10, 500.0, 230_000_000, 3.0),
        WholeRun(10**6, 1, 2 * 10**8, 8.0, 200_000_000, 2.5),
    )
    tasks = (
        Task("short", 1000, 500, 10**6, 0.08, 4000, 0.001),
        Task("long", 1000, 500, 10**6, 8.0, 4000, 0.001),
    )
    return Scale("made-up processor", {"python": "3"}, steps, runs, tasks, Scheduling(100, 8, 4e-4))


# --------------------------------------------------------------------------------------------------------------- file


def test_a_file_gives_back_what_was_written() -> None:
    scale = made_up()
    assert read(scale.to_json()) == scale
    # control: another figure
    changed = json.loads(scale.to_json())
    changed["tasks"][0]["seconds"] = 0.09
    assert read(json.dumps(changed)) != scale


def test_every_measured_curve_has_its_panel() -> None:
    scale = made_up()
    panels = scale.panels
    assert [(panel.x, panel.y) for panel in panels] == [
        ("states", STEP), ("players", STEP), ("starts", RUN), ("starts", MEMORY), ("workers", RUN),
    ]  # fmt: skip
    assert panels[1].curves["compiled"] == [(m.x, m.seconds) for m in scale.steps["players"]["compiled"]]
    assert [list(panel.curves.values()) for panel in panels[2:]] == [
        [[(10**6, 5.0), (10**8, 500.0)]], [[(10**6, 210.0), (10**8, 230.0)]], [[(1, 8.0), (2, 5.0)]],
    ]  # fmt: skip
    assert scale.efficiency == 0.8


# ---------------------------------------------------------------------------------------------------------- estimates


def test_an_estimate_by_hand() -> None:
    """10⁶ tasks of 0.08 s at 80 % are 10⁵ s of one core; scheduling them takes 400 s, so that 250 cores are busy."""
    scale = made_up()
    short = estimate(scale, scale.tasks[0], UPDATES)
    assert (short.tasks, short.starts, short.stored) == (10**6, 10**9, 4 * 10**9)
    assert math.isclose(short.computing, 1e5) and math.isclose(short.serial, 400) and math.isclose(short.busy, 250)
    assert math.isclose(short.saving, 1000) and math.isclose(short.tail, 0.1)
    assert math.isclose(short.wall(100), 3 + 1000 + 0.1)
    assert math.isclose(short.wall(1000), 3 + 400 + 0.1)  # the scheduler is the limit
    long = estimate(scale, scale.tasks[1], UPDATES)
    assert math.isclose(long.wall(1000), 3 + 1e4 + 10)  # control: it is not
    assert estimate(scale, scale.tasks[0], 10**6 + 1).tasks == 2  # whole tasks


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (5e-9, "5 ns"),
        (2.34e-5, "23.4 µs"),
        (0.0999, "99.9 ms"),
        (75, "75 s"),
        (120, "2 min"),
        (9000, "2.5 h"),
        (3 * 86400, "3 days"),
        (999.6 * 86400, "1,000 days"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_sizes() -> None:
    assert [size(n) for n in (12, 4000, 230e6, 53.7e9, 2e12)] == ["12 bytes", "4 kB", "230 MB", "53.7 GB", "2 TB"]


# -------------------------------------------------------------------------------------------------------------- pages


def test_the_table_gives_every_exponent() -> None:
    rows = exponents(made_up()).rows
    assert len(rows) == sum(len(panel.curves) for panel in made_up().panels)
    by_curve = {row[:2]: row[2:] for row in rows[:3]}
    assert by_curve["states", "linear algebra"] == (
        "16 to 1,000", "4.1 ms to 16.7 min", "a joint step", "3.00", "256 to 1,000", "3.00",
    )  # fmt: skip
    assert rows[-1][3:6] == ("8 s to 5 s", "a whole run", "−0.68")
    assert rows[-2][3] == "210 MB to 230 MB"


def test_the_page_says_what_the_figures_say() -> None:
    scale = made_up()
    text = " ".join(page(scale).split())
    for said in (
        "made-up processor; python 3", "from 256 to 1,000 states the exponent is 3.00", "1.60 times as fast",
        "an efficiency of 80%", "costs scheduler and client 400 µs", "needs 3 s to start and at most 230 MB",
        "hands out 2,500 tasks a second", "On 1,000 cores it limits short; chunks 4.0 times as long",
        "Cores wait for at most one, 10 s here", "has 50 times fewer updates",
        "With 1,000 states an update takes 2.08 min, and 10¹² of them 35,000,000,000 core-hours",
    ):  # fmt: skip
        assert said in text, said
    # control: a task that the scheduler does not limit
    unlimited = " ".join(page(replace(scale, tasks=scale.tasks[1:])).split())
    assert "On 1,000 cores it limits nothing here" in unlimited and "limits short" not in unlimited


@pytest.mark.thorough
def test_the_stored_page_is_drawn_from_the_stored_figures(tmp_path: Path) -> None:
    text = (FOLDER / "scale.json").read_text(encoding="utf-8")
    scale = read(text)
    assert scale.to_json() == text
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == page(scale), "python -m numerics.scale_pages"
    # the table of estimates is what the tasks give, and is long enough to mean something
    assert len(estimates(scale).rows) == len(measured_tasks(scale).rows) == len(scale_measurements.TASKS)
    for path in write_pages(tmp_path, scale):
        assert (FOLDER / path.name).is_file(), path.name
    assert faults(scaling_curves(scale.panels)) == []


def test_the_stored_figures_cover_what_they_should() -> None:
    scale = read((FOLDER / "scale.json").read_text(encoding="utf-8"))
    largest = {axis: max(point.x for line in curves.values() for point in line) for axis, curves in scale.steps.items()}
    assert largest == {"states": 1000, "players": 6, "actions": 16, "inner steps L": 50, "starts at once": 4**12}
    assert scale.by_starts[-1].starts == 10**8 and scale.by_workers[0].workers == 1
    # memory that chunks bound: ten thousand times as many starts take no more than twice as much
    assert scale.by_starts[-1].memory < min(2 * scale.by_starts[0].memory, 2e9)


# ------------------------------------------------------------------------------------------------------- measurements


def test_joint_steps_are_those_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run: every curve is of the rules that its name says."""
    asked = []

    def along(rules: dict[int, object], way: Callable[..., object], count: int, repeats: int) -> Curve:
        asked.append((rules, way, repeats))
        return tuple(Measured(size, 0.123456789, 2 * count) for size in rules)

    monkeypatch.setattr(scale_measurements, "along", along)
    monkeypatch.setattr(
        scale_measurements, "by_batch", lambda rule, counts, repeats: tuple(Measured(n, 1.0, 2 * n) for n in counts)
    )
    monkeypatch.setattr(scale_measurements, "STATES", (3, 5))
    found = scale_measurements.joint_steps(10)
    assert list(found) == ["states", "players", "actions", "inner steps L", "starts at once"]
    assert found["states"]["linear algebra"][0].seconds == 0.1235  # four digits are kept
    assert [point.x for point in found["starts at once"]["Stag Hunt"]] == [4**k for k in range(13)]
    for rules, way, repeats in asked:
        assert way in (scaling.compiled, scaling.solved) and repeats == (10 if way is scaling.compiled else 2)
        for number, rule in rules.items():
            game = rule.game
            assert number in (len(game.states), game.players, len(game.actions[0]), rule.unroll)


def test_a_run_here_tells_seconds_and_memory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scale_measurements, "RUN", replace(scale_measurements.RUN, steps=2))
    scale_measurements.run_here(100, 1)
    told = json.loads(capsys.readouterr().out)
    assert 0 < told["seconds"] < 60 and 5e7 < told["memory"] < 1e11


def test_memory_is_the_most_that_was_held() -> None:
    before = scale_measurements.most_memory()
    held = np.ones(3 * 10**7 + before // 8)  # more than the process ever held, and touched
    del held
    assert scale_measurements.most_memory() >= before + 8 * 3 * 10**7
    assert scale_measurements.most_memory() < 4 * before + 8 * 10**8


def test_a_task_is_a_whole_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = replace(scale_measurements.TASKS["memory-one IPD"], steps=3)
    monkeypatch.setattr("numerics.chunks.LONGEST", 128)
    found = scale_measurements.task("a name", experiment)
    length = chunk_length(experiment, "meta")
    assert (found.name, found.starts, found.steps, found.updates) == ("a name", length, 3, 2 * length * 3)
    arrays = Chunk(replace(experiment, count=length), "meta", 0, length, None).compute()
    assert sum(a.nbytes for a in arrays.values()) < found.stored < 2 * sum(a.nbytes for a in arrays.values()) + 4000
    assert found.seconds > 0 and found.saving > 0


def test_tasks_do_not_come_to_rest() -> None:
    """A start at rest costs nothing more, and would make a chunk look fast."""
    for experiment in scale_measurements.TASKS.values():
        ends = Chunk(replace(experiment, count=8, steps=10), "meta", 0, 8, None).compute()["ends"]
        more = Chunk(replace(experiment, count=8, steps=11), "meta", 0, 8, None).compute()["ends"]
        assert (ends != more).any(0).all()


def test_whole_runs_are_by_starts_and_by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def in_a_process(count: int, workers: int) -> WholeRun:
        calls.append((count, workers))
        return WholeRun(count, workers, 200 * count, 1.0 / len(calls), 1, 1.0)

    monkeypatch.setattr(scale_measurements, "_in_a_process", in_a_process)
    monkeypatch.setattr(scale_measurements, "available", lambda: 3)
    runs = scale_measurements.whole_runs()
    assert [(run.starts, run.workers) for run in runs] == [
        *((10**k, 3) for k in range(4, 9)), (10**6, 1), (10**6, 2),
    ]  # fmt: skip
    assert runs[0].seconds == 1 / 3 and calls.count((10**7, 3)) == 1  # the fastest of three, unless it is long


@pytest.mark.thorough
def test_a_process_and_an_empty_task_are_measured() -> None:
    run = scale_measurements.whole_run(200, 1)
    assert (run.starts, run.workers, run.updates) == (200, 1, 2 * 200 * 100)
    assert 0 < run.seconds < run.start_up + run.seconds < 120
    pytest.importorskip("distributed")
    found = scale_measurements.scheduling(200, 8)
    assert (found.tasks, found.threads) == (200, 8) and 1e-5 < found.seconds < 0.1


def test_cores_are_those_of_the_page() -> None:
    assert estimates(made_up()).columns[3:5] == tuple(f"{cores:,} cores" for cores in CORES)
