"""C5.order in simulations: where its condition holds no start is lost; where it fails some are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from numerics import simulate
from numerics.experiments import Experiment
from numerics.published import published_experiment
from theory.claims import c05_basin_entry as c05
from theory.games import Game, stag_hunt, stag_hunt_3
from theory.order import order_inclusion


def kept_and_lost(game: Game, **changes: Any) -> tuple[int, int]:
    """Starts that policy gradient and the correction bring to the target, and those that only policy gradient does."""
    settings = {"success": "oracle", "form": "expanded", "peer": 1.0, "inner_lr": (0.3,), **changes}
    outcome = simulate(Experiment(game=game, methods=("pg", "peer"), seed=0, **settings))
    before, after = outcome["pg"].success, outcome["peer"].success
    return int((before & after).sum()), int((before & ~after).sum())


@pytest.mark.parametrize(
    "settings",
    [
        {"policy": "direct", "init": "grid:21:0.02:0.98", "lr": 0.05, "count": 1},
        {"policy": "logit", "init": "grid:21:0.02:0.98", "lr": 3.0, "count": 1},  # just below the bound of 3·√3 … 5.2
        {"policy": "logit", "init": "normal:2", "lr": 1.0, "lr_power": 0.3, "count": 400},
    ],
    ids=["direct", "logit, large steps", "logit, falling steps"],
)
@pytest.mark.parametrize("game", [stag_hunt(), stag_hunt(T=2), stag_hunt_3()], ids=["4,0,3,2", "T = P", "three"])
def test_no_start_is_lost(game: Game, settings: dict[str, Any]) -> None:
    if game.players == 3 and "grid" in settings["init"]:
        uniform = "uniform:0.02:0.98" if settings["policy"] == "direct" else "normal:2"
        settings = {**settings, "init": uniform, "count": 400}
    assert order_inclusion(game, settings["policy"]).holds
    kept, lost = kept_and_lost(game, **settings)
    assert lost == 0 and kept > 0


def test_starts_are_lost_where_order_fails() -> None:
    """The smallest game in which the mean misleads, its boundary finely resolved."""
    game = c05.loser()
    assert not order_inclusion(game, "direct").holds
    _, lost = kept_and_lost(game, policy="direct", init="grid:61:0.01:0.3", lr=0.02, inner_lr=(0.1,), count=1)
    assert lost > 0


def test_the_published_grid_loses_none() -> None:
    game = stag_hunt()
    outcome = simulate(
        published_experiment(game, ("pg", "peer", "meta"), count=1, seed=0, init="grid:51:0.05:0.95", steps=140)
    )
    largest = max(0.9 / (n + 10) ** 0.24 for n in range(140))
    assert largest < float(order_inclusion(game, "logit").largest_step)
    success: dict[str, NDArray[np.bool_]] = {method: outcome[method].success for method in ("pg", "peer")}
    assert not (success["pg"] & ~success["peer"]).any() and success["peer"].sum() > success["pg"].sum()
