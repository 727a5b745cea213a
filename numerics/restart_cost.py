"""Restarting until success: the epochs of many chains, and what a success costs.

An *epoch* is one run of the published restart experiment: a fresh start, a fixed number of steps, success or not at
its end. A *chain* is the epochs that one learner would go through; it ends with its first success. Starts (and, with
sampled gradients, draws) of different epochs are independent and equally distributed, so the number of epochs T is
geometric by construction, with p the success probability of one epoch:

    P(T > k) = (1 − p)^k        E T = 1/p.

With w the work of one update, success by restarting costs steps · w/p on average. So rule a is cheaper than rule b
exactly if p_a/p_b > w_a/w_b (the break-even), which no p_a reaches where p_b ≥ w_b/w_a.

Intervals: p has Wilson's, and every function of one p above is monotone, so its interval is that of its ends. The ratio
of two rules' costs is that of two proportions from the same starts; log(p̂_a/p̂_b) has the variance (g + l)/(x_a x_b),
for g and l starts from which only a or only b succeeds and x_a, x_b successes (delta method; Agresti & Min 2005).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scipy.stats import norm

from numerics.basins import parse_success
from numerics.chunks import label
from numerics.compile import Array
from numerics.experiments import Experiment
from numerics.kernel_source import StraightLine
from numerics.starts import draw
from numerics.statistics import Booleans, Interval, Share, share
from numerics.stretches import advance
from numerics.threads import available
from theory.decomposition import update_program
from theory.games import AnyGame
from theory.updates import Form, Split


@dataclass(frozen=True)
class Epochs:
    """What every epoch of every chain came to under one rule.

    Attributes:
        method: the rule.
        success: shape (chains, epochs).
        undecided: epochs without a verdict, shape (chains, epochs).
    """

    method: str
    success: Booleans
    undecided: Booleans

    def share(self, confidence: float = 0.95) -> Share:
        """The success share of one epoch, over all of them."""
        return share(self.success.ravel(), self.undecided.ravel(), confidence)


def epoch_ends(experiment: Experiment, epochs: int) -> Iterator[tuple[str, Array]]:
    """(method, φ at the end of every epoch of every chain), from the same starts (and common draws, if sampled).

    Unlike :func:`numerics.simulation.simulate` it computes ends alone: what a player gains by a best reply would take
    longer than the learning.

    Args:
        experiment: one start for every epoch of every chain; start k is epoch k mod ``epochs`` of chain k div
            ``epochs``, so that more chains leave the earlier ones as they were.
        epochs: epochs of each chain.

    Yields:
        Ends of shape (parameters, chains · epochs).

    Raises:
        ValueError: the starts do not divide into whole chains.
    """
    if experiment.count % epochs:
        raise ValueError(f"{experiment.count} starts are not whole chains of {epochs} epochs.")
    first = draw(experiment)
    for method in experiment.methods:
        yield method, advance(experiment, method, first, 0, experiment.steps, 0, available())


def run_epochs(experiment: Experiment, epochs: int) -> list[Epochs]:
    """Run all epochs of all chains under every method and label them by the experiment's criterion.

    Args and raises: as :func:`epoch_ends`; BadInput for a criterion that has no meaning for the game.
    """
    found = []
    for method, ends in epoch_ends(experiment, epochs):
        success, undecided = label(parse_success(experiment.success), experiment.learning(method), ends)
        found.append(Epochs(method, success.reshape(-1, epochs), undecided.reshape(-1, epochs)))
    return found


# -------------------------------------------------------------------------------------------------- work of an update


@dataclass(frozen=True)
class Operations:
    """Arithmetic operations of one joint update.

    Attributes:
        derived: of the program as derived, each step written out.
        compiled: after the rewriting that kernels get (shared subexpressions, factored sums): what is executed.
    """

    derived: int
    compiled: int


def operations(experiment: Experiment) -> dict[str, Operations]:
    """Operations of one joint update of every method, with exact gradients."""
    rules = {method: experiment.learning(method) for method in experiment.methods}
    return {
        method: _operations(rule.game, rule.policy, rule.rule, rule.form, rule.unroll, rule.split)
        for method, rule in rules.items()
    }


@lru_cache(maxsize=64)
def _operations(game: AnyGame, policy: str, rule: str, form: Form, unroll: int, split: Split) -> Operations:
    program = update_program(game, policy, rule, form, unroll, split)
    line = StraightLine(program)
    line.optimise()
    return Operations(program.operations, line.operations)


# --------------------------------------------------------------------------------------- cost of success


def share_ratio(a: Epochs, b: Epochs, confidence: float = 0.95) -> tuple[float, Interval]:
    """p_a/p_b from the same starts, with its interval.

    Undecided epochs are no successes in the estimate; the interval is the hull over the two completions in which all of
    one rule's fail and all of the other's succeed. Without a success in both rules it is (0, ∞).

    Raises:
        ValueError: the two did not run the same number of epochs.
    """
    z = float(norm.isf((1 - confidence) / 2))
    low = _ratio(a.success, b.success | b.undecided, -z)
    high = _ratio(a.success | a.undecided, b.success, z)
    return _ratio(a.success, b.success, 0.0), (low, high)


def _ratio(a: Booleans, b: Booleans, z: float) -> float:
    """x_a/x_b, moved by z standard errors of its logarithm."""
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} and {b.shape} epochs are no pairs.")
    x, y, discordant = int(a.sum()), int(b.sum()), int((a ^ b).sum())
    if not (x and y):
        return 0.0 if z < 0 else math.inf if z > 0 else math.nan
    return x / y * math.exp(z * math.sqrt(discordant / (x * y)))


def cost_rows(
    found: list[Epochs], steps: int, work: Mapping[str, float], against: str = "pg", confidence: float = 0.95
) -> list[dict[str, Any]]:
    """What success costs under every rule: one JSON object a rule.

    Keys: ``method``, ``n`` epochs, ``successes``, ``undecided``; ``p``; ``epochs``, 1/p; ``within``, the probability of
    success in at most the m epochs of a chain; ``work`` of one update; ``cost`` of a success, steps · work/p; ``ratio``
    of that cost to the cost of ``against``; ``break_even``, the p from which on this rule is the cheaper one (above 1:
    never). All but counts, ``work`` and ``break_even`` are ``{"estimate": …, "interval": [low, high]}``, with ``null``
    for infinity.

    Args:
        found: one entry per rule, from the same starts.
        steps: of one epoch.
        work: of one update, by rule, in any unit.
        against: the rule to compare with.
        confidence: of every interval by itself.
    """
    base = next(entry for entry in found if entry.method == against)
    return [_row(entry, base, steps, work[entry.method], work[against], confidence) for entry in found]


def _row(entry: Epochs, base: Epochs, steps: int, work: float, base_work: float, confidence: float) -> dict[str, Any]:
    one, most = entry.share(confidence), entry.success.shape[1]
    ratio, limits = share_ratio(base, entry, confidence)

    def of_p(function: Callable[[float], float]) -> dict[str, Any]:
        """A monotone function of p, with its interval."""
        return _estimate(function(one.fraction), sorted(map(function, one.interval)))

    return {
        "method": entry.method,
        "n": one.total,
        "successes": one.successes,
        "undecided": one.undecided,
        "p": of_p(lambda p: p),
        "epochs": of_p(_inverse),
        "within": of_p(lambda p: 1 - (1 - p) ** most),
        "work": work,
        "cost": of_p(lambda p: steps * work * _inverse(p)),
        "ratio": _estimate(work / base_work * ratio, [work / base_work * limit for limit in limits]),
        "break_even": work / base_work * base.share().fraction,
    }


def _inverse(p: float) -> float:
    return 1 / p if p else math.inf


def _estimate(value: float, interval: Sequence[float]) -> dict[str, Any]:
    numbers = [number if math.isfinite(number) else None for number in (value, *interval)]
    return {"estimate": numbers[0], "interval": numbers[1:]}
