"""numerics.evidence.c12_two_phase: failures by hand, rules that can fail, broken assumptions, and the figures."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from readable import faults
from sympy import Integer, Rational

from numerics.evidence import c12_two_phase as c12
from numerics.evidence.c12_two_phase import TwoPhases, decided, distance, measure, schedules
from numerics.evidence.model import Run
from numerics.figures import Picture
from numerics.noisy import Runs, constant, run
from numerics.two_phase_figures import failures, two_phases
from theory.claims import Finding, Verdict
from theory.claims.c12_two_phase import CLAIMS, DELTAS, SETTINGS
from theory.claims.model import settle
from theory.two_phase import Plan, make_plan

COUNT = 64


@lru_cache(maxsize=4)
def plan_of(name: str) -> Plan:
    return make_plan(SETTINGS[name](), DELTAS[0])


@lru_cache(maxsize=1)
def pennies() -> Finding:
    return c12.CHECKS["C12.failure-regularised-matching-pennies"](Run("quick", 0))


# ------------------------------------------------------------------------------------------------------------- rules


def rows(*intervals: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"interval": interval, "delta": "1/10"} for interval in intervals]


def test_the_rule_can_fail() -> None:
    assert decided(rows((0, 0.1), (0.05, 0.08))) == Verdict.SUPPORTED
    assert decided(rows((0, 0.05), (0.11, 0.2))) == Verdict.REFUTED
    assert decided(rows((0, 0.05), (0.05, 0.2))) == Verdict.UNDECIDED


def test_reasons_of_failure_by_hand() -> None:
    """Four runs: one stays, one left the first ball, one is far at the end of phase 1, one is not finite."""
    plan = plan_of("cournot")
    moved, zero = (np.array(phase.drift.centre, dtype=float) for phase in plan.phases)
    ends = np.repeat(moved[:, None], 4, axis=1)
    ends[0, 2] += 0.75
    last = np.repeat(zero[:, None], 4, axis=1)
    last[:, 3] = np.nan
    first = Runs(ends, np.empty((0, 2, 4)), np.array([0.5, 1.0, 0.9, 0.9]))
    second = Runs(last, np.empty((0, 2, 4)), np.array([0.5, 0.5, 0.5, np.nan]))
    found = TwoPhases(plan, first, second, (0.7, 0.6))
    counts = {reason: failed.tolist() for reason, failed in found.failures().items()}
    assert counts == {
        "left ball 1": [False, True, False, False],
        "far at end 1": [False, False, True, False],
        "left ball 2": [False, False, False, True],
        "far at end 2": [False, False, False, True],
    }
    assert (found.share().successes, found.share().total) == (3, 4)


def test_quick_profile_supports_the_claim_and_says_how_conservative_it_is() -> None:
    finding = pennies()
    (evidence,) = finding.evidence
    assert finding.verdict == Verdict.SUPPORTED
    found = evidence.content["two_phase"]
    own = [entry for entry in found if entry["factor"] == 1]
    assert [entry["delta"] for entry in own] == list(map(str, DELTAS))
    assert all(entry["bound"] <= float(Rational(entry["delta"])) for entry in own)
    assert all(entry["n"] == c12.RUNS["quick"] and sum(entry["reasons"].values()) == 0 for entry in own)
    louder = [entry for entry in found if entry["factor"] > 1]
    assert louder[0]["failing"] == 0 and louder[-1]["interval"][0] > 0.1  # the measurement can fail
    assert "16 times" in evidence.summary


def test_a_measurement_without_any_failure_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c12, "FACTORS", c12.FACTORS[:1])
    finding = settle(lambda: c12.CHECKS["C12.failure-regularised-matching-pennies"](Run("quick", 0)))
    assert finding.verdict == Verdict.UNDECIDED and "cannot fail" in finding.reason


def test_claims_and_checks_belong_together() -> None:
    measured = {claim.id for claim in CLAIMS if claim.id.startswith("C12.failure-")}
    assert measured == set(c12.CHECKS)


# --------------------------------------------------------------------------------------------- broken assumptions


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_runs_end_nearer_to_the_equilibrium_and_would_not_with_a_constant_correction(name: str) -> None:
    plan = plan_of(name)
    found = measure(plan, COUNT, 1)
    assert found.share().successes == 0
    apart = [distance(found.second.ends, phase) for phase in plan.phases]
    if plan.setting.moved == plan.setting.case.zero:
        return
    assert (apart[1] < apart[0]).all()
    _, fading = schedules(plan)
    still = replace(fading, corrections=np.full_like(fading.corrections, fading.corrections[0]))
    kept = run(plan.setting.case, found.first.ends, still, float(plan.setting.deviation), COUNT, 1, first=plan.length)
    apart = [distance(kept.ends, phase) for phase in plan.phases]
    assert (apart[1] > apart[0]).mean() > 0.9


def test_a_fifth_of_the_steps_does_not_get_there() -> None:
    plan = plan_of("regularised-matching-pennies")
    setting = plan.setting
    tiny = constant(plan.steps[0] / 5, setting.amount, setting.bias, plan.length)
    limit = float(plan.reached) ** 0.5
    ended = run(setting.case, setting.start, tiny, float(setting.deviation), COUNT, 1)
    assert (distance(ended.ends, plan.phases[0]) > 0.8 * limit).all()
    ended = run(setting.case, setting.start, schedules(plan)[0], float(setting.deviation), COUNT, 1)
    assert (distance(ended.ends, plan.phases[0]) < 0.8 * limit).all()


def test_a_bias_beyond_the_bound_makes_every_run_fail_however_small_the_steps_are() -> None:
    plan = plan_of("cournot")
    setting = replace(plan.setting, bias=4 * plan.phases[0].drift.slope * plan.phases[0].drift.radius)
    for slower in (1, 4):
        steps = plan.steps[0] / slower, plan.steps[1] / slower
        biased = replace(plan, setting=setting, steps=steps, length=slower * plan.length)
        assert measure(biased, COUNT, 0).share().successes == COUNT


def test_larger_steps_and_more_noise_fail() -> None:
    plan = plan_of("regularised-matching-pennies")
    loud = replace(plan, setting=replace(plan.setting, deviation=100 * plan.setting.deviation))
    assert measure(loud, COUNT, 0).share().fraction > 0.5
    steps = c12.enlarged(plan, 4)
    assert steps.length == -(-plan.length // 4) and steps.steps[0] == 4 * plan.steps[0]


def test_the_final_distance_is_the_recursion_and_falls_with_the_steps_taken() -> None:
    plan = plan_of("regularised-matching-pennies")  # M(φ*) = 0, so only the bias is left
    schedule = schedules(plan)[1]
    phase, bound = plan.phases[1], float(plan.phases[1].start)
    for a, bias in zip(schedule.steps, schedule.biases, strict=True):
        bound += a * float(phase.kept) * ((bias / float(phase.kept)) ** 2 - bound)
    assert c12.final_distance(plan, schedule) == pytest.approx((bound + float(phase.margin)) ** 0.5)
    assert c12.final_distance(plan, schedule) < float(phase.drift.radius)


# ----------------------------------------------------------------------------------------------------------- figures


def test_figures_draw_what_the_evidence_says() -> None:
    content = pennies().evidence[0].content
    figure = two_phases([content])
    assert not faults(figure)
    (axes,) = figure.axes
    paths = content["paths"]["regularised-matching-pennies"]
    median = next(line for line in axes.get_lines() if line.get_label() == "median run")
    assert_allclose(np.asarray(median.get_xydata()).T, [paths["step"], paths["distance"][1]])
    assert paths["step"][0] == 0 and paths["hand_over"] in paths["step"]
    assert paths["distance"][1][-1] < paths["distance"][1][0]
    assert isinstance(figure, Picture) and "n = 512" in figure.description
    figure = failures([content])
    assert not faults(figure)
    (axes,) = figure.axes
    (drawn,) = axes.containers
    points = np.asarray(drawn.lines[0].get_xydata())  # type: ignore[attr-defined]
    assert_allclose(points[:, 1], [entry["share"] for entry in content["two_phase"]])
    assert isinstance(figure, Picture) and "n = 512" in figure.description


def test_hand_over_is_where_the_theorem_says() -> None:
    plan = plan_of("cournot")
    found = measure(plan, COUNT, 3)
    assert (distance(found.first.ends, plan.phases[1]) ** 2 < float(plan.phases[1].start)).all()
    assert len(schedules(plan)[0].steps) == plan.length
    assert schedules(plan)[1].steps[0] == float(plan.steps[1])
    assert plan.setting.power <= Integer(1)
