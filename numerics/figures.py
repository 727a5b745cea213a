"""Figures as PDF and PNG, readable in print and by the colour-blind (Okabe and Ito's colours)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from sympy import Rational

from numerics import inits
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.experiments import Experiment
from numerics.files import write_whole
from numerics.simulation import simulate
from theory.games import Game, stag_hunt
from theory.separatrix import separatrix

BLUE, ORANGE, BLACK, GREY = "#0072B2", "#E69F00", "#000000", "#999999"
# λ of the corrected panels: inside the closed form's scope at 4,0,3,2 (λ (R − S − T + P) = 3/10 ≤ 1).
CORRECTED = Rational(1, 10)
GRID = 81


def stag_hunt_figures(folder: Path) -> list[Path]:
    """Basins with and without the correction, and phase portraits, direct coordinates; returns the files written.

    Raises:
        BadInput: the folder cannot be written.
    """
    game = stag_hunt()
    with mpl.rc_context({"font.size": 9, "axes.titlesize": 9, "pdf.fonttype": 42, "savefig.dpi": 200}):
        drawn = {"stag_hunt_basins": basins(game), "stag_hunt_portrait": portraits(game)}
        return [path for name, figure in drawn.items() for path in _save(figure, folder / name)]


def basins(game: Game) -> Figure:
    """Simulated basin of (Stag, Stag) on a grid, with the closed-form separatrix, for λ = 0 and λ = CORRECTED."""
    figure, panels = _pair()
    line = separatrix(game)
    for axes, size in zip(panels, (Rational(0), CORRECTED), strict=True):
        grid = inits.Grid(GRID, 0.0, 1.0)
        outcome = simulate(
            Experiment(
                game=game,
                success="initial-cooperation:0.99",
                methods=("peer",),
                form="expanded",
                policy="direct",
                inner_lr=(1.0,),
                peer=float(size),
                lr=0.05,
                steps=400,
                init=f"grid:{grid.points}:{grid.low}:{grid.high}",
            )
        )
        success = outcome["peer"].success
        table = success.reshape(grid.points, grid.points).T  # rows are q
        half = 0.5 / (grid.points - 1)
        axes.imshow(
            table, origin="lower", extent=(-half, 1 + half, -half, 1 + half), cmap=ListedColormap([ORANGE, BLUE])
        )
        boundary = float(line.boundary.subs(line.values(size)))
        share = line.share(size)
        axes.plot([0, boundary], [boundary, 0], color=BLACK, lw=1.6, label="separatrix, closed form")
        axes.set_title(f"λ = {float(size):g}: exact share {share} ≈ {float(share):.4f}")
        _frame(axes)
    areas = [Patch(color=BLUE, label="ends at (Stag, Stag)"), Patch(color=ORANGE, label="ends elsewhere")]
    _legend(figure, [*areas, *panels[0].get_lines()])
    return figure


def portraits(game: Game) -> Figure:
    """Phase portraits of v + λC for λ = 0 and λ = CORRECTED, with the closed-form separatrix."""
    figure, panels = _pair()
    line = separatrix(game)
    ticks = np.linspace(0, 1, 25)
    p, q = np.meshgrid(ticks, ticks)
    for axes, size in zip(panels, (Rational(0), CORRECTED), strict=True):
        velocity = _field(game, float(size), np.stack([p.ravel(), q.ravel()]))
        u, w = velocity.reshape(2, *p.shape)
        axes.streamplot(ticks, ticks, u, w, color=GREY, linewidth=0.7, arrowsize=0.7, density=1.1)
        boundary = float(line.boundary.subs(line.values(size)))
        axes.plot([0, boundary], [boundary, 0], color=BLACK, lw=1.6, label="separatrix")
        axes.plot(boundary / 2, boundary / 2, "o", mfc="white", mec=BLACK, label="saddle")
        axes.plot([0, 1], [0, 1], "s", color=BLUE, clip_on=False, zorder=5, linestyle="none", label="strict equilibria")
        axes.set_title(f"λ = {float(size):g}")
        _frame(axes)
    _legend(figure, panels[0].get_lines())
    return figure


def _field(game: Game, size: float, points: Array) -> Array:
    learning = Learning(game, "direct", "peer", "expanded", 1, (1.0, 1.0), 1.0, size, Schedule())
    return learning.update(points)


def _pair() -> tuple[Figure, tuple[Axes, Axes]]:
    figure = Figure(figsize=(6.6, 3.7), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.set_ylabel("q = probability of Stag, player 2")
    return figure, (left, right)


def _legend(figure: Figure, handles: Sequence[Artist]) -> None:
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)


def _frame(axes: Axes) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="p = probability of Stag, player 1")


def _save(figure: Figure, stem: Path) -> list[Path]:
    paths = []
    for kind, metadata in (("pdf", {"CreationDate": None, "Producer": None}), ("png", {"Software": None})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata=metadata)
        paths.append(write_whole(stem.with_suffix(f".{kind}"), buffer.getvalue()))
    return paths
