"""Parameters and probabilities as arrays: layout, conversion, projection.

A parameter array has shape (parameters, batch): player by player, state by state, as the inputs of every program.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import expit, logit, softmax

from numerics.compile import Array
from theory.games import Game
from theory.policies import Coordinates, parameters, parameters_per_state


@lru_cache(maxsize=64)
def names(game: Game, policy: Coordinates) -> tuple[str, ...]:
    """Name of every parameter, in array order."""
    return tuple(symbol.name for row in parameters(game, policy) for symbol in row)


def blocks(game: Game) -> list[tuple[int, int, slice]]:
    """(player, state, rows) of every local policy, in array order."""
    result, first = [], 0
    for player, actions in enumerate(game.actions):
        width = parameters_per_state(len(actions))
        for state in range(len(game.states)):
            result.append((player, state, slice(first, first + width)))
            first += width
    return result


def probabilities(game: Game, policy: Coordinates, phi: Array, player: int, state: int) -> Array:
    """π(·|state) of one player, shape (actions, batch)."""
    rows = next(rows for i, s, rows in blocks(game) if (i, s) == (player, state))
    local = phi[rows]
    if policy == "direct":
        return np.concatenate([local, 1 - local]) if len(local) == 1 else local + (1 - local.sum(0)) / len(local)
    return np.concatenate([expit(local), expit(-local)]) if len(local) == 1 else np.asarray(softmax(local, axis=0))


def from_first_probability(policy: Coordinates, probability: Array) -> Array:
    """The parameter of a two-action policy that plays its first action with the given probability."""
    return np.asarray(logit(probability)) if policy == "logit" else probability


def project(game: Game, phi: Array) -> Array:
    """Euclidean projection of direct parameters on the policies, state by state, shape unchanged."""
    result = phi.copy()
    for _, _, rows in blocks(game):
        local = phi[rows]
        result[rows] = np.clip(local, 0, 1) if len(local) == 1 else _project_on_simplex(local)
    return result


def _project_on_simplex(points: Array) -> Array:
    """Columns projected on {x ≥ 0, Σx = 1} by sorting (Held, Wolfe and Crowder 1974)."""
    descending = -np.sort(-points, axis=0)
    excess = descending.cumsum(0) - 1
    counts = np.arange(1, len(points) + 1)[:, None]
    support = (descending - excess / counts > 0).sum(0)
    threshold = np.take_along_axis(excess, support[None] - 1, axis=0) / support
    return np.asarray(np.maximum(points - threshold, 0))
