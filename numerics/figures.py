"""Figures as PDF and PNG, readable in print and by the colour-blind (Okabe and Ito's colours).

Every figure is a :class:`Picture`, which notebooks show by themselves; ``numerics.paper_figures`` writes files. Curves
and regions are compiled from expressions of :mod:`theory`; points come from runs.
"""

from __future__ import annotations

import io
import timeit
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sympy import Expr, Integer, Rational, Symbol

from numerics import inits, policies
from numerics.basins import Labels
from numerics.compile import Array, compile_program, compiled_values, game_values
from numerics.dynamics import Learning, Schedule
from numerics.evidence.c15_stag_hunt import closed_form_experiment
from numerics.outcomes import Outcome
from numerics.published import published_experiment
from numerics.residual import forms, norms
from numerics.simulation import simulate
from numerics.starts import draw
from theory.alignment import align
from theory.claims.c01_decomposition import at_start_residual
from theory.claims.c15_stag_hunt_entry import rising_condition
from theory.errors import BadInput
from theory.games import Game
from theory.policies import Coordinates, parameters
from theory.program import Program
from theory.separatrix import separatrix
from theory.symbols import P, R, S, T, alpha

BLUE, SKY, ORANGE, VERMILION, GREEN = "#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#009E73"
BLACK, DIM, GREY, PALE = "#000000", "#666666", "#999999", "#EAEAEA"  # DIM is for words: GREY is too light for them
# Widths in inches at which figures are printed: one column of a page of two, or the whole page.
COLUMN, PAGE = 3.3, 6.6
SMALLEST = 7.5  # points, in a figure that is printed as wide as it is drawn
SIZES = {"font.size": 8.5, "axes.titlesize": 8.5, "xtick.labelsize": 8, "ytick.labelsize": 8, "legend.fontsize": 8}
STYLE: Any = {**SIZES, "pdf.fonttype": 42, "savefig.dpi": 240, "hatch.linewidth": 0.6}
SCREEN_DPI, NOTEBOOK_DPI = 120, 180
# λ of the corrected panels: inside the closed form's scope at 4,0,3,2 (λ (R − S − T + P) = 3/10 ≤ 1).
CORRECTED = Rational(1, 10)
GRID = 81


class Picture(Figure):
    """A figure that notebooks show as PNG, finer than the screen and without dates or versions.

    Args:
        description: what it shows, for those who cannot see it.
        width: in inches, :data:`COLUMN` or :data:`PAGE`.
        height: in inches.
    """

    def __init__(self, description: str, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), layout="constrained")
        self.description = description

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        buffer = io.BytesIO()
        with mpl.rc_context(STYLE):
            self.savefig(buffer, format="png", dpi=NOTEBOOK_DPI, metadata={"Software": None})
        shown = {"width": round(SCREEN_DPI * float(self.get_figwidth())), "alt": self.description}
        return buffer.getvalue(), shown


# ------------------------------------------------------------------------------------------------ decomposition


