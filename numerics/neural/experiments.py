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
from numerics.neural.network import Networks
from numerics.neural.sampled import Batch
from numerics.neural.training import Arm, Trained, Training, train
from numerics.neural.updates import Inner
from numerics.oracle import settled
from numerics.paper_settings import DECAY
from numerics.published import published_experiment
from theory.games import Game
from theory.updates import Form

RULES = ("pg", "own", "peer", "meta")
ANNEALED = "meta, annealed"
ORACLE_STEPS = 500


def arms(game: Game, names: Sequence[str]) -> tuple[Arm, ...]:
    """Arms by name, with the published coefficients: :data:`RULES` and :data:`ANNEALED`."""
    settings = published_experiment(game, ("pg",), 1, 0)
    found = {
        rule: Arm(rule, settings.own * (rule in ("own", "meta")), settings.peer * (rule in ("peer", "meta")))
        for rule in RULES
    }
    found[ANNEALED] = replace(found["meta"], name=ANNEALED, anneal=parse(DECAY))
    return tuple(found[name] for name in names)


def published_training(
    game: Game,
    names: Sequence[str],
    *,
    batch: Batch | None = None,
    steps: int | None = None,
    form: Form = "expanded",
    hidden: tuple[int, ...] = (16, 16),
) -> Training:
    """The published settings on networks for the arms of these names."""
    settings = published_experiment(game, ("pg",), 1, 0)
    assert settings.clip is not None
    return Training(
        game,
        arms(game, names),
        Inner(settings.inner_lr * game.players if len(settings.inner_lr) == 1 else settings.inner_lr, 1, form),
        Schedule(settings.lr, settings.lr_power, settings.lr_offset),
        settings.clip,
        settings.steps if steps is None else steps,
        hidden,
        batch,
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
        arms=arms(training.game, ("pg",)),
        batch=None,
        schedule=Schedule(training.schedule.size(0), 0.0, 1.0),
        steps=steps,
        clip=float(np.inf),
    )
    later = train(plain, trained.theta[name], 0).ends["pg"]
    return later, settled(training.game, later)
