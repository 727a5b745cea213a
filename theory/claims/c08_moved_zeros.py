"""C8: how a constant correction λC moves zeros of v, which equilibria it leaves alone, and which it loses or creates.

Series, enclosures and the parametric Krawczyk test are in :mod:`theory.moved_zeros`, bounds for pure equilibria under
projection in :mod:`theory.rest_points`.

**Mixed equilibrium of Stag Hunt.** K = R − S − T + P > 0, p* = (P − S)/K. Direct coordinates: the field is affine, its
zero s*(λ)/2 = (p* − λ(T − P))/(1 + λK) for both players (:mod:`theory.separatrix`), with Taylor coefficients p* and
−(T − S)(−K)^{k−1}; the pole −1/K bounds the radius of convergence, unless T = S and nothing moves. Log-odds: with
w(p) = p(1 − p) the zeros inside the square are those of

    B(p, q) = Kq − (P − S) + λK(T − P + Kp) w(q)²        and of B(q, p).

For T ≥ P both players' zeros lie in [0, p*]. On the diagonal λ = (P − S − Kp)/(K(T − P + Kp) w(p)²) =: ℓ(p), and

    −ℓ′/ℓ = 1/(p* − p) + K/(T − P + Kp) + 2/p − 2/(1 − p)

is positive on (0, p*) as soon as 3p² − (1 + 4p*)p + 2p* > 0 there (the terms without the second), which holds for
p* ≤ :data:`MOST`: then there is exactly one zero on the diagonal for every λ ≥ 0. Off it, with
h(q) = (P − S − Kq)/(K w(q)²), a zero has h(q) + λKq = h(p) + λKp; where h′ + λK < 0 on (0, p*) that gives p = q.

**Strict equilibria in log-odds, any 2×2 game.** x′ = w(p) [g(q) + λ m n(p) w(q)²] with g affine in q and n in p. At a
strict corner (p*, q*) player 1's gap G = ±g(q*) is > 0. Let N = max |n| on [0, 1] and r = G/(|g′| + λ|m|N + G) ≤ 1.
Where |q − q*| ≤ r, w(q) ≤ r, so the bracket keeps its sign: G − r|g′| − r²λ|m|N > 0. The same for player 2. So in the
square with the smaller of both sides both log-odds move towards the corner for ever: for *every* λ the corner's basin
contains an open square.

**Zeros that annihilate.** Regularised Stag Hunt, cost k(p − 1/2)⁴. With u = p − 1/2, w = q − 1/2 the difference of the
two equations is (p − q)[9λ − 3 − 4k((u + w/2)² + 3w²/4)], so for λ ≤ 1/3 all zeros lie on the diagonal, and the bracket
at p = q, the eigenvalue across it, is < 0 for λ < 1/3. On the diagonal the field is a cubic whose roots stay simple and
keep their order and the sign of the other eigenvalue (the cubic's slope) while its discriminant in λ does not vanish.
So counts at the ends of the discriminant's isolating intervals, left of p = 1/2 and in all, say which two zeros meet.

**SOS keeps zeros, and only them.** Where |v| < 1/10 the share is p ≤ |v|². With u = v + look + p shape, |look| ≤ αc|v|
and |shape| ≤ αs, u = 0 gives |v| ≤ α(c|v| + s|v|²) ≤ α(c + s/10)|v|, so v = 0 once α(c + s/10) < 1.

**Other rules.** u = v + O(α) is smooth, so its zero near φ* is a series in α. Rules that stand still at φ* for every α
(C1.zeros) have the constant series. For the others the first coefficient is −Dv⁻¹ shape(φ*)/α times the rule's
coefficient of the shaping term (C1.relations): all others vanish with v.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import pairwise, product
from typing import Any

from sympy import Expr, Integer, Poly, Rational, Symbol, diff, discriminant, symbols, true

from theory import relations, updates
from theory.claims.c10_ball_inclusion import random_case
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.corrected import Corrected, game_case, jacobian
from theory.decomposition import decompose, update_program
from theory.exact import Undecided, definite_sign, is_zero, lowest_terms, positive_on
from theory.expansion import start_of
from theory.games import (
    REGISTRY,
    DifferentiableGame,
    Game,
    cournot,
    ipd,
    normal_form,
    prisoners_dilemma,
    regularised_matching_pennies,
    regularised_stag_hunt,
    stag_hunt,
)
from theory.games.symbolic import symbolic_game
from theory.jets import SmoothPoint, freed
from theory.moved_zeros import (
    Piece,
    ansatz_series,
    certified_branch,
    distances,
    enclosed_zero,
    glued,
    largest_on,
    matches_to_order,
    moved_zero_series,
    piece_holds,
    rule_zero_series,
    second_order_residuals,
    taylor_residuals,
)
from theory.policies import in_probabilities, parameters
from theory.profiles import parse_profile
from theory.pure_equilibria import pure_equilibria, strict_range, trembling
from theory.rest_points import (
    RestBound,
    bound_of,
    corner_gaps,
    payoff_gaps,
    rest_bound,
    stays_projected,
    unrolled_gaps,
)
from theory.separatrix import corrected_field, separatrix
from theory.symbols import P, R, S, T, alpha, own_coefficient, peer_coefficient, step_size
from theory.symbols import correction as size
from theory.updates import FORMS, Form
from theory.updates.model import Unroll
from theory.updates.sos import NEIGHBOURHOOD, share

HALF, ONE = Rational(1, 2), Integer(1)
BRACKET = R - S - T + P  # K
PUBLISHED = Rational(33, 40)  # λ of the published runs, .55 · 1.5
X = Symbol("x", real=True)


def _undecided(what: str) -> Finding:
    return Finding(Verdict.UNDECIDED, what)


# ---------------------------------------------------------------------------------------------------------- the series

ORDER = 6


def _check_series() -> Finding:
    for dimension in (1, 2, 3):
        first, second = taylor_residuals(dimension), second_order_residuals(dimension)
        if not all(is_zero(entry) for entry in (*first, *second)):
            return _undecided(f"the first two coefficients fail in dimension {dimension}")
    controls = (
        taylor_residuals(2, sign=1),
        second_order_residuals(2, half=ONE),
        second_order_residuals(2, half=Integer(0)),
        second_order_residuals(2, sign=-1),
    )
    if any(all(is_zero(entry) for entry in control) for control in controls):
        raise Undecided("the check cannot fail: it accepts d reversed, or another second coefficient")
    random_field, _, _ = random_case(random.Random(8), HALF)
    rows = [_series_row("random planar field", random_field)]
    for name, (case, _) in branches().items():
        rows.append(_series_row(name, case))
    cubic = -(X**3) + size  # Dv(0) is singular: the zero of v + λ is the cube root of λ
    n = Symbol("n", positive=True)
    if not is_zero(cubic.subs({X: 1 / n, size: n**-3})):
        return _undecided("the singular example has another zero")
    evidence = (
        Evidence(
            "identity",
            "v and M with symbols for all derivatives, dimensions 1 to 3",
            "phi*_lambda = phi* - lambda d + lambda^2 Dv^-1 (DM d - D^2v[d,d]/2) + O(lambda^3), d = Dv^-1 M; with d "
            "reversed, or without the factor 1/2 or the D^2v term, a residual is left",
            {"dimensions": [1, 2, 3]},
        ),
        Evidence(
            "identity",
            "power-series iteration against a polynomial with unknown coefficients, order by order",
            f"{len(rows)} fields: the same coefficients up to order {ORDER}",
            {"moved_zeros": rows},
        ),
        Evidence(
            "counterexample",
            "an assumption broken on purpose",
            "without an invertible Dv the zero need not move by O(lambda): v = -x^3, M = 1 has it at lambda^(1/3)",
            {"v": "-x**3", "M": "1", "zero_at_1/n^3": "1/n"},
        ),
    )
    return Finding(Verdict.PROVED, "implicit function theorem; the coefficients are derived by two routes", evidence)


def _series_row(name: str, case: Corrected) -> dict[str, Any]:
    series = moved_zero_series(case, ORDER)
    if series != ansatz_series(case.total(), case.symbols, case.zero, ORDER):
        raise Undecided(f"{name}: the two routes to the series differ")
    if [row[1] for row in series] != [-entry for entry in case.direction]:
        raise Undecided(f"{name}: the first coefficient is not -Dv^-1 M")
    return {
        "game": name,
        "v": "; ".join(map(str, case.field)),
        "M": "; ".join(map(str, case.correction)),
        "zero": "; ".join(map(str, case.zero)),
        "series": ["; ".join(map(str, column)) for column in zip(*series, strict=True)],
    }


# ------------------------------------------------------------------------------------------------- whole branches


def convex_cournot() -> DifferentiableGame:
    """Two firms, price 4 − q₁ − q₂, cost q³/3: the interior equilibrium is (1, 1)."""
    return cournot(c=0, k=Rational(1, 3))


def unequal_firms() -> DifferentiableGame:
    """Two firms that sell at 5 − x − y and 9 − x − y at costs x³/3 and y³/3: equilibrium (1, 2)."""
    x, y = symbols("x y", real=True)
    values = (x * (5 - x - y) - x**3 / 3, y * (9 - x - y) - y**3 / 3)
    return DifferentiableGame("unequal firms", ((x,), (y,)), values)


@cache
def branches() -> dict[str, tuple[Corrected, Rational]]:
    """Zeros that are followed, each with the largest λ."""
    return {
        "cournot a = 4, c = 0, k = 1/3": (game_case(convex_cournot(), (ONE, ONE)), Integer(2)),
        "regularised-stag-hunt": (game_case(regularised_stag_hunt(), (Rational(7, 8),) * 2), HALF),
        "regularised-matching-pennies": (game_case(regularised_matching_pennies(), (HALF, HALF)), ONE),
        "unequal firms": (game_case(unequal_firms(), (ONE, Integer(2))), Integer(2)),
        "stag-hunt, logit, diagonal": (logit_diagonal(stag_hunt()), Integer(4)),
    }


def _check_branch() -> Finding:
    _krawczyk_controls()
    rows, pieces_of = [], {}
    for name, (case, last) in branches().items():
        pieces = certified_branch(case, last)
        field = case.total()
        if not all(glued(field, case.symbols, a, b) for a, b in pairwise(pieces)):
            return _undecided(f"{name}: two pieces do not hold the same zero")
        _second_look(name, case, pieces)
        shifted = Piece(pieces[0].low, pieces[0].high, tuple((a + 1, b + 1) for a, b in pieces[0].box))
        if piece_holds(field, case.symbols, shifted):
            raise Undecided("the check cannot fail: a box without a zero passes")
        pieces_of[name] = [[str(p.low), str(p.high), *(f"{a}:{b}" for a, b in p.box)] for p in pieces]
        end = pieces[-1].box
        rows.append(
            {
                "game": name,
                "last_lambda": str(last),
                "pieces": len(pieces),
                "end_low": "; ".join(str(a) for a, _ in end),
                "end_high": "; ".join(str(b) for _, b in end),
            }
        )
    case, _ = branches()["regularised-stag-hunt"]
    _, (low, high) = fold()
    around = Piece(low - Rational(1, 100), high + Rational(1, 100), ((Rational(1, 50), Rational(11, 50)),) * 2)
    if piece_holds(case.total(), case.symbols, around):
        raise Undecided("the check cannot fail: a box with two zeros, or none, passes")
    evidence = Evidence(
        "identity",
        "Krawczyk test for all lambda of a subinterval at once, in ball arithmetic; pieces glued by uniqueness",
        "; ".join(f"{row['game']}: lambda in [0, {row['last_lambda']}], {row['pieces']} boxes" for row in rows),
        {"moved_zeros": rows, "pieces": pieces_of},
    )
    return Finding(
        Verdict.PROVED, "every box holds exactly one zero for all its lambda, and neighbours the same one", (evidence,)
    )


def _krawczyk_controls() -> None:
    """What the tests for zeros must refuse: no zero, a zero that leaves its box, and two branches.

    Raises:
        Undecided: one of them passes.
    """
    try:
        enclosed_zero((X**2 + 1,), (X,), (HALF,))
    except Undecided:
        pass
    else:
        raise Undecided("the check cannot fail: x^2 + 1 has a zero")
    square, near = (X**2 - size,), ((Rational(9, 10), Rational(11, 10)),)
    if piece_holds(square, (X,), Piece(HALF, Rational(3, 2), near)):
        raise Undecided("the check cannot fail: a box that the zero leaves passes")
    upper = Piece(Rational(99, 100), ONE, near)
    same, lower = (Piece(ONE, Rational(101, 100), box) for box in (near, ((Rational(-11, 10), Rational(-9, 10)),)))
    if not all(piece_holds(square, (X,), piece) for piece in (upper, same, lower)):
        raise Undecided("the controls' pieces are not proved")
    if not glued(square, (X,), upper, same) or glued(square, (X,), upper, lower):
        raise Undecided("the check cannot fail: pieces on two branches are glued, or pieces on one are not")


def _second_look(name: str, case: Corrected, pieces: Sequence[Piece]) -> None:
    """By elimination instead of balls: where pieces end each side holds a root of the resultant (Sturm)."""
    field = case.total()
    for place, symbol in enumerate(case.symbols):
        form = field[0]
        if len(field) == 2:
            other = case.symbols[1 - place]
            form = Poly(field[0], other).resultant(Poly(field[1], other)).as_expr()
        polynomial = Poly(form, size, symbol, domain="QQ")
        for piece in pieces:
            if polynomial(piece.high).sqf_part().count_roots(*piece.box[place]) == 0:
                raise Undecided(f"{name}: no root in a piece at lambda = {piece.high}")


EXPONENTS = tuple(range(4, 17))
LONGEST = 4


def _check_slope() -> Finding:
    _krawczyk_controls()
    rows = []
    for name, (case, _) in branches().items():
        series, field = moved_zero_series(case, LONGEST + 2), case.total()
        for order in range(LONGEST + 1):
            if not matches_to_order(field, case.symbols, series, order, EXPONENTS):
                return _undecided(f"{name}: the remainder after order {order} has another limit")
            wrong = [[*row[:order], row[order] + _slightly(row[order]), *row[order + 1 :]] for row in series]
            if matches_to_order(field, case.symbols, wrong, order, EXPONENTS):
                raise Undecided(f"the check cannot fail: it accepts a wrong coefficient of order {order}")
            found = distances(field, case.symbols, series, order, EXPONENTS)
            rows.append(
                {
                    "game": name,
                    "order": order,
                    "limit": str(sum((abs(row[order + 1]) for row in series), Integer(0))),
                    **{f"2^-{e}": d.str(8, radius=False) for e, d in zip(EXPONENTS, found, strict=True)},
                }
            )
    evidence = Evidence(
        "identity",
        f"enclosures of the zero (Krawczyk) at lambda = 2^-{EXPONENTS[0]} to 2^-{EXPONENTS[-1]}, in the boxes of its "
        "certified branch",
        f"{len(branches())} branches, K = 0 to {LONGEST}: |zero - series up to K|/lambda^(K+1) tends to |c_(K+1)|, its "
        "error halving with lambda; with c_K wrong by a thousandth it does not",
        {"moved_zeros": rows},
    )
    return Finding(
        Verdict.PROVED, "Taylor's theorem; the enclosed zeros show the predicted order in lambda", (evidence,)
    )


def _slightly(coefficient: Rational) -> Rational:
    """A thousandth of a coefficient, or of 1 where it is 0."""
    return (coefficient if coefficient != 0 else ONE) / 1000


# ----------------------------------------------------------------------------------- the mixed equilibrium of Stag Hunt


def logit_brackets(game: Game) -> tuple[Expr, Expr]:
    """(x′, y′)/(w(p), w(q)) of v + λC in log-odds, as functions of the probabilities: same zeros inside the square."""
    blocks = in_probabilities(decompose(game, "logit", 1, "expanded").program, game).closed_form()
    found = []
    for player, (symbol,) in enumerate(parameters(game, "direct"), start=1):
        (slope,), (peer,) = blocks[f"current_{player}"], blocks[f"peer_{player}"]
        found.append(lowest_terms((slope + size * lowest_terms(peer / alpha)) / (symbol * (1 - symbol))))
    return found[0], found[1]


def logit_diagonal(game: Game) -> Corrected:
    """The bracket on the diagonal at the game's payoffs, with the mixed equilibrium as zero."""
    first, _ = logit_brackets(game)
    (p,), (q,) = parameters(game, "direct")
    entry = game.value_of(first).subs(q, p).expand()
    field, correction = entry.coeff(size, 0), entry.coeff(size, 1)
    return Corrected((p,), (field,), (correction,), (game.value_of((P - S) / BRACKET),))


