"""theory.neural_kernels: terms by hand, against the resolvent and in floats; C17's verdicts and what breaks them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from claim_checks import BY_ID, checked, plain_finding, readings
from sympy import Expr, Integer, Matrix, Rational, Symbol, atanh, eye, lambdify, symbols, tanh, zeros

from theory import neural_kernels
from theory.claims import Verdict
from theory.claims import c17_neural_kernels as c17
from theory.decomposition import decompose, flat
from theory.games import stag_hunt
from theory.games.signalled_stag_hunt import signalled_hunts
from theory.neural_kernels import (
    PolicyGame,
    at_rest,
    derivatives,
    drift,
    independent,
    kernel,
    linearised,
    network,
    network_kernel,
    own_learning,
    peer_learning,
    shaping,
    smooth,
    tabular,
)
from theory.policies import parameters
from theory.program import Builder
from theory.values import point_of

ONE = Integer(1)


# ------------------------------------------------------------------------------------------------------------ by hand


def two_weights() -> PolicyGame:
    """One entry a player: π = s t for player 1 and π = w² for player 2; V¹ = xy, V² = x²y."""
    x, y, s, t, w = symbols("x y s t w", real=True)
    return PolicyGame("by hand", ((x,), (y,)), (x * y, x**2 * y), ((s, t), (w,)), ((s * t,), (w**2,)))


def test_terms_by_hand() -> None:
    """At s = 2, t = 3, w = 1: x = 6, y = 1, J₁ = (3, 2), K₁ = 13, K₂ = 4, u₂¹ = 6, M₁₂ = 2x = 12, u₁¹ = 1."""
    game = two_weights()
    point = dict(zip(flat(game.weights), map(Integer, (2, 3, 1)), strict=True))
    here = game.local().at(point)
    assert here.jacobians[0] == Matrix([[3, 2]]) and kernel(here, 0) == Matrix([[13]])
    assert peer_learning(here, 0, (ONE, ONE)) == 12 * 4 * 6 * Matrix([3, 2])
    assert here.jacobians[0] * peer_learning(here, 0, (ONE, ONE)) == Matrix([[13 * 12 * 4 * 6]])
    kernels, curved = own_learning(here, 0, ONE)  # ∇²(st) = [[0, 1], [1, 0]]
    assert kernels == zeros(2, 1) and curved == Matrix([2, 3])
    kernels, curved = drift(here, 0)  # ∂_x∂_yV¹ K₂ u₂² = 1 · 4 · 36
    assert kernels == 144 * Matrix([3, 2]) and curved == Matrix([2, 3])


def test_the_unrolled_kernel_by_hand() -> None:
    """θ₁ = (1, 1, 5): K₂ between the points is 2 · 10, u₂¹ at θ₁ is 1."""
    game = two_weights()
    here = game.local().at(dict(zip(flat(game.weights), map(Integer, (2, 3, 1)), strict=True)))
    there = game.local().at(dict(zip(flat(game.weights), map(Integer, (1, 1, 5)), strict=True)))
    assert peer_learning(here, 0, (ONE, ONE), there) == 12 * 20 * 1 * Matrix([3, 2])
    kernels, curved = own_learning(here, 0, ONE, there)  # u₁¹(θ₀) = 1, J₁(θ₁)ᵀu₁¹(θ₁) = (25, 25)
    assert kernels == zeros(2, 1) and curved == Matrix([25, 25])


def test_tabular_has_round_kernels() -> None:
    game = c17.two_hunts(Integer(3))[0]
    here = game.local().tabular
    assert kernel(here, 0) == eye(2) and own_learning(here, 0, ONE)[1] == zeros(2, 1)


def test_tangent_has_the_same_slope_and_no_bend() -> None:
    game = two_weights()
    point: dict[Symbol, Expr] = dict(zip(flat(game.weights), map(Integer, (2, 3, 1)), strict=True))
    line = linearised(game, point).local().at(point)
    assert line.jacobians == game.local().at(point).jacobians and line.bends[0][0] == zeros(2, 2)


def test_independent_names_every_jet() -> None:
    game = smooth(((1, 1), (1, 1)))
    value = game.composed(game.values[0])
    slope = derivatives(value, game.weights[0])[0]
    assert len(independent(slope).free_symbols) == 2 and not independent(value).has(*game.policies[0])


# ------------------------------------------------------------------------------------------------- against other code


def test_derivatives_in_entries_are_the_resolvents() -> None:
    """u and M of two drawn Stag Hunts, from closed forms and from the policy gradient theorem."""
    game = c17.hunts()
    here, phi = tabular(game).local(), parameters(game, "direct")
    build = Builder(flat(phi))
    point = point_of(build, game, "direct", phi)
    rows = {f"u_{i}_{j}": point.gradient(i, j) for i in (0, 1) for j in (0, 1)}
    unit = ((ONE, Integer(0)), (Integer(0), ONE))
    rows |= {f"m_{k}": point.hessian_product(1, 0, 1, unit[k]) for k in (0, 1)}
    closed = build.program(rows).closed_form()
    for i in (0, 1):
        for j in (0, 1):
            assert (here.gradients[i][j] - Matrix(closed[f"u_{i}_{j}"])).expand() == zeros(2, 1)
    assert (here.hessians[1][0][1] - Matrix([closed["m_0"], closed["m_1"]]).T).expand() == zeros(2, 2)


def test_tabular_corrections_are_the_decompositions() -> None:
    game = stag_hunt().instance()
    terms = decompose(game, form="expanded", asymmetric=True)
    here, alphas = tabular(game).local(), symbols("alpha_1 alpha_2", positive=True)
    for player in (0, 1):
        assert (shaping(here, player, alphas)[0] - terms.peer_learning[player][0]).expand() == 0


def test_a_network_in_floats_by_finite_differences() -> None:
    """The exact update of one inner step differs from its expansion by O(α²)."""
    net = c17.networks()[1]
    names, size = flat(net.weights), len(net.weights[0])
    values = lambdify(names, [net.composed(value) for value in net.values], "numpy")
    draw = np.random.default_rng(1)
    start = draw.normal(size=len(names)) / 2

    def slopes(theta: np.ndarray, player: int, step: float = 1e-5) -> np.ndarray:
        moves = step * np.eye(len(names))[player * size : (player + 1) * size]
        return np.array([values(*(theta + m))[player] - values(*(theta - m))[player] for m in moves]) / (2 * step)

    def stepped(theta: np.ndarray, rate: float) -> float:
        both = np.concatenate([slopes(theta, 0), slopes(theta, 1)])
        return float(values(*(theta + rate * both))[0])

    rate, step = 1e-3, 1e-4
    moves = step * np.eye(len(names))[:size]
    whole = np.array([stepped(start + m, rate) - stepped(start - m, rate) for m in moves]) / (2 * step)
    first = np.array([stepped(start + m, 0) - stepped(start - m, 0) for m in moves]) / (2 * step)
    here = net.local()
    kernels, curved = own_learning(here, 0, ONE)
    bends, turns = drift(here, 0)
    total = kernels + curved + bends + turns + peer_learning(here, 0, (ONE, ONE))
    expected = np.array(lambdify(names, list(total), "numpy")(*start), dtype=float)
    assert np.allclose((whole - first) / rate, expected, atol=2e-3 + 0.02 * np.abs(expected).max())
    assert np.abs(expected).max() > 0.1


def test_network_kernel_in_floats() -> None:
    draw = np.random.default_rng(2)
    inputs = tuple(tuple(Rational(int(k), 4) for k in row) for row in draw.integers(-8, 8, size=(3, 2)))
    for shifted in (True, False):
        net = network("x", inputs, 3, shifted)
        at = draw.normal(size=len(net.weights))
        outputs = lambdify(net.weights, list(net.logits), "numpy")
        jacobian = np.array(
            [
                (np.array(outputs(*(at + 1e-6 * e))) - np.array(outputs(*(at - 1e-6 * e)))) / 2e-6
                for e in np.eye(len(at))
            ]
        ).T
        closed = lambdify(net.weights, network_kernel(net, inputs, shifted).tolist(), "numpy")
        assert np.allclose(np.array(closed(*at)), jacobian @ jacobian.T, atol=1e-7)


def test_probabilities_are_logistic() -> None:
    net = network("x", ((ONE,),), 1, True)
    here = {**at_rest(net, Integer(2)), net.weights[-1]: 2 * atanh(Rational(1, 3))}
    assert net.probabilities[0].xreplace(here) == Rational(2, 3)
    assert net.hidden[0][0] == tanh(net.weights[0] + net.weights[1])


def test_signalled_hunts_are_drawn_alike() -> None:
    game = signalled_hunts("two", ((4, 0, 3, 2), (1, 0, 0, 1)))
    here = tabular(game)
    at = dict(zip(flat(here.entries), map(Rational, ("1/2", "1", "1/2", "0")), strict=True))
    assert here.values[0].xreplace(at) == Rational(9, 4) / 2  # (4 + 0 + 3 + 2)/4 and S = 0


# ----------------------------------------------------------------------------------------------------------- verdicts


VERDICTS = {
    "C17.kernel-peer": Verdict.PROVED,
    "C17.kernel-own": Verdict.PROVED,
    "C17.own-from-kernel": Verdict.REFUTED,
    "C17.alignment-condition": Verdict.PROVED,
    "C17.alignment-peer": Verdict.PROVED,
    "C17.alignment-kept": Verdict.REFUTED,
    "C17.one-state": Verdict.PROVED,
    "C17.sign-box": Verdict.PROVED,
    "C17.network-kernel": Verdict.PROVED,
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts(name: str) -> None:
    plain_finding(name, VERDICTS[name])


def test_every_claim_is_listed() -> None:
    assert set(VERDICTS) == readings("C17")
    assert all(BY_ID[name].statement.isascii() and BY_ID[name].scope.isascii() for name in VERDICTS)


def test_own_learning_by_hand() -> None:
    """J H Jᵀ u²/64 with a = t = 1/2, s = 3/4: 2ats²(1 − a²s)·(1/4)/64 = 117/131072."""
    moves = checked("C17.own-from-kernel").evidence[0].content
    a = t = Fraction(1, 2)
    s = 1 - t**2
    # Jᵀ = (as, t, 1)/4 in (w, a, c); Hess z has s at (w, a) and −2ats at (w, w); J Hess Jᵀ scales with 1/4³.
    expected = (2 * s * (a * s) * t - 2 * a * t * s * (a * s) ** 2) / 64 * Fraction(1, 4)
    assert moves["network"]["own_in_policy"] == [[str(expected)]] == [["117/131072"]]


def test_the_lost_alignment_by_hand() -> None:
    """K ∝ [[10, −8], [−8, 10]], M = diag(7, 3)/2, u = (7/4, 23/4): Σ M K u < 0 < Σ M u."""
    content = checked("C17.alignment-kept").evidence[0].content
    k, m, u = np.array([[10, -8], [-8, 10]]), np.array([3.5, 1.5]), np.array([1.75, 5.75])
    assert float(Rational(content["tabular_1"])) == pytest.approx((m * u).sum() / 2)
    assert float(Rational(content["network_1"])) == pytest.approx((k @ (m * (k @ u))).sum() / 2 / 256)


# ----------------------------------------------------------------------------------------------------------- sabotage


def wrong_kernel(here: Any, player: int, there: Any = None) -> Any:
    """J Jᵀ at the first point only."""
    return here.jacobians[player] * here.jacobians[player].T


@pytest.mark.parametrize(
    ("module", "name", "wrong", "claims"),
    [
        (neural_kernels, "kernel", wrong_kernel, ("C17.kernel-peer", "C17.kernel-own")),
        (neural_kernels, "bending", lambda here, i: zeros(here.jacobians[i].cols), ("C17.kernel-own",)),
        (c17, "own_learning", lambda *a: tuple(2 * part for part in own_learning(*a)), ("C17.own-from-kernel",)),
        (c17, "linearised", lambda game, point: game, ("C17.own-from-kernel",)),
        (c17, "drift", lambda *a: tuple(2 * part for part in drift(*a)), ("C17.kernel-own",)),
        (c17, "shaping", lambda *a: 2 * shaping(*a), ("C17.kernel-peer", "C17.alignment-kept", "C17.one-state")),
        (c17, "network_kernel", lambda *a: 2 * network_kernel(*a), ("C17.network-kernel",)),
        (c17, "sum_of_squares", lambda net, inputs, shifted: eye(2), ("C17.network-kernel",)),
    ],
)
def test_wrong_formulas_are_noticed(
    module: Any, name: str, wrong: Any, claims: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    for claim in claims:
        assert checked(claim).verdict is Verdict.UNDECIDED


def test_a_round_kernel_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = c17.two_hunts
    monkeypatch.setattr(c17, "two_hunts", lambda outer, shifted=False: real(ONE, shifted))
    assert checked("C17.alignment-kept").verdict is Verdict.UNDECIDED
    assert checked("C17.sign-box").verdict is Verdict.UNDECIDED


def test_a_game_without_the_signs_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c17, "hunts", lambda: signalled_hunts("hunts", ((4, 0, 1, 3), (14, 1, 12, 2))))
    for name in ("C17.alignment-kept", "C17.sign-box"):
        assert checked(name).verdict is Verdict.UNDECIDED


def test_three_players_with_equal_kernels_flip_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c17, "at_rest", lambda net, outer: at_rest(net, Integer(0)))
    assert checked("C17.one-state").verdict is Verdict.UNDECIDED