@mpl.rc_context(STYLE)
def inner_step(
    game: Game, start: Sequence[Rational], settings: Mapping[Coordinates, tuple[Rational, Rational]]
) -> Figure:
    """One inner step from φ₀ and from φ₀ with player 1 nudged, over the level lines of V¹, one panel per coordinates.

    Args:
        game: a one-shot game of two players with two actions each.
        start: both players' first-action probabilities at φ₀.
        settings: for each coordinate system the inner step size α and the nudge of player 1's parameter.
    """
    figure = Picture("One inner step, and how it changes when player 1 is nudged, over level lines of V1", PAGE, 3.9)
    panels = figure.subplots(1, len(settings), squeeze=False)[0]
    for axes, (policy, (size, nudge)) in zip(panels, settings.items(), strict=True):
        first = policies.from_first_probability(policy, np.array(start, dtype=float))
        here = np.stack([first, first + np.array([float(nudge), 0.0])], axis=1)
        there = here + float(size) * _learning(game, policy, "pg", 1.0).update(here)
        _level_lines(axes, game, policy, np.concatenate([here, there], axis=1))
        for column, name in enumerate(("", " nudged")):
            _arrow(axes, here[:, column], there[:, column], BLACK, "-" if column == 0 else "--")
            axes.plot(*here[:, column], "o", color=BLACK, mfc=BLACK if column == 0 else "white", ms=5, zorder=5)
            _name(axes, f"$\\varphi_0${name}", here[:, column], (0, 6))
        _name(axes, "$\\varphi_1$", there[:, 0], (-4, -13))
        (own, peer), corner = there[:, 1] - here[:, 1] - there[:, 0] + here[:, 0], there[:, 0]
        for shift, colour in (((float(nudge), 0.0), BLUE), ((0.0, peer), VERMILION), ((own, 0.0), GREEN)):
            _arrow(axes, corner, corner + shift, colour, "-", 2.2)
            corner = corner + shift
        axes.set(title=f"{policy} coordinates, α = {size}, nudge {nudge}")
        letters = ("p", "q") if policy == "direct" else ("x", "y")
        axes.set(xlabel=f"{letters[0]}, player 1", ylabel=f"{letters[1]}, player 2")
        axes.locator_params(nbins=5)
    ways = {"identity: policy gradient": BLUE, "player 2's step: peer-learning": VERMILION}
    ways["player 1's step: own-learning"] = GREEN
    handles: list[Artist] = [Line2D([], [], color=colour, lw=2.2, label=name) for name, colour in ways.items()]
    _legend(figure, [*handles, Line2D([], [], color=GREY, lw=0.8, label="level lines of $V^1$")], 2)
    return figure


def _level_lines(axes: Axes, game: Game, policy: Coordinates, around: Array) -> None:
    """Level lines of V¹ on a window around points, shape (2, points)."""
    low, high = around.min(1), around.max(1)
    margin = 0.3 * (high - low).max()
    ticks = [np.linspace(a - margin, b + margin, 60) for a, b in zip(low, high, strict=True)]
    x, y = np.meshgrid(*ticks)
    values = compiled_values(game, policy)(parameters=np.stack([x, y]), game=game_values(game)[:, None, None])["value"]
    lines = axes.contour(x, y, values[0], levels=9, colors=GREY, linewidths=0.8)
    axes.clabel(lines, fontsize=SMALLEST, colors=DIM)


def _name(axes: Axes, name: str, point: Array, offset: tuple[float, float]) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5}
    axes.annotate(name, (point[0], point[1]), offset, textcoords="offset points", ha="center", bbox=box)


def _arrow(axes: Axes, tail: Array, head: Array, colour: str, style: str, width: float = 1.0) -> None:
    if np.hypot(*(head - tail)) > 1e-9:
        how = {"arrowstyle": "-|>", "color": colour, "linestyle": style, "lw": width, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (head[0], head[1]), (tail[0], tail[1]), arrowprops=how)


@mpl.rc_context(STYLE)
def missing_term(game: Game, at: Rational, largest: Rational) -> Figure:
    """What the form with every factor at φ₀ lacks, player 1, direct coordinates, L = 1, on the diagonal p = q.

    Left: (exact − form)/α against α at p = q = ``at``, for the published form and for the one with (Dv·v)₁. Right: the
    terms of order α along the diagonal.

    Args:
        game: a one-shot game of two players with two actions each.
        at: p = q of the left panel.
        largest: the largest α.
    """
    p, q = (row[0] for row in parameters(game, "direct"))
    residual, limit = (game.value_of(entry).subs(q, p) for entry in at_start_residual(game))
    correction = game.value_of(align(game).correction[0]).subs(q, p)
    figure = Picture("Distance of two first-order forms to the derivative, and the terms of order alpha", PAGE, 3.3)
    left, right = figure.subplots(1, 2)
    sizes, ticks = np.linspace(0, float(largest), 21), np.linspace(0, 1, 21)
    published, rest = _evaluated([residual.subs(p, at), (residual - limit).subs(p, at)], [alpha], [sizes])
    left.plot(sizes, published, color=VERMILION, label="published: 3 terms at $\\varphi_0$")
    left.plot(sizes, rest, color=BLUE, ls="--", label="with $(Dv\\,v)_1$: 4 terms")
    left.plot(0, float(limit.subs(p, at)), "o", color=VERMILION, clip_on=False)
    left.plot(0, 0, "o", color=BLUE, clip_on=False)
    left.set(xlabel="inner step size α", ylabel="(exact − form) / α", title=f"distance to the derivative, p = q = {at}")
    missing, peer = _evaluated([limit, correction], [p], [ticks])
    right.plot(ticks, missing, color=VERMILION, label="$(Dv\\,v)_1$, left out")
    right.plot(ticks, peer, color=GREEN, ls="-.", label="peer-learning / α")
    right.set(xlabel="p = q", title="terms of order α at $\\varphi_0$", xlim=(0, 1))
    for axes in (left, right):
        axes.axhline(0, color=GREY, lw=0.8)
        axes.legend(frameon=False)
    left.set_xlim(0, float(largest))
    return figure


