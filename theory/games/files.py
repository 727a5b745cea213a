"""Games from TOML files, read exactly, and the one place where a game's name on the command line is understood.

A file describes a one-shot game, or the memory-one repeated game of it::

    name = "my-hunt"
    actions = ["Stag", "Hare"]         # shared by all players, or one list per player
    payoffs = { row = [[4, 0], [3, 2]], column = "symmetric" }
    repeated = { memory = 1, discount = "24/25" }              # optional
    target = ["Stag", "Stag"]          # optional: one action per player

* ``payoffs`` for two players: ``row[i][j]`` and ``column[i][j]`` are what the two get when player 1 takes its i-th and
  player 2 its j-th action; ``column = "symmetric"`` stands for ``column[i][j] = row[j][i]``. For any number of players:
  an array with one nested array per player, nested by player 1's action, then player 2's, and so on.
* Numbers are integers, decimals (taken at their written digits) and strings such as ``"24/25"``.
* Action names are a letter followed by letters and digits. Symbols such as ``p_CD_Rock`` are built from them: a name
  with ``_``, ``-`` or ``/`` would make two symbols equal, or read like a difference or a quotient.
* ``target`` of a one-shot game must be an equilibrium; left out, it is the payoff-dominant strict equilibrium. In a
  repeated game the target is the play in the first round and along the path. Whether some punishment can sustain it
  is not checked; left out, it is the stage game's payoff-dominant strict equilibrium.

A file is data: nothing in it is executed, and files of unreasonable size are refused before any work is done. Every
refusal is one sentence with file, key and reason; indices in a key count from 0, as in ``payoffs.row[1][0]``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from sympy import Rational

from theory import exact
from theory.equilibria import StationaryProfile, best_deviation, payoff_dominant
from theory.errors import BadInput
from theory.games import REGISTRY, AnyGame
from theory.games.model import Game, JointAction, memory_one, normal_form

MAX_BYTES = 2**20
MAX_PLAYERS = 8
MAX_ACTIONS = 16
MAX_JOINT_ACTIONS = 4096
# A repeated game has a state per joint action and a transition row per state and joint action.
MAX_REPEATED_JOINT_ACTIONS = 64

_GAME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_ACTION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
# tomllib's cost grows with the square of the number of parts of a dotted key; a game file needs two.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""", re.ASCII)
_STOCHASTIC_KEYS = ("states", "transition", "reward", "start", "discount")


def resolve_game(text: str, settings: Mapping[str, str]) -> AnyGame:
    """The game meant by a name or path, with a named game's parameters set.

    Args:
        text: a registered name, or the path of a ``.toml`` file.
        settings: parameters of a named game by name, in the number syntax of game files.

    Raises:
        BadInput: the name is unknown, the file cannot be used, or a setting does not apply.
    """
    if text in REGISTRY:
        place = f"game {text!r}, parameter"
        return REGISTRY[text]().with_parameters(
            {name: _number(value, f"{place} {_printable(name)}") for name, value in settings.items()}
        )
    if not text.endswith(".toml"):
        known = ", ".join(REGISTRY)
        raise BadInput(f"game {_shown(text)}: neither a known game ({known}) nor a path that ends in .toml.")
    if settings:
        names = _printable(", ".join(settings))
        raise BadInput(f"{_printable(text)}: {names} cannot be set, because a game file has no named parameters.")
    return load_game(Path(text))


def load_game(path: Path) -> Game:
    """Read a game file (the format is described in :mod:`theory.games.files`).

    Raises:
        BadInput: the file cannot be read or does not describe a game; one sentence with file, key and reason.
    """
    document = _Entry(path, "", _parse(path))
    for key in _STOCHASTIC_KEYS:
        if document.has(key):
            raise document.child(key).refusal(
                "general stochastic games are not supported yet (a repeated game's discount belongs in 'repeated')"
            )
    entries = document.table(required=("name", "actions", "payoffs"), optional=("repeated", "target"))
    name = entries["name"].name(_GAME_NAME, "letters, digits, spaces, '.', '_' and '-' (at most 64)")
    payoff_entry = entries["payoffs"]
    actions = _actions(entries["actions"], payoff_entry)
    if prod(map(len, actions)) > MAX_JOINT_ACTIONS:
        raise entries["actions"].refusal(f"more than {MAX_JOINT_ACTIONS} joint actions are not supported")
    stage = normal_form(name, actions, _payoffs(payoff_entry, actions))
    repeated = entries.get("repeated")
    stage = replace(stage, target=_target(entries.get("target"), stage, repeated is not None))
    return stage if repeated is None else _repeated(repeated, stage)


# --------------------------------------------------------------------------------------------------- text to values


