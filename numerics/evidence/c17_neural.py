"""C17 in numbers: entry with neural policies, from the same starts and with the same draws.

Rules. An entry claim is SUPPORTED if the interval of (Meta-MAPG − policy gradient) lies above 0, REFUTED if below,
UNDECIDED otherwise; all differences of an experiment form one family with simultaneous 95 % intervals. The published
row is REFUTED if one of its shares DISAGREES (Fisher's exact test, Holm), SUPPORTED if none does.

Without JAX every claim here stays undecided, with the command that installs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.basins import (
    InitialCooperation,
    Labels,
    MeanValue,
    class_of_ends,
    parse_success,
    succeeded,
    target_probabilities,
)
from numerics.evidence.model import NOT_IN_PROFILE, Check, Run, needing_networks
from numerics.multiplicity import paired_family
from numerics.neural import ANNEALED
from numerics.oracle import LIMIT
from numerics.paper_comparison import by_holm, compare_share
from numerics.paper_settings import ARMS, NEURAL_GAME, PUBLISHED
from numerics.published import published_experiment
from numerics.statistics import share, student_interval
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, grid_stag_hunt, ipd, ipd_finite, signalled_stag_hunt
from theory.games.grid_stag_hunt import DISCOUNT
from theory.symbols import R

if TYPE_CHECKING:
    from numerics.neural.training import Trained

FEW, ALL = ("pg", "meta"), (*(rule for _, rule in ARMS), ANNEALED)
NINE_TENTHS = 0.9
# (starts, arms) by profile; ``None`` where the profile leaves an experiment out.
SIZES: Mapping[str, Mapping[str, tuple[int, tuple[str, ...]] | None]] = {
    "quick": {"C17.mlp-ipd": None, "C17.mlp-ipd-exact": (60, FEW), "C17.signalled": None, "C17.grid": None},
    "paper": {
        "C17.mlp-ipd": (200, ALL),
        "C17.mlp-ipd-exact": (400, ALL),
        "C17.signalled": (400, ALL),
        "C17.grid": (200, ALL),
    },
}
ORACLE = {("C17.mlp-ipd-exact", "pg"), ("C17.mlp-ipd-exact", "meta")}  # where the oracle is asked too, paper profile


def setting(name: str) -> tuple[Game, InitialCooperation | MeanValue, bool]:
    """Game, success and whether gradients are sampled, by claim: as published, or nine tenths of the target's value."""
    if name in ("C17.mlp-ipd", "C17.mlp-ipd-exact"):
        sampled = name == "C17.mlp-ipd"
        game = ipd_finite() if sampled else ipd()
        success = parse_success(published_experiment(game, FEW, 1, 0).success)
        assert isinstance(success, InitialCooperation)
        return game, success, sampled
    game, worth = (signalled_stag_hunt(), R) if name == "C17.signalled" else (grid_stag_hunt(), DISCOUNT * R)
    return game, MeanValue(NINE_TENTHS * float(game.value_of(worth / game.total_weight))), False


@dataclass(frozen=True)
class Entered:
    """The runs of an experiment and which of them succeed, by arm."""

    runs: Trained
    success: dict[str, Labels]
    undecided: dict[str, Labels]


@lru_cache(maxsize=4)
def entered(name: str, run: Run) -> Entered:
    """Run an experiment."""
    from numerics.neural.experiments import published_training, starts
    from numerics.neural.training import train

    size = SIZES[run.profile][name]
    assert size is not None
    game, success, sampled = setting(name)
    training = published_training(game, size[1], sampled=sampled)
    runs = train(training, starts(training, size[0], run.seed), run.seed, run.progress)
    labels = {arm: succeeded(success, game, "logit", ends) for arm, ends in runs.ends.items()}
    return Entered(runs, *({arm: pair[k] for arm, pair in labels.items()} for k in (0, 1)))


def rows_of(name: str, run: Run) -> dict[str, Any]:
    """Shares, ends and learning curves by arm, differences to policy gradient and of annealing, as JSON data."""
    found = entered(name, run)
    game, success, sampled = setting(name)
    rows = []
    for arm, ends in found.runs.ends.items():
        ours = share(found.success[arm], found.undecided[arm])
        curve = [(float(frame.mean()), *student_interval(frame)) for frame in found.runs.welfare[arm]]
        rows.append(
            {
                "game": game.name,
                "gradient": "sampled" if sampled else "exact",
                "arm": arm,
                "share": ours.fraction,
                "interval": list(ours.interval),
                "n": ours.total,
                "undecided": ours.undecided,
                "ends": _ends(game, ends),
                "welfare": [[round(value, 6) for value in frame] for frame in curve],  # mean, low, high
                "every": found.runs.every,
                **(_by_oracle(found.runs, arm) if (name, arm) in ORACLE and run.profile == "paper" else {}),
            }
        )
    pairs = [(arm, "pg") for arm in found.success if arm != "pg"]
    if ANNEALED in found.success:
        pairs.append((ANNEALED, "meta"))
    differences = [
        {
            "a": entry.a,
            "b": entry.b,
            "difference": entry.difference.difference,
            "interval": list(entry.difference.interval),
            "n": entry.difference.total,
            "adjusted": entry.adjusted,
        }
        for entry in paired_family(found.success, found.undecided, pairs)
    ]
    return {"seed": run.seed, "success": str(success), "neural": rows, "differences": differences}


