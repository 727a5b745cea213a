"""A figure of restarts: measured tails beside the bound of each definition of the region.

It takes what :mod:`numerics.evidence.c14_restarts` puts into the ledger's files; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numerics.entry_figures import BAR
from numerics.figures import BLACK, BLUE, GREEN, ORANGE, PAGE, SKY, STYLE, VERMILION, Picture
from numerics.restart_tails import FAIL

NONE = "no chain: upper limit"
Content = Mapping[str, Any]
# Colour, line and width of each definition's bound; bounds that coincide stay visible, the wide ones below.
BOUNDS: Mapping[str, tuple[str, str, float]] = {
    "oracle": (SKY, "-", 5.0),
    "sublevel": (GREEN, "-", 2.4),
    "sign-box": (ORANGE, "--", 1.8),
    "threshold": (BLUE, ":", 1.8),
}


@mpl.rc_context(STYLE)
def tails(contents: Sequence[Content]) -> Figure:
    """P(T > k) on a logarithmic scale with intervals, beside the bounds, one panel a game and learning rule.

    Undecided epochs count as failures in tails and bounds. Where no chain lasted, a triangle marks the upper limit.

    Args:
        contents: evidence of C14.tail-stag-hunt, C14.tail-ipd and the like, one row of panels each.
    """
    titles = [f"{content['game']}, {content['gradient']} gradients" for content in contents]
    sizes = [content["tails"][0]["n"] for content in contents]
    shown = "; ".join(f"{title} (n = {n} chains)" for title, n in zip(titles, sizes, strict=True))
    figure = Picture(
        "Share of chains of restarts that last longer than k epochs, with simultaneous 95% intervals, beside the bound "
        f"(1 - p(1 - delta))^k of each definition of the region, by learning rule: {shown}",
        PAGE,
        1.0 + 2.1 * len(contents),
    )
    methods = list(dict.fromkeys(row["method"] for content in contents for row in content["tails"]))
    panels = figure.subplots(len(contents), len(methods), sharex=True, sharey="row", squeeze=False)
    for line, content, title, n in zip(panels, contents, titles, sizes, strict=True):
        rows = [row for row in content["tails"] if row["counting"] == FAIL]
        for axes, method in zip(line, methods, strict=True):
            _panel(axes, [row for row in rows if row["method"] == method])
        line[0].set(yscale="log", ylim=(0.2 / n, 2))
        line[0].set_ylabel(f"P(T > k)\n{title}\nn = {n} chains")
    for axes, method in zip(panels[0], methods, strict=True):
        axes.set_title(method)
    for axes in panels[-1]:
        axes.set(xlabel="epochs k")
        axes.set_xticks(range(0, 13, 4))
    handles = {
        label: handle for axes in panels.flat for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    words = "lines: bound by definition of the region; the oracle's is the geometric law itself"
    figure.legend(handles.values(), handles, title=words, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _panel(axes: Axes, rows: Sequence[Content]) -> None:
    """The bounds of one learning rule and its tail."""
    by_name = {name: [row for row in rows if row["definition"] == name] for name in BOUNDS}
    for name, (colour, style, width) in BOUNDS.items():
        ks = [0, *(row["k"] for row in by_name[name])]
        if len(ks) > 1:
            axes.plot(ks, [1.0, *(row["bound"] for row in by_name[name])], style, color=colour, lw=width, label=name)
    measured = [row for row in by_name["oracle"] if row["longer"]]
    ks, tail = [row["k"] for row in measured], np.array([row["tail"] for row in measured])
    lengths = np.abs(np.array([row["tail_interval"] for row in measured]).reshape(-1, 2).T - tail)
    axes.errorbar(ks, tail, lengths, marker="o", color=BLACK, label="measured", **{**BAR, "ms": 3})
    none = [row for row in by_name["oracle"] if not row["longer"]]
    if none:
        axes.plot(
            [row["k"] for row in none],
            [row["tail_interval"][1] for row in none],
            "v",
            color=VERMILION,
            ms=3,
            label=NONE,
        )
