"""theory.alignment against brute force on exact grids, hand formulas and SymPy differentiation of the bilinear values.

The reference is written here from the payoff tables alone. With V₁ = Σ π₁(a)π₂(b) u₁(a, b) and D_i the mixed second
difference of u_i, the correction of player 1 in direct coordinates is ∂ₚ∂_qV₂ · ∂_qV₁ = D₂ · (slope of V₁ in q), affine
in p: its extrema over [0, 1] are at the ends, so a grid with the corners decides its sign on the square.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Mul, Rational, Symbol, cancel, diff, exp, symbols

from theory import alignment
from theory.alignment import Alignment, align, as_inequality
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import REGISTRY, Game, ipd, normal_form, prisoners_dilemma, stag_hunt, symmetric_game
from theory.symbols import P, R, S, T
from theory.updates.model import Unroll
from theory.values import GamePoint

p, q = symbols("p q", real=True)
D = R - S - T + P
ACTIONS = ("A", "B")
TARGETS = tuple(product(ACTIONS, ACTIONS))
# 0, 1 and points in between, some of them close to the ends: every sign change of a small affine form is inside.
GRID = tuple(Fraction(*pair) for pair in ((0, 1), (1, 997), (1, 5), (1, 2), (3, 4), (996, 997), (1, 1)))

Table = tuple[tuple[Any, Any], tuple[Any, Any]]  # u[a][b]: own payoff when player 1 plays a and player 2 plays b


# ------------------------------------------------------------------------------------------------ the reference


def mixed_difference(u: Table) -> Any:
    """u(A,A) − u(A,B) − u(B,A) + u(B,B)."""
    return u[0][0] - u[0][1] - u[1][0] + u[1][1]


def corrections(u1: Table, u2: Table, at_p: Any, at_q: Any) -> tuple[Any, Any]:
    """(C₁, C₂) in direct coordinates, straight from the tables."""
    slope_of_1_in_q = at_p * (u1[0][0] - u1[0][1]) + (1 - at_p) * (u1[1][0] - u1[1][1])
    slope_of_2_in_p = at_q * (u2[0][0] - u2[1][0]) + (1 - at_q) * (u2[0][1] - u2[1][1])
    return mixed_difference(u2) * slope_of_1_in_q, mixed_difference(u1) * slope_of_2_in_p


def signs(target: Sequence[str], first: Sequence[str] = ("A", "A")) -> tuple[int, int]:
    """+1 where the target has the player's first action, else −1."""
    return tuple(1 if action == name else -1 for action, name in zip(target, first, strict=True))  # type: ignore[return-value]


def brute_force(u1: Table, u2: Table, sign: tuple[int, int]) -> bool:
    """Whether neither player's correction points away from the target anywhere on the grid."""
    points = (corrections(u1, u2, a, b) for a in GRID for b in GRID)
    return all(sign[0] * c1 >= 0 and sign[1] * c2 >= 0 for c1, c2 in points)


def inner_witness(u1: Table, u2: Table, sign: tuple[int, int]) -> tuple[int, Fraction] | None:
    """(player, probability in (0, 1)) where that player's correction points strictly away from the target, if any."""
    for player in range(2):

        def toward(x: Fraction, player: int = player) -> Fraction:
            return sign[player] * corrections(u1, u2, x, x)[player]

        low, high = toward(Fraction(0)), toward(Fraction(1))
        if min(low, high) < 0:
            if low * high >= 0:
                return player, Fraction(1, 2)
            root = low / (low - high)
            return player, root / 2 if low < 0 else (1 + root) / 2
    return None


def tables(entries: Sequence[Any]) -> tuple[Table, Table]:
    """Eight payoffs → (u₁, u₂), each [[AA, AB], [BA, BB]]."""
    a, b, c, d, e, f, g, h = entries
    return ((a, b), (c, d)), ((e, f), (g, h))


def symmetric_tables(values: Sequence[Any]) -> tuple[Table, Table]:
    r, s, t, pay = values
    return ((r, s), (t, pay)), ((r, t), (s, pay))


