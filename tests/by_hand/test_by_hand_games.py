"""The named games worked on paper: payoffs, equilibria, and what each says about peer and own learning.

p, q (or p₁, p₂, p₃) are probabilities of the first action; a prime is the point after one inner step.
"""

from __future__ import annotations

import pytest
from sympy import Expr, Rational, Symbol

from theory.decomposition import decompose
from theory.equilibria import best_deviation, is_equilibrium, is_strict, payoff_dominant, strict_equilibria
from theory.errors import BadInput
from theory.exact import definite_sign, is_zero
from theory.games import (
    REGISTRY,
    Game,
    battle_of_the_sexes,
    chicken,
    coordination,
    ipd,
    ipd_from_cc,
    matching_pennies,
    public_goods,
    stag_hunt_3,
)
from theory.policies import Coordinates, in_probabilities, parameters
from theory.symbols import P, R, S, alpha
from theory.updates import Form
from theory.values import value_program


def flat(game: Game, policy: Coordinates = "direct") -> list[Symbol]:
    """The parameters of a one-shot game of two actions each, one per player."""
    return [symbol for row in parameters(game, policy) for symbol in row]


def values_at(game: Game, *point: str) -> tuple[Rational, ...]:
    inputs = dict(zip(flat(game), map(Rational, point), strict=True))
    return value_program(game).at({**inputs, **dict(game.parameters)})["value"]


def terms_at(game: Game, step: str, *point: str, form: Form = "unrolled") -> dict[str, Rational]:
    inputs = dict(zip(flat(game), map(Rational, point), strict=True))
    program = decompose(game, "direct", 1, form).program
    blocks = program.at({**inputs, alpha: Rational(step), **dict(game.parameters)})
    return {name: row[0] for name, row in blocks.items()}


def table(game: Game) -> dict[str, tuple[Expr, ...]]:
    """Payoffs at the current parameters by joint action."""
    instance = game.instance()
    return {
        instance.action_names(action): row
        for action, row in zip(instance.joint_actions, instance.reward[0], strict=True)
    }


def strict(game: Game) -> list[str]:
    return [game.action_names(tuple(policy[0] for policy in profile)) for profile in strict_equilibria(game)]


def peer_signs(game: Game) -> tuple[int, ...]:
    """Signs of the expanded peer terms at all corners of the square, if they agree there."""
    corners = [terms_at(game, "1", p, q, form="expanded") for p in "01" for q in "01"]
    signs = {tuple(1 if entry[f"peer_{i}"] > 0 else -1 for i in (1, 2)) for entry in corners}
    assert len(signs) == 1
    return signs.pop()


# ---------------------------------------------------------------------------------------------------- whole classes

ONE_SHOT = [
    game for make in REGISTRY.values() if isinstance(game := make(), Game) and game.one_shot and game.target is not None
]


@pytest.mark.parametrize("game", ONE_SHOT, ids=lambda game: game.name)
def test_the_target_is_a_strict_equilibrium_of_the_whole_class(game: Game) -> None:
    assert game.target is not None
    target = tuple(game.action_index(player, action) for player, action in enumerate(game.target))
    paid = game.reward[0][game.joint_actions.index(target)]
    for other, row in zip(game.joint_actions, game.reward[0], strict=True):
        moved = [player for player in range(game.players) if other[player] != target[player]]
        if len(moved) == 1:
            assert definite_sign(paid[moved[0]] - row[moved[0]], game.ordering) == 1
    assert is_strict(game, tuple((action,) for action in target))


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("chicken", [{"T": 3}, {"R": 1}, {"S": 0}, {"T": "29/10"}, {"P": 1}]),
        ("battle-of-the-sexes", [{"a": 1}, {"b": 2}, {"b": 0}, {"b": -1}, {"a": "1/2"}]),
        ("coordination", [{"T": 2}, {"S": 1}, {"P": 2}, {"R": 1}]),
        ("public-goods", [{"m": 1}, {"m": 3}, {"m": 4}, {"m": "99/100"}]),
        ("stag-hunt-3", [{"P": 4}, {"P": 0}, {"S": 2}, {"R": 2}]),
        ("matching-pennies", [{"R": 1}]),
    ],
)
def test_parameters_outside_the_class_are_refused(name: str, outside: list[dict[str, object]]) -> None:
    for values in outside:
        with pytest.raises(BadInput):
            REGISTRY[name](**values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("chicken", {"T": "301/100", "S": "1/100"}),
        ("battle-of-the-sexes", {"a": "101/100"}),
        ("coordination", {"P": "199/100", "S": -7}),
        ("public-goods", {"m": "299/100"}),
        ("stag-hunt-3", {"R": "201/100"}),
        ("matching-pennies", {}),
    ],
)
def test_parameters_inside_the_class_are_kept(name: str, values: dict[str, object]) -> None:
    found = {symbol.name: value for symbol, value in REGISTRY[name](**values).parameters}
    assert all(found[parameter] == Rational(str(value)) for parameter, value in values.items())


