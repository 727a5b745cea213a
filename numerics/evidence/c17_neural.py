"""C17 in numbers: entry with neural policies, from the same starts and with the same draws.

Rules. An entry claim is SUPPORTED if the interval of (Meta-MAPG − policy gradient) lies above 0, REFUTED if below,
UNDECIDED otherwise; all differences of an experiment form one family with simultaneous 95 % intervals. The published
row is REFUTED if one of its shares DISAGREES (Fisher's exact test, Holm), SUPPORTED if none does. Alignment is REFUTED
if the share of runs that visit a policy where the table's correction is aligned and the network's is not is above 0 for
sure, that is, if one does.

Without JAX every claim here stays undecided, with the command that installs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics import neural
from numerics.basins import InitialCooperation, MeanValue, class_of_ends, succeeded, target_probabilities
from numerics.evidence.model import NOT_IN_PROFILE, Check, Run
from numerics.multiplicity import paired_family
from numerics.oracle import LIMIT
from numerics.paper_comparison import by_holm, compare_share
from numerics.paper_settings import ARMS, NEURAL_GAME, PUBLISHED
from numerics.statistics import share, student_interval, wilson
from theory.claims import Evidence, Finding, Verdict
from theory.claims.model import undecided
from theory.games import Game, grid_stag_hunt, ipd, ipd_finite, signalled_stag_hunt
from theory.games.grid_stag_hunt import DISCOUNT
from theory.symbols import R

if TYPE_CHECKING:
    from numerics.neural.training import Trained

RULES = ("pg", "own", "peer", "meta")
FEW, ALL = ("pg", "meta"), (*RULES, "meta, annealed")
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
Success = InitialCooperation | MeanValue


def setting(name: str) -> tuple[Game, Success, bool]:
    """Game, success and whether gradients are sampled, by claim."""
    if name == "C17.mlp-ipd":
        return ipd_finite(), InitialCooperation(0.82), True
    if name == "C17.mlp-ipd-exact":
        return ipd(), InitialCooperation(0.82), False
    game, worth = (signalled_stag_hunt(), R) if name == "C17.signalled" else (grid_stag_hunt(), DISCOUNT * R)
    return game, MeanValue(NINE_TENTHS * float(game.value_of(worth / game.total_weight))), False


def trained(name: str, run: Run) -> Trained:
    """The runs of an experiment."""
    from numerics.neural.experiments import published_training, starts
    from numerics.neural.sampled import Batch
    from numerics.neural.training import train

    size = SIZES[run.profile][name]
    assert size is not None
    game, _, sampled = setting(name)
    training = published_training(game, size[1], batch=Batch() if sampled else None)
    return train(training, starts(training, size[0], run.seed), run.seed, run.progress)


@lru_cache(maxsize=4)
def entered(name: str, profile: str, seed: int) -> dict[str, Any]:
    """Success by arm, ends, differences to policy gradient and of annealing: everything the claims and tables ask."""
    runs = trained(name, Run(profile, seed))
    game, success, sampled = setting(name)
    success_of, undecided_of, rows = {}, {}, []
    for arm, ends in runs.ends.items():
        success_of[arm], undecided_of[arm] = succeeded(success, game, "logit", ends)
        found = share(success_of[arm], undecided_of[arm])
        curve = [(float(frame.mean()), *student_interval(frame)) for frame in runs.welfare[arm]]
        rows.append(
            {
                "game": game.name,
                "gradient": "sampled" if sampled else "exact",
                "arm": arm,
                "share": found.fraction,
                "interval": list(found.interval),
                "n": found.total,
                "undecided": found.undecided,
                "ends": _ends(game, ends),
                "welfare": [[round(value, 6) for value in frame] for frame in curve],  # mean, low, high
                "every": runs.every,
                **(_by_oracle(runs, arm) if (name, arm) in ORACLE and profile == "paper" else {}),
            }
        )
    pairs = [(arm, "pg") for arm in runs.ends if arm != "pg"]
    if "meta, annealed" in runs.ends:
        pairs.append(("meta, annealed", "meta"))
    family = paired_family(success_of, undecided_of, pairs)
    differences = [
        {
            "a": entry.a,
            "b": entry.b,
            "difference": entry.difference.difference,
            "interval": list(entry.difference.interval),
            "n": entry.difference.total,
            "adjusted": entry.adjusted,
        }
        for entry in family
    ]
    return {"seed": seed, "success": str(success), "neural": rows, "differences": differences}


def _by_oracle(runs: Trained, arm: str) -> dict[str, Any]:
    """Ends that policy gradient leads to the target, and those that it leads to no limit; the rest have another."""
    from numerics.neural.experiments import oracle

    later, settled = oracle(runs, arm)
    target = (target_probabilities(runs.training.game, "logit", later) >= LIMIT).all(0)
    return {"oracle": {"target": int((target & settled).sum()), "undecided": int((~settled).sum())}}


def _ends(game: Game, ends: Any) -> dict[str, int]:
    """Ends by what is played where play begins, if that is one state."""
    if sum(game.value_of(weight) != 0 for weight in game.start) > 1:
        return {}
    return class_of_ends(game, "logit", ends, np.zeros(ends.shape[1]))


def _check_entry(name: str, run: Run) -> Finding:
    if SIZES[run.profile][name] is None:
        return NOT_IN_PROFILE
    found = entered(name, run.profile, run.seed)
    meta = next(row for row in found["differences"] if (row["a"], row["b"]) == ("meta", "pg"))
    low, high = meta["interval"]
    verdict = Verdict.SUPPORTED if low > 0 else Verdict.REFUTED if high < 0 else Verdict.UNDECIDED
    shown = ", ".join(f"{row['arm']} {row['share']:.3f}" for row in found["neural"])
    ends = next(row["ends"] for row in found["neural"] if row["arm"] == "meta")
    counted = f"; ends of meta: {', '.join(f'{key} {count}' for key, count in sorted(ends.items()))}" if ends else ""
    oracle = "".join(
        f"; {row['arm']} by the oracle: target {row['oracle']['target']}, undecided {row['oracle']['undecided']}"
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
    found = {row["arm"]: row for row in entered("C17.mlp-ipd", run.profile, run.seed)["neural"]}
    numbers = {number.arm: number for number in PUBLISHED if number.game == NEURAL_GAME}
    rows = []
    for arm, rule in ARMS:
        count = round(found[rule]["share"] * found[rule]["n"])
        labels = np.arange(found[rule]["n"]) < count
        unknown = np.arange(found[rule]["n"]) >= found[rule]["n"] - found[rule]["undecided"]
        rows.append(compare_share(numbers[arm], "sampled, batch 384", rule, share(labels, unknown)))
    rows = by_holm(rows)
    verdict = Verdict.REFUTED if any(row.verdict == "DISAGREES" for row in rows) else Verdict.SUPPORTED
    shown = ", ".join(f"{row.number.arm} {row.number.value:.2f} published, {row.ours:.3f} here" for row in rows)
    evidence = Evidence(
        "experiment",
        "the published settings, networks from PyTorch's default start",
        f"{shown}; n = {rows[0].n} starts against {rows[0].number.runs}",
        {"seed": run.seed, "reproduction": [row.to_json() for row in rows]},
        rows[0].n,
    )
    disagreeing = [row.number.arm for row in rows if row.verdict == "DISAGREES"]
    reason = f"{', '.join(disagreeing)} disagree" if disagreeing else "no share disagrees"
    return Finding(verdict, reason, (evidence,))


def visits(run: Run, count: int, every: int, frames: int) -> list[dict[str, Any]]:
    """Alignment in the IPD, exact values: at the starts, which both arms share, and after every, 2·every … steps."""
    from numerics.neural.alignment import alignment
    from numerics.neural.experiments import published_training, starts
    from numerics.neural.network import Networks
    from numerics.neural.training import train

    training = published_training(ipd(), FEW, steps=every * (frames - 1))
    networks = Networks.of(training.game, training.hidden)
    runs = train(training, starts(training, count, run.seed), run.seed, run.progress, keep=every)
    points = [("start", 0, runs.visited[FEW[0]])]
    points += [(arm, frame, runs.visited[arm]) for arm in FEW for frame in range(1, frames)]
    return [
        {"arm": arm, "step": every * frame}
        | _summary(alignment(training.game, networks, [block[frame] for block in visited]))
        for arm, frame, visited in points
    ]


def _summary(found: Any) -> dict[str, Any]:
    """Counts and medians; a network that stands still has no cosine, and a cosine within SMALL of 0 no sign."""
    moving = np.isfinite(found.parameters) & np.isfinite(found.policy) & np.isfinite(found.table)
    rows = {name: getattr(found, name)[moving] for name in ("table", "policy", "parameters", "condition", "promised")}
    medians = {
        f"cosine_{name}": float(np.median(rows[name])) if moving.any() else None
        for name in ("parameters", "policy", "table")
    }
    finite = rows["condition"][np.isfinite(rows["condition"])]
    return {
        "n": len(moving),
        "still": int((~moving).sum()),
        "table": int((rows["table"] > SMALL).sum()),
        "network": int((rows["policy"] > SMALL).sum()),
        "lost": int(((rows["table"] > SMALL) & (rows["policy"] < -SMALL)).sum()),
        "promised": int(rows["promised"].sum()),
        **medians,
        "condition": [float(value) for value in np.quantile(finite, (0.1, 0.5, 0.9))] if finite.size else None,
    }


SMALL = 1e-8
ALIGNMENT: Mapping[str, tuple[int, int, int]] = {"quick": (60, 60, 1), "paper": (200, 60, 5)}  # starts, every, frames


def _check_alignment(run: Run) -> Finding:
    count, every, frames = ALIGNMENT[run.profile]
    rows = visits(run, count, every, frames)
    lost, seen, still = (sum(row[key] for row in rows) for key in ("lost", "n", "still"))
    first = rows[0]
    spread = ", ".join(f"{value:.0f}" for value in first["condition"])
    low, high = wilson(first["lost"], first["n"])
    evidence = Evidence(
        "experiment",
        "inner products at visited policies by automatic differentiation",
        f"at {first['n']} starts aligned in the table {first['table']}, in the network {first['network']}; aligned in "
        f"the table and turned away in the network: {lost} of {seen} visits, {still} without a direction; kernels' "
        f"condition numbers at the starts, 10, 50 and 90 %: {spread}",
        {"seed": run.seed, "alignment": rows},
        first["n"],
        (low, high),
    )
    if lost:
        return Finding(Verdict.REFUTED, "some visited policies are aligned in the table only", (evidence,))
    return Finding(Verdict.UNDECIDED, "no counterexample among the visits", (evidence,))


def _needing_jax(checks: Mapping[str, Check]) -> dict[str, Check]:
    """The checks, or UNDECIDED with what to install."""
    if neural.available():
        return dict(checks)
    return {name: lambda run: undecided(f"not-run: {neural.MISSING}") for name in checks}


def _entry(name: str) -> Check:
    return lambda run: _check_entry(name, run)


CHECKS: dict[str, Check] = _needing_jax(
    {name: _entry(name) for name in SIZES["paper"]}
    | {"C17.published": _check_published, "C17.alignment": _check_alignment}
)
