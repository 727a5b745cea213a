"""An experiment in parts: a chunk is one method on some of the starts, from start to label.

How long a chunk is depends on the work of one start alone, so that chunks of a larger experiment with the same settings
are the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from math import lcm
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import basins, oracle, policies, starts
from numerics.basins import Labels, LateTravel, Oracle, Success
from numerics.compile import Array
from numerics.dynamics import Learning
from numerics.experiments import Experiment
from numerics.exploitability import exploitability, starts_at_once
from numerics.game_arrays import game_arrays
from numerics.implicit import too_large
from numerics.stretches import advance, visited
from theory.decomposition import update_program
from theory.errors import BadInput
from theory.games import AnyGame, DifferentiableGame, Game, finite
from theory.policies import Coordinates
from theory.updates import Form, Split

# Operations in a chunk, about a second of one processor, and the range of its length; large games have shorter chunks
# if memory asks for it.
WORK = 4e9
SHORTEST, LONGEST = 64, 2**16
OPERATIONS_OF_A_ROUND = 60  # of one sampled trajectory
MOST_KEPT = 2**24  # numbers in the paths of a chunk (128 MiB)
_REPORTS = 20  # of progress, in a chunk


@dataclass(frozen=True)
class Chunk:
    """One method on the starts ``first`` to ``last`` − 1 of an experiment.

    Attributes:
        experiment: the settings.
        method: the learning rule.
        first, last: numbers of the first start and of the first after the last.
        every: keep φ after every so many steps, or ``None``.
    """

    experiment: Experiment
    method: str
    first: int
    last: int
    every: int | None

    @property
    def name(self) -> str:
        """Its name in a store."""
        return f"{self.first:09d}-{self.last:09d}"

    @property
    def work(self) -> int:
        """Its number of start-steps."""
        return (self.last - self.first) * self.experiment.steps

    def compute(self, threads: int = 1, report: Callable[[int], None] | None = None) -> dict[str, NDArray[Any]]:
        """Run and label.

        Args:
            threads: how many to use.
            report: called now and then with the number of start-steps done since the last call.

        Returns:
            ``ends`` (parameters, starts); ``travelled``, ``success``, ``undecided``, ``welfare`` and ``exploitability``
            (starts,), the last NaN for a differentiable game; and ``paths`` (frames, parameters, starts), no frame
            unless asked for.
        """
        experiment = self.experiment
        learning = experiment.learning(self.method)
        first = phi = starts.draw(experiment, self.first, self.last)
        travel = LateTravel(learning.game, learning.policy, experiment.steps, phi.shape[1])
        frames: list[Array] = []
        told = 0
        for number, phi in self._visits(first, travel.first, threads):
            travel(number, phi)
            if self.every is not None and number % self.every == 0:
                frames.append(phi)
            if report is not None and (number - told) * _REPORTS >= experiment.steps:
                report((number - told) * phi.shape[1])
                told = number
        success, undecided = label(basins.parse_success(experiment.success), learning, phi, threads)
        game, policy = learning.game, learning.policy
        nowhere = np.full(phi.shape[1], np.nan)
        found = {
            "ends": phi,
            "travelled": travel.total,
            "success": success,
            "undecided": undecided,
            "welfare": basins.mean_values(game, policy, phi).sum(0),
            "exploitability": nowhere if isinstance(game, DifferentiableGame) else exploitability(game, policy, phi),
            "paths": np.stack(frames) if frames else np.empty((0, *phi.shape)),
        }
        if report is not None:
            report((experiment.steps - told) * phi.shape[1])
        return found

    def _visits(self, phi: Array, late: int, threads: int) -> Iterator[tuple[int, Array]]:
        """(n, φ_n) where something is looked at: frames, reports, and every step from ``late`` on."""
        steps = self.experiment.steps
        stops = {late, *range(0, late, max(1, steps // _REPORTS))}
        if self.every is not None:
            stops |= set(range(0, late, self.every))
        number = 0
        yield 0, phi
        for stop in sorted(stops - {0}):
            phi = advance(self.experiment, self.method, phi, number, stop - number, self.first, threads)
            number = stop
            yield number, phi
        yield from visited(self.experiment, self.method, phi, number, steps - number, self.first, threads)


def chunks(experiment: Experiment, every: int | None = None) -> Iterator[Chunk]:
    """All chunks of an experiment, one after the other: those of all methods on a block of starts, then the next block.

    Args:
        experiment: the settings.
        every: keep φ after every so many steps.
    """
    total, block = starts.total(experiment), block_length(experiment, every)
    for begin in range(0, total, block):
        end = min(begin + block, total)
        for method in experiment.methods:
            length = chunk_length(experiment, method, every)
            for first in range(begin, end, length):
                yield Chunk(experiment, method, first, min(first + length, end), every)


def number_of_chunks(experiment: Experiment, every: int | None = None) -> int:
    """How many chunks :func:`chunks` yields."""
    total = starts.total(experiment)
    return sum(-(-total // chunk_length(experiment, method, every)) for method in experiment.methods)


def block_length(experiment: Experiment, every: int | None = None) -> int:
    """Starts of the smallest block that is made of whole chunks of every method."""
    return lcm(*(chunk_length(experiment, method, every) for method in experiment.methods))


def chunk_length(experiment: Experiment, method: str, every: int | None = None) -> int:
    """Starts in a chunk: a power of two, by the work of one start, and no more than fit in memory together."""
    learning = experiment.learning(method)
    if experiment.gradient == "sampled":
        operations = (
            OPERATIONS_OF_A_ROUND * (finite(learning.game, "--gradient sampled").horizon or 1) * experiment.batch
        )
    else:
        operations = _operations(learning)
    length = SHORTEST
    while length < LONGEST and 2 * length * operations * experiment.steps <= WORK:
        length *= 2
    most = LONGEST
    if not isinstance(learning.game, DifferentiableGame):
        most = starts_at_once(learning.game)
    if every is not None:
        frames = 1 + experiment.steps // every
        most = min(most, MOST_KEPT // (frames * len(policies.names(learning.game, learning.policy))))
    while length > max(1, most):
        length //= 2
    return length


def _operations(learning: Learning) -> int:
    """Of one update."""
    unroll = 1 if learning.form == "expanded" else learning.unroll
    if too_large(learning.game, unroll):
        return _operations_of_solving(finite(learning.game, "implicit evaluation"), unroll)
    kind = learning.policy, learning.rule, learning.form, learning.unroll, learning.split
    return _operations_of_program(learning.game, *kind)


@lru_cache(maxsize=64)
def _operations_of_program(game: AnyGame, policy: Coordinates, rule: str, form: Form, unroll: int, split: Split) -> int:
    return update_program(game, policy, rule, form, unroll, split).operations


def _operations_of_solving(game: Game, unroll: int) -> int:
    """Of one update by :mod:`numerics.implicit`, at the L + 1 points of the path.

    A point takes ⅔S³ for its factorisation; for the values, the visits and the Hessian-vector product of each pair of
    players, two triangular solves of 2S² and one pass through the transitions.
    """
    states, products = len(game.states), 1 + game.players**2
    passes = 2 * products * game_arrays(game).possible_transitions
    return (unroll + 1) * (2 * states**3 // 3 + 4 * products * states**2 + passes)


def label(success: Success, learning: Learning, ends: Array, threads: int | None = None) -> tuple[Labels, Labels]:
    """(success, undecided) of every end by a criterion, shape (starts,).

    Args:
        success: the criterion.
        learning: the rule and its settings.
        ends: shape (parameters, starts).
        threads: how many to use; by default one per processor available.

    Raises:
        BadInput: the criterion has no meaning for the game.
    """
    if isinstance(success, Oracle):
        return oracle.in_target_basin(learning, ends, threads)
    return basins.succeeded(success, learning.game, learning.policy, ends)


def settings(experiment: Experiment, method: str, every: int | None) -> dict[str, Any]:
    """All that a chunk's arrays depend on besides its place, as JSON data. The number of starts is not among it.

    Raises:
        BadInput: the file of a region cannot be read.
    """
    left_out = {"game", "methods", "count"}
    chosen = {name: value for name, value in vars(experiment).items() if name not in left_out}
    kind, _, file = experiment.success.partition(":")
    if kind == "region":
        chosen["success"] = f"region of SHA-256 {_digest(Path(file))}"
    game = {"name": experiment.game.name, "sha256": sha256(repr(experiment.game).encode()).hexdigest()}
    return json.loads(json.dumps({"game": game, "method": method, "every": every, **chosen}))  # type: ignore[no-any-return]


def _digest(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput(f"--success region: {file} cannot be read: {error.strerror}.") from None
