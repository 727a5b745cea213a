"""C7 in numbers: inner products along learning runs, per distance from the cooperative set, and over policy space.

Rule: SUPPORTED if the interval of the correction's mean cosine lies above 0 in every distance band that enough runs of
a method enter, REFUTED if it lies below 0 in one of them, UNDECIDED otherwise. The intervals resample whole runs and
hold together (Bonferroni over methods and bands).
"""

from __future__ import annotations

from typing import Any

from numerics.alignment_map import BANDS, FIELDS, LEAST_RUNS, RESAMPLES, sampled_map, trajectory_table
from numerics.evidence.model import Check, Run
from numerics.published import published_experiment
from theory.claims import Evidence, Finding, Verdict
from theory.games import ipd
from theory.policies import Coordinates

METHODS = ("pg", "meta")
MAP_SIZE = 5000  # policies in each band of the map


def verdict(rows: list[dict[str, Any]]) -> Verdict:
    """The rule stated at the top, for the rows of :func:`trajectory_table`."""
    intervals = [row["C"]["interval"] for row in rows if "C" in row]
    if any(high < 0 for _, high in intervals):
        return Verdict.REFUTED
    return Verdict.SUPPORTED if intervals and all(low > 0 for low, _ in intervals) else Verdict.UNDECIDED


def _check(run: Run, coordinates: Coordinates) -> Finding:
    game, count = ipd(), run.count("C7.trajectories")
    confidence = 1 - 0.05 / (len(METHODS) * len(BANDS))
    evidence, rows = [], []
    for method in METHODS:
        experiment = published_experiment(game, (method,), count, run.seed)
        table = trajectory_table(experiment, method, coordinates, confidence)
        rows += table
        settings = {"seed": run.seed, "coordinates": coordinates, "confidence": confidence, "resamples": RESAMPLES}
        evidence.append(
            Evidence(
                "experiment",
                "exact fields along runs, whole runs resampled",
                f"{method}, mean cosine of C with 95% simultaneous interval: {_shown(table)}; {count} runs",
                {**settings, "least_runs": LEAST_RUNS, "trajectories": table},
                count,
            )
        )
    if coordinates == "direct":
        evidence.append(_map_evidence(sampled_map(game, MAP_SIZE, run.seed), run.seed))
    found = verdict(rows)
    relation = {
        Verdict.SUPPORTED: "lie above 0 in every band",
        Verdict.REFUTED: "lie below 0 in some band",
        Verdict.UNDECIDED: "neither all lie above 0 nor any below",
    }
    return Finding(found, f"the intervals of the correction's mean cosine {relation[found]}", tuple(evidence))


def _shown(table: list[dict[str, Any]]) -> str:
    cells = []
    for row in table:
        low, high = row["band"]
        if "C" in row:
            a, b = row["C"]["interval"]
            cells.append(f"{low}-{high}: {row['C']['mean_cosine']:+.4f} [{a:+.4f}, {b:+.4f}] ({row['n']} runs)")
        else:
            cells.append(f"{low}-{high}: too few ({row['n']} runs)")
    return ", ".join(cells)


def _map_evidence(rows: list[dict[str, Any]], seed: int) -> Evidence:
    cells = []
    for row in rows:
        shares = ", ".join(f"{name} {row[name]['aligned']:.3f}" for name in FIELDS)
        cells.append(f"{row['band'][0]}-{row['band'][1]}: {shares}")
    summary = f"share of policies at which each field points to the set, by distance: {'; '.join(cells)}"
    summary += f"; n = {MAP_SIZE} each"
    content = {"seed": seed, "coordinates": "direct", "map": rows}
    return Evidence(
        "experiment", "uniform policies of each distance band, direct coordinates", summary, content, MAP_SIZE
    )


CHECKS: dict[str, Check] = {
    "C7.trajectories": lambda run: _check(run, "direct"),
    "C7.trajectories-logit": lambda run: _check(run, "logit"),
}
