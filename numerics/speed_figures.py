"""Figures of measured speed: kernels under the machine's roof, and cost against whatever grows.

Drawn from what :mod:`numerics.scaling` and :mod:`numerics.scale_measurements` measure; drawing measures nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from numerics.compile import Array
from numerics.figures import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, SKY, SMALLEST, STYLE, VERMILION, Picture
from numerics.measured_scale import Panel
from numerics.scaling import Load, Points, Roof, exponent, upper_half

COLOURS, MARKERS = (BLUE, VERMILION, GREEN, ORANGE, SKY, BLACK), "osD^vP"
COLUMNS = 3  # of panels


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
def scaling_curves(panels: Sequence[Panel]) -> Figure:
    """Costs in log scales, one panel for each axis; names end with the exponent fitted on the drawn line.

    Args:
        panels: at least one.
    """
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    axes_named = ", ".join(f"{panel.y} against {panel.x}" for panel in panels)
    figure = Picture(f"Measured cost, in log scales with fitted exponents: {axes_named}", PAGE, 2.3 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for axes, panel in zip(grid, panels, strict=False):
        for (name, points), colour, marker in zip(panel.curves.items(), COLOURS, MARKERS, strict=False):
            _curve(axes, name, points, colour, marker)
        axes.set(xscale="log", yscale="log", xlabel=panel.x, title=panel.y)
        places, costs = np.array([point for curve in panel.curves.values() for point in curve]).T
        _ticks(axes.xaxis, np.unique(places))
        low, high = costs.min(), costs.max()
        # room for the names above the curves, and never so little height that noise looks like a law
        decades = max(1.0, np.log10(high / low))
        axes.set_ylim(low / 10 ** (0.1 * decades), low * 10 ** (decades * (1.1 + 0.16 * len(panel.curves))))
        if high < 50 * low:
            _plain(axes.yaxis)
        axes.legend(frameon=False, fontsize=SMALLEST, handlelength=1.2, loc="upper left", borderaxespad=0.2)
    figure.supxlabel("numbers after the names: k of cost ∝ x$^k$, fitted on the line", fontsize="medium")
    return figure


def power(points: Points) -> str:
    """The fitted exponent in words."""
    return f"{exponent(points):.2f}".replace("-", "−")


def _curve(axes: Axes, name: str, points: Points, colour: str, marker: str) -> None:
    """Points, and the power law fitted to the upper half of them."""
    fitted = upper_half(points)
    x, y = np.array(fitted).T
    k = exponent(fitted)
    axes.plot(x, np.exp(np.log(y).mean() - k * np.log(x).mean()) * x**k, color=colour, lw=1)
    axes.plot(*np.array(points).T, marker, ms=3.5, color=colour)
    axes.plot([], [], marker=marker, ms=3.5, lw=1, color=colour, label=f"{name}: {power(fitted)}")


def _ticks(axis: Axis, places: Array) -> None:
    """At some of the points, unless they span so many decades that powers of ten do."""
    if places[-1] < 1000 * places[0]:
        shown = places[:: -(-len(places) // 4)]
        axis.set_ticks(shown, [f"{place:g}" for place in shown])
        axis.set_ticks([], minor=True)


def _plain(axis: Axis) -> None:
    """Numbers in full, at 1, 2 and 5 times powers of ten."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axis.set_minor_locator(NullLocator())


def _processors(threads: int) -> str:
    return "one processor" if threads == 1 else f"{threads} processors"
