"""An experiment: one frozen configuration of several learning rules that run from the same starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from sympy import Rational

from numerics import annealing, basins, inits
from numerics.dynamics import Learning, Schedule
from numerics.sampled import Credit, Estimator, check_sampled
from theory import updates
from theory.decomposition import check_unroll
from theory.errors import BadInput
from theory.games import AnyGame, Game
from theory.policies import Coordinates, coordinates_of
from theory.sampling.estimators import Batches
from theory.updates import FORMS, SPLITS, Form, Split

Gradient = Literal["exact", "sampled"]
GRADIENTS: tuple[Gradient, ...] = ("exact", "sampled")
MOST_STARTS = 10**10  # drawn at random: hours, and no more memory than a few
MOST_POINTS = 10**7  # of a grid, whose labels are kept in memory
CLOSEST = Rational(1, 10**12)  # 1 − γ, below which fewer than four digits of a value are right
MOST_STEPS = 10**8  # whose step sizes fit in memory
_BATCH = 384  # as published


@dataclass(frozen=True)
class Experiment:
    """Settings of one simulation; the defaults are the command line's.

    Attributes:
        game: the game with its parameter values.
        success: criterion, such as ``initial-cooperation:0.82``.
        methods: names of learning rules.
        form: ``unrolled`` or ``expanded``.
        policy: ``logit`` or ``direct``.
        unroll: L.
        inner_lr: α, one for all players or one each.
        own: coefficient of the own-learning correction.
        peer: coefficient of the peer-learning correction.
        lr, lr_power, lr_offset: η_n = lr / (n + offset)^power.
        clip: bound on |φ|, or ``None``.
        steps: outer steps.
        init: ``normal:SD``, ``uniform:LO:HI`` (in parameters) or ``grid:N:LO:HI`` (in probabilities).
        vary: for a grid, the parameters it runs over, such as ``p1[CC]`` (player 1 after CC in its own view) or ``p1``
            in a one-shot game; all by default if there are at most two.
        at: for a grid, the pure profile at which the other parameters stay.
        count: number of random starts.
        seed: seed of the starts.
        anneal: ``none`` or ``two-phase:STEPS:POWER:SCALE``.
        split: ``terminal`` or ``path``: which part of the correction is called own, which peer (L > 1).
        gradient: ``exact`` or ``sampled`` (:mod:`numerics.sampled`).
        batch: sampled: trajectories of one batch.
        batches: sampled: ``shared`` by all means of an update, as published, or ``independent``.
        credit: sampled: whole-``trajectory`` returns, as published, or ``per-step`` rewards.
        baseline: sampled: subtract the average of the batch's other trajectories.
    """

    game: AnyGame
    success: str
    methods: tuple[str, ...] = ("pg", "meta")
    form: Form = "unrolled"
    policy: str = "logit"
    unroll: int = 1
    inner_lr: tuple[float, ...] = (0.1,)
    own: float = 1.0
    peer: float = 1.0
    lr: float = 0.1
    lr_power: float = 0.0
    lr_offset: float = 1.0
    clip: float | None = None
    steps: int = 1000
    init: str = "normal:1"
    count: int = 100
    seed: int = 0
    anneal: str = "none"
    vary: tuple[str, ...] = ()
    at: str | None = None
    split: Split = "terminal"
    gradient: Gradient = "exact"
    batch: int = _BATCH
    batches: Batches = "shared"
    credit: Credit = "trajectory"
    baseline: bool = False

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing.

        Raises:
            BadInput: with the option and the reason.
        """
        _ = self.coordinates
        check_unroll(self.unroll)
        game = self.game
        if isinstance(game, Game) and game.horizon is None and 1 - game.value_of(game.discount) < CLOSEST:
            raise BadInput(
                f"game {game.name!r}: its discount factor is too close to 1 for floating point (1 − γ < 1e-12)."
            )
        if self.form not in FORMS:
            raise BadInput(f"--form: {self.form!r} is not one of {', '.join(FORMS)}.")
        if self.split not in SPLITS:
            raise BadInput(f"--split: {self.split!r} is not one of {', '.join(SPLITS)}.")
        for method in self.methods:
            if method not in updates.REGISTRY:
                raise BadInput(f"--method: {method!r} is not one of {', '.join(updates.REGISTRY)}.")
        if len(set(self.methods)) < max(1, len(self.methods)):
            raise BadInput("--method: name at least one method, and each only once.")
        if len(self.inner_lr) not in (1, self.game.players):
            raise BadInput(f"--inner-lr: give one number or {self.game.players}, one per player.")
        options = {
            "--inner-lr": self.inner_lr,
            "--lr": (self.lr,),
            "--lr-offset": (self.lr_offset,),
            "--clip": () if self.clip is None else (self.clip,),
        }
        for option, numbers in options.items():
            if not all(np.isfinite(number) and number > 0 for number in numbers):
                raise BadInput(f"{option}: the number must be positive and finite, not {max(numbers, key=abs)}.")
        for option, number in (("--own", self.own), ("--peer", self.peer), ("--lr-power", self.lr_power)):
            if not np.isfinite(number):
                raise BadInput(f"{option}: the number must be finite, not {number}.")
        if (self.vary or self.at) and not isinstance(inits.parse(self.init), inits.Grid):
            raise BadInput("--vary and --at: only a grid of starts has parameters that vary or stay.")
        if self.count > MOST_STARTS:
            raise BadInput(f"--count: at most {MOST_STARTS} starts, not {self.count}.")
        if self.steps > MOST_STEPS:
            raise BadInput(f"--steps: at most {MOST_STEPS} steps, not {self.steps}.")
        if self.steps < 1 or self.count < 1 or self.seed < 0:
            raise BadInput("simulate: --steps and --count must be at least 1 and --seed at least 0.")
        inits.parse(self.init)
        basins.parse_success(self.success)
        annealing.parse(self.anneal)
        if self.gradient not in GRADIENTS:
            raise BadInput(f"--gradient: {self.gradient!r} is not one of {', '.join(GRADIENTS)}.")
        estimator = self.estimator
        if self.gradient == "exact" and (self.batch, estimator) != (_BATCH, Estimator()):
            raise BadInput(
                "--batch, --batches, --credit, --baseline: exact gradients have none of them; use --gradient sampled."
            )
        if self.gradient == "sampled":
            for method in self.methods:
                check_sampled(self.learning(method), self.batch, estimator, self.seed)

    @property
    def estimator(self) -> Estimator:
        """How sampled updates are estimated."""
        return Estimator(self.batches, self.credit, self.baseline)

    @property
    def coordinates(self) -> Coordinates:
        """The policy's coordinate system."""
        return coordinates_of(self.game, self.policy)

    def learning(self, method: str) -> Learning:
        """The dynamics of one method under these settings."""
        per_player = self.inner_lr if len(self.inner_lr) > 1 else self.inner_lr * self.game.players
        return Learning(
            game=self.game,
            policy=self.coordinates,
            rule=method,
            form=self.form,
            split=self.split,
            unroll=self.unroll,
            inner_lr=per_player,
            own=self.own,
            peer=self.peer,
            schedule=Schedule(self.lr, self.lr_power, self.lr_offset),
            clip=self.clip,
            anneal=annealing.parse(self.anneal),
        )
