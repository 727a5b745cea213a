"""One-shot games from TOML files, and their memory-one repetition with or without a horizon.

With all that may stand in such a file::

    name = "my-hunt"
    actions = ["Stag", "Hare"]         # shared by all players, or one list per player
    payoffs = { row = [[4, 0], [3, 2]], column = "symmetric" }
    repeated = { memory = 1, discount = "24/25", horizon = 12 }      # optional, as is the horizon in it
    target = ["Stag", "Stag"]          # optional: one action per player

* ``payoffs`` for two players: ``row[i][j]`` and ``column[i][j]`` are what the two get when player 1 takes its i-th and
  player 2 its j-th action; ``column = "symmetric"`` stands for ``column[i][j] = row[j][i]``. For any number of players:
  an array with one nested array per player, nested by player 1's action, then player 2's, and so on.
* ``repeated``: the number of rounds is the ``horizon``, from 1 to 200, infinite where it is left out. Policies see the
  last joint action and not the round.
* ``target`` of a one-shot game must be an equilibrium; left out, it is the payoff-dominant strict equilibrium. In a
  repeated game the target is the play in the first round and along the path. Whether some punishment can sustain it
  is not checked; left out, it is the stage game's payoff-dominant strict equilibrium.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Rational

from theory.games.entries import Entry
from theory.games.model import Game, JointAction, memory_one, normal_form
from theory.games.names import actions_of_players, game_name
from theory.games.reading import MAX_HORIZON, MAX_REPEATED_JOINT_ACTIONS, MAX_ROWS, brief
from theory.games.targets import equilibrium, one_action_each, payoff_dominant_target


def repeated_game(document: Entry) -> Game:
    """The game of a file with ``payoffs``, one-shot or repeated.

    Raises:
        BadInput: the document does not describe one; one sentence with file, key and reason.
    """
    entries = document.table(required=("name", "actions", "payoffs"), optional=("repeated", "target"))
    name, payoffs = game_name(entries["name"]), entries["payoffs"]
    actions = actions_of_players(entries["actions"], lambda: (_players(payoffs), payoffs))
    stage = normal_form(name, actions, _payoffs(payoffs, actions))
    repeated = entries.get("repeated")
    stage = replace(stage, target=_target(entries.get("target"), stage, checked=repeated is None))
    return stage if repeated is None else _repeated(repeated, stage)


def _target(entry: Entry | None, stage: Game, checked: bool) -> tuple[str, ...] | None:
    if entry is None:
        return payoff_dominant_target(stage)
    return equilibrium(entry, stage) if checked else one_action_each(entry, stage.actions)


def _players(payoffs: Entry) -> int:
    return 2 if isinstance(payoffs.value, dict) else len(payoffs.items())


def _payoffs(entry: Entry, actions: Sequence[Sequence[str]]) -> dict[JointAction, tuple[Rational, ...]]:
    """Payoffs of each joint action, one per player."""
    if isinstance(entry.value, dict):
        if len(actions) != 2:
            raise entry.refusal(f"row and column are for 2 players, not {len(actions)}")
        columns = entry.table(required=("row", "column"))
        row = _nested(columns["row"], actions)
        by_player = [row, _column(columns["column"], row, actions)]
    else:
        items = entry.items()
        if len(items) != len(actions):
            raise entry.refusal(f"needs {len(actions)} nested arrays, one per player, not {len(items)}")
        by_player = [_nested(item, actions) for item in items]
    return {joint: tuple(table[joint] for table in by_player) for joint in by_player[0]}


def _column(
    entry: Entry, row: Mapping[JointAction, Rational], actions: Sequence[Sequence[str]]
) -> dict[JointAction, Rational]:
    if entry.value == "symmetric":
        if actions[0] != actions[1]:
            raise entry.refusal("'symmetric' needs the same actions in the same order for both players")
        return {joint: row[joint[1], joint[0]] for joint in row}
    if not isinstance(entry.value, list):
        raise entry.refusal(f'expected an array or "symmetric", not {entry.shown}')
    return _nested(entry, actions)


def _nested(entry: Entry, actions: Sequence[Sequence[str]], joint: JointAction = ()) -> dict[JointAction, Rational]:
    """Numbers by joint action from arrays nested by one player's action after the other's."""
    player = len(joint)
    if player == len(actions):
        return {joint: entry.number()}
    items = entry.items()
    if len(items) != len(actions[player]):
        raise entry.refusal(
            f"needs {len(actions[player])} entries, one per action of player {player + 1}, not {len(items)}"
        )
    numbers: dict[JointAction, Rational] = {}
    for action, item in enumerate(items):
        numbers |= _nested(item, actions, (*joint, action))
    return numbers


def _repeated(entry: Entry, stage: Game) -> Game:
    entries = entry.table(required=("memory", "discount"), optional=("horizon",))
    memory = entries["memory"]
    if isinstance(memory.value, bool) or memory.value != 1:
        raise memory.refusal(f"only the integer 1 is supported, not {memory.shown}")
    discount = discount_factor(entries["discount"])
    joint = len(stage.joint_actions)
    if joint > MAX_REPEATED_JOINT_ACTIONS:
        raise entry.refusal(
            f"memory 1 is supported for at most {MAX_REPEATED_JOINT_ACTIONS} joint actions, not {joint}"
        )
    horizon = _horizon(entries["horizon"], joint) if "horizon" in entries else None
    return memory_one(stage, discount, name=stage.name, horizon=horizon)


def discount_factor(entry: Entry) -> Rational:
    """A number γ with 0 ≤ γ < 1."""
    discount = entry.number()
    if not 0 <= discount < 1:
        raise entry.refusal(f"the discount factor must lie in [0, 1), not {brief(discount)}")
    return discount


def _horizon(entry: Entry, joint: int) -> int:
    horizon = entry.integer(1, MAX_HORIZON)
    states = 2 + joint * (horizon - 1)  # ∅, a state per round and joint action, the end
    if states * joint > MAX_ROWS:
        raise entry.refusal(
            f"{horizon} rounds with {joint} joint actions need {states} states and {states * joint} transition rows,"
            f" more than {MAX_ROWS}"
        )
    return horizon
