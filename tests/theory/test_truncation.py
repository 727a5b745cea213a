"""theory.truncation and claim C3: games cut after H rounds, exact bounds of the bias, and what attains them.

The second route to every truncated quantity is either the finite-horizon memory-one game or a sum over rounds in plain
fractions; the second route to every sum over rounds is its definition, term by term.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import prod

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Poly, Rational, Symbol

from theory import strategies
from theory.claims import c03_bias, settle
from theory.claims.c03_bias import (
    CLAIMS,
    AtRest,
    at_rest,
    first_order,
    grim_point,
    grim_tail,
    tail_residual,
    telescoping_residual,
    unroll_gap,
    value_gap,
)
from theory.claims.model import Verdict
from theory.decomposition import decompose, rule_terms
from theory.errors import BadInput
from theory.exact import Undecided, is_zero, to_fmpq
from theory.games import START, Game, ipd, ipd_finite, memory_one, prisoners_dilemma, stag_hunt
from theory.policies import COORDINATES, Coordinates, in_probabilities, local_policies, parameters
from theory.profiles import parse_profile
from theory.program import Builder, Program
from theory.symbols import P, R, T, alpha, discount
from theory.truncation import (
    LinearRounds,
    Sums,
    TruncationBound,
    all_sums,
    averages,
    contraction,
    cut_sums,
    horizon,
    kept_sums,
    limit_counts,
    linear_rounds,
    policy_change,
    sign_game,
    tail_factor,
    truncated,
    truncation_bound,
)
from theory.values import GamePoint, value_program

Point = dict[Symbol, Rational]
TENTH = Rational(1, 10)


def half(*numbers: int) -> Rational:
    return Rational(sum(numbers), 2)


def norm(left: tuple[Rational, ...], right: tuple[Rational, ...]) -> Rational:
    return sum((abs(a - b) for a, b in zip(left, right, strict=True)), Integer(0))


# -------------------------------------------------------------------------------------------------- truncated games


@settings(max_examples=10)
@given(st.data(), st.integers(1, 5))
def test_truncating_the_memory_one_game_gives_the_game_with_a_horizon(data: st.DataObject, rounds: int) -> None:
    stage = data.draw(strategies.one_shot_games(actions=data.draw(st.sampled_from([(2, 2), (2, 3), (2, 2, 2)]))))
    gamma = data.draw(strategies.discounts())
    endless = memory_one(stage, gamma, name="repeated")
    assert truncated(endless, rounds) == memory_one(stage, gamma, name="repeated", horizon=rounds)


def test_symbols_and_everything_else_of_the_game_stay() -> None:
    """ipd-finite is its endless game truncated after twelve rounds, with symbolic payoffs, class and target."""
    finite = ipd_finite()
    endless = memory_one(
        prisoners_dilemma(R=3, S=0, T=5, P=1), discount, name=finite.name, parameters=finite.parameters
    )
    assert truncated(replace(endless, ordering=finite.ordering, target=finite.target), 12) == finite


def rewards_by_round(game: Game, point: Mapping[Symbol, Rational], value_of: int, rounds: int) -> list[Rational]:
    """E rⁱ_t for t < rounds, pushing the distribution over the states forward (direct)."""
    moves, pays = averages(game, point, value_of)
    chances, found = list(game.start), []
    for _ in range(rounds):
        found.append(sum((c * pays[s] for s, c in enumerate(chances)), Integer(0)))
        chances = [sum(chances[s] * moves[s, t] for s in range(len(chances))) for t in range(len(chances))]
    return found


@settings(max_examples=10)
@given(st.data(), st.integers(1, 4))
def test_the_truncated_game_pays_the_first_rounds(data: st.DataObject, rounds: int) -> None:
    game = data.draw(stochastic())
    point = data.draw(strategies.parameter_points(game))
    cut = truncated(game, rounds)
    assert cut.horizon == rounds and cut.observations == game.observations and cut.states[-1] == "end"
    values = value_program(cut).at(point)["value"]
    for player in range(game.players):
        earned = rewards_by_round(game, point, player, rounds)
        assert values[player] == sum(game.discount**t * e for t, e in enumerate(earned))


def stochastic() -> st.SearchStrategy[Game]:
    return st.one_of(
        strategies.stochastic_games(states=3, actions=(2, 2)),
        strategies.stochastic_games(states=2, actions=(2, 3)),
        strategies.stochastic_games(states=2, actions=(2, 2, 2)),
        strategies.stochastic_games(states=3, actions=(2, 2), observations=2),
    )


def test_only_states_that_can_be_reached_are_kept() -> None:
    game = truncated(sign_game(Rational(1, 2)), 3)
    assert game.states == ("even", "even@2", "odd@2", "even@3", "odd@3", "end")
    assert game.observed == (0,) * 6


@pytest.mark.parametrize("rounds", [0, -1, True, 2.0, "3", None])
def test_numbers_of_rounds_that_are_none(rounds: object) -> None:
    for refuse in (lambda: truncated(ipd(), rounds), lambda: truncation_bound(ipd(), "direct", rounds)):  # type: ignore[arg-type]
        with pytest.raises(BadInput, match="rounds: H must be a positive integer"):
            refuse()


def test_other_bad_input() -> None:
    for refuse in (lambda: truncated(ipd_finite(), 3), lambda: truncation_bound(ipd_finite(), "direct", 3)):
        with pytest.raises(BadInput, match="ends after 12 rounds already"):
            refuse()
    with pytest.raises(BadInput, match="policy"):
        truncation_bound(ipd(), "softmax", 3)
    for least in (Rational(-1, 10), Rational(3, 5)):
        with pytest.raises(BadInput, match="least: a probability that 2 actions can all have"):
            truncation_bound(ipd(), "direct", 3, least)


# ---------------------------------------------------------------------------------------------- sums over the rounds


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_tails_are_what_is_left_of_the_whole_sum(order: int) -> None:
    """By its recursion in H for all H, and against the first terms for some."""
    assert is_zero(tail_residual(order))
    assert not is_zero(tail_residual(order, horizon**order + 2))
    gamma = Rational(3, 7)
    whole = tail_factor(order, gamma).subs(horizon, 0)
    for rounds in range(1, 6):
        first = sum(gamma**t * (t + 1) ** order for t in range(rounds))
        assert whole - first == gamma**rounds * tail_factor(order, gamma).subs(horizon, rounds)
    # The whole sum, from 1/(1−γ)^(k+1) = Σ C(t+k, k) γᵗ.
    binomials = {0: [1], 1: [0, 1], 2: [0, -1, 2], 3: [0, 1, -6, 6]}[order]  # (t+1)ᵏ in C(t+k, k)
    assert whole == sum(Integer(c) / (1 - gamma) ** (k + 1) for k, c in enumerate(binomials))


@settings(max_examples=30)
@given(strategies.discounts(), strategies.rationals(0, 1, 6), st.integers(1, 6))
def test_sums_of_the_counts_by_their_definition(gamma: Rational, c: Rational, rounds: int) -> None:
    def effect(later: int) -> Rational:
        return Integer(1) if later == 0 else c ** (later - 1)

    def counts(t: int) -> tuple[Rational, Rational]:
        once = sum(effect(t - tau) for tau in range(t + 1))
        twice = sum(
            (effect(t - late) * effect(late - early) for late in range(t + 1) for early in range(late)), Integer(0)
        )
        return once, twice

    kept = kept_sums(gamma, c, rounds)
    assert kept.none == sum(gamma**t for t in range(rounds))
    assert kept.once == sum(gamma**t * counts(t)[0] for t in range(rounds))
    assert kept.twice == sum(gamma**t * counts(t)[1] for t in range(rounds))
    cut, after = cut_sums(gamma, c, rounds), cut_sums(gamma, c, rounds + 1)
    once, twice = counts(rounds)
    assert (cut.once - after.once, cut.twice - after.twice) == (gamma**rounds * once, gamma**rounds * twice)
    ones, squares = (gamma**rounds * tail_factor(k, gamma).subs(horizon, rounds) for k in (1, 2))
    assert 0 <= cut.once <= ones and 0 <= cut.twice <= (squares - ones) / 2
    if c == 1:
        assert (cut.once, cut.twice) == (ones, (squares - ones) / 2)
    else:
        limit, ceiling = limit_counts(c), gamma**rounds / (1 - gamma)
        assert cut.once <= ceiling * limit.once and cut.twice <= ceiling * limit.twice
        assert cut.once >= ceiling * once and cut.twice >= ceiling * twice


def test_sums_by_hand() -> None:
    """γ = ½, c = ½, two rounds: n₁ = 1, 2 and n₂ = 0, 1; all rounds: later = ½/(1 − ¼) = ⅔."""
    assert kept_sums(half(1), half(1), 2) == Sums(half(3), Integer(2), half(1))
    assert all_sums(half(1), half(1)) == Sums(Integer(2), Rational(10, 3), Rational(20, 9))
    assert limit_counts(half(1)) == Sums(Integer(1), Integer(3), Integer(6))


def test_every_smaller_power_is_reached() -> None:
    """(H + 1)ᵏ γᴴ ≤ s_k(0, x) (γ/x)ᴴ for every x in (γ, 1): with γ/x = γ^(r′/r) that is O(n^−r′) for each r′ < r."""
    gamma, x = Rational(4, 9), Rational(2, 3)  # γ/x = √γ, so r′ = r/2
    for order, rounds in product(range(3), range(0, 40, 3)):
        constant = tail_factor(order, x).subs(horizon, 0)
        assert (rounds + 1) ** order * gamma**rounds <= constant * (gamma / x) ** rounds


# --------------------------------------------------------------------------------------------------- the constants


@lru_cache
def sized(actions: int) -> Game:
    joint = list(product(range(actions), repeat=2))
    return Game(
        name="sized",
        actions=(tuple("ABCDE"[:actions]),) * 2,
        states=("s",),
        start=(Integer(1),),
        transition=(((Integer(1),),) * len(joint),),
        reward=(tuple((Integer(a), Integer(b)) for a, b in joint),),
        discount=half(1),
    )


@pytest.mark.parametrize(
    ("actions", "coordinates", "first", "second"),
    [
        (2, "direct", Integer(1), 0),
        (3, "direct", Rational(4, 3), 0),  # w = (1, 1, −1): halves of 2/3 + 2/3 + 4/3
        (4, "direct", Integer(2), 0),
        (2, "logit", Rational(1, 4), Rational(1, 4)),
        (3, "logit", half(1), 1),
        (5, "logit", half(1), 1),
    ],
)
def test_policy_constants(actions: int, coordinates: Coordinates, first: Rational, second: Rational) -> None:
    change = policy_change(sized(actions), 0, coordinates)
    assert (change.first, change.second) == (first, second)


@settings(max_examples=25)
@given(st.data(), st.integers(2, 4), st.sampled_from(COORDINATES))
def test_policies_change_no_more_than_the_constants(
    data: st.DataObject, actions: int, coordinates: Coordinates
) -> None:
    """The package's own Jacobians and Hessians along directions in the unit cube: in logit πX and π(XX′ − E XX′)."""
    game = sized(actions)
    symbols = parameters(game, coordinates)[0]
    build = Builder(symbols)
    policy = local_policies(build, game, coordinates, 0, symbols)[0]
    unit = st.one_of(st.sampled_from([Integer(-1), Integer(1)]), strategies.rationals(-1, 1, 4))
    w, other = ([data.draw(unit) for _ in symbols] for _ in range(2))
    bend = [
        sum((row[m][n] * w[n] * other[m] for m in range(len(w)) for n in range(len(w))), Integer(0))
        for row in policy.hessian
    ]
    program = build.program({"pi": policy.probabilities, "push": policy.push(w), "bend": bend})
    # Any positive numbers in the exponentials' place are possible, so their values are policies too.
    found = program.at(data.draw(strategies.parameter_points(game, coordinates)))
    change = policy_change(game, 0, coordinates)
    assert sum(found["push"]) == 0 and sum(found["bend"]) == 0
    assert sum(map(abs, found["push"])) / 2 <= change.first
    assert sum(map(abs, found["bend"])) / 2 <= change.second
    if coordinates == "logit":
        pi = found["pi"]
        full, whole = (row if actions > 2 else [*row, Integer(0)] for row in (w, other))
        x, y = ([e - sum(map(prod, zip(pi, row, strict=True))) for e in row] for row in (full, whole))
        covariance = sum(p * a * b for p, a, b in zip(pi, x, y, strict=True))
        assert list(found["push"]) == [p * a for p, a in zip(pi, x, strict=True)]
        assert list(found["bend"]) == [p * (a * b - covariance) for p, a, b in zip(pi, x, y, strict=True)]


