"""Figures of certified regions and of their proofs; conventions of :mod:`numerics.figures`.

Boxes, balls, leaves and sides are read from certificates (:mod:`theory.regions`), the basin boundary comes from
:mod:`theory.separatrix`. An edge that does not belong to a region is dashed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

import flint
import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, Rectangle
from sympy import Integer, Poly, Rational

from numerics.dynamics import Learning, Schedule
from numerics.figures import BLACK, BLUE, COLUMN, GREY, ORANGE, PAGE, PALE, SKY, STYLE, VERMILION, Picture
from numerics.largest_box import largest_shape
from theory.bernstein import bernstein
from theory.claims.c07_alignment_boxes import NEAR_GRIM, NEAR_TFT, alignment, sign_change
from theory.errors import BadInput
from theory.exact import from_fmpq, to_fmpq
from theory.games import Game
from theory.regions import Certificate, certify
from theory.regions.boxes import UNIT, variables
from theory.regions.field import GameField
from theory.regions.prove import Box, leaves
from theory.separatrix import separatrix

FILL = 0.3  # opacity of a region
# Leaves of a tree: colour, what settles them, hatching; in the order of the legend.
LEAVES: Mapping[str, tuple[str, str, str]] = {
    "sign": (SKY, "coefficients have the right sign", ""),
    "target": (BLUE, "at the target", ""),
    "touch": (VERMILION, "touches 0 on the ball's edge", "...."),
    "outside": (PALE, "outside the ball", ""),
    "other": ("#FFFFFF", "the step clips other coordinates", "////"),
}


# ------------------------------------------------------------------------------------------------------ one variable


@mpl.rc_context(STYLE)
def bernstein_halves(polynomial: Poly) -> Figure:
    """A polynomial in one variable on [0, 1] with its Bernstein coefficients, on the whole interval and on halves.

    Args:
        polynomial: of degree at least 1.
    """
    figure = Picture("A polynomial with its Bernstein coefficients, on the unit interval and on its halves", PAGE, 2.9)
    ticks = np.linspace(0, 1, 201)
    curve = np.polyval([float(entry) for entry in polynomial.all_coeffs()], ticks)
    middle = Rational(1, 2)
    whole, halves = [UNIT], [(UNIT[0], middle), (middle, UNIT[1])]
    for axes, parts in zip(figure.subplots(1, 2, sharey=True), (whole, halves), strict=True):
        axes.plot(ticks, curve, color=BLACK, label="polynomial")
        for part, colour, marker in zip(parts, (BLUE, VERMILION), "os", strict=False):
            places, heights = control_points(polynomial, part)
            axes.plot(places, heights, color=colour, marker=marker, ls="--", lw=1, label=f"on [{part[0]}, {part[1]}]")
            for place, height in zip(places, heights, strict=True):
                shift = (
                    (0, 7) if place in part else (0, -15)
                )  # at the ends of the part it is the value, above the curve
                at = (float(place), float(height))
                axes.annotate(str(height), at, shift, textcoords="offset points", ha="center", color=colour)
        axes.axhline(0, color=GREY, lw=0.8)
        axes.set(xlabel=str(polynomial.gen), xlim=(-0.06, 1.06))
        axes.margins(y=0.25)
        axes.legend(frameon=False, loc="upper center")
    return figure


def control_points(polynomial: Poly, part: tuple[Rational, Rational]) -> tuple[list[Rational], list[Rational]]:
    """Where the Bernstein coefficients of a polynomial on an interval belong, evenly spread, and the coefficients."""
    found = bernstein(dict(polynomial.terms()), [part], Rational)
    low, high = part
    degree = len(found) - 1
    return [low + (high - low) * Rational(k, degree) for k in range(degree + 1)], list(found.values())


# ---------------------------------------------------------------------------------------------------------- the square


@mpl.rc_context(STYLE)
def certified_regions(game: Game) -> Figure:
    """Largest certified box and ball of both pure equilibria on the square, the true boundary, the direct field.

    Args:
        game: a symmetric coordination game of two players with two actions each.
    """
    figure = Picture(
        "The unit square with certified boxes and balls of both equilibria and the true boundary", COLUMN, 4.1
    )
    axes = figure.subplots()
    ticks = np.linspace(0, 1, 25)
    p, q = np.meshgrid(ticks, ticks)
    learning = Learning(game, "direct", "pg", "expanded", 1, (1.0, 1.0), 0.0, 0.0, Schedule())
    u, w = learning.update(np.stack([p.ravel(), q.ravel()])).reshape(2, *p.shape)
    axes.streamplot(ticks, ticks, u, w, color=GREY, linewidth=0.6, arrowsize=0.7, density=1.0)
    handles: list[Artist] = []
    for action, colour, marker in zip(game.actions[0], (BLUE, ORANGE), "sD", strict=True):
        target = f"{action},{action}"
        box, ball = certify(game, target), certify(game, target, "sublevel")
        _draw_box(axes, box, colour)
        _draw_ball(axes, ball, colour)
        corner: Any = {"color": colour, "marker": marker, "mec": BLACK, "ls": "none", "zorder": 5, "clip_on": False}
        handles += axes.plot(*[[end] for end in ball.region["target"]], **corner, label=f"({action}, {action})")
        handles.append(Patch(fc=colour, alpha=FILL, label=f"its ball, {_level(ball)}"))
        handles.append(Patch(fc=colour, alpha=1 - (1 - FILL) ** 2, label=f"its box, side {_side(box)}"))
    line = separatrix(game)
    boundary = line.boundary.subs(line.values(Integer(0)))
    high = float(min(boundary, Integer(1)))
    ends = [high, float(boundary) - high]
    (true,) = axes.plot(ends, ends[::-1], color=BLACK, lw=1.8, label="true basin boundary", zorder=4)
    (mixed,) = axes.plot(*[float(boundary / 2)] * 2, "o", mfc="white", mec=BLACK, zorder=5, label="mixed equilibrium")
    handles = [*handles[:3], true, *handles[3:], mixed]  # one column for each equilibrium
    _square(axes, game)
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw_box(axes: Axes, certificate: Certificate, colour: str) -> None:
    """The box filled, with the sides away from the target as lines."""
    (left, right), (low, high) = ([float(Rational(x)) for x in side] for side in certificate.region["box"])
    axes.add_patch(
        Rectangle((left, low), right - left, high - low, fc=colour, alpha=FILL, lw=0, zorder=0.6, label="box")
    )
    ends = zip(certificate.region["target"], ((left, right), (low, high)), strict=True)
    far_p, far_q = (side[0] if end else side[1] for end, side in ends)
    edge: Any = {"color": colour, "lw": 1.2, "ls": _edge(certificate), "zorder": 3}
    axes.plot([far_p, far_p], [low, high], **edge)
    axes.plot([left, right], [far_q, far_q], **edge)


def _draw_ball(axes: Axes, certificate: Certificate, colour: str, fill: bool = True) -> None:
    centre, radius = certificate.region["target"], sqrt(Rational(certificate.region["level"]))
    if fill:
        axes.add_patch(Circle(centre, radius, fc=colour, alpha=FILL, zorder=0.5))
    axes.add_patch(Circle(centre, radius, fc="none", ec=colour, lw=1.2, ls=_edge(certificate), zorder=3, label="ball"))


def _edge(certificate: Certificate) -> str:
    return "-" if certificate.region["closed"] else "--"


def _level(certificate: Certificate) -> str:
    return f"W {'≤' if certificate.region['closed'] else '<'} {certificate.region['level']}"


def _side(certificate: Certificate) -> Rational:
    low, high = map(Rational, certificate.region["box"][0])
    return high - low


def _square(axes: Axes, game: Game) -> None:
    (first, *_), (other, *_) = game.actions
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel=f"p = probability of {first}, player 1")
    axes.set_ylabel(f"q = probability of {other}, player 2")


# --------------------------------------------------------------------------------------------------------------- trees


def tree_leaves(tree: Sequence[Any]) -> list[tuple[Box, str]]:
    """The boxes of a tree over the unit square and what settles each, a key of :data:`LEAVES`."""
    reasons = [node for node in tree if not isinstance(node, int)]
    return [(box, _kind(reason)) for box, reason in zip(leaves(list(tree), (UNIT, UNIT)), reasons, strict=True)]


def _kind(reason: Any) -> str:
    if isinstance(reason, str):
        return reason
    name, first = reason[:2]
    return str(name) if name != "empty" else "outside" if first == 0 else "other"


@mpl.rc_context(STYLE)
def proof_trees(certificates: Iterable[Certificate]) -> Figure:
    """Every tree of some balls' proofs as a division of the square, each part coloured by what settles it.

    Args:
        certificates: of balls (``sublevel``) of games of two players with two actions each.

    Raises:
        BadInput: a certificate of another kind or of a larger game.
    """
    shown = [(entry, number, tree) for entry in certificates for number, tree in enumerate(_trees(entry))]
    rows = (len(shown) + 1) // 2
    figure = Picture("The square divided by bisection, each part coloured by what proves it", PAGE, 3.25 * rows + 0.5)
    used: set[str] = set()
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, (certificate, number, tree) in zip(panels, shown, strict=False):
        for ((left, right), (low, high)), kind in tree_leaves(tree):
            used.add(kind)
            colour, _, hatch = LEAVES[kind]
            corner, width, height = (float(left), float(low)), float(right - left), float(high - low)
            axes.add_patch(Rectangle(corner, width, height, fc=colour, ec=BLACK, lw=0.3, hatch=hatch))
        _draw_ball(axes, certificate, BLACK, fill=False)
        axes.plot(*certificate.region["target"], "s", color=BLACK, clip_on=False, zorder=5)
        axes.set_title(_title(certificate, number))
        _square(axes, certificate.game)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    handles: list[Artist] = [
        Patch(fc=colour, ec=BLACK, lw=0.3, label=name, hatch=hatch)
        for kind, (colour, name, hatch) in LEAVES.items()
        if kind in used
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _trees(certificate: Certificate) -> list[Any]:
    if certificate.region["kind"] != "sublevel" or certificate.field.size != 2 or certificate.verdict != "CERTIFIED":
        raise BadInput("proof_trees: needs certified balls of two probabilities.")
    return list(certificate.proof["trees"])


def _title(certificate: Certificate, number: int) -> str:
    game, region, step = certificate.game, certificate.region, certificate.dynamics.step
    if step is None:
        action = game.actions[0][1 - region["target"][0]]
        return f"({action}, {action}), {_level(certificate)}"
    past = [name for k, name in enumerate("pq") if number >> k & 1]
    return f"steps of {step}: {' and '.join(past) if past else 'nothing'} clipped"


# --------------------------------------------------------------------------------------------------------------- sides


@mpl.rc_context(STYLE)
def box_sides(pairs: Mapping[str, tuple[Certificate, Certificate]]) -> Figure:
    """Sides of certified boxes, one panel a target: equal ones (a cube) against those of a large box.

    A hollow mark is a probability that play does not reach and that may stop short of its end.

    Args:
        pairs: for each target's name a cube and a large box, in a memory-one game.
    """
    figure = Picture("Side lengths of certified boxes by probability, cube against large box", PAGE, 3.7)
    panels = figure.subplots(1, len(pairs), sharey=True, squeeze=False)[0]
    styles = (("cube", ORANGE, "s", -0.12), ("large box", BLUE, "o", 0.12))
    for axes, (name, boxes) in zip(panels, pairs.items(), strict=True):
        game, target = boxes[0].game, boxes[0].region["target"]
        groups = variables(game, symmetric=True)
        heights = [sides(certificate) for certificate in boxes]
        for certificate, rows, (label, colour, marker, shift) in zip(boxes, heights, styles, strict=True):
            for place, group in enumerate(groups):
                for k in group:
                    face = "white" if k in certificate.conclusion["unreached"] else colour
                    axes.plot(place + shift, rows[k], marker, color=colour, mfc=face, ms=6, gid=f"{label} {k}")
        names = [f"{game.states[s]}\n{game.actions[0][1 - target[group[0]]]}" for s, group in enumerate(groups)]
        axes.set_xticks(range(len(groups)), names)
        ticks = (0.03, 0.1, 0.3, 1)
        axes.set(
            yscale="log",
            title=name,
            xlabel="state and target action",
            xlim=(-0.5, len(groups) - 0.5),
            ylim=(0.025, 1.3),
        )
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.grid(axis="y", color=PALE)
        axes.set_axisbelow(True)
    panels[0].set_ylabel("side of the box")
    marks: list[Artist] = [Line2D([], [], color=c, marker=m, ls="none", label=label) for label, c, m, _ in styles]
    marks.append(Line2D([], [], color=BLACK, marker="o", mfc="white", ls="none", label="not reached: may stop short"))
    figure.legend(handles=marks, loc="outside lower center", ncols=3, frameon=False)
    return figure


def cube_and_large_box(game: Game, target: str) -> tuple[Certificate, Certificate]:
    """The largest certified cube at a target and a certified box of large volume, for :func:`box_sides`."""
    return certify(game, target), certify(game, target, shape=largest_shape(game, target))


def sides(certificate: Certificate) -> list[float]:
    """Side lengths of a certified box, one per coordinate."""
    return [float(Rational(high) - Rational(low)) for low, high in certificate.region["box"]]


# ----------------------------------------------------------------------------------------------------------- alignment


@mpl.rc_context(STYLE)
def alignment_turn(half_width: Rational, direction: str) -> Figure:
    """The correction's product with a direction between the centres of C7.turn, with the certified boxes there.

    Args:
        half_width: of the boxes.
        direction: one number for each probability of the common policy, separated by commas.
    """
    figure = Picture(
        "The correction along TFT less Grim against cooperation after DC, with certified boxes", COLUMN, 3.2
    )
    axes = figure.subplots()
    boxes = [alignment(centre, half_width, direction) for centre in (NEAR_GRIM, NEAR_TFT)]
    ticks = [Rational(k, 100) for k in range(101)]
    heights = along_segment(boxes[0].field, [Rational(x) for x in direction.split(",")], ticks)
    axes.plot([float(x) for x in ticks], [float(y) for y in heights], color=BLACK, label="⟨C, TFT − Grim⟩")
    axes.axhline(0, color=GREY, lw=0.8)
    for certificate, name in zip(boxes, ("near Grim", "near TFT"), strict=True):
        sign = certificate.conclusion["sign"]
        low, high = (float(Rational(x)) for x in certificate.region["box"][2])
        colour, words = (BLUE, "positive") if sign > 0 else (VERMILION, "negative")
        span: Any = {"fc": colour, "ec": "white", "lw": 0, "alpha": 0.5, "hatch": "" if sign > 0 else "////"}
        axes.axvspan(low, high, **span, label=f"box {name}: {words}")
    low, high = sign_change()
    axes.axvline(float(low + high) / 2, color=GREY, ls=":", label="only change of sign")
    axes.set(xlabel="cooperation after DC", ylabel="product", xlim=(0, 1))
    close: Any = {"handlelength": 1.2, "columnspacing": 1.0}
    handles = axes.get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, **close)
    return figure


def along_segment(field: GameField, weights: Sequence[Rational], ticks: Sequence[Rational]) -> list[Rational]:
    """⟨C, w⟩ at the centre near TFT with other probabilities of cooperation after DC, exact, direct coordinates."""
    groups = variables(field.game, symmetric=True)
    group_of = {k: place for place, group in enumerate(groups) for k in group}
    context = flint.fmpq_mpoly_ctx.get([f"y{index}" for index in range(len(groups))], "degrevlex")
    product = field.correction([context.constant(to_fmpq(entry)) for entry in weights], groups, 0)
    found = []
    for tick in ticks:
        point = [to_fmpq(x) for x in (*NEAR_TFT[:2], tick, *NEAR_TFT[3:])]
        bottom = field.denominator(*[point[group_of[k]] for k in range(field.size)])
        found.append(from_fmpq(product(*point) / bottom**5))
    return found
