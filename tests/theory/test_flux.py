"""theory.flux against areas by hand, the derivative of the share, exact and float orbits, and theory.separatrix.

By hand, direct coordinates: ⟨C, n⟩ is constant along the stable line, so A3 for uniform starts is that constant times
the length of the line over √(D₁D₂): dP/dλ = (√D₂ C₁ + √D₁ C₂)(p*, q*) · U/√(D₁D₂), with the line cut to U times the
vector (√D₁, −√D₂). Stag Hunt (4, 0, 3, 2): D = 3, p* = 2/3, C = 3(1 + 2) = 9 there, U = (2/3)/√3, dP/dλ = 4.
"""

from __future__ import annotations

import random
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from itertools import pairwise, product

import numpy as np
import pytest
from sympy import Expr, Integer, Rational, cancel, diff, exp, sqrt, symbols

from numerics.dynamics import Learning, Schedule, run
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Undecided, is_zero
from theory.flux import (
    CASES,
    StraightBoundary,
    conserved_quantity,
    largest_size,
    logit_program,
    planar_field,
    straight_boundary,
)
from theory.games import Game, chicken, ipd, normal_form, prisoners_dilemma, stag_hunt, symmetric_game
from theory.games.symbolic import symbolic_game
from theory.program import Builder
from theory.separatrix import corrected_field, separatrix
from theory.symbols import P, R, S, T, alpha, correction

MODULE = import_module("theory.flux")


def game_of(rates: tuple[object, object], rest: tuple[object, object], spill: tuple[object, object]) -> Game:
    """The game with h₁ = D₁(q − q*), h₂ = D₂(p − p*) and k₁ = D₂ (s₁ + D₁(p − q*)), k₂ = D₁ (s₂ + D₂(q − p*))."""
    (d1, d2), (p, q), (s1, s2) = (tuple(map(Rational, pair)) for pair in (rates, rest, spill))
    payoff = {
        (0, 0): (d1 * (1 - q) + s1, d2 * (1 - p) + s2),
        (0, 1): (Integer(0), s2),
        (1, 0): (s1, Integer(0)),
        (1, 1): (d1 * q, d2 * p),
    }
    return normal_form("made", (("A", "B"), ("A", "B")), payoff)


# Squares as rates keep everything rational. All four places of the line occur, and unequal rates both ways.
SQUARES = (
    game_of((4, 1), ("1/5", "1/3"), (1, -2)),
    game_of((1, 4), ("3/5", "2/3"), (-1, 1)),
    game_of((9, 4), ("9/10", "1/4"), (2, 0)),
    game_of((1, 9), ("1/2", "1/5"), (0, 3)),
    game_of((9, 1), ("4/5", "9/10"), (-3, -1)),
    game_of((4, 4), ("1/3", "3/5"), (2, -1)),
)
SIZES = (Rational(0), Rational(1, 100), Rational(-1, 100))


line_of = lru_cache(straight_boundary)


def in_scope(line: StraightBoundary, size: Rational) -> bool:
    try:
        line.share(size)
    except BadInput:
        return False
    return True


# ------------------------------------------------------------------------------------------- direct, by hand


def test_the_published_stag_hunt():
    assert straight_boundary(stag_hunt()).flux == 4


def test_a_stag_hunt_that_loses():
    # (10, 3, 2, 4): D = 9, p* = 1/9, C = 9(−2 + 1) = −9, U = (2/9)/3·…: dP/dλ = −ds*/dλ · s* with ds*/dλ = 2(3 − 2).
    game = symmetric_game("loses", ("A", "B"), (10, 3, 2, 4), target="A")
    assert straight_boundary(game).flux == Rational(-4, 9)


def test_flux_of_a_symmetric_game_in_its_payoffs():
    line = line_of(stag_hunt())
    d = R - S - T + P
    by_hand = {
        (False, False): 4 * (P - S) * (T - S) / d,
        (True, True): 4 * (R - T) * (T - S) / d,
    }
    for case, expected in by_hand.items():
        assert cancel(line.in_payoffs(line.fluxes[case]) - expected) == 0


def test_symmetric_shares_and_level_are_those_of_the_separatrix():
    line, other = line_of(stag_hunt()), separatrix(stag_hunt())
    assert cancel(line.in_payoffs(line.shares[False, False]) - other.share_low) == 0
    assert cancel(line.in_payoffs(line.shares[True, True]) - other.share_high) == 0
    root = sqrt(R - S - T + P)
    assert cancel(line.in_payoffs(line.level) - root * other.boundary) == 0
    assert cancel(line.in_payoffs(line.growth) - other.growth) == 0
    assert cancel(line.in_payoffs(line.contraction) - other.contraction) == 0
    for case, share in (((False, False), other.share_low), ((True, True), other.share_high)):
        assert cancel(line.in_payoffs(line.fluxes[case]) - diff(share, correction).subs(correction, 0)) == 0


