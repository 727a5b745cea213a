"""Exact learning dynamics in batch: φ_{n+1} = keep(φ_n + η_n · update(φ_n)).

``keep`` is the projection on the policies in direct coordinates and, if asked for, clipping of every parameter.
η_n = lr / (n + offset)^power with n from 0. A start whose parameters stop being finite is never repaired: it stays NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics import policies
from numerics.annealing import TwoPhase
from numerics.compile import Array, Compiled, compiled_update, game_values
from numerics.implicit import ImplicitUpdate, implicit_update, too_large
from theory.games import AnyGame
from theory.policies import Coordinates
from theory.updates import Form, Split

# Lanes per call: the hundreds of intermediate rows of one block stay in cache (1.8 times as fast as 2048 on the IPD).
BLOCK = 512


@dataclass(frozen=True)
class Schedule:
    """Outer step sizes η_n = lr / (n + offset)^power, n from 0."""

    lr: float = 0.1
    power: float = 0.0
    offset: float = 1.0

    def size(self, step: int) -> float:
        """η_n; infinite or 0 beyond floating point."""
        with np.errstate(all="ignore"):
            return float(self.lr / np.power(np.float64(step + self.offset), self.power))


@dataclass(frozen=True)
class Learning:
    """A learning rule on a game with all its numbers: what one run repeats.

    Attributes:
        game: the game with its parameter values.
        policy: coordinates.
        rule: name of the learning rule.
        form: ``unrolled`` or ``expanded``.
        unroll: L.
        inner_lr: α of each player.
        own: c_own.
        peer: c_peer.
        schedule: outer step sizes.
        clip: bound on |φ| entrywise, or ``None``.
        anneal: decay of both coefficients, or ``None``.
        split: ``terminal`` or ``path``: which part of the correction is called own, which peer (L > 1).
    """

    game: AnyGame
    policy: Coordinates
    rule: str
    form: Form
    unroll: int
    inner_lr: tuple[float, ...]
    own: float
    peer: float
    schedule: Schedule
    clip: float | None = None
    anneal: TwoPhase | None = None
    split: Split = "terminal"

    def field(self) -> Compiled | ImplicitUpdate:
        """The update: a compiled program, or linear solves for a game too large to expand into one."""
        length = 1 if self.form == "expanded" else self.unroll
        make = implicit_update if too_large(self.game, length) else compiled_update
        return make(self.game, self.policy, self.rule, self.form, self.unroll, self.split)

    def update(self, phi: Array, step: int = 0) -> Array:
        """The joint update at φ in outer step ``step``, shape (parameters, batch)."""
        factor = 1.0 if self.anneal is None else self.anneal.factor(step)
        return self.field()(
            parameters=phi,
            inner_lr=_column(self.inner_lr),
            coefficients=_column((factor * self.own, factor * self.peer)),
            game=_column(game_values(self.game)),
        )["update"]

    def step(self, phi: Array, number: int) -> Array:
        """φ_{n+1} from φ_n."""
        moved = phi + self.schedule.size(number) * self.update(phi, number)
        moved[~np.isfinite(moved)] = np.nan  # neither projection nor clipping may bring it back
        if self.policy == "direct":
            moved = policies.project(self.game, moved)
        return moved if self.clip is None else np.clip(moved, -self.clip, self.clip)


def _column(entries: object) -> Array:
    return np.asarray(entries, dtype=float)[:, None]


def run(
    learning: Learning,
    starts: Array,
    steps: int,
    watch: Callable[[int, slice, Array], None] | None = None,
    first: int = 0,
) -> Array:
    """Run every start for a number of steps, in NumPy: the reference of :mod:`numerics.kernels`.

    Args:
        learning: the rule and its settings.
        starts: shape (parameters, batch).
        steps: number of outer steps.
        watch: called as ``watch(n, columns, φ)`` for every block of starts after n steps of this call, n = 0 too.
        first: number of the first step, for schedule and annealing.

    Returns:
        The ends, shape (parameters, batch).
    """
    ends = np.empty_like(starts)
    with np.errstate(all="ignore"):  # what overflows becomes inf or NaN, and its run undecided
        for begin in range(0, starts.shape[1], BLOCK):
            columns = slice(begin, min(begin + BLOCK, starts.shape[1]))
            phi = starts[:, columns]
            if watch is not None:
                watch(0, columns, phi)
            for number in range(steps):
                phi = learning.step(phi, first + number)
                if watch is not None:
                    watch(number + 1, columns, phi)
            ends[:, columns] = phi
    return ends
