"""Stochastic games from TOML files against every trajectory, one by one, in plain fractions.

The oracle never sees the package's tables: it plays from the numbers that the file was written from. Gradients come
from the score function, ∇P(path) = P(path) Σₜ ∇log π(aₜ | sₜ), so they share no formula with the resolvent.
"""

from __future__ import annotations

import random
import re
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

from theory import strategies
from theory.decomposition import decompose, differentiated_unroll
from theory.errors import BadInput
from theory.exact import rational
from theory.games import Game
from theory.games import toml_stochastic as documentation
from theory.games.files import load_game
from theory.policies import Coordinates, parameters
from theory.program import Builder
from theory.symbols import alpha
from theory.values import GamePoint, value_program

JointAction = tuple[int, ...]
Row = Mapping[str, Fraction]


@dataclass(frozen=True)
class Tables:
    """A stochastic game as it stands in a file."""

    states: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    start: Row
    discount: Fraction
    transition: Mapping[tuple[str, JointAction], Row]
    reward: Mapping[tuple[str, JointAction], tuple[Fraction, ...]]

    @property
    def joint(self) -> list[JointAction]:
        return list(product(*(range(len(names)) for names in self.actions)))

    def toml(self) -> str:
        def row(entries: Row) -> str:
            return "{ " + ", ".join(f'{state} = "{weight}"' for state, weight in entries.items()) + " }"

        lines = [
            'name = "drawn"',
            f"states = {list(self.states)}",
            f"actions = {[list(names) for names in self.actions]}",
            f'discount = "{self.discount}"',
            f"start = {row(self.start)}",
        ]
        for state in self.states:
            lines.append(f"[transition.{state}]")
            lines += [f"{self.key(action)} = {row(self.transition[state, action])}" for action in self.joint]
            lines.append(f"[reward.{state}]")
            lines += [
                f"{self.key(action)} = {[str(entry) for entry in self.reward[state, action]]}" for action in self.joint
            ]
        return "\n".join(lines)

    def key(self, action: JointAction) -> str:
        return '"' + ",".join(names[k] for names, k in zip(self.actions, action, strict=True)) + '"'


def drawn_tables(*states: str) -> Tables:
    """Three players with 2, 2 and 3 actions; every row leads to one or two states."""
    draw = random.Random(20240229)
    actions = (("Fish", "Rest"), ("Fish", "Rest"), ("Fish", "Rest", "Guard"))
    transition: dict[tuple[str, JointAction], Row] = {}
    reward: dict[tuple[str, JointAction], tuple[Fraction, ...]] = {}
    for place in product(states, product(range(2), range(2), range(3))):
        part, targets = Fraction(draw.randint(1, 6), 6), draw.sample(states, 2)
        row = dict(zip(targets, (part, 1 - part), strict=True))
        transition[place] = {state: weight for state, weight in row.items() if weight}
        reward[place] = tuple(Fraction(draw.randint(-6, 6), draw.randint(1, 3)) for _ in actions)
    return Tables(states, actions, {"Rich": Fraction(2, 3), "Poor": Fraction(1, 3)}, Fraction(4, 5), transition, reward)


TABLES = drawn_tables("Rich", "Poor", "Bare")
ROUNDS = 3


def unfolded(tables: Tables, horizon: int) -> Tables:
    """The same game for a number of rounds: a state per round and state, then an absorbing state without rewards."""

    def at(state: str, time: int) -> str:
        return "End" if time == horizon else f"{state}{time}"

    transition: dict[tuple[str, JointAction], Row] = {}
    reward: dict[tuple[str, JointAction], tuple[Fraction, ...]] = {}
    for now, state, action in product(range(horizon), tables.states, tables.joint):
        row: dict[str, Fraction] = {}
        for target, weight in tables.transition[state, action].items():
            row[at(target, now + 1)] = row.get(at(target, now + 1), Fraction(0)) + weight
        transition[at(state, now), action] = row
        reward[at(state, now), action] = tables.reward[state, action]
    for action in tables.joint:
        transition["End", action] = {"End": Fraction(1)}
        reward["End", action] = (Fraction(0),) * len(tables.actions)
    return Tables(
        states=(*(at(state, time) for time in range(horizon) for state in tables.states), "End"),
        actions=tables.actions,
        start={at(state, 0): weight for state, weight in tables.start.items()},
        discount=tables.discount,
        transition=transition,
        reward=reward,
    )


