"""numerics.compile: the compiled function gives the exact derivation's numbers, whatever the shape of its arguments.

Tolerance. A program has at most about 1 500 operations of relative error 2⁻⁵³ each, and a resolvent at γ = 24/25
amplifies them by at most (1 + γ)/(1 − γ) = 49 inside the box of policies, which a Hessian-vector product can do twice:
1 500 · 2⁻⁵³ · 49² = 4e-10 if all errors conspired. Measured are 2e-14 for one inner step and 2.4e-12 for two (large α
puts φ_L outside the box, where the resolvent is worse), relative to the largest entry; 1e-10 leaves a factor of 40.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol, exp, symbols

from numerics.compile import Compiled, compile_program, compiled_update, compiled_values, game_values
from theory.decomposition import decompose, update_program
from theory.exact import to_fmpq
from theory.games import Game, ipd, memory_one, normal_form, stag_hunt
from theory.policies import COORDINATES
from theory.program import Builder, Program
from theory.updates import FORMS, REGISTRY
from theory.values import value_program

CLOSE = 1e-10
POINTS = 4
Row = dict[Symbol, Rational]


def one_shot(counts: Sequence[int], seed: int) -> Game:
    """A normal-form game with small random integer payoffs."""
    draw = random.Random(seed)
    names = [[f"{'ABC'[player]}{action}" for action in range(count)] for player, count in enumerate(counts)]
    joint = np.ndindex(*counts)
    return normal_form("random", names, {cell: [Integer(draw.randint(-5, 5)) for _ in counts] for cell in joint})


def clashing() -> Game:
    """A repeated game whose actions share an initial, so that parameters have long names."""
    stage = normal_form(
        "x", [["Stay", "Swerve"]] * 2, {(0, 0): (-4, -4), (0, 1): (3, 0), (1, 0): (0, 3), (1, 1): (1, 1)}
    )
    return memory_one(stage, Rational(1, 2), name="chicken")


GAMES = {
    "stag-hunt": stag_hunt(),
    "ipd": ipd(),
    "three players": one_shot((2, 2, 2), 1),
    "three actions": one_shot((3, 2), 2),
    "clashing initials": clashing(),
}
CASES = [
    # In the repeated games a rule takes seconds: there two rules have them all.
    pytest.param(
        name, length, rule, form, marks=[pytest.mark.thorough] if slow else [], id=f"{name}-{length}-{rule}-{form}"
    )
    for name in GAMES
    for length in ((1, 2) if name in ("stag-hunt", "ipd") else (1,))
    for rule in REGISTRY
    for form in FORMS
    for slow in [name in ("ipd", "clashing initials") and rule not in ("meta", "sos")]
]


def rows_for(program: Program, game: Game, seed: int, count: int = POINTS) -> list[Row]:
    """Random rationals in (0, 1) for all inputs; the last row has the game's own payoffs and discount."""
    draw = random.Random(seed)
    rows = [{symbol: Rational(draw.randint(1, 96), 97) for symbol in program.inputs} for _ in range(count)]
    rows[-1] |= dict(game.parameters)
    return rows


