"""theory.sampling.trajectories: expectations over every trajectory against the resolvent's values and derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Expr, Integer, Mul, Rational, Symbol

from theory import strategies
from theory.errors import BadInput
from theory.exact import is_zero
from theory.games import (
    Game,
    ipd,
    memory_one,
    normal_form,
    prisoners_dilemma,
    public_goods,
    stag_hunt,
    stag_hunt_3,
)
from theory.games.symbolic import symbolic_game
from theory.policies import COORDINATES, Coordinates, local_policies, parameters
from theory.program import Builder, Program
from theory.sampling.trajectories import (
    Trajectory,
    probability,
    score,
    score_derivative,
    trajectories,
)
from theory.symbols import S, discount
from theory.values import GamePoint, value_program


def repeated(horizon: int | None, stage: Game | None = None) -> Game:
    stage = stag_hunt() if stage is None else stage
    return memory_one(
        stage, discount, name="repeated", parameters=(*stage.parameters, (discount, Rational(4, 5))), horizon=horizon
    )


def two_rounds() -> Game:
    return repeated(2)


def three_rounds() -> Game:
    return repeated(3)


def one_shot_23() -> Game:
    cells = {
        (a, b): (Rational(3 * a - b * b, 2) + a * b, Rational(a * b + 1, 3) - b * b)
        for a, b in product(range(2), range(3))
    }
    return normal_form("2x3", (("U", "D"), ("L", "M", "R")), cells)


def blurred() -> Game:
    """Two rounds with chance moves, two states that look the same and pay the same, and another that does not."""
    third = Rational(1, 3)
    rewards = tuple((Integer(2 * k - 3), Integer(5 - k * k)) for k in range(4))
    other = tuple((Integer(k), Integer(1 - k)) for k in range(4))
    none = ((Integer(0), Integer(0)),) * 4
    after_first = (
        (0, third, third, third, 0),
        (0, third, 2 * third, 0, 0),
        (0, 0, 0, 1, 0),
        (0, third, 0, 0, 2 * third),
    )
    end = (0, 0, 0, 0, 1)
    return Game(
        name="blurred",
        actions=(("U", "D"), ("L", "R")),
        states=("first", "left", "right", "other", "end"),
        start=(Rational(3, 4), Integer(0), Rational(1, 4), Integer(0), Integer(0)),
        transition=(
            tuple(tuple(map(Rational, row)) for row in after_first),
            *((tuple(map(Integer, end)),) * 4 for _ in range(4)),
        ),
        reward=(rewards, rewards, rewards, other, none),
        discount=Rational(1, 2),
        observations=("first", "second", "other"),
        observed=(0, 1, 1, 2, 0),
        horizon=2,
    )


GAMES: tuple[Callable[[], Game], ...] = (
    stag_hunt,
    prisoners_dilemma,
    one_shot_23,
    stag_hunt_3,
    public_goods,
    two_rounds,
    blurred,
)


class Sample:
    """Trajectories of a game with everything about them, and the game's point to compare with."""

    def __init__(self, game: Game, coordinates: Coordinates, paths: Sequence[Trajectory] | None = None) -> None:
        self.game, self.phi = game, parameters(game, coordinates)
        self.players = range(game.players)
        self.build = Builder([s for row in self.phi for s in row] + [s for s, _ in game.parameters])
        self.policies = [local_policies(self.build, game, coordinates, i, self.phi[i]) for i in self.players]
        self.paths = trajectories(game) if paths is None else tuple(paths)
        self.chances = [probability(self.build, path, self.policies) for path in self.paths]
        self.scores = [[score(self.build, path, self.policies, i) for path in self.paths] for i in self.players]
        self.bends = [
            [score_derivative(self.build, path, self.policies, i) for path in self.paths] for i in self.players
        ]
        self.point = GamePoint(self.build, game, coordinates, self.phi)

    def mean(self, rows: Sequence[Expr]) -> Expr:
        return Add(*(chance * entry for chance, entry in zip(self.chances, rows, strict=True)))

    def direction(self, player: int) -> tuple[Rational, ...]:
        return tuple(Rational((5 * k * k + 3 * player) % 7 - 3, 2) for k in range(len(self.phi[player])))

    def program(self, blocks: dict[str, Sequence[Expr]]) -> Program:
        return self.build.program(blocks)


