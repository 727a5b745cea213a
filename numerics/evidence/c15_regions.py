"""C15 and C16 under each definition of the region, and C11 in numbers: how soon runs enter.

Rules. Regions: SUPPORTED if the gain of Meta-MAPG over policy gradient is above 0 under every definition
(simultaneous 95 % intervals), REFUTED if it is below 0 under one, UNDECIDED otherwise. Times: SUPPORTED if the
restricted mean of the first-entry time is smaller under Meta-MAPG for the threshold's set and, in Stag Hunt, the ball,
REFUTED if it is larger for one, UNDECIDED otherwise, by the same kind of intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numerics.evidence.model import Check, Run
from numerics.published import published_experiment
from numerics.region_entry import definitions, share_rows, time_rows
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, ipd, stag_hunt

REGIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "stag-hunt": {"sign-box": ("Stag,Stag",), "sublevel": ("Stag,Stag",)},
    "ipd": {"sign-box": ("Grim",)},
}
ALL = ("threshold", "sign-box", "sublevel", "oracle")


def _verdict(intervals: Sequence[tuple[float, float]], wanted: int) -> Verdict:
    """Whether all intervals lie on the wanted side of 0."""
    if any(wanted * high < 0 and wanted * low < 0 for low, high in intervals):
        return Verdict.REFUTED
    return Verdict.SUPPORTED if all(wanted * low > 0 < wanted * high for low, high in intervals) else Verdict.UNDECIDED


def _check_regions(run: Run, game: Game, count: int, names: Sequence[str]) -> Finding:
    experiment = published_experiment(game, ("pg", "meta"), count, run.seed)
    asked = [one for one in definitions(game, experiment.coordinates, REGIONS[game.name]) if one.name in names]
    rows = share_rows(run.simulate(experiment), asked)
    verdict = _verdict([tuple(row["gain_interval"]) for row in rows], 1)
    shown = "; ".join(
        f"{row['definition']}: {row['base_share']:.4f} to {row['share']:.4f}, gain {row['gain']:+.4f} "
        f"[{row['gain_interval'][0]:+.4f}, {row['gain_interval'][1]:+.4f}], {row['undecided']} undecided"
        for row in rows
    )
    evidence = Evidence(
        "experiment",
        "ends of the same runs under each definition; one family of intervals",
        f"{game.name}: {shown}; n = {count} paired starts",
        {"seed": run.seed, "game": game.name, "regions": rows},
        count,
    )
    return Finding(verdict, f"{_count(rows, 'gain_interval', 1)} of {len(rows)} definitions rise", (evidence,))


def _check_times(run: Run, game: Game, count: int) -> Finding:
    experiment = published_experiment(game, ("pg", "meta"), count, run.seed)
    asked = definitions(game, experiment.coordinates, {k: v for k, v in REGIONS[game.name].items() if k != "sign-box"})
    rows = time_rows(experiment, asked)
    compared = [row for row in rows if "difference" in row]
    verdict = _verdict([tuple(row["difference_interval"]) for row in compared], -1)
    shown = "; ".join(
        f"{row['definition']}: meta - pg = {row['difference']:+.1f} steps [{row['difference_interval'][0]:+.1f}, "
        f"{row['difference_interval'][1]:+.1f}], sooner in {row['sooner']}, later in {row['later']}, "
        f"tied in {row['ties']}"
        for row in compared
    )
    evidence = Evidence(
        "experiment",
        "first step inside, censored at the last one; common starts; one family of intervals",
        f"{game.name}: {shown}; n = {count} paired starts, {experiment.steps} steps",
        {"seed": run.seed, "game": game.name, "times": rows},
        count,
    )
    sooner = _count(compared, "difference_interval", -1)
    return Finding(verdict, f"entry is sooner into {sooner} of {len(compared)} regions", (evidence,))


def _count(rows: Sequence[Mapping[str, Any]], interval: str, wanted: int) -> int:
    return sum(_verdict([tuple(row[interval])], wanted) == Verdict.SUPPORTED for row in rows)


CHECKS: dict[str, Check] = {
    "C11.times-stag-hunt": lambda run: _check_times(run, stag_hunt(), run.count("C15.logit")),
    "C11.times-ipd": lambda run: _check_times(run, ipd(), run.count("C16.regions")),
    "C15.regions": lambda run: _check_regions(run, stag_hunt(), run.count("C15.logit"), ALL),
    "C16.regions": lambda run: _check_regions(run, ipd(), run.count("C16.regions"), ("threshold", "oracle")),
    "C16.box": lambda run: _check_regions(run, ipd(), run.count("C16"), ("sign-box",)),
}
