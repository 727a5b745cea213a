"""numerics.neural_tables and neural_figures: what is shown is what the evidence says, with intervals and n."""

from __future__ import annotations

import copy
import csv
import io
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose
from readable import faults

from numerics.figures import BLUE, VERMILION
from numerics.neural_figures import ARMS, alignment_of_kernels, learning_curves
from numerics.neural_tables import TABLES, end_policies
from numerics.paper_figures import FROM_EVIDENCE
from numerics.statistics import wilson
from theory.games import ipd


def row(arm: str, share: float, level: float, game: str = "ipd", n: int = 60) -> dict[str, Any]:
    return {
        "game": game,
        "gradient": "exact",
        "arm": arm,
        "share": share,
        "interval": [share / 2, (1 + share) / 2],
        "n": n,
        "undecided": 1,
        "ends": {"DD": n - 8, "CC": 8},
        "welfare": [[level + k / 10, level + k / 10 - 0.03, level + k / 10 + 0.04] for k in range(4)],
        "every": 20,
    }


IPD = {"neural": [row(arm, 0.05 * k, -4 + k) for k, arm in enumerate(ARMS)], "differences": []}
GRID = {"neural": [row("pg", 0.25, 1, "grid", 40), row("meta", 0.75, 2, "grid", 40)], "differences": []}
VISITS = {
    "alignment": [
        {
            "arm": arm,
            "step": step,
            "n": 60,
            "still": 3,
            "table": 57,
            "table_away": 0,
            "network": 54,
            "network_away": 2,
            "lost": 2,
            "promised": 0,
            "cosine_parameters": 0.112,
            "cosine_policy": -0.265,
            "cosine_table": 0.349,
            "condition": [36.3, 46.4, 69.7],
        }
        for arm in ("pg", "meta")
        for step in (0, 60)
    ]
}
EVIDENCE = [("C17.mlp-ipd-exact", IPD), ("C17.grid", GRID), ("C17.alignment", VISITS)]


def cells(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(TABLES[name](EVIDENCE).csv())))


# ---------------------------------------------------------------------------------------------------------- tables


def test_the_table_of_arms_repeats_the_evidence() -> None:
    found, wanted = cells("neural"), [*IPD["neural"], *GRID["neural"]]
    assert len(found) == len(wanted) == 7
    for line, entry in zip(found, wanted, strict=True):
        assert [line[key] for key in ("game", "gradient", "arm")] == [entry[k] for k in ("game", "gradient", "arm")]
        assert float(line["share"]) == entry["share"]
        assert [float(line[f"95% interval {end}"]) for end in ("low", "high")] == list(entry["interval"])
        assert (line["n"], line["undecided"]) == (str(entry["n"]), "1")
        assert line["ends"] == f"CC 8, DD {entry['n'] - 8}"


def test_a_game_whose_ends_have_no_classes_shows_none() -> None:
    bare = copy.deepcopy(GRID)
    bare["neural"][0]["ends"] = {}
    assert TABLES["neural"]([("C17.grid", bare)]).rows[0][-1] == ""


def test_the_table_of_alignment_repeats_the_evidence() -> None:
    assert [(line["arm"], line["step"]) for line in cells("neural_alignment")] == [
        ("pg", "0"),
        ("pg", "60"),
        ("meta", "0"),
        ("meta", "60"),
    ]
    first = TABLES["neural_alignment"](EVIDENCE).rows[0]
    intervals = ["[{:.4f}, {:.4f}]".format(*wilson(count, 60)) for count in (57, 54, 2)]
    shares = ("0.9500", intervals[0], "0", "0.9000", intervals[1], "2", "0.0333", intervals[2])
    assert first == ("pg", "0", "60", "3", *shares, "+0.112", "-0.265", "+0.349", "46")


def test_networks_that_all_stand_still_have_no_medians() -> None:
    still: dict[str, Any] = VISITS["alignment"][0] | {
        "still": 60,
        "table": 0,
        "network": 0,
        "network_away": 0,
        "lost": 0,
    }
    still |= dict.fromkeys(("cosine_parameters", "cosine_policy", "cosine_table", "condition"))
    (line,) = TABLES["neural_alignment"]([("C17.alignment", {"alignment": [still]})]).rows
    assert line[3] == "60" and line[-4:] == ("", "", "", "")


def test_no_evidence_gives_empty_tables() -> None:
    assert not any(table([("C1", {})]).rows for table in TABLES.values())


