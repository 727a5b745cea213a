"""numerics.peer_settings and numerics.peer_results: settings, scores of TFT, comparisons, the tandem game's limits."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind_from_stats
from sympy import Integer, Rational, cancel

from numerics import peer_results
from numerics.basins import mean_values
from numerics.compile import Array
from numerics.kernels import trajectories
from numerics.peer_results import (
    PARTS,
    Score,
    by_reading,
    difference_of_means,
    largest_share,
    matches,
    nearer,
    reproduction,
    score_of_runs,
    tandem_limit,
)
from numerics.peer_settings import (
    FUNCTION_DEFAULTS,
    LOLA_PAPER,
    PUBLISHED,
    RELEASED,
    SETTINGS,
    SOS_IPD,
    SOS_TANDEM,
    Setting,
)
from numerics.reproduction import Row, attainable, difference_of_shares
from numerics.starts import draw
from numerics.statistics import student_interval
from theory.games import ipd
from theory.profiles import parse_profile
from theory.symbols import alpha

COUNT = 400


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    return reproduction(COUNT)


def found(rows: tuple[Row, ...], arm: str, quantity: str, setting: Setting, rule: str, score: Score | None) -> Row:
    (row,) = [
        row
        for row in rows
        if (row.number.arm, row.number.quantity, row.setting, row.rule, row.score)
        == (arm, quantity, setting.name, rule, score)
    ]
    return row


# ------------------------------------------------------------------------------- the papers' updates, written anew


def paper_values(theta: Array) -> Array:
    """Both players' values from ten logits, as the papers' code has them: ρᵀ(I − γP)⁻¹R with its own payoff vectors."""
    first, second = 1 / (1 + np.exp(-theta.reshape(2, 5)))
    joint = np.stack([first * second, first * (1 - second), (1 - first) * second, (1 - first) * (1 - second)], axis=1)
    visits = np.linalg.solve((np.eye(4) - 0.96 * joint[1:]).T, joint[0])
    return np.array([visits @ [-1, -3, 0, -2], visits @ [-1, 0, -3, -2]])


def paper_update(theta: Array, eta: float, look_ahead: bool) -> Array:
    """g_i + η ∂/∂θ_i ⟨∂V_i/∂θ_j, ∂V_j/∂θ_j⟩ by central differences, the first factor held unless ``look_ahead``."""

    def gradients(at: Array) -> Array:
        step = 1e-4
        shifts = step * np.eye(10)
        return np.array([(paper_values(at + e) - paper_values(at - e)) / (2 * step) for e in shifts]).T

    here = gradients(theta)
    update = np.empty(10)
    for player in range(2):
        own, other = (slice(5 * k, 5 * k + 5) for k in (player, 1 - player))

        def product(at: Array, player: int = player, other: slice = other) -> float:
            there = gradients(at)
            first = there if look_ahead else here
            return float(first[player, other] @ there[1 - player, other])

        shifts = 1e-3 * np.eye(10)[own]
        slope = [(product(theta + e) - product(theta - e)) / 2e-3 for e in shifts]
        update[own] = here[player, own] + eta * np.array(slope)
    return update


@pytest.mark.parametrize(
    ("setting", "rule", "eta", "look_ahead"),
    [
        (RELEASED, "lola-shaping", 1.0, False),
        (FUNCTION_DEFAULTS, "lola-shaping", 0.5, False),
        (RELEASED, "lola", 1.0, True),
        (SOS_IPD, "lola", 1.0, True),
        (RELEASED, "pg", 0.0, False),
    ],
)
def test_the_rules_are_the_papers(setting: Setting, rule: str, eta: float, look_ahead: bool) -> None:
    experiment = setting.experiment(4, 3)
    starts = draw(experiment)
    ours = experiment.learning(rule).update(starts)
    theirs = np.stack([paper_update(column, eta, look_ahead) for column in starts.T], axis=1)
    size = abs(theirs).max()
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * size)  # error of the differences, about step² relative
    # control: another η, and the other form of the correction
    for wrong in (
        paper_update(starts[:, 0], eta + 0.5, look_ahead),
        paper_update(starts[:, 0], 1 - eta, not look_ahead),
    ):
        assert abs(ours[:, 0] - wrong).max() > 1e-2 * size


def test_settings_are_the_published_ones() -> None:
    for setting in SETTINGS:
        experiment = setting.experiment(10, 0)
        learning = experiment.learning(setting.rules[0])
        assert [learning.schedule.size(step) for step in (0, 1, setting.updates)] == [setting.lr] * 3
        assert learning.inner_lr == (setting.inner_lr,) * 2 and learning.clip is None and learning.unroll == 1
    values = {symbol.name: value for symbol, value in ipd().parameters}
    assert values == {"R": -1, "S": -3, "T": 0, "P": -2, "gamma": Rational(24, 25)}
    assert np.std(draw(SOS_IPD.experiment(20_000, 0))) == pytest.approx(1, abs=0.01)
    assert np.std(draw(SOS_TANDEM.experiment(20_000, 0))) == pytest.approx(0.1, abs=0.002)


# --------------------------------------------------------------------------------------------------- scores of TFT


def scores(*profiles: str) -> dict[Score, float]:
    """Scores of pure profiles against TFT, with logits of ±30."""
    game = ipd()
    pure = [parse_profile(game, profile) for profile in profiles]
    phi = np.array([[30.0 * (1 - 2 * action) for moves in profile for action in moves] for profile in pure]).T
    match = matches(game, "logit", phi, parse_profile(game, "TFT"))
    return {score: float(score_of_runs(score, match)[0]) for score in PARTS}


@pytest.mark.parametrize(
    ("profile", "wanted"),
    [
        ("TFT", (1, 1, 1, 1, 1)),
        ("AllD", (0, 0, 0.4, 0.2, 0.2)),  # both match after DD alone; each also after CD in its own view
        ("AllC", (0, 0, 0.6, 0.4, 0.4)),  # both match in ∅ and after CC
        ("Grim", (0, 0, 0.8, 0.6, 0.6)),  # each misses after DC in its own view, so one of two misses in CD and in DC
        ("TFT;AllD", (0, 0.5, 0.7, 0.4, 0.4)),
        ("TFT;C:CDCD", (1, 1, 1, 1, 1)),
        ("TFT;C:CCDD", (0, 0.5, 0.8, 0.6, 0.6)),  # control: player 2's TFT with CD and DC not exchanged
    ],
)
def test_scores_of_pure_profiles(profile: str, wanted: tuple[float, ...]) -> None:
    assert scores(profile) == pytest.approx(dict(zip(PARTS, wanted, strict=True)), abs=1e-12)


def test_scores_between() -> None:
    match = np.full((2, 5, 2), 0.9)
    match[0, 0, 0] = 0.5  # not above 1/2
    match[1, 3, 1] = np.nan
    assert score_of_runs("state", match)[0] == pytest.approx(0.8)
    assert score_of_runs("probability", match)[0] == pytest.approx((0.45 + 4 * 0.81) / 5)
    for score in PARTS:
        assert np.isnan(score_of_runs(score, match)[1])


# ----------------------------------------------------------------------------------------------------- comparisons


def test_which_shares_can_be_printed() -> None:
    assert [attainable(0.208, 3, units) for units in (50, 100, 250, 500)] == [False, False, True, True]
    assert [attainable(0.81, 3, units) for units in (50, 100, 250, 500)] == [False, True, False, True]
    assert attainable(0.33, 2, 3) and not attainable(0.34, 2, 3)
    assert all(attainable(round(k / 7, 3), 3, 7) for k in range(8))


def test_a_mean_return_bounds_the_share_of_tft() -> None:
    game = ipd()
    # R = −1 s − 2 (1 − s) at best
    assert largest_share(game, -1.98, parse_profile(game, "TFT")) == pytest.approx(0.02)
    assert largest_share(game, -1.06, parse_profile(game, "TFT")) == pytest.approx(0.94)
    # and nothing lies below −2 or above −1
    phi = np.random.default_rng(0).normal(0, 3, (10, 2000))
    both = mean_values(game, "logit", phi).mean(0)
    assert both.min() > -2 and both.max() < -1


def test_difference_of_shares() -> None:
    # Newcombe 1998, Table II: 56/70 and 48/80 by method 10
    assert difference_of_shares(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    low, high = difference_of_shares(48, 80, 56, 70)
    assert (-high, -low) == pytest.approx(difference_of_shares(56, 70, 48, 80))


def test_intervals_of_means() -> None:
    sample = np.random.default_rng(1).exponential(2.0, 30)
    wanted = ttest_1samp(sample, 0).confidence_interval(0.95)
    assert student_interval(sample) == pytest.approx((wanted.low, wanted.high))
    low, high = difference_of_means(sample, 1.7, 0.4, 12)
    for shift in (low, high):  # at the ends of the interval Welch's test has p = .05
        test = ttest_ind_from_stats(sample.mean(), sample.std(ddof=1), 30, 1.7 + shift, 0.4, 12, equal_var=False)
        assert test.pvalue == pytest.approx(0.05)
    assert difference_of_means(np.ones(5), 0.25, 0.0, 3) == (0.75, 0.75)
    with pytest.raises(ValueError, match="no spread"):
        student_interval(np.ones(1))


def test_statements_in_words() -> None:
    assert nearer((1.0, 1.1), 1, 2)[0] == nearer((1.9, 2.1), 2, 1)[0] == "AGREES"
    assert nearer((1.0, 1.1), 2, 1)[0] == nearer((1.6, 2.1), 1, 2)[0] == "DISAGREES"
    assert nearer((1.4, 1.6), 1, 2)[0] == "NOT COMPARABLE"


# ------------------------------------------------------------------------------------------------- the tandem game


def test_where_rules_stand_still_in_the_tandem_game() -> None:
    """By hand with s = x + y: v_i = 2 − 2s, look = −2α(2 − 2s), shape = 4αs; the mean loss is s² − s."""
    by_hand = {
        "lola": (1 - 2 * alpha) / (1 - 4 * alpha),
        "lola-shaping": 1 / (1 - 2 * alpha),
        "lookahead": Integer(1),
        "sos": Integer(1),
        "pg": Integer(1),
    }
    for rule, s in by_hand.items():
        assert cancel(tandem_limit(rule) - (s**2 - s)) == 0
    assert tandem_limit("lola").subs(alpha, Rational(1, 10)) == Rational(4, 9)
    assert tandem_limit("lola-shaping").subs(alpha, Rational(1, 10)) == Rational(5, 16)


@pytest.mark.parametrize(("rule", "limit", "rate"), [("lola", 4 / 3, 0.76), ("pg", 1.0, 0.6), ("lookahead", 1.0, 0.68)])
def test_the_simulated_tandem_game_ends_where_derived(rule: str, limit: float, rate: float) -> None:
    """s_n − s* = (1 − 2α·slope)ⁿ (s_0 − s*): slopes 2 − 8α, 2 and 2 − 4α at α = 1/10; x − y never moves."""
    experiment = replace(SOS_TANDEM, rules=(rule,)).experiment(50, 0)
    starts = draw(experiment)
    learning = experiment.learning(rule)
    for updates in (1, SOS_TANDEM.updates):
        ends = trajectories(learning, starts, updates).ends
        np.testing.assert_allclose(ends.sum(0) - limit, rate**updates * (starts.sum(0) - limit), atol=1e-13)
        np.testing.assert_allclose(ends[0] - ends[1], starts[0] - starts[1], atol=1e-13)
    assert abs(trajectories(learning, starts, 400).ends.sum(0) - limit).max() < 1e-12


def test_sos_reaches_the_fixed_points_of_the_tandem_game_from_anywhere() -> None:
    experiment = replace(SOS_TANDEM, deviation=3.0).experiment(200, 0)
    starts = draw(experiment)
    ends = {rule: trajectories(experiment.learning(rule), starts, 400).ends.sum(0) for rule in ("sos", "lola")}
    np.testing.assert_allclose(ends["sos"], 1, atol=1e-12)
    assert abs(ends["lola"] - 1).min() > 0.3


# ------------------------------------------------------------------------------------------------ the reproduction


def test_every_number_is_compared_under_every_reading(rows: tuple[Row, ...]) -> None:
    settings = [setting for setting in SETTINGS if setting.paper == LOLA_PAPER]
    assert {row.number for row in rows} == set(PUBLISHED)
    for setting in settings:
        for arm, rules in (("NL-Ex", ("pg",)), ("LOLA-Ex", ("lola-shaping", "lola"))):
            for rule in rules:
                found(rows, arm, "return", setting, rule, None)
                for score in PARTS:
                    found(rows, arm, "tft", setting, rule, score)
    assert len(by_reading(rows)) == len(settings) * 2 * len(PARTS)
    assert all(len(reading) == 7 for reading in by_reading(rows))
    for row in rows:
        assert row.n in (COUNT, 0) and row.undecided == 0
        if row.interval is not None:
            assert row.ours is not None and row.interval[0] - 1e-12 <= row.ours <= row.interval[1] + 1e-12


def test_rows_are_json(rows: tuple[Row, ...]) -> None:
    text = json.dumps([row.to_json() for row in rows], allow_nan=False)
    assert json.loads(text) == [row.to_json() for row in rows]


def test_verdicts_follow_from_the_rows(rows: tuple[Row, ...]) -> None:
    for row in rows:
        if row.verdict == "NOT COMPARABLE" or row.difference is None:
            continue
        slack = 0.0 if row.number.decimals is None else 0.5 * 10.0**-row.number.decimals * (row.score != "run")
        low, high = row.difference
        assert (low - slack <= 0 <= high + slack) == (row.verdict == "AGREES")
    excluded = {(row.number.arm, row.score) for row in rows if "multiple" in row.reason}
    assert excluded == {("NL-Ex", "run"), ("NL-Ex", "agent"), ("LOLA-Ex", "run"), ("LOLA-Ex", "state")}
    bounded = {(row.number.arm, row.score) for row in rows if "at most 2%" in row.reason}
    assert bounded == {("NL-Ex", "run")}


def test_the_tandem_results_agree(rows: tuple[Row, ...]) -> None:
    tandem_rows = [row for row in rows if row.number.game == "tandem"]
    assert [row.verdict for row in tandem_rows] == ["AGREES"] * 4
    assert sum(row.n == 0 for row in tandem_rows) == 2


def test_naive_in_place_of_lola_disagrees(rows: tuple[Row, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: every LOLA or SOS number that agrees or disagrees is far from what policy gradient gives."""
    swapped = tuple(replace(number, rules=("pg",)) for number in PUBLISHED if number.arm in ("LOLA-Ex", "SOS", "LOLA"))
    monkeypatch.setattr(peer_results, "PUBLISHED", swapped)
    others = [row for row in reproduction(COUNT) if row.number.game == "ipd" and row.verdict != "NOT COMPARABLE"]
    assert len(others) > 10
    assert {row.verdict for row in others} == {"DISAGREES"}
    assert {row.number.arm for row in others} == {"LOLA-Ex", "SOS", "LOLA"}


