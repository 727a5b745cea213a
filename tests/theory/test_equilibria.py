"""Pure equilibria: numbers worked on paper, and brute force by routes that share no code with the package.

The oracles walk the path of play until it repeats, solve 2 × 2 systems by Cramer's rule, try every reply, bound all
replies by finite horizons, or ask nashpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

import nashpy  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol

from theory.equilibria import (
    Deviation,
    StationaryPolicy,
    StationaryProfile,
    best_deviation,
    is_equilibrium,
    is_strict,
    payoff_dominant,
    payoffs,
    strict_equilibria,
)
from theory.errors import BadInput
from theory.games import Game, ipd, memory_one, normal_form, prisoners_dilemma, stag_hunt

# Actions after ∅, CC, CD, DC, DD as the player sees them, its own action first.
ALL_C, ALL_D, TFT, GRIM, WSLS = "CCCCC", "DDDDD", "CCDCD", "CCDDD", "CCDDC"
FIRST, SECOND = ((0,), (0,)), ((1,), (1,))


def any_ipd(gamma: object, **payoffs: object) -> Game:
    """Memory-one IPD without the class T > R > P > S."""
    return replace(ipd(), ordering=()).with_parameters({"gamma": gamma, **payoffs})


def policy(game: Game, player: int, own: str) -> StationaryPolicy:
    assert game.own_view is not None
    return tuple("CD".index(own[seen]) for seen in game.own_view[player])


def profile_of(game: Game, first: str, second: str) -> StationaryProfile:
    return policy(game, 0, first), policy(game, 1, second)


def bimatrix(row: Sequence[Sequence[int]], column: Sequence[Sequence[int]]) -> Game:
    names = [[f"A{i}" for i in range(len(row))], [f"B{j}" for j in range(len(row[0]))]]
    cells: dict[tuple[int, ...], tuple[Integer, ...]] = {
        (i, j): (Integer(row[i][j]), Integer(column[i][j])) for i, j in product(*map(range, map(len, names)))
    }
    return normal_form("test", names, cells)


def fraction(number: Rational) -> Fraction:
    return Fraction(int(number.p), int(number.q))


def replaced(profile: StationaryProfile, player: int, reply: StationaryPolicy) -> StationaryProfile:
    return (*profile[:player], reply, *profile[player + 1 :])


# -------------------------------------------------------------------------------------------- by hand: repeated games


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (ALL_C, ALL_C, (-25, -25)),  # −1/(1 − 24/25)
        (ALL_D, ALL_D, (-50, -50)),
        (TFT, TFT, (-25, -25)),
        (ALL_C, ALL_D, (-75, 0)),
        (TFT, ALL_D, (-51, -48)),  # exploited once, then −2γ/(1 − γ) each
        (ALL_D, GRIM, (-48, -51)),
        (WSLS, ALL_D, (Rational(-3075, 49), Rational(-1200, 49))),  # −(3 + 2γ)/(1 − γ²), −2γ/(1 − γ²)
    ],
)
def test_dilemma_values(first: str, second: str, expected: tuple[object, object]) -> None:
    game = ipd()
    assert payoffs(game, profile_of(game, first, second)) == expected


@pytest.mark.parametrize(
    ("first", "second", "gains"),
    [
        (ALL_D, ALL_D, (0, 0)),
        (GRIM, GRIM, (0, 0)),
        (TFT, TFT, (0, 0)),
        (GRIM, TFT, (0, 0)),
        (ALL_C, ALL_C, (25, 25)),  # always exploit: 0 instead of −25
        (ALL_C, TFT, (0, 25)),  # TFT cannot be exploited, its partner can
        (TFT, ALL_D, (1, 23)),  # −50 instead of −51; against TFT −25 instead of −48
        (WSLS, WSLS, (Rational(25, 49), Rational(25, 49))),  # always defect: (1 − γ)/(1 − γ²)
    ],
)
def test_dilemma_gains(first: str, second: str, gains: tuple[object, object]) -> None:
    game = ipd()
    profile = profile_of(game, first, second)
    found = [best_deviation(game, profile, player) for player in (0, 1)]
    assert tuple(0 if deviation is None else deviation.gain for deviation in found) == gains
    assert is_equilibrium(game, profile) is (gains == (0, 0))


@pytest.mark.parametrize("strategy", [GRIM, TFT])
@pytest.mark.parametrize(("gamma", "gain"), [("1/2", 0), ("51/100", 0), ("49/100", Rational(2, 51))])
def test_cooperation_needs_patience_of_exactly_one_half(strategy: str, gamma: str, gain: object) -> None:
    # Defecting for good pays T + γP/(1 − γ) = −2γ/(1 − γ) instead of −1/(1 − γ): (1 − 2γ)/(1 − γ) more.
    game = ipd(gamma=gamma)
    profile = profile_of(game, strategy, strategy)
    for player in (0, 1):
        deviation = best_deviation(game, profile, player)
        assert (0 if deviation is None else deviation.gain) == gain
        assert deviation is None or deviation.reply == (1, 1, 1, 1, 1)


def test_the_start_decides_what_is_on_the_path() -> None:
    # TFT is no equilibrium of the game that starts after CD: 0, −3, 0, −3, … against peace at once.
    game = ipd()
    after_cd = replace(game, start=tuple(Integer(int(state == "CD")) for state in game.states))
    profile = profile_of(game, TFT, TFT)
    assert payoffs(after_cd, profile) == (Rational(-1800, 49), Rational(-1875, 49))
    gains = [deviation.gain for p in (0, 1) if (deviation := best_deviation(after_cd, profile, p))]
    assert gains == [Rational(575, 49), Rational(552, 49)]  # −25 instead, and −3 − 24 instead


def test_a_mistake_off_the_path_is_no_deviation() -> None:
    # Cooperating after DD is wrong against AllC, but a player that defects never sees DD there.
    game = ipd()
    assert best_deviation(game, profile_of(game, "DDDDC", ALL_C), 0) is None
    # The same mistake counts where DD is reached.
    assert best_deviation(game, profile_of(game, "DDDDC", ALL_D), 0) is not None


def test_a_reply_keeps_actions_that_are_already_optimal() -> None:
    # γ = 0 and T = R: against C the two actions are equal, against D defection gains P − S = 1.
    game = any_ipd(gamma=0, T=-1)
    for own, expected in (("CCCCC", (1, 0, 0, 1, 1)), ("CDCCC", (1, 1, 0, 1, 1))):
        profile = profile_of(game, own, "DCDCD")  # player 2 plays D, C, C, D, D in player 1's order of states
        assert best_deviation(game, profile, 0) == Deviation(0, expected, Rational(1))


def test_a_reply_returns_to_an_action_that_became_optimal_again() -> None:
    # γ = 1/2. In t, Work pays 1 for ever (u* = 2). In s, Go leads to t for nothing and Wait pays 1/2 for ever: both
    # are worth 1, but while the player is still idle in t, Wait looks better.
    half = Rational(1, 2)
    to_s, to_t = (Integer(1), Integer(0)), (Integer(0), Integer(1))
    game = Game(
        name="detour",
        actions=(("Go", "Wait"), ("Watch",)),
        states=("s", "t"),
        start=to_s,
        transition=((to_t, to_s), (to_t, to_t)),
        reward=(((Integer(0),) * 2, (half, Integer(0))), ((Integer(0),) * 2, (Integer(1), Integer(0)))),
        discount=half,
    )
    assert best_deviation(game, ((0, 0), (0, 0)), 0) == Deviation(0, (0, 1), Rational(1))


def test_three_players_repeat() -> None:
    # A player that takes B loses 2 and gives 1 to each of the others.
    cells: dict[tuple[int, ...], list[Integer]] = {
        joint: [Integer(sum(joint) - 3 * joint[i]) for i in range(3)] for joint in product((0, 1), repeat=3)
    }
    game = memory_one(normal_form("three", [["A", "B"]] * 3, cells), Rational(1, 3), name="three")
    always_a = ((0,) * 9,) * 3
    assert payoffs(game, always_a) == (0, 0, 0) and is_equilibrium(game, always_a)
    once_b = replaced(always_a, 1, (1, *(0 for _ in range(8))))
    assert payoffs(game, once_b) == (1, -2, 1)
    assert best_deviation(game, once_b, 1) == Deviation(1, (0,) * 9, Rational(2))
    always_b = replaced(always_a, 1, (1,) * 9)
    assert payoffs(game, always_b) == (Rational(3, 2), -3, Rational(3, 2))


# ------------------------------------------------------------------------------------- brute force: stochastic games


def walked(game: Game, profile: StationaryProfile) -> tuple[Fraction, ...]:
    """Values of a memory-one profile: the path before it repeats, plus the cycle's geometric series."""
    instance = game.instance()
    discount = fraction(instance.discount)
    state, seen, path = 0, dict[int, int](), list[int]()
    while state not in seen:
        seen[state] = len(path)
        path.append(game.joint_actions.index(tuple(actions[state] for actions in profile)))
        state = 1 + path[-1]
    weights = [discount**t for t in range(len(path))]
    first = seen[state]
    weights[first:] = [weight / (1 - discount ** (len(path) - first)) for weight in weights[first:]]
    rewards = [[fraction(entry) for entry in row] for row in instance.reward[0]]
    return tuple(sum((w * rewards[k][i] for w, k in zip(weights, path, strict=True)), Fraction(0)) for i in (0, 1))


