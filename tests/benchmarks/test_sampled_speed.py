"""Speed of sampled learning at the published settings: learner-updates a second of wall clock and of one core.

One joint step of two players is two learner-updates. The baseline plays the same batch with NumPy, all trajectories of
a batch at once, and forms the published estimator with ``einsum``: what one writes first. The line printed names the
number of threads and the machine's load, without which seconds of the wall clock mean little.
"""

from __future__ import annotations

import os
from dataclasses import replace
from time import perf_counter, process_time

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from numerics.dynamics import Learning, Schedule
from numerics.sampled import Estimator, sampled_run
from numerics.threads import available
from theory.games import Game, ipd_finite, stag_hunt

Array = NDArray[np.float64]
BATCH = 384


def published(game: Game) -> Learning:
    return Learning(game, "logit", "meta", "expanded", 1, (0.55, 0.55), 0.35, 1.5, Schedule(0.9, 0.24, 10.0), 8.0)


def naive_update(game: Game, phi: Array, size: int, generator: np.random.Generator) -> Array:
    """The published update at one point, shape (2, observations)."""
    game = game.instance()
    payoffs = np.array(game.reward[0], dtype=float)
    observations, discount = phi.shape[1], float(game.discount)
    first = 1 / (1 + np.exp(-phi))
    here = np.zeros(size, dtype=int)
    scores, visits, returns = np.zeros((2, size, observations)), np.zeros((size, observations)), np.zeros((2, size))
    lanes = np.arange(size)
    for time in range(game.horizon or 1):
        plays = [generator.random(size) < first[i, here] for i in (0, 1)]
        visits[lanes, here] += 1
        for i in (0, 1):
            scores[i, lanes, here] += plays[i] - first[i, here]
        joint = 3 - 2 * plays[0] - plays[1]
        returns += discount**time * payoffs[joint].T
        here = 1 + joint
    update = np.empty_like(phi)
    for i, j in ((0, 1), (1, 0)):
        bends = np.eye(observations) * (visits * (-first[i] * (1 - first[i])))[:, None]
        base = (returns[i][:, None] * scores[i]).mean(0)
        own = np.einsum("k,kmn->mn", returns[i], np.einsum("km,kn->kmn", scores[i], scores[i]) + bends) / size
        cross = np.einsum("k,km,kn->mn", returns[j], scores[j], scores[i]) / size
        along = (returns[i][:, None] * scores[j]).mean(0)
        update[i] = base + 0.55 * (0.35 * own.T @ base + 1.5 * cross.T @ along)
    return update


CASES: dict[str, tuple[Game, int, int, Estimator]] = {
    "stag-hunt": (stag_hunt(), 2000, 260, Estimator()),
    "ipd-finite": (ipd_finite(), 200, 65, Estimator()),
    "ipd-finite, per-step credit and baseline": (ipd_finite(), 100, 20, Estimator("shared", "per-step", True)),
    "ipd-finite, independent batches": (ipd_finite(), 50, 20, Estimator("independent")),
}


@pytest.mark.parametrize(
    "game",
    [
        pytest.param(stag_hunt(), id="stag-hunt"),
        pytest.param(ipd_finite(), id="ipd-finite", marks=pytest.mark.thorough),  # a thousand updates in plain Python
    ],
)
def test_the_baseline_computes_the_same(game: Game) -> None:
    """In the mean, over the same number of updates of each."""
    phi = np.random.default_rng(0).normal(0, 1, (2, len(game.observations)))
    generator = np.random.default_rng(1)
    naive = np.array([naive_update(game, phi, BATCH, generator).ravel() for _ in range(1000)])
    starts = np.repeat(phi.reshape(-1, 1), 1000, axis=1)
    rule = replace(published(game), schedule=Schedule(1.0), clip=None)
    fast = (sampled_run(rule, starts, 1, BATCH, Estimator(), 0) - starts).T
    spread = np.sqrt((naive.var(0) + fast.var(0)) / 1000)
    assert (abs(naive.mean(0) - fast.mean(0)) < 4.5 * spread).all()
    # control: without the peer term they differ
    other = sampled_run(replace(rule, rule="own"), starts, 1, BATCH, Estimator(), 0) - starts
    assert (abs(naive.mean(0) - other.mean(1)) > 4.5 * spread).any()


@pytest.mark.parametrize("case", CASES)
def test_sampled_learning(case: str, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    game, count, steps, estimator = CASES[case]
    rule = published(game)
    starts = np.random.default_rng(0).normal(0, 1.35, (2 * len(game.observations), count))
    sampled_run(rule, starts[:, :2], 1, BATCH, estimator, 0)  # compile
    busy = process_time()
    benchmark.pedantic(sampled_run, (rule, starts, steps, BATCH, estimator, 0), rounds=3)
    busy = process_time() - busy
    if benchmark.stats is None:  # --benchmark-disable
        return
    speed, per_core = 2 * count * steps / benchmark.stats.stats.min, 2 * 3 * count * steps / busy
    generator = np.random.default_rng(0)
    begin = perf_counter()
    for k in range(30):
        naive_update(game, starts[:, k].reshape(2, -1), BATCH, generator)
    baseline = 2 * 30 / (perf_counter() - begin)
    benchmark.extra_info.update(
        updates_per_second=speed, updates_per_cpu_second=per_core, ratio=speed / baseline, load=os.getloadavg()[0]
    )
    with capsys.disabled():
        print(
            f"\n{case}: {speed / 1e3:.1f} k learner-updates/s on {available()} threads, "
            f"{per_core / 1e3:.1f} k per second of one core, {speed / baseline:.0f}× naive NumPy ({baseline:.3g}/s); "
            f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
    assert speed > baseline