def arguments(compiled: Compiled, rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """Each group as an array (symbols, rows)."""
    return {
        name: np.array([[float(row[symbol]) for row in rows] for symbol in group]).reshape(len(group), len(rows))
        for name, group in compiled.groups.items()
    }


def agree(numbers: np.ndarray, exact: np.ndarray) -> bool:
    """Close relative to the largest entry of the block at that point."""
    return bool((abs(numbers - exact) <= CLOSE * abs(exact).max(0) + 1e-300).all())


def with_true_exponential(program: Program, row: Row) -> dict[str, np.ndarray]:
    """The program in 200-bit balls, with exp instead of the formal exponential."""
    previous, flint.ctx.prec = flint.ctx.prec, 200
    try:
        values = {symbol: flint.arb(to_fmpq(value)) for symbol, value in row.items()}
        blocks = program.run(values, lambda c: flint.arb(to_fmpq(c)), lambda u: flint.arb(u).exp())
        assert all(float(flint.arb(entry).rad()) < 1e-40 for block in blocks.values() for entry in block)
        return {name: np.array([float(flint.arb(entry).mid()) for entry in block]) for name, block in blocks.items()}
    finally:
        flint.ctx.prec = previous


def exactly(program: Program, row: Row) -> dict[str, np.ndarray]:
    return {name: np.array([float(entry) for entry in block]) for name, block in program.at(row).items()}


# ------------------------------------------------------------------------------------------ compiled = exact


@pytest.mark.parametrize(("name", "length", "rule", "form"), CASES)
def test_direct_field_is_the_exact_substitution(name: str, length: int, rule: str, form: str) -> None:
    compiled = compiled_update(GAMES[name], "direct", rule, form, length)
    rows = rows_for(compiled.program, GAMES[name], seed=length)
    numbers = compiled(**arguments(compiled, rows))["update"]
    exact = np.stack([exactly(compiled.program, row)["update"] for row in rows], axis=1)
    assert numbers.shape == exact.shape
    assert agree(numbers, exact)


@pytest.mark.parametrize(("name", "length", "rule", "form"), CASES)
def test_logit_field_is_the_program_in_200_bits(name: str, length: int, rule: str, form: str) -> None:
    compiled = compiled_update(GAMES[name], "logit", rule, form, length)
    rows = rows_for(compiled.program, GAMES[name], seed=length)
    for row in rows:  # log-odds on both sides of 0
        row |= {symbol: 6 * row[symbol] - 3 for symbol in compiled.groups["parameters"]}
    numbers = compiled(**arguments(compiled, rows))["update"]
    exact = np.stack([with_true_exponential(compiled.program, row)["update"] for row in rows], axis=1)
    assert agree(numbers, exact)


@pytest.mark.parametrize("policy", COORDINATES)
@pytest.mark.parametrize("name", GAMES)
def test_values_visits_and_advantages(name: str, policy: str) -> None:
    compiled = compiled_values(GAMES[name], policy)
    rows = rows_for(compiled.program, GAMES[name], seed=5)
    numbers = compiled(**arguments(compiled, rows))
    for number, row in enumerate(rows):
        exact = (exactly if policy == "direct" else with_true_exponential)(compiled.program, row)
        assert set(numbers) == set(exact)
        assert all(agree(numbers[block][:, number], exact[block]) for block in exact)


def test_values_of_the_ipd_by_hand() -> None:
    """Everyone always cooperates: −1 in every round, total −25; all visits after the first go to CC."""
    compiled, game = compiled_values(ipd(), "direct"), ipd()
    values = compiled(parameters=np.ones(10), game=game_values(game))
    assert values["value"] == pytest.approx([-25, -25], rel=1e-13)
    assert values["visits"] == pytest.approx([1, 24, 0, 0, 0], abs=1e-12)


def test_the_comparison_can_fail() -> None:
    """Negative control: a relative change of 1e-9 in one payoff is noticed."""
    compiled = compiled_update(ipd(), "direct", "meta", "unrolled", 1)
    rows = rows_for(compiled.program, ipd(), seed=1)
    exact = np.stack([exactly(compiled.program, row)["update"] for row in rows], axis=1)
    given_rows = arguments(compiled, rows)
    given_rows["game"] = given_rows["game"] * np.array([[1 + 1e-9], [1], [1], [1], [1]])
    assert not agree(compiled(**given_rows)["update"], exact)


# ----------------------------------------------------------------------------- shared subexpressions, random programs

INPUTS = symbols("x y z", real=True)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Random straight-line programs: sharing across steps, powers, quotients, exp, constant and repeated outputs."""
    build = Builder(INPUTS)
    known: list[Expr] = [*INPUTS, Integer(2), Rational(-1, 3), Integer(0)]
    pick = st.deferred(lambda: st.sampled_from(known))
    for _ in range(draw(st.integers(0, 8))):
        a, b, c = draw(pick), draw(pick), draw(pick)
        choices = [a + b, a * b - c, a * b + b * c, a / (1 + b**2), (a + b) ** 2 * (a + b + c), 1 / (2 + exp(-a / 9))]
        known.append(build.let(draw(st.sampled_from(["u", "share", "x", "pi"])), draw(st.sampled_from(choices))))
    entry = st.builds(lambda a, b: a * b + b, pick, pick) | pick
    return build.program({"first": draw(st.lists(entry, min_size=1, max_size=3)), "second": [draw(pick)]})


@settings(max_examples=60)
@given(programs(), st.integers(0, 10**6))
def test_compiling_keeps_the_values_of_any_program(program: Program, seed: int) -> None:
    compiled = compile_program(program, {"a": INPUTS[:1], "b": INPUTS[1:]})
    draw = random.Random(seed)
    rows = [{symbol: Rational(draw.randint(-60, 60), 31) for symbol in INPUTS} for _ in range(3)]
    numbers = compiled(**arguments(compiled, rows))
    for number, row in enumerate(rows):
        plain = program.run({s: float(v) for s, v in row.items()}, float, math.exp)
        exact = with_true_exponential(program, row)
        for block, entries in plain.items():
            # Random programs have powers of powers; an entry may cancel against much larger intermediates.
            slack = 1e-9 * max(1.0, *(abs(float(e)) for e in entries)) + 10 * abs(
                np.array(entries, float) - exact[block]
            )
            assert numbers[block].shape == (len(entries), len(rows))
            assert (abs(numbers[block][:, number] - exact[block]) <= slack).all()


@pytest.mark.parametrize(("name", "policy"), [("ipd", "direct"), ("ipd", "logit"), ("stag-hunt", "logit")])
def test_sharing_changes_nothing(name: str, policy: str) -> None:
    """The program run step by step in floats, without any sharing, gives the same up to rounding."""
    compiled = compiled_update(GAMES[name], policy, "meta", "unrolled", 1)
    (row,) = rows_for(compiled.program, GAMES[name], seed=9, count=1)
    plain = compiled.program.run({s: float(v) for s, v in row.items()}, float, math.exp)["update"]
    assert agree(compiled(**arguments(compiled, [row]))["update"][:, 0], np.array(plain))


def test_shared_steps_do_not_collide_with_names_in_use() -> None:
    x, share, step = Symbol("x", real=True), Symbol("share_0"), Symbol("share_1")
    repeated = (x + share + 1) ** 2
    program = Program((x, share), ((step, repeated + 1 / repeated),), {"out": (repeated * step, step + x)})
    compiled = compile_program(program, {"all": (x, share)})
    row = {x: Rational(2, 3), share: Rational(-7, 5)}
    assert agree(compiled(all=[2 / 3, -7 / 5])["out"], exactly(program, row)["out"])


@pytest.mark.parametrize("name", ["lambda", "x'", "A/B", "p_Stay/Swerve", "φ₀", "class"])
def test_inputs_whose_names_are_no_identifiers(name: str) -> None:
    odd, x = Symbol(name, real=True), Symbol("x", real=True)
    program = Program((x, odd), ((Symbol("u_0"), odd * x + 1),), {"out": (Symbol("u_0") ** 2 - odd, odd)})
    compiled = compile_program(program, {"first": (odd,), "second": (x,)})
    assert compiled(first=[3.0], second=[2.0])["out"].tolist() == [46.0, 3.0]


# ----------------------------------------------------------------------------------------------- batch shapes


def test_constant_entries_keep_the_batch_shape() -> None:
    """In a one-shot game of two-action players V is affine in the own probability: the own term is the number 0."""
    program = decompose(stag_hunt(), "direct", 1, "expanded").program
    assert program.outputs["own_1"] == (0,)
    inputs = program.inputs
    compiled = compile_program(program, {"phi": inputs[:2], "rest": inputs[2:]})
    rest = np.array([0.1, 4, 0, 3, 2])
    for shape in ((), (1,), (5,), (3, 4), (0,), (2, 1, 3)):
        phi = np.full((2, *shape), 0.25)
        blocks = compiled(phi=phi, rest=rest.reshape(5, *(1 for _ in shape)))
        assert {name: block.shape for name, block in blocks.items()} == {name: (1, *shape) for name in blocks}
        assert (blocks["own_1"] == 0).all()
        assert blocks["peer_1"] == pytest.approx(np.full((1, *shape), 0.1 * 3 * 1.75))
    for block in compiled(phi=[0.25, 0.25], rest=np.tile(rest[:, None], 6)).values():
        assert block.shape == (1, 6)


def test_outputs_that_are_numbers_or_inputs() -> None:
    x, y = symbols("x y")
    program = Program((x, y), (), {"number": (Integer(7), Rational(1, 3)), "input": (y, x)})
    compiled = compile_program(program, {"x": (x,), "y": (y,)})
    blocks = compiled(x=np.zeros((1, 2, 3)), y=np.ones((1, 1, 3)))
    assert (blocks["number"] == np.array([7, 1 / 3])[:, None, None]).all() and blocks["number"].shape == (2, 2, 3)
    assert (blocks["input"][0] == 1).all() and (blocks["input"][1] == 0).all()
    assert blocks["input"].shape == (2, 2, 3)


def test_batches_are_columns_of_their_own() -> None:
    """Any split of a batch gives the same numbers, and a NaN stays in its column."""
    compiled = compiled_update(ipd(), "direct", "meta", "unrolled", 1)
    rows = rows_for(compiled.program, ipd(), seed=3, count=7)
    whole = arguments(compiled, rows)
    numbers = compiled(**whole)["update"]
    for column in range(7):
        alone = compiled(**{name: array[:, column] for name, array in whole.items()})["update"]
        assert alone.shape == (10,) and (alone == numbers[:, column]).all()
    square = compiled(**{name: array[:, :6].reshape(len(array), 2, 3) for name, array in whole.items()})["update"]
    assert (square.reshape(10, 6) == numbers[:, :6]).all()
    whole["parameters"][4, 2] = np.nan
    spoilt = compiled(**whole)["update"]
    assert np.isnan(spoilt[:, 2]).any()
    assert (np.delete(spoilt, 2, axis=1) == np.delete(numbers, 2, axis=1)).all()


def test_arguments_are_read_and_not_written() -> None:
    compiled = compiled_update(stag_hunt(), "logit", "meta", "unrolled", 1)
    phi = np.array([[0.5, 1.5], [-1.0, 0.25]], order="F")
    phi.flags.writeable = False
    rest = {"inner_lr": [[0.1], [0.1]], "coefficients": [[1], [1]], "game": game_values(stag_hunt())[:, None]}
    first = compiled(parameters=phi, **rest)["update"]
    first[...] = 0  # a result of its own: writing to it must not change the next one
    second = compiled(parameters=phi, **rest)["update"]
    assert second.flags.writeable and (second != 0).all()
    assert (compiled(parameters=phi.tolist(), **rest)["update"] == second).all()


# -------------------------------------------------------------------------------------------------- groups


def stag_arguments() -> dict[str, list[float]]:
    """A point without any symmetry."""
    return {"parameters": [0.3, 0.7], "inner_lr": [0.1, 0.2], "coefficients": [0.5, 1.5], "game": [4, 0, 3, 2]}


def test_groups_are_the_inputs_in_order() -> None:
    for game in GAMES.values():
        compiled = compiled_update(game, "logit", "meta", "unrolled", 1)
        assert sum(compiled.groups.values(), ()) == compiled.program.inputs
        assert list(compiled.groups) == ["parameters", "inner_lr", "coefficients", "game"]
        assert [s.name for s in compiled.groups["inner_lr"]] == [f"alpha_{i + 1}" for i in range(game.players)]
        assert [s.name for s in compiled.groups["coefficients"]] == ["c_own", "c_peer"]
        assert compiled.groups["game"] == tuple(symbol for symbol, _ in game.parameters)
        assert game_values(game).tolist() == [float(value) for _, value in game.parameters]


@pytest.mark.parametrize("group", ["parameters", "inner_lr", "coefficients", "game"])
def test_groups_missing_or_of_wrong_length(group: str) -> None:
    compiled = compiled_update(stag_hunt(), "direct", "meta", "unrolled", 1)
    good = stag_arguments()
    with pytest.raises(TypeError, match=f"{group!r} is missing"):
        compiled(**{name: rows for name, rows in good.items() if name != group})
    for wrong in (good[group][:-1], [*good[group], 0.0], [], 0.5, [good[group]]):
        with pytest.raises(TypeError, match=f"{group!r} needs {len(good[group])} rows"):
            compiled(**{**good, group: wrong})


def test_unknown_group() -> None:
    compiled = compiled_update(stag_hunt(), "direct", "meta", "unrolled", 1)
    with pytest.raises(TypeError, match="unknown argument group 'payoffs'"):
        compiled(**stag_arguments(), payoffs=[4, 0, 3, 2])


def test_batches_that_do_not_broadcast() -> None:
    compiled = compiled_update(stag_hunt(), "direct", "meta", "unrolled", 1)
    with pytest.raises(ValueError):
        compiled(**{**stag_arguments(), "parameters": np.zeros((2, 3)), "game": np.zeros((4, 2))})


def test_an_empty_group_may_be_left_out() -> None:
    numbers = stag_hunt().instance()
    compiled = compiled_update(numbers, "direct", "meta", "unrolled", 1)
    point = stag_arguments()
    symbolic = compiled_update(stag_hunt(), "direct", "meta", "unrolled", 1)(**point)["update"]
    del point["game"]
    without = compiled(**point)["update"]
    assert without == pytest.approx(symbolic, rel=1e-13)
    assert (compiled(**point, game=np.empty((0, 1)))["update"][:, 0] == without).all()
    with pytest.raises(TypeError, match="'game' needs 0 rows"):
        compiled(**point, game=[4.0, 0.0, 3.0, 2.0])


@pytest.mark.parametrize(
    "groups", [{"all": INPUTS[:2]}, {"all": INPUTS, "again": INPUTS[:1]}, {"all": symbols("x y w")}]
)
def test_groups_must_hold_exactly_the_inputs(groups: dict[str, tuple[Symbol, ...]]) -> None:
    program = Program(INPUTS, (), {"out": (INPUTS[0],)})
    with pytest.raises(ValueError, match="exactly the inputs"):
        compile_program(program, groups)


@pytest.mark.parametrize("policy", COORDINATES)
@pytest.mark.parametrize("rule", REGISTRY)
@pytest.mark.parametrize("form", FORMS)
def test_every_entry_of_every_group_is_used_where_the_program_uses_it(policy: str, rule: str, form: str) -> None:
    """Moving one entry changes the output exactly if the exact program changes."""
    compiled = compiled_update(stag_hunt(), policy, rule, form, 1)
    inputs = compiled.program.inputs
    (base,) = rows_for(compiled.program, stag_hunt(), seed=4, count=1)
    before, exact_before = compiled(**arguments(compiled, [base]))["update"], compiled.program.at(base)["update"]
    used = set()
    for symbol in inputs:
        moved = {**base, symbol: base[symbol] + Rational(1, 7)}
        changed = bool((compiled(**arguments(compiled, [moved]))["update"] != before).any())
        assert changed == (compiled.program.at(moved)["update"] != exact_before), symbol
        used |= {symbol.name} if changed else set()
    always = {s.name for s in (*compiled.groups["parameters"], *compiled.groups["game"])}
    assert always <= used
    if rule == "meta":
        own_is_zero = policy == "direct"  # V is affine in the own probability
        assert used == {s.name for s in inputs} - ({"c_own"} if own_is_zero else set())
    if rule == "pg":
        assert used == always | ({"alpha_1", "alpha_2"} & used)


@pytest.mark.parametrize("group", ["parameters", "inner_lr", "coefficients", "game"])
@pytest.mark.parametrize("game", [stag_hunt(), ipd()], ids=lambda game: game.name)
def test_order_within_a_group_matters(game: Game, group: str) -> None:
    """Negative control: rotating a group's rows (the classical slip with positional arguments) changes the result."""
    compiled = compiled_update(game, "logit", "meta", "unrolled", 1)
    (row,) = rows_for(compiled.program, game, seed=6, count=1)
    right = arguments(compiled, [row])
    wrong = {**right, group: np.roll(right[group], 1, axis=0)}
    exact = with_true_exponential(compiled.program, row)["update"]
    assert agree(compiled(**right)["update"][:, 0], exact)
    assert not agree(compiled(**wrong)["update"][:, 0], exact)


def test_order_of_keywords_does_not_matter() -> None:
    compiled, point = compiled_update(stag_hunt(), "direct", "meta", "unrolled", 1), stag_arguments()
    backwards = dict(reversed(point.items()))
    assert (compiled(**point)["update"] == compiled(**backwards)["update"]).all()


def test_payoffs_are_arguments() -> None:
    """One function plays every game of the shape: payoffs and γ are read at the call."""
    first, other = stag_hunt(), stag_hunt(R=7, S="-1/2", T="5/2", P=1)
    point = stag_arguments()
    del point["game"]
    shared, own = (compiled_update(game, "logit", "meta", "unrolled", 1) for game in (first, other))
    there = shared(**point, game=game_values(other))["update"]
    assert (there == own(**point, game=game_values(other))["update"]).all()
    assert (there != shared(**point, game=game_values(first))["update"]).all()
    numbers = compiled_update(other.instance(), "logit", "meta", "unrolled", 1)(**point)["update"]
    assert there == pytest.approx(numbers, rel=1e-13)
    both = shared(**{name: np.array(rows)[:, None] for name, rows in point.items()}, game=np.stack(
        [game_values(first), game_values(other)], axis=1))["update"]  # fmt: skip
    assert (both[:, 1] == there).all()


def test_discount_is_an_argument() -> None:
    compiled = compiled_values(ipd(), "direct")
    values = compiled(parameters=np.ones((10, 1)), game=np.array([[-1, -3, 0, -2, g] for g in (0, 0.5, 0.96)]).T)
    assert values["value"][0] == pytest.approx([-1, -2, -25])


# ---------------------------------------------------------------------------------------- poles and overflow


def test_poles_and_overflow_are_no_exceptions() -> None:
    """Warnings are errors in this test run: a warning would fail it."""
    x, y = symbols("x y")
    program = Program((x, y), (), {"out": (1 / x, y / x, exp(x), exp(y * x), x**3)})
    compiled = compile_program(program, {"all": (x, y)})
    for batch in ((), (1,)):
        numbers = compiled(all=np.zeros((2, *batch)))["out"].reshape(5)
        assert numbers[0] == np.inf and np.isnan(numbers[1]) and numbers[2] == 1
        numbers = compiled(all=np.full((2, *batch), 1e200))["out"].reshape(5)
        assert numbers[2] == np.inf and numbers[3] == np.inf and numbers[4] == np.inf
    assert np.isnan(compiled(all=[np.nan, 1.0])["out"]).all()


@pytest.mark.parametrize("value", [800.0, -800.0, 1e308, -1e308, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("game", [stag_hunt(), ipd(), one_shot((3, 3), 4)], ids=["stag-hunt", "ipd", "3x3"])
def test_extreme_log_odds_are_no_exceptions(game: Game, value: float) -> None:
    compiled = compiled_update(game, "logit", "meta", "unrolled", 1)
    phi = np.zeros((len(compiled.groups["parameters"]), 3))
    phi[:, 1] = value
    update = compiled(
        parameters=phi, inner_lr=[[0.1]] * 2, coefficients=[[1.0], [1.0]], game=game_values(game)[:, None]
    )["update"]
    assert update.shape == phi.shape
    assert np.isfinite(update[:, [0, 2]]).all() and (update[:, 0] == update[:, 2]).all()


def test_the_programs_compiled_are_the_derivations() -> None:
    for policy in COORDINATES:
        compiled = compiled_update(ipd(), policy, "peer", "expanded", 1)
        assert compiled.program == update_program(ipd(), policy, "peer", "expanded", 1)
        assert compiled_values(ipd(), policy).program == value_program(ipd(), policy)


def test_many_players_and_actions_together() -> None:
    game = one_shot((3, 3, 2), 7)
    compiled = compiled_update(game, "logit", "meta", "unrolled", 1)
    rows = rows_for(compiled.program, game, seed=8, count=2)
    numbers = compiled(**arguments(compiled, rows))["update"]
    exact = np.stack([with_true_exponential(compiled.program, row)["update"] for row in rows], axis=1)
    assert numbers.shape == (7, 2) and agree(numbers, exact)
