"""numerics.policies: layout, probabilities and projection of parameter arrays, against the exact policy maps."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sympy import Integer, Rational

from numerics import policies
from numerics.compile import Array, compiled_update
from theory.exact import to_fmpq
from theory.games import Game, ipd, memory_one, normal_form, stag_hunt
from theory.policies import COORDINATES, local_policies, parameters
from theory.program import Builder


def one_shot(*counts: int) -> Game:
    names = [list("VWXYZ"[:count]) for count in counts]
    return normal_form("blank", names, {cell: [Integer(0)] * len(counts) for cell in np.ndindex(*counts)})


def mixed_memory_one() -> Game:
    """Two states' worth of everything: a player with two actions and one with three, seven states."""
    return memory_one(one_shot(2, 3), Rational(1, 2), name="mixed")


GAMES = {
    "stag-hunt": stag_hunt(),
    "ipd": ipd(),
    "three players": one_shot(2, 2, 2),
    "2x3": one_shot(2, 3),
    "4x3x2": one_shot(4, 3, 2),
    "memory one 2x3": mixed_memory_one(),
}
every_game = pytest.mark.parametrize("game", GAMES.values(), ids=GAMES.keys())


def width(game: Game) -> int:
    return len(policies.names(game, "direct"))


# ------------------------------------------------------------------------------------------------------ layout


@every_game
@pytest.mark.parametrize("policy", COORDINATES)
def test_names_are_the_first_inputs_of_every_program(game: Game, policy: str) -> None:
    names = policies.names(game, policy)
    group = compiled_update(game, policy, "pg", "expanded", 1).groups["parameters"]
    assert names == tuple(symbol.name for symbol in group)
    assert len(set(names)) == len(names)


@every_game
def test_blocks_cut_the_rows_without_gaps(game: Game) -> None:
    covered = [row for _, _, rows in policies.blocks(game) for row in range(rows.start, rows.stop)]
    assert covered == list(range(width(game)))
    for player, actions in enumerate(game.actions):
        sizes = {rows.stop - rows.start for i, _, rows in policies.blocks(game) if i == player}
        assert sizes == {1 if len(actions) == 2 else len(actions)}


def test_ipd_layout_by_hand() -> None:
    """Player by player, then ∅, CC, CD, DC, DD; player 1's action is written first for both players."""
    expected = [f"{letter}_{state}" for letter in "pq" for state in ("0", "CC", "CD", "DC", "DD")]
    assert list(policies.names(ipd(), "direct")) == expected
    assert [(i, s, rows.start) for i, s, rows in policies.blocks(ipd())] == [
        (player, state, 5 * player + state) for player in range(2) for state in range(5)
    ]


# ------------------------------------------------------------------------------------------------- probabilities


@every_game
@pytest.mark.parametrize("policy", COORDINATES)
def test_probabilities_are_the_exact_policies(game: Game, policy: str) -> None:
    """Each local policy evaluated exactly (200-bit balls for exp) at random rationals, kept away from no boundary."""
    draw = np.random.default_rng(3)
    integers = (
        draw.integers(-400, 400, (width(game), 3)) if policy == "logit" else draw.integers(0, 97, (width(game), 3))
    )
    phi = integers / 97
    previous, flint.ctx.prec = flint.ctx.prec, 200
    try:
        for column in range(3):
            rows = parameters(game, policy)
            flat = [symbol for row in rows for symbol in row]
            values = {
                s: flint.arb(to_fmpq(Rational(int(n), 97))) for s, n in zip(flat, integers[:, column], strict=True)
            }
            for player, row in enumerate(rows):
                build = Builder(flat)
                local = local_policies(build, game, policy, player, row)
                program = build.program({str(seen): entry.probabilities for seen, entry in enumerate(local)})
                exact = program.run(values, lambda c: flint.arb(to_fmpq(c)), lambda u: flint.arb(u).exp())
                for seen, entries in exact.items():
                    numbers = policies.probabilities(game, policy, phi, player, int(seen))[:, column]
                    wanted = [float(flint.arb(entry).mid()) for entry in entries]
                    assert numbers == pytest.approx(wanted, rel=1e-13, abs=1e-15)
    finally:
        flint.ctx.prec = previous


