"""Where runs start: random parameters drawn in fixed chunks, or a grid of probabilities.

Random start k is entry k mod CHUNK of the chunk ⌊k/CHUNK⌋, drawn from SeedSequence(seed, spawn_key=(purpose, chunk)):
it depends on the seed and on k alone, not on how many starts, methods or workers there are.
"""

from __future__ import annotations

import numpy as np

from numerics import policies
from numerics.compile import Array
from numerics.experiments import MOST_POINTS, Experiment
from numerics.inits import Grid, Normal, parse
from theory.errors import BadInput
from theory.games import Game, finite
from theory.profiles import parameter_place, parse_profile

CHUNK = 1024
_PURPOSE_STARTS = 1


def total(experiment: Experiment) -> int:
    """Number of starts; a grid has points^(varied parameters) of them.

    Raises:
        BadInput: as :func:`draw`.
    """
    init = parse(experiment.init)
    return init.points ** len(_grid(init, experiment)[0]) if isinstance(init, Grid) else experiment.count


def draw(experiment: Experiment, first: int = 0, last: int | None = None) -> Array:
    """Starts number ``first`` to ``last`` − 1 of an experiment (by default all), shape (parameters, starts).

    Raises:
        BadInput: a grid over too many parameters, over a player with three or more actions, or over probabilities 0 and
            1 in logit coordinates.
    """
    game, policy, init = experiment.game, experiment.coordinates, parse(experiment.init)
    if isinstance(init, Grid):
        return _on_grid(init, experiment, first, last)
    width = len(policies.names(game, policy))
    end = experiment.count if last is None else min(last, experiment.count)
    chunks = []
    for chunk in range(first // CHUNK, -(-end // CHUNK)):
        stream = np.random.SeedSequence(experiment.seed, spawn_key=(_PURPOSE_STARTS, chunk))
        generator = np.random.Generator(np.random.Philox(stream))
        if isinstance(init, Normal):
            with np.errstate(over="ignore"):  # an infinite start makes an undecided run
                chunks.append(init.deviation * generator.standard_normal((CHUNK, width)))
        else:
            chunks.append(generator.uniform(init.low, init.high, (CHUNK, width)))
    skipped = first // CHUNK * CHUNK
    drawn = np.concatenate(chunks)[first - skipped : end - skipped].T.copy()
    # In direct coordinates a start is a policy: draws outside the simplex are projected on it.
    return policies.project(game, drawn) if policy == "direct" else drawn


def _on_grid(init: Grid, experiment: Experiment, first: int, last: int | None) -> Array:
    """Points number ``first`` to ``last`` − 1 of a grid; the last varied parameter changes fastest."""
    varied, fixed = _grid(init, experiment)
    count = init.points ** len(varied)
    numbers = np.arange(first, count if last is None else min(last, count))
    grid = np.repeat(fixed[:, None], len(numbers), axis=1)
    for row, place in zip(varied, np.unravel_index(numbers, (init.points,) * len(varied)), strict=True):
        # As np.linspace rounds, but without the whole axis, which may have as many points as there are starts.
        between = place * ((init.high - init.low) / (init.points - 1)) + init.low
        probability = np.where(place == init.points - 1, init.high, between)
        grid[row] = policies.from_first_probability(experiment.coordinates, probability)
    return grid


def _grid(init: Grid, experiment: Experiment) -> tuple[list[int], Array]:
    """Rows of the varied parameters, slowest first, and all parameters with those that do not vary in place."""
    game, policy = finite(experiment.game, "--init grid"), experiment.coordinates
    if any(len(actions) > 2 for actions in game.actions):
        raise BadInput("--init: a grid needs players with two actions.")
    if policy == "logit" and (init.low == 0 or init.high == 1):
        raise BadInput("--init: probabilities 0 and 1 have no logit; keep the grid inside (0, 1).")
    width = len(policies.names(game, policy))
    varied = [_row(game, name) for name in experiment.vary] or list(range(width))
    if len(set(varied)) < len(varied):
        raise BadInput("--vary: name each parameter once.")
    if init.points ** len(varied) > MOST_POINTS or (not experiment.vary and width > 2):
        raise BadInput(
            f"--init: a grid of {init.points}^{len(varied)} starts is too large; name at most two of the "
            f"{width} parameters of game {game.name!r} with --vary."
        )
    return varied, _fixed(experiment, game, len(varied) < width)


def _fixed(experiment: Experiment, game: Game, needed: bool) -> Array:
    """Parameters of the pure profile at which those that do not vary stay; zeros if all of them vary."""
    rows = np.zeros(len(policies.names(game, experiment.coordinates)))
    if not needed:
        return rows
    if experiment.at is None:
        raise BadInput("--vary: say with --at at which profile the other parameters stay, such as --at TFT.")
    if experiment.coordinates == "logit" and experiment.clip is None:
        raise BadInput(
            "--at: pure policies have no finite log-odds; use --policy direct, or --clip B to put them at ±B."
        )
    profile = parse_profile(game, experiment.at)
    for player, observation, block in policies.blocks(game):
        plays_first = profile[player][observation] == 0
        if experiment.coordinates == "direct":
            rows[block] = float(plays_first)
        else:
            rows[block] = experiment.clip if plays_first else -(experiment.clip or 0.0)
    return rows


def _row(game: Game, name: str) -> int:
    """Row of the parameter called ``p1[CC]`` (player 1 after CC in its own view) or ``p1`` in a one-shot game."""
    place = parameter_place(game, name, "--vary")
    return next(int(rows.start) for *owner, rows in policies.blocks(game) if tuple(owner) == place)
