"""A published share of runs beside ours, and what every comparison of numbers needs: families, intervals, p-values.

A *family* is all numbers of one table under one reading: one game, quantity, setting and way of counting. A share of
runs counts as binomial with the published number of runs. Fisher's exact test of the two shares; DISAGREES if its
p-value, adjusted by Holm over the family, is below .05. The interval of the difference is Newcombe's.

Sources: S. Holm, Scand. J. Stat. 6 (1979) 65-70; R. G. Newcombe, Stat. Med. 17 (1998) 873-890; G. Y. Zou & A. Donner,
Stat. Med. 27 (2008) 1693-1702.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scipy.stats import fisher_exact

from numerics.multiplicity import holm
from numerics.paper_settings import Published
from numerics.reproduction import Row, difference_of_shares
from numerics.statistics import Interval, Share, clopper_pearson

LEVEL = 0.05
BEYOND = 1e-3  # the chance that p lies outside its interval, added to a p-value


def by_holm(rows: Sequence[Row]) -> list[Row]:
    """Adjust the p-values of every family, and give those rows their verdict that have none yet.

    Rows tested by a prediction interval keep theirs.
    """
    adjusted: dict[int, float] = {}
    for family in dict.fromkeys(row.family for row in rows):
        tested = [k for k, row in enumerate(rows) if row.family == family and row.p_value is not None]
        if tested:
            adjusted.update(zip(tested, holm([rows[k].p_value or 0.0 for k in tested]).tolist(), strict=True))
    return [
        replace(row, adjusted=adjusted[k], **_decision(row, adjusted[k])) if k in adjusted else row
        for k, row in enumerate(rows)
    ]


def _decision(row: Row, adjusted: float) -> dict[str, Any]:
    assert row.p_value is not None
    reason = f"{row.reason}; p = {row.p_value:.3g}, adjusted by Holm {adjusted:.3g}"
    if row.number.design in ("grid 51", "grid 11"):
        return {"reason": reason}
    return {"reason": reason, "verdict": "DISAGREES" if adjusted < LEVEL else "AGREES"}


def compare_share(number: Published, setting: str, rule: str, ours: Share) -> Row:
    """A published share of runs beside ours; the verdict comes with the family (:func:`by_holm`)."""
    assert number.value is not None and number.runs is not None
    theirs = round(number.value * number.runs)
    most = ours.successes + ours.undecided
    difference = (
        difference_of_shares(ours.successes, ours.total, theirs, number.runs)[0],
        difference_of_shares(most, ours.total, theirs, number.runs)[1],
    )
    return Row(
        number,
        "NOT COMPARABLE",
        f"{where(difference)}, published taken as {theirs} of {number.runs}",
        setting,
        rule,
        None,
        ours.fraction,
        ours.interval,
        ours.total,
        ours.undecided,
        difference,
        _fisher(ours, theirs, number.runs),
    )


def _fisher(ours: Share, theirs: int, runs: int) -> float:
    """The largest of Fisher's exact two-sided p-values over what the undecided runs may come to."""
    least, most, total = ours.successes, ours.successes + ours.undecided, ours.total
    nearest = min(max(round(theirs / runs * total), least), most)
    tables = ([[k, total - k], [theirs, runs - theirs]] for k in {least, most, nearest})
    return max(float(fisher_exact(table).pvalue) for table in tables)


def where(difference: Interval) -> str:
    """An interval of a difference in words."""
    holds = difference[0] <= 0 <= difference[1]
    return f"difference [{difference[0]:+.4f}, {difference[1]:+.4f}] {'holds' if holds else 'leaves out'} 0"


def apart(ours: float, interval: Interval, theirs: float, their_interval: Interval) -> Interval:
    """The interval of a difference of two independent estimates from their own intervals (Zou & Donner 2008)."""
    (low, high), (their_low, their_high) = interval, their_interval
    apart = ours - theirs
    return apart - math.hypot(ours - low, their_high - theirs), apart + math.hypot(high - ours, theirs - their_low)


def sure(ours: Share) -> Interval:
    """The Clopper-Pearson interval of the success probability, over what the undecided runs may come to."""
    low, _ = clopper_pearson(ours.successes, ours.total, 1 - BEYOND)
    _, high = clopper_pearson(ours.successes + ours.undecided, ours.total, 1 - BEYOND)
    return low, high
