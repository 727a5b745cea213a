"""All equilibria of 2×2 games: on paper, against nashpy where games are generic, point by point where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import nashpy  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Eq, Expr, Integer, Rational

from theory import strategies
from theory.equilibria import MixedProfile, mixed_deviation
from theory.errors import BadInput
from theory.games import (
    Game,
    chicken,
    ipd,
    matching_pennies,
    normal_form,
    prisoners_dilemma,
    stag_hunt,
)
from theory.mixed_equilibria import (
    Component,
    Rectangle,
    conditions,
    interior_equilibrium,
    mixed_equilibria,
)
from theory.policies import parameters
from theory.symbols import P, R, S, T

Numbers = Sequence[Sequence[int]]
HALF = Rational(1, 2)


def bimatrix(row: Numbers, column: Numbers) -> Game:
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        (i, j): (Integer(row[i][j]), Integer(column[i][j])) for i, j in product((0, 1), repeat=2)
    }
    return normal_form("test", [["A", "B"]] * 2, cells)


def point(p: object, q: object) -> Component:
    x, y = Rational(str(p)), Rational(str(q))
    return Component((Rectangle((x, x), (y, y)),))


def box(p: Sequence[object], q: Sequence[object]) -> Rectangle:
    first, second = ((Rational(str(low)), Rational(str(high))) for low, high in (p, q))
    return Rectangle(first, second)


# ----------------------------------------------------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (stag_hunt(), [point(0, 0), point("2/3", "2/3"), point(1, 1)]),
        (prisoners_dilemma(), [point(0, 0)]),
        (matching_pennies(), [point("1/2", "1/2")]),
        (chicken(), [point(0, 1), point("1/2", "1/2"), point(1, 0)]),
        # Player 1 gets 2 and 1, player 2 gets 1 and 2: each takes its own favourite with 2/3.
        (bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 2]]), [point(0, 0), point("2/3", "1/3"), point(1, 1)]),
    ],
)
def test_generic_games_by_hand(game: Game, expected: list[Component]) -> None:
    assert list(mixed_equilibria(game)) == expected
    inner = [c.rectangles[0] for c in expected if 0 < c.rectangles[0].p[0] < 1]
    assert interior_equilibrium(game) == ((inner[0].p[0], inner[0].q[0]) if inner else None)


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        # Nobody cares: everything.
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]], [[box((0, 1), (0, 1))]]),
        # 0 only where both take their second action: an L.
        ([[1, 1], [1, 0]], [[1, 1], [1, 0]], [[box((0, 1), (1, 1)), box((1, 1), (0, 1))]]),
        # Player 1 does not care, player 2 wants to match: a Z through three edges.
        (
            [[0, 0], [0, 0]],
            [[1, 0], [0, 1]],
            [[box((0, "1/2"), (0, 0)), box(("1/2", "1/2"), (0, 1)), box(("1/2", 1), (1, 1))]],
        ),
        # T = R in a Stag Hunt: Stag is as good as Hare against Stag. (1, 1) and (0, 0), each alone.
        ([[4, 0], [4, 2]], [[4, 4], [0, 2]], [[box((0, 0), (0, 0))], [box((1, 1), (1, 1))]]),
        # A is better for player 1 unless player 2 takes B for sure; player 2 then keeps B if p ≤ 1/3.
        ([[1, 0], [0, 0]], [[2, 0], [0, 1]], [[box((0, "1/3"), (0, 0))], [box((1, 1), (1, 1))]]),
        # Player 2 does not care, player 1 wants its first action: an edge.
        ([[1, 1], [0, 0]], [[0, 0], [0, 0]], [[box((1, 1), (0, 1))]]),
    ],
)
def test_degenerate_games_by_hand(row: Numbers, column: Numbers, expected: list[list[Rectangle]]) -> None:
    game = bimatrix(row, column)
    assert [list(component.rectangles) for component in mixed_equilibria(game)] == expected
    assert interior_equilibrium(game) is None


def test_conditions_in_words() -> None:
    game = bimatrix([[0, 0], [0, 0]], [[1, 0], [0, 1]])
    (p,), (q,) = parameters(game, "direct")
    (component,) = mixed_equilibria(game)
    assert conditions(game, component) == ((p <= HALF, Eq(q, 0)), (Eq(p, HALF),), (p >= HALF, Eq(q, 1)))
    everything = bimatrix([[0, 0], [0, 0]], [[0, 0], [0, 0]])
    assert conditions(everything, mixed_equilibria(everything)[0]) == ((),)
    hunt = stag_hunt()
    assert conditions(hunt, mixed_equilibria(hunt)[1]) == ((Eq(p, Rational(2, 3)), Eq(q, Rational(2, 3))),)


def test_the_mixed_equilibrium_of_a_coordination_game_in_closed_form() -> None:
    # p* = (d − b)/D, D = a − b − c + d with a, b, c, d = R, S, T, P.
    for numbers in ((4, 0, 3, 2), (10, 3, 2, 4), (6, 1, 0, 2)):
        game = stag_hunt(**dict(zip("RSTP", numbers, strict=True)))
        expected = game.value_of((P - S) / (R - S - T + P))
        assert interior_equilibrium(game) == (expected, expected)


def test_parameters_take_their_current_values() -> None:
    assert interior_equilibrium(stag_hunt()) == (Rational(2, 3), Rational(2, 3))
    assert interior_equilibrium(stag_hunt(P="5/2")) == (Rational(5, 7), Rational(5, 7))


# ----------------------------------------------------------------------------------------------------- nashpy, grids


payoffs = st.tuples(*[st.integers(-3, 3)] * 4).map(lambda n: ((n[0], n[1]), (n[2], n[3])))


def generic(row: Numbers, column: Numbers) -> bool:
    """No player is ever indifferent at a pure policy of the other."""
    return all(row[0][j] != row[1][j] and column[j][0] != column[j][1] for j in (0, 1))


def found_by_nashpy(row: Numbers, column: Numbers) -> list[tuple[float, float]]:
    pairs = nashpy.Game(np.array(row, dtype=float), np.array(column, dtype=float)).support_enumeration()
    return sorted((float(p[0]), float(q[0])) for p, q in pairs)


def as_floats(game: Game) -> list[tuple[float, float]]:
    components = mixed_equilibria(game)
    assert all(component.is_point for component in components)
    return sorted((float(c.rectangles[0].p[0]), float(c.rectangles[0].q[0])) for c in components)


@settings(max_examples=150, deadline=None)
@given(payoffs, payoffs)
def test_generic_games_agree_with_nashpy(row: Numbers, column: Numbers) -> None:
    assume(generic(row, column))
    expected = found_by_nashpy(row, column)
    assert len(expected) in (1, 3)
    assert np.allclose(as_floats(bimatrix(row, column)), expected, rtol=0, atol=1e-12)


def test_the_comparison_with_nashpy_notices_a_swapped_player() -> None:
    row, column = ((2, 0), (0, 1)), ((1, 0), (0, 3))
    expected = found_by_nashpy(row, column)
    assert np.allclose(as_floats(bimatrix(row, column)), expected)
    assert not np.allclose(as_floats(bimatrix(column, row)), expected)


def is_equilibrium(row: Numbers, column: Numbers, p: Rational, q: Rational) -> bool:
    """No pure deviation gains, from the payoffs alone."""

    def paid(table: Numbers, x: Rational, y: Rational) -> Rational:
        chances = ((x * y, x * (1 - y)), ((1 - x) * y, (1 - x) * (1 - y)))
        return sum((chances[i][j] * table[i][j] for i, j in product((0, 1), repeat=2)), Integer(0))

    ends = (Integer(0), Integer(1))
    return all(paid(row, x, q) <= paid(row, p, q) for x in ends) and all(
        paid(column, p, y) <= paid(column, p, q) for y in ends
    )


# Indifference points of payoffs in {−2, …, 2} are quotients a/(a + b) with a, b ≤ 4; points between and beside them.
GRID = sorted({Rational(a, a + b) for a in range(5) for b in range(5) if a + b} | {Rational(k, 9) for k in range(10)})
small = st.tuples(*[st.integers(-2, 2)] * 4).map(lambda n: ((n[0], n[1]), (n[2], n[3])))


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(small, small)
def test_every_game_agrees_with_the_deviation_test_point_by_point(row: Numbers, column: Numbers) -> None:
    components = mixed_equilibria(bimatrix(row, column))
    for p, q in product(GRID, repeat=2):
        inside = sum(component.contains(p, q) for component in components)
        assert inside == int(is_equilibrium(row, column, p, q)), (p, q)


@settings(max_examples=150, deadline=None)
@given(small, small)
def test_components_are_apart_connected_and_without_needless_pieces(row: Numbers, column: Numbers) -> None:
    components = mixed_equilibria(bimatrix(row, column))
    assert components  # Nash 1951
    pieces = [rectangle for component in components for rectangle in component.rectangles]
    assert not any(a != b and a.inside(b) for a, b in product(pieces, repeat=2))
    for first, second in product(components, repeat=2):
        if first != second:
            assert not any(a.touches(b) for a, b in product(first.rectangles, second.rectangles))
    for component in components:
        joined, waiting = [component.rectangles[0]], list(component.rectangles[1:])
        while waiting:
            linked = [rectangle for rectangle in waiting if any(rectangle.touches(other) for other in joined)]
            assert linked
            joined += linked
            waiting = [rectangle for rectangle in waiting if rectangle not in linked]


def test_the_grid_notices_a_flipped_inequality() -> None:
    row, column = ((1, 0), (0, 0)), ((2, 0), (0, 1))
    (edge, corner) = mixed_equilibria(bimatrix(row, column))
    assert edge.contains(Rational(1, 3), Integer(0)) and not edge.contains(Rational(2, 3), Integer(0))
    flipped = Component((Rectangle((Rational(1, 3), Integer(1)), (Integer(0), Integer(0))),))
    assert any(flipped.contains(p, Integer(0)) != is_equilibrium(row, column, p, Integer(0)) for p in GRID)
    assert corner == point(1, 1)


@settings(max_examples=60, deadline=None)
@given(strategies.one_shot_games(actions=(2, 2)))
def test_corners_of_the_components_pass_the_deviation_test(game: Game) -> None:
    for component in mixed_equilibria(game):
        for rectangle in component.rectangles:
            for p, q in product(rectangle.p, rectangle.q):
                profile: MixedProfile = (((p, 1 - p),), ((q, 1 - q),))
                assert mixed_deviation(game, profile, 0) is None and mixed_deviation(game, profile, 1) is None


# --------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "game",
    [
        ipd(),
        normal_form("three", [["A", "B", "C"], ["A", "B"]], {k: (Integer(0),) * 2 for k in product(range(3), (0, 1))}),
        normal_form("many", [["A", "B"]] * 3, {k: (Integer(0),) * 3 for k in product((0, 1), repeat=3)}),
    ],
)
def test_other_games_are_refused(game: Game) -> None:
    for question in (mixed_equilibria, interior_equilibrium):
        with pytest.raises(BadInput, match="two by two actions only"):
            question(game)
