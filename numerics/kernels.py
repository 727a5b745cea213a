"""Whole trajectories in compiled code: the dynamics of :mod:`numerics.dynamics`, many starts side by side.

One kernel per program of an update: payoffs, discount, step sizes, coefficients, schedules and bounds are arguments.
Starts lie in blocks of :func:`lanes` columns, and the innermost loop runs over the columns of a block, so that
the compiler turns each operation of the straight-line update into vector instructions. Blocks are shared out to
threads (the kernel releases the interpreter lock). A column never sees its neighbours, and every column of every block
goes through the same instructions (the last block is padded): an end is the same bit for bit, whatever the number of
threads, the size of the batch and the start's place in it. Another processor may round differently, because
multiply-add is fused where there is one.

The source of a kernel is written to a file, since Numba keeps compiled code only of functions that have one, in
``$BASIN_ENTRY_CACHE``, ``$XDG_CACHE_HOME/basin-entry`` or ``~/.cache/basin-entry``, under a hash of the update, of the
generator and of all versions involved; compiling it takes seconds, loading it again a tenth of one.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from types import ModuleType
from typing import Any

import numpy as np

from numerics import kernel_source as generator
from numerics.compile import Array, game_values
from numerics.dynamics import Learning, run
from numerics.implicit import too_large
from numerics.kernel_source import StraightLine, Unsupported
from numerics.policies import blocks as local_policies
from numerics.threads import share_out
from theory.decomposition import update_program
from theory.games import AnyGame, DifferentiableGame
from theory.program import Program
from theory.updates import Form, Split

# Lanes of a block: few for long programs, whose intermediate values then stay in cache and whose single runs are fast;
# more for short ones, whose chain of dependent operations leaves the processor idle otherwise.
SHORT, LANES_OF_SHORT, LANES_OF_LONG = 400, 32, 8
# Numba takes 15 seconds for 17 000 operations and more than 150 for 35 000, which few runs win back: longer programs
# (up to ``numerics.implicit.MOST_OPERATIONS``) run as NumPy programs.
MOST_OPERATIONS = 20_000


@dataclass(frozen=True)
class Trajectories:
    """What came of a run.

    Attributes:
        ends: φ after the last step, shape (parameters, batch).
        frames: φ after 0, ``every``, 2 ``every`` … steps of the call, shape (kept, parameters, batch), if asked for.
    """

    ends: Array
    frames: Array | None


@dataclass(frozen=True)
class Kernel:
    """A compiled update.

    Attributes:
        parameters: number of parameters.
        lanes: starts in a block.
        module: the generated module; its ``run`` is the compiled function.
    """

    parameters: int
    lanes: int
    module: ModuleType

    def run(self, *arguments: Any) -> None:
        """See :func:`numerics.kernel_source.kernel_source`."""
        self.module.run(*arguments)


def supported(learning: Learning) -> bool:
    """Whether a kernel does this; :func:`trajectories` steps through NumPy otherwise.

    Not in direct coordinates with three or more actions (the projection on a simplex sorts), nor for games too large to
    expand, programs of more than ``MOST_OPERATIONS`` operations or with functions other than exp.
    """
    if too_large(learning.game, 1 if learning.form == "expanded" else learning.unroll):
        return False
    wide = any(rows.stop - rows.start > 1 for _, _, rows in local_policies(learning.game))
    return not (wide and learning.policy == "direct") and kernel_of(learning) is not None


def kernel_of(learning: Learning) -> Kernel | None:
    """The kernel of a learning rule's update; compiled by its first call, or by an earlier process."""
    return _kernel_of_rule(
        learning.game, learning.policy, learning.rule, learning.form, learning.unroll, learning.split
    )


@lru_cache(maxsize=64)
def _kernel_of_rule(game: AnyGame, policy: str, rule: str, form: Form, unroll: int, split: Split) -> Kernel | None:
    return kernel_of_program(update_program(game, policy, rule, form, unroll, split), game.players)


def kernel_of_program(program: Program, players: int) -> Kernel | None:
    """The kernel of a joint update, with inputs as in ``update_program``; ``None`` if it is too long or unsupported."""
    if program.operations > MOST_OPERATIONS:
        return None
    try:
        line = StraightLine(program)
    except Unsupported:
        return None
    parameters = len(line.outputs)
    module, width = _loaded(line, parameters, (players, players + 1))
    return Kernel(parameters, width, module)


def lanes(operations: int) -> int:
    """Starts side by side in a block, for an update of so many operations."""
    return LANES_OF_SHORT if operations <= SHORT else LANES_OF_LONG


