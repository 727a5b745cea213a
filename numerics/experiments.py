"""An experiment: one frozen configuration, several learning rules from the same starts, paired results.

:func:`simulate` is the verb. Starts depend on the seed alone, so every method sees the same ones and adding a method
changes no other's result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from numerics import annealing, basins, starts
from numerics.basins import Labels
from numerics.compile import Array
from numerics.dynamics import BLOCK, Learning, Schedule, run
from numerics.statistics import PairedDifference, Share, paired_difference, share
from theory import updates
from theory.decomposition import check_unroll
from theory.errors import BadInput
from theory.games import AnyGame
from theory.policies import coordinates_of
from theory.updates import FORMS, Form

Progress = Callable[[str, int, int], None]


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
        count: number of random starts.
        seed: seed of the starts.
        anneal: ``none`` or ``two-phase:STEPS:POWER:SCALE``.
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

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing.

        Raises:
            BadInput: with the option and the reason.
        """
        coordinates_of(self.game, self.policy)
        check_unroll(self.unroll)
        if self.form not in FORMS:
            raise BadInput(f"--form: {self.form!r} is not one of {', '.join(FORMS)}.")
        for method in self.methods:
            if method not in updates.REGISTRY:
                raise BadInput(f"--method: {method!r} is not one of {', '.join(updates.REGISTRY)}.")
        if len(set(self.methods)) < max(1, len(self.methods)):
            raise BadInput("--method: name at least one method, and each only once.")
        if len(self.inner_lr) not in (1, self.game.players):
            raise BadInput(f"--inner-lr: give one number or {self.game.players}, one per player.")
        numbers = (*self.inner_lr, self.own, self.peer, self.lr, self.lr_power, self.lr_offset, self.clip or 0.0)
        if not np.isfinite(numbers).all():
            raise BadInput("simulate: every number must be finite.")
        if min(self.inner_lr) <= 0 or self.lr <= 0 or self.lr_offset <= 0:
            raise BadInput("simulate: --inner-lr, --lr and --lr-offset must be positive.")
        if self.clip is not None and self.clip <= 0:
            raise BadInput("--clip: the bound must be positive.")
        if self.steps < 1 or self.count < 1 or self.seed < 0:
            raise BadInput("simulate: --steps and --count must be at least 1 and --seed at least 0.")
        starts.parse(self.init)
        basins.parse_success(self.success)
        annealing.parse(self.anneal)

    def learning(self, method: str) -> Learning:
        """The dynamics of one method under these settings."""
        per_player = self.inner_lr if len(self.inner_lr) > 1 else self.inner_lr * self.game.players
        return Learning(
            game=self.game,
            policy=coordinates_of(self.game, self.policy),
            rule=method,
            form=self.form,
            unroll=self.unroll,
            inner_lr=per_player,
            own=self.own,
            peer=self.peer,
            schedule=Schedule(self.lr, self.lr_power, self.lr_offset),
            clip=self.clip,
            anneal=annealing.parse(self.anneal),
        )


@dataclass(frozen=True)
class MethodResult:
    """One method's outcome.

    Attributes:
        method: the rule's name.
        share: successes among the starts. On a grid its Wilson interval has no meaning and is not reported.
        discretisation: on a grid, a bound on |share of grid points − share of the area|; else ``None``.
        ends: number of ends of each class.
        welfare: mean over starts of the players' summed mean values (1 − γ)ΣV at the end; NaN ends left out.
        success: label of every start, shape (starts,).
        undecided: starts whose end is not finite, shape (starts,).
    """

    method: str
    share: Share
    discretisation: float | None
    ends: dict[str, int]
    welfare: float
    success: Labels = field(repr=False)
    undecided: Labels = field(repr=False)


@dataclass(frozen=True)
class Paired:
    """Difference in success of method ``a`` over method ``b`` from the same random starts."""

    a: str
    b: str
    difference: PairedDifference


