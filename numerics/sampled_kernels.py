"""Sampled learning in compiled loops: a counter-based generator, batches of play, their means, and whole runs.

Every random word is a function of (key; draw, batch, step, start) alone: Philox4x64-10 (Salmon et al. 2011) carries no
state along, so that results do not depend on threads, on chunks or on what else is run.

Games have two players with two actions each. The policies' observations are ∅ and then, unless the game is one-shot,
the last joint action: CC, CD, DC, DD in everybody's order. Numbers of actions count *first* actions. A batch is a
set of lanes, one for each trajectory (or for several equal ones); loops run over the rounds and, inside, the lanes.

Only sums over a batch may be reordered to suit the machine's vectors. No flag assumes finite numbers: NaN stays NaN.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

MOST_ROUNDS = 4095  # visits are counted in twelve bits

# The independent batches: mean(R_i s_j) at 2i + j, own Jacobians from 4 on, peer Jacobians from 6 on.
GAIN, OWN, PEER, BATCHES = 0, 4, 6, 8

_BITS = np.uint64(12)
_FIELD = np.uint64(4095)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_SIGN = np.uint64(63)
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_MULTIPLIERS = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
_BUMPS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B))
_BINOMIAL_BLOCK = 512  # (1/2)^512 is a floating-point number


class Lanes(NamedTuple):
    """One batch, lane by lane.

    Attributes:
        here: what is observed now.
        joint: the joint action of this round.
        counts: packed by observation, twelve bits each: visits, and first actions of both players.
        returns: (player, lane).
        copies: how many trajectories a lane stands for.
        visits: (observation, lane), unpacked.
        scores: (player, observation, lane).
        factor: scratch.
    """

    here: Any
    joint: Any
    counts: Any
    returns: Any
    copies: Any
    visits: Any
    scores: Any
    factor: Any


class Sums(NamedTuple):
    """Sums over a batch of products, each with the return (kind 0) and without it (kind 1, for the baseline).

    Attributes:
        factors: (event, player, kind, row, column): (1, s_i) ⊗ (1, s_i, s_j). An event is a trajectory or a round.
        visits: (event, player, kind, observation).
    """

    factors: Any
    visits: Any


class Batch(NamedTuple):
    """What one batch is drawn from.

    Attributes:
        size: B.
        payoffs: (round, player, joint action), discounted.
        per_step: whether every round counts with its own reward and the scores so far.
        baseline: whether to subtract the others' average return.
        counted: draw the numbers of joint actions instead of playing; for one round.
    """

    size: int
    payoffs: Any
    per_step: bool
    baseline: bool
    counted: bool


class Source(NamedTuple):
    """The generator's key and the words of the counter after the first."""

    key: Any
    batch: int
    step: int
    start: int


# ---------------------------------------------------------------------------------------------------- random numbers


