"""Training of neural policies in batch: every arm from the same starts with the same draws.

θ_{n+1} = clip(θ_n + η_n · update(θ_n)), with the coefficients of an annealed arm decaying as in
:mod:`numerics.annealing`. What is no number stays none: clipping does not repair it. One compiled program runs all arms
and starts of a chunk; its ends come back as log-odds ℓ(θ), at which everything that is known of tables can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np

from numerics.annealing import TwoPhase
from numerics.compile import Array
from numerics.dynamics import Schedule
from numerics.neural.network import Blocks, Networks
from numerics.neural.sampled import Batch, surrogate
from numerics.neural.updates import Inner, update
from numerics.neural.values import Values, value_function
from theory.errors import BadInput
from theory.games import Game

# Arms × starts in one program. Larger batches are no faster, and much larger ones were seen to hang (see values).
LARGEST_BATCH = 1000
FRAME = 20  # steps of one compiled call, after which progress is reported

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Arm:
    """A learning rule's coefficients, by the name of the rule, and their decay."""

    name: str
    own: float
    peer: float
    anneal: TwoPhase | None = None


@dataclass(frozen=True)
class Training:
    """One experiment.

    Attributes:
        game: the game.
        arms: rules that run from the same starts.
        inner: α, L and form.
        schedule: η_n.
        clip: bound on |θ| entrywise.
        steps: outer steps.
        hidden: units of the hidden layers.
        batch: what is played for one update, or ``None`` for exact values.
    """

    game: Game
    arms: tuple[Arm, ...]
    inner: Inner
    schedule: Schedule
    clip: float
    steps: int
    hidden: tuple[int, ...] = (16, 16)
    batch: Batch | None = None


@dataclass(frozen=True)
class Trained:
    """Where the runs ended.

    Attributes:
        training: the settings.
        ends: ℓ(θ) by arm, shape (log-odds, starts), laid out as tabular parameters (:mod:`numerics.policies`).
        theta: θ by arm and player, shape (starts, parameters).
        welfare: summed mean values by arm after every ``every`` steps from step 0, shape (frames, starts).
        every: steps between two frames.
        visited: θ by arm and player at step 0 and after every ``keep`` steps, shape (visits, starts, parameters);
            nothing unless asked for.
    """

    training: Training
    ends: dict[str, Array]
    theta: dict[str, tuple[Array, ...]] = field(repr=False)
    welfare: dict[str, Array] = field(repr=False)
    every: int = FRAME
    visited: dict[str, tuple[Array, ...]] = field(repr=False, default_factory=dict)


