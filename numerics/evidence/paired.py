"""The verdict of a paired comparison: SUPPORTED or REFUTED when the interval excludes 0, else UNDECIDED."""

from __future__ import annotations

from numerics.evidence.model import Run, experiment_evidence
from numerics.experiments import Experiment
from theory.claims import Finding, Verdict


def rises_against_policy_gradient(experiment: Experiment, run: Run) -> Finding:
    """Whether the last method reaches success from more starts than ``pg``, from the same random starts.

    Args:
        experiment: its methods hold ``pg`` and end with the method asked about.
        run: where and how to run it.
    """
    outcome = run.simulate(experiment)
    method = experiment.methods[-1]
    pair = next(pair for pair in outcome.paired if (pair.a, pair.b) == (method, "pg"))
    low, high = pair.difference.interval
    verdict = Verdict.SUPPORTED if low > 0 else Verdict.REFUTED if high < 0 else Verdict.UNDECIDED
    shares = ", ".join(f"{result.method} {result.share.fraction:.4f}" for result in outcome.methods)
    undecided = sum(result.share.undecided for result in outcome.methods)
    ends = outcome[method].ends
    summary = (
        f"{shares}; {method} - pg = {pair.difference.difference:+.4f} [{low:+.4f}, {high:+.4f}], "
        f"n = {pair.difference.total} paired starts, {undecided} undecided; "
        f"{method} ends: {', '.join(f'{name} {count}' for name, count in sorted(ends.items()))}"
    )
    route = f"paired experiment, {experiment.gradient} gradients, common starts"
    evidence = experiment_evidence(outcome, pair, route, summary)
    relation = {Verdict.SUPPORTED: "above", Verdict.REFUTED: "below", Verdict.UNDECIDED: "around"}[verdict]
    return Finding(verdict, f"the 95% interval of the paired difference lies {relation} 0", (evidence,))
