"""numerics.recovery and C13's numerical checks: moments by enumeration, fits on known curves, rules that can fail."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.testing import assert_allclose
from readable import faults
from sympy import Rational

from numerics import noisy, recovery
from numerics import same_ends as ends_file
from numerics.annealing import TwoPhase
from numerics.evidence import c13_annealing
from numerics.evidence.model import Run
from numerics.recovery import (
    NOISY,
    Cournot,
    Decay,
    cournot_decays,
    dyadic,
    exponent,
    finite_decays,
    leading_moments,
    logit_decays,
    mean_square_bounds,
    next_order,
    noisy_decays,
    peer_learning,
    second_moments,
)
from numerics.recovery_figures import PANELS
from numerics.recovery_figures import recovery as figure
from numerics.same_ends import (
    bounded_box,
    entry_box,
    kept,
    lost,
    planted,
    random_coordination,
    random_dilemma,
    random_hunt,
    random_two_state,
    same_ends,
    spilled,
    within,
)
from theory.annealing import process
from theory.claims import LEDGER, Verdict
from theory.equilibria import StationaryProfile
from theory.exact import Undecided
from theory.games import Game, cournot, prisoners_dilemma, stag_hunt
from theory.pure_equilibria import pure_equilibria
from theory.rest_points import rest_bound
from theory.symbols import correction

# ------------------------------------------------------------------------------------------------------------- numbers


def test_exponent_of_powers() -> None:
    times = 2.0 ** np.arange(3, 12)
    assert exponent(times, 7 * times**-0.3) == pytest.approx(-0.3)
    assert exponent(times[::2], times[::2] ** 2) == pytest.approx(2)
    with pytest.raises(ValueError, match="do not span"):
        exponent(times[:3], times[:3])


def test_dyadic() -> None:
    times, every = dyadic(128)
    assert list(times) == [16, 32, 64, 128] and every == 16
    with pytest.raises(ValueError, match="power of two"):
        dyadic(100)


def test_next_order_by_hand() -> None:
    """Constant steps: ν + 2λ at t and t/8 alone. λ = 1/t between 8 and 64: ν = (1/t)/a, a = 1/2, m = 1, so 4/t."""
    at = np.arange(1, 66, dtype=float)
    expected = 2 * (4 / 8 - 4 / 64) / np.log(8)
    assert next_order(at, np.full(65, 0.5), 1 / at, 1.0) == pytest.approx(expected, rel=1e-12)
    assert next_order(at, np.full(65, 0.5), np.zeros(65), 1.0) == 0


def test_cournot_is_what_the_moments_need() -> None:
    firms = Cournot.made()
    assert (firms.rate, firms.lipschitz) == (1, 3)
    assert firms.case.direction == (Rational(-1, 3), Rational(-1, 3))
    # p = q = 1: λ-term 3 − 3q + λq
    assert firms.case.total()[0].subs(dict.fromkeys(firms.case.symbols, 1)) == correction


def test_second_moments_by_enumeration() -> None:
    """All signs of the noise of three steps, 64 equally likely runs, through the learning rule's own update."""
    firms = Cournot.made()
    schedule = noisy.Schedule(np.array([0.1, 0.2, 0.05]), np.array([0.5, 0.25, 0.1]), np.zeros(3))
    runs = np.ones((2, 1))
    found = [0.0]
    for k in range(3):
        drift = peer_learning(cournot(), "direct", float(schedule.corrections[k]), 1.0).update(runs)
        moved = runs + schedule.steps[k] * drift
        runs = np.concatenate(
            [moved + schedule.steps[k] * 0.7 * np.array(s)[:, None] for s in product((1, -1), repeat=2)], axis=1
        )
        found.append(float(((runs - 1) ** 2).sum(axis=0).mean()))
    assert runs.shape == (2, 64)
    assert_allclose(second_moments(firms, [schedule], [0.7])[:, 0], found, rtol=1e-12)
    assert (second_moments(firms, [schedule], [0.7])[:, 0] <= mean_square_bounds(firms, schedule, 0.7)).all()


