"""theory.sampling.inner_loop: the sampled meta-gradient against differentiation and against a plain enumeration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import product
from math import comb, prod
from typing import Any

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Expr, Integer, Rational, Symbol

from theory import strategies
from theory.claims import c01_sampled
from theory.claims.model import Verdict, settle
from theory.decomposition import decompose, differentiated_unroll
from theory.errors import BadInput
from theory.exact import from_fmpq, is_zero, to_fmpq
from theory.games import (
    Game,
    ipd,
    matching_pennies,
    memory_one,
    normal_form,
    prisoners_dilemma,
    public_goods,
    stag_hunt,
    stag_hunt_3,
)
from theory.policies import COORDINATES, Coordinates, parameters
from theory.program import Program
from theory.sampling.inner_loop import (
    REPRESENTATIONS,
    Representation,
    batches,
    differentiated_objective,
    first_orders,
    magic_box,
    sampled_terms,
)
from theory.sampling.trajectories import trajectories
from theory.symbols import P, R, S, T, alpha

Numbers = Mapping[str, Sequence[Any]]
TERMS = ("current", "identity", "own", "peer")
THROUGH = ("identity", "own", "peer")


def two_rounds() -> Game:
    return memory_one(stag_hunt(), Rational(24, 25), name="two rounds", horizon=2).instance()


def one_shot_23() -> Game:
    cells = {
        (a, b): (Rational(3 * a - b * b, 2) + a * b, Rational(a * b + 1, 3) - b * b)
        for a, b in product(range(2), range(3))
    }
    return normal_form("2x3", (("U", "D"), ("L", "M", "R")), cells)


@lru_cache
def terms(make: Callable[[], Game], coordinates: str, batch: int, representation: Representation) -> Program:
    return sampled_terms(make(), coordinates, batch, representation)


@lru_cache
def derivative(make: Callable[[], Game], coordinates: str, batch: int) -> Program:
    return differentiated_objective(make(), coordinates, batch)


def generic(program: Program, game: Game) -> dict[Symbol, Rational]:
    """An interior point, no two parameters alike; payoffs at their values."""
    values = {symbol: Rational(3 * k + 2, 7 * k + 11) for k, symbol in enumerate(program.inputs)}
    return values | dict(game.parameters)


def added(numbers: Numbers, player: int, names: Sequence[str] = TERMS) -> list[Rational]:
    """Sum of the named terms of one player (counted from 1)."""
    return [Add(*entries) for entries in zip(*(numbers[f"{name}_{player}"] for name in names), strict=True)]


# --------------------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize(("count", "size"), [(1, 3), (4, 1), (4, 2), (3, 4)])
def test_batches_are_all_ordered_selections(count: int, size: int) -> None:
    found = batches(count, size)
    assert len(found) == comb(count + size - 1, size)
    weights = [Rational(k + 1, 3) for k in range(count)]
    assert sum(batch.chance(weights) for batch in found) == sum(weights) ** size
    rows = [(Rational(k * k + 1), Rational(2 - k)) for k in range(count)]
    for m in (0, 1):
        ordered = [drawn for drawn in product(range(count), repeat=size)]
        wanted = sum(prod(weights[t] for t in drawn) * sum(rows[t][m] for t in drawn) ** 2 for drawn in ordered)
        assert sum(batch.chance(weights) * batch.total(rows)[m] ** 2 for batch in found) == wanted
        assert all(batch.mean(rows)[m] * size == batch.total(rows)[m] for batch in found)


# ----------------------------------------------------------------------------------------------- sum of the terms

SUMS = [
    (stag_hunt, "direct", 1),
    (stag_hunt, "direct", 2),
    (stag_hunt, "logit", 1),
    (stag_hunt, "logit", 2),
    (prisoners_dilemma, "logit", 1),
    (matching_pennies, "logit", 1),
    (one_shot_23, "direct", 1),
    (stag_hunt_3, "direct", 1),
    (two_rounds, "direct", 1),
    pytest.param(stag_hunt, "direct", 3, marks=pytest.mark.thorough),
    pytest.param(one_shot_23, "logit", 1, marks=pytest.mark.thorough),
    pytest.param(public_goods, "direct", 1, marks=pytest.mark.thorough),
    pytest.param(one_shot_23, "logit", 2, marks=pytest.mark.thorough),
    pytest.param(stag_hunt_3, "logit", 2, marks=pytest.mark.thorough),
    pytest.param(public_goods, "direct", 2, marks=pytest.mark.thorough),
    pytest.param(public_goods, "logit", 1, marks=pytest.mark.thorough),
    pytest.param(two_rounds, "logit", 1, marks=pytest.mark.thorough),
]


@pytest.mark.parametrize(("make", "coordinates", "batch"), SUMS)
def test_the_terms_sum_to_the_derivative(make: Callable[[], Game], coordinates: str, batch: int) -> None:
    game = make()
    program, whole = terms(make, coordinates, batch, "reinforce"), derivative(make, coordinates, batch)
    assert program.inputs == whole.inputs
    point = generic(program, game)
    parts, total = program.at(point), whole.at(point)
    for player in range(1, game.players + 1):
        assert added(parts, player) == list(total[f"total_{player}"])
        assert set(program.outputs[f"peer_{player}"]) == {0}
        for name in TERMS[:3]:
            assert all(entry != 0 for entry in parts[f"{name}_{player}"])
            rest = [other for other in TERMS if other != name]
            assert all(a != b for a, b in zip(added(parts, player, rest), total[f"total_{player}"], strict=True))


@pytest.mark.thorough
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_terms_sum_to_the_derivative_of_drawn_games(data: st.DataObject) -> None:
    game = data.draw(strategies.one_shot_games(actions=data.draw(st.sampled_from([(2, 2), (3, 2)]))))
    coordinates: Coordinates = data.draw(st.sampled_from(COORDINATES))
    batch = data.draw(st.integers(1, 2)) if len(game.joint_actions) == 4 else 1
    program = sampled_terms(game, coordinates, batch)
    point = generic(program, game)
    parts, total = program.at(point), differentiated_objective(game, coordinates, batch).at(point)
    for player in (1, 2):
        assert added(parts, player) == list(total[f"total_{player}"])


# -------------------------------------------------------------------------------------------- a plain enumeration


def enumerated(
    payoff: Callable[[Sequence[int], int], flint.fmpq], probabilities: Sequence[Any], step: flint.fmpq, batch: int
) -> list[Any]:
    """J of a one-shot game of two actions each, direct, over all ordered batches, in any ring with division."""
    players = range(len(probabilities))
    profiles = list(product((0, 1), repeat=len(probabilities)))

    def chance(rows: Sequence[Any], profile: Sequence[int]) -> Any:
        return prod((1 - x if action else x for x, action in zip(rows, profile, strict=True)), start=flint.fmpq(1))

    totals = [flint.fmpq(0) for _ in players]
    for drawn in product(profiles, repeat=batch):
        weight = prod((chance(probabilities, profile) for profile in drawn), start=flint.fmpq(1))
        moved = []
        for j in players:
            x = probabilities[j]
            slopes = [payoff(profile, j) * (1 / x if profile[j] == 0 else -1 / (1 - x)) for profile in drawn]
            moved.append(x + step * sum(slopes[1:], slopes[0]) / flint.fmpq(batch))
        for i in players:
            for profile in profiles:
                totals[i] = totals[i] + weight * chance(moved, profile) * payoff(profile, i)
    return totals


@pytest.mark.parametrize(
    ("make", "batch"),
    [
        (stag_hunt, 1),
        (stag_hunt, 2),
        (stag_hunt_3, 1),
        pytest.param(stag_hunt, 3, marks=pytest.mark.thorough),
        pytest.param(public_goods, 1, marks=pytest.mark.thorough),
    ],
)
def test_objective_and_derivative_by_plain_enumeration(make: Callable[[], Game], batch: int) -> None:
    """J(φ₀ + t e) as a power series in t, from payoffs and probabilities alone."""
    game = make().instance()
    rewards = dict(zip(game.joint_actions, game.reward[0], strict=True))
    program = derivative(make, "direct", batch)
    point = generic(program, make())
    found = program.at(point)
    rows = [to_fmpq(point[row[0]]) for row in parameters(game, "direct")]
    step = to_fmpq(point[alpha])

    def payoff(profile: Sequence[int], player: int) -> flint.fmpq:
        return to_fmpq(rewards[tuple(profile)][player])

    assert [from_fmpq(j) for j in enumerated(payoff, rows, step, batch)] == list(found["objective"])
    before = flint.ctx.cap
    flint.ctx.cap = 2
    try:
        for i in range(game.players):
            bent = [flint.fmpq_series([x, flint.fmpq(int(i == j))], prec=2) for j, x in enumerate(rows)]
            series = enumerated(payoff, bent, step, batch)[i]
            assert from_fmpq(series[1]) == found[f"total_{i + 1}"][0]
    finally:
        flint.ctx.cap = before


# ------------------------------------------------------------------------------------------ orders in the step size

ORDERS = [
    (stag_hunt, "direct", 2),
    (matching_pennies, "logit", 1),
    (stag_hunt, "logit", 2),
    (stag_hunt_3, "direct", 1),
    pytest.param(one_shot_23, "logit", 1, marks=pytest.mark.thorough),
    pytest.param(stag_hunt_3, "logit", 1, marks=pytest.mark.thorough),
    pytest.param(stag_hunt_3, "direct", 2, marks=pytest.mark.thorough),
    pytest.param(public_goods, "logit", 1, marks=pytest.mark.thorough),
    pytest.param(two_rounds, "direct", 1, marks=pytest.mark.thorough),
]


def series(program: Program, point: Mapping[Symbol, Rational]) -> Numbers:
    return program.taylor({s: v for s, v in point.items() if s != alpha}, alpha, 2)


def coefficients(numbers: Numbers, order: int, player: int, names: Sequence[str]) -> list[Rational]:
    rows = zip(*(numbers[f"{name}_{player}"] for name in names), strict=True)
    return [Add(*(entry[order] for entry in entries)) for entries in rows]


def less(left: Sequence[Expr], right: Sequence[Expr]) -> list[Expr]:
    return [a - b for a, b in zip(left, right, strict=True)]


def plus(left: Sequence[Expr], right: Sequence[Expr]) -> list[Expr]:
    return [a + b for a, b in zip(left, right, strict=True)]


@pytest.mark.parametrize(("make", "coordinates", "batch"), ORDERS)
def test_where_the_orders_of_alpha_sit(make: Callable[[], Game], coordinates: Coordinates, batch: int) -> None:
    game = make()
    whole = derivative(make, coordinates, batch)
    point = generic(whole, game)
    total = series(whole, point)
    held = series(terms(make, coordinates, batch, "reinforce"), point)
    weighted = series(terms(make, coordinates, batch, "score-weighted"), point)
    exactly = series(differentiated_unroll(game, coordinates), point)
    expanded = decompose(game, coordinates, 1, "expanded").program.at({**point, alpha: Integer(1)})
    said = first_orders(game, coordinates, batch).at(point)
    for i in range(1, game.players + 1):
        own, peer, scored = (list(said[f"{name}_{i}"]) for name in ("own", "peer", "scored"))
        # the corrections of the exact inner loop, from another module
        assert own == list(expanded[f"own_{i}"])
        assert peer == list(expanded[f"peer_{i}"])
        # held batches
        assert set(coefficients(held, 0, i, ["current"])) == {0}
        assert coefficients(held, 1, i, ["current"]) == plus(peer, scored)
        assert coefficients(held, 1, i, ["own"]) == less(own, scored)
        # the other representation
        assert coefficients(weighted, 1, i, ["own"]) == own
        assert coefficients(weighted, 1, i, ["peer"]) == peer
        dropped = [less(coefficients(total, k, i, ["total"]), coefficients(weighted, k, i, THROUGH)) for k in range(3)]
        assert set(dropped[0]) == set(dropped[1]) == {0}
        assert dropped[2] == list(said[f"remainder_{i}"])
        kept = less(coefficients(weighted, 1, i, TERMS), coefficients(total, 1, i, ["total"]))
        assert kept == plus(peer, scored)
        # against the exact inner loop
        gaps = [less(coefficients(total, k, i, ["total"]), coefficients(exactly, k, i, ["total"])) for k in range(3)]
        assert set(gaps[0]) == set(gaps[1]) == {0}
        assert gaps[2] == list(said[f"noise_{i}"])
        for name in ("scored", "remainder", "noise"):
            assert all(entry != 0 for entry in said[f"{name}_{i}"]), name
        assert (set(peer) == {0}) == (make is public_goods)


def test_first_orders_of_stag_hunt_by_hand() -> None:
    """Direct, with D = R − S − T + P; the returns' products need one line per outcome."""
    (p,), (q,) = parameters(stag_hunt(), "direct")
    d = R - S - T + P
    slope = (R - T) * q + (S - P) * (1 - q)
    for batch in (1, 3):
        said = first_orders(stag_hunt(), "direct", batch).closed_form()
        wanted = {
            "own_1": Integer(0),
            "peer_1": d * (T - P + d * p),
            "scored_1": slope * ((R * q + S * (1 - q)) / p + (T * q + P * (1 - q)) / (1 - p)),
            "remainder_1": -d / batch * ((R**2 - S * T) / p - (P**2 - S * T) / (1 - p)),
            "noise_1": -(d**2) * slope / batch,
        }
        for name, entry in wanted.items():
            assert is_zero(said[name][0] - entry), name


