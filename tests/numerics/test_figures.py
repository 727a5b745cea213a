"""numerics.figures: what is drawn can be read in print, as wide as it is drawn; see readable.py for what that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from readable import faults
from sympy import Integer, Poly, Rational, symbols

from numerics import entry_figures, figures, own_game_figures, region_figures
from numerics.alignment_figures import KINDS
from numerics.figures import COLUMN, PAGE, STYLE, Picture
from numerics.paper_figures import FROM_EVIDENCE
from numerics.region_figures import LEAVES
from numerics.stored_ledger import stored_claims, stored_evidence
from theory.games import stag_hunt
from theory.policies import Coordinates
from theory.regions import certify

GAME, OTHER = stag_hunt(), stag_hunt(T=1, P=3)
HALF, X = Rational(1, 2), symbols("x")
STEPS: Mapping[Coordinates, tuple[Rational, Rational]] = {
    "direct": (Rational(1, 10), Rational(1, 10)),
    "logit": (Rational(2), HALF),
}
MARKS = [(Integer(3), Integer(2)), (Integer(1), Integer(3)), (Integer(-1), Integer(1))]
DRAWN: dict[str, Callable[[], Figure]] = {
    "inner_step": lambda: figures.inner_step(GAME, (Rational(1, 5), Rational(3, 10)), STEPS),
    "missing_term": lambda: figures.missing_term(GAME, Rational(1, 4), HALF),
    "unroll_cost": lambda: figures.unroll_cost(GAME, (1, 2), batch=4, repeats=1),
    "corrections": lambda: figures.corrections((GAME, OTHER)),
    "payoff_plane": lambda: figures.payoff_plane(GAME, Integer(2), MARKS),
    "basin_shares": lambda: figures.basin_shares((GAME, OTHER, stag_hunt(S=1, T=1), stag_hunt(R=3, S=1, T=0)), 20, 0),
    "regions": lambda: region_figures.certified_regions(GAME),
    "trees": lambda: region_figures.proof_trees([certify(GAME, "Stag,Stag", "sublevel")]),
    "bernstein": lambda: region_figures.bernstein_halves(Poly(1 - 3 * X + 3 * X**2, X)),
    "resolution": lambda: entry_figures.resolution([20, 100, 1000], (0.05, 0.2, 0.5), marked=100),
    "fields": lambda: own_game_figures.fields(GAME),
    "basins": lambda: own_game_figures.basins(GAME, [Rational(0), Rational(1, 12)]),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name == "basins")) for name in DRAWN]
)
def test_a_figure_can_be_read_in_print(name: str) -> None:
    assert faults(DRAWN[name]()) == []


@pytest.mark.thorough
def test_figures_of_a_verification_can_be_read_in_print(verified: Path | None) -> None:
    if verified is None:
        pytest.skip("no verification was made before these tests")
    contents = [content for _, content in stored_evidence(verified, stored_claims(verified))]
    for name, (needed, draw) in FROM_EVIDENCE.items():
        found = list(filter(needed, contents))
        assert not found or (name, faults(draw(found))) == (name, [])


@mpl.rc_context(STYLE)
def made(width: float, title: str = "", size: float = 8) -> Figure:
    figure = Picture("made up", width, 2)
    axes = figure.subplots()
    axes.set_title(title)
    axes.text(0, 0, "word", fontsize=size)
    return figure


def test_what_is_hard_to_read_is_named() -> None:
    assert faults(made(COLUMN)) == faults(made(PAGE)) == []
    assert faults(made(5.0)) == ["5 inches wide"]
    assert faults(made(COLUMN, size=7)) == ["small words: ['word']"]
    (cut,) = faults(made(COLUMN, title="too long for a column " * 4))
    assert cut.startswith("cut off")
    crowded = Picture("made up", COLUMN, 2)
    crowded.subplots(1, 5)
    assert any(fault.startswith("a panel of") for fault in faults(crowded))


@pytest.mark.parametrize(
    "looks",
    [list(KINDS.values()), [(colour, hatch) for colour, _, hatch in LEAVES.values()]],
    ids=["alignment", "proofs"],
)
def test_areas_differ_in_grey(looks: list[tuple[str, str]]) -> None:
    """In shade by a fifth, or in hatching."""
    for k, (colour, hatch) in enumerate(looks):
        for other, another in looks[:k]:
            assert hatch != another or abs(grey(colour) - grey(other)) > 0.2


def grey(colour: str) -> float:
    red, green, blue = mpl.colors.to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue
