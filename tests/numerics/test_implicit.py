"""numerics.implicit and numerics.game_arrays: agreement with the compiled programs, and with complex steps.

Errors are measured start by start, as a share of the largest entry of the update: 1e-12 of it, plus 1e-14 of
max|r|/(1 − γ)², which bounds every product of a visit and an action value: entries may be small because such products
cancel. The games drawn have γ ≤ 3/4 and inner steps of at most a tenth of a probability, so that the condition number
of I − γP_π, at most (1 + γ)/(1 − γ) = 7 for probabilities, needs no factor of its own.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sympy import Integer, Rational, Symbol

from numerics import dynamics, game_arrays, implicit
from numerics.annealing import TwoPhase
from numerics.compile import Array, Compiled, compiled_update, compiled_values, game_values
from numerics.dynamics import Learning, Schedule
from numerics.implicit import Entry, ImplicitUpdate, implicit_update, implicit_values, too_large
from theory import strategies
from theory.decomposition import update_program
from theory.errors import BadInput
from theory.games import Game, ipd, ipd_finite, stag_hunt, tandem
from theory.games.differentiable import AnyGame
from theory.policies import Coordinates, parameters
from theory.updates import REGISTRY

# ------------------------------------------------------- games with symbols as tables: one program plays all of a shape


def shape(states: int, counts: tuple[int, ...], observed: tuple[int, ...] = ()) -> Game:
    """Every reward, every transition probability, every ρ(s) and γ is a parameter."""
    joint = range(int(np.prod(counts)))
    values: list[tuple[Symbol, Rational]] = []

    def symbol(name: str, value: Rational) -> Symbol:
        values.append((Symbol(name, real=True), value))
        return values[-1][0]

    def distribution(stem: str) -> tuple[object, ...]:
        free = [symbol(f"{stem}_{t}", Rational(1, states)) for t in range(states - 1)]
        return (*free, Integer(1) - sum(free))

    return Game(
        name="shape",
        actions=tuple(tuple("ABC"[:count]) for count in counts),
        states=tuple(f"s{s}" for s in range(states)),
        start=distribution("rho"),
        transition=tuple(tuple(distribution(f"P{s}_{k}") for k in joint) for s in range(states)),
        reward=tuple(
            tuple(tuple(symbol(f"r{s}_{k}_{i}", Integer(0)) for i in range(len(counts))) for k in joint)
            for s in range(states)
        ),
        discount=symbol("gamma", Rational(1, 2)),
        observations=tuple(f"s{o}" for o in range(max(observed) + 1)) if observed else (),
        observed=observed,
        parameters=tuple(values),
    )


SHAPES = {
    "2x2": shape(2, (2, 2)),
    "2x3": shape(2, (2, 3)),
    "2x2x2": shape(2, (2, 2, 2)),
    "3x2x2": shape(1, (3, 2, 2)),
    "one thing seen": shape(3, (2, 2), (0, 1, 0)),
}


@st.composite
def instances(draw: st.DrawFn, name: str) -> Game:
    """A game of a shape, its distributions and numbers from :mod:`theory.strategies`."""
    game = SHAPES[name]
    values = {s.name: draw(strategies.rationals(-5, 5, 4)) for s, _ in game.parameters if s.name.startswith("r")}
    values["gamma"] = draw(strategies.discounts("3/4"))
    for row in (game.start, *(row for rows in game.transition for row in rows)):
        numbers = draw(strategies.distributions(len(row)))
        values |= {symbol.name: number for symbol, number in zip(row[:-1], numbers, strict=False)}
    return game.with_parameters(values)


@lru_cache(maxsize=128)
def program(name: str, policy: str, rule: str, form: str, unroll: int, split: str) -> Compiled:
    return compiled_update(SHAPES[name], policy, rule, form, unroll, split)


def points(game: AnyGame, policy: str, count: int, seed: int = 0) -> Array:
    random = np.random.default_rng(seed)
    if policy == "logit":
        return random.normal(0, 1.3, (sum(map(len, parameters(game, "logit"))), count))
    rows = []
    for names in game.actions:
        drawn = random.dirichlet([2.0] * len(names), (len(game.observations), count))  # (observations, count, actions)
        kept = drawn[..., :1] if len(names) == 2 else drawn
        rows.append(kept.transpose(0, 2, 1).reshape(-1, count))
    return np.concatenate(rows)


def column(*entries: float) -> Array:
    return np.array(entries, dtype=float)[:, None]


def size_of_products(game: Game) -> float:
    """Largest |r| / (1 − γ)²."""
    largest = max(abs(game.value_of(entry)) for rows in game.reward for cell in rows for entry in cell)
    return float(largest / (1 - game.value_of(game.discount)) ** 2)


def steps(game: Game, *factors: float) -> Array:
    """Inner step sizes that move no probability by more than a tenth."""
    return column(*factors) * 0.1 / max(1.0, size_of_products(game))


def error(found: Array, right: Array, game: Game) -> Array:
    """Of every start, in units of what the module's docstring allows."""
    allowed = 1e-12 * abs(right).max(0) + 1e-14 * size_of_products(game)
    return np.asarray(abs(found - right).max(0) / np.where(allowed > 0, allowed, 1))


