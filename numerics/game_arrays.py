"""A finite stochastic game as arrays, converted once: the tables that :mod:`numerics.implicit` solves with."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sympy import S

from numerics.compile import Array
from theory.games import Game

# Transition tables with a smaller share of entries other than 0 are kept sparse. That is for memory: 3 players with 3
# actions and 1000 states need 216 MB otherwise. At 1000 states a sparse table makes a whole update take 0.8 times as
# long with few successors, as long at this share, and 1.2 to 1.8 times as long at one half.
DENSE = 0.25


@dataclass(frozen=True, eq=False)
class GameArrays:
    """The tables of a game at its parameters' values.

    Attributes:
        start: ρ, shape (states,).
        transition: P(t | s, a), shape (states · joint actions, states); a sparse array for sparse games.
        reward: rⁱ(s, a), shape (states, joint actions, players).
        discount: γ.
        actions: number of actions of each player.
        observed: index of what is observed in each state, shape (states,).
        observations: number of different observations.
    """

    start: Array
    transition: Any
    reward: Array
    discount: float
    actions: tuple[int, ...]
    observed: NDArray[np.intp]
    observations: int

    def expected(self, values: Array) -> Array:
        """Σ_t P(t | s, a) x(t), from shape (states, n) to (states, joint actions, n)."""
        return np.asarray(self.transition @ values).reshape(*self.reward.shape[:2], -1)

    def arrivals(self, weights: Array) -> Array:
        """Σ_{s, a} w(s, a) P(t | s, a), from shape (states, joint actions, n) to (states, n)."""
        return np.asarray(self.transition.T @ weights.reshape(self.transition.shape[0], -1))

    def averaged(self, weights: Array) -> Array:
        """Σ_a w(s, a) P(t | s, a), from shape (states, joint actions) to (states, states)."""
        states, joint = weights.shape
        if not issparse(self.transition):
            table = self.transition.reshape(states, joint, states)
            return np.asarray((weights[:, None, :] @ table)[:, 0])
        rows, cells = self._cells
        entries = weights.reshape(-1)[rows] * self.transition.data
        return np.bincount(cells, entries, states * states).astype(float).reshape(states, states)

    @cached_property
    def _cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Of every entry of a sparse table: its row, and its place in a (states, states) table."""
        joint, states = self.reward.shape[1], len(self.start)
        rows = np.repeat(np.arange(self.transition.shape[0]), np.diff(self.transition.indptr))
        return rows, rows // joint * states + self.transition.indices

    @cached_property
    def possible_transitions(self) -> int:
        """Number of triples (s, a, t) with P(t | s, a) other than 0."""
        return int(self.transition.count_nonzero() if issparse(self.transition) else np.count_nonzero(self.transition))

    @cached_property
    def elimination(self) -> int:
        """Number of entries that elimination without pivoting changes in I − γP_π, for its places that are not 0."""
        states = len(self.start)
        possible = self.averaged(np.ones(self.reward.shape[:2])) != 0
        np.fill_diagonal(possible, True)
        changed = 0
        for pivot in range(states):
            rows = np.flatnonzero(possible[pivot + 1 :, pivot]) + pivot + 1
            columns = np.flatnonzero(possible[pivot, pivot + 1 :]) + pivot + 1
            possible[np.ix_(rows, columns)] = True
            changed += len(rows) * (len(columns) + 1)
        return changed


# By identity: hashing a game with many states takes as long as converting it.
_converted: dict[int, tuple[weakref.ref[Game], GameArrays]] = {}


def game_arrays(game: Game) -> GameArrays:
    """The game's tables as arrays; the same object for the same game as long as that lives."""
    key = id(game)
    if key not in _converted:
        arrays = _convert(game)
        _converted[key] = weakref.ref(game, lambda _: _converted.pop(key, None)), arrays
    return _converted[key][1]


def _convert(game: Game) -> GameArrays:
    states, joint = len(game.states), len(game.joint_actions)
    known: dict[Any, float] = {}  # few different entries in many places

    def number(entry: Any) -> float:
        if entry not in known:
            known[entry] = float(game.value_of(entry))
        return known[entry]

    data, columns, ends = [], [], [0]
    for rows in game.transition:
        for row in rows:
            for target, entry in enumerate(row):
                if entry is not S.Zero:
                    data.append(number(entry))
                    columns.append(target)
            ends.append(len(data))
    transition = csr_array((data, columns, ends), shape=(states * joint, states), dtype=float)
    dense = transition.nnz >= DENSE * states * joint * states
    return GameArrays(
        start=np.array([number(entry) for entry in game.start]),
        transition=transition.toarray() if dense else transition,
        reward=np.array([[[number(entry) for entry in cell] for cell in rows] for rows in game.reward]),
        discount=number(game.discount),
        actions=tuple(map(len, game.actions)),
        observed=np.array(game.observed),
        observations=len(game.observations),
    )
