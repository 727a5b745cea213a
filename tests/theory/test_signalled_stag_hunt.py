"""The signalled Stag Hunt: one Stag Hunt per context, nothing between them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Expr, Integer, Rational, Symbol

from theory.equilibria import StationaryProfile, best_deviation, is_equilibrium, is_strict, payoffs, strict_equilibria
from theory.errors import BadInput
from theory.exact import definite_sign, is_zero
from theory.games import Game, normal_form, signalled_stag_hunt
from theory.games.features import features
from theory.policies import parameters
from theory.pure_equilibria import pure_equilibria, risk_dominant
from theory.symbols import P, R, S
from theory.values import value_program

STAG, HARE = ((0,), (0,)), ((1,), (1,))


def context(game: Game, state: int) -> Game:
    """One context's one-shot game, from the tables."""
    paid = dict(zip(game.joint_actions, game.instance().reward[state], strict=True))
    return normal_form(game.states[state], game.actions, paid)


def everywhere(action: int) -> StationaryProfile:
    return ((action,) * 4,) * 2


def test_every_context_is_a_stag_hunt() -> None:
    game = signalled_stag_hunt()
    for state, temptation in enumerate((Rational(1), Rational(11, 6), Rational(8, 3), Rational(7, 2))):
        here = context(game, state)
        assert here.reward[0] == ((4, 4), (0, temptation), (temptation, 0), (2, 2))
        assert strict_equilibria(here) == (STAG, HARE)


def test_hunting_is_risk_dominant_in_the_first_two_contexts_only() -> None:
    game = signalled_stag_hunt()
    found = [risk_dominant(context(game, state), STAG, HARE) for state in range(4)]
    assert found == [STAG, STAG, HARE, HARE]


def test_the_whole_class_has_both_equilibria_in_every_context() -> None:
    game = signalled_stag_hunt()
    for rows in game.reward:
        (both, _), (lonely, tempted), _, (safe, _) = rows
        assert definite_sign(both - tempted, game.ordering) == 1
        assert definite_sign(safe - lonely, game.ordering) == 1


@pytest.mark.parametrize("values", [{"T_1": 4}, {"T_4": 5}, {"R": "7/2"}, {"S": 2}, {"P": 0}])
def test_parameters_outside_the_class_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="defines this class"):
        signalled_stag_hunt(**values)


def test_one_parameter_moves_one_context() -> None:
    game = signalled_stag_hunt(T_2=3)
    assert [context(game, state).reward[0][2][0] for state in range(4)] == [1, 3, Rational(8, 3), Rational(7, 2)]


def test_the_equilibria_are_one_of_two_in_every_context() -> None:
    """Stag or Hare in each of four contexts: 16 equilibria, all strict, the target the best of them."""
    game = signalled_stag_hunt()
    found = pure_equilibria(game)
    assert len(found) == 16 and all(entry.strict for entry in found)
    for entry in found:
        assert entry.profile[0] == entry.profile[1]
        hares = sum(entry.profile[0])
        assert entry.payoffs == ((Rational(4 * (4 - hares) + 2 * hares, 4),) * 2)
    assert payoffs(game, everywhere(0)) == (4, 4) and payoffs(game, everywhere(1)) == (2, 2)
    assert game.target == ("Stag", "Stag")


def test_a_context_outside_the_class_loses_its_equilibrium() -> None:
    game = replace(signalled_stag_hunt(), ordering=()).with_parameters({"T_4": 5})
    assert not is_strict(context(game, 3), STAG) and not is_equilibrium(game, everywhere(0))
    deviation = best_deviation(game, everywhere(0), 0)
    assert deviation is not None and deviation.reply == (0, 0, 0, 1)
    assert deviation.gain == Rational(1, 4)  # 5 − 4 in one context of four


def value(game: Game) -> Expr:
    """V¹ in closed form."""
    return value_program(game).closed_form()["value"][0]


def test_the_value_is_the_mean_of_the_contexts_own() -> None:
    """V¹ = ¼ Σ_k [R pq + S p(1−q) + T_k (1−p)q + P (1−p)(1−q)], p and q those of context k."""
    game = signalled_stag_hunt()
    first, second = parameters(game, "direct")
    expected = Integer(0)
    for k, (p, q) in enumerate(zip(first, second, strict=True)):
        t = Symbol(f"T_{k + 1}", real=True)
        expected += (R * p * q + S * p * (1 - q) + t * (1 - p) * q + P * (1 - p) * (1 - q)) / 4
    assert is_zero(value(game) - expected)
    shuffled = replace(game, reward=(game.reward[1], game.reward[0], *game.reward[2:]))
    assert not is_zero(value(shuffled) - expected)


def test_features_are_one_number_for_four_contexts() -> None:
    table = tuple((Integer(1), Rational(k, 3)) for k in range(4))
    assert features(signalled_stag_hunt()) == (table, table)