@mpl.rc_context(STYLE)
def residual(games: Sequence[Game], count: int, seed: int) -> Figure:
    """Mean distance of two first-order forms to the exact update, over α, against α; one panel per game.

    Logit coordinates, L = 1, c_own = c_peer = 1, starts of the published runs. The form with every factor at φ₀ levels
    off at the mean size of the term it leaves out; the form with that term falls in proportion to α.

    Args:
        games: games of the published runs.
        count: number of starts.
        seed: seed of the starts.
    """
    figure = Picture("Distance over alpha of two first-order forms to the exact update, against alpha", PAGE, 3.5)
    panels = figure.subplots(1, len(games), squeeze=False)[0]
    sizes = np.logspace(-5, 0, 31)
    for axes, game in zip(panels, games, strict=True):
        learning = published_experiment(game, ("meta",), count, seed, own=1.0, peer=1.0)
        starts, published = draw(learning), learning.inner_lr[0]
        policy, unroll = learning.coordinates, learning.unroll
        found = [(a, forms(game, policy, unroll, [a] * game.players, starts)) for a in sizes]
        left_out = norms(forms(game, policy, unroll, [1.0] * game.players, starts).missing).mean()
        curves = (
            (r"form at $\varphi_0$: g + own + peer", [f.exact - f.at_start for _, f in found], VERMILION, "o"),
            (r"with $\alpha L(Dv\,v)$", [f.exact - f.first_order for _, f in found], BLUE, "s"),
        )
        for name, distances, colour, marker in curves:
            means = [norms(distance).mean() / a for a, distance in zip(sizes, distances, strict=True)]
            axes.plot(sizes, means, color=colour, marker=marker, ms=4, markevery=3, label=name)
        axes.axhline(left_out, color=BLACK, ls="--", lw=1, zorder=3, label=r"mean ‖$L(Dv\,v)$‖")
        axes.axvline(published, color=GREY, ls=":", label=f"published α = {published:g}")
        axes.set(xscale="log", yscale="log", xlabel="inner step size α", title=f"{game.name}, n = {count} starts")
    panels[0].set_ylabel("mean ‖exact − form‖ / α")
    _legend(figure, panels[0].get_legend_handles_labels()[0], 2)
    return figure


@mpl.rc_context(STYLE)
def unroll_cost(game: Game, lengths: Sequence[int], batch: int, repeats: int) -> Figure:
    """Measured time of one evaluation of the exact update against L, with a least-squares line, logit coordinates.

    Args:
        game: any finite game.
        lengths: values of L, at least two.
        batch: starts evaluated at once, drawn from N(0, 1).
        repeats: evaluations of each L, the fastest of which counts.
    """
    width = len(policies.names(game, "logit"))
    points = np.random.default_rng(0).standard_normal((width, batch))
    steps = (1.0,) * game.players
    rules = [Learning(game, "logit", "meta", "unrolled", unroll, steps, 1.0, 1.0, Schedule()) for unroll in lengths]
    for rule in rules:
        rule.update(points)  # compiles
    # Every L once in each round, so that a busy moment of the machine does not fall on one L alone.
    seconds = [[timeit.timeit(partial(rule.update, points), number=1) for rule in rules] for _ in range(repeats)]
    milliseconds = 1e3 * np.min(seconds, axis=0)
    slope, offset = np.polyfit(lengths, milliseconds, 1)
    figure = Picture("Time of one evaluation of the exact update against the number of inner steps", COLUMN, 2.5)
    axes = figure.subplots()
    axes.plot(lengths, milliseconds, "o", color=VERMILION, label=f"fastest of {repeats}")
    ends = np.array([min(lengths), max(lengths)])
    axes.plot(ends, offset + slope * ends, color=BLUE, lw=1, label=f"line of {slope:.3g} ms a step")
    axes.set(
        xlabel="number of inner steps L",
        ylabel="milliseconds",
        xticks=lengths,
        ylim=(0, None),
        title=f"{game.name}, batch of {batch}",
    )
    axes.legend(frameon=False)
    return figure