# ----------------------------------------------------------------------------------- agreement with compiled programs

ONE, EXPANDED = ("unrolled", 1, "terminal"), ("expanded", 2, "terminal")
LONGER = [("unrolled", length, split) for length in (2, 3) for split in ("terminal", "path")]
ALL = [
    *(("2x2", policy, rule, ONE) for policy in ("direct", "logit") for rule in REGISTRY),
    *(("2x2", "direct", rule, EXPANDED) for rule in ("own", "peer", "meta", "lookahead", "sos")),
    *(("2x2", "direct", rule, how) for rule in ("meta", "own", "peer") for how in LONGER),
    *(("2x2", "logit", rule, how) for rule in ("meta", "lola-exact") for how in LONGER),
    *((name, policy, rule, ONE) for name in ("2x3", "2x2x2", "3x2x2", "one thing seen")
      for policy in ("direct", "logit") for rule in ("meta", "lola", "lola-exact", "sos", "cgd")),
    *((name, "direct", "meta", how) for name in ("2x2x2", "3x2x2") for how in LONGER[:2]),
]  # fmt: skip
# Deriving and compiling takes a second or more for each; every rule, form, split, L and shape is among these.
QUICK = [
    *(("2x2", ("direct", "logit")[number % 2], rule, ONE) for number, rule in enumerate(REGISTRY)),
    ("2x2", "direct", "meta", EXPANDED),
    ("2x2", "direct", "meta", ("unrolled", 2, "path")),
    ("2x2", "direct", "peer", ("unrolled", 3, "terminal")),
    ("2x3", "direct", "lola", ONE),
    ("2x2x2", "logit", "lola", ONE),
    ("3x2x2", "direct", "meta", ONE),
    ("one thing seen", "logit", "meta", ONE),
]
assert set(QUICK) <= set(ALL)
CASES = [pytest.param(*case, marks=() if case in QUICK else pytest.mark.thorough) for case in ALL]


@given(st.data())
@settings(max_examples=3)
@pytest.mark.parametrize(("name", "policy", "rule", "how"), CASES)
def test_it_agrees_with_the_compiled_program(
    name: str, policy: str, rule: str, how: tuple[str, int, str], data: st.DataObject
) -> None:
    game = data.draw(instances(name))
    arguments = {
        "parameters": points(game, policy, 6, data.draw(st.integers(0, 99))),
        "inner_lr": steps(game, *(data.draw(st.floats(0.1, 1)) for _ in game.actions)),
        "coefficients": column(data.draw(st.floats(-2, 2)), data.draw(st.floats(-2, 2))),
        "game": game_values(game)[:, None],
    }
    right = program(name, policy, rule, *how)(**arguments)["update"]
    found = implicit_update(game, policy, rule, *how)(**arguments)["update"]
    assert found.shape == right.shape
    assert (error(found, right, game) <= 1).all()


