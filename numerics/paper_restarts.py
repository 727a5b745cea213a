"""The law of a chain of restarts, and published numbers of restarts beside it.

With runs independent and alike, p the success share of one, a chain's length is geometric up to the cap, and the law of
the mean of n chains is known exactly. With p unknown, the p-value is the largest over an exact 99.9% interval of p,
plus .001 (Berger & Boos 1994); then Holm. The interval of the difference combines both sides' intervals (Zou & Donner
2008; Newcombe's is the case of two shares).

NOT COMPARABLE: a mean that no whole number of restarts has (Brown & Heathers 2017).

Sources: R. L. Berger & D. D. Boos, J. Am. Stat. Assoc. 89 (1994) 1012-1016; G. Y. Zou & A. Donner, Stat. Med. 27 (2008)
1693-1702; N. J. L. Brown & J. A. J. Heathers, Soc. Psychol. Personal. Sci. 8 (2017) 363-369.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.stats import binomtest, norm

from numerics.compile import Array
from numerics.paper_comparison import BEYOND, apart, sure, where
from numerics.paper_settings import CHAINS, PUBLISHED, Chains, Published
from numerics.reproduction import Row, attainable
from numerics.statistics import Share, wilson


def chain_law(p: float, chains: Chains) -> Array:
    """The probabilities of what a chain counts, 0, 1, 2 …, for success probability p of one run."""
    law = np.zeros(chains.runs + 2)
    weights = (1 - p) ** np.arange(chains.runs)
    law[chains.first : chains.first + chains.runs] = weights / weights.sum() if chains.failure is None else p * weights
    if chains.failure is not None:
        law[chains.failure] += (1 - p) ** chains.runs
    return law


def chain_mean(p: float, chains: Chains) -> float:
    """The expectation of what a chain counts; it falls as p rises."""
    law = chain_law(p, chains)
    return float(law @ np.arange(law.size))


def mean_p_value(ours: Share, chains: Chains, total: int, n: int) -> float:
    """p-value of n published chains that count ``total`` together, for runs that succeed as ours do.

    Twice the smaller tail, the largest over an exact interval of the success probability (Berger & Boos 1994).
    """
    low, high = sure(ours)
    if chain_mean(high, chains) <= total / n <= chain_mean(low, chains):
        return 1.0
    return min(1.0, max(_tail(chain_law(p, chains), total, n) for p in (low, high)) + BEYOND)


def _tail(law: Array, total: int, n: int) -> float:
    whole = np.ones(1)
    for _ in range(n):
        whole = np.convolve(whole, law)
    return 2 * min(float(whole[: total + 1].sum()), float(whole[total:].sum()))


def compare_restarts(number: Published, setting: str, rule: str, ours: Share, chains: Chains, n: int) -> Row:
    """A published mean number of restarts of n chains beside the law of our runs."""
    assert number.value is not None
    law = chain_law(ours.fraction, chains)
    counts = np.arange(law.size)
    mean = float(law @ counts)
    deviation = math.sqrt(max(0.0, float(law @ counts**2) - mean**2))
    half = float(norm.isf(0.025)) * deviation / math.sqrt(n)
    interval = chain_mean(ours.interval[1], chains), chain_mean(ours.interval[0], chains)
    difference = apart(mean, interval, number.value, (number.value - half, number.value + half))
    row = Row(
        number,
        "NOT COMPARABLE",
        f"{where(difference)}, published taken as {n} chains",
        setting,
        rule,
        chains.name,
        mean,
        interval,
        ours.total,
        ours.undecided,
        difference,
    )
    if not attainable(number.value, number.decimals, n):
        printed = f"{number.value:.{number.decimals}f}"
        reason = f"if {number.runs} chains were run, no whole number of restarts in {n} of them has the mean {printed}"
        return replace(row, reason=reason)
    return replace(row, p_value=mean_p_value(ours, chains, round(number.value * n), n))


def compare_restart_success(number: Published, setting: str, rule: str, ours: Share, runs: int) -> Row:
    """A published share of chains that succeed beside that of our runs in chains of so many."""
    assert number.value is not None and number.runs is not None

    def within(p: float) -> float:
        return 1 - (1 - p) ** runs

    theirs, n = round(number.value * number.runs), number.runs
    interval = within(ours.interval[0]), within(ours.interval[1])
    difference = apart(within(ours.fraction), interval, number.value, wilson(theirs, n))
    low, high = map(within, sure(ours))
    p_value = 1.0
    if not low <= theirs / n <= high:
        p_value = min(1.0, max(float(binomtest(theirs, n, p).pvalue) for p in (low, high)) + BEYOND)
    return Row(
        number,
        "NOT COMPARABLE",
        f"{where(difference)}, published taken as {theirs} of {n} chains",
        setting,
        rule,
        f"at most {runs} runs",
        within(ours.fraction),
        interval,
        ours.total,
        ours.undecided,
        difference,
        p_value,
    )


def compare_chains(number: Published, setting: str, rule: str, ours: Share) -> Iterator[Row]:
    """A published number of chains beside the law of our runs, under every reading of how chains are counted."""
    if number.quantity == "restart success":
        for runs in sorted({chains.runs for chains in CHAINS}):
            yield compare_restart_success(number, setting, rule, ours, runs)
        return
    assert number.runs is not None
    for chains in CHAINS:
        n = number.runs if chains.failure is not None else _successful_chains(number)
        yield compare_restarts(number, setting, rule, ours, chains, n)


def _successful_chains(number: Published) -> int:
    """Published chains that succeed; all of them where no share of them is printed."""
    assert number.runs is not None
    key = number.game, number.design, number.arm
    for other in PUBLISHED:
        if (other.game, other.design, other.arm) == key and other.quantity == "restart success":
            return round((other.value or 0.0) * number.runs)
    return number.runs
