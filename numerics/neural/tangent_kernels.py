"""The update of neural policies from the tabular game and the networks' tangent kernels (claims C17.kernel-*).

With ℓⁱ = ℓⁱ(θⁱ), Jacobian J_i = ∂ℓⁱ/∂θⁱ and K_i = J_iJ_iᵀ, and all derivatives of V in log-odds,

    peer_i = Jᵢᵀ Σ_j α_j [∂_i∇_jVʲ]ᵀ K_j ∇_jVⁱ,
    own_i  = α_i (Jᵢᵀ [∂_i∇_iVⁱ] K_i ∇_iVⁱ + Σ_o (∇_iVⁱ)_o ∇²ℓⁱ_o Jᵢᵀ∇_iVⁱ)

in the expanded form with L = 1. The tabular parts are those of :mod:`numerics.implicit`, which uses the derived
formulas and NumPy; only J and the curvature of ℓ come from automatic differentiation.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from numerics.compile import Array
from numerics.game_arrays import game_arrays
from numerics.implicit import ArrayPoint, Entry
from numerics.neural.network import Blocks, Networks
from theory.games import Game


def jacobian(networks: Networks, player: int, theta: jax.Array) -> Array:
    """J, shape (observations · outputs, parameters)."""
    rows = jax.jacrev(lambda block: networks.logits(player, block).reshape(-1))(theta)
    return np.asarray(rows)


def kernels(networks: Networks, theta: Blocks) -> tuple[Array, ...]:
    """K_i = J_iJ_iᵀ of every player, shape (rows, rows) for rows = observations · outputs."""
    found = [jacobian(networks, player, block) for player, block in enumerate(theta)]
    return tuple(rows @ rows.T for rows in found)


def kernel_form(game: Game, networks: Networks, step_sizes: tuple[float, ...], theta: Blocks) -> dict[str, Any]:
    """Policy-gradient, own- and peer-learning terms of every player at one θ, from kernels and tabular derivatives."""
    jacobians = [jacobian(networks, player, block) for player, block in enumerate(theta)]
    logits = [np.asarray(networks.logits(player, block)).reshape(-1) for player, block in enumerate(theta)]
    entries = tuple(tuple(Entry(np.array([x])) for x in row) for row in logits)
    point = ArrayPoint(game_arrays(game), "logit", entries, 1)
    slopes = [
        [_numbers(point.gradient(value_of, player)) for player in range(game.players)]
        for value_of in range(game.players)
    ]
    found: dict[str, list[Array]] = {"current": [], "own": [], "peer": []}
    for player, rows in enumerate(jacobians):
        slope = slopes[player][player]
        found["current"].append(rows.T @ slope)
        bent = _curvature(networks, player, theta[player], slope, rows.T @ slope)
        along = point.hessian_product(player, player, player, _vector(rows @ (rows.T @ slope)))
        found["own"].append(step_sizes[player] * (rows.T @ _numbers(along) + bent))
        peer = np.zeros(len(slope))
        for other, others in enumerate(jacobians):
            if other != player:
                moved = _vector(others @ (others.T @ slopes[player][other]))
                peer += step_sizes[other] * _numbers(point.hessian_product(other, player, other, moved))
        found["peer"].append(rows.T @ peer)
    return found


def _curvature(networks: Networks, player: int, theta: jax.Array, slope: Array, direction: Array) -> Array:
    """Σ_o g_o ∇²ℓ_o d."""

    def weighted(block: jax.Array) -> jax.Array:
        return networks.logits(player, block).reshape(-1) @ slope

    _, product = jax.jvp(jax.grad(weighted), (theta,), (jnp.asarray(direction),))
    return np.asarray(product)


def _vector(row: Array) -> tuple[Entry, ...]:
    return tuple(Entry(np.array([x])) for x in row)


def _numbers(vector: Any) -> Array:
    return np.array([float(entry.values[0]) if isinstance(entry, Entry) else float(entry) for entry in vector])
