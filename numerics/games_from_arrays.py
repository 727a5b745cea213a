"""One-shot games from NumPy arrays and from nashpy's games, read exactly.

Integers, fractions, decimals and strings such as ``"24/25"`` keep their value. A float stands for the shortest decimal
that gives it back, so ``0.1`` is 1/10 (and 1/3 is 0.3333333333333333: pass fractions in an array of objects).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Rational

from theory.errors import BadInput
from theory.games import Game
from theory.games.entries import Entry
from theory.games.reading import MAX_ACTIONS, MAX_JOINT_ACTIONS, MAX_PLAYERS
from theory.games.toml_repeated import repeated_game

ARRAYS, NASHPY = "game_from_arrays", "game_from_nashpy"


def game_from_arrays(
    name: str,
    payoffs: Sequence[Any] | NDArray[Any],
    actions: Sequence[str] | Sequence[Sequence[str]] | None = None,
    target: Sequence[str] | None = None,
) -> Game:
    """A one-shot game from one payoff array for each player.

    Args:
        name: the game's name.
        payoffs: one array per player, each of shape (actions of player 1, …, actions of player N), or one array in
            which they are stacked. ``payoffs[i][a, b]`` is what player i gets when player 1 takes its a-th and player 2
            its b-th action.
        actions: action names, shared by all players or one list per player; A, B, C, … by default.
        target: one action per player, which must be an equilibrium; by default the payoff-dominant strict one.

    Raises:
        BadInput: shapes differ, an entry is no finite number, or a name or the target is wrong; one sentence.
    """
    return _game(ARRAYS, name, payoffs, actions, target)


def game_from_nashpy(
    name: str,
    game: Any,
    actions: Sequence[str] | Sequence[Sequence[str]] | None = None,
    target: Sequence[str] | None = None,
) -> Game:
    """A one-shot game of two players from a ``nashpy.Game``.

    Args:
        name: the game's name, which nashpy does not keep.
        game: the nashpy game; nothing but its ``payoff_matrices`` is used.
        actions: as for :func:`game_from_arrays`.
        target: as for :func:`game_from_arrays`.

    Raises:
        BadInput: as for :func:`game_from_arrays`, or it is no such game.
    """
    matrices = getattr(game, "payoff_matrices", None)
    if matrices is None:
        raise BadInput(f"{NASHPY}: expected a nashpy.Game, not {type(game).__name__}.")
    return _game(NASHPY, name, matrices, actions, target)


def _game(
    place: str,
    name: str,
    payoffs: Sequence[Any] | NDArray[Any],
    actions: Sequence[str] | Sequence[Sequence[str]] | None,
    target: Sequence[str] | None,
) -> Game:
    arrays = _arrays(place, payoffs)
    shape = arrays[0].shape
    # From here on it is read like a file, whose every check and message applies.
    document: dict[str, object] = {
        "name": name,
        "actions": _lists(actions) if actions is not None else [list(ascii_uppercase[:size]) for size in shape],
        "payoffs": [_nested(array, f"{place}: payoffs[{player}]") for player, array in enumerate(arrays)],
    }
    if target is not None:
        document["target"] = _lists(target)
    return repeated_game(Entry(place, "", document))


def _arrays(place: str, payoffs: Sequence[Any] | NDArray[Any]) -> list[NDArray[Any]]:
    """One array per player, all of one shape that a game can have."""
    try:
        arrays = [_array(entry) for entry in payoffs]
    except TypeError:
        raise BadInput(f"{place}: payoffs: expected one array per player, not {type(payoffs).__name__}.") from None
    players = len(arrays)
    if not 2 <= players <= MAX_PLAYERS:
        raise BadInput(f"{place}: payoffs: a game has 2 to {MAX_PLAYERS} players, not {players}.")
    for player, array in enumerate(arrays):
        where = f"{place}: payoffs[{player}]"
        if array.ndim != players:
            raise BadInput(f"{where}: {players} players need arrays of {players} axes, not {array.ndim}.")
        if array.shape != arrays[0].shape:
            raise BadInput(f"{where}: its shape {array.shape} is not {arrays[0].shape}, that of payoffs[0].")
        if np.ma.is_masked(array):
            raise BadInput(f"{where}: an entry is masked.")
        if not all(2 <= size <= MAX_ACTIONS for size in array.shape) or array.size > MAX_JOINT_ACTIONS:
            raise BadInput(
                f"{where}: a player has 2 to {MAX_ACTIONS} actions and a game at most {MAX_JOINT_ACTIONS} joint "
                f"actions, not shape {array.shape}."
            )
    return arrays


def _array(entry: Any) -> NDArray[Any]:
    """An array that holds the entries as they are: what is no array yet becomes one of objects."""
    if isinstance(entry, np.ndarray):
        return entry
    return np.asarray(entry) if hasattr(entry, "__array__") else np.asarray(entry, dtype=object)


def _lists(names: Any) -> Any:
    """Names in lists, as a file has them; anything else is left for the file's checks to refuse."""
    if isinstance(names, str) or not isinstance(names, Sequence | np.ndarray):
        return str(names) if isinstance(names, str) else names
    return [_lists(entry) for entry in names]


def _nested(array: NDArray[Any], place: str) -> list[Any]:
    """The numbers as a file has them, in nested lists."""
    read = _nested if array.ndim > 1 else _number
    return [read(entry, f"{place}[{index}]") for index, entry in enumerate(array)]


def _number(entry: Any, place: str) -> int | str:
    """A number as it is written in a file."""
    if isinstance(entry, bool | np.bool_):
        raise BadInput(f"{place}: expected a number, not {entry}.")
    if isinstance(entry, int | np.integer):
        return int(entry)
    if isinstance(entry, float | np.floating | Fraction | Decimal | Rational | str):
        return str(entry)
    raise BadInput(f"{place}: expected a number, not {type(entry).__name__}.")