MOST = Rational(93, 100)  # the largest p* for which one diagonal zero is proved here


def _check_stag_hunt() -> Finding:
    game = stag_hunt()
    line = separatrix(game)
    (p,), (q,) = parameters(game, "direct")
    zero = line.boundary / 2
    mixed = (P - S) / BRACKET
    if not all(is_zero(entry.subs({p: zero, q: zero}, simultaneous=True)) for entry in corrected_field(game)):
        return _undecided("s*/2 is no zero of v + lambda C")
    geometric = size / (1 + size * BRACKET)  # its coefficients are (−K)^(k−1)
    if not is_zero(zero - mixed + (T - S) * geometric):
        return _undecided("the series is another")
    recursion = Poly(lowest_terms(zero * (1 + size * BRACKET)), size)
    if recursion.degree() != 1 or not is_zero(zero.subs(size, 0) - mixed):
        return _undecided("the zero is not an affine function over 1 + lambda K")
    if not is_zero(recursion.as_expr().subs(size, -1 / BRACKET) - (T - S) / BRACKET):
        return _undecided("the pole is cancelled elsewhere than at T = S")
    if is_zero(zero - mixed + (T - P) * geometric):
        raise Undecided("the check cannot fail: it accepts T - P for T - S")
    slopes = jacobian(corrected_field(game), (p, q))
    if not is_zero(slopes.det() + BRACKET**2 * (1 - (size * BRACKET) ** 2)):
        return _undecided("the determinant is not -K^2 (1 - lambda^2 K^2)")
    direct = Evidence(
        "identity",
        "closed form of the affine field, payoffs and lambda symbolic; its pole",
        "stag-hunt, direct: zero s*(lambda)/2 for both players, coefficients p*, -(T - S)(-K)^(k-1); radius of "
        "convergence 1/K for T != S; det Dv_lambda = -K^2 (1 - lambda^2 K^2), so it is the only zero for lambda K < 1",
        {"zero": str(zero), "first": str(-(T - S)), "radius": str(1 / BRACKET)},
    )
    return Finding(
        Verdict.PROVED, "closed form in direct coordinates; one branch in log-odds", (direct, _logit_mixed())
    )