# ------------------------------------------------------------------------------------------- playing the game in full

Policy = Callable[[int, str, int], Fraction]  # of a player in a state: the probability of an action


@dataclass
class Played:
    """Expectations over all trajectories of a number of rounds.

    Attributes:
        value: Σ γᵗ rᵗ, one per player.
        gradient: its derivative in each parameter, [player][parameter].
        visits: Σ γᵗ P(sₜ = s), t < H, by state.
        last: P(s_H = s) by state.
        slope: its derivatives, [parameter].
        paths: how many trajectories there were.
    """

    value: list[Fraction]
    gradient: list[dict[Symbol, Fraction]]
    visits: dict[str, Fraction] = field(default_factory=dict)
    last: dict[str, Fraction] = field(default_factory=dict)
    slope: dict[str, dict[Symbol, Fraction]] = field(default_factory=dict)
    paths: int = 0


def names_of(tables: Tables) -> list[dict[str, list[Symbol]]]:
    """The package's parameter names, spelled out by hand: p1_Rich, p3_Rich_Guard, …"""
    players = range(len(tables.actions))
    return [
        {
            state: [Symbol(f"p{i + 1}_{state}", real=True)]
            if len(tables.actions[i]) == 2
            else [Symbol(f"p{i + 1}_{state}_{action}", real=True) for action in tables.actions[i]]
            for state in tables.states
        }
        for i in players
    ]


def policy_at(tables: Tables, point: Mapping[Symbol, Rational]) -> Policy:
    names = names_of(tables)

    def probability(player: int, state: str, action: int) -> Fraction:
        values = [Fraction(str(point[symbol])) for symbol in names[player][state]]
        if len(values) == 1:
            return (values[0], 1 - values[0])[action]
        return values[action] + (1 - sum(values, Fraction(0))) / len(values)

    return probability


def scores(tables: Tables, policy: Policy, state: str, action: JointAction) -> dict[Symbol, Fraction]:
    """∂ log π(action | state) in every parameter of that state."""
    found = {}
    for player, (own, names) in enumerate(zip(action, names_of(tables), strict=True)):
        symbols, chance = names[state], policy(player, state, own)
        for k, symbol in enumerate(symbols):
            slope = Fraction(1 - 2 * own) if len(symbols) == 1 else int(own == k) - Fraction(1, len(symbols))
            found[symbol] = slope / chance
    return found


def play(tables: Tables, policy: Policy, horizon: int) -> Played:
    """Walk every trajectory."""
    symbols = [symbol for names in names_of(tables) for row in names.values() for symbol in row]
    players = range(len(tables.actions))
    result = Played([Fraction(0) for _ in players], [dict.fromkeys(symbols, Fraction(0)) for _ in players])
    result.visits = dict.fromkeys(tables.states, Fraction(0))
    result.last = dict.fromkeys(tables.states, Fraction(0))
    result.slope = {state: dict.fromkeys(symbols, Fraction(0)) for state in tables.states}
    chances = {
        (state, action): [policy(player, state, own) for player, own in enumerate(action)]
        for state in tables.states
        for action in tables.joint
    }
    slopes = {
        (state, action): scores(tables, policy, state, action) for state in tables.states for action in tables.joint
    }

    def walk(state: str, chance: Fraction, time: int, score: dict[Symbol, Fraction], earned: list[Fraction]) -> None:
        if time == horizon:
            result.paths += 1
            result.last[state] += chance
            for symbol, entry in score.items():
                result.slope[state][symbol] += chance * entry
            for player in players:
                worth = chance * earned[player]
                result.value[player] += worth
                for symbol, entry in score.items():
                    result.gradient[player][symbol] += entry * worth
            return
        weight = tables.discount**time
        result.visits[state] += chance * weight
        for action in tables.joint:
            probability = chance
            for factor in chances[state, action]:
                probability *= factor
            more = dict(score)
            for symbol, entry in slopes[state, action].items():
                more[symbol] = more.get(symbol, Fraction(0)) + entry
            rewards = tables.reward[state, action]
            gains = [before + weight * reward for before, reward in zip(earned, rewards, strict=True)]
            for target, part in tables.transition[state, action].items():
                walk(target, probability * part, time + 1, more, gains)

    for state, chance in tables.start.items():
        walk(state, chance, 0, {}, [Fraction(0) for _ in players])
    return result


