"""The target is an equilibrium: by every deviation of the payoff table, or of some pure profile that plays it."""

from __future__ import annotations

from itertools import product

from numerics.game_suite.model import Broken, NotApplicable, Property, Subject
from numerics.game_suite.snippets import given_game, snippet
from theory.equilibria import StationaryProfile, best_deviation
from theory.games import Game
from theory.pure_equilibria import PureEquilibrium, pure_equilibria

MOST_PROFILES = 1024  # that are tried for the nearest one


def target() -> Property:
    """The target, or in a game of several states some pure stationary equilibrium whose play begins with it."""
    return Property(
        "target",
        "the game's target is an equilibrium; in a game of several states, some pure stationary equilibrium plays it"
        " from the start and for as long as it has been played",
        _is_equilibrium,
    )


def target_profile(game: Game) -> StationaryProfile:
    """The target of a one-shot game as a profile.

    Raises:
        NotApplicable: the game has none.
    """
    if game.target is None:
        raise NotApplicable(f"game {game.name!r} has no target.")
    return tuple((game.action_index(player, action),) for player, action in enumerate(game.target))


def plays_target(game: Game, profile: StationaryProfile) -> bool:
    """Whether a profile plays the target from the start on, and in what states follow in a repeated game."""
    wanted = tuple(policy[0] for policy in target_profile(game))
    here = {s for s, weight in enumerate(game.start) if weight != 0}
    if game.own_view is not None:  # then a target is the play in the first round and along the path
        joint = game.joint_actions.index(wanted)
        here |= {t for s in here for t, chance in enumerate(game.transition[s][joint]) if chance != 0}
    return all(tuple(policy[s] for policy in profile) == wanted for s in here)


def sustaining(game: Game) -> list[PureEquilibrium]:
    """Pure stationary equilibria that play the target.

    Raises:
        NotApplicable: the game has no target.
        BadInput: there are too many profiles, or policies do not see the state.
    """
    target_profile(game)
    return [found for found in pure_equilibria(game) if plays_target(game, found.profile)]


def _is_equilibrium(subject: Subject) -> None:
    game = subject.finite()
    profile = target_profile(game)
    if game.one_shot:
        _no_deviation(subject, game, profile)
    elif not sustaining(game):
        raise _nearest(subject, game)


def _no_deviation(subject: Subject, game: Game, profile: StationaryProfile) -> None:
    """Every other action of every player, from the table; the library's deviation test must agree."""
    rows = dict(zip(game.joint_actions, game.instance().reward[0], strict=True))
    joint = tuple(policy[0] for policy in profile)
    for player, names in enumerate(game.actions):
        others = [(*joint[:player], action, *joint[player + 1 :]) for action in range(len(names))]
        best = max(others, key=lambda other: rows[other][player])
        gain = rows[best][player] - rows[joint][player]
        found = best_deviation(game, profile, player)
        if (found is None) != (gain <= 0):
            raise AssertionError(f"the deviation test of player {player + 1} and the table disagree")
        if gain > 0:
            raise _gain(subject, profile, player, f"player {player + 1} gains {gain} by playing {names[best[player]]}")


def _nearest(subject: Subject, game: Game) -> Broken:
    """The profile that plays the target with the least gain from deviating, among the first that do."""
    choices = [product(range(len(names)), repeat=len(game.states)) for names in game.actions]
    tried: list[tuple[object, StationaryProfile, int]] = []
    for profile in product(*choices):
        if plays_target(game, profile):
            deviations = [best_deviation(game, profile, player) for player in range(game.players)]
            gain, player = max((found.gain, found.player) for found in deviations if found is not None)
            tried.append((gain, profile, player))
        if len(tried) == MOST_PROFILES:
            break
    gain, profile, player = min(tried)
    words = "; ".join(
        ", ".join(f"{names[a]} in {state}" for a, state in zip(policy, game.states, strict=True))
        for policy, names in zip(profile, game.actions, strict=True)
    )
    where = f"no pure stationary profile that plays {', '.join(game.target or ())} is an equilibrium; the nearest is"
    return _gain(subject, profile, player, f"{where} {words}, where player {player + 1} gains {gain}")


def _gain(subject: Subject, profile: StationaryProfile, player: int, where: str) -> Broken:
    imports, lines = given_game(subject)
    lines += [
        f"deviation = best_deviation(game, {profile}, player={player})  # action indices by player and state",
        "print(deviation)",
        "assert deviation is None",
    ]
    return Broken(where, snippet([*imports, "from theory.equilibria import best_deviation"], lines))


def attracting(game: Game) -> list[StationaryProfile]:
    """Pure equilibria to look for a region at: the target of a one-shot game, else what sustains it, strictest first.

    Raises:
        NotApplicable: there is none.
    """
    if game.one_shot:
        return [target_profile(game)]
    found = sorted(sustaining(game), key=lambda entry: (not entry.strict, not entry.subgame_perfect))
    profiles = [entry.profile for entry in found if entry.strict_on_path and entry.subgame_perfect]
    if not profiles:
        raise NotApplicable(
            f"no pure equilibrium of game {game.name!r} that plays its target is strict in every state."
        )
    return profiles
