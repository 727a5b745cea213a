"""The cooperative set against every pure reply, policy iteration and Akin's conditions; rest points against equilibria.

The oracle solves each reply's linear system with Python's fractions; it shares no code with the package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, expand

from theory import strategies
from theory.cooperative_set import CooperativeSet, PointKind, classify, cooperative_set, is_rest_point
from theory.equilibria import (
    Deviation,
    MixedPolicy,
    MixedProfile,
    as_mixed,
    as_parameters,
    best_deviation,
    is_equilibrium,
    mixed_deviation,
    mixed_payoffs,
    payoffs,
)
from theory.errors import BadInput
from theory.games import Game, ipd, ipd_finite, memory_one, normal_form, stag_hunt
from theory.policies import parameters
from theory.profiles import parse_profile
from theory.pure_equilibria import pure_equilibria
from theory.symbols import P, R, S, T, discount
from theory.values import value_program

USUAL: tuple[dict[str, object], ...] = ({}, {"R": 3, "S": 0, "T": 5, "P": 1})
Six = Sequence[object]  # p_CD, p_DC, p_DD, q_CD, q_DC, q_DD, each player's own action first


def any_ipd(gamma: object, **numbers: object) -> Game:
    """Memory-one IPD without the class T > R > P > S."""
    return replace(ipd(), ordering=()).with_parameters({"gamma": gamma, **numbers})


def mixed(game: Game, first: Sequence[object], second: Sequence[object]) -> MixedProfile:
    """Both players' chances to cooperate after ∅, CC, CD, DC, DD, each with its own action first."""
    assert game.own_view is not None
    rows: list[MixedPolicy] = []
    for view, own in zip(game.own_view, (first, second), strict=True):
        chances = [Rational(str(own[seen])) for seen in view]
        rows.append(tuple((chance, 1 - chance) for chance in chances))
    return tuple(rows)


def cooperative(game: Game, six: Six) -> MixedProfile:
    return mixed(game, (1, 1, *six[:3]), (1, 1, *six[3:]))


def no_deviation(game: Game, profile: MixedProfile) -> bool:
    return mixed_deviation(game, profile, 0) is None and mixed_deviation(game, profile, 1) is None


# -------------------------------------------------------------------------------------------------- independent oracles