def _high_word_in_llvm(context: Any, left: Any, right: Any) -> Any:
    """Numba's way to say it: the types, and a function that writes the instructions."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        narrow = arguments[0].type
        wide = type(narrow)(128)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        return builder.trunc(builder.lshr(product, wide(64)), narrow)

    return types.uint64(types.uint64, types.uint64), generate


_high_word: Any = intrinsic(_high_word_in_llvm)  # the upper 64 bits of a product of two words


@njit(cache=True)
def philox(key: Any, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
    """Four random words of 64 bits: Philox4x64 with ten rounds, as in NumPy.

    Args:
        key: two words.
        c0, c1, c2, c3: the counter.
    """
    k0, k1 = key[0], key[1]
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    for _ in range(10):
        high0, low0 = _high_word(_MULTIPLIERS[0], x0), _MULTIPLIERS[0] * x0
        high1, low1 = _high_word(_MULTIPLIERS[1], x2), _MULTIPLIERS[1] * x2
        x0, x1, x2, x3 = high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0
        k0 += _BUMPS[0]
        k1 += _BUMPS[1]
    return x0, x1, x2, x3


@njit(cache=True)
def binomial(trials: int, chance: float, draw: int, source: Source) -> int:
    """A binomial number by inversion of its distribution function, in blocks of trials with one uniform number each.

    The counter's first word runs from ``draw`` on by one for every block. With the same words the number never falls
    when ``chance`` rises, up to rounding.
    """
    rare = chance if chance <= 0.5 else 1.0 - chance
    odds = rare / (1.0 - rare)
    total, block = 0, 0
    while block * _BINOMIAL_BLOCK < trials:
        size = min(_BINOMIAL_BLOCK, trials - block * _BINOMIAL_BLOCK)
        word = philox(source.key, draw + block, source.batch, source.step, source.start)[0]
        uniform = (float(word >> np.uint64(11)) + 0.5) * 2.0**-53
        if chance > 0.5:
            uniform = 1.0 - uniform
        mass = math.exp(size * math.log1p(-rare))
        reached, number = mass, 0
        while reached < uniform and number < size:
            mass *= odds * ((size - number) / (number + 1.0))
            reached += mass
            number += 1
        total += number if chance <= 0.5 else size - number
        block += 1
    return total


@njit(cache=True)
def count_joint_actions(size: int, chance_1: float, chance_2: float, source: Source) -> Any:
    """How often each joint action occurs in a batch of one round: multinomial, from three binomials.

    Player 1's first actions, then player 2's among these, then player 2's among the others.
    """
    stride = size // _BINOMIAL_BLOCK + 1
    first = binomial(size, chance_1, 0, source)
    both = binomial(first, chance_2, stride, source)
    second = binomial(size - first, chance_2, 2 * stride, source)
    return both, first - both, second, size - first - second


# ------------------------------------------------------------------------------------------------------ sums of a batch


@njit(cache=True, fastmath={"reassoc", "nsz"})
def _total(x: Any) -> float:
    total = 0.0
    for k in range(len(x)):
        total += x[k]
    return total


@njit(cache=True, fastmath={"reassoc", "nsz"})
def _dot(x: Any, y: Any) -> float:
    total = 0.0
    for k in range(len(x)):
        total += x[k] * y[k]
    return total


@njit(cache=True)
def _score(lanes: Lanes, probabilities: Any) -> None:
    """Unpack visits, and scores: first actions less visits × π for log-odds."""
    for o in range(len(lanes.visits)):
        shift = _BITS * np.uint64(o)
        seen = lanes.visits[o]
        for k in range(len(seen)):
            seen[k] = float((lanes.counts[0, k] >> shift) & _FIELD)
        for i in range(2):
            score, chance = lanes.scores[i, o], probabilities[i, o]
            for k in range(len(seen)):
                score[k] = float((lanes.counts[1 + i, k] >> shift) & _FIELD) - seen[k] * chance


@njit(cache=True)
def _sum_up(sums: Sums, event: int, lanes: Lanes, baseline: bool) -> None:
    """Add the lanes' products of return (or 1), scores and visits to an event."""
    observations = len(lanes.visits)
    factor = lanes.factor
    for i in range(2):
        own, other = lanes.scores[i], lanes.scores[1 - i]
        for kind in range(2 if baseline else 1):
            table, visits = sums.factors[event, i, kind], sums.visits[event, i, kind]
            for m in range(1 + observations):
                for k in range(len(factor)):
                    factor[k] = lanes.copies[k]
                if kind == 0:
                    for k in range(len(factor)):
                        factor[k] *= lanes.returns[i, k]
                if m == 0:
                    table[0, 0] += _total(factor)
                    for o in range(observations):
                        table[0, 1 + o] += _dot(factor, own[o])
                        visits[o] += _dot(factor, lanes.visits[o])
                else:
                    for k in range(len(factor)):
                        factor[k] *= own[m - 1, k]
                    for o in range(m - 1, observations):
                        entry = _dot(factor, own[o])
                        table[m, 1 + o] += entry
                        if o > m - 1:
                            table[1 + o, m] += entry
                for o in range(observations):
                    table[m, 1 + observations + o] += _dot(factor, other[o])


@njit(cache=True)
def _decide(lanes: Lanes, words: Any, thresholds: Any) -> None:
    """The joint action in every lane: 32 bits for each player, without branches."""
    for k in range(len(words)):
        word, here = words[k], lanes.here[k]
        first = ((word >> _HALF) - thresholds[0, here]) >> _SIGN  # 1 if it is less
        second = ((word & _LOW) - thresholds[1, here]) >> _SIGN
        lanes.joint[k] = np.uint64(3) - _TWO * first - second


