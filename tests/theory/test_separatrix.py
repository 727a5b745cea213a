"""theory.separatrix against the linear system solved by hand, exact rational orbits and the float dynamics.

By hand, with a, b, c, d = R, S, T, P, D = a − b − c + d, e = d − b and f = c − d the field v + λC is

    p′ = λD² p + D q − k,     q′ = D p + λD² q − k,     k = e − λDf,

with eigenvectors (1, 1), eigenvalue D(1 + λD), and (1, −1), eigenvalue −D(1 − λD). The rest point is (z, z) with
z = k/(D(1 + λD)); in a saddle its stable line is p + q = 2z.

Projected Euler steps, η · contraction ≤ 1 and s > s* ≥ 0, say p ≤ q: the step keeps p ≤ q before the projection, and
p′ ≥ q′ (contraction ≥ 0) with p′ + q′ > 0 gives p′ ≥ growth · (s − s*)/2 > 0. If q′ ≥ 0 neither coordinate falls. If
q′ < 0 then 0 ≤ p ≤ p + ηp′ ≤ q + ηq′ < 1: nothing is clipped and s grows. So s never falls, p grows by a fixed least
amount per step until it is 1, and q ≥ p. Every case of this argument is walked through below with exact numbers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from itertools import pairwise, product

import numpy as np
import pytest
from sympy import Expr, Integer, Rational, Symbol, cancel, diff, solve, symbols

from numerics.dynamics import Learning, Schedule, run
from theory import separatrix
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import ipd, normal_form, stag_hunt, symmetric_game
from theory.separatrix import Separatrix, corrected_field
from theory.symbols import P, R, S, T, correction

MODULE = import_module("theory.separatrix")  # the package exports the function under the same name
D = R - S - T + P
Point = tuple[Fraction, Fraction]
LOW, HIGH = (Fraction(0), Fraction(0)), (Fraction(1), Fraction(1))


# ------------------------------------------------------------------------------------------------ the hand solution


@dataclass(frozen=True)
class ByHand:
    """One game and one λ, everything in Fractions."""

    payoffs: tuple[Fraction, ...]
    size: Fraction

    @property
    def d(self) -> Fraction:
        r, s, t, p = self.payoffs
        return r - s - t + p

    @property
    def growth(self) -> Fraction:
        return self.d * (1 + self.size * self.d)

    @property
    def contraction(self) -> Fraction:
        return self.d * (1 - self.size * self.d)

    @property
    def boundary(self) -> Fraction:
        _, s, t, p = self.payoffs
        return 2 * (p - s - self.size * self.d * (t - p)) / self.growth

    @property
    def in_scope(self) -> bool:
        return self.growth > 0 and self.contraction >= 0 and 0 <= self.boundary <= 2

    def field(self, point: Point) -> Point:
        """v + λC from the payoff table, no formula shared with the closed form above."""
        r, s, t, pay = self.payoffs

        def one(own: Fraction, peer: Fraction) -> Fraction:
            gradient = peer * (r - t) + (1 - peer) * (s - pay)
            peer_effect = own * (r - s) + (1 - own) * (t - pay)  # how the peer's action moves the own value
            return gradient + self.size * self.d * peer_effect

        return one(point[0], point[1]), one(point[1], point[0])

    def step(self, point: Point, eta: Fraction) -> Point:
        moved = (x + eta * slope for x, slope in zip(point, self.field(point), strict=True))
        first, second = (min(Fraction(1), max(Fraction(0), x)) for x in moved)
        return first, second

    def orbit_end(self, point: Point, eta: Fraction, steps: int = 400) -> Point:
        """The rest point of the projected Euler map that is reached exactly, else the last point."""
        for _ in range(steps):
            following = self.step(point, eta)
            if following == point:
                break
            point = following
        return point

    def share(self) -> Fraction:
        """Area of {p + q > s*} in the square: its polygon cut by the line, by the shoelace formula."""
        square = [(Fraction(0), Fraction(0)), (Fraction(1), Fraction(0)), HIGH, (Fraction(0), Fraction(1))]
        kept: list[Point] = []
        for here, there in pairwise([*square, square[0]]):
            above, next_above = (sum(x) - self.boundary for x in (here, there))
            if above >= 0:
                kept.append(here)
            if above * next_above < 0:
                part = above / (above - next_above)
                kept.append(tuple(u + part * (w - u) for u, w in zip(here, there, strict=True)))  # type: ignore[arg-type]
        area = sum((a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*kept, *kept[:1]])), Fraction(0))
        return abs(area) / 2


def rational(x: Fraction) -> Rational:
    return Rational(x.numerator, x.denominator)


def fraction(x: Expr) -> Fraction:
    return Fraction(int(x.p), int(x.q))


@lru_cache
def symbolic() -> Separatrix:
    """No class of games, so that any payoffs may be put in."""
    return separatrix(symmetric_game("symmetric", ("A", "B"), (4, 0, 3, 2), target="A"))


def line_of(hand: ByHand) -> Separatrix:
    """The derived closed form at those payoffs (a symmetric game of any class)."""
    line = symbolic()
    values = dict(zip("RSTP", map(rational, hand.payoffs), strict=True))
    return Separatrix(**{**vars(line), "game": line.game.with_parameters(values)})


def by_hand(*numbers: object, size: object = 0) -> ByHand:
    return ByHand(tuple(Fraction(str(x)) for x in numbers), Fraction(str(size)))


# Hand-picked games: s* > 1 and < 1, λD = 1 exactly, s* = 0 and s* = 2 exactly, a dilemma with D > 0, negative payoffs.
PICKED = (
    by_hand(4, 0, 3, 2),
    by_hand(4, 0, 3, 2, size="1/20"),
    by_hand(4, 0, 3, 2, size="1/5"),
    by_hand(4, 0, 3, 2, size="1/3"),  # λD = 1
    by_hand(10, 3, 2, 4, size="1/10"),
    by_hand(10, 3, 2, 4, size="1/9"),  # λD = 1
    by_hand(5, -4, 1, -1, size="1/8"),
    by_hand(1, -3, -1, 2, size="1/14"),
    by_hand(3, 0, 2, 1, size="1/2"),  # λD = 1, s* = 0
    by_hand(1, 2, 0, 3, size="1/2"),  # λD = 1, s* = 2
    by_hand(4, 0, 3, 1, size="1/4"),  # s* = 0 with λD < 1
    by_hand(3, 0, "7/2", 1, size="1/2"),  # Prisoner's Dilemma: (1, 1) attracts for λ > 0 only
)


def random_games(count: int, seed: int) -> list[ByHand]:
    """Games of the class with λ in the scope, on both sides of s* = 1."""
    draw, found = random.Random(seed), []
    while len(found) < count:
        s, t = draw.randint(-6, 6), draw.randint(-6, 6)
        r, pay = t + draw.randint(1, 8), s + draw.randint(1, 8)
        d = r - s - t + pay
        hand = ByHand(tuple(map(Fraction, (r, s, t, pay))), Fraction(draw.randint(0, 4), 4 * d))
        wanted = len(found) % 2 == 0
        if hand.in_scope and (hand.boundary > 1) == wanted:
            found.append(hand)
    return found


RANDOM = tuple(random_games(8, seed=1))
SCOPE = PICKED + RANDOM


def ident(hand: object) -> str:
    return ",".join(map(str, hand.payoffs)) + f";{hand.size}" if isinstance(hand, ByHand) else str(hand)


def test_the_picked_games_are_what_they_are_said_to_be():
    assert all(hand.in_scope for hand in SCOPE)
    assert {hand.boundary for hand in PICKED} >= {0, 2}
    assert {hand.contraction == 0 for hand in PICKED} == {True, False}
    assert {hand.boundary > 1 for hand in RANDOM} == {True, False}


# -------------------------------------------------------------------------------------------------- the derivation


def test_field_is_the_linear_system_of_the_hand_derivation():
    p, q = symbols("p q", real=True)
    k = (P - S) - correction * D * (T - P)
    first, second = corrected_field(stag_hunt())
    assert (first - (correction * D**2 * p + D * q - k)).expand() == 0
    assert (second - (D * p + correction * D**2 * q - k)).expand() == 0


def test_rates_and_boundary_are_eigenvalues_and_stable_line():
    line, z = symbolic(), Symbol("z")
    k = (P - S) - correction * D * (T - P)
    # (λD² D; D λD²) maps (1, 1) to (λD² + D)(1, 1) and (1, −1) to (λD² − D)(1, −1).
    assert (line.growth - (correction * D**2 + D)).expand() == 0
    assert (-line.contraction - (correction * D**2 - D)).expand() == 0
    (rest,) = solve((correction * D**2 + D) * z - k, z)
    assert cancel(line.boundary - 2 * rest) == 0
    assert cancel(line.boundary_slope - 2 * (S - T) / (1 + correction * D) ** 2) == 0


def test_share_formulas_are_the_areas():
    line = symbolic()
    assert cancel(line.share_low - (1 - line.boundary**2 / 2)) == 0
    assert cancel(line.share_high - (2 - line.boundary) ** 2 / 2) == 0


@pytest.mark.parametrize("hand", SCOPE, ids=ident)
def test_closed_form_at_numbers(hand):
    line, size = line_of(hand), rational(hand.size)
    at = line.values(size)
    assert fraction(line.growth.subs(at)) == hand.growth
    assert fraction(line.contraction.subs(at)) == hand.contraction
    assert fraction(line.boundary.subs(at)) == hand.boundary
    assert fraction(line.share(size)) == hand.share()
    assert sum(hand.field((hand.boundary / 2, hand.boundary / 2))) == 0


def test_a_game_of_numbers_gives_the_same_as_a_game_of_symbols():
    hand = RANDOM[0]
    r, s, t, pay = map(rational, hand.payoffs)
    cells = {(0, 0): (r, r), (0, 1): (s, t), (1, 0): (t, s), (1, 1): (pay, pay)}
    line = separatrix(normal_form("numbers", (("A", "B"),) * 2, cells))
    assert fraction(line.share(rational(hand.size))) == hand.share()


@pytest.mark.parametrize(("size", "share"), [("0", ".2222"), ("1/20", ".4302"), ("1/10", ".6200"), ("1/5", ".8299")])
def test_shares_of_the_published_stag_hunt(size, share):
    assert abs(symbolic().share(Rational(size)) - Rational(share)) <= Rational(1, 20000)


def test_the_refutation_of_mean_alignment():
    line = line_of(by_hand(10, 3, 2, 4))
    assert abs(line.share(Rational(0)) - Rational(".9753")) <= Rational(1, 20000)
    assert abs(line.share(Rational(1, 10)) - Rational(".9464")) <= Rational(1, 20000)


# ---------------------------------------------------------------------------------------------------- exact orbits


def starts(hand: ByHand) -> list[Point]:
    """A grid with edges and corners, and points a little off the boundary, also where it meets the edges."""
    axis = [Fraction(k, 4) for k in range(5)]
    points = list(product(axis, axis))
    b, tiny = hand.boundary, Fraction(1, 1000)
    ends = ((max(Fraction(0), b - 1), min(Fraction(1), b)), (b / 2, b / 2))
    for low, high in ends:
        for side in (-tiny, tiny):
            for x, y in ((low + side, high), (low, high + side)):
                points += [(x, y), (y, x)]
    return [(x, y) for x, y in points if 0 <= x <= 1 and 0 <= y <= 1]


def step_sizes(hand: ByHand) -> list[Fraction]:
    """The largest step of the scope, η · contraction = 1, and a smaller one."""
    if hand.contraction == 0:
        return [1 / hand.growth, 5 / hand.growth]
    return [1 / hand.contraction, 1 / (3 * hand.growth)]


@pytest.mark.parametrize("hand", SCOPE, ids=ident)
def test_exact_orbits_go_to_the_corner_of_their_side(hand):
    for eta in step_sizes(hand):
        for start in starts(hand):
            side = sum(start) - hand.boundary
            if side != 0:
                assert hand.orbit_end(start, eta) == (HIGH if side > 0 else LOW), (start, eta)


@pytest.mark.parametrize("hand", SCOPE, ids=ident)
def test_the_boundary_is_invariant(hand):
    for eta in step_sizes(hand):
        for part in range(5):
            low, high = max(Fraction(0), hand.boundary - 1), min(Fraction(1), hand.boundary)
            start = low + (high - low) * part / 4
            point = (start, hand.boundary - start)
            for _ in range(4):
                point = hand.step(point, eta)
                assert sum(point) == hand.boundary


@pytest.mark.parametrize("hand", SCOPE, ids=ident)
def test_every_inequality_of_the_written_argument(hand):
    # See the docstring: above the boundary s never falls, the smaller coordinate grows at least at growth (s − s*)/2.
    for eta in step_sizes(hand):
        for p, q in starts(hand):
            if p > q or p + q <= hand.boundary:
                continue
            slopes, following = hand.field((p, q)), hand.step((p, q), eta)
            assert slopes[0] >= slopes[1]
            assert slopes[0] >= hand.growth * (p + q - hand.boundary) / 2 > 0
            assert following[0] <= following[1]  # the order of the coordinates is kept
            assert sum(following) >= p + q
            assert following[0] > p or following[0] == 1
            if slopes[1] < 0:
                assert following == (p + eta * slopes[0], q + eta * slopes[1])  # nothing was clipped


def test_both_corners_rest_in_the_whole_scope():
    # growth > 0 and 0 ≤ s* ≤ 2 already keep λC from pushing either corner inward.
    for hand in SCOPE:
        assert min(hand.field(HIGH)) >= 0 and max(hand.field(LOW)) <= 0
        assert min(hand.field(HIGH)) == hand.growth * (2 - hand.boundary) / 2


def test_larger_steps_than_the_scope_allows_break_it():
    # η · contraction = 3: the orbit of a start above the boundary cycles between (0, 1) and (1, 0).
    hand = by_hand(4, 0, 3, 2)
    start, eta = (Fraction(2, 5), Fraction(1)), Fraction(1)
    assert eta * hand.contraction == 3 and sum(start) > hand.boundary
    assert hand.orbit_end(start, eta) not in (LOW, HIGH)
    assert hand.orbit_end(start, 1 / hand.contraction) == HIGH


# ---------------------------------------------------------------------------------------------------- float dynamics


def float_ends(hand: ByHand, points: np.ndarray, eta: float, steps: int) -> np.ndarray:
    """Projected Euler steps of the compiled learning rule: peer term only, expanded, c_peer = λ/α."""
    values = dict(zip("RSTP", map(rational, hand.payoffs), strict=True))
    inner = 0.25
    learning = Learning(
        game=symbolic().game.with_parameters(values),
        policy="direct",
        rule="peer",
        form="expanded",
        unroll=1,
        inner_lr=(inner, inner),
        own=0.0,
        peer=float(hand.size) / inner,
        schedule=Schedule(lr=eta),
    )
    return run(learning, points, steps)


@pytest.mark.parametrize("hand", SCOPE, ids=ident)
@pytest.mark.parametrize("fineness", [0.9, pytest.param(0.05, marks=pytest.mark.thorough)])
def test_float_orbits_go_to_the_corner_of_their_side(hand, fineness):
    size = 23
    axis = [Fraction(k, size - 1) for k in range(size)]
    points = [point for point in product(axis, axis) if abs(sum(point) - hand.boundary) > Fraction(1, 10**6)]
    eta = fineness / float(max(hand.contraction, hand.growth))
    ends = float_ends(hand, np.array(points, dtype=float).T, eta, int(40 / fineness))
    above = np.array([sum(point) > hand.boundary for point in points])
    assert (ends[:, above] == 1).all() and (ends[:, ~above] == 0).all()


@pytest.mark.thorough
@pytest.mark.parametrize("hand", SCOPE, ids=ident)
def test_float_share_on_a_fine_grid(hand):
    size = 401
    axis = (np.arange(size) + 0.5) / size
    points = np.stack([rows.ravel() for rows in np.meshgrid(axis, axis)])
    ends = float_ends(hand, points, 0.5 / float(max(hand.contraction, hand.growth)), 120)
    assert abs((ends.min(0) > 0.5).mean() - float(hand.share())) < 2 / size


# ------------------------------------------------------------------------------------------------ outside the scope


def share_formula(hand: ByHand) -> Fraction:
    """What the formula would say without the guard."""
    line = line_of(hand)
    at = line.values(rational(hand.size))
    return fraction((line.share_low if hand.boundary <= 1 else line.share_high).subs(at))


def exact_share(hand: ByHand, size: int = 12) -> Fraction:
    """Share of cell centres whose exact orbit (η = 1/(2 growth)) ends at (1, 1)."""
    axis = [Fraction(2 * k + 1, 2 * size) for k in range(size)]
    eta = 1 / (2 * max(abs(hand.growth), abs(hand.contraction)))
    return Fraction(sum(hand.orbit_end(point, eta, 200) == HIGH for point in product(axis, axis)), size * size)


OUTSIDE = {
    "s* < 0: all starts succeed": (by_hand(4, 0, 3, 1, size="1/2"), Fraction(1)),
    "s* > 2: none does": (by_hand(1, 3, 0, 4, size="1/2"), Fraction(0)),
}


@pytest.mark.parametrize(("hand", "truth"), OUTSIDE.values(), ids=OUTSIDE)
def test_boundary_outside_the_square_is_refused_and_the_formula_would_be_wrong(hand, truth):
    assert hand.growth > 0 and hand.contraction >= 0 and not 0 <= hand.boundary <= 2
    with pytest.raises(BadInput, match="outside"):
        line_of(hand).share(rational(hand.size))
    assert exact_share(hand) == truth != share_formula(hand)


def test_beyond_lambda_d_1_low_boundary_loses_its_ends_to_the_target():
    # λD = 3, s* = 1/6: (0, 3/20) lies below the line and still reaches (1, 1) along the edge.
    hand = by_hand(3, 0, 1, 1, size=1)
    assert hand.size * hand.d == 3 and hand.boundary == Fraction(1, 6)
    with pytest.raises(BadInput, match="contraction"):
        line_of(hand).share(Integer(1))
    start = (Fraction(0), Fraction(3, 20))
    assert sum(start) < hand.boundary and hand.orbit_end(start, Fraction(1, 20)) == HIGH


def test_beyond_lambda_d_1_high_boundary_loses_its_ends_to_the_other_corner():
    # The mirror image: the basin is then smaller than the formula's, so "larger" is no general rule.
    hand = by_hand(1, 1, 0, 3, size=1)
    assert hand.size * hand.d == 3 and hand.boundary == 2 - Fraction(1, 6)
    with pytest.raises(BadInput, match="contraction"):
        line_of(hand).share(Integer(1))
    start = (Fraction(1), Fraction(17, 20))
    assert sum(start) > hand.boundary and hand.orbit_end(start, Fraction(1, 20)) == LOW


@pytest.mark.parametrize("r", ["1", "11/10"])
def test_beyond_lambda_d_1_the_mixed_corners_can_attract(r):
    # With s* near 1 the corners (0, 1) and (1, 0) become rest points that attract: both basins shrink, also for s* < 1.
    hand = by_hand(r, 0, 0, 1, size=1)
    assert hand.size * hand.d > 1 and Fraction(9, 10) < hand.boundary <= 1
    with pytest.raises(BadInput, match="contraction"):
        line_of(hand).share(Integer(1))
    corner = (Fraction(0), Fraction(1))
    slopes = hand.field(corner)
    assert slopes[0] < 0 < slopes[1]
    start = (Fraction(1, 5), Fraction(1))
    assert sum(start) > hand.boundary and hand.orbit_end(start, Fraction(1, 20)) == corner
    assert exact_share(hand) < share_formula(hand)


@pytest.mark.parametrize(
    "hand",
    [
        by_hand(0, 3, 4, 1),  # chicken: growth < 0
        by_hand(0, 3, 4, 1, size=1),  # chicken, λ|D| > 1: growth > 0 again, but p − q grows
        by_hand(2, -1, 3, 0),  # donation game: D = 0
        by_hand(3, 0, 5, 1, size="1/2"),  # dilemma with D < 0
        by_hand(3, 0, "7/2", 1),  # dilemma with D > 0 and λ = 0: s* = 4
        by_hand(4, 0, 3, 2, size="34/100"),  # λD slightly above 1
    ],
    ids=ident,
)
def test_other_games_and_sizes_are_refused(hand):
    with pytest.raises(BadInput, match="λ = "):
        line_of(hand).share(rational(hand.size))


def test_the_guard_is_exact_at_its_ends():
    tiny = Fraction(1, 10**9)
    for hand, outward in ((PICKED[3], 1), (PICKED[8], 1), (PICKED[9], 1), (PICKED[10], 1)):
        line_of(hand).share(rational(hand.size))  # λD = 1, s* = 0, s* = 2: inside
        beyond = ByHand(hand.payoffs, hand.size + outward * tiny)
        assert not beyond.in_scope
        with pytest.raises(BadInput):
            line_of(beyond).share(rational(beyond.size))


@pytest.mark.parametrize(
    "game",
    [
        ipd(),
        normal_form("three", (("A", "B", "C"),) * 2, {k: (1, 1) for k in product(range(3), repeat=2)}),
        normal_form("three-players", (("A", "B"),) * 3, {k: (1, 1, 1) for k in product(range(2), repeat=3)}),
        normal_form("unequal", (("A", "B"),) * 2, {(0, 0): (4, 2), (0, 1): (0, 0), (1, 0): (0, 0), (1, 1): (2, 4)}),
    ],
    ids=lambda game: game.name,
)
def test_other_kinds_of_games_are_refused(game):
    with pytest.raises(BadInput, match=game.name):
        separatrix(game)


def test_without_interaction_there_is_no_line():
    donation = {(0, 0): (2, 2), (0, 1): (-1, 3), (1, 0): (3, -1), (1, 1): (0, 0)}
    with pytest.raises((BadInput, Undecided)):
        separatrix(normal_form("donation", (("C", "D"),) * 2, donation)).share(Rational(0))


# ------------------------------------------------------------------------------------------- what C15 says about it


def test_the_boundary_moves_down_exactly_when_t_exceeds_s():
    draw = random.Random(2)
    for hand in random_games(25, seed=3):
        r, s, t, pay = hand.payoffs
        if draw.random() < 0.2:
            t, r = s, s + r - t  # T = S: it must not move
        shifted = ByHand((r, s, t, pay), hand.size)
        slope = symbolic().boundary_slope.subs(line_of(shifted).values(rational(hand.size)))
        assert (slope < 0, slope > 0) == (t > s, t < s)


def test_shares_follow_the_boundary_in_the_whole_scope():
    seen = set()
    for hand in random_games(12, seed=4):
        _, s, t, _ = hand.payoffs
        sizes = [Fraction(k, 6) / hand.d for k in range(7)]
        inside = [at for at in (ByHand(hand.payoffs, size) for size in sizes) if at.in_scope]
        shares = [line_of(at).share(rational(at.size)) for at in inside]
        for low, high in pairwise(shares):
            assert (high > low, high < low) == (t > s, t < s)
            seen.add(t > s)
    assert seen == {True, False}


def test_at_4_0_3_2_every_lambda_of_the_scope_is_covered():
    # The statement needs 0 ≤ s* ≤ 2 on all of 0 ≤ λ ≤ 1/3, not only at the tabulated sizes.
    line = symbolic()
    boundary = line.boundary.subs(dict(line.game.parameters))
    slope = diff(boundary, correction)
    assert cancel(slope + 6 / (1 + 3 * correction) ** 2) == 0  # falling for every λ ≥ 0
    assert boundary.subs(correction, 0) == Rational(4, 3)
    assert boundary.subs(correction, Rational(1, 3)) == Rational(1, 3)
    shares = [line.share(Rational(k, 120)) for k in range(41)]
    assert all(later > earlier for earlier, later in pairwise(shares))
    with pytest.raises(BadInput):
        line.share(Rational(41, 120))


def test_the_correction_can_lower_the_share():
    line = line_of(by_hand(10, 3, 2, 4))
    shares = [line.share(Rational(k, 45)) for k in range(6)]
    assert all(later < earlier for earlier, later in pairwise(shares))


# ------------------------------------------------------------------------------------------------ negative controls


def test_a_wrong_correction_is_noticed(monkeypatch):
    original = stag_hunt()
    right = separatrix(original)
    for wrong in (-correction, Integer(0)):
        field = tuple(entry.xreplace({correction: wrong}) for entry in corrected_field(original))
        monkeypatch.setattr(MODULE, "corrected_field", lambda game, field=field: field)
        changed = separatrix(original)
        assert changed.share(Rational(0)) == right.share(Rational(0))
        assert changed.boundary_slope != right.boundary_slope
        hand = by_hand(4, 0, 3, 2, size="1/20")
        assert fraction(changed.boundary.subs(changed.values(Rational(1, 20)))) != hand.boundary


def test_the_derivation_refuses_a_field_that_is_not_affine(monkeypatch):
    p, q = symbols("p q", real=True)
    for field in ((p * q, p * q), (p**2, q**2), (p + q**3, q + p**3)):
        monkeypatch.setattr(MODULE, "corrected_field", lambda game, field=field: field)
        with pytest.raises(Undecided):
            separatrix(stag_hunt())


def test_an_orbit_can_fail_the_comparison():
    # The same check with the boundary of another λ finds starts on the wrong side.
    hand, other = by_hand(4, 0, 3, 2, size="1/5"), by_hand(4, 0, 3, 2)
    wrong = [start for start in starts(other) if hand.boundary < sum(start) < other.boundary]
    assert wrong and all(hand.orbit_end(start, Fraction(1, 10)) == HIGH for start in wrong)


# ------------------------------------------------------------------------------------------------------ open holes


def test_share_is_exact_or_refused():
    assert symbolic().share(0.1) == symbolic().share(Rational(1, 10))  # type: ignore[arg-type]


def test_chicken_has_no_closed_form_for_any_lambda():
    game = symmetric_game("chicken", ("Swerve", "Straight"), (0, 3, 4, 1))
    line = separatrix(game)
    for k in range(12):
        with pytest.raises(BadInput):
            line.share(Rational(k, 4))