def test_the_integral_is_the_derivative_of_the_area_in_every_game():
    # All eight payoffs symbolic, every place of the line: A3 was integrated along the line, shares are areas.
    line = line_of(symbolic_game((2, 2)))
    assert set(line.fluxes) == set(CASES)
    for case in CASES:
        assert is_zero(line.fluxes[case] - diff(line.shares[case], correction).subs(correction, 0))
        assert not is_zero(line.fluxes[case])


def test_the_field_is_the_derived_one_and_rests_at_the_rest_point():
    game = symbolic_game((2, 2))
    line = line_of(game)
    field = line.field
    whole = [v + correction * c for v, c in zip(field.gradient, field.correction, strict=True)]
    assert all(is_zero(one - two) for one, two in zip(whole, corrected_field(game), strict=True))
    a, b = (name for name in line.names if name.name in "ab")
    assert (line.names[a], line.names[b]) == tuple(map(sqrt, field.rates))
    draw = random.Random(3)
    for _ in range(3):
        at = {symbol: Rational(draw.randint(-9, 9), draw.randint(1, 5)) for symbol, _ in game.parameters}
        at = {s: value + (20 if s.name.endswith(("00", "11")) else 0) for s, value in at.items()}
        names = {name: form.subs(at) for name, form in line.names.items()}
        rest = {x: form.subs(at).subs(names) for x, form in zip(field.symbols, line.rest, strict=True)}
        assert all(cancel(form.subs(at).subs(rest)) == 0 for form in whole)


# ---------------------------------------------------------------------------- direct, areas and orbits at numbers


