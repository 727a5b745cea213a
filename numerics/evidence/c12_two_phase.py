"""C12 measured: how often two-phase annealing with the theorem's step sizes fails, and how much larger steps may be.

With the theorem's own steps hardly a run fails. How conservative they are is measured under noise sixteen times as
large, where noise limits the steps: too many steps to run by the theorem, so steps are enlarged from 64 times on.

A run fails if it is outside of the ball at any time of either phase (or not finite), or at a phase's end farther from
the centre than the theorem says for runs that stay. Rule: SUPPORTED if the upper Wilson limit of the failing share is
at most the requested δ for every δ, REFUTED if the lower limit is above one of them, else UNDECIDED. If no enlarged
steps under louder noise fail in more than δ of the runs, the measurement could not show a failure: UNDECIDED.

Phase 2 is followed for three times as many steps as phase 1 takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sympy import Rational

from numerics.compile import Array
from numerics.evidence.model import Check, Run
from numerics.noisy import Runs, Schedule, constant, decaying, run
from numerics.statistics import Booleans, Share, share
from theory.claims import Evidence, Finding, Verdict
from theory.claims.c12_two_phase import DELTAS, SETTINGS, plan_row
from theory.exact import Undecided
from theory.two_phase import Phase, Plan, Setting, make_plan

RUNS: Mapping[str, int] = {"quick": 512, "paper": 4_096}
FOLLOWED = 3  # steps of phase 2 over those of phase 1
LOUDER = 16
FACTORS = tuple(4**k for k in range(3, 9))  # by which the theorem's step sizes are enlarged under louder noise
FRAMES = 60
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class TwoPhases:
    """Runs of both phases and what the theorem says about them.

    Attributes:
        plan: step sizes and balls.
        first, second: the runs of phase 1 and phase 2.
        limits: the distances within which the phases end: from φ*_λ, and from φ*.
    """

    plan: Plan
    first: Runs
    second: Runs
    limits: tuple[float, float]

    def failures(self) -> dict[str, Booleans]:
        """By reason, shape (runs,)."""
        balls = [float(phase.drift.radius) for phase in self.plan.phases]
        found = {}
        for number, runs in enumerate((self.first, self.second)):
            found[f"left ball {number + 1}"] = ~(runs.farthest < balls[number])
            apart = distance(runs.ends, self.plan.phases[number])
            found[f"far at end {number + 1}"] = ~(apart <= self.limits[number])
        return found

    def share(self) -> Share:
        """The share of runs that fail."""
        return share(np.any(list(self.failures().values()), axis=0))


def distance(x: Array, phase: Phase) -> Array:
    """|x − z| for the centre of a phase; x of shape (…, parameters, runs), result (…, runs)."""
    centre = np.array(phase.drift.centre, dtype=float)[:, None]
    apart: Array = np.linalg.norm(x - centre, axis=-2)
    return apart


def schedules(plan: Plan) -> tuple[Schedule, Schedule]:
    """Both phases as the theorem has them, the second cut after three times the length of the first."""
    setting, (one, two) = plan.setting, plan.steps
    numbers = two, setting.power, setting.amount, setting.decay, setting.bias
    return (
        constant(one, setting.amount, setting.bias, plan.length),
        decaying(*numbers, plan.length, FOLLOWED * plan.length),
    )


def final_distance(plan: Plan, schedule: Schedule) -> float:
    """The distance from φ* within which the theorem has phase 2 end: the recursion of its inequality (1)."""
    phase = plan.phases[1]
    kept, still = float(phase.kept), float(phase.bias - plan.setting.bias)  # |M(φ*)| times the first λ
    perturbation = schedule.biases + still * schedule.corrections / schedule.corrections[0]
    bound = float(phase.start)
    for shrink, floor in zip(schedule.steps * kept, (perturbation / kept) ** 2, strict=True):
        bound = (1 - shrink) * bound + shrink * floor
    return float(np.sqrt(bound + float(phase.margin)))


def measure(plan: Plan, count: int, seed: int, frames: bool = False) -> TwoPhases:
    """Run both phases.

    Args:
        plan: the theorem's numbers, or larger steps.
        count: number of runs.
        seed: of the noise.
        frames: keep about ``FRAMES`` distances of each run.
    """
    setting, (one, two) = plan.setting, schedules(plan)
    every = max(1, plan.length * (1 + FOLLOWED) // FRAMES) if frames else None
    noise = float(setting.deviation)
    first = run(setting.case, setting.start, one, noise, count, seed, every, setting.moved)
    second = run(setting.case, first.ends, two, noise, count, seed, every, setting.case.zero, plan.length)
    limits = float(np.sqrt(float(plan.reached))), final_distance(plan, two)
    return TwoPhases(plan, first, second, limits)


def enlarged(plan: Plan, factor: int) -> Plan:
    """The plan with steps larger by a factor and as much fewer of them."""
    one, two = plan.steps
    return replace(plan, steps=(factor * one, factor * two), length=-(-plan.length // factor))


def row(name: str, delta: Rational, factor: int, found: TwoPhases) -> dict[str, Any]:
    """One row of the evidence."""
    plan, counted = found.plan, found.share()
    moved, zero = distance(found.second.ends, plan.phases[0]), distance(found.second.ends, plan.phases[1])
    return {
        "game": name,
        "factor": factor,
        **plan_row(plan, delta),
        "bound": float(sum(plan.failures)),
        "failing": counted.successes,
        "n": counted.total,
        "share": counted.fraction,
        "interval": list(counted.interval),
        "reasons": {reason: int(failed.sum()) for reason, failed in found.failures().items()},
        "limits": list(found.limits),
        "median_distance": float(np.median(zero)),
        "nearer_to_the_equilibrium": float((zero < moved).mean()),
    }


def decided(rows: list[dict[str, Any]]) -> Verdict:
    """The rule, from the rows of the theorem's own step sizes."""
    if any(entry["interval"][0] > float(Rational(entry["delta"])) for entry in rows):
        return Verdict.REFUTED
    within = all(entry["interval"][1] <= float(Rational(entry["delta"])) for entry in rows)
    return Verdict.SUPPORTED if within else Verdict.UNDECIDED


