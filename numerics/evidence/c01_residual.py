"""C1.at-phi0-size in numbers: what the form with every factor at φ₀ leaves out at the published inner step.

At every start: kept = ‖own + peer‖ at φ₀, missing = ‖Lα (Dv·v)‖, exact = the derivative through the unroll, norms over
all players' parameters. Per game the median of missing/kept gets the interval between two order statistics whose
binomial ranks cover it with probability at least 95 %, whatever the distribution (David & Nagaraja 2003, §7.1).

Verdict: REFUTED if the lower limit of that median is above :data:`SMALL` in every game, SUPPORTED if the upper limit is
below it in every game, UNDECIDED otherwise.

Means are shown without an interval: where the kept corrections vanish at isolated points of a two-dimensional space of
parameters, the ratio has a mean but no variance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import binom
from sympy import Rational

from numerics.compile import Array
from numerics.evidence.model import Check, Run
from numerics.published import published_experiment
from numerics.residual import forms, norms
from numerics.starts import draw
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, ipd, stag_hunt

SMALL = Rational(1, 10)
GAMES = ((stag_hunt, "C15.logit"), (ipd, "C7.trajectories"))  # each with the experiment whose number of starts it takes


def median(sample: Array, confidence: float = 0.95) -> tuple[float, tuple[float, float]]:
    """Sample median and an interval between order statistics that holds for every continuous distribution.

    Args:
        sample: independent draws, shape (n,).
        confidence: least probability with which the interval covers the median, inside (0, 1).

    Raises:
        ValueError: the sample is too small for that confidence.

    Source: David & Nagaraja (2003), Order Statistics, §7.1.
    """
    ordered = np.sort(sample)
    # The k-th smallest misses the median on the high side iff fewer than k draws lie below the median.
    rank = int(binom.ppf((1 - confidence) / 2, ordered.size, 0.5))  # the largest whose rank − 1 is rare enough
    if rank < 1:
        raise ValueError(f"{ordered.size} draws are too few for an interval of the median.")
    return float(np.median(ordered)), (float(ordered[rank - 1]), float(ordered[-rank]))


def measured(game: Game, count: int, seed: int) -> dict[str, Any]:
    """Both ratios over the published starts of one game, as JSON data.

    Args:
        game: the game with its parameter values.
        count: number of starts.
        seed: seed of the starts.
    """
    experiment = published_experiment(game, ("meta",), count, seed, own=1.0, peer=1.0)
    learning = experiment.learning("meta")
    found = forms(game, learning.policy, learning.unroll, learning.inner_lr, draw(experiment))
    ratios = {
        "missing/kept": norms(found.missing) / norms(found.kept),
        "distance/exact": norms(found.exact - found.at_start) / norms(found.exact),
    }
    shown: dict[str, Any] = {"game": game.name, "alpha": learning.inner_lr[0], "unroll": learning.unroll, "n": count}
    for name, sample in ratios.items():
        middle, interval = median(sample)
        shown[name] = {"median": middle, "interval": list(interval), "mean": float(sample.mean())}
    return shown


def verdict(intervals: list[tuple[float, float]]) -> Verdict:
    """The rule stated at the top, for the games' intervals of the median of missing/kept."""
    if all(low > float(SMALL) for low, _ in intervals):
        return Verdict.REFUTED
    if all(high < float(SMALL) for _, high in intervals):
        return Verdict.SUPPORTED
    return Verdict.UNDECIDED


def _check(run: Run) -> Finding:
    evidence, intervals = [], []
    for make, sample_size in GAMES:
        shown = measured(make(), run.count(sample_size), run.seed)
        ratio, distance = shown["missing/kept"], shown["distance/exact"]
        low, high = ratio["interval"]
        intervals.append((low, high))
        summary = (
            f"{shown['game']}: left out / kept, median {ratio['median']:.4f} [{low:.4f}, {high:.4f}], "
            f"mean {ratio['mean']:.4f}; distance from the exact update / its size, median {distance['median']:.4f} "
            f"[{distance['interval'][0]:.4f}, {distance['interval'][1]:.4f}], mean {distance['mean']:.4f}; "
            f"n = {shown['n']} starts"
        )
        content = {"seed": run.seed, "small": str(SMALL), **shown}
        evidence.append(
            Evidence("experiment", "exact gradients at random starts", summary, content, shown["n"], (low, high))
        )
    relation = {Verdict.REFUTED: "all above", Verdict.SUPPORTED: "all below"}
    found = verdict(intervals)
    where = relation.get(found, "not all on one side of")
    reason = f"the 95% intervals of the median of left out / kept, one per game, are {where} {SMALL}"
    return Finding(found, reason, tuple(evidence))


CHECKS: dict[str, Check] = {"C1.at-phi0-size": _check}