def solved(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Gauss and Jordan."""
    rows = [[*row, entry] for row, entry in zip(matrix, right, strict=True)]
    for k in range(len(rows)):
        pivot = next(r for r in range(k, len(rows)) if rows[r][k] != 0)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for r in range(len(rows)):
            if r != k:
                rows[r] = [a - rows[r][k] * b for a, b in zip(rows[r], rows[k], strict=True)]
    return [row[-1] for row in rows]


def fraction(number: Rational) -> Fraction:
    return Fraction(int(number.p), int(number.q))


def walked(game: Game, first: Sequence[Fraction], second: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """Values of chances to cooperate after ∅, CC, CD, DC, DD (player 1's action first), by one linear system."""
    gamma = fraction(game.value_of(discount))
    r, s, t, p = (fraction(game.value_of(symbol)) for symbol in (R, S, T, P))
    matrix, rewards = [], ([], [])  # type: ignore[var-annotated]
    for state in range(5):
        x, y = first[state], second[state]
        chances = (x * y, x * (1 - y), (1 - x) * y, (1 - x) * (1 - y))
        matrix.append([Fraction(int(k == state)) - (gamma * chances[k - 1] if k else 0) for k in range(5)])
        rewards[0].append(sum(c * u for c, u in zip(chances, (r, s, t, p), strict=True)))
        rewards[1].append(sum(c * u for c, u in zip(chances, (r, t, s, p), strict=True)))
    return solved(matrix, rewards[0])[0], solved(matrix, rewards[1])[0]


def best_gain(game: Game, profile: MixedProfile, player: int) -> Fraction:
    """The largest gain by a pure stationary reply: all 32 are tried."""
    chances = [[fraction(row[0]) for row in policy] for policy in profile]
    base = walked(game, *chances)[player]
    replies = ([Fraction(c) for c in reply] for reply in product((0, 1), repeat=5))
    return max(walked(game, *(*chances[:player], reply, *chances[player + 1 :]))[player] - base for reply in replies)


def akin(game: Game, six: Six) -> bool:
    """The conditions of Akin (2012) with a discount factor, written from the paper's notation: (p₁, …, p₄), T > R."""
    gamma = game.value_of(discount)
    t, r, s, p = (game.value_of(symbol) for symbol in (T, R, S, P))
    for p2, p3, p4 in (six[:3], six[3:]):
        x2, x3, x4 = (Rational(str(x)) for x in (p2, p3, p4))
        stays = gamma * (1 - x2)
        if (t - r) * (1 - gamma + gamma * x3) > (r - s) * stays or (t - r) * (1 - gamma + gamma * x4) > (r - p) * stays:
            return False
    return True


# ------------------------------------------------------------------------------------------------------- mixed profiles


@settings(max_examples=30, deadline=None)
@given(strategies.memory_one_games(), st.data())
def test_payoffs_and_best_replies_of_mixed_profiles(game: Game, data: st.DataObject) -> None:
    chances = [[data.draw(strategies.rationals(0, 1, 4)) for _ in range(5)] for _ in range(2)]
    profile = tuple(tuple((c, 1 - c) for c in own) for own in chances)
    values = value_program(game.instance(), "direct").at(as_parameters(game, profile))["value"]
    assert mixed_payoffs(game, profile) == values
    for player in (0, 1):
        found = mixed_deviation(game, profile, player)
        best = max(
            mixed_payoffs(game, (*profile[:player], as_mixed(game, (reply, reply))[0], *profile[player + 1 :]))[player]
            for reply in product((0, 1), repeat=5)
        )
        assert (0 if found is None else found.gain) == best - values[player]


def test_pure_profiles_written_as_mixed_ones() -> None:
    game = ipd()
    for text in ("AllC", "WSLS", "TFT;AllD", "Grim"):
        profile = parse_profile(game, text)
        assert mixed_payoffs(game, as_mixed(game, profile)) == payoffs(game, profile)
        for player in (0, 1):
            assert mixed_deviation(game, as_mixed(game, profile), player) == best_deviation(game, profile, player)


def test_a_mixed_deviation_by_hand() -> None:
    # Against Stag with probability 1/2 Stag pays 2, Hare 5/2; half and half pays 9/4.
    half = Rational(1, 2)
    even: MixedProfile = (((half, half),),) * 2
    assert mixed_payoffs(stag_hunt(), even) == (Rational(9, 4), Rational(9, 4))
    assert mixed_deviation(stag_hunt(), even, 1) == Deviation(1, (1,), Rational(1, 4))


# ------------------------------------------------------------------------------------------------------------ the forms


def test_the_forms_by_hand() -> None:
    # The module's two inequalities for each player against the other's q, which player 1 sees as q_DC after the
    # other's own CD, and which bear the names of player 1's order of actions.
    game = ipd()
    found = cooperative_set(game)
    p, q = parameters(game, "direct")
    assert found.ones == (p[0], p[1], q[0], q[1]) and found.free == (*p[2:], *q[2:])

    def forms(cd: Expr, dc: Expr, dd: Expr) -> list[Expr]:
        stays = discount * (1 - cd)
        return [
            (R - S) * stays - (T - R) * (1 - discount + discount * dc),
            (R - P) * stays - (T - R) * (1 - discount + discount * dd),
        ]

    expected = [*forms(q[3], q[2], q[4]), *forms(p[2], p[3], p[4])]
    assert [expand(a - b) for a, b in zip(found.slacks, expected, strict=True)] == [0] * 4


def test_known_strategies() -> None:
    for numbers in USUAL:
        game = ipd(**numbers)
        members = {
            text: cooperative_set(game).contains(as_mixed(game, parse_profile(game, text)))
            for text in ("TFT", "Grim", "Grim;TFT", "WSLS", "AllC", "AllD", "D:CDDD")
        }
        expected = dict.fromkeys(members, False) | dict.fromkeys(("TFT", "Grim", "Grim;TFT"), True)
        assert members == expected


def test_generous_tit_for_tat_by_hand() -> None:
    # p = (1, x, 1, x): (T − R)(1 − γ + γ) ≤ γ(R − S)(1 − x) and (T − R)(1 − γ + γx) ≤ γ(R − P)(1 − x).
    # Payoffs −1, −3, 0, −2, γ = 24/25: 25 ≤ 48 (1 − x) and 1 + 24 x ≤ 24 (1 − x), both x ≤ 23/48.
    game = ipd()
    found = cooperative_set(game)
    for x, inside in ((Rational(23, 48), True), (Rational(231, 480), False), (0, True)):
        profile = cooperative(game, (x, 1, x, x, 1, x))
        assert found.contains(profile) is inside is no_deviation(game, profile)
    assert found.slacks_at(cooperative(game, ("23/48", 1, "23/48") * 2)) == (0, 0, 0, 0)


@pytest.mark.parametrize(("gamma", "inside"), [("49/100", False), ("1/2", True)])
def test_the_set_is_empty_for_impatient_players(gamma: str, inside: bool) -> None:
    # Every slack falls in every free probability, so the set is empty exactly if Grim, where all are 0, is not in it:
    # γ < (T − R)/(T − P).
    game = ipd(gamma=gamma)
    found = cooperative_set(game)
    assert found.contains(as_mixed(game, parse_profile(game, "Grim"))) is inside
    free = set(found.free)
    for slack in found.slacks:
        slopes = [game.value_of(slack.diff(symbol)) for symbol in free]
        assert all(slope <= 0 for slope in slopes)  # the slacks are linear in the probabilities


def test_in_the_limit_the_conditions_are_akins() -> None:
    game = ipd()
    p, q = parameters(game, "direct")
    limits = [slack.subs(discount, 1) for slack in cooperative_set(game).slacks]
    ratio_3, ratio_4 = (T - R) / (R - S), (T - R) / (R - P)
    for (third, fourth), own, view in ((limits[2:], p, (2, 3, 4)), (limits[:2], q, (3, 2, 4))):
        p2, p3, p4 = (own[k] for k in view)
        assert expand(third - (R - S) * ((1 - p2) - ratio_3 * p3)).simplify() == 0
        assert expand(fourth - (R - P) * ((1 - p2) - ratio_4 * p4)).simplify() == 0


# --------------------------------------------------------------------------------------------------- the deviation test

chances = strategies.rationals(0, 1, 8)
PATIENT = [Rational(1, 2), Rational(2, 3), Rational(9, 10), Rational(24, 25)]


def on_the_boundary(game: Game, six: list[Rational], which: int) -> list[Rational] | None:
    """The point with one p_DC, p_DD, q_DC or q_DD changed so that one slack is zero, if that is a probability."""
    symbol = [1, 2, 4, 5][which]
    base = [*six[:symbol], Integer(0), *six[symbol + 1 :]]
    found = cooperative_set(game)
    order = [2, 3, 0, 1][which]  # the first two slacks ask about player 2's policy
    at_0, at_1 = (
        found.slacks_at(cooperative(game, [*base[:symbol], Integer(end), *base[symbol + 1 :]]))[order] for end in (0, 1)
    )
    if not (at_0 >= 0 >= at_1 and at_0 != at_1):
        return None
    return [*base[:symbol], at_0 / (at_0 - at_1), *base[symbol + 1 :]]


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(st.lists(chances, min_size=6, max_size=6), st.sampled_from(PATIENT), st.sampled_from(USUAL), st.integers(0, 3))
def test_membership_agrees_with_the_deviation_test_inside_outside_and_on_the_edge(
    six: list[Rational], gamma: Rational, numbers: dict[str, object], which: int
) -> None:
    game = ipd(gamma=gamma, **numbers)
    found = cooperative_set(game)
    points = [six]
    edge = on_the_boundary(game, six, which)
    if edge is not None:
        symbol, tiny = [1, 2, 4, 5][which], Rational(1, 10**6)
        assert 0 in found.slacks_at(cooperative(game, edge))
        points.append(edge)
        points += [
            [*edge[:symbol], edge[symbol] + d, *edge[symbol + 1 :]] for d in (-tiny, tiny) if 0 <= edge[symbol] + d <= 1
        ]
    for at in points:
        profile = cooperative(game, at)
        assert found.contains(profile) is no_deviation(game, profile) is akin(game, at)


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(
    st.lists(strategies.rationals(0, 1, 3), min_size=6, max_size=6),
    st.sampled_from([Rational(0), Rational(1, 3), Rational(9, 10)]),
    st.tuples(*[st.integers(-2, 2)] * 4),
)
def test_membership_agrees_with_all_replies_for_any_payoffs(
    six: list[Rational], gamma: Rational, numbers: tuple[int, ...]
) -> None:
    game = any_ipd(gamma, **dict(zip("RSTP", numbers, strict=True)))
    profile = cooperative(game, six)
    gains = [best_gain(game, profile, player) for player in (0, 1)]
    assert cooperative_set(game).contains(profile) is (max(gains) <= 0)
    # Two slacks tell which of the players would deviate.
    slacks = cooperative_set(game).slacks_at(profile)
    for player in (0, 1):
        assert (gains[player] <= 0) is bool(min(slacks[2 * player : 2 * player + 2]) >= 0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(strategies.rationals(0, 1, 3), min_size=3, max_size=3),
    st.sampled_from([Rational(1, 3), Rational(9, 10)]),
    st.tuples(*[st.integers(-2, 2)] * 4),
    st.booleans(),
)
def test_slacks_are_positive_exactly_where_leaving_the_path_strictly_loses(
    three: list[Rational], gamma: Rational, numbers: tuple[int, ...], to_the_edge: bool
) -> None:
    game = any_ipd(gamma, **dict(zip("RSTP", numbers, strict=True)))
    edge = on_the_boundary(game, [*three, *three], 2) if to_the_edge else None
    profile = cooperative(game, [*three, *three] if edge is None else [*edge[:3], *three])
    first, second = ([fraction(row[0]) for row in policy] for policy in profile)
    base = walked(game, first, second)[1]
    replies = [[Fraction(c) for c in reply] for reply in product((0, 1), repeat=5) if 0 in reply[:2]]
    leaving = max(walked(game, first, reply)[1] - base for reply in replies)
    assert (leaving < 0) is bool(min(cooperative_set(game).slacks_at(profile)[2:]) > 0)


@settings(max_examples=25, deadline=None)
@given(strategies.memory_one_games(stage=strategies.one_shot_games(actions=(2, 2))), st.data())
def test_games_whose_players_have_different_payoffs(game: Game, data: st.DataObject) -> None:
    six = data.draw(st.lists(strategies.rationals(0, 1, 3), min_size=6, max_size=6))
    profile = cooperative(game, six)
    assert cooperative_set(game).contains(profile) is no_deviation(game, profile)


def test_pure_members_are_the_pure_equilibria_that_cooperate() -> None:
    for numbers, gamma in product(USUAL, ("9/10", "24/25")):
        game = ipd(gamma=gamma, **numbers)
        found = cooperative_set(game)
        members = {
            profile
            for first, second in product(product((0, 1), repeat=3), repeat=2)
            if found.contains(as_mixed(game, profile := ((0, 0, *first), (0, 0, *second))))
        }
        paths = {e.profile for e in pure_equilibria(game) if all(policy[:2] == (0, 0) for policy in e.profile)}
        assert members == paths and parse_profile(game, "TFT") in members


# ---------------------------------------------------------------------------------------------------- negative controls


def disagreements(game: Game, change: Callable[[CooperativeSet], CooperativeSet], points: Sequence[Six]) -> int:
    found = change(cooperative_set(game))
    return sum(found.contains(p) is not no_deviation(game, p) for p in (cooperative(game, six) for six in points))


POINTS = [tuple(Rational(k, 4) for k in six) for six in product((0, 2), (0, 3, 4), (0, 2, 4), (0, 2), (0, 4), (0, 4))]


def test_the_deviation_test_notices_wrong_sets() -> None:
    game = ipd()
    p, q = parameters(game, "direct")
    swap = {p[2]: p[3], p[3]: p[2], q[2]: q[3], q[3]: q[2]}

    def swapped(found: CooperativeSet) -> CooperativeSet:
        return replace(found, slacks=tuple(slack.xreplace(swap) for slack in found.slacks))

    def flipped(found: CooperativeSet, which: int) -> CooperativeSet:
        return replace(found, slacks=tuple(-s if k == which else s for k, s in enumerate(found.slacks)))

    def dropped(found: CooperativeSet, which: int) -> CooperativeSet:
        return replace(found, slacks=tuple(s for k, s in enumerate(found.slacks) if k != which))

    def impatient(found: CooperativeSet) -> CooperativeSet:
        return replace(found, game=ipd(gamma="3/5"))

    assert disagreements(game, lambda found: found, POINTS) == 0
    assert disagreements(game, swapped, POINTS) > 0
    assert disagreements(game, impatient, POINTS) > 0
    for which in range(4):
        assert disagreements(game, partial(flipped, which=which), POINTS) > 0
        # Every slack is needed, in one of these games at least.
        sharp = [ipd(S=-9), ipd(S="-21/10"), ipd()]
        assert any(disagreements(other, partial(dropped, which=which), POINTS) > 0 for other in sharp)


# --------------------------------------------------------------------------------------------- rest points, equilibria


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TFT", PointKind.NASH),
        ("Grim", PointKind.NASH),
        ("AllD", PointKind.NASH),
        ("AllC", PointKind.MOVING),
        ("WSLS", PointKind.MOVING),  # defecting once gains (T − R)(1 − γ)
        ("TFT;AllD", PointKind.MOVING),
    ],
)
def test_known_profiles_are_classified(text: str, kind: PointKind) -> None:
    game = ipd()
    profile = parse_profile(game, text)
    found = classify(game, as_mixed(game, profile))
    assert found.kind is kind
    assert (found.kind is PointKind.NASH) is is_equilibrium(game, profile)
    expected = [d for player in (0, 1) if (d := best_deviation(game, profile, player)) is not None]
    assert list(found.deviations) == expected