# -------------------------------------------------------------------------------------------------------- the package


def load(tmp_path: Path, text: str) -> Game:
    path = tmp_path / "game.toml"
    path.write_text(text)
    return load_game(path)


def interior_point(game: Game, seed: int) -> dict[Symbol, Rational]:
    """Probabilities with small denominators, none 0 or 1; rows of three actions sum to 1."""
    draw = random.Random(seed)
    point: dict[Symbol, Rational] = {}
    for names, symbols in zip(game.actions, parameters(game, "direct"), strict=True):
        for row in range(len(game.states)):
            if len(names) == 2:
                point[symbols[row]] = Rational(draw.randint(1, 8), 9)
            else:
                parts = [draw.randint(1, 4) for _ in names]
                for symbol, part in zip(symbols[3 * row : 3 * row + 3], parts, strict=True):
                    point[symbol] = Rational(part, sum(parts))
    return point


@dataclass(frozen=True)
class Found:
    """What the package says at one point, in fractions."""

    value: list[Fraction]
    visits: dict[str, Fraction]
    gradient: list[dict[Symbol, Fraction]]


def found_at(game: Game, point: Mapping[Symbol, Rational]) -> Found:
    """Values and visits from the value program, gradients of every value in all parameters."""
    phi = parameters(game, "direct")
    build = Builder([symbol for row in phi for symbol in row])
    at = GamePoint(build, game, "direct", phi)
    blocks = {f"{i}{j}": at.gradient(i, j) for i, j in product(range(game.players), repeat=2)}
    slopes = build.program(blocks).at(point)
    values = value_program(game).at(point)
    fraction = [{symbol: Fraction(0) for row in phi for symbol in row} for _ in range(game.players)]
    for i, j in product(range(game.players), repeat=2):
        fraction[i] |= {symbol: Fraction(str(e)) for symbol, e in zip(phi[j], slopes[f"{i}{j}"], strict=True)}
    return Found(
        [Fraction(str(entry)) for entry in values["value"]],
        {state: Fraction(str(entry)) for state, entry in zip(game.states, values["visits"], strict=True)},
        fraction,
    )


# ------------------------------------------------------------------------------------- three states and three players


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    game = load(tmp_path, TABLES.toml())
    assert game.states == TABLES.states and game.actions == TABLES.actions and game.players == 3
    assert game.joint_actions == tuple(TABLES.joint) and game.target is None
    for s, state in enumerate(TABLES.states):
        assert game.start[s] == Rational(str(TABLES.start.get(state, 0)))
        for k, action in enumerate(TABLES.joint):
            assert game.reward[s][k] == tuple(Rational(str(entry)) for entry in TABLES.reward[state, action])
            row = [Rational(str(TABLES.transition[state, action].get(target, 0))) for target in TABLES.states]
            assert list(game.transition[s][k]) == row
    names = [symbol for by_state in names_of(TABLES) for row in by_state.values() for symbol in row]
    assert names == [symbol for row in parameters(game, "direct") for symbol in row]


def test_three_rounds_agree_with_all_trajectories(tmp_path: Path) -> None:
    """Unfolded, with a policy of its own in each round: values, visits and gradients, nothing cut off."""
    tables = unfolded(TABLES, ROUNDS)
    game = load(tmp_path, tables.toml())
    assert len(game.states) == 10
    point = interior_point(game, seed=1)
    played, found = play(tables, policy_at(tables, point), ROUNDS), found_at(game, point)
    assert played.paths > 5000 and played.last == {**dict.fromkeys(tables.states, Fraction(0)), "End": Fraction(1)}
    assert found.value == played.value
    stays = tables.discount**ROUNDS / (1 - tables.discount)  # what the endless stay at the end adds
    assert found.visits == {**played.visits, "End": stays}
    assert found.gradient == played.gradient
    assert sum(map(len, found.gradient)) == 3 * 10 * (1 + 1 + 3)
    # Nothing but what happens before the end counts, and every player's policy counts for every player.
    later = Symbol("p1_Rich2", real=True)
    assert all(row[later] != 0 for row in found.gradient) and all(
        row[Symbol("p1_End", real=True)] == 0 for row in found.gradient
    )