@every_game
def test_logit_probabilities_are_distributions_also_far_out(game: Game) -> None:
    """No overflow at log-odds of ±1000, and the small probability keeps its relative precision."""
    draw = np.random.default_rng(5)
    phi = draw.choice([-1000.0, -50.0, 0.0, 50.0, 1000.0], (width(game), 50))
    for player, seen, _ in policies.blocks(game):
        pi = policies.probabilities(game, "logit", phi, player, seen)
        assert pi.shape == (len(game.actions[player]), 50)
        assert (pi >= 0).all() and pi.sum(0) == pytest.approx(np.ones(50), rel=1e-12)


def test_small_probabilities_keep_their_precision() -> None:
    pi = policies.probabilities(stag_hunt(), "logit", np.array([[-300.0, 300.0], [0.0, 0.0]]), 0, 0)
    assert pi[:, 0] == pytest.approx([np.exp(-300.0), 1.0], rel=1e-13, abs=0)
    assert pi[:, 1] == pytest.approx([1.0, np.exp(-300.0)], rel=1e-13, abs=0)


@every_game
def test_direct_parameters_on_the_simplex_are_the_probabilities(game: Game) -> None:
    phi = policies.project(game, np.random.default_rng(7).normal(0.4, 1, (width(game), 40)))
    for player, seen, rows in policies.blocks(game):
        pi = policies.probabilities(game, "direct", phi, player, seen)
        if rows.stop - rows.start > 1:
            assert pi == pytest.approx(phi[rows], abs=1e-15)
        else:
            assert (pi[0] == phi[rows][0]).all() and (pi[1] == 1 - phi[rows][0]).all()


@every_game
@pytest.mark.parametrize("policy", COORDINATES)
def test_a_nan_stays_in_its_policy_and_column(game: Game, policy: str) -> None:
    phi = np.full((width(game), 3), 0.25)
    phi[0, 1] = np.nan
    for player, seen, rows in policies.blocks(game):
        pi = policies.probabilities(game, policy, phi, player, seen)
        assert np.isfinite(pi[:, [0, 2]]).all()
        assert np.isnan(pi[:, 1]).all() == (rows.start == 0)


@pytest.mark.parametrize("policy", COORDINATES)
def test_first_probability_round_trip(policy: str) -> None:
    axis = np.concatenate([10.0 ** np.arange(-300, 0, 20), np.linspace(0.01, 0.99, 99), 1 - 10.0 ** np.arange(-15, -1)])
    phi = np.stack([policies.from_first_probability(policy, axis)] * 2)
    back = policies.probabilities(stag_hunt(), policy, phi, 1, 0)[0]
    # A log-odds of −690 has an absolute rounding error of 1e-13, which is the relative error of the probability.
    assert back == pytest.approx(axis, rel=1e-12, abs=0)


# ---------------------------------------------------------------------------------------------------- projection


def nearest_by_enumeration(point: Sequence[float]) -> Array:
    """The nearest point of the simplex, face by face, in fractions: distances to two faces may differ by 1e-17."""
    exact = [Fraction(float(entry)) for entry in point]
    best, distance = exact, Fraction(10**9)
    for size in range(1, len(exact) + 1):
        for face in combinations(range(len(exact)), size):
            shift = (1 - sum(exact[k] for k in face)) / size
            candidate = [exact[k] + shift if k in face else Fraction(0) for k in range(len(exact))]
            apart = sum(((x - y) ** 2 for x, y in zip(candidate, exact, strict=True)), Fraction(0))
            if min(candidate) >= 0 and apart < distance:
                best, distance = candidate, apart
    return np.array(best, dtype=float)


finite = st.floats(-4, 4, allow_nan=False, width=32)


