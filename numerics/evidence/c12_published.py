"""C12.published: the published annealing experiment, as often as published and on many more starts.

Rule. SUPPORTED if the interval of (share of two-phase annealing) - (share of policy gradient) lies above 0 under every
reading of what the own-learning coefficient does, REFUTED if below 0 under every one, UNDECIDED otherwise. Starts and
draws are common to all arms; the intervals of all differences, those to constant correction among them, hold at once
(95 %). What 80 starts can tell is seen from the same runs, cut into sets of 80.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from numerics.evidence.model import Check, Run
from numerics.multiplicity import Comparison, paired_family
from numerics.paper_results import run_arms
from numerics.paper_settings import PUBLISHED, SETTINGS, Published, Setting
from numerics.statistics import Booleans, paired_difference, share
from theory.claims import Evidence, Finding, Verdict

ARMS = ("PG", "constant", "two-phase")
ANNEALED = "two-phase"
# (starts, steps) by profile; 2000 steps are the published shares'.
RUNS: Mapping[str, tuple[int, int]] = {"quick": (400, 260), "paper": (20_000, 2000)}
SIGNIFICANT = 0.05  # of one comparison in one set of published size


def annealing_settings(steps: int) -> dict[str, list[Setting]]:
    """The settings of every reading with so many steps, by what the own-learning coefficient does."""
    found: dict[str, list[Setting]] = {}
    for setting in SETTINGS:
        length, _, reading = setting.name.partition(" steps, ")
        if setting.design == "annealing" and length == str(steps):
            found.setdefault(reading, []).append(setting)
    return found


def published_shares() -> dict[str, Published]:
    """The published shares, by arm."""
    return {number.arm: number for number in PUBLISHED if number.design == "annealing"}


def decided(differences: Sequence[Comparison]) -> Verdict:
    """The rule, on the differences to policy gradient under every reading."""
    intervals = [entry.difference.interval for entry in differences]
    if all(low > 0 for low, _ in intervals):
        return Verdict.SUPPORTED
    return Verdict.REFUTED if all(high < 0 for _, high in intervals) else Verdict.UNDECIDED


def sets_of(success: Mapping[str, Booleans], size: int) -> dict[str, Any]:
    """What sets of so many starts would have shown, as JSON data; starts left over are not used.

    Returns:
        ``sets``; ``shares``, by arm the 2.5, 50 and 97.5 % quantiles; for two-phase against the others the quantiles
        of the ``differences`` and the share of sets in which it is ``ahead``, and in which McNemar's exact test finds
        a difference of that sign (``significant``); ``as_published``, the share of sets that order the arms as
        published: policy gradient, constant, two-phase.
    """
    count = len(success[ANNEALED]) // size
    parts = {arm: labels[: count * size].reshape(count, size) for arm, labels in success.items()}
    shares = {arm: part.mean(1) for arm, part in parts.items()}
    found: dict[str, Any] = {
        "sets": count,
        "size": size,
        "shares": {arm: _quantiles(values) for arm, values in shares.items()},
        "differences": {},
        "ahead": {},
        "significant": {},
        "as_published": float(np.logical_and.reduce([shares[a] < shares[b] for a, b in pairwise(ARMS)]).mean()),
    }
    for other in ARMS[:2]:
        pairs = [paired_difference(a, b) for a, b in zip(parts[ANNEALED], parts[other], strict=True)]
        found["differences"][other] = _quantiles(np.array([pair.difference for pair in pairs]))
        found["ahead"][other] = float(np.mean([pair.difference > 0 for pair in pairs]))
        found["significant"][other] = float(
            np.mean([pair.difference > 0 and pair.p_value < SIGNIFICANT for pair in pairs])
        )
    return found


def _quantiles(values: Any) -> list[float]:
    return [float(value) for value in np.quantile(values, (0.025, 0.5, 0.975))]


def _check(run: Run) -> Finding:
    count, steps = RUNS[run.profile]
    readings, published = annealing_settings(steps), published_shares()
    (size,) = {number.runs for number in published.values()}
    assert size is not None
    runs = run_arms([setting for settings in readings.values() for setting in settings], count, run.seed)
    success, undecided, pairs = {}, {}, []
    for reading, settings in readings.items():
        for setting in settings:
            for arm, _ in setting.arms:
                (success[f"{arm}, {reading}"],), (undecided[f"{arm}, {reading}"],) = runs[setting, arm]
        pairs += [(f"{ANNEALED}, {reading}", f"{other}, {reading}") for other in ARMS[:2]]
    family = paired_family(success, undecided, pairs)
    to_gradient, to_constant = family[::2], family[1::2]
    verdict = decided(to_gradient)
    rows, sets = [], {}
    for reading in readings:
        of_reading = {arm: success[f"{arm}, {reading}"] for arm in ARMS}
        sets[reading] = sets_of(of_reading, size)
        for arm, labels in of_reading.items():
            ours = share(labels, undecided[f"{arm}, {reading}"])
            rows.append(
                {
                    "reading": reading,
                    "arm": arm,
                    "steps": steps,
                    "share": ours.fraction,
                    "interval": list(ours.interval),
                    "n": ours.total,
                    "undecided": ours.undecided,
                    "published": published[arm].value,
                    "published_n": size,
                }
            )
    differences = [
        {
            "a": entry.a,
            "b": entry.b,
            "difference": entry.difference.difference,
            "interval": list(entry.difference.interval),
            "adjusted": entry.adjusted,
            "gained": entry.difference.gained,
            "lost": entry.difference.lost,
        }
        for entry in family
    ]
    summary = (
        f"{steps} steps: {'; '.join(map(_shown, family))}; n = {count} paired starts, "
        f"{sum(int(one.sum()) for one in undecided.values())} undecided; of {count // size} sets of {size} starts "
        f"two-phase is ahead of policy gradient in {_range(sets, 'ahead', 'PG')}, significantly in "
        f"{_range(sets, 'significant', 'PG')}, and ahead of constant correction in {_range(sets, 'ahead', 'constant')}"
    )
    evidence = Evidence(
        "experiment",
        "published settings, sampled gradients, common starts and draws; one family of paired intervals",
        summary,
        {"seed": run.seed, "steps": steps, "annealing": rows, "differences": differences, "sets": sets},
        count,
    )
    return Finding(
        verdict,
        f"two-phase lies {_relation(to_gradient)} than policy gradient, {_relation(to_constant)} than constant",
        (evidence,),
    )


def _relation(differences: Sequence[Comparison]) -> str:
    """How two-phase annealing stands to another arm, by the intervals."""
    intervals = [entry.difference.interval for entry in differences]
    above, below = sum(low > 0 for low, _ in intervals), sum(high < 0 for _, high in intervals)
    return f"higher in {above} and lower in {below} of {len(intervals)} readings"


def _shown(entry: Comparison) -> str:
    (low, high), reading = entry.difference.interval, entry.a.partition(", ")[2]
    other = entry.b.partition(", ")[0]
    return f"{reading}: two-phase - {other} = {entry.difference.difference:+.4f} [{low:+.4f}, {high:+.4f}]"


def _range(sets: Mapping[str, Mapping[str, Any]], key: str, other: str) -> str:
    """A share of the sets, over all readings."""
    values = [entry[key][other] for entry in sets.values()]
    return f"{min(values):.0%} to {max(values):.0%}"


CHECKS: dict[str, Check] = {"C12.published": _check}