def test_sampling_in_a_direct_two_by_two_game_costs_exactly_its_second_order() -> None:
    """Vⁱ is bilinear: the series ends at α², and with it the difference from the exact inner loop."""
    game = stag_hunt()
    exactly = differentiated_unroll(game).closed_form()
    for batch in (1, 2):
        whole = derivative(stag_hunt, "direct", batch).closed_form()
        said = first_orders(game, "direct", batch).closed_form()
        for i in (1, 2):
            gap = whole[f"total_{i}"][0] - exactly[f"total_{i}"][0]
            assert is_zero(gap - alpha**2 * said[f"noise_{i}"][0])
            assert not is_zero(gap)


def test_additive_payoffs_leave_nothing_to_sampling() -> None:
    """Public goods, direct: Vⁱ is a sum of linear functions, so the sampled loop's derivative is the exact one's."""
    game = public_goods()
    whole, exactly = derivative(public_goods, "direct", 1), differentiated_unroll(game)
    point = generic(whole, game)
    assert {name: row for name, row in whole.at(point).items() if name != "objective"} == exactly.at(point)
    said = first_orders(game).at(point)
    for i in (1, 2, 3):
        assert said[f"noise_{i}"] == said[f"remainder_{i}"] == said[f"peer_{i}"] == (0,)
        assert said[f"scored_{i}"] != (0,)


