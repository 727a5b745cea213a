"""A game as a file that the readers of :mod:`theory.games.files` read back: TOML, and Gambit's format if one-shot."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from sympy import Expr

from theory.games import Game
from theory.games.names import IDENTIFIER


def as_toml(game: Game) -> str | None:
    """The text of a game file; ``None`` for a game whose policies do not see the state, which files do not have.

    Names of states that a file cannot have, such as ∅, are replaced by s1, s2, ….
    """
    game = game.instance()
    if game.observations != game.states:
        return None
    lines = [f"name = {_text(file_name(game))}", f"actions = {json.dumps([list(names) for names in game.actions])}"]
    if game.target is not None and (game.one_shot or 1 in game.start):
        lines.append(f"target = {json.dumps(list(game.target))}")
    if game.one_shot:
        tables = ",\n".join(f"    {_payoffs(game, player, ())}" for player in range(game.players))
        return "\n".join([*lines, f"payoffs = [\n{tables},\n]", ""])
    states = [name if IDENTIFIER.fullmatch(name) else f"s{k}" for k, name in enumerate(game.states, start=1)]
    lines.insert(1, f"states = {json.dumps(states)}")
    lines += [f"discount = {_text(game.discount)}", f"start = {_distribution(states, game.start)}"]
    for state, rows in zip(states, game.transition, strict=True):
        lines += ["", f"[transition.{state}]"]
        lines += [
            f"{_text(game.action_names(joint))} = {_distribution(states, row)}"
            for joint, row in zip(game.joint_actions, rows, strict=True)
        ]
    for state, rows in zip(states, game.reward, strict=True):
        lines += ["", f"[reward.{state}]"]
        lines += [
            f"{_text(game.action_names(joint))} = [{', '.join(map(_text, row))}]"
            for joint, row in zip(game.joint_actions, rows, strict=True)
        ]
    return "\n".join([*lines, ""])


def as_nfg(game: Game) -> str | None:
    """The text of a Gambit file; ``None`` for a game that is not one-shot."""
    game = game.instance()
    if not game.one_shot:
        return None
    rows = dict(zip(game.joint_actions, game.reward[0], strict=True))
    profiles = sorted(game.joint_actions, key=lambda joint: joint[::-1])  # player 1's action changes fastest
    players = " ".join(f'"{player}"' for player in range(1, game.players + 1))
    actions = " ".join("{ " + " ".join(f'"{name}"' for name in names) + " }" for names in game.actions)
    payoffs = "\n".join(" ".join(map(str, rows[joint])) for joint in profiles)
    return f'NFG 1 R "{file_name(game)}" {{ {players} }}\n\n{{ {actions} }}\n\n{payoffs}\n'


def file_name(game: Game) -> str:
    """The game's name as files may have it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", game.name).strip("-._")[:64] or "game"


def _payoffs(game: Game, player: int, begun: tuple[int, ...]) -> str:
    """One player's payoffs, nested by player 1's action, then player 2's, and so on."""
    if len(begun) == game.players:
        return _text(game.reward[0][game.joint_actions.index(begun)][player])
    return "[" + ", ".join(_payoffs(game, player, (*begun, a)) for a in range(len(game.actions[len(begun)]))) + "]"


def _distribution(states: Sequence[str], row: Sequence[Expr]) -> str:
    return "{ " + ", ".join(f"{s} = {_text(p)}" for s, p in zip(states, row, strict=True) if p != 0) + " }"


def _text(value: Expr | str) -> str:
    """A string, or a rational: an integer as it is, a fraction as a string."""
    shown = str(value)
    return shown if not isinstance(value, str) and "/" not in shown else json.dumps(shown)
