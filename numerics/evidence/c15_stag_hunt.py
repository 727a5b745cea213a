"""C15 in numbers: simulated basin shares of Stag Hunt against the closed form, and the published logit settings."""

from __future__ import annotations

from typing import Any

from sympy import Rational

from numerics.evidence.model import Check, Run
from numerics.evidence.paired import rises_against_policy_gradient
from numerics.experiments import Experiment
from numerics.published import published_experiment
from numerics.statistics import share
from theory.claims import Evidence, Finding, Verdict
from theory.games import Game, stag_hunt
from theory.separatrix import separatrix
from theory.symbols import alpha, correction

# λ = α · c_peer with α = 1; every one is inside the closed form's scope for its payoffs.
CASES: tuple[tuple[tuple[int, int, int, int], tuple[Rational, ...]], ...] = (
    ((4, 0, 3, 2), (Rational(0), Rational(1, 20), Rational(1, 10), Rational(1, 5))),
    ((5, 0, 3, 1), (Rational(0), Rational(1, 20), Rational(1, 10), Rational(1, 8))),
    ((3, 1, 0, 2), (Rational(0), Rational(1, 20), Rational(1, 10), Rational(1, 5))),
)


def closed_form_experiment(game: Game, size: Rational, count: int, seed: int) -> Experiment:
    """The simulation that the closed form predicts: direct coordinates, uniform starts, λ = α · c_peer = ``size``."""
    return Experiment(
        game=game,
        success="initial-cooperation:0.99",
        methods=("peer",),
        form="expanded",
        policy="direct",
        inner_lr=(1.0,),
        peer=float(size),
        lr=0.05,
        steps=400,
        init="uniform:0:1",
        count=count,
        seed=seed,
    )


def _check_direct(run: Run) -> Finding:
    rows: list[dict[str, Any]] = []
    tests = sum(len(sizes) for _, sizes in CASES)
    for payoffs, sizes in CASES:
        game = stag_hunt(**dict(zip("RSTP", payoffs, strict=True)))
        line = separatrix(game)
        for size in sizes:
            outcome = run.simulate(closed_form_experiment(game, size, run.count("C15.direct"), run.seed))
            result = outcome["peer"]
            # Bonferroni: all intervals hold together with probability at least 95 %.
            measured = share(result.success, result.undecided, confidence=1 - 0.05 / tests)
            exact = line.share(size)
            rows.append(
                {
                    "payoffs": list(payoffs),
                    "lambda": str(size),
                    "closed_form": str(exact),
                    "closed_form_decimal": float(exact),
                    "simulated": measured.fraction,
                    "interval": list(measured.interval),
                    "n": measured.total,
                    "undecided": measured.undecided,
                    "agrees": measured.interval[0] <= float(exact) <= measured.interval[1],
                }
            )
    agree = sum(row["agrees"] for row in rows)
    verdict = Verdict.SUPPORTED if agree == len(rows) else Verdict.REFUTED
    evidence = Evidence(
        "experiment",
        "simulation of the projected Euler map, uniform starts",
        f"{agree} of {len(rows)} closed-form shares lie in their simultaneous 95% intervals, "
        f"n = {run.count('C15.direct')} each",
        {"seed": run.seed, "symbols": {str(correction): f"{alpha} * c_peer"}, "rows": rows},
        run.count("C15.direct"),
    )
    return Finding(verdict, f"{agree} of {len(rows)} shares agree", (evidence,))


def _check_logit(run: Run) -> Finding:
    methods = ("pg", "own", "peer", "meta")
    experiment = published_experiment(stag_hunt(), methods, run.count("C15.logit"), run.seed)
    return rises_against_policy_gradient(experiment, run)


CHECKS: dict[str, Check] = {"C15.direct": _check_direct, "C15.logit": _check_logit}
