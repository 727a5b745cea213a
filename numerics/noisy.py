"""Noisy runs of a corrected field in batch: x_{n+1} = x_n + a_n (v(x_n) + λ_n M(x_n) + b_n + ξ_{n+1}).

The noise ξ has one two-point coordinate ±s for each parameter, with probability 1/2 each and independent: mean 0,
covariance s²I, |ξ|² = d s². The bias b_n has the norm β_n and the fixed direction (1, …, 1)/√d. v + λM is compiled from
its expressions, as :mod:`numerics.kernels` compiles updates.

Whether a coordinate is pushed up or down depends on the seed and on the numbers of run and step alone, so runs are the
same whatever their count, and may be cut into stretches at any step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from sympy import Rational

from numerics.compile import Array
from numerics.kernels import Kernel, from_blocks, kernel_of_program, to_blocks
from theory.corrected import Corrected
from theory.program import Program
from theory.symbols import correction as size

CHUNK = 256  # runs that share a stream, a multiple of a kernel's lanes and of 8
BLOCK = 512  # steps that are drawn at once
_PURPOSE_NOISE = 3


@dataclass(frozen=True)
class Schedule:
    """Numbers of every step, each of shape (steps,).

    Attributes:
        steps: the step sizes a_n.
        corrections: the coefficients λ_n.
        biases: the norms β_n.
    """

    steps: Array
    corrections: Array
    biases: Array

    def __post_init__(self) -> None:
        """Refuse rows of different lengths."""
        if not self.steps.shape == self.corrections.shape == self.biases.shape == (self.steps.size,):
            raise ValueError("a schedule needs one step size, one correction and one bias for every step")


def constant(step: Rational, correction: Rational, bias: Rational, length: int) -> Schedule:
    """The same numbers in every step."""
    return Schedule(*(np.full(length, float(entry)) for entry in (step, correction, bias)))


def decaying(
    step: Rational, power: Rational, correction: Rational, decay: Rational, bias: Rational, scale: int, length: int
) -> Schedule:
    """a_k = a (1 + k/scale)^−p, λ_k = λ (1 + k/scale)^−q and β_k = β (1 + k/scale)^−q for k = 0 … length − 1.

    Args:
        step: a.
        power: p.
        correction: λ.
        decay: q.
        bias: β.
        scale: in steps.
        length: number of steps.
    """
    stretched = 1 + np.arange(length) / scale
    slow = stretched ** -float(decay)
    return Schedule(float(step) * stretched ** -float(power), float(correction) * slow, float(bias) * slow)


@dataclass(frozen=True)
class Runs:
    """What came of the runs.

    Attributes:
        ends: shape (parameters, count).
        frames: x after 0, ``every``, 2 ``every`` … steps, shape (kept, parameters, count); no frame unless asked for.
        farthest: the largest |x_n − centre| of each run over all n ≥ 0, shape (count,); NaN without a centre and for
            runs that did not stay finite.
    """

    ends: Array
    frames: Array
    farthest: Array


def run(
    case: Corrected,
    start: Sequence[Rational] | Array,
    schedule: Schedule,
    noise: float,
    count: int,
    seed: int,
    every: int | None = None,
    centre: Sequence[Rational] | None = None,
    first: int = 0,
) -> Runs:
    """Run the process from one start, or from a start for each run.

    Args:
        case: v, M and their coordinates.
        start: shape (parameters,) or (parameters, count).
        schedule: numbers of every step.
        noise: s, the standard deviation of every coordinate of ξ.
        count: number of runs.
        seed: of the noise.
        every: keep x after every so many steps.
        centre: from which distances are taken.
        first: number of the first step, for a run that goes on.

    Raises:
        ValueError: starts of another shape, ``every`` below 1, or a field that no kernel evaluates.
    """
    given = np.array(start, dtype=float)
    wide = (len(case.symbols), count)
    if given.shape not in (wide[:1], wide) or (every is not None and every < 1):
        raise ValueError(f"starts need the shape {wide[:1]} or {wide}, not {given.shape}, and every must be at least 1")
    kernel = _kernel(case)
    blocks = to_blocks(np.broadcast_to(given.T, wide[::-1]).T, kernel)
    middle = np.full(len(given), np.nan) if centre is None else np.array(centre, dtype=float)
    farthest = np.zeros((len(blocks), kernel.lanes))
    look(blocks, middle, farthest)
    frames = [] if every is None else [from_blocks(blocks, kernel, count)]
    box, one, none = np.full(len(given), np.inf), np.ones(1), np.empty((0, *blocks.shape))
    drifts = schedule.steps * schedule.biases / np.sqrt(len(given))
    for number, step in enumerate(schedule.steps):
        here = slice(number, number + 1)
        block, place = divmod(first + number, BLOCK)
        if number == 0 or place == 0:
            bits = pushes(seed, block, len(given), count)
        numbers = schedule.steps[here], schedule.corrections[here]
        kernel.run(blocks, 0, len(blocks), -box, box, one, *numbers, 1, 0, none)
        push(blocks, bits[place], step * noise, drifts[number])
        look(blocks, middle, farthest)
        if every is not None and (number + 1) % every == 0:
            frames.append(from_blocks(blocks, kernel, count))
    kept = np.array(frames).reshape(-1, *wide)
    return Runs(from_blocks(blocks, kernel, count), kept, np.sqrt(farthest).ravel()[:count])


def pushes(seed: int, block: int, parameters: int, count: int) -> NDArray[np.uint8]:
    """One bit for every step of a block, parameter and run, shape (BLOCK, parameters, runs/8); 1 is a push up.

    The runs of a chunk have a stream of their own in every block.
    """
    parts = []
    for chunk in range(-(-count // CHUNK)):
        stream = np.random.SeedSequence(seed, spawn_key=(_PURPOSE_NOISE, chunk, block))
        drawn = np.random.Generator(np.random.Philox(stream)).bytes(BLOCK * parameters * CHUNK // 8)
        parts.append(np.frombuffer(drawn, dtype=np.uint8).reshape(BLOCK, parameters, CHUNK // 8))
    return np.concatenate(parts, axis=2)


@njit(cache=True)
def push(blocks: Any, bits: Any, amount: float, drift: float) -> None:
    """Add the noise ± amount by its bits, and the drift, to every parameter, in place."""
    lanes = blocks.shape[1] // bits.shape[0]
    for block in range(blocks.shape[0]):
        for parameter in range(bits.shape[0]):
            for lane in range(lanes):
                run = block * lanes + lane
                up = (bits[parameter, run >> 3] >> (run & 7)) & 1
                blocks[block, parameter * lanes + lane] += drift + (amount if up else -amount)


@njit(cache=True)
def look(blocks: Any, middle: Any, farthest: Any) -> None:
    """Raise the largest squared distance from the middle of every run, shape (blocks, lanes), in place."""
    lanes = farthest.shape[1]
    for block in range(blocks.shape[0]):
        for lane in range(lanes):
            total = 0.0
            for parameter in range(middle.size):
                total += (blocks[block, parameter * lanes + lane] - middle[parameter]) ** 2
            if not total <= farthest[block, lane]:  # NaN stays
                farthest[block, lane] = total


@lru_cache(maxsize=64)
def _kernel(case: Corrected) -> Kernel:
    """The step x + a (v + λM); its one constant 1 is multiplied by λ."""
    kernel = kernel_of_program(Program((*case.symbols, size), (), {"field": case.total()}), 0)
    if kernel is None:
        raise ValueError("no kernel evaluates this field")
    return kernel