def test_a_rest_point_that_is_no_equilibrium() -> None:
    # TFT against win-stay, lose-shift. Whoever defects once while both follow their strategies earns T, S, P (player 1)
    # or T, P, S for ever, less than R. But player 1 gains by always defecting: (T + γP)/(1 − γ²) − R/(1 − γ) = 25/49.
    game = ipd()
    profile = as_mixed(game, parse_profile(game, "TFT;WSLS"))
    found = classify(game, profile)
    assert found.kind is PointKind.REST and found.moving == () and is_rest_point(game, profile)
    (deviation,) = found.deviations
    assert (deviation.player, deviation.gain) == (0, Rational(25, 49)) and best_gain(game, profile, 0) == Fraction(
        25, 49
    )
    assert deviation.reply[1] == 1 and deviation.reply[3] == 1 and deviation.reply[4] == 1  # defects after CC, DC, DD
    assert not cooperative_set(game).contains(profile)


def test_what_moves() -> None:
    game = ipd()
    found = classify(game, as_mixed(game, parse_profile(game, "AllC")))
    assert found.moving == ((0, 0), (0, 1), (1, 0), (1, 1))  # ∅ and CC; the rest is not reached


def projected_gradient_is_zero(game: Game, profile: MixedProfile) -> bool:
    """No step in one probability gains, by the values alone."""
    values = as_parameters(game, profile)
    program = value_program(game.instance(), "direct")
    step = Rational(1, 10**6)
    for row in range(2):
        for symbol in parameters(game, "direct")[row]:
            here = program.at(values)["value"][row]
            moves = [d for d in (step, -step) if 0 <= values[symbol] + d <= 1]
            gains = [program.at({**values, symbol: values[symbol] + d})["value"][row] - here for d in moves]
            # In its own single probability a value is a quotient of linear functions, hence monotone.
            if any(gain > 0 for gain in gains):
                return False
    return True