def test_the_endless_game_agrees_with_all_trajectories_and_their_continuation(tmp_path: Path) -> None:
    """V = E[first H rounds] + γᴴ E[V from s_H], differentiated too; the rest is at most γᴴ max|r| / (1 − γ)."""
    game = load(tmp_path, TABLES.toml())
    point = interior_point(game, seed=2)
    played, found = play(TABLES, policy_at(TABLES, point), 2), found_at(game, point)
    beyond = TABLES.discount**2
    onwards = {}
    for state in TABLES.states:
        text = replace(TABLES, start={state: Fraction(1)}).toml()
        onwards[state] = found_at(load(tmp_path, text), point)
    for player in range(3):
        rest = sum(weight * onwards[state].value[player] for state, weight in played.last.items())
        assert found.value[player] == played.value[player] + beyond * rest
        bound = beyond * max(abs(row[player]) for row in TABLES.reward.values()) / (1 - TABLES.discount)
        assert 0 < abs(found.value[player] - played.value[player]) <= bound
        for symbol, slope in found.gradient[player].items():
            change = sum(
                played.slope[state][symbol] * onwards[state].value[player]
                + played.last[state] * onwards[state].gradient[player][symbol]
                for state in TABLES.states
            )
            assert slope == played.gradient[player][symbol] + beyond * change
    for state, visits in found.visits.items():
        rest = sum(weight * onwards[first].visits[state] for first, weight in played.last.items())
        assert visits == played.visits[state] + beyond * rest
    assert sum(found.visits.values()) == 1 / (1 - TABLES.discount)


def test_the_oracle_notices_slips(tmp_path: Path) -> None:
    """Undiscounted, with two players' rewards exchanged, or with one row changed, the enumeration differs."""
    tables = unfolded(TABLES, 2)
    game = load(tmp_path, tables.toml())
    point = interior_point(game, seed=3)
    policy, found = policy_at(tables, point), found_at(game, point)
    assert play(tables, policy, 2).value == found.value
    exchanged = {place: (row[1], row[0], row[2]) for place, row in tables.reward.items()}
    one = ("Rich0", (0, 0, 0))
    others: Sequence[Tables] = (
        replace(tables, discount=Fraction(1)),
        replace(tables, reward=exchanged),
        replace(tables, reward={**tables.reward, one: (Fraction(1, 7),) * 3}),
        replace(tables, start={"Rich0": Fraction(1, 3), "Poor0": Fraction(2, 3)}),
    )
    for other in others:
        assert play(other, policy, 2).value != found.value


# --------------------------------------------------------------------------------------------------------- good files

LAKE = textwrap.dedent((documentation.__doc__ or "").split("::\n", 1)[1].split("\n* ")[0])


def test_the_documented_example(tmp_path: Path) -> None:
    game = load(tmp_path, LAKE)
    assert (game.states, game.start, game.discount) == (("Rich", "Poor"), (1, 0), Rational(9, 10))
    assert game.actions == (("Fish", "Rest"),) * 2 and game.target == ("Rest", "Rest")
    quarter, half = Rational(1, 4), Rational(1, 2)
    assert game.transition == (((quarter, 3 * quarter), (1, 0), (1, 0), (1, 0)), ((0, 1),) * 3 + ((half, half),))
    assert game.reward[0] == ((3, 3), (4, 0), (0, 4), (1, 1)) and game.reward[1] == ((1, 1), (1, 0), (0, 1), (0, 0))


def test_shared_actions_are_counted_by_the_rewards(tmp_path: Path) -> None:
    three = """
        name = "three"
        states = ["Only"]
        actions = ["A", "B"]
        start = { Only = 1.0 }
        discount = 0
        [transition]
        Only = { %s }
        [reward]
        Only = { %s }"""
    keys = [",".join(names) for names in product("AB", repeat=3)]
    rows = ", ".join(f'"{key}" = [1, 0.5, "-1/3"]' for key in keys)
    game = load(tmp_path, three % (", ".join(f'"{key}" = "Only"' for key in keys), rows))
    assert game.players == 3 and game.one_shot
    assert set(game.reward[0]) == {(Integer(1), Rational(1, 2), Rational(-1, 3))}