def test_first_constants_are_attained() -> None:
    """Direct: by extreme directions everywhere. Logit, two actions: at ½, and nowhere else."""
    for actions in (2, 3, 4):
        game = sized(actions)
        symbols = parameters(game, "direct")[0]
        policy = local_policies(Builder(symbols), game, "direct", 0, symbols)[0]
        signs = product((Integer(1), Integer(-1)), repeat=len(symbols))
        largest = max(sum(map(abs, policy.push(w))) / 2 for w in signs)
        assert largest == policy_change(game, 0, "direct").first
    p = Symbol("p")
    assert is_zero(policy_change(sized(2), 0, "logit").first - p * (1 - p) - (2 * p - 1) ** 2 / 4)


def total_variation(moves: Expr, s: int, t: int) -> Rational:
    return sum(abs(moves[s, u] - moves[t, u]) for u in range(moves.shape[1])) / 2


@settings(max_examples=15)
@given(st.data())
def test_no_policy_contracts_less(data: st.DataObject) -> None:
    game = data.draw(st.one_of(stochastic(), strategies.memory_one_games()))
    point = data.draw(strategies.parameter_points(game))
    moves, _ = averages(game, point, 0)
    size = len(game.states)
    here = max(total_variation(moves, s, t) for s in range(size) for t in range(s))
    if all(len(names) == 2 for names in game.actions):
        least = min(min(p, 1 - p) for p in point.values())
        assert here <= contraction(game, least)
    assert here <= contraction(game, Integer(0)) <= 1
    spread = data.draw(st.lists(strategies.rationals(), min_size=size, max_size=size))
    after = [sum(moves[s, t] * spread[t] for t in range(size)) for s in range(size)]
    assert max(after) - min(after) <= here * (max(spread) - min(spread))