corners_or_mixed = st.sampled_from([Rational(0), Rational(1), Rational(1), Rational(1, 2), Rational(1, 3)])


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.lists(corners_or_mixed, min_size=5, max_size=5)] * 2))
def test_rest_points_are_where_no_step_in_one_probability_gains(chances: tuple[list[Rational], ...]) -> None:
    game = ipd()
    profile = mixed(game, *chances)
    found = classify(game, profile)
    assert is_rest_point(game, profile) is projected_gradient_is_zero(game, profile) is (found.moving == ())
    assert (found.deviations == ()) is no_deviation(game, profile)
    assert found.kind is not PointKind.NASH or found.moving == ()  # every equilibrium rests


@settings(max_examples=40, deadline=None)
@given(st.lists(chances, min_size=6, max_size=6))
def test_cooperative_profiles_at_rest_may_lie_outside_the_set_but_never_move_inside(six: list[Rational]) -> None:
    game = ipd()
    profile = cooperative(game, six)
    kind = classify(game, profile).kind
    assert (kind is PointKind.NASH) is cooperative_set(game).contains(profile)


def test_three_actions_rest_where_all_used_ones_are_best() -> None:
    cells = {(k, 0): (Integer(u), Integer(0)) for k, u in enumerate((1, 1, 0))}
    game = normal_form("three", [["A", "B", "C"], ["X", "Y"]], cells | {(k, 1): v for (k, _), v in cells.items()})
    half, third = Rational(1, 2), Rational(1, 3)
    other = ((half, half),)
    rests: MixedProfile = (((half, half, Integer(0)),), other)
    moves: MixedProfile = (((third, third, third),), other)
    assert classify(game, rests).kind is PointKind.NASH
    assert classify(game, moves).moving == ((0, 0),)


