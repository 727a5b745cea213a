"""theory.values against plain fractions: matrix solves, enumerated trajectories, reverse-mode derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Float, Integer, Poly, Rational, Symbol, fraction, sqrt

from theory import strategies
from theory.errors import BadInput
from theory.exact import Quotient, QuotientField
from theory.games import START, ipd, memory_one, normal_form, prisoners_dilemma, stag_hunt
from theory.games.model import Game
from theory.policies import COORDINATES, Coordinates, parameters
from theory.program import Builder
from theory.symbols import P, R, S, T, discount
from theory.values import GamePoint, value_program

# ---------------------------------------------------------------------------- a second implementation, in fractions

Policy = list[list[list[Fraction]]]  # [player][observation][action]


def number(value: Expr) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def as_policy(game: Game, point: dict[Symbol, Rational]) -> Policy:
    """Probabilities from direct parameters, straight from the documentation."""
    policy: Policy = []
    for names, symbols in zip(game.actions, parameters(game, "direct"), strict=True):
        values = [number(point[symbol]) for symbol in symbols]
        if len(names) == 2:
            policy.append([[value, 1 - value] for value in values])
        else:
            k = len(names)
            rows = [values[start : start + k] for start in range(0, len(values), k)]
            policy.append([[entry + (1 - sum(row)) / k for entry in row] for row in rows])
    return policy


def probability(game: Game, policy: Policy, state: int, joint: Sequence[int]) -> Fraction:
    return prod((policy[i][game.observed[state]][a] for i, a in enumerate(joint)), start=Fraction(1))


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Gauss–Jordan with pivoting."""
    rows = [[*row, entry] for row, entry in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = next(r for r in range(column, size) if rows[r][column] != 0)
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        rows[column] = [entry / lead for entry in rows[column]]
        for r in range(size):
            if r != column:
                factor = rows[r][column]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[column], strict=True)]
    return [row[-1] for row in rows]


def brute_state_values(game: Game, policy: Policy, player: int) -> list[Fraction]:
    states, gamma = range(len(game.states)), number(game.discount)
    matrix, right = [], []
    for s in states:
        weights = [probability(game, policy, s, joint) for joint in game.joint_actions]
        right.append(sum((w * number(game.reward[s][k][player]) for k, w in enumerate(weights)), Fraction(0)))
        matrix.append(
            [
                int(s == t)
                - gamma * sum((w * number(game.transition[s][k][t]) for k, w in enumerate(weights)), Fraction(0))
                for t in states
            ]
        )
    return solve(matrix, right)


def enumerated(game: Game, policy: Policy, horizon: int) -> tuple[list[Fraction], list[Fraction]]:
    """Every trajectory of ``horizon`` steps, one by one: truncated values, and γᴴ P(s_H = s)."""
    gamma = number(game.discount)
    totals, final = [Fraction(0)] * game.players, [Fraction(0)] * len(game.states)

    def walk(state: int, weight: Fraction, time: int, collected: list[Fraction]) -> None:
        if weight == 0:
            return
        if time == horizon:
            for i, amount in enumerate(collected):
                totals[i] += weight * amount
            final[state] += weight * gamma**horizon
            return
        for k, joint in enumerate(game.joint_actions):
            gains = [c + gamma**time * number(r) for c, r in zip(collected, game.reward[state][k], strict=True)]
            for target, chance in enumerate(game.transition[state][k]):
                walk(target, weight * probability(game, policy, state, joint) * number(chance), time + 1, gains)

    for state, chance in enumerate(game.start):
        walk(state, number(chance), 0, [Fraction(0)] * game.players)
    return totals, final


# ------------------------------------------------------------------------------------------------------- helpers

SMALL = st.one_of(
    strategies.one_shot_games(),
    strategies.memory_one_games(),
    strategies.stochastic_games(actions=(2, 2)),
    strategies.stochastic_games(states=2, actions=(2, 3)),
    strategies.stochastic_games(states=2, actions=(3, 2, 2)),
    strategies.stochastic_games(states=3, actions=(2, 3), observations=2),
    strategies.memory_one_games(horizon=2),
)


