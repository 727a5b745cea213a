"""Parameters and probabilities as arrays: layout, conversion, projection.

A parameter array has shape (parameters, batch): player by player, observation by observation, as in every program.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import expit, logit, softmax

from numerics.compile import Array
from theory.games import AnyGame, DifferentiableGame, Game
from theory.policies import Coordinates, parameters, parameters_per_state


@lru_cache(maxsize=64)
def names(game: AnyGame, policy: Coordinates) -> tuple[str, ...]:
    """Name of every parameter, in array order."""
    return tuple(symbol.name for row in parameters(game, policy) for symbol in row)


def blocks(game: AnyGame) -> list[tuple[int, int, slice]]:
    """(player, observation, rows) of every local policy, in array order; none in a differentiable game."""
    if isinstance(game, DifferentiableGame):
        return []
    result, first = [], 0
    for player, actions in enumerate(game.actions):
        width = parameters_per_state(len(actions))
        for observation in range(len(game.observations)):
            result.append((player, observation, slice(first, first + width)))
            first += width
    return result


def probabilities(game: Game, policy: Coordinates, phi: Array, player: int, observation: int) -> Array:
    """π(·|observation) of one player, shape (actions, batch)."""
    rows = next(rows for i, o, rows in blocks(game) if (i, o) == (player, observation))
    local, two = phi[rows], len(game.actions[player]) == 2
    if policy == "direct":
        return np.concatenate([local, 1 - local]) if two else local + (1 - local.sum(0)) / len(local)
    return np.concatenate([expit(local), expit(-local)]) if two else np.asarray(softmax(local, axis=0))


def from_first_probability(policy: Coordinates, probability: Array) -> Array:
    """The parameter of a two-action policy that plays its first action with the given probability."""
    return np.asarray(logit(probability)) if policy == "logit" else probability


def project(game: AnyGame, phi: Array) -> Array:
    """Euclidean projection of direct parameters on the policies, observation by observation, shape unchanged."""
    result = phi.copy()
    for _, _, rows in blocks(game):
        local = phi[rows]
        result[rows] = np.clip(local, 0, 1) if len(local) == 1 else _project_on_simplex(local)
    return result


def _project_on_simplex(points: Array) -> Array:
    """Columns projected on {x ≥ 0, Σx = 1} by sorting (Held, Wolfe and Crowder 1974)."""
    points = points - points.max(0)  # the projection does not see a common shift, but far points lose digits
    descending = -np.sort(-points, axis=0)
    excess = descending.cumsum(0) - 1
    counts = np.arange(1, len(points) + 1)[:, None]
    support = (descending - excess / counts > 0).sum(0)
    threshold = np.take_along_axis(excess, support[None] - 1, axis=0) / support
    return np.asarray(np.maximum(points - threshold, 0))