def polygon_share(a: Fraction, b: Fraction, level: Fraction) -> Fraction:
    """Area of {b p + a q > level} in the square by clipping and the shoelace formula."""
    square = [(Fraction(x), Fraction(y)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    kept: list[tuple[Fraction, Fraction]] = []
    for here, there in pairwise([*square, square[0]]):
        above, following = (b * x + a * y - level for x, y in (here, there))
        if above >= 0:
            kept.append(here)
        if above * following < 0:
            part = above / (above - following)
            kept.append((here[0] + part * (there[0] - here[0]), here[1] + part * (there[1] - here[1])))
    area = sum((u[0] * w[1] - w[0] * u[1] for u, w in pairwise([*kept, *kept[:1]])), Fraction(0))
    return abs(area) / 2


def fraction(x: Expr) -> Fraction:
    assert x.is_Rational
    return Fraction(int(x.p), int(x.q))


@lru_cache
def affine(game: Game, size: Rational) -> tuple[tuple[Fraction, Fraction, Fraction], ...]:
    """(slope in p, slope in q, value at 0) of p′ and q′."""
    p, q = symbols("p q", real=True)
    forms = [form.subs(correction, size) for form in corrected_field(game)]
    return tuple((*(fraction(diff(form, x)) for x in (p, q)), fraction(form.subs({p: 0, q: 0}))) for form in forms)


def solved_by_hand(game: Game, size: Rational) -> tuple[Fraction, Fraction, Fraction]:
    """√D₁, √D₂ and the level through the rest point, by Cramer's rule."""
    (m11, m12, e1), (m21, m22, e2) = affine(game, size)
    det = m11 * m22 - m12 * m21
    rest = ((m12 * e2 - m22 * e1) / det, (m21 * e1 - m11 * e2) / det)
    a, b = fraction(sqrt(Rational(m12))), fraction(sqrt(Rational(m21)))
    return a, b, b * rest[0] + a * rest[1]


def test_the_made_games_have_every_place_of_the_line():
    seen = set()
    for game in SQUARES:
        a, b, level = solved_by_hand(game, Rational(0))
        seen.add((level > b, level > a))
    assert seen == set(CASES)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("game", SQUARES, ids=range(len(SQUARES)))
def test_share_is_the_area(game, size):
    line = line_of(game)
    assert in_scope(line, size)
    a, b, level = solved_by_hand(game, size)
    assert fraction(line.share(size)) == polygon_share(a, b, level)


@pytest.mark.parametrize("game", SQUARES, ids=range(len(SQUARES)))
def test_flux_is_the_limit_of_exact_differences(game):
    line, errors = line_of(game), []
    for step in (Rational(1, 1000), Rational(1, 2000)):
        difference = (line.share(step) - line.share(-step)) / (2 * step)
        errors.append(abs(difference - line.flux))
    assert errors[0] < Rational(1, 1000) and (errors[1] == 0 or abs(errors[0] / errors[1] - 4) < Rational(1, 100))


def float_ends(game: Game, size: Rational, points: np.ndarray, steps: int = 1500) -> np.ndarray:
    learning = Learning(
        game, "direct", "peer", "expanded", 1, (1.0, 1.0), own=0.0, peer=float(size), schedule=Schedule(lr=0.016)
    )
    return run(learning, points, steps)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("game", SQUARES[:5], ids=range(5))
def test_projected_orbits_go_to_the_corner_of_their_side(game, size):
    a, b, level = map(float, solved_by_hand(game, size))
    axis = np.linspace(0, 1, 11)
    points = np.stack([rows.ravel() for rows in np.meshgrid(axis, axis)])
    side = b * points[0] + a * points[1] - level
    points, side = points[:, abs(side) > 1e-3], side[abs(side) > 1e-3]
    ends = float_ends(game, size, points)
    assert (ends == (side > 0)).all()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("game", SQUARES, ids=range(len(SQUARES)))
def test_every_inequality_of_the_written_argument(game, size):
    # On the upper edges, where the other coordinate is clipped, s > s* rises strictly (and mirrored below).
    a, b, level = solved_by_hand(game, size)
    for x, y in product([Fraction(k, 12) for k in range(13)], repeat=2):
        s = b * x + a * y - level
        one, two = (m[0] * x + m[1] * y + m[2] for m in affine(game, size))
        if s > 0 and (x, y) != (1, 1):
            one, two = (0 if x == 1 and one > 0 else one), (0 if y == 1 and two > 0 else two)
            assert b * one + a * two > 0
        if s < 0 and (x, y) != (0, 0):
            one, two = (0 if x == 0 and one < 0 else one), (0 if y == 0 and two < 0 else two)
            assert b * one + a * two < 0


# ---------------------------------------------------------------------------------------------- direct, refusals


def test_for_negative_sizes_the_corner_must_hold():
    # Without the condition at the corners the formula would be wrong: q′ < 0 at (1, 1), so nothing settles there.
    game, size = game_of((16, "1/4"), ("9/10", "1/10"), ("-12.8", "0.2")), Rational(-1, 4)
    line = line_of(game)
    at = {correction: size}
    outside = [form for form in line.scope if not form.subs(at).subs(line.names) > 0]
    assert outside and set(outside) <= set(line.outward)
    with pytest.raises(BadInput, match="no straight basin boundary"):
        line.share(size)
    ends = float_ends(game, size, np.array([[0.99], [0.99]]))
    assert (ends != 1).any()


@pytest.mark.parametrize(("game", "size"), [(stag_hunt(), "1/3"), (stag_hunt(), "1"), (SQUARES[0], "1/2")])
def test_sizes_beyond_the_scope_are_refused(game, size):
    with pytest.raises(BadInput, match="no straight basin boundary"):
        straight_boundary(game).share(Rational(size))


def test_games_without_two_strict_equilibria_in_place_are_refused():
    for game in (chicken(), game_of((1, 1), ("6/5", "1/2"), (0, 0)), game_of((-1, -1), ("1/2", "1/2"), (0, 0))):
        with pytest.raises(BadInput):
            straight_boundary(game).flux  # noqa: B018
    donation = {(0, 0): (2, 2), (0, 1): (-1, 3), (1, 0): (3, -1), (1, 1): (0, 0)}
    with pytest.raises(BadInput, match="does not depend"):
        planar_field(normal_form("donation", (("C", "D"), ("C", "D")), donation), "direct")
    with pytest.raises(BadInput, match="no straight"):  # the same with symbols, D = 0 only at the current values
        straight_boundary(symmetric_game("donation", ("C", "D"), (2, -1, 3, 0), target="C")).flux  # noqa: B018


def test_other_shapes_and_other_targets_are_refused():
    with pytest.raises(BadInput, match="one-shot"):
        planar_field(ipd(), "direct")
    with pytest.raises(BadInput, match="one-shot"):
        planar_field(symbolic_game((2, 3)), "direct")
    with pytest.raises(BadInput, match="first action"):
        planar_field(stag_hunt().with_target(("Hare", "Hare")), "direct")
    with pytest.raises(BadInput, match="policy"):
        planar_field(stag_hunt(), "softmax")
    with pytest.raises(BadInput):
        straight_boundary(prisoners_dilemma()).flux  # noqa: B018


# ------------------------------------------------------------------------------------- negative controls, direct


def test_a_normal_that_points_outward_on_one_branch_is_noticed():
    line = line_of(symbolic_game((2, 2)))
    p, q = line.field.symbols
    a, b, s = symbols("a b s", positive=True)
    e1, e2, g1, g2 = symbols("e1 e2 g1 g2", real=True)
    v, c = (a**2 * q + e1, b**2 * p + e2), (a**2 * b**2 * p + g1, a**2 * b**2 * q + g2)
    level = line.level.subs(correction, 0)
    ends = (Integer(0), s / b)
    right = MODULE._uniform_flux(v, c, (p, q), (a, b), ends).subs(s, level)
    assert is_zero(right - line.fluxes[False, False])
    # The same integral over the branch p < p* only, and with the sign of its normal flipped.
    saddle = line.rest[0].subs(correction, 0)
    half = MODULE._uniform_flux(v, c, (p, q), (a, b), (Integer(0), saddle)).subs(s, level)
    assert not is_zero(right - 2 * half - line.fluxes[False, False])
    assert not is_zero(-right - line.fluxes[False, False])


def test_a_field_with_divergence_is_refused():
    p, q = symbols("p q", real=True)
    a, b = symbols("a b", positive=True)
    with pytest.raises(Undecided, match="divergence"):
        MODULE._uniform_flux((a**2 * q + p, b**2 * p), (p, q), (p, q), (a, b), (Integer(0), Integer(1)))


def test_a_correction_of_another_slope_is_refused(monkeypatch):
    whole = planar_field(stag_hunt(), "direct")
    (k1, k2), (p, _) = whole.spill, whole.symbols
    monkeypatch.setattr(MODULE, "planar_field", lambda *_: type(whole)(whole.game, "direct", whole.own, (k1 + p, k2)))
    with pytest.raises(Undecided, match="slope"):
        straight_boundary(stag_hunt())


# --------------------------------------------------------------------------------------------- conserved quantity


def test_levels_by_hand():
    # F′(x) = (D p − (P − S))/(p(1 − p)) = (R − T)(1 + eˣ) − (P − S)(1 + e⁻ˣ).
    found = conserved_quantity(stag_hunt(), "logit")
    x, y = found.symbols
    low, high = P - S, R - T
    for level, u in zip(found.levels, (x, y), strict=True):
        assert is_zero((level - (high * exp(u) + low * exp(-u) + (high - low) * u)).expand())
    p, q = found.field.symbols
    for level, u in zip(found.in_probabilities, (p, q), strict=True):
        assert is_zero(diff(level, u) - ((R - S - T + P) * u - (P - S)) / (u * (1 - u)) ** 2)


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_conserved_along_the_derived_field_of_every_game(policy):
    # Against the decomposition's own program, at exact points: exp is read as an arbitrary function of its argument.
    game = symbolic_game((2, 2))
    found = conserved_quantity(game, policy)
    (x, y), v = found.symbols, found.gradient
    own = decompose(game, policy, 1, "expanded").program.substituted()
    for one, two in zip(v, (own["current_1"][0], own["current_2"][0]), strict=True):
        assert is_zero(MODULE._in_odds(one - two, (x, y)))
    assert is_zero(MODULE._in_odds(found.change(v), (x, y)))
    # Not along v + C, nor with a level of the wrong sign, so the check can fail.
    peers = tuple(own[f"peer_{i}"][0] / alpha for i in (1, 2))
    whole = tuple(a + b for a, b in zip(v, peers, strict=True))
    assert not is_zero(MODULE._in_odds(found.change(whole), (x, y)))
    assert not is_zero(MODULE._in_odds(found.change((v[0], -v[1])), (x, y)))


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_density_takes_the_divergence_away(policy):
    found = conserved_quantity(symbolic_game((2, 2)), policy)
    (x, y), (v1, v2), m = found.symbols, found.gradient, found.density
    divergence = diff(v1, x) + diff(v2, y)
    along = (diff(m, x) * v1 + diff(m, y) * v2) / m
    assert is_zero(MODULE._in_odds(divergence - along, (x, y)))
    assert is_zero(MODULE._in_odds(divergence, (x, y))) == (policy == "direct")


def test_separatrix_vanishes_on_the_stable_line_in_direct_coordinates():
    found, line = conserved_quantity(SQUARES[1], "direct"), line_of(SQUARES[1])
    p, q = found.field.symbols
    a, b, level = map(Rational, solved_by_hand(SQUARES[1], Rational(0)))
    assert is_zero(found.separatrix.subs(q, (level - b * p) / a))
    assert not is_zero(found.separatrix.subs(q, (level - b * p) / a + Rational(1, 100)))
    assert is_zero(
        found.separatrix.subs(dict(zip((p, q), line.rest, strict=True))).subs(correction, 0).subs(line.names)
    )


def test_separatrix_is_zero_at_the_saddle_in_log_odds():
    found = conserved_quantity(stag_hunt(), "logit")
    at = dict(stag_hunt().parameters)
    p, q = found.field.symbols
    assert found.separatrix.subs({p: found.field.saddle[0], q: found.field.saddle[1]}).subs(at) == 0
    assert found.separatrix.subs(at).subs({p: Rational(1, 2), q: Rational(2, 3)}) != 0


def test_a_quantity_that_is_not_conserved_is_refused(monkeypatch):
    real = MODULE.integrate
    monkeypatch.setattr(
        MODULE, "integrate", lambda form, axis: 2 * real(form, axis) if axis.name == "x" else real(form, axis)
    )
    with pytest.raises(Undecided, match="conserved"):
        conserved_quantity(stag_hunt(), "logit")


# --------------------------------------------------------------------------------------- what numerics compiles


def test_the_compiled_field_is_the_derived_one():
    game = symbolic_game((2, 2))
    program = logit_program(game, ("field", "gradient", "correction", "divergence", "jacobian"))
    other = decompose(game, "logit", 1, "expanded").program
    draw = random.Random(1)
    for _ in range(3):
        values = {symbol: Rational(draw.randint(1, 40), draw.randint(1, 9)) for symbol in program.inputs}
        one, two = (
            program.at(values),
            other.at({**{s: values[s] for s in other.inputs if s != alpha}, alpha: Rational(1)}),
        )
        assert one["gradient"] == (*two["current_1"], *two["current_2"])
        assert one["correction"] == (*two["peer_1"], *two["peer_2"])
        size = values[correction]
        assert one["field"] == tuple(v + size * c for v, c in zip(one["gradient"], one["correction"], strict=True))


def test_the_compiled_slopes_are_derivatives():
    program = logit_program(symbolic_game((2, 2)), ("field", "jacobian", "gradient", "divergence"))
    build = Builder(program.inputs)
    blocks = build.inline(program, {s: s for s in program.inputs})
    slopes = [entry for form in blocks["field"] for entry in build.gradient(form, program.inputs[:2])]
    trace = [build.gradient(blocks["gradient"][i], program.inputs[:2])[i] for i in (0, 1)]
    check = build.program({"slopes": slopes, "trace": [sum(trace, Integer(0))], **blocks})
    values = {symbol: Rational(k + 2, k + 5) for k, symbol in enumerate(program.inputs)}
    found = check.at(values)
    assert found["slopes"] == found["jacobian"] and found["trace"] == found["divergence"]


def test_largest_size_solves_its_equation_and_bounds_cooperativity():
    # D = 3 and k₁ = D((T − P) + D p) = 3(1 + 3p), at most 12: c = 2 · √3/18 · 12/3.
    field = planar_field(stag_hunt(), "logit")
    size, c = largest_size(field).subs(dict(stag_hunt().parameters)), 4 * sqrt(3) / 9
    assert ((1 - size * c) ** 2 - size**2 * 9 / 256).radsimp().expand() == 0
    assert 0 < size < 1 / c
    # Just beyond 1/c the cross slope is negative somewhere: at p = 1 and q with the least q(1 − q)(1 − 2q).
    (p, q), w2 = field.symbols, field.slopes[1]
    bracket = (field.own[0] + correction * w2**2 * field.spill[0]).subs(dict(stag_hunt().parameters))
    worst = diff(bracket, q).subs({p: 1, q: Rational(789, 1000)})
    assert worst.subs(correction, Rational(99, 100) / c) > 0 > worst.subs(correction, Rational(101, 100) / c)


def test_unequal_games_have_unequal_bounds():
    # By hand: D = (4, 9), k₁ = 9(1 + 4(p − 1/3)), k₂ = 4(−2 + 9(q − 1/5)); the largest |k| are 33 and 20.8.
    field = planar_field(game_of((4, 9), ("1/5", "1/3"), (1, -2)), "logit")
    assert field.rates == (4, 9) and field.saddle == (Rational(1, 5), Rational(1, 3))
    size = largest_size(field)
    first, second = (2 * sqrt(3) / 18 * top / rate for top, rate in ((33, 4), (Rational(104, 5), 9)))
    assert ((1 - size * first) * (1 - size * second) - size**2 * Rational(36, 256)).radsimp().expand() == 0
    assert size < min(1 / first, 1 / second)
