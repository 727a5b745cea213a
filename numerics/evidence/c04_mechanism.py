"""C4 in numbers: the effect of each correction on entry, from experiments with common starts.

Rule of C4.ablation: SUPPORTED if in every cell the peer effect's interval lies above the own effect's in size, REFUTED
if in one it is the other way round, else UNDECIDED. All intervals hold together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from numerics.ablation import ARMS, rows, run_cells
from numerics.evidence.model import Check, Run, experiment_evidence
from numerics.experiments import Experiment
from numerics.published import published_experiment
from numerics.statistics import Interval
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, ipd, ipd_finite, stag_hunt
from theory.updates import FORMS

# Unrolls of each game, by profile (kernels of the IPD's longer ones take a while to compile), and peer coefficients.
UNROLLS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "quick": {"stag-hunt": (1, 2, 3, 5), "ipd": (1,)},
    "paper": {"stag-hunt": (1, 2, 3, 5), "ipd": (1, 2, 3, 5)},
}
WEAK_AND_STRONG = (0.5, 5.0)  # besides the published coefficient


def larger(peer: Interval, own: Interval) -> Verdict:
    """Whether an effect of peer-learning exceeds one of own-learning, from their intervals."""
    if peer[0] > max(abs(own[0]), abs(own[1])):
        return Verdict.SUPPORTED
    if max(abs(peer[0]), abs(peer[1])) < max(own[0], -own[1], 0.0):
        return Verdict.REFUTED
    return Verdict.UNDECIDED


def _check(run: Run, game: Game, count: int) -> Finding:
    outcome = run.simulate(published_experiment(game, ("pg", "own", "peer"), count, run.seed))
    pairs = {(pair.a, pair.b): pair for pair in outcome.paired}
    own, peer, apart = pairs["own", "pg"], pairs["peer", "pg"], pairs["peer", "own"]
    shown = "; ".join(
        f"{pair.a} - {pair.b} = {pair.difference.difference:+.4f} "
        f"[{pair.difference.interval[0]:+.4f}, {pair.difference.interval[1]:+.4f}]"
        for pair in (own, peer, apart)
    )
    evidence = experiment_evidence(
        outcome, apart, "paired experiment, exact gradients", f"{shown}, n = {count} paired starts"
    )
    verdict = larger(peer.difference.interval, own.difference.interval)
    reason = {
        Verdict.SUPPORTED: "the peer effect's interval lies above the own effect's in size",
        Verdict.REFUTED: "the own effect's interval lies above the peer effect's in size",
        Verdict.UNDECIDED: "the intervals of the two effects overlap in size",
    }[verdict]
    return Finding(verdict, reason, (evidence,))


def ablation_experiments(run: Run) -> list[Experiment]:
    """One setting per cell.

    Both games with exact gradients, expanded and unrolled; every unroll of the profile at the published coefficients,
    one step at others too. In the paper profile also the IPD over twelve rounds, and sampled gradients as published.
    The expanded form with L steps is that of one step with L times the coefficients, so it has no cells of its own.
    """
    count = run.count("C4.ablation")
    found = []
    for game in (stag_hunt(), ipd()):
        for form in FORMS:
            base = published_experiment(game, ("pg",), count, run.seed, form=form)
            unrolls = UNROLLS[run.profile][game.name] if form == "unrolled" else (1,)
            found += [replace(base, unroll=unroll) for unroll in unrolls]
            found += [replace(base, peer=peer) for peer in WEAK_AND_STRONG]
    played = run.count("C4.ablation, horizon")
    if played:
        base = published_experiment(ipd_finite(), ("pg",), played, run.seed)
        found += [replace(base, form=form) for form in FORMS]
        found += [replace(base, game=game, gradient="sampled") for game in (stag_hunt(), ipd_finite())]
    return found


def _check_ablation(run: Run) -> Finding:
    found = list(rows(run_cells(ablation_experiments(run), ARMS, run.progress, run.store, run.threads)))
    effects = {arm: [row for row in found if row["arm"] == arm] for arm in ("own", "peer")}
    verdicts = [
        larger(tuple(peer["difference_interval"]), tuple(own["difference_interval"]))
        for own, peer in zip(effects["own"], effects["peer"], strict=True)
    ]
    verdict = _of_all(verdicts)
    shown = "; ".join(
        f"{peer['game']}, {peer['gradient']}, {peer['form']}, L = {peer['unroll']}, c_peer = {peer['c_peer']:g}: own "
        f"{own['difference']:+.4f}, peer {peer['difference']:+.4f}"
        for own, peer in zip(effects["own"], effects["peer"], strict=True)
    )
    sizes = " or ".join(str(size) for size in dict.fromkeys(row["n"] for row in found))
    evidence = Evidence(
        "experiment",
        "paired experiments, common starts; one family of intervals",
        f"change of the success share against policy gradient: {shown}; n = {sizes} paired starts a cell, "
        f"{sum(row['undecided'] for row in found)} undecided",
        {"seed": run.seed, "ablation": found},
        found[0]["n"],
    )
    agree = verdicts.count(Verdict.SUPPORTED)
    return Finding(verdict, f"the peer effect is the larger one in {agree} of {len(verdicts)} cells", (evidence,))


def _of_all(verdicts: Sequence[Verdict]) -> Verdict:
    if Verdict.REFUTED in verdicts:
        return Verdict.REFUTED
    return Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts else Verdict.SUPPORTED


CHECKS: dict[str, Check] = {
    "C4.logit": lambda run: _check(run, stag_hunt(), run.count("C15.logit")),
    "C4.ipd": lambda run: _check(run, ipd(), run.count("C16")),
    "C4.ablation": _check_ablation,
}