@settings(max_examples=150)
@given(st.integers(3, 5).flatmap(lambda count: arrays(float, (count, 4), elements=finite)))
def test_projection_is_the_nearest_policy(points: Array) -> None:
    """By enumeration of faces: an independent route, exact up to rounding."""
    game = one_shot(len(points), 2)
    phi = np.vstack([points, np.zeros((1, 4))])
    projected = policies.project(game, phi)[:-1]
    expected = np.stack([nearest_by_enumeration(column) for column in points.T], axis=1)
    assert projected == pytest.approx(expected, abs=1e-12)


@settings(max_examples=100)
@given(arrays(float, (3, 6), elements=st.floats(-50, 50, allow_nan=False)), st.integers(0, 2**32 - 1))
def test_projection_is_idempotent_feasible_and_nearest(points: Array, seed: int) -> None:
    game = one_shot(3, 3)
    phi = np.vstack([points, points[::-1]])
    once = policies.project(game, phi)
    assert (once >= 0).all() and once[:3].sum(0) == pytest.approx(np.ones(6), abs=1e-12)
    assert policies.project(game, once) == pytest.approx(once, abs=1e-14)
    feasible = np.random.default_rng(seed).dirichlet([0.5] * 3, (6, 200))
    distance = ((feasible - points.T[:, None, :]) ** 2).sum(2).min(1)
    assert (((once[:3] - points) ** 2).sum(0) <= distance + 1e-9).all()
    # Optimality: the residual makes no acute angle with any direction into the simplex.
    residual = points - once[:3]
    assert (residual.max(0) <= (residual * once[:3]).sum(0) + 1e-9).all()


@given(arrays(float, (5, 4), elements=finite))
def test_projection_commutes_with_relabelling(points: Array) -> None:
    order = [3, 0, 2, 1]
    game = one_shot(4, 2)
    plain = policies.project(game, points)
    relabelled = policies.project(game, points[[*order, 4]])
    assert relabelled == pytest.approx(plain[[*order, 4]], abs=1e-14)


@pytest.mark.parametrize("scale", [1e3, 1e8, 1e12, 1e17, 1e300])
def test_projection_of_far_points_is_a_policy(scale: float) -> None:
    """A large step ends in a corner, never off the simplex: only differences of the entries matter."""
    game = one_shot(3, 3)
    phi = np.array([[1.0, -1.0], [0.5, 0.0], [0.25, -2.0], [1.0, 3.0], [1.0, 3.0], [0.0, -1.0]]) * scale
    projected = policies.project(game, phi)
    assert projected[:3, 0].tolist() == [1, 0, 0] and projected[:3, 1].tolist() == [0, 1, 0]
    assert projected[3:] == pytest.approx(np.array([[0.5, 0.5], [0.5, 0.5], [0, 0]]), abs=1e-12)


def test_two_actions_are_clipped_and_others_left_alone() -> None:
    game = ipd()
    phi = np.linspace(-1, 2, 30).reshape(10, 3)
    before = phi.copy()
    projected = policies.project(game, phi)
    assert (projected == np.clip(before, 0, 1)).all()
    assert (phi == before).all() and not np.shares_memory(projected, phi)
    assert (policies.project(game, projected) == projected).all()


def test_a_policy_is_its_own_projection_exactly() -> None:
    game = one_shot(4, 3, 2)
    corner = np.zeros((width(game), 1))
    corner[[2, 4, 7]] = 1
    assert (policies.project(game, corner) == corner).all()
    inside = np.array([[0.25], [0.5], [0.125], [0.125], [0.5], [0.25], [0.25], [0.75]])
    assert (policies.project(game, inside) == inside).all()


@every_game
def test_projection_keeps_nan_in_its_policy(game: Game) -> None:
    phi = np.full((width(game), 3), 0.4)
    phi[-1, 1] = np.nan
    projected = policies.project(game, phi)
    _, _, last = policies.blocks(game)[-1]
    assert np.isnan(projected[-1, 1])
    assert np.isfinite(np.delete(projected, 1, axis=1)).all() and np.isfinite(projected[: last.start]).all()
