"""What can be measured of any one game: entry into the target's basin by rule, and its growth in log-odds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numerics import flux
from numerics.evidence.model import Check, Run
from numerics.evidence.paired import rises_against_policy_gradient
from numerics.experiments import Experiment
from numerics.inits import Normal
from theory.claims import Claim, Evidence, Finding, Verdict
from theory.claims.own_game_model import NO_TARGET, lacks_target, not_applicable
from theory.errors import BadInput
from theory.games import AnyGame

METHODS = ("pg", "own", "peer", "meta")


@dataclass(frozen=True)
class Measured:
    """One measurement that can be asked of any game.

    Attributes:
        id: of the ledger's entry.
        statement: what is asked, as a claim in one sentence.
        scope: settings.
        check: decides it. It raises :class:`theory.errors.BadInput` where it does not apply; the message says why.
    """

    id: str
    statement: str
    scope: str
    check: Callable[[AnyGame, Run], Finding]


def numerical_checks(game: AnyGame) -> tuple[tuple[Claim, Check], ...]:
    """Claims about one game with the experiment that decides each."""
    return tuple(
        (Claim(own.id, own.statement, f"game {game.name}", scope=own.scope), _applied(own, game)) for own in CHECKS
    )


def _applied(own: Measured, game: AnyGame) -> Check:
    def check(run: Run) -> Finding:
        if lacks_target(game):
            return NO_TARGET
        try:
            return own.check(game, run)
        except BadInput as reason:
            return not_applicable(str(reason))

    return check


# -------------------------------------------------------------------------------------------------------- entry


def _entry_logit(game: AnyGame, run: Run) -> Finding:
    return _entry(Experiment(game, "oracle", METHODS, count=run.count("G.entry"), seed=run.seed), run)


def _entry_direct(game: AnyGame, run: Run) -> Finding:
    setting = Experiment(
        game, "oracle", METHODS, policy="direct", init="uniform:0:1", count=run.count("G.entry"), seed=run.seed
    )
    return _entry(setting, run)


def _entry(experiment: Experiment, run: Run) -> Finding:
    """Meta-MAPG against policy gradient decides; the other rules' shares and differences are shown with it."""
    finding = rises_against_policy_gradient(experiment, run)
    settings = _settings(experiment)
    evidence = tuple(replace(e, summary=f"{_summary(e)}; {settings}") for e in finding.evidence)
    return replace(finding, evidence=evidence)


def _settings(experiment: Experiment) -> str:
    """What was run, to read; lambda is alpha times the peer coefficient."""
    alphas = ", ".join(f"{alpha:g}" for alpha in experiment.inner_lr)
    sizes = ", ".join(f"{alpha * experiment.peer:g}" for alpha in experiment.inner_lr)
    return (
        f"{experiment.policy} policies, {experiment.form} form, L = {experiment.unroll}, alpha = {alphas}, "
        f"lambda = {sizes}, {experiment.steps} steps of size {experiment.lr:g}, {experiment.count} starts drawn from "
        f"{experiment.init}, seed {experiment.seed}"
    )


def _summary(evidence: Evidence) -> str:
    results: Sequence[Mapping[str, Any]] = evidence.content["results"]
    paired: Sequence[Mapping[str, Any]] = evidence.content["paired"]
    shares = [f"{row['method']} {row['fraction']:.4f} {_interval(row['interval'], '.4f')}" for row in results]
    gains = [
        f"{row['a']} - {row['b']} = {row['difference']:+.4f} {_interval(row['interval'], '+.4f')}"
        for row in paired
        if row["b"] == "pg"
    ]
    undecided = sum(row["undecided"] for row in results)
    return f"{', '.join(shares)}; {', '.join(gains)}; n = {evidence.n} paired starts, {undecided} runs undecided"


def _interval(ends: Sequence[float], spec: str) -> str:
    return f"[{', '.join(format(end, spec) for end in ends)}]"


# ---------------------------------------------------------------------------------------------------------- flux


def _flux_logit(game: AnyGame, run: Run) -> Finding:
    starts = Normal(1.0)
    found, share = flux.flux(game, "logit", starts), flux.basin_share(game, "logit", 0.0, starts)
    if found.undecided:
        return not_applicable(f"flux: {found.undecided}")
    low, high = found.value - found.error, found.value + found.error
    verdict = Verdict.SUPPORTED if low > 0 else Verdict.REFUTED if high < 0 else Verdict.UNDECIDED
    change = {Verdict.SUPPORTED: "grows", Verdict.REFUTED: "shrinks", Verdict.UNDECIDED: "is not seen to change"}
    evidence = Evidence(
        "experiment",
        "flux through the separatrix, error from two resolutions",
        f"dP/dlambda = {found.value:+.6f} at 0 (error {found.error:.1g}); share {share.value:.6f} at lambda = 0",
        {"flux": found.value, "error": found.error, "share_at_0": share.value, "starts": "normal:1"},
        interval=(low, high),
    )
    return Finding(verdict, f"the basin {change[verdict]}", (evidence,))


_RUNS = "unrolled form, L = 1, default settings; basin by oracle"
CHECKS = (
    Measured(
        "G.flux-logit",
        "To first order in lambda the correction makes the target's basin grow in log-odds too (A3: expanded form, "
        "continuous time; G.entry measures the unrolled form in steps).",
        "log-odds, starts N(0, 1), expanded form, continuous time; integral in floating point with an error estimate",
        _flux_logit,
    ),
    Measured(
        "G.entry",
        "More starts enter the target's basin under Meta-MAPG than under policy gradient.",
        f"logit policies, starts N(0, 1), {_RUNS} (a heuristic in logit)",
        _entry_logit,
    ),
    Measured(
        "G.entry-direct",
        "More starts enter the target's basin under Meta-MAPG than under policy gradient, in direct coordinates.",
        f"direct policies, uniform starts, {_RUNS}",
        _entry_direct,
    ),
)