def test_the_other_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = tuple(replace(number, rules=("lola",)) for number in PUBLISHED if number.arm in ("NL-Ex", "NL"))
    monkeypatch.setattr(peer_results, "PUBLISHED", swapped)
    verdicts = {row.verdict for row in reproduction(COUNT) if row.score not in ("run", "agent")}
    assert verdicts == {"DISAGREES"}


def test_runs_that_are_not_finite_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    measure = peer_results._ends

    def with_a_gap(*arguments: object) -> Array:
        ends = measure(*arguments)  # type: ignore[arg-type]
        ends[0, 7] = np.nan
        return ends

    before = found(reproduction(30), "LOLA-Ex", "tft", RELEASED, "lola", "run")
    monkeypatch.setattr(peer_results, "_ends", with_a_gap)
    for row in reproduction(30):
        if row.n == 0:
            continue
        assert row.undecided == 1
        if row.score == "run":
            assert row.ours is not None and row.difference is not None
        else:
            assert row.verdict == "NOT COMPARABLE" and row.ours is None and "not finite" in row.reason
    after = found(reproduction(30), "LOLA-Ex", "tft", RELEASED, "lola", "run")
    assert before.interval is not None and after.interval is not None
    width = [high - low for low, high in (before.interval, after.interval)]
    assert width[1] > width[0]


