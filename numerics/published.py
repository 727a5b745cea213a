"""The paper's learning settings, once: starts, steps, schedule, clipping, coefficients, success."""

from __future__ import annotations

from typing import Any

from numerics.experiments import Experiment
from theory.games import Game
from theory.published import COEFFICIENTS
from theory.symbols import alpha, own_coefficient, peer_coefficient


def published_experiment(game: Game, methods: tuple[str, ...], count: int, seed: int, **changes: Any) -> Experiment:
    """The published settings of the one-shot and repeated runs, with exact gradients."""
    settings: dict[str, Any] = {
        "success": "initial-cooperation:0.82",
        "form": "expanded",
        "policy": "logit",
        "inner_lr": (float(COEFFICIENTS[alpha]),),
        "own": float(COEFFICIENTS[own_coefficient]),
        "peer": float(COEFFICIENTS[peer_coefficient]),
        "lr": 0.9,
        "lr_power": 0.24,
        "lr_offset": 10.0,
        "clip": 8.0,
        "steps": 260,
        "init": "normal:1.35",
    }
    return Experiment(game=game, methods=methods, count=count, seed=seed, **{**settings, **changes})
