"""Figures of where the correction of the memory-one game points to cooperation; conventions of numerics.figures."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from numerics.alignment_map import products
from numerics.compile import Array
from numerics.figures import BLACK, BLUE, ORANGE, PAGE, PALE, SKY, STYLE, VERMILION, Picture
from numerics.policies import from_first_probability
from theory.claims.c07_ipd_alignment import GENEROUS
from theory.games import Game
from theory.policies import Coordinates

CELLS = 240
# Colour and hatching, which tells them apart in grey.
KINDS = {
    "both point to cooperation": (BLUE, ""),
    "only C": (SKY, ".."),
    "only v": (VERMILION, "////"),
    "neither": (PALE, "xxxx"),
}

Slice = Callable[[Array, Array], list[Array]]


def equal_reactions(x: Array, y: Array) -> list[Array]:
    """Cooperate with probability x at first and after CC, with y in the other states."""
    return [x, x, y, y, y]


def generous(x: Array, y: Array) -> list[Array]:
    """Tit for tat that cooperates with probability x at first and after CC and forgives with probability y."""
    return [x, x, y, np.ones_like(x), np.zeros_like(x)]


def noisy(x: Array, y: Array) -> list[Array]:
    """Tit for tat that cooperates with probability x at first and after CC and errs with probability y elsewhere."""
    return [x, x, y, 1 - y, y]


PANELS: tuple[tuple[str, str, Coordinates, Slice], ...] = (
    ("equal reactions, direct", "cooperation after CD, DC, DD", "direct", equal_reactions),
    ("generous TFT, direct", "cooperation after CD", "direct", generous),
    ("noisy TFT, direct", "error after CD, DC, DD", "direct", noisy),
    ("noisy TFT, logit", "error after CD, DC, DD", "logit", noisy),
)


def slice_kinds(game: Game, coordinates: Coordinates, policy: Slice, x: Array, y: Array) -> Array:
    """Index into :data:`KINDS` at symmetric policies, from the signs of ⟨v, −∇W⟩ and ⟨C, −∇W⟩; shape of x.

    Args:
        game: a memory-one game of two players with two actions each.
        coordinates: those in which the rule learns.
        policy: cooperation probabilities of a player in its own view.
        x: first argument of ``policy``.
        y: second argument of ``policy``, same shape.
    """
    assert game.own_view is not None
    own = [entry.ravel() for entry in policy(x, y)]
    both = np.stack([own[view[observation]] for view in game.own_view for observation in range(len(own))])
    found = products(game, coordinates, from_first_probability(coordinates, both))
    v, c = (found.product[name] > 0 for name in ("v", "C"))
    return np.asarray(np.select([v & c, c, v], [0, 1, 2], 3).reshape(x.shape).astype(float))


@mpl.rc_context(STYLE)
def alignment_slices(game: Game) -> Figure:
    """Where v and C point to the cooperative set, on slices through the symmetric policies.

    Args:
        game: a memory-one game of two players with two actions each.
    """
    described = "Slices of policy space coloured by whether policy gradient and correction point to cooperation"
    figure = Picture(described, PAGE, 7.1)
    figure.set_layout_engine("constrained", h_pad=0.09, w_pad=0.09)  # else titles touch the labels above
    ticks = (np.arange(CELLS) + 0.5) / CELLS
    x, y = np.meshgrid(ticks, ticks)
    for axes, (title, label, coordinates, policy) in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        kinds = slice_kinds(game, coordinates, policy, x, y)
        axes.imshow(
            kinds,
            origin="lower",
            extent=(0, 1, 0, 1),
            cmap=ListedColormap([colour for colour, _ in KINDS.values()]),
            vmin=-0.5,
            vmax=len(KINDS) - 0.5,
            interpolation="nearest",
        )
        for kind, (_, hatch) in enumerate(KINDS.values()):
            if hatch and (kinds == kind).any():
                axes.contourf(x, y, kinds == kind, levels=[0.5, 1.5], colors="none", hatches=[hatch])
        axes.set(title=title, xlabel="cooperation at first and after CC", ylabel=label)
        if policy is generous:
            axes.plot(1, float(GENEROUS[2]), "o", color=ORANGE, mec=BLACK, clip_on=False, zorder=5)
    handles: list[Artist] = [
        Patch(facecolor=colour, edgecolor=BLACK, hatch=hatch, lw=0.5, label=name)
        for name, (colour, hatch) in KINDS.items()
    ]
    witness = "equilibrium where C points away"
    handles.append(Line2D([], [], color=ORANGE, marker="o", mec=BLACK, ls="none", label=witness))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure
