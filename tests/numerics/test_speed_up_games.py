"""Claim C11 in games: times against closed forms, the rule, its control, and the figure of rates."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational

from numerics.drift_figures import POINTS, drift
from numerics.evidence import c11_games
from numerics.evidence.c11_games import DESIGNS, RADIUS, Design, Ratios
from numerics.evidence.model import PROFILES, Run
from theory.claims import Verdict
from theory.claims.c11_speed_up import CLAIMS
from theory.drift import moved, settings
from theory.errors import BadInput
from theory.exact import Undecided

BY_NAME = {setting.name: setting for setting in settings()}
COARSE = Design(5, Rational(1, 200), slice(1, 2))


def test_the_claim_is_in_the_ledger_and_measured() -> None:
    (claim,) = (claim for claim in CLAIMS if claim.id == "C11.games")
    assert claim.check is None and set(c11_games.CHECKS) == {"C11.games"}
    assert set(c11_games.MEASURED) <= set(BY_NAME) and set(DESIGNS) == set(PROFILES)
    assert all(str(number) in claim.assumptions[1] for number in (RADIUS, *(d.step for d in DESIGNS.values())))


def test_counts_by_hand() -> None:
    """Bound 2: 10 steps against 5 is open (9/5 < 2 ≤ 10/4), against 7 below (10/6 < 2), against 4 above (9/4 ≥ 2)."""
    found = Ratios(np.array([10, 10, 10]), np.array([5, 7, 4]), 0)
    assert found.counts(2.0) == (1, 1, 1)
    assert Ratios(np.array([5]), np.array([1]), 0).counts(100.0) == (0, 1, 0)  # one step: any time up to it


def test_steps_of_a_linear_field_in_closed_form() -> None:
    """Cournot along the diagonal: q − 1 shrinks by 1 − 3h a step, across it by 1 − h."""
    setting, step = BY_NAME["cournot"], Rational(1, 100)
    starts = np.array([[1.5, 1.5], [1.5, 0.5]])
    found = c11_games.steps_into(setting.game, "pg", Rational(1, 4), step, starts, setting.zero)
    distance = np.sqrt(2) / 2 / float(RADIUS)
    assert found.tolist() == [int(np.ceil(np.log(distance) / -np.log(1 - rate / 100))) for rate in (3, 1)]


def test_the_corrected_flow_goes_to_the_moved_zero_and_not_to_the_old_one() -> None:
    setting, amount = BY_NAME["cournot"], Rational(1, 4)
    (there,) = moved(setting.case, (amount,))
    starts = c11_games.grid(setting, 3)
    into = c11_games.steps_into(setting.game, "peer", amount, Rational(1, 50), starts, there.zero)
    assert (into >= 0).all() and starts.shape == (2, 9)
    with pytest.raises(Undecided):
        c11_games.steps_into(setting.game, "peer", amount, Rational(1, 50), starts, setting.zero)


def test_starts_inside_a_ball_are_left_out() -> None:
    found = c11_games.measure(BY_NAME["cournot"], Rational(1, 4), COARSE)
    assert found.skipped == 1 and len(found.without) == 24  # (1, 1) lies on the grid
    assert (found.without > 0).all() and (found.corrected > 0).all()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(6, 0, 4), (0, 0, 10)], Verdict.REFUTED),  # below from most in one game
        ([(5, 0, 5), (0, 0, 10)], Verdict.UNDECIDED),  # from half of them only
        ([(5, 1, 4), (0, 0, 10)], Verdict.UNDECIDED),
        ([(4, 0, 6), (0, 0, 10)], Verdict.SUPPORTED),
        ([(0, 4, 6)], Verdict.SUPPORTED),
        ([(0, 5, 5)], Verdict.UNDECIDED),  # not from more than half
        ([(0, 10, 0), (0, 0, 10)], Verdict.UNDECIDED),  # all open in one game
    ],
)
def test_the_rule(counts: list[tuple[int, int, int]], expected: Verdict) -> None:
    rows = [{"below": a, "open": b, "at_least": c, "starts": a + b + c} for a, b, c in counts]
    assert c11_games.decided(rows) is expected


def test_without_a_game_there_is_no_verdict() -> None:
    with pytest.raises(BadInput):
        c11_games.decided([])


def test_steps_so_long_that_the_distance_rises_are_refused() -> None:
    """Cournot's diagonal shrinks by 1 − 3h a step: for h = 1/2 the iteration passes the zero."""
    setting = BY_NAME["cournot"]
    with pytest.raises(Undecided):
        c11_games.steps_into(setting.game, "pg", Rational(1, 4), Rational(1, 2), np.array([[1.5], [1.5]]), setting.zero)


def test_a_wrong_bound_fails_the_control(monkeypatch: pytest.MonkeyPatch) -> None:
    c11_games._control(COARSE)
    right = c11_games.bound_of
    monkeypatch.setattr(c11_games, "bound_of", lambda *a: 1.2 * right(*a))
    with pytest.raises(Undecided):
        c11_games._control(COARSE)


def test_in_matching_pennies_the_ratio_stays_below_as_the_cubic_helps_policy_gradient_too() -> None:
    setting = BY_NAME["regularised-matching-pennies"]
    found = c11_games.row(setting, Rational(1, 16), COARSE)
    assert found["bound"] == 2 and found["below"] > found["starts"] / 2


def test_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c11_games, "DESIGNS", {"quick": COARSE})
    found = c11_games.CHECKS["C11.games"](Run("quick", 0))
    assert found.verdict is Verdict.REFUTED and "Euler iteration" in found.reason and "1/200" in found.reason
    (evidence,) = found.evidence
    rows = json.loads(json.dumps(dict(evidence.content)))["speed_up"]
    assert [row["game"] for row in rows] == list(c11_games.MEASURED) and evidence.interval is None
    for row in rows:
        assert row["below"] + row["open"] + row["at_least"] == row["starts"] == 25 - row["inside"]


def test_the_figure_draws_the_enclosed_rates() -> None:
    shown = [BY_NAME["cournot"], replace(BY_NAME["curved-demand"], amounts=(Rational(1, 8),))]
    axes = drift(shown).axes
    for panel, setting in zip(axes, shown, strict=True):
        true, paper, *_ = panel.get_lines()
        last = setting.amounts[-1]
        (entry,) = moved(setting.case, (last,))
        ends = np.asarray(true.get_xdata())[-1], np.asarray(true.get_ydata())[-1]
        assert ends == pytest.approx((float(last), float(entry.rate))) and len(true.get_xdata()) == POINTS + 1
        assert np.asarray(paper.get_ydata())[0] == pytest.approx(np.asarray(true.get_ydata())[0])
