"""Numbers: fields compiled from the expressions of :mod:`theory`, exact learning dynamics, statistics, the ledger.

The names below are imported when they are first asked for, so that ``numerics.pytest_plugin``, which pytest loads in
every run, costs nothing there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numerics.experiments import Experiment
    from numerics.games_from_arrays import game_from_arrays, game_from_nashpy
    from numerics.outcomes import Outcome
    from numerics.simulation import simulate
else:
    _HOMES = {
        "Experiment": "experiments",
        "Outcome": "outcomes",
        "game_from_arrays": "games_from_arrays",
        "game_from_nashpy": "games_from_arrays",
        "simulate": "simulation",
    }

    def __getattr__(name: str) -> object:
        """One of the names below, from its module."""
        if name not in _HOMES:
            raise AttributeError(f"module 'numerics' has no attribute {name!r}")
        return getattr(import_module(f"numerics.{_HOMES[name]}"), name)


__all__ = ["Experiment", "Outcome", "game_from_arrays", "game_from_nashpy", "simulate"]
