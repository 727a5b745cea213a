"""The neural experiments: published learning settings on networks, and how an end counts.

The paper states two tanh layers of width 16 on the one-hot observation and "the same budget" as for tables; it does
not state where networks start. Here they start as PyTorch's linear layers do by default, and the step sizes, the
clipping (of parameters) and the 260 steps are those of the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from numerics.annealing import parse
from numerics.basins import Labels
from numerics.compile import Array
from numerics.dynamics import Schedule
from numerics.neural import ANNEALED
from numerics.neural.network import Networks
from numerics.neural.sampled import Batch
from numerics.neural.training import Arm, Trained, Training, train
from numerics.neural.updates import Inner
from numerics.oracle import settled
from numerics.paper_settings import ARMS, DECAY
from numerics.published import published_experiment
from theory.errors import BadInput
from theory.games import Game
from theory.updates import Form

ORACLE_STEPS = 500


def arms(names: Sequence[str], own: float, peer: float) -> tuple[Arm, ...]:
    """Arms by name: the rules of :data:`numerics.paper_settings.ARMS` and :data:`numerics.neural.ANNEALED`.

    Args:
        names: the arms wanted.
        own: c_own of the rules that have it.
        peer: c_peer of the rules that have it.

    Raises:
        BadInput: an arm is unknown.
    """
    found = {rule: Arm(rule, own * (rule in ("own", "meta")), peer * (rule in ("peer", "meta"))) for _, rule in ARMS}
    found[ANNEALED] = replace(found["meta"], name=ANNEALED, anneal=parse(DECAY))
    for name in names:
        if name not in found:
            raise BadInput(f"networks: there is no arm {name!r}; there are {', '.join(found)}.")
    return tuple(found[name] for name in names)


def published_training(
    game: Game,
    names: Sequence[str],
    *,
    sampled: bool = False,
    steps: int | None = None,
    form: Form = "expanded",
    hidden: tuple[int, ...] = (16, 16),
) -> Training:
    """The published settings on networks for the arms of these names.

    Args:
        game: the game.
        names: the arms, see :func:`arms`.
        sampled: whether gradients are sampled, with the published batch, over the game's horizon.
        steps: outer steps; the published number by default.
        form: ``expanded``, as published, or ``unrolled``.
        hidden: units of the hidden layers.

    Raises:
        BadInput: an arm is unknown, or the game has no end and gradients are to be sampled.
    """
    if sampled and game.horizon is None and game.value_of(game.discount) != 0:
        raise BadInput(f"game {game.name!r} has no end; sample it with a finite horizon.")
    settings = published_experiment(game, ("pg",), 1, 0)
    learning = settings.learning("pg")
    assert learning.clip is not None
    return Training(
        game,
        arms(names, learning.own, learning.peer),
        Inner(learning.inner_lr, learning.unroll, form),
        learning.schedule,
        learning.clip,
        settings.steps if steps is None else steps,
        hidden,
        Batch(settings.batch, game.horizon or 1) if sampled else None,
    )


def starts(training: Training, count: int, seed: int) -> tuple[Array, ...]:
    """Where the networks start, one array of shape (starts, parameters) per player."""
    return Networks.of(training.game, training.hidden).draw(seed, count)


def oracle(trained: Trained, name: str, steps: int = ORACLE_STEPS) -> tuple[Array, Labels]:
    """Policy gradient with exact values from an arm's ends on: ℓ(θ) reached, and which runs are settled.

    The networks go on with the first step size; what counts as settled is the tabular oracle's rule
    (:func:`numerics.oracle.settled`).
    """
    training = trained.training
    plain = replace(
        training,
        arms=arms(("pg",), 0.0, 0.0),
        batch=None,
        schedule=Schedule(training.schedule.size(0), 0.0, 1.0),
        steps=steps,
        clip=float(np.inf),
    )
    later = train(plain, trained.theta[name], 0).ends["pg"]
    return later, settled(training.game, later)