def game_of(u1: Table, u2: Table, **more: Any) -> Game:
    cells = {(a, b): (u1[a][b], u2[a][b]) for a in (0, 1) for b in (0, 1)}
    return normal_form("general", (ACTIONS, ACTIONS), cells, **more)


def rationals_of(entries: Sequence[Fraction]) -> list[Rational]:
    return [Rational(x.numerator, x.denominator) for x in entries]


NAMES = symbols("a1 b1 c1 d1 a2 b2 c2 d2", real=True)


@lru_cache
def general(policy: str, target: tuple[str, str] = ("A", "A")) -> Alignment:
    """Eight independent symbolic payoffs, no assumption on them."""
    u1, u2 = tables(NAMES)
    return align(game_of(u1, u2, parameters=[(name, Rational(1)) for name in NAMES]), policy, target)


@lru_cache
def derived(make: Callable[[], Game], policy: str, target: tuple[str, str]) -> Alignment:
    return align(make(), policy, target)


def at(derivation: Alignment, **values: Fraction) -> Alignment:
    """The derivation at other payoffs of its class."""
    exact_values = {name: Rational(x.numerator, x.denominator) for name, x in values.items()}
    return replace(derivation, game=derivation.game.with_parameters(exact_values))


def draw_fractions(draw: random.Random, count: int) -> list[Fraction]:
    return [Fraction(draw.randint(-12, 12), draw.randint(1, 4)) for _ in range(count)]


def stag_hunts(draw: random.Random) -> list[Fraction]:
    """R, S, T, P with R > T and P > S, nothing else."""
    s, t = draw_fractions(draw, 2)
    up, down = (Fraction(draw.randint(1, 20), draw.randint(1, 4)) for _ in range(2))
    return [t + up, s, t, s + down]


def dilemmas(draw: random.Random) -> list[Fraction]:
    """R, S, T, P with T > R > P > S."""
    s = draw_fractions(draw, 1)[0]
    steps = [Fraction(draw.randint(1, 20), draw.randint(1, 4)) for _ in range(3)]
    return [s + steps[0] + steps[1], s, s + sum(steps), s + steps[0]]


CLASSES: dict[str, tuple[Callable[[], Game], tuple[str, str], Callable[[random.Random], list[Fraction]]]] = {
    "stag-hunt": (stag_hunt, ("Stag", "Hare"), stag_hunts),
    "prisoners-dilemma": (prisoners_dilemma, ("C", "D"), dilemmas),
}


# ------------------------------------------------------------------------------------------ the correction itself


@pytest.mark.parametrize("name", CLASSES)
def test_symmetric_correction_is_the_hand_formula(name):
    make, _, _ = CLASSES[name]
    first, second = align(make(), "direct", ("Stag", "Stag") if name == "stag-hunt" else ("C", "C")).correction
    assert (first - D * ((T - P) + D * p)).expand() == 0
    assert (second - D * ((T - P) + D * q)).expand() == 0


def test_general_direct_correction_by_differentiating_the_bilinear_values():
    u1, u2 = tables(NAMES)
    v1, v2 = (
        p * q * u[0][0] + p * (1 - q) * u[0][1] + (1 - p) * q * u[1][0] + (1 - p) * (1 - q) * u[1][1] for u in (u1, u2)
    )
    first, second = general("direct").correction
    assert (first - diff(v2, p, q) * diff(v1, q)).expand() == 0
    assert (second - diff(v1, p, q) * diff(v2, p)).expand() == 0


def test_general_logit_correction_by_differentiating_through_the_logistic_function():
    x, y = symbols("x y", real=True)
    u1, u2 = tables(NAMES)
    a, b = 1 / (1 + exp(-x)), 1 / (1 + exp(-y))
    v1, v2 = (
        a * b * u[0][0] + a * (1 - b) * u[0][1] + (1 - a) * b * u[1][0] + (1 - a) * (1 - b) * u[1][1] for u in (u1, u2)
    )
    odds = {exp(-x): (1 - p) / p, exp(-y): (1 - q) / q}
    by_hand = (diff(v2, x, y) * diff(v1, y), diff(v1, x, y) * diff(v2, x))
    for derived_entry, entry in zip(general("logit").correction, by_hand, strict=True):
        assert cancel(derived_entry - entry.xreplace(odds)) == 0