# ---------------------------------------------------------------------------------------------------------- chicken
#
# V¹ = 3pq + p(1−q) + 4(1−p)q = p + 4q − 2pq with p, q the probabilities of swerving; V² the same with p and q swapped.
# g₁ = 1 − 2q (zero at q = 1/2), ∂V¹/∂q = 4 − 2p, D = 3 − 1 − 4 + 0 = −2.


def test_chicken_payoffs_and_equilibria() -> None:
    game = chicken()
    assert table(game) == {
        "Swerve,Swerve": (3, 3),
        "Swerve,Straight": (1, 4),
        "Straight,Swerve": (4, 1),
        "Straight,Straight": (0, 0),
    }
    assert strict(game) == ["Swerve,Straight", "Straight,Swerve"]
    assert payoff_dominant(game) is None  # 4 and 1 against 1 and 4
    assert game.target == ("Straight", "Swerve")
    for both in (0, 1):  # both swerve: driving on gains 4 − 3; both drive on: swerving gains 1 − 0
        deviation = best_deviation(game, ((both,), (both,)), 0)
        assert deviation is not None and deviation.gain == 1
    assert values_at(game, "1/2", "1/2") == (2, 2)  # the mixed equilibrium
    assert values_at(game, "1/2", "1/4") == (Rational(5, 4), 2)  # 1/2 + 1 − 1/4 and 1/4 + 2 − 1/4


def test_chicken_peer_terms_drive_both_players_on() -> None:
    """p = 1/2, q = 1/4, α = 1/10: g = (1/2, 0), so p′ = 11/20, q′ = 1/4."""
    terms = terms_at(chicken(), "1/10", "1/2", "1/4")
    assert terms["current_1"] == Rational(1, 2) and terms["current_2"] == Rational(-1, 10)  # 1 − 11/10
    assert terms["own_1"] == terms["own_2"] == 0
    assert terms["peer_1"] == Rational(-29, 50)  # 1/10 · (−2) · (4 − 11/10)
    assert terms["peer_2"] == Rational(-7, 10)  # 1/10 · (−2) · (4 − 1/2)
    # αD(4 − 2p′) < 0 everywhere: towards the target's Straight for player 1, away from its Swerve for player 2.
    assert peer_signs(chicken()) == (-1, -1)


# ------------------------------------------------------------------------------------------- battle of the sexes 2, 1
#
# V¹ = 2pq + (1−p)(1−q) = 3pq − p − q + 1, V² = pq + 2(1−p)(1−q) = 3pq − 2p − 2q + 2.
# g₁ = 3q − 1 (zero at q = 1/3), g₂ = 3p − 2 (zero at p = 2/3), ∂V¹/∂q = 3p − 1, ∂V²/∂p = 3q − 2.


def test_battle_of_the_sexes_payoffs_and_equilibria() -> None:
    game = battle_of_the_sexes()
    assert table(game) == {
        "Opera,Opera": (2, 1),
        "Opera,Football": (0, 0),
        "Football,Opera": (0, 0),
        "Football,Football": (1, 2),
    }
    assert strict(game) == ["Opera,Opera", "Football,Football"]
    assert payoff_dominant(game) is None
    assert game.target == ("Opera", "Opera")
    assert values_at(game, "2/3", "1/3") == (Rational(2, 3), Rational(2, 3))  # mixed: 2/3 − 1 + 1, 2/3 − 4/3 − 2/3 + 2


def test_battle_of_the_sexes_one_step() -> None:
    """p = q = 1/2, α = 1/10: g = (1/2, −1/2), so p′ = 11/20, q′ = 9/20."""
    terms = terms_at(battle_of_the_sexes(), "1/10", "1/2", "1/2")
    assert terms["current_1"] == Rational(7, 20)  # 27/20 − 1
    assert terms["current_2"] == Rational(-7, 20)  # 33/20 − 2
    assert terms["peer_1"] == Rational(39, 200)  # 1/10 · 3 · (33/20 − 1)
    assert terms["peer_2"] == Rational(-39, 200)  # 1/10 · 3 · (27/20 − 2)
    assert terms["own_1"] == terms["own_2"] == 0


