"""numerics.scaling and numerics.speed_figures: exponents, counts of operations by a second route, tables, figures."""

from __future__ import annotations

import ast
import io
import math
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from numerics import scaling
from numerics.dynamics import Learning
from numerics.kernels import kernel_of, trajectories
from numerics.measured_scale import Panel
from numerics.scaling import (
    CASES,
    Load,
    Measured,
    Operations,
    Roof,
    compiled,
    exponent,
    in_turns,
    loads,
    operations,
    solved,
    upper_half,
)
from numerics.speed_figures import roofline, scaling_curves
from theory.games import ipd, stag_hunt, stag_hunt_3

# ------------------------------------------------------------------------------------------------------------- points


@pytest.mark.parametrize("k", [0.0, 1.0, 2.5])
def test_exponent_of_a_power_law(k: float) -> None:
    curve = [(x, 3e-6 * x**k) for x in (1, 2, 5, 20)]
    assert math.isclose(exponent(curve), k, abs_tol=1e-12)
    # control: one point three times as high changes it
    assert abs(exponent([*curve[:-1], (20, 9e-6 * 20**k)]) - k) > 0.1
    assert math.isnan(exponent(curve[:1]))


def test_the_upper_half_is_where_a_late_exponent_shows() -> None:
    curve = [(x, 100 + x**3) for x in (1, 2, 4, 8, 16, 32, 64)]
    assert upper_half(curve) == curve[3:] and upper_half(curve[:2]) == curve[:2] and upper_half(curve[:1]) == curve[:1]
    assert 2.5 < exponent(upper_half(curve)) < 3
    assert exponent(curve) < 2  # control: of all points


def test_rate_is_updates_over_seconds() -> None:
    assert Measured(7, 0.5, 8).rate == 16


def test_calls_are_measured_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that the calls move: each one's least time, whatever the round."""
    now, order = [0.0], []
    costs = {"a": [5.0, 1.0, 3.0], "b": [2.0, 4.0, 7.0]}
    monkeypatch.setattr(scaling, "perf_counter", lambda: now[0])

    def call(name: str) -> None:
        now[0] += costs[name][order.count(name)]
        order.append(name)

    assert in_turns([partial(call, "a"), partial(call, "b")], 3) == [1.0, 2.0]
    assert order == ["a", "b"] * 3


# ------------------------------------------------------------------------------------------------------------- curves


def rule() -> Learning:
    return scaling.learning(stag_hunt(), "logit")


def check(curve: scaling.Curve, xs: list[int], updates: list[int]) -> None:
    assert [point.x for point in curve] == xs
    assert [point.updates for point in curve] == updates
    assert all(0 < point.seconds < math.inf and point.rate > 0 for point in curve)


def test_curves_have_one_point_for_each_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "LONG_ENOUGH", 1e-4)
    check(scaling.by_batch(rule(), [1, 40], 2), [1, 40], [2, 80])
    check(scaling.by_threads(rule(), [1, 2], 64, 2), [1, 2], [128, 128])
    hunts = {n: scaling.learning(scaling.hunt(n), "logit") for n in (2, 3)}
    check(scaling.along(hunts, compiled, 4, 2), [2, 3], [8, 12])
    check(scaling.along(hunts, solved, 4, 2), [2, 3], [8, 12])


def test_compiled_means_compiled() -> None:
    with pytest.raises(ValueError, match="no kernel"):
        compiled(scaling.learning(scaling.hunt(6), "logit"), 2)