@pytest.mark.parametrize("least", [Integer(0), Rational(1, 1000), TENTH, Rational(2, 5), half(1)])
def test_two_players_with_two_actions_contract_by_one_less_twice_the_least(least: Rational) -> None:
    assert contraction(ipd(), least) == 1 - 2 * least
    alone, both = replace(sign_game(half(1)), observations=("s", "t"), observed=(0, 1)), sign_game(half(1))
    assert contraction(alone, Integer(0)) == contraction(both, Integer(0)) == 1
    # Who sees no difference plays the same in both states: then |(2p − 1)(2q − 1)|.
    assert contraction(both, least) == (1 - 2 * least) ** 2


def test_two_observations_are_told_apart_from_one() -> None:
    """In two states with the same moves but different observations the rows can differ; with one they cannot."""
    moves = ((half(1), half(1)),) * 2 + ((Integer(1), Integer(0)),) * 2
    apart = Game(
        name="two states",
        actions=(("A", "B"),) * 2,
        states=("s", "t"),
        start=(Integer(1), Integer(0)),
        transition=(moves, moves),
        reward=(((Integer(0),) * 2,) * 4,) * 2,
        discount=half(1),
    )
    assert contraction(apart, Integer(0)) == half(1)
    assert contraction(replace(apart, observations=("any",), observed=(0, 0)), Integer(0)) == 0


# ------------------------------------------------------------------------------------------- biases never exceed bounds


def expanded(game: Game, coordinates: Coordinates) -> Program:
    return decompose(game, coordinates, form="expanded").program


