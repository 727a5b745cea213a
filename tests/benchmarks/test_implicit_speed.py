"""Seconds of one exact unrolled Meta-MAPG update by linear algebra, against the number of states.

Two players with two actions and three random successors of each state and joint action, direct coordinates, L = 1.
From a few hundred states on the factorisation leads, and an update costs O(S³) for each start. On a shared machine set
OPENBLAS_NUM_THREADS=1: with more threads than free processors the library's threads wait for each other.
"""

from __future__ import annotations

import os
from functools import lru_cache
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from sympy import Integer, Rational

from numerics.compile import compiled_update
from numerics.game_arrays import game_arrays
from numerics.implicit import implicit_update, too_large
from theory.games import Game

STATES = (10, 30, 100, 300, 1000)
SMALL = (4, 8, 16)
SIZES, COEFFICIENTS = np.full((2, 1), 0.01), np.ones((2, 1))
# Seconds by (batch, S) of the cases that have run, for the lines printed after the last of each batch.
SECONDS: dict[tuple[int, int], float] = {}


@lru_cache(maxsize=1)
def large_game(states: int) -> Game:
    random = np.random.default_rng(0)

    def row() -> tuple[Rational, ...]:
        entries = [Integer(0)] * states
        for target in random.choice(states, 3, replace=False):
            entries[target] = Rational(1, 3)
        return tuple(entries)

    return Game(
        name="large",
        actions=(("A", "B"), ("A", "B")),
        states=tuple(f"s{s}" for s in range(states)),
        start=row(),
        transition=tuple(tuple(row() for _ in range(4)) for _ in range(states)),
        reward=tuple(
            tuple(tuple(Integer(int(r)) for r in random.integers(-3, 4, 2)) for _ in range(4)) for _ in range(states)
        ),
        discount=Rational(9, 10),
    )


def starts(states: int, count: int) -> NDArray[np.float64]:
    return np.random.default_rng(1).uniform(0.2, 0.8, (2 * states, count))


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("states", STATES)
def test_states_curve(states: int, batch: int, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """After the last S it prints the fastest of the repeats and the exponent between neighbouring S."""
    update = implicit_update(large_game(states), "direct", "meta", "unrolled", 1)
    phi = starts(states, batch)
    assert np.isfinite(update(phi, SIZES, COEFFICIENTS)["update"]).all()
    benchmark.pedantic(lambda: update(phi, SIZES, COEFFICIENTS), rounds=20 if states < 300 else 3)
    if benchmark.stats is None:  # --benchmark-disable
        return
    SECONDS[batch, states] = benchmark.stats.stats.min
    benchmark.extra_info.update(states=states, batch=batch)
    if not all((batch, size) in SECONDS for size in STATES):
        return
    seconds = [SECONDS[batch, size] for size in STATES]
    exponents = np.diff(np.log(seconds)) / np.diff(np.log(STATES))
    with capsys.disabled():
        shown = ", ".join(f"S = {size}: {1e3 * taken:.1f} ms" for size, taken in zip(STATES, seconds, strict=True))
        grown = ", ".join(f"{exponent:.2f}" for exponent in exponents)
        print(f"\nbatch {batch}: {shown}; exponents {grown}; load {os.getloadavg()[0]:.1f}")
    assert exponents[-1] < 3.5


def test_building_a_large_game(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Seconds to build and validate the exact game of 1000 states, and to convert its tables."""
    large_game.cache_clear()
    game = benchmark.pedantic(lambda: large_game(1000), rounds=1)
    begin = perf_counter()
    game_arrays(game)
    converted = perf_counter() - begin
    with capsys.disabled():
        print(f"\n1000 states: game {benchmark.stats and benchmark.stats.stats.min:.2f} s, arrays {converted:.2f} s")
    assert converted < 10


@pytest.mark.parametrize("states", SMALL)
def test_crossover(states: int, benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Where expanding stops to pay: seconds to derive and compile the program, then of one update each way."""
    game = large_game(states)
    begin = perf_counter()
    program = compiled_update(game, "direct", "meta", "unrolled", 1)
    derived = perf_counter() - begin
    update = implicit_update(game, "direct", "meta", "unrolled", 1)
    empty = np.empty((0, 1))
    lines = []
    for batch in (1, 64, 512):
        phi = starts(states, batch)
        arguments = {"parameters": phi, "inner_lr": SIZES, "coefficients": COEFFICIENTS}
        right = program(**arguments, game=empty)["update"]
        assert abs(update(**arguments)["update"] - right).max() < 1e-12 * abs(right).max()
        taken = []
        for evaluate in (program, update):
            repeats = []
            for _ in range(5):
                begin = perf_counter()
                evaluate(**arguments)
                repeats.append(perf_counter() - begin)
            taken.append(1e3 * min(repeats))
        lines.append(f"batch {batch}: {taken[0]:.2f} / {taken[1]:.2f} ms")
    benchmark.pedantic(lambda: update(starts(states, 1), SIZES, COEFFICIENTS), rounds=3)
    with capsys.disabled():
        print(
            f"\nS = {states}, {program.program.operations} operations, derived and compiled in {derived:.1f} s", end=""
        )
        print(f"; expanded / implicit: {', '.join(lines)}; too large: {too_large(game)}")