def _logit_mixed() -> Evidence:
    game = stag_hunt()
    first, second = logit_brackets(game)
    (p,), (q,) = parameters(game, "direct")

    def w(z: Expr) -> Expr:
        return z * (1 - z)

    if not is_zero(first - (BRACKET * q - (P - S) + size * BRACKET * (T - P + BRACKET * p) * w(q) ** 2)):
        raise Undecided("the bracket has another form")
    if not is_zero(second - first.xreplace({p: q, q: p})):
        raise Undecided("the players' brackets are not each other's mirror image")
    if is_zero(first - (BRACKET * q - (P - S) + size * BRACKET * (T - P + BRACKET * p) * w(q))):
        raise Undecided("the check cannot fail: it accepts the correction without the square")
    top, a, t = Symbol("f", nonnegative=True), Symbol("a", positive=True), Symbol("t", nonnegative=True)
    ratio = (a - p) / ((top + p) * w(p) ** 2)  # f = (T - P)/K
    fall = lowest_terms(-diff(ratio, p) / ratio)
    if not is_zero(fall - (1 / (a - p) + 1 / (top + p) + 2 / p - 2 / (1 - p))):
        raise Undecided("the logarithmic derivative has another form")
    least = lowest_terms((1 / (a - p) + 2 / p - 2 / (1 - p)) * p * (1 - p) * (a - p))
    if not is_zero(least - (3 * p**2 - (1 + 4 * a) * p + 2 * a)):
        raise Undecided("the sufficient quadratic has another form")
    scaled = Poly(lowest_terms(least.subs(p, a * t) / a).expand(), a)  # affine in a: positive at both ends suffices
    ends = [positive_on(scaled.as_expr().subs(a, end), t, Integer(0), ONE) for end in (Integer(0), MOST)]
    if scaled.degree() != 1 or not all(ends):
        raise Undecided(f"the quadratic is not positive up to p* = {MOST}")
    beyond = MOST + Rational(1, 100)
    if positive_on(scaled.as_expr().subs(a, beyond), t, Integer(0), ONE):
        raise Undecided(f"the check cannot fail: the quadratic is positive at p* = {beyond} too")

    case, last = branches()["stag-hunt, logit, diagonal"]
    (start,) = case.zero
    h = lowest_terms(game.value_of((P - S - BRACKET * p) / (BRACKET * w(p) ** 2)))
    # −(h′ + λK) times (p(1 − p))³ > 0 is a polynomial: a denominator would have kept its symbol
    cleared = lowest_terms((-diff(h, p) - last * game.value_of(BRACKET)) * w(p) ** 3)
    if not cleared.is_polynomial(p):
        raise Undecided("h' has another denominator")
    if positive_on((-cleared).expand(), p, Integer(0), start):
        raise Undecided("the check cannot fail: it accepts the opposite slope")
    if not positive_on(cleared.expand(), p, Integer(0), start):
        raise Undecided(f"zeros off the diagonal are not excluded up to lambda = {last}")
    series = moved_zero_series(case, ORDER)[0]
    (total,) = case.total()
    if Poly(total, p).degree() != 5:
        raise Undecided("the diagonal polynomial is not of degree 5")
    at_published = Poly(total.subs(size, PUBLISHED), p, domain="QQ")
    if at_published.count_roots(0, 1) != 1:
        raise Undecided("another number of diagonal zeros at the published lambda")
    (interval,) = [ends for ends, _ in at_published.intervals(inf=0, sup=1, eps=Rational(1, 10**8))]
    low, high = interval
    return Evidence(
        "identity",
        "brackets from the decomposition in log-odds; signs by Sturm's theorem; isolating interval",
        f"stag-hunt, logit: one diagonal zero for every lambda >= 0 if T >= P and p* <= {MOST}; at 4,0,3,2 no other "
        f"zero inside the square for lambda <= {last}, series {', '.join(map(str, series[:5]))}, and at the published "
        f"lambda {PUBLISHED} it lies in ({low}, {high})",
        {
            "moved_zeros": [
                {
                    "game": game.name,
                    "coordinates": "logit",
                    "polynomial": str(total),
                    "series": list(map(str, series)),
                    "lambda": str(PUBLISHED),
                    "zero_low": str(low),
                    "zero_high": str(high),
                }
            ]
        },
    )