# ---------------------------------------------------------------------------------------------------- alignment


@mpl.rc_context(STYLE)
def corrections(games: Sequence[Game]) -> Figure:
    """The peer-learning correction C on the square, direct coordinates, one panel per symmetric 2×2 game.

    Shaded: a component of C points away from the target.
    """
    figure, panels = _pair("The correction as arrows on the square, for two games")
    for axes, game in zip(panels, games, strict=True):
        alignment = align(game)
        symbols = [row[0] for row in parameters(game, "direct")]
        toward = [game.value_of(component.toward_target) for component in alignment.components]
        fine = np.stack(np.meshgrid(*[np.linspace(0, 1, 201)] * 2))
        away = (_evaluated(toward, symbols, fine) < 0).any(0)
        axes.contourf(*fine, away, levels=[0.5, 1.5], colors=[ORANGE], alpha=0.55)
        coarse = np.stack(np.meshgrid(*[np.linspace(0.05, 0.95, 10)] * 2))
        arrows = _evaluated([game.value_of(entry) for entry in alignment.correction], symbols, coarse)
        axes.quiver(*coarse, *arrows, color=BLACK, width=0.004, pivot="mid")
        axes.plot(1, 1, "s", color=BLUE, clip_on=False, zorder=5)
        axes.set_title(f"R, S, T, P = {_payoffs(game)}")
        _frame(axes)
    arrow = Line2D([], [], color=BLACK, marker=r"$\rightarrow$", ms=11, ls="none", label="correction C")
    shaded = Patch(color=ORANGE, alpha=0.55, label="a component points away")
    target = Line2D([], [], color=BLUE, marker="s", ls="none", label="(Stag, Stag)")
    _legend(figure, [arrow, shaded, target])
    return figure


@mpl.rc_context(STYLE)
def payoff_plane(game: Game, reach: Rational, marked: Sequence[tuple[Rational, Rational]] = ()) -> Figure:
    """Where in the plane of T and P, for the game's R and S, the correction is aligned and the basin grows (direct).

    Args:
        game: a symmetric 2×2 game whose class and conditions are linear forms in R, S, T, P.
        reach: T runs from S − reach to R, P from S to R + reach.
        marked: points (T, P) to mark.
    """
    fixed = {symbol: value for symbol, value in game.parameters if symbol in (R, S)}
    spans = ((fixed[S] - reach, fixed[R]), (fixed[S], fixed[R] + reach))
    plane = np.stack(np.meshgrid(*(np.linspace(float(low), float(high), 601) for low, high in spans)))

    def positive(forms: Sequence[Expr]) -> Labels:
        return np.asarray((_evaluated([form.subs(fixed) for form in forms], [T, P], plane) > 0).all(0))

    sign, factors = rising_condition(separatrix(game))  # the sign of ds*/dλ; the basin grows where it is negative
    belongs, aligned = positive(game.ordering), positive(align(game).conditions)
    grows = positive([-sign * factors[0]])
    regions = (
        (belongs & aligned & grows, SKY, "", "aligned,\nbasin grows"),
        (belongs & ~aligned & grows, PALE, "////", "not aligned,\nbasin grows"),
        (belongs & ~aligned & ~grows, ORANGE, "", "not aligned,\nbasin shrinks"),
        (belongs & aligned & ~grows, VERMILION, "xx", "aligned,\nbasin shrinks"),
    )
    figure = Picture("Regions of the payoff plane: aligned or not, basin grows or shrinks", COLUMN, 3.3)
    axes = figure.subplots()
    for where, colour, hatch, name in regions:
        if where.any():
            axes.contourf(*plane, where, levels=[0.5, 1.5], colors=[colour], hatches=[hatch])
            x, y = (float(coordinate[where].mean()) for coordinate in plane)
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
            axes.text(x, y, name, ha="center", va="center", bbox=box)
    for x, y in marked:
        axes.plot(float(x), float(y), "o", color=BLACK, ms=4)
        _name(axes, f"({x}, {y})", np.array([x, y], dtype=float), (0, 6))
    axes.set(xlabel="T", ylabel="P", aspect="equal", title=f"payoff plane at R = {fixed[R]}, S = {fixed[S]}")
    return figure


