"""numerics.noisy: against a loop in NumPy, exact moments of a linear game, and runs that may be cut anywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sympy import Integer, Rational, Symbol

from numerics.compile import Array, compile_program
from numerics.noisy import BLOCK, CHUNK, Schedule, constant, decaying, pushes, run
from theory.corrected import Corrected, game_case
from theory.games import cournot
from theory.games.regularised import regularised_stag_hunt
from theory.program import Program
from theory.symbols import correction as size

COURNOT = game_case(cournot(), (Integer(1), Integer(1)))
HUNT = game_case(regularised_stag_hunt(), (Rational(7, 8), Rational(7, 8)))
START = (Rational(6, 5), Rational(9, 10))
FADING = decaying(Rational(1, 20), Rational(3, 4), Rational(1, 8), Rational(1, 2), Rational(1, 10), 20, 60)


def ups(seed: int, step: int, parameters: int, count: int) -> Array:
    """±1 of one step, bit by bit."""
    bits = pushes(seed, step // BLOCK, parameters, count)[step % BLOCK]
    return np.array([[2.0 * ((bits[p, r // 8] >> (r % 8)) & 1) - 1 for r in range(count)] for p in range(parameters)])


def stepwise(case: Corrected, schedule: Schedule, noise: float, count: int, seed: int) -> Array:
    """All positions, shape (steps + 1, parameters, count)."""
    field = compile_program(
        Program((*case.symbols, size), (), {"field": case.total()}), {"x": case.symbols, "size": (size,)}
    )
    x = np.repeat(np.array(START, dtype=float)[:, None], count, axis=1)
    path = [x]
    for number, (a, amount, bias) in enumerate(zip(schedule.steps, schedule.corrections, schedule.biases, strict=True)):
        force = field(x=x, size=np.array([amount]))["field"] + bias / math.sqrt(len(x))
        x = x + a * (force + noise * ups(seed, number, len(x), count))
        path.append(x)
    return np.array(path)


@pytest.mark.parametrize("case", [COURNOT, HUNT])
def test_runs_are_those_of_a_loop_in_numpy(case: Corrected) -> None:
    path = stepwise(case, FADING, 0.3, 11, 7)
    found = run(case, START, FADING, 0.3, 11, 7, every=15, centre=case.zero)
    assert_allclose(found.ends, path[-1], rtol=0, atol=1e-13)
    assert_allclose(found.frames, path[::15], rtol=0, atol=1e-13)
    apart = np.linalg.norm(path - np.array(case.zero, dtype=float)[:, None], axis=1)
    assert_allclose(found.farthest, apart.max(0), rtol=0, atol=1e-13)
    wrong = stepwise(case, Schedule(FADING.steps, 0 * FADING.corrections, FADING.biases), 0.3, 11, 7)
    assert abs(wrong[-1] - found.ends).max() > 1e-3  # control: without the correction
    assert run(case, START, FADING, 0.3, 11, 7).frames.shape == (0, 2, 11)


def test_a_run_may_be_cut_and_does_not_depend_on_how_many_there_are() -> None:
    whole = constant(Rational(1, 50), Rational(1, 8), Integer(0), BLOCK + 90)
    parts = [Schedule(*(row[cut] for row in vars(whole).values())) for cut in (slice(0, 70), slice(70, None))]
    few, many = (run(COURNOT, START, whole, 0.5, count, 3) for count in (5, CHUNK + 40))
    assert_array_equal(few.ends, many.ends[:, :5])
    first = run(COURNOT, START, parts[0], 0.5, 5, 3)
    second = run(COURNOT, first.ends, parts[1], 0.5, 5, 3, first=70)
    assert_array_equal(second.ends, few.ends)
    assert (run(COURNOT, START, whole, 0.5, 5, 4).ends != few.ends).any()
    wrong = run(COURNOT, first.ends, parts[1], 0.5, 5, 3)  # control: the noise of the beginning again
    assert (wrong.ends != few.ends).any()


def test_the_noise_has_the_stated_law() -> None:
    drawn = np.array([ups(1, step, 2, 2 * CHUNK) for step in range(40)])
    limit = 4.5 / math.sqrt(drawn.size / 2)
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    assert abs(drawn.mean()) < limit
    rows = [(drawn[:, 0], drawn[:, 1]), (drawn[1:], drawn[:-1]), (drawn[..., 1:], drawn[..., :-1])]
    rows.append((drawn[..., :CHUNK], drawn[..., CHUNK:]))
    assert all(abs((a * b).mean()) < limit for a, b in rows)
    assert abs((drawn * drawn).mean()) > limit  # control
    assert (pushes(1, 0, 2, 8) != pushes(1, 1, 2, 8)).any()


def test_moments_of_a_linear_game_are_the_exact_ones() -> None:
    """Mean and covariance by their recursions, from the Jacobian of v + λM."""
    count, noise = 4000, 0.5
    found = run(COURNOT, START, FADING, noise, count, 11)
    mean, spread = np.array(START, dtype=float), np.zeros((2, 2))
    for a, amount, bias in zip(FADING.steps, FADING.corrections, FADING.biases, strict=True):
        here = dict(zip(COURNOT.symbols, mean, strict=True))
        force = np.array([float(entry.subs(here)) for entry in COURNOT.total(amount)])
        slope = np.array([[amount - 2, -1], [-1, amount - 2]])
        mean = mean + a * (force + bias / math.sqrt(2))
        move = np.eye(2) + a * slope
        spread = move @ spread @ move.T + a**2 * noise**2 * np.eye(2)
    errors = np.sqrt(np.diag(spread) / count)
    assert (abs(found.ends.mean(1) - mean) < 4.5 * errors).all()
    assert_allclose(np.cov(found.ends), spread, atol=4.5 * spread[0, 0] * math.sqrt(2 / count))
    assert spread[0, 0] > 4.5 * spread[0, 0] * math.sqrt(2 / count)  # control: no noise would be noticed


def test_schedules_are_the_theorems() -> None:
    found = decaying(Rational(1, 4), Rational(1, 2), Rational(2), Integer(1), Rational(3), 3, 10)
    assert_allclose(found.steps[[0, 9]], [0.25, 0.125])
    assert_allclose(found.corrections[[0, 9]], [2, 0.5])
    assert_allclose(found.biases[[0, 9]], [3, 0.75])
    same = constant(Rational(1, 4), Rational(2), Rational(3), 4)
    assert_array_equal(same.steps, [0.25] * 4)
    with pytest.raises(ValueError, match="every step"):
        Schedule(np.ones(2), np.ones(3), np.ones(2))


def test_runs_that_do_not_stay_finite_are_nan() -> None:
    x = Symbol("x", real=True)
    case = Corrected((x,), (x**3 - x,), (Integer(0),), (Integer(0),))
    found = run(case, (Integer(30),), constant(Integer(1), Integer(0), Integer(0), 60), 0.1, 3, 0, centre=(Integer(0),))
    assert np.isnan(found.ends).all() and not np.isfinite(found.farthest).any()
    assert np.isnan(run(COURNOT, START, FADING, 0.1, 3, 0).farthest).all()  # no centre, no distance


def test_starts_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        run(COURNOT, (Integer(1),), FADING, 0.1, 3, 0)
    with pytest.raises(ValueError, match="every"):
        run(COURNOT, START, FADING, 0.1, 3, 0, every=0)