def _parse(path: Path) -> dict[str, object]:
    text, shown_path = _read(path), _printable(str(path))
    if long_key := _LONG_KEY.search(text):
        line = text.count("\n", 0, long_key.start()) + 1
        raise BadInput(f"{shown_path}: a key on line {line} has more than 20 parts.")
    try:
        return tomllib.loads(text, parse_float=_Decimal)
    except tomllib.TOMLDecodeError as error:
        # tomllib quotes keys of any length, and names no line for a mistake at the very end.
        reason, _, place = str(error).rpartition(" (")
        place = place.replace("at end of document", f"at line {text.count(chr(10)) + 1}, the end")
        raise BadInput(f"{shown_path}: not valid TOML: {reason[:100]} ({place}.") from None
    except RecursionError:
        raise BadInput(f"{shown_path}: arrays or tables are nested too deeply.") from None
    except ValueError:  # what int() raises beyond its own limit of digits
        raise BadInput(f"{shown_path}: a number has more than {exact.LONGEST_NUMBER} characters.") from None


def _read(path: Path) -> str:
    try:
        # Opening a pipe would wait for its writer, and a device may never end.
        if path.exists() and not path.is_file():
            reason = "this is a directory, not a file" if path.is_dir() else "this is not a regular file"
        else:
            with path.open("rb") as handle:
                content = handle.read(MAX_BYTES + 1)
            if len(content) <= MAX_BYTES:
                return content.decode("utf-8-sig")
            reason = f"the file is larger than {MAX_BYTES // 2**20} MiB"
    except UnicodeDecodeError as error:
        reason = f"the file is not UTF-8 text (byte {error.start + 1})"
    except OSError as error:
        reason = f"the file cannot be read ({error.strerror})"
    except ValueError:  # a null character
        reason = "this is not a possible path"
    raise BadInput(f"{_printable(str(path))}: {reason}.")


@dataclass(frozen=True)
class _Decimal:
    """A TOML float as it is written."""

    text: str


def _number(value: object, place: str) -> Rational:
    """An exact rational from what TOML gives.

    Raises:
        BadInput: the value is not a finite number, or is unreasonably long.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | _Decimal):
        raise BadInput(f"{place}: expected a number, not {_shown(value)}.")
    return exact.rational(value.text.replace("_", "") if isinstance(value, _Decimal) else value, place)


def _shown(value: object) -> str:
    """A value as messages show it: short, on one line, whatever it holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "a long integer"
    if isinstance(value, _Decimal):
        return value.text if len(value.text) <= 40 else "a long decimal"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:40]}…")
    if isinstance(value, list):
        return "an array"
    return "a table" if isinstance(value, dict) else "a date or time"


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)


@dataclass(frozen=True)
class _Entry:
    """A value with its place in the file, so that every refusal names file, key and reason."""

    file: Path
    key: str
    value: object

    def refusal(self, reason: str) -> BadInput:
        """The error that says why this entry cannot be used."""
        return BadInput(f"{_printable(str(self.file))}: {self.key}: {reason}.")

    def has(self, key: str) -> bool:
        """Whether this is a table with that key."""
        return isinstance(self.value, dict) and key in self.value

    def child(self, key: str) -> _Entry:
        """The entry under a key of this table; its value is ``None`` if there is none."""
        shown = key if re.fullmatch(r"[\w-]{1,40}", key) else _shown(key)
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return _Entry(self.file, f"{self.key}.{shown}" if self.key else shown, value)

    def table(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, _Entry]:
        """The entries of this table, which may have no other keys."""
        if not isinstance(self.value, dict):
            raise self.refusal(f"expected a table with {' and '.join(required)}, not {_shown(self.value)}")
        for key in self.value:
            if key not in (*required, *optional):
                raise self.child(key).refusal(f"unknown key (known are {', '.join((*required, *optional))})")
        for key in required:
            if key not in self.value:
                raise self.child(key).refusal("this key is missing")
        return {key: self.child(key) for key in self.value}

    def items(self) -> list[_Entry]:
        """The entries of this array."""
        if not isinstance(self.value, list):
            raise self.refusal(f"expected an array, not {_shown(self.value)}")
        return [_Entry(self.file, f"{self.key}[{index}]", value) for index, value in enumerate(self.value)]

    def name(self, pattern: re.Pattern[str], rule: str) -> str:
        """This string, which must match a pattern that the rule says in words."""
        if not isinstance(self.value, str):
            raise self.refusal(f"expected a string, not {_shown(self.value)}")
        if not pattern.fullmatch(self.value):
            raise self.refusal(f"{_shown(self.value)} is not a name made of {rule}")
        return self.value

    def number(self) -> Rational:
        """This number, exactly."""
        return _number(self.value, f"{_printable(str(self.file))}: {self.key}")


