"""Multi-layer perceptrons as maps from a flat parameter vector to log-odds, and where they start.

Parameters of one player are one vector θ: layer by layer the weights (inputs × outputs, row by row), then the biases.
Hidden layers are tanh, the output is linear: one log-odds of the first action for two actions, else one score per
action (softmax).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from numerics.compile import Array
from theory.games import Game
from theory.games.features import features
from theory.policies import parameters_per_state

jax.config.update("jax_enable_x64", True)  # identities are tested to 1e-10

Blocks = tuple[jax.Array, ...]  # one array per player

_PURPOSE_NETWORKS = 7  # no other random stream of the project has this number


@dataclass(frozen=True, eq=False)
class Networks:
    """One network per player for a game.

    Attributes:
        seen: features of the observations, one array of shape (observations, inputs) per player.
        sizes: units of every layer of every player, inputs and outputs among them.
    """

    seen: tuple[Array, ...]
    sizes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, game: Game, hidden: tuple[int, ...] = (16, 16)) -> Networks:
        """Networks with these hidden layers; two of 16 units as published."""
        seen = tuple(np.array(table, dtype=float) for table in features(game))
        outputs = map(parameters_per_state, map(len, game.actions))
        return cls(seen, tuple((table.shape[1], *hidden, out) for table, out in zip(seen, outputs, strict=True)))

    def count(self, player: int) -> int:
        """Number of a player's parameters."""
        return sum((inputs + 1) * outputs for inputs, outputs in pairwise(self.sizes[player]))

    def logits(self, player: int, theta: jax.Array) -> jax.Array:
        """ℓⁱ(θⁱ), shape (observations, outputs), for θ of shape (parameters,)."""
        units: jax.Array = jnp.asarray(self.seen[player])
        first, layers = 0, list(pairwise(self.sizes[player]))
        for number, (inputs, outputs) in enumerate(layers):
            weights = theta[first : first + inputs * outputs].reshape(inputs, outputs)
            first += inputs * outputs
            units = units @ weights + theta[first : first + outputs]
            first += outputs
            if number + 1 < len(layers):
                units = jnp.tanh(units)
        return units

    def draw(self, seed: int, count: int) -> tuple[Array, ...]:
        """Starts number 0 to count − 1, one array of shape (count, parameters) per player.

        Weights and biases of a layer with n inputs are uniform on ±1/√n, the usual default of PyTorch's linear layers.
        Start k depends on the seed and k alone.
        """
        starts: list[list[Array]] = [[] for _ in self.sizes]
        for number in range(count):
            stream = np.random.SeedSequence(seed, spawn_key=(_PURPOSE_NETWORKS, number))
            generator = np.random.Generator(np.random.Philox(stream))
            for player, sizes in enumerate(self.sizes):
                layers = [
                    generator.uniform(-1, 1, (inputs + 1) * outputs) / np.sqrt(inputs)
                    for inputs, outputs in pairwise(sizes)
                ]
                starts[player].append(np.concatenate(layers))
        return tuple(np.stack(rows) for rows in starts)
