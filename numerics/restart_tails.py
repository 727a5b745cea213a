"""How many epochs a chain of restarts takes, measured, beside the bound (1 − p(1 − δ))^k and the geometric law.

Chains and epochs are those of :mod:`numerics.restart_cost`. An epoch *enters* by a definition of the region
(:mod:`numerics.region_entry`) asked about at its end, and *succeeds* if policy gradient from there reaches the target
(:mod:`numerics.oracle`). With p the share that enters, δ the share of these that do not succeed, and s the share that
succeeds, epochs that are independent and of one law have P(T > k) = (1 − s)^k ≤ (1 − p(1 − δ))^k (C14.bound). For the
oracle's own region p = s and δ = 0, so that its bound is the geometric law itself.

The comparison can fail: p(1 − δ) comes from the epochs of the first half of the chains, the tail from the chains of the
second half. All intervals of one comparison hold at once: one for every tail and one for every p(1 − δ), of which the
bounds at all k are functions. They are Clopper and Pearson's, at Bonferroni's level: a long tail has few chains, or
none, where Wilson's intervals leave out the truth too often.

*Independence.* Epochs 1 and 2, 3 and 4, … of every chain are disjoint pairs. If all epochs are independent, those pairs
are, and given how many first and how many second epochs succeed, the number of pairs in which both do is
hypergeometric: Fisher's exact test. What the epochs of a chain share, or a drift along it, makes equal pairs frequent.

*Undecided* epochs are counted in two ways, in both halves alike: all of them fail, or all of them succeed. Either makes
success a property of one epoch, so the bound has to hold under both. An end that is not finite has not entered.

Sources: C. J. Clopper & E. S. Pearson, Biometrika 26 (1934) 404-413; R. A. Fisher, J. R. Stat. Soc. 98 (1935) 39-82
(the exact test).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import fisher_exact

from numerics.chunks import label
from numerics.experiments import Experiment
from numerics.multiplicity import holm, simultaneous
from numerics.region_entry import Definition
from numerics.restart_cost import epoch_ends
from numerics.statistics import Booleans, Interval, Share, clopper_pearson, share

ORACLE = "oracle"
FAIL, SUCCEED = "undecided fail", "undecided succeed"


@dataclass(frozen=True)
class Chains:
    """What the epochs of all chains came to under one rule; arrays have the shape (chains, epochs).

    Attributes:
        method: the rule.
        entered: for sure, by definition of the region.
        success: policy gradient from the end reaches the target.
        undecided: whether it does is not known.
    """

    method: str
    entered: Mapping[str, Booleans]
    success: Booleans
    undecided: Booleans

    def half(self, second: bool) -> Chains:
        """The first or the second half of the chains."""
        middle = len(self.success) // 2
        part = slice(middle, None) if second else slice(middle)
        entered = {name: inside[part] for name, inside in self.entered.items()}
        return Chains(self.method, entered, self.success[part], self.undecided[part])

    def counted(self, way: str) -> Booleans:
        """Successes with the undecided epochs failing or succeeding."""
        return self.success | self.undecided if way == SUCCEED else self.success

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to count undecided epochs that differ."""
        return (FAIL, SUCCEED) if self.undecided.any() else (FAIL,)


def run_chains(experiment: Experiment, epochs: int, asked: Sequence[Definition]) -> list[Chains]:
    """Run every epoch of every chain under every method, from the same starts, and label the ends.

    Args:
        experiment: start k is epoch k mod ``epochs`` of chain k div ``epochs``; its own criterion is not asked.
        epochs: epochs of each chain.
        asked: definitions of the region, the oracle among them.

    Raises:
        BadInput: a definition that has no meaning for the game.
        ValueError: the starts do not divide into whole chains.
    """
    found = []
    for method, ends in epoch_ends(experiment, epochs):
        labels = {one.name: label(one.success, experiment.learning(method), ends) for one in asked}
        entered = {name: inside.reshape(-1, epochs) for name, (inside, _) in labels.items()}
        found.append(Chains(method, entered, entered[ORACLE], labels[ORACLE][1].reshape(-1, epochs)))
    return found


# --------------------------------------------------------------------------------------------------- one epoch


def restart_rows(found: Sequence[Chains], steps: int, confidence: float = 0.95) -> list[dict[str, Any]]:
    """One flat JSON object for every method and definition, from all epochs.

    Keys: ``method``, ``definition``, ``n`` epochs, ``undecided``; ``p``, the share that enters; ``delta``, the share of
    these that does not succeed, ``null`` where none enters; ``s``, the share that succeeds; ``epochs`` = 1/s until
    success, ``entries`` = 1/p until entry, and ``gradient_steps`` until success, each ``null`` for infinity. Every one
    has its interval in ``…_interval``. Undecided epochs count as failures in estimates; intervals cover both ways.

    Args:
        found: one entry per method.
        steps: of one epoch.
        confidence: of every interval by itself.
    """
    return [_row(chains, name, steps, confidence) for chains in found for name in chains.entered]