# ---------------------------------------------------------------------------------------------------- strict equilibria

Bounded = tuple[Game, str, Rational, RestBound]  # game, profile in words, tremble, bound
TREMBLE = Rational(1, 100)
NAMED = ("AllD", "Grim", "D:CDDD")
FAR = Integer(1000)  # a λ beyond all bounds here


def _one_shot_bounds(game: Game) -> list[Bounded]:
    return [
        (
            game,
            ",".join(names[row[0]] for names, row in zip(game.actions, entry.profile, strict=True)),
            Integer(0),
            rest_bound(game, entry.profile),
        )
        for entry in pure_equilibria(game)
        if entry.strict
    ]


def strict_bounds() -> list[Bounded]:
    """(game, profile, tremble, bound) of every strict pure equilibrium of the named games, the IPD's with tremble."""
    games = [game for make in REGISTRY.values() if isinstance(game := make(), Game) and game.one_shot]
    found = [bound for game in games for bound in _one_shot_bounds(game)]
    game = ipd()
    for words in NAMED:
        profile = parse_profile(game, words)
        range_ = strict_range(game, profile)
        if range_ is None or not range_.low > TREMBLE:
            raise Undecided(f"{words} is not certified strict at tremble {TREMBLE}")
        found.append((game, words, TREMBLE, rest_bound(game, profile, TREMBLE)))
    return found


def joint_project(*efforts: Sequence[int]) -> Game:
    """Two players choose efforts; each gains the other's effort and their product and pays 3/2 or 5/4 a unit.

    Both doing the least or both the most are strict equilibria; more effort of the other helps, so the correction pulls
    away from the first.
    """
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        (i, j): (
            other * (mine + 1) - Rational(3, 2) * mine,
            mine * (other + 1) - Rational(5, 4) * other,
        )
        for (i, mine), (j, other) in product(*map(enumerate, efforts))
    }
    name = "joint-project-" + "x".join(str(len(row)) for row in efforts)
    return normal_form(name, tuple(tuple(map(str, row)) for row in efforts), cells)


def _several_actions() -> list[Bounded]:
    """The same as :func:`strict_bounds` for games with three actions, which the registry lacks."""
    games = (joint_project((0, 1, 2), (0, 1, 2)), joint_project((0, 2), (0, 1, 2)))
    found = [bound for game in games for bound in _one_shot_bounds(game)]
    for game in games:
        bounds = [bounded.bound for other, *_, bounded in found if other is game]
        if sorted(bound is None for bound in bounds) != [False, True]:
            raise Undecided(f"{game.name}: not one equilibrium with a bound and one without")
        if stays_projected(game, ((0,), (2,)), Integer(0)):
            raise Undecided("the check cannot fail: a profile that is no equilibrium rests")
    return found


def _check_strict() -> Finding:
    rows: list[dict[str, Any]] = []
    for game, words, tremble, found in (*strict_bounds(), *_several_actions()):
        played = trembling(game, tremble) if tremble else game
        other = unrolled_gaps(played, found.profile)
        if other != found.gaps or (game.one_shot and payoff_gaps(game, found.profile) != found.gaps):
            return _undecided(f"{game.name}, {words}: the routes to the gaps differ")
        if not found.attracts(Integer(0)) or not _is_supremum(played, found):
            return _undecided(f"{game.name}, {words}: the bound is not where attraction ends")
        rows.append(
            {
                "game": game.name,
                "profile": words,
                "tremble": str(tremble),
                "bound": "none" if found.bound is None else str(found.bound),
                "exceeded_by_published": found.bound is not None and bool(found.bound < PUBLISHED),
                "gaps": {str(place): f"{gap} + lambda ({pull})" for place, (gap, pull) in found.gaps.items()},
            }
        )
    game = stag_hunt()
    hare = bound_of(((1,), (1,)), corner_gaps(game, ((1,), (1,)))).bound
    symbolic = _hare_bound(game)
    if hare is None or game.value_of(symbolic) != hare:
        return _undecided("the class's bound is not the instance's")
    if all(pull >= 0 for _, pull in corner_gaps(game, ((1,), (1,))).values()):
        raise Undecided("the check cannot fail: no pull is negative")
    bare = [rest_bound(ipd(), parse_profile(ipd(), words)).bound for words in NAMED]
    if bare[0] != 0:
        return _undecided("AllD without tremble rests")
    evidence = Evidence(
        "identity",
        "gaps of v and C at the profile from the decomposition, by differentiating a whole step on power series, and "
        "(one-shot games) from the payoff table; exact projected steps below, at and beyond the bound",
        "; ".join(
            f"{row['game']} {row['profile']}: {'no bound' if row['bound'] == 'none' else 'lambda <= ' + row['bound']}"
            for row in rows
        )
        + f"; Stag Hunt's class: (Hare, Hare) rests iff lambda <= {symbolic} (T > P)",
        {"moved_zeros": rows, "class_bound": str(symbolic), "ipd_without_tremble": [str(entry) for entry in bare]},
    )
    return Finding(
        Verdict.PROVED,
        "v + lambda C stays in the normal cone of a corner while an affine function of lambda is >= 0",
        (evidence,),
    )


def _is_supremum(game: Game, found: RestBound) -> bool:
    """Whether the profile attracts below the bound, only rests at it, and is left beyond: by gaps and by projection."""
    if found.bound is None:
        return all(pull >= 0 for _, pull in found.gaps.values()) and stays_projected(game, found.profile, FAR)
    step = found.bound / 1000
    around = (found.bound - step, found.bound, found.bound + step)
    rests = [all(gap + amount * pull >= 0 for gap, pull in found.gaps.values()) for amount in around]
    stays = [stays_projected(game, found.profile, amount) for amount in around]
    attracts = [found.attracts(amount) for amount in around]
    return rests == stays == [True, True, False] and attracts == [True, False, False]


def _hare_bound(game: Game) -> Expr:
    """The λ at which (Hare, Hare) is lost, payoffs symbolic; and that (Stag, Stag) is never lost for T ≥ P."""
    (p,), (q,) = parameters(game, "direct")
    hare = -corrected_field(game)[0].subs({p: 0, q: 0}).expand()
    stag = corrected_field(game)[0].subs({p: 1, q: 1}).expand()
    if not is_zero(hare - (P - S - size * BRACKET * (T - P))) or not is_zero(stag - (R - T + size * BRACKET * (R - S))):
        raise Undecided("the gaps of the class have another form")
    if definite_sign(BRACKET, game.ordering) != 1 or definite_sign(R - S, (*game.ordering, T - P)) != 1:
        raise Undecided("K or R - S is not positive over the class")
    return (P - S) / (BRACKET * (T - P))