def test_joint_actions_may_have_spaces_and_any_order(tmp_path: Path) -> None:
    lines = LAKE.splitlines()
    turned = [re.sub(r'"(\w+),(\w+)"', r'" \1 ,  \2"', line) for line in lines]
    first = turned.index("[transition.Rich]")
    turned[first + 1 : first + 5] = reversed(turned[first + 1 : first + 5])
    assert load(tmp_path, "\n".join(turned)) == load(tmp_path, LAKE)


def as_tables(game: Game) -> Tables:
    def fractions(row: Sequence[Rational]) -> tuple[Fraction, ...]:
        return tuple(Fraction(str(entry)) for entry in row)

    places = list(product(enumerate(game.states), enumerate(game.joint_actions)))
    return Tables(
        states=game.states,
        actions=game.actions,
        start=dict(zip(game.states, fractions(game.start), strict=True)),
        discount=Fraction(str(game.discount)),
        transition={
            (state, action): dict(zip(game.states, fractions(game.transition[s][k]), strict=True))
            for (s, state), (k, action) in places
        },
        reward={(state, action): fractions(game.reward[s][k]) for (s, state), (k, action) in places},
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(game=strategies.stochastic_games())
def test_round_trip(tmp_path: Path, game: Game) -> None:
    assert load(tmp_path, as_tables(game).toml()) == replace(game, name="drawn")


# ------------------------------------------------------------------------------------------------ the decomposition


@pytest.mark.parametrize(
    ("text", "policy", "unroll"),
    [
        (TABLES.toml(), "direct", 1),
        (drawn_tables("Rich", "Poor").toml(), "logit", 1),
        (LAKE, "direct", 2),
        (LAKE, "logit", 2),
    ],
    ids=["three-direct", "two-logit", "lake-direct-2", "lake-logit-2"],
)
def test_the_decomposition_agrees_with_the_differentiated_unroll(
    tmp_path: Path, text: str, policy: Coordinates, unroll: int
) -> None:
    game = load(tmp_path, text)
    symbols = [symbol for row in parameters(game, policy) for symbol in row]
    draw = random.Random(unroll)
    point = {symbol: Rational(draw.randint(-9, 9), 8) for symbol in symbols}
    if policy == "direct":
        point = interior_point(game, seed=4)
    point[alpha] = Rational(3, 7)
    blocks = decompose(game, policy, unroll).program.at(point)
    expected = differentiated_unroll(game, policy, unroll).at(point)
    for player in range(1, game.players + 1):
        parts = [blocks[f"{name}_{player}"] for name in ("current", "own", "peer")]
        assert tuple(map(sum, zip(*parts, strict=True))) == expected[f"total_{player}"]
        assert any(blocks[f"peer_{player}"]) and any(blocks[f"own_{player}"])


# ------------------------------------------------------------------------------------------------------- garbage in


def changed(old: str, new: str) -> str:
    assert LAKE.count(old) == 1, old
    return LAKE.replace(old, new)


RICH = '"Fish,Fish" = { Poor = "3/4", Rich = "1/4" }'
HEAD = LAKE.split("[transition")[0]
GARBAGE: list[tuple[str, str, str]] = [
    # text, place, reason
    (changed('states = ["Rich", "Poor"]', "states = []"), "states", "a game has 1 to 64 states, not 0"),
    (changed('states = ["Rich", "Poor"]', 'states = "Rich"'), "states", "expected an array, not 'Rich'"),
    (changed('states = ["Rich", "Poor"]', 'states = ["Rich", "Rich"]'), "states[1]", "the state 'Rich' occurs twice"),
    (changed('states = ["Rich", "Poor"]', 'states = ["Rich", "a_b"]'), "states[1]", "'a_b' is not a name made of"),
    (changed('states = ["Rich", "Poor"]', 'states = ["Rich"]'), "reward.Poor", "unknown key (known are Rich)"),
    (changed('states = ["Rich", "Poor"]', f"states = {[f's{k}' for k in range(65)]}"), "states", "1 to 64 states"),
    (changed('states = ["Rich", "Poor"]', 'states = ["Rich", "Poor", "Dry"]'), "reward.Dry", "this key is missing"),
    (changed('states = ["Rich", "Poor"]', ""), "transition", "and then also 'states'"),
    (changed('name = "lake"', ""), "name", "this key is missing"),
    (changed('name = "lake"', 'name = "lake"\npayoffs = []'), "payoffs", "unknown key"),
    (changed('name = "lake"', 'name = "lake"\nrepeated = {}'), "repeated", "unknown key"),
    (changed('actions = ["Fish", "Rest"]', 'actions = ["Fish"]'), "actions", "2 to 16 actions, not 1"),
    (
        changed('actions = ["Fish", "Rest"]', 'actions = [["Fish", "Rest"], ["Fish", "Nap"]]'),
        "transition.Rich.'Fish,Rest'",
        "not a joint action, which is one action per player such as Fish,Fish",
    ),
    (HEAD + "[transition]\n[reward]", "reward.Rich", "this key is missing"),
    (HEAD + "transition = 3\n[reward]\nRich = {}\nPoor = {}", "transition", "expected a table with Rich and Poor"),
    (HEAD + "[transition]\nRich = {}\nPoor = {}\n[reward]\nRich = {}\nPoor = {}", "reward.Rich", "cannot be empty"),
    (HEAD + "[transition]\nRich = {}\nPoor = {}\n[reward]\nRich = 1\nPoor = {}", "reward.Rich", "expected a table of"),
    (changed('"Fish,Fish" = [3, 3]', '"Fish,Fish" = [3]'), "reward.Rich.'Fish,Fish'", "2 to 8 players, not 1"),
    # rows
    (changed(RICH, ""), "transition.Rich.'Fish,Fish'", "this joint action is missing"),
    (changed(RICH, f'{RICH}\n"Fish, Fish" = "Rich"'), "transition.Rich.'Fish, Fish'", "has another entry"),
    (changed(RICH, f'{RICH}\n"Fish" = "Rich"'), "transition.Rich.Fish", "not a joint action"),
    (changed(RICH, f'{RICH}\n"" = "Rich"'), "transition.Rich.''", "not a joint action"),
    (changed(RICH, f'{RICH}\n"Fish,Fish,Fish" = 1'), "transition.Rich.'Fish,Fish,Fish'", "not a joint action"),
    (changed(RICH, '"Fish,Fish" = "Ritch"'), "transition.Rich.'Fish,Fish'", "'Ritch' is not a state"),
    (changed(RICH, '"Fish,Fish" = 1'), "transition.Rich.'Fish,Fish'", "probabilities or the name of a state, not 1"),
    (changed(RICH, '"Fish,Fish" = {}'), "transition.Rich.'Fish,Fish'", "probabilities sum to 0, not 1"),
    (changed(RICH, '"Fish,Fish" = { Rich = 0.9 }'), "transition.Rich.'Fish,Fish'", "sum to 9/10, not 1"),
    (changed(RICH, '"Fish,Fish" = { Rich = 0.333, Poor = 0.667 }'), "", ""),
    (changed(RICH, '"Fish,Fish" = { Rich = 0.333, Poor = 0.666 }'), "transition.Rich.'Fish,Fish'", "999/1000, not 1"),
    (changed(RICH, '"Fish,Fish" = { Rich = 2, Poor = -1 }'), "transition.Rich.'Fish,Fish'.Poor", "negative, as -1 is"),
    (changed(RICH, '"Fish,Fish" = { Dry = 1 }'), "transition.Rich.'Fish,Fish'.Dry", "this is not a state"),
    (changed(RICH, '"Fish,Fish" = { Rich = nan }'), "transition.Rich.'Fish,Fish'.Rich", "'nan' is not an exact"),
    (changed(RICH, '"Fish,Fish" = { Rich = true }'), "transition.Rich.'Fish,Fish'.Rich", "a number, not true"),
    (changed(RICH, f'"Fish,Fish" = {{ Rich = 0.{"3" * 90} }}'), "transition.Rich.'Fish,Fish'", "sum to a long number"),
    (
        changed('"Fish,Fish" = [1, 1]', '"Fish,Fish" = [1]'),
        "reward.Poor.'Fish,Fish'",
        "2 rewards, one per player, not 1",
    ),
    (changed('"Fish,Fish" = [1, 1]', '"Fish,Fish" = 1'), "reward.Poor.'Fish,Fish'", "expected an array, not 1"),
    (changed('"Fish,Fish" = [1, 1]', '"Fish,Fish" = [1, inf]'), "reward.Poor.'Fish,Fish'[1]", "'inf' is not an exact"),
    # start, discount, target
    (changed('start = "Rich"', 'start = "Dry"'), "start", "'Dry' is not a state"),
    (changed('start = "Rich"', "start = ['Rich']"), "start", "the name of a state, not an array"),
    (changed('start = "Rich"', "start = { Rich = 0.5 }"), "start", "probabilities sum to 1/2, not 1"),
    (
        changed('start = "Rich"', "start = { Rich = 0.5, Poor = 0.5 }"),
        "target",
        "a target is what players do in the start state, but this game may start in several",
    ),
    (changed('"9/10"', "1"), "discount", "must lie in [0, 1), not 1"),
    (changed('"9/10"', "-0.1"), "discount", "must lie in [0, 1), not -1/10"),
    (changed('["Rest", "Rest"]', '["Rest"]'), "target", "2 actions, one per player, not 1"),
    (changed('["Rest", "Rest"]', '["Rest", "Nap"]'), "target[1]", "'Nap' is not an action of this player (Fish, Rest)"),
]


@pytest.mark.parametrize(("text", "place", "reason"), GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_gives_one_sentence_with_file_and_key(tmp_path: Path, text: str, place: str, reason: str) -> None:
    if not place:  # a control: the same line with numbers that do sum to 1
        assert load(tmp_path, text).transition[0][0] == (Rational(333, 1000), Rational(667, 1000))
        return
    with pytest.raises(BadInput) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'game.toml'}: {place}: ") and reason in message
    assert message.endswith(".") and message.isprintable() and len(message) < len(str(tmp_path)) + 250


def test_a_game_with_too_many_rows_is_refused_quickly(tmp_path: Path) -> None:
    names = [f"s{k}" for k in range(64)]
    tables = "\n".join(f"[{kind}.{name}]" for kind in ("transition", "reward") for name in names)
    head = f'name = "x"\nstates = {names}\nactions = {[["A", "B"]] * 7}\nstart = "s0"\ndiscount = 0\n'
    began = time.perf_counter()
    with pytest.raises(BadInput, match=r"states: 64 states and 128 joint actions need 8192 transition rows"):
        load(tmp_path, head + tables)
    assert time.perf_counter() - began < 5


PIECES = st.one_of(
    st.sampled_from(["", "1", "0.5", '"1/2"', "nan", "true", '"Rich"', '"Dry"', "[]", "{}", "{ Rich = 1 }", "[1, 1]"]),
    st.sampled_from(list("[]{},=\"'.#\n")),
    st.integers().map(str),
    st.text(max_size=3),
)


@st.composite
def lake_like(draw: st.DrawFn) -> str:
    """The documented file with pieces cut out and put in, and values replaced."""
    text = LAKE
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            spots = list(re.finditer(r"(?<== )[^#\n]+|(?<=\")\w+(?=\")|\w+", text))
            spot = draw(st.sampled_from(spots))
            first, last = spot.span()
        else:
            first = draw(st.integers(0, len(text)))
            last = draw(st.integers(first, min(first + 9, len(text))))
        text = text[:first] + draw(PIECES) + text[last:]
    return text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=lake_like())
def test_any_change_gives_a_game_or_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "game.toml"
    path.write_bytes(text.encode())
    try:
        game = load_game(path)
    except BadInput as refusal:
        message = str(refusal)
        assert message.startswith(f"{path}: ") and message.endswith(".") and message.isprintable()
    else:
        assert all(sum(row) == 1 for rows in game.transition for row in rows)
        assert all(rational(entry, "reward") == entry for rows in game.reward for row in rows for entry in row)