def _row(chains: Chains, name: str, steps: int, confidence: float) -> dict[str, Any]:
    inside, success, undecided = (x.ravel() for x in (chains.entered[name], chains.success, chains.undecided))
    unknown = undecided if name == ORACLE else None
    entry, one = share(inside, unknown, confidence), share(success, undecided, confidence)
    kept = share(success[inside], undecided[inside], confidence) if inside.any() else None
    row: dict[str, Any] = {
        "method": chains.method,
        "definition": name,
        "n": one.total,
        "undecided": one.undecided,
        "p": entry.fraction,
        "p_interval": list(entry.interval),
        "entered": entry.successes,
        "delta": None if kept is None else 1 - kept.fraction,
        "delta_interval": None if kept is None else [1 - limit for limit in reversed(kept.interval)],
        "s": one.fraction,
        "s_interval": list(one.interval),
    }
    for key, of, factor in (("epochs", one, 1), ("entries", entry, 1), ("gradient_steps", one, steps)):
        row[key], row[f"{key}_interval"] = _inverse(of, factor)
    return row


def _inverse(of: Share, factor: int) -> tuple[float | None, list[float | None]]:
    low, high = of.interval
    each = [factor / p if p else None for p in (of.fraction, high, low)]
    return each[0], each[1:]


# ------------------------------------------------------------------------------------------------ tails


def longer(success: Booleans, k: int) -> Booleans:
    """Whether T > k in every chain, shape (chains,)."""
    return np.asarray(~success[:, :k].any(1))


def independence(success: Booleans) -> float:
    """p-value of Fisher's exact test that successive epochs are independent, two-sided, from disjoint pairs.

    Args:
        success: shape (chains, epochs).
    """
    whole = success[:, : success.shape[1] // 2 * 2]
    x, y = whole[:, ::2].ravel(), whole[:, 1::2].ravel()
    both, first, second = int((x & y).sum()), int(x.sum()), int(y.sum())
    return float(fisher_exact([[both, first - both], [second - both, x.size - first - second + both]]).pvalue)


@dataclass(frozen=True)
class Tail:
    """Tail and bound at one k, with intervals that hold at once over all of them.

    Attributes:
        method, definition, way: of the chains, the region and the counting of undecided epochs.
        k: epochs.
        n: chains of the second half.
        longer: those of them with T > k.
        interval: of P(T > k).
        bound: (1 − p(1 − δ))^k from the first half.
        bound_interval: its interval.
    """

    method: str
    definition: str
    way: str
    k: int
    n: int
    longer: int
    interval: Interval
    bound: float
    bound_interval: Interval

    @property
    def broken(self) -> bool:
        """Whether the tail lies above the bound for sure."""
        return self.interval[0] > self.bound_interval[1]

    def within(self, margin: float) -> bool:
        """Whether the tail lies above the bound by less than a margin for sure."""
        return self.interval[1] < self.bound_interval[0] + margin

    def to_json(self) -> dict[str, Any]:
        """As a flat JSON object."""
        return {
            "method": self.method,
            "definition": self.definition,
            "counting": self.way,
            "k": self.k,
            "n": self.n,
            "longer": self.longer,
            "tail": self.longer / self.n,
            "tail_interval": list(self.interval),
            "bound": self.bound,
            "bound_interval": list(self.bound_interval),
        }


def tails(found: Sequence[Chains], most: int, confidence: float = 0.95) -> list[Tail]:
    """Tails of the second half of the chains beside the bounds from the first half.

    Args:
        found: one entry per method.
        most: the largest k, less than the epochs of a chain.
        confidence: of all intervals together.
    """
    size = sum(len(chains.ways) * (most + len(chains.entered)) for chains in found)
    each, rows = simultaneous(confidence, size), []
    for chains in found:
        early, late = chains.half(False), chains.half(True)
        for way in chains.ways:
            counted = late.counted(way)
            lasting = [int(longer(counted, k).sum()) for k in range(1, most + 1)]
            measured = [(count, clopper_pearson(count, len(counted), each)) for count in lasting]
            for name in chains.entered:
                inside = early.counted(way) if name == ORACLE else early.entered[name]
                both = inside & early.counted(way)
                low, high = clopper_pearson(int(both.sum()), both.size, each)
                rows += [
                    Tail(
                        chains.method,
                        name,
                        way,
                        k,
                        len(counted),
                        count,
                        interval,
                        float(1 - both.mean()) ** k,
                        ((1 - high) ** k, (1 - low) ** k),
                    )
                    for k, (count, interval) in enumerate(measured, 1)
                ]
    return rows


def independence_rows(found: Sequence[Chains]) -> list[dict[str, Any]]:
    """Fisher's test for every method and way of counting, with p-values adjusted by Holm over all, as JSON data."""
    cases = [(chains, way) for chains in found for way in chains.ways]
    p_values = [independence(chains.counted(way)) for chains, way in cases]
    return [
        {"method": chains.method, "counting": way, "pairs": _pairs(chains), "p_value": p, "adjusted": float(adjusted)}
        for (chains, way), p, adjusted in zip(cases, p_values, holm(p_values), strict=True)
    ]


def _pairs(chains: Chains) -> int:
    count, epochs = chains.success.shape
    return int(count * (epochs // 2))