# ------------------------------------------------------------------------------------------------ values to a game


def _actions(entry: _Entry, payoff_entry: _Entry) -> tuple[tuple[str, ...], ...]:
    """Action names of each player; payoffs say how many players share a single list."""
    lists = entry.items()
    if not lists:
        raise entry.refusal("a player needs at least 2 actions, not 0")
    if any(isinstance(item.value, list) for item in lists):
        _check_players(entry, len(lists))
        return tuple(map(_action_list, lists))
    players = 2 if isinstance(payoff_entry.value, dict) else len(payoff_entry.items())
    _check_players(payoff_entry, players)
    return (_action_list(entry),) * players


def _check_players(entry: _Entry, players: int) -> None:
    if not 2 <= players <= MAX_PLAYERS:
        raise entry.refusal(f"a game has 2 to {MAX_PLAYERS} players, not {players}")


def _action_list(entry: _Entry) -> tuple[str, ...]:
    items = entry.items()
    if not 2 <= len(items) <= MAX_ACTIONS:
        raise entry.refusal(f"a player has 2 to {MAX_ACTIONS} actions, not {len(items)}")
    names: list[str] = []
    for item in items:
        name = item.name(_ACTION_NAME, "a letter and then letters and digits (at most 32)")
        if name in names:
            raise item.refusal(f"the action {name!r} occurs twice")
        names.append(name)
    return tuple(names)


def _payoffs(entry: _Entry, actions: Sequence[Sequence[str]]) -> dict[JointAction, tuple[Rational, ...]]:
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
    entry: _Entry, row: Mapping[JointAction, Rational], actions: Sequence[Sequence[str]]
) -> dict[JointAction, Rational]:
    if entry.value == "symmetric":
        if actions[0] != actions[1]:
            raise entry.refusal("'symmetric' needs the same actions in the same order for both players")
        return {joint: row[joint[1], joint[0]] for joint in row}
    if not isinstance(entry.value, list):
        raise entry.refusal(f'expected an array or "symmetric", not {_shown(entry.value)}')
    return _nested(entry, actions)


def _nested(entry: _Entry, actions: Sequence[Sequence[str]], joint: JointAction = ()) -> dict[JointAction, Rational]:
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


def _target(entry: _Entry | None, stage: Game, repeated: bool) -> tuple[str, ...] | None:
    """The target's action names: as given, or the stage game's payoff-dominant strict equilibrium."""
    if entry is None:
        dominant = payoff_dominant(stage)
        return None if dominant is None else _names(stage, dominant)
    items = entry.items()
    if len(items) != stage.players:
        raise entry.refusal(f"needs {stage.players} actions, one per player, not {len(items)}")
    profile = tuple((_target_action(item, names),) for item, names in zip(items, stage.actions, strict=True))
    for player in range(stage.players):
        deviation = None if repeated else best_deviation(stage, profile, player)
        if deviation is not None:
            action = stage.actions[player][deviation.reply[0]]
            raise entry.refusal(
                f"not an equilibrium, since player {player + 1} gains {deviation.gain} by playing {action}"
            )
    return _names(stage, profile)


def _target_action(entry: _Entry, names: Sequence[str]) -> int:
    if not isinstance(entry.value, str):
        raise entry.refusal(f"expected the name of an action, not {_shown(entry.value)}")
    if entry.value not in names:
        raise entry.refusal(f"{_shown(entry.value)} is not an action of this player ({', '.join(names)})")
    return names.index(entry.value)


def _names(stage: Game, profile: StationaryProfile) -> tuple[str, ...]:
    return tuple(names[policy[0]] for names, policy in zip(stage.actions, profile, strict=True))


def _repeated(entry: _Entry, stage: Game) -> Game:
    if entry.has("horizon"):
        raise entry.child("horizon").refusal("finite horizons are not supported yet")
    entries = entry.table(required=("memory", "discount"))
    memory = entries["memory"]
    if isinstance(memory.value, bool) or memory.value != 1:
        raise memory.refusal(f"only the integer 1 is supported, not {_shown(memory.value)}")
    discount = entries["discount"].number()
    if not 0 <= discount < 1:
        raise entries["discount"].refusal(f"the discount factor must lie in [0, 1), not {discount}")
    if len(stage.joint_actions) > MAX_REPEATED_JOINT_ACTIONS:
        raise entry.refusal(
            f"memory 1 is supported for at most {MAX_REPEATED_JOINT_ACTIONS} joint actions,"
            f" not {len(stage.joint_actions)}"
        )
    return memory_one(stage, discount, name=stage.name)
