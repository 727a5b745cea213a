"""theory.policies: probabilities, Jacobians and Hessians against SymPy's derivatives of the explicit maps."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Mul, Rational, Symbol, diff, exp, symbols

from theory import strategies
from theory.errors import BadInput
from theory.exact import is_zero
from theory.games import ipd, memory_one, normal_form, stag_hunt
from theory.games.model import Game
from theory.policies import (
    COORDINATES,
    Coordinates,
    LocalPolicy,
    check_coordinates,
    local_policies,
    parameters,
    parameters_per_state,
)
from theory.program import Builder, Program

CASES = [(coordinates, actions) for coordinates in COORDINATES for actions in (2, 3, 4)]


def one_player(actions: int, states: int = 1) -> Game:
    """A game of one player in which nothing matters."""
    uniform = tuple(Rational(1, states) for _ in range(states))
    return Game(
        name="alone",
        actions=(tuple("ABCD"[:actions]),),
        states=tuple(f"s{k}" for k in range(states)),
        start=uniform,
        transition=tuple(tuple(uniform for _ in range(actions)) for _ in range(states)),
        reward=tuple(tuple((Integer(0),) for _ in range(actions)) for _ in range(states)),
        discount=Integer(0),
    )


def explicit(coordinates: Coordinates, actions: int, phi: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The policy map of the documentation, written down a second time."""
    if coordinates == "direct":
        if actions == 2:
            return (phi[0], 1 - phi[0])
        return tuple(entry + (1 - sum(phi)) / Integer(actions) for entry in phi)
    if actions == 2:
        return (1 / (1 + exp(-phi[0])), exp(-phi[0]) / (1 + exp(-phi[0])))
    return tuple(exp(entry) / sum(map(exp, phi)) for entry in phi)


def rational(expression: Expr) -> Expr:
    """exp(kx + ly) as w_xᵏ w_yˡ: identities between exponentials become identities between rational functions."""

    def power(exponential: Expr) -> Expr:
        return Mul(*(Symbol(f"w_{s}") ** k for s, k in exponential.args[0].as_coefficients_dict().items()))

    return expression.replace(lambda e: e.func is exp, power)


def same(left: Expr, right: Expr) -> bool:
    return is_zero(rational(left) - rational(right))


def derived(coordinates: Coordinates, actions: int) -> tuple[tuple[Symbol, ...], LocalPolicy]:
    """Parameters, and the policy with its steps substituted back."""
    phi = symbols(f"x:{parameters_per_state(actions)}")
    build = Builder(phi)
    (local,) = local_policies(build, one_player(actions), coordinates, 0, phi)
    width = len(phi)
    flat = build.program(
        {
            "pi": local.probabilities,
            "jacobian": [entry for row in local.jacobian for entry in row],
            "hessian": [entry for rows in local.hessian for row in rows for entry in row],
        }
    ).substituted()
    jacobian = [flat["jacobian"][a * width : (a + 1) * width] for a in range(actions)]
    hessian = [
        tuple(flat["hessian"][(a * width + m) * width : (a * width + m + 1) * width] for m in range(width))
        for a in range(actions)
    ]
    return phi, LocalPolicy(flat["pi"], tuple(jacobian), tuple(hessian))


@pytest.mark.parametrize(("coordinates", "actions"), CASES)
def test_probabilities_jacobian_and_hessian(coordinates: Coordinates, actions: int) -> None:
    phi, local = derived(coordinates, actions)
    assert len(phi) == (1 if actions == 2 else actions)
    expected = explicit(coordinates, actions, phi)
    assert same(sum(local.probabilities), Integer(1))
    for a in range(actions):
        assert same(local.probabilities[a], expected[a])
        for m, first in enumerate(phi):
            assert same(local.jacobian[a][m], diff(expected[a], first))
            for l, second in enumerate(phi):
                assert same(local.hessian[a][m][l], diff(expected[a], first, second))