def test_leading_moments_by_hand() -> None:
    """Rates 3 and 1: tr X = s²/6 + s²/2, |d|² = 2/9; constant sizes leave about a(2/3)s² + (2/9)λ² for small ones."""
    firms = Cournot.made()
    schedule = noisy.constant(Rational(1, 1000), Rational(1, 1000), Rational(0), 9000)
    leading = leading_moments(firms, schedule, 0.5)
    assert_allclose(leading, 0.001 * (2 / 3) * 0.25 + (2 / 9) * 1e-6)
    assert second_moments(firms, [schedule], [0.5])[-1, 0] == pytest.approx(leading[-1], rel=3e-3)


def test_the_bound_is_of_the_second_moments_order() -> None:
    """Above it at every step, and by a factor that no longer grows."""
    firms = Cournot.made()
    for plan in NOISY:
        schedule, noise = plan.schedule(8000), float(plan.noise)
        exact = second_moments(firms, [schedule], [noise])[1:, 0]
        ratio = mean_square_bounds(firms, schedule, noise)[1:] / exact
        assert (ratio >= 1).all() and ratio[-1] < ratio[2000]


# ---------------------------------------------------------------------------------------------------------- decays


def test_finite_decays_by_exact_runs() -> None:
    """The floating-point runs take as many steps as exact ones."""
    game = stag_hunt()
    for decay in finite_decays():
        amount = Rational(1, 8) if decay.method == "annealed" else Rational(0)
        sizes = [(Rational(1, 64), amount / (n + 1)) for n in range(int(decay.predicted))]
        path = process(game).run((Rational(7, 8),) * 2, sizes)
        assert decay.measured == next(n for n, point in enumerate(path) if point == (1, 1))
        assert decay.agrees


def test_logit_decay_against_its_limit() -> None:
    """u · n · a tends to 1/(R − T) = 1: the odds grow by a(R − T) a step in the end."""
    for decay in logit_decays(2**14):
        assert decay.agrees and decay.predicted == -1
        gained = 1 / decay.values[-1] - 1 / decay.values[-2]
        assert gained / (0.5 * decay.times[-2]) == pytest.approx(1, abs=0.01)


def test_cournot_decays() -> None:
    found = cournot_decays(2**12)
    assert all(decay.agrees for decay in found)
    assert [decay.predicted for decay in found] == [0.875, -0.3, -0.7, -1.0]
    # the error over λ_n tends to |d| = √2/3, here with λ = (1/2)(n + 1)^−1
    assert found[-1].values[-1] * 2 * found[-1].times[-1] == pytest.approx(2**0.5 / 3, rel=0.01)


