"""Annealing recovers policy gradient's equilibrium after entry: properties of random games, and what breaks them.

In the games that matter λ is at first beyond what loses the equilibrium, or keeps a corner that is none, so that the
same assertion fails with annealing switched off. A run has entered when λ_n has come below the bound and the state lies
in a box that is certified for the rest of the schedule. Ends are compared without tolerance in direct coordinates.

Where λ_n is in the range of a certified box throughout, C13.region says that *every* schedule ends alike, so switching
annealing off changes nothing: those tests say so by their names, and try constant λ too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from sympy import Integer, Rational, Symbol

from numerics.annealing import TwoPhase
from numerics.compile import Array
from numerics.dynamics import run
from numerics.policies import from_first_probability, probabilities
from numerics.recovery import peer_learning
from numerics.same_ends import (
    Ends,
    Plan,
    entry_box,
    kept,
    lost,
    random_coordination,
    random_dilemma,
    random_hunt,
    random_two_state,
    within,
)
from theory.annealing import envelope, process
from theory.corrected import game_case
from theory.equilibria import StationaryProfile
from theory.games import AnyGame, DifferentiableGame, Game, cournot, prisoners_dilemma, stag_hunt
from theory.order import order_inclusion
from theory.pure_equilibria import pure_equilibria
from theory.rest_points import rest_bound
from theory.strategies import rationals, symmetric_games

SHARES = st.lists(st.integers(0, 16), min_size=4, max_size=4)
FIRST, SECOND = ((0,), (0,)), ((1,), (1,))
DECAYS = st.sampled_from([TwoPhase(0, 1.0, 1.0), TwoPhase(1, 0.5, 5.0), TwoPhase(2, 2.0, 3.0)])


# Games by construction, from numbers that Hypothesis draws and shrinks (numerics.same_ends).
DRAWS = st.randoms(use_true_random=False)
COORDINATION, HUNTS, DILEMMAS, TWO_STATE = (
    DRAWS.map(make) for make in (random_coordination, random_hunt, random_dilemma, random_two_state)
)


@st.composite
def quadratic_games(draw: DrawFn) -> DifferentiableGame:
    """V¹ = −m₁x²/2 + b₁xy + k₁y and the same for y: the equilibrium is 0, v = (−m₁x + b₁y, b₂x − m₂y), M(0) not 0."""
    x, y = (Symbol(name, real=True) for name in "xy")
    cross = st.sampled_from([Rational(sign * k, 4) for k in range(1, 5) for sign in (1, -1)])
    values = []
    for own, other in ((x, y), (y, x)):
        own_rate, mixed, spill = draw(rationals(2, 4, 4)), draw(cross), draw(cross)
        values.append(-own_rate * own**2 / 2 + mixed * own * other + spill * other)
    return DifferentiableGame("random quadratic", ((x,), (y,)), tuple(values))


def first_actions(game: Game) -> StationaryProfile:
    return ((0,) * len(game.states),) * game.players


def shares(entries: list[int], parameters: int) -> Array:
    """Starts: the far vertex of the box, and one drawn."""
    return np.stack([np.ones(parameters), np.array(entries[:parameters]) / 16], axis=1)


def nearer(entries: list[int], parameters: int) -> Array:
    """Starts: the equilibrium itself, and one drawn from the nearer half of the box."""
    return np.stack([np.zeros(parameters), np.array(entries[:parameters]) / 32], axis=1)


def recovered(ends: Ends, found: Array) -> None:
    """Asserts that runs end where policy gradient from the points of entry ends, which none has reached before."""
    assert ends.entered.all() and ends.late.all()
    assert (found == ends.plain).all()
    assert (found == ends.corner).all()


def not_recovered(ends: Ends) -> None:
    """Asserts that the same fails with annealing switched off, from every start."""
    recovered(ends, ends.annealed)
    assert not ends.without.any()
    with pytest.raises(AssertionError):
        recovered(ends, ends.constant)


# ------------------------------------------------------------------------- beyond the bound: annealing is what does it


@settings(max_examples=10)
@given(HUNTS, SHARES)
def test_anneal_recovery_of_a_lost_equilibrium(game: Game, entries: list[int]) -> None:
    """Random coordination games with R − S − T + P > 0 and T > P: twice the bound loses the second actions."""
    plan = lost(game, SECOND)
    bound = rest_bound(game, SECOND)
    assert bound.bound is not None and plan.amount > bound.bound and not bound.attracts(plan.amount)
    ends = plan.ends(plan.placed(nearer(entries, 2)))
    recovered(ends, ends.annealed)


@settings(max_examples=10)
@given(HUNTS, SHARES)
def test_anneal_recovery_of_a_lost_equilibrium_fails_without_annealing(game: Game, entries: list[int]) -> None:
    plan = lost(game, SECOND)
    not_recovered(plan.ends(plan.placed(nearer(entries, 2))))


@settings(max_examples=10)
@given(DILEMMAS)
def test_anneal_recovery_from_a_kept_corner(game: Game) -> None:
    """Random dilemmas: the first actions, no equilibrium, are kept by constant λ, and left as it is annealed away."""
    plan = kept(game)
    total = process(game).total(plan.amount)
    assert all(entry.subs(dict.fromkeys(process(game).symbols, 1)) > 0 for entry in total)
    assert [entry.profile for entry in pure_equilibria(game)] == [SECOND]
    ends = plan.ends(np.ones((2, 1)))
    recovered(ends, ends.annealed)


@settings(max_examples=10)
@given(DILEMMAS)
def test_anneal_recovery_from_a_kept_corner_fails_without_annealing(game: Game) -> None:
    ends = kept(game).ends(np.ones((2, 1)))
    assert (ends.constant == 1).all()
    not_recovered(ends)


@settings(max_examples=5)
@given(TWO_STATE, SHARES)
def test_anneal_recovery_stochastic(game: Game, entries: list[int]) -> None:
    """Two states: twice the bound loses the planted equilibrium."""
    profile = first_actions(game)
    assert profile in [entry.profile for entry in pure_equilibria(game) if entry.strict]
    plan = lost(game, profile)
    ends = plan.ends(plan.placed(nearer(entries, 4)))
    recovered(ends, ends.annealed)


@settings(max_examples=5)
@given(TWO_STATE, SHARES)
def test_anneal_recovery_stochastic_fails_without_annealing(game: Game, entries: list[int]) -> None:
    plan = lost(game, first_actions(game))
    not_recovered(plan.ends(plan.placed(nearer(entries, 4))))


@pytest.mark.parametrize("made", [lambda: lost(stag_hunt(), SECOND), lambda: kept(DILEMMA)])
def test_a_schedule_that_never_falls_is_noticed(made: Callable[[], Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation of the schedule itself: λ never comes below the bound, so there is no entry."""
    monkeypatch.setattr(TwoPhase, "factor", lambda self, step: 1.0)
    with pytest.raises(ValueError, match="does not come below"):
        made().ends(np.ones((2, 1)))


