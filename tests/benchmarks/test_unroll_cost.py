"""Time of one batched evaluation of the exact update of memory-one IPD against the number of inner steps L.

Every further step from L = 3 on adds the same number of operations (tests/numerics/test_residual.py counts them); here
the seconds are measured.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from numerics.dynamics import BLOCK, Learning, Schedule
from theory.games import ipd

LENGTHS = (1, 2, 4, 8)
# Seconds by L of the cases that have run, for the line printed after the last one.
SECONDS: dict[int, float] = {}


@pytest.mark.parametrize("unroll", LENGTHS)
def test_exact_update(unroll: int, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Batch 512, log-odds, α = 0.55; after the last L it prints the fastest of the repeats and a least-squares line."""
    learning = Learning(ipd(), "logit", "meta", "unrolled", unroll, (0.55, 0.55), 1.0, 1.0, Schedule())
    phi: NDArray[np.float64] = np.random.default_rng(0).normal(0, 1.35, (10, BLOCK))
    assert np.isfinite(learning.update(phi)).all()  # and compile
    benchmark(learning.update, phi)
    if benchmark.stats is None:  # --benchmark-disable
        return
    SECONDS[unroll] = benchmark.stats.stats.min
    benchmark.extra_info["unroll"] = unroll
    if len(SECONDS) < len(LENGTHS):
        return
    slope, offset = np.polyfit(list(SECONDS), list(SECONDS.values()), 1)
    with capsys.disabled():
        shown = ", ".join(f"L = {length}: {1e3 * seconds:.2f} ms" for length, seconds in SECONDS.items())
        print(f"\n{shown}; line {1e3 * offset:.2f} + {1e3 * slope:.2f} L ms")
    assert slope > 0
