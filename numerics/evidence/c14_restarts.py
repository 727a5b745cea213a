"""C14 in numbers: the measured tail of restarts beside the bound, per learning rule and definition of the region.

Rule. Tail and bound come from different chains, and all their intervals hold at once (95 %). REFUTED if a tail's lower
limit lies above the upper limit of its bound for some rule, definition, k and way of counting undecided epochs, or if
Fisher's test, adjusted by Holm, rejects at 5 % that successive epochs are independent. SUPPORTED if every tail's upper
limit lies less than :data:`MARGIN` above the lower limit of its bound. Intervals and test err with 5 % each, so the
whole rule with at most 10 %; that no dependence is detected does not prove independence. A definition that so few ends
satisfy that its bound lies within the margin of 1 at every k decides nothing, as no tail can exceed it noticeably; if
there is no other, or in every further case: UNDECIDED.

Rule of C14.kept-ipd, with simultaneous 95 % intervals of delta, one a learning rule, for the published criterion.
REFUTED if one lies above 0; UNDECIDED otherwise, as no number of runs can show that delta is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from numerics.evidence.c14_restart_cost import RESTARTS, restart_experiment
from numerics.evidence.c15_regions import REGIONS
from numerics.evidence.model import NOT_IN_PROFILE, Check, Run
from numerics.experiments import Experiment
from numerics.multiplicity import simultaneous
from numerics.paper_restarts import chain_mean
from numerics.paper_settings import ARMS, CHAINS, PUBLISHED, Published
from numerics.region_entry import definitions
from numerics.restart_tails import Chains, Tail, independence_rows, restart_rows, run_chains, tails
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, ipd, ipd_finite, stag_hunt

MARGIN = 0.1  # of a probability, what a tail may exceed its bound by unnoticed; so wide for the sake of the sizes
LEVEL = 0.05  # of the tests of independence together
COUNTS: Mapping[str, Mapping[str, int]] = {
    "quick": {"C14.stag-hunt": 4_000, "C14.ipd": 0, "C14.sampled stag-hunt": 0, "C14.sampled ipd-finite": 0},
    "paper": {
        "C14.stag-hunt": 20_000,
        "C14.ipd": 2_400,
        "C14.sampled stag-hunt": 4_000,
        "C14.sampled ipd-finite": 100,
    },
}
METHODS = tuple(rule for _, rule in ARMS)


def decided(found: Sequence[Tail], independence: Sequence[Mapping[str, Any]]) -> tuple[Verdict, str]:
    """The rule, and what it saw."""
    broken = [tail for tail in found if tail.broken]
    dependent = [row for row in independence if row["adjusted"] < LEVEL]
    if broken or dependent:
        places = ", ".join(sorted({f"{tail.method}, {tail.definition}, k = {tail.k}" for tail in broken}))
        words = [f"the tail lies above the bound: {places}"] if broken else []
        words += [
            f"successive epochs of {row['method']} are dependent (p = {row['adjusted']:.3g})" for row in dependent
        ]
        return Verdict.REFUTED, "; ".join(words)
    telling = informative(found)
    cases = len({(tail.method, tail.definition) for tail in found})
    left = (
        f"{cases - len({(tail.method, tail.definition) for tail in telling})} of {cases} pairs of rule and definition"
    )
    far = [tail for tail in telling if not tail.within(MARGIN)]
    if not telling:
        return Verdict.UNDECIDED, "every bound is nearly 1 at every k"
    if far:
        return Verdict.UNDECIDED, f"{len(far)} of {len(telling)} tails are not known to a margin of {MARGIN}"
    return Verdict.SUPPORTED, (
        f"every tail exceeds its bound by less than {MARGIN}, no dependence is detected; {left} have a bound near 1"
    )


def informative(found: Sequence[Tail]) -> list[Tail]:
    """Tails of those rules, definitions and countings whose bound leaves the neighbourhood of 1 by the largest k."""
    lowest: dict[tuple[str, str, str], float] = {}
    for tail in found:
        key = tail.method, tail.definition, tail.way
        lowest[key] = min(lowest.get(key, 1.0), tail.bound_interval[0])
    return [tail for tail in found if lowest[tail.method, tail.definition, tail.way] < 1 - MARGIN]


def published_means(game: str) -> dict[str, Published]:
    """Published mean restarts on a game, by learning rule."""
    rules = dict(ARMS)
    return {rules[n.arm]: n for n in PUBLISHED if (n.game, n.quantity) == (game, "mean restarts")}


@lru_cache(maxsize=4)
def _run(game: Game, gradient: str, chains: int, seed: int) -> tuple[Experiment, list[Chains]]:
    experiment = restart_experiment(game, METHODS, chains, seed, gradient=gradient)
    asked = definitions(game, experiment.coordinates, REGIONS.get(game.name, {}))
    return experiment, run_chains(experiment, RESTARTS + 1, asked)


def _rows(game: Game, gradient: str, steps: int, found: Sequence[Chains]) -> list[dict[str, Any]]:
    """Rows of single epochs; where sampled runs are asked for a published criterion, with the published restarts.

    The mean number of restarts until entry depends on how chains are counted, so its range over the readings of
    :data:`numerics.paper_settings.CHAINS` stands beside the published mean; C15.published and C16.published compare.
    """
    published = published_means(game.name) if gradient == "sampled" else {}
    rows = []
    for row in restart_rows(found, steps):
        number = published.get(row["method"]) if _published(row) else None
        means = [] if number is None else [chain_mean(row["p"], chains) for chains in CHAINS]
        rows.append(
            {
                "game": game.name,
                "gradient": gradient,
                **row,
                "published_mean_restarts": None if number is None else number.value,
                "mean_restarts_by_reading": [min(means), max(means)] if means else None,
            }
        )
    return rows


def _check_tails(run: Run, game: Game, gradient: str) -> Finding:
    chains = COUNTS[run.profile][f"C14.{'sampled ' if gradient == 'sampled' else ''}{game.name}"]
    if not chains:
        return NOT_IN_PROFILE
    experiment, found = _run(game, gradient, chains, run.seed)
    compared, independence = tails(found, RESTARTS), independence_rows(found)
    verdict, reason = decided(compared, independence)
    evidence = _evidence(run, game, gradient, experiment.steps, found)
    return Finding(verdict, reason, (evidence,))


def _check_kept(run: Run) -> Finding:
    game, gradient = ipd_finite(), "sampled"
    chains = COUNTS[run.profile][f"C14.{gradient} {game.name}"]
    if not chains:
        return NOT_IN_PROFILE
    experiment, found = _run(game, gradient, chains, run.seed)
    rows = [row for row in restart_rows(found, experiment.steps, simultaneous(0.95, len(found))) if _published(row)]
    shown = ", ".join(f"{row['method']} {_delta(row)} of {row['entered']}" for row in rows)
    evidence = _evidence(run, game, gradient, experiment.steps, found)
    verdict = kept([row["delta_interval"] for row in rows])
    return Finding(verdict, f"delta where the published criterion is met: {shown}", (evidence,))


def kept(intervals: Sequence[Sequence[float] | None]) -> Verdict:
    """The rule of C14.kept-ipd; ``None`` where no end meets the criterion."""
    if any(interval is not None and interval[0] > 0 for interval in intervals):
        return Verdict.REFUTED
    return Verdict.UNDECIDED


def _evidence(run: Run, game: Game, gradient: str, steps: int, found: Sequence[Chains]) -> Evidence:
    chains = len(found[0].success)
    rows, independence = _rows(game, gradient, steps, found), independence_rows(found)
    shown = "; ".join(f"{row['method']}, {row['definition']}: {_shown(row)}" for row in rows)
    content = {
        "seed": run.seed,
        "game": game.name,
        "gradient": gradient,
        "steps": steps,
        "chains": chains,
        "epochs": RESTARTS + 1,
        "margin": MARGIN,
        "restarts": rows,
        "tails": [tail.to_json() for tail in tails(found, RESTARTS)],
        "independence": independence,
    }
    return Evidence(
        "experiment",
        f"{gradient} gradients; bound from one half of the chains, tail from the other; common starts",
        f"{game.name}: {shown}; n = {rows[0]['n']} epochs, {chains // 2} chains for the tails; smallest p of "
        f"independence, adjusted, {min(row['adjusted'] for row in independence):.3g}",
        content,
        chains * (RESTARTS + 1),
    )


def _published(row: Mapping[str, Any]) -> bool:
    """Whether a row is about the published criterion of success."""
    return bool(row["definition"] == "threshold")


def _shown(row: Mapping[str, Any]) -> str:
    return f"p {row['p']:.4f}, delta {_delta(row)}, s {row['s']:.4f}, {row['undecided']} undecided"


def _delta(row: Mapping[str, Any]) -> str:
    if row["delta"] is None:
        return "unknown"
    return f"{row['delta']:.4f} [{row['delta_interval'][0]:.4f}, {row['delta_interval'][1]:.4f}]"


CHECKS: dict[str, Check] = {
    "C14.tail-stag-hunt": lambda run: _check_tails(run, stag_hunt(), "exact"),
    "C14.tail-stag-hunt-sampled": lambda run: _check_tails(run, stag_hunt(), "sampled"),
    "C14.tail-ipd": lambda run: _check_tails(run, ipd(), "exact"),
    "C14.kept-ipd": _check_kept,
}
