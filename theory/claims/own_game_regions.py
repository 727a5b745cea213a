"""Certified regions around one's own game's target: each a file that the independent checker accepts."""

from __future__ import annotations

from theory.claims.certified import certified
from theory.claims.model import Finding
from theory.claims.own_game_model import (
    OwnCheck,
    in_words,
    memory_one_of_two,
    not_applicable,
    one_shot,
    target_actions,
    target_profile,
)
from theory.equilibria import is_equilibrium, reached
from theory.errors import BadInput
from theory.games import AnyGame, Game, finite
from theory.pure_equilibria import strict_for_small_tremble
from theory.regions import certify
from theory.regions.certify import COOPERATIVE_SET

MOST_PROBABILITIES = 4  # of a ball; with more a proof takes minutes


def _box(game: AnyGame) -> Finding:
    game = finite(game, "sign box")
    if game.one_shot:
        return certified([certify(game, _own_target(game, "sign box"))], "the largest cube that was proved")
    played = _strict_on_target(game)
    if not played:
        return not_applicable("no profile that is strict for small trembles plays the target")
    return certified([certify(game, words) for words in played], "the largest cubes that were proved")


def _ball(game: AnyGame) -> Finding:
    game = one_shot(game, "ball")
    target = _own_target(game, "ball")
    if sum(len(names) - 1 for names in game.actions) > MOST_PROBABILITIES:
        return not_applicable(
            f"with more than {MOST_PROBABILITIES} probabilities a proof takes minutes, if there is one; "
            "certify --kind sublevel tries it"
        )
    return certified([certify(game, target, "sublevel")], "the distance to the target falls on the whole ball")


def _set(game: AnyGame) -> Finding:
    game = finite(game, "cooperative set")
    if not memory_one_of_two(game) or game.horizon is not None:
        return not_applicable("only endless memory-one games of two players with two actions have this set")
    if any(target_actions(game)):
        return not_applicable("the set is for the target in which both play their first action")
    return certified([certify(game, COOPERATIVE_SET)], "the held probabilities arrive before the free ones drift out")


def _own_target(game: Game, what: str) -> str:
    """The target in words, if it is an equilibrium: nothing else attracts.

    Raises:
        BadInput: it is none.
    """
    profile = target_profile(game)
    if not is_equilibrium(game, profile):
        raise BadInput(f"{what}: the target of game {game.name!r} is no equilibrium.")
    return in_words(game, profile)


def _strict_on_target(game: Game) -> list[str]:
    """Profiles, in words, that play the target wherever they come and are strict for every small tremble."""
    if not memory_one_of_two(game):
        raise BadInput(f"sign box: game {game.name!r} is neither one-shot nor a memory-one game of two players.")
    actions = target_actions(game)
    return [
        in_words(game, entry.profile)
        for entry in strict_for_small_tremble(game)
        if all(
            policy[s] == action
            for policy, action in zip(entry.profile, actions, strict=True)
            for s in reached(game, entry.profile)
        )
    ]


CHECKS = (
    OwnCheck(
        "G.box",
        "A box of policies around the target is never left and runs to it.",
        _box,
        "direct coordinates, continuous time; in a repeated game around the equilibria that play the target",
    ),
    OwnCheck(
        "G.ball",
        "On a ball around the target the distance to it falls.",
        _ball,
        "direct coordinates, continuous time",
    ),
    OwnCheck(
        "G.set",
        "From policies near the cooperative set every run reaches it.",
        _set,
        "direct coordinates, continuous time",
    ),
)
