"""Scaling curves, roofline and the speed table, measured under ``make bench``; printed, and drawn into a folder.

Figures and table go to ``$BASIN_ENTRY_BENCH`` (by default ``results/bench``). Every measurement is one call of a
function of :mod:`numerics.scaling`, which takes the fastest of several short repeats.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from test_autodiff_speed import autodiff_rates
from test_field_speed import CASES as NAIVE
from test_field_speed import points as naive_points
from test_sampled_speed import BATCH, naive_update

from numerics import scaling
from numerics.files import write_whole
from numerics.paper_figures import save
from numerics.scaling import CASES, Curve, exponent
from numerics.speed_figures import roofline, scaling_curves
from numerics.threads import available
from theory.games import ipd_finite

REPEATS = 15
IPD, DIRECT, HUNT = (CASES[name].rule for name in ("ipd logit", "ipd direct", "stag-hunt expanded"))
PANELS = {
    "starts": lambda: {
        "IPD direct": scaling.by_batch(DIRECT, [4**k for k in range(9)] + [2**17], REPEATS),
        "IPD log-odds": scaling.by_batch(IPD, [4**k for k in range(9)] + [2**17], REPEATS),
        "Stag Hunt": scaling.by_batch(HUNT, [4**k for k in range(9)] + [2**17], REPEATS),
    },
    "inner steps L": lambda: {
        "IPD direct": scaling.by_unroll(DIRECT, range(1, 6), 512, REPEATS),
        "IPD log-odds": scaling.by_unroll(IPD, range(1, 6), 512, REPEATS),
    },
    "players": lambda: {"Stag Hunt": scaling.by_players(range(2, 6), 512, REPEATS)},
    "states": lambda: {"circle": scaling.by_states([16, 32, 64, 128, 256, 512], 4, REPEATS)},
    "threads": lambda: {
        "IPD log-odds": scaling.by_threads(IPD, range(1, available() + 1), 8192, REPEATS),
        "Stag Hunt": scaling.by_threads(HUNT, range(1, available() + 1), 65536, REPEATS),
    },
}
FOUND: dict[str, Mapping[str, Curve]] = {}


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


@pytest.mark.parametrize("axis", PANELS)
def test_scaling(axis: str, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints every curve with its exponent; after the last, draws them."""
    FOUND[axis] = benchmark.pedantic(PANELS[axis], rounds=1)
    with capsys.disabled():
        for name, curve in FOUND[axis].items():
            shown = ", ".join(
                f"{point.x:g}: {1e6 * point.seconds:.4g} µs ({point.rate / 1e6:.3g} M/s)" for point in curve
            )
            print(f"\n{name} against {axis}: exponent {exponent(curve):.2f}; {shown}; {scaling.machine()}")
    if len(FOUND) == len(PANELS):
        save(scaling_curves(FOUND), folder() / "scaling")
    # more work never takes less time, except for threads
    assert axis == "threads" or all(curve[-1].seconds > curve[0].seconds for curve in FOUND[axis].values())


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
