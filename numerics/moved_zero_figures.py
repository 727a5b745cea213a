"""Figures of claim C8: zeros against λ with their series and certified boxes, a fold, and bounds of pure equilibria.

Curves are expressions of :mod:`theory`, boxes are proved by :func:`theory.moved_zeros.certified_branch`. Conventions of
:mod:`numerics.figures`.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from sympy import Expr, Poly, Rational, diff

from numerics.figures import BLACK, BLUE, DIM, GREEN, GREY, ORANGE, PAGE, PALE, SKY, SMALLEST, STYLE, VERMILION, Picture
from theory.claims.c08_fold import fold_cases, folds
from theory.claims.c08_moved_zeros import branches
from theory.claims.c08_strict import strict_bounds
from theory.corrected import Corrected
from theory.games import stag_hunt
from theory.moved_zeros import Piece, certified_branch, moved_zero_series
from theory.published import CORRECTION
from theory.separatrix import separatrix
from theory.symbols import correction as size

WHITE_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 1}
ORDERS = ((1, SKY, ":"), (2, GREEN, "--"), (3, ORANGE, "-."))


@mpl.rc_context(STYLE)
def moved_zeros() -> Figure:
    """Stag Hunt's mixed equilibrium against λ with its series, and the folds of two regularised Stag Hunts."""
    figure = Picture(
        "Mixed equilibrium of Stag Hunt against lambda with certified boxes and Taylor series; stable zeros and "
        "saddles of two regularised games, which meet at folds",
        PAGE,
        3.9,
    )
    left, right = figure.subplots(1, 2)
    _mixed(left)
    _fold(right)
    for axes in (left, right):
        axes.set_xlabel("λ")
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(
            handles, labels, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=SMALLEST
        )
    return figure


def _mixed(axes: Axes) -> None:
    case, last = branches()["stag-hunt, logit, diagonal"]
    (p,) = case.symbols
    pieces = certified_branch(case, last)
    _boxes(axes, pieces)
    ends = np.linspace(0.0, float(last), 101)
    (row,) = moved_zero_series(case, 3)
    for order, colour, style in ORDERS:
        values = np.polyval([float(c) for c in row[order::-1]], ends)
        axes.plot(ends, values, color=colour, ls=style, label=f"log-odds, series to λ{'¹²³'[order - 1]}")
    (total,) = case.total()
    axes.plot(ends, [_root(total, p, Rational(str(end)), pieces) for end in ends], color=BLUE, label="log-odds")
    line = separatrix(stag_hunt())
    direct = line.game.value_of(line.boundary / 2)
    below = [end for end in ends if float(direct.subs(size, Rational(str(end)))) >= 0]
    axes.plot(below, [float(direct.subs(size, Rational(str(end)))) for end in below], color=BLACK, label="direct")
    axes.axvline(float(CORRECTION), color=GREY, lw=0.8, ls=":")
    axes.annotate("published λ", (float(CORRECTION), 0.74), (3, 0), textcoords="offset points", color=DIM)
    axes.set(title="Stag Hunt 4,0,3,2:\nmixed equilibrium", ylabel="probability of Stag", xlim=(0, float(last)))
    axes.set_ylim(0, 0.8)


def _root(total: Expr, symbol: Expr, amount: Rational, pieces: Sequence[Piece]) -> float:
    """The root in the piece's box (the only one there, as certified)."""
    (box,) = next(piece.box for piece in pieces if piece.low <= amount <= piece.high)
    polynomial = Poly(total.subs(size, amount), symbol, domain="QQ")
    (ends,) = [ends for ends, _ in polynomial.intervals(inf=box[0], sup=box[1], eps=Rational(1, 10**6))]
    return float(sum(ends) / 2)