def test_third_order_is_left_open() -> None:
    """In logit the two differences go on after α²: the statements are no more exact than they say."""
    whole = derivative(stag_hunt, "logit", 1)
    point = {s: v for s, v in generic(whole, stag_hunt()).items() if s != alpha}
    total = whole.taylor(point, alpha, 3)["total_1"][0][3]
    assert total != differentiated_unroll(stag_hunt(), "logit").taylor(point, alpha, 3)["total_1"][0][3]
    weighted = terms(stag_hunt, "logit", 1, "score-weighted").taylor(point, alpha, 3)
    assert total != coefficients(weighted, 3, 1, THROUGH)[0]


# ------------------------------------------------------------------------------------------------------------- DiCE


@pytest.mark.parametrize(
    ("make", "coordinates", "batch"),
    [
        (stag_hunt, "logit", 2),
        (one_shot_23, "direct", 1),
        (stag_hunt_3, "direct", 1),
        pytest.param(one_shot_23, "logit", 1, marks=pytest.mark.thorough),
        pytest.param(two_rounds, "direct", 1, marks=pytest.mark.thorough),
    ],
)
def test_dice_comes_out_as_score_weighted(make: Callable[[], Game], coordinates: str, batch: int) -> None:
    weighted, boxed, held = (terms(make, coordinates, batch, kind) for kind in ("score-weighted", "dice", "reinforce"))
    point = generic(weighted, make())
    assert weighted.at(point) == boxed.at(point) != held.at(point)