def generic(program: Program, game: Game) -> dict[Symbol, Rational]:
    """An interior point, no two parameters alike; payoffs and discount at their values."""
    values = {symbol: Rational(3 * k + 2, 7 * k + 11) for k, symbol in enumerate(program.inputs)}
    return values | {symbol: value for symbol, value in game.parameters}


def dot(left: Sequence[Expr], right: Sequence[Expr]) -> Expr:
    return Add(*(a * b for a, b in zip(left, right, strict=True)))


# ---------------------------------------------------------------------------------------------------- enumeration


@pytest.mark.parametrize(
    ("make", "number"),
    [(stag_hunt, 4), (one_shot_23, 6), (stag_hunt_3, 8), (two_rounds, 16), (three_rounds, 64)],
)
def test_number_and_length_of_trajectories(make: Callable[[], Game], number: int) -> None:
    game = make()
    found = trajectories(game)
    assert len(found) == number
    for path in found:
        assert path.chance == 1
        for rows in path.visits:
            assert sum(map(sum, rows)) == (1 if game.one_shot else game.horizon)


def test_two_rounds_by_hand() -> None:
    """First CD, then DC where CD was seen: player 1 paid S + γT, player 2 paid T + γS."""
    game = two_rounds()
    symbols = {symbol.name: symbol for symbol, _ in game.parameters}
    seen = game.observations.index("SH")
    wanted_1 = tuple((1, 0) if o == 0 else (0, 1) if o == seen else (0, 0) for o in range(5))
    wanted_2 = tuple((0, 1) if o == 0 else (1, 0) if o == seen else (0, 0) for o in range(5))
    (path,) = [path for path in trajectories(game) if path.visits == (wanted_1, wanted_2)]
    s, t = symbols["S"], symbols["T"]
    assert path.returns == (s + discount * t, t + discount * s)


def test_trajectories_that_nothing_tells_apart_are_one() -> None:
    game = blurred()
    sharp = replace(game, observations=(), observed=())
    both, apart = trajectories(game), trajectories(sharp)
    assert len(both) < len(apart)
    assert len({(path.visits, path.returns) for path in both}) == len(both)
    assert sum(path.chance for path in both) == sum(path.chance for path in apart)
    assert max(path.chance for path in both) == 3 * Rational(1, 4)  # D,L leads on for certain


def test_impossible_states_are_left_out() -> None:
    for path in trajectories(blurred()):
        assert path.chance != 0
    ended = trajectories(replace(blurred(), start=tuple(Integer(int(s == 4)) for s in range(5))))
    assert all(path.returns == (0, 0) for path in ended)
    assert sum(path.chance for path in ended) == 16  # every sequence of joint actions, with chance 1
    assert {path.chance for path in ended} == {1, 2, 4}  # taken in one, two or four orders


@pytest.mark.parametrize("rounds", [0, -1, True, 1.0, "2"])
def test_bad_numbers_of_rounds(rounds: object) -> None:
    with pytest.raises(BadInput, match="positive number of rounds"):
        trajectories(ipd(), rounds)  # type: ignore[arg-type]


def test_rounds_of_games_with_and_without_end() -> None:
    with pytest.raises(BadInput, match="no end"):
        trajectories(ipd())
    with pytest.raises(BadInput, match="at most 1"):
        trajectories(stag_hunt(), 2)
    with pytest.raises(BadInput, match="at most 2"):
        trajectories(two_rounds(), 3)
    assert len(trajectories(ipd(), 2)) == 16
    assert trajectories(three_rounds(), 2) == trajectories(two_rounds())