# ------------------------------------------------------------------------------------------------------- basins


@mpl.rc_context(STYLE)
def basins(game: Game) -> Figure:
    """Simulated basin of (Stag, Stag) on a grid, with the closed-form separatrix, for λ = 0 and λ = CORRECTED."""
    figure, panels = _pair("Basins on the square without and with the correction, with the separatrix")
    line = separatrix(game)
    for axes, size in zip(panels, (Rational(0), CORRECTED), strict=True):
        experiment = closed_form_experiment(game, size, count=1, seed=0)
        outcome = simulate(replace(experiment, init=f"grid:{GRID}:0:1"))
        success = outcome["peer"].success
        _cells(axes, inits.Grid(GRID, 0.0, 1.0), success.astype(int), [ORANGE, BLUE])
        boundary = float(line.boundary.subs(line.values(size)))
        share = line.share(size)
        axes.plot([0, boundary], [boundary, 0], color=BLACK, lw=1.6, label="separatrix, closed form")
        axes.set_title(f"λ = {float(size):g}: exact share {share} ≈ {float(share):.4f}")
        _frame(axes)
    areas = [Patch(color=BLUE, label="ends at (Stag, Stag)"), Patch(color=ORANGE, label="ends elsewhere")]
    _legend(figure, [*areas, *panels[0].get_lines()])
    return figure


@mpl.rc_context(STYLE)
def portraits(game: Game) -> Figure:
    """Phase portraits of v + λC for λ = 0 and λ = CORRECTED, with the closed-form separatrix."""
    figure, panels = _pair("Phase portraits without and with the correction, with saddle and separatrix")
    line = separatrix(game)
    ticks = np.linspace(0, 1, 25)
    p, q = np.meshgrid(ticks, ticks)
    for axes, size in zip(panels, (Rational(0), CORRECTED), strict=True):
        velocity = _learning(game, "direct", "peer", float(size)).update(np.stack([p.ravel(), q.ravel()]))
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


@mpl.rc_context(STYLE)
def basin_shares(games: Sequence[Game], count: int, seed: int) -> Figure:
    """Exact basin share of (1, 1) against λ (R − S − T + P), as far as the closed form reaches, and simulated shares.

    Args:
        games: symmetric 2×2 games, at most four.
        count: random starts of each simulated share.
        seed: seed of the starts.
    """
    figure = Picture("Basin shares against the size of the correction, exact curves and simulated points", COLUMN, 3.2)
    axes = figure.subplots()
    styles = ((BLUE, "-", "o"), (GREEN, "--", "s"), (GREY, ":", "D"), (VERMILION, "-.", "^"))
    for game, (colour, style, marker) in zip(games, styles[: len(games)], strict=True):
        line = separatrix(game)
        slope = line.growth.subs(line.values(Integer(0)))  # R − S − T + P; the scope ends where λ times it is 1
        ticks = [Rational(k, 20) for k in range(21)]
        axes.plot(
            [float(t) for t in ticks], [float(line.share(t / slope)) for t in ticks], color=colour, ls=style, zorder=1
        )
        for tick in ticks[::5]:
            run = simulate(closed_form_experiment(game, tick / slope, count, seed))["peer"].share
            spread = [[run.fraction - run.interval[0]], [run.interval[1] - run.fraction]]
            axes.errorbar(float(tick), run.fraction, spread, fmt=marker, color=colour, ms=4, lw=1, capsize=2)
        axes.plot([], [], color=colour, ls=style, marker=marker, ms=4, label=_payoffs(game))
    axes.set(xlabel="λ (R − S − T + P)", ylabel="basin share of (Stag, Stag)", xlim=(-0.02, 1.02), ylim=(0, 1))
    figure.legend(title="R, S, T, P", loc="outside lower center", ncols=2, frameon=False)
    return figure


