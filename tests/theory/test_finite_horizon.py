"""Finite horizons: the memory-one game over H rounds against every path of play, in plain fractions.

Policies see the last joint action and not the round, so a parameter acts in several rounds: the score function sums
over all of them, which the resolvent has to reproduce through its states of every round.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol

from theory import strategies
from theory.decomposition import decompose, differentiated_unroll
from theory.errors import BadInput
from theory.exact import is_zero
from theory.games import START, Game, ipd_finite, memory_one, normal_form, prisoners_dilemma
from theory.games.files import load_game
from theory.policies import Coordinates, parameters
from theory.program import Builder
from theory.symbols import P, R, S, T, alpha, discount
from theory.values import GamePoint, value_program

GAMMA = Fraction(24, 25)
PAYOFF = {"CC": (3, 3), "CD": (0, 5), "DC": (5, 0), "DD": (1, 1)}
OBSERVATIONS = ("0", "CC", "CD", "DC", "DD")
NAMES = [[Symbol(f"{letter}_{seen}", real=True) for seen in OBSERVATIONS] for letter in "pq"]


def dilemma(horizon: int | None) -> Game:
    """ipd-finite over another number of rounds."""
    game = ipd_finite()
    stage = prisoners_dilemma()
    return memory_one(stage, discount, name=game.name, parameters=game.parameters, horizon=horizon)


def drawn_point(seed: int) -> dict[Symbol, Rational]:
    draw = random.Random(seed)
    return {symbol: Rational(draw.randint(1, 10), 11) for row in NAMES for symbol in row}


def fraction(entry: Expr) -> Fraction:
    return Fraction(int(entry.p), int(entry.q))


# ------------------------------------------------------------------------------------------------- every path of play


class Paths:
    """Expectations over all 4^H sequences of joint actions.

    Attributes:
        number: of paths.
        value: of each player, Σ γᵗ rᵗ.
        gradient: of each value in every parameter.
        visits: Σ γᵗ P(…) by round and last joint action, as the package names its states.
    """

    def __init__(self, point: Mapping[Symbol, Rational], horizon: int, gamma: Fraction = GAMMA) -> None:
        self.number = 0
        self.value = [Fraction(0), Fraction(0)]
        self.gradient = [{symbol: Fraction(0) for row in NAMES for symbol in row} for _ in PAYOFF["CC"]]
        self.visits: dict[str, Fraction] = {}
        for path in product(PAYOFF, repeat=horizon):
            self.number += 1
            self._add(path, point, gamma)

    def _add(self, path: tuple[str, ...], point: Mapping[Symbol, Rational], gamma: Fraction) -> None:
        chance, seen = Fraction(1), "0"
        earned = [Fraction(0), Fraction(0)]
        score: dict[Symbol, Fraction] = {}
        for now, joint in enumerate(path):
            for player, action in enumerate(joint):
                symbol = NAMES[player][OBSERVATIONS.index(seen)]
                cooperates = fraction(point[symbol])
                probability, slope = (cooperates, 1) if action == "C" else (1 - cooperates, -1)
                chance *= probability
                score[symbol] = score.get(symbol, Fraction(0)) + slope / probability
            for player in (0, 1):
                earned[player] += gamma**now * PAYOFF[joint][player]
            seen = joint
        for player in (0, 1):
            self.value[player] += chance * earned[player]
            for symbol, entry in score.items():
                self.gradient[player][symbol] += chance * entry * earned[player]
        for now in range(len(path)):
            state = START if now == 0 else f"{path[now - 1]}@{now + 1}"
            self.visits[state] = self.visits.get(state, Fraction(0)) + chance * gamma**now


@pytest.mark.parametrize("horizon", [1, 2, 3, 4])
def test_values_visits_and_gradients_agree_with_all_paths(horizon: int) -> None:
    game = dilemma(horizon)
    assert len(game.states) == 2 + 4 * (horizon - 1) and game.observations == (START, "CC", "CD", "DC", "DD")
    phi = parameters(game, "direct")
    assert [list(row) for row in phi] == NAMES  # one parameter per observation, not per round
    point = drawn_point(horizon)
    paths = Paths(point, horizon)
    assert paths.number == 4**horizon
    inputs = {**point, **dict(game.parameters)}
    found = value_program(game).at(inputs)
    assert [fraction(entry) for entry in found["value"]] == paths.value
    visits = dict(zip(game.states, map(fraction, found["visits"]), strict=True))
    assert visits.pop("end") == GAMMA**horizon / (1 - GAMMA)
    assert visits == paths.visits
    assert sum(visits.values()) == fraction(game.value_of(game.total_weight)) == sum(GAMMA**t for t in range(horizon))
    build = Builder([*phi[0], *phi[1], *(symbol for symbol, _ in game.parameters)])
    at = GamePoint(build, game, "direct", phi)
    slopes = build.program({f"{i}{j}": at.gradient(i, j) for i, j in product((0, 1), repeat=2)}).at(inputs)
    for i, j in product((0, 1), repeat=2):
        assert [fraction(entry) for entry in slopes[f"{i}{j}"]] == [paths.gradient[i][symbol] for symbol in phi[j]]


def test_one_and_two_rounds_by_hand() -> None:
    """H = 1 is the one-shot game; over two rounds V¹ = r(p₀, q₀) + γ Σ P(joint) r(p_joint, q_joint)."""
    once = dilemma(1)
    p, q = parameters(once, "direct")
    value = value_program(once).closed_form()["value"]
    for player in (0, 1):
        assert is_zero(value[player] - stage_value(p[0], q[0])[player])
    assert not any(symbol in value[0].free_symbols for symbol in (*p[1:], *q[1:]))
    twice = dilemma(2)
    reached = {"CC": p[0] * q[0], "CD": p[0] * (1 - q[0]), "DC": (1 - p[0]) * q[0], "DD": (1 - p[0]) * (1 - q[0])}
    later = sum(chance * stage_value(p[k], q[k])[0] for k, chance in enumerate(reached.values(), start=1))
    assert is_zero(value_program(twice).closed_form()["value"][0] - stage_value(p[0], q[0])[0] - discount * later)


def stage_value(p: Expr, q: Expr) -> tuple[Expr, Expr]:
    mixed = p * (1 - q), (1 - p) * q
    both, none = p * q * R, (1 - p) * (1 - q) * P
    return both + none + S * mixed[0] + T * mixed[1], both + none + T * mixed[0] + S * mixed[1]


def test_the_oracle_notices_slips() -> None:
    game, point = dilemma(2), drawn_point(9)
    value = [fraction(entry) for entry in value_program(game).at({**point, **dict(game.parameters)})["value"]]
    assert Paths(point, 2).value == value
    assert Paths(point, 2, gamma=Fraction(1)).value != value
    assert Paths(point, 3).value != value
    q_cd, q_dc = NAMES[1][2], NAMES[1][3]
    assert Paths({**point, q_cd: point[q_dc], q_dc: point[q_cd]}, 2).value != value
    assert Paths(point, 2).value[::-1] != value


# ------------------------------------------------------------------------------------ truncation of the endless game


@settings(max_examples=8, deadline=None)
@given(st.data(), st.integers(1, 5))
def test_a_horizon_cuts_the_series_of_the_endless_game(data: st.DataObject, horizon: int) -> None:
    """V_H = Σ_{t<H} γᵗ ρPᵗr of the endless game, whose rest is at most γᴴ max|r| / (1 − γ)."""
    stage = data.draw(strategies.one_shot_games(actions=data.draw(st.sampled_from([(2, 2), (2, 3), (2, 2, 2)]))))
    gamma = data.draw(strategies.discounts())
    endless = memory_one(stage, gamma, name="endless")
    finite = memory_one(stage, gamma, name="finite", horizon=horizon)
    assert finite.observations == endless.observations == endless.states
    assert parameters(finite, "direct") == parameters(endless, "direct")
    point = data.draw(strategies.parameter_points(endless))
    cut, whole = (value_program(game).at(point)["value"] for game in (finite, endless))
    assert [fraction(entry) for entry in cut] == truncated(endless, point, horizon)
    for player in range(stage.players):
        largest = max(abs(fraction(row[player])) for row in stage.reward[0])
        rest = fraction(gamma) ** horizon * largest / (1 - fraction(gamma))
        assert abs(fraction(whole[player]) - fraction(cut[player])) <= rest


def truncated(game: Game, point: Mapping[Symbol, Rational], horizon: int) -> list[Fraction]:
    """The first rounds of an endless game, by pushing the distribution over its states forward."""
    gamma = fraction(game.discount)
    chances = [fraction(entry) for entry in game.start]
    totals = [Fraction(0)] * game.players
    for now in range(horizon):
        following = [Fraction(0)] * len(chances)
        for s, k in product(range(len(chances)), range(len(game.joint_actions))):
            weight = chances[s]
            for player, action in enumerate(game.joint_actions[k]):
                weight *= probability(game, point, player, s, action)
            for player in range(game.players):
                totals[player] += gamma**now * weight * fraction(game.reward[s][k][player])
            for t, chance in enumerate(game.transition[s][k]):
                following[t] += weight * fraction(chance)
        chances = following
    return totals


def probability(game: Game, point: Mapping[Symbol, Rational], player: int, state: int, action: int) -> Fraction:
    symbols, count = parameters(game, "direct")[player], len(game.actions[player])
    if count == 2:
        first = fraction(point[symbols[state]])
        return first if action == 0 else 1 - first
    row = [fraction(point[symbol]) for symbol in symbols[count * state : count * (state + 1)]]
    return row[action] + (1 - sum(row, Fraction(0))) / count


def test_more_rounds_come_closer_to_the_endless_game() -> None:
    """With γ = 0 after the first round nothing counts; with payoffs ≥ 0 the value grows with H."""
    point = drawn_point(5)
    values = []
    for horizon in (1, 2, 4, 8, None):
        game = dilemma(horizon)
        values.append(value_program(game).at({**point, **dict(game.parameters)})["value"])
    assert all(a < b for a, b in pairwise(values))
    myopic = [dilemma(horizon).with_parameters({"gamma": 0}) for horizon in (1, 3, None)]
    found = {value_program(game).at({**point, **dict(game.parameters)})["value"] for game in myopic}
    assert len(found) == 1
    assert [game.value_of(game.total_weight) for game in myopic] == [1, 1, 1]


def test_total_weight_turns_totals_into_means() -> None:
    """Who always gets the same gets it as mean value: AllC against AllC is R for every horizon and γ."""
    for horizon, gamma in product((1, 3, 12, None), (Rational(0), Rational(1, 2), Rational(24, 25))):
        game = dilemma(horizon).with_parameters({"gamma": gamma})
        point = {symbol: Integer(1) for row in NAMES for symbol in row}
        value = value_program(game).at({**point, **dict(game.parameters)})["value"]
        assert [entry / game.value_of(game.total_weight) for entry in value] == [3, 3]


def test_tit_for_tat_against_defection_over_twelve_rounds() -> None:
    """ipd-finite: exploited once, then P: S + P(γ + … + γ¹¹) and T + P(γ + … + γ¹¹)."""
    game = ipd_finite()
    assert game.horizon == 12 and len(game.states) == 46
    tit_for_tat = (1, 1, 0, 1, 0)  # ∅, CC, CD, DC, DD, own action first
    point = dict(zip(NAMES[0], map(Integer, tit_for_tat), strict=True)) | dict.fromkeys(NAMES[1], Integer(0))
    rest = sum(Rational(24, 25) ** t for t in range(1, 12))
    found = value_program(game).at({**point, **dict(game.parameters)})["value"]
    assert found == (rest, 5 + rest)


# ------------------------------------------------------------------------------------------------ the decomposition


@pytest.mark.parametrize(
    ("horizon", "policy", "unroll"), [(1, "direct", 1), (3, "direct", 1), (3, "logit", 1), (2, "direct", 2)]
)
def test_the_decomposition_agrees_with_the_differentiated_unroll(
    horizon: int, policy: Coordinates, unroll: int
) -> None:
    game = dilemma(horizon)
    names = [symbol for row in parameters(game, policy) for symbol in row]
    draw = random.Random(horizon)
    terms, total = decompose(game, policy, unroll).program, differentiated_unroll(game, policy, unroll)
    for step in (Rational(1, 20), Rational(2, 3)):
        point: dict[Symbol, Rational] = {symbol: Rational(draw.randint(1, 12), 13) for symbol in names}
        point |= {alpha: step, **dict(game.parameters)}
        blocks, expected = terms.at(point), total.at(point)
        for player in ("1", "2"):
            parts = zip(*(blocks[f"{name}_{player}"] for name in ("current", "own", "peer")), strict=True)
            assert tuple(map(sum, parts)) == expected[f"total_{player}"]
            assert any(blocks[f"peer_{player}"])


def test_three_actions_over_two_rounds() -> None:
    """A player with three actions has three parameters per observation, shared by all rounds."""
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        (i, j): (Integer(i - j), Integer(i * j)) for i, j in product(range(2), range(3))
    }
    stage = normal_form("two by three", [("A", "B"), ("X", "Y", "Z")], cells)
    game = memory_one(stage, Rational(1, 2), name="finite", horizon=2)
    widths = [len(row) for row in parameters(game, "direct")]
    assert widths == [7, 21] and len(game.states) == 8
    draw = random.Random(1)
    point = {symbol: Rational(draw.randint(1, 4), 9) for row in parameters(game, "direct") for symbol in row}
    point[alpha] = Rational(1, 5)
    blocks, expected = decompose(game).program.at(point), differentiated_unroll(game).at(point)
    for player in ("1", "2"):
        parts = zip(*(blocks[f"{name}_{player}"] for name in ("current", "own", "peer")), strict=True)
        assert tuple(map(sum, parts)) == expected[f"total_{player}"]


# ------------------------------------------------------------------------------------------------------------- files

FILE = """\
name = "ipd-finite"
actions = ["C", "D"]
payoffs = { row = [[3, 0], [5, 1]], column = "symmetric" }
target = ["C", "C"]
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Game]:
    def load(text: str) -> Game:
        path = tmp_path / "game.toml"
        path.write_text(text)
        return load_game(path)

    return load