@pytest.mark.parametrize("coordinates", COORDINATES)
def test_an_endless_game_cut_after_some_rounds(coordinates: Coordinates) -> None:
    """The first H rounds of the endless game return what the game over H rounds is worth."""
    endless, cut = repeated(None), two_rounds()
    sample = Sample(endless, coordinates, trajectories(endless, 2))
    program = sample.program({str(i): [sample.mean([path.returns[i] for path in sample.paths])] for i in (0, 1)})
    inputs = generic(program, endless)
    found = program.at(inputs)
    assert [found["0"][0], found["1"][0]] == list(value_program(cut, coordinates).at(inputs)["value"])
    assert found["0"][0] != value_program(endless, coordinates).at(inputs)["value"][0]


# --------------------------------------------------------------------------------------------------- expectations


def moments(sample: Sample) -> tuple[Program, list[tuple[str, str]]]:
    """Pairs of blocks that must agree: an expectation over trajectories, and what the resolvent says."""
    blocks: dict[str, Sequence[Expr]] = {"one": [sample.mean([Integer(1)] * len(sample.paths))], "unit": [Integer(1)]}
    pairs = [("one", "unit")]

    def compare(name: str, left: Sequence[Expr], right: Sequence[Expr]) -> None:
        blocks[f"{name} left"], blocks[f"{name} right"] = left, right
        pairs.append((f"{name} left", f"{name} right"))

    for value_of, i in product(sample.players, repeat=2):
        returns = [path.returns[value_of] for path in sample.paths]
        axes = range(len(sample.phi[i]))
        weighted = [[r * s[m] for r, s in zip(returns, sample.scores[i], strict=True)] for m in axes]
        compare(f"gradient {value_of}{i}", [sample.mean(row) for row in weighted], sample.point.gradient(value_of, i))
        for j in sample.players:
            along = sample.direction(j)
            slopes = [dot(s, along) for s in sample.scores[j]]
            entries = [[entry * slope for entry, slope in zip(row, slopes, strict=True)] for row in weighted]
            if i == j:
                bent = [[dot(bend[m], along) for bend in sample.bends[i]] for m in axes]
                entries = [
                    [entry + r * b for entry, r, b in zip(row, returns, bend, strict=True)]
                    for row, bend in zip(entries, bent, strict=True)
                ]
            compare(
                f"second {value_of}{i}{j}",
                [sample.mean(row) for row in entries],
                sample.point.hessian_product(value_of, i, j, along),
            )
    for i in sample.players:
        returns = [path.returns[i] for path in sample.paths]
        compare(f"value {i}", [sample.mean(returns)], [sample.point.value(i)])
        means = [sample.mean([s[m] for s in sample.scores[i]]) for m in range(len(sample.phi[i]))]
        compare(f"score {i}", means, [Integer(0)] * len(means))
    return sample.program(blocks), pairs


