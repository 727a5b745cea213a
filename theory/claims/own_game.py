"""What can be decided exactly of any one game: equilibria, decomposition, alignment, basins, certified regions.

A check is one function and one line in the tuple ``CHECKS`` of a file of its topic. It says PROVED, CERTIFIED or
REFUTED with evidence, or why it does not apply.
"""

from __future__ import annotations

from functools import partial

from theory.claims import own_game_alignment, own_game_basins, own_game_equilibria, own_game_regions
from theory.claims.model import Claim, Finding
from theory.claims.own_game_model import NO_TARGET, OwnCheck, lacks_target, not_applicable
from theory.errors import BadInput
from theory.games import AnyGame

CHECKS: tuple[OwnCheck, ...] = (
    *own_game_equilibria.CHECKS,
    *own_game_alignment.CHECKS,
    *own_game_basins.CHECKS,
    *own_game_regions.CHECKS,
)


def own_game_claims(game: AnyGame) -> tuple[Claim, ...]:
    """The exact checks of one game, as claims of a ledger."""
    return tuple(
        Claim(own.id, own.statement, f"game {game.name}", scope=own.scope, check=partial(_if_applicable, own, game))
        for own in CHECKS
    )


def _if_applicable(own: OwnCheck, game: AnyGame) -> Finding:
    if own.needs_target and lacks_target(game):
        return NO_TARGET
    try:
        return own.check(game)
    except BadInput as reason:
        return not_applicable(str(reason))