def _fold(axes: Axes) -> None:
    """Zeros on the diagonal of two regularised Stag Hunts; those at λ = 0 are the game's equilibria."""
    costs = []
    for (case, _), width in zip(fold_cases().values(), (2.0, 1.0), strict=True):
        _, roots = folds(case)
        costs.append(-diff(case.field[0], case.symbols[0], 3) / 24)  # from the cost k(p − 1/2)⁴
        _zeros_against_amount(axes, case, width)
        (here, _) = case.zero
        axes.plot(0, float(here), "o", color=BLUE, ms=2 + 2 * width, clip_on=False)
        middle = sum(map(float, roots[-1])) / 2
        axes.axvline(middle, color=GREY, lw=0.8, ls=":")
        axes.annotate("$\\lambda_c$", (middle, 0.5), (3, 0), textcoords="offset points", color=DIM)
    # the corners rest where the zero of the default game has not entered yet, or has left
    v, m = (entry[0].subs(case.symbols[1], case.symbols[0]) for entry in (case.field, case.correction))
    leaves, enters = (-v.subs(case.symbols[0], end) / m.subs(case.symbols[0], end) for end in (1, 0))
    _boxes(axes, certified_branch(case, leaves))
    for place, ends in ((0.0, (0.0, float(enters))), (1.0, (float(leaves), 0.32))):
        axes.plot(ends, [place] * 2, color=BLACK, lw=2, clip_on=False, label=None if place else "corner rests")
    title = "Regularised Stag Hunt, diagonal:\nk = {} (thick), {} (thin)".format(*costs)
    axes.set(title=title, ylabel="probability of Stag", xlim=(0, 0.32), ylim=(0, 1))


def _zeros_against_amount(axes: Axes, case: Corrected, width: float) -> None:
    """λ as a function of the zero: −v/C on the diagonal; stable where the field falls through it."""
    p, q = case.symbols
    v, m = (entry[0].subs(q, p).expand() for entry in (case.field, case.correction))
    places = np.linspace(0.0, 1.0, 801)
    slope = diff(v, p) * m - v * diff(m, p)  # sign of the field's slope at the zero, as m > 0
    values = [np.polyval([float(c) for c in Poly(e, p).all_coeffs()], places) for e in (v, m, slope)]
    sizes = -values[0] / values[1]
    for stable, style, name in ((True, "-", "stable zero"), (False, "--", "saddle")):
        shown = np.where((sizes >= 0) & ((values[2] < 0) == stable), sizes, np.nan)
        colour = BLUE if stable else VERMILION
        axes.plot(shown, places, color=colour, ls=style, lw=width, label=name if width > 1 else None)


def _boxes(axes: Axes, pieces: Sequence[Piece]) -> None:
    for number, piece in enumerate(pieces):
        (low, high), width = map(float, piece.box[0]), float(piece.high - piece.low)
        name = "certified box" if number == 0 else None
        axes.add_patch(
            Rectangle((float(piece.low), low), width, high - low, fc=PALE, ec=GREY, lw=0.4, zorder=0.5, label=name)
        )


@mpl.rc_context(STYLE)
def rest_bounds() -> Figure:
    """The largest λ for which each strict pure equilibrium rests under projection, and the published λ."""
    bounds = strict_bounds()
    figure = Picture(
        "Bounds of lambda below which strict pure equilibria stay under projection", PAGE, 0.24 * len(bounds) + 1
    )
    axes = figure.subplots()
    least, most = 1e-5, 30.0
    names = []
    for place, (game, words, tremble, found) in enumerate(bounds):
        end = most if found.bound is None else float(found.bound)
        axes.barh(place, end - least, left=least, height=0.6, color=SKY if found.bound is None else BLUE)
        if found.bound is None:
            axes.annotate("no bound", (most, place), (-3, 0), textcoords="offset points", ha="right", va="center")
        else:
            text = str(found.bound) if len(str(found.bound)) < 8 else f"{end:.2e}"
            axes.annotate(text, (end, place), (4, 0), textcoords="offset points", va="center", bbox=WHITE_BOX, zorder=5)
        names.append(f"{game.name}: {words}" + (f", tremble {tremble}" if tremble else ""))
    axes.axvline(float(CORRECTION), color=VERMILION, lw=1, ls="--", label=f"published λ = {CORRECTION}")
    axes.set(xscale="log", xlim=(least, most), xlabel="λ (total values)")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    figure.legend(loc="outside lower center", frameon=False)
    return figure
