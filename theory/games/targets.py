"""Targets of games from files: what stands there, or the payoff-dominant strict equilibrium."""

from __future__ import annotations

from collections.abc import Sequence

from theory.equilibria import best_deviation, payoff_dominant
from theory.games.entries import Entry
from theory.games.model import Game
from theory.games.reading import brief


def payoff_dominant_target(stage: Game) -> tuple[str, ...] | None:
    """Action names of a one-shot game's payoff-dominant strict equilibrium, ``None`` if there is none."""
    dominant = payoff_dominant(stage)
    if dominant is None:
        return None
    return tuple(names[policy[0]] for names, policy in zip(stage.actions, dominant, strict=True))


def one_action_each(entry: Entry, actions: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The action names of an entry, one per player.

    Raises:
        BadInput: it has another length, or a player has no such action.
    """
    items = entry.items()
    if len(items) != len(actions):
        raise entry.refusal(f"needs {len(actions)} actions, one per player, not {len(items)}")
    return tuple(_action(item, names) for item, names in zip(items, actions, strict=True))


def equilibrium(entry: Entry, stage: Game) -> tuple[str, ...]:
    """The same for a one-shot game, of which it must be an equilibrium.

    Raises:
        BadInput: as before, or a player gains by another action.
    """
    target = one_action_each(entry, stage.actions)
    profile = tuple((stage.action_index(player, action),) for player, action in enumerate(target))
    for player, names in enumerate(stage.actions):
        deviation = best_deviation(stage, profile, player)
        if deviation is not None:
            raise entry.refusal(
                f"not an equilibrium, since player {player + 1} gains {brief(deviation.gain)}"
                f" by playing {names[deviation.reply[0]]}"
            )
    return target


def _action(entry: Entry, names: Sequence[str]) -> str:
    if not isinstance(entry.value, str):
        raise entry.refusal(f"expected the name of an action, not {entry.shown}")
    if entry.value not in names:
        raise entry.refusal(f"{entry.shown} is not an action of this player ({', '.join(names)})")
    return entry.value