def test_starts_are_shared_and_do_not_depend_on_their_number(rows: tuple[Row, ...]) -> None:
    first = found(rows, "NL-Ex", "return", RELEASED, "pg", None)
    second = found(rows, "NL-Ex", "return", FUNCTION_DEFAULTS, "pg", None)  # policy gradient does not know η
    assert replace(first, setting="") == replace(second, setting="")
    few, many = (draw(RELEASED.experiment(count, 0)) for count in (10, 40))
    np.testing.assert_array_equal(few, many[:, :10])


@pytest.mark.thorough
def test_no_reading_of_the_lola_table_agrees_throughout() -> None:
    """20 000 runs: what the report says."""
    rows = reproduction(20_000)
    readings = by_reading(rows)
    numbers = ("NL-Ex tft", "NL-Ex return", "LOLA-Ex tft", "LOLA-Ex return")
    assert not [reading for reading in readings if all(reading[number] == "AGREES" for number in numbers)]
    free = [
        (reading["setting"], reading["score"])
        for reading in readings
        if reading["score"] != "run" and "DISAGREES" not in [reading[number] for number in numbers]
    ]
    assert set(free) >= {(RELEASED.name, "state")}
    state = found(rows, "LOLA-Ex", "tft", RELEASED, "lola-shaping", "state")
    assert state.difference is not None and state.difference[0] < 0 < state.difference[1]
