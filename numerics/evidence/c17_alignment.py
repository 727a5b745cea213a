"""C17.alignment in numbers: where the peer-learning correction points, for networks and for tables at their policies.

Rule. REFUTED if at some policy that a run visits the table's correction points to the cooperative set and the network's
points away, by cosines beyond :data:`SMALL`; else UNDECIDED: visits prove nothing about the rest.

Without JAX the claim stays undecided, with the command that installs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.compile import Array
from numerics.evidence.model import Check, Run, needing_networks
from numerics.statistics import wilson
from theory.claims import Evidence, Finding, Verdict
from theory.games import ipd

if TYPE_CHECKING:
    from numerics.neural.alignment import Alignment

ARMS = ("pg", "meta")
SMALL = 1e-8  # a cosine this near to 0 has no sign
SIZES: Mapping[str, tuple[int, int, int]] = {"quick": (60, 60, 1), "paper": (200, 60, 5)}  # starts, every, frames


def visits(run: Run, count: int, every: int, frames: int) -> tuple[list[dict[str, Any]], dict[str, list[float | None]]]:
    """Alignment in the IPD, exact values: at the starts, which both arms share, and after every, 2·every … steps.

    Returns:
        One row a step and arm, and for every start its condition number and cosines, ``None`` where there is none.
    """
    from numerics.neural.alignment import alignment
    from numerics.neural.experiments import published_training, starts
    from numerics.neural.network import Networks
    from numerics.neural.training import train

    training = published_training(ipd(), ARMS, steps=every * (frames - 1))
    networks = Networks.of(training.game, training.hidden)
    runs = train(training, starts(training, count, run.seed), run.seed, run.progress, keep=every)
    points = [("start", 0, runs.visited[ARMS[0]])]
    points += [(arm, frame, runs.visited[arm]) for arm in ARMS for frame in range(1, frames)]
    found = [alignment(training.game, networks, [block[frame] for block in visited]) for _, frame, visited in points]
    rows = [
        {"arm": arm, "step": every * frame} | _summary(one) for (arm, frame, _), one in zip(points, found, strict=True)
    ]
    return rows, {name: _listed(getattr(found[0], name)) for name in ("condition", "policy", "table")}


def _listed(values: Array) -> list[float | None]:
    return [round(float(value), 6) if np.isfinite(value) else None for value in values]


def _summary(found: Alignment) -> dict[str, Any]:
    """Counts and medians; a network that stands still has no cosine, and a cosine within SMALL of 0 no sign."""
    moving = np.isfinite(found.parameters) & np.isfinite(found.policy) & np.isfinite(found.table)
    rows = {name: getattr(found, name)[moving] for name in ("table", "policy", "parameters", "condition", "promised")}
    medians = {
        f"cosine_{name}": float(np.median(rows[name])) if moving.any() else None
        for name in ("parameters", "policy", "table")
    }
    finite = rows["condition"][np.isfinite(rows["condition"])]
    return {
        "n": len(moving),
        "still": int((~moving).sum()),
        "table": int((rows["table"] > SMALL).sum()),
        "table_away": int((rows["table"] < -SMALL).sum()),
        "network": int((rows["policy"] > SMALL).sum()),
        "network_away": int((rows["policy"] < -SMALL).sum()),
        "no_sign": int(((abs(rows["table"]) <= SMALL) | (abs(rows["policy"]) <= SMALL)).sum()),
        "lost": int(((rows["table"] > SMALL) & (rows["policy"] < -SMALL)).sum()),
        "promised": int(rows["promised"].sum()),
        **medians,
        "condition": [float(value) for value in np.quantile(finite, (0.1, 0.5, 0.9))] if finite.size else None,
    }


def _check_alignment(run: Run) -> Finding:
    count, every, frames = SIZES[run.profile]
    rows, starts = visits(run, count, every, frames)
    lost, seen, still = (sum(row[key] for row in rows) for key in ("lost", "n", "still"))
    first = rows[0]
    unsigned = sum(row["no_sign"] for row in rows)
    spread = ", ".join(f"{value:.0f}" for value in first["condition"] or ()) or "none is finite"
    low, high = wilson(first["lost"], first["n"])
    evidence = Evidence(
        "experiment",
        "inner products at visited policies by automatic differentiation",
        f"at {first['n']} starts aligned in the table {first['table']}, in the network {first['network']}; aligned in "
        f"the table and turned away in the network: {first['lost']} of the starts [{low:.3f}, {high:.3f}], {lost} of "
        f"{seen} visits, of which {still} have no direction and {unsigned} no sign in table or network; kernels' "
        f"condition numbers at the starts, 10, 50 and 90 %: {spread}",
        {"seed": run.seed, "alignment": rows, "kernels": starts},
        first["n"],
        (low, high),
    )
    if lost:
        return Finding(Verdict.REFUTED, "some visited policies are aligned in the table only", (evidence,))
    return Finding(Verdict.UNDECIDED, "no counterexample among the visits", (evidence,))


CHECKS: dict[str, Check] = needing_networks({"C17.alignment": _check_alignment})