def test_a_joint_step_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that shows only steps: a step of 3 starts takes 3 units, however many steps a call takes."""
    now = [0.0]
    monkeypatch.setattr(scaling, "perf_counter", lambda: now[0])

    def fake(rule: Learning, first: np.ndarray, steps: int, threads: int | None = None) -> None:
        now[0] += 1e-4 * steps * first.shape[1]

    monkeypatch.setattr(scaling, "trajectories", fake)
    curve = scaling.by_batch(rule(), [3, 30], 2)
    assert np.allclose([point.seconds for point in curve], [3e-4, 3e-3])
    assert math.isclose(exponent([(point.x, point.seconds) for point in curve]), 1)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.count == 1] + ["stag-hunt expanded"])
def test_runs_that_are_timed_keep_moving(name: str) -> None:
    """A block at rest is not run any further, and would look fast."""
    case = CASES[name]
    first = scaling.starts(case.rule, 4)
    middle = trajectories(case.rule, first, 50).ends
    end = trajectories(case.rule, middle, 9, first=50).ends
    assert (middle != end).any(0).all()


def test_the_games_of_the_curves() -> None:
    three = stag_hunt_3()
    known = [tuple(map(three.value_of, row)) for row in three.reward[0]]
    assert known == list(scaling.hunt(3).reward[0])
    three = scaling.meeting(3)
    assert list(three.reward[0]) == [(1, 1), (0, 0), (0, 0), (0, 0), (2, 2), (0, 0), (0, 0), (0, 0), (3, 3)]
    around = scaling.circle(5)
    assert len(around.states) == 5
    assert [row.index(1) for row in around.transition[4]] == [1, 0, 0, 4]  # paces 2, 1, 1, 0 from the last state


# ----------------------------------------------------------------------------------------------------------- roofline

COUNTED = [
    scaling.learning(stag_hunt(), "logit", "expanded"),
    scaling.learning(stag_hunt(), "direct"),
    scaling.learning(ipd(), "direct"),
    scaling.learning(ipd(), "logit"),
]


def source(rule: Learning) -> ast.FunctionDef:
    """The kernel's joint step, as written."""
    kernel = kernel_of(rule)
    assert kernel is not None and kernel.module.__file__ is not None
    tree = ast.parse(Path(kernel.module.__file__).read_text(encoding="utf-8"))
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "step")


