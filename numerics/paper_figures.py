"""The figures that ``basin-entry verify`` and ``basin-entry figures`` write."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from numerics import (
    drift_figures,
    entry_figures,
    moved_zero_figures,
    neural_figures,
    recovery_figures,
    restart_figures,
    two_phase_figures,
)
from numerics.alignment_figures import alignment_slices
from numerics.figures import STYLE, basins, portraits, residual
from numerics.files import write_whole
from numerics.processes import share_out
from numerics.region_figures import box_sides, certified_regions, cube_and_large_box, proof_trees
from numerics.stored_ledger import as_written, stored_claims, stored_evidence
from theory.games import ipd, ipd_finite, stag_hunt
from theory.regions import certify

Content = dict[str, Any]


def _proofs() -> Figure:
    return proof_trees([certify(stag_hunt(), target, "sublevel") for target in ("Stag,Stag", "Hare,Hare")])


def _boxes() -> Figure:
    return box_sides({target: cube_and_large_box(ipd(), target) for target in ("AllD", "Grim")})


# Stag Hunt's basins and phase portraits, the residual, alignment in the IPD, certified regions and their proofs.
DRAWN: Mapping[str, Callable[[], Figure]] = {
    "ipd_boxes": _boxes,
    "stag_hunt_basins": lambda: basins(stag_hunt()),
    "residual": lambda: residual((stag_hunt(), ipd()), count=1000, seed=0),
    "stag_hunt_portrait": lambda: portraits(stag_hunt()),
    "ipd_alignment": lambda: alignment_slices(ipd()),
    "stag_hunt_regions": lambda: certified_regions(stag_hunt()),
    "stag_hunt_proofs": _proofs,
    "moved_zeros": moved_zero_figures.moved_zeros,
    "rest_bounds": moved_zero_figures.rest_bounds,
    "drift": drift_figures.drift,
}
# Drawn from evidence: whether a content is needed, and the figure of all that are.
FROM_EVIDENCE: Mapping[str, tuple[Callable[[Content], bool], Callable[[Sequence[Content]], Figure]]] = {
    "closed_form": (
        lambda content: any("closed_form" in row for row in content.get("rows", ())),
        entry_figures.closed_form,
    ),
    "sweep": (lambda content: "sweep" in content, entry_figures.sweep),
    "ablation": (
        lambda content: "ablation" in content,
        lambda contents: entry_figures.ablation([row for content in contents for row in content["ablation"]]),
    ),
    "risk_dominance": (lambda content: "members" in content, lambda contents: entry_figures.family(contents[0])),
    "published_shares": (
        lambda content: any(row.get("design") == "main" for row in content.get("reproduction", ())),
        lambda contents: entry_figures.estimators([row for content in contents for row in content["reproduction"]]),
    ),
    "restart_costs": (lambda content: "costs" in content, entry_figures.cost),
    "two_phases": (lambda content: "two_phase" in content, two_phase_figures.two_phases),
    "two_phase_failures": (lambda content: "two_phase" in content, two_phase_figures.failures),
    "schedules": (
        lambda content: "schedules" in content,
        lambda contents: recovery_figures.schedules(contents[0]),
    ),
    "recovery": (lambda content: "recovery" in content and "points" in content, recovery_figures.recovery),
    # The sampled twelve rounds have too few chains for a tail.
    "restart_tails": (
        lambda content: "tails" in content and "restarts" in content and content["game"] != ipd_finite().name,
        restart_figures.tails,
    ),
    "neural": (lambda content: "neural" in content, neural_figures.learning_curves),
    "neural_kernels": (lambda content: "kernels" in content, neural_figures.kernels),
}


def paper_figures(folder: Path, workers: int = 1) -> list[Path]:
    """Draw all figures into ``figures/`` of a folder; those of experiments if ``verify`` has filled the folder.

    Args:
        folder: where to draw, and whose evidence to read.
        workers: number of processes; no figure depends on it.

    Returns:
        The files written.

    Raises:
        BadInput: the folder cannot be written, or its evidence is not what its ledger names.
    """
    contents: list[Content] = []
    if (folder / "verdicts.json").is_file():
        contents = [content for _, content in stored_evidence(folder, stored_claims(folder))]
    jobs: list[tuple[str, Sequence[Content]]] = [(name, ()) for name in DRAWN]
    for name, (needed, _) in FROM_EVIDENCE.items():
        found = list(filter(needed, contents))
        jobs += [(name, found)] * bool(found)
    with as_written(folder):
        drawn = share_out(_draw, jobs, folder / "figures", workers=workers, in_order=True)
        return [path for paths in drawn for path in paths]


def _draw(job: tuple[str, Sequence[Content]], folder: Path) -> list[Path]:
    name, contents = job
    figure = DRAWN[name]() if name in DRAWN else FROM_EVIDENCE[name][1](contents)
    return save(figure, folder / name)


@mpl.rc_context(STYLE)
def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PDF and PNG, without dates or versions; returns the paths.

    Raises:
        BadInput: the place cannot be written.
    """
    paths = []
    for kind, metadata in (
        ("pdf", {"CreationDate": None, "Producer": None}),
        ("png", {"Software": None, "Description": getattr(figure, "description", None)}),  # for those who cannot see it
    ):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata=metadata)
        paths.append(write_whole(stem.with_suffix(f".{kind}"), buffer.getvalue()))
    return paths