def _paths(found: TwoPhases) -> dict[str, Any]:
    """Quantiles of |x_n − φ*| over the runs, and where each phase's theorem has them stay."""
    plan = found.plan
    every = max(1, plan.length * (1 + FOLLOWED) // FRAMES)
    shown, steps = [], []
    for runs, begin in ((found.first, 0), (found.second, plan.length)):
        apart = distance(runs.frames, plan.phases[1])
        shown.append(np.quantile(apart, QUANTILES, axis=1))
        steps += [begin + every * k for k in range(len(apart))]
    shift = float(np.linalg.norm(np.array(plan.setting.moved, float) - np.array(plan.setting.case.zero, float)))
    return {
        "step": steps,
        "quantiles": list(QUANTILES),
        "distance": np.concatenate(shown, axis=1).tolist(),
        "hand_over": plan.length,
        "shift": shift,
        "radii": [float(phase.drift.radius) for phase in plan.phases],
        "hand_over_limit": float(np.sqrt(float(plan.phases[1].start))),
        "limits": list(found.limits),
    }


def _check(name: str, run_: Run) -> Finding:
    count = RUNS[run_.profile]
    setting = SETTINGS[name]()
    rows, larger, paths = [], [], {}
    for delta in DELTAS:
        plan = make_plan(setting, delta)
        found = measure(plan, count, run_.seed, frames=delta == DELTAS[0])
        rows.append(row(name, delta, 1, found))
        if delta == DELTAS[0]:
            paths = _paths(found)
            larger = _larger(name, delta, setting, count, run_.seed)
    verdict = decided(rows)
    if not any(entry["interval"][0] > float(Rational(entry["delta"])) for entry in larger):
        raise Undecided("the check cannot fail: no enlarged step fails in more than delta of the runs")
    shares = "; ".join(
        f"delta = {entry['delta']}: N = {entry['N']}, alpha = {float(Rational(entry['alpha'])):.3g}, bound "
        f"{entry['bound']:.3g}, {entry['failing']} of {entry['n']} fail [{entry['interval'][0]:.4f}, "
        f"{entry['interval'][1]:.4f}]"
        for entry in rows
    )
    within = [entry for entry in larger if _within(entry)]
    conservative = f"with noise {LOUDER} times as large the theorem has N = {larger[0]['theorem_N']}"
    if within:
        conservative += f"; {within[-1]['factor']} times its steps still fail within delta = {larger[0]['delta']}"
    conservative += f", {larger[-1]['factor']} times its steps in {larger[-1]['share']:.3f} of runs"
    evidence = Evidence(
        "experiment",
        "two-point noise, common draws; step sizes by the theorem's formulas",
        f"{name}: {shares}; {conservative}",
        {"seed": run_.seed, "two_phase": [*rows, *larger], "paths": {name: paths}},
        rows[-1]["n"],
        tuple(rows[-1]["interval"]),
    )
    relation = {
        Verdict.SUPPORTED: "at most",
        Verdict.REFUTED: "above, for one of them,",
        Verdict.UNDECIDED: "not on one side of",
    }[verdict]
    return Finding(verdict, f"the 95% interval of the failing share is {relation} every requested delta", (evidence,))


def _within(entry: Mapping[str, Any]) -> bool:
    """Whether the upper limit is at most δ."""
    return bool(entry["interval"][1] <= float(Rational(entry["delta"])))


def _larger(name: str, delta: Rational, setting: Setting, count: int, seed: int) -> list[dict[str, Any]]:
    """Rows of larger and larger steps under louder noise, up to the first of which more than δ fail."""
    plan = make_plan(replace(setting, deviation=LOUDER * setting.deviation), delta)
    rows: list[dict[str, Any]] = []
    for factor in FACTORS:
        found = row(name, delta, factor, measure(enlarged(plan, factor), count, seed))
        rows.append({**found, "theorem_N": plan.length})
        if found["interval"][0] > float(delta):
            break
    return rows


CHECKS: dict[str, Check] = {f"C12.failure-{name}": partial(_check, name) for name in SETTINGS}
