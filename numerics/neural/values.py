"""Exact values of a finite stochastic game as a differentiable function of log-odds.

V = ρᵀ(I − γP_π)⁻¹r_π for endless games; with a horizon of H rounds H steps of u ← r_π + γP_π u. Derivatives of any
order are JAX's, through the solution of the linear system by the implicit function theorem. No linear algebra library
is called: batches of small systems were seen to hang in one under ``jit``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import issparse

from numerics.game_arrays import game_arrays
from theory.games import Game

Logits = Sequence[jax.Array]  # one array of shape (observations, outputs) per player
Values = Callable[[Logits], jax.Array]


def log_policy(logits: jax.Array) -> jax.Array:
    """The logarithms log π(a | o), shape (observations, actions), from one log-odds or one score per action."""
    if logits.shape[-1] == 1:
        return jnp.concatenate([jax.nn.log_sigmoid(logits), jax.nn.log_sigmoid(-logits)], axis=-1)
    return jax.nn.log_softmax(logits, axis=-1)


def dense_transition(game: Game) -> np.ndarray:
    """P(t | s, a) as an array of shape (states, joint actions, states)."""
    tables = game_arrays(game)
    table = tables.transition.toarray() if issparse(tables.transition) else tables.transition
    return np.asarray(table).reshape(*tables.reward.shape[:2], -1)


def joint_policy(game: Game, logits: Logits) -> jax.Array:
    """Probability of every joint action in every state, shape (states, joint actions)."""
    observed = np.array(game.observed)
    joint = jnp.ones((len(observed), 1))
    for block in logits:
        policy = jnp.exp(log_policy(block))[observed]
        joint = (joint[:, :, None] * policy[:, None, :]).reshape(len(observed), -1)
    return joint


def value_function(game: Game) -> Values:
    """The function from log-odds to the total values Vⁱ of all players, shape (players,)."""
    tables, transition = game_arrays(game), dense_transition(game)

    def values(logits: Logits) -> jax.Array:
        joint = joint_policy(game, logits)
        moves = tables.discount * jnp.einsum("sk,skt->st", joint, transition)
        paid = jnp.einsum("sk,ski->si", joint, tables.reward)
        return tables.start @ accumulated(moves, paid, game.horizon)

    return values


def accumulated(moves: jax.Array, paid: jax.Array, horizon: int | None) -> jax.Array:
    """Σ_t M^t r for M = γP_π: all t, or the first H of them."""
    if horizon is not None:
        return jax.lax.fori_loop(0, horizon - 1, lambda _, u: paid + moves @ u, paid)
    matrix = jnp.eye(len(moves)) - moves
    inverse = jax.lax.stop_gradient(inverted(matrix))

    def columns(right: jax.Array) -> jax.Array:
        return jax.lax.custom_linear_solve(
            lambda x: matrix @ x, right, lambda _, b: inverse @ b, lambda _, b: inverse.T @ b
        )

    return jax.vmap(columns, in_axes=1, out_axes=1)(paid)


def inverted(matrix: jax.Array) -> jax.Array:
    """M⁻¹ by Gauss-Jordan elimination; rows that dominate their diagonals need no pivoting."""

    def eliminate(table: jax.Array, _: None) -> tuple[jax.Array, None]:
        row = table[:1] / table[0, 0]
        rest = table[1:] - table[1:, :1] * row
        # The next pivot moves to the corner; the finished column, a unit vector, is dropped.
        return jnp.pad(jnp.concatenate([rest, row])[:, 1:], ((0, 0), (0, 1))), None

    size = len(matrix)
    table, _ = jax.lax.scan(eliminate, jnp.concatenate([matrix, jnp.eye(size)], axis=1), None, size)
    return table[:, :size]
