"""What can be measured of any one game: whether Meta-MAPG enters the target's basin more often than policy gradient."""

from __future__ import annotations

from numerics.evidence.model import Check, Run
from numerics.evidence.paired import rises_against_policy_gradient
from numerics.experiments import Experiment
from theory.claims import Claim, Finding
from theory.claims.own_game import not_applicable
from theory.errors import BadInput
from theory.games import AnyGame


def numerical_checks(game: AnyGame) -> tuple[tuple[Claim, Check], ...]:
    """Claims about one game with the experiment that decides each."""
    statement = "More starts enter the target's basin under Meta-MAPG than under policy gradient."
    scope = (
        "logit policies, starts N(0, 1), unrolled form, L = 1, default settings; basin by oracle (a heuristic in logit)"
    )
    return ((Claim("G.entry", statement, f"game {game.name}", scope=scope), lambda run: _entry(game, run)),)


def _entry(game: AnyGame, run: Run) -> Finding:
    try:
        experiment = Experiment(game, success="oracle", count=run.count("G.entry"), seed=run.seed)
        return rises_against_policy_gradient(experiment, run)
    except BadInput as reason:
        return not_applicable(str(reason))
