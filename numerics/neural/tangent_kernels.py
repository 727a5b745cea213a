"""The update of neural policies from the tabular game and the networks' tangent kernels (claims C17.kernel-*).

With ℓⁱ = ℓⁱ(θⁱ), Jacobian J_i = ∂ℓⁱ/∂θⁱ and all derivatives of V in log-odds, one inner step takes a covector c back to

    c_i + Jᵢᵀ Σ_j α_j [∂_i∇_jVʲ]ᵀ J_j c_j + α_i Σ_o (∇_iVⁱ)_o ∇²ℓⁱ_o c_i.

From c_j = J_jᵀ∇_jVⁱ, the slopes, the kernels J_jJ_jᵀ come about. The tabular parts are those of
:mod:`numerics.implicit`, which uses the derived formulas and NumPy; only J and the curvature of ℓ come from automatic
differentiation, one network at a time.
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
from numerics.neural.updates import Inner
from theory.games import Game


def jacobian(networks: Networks, player: int, theta: jax.Array) -> Array:
    """J, shape (observations · outputs, parameters)."""
    rows = jax.jacrev(lambda block: networks.logits(player, block).reshape(-1))(theta)
    return np.asarray(rows)


class _Point:
    """A game at one θ: Jacobians, slopes in log-odds and one inner step's transposed derivative.

    Attributes:
        slopes: J_jᵀ∇_jVⁱ by value i and player j, shape (parameters of j,) each.
    """

    def __init__(self, game: Game, networks: Networks, step_sizes: tuple[float, ...], theta: Blocks) -> None:
        self._networks, self._sizes, self._theta = networks, step_sizes, theta
        self._jacobians = [jacobian(networks, player, block) for player, block in enumerate(theta)]
        logits = [np.asarray(networks.logits(player, block)).reshape(-1) for player, block in enumerate(theta)]
        self._table = ArrayPoint(game_arrays(game), "logit", tuple(map(_vector, logits)), 1)
        self._players = range(game.players)
        self.slopes = [[self._jacobians[j].T @ self._slope(i, j) for j in self._players] for i in self._players]

    def _slope(self, value_of: int, player: int) -> Array:
        return _numbers(self._table.gradient(value_of, player))

    def moved(self) -> Blocks:
        """θ + αv(θ)."""
        return tuple(
            block + size * self.slopes[player][player]
            for player, (block, size) in enumerate(zip(self._theta, self._sizes, strict=True))
        )

    def back(self, covector: list[Array], player: int) -> Array:
        """Block ``player`` of (1 + αDv)ᵀ c."""
        change = np.zeros(len(self._jacobians[player]))
        for other, rows in enumerate(self._jacobians):
            along = self._table.hessian_product(other, player, other, _vector(rows @ covector[other]))
            change += self._sizes[other] * _numbers(along)
        bent = _curvature(self._networks, player, self._theta[player], self._slope(player, player), covector[player])
        return np.asarray(covector[player] + self._jacobians[player].T @ change + self._sizes[player] * bent)


def kernel_form(game: Game, networks: Networks, inner: Inner, theta: Blocks) -> dict[str, Any]:
    """Policy-gradient, own- and peer-learning terms of every player at one θ; terminal split."""
    points = [_Point(game, networks, inner.step_sizes, theta)]
    if inner.form == "unrolled":
        for _ in range(inner.unroll):
            points.append(_Point(game, networks, inner.step_sizes, points[-1].moved()))
    players, slopes = range(game.players), points[-1].slopes
    steps, times = (points, inner.unroll) if inner.form == "expanded" else (points[:-1], 1)
    found: dict[str, list[Array]] = {"current": [], "own": [], "peer": []}
    for player in players:
        found["current"].append(slopes[player][player])
        for name in ("own", "peer"):
            covector = [slopes[player][j] * float((j == player) == (name == "own")) for j in players]
            pulled = covector
            for point in reversed(steps):
                pulled = [point.back(pulled, j) for j in players]
            found[name].append(times * (pulled[player] - covector[player]))
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