@pytest.mark.parametrize(("coordinates", "actions"), CASES)
def test_derivatives_sum_to_zero_over_the_actions(coordinates: Coordinates, actions: int) -> None:
    phi, local = derived(coordinates, actions)
    for m in range(len(phi)):
        assert same(sum(row[m] for row in local.jacobian), Integer(0))
        for l in range(len(phi)):
            assert same(sum(rows[m][l] for rows in local.hessian), Integer(0))


@pytest.mark.parametrize("actions", [3, 4])
def test_direct_coordinates_are_a_projection(actions: int) -> None:
    """J is symmetric, idempotent, kills (1, …, 1); on the simplex π = φ."""
    phi, local = derived("direct", actions)
    for a in range(actions):
        assert sum(local.jacobian[a]) == 0
        for m in range(actions):
            assert local.jacobian[a][m] == local.jacobian[m][a]
            assert sum(local.jacobian[a][k] * local.jacobian[k][m] for k in range(actions)) == local.jacobian[a][m]
    on_simplex = {phi[-1]: 1 - sum(phi[:-1])}
    for probability, symbol in zip(local.probabilities, phi, strict=True):
        assert is_zero((probability - symbol).xreplace(on_simplex))


def test_logits_of_two_and_three_actions_are_one_family() -> None:
    """Two actions are the softmax with the second parameter fixed at 0."""
    (x,), two = derived("logit", 2)
    for mine, softmax in zip(two.probabilities, (exp(x) / (exp(x) + 1), 1 / (exp(x) + 1)), strict=True):
        assert same(mine, softmax)


@pytest.mark.parametrize(("coordinates", "actions"), CASES)
def test_relabelling_the_actions(coordinates: Coordinates, actions: int) -> None:
    """Permuting the parameters permutes the probabilities; with two actions p ↔ 1 − p and x ↔ −x."""
    phi, local = derived(coordinates, actions)
    for order in permutations(range(actions)):
        if actions > 2:
            there = {symbol: phi[order[k]] for k, symbol in enumerate(phi)}
        elif order == (1, 0):
            there = {phi[0]: 1 - phi[0] if coordinates == "direct" else -phi[0]}
        else:
            there = {}
        for a in range(actions):
            assert same(local.probabilities[a].subs(there, simultaneous=True), local.probabilities[order[a]])


@pytest.mark.parametrize(("coordinates", "actions"), CASES)
def test_push_pull_and_curvature_are_what_they_say(coordinates: Coordinates, actions: int) -> None:
    """push is a directional derivative, pull its transpose, curvature the second derivative of ⟨g, π⟩."""
    phi, local = derived(coordinates, actions)
    g, w = symbols(f"g:{actions}"), symbols(f"v:{len(phi)}")
    pi = explicit(coordinates, actions, phi)

    def along(expression: Expr) -> Expr:
        return sum(diff(expression, symbol) * entry for symbol, entry in zip(phi, w, strict=True))

    average = sum(a * b for a, b in zip(g, pi, strict=True))
    for mine, probability in zip(local.push(w), pi, strict=True):
        assert same(mine, along(probability))
    for mine, symbol in zip(local.pull(g), phi, strict=True):
        assert same(mine, diff(average, symbol))
    for mine, symbol in zip(local.curvature(g, w), phi, strict=True):
        assert same(mine, along(diff(average, symbol)))


@settings(max_examples=25, deadline=None)
@given(st.data(), st.integers(2, 4))
def test_points_of_the_strategies_are_interior(data: st.DataObject, actions: int) -> None:
    game = one_player(actions, states=2)
    point = data.draw(strategies.parameter_points(game))
    (phi,) = parameters(game, "direct")
    assert tuple(point) == phi
    build = Builder(phi)
    rows = local_policies(build, game, "direct", 0, phi)
    program: Program = build.program({"pi": [p for row in rows for p in row.probabilities]})
    numbers = program.at(point)["pi"]
    assert all(0 < number < 1 for number in numbers)
    assert sum(numbers[:actions]) == sum(numbers[actions:]) == 1


# ---------------------------------------------------------------------------------------------------- parameters


