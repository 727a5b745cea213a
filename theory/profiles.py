"""Pure stationary profiles in words.

* One-shot games: one action per player, ``Stag,Stag``; also ``payoff-dominant``.
* Two-action repeated games with memory one: per player ``AllC``, ``AllD``, ``TFT``, ``Grim``, ``WSLS``, or a string
  such as ``C:CDCD``: the first move, then the moves after CC, CD, DC, DD as the player itself sees them, its own action
  first. Letters are the initials of the actions; the first action plays the part of C in the names.
* ``;`` separates players; a single entry means all of them.

A profile is one action index per player and observation, ``profile[i][o]``, in the game's order of observations.
"""

from __future__ import annotations

from theory.equilibria import StationaryPolicy, StationaryProfile, payoff_dominant
from theory.errors import BadInput
from theory.games.model import START, Game

# Moves after ∅, CC, CD, DC, DD, own action first; 0 is the first action.
STRATEGIES: dict[str, StationaryPolicy] = {
    "AllC": (0, 0, 0, 0, 0),
    "AllD": (1, 1, 1, 1, 1),
    "TFT": (0, 0, 1, 0, 1),
    "Grim": (0, 0, 1, 1, 1),
    "WSLS": (0, 0, 1, 1, 0),
}


def parse_profile(game: Game, text: str) -> StationaryProfile:
    """Read a profile.

    Raises:
        BadInput: it does not fit the game.
    """
    if game.one_shot:
        return _one_shot(game, text)
    if game.observations[0] != START or game.players != 2 or any(len(names) != 2 for names in game.actions):
        raise BadInput(
            f"profile {text!r}: game {game.name!r} is neither one-shot nor a two-action repeated game of two."
        )
    entries = text.split(";")
    if len(entries) not in (1, game.players):
        raise BadInput(f"profile {text!r}: give one strategy for all players or {game.players}, separated by ';'.")
    if len(entries) == 1:
        entries *= game.players
    return tuple(_in_global_order(game, player, _strategy(game, player, entry)) for player, entry in enumerate(entries))


def _one_shot(game: Game, text: str) -> StationaryProfile:
    if text == "payoff-dominant":
        dominant = payoff_dominant(game)
        if dominant is None:
            raise BadInput(f"profile {text!r}: no strict equilibrium of game {game.name!r} dominates all others.")
        return dominant
    names = text.split(",")
    if len(names) != game.players:
        raise BadInput(f"profile {text!r}: game {game.name!r} needs {game.players} actions, separated by ','.")
    return tuple((game.action_index(player, name),) for player, name in enumerate(names))


def _strategy(game: Game, player: int, text: str) -> StationaryPolicy:
    if text in STRATEGIES:
        return STRATEGIES[text]
    first, colon, rest = text.partition(":")
    initials = [name[0] for name in game.actions[player]]
    moves = first + rest
    if not colon or len(first) != 1 or len(rest) != 4 or any(move not in initials for move in moves):
        example = f"{initials[0]}:{initials[0]}{initials[1]}{initials[0]}{initials[1]}"
        raise BadInput(f"profile: {text!r} is neither one of {', '.join(STRATEGIES)} nor moves such as {example}.")
    return tuple(initials.index(move) for move in moves)


def _in_global_order(game: Game, player: int, own: StationaryPolicy) -> StationaryPolicy:
    """Moves by the game's observations, from moves by the player's own view of them."""
    if game.own_view is None:
        return own
    return tuple(own[game.own_view[player][observation]] for observation in range(len(game.observations)))
