"""A stretch of a run: some steps of one learning rule from given parameters, exact or sampled.

Runs can be cut anywhere: stretches one after the other, over any part of the starts, give the bits of the whole run.
"""

from __future__ import annotations

from collections.abc import Iterator

from numerics.compile import Array
from numerics.experiments import Experiment
from numerics.kernels import trajectories
from numerics.sampled import sampled_run

_AT_ONCE = 32  # frames in memory


def advance(
    experiment: Experiment, method: str, phi: Array, number: int, steps: int, first_start: int, threads: int = 1
) -> Array:
    """φ after ``steps`` more steps.

    Args:
        experiment: the settings.
        method: the learning rule.
        phi: parameters after ``number`` steps, shape (parameters, starts).
        number: steps done.
        steps: steps to do.
        first_start: number of the first start, which its draws depend on.
        threads: how many to use.
    """
    learning = experiment.learning(method)
    if experiment.gradient == "sampled":
        return sampled_run(
            learning, phi, steps, experiment.batch, experiment.estimator, experiment.seed, first_start, number, threads
        )
    return trajectories(learning, phi, steps, number, threads=threads).ends


def visited(
    experiment: Experiment, method: str, phi: Array, number: int, steps: int, first_start: int, threads: int = 1
) -> Iterator[tuple[int, Array]]:
    """(n, φ after n steps) for each of the next ``steps`` steps, computed a few at a time.

    Args: as :func:`advance`.
    """
    if experiment.gradient == "sampled":
        for done in range(number, number + steps):
            phi = advance(experiment, method, phi, done, 1, first_start, threads)
            yield done + 1, phi
        return
    for done in range(number, number + steps, _AT_ONCE):
        some = min(_AT_ONCE, number + steps - done)
        frames = trajectories(experiment.learning(method), phi, some, done, every=1, threads=threads).frames
        assert frames is not None
        phi = frames[-1]
        yield from ((done + 1 + k, frame) for k, frame in enumerate(frames[1:]))
