"""numerics.schedules: exact mean squares over a grid of powers, and the verdict's rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational

from numerics import noisy, schedules
from numerics.evidence import c12_schedules
from numerics.evidence.model import Run
from numerics.recovery import Cournot, Decaying
from theory.claims import Verdict


def plan(p: str, q: str) -> Decaying:
    return replace(schedules.grid()[0], p=Rational(p), q=Rational(q))


def test_mean_squares_are_those_of_runs() -> None:
    """Against 4000 runs of the noisy process: five standard errors."""
    one, length = plan("3/5", "1/4"), 64
    firms = Cournot.made()
    zero = np.array(firms.case.zero, dtype=float)
    start = zero + schedules.AWAY
    runs = noisy.run(firms.case, start, one.schedule(length), float(one.noise), 4000, 0)
    squares = ((runs.ends - zero[:, None]) ** 2).sum(0)
    times, exact = schedules.mean_squares([one], length)
    assert times[0, -1] == pytest.approx(1 + length / one.scale)
    assert abs(squares.mean() - exact[0, -1]) < 5 * squares.std() / np.sqrt(squares.size)


def test_schedules_side_by_side_do_not_see_each_other() -> None:
    grid = schedules.grid()
    together, alone = schedules.mean_squares(grid, 256)[1], schedules.mean_squares(grid[7:8], 256)[1]
    assert (together[7] == alone[0]).all()


@pytest.mark.parametrize(
    ("p", "q", "in_paper", "vanishes"),
    [
        ("3/5", "1/2", True, True),
        ("3/5", "2/5", False, True),  # q = 1 - p
        ("1/2", "3/4", False, True),
        ("1", "1/10", True, True),
        ("3/4", "0", False, False),
        ("2", "1/2", False, False),
    ],
)
def test_which_condition_allows_what(p: str, q: str, in_paper: bool, vanishes: bool) -> None:
    assert (schedules.in_paper(plan(p, q)), schedules.vanishes(plan(p, q))) == (in_paper, vanishes)


def test_verdict_and_rows() -> None:
    finding = c12_schedules.CHECKS["C12.schedules"](Run("quick", 0))
    assert finding.verdict is Verdict.SUPPORTED
    rows = finding.evidence[0].content["schedules"]
    assert len(rows) == len(schedules.POWERS) * len(schedules.DECAYS)
    assert all(row["vanishes"] for row in rows if row["in_paper"])
    stalled = [row for row in rows if row["p"] == "2"]
    assert all(row["mean_square"] > 1e-4 for row in stalled)


@pytest.mark.parametrize(
    ("vanishes", "exponent", "expected"),
    [
        (True, -0.6, Verdict.SUPPORTED),
        (True, -0.4, Verdict.UNDECIDED),
        (True, -0.01, Verdict.REFUTED),
        (False, -0.01, Verdict.SUPPORTED),
        (False, -0.3, Verdict.UNDECIDED),
    ],
)
def test_rule_has_every_outcome(vanishes: bool, exponent: float, expected: Verdict) -> None:
    row = {"vanishes": vanishes, "exponent": exponent, "predicted": -0.6 if vanishes else 0.0}
    assert c12_schedules.decided([row]) is expected
