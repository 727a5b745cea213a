"""Our kernels against automatic differentiation through the whole unroll, in the same run: JAX, batched and compiled.

The baseline (``autodiff_steps.py``) shares no code with the project and runs in a process of its own with a time limit.
Before anything is timed, both must compute the same steps. Both may use all cores and run whole loops of steps in
compiled code; the fastest of several repeats counts, for JAX at the best of several batch sizes.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from numerics.compile import game_values
from numerics.dynamics import Learning, Schedule
from numerics.kernels import trajectories
from numerics.scaling import best_seconds
from theory.games import ipd, stag_hunt

Array = NDArray[np.float64]

BASELINE = Path(__file__).with_name("autodiff_steps.py")
LIMIT = 600  # seconds for the baseline: one minute on an idle machine, compilation included
TOLERANCE = 1e-10
AIM = 100
BATCHES = (32, 128, 1000)  # of JAX
MINE = {"ipd": 8192, "stag-hunt": 65536}  # our starts side by side
REPEATS = 15

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")


def unrolled(game: str, policy: str, lr: float) -> Learning:
    """The whole derivative at L = 1; in direct coordinates the inner step is small enough to stay inside."""
    alpha = 0.55 if policy == "logit" else 0.01
    known = {"ipd": ipd, "stag-hunt": stag_hunt}[game]()
    return Learning(known, policy, "meta", "unrolled", 1, (alpha, alpha), 1.0, 1.0, Schedule(lr))


CASES = {"ipd-direct": ("ipd", "direct"), "ipd-logit": ("ipd", "logit"), "stag-hunt-logit": ("stag-hunt", "logit")}


def points(game: str, policy: str, count: int) -> Array:
    random, rows = np.random.default_rng(0), {"ipd": 10, "stag-hunt": 2}[game]
    return random.uniform(0.2, 0.8, (rows, count)) if policy == "direct" else random.normal(0, 1, (rows, count))


def job(rule: Learning, start: Array, steps: int, repeats: int) -> dict[str, Any]:
    settings = np.array([rule.inner_lr[0], rule.schedule.lr])
    return {
        "start": start, "payoffs": game_values(rule.game), "settings": settings, "steps": steps, "repeats": repeats,
    }  # fmt: skip


def by_autodiff(jobs: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """What the baseline makes of them: ``CASE/end`` and ``CASE/seconds``.

    Raises:
        subprocess.TimeoutExpired: it took longer than the limit.
    """
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(source, **{f"{case}/{name}": value for case, job in jobs.items() for name, value in job.items()})
        subprocess.run([sys.executable, BASELINE, source, target], check=True, timeout=LIMIT)
        with np.load(target) as stored:
            return {key: stored[key] for key in stored.files}


def same_steps() -> dict[str, dict[str, Any]]:
    """Three steps long enough to be compared, of as many starts as the smallest timed batch (compiled once)."""
    few = BATCHES[0]
    return {f"{case}@same": job(unrolled(*names, lr=1e-3), points(*names, few), 3, 0) for case, names in CASES.items()}


def check_same_steps(jobs: Mapping[str, dict[str, Any]], theirs: Mapping[str, Any]) -> None:
    """Where the steps lead, relative to how far; the peer term and the inner step size are needed for it."""
    assert not {"theory", "numerics", "sympy"} & set(theirs["loaded"])
    for case, names in CASES.items():
        rule, start, end = unrolled(*names, lr=1e-3), jobs[f"{case}@same"]["start"], theirs[f"{case}@same/end"]
        distances = [
            abs(trajectories(other, start, 3).ends - end).max(0) / abs(end - start).max(0)
            for other in (rule, replace(rule, rule="own"), replace(rule, inner_lr=(rule.inner_lr[0] * (1 + 1e-6),) * 2))
        ]
        assert (distances[0] <= TOLERANCE).all()
        assert (distances[1] > TOLERANCE).all()
        assert (distances[2] > TOLERANCE).any()


@pytest.mark.thorough
def test_both_compute_the_same_steps() -> None:
    """Compiling takes JAX most of a minute on a busy machine; the measurement below checks it first, too."""
    jobs = same_steps()
    check_same_steps(jobs, by_autodiff(jobs))


@lru_cache(maxsize=1)
def autodiff_rates() -> dict[str, tuple[float, int]]:
    """Learner-updates a second of the baseline at its best batch size, and that size, by case."""
    jobs = same_steps()
    for case, names in CASES.items():
        for batch in BATCHES:
            steps = (5_000 if names[0] == "ipd" else 200_000) // batch
            jobs[f"{case}@{batch}"] = job(unrolled(*names, lr=1e-6), points(*names, batch), steps, REPEATS)
    found = by_autodiff(jobs)
    check_same_steps(jobs, found)
    rates = {}
    for case in CASES:
        by_batch = {
            batch: 2 * batch * jobs[f"{case}@{batch}"]["steps"] / float(found[f"{case}@{batch}/seconds"])
            for batch in BATCHES
        }
        best = max(by_batch, key=lambda batch: by_batch[batch])
        rates[case] = by_batch[best], best
    return rates


@pytest.mark.parametrize("case", CASES)
def test_against_autodiff(case: str, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints learner-updates a second of both and their ratio."""
    game, policy = CASES[case]
    rule, starts, steps = unrolled(game, policy, lr=1e-6), points(game, policy, MINE[game]), 30
    baseline, batch = autodiff_rates()[case]
    trajectories(rule, starts[:, :1], 1)  # compile
    seconds = benchmark.pedantic(
        best_seconds, (lambda: trajectories(rule, starts, steps), REPEATS), rounds=1, warmup_rounds=1
    )
    speed = 2 * starts.shape[1] * steps / seconds
    benchmark.extra_info.update(updates_per_second=speed, autodiff_updates_per_second=baseline, ratio=speed / baseline)
    aim = f"; aim {AIM}×" if game == "ipd" else ""  # XLA fuses the few operations of a 2×2 game into one loop, too
    with capsys.disabled():
        print(
            f"\n{case}, unrolled: {speed / 1e6:.1f} M learner-updates/s, {speed / baseline:.0f}× jax.grad through the "
            f"unroll ({baseline / 1e6:.2f} M/s at its best batch of {batch}{aim}); "
            f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
        )
    assert speed > baseline