def _check_logit_strict() -> Finding:
    game = symbolic_game((2, 2))
    blocks = in_probabilities(decompose(game, "logit", 1, "expanded").program, game).closed_form()
    direct = decompose(game, form="expanded")
    (p,), (q,) = parameters(game, "direct")
    for player, (own, other) in enumerate(((p, q), (q, p)), start=1):
        (slope,), (peer,) = blocks[f"current_{player}"], blocks[f"peer_{player}"]
        gap, pull = direct.policy_gradient[player - 1][0], lowest_terms(direct.peer_learning[player - 1][0] / alpha)
        weight = own * (1 - own)
        if not is_zero(slope - weight * gap) or not is_zero(
            lowest_terms(peer / alpha) - weight * (other * (1 - other)) ** 2 * pull
        ):
            return _undecided("the log-odds field has another form")
        if is_zero(lowest_terms(peer / alpha) - weight * pull):
            raise Undecided("the check cannot fail: it accepts the correction without the peer's weight")
        if gap.has(own) or pull.has(other) or Poly(gap, other).degree() > 1 or Poly(pull, own).degree() > 1:
            return _undecided("gap or pull is not affine in one probability")
    gap, tilt, pull = symbols("G a b", positive=True)  # a = |g'|, b = λ|m|N; both may also be 0
    reach = gap / (tilt + pull + gap)
    left = lowest_terms(gap - tilt * reach - pull * reach**2)
    if not _positive_terms(left):
        return _undecided("the neighbourhood is too large")
    if _positive_terms(lowest_terms(gap - tilt * 2 * reach - pull * reach**2)):
        raise Undecided("the check cannot fail: it accepts twice the tilt")
    row = _hare_square()
    evidence = Evidence(
        "identity",
        "2 x 2 games, all payoffs symbolic: the correction has the peer's weight (q(1 - q))^2 that the gradient lacks",
        "x' = p(1-p)[g(q) + lambda m n(p) (q(1-q))^2]: in the square of side r = G/(|g'| + lambda |m| N + G) at a "
        f"strict corner both log-odds move to the corner, for every lambda; (Hare, Hare) at the published {PUBLISHED}: "
        f"side {row['side']}, though lost in direct coordinates",
        {"moved_zeros": [row]},
    )
    return Finding(Verdict.PROVED, "near the corner the correction is of higher order than the gradient", (evidence,))


def _positive_terms(quotient: Expr) -> bool:
    """Whether numerator and denominator have only positive coefficients (the symbols are positive)."""
    return all(
        coefficient > 0
        for part in quotient.as_numer_denom()
        for coefficient in Poly(part, *sorted(part.free_symbols, key=str)).coeffs()
    )


def _hare_square() -> dict[str, Any]:
    """The square at (Hare, Hare) at the published λ, and player 1's bracket in it.

    The bracket is affine in p and increases with q up to 1/2, so it is largest at a corner with the largest q.
    """
    game = stag_hunt()
    (p,), (q,) = parameters(game, "direct")
    entry = game.value_of(logit_brackets(game)[0]).expand()
    free, moved = entry.coeff(size, 0), lowest_terms(entry.coeff(size, 1) / (q * (1 - q)) ** 2)
    gap, tilt = -free.subs(q, 0), diff(free, q)
    largest = max(abs(moved.subs(p, end)) for end in (0, 1))
    side = gap / (abs(tilt) + PUBLISHED * largest + gap)
    worst = max(entry.subs({size: PUBLISHED, p: end, q: side}) for end in (Integer(0), side))
    if not (tilt > 0 and side <= HALF and worst < 0):
        raise Undecided("the bracket changes sign in the square")
    return {"game": game.name, "profile": "Hare,Hare", "lambda": str(PUBLISHED), "side": str(side), "worst": str(worst)}


# ------------------------------------------------------------------------------------------- lost, created, annihilated


def _check_lost() -> Finding:
    found = rest_bound(stag_hunt(), ((1,), (1,)))
    if found.bound is None or found.bound >= PUBLISHED or not found.attracts(found.bound * Rational(99, 100)):
        return _undecided("(Hare, Hare) rests at the published lambda")
    field = [stag_hunt().value_of(e) for e in corrected_field(stag_hunt())]
    (p,), (q,) = parameters(stag_hunt(), "direct")
    at = [entry.subs({p: 0, q: 0, size: PUBLISHED}) for entry in field]
    if not all(entry > 0 for entry in at):
        return _undecided("the field does not leave the corner")
    evidence = Evidence(
        "counterexample",
        "exact field at the corner",
        f"stag-hunt 4,0,3,2, direct: (Hare, Hare) rests exactly for lambda <= {found.bound}; at the published lambda "
        f"{PUBLISHED} the field there is ({at[0]}, {at[1]}), into the square",
        {
            "moved_zeros": [
                {
                    "game": "stag-hunt",
                    "profile": "Hare,Hare",
                    "bound": str(found.bound),
                    "lambda": str(PUBLISHED),
                    "field": "; ".join(map(str, at)),
                }
            ]
        },
    )
    return Finding(Verdict.REFUTED, "a strict equilibrium is lost once lambda exceeds its bound", (evidence,))


def _check_created() -> Finding:
    game = prisoners_dilemma(R=4, S=0, T=5, P=3)
    cooperation = ((0,), (0,))
    gaps = corner_gaps(game, cooperation)
    if gaps != payoff_gaps(game, cooperation) or gaps != unrolled_gaps(game, cooperation):
        return _undecided("the routes to the gaps differ")
    gap, pull = gaps[0, 0, 1]
    if not (gap < 0 < pull and gaps[1, 0, 1] == (gap, pull)):
        return _undecided("(C, C) is not created")
    if any(entry.profile == cooperation for entry in pure_equilibria(game)):
        return _undecided("(C, C) is an equilibrium")
    threshold = -gap / pull
    donation = corner_gaps(prisoners_dilemma(R=3, S=0, T=5, P=2), cooperation)  # R + P = S + T
    if any(pull_ != 0 for _, pull_ in donation.values()):
        raise Undecided("the control is not one: the correction does not vanish where R + P = S + T")
    amount = 2 * threshold
    evidence = Evidence(
        "counterexample",
        "gaps of v and C at the corner by three routes",
        f"prisoners-dilemma 4,0,5,3, direct: at (C, C) the pull towards C is {gap} + {pull} lambda, so for every "
        f"lambda > {threshold} (C, C) attracts all starts near it, though D is dominant; never for R + P = S + T",
        {
            "moved_zeros": [
                {
                    "game": "prisoners-dilemma",
                    "payoffs": "4,0,5,3",
                    "profile": "C,C",
                    "threshold": str(threshold),
                    "gap": str(gap),
                    "pull": str(pull),
                    "at_lambda": str(amount),
                    "sum": str(gap + amount * pull),
                }
            ]
        },
    )
    reason = "the correction can outweigh the gradient at a profile that is no equilibrium"
    return Finding(Verdict.REFUTED, reason, (evidence,))


THIRD = Rational(1, 3)  # up to here no zero of the regularised Stag Hunt leaves the diagonal