def test_logit_correction_is_the_direct_one_times_the_slopes_of_the_policy():
    # ∂ₓ∂ᵧV₂ · ∂ᵧV₁ brings one slope for player 1 and two for player 2; never negative, zero only on the border.
    slopes = (p * (1 - p) * (q * (1 - q)) ** 2, q * (1 - q) * (p * (1 - p)) ** 2)
    for direct, logit, slope in zip(general("direct").correction, general("logit").correction, slopes, strict=True):
        assert (logit - slope * direct).expand() == 0


@pytest.mark.parametrize("name", CLASSES)
def test_conditions_are_the_same_in_both_coordinates(name):
    make, actions, _ = CLASSES[name]
    for target in ((actions[0], actions[0]), (actions[1], actions[0])):
        logit, direct = derived(make, "logit", target), derived(make, "direct", target)
        assert (logit.conditions, logit.possible) == (direct.conditions, direct.possible)
        for component, other in zip(logit.components, direct.components, strict=True):
            assert component.positive_where == other.positive_where


# -------------------------------------------------------------------------------- conditions against brute force


@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("name", CLASSES)
def test_conditions_decide_the_sign_on_the_whole_square_for_every_game_of_the_class(name, policy):
    make, actions, games = CLASSES[name]
    draw, outcomes = random.Random(name), set()
    for target in product(actions, actions) if policy == "direct" else ((actions[0],) * 2, (actions[1], actions[0])):
        derivation = derived(make, policy, target)
        for _ in range(40):
            values = games(draw)
            here = at(derivation, **dict(zip("RSTP", values, strict=True)))
            u1, u2 = symmetric_tables(values)
            sign = signs(target, (actions[0], actions[0]))
            assert here.holds == brute_force(u1, u2, sign), (target, values)
            witness = inner_witness(u1, u2, sign)
            assert here.holds == (witness is None), (target, values)
            if witness is not None:  # the derived expression itself is negative there
                player, x = witness
                point = {**dict(here.game.parameters), p: Rational(x), q: Rational(x)}
                assert here.components[player].toward_target.subs(point) < 0
            outcomes.add((target, here.holds))
    toward, away = (actions[0], actions[0]), (actions[1], actions[1])
    assert {(toward, True), (toward, False)} <= outcomes  # both directions of "if and only if" were exercised
    if name == "stag-hunt" and policy == "direct":
        assert {(away, True), (away, False)} <= outcomes


def test_stag_hunt_condition_is_exactly_t_at_least_p():
    draw = random.Random(5)
    derivation = derived(stag_hunt, "direct", ("Stag", "Stag"))
    assert derivation.conditions == (T - P,)
    for _ in range(60):
        values = stag_hunts(draw)
        assert at(derivation, **dict(zip("RSTP", values, strict=True))).holds == (values[2] >= values[3])
    edge = at(derivation, R=Fraction(4), S=Fraction(0), T=Fraction(2), P=Fraction(2))
    assert edge.holds  # T = P: zero at p = 0, never negative


def test_hare_is_the_mirror_image_of_stag():
    # Renaming the actions turns R ↔ P and S ↔ T: the condition toward Hare is S ≥ R.
    derivation = derived(stag_hunt, "direct", ("Hare", "Hare"))
    assert derivation.conditions == (S - R,)
    assert derivation.possible


def test_mixed_targets_ask_for_opposite_signs():
    # C₁ depends on p and C₂ on q through the same form, so both (1, 0) signs hold at once only where it vanishes.
    derivation = derived(stag_hunt, "direct", ("Stag", "Hare"))
    assert set(derivation.conditions) == {T - P, S - R}
    first, second = derivation.components
    assert (first.toward_target + second.toward_target.subs(q, p)).expand() == 0


