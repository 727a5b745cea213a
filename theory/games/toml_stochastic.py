"""General stochastic games from TOML files.

Two players who fish in a lake, in full::

    name = "lake"
    states = ["Rich", "Poor"]
    actions = ["Fish", "Rest"]         # shared by all players, or one list per player
    discount = "9/10"
    start = "Rich"                     # a state, or probabilities: { Rich = "1/2", Poor = "1/2" }
    target = ["Rest", "Rest"]          # optional: one action per player

    [transition.Rich]
    "Fish,Fish" = { Poor = "3/4", Rich = "1/4" }     # probabilities of the next state
    "Fish,Rest" = "Rich"                             # one state for certain
    "Rest,Fish" = "Rich"
    "Rest,Rest" = "Rich"

    [transition.Poor]
    "Fish,Fish" = "Poor"
    "Fish,Rest" = "Poor"
    "Rest,Fish" = "Poor"
    "Rest,Rest" = { Rich = 0.5, Poor = 0.5 }

    [reward.Rich]
    "Fish,Fish" = [3, 3]               # one reward per player
    "Fish,Rest" = [4, 0]
    "Rest,Fish" = [0, 4]
    "Rest,Rest" = [1, 1]

    [reward.Poor]
    "Fish,Fish" = [1, 1]
    "Fish,Rest" = [1, 0]
    "Rest,Fish" = [0, 1]
    "Rest,Rest" = [0, 0]

* A joint action is one action per player, player 1's first, with commas between; spaces around them do not matter.
  Every joint action of every state needs an entry in ``transition`` and in ``reward``: there is no default, so that
  none is forgotten.
* Probabilities must sum to exactly 1; states left out of a table have probability 0.
* All states have the same actions. State names follow the rule for action names.
* Where players share one list of actions, the first row of rewards says how many they are.
* ``target`` is each player's action in the start state, so that state must be certain. Whether it belongs to an
  equilibrium is not checked; left out, the game has no target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from sympy import Expr, Integer, Rational

from theory.games.entries import Entry
from theory.games.model import Game, JointAction
from theory.games.names import actions_of_players, distinct_names, game_name
from theory.games.reading import MAX_ROWS, MAX_STATES, brief
from theory.games.targets import one_action_each
from theory.games.toml_repeated import discount_factor

STOCHASTIC_KEYS = ("states", "transition", "reward", "start", "discount")
_Rows = dict[JointAction, Entry]


def stochastic_game(document: Entry) -> Game:
    """The game of a file with ``states``.

    Raises:
        BadInput: the document does not describe one; one sentence with file, key and reason.
    """
    entries = document.table(required=("name", "actions", *STOCHASTIC_KEYS), optional=("target",))
    name = game_name(entries["name"])
    states = distinct_names(entries["states"], "state", 1, MAX_STATES)
    rewards, moves = (entries[key].table(required=states) for key in ("reward", "transition"))
    actions = actions_of_players(entries["actions"], lambda: _players(rewards[states[0]]))
    joint = tuple(product(*(range(len(names)) for names in actions)))
    if len(states) * len(joint) > MAX_ROWS:
        raise entries["states"].refusal(
            f"{len(states)} states and {len(joint)} joint actions need {len(states) * len(joint)} transition rows,"
            f" more than {MAX_ROWS}"
        )
    start = _distribution(entries["start"], states)
    discount = discount_factor(entries["discount"])
    transition = [_rows(moves[state], actions, joint) for state in states]
    reward = [_rows(rewards[state], actions, joint) for state in states]
    return Game(
        name=name,
        actions=actions,
        states=states,
        start=start,
        transition=tuple(tuple(_distribution(rows[action], states) for action in joint) for rows in transition),
        reward=tuple(tuple(_numbers(rows[action], len(actions)) for action in joint) for rows in reward),
        discount=discount,
        target=_target(entries["target"], start, actions) if "target" in entries else None,
    )


def _players(rewards: Entry) -> tuple[int, Entry]:
    """How many players the first row of rewards is for, and that row."""
    rows = rewards.members("of joint actions")
    if not rows:
        raise rewards.refusal("every joint action needs an entry, so this table cannot be empty")
    first = next(iter(rows.values()))
    return len(first.items()), first


def _rows(entry: Entry, actions: Sequence[Sequence[str]], joint: Sequence[JointAction]) -> _Rows:
    """The entries of a table by joint action, with none missing, none twice and none besides."""
    indices: Mapping[tuple[str, ...], JointAction] = {
        tuple(names[k] for names, k in zip(actions, action, strict=True)): action for action in joint
    }
    rows: _Rows = {}
    for key, row in entry.members("of joint actions").items():
        action = indices.get(tuple(part.strip() for part in key.split(",")))
        if action is None:
            example = ",".join(names[0] for names in actions)
            raise row.refusal(f"not a joint action, which is one action per player such as {example}")
        if action in rows:
            raise row.refusal("this joint action has another entry")
        rows[action] = row
    for spelling, action in indices.items():
        if action not in rows:
            raise entry.child(",".join(spelling)).refusal("this joint action is missing")
    return rows


def _numbers(entry: Entry, players: int) -> tuple[Rational, ...]:
    items = entry.items()
    if len(items) != players:
        raise entry.refusal(f"needs {players} rewards, one per player, not {len(items)}")
    return tuple(item.number() for item in items)


def _distribution(entry: Entry, states: Sequence[str]) -> tuple[Expr, ...]:
    """Probabilities of the states: from a table, or 1 for the state that is named."""
    if isinstance(entry.value, str):
        if entry.value not in states:
            raise entry.refusal(f"{entry.shown} is not a state")
        return tuple(Integer(int(state == entry.value)) for state in states)
    given = entry.members("of probabilities or the name of a state")
    found: dict[str, Rational] = {}
    for state, item in given.items():
        if state not in states:
            raise item.refusal("this is not a state")
        found[state] = item.number()
        if found[state] < 0:
            raise item.refusal(f"a probability cannot be negative, as {brief(found[state])} is")
    total = sum(found.values(), Rational(0))
    if total != 1:
        raise entry.refusal(f"probabilities sum to {brief(total)}, not 1")
    return tuple(found.get(state, Integer(0)) for state in states)


def _target(entry: Entry, start: Sequence[Expr], actions: Sequence[Sequence[str]]) -> tuple[str, ...]:
    if 1 not in start:
        raise entry.refusal("a target is what players do in the start state, but this game may start in several")
    return one_action_each(entry, actions)