def test_magic_boxes_restore_the_step() -> None:
    """∇_j of w R_j at φ = φ₀ is R_j s_j, by hand in Stag Hunt: R_j times 1/p or −1/(1 − p)."""
    game = stag_hunt()
    found = [magic_box(game, "direct", path) for path in trajectories(game)]
    inputs = found[0].inputs
    p, q = Rational(2, 7), Rational(3, 5)
    point = dict(zip(inputs, (p, q, p, q, *(value for _, value in game.parameters)), strict=True))
    rows = [box.at(point) for box in found]
    assert [row["gradient_1"][0] for row in rows] == [4 / p, 0, -3 / (1 - p), -2 / (1 - p)]
    assert [row["gradient_2"][0] for row in rows] == [4 / q, -3 / (1 - q), 0, -2 / (1 - q)]
    assert [row["jacobian_1_2"][0] for row in rows] == [4 / p / q, 0, -3 / (1 - p) / q, 2 / (1 - p) / (1 - q)]
    assert {row["jacobian_1_1"][0] for row in rows} == {0}  # in direct coordinates p is linear in the own parameter
    away = found[0].at({**point, inputs[0]: p / 2})
    assert away["jacobian_1_2"] == rows[0]["jacobian_1_2"]
    assert away["gradient_2"] != rows[0]["gradient_2"]  # the other's step moves with the first player's policy