@settings(max_examples=15, deadline=None)
@given(
    st.tuples(*[st.tuples(*[st.integers(0, 1)] * 5)] * 2),
    st.fractions(0, Fraction(99, 100), max_denominator=100),
    st.tuples(*[st.integers(-9, 9)] * 4),
)
def test_memory_one_agrees_with_walking_every_reply(
    profile: StationaryProfile, discount: Fraction, numbers: tuple[int, ...]
) -> None:
    gamma = Rational(discount.numerator, discount.denominator)
    game = any_ipd(gamma, **dict(zip("RSTP", numbers, strict=True)))
    before = walked(game, profile)
    assert tuple(map(fraction, payoffs(game, profile))) == before
    for player in (0, 1):
        replies = product((0, 1), repeat=5)
        best = max(walked(game, replaced(profile, player, reply))[player] for reply in replies)
        found = best_deviation(game, profile, player)
        assert (0 if found is None else fraction(found.gain)) == best - before[player]
        if found is not None:
            assert walked(game, replaced(profile, player, found.reply))[player] == best > before[player]


@st.composite
def two_state_games(draw: st.DrawFn) -> tuple[Game, StationaryProfile]:
    counts = draw(st.tuples(st.integers(2, 3), st.integers(2, 3)))
    joint = list(product(*map(range, counts)))
    quarters = st.integers(0, 4).map(lambda k: (Rational(k, 4), Rational(4 - k, 4)))
    rewards = st.tuples(st.integers(-3, 3).map(Integer), st.integers(-3, 3).map(Integer))
    game = Game(
        name="two",
        actions=tuple(tuple(f"a{k}" for k in range(count)) for count in counts),
        states=("s", "t"),
        start=draw(quarters),
        transition=tuple(tuple(draw(quarters) for _ in joint) for _ in range(2)),
        reward=tuple(tuple(draw(rewards) for _ in joint) for _ in range(2)),
        discount=draw(st.sampled_from([Rational(0), Rational(1, 2), Rational(9, 10), Rational(99, 100)])),
    )
    return game, tuple(draw(st.tuples(*[st.integers(0, count - 1)] * 2)) for count in counts)


