"""Neural policies: networks from observations' features to log-odds, trained by Meta-MAPG with JAX.

A network replaces the table of log-odds: θⁱ ↦ ℓⁱ(θⁱ), one row of log-odds for every observation, in the order and
coordinates of :mod:`theory.policies` (``logit``). What follows the log-odds, values and all, is the tabular game, so
everything measured for tables is measured for networks at ℓ(θ).

Needs the extra ``neural``; :func:`numerics.neural.available` says whether it is there without loading it.
"""

from __future__ import annotations

from importlib.util import find_spec

ANNEALED = "meta, annealed"  # the arm whose coefficients decay as published
MISSING = "neural policies need JAX: pip install 'basin-entry[neural]'"


def available() -> bool:
    """Whether JAX is installed."""
    return find_spec("jax") is not None