def point_of(game: Game, coordinates: Coordinates) -> tuple[Builder, GamePoint, tuple[Symbol, ...]]:
    phi = parameters(game, coordinates)
    flat = tuple(symbol for row in phi for symbol in row)
    build = Builder([*flat, *(symbol for symbol, _ in game.parameters)])
    return build, GamePoint(build, game, coordinates, phi), flat


# -------------------------------------------------------------------------------------------------------- values


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_values_agree_with_a_matrix_solve(data: st.DataObject) -> None:
    game = data.draw(SMALL)
    point = data.draw(strategies.parameter_points(game))
    build, at, _ = point_of(game, "direct")
    blocks = {f"u_{i}": at.state_values(i) for i in range(game.players)}
    blocks["value"] = tuple(at.value(i) for i in range(game.players))
    mine = build.program(blocks).at(point)
    policy = as_policy(game, point)
    for player in range(game.players):
        expected = brute_state_values(game, policy, player)
        assert [number(entry) for entry in mine[f"u_{player}"]] == expected
        start = sum((number(rho) * u for rho, u in zip(game.start, expected, strict=True)), Fraction(0))
        assert number(mine["value"][player]) == start


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_values_agree_with_enumerated_trajectories(data: st.DataObject) -> None:
    """V = E[first H rewards] + γᴴ E[u(s_H)] exactly, and the tail is at most γᴴ max|r| / (1 − γ)."""
    game = data.draw(
        st.one_of(
            strategies.stochastic_games(states=2, actions=(2, 2)),
            strategies.memory_one_games(),
            strategies.stochastic_games(states=2, actions=(2,)),
            strategies.stochastic_games(states=3, actions=(2,), observations=2),
        )
    )
    point = data.draw(strategies.parameter_points(game))
    build, at, _ = point_of(game, "direct")
    mine = build.program(
        {
            "value": [at.value(i) for i in range(game.players)],
            **{f"u_{i}": at.state_values(i) for i in range(game.players)},
        }
    ).at(point)
    horizon = 3
    totals, final = enumerated(game, as_policy(game, point), horizon)
    gamma = number(game.discount)
    for player in range(game.players):
        value = number(mine["value"][player])
        rest = sum((w * number(u) for w, u in zip(final, mine[f"u_{player}"], strict=True)), Fraction(0))
        assert value == totals[player] + rest
        largest = max(abs(number(r[player])) for rows in game.reward for r in rows)
        assert abs(value - totals[player]) <= gamma**horizon * largest / (1 - gamma)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_bellman_visits_and_advantages(data: st.DataObject) -> None:
    game = data.draw(SMALL)
    coordinates: Coordinates = data.draw(st.sampled_from(COORDINATES))
    if coordinates == "logit":  # probabilities come from the formal exponential: an arbitrary interior policy
        point = data.draw(strategies.parameter_points(game, "logit"))
    else:
        point = data.draw(strategies.parameter_points(game))
    build, at, _ = point_of(game, coordinates)
    blocks: dict[str, Sequence[Expr]] = {"visits": at.visits, "value": [at.value(i) for i in range(game.players)]}
    for i in range(game.players):
        blocks[f"u_{i}"] = at.state_values(i)
        blocks[f"pi_{i}"] = [p for policy in at._policies[i] for p in policy.probabilities]
        blocks[f"q_{i}"] = [entry for row in at.action_values(i, i) for entry in row]
        blocks[f"a_{i}"] = [entry for row in at.advantages(i, i) for entry in row]
    out = build.program(blocks).at(point)
    states, gamma = range(len(game.states)), game.discount
    assert sum(out["visits"]) == 1 / (1 - gamma)
    pi = [
        [out[f"pi_{i}"][game.observed[s] * k : (game.observed[s] + 1) * k] for s in states]
        for i, k in enumerate(map(len, game.actions))
    ]
    averages = [
        [prod((pi[i][s][a] for i, a in enumerate(joint)), start=Integer(1)) for joint in game.joint_actions]
        for s in states
    ]
    for t in states:  # d = ρ + γ d P
        flow = sum(out["visits"][s] * w * game.transition[s][k][t] for s in states for k, w in enumerate(averages[s]))
        assert out["visits"][t] == game.start[t] + gamma * flow
    for i, k in enumerate(map(len, game.actions)):
        u = out[f"u_{i}"]
        rewards = [sum(w * game.reward[s][j][i] for j, w in enumerate(averages[s])) for s in states]
        assert out["value"][i] == sum(d * r for d, r in zip(out["visits"], rewards, strict=True))
        assert out["value"][i] == sum(rho * entry for rho, entry in zip(game.start, u, strict=True))
        for s in states:
            ahead = sum(w * game.transition[s][j][t] * u[t] for j, w in enumerate(averages[s]) for t in states)
            assert u[s] == rewards[s] + gamma * ahead
            q, advantage = out[f"q_{i}"][s * k : (s + 1) * k], out[f"a_{i}"][s * k : (s + 1) * k]
            assert u[s] == sum(p * entry for p, entry in zip(pi[i][s], q, strict=True))
            assert sum(p * entry for p, entry in zip(pi[i][s], advantage, strict=True)) == 0
            assert all(a == entry - u[s] for a, entry in zip(advantage, q, strict=True))


