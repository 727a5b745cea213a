"""The figures that ``basin-entry verify`` and ``basin-entry figures`` write."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from numerics.alignment_figures import alignment_slices
from numerics.figures import STYLE, basins, portraits, residual
from numerics.files import write_whole
from numerics.region_figures import box_sides, certified_regions, cube_and_large_box, proof_trees
from theory.games import ipd, stag_hunt
from theory.regions import certify


def paper_figures(folder: Path) -> list[Path]:
    """Stag Hunt's basins and phase portraits, the residual, alignment in the IPD, certified regions and their proofs.

    Returns the files written.

    Raises:
        BadInput: the folder cannot be written.
    """
    game = stag_hunt()
    drawn = {
        "stag_hunt_basins": basins(game),
        "stag_hunt_portrait": portraits(game),
        "residual": residual((game, ipd()), count=1000, seed=0),
        "ipd_alignment": alignment_slices(ipd()),
        "stag_hunt_regions": certified_regions(game),
        "stag_hunt_proofs": proof_trees([certify(game, target, "sublevel") for target in ("Stag,Stag", "Hare,Hare")]),
        "ipd_boxes": box_sides({target: cube_and_large_box(ipd(), target) for target in ("AllD", "Grim")}),
    }
    return [path for name, figure in drawn.items() for path in save(figure, folder / name)]


@mpl.rc_context(STYLE)
def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PDF and PNG, without dates or versions; returns the paths.

    Raises:
        BadInput: the place cannot be written.
    """
    paths = []
    for kind, metadata in (("pdf", {"CreationDate": None, "Producer": None}), ("png", {"Software": None})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata=metadata)
        paths.append(write_whole(stem.with_suffix(f".{kind}"), buffer.getvalue()))
    return paths
