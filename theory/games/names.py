"""Names in game files: the game's, the states' and the actions'.

Action names, and state names alike, are a letter followed by letters and digits. Symbols such as ``p_CD_Rock`` are
built from them: a name with ``_``, ``-`` or ``/`` would make two symbols equal, or read like a difference or a
quotient.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod

from theory.games.entries import Entry
from theory.games.reading import MAX_ACTIONS, MAX_JOINT_ACTIONS, MAX_PLAYERS

_GAME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")


def game_name(entry: Entry) -> str:
    """The game's name."""
    return entry.name(_GAME_NAME, "letters, digits, spaces, '.', '_' and '-' (at most 64)")


def distinct_names(entry: Entry, kind: str, low: int, high: int) -> tuple[str, ...]:
    """An array of different identifiers; ``kind`` says of what."""
    items = entry.items()
    if not low <= len(items) <= high:
        owner = "a player" if kind == "action" else "a game"
        raise entry.refusal(f"{owner} has {low} to {high} {kind}s, not {len(items)}")
    names: list[str] = []
    for item in items:
        name = item.name(IDENTIFIER, "a letter and then letters and digits (at most 32)")
        if name in names:
            raise item.refusal(f"the {kind} {name!r} occurs twice")
        names.append(name)
    return tuple(names)


def actions_of_players(entry: Entry, players: Callable[[], tuple[int, Entry]]) -> tuple[tuple[str, ...], ...]:
    """Action names of each player.

    Args:
        entry: one list per player, or a single list shared by all.
        players: the number of players that share a list, and the entry that says so.
    """
    lists = entry.items()
    if not lists:
        raise entry.refusal("a player needs at least 2 actions, not 0")
    if any(isinstance(item.value, list) for item in lists):
        _check_players(entry, len(lists))
        actions = tuple(distinct_names(item, "action", 2, MAX_ACTIONS) for item in lists)
    else:
        number, said_by = players()
        _check_players(said_by, number)
        actions = (distinct_names(entry, "action", 2, MAX_ACTIONS),) * number
    if prod(map(len, actions)) > MAX_JOINT_ACTIONS:
        raise entry.refusal(f"more than {MAX_JOINT_ACTIONS} joint actions are not supported")
    return actions


def _check_players(entry: Entry, players: int) -> None:
    if not 2 <= players <= MAX_PLAYERS:
        raise entry.refusal(f"a game has 2 to {MAX_PLAYERS} players, not {players}")