def test_value_program_blocks() -> None:
    game = stag_hunt()
    point = {
        **dict(
            zip(
                *[[s for row in parameters(game, "direct") for s in row], (Rational(1, 2), Rational(1, 3))], strict=True
            )
        )
    }
    program = value_program(game)
    assert program.inputs == (*point, R, S, T, P)
    out = program.at({**point, **dict(game.parameters)})
    assert set(out) == {"value", "visits", "advantage_1", "advantage_2"}
    assert out["visits"] == (1,)
    assert [len(out[f"advantage_{i}"]) for i in (1, 2)] == [2, 2]


# --------------------------------------------------------------------------------------------------- derivatives


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_policy_gradient_theorem(data: st.DataObject) -> None:
    """∇_j Vⁱ for every pair of players agrees with reverse accumulation through the solve."""
    game = data.draw(SMALL)
    coordinates: Coordinates = data.draw(st.sampled_from(COORDINATES))
    point = data.draw(strategies.parameter_points(game, coordinates))
    build, at, _ = point_of(game, coordinates)
    blocks: dict[str, Sequence[Expr]] = {}
    for i, j in product(range(game.players), repeat=2):
        blocks[f"mine_{i}{j}"] = at.gradient(i, j)
        blocks[f"other_{i}{j}"] = build.gradient(at.value(i), at.parameters[j])
    out = build.program(blocks).at(point)
    for i, j in product(range(game.players), repeat=2):
        assert len(out[f"mine_{i}{j}"]) == len(at.parameters[j])
        assert out[f"mine_{i}{j}"] == out[f"other_{i}{j}"]


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_hessian_products_agree_with_second_reverse_mode_derivatives(data: st.DataObject) -> None:
    game = data.draw(
        st.one_of(
            strategies.one_shot_games(),
            strategies.memory_one_games(),
            strategies.stochastic_games(states=2, actions=(2, 3)),
            strategies.stochastic_games(states=2, actions=(2, 2, 2)),
            strategies.stochastic_games(states=3, actions=(2, 2)),
            strategies.stochastic_games(states=3, actions=(2, 2), observations=2),
            strategies.memory_one_games(horizon=2),
        )
    )
    coordinates: Coordinates = data.draw(st.sampled_from(COORDINATES))
    point = data.draw(strategies.parameter_points(game, coordinates))
    player = data.draw(st.integers(0, game.players - 1))
    other = data.draw(st.integers(0, game.players - 1))
    value_of = data.draw(st.integers(0, game.players - 1))
    build, at, _ = point_of(game, coordinates)
    direction = tuple(data.draw(strategies.rationals(-2, 2, 3)) for _ in at.parameters[other])
    first = build.gradient(at.value(value_of), at.parameters[other])
    slope = sum((a * w for a, w in zip(first, direction, strict=True)), Integer(0))
    out = build.program(
        {
            "mine": at.hessian_product(value_of, player, other, direction),
            "other": build.gradient(slope, at.parameters[player]),
        }
    ).at(point)
    assert out["mine"] == out["other"]