# ------------------------------------------------------------------------------------------------- negative controls


@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("batch", [1, 2])
def test_false_sums_are_refuted(coordinates: Coordinates, batch: int) -> None:
    game = stag_hunt()
    held, weighted = (terms(stag_hunt, coordinates, batch, kind) for kind in ("reinforce", "score-weighted"))
    point = {**generic(held, game), S: Rational(1, 2)}
    parts, other = held.at(point), weighted.at(point)
    total = derivative(stag_hunt, coordinates, batch).at(point)
    (right,) = total["total_1"]
    unmoved = held.at({**point, alpha: Integer(0)})
    false = {
        "score-weighted, scores dropped": added(other, 1, THROUGH),
        "score-weighted, scores kept": added(other, 1),
        "score-weighted peer term only": added({**parts, "peer_1": other["peer_1"]}, 1),
        "score-weighted own term only": added({**parts, "own_1": other["own_1"]}, 1),
        "players swapped": added(parts, 2),
        "the other's current term": added({**parts, "current_1": parts["current_2"]}, 1),
        "the other's own term": added({**parts, "own_1": parts["own_2"]}, 1),
        "identity at the start": added({**parts, "identity_1": unmoved["identity_1"]}, 1),
        "current at the start": added({**parts, "current_1": unmoved["current_1"]}, 1),
        "another batch size": added(terms(stag_hunt, coordinates, 3 - batch, "reinforce").at(point), 1),
        "another step size": added(held.at({**point, alpha: 2 * point[alpha]}), 1),
    }
    if batch > 1:
        mean = [entry / batch for entry in parts["current_1"]]
        false["mean of the scores instead of their sum"] = added({**parts, "current_1": mean}, 1)
    assert added(parts, 1) == [right]
    for name, (wrong,) in false.items():
        assert wrong != right, name


def test_orders_that_are_not_said_are_refuted() -> None:
    """Half the noise, no 1/K, the exact loop's correction without the scored part: all of them differ."""
    game = stag_hunt()
    said = [first_orders(game, "logit", batch).at(generic(derivative(stag_hunt, "logit", 2), game)) for batch in (1, 2)]
    for name in ("noise_1", "remainder_1"):
        assert said[0][name] == tuple(2 * entry for entry in said[1][name]) != said[1][name]
    for name in ("own_1", "peer_1", "scored_1"):
        assert said[0][name] == said[1][name]
    assert len({said[0][f"{name}_1"] for name in ("own", "peer", "scored", "noise", "remainder")}) == 5