def by_cramer(game: Game, profile: StationaryProfile, player: int) -> Fraction:
    discount = fraction(game.discount)
    k = [game.joint_actions.index(tuple(actions[s] for actions in profile)) for s in (0, 1)]
    m = [[int(s == t) - discount * fraction(game.transition[s][k[s]][t]) for t in (0, 1)] for s in (0, 1)]
    r = [fraction(game.reward[s][k[s]][player]) for s in (0, 1)]
    determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0]
    values = (r[0] * m[1][1] - r[1] * m[0][1]) / determinant, (r[1] * m[0][0] - r[0] * m[1][0]) / determinant
    return fraction(game.start[0]) * values[0] + fraction(game.start[1]) * values[1]


@settings(max_examples=100, deadline=None)
@given(two_state_games())
def test_stochastic_games_agree_with_cramer_and_every_reply(drawn: tuple[Game, StationaryProfile]) -> None:
    game, profile = drawn
    before = [by_cramer(game, profile, player) for player in (0, 1)]
    assert list(map(fraction, payoffs(game, profile))) == before
    gains = []
    for player in (0, 1):
        replies = product(range(len(game.actions[player])), repeat=2)
        best = max(by_cramer(game, replaced(profile, player, reply), player) for reply in replies)
        gains.append(best - before[player])
        found = best_deviation(game, profile, player)
        assert (0 if found is None else fraction(found.gain)) == gains[-1]
        if found is not None:
            assert by_cramer(game, replaced(profile, player, found.reply), player) == best
    assert is_equilibrium(game, profile) is (gains == [0, 0])


