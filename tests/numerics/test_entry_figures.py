"""numerics.entry_figures: what is drawn is what the rows say, with intervals and n; curves are those of theory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.testing import assert_allclose
from readable import faults

from numerics import simulate
from numerics.entry_figures import (
    RULES,
    ablation,
    closed_form,
    cost,
    entry_curves,
    estimators,
    family,
    outcome_rows,
    resolution,
    sweep,
)
from numerics.figures import BLACK, BLUE, VERMILION, Picture
from numerics.hitting_times import NEVER, EntryTimes, entry_curve
from numerics.published import published_experiment
from numerics.sample_size import resolved_difference, share_half_width
from numerics.statistics import wilson
from theory.games import stag_hunt

Drawn = list[tuple[float, float, float, float]]


def bars(axes: Axes, across: bool = False) -> list[tuple[str, Drawn]]:
    """(colour, [(place, value, low, high), …]) of every group of points with intervals."""
    groups = []
    for container in axes.containers:
        assert isinstance(container, ErrorbarContainer)
        line, _, (limits,) = container.lines
        value, place = (0, 1) if across else (1, 0)
        ends = [sorted((first[value], last[value])) for first, last in limits.get_segments()]
        points = np.asarray(line.get_xydata())
        groups.append(
            (
                to_hex(line.get_color()).upper(),
                [(float(p[place]), float(p[value]), *end) for p, end in zip(points, ends, strict=True)],
            )
        )
    return groups


def words(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))


def described(figure: Figure) -> str:
    assert isinstance(figure, Picture)
    return figure.description


# ------------------------------------------------------------------------------------------- which correction selects


def swept(game: str, shares: Sequence[float], n: int) -> dict[str, Any]:
    rows = [
        {"c_peer": k, "lambda": 0.55 * k, "share": share, "interval": [share - 0.02, share + 0.03], "n": n}
        for k, share in enumerate(shares)
    ]
    return {"game": game, "sweep": rows}


def test_the_closed_form_runs_through_simulated_shares() -> None:
    """By hand at 4, 0, 3, 2: 2/9 at λ = 0 and 943/1521 at 1/10; points stay where they were measured, even if wrong."""
    rows = [
        {
            "payoffs": [4, 0, 3, 2],
            "lambda": size,
            "simulated": share,
            "interval": [share - 0.02, share + 0.03],
            "n": 500,
        }
        for size, share in (("0", 0.21), ("1/10", 0.9))
    ]
    figure = closed_form([{"rows": rows}])
    assert not faults(figure)
    (axes,) = figure.axes
    ((colour, points),) = bars(axes)
    assert colour == BLUE
    assert_allclose(points, [(0, 0.21, 0.19, 0.24), (0.1, 0.9, 0.88, 0.93)])
    line = np.asarray(axes.get_lines()[0].get_xydata())
    assert_allclose(line[[0, -1]], [(0, 2 / 9), (0.1, 943 / 1521)])
    assert (np.diff(line[:, 1]) > 0).all()  # T > S: the basin grows
    assert "n = 500 each" in words(figure) and "4, 0, 3, 2" in figure.description  # type: ignore[attr-defined]


def test_a_sweep_shows_every_share_with_its_interval_and_the_published_size() -> None:
    contents = [swept("stag-hunt", (0.25, 0.4, 0.5), 300), swept("ipd", (0.04, 0.3, 0.6), 200)]
    figure = sweep(contents)
    assert not faults(figure)
    axes = figure.axes[0]
    for (_, drawn), content in zip(bars(axes), contents, strict=True):
        rows = content["sweep"]
        assert_allclose(drawn, [(r["lambda"], r["share"], *r["interval"]) for r in rows])
    (published,) = [line for line in axes.get_lines() if line.get_linestyle() == ":"]
    assert_allclose(np.asarray(published.get_xdata()), 0.55 * 1.5)
    assert "n = 300" in described(figure) and "n = 200" in described(figure)
    assert "stag-hunt, n = 300" in words(figure) and "ipd, n = 200" in words(figure)


def cell(game: str, form: str, unroll: int, effects: dict[str, float]) -> list[dict[str, Any]]:
    named = {"game": game, "gradient": "exact", "form": form, "unroll": unroll, "c_peer": 1.5, "n": 77}
    return [{**named, "arm": "pg"}] + [
        {**named, "arm": arm, "difference": size, "difference_interval": [size - 0.05, size + 0.01]}
        for arm, size in effects.items()
    ]


def test_an_ablation_shows_every_effect_in_its_panel_and_cell() -> None:
    first, second = {"own": 0.01, "peer": 0.2, "meta": 0.19}, {"own": -0.02, "peer": 0.3, "meta": 0.31}
    rows = cell("hunt", "expanded", 1, first) + cell("hunt", "unrolled", 2, second) + cell("ipd", "unrolled", 2, first)
    figure = ablation(rows)
    assert not faults(figure)
    left, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == [
        "expanded, $c_\\mathrm{peer}$ 1.5",
        "unrolled, L = 2, $c_\\mathrm{peer}$ 1.5",
    ]
    for axes, effects in ((left, [first, second]), (right, [first])):
        drawn = bars(axes, across=True)
        assert [colour for colour, _ in drawn] == [RULES[arm][0] for arm in ("own", "peer", "meta")]
        for arm, (_, points) in zip(("own", "peer", "meta"), drawn, strict=True):
            assert_allclose([p[1:] for p in points], [(e[arm], e[arm] - 0.05, e[arm] + 0.01) for e in effects])
            wanted = [0, 1] if axes is left else [1]
            assert [round(place) for place, *_ in points] == wanted
    assert [text.get_text() for text in right.texts] == ["not run"] and not left.texts
    assert "n = 77" in described(figure) and "n = 77" in words(figure)


# --------------------------------------------------------------------------------------------------------------- when


def test_curves_and_bands_are_those_of_the_entry_times() -> None:
    undecided = np.array([False, False, False, True])
    arms = {
        "pg": EntryTimes(np.array([3, NEVER, NEVER, NEVER]), np.zeros(4, dtype=bool), 5),
        "meta": EntryTimes(np.array([0, 2, NEVER, 4]), undecided, 5),
    }
    figure = entry_curves({"hunt": arms})
    assert not faults(figure)
    (axes,) = figure.axes
    for (rule, times), line, band in zip(arms.items(), axes.get_lines(), axes.collections, strict=True):
        curve = entry_curve(times)
        assert_allclose(np.asarray(line.get_ydata()), curve.probability)
        assert to_hex(str(line.get_color())).upper() == RULES[rule][0]
        corners = np.asarray(band.get_paths()[0].vertices)
        assert corners[:, 1].min() == pytest.approx(curve.band[0].min())
        assert corners[:, 1].max() == pytest.approx(curve.band[1].max())
    assert "pg: 1 of 4" in words(figure) and "meta: 2 of 4, 1 undecided" in words(figure)
    assert "n = 4 runs" in described(figure) and "at least once" in described(figure)


# ---------------------------------------------------------------------------------------------- against risk dominance


def hunts(size: str) -> dict[str, Any]:
    members = [
        {
            "p*": mixed,
            "n": 50,
            "pg": {"share": 0.9 - 0.2 * k, "interval": [0.8 - 0.2 * k, 0.95 - 0.2 * k]},
            "meta": {"share": 0.8 - 0.1 * k, "interval": [0.7 - 0.1 * k, 0.85 - 0.1 * k]},
        }
        for k, mixed in enumerate(("1/3", "1/2", "2/3"))
    ]
    crossings = {"pg": {"bracket": ["1/3", "2/3"], "interpolated": 0.512}, "meta": None}
    return {"members": members, "intervals": "9 at once", "direct_lambda": size, "crossings": crossings}


def test_the_family_shows_measured_shares_and_the_closed_form() -> None:
    content = hunts("1/15")
    figure = family(content)
    assert not faults(figure)
    (axes,) = figure.axes
    for (colour, drawn), rule in zip(bars(axes), ("pg", "meta"), strict=True):
        assert colour == RULES[rule][0]
        shown = [(m[rule]["share"], *m[rule]["interval"]) for m in content["members"]]
        assert_allclose([point[1:] for point in drawn], shown)
        assert_allclose([point[0] for point in drawn], [1 / 3, 1 / 2, 2 / 3])
    pg, meta = (np.asarray(line.get_xydata()) for line in axes.get_lines() if "exact" in str(line.get_label()))
    # By hand: boundary p + q = 2 p* without correction; at 4,0,3,2 the share is 1/2 at lambda = 1/15 (R = 4, T = 3).
    assert_allclose(np.interp([1 / 3, 1 / 2, 2 / 3], *pg.T), [7 / 9, 1 / 2, 2 / 9])
    assert meta[-1, 1] == pytest.approx(1 / 2)
    assert "pg: ½ at 0.512" in words(figure) and "meta: ½" not in words(figure)
    assert "n = 50" in described(figure) and "n = 50" in words(figure) and "9 at once" in words(figure)


def test_without_a_correction_both_closed_forms_are_one() -> None:
    lines = [line for line in family(hunts("0")).axes[0].get_lines() if "exact" in str(line.get_label())]
    pg, meta = (np.asarray(line.get_ydata()) for line in lines)
    assert_allclose(pg, meta)


# ------------------------------------------------------------------------------------------------- sampled gradients


def test_estimators_show_published_and_own_shares_of_the_main_runs_alone() -> None:
    row = {"game": "hunt", "design": "main", "published_n": 100, "n": 400}
    rows = [
        {**row, "arm": "PG", "published": 0.27, "setting": "sampled", "ours": 0.25, "interval": [0.2, 0.3]},
        {**row, "arm": "PG", "published": 0.27, "setting": "exact", "ours": 0.26, "interval": [0.21, 0.31]},
        {**row, "arm": "Meta-MAPG", "published": 0.42, "setting": "exact", "ours": 0.44, "interval": [0.4, 0.5]},
        {**row, "arm": "PG", "published": 0.26, "design": "grid 51", "setting": "map", "ours": 0.9, "interval": None},
        {**row, "arm": "PG", "published": 0.27, "setting": "none", "ours": None, "interval": None},
    ]
    figure = estimators(rows)
    assert not faults(figure)
    (axes,) = figure.axes
    published, sampled, exact = (points for _, points in bars(axes))
    assert_allclose([p[1:] for p in published], [(0.27, *wilson(27, 100)), (0.42, *wilson(42, 100))])
    assert_allclose([p[1:] for p in sampled], [(0.25, 0.2, 0.3)])
    assert_allclose([p[1:] for p in exact], [(0.26, 0.21, 0.31), (0.44, 0.4, 0.5)])
    assert [round(p[0]) for p in exact] == [0, 1]
    assert axes.get_ylim()[1] > 0.5  # nothing is cut off
    for text in (described(figure), words(figure)):
        assert "n = 400, published n = 100" in text and "map" not in text and "none" not in text


def test_outcome_rows_set_published_numbers_beside_runs() -> None:
    outcome = simulate(published_experiment(stag_hunt(), ("pg", "meta"), 30, 0))
    rows = outcome_rows("mine", outcome)
    assert [(row["arm"], row["published"], row["published_n"]) for row in rows] == [
        ("PG", 0.27, 100),
        ("Meta-MAPG", 0.42, 100),
    ]
    for row, result in zip(rows, outcome.methods, strict=True):
        assert (row["ours"], tuple(row["interval"]), row["n"]) == (result.share.fraction, result.share.interval, 30)
    assert len(bars(estimators(rows).axes[0])) == 2


# --------------------------------------------------------------------------------------------------------------- cost


def test_costs_are_coloured_by_the_side_of_one_that_the_whole_interval_is_on() -> None:
    ratios = {"updates": (0.5, 0.4, 0.6), "operations": (2.0, 1.5, 2.5), "both": (1.1, 0.9, 1.3)}
    counted = {
        unit: [
            {"method": "pg", "n": 9, "ratio": {"estimate": 1.0, "interval": [1.0, 1.0]}},
            {"method": "meta", "n": 9, "ratio": {"estimate": value, "interval": list(limits)}},
        ]
        for unit, (value, *limits) in ratios.items()
    }
    figure = cost([{"game": "hunt", "costs": counted}])
    assert not faults(figure)
    (axes,) = figure.axes
    drawn = bars(axes, across=True)
    assert [colour for colour, _ in drawn] == [BLUE, VERMILION, BLACK]
    assert_allclose([point[1:] for _, (point,) in drawn], list(ratios.values()))
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"hunt: {unit}" for unit in ratios]
    assert "2.000 [1.500, 2.500]" in words(figure) and "n = 9" in words(figure) and "n = 9" in described(figure)


# ------------------------------------------------------------------------------------------------------- sample sizes


def test_resolution_repeats_the_sample_sizes_and_leaves_out_what_no_number_finds() -> None:
    runs = [10, 100, 1000]
    width, difference = resolution(runs, (0.2,), 100).axes[0].get_lines()[:2]
    assert_allclose(np.asarray(width.get_ydata()), [share_half_width(n) for n in runs])
    assert resolved_difference(10, 0.2) is None
    assert_allclose(np.asarray(difference.get_xydata()), [(n, resolved_difference(n, 0.2) or 0) for n in runs[1:]])