def written(rule: Learning) -> Operations:
    """Operators in the loop over lanes of the kernel's source, places in arrays aside."""
    (loop,) = (node for node in source(rule).body if isinstance(node, ast.For))
    places = {id(inner) for node in ast.walk(loop) if isinstance(node, ast.Subscript) for inner in ast.walk(node.slice)}
    nodes = [node for node in ast.walk(loop) if id(node) not in places]
    kinds = Counter(type(node.op) for node in nodes if isinstance(node, ast.BinOp))
    calls = [node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return Operations(kinds[ast.Add] + kinds[ast.Sub], kinds[ast.Mult], kinds[ast.Div], calls.count("exponential"))


@pytest.mark.parametrize("rule", COUNTED, ids=lambda rule: f"{rule.game.name}-{rule.policy}-{rule.form}")
def test_operations_are_those_of_the_source(rule: Learning) -> None:
    assert operations(rule) == written(rule)


def test_operations_of_a_smaller_rule_are_fewer() -> None:
    whole, expanded = scaling.learning(stag_hunt(), "logit"), scaling.learning(stag_hunt(), "logit", "expanded")
    assert operations(expanded).total < operations(whole).total
    assert operations(whole).total < operations(scaling.learning(stag_hunt(), "logit", unroll=2)).total


def test_loads_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stag Hunt at 1000 operations a joint step: two parameters in and out, 32 bytes, and 100 steps a run."""
    monkeypatch.setattr(scaling, "operations", lambda rule: Operations(500, 400, 100, 7))
    (many,) = loads({"stag-hunt expanded": 2e6}, threads=3)
    assert (many.intensity, many.flops, many.threads) == (1000 * 100 / 32, 1e9, 3)
    (one,) = loads({"ipd logit, 1 start": 2e6}, threads=3)
    assert (one.intensity, one.flops, one.threads) == (1000 * 20_000 / 160, 1e9, 1)
    assert many.share(Roof(3, 4e9, 1.0)) == 0.25


def test_roof_is_measured() -> None:
    found = scaling.roof(1, 2, size=64, megabytes=1)
    assert found.threads == 1
    assert found.flops > 1e6 and found.bandwidth > 1e6


# -------------------------------------------------------------------------------------------------------------- table


def test_table_gives_ratios_to_the_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "speeds", lambda chosen, repeats: {name: 3e6 for name in chosen})
    monkeypatch.setattr(scaling, "sampled_speed", lambda repeats: 2e4)
    monkeypatch.setattr(scaling, "by_threads", lambda *_: (Measured(1, 3.0, 1), Measured(2, 2.0, 1)))
    monkeypatch.setattr(scaling, "available", lambda: 2)
    table = scaling.speed_table({"naive NumPy": {"ipd-logit": 1e3, "ipd-finite": 1e2}, "jax.grad": {"ipd-direct": 1e4}})
    assert table.columns[3:] == ("over naive NumPy", "over jax.grad")
    assert scaling.machine().split(", load")[0] in table.columns[2]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows[CASES["ipd logit"].what] == ("40 M", "3 M", "3,000×", "")
    assert rows[CASES["ipd direct"].what] == ("100 M", "3 M", "", "300×")
    assert rows["sampled finite IPD, batch 384, horizon 12"] == ("100 k", "20 k", "200×", "")
    assert rows["2 threads over one, log-odds IPD"][1] == "1.50×"
    assert table.markdown().count("\n") == len(table.rows) + 2
    assert len(table.widths) == len(table.columns)


def test_machine_is_read_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "available", lambda: 5)
    monkeypatch.setattr(scaling.os, "getloadavg", lambda: (2.25, 0.0, 0.0))
    assert scaling.machine().endswith(", 5 processors, load 2.2")
    assert len(scaling.machine()) > len(", 5 processors, load 2.2")


# ------------------------------------------------------------------------------------------------------------ figures


def labels(figure: Figure) -> set[str]:
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    return {text.get_text() for legend in legends for text in legend.get_texts()}


def test_roofline_draws_every_load_under_its_roof() -> None:
    points = [Load("one", 100.0, 1e9, 1), Load("many", 50.0, 9e9, 2)]
    figure = roofline(points, [Roof(1, 4e9, 1e9), Roof(2, 1e10, 2e9)])
    assert labels(figure) == {
        "one: 1.0 G/s, 25% of DGEMM on one processor",
        "many: 9.0 G/s, 90% of DGEMM on 2 processors",
    }
    drawn = {(line.get_xdata()[0], line.get_ydata()[0]) for line in figure.axes[0].lines if len(line.get_xdata()) == 1}
    assert drawn == {(100.0, 1e9), (50.0, 9e9)}
    ridges = {(line.get_xdata()[1], line.get_ydata()[1]) for line in figure.axes[0].lines if len(line.get_xdata()) == 3}
    assert ridges == {(4.0, 4e9), (5.0, 1e10)}
    with pytest.raises(KeyError):  # control: a load without its roof
        roofline(points, [Roof(1, 4e9, 1e9)])


def test_scaling_curves_draw_the_points_and_name_the_exponents() -> None:
    bent = [(1, 50.0), (2, 50.0), (4, 16.0), (8, 64.0)]
    panels = [Panel("starts", "seconds", {"game": bent}), Panel("workers", "MB", {"other": [(1, 6.0), (2, 3.0)]})]
    figure = scaling_curves(panels)
    assert labels(figure) == {"game: 2.00", "other: −1.00"}
    assert [(axes.get_xlabel(), axes.get_title()) for axes in figure.axes] == [("starts", "seconds"), ("workers", "MB")]
    fitted, points, _ = figure.axes[0].lines
    assert [*zip(*points.get_data(), strict=True)] == bent
    assert np.allclose(fitted.get_data(), [(4, 8), (16, 64)])  # the upper half alone
    for axes in figure.axes:  # nothing is cut off, and names are above the points
        drawn = [y for line in axes.lines for y in line.get_ydata()]
        assert axes.get_ylim()[0] < min(drawn) and max(drawn) < axes.get_ylim()[1]
    buffer = io.BytesIO()
    figure.savefig(buffer)
    assert buffer.getvalue()
