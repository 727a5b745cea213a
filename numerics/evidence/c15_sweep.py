"""C15 and C16 as the peer coefficient grows: entry shares at the published sweep's coefficients, exact gradients.

Rule: SUPPORTED if the share rises significantly from every coefficient to the next (simultaneous 95 % intervals of the
paired differences above 0), REFUTED if it falls significantly at one of them, UNDECIDED otherwise.
"""

from __future__ import annotations

from itertools import pairwise

from numerics.evidence.model import Check, Run
from numerics.multiplicity import paired_family, share_family
from numerics.published import published_experiment
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, ipd, stag_hunt

COEFFICIENTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)


def _check(run: Run, game: Game, count: int) -> Finding:
    (alpha,) = published_experiment(game, ("meta",), count, run.seed).inner_lr
    runs = {
        size: run.simulate(published_experiment(game, ("meta",), count, run.seed, peer=size))["meta"]
        for size in COEFFICIENTS
    }
    success = {str(size): result.success for size, result in runs.items()}
    undecided = {str(size): result.undecided for size, result in runs.items()}
    steps = paired_family(success, undecided, [(str(b), str(a)) for a, b in pairwise(COEFFICIENTS)])
    shares = share_family(success, undecided)
    rises = sum(step.difference.interval[0] > 0 for step in steps)
    falls = [step for step in steps if step.difference.interval[1] < 0]
    verdict = Verdict.REFUTED if falls else Verdict.SUPPORTED if rises == len(steps) else Verdict.UNDECIDED
    shown = ", ".join(f"{size}: {share.fraction:.4f}" for size, share in shares.items())
    evidence = Evidence(
        "experiment",
        "paired experiments, exact gradients, common starts; one family of intervals",
        f"{game.name}, shares by peer coefficient: {shown}; n = {count} paired starts, "
        f"{sum(int(unknown.sum()) for unknown in undecided.values())} undecided",
        {
            "seed": run.seed,
            "game": game.name,
            "sweep": [
                {
                    "c_peer": size,
                    "lambda": size * alpha,
                    "share": shares[str(size)].fraction,
                    "interval": list(shares[str(size)].interval),
                    "n": count,
                    "undecided": shares[str(size)].undecided,
                }
                for size in COEFFICIENTS
            ],
            "steps": [
                {
                    "from": step.b,
                    "to": step.a,
                    "difference": step.difference.difference,
                    "interval": list(step.difference.interval),
                    "adjusted_p": step.adjusted,
                }
                for step in steps
            ],
        },
        count,
    )
    reason = f"{rises} of {len(steps)} steps rise" + (
        f", and {', '.join(f'{step.b} to {step.a}' for step in falls)} falls" if falls else ""
    )
    return Finding(verdict, reason, (evidence,))


CHECKS: dict[str, Check] = {
    "C15.sweep": lambda run: _check(run, stag_hunt(), run.count("C15.logit")),
    "C16.sweep": lambda run: _check(run, ipd(), run.count("C16")),
}
