"""How far the peer-learning correction points to the target: in parameters, in log-odds, and as it would for a table.

W = ½ Σ (1 − π(target action | o))² over the players and the observations on the target's path: where play begins, and
what follows as long as all play the target's actions (in the memory-one IPD ∅ and CC, so that W is ½ dist² to the
cooperative set). With C the peer-learning correction divided by α, J the networks' Jacobians, K = JJᵀ, c_i = Σ_j
(∂_i∇_jVʲ)ᵀ ∇_jVⁱ the table's correction at the same log-odds and z = −∇_ℓ W:

* parameters: ⟨Jᵀz, C⟩, policy: ⟨z, JC⟩. Both are one number, Σ_i ⟨z_i, K_i Σ_j (∂_i∇_jVʲ)ᵀ K_j ∇_jVⁱ⟩; their cosines
  differ;
* table: ⟨z, c⟩.

The sign is *promised* where the condition numbers of the kernels alone settle it for both players (C17.alignment-peer).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from numerics.compile import Array
from numerics.game_arrays import game_arrays
from numerics.neural.network import Networks
from numerics.neural.values import Logits, dense_transition, log_policy, value_function
from theory.errors import BadInput
from theory.games import Game
from theory.repeated_alignment import is_repeated


@dataclass(frozen=True)
class Alignment:
    """What was found at many points; every array has shape (points,).

    Where parameters are no finite numbers everything is nan, and nothing promised.

    Attributes:
        product: ⟨z, JC⟩ = ⟨Jᵀz, C⟩.
        parameters: its cosine in parameters.
        policy: its cosine in log-odds.
        table: cosine of the table's correction with z.
        condition: the larger of the two kernels' condition numbers, inf where one is singular.
        promised: whether the kernels' condition numbers alone settle that both players' parts are positive.
    """

    product: Array
    parameters: Array
    policy: Array
    table: Array
    condition: Array
    promised: Array


def on_path(game: Game) -> list[int]:
    """Observations on the target's path, sorted.

    Raises:
        BadInput: the game has no target, or one that says where play begins only, as in a general stochastic game.
    """
    if game.target is None:
        raise BadInput(f"game {game.name!r} has no target equilibrium.")
    if game.value_of(game.discount) != 0 and not is_repeated(game):
        raise BadInput(f"game {game.name!r} is no repeated game: its target does not say what to play later on.")
    chosen = tuple(game.action_index(player, action) for player, action in enumerate(game.target))
    moves = dense_transition(game)[:, game.joint_actions.index(chosen)] > 0
    reached = game_arrays(game).start > 0
    for _ in game.states:
        reached = reached | (game_arrays(game).discount > 0) & moves[reached].any(0)
    return sorted({game.observed[state] for state in np.flatnonzero(reached)})


def distance_function(game: Game) -> Callable[[Logits], jax.Array]:
    """W as a function of log-odds, one array of shape (observations, outputs) per player.

    Raises:
        BadInput: the game has no target.
    """
    places = np.array(on_path(game))
    wanted = [game.action_index(player, action) for player, action in enumerate(game.target or ())]

    def half_squared(logits: Logits) -> jax.Array:
        short = [1 - jnp.exp(log_policy(block))[places, action] for block, action in zip(logits, wanted, strict=True)]
        return sum(((row**2).sum() for row in short), jnp.zeros(())) / 2

    return half_squared


def alignment(game: Game, networks: Networks, theta: Sequence[Array]) -> Alignment:
    """Measure at many points.

    Args:
        game: a game of two players with a target.
        networks: the policies.
        theta: one array of shape (points, parameters) per player.

    Raises:
        BadInput: the game has no target or not two players.
    """
    if game.players != 2:
        raise BadInput(f"game {game.name!r} has {game.players} players; alignment of networks is measured for two.")
    values, distance = value_function(game), distance_function(game)

    def at(blocks: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        logits = [networks.logits(player, block) for player, block in enumerate(blocks)]
        rows = [
            jax.jacrev(lambda block, player=player: networks.logits(player, block).reshape(-1))(block)
            for player, block in enumerate(blocks)
        ]
        slopes = jax.jacrev(values)(logits)  # slopes[j][i] = ∇_jVⁱ
        mixed = [
            jax.jacrev(lambda point, j=j: jax.grad(lambda p, j=j: values(p)[j])(point)[j])(logits)[1 - j]
            for j in (0, 1)
        ]  # mixed[j] = ∂_i∇_jVʲ, i the other player, shape (observations, outputs of j, observations, outputs of i)
        away = jax.grad(distance)(logits)
        found = []
        for i, j in ((0, 1), (1, 0)):
            matrix = mixed[j].reshape(logits[j].size, logits[i].size).T
            found += [rows[i] @ rows[i].T, matrix, slopes[j][i].reshape(-1), -away[i].reshape(-1)]
        return tuple(found)

    blocks = tuple(map(jnp.asarray, theta))
    parts = [np.asarray(part) for part in jax.jit(jax.vmap(at))(blocks)]
    known = np.all([np.isfinite(part).all(axis=tuple(range(1, part.ndim))) for part in parts], axis=0)
    parts = [np.where(known.reshape(-1, *[1] * (part.ndim - 1)), part, 0.0) for part in parts]  # for the eigenvalues
    sides = (parts[:4], parts[4:])
    kernels, spectra = [side[0] for side in sides], [np.linalg.eigvalsh(side[0]) for side in sides]
    zero = np.zeros(len(parts[0]))
    product, table, promised = zero.copy(), zero.copy(), zero == 0
    sizes = {name: zero.copy() for name in ("z", "c", "w", "Jz", "JC")}
    for i, j in ((0, 1), (1, 0)):
        _, matrix, slope, toward = sides[i]
        plain, moved = _times(matrix, slope), _times(matrix, _times(kernels[j], slope))
        change = _times(kernels[i], moved)
        product += (toward * change).sum(1)
        table += (toward * plain).sum(1)
        sizes["z"] += (toward**2).sum(1)
        sizes["c"] += (plain**2).sum(1)
        sizes["w"] += (change**2).sum(1)
        sizes["Jz"] += (toward * _times(kernels[i], toward)).sum(1)
        sizes["JC"] += (moved * change).sum(1)
        promised &= _settled(matrix, slope, toward, spectra[i], spectra[j])
    lowest, highest = (np.stack([spectrum[:, k] for spectrum in spectra]) for k in (0, -1))
    with np.errstate(all="ignore"):
        condition = np.where(known, np.where(lowest > 0, highest / lowest, np.inf).max(0), np.nan)
        return Alignment(
            np.where(known, product, np.nan),
            product / np.sqrt(sizes["Jz"] * sizes["JC"]),
            product / np.sqrt(sizes["z"] * sizes["w"]),
            table / np.sqrt(sizes["z"] * sizes["c"]),
            condition,
            promised & known,
        )


def _times(matrices: Array, vectors: Array) -> Array:
    return np.asarray(np.einsum("nab,nb->na", matrices, vectors))


def _settled(matrix: Array, slope: Array, toward: Array, own: Array, other: Array) -> Array:
    """Where angle(z, Mu) + arcsin ε_i + arcsin ρ < π/2, ρ = ε_j|M||u|/|Mu| (C17.alignment-peer), shape (points,)."""
    moved, largest = _times(matrix, slope), np.linalg.norm(matrix, 2, axis=(1, 2))
    size = [np.linalg.norm(vector, axis=1) for vector in (toward, slope, moved)]
    with np.errstate(all="ignore"):  # what is not a number settles nothing
        angle = np.arccos((toward * moved).sum(1) / (size[0] * size[2]))
        turned = np.arcsin(_sine(own)) + np.arcsin(_sine(other) * largest * size[1] / size[2])
        return np.asarray(angle + turned < np.pi / 2)


def _sine(spectrum: Array) -> Array:
    """ε = (κ − 1)/(κ + 1) from eigenvalues in rising order, shape (points, eigenvalues)."""
    low, high = spectrum[:, 0], spectrum[:, -1]
    return (high - low) / (high + low)
