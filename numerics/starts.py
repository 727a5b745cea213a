"""Where runs start: random parameters drawn in fixed chunks, or a grid of probabilities.

Random start k is entry k mod CHUNK of the chunk ⌊k/CHUNK⌋, drawn from SeedSequence(seed, spawn_key=(purpose, chunk)):
it depends on the seed and on k alone, not on how many starts, methods or workers there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics import policies
from numerics.compile import Array
from theory.errors import BadInput
from theory.games import AnyGame, finite
from theory.policies import Coordinates

CHUNK = 1024
_PURPOSE_STARTS = 1


@dataclass(frozen=True)
class Normal:
    """Every parameter from N(0, deviation²)."""

    deviation: float


@dataclass(frozen=True)
class Uniform:
    """Every parameter from U(low, high)."""

    low: float
    high: float


@dataclass(frozen=True)
class Grid:
    """Probabilities of the first action on ``points`` evenly spaced values from low to high, for every parameter."""

    points: int
    low: float
    high: float


Init = Normal | Uniform | Grid


def parse(text: str) -> Init:
    """Read ``normal:SD``, ``uniform:LO:HI`` or ``grid:N:LO:HI``.

    Raises:
        BadInput: anything else.
    """
    kind, *fields = text.split(":")
    try:
        numbers = [float(entry) for entry in fields]
        if not all(np.isfinite(numbers)):
            raise ValueError
        if kind == "normal" and len(numbers) == 1 and numbers[0] >= 0:
            return Normal(numbers[0])
        if kind == "uniform" and len(numbers) == 2 and numbers[0] <= numbers[1]:
            return Uniform(*numbers)
        if (
            kind == "grid"
            and len(numbers) == 3
            and numbers[0] == int(numbers[0]) >= 2
            and 0 <= numbers[1] < numbers[2] <= 1
        ):
            return Grid(int(numbers[0]), numbers[1], numbers[2])
    except ValueError:
        pass
    raise BadInput(f"--init: {text!r} is not normal:SD, uniform:LO:HI or grid:N:LO:HI (N ≥ 2, 0 ≤ LO < HI ≤ 1).")


def draw(init: Init, game: AnyGame, policy: Coordinates, count: int, seed: int) -> Array:
    """The starts, shape (parameters, batch). A grid ignores ``count`` and has points^parameters starts.

    Raises:
        BadInput: a grid over more than two parameters, over a player with three or more actions, or one that touches
            0 or 1 in logit coordinates.
    """
    width = len(policies.names(game, policy))
    if isinstance(init, Grid):
        return _grid(init, game, policy, width)
    chunks = []
    for chunk in range(-(-count // CHUNK)):
        generator = np.random.Generator(
            np.random.Philox(np.random.SeedSequence(seed, spawn_key=(_PURPOSE_STARTS, chunk)))
        )
        if isinstance(init, Normal):
            chunks.append(init.deviation * generator.standard_normal((CHUNK, width)))
        else:
            chunks.append(generator.uniform(init.low, init.high, (CHUNK, width)))
    starts = np.concatenate(chunks)[:count].T.copy() if chunks else np.empty((width, 0))
    # In direct coordinates a start is a policy: draws outside the simplex are projected on it.
    return policies.project(game, starts) if policy == "direct" else starts


def _grid(init: Grid, game: AnyGame, policy: Coordinates, width: int) -> Array:
    if any(len(actions) > 2 for actions in finite(game, "--init grid").actions):
        raise BadInput("--init: a grid needs players with two actions.")
    if width > 2:
        raise BadInput(f"--init: a grid needs at most two parameters; game {game.name!r} has {width}.")
    if policy == "logit" and (init.low == 0 or init.high == 1):
        raise BadInput("--init: probabilities 0 and 1 have no logit; keep the grid inside (0, 1).")
    axis = policies.from_first_probability(policy, np.linspace(init.low, init.high, init.points))
    return np.stack([rows.ravel() for rows in np.meshgrid(*[axis] * width, indexing="ij")])