entry = st.fractions(min_value=-4, max_value=4, max_denominator=3)


@given(st.lists(entry, min_size=8, max_size=8), st.sampled_from(TARGETS), st.sampled_from(["direct", "logit"]))
@settings(max_examples=50, deadline=None)
def test_general_numeric_games_against_brute_force(entries, target, policy):
    u1, u2 = tables(entries)
    game = game_of(*tables(rationals_of(entries)), target=target)
    found = align(game, policy)
    assert found.holds == found.possible == brute_force(u1, u2, signs(target))
    assert found.conditions == ()  # nothing is left open once the payoffs are numbers
    witness = inner_witness(u1, u2, signs(target))
    assert found.holds == (witness is None)
    if witness is not None:
        player, x = witness
        assert found.components[player].toward_target.subs({p: Rational(x), q: Rational(x)}) < 0


@pytest.mark.parametrize(
    ("policy", "target"), [*(("direct", target) for target in TARGETS), ("logit", ("A", "A")), ("logit", ("A", "B"))]
)
def test_general_symbolic_games_against_brute_force(policy, target):
    draw, outcomes = random.Random(f"{target}"), set()
    derivation = general(policy, target)
    for number in range(60):
        entries = draw_fractions(draw, 8)
        if number % 3 == 0:  # the exceptional set: one player has no interaction
            entries[0] = entries[1] + entries[2] - entries[3]
        u1, u2 = tables(entries)
        here = at(derivation, **{name.name: x for name, x in zip(NAMES, entries, strict=True)})
        assert here.holds == brute_force(u1, u2, signs(target)), entries
        outcomes.add(here.holds)
    assert outcomes == {True, False}


def test_asymmetric_coordination_games_of_a_class():
    # The class settles D₁ and D₂ > 0; the four ends of the two affine factors stay open.
    a1, b1, c1, d1, a2, b2, c2, d2 = NAMES
    u1, u2 = tables(NAMES)
    ordering = (a1 - c1, d1 - b1, a2 - b2, d2 - c2)
    values = [(name, Rational(x)) for name, x in zip(NAMES, (4, 0, 3, 2, 4, 3, 0, 2), strict=True)]
    derivation = align(game_of(u1, u2, parameters=values, ordering=ordering, target=("A", "A")))
    # a1 ≥ b1 follows from c1 ≥ d1 and the class, as in Stag Hunt.
    assert set(derivation.conditions) == {c1 - d1, c2 - d2} or set(derivation.conditions) == {c1 - d1, b2 - d2}
    draw, outcomes = random.Random(11), set()
    for _ in range(60):
        e = draw_fractions(draw, 8)
        e[0] = e[2] + Fraction(draw.randint(1, 9), 2)
        e[3] = e[1] + Fraction(draw.randint(1, 9), 2)
        e[4] = e[5] + Fraction(draw.randint(1, 9), 2)
        e[7] = e[6] + Fraction(draw.randint(1, 9), 2)
        here = at(derivation, **{name.name: x for name, x in zip(NAMES, e, strict=True)})
        assert here.holds == brute_force(*tables(e), (1, 1)), e
        outcomes.add(here.holds)
    assert outcomes == {True, False}


def test_payoffs_that_are_polynomials_in_one_parameter():
    # D = k and T − P = 1 − k²: factors that are no linear forms must still decide every k.
    k = Symbol("k", real=True)
    payoffs = (k + 1 - k**2 + 2, Integer(2), 3 - k**2, Integer(2))  # R, S, T, P; R − S − T + P = k
    assert (payoffs[0] - payoffs[1] - payoffs[2] + payoffs[3] - k).expand() == 0
    game = game_of(*symmetric_tables(payoffs), parameters=[(k, Rational(1))], target=("A", "A"))
    derivation = align(game)
    for number in range(-12, 13):
        value = Fraction(number, 5)
        numbers = [Fraction(*x.subs(k, Rational(value)).as_numer_denom()) for x in payoffs]
        assert at(derivation, k=value).holds == brute_force(*symmetric_tables(numbers), (1, 1)), value


