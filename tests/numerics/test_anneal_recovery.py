"""Annealing after entry recovers policy gradient's equilibrium: properties of random games, and what breaks them.

Entry is exact: starts lie in a box that is certified for every λ between 0 and the largest one used (C13.region), or in
a ball kept by the recursion of C13.limit. In direct coordinates the ends are compared without tolerance.
"""

from __future__ import annotations

from dataclasses import replace
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
from numerics.recovery import ends_of, entry_box, peer_learning, planted
from theory.annealing import envelope
from theory.corrected import game_case
from theory.equilibria import StationaryProfile
from theory.games import AnyGame, DifferentiableGame, Game, cournot, normal_form, prisoners_dilemma, stag_hunt
from theory.order import order_inclusion
from theory.pure_equilibria import pure_equilibria
from theory.rest_points import rest_bound
from theory.strategies import discounts, rationals, stochastic_games, symmetric_games

SHARES = st.lists(st.integers(0, 16), min_size=4, max_size=4)
DECAYS = st.sampled_from([TwoPhase(0, 1.0, 1.0), TwoPhase(2, 0.5, 5.0), TwoPhase(7, 2.0, 3.0)])


@st.composite
def coordination_games(draw: DrawFn, least: object = "1/4") -> Game:
    """2×2 games with two strict equilibria on the diagonal, players not alike; a deviation loses at least ``least``."""
    payoff, gap = rationals(-3, 3, 4), rationals(least, 3, 4)
    (a, b), (c, d) = (draw(payoff), draw(payoff)), (draw(payoff), draw(payoff))
    cells: dict[tuple[int, ...], tuple[Rational, ...]] = {
        (0, 1): (a, b),
        (1, 0): (c, d),
        (0, 0): (c + draw(gap), b + draw(gap)),
        (1, 1): (a + draw(gap), d + draw(gap)),
    }
    return normal_form("random coordination", (("A", "B"),) * 2, cells)


@st.composite
def planted_games(draw: DrawFn) -> Game:
    """Two states, two players, two actions; all first actions are a strict equilibrium, and both states are starts."""
    game = draw(
        stochastic_games(2, (2, 2), payoffs=rationals(-1, 1, 4), discount=discounts("1/2", 4))
    )  # fmt: skip
    return planted(replace(game, start=(Rational(1, 2),) * 2), Rational(draw(st.integers(5, 9))))


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


# --------------------------------------------------------------------------------------------------- strict equilibria


@settings(max_examples=20)
@given(coordination_games(), st.booleans(), SHARES, DECAYS)
def test_anneal_recovery_two_by_two(game: Game, second: bool, entries: list[int], decay: TwoPhase) -> None:
    box = entry_box(game, ((int(second),), (int(second),)))
    ends = ends_of(box, shares(entries, 2), anneal=decay)
    assert (ends.annealed == ends.plain).all() and (ends.annealed == ends.corner).all() and ends.same


@settings(max_examples=8)
@given(planted_games(), SHARES, DECAYS)
def test_anneal_recovery_stochastic(game: Game, entries: list[int], decay: TwoPhase) -> None:
    profile = first_actions(game)
    assert profile in [entry.profile for entry in pure_equilibria(game) if entry.strict]
    box = entry_box(game, profile)
    ends = ends_of(box, shares(entries, 4), anneal=decay)
    assert (ends.annealed == ends.plain).all() and (ends.annealed == 1).all() and ends.same


@settings(max_examples=10)
@given(symmetric_games("coordination"), st.integers(0, 12), st.integers(0, 12), st.integers(1, 4))
def test_anneal_recovery_order(game: Game, p: int, q: int, size: int) -> None:
    """With T ≥ P no point of policy gradient's basin of the first actions is lost, whatever λ_0, in steps of 1/8."""
    game = game.with_target(("A", "A"))
    if not order_inclusion(game).holds:
        return
    slope = float(sum(form.subs(dict(game.parameters)) for form in game.ordering))
    start, lr = np.array([[p / 12], [q / 12]]), 1 / (8 * slope)
    plain = run(peer_learning(game, "direct", 0.0, lr), start, 200)
    annealed = run(peer_learning(game, "direct", size / slope, lr, TwoPhase(3, 1.0, 5.0)), start, 200)
    assert (annealed >= plain).all()


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


def kept(game: DifferentiableGame, anneal: TwoPhase | None, steps: int = 2500) -> tuple[Array, Array]:
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
    distances, bounds = kept(game, TwoPhase(20, 2.0, 20.0))
    assert (distances <= bounds * (1 + 1e-12)).all()
    assert distances[-1] <= bounds[-1] < 1e-3


@settings(max_examples=4)
@given(quadratic_games())
def test_anneal_recovery_interior_zero_fails_without_annealing(game: DifferentiableGame) -> None:
    distances, bounds = kept(game, None)
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


@settings(max_examples=4)
@given(coordination_games(least=1))
def test_anneal_recovery_logit_rate(game: Game) -> None:
    """The odds against deviating grow by (step size) · (loss from deviating) a step, annealed or not.

    In logit coordinates player i is moved by v + λ (w(1 − w))² C, and (w(1 − w))² ≤ 1, so the box in probabilities is
    kept: its conditions are coordinate by coordinate.
    """
    box = entry_box(game, ((0,), (0,)))
    start = from_first_probability("logit", np.full((2, 1), float(1 - box.radius / 2)))
    table = game.reward[0]
    losses = np.array([table[0][0] - table[2][0], table[0][1] - table[1][1]], dtype=float)
    lr, steps = float(1 / losses.max()), 4096
    for amount, decay in ((0.0, None), (float(box.largest), TwoPhase(5, 1.0, 5.0))):
        odds: list[Array] = []

        def watch(number: int, _: slice, phi: Array, odds: list[Array] = odds) -> None:
            if number in (steps // 2, steps):
                first = [probabilities(game, "logit", phi, player, 0)[0, 0] for player in range(2)]
                odds.append(np.array([p / (1 - p) for p in first]))

        run(peer_learning(game, "logit", amount, lr, decay), start, steps, watch)
        assert np.allclose((odds[1] - odds[0]) / (steps // 2), lr * losses, rtol=0.03)