@njit(cache=True)
def _advance(lanes: Lanes, payoffs: Any, add: bool) -> None:
    """Count and pay the joint actions, and observe them. One loop for each result, so that all of them vectorise."""
    here, joint = lanes.here, lanes.joint
    seen, first, second = lanes.counts[0], lanes.counts[1], lanes.counts[2]
    for k in range(len(here)):
        seen[k] += _ONE << (_BITS * here[k])
    for k in range(len(here)):
        first[k] += (_ONE - (joint[k] >> _ONE)) << (_BITS * here[k])
    for k in range(len(here)):
        second[k] += (_ONE - (joint[k] & _ONE)) << (_BITS * here[k])
    for i in range(2):
        returns, table = lanes.returns[i], payoffs[i]
        if add:
            for k in range(len(here)):
                returns[k] += table[joint[k]]
        else:
            for k in range(len(here)):
                returns[k] = table[joint[k]]
    for k in range(len(here)):
        here[k] = joint[k] + _ONE


@njit(cache=True)
def _play(sums: Sums, lanes: Lanes, words: Any, probabilities: Any, batch: Batch, source: Source) -> None:
    """Play trajectories lane by lane, and sum them up.

    One word of the generator decides a round, 32 bits for each player: probabilities are rounded to multiples of 2⁻³².
    """
    rounds = len(batch.payoffs)
    blocks = (rounds + 3) // 4
    thresholds = np.empty(probabilities.shape, np.uint64)
    for i in range(2):
        for o in range(probabilities.shape[1]):
            thresholds[i, o] = np.uint64(probabilities[i, o] * 2.0**32 + 0.5)
    lanes.here[:] = 0
    lanes.counts[:] = 0
    lanes.returns[:] = 0.0
    lanes.copies[:] = 1.0
    for time in range(rounds):
        if time % 4 == 0:
            for k in range(batch.size):
                words[0, k], words[1, k], words[2, k], words[3, k] = philox(
                    source.key, k * blocks + time // 4, source.batch, source.step, source.start
                )
        _decide(lanes, words[time % 4], thresholds)
        _advance(lanes, batch.payoffs[time], not batch.per_step)
        if batch.per_step:
            _score(lanes, probabilities)
            _sum_up(sums, time if batch.baseline else 0, lanes, batch.baseline)
    if not batch.per_step:
        _score(lanes, probabilities)
        _sum_up(sums, 0, lanes, batch.baseline)


@njit(cache=True)
def _count(sums: Sums, lanes: Lanes, probabilities: Any, batch: Batch, source: Source) -> None:
    """As :func:`_play` for one round, with one lane for each joint action."""
    numbers = count_joint_actions(batch.size, probabilities[0, 0], probabilities[1, 0], source)
    lanes.here[:] = 0
    lanes.counts[:] = 0
    for joint in range(4):
        lanes.joint[joint] = joint
        lanes.copies[joint] = float(numbers[joint])
    _advance(lanes, batch.payoffs[0], False)
    _score(lanes, probabilities)
    _sum_up(sums, 0, lanes, batch.baseline)


# --------------------------------------------------------------------------------------------------- means and updates


@njit(cache=True)
def _average(means: Any, sums: Sums, probabilities: Any, batch: Batch) -> None:
    """Means over the batch of return × (1, s_i) ⊗ (1, s_i, s_j), with ∇² log p added to s_i ⊗ s_i.

    With a baseline, means of (return less the average return of the *other* trajectories) × …, which are the sample
    covariances of return and factor.

    Args:
        means: result, (player, row, column).
        sums: of the batch.
        probabilities: (player, observation), of the first action.
        batch: what the batch was drawn from.
    """
    means[:] = 0.0
    divisor = batch.size - 1 if batch.baseline else batch.size
    for event in range(len(sums.factors)):
        for i in range(2):
            factors, visits = sums.factors[event, i], sums.visits[event, i]
            average = factors[0, 0, 0] / batch.size  # of the returns; what it multiplies is 0 without a baseline
            for m in range(factors.shape[1]):
                for n in range(factors.shape[2]):
                    means[i, m, n] += (factors[0, m, n] - average * factors[1, m, n]) / divisor
            for o in range(visits.shape[1]):
                bend = -probabilities[i, o] * (1.0 - probabilities[i, o])  # ∇² log π at every visit
                means[i, 1 + o, 1 + o] += bend * (visits[0, o] - average * visits[1, o]) / divisor


