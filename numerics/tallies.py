"""What a simulation keeps when it does not keep its starts one by one: counts and sums that chunks add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import basins
from numerics.exact_sums import ExactSum
from numerics.experiments import Experiment
from numerics.statistics import Counts, outcome_codes
from numerics.store import Arrays


@dataclass(frozen=True)
class Tally:
    """Counts and sums over some starts of one method; tallies of parts are added, in any order.

    Attributes:
        outcomes: starts that failed, are undecided, succeeded, shape (3,).
        ends: number of ends of each class that occurs (:func:`numerics.basins.class_of_ends`).
        welfare: of the finite ends, the players' summed mean values.
        exploitability: of the finite ends; NaN, so without a sum, for a differentiable game.
    """

    outcomes: Counts
    ends: Counter[str]
    welfare: ExactSum
    exploitability: ExactSum

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.outcomes + other.outcomes,
            self.ends + other.ends,
            self.welfare + other.welfare,
            self.exploitability + other.exploitability,
        )


def tally(experiment: Experiment, arrays: Arrays) -> tuple[Tally, NDArray[np.uint8]]:
    """The tally of a chunk's arrays, and the outcome of each of its starts, shape (starts,)."""
    codes = outcome_codes(arrays["success"], arrays["undecided"], len(arrays["success"]))
    ends: NDArray[Any] = arrays["ends"]
    finite = np.isfinite(ends).all(0)
    classes = basins.class_of_ends(experiment.game, experiment.coordinates, ends, arrays["travelled"])
    sums = (ExactSum.of(arrays[name][finite]) for name in ("welfare", "exploitability"))
    return Tally(np.bincount(codes, minlength=3), Counter(classes), *sums), codes