def named_square_games() -> list[str]:
    made = {name: make() for name, make in REGISTRY.items()}
    return [
        name
        for name, game in made.items()
        if isinstance(game, Game) and game.one_shot and [len(names) for names in game.actions] == [2, 2]
    ]


@pytest.mark.parametrize("name", named_square_games())
def test_named_games_at_many_parameter_values_against_brute_force(name):
    game, draw = REGISTRY[name](), random.Random(name)
    first = tuple(names[0] for names in game.actions)
    for target in product(*game.actions):
        derivation, tried = align(game, "direct", target), 0
        for _ in range(200):
            if tried == 6:
                break
            values = {symbol.name: Fraction(draw.randint(-3, 5)) for symbol, _ in game.parameters} if tried else {}
            try:
                here = at(derivation, **values)
            except BadInput:  # outside the class
                continue
            tried += 1
            rewards = [[Fraction(*entry.as_numer_denom()) for entry in cell] for cell in here.game.instance().reward[0]]
            u1, u2 = (tables([cell[i] for cell in rewards] * 2)[0] for i in (0, 1))
            assert here.holds == brute_force(u1, u2, signs(target, first)), (target, values)
            if tried < 3:
                assert as_holds(align(here.game.instance(), "direct", target)) == here.holds


def as_holds(found: Alignment) -> bool:
    assert found.conditions == ()
    return found.holds


def test_payoffs_with_a_parameter_in_the_denominator():
    # D₂ = 1/k: the sign of the denominator counts.
    k = Symbol("k", real=True)
    u1, u2 = tables([Integer(2), Integer(0), Integer(1), Integer(0), 1 / k, Integer(0), Integer(0), Integer(0)])
    derivation = align(game_of(u1, u2, parameters=[(k, Rational(1))], target=("A", "A")))
    for value in (Fraction(1, 3), Fraction(2), Fraction(-1, 3), Fraction(-2)):
        numbers = tables([Fraction(x) for x in (2, 0, 1, 0, 1 / value, 0, 0, 0)])
        assert at(derivation, k=value).holds == brute_force(*numbers, (1, 1)) == (value > 0)


# ----------------------------------------------------------------------------- where it is positive, inequalities


@pytest.mark.parametrize("name", CLASSES)
def test_positive_where_has_the_sign_of_the_correction_inside_the_square(name):
    make, actions, games = CLASSES[name]
    draw = random.Random(3)
    for target in product(actions, actions):
        derivation = derived(make, "direct", target)
        for _ in range(8):
            values = dict(zip((R, S, T, P), rationals_of(games(draw)), strict=True))
            for component in derivation.components:
                for x, y in product((Rational(1, 9), Rational(1, 2), Rational(8, 9)), repeat=2):
                    point = {**values, p: x, q: y}
                    product_sign = Mul(*component.positive_where).subs(point)
                    assert (component.toward_target.subs(point) > 0) == (product_sign > 0)


def test_as_inequality_solves_the_open_factor():
    to_stag, to_hare = (derived(stag_hunt, "direct", target) for target in (("Stag", "Stag"), ("Hare", "Hare")))
    (factor,) = to_stag.components[0].positive_where
    symbol, relation, bound = as_inequality(factor, to_stag.game)
    assert (symbol, relation) == (p, ">") and cancel(bound - (P - T) / D) == 0
    (factor,) = to_hare.components[1].positive_where
    symbol, relation, bound = as_inequality(factor, to_hare.game)
    assert (symbol, relation) == (q, "<") and cancel(bound - (P - T) / D) == 0


