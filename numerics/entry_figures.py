"""Figures of basin entry: which correction selects, when, against risk dominance, sampled, and at what cost.

Each takes what :mod:`numerics.evidence` puts into the ledger's files, or rows of the same form; nothing is measured
here, and curves come from :mod:`theory`. Every estimate has its interval. Conventions of :mod:`numerics.figures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sympy import Rational

from numerics.figures import BLACK, BLUE, COLUMN, DIM, GREEN, GREY, ORANGE, PAGE, PALE, STYLE, VERMILION, Picture
from numerics.hitting_times import EntryTimes, entry_curve
from numerics.outcomes import Outcome
from numerics.paper_settings import ARMS, PUBLISHED
from numerics.published import published_experiment
from numerics.sample_size import resolved_difference, share_half_width
from numerics.statistics import wilson
from theory.games import stag_hunt
from theory.risk_dominance import hunt_with
from theory.separatrix import separatrix

Content = Mapping[str, Any]
Point = tuple[str, float, Sequence[float]]  # an arm, its share, the interval
# Colour and marker of each rule.
RULES: Mapping[str, tuple[str, str]] = {
    "pg": (BLACK, "o"),
    "own": (ORANGE, "^"),
    "peer": (BLUE, "s"),
    "meta": (VERMILION, "D"),
}
ARM_OF_RULE = {rule: arm for arm, rule in ARMS}
BAR: Any = {"ls": "none", "ms": 4, "lw": 1, "capsize": 2}
WHITE_BOX: Any = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}


# ------------------------------------------------------------------------------------------- which correction selects


@mpl.rc_context(STYLE)
def closed_form(contents: Sequence[Content]) -> Figure:
    """Basin share against λ in direct coordinates: the closed form as a line, simulated shares with their intervals.

    Args:
        contents: evidence of C15.direct.
    """
    by_game: dict[tuple[int, ...], list[Content]] = {}
    for content in contents:
        for row in content["rows"]:
            by_game.setdefault(tuple(row["payoffs"]), []).append(row)
    counts = sorted({row["n"] for rows in by_game.values() for row in rows})
    runs = "n = " + ", ".join(map(str, counts))
    figure = Picture(
        "Basin share of (Stag, Stag) against the size of the correction, direct coordinates, uniform starts: closed "
        f"form and simulated shares with simultaneous 95% intervals, {runs} starts a point, for the row payoffs "
        + "; ".join(", ".join(map(str, payoffs)) for payoffs in by_game),
        COLUMN,
        3.2,
    )
    axes = figure.subplots()
    looks = zip((BLUE, VERMILION, GREEN, ORANGE, BLACK), "os^Dv", strict=True)
    for (payoffs, rows), (colour, marker) in zip(by_game.items(), looks, strict=False):
        line = separatrix(stag_hunt(**dict(zip("RSTP", payoffs, strict=True))))
        last = max(Rational(row["lambda"]) for row in rows)
        sizes = [last * Rational(k, 60) for k in range(61)]
        axes.plot([float(size) for size in sizes], [float(line.share(size)) for size in sizes], color=colour, lw=0.9)
        at = [float(Rational(row["lambda"])) for row in rows]
        shares, intervals = ([row[key] for row in rows] for key in ("simulated", "interval"))
        _bars(axes, at, shares, intervals, colour, marker, label=", ".join(map(str, payoffs)))
    axes.set(xlabel="λ", ylabel="basin share of (Stag, Stag)", ylim=(0, 1.03))
    words = f"R, S, T, P; lines: closed form; points: {runs} each"
    figure.legend(title=words, loc="outside lower center", ncols=min(3, len(by_game)), frameon=False)
    return figure


@mpl.rc_context(STYLE)
def sweep(contents: Sequence[Content]) -> Figure:
    """Entry share against λ, one line a game, the published coefficient marked.

    Args:
        contents: evidence of C15.sweep and C16.sweep, one entry a game.
    """
    shown = ", ".join(f"{content['game']} (n = {_runs(content['sweep'])} starts)" for content in contents)
    figure = Picture(
        f"Entry share of Meta-MAPG against the size of the correction, with intervals: {shown}", COLUMN, 3.2
    )
    axes = figure.subplots()
    for content, colour, marker in zip(contents, (BLUE, VERMILION, GREEN), "os^", strict=False):
        rows = content["sweep"]
        sizes, shares = ([row[key] for row in rows] for key in ("lambda", "share"))
        axes.plot(sizes, shares, color=colour, lw=0.8)
        name = f"{content['game']}, n = {_runs(rows)}"
        _bars(axes, sizes, shares, [row["interval"] for row in rows], colour, marker, label=name)
    published = published_experiment(stag_hunt(), ("meta",), 1, 0)
    factor = published.inner_lr[0]
    axes.axvline(factor * published.peer, color=GREY, ls=":", lw=1.2, zorder=0)
    words = f"published:\nλ = {factor * published.peer:g}"
    axes.annotate(words, (factor * published.peer, 0.97), (4, 0), textcoords="offset points", va="top")
    axes.set(xlabel="λ = α · peer coefficient", ylabel="share of starts that enter", ylim=(0, 1))

    def coefficient(sizes: Any) -> Any:
        return sizes / factor

    def size(coefficients: Any) -> Any:
        return coefficients * factor

    top = axes.secondary_xaxis("top", (coefficient, size))
    top.set_xlabel(f"peer coefficient (α = {factor:g})")
    _below(figure, axes, 2)
    return figure


@mpl.rc_context(STYLE)
def ablation(rows: Sequence[Content]) -> Figure:
    """What each correction adds to policy gradient's share, in every cell of every game.

    Args:
        rows: ``ablation`` of the evidence of C4.ablation (:func:`numerics.ablation.rows`).
    """
    games = list(dict.fromkeys(row["game"] for row in rows))
    cells = list(dict.fromkeys(_cell(row) for row in rows))
    size = f"n = {_runs(rows)} paired starts a cell"
    figure = Picture(
        f"Change of the entry share against policy gradient under own-, peer- and both corrections, {size}",
        PAGE,
        1.5 + 0.5 * len(cells),
    )
    arms = [arm for arm in RULES if any(row["arm"] == arm and "difference" in row for row in rows)]
    panels = figure.subplots(1, len(games), sharey=True, squeeze=False)[0]
    for axes, game in zip(panels, games, strict=True):
        axes.axvline(0, color=GREY, lw=1, zorder=0)
        for place, arm in enumerate(arms):
            found = [row for row in rows if (row["game"], row["arm"]) == (game, arm)]
            heights = [cells.index(_cell(row)) + 0.22 * (place - (len(arms) - 1) / 2) for row in found]
            differences, intervals = [r["difference"] for r in found], [r["difference_interval"] for r in found]
            colour, marker = RULES[arm]
            _bars(axes, differences, heights, intervals, colour, marker, across=True, label=f"{arm} − pg")
        for height, cell in enumerate(cells):
            if not any((row["game"], _cell(row)) == (game, cell) for row in rows):
                axes.annotate("not run", (0.5, height), xycoords=("axes fraction", "data"), ha="center", color=DIM)
        for height in np.arange(len(cells) - 1) + 0.5:
            axes.axhline(height, color=PALE, lw=0.8, zorder=0)
        axes.set(title=game, xlabel="change of the share")
    panels[0].set_yticks(range(len(cells)), cells)
    panels[0].set_ylim(len(cells) - 0.5, -0.5)
    _below(figure, panels[0], 3, f"bars: 95% together, {size}")
    return figure


def _cell(row: Content) -> str:
    unroll = "" if row["form"] == "expanded" else f", L = {row['unroll']}"
    gradient = "" if row["gradient"] == "exact" else f"\n{row['gradient']}"
    return f"{row['form']}{unroll}, $c_\\mathrm{{peer}}$ {row['c_peer']:g}{gradient}"


# --------------------------------------------------------------------------------------------------------------- when


@mpl.rc_context(STYLE)
def entry_curves(panels: Mapping[str, Mapping[str, EntryTimes]]) -> Figure:
    """Share of runs that have entered by step n, with simultaneous bands: first entry, not staying.

    Args:
        panels: by title of the panel, the first-entry times of each rule.
    """
    sizes = {times.runs for arms in panels.values() for times in arms.values()}
    figure = Picture(
        "Share of runs that have been inside at least once by each step, with simultaneous 95% bands, "
        f"n = {', '.join(map(str, sorted(sizes)))} runs a rule",
        COLUMN * len(panels),
        3.2,
    )
    drawn = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (title, arms) in zip(drawn, panels.items(), strict=True):
        for rule, times in arms.items():
            curve, (colour, _) = entry_curve(times), RULES[rule]
            steps = np.arange(times.horizon + 1)
            axes.fill_between(steps, *curve.band, step="post", color=colour, alpha=0.2, lw=0)
            axes.step(steps, curve.probability, where="post", color=colour, label=rule)
            words = f"{rule}: {int(times.entered.sum())} of {curve.n}" + (
                f", {curve.undecided} undecided" if curve.undecided else ""
            )
            axes.annotate(
                words,
                (times.horizon, curve.probability[-1]),
                (0, 3),
                textcoords="offset points",
                color=colour,
                ha="right",
            )
        axes.set(title=title, xlabel="step n", xlim=(0, None), ylim=(0, 1))
    drawn[0].set_ylabel("share that has entered by step n")
    return figure


# ---------------------------------------------------------------------------------------------- against risk dominance


@mpl.rc_context(STYLE)
def family(content: Content) -> Figure:
    """Shares of (Stag, Stag) along a family of Stag Hunts, with exact curves of direct coordinates and the ½ crossings.

    Args:
        content: evidence of C15.risk-dominance-logit.
    """
    members = content["members"]
    places = [float(Rational(member["p*"])) for member in members]
    n = _runs(members)
    figure = Picture(
        "Share of (Stag, Stag) against the mixed equilibrium p*, under policy gradient and Meta-MAPG with intervals, "
        f"n = {n} starts a game, and closed-form shares of direct coordinates",
        PAGE,
        3.9,
    )
    axes = figure.subplots()
    axes.axhline(0.5, color=GREY, lw=1, zorder=0)
    ends = Rational(members[0]["p*"]), Rational(members[-1]["p*"])
    ticks = [ends[0] + (ends[1] - ends[0]) * Rational(k, 28) for k in range(29)]
    line = separatrix(stag_hunt())  # holds for all payoffs
    lines = [replace(line, game=hunt_with(tick)) for tick in ticks]
    for rule, size, style in (("pg", Rational(0), "--"), ("meta", Rational(content["direct_lambda"]), "-.")):
        colour, marker = RULES[rule]
        exact = [float(line.share(size)) for line in lines]
        axes.plot([float(tick) for tick in ticks], exact, color=colour, ls=style, lw=1, label=_exact_name(rule, size))
        shares, intervals = ([member[rule][key] for member in members] for key in ("share", "interval"))
        _bars(axes, places, shares, intervals, colour, marker, label=f"{rule}, log-odds, runs")
        crossing = content["crossings"][rule]
        if crossing:
            place = crossing["interpolated"]
            axes.plot([place, place], [0, 0.5], color=colour, ls=":", lw=1.2, zorder=0)
            words = f"{rule}: ½ at {place:.3f}"
            shift, side = ((-4, 2), "right") if rule == "pg" else ((4, 2), "left")
            axes.annotate(words, (place, 0), shift, textcoords="offset points", color=colour, ha=side, bbox=WHITE_BOX)
    axes.axvline(0.5, color=PALE, lw=6, zorder=-1)
    axes.annotate("risk-neutral", (0.5, 0.97), (0, 0), textcoords="offset points", ha="center", va="top")
    axes.set(ylim=(0, 1), ylabel="share of (Stag, Stag)")
    axes.set_xlabel("p* = mixed equilibrium's probability of Stag (risk-dominant: p* < ½)")
    _below(figure, axes, 2, f"bars: {content['intervals']}; n = {n} starts a game")
    return figure


def _exact_name(rule: str, size: Rational) -> str:
    return f"{rule}, direct, exact" + (f" (λ = {size})" if size else "")


# ------------------------------------------------------------------------------------------------- sampled gradients


def outcome_rows(setting: str, outcome: Outcome) -> list[dict[str, Any]]:
    """Runs of one's own as rows of the form that :func:`estimators` draws, with the published numbers beside.

    Args:
        setting: what to call them.
        outcome: of the published game and rules.
    """
    game = outcome.experiment.game.name
    published = {number.arm: number for number in PUBLISHED if (number.game, number.design) == (game, "main")}
    rows = []
    for result in outcome.methods:
        number = published[ARM_OF_RULE[result.method]]
        rows.append(
            {
                "game": game,
                "arm": number.arm,
                "design": number.design,
                "published": number.value,
                "published_n": number.runs,
                "setting": setting,
                "ours": result.share.fraction,
                "interval": list(result.share.interval),
                "n": result.share.total,
                "undecided": result.share.undecided,
            }
        )
    return rows


@mpl.rc_context(STYLE)
def estimators(rows: Sequence[Content]) -> Figure:
    """Success share of every arm by how gradients are estimated, beside the published share with its own interval.

    Args:
        rows: ``reproduction`` of the evidence, of which the main runs are drawn, or :func:`outcome_rows`.
    """
    main = [row for row in rows if row.get("design") == "main" and row["ours"] is not None]
    by_game = {
        game: [row for row in main if row["game"] == game] for game in dict.fromkeys(row["game"] for row in main)
    }
    settings = list(dict.fromkeys(row["setting"] for row in main))
    sizes = {game: f"n = {_runs(here)}, published n = {_published_runs(here)}" for game, here in by_game.items()}
    shown = "; ".join(f"{game} ({size})" for game, size in sizes.items())
    figure = Picture(
        f"Success shares by arm, published and own, with 95% intervals, gradients {', '.join(settings)}: {shown}",
        PAGE,
        3.9,
    )
    panels = figure.subplots(1, len(by_game), sharey=True, squeeze=False)[0]
    styles = dict(zip(settings, ((BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (ORANGE, "D")), strict=False))
    width = 0.7 / (len(settings) + 1)
    for axes, (game, here) in zip(panels, by_game.items(), strict=True):
        arms = [arm for arm, _ in ARMS if any(row["arm"] == arm for row in here)]
        published = {row["arm"]: (row["published"], row["published_n"]) for row in here}
        theirs: list[Point] = [(arm, value, wilson(round(value * n), n)) for arm, (value, n) in published.items()]
        groups = [("published, sampled", BLACK, "X", theirs)]
        for setting in settings:
            ours: list[Point] = [(r["arm"], r["ours"], r["interval"]) for r in here if r["setting"] == setting]
            groups.append((setting, *styles[setting], ours))
        for place, (name, colour, marker, points) in enumerate(groups):
            shift = width * (place - len(settings) / 2)
            at = [arms.index(arm) + shift for arm, _, _ in points]
            _bars(axes, at, [y for _, y, _ in points], [limits for *_, limits in points], colour, marker, label=name)
        axes.set_xticks(range(len(arms)), arms)
        axes.set(title=f"{game}, {sizes[game]}", xlim=(-0.5, len(arms) - 0.5))
    panels[0].set_ylim(bottom=0)
    panels[0].set_ylabel("share of runs that succeed")
    _below(figure, panels[0], 3)
    return figure


def _published_runs(rows: Sequence[Content]) -> str:
    return " or ".join(map(str, dict.fromkeys(row["published_n"] for row in rows)))


# --------------------------------------------------------------------------------------------------------------- cost


@mpl.rc_context(STYLE)
def cost(contents: Sequence[Content]) -> Figure:
    """Cost of a success under Meta-MAPG over that of restarting policy gradient, by game and way of counting work.

    Args:
        contents: evidence of the claims on cost, such as C15.cost and C16.cost-steps.
    """
    rows = [
        (content["game"], unit, next(row for row in counted if row["method"] == "meta"))
        for content in sorted(contents, key=lambda content: str(content["game"]))
        for unit, counted in content["costs"].items()
    ]
    sizes = {game: row["n"] for game, _, row in rows}
    shown = ", ".join(f"{game} n = {n} epochs" for game, n in sizes.items())
    figure = Picture(
        f"Ratio of costs of a success, Meta-MAPG over policy gradient, with 95% intervals: {shown}",
        PAGE,
        1.1 + 0.34 * len(rows),
    )
    axes = figure.subplots()
    axes.axvline(1, color=GREY, lw=1, zorder=0)
    for height, (_, _, row) in enumerate(rows):
        ratio = row["ratio"]
        low, high = ratio["interval"]
        colour = BLUE if high < 1 else VERMILION if low > 1 else BLACK
        _bars(axes, [ratio["estimate"]], [height], [ratio["interval"]], colour, "o", across=True)
        words = f"{ratio['estimate']:.3f} [{low:.3f}, {high:.3f}]"
        axes.annotate(words, (1.02, height), xycoords=("axes fraction", "data"), color=colour, va="center")
    axes.set_yticks(range(len(rows)), [f"{game}: {unit}" for game, unit, _ in rows])
    axes.set(
        ylim=(len(rows) - 0.5, -0.5),
        xscale="log",
        xlabel=f"cost of a success, meta / pg; n = {_runs([row for *_, row in rows])} epochs a game",
    )
    axes.set_xlim(0.08, 5)
    axes.set_xticks([0.1, 0.25, 0.5, 1, 2, 4], ["0.1", "0.25", "0.5", "1", "2", "4"])
    axes.minorticks_off()
    for side, words, place in (("right", "← meta is cheaper", 0.9), ("left", "pg is cheaper →", 1.1)):
        axes.annotate(words, (place, 1.02), xycoords=("data", "axes fraction"), ha=side)
    return figure


# ------------------------------------------------------------------------------------------------------- sample sizes


@mpl.rc_context(STYLE)
def resolution(runs: Sequence[int], discordant: Sequence[float], marked: int) -> Figure:
    """What a number of starts resolves: the half-width of a share, and the difference found with a power of 80 %.

    Args:
        runs: numbers of starts or pairs.
        discordant: shares of pairs in which exactly one of the two rules succeeds, one curve each.
        marked: a number of runs to mark.
    """
    figure = Picture("Half-width of a share's interval, and least paired difference found, against starts", COLUMN, 3.6)
    axes = figure.subplots()
    axes.plot(runs, [share_half_width(n) for n in runs], color=BLACK, label="half-width of a share near ½")
    for share, colour, style in zip(discordant, (BLUE, VERMILION, GREEN), ("--", "-.", ":"), strict=False):
        found = [(n, difference) for n in runs if (difference := resolved_difference(n, share)) is not None]
        axes.plot(*zip(*found, strict=True), color=colour, ls=style, label=f"difference, {share:g} of pairs discordant")
    axes.axvline(marked, color=GREY, lw=1, ls=":", zorder=0)
    axes.annotate(f"n = {marked}", (marked, axes.get_ylim()[1]), (3, -3), textcoords="offset points", va="top")
    axes.set(xscale="log", yscale="log", xlabel="starts (or pairs) n", ylabel="half-width, or difference found")
    ticks = [tick for tick in (0.01, 0.02, 0.05, 0.1, 0.2) if axes.get_ylim()[0] <= tick]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(color=PALE)
    _below(figure, axes, 1)
    return figure


# -------------------------------------------------------------------------------------------------------------- common


def _bars(
    axes: Axes,
    x: Sequence[float],
    y: Sequence[float],
    intervals: Sequence[Sequence[float]],
    colour: str,
    marker: str,
    across: bool = False,
    label: str | None = None,
) -> None:
    """Points with intervals, upright or across."""
    lengths = np.abs(np.transpose(intervals) - np.asarray(x if across else y)) if intervals else np.empty((2, 0))
    axes.errorbar(
        x, y, None if across else lengths, lengths if across else None, marker, color=colour, label=label, **BAR
    )


def _runs(rows: Sequence[Content]) -> str:
    return " or ".join(map(str, dict.fromkeys(row["n"] for row in rows)))


def _below(figure: Figure, axes: Axes, columns: int, words: str | None = None) -> None:
    """The panel's legend under the figure, with a remark above it."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, title=words, loc="outside lower center", ncols=columns, frameon=False)