def test_battle_of_the_sexes_peer_term_in_general() -> None:
    """peer₁ = α(a + b)[(a + b)p′ − b]: the other's gain from Opera changes with p by a + b, mine with q by the rest."""
    game = battle_of_the_sexes()
    (a, _), (b, _) = game.parameters
    p, q = flat(game)
    first, second = (row[0] for row in decompose(game, form="expanded").peer_learning)
    assert is_zero(first - alpha * (a + b) * ((a + b) * p - b))
    assert is_zero(second - alpha * (a + b) * ((a + b) * q - a))
    p_next = p + alpha * ((a + b) * q - b)
    assert is_zero(decompose(game).peer_learning[0][0] - alpha * (a + b) * ((a + b) * p_next - b))


# ----------------------------------------------------------------------------------------- pure coordination 2, 0, 0, 1
#
# V¹ = V² = 2pq + (1−p)(1−q) = 3pq − p − q + 1, g₁ = 3q − 1 = ∂V/∂p, ∂V¹/∂q = 3p − 1.


def test_coordination_payoffs_and_equilibria() -> None:
    game = coordination()
    assert table(game) == {"A,A": (2, 2), "A,B": (0, 0), "B,A": (0, 0), "B,B": (1, 1)}
    assert strict(game) == ["A,A", "B,B"] and payoff_dominant(game) == ((0,), (0,))
    assert game.target == ("A", "A")
    assert values_at(game, "1/3", "1/3") == (Rational(2, 3), Rational(2, 3))  # 1/3 − 2/3 + 1
    assert values_at(game, "1/2", "1/3") == (Rational(2, 3), Rational(2, 3))  # 1/2 − 5/6 + 1


def test_coordination_one_step() -> None:
    """p = 1/2, q = 1/3, α = 1/10: g = (0, 1/2), so p′ = 1/2, q′ = 23/60."""
    terms = terms_at(coordination(), "1/10", "1/2", "1/3")
    assert terms["current_1"] == Rational(3, 20)  # 23/20 − 1
    assert terms["current_2"] == Rational(1, 2)  # 3/2 − 1
    assert terms["peer_1"] == Rational(3, 20)  # 1/10 · 3 · (3/2 − 1)
    assert terms["peer_2"] == Rational(9, 200)  # 1/10 · 3 · (23/20 − 1)
    # In a common-interest game the peer term has the sign of the own derivative of V: it pushes to B below p = 1/3.
    assert terms_at(coordination(), "1/10", "1/4", "1/3")["peer_1"] == Rational(-3, 40)  # 3/10 · (3/4 − 1)


# --------------------------------------------------------------------------------------------------- matching pennies
#
# V¹ = (2p−1)(2q−1) = −V², g₁ = 2(2q−1), g₂ = −2(2p−1), ∂²V²/∂p∂q = −4.


def test_matching_pennies_payoffs_and_no_equilibrium() -> None:
    game = matching_pennies()
    assert table(game) == {
        "Heads,Heads": (1, -1),
        "Heads,Tails": (-1, 1),
        "Tails,Heads": (-1, 1),
        "Tails,Tails": (1, -1),
    }
    assert strict(game) == [] and payoff_dominant(game) is None and game.target is None
    for joint in game.joint_actions:
        profile = tuple((action,) for action in joint)
        assert not is_equilibrium(game, profile)
        loser = best_deviation(game, profile, int(joint[0] == joint[1]))  # player 2 loses where they match
        assert loser is not None and loser.gain == 2
    assert values_at(game, "1/2", "1/7") == (0, 0)
    assert values_at(game, "3/4", "1/4") == (Rational(-1, 4), Rational(1, 4))  # 1/2 · (−1/2)


def test_matching_pennies_rests_at_one_half() -> None:
    assert set(terms_at(matching_pennies(), "1/10", "1/2", "1/2").values()) == {0}


def test_matching_pennies_peer_terms_pull_to_one_half() -> None:
    """p = 3/4, q = 1/2, α = 1/10: g = (0, −1), so p′ = 3/4, q′ = 2/5."""
    terms = terms_at(matching_pennies(), "1/10", "3/4", "1/2")
    assert terms["current_1"] == Rational(-2, 5)  # 2 · (4/5 − 1)
    assert terms["current_2"] == -1  # −2 · (3/2 − 1)
    assert terms["peer_1"] == Rational(-2, 5)  # 1/10 · (−4) · 2 · (3/2 − 1)
    assert terms["peer_2"] == Rational(4, 25)  # 1/10 · 4 · (−2) · (4/5 − 1)
    p, q = flat(matching_pennies())
    first, second = (row[0] for row in decompose(matching_pennies(), form="expanded").peer_learning)
    assert is_zero(first + 8 * alpha * (2 * p - 1)) and is_zero(second + 8 * alpha * (2 * q - 1))


