"""C4 in numbers: the effect of each correction on entry, from one experiment with common starts."""

from __future__ import annotations

from numerics.evidence.model import Check, Run, experiment_evidence
from numerics.evidence.published import published_experiment
from numerics.simulation import simulate
from theory.claims import Finding, Verdict
from theory.games import Game, ipd, stag_hunt


def _check(run: Run, game: Game, count: int) -> Finding:
    outcome = simulate(published_experiment(game, ("pg", "own", "peer"), count, run.seed), run.progress)
    pairs = {(pair.a, pair.b): pair for pair in outcome.paired}
    own, peer, apart = pairs["own", "pg"], pairs["peer", "pg"], pairs["peer", "own"]
    own_low, own_high = own.difference.interval
    peer_low, peer_high = peer.difference.interval
    shown = "; ".join(
        f"{pair.a} - {pair.b} = {pair.difference.difference:+.4f} "
        f"[{pair.difference.interval[0]:+.4f}, {pair.difference.interval[1]:+.4f}]"
        for pair in (own, peer, apart)
    )
    evidence = experiment_evidence(
        outcome, apart, "paired experiment, exact gradients", f"{shown}, n = {count} paired starts"
    )
    if peer_low > max(abs(own_low), abs(own_high)):
        return Finding(Verdict.SUPPORTED, "the peer effect's interval lies above the own effect's in size", (evidence,))
    if max(abs(peer_low), abs(peer_high)) < max(own_low, -own_high, 0.0):
        return Finding(Verdict.REFUTED, "the own effect's interval lies above the peer effect's in size", (evidence,))
    return Finding(Verdict.UNDECIDED, "the intervals of the two effects overlap in size", (evidence,))


CHECKS: dict[str, Check] = {
    "C4.logit": lambda run: _check(run, stag_hunt(), run.count("C15.logit")),
    "C4.ipd": lambda run: _check(run, ipd(), run.count("C16")),
}