@pytest.mark.parametrize("make", [*GAMES, pytest.param(three_rounds, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("coordinates", COORDINATES)
def test_expectations_are_the_values_and_their_derivatives(make: Callable[[], Game], coordinates: Coordinates) -> None:
    """Σp = 1, Σ p R = V, Σ p R s = ∇V, Σ p R (s_j s_iᵀ + 1[i = j] ∇² log p) = ∇_i∇_j V and Σ p s = 0."""
    game = make()
    program, pairs = moments(Sample(game, coordinates))
    found = program.at(generic(program, game))
    for left, right in pairs:
        assert found[left] == found[right], left


@pytest.mark.parametrize("actions", [(2, 2), (2, 3), (2, 2, 2)])
def test_expectations_for_every_one_shot_game_of_a_shape(actions: tuple[int, ...]) -> None:
    """The same as rational functions of all probabilities and payoffs."""
    program, pairs = moments(Sample(symbolic_game(actions), "direct"))
    closed = program.closed_form()
    for left, right in pairs:
        assert all(is_zero(a - b) for a, b in zip(closed[left], closed[right], strict=True)), left


@settings(max_examples=4, deadline=None)
@given(st.data())
def test_expectations_for_drawn_games(data: st.DataObject) -> None:
    game = data.draw(strategies.one_shot_games(actions=data.draw(st.sampled_from([(2, 2), (3, 2), (2, 2, 2)]))))
    if len(game.actions) == 2 and data.draw(st.booleans()):
        game = repeated(2, game)
    coordinates: Coordinates = data.draw(st.sampled_from(COORDINATES))
    program, pairs = moments(Sample(game, coordinates))
    found = program.at(generic(program, game))
    for left, right in pairs:
        assert found[left] == found[right], left


# ---------------------------------------------------------------------------------------------------------- scores


@pytest.mark.parametrize("make", [one_shot_23, stag_hunt_3, two_rounds, blurred])
@pytest.mark.parametrize("coordinates", COORDINATES)
def test_scores_differentiate_the_logarithm(make: Callable[[], Game], coordinates: Coordinates) -> None:
    """s = ∇p/p and ∇² log p = ∇s by reverse accumulation, path by path; nothing of i's moves j's score."""
    game = make()
    sample = Sample(game, coordinates)
    build = sample.build
    blocks: dict[str, Sequence[Expr]] = {}
    for t in range(0, len(sample.paths), 3):
        for i in sample.players:
            slopes = build.gradient(sample.chances[t], sample.phi[i])
            gaps = [slope / sample.chances[t] - s for slope, s in zip(slopes, sample.scores[i][t], strict=True)]
            for m, entry in enumerate(sample.scores[i][t]):
                for j in sample.players:
                    row = build.gradient(entry, sample.phi[j])
                    gaps += [a - b for a, b in zip(row, sample.bends[i][t][m], strict=True)] if i == j else row
            blocks[f"{t} {i}"] = gaps
    found = sample.program(blocks).at(generic(sample.program(blocks), game))
    for name, row in found.items():
        assert set(row) == {0}, name


def test_expectations_over_three_rounds() -> None:
    """Values and both players' own gradients; the thorough run compares the second derivatives too."""
    game = three_rounds()
    sample = Sample(game, "direct")
    blocks: dict[str, Sequence[Expr]] = {}
    for i in (0, 1):
        returns = [path.returns[i] for path in sample.paths]
        pairs = list(zip(returns, sample.scores[i], strict=True))
        blocks[f"mean {i}"] = [sample.mean(returns), *(sample.mean([r * s[m] for r, s in pairs]) for m in range(5))]
        blocks[f"exact {i}"] = [sample.point.value(i), *sample.point.gradient(i, i)]
    found = sample.program(blocks).at(generic(sample.program(blocks), game))
    assert found["mean 0"] == found["exact 0"] != found["exact 1"] == found["mean 1"]


def test_derivatives_of_scores_stay_in_their_observation() -> None:
    sample = Sample(memory_one(one_shot_23(), Rational(1, 2), name="repeated", horizon=2), "logit")
    for i, width in ((0, 1), (1, 3)):
        size = len(sample.phi[i])
        assert size == width * 7
        for bend in sample.bends[i]:
            assert len(bend) == size and all(len(row) == size for row in bend)
            for m, n in product(range(size), repeat=2):
                if m // width != n // width:
                    assert bend[m][n] == 0
            assert any(entry != 0 for row in bend for entry in row)


def test_scores_of_an_action_taken_twice() -> None:
    """Always Stag over three rounds: log p = log p_0 + log q_0 + 2 (log p_SS + log q_SS)."""
    game = three_rounds()
    sample = Sample(game, "direct")
    seen = game.observations.index("SS")
    rows = tuple((1, 0) if o == 0 else (2, 0) if o == seen else (0, 0) for o in range(5))
    t = next(t for t, path in enumerate(sample.paths) if path.visits == (rows, rows))
    values = generic(sample.program({}), game)
    first, later = sample.phi[0][0], sample.phi[0][seen]
    program = sample.program(
        {
            "chance": [sample.chances[t]],
            "score": sample.scores[0][t],
            "bend": [sample.bends[0][t][m][m] for m in range(5)],
        }
    )
    found = program.at(values)
    p, both = values[first], values[later]
    assert found["chance"] == (Mul(p, values[sample.phi[1][0]], both**2, values[sample.phi[1][seen]] ** 2),)
    assert found["score"] == (1 / p, 2 / both, 0, 0, 0)
    assert found["bend"] == (-1 / p**2, -2 / both**2, 0, 0, 0)


def test_an_action_of_probability_zero_is_a_pole() -> None:
    sample = Sample(stag_hunt(), "direct")
    program = sample.program({"score": [entry for row in sample.scores[0] for entry in row]})
    with pytest.raises(ZeroDivisionError):
        program.at({**generic(program, stag_hunt()), sample.phi[0][0]: Integer(1)})


# -------------------------------------------------------------------------------------------------- negative controls


@pytest.mark.parametrize("coordinates", COORDINATES)
def test_false_expectations_are_refuted(coordinates: Coordinates) -> None:
    game = repeated(2, prisoners_dilemma())
    sample = Sample(game, coordinates)
    returns = [path.returns[0] for path in sample.paths]
    other = [path.returns[1] for path in sample.paths]
    axes = range(len(sample.phi[0]))

    def first(weights: Sequence[Expr], scores: Sequence[Sequence[Expr]]) -> list[Expr]:
        return [sample.mean([w * s[m] for w, s in zip(weights, scores, strict=True)]) for m in axes]

    undiscounted = [path.returns[0].xreplace({discount: Integer(1)}) for path in sample.paths]
    along = sample.direction(0)
    bent = [dot(s, along) for s in sample.scores[0]]
    blocks: dict[str, Sequence[Expr]] = {
        "right": first(returns, sample.scores[0]),
        "gradient": sample.point.gradient(0, 0),
        "the other's return": first(other, sample.scores[0]),
        "the other's score": first(returns, sample.scores[1]),
        "no discount": first(undiscounted, sample.scores[0]),
        "second": sample.point.hessian_product(0, 0, 0, along),
        "second without the scores' derivative": first(
            [r * b for r, b in zip(returns, bent, strict=True)], sample.scores[0]
        ),
    }
    program = sample.program(blocks)
    found = program.at(generic(program, game))
    assert found["right"] == found["gradient"]
    for name in ("the other's return", "the other's score", "no discount"):
        assert found[name] != found["gradient"], name
    assert found["second without the scores' derivative"] != found["second"]


def test_trajectories_left_out_are_noticed() -> None:
    game = two_rounds()
    for missing in range(0, 16, 5):
        paths = [path for t, path in enumerate(trajectories(game)) if t != missing]
        program, pairs = moments(Sample(game, "direct", paths))
        found = program.at({**generic(program, game), S: Rational(1, 2)})  # no return is 0
        wrong = {left.rsplit(" ", 1)[0] for left, right in pairs if found[left] != found[right]}
        assert {"one", "value 0", "value 1", "gradient 00", "second 001"} <= wrong


def test_chances_multiply_over_orders_of_play() -> None:
    """Probabilities of the blurred game by hand: start, two moves each, one transition."""
    game = blurred()
    sample = Sample(game, "direct")
    values = generic(sample.program({}), game)
    p, q = ([values[s] for s in row] for row in sample.phi)
    path = next(path for path in sample.paths if path.visits == (((1, 0), (1, 0), (0, 0)), ((0, 1), (1, 0), (0, 0))))
    chance = Rational(3, 4)
    found = sample.program({"p": [sample.chances[sample.paths.index(path)]]}).at(values)["p"][0]
    assert path.chance == chance
    assert found == prod([chance, p[0], 1 - q[0], p[1], q[1]])
