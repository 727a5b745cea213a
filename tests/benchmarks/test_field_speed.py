"""Speed of the compiled fields, in learner-updates a second and as ratios to a naive baseline of the same run.

One joint update of two players is two learner-updates. The baseline is what one writes first: values by batched
``np.linalg.solve``, the inner step by the policy gradient theorem, and the outer derivative by complex steps through
the whole unroll (exact to rounding, no derivative formula of ours). That makes it an independent oracle too: the test
without the benchmark fixture compares its numbers with the compiled field's and runs in every test run.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from numerics.dynamics import Learning, Schedule
from theory.games import Game, ipd, stag_hunt

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Update = Callable[[Array], Array]
ALPHA, OWN, PEER = 0.55, 0.35, 1.5
STEP = 1e-30  # of the complex-step derivative: no cancellation, so it may be this small

# ------------------------------------------------------------------------------------------------ naive baseline


def sigmoid(x: Complex) -> Complex:
    return 1 / (1 + np.exp(-x))


class NaiveIpd:
    """Memory-one IPD in log-odds, shape (10, batch): ∅, CC, CD, DC, DD of player 1, then of player 2."""

    def __init__(self, game: Game) -> None:
        r, s, t, p, self.discount = (float(value) for _, value in game.parameters)
        self.rewards = np.array([[r, s, t, p], [r, t, s, p]])  # after CC, CD, DC, DD

    def _solved(self, x: Complex) -> tuple[Complex, Complex, Complex, Complex]:
        """p, q, values (batch, states, players) and visits (batch, states)."""
        probabilities = sigmoid(x).T
        p, q = probabilities[:, :5], probabilities[:, 5:]
        joint = np.stack([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)], axis=2)
        matrix = np.eye(5) - self.discount * np.concatenate([np.zeros_like(joint[:, :, :1]), joint], axis=2)
        values = np.linalg.solve(matrix, joint @ self.rewards.T)
        start = np.zeros((len(p), 5, 1), dtype=x.dtype)
        start[:, 0] = 1
        return p, q, values, np.linalg.solve(matrix.transpose(0, 2, 1), start)[..., 0]

    def values(self, x: Complex) -> Complex:
        """V of both players, (2, batch)."""
        return self._solved(x)[2][:, 0].T

    def gradient(self, x: Complex) -> Complex:
        """∇_i Vⁱ: visits × advantage × p(1 − p)."""
        p, q, values, visits = self._solved(x)
        future = self.rewards.T + self.discount * values[:, 1:]  # (batch, joint action, player)
        one, two = future[:, None, :, 0], future[:, None, :, 1]
        gain_1 = q * (one[..., 0] - one[..., 2]) + (1 - q) * (one[..., 1] - one[..., 3])
        gain_2 = p * (two[..., 0] - two[..., 1]) + (1 - p) * (two[..., 2] - two[..., 3])
        return np.concatenate([visits * p * (1 - p) * gain_1, visits * q * (1 - q) * gain_2], axis=1).T


class NaiveStagHunt:
    """Stag Hunt in log-odds, shape (2, batch), by table look-up over joint actions."""

    def __init__(self, game: Game) -> None:
        r, s, t, p = (float(value) for _, value in game.parameters)
        self.table = np.array([[[r, s], [t, p]], [[r, t], [s, p]]])

    def values(self, x: Complex) -> Complex:
        p, q = sigmoid(x)
        return np.einsum("iab,ak,bk->ik", self.table, np.stack([p, 1 - p]), np.stack([q, 1 - q]))

    def gradient(self, x: Complex) -> Complex:
        p, q = sigmoid(x)
        a, b = np.stack([p, 1 - p]), np.stack([q, 1 - q])
        row, column = np.einsum("ab,bk->ak", self.table[0], b), np.einsum("ab,ak->bk", self.table[1], a)
        return np.stack([p * (1 - p) * (row[0] - row[1]), q * (1 - q) * (column[0] - column[1])])


def derivative(function: Callable[[Complex], Complex], x: Array, row: int) -> Array:
    """∂function/∂x_row by a complex step."""
    moved = x.astype(complex)
    moved[row] += 1j * STEP
    return function(moved).imag / STEP


def naive_unrolled(game: NaiveIpd, x: Array) -> Array:
    """d/dφ₀ⁱ Vⁱ(φ₀ + α v(φ₀)): the whole meta-gradient, both coefficients 1, one row at a time."""

    def after_one_step(phi: Complex) -> Complex:
        return game.values(phi + ALPHA * game.gradient(phi))

    half = len(x) // 2
    return np.stack([derivative(after_one_step, x, row)[row // half] for row in range(len(x))])


def naive_expanded(game: NaiveStagHunt, x: Array) -> Array:
    """g + c_own own + c_peer peer with every factor at φ₀, second derivatives by complex steps of the gradient."""
    gradient = game.gradient(x.astype(complex)).real
    bend = [derivative(game.gradient, x, row) for row in range(2)]  # bend[i][j] = ∂_i ∇_j Vʲ
    slope = [derivative(game.values, x, row) for row in range(2)]  # slope[j][i] = ∇_j Vⁱ
    own = [ALPHA * bend[i][i] * gradient[i] for i in range(2)]
    peer = [ALPHA * bend[i][1 - i] * slope[1 - i][i] for i in range(2)]
    return gradient + OWN * np.stack(own) + PEER * np.stack(peer)


def compiled(game: Game, form: str, own: float, peer: float) -> Update:
    rule = Learning(game, "logit", "meta", form, 1, (ALPHA, ALPHA), own, peer, Schedule())
    return rule.update


CASES: dict[str, tuple[Update, Update, int, int]] = {
    "ipd-unrolled": (
        compiled(ipd(), "unrolled", 1.0, 1.0), lambda x: naive_unrolled(NaiveIpd(ipd()), x), 10, 2048,
    ),
    "stag-hunt-expanded": (
        compiled(stag_hunt(), "expanded", OWN, PEER), lambda x: naive_expanded(NaiveStagHunt(stag_hunt()), x), 2, 2601,
    ),
}  # fmt: skip


def points(rows: int, batch: int) -> Array:
    return np.random.default_rng(0).normal(0, 1.35, (rows, batch))


@pytest.mark.parametrize("case", CASES)
def test_the_baseline_computes_the_same(case: str) -> None:
    fast, naive, rows, _ = CASES[case]
    x = points(rows, 40)
    expected = naive(x)
    assert (abs(fast(x) - expected) <= 1e-10 * abs(expected).max(0)).all()
    # control: at another α they differ
    assert (abs(fast(x) - fast(x + 1e-6)) > 1e-10 * abs(expected).max(0)).any()


@pytest.mark.parametrize("case", CASES)
def test_compiled_field(case: str, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Large batch; prints learner-updates a second and the ratio to the baseline of the same run."""
    fast, naive, rows, batch = CASES[case]
    x = points(rows, batch)
    fast(x)  # compile
    benchmark(fast, x)
    few = x[:, :64] if case == "ipd-unrolled" else x
    begin = perf_counter()
    naive(few)
    baseline = 2 * few.shape[1] / (perf_counter() - begin)
    if benchmark.stats is None:  # --benchmark-disable
        return
    speed = 2 * batch / benchmark.stats.stats.median
    benchmark.extra_info.update(updates_per_second=speed, baseline_updates_per_second=baseline, ratio=speed / baseline)
    with capsys.disabled():
        print(
            f"\n{case}: {speed / 1e6:.2f} M learner-updates/s, {speed / baseline:.0f}× naive NumPy ({baseline:.3g}/s)"
        )
    assert speed > baseline


def test_compiled_field_one_start(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Batch 1, one Python call a step: what the overhead of a call costs."""
    fast = CASES["ipd-unrolled"][0]
    x = points(10, 1)
    fast(x)
    benchmark(fast, x)
    if benchmark.stats is not None:
        with capsys.disabled():
            print(f"\nipd-unrolled, batch 1: {2 / benchmark.stats.stats.median:.0f} learner-updates/s")
