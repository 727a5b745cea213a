"""C15 against risk dominance in numbers: Stag Hunts from risk-dominant to risk-dominated, at the published settings.

Family (:func:`theory.risk_dominance.hunt_with`): R = 4, S = 0 and P = 2 as published, and T such that p* runs through
multiples of 1/24. T moves and not P, so that (Stag, Stag) stays payoff-dominant while risk dominance changes, and with
it the sign of T − S. The middle member is risk-neutral, p* = ½, and the paper's game is p* = 2/3.

All intervals (both shares and their paired difference, every member) hold together with probability at least 95 % by
Bonferroni. A member is *turned* if policy gradient's share lies below ½ and Meta-MAPG's above it, each with its whole
interval; it is *not turned* if Meta-MAPG's lies below ½.

Rules. C15.risk-dominance-logit: SUPPORTED if some member is turned, REFUTED if none can be (every member's policy
gradient interval lies above ½ or Meta-MAPG's below it), else UNDECIDED. C15.risk-dominance-logit-every: REFUTED if some
member with p* > ½ is not turned, SUPPORTED if all are turned, else UNDECIDED.

Beside it stand the exact shares in direct coordinates with uniform starts, for policy gradient and for the λ whose
corrected field points the same way at the centre of the square (:func:`theory.risk_dominance.centre_weight`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sympy import Rational

from numerics.evidence.model import Check, Run
from numerics.published import published_experiment
from numerics.statistics import Interval, PairedDifference, Share, paired_difference, share
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, stag_hunt
from theory.risk_dominance import centre_weight, hunt_with, majority
from theory.separatrix import separatrix
from theory.symbols import T

MIXED = tuple(Rational(k, 24) for k in range(5, 20))
HALF = 0.5
INTERVALS = 3 * len(MIXED)


@dataclass(frozen=True)
class Member:
    """One game of the family with what was measured and what is exact in direct coordinates.

    Attributes:
        mixed: p*.
        game: its payoffs.
        pg, meta: shares of successes.
        gain: their paired difference, Meta-MAPG less policy gradient.
        direct_pg, direct_meta: closed-form shares in direct coordinates.
        even: λ at which the closed-form share is ½, if any in its scope.
    """

    mixed: Rational
    game: Game
    pg: Share
    meta: Share
    gain: PairedDifference
    direct_pg: Rational
    direct_meta: Rational
    even: Rational | None

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "p*": str(self.mixed),
            "T": str(dict(self.game.parameters)[T]),
            **{
                name: {"share": arm.fraction, "interval": list(arm.interval), "undecided": arm.undecided}
                for name, arm in (("pg", self.pg), ("meta", self.meta))
            },
            "meta - pg": {"difference": self.gain.difference, "interval": list(self.gain.interval)},
            "direct": {"pg": str(self.direct_pg), "meta": str(self.direct_meta), "even": str(self.even)},
            "n": self.gain.total,
        }


def turned(pg: Interval, meta: Interval) -> bool | None:
    """Whether Meta-MAPG has the majority and policy gradient has not: True, False (surely not), or ``None``."""
    if pg[1] < HALF < meta[0]:
        return True
    return False if pg[0] > HALF or meta[1] < HALF else None


def has_majority(share: Interval) -> bool | None:
    """Whether a share is above one half: True, False (surely below), or ``None``."""
    return True if share[0] > HALF else False if share[1] < HALF else None


def direct_size(run: Run) -> Rational:
    """λ of direct coordinates that corresponds to the published one at the centre of the square."""
    experiment = published_experiment(stag_hunt(), ("meta",), 1, run.seed)
    return Rational(str(experiment.inner_lr[0])) * Rational(str(experiment.peer)) * centre_weight(experiment.game)


@lru_cache(maxsize=4)
def members(run: Run) -> tuple[Member, ...]:
    """The family at the published settings, every member from the same starts."""
    size, confidence = direct_size(run), 1 - 0.05 / INTERVALS
    found = []
    for mixed in MIXED:
        game = hunt_with(mixed)
        outcome = run.simulate(published_experiment(game, ("pg", "meta"), run.count("C15.logit"), run.seed))
        pg, meta = outcome["pg"], outcome["meta"]
        line = separatrix(game)
        found.append(
            Member(
                mixed,
                game,
                share(pg.success, pg.undecided, confidence),
                share(meta.success, meta.undecided, confidence),
                paired_difference(meta.success, pg.success, meta.undecided, pg.undecided, confidence),
                line.share(Rational(0)),
                line.share(size),
                majority(game).even_size(),
            )
        )
    return tuple(found)


def crossing(shares: Sequence[Interval]) -> tuple[int, int] | None:
    """The last member whose share is surely above ½ and the first after it that is surely below.

    ``None`` if there is no such pair, or if a member before the first of them is surely below ½ or one after the second
    surely above: then the share does not cross ½ once.
    """
    above = [k for k, (low, _) in enumerate(shares) if low > HALF]
    below = [k for k, (_, high) in enumerate(shares) if high < HALF]
    return (above[-1], below[0]) if above and below and above[-1] < below[0] else None


def interpolated(mixed: Sequence[Rational], shares: Sequence[float], between: tuple[int, int]) -> float:
    """p* at which the shares, joined by straight lines, first fall to ½ between two members."""
    for k in range(*between):
        if shares[k] >= HALF >= shares[k + 1]:
            part = (shares[k] - HALF) / ((shares[k] - shares[k + 1]) or 1.0)
            return float(mixed[k]) + part * float(mixed[k + 1] - mixed[k])
    raise ValueError("the shares do not fall through ½ between these members")


def crossings(family: Sequence[Member]) -> dict[str, Any]:
    """Where each rule loses the majority: bracket in p* and interpolated value, measured and in direct coordinates."""
    found: dict[str, Any] = {}
    arms = {"pg": [m.pg for m in family], "meta": [m.meta for m in family]}
    exact = {"pg": [m.direct_pg for m in family], "meta": [m.direct_meta for m in family]}
    mixed = [m.mixed for m in family]
    for name, measured in arms.items():
        values = {
            name: ([arm.interval for arm in measured], [arm.fraction for arm in measured]),
            f"{name}, direct": ([(float(x), float(x)) for x in exact[name]], [float(x) for x in exact[name]]),
        }
        for label, (intervals, shares) in values.items():
            between = crossing(intervals)
            found[label] = between and {
                "bracket": [str(mixed[k]) for k in between],
                "interpolated": interpolated(mixed, shares, between),
            }
    return found


def verdict_some(answers: Sequence[bool | None]) -> Verdict:
    """The rule of C15.risk-dominance-logit, for what :func:`turned` says of every member."""
    if any(answers):
        return Verdict.SUPPORTED
    return Verdict.REFUTED if all(answer is False for answer in answers) else Verdict.UNDECIDED


def verdict_every(answers: Sequence[bool | None]) -> Verdict:
    """The rule of C15.risk-dominance-logit-every, for the risk-dominated members."""
    if any(answer is False for answer in answers):
        return Verdict.REFUTED
    return Verdict.SUPPORTED if all(answers) else Verdict.UNDECIDED


def _evidence(run: Run, family: Sequence[Member]) -> Evidence:
    where = crossings(family)
    lost = [m for m in family if m.gain.interval[1] < 0]
    gained = [m for m in family if m.gain.interval[0] > 0]
    shown = {
        name: f"{entry['interpolated']:.3f} (between {' and '.join(entry['bracket'])})" if entry else "not once"
        for name, entry in where.items()
    }
    ranges = ", ".join(
        f"{word} at {len(group)} members" + (f" (p* from {group[0].mixed} to {group[-1].mixed})" if group else "")
        for word, group in (("more entry", gained), ("less", lost))
    )
    best = max(family, key=lambda m: m.gain.difference)
    low, high = best.gain.interval
    summary = (
        f"share passes 1/2 at p* = {shown['pg']} under pg, {shown['meta']} under meta; direct, exact: "
        f"{shown['pg, direct']} and {shown['meta, direct']} at lambda = {direct_size(run)}; meta - pg: {ranges}, at "
        f"most {best.gain.difference:+.4f} [{low:+.4f}, {high:+.4f}] at p* = {best.mixed}; n = {best.gain.total} "
        f"paired starts a game, {sum(m.gain.undecided for m in family)} undecided"
    )
    content = {
        "seed": run.seed,
        "intervals": f"{INTERVALS} at once, 95% together",
        "direct_lambda": str(direct_size(run)),
        "crossings": where,
        "members": [member.to_json() for member in family],
    }
    route = "paired experiments over a family of games, exact gradients, common starts"
    return Evidence("experiment", route, summary, content, best.gain.total, best.gain.interval)


def _check_some(run: Run) -> Finding:
    family = members(run)
    answers = [turned(m.pg.interval, m.meta.interval) for m in family]
    found = [str(m.mixed) for m, answer in zip(family, answers, strict=True) if answer]
    reason = f"turned: {'p* = ' + ', '.join(found) if found else 'no member'}"
    return Finding(verdict_some(answers), reason, (_evidence(run, family),))


def _check_every(run: Run) -> Finding:
    family = [m for m in members(run) if m.mixed > HALF]
    answers = [has_majority(m.meta.interval) for m in family]
    kept = [m for m, answer in zip(family, answers, strict=True) if answer is False]
    shown = "; ".join(
        f"p* = {m.mixed}: meta {m.meta.fraction:.4f} [{m.meta.interval[0]:.4f}, {m.meta.interval[1]:.4f}]" for m in kept
    )
    first = kept[0] if kept else family[0]
    evidence = Evidence(
        "counterexample" if kept else "experiment",
        "shares below 1/2 with their whole simultaneous intervals",
        f"{len(kept)} of {len(family)} risk-dominated members keep the risk-dominant majority: {shown or 'none'}",
        {"seed": run.seed, "members": [m.to_json() for m in family]},
        first.meta.total,
        first.meta.interval,
    )
    return Finding(verdict_every(answers), f"{len(kept)} of {len(family)} are not turned", (evidence,))


CHECKS: dict[str, Check] = {
    "C15.risk-dominance-logit": _check_some,
    "C15.risk-dominance-logit-every": _check_every,
}
