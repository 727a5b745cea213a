"""Several comparisons at once: Holm's adjusted p-values and Bonferroni's simultaneous intervals.

A *family* is the set of comparisons about which one statement is made; it is named in full before the runs are seen.
Adjusted p-values control the familywise error: whatever hypotheses are true and however the comparisons depend on each
other, the probability to reject any true one at adjusted p ≤ α is at most α. Simultaneous intervals cover all
quantities at once with at least the stated confidence, as far as each interval has its own.

Holm's procedure rejects all that Bonferroni's does and perhaps more, so a comparison may be significant while its
simultaneous interval holds 0: the interval is the cautious one of the two.

Undecided runs stay bounded: adjusted p-values rise with every p-value, so those of the largest p-values over all
completions are the largest adjusted ones, and simultaneous intervals are hulls as before.

Sources: S. Holm, Scand. J. Stat. 6 (1979) 65-70; S. P. Wright, Biometrics 48 (1992) 1005-1013 (adjusted p-values);
R. Marcus, E. Peritz & K. R. Gabriel, Biometrika 63 (1976) 655-660 (closed testing, used in the tests).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from numerics.compile import Array
from numerics.statistics import Booleans, PairedDifference, Share, paired_difference, share


def simultaneous(confidence: float, tests: int) -> float:
    """The confidence that each of several intervals needs for all of them to hold at once (Bonferroni).

    Args:
        confidence: of the family, inside (0, 1).
        tests: number of intervals in the family, at least 1.

    Returns:
        1 − (1 − confidence)/tests.

    Raises:
        ValueError: the family is empty, or ``confidence`` lies outside (0, 1).
    """
    if tests < 1:
        raise ValueError("The family is empty.")
    if not 0 < confidence < 1:
        raise ValueError(f"The confidence must lie inside (0, 1), but it is {confidence}.")
    return 1 - (1 - confidence) / tests


def holm(p_values: Sequence[float] | Array) -> Array:
    """Holm's adjusted p-values.

    The k-th smallest of m p-values becomes the largest of (m − j + 1)·p₍ⱼ₎ over j ≤ k, at most 1.

    Args:
        p_values: shape (tests,), one per comparison of the family, in [0, 1].

    Returns:
        Shape (tests,), in the order given; each at least its p-value.

    Raises:
        ValueError: the family is empty, or a p-value is NaN or outside [0, 1].

    Source: Holm (1979), Wright (1992).
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not p.size:
        raise ValueError("The family is empty, or its p-values are not one row.")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("A p-value lies outside [0, 1].")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    return adjusted


@dataclass(frozen=True)
class Comparison:
    """One paired comparison of a family.

    Attributes:
        a: name of the first arm.
        b: name of the second arm.
        difference: share of a less that of b, its interval simultaneous over the family; its ``p_value`` is that of
            this comparison alone.
        adjusted: Holm's adjusted p-value.
    """

    a: str
    b: str
    difference: PairedDifference
    adjusted: float


def paired_family(
    success: Mapping[str, Booleans],
    undecided: Mapping[str, Booleans],
    pairs: Sequence[tuple[str, str]],
    confidence: float = 0.95,
) -> tuple[Comparison, ...]:
    """Compare arms run from the same starts, as one family.

    Args:
        success: per arm, shape (runs,), whether the run succeeded.
        undecided: per arm, shape (runs,), whether it has no verdict.
        pairs: the family, in full: (a, b) for every comparison.
        confidence: of all intervals together, inside (0, 1).

    Returns:
        One comparison per pair, in the order given.

    Raises:
        ValueError: the family is empty, a pair is compared twice or an arm with itself, an arm is missing, the runs do
            not fit (see :func:`numerics.statistics.paired_difference`), or ``confidence`` lies outside (0, 1).
    """
    each = simultaneous(confidence, len(pairs))
    if len({frozenset(pair) for pair in pairs}) < len(pairs) or any(a == b for a, b in pairs):
        raise ValueError("A family compares two different arms at a time, each two once.")
    missing = {name for pair in pairs for name in pair} - (success.keys() & undecided.keys())
    if missing:
        raise ValueError(f"There are no runs of {', '.join(sorted(missing))}.")
    differences = [paired_difference(success[a], success[b], undecided[a], undecided[b], each) for a, b in pairs]
    adjusted = holm([difference.p_value for difference in differences])
    return tuple(
        Comparison(a, b, difference, float(p))
        for (a, b), difference, p in zip(pairs, differences, adjusted, strict=True)
    )


def share_family(
    success: Mapping[str, Booleans], undecided: Mapping[str, Booleans], confidence: float = 0.95
) -> dict[str, Share]:
    """Shares of several arms with simultaneous Wilson intervals; the arms named are the family.

    Args:
        success: per arm, shape (runs,), whether the run succeeded.
        undecided: per arm, shape (runs,), whether it has no verdict; the same arms.
        confidence: of all intervals together, inside (0, 1). Wilson's interval has its confidence on average, so the
            family has too.

    Raises:
        ValueError: the family is empty, the arms differ, the runs do not fit (see :func:`numerics.statistics.share`),
            or ``confidence`` lies outside (0, 1).
    """
    if success.keys() != undecided.keys():
        raise ValueError("Successes and undecided runs must be of the same arms.")
    each = simultaneous(confidence, len(success))
    return {name: share(runs, undecided[name], each) for name, runs in success.items()}