def check_terms(
    whole: Mapping[str, tuple[Rational, ...]], cut: Mapping[str, tuple[Rational, ...]], allowed: Mapping[str, Rational]
) -> None:
    assert set(whole) == set(cut) == set(allowed)
    for name in whole:
        assert norm(whole[name], cut[name]) <= allowed[name], name


GAMES = st.one_of(
    strategies.memory_one_games(),
    strategies.memory_one_games(strategies.one_shot_games(actions=(2, 3))),
    stochastic(),
)


@settings(max_examples=8)
@given(st.data(), st.sampled_from(COORDINATES))
def test_no_term_at_a_random_policy_exceeds_its_bound(data: st.DataObject, coordinates: Coordinates) -> None:
    """The formal exponential gives positive odds, hence true probabilities, at every single point of evaluation."""
    game = data.draw(GAMES)
    rounds = data.draw(st.integers(1, 5 if len(game.joint_actions) == 4 else 2))
    programs = expanded(game, coordinates), expanded(truncated(game, rounds), coordinates)
    bound = truncation_bound(game, coordinates, rounds)
    for _ in range(4):
        point = data.draw(strategies.program_inputs(game, coordinates))
        whole, cut = (program.at(point) for program in programs)
        check_terms(whole, cut, bound.terms(point[alpha], "expanded"))


@settings(max_examples=4)
@given(st.data(), st.sampled_from(COORDINATES))
def test_no_mixed_policy_exceeds_the_bound_with_contraction(data: st.DataObject, coordinates: Coordinates) -> None:
    game = data.draw(st.one_of(strategies.memory_one_games(), strategies.stochastic_games(states=3, actions=(2, 2))))
    rounds, least = data.draw(st.integers(1, 4)), data.draw(strategies.rationals(0, half(1), 8))
    programs = in_first_actions(game, coordinates), in_first_actions(truncated(game, rounds), coordinates)
    bound, general = (truncation_bound(game, coordinates, rounds, e) for e in (least, Integer(0)))
    point = data.draw(strategies.program_inputs(game))
    for corner in (False, True):
        if corner:  # extreme policies are where the bound is closest
            point = {s: v if s == alpha else Integer(round(v)) for s, v in point.items()}
        inside = {s: v if s == alpha else least + (1 - 2 * least) * v for s, v in point.items()}
        if coordinates == "logit" and not all(0 < v < 1 for v in inside.values()):
            continue
        whole, cut = (program.at(inside) for program in programs)
        allowed, loose = (b.terms(point[alpha], "expanded") for b in (bound, general))
        check_terms(whole, cut, allowed)
        assert all(allowed[name] <= loose[name] for name in allowed)


def in_first_actions(game: Game, coordinates: Coordinates) -> Program:
    program = expanded(game, coordinates)
    return in_probabilities(program, game) if coordinates == "logit" else program


@settings(max_examples=8)
@given(st.data(), st.sampled_from(COORDINATES), st.integers(1, 4))
def test_values_gradients_and_hessian_blocks_one_by_one(
    data: st.DataObject, coordinates: Coordinates, rounds: int
) -> None:
    """Every ∇_jVⁱ and ∇_j∇_kVⁱw, for w in the unit cube."""
    game = data.draw(st.one_of(stochastic(), strategies.memory_one_games()))
    players = range(game.players)
    phi = parameters(game, coordinates)
    unit = st.one_of(st.sampled_from([Integer(-1), Integer(1)]), strategies.rationals(-1, 1, 3))
    i, k = data.draw(st.sampled_from(players)), data.draw(st.sampled_from(players))
    w = tuple(data.draw(unit) for _ in phi[k])

    def quantities(each: Game) -> Program:
        build = Builder([symbol for row in phi for symbol in row])
        here = GamePoint(build, each, coordinates, phi)
        blocks = {"value": [here.value(i)]}
        blocks |= {f"gradient_{j}": here.gradient(i, j) for j in players}
        blocks |= {f"hessian_{j}": here.hessian_product(i, j, k, w) for j in players}
        return build.program(blocks)

    point = data.draw(strategies.parameter_points(game, coordinates))
    whole, cut = (quantities(each).at(point) for each in (game, truncated(game, rounds)))
    bound = truncation_bound(game, coordinates, rounds)
    assert norm(whole["value"], cut["value"]) <= bound.value(i)
    for j in players:
        assert norm(whole[f"gradient_{j}"], cut[f"gradient_{j}"]) <= bound.gradient(i, j)
        assert norm(whole[f"hessian_{j}"], cut[f"hessian_{j}"]) <= bound.hessian(i, j, k)
        # The rounds themselves are within what they are said to add.
        none = (Integer(0),) * len(phi[j])
        for found, sums in ((whole, bound.whole), (cut, bound.kept)):
            assert norm(found[f"gradient_{j}"], none) <= bound.gradient(i, j, sums)
            assert norm(found[f"hessian_{j}"], none) <= bound.hessian(i, j, k, sums)


# --------------------------------------------------------------------------------------------- what attains the bounds


