"""Ablations: what own-learning, peer-learning and both add to policy gradient, cell by cell.

A cell is one setting (game, gradient, form, unroll, coefficients); its arms are

* ``pg``: policy gradient at φ₀;
* ``own``, ``peer``: the full update with the other correction's coefficient 0;
* ``meta``: both corrections.

All arms of all cells of a game run from the same starts, sampled ones with the same draws. In unrolled form the arms
other than ``pg`` have their base gradient at φ_L, in expanded form at φ₀.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numerics.experiments import Experiment
from numerics.multiplicity import Comparison, paired_family
from numerics.outcomes import MethodResult
from numerics.simulation import Progress, simulate

ARMS = ("own", "peer", "meta")


@dataclass(frozen=True)
class Cell:
    """The arms of one setting.

    Attributes:
        experiment: its setting; the methods do not count.
        results: by arm, ``pg`` among them.
    """

    experiment: Experiment
    results: dict[str, MethodResult]

    def name(self) -> dict[str, Any]:
        """What tells this cell from others."""
        e = self.experiment
        named = {"game": e.game.name, "gradient": e.gradient, "form": e.form, "unroll": e.unroll}
        return {**named, "alpha": e.inner_lr[0], "c_own": e.own, "c_peer": e.peer}


def run_cells(
    experiments: Sequence[Experiment],
    arms: Sequence[str] = ARMS,
    progress: Progress | None = None,
    store: Path | None = None,
    workers: int | None = None,
) -> list[Cell]:
    """Run the arms of every setting; policy gradient once for all settings that agree on it.

    Args:
        experiments: one per cell.
        arms: which, besides ``pg``.
        progress, store, workers: see :func:`numerics.simulation.simulate`.
    """
    plain: dict[Experiment, MethodResult] = {}
    cells = []
    for experiment in experiments:
        base = replace(experiment, methods=("pg",), form="expanded", unroll=1, inner_lr=(1.0,), own=0.0, peer=0.0)
        if base not in plain:
            plain[base] = simulate(base, progress, None, store, workers)["pg"]
        results = {"pg": plain[base]}
        for arm in arms:
            results[arm] = simulate(_arm(experiment, arm), progress, None, store, workers)["meta"]
        cells.append(Cell(experiment, results))
    return cells


def _arm(experiment: Experiment, arm: str) -> Experiment:
    """One rule with a coefficient left out, not three rules: the arms differ in nothing else, and share a kernel."""
    return replace(
        experiment,
        methods=("meta",),
        own=experiment.own if arm in ("own", "meta") else 0.0,
        peer=experiment.peer if arm in ("peer", "meta") else 0.0,
    )


def comparisons(cells: Sequence[Cell], pairs: Sequence[tuple[str, str]], confidence: float = 0.95) -> list[Comparison]:
    """The pairs of arms of every cell as one family, cell after cell.

    Args:
        cells: what was run.
        pairs: (a, b) for the difference of a against b.
        confidence: of all intervals together.
    """
    runs = {(number, arm): result for number, cell in enumerate(cells) for arm, result in cell.results.items()}
    return list(
        paired_family(
            {f"{arm} of cell {number}": result.success for (number, arm), result in runs.items()},
            {f"{arm} of cell {number}": result.undecided for (number, arm), result in runs.items()},
            [(f"{a} of cell {number}", f"{b} of cell {number}") for number in range(len(cells)) for a, b in pairs],
            confidence,
        )
    )


def rows(cells: Sequence[Cell], confidence: float = 0.95) -> Iterator[dict[str, Any]]:
    """One row per arm of every cell, as JSON data: its share, and its difference from policy gradient.

    Shares have their own intervals; differences hold together over all rows, and their p-values are Holm's.
    """
    names = [arm for arm in cells[0].results if arm != "pg"]
    found = iter(comparisons(cells, [(arm, "pg") for arm in names], confidence))
    for cell in cells:
        for arm, result in cell.results.items():
            row = {
                **cell.name(),
                "arm": arm,
                "share": result.share.fraction,
                "interval": list(result.share.interval),
                "n": result.share.total,
                "undecided": result.share.undecided,
            }
            if arm != "pg":
                one = next(found)
                low, high = one.difference.interval
                row |= {
                    "difference": one.difference.difference,
                    "difference_interval": [low, high],
                    "adjusted_p": one.adjusted,
                }
            yield row
