"""The exact meta-gradient by automatic differentiation through the whole unroll, on plain arrays.

An independent oracle: of the rest of the project it imports nothing, and it uses no derivative formula. The policy
gradient theorem, resolvent derivatives and Hessian products do not occur; every derivative is JAX's reverse mode on

    V = ρᵀ(I − γP_π)⁻¹ r_π,        φ_{k+1}^i = φ_k^i + α_i ∇_i V^i(φ_k),        d/dφ₀ⁱ Vⁱ(φ_L).

The terms are told apart by stopping derivatives, in double precision:

* terminal split: own holds the others' blocks of φ_L fixed (less the identity), peer holds block i of φ_L fixed;
* path split: own holds the others' blocks fixed after every step (less the identity), peer is all the rest;
* expanded form: Lα_b ∇_i⟨∇_b V^b, w⟩ at φ₀ with w = ∇_b Vⁱ held fixed: own for b = i, peer summed over b ≠ i.

Batched LAPACK calls were seen to hang under ``jit``; the small systems are solved by elimination written out here.

Run as ``python autodiff.py IN.npz OUT.npz``. Several batches may stand in one file, each under a prefix ``NAME/``:

==================  ==========================================================================================
``coordinates``     ``direct`` or ``logit``
``start``           ρ, shape (games, states)
``transition``      P(s′ | s, a), shape (games, states, *actions, states)
``reward``          rⁱ(s, a), shape (games, states, *actions, players)
``discount``        γ, shape (games,)
``step_sizes``      α_i, shape (games, players)
``parameters_i``    φ₀ of player i from 1, shape (games, states, parameters per state)
==================  ==========================================================================================

Written for every batch, L = 1, …, 6 and player i: ``total_i``, ``current_i`` and, for terminal, path and expanded,
``own_i``, ``peer_i`` (and ``current_i`` at φ₀) under ``NAME/SPLIT/``, each of shape (6, games, parameters of i).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

LONGEST = 6  # L = 1, …, LONGEST
LARGEST_BATCH = 1000

Blocks = tuple[jax.Array, ...]
Values = Callable[[Blocks], jax.Array]

# ---------------------------------------------------------------------------------------------------------- values


def action_probabilities(parameters: jax.Array, actions: int, coordinates: str) -> jax.Array:
    """π, shape (states, actions): one parameter for two actions (of the first), else one per action."""
    if coordinates == "direct":
        if actions == 2:
            return jnp.concatenate([parameters, 1 - parameters], axis=1)
        return parameters + (1 - parameters.sum(axis=1, keepdims=True)) / actions
    scores = jnp.concatenate([parameters, jnp.zeros_like(parameters)], axis=1) if actions == 2 else parameters
    weights = jnp.exp(scores)
    return weights / weights.sum(axis=1, keepdims=True)


def solve(matrix: jax.Array, right: jax.Array) -> jax.Array:
    """M⁻¹B by Gauss-Jordan elimination; rows that dominate their diagonals need no pivoting."""

    def eliminate(table: jax.Array, _: None) -> tuple[jax.Array, None]:
        row = table[:1] / table[0, 0]
        rest = table[1:] - table[1:, :1] * row
        # The next pivot moves to the corner; the finished column, a unit vector, is dropped.
        return jnp.pad(jnp.concatenate([rest, row])[:, 1:], ((0, 0), (0, 1))), None

    table, _ = jax.lax.scan(eliminate, jnp.concatenate([matrix, right], axis=1), None, len(matrix))
    return table[:, : right.shape[1]]


def values(game: dict[str, jax.Array], coordinates: str, blocks: Blocks) -> jax.Array:
    """Total discounted value of every player, shape (players,)."""
    transition, reward = game["transition"], game["reward"]
    states = len(transition)
    joint = jnp.ones((states, 1))
    for player, block in enumerate(blocks):
        policy = action_probabilities(block, transition.shape[1 + player], coordinates)
        joint = (joint[:, :, None] * policy[:, None, :]).reshape(states, -1)
    moves = jnp.einsum("sk,skt->st", joint, transition.reshape(states, -1, states))
    paid = jnp.einsum("sk,ski->si", joint, reward.reshape(states, -1, len(blocks)))
    return game["start"] @ solve(jnp.eye(states) - game["discount"] * moves, paid)


# ---------------------------------------------------------------------------------------------------------- unroll


def hold(blocks: Blocks, free: jax.Array) -> Blocks:
    """The same point, differentiated only through the blocks of the players marked 1 in ``free``, not 0."""
    return tuple(f * block + (1 - f) * jax.lax.stop_gradient(block) for f, block in zip(free, blocks, strict=True))


def own_slopes(value: Values, blocks: Blocks) -> Blocks:
    """v = (∇_1 V¹, …, ∇_N Vᴺ)."""
    return tuple(row[player] for player, row in enumerate(jax.jacrev(value)(blocks)))


def unroll(value: Values, sizes: jax.Array, length: jax.Array, start: Blocks, free: jax.Array) -> Blocks:
    """φ_L; after every step, only the blocks of the players in ``free`` stay differentiable."""

    def step(blocks: Blocks, number: jax.Array) -> tuple[Blocks, None]:
        slopes = own_slopes(value, blocks)
        taken = number < length  # at most LONGEST steps are taken, so that one program serves every L
        moved = tuple(jnp.where(taken, b + a * v, b) for b, a, v in zip(blocks, sizes, slopes, strict=True))
        return hold(moved, free), None

    return jax.lax.scan(step, start, jnp.arange(LONGEST))[0]


# ----------------------------------------------------------------------------------------------------------- terms


def terms(game: dict[str, Any], coordinates: str, length: jax.Array, chosen: jax.Array) -> dict[str, Blocks]:
    """The derivatives in φ₀ of the chosen player's value (marked 1, the others 0), as if every block were its own."""
    value = partial(values, game, coordinates)
    start, sizes = game["parameters"], game["step_sizes"]
    everyone, others = jnp.ones_like(chosen), 1 - chosen

    def worth(blocks: Blocks) -> jax.Array:
        return (chosen * value(blocks)).sum()

    def after(free_at_the_end: jax.Array, free_on_the_way: jax.Array) -> tuple[Blocks, Blocks]:
        def outcome(blocks: Blocks) -> tuple[jax.Array, Blocks]:
            end = unroll(value, sizes, length, blocks, free_on_the_way)
            return worth(hold(end, free_at_the_end)), end

        return jax.grad(outcome, has_aux=True)(start)

    def at_the_start(movers: jax.Array) -> Blocks:
        weights = jax.grad(worth)(start)  # held fixed

        def effect(blocks: Blocks) -> jax.Array:
            rows = zip(movers * sizes, own_slopes(value, blocks), weights, strict=True)
            return length * sum((size * v * w).sum() for size, v, w in rows)

        return jax.grad(effect)(start)

    # One program for the four ways of holding blocks fixed, because compiling takes much longer than running.
    ways = jnp.stack(
        [jnp.stack(way) for way in [(everyone, everyone), (chosen, everyone), (others, everyone), (chosen, chosen)]]
    )
    found, ends = jax.vmap(after)(ways[:, 0], ways[:, 1])
    total, own, peer, stayed = (tuple(block[way] for block in found) for way in range(len(ways)))
    current = jax.grad(worth)(tuple(block[0] for block in ends))
    return {
        "total": total,
        "terminal/current": current,
        "terminal/own": minus(own, current),
        "terminal/peer": peer,
        "path/current": current,
        "path/own": minus(stayed, current),
        "path/peer": minus(total, stayed),
        "expanded/current": jax.grad(worth)(start),
        "expanded/own": at_the_start(chosen),
        "expanded/peer": at_the_start(others),
    }