def test_as_inequality_is_the_truth_for_every_game_of_the_class():
    draw = random.Random(8)
    derivation = derived(stag_hunt, "direct", ("Stag", "Stag"))
    (factor,) = derivation.components[0].positive_where
    _, _, bound = as_inequality(factor, derivation.game)
    for _ in range(20):
        values = stag_hunts(draw)
        edge = bound.subs(dict(zip((R, S, T, P), rationals_of(values), strict=True)))
        for x in GRID:
            assert (corrections(*symmetric_tables(values), x, x)[0] > 0) == (Rational(x) > edge)
        if values[0] <= values[1]:  # R ≤ S: the bound lies at or beyond 1, nowhere positive
            assert edge >= 1


def test_as_inequality_declines_what_it_cannot_solve():
    game = stag_hunt()
    assert as_inequality(T - P, game) is None  # holds no probability
    assert as_inequality(p + q - 1, game) is None  # holds two
    assert as_inequality((T - P) * p - 1, game) is None  # slope of either sign in the class
    symbol, relation, bound = as_inequality(1 - 2 * (P - S) * q, game)
    assert (symbol, relation) == (q, "<") and cancel(bound - 1 / (2 * (P - S))) == 0


# ------------------------------------------------------------------------------------------------- inner product


@pytest.mark.parametrize(
    ("policy", "target", "corner"),
    [
        ("direct", ("A", "A"), (1, 1)),
        ("direct", ("A", "B"), (1, 0)),
        ("direct", ("B", "A"), (0, 1)),
        ("direct", ("B", "B"), (0, 0)),
        ("logit", ("B", "A"), (0, 1)),
    ],
)
def test_inner_product_is_the_correction_times_the_way_to_the_target(policy, target, corner):
    numbers = [Rational(x) for x in (3, 0, -1, 2, 5, 1, 0, 4)]
    derivation = general(policy, target) if policy == "direct" else align(game_of(*tables(numbers)), policy, target)
    (c1, c2), (top, right) = derivation.correction, corner
    assert (derivation.inner_product - ((top - p) * c1 + (right - q) * c2)).expand() == 0


def test_order_alignment_implies_a_nonnegative_inner_product():
    draw = random.Random(4)
    for target in (("Stag", "Stag"), ("Hare", "Hare")):
        derivation = derived(stag_hunt, "direct", target)
        seen = 0
        while seen < 10:
            values = stag_hunts(draw)
            here = at(derivation, **dict(zip("RSTP", values, strict=True)))
            if not here.holds:
                continue
            seen += 1
            product_here = here.game.value_of(here.inner_product)
            assert all(product_here.subs({p: Rational(a), q: Rational(b)}) >= 0 for a in GRID for b in GRID)


def test_inner_product_can_be_negative_where_the_condition_fails():
    product_here = stag_hunt(R=4, S=0, T=1, P=3).value_of(derived(stag_hunt, "direct", ("Stag", "Stag")).inner_product)
    assert product_here.subs({p: Rational(1, 10), q: Rational(1, 10)}) < 0


# ------------------------------------------------------------------------------------------- degenerate and refused


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_without_interaction_the_correction_vanishes_and_every_target_is_aligned(policy):
    donation = game_of(*symmetric_tables([Rational(x) for x in (2, -1, 3, 0)]))
    for target in TARGETS:
        found = align(donation, policy, target)
        assert found.correction == (0, 0)
        assert found.holds and found.possible and found.conditions == () and found.inner_product == 0


def test_one_sided_interaction_leaves_one_component():
    # D₂ = 0 kills C₁ (the peer does not react to player 1), C₂ stays.
    u1, u2 = tables([Rational(x) for x in (3, 0, 0, 1, 5, 4, 3, 2)])
    found = align(game_of(u1, u2, target=("A", "A")))
    assert found.correction[0] == 0 and found.correction[1] != 0


