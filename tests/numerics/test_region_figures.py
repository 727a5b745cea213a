"""numerics.region_figures: what is drawn is what the certificates say, and nothing is drawn of what they do not say."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, Rectangle
from readable import faults
from sympy import Integer, Poly, Rational, symbols

from numerics import paper_figures
from numerics.region_figures import (
    LEAVES,
    alignment_turn,
    along_segment,
    bernstein_halves,
    box_sides,
    certified_regions,
    control_points,
    proof_trees,
    tree_leaves,
)
from theory.claims.c07_alignment_boxes import NARROW, NEAR_GRIM, NEAR_TFT, TFT_LESS_GRIM, alignment, sign_change
from theory.errors import BadInput
from theory.games import Game, ipd, stag_hunt
from theory.regions import Certificate, Dynamics, certify
from theory.separatrix import separatrix

TARGETS = ("Stag,Stag", "Hare,Hare")
STEPS = Dynamics("direct", Rational(1, 10))
x = symbols("x")


def drawn_boxes(axes: Axes) -> list[list[tuple[float, float]]]:
    found = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_label() == "box"]
    return [[(b.get_x(), b.get_x() + b.get_width()), (b.get_y(), b.get_y() + b.get_height())] for b in found]


def edges(certificate: Certificate) -> list[Any]:
    return [pytest.approx([float(Rational(end)) for end in side]) for side in certificate.region["box"]]


def area(leaves: Sequence[Any], kinds: Sequence[str] = tuple(LEAVES)) -> Rational:
    sizes = [(r - l) * (h - low) for ((l, r), (low, h)), kind in leaves if kind in kinds]
    return sum(sizes, Integer(0))


# ---------------------------------------------------------------------------------------------------------- the square


@pytest.mark.parametrize("game", [stag_hunt(), stag_hunt(R=5, T=1, P=1)], ids=["4,0,3,2", "5,0,1,1"])
def test_boxes_balls_and_boundary_are_those_of_the_certificates(game: Game) -> None:
    (axes,) = certified_regions(game).axes
    assert drawn_boxes(axes) == [edges(certify(game, target)) for target in TARGETS]
    balls = [patch for patch in axes.patches if isinstance(patch, Circle) and patch.get_label() == "ball"]
    for ball, target in zip(balls, TARGETS, strict=True):
        region = certify(game, target, "sublevel").region
        assert list(ball.center) == region["target"]
        assert ball.radius == pytest.approx(sqrt(Rational(region["level"])))
        assert (ball.get_linestyle() == "-") is region["closed"]
    boundary = float(separatrix(game).boundary.subs(separatrix(game).values(Integer(0))))
    (line,) = [line for line in axes.get_lines() if line.get_label() == "true basin boundary"]
    points = np.asarray(line.get_xydata())
    assert points.sum(1) == pytest.approx([boundary] * 2)
    assert points.min() >= 0 and points.max() == pytest.approx(min(boundary, 1))


def test_another_game_is_drawn_otherwise() -> None:
    (axes,) = certified_regions(stag_hunt(T=2, P=1)).axes
    assert drawn_boxes(axes) != [edges(certify(stag_hunt(), target)) for target in TARGETS]


# --------------------------------------------------------------------------------------------------------------- trees


@pytest.mark.parametrize("target", TARGETS)
def test_every_leaf_is_drawn_in_the_colour_of_its_reason(target: str) -> None:
    ball = certify(stag_hunt(), target, "sublevel")
    (tree,) = ball.proof["trees"]
    reasons = [node for node in tree if not isinstance(node, int)]
    leaves = tree_leaves(tree)
    assert area(leaves) == 1
    axes, empty = proof_trees([ball]).axes
    assert not empty.axison
    parts = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    for part, (((left, right), (low, high)), kind), reason in zip(parts, leaves, reasons, strict=True):
        box = (part.get_x(), part.get_y(), part.get_width(), part.get_height())
        assert box == pytest.approx(tuple(map(float, (left, low, right - left, high - low))))
        assert to_hex(part.get_facecolor()).upper() == LEAVES[kind][0]
        assert kind == {"empty": "outside"}.get(name := reason if isinstance(reason, str) else reason[0], name)


def test_coloured_parts_cover_the_ball_and_pale_ones_lie_outside() -> None:
    ball = certify(stag_hunt(), "Stag,Stag", "sublevel")
    level = Rational(ball.region["level"])
    for ((_, right), (_, high)), kind in tree_leaves(ball.proof["trees"][0]):
        nearest = (1 - right) ** 2 + (1 - high) ** 2  # of the part to (Stag, Stag)
        assert nearest >= level if kind == "outside" else nearest < level


def test_steps_have_a_panel_for_every_set_of_clipped_coordinates() -> None:
    steps = certify(stag_hunt(), "Stag,Stag", "sublevel", dynamics=STEPS)
    figure = proof_trees([steps])
    assert [axes.get_title().partition(": ")[2] for axes in figure.axes] == [
        "nothing clipped",
        "p clipped",
        "q clipped",
        "p and q clipped",
    ]
    assert [sum(isinstance(patch, Rectangle) for patch in axes.patches) for axes in figure.axes] == [
        len(tree_leaves(tree)) for tree in steps.proof["trees"]
    ]
    (legend,) = figure.legends
    assert LEAVES["other"][1] in [text.get_text() for text in legend.get_texts()]


def test_what_has_no_such_picture_is_refused() -> None:
    game = stag_hunt()
    refuted = certify(game, "Stag,Stag", "sublevel", level="1/4")
    for certificate in (certify(game, "Stag,Stag"), refuted):
        with pytest.raises(BadInput, match="certified balls of two probabilities"):
            proof_trees([certificate])


# ----------------------------------------------------------------------------------------------- sides and one variable


def test_sides_are_those_of_the_boxes_and_hollow_marks_are_not_reached() -> None:
    game = ipd()
    cube = certify(game, "AllD")
    shape = [Rational(2) if k in (0, 5) else Rational(1) for k in range(10)]
    wide = certify(game, "AllD", shape=shape)
    (axes,) = box_sides({"AllD": (cube, wide)}).axes
    marks = {line.get_gid(): line for line in axes.get_lines()}
    assert len(marks) == 20
    for name, certificate in (("cube", cube), ("large box", wide)):
        for k, (low, high) in enumerate(certificate.region["box"]):
            mark = marks[f"{name} {k}"]
            assert list(mark.get_ydata()) == pytest.approx([float(Rational(high) - Rational(low))])
            hollow = mark.get_markerfacecolor() == "white"
            assert hollow is (k in certificate.conclusion["unreached"])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["∅\nD", "CC\nD", "CD\nD", "DC\nD", "DD\nD"]


def test_bernstein_coefficients_are_values_at_the_ends_and_bound_the_polynomial() -> None:
    polynomial = Poly(1 - 3 * x + 3 * x**2, x)
    whole, lower = (
        control_points(polynomial, (Integer(0), Integer(1))),
        control_points(polynomial, (Integer(0), Rational(1, 2))),
    )
    assert whole == ([0, Rational(1, 2), 1], [1, Rational(-1, 2), 1])
    assert lower == ([0, Rational(1, 4), Rational(1, 2)], [1, Rational(1, 4), Rational(1, 4)])
    left, right = bernstein_halves(polynomial).axes
    for axes, pieces in ((left, 1), (right, 2)):
        curve, *polygons = axes.get_lines()[: 1 + pieces]
        heights = np.asarray(curve.get_ydata())
        below = min(np.asarray(line.get_ydata(), dtype=float).min() for line in polygons)
        assert below <= heights.min() and bool(below > 0) is (pieces == 2)


# ----------------------------------------------------------------------------------------------------------- alignment


def test_the_turn_has_the_certified_signs() -> None:
    figure = alignment_turn(NARROW, TFT_LESS_GRIM)
    assert not faults(figure)
    (axes,) = figure.axes
    curve = axes.get_lines()[0]
    at, height = np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata())
    for centre, sign in ((NEAR_TFT, -1), (NEAR_GRIM, 1)):
        certificate = alignment(centre, NARROW, TFT_LESS_GRIM)
        assert certificate.conclusion["sign"] == sign
        assert np.sign(height[np.argmin(abs(at - float(centre[2])))]) == sign
        low, high = (float(Rational(end)) for end in certificate.region["box"][2])
        spans = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        assert any(s.get_x() == pytest.approx(low) and s.get_width() == pytest.approx(high - low) for s in spans)
    between = along_segment(
        alignment(NEAR_TFT, NARROW, TFT_LESS_GRIM).field, list(map(Rational, TFT_LESS_GRIM.split(","))), sign_change()
    )
    assert between[0] > 0 > between[1]


# --------------------------------------------------------------------------------------------------------------- files


def test_the_figures_are_written_as_pdf_and_png_and_always_the_same(tmp_path: Path) -> None:
    ball = certify(stag_hunt(), "Hare,Hare", "sublevel")
    first, second = (paper_figures.save(proof_trees([ball]), tmp_path / name) for name in ("a", "b"))
    assert {path.suffix for path in first} == {".pdf", ".png"}
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
