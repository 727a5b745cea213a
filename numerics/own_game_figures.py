"""Pictures of one's own game of two players with two actions: its fields, its basins, entry by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sympy import Rational

from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.evidence.c15_stag_hunt import closed_form_experiment
from numerics.figures import BLACK, BLUE, COLUMN, GREY, ORANGE, STYLE, VERMILION, Picture
from numerics.simulation import simulate
from numerics.verdicts import Ledger
from theory.claims.own_game_model import target_first
from theory.errors import BadInput
from theory.flux import straight_boundary
from theory.games import Game
from theory.symbols import correction

GRID = 41
ENTRY = {"G.entry": "log-odds, starts N(0, 1)", "G.entry-direct": "direct, uniform starts"}


@mpl.rc_context(STYLE)
def fields(game: Game) -> Figure:
    """The policy gradient v and the correction C on the square, direct coordinates, the target at (1, 1).

    Shaded: a component points away from the target.

    Args:
        game: a one-shot game of two players with two actions and a target.
    """
    game = target_first(game)
    figure, panels = _panels("Policy gradient and correction as arrows on the square", game, 2)
    ticks, fine = np.linspace(0.05, 0.95, 10), np.linspace(0, 1, 201)
    for axes, name in zip(panels, ("policy gradient v", "correction C"), strict=True):
        coarse, whole = (np.stack(np.meshgrid(axis, axis)) for axis in (ticks, fine))
        away = _velocity(game, name, whole).min(0) < 0
        axes.contourf(*whole, away, levels=[0.5, 1.5], colors=[ORANGE], alpha=0.55)
        axes.quiver(*coarse, *_velocity(game, name, coarse), color=BLACK, width=0.004, pivot="mid")
        axes.plot(1, 1, "s", color=BLUE, clip_on=False, zorder=5)
        axes.set_title(name)
    arrow = Line2D([], [], color=BLACK, marker=r"$\rightarrow$", ms=11, ls="none", label="direction and size")
    shaded = Patch(color=ORANGE, alpha=0.55, label="a component points away")
    target = Line2D([], [], color=BLUE, marker="s", ls="none", label=_target(game))
    figure.legend(handles=[arrow, shaded, target], loc="outside lower center", ncols=3, frameon=False)
    return figure


def _velocity(game: Game, name: str, points: Array) -> Array:
    """V or C, C as what the rule with λ = 1 adds to it, at points of shape (2, …)."""
    flat = points.reshape(2, -1)
    plain, corrected = (
        Learning(game, "direct", rule, "expanded", 1, (1.0, 1.0), 1.0, 1.0, Schedule()).update(flat)
        for rule in ("pg", "peer")
    )
    wanted: Array = plain if name.endswith("v") else corrected - plain
    return wanted.reshape(points.shape)


@mpl.rc_context(STYLE)
def basins(game: Game, sizes: Sequence[Rational]) -> Figure:
    """Where x′ = v + λC ends from every point of a grid, direct coordinates, one panel per λ.

    The line is the boundary in closed form, where there is one.

    Args:
        game: a one-shot game of two players with two actions and a target.
        sizes: λ of each panel.
    """
    game = target_first(game)
    figure, panels = _panels("Basins on the square for several sizes of the correction", game, len(sizes))
    for axes, size in zip(panels, sizes, strict=True):
        setting = closed_form_experiment(game, size, count=1, seed=0)
        reached = simulate(replace(setting, init=f"grid:{GRID}:0:1"))["peer"].success
        half = 0.5 / (GRID - 1)
        axes.imshow(
            reached.reshape(GRID, GRID).T,
            origin="lower",
            extent=(-half, 1 + half, -half, 1 + half),
            cmap=ListedColormap([ORANGE, BLUE]),
            vmin=0,
            vmax=1,
            alpha=0.8,
        )
        axes.set_title(f"λ = {size}: {_line(axes, game, size)}")
        axes.set(xlim=(0, 1), ylim=(0, 1))
    areas = [Patch(color=BLUE, alpha=0.8, label=f"ends at {_target(game)}")]
    areas += [Patch(color=ORANGE, alpha=0.8, label="ends elsewhere")]
    line = Line2D([], [], color=BLACK, lw=1.6, label="boundary, closed form")
    figure.legend(handles=[*areas, line], loc="outside lower center", ncols=3, frameon=False)
    return figure


def _line(axes: Axes, game: Game, size: Rational) -> str:
    """Draw the straight boundary and name the share it leaves to the target."""
    try:
        line = straight_boundary(game)
        share = line.share(size)
    except BadInput:
        return "no closed form"
    at = {**dict(game.parameters), correction: size}
    names = {name: form.subs(at) for name, form in line.names.items()}
    first, second = (float(root.subs(at)) for root in list(line.names.values())[:2])
    level = float(line.level.subs(at).subs(names))
    p = np.array([0.0, 1.0])
    axes.plot(p, (level - second * p) / first, color=BLACK, lw=1.6)
    return f"share {float(share):.4f}"


@mpl.rc_context(STYLE)
def entry(ledger: Ledger) -> Figure:
    """Share of starts that enter the target's basin under each rule, with 95 % intervals, in both coordinates."""
    figure = Picture("Shares of starts that enter the target's basin, by rule and coordinates", COLUMN, 3.0)
    axes = figure.subplots()
    for place, (claim, colour, marker) in enumerate(zip(ENTRY, (BLUE, VERMILION), "os", strict=True)):
        evidence = next(e.finding.evidence for e in ledger.entries if e.claim.id == claim)
        if not evidence:
            continue
        rows = evidence[0].content["results"]
        shares, (low, high) = [row["fraction"] for row in rows], zip(*(row["interval"] for row in rows), strict=True)
        spread = [np.subtract(shares, low), np.subtract(high, shares)]
        at = np.arange(len(rows)) + 0.2 * place - 0.1
        axes.errorbar(at, shares, spread, fmt=marker, color=colour, ms=5, lw=1.2, capsize=3, label=ENTRY[claim])
        axes.set_xticks(range(len(rows)), [row["method"] for row in rows])
    axes.set(ylabel="share that enters the basin", ylim=(0, 1.02))
    axes.grid(axis="y", color=GREY, alpha=0.3)
    axes.legend(frameon=False, loc="best")
    return figure


# --------------------------------------------------------------------------------------------------------- common


def _target(game: Game) -> str:
    return f"({', '.join(names[0] for names in game.actions)})"


def _panels(description: str, game: Game, count: int) -> tuple[Figure, list[Axes]]:
    """Unit squares side by side, labelled with the target's actions."""
    figure = Picture(description, COLUMN * count, 3.9)
    panels = list(figure.subplots(1, count, sharey=True, squeeze=False)[0])
    (first, *_), (other, *_) = game.actions
    for axes in panels:
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel=f"p = probability of {first}, player 1")
    panels[0].set_ylabel(f"q = probability of {other}, player 2")
    return figure, panels