@pytest.mark.parametrize(
    ("game", "target"),
    [
        (game_of(*tables([Rational(1)] * 8)), None),  # no target
        (ipd(), None),
        (game_of(*tables([Rational(1)] * 8)), ("A",)),
        (game_of(*tables([Rational(1)] * 8)), ("A", "B", "A")),
        (game_of(*tables([Rational(1)] * 8)), ("A", "Stag")),
        (
            normal_form(
                "three-actions",
                (("A", "B", "C"), ACTIONS),
                {k: (1, 1) for k in product(range(3), range(2))},
                target="AA",
            ),
            None,
        ),
        (replace(stag_hunt(), discount=Rational(1, 2)), None),  # one state, but not one shot
    ],
)
def test_other_games_and_targets_are_refused(game, target):
    with pytest.raises(BadInput) as refusal:
        align(game, "direct", target)
    assert str(refusal.value).endswith(".") and game.name in str(refusal.value)


def test_unknown_coordinates_are_refused():
    with pytest.raises(BadInput, match="simplex"):
        align(stag_hunt(), "simplex")


# ------------------------------------------------------------------------------------------------ negative controls


def disagreements(policy: str = "direct") -> int:
    """How many of some general games ``align`` gets wrong."""
    draw, wrong = random.Random(17), 0
    for _ in range(12):
        entries = draw_fractions(draw, 8)
        try:
            holds = align(game_of(*tables(rationals_of(entries)), target=("A", "A")), policy).holds
        except Undecided:
            holds = None
        wrong += holds != brute_force(*tables(entries), (1, 1))
    return wrong


ORIGINAL = GamePoint.hessian_product


def _swapped_players(self: GamePoint, value_of: int, player: int, other: int, direction: Any) -> Any:
    """The Jacobian of the player's own gradient instead of the peer's."""
    return ORIGINAL(self, player, other, player, direction)


def _dropped_factor(self: GamePoint, value_of: int, player: int, other: int, direction: Any) -> Any:
    """Without the mixed second derivative."""
    return direction


def _flipped_sign(self: GamePoint, value_of: int, player: int, other: int, direction: Any) -> Any:
    return tuple(-entry for entry in ORIGINAL(self, value_of, player, other, direction))


@pytest.mark.parametrize("sabotage", [_swapped_players, _dropped_factor, _flipped_sign])
def test_the_comparison_notices_a_wrong_jacobian(monkeypatch, sabotage):
    assert disagreements() == 0
    monkeypatch.setattr(GamePoint, "hessian_product", sabotage)
    assert disagreements() > 0


def test_the_comparison_notices_the_players_own_value_in_place_of_the_peers(monkeypatch):
    # V² replaced by V¹ in the second factor: ∇_jVʲ where ∇_jVⁱ belongs (LOLA's shaping term has ∇_jVⁱ).
    def wrong(self: Unroll, point: Any, player: int) -> Any:
        return tuple(point.gradient(j, j) if j != player else (Integer(0),) for j in self.players)

    monkeypatch.setattr(Unroll, "_of_others", wrong)
    assert disagreements() > 0


def test_the_comparison_notices_a_forgotten_corner(monkeypatch):
    original = alignment._corner_values
    monkeypatch.setattr(alignment, "_corner_values", lambda *arguments: original(*arguments)[:1])
    assert disagreements() > 0


def test_dropped_factor_turns_the_dilemma_into_an_aligned_game(monkeypatch):
    assert not align(prisoners_dilemma(), "direct", ("C", "C")).holds
    monkeypatch.setattr(GamePoint, "hessian_product", _dropped_factor)
    assert align(prisoners_dilemma(), "direct", ("C", "C")).holds


@pytest.mark.parametrize(
    ("payoffs", "ordering", "conditions"),
    [
        ((4, 0, 3, 2), (R - T, P - S), {T - P}),
        ((4, 0, 3, 2), (R - T, P - S, T - P), set()),  # the standard ordering: nothing left to ask
        ((4, 5, 0, 6), (R - T, P - S, P - T, S - R), None),  # anti-aligned: impossible
        ((0, 3, 4, 1), (T - R, S - P), {P - T}),  # D < 0 turns both ends around; P ≥ T implies S ≥ R
    ],
)
def test_the_class_of_games_matters(payoffs, ordering, conditions):
    found = align(symmetric_game("class", ACTIONS, payoffs, ordering, "A"))
    if conditions is None:
        assert not found.possible and not found.holds
    else:
        assert set(found.conditions) == conditions and found.possible


