"""What a numerical check gets: a profile with sample sizes, a seed, and a way to report progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numerics import neural
from numerics.experiments import Experiment
from numerics.outcomes import Outcome, Paired
from numerics.simulation import Progress, simulate
from theory.claims import Evidence, Finding, Verdict
from theory.claims.model import undecided

# Starts of each experiment, by profile; 0 where the profile leaves it out.
SIZES: Mapping[str, Mapping[str, int]] = {
    "quick": {
        "C4.ablation": 2_000,
        "C4.ablation, horizon": 0,
        "C4.sampled-own": 0,
        "C7.trajectories": 2_000,
        "C15.direct": 4_000,
        "C15.logit": 10_000,
        "C16": 10_000,
        "C16.horizon": 0,
        "C16.noise": 0,
        "C16.regions": 2_000,
        "C16.peer-papers": 500,
        "C19.coverage": 500,
        "G.entry": 500,
        "published maps": 2,
        "published ipd-finite": 100,
        "published stag-hunt": 200,
        "sampled ipd-finite": 200,
        "sampled stag-hunt": 1_000,
    },
    "paper": {
        "C4.ablation": 10_000,
        "C4.ablation, horizon": 1_000,
        "C4.sampled-own": 2_000,
        "C7.trajectories": 20_000,
        "C15.direct": 20_000,
        "C15.logit": 20_000,
        "C16": 20_000,
        "C16.horizon": 10_000,
        "C16.noise": 2_000,
        "C16.regions": 10_000,
        "C16.peer-papers": 20_000,
        "C19.coverage": 4_000,
        "G.entry": 5_000,
        "published maps": 20,
        "published ipd-finite": 2_000,
        "published stag-hunt": 2_000,
        "sampled ipd-finite": 2_000,
        "sampled stag-hunt": 10_000,
    },
}
PROFILES = tuple(SIZES)


@dataclass(frozen=True)
class Run:
    """One run of a numerical check.

    Attributes:
        profile: ``quick`` or ``paper``.
        seed: seed of all random starts.
        progress: where to report, or ``None``.
        store: where finished parts of simulations are kept, so that a stopped run goes on; ``None`` for nowhere.
        threads: that a check may use; by default one per processor available.
    """

    profile: str
    seed: int
    progress: Progress | None = None
    store: Path | None = None
    threads: int | None = None

    def count(self, experiment: str) -> int:
        """Number of starts of an experiment in this profile."""
        return SIZES[self.profile][experiment]

    def simulate(self, experiment: Experiment) -> Outcome:
        """Run an experiment."""
        return simulate(experiment, self.progress, None, self.store, self.threads)


Check = Callable[[Run], Finding]
NOT_IN_PROFILE = Finding(Verdict.UNDECIDED, "not-run: it takes minutes; verify --profile paper runs it")


def needing_networks(checks: Mapping[str, Check]) -> dict[str, Check]:
    """The checks, or what to install for them."""
    if neural.available():
        return dict(checks)
    return {name: lambda run: undecided(f"not-run: {neural.MISSING}") for name in checks}


def experiment_evidence(outcome: Outcome, pair: Paired, route: str, summary: str) -> Evidence:
    """Evidence from a paired experiment: the whole outcome, with the pair's n and interval."""
    content: dict[str, Any] = outcome.to_json()
    return Evidence("experiment", route, summary, content, pair.difference.total, pair.difference.interval)
