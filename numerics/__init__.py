"""Numbers: fields compiled from the expressions of :mod:`theory`, exact learning dynamics, statistics, the ledger."""

from __future__ import annotations

from numerics.experiments import Experiment
from numerics.outcomes import Outcome
from numerics.simulation import simulate

__all__ = ["Experiment", "Outcome", "simulate"]