# --------------------------------------------------------------------------------------------------------- bad input


def test_games_that_are_not_repeated_dilemmas_are_refused() -> None:
    three = normal_form("three", [["A", "B", "C"]] * 2, {k: (Integer(0),) * 2 for k in product(range(3), repeat=2)})
    uneven = replace(ipd(), reward=(ipd().reward[0], *((ipd().reward[0][::-1],) * 4)))
    late = replace(ipd(), start=tuple(Integer(int(s == 1)) for s in range(5)))
    for game in (stag_hunt(), ipd_finite(), memory_one(three, Rational(1, 2), name="large"), uneven, late):
        with pytest.raises(BadInput, match="not a memory-one repeated game of two players"):
            cooperative_set(game)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((Rational(1, 2), Rational(1, 3)), "sum to 5/6"),
        ((Rational(3, 2), Rational(-1, 2)), "needs 2 exact probabilities of player 1"),
        ((0.5, 0.5), "needs 2 exact probabilities of player 1"),
        ((Rational(1),), "needs 2 exact probabilities of player 1"),
    ],
)
def test_profiles_that_are_no_distributions_are_refused(row: tuple[Rational, ...], reason: str) -> None:
    game = stag_hunt()
    profile: MixedProfile = ((row,), ((Rational(1), Rational(0)),))
    for question in (mixed_payoffs, classify, is_rest_point):
        with pytest.raises(BadInput, match=reason):
            question(game, profile)
    with pytest.raises(BadInput, match=reason):
        mixed_deviation(game, profile, 1)
    repeated = ipd()
    with pytest.raises(BadInput, match="policies for 2 players"):
        cooperative_set(repeated).contains(as_mixed(repeated, parse_profile(repeated, "TFT"))[:1])
