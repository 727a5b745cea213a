"""numerics.kernels and numerics.kernel_source: exact rewriting, agreement with NumPy, bits, NaN, rest, cache."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import inf, isnan, nan, nextafter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from sympy import Rational, Symbol, sin, symbols

from numerics import dynamics, implicit, kernel_source, kernels
from numerics.annealing import TwoPhase
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.kernel_source import Definition, StraightLine, Term
from numerics.kernels import Stepper, kernel_of, kernel_of_program, supported, trajectories
from theory import exact, strategies
from theory.decomposition import update_program
from theory.games import Game, ipd, ipd_finite, memory_one, normal_form, stag_hunt
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.policies import parameters
from theory.program import Program, formal_exponential

# ------------------------------------------------------------------------------------ games with symbols as payoffs


def general(*counts: int) -> Game:
    """A one-shot game whose payoffs are all parameters: one kernel plays every game of the shape."""
    values: dict[Symbol, Rational] = {}
    cells = {}
    for joint in product(*map(range, counts)):
        entries = [Symbol(f"r{player}_{'_'.join(map(str, joint))}", real=True) for player in range(len(counts))]
        values |= dict.fromkeys(entries, Rational(1))
        cells[joint] = tuple(entries)
    names = tuple(tuple("ABC"[:count]) for count in counts)
    return normal_form("general", names, cells, parameters=tuple(values.items()))


def repeated() -> Game:
    gamma = Symbol("gamma", real=True)
    stage = general(2, 2)
    return memory_one(stage, gamma, name="general", parameters=(*stage.parameters, (gamma, Rational(1, 2))))


def stochastic() -> Game:
    """Two states, three players; rewards are parameters."""
    joint = list(product(range(2), repeat=3))
    entries = [[[Symbol(f"r{s}_{k}_{i}", real=True) for i in range(3)] for k in range(8)] for s in range(2)]
    rows = tuple(tuple((Rational(1 + k, 10), Rational(9 - k, 10)) for k in range(8)) for _ in range(2))
    return Game(
        name="general stochastic",
        actions=(("A", "B"),) * 3,
        states=("s", "t"),
        start=(Rational(1, 3), Rational(2, 3)),
        transition=rows,
        reward=tuple(tuple(tuple(row) for row in table) for table in entries),
        discount=Rational(4, 5),
        parameters=tuple((r, Rational(len(joint))) for table in entries for row in table for r in row),
    )


SHAPES = {"2x2": general(2, 2), "2x2x2": general(2, 2, 2), "2x3": general(2, 3), "ipd": repeated(), "s": stochastic()}


def learning(game: AnyGame, policy: str = "direct", rule: str = "meta", form: str = "unrolled", **changes: object):
    settings = {
        "unroll": 1, "inner_lr": (0.05,) * game.players, "own": 0.8, "peer": 1.3, "schedule": Schedule(0.05),
    }  # fmt: skip
    return Learning(game, policy, rule, form, **{**settings, **changes})


def points(game: AnyGame, policy: str, count: int, seed: int = 0) -> Array:
    rows = sum(map(len, parameters(game, policy)))
    random = np.random.default_rng(seed)
    return random.uniform(0.1, 0.9, (rows, count)) if policy == "direct" else random.normal(0, 1.3, (rows, count))


def stepped(rule: Learning, first: Array, steps: int, start: int = 0) -> Array:
    """The reference: NumPy, step by step."""
    with np.errstate(all="ignore"):
        for number in range(start, start + steps):
            first = rule.step(first, number)
    return first


def agree(left: Array, right: Array, tolerance: float = 1e-12) -> bool:
    """Relative to the largest entry of a column; not finite in the same places."""
    scale = np.nanmax(abs(right), axis=0, initial=1.0)
    same = np.isnan(left) == np.isnan(right)
    return bool(same.all() and (np.isnan(right) | (abs(left - right) <= tolerance * scale)).all())


# --------------------------------------------------------------------------------------------- rewriting is exact


def evaluate(line: StraightLine, values: list[Fraction]) -> list[Fraction]:
    known = dict(enumerate(values))

    def term(t: Term) -> Fraction:
        result = t.coefficient
        for factor in t.factors:
            result *= known[factor]
        return result

    def value(d: Definition) -> Fraction:
        first, *others = map(term, d.terms)
        if d.kind == "sum":
            return sum(others, first)
        if d.kind == "inverse":
            return 1 / first
        if d.kind == "exp":
            result = formal_exponential(exact.to_fmpq(Rational(first.numerator, first.denominator)))
            return Fraction(int(result.p), int(result.q))
        return others[0] if first > 0 or (first == 0 and d.kind == "at_least") else others[1]

    for name in line.order():
        known[name] = value(line.definitions[name])
    return [term(t) for t in line.outputs]


def as_fractions(values: list[Rational]) -> list[Fraction]:
    return [Fraction(int(value.p), int(value.q)) for value in values]


@pytest.mark.thorough
@given(st.data())
@settings(max_examples=12)
@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("shape", SHAPES)
def test_rewriting_changes_nothing(shape: str, policy: str, data: st.DataObject) -> None:
    """Equal rationals from the program and from its definitions, before and after; a changed sign is seen."""
    game = SHAPES[shape]
    program = _program(shape, policy)
    values = {symbol: data.draw(strategies.rationals(-1, 1, 9, open_interval=True)) for symbol in program.inputs}
    values |= data.draw(strategies.parameter_points(game, policy))
    row = as_fractions([values[symbol] for symbol in program.inputs])
    try:
        expected = as_fractions(list(program.at(values)["update"]))
    except ZeroDivisionError:  # a pole outside the probabilities
        return
    plain, better = _lines(shape, policy)
    assert evaluate(plain, row) == expected
    assert evaluate(better, row) == expected
    assert better.operations < plain.operations


@lru_cache
def _program(shape: str, policy: str) -> Program:
    return update_program(SHAPES[shape], policy, "meta", "unrolled", 1)


@lru_cache
def _lines(shape: str, policy: str) -> tuple[StraightLine, StraightLine]:
    plain, better = (StraightLine(_program(shape, policy)) for _ in range(2))
    better.optimise()
    return plain, better


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_a_wrong_rewriting_would_be_seen(policy: str) -> None:
    program = _program("2x2", policy)
    row = [Fraction(k**3 + 7, 3 * k**2 + 11) for k in range(len(program.inputs))]
    line = StraightLine(program)
    line.optimise()
    expected = evaluate(line, row)
    changed = 0
    for name in line.order():
        kind, terms = line.definitions[name]
        last = terms[-1]
        line.definitions[name] = Definition(kind, (*terms[:-1], Term(-last.coefficient, last.factors)))
        try:
            changed += evaluate(line, row) != expected
        except ZeroDivisionError:
            changed += 1
        line.definitions[name] = Definition(kind, terms)
    assert changed == len(line.order())


def test_the_ipd_gets_shorter() -> None:
    """Counted: a hand-optimised joint step has about 1 100 operations."""
    for policy, most in (("direct", 1400), ("logit", 1450)):
        line = StraightLine(update_program(ipd(), policy, "meta", "unrolled", 1))
        before = line.operations
        line.optimise()
        assert line.operations < min(most, 0.6 * before)


def test_each_pivot_is_inverted_once() -> None:
    line = StraightLine(update_program(ipd(), "direct", "meta", "unrolled", 1))
    line.optimise()
    inverses = [line.definitions[value] for value in line.order() if line.definitions[value].kind == "inverse"]
    assert len(inverses) == len(set(inverses)) == 8  # four pivots each at φ₀ and φ₁
    rule = learning(ipd())
    source = Path(kernel_of(rule).module.__file__).read_text(encoding="utf-8")
    assert source.count("/") == 8 + source.count("//") * 2


# -------------------------------------------------------------------------------------------------- exponential


def exponential(x: float) -> float:
    rule = learning(stag_hunt(), "logit", "pg", "expanded")
    return kernel_of(rule).module.exponential(float(x))


def test_exponential_to_one_unit() -> None:
    """Against 40 digits, over the whole range of normal results."""
    random = np.random.default_rng(1)
    grid = [*random.uniform(-708.3, 709.7, 3000), *random.uniform(-2, 2, 2000), *random.normal(0, 1e-5, 200)]
    halves = [(k + 0.5) * np.log(2) for k in range(-1021, 1023, 7)]  # where k jumps
    worst = 0.0
    with mp.workdps(40):
        for x in [*grid, *halves, 0.0, -708.39, 709.7827]:
            true = mp.exp(float(x))
            worst = max(worst, float(abs(exponential(x) - true) / np.spacing(float(true))))
    assert 0.4 < worst < 1
    values = np.array(grid)
    close = np.array([exponential(x) for x in values])
    assert (abs(close - np.exp(values)) <= 2 * np.spacing(np.exp(values))).all()


def test_exponential_at_the_ends() -> None:
    assert exponential(0.0) == exponential(-0.0) == exponential(1e-300) == 1.0
    assert [exponential(x) for x in (inf, 1e300, 710.0, nextafter(709.782712893384, inf))] == [inf] * 4
    assert [exponential(x) for x in (-inf, -1e300, -746.0, -708.4)] == [0.0] * 4
    assert 1.79e308 < exponential(709.782712893384) < inf
    assert 2.2e-308 < exponential(-708.396418532264) < 2.3e-308
    payload = float(np.uint64(0x7FF8000000000ABC).view(np.float64))
    assert all(isnan(exponential(x)) for x in (nan, -nan, payload))


# ------------------------------------------------------------------------------------- agreement with the reference

CASES = [
    *product(["2x2"], ["direct", "logit"], ["pg", "own", "peer", "meta"], [("unrolled", 1), ("expanded", 1)]),
    *product(["2x2"], ["direct", "logit"], ["lola", "sos"], [("expanded", 1)]),
    *product(["2x2"], ["direct", "logit"], ["meta"], [("unrolled", 2), ("unrolled", 3)]),
    *product(["2x2x2"], ["direct", "logit"], ["meta"], [("unrolled", 1), ("expanded", 1)]),
    *product(["2x3"], ["logit"], ["meta", "lola"], [("expanded", 1)]),
    *product(["ipd"], ["direct", "logit"], ["meta"], [("unrolled", 1)]),
    ("ipd", "direct", "lola", ("expanded", 1)), ("ipd", "logit", "sos", ("expanded", 1)),
    ("s", "direct", "meta", ("expanded", 1)), ("s", "logit", "peer", ("unrolled", 1)),
]  # fmt: skip


# Each case is compiled. By default those of "meta", which has the terms of the others, and of every shape.
QUICK = [
    *product(["2x2"], ["direct", "logit"], ["meta"], [("unrolled", 1), ("expanded", 1)]),
    *product(["2x2"], ["direct", "logit"], ["lola", "sos"], [("expanded", 1)]),
    ("2x2", "logit", "meta", ("unrolled", 3)), ("2x2x2", "direct", "meta", ("unrolled", 1)),
    ("2x3", "logit", "lola", ("expanded", 1)), ("ipd", "logit", "meta", ("unrolled", 1)),
    ("s", "direct", "meta", ("expanded", 1)),
]  # fmt: skip


@given(st.data())
@settings(max_examples=4)
@pytest.mark.parametrize(
    ("shape", "policy", "rule", "form"),
    [pytest.param(*case, marks=[pytest.mark.thorough] * (case not in QUICK)) for case in CASES],
)
def test_kernel_and_numpy_agree(shape: str, policy: str, rule: str, form: tuple[str, int], data: st.DataObject) -> None:
    game = SHAPES[shape]
    values = {s: data.draw(strategies.rationals(-3, 3, 4)) for s, _ in game.parameters if s.name != "gamma"}
    if shape == "ipd":
        values[game.discount] = data.draw(strategies.discounts("9/10"))
    game = game.with_parameters({s.name: value for s, value in values.items()})
    own, peer = data.draw(st.floats(-2, 2)), data.draw(st.floats(-2, 2))
    lr = tuple(data.draw(st.floats(1e-3, 0.1)) for _ in range(game.players))
    clip = data.draw(st.sampled_from([None, 0.75, 2.0]))
    some = learning(
        game, policy, rule, form[0], unroll=form[1], own=own, peer=peer, inner_lr=lr, clip=clip,
        schedule=Schedule(0.1, data.draw(st.sampled_from([0.0, 0.5])), 2.0),
        anneal=data.draw(st.sampled_from([None, TwoPhase(3, 1.0, 2.0)])),
    )  # fmt: skip
    assert supported(some)
    first = points(game, policy, 21, data.draw(st.integers(0, 99)))
    assert agree(trajectories(some, first, 1, first=2).ends, stepped(some, first, 1, 2))
    assert agree(trajectories(some, first, 8).ends, stepped(some, first, 8), 1e-11)


@given(st.data())
@settings(max_examples=3)
@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_games_of_numbers_and_differentiable_games(policy: str, data: st.DataObject) -> None:
    """Payoffs that are numbers stand in the source."""
    games = strategies.one_shot_games(actions=(2, 2)) | strategies.stochastic_games(states=2, actions=(2, 2))
    game = data.draw(games if policy == "logit" else games | strategies.differentiable_games(dimensions=(1, 2)))
    some = learning(game, policy, "meta", "expanded")
    first = points(game, policy, 9)
    assert supported(some)
    assert agree(trajectories(some, first, 1).ends, stepped(some, first, 1))
    assert agree(trajectories(some, first, 6).ends, stepped(some, first, 6), 1e-11)


@pytest.mark.parametrize(
    "change", [{"peer": 0.0}, {"own": 0.0}, {"rule": "own"}, {"rule": "peer"}, {"form": "expanded"}]
)
def test_a_kernel_without_a_term_would_be_noticed(change: dict[str, object]) -> None:
    """Negative control: the comparison above fails for every start."""
    right = learning(SHAPES["2x2"].with_parameters({"r0_0_0": 3, "r1_1_1": 2}), "logit")
    wrong = Learning(**{**vars(right), **change})
    first = points(right.game, "logit", 20)
    assert agree(trajectories(right, first, 1).ends, stepped(right, first, 1))
    moved = trajectories(wrong, first, 1).ends
    assert not any(agree(moved[:, [k]], stepped(right, first[:, [k]], 1)) for k in range(20))


def test_the_factor_multiplies_the_coefficients_only() -> None:
    annealed = learning(stag_hunt(), "logit", anneal=TwoPhase(0, 1.0, 1.0))
    plain = learning(stag_hunt(), "logit", own=0.4, peer=0.65)  # half, as at n = 1
    first = points(stag_hunt(), "logit", 9)
    assert agree(trajectories(annealed, first, 1, first=1).ends, trajectories(plain, first, 1).ends)


def test_one_module_plays_every_game_of_a_shape() -> None:
    first, other = learning(stag_hunt()), learning(stag_hunt(R=7, P=1), schedule=Schedule(2.0), clip=0.5)
    assert kernel_of(first).module is kernel_of(other).module
    assert kernel_of(first).module is not kernel_of(learning(stag_hunt(), "logit")).module


# ----------------------------------------------------------------------------------------------- what is not compiled


def test_what_is_not_supported_runs_by_numpy() -> None:
    game = general(3, 2).with_parameters({"r0_0_0": 4, "r1_2_1": 3})
    wide = learning(game, schedule=Schedule(0.5))
    assert not supported(wide) and supported(learning(game, "logit"))
    first = np.repeat([[0.2], [0.3], [0.5], [0.4]], 3, axis=1)
    result = trajectories(wide, first, 5, every=2)
    assert (result.ends == dynamics.run(wide, first, 5)).all()
    assert (result.frames[-1] == stepped(wide, first, 4)).all() and result.frames.shape == (3, 4, 3)


def test_too_long_or_other_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, *rest = symbols("x y alpha_1 c_own c_peer")
    assert kernel_of_program(Program((x, *rest), (), {"update": (sin(x),)}), 1) is None
    assert kernel_of_program(Program((x, y, *rest), (), {"update": (x**y, y)}), 1) is None
    program = update_program(stag_hunt(), "direct", "pg", "expanded")
    assert kernel_of_program(program, 2) is not None
    monkeypatch.setattr(kernels, "MOST_OPERATIONS", program.operations - 1)
    assert kernel_of_program(program, 2) is None


def test_long_programs_run_by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = learning(ipd(), "logit")
    first = points(ipd(), "logit", 5)
    compiled = trajectories(rule, first, 3).ends
    monkeypatch.setattr(kernels, "MOST_OPERATIONS", 100)
    kernels._kernel_of_rule.cache_clear()
    try:
        assert not supported(rule)
        ends = trajectories(rule, first, 3).ends
    finally:
        kernels._kernel_of_rule.cache_clear()
    assert (ends == dynamics.run(rule, first, 3)).all() and agree(ends, compiled)


def test_the_longest_programs_in_use_get_kernels() -> None:
    """IPD with L = 5 and ipd-finite; longer ones may still run as NumPy programs."""
    for game, unroll in ((ipd_finite(), 1), (ipd(), 5)):
        operations = update_program(game, "logit", "meta", "unrolled", unroll).operations
        assert 10_000 < operations <= kernels.MOST_OPERATIONS < implicit.MOST_OPERATIONS


@pytest.mark.parametrize("wrong", [{"every": 0}, {"threads": 0}, {"starts": np.zeros((3, 2))}, {"starts": np.zeros(2)}])
def test_bad_arguments(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be at least 1|starts need"):
        trajectories(learning(stag_hunt()), **{"starts": np.zeros((2, 1)), "steps": 1, **wrong})


# ------------------------------------------------------------------------------------------------------- same bits


@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("game", [stag_hunt(), ipd()], ids=lambda game: game.name)
def test_bits_do_not_depend_on_batch_place_or_threads(game: Game, policy: str) -> None:
    rule = learning(game, policy, schedule=Schedule(0.02))
    width = kernel_of(rule).lanes
    first = points(game, policy, 3 * width + 5, seed=4)
    whole = trajectories(rule, first, 25, threads=1).ends
    for threads in (2, 3, 64):
        assert (trajectories(rule, first, 25, threads=threads).ends == whole).all()
    for size in (1, 2, width - 1, width, width + 1, 2 * width + 1):
        assert (trajectories(rule, first[:, :size], 25).ends == whole[:, :size]).all()
    for shift in (1, 3, width):
        assert (trajectories(rule, np.roll(first, shift, 1), 25).ends == np.roll(whole, shift, 1)).all()
    assert (trajectories(rule, first[:, ::-1], 25).ends == whole[:, ::-1]).all()
    # control: the ends of different starts differ
    assert policy == "direct" or len(np.unique(whole[0])) > width


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_a_run_may_be_cut_anywhere(policy: str) -> None:
    rule = learning(stag_hunt(), policy, schedule=Schedule(0.2, 0.7, 3.0), anneal=TwoPhase(5, 1.0, 4.0), clip=2.0)
    first = points(stag_hunt(), policy, 40)
    whole = trajectories(rule, first, 30, every=3)
    for cut in (0, 1, 5, 7, 27, 30):
        before = trajectories(rule, first, cut)
        after = trajectories(rule, before.ends, 30 - cut, first=cut, every=3)
        assert before.frames is None and (after.ends == whole.ends).all()
        if cut % 3 == 0:
            assert (after.frames == whole.frames[cut // 3 :]).all()
    assert (trajectories(rule, trajectories(rule, first, 7).ends, 23).ends != whole.ends).any()  # first matters


def test_frames() -> None:
    rule = learning(ipd(), "logit")
    first = points(ipd(), "logit", 19)
    for steps, every in ((10, 1), (10, 5), (10, 4), (3, 5), (0, 1)):
        frames = trajectories(rule, first, steps, every=every, threads=2).frames
        assert frames.shape == (steps // every + 1, *first.shape)
        for index, frame in enumerate(frames):
            assert (frame == trajectories(rule, first, index * every).ends).all()


def test_starts_are_left_alone_and_may_be_anything() -> None:
    rule = learning(stag_hunt())
    first = points(stag_hunt(), "direct", 11)
    copy = first.copy()
    ends = trajectories(rule, first, 5).ends
    assert (first == copy).all() and (ends != first).any()
    assert (trajectories(rule, np.asfortranarray(first), 5).ends == ends).all()
    assert trajectories(rule, first[:, :0], 5, every=1).frames.shape == (6, 2, 0)
    assert (trajectories(rule, np.array([[1], [1]]), 3).ends == 1).all()  # integers
    assert (trajectories(rule, first, 0).ends == first).all()


# --------------------------------------------------------------------------------------------------------- NaN


def test_nan_stays_and_stays_alone() -> None:
    for policy in ("direct", "logit"):
        rule = learning(ipd(), policy, clip=5.0)
        first = points(ipd(), policy, 12)
        good = trajectories(rule, first, 20).ends
        for bad in (nan, inf, -inf):
            spoiled = first.copy()
            spoiled[3, 5] = bad
            ends = trajectories(rule, spoiled, 20).ends
            assert np.isnan(ends[:, 5]).all()
            assert (np.delete(ends, 5, 1) == np.delete(good, 5, 1)).all()


@pytest.mark.parametrize("clip", [None, 1.0])
def test_overflow_is_nan_and_never_clipped(clip: float | None) -> None:
    """As in the reference, where the far parameter is NaN and its run undecided."""
    game = DifferentiableGame("explosion", ((Symbol("x", real=True),), (Symbol("y", real=True),)), (
        Symbol("x", real=True) ** 4, -(Symbol("y", real=True) ** 2)))  # fmt: skip
    rule = learning(game, "direct", "pg", "expanded", schedule=Schedule(1.0), clip=clip)
    first = np.array([[1e200, 2.0, 0.0], [0.1, 0.1, 0.1]])
    ends, expected = trajectories(rule, first, 9).ends, stepped(rule, first, 9)
    assert (np.isnan(ends) == np.isnan(expected)).all()
    assert np.isnan(ends[0]).tolist() == [True, clip is None, False] and np.isfinite(ends[1]).all()
    assert (ends[:, 2] == [0, expected[1, 2]]).all()


@pytest.mark.parametrize("value", [740.0, -740.0, 800.0, -800.0, 1e300])
def test_extreme_log_odds(value: float) -> None:
    """NaN in the same starts as in the reference, where the odds overflow."""
    rule = learning(stag_hunt(), "logit", "meta")
    first = np.array([[value, 0.3, value], [0.2, value, value]])
    ends, expected = trajectories(rule, first, 2).ends, stepped(rule, first, 2)
    assert agree(ends, expected)


# ------------------------------------------------------------------------------------------------- early stopping


def test_rest_is_final() -> None:
    """η must not grow and the factor not change from the step given."""
    ones = np.ones(5)
    assert kernels._settled(ones, ones) == 0
    assert kernels._settled(np.array([1, 0.5, 0.5, 0.1, 0]), ones) == 0
    assert kernels._settled(np.array([1, 2, 1.5, 1, 1]), ones) == 1
    assert kernels._settled(np.array([1.0, 2, 3, 4, 5]), ones) == 4
    assert kernels._settled(ones, np.array([1, 1, 1, 0.5, 0.4])) == 4
    assert kernels._settled(ones, np.array([0.4, 0.5, 1, 1, 1])) == 2
    assert kernels._settled(-ones, ones) == 4
    assert kernels._settled(np.array([1, nan, 1, 1, 1]), ones) == 2
    assert kernels._settled(np.empty(0), np.empty(0)) == kernels._settled(ones[:1], ones[:1]) == 0


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_stopping_early_changes_no_bit(policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = learning(stag_hunt(), policy, schedule=Schedule(0.5, 0.1, 1.0), clip=3.0)
    first = points(stag_hunt(), policy, 100)
    first[0, 40] = nan
    early = trajectories(rule, first, 400, every=50)
    monkeypatch.setattr(kernels, "_settled", lambda eta, factor: len(eta))
    late = trajectories(rule, first, 400, every=50)
    assert np.array_equal(early.ends, late.ends, equal_nan=True)
    assert np.array_equal(early.frames, late.frames, equal_nan=True)
    assert np.isin(np.delete(late.ends, 40, 1), [0, 1] if policy == "direct" else [-3, 3]).all()  # all came to rest


def test_a_start_at_rest_leaves_when_the_correction_fades() -> None:
    """v = 1 + 2q > 0 and C < 0 at the corner (0, 0): with factor 1 the correction wins, later the gradient."""
    game = normal_form("pushed", (("A", "B"),) * 2, {(0, 0): (6, 6), (0, 1): (1, 3), (1, 0): (3, 1), (1, 1): (0, 0)})
    pushed = learning(game, "direct", "peer", "expanded", inner_lr=(0.1, 0.1), peer=-10.0)
    first = np.zeros((2, 1))
    assert (trajectories(pushed, first, 300).ends == 0).all()
    faded = Learning(**{**vars(pushed), "anneal": TwoPhase(100, 2.0, 10.0)})
    assert (trajectories(faded, first, 100).ends == 0).all()
    assert (trajectories(faded, first, 400).ends == 1).all()


def test_a_start_that_rounds_to_rest_leaves_when_steps_grow() -> None:
    grown = learning(stag_hunt(), "direct", "pg", "expanded", schedule=Schedule(1e-40, -15.0, 1.0))
    first = np.full((2, 1), 0.6)
    assert (trajectories(grown, first, 20).ends == first).all()
    assert agree(trajectories(grown, first, 400).ends, stepped(grown, first, 400), 1e-11)
    assert (trajectories(grown, first, 400).ends != first).all()


# -------------------------------------------------------------------------------------------------------- cache

SCRIPT = """
import numpy as np
from numerics import kernels
from numerics.dynamics import Learning, Schedule
from theory.games import stag_hunt
rule = Learning(stag_hunt(), "logit", "meta", "expanded", 1, (.1, .1), 1., 1., Schedule(.1))
ends = kernels.trajectories(rule, np.linspace(-1, 1, 80).reshape(2, 40), 50).ends
stats = kernels.kernel_of(rule).module.run.stats
print(ends.tobytes().hex(), sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def processes(count: int, **environment: str) -> list[list[str]]:
    """Output of that many processes started together."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": str(seed), **environment},
        )
        for seed in range(count)
    ]  # fmt: skip
    outputs = [process.communicate()[0].split() for process in started]
    assert all(process.returncode == 0 for process in started)
    return outputs


@pytest.mark.thorough
def test_processes_share_the_cache_and_do_not_disturb_each_other(tmp_path: Path) -> None:
    first = processes(2, BASIN_ENTRY_CACHE=str(tmp_path))
    files = list((tmp_path / "kernels").glob("*.py"))
    assert len(files) == 1  # the same source under every hash seed
    text = files[0].read_text(encoding="utf-8")
    (later,) = processes(1, BASIN_ENTRY_CACHE=str(tmp_path))
    assert {row[0] for row in [*first, later]} == {later[0]}
    assert later[1:] == ["1", "0"], "compiled again"
    assert files[0].read_text(encoding="utf-8") == text
    assert not [path for path in (tmp_path / "kernels").iterdir() if path.name.startswith(".")]


@pytest.mark.thorough
def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (output,) = processes(1, BASIN_ENTRY_CACHE=str(tmp_path / "file"))
    assert output[2] == "1" and (tmp_path / "file").read_text() == ""


def test_the_folder_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BASIN_ENTRY_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernels.cache_folder() == tmp_path / "basin-entry" / "kernels"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert kernels.cache_folder() == tmp_path / ".cache" / "basin-entry" / "kernels"
    monkeypatch.setenv("BASIN_ENTRY_CACHE", str(tmp_path / "mine"))
    assert kernels.cache_folder() == tmp_path / "mine" / "kernels"


def test_the_key_sees_the_update_and_the_generator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def key(policy: str, rule: str) -> str:
        line = StraightLine(update_program(stag_hunt(), policy, rule, "expanded"))
        return kernels._key(line, 2, (2, 3))

    keys = [key(*pair) for pair in product(["direct", "logit"], ["pg", "peer", "meta"])]
    assert key("logit", "meta") == keys[-1]
    assert len(set(keys)) == 5  # in direct coordinates own-learning is 0 in a one-shot game: peer and meta are one
    monkeypatch.setattr(kernels, "version", lambda name: "0")
    assert key("logit", "meta") not in keys
    monkeypatch.undo()
    other = tmp_path / "generator.py"
    other.write_text("# another generator")
    monkeypatch.setattr(kernel_source, "__file__", str(other))
    assert key("logit", "meta") not in keys


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_a_stepper_gives_the_bits_of_a_trajectory(policy: str) -> None:
    """With a decaying schedule and annealing, clipping and projection, for any batch."""
    changes = {"schedule": Schedule(0.4, 0.3, 2.0), "clip": 3.0}
    rule = learning(ipd(), policy, anneal=TwoPhase(4, 1.0, 2.0), **changes)
    first = points(ipd(), policy, 21, 3)
    for columns in (slice(0, 1), slice(0, 21)):
        stepper = Stepper(rule, first[:, columns], 9)
        for number in range(9):
            np.testing.assert_array_equal(stepper.phi, trajectories(rule, first, number).ends[:, columns])
            stepper.step()
        with pytest.raises(IndexError):
            stepper.step()
    # control: steps without annealing are others
    other = Stepper(learning(ipd(), policy, **changes), first, 9)
    for _ in range(9):
        other.step()
    assert (other.phi != stepper.phi).any()


def test_a_stepper_needs_a_kernel() -> None:
    game = normal_form("three", [list("abc")] * 2, {(i, j): (i, j) for i in range(3) for j in range(3)})
    three = learning(game, "direct")
    with pytest.raises(ValueError, match="three"):
        Stepper(three, np.zeros((6, 1)), 1)


def test_without_a_kernel_runs_can_be_cut_too() -> None:
    """Three actions in direct coordinates, by the reference: schedule and annealing know the number of a step."""
    game = normal_form("three", [list("abc")] * 2, {(i, j): (i * j, i - j) for i in range(3) for j in range(3)})
    rule = learning(game, schedule=Schedule(0.3, 0.7, 2.0), anneal=TwoPhase(3, 1.0, 2.0))
    assert not supported(rule)
    first = np.random.default_rng(0).dirichlet([1.0] * 3, (2, 5)).transpose(0, 2, 1).reshape(6, 5)
    whole = trajectories(rule, first, 8, every=2)
    half = trajectories(rule, first, 4, every=2)
    rest = trajectories(rule, half.ends, 4, first=4, every=2)
    assert whole.frames is not None and half.frames is not None and rest.frames is not None
    np.testing.assert_array_equal(rest.ends, whole.ends)
    np.testing.assert_array_equal(np.concatenate([half.frames, rest.frames[1:]]), whole.frames)
    assert (trajectories(rule, half.ends, 4).ends != whole.ends).any()  # control: numbered from 0 again