@cache
def fold_cases() -> dict[str, tuple[Corrected, Rational]]:
    """Regularised Stag Hunts on whose diagonal two zeros annihilate, each with a λ at which there are three."""
    dear = regularised_stag_hunt(k="208/27")  # its only interior equilibrium is (1/8, 1/8)
    return {
        "regularised-stag-hunt, k = 208/27": (game_case(dear, (Rational(1, 8),) * 2), Rational(1, 10)),
        "regularised-stag-hunt": (game_case(regularised_stag_hunt(), (Rational(7, 8),) * 2), Rational(1, 5)),
    }


def folds(case: Corrected) -> tuple[Poly, list[tuple[Rational, Rational]]]:
    """The discriminant in λ of the field on the diagonal, and isolating intervals of its roots in [0, 1/3].

    Raises:
        Undecided: the field on the diagonal is no cubic.
    """
    p, _ = case.symbols
    form = Poly(_on_the_diagonal(case), p)
    if form.degree() != 3 or not form.LC().is_Rational:
        raise Undecided("the field on the diagonal is no cubic")
    in_size = Poly(discriminant(form.as_expr(), p), size, domain="QQ")
    found = in_size.sqf_part().intervals(inf=0, sup=THIRD, eps=Rational(1, 10**9))
    return in_size, [ends for ends, _ in found]


def _on_the_diagonal(case: Corrected) -> Expr:
    p, q = case.symbols
    return case.total()[0].subs(q, p).expand()


def fold() -> tuple[Poly, tuple[Rational, Rational]]:
    """The same for the default cost, with the interval of the only root.

    Raises:
        Undecided: there is another number of roots.
    """
    case, _ = fold_cases()["regularised-stag-hunt"]
    in_size, roots = folds(case)
    if len(roots) != 1:
        raise Undecided("the discriminant has another number of roots")
    return in_size, roots[0]


def _check_fold() -> Finding:
    evidence = tuple(_fold_evidence(name, case, amount) for name, (case, amount) in fold_cases().items())
    return Finding(Verdict.PROVED, "simple roots of a discriminant; both eigenvalues are known", evidence)


def _stays_on_the_diagonal(case: Corrected, last: Rational) -> bool:
    """Whether (first − second)/(p − q) < 0 off the diagonal for λ ≤ last, by squares: no zero lies there.

    On the diagonal the quotient is the eigenvalue across it, so that is < 0 for λ < last.
    """
    p, q = case.symbols
    first, second = case.total()
    quotient, rest = Poly((first - second).expand(), p).div(Poly(p - q, p))
    u, v = symbols("u v", real=True)
    shape = quotient.as_expr().subs({p: u + HALF, q: v + HALF}, simultaneous=True).expand()
    tilt, lead = shape.subs({u: 0, v: 0}), Poly(_on_the_diagonal(case), p).LC()
    squares = tilt + lead * ((u + v / 2) ** 2 + Rational(3, 4) * v**2)
    rises = Poly(tilt, size)
    return bool(
        rest.is_zero
        and is_zero(shape - squares)
        and is_zero(quotient.as_expr().subs(q, p) - _eigenvalues(case)[1])
        and lead < 0
        and rises.degree() == 1
        and rises.LC() > 0
        and tilt.subs(size, last) <= 0
    )


def _eigenvalues(case: Corrected) -> tuple[Expr, Expr]:
    """Eigenvalues a + b (along) and a − b (across) of the Jacobian [[a, b], [b, a]] on the diagonal.

    Raises:
        Undecided: it has another form.
    """
    p, q = case.symbols
    slopes = jacobian(case.total(), case.symbols).applyfunc(lambda entry: entry.subs(q, p).expand())
    (a, b), (c, d) = slopes.tolist()
    if not (is_zero(a - d) and is_zero(b - c) and is_zero(a + b - diff(_on_the_diagonal(case), p))):
        raise Undecided("the Jacobian on the diagonal has another form")
    return (a + b).expand(), (a - b).expand()


def _fold_evidence(name: str, case: Corrected, amount: Rational) -> Evidence:
    """That the lower two of three zeros, a stable one and a saddle, annihilate at an exact λ; and where they are.

    Zeros left of p = 1/2 are counted apart: between the ends of an isolating interval none passes it.
    """
    p, _ = case.symbols
    if not _stays_on_the_diagonal(case, THIRD):
        raise Undecided(f"{name}: zeros off the diagonal are not excluded")
    if _stays_on_the_diagonal(case, Rational(2, 5)):
        raise Undecided("the check cannot fail: it excludes zeros off the diagonal for lambda <= 2/5 too")
    diagonal = _on_the_diagonal(case)
    in_size, [*births, (low, high)] = folds(case)
    if in_size(0) == 0:
        raise Undecided("the check cannot fail: the discriminant vanishes without correction")
    rows: list[dict[str, Any]] = []

    def zeros(at: Rational, low: Rational | None = None, high: Rational | None = None) -> int:
        """Zeros on the diagonal between two places that are none."""
        polynomial = Poly(diagonal.subs(size, at), p, domain="QQ")
        if any(end is not None and polynomial(end) == 0 for end in (low, high)):
            raise Undecided(f"{name}: a zero at the end of an interval")
        return int(polynomial.count_roots(low, high))

    def counted(at: Rational) -> tuple[int, int]:
        rows.append({"game": name, "lambda": str(at), "zeros": zeros(at), "in_square": zeros(at, Integer(0), ONE)})
        return zeros(at), zeros(at, None, HALF)

    middle = diagonal.subs(p, HALF)
    for ends in (*births, (low, high)):
        if Poly(middle, size).degree() != 1 or not middle.subs(size, ends[0]) * middle.subs(size, ends[1]) > 0:
            raise Undecided(f"{name}: a zero passes p = 1/2 while two meet")
    before = counted(Integer(0))
    around = [(counted(left), counted(right)) for left, right in births]
    if not (len(births) < 2 and around in ([], [((1, 1), (3, 1))]) and before[0] == (1 if births else 3)):
        raise Undecided(f"{name}: another number of zeros, or another pair is created")
    if (counted(low), counted(high), counted(THIRD)) != ((3, 2), (1, 0), (1, 0)):
        raise Undecided(f"{name}: another pair of zeros meets")
    if not (births[0][1] if births else 0) < amount < low or counted(amount) != (3, 2):
        raise Undecided(f"{name}: not three zeros at lambda = {amount}")
    three = _stability(case, amount)
    if [signs for _, signs in three] != [(-1, -1), (1, -1), (-1, -1)]:
        raise Undecided(f"{name}: the three zeros are not stable, saddle, stable")
    rows += [
        {"game": name, "lambda": str(amount), "zero_low": str(left), "zero_high": str(right), "stable": along < 0}
        for (left, right), (along, _) in three
    ]
    # λ at which a zero passes a corner: the field there is affine in λ
    enters, leaves = (
        -at.subs(size, 0) / diff(at, size) for at in (diagonal.subs(p, 0).expand(), diagonal.subs(p, 1).expand())
    )
    content: dict[str, Any] = {
        "moved_zeros": rows,
        "discriminant": str(in_size.as_expr()),
        "lambda_c": [str(low), str(high)],
        "upper_leaves_square_at": str(leaves),
    }
    if births:
        if not (case.zero[0] < HALF and enters < 0 and leaves > high and zeros(high, Integer(0), ONE) == 1):
            raise Undecided(f"{name}: the game's equilibrium is not the zero that vanishes inside the square")
        content["created"] = [str(end) for end in births[0]]
        story = (
            f"the game's only interior equilibrium, p = q = {case.zero[0]}, is stable and alone in the plane; a stable "
            f"zero and a saddle are created at one lambda in ({births[0][0]}, {births[0][1]}), and at lambda_c it "
            f"meets that saddle inside the square and both vanish; the created one leaves the square at {leaves}"
        )
    else:
        if not (0 < leaves < enters < low and case.zero[0] > HALF and zeros(high, ONE) == 1):
            raise Undecided(f"{name}: the zeros pass the corners elsewhere")
        content["enters_square_at"] = str(enters)
        story = (
            f"at lambda_c the saddle meets a stable zero of the corrected field that entered the square at {enters} "
            f"and is no equilibrium of the game; the game's own, p = q = {case.zero[0]}, leaves the square at {leaves} "
            "and stays the only zero in the plane after lambda_c"
        )
    return Evidence(
        "identity",
        "discriminant in lambda of the diagonal cubic, isolating intervals of its roots; Sturm counts; squares off the "
        "diagonal; signs of both eigenvalues",
        f"{name}: lambda_c in ({low}, {high}), the last root in [0, 1/3] of {in_size.as_expr().factor()}; {story}",
        content,
    )