def test_hessian_product_holds_its_direction_fixed() -> None:
    """A direction that depends on φ is not differentiated."""
    game = stag_hunt().instance()
    build, at, (p, q) = point_of(game, "logit")
    out = build.program(
        {"moving": at.hessian_product(1, 0, 1, at.gradient(0, 1)), "fixed": at.hessian_product(1, 0, 1, (Integer(1),))}
    ).at({p: Rational(1, 3), q: Rational(1, 5)})
    build, at, _ = point_of(game, "logit")
    weight = build.program({"weight": at.gradient(0, 1)}).at({p: Rational(1, 3), q: Rational(1, 5)})["weight"][0]
    assert out["moving"][0] == weight * out["fixed"][0]


# ------------------------------------------------------------------------------------------------ finite horizons


@pytest.mark.parametrize("horizon", [1, 2, 3])
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_finite_horizon_against_playing_the_stage_game(horizon: int, data: st.DataObject) -> None:
    """Every sequence of joint actions, with probabilities and payoffs from the stage game alone."""
    stage = data.draw(strategies.one_shot_games(actions=(2, 2)))
    game = data.draw(strategies.memory_one_games(st.just(stage), horizon=horizon))
    point = data.draw(strategies.parameter_points(game))
    mine = value_program(game).at(point)["value"]
    policy, gamma = as_policy(game, point), number(game.discount)
    totals = [Fraction(0)] * 2
    for sequence in product(range(4), repeat=horizon):
        weight, seen = Fraction(1), 0
        for k in sequence:
            weight *= prod((policy[i][seen][a] for i, a in enumerate(stage.joint_actions[k])), start=Fraction(1))
            seen = k + 1
        for i in range(2):
            gains = (gamma**t * number(stage.reward[0][k][i]) for t, k in enumerate(sequence))
            totals[i] += weight * sum(gains, Fraction(0))
    assert [number(value) for value in mine] == totals


@settings(max_examples=4, deadline=None)
@given(st.data())
def test_one_round_is_the_stage_game(data: st.DataObject) -> None:
    """With H = 1 nothing but ∅ matters: its derivatives are the stage game's, all others are zero."""
    stage = data.draw(strategies.one_shot_games(actions=(2, 2)))
    game = data.draw(strategies.memory_one_games(st.just(stage), horizon=1))
    point = data.draw(strategies.parameter_points(game))
    build, at, _ = point_of(game, "direct")
    once, alone, (p, q) = point_of(stage, "direct")
    mine = build.program({str(i): at.gradient(i, i) for i in range(2)}).at(point)
    rows = parameters(game, "direct")
    theirs = once.program({str(i): alone.gradient(i, i) for i in range(2)}).at(
        {p: point[rows[0][0]], q: point[rows[1][0]]}
    )
    for i in range(2):
        assert mine[str(i)] == (*theirs[str(i)], 0, 0, 0, 0)


def test_truncation_bias_of_the_ipd_is_a_geometric_tail() -> None:
    """V − V_H = γᴴ · R/(1 − γ) on the path of mutual cooperation: O(γᴴ), and the mean weights agree."""
    stage = prisoners_dilemma().instance()
    for horizon in (1, 3, 5):
        short = memory_one(stage, Rational(5, 6), name="short", horizon=horizon)
        always = {s: Integer(1) for row in parameters(short, "direct") for s in row}
        value = value_program(short).at(always)["value"][0]
        assert value == 3 * (1 - Rational(5, 6) ** horizon) * 6
        assert value / short.total_weight == 3
    assert memory_one(stage, Rational(5, 6), name="long").total_weight == 6


@pytest.mark.parametrize("horizon", [0, -1, True, 2.0, "3"])
def test_horizons_that_are_no_number_of_rounds(horizon: object) -> None:
    with pytest.raises(BadInput):
        memory_one(prisoners_dilemma(), Rational(1, 2), name="bad", horizon=horizon)  # type: ignore[arg-type]


def test_an_observation_that_no_state_shows() -> None:
    """Refused, or its parameters have derivative zero."""
    half = (Rational(1, 2), Rational(1, 2))
    rewards = ((Integer(1),), (Integer(0),))
    try:
        game = Game(
            "blind", (("A", "B"),), ("s", "t"), half, ((half,) * 2,) * 2, (rewards,) * 2, Rational(1, 2),
            observations=("seen", "unseen"), observed=(0, 0),
        )  # fmt: skip
    except BadInput:
        return
    build, at, flat = point_of(game, "direct")
    out = build.program({"gradient": at.gradient(0, 0)}).at(dict.fromkeys(flat, Rational(1, 3)))
    assert out["gradient"] == (2, 0)


