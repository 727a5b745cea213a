"""Speed of the compiled trajectories, in learner-updates a second, as ratios to NumPy in the same run.

One joint update of two players is two learner-updates. Baselines: the NumPy field of :mod:`numerics.compile` (with its
step of :mod:`numerics.dynamics`) and the naive solves of ``test_field_speed``. Step sizes are small, so that no block
comes to rest early. The best of several short repeats counts: the machine may be shared.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from test_field_speed import CASES as NAIVE

from numerics.dynamics import Learning, Schedule, run
from numerics.kernels import kernel_of, trajectories
from theory.games import ipd, stag_hunt

Array = NDArray[np.float64]


def learning(game: str, policy: str, form: str, unroll: int = 1) -> Learning:
    own, peer = (1.0, 1.0) if game == "ipd" else (0.35, 1.5)
    known = {"ipd": ipd, "stag-hunt": stag_hunt}[game]()
    return Learning(known, policy, "meta", form, unroll, (0.55, 0.55), own, peer, Schedule(1e-6))


# name: (rule, starts, steps of the kernel, aim in millions on two cores)
RUNS: dict[str, tuple[Learning, int, int, int]] = {
    "ipd direct": (learning("ipd", "direct", "unrolled"), 8192, 60, 100),
    "ipd logit": (learning("ipd", "logit", "unrolled"), 8192, 60, 40),
    "stag-hunt logit": (learning("stag-hunt", "logit", "expanded"), 65536, 100, 250),
    "ipd direct, one start": (learning("ipd", "direct", "unrolled"), 1, 20_000, 8),
    "ipd logit, one start": (learning("ipd", "logit", "unrolled"), 1, 20_000, 8),
}


def starts(rule: Learning, count: int) -> Array:
    random = np.random.default_rng(0)
    rows = kernel_of(rule).parameters
    return random.uniform(0.2, 0.8, (rows, count)) if rule.policy == "direct" else random.normal(0, 1, (rows, count))


def best(function: Callable[[], object], repeats: int) -> float:
    """Least seconds of several calls."""
    seconds = []
    for _ in range(repeats):
        begin = perf_counter()
        function()
        seconds.append(perf_counter() - begin)
    return min(seconds)


@pytest.mark.parametrize("name", RUNS)
def test_trajectories(name: str, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    rule, count, steps, aim = RUNS[name]
    first = starts(rule, count)
    trajectories(rule, first[:, :1], 1)  # compile
    benchmark.pedantic(lambda: trajectories(rule, first, steps), rounds=15, warmup_rounds=1)
    if benchmark.stats is None:  # --benchmark-disable
        return
    speed = 2 * count * steps / benchmark.stats.stats.min
    single = 2 * count * steps / best(lambda: trajectories(rule, first, steps, threads=1), 10)
    few, some = first[:, :2048], 4 if count > 1 else 200
    reference = 2 * few.shape[1] * some / best(lambda: run(rule, few, some), 3)
    text = f"{speed / 1e6:.1f} M learner-updates/s ({single / 1e6:.1f} on one thread; aim {aim}), "
    text += f"{speed / reference:.0f}× NumPy"
    key = {"ipd logit": "ipd-unrolled", "stag-hunt logit": "stag-hunt-expanded"}.get(name)
    benchmark.extra_info.update(updates_per_second=speed, one_thread=single, numpy_ratio=speed / reference)
    if key is not None:
        naive = NAIVE[key][1]
        baseline = 2 * 64 / best(lambda: naive(first[:, :64]), 3)
        benchmark.extra_info["naive_ratio"] = speed / baseline
        text += f", {speed / baseline:.0f}× naive NumPy"
    with capsys.disabled():
        print(f"\n{name}: {text}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    assert speed > reference


COMPILE = """
import sys
from time import perf_counter

import numba

from test_kernel_speed import learning, starts
from numerics.kernels import kernel_of, trajectories
rule = learning("ipd", sys.argv[1], "unrolled", int(sys.argv[2]))
begin = perf_counter()
kernel_of(rule)
derived = perf_counter()
trajectories(rule, starts(rule, 1), 1)
print(derived - begin, perf_counter() - derived)
"""


@pytest.mark.parametrize("unroll", [1, 2, 3, 5])
@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_compile_and_load(
    policy: str, unroll: int, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Seconds until the first step: derivation and source, then compilation or loading from the cache."""

    def fresh() -> list[float]:
        output = subprocess.run(
            [sys.executable, "-c", COMPILE, policy, str(unroll)],
            capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
            env={**os.environ, "BASIN_ENTRY_CACHE": str(tmp_path), "PYTHONPATH": str(Path(__file__).parent)},
        ).stdout  # fmt: skip
        return [float(field) for field in output.split()]

    cold = fresh()
    warm = benchmark.pedantic(fresh, rounds=1)
    with capsys.disabled():
        print(f"\nipd {policy}, L = {unroll}: derive {cold[0]:.2f} s, compile {cold[1]:.2f} s", end="; ")
        print(f"again: derive {warm[0]:.2f} s, load {warm[1]:.2f} s")
    assert warm[1] < cold[1]
