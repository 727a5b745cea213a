"""The cost of success by restarts in numbers: C15.cost and C16.cost.

Rules. Cost: a success costs steps · work/p on average, and the interval of the ratio Meta-MAPG/policy gradient decides.
SUPPORTED if the upper limit is below 1 for every way of counting work that the claim names, REFUTED if the lower limit
is above 1 for every one, else UNDECIDED.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from numerics.evidence.model import NOT_IN_PROFILE, Check, Run
from numerics.experiments import Experiment
from numerics.published import published_experiment
from numerics.restart_cost import Epochs, cost_rows, operations, run_epochs
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, ipd, ipd_finite, stag_hunt

RESTARTS = 12  # then the published runs give up: a chain has at most one epoch more
# Chains by profile, without and with a horizon, whose kernels take half a minute to compile.
CHAINS: Mapping[str, Mapping[str, int]] = {
    "quick": {"exact": 10_000, "horizon": 0},
    "paper": {"exact": 40_000, "horizon": 10_000},
}
Work = Callable[[Experiment], dict[str, int]]


def restart_experiment(game: Game, methods: tuple[str, ...], chains: int, seed: int, **changes: Any) -> Experiment:
    """The published restart runs, with a start for every epoch of every chain (also those after a success).

    Args:
        game: the game with its parameter values.
        methods: learning rules.
        chains: number of chains.
        seed: seed of the starts.
        changes: settings that differ from the published ones, such as ``gradient="sampled"``.
    """
    settings = {"init": "uniform:-3:3", "steps": 120, **changes}
    return published_experiment(game, methods, chains * (RESTARTS + 1), seed, **settings)


def as_derived(experiment: Experiment) -> dict[str, int]:
    """Work in arithmetic operations of the update as derived."""
    return {method: count.derived for method, count in operations(experiment).items()}


def as_compiled(experiment: Experiment) -> dict[str, int]:
    """Work in arithmetic operations of the update as compiled."""
    return {method: count.compiled for method, count in operations(experiment).items()}


def in_updates(experiment: Experiment) -> dict[str, int]:
    """Work counted in updates, whatever each takes."""
    return dict.fromkeys(experiment.methods, 1)


OPERATIONS: Mapping[str, Work] = {"operations as compiled": as_compiled, "operations as derived": as_derived}
UPDATES: Mapping[str, Work] = {"updates": in_updates}


@lru_cache(maxsize=8)
def _exact_epochs(game: Game, chains: int, seed: int) -> tuple[Experiment, list[Epochs]]:
    experiment = restart_experiment(game, ("pg", "meta"), chains, seed)
    return experiment, run_epochs(experiment, RESTARTS + 1)


def decided(intervals: Iterable[tuple[float, float]]) -> Verdict:
    """The rule for costs: the intervals of the ratio, one for every way of counting work."""
    found = list(intervals)
    if all(low > 1 for low, _ in found):
        return Verdict.REFUTED
    return Verdict.SUPPORTED if all(high < 1 for _, high in found) else Verdict.UNDECIDED


def _check_cost(run: Run, game: Game, counts: Mapping[str, Work]) -> Finding:
    chains = CHAINS[run.profile]["horizon" if isinstance(game.horizon, int) else "exact"]
    if not chains:
        return NOT_IN_PROFILE
    experiment, found = _exact_epochs(game, chains, run.seed)
    tables = {name: cost_rows(found, experiment.steps, work(experiment)) for name, work in counts.items()}
    verdict = decided(_finite(rows[-1]["ratio"]["interval"]) for rows in tables.values())
    relation = {
        Verdict.SUPPORTED: "below 1, however work is counted",
        Verdict.REFUTED: "above 1, however work is counted",
        Verdict.UNDECIDED: "not on one side of 1",
    }[verdict]
    evidence = _cost_evidence(run, game, tables)
    return Finding(verdict, f"the 95% interval of the cost ratio meta/pg is {relation}", (evidence,))


def _finite(interval: list[float | None]) -> tuple[float, float]:
    low, high = interval
    return low or 0.0, math.inf if high is None else high


def _cost_evidence(run: Run, game: Game, tables: Mapping[str, list[dict[str, Any]]]) -> Evidence:
    pg, meta = next(iter(tables.values()))
    shares = ", ".join(f"p({row['method']}) = {_shown(row['p'])}" for row in (pg, meta))
    epochs = ", ".join(f"{row['epochs']['estimate'] or math.inf:.2f}" for row in (pg, meta))
    ratios = "; ".join(
        f"{name}: work {rows[1]['work']} against {rows[0]['work']}, cost meta/pg {_shown(rows[1]['ratio'])}, break-"
        f"even p(meta) = {rows[1]['break_even']:.3f}"
        for name, rows in tables.items()
    )
    summary = (
        f"{game.name}: {shares}, n = {pg['n']} paired epochs, {pg['undecided'] + meta['undecided']} undecided; epochs "
        f"until success {epochs}; {ratios}"
    )
    content = {
        "seed": run.seed,
        "game": game.name,
        "costs": dict(tables),
        "published_mean_restarts": "of sampled gradients, not comparable: see C15.published and C16.published",
    }
    low, high = _finite(next(iter(tables.values()))[1]["ratio"]["interval"])
    return Evidence("experiment", "exact gradients, common starts", summary, content, pg["n"], (low, high))


def _shown(entry: Mapping[str, Any]) -> str:
    low, high = _finite(entry["interval"])
    value = math.nan if entry["estimate"] is None else entry["estimate"]
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"


CHECKS: dict[str, Check] = {
    "C15.cost": lambda run: _check_cost(run, stag_hunt(), OPERATIONS),
    "C15.cost-steps": lambda run: _check_cost(run, stag_hunt(), UPDATES),
    "C16.cost": lambda run: _check_cost(run, ipd(), OPERATIONS),
    "C16.cost-steps": lambda run: _check_cost(run, ipd(), UPDATES),
    "C16.cost-horizon": lambda run: _check_cost(run, ipd_finite(), OPERATIONS),
    "C16.cost-steps-horizon": lambda run: _check_cost(run, ipd_finite(), UPDATES),
}