def test_a_correction_that_is_never_on_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """λ = 0 from the start: the run stays at the equilibrium, where it is no test of recovery."""
    plan = lost(stag_hunt(), SECOND)
    monkeypatch.setattr(TwoPhase, "factor", lambda self, step: 0.0)
    ends = plan.ends(np.zeros((2, 1)))
    with pytest.raises(AssertionError):
        recovered(ends, ends.annealed)


# ---------------------------------------------------------------------- in a certified box: every schedule ends alike


@settings(max_examples=10)
@given(COORDINATION, st.booleans(), SHARES, DECAYS)
def test_certified_boxes_of_two_by_two_games_end_alike_under_every_schedule(
    game: Game, second: bool, entries: list[int], decay: TwoPhase
) -> None:
    plan = within(entry_box(game, SECOND if second else FIRST), decay)
    ends = plan.ends(plan.placed(shares(entries, 2)))
    assert ends.same and ends.without.all() and ends.late[0]


@settings(max_examples=4)
@given(TWO_STATE, SHARES, DECAYS)
def test_certified_boxes_of_two_state_games_end_alike_under_every_schedule(
    game: Game, entries: list[int], decay: TwoPhase
) -> None:
    plan = within(entry_box(game, first_actions(game)), decay)
    ends = plan.ends(plan.placed(shares(entries, 4)))
    assert ends.same and ends.without.all() and ends.late[0]


