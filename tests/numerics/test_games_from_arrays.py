"""Games from arrays and from nashpy: every number exact, and whatever cannot be used refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import nashpy  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sympy import Rational

from numerics.games_from_arrays import game_from_arrays, game_from_nashpy
from theory.errors import BadInput
from theory.games import stag_hunt
from theory.pure_equilibria import pure_equilibria

HUNT = [[4, 0], [3, 2]]
STAG = ["Stag", "Hare"]


def test_the_named_game_from_arrays_and_from_nashpy() -> None:
    row = np.array(HUNT)
    game = game_from_arrays("stag-hunt", [row, row.T], STAG)
    assert game == stag_hunt().instance()  # with the payoff-dominant strict equilibrium as its target
    assert game_from_nashpy("stag-hunt", nashpy.Game(row, row.T), STAG) == game
    assert game_from_arrays("stag-hunt", np.stack([row, row.T]), STAG) == game
    # Negative control: a column matrix that is not transposed is another game.
    assert game_from_arrays("stag-hunt", [row, row], STAG) != game


def test_a_zero_sum_game_of_nashpy_with_one_matrix() -> None:
    game = game_from_nashpy("pennies", nashpy.Game([[1, -1], [-1, 1]]))
    assert game.actions == (("A", "B"),) * 2 and game.target is None
    assert game.reward == (((1, -1), (-1, 1), (-1, 1), (1, -1)),)


def test_three_players_and_their_own_actions() -> None:
    payoffs = np.arange(36).reshape(3, 2, 3, 2)
    game = game_from_arrays("three", payoffs, [["A", "B"], ["L", "M", "R"], ["x", "y"]])
    for (a, b, c), row in zip(game.joint_actions, game.reward[0], strict=True):
        assert row == tuple(payoffs[:, a, b, c].tolist())


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (0.1, Rational(1, 10)),
        (np.float64(0.1), Rational(1, 10)),
        (np.float32(0.1), Rational(1, 10)),  # as float64 it would be 0.10000000149…
        (1e-7, Rational(1, 10**7)),
        (-2.5, Rational(-5, 2)),
        (1e-199, Rational(1, 10**199)),
        (np.int8(-3), Rational(-3)),
        (2**70, Rational(2**70)),
        (Fraction(1, 3), Rational(1, 3)),
        (Rational(22, 7), Rational(22, 7)),
        (Decimal("0.30"), Rational(3, 10)),
        ("24/25", Rational(24, 25)),
    ],
)
def test_numbers_are_exact(entry: object, value: Rational) -> None:
    assert game_from_arrays("own", [[[entry, 0], [0, 0]], HUNT]).reward[0][0] == (value, 4)


@settings(max_examples=50, deadline=None)
@given(
    payoffs=hnp.arrays(np.float64, (2, 2, 3), elements=st.just(0.0) | st.floats(1e-199, 1e6) | st.floats(-1e6, -1e-199))
)
def test_every_float_stands_for_a_decimal_that_gives_it_back(payoffs: np.ndarray[Any, Any]) -> None:
    game = game_from_arrays("own", payoffs)
    for joint, row in zip(game.joint_actions, game.reward[0], strict=True):
        for player, entry in enumerate(row):
            assert float(Fraction(str(entry))) == payoffs[(player, *joint)]
            assert entry == Rational(repr(float(payoffs[(player, *joint)])))


@settings(max_examples=30, deadline=None)
@given(payoffs=hnp.arrays(np.int64, (2, 3, 3), elements=st.integers(-3, 3)))
def test_equilibria_are_those_that_nashpy_finds(payoffs: np.ndarray[Any, Any]) -> None:
    oracle = nashpy.Game(*payoffs)
    game = game_from_nashpy("own", oracle)
    corners = {
        (i, j) for i in range(3) for j in range(3) if oracle.is_best_response(np.eye(3)[i], np.eye(3)[j]) == (1, 1)
    }
    assert {tuple(policy[0] for policy in entry.profile) for entry in pure_equilibria(game)} == corners


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: game_from_arrays("own", [HUNT]), "payoffs: a game has 2 to 8 players, not 1."),
    (
        lambda: game_from_arrays("own", [HUNT, [[1e-221, 2], [3, 0]]]),
        "payoffs[1][0][0]: '1e-221' is not an exact finite",
    ),
    (lambda: game_from_arrays("own", 3), "payoffs: expected one array per player, not int."),  # type: ignore[arg-type]
    (lambda: game_from_arrays("own", np.zeros((2, 2, 2, 2))), "payoffs[0]: 2 players need arrays of 2 axes, not 3."),
    (lambda: game_from_arrays("own", [HUNT, [[1, 2], [3]]]), "payoffs[1]: 2 players need arrays of 2 axes, not 1."),
    (
        lambda: game_from_arrays("own", [HUNT, [[1, 2, 3], [4, 5, 6]]]),
        "payoffs[1]: its shape (2, 3) is not (2, 2), that of payoffs[0].",
    ),
    (lambda: game_from_arrays("own", np.zeros((2, 17, 2))), "payoffs[0]: a player has 2 to 16 actions and a game"),
    (lambda: game_from_arrays("own", np.zeros((4, 9, 9, 9, 9))), "at most 4096 joint actions, not shape (9, 9, 9, 9)."),
    (lambda: game_from_arrays("own", [HUNT, [[1, np.nan], [2, 3]]]), "payoffs[1][0][1]: 'nan' is not an exact finite"),
    (lambda: game_from_arrays("own", [np.array([[1, np.inf], [2, 3]])] * 2), "payoffs[0][0][1]: 'inf' is not"),
    (lambda: game_from_arrays("own", [HUNT, [[1, True], [2, 3]]]), "payoffs[1][0][1]: expected a number, not True."),
    (lambda: game_from_arrays("own", [HUNT, [[1, 2j], [2, 3]]]), "payoffs[1][0][1]: expected a number, not complex."),
    (lambda: game_from_arrays("own", [HUNT, [[1, None], [2, 3]]]), "expected a number, not NoneType."),
    (lambda: game_from_arrays("own", [HUNT, [[1, "x"], [2, 3]]]), "payoffs[1][0][1]: 'x' is not an exact finite"),
    (
        lambda: game_from_arrays("own", [HUNT, np.ma.masked_array(HUNT, [[0, 1], [0, 0]])]),  # type: ignore[no-untyped-call]
        "payoffs[1]: an entry is masked.",
    ),
    (lambda: game_from_arrays("own", [HUNT, HUNT], ["a b", "c"]), "actions[0]: 'a b' is not a name"),
    (lambda: game_from_arrays("own", [HUNT, HUNT], "AB"), "actions: expected an array, not 'AB'."),
    (lambda: game_from_arrays("own", [HUNT, HUNT], STAG, ["Deer", "Stag"]), "target[0]: 'Deer' is not an action"),
    (lambda: game_from_arrays("own", [HUNT, HUNT], STAG, STAG), "target: not an equilibrium, since player 1 gains 2"),
    (lambda: game_from_arrays(None, [HUNT, HUNT]), "name: expected a string, not a NoneType."),  # type: ignore[arg-type]
    (lambda: game_from_nashpy("own", HUNT), "game_from_nashpy: expected a nashpy.Game, not list."),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_used_is_refused_in_one_sentence(make: Callable[[], object], reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        make()
    message = str(caught.value)
    assert reason in message and message.startswith("game_from_") and message.endswith(".") and message.isprintable()