@settings(max_examples=40, deadline=None)
@given(two_state_games())
def test_no_history_dependent_reply_does_better(drawn: tuple[Game, StationaryProfile]) -> None:
    # Dynamic programming over 12 rounds bounds the value of all replies, stationary or not; |r| ≤ 3.
    game, profile = replace(drawn[0], discount=Rational(1, 2)), drawn[1]
    half, rounds = Fraction(1, 2), 12
    for player in (0, 1):
        ahead = [Fraction(0), Fraction(0)]
        for _ in range(rounds):
            ahead = [
                max(
                    fraction(game.reward[s][k][player])
                    + half * sum((fraction(game.transition[s][k][t]) * ahead[t] for t in (0, 1)), Fraction(0))
                    for k, joint in enumerate(game.joint_actions)
                    if joint[1 - player] == profile[1 - player][s]
                )
                for s in (0, 1)
            ]
        best = fraction(game.start[0]) * ahead[0] + fraction(game.start[1]) * ahead[1]
        found = best_deviation(game, profile, player)
        reached = payoffs(game, profile)[player] + (0 if found is None else found.gain)
        assert abs(fraction(reached) - best) <= 3 * half**rounds / (1 - half)


# -------------------------------------------------------------------------------------------- by hand: one-shot games


def test_stag_hunt_by_hand() -> None:
    game = stag_hunt()
    assert strict_equilibria(game) == (FIRST, SECOND)
    assert payoff_dominant(game) == FIRST
    assert payoffs(game, FIRST) == (4, 4) and payoffs(game, ((0,), (1,))) == (0, 3)
    assert best_deviation(game, ((0,), (1,)), 0) == Deviation(0, (1,), Rational(2))
    assert best_deviation(game, ((0,), (1,)), 1) == Deviation(1, (0,), Rational(1))


def test_a_weak_equilibrium_is_not_strict() -> None:
    game = replace(stag_hunt(), ordering=()).with_parameters({"T": 4})
    assert is_equilibrium(game, FIRST) and not is_strict(game, FIRST)
    assert strict_equilibria(game) == (SECOND,) and payoff_dominant(game) == SECOND


def test_prisoners_dilemma_by_hand() -> None:
    game = prisoners_dilemma()
    assert strict_equilibria(game) == (SECOND,) and payoff_dominant(game) == SECOND
    assert best_deviation(game, FIRST, 0) == Deviation(0, (1,), Rational(2))
    assert not is_equilibrium(game, FIRST) and not is_strict(game, FIRST)


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], None),  # matching pennies: no equilibrium
        ([[2, 0], [0, 1]], [[1, 0], [0, 2]], None),  # battle of the sexes: the two disagree
        ([[1, 0], [0, 1]], [[1, 0], [0, 1]], None),  # a tie
        ([[2, 0], [0, 2]], [[2, 0], [0, 1]], FIRST),  # better for one, equal for the other
        ([[1, 0], [0, 2]], [[1, 0], [0, 2]], SECOND),
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]], None),  # equilibria, none of them strict
        ([[3, 0, 0], [0, 2, 0], [0, 0, 4]], [[3, 0, 0], [0, 2, 0], [0, 0, 2]], None),  # (3, 3) and (4, 2)
    ],
)
def test_payoff_dominance_by_hand(
    row: list[list[int]], column: list[list[int]], expected: StationaryProfile | None
) -> None:
    assert payoff_dominant(bimatrix(row, column)) == expected


