"""How much of the true basin a certified region covers: its volume against the share of starts that go there.

Starts are uniform in all probabilities. In the one-shot games both are exact; in the iterated Prisoner's Dilemma the
share is measured by running projected policy gradient to its limit, and the volume of a box is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np

from numerics.basins import Labels
from numerics.certified_regions import sides
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.oracle import limits
from numerics.simulation import Progress
from numerics.statistics import Share, share
from theory.regions import Certificate

ENDS = 1e-9  # a probability this close to its end counts as there
STEP = 0.002  # of the runs to the limit
PURPOSE_COVERAGE = 5


@dataclass(frozen=True)
class Coverage:
    """A certified box against the basin of its target.

    Attributes:
        volume: of the box, exact; the probability that a uniform start lies in it.
        basin: measured share of uniform starts that go where the certificate says.
        inside: measured share of starts in the box that do; 1 if the certificate is right.
    """

    volume: Fraction
    basin: Share
    inside: Share

    @property
    def interval(self) -> tuple[float, float]:
        """The covered part of the basin, from the basin's 95 % interval."""
        low, high = self.basin.interval
        return float(self.volume) / high, min(1.0, float(self.volume) / low)


def coverage(certificate: Certificate, count: int, seed: int, progress: Progress | None = None) -> Coverage:
    """Measure a certified box (sign box or drift box) in direct coordinates.

    Args:
        certificate: of a box; its reached probabilities say what counts as going to the target.
        count: starts for each of the two measurements.
        seed: of the uniform starts.
        progress: where to report, or ``None``.
    """
    region, conclusion = certificate.region, certificate.conclusion
    if region["kind"] == "sign-box":
        reached = [k for k in range(len(region["target"])) if k not in conclusion["unreached"]]
        ends = [region["target"][k] for k in reached]
    else:
        reached, ends = region["held"], region["target"]
    box = sides(region)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(PURPOSE_COVERAGE,))))
    uniform = generator.uniform(size=(len(box), count))
    low = np.array([[float(entry[0])] for entry in box])
    width = np.array([[float(entry[1] - entry[0])] for entry in box])
    measured = []
    for label, starts in (("everywhere", uniform), ("in the box", low + width * uniform)):
        if progress is not None:
            progress(f"{certificate.game.name}: policy gradient from {label}", 0, 0)
        arrived, undecided = _arrives(certificate, starts, reached, ends)
        measured.append(share(arrived, undecided))
    return Coverage(prod((entry[1] - entry[0] for entry in box), start=Fraction(1)), *measured)


def _arrives(certificate: Certificate, starts: Array, reached: list[int], ends: list[int]) -> tuple[Labels, Labels]:
    learning = Learning(
        game=certificate.game,
        policy="direct",
        rule="pg",
        form="expanded",
        unroll=1,
        inner_lr=(0.0,) * certificate.game.players,
        own=0.0,
        peer=0.0,
        schedule=Schedule(STEP, 0.0, 1.0),
    )
    limit, undecided = limits(learning, starts)
    there = (abs(limit[reached] - np.array(ends, dtype=float)[:, None]) <= ENDS).all(0)
    return np.asarray(there & ~undecided), undecided