def test_constant_correction_is_not_taken_for_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Annealing switched off: the distance stays, so no exponent agrees."""
    true = recovery.peer_learning

    def kept(game: Any, policy: Any, amount: float, lr: float, anneal: TwoPhase | None = None) -> Any:
        return true(game, policy, amount, lr, None)

    monkeypatch.setattr(recovery, "peer_learning", kept)
    assert [decay.agrees for decay in cournot_decays(2**12)] == [True, False, False, False]


def test_noisy_decays_and_their_moments() -> None:
    decays, rows = noisy_decays(2**11, 200, 3)
    assert [decay.limit for decay in decays] == pytest.approx([-0.6, -0.6, -0.4, -0.3])
    assert [decay.slower for decay in decays] == [False, False, True, True]
    assert all(decay.agrees for decay in decays)
    assert all(row["exact"] <= row["bound"] for row in rows)
    outside = sum(not row["low"] <= row["exact"] <= row["high"] for row in rows)
    assert outside <= 6  # of 24 intervals of 95 %, which share their runs
    again, _ = noisy_decays(2**11, 200, 3)
    assert [d.measured for d in again] == [d.measured for d in decays]


def decay_of(kind: str, measured: float, predicted: float, **others: Any) -> Decay:
    return Decay("game", "annealed", kind, predicted, measured, "", np.array([1.0]), np.array([0.0]), **others)


@pytest.mark.parametrize(
    ("decay", "agrees"),
    [
        (decay_of("finite", 3, 5), True),
        (decay_of("finite", 6, 5), False),
        (replace(decay_of("finite", 3, 5), values=np.array([0.1])), False),
        (decay_of("exponential", 0.875, 0.875), True),
        (decay_of("exponential", 0.876, 0.875), False),
        (decay_of("power", -0.69, -0.7, tolerance=0.02), True),
        (decay_of("power", -0.6, -0.7, tolerance=0.02), False),
        (decay_of("noise", -0.5, -0.6, tolerance=0.02, interval=(-0.7, -0.5), exact=-0.61), True),
        (decay_of("noise", -0.5, -0.6, tolerance=0.02, interval=(-0.6, -0.5), exact=-0.61), False),
        (decay_of("noise", -0.5, -0.6, tolerance=0.02, interval=(-0.9, -0.5), exact=-0.8), False),
    ],
)
def test_rules_of_agreement(decay: Decay, agrees: bool) -> None:
    assert decay.agrees is agrees


# ------------------------------------------------------------------------------------------------------------ same end


FIRST, SECOND = ((0,), (0,)), ((1,), (1,))


def strict(game: Game) -> set[StationaryProfile]:
    return {entry.profile for entry in pure_equilibria(game) if entry.strict}


def test_random_games_have_the_equilibria_they_are_made_for() -> None:
    draw = random.Random(1)
    for _ in range(5):
        assert strict(random_coordination(draw)) == {FIRST, SECOND}
        hunt, dilemma = random_hunt(draw), random_dilemma(draw)
        assert strict(hunt) == {FIRST, SECOND} and rest_bound(hunt, SECOND).bound is not None
        assert strict(dilemma) == {SECOND} and kept(dilemma).amount > 0
    for _ in range(3):
        game = random_two_state(draw)
        assert ((0, 0), (0, 0)) in strict(game) and rest_bound(game, ((0, 0), (0, 0))).bound is not None


def test_a_bonus_is_paid_where_all_play_their_first_action() -> None:
    game = planted(stag_hunt().instance(), Rational(10))
    assert game.reward[0] == ((14, 14), (0, 3), (3, 0), (2, 2))
    assert spilled(game, Rational(5)).reward[0] == ((14, 14), (5, 3), (3, 5), (7, 7))


def test_boxes_take_lambda_up_to_half_of_the_size_of_v() -> None:
    """4,0,3,2: v = 1 and C = 12 at (Stag, Stag), v = −2 and C = 3 at (Hare, Hare), which is lost beyond 2/3."""
    assert entry_box(stag_hunt(), FIRST).largest == Rational(1, 24)
    assert entry_box(stag_hunt(), SECOND).largest == Rational(1, 3)
    assert bounded_box(stag_hunt(), SECOND)[1] == Rational(2, 3)
    assert entry_box(prisoners_dilemma(), SECOND).largest <= 1


def test_plans_by_hand() -> None:
    """(Hare, Hare) of 4,0,3,2: lost beyond 2/3, so λ_0 = 4/3 twice, then 4/3, 1/3, 4/27, …: in [0, 1/3] from n = 3."""
    plan = lost(stag_hunt(), SECOND)
    assert (plan.amount, plan.box.largest, plan.begun) == (Rational(4, 3), Rational(1, 3), 3)
    inside = within(entry_box(stag_hunt(), SECOND))
    assert inside.begun == 1 and inside.steps >= 49
    with pytest.raises(ValueError, match="does not come below"):
        replace(plan, anneal=TwoPhase(plan.steps, 2.0, 1.0)).begun  # noqa: B018
    with pytest.raises(Undecided, match="no lambda loses"):
        lost(stag_hunt(), FIRST)
    # dilemma 4,0,5,3: D = 2, v = −1 and C = D (R − S) = 8 at (1, 1), so (C, C) is kept from λ = 1/8 on
    assert kept(prisoners_dilemma(R=4, S=0, T=5, P=3)).amount == Rational(1, 4)


def test_entries_by_an_exact_run() -> None:
    """(Hare, Hare): the run leaves it while λ_n > 2/3, is in the box at n = 3, and is there again in the end."""
    plan = lost(stag_hunt(), SECOND)
    a = Rational(plan.lr)  # of floating point, exactly
    factors = [Rational(1), Rational(1), Rational(1), Rational(1, 4)]
    path = process(stag_hunt()).run((Rational(0),) * 2, [(a, plan.amount * factor) for factor in factors])
    assert path[0] == (0, 0) and all(0 < x < plan.box.radius for point in path[1:] for x in point)
    ends = plan.ends(np.zeros((2, 1)))
    assert ends.same and ends.late.all() and ends.entered.all() and not ends.without.any()


def test_same_ends() -> None:
    rows = same_ends(2, 1, 8, 5)
    assert len(rows) == 10 and all(row["same"] for row in rows)
    assert json.loads(json.dumps(rows)) == rows
    for row in rows:
        assert row["entered"] == row["starts"]
        assert row["at_corner_with_constant_lambda"] == (row["starts"] if row["kind"] == "within" else 0)
        assert (Rational(row["first_lambda"]) > Rational(row["largest_lambda"])) == (row["kind"] != "within")
    assert c13_annealing.same_end(rows)[0] is Verdict.SUPPORTED


def test_same_end_notices_that_nothing_is_annealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TwoPhase, "factor", lambda self, step: 1.0)
    with pytest.raises(ValueError, match="does not come below"):
        same_ends(1, 1, 4, 5)


def test_same_end_notices_that_the_correction_is_never_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """λ = 0 throughout: nothing is lost or kept, and the start in the equilibrium is no test of recovery."""
    true = ends_file.peer_learning
    monkeypatch.setattr(ends_file, "peer_learning", lambda game, policy, amount, lr, *_: true(game, policy, 0.0, lr))
    verdict, reason = c13_annealing.same_end(same_ends(1, 0, 4, 5))
    assert verdict is Verdict.UNDECIDED and "arrive after entry" in reason


def test_same_end_notices_steps_that_arrive_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends_file, "_pace", lambda box, amount: (1.0, 50))
    verdict, reason = c13_annealing.same_end([row for row in same_ends(2, 0, 8, 5) if row["kind"] == "within"])
    assert verdict is Verdict.UNDECIDED and "arrive after entry" in reason


def test_same_end_fails_outside_of_the_certified_range() -> None:
    """False law: with λ beyond the box's range for long a run is taken away for good, and never enters."""
    plan = lost(stag_hunt(), SECOND)
    starts = np.zeros((2, 1))
    away = replace(plan, anneal=TwoPhase(plan.steps // 2, 2.0, 1.0)).ends(starts)
    assert plan.ends(starts).same and not away.same and not away.entered.any()


# A row of every kind with all that the rule reads.
ROW = {"kind": "within", "starts": 9, "entered": 9, "arrived_after_entry": 9, "same": True,
       "at_corner_with_constant_lambda": 9}  # fmt: skip
LOST, KEPT = ({**ROW, "kind": kind, "at_corner_with_constant_lambda": 0} for kind in ("lost", "kept"))


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([ROW, LOST, KEPT], Verdict.SUPPORTED),
        ([ROW, LOST, {**KEPT, "same": False}], Verdict.REFUTED),
        ([ROW, LOST, {**KEPT, "same": False, "entered": 8}], Verdict.UNDECIDED),
        ([{**ROW, "arrived_after_entry": 3}, LOST, KEPT], Verdict.UNDECIDED),
        ([ROW, LOST], Verdict.UNDECIDED),
        ([ROW, KEPT], Verdict.UNDECIDED),
        ([ROW, {**LOST, "at_corner_with_constant_lambda": 1}, KEPT], Verdict.UNDECIDED),
    ],
)
def test_the_rule_of_same_end(rows: list[dict[str, Any]], verdict: Verdict) -> None:
    assert c13_annealing.same_end(rows)[0] is verdict


