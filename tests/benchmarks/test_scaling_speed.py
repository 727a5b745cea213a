"""Scale, roofline and the speed table, measured under ``make bench``; printed, and drawn into a folder.

Figures, page and table go to ``$BASIN_ENTRY_BENCH`` (by default ``results/bench``). Measurements are the fastest of
several short repeats (:mod:`numerics.scaling`).
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from test_autodiff_speed import autodiff_rates
from test_field_speed import CASES as NAIVE
from test_field_speed import points as naive_points
from test_sampled_speed import BATCH, naive_update

from numerics import scale_measurements, scaling
from numerics.files import write_whole
from numerics.paper_figures import save
from numerics.scale_pages import page, write_pages
from numerics.scaling import CASES
from numerics.speed_figures import roofline
from numerics.threads import available
from theory.games import ipd_finite

REPEATS = 15


def folder() -> Path:
    return Path(os.environ.get("BASIN_ENTRY_BENCH", "results/bench"))


def naive_rates() -> dict[str, float]:
    """Learner-updates a second of what one writes first with NumPy."""
    rates = {}
    for name, key in (("ipd-logit", "ipd-unrolled"), ("stag-hunt-expanded", "stag-hunt-expanded")):
        _, naive, rows, _ = NAIVE[key]
        x = naive_points(rows, 64 if name == "ipd-logit" else 2601)
        rates[name] = 2 * x.shape[1] / scaling.best_seconds(lambda naive=naive, x=x: naive(x), 5)
    generator, phi = np.random.default_rng(0), naive_points(10, 1).reshape(2, 5)
    seconds = scaling.best_seconds(lambda: naive_update(ipd_finite(), phi, BATCH, generator), 20)
    return {**rates, "ipd-finite": 2 / seconds}


def test_scale(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Measures cost against whatever grows, and draws the figure and the page of notebooks/scale/."""
    pytest.importorskip("distributed")
    scale = benchmark.pedantic(scale_measurements.measure, (REPEATS,), rounds=1)
    write_pages(folder() / "scale", scale)
    with capsys.disabled():
        print(f"\n{page(scale)}")
    for panel in scale.panels:  # more work never takes less time, more workers less
        for points in panel.curves.values():
            assert (points[-1][1] > points[0][1]) != (panel.x == "workers")


def test_roofline(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints each kernel's operations, rate and share of the matrix product; draws the roofline."""
    rates = benchmark.pedantic(scaling.speeds, (scaling.ROOFED, REPEATS), rounds=1)
    loads = scaling.loads(rates, available())
    roofs = [scaling.roof(threads, REPEATS) for threads in sorted({1, available()})]
    of = {roof.threads: roof for roof in roofs}
    save(roofline(loads, roofs), folder() / "roofline")
    with capsys.disabled():
        for roof in roofs:
            print(
                f"\n{roof.threads} threads: DGEMM {roof.flops / 1e9:.1f} G/s, triad {roof.bandwidth / 1e9:.1f} GB/s",
                end="",
            )
        for load in loads:
            count = scaling.operations(CASES[load.name].rule)
            print(
                f"\n{load.name}: {count}, {load.flops / 1e9:.1f} G/s, {load.share(of[load.threads]):.0%} of DGEMM",
                end="",
            )
        print(f"\n{scaling.machine()}")
    assert all(load.flops > 0 for load in loads)


def test_speed_table(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the table of the README, with the baselines of the same run."""
    baselines = {"naive NumPy": naive_rates()}
    if importlib.util.find_spec("jax") is not None:
        baselines["jax.grad"] = {case: rate for case, (rate, _) in autodiff_rates().items()}
    table = benchmark.pedantic(scaling.speed_table, (baselines,), rounds=1)
    write_whole(folder() / "speed.md", table.markdown().encode())
    with capsys.disabled():
        print(f"\n{table.markdown()}")
    assert len(table.rows) >= len(CASES)