def trajectories(
    learning: Learning,
    starts: Array,
    steps: int,
    first: int = 0,
    every: int | None = None,
    threads: int | None = None,
) -> Trajectories:
    """Run every start for a number of steps, as :func:`numerics.dynamics.run` does, in compiled code where possible.

    A run may be cut anywhere: ``steps`` more from its ends with ``first`` at the number done gives the same bits.

    Args:
        learning: the rule and its settings.
        starts: shape (parameters, batch); left as it is.
        steps: number of outer steps.
        first: number of the first of them, for schedule and annealing.
        every: keep φ after every so many steps.
        threads: how many to use; by default one per processor available.

    Raises:
        ValueError: ``every`` or ``threads`` below 1, or starts that do not fit the update.
    """
    if min(1 if every is None else every, 1 if threads is None else threads) < 1:
        raise ValueError("every and threads must be at least 1")
    if starts.ndim != 2:
        raise ValueError(f"starts need the shape (parameters, batch), not {starts.shape}")
    kernel = kernel_of(learning) if supported(learning) else None
    if kernel is None:
        return _stepwise(learning, starts, steps, first, every)
    if len(starts) != kernel.parameters:
        raise ValueError(f"starts need {kernel.parameters} rows, not {len(starts)}")
    eta, factor = _sizes(learning, first, steps)
    arguments = (*_fixed(learning, kernel), eta, factor, _settled(eta, factor), every or 0)

    blocks = to_blocks(starts, kernel)
    frames = np.empty((0 if every is None else steps // every + 1, *blocks.shape))

    def part(begin: int, end: int) -> None:
        kernel.run(blocks, begin, end, *arguments, frames)

    share_out(part, len(blocks), threads)
    batch = starts.shape[1]
    kept = None if every is None else from_blocks(frames, kernel, batch)
    return Trajectories(from_blocks(blocks, kernel, batch), kept)


class Stepper:
    """A run with one call a step, for loops that look at φ in between: all but φ is prepared once.

    A step takes a microsecond or two where a call of :func:`trajectories` takes a tenth of a millisecond, and gives the
    same bits. For many steps at once :func:`trajectories` is the faster way.

    Args:
        learning: the rule and its settings; :func:`supported`.
        starts: shape (parameters, batch); left as it is.
        steps: the most steps that will be asked for.

    Raises:
        ValueError: no kernel does this.
    """

    def __init__(self, learning: Learning, starts: Array, steps: int) -> None:
        kernel = kernel_of(learning) if supported(learning) else None
        if kernel is None:
            raise ValueError(f"no kernel steps {learning.rule!r} on {learning.game.name!r}")
        self._kernel, self._batch = kernel, starts.shape[1]
        self._blocks = to_blocks(starts, kernel)
        self._fixed = _fixed(learning, kernel)
        self._sizes = list(zip(*(entries[:, None] for entries in _sizes(learning, 0, steps)), strict=True))
        self._frames = np.empty((0, *self._blocks.shape))
        self.number = 0

    def step(self) -> None:
        """One step more.

        Raises:
            IndexError: more steps than were asked for.
        """
        eta, factor = self._sizes[self.number]
        self._kernel.run(self._blocks, 0, len(self._blocks), *self._fixed, eta, factor, 1, 0, self._frames)
        self.number += 1

    @property
    def phi(self) -> Array:
        """φ after :attr:`number` steps, shape (parameters, batch)."""
        return from_blocks(self._blocks, self._kernel, self._batch)


def _fixed(learning: Learning, kernel: Kernel) -> tuple[Array, Array, Array]:
    """What a kernel gets that does not change from step to step: bounds and constants."""
    constants = np.array([*learning.inner_lr, learning.own, learning.peer, *game_values(learning.game)])
    return (*_box(learning, kernel.parameters), constants)


def _sizes(learning: Learning, first: int, steps: int) -> tuple[Array, Array]:
    """(η_n, annealing factor) of the steps from ``first`` on, each of shape (steps,)."""
    schedule, anneal, numbers = learning.schedule, learning.anneal, range(first, first + steps)
    # a constant step size is not computed step by step: that would take longer than short runs
    eta = np.full(steps, schedule.lr) if schedule.power == 0 else np.array([schedule.size(n) for n in numbers])
    return eta, np.ones(steps) if anneal is None else np.array([anneal.factor(n) for n in numbers])


def to_blocks(starts: Array, kernel: Kernel) -> Array:
    """(parameters, batch) → (blocks, parameters · lanes), the last block filled with its last start."""
    batch = starts.shape[1]
    count = -(-batch // kernel.lanes)
    padded = np.concatenate([starts, np.repeat(starts[:, -1:], count * kernel.lanes - batch, axis=1)], axis=1)
    blocks = padded.astype(float).reshape(kernel.parameters, count, kernel.lanes).swapaxes(0, 1)
    return np.ascontiguousarray(blocks).reshape(count, kernel.parameters * kernel.lanes)


def from_blocks(blocks: Array, kernel: Kernel, batch: int) -> Array:
    """(…, blocks, parameters · lanes) → (…, parameters, batch)."""
    *rest, count, _ = blocks.shape
    split = blocks.reshape(*rest, count, kernel.parameters, kernel.lanes)
    flat = np.moveaxis(split, -3, -2).reshape(*rest, kernel.parameters, count * kernel.lanes)
    return np.ascontiguousarray(flat[..., :batch])


def _stepwise(learning: Learning, starts: Array, steps: int, first: int, every: int | None) -> Trajectories:
    """The same by the reference, step by step."""
    frames = np.empty((0 if every is None else steps // every + 1, *starts.shape))

    def keep(number: int, columns: slice, phi: Array) -> None:
        if every is not None and number % every == 0:
            frames[number // every][:, columns] = phi

    return Trajectories(run(learning, starts, steps, keep, first), None if every is None else frames)


def _box(learning: Learning, parameters: int) -> tuple[Array, Array]:
    """Bounds of every parameter: probabilities in direct coordinates, and the clip."""
    clip = np.inf if learning.clip is None else learning.clip
    low, high = np.full(parameters, -clip), np.full(parameters, clip)
    if learning.policy == "direct" and not isinstance(learning.game, DifferentiableGame):
        low, high = np.clip(0.0, low, high), np.clip(1.0, low, high)
    return low, high


def _settled(eta: Array, factor: Array) -> int:
    """The step from which on a parameter that does not move never will.

    That needs the same update in every step, hence the same factor, and η ≥ 0 that never grows: rounding φ + η·u and
    clipping it are monotone in η.
    """
    unsettled = (factor[1:] != factor[:-1]) | ~(eta[1:] <= eta[:-1]) | ~(eta[1:] >= 0)
    return int(np.flatnonzero(unsettled)[-1]) + 1 if unsettled.any() else 0


# ------------------------------------------------------------------------------------------------------------ cache


def cache_folder() -> Path:
    """Where kernels are kept; a folder of this process alone if the user's cache cannot be written."""
    chosen = os.environ.get("BASIN_ENTRY_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "basin-entry"
    folder = (Path(chosen) if chosen else home) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(2**20))  # a full disk still takes empty files
            probe.flush()
        return folder
    except OSError:
        return Path(_private_folder().name)


@lru_cache(maxsize=1)
def _private_folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="basin-entry-")
    atexit.register(folder.cleanup)
    return folder


_modules: dict[str, tuple[ModuleType, int]] = {}


def _loaded(line: StraightLine, parameters: int, coefficients: tuple[int, ...]) -> tuple[ModuleType, int]:
    """The module for an update as derived, written now if no process ever did."""
    key = _key(line, parameters, coefficients)
    if key in _modules:
        return _modules[key]
    path = cache_folder() / f"kernel_{key}.py"
    if not path.is_file():
        line.optimise()
        width = lanes(line.operations)
        _write(path, f"{generator.kernel_source(line, parameters, coefficients, width)}\n\nLANES = {width}\n")
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Numba looks the module of a compiled function up by name
    spec.loader.exec_module(module)
    _modules[key] = module, module.LANES
    return _modules[key]


def _key(line: StraightLine, parameters: int, coefficients: tuple[int, ...]) -> str:
    """Hash of the update, of the code that turns it into source, and of versions. Numba adds the processor itself."""
    code = sha256(Path(generator.__file__).read_bytes() + Path(__file__).read_bytes()).hexdigest()
    versions = [python_version(), *map(version, ("numba", "llvmlite", "numpy"))]
    update = [(kind, *map(_plain, terms)) for kind, terms in line.definitions.values()]
    outputs = list(map(_plain, line.outputs))
    text = repr((line.inputs, parameters, coefficients, versions, code, update, outputs))
    return sha256(text.encode()).hexdigest()[:24]


def _plain(term: generator.Term) -> tuple[str, tuple[int, ...]]:
    return str(term.coefficient), term.factors


def _write(path: Path, text: str) -> None:
    """Write a file that appears whole, whichever process is first. Its time is fixed, as Numba's index goes by it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.utime(name, (0, 0))
    os.replace(name, path)