def test_a_file_with_a_horizon_is_the_named_game(read: Callable[[str], Game]) -> None:
    twelve = read(FILE + 'repeated = { memory = 1, discount = "24/25", horizon = 12 }')
    assert twelve == ipd_finite().instance()
    endless = read(FILE + 'repeated = { memory = 1, discount = "24/25" }')
    assert endless.horizon is None and endless != twelve
    assert read(FILE + "repeated = { memory = 1, discount = 0.96, horizon = 1 }").states == (START, "end")


def test_three_players_with_a_horizon(read: Callable[[str], Game]) -> None:
    cells = {joint: tuple(Integer(sum(joint) - joint[i]) for i in range(3)) for joint in product((0, 1), repeat=3)}
    nested = [[[[int(cells[a, b, c][i]) for c in (0, 1)] for b in (0, 1)] for a in (0, 1)] for i in range(3)]
    text = f'name = "three"\nactions = ["A", "B"]\npayoffs = {nested}\nrepeated = {{memory=1, discount=0.5, horizon=3}}'
    stage = normal_form("three", [("A", "B")] * 3, cells)
    expected = memory_one(stage, Rational(1, 2), name="three", horizon=3)
    assert replace(read(text), target=None) == expected


@pytest.mark.parametrize(
    ("horizon", "reason"),
    [
        ("0", "expected an integer from 1 to 200, not 0"),
        ("-3", "expected an integer from 1 to 200, not -3"),
        ("201", "expected an integer from 1 to 200, not 201"),
        ("true", "expected an integer from 1 to 200, not true"),
        ("12.0", "expected an integer from 1 to 200, not 12.0"),
        ('"12"', "expected an integer from 1 to 200, not '12'"),
        ("[12]", "expected an integer from 1 to 200, not an array"),
        ("9" * 60, "expected an integer from 1 to 200, not a long integer"),
    ],
)
def test_horizons_that_are_none(read: Callable[[str], Game], tmp_path: Path, horizon: str, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(FILE + f"repeated = {{ memory = 1, discount = 0.5, horizon = {horizon} }}")
    assert str(caught.value) == f"{tmp_path / 'game.toml'}: repeated.horizon: {reason}."


def test_a_horizon_too_long_for_its_actions_is_refused_at_once(read: Callable[[str], Game]) -> None:
    names = [f"A{k}" for k in range(8)]
    text = f'name = "x"\nactions = {names}\npayoffs = {[[[0] * 8] * 8] * 2}\n'
    with pytest.raises(BadInput, match=r"horizon: 3 rounds with 64 joint actions need 130 states and 8320 transition"):
        read(text + "repeated = { memory = 1, discount = 0.5, horizon = 3 }")


# ------------------------------------------------------------------------------------------------------------ classes


def test_ipd_finite_keeps_its_class_and_parameters() -> None:
    game = ipd_finite(R=4, gamma="1/2")
    assert dict(game.parameters)[R] == 4 and dict(game.parameters)[discount] == Rational(1, 2)
    for outside in ({"R": 5}, {"P": 0}, {"gamma": 1}, {"Q": 1}):
        with pytest.raises(BadInput):
            ipd_finite(**outside)
