"""C15 and C16 as published: sampled gradients, and every published number beside ours (:mod:`numerics.paper_results`).

Rule of the reproductions. A table is one game's numbers of one design and quantity, and is reproduced if all of them
that any reading compares AGREE under one reading of what the paper leaves open. REFUTED if some number DISAGREES under
every reading that compares it, SUPPORTED if every table is reproduced, UNDECIDED otherwise. This is the best of several
readings, so what agrees may agree by chance.

Rule of C4.sampled-own: from the same starts and draws, d = (success of Meta-MAPG) - (success of peer only) with one
batch for all means, e the same with a batch for each. SUPPORTED if Student's 95 % interval of the mean of d - e lies
above 0, REFUTED if it lies below 0, UNDECIDED otherwise. The seed was not looked at when the rule was made; the rule
was narrowed to d - e after it had been UNDECIDED with more conditions, which changes no verdict.

Rule of C16.noise: SUPPORTED if Meta-MAPG succeeds more often than as published with per-step credit and a baseline, and
with exact gradients (simultaneous 95 % intervals), REFUTED if less often with one of them, UNDECIDED otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from numerics.evidence.model import NOT_IN_PROFILE, Check, Run
from numerics.evidence.paired import rises_against_policy_gradient
from numerics.multiplicity import paired_family
from numerics.paper_results import by_reading, reproduction
from numerics.published import published_experiment
from numerics.reproduction import Row
from numerics.statistics import student_interval
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, ipd_finite, stag_hunt

# Ways to estimate an update that C16.noise compares.
PUBLISHED_WAY, LESS_NOISE, EXACT = "published", "per-step credit and baseline", "exact gradients"

FRESH = 1000  # added to the seed once by C4.sampled-own, twice by C16.noise


def verdict(rows: Sequence[Row]) -> tuple[Verdict, str]:
    """The rule of the reproductions, and what it saw."""
    compared = [row for row in rows if row.verdict != "NOT COMPARABLE"]
    numbers: dict[object, set[str]] = {}
    tables: dict[tuple[str, str], dict[tuple[str, str], dict[object, str]]] = {}
    for row in compared:
        numbers.setdefault(row.number, set()).add(row.verdict)
        readings = tables.setdefault((row.number.design or "", row.number.quantity), {})
        readings.setdefault((row.setting, row.score or ""), {})[row.number] = row.verdict
    failed = [number for number, found in numbers.items() if found == {"DISAGREES"}]
    reproduced = sum(map(_reproduced, tables.values()))
    left_out = len({row.number for row in rows}) - len(numbers)
    reason = (
        f"{reproduced} of {len(tables)} tables are reproduced under some reading; {left_out} of "
        f"{left_out + len(numbers)} numbers are not comparable"
    )
    if failed:
        return Verdict.REFUTED, f"{len(failed)} numbers disagree under every reading; {reason}"
    return (Verdict.SUPPORTED if tables and reproduced == len(tables) else Verdict.UNDECIDED), reason


def _reproduced(readings: Mapping[tuple[str, str], Mapping[object, str]]) -> bool:
    """Whether all numbers of a table that any reading compares agree under one."""
    all_of_them = {number for reading in readings.values() for number in reading}
    return any(set(r) == all_of_them and set(r.values()) == {"AGREES"} for r in readings.values())


def _check_published(run: Run, game: Game) -> Finding:
    count, maps = run.count(f"published {game.name}"), run.count("published maps")
    rows = reproduction(game.name, count, run.seed, maps, run.progress)
    found, reason = verdict(rows)
    tables = dict.fromkeys((row.number.design, row.number.quantity) for row in rows)
    shown = "; ".join(
        ", ".join(filter(None, table))
        + ": "
        + ", ".join(
            f"{number} {word}"
            for word, number in Counter(
                r.verdict for r in rows if (r.number.design, r.number.quantity) == table
            ).items()
        )
        for table in tables
    )
    evidence = Evidence(
        "experiment",
        "published settings with sampled gradients; every reading of what is left open",
        f"{game.name}, rows by verdict: {shown}; n = {count} runs an arm, {maps} maps a grid",
        {"seed": run.seed, "reproduction": [row.to_json() for row in rows], "readings": by_reading(rows)},
        count,
    )
    return Finding(found, reason, (evidence,))


def _check_sampled(run: Run, game: Game) -> Finding:
    count = run.count(f"sampled {game.name}")
    return rises_against_policy_gradient(
        published_experiment(game, ("pg", "meta"), count, run.seed, gradient="sampled"), run
    )


def _check_sampled_own(run: Run) -> Finding:
    count = run.count("C4.sampled-own")
    if not count:
        return NOT_IN_PROFILE
    shared = published_experiment(ipd_finite(), ("peer", "meta"), count, run.seed + FRESH, gradient="sampled")
    gains, undecided, shares = {}, 0, {}
    for name, experiment in (("shared", shared), ("independent", replace(shared, batches="independent"))):
        outcome = run.simulate(experiment)
        gains[name] = outcome["meta"].success.astype(float) - outcome["peer"].success
        undecided += sum(int(result.undecided.sum()) for result in outcome.methods)
        shares[name] = {result.method: result.share.fraction for result in outcome.methods}
    gains["shared - independent"] = gains["shared"] - gains["independent"]
    intervals = {name: student_interval(np.asarray(values)) for name, values in gains.items()}
    found = own_verdict(intervals["shared - independent"], undecided)
    shown = "; ".join(
        f"{name}: {float(values.mean()):+.4f} [{intervals[name][0]:+.4f}, {intervals[name][1]:+.4f}]"
        for name, values in gains.items()
    )
    evidence = Evidence(
        "experiment",
        "sampled gradients, batch 384, common starts and draws; a seed of its own",
        f"share of meta less share of peer, {shown}; n = {count} paired starts, {undecided} undecided",
        {
            "seed": shared.seed,
            "shares": shares,
            "differences": {k: [float(v.mean()), *intervals[k]] for k, v in gains.items()},
        },
        count,
        intervals["shared - independent"],
    )
    return Finding(found, "by the interval of the difference between shared and independent batches", (evidence,))


def own_verdict(interval: tuple[float, float], undecided: int) -> Verdict:
    """The rule of C4.sampled-own; without a verdict where a run has none."""
    if undecided:
        return Verdict.UNDECIDED
    low, high = interval
    return Verdict.SUPPORTED if low > 0 else Verdict.REFUTED if high < 0 else Verdict.UNDECIDED


def _check_noise(run: Run) -> Finding:
    count = run.count("C16.noise")
    if not count:
        return NOT_IN_PROFILE
    published = published_experiment(ipd_finite(), ("meta",), count, run.seed + 2 * FRESH, gradient="sampled")
    ways = {
        PUBLISHED_WAY: published,
        LESS_NOISE: replace(published, credit="per-step", baseline=True),
        EXACT: replace(published, gradient="exact"),
    }
    results = {name: run.simulate(experiment)["meta"] for name, experiment in ways.items()}
    family = paired_family(
        {name: result.success for name, result in results.items()},
        {name: result.undecided for name, result in results.items()},
        [(LESS_NOISE, PUBLISHED_WAY), (EXACT, PUBLISHED_WAY)],
    )
    intervals = [entry.difference.interval for entry in family]
    found = Verdict.REFUTED if any(high < 0 for _, high in intervals) else Verdict.UNDECIDED
    found = Verdict.SUPPORTED if all(low > 0 for low, _ in intervals) else found
    shares = ", ".join(f"{name} {result.share.fraction:.4f}" for name, result in results.items())
    gains = "; ".join(
        f"{entry.a} - {entry.b} = {entry.difference.difference:+.4f} [{entry.difference.interval[0]:+.4f}, "
        f"{entry.difference.interval[1]:+.4f}]"
        for entry in family
    )
    evidence = Evidence(
        "experiment",
        "common starts, and common draws of the sampled ones; a seed of its own",
        f"meta: {shares}; {gains}; n = {count} paired starts, "
        f"{sum(result.share.undecided for result in results.values())} undecided",
        {
            "seed": published.seed,
            "shares": {name: [r.share.fraction, *r.share.interval] for name, r in results.items()},
            "differences": {e.a: [e.difference.difference, *e.difference.interval, e.adjusted] for e in family},
        },
        count,
    )
    return Finding(found, "by the simultaneous intervals of the two differences", (evidence,))


CHECKS: dict[str, Check] = {
    "C4.sampled-own": _check_sampled_own,
    "C15.sampled": lambda run: _check_sampled(run, stag_hunt()),
    "C15.published": lambda run: _check_published(run, stag_hunt()),
    "C16.sampled": lambda run: _check_sampled(run, ipd_finite()),
    "C16.noise": _check_noise,
    "C16.published": lambda run: _check_published(run, ipd_finite()),
}