@dataclass(frozen=True)
class Outcome:
    """What :func:`simulate` found.

    Attributes:
        experiment: its settings.
        methods: one result per method, in the order asked for.
        paired: every pair of methods; empty for a grid, whose points are no sample.
        starts: shape (parameters, starts).
        ends: end of every start by method, shape (parameters, starts).
    """

    experiment: Experiment
    methods: tuple[MethodResult, ...]
    paired: tuple[Paired, ...]
    starts: Array = field(repr=False)
    ends: dict[str, Array] = field(repr=False)

    def __getitem__(self, method: str) -> MethodResult:
        """The result of one method by name."""
        return next(result for result in self.methods if result.method == method)

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON object (schema_version 1)."""
        settings = {name: value for name, value in vars(self.experiment).items() if name != "game"}
        game = self.experiment.game
        return {
            "schema_version": 1,
            "game": {"name": game.name, "parameters": {s.name: str(value) for s, value in game.parameters}},
            "config": settings,
            "results": [_result_json(result) for result in self.methods],
            "paired": [
                {
                    "a": pair.a,
                    "b": pair.b,
                    "difference": pair.difference.difference,
                    "interval": list(pair.difference.interval),
                    "p_value": pair.difference.p_value,
                }
                for pair in self.paired
            ],
        }


def _result_json(result: MethodResult) -> dict[str, Any]:
    on_grid = result.discretisation is not None
    row = {
        "method": result.method,
        "successes": result.share.successes,
        "total": result.share.total,
        "fraction": result.share.fraction,
        "interval": None if on_grid else list(result.share.interval),
        "undecided": result.share.undecided,
        "ends": result.ends,
        "welfare": result.welfare,
    }
    return {**row, "discretisation": result.discretisation} if on_grid else row


def simulate(experiment: Experiment, progress: Progress | None = None) -> Outcome:
    """Run every method from the same starts with exact gradients.

    Args:
        experiment: the settings.
        progress: called as ``progress(method, steps done, steps in all)``, counting over blocks of starts.

    Raises:
        BadInput: starts or a criterion that the game does not allow.
    """
    init, success = starts.parse(experiment.init), basins.parse_success(experiment.success)
    policy = coordinates_of(experiment.game, experiment.policy)
    first = starts.draw(init, experiment.game, policy, experiment.count, experiment.seed)
    basins.succeeded(success, experiment.game, policy, first[:, :1])  # refuse a criterion without meaning before work
    results, all_ends = [], {}
    for method in experiment.methods:
        ends, travelled = _run(experiment, method, first, progress)
        good, undecided = basins.succeeded(success, experiment.game, policy, ends)
        bound = basins.discretisation_bound(init, good) if isinstance(init, starts.Grid) else None
        classes = basins.class_of_ends(experiment.game, policy, ends, travelled)
        welfare = float(np.nanmean(basins.mean_values(experiment.game, policy, ends).sum(0)))
        results.append(MethodResult(method, share(good, undecided), bound, classes, welfare, good, undecided))
        all_ends[method] = ends
    pairs = [] if isinstance(init, starts.Grid) else _pairs(results)
    return Outcome(experiment, tuple(results), tuple(pairs), first, all_ends)


def _pairs(results: Sequence[MethodResult]) -> list[Paired]:
    """Every later method against every earlier one, so that ``difference`` reads as a gain over the first named."""
    return [
        Paired(b.method, a.method, paired_difference(b.success, a.success, b.undecided, a.undecided))
        for a, b in combinations(results, 2)
    ]


def _run(experiment: Experiment, method: str, first: Array, progress: Progress | None) -> tuple[Array, Array]:
    """Ends, and how far the start-state probabilities travelled in the last tenth of the run."""
    learning = experiment.learning(method)
    travel = basins.LateTravel(experiment.game, learning.policy, experiment.steps, first.shape[1])
    every = max(1, experiment.steps // 20)
    total = -(-first.shape[1] // BLOCK) * experiment.steps

    def watch(number: int, columns: slice, phi: Array) -> None:
        travel(number, columns, phi)
        if progress is not None and number % every == 0:
            progress(method, columns.start // BLOCK * experiment.steps + number, total)

    return run(learning, first, experiment.steps, watch), travel.total
