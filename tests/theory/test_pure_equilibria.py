"""Enumeration of pure equilibria: numbers worked on paper, every profile and every policy tried, and nashpy.

The brute-force oracles compare the payoffs of all policies; they know nothing of best-reply tables or of which states
are reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import nashpy  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Poly, Rational

from theory import strategies
from theory.equilibria import (
    StationaryPolicy,
    StationaryProfile,
    dominant,
    is_equilibrium,
    optimal_actions,
    payoffs,
    reached,
    strict_equilibria,
)
from theory.errors import BadInput
from theory.games import Game, ipd, ipd_finite, memory_one, normal_form, prisoners_dilemma, stag_hunt
from theory.profiles import parse_profile
from theory.pure_equilibria import (
    MOST_PROFILES,
    PureEquilibrium,
    pure_equilibria,
    risk_dominant,
    strict_for_small_tremble,
    strict_range,
    tremble,
    tremble_gaps,
    trembling,
)
from theory.symbols import P, R, S, T, discount

SUSPICIOUS_GRIM = "D:CDDD"
USUAL: tuple[dict[str, object], ...] = ({}, {"R": 3, "S": 0, "T": 5, "P": 1})  # −1, −3, 0, −2 and 3, 0, 5, 1
HARE, STAG = ((1,), (1,)), ((0,), (0,))


def policies(game: Game, player: int) -> list[StationaryPolicy]:
    return list(product(range(len(game.actions[player])), repeat=len(game.states)))


def profiles(game: Game) -> list[StationaryProfile]:
    return list(product(*(policies(game, player) for player in range(game.players))))


def losses(game: Game, profile: StationaryProfile) -> list[Rational]:
    """What every other policy of every player loses."""
    base = payoffs(game, profile)
    return [
        base[player] - payoffs(game, (*profile[:player], other, *profile[player + 1 :]))[player]
        for player, own in enumerate(profile)
        for other in policies(game, player)
        if other != own
    ]


def changed_once(profile: StationaryProfile, actions: int) -> list[tuple[int, StationaryProfile]]:
    """The profile with one action of one player changed in one state."""
    found = []
    for player, own in enumerate(profile):
        for s, a in product(range(len(own)), range(actions)):
            if a != own[s]:
                changed = (*own[:s], a, *own[s + 1 :])
                found.append((player, (*profile[:player], changed, *profile[player + 1 :])))
    return found


# ------------------------------------------------------------------------------------------- memory-one dilemma, §5


@pytest.mark.parametrize("gamma", ["9/10", "24/25"])
@pytest.mark.parametrize("numbers", USUAL)
def test_strict_profiles_of_the_dilemma_with_small_tremble(numbers: dict[str, object], gamma: str) -> None:
    game = ipd(gamma=gamma, **numbers)
    named = {parse_profile(game, text) for text in ("AllD", "Grim", SUSPICIOUS_GRIM)}
    assert {found.profile for found in strict_for_small_tremble(game)} == named
    # The same by enumeration at one tremble, where nothing is expanded in ε.
    at_once = pure_equilibria(game, "1/1000")
    assert {found.profile for found in at_once} == named and all(found.strict for found in at_once)
    assert dominant({found.profile: found.payoffs for found in at_once}) == parse_profile(game, "Grim")
    for other in ("TFT", "WSLS", "AllC"):
        assert strict_range(game, parse_profile(game, other)) is None


@pytest.mark.parametrize("numbers", USUAL)
def test_without_tremble_no_equilibrium_of_the_dilemma_is_strict(numbers: dict[str, object]) -> None:
    game = ipd(**numbers)
    found = pure_equilibria(game)
    assert [equilibrium.profile for equilibrium in found] == [p for p in profiles(game) if is_equilibrium(game, p)]
    assert len(found) == 22 and not any(equilibrium.strict for equilibrium in found)
    assert all(equilibrium.strict_on_path for equilibrium in found)
    perfect = {equilibrium.profile for equilibrium in found if equilibrium.subgame_perfect}
    assert perfect == {parse_profile(game, text) for text in ("AllD", "Grim", SUSPICIOUS_GRIM)}
    assert parse_profile(game, "TFT") in {equilibrium.profile for equilibrium in found}


def test_what_always_defecting_pays() -> None:
    game = ipd()
    found = {equilibrium.profile: equilibrium for equilibrium in pure_equilibria(game)}
    assert found[parse_profile(game, "AllD")] == PureEquilibrium(
        parse_profile(game, "AllD"), (Rational(-50), Rational(-50)), False, True, True
    )
    # With tremble ε both defect with probability 1 − ε/2 each: −2 + ε/2 a round (R − T = S − P = −1, R + P = S + T).
    paid = next(e.payoffs for e in pure_equilibria(game, "1/10") if e.profile == parse_profile(game, "AllD"))
    assert paid == (Rational(-195, 4), Rational(-195, 4))  # 25 (−2 + 1/20)


def test_win_stay_lose_shift_is_on_the_knife_edge() -> None:
    # After CC it earns R + γR + …; defecting once earns T, then DD, then CC again: T + γP + ….
    game = ipd()
    profile = parse_profile(game, "WSLS")
    without = {key: gap.subs(tremble, 0) for key, gap in tremble_gaps(game, profile).items()}
    cc = game.states.index("CC")
    assert {(without[player, cc, 1] - (R - T + discount * (R - P))).expand() for player in (0, 1)} == {0}
    for numbers in USUAL:
        values = ipd(**numbers).value_of
        assert values(T + P - 2 * R) == 0  # so the gap is (R − T)(1 − γ) < 0 for every γ < 1
        assert values((T - R) / (R - P)) == 1
    # Beyond the edge it is strict, before it is not. With P = −5/2 the edge is γ = 2/3.
    for gamma, value, strict in (("9/10", "-5/2", True), ("3/5", "-5/2", False), ("9/10", "-3/2", False)):
        other = ipd(gamma=gamma, P=value)
        assert (strict_range(other, parse_profile(other, "WSLS")) is not None) is strict


def test_a_swapped_view_is_noticed() -> None:
    game = ipd()
    right = parse_profile(game, "TFT")
    swapped = (right[0], right[0])  # player 2 reads CD as its own
    assert right[1] != swapped[1]
    found = {equilibrium.profile for equilibrium in pure_equilibria(game)}
    assert right in found and swapped not in found


def test_a_wrong_discount_factor_is_noticed() -> None:
    # Grim is an equilibrium from γ = 1/2 on, and strict with small tremble only above.
    for gamma, equilibrium, strict in (("49/100", False, False), ("1/2", True, False), ("51/100", True, True)):
        game = ipd(gamma=gamma)
        profile = parse_profile(game, "Grim")
        assert any(found.profile == profile for found in pure_equilibria(game)) is equilibrium
        assert (strict_range(game, profile) is not None) is strict


# ---------------------------------------------------------------------------------------------------- by hand: tremble


def test_stag_hunt_trembles_by_hand() -> None:
    # Stag pays 4 x and Hare 2 + x against Stag with probability x: Stag is better for x > 2/3, 1 − ε/2 > 2/3.
    game = stag_hunt()
    stag, hare = strict_for_small_tremble(game)
    assert (stag.profile, stag.low, stag.high, stag.polynomial) == (
        STAG,
        Rational(2, 3),
        Rational(2, 3),
        tremble - Rational(2, 3),
    )
    assert (hare.profile, hare.low, hare.high, hare.polynomial) == (HARE, 1, 1, None)  # ε/2 < 2/3 for all ε < 1
    assert [found.profile for found in pure_equilibria(game, "66/100")] == [STAG, HARE]
    edge = {found.profile: found.strict for found in pure_equilibria(game, "2/3")}
    assert edge == {STAG: False, HARE: True}
    assert [found.profile for found in pure_equilibria(game, "67/100")] == [HARE]
    # Both meant Stag, ε = 1/2: Stag is done with 3/4, 9/16·4 + 3/16·0 + 3/16·3 + 1/16·2.
    assert payoffs(trembling(game, "1/2"), STAG) == (Rational(47, 16), Rational(47, 16))


def test_three_actions_tremble_uniformly() -> None:
    game = normal_form("three", [["A", "B", "C"], ["X"]], {(k, 0): (Integer(k), Integer(0)) for k in range(3)})
    assert payoffs(trembling(game, "3/10"), ((2,), (0,))) == (Rational(17, 10), 0)  # 8/10·2 + 1/10·1
    (found,) = pure_equilibria(game, "3/10")
    assert found.profile == ((2,), (0,)) and found.strict


def test_gaps_by_hand() -> None:
    game = stag_hunt()
    gaps = tremble_gaps(game, STAG)
    x = 1 - tremble / 2
    assert set(gaps) == {(0, 0, 1), (1, 0, 1)}
    assert all((gap - (x * (R - T) + (1 - x) * (S - P))).expand() == 0 for gap in gaps.values())


def quadratic_gaps(*polynomials: Sequence[object]) -> Game:
    """Three players whose gaps at (A, A, A) are c₀ + c₁ε + c₂ε²; player i errs with h = ε/2.

    Player i earns by A what the others' play decides: u₀ if both take A, u₁ if one does, u₂ if none. Its gap is
    u₀(1 − h)² + 2u₁h(1 − h) + u₂h².
    """
    gains = []
    for coefficients in polynomials:
        c0, c1, c2 = (Rational(str(c)) for c in coefficients)
        gains.append((c0, c0 + c1, c0 + 2 * c1 + 4 * c2))
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        joint: tuple(gain[sum(joint) - own] * (1 - own) for gain, own in zip(gains, joint, strict=True))
        for joint in product((0, 1), repeat=3)
    }
    return normal_form("quadratic", [["A", "B"]] * 3, cells)


ALL_A = ((0,), (0,), (0,))


def strict_at(game: Game, size: object) -> bool:
    return any(found.profile == ALL_A and found.strict for found in pure_equilibria(game, size))


@pytest.mark.parametrize("factor", [2, 3])
def test_a_gap_that_touches_zero_ends_the_range(factor: int) -> None:
    game = quadratic_gaps((1, -2 * factor, factor**2), (1, 0, 0), (1, 0, 0))  # (1 − factor·ε)²
    gap = tremble_gaps(game, ALL_A)[0, 0, 1]
    assert (gap - (1 - factor * tremble) ** 2).expand() == 0
    found = strict_range(game, ALL_A)
    assert found is not None and found.low == found.high == Rational(1, factor)
    # Beyond the touch the profile is strict again: ε* is where it first fails.
    assert [strict_at(game, found.low + d) for d in (Rational(-1, 10), Rational(0), Rational(1, 10))] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("sign", [-1, 1])
def test_roots_next_to_each_other_are_told_apart(sign: int) -> None:
    # One gap vanishes at 1/2, another at √(1/4 ± 10⁻¹⁵), which is not rational.
    square = Rational(1, 4) + sign * Rational(1, 10**15)
    game = quadratic_gaps((square, 0, -1), ("1/2", -1, 0), (1, 0, 0))
    found = strict_range(game, ALL_A)
    assert found is not None
    if sign > 0:
        assert (found.low, found.high, found.polynomial) == (Rational(1, 2), Rational(1, 2), tremble - Rational(1, 2))
    else:
        assert 0 < found.low**2 < square < found.high**2 and found.high < Rational(1, 2)
        assert found.polynomial == tremble**2 - square


def test_roots_at_no_tremble_and_at_full_tremble_end_no_range() -> None:
    # ε(1 − ε) > 0 in all of (0, 1); −ε < 0; 0 for every ε; a gap that is positive at 0 alone counts.
    assert strict_range(quadratic_gaps((0, 1, -1), (1, 0, 0), (1, 0, 0)), ALL_A) is not None
    found = strict_range(quadratic_gaps((0, 1, -1), (1, 0, 0), (1, 0, 0)), ALL_A)
    assert found is not None and (found.low, found.polynomial) == (1, None)
    for flat in ((0, -1, 0), (0, 0, 0), (0, -1, 2), (-1, 2, 0)):
        assert strict_range(quadratic_gaps(flat, (1, 0, 0), (1, 0, 0)), ALL_A) is None
    tiny = strict_range(quadratic_gaps(("1/1000000000", -1, 0), (1, 0, 0), (1, 0, 0)), ALL_A)
    assert tiny is not None and tiny.low == tiny.high == Rational(1, 10**9)


def test_a_state_that_no_tremble_reaches_leaves_nothing_strict() -> None:
    stage = stag_hunt()
    lost = replace(
        memory_one(stage, Rational(1, 2), name="lost"),
        transition=tuple(tuple(tuple(Integer(int(t == 1)) for t in range(5)) for _ in range(4)) for _ in range(5)),
    )
    profile = ((0,) * 5, (0,) * 5)
    assert strict_range(lost, profile) is None
    (kept,) = (found for found in pure_equilibria(lost, "1/10") if found.profile == profile)
    assert kept.strict_on_path and not kept.strict


# ----------------------------------------------------------------------------------------------------- brute force


@settings(max_examples=6, deadline=None)
@given(strategies.memory_one_games(), st.sampled_from([Rational(0), Rational(1, 7)]))
def test_memory_one_games_agree_with_trying_every_profile(game: Game, size: Rational) -> None:
    played = trembling(game, size)
    assert [found.profile for found in pure_equilibria(game, size)] == [
        profile for profile in profiles(game) if is_equilibrium(played, profile)
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.one_of(strategies.one_shot_games(), strategies.stochastic_games(states=2, actions=(2, 2))),
    st.sampled_from([Rational(0), Rational(1, 5), Rational(9, 10)]),
)
def test_equilibria_and_strictness_agree_with_trying_every_policy(game: Game, size: Rational) -> None:
    played = trembling(game, size)
    found = {equilibrium.profile: equilibrium for equilibrium in pure_equilibria(game, size)}
    for profile in profiles(game):
        lost = losses(played, profile)
        assert (profile in found) is bool(min(lost) >= 0)
        if profile in found:
            assert found[profile].strict is bool(min(lost) > 0)
            assert found[profile].payoffs == payoffs(played, profile)


coarse = strategies.rationals(0, 1, 1)  # many ties


@settings(max_examples=40, deadline=None)
@given(strategies.stochastic_games(states=2, actions=(2, 2), payoffs=coarse))
def test_strict_means_that_every_change_in_one_state_loses(game: Game) -> None:
    for equilibrium in pure_equilibria(game):
        base = equilibrium.payoffs
        changes = [base[i] - payoffs(game, other)[i] for i, other in changed_once(equilibrium.profile, 2)]
        assert equilibrium.strict is bool(min(changes) > 0)


def test_a_tie_in_one_reached_state_of_two_is_not_strict() -> None:
    # s, t, s, t, …: in s player 1 loses 1 by its second action, in t it loses nothing.
    to_s, to_t = (Integer(1), Integer(0)), (Integer(0), Integer(1))
    for loss, strict in ((0, False), (1, True)):
        game = Game(
            name="tie",
            actions=(("A", "B"), ("Watch",)),
            states=("s", "t"),
            start=to_s,
            transition=((to_t, to_t), (to_s, to_s)),
            reward=(((Integer(1), Integer(0)), (Integer(0),) * 2), ((Integer(loss), Integer(0)), (Integer(0),) * 2)),
            discount=Rational(1, 2),
        )
        found = next(e for e in pure_equilibria(game) if e.profile == ((0, 0), (0, 0)))
        assert found.strict is found.strict_on_path is strict


@settings(max_examples=40, deadline=None)
@given(strategies.stochastic_games(states=2, actions=(2, 2), payoffs=coarse))
def test_subgame_perfect_and_strict_on_the_path(game: Game) -> None:
    for equilibrium in pure_equilibria(game):
        from_each = [
            replace(game, start=tuple(Integer(int(s == t)) for t in range(2))) for s in range(len(game.states))
        ]
        profile = equilibrium.profile
        assert equilibrium.subgame_perfect is all(is_equilibrium(start, profile) for start in from_each)
        on_path = reached(game, profile)
        otherwise = [
            payoffs(game, profile)[player] - payoffs(game, replaced(profile, player, other))[player]
            for player, own in enumerate(profile)
            for other in policies(game, player)
            if any(other[s] != own[s] for s in on_path)
        ]
        assert equilibrium.strict_on_path is bool(min(otherwise) > 0)


def replaced(profile: StationaryProfile, player: int, policy: StationaryPolicy) -> StationaryProfile:
    return (*profile[:player], policy, *profile[player + 1 :])


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(st.one_of(strategies.one_shot_games(), strategies.stochastic_games(states=2, actions=(2, 2))))
def test_ranges_of_tremble_agree_with_enumeration_inside_at_the_end_and_beyond(game: Game) -> None:
    ranges = {found.profile: found for found in strict_for_small_tremble(game)}
    tiny = {found.profile for found in pure_equilibria(game, Rational(1, 10**9)) if found.strict}
    assert set(ranges) == tiny
    for profile, found in ranges.items():
        for inside in (found.low / 1000, found.low / 2, found.low * Rational(999999, 1000000)):
            assert profile in {e.profile for e in pure_equilibria(game, inside) if e.strict}
        if found.polynomial is None:
            assert found.low == found.high == 1
            continue
        polynomial = Poly(found.polynomial, tremble)
        assert polynomial.count_roots(found.low, found.high) == 1  # Sturm's theorem
        assert 0 < found.low <= found.high < 1
        if found.low == found.high:
            assert profile not in {e.profile for e in pure_equilibria(game, found.low) if e.strict}


def test_the_end_of_the_range_is_where_grim_stops_being_strict() -> None:
    for numbers in USUAL:
        game = ipd(**numbers)
        profile = parse_profile(game, "Grim")
        found = strict_range(game, profile)
        assert found is not None and found.polynomial is not None and 0 < found.low <= found.high < 1
        before, after = found.low - Rational(1, 10**9), found.high + Rational(1, 10**9)
        assert any(e.profile == profile and e.strict for e in pure_equilibria(game, before))
        assert not any(e.profile == profile for e in pure_equilibria(game, after))


def test_optimal_actions_and_reached_states_by_hand() -> None:
    game = ipd()
    tft, grim = parse_profile(game, "TFT"), parse_profile(game, "Grim")
    assert reached(game, tft) == {0, 1}  # ∅ and CC
    assert reached(game, parse_profile(game, "TFT;AllD")) == {0, 2, 4}  # ∅, CD, then DD
    assert reached(replace(game, parameters=ipd(gamma=0).parameters), tft) == {0}
    # Against Grim: cooperate while it does, defect for good once it has stopped (S < P).
    c, d = frozenset({0}), frozenset({1})
    assert optimal_actions(game, grim, 0) == (c, c, d, d, d)
    assert optimal_actions(game, parse_profile(game, "Grim;AllC"), 0) == (d,) * 5


# ------------------------------------------------------------------------------------------------------------ nashpy


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(2, 3), st.integers(2, 3))
def test_pure_equilibria_agree_with_nashpy(data: st.DataObject, rows: int, columns: int) -> None:
    # All payoffs differ, so no game is degenerate in pure strategies.
    numbers = data.draw(st.permutations(range(rows * columns))), data.draw(st.permutations(range(rows * columns)))
    first, second = (np.array(entry).reshape(rows, columns) for entry in numbers)
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        (i, j): (Integer(first[i, j]), Integer(second[i, j])) for i, j in np.ndindex(rows, columns)
    }
    game = normal_form("drawn", [[f"A{i}" for i in range(rows)], [f"B{j}" for j in range(columns)]], cells)
    oracle = nashpy.Game(first, second)
    expected = [
        ((i,), (j,))
        for i, j in np.ndindex(rows, columns)
        if all(oracle.is_best_response(np.eye(rows)[i], np.eye(columns)[j]))
    ]
    found = pure_equilibria(game)
    assert [equilibrium.profile for equilibrium in found] == expected and all(e.strict for e in found)
    assert strict_equilibria(game) == tuple(expected)


# --------------------------------------------------------------------------------------------------------- dominance


def test_risk_dominance_by_hand() -> None:
    # Deviating alone from (Stag, Stag) loses 4 − 3 each, from (Hare, Hare) 2 − 0 each.
    game = stag_hunt()
    assert risk_dominant(game, STAG, HARE) == HARE and risk_dominant(game, HARE, STAG) == HARE
    assert dominant({profile: payoffs(game, profile) for profile in (STAG, HARE)}) == STAG
    assert risk_dominant(stag_hunt(T=2), STAG, HARE) is None  # 2·2 against 2·2
    assert risk_dominant(stag_hunt(T=1, P=1), STAG, HARE) == STAG  # 3·3 against 1·1


def test_risk_dominance_multiplies_the_two_players_losses() -> None:
    # Losses (4, 1) and (2, 3): the product says the second, the sum says the same 5; (5, 1) and (2, 2): 5 > 4.
    def game(losses: Sequence[int]) -> Game:
        a, b, c, d = map(Integer, losses)
        cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
            (0, 0): (a, b),
            (0, 1): (Integer(0), Integer(0)),
            (1, 0): (Integer(0), Integer(0)),
            (1, 1): (c, d),
        }
        return normal_form("losses", [["A", "B"]] * 2, cells)

    assert risk_dominant(game((4, 1, 2, 3)), STAG, HARE) == HARE
    assert risk_dominant(game((5, 1, 2, 2)), STAG, HARE) == STAG
    assert risk_dominant(game((6, 1, 2, 3)), STAG, HARE) is None


@pytest.mark.parametrize(("gamma", "expected"), [("24/25", "Grim"), ("3/5", "AllD"), ("2/3", None)])
def test_risk_dominance_in_the_repeated_dilemma(gamma: str, expected: str | None) -> None:
    # AllD against Grim loses R/(1 − γ) − T − γP/(1 − γ) = (2γ − 1)/(1 − γ); Grim against AllD loses P − S = 1.
    game = ipd(gamma=gamma)
    grim, defect = parse_profile(game, "Grim"), parse_profile(game, "AllD")
    assert risk_dominant(game, grim, defect) == (None if expected is None else parse_profile(game, expected))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_risk_dominance_is_where_the_mixed_equilibrium_is_not(data: st.DataObject) -> None:
    # In a symmetric coordination game A is risk-dominant exactly if its mixed equilibrium has p* < 1/2.
    game = data.draw(strategies.symmetric_games("coordination"))
    a, b = game.value_of(R - T), game.value_of(P - S)
    expected = STAG if b / (a + b) < Rational(1, 2) else HARE if b / (a + b) > Rational(1, 2) else None
    assert risk_dominant(game, STAG, HARE) == expected


# --------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("size", [1, "-1/10", "3/2"])
def test_a_tremble_outside_its_interval_is_refused(size: object) -> None:
    for question in (trembling, pure_equilibria):
        with pytest.raises(BadInput, match="tremble must lie in"):
            question(stag_hunt(), size)


def test_what_cannot_be_enumerated_is_refused() -> None:
    with pytest.raises(BadInput, match="not an exact finite number"):
        pure_equilibria(stag_hunt(), "little")
    with pytest.raises(BadInput, match="finite horizon"):
        pure_equilibria(ipd_finite())
    three = normal_form("three", [["A", "B"]] * 3, {k: (Integer(0),) * 3 for k in product((0, 1), repeat=3)})
    many = memory_one(three, Rational(1, 2), name="many")
    assert MOST_PROFILES < 2**27
    for question in (pure_equilibria, strict_for_small_tremble):
        with pytest.raises(BadInput, match="134217728 pure profiles are too many"):
            question(many)
    with pytest.raises(BadInput, match="has 1 policies for 2 players"):
        strict_range(stag_hunt(), ((0,),))


def test_risk_dominance_needs_two_strict_equilibria_of_two_players() -> None:
    with pytest.raises(BadInput, match="no strict equilibrium of the 2×2 game"):
        risk_dominant(prisoners_dilemma(), HARE, STAG)
    with pytest.raises(BadInput, match="no strict equilibrium of the 2×2 game"):
        risk_dominant(stag_hunt(), STAG, STAG)
    three = normal_form("three", [["A", "B"]] * 3, {k: (Integer(0),) * 3 for k in product((0, 1), repeat=3)})
    with pytest.raises(BadInput, match="two players, not 3"):
        risk_dominant(three, ((0,),) * 3, ((1,),) * 3)