def _by_oracle(runs: Trained, arm: str) -> dict[str, Any]:
    """Ends that policy gradient leads to the target, and those that it leads to no limit; the rest have another.

    *Kept* are all that then still play the target's actions where play begins, settled or not.
    """
    from numerics.neural.experiments import oracle

    later, settled = oracle(runs, arm)
    target = (target_probabilities(runs.training.game, "logit", later) >= LIMIT).all(0)
    counts = {"target": target & settled, "kept": target, "undecided": ~settled}
    return {"oracle": {name: int(members.sum()) for name, members in counts.items()}}


def _ends(game: Game, ends: Any) -> dict[str, int]:
    """Ends by what is played where play begins, if that is one state."""
    if sum(game.value_of(weight) != 0 for weight in game.start) > 1:
        return {}
    return class_of_ends(game, "logit", ends, np.zeros(ends.shape[1]))


def _check_entry(name: str, run: Run) -> Finding:
    if SIZES[run.profile][name] is None:
        return NOT_IN_PROFILE
    found = rows_of(name, run)
    meta = next(row for row in found["differences"] if (row["a"], row["b"]) == ("meta", "pg"))
    low, high = meta["interval"]
    verdict = Verdict.SUPPORTED if low > 0 else Verdict.REFUTED if high < 0 else Verdict.UNDECIDED
    shown = ", ".join(f"{row['arm']} {row['share']:.3f}" for row in found["neural"])
    ends = next(row["ends"] for row in found["neural"] if row["arm"] == "meta")
    counted = f"; ends of meta: {', '.join(f'{key} {count}' for key, count in sorted(ends.items()))}" if ends else ""
    oracle = "".join(
        f"; {row['arm']} by the oracle: target {row['oracle']['target']}, undecided {row['oracle']['undecided']}, "
        f"still beginning with the target {row['oracle']['kept']}"
        for row in found["neural"]
        if "oracle" in row
    )
    evidence = Evidence(
        "experiment",
        "paired experiment with networks; updates by automatic differentiation through the unroll",
        f"{shown} of {meta['n']} starts; meta - pg = {meta['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
        f"{counted}{oracle}",
        found,
        meta["n"],
        (low, high),
    )
    where = {Verdict.SUPPORTED: "above", Verdict.REFUTED: "below", Verdict.UNDECIDED: "around"}[verdict]
    return Finding(verdict, f"the simultaneous interval of the difference lies {where} 0", (evidence,))


def _check_published(run: Run) -> Finding:
    if SIZES[run.profile]["C17.mlp-ipd"] is None:
        return NOT_IN_PROFILE
    found = entered("C17.mlp-ipd", run)
    numbers = {number.arm: number for number in PUBLISHED if number.game == NEURAL_GAME}
    rows = by_holm(
        [
            compare_share(numbers[arm], "default starts", rule, share(found.success[rule], found.undecided[rule]))
            for arm, rule in ARMS
        ]
    )
    verdict = Verdict.REFUTED if any(row.verdict == "DISAGREES" for row in rows) else Verdict.SUPPORTED
    shown = ", ".join(f"{row.number.arm} {row.number.value:.2f} published, {row.ours:.3f} here" for row in rows)
    evidence = Evidence(
        "experiment",
        "the published settings, networks from PyTorch's default start",
        f"{shown}; n = {rows[0].n} starts against {rows[0].number.runs}",
        {"seed": run.seed, "reproduction": [row.to_json() for row in rows]},
        rows[0].n,
    )
    apart = [f"{row.number.arm} ({row.reason})" for row in rows if row.verdict == "DISAGREES"]
    found_apart = f"disagreeing: {', '.join(apart)}" if apart else "no share disagrees"
    return Finding(verdict, f"{found_apart}; another start or clipping may change this", (evidence,))


def _entry(name: str) -> Check:
    return lambda run: _check_entry(name, run)


CHECKS: dict[str, Check] = needing_networks(
    {name: _entry(name) for name in SIZES["paper"]} | {"C17.published": _check_published}
)