def _stability(case: Corrected, amount: Rational) -> list[tuple[tuple[Rational, Rational], tuple[int, int]]]:
    """Intervals of the zeros on the diagonal, ascending, and the signs of the eigenvalues along and across it there.

    Raises:
        Undecided: an eigenvalue may change its sign in the interval that isolates the zero.
    """
    p, _ = case.symbols
    values = [Poly(entry.subs(size, amount), p, domain="QQ") for entry in _eigenvalues(case)]
    found = []
    for ends, _ in Poly(_on_the_diagonal(case).subs(size, amount), p, domain="QQ").intervals(eps=Rational(1, 10**6)):
        if any(value.count_roots(*ends) for value in values):
            raise Undecided("an eigenvalue changes its sign in an isolating interval")
        along, across = (1 if value(ends[0]) > 0 else -1 for value in values)
        found.append((ends, (along, across)))
    return found


# ----------------------------------------------------------------------------------------------------------- every rule

RULE_GAMES: tuple[tuple[str, DifferentiableGame, tuple[Rational, ...]], ...] = (
    ("cournot a = 4, c = 0, k = 1/3", convex_cournot(), (ONE, ONE)),
    ("regularised-stag-hunt", regularised_stag_hunt(), (Rational(7, 8), Rational(7, 8))),
)


def _check_rules() -> Finding:
    rows: list[dict[str, Any]] = []
    keeps = {(rule, form): relations.keeps_zeros(rule, form) for rule in updates.REGISTRY for form in FORMS}
    for name, game, zero in RULE_GAMES:
        case = game_case(game, zero)
        for rule in updates.REGISTRY:
            for form in FORMS:
                row = {"game": name, "rule": rule, "form": form, "zero": str(zero[0])}
                if rule == "sos":
                    rows.append({**row, "first": "0", "second": "0", "moves": False})
                    continue
                series = rule_zero_series(game, zero, rule, form)
                # the closed forms of the other game's unrolled updates are long
                if game is RULE_GAMES[0][1] and series != ansatz_series(
                    _whole_update(game, rule, form), case.symbols, zero, 2, alpha
                ):
                    return _undecided(f"{name}, {rule}, {form}: the two routes differ")
                if rule == "lola-shaping" and series != moved_zero_series(case, 2):
                    return _undecided(f"{name}: the shaping rule moves the zero otherwise than v + alpha C")
                weight = relations.relation(rule, form).coefficients[2].subs({own_coefficient: 1, peer_coefficient: 1})
                if [entry[1] for entry in series] != [-weight * entry for entry in case.direction]:
                    return _undecided(f"{name}, {rule}, {form}: the first coefficient is not -Dv^-1 shape")
                moves = any(any(entry[1:]) for entry in series)
                if moves == keeps[rule, form]:
                    return _undecided(f"{name}, {rule}, {form}: C1.zeros says otherwise")
                if any(entry != series[0] for entry in series):
                    return _undecided(f"{name}: the symmetric zero leaves the diagonal")
                first, second = series[0][1:]
                rows.append({**row, "first": str(first), "second": str(second), "moves": moves})
    moved = sorted({(row["rule"], row["form"]) for row in rows if row["moves"]})
    seconds = {row["second"] for row in rows if row["moves"] and row["game"] == RULE_GAMES[0][0]}
    if len({row["first"] for row in rows if row["game"] == RULE_GAMES[0][0]}) != 2 or len(seconds) < 3:
        raise Undecided("the check tells no rules apart")
    sos = [_sos_row(name, game, zero) for name, game, zero in RULE_GAMES]
    evidence = (
        Evidence(
            "identity",
            "the rules' programs run on power series in alpha; in Cournot against a polynomial with unknown "
            "coefficients in their closed forms; first coefficients against C1.relations",
            f"{len(rows)} updates: {', '.join(sorted({rule for rule, _ in moved}))} move the zero at order alpha, all "
            "by the same -Dv^-1 shape, and differ at alpha^2; all other rules move it at no order",
            {"moved_zeros": rows},
        ),
        Evidence(
            "identity",
            "structure of the share p; bounds of v, Dv and the shaping term on a box, in ball arithmetic",
            "; ".join(
                f"{row['game']}: within {row['half_width']} of the zero sos vanishes at the zero only, for alpha < "
                f"{row['alpha']}"
                for row in sos
            ),
            {"moved_zeros": sos},
        ),
    )
    return Finding(
        Verdict.PROVED, "only the shaping term survives where v = 0, and SOS's share of it is at most |v|^2", evidence
    )


def _whole_update(game: DifferentiableGame, rule: str, form: Form) -> list[Expr]:
    """The update in closed form, one α for all players, c_own = c_peer = 1."""
    program = update_program(game, "direct", rule, form)
    at = {step_size(player): alpha for player in range(game.players)}
    at |= {own_coefficient: ONE, peer_coefficient: ONE, **dict(game.parameters)}
    return [entry.xreplace(at) for entry in program.closed_form()["update"]]


def share_is_at_most_speed() -> bool:
    """Whether SOS's p is min(p₁, p₂) with p₂ = |v|² where |v|² < 1/100, in an arbitrary smooth game of two players."""
    steps: dict[Symbol, Expr] = {}

    def name(stem: str, expression: Expr) -> Expr:
        symbol = Symbol(f"{stem}{len(steps)}", real=True)
        steps[symbol] = expression
        return symbol

    unroll = Unroll(SmoothPoint, start_of(relations.SIMPLEST), [alpha] * 2, let=name)
    (first, condition), (second, rest) = steps[share(unroll)].args
    (near, when), _ = steps[second].args
    speed = sum((entry**2 for row in unroll.gradients for entry in row), Integer(0))
    smaller = rest is true and condition == (first <= second)
    return bool(smaller and when == (near < NEIGHBOURHOOD**2) and is_zero(freed(steps[near] - speed)))


