"""Pure stationary profiles in words.

* One-shot games: one action per player, ``Stag,Stag``; also ``payoff-dominant``.
* Two-action repeated games with memory one: per player ``AllC``, ``AllD``, ``TFT``, ``Grim``, ``WSLS``, or a string
  such as ``C:CDCD``: the first move, then the moves after CC, CD, DC, DD as the player itself sees them, its own action
  first. Letters are the initials of the actions; the first action plays the part of C in the names. Where a game begins
  after a joint action instead of a first round, a string is the four moves alone, ``CDCD``.
* ``;`` separates players; a single entry means all of them.

A profile is one action index per player and observation, ``profile[i][o]``, in the game's order of observations.
"""

from __future__ import annotations

import re

from theory.equilibria import StationaryPolicy, StationaryProfile, payoff_dominant
from theory.errors import BadInput
from theory.games.model import START, Game
from theory.games.reading import quoted

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
    repeated = game.own_view is not None and len(game.observations) in (4, 5)
    if not repeated or game.players != 2 or any(len(names) != 2 for names in game.actions):
        raise BadInput(
            f"profile {quoted(text)}: game {game.name!r} is neither one-shot nor a two-action repeated game of two."
        )
    entries = text.split(";")
    if len(entries) not in (1, game.players):
        raise BadInput(
            f"profile {quoted(text)}: give one strategy for all players or {game.players}, separated by ';'."
        )
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
        raise BadInput(f"profile {quoted(text)}: game {game.name!r} needs {game.players} actions, separated by ','.")
    return tuple((game.action_index(player, name),) for player, name in enumerate(names))


def _strategy(game: Game, player: int, text: str) -> StationaryPolicy:
    first_round = game.observations[0] == START
    if text in STRATEGIES:
        return STRATEGIES[text] if first_round else STRATEGIES[text][1:]
    initials = [name[0] for name in game.actions[player]]
    moves = text.replace(":", "", 1) if first_round and text[1:2] == ":" else text
    fits = len(text) == len(moves) + int(first_round) and len(moves) == len(game.observations)
    if not fits or any(move not in initials for move in moves):
        example = f"{initials[0]}:" * first_round + f"{initials[0]}{initials[1]}{initials[0]}{initials[1]}"
        raise BadInput(
            f"profile: {quoted(text)} is neither one of {', '.join(STRATEGIES)} nor moves such as {example}."
        )
    return tuple(initials.index(move) for move in moves)


def _in_global_order(game: Game, player: int, own: StationaryPolicy) -> StationaryPolicy:
    """Moves by the game's observations, from moves by the player's own view of them."""
    if game.own_view is None:
        return own
    return tuple(own[game.own_view[player][observation]] for observation in range(len(game.observations)))


def parameter_place(game: Game, name: str, option: str) -> tuple[int, int]:
    """The (player, observation) of ``p1[CC]``, player 1 after CC in its own view, or of ``p1`` in a one-shot game.

    Raises:
        BadInput: there is none; the message begins with the option that named it.
    """
    match = re.fullmatch(r"p([1-9])(?:\[(.+)\])?", name)
    if match and int(match[1]) <= game.players:
        player = int(match[1]) - 1
        for observation in range(len(game.observations)):
            if match[2] == game.seen_by(player, observation) or (match[2] is None and len(game.observations) == 1):
                return player, observation
    shown = f"p1[{game.observations[-1]}]" if len(game.observations) > 1 else "p1"
    raise BadInput(f"{option}: game {game.name!r} has no parameter {quoted(name)}; write them like {shown}.")