# ------------------------------------------------------------------------------------------------ memory-one IPD


def ipd_profile(first: str, second: str) -> dict[Symbol, Rational]:
    """Deterministic strategies, each written in its player's own view as ∅, CC, CD, DC, DD."""
    game = ipd()
    order = (START, "CC", "CD", "DC", "DD")
    point = {}
    for player, (symbols, moves) in enumerate(zip(parameters(game, "direct"), (first, second), strict=True)):
        for state, symbol in enumerate(symbols):
            move = moves[order.index(game.seen_by(player, state))]
            point[symbol] = Integer(int(move == "C"))
    return point


def ipd_values(point: dict[Symbol, Rational]) -> tuple[Rational, Rational]:
    return value_program(ipd()).at({**point, **dict(ipd().parameters)})["value"]  # type: ignore[return-value]


TFT, STFT, GRIM, ALLC, ALLD, WSLS = "CCDCD", "DCDCD", "CCDDD", "CCCCC", "DDDDD", "CCDDC"


def played(first: str, second: str, rounds: int) -> tuple[Fraction, Fraction]:
    """Truncated values by playing the game: each player looks up (own last move, other's last move)."""
    order, payoff = ("CC", "CD", "DC", "DD"), {"CC": -1, "CD": -3, "DC": 0, "DD": -2}
    a, b = first[0], second[0]
    totals, weight = [Fraction(0), Fraction(0)], Fraction(1)
    for _ in range(rounds):
        totals[0] += weight * payoff[a + b]
        totals[1] += weight * payoff[b + a]
        weight *= Fraction(24, 25)
        a, b = first[1 + order.index(a + b)], second[1 + order.index(b + a)]
    return totals[0], totals[1]


def test_state_order_and_player_twos_view() -> None:
    game = ipd()
    assert game.states == (START, "CC", "CD", "DC", "DD")
    assert [game.seen_by(0, s) for s in range(5)] == [START, "CC", "CD", "DC", "DD"]
    assert [game.seen_by(1, s) for s in range(5)] == [START, "CC", "DC", "CD", "DD"]
    assert game.start == (1, 0, 0, 0, 0)
    assert game.joint_actions == ((0, 0), (0, 1), (1, 0), (1, 1))
    for rows in game.transition:  # the state after a joint action carries its name, wherever the game was
        for joint, row in zip(game.joint_actions, rows, strict=True):
            assert game.states[row.index(1)] == "".join(game.actions[i][a] for i, a in enumerate(joint))
            assert sum(row) == 1


@pytest.mark.parametrize("first", [TFT, STFT, GRIM, ALLC, ALLD, WSLS, "DCCDC", "CDCDC"])
@pytest.mark.parametrize("second", [TFT, STFT, GRIM, ALLC, ALLD, WSLS, "CCCDD", "DDDCC"])
def test_deterministic_strategies_against_playing_the_game(first: str, second: str) -> None:
    """The path of play repeats after at most 4 rounds, so the values follow from 4 + 12 played rounds exactly."""
    values = ipd_values(ipd_profile(first, second))
    lead, period = 4, 12  # 12 is a multiple of 1, 2, 3, 4
    head, longer = played(first, second, lead), played(first, second, lead + period)
    for mine, start, more in zip(values, head, longer, strict=True):
        assert number(mine) == start + (more - start) / (1 - Fraction(24, 25) ** period)


def test_tit_for_tat_in_global_names() -> None:
    """Player 2's tit for tat cooperates after CC and CD: what matters is player 1's last move."""
    point = {symbol.name: value for symbol, value in ipd_profile(TFT, TFT).items()}
    assert [point[f"p_{s}"] for s in ("0", "CC", "CD", "DC", "DD")] == [1, 1, 0, 1, 0]
    assert [point[f"q_{s}"] for s in ("0", "CC", "CD", "DC", "DD")] == [1, 1, 1, 0, 0]


