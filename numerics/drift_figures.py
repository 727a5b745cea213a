"""Figure of how fast moved zeros attract (claim C9); conventions of :mod:`numerics.figures`.

Everything is read from :mod:`theory.drift`: rates are middles of proved enclosures, lines have proved slopes.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sympy import Rational

from numerics.figures import BLACK, BLUE, PAGE, SKY, STYLE, VERMILION, Picture
from theory.balls import as_ball
from theory.corrected import Rates
from theory.drift import Setting, moved, remainder, settings

POINTS = 12  # λ > 0 of each curve


@mpl.rc_context(STYLE)
def drift(shown: Sequence[Setting] | None = None) -> Figure:
    """The rate at the moved zero against λ, a panel a game, with the paper's line, Weyl's line and the proved bound.

    Args:
        shown: the games; by default all of :func:`theory.drift.settings`.
    """
    chosen = settings() if shown is None else shown
    columns = min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = Picture("The rate at which the moved zero attracts against the correction's size", PAGE, 2.3 * rows + 0.5)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, setting in zip(grid, chosen, strict=False):
        _panel(axes, setting)
    for axes in grid[len(chosen) :]:
        axes.set_axis_off()
    for axes in grid[::columns]:
        axes.set_ylabel("rate")
    figure.legend(handles=grid[0].get_legend_handles_labels()[0], loc="outside lower center", ncols=2, frameon=False)
    return figure


def _panel(axes: Axes, setting: Setting) -> None:
    rates, bounds = Rates(setting.case), remainder(setting.case, setting.box)
    last = setting.amounts[-1]
    amounts = tuple(last * Rational(k, POINTS) for k in range(1, POINTS + 1))
    start = float(as_ball(rates.rate))
    ticks = np.array([0.0, *map(float, amounts)])
    true = [start, *(float(entry.rate) for entry in moved(setting.case, amounts))]
    paper, weyl = (float(as_ball(slope)) for slope in (rates.paper, rates.weyl))
    axes.plot(ticks, true, color=BLACK, lw=2.2, label="true rate at the moved zero")
    axes.plot(ticks, start + paper * ticks, color=VERMILION, ls="--", label=r"paper: $\mu + \lambda \mu_M$")
    axes.plot(
        ticks, start + weyl * ticks, color=BLUE, ls=":", lw=1.8, label=r"Weyl: $\mu - \lambda \, \lambda_{\max}(N)$"
    )
    near = np.linspace(0, min(float(bounds.reach), float(last)), 40)
    lower = start + weyl * near - float(bounds.constant) * near**2
    axes.plot(near, lower, color=SKY, lw=1, label="proved: Weyl less Cλ², up to Λ")
    axes.set(title=setting.name.replace("regularised-", "regularised\n"), xlabel="λ", xlim=(0, float(last)))
    axes.set_ylim(*_window([*true, start + paper * ticks[-1], start + weyl * ticks[-1]]))
    axes.locator_params(nbins=4)


def _window(heights: Sequence[float]) -> tuple[float, float]:
    """Limits around the true rate and both lines; the proved bound may leave them."""
    low, high = min(heights), max(heights)
    margin = 0.08 * (high - low)
    return low - margin, high + margin
