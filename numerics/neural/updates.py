"""The finite-unroll Meta-MAPG update of neural policies, by automatic differentiation through the unroll.

With v(θ) = (∇_iVⁱ)_i, the inner map Φ(θ) = θ + αv(θ) and w = ∇Vⁱ at θ_L (unrolled form) player i's update is

    w_i + c_own (∂θ_L^i/∂θ₀^i − 1)ᵀ w_i + c_peer Σ_j (∂θ_L^j/∂θ₀^i)ᵀ w_j,

the terminal split; in the expanded form w is taken at θ₀ and the derivatives of θ_L are L times those of αv at θ₀.
Both are one reverse pass through the unroll with the covector (c_own w_i, c_peer w_j). Nothing here knows what the
values are: exact ones (:mod:`numerics.neural.values`) or a sampled surrogate (:mod:`numerics.neural.sampled`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from numerics.neural.network import Blocks
from theory.updates import Form

ParameterValues = Callable[[Blocks], jax.Array]  # from one vector per player to all players' values


@dataclass(frozen=True)
class Inner:
    """The inner loop: step sizes α of the players, unroll length L and form of the update."""

    step_sizes: tuple[float, ...]
    unroll: int = 1
    form: Form = "expanded"


def pseudo_gradient(value: ParameterValues, theta: Blocks) -> Blocks:
    """The pseudo-gradient v = (∇_1V¹, …, ∇_NVᴺ)."""
    return tuple(row[player] for player, row in enumerate(jax.jacrev(value)(theta)))


def after(value: ParameterValues, inner: Inner, theta: Blocks) -> Blocks:
    """θ_L: the unroll; in the expanded form θ₀ + Lαv(θ₀), whose derivatives that form uses."""
    scale, steps = (inner.unroll, 1) if inner.form == "expanded" else (1, inner.unroll)
    for _ in range(steps):
        moves = zip(theta, inner.step_sizes, pseudo_gradient(value, theta), strict=True)
        theta = tuple(block + scale * size * slope for block, size, slope in moves)
    return theta


def update(value: ParameterValues, inner: Inner, own: jax.Array, peer: jax.Array, theta: Blocks) -> Blocks:
    """Every player's update with coefficients c_own and c_peer; (0, 0) is v at θ₀ (expanded) or θ_L (unrolled)."""
    end, back = jax.vjp(lambda blocks: after(value, inner, blocks), theta)
    slopes = jax.jacrev(value)(theta if inner.form == "expanded" else end)  # slopes[j][i] = ∇_jVⁱ
    moves = []
    for player in range(len(theta)):
        covector = tuple((own if j == player else peer) * rows[player] for j, rows in enumerate(slopes))
        (pulled,) = back(covector)
        moves.append(slopes[player][player] + pulled[player] - covector[player])
    return tuple(moves)


def terms(value: ParameterValues, inner: Inner, theta: Blocks) -> dict[str, Blocks]:
    """Policy-gradient, own- and peer-learning term of every player; the step sizes α are included."""
    zero, one = jnp.zeros(()), jnp.ones(())
    base = update(value, inner, zero, zero, theta)
    parts = {"own": update(value, inner, one, zero, theta), "peer": update(value, inner, zero, one, theta)}
    found = {name: tuple(a - b for a, b in zip(whole, base, strict=True)) for name, whole in parts.items()}
    return {"current": base, **found}