# -------------------------------------------------------------------------------------------------------------- claims


def names() -> set[str]:
    return {claim.id for claim in LEDGER if claim.parent == "C13" and claim.check is None}


def test_every_numerical_claim_has_its_check() -> None:
    assert set(c13_annealing.CHECKS) == names() and {"C13"} <= {claim.id for claim in LEDGER}


@pytest.mark.parametrize("name", sorted(names()))
def test_quick_verdicts(name: str) -> None:
    finding = c13_annealing.CHECKS[name](Run("quick", 0))
    assert finding.verdict is Verdict.SUPPORTED, finding.reason
    for evidence in finding.evidence:
        assert json.loads(json.dumps(evidence.content)) == evidence.content
        assert all(not isinstance(v, list | dict) for row in evidence.content["recovery"] for v in row.values())


def findings(monkeypatch: pytest.MonkeyPatch, name: str, function: Any) -> Verdict:
    monkeypatch.setattr(c13_annealing, name, function)
    return c13_annealing.CHECKS["C13.types"](Run("quick", 0)).verdict


def test_a_wrong_exponent_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(steps: int) -> list[Decay]:
        return [replace(decay, predicted=decay.predicted / 2) for decay in cournot_decays(steps)]

    assert findings(monkeypatch, "cournot_decays", wrong) is Verdict.REFUTED


