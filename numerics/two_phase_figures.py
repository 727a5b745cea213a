"""Figures of two-phase annealing: runs beside the theorem's radii, and failures beside its bound.

Each takes what :mod:`numerics.evidence.c12_two_phase` puts into the ledger's files; nothing is measured here.
Conventions of :mod:`numerics.figures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from sympy import Rational

from numerics.figures import BLACK, BLUE, COLUMN, DIM, GREEN, GREY, ORANGE, PAGE, STYLE, VERMILION, Picture

Content = Mapping[str, Any]
MARKS: Sequence[tuple[str, str]] = ((BLUE, "o"), (VERMILION, "s"), (GREEN, "^"))


@mpl.rc_context(STYLE)
def two_phases(contents: Sequence[Content]) -> Figure:
    """Distance from the equilibrium through both phases, one panel a game, with the theorem's radii.

    Args:
        contents: evidence of C12.failure-…, one entry a game.
    """
    panels = [
        (name, paths, content["two_phase"][0]) for content in contents for name, paths in content["paths"].items()
    ]
    sizes = ", ".join(f"{name} n = {first['n']}" for name, _, first in panels)
    figure = Picture(
        f"Quantiles of the distance from the equilibrium against steps, with hand-over and certified radii: {sizes}",
        COLUMN if len(panels) == 1 else PAGE,
        3.2,
    )
    drawn = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (name, paths, first) in zip(drawn, panels, strict=True):
        low, middle, high = paths["distance"]
        steps, hand_over = np.array(paths["step"]), paths["hand_over"]
        outer = paths["radii"][1]
        axes.axvline(hand_over, color=GREY, lw=1, zorder=0)
        axes.plot([hand_over, steps[-1]], [outer, outer], color=VERMILION, ls="-", lw=1.2, label="ball of phase 2")
        axes.plot(hand_over, paths["hand_over_limit"], "v", color=VERMILION, ms=5, label="hand-over at most")
        axes.plot(steps[-1], paths["limits"][1], ">", color=ORANGE, ms=5, clip_on=False, label="end at most")
        axes.fill_between(steps, low, high, color=BLUE, alpha=0.25, lw=0, label="5 % to 95 % of runs")
        axes.plot(steps, middle, color=BLUE, lw=1.4, label="median run")
        if paths["shift"]:
            axes.axhline(paths["shift"], color=BLACK, ls=":", lw=1.2, label=r"$|\varphi^*_\lambda - \varphi^*|$")
        called = name.replace("regularised-", "regularised\n")
        axes.set(title=f"{called}\nδ = {first['delta']}, n = {first['n']}", xlabel="step", yscale="log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.text(hand_over, 0.02, " phase 2", color=DIM, transform=axes.get_xaxis_transform())
    drawn[0].set_ylabel(r"$|x_n - \varphi^*|$")
    handles, labels = drawn[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2 if len(panels) == 1 else 3, frameon=False)
    return figure


@mpl.rc_context(STYLE)
def failures(contents: Sequence[Content]) -> Figure:
    """Failing share against the theorem's bound, for its own steps and for larger ones under louder noise.

    Args:
        contents: evidence of C12.failure-…, one entry a game.
    """
    rows = [entry for content in contents for entry in content["two_phase"]]
    games = list(dict.fromkeys(entry["game"] for entry in rows))
    runs = ", ".join(map(str, dict.fromkeys(entry["n"] for entry in rows)))
    figure = Picture(f"Failing share against the theorem's bound, n = {runs} runs each, with intervals", COLUMN, 3.4)
    axes = figure.subplots()
    bounds = np.geomspace(min(entry["bound"] for entry in rows) / 2, 1, 50)
    axes.plot(bounds, bounds, color=BLACK, lw=1, label="share = bound")
    delta = float(Rational(rows[0]["delta"]))
    axes.axhline(delta, color=GREY, ls=":", lw=1.2, label=f"δ = {rows[0]['delta']}")
    for number, (game, (colour, marker)) in enumerate(zip(games, MARKS, strict=False)):
        here = [entry for entry in rows if entry["game"] == game]
        places = np.array([entry["bound"] for entry in here]) * 1.12 ** (number - 1)  # side by side
        shares = np.array([entry["share"] for entry in here])
        lengths = np.abs(np.transpose([entry["interval"] for entry in here]) - shares)
        axes.errorbar(
            places, shares, lengths, ls="none", marker=marker, ms=4, lw=1, capsize=2, color=colour, label=game
        )
    axes.set(
        xscale="log",
        ylim=(-0.03, 1.05),
        xlabel="bound Q Σ a² (beyond 1 it says nothing)",
        ylabel="share of runs that fail",
    )
    figure.legend(
        *axes.get_legend_handles_labels(),
        title=f"n = {runs} runs each; games drawn side by side",
        loc="outside lower center",
        ncols=2,
        handlelength=1.2,
        columnspacing=1,
        frameon=False,
    )
    return figure