def test_a_wrong_view_swap_changes_the_value() -> None:
    """The published slip: player 2's strategy written without the swap."""
    right = ipd_profile(TFT, STFT)
    wrong = dict(right)
    q_cd, q_dc = (next(s for s in right if s.name == name) for name in ("q_CD", "q_DC"))
    wrong[q_cd], wrong[q_dc] = right[q_dc], right[q_cd]
    assert ipd_values(right) == (Rational(-1875, 49), Rational(-1800, 49))  # C,D,C,D… against D,C,D,C…
    assert ipd_values(wrong) != ipd_values(right)
    other = replace(ipd(), own_view=None)
    assert [other.seen_by(1, s) for s in range(5)] != [ipd().seen_by(1, s) for s in range(5)]


IPD_PHI = tuple(symbol for row in parameters(ipd(), "direct") for symbol in row)
IPD_FIELD = QuotientField((*IPD_PHI, R, S, T, P, discount))


@pytest.fixture(scope="module")
def ipd_quotients() -> tuple[Quotient, Quotient]:
    """V¹ and V² of the IPD as quotients of polynomials in ten probabilities and R, S, T, P, γ."""
    program = value_program(ipd())
    only_values = replace(program, outputs={"value": program.outputs["value"]})
    first, second = only_values.run(IPD_FIELD.values, IPD_FIELD.constant)["value"]
    return first, second


def degrees(polynomial: flint.fmpq_mpoly) -> dict[str, int]:
    """Degree in each generator."""
    rows = zip(*polynomial.to_dict(), strict=True)
    return {generator.name: max(row) for generator, row in zip(IPD_FIELD.generators, rows, strict=True)}


def test_ipd_value_is_multi_affine_with_313_and_110_terms(ipd_quotients: tuple[Quotient, Quotient]) -> None:
    phi = {symbol.name for symbol in IPD_PHI}
    for value in ipd_quotients:
        above, below = degrees(value.numerator), degrees(value.denominator)
        assert (len(value.numerator.to_dict()), len(value.denominator.to_dict())) == (313, 110)
        assert {name: above[name] for name in phi} == dict.fromkeys(phi, 1)
        assert {name: below[name] for name in phi} == {n: int(n not in ("p_0", "q_0")) for n in phi}
        assert [above[name] for name in "RSTP"] == [1] * 4
        assert [below[name] for name in "RSTP"] == [0] * 4


def renamed(value: Quotient, name: Callable[[str], str]) -> Quotient:
    """The quotient with its generators exchanged."""
    names = [generator.name for generator in IPD_FIELD.generators]
    place = [names.index(name(one)) for one in names]
    context = value.numerator.context()

    def turn(polynomial: flint.fmpq_mpoly) -> flint.fmpq_mpoly:
        return context.from_dict(
            {tuple(powers[k] for k in place): coefficient for powers, coefficient in polynomial.to_dict().items()}
        )

    return Quotient.reduced(turn(value.numerator), turn(value.denominator))


def letters(name: str) -> str:
    """p ↔ q, without a look at the states."""
    return name.translate(str.maketrans("pq", "qp")) if "_" in name else name


def letters_and_views(name: str) -> str:
    """p ↔ q and CD ↔ DC: what player 2 calls CD is the other's DC."""
    letter, _, state = letters(name).partition("_")
    return letter + "_" + {"CD": "DC", "DC": "CD"}.get(state, state) if state else name


def test_ipd_players_swap(ipd_quotients: tuple[Quotient, Quotient]) -> None:
    """V²(φ) is V¹ of the swapped profile; without the CD/DC swap it is not."""
    first, second = ipd_quotients
    assert renamed(first, letters_and_views) == second
    assert renamed(second, letters_and_views) == first
    assert renamed(first, letters) != second
    assert first != second


