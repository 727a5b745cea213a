"""What a published number and ours are compared by, whichever paper it stands in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from numerics.statistics import Interval, wilson

Verdict = Literal["AGREES", "DISAGREES", "NOT COMPARABLE"]


class Number(Protocol):
    """What a row needs to know of a published number, whatever else its paper's module says of it."""

    @property
    def paper(self) -> str:
        """Where it is printed."""

    @property
    def game(self) -> str:
        """The game's name, or what was played."""

    @property
    def design(self) -> str | None:
        """The experiment behind it, if the paper has several."""

    @property
    def arm(self) -> str:
        """Who learns, in the paper's words."""

    @property
    def quantity(self) -> str:
        """What was counted."""

    @property
    def statement(self) -> str:
        """What is printed."""

    @property
    def value(self) -> float | None:
        """The number; ``None`` for words."""

    @property
    def deviation(self) -> float | None:
        """Its printed standard deviation, if any."""

    @property
    def runs(self) -> int | None:
        """Runs behind it, if known."""

    @property
    def known(self) -> str:
        """What is known of its number of runs and setting, if that needs words."""


@dataclass(frozen=True)
class Row:
    """One published number under one reading.

    Attributes:
        number: what was published.
        verdict, reason: by the rules of the module that made the row.
        setting: the reading of the setting; empty if nothing was run.
        rule: the learning rule.
        score: how it was counted, where there are several ways.
        ours: our share, mean or AUC, ``None`` if it does not exist.
        interval: its 95% interval; ``None`` for one deterministic map.
        n: our runs: starts, single runs of chains, or maps; 0 for an exact limit.
        undecided: runs that are not finite.
        difference: 95% interval of ours less the published number, not widened for printed digits.
        p_value: of the hypothesis that both have one law; ``None`` if nothing was tested.
        adjusted: the same, adjusted by Holm over the row's family.
    """

    number: Number
    verdict: Verdict
    reason: str
    setting: str = ""
    rule: str = ""
    score: str | None = None
    ours: float | None = None
    interval: Interval | None = None
    n: int = 0
    undecided: int = 0
    difference: Interval | None = None
    p_value: float | None = None
    adjusted: float | None = None

    @property
    def family(self) -> tuple[str, ...]:
        """Game, design, quantity, setting and score: what Holm's adjustment runs over."""
        return self.number.game, self.number.design or "", self.number.quantity, self.setting, self.score or ""

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "paper": self.number.paper,
            "game": self.number.game,
            "design": self.number.design,
            "arm": self.number.arm,
            "quantity": self.number.quantity,
            "statement": self.number.statement,
            "published": self.number.value,
            "published_deviation": self.number.deviation,
            "published_n": self.number.runs,
            "known": self.number.known,
            "setting": self.setting,
            "rule": self.rule,
            "score": self.score,
            "ours": self.ours,
            "interval": None if self.interval is None else list(self.interval),
            "n": self.n,
            "undecided": self.undecided,
            "difference": None if self.difference is None else list(self.difference),
            "p_value": self.p_value,
            "adjusted": self.adjusted,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def attainable(value: float, decimals: int, units: int) -> bool:
    """Whether some multiple of 1/units rounds to a value printed with so many decimals."""
    half = 0.5 * 10.0**-decimals * (1 + 1e-9)  # a tie may have been rounded either way
    return any(abs(k / units - value) <= half for k in (math.floor(value * units), math.ceil(value * units)))


def difference_of_shares(successes: int, total: int, others: int, other_total: int) -> Interval:
    """Newcombe's 95% interval for the difference of two independent shares, the first less the second (method 10)."""
    p, q = successes / total, others / other_total
    (low, high), (other_low, other_high) = wilson(successes, total), wilson(others, other_total)
    return p - q - math.hypot(p - low, other_high - q), p - q + math.hypot(high - p, q - other_low)