# --------------------------------------------------------------------------------------------------------- bad input


def test_bad_input() -> None:
    for function in (sampled_terms, differentiated_objective, first_orders):
        with pytest.raises(BadInput, match="no end"):
            function(ipd())
        with pytest.raises(BadInput, match="policy"):
            function(stag_hunt(), "softmax")
        for size in (0, -1, True, 1.0, "2"):
            with pytest.raises(BadInput, match="batch"):
                function(stag_hunt(), "direct", size)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="representation"):
        sampled_terms(stag_hunt(), "direct", 1, "pathwise")  # type: ignore[arg-type]
    assert REPRESENTATIONS == ("reinforce", "score-weighted", "dice")
    with pytest.raises(ZeroDivisionError):
        terms(stag_hunt, "direct", 1, "reinforce").at(
            {**generic(terms(stag_hunt, "direct", 1, "reinforce"), stag_hunt()), Symbol("p", real=True): Integer(1)}
        )


# ------------------------------------------------------------------------------------------------------------- claims

BY_ID = {claim.id: claim for claim in c01_sampled.CLAIMS}
FUNCTIONS: dict[str, Any] = {
    function.__name__: lru_cache(function)
    for function in (sampled_terms, differentiated_objective, differentiated_unroll, first_orders)
}


@contextmanager
def small(
    monkeypatch: pytest.MonkeyPatch, name: str | None = None, wrong: object = None, points: bool = False
) -> Iterator[None]:
    """The claims' checks cut down to closed forms (or points) for K = 1, with something put in place of a function."""
    caches = (c01_sampled._closed, c01_sampled._sum_programs, c01_sampled.closed_orders, c01_sampled.point_orders)
    with monkeypatch.context() as patch:
        for constant, value in {
            "CLOSED_BATCHES": () if points else (1,),
            "ORDER_CASES": ((stag_hunt, "logit", 1),) if points else (),
            "SUM_CASES": ((stag_hunt, "logit", 1),) if points else (),
            "SMOOTH_SHAPES": ((1, 1),),
            "FREE_SAMPLES": ((3, 1),),
        }.items():
            patch.setattr(c01_sampled, constant, value)
        for function in FUNCTIONS.values():
            patch.setattr(c01_sampled, function.__name__, function)
        if name is not None:
            patch.setattr(c01_sampled, name, wrong)
        for cache in caches:
            cache.cache_clear()
        try:
            yield
        finally:
            for cache in caches:
                cache.cache_clear()


def verdict(claim_id: str) -> Verdict:
    check = BY_ID[claim_id].check
    assert check is not None
    return settle(check).verdict


def test_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    with small(monkeypatch):
        assert {name: verdict(name) for name in BY_ID} == {
            "C1.sampled": Verdict.PROVED,
            "C1.sampled-split": Verdict.PROVED,
            "C1.sampled-dice": Verdict.PROVED,
            "C1.sampled-noise": Verdict.PROVED,
            "C1.sampled-peer": Verdict.REFUTED,
        }


def altered(
    name: str, change: Callable[[dict[str, tuple[Expr, ...]]], dict[str, tuple[Expr, ...]]]
) -> Callable[..., Program]:
    """A function of the package whose program has its outputs changed."""

    def wrapped(*arguments: Any) -> Program:
        program = FUNCTIONS[name](*arguments)
        return Program(program.inputs, program.steps, change(dict(program.outputs)))

    return wrapped


def scaled(name: str, factor: Rational) -> Callable[[dict[str, tuple[Expr, ...]]], dict[str, tuple[Expr, ...]]]:
    return lambda blocks: {
        block: tuple(factor * e for e in row) if block.startswith(name) else row for block, row in blocks.items()
    }