@settings(max_examples=10)
@given(symmetric_games("coordination"), st.integers(0, 12), st.integers(0, 12), st.integers(1, 4))
def test_order_is_kept_under_every_schedule(game: Game, p: int, q: int, size: int) -> None:
    """With T ≥ P no point of policy gradient's basin of the first actions is lost, whatever λ_n ≥ 0 (steps of 1/8)."""
    game = game.with_target(("A", "A"))
    if not order_inclusion(game).holds:
        return
    slope = float(sum(form.subs(dict(game.parameters)) for form in game.ordering))
    start, lr = np.array([[p / 12], [q / 12]]), 1 / (8 * slope)
    plain = run(peer_learning(game, "direct", 0.0, lr), start, 200)
    for decay in (TwoPhase(3, 1.0, 5.0), None):
        assert (run(peer_learning(game, "direct", size / slope, lr, decay), start, 200) >= plain).all()


def recovers(game: AnyGame, start: Array, amount: float, anneal: TwoPhase | None, steps: int = 400) -> None:
    """Asserts that the run ends where policy gradient from the same start ends, without tolerance."""
    learning = peer_learning(game, "direct", amount, 1 / 16, anneal)
    assert (run(learning, start, steps) == run(peer_learning(game, "direct", 0.0, 1 / 16), start, steps)).all()


DILEMMA, DONATION = prisoners_dilemma(R=4, S=0, T=5, P=3), prisoners_dilemma(R=3, S=0, T=4, P=1)
FAST = TwoPhase(0, 2.0, 1.0)


@pytest.mark.parametrize(("game", "start", "amount"), [(DILEMMA, 1.0, 0.25), (stag_hunt(), 0.0, 1.0)])
def test_anneal_recovery_fails_without_annealing(game: Game, start: float, amount: float) -> None:
    """Beyond the exact bound the constant correction keeps (C, C), no equilibrium, or loses (Hare, Hare)."""
    bound = rest_bound(game, ((1,), (1,))).bound
    assert bound is not None and (start == 1.0 or amount > bound)
    here = np.full((2, 1), start)
    recovers(game, here, amount, FAST)
    with pytest.raises(AssertionError):
        recovers(game, here, amount, None)


def test_anneal_recovery_without_annealing_where_nothing_moves() -> None:
    """R − S − T + P = 0 makes the correction vanish: there switching annealing off changes nothing."""
    starts = np.random.default_rng(0).uniform(0, 1, (2, 20))
    recovers(DONATION, starts, 0.25, FAST)
    recovers(DONATION, starts, 0.25, None)


@pytest.mark.parametrize("share", [Rational(1, 2), Rational(99, 100)])
def test_anneal_recovery_needs_the_whole_range_of_lambda(share: Rational) -> None:
    """False law: a box certified for λ = 0 alone is kept by annealing. From its far vertex the run may cross.

    Stag Hunt 10,3,2,4 pushes away from (Stag, Stag): policy gradient's box reaches down to p = q > 1/9.
    """
    game = stag_hunt(R=10, S=3, T=2, P=4)
    here = np.full((2, 1), float(1 - share * Rational(8, 9)))
    plain = run(peer_learning(game, "direct", 0.0, 1 / 20), here, 200)
    annealed = run(peer_learning(game, "direct", 0.1, 1 / 20, TwoPhase(20, 1.0, 20.0)), here, 200)
    assert (plain == 1).all()
    assert (annealed == (1 if share == Rational(1, 2) else 0)).all()


# ------------------------------------------------------------------------------------------------------ interior zeros


