"""Sampled play of neural policies and the surrogate whose derivatives are the sampled estimators.

A batch of B trajectories of H rounds is drawn at θ₀. With the returns Rⁱ_b = Σ γᵗ rⁱ_t held fixed,

    V̂ⁱ(θ) = 1/B Σ_b Rⁱ_b exp(log p_b(θ) − log p_b(θ₀)),    log p_b = Σ_j Σ_t log πʲ(aʲ_t | o_t),

a DiCE objective (Foerster et al. 2018) over whole trajectories: its derivatives at θ₀ are mean(R s), mean(R (ssᵀ +
∇² log p)) and mean(Rʲ s_j s_iᵀ), the estimators of the published code, without baseline or credit by rounds. The
same update code runs on V̂ as on V; all factors of one update use one batch, as published, so products of them are
biased by O(1/B).

log p_b is linear in log π with the counts of (o, a) in trajectory b: only these are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from numerics.game_arrays import game_arrays
from numerics.neural.values import Logits, Values, dense_transition, log_policy
from theory.errors import BadInput
from theory.games import Game

Played = tuple[jax.Array, jax.Array, list[jax.Array]]  # states, returns and counts so far


@dataclass(frozen=True)
class Batch:
    """How much is played for one update.

    Attributes:
        size: B, trajectories.
        rounds: H; a game with a horizon has to be played to its end.
    """

    size: int
    rounds: int


def surrogate(game: Game, batch: Batch, logits: Logits, key: jax.Array) -> Values:
    """V̂ around the given log-odds, as a function of log-odds.

    Raises:
        BadInput: a game with a horizon is not played to its end.
    """
    returns, counts = play(game, batch, logits, key)

    def log_probability(point: Logits) -> jax.Array:
        parts = zip(counts, map(log_policy, point), strict=True)
        return sum((jnp.einsum("boa,oa->b", seen, row) for seen, row in parts), jnp.zeros(batch.size))

    here = jax.lax.stop_gradient(log_probability(logits))
    return lambda point: jnp.exp(log_probability(point) - here) @ returns / batch.size


def play(game: Game, batch: Batch, logits: Logits, key: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
    """Returns, shape (B, players), and how often each (observation, action) occurred, (B, observations, actions) each.

    Every round of every trajectory uses the same draws whatever the policies are: one for each player, one for nature.

    Raises:
        BadInput: a game with a horizon is not played to its end.
    """
    if game.horizon is not None and batch.rounds != game.horizon:
        raise BadInput(f"game {game.name!r} lasts {game.horizon} rounds, not {batch.rounds}.")
    tables, observed = game_arrays(game), jnp.array(game.observed)
    transition = dense_transition(game)
    arrivals = jnp.array(np.cumsum(transition, axis=-1))
    certain = np.isin(transition, (0, 1)).all()
    following = jnp.array(transition.argmax(-1))
    begins = jnp.array(np.cumsum(tables.start))
    levels = [jnp.cumsum(jnp.exp(log_policy(block)), axis=-1) for block in logits]
    draws = jax.random.uniform(key, (batch.rounds + 1, game.players + 1, batch.size), dtype=jnp.float64)

    def chosen(cumulative: jax.Array, draw: jax.Array) -> jax.Array:
        return (draw[:, None] >= cumulative[:, :-1]).sum(1)

    def one_round(carried: Played, now: tuple[jax.Array, jax.Array]) -> tuple[Played, None]:
        state, returns, counts = carried
        draw, discounted = now
        seen, joint, grown = observed[state], jnp.zeros(batch.size, dtype=int), []
        for player, level in enumerate(levels):
            action = chosen(level[seen], draw[player])
            joint = joint * tables.actions[player] + action
            place = jax.nn.one_hot(seen, tables.observations)[:, :, None]
            grown.append(counts[player] + place * jax.nn.one_hot(action, tables.actions[player])[:, None, :])
        returns = returns + discounted * jnp.asarray(tables.reward)[state, joint]
        later = following[state, joint] if certain else chosen(arrivals[state, joint], draw[-1])
        return (later, returns, grown), None

    first = chosen(jnp.broadcast_to(begins, (batch.size, len(begins))), draws[0, 0])
    empty = [jnp.zeros((batch.size, tables.observations, actions)) for actions in tables.actions]
    rounds = (draws[1:], tables.discount ** jnp.arange(batch.rounds))
    (_, returns, counts), _ = jax.lax.scan(one_round, (first, jnp.zeros((batch.size, game.players)), empty), rounds)
    return returns, counts