# -------------------------------------------------------------------------------------------------- public goods m = 2
#
# V¹ = 2/3 (p₁ + p₂ + p₃) + 1 − p₁: every player's value is a sum over players, g_i = m/3 − 1 everywhere.


def test_public_goods_payoffs_and_equilibrium() -> None:
    game = public_goods()
    found = table(game)
    assert found["Contribute,Contribute,Contribute"] == (2, 2, 2)
    assert found["Contribute,Contribute,Keep"] == (Rational(4, 3), Rational(4, 3), Rational(7, 3))
    assert found["Keep,Contribute,Contribute"] == (Rational(7, 3), Rational(4, 3), Rational(4, 3))
    assert found["Keep,Contribute,Keep"] == (Rational(5, 3), Rational(2, 3), Rational(5, 3))
    assert found["Keep,Keep,Keep"] == (1, 1, 1)
    assert strict(game) == ["Keep,Keep,Keep"] and game.target == ("Keep",) * 3
    everyone = best_deviation(game, ((0,),) * 3, 1)
    assert everyone is not None and everyone.gain == Rational(1, 3)  # 7/3 − 2
    assert values_at(game, "1/2", "1/3", "1/4") == (Rational(11, 9), Rational(25, 18), Rational(53, 36))
    # 2/3 · 13/12 = 13/18, then + 1/2, + 2/3, + 3/4


@pytest.mark.parametrize("unroll", [1, 2])
def test_public_goods_has_no_peer_term(unroll: int) -> None:
    """∇_i∇_j Vʲ = 0 for every m, in both coordinates and any unroll; the own-learning term exists in logit."""
    game = public_goods()
    direct = decompose(game, "direct", unroll)
    m = game.parameters[0][0]
    assert all(is_zero(entry) for row in (*direct.peer_learning, *direct.own_learning) for entry in row)
    assert all(is_zero(row[0] - (m / 3 - 1)) for row in direct.policy_gradient)
    point = {symbol: Rational(k, 7) for k, symbol in enumerate(flat(game, "logit"), start=1)}
    logit = decompose(game, "logit", unroll).program.at({**point, alpha: Rational(1, 3), **dict(game.parameters)})
    assert all(logit[f"peer_{i}"] == (0,) and logit[f"own_{i}"] != (0,) for i in (1, 2, 3))


def test_public_goods_in_logit_coordinates() -> None:
    """At p₁ = 2/3: p′ = 2/9, p″ = p′(1 − 2p) = −2/27, g₁ = 2/9 · (−1/3) = −2/27, own₁ = p″ · (−1/3) · g₁ · α."""
    game = public_goods()
    program = in_probabilities(decompose(game, "logit", 1, "expanded").program, game)
    point = dict(zip(flat(game), (Rational(2, 3), Rational(1, 2), Rational(1, 5)), strict=True))
    found = program.at({**point, alpha: Rational(1), **dict(game.parameters)})
    assert found["current_1"] == (Rational(-2, 27),) and found["current_2"] == (Rational(-1, 12),)
    assert found["own_1"] == (Rational(-4, 2187),) and found["own_2"] == (0,)  # p″ = 0 at p = 1/2
    assert found["peer_1"] == found["peer_2"] == found["peer_3"] == (0,)


# ---------------------------------------------------------------------------------------- Stag Hunt of three 4, 0, 2
#
# V¹ = 4p₁p₂p₃ + 2(1 − p₁), g₁ = 4p₂p₃ − 2, ∂V¹/∂p₂ = 4p₁p₃, ∂²V²/∂p₁∂p₂ = 4p₃.


def test_stag_hunt_3_payoffs_and_equilibria() -> None:
    game = stag_hunt_3()
    found = table(game)
    assert found["Stag,Stag,Stag"] == (4, 4, 4)
    assert found["Stag,Stag,Hare"] == (0, 0, 2) and found["Hare,Stag,Stag"] == (2, 0, 0)
    assert found["Hare,Stag,Hare"] == (2, 0, 2)
    assert found["Hare,Hare,Hare"] == (2, 2, 2)
    assert strict(game) == ["Stag,Stag,Stag", "Hare,Hare,Hare"]
    assert payoff_dominant(game) == ((0,),) * 3 and game.target == ("Stag",) * 3
    lonely = best_deviation(game, ((0,), (1,), (1,)), 0)
    assert lonely is not None and lonely.gain == 2
    assert values_at(game, "1/2", "1/2", "1") == (2, 2, 1)  # 1 + 1, 1 + 1, 1 + 0