@mpl.rc_context(STYLE)
def gained_starts(outcome: Outcome, before: str, after: str) -> Figure:
    """Grid starts by which of two methods succeeds from them, for a game of two players with two actions each.

    Args:
        outcome: a simulation on a grid over both players' probabilities.
        before: the method compared against.
        after: the method compared.

    Raises:
        BadInput: the starts are no such grid.
    """
    init = inits.parse(outcome.experiment.init)
    if not isinstance(init, inits.Grid) or len(outcome.starts) != 2:
        raise BadInput("gained_starts: needs a grid of starts over two parameters.")
    old, new = outcome[before].success, outcome[after].success
    classes = {f"both {before} and {after}": BLUE, f"only {after}": ORANGE, f"only {before}": BLACK, "neither": PALE}
    kinds = np.select([old & new, new, old], [0, 1, 2], 3)
    figure = Picture(f"Grid starts by which of {before} and {after} succeeds", COLUMN, 3.7)
    axes = figure.subplots()
    _cells(axes, init, kinds, list(classes.values()))
    shares = [float((kinds == kind).mean()) for kind in range(4)]
    named = zip(classes.items(), shares, strict=True)
    handles: list[Artist] = [
        Patch(facecolor=colour, edgecolor=GREY, lw=0.5, label=f"{name} ({share:.1%})")
        for (name, colour), share in named
        if share
    ]
    _frame(axes)
    axes.set(ylabel="q = probability of Stag, player 2", title="starts from which a method succeeds")
    _legend(figure, handles, 2)
    return figure


# ------------------------------------------------------------------------------------------------------- common


def _learning(game: Game, policy: Coordinates, rule: str, size: float) -> Learning:
    """A rule in expanded form with α = 1, so that λ = c_peer = ``size``."""
    return Learning(game, policy, rule, "expanded", 1, (1.0, 1.0), 1.0, size, Schedule())


def _evaluated(expressions: Sequence[Expr], symbols: Sequence[Symbol], values: Any) -> Array:
    """Expressions in the symbols as arrays, shape (expressions, *batch), at values of shape (symbols, *batch)."""
    program = Program(tuple(symbols), (), {"values": tuple(expressions)})
    return compile_program(program, {"at": symbols})(at=np.asarray(values))["values"]


def _payoffs(game: Game) -> str:
    return ", ".join(str(value) for _, value in game.parameters)


def _cells(axes: Axes, grid: inits.Grid, kinds: Array, colours: list[str]) -> None:
    """One cell around every point of a grid over (p, q), coloured by its kind."""
    half = (grid.high - grid.low) / (grid.points - 1) / 2
    low, high = grid.low - half, grid.high + half
    table = kinds.reshape(grid.points, grid.points).T  # rows are q
    colourmap = ListedColormap(colours)
    axes.imshow(
        table, origin="lower", extent=(low, high, low, high), cmap=colourmap, vmin=-0.5, vmax=len(colours) - 0.5
    )


def _pair(description: str) -> tuple[Figure, tuple[Axes, Axes]]:
    figure = Picture(description, PAGE, 3.9)
    left, right = figure.subplots(1, 2, sharey=True)
    left.set_ylabel("q = probability of Stag, player 2")
    return figure, (left, right)


def _legend(figure: Figure, handles: Sequence[Artist], columns: int = 3) -> None:
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)


def _frame(axes: Axes) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="p = probability of Stag, player 1")
