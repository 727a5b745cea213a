"""numerics.region_entry: the same runs under each definition, and first-entry times against a slow record."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import expit

from numerics import basins, region_entry
from numerics.chunks import label
from numerics.evidence import Run, c15_regions, model
from numerics.evidence.c15_regions import _verdict
from numerics.published import published_experiment
from numerics.region_entry import certified, definitions, entry_times, share_rows, time_rows
from numerics.simulation import simulate
from theory.claims import Verdict
from theory.games import stag_hunt

EXPERIMENT = published_experiment(stag_hunt(), ("pg", "meta"), 200, 0, steps=60)
ASKED = definitions(stag_hunt(), "logit", {"sign-box": ("Stag,Stag",), "sublevel": ("Stag,Stag",)})


def test_what_each_definition_means() -> None:
    """By hand at four policies: the threshold's square, the box above 2/3, the ball within √2/3, the basin."""
    points = np.array([[0.83, 0.7, 0.66, 0.95], [0.83, 0.7, 0.69, 0.5]])
    learning = EXPERIMENT.learning("pg")
    ends = np.log(points / (1 - points))
    found = {definition.name: label(definition.success, learning, ends)[0].tolist() for definition in ASKED}
    assert found["threshold"] == [True, False, False, False]
    assert found["sign-box"] == [True, True, False, False]
    assert found["sublevel"] == [bool(((1 - p) ** 2 + (1 - q) ** 2) < 2 / 9) for p, q in points.T]
    assert found["sublevel"] == [True, True, True, False]
    assert found["oracle"][:2] == [True, True]


def test_regions_are_proved_for_these_coordinates() -> None:
    box = certified(stag_hunt(), "logit", "Stag,Stag", "sign-box").success
    assert box.content["dynamics"]["coordinates"] == "logit"  # type: ignore[union-attr]
    assert [Fraction(low) for low, _ in box.content["region"]["box"]] == [Fraction(2, 3)] * 2  # type: ignore[union-attr]
    hare = certified(stag_hunt(), "logit", "Hare,Hare", "sign-box")
    other = replace(ASKED[0], success=hare.success)
    outcome = simulate(EXPERIMENT)
    result, learning = outcome["meta"], EXPERIMENT.learning("meta")
    entered = [label(which.success, learning, result.end)[0] for which in (ASKED[1], other)]
    assert entered[0].any() and entered[1].any() and not (entered[0] & entered[1]).any()


def test_shares_are_one_family() -> None:
    outcome = simulate(EXPERIMENT)
    rows = share_rows(outcome, ASKED)
    assert [row["definition"] for row in rows] == ["threshold", "sign-box", "sublevel", "oracle"]
    assert rows[0]["share"] == outcome["meta"].share.fraction and rows[0]["base_share"] == outcome["pg"].share.fraction
    (alone,) = share_rows(outcome, ASKED[:1])
    assert rows[0]["gain_interval"][0] < alone["gain_interval"][0] and rows[0]["gain"] == alone["gain"]
    assert json.loads(json.dumps(rows)) == rows


def test_first_entry_against_all_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record of every step, from the paths of a simulation; chunks do not matter."""
    paths = simulate(EXPERIMENT, every=1)["meta"].paths
    inside = (expit(paths) >= 0.82).all(1)
    expected = [int(np.flatnonzero(run)[0]) if run.any() else -1 for run in inside.T]
    times = entry_times(EXPERIMENT, "meta", ASKED[0])
    assert times.step.tolist() == expected and times.horizon == 60 and 0 < times.entered.sum() < 200
    monkeypatch.setattr(region_entry, "chunk_length", lambda *_: 64)
    assert entry_times(EXPERIMENT, "meta", ASKED[0]).step.tolist() == expected
    with pytest.raises(ValueError, match="oracle"):
        entry_times(EXPERIMENT, "meta", ASKED[-1])


def test_a_run_that_overflows_is_undecided() -> None:
    wild = replace(EXPERIMENT, lr=1e308, clip=None, count=20, steps=5)
    times = entry_times(wild, "meta", ASKED[0])
    assert times.undecided.any() and not (times.undecided & times.entered).any()


def test_rows_of_times() -> None:
    rows = time_rows(EXPERIMENT, ASKED)
    assert [(row["definition"], row["method"]) for row in rows] == [
        (name, method) for name in ("threshold", "sign-box", "sublevel") for method in ("pg", "meta")
    ]
    for row in rows:
        assert row["entered"] + row["censored"] + row["undecided"] == row["n"] == 200
        assert row["entered_by_step"][-1] == row["entered"] and len(row["entered_by_step"]) == 61
    meta = rows[1]
    assert meta["sooner"] + meta["later"] + meta["ties"] == 200 and meta["difference"] < 0
    assert json.loads(json.dumps(rows)) == rows
    # control: the other way round the difference changes sign
    back = time_rows(replace(EXPERIMENT, methods=("meta", "pg")), ASKED[:1])[1]
    assert back["difference"] == -meta["difference"]


@pytest.mark.parametrize(
    ("intervals", "wanted", "verdict"),
    [
        ([(0.1, 0.2), (0.01, 0.3)], 1, Verdict.SUPPORTED),
        ([(0.1, 0.2), (-0.01, 0.3)], 1, Verdict.UNDECIDED),
        ([(0.1, 0.2), (-0.3, -0.1)], 1, Verdict.REFUTED),
        ([(-3.0, -1.0)], -1, Verdict.SUPPORTED),
        ([(1.0, 3.0)], -1, Verdict.REFUTED),
        ([(-1.0, 3.0)], -1, Verdict.UNDECIDED),
    ],
)
def test_the_rule(intervals: list[tuple[float, float]], wanted: int, verdict: Verdict) -> None:
    assert _verdict(intervals, wanted) == verdict


def test_the_checks_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the peer term is dropped nothing rises and nothing is sooner."""
    monkeypatch.setattr(model, "SIZES", {"quick": {"C15.logit": 500}})
    names = ("C15.regions", "C11.times-stag-hunt")
    assert all(c15_regions.CHECKS[name](Run("quick", 0)).verdict == Verdict.SUPPORTED for name in names)
    without = published_experiment

    def dropped(*arguments: object, **changes: object) -> object:
        return without(*arguments, **{**changes, "peer": 0.0})  # type: ignore[arg-type]

    monkeypatch.setattr(c15_regions, "published_experiment", dropped)
    assert all(c15_regions.CHECKS[name](Run("quick", 0)).verdict != Verdict.SUPPORTED for name in names)
    assert basins.parse_success("initial-cooperation:0.82") == ASKED[0].success