@pytest.mark.parametrize(("players", "rounds"), [(1, 1), (1, 6), (2, 1), (2, 3), (2, 5), (3, 1), (3, 2)])
def test_the_sign_game_attains_every_bound(players: int, rounds: int) -> None:
    """Value, every gradient, every Hessian block and every term, at p = 1."""
    gamma = Rational(2, 5)
    game = sign_game(gamma, players)
    phi = parameters(game, "direct")
    point = {symbol: Integer(1) for row in phi for symbol in row}

    def quantities(each: Game) -> dict[str, tuple[Rational, ...]]:
        build = Builder([symbol for row in phi for symbol in row])
        here = GamePoint(build, each, "direct", phi)
        blocks = {"value": [here.value(0)]}
        blocks |= {f"gradient {j}": here.gradient(0, j) for j in range(players)}
        pairs = product(range(players), repeat=2)
        blocks |= {f"hessian {j} {k}": here.hessian_product(0, j, k, (Integer(1),)) for j, k in pairs}
        return build.program(blocks).at(point)

    whole, cut = quantities(game), quantities(truncated(game, rounds))
    bound = truncation_bound(game, "direct", rounds)
    assert whole["value"][0] - cut["value"][0] == bound.value(0)
    for j in range(players):
        assert whole[f"gradient {j}"][0] - cut[f"gradient {j}"][0] == bound.gradient(0, j)
        for k in range(players):
            assert whole[f"hessian {j} {k}"][0] - cut[f"hessian {j} {k}"][0] == bound.hessian(0, j, k)
    inputs = {**point, alpha: Rational(1, 3)}
    ends = expanded(game, "direct").at(inputs), expanded(truncated(game, rounds), "direct").at(inputs)
    allowed = bound.terms(inputs[alpha], "expanded")
    assert {name: norm(ends[0][name], ends[1][name]) for name in ends[0]} == allowed


def test_unlike_players_attain_their_own_bounds() -> None:
    """Player 2 plays + by two of three actions and earns three times as much, so no player's bound does for another."""
    game = sign_game(Rational(2, 5))
    joint = list(product((1, -1), (1, 1, -1)))
    game = replace(
        game,
        actions=(game.actions[0], ("plus", "other plus", "minus")),
        transition=tuple(tuple((half(1 + sign * a * b), half(1 - sign * a * b)) for a, b in joint) for sign in (1, -1)),
        reward=tuple(tuple((Integer(sign * a * b), Integer(3 * sign * a * b)) for a, b in joint) for sign in (1, -1)),
    )
    first, second = parameters(game, "direct")
    point = dict(zip((*first, *second, alpha), map(Rational, (1, 1, 0, 0, "1/3")), strict=True))
    for rounds in (1, 3):
        whole, cut = (expanded(each, "direct").at(point) for each in (game, truncated(game, rounds)))
        allowed = truncation_bound(game, "direct", rounds).terms(point[alpha], "expanded")
        found = {name: norm(whole[name], cut[name]) / allowed[name] for name in whole}
        # ∇₂ is a multiple of u = (2, 2, −4), and of |u·g| ≤ |u|₁|g|₁ it takes |u|²/|u|₁² = 24/64.
        assert found.pop("own_2") == found.pop("peer_1") == Rational(3, 8)
        assert set(found.values()) == {1}
    # One inner step, D = 1 and 4/3, spreads 2 and 6: each player moves by its own value's slope.
    bound = truncation_bound(game, "direct", 3)
    once, kept = bound.cut.once, bound.kept
    across = 2 * Rational(4, 3) * 2 * (2 * kept.twice + kept.once)
    end = 2 * once + (4 * 2 * kept.twice * 2 + across * Rational(4, 3) * 6) * once / 3
    assert bound.terms(point[alpha])["current_1"] == end


def test_hessian_bounds_in_logit_by_hand() -> None:
    """γ = ½, H = 2: once 2, twice 7/2; D = B = ¼ and a spread of 2."""
    bound = truncation_bound(sign_game(half(1)), "logit", 2)
    assert (bound.cut.once, bound.cut.twice) == (2, half(7))
    assert bound.hessian(0, 1, 1) == 4 * Rational(1, 16) * 2 * half(7) + Rational(1, 4) * 2 * 2
    assert bound.hessian(1, 0, 1) == 2 * Rational(1, 16) * 2 * (2 * half(7) + 2)


def test_the_sign_game_by_hand() -> None:
    """E r_t = ((2p − 1)(2q − 1))^(t+1); γ = ½, H = 2: tails Σ(t + 1)/2ᵗ = 2, Σ(t + 1)²/2ᵗ = 9, Σt(t + 1)/2ᵗ = 7."""
    game = sign_game(half(1))
    p, q = (row[0] for row in parameters(game, "direct"))
    point = {p: Rational(2, 3), q: Rational(3, 4)}
    assert rewards_by_round(game, point, 1, 4) == [Rational(1, 6) ** (t + 1) for t in range(4)]
    bound = truncation_bound(game, "direct", 2)
    assert (bound.value(0), bound.gradient(0, 1)) == (half(1), 2 * 2)
    assert (bound.hessian(0, 0, 1), bound.hessian(0, 1, 1)) == (4 * 9, 4 * 7)
    # Kept rounds 0 and 1: gradient 2 (1 + 2/2) = 4; Hessian blocks 4 (1 + 4/2) = 12 across, 4 (2/2) = 4 within.
    allowed = bound.terms(Rational(1, 10), "expanded")
    for i in (1, 2):
        assert allowed[f"current_{i}"] == 4
        assert allowed[f"own_{i}"] == Rational(28 * 8 + 4 * 4, 10)
        assert allowed[f"peer_{i}"] == Rational(36 * 8 + 12 * 4, 10)
    # One inner step: φ₁ differs by α·4 in each coordinate, so gradients by (4 + 12) α 4 more.
    end = 4 + Rational(16 * 4, 10)
    unrolled = bound.terms(Rational(1, 10))
    assert unrolled["current_1"] == end
    assert unrolled["own_1"] == (28 * 8 + 4 * end) / 10
    assert unrolled["peer_2"] == (36 * 8 + 12 * end) / 10