def test_ipd_advantage_has_the_structure_that_signs_rely_on() -> None:
    """The numerator of A(s) lacks the player's row at s, has degree ≤ 2 in the peer's row there, 1 elsewhere."""
    game = ipd().instance()
    build, at, phi = point_of(game, "direct")
    rows = at.action_values(0, 0)
    field_program = build.program({"gap": [row[0] - row[1] for row in rows]}).closed_form()["gap"]
    own, other = at.parameters
    for s, gap in enumerate(field_program):
        numerator, denominator = (Poly(part, *phi) for part in fraction(gap))
        assert numerator.degree(own[s]) == 0
        assert numerator.degree(other[s]) == (1 if s == 0 else 2)
        for t in range(len(rows)):
            if t != s:
                assert numerator.degree(own[t]) <= 1 and numerator.degree(other[t]) <= 1
        # The denominator is that of V (s = ∅ aside): nothing of ∅ in it.
        assert denominator.degree(own[0]) == denominator.degree(other[0]) == 0


@settings(max_examples=6, deadline=None)
@given(st.data())
def test_symmetric_games_have_symmetric_values(data: st.DataObject) -> None:
    """Swapping the players and their parameters swaps the values, in one shot and repeated."""
    stage = data.draw(strategies.symmetric_games())
    game = memory_one(stage, data.draw(strategies.discounts()), name="repeated")
    point = data.draw(strategies.parameter_points(game))
    program, payoffs = value_program(game), dict(game.parameters)
    state = {s.name: s for s in point}

    def mirror(name: str) -> str:
        letter, where = name.split("_")
        return {"p": "q", "q": "p"}[letter] + "_" + {"AB": "BA", "BA": "AB"}.get(where, where)

    first, second = program.at({**point, **payoffs})["value"]
    turned = {state[mirror(s.name)]: value for s, value in point.items()}
    assert program.at({**turned, **payoffs})["value"] == (second, first)


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_positive_affine_change_of_payoffs(data: st.DataObject) -> None:
    """r → kr + m turns V into kV + m/(1 − γ)."""
    game = data.draw(st.one_of(strategies.memory_one_games(), strategies.stochastic_games(states=2, actions=(2, 2))))
    k, m = data.draw(strategies.rationals(0, 4, 3, open_interval=True)), data.draw(strategies.rationals(-3, 3, 3))
    changed = replace(game, reward=tuple(tuple(tuple(k * r + m for r in row) for row in rows) for rows in game.reward))
    point = data.draw(strategies.parameter_points(game))
    before, after = value_program(game).at(point)["value"], value_program(changed).at(point)["value"]
    assert after == tuple(k * value + m / (1 - game.discount) for value in before)


def test_a_repeated_game_ignoring_its_memory_is_the_one_shot_game() -> None:
    """Policies that do the same in every state give V = (one-shot V)/(1 − γ)."""
    stage = prisoners_dilemma().instance()
    game = memory_one(stage, Rational(5, 6), name="repeated")
    p, q = Rational(1, 3), Rational(3, 7)
    flat = parameters(game, "direct")
    point = {**dict.fromkeys(flat[0], p), **dict.fromkeys(flat[1], q)}
    once = value_program(stage).at(
        dict(zip((s for row in parameters(stage, "direct") for s in row), (p, q), strict=True))
    )
    assert value_program(game).at(point)["value"] == tuple(6 * value for value in once["value"])


def test_memory_one_views_with_three_players() -> None:
    """Each player's own action comes first, the others follow in cyclic order."""
    cells = {joint: (Integer(0),) * 3 for joint in product(range(2), repeat=3)}
    game = memory_one(normal_form("three", [("C", "D")] * 3, cells), Rational(1, 2), name="three")
    s = game.states.index("CDD")
    assert [game.seen_by(i, s) for i in range(3)] == ["CDD", "DDC", "DCD"]
    for player in range(3):
        assert sorted(game.seen_by(player, s) for s in range(9)) == sorted(game.states)


# ---------------------------------------------------------------------------------------- valid by construction


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_strategies_give_what_they_promise(data: st.DataObject) -> None:
    coordination = dict(data.draw(strategies.symmetric_games("coordination")).parameters)
    assert coordination[R] > coordination[T] and coordination[P] > coordination[S]
    dilemma = data.draw(strategies.symmetric_games("prisoners-dilemma"))
    values = dict(dilemma.parameters)
    assert values[T] > values[R] > values[P] > values[S]
    assert all(dilemma.value_of(form) > 0 for form in dilemma.ordering)
    assert 0 < data.draw(strategies.step_sizes()) < 1
    assert 0 <= data.draw(strategies.discounts()) < 1
    row = data.draw(strategies.distributions(3, interior=True))
    assert sum(row) == 1 and min(row) > 0
    low, high = sorted((data.draw(strategies.rationals()), data.draw(strategies.rationals())))
    if low < high:
        assert low <= data.draw(strategies.rationals(low, high + 1)) <= high + 1
    one_shot = data.draw(strategies.one_shot_games(actions=(2, 3)))
    assert one_shot.one_shot and [len(names) for names in one_shot.actions] == [2, 3]
    assert data.draw(strategies.stochastic_games(states=3, actions=(2, 2))).players == 2


