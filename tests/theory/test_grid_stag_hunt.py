"""The grid Stag Hunt against rules written again in coordinates, and its two equilibria by value iteration."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction

import pytest
from sympy import Integer, Rational

from theory.equilibria import StationaryPolicy, best_deviation, dominant, is_equilibrium, optimal_actions, payoffs
from theory.errors import BadInput
from theory.exact import definite_sign
from theory.games import Game, grid_stag_hunt, ipd, stag_hunt
from theory.games.features import features
from theory.games.grid_stag_hunt import DISCOUNT, picture
from theory.symbols import P, R, S, T

Place = tuple[int, int]  # column from the left, height: the stag is at (1, 1), hares at (0, 1) and (2, 1)
Both = tuple[Place, Place] | None  # None once play has ended

PLACES: dict[str, Place] = {"l": (0, 0), "m": (1, 0), "r": (2, 0), "s": (1, 1)}
STEPS: dict[str, Place] = {"Stay": (0, 0), "Up": (0, 1), "Down": (0, -1), "Left": (-1, 0), "Right": (1, 0)}
PAYOFFS = {"R": Fraction(4), "S": Fraction(0), "T": Fraction(3), "P": Fraction(2)}
GAMMA = Fraction(9, 10)

# What each does from its own cell, wherever the other is. Whoever stands with the stag waits for the other.
HUNTER = {"l": "Right", "m": "Up", "r": "Left", "s": "Stay", "end": "Stay"}
TAKER = {"l": "Up", "m": "Left", "r": "Up", "s": "Left", "end": "Stay"}


def step(here: Both, first: str, second: str) -> tuple[Both, tuple[Fraction, Fraction]]:
    """The rules of the game, independently of its tables."""
    if here is None:
        return None, (Fraction(0), Fraction(0))
    moved = []
    for (column, height), action in zip(here, (first, second), strict=True):
        right, up = STEPS[action]
        moved.append((min(2, max(0, column + right)), min(1, max(0, height + up))))
    fed = [height == 1 and column != 1 for column, height in moved]
    if all(fed):
        return None, (PAYOFFS["P"], PAYOFFS["P"])
    if any(fed):
        paid = (PAYOFFS["T"], PAYOFFS["S"])
        return None, paid if fed[0] else paid[::-1]
    if moved == [(1, 1), (1, 1)]:
        return None, (PAYOFFS["R"], PAYOFFS["R"])
    return (moved[0], moved[1]), (Fraction(0), Fraction(0))


def both_of(state: str) -> Both:
    return None if state == "end" else (PLACES[state[0]], PLACES[state[1]])


def fraction(entry: object) -> Fraction:
    return Fraction(str(entry))


def profile(game: Game, first: dict[str, str], second: dict[str, str]) -> tuple[StationaryPolicy, StationaryPolicy]:
    """Stationary policies that look at the own cell only."""
    rows = []
    for player, rule in enumerate((first, second)):
        cells = [state if state == "end" else state[player] for state in game.states]
        rows.append(tuple(game.action_index(player, rule[cell]) for cell in cells))
    return rows[0], rows[1]


def optimum(game: Game, other: dict[str, str], player: int) -> dict[str, Fraction]:
    """One player's best values against the other's rule, by value iteration with the rules above.

    Rewards are paid once, at the end, and are ≥ 0, so the values k rounds before the end are exact after k sweeps.
    """
    names = {both_of(state): state for state in game.states}
    values = dict.fromkeys(game.states, Fraction(0))
    for _ in range(2 * len(game.states)):
        swept = {}
        for state in game.states:
            theirs = other[state if state == "end" else state[1 - player]]
            worth = []
            for own in STEPS:
                after, paid = step(both_of(state), *((own, theirs) if player == 0 else (theirs, own)))
                worth.append(paid[player] + GAMMA * values[names[after]])
            swept[state] = max(worth)
        if swept == values:
            return values
        values = swept
    raise AssertionError("value iteration has not settled")


# ------------------------------------------------------------------------------------------------------------- tables


def differences(game: Game) -> list[tuple[str, str]]:
    """The (state, joint action) at which the tables differ from the rules."""
    instance, found = game.instance(), []
    for s, state in enumerate(game.states):
        for k, joint in enumerate(game.joint_actions):
            after, paid = step(both_of(state), *game.action_names(joint).split(","))
            row = [fraction(entry) for entry in instance.transition[s][k]]
            expected = [Fraction(int(both_of(name) == after)) for name in game.states]
            if row != expected or tuple(map(fraction, instance.reward[s][k])) != paid:
                found.append((state, game.action_names(joint)))
    return found


def test_tables_are_the_rules() -> None:
    game = grid_stag_hunt()
    assert len(game.states) == 16 and len(game.joint_actions) == 25
    assert differences(game) == []
    assert game.start == tuple(Integer(int(state == "lr")) for state in game.states)


def test_a_changed_table_is_noticed() -> None:
    game = grid_stag_hunt()
    swapped = replace(game, reward=tuple(tuple(row[::-1] for row in rows) for rows in game.reward))
    assert len(differences(swapped)) > 0
    assert all("Up" in joint or state[0] == "s" or state[1] == "s" for state, joint in differences(swapped))
    turned = replace(game, transition=(game.transition[1], *game.transition[1:]))
    assert differences(turned) and all(state == game.states[0] for state, _ in differences(turned))


def test_the_mirror_image_with_the_players_exchanged_is_the_same_game() -> None:
    game = grid_stag_hunt()
    cells, moves = str.maketrans("lr", "rl"), {"Left": "Right", "Right": "Left"}
    for s, state in enumerate(game.states):
        image = game.states.index(state if state == "end" else state[::-1].translate(cells))
        for k, (x, y) in enumerate(game.joint_actions):
            mirrored = [moves.get(game.actions[0][a], game.actions[0][a]) for a in (y, x)]
            j = game.joint_actions.index((game.action_index(0, mirrored[0]), game.action_index(1, mirrored[1])))
            assert game.reward[s][k] == game.reward[image][j][::-1]
            after, other = game.transition[s][k].index(1), game.transition[image][j].index(1)
            name = game.states[after]
            assert game.states[other] == (name if name == "end" else name[::-1].translate(cells))


# --------------------------------------------------------------------------------------------------------- equilibria


@pytest.mark.parametrize(("rule", "paid"), [(HUNTER, GAMMA * 4), (TAKER, Fraction(2))], ids=["stag", "hare"])
def test_hunting_together_and_each_its_hare_are_equilibria(rule: dict[str, str], paid: Fraction) -> None:
    game = grid_stag_hunt()
    both = profile(game, rule, rule)
    assert tuple(map(fraction, payoffs(game, both))) == (paid, paid)
    assert is_equilibrium(game, both)
    for player in (0, 1):  # the second route
        assert optimum(game, rule, player)["lr"] == paid


def test_hunting_together_is_optimal_in_every_position() -> None:
    game = grid_stag_hunt()
    both = profile(game, HUNTER, HUNTER)
    for player in (0, 1):
        best = optimal_actions(game, both, player)
        assert all(action in actions for action, actions in zip(both[player], best, strict=True))


def test_hunting_together_is_payoff_dominant() -> None:
    game = grid_stag_hunt()
    candidates = {pair: payoffs(game, pair) for pair in (profile(game, TAKER, TAKER), profile(game, HUNTER, HUNTER))}
    assert dominant(candidates) == profile(game, HUNTER, HUNTER)


def test_the_whole_class_has_both() -> None:
    """Best replies to the hunter: the stag together, γR, or a hare, T. To the taker: P or S, at once."""
    game = grid_stag_hunt()
    hunting, leaving, taking, lonely = DISCOUNT * R, T, P, S
    for better, worse in ((hunting, leaving), (hunting, taking), (taking, lonely)):
        assert definite_sign(better - worse, game.ordering) == 1
    for values in ({"R": "34/10", "T": 3}, {"R": 30, "S": -7, "T": 26, "P": -6}, {"R": 10, "S": 3, "T": 2, "P": 4}):
        other = grid_stag_hunt(**values)
        for rule in (HUNTER, TAKER):
            assert is_equilibrium(other, profile(other, rule, rule))


@pytest.mark.parametrize("values", [{"T": "18/5"}, {"T": 4}, {"R": "10/3"}, {"P": 0}, {"S": 2}, {"P": "18/5", "T": 1}])
def test_parameters_outside_the_class_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="defines this class"):
        grid_stag_hunt(**values)


def outside(**values: object) -> Game:
    """The game at parameters that its class excludes."""
    return replace(grid_stag_hunt(), ordering=()).with_parameters(values)


@pytest.mark.parametrize(
    ("values", "rule", "reply", "gain"),
    [
        ({"T": "37/10"}, HUNTER, "Up", Rational(1, 10)),  # the hare at once is worth more than γR = 36/10
        ({"S": "5/2"}, TAKER, None, Rational(1, 2)),  # to let the other have its hare is worth more
    ],
)
def test_outside_the_class_they_are_none(
    values: dict[str, object], rule: dict[str, str], reply: str | None, gain: Rational, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = outside(**values)
    for name, value in values.items():
        monkeypatch.setitem(PAYOFFS, name, Fraction(str(value)))
    both, start = profile(game, rule, rule), game.states.index("lr")
    for player in (0, 1):
        deviation = best_deviation(game, both, player)
        assert deviation is not None and deviation.gain == gain
        assert reply is None or game.actions[player][deviation.reply[start]] == reply
        assert optimum(game, rule, player)["lr"] - fraction(payoffs(game, both)[player]) == fraction(gain)


def test_one_hunter_and_one_taker_is_no_equilibrium() -> None:
    game = grid_stag_hunt()
    mixed = profile(game, HUNTER, TAKER)
    assert payoffs(game, mixed) == (0, 3)
    first, second = (best_deviation(game, mixed, player) for player in (0, 1))
    assert first is not None and first.gain == 2
    assert second is not None and second.gain == Rational(3, 5)  # joins the hunt: 18/5 − 3


def test_the_target_is_the_first_step_of_the_hunt() -> None:
    game = grid_stag_hunt()
    assert game.target == (HUNTER["l"], HUNTER["r"])


# ----------------------------------------------------------------------------------------------- views and features


def test_player_2_sees_its_own_cell_first() -> None:
    game = grid_stag_hunt()
    for o, name in enumerate(game.observations):
        assert game.seen_by(0, o) == name
        assert game.seen_by(1, o) == ("end" if name == "end" else name[1] + name[0])


def test_features_are_the_own_cell_and_the_others() -> None:
    game = grid_stag_hunt()
    first, second = features(game)
    order = "slmr"
    for o, name in enumerate(game.observations):
        for own, table in enumerate((first, second)):
            expected = [0] * 8
            if name != "end":
                expected[order.index(name[own])] = 1
                expected[4 + order.index(name[1 - own])] = 1
            assert table[o] == tuple(expected)
    assert first != second
    assert len(set(first)) == len(first)  # no two positions look alike


def test_features_by_default_are_unit_vectors_in_the_own_view() -> None:
    first, second = features(ipd())
    assert first == tuple(tuple(Integer(int(a == b)) for b in range(5)) for a in range(5))
    swap = (0, 1, 3, 2, 4)  # player 2 calls CD what player 1 calls DC
    assert second == tuple(first[swap[o]] for o in range(5))


def test_a_game_that_borrows_the_name_gets_the_default_features() -> None:
    assert features(replace(stag_hunt(), name="grid-stag-hunt")) == (((Integer(1),),),) * 2


# ------------------------------------------------------------------------------------------------------------ picture


def test_pictures() -> None:
    assert picture("lr") == "H   S   H\n.1  .   .2"
    assert picture("mm") == "H   S   H\n.   .12 ."
    assert picture("sl") == "H   S1  H\n.2  .   ."
    assert picture("end") == "H   S   H\n.   .   ."


def test_it_is_made_and_checked_quickly() -> None:
    begin = time.process_time()
    game = grid_stag_hunt(R=5)
    assert is_equilibrium(game, profile(game, HUNTER, HUNTER))
    assert time.process_time() - begin < 2