@pytest.mark.parametrize("order", [1, 2])
def test_without_the_factor_of_the_rounds_the_bound_is_exceeded(order: int) -> None:
    """γᴴ alone, with the constant of H = 1, does for values but not for k-th derivatives; H^(k−1)γᴴ does not either."""
    gamma = half(1)
    game = sign_game(gamma)
    small, large = (truncation_bound(game, "direct", rounds) for rounds in (1, 64))
    grown = {
        0: large.value(0) / small.value(0),
        1: large.gradient(0, 0) / small.gradient(0, 0),
        2: large.hessian(0, 0, 1) / small.hessian(0, 0, 1),
    }
    assert grown[0] == gamma**63
    assert grown[order] > gamma**63 * 16**order > gamma**63 * 64 ** (order - 1)
    # These bounds are the biases themselves, see above.


# -------------------------------------------------------------------------------------------------- one inner step


@settings(max_examples=4)
@given(st.data(), st.integers(1, 3))
def test_no_unrolled_term_exceeds_its_bound(data: st.DataObject, rounds: int) -> None:
    """Direct, with α so small that the step stays in the box wherever it may lead."""
    game = data.draw(st.one_of(strategies.memory_one_games(), strategies.stochastic_games(states=2, actions=(2, 2, 2))))
    bound = truncation_bound(game, "direct", rounds)
    point = data.draw(strategies.parameter_points(game))
    slope = max(bound.gradient(i, i, bound.whole) for i in range(game.players))
    room = min(min(p, 1 - p) for p in point.values())
    point[alpha] = room / max(slope, Integer(1)) * data.draw(strategies.rationals(0, 1, 4, open_interval=True))
    whole, cut = (decompose(each).program.at(point) for each in (game, truncated(game, rounds)))
    check_terms(whole, cut, bound.terms(point[alpha]))


@contextmanager
def precision(bits: int) -> Iterator[None]:
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def ball_norm(programs: tuple[Program, Program], block: str, point: Point) -> flint.arb:
    inputs = {s: flint.arb(to_fmpq(v)) for s, v in point.items()}
    rows = [program.run(inputs, lambda c: flint.arb(to_fmpq(c)), lambda u: u.exp())[block] for program in programs]
    return sum((abs(a - b) for a, b in zip(*rows, strict=True)), flint.arb(0))


def test_unrolled_terms_in_logit_with_the_true_exponential() -> None:
    """Any α will do there. Without the shift of φ₁ the bound is exceeded.

    Round 0 pays the product of both signs, whose gradient vanishes at even odds; later rounds pay everyone its own
    sign. Cutting them leaves φ₁ at even odds.
    """
    game = sign_game(Rational(1, 50))
    own_signs = tuple((Integer(1 - 2 * a), Integer(1 - 2 * b)) for a, b in game.joint_actions)
    onwards = ((Integer(0), Integer(1)),) * 4
    game = replace(game, transition=(onwards, onwards), reward=(game.reward[0], own_signs))
    x, y = (row[0] for row in parameters(game, "logit"))
    exceeded: set[str] = set()
    for rounds in (1, 2):
        programs = tuple(decompose(each, "logit").program for each in (game, truncated(game, rounds)))
        bound = truncation_bound(game, "logit", rounds)
        for step, a, b in product((1, 50, 400), (Integer(0), Rational(-2)), (Integer(0), half(3))):
            point = {x: a, y: b, alpha: Integer(step)}
            allowed, without = bound.terms(point[alpha]), bound.terms(point[alpha], "expanded")
            with precision(200):
                for name in allowed:
                    found = ball_norm(programs, name, point)  # type: ignore[arg-type]
                    assert found <= flint.arb(to_fmpq(allowed[name])), name
                    if found > flint.arb(to_fmpq(without[name])):
                        exceeded.add(name)
    assert {"current_1", "current_2", "peer_1", "peer_2"} <= exceeded


# ---------------------------------------------------------------------------------- derivatives round by round, Grim


def slopes_by_round(game: Game, point: Mapping[Symbol, Rational], symbol: Symbol, rounds: int) -> list[Expr]:
    """∂E r¹_t/∂φ for t < rounds, differentiating polynomials written out."""
    tables = averages(game, {s: v for s, v in point.items() if s != symbol}, 0)
    moves, pays = ([[Poly(entry, symbol) for entry in row] for row in table.tolist()] for table in tables)
    chances, found, nothing = [Poly(entry, symbol) for entry in game.start], [], Poly(0, symbol)
    for _ in range(rounds):
        earned = sum((c * pay for c, (pay,) in zip(chances, pays, strict=True)), nothing)
        found.append(earned.diff(symbol).as_expr().subs(symbol, point[symbol]))
        chances = [
            sum((c * entry for c, entry in zip(chances, column, strict=True)), nothing)
            for column in zip(*moves, strict=True)
        ]
    return found