def test_end_policies_by_hand() -> None:
    """Twice an unconditional defector meets an unconditional cooperator; one run is open after mutual defection."""
    always, never = np.full(5, 30.0), np.full(5, -30.0)
    retaliating, open_end = np.array([30.0, 30.0, -30.0, 30.0, -30.0]), np.array([30.0, 30.0, 30.0, 30.0, 0.0])
    pairs = ((never, never), (never, always), (never, always), (retaliating, open_end))
    ends = np.stack([np.concatenate(pair) for pair in pairs], axis=1)
    table = end_policies(ipd(), ends, 1)
    assert table.columns[0] == "player 1 after ∅, CC, CD, DC, DD"
    assert table.rows == (
        ("DDDDD", "CCCCC", "0.00, -3.00", "2"),
        ("CCDCD", "CCCC?", "-1.00, -1.00", "1"),
        ("DDDDD", "DDDDD", "-2.00, -2.00", "1"),
    )
    assert end_policies(ipd(), ends).rows == (table.rows[0], ("other", "other", "", "2"))


# --------------------------------------------------------------------------------------------------------- curves


def curves(axes: Axes) -> list[tuple[str, Any, Any]]:
    """(colour, points of the line, corners of the band) of every arm, in the order drawn."""
    bands = [band for band in axes.collections if isinstance(band, PolyCollection)]
    return [
        (to_hex(line.get_color()).upper(), np.asarray(line.get_xydata()), band.get_paths()[0].vertices)
        for line, band in zip(axes.get_lines(), bands, strict=True)
    ]


def test_curves_and_bands_are_the_rows() -> None:
    figure = learning_curves([IPD, GRID])
    assert not faults(figure)
    assert [axes.get_title() for axes in figure.axes] == [
        "ipd, exact gradients, n = 60",
        "grid, exact gradients, n = 40",
    ]
    for axes, content in zip(figure.axes, (IPD, GRID), strict=True):
        for (colour, line, band), entry in zip(curves(axes), content["neural"], strict=True):
            assert colour == ARMS[entry["arm"]][0]
            welfare, steps = np.array(entry["welfare"]), [0, 20, 40, 60]
            assert_allclose(line, np.stack([steps, welfare[:, 0]], axis=1))
            corners = {(round(float(x)), round(float(y), 9)) for x, y in band}
            wanted = {(n, round(float(y), 9)) for n, ends in zip(steps, welfare[:, 1:], strict=True) for y in ends}
            assert corners == wanted
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(ARMS)
    assert "n = 60" in figure.description and "n = 40" in figure.description  # type: ignore[attr-defined]


def test_arms_have_styles_of_their_own() -> None:
    assert len({(colour, style) for colour, style, _ in ARMS.values()}) == len(ARMS)


def test_rows_of_several_settings_are_no_panel() -> None:
    with pytest.raises(ValueError, match="too many values"):
        learning_curves([{"neural": [*IPD["neural"], *GRID["neural"]]}])


def test_three_experiments_leave_no_empty_axes() -> None:
    figure = learning_curves([IPD, GRID, IPD])
    assert [axes.axison for axes in figure.axes] == [True, True, True, False]


def test_the_figure_is_drawn_from_what_has_arms() -> None:
    needed, _ = FROM_EVIDENCE["neural"]
    assert [needed(content) for _, content in EVIDENCE] == [True, True, False]


# ------------------------------------------------------------------------------------------------------ alignment


def test_kernels_against_alignment() -> None:
    found: Any = SimpleNamespace(
        table=np.array([0.5, 0.4, 0.3, -0.2, 0.1, np.nan]),
        policy=np.array([0.2, -0.1, 0.3, -0.4, 0.9, np.nan]),
        condition=np.array([10.0, 100.0, 20.0, 30.0, np.inf, 40.0]),
    )
    figure = alignment_of_kernels({"starts": found})
    assert not faults(figure)
    (axes,) = figure.axes
    assert axes.get_xscale() == "log" and axes.get_title() == "starts, n = 6, 2 not drawn"
    same, other, _ = axes.get_lines()
    assert (to_hex(same.get_color()).upper(), to_hex(other.get_color()).upper()) == (BLUE, VERMILION)
    assert_allclose(np.asarray(same.get_xydata()), [[10, 0.2], [20, 0.3], [30, -0.4]])  # both signs negative: the same
    assert_allclose(np.asarray(other.get_xydata()), [[100, -0.1]])
    # The same from evidence, where what is not a number is null.
    stored = {name: [None if np.isnan(x) or np.isinf(x) else x for x in found.__dict__[name]] for name in vars(found)}
    content = json.loads(json.dumps({"seed": 0, "kernels": stored}))
    needed, draw = FROM_EVIDENCE["neural_kernels"]
    assert needed(content) and not any(needed(other) for _, other in EVIDENCE)
    (again,) = draw([content]).axes
    assert again.get_title() == "networks' starts, seed 0, n = 6, 2 not drawn"
    for old, new in zip(axes.get_lines(), again.get_lines(), strict=True):
        assert_allclose(np.asarray(old.get_xydata()), np.asarray(new.get_xydata()))
    whole: Any = SimpleNamespace(**{name: values[:4] for name, values in vars(found).items()})
    assert alignment_of_kernels({"starts": whole}).axes[0].get_title() == "starts, n = 4"