def train(
    training: Training,
    starts: Sequence[Array],
    seed: int,
    progress: Progress | None = None,
    keep: int | None = None,
) -> Trained:
    """Run every arm from every start.

    Args:
        training: the settings.
        starts: one array of shape (starts, parameters) per player, as :meth:`Networks.draw` gives them.
        seed: of the sampled trajectories; start k's draws depend on it and k alone.
        progress: called as ``progress("networks", steps done, steps in all)``.
        keep: keep θ after every so many steps, a multiple of :data:`FRAME`.

    Raises:
        BadInput: no arms or two of one name, a negative number of steps or seed, starts that are not those of these
            networks, or ``keep`` is no positive multiple of :data:`FRAME`.
    """
    networks = Networks.of(training.game, training.hidden)
    _check(training, networks, starts, seed, keep)
    count, width = len(starts[0]), max(1, LARGEST_BATCH // len(training.arms))
    advance, look = _program(_Key(training))
    parts, done = [], 0
    frames = -(-training.steps // FRAME)
    total = frames * -(-count // width)
    for first in range(0, count, width):
        part = slice(first, min(first + width, count))
        keys = jax.vmap(lambda k: jax.random.fold_in(jax.random.key(seed), k))(jnp.arange(part.start, part.stop))
        theta = tuple(
            jnp.broadcast_to(jnp.asarray(block[part]), (len(training.arms), *block[part].shape)) for block in starts
        )
        seen, visited = [np.asarray(look(theta))], [tuple(map(np.asarray, theta))]
        for begin in range(0, training.steps, FRAME):
            numbers = np.arange(begin, begin + FRAME)
            sizes = [training.schedule.size(int(n)) if n < training.steps else 0.0 for n in numbers]
            factors = [[_factor(arm, int(n)) for arm in training.arms] for n in numbers]
            theta = advance(theta, keys, jnp.array(numbers), jnp.array(sizes), jnp.array(factors))
            seen.append(np.asarray(look(theta)))
            if keep is not None and (begin + FRAME) % keep == 0:
                visited.append(tuple(map(np.asarray, theta)))
            done += 1
            if progress is not None:
                progress("networks", done * FRAME, total * FRAME)
        parts.append((tuple(map(np.asarray, theta)), np.stack(seen), visited))
    return _collected(training, networks, parts, keep is not None)


def _check(training: Training, networks: Networks, starts: Sequence[Array], seed: int, keep: int | None) -> None:
    names = [arm.name for arm in training.arms]
    if not names or len(set(names)) < len(names):
        raise BadInput(f"networks: the arms need different names, at least one, not {names}.")
    if training.steps < 0 or seed < 0:
        raise BadInput(f"networks: steps ({training.steps}) and seed ({seed}) must be at least 0.")
    if keep is not None and (keep < FRAME or keep % FRAME):
        raise BadInput(f"networks: keep must be a positive multiple of {FRAME}, not {keep}.")
    shapes = [block.shape for block in starts]
    wanted = [(len(starts[0]) if starts else 0, networks.count(player)) for player in range(training.game.players)]
    if shapes != wanted or not shapes[0][0]:
        raise BadInput(f"networks: starts of shapes {wanted} are needed, one row a start at least, not {shapes}.")


def _factor(arm: Arm, step: int) -> float:
    return 1.0 if arm.anneal is None else arm.anneal.factor(step)


def _collected(
    training: Training, networks: Networks, parts: list[tuple[Blocks, Array, list[Blocks]]], kept: bool
) -> Trained:
    players = range(training.game.players)
    theta = [np.concatenate([np.asarray(blocks[i]) for blocks, _, _ in parts], axis=1) for i in players]
    welfare = np.concatenate([seen for _, seen, _ in parts], axis=2)  # (frames, arms, starts)
    path = [  # (visits, arms, starts, parameters)
        np.concatenate([np.stack([np.asarray(blocks[i]) for blocks in visits]) for _, _, visits in parts], axis=2)
        for i in players
    ]
    by_arm = {arm.name: tuple(block[row] for block in theta) for row, arm in enumerate(training.arms)}
    return Trained(
        training,
        {name: logits_of(networks, blocks) for name, blocks in by_arm.items()},
        by_arm,
        {arm.name: welfare[:, row] for row, arm in enumerate(training.arms)},
        visited={arm.name: tuple(block[:, row] for block in path) for row, arm in enumerate(training.arms) if kept},
    )


def logits_of(networks: Networks, theta: Sequence[Array]) -> Array:
    """ℓ(θ) of many starts as a table of parameters, shape (log-odds, starts)."""
    rows = [
        np.asarray(
            jax.vmap(lambda block, player=player: networks.logits(player, block).reshape(-1))(jnp.asarray(block))
        )
        for player, block in enumerate(theta)
    ]
    return np.concatenate(rows, axis=1).T


class _Key:
    """A training's settings as a key of the compiled programs: the game counts by identity."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self._parts = (id(training.game), training.inner, training.hidden, training.batch, training.clip)
        self._coefficients = tuple((arm.own, arm.peer) for arm in training.arms)

    def __hash__(self) -> int:
        return hash((self._parts, self._coefficients))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and (self._parts, self._coefficients) == (other._parts, other._coefficients)


@lru_cache(maxsize=8)
def _program(key: _Key) -> tuple[Callable[..., Blocks], Callable[[Blocks], jax.Array]]:
    """(FRAME steps of all arms and starts, their welfare), compiled."""
    training = key.training
    game, inner, batch, clip = training.game, training.inner, training.batch, training.clip
    networks, exact = Networks.of(game, training.hidden), value_function(game)
    own, peer = (jnp.array([getattr(arm, name) for arm in training.arms]) for name in ("own", "peer"))
    weight = float(game.value_of(game.total_weight))

    def logits(theta: Blocks) -> list[jax.Array]:
        return [networks.logits(player, block) for player, block in enumerate(theta)]

    def one_step(theta: Blocks, draws: jax.Array, size: jax.Array, own: jax.Array, peer: jax.Array) -> Blocks:
        values: Values = exact if batch is None else surrogate(game, batch, logits(theta), draws)
        moves = update(lambda blocks: values(logits(blocks)), inner, own, peer, theta)
        moved = [block + size * move for block, move in zip(theta, moves, strict=True)]
        return tuple(jnp.clip(jnp.where(jnp.isfinite(block), block, jnp.nan), -clip, clip) for block in moved)

    over_starts = jax.vmap(one_step, in_axes=(0, 0, None, None, None))
    over_arms = jax.vmap(over_starts, in_axes=(0, None, None, 0, 0))

    def advance(theta: Blocks, keys: jax.Array, numbers: jax.Array, sizes: jax.Array, factors: jax.Array) -> Blocks:
        def step(theta: Blocks, now: tuple[jax.Array, ...]) -> tuple[Blocks, None]:
            number, size, factor = now
            draws = jax.vmap(lambda one: jax.random.fold_in(one, number))(keys)
            return over_arms(theta, draws, size, factor * own, factor * peer), None

        ends: Blocks = jax.lax.scan(step, theta, (numbers, sizes, factors))[0]
        return ends

    def look(theta: Blocks) -> jax.Array:
        return jax.vmap(jax.vmap(lambda blocks: exact(logits(blocks)).sum()))(theta) / weight

    return jax.jit(advance), jax.jit(look)