def test_every_round_at_grim_by_hand() -> None:
    """After a deviation in round τ: R − T there and R − P in all later rounds, over the rounds 1 … t."""
    game = ipd()
    symbol = parameters(game, "direct")[0][1]
    assert symbol.name == "p_CC"
    found = linear_rounds(game, grim_point(game), 0, symbol)
    assert found is not None and found.first == 1
    written = slopes_by_round(game, grim_point(game), symbol, 7)
    assert written[0] == 0
    for t in range(1, 7):
        assert is_zero(written[t] - ((t - 1) * (R - P) + (R - T)))
        assert is_zero(written[t] - (found.slope * t + found.level))
    swapped = {**grim_point(game), parameters(game, "direct")[0][2]: Integer(1)}  # forgives its own exploitation
    other = linear_rounds(game, swapped, 0, symbol)
    assert other is not None and is_zero(other.slope - found.slope)  # P still follows: the peer never forgives


@settings(max_examples=12)
@given(st.data())
def test_linear_rounds_at_pure_profiles(data: st.DataObject) -> None:
    """Affine from the round on that is said and not before; or not, however late."""
    game = ipd().instance()
    point = {s: Integer(data.draw(st.integers(0, 1))) for row in parameters(game, "direct") for s in row}
    symbol = parameters(game, "direct")[0][data.draw(st.integers(0, 4))]
    found = linear_rounds(game, point, 0, symbol)
    written = slopes_by_round(game, point, symbol, 24)
    bends = [t for t in range(22) if written[t] - 2 * written[t + 1] + written[t + 2] != 0]
    if found is None:
        assert bends[-1] > 10
    else:
        assert found.first == (bends[-1] + 1 if bends else 0)
        assert all(entry == found.slope * t + found.level for t, entry in enumerate(written) if t >= found.first)


def test_tit_for_tat_does_not_settle() -> None:
    game = ipd()
    chosen = parse_profile(game, "TFT")
    point = {
        s: Integer(1 - a)
        for row, actions in zip(parameters(game, "direct"), chosen, strict=True)
        for s, a in zip(row, actions, strict=True)
    }
    assert linear_rounds(game, point, 0, parameters(game, "direct")[0][1]) is None


@settings(max_examples=5)
@given(strategies.symmetric_games("prisoners-dilemma"), strategies.discounts(), st.integers(1, 6))
def test_the_bias_at_grim_is_the_difference_of_the_two_gradients(stage: Game, gamma: Rational, rounds: int) -> None:
    game = memory_one(stage, gamma, name="x", parameters=stage.parameters)
    game = replace(game, actions=(("C", "D"),) * 2)
    renamed = {"AA": "CC", "AB": "CD", "BA": "DC", "BB": "DD"}
    names = tuple(renamed.get(name, name) for name in game.states)
    game = replace(game, states=names, observations=names)
    point = {**grim_point(game), **dict(game.parameters)}
    whole, cut = (rule_terms(each, "direct", "pg").at(point) for each in (game, truncated(game, rounds)))
    payoffs = dict(stage.parameters)
    for place, seen in enumerate(game.observations):
        found = whole["gradient_1"][place] - cut["gradient_1"][place]
        rows = linear_rounds(game, grim_point(game), 0, parameters(game, "direct")[0][place])
        assert rows is not None and rows.first <= 1
        wanted = gamma**rounds * rows.tail(gamma).subs(horizon, rounds).subs(payoffs)
        assert found == wanted
        if seen == "CC" and gamma:
            slope = rows.tail(gamma).diff(horizon).subs(payoffs)
            assert slope == (payoffs[R] - payoffs[P]) / (1 - gamma) > 0


def test_the_bias_at_grim_beats_every_constant() -> None:
    """n = γ^−H, r = 1: n times the bias passes any given constant; n times the value's bias does not."""
    game = ipd()
    tail = game.value_of(grim_tail(game))
    for constant in (100, 10**4, 10**6):
        assert any(tail.subs(horizon, 10**k) > constant for k in range(1, 8))
    assert not grim_tail(game, START).has(horizon)
    assert truncation_bound(game, "direct", 40).value(0) / Rational(24, 25) ** 40 == 3 * 25


def test_linear_rounds_write_their_own_tail() -> None:
    """Σ_{t≥H} γᵗ (2t − 3) for γ = ½: 2 (H + 1) 2^(1−H) − 3 · 2^(1−H)."""
    tail = LinearRounds(Integer(2), Integer(-3), 0).tail(half(1))
    assert is_zero(tail - (4 * (horizon + 1) - 6))


# ------------------------------------------------------------------------------------------------------ inner steps


def test_the_gap_of_inner_steps_by_hand() -> None:
    """Stag Hunt 4,0,3,2: V¹ = 3pq − 2p + q + 2, v = 3(q − ⅔), 3(p − ⅔); at ¾: g = ¼, Dv·v = ¾, peer = 3(3p + 1)."""
    game = stag_hunt().instance()
    point = {symbol: Rational(3, 4) for row in parameters(game, "direct") for symbol in row}
    assert first_order(game, point) == Rational(3, 4) + 0 + 3 * (Rational(9, 4) + 1)
    constant, linear, gap = unroll_gap(game, 1, point, Rational(1, 100))
    end = Rational(3, 4) + Rational(1, 400)
    assert (constant, linear) == (0, Rational(21, 2))
    assert gap == 3 * end - 2 + 3 * (3 * end + 1) / 100 - Rational(1, 4)
    assert unroll_gap(game, 3, point, Rational(1, 100))[1] == 3 * Rational(21, 2)