def test_without_a_class_the_factors_stay_open():
    found = align(replace(stag_hunt(), ordering=()))
    expected = {(D * (T - P)).expand(), (D * (R - S)).expand()}
    assert {form.expand() for form in found.conditions} == expected


# ------------------------------------------------------------------------------------------------------ open holes


@pytest.mark.parametrize(
    ("make", "target", "values"),
    [
        (stag_hunt, ("Stag", "Stag"), {"R": 0, "S": 0, "T": 3, "P": 2}),  # R < T, D = −1: C = p − 1 ≤ 0
        (prisoners_dilemma, ("C", "C"), {"R": 4, "S": 0, "T": 1, "P": 3}),  # T < R: C < 0 at p = 0
    ],
)
def test_payoffs_outside_the_class_are_never_called_aligned(make, target, values):
    numbers = [Fraction(values[name]) for name in "RSTP"]
    assert not brute_force(*symmetric_tables(numbers), (1, 1))
    try:
        game = make(**values)
        holds = align(game, "direct", target).holds
    except BadInput:
        return  # refusing such a game is as good
    assert not holds


def _degenerate(k: Symbol, value: Rational) -> Game:
    """C₁ = −k²(2 − p): an even power of a form in the payoffs, which vanishes at k = 0 only."""
    return game_of(*symmetric_tables((-k, 0, 0, 2 * k)), parameters=[(k, value)], target=("A", "A"))


def test_even_powers_do_not_hide_the_sign_away_from_their_zeros():
    k = Symbol("k", real=True)
    for value in (Rational(1), Rational(-1, 2)):
        assert not align(_degenerate(k, value)).holds


def test_a_correction_that_vanishes_at_the_current_payoffs_is_aligned():
    k = Symbol("k", real=True)
    found = align(_degenerate(k, Rational(0)))
    assert all(found.game.value_of(component.toward_target) == 0 for component in found.components)
    assert found.holds


def test_conditions_that_exclude_each_other_are_not_possible():
    # C₁ = D₂ · slope of V₁ in q = k at p = 0 and −1 − k at p = 1: never both ≥ 0.
    k = Symbol("k", real=True)
    u1, u2 = tables([0, k + 1, k, 0, 1, 0, 0, 0])
    found = align(game_of(u1, u2, parameters=[(k, Rational(0))], target=("A", "A")))
    assert set(found.components[0].conditions) == {k, -k - 1}
    assert not found.possible


@pytest.mark.parametrize("ordering", [(R - T, T - R), (R - T, T - R, P - S), (T - P, P - R, R - T)])
def test_a_contradictory_class_is_never_called_aligned(ordering):
    with pytest.raises((BadInput, Undecided)):
        align(replace(stag_hunt(), ordering=ordering))


def test_a_payoff_symbol_without_a_value_is_bad_input():
    k = Symbol("k", real=True)
    refuse = partial(pytest.raises, BadInput)
    with refuse():
        align(game_of(*symmetric_tables((k, 0, 0, 1)), target=("A", "A")))


def test_expressions_are_exact():
    for derivation in (general("logit"), derived(stag_hunt, "logit", ("Stag", "Stag"))):
        entries: list[Expr] = [*derivation.correction, *derivation.conditions, derivation.inner_product]
        assert not any(number.is_Float for e in entries for number in e.atoms() if number.is_number)


def test_a_game_of_numbers_is_no_class() -> None:
    """S > T: the correction points away where the other is unlikely to hunt."""
    cells = {(0, 0): (10, 10), (0, 1): (3, 2), (1, 0): (2, 3), (1, 1): (4, 4)}
    away = normal_form("away", [["A", "B"]] * 2, cells)
    told = align(away, target=("A", "A")).document().as_text()
    assert "points away somewhere, in this game" in told and "of the class" not in told
    assert alignment.where_it_holds(prisoners_dilemma()) == "for every game of the class"