def swapped(blocks: dict[str, tuple[Expr, ...]]) -> dict[str, tuple[Expr, ...]]:
    return {block: blocks[block[:-1] + {"1": "2", "2": "1"}[block[-1]]] for block in blocks}


DOUBLE, GONE = Rational(2), Rational(0)
SABOTAGE = [
    ("C1.sampled", "sampled_terms", altered("sampled_terms", swapped)),
    ("C1.sampled", "sampled_terms", altered("sampled_terms", scaled("current", GONE))),
    ("C1.sampled", "sampled_terms", altered("sampled_terms", scaled("own", -Rational(1)))),
    ("C1.sampled", "differentiated_objective", altered("differentiated_objective", scaled("total", DOUBLE))),
    (
        "C1.sampled",
        "sampled_terms",
        lambda *arguments: FUNCTIONS["sampled_terms"](*arguments[:3], "dice"),
    ),
    ("C1.sampled-split", "sampled_terms", altered("sampled_terms", scaled("current", DOUBLE))),
    ("C1.sampled-split", "first_orders", altered("first_orders", scaled("scored", GONE))),
    ("C1.sampled-split", "first_orders", altered("first_orders", scaled("peer", DOUBLE))),
    ("C1.sampled-dice", "first_orders", altered("first_orders", scaled("remainder", DOUBLE))),
    ("C1.sampled-dice", "sampled_terms", lambda *arguments: FUNCTIONS["sampled_terms"](*arguments[:3])),
    ("C1.sampled-noise", "first_orders", altered("first_orders", scaled("noise", GONE))),
    ("C1.sampled-noise", "differentiated_unroll", altered("differentiated_unroll", scaled("total", DOUBLE))),
]


@pytest.mark.parametrize(("claim_id", "name", "wrong"), SABOTAGE)
def test_wrong_theory_changes_the_verdict(
    monkeypatch: pytest.MonkeyPatch, claim_id: str, name: str, wrong: object
) -> None:
    with small(monkeypatch, name, wrong):
        assert verdict(claim_id) in (Verdict.REFUTED, Verdict.UNDECIDED)


@pytest.mark.parametrize(
    ("claim_id", "name", "wrong"),
    [
        ("C1.sampled", "sampled_terms", altered("sampled_terms", swapped)),
        ("C1.sampled-noise", "first_orders", altered("first_orders", scaled("noise", DOUBLE))),
    ],
)
def test_wrong_theory_is_noticed_at_the_points(
    monkeypatch: pytest.MonkeyPatch, claim_id: str, name: str, wrong: object
) -> None:
    with small(monkeypatch, name, wrong, points=True):
        assert verdict(claim_id) in (Verdict.REFUTED, Verdict.UNDECIDED)


def test_the_refutation_needs_its_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    """A donation game has no peer correction, so it refutes nothing; and a step that moves is noticed."""
    with small(monkeypatch, "stag_hunt", lambda: prisoners_dilemma(R=3, S=0, T=4, P=1)):
        assert verdict("C1.sampled-peer") == Verdict.UNDECIDED
    with small(monkeypatch, "held_step_slopes", lambda game, stepping, moved: [Integer(1)]):
        assert verdict("C1.sampled-peer") == Verdict.UNDECIDED


def test_product_rule_refuses_missing_terms() -> None:
    for shape in ((1, 1), (2, 1)):
        for player in (0, 1):
            for held in (True, False):
                assert all(is_zero(entry) for entry in c01_sampled.product_rule_residuals(shape, player, held))
            for name in TERMS:
                rest = [other for other in TERMS if other != name]
                for held in (True, False):
                    residual = c01_sampled.product_rule_residuals(shape, player, held, rest)
                    assert c01_sampled._vanishes(residual) == (held and name == "peer"), name


def test_free_samples_have_the_moments_said() -> None:
    for outcomes, batch in ((2, 1), (2, 2), (3, 2)):
        sample = c01_sampled.free_sample(outcomes, batch)
        assert all(is_zero(entry) for entry in (*sample.scored, sample.spread))
        assert not is_zero(sample.remainder)
        assert not is_zero(sample.trace)