def test_the_update_at_rest_by_hand() -> None:
    """At p = q = ⅔ of 4,0,3,2: K = 3 and c = ∂V¹/∂q = 3p + 1 = 3; twice both at γ = ½. L = 2, α = 0.1: 1.8."""
    rest = at_rest(stag_hunt().instance())
    assert set(rest.zero.values()) == {Rational(2, 3)} and (rest.slope, rest.spillover) == (3, 3)
    assert rest.update(2, TENTH) == Rational(9, 5)
    doubled = at_rest(replace(stag_hunt().instance(), discount=half(1)))
    assert (doubled.slope, doubled.spillover) == (6, 6)
    for length in range(12):
        assert rest.update(length, TENTH) >= 9 * TENTH * length
    with pytest.raises(Undecided, match="interior zero"):
        at_rest(prisoners_dilemma().instance())


def test_negative_steps_are_refused() -> None:
    with pytest.raises(BadInput, match="step: α must be ≥ 0"):
        truncation_bound(ipd(), "direct", 3).terms(Rational(-1))


# ------------------------------------------------------------------------------------------------------ the claims

BY_ID = {claim.id: claim for claim in CLAIMS}
VERDICTS = {
    "C3.horizon-value": Verdict.PROVED,
    "C3.horizon-mixed": Verdict.PROVED,
    "C3.horizon-update": Verdict.PROVED,
    "C3.uniform": Verdict.REFUTED,
    "C3.unroll": Verdict.REFUTED,
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts_and_evidence(name: str) -> None:
    check = BY_ID[name].check
    assert check is not None and BY_ID[name].scope
    found = check()
    assert found.verdict == VERDICTS[name] and found.evidence
    kinds = {evidence.kind for evidence in found.evidence}
    assert kinds == ({"counterexample"} if found.verdict == Verdict.REFUTED else {"identity"})
    for evidence in found.evidence:
        assert evidence.content and not re.search(r"\d\.\d|nan|zoo", json.dumps(dict(evidence.content)))


def test_the_parent_requires_the_readings_that_hold() -> None:
    assert set(BY_ID["C3"].requires) == {"C3.horizon-value", "C3.horizon-mixed"}
    assert set(BY_ID) == {"C3", *VERDICTS}


def test_pieces_of_the_checks() -> None:
    assert is_zero(telescoping_residual()) and not is_zero(telescoping_residual(-discount))
    game = ipd(gamma=half(1)).instance()
    point = {symbol: Rational(1, 3) for row in parameters(game, "direct") for symbol in row}
    gap, rest = value_gap(game, point, 2)
    assert gap == rest != value_gap(game, point, 3)[1]


def one_round_more(game: Game, rounds: int) -> Game:
    return truncated(game, rounds + 1)


def tail_off(order: int, gamma: Expr) -> Expr:
    return tail_factor(order, gamma) * (1 - gamma)


VALUE, GRADIENT, HESSIAN = TruncationBound.value, TruncationBound.gradient, TruncationBound.hessian
SABOTAGE: dict[str, tuple[str, object, str, Callable[..., object]]] = {
    "a round too many, values": ("C3.horizon-value", c03_bias, "truncated", one_round_more),
    "value bound of a round more": (
        "C3.horizon-value", TruncationBound, "value", lambda self, i: self.game.discount * VALUE(self, i),
    ),
    "a round too many, terms": ("C3.horizon-update", c03_bias, "truncated", one_round_more),
    "tail without 1/(1 − γ)": ("C3.horizon-update", c03_bias, "tail_factor", tail_off),
    "Hessian bound halved": (
        "C3.horizon-update", TruncationBound, "hessian", lambda *arguments: HESSIAN(*arguments) / 2,
    ),
    "gradient bound halved": (
        "C3.horizon-update", TruncationBound, "gradient", lambda *arguments: GRADIENT(*arguments) / 2,
    ),
    "Hessian bound doubled": (
        "C3.horizon-update", TruncationBound, "hessian", lambda *arguments: HESSIAN(*arguments) * 2,
    ),
    "every policy contracts": ("C3.horizon-mixed", c03_bias, "contraction", lambda *arguments: half(1)),
    "no policy contracts": ("C3.horizon-mixed", c03_bias, "contraction", lambda *arguments: Integer(1)),
    "limits too small": (
        "C3.horizon-mixed", c03_bias, "limit_counts", lambda c: Sums(Integer(1), 1 / (1 - c), 1 / (1 - c) ** 2),
    ),
    "Grim without growth": (
        "C3.uniform", c03_bias, "linear_rounds", lambda *arguments: LinearRounds(Integer(0), Integer(1), 0),
    ),
    "Grim not settled": ("C3.uniform", c03_bias, "linear_rounds", lambda *arguments: None),
    "a round too many, Grim": ("C3.uniform", c03_bias, "truncated", one_round_more),
    "the zero of v elsewhere": (
        "C3.unroll", c03_bias, "at_rest", lambda game: AtRest(at_rest(game).zero, Integer(2), Integer(3)),
    ),
    "first order without a term": ("C3.unroll", c03_bias, "first_order", lambda *arguments: Rational(3, 4)),
}  # fmt: skip


@pytest.mark.parametrize("slip", SABOTAGE)
def test_sabotaged_theory_changes_the_verdict(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, place, attribute, wrong = SABOTAGE[slip]
    monkeypatch.setattr(place, attribute, wrong)
    check = BY_ID[name].check
    assert check is not None
    assert settle(check).verdict != VERDICTS[name]
