"""Numbers: fields compiled from the expressions of :mod:`theory`, exact learning dynamics, statistics, the ledger.

Public are the names below, :mod:`numerics.strategies` (generators for tests of one's own), and with the extra
``neural`` :mod:`numerics.neural`. Other modules may change. The names are imported when they are first asked for, so
that ``numerics.pytest_plugin``, which pytest loads in every run, costs nothing there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numerics.experiments import Experiment as Experiment
    from numerics.games_from_arrays import game_from_arrays as game_from_arrays
    from numerics.games_from_arrays import game_from_nashpy as game_from_nashpy
    from numerics.outcomes import Outcome as Outcome
    from numerics.parallel_env import ParallelGame as ParallelGame
    from numerics.simulation import simulate as simulate
else:
    _HOMES = {
        "Experiment": "experiments",
        "Outcome": "outcomes",
        "ParallelGame": "parallel_env",
        "game_from_arrays": "games_from_arrays",
        "game_from_nashpy": "games_from_arrays",
        "simulate": "simulation",
    }
    __all__ = list(_HOMES)

    def __getattr__(name: str) -> object:
        """One of the names above, from its module."""
        if name not in _HOMES:
            raise AttributeError(f"module 'numerics' has no attribute {name!r}")
        return getattr(import_module(f"numerics.{_HOMES[name]}"), name)

    def __dir__() -> list[str]:
        """What ``help`` and completion show."""
        return __all__
