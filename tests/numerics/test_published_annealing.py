"""C12.published: the settings, the rule, and what sets of published size would have shown; with controls."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from numerics.evidence import c12_published as c12
from numerics.evidence.model import Run
from numerics.multiplicity import paired_family
from numerics.paper_results import run_arms
from theory.claims import Verdict
from theory.claims import c12_published as claims

Labels = NDArray[np.bool_]


def nested(seed: int, shares: tuple[float, float, float], count: int = 4000) -> dict[str, Labels]:
    """Arms with common draws: whoever has the smaller share succeeds in a part of the other's successes."""
    uniform = np.random.default_rng(seed).random(count)
    return {arm: uniform < share for arm, share in zip(c12.ARMS, shares, strict=True)}


# -------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize("steps", [260, 2000])
def test_every_reading_has_all_arms(steps: int) -> None:
    readings = c12.annealing_settings(steps)
    assert len(readings) == 3
    for settings in readings.values():
        arms = {arm: (setting, rule) for setting in settings for arm, rule in setting.arms}
        assert set(arms) == set(c12.ARMS)
        experiments = {arm: setting.experiment(rule, 5, 0) for arm, (setting, rule) in arms.items()}
        assert {e.steps for e in experiments.values()} == {steps}
        assert {(e.batch, e.init, e.gradient) for e in experiments.values()} == {(256, "normal:1.35", "sampled")}
        assert experiments["two-phase"].anneal == "two-phase:100:0.7:30" and experiments["constant"].anneal == "none"
    assert not c12.annealing_settings(140)


def test_published_shares_are_of_80_seeds() -> None:
    published = c12.published_shares()
    assert {arm: number.value for arm, number in published.items()} == {
        "PG": 0.3125,
        "constant": 0.4125,
        "two-phase": 0.425,
    }
    assert [round((number.value or 0) * 80, 9) for number in published.values()] == [25, 33, 34]  # whole starts


# ------------------------------------------------------------------------------------------------------------ rule


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ([(0.3, 0.4, 0.42), (0.3, 0.4, 0.5)], Verdict.SUPPORTED),
        ([(0.42, 0.4, 0.3), (0.5, 0.4, 0.3)], Verdict.REFUTED),
        ([(0.3, 0.4, 0.42), (0.3, 0.4, 0.3)], Verdict.UNDECIDED),  # one reading shows nothing
        ([(0.3, 0.4, 0.42), (0.42, 0.4, 0.3)], Verdict.UNDECIDED),  # the readings disagree
    ],
)
def test_the_rule(shares: list[tuple[float, float, float]], verdict: Verdict) -> None:
    success: dict[str, Labels] = {}
    for number, arms in enumerate(shares):
        success |= {f"{arm}, {number}": labels for arm, labels in nested(number, arms).items()}
    pairs = [(f"two-phase, {number}", f"PG, {number}") for number in range(len(shares))]
    family = paired_family(success, {name: np.zeros_like(labels) for name, labels in success.items()}, pairs)
    assert c12.decided(family) is verdict


# ------------------------------------------------------------------------------------------------------------ sets


def test_sets_by_hand() -> None:
    success = {
        "PG": np.array([1, 0, 0, 0, 0, 0, 1], dtype=bool),
        "constant": np.array([1, 1, 0, 1, 0, 0, 1], dtype=bool),
        "two-phase": np.array([1, 1, 1, 0, 0, 0, 1], dtype=bool),
    }
    found = c12.sets_of(success, 3)  # the seventh start is left over
    assert found["sets"] == 2
    assert found["shares"]["PG"][1] == pytest.approx(1 / 6)
    assert found["ahead"] == {"PG": 0.5, "constant": 0.5}
    assert found["as_published"] == 0.5
    assert found["significant"] == {"PG": 0.0, "constant": 0.0}


def test_sets_of_80_resolve_large_differences_only() -> None:
    large, none = c12.sets_of(nested(0, (0.3, 0.4, 0.42), 16_000), 80), c12.sets_of(nested(0, (0.3, 0.3, 0.3)), 80)
    assert large["significant"]["PG"] > 0.8 and large["significant"]["constant"] < 0.1
    assert none["significant"]["PG"] == none["ahead"]["PG"] == 0  # control: equal arms
    generator = np.random.default_rng(1)
    independent = {arm: generator.random(16_000) < 0.4 for arm in c12.ARMS}
    chance = c12.sets_of(independent, 80)
    assert 0.3 < chance["ahead"]["PG"] < 0.6 and chance["significant"]["PG"] < 0.07
    assert 0.05 < chance["as_published"] < 0.3  # one order of six, less ties
    spread = chance["shares"]["PG"][2] - chance["shares"]["PG"][0]
    assert spread == pytest.approx(2 * 1.96 * np.sqrt(0.4 * 0.6 / 80), rel=0.2)


# ------------------------------------------------------------------------------------------------------- from runs


def test_the_evidence_is_that_of_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c12, "RUNS", {"quick": (170, 260)})
    finding = c12.CHECKS["C12.published"](Run("quick", 4))
    (evidence,) = finding.evidence
    content = evidence.content
    assert json.loads(json.dumps(content)) == content
    readings = c12.annealing_settings(260)
    assert len(content["annealing"]) == 9 and len(content["differences"]) == 6 and set(content["sets"]) == set(readings)
    assert {entry["sets"] for entry in content["sets"].values()} == {2}
    reading, settings = next(iter(readings.items()))
    runs = run_arms(settings, 170, 4)
    shares = {arm: labels[0].mean() for (_, arm), (labels, _) in runs.items()}
    rows = {row["arm"]: row for row in content["annealing"] if row["reading"] == reading}
    assert {arm: row["share"] for arm, row in rows.items()} == pytest.approx(shares)
    assert all(row["interval"][0] < row["share"] < row["interval"][1] for row in rows.values())
    for entry in content["differences"]:
        a, b = (entry[side].partition(", ") for side in "ab")
        of = {row["arm"]: row["share"] for row in content["annealing"] if row["reading"] == a[2] == b[2]}
        assert entry["difference"] == pytest.approx(of[a[0]] - of[b[0]])
    assert rows["two-phase"]["share"] > rows["PG"]["share"]
    assert c12.CHECKS["C12.published"](Run("quick", 4)) == finding


def test_the_published_order_is_the_arms_order() -> None:
    values = [number.value or 0 for number in map(c12.published_shares().__getitem__, c12.ARMS)]
    assert all(a < b for a, b in pairwise(values))


def test_claim_and_check_belong_together() -> None:
    (claim,) = claims.CLAIMS
    assert set(c12.CHECKS) == {claim.id} and claim.check is None and claim.scope and claim.assumptions
    for arm, number in c12.published_shares().items():
        assert f"{100 * (number.value or 0):g}%" in claim.reference, arm