@given(st.data())
@settings(max_examples=2)
@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_games_of_numbers(policy: Coordinates, data: st.DataObject) -> None:
    """Entries of 0, 2–3 players and actions; against :class:`Learning` itself."""
    game = data.draw(strategies.stochastic_games(states=2, discount=strategies.discounts("3/4")))
    sizes = tuple(steps(game, *(1.0,) * game.players)[:, 0])
    learning = Learning(game, policy, "lookahead", "unrolled", 1, sizes, 0.8, 1.3, Schedule(0.1))
    phi = points(game, policy, 4)
    assert (error(_implicitly(learning)(phi), learning.update(phi), game) <= 1).all()


def _implicitly(learning: Learning) -> Callable[[Array], Array]:
    update = implicit_update(
        learning.game, learning.policy, learning.rule, learning.form, learning.unroll, learning.split
    )
    sizes, weights = column(*learning.inner_lr), column(learning.own, learning.peer)
    return lambda phi: update(phi, sizes, weights)["update"]


CHANGES: dict[str, dict[str, object]] = {
    "no peer coefficient": {"peer": 0.0},
    "no own coefficient": {"own": 0.0},
    "coefficients swapped": {"own": 1.3, "peer": 0.8},
    "step sizes swapped": {"inner_lr": (0.2, 0.05)},
    "other split": {"split": "path"},
    "one step less": {"unroll": 1},
    "one step more": {"unroll": 3},
    "other form": {"form": "expanded"},
    "other coordinates": {"policy": "logit"},
    "another rule": {"rule": "lola-exact"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_would_be_noticed(change: str) -> None:
    """Negative control: every start of each changed rule differs, by at least a million times what is allowed."""
    right = Learning(ipd(gamma="3/4"), "direct", "meta", "unrolled", 2, (0.05, 0.2), 0.8, 1.3, Schedule())
    phi = points(right.game, "direct", 8)
    expected = right.update(phi)
    assert (error(_implicitly(right)(phi), expected, right.game) <= 1).all()
    assert (error(_implicitly(replace(right, **CHANGES[change]))(phi), expected, right.game) > 1e6).all()


@pytest.mark.parametrize("rows", [np.roll(np.arange(10), 5), np.arange(10)[::-1]])
def test_other_rows_would_be_noticed(rows: NDArray[np.intp]) -> None:
    """Negative control: players swapped, observations reversed."""
    right = Learning(ipd(gamma="3/4"), "direct", "meta", "unrolled", 1, (0.05, 0.2), 0.8, 1.3, Schedule())
    phi = points(right.game, "direct", 8)
    assert (error(_implicitly(right)(phi[rows])[rows], right.update(phi), right.game) > 1e6).all()


@given(st.data())
@settings(max_examples=3)
@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("name", ["2x3", "one thing seen"])
def test_values_visits_and_advantages(name: str, policy: str, data: st.DataObject) -> None:
    game = data.draw(instances(name))
    phi = points(game, policy, 5)
    right = _values(name, policy)(parameters=phi, game=game_values(game)[:, None])
    found = implicit_values(game, policy, phi)
    assert set(found) == set(right)
    for block, expected in right.items():
        assert found[block].shape == expected.shape
        assert (error(found[block], expected, game) <= 1).all()
        assert not (error(found[block], expected + 1e-9, game) <= 1).any()  # the smallest change that it must notice


@lru_cache
def _values(name: str, policy: str) -> Compiled:
    return compiled_values(SHAPES[name], policy)


def test_it_can_stand_in_for_the_compiled_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """:class:`Learning` needs no other change: schedule, annealing, projection and parameters of the game included."""
    learning = Learning(
        ipd(), "direct", "meta", "unrolled", 1, (0.002, 0.003), 0.8, 1.3, Schedule(0.01, 0.5), anneal=TwoPhase(1, 1, 1)
    )
    phi = points(ipd(), "direct", 6)
    compiled = dynamics.run(learning, phi, 4)
    assert isinstance(learning.field(), Compiled)

    def field(some: Learning) -> ImplicitUpdate:
        return implicit_update(some.game, some.policy, some.rule, some.form, some.unroll, some.split)

    monkeypatch.setattr(Learning, "field", field)
    assert abs(dynamics.run(learning, phi, 4) - compiled).max() < 1e-12
    assert abs(dynamics.run(replace(learning, anneal=None), phi, 4) - compiled).max() > 1e-6


# ------------------------------------------------------------------------------ a larger game, by complex steps

STATES, ALPHA, OWN, PEER = 60, (0.004, 0.01), 0.7, 1.6
Complex = NDArray[np.complex128]


def large_game(states: int = STATES, successors: int = 3) -> Game:
    """Two players with two actions, a few random successors of each state."""
    random = np.random.default_rng(5)

    def row() -> tuple[Rational, ...]:
        entries = [Integer(0)] * states
        weights = random.integers(1, 9, successors)
        for target, weight in zip(random.choice(states, successors, replace=False), weights, strict=True):
            entries[target] = Rational(int(weight), int(weights.sum()))
        return tuple(entries)

    return Game(
        name="large",
        actions=(("A", "B"), ("A", "B")),
        states=tuple(f"s{s}" for s in range(states)),
        start=row(),
        transition=tuple(tuple(row() for _ in range(4)) for _ in range(states)),
        reward=tuple(
            tuple(tuple(Rational(int(r), 2) for r in random.integers(-6, 7, 2)) for _ in range(4))
            for _ in range(states)
        ),
        discount=Rational(9, 10),
    )


class Naive:
    """Direct coordinates (or log-odds), two players with two actions, one start, any number of inner steps."""

    def __init__(self, game: Game, logit: bool) -> None:
        self.moves = np.array(game.transition, dtype=float).reshape(-1, 2, 2, len(game.states))
        self.rewards = np.array(game.reward, dtype=float).reshape(-1, 2, 2, 2)
        self.start, self.discount, self.logit = np.array(game.start, dtype=float), float(game.discount), logit

    def solved(self, x: Complex) -> tuple[Complex, Complex, Complex]:
        """Action probabilities (players, states, actions), M and the rewards (states, players)."""
        first = (1 / (1 + np.exp(-x)) if self.logit else x).reshape(2, -1)
        pi = np.stack([first, 1 - first], axis=-1)
        moves = np.einsum("sa,sb,sabt->st", pi[0], pi[1], self.moves)
        return pi, np.eye(len(moves)) - self.discount * moves, np.einsum("sa,sb,sabi->si", pi[0], pi[1], self.rewards)

    def values(self, x: Complex) -> Complex:
        """V of both players."""
        _, matrix, rewards = self.solved(x)
        return np.asarray(self.start @ np.linalg.solve(matrix, rewards))

    def slopes(self, x: Complex) -> Complex:
        """∇_i Vⁱ from the derivative of M and r in each row of one player: ρᵀM⁻¹(∂r + γ ∂P u)."""
        pi, matrix, rewards = self.solved(x)
        values, visits = np.linalg.solve(matrix, rewards), np.linalg.solve(matrix.T, self.start.astype(complex))
        result = []
        for player in (0, 1):
            table = self.rewards[..., player] + self.discount * self.moves @ values[:, player]
            change = table[:, 0] - table[:, 1] if player == 0 else table[:, :, 0] - table[:, :, 1]
            slope = visits * (pi[1 - player] * change).sum(1)
            result.append(slope * pi[player].prod(1) if self.logit else slope)
        return np.concatenate(result)

    def end(self, x: Complex, length: int) -> Complex:
        """φ_L."""
        sizes = np.repeat(ALPHA, len(x) // 2)
        for _ in range(length):
            x = x + sizes * self.slopes(x)
        return x

    def along(self, function: Callable[[Complex], Complex], x: Array, index: int) -> Array:
        """Derivative in one coordinate by a complex step: no cancellation, so it may be this small."""
        moved = x.astype(complex)
        moved[index] += 1e-30j
        return np.asarray(function(moved).imag / 1e-30)


@pytest.mark.parametrize(("policy", "length"), [("direct", 1), ("direct", 3), ("logit", 2)])
def test_sixty_states_by_complex_steps(policy: Coordinates, length: int) -> None:
    """With both coefficients 1 Meta-MAPG is dVⁱ(φ_L)/dφ₀ⁱ; own and peer follow from steps through one player's φ_L."""
    game = large_game()
    naive = Naive(game, policy == "logit")
    phi = points(game, policy, 1)
    learning = Learning(game, policy, "meta", "unrolled", length, ALPHA, 1.0, 1.0, Schedule())
    whole = _implicitly(learning)(phi)[:, 0]
    weighted = _implicitly(replace(learning, own=OWN, peer=PEER))(phi)[:, 0]
    end = naive.end(phi[:, 0].astype(complex), length)
    scale = abs(whole).max()
    for index in (0, 17, 41, 60, 88, 119):
        player = index // STATES
        total = naive.along(lambda x: naive.values(naive.end(x, length)), phi[:, 0], index)[player]
        assert abs(whole[index] - total) < 1e-11 * scale

        def through_own(x: Complex, player: int = player) -> Complex:
            return naive.values(np.where(np.arange(2 * STATES) // STATES == player, naive.end(x, length), end))

        current = naive.along(naive.values, end.real, index)[player]
        own = naive.along(through_own, phi[:, 0], index)[player] - current
        peer = total - current - own
        assert abs(weighted[index] - (current + OWN * own + PEER * peer)) < 1e-11 * scale
    # negative control: what a wrong L, a wrong split or no corrections would be off by
    assert abs(whole - naive.slopes(end).real).max() > 1e-4 * scale
    assert abs(whole - weighted).max() > 1e-4 * scale
    other = _implicitly(replace(learning, own=OWN, peer=PEER, split="path"))(phi)[:, 0]
    assert (abs(weighted - other).max() > 1e-8 * scale) == (length > 1)


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_the_naive_slopes_by_complex_steps(policy: Coordinates) -> None:
    naive = Naive(large_game(), policy == "logit")
    phi = points(large_game(), policy, 1)[:, 0]
    slopes = naive.slopes(phi.astype(complex)).real
    for index in (3, 59, 60, 104):
        assert slopes[index] == pytest.approx(naive.along(naive.values, phi, index)[index // STATES], rel=1e-11)


# ------------------------------------------------------------------------------------------- batches and bad points


def meta(game: Game, unroll: int = 2) -> ImplicitUpdate:
    return implicit_update(game, "direct", "meta", "unrolled", unroll, "path")


def test_starts_do_not_see_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one, in groups of two, or together with broken ones: the same but for the order of sums."""
    game = large_game(12)
    phi = points(game, "direct", 7)
    arguments = column(*ALPHA), column(1.0, 1.0)
    together = meta(game)(phi, *arguments)["update"]
    allowed = 1e-14 * abs(together).max(0)
    for start in range(7):
        alone = meta(game)(phi[:, [start]], *arguments)["update"]
        assert (abs(alone - together[:, [start]]) <= allowed[start]).all()
    broken = phi.copy()
    broken[3, 1], broken[5, 2], broken[:, 4] = np.nan, np.inf, 1e300
    whole = [0, 3, 5, 6]
    beside = meta(game)(broken, *arguments)["update"]
    assert (abs(beside - together) <= allowed)[:, whole].all()
    assert not np.isfinite(beside[:, [1, 2, 4]]).all(0).any()
    values = implicit_values(game, "direct", phi)
    monkeypatch.setattr(implicit, "MOST_ENTRIES", 2 * 12**2)
    assert (abs(meta(game)(phi, *arguments)["update"] - together) <= allowed).all()
    for block, entries in implicit_values(game, "direct", phi).items():
        assert entries == pytest.approx(values[block], rel=1e-13, abs=1e-13)


def test_any_batch_shape_and_step_sizes_per_start() -> None:
    game = large_game(5)
    phi = points(game, "direct", 6)
    sizes = np.linspace(0.001, 0.02, 12).reshape(2, 6)
    flat = meta(game)(phi, sizes, column(1.0, 0.5))["update"]
    folded = meta(game)(phi.reshape(-1, 2, 3), sizes.reshape(2, 2, 3), np.array([1.0, 0.5])[:, None, None])["update"]
    assert (folded.reshape(-1, 6) == flat).all() and folded.shape == (10, 2, 3)
    assert meta(game)(phi[:, 2], sizes[:, 2], [1.0, 0.5])["update"] == pytest.approx(flat[:, 2], rel=1e-12)
    swapped = meta(game)(phi, sizes[:, ::-1], column(1.0, 0.5))["update"]
    assert (abs(swapped - flat).max(0) > 1e-6 * abs(flat).max(0)).all()
    assert implicit_values(game, "direct", phi.reshape(-1, 2, 3))["value"].shape == (2, 2, 3)
    assert meta(game)(np.empty((10, 0)), column(*ALPHA), column(1.0, 1.0))["update"].shape == (10, 0)


def test_a_singular_system_is_no_exception() -> None:
    """P(stay) = 2 and γ = ½ make M singular; beside it, an ordinary start."""
    stay, leave = (Integer(1), Integer(0)), (Integer(0), Integer(1))
    pays = ((Integer(1),), (Integer(0),))
    game = Game("pole", (("A", "B"),), ("s", "t"), stay, ((stay, leave), (leave, leave)), (pays, pays), Rational(1, 2))
    phi = np.array([[2.0, 0.5], [0.5, 0.5]])
    found = implicit_update(game, "direct", "meta", "unrolled", 1)(phi, column(0.1), column(1.0, 1.0))["update"]
    assert not np.isfinite(found[0, 0]) and np.isfinite(found[:, 1]).all()
    assert not np.isfinite(implicit_values(game, "direct", phi)["value"][0, 0])


def test_bad_input_is_refused() -> None:
    with pytest.raises(BadInput, match="real parameters instead of actions"):
        implicit_update(tandem(), "direct", "meta", "unrolled", 1)
    with pytest.raises(BadInput, match="real parameters instead of actions"):
        implicit_values(tandem(), "direct", np.zeros((2, 1)))
    good = (ipd(), "direct", "meta", "unrolled", 1, "terminal")
    for place, wrong in ((1, "tremble"), (2, "metta"), (3, "rolled"), (4, 0), (5, "middle")):
        with pytest.raises(BadInput, match=f"{wrong!r}"):
            implicit_update(*good[:place], wrong, *good[place + 1 :])
    update, phi, sizes, weights = implicit_update(*good), np.full((10, 1), 0.5), column(0.1, 0.1), column(1.0, 1.0)
    for arguments in ((phi[1:], sizes, weights), (phi, sizes[1:], weights), (phi, sizes, weights[1:])):
        with pytest.raises(TypeError, match="rows"):
            update(*arguments)
    assert np.isfinite(update(phi, sizes, weights, game_values(ipd())[:, None])["update"]).all()
    with pytest.raises(ValueError, match="its instance"):
        update(phi, sizes, weights, game_values(ipd(T="11/2"))[:, None])


# ------------------------------------------------------------------------------------------------- entries and tables


def test_exact_numbers_act_on_entries() -> None:
    """From both sides, as floats; 0 and 1 change nothing."""
    x, half = Entry(np.array([1.0, -3.0])), Rational(1, 2)
    for found, expected in (
        (half + x, [1.5, -2.5]), (x + half, [1.5, -2.5]), (half - x, [-0.5, 3.5]), (x - half, [0.5, -3.5]),
        (half * x, [0.5, -1.5]), (x * half, [0.5, -1.5]), (half / x, [0.5, -1 / 6]), (x / half, [2, -6]),
        (-x, [-1, 3]), (x * x, [1, 9]), (2 * x, [2, -6]), (sum([x, x], Integer(0)), [2, -6]),
    ):  # fmt: skip
        assert isinstance(found, Entry)
        assert found.values == pytest.approx(expected, rel=1e-15)
    assert Integer(0) + x is x and x + Integer(0) is x and Integer(1) * x is x
    assert [list(x < half), list(x <= 1), list(x > half), list(x >= x)] == [
        [False, True], [True, True], [True, False], [True, True],
    ]  # fmt: skip


def test_the_first_case_that_holds_is_chosen() -> None:
    """As SymPy's Piecewise, start by start."""
    x = Entry(np.array([-1.0, 0.5, 2.0, np.nan]))
    chosen = implicit._piecewise((Integer(7), x < 0), (x, x < 1), (-x, True))
    assert np.array_equal(chosen.values, [7.0, 0.5, -2.0, np.nan], equal_nan=True)


@pytest.mark.parametrize("successors", [1, 3])
def test_sparse_and_dense_tables_agree(successors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    phi = points(large_game(20), "direct", 5)
    results, kinds = [], []
    for share in (0.0, 1.1):
        monkeypatch.setattr(game_arrays, "DENSE", share)
        game = large_game(20, successors)  # tables belong to one object
        kinds.append(isinstance(game_arrays.game_arrays(game).transition, np.ndarray))
        results.append(meta(game)(phi, column(*ALPHA), column(1.0, 1.0))["update"])
        assert np.asarray(game.transition, dtype=float).reshape(80, 20) == pytest.approx(
            game_arrays.game_arrays(game).transition @ np.eye(20), abs=0
        )
    assert kinds == [True, False]
    assert abs(results[0] - results[1]).max() < 1e-12 * abs(results[0]).max()


def test_tables_are_converted_once_and_freed_with_the_game() -> None:
    game = large_game(8)
    tables = game_arrays.game_arrays(game)
    assert game_arrays.game_arrays(game) is tables
    assert game_arrays.game_arrays(replace(game)) is not tables
    alive = weakref.ref(tables)
    del game, tables
    gc.collect()
    assert alive() is None


# ----------------------------------------------------------------------------------------------------------- its use


def test_elimination_is_counted_by_hand() -> None:
    """A ring of four states with a chord; a full table; no fill without ways back."""

    def following(*targets: tuple[int, ...]) -> Game:
        size = len(targets)
        rows = tuple(tuple(Rational(int(t in after), len(after)) for t in range(size)) for after in targets)
        return Game(
            "chain", (("A",),), tuple(f"s{s}" for s in range(size)), rows[0], tuple((row,) for row in rows),
            tuple(((Integer(0),),) for _ in rows), Rational(1, 2),
        )  # fmt: skip

    assert game_arrays.game_arrays(following((1,), (2,), (3,), (3,))).elimination == 0
    # 3 → 0: row 3 gets an entry at 1, then at 2, then at 3; two changes for each of the three pivots
    assert game_arrays.game_arrays(following((1,), (2,), (3,), (0,))).elimination == 6
    # full: Σ m(m + 1) for m = 3, 2, 1
    assert game_arrays.game_arrays(following(*[(0, 1, 2, 3)] * 4)).elimination == 20


def test_large_games_are_told_from_small_ones() -> None:
    assert not any(map(too_large, (ipd(), ipd_finite(), stag_hunt(), large_game(10), tandem())))
    assert too_large(large_game(40)) and too_large(large_game(120, 1)) and too_large(large_game(16, 16))
    assert too_large(ipd_finite(), 3) and not too_large(ipd(), 8)


@pytest.mark.parametrize(
    ("game", "unroll"),
    [
        (ipd(), 1), (ipd(), 2), (large_game(5), 1),
        *(pytest.param(*case, marks=pytest.mark.thorough)
          for case in ((ipd_finite(), 1), (large_game(5, 5), 1), (large_game(20, 1), 1), (large_game(12, 12), 1),
                       (large_game(6, 6), 3))),
    ],
)  # fmt: skip
def test_the_estimate_is_within_a_factor_of_two(game: Game, unroll: int, monkeypatch: pytest.MonkeyPatch) -> None:
    operations = update_program(game, "direct", "meta", "unrolled", unroll).operations
    for share, expected in ((0.5, True), (2.0, False)):
        monkeypatch.setattr(implicit, "MOST_OPERATIONS", share * operations)
        assert too_large(game, unroll) == expected
