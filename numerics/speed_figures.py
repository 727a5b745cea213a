"""Figures of measured speed: kernels under the machine's roof, and seconds against batch, L, players, states, threads.

Drawn from what :mod:`numerics.scaling` measures; drawing measures nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from numerics.figures import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, STYLE, VERMILION, Picture
from numerics.scaling import Curve, Load, Roof, exponent

COLOURS, MARKERS = (BLUE, VERMILION, GREEN, ORANGE, SKY, BLACK), "osD^vP"


@mpl.rc_context(STYLE)
def roofline(loads: Sequence[Load], roofs: Sequence[Roof]) -> Figure:
    """Operations a second against operations a byte of memory, under the rates of memory and of the matrix product.

    Args:
        loads: points; each is named with its share of the matrix product on as many processors.
        roofs: one for every number of processors that occurs.
    """
    figure = Picture("Operations a second of the kernels against operations a byte, under the machine's roof", 6.6, 5.0)
    axes = figure.subplots()
    by_threads = {roof.threads: roof for roof in roofs}
    low, high = 1e-1, 10 * max(load.intensity for load in loads)
    for (threads, roof), style in zip(sorted(by_threads.items(), reverse=True), ("-", "--", ":"), strict=False):
        ridge = roof.flops / roof.bandwidth
        axes.plot([low, ridge, high], [low * roof.bandwidth, roof.flops, roof.flops], color=GREY, ls=style, zorder=1)
        axes.annotate(
            f"DGEMM on {_processors(threads)}: {roof.flops / 1e9:.0f} G/s", (low, roof.flops), (2, 6),
            textcoords="offset points", color=BLACK,
        )  # fmt: skip
    for load, colour, marker in zip(loads, COLOURS, MARKERS, strict=False):
        name = f"{load.name}: {load.flops / 1e9:.1f} G/s, {load.share(by_threads[load.threads]):.0%}"
        axes.plot(
            load.intensity,
            load.flops,
            marker,
            color=colour,
            ms=6,
            label=f"{name} of DGEMM on {_processors(load.threads)}",
        )
    bottom = 10 ** np.floor(np.log10(min(load.flops for load in loads)))
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(bottom, None))
    axes.set(xlabel="operations a byte of memory, whole run", ylabel="floating-point operations a second")
    figure.legend(loc="outside lower center", frameon=False, title="kernel: operations a second (without exp)")
    return figure


@mpl.rc_context(STYLE)
def scaling_curves(panels: Mapping[str, Mapping[str, Curve]]) -> Figure:
    """Seconds of one joint step of all starts, in log scales; curves are named with their measured exponents.

    Args:
        panels: for every horizontal axis (at most six) its curves by name.
    """
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = Picture("Seconds of a joint step against what varies, one panel each", 2.3 * columns, 2.5 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for axes, (label, curves) in zip(grid, panels.items(), strict=False):
        for (name, curve), colour, marker in zip(curves.items(), COLOURS, MARKERS, strict=False):
            xs = [point.x for point in curve]
            axes.plot(
                xs, [1e6 * point.seconds for point in curve], marker=marker, ms=3, lw=1, color=colour,
                label=f"{name}: {exponent(curve):.2f}",
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel=label)
        ticks = sorted({point.x for curve in curves.values() for point in curve})
        if len(ticks) <= 6:
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.set_xticks([], minor=True)
        axes.legend(frameon=False, fontsize=7, handlelength=1.2)
    for axes in grid[::columns]:
        axes.set_ylabel("microseconds a joint step")
    return figure


def _processors(threads: int) -> str:
    return "one processor" if threads == 1 else f"{threads} processors"
