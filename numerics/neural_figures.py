"""Figures of neural policies (claim C17): learning curves, and kernels' condition numbers against alignment.

Learning curves take what :mod:`numerics.evidence.c17_neural` puts into the ledger's files, alignment the arrays of
:mod:`numerics.neural.alignment` or what :mod:`numerics.evidence.c17_alignment` keeps of them; nothing is measured here,
and nothing needs JAX. Conventions of :mod:`numerics.figures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from numerics.compile import Array
from numerics.entry_figures import RULES
from numerics.figures import BLUE, COLUMN, GREEN, GREY, PAGE, STYLE, VERMILION, Picture

if TYPE_CHECKING:
    from numerics.neural.alignment import Alignment

Content = Mapping[str, Any]
# Colour, line and width of each arm; curves that coincide stay visible, the wide ones below.
ARMS: Mapping[str, tuple[str, str, float]] = {
    "pg": (RULES["pg"][0], "-", 2.4),
    "own": (RULES["own"][0], "--", 1.4),
    "peer": (RULES["peer"][0], "-", 2.4),
    "meta": (RULES["meta"][0], "-", 1.4),
    "meta, annealed": (GREEN, "--", 1.4),
}


@mpl.rc_context(STYLE)
def learning_curves(contents: Sequence[Content]) -> Figure:
    """Summed mean value of the players against steps, mean over runs with its 95 % interval, one panel an experiment.

    Args:
        contents: evidence of C17.mlp-ipd, C17.grid and the like, one entry a panel.
    """
    titles = [_title(content["neural"]) for content in contents]
    columns = min(len(contents), 2)
    lines = -(-len(contents) // columns)
    figure = Picture(
        "Summed mean value of the players against steps of learning, mean over runs with its 95% interval, by arm: "
        + "; ".join(titles),
        COLUMN if columns == 1 else PAGE,
        0.6 + 2.4 * lines,
    )
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in panels[len(contents) :]:
        axes.set_axis_off()
    for axes, content, title in zip(panels, contents, titles, strict=False):
        for row in content["neural"]:
            colour, style, width = ARMS[row["arm"]]
            mean, low, high = np.transpose(row["welfare"])
            steps = row["every"] * np.arange(len(mean))
            axes.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
            axes.plot(steps, mean, style, color=colour, lw=width, label=row["arm"])
        axes.set(title=title, xlabel="step n", xlim=(0, None), ylabel="summed mean value")
    _below(figure, list(panels[: len(contents)]), 5)
    return figure


def _title(rows: Sequence[Content]) -> str:
    (name,) = {(row["game"], row["gradient"], row["n"]) for row in rows}
    game, gradient, n = name
    return f"{game}, {gradient} gradients, n = {n}"


@dataclass(frozen=True)
class StoredPoints:
    """An :class:`numerics.neural.alignment.Alignment` as evidence keeps it; nan where it has ``None``."""

    condition: Array
    policy: Array
    table: Array


def kernels(contents: Sequence[Content]) -> Figure:
    """The figure of :func:`alignment_of_kernels` from evidence of C17.alignment, one entry a panel."""
    return alignment_of_kernels(
        {
            f"networks' starts, seed {content['seed']}": StoredPoints(
                *(np.array(content["kernels"][name], dtype=float) for name in ("condition", "policy", "table"))
            )
            for content in contents
        }
    )


@mpl.rc_context(STYLE)
def alignment_of_kernels(found: Mapping[str, Alignment | StoredPoints]) -> Figure:
    """Cosine of the network's peer-learning correction with the way to the target against the kernels' condition.

    Coloured by whether its sign is that of the table's correction at the same policies. Points with a singular kernel
    or without a direction are counted in the title, not drawn.

    Args:
        found: measurements by title of the panel.
    """
    figure = Picture(
        "Cosine in log-odds of the network's peer-learning correction with the way to the target, against the larger "
        "condition number of the two kernels, by whether the table's correction has the same sign: "
        + "; ".join(f"{title} (n = {len(one.policy)})" for title, one in found.items()),
        COLUMN * len(found),
        3.2,
    )
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axes, (title, one) in zip(panels, found.items(), strict=True):
        drawn = np.asarray(np.isfinite([one.condition, one.policy, one.table]).all(0))
        same = (one.policy > 0) == (one.table > 0)
        groups = (("same sign as in the table", same, BLUE, "o"), ("another sign", ~same, VERMILION, "v"))
        for name, members, colour, marker in groups:
            shown = members & drawn
            axes.plot(
                one.condition[shown], one.policy[shown], marker, color=colour, ms=3.5, mew=0, alpha=0.8, label=name
            )
        axes.axhline(0, color=GREY, lw=1, zorder=0)
        missing = f", {int((~drawn).sum())} not drawn" if not drawn.all() else ""
        axes.set(xscale="log", title=f"{title}, n = {len(drawn)}{missing}", xlabel="larger condition number")
        narrow = drawn.any() and np.ptp(np.log10(one.condition[drawn])) < 2
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    panels[0].set_ylabel("cosine in log-odds")
    _below(figure, panels, 2)
    return figure


def _below(figure: Figure, panels: Sequence[Axes], columns: int) -> None:
    """One legend of all panels, under the figure."""
    handles = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=columns, frameon=False)