def test_a_bound_that_fails_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    def low(*arguments: int) -> Any:
        decays, rows = noisy_decays(*arguments)
        return decays, [{**row, "bound": row["exact"] / 2} for row in rows]

    assert findings(monkeypatch, "noisy_decays", low) is Verdict.REFUTED


def test_an_interval_that_misses_leaves_it_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    def off(*arguments: int) -> Any:
        decays, rows = noisy_decays(*arguments)
        return [replace(decay, interval=(0.0, 1.0)) for decay in decays], rows

    assert findings(monkeypatch, "noisy_decays", off) is Verdict.UNDECIDED


def test_a_run_that_ends_elsewhere_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c13_annealing, "same_ends", lambda *_: [ROW, LOST, {**KEPT, "same": False}])
    assert c13_annealing.CHECKS["C13.same-end"](Run("quick", 0)).verdict is Verdict.REFUTED


# -------------------------------------------------------------------------------------------------------------- figure


def contents(decays: Sequence[Decay]) -> dict[str, Any]:
    return {
        "recovery": [decay.row() for decay in decays],
        "points": [row for decay in decays for row in decay.points()],
    }


def test_figure_shows_what_the_rows_say() -> None:
    decays, _ = noisy_decays(2**10, 40, 0)
    found = [contents([*finite_decays(), *logit_decays(2**14), *cournot_decays(2**12)]), contents(decays)]
    drawn = figure(found)
    assert not faults(drawn)
    assert isinstance(drawn, Figure)
    axes = [a for a in drawn.axes if a.axison]
    assert [a.get_title() for a in axes] == [title for title, _, _ in PANELS.values()]
    words = " | ".join(text.get_text() for text in drawn.findobj(Text) if isinstance(text, Text))
    assert "annealed: 6 steps" in words and "bound 17" in words and "limit -0.3 (pg -0.9)" in words
    noise = axes[-1]
    first = noise.get_lines()[0]
    assert_allclose(first.get_ydata(), decays[0].values)
    slope = noise.get_lines()[1]
    x, y = np.asarray(slope.get_xdata(), dtype=float), np.asarray(slope.get_ydata(), dtype=float)
    assert np.log(y[-1] / y[0]) / np.log(x[-1] / x[0]) == pytest.approx(-0.6)


def test_figure_draws_only_what_there_is() -> None:
    drawn = figure([contents(finite_decays())])
    assert len([a for a in drawn.axes if a.axison]) == 1