def test_an_interval_without_small_fractions_is_refused() -> None:
    with pytest.raises(ValueError, match="no rational"):
        strategies.rationals("1/100", "1/50")


# ----------------------------------------------------------------------------------------------- refused numbers

CELLS = {(a, b): (Integer(1), Integer(2)) for a in range(2) for b in range(2)}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), Integer(1) / Integer(0), sqrt(2), 0.5, Float(0.5)])
def test_payoffs_are_exact_finite_numbers(bad: object) -> None:
    """Refused, or a float read at its digits: left in the tables it makes every later decision Undecided."""
    try:
        game = normal_form("bad", [("A", "B")] * 2, {**CELLS, (0, 0): (bad, Integer(0))})
    except BadInput:
        return
    assert game.reward[0][0][0] == Rational(1, 2)
    assert isinstance(game.reward[0][0][0], Rational)


@pytest.mark.parametrize("bad", [1, Rational(25, 24), -1, float("nan"), Integer(1) / Integer(0), 0.96, Float(0.96)])
def test_discounts_are_exact_and_in_range(bad: object) -> None:
    try:
        game = memory_one(normal_form("stage", [("A", "B")] * 2, CELLS), bad, name="bad")
    except BadInput:
        return
    assert game.discount == Rational(24, 25)
    assert isinstance(game.discount, Rational)


@pytest.mark.parametrize("bad", [Rational(-1, 2), Integer(2), float("nan")])
def test_transition_probabilities_given_as_parameters_are_checked(bad: object) -> None:
    """A symbol in a transition row is no way around the check, neither at first nor by with_parameters."""
    stay = Symbol("stay")
    row = (stay, 1 - stay)

    def make(value: object) -> Game:
        return Game(
            "chain", (("A", "B"),), ("s", "t"), (Integer(1), Integer(0)), ((row,) * 2,) * 2,
            (((Integer(1),),) * 2,) * 2, Rational(1, 2), parameters=((stay, value),),
        )  # fmt: skip

    assert make(Rational(1, 3)).with_parameters({"stay": Rational(1, 2)}).parameters == ((stay, Rational(1, 2)),)
    with pytest.raises(BadInput):
        make(bad)
    with pytest.raises(BadInput):
        make(Rational(1, 3)).with_parameters({"stay": bad})


# --------------------------------------------------------------------------------------------- negative controls


def test_false_laws_are_refuted() -> None:
    """Each slip must change a number at a generic point."""
    game = ipd().instance()
    build, at, phi = point_of(game, "direct")
    point = dict(zip(phi, (Rational(k, 29) for k in (11, 20, 7, 13, 5, 3, 17, 19, 2, 23)), strict=True))
    out = build.program(
        {
            "gradient": at.gradient(0, 0),
            "peer_gradient": at.gradient(0, 1),
            "undiscounted": [q[0] - q[1] for q in at.action_values(0, 0)],
            "of_other": at.gradient(1, 0),
            "visits": at.visits,
            "mixed": at.hessian_product(1, 0, 1, at.gradient(0, 1)),
            "swapped": at.hessian_product(0, 1, 0, at.gradient(0, 0)),
            "own": at.hessian_product(0, 0, 0, at.gradient(0, 0)),
        }
    ).at(point)
    assert out["gradient"] == tuple(d * a for d, a in zip(out["visits"], out["undiscounted"], strict=True))
    assert out["gradient"] != out["undiscounted"]
    assert out["gradient"] != out["peer_gradient"]
    assert out["gradient"] != out["of_other"]
    assert out["mixed"] != out["swapped"]
    assert out["mixed"] != out["own"]
    assert sum(out["visits"]) != 1
