"""Learning from sampled play: the update from batches of trajectories instead of exact derivatives.

The estimators are those of :mod:`theory.sampling.estimators`, which has their exact means, biases and variances:

    base_i = mean(R_i s_i)
    own_i  = α_i Ĥ_iᵀ base_i                    Ĥ_i = mean(R_i (s_i s_iᵀ + ∇²_i log p))
    peer_i = α_j Ĉ_jᵀ mean(R_i s_j)             Ĉ_j = mean(R_j s_j s_iᵀ)
    update_i = base_i + c_own own_i + c_peer peer_i

with every batch drawn at the current φ. Games: two players with two actions each, one-shot or memory-one with a finite
horizon, log-odds policies.

Draws are common to all learning rules: the words that decide batch b of step n of start k depend on the seed and on
(k, n, b) alone, not on the rule, the other starts, threads or chunks. A batch of one round is drawn by its multinomial
law.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from numerics import sampled_kernels
from numerics.compile import Array
from numerics.dynamics import Learning
from numerics.sampled_kernels import MOST_ROUNDS, Batch
from numerics.threads import share_out
from theory import updates
from theory.errors import BadInput
from theory.games import Game, finite
from theory.sampling.estimators import BATCHES, Batches

Credit = Literal["trajectory", "per-step"]
CREDITS: tuple[Credit, ...] = ("trajectory", "per-step")

CHUNK = 1024  # starts that share a key of the generator
MOST_DRAWS = 2**31
_PURPOSE_DRAWS = 2
_BASE = {"gradient", "current"}


@dataclass(frozen=True)
class Estimator:
    """How the means of one update are estimated.

    Attributes:
        batches: ``shared``: all means from one batch, as published; ``independent``: every mean has a batch of its own
            (of the same size, so eight times as much play for the full rule). Products of means of one batch are biased
            by their covariance over B.
        credit: ``trajectory``: the return times functions of the whole score, as published; ``per-step``: every
            round's discounted reward times the same functions of the score up to that round. For the base term that is
            reward-to-go. The means are the same, since later actions do not move earlier rewards.
        baseline: subtract from every return (or reward of a round) the average of those of the *other* trajectories of
            its batch. No mean changes: what is subtracted is independent of the factor it meets, whose mean is 0.
    """

    batches: Batches = "shared"
    credit: Credit = "trajectory"
    baseline: bool = False

    def __post_init__(self) -> None:
        """Refuse unknown names."""
        if self.batches not in BATCHES:
            raise BadInput(f"--batches: {self.batches!r} is not one of {', '.join(BATCHES)}.")
        if self.credit not in CREDITS:
            raise BadInput(f"credit: {self.credit!r} is not one of {', '.join(CREDITS)}.")


def sampled_run(
    learning: Learning,
    starts: Array,
    steps: int,
    batch: int,
    estimator: Estimator,
    seed: int,
    first_start: int = 0,
    first_step: int = 0,
    threads: int | None = None,
) -> Array:
    """Run every start for a number of steps of sampled learning.

    Starts and steps can be cut anywhere: columns k … of a larger run are the run of ``starts[:, k:]`` with
    ``first_start=k``, and a run goes on from its ends with ``first_step``. A run in which a parameter stops being
    finite is NaN in all of them.

    Action probabilities are rounded to multiples of 2⁻³² where rounds are played one by one.

    Args:
        learning: the rule and its settings, in expanded form with one inner step.
        starts: shape (parameters, starts).
        steps: number of outer steps.
        batch: B, the trajectories of one batch.
        estimator: how the means are estimated.
        seed: seed of the draws.
        first_start: number of the first start.
        first_step: number of the first step.
        threads: how many to use; by default one per processor available.

    Returns:
        The ends, shape (parameters, starts).

    Raises:
        BadInput: a game, a rule or a number that is not supported.
    """
    payoffs = _check(learning, batch, estimator, seed)
    return _run(
        learning, payoffs, starts, steps, batch, estimator, seed, first_start, first_step, len(payoffs) == 1, threads
    )


def check_sampled(learning: Learning, batch: int, estimator: Estimator, seed: int = 0) -> None:
    """Refuse what :func:`sampled_run` does not support.

    Raises:
        BadInput: with the reason.
    """
    _check(learning, batch, estimator, seed)


def _run(
    learning: Learning,
    payoffs: Array,
    starts: Array,
    steps: int,
    batch: int,
    estimator: Estimator,
    seed: int,
    first_start: int,
    first_step: int,
    counted: bool,
    threads: int | None = None,
) -> Array:
    """As :func:`sampled_run`; batches are counted by their multinomial law or played."""
    observations = len(starts) // 2
    phi = starts.T.reshape(-1, 2, observations).copy()
    numbers = np.arange(first_start, first_start + starts.shape[1])
    over = range(first_step, first_step + steps)
    own, peer = _coefficients(learning.rule)
    factors = np.array([1.0 if learning.anneal is None else learning.anneal.factor(number) for number in over])
    batches = Batch(batch, payoffs, estimator.credit == "per-step", estimator.baseline, counted)
    inner_lr = np.array(learning.inner_lr, dtype=float)
    sizes = np.array([learning.schedule.size(number) for number in over])
    clip = np.inf if learning.clip is None else float(learning.clip)
    keys, shared = _keys(seed, numbers), estimator.batches == "shared"
    weights = own * learning.own * factors, peer * learning.peer * factors

    def learn(begin: int, end: int) -> None:
        here = slice(begin, end)
        sampled_kernels.learn(
            phi[here], batches, inner_lr, sizes, *weights, clip, shared, keys[here], numbers[here], first_step
        )

    share_out(learn, len(phi), threads)
    return phi.reshape(-1, len(starts)).T.copy()


def _keys(seed: int, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The generator's key for every start, shape (starts, 2)."""
    chunks, position = np.unique(numbers // CHUNK, return_inverse=True)
    streams = (np.random.SeedSequence(seed, spawn_key=(_PURPOSE_DRAWS, int(chunk))) for chunk in chunks)
    states = [stream.generate_state(2, np.uint64) for stream in streams]
    return np.array(states, dtype=np.uint64).reshape(-1, 2)[position]


def _check(learning: Learning, batch: int, estimator: Estimator, seed: int) -> Array:
    """The discounted payoffs of every round, shape (rounds, players, joint actions)."""
    if learning.policy != "logit":
        raise BadInput(f"--gradient sampled: only logit policies are sampled, not {learning.policy!r}.")
    _coefficients(learning.rule)
    if learning.rule != "pg" and (learning.form != "expanded" or learning.unroll != 1):
        raise BadInput("--gradient sampled: estimators have the expanded form with one inner step (--form expanded).")
    if not 1 <= batch < MOST_DRAWS or (estimator.baseline and batch < 2):
        raise BadInput(f"--batch: {batch} trajectories are too few (2 with a baseline, else 1) or too many.")
    if seed < 0:
        raise BadInput(f"--seed: it must be at least 0, not {seed}.")
    return _payoffs(finite(learning.game, "--gradient sampled"))


def _coefficients(rule: str) -> tuple[float, float]:
    """1 or 0 for own-learning and peer-learning, by what the rule adds up."""
    names = {term.name for term in updates.REGISTRY[rule].terms}
    if len(names & _BASE) != 1 or not names <= _BASE | {"own", "peer"}:
        raise BadInput(f"--gradient sampled: the rule {rule!r} has no estimator (pg, own, peer and meta have).")
    return float("own" in names), float("peer" in names)


@lru_cache(maxsize=16)
def _payoffs(game: Game) -> Array:
    """Asked for every chunk; nobody may write to it."""
    place = f"--gradient sampled: game {game.name!r}"
    if [len(actions) for actions in game.actions] != [2, 2]:
        raise BadInput(f"{place} does not have two players with two actions each.")
    game = game.instance()
    if game.one_shot:
        return _fixed(np.array([game.reward[0]], dtype=float).transpose(0, 2, 1).copy())
    if game.horizon is None:
        raise BadInput(f"{place} has no end; sample it with a finite horizon.")
    if game.horizon > MOST_ROUNDS:
        raise BadInput(f"{place} has {game.horizon} rounds, more than {MOST_ROUNDS}.")
    if not _memory_one(game):
        raise BadInput(f"{place} is not a repeated game in which policies see the last joint action.")
    weights = float(game.discount) ** np.arange(game.horizon)
    return _fixed(weights[:, None, None] * np.array(game.reward[0], dtype=float).T)


def _fixed(array: Array) -> Array:
    array.setflags(write=False)
    return array


def _memory_one(game: Game) -> bool:
    """Whether the first round shows ∅, every later one the last joint action, and all of them pay alike."""
    if len(game.observations) != 5 or game.start[0] != 1 or game.observed[0] != 0:
        return False
    reached = {0}
    for time in range(game.horizon or 0):
        if any(game.reward[state] != game.reward[0] for state in reached):
            return False
        following = set()
        for state in reached:
            for joint, row in enumerate(game.transition[state]):
                after = [target for target, chance in enumerate(row) if chance != 0]
                if len(after) != 1 or (time < (game.horizon or 0) - 1 and game.observed[after[0]] != 1 + joint):
                    return False
                following.add(after[0])
        reached = following
    return True