def _sos_row(name: str, game: DifferentiableGame, zero: Sequence[Rational]) -> dict[str, Any]:
    """How small α must be for SOS to have no other zero in a box about the zero of v, from bounds on the box."""
    if not share_is_at_most_speed():
        raise Undecided("the share of SOS has another form")
    case = game_case(game, zero)
    half = Rational(1, 200)
    box = tuple((x - half, x + half) for x in zero)
    if not piece_holds(case.field, case.symbols, Piece(Integer(0), Integer(0), box)):
        raise Undecided(f"{name}: v has another zero in the box")
    slopes = jacobian(case.field, case.symbols)
    steepest = _bounded(list(slopes), case.symbols, box)
    # Two players with a parameter each: |v| ≤ √2 · 2 · steepest · half; Dv_o has norm max(|∂₂v₁|, |∂₁v₂|); √2 < 3/2.
    if not 3 * steepest * half < NEIGHBOURHOOD:
        raise Undecided(f"{name}: the box is too large for |v| < 1/10")
    slope = _bounded([slopes[0, 1], slopes[1, 0]], case.symbols, box)
    pull = Rational(3, 2) * _bounded(case.correction, case.symbols, box)
    bound = 1 / (slope + pull * NEIGHBOURHOOD)
    if not _outweighs(slope, pull, bound * Rational(99, 100)):
        raise Undecided(f"{name}: SOS may have another zero below the bound of alpha")
    if _outweighs(slope, pull, bound * Rational(101, 100)):
        raise Undecided("the check cannot fail: the estimate holds beyond the bound of alpha too")
    return {
        "game": name,
        "rule": "sos",
        "half_width": str(half),
        "look": str(slope),
        "shape": str(pull),
        "alpha": str(bound),
    }


def _outweighs(look: Rational, shape: Rational, step: Rational) -> bool:
    """Whether α(c|v| + s|v|²) < |v| for 0 < |v| ≤ 1/10: then v outweighs what SOS adds to it."""
    return bool(step * (look + shape * NEIGHBOURHOOD) < 1)


def _bounded(entries: Sequence[Expr], wrt: Sequence[Symbol], box: Sequence[tuple[Rational, Rational]]) -> Rational:
    """:func:`largest_on`, and that no exact value at a corner of the box exceeds it.

    Raises:
        Undecided: one does, or the bound would have let half of it pass.
    """
    bound = largest_on(entries, wrt, box)
    corners = [dict(zip(wrt, ends, strict=True)) for ends in product(*box)]
    largest = max(abs(entry.subs(corner)) for entry in entries for corner in corners)
    if largest > bound:
        raise Undecided("a value on the box exceeds its bound")
    if largest <= bound / 2:
        raise Undecided("the check cannot fail: half the bound would do at the corners")
    return bound


_EXPANDED = "expanded form, L = 1"
CLAIMS = (
    Claim(
        "C8",
        "A constant correction moves zeros by O(lambda): phi*_lambda = phi* - lambda J_v^-1 M(phi*) + O(lambda^2).",
        "paper, fixed-point shift",
        assumptions=("Dv(phi*) is invertible",),
        scope="interior zeros; strict pure equilibria are no zeros of v and do not move below a bound (C8.strict)",
        requires=("C8.series",),
    ),
    Claim(
        "C8.series",
        "phi*_lambda = phi* - lambda d + lambda^2 Dv^-1 (DM d - D^2v[d,d]/2) + ..., d = Dv^-1 M(phi*), a power series "
        "whose coefficients follow order by order.",
        "paper, fixed-point shift; implicit function theorem",
        assumptions=("v and M are analytic (C^3 for the first two coefficients)", "Dv(phi*) is invertible"),
        scope="any dimension; checked with symbols for all derivatives in dimensions 1 to 3, to order 6 on examples",
        check=_check_series,
    ),
    Claim(
        "C8.slope",
        "The zero of v + lambda C differs from its series up to order K by |c_(K+1)| lambda^(K+1) to leading order.",
        "derived here",
        assumptions=(_EXPANDED,),
        scope="five branches, K = 0 to 4, lambda = 2^-4 to 2^-16; no numerical continuation is trusted: every zero is "
        "enclosed",
        check=_check_slope,
    ),
    Claim(
        "C8.branch",
        "The interior equilibria of Cournot competition, regularised Stag Hunt, regularised Matching Pennies and two "
        "unequal firms, and the mixed one of Stag Hunt in log-odds, continue over a whole interval of lambda.",
        "derived here",
        assumptions=(_EXPANDED,),
        scope="enclosures of v + lambda C on all real parameters; boxes of the regularised games may leave the square",
        check=_check_branch,
    ),
    Claim(
        "C8.stag-hunt",
        "In Stag Hunt the mixed equilibrium moves from p* to (p* - lambda (T - P))/(1 + lambda K), K = R - S - T + P, "
        "in direct coordinates, and along one branch of a quintic in log-odds.",
        "derived here",
        assumptions=("R > T", "P > S", _EXPANDED, f"log-odds: T >= P and p* <= {MOST}"),
        scope="direct: all payoffs of the class, radius of convergence 1/K; log-odds: the diagonal for every lambda >= "
        "0, the whole square at 4,0,3,2 for lambda <= 4",
        check=_check_stag_hunt,
    ),
    Claim(
        "C8.strict",
        "Under projection a strict pure equilibrium does not move, and attracts, while lambda is below an exact bound; "
        "beyond the bound it is no rest point.",
        "derived here",
        assumptions=(_EXPANDED, "exact values", "every state is reached (tremble 1/100 in the IPD)"),
        scope="direct coordinates; all strict equilibria of the named one-shot games and of two joint projects "
        "with three actions, and AllD, Grim and D:CDDD of the memory-one IPD; lambda for total values (normalised: "
        "times 1/(1 - gamma)); Stag Hunt's bound for its class",
        check=_check_strict,
    ),
    Claim(
        "C8.logit-strict",
        "In log-odds no lambda loses a strict equilibrium of a 2 x 2 game: its basin contains an open square for every "
        "lambda.",
        "derived here",
        assumptions=(_EXPANDED, "lambda >= 0"),
        scope="all 2 x 2 games, payoffs symbolic; v + lambda C without step size",
        check=_check_logit_strict,
    ),
    Claim(
        "C8.lost",
        "A constant correction keeps every strict equilibrium.",
        "what a fixed-point shift of O(lambda) suggests",
        scope="direct coordinates under projection, at the published lambda = 33/40",
        check=_check_lost,
    ),
    Claim(
        "C8.created",
        "A constant correction makes no profile attracting that is no equilibrium.",
        "what a fixed-point shift of O(lambda) suggests",
        scope="direct coordinates under projection",
        check=_check_created,
    ),
    Claim(
        "C8.fold",
        "Constant correction can remove a stable interior equilibrium: regularised Stag Hunt has one that meets a "
        "saddle inside the square at an exact lambda_c and vanishes with it; with a lower cost of mixing a stable zero "
        "that is no equilibrium enters the square and vanishes in the same way.",
        "derived here",
        assumptions=(_EXPANDED,),
        scope="payoffs 4,0,3,2 with costs k(p - 1/2)^4, k = 208/27 and 80/27; all zeros in the plane for lambda <= 1/3",
        check=_check_fold,
    ),
    Claim(
        "C8.rules",
        "Rules with a full shaping term move a zero by -alpha Dv^-1 shape + O(alpha^2) and differ at alpha^2; all "
        "other rules, SOS included, do not move it.",
        "derived here; Letcher et al. 2019 for SOS",
        assumptions=("Dv(phi*) is invertible", "c_own = c_peer = 1", "L = 1"),
        scope="Cournot competition with convex costs and regularised Stag Hunt, both forms, series to order 2; SOS "
        "near the zero for alpha below a stated bound",
        check=_check_rules,
    ),
)
