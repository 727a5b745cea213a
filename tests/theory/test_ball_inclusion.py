"""Claim C10: balls against points, derivatives against difference quotients, zeros against bisection, and sabotage."""

from __future__ import annotations

import json
import random
import re
from fractions import Fraction
from itertools import product

import pytest
from claim_checks import BY_ID, plain_finding, readings, verdict
from sympy import Integer, Matrix, Poly, Rational, Symbol, diff, sqrt, symbols

from theory import ball_inclusion as balls
from theory import corrected, exact, moved_zeros
from theory.ball_inclusion import PAPER, Ball
from theory.claims import c10_ball_inclusion as c10
from theory.claims.model import Verdict
from theory.corrected import Corrected
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import REGISTRY, DifferentiableGame, Game, ipd, matching_pennies, stag_hunt, tandem
from theory.policies import parameters
from theory.symbols import alpha
from theory.symbols import correction as size

X = Symbol("x", real=True)
ORIGIN = (Integer(0), Integer(0))
ONE_SHOT = [game for game in (make() for make in REGISTRY.values()) if isinstance(game, Game) and game.one_shot]
EXPECTED = {
    "C10.inclusion": Verdict.REFUTED,
    "C10.ball": Verdict.PROVED,
    "C10.condition": Verdict.PROVED,
    "C10.entry": Verdict.REFUTED,
    "C10.finite-games": Verdict.PROVED,
    "C10.logit-corner": Verdict.PROVED,
    "C10.strict": Verdict.PROVED,
    "C10.potential": Verdict.PROVED,
    "C10.games": Verdict.PROVED,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_verdict_and_evidence(name: str) -> None:
    for evidence in plain_finding(name, EXPECTED[name]).evidence:
        assert not re.search(r"\d\.\d", json.dumps(dict(evidence.content)))


def test_the_parent_is_refuted_by_the_inclusion() -> None:
    assert BY_ID["C10"].requires == ("C10.inclusion",) and set(EXPECTED) == readings("C10")


# --------------------------------------------------------------------------------------------------------- balls


def random_ball(draw: random.Random, dimension: int) -> Ball:
    centre = tuple(Rational(draw.randint(-6, 6), 4) for _ in range(dimension))
    return Ball(centre, Rational(draw.randint(1, 12), 4))


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_balls_against_points(dimension: int) -> None:
    draw, nested, apart = random.Random(dimension), 0, 0
    for _ in range(150):
        outer, inner = random_ball(draw, dimension), random_ball(draw, dimension)
        point = outer.missed(inner)
        if outer.contains(inner):
            nested += 1
            assert point is None
            for offset in product(range(-4, 5), repeat=dimension):
                near = tuple(c + inner.radius * Rational(k, 4) for c, k in zip(inner.centre, offset, strict=True))
                if inner.holds(near):
                    assert outer.holds(near)
        else:
            apart += 1
            assert point is not None and inner.holds(point)
            assert corrected.square(corrected.minus(point, outer.centre)) > outer.radius**2
    assert nested > 5 and apart > 5


def test_inclusion_at_its_limit() -> None:
    # 3-4-5: the distance is 5, so radius 7 holds radius 2 exactly.
    centre, origin = (Integer(3), Integer(4)), (Integer(0), Integer(0))
    assert Ball(origin, Integer(7)).contains(Ball(centre, Integer(2)))
    tight = Ball(origin, 7 - Rational(1, 10**12))
    assert not tight.contains(Ball(centre, Integer(2))) and tight.missed(Ball(centre, Integer(2))) is not None
    same = Ball(centre, Integer(1))
    assert same.contains(same)
    with pytest.raises(BadInput):
        Ball(origin, Integer(0))
    with pytest.raises(Undecided):
        Ball(origin, sqrt(2))


# ------------------------------------------------------------------------------------------- eigenvalues and rates


def test_signature_and_largest_eigenvalue() -> None:
    turn = Matrix([[Rational(3, 5), Rational(-4, 5), 0], [Rational(4, 5), Rational(3, 5), 0], [0, 0, 1]])
    for values in product((-2, 0, 1, Rational(7, 3)), repeat=3):
        matrix = turn * Matrix.diag(*values) * turn.T
        signs = [(v > 0) - (v < 0) for v in map(Fraction, map(str, values))]
        counted = tuple(signs.count(sign) for sign in (-1, 0, 1))
        assert corrected.signature(matrix) == counted
        assert corrected.largest_eigenvalue(matrix) == max(values)
    with pytest.raises(Undecided):
        corrected.largest_eigenvalue(Matrix([[0, 1], [1, 1]]))  # the golden ratio
    with pytest.raises(BadInput):
        corrected.signature(Matrix([[0, 1], [0, 0]]))


def test_the_largest_eigenvalue_is_not_the_largest_rational_one() -> None:
    matrix = Matrix([[1, 2, 0], [2, 0, 0], [0, 0, -5]])  # (1 ± √17)/2 and −5
    with pytest.raises(Undecided):
        corrected.largest_eigenvalue(matrix)


def test_three_rates_of_one_field() -> None:
    """THEORY §6: v = −x + x², M = 1 − x/10 has rate 1 − 1.9λ + O(λ²) against the paper's 1 + λ/10."""
    case = Corrected((X,), (-X + X**2,), (1 - X / 10,), (Integer(0),))
    assert case.slopes() == {"paper": Rational(1, 10), "bound": Rational(-19, 10), "exact": Rational(-19, 10)}
    half = Corrected((X,), (-X + X**2 / 2,), (1 - X / 10,), (Integer(0),))
    assert half.exact_slope == Rational(-9, 10)


def test_the_exact_rate_can_exceed_weyls_bound() -> None:
    x, y = symbols("x y", real=True)
    case = Corrected((x, y), (-x + 0 * y, -3 * y), (-x, 5 * y), (Integer(0), Integer(0)))
    assert case.exact_slope == 1 and case.bound_slope == case.paper_slope == -5
    amount = Rational(1, 100)  # the true rate is 1 + λ as long as it is below 3 − 5λ
    assert (
        -corrected.largest_eigenvalue(corrected.symmetric(corrected.jacobian(case.total(amount), (x, y)))) == 1 + amount
    )


def test_a_double_eigenvalue_takes_the_worst_direction() -> None:
    x, y = symbols("x y", real=True)
    field = (-x - y, -y + x)
    case = Corrected((x, y), field, (-2 * x + y, 3 * x + y), ORIGIN)  # sym DM has the eigenvalues -3 and 2
    assert case.exact_slope == case.bound_slope == -2
    with pytest.raises(Undecided):  # irrational ones
        _ = Corrected((x, y), field, (-2 * x, 3 * x + y), ORIGIN).exact_slope


def test_a_point_that_is_no_zero_is_refused() -> None:
    with pytest.raises(BadInput):
        Corrected((X,), (1 - X,), (X,), (Integer(0),))


# ------------------------------------------------------------------------------------------------ first order


@pytest.mark.parametrize("dimension", [1, 2])
@pytest.mark.parametrize("wrong", [(1, -1), (-1, 0), (-1, 1), (0, -1)])
def test_wrong_first_order_formulas_leave_a_residual(dimension: int, wrong: tuple[int, int]) -> None:
    assert all(exact.is_zero(entry) for entry in moved_zeros.taylor_residuals(dimension))
    assert not all(exact.is_zero(entry) for entry in moved_zeros.taylor_residuals(dimension, *wrong))


def test_series_of_a_zero_in_closed_form() -> None:
    """v = −x + x²/2, M = 1 − x/10: the zero is a − √(a² − 2λ), a = 1 + λ/10."""
    case = c10.on_the_line(1 - X / 10)
    (coefficients,) = moved_zeros.moved_zero_series(case, 4)
    half = size / 10 + 1
    root = half - sqrt(half**2 - 2 * size)
    assert coefficients == [root.diff(size, k).subs(size, 0) / Integer([1, 1, 2, 6, 24][k]) for k in range(5)]


def test_spectrum_residual_tells_the_true_slope_from_others() -> None:
    draw = random.Random(3)
    for _ in range(4):
        case, _, _ = c10.random_case(draw, Rational(1, 2))
        assert moved_zeros.spectrum_residual(case, case.exact_slope) == (0, 0)
        for wrong in (case.paper_slope, case.exact_slope + 1, -case.exact_slope):
            assert moved_zeros.spectrum_residual(case, wrong)[1] != 0


@pytest.mark.parametrize("stretch", [Rational(1, 3), Rational(9, 10), Rational(11, 10), Rational(3)])
def test_condition_on_more_random_fields(stretch: Rational) -> None:
    draw = random.Random(int(100 * stretch))
    for _ in range(3):
        case, lipschitz, growth = c10.random_case(draw, stretch)
        sign = balls.first_order(case, case.paper_slope, lipschitz, growth)
        assert sign == (1 if stretch < 1 else -1) or case.paper_slope * lipschitz < case.rate * growth
        small = Rational(1, 2**20)
        assert balls.inclusion_at(case, small, lipschitz, lipschitz + small * growth, False) == (sign == 1)


def test_radius_slope_against_difference_quotients() -> None:
    mu, slope, lipschitz, growth = Rational(3), Rational(1, 2), Rational(4), Rational(1, 3)
    expected = balls.radius_slope(mu, slope, lipschitz, growth)
    step = Rational(1, 10**8)
    quotient = (balls.radius(mu + step * slope, lipschitz + step * growth) - balls.radius(mu, lipschitz)) / step
    assert abs(quotient - expected) < Rational(1, 10**6)
    assert expected == (slope * lipschitz - mu * growth) / (2 * lipschitz**2)


def test_enclosures_hold_the_zero_and_are_refused_far_from_one() -> None:
    x, y = symbols("x y", real=True)
    field = (x**2 - 2, x * y - 1)
    first, second = moved_zeros.enclosed_zero(field, (x, y), (Rational(3, 2), Rational(1, 2)))
    assert (first**2 - 2).contains(0) and (2 * second**2 - 1).contains(0) and first > 1
    with pytest.raises(Undecided):
        moved_zeros.enclosed_zero((x**2 + 1 + 0 * y, y), (x, y), (Rational(1), Rational(0)))


def test_signs_on_intervals() -> None:
    zero, one = Integer(0), Integer(1)
    assert exact.positive_on(X**2 - X + Rational(1, 3), X, zero, one)
    assert not exact.positive_on(X**2 - X + Rational(1, 4), X, zero, one)
    assert not exact.positive_on(-one, X, zero, one) and not exact.positive_on(zero, X, zero, one)
    with pytest.raises(Undecided):
        exact.positive_on(X * size, X, zero, one)


# ------------------------------------------------------------------------------------- the counterexamples, by hand


def bisect(field: object, low: Fraction, high: Fraction) -> Fraction:
    """A sign change of a function in plain fractions, to 2⁻⁴⁰."""
    above = field(low) > 0  # type: ignore[operator]
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if (field(middle) > 0) == above else (low, middle)  # type: ignore[operator]
    return low


@pytest.mark.parametrize("amount", [Fraction(1, 1000), Fraction(1, 10), Fraction(20, 99), Fraction(1, 2)])
def test_centre_radius_and_basin_of_the_first_counterexample(amount: Fraction) -> None:
    def v(x: Fraction) -> Fraction:
        return -x + x * x / 2 + amount * (1 - x / 10)

    zero, other = bisect(v, Fraction(0), Fraction(1)), bisect(v, Fraction(1), Fraction(2))
    for share in (Fraction(1, 2), Fraction(2)):
        assert zero + share > share * (1 + amount / 10) and other < 2


def test_the_entry_examples_by_bisection() -> None:
    amount = Fraction(52000, 1261679)

    def shrunk(x: Fraction) -> Fraction:
        return -x + x**3 + amount * (-x + 4 * x**3 - Fraction(3, 10) * x**5)

    assert abs(bisect(shrunk, Fraction(1, 2), Fraction(2)) - Fraction(19, 20)) < Fraction(1, 2**30)
    grid = [Fraction(k, 50) for k in range(-100, 101)]
    assert max(abs(6 * x + amount * (24 * x - 6 * x**3)) for x in grid) == 12  # L at both ends

    def grown(x: Fraction) -> Fraction:
        return -x + x * x / 2 + Fraction(7, 24) * (1 - x)

    assert grown(Fraction(1, 4)) == grown(Fraction(7, 3)) == 0


def test_an_example_that_does_nest_is_not_called_a_counterexample() -> None:
    assert not c10.left_behind(c10.on_the_line(Rational(1, 100) - X / 10), PAPER)
    nested = c10.on_the_line(Rational(1, 100) - X / 10)
    assert balls.first_order(nested, nested.paper_slope, Integer(1), Integer(0)) == 1


def test_spillovers_do_not_occur_in_the_field() -> None:
    fields = [decompose(c10.spillover_game(Rational(k)), form="expanded").policy_gradient for k in (0, 1)]
    assert fields[0] == fields[1]


# ------------------------------------------------------------------------------------------------------------- games


@pytest.mark.parametrize("game", ONE_SHOT, ids=lambda game: game.name)
def test_own_second_derivatives_of_named_one_shot_games(game: Game) -> None:
    rows, _ = balls.own_curvature(game, "direct")
    assert all(exact.is_zero(entry) for row in rows for entry in row)


def test_the_tandem_game_has_no_ball_either() -> None:
    case_field = decompose(tandem(), form="expanded").policy_gradient
    x, y = (row[0] for row in parameters(tandem(), "direct"))
    slopes = corrected.symmetric(corrected.jacobian([row[0] for row in case_field], (x, y)))
    assert corrected.largest_eigenvalue(slopes) == 0


def test_a_regularised_game_has_own_curvature() -> None:
    game, zero = c10.STAG_HUNT
    case = corrected.game_case(game, zero)
    assert case.slope == Matrix([[-5, 3], [3, -5]]) and case.rate == 2
    with pytest.raises(BadInput):
        corrected.game_case(game, (Rational(3, 4), Rational(3, 4)))


@pytest.mark.parametrize(
    "words", ["TFT", *(pytest.param(words, marks=pytest.mark.thorough) for words in ("AllD", "Grim", "C:CDDC"))]
)
def test_jacobians_of_the_ipd_against_difference_quotients(words: str) -> None:
    """Central differences of v in exact fractions, two probabilities at a time."""
    from theory.profiles import parse_profile

    game = ipd().instance()
    profile, rows = parse_profile(game, words), parameters(game, "direct")
    at = {s: Integer(1 - profile[i][k]) for i, row in enumerate(rows) for k, s in enumerate(row)}
    field, slopes = balls.jacobian_at(game, at)
    flat, step = list(at), Rational(1, 10**6)
    for column in (0, 1, 4, 6, 9):
        ahead, _ = balls.jacobian_at(game, {**at, flat[column]: at[flat[column]] + step})
        behind, _ = balls.jacobian_at(game, {**at, flat[column]: at[flat[column]] - step})
        for row in range(10):
            quotient = (ahead[row] - behind[row]) / (2 * step)
            assert abs(quotient - slopes[row, column]) < Rational(1, 1000) * (1 + abs(slopes[row, column]))
    assert any(field)


def test_diagonal_lipschitz_is_the_least_constant_and_refuses_what_it_does_not_cover() -> None:
    x, y = symbols("x y", real=True)
    box = ((Integer(0), Integer(1)),) * 2
    field = (y - x**3 + 3 * x**4 / 4 - 7 * x, -y)  # ∂² = −6x + 9x², turns at 1/3 with −1, 3 at x = 1
    assert balls.diagonal_lipschitz(field, (x, y), box) == 3
    inside = ((Integer(0), Rational(1, 2)),) * 2
    assert balls.diagonal_lipschitz(field, (x, y), inside) == 1
    for wrong in ((x * y, -y), (x, x**2 - y)):
        with pytest.raises(Undecided):
            balls.diagonal_lipschitz(wrong, (x, y), box)


def test_mu_m_can_be_positive_outside_potential_games() -> None:
    for spill in (0, 1):
        played = corrected.game_case(c10.spillover_game(Rational(spill)), c10.ORIGIN)
        assert played.paper_slope == 1
    game, zero = c10.PENNIES
    assert corrected.game_case(game, zero).paper_slope == 16


def test_a_potential_game_with_costs_in_both_parameters_breaks_the_sum() -> None:
    """The assumption that costs are of own parameters alone matters: with h(x, y) = −x²y the trace is another."""
    x, y = symbols("x y", real=True)
    game = DifferentiableGame("bent", ((x,), (y,)), (x * y - x**2 * y, x * y - x**2 * y))
    slopes = c10.correction_slope(game)
    mixed = [diff(value, x, y) for value in game.values]
    assert not exact.is_zero(slopes.trace() - 2 * mixed[0] * mixed[1])


def test_the_mixed_share_of_matching_pennies_without_costs() -> None:
    """μ = 0 there and L = 0: the radius is 0/0, though v + λM contracts at 16λ on the whole plane."""
    terms = decompose(matching_pennies().instance(), form="expanded")
    p, q = (row[0] for row in parameters(matching_pennies(), "direct"))
    peer = [exact.lowest_terms(row[0] / alpha) for row in terms.peer_learning]
    case = Corrected((p, q), tuple(row[0] for row in terms.policy_gradient), tuple(peer), (PAPER, PAPER))
    assert case.rate == 0 and case.paper_slope == case.exact_slope == 16
    assert balls.diagonal_lipschitz(case.field, (p, q), c10.BOX) == 0


def test_the_drift_ball_of_stag_hunt_on_a_grid() -> None:
    """λ = 1/10 at 4,0,3,2: |x − (1,1)|² < 968/1521 and no more."""
    amount, level = Fraction(1, 10), Fraction(968, 1521)
    for i, j in product(range(41), repeat=2):
        u, w = Fraction(i, 40), Fraction(j, 40)
        field = [3 * (1 - b) - 2 + amount * 3 * (1 + 3 * (1 - a)) for a, b in ((u, w), (w, u))]
        inner = -(u * field[0] + w * field[1])
        if 0 < u * u + w * w < level:
            assert inner < 0
    edge = Fraction(22, 39)
    assert 2 * edge**2 == level
    assert 3 * (1 - edge) - 2 + amount * 3 * (1 + 3 * (1 - edge)) == 0


def test_the_ball_of_stag_hunt_shrinks_where_t_is_below_s() -> None:
    game = stag_hunt(R=10, S=3, T=2, P=4)
    line = c10.separatrix(game)
    before, after = (line.boundary.subs(line.values(Rational(k, 10))) for k in (0, 1))
    assert after > before


# ---------------------------------------------------------------------------------------------------------- sabotage


@pytest.mark.parametrize(
    ("name", "attribute", "wrong"),
    [
        ("C10.inclusion", "first_order", lambda *inputs: 1),
        ("C10.inclusion", "left_behind", lambda *inputs: False),
        ("C10.inclusion", "inclusion_at", lambda *inputs: True),
        ("C10.inclusion", "_centred", lambda: Ball((Integer(1),), Rational(1, 2))),
        ("C10.ball", "kept", lambda share=PAPER: 1 - share),
        ("C10.ball", "is_zero", lambda form: True),
        ("C10.condition", "taylor_residuals", lambda dimension, *wrong: [Integer(0)]),
        ("C10.condition", "taylor_residuals", lambda dimension, *wrong: [Integer(1)]),
        ("C10.condition", "first_order", lambda *inputs: 1),
        ("C10.condition", "spectrum_residual", lambda *inputs: (0, 0)),
        ("C10.condition", "moved_zero_series", lambda case: [[0, entry] for entry in case.direction]),
        ("C10.condition", "inclusion_at", lambda *inputs: True),
        ("C10.entry", "QUINTIC", (-X + X**3, -X)),
        ("C10.entry", "QUINTIC", (-X + X**3, -X + 4 * X**3)),
        ("C10.finite-games", "is_zero", lambda form: True),
        ("C10.finite-games", "own_probability_is_absent", lambda game: False),
        ("C10.finite-games", "signature", lambda matrix: (10, 0, 0)),
        ("C10.logit-corner", "is_zero", lambda form: True),
        ("C10.strict", "is_zero", lambda form: True),
        ("C10.strict", "definite_sign", lambda form, positive: -1),
        ("C10.potential", "NAMED_GAMES", (stag_hunt(),)),
        ("C10.games", "first_order", lambda *inputs: 1),
        ("C10.games", "CONVEX_COURNOT", c10.PENNIES),
    ],
)
def test_sabotage_is_noticed(name: str, attribute: str, wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c10, attribute, wrong)
    assert verdict(name) is Verdict.UNDECIDED


def test_direct_dynamics_at_the_corner_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The direct field in place of the logit one: first order at the corner, so the check must object."""
    monkeypatch.setattr(c10, "decompose", lambda game, *rest, **more: decompose(game, "direct", 1, "expanded"))
    monkeypatch.setattr(c10, "in_probabilities", lambda program, game: program)
    game = c10.symbolic_game((2, 2))
    (p,), (q,) = parameters(game, "direct")
    slope = decompose(game, form="expanded").policy_gradient[0][0]
    assert not exact.is_zero(slope.subs({p: 1, q: 1}))
    assert Poly((p * (1 - p) * slope * (1 - p)).subs(p, 1 - X).expand(), X).terms()[-1][0][0] == 2
    assert verdict("C10.logit-corner") is Verdict.UNDECIDED
