"""C11 in games with an interior stable zero: times of the Euler iteration into a ball, against 1 + λμ_M/μ.

A time is a number of steps x ← x + h·field(x) until |x − zero| ≤ r, with the zero that the iteration goes to: φ*
without the correction, φ*_λ with it. Starts are a grid on the box of :func:`theory.drift.settings`; those that lie in
one of the two balls have no time and are left out. n steps mean that the polygon through the iterates, along which the
distance falls, enters the ball after more than n − 1 and at most n steps. So the ratio of n₀ and n steps is certainly
below b if n₀/(n − 1) < b, certainly at least b if (n₀ − 1)/n ≥ b, and open otherwise. That is said of the iteration:
the ratio of the flows' times is another one, and for linear fields less in favour of the faster flow, since
−ln(1 − hκ)/κ rises with κ.

Rule (a grid is no sample, so there is no interval). REFUTED if in some game, at some λ, the ratio is certainly below
1 + λμ_M/μ from more than half of the starts. SUPPORTED if in every game, at every λ, it is certainly at least that from
more than half. Else UNDECIDED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Rational

from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.evidence.model import Check, Run
from theory.balls import as_ball
from theory.claims import Evidence, Finding, Verdict
from theory.corrected import Rates
from theory.drift import Setting, moved, settings
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import DifferentiableGame, regularised_matching_pennies

MEASURED = ("cournot", "regularised-stag-hunt", "regularised-matching-pennies")
RADIUS = Rational(1, 50)
LONGEST = 100  # in units of time
Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """How finely times are measured.

    Attributes:
        per_side: starts along each side of the box.
        step: h.
        amounts: which of a setting's λ.
    """

    per_side: int
    step: Rational
    amounts: slice


DESIGNS: Mapping[str, Design] = {
    "quick": Design(21, Rational(1, 400), slice(1, 2)),
    "paper": Design(31, Rational(1, 1000), slice(None)),
}


@dataclass(frozen=True)
class Ratios:
    """Steps into the two balls from every start that lies in neither.

    Attributes:
        without: n₀, shape (starts,).
        corrected: n, shape (starts,).
        skipped: starts inside a ball.
    """

    without: Steps
    corrected: Steps
    skipped: int

    def counts(self, bound: float) -> tuple[int, int, int]:
        """Starts whose ratio is certainly below the bound, open, and certainly at least it."""
        before, after = self.without.astype(float), self.corrected.astype(float)
        below = before < bound * (after - 1)
        above = before - 1 >= bound * after
        return int(below.sum()), int((~below & ~above).sum()), int(above.sum())


def grid(setting: Setting, per_side: int) -> Array:
    """Starts on the box, shape (parameters, starts), edges included."""
    sides = [np.linspace(float(low), float(high), per_side) for low, high in setting.box]
    return np.stack([axis.ravel() for axis in np.meshgrid(*sides, indexing="ij")])


def steps_into(
    game: DifferentiableGame, method: str, amount: Rational, step: Rational, starts: Array, zero: Sequence[Any]
) -> Steps:
    """Euler steps until each start is within the radius of the zero, shape (starts,); 0 for one that is inside.

    Raises:
        Undecided: a start does not come into the ball, or the distance does not fall all along a step.
    """
    sizes = (1.0,) * game.players  # α = 1, so that λ = c_peer
    learning = Learning(game, "direct", method, "expanded", 1, sizes, 0.0, float(amount), Schedule(float(step)))
    centre = np.array([float(x) for x in zero])[:, None]
    found = np.full(starts.shape[1], -1)
    phi, left = starts.copy(), np.arange(starts.shape[1])
    for number in range(int(LONGEST / step) + 1):
        inside = ((phi - centre) ** 2).sum(axis=0) <= float(RADIUS) ** 2
        if inside.any():
            found[left[inside]] = number
            phi, left = phi[:, ~inside], left[~inside]
            if not left.size:
                return found
        before, phi = phi, learning.step(phi, number)
        if (((phi - before) * (phi - centre)).sum(axis=0) > 0).any():  # the distance is convex along a step
            raise Undecided(f"{game.name}: the distance rises at the end of a step of {method}")
    raise Undecided(f"{game.name}: {left.size} starts do not come into the ball of {method}")


def measure(setting: Setting, amount: Rational, design: Design) -> Ratios:
    """Times with and without the correction, from the same starts."""
    starts = grid(setting, design.per_side)
    (there,) = moved(setting.case, (amount,))
    without = steps_into(setting.game, "pg", amount, design.step, starts, setting.zero)
    corrected = steps_into(setting.game, "peer", amount, design.step, starts, there.zero)
    kept = (without > 0) & (corrected > 0)
    return Ratios(without[kept], corrected[kept], int((~kept).sum()))


def bound_of(setting: Setting, amount: Rational) -> float:
    """1 + λμ_M/μ."""
    rates = Rates(setting.case)
    return float(as_ball(rates.line(rates.paper, amount)) / as_ball(rates.rate))


def row(setting: Setting, amount: Rational, design: Design) -> dict[str, Any]:
    """Counts for one game and one λ, flat."""
    found = measure(setting, amount, design)
    bound = bound_of(setting, amount)
    below, unclear, above = found.counts(bound)
    ratios = found.without / found.corrected
    (there,) = moved(setting.case, (amount,))
    return {
        "game": setting.name,
        "lambda": str(amount),
        "bound": bound,
        "rate_ratio": float(there.rate / as_ball(Rates(setting.case).rate)),
        "starts": len(ratios),
        "inside": found.skipped,
        "below": below,
        "open": unclear,
        "at_least": above,
        "median_ratio": float(np.median(ratios)),
        "least_ratio": float(ratios.min()),
        "largest_ratio": float(ratios.max()),
        "mean_ratio": float(found.without.mean() / found.corrected.mean()),
    }


def decided(rows: Sequence[Mapping[str, Any]]) -> Verdict:
    """The rule.

    Raises:
        BadInput: there are no rows.
    """
    if not rows:
        raise BadInput("the rule needs at least one game.")
    if any(2 * entry["below"] > entry["starts"] for entry in rows):
        return Verdict.REFUTED
    most = all(2 * entry["at_least"] > entry["starts"] for entry in rows)
    return Verdict.SUPPORTED if most else Verdict.UNDECIDED


def _control(design: Design) -> None:
    """Without the quartic cost Matching Pennies is linear and its zero stays: the ratio *is* the bound (C11.linear).

    Raises:
        Undecided: some start is called certainly below all the same, or not all are below a bound of twice the size.
    """
    (pennies,) = (entry for entry in settings() if entry.name == "regularised-matching-pennies")
    linear = Setting("linear", regularised_matching_pennies(k=0), pennies.zero, pennies.box, pennies.amounts)
    amount = pennies.amounts[1]
    found = measure(linear, amount, design)
    if found.counts(bound_of(linear, amount))[0] or found.counts(2 * bound_of(linear, amount))[0] != len(found.without):
        raise Undecided("the check cannot fail: it misjudges a linear field, whose ratio is known")


def _check_games(run: Run) -> Finding:
    design = DESIGNS[run.profile]
    _control(DESIGNS["quick"])
    rows = [
        row(setting, amount, design)
        for setting in settings()
        if setting.name in MEASURED
        for amount in setting.amounts[design.amounts]
    ]
    evidence = Evidence(
        "experiment",
        f"times of the Euler iteration with steps of {design.step} into a ball of radius {RADIUS}, from a grid of "
        f"{design.per_side} x {design.per_side} starts, no interval",
        "; ".join(
            f"{r['game']} at lambda = {r['lambda']}: bound {r['bound']:.3f}, ratios {r['least_ratio']:.3f} to "
            f"{r['largest_ratio']:.3f} (median {r['median_ratio']:.3f}, rates {r['rate_ratio']:.3f}), at least the "
            f"bound from {r['at_least']}, open {r['open']}, below from {r['below']} of {r['starts']} starts"
            for r in rows
        ),
        {"speed_up": rows},
        sum(r["starts"] for r in rows),
    )
    verdict = decided(rows)
    ratio = f"the ratio of times of the Euler iteration, steps of {design.step}, is"
    reason = {
        Verdict.REFUTED: f"in some game {ratio} certainly below 1 + lambda mu_M/mu from more than half of the starts",
        Verdict.SUPPORTED: f"in every game {ratio} certainly at least 1 + lambda mu_M/mu from more than half of the "
        "starts",
        Verdict.UNDECIDED: f"{ratio} never certainly below 1 + lambda mu_M/mu from more than half of the starts, nor "
        "always certainly at least that",
    }[verdict]
    return Finding(verdict, reason, (evidence,))


CHECKS: dict[str, Check] = {"C11.games": _check_games}
