"""Figures of recovery: how annealed runs come back to policy gradient's equilibrium, and under which schedules.

They take the evidence of C13.types and C12.schedules; nothing is measured here. Conventions of :mod:`numerics.figures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from numerics.figures import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, PALE, SMALLEST, STYLE, VERMILION, Picture

Content = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]
# Type of decay: title, name of the distance, logarithmic time.
PANELS: Mapping[str, tuple[str, str, bool]] = {
    "finite": ("strict pure, direct: finite time", "largest distance to the corner", False),
    "algebraic": ("strict pure, logit: 1/n", "probability of the other action", True),
    "exponential": ("interior zero, no correction: geometric", "distance", False),
    "power": ("interior zero, annealed: $n^{-q}$", "distance", True),
    "noise": ("interior zero with noise: $n^{-\\min(p,2q)}$", "mean square distance", True),
}
COLOURS, MARKERS = (BLUE, VERMILION, GREEN, ORANGE), "s^Dv"
PLAIN = (BLACK, "o")
FALLING = mpl.colors.to_rgba(BLUE, 0.25)


@mpl.rc_context(STYLE)
def recovery(contents: Sequence[Content]) -> Figure:
    """Distance to the equilibrium against time, runs as points and predicted slopes as lines through the last point.

    Args:
        contents: the evidence of C13.types, each with the rows ``recovery`` and ``points``.
    """
    rows = [row for content in contents for row in content["recovery"]]
    points = [row for content in contents for row in content["points"]]
    kinds = [kind for kind in PANELS if any(row["type"] == kind for row in rows)]
    columns = 2
    count = -(-len(kinds) // columns)
    figure = Picture(
        "Distance to policy gradient's equilibrium against time, annealed and not: "
        + "; ".join(PANELS[kind][0] for kind in kinds)
        + "; points are runs, lines the predicted slopes",
        PAGE,
        3.1 * count,
    )
    panels = figure.subplots(count, columns, squeeze=False).ravel()
    for axes in panels[len(kinds) :]:
        axes.set_axis_off()
    for axes, kind in zip(panels, kinds, strict=False):
        title, label, logarithmic = PANELS[kind]
        lines = [row for row in rows if row["type"] == kind]
        colours = iter(zip(COLOURS, MARKERS, strict=True))
        for number, row in enumerate(lines):
            colour, marker = PLAIN if row["method"] == "pg" else next(colours)
            width = 6.5 - 1.5 * number  # curves may lie on each other
            _curve(axes, row, [p for p in points if _key(p) == _key(row)], colour, marker, width)
        if kind == "finite":
            (bound,) = {row["predicted"] for row in lines}
            axes.axvline(bound, ymax=0.75, color=GREY, ls=":", lw=1.2, zorder=0)  # below the legend
            axes.set_xlim(right=1.5 * bound)
            at = (bound, 0.5)
            axes.annotate(f"bound {bound}", at, (4, 0), xycoords=("data", "axes fraction"), textcoords="offset points")
        else:
            axes.set_yscale("log")
            low, high = axes.get_ylim()
            axes.set_ylim(bottom=low * (low / high) ** (0.13 * len(lines)))  # room for the legend
        axes.set(xscale="log" if logarithmic else "linear", title=title, ylabel=label)
        axes.set_xlabel("t = 1 + n/10" if kind == "noise" else "step n")
        axes.legend(
            frameon=False, fontsize=SMALLEST, handlelength=1.2, loc="upper right" if kind == "finite" else "lower left"
        )
    return figure


@mpl.rc_context(STYLE)
def schedules(content: Mapping[str, Any]) -> Figure:
    """Exponents of the mean square over the powers (p, q) of a schedule, with the paper's condition.

    Args:
        content: the evidence of C12.schedules.
    """
    rows = content["schedules"]
    powers, decays = (list(dict.fromkeys(row[key] for row in rows)) for key in ("p", "q"))
    figure = Picture(
        f"Exponents of the mean square distance over p and q, {rows[0]['steps']} steps; cells of the paper's condition "
        "are framed, cells predicted not to vanish are grey",
        PAGE,
        0.6 * len(decays) + 1.3,
    )
    axes = figure.subplots()
    for row in rows:
        x, y = powers.index(row["p"]), decays.index(row["q"])
        face = FALLING if row["vanishes"] else PALE
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor="white", lw=1))
        if row["in_paper"]:
            axes.add_patch(Rectangle((x - 0.44, y - 0.44), 0.88, 0.88, fill=False, edgecolor=VERMILION, lw=1.4))
        exponent = f"{row['exponent'] + 0:.2f}".replace("-0.00", "0.00")
        axes.text(x, y + 0.12, exponent, ha="center", va="center")
        axes.text(x, y - 0.22, f"({row['predicted']:g})", ha="center", va="center", fontsize=SMALLEST)
    axes.set(xlim=(-0.5, len(powers) - 0.5), ylim=(-0.5, len(decays) - 0.5))
    axes.set(xlabel=r"$p$: steps $a_n \sim n^{-p}$", ylabel=r"$q$: correction $\lambda_n \sim n^{-q}$")
    axes.set_xticks(range(len(powers)), powers)
    axes.set_yticks(range(len(decays)), decays)
    axes.set_title(f"exponent after {rows[0]['steps']} steps (in the limit)")
    handles = [
        Patch(facecolor=FALLING, label="vanishes"),
        Patch(facecolor=PALE, label="does not vanish"),
        Patch(facecolor="white", edgecolor=VERMILION, label="paper's condition"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _key(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return row["game"], row["method"], row["type"], row["settings"]


def _curve(axes: Axes, row: Mapping[str, Any], points: Rows, colour: str, marker: str, width: float) -> None:
    kind = row["type"]
    times, values = (np.array([point[key] for point in points]) for key in ("t", "value"))
    if kind in ("finite", "exponential"):
        times = times - 1  # kept as n + 1
    if kind == "exponential":
        times, values = times[::8], values[::8]
    axes.plot(times, values, marker, ls="none", color=colour, ms=width, mfc="white", label=_label(row))
    if all("low" in point for point in points):
        limits = np.array([[point["low"], point["high"]] for point in points]).T
        axes.vlines(times, limits[0], limits[1], color=colour, lw=1)
    if kind == "exponential":
        axes.plot(times, values[-1] * row["predicted"] ** (times - times[-1]), color=colour, lw=0.8)
    elif kind != "finite":
        slope = row.get("limit", row["predicted"])
        axes.plot(times, values[-1] * (times / times[-1]) ** slope, color=colour, lw=0.8)


def _label(row: Mapping[str, Any]) -> str:
    """The method with its exponent, or what stands for it."""
    name = row["method"]
    if row["type"] == "finite":
        return f"{name}: {row['measured']} steps"
    if row["type"] == "exponential":
        return f"{name}: factor {row['measured']:.3f}, predicted {row['predicted']:g}"
    if "low" in row:
        half = (row["high"] - row["low"]) / 2
        return f"{name}: {row['measured']:.2f} ± {half:.2f}, limit {row['limit']:g}" + (
            "" if name == "pg" else f" (pg {row['pg_limit']:g})"
        )
    return f"{name}: {row['measured']:.3f}, predicted {row['predicted']:g}"
