"""Saved simulations and varied grids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from numerics import Experiment, simulate
from theory.errors import BadInput
from theory.games import ipd, stag_hunt

HUNT = Experiment(stag_hunt(), "initial-cooperation:0.82", ("pg", "meta"), steps=40, count=7, policy="direct")


def test_saved_arrays_are_the_outcome(tmp_path: Path) -> None:
    outcome = simulate(HUNT, every=10)
    paths = outcome.save(tmp_path / "new" / "folder")
    header = json.loads(paths[1].read_text())
    with np.load(paths[0]) as stored:
        assert (stored["starts"] == outcome.starts).all()
        assert (stored["ends_meta"] == outcome["meta"].end).all()
        assert stored["paths_pg"].shape == (5, 2, 7)
        assert (stored["paths_pg"][0] == outcome.starts).all()
        assert (stored["paths_pg"][-1] == outcome["pg"].end).all()
        assert header["arrays"] == {name: list(stored[name].shape) for name in stored.files}
    assert header["parameters"] == ["p", "q"] and header["schema_version"] == 1


def test_no_paths_unless_asked_for(tmp_path: Path) -> None:
    with np.load(simulate(HUNT).save(tmp_path)[0]) as stored:
        assert not [name for name in stored.files if name.startswith("paths")]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot write"):
        simulate(HUNT).save(tmp_path / "file")


def test_a_grid_over_two_named_parameters_keeps_the_others() -> None:
    grid = Experiment(
        ipd(),
        "initial-cooperation:0.82",
        ("pg",),
        policy="direct",
        init="grid:5:0.1:0.9",
        vary=("p1[CD]", "p2[CD]"),
        at="TFT;AllD",
        steps=1,
        lr=1e-9,
    )
    starts = simulate(grid).starts
    assert starts.shape == (10, 25)
    # Player 1's own view is the global order; player 2's CD is the global DC, its row 5 + 3.
    assert set(np.round(starts[2], 12)) == set(np.round(starts[8], 12)) == {0.1, 0.3, 0.5, 0.7, 0.9}
    fixed = [0, 1, 3, 4, 5, 6, 7, 9]
    assert (starts[fixed] == np.array([1, 1, 1, 0, 0, 0, 0, 0])[:, None]).all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"vary": ("p1[CC]",)}, "--at"),
        ({"vary": ("p3[CC]",), "at": "TFT"}, "--vary"),
        ({"vary": ("p1[XX]",), "at": "TFT"}, "--vary"),
        ({"vary": ("p1[CC]", "p1[CC]"), "at": "TFT"}, "--vary"),
        ({}, "--vary"),
        ({"vary": ("p1[CC]",), "at": "TFT", "policy": "logit"}, "--at"),
        ({"vary": ("p1[CC]",), "at": "nonsense"}, "profile"),
        ({"vary": ("p1[CC]",), "at": "TFT", "init": "normal:1"}, "--vary"),
    ],
)
def test_refused_grids(changes: dict[str, object], reason: str) -> None:
    settings: dict[str, object] = {"policy": "direct", "init": "grid:5:0.1:0.9", **changes}
    with pytest.raises(BadInput, match=reason):
        simulate(Experiment(ipd(), "initial-cooperation:0.82", ("pg",), steps=1, **settings))  # type: ignore[arg-type]


def test_pure_policies_in_logit_sit_at_the_clip() -> None:
    grid = Experiment(
        ipd(),
        "initial-cooperation:0.82",
        ("pg",),
        init="grid:3:0.1:0.9",
        vary=("p1[CC]",),
        at="Grim",
        clip=6.0,
        steps=1,
    )
    starts = simulate(grid).starts
    assert set(starts[[0, 2, 3, 4]].ravel()) == {6.0, -6.0}
