"""Bounds of pure equilibria under projection: three routes to the gaps, numbers on paper, and projected steps."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from sympy import Integer, Rational

from theory.errors import BadInput
from theory.games import Game, chicken, ipd, normal_form, prisoners_dilemma, stag_hunt
from theory.profiles import parse_profile
from theory.pure_equilibria import pure_equilibria, trembling
from theory.rest_points import (
    RestBound,
    bound_of,
    corner_gaps,
    payoff_gaps,
    project_on_simplex,
    rest_bound,
    stays_projected,
    unrolled_gaps,
)
from theory.separatrix import corrected_field
from theory.symbols import correction

STAG, HARE = ((0,), (0,)), ((1,), (1,))
SHAPES = (2, 2), (3, 3), (3, 2), (2, 2, 2), (2, 3, 2), (4, 3)


def random_game(shape: tuple[int, ...], seed: int) -> Game:
    draw = random.Random(seed)
    cells = {
        joint: tuple(Rational(draw.randint(-6, 6), 2) for _ in shape) for joint in product(*(range(k) for k in shape))
    }
    actions = tuple(tuple(f"a{k}" for k in range(width)) for width in shape)
    return normal_form("random", actions, cells)


# ------------------------------------------------------------------------------------------------------- by hand


def test_stag_hunt_by_hand() -> None:
    # (Hare, Hare): v = −(P − S) = −2, C = K(T − P) = 3 in the probability of Stag.
    found = rest_bound(stag_hunt(), HARE)
    assert set(found.gaps.values()) == {(Integer(2), Integer(-3))} and found.bound == Rational(2, 3)
    assert found.where == (0, 0, 0)
    assert found.attracts(Rational(66, 100)) and not found.attracts(Rational(2, 3))
    # (Stag, Stag): R − T = 1, K(R − S) = 12.
    top = rest_bound(stag_hunt(), STAG)
    assert set(top.gaps.values()) == {(Integer(1), Integer(12))} and top.bound is None and top.where is None
    assert top.attracts(Integer(10**6))


@pytest.mark.parametrize("values", [(4, 0, 3, 2), (5, 1, 4, 2), (10, 3, 2, 4), (6, -1, 5, 3)])
def test_stag_hunt_class(values: tuple[int, ...]) -> None:
    r, s, t, p = map(Rational, values)
    game = stag_hunt(**dict(zip("RSTP", values, strict=True)))
    bound = rest_bound(game, HARE).bound
    assert bound == ((p - s) / ((r - s - t + p) * (t - p)) if t > p else None)


def test_games_without_a_bound_by_hand() -> None:
    assert rest_bound(prisoners_dilemma(), HARE).bound is None  # K = −1, T − P = 4: the correction pushes to D
    # R + P = S + T: no correction at all
    assert all(pull == 0 for _, pull in corner_gaps(prisoners_dilemma(R=3, S=0, T=5, P=2), HARE).values())
    # R = 4, S = 0, T = 5, P = 3: at (C, C) v = −1, C = K(R − S) = 8
    created = corner_gaps(prisoners_dilemma(R=4, S=0, T=5, P=3), STAG)
    assert set(created.values()) == {(Integer(-1), Integer(8))}
    with pytest.raises(BadInput):
        rest_bound(prisoners_dilemma(R=4, S=0, T=5, P=3), STAG)


def test_chicken_is_asymmetric() -> None:
    found = [rest_bound(chicken(), profile) for profile in (((0,), (1,)), ((1,), (0,)))]
    assert found[0].bound == found[1].bound and found[0].where is not None and found[1].where is not None
    assert (found[0].where[0], found[1].where[0]) == (0, 1)  # the player that gives way


# ------------------------------------------------------------------------------------------------------ three routes


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(2))
def test_three_routes_agree(shape: tuple[int, ...], seed: int) -> None:
    game, draw = random_game(shape, seed), random.Random(seed)
    profile = tuple((draw.randrange(width),) for width in shape)
    gaps = corner_gaps(game, profile)
    assert gaps == payoff_gaps(game, profile) == unrolled_gaps(game, profile)
    assert any(pull != 0 for _, pull in gaps.values())
    assert len(gaps) == sum(width - 1 for width in shape)


def test_repeated_games_two_routes() -> None:
    game = trembling(ipd(), Rational(1, 20))
    profile = parse_profile(ipd(), "Grim")
    gaps = corner_gaps(game, profile)
    assert gaps == unrolled_gaps(game, profile) and len(gaps) == 10
    assert rest_bound(ipd(), profile, "1/20").gaps == gaps
    with pytest.raises(BadInput):
        payoff_gaps(ipd(), profile)


def test_unreached_states_lose_alld_at_once() -> None:
    found = rest_bound(ipd(), parse_profile(ipd(), "AllD"))
    assert found.bound == 0 and found.where is not None and not found.attracts(Integer(0))
    gap, pull = found.gaps[found.where]
    assert gap == 0 > pull
    small = [rest_bound(ipd(), parse_profile(ipd(), "AllD"), tremble).bound for tremble in ("1/50", "1/100", "1/1000")]
    assert all(entry is not None and entry > 0 for entry in small)
    assert small == sorted(small, reverse=True, key=lambda entry: entry or Integer(0))


def test_bound_of() -> None:
    place, other = (0, 0, 1), (1, 0, 1)
    found = bound_of(STAG, {place: (Integer(2), Integer(-1)), other: (Integer(3), Integer(-3))})
    assert found == RestBound(STAG, Integer(1), other, found.gaps)
    with pytest.raises(BadInput):
        bound_of(STAG, {place: (Integer(-1), Integer(5))})


def test_bad_input() -> None:
    with pytest.raises(BadInput):
        rest_bound(stag_hunt(), ((0,), (2,)))
    with pytest.raises(BadInput):
        rest_bound(stag_hunt(), HARE, 1)
    with pytest.raises(BadInput):
        rest_bound(stag_hunt(), ((0,), (1,)))


# --------------------------------------------------------------------------------------------------- projected steps


@pytest.mark.parametrize(("amount", "stays"), [("3/5", True), ("66/100", True), ("2/3", True), ("7/10", False)])
def test_projected_steps_at_hare(amount: str, stays: bool) -> None:
    """Exact Euler steps, clipped to the square, from the corner itself and (below the bound) from near it."""
    game = stag_hunt()
    field = [game.value_of(entry).subs(correction, Rational(amount)) for entry in corrected_field(game)]
    wrt = sorted(field[0].free_symbols | field[1].free_symbols, key=str)

    def stepped(point: tuple[Rational, ...]) -> tuple[Rational, ...]:
        at = dict(zip(wrt, point, strict=True))
        return tuple(
            min(max(x + entry.subs(at) / 20, Integer(0)), Integer(1)) for x, entry in zip(point, field, strict=True)
        )

    corner = (Integer(0), Integer(0))
    assert (stepped(corner) == corner) is stays
    point = (Rational(1, 1000), Rational(1, 2000))
    if rest_bound(game, HARE).attracts(Rational(amount)):
        for _ in range(200):
            point = stepped(point)
        assert point == corner


def projected(row: np.ndarray) -> np.ndarray:
    """Euclidean projection onto the simplex."""
    ordered = np.sort(row)[::-1]
    shift = (np.cumsum(ordered) - 1) / np.arange(1, len(row) + 1)
    return np.maximum(row - shift[np.nonzero(ordered > shift)[0][-1]], 0)


def test_projection_on_the_simplex() -> None:
    assert project_on_simplex([Integer(1), Integer(1)]) == [Rational(1, 2)] * 2
    assert project_on_simplex([Integer(2), Integer(0), Integer(-5)]) == [1, 0, 0]
    draw = random.Random(0)
    for width in (2, 3, 5):
        for _ in range(20):
            point = [Rational(draw.randint(-20, 20), 10) for _ in range(width)]
            found = project_on_simplex(point)
            assert sum(found) == 1 and np.allclose([float(x) for x in found], projected(np.array(point, dtype=float)))


@pytest.mark.parametrize("shape", SHAPES)
def test_exact_projected_steps_end_at_the_bound(shape: tuple[int, ...]) -> None:
    seen = 0
    for seed in range(6):
        game = random_game(shape, seed)
        for entry in pure_equilibria(game):
            if entry.strict:
                bound = rest_bound(game, entry.profile).bound
                far = Rational(10**6) if bound is None else bound
                stays = [stays_projected(game, entry.profile, far * k / 100) for k in (0, 99, 100, 101)]
                assert stays == [True, True, True, bound is None]
                seen += bound is not None
            else:
                assert stays_projected(game, entry.profile, Integer(0))  # indifference: rests too
    assert seen
    profile = tuple((0,) for _ in shape)
    gaps = corner_gaps(game, profile)
    assert stays_projected(game, profile, Integer(0)) is all(gap >= 0 for gap, _ in gaps.values())


def test_exact_projected_steps_in_every_state() -> None:
    game, profile = trembling(ipd(), "1/100"), parse_profile(ipd(), "Grim")
    bound = rest_bound(game, profile).bound
    assert bound is not None
    assert [stays_projected(game, profile, bound * k / 100) for k in (99, 100, 101)] == [True, True, False]
    assert not stays_projected(ipd(), parse_profile(ipd(), "AllC"), Integer(0))


@pytest.mark.parametrize("seed", range(60))
def test_projected_steps_with_three_actions(seed: int) -> None:
    """Strict equilibria of random 3×3 games: simplex-projected steps rest below the bound and leave above it."""
    game = random_game((3, 3), seed)
    for entry in pure_equilibria(game):
        found = rest_bound(game, entry.profile)
        if not entry.strict or found.bound is None:
            continue
        (a,), (b,) = entry.profile
        tables = [
            np.array([[float(game.reward[0][game.joint_actions.index((i, j))][k]) for j in range(3)] for i in range(3)])
            for k in range(2)
        ]
        centre = np.eye(3) - 1 / 3
        for factor, stays in ((0.95, True), (1.05, False)):
            x, y = np.eye(3)[a], np.eye(3)[b]
            size = factor * float(found.bound)
            mixed = [centre @ tables[1] @ centre, centre @ tables[0].T @ centre]
            slopes = [
                centre @ (tables[0] @ y) + size * mixed[0] @ (centre @ (tables[0].T @ x)),
                centre @ (tables[1].T @ x) + size * mixed[1] @ (centre @ (tables[1] @ y)),
            ]
            moved = [projected(point + 0.01 * slope) for point, slope in zip((x, y), slopes, strict=True)]
            assert (np.allclose(moved[0], x, atol=1e-12) and np.allclose(moved[1], y, atol=1e-12)) is stays