def test_stag_hunt_3_one_step() -> None:
    """p = (1/2, 1/2, 1), α = 1/10: g = (0, 0, −1), so p′ = (1/2, 1/2, 9/10)."""
    terms = terms_at(stag_hunt_3(), "1/10", "1/2", "1/2", "1")
    assert terms["current_1"] == terms["current_2"] == Rational(-1, 5)  # 4 · 9/20 − 2
    assert terms["current_3"] == -1
    assert terms["own_1"] == terms["own_2"] == terms["own_3"] == 0
    # peer₁ = α(4p₃ · 4p₁′p₃′ + 4p₂ · 4p₁′p₂′) = 1/10 · (4 · 9/5 + 2 · 1)
    assert terms["peer_1"] == terms["peer_2"] == Rational(23, 25)
    assert terms["peer_3"] == Rational(18, 25)  # 1/10 · (2 · 9/5 + 2 · 9/5)


def test_stag_hunt_3_peer_term_in_general() -> None:
    """peer₁ = α(R − S)² p₁(p₂² + p₃²) at φ₀: it points to Stag everywhere inside, with no condition on R, S, P."""
    game = stag_hunt_3()
    p, q, r = flat(game)
    for player, (own, one, other) in enumerate([(p, q, r), (q, p, r), (r, p, q)]):
        found = decompose(game, form="expanded").peer_learning[player][0]
        assert is_zero(found - alpha * (R - S) ** 2 * own * (one**2 + other**2))
        slope = decompose(game, form="expanded").policy_gradient[player][0]
        assert is_zero(slope - (R - S) * one * other + (P - S))


def test_numbers_that_must_not_come_out() -> None:
    """Slips that the numbers above would not forgive."""
    assert table(chicken())["Swerve,Straight"] != (4, 1)  # the players exchanged
    assert chicken().target != ("Swerve", "Straight")
    assert table(public_goods())["Keep,Contribute,Keep"] != (1 + Rational(4, 3), Rational(4, 3), 1 + Rational(4, 3))
    assert terms_at(stag_hunt_3(), "1/10", "1/2", "1/2", "1")["peer_1"] != 1  # everything at φ₀: 1/10 · (8 + 2)


# ------------------------------------------------------------------------------- the dilemma that begins after CC


def test_the_dilemma_after_cc_has_no_first_round() -> None:
    """Payoffs 3, 0, 5, 1, γ = 9/10: TFT against itself earns 3/(1 − γ) = 30; AllD 10; AllD against TFT 5 + 9 = 14."""
    game = ipd_from_cc()
    assert game.states == game.observations == ("CC", "CD", "DC", "DD")
    assert game.start == (1, 0, 0, 0) and game.own_view == ((0, 1, 2, 3), (0, 2, 1, 3))
    symbols = flat(game)
    tft, alld = (1, 0, 1, 0, 1, 1, 0, 0), (0,) * 8

    def values(profile: tuple[int, ...]) -> tuple[Rational, ...]:
        inputs = dict(zip(symbols, map(Rational, profile), strict=True))
        return value_program(game).at({**inputs, **dict(game.parameters)})["value"]

    assert values(tft) == (30, 30) and values(alld) == (10, 10)
    assert values((*alld[:4], *tft[4:])) == (14, 9)


def test_its_derivatives_are_those_after_a_certain_first_round_divided_by_the_discount() -> None:
    after, whole = ipd_from_cc(), ipd(R=3, S=0, T=5, P=1, gamma="9/10")
    point = [Rational(k, 11) for k in (8, 2, 7, 3, 9, 4, 1, 5)]
    first = dict(zip(flat(after), point, strict=True))
    rows = [*([1], point[:4]), *([1], point[4:])]
    second = dict(zip(flat(whole), map(Rational, [x for row in rows for x in row]), strict=True))
    v = decompose(after, "direct", 1, "expanded").program.at({**first, alpha: Rational(1), **dict(after.parameters)})
    w = decompose(whole, "direct", 1, "expanded").program.at({**second, alpha: Rational(1), **dict(whole.parameters)})
    gamma = Rational(9, 10)
    for player in (1, 2):
        assert all(a * gamma == b for a, b in zip(v[f"current_{player}"], w[f"current_{player}"][1:], strict=True))