def minus(left: Blocks, right: Blocks) -> Blocks:
    return tuple(a - b for a, b in zip(left, right, strict=True))


@partial(jax.jit, static_argnums=1)
def all_terms(batch: dict[str, Any], coordinates: str) -> dict[str, jax.Array]:
    """Every player's terms for a batch of games, each of shape (LONGEST, games, parameters of the player)."""
    of_players = jax.vmap(terms, in_axes=(None, None, None, 0))
    of_games = jax.vmap(of_players, in_axes=(0, None, None, None))
    of_lengths = jax.vmap(of_games, in_axes=(None, None, 0, None))
    players = len(batch["parameters"])
    results = of_lengths(batch, coordinates, jnp.arange(1, LONGEST + 1), jnp.eye(players))
    return {
        f"{name}_{player + 1}": blocks[player][:, :, player].reshape(LONGEST, len(batch["start"]), -1)
        for name, blocks in results.items()
        for player in range(players)
    }


def main(source: str, target: str) -> None:
    """Read the batches, write their terms."""
    jax.config.update("jax_enable_x64", True)
    batches: dict[str, dict[str, np.ndarray]] = {}
    with np.load(source) as stored:
        for key in stored.files:
            name, field = key.split("/")
            batches.setdefault(name, {})[field] = stored[key]
    results = {"loaded": np.array(sorted({module.split(".")[0] for module in sys.modules}))}
    for name, batch in batches.items():
        coordinates = str(batch.pop("coordinates"))
        players = sum(field.startswith("parameters_") for field in batch)
        start = tuple(batch.pop(f"parameters_{player + 1}") for player in range(players))
        if len(start[0]) > LARGEST_BATCH:
            raise ValueError(f"batch {name} has {len(start[0])} games; at most {LARGEST_BATCH} at a time")
        for block, term in all_terms({**batch, "parameters": start}, coordinates).items():
            results[f"{name}/{block}"] = np.asarray(term)
    np.savez(target, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