def followed(game: DifferentiableGame, anneal: TwoPhase | None, steps: int = 2500) -> tuple[Array, Array]:
    """Distances of a run of a quadratic game from 0 on, and the recursion's bounds, by exact constants.

    m: the least own rate less the mean of the cross slopes (Gershgorin). L² ≤ the sum of squares of Dv. K on the ball
    of radius 1: |M(0)| + the sum of |DM|.
    """
    case = game_case(game, (Integer(0), Integer(0)))
    (a, b), (c, d) = case.slope.tolist()
    rate = min(-a, -d) - abs(b + c) / 2
    square = a**2 + b**2 + c**2 + d**2
    push = sum(abs(case.at(entry)) for entry in case.correction) + sum(map(abs, case.correction_slope))
    amount, step = float(rate / (2 * push)), float(rate / square)
    learning = peer_learning(game, "direct", amount, step, anneal)
    distances: list[float] = []

    def watch(_: int, __: slice, phi: Array) -> None:
        distances.append(float(np.hypot(*phi[:, 0])))

    run(learning, np.array([[0.6], [-0.8]]), steps, watch)
    factors = (1.0 if anneal is None else anneal.factor(n) for n in range(steps))
    sizes: Any = [(step, amount * factor) for factor in factors]
    return np.array(distances), np.array(envelope(1.0, float(rate), float(push), sizes))


@settings(max_examples=8)
@given(quadratic_games())
def test_anneal_recovery_interior_zero(game: DifferentiableGame) -> None:
    distances, bounds = followed(game, TwoPhase(20, 2.0, 20.0))
    assert (distances <= bounds * (1 + 1e-12)).all()
    assert distances[-1] <= bounds[-1] < 1e-3


@settings(max_examples=4)
@given(quadratic_games())
def test_anneal_recovery_interior_zero_fails_without_annealing(game: DifferentiableGame) -> None:
    distances, bounds = followed(game, None)
    assert (distances <= bounds * (1 + 1e-12)).all()  # the ball is kept, but not left to the equilibrium
    with pytest.raises(AssertionError):
        assert distances[-1] <= bounds[-1] < 1e-3
    moved = game_case(game, (Integer(0), Integer(0)))
    assert any(moved.direction) and distances[-1] > 0


def test_anneal_recovery_of_cournot_fails_without_annealing() -> None:
    """The zero moves to 3/(3 − λ), 8/7 for λ = 3/8: annealed the run comes back to 1, with constant λ it does not."""
    case = game_case(cournot(), (Integer(1), Integer(1)))
    amount = Rational(3, 8)
    start = np.array([[1.5], [0.75]])
    annealed, constant = (
        run(peer_learning(cournot(), "direct", float(amount), 1 / 8, decay), start, 4000)
        for decay in (TwoPhase(10, 1.0, 1.0), None)
    )
    assert np.abs(annealed - 1).max() < 1e-3
    moved = [entry.subs(dict.fromkeys(case.symbols, 3 / (3 - amount))) for entry in case.total(amount)]
    assert moved == [0, 0] and np.allclose(constant, 8 / 7)
    with pytest.raises(AssertionError):
        assert np.abs(constant - 1).max() < 1e-3


# --------------------------------------------------------------------------------------------------------------- logit


@settings(max_examples=3)
@given(COORDINATION)
def test_logit_rate_under_every_schedule(game: Game) -> None:
    """The odds against deviating grow by (step size) · (loss from deviating) a step, whatever bounded λ_n.

    In logit coordinates player i is moved by v + λ (w(1 − w))² C, and (w(1 − w))² ≤ 1, so the box in probabilities is
    kept: its conditions are coordinate by coordinate.
    """
    box = entry_box(game, FIRST)
    start = from_first_probability("logit", np.full((2, 1), float(1 - box.radius / 2)))
    table = game.reward[0]
    losses = np.array([table[0][0] - table[2][0], table[0][1] - table[1][1]], dtype=float)
    lr, steps = float(1 / losses.max()), 4096
    largest = float(box.largest)
    for amount, decay in ((0.0, None), (largest, TwoPhase(5, 1.0, 5.0)), (largest, None)):
        odds: list[Array] = []

        def watch(number: int, _: slice, phi: Array, odds: list[Array] = odds) -> None:
            if number in (steps // 2, steps):
                first = [probabilities(game, "logit", phi, player, 0)[0, 0] for player in range(2)]
                odds.append(np.array([p / (1 - p) for p in first]))

        run(peer_learning(game, "logit", amount, lr, decay), start, steps, watch)
        assert np.allclose((odds[1] - odds[0]) / (steps // 2), lr * losses, rtol=0.03)