# ---------------------------------------------------------------------------------------- brute force: one-shot games

Table = dict[tuple[int, ...], tuple[int, ...]]


@st.composite
def one_shot_games(draw: st.DrawFn) -> tuple[Game, Table]:
    counts = draw(st.lists(st.integers(2, 3), min_size=2, max_size=3))
    joint = product(*map(range, counts))
    table: Table = {action: draw(st.tuples(*[st.integers(-2, 2)] * len(counts))) for action in joint}
    names = [[f"a{k}" for k in range(count)] for count in counts]
    return normal_form("drawn", names, {a: tuple(map(Integer, row)) for a, row in table.items()}), table


def better(paid: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return paid != other and min(mine - theirs for mine, theirs in zip(paid, other, strict=True)) >= 0


@settings(max_examples=100, deadline=None)
@given(one_shot_games())
def test_one_shot_games_agree_with_comparing_all_pairs(drawn: tuple[Game, Table]) -> None:
    game, table = drawn
    strict: dict[StationaryProfile, tuple[int, ...]] = {}
    for joint, row in table.items():
        losses = [
            row[player] - other_row[player]
            for other, other_row in table.items()
            for player in range(game.players)
            if [i for i in range(game.players) if other[i] != joint[i]] == [player]
        ]
        profile = tuple((action,) for action in joint)
        assert is_equilibrium(game, profile) is (min(losses) >= 0)
        assert is_strict(game, profile) is (min(losses) > 0)
        if min(losses) > 0:
            strict[profile] = row
    assert strict_equilibria(game) == tuple(strict)
    dominant = [p for p in strict if all(p == other or better(strict[p], strict[other]) for other in strict)]
    assert payoff_dominant(game) == (dominant[0] if dominant else None)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(2, 3), st.integers(2, 3))
def test_one_shot_games_agree_with_nashpy(data: st.DataObject, rows: int, columns: int) -> None:
    line = st.lists(st.integers(-2, 2), min_size=columns, max_size=columns)
    matrix = st.lists(line, min_size=rows, max_size=rows)
    row, column = data.draw(matrix), data.draw(matrix)
    game, oracle = bimatrix(row, column), nashpy.Game(np.array(row), np.array(column))
    for i, j in product(range(rows), range(columns)):
        best = oracle.is_best_response(np.eye(rows, dtype=int)[i], np.eye(columns, dtype=int)[j])
        assert [best_deviation(game, ((i,), (j,)), player) is None for player in (0, 1)] == list(map(bool, best))


# -------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (((0,),), "has 1 policies for 2 players"),
        (((0,), (0, 1)), "has 2 actions of player 2 for 1 states"),
        (((0,), (2,)), "an action of player 2 that is not one of 0 to 1"),
        (((-1,), (0,)), "an action of player 1 that is not one of 0 to 1"),
    ],
)
def test_profiles_that_do_not_fit_are_refused(profile: StationaryProfile, reason: str) -> None:
    for question in (payoffs, is_equilibrium, is_strict):
        with pytest.raises(BadInput, match=reason):
            question(stag_hunt(), profile)
    with pytest.raises(BadInput, match=reason):
        best_deviation(stag_hunt(), profile, 0)


def test_strictness_is_for_one_shot_games() -> None:
    game = ipd()
    with pytest.raises(BadInput, match="one-shot games only"):
        strict_equilibria(game)
    with pytest.raises(BadInput, match="one-shot games only"):
        is_strict(game, profile_of(game, ALL_D, ALL_D))
    with pytest.raises(BadInput, match="one-shot games only"):
        payoff_dominant(game)


def test_a_symbol_without_a_value_is_refused() -> None:
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        joint: (Symbol("u"), Integer(0)) for joint in product((0, 1), repeat=2)
    }
    with pytest.raises(BadInput, match="symbol u occurs in its tables but has no value"):
        payoffs(normal_form("open", [["A", "B"]] * 2, cells), FIRST)