@njit(cache=True)
def _combine(update: Any, means: Any, inner_lr: Any, own: float, peer: float, shared: bool) -> None:
    """base_i + c_own own_i + c_peer peer_i of both players from the means.

    Args:
        update: result, (player, observation).
        means: (batch, player, row, column).
        inner_lr: α of each player.
        own, peer: the coefficients; at 0 the batches of the correction are not looked at.
        shared: whether the first batch serves for all means.
    """
    observations = update.shape[1]
    for i in range(2):
        j = 1 - i
        base = means[0 if shared else GAIN + 3 * i, i, 0, 1 : 1 + observations]
        along = means[0 if shared else GAIN + 2 * i + j, i, 0, 1 + observations :]  # R_i s_j
        bend = means[0 if shared else OWN + i, i, 1:, 1 : 1 + observations]
        cross = means[0 if shared else PEER + j, j, 1:, 1 + observations :]
        for n in range(observations):
            own_learning = peer_learning = 0.0
            for m in range(observations):
                if own != 0.0:
                    own_learning += bend[m, n] * base[m]
                if peer != 0.0:
                    peer_learning += cross[m, n] * along[m]
            update[i, n] = base[n] + own * inner_lr[i] * own_learning + peer * inner_lr[j] * peer_learning


@njit(cache=True)
def _used(batch: int, own: float, peer: float) -> bool:
    """Whether an independent batch serves for anything."""
    if batch == GAIN or batch == GAIN + 3:
        return True
    return own != 0.0 if OWN <= batch < PEER else peer != 0.0


@njit(cache=True)
def _probabilities(probabilities: Any, phi: Any) -> bool:
    """π of the first action; False if a parameter is not finite."""
    for i in range(2):
        for o in range(phi.shape[1]):
            if not math.isfinite(phi[i, o]):
                return False
            probabilities[i, o] = 1.0 / (1.0 + math.exp(-phi[i, o]))
    return True


@njit(cache=True)
def _moved(entry: float, clip: float) -> float:
    """An entry within the bound; NaN if it is not finite."""
    if not math.isfinite(entry):
        return np.nan
    return min(max(entry, -clip), clip)


@njit(cache=True)
def _learn_from(
    phi: Any, batch: Batch, inner_lr: Any, sizes: Any, own: Any, peer: Any, clip: float, shared: bool, key: Any,
    start: int, first_step: int,
) -> None:  # fmt: skip
    """Run one start, in place; see :func:`learn`."""
    observations = phi.shape[1]
    events = len(batch.payoffs) if batch.per_step and batch.baseline else 1
    batches = 1 if shared else BATCHES
    width = 4 if batch.counted else batch.size
    sums = Sums(
        np.empty((events, 2, 2, 1 + observations, 1 + 2 * observations)), np.empty((events, 2, 2, observations))
    )
    lanes = Lanes(
        np.zeros(width, np.uint64), np.zeros(width, np.uint64), np.zeros((3, width), np.uint64), np.zeros((2, width)),
        np.zeros(width), np.zeros((observations, width)), np.zeros((2, observations, width)), np.zeros(width),
    )  # fmt: skip
    words = np.empty((4, width), np.uint64)
    means = np.zeros((batches, 2, 1 + observations, 1 + 2 * observations))
    probabilities, update = np.empty((2, observations)), np.empty((2, observations))
    for number in range(len(sizes)):
        if not _probabilities(probabilities, phi):
            phi[:] = np.nan  # never repaired
            return
        for index in range(batches):
            if shared or _used(index, own[number], peer[number]):
                source = Source(key, index, first_step + number, start)
                sums.factors[:] = 0.0
                sums.visits[:] = 0.0
                if batch.counted:
                    _count(sums, lanes, probabilities, batch, source)
                else:
                    _play(sums, lanes, words, probabilities, batch, source)
                _average(means[index], sums, probabilities, batch)
        _combine(update, means, inner_lr, own[number], peer[number], shared)
        for i in range(2):
            for o in range(observations):
                phi[i, o] = _moved(phi[i, o] + sizes[number] * update[i, o], clip)
    if not _probabilities(probabilities, phi):
        phi[:] = np.nan


@njit(nogil=True, cache=True)
def learn(
    phi: Any, batch: Batch, inner_lr: Any, sizes: Any, own: Any, peer: Any, clip: float, shared: bool, keys: Any,
    starts: Any, first_step: int,
) -> None:  # fmt: skip
    """Run every start for a number of steps, in place; the interpreter lock is not held.

    Args:
        phi: (start, player, observation), log-odds of the first action.
        batch: what every batch is drawn from.
        inner_lr: α of each player.
        sizes: outer step size of every step.
        own, peer: the coefficients in every step.
        clip: bound on |φ|.
        shared: one batch for all means, or one each.
        keys: (start, 2), of the generator.
        starts: number of every start.
        first_step: number of the first step.
    """
    for k in range(len(phi)):
        _learn_from(phi[k], batch, inner_lr, sizes, own, peer, clip, shared, keys[k], starts[k], first_step)