def test_names_of_parameters() -> None:
    assert [[s.name for s in row] for row in parameters(stag_hunt(), "direct")] == [["p"], ["q"]]
    assert [[s.name for s in row] for row in parameters(stag_hunt(), "logit")] == [["x"], ["y"]]
    assert [[s.name for s in row] for row in parameters(ipd(), "direct")] == [
        ["p_0", "p_CC", "p_CD", "p_DC", "p_DD"],
        ["q_0", "q_CC", "q_CD", "q_DC", "q_DD"],
    ]
    assert [s.name for s in parameters(ipd(), "logit", "_next")[1]] == [
        f"y_{state}_next" for state in ("0", "CC", "CD", "DC", "DD")
    ]
    cells = {(a, b, c): (0, 0, 0) for a in range(2) for b in range(3) for c in range(2)}
    three = normal_form("three", [("A", "B"), ("A", "B", "C"), ("A", "B")], cells)
    assert [[s.name for s in row] for row in parameters(three, "direct")] == [["p1"], ["p2_A", "p2_B", "p2_C"], ["p3"]]


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_parameters_are_distinct(data: st.DataObject) -> None:
    game = data.draw(
        st.one_of(strategies.one_shot_games(), strategies.stochastic_games(), strategies.memory_one_games())
    )
    names = [symbol.name for coordinates in COORDINATES for row in parameters(game, coordinates) for symbol in row]
    assert len(set(names)) == len(names)


def clash_of_start_and_state() -> Game:
    """One player with actions 0 and 1: its state after action 0 is called like the start state's parameter."""
    return memory_one(normal_form("counter", [("0", "1")], {(0,): (0,), (1,): (1,)}), Rational(1, 2), name="counter")


def clash_of_state_and_action() -> Game:
    half = (Rational(1, 2), Rational(1, 2))
    return Game(
        name="clash",
        actions=(("b_c", "c", "d"),),
        states=("a", "a_b"),
        start=half,
        transition=((half,) * 3,) * 2,
        reward=(((Integer(0),),) * 3,) * 2,
        discount=Integer(0),
    )


def equal_states() -> Game:
    half = (Rational(1, 2), Rational(1, 2))
    return Game("twins", (("A", "B"),), ("s", "s"), half, ((half,) * 2,) * 2, (((Integer(0),),) * 2,) * 2, Integer(0))


@pytest.mark.parametrize("make", [clash_of_start_and_state, clash_of_state_and_action, equal_states])
def test_games_whose_parameters_would_share_a_name(make: object) -> None:
    """Either the names differ, or the game is refused; never one symbol for two parameters."""
    try:
        game = make()  # type: ignore[operator]
        rows = parameters(game, "direct")
        Builder([symbol for row in rows for symbol in row])
    except BadInput:
        return
    names = [symbol.name for row in rows for symbol in row]
    assert len(set(names)) == len(names), names


@pytest.mark.parametrize("name", ["", "Direct", "softmax", "logits", None, 3])
def test_unknown_coordinates_are_refused(name: object) -> None:
    with pytest.raises(BadInput, match="direct, logit"):
        check_coordinates(name)  # type: ignore[arg-type]


def test_known_coordinates() -> None:
    assert [check_coordinates(name) for name in ("direct", "logit")] == ["direct", "logit"]


# ---------------------------------------------------------------------------------------------- negative controls


def test_wrong_hessians_are_refuted() -> None:
    """The comparison must be able to fail: the usual slips in the softmax's second derivative."""
    _, local = derived("logit", 3)
    pi = local.probabilities
    right = local.hessian[0][1][2]
    assert same(right, 2 * pi[0] * pi[1] * pi[2])
    for wrong in (pi[0] * pi[1] * pi[2], -right, pi[0] * pi[1] * (pi[1] - pi[2]), Integer(0)):
        assert not same(right, wrong)
    (x,), two = derived("logit", 2)
    assert not same(two.hessian[0][0][0], two.jacobian[0][0])
    assert not same(two.jacobian[0][0], diff(exp(x), x))
