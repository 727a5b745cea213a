"""C8: where a constant correction λC moves the zeros of v: series, certified branches, the slope test.

The mathematics is in :mod:`theory.moved_zeros`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from sympy import Integer, Poly, Rational, Symbol, symbols

from theory.claims.c08_fold import fold
from theory.claims.c08_stag_hunt import FOLLOWED, ORDER, logit_diagonal
from theory.claims.c10_ball_inclusion import random_case
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import Corrected, game_case
from theory.exact import Undecided, is_zero
from theory.games import (
    DifferentiableGame,
    cournot,
    regularised_matching_pennies,
    regularised_stag_hunt,
    stag_hunt,
)
from theory.moved_zeros import (
    Piece,
    ansatz_series,
    certified_branch,
    distances,
    enclosed_zero,
    glued,
    matches_to_order,
    moved_zero_series,
    piece_holds,
    second_order_residuals,
    taylor_residuals,
)
from theory.symbols import correction as size

HALF, ONE = Rational(1, 2), Integer(1)


X = Symbol("x", real=True)


# ----------------------------------------------------------------------------------------------------------- the series


def _check_series() -> Finding:
    for dimension in (1, 2, 3):
        first, second = taylor_residuals(dimension), second_order_residuals(dimension)
        if not all(is_zero(entry) for entry in (*first, *second)):
            return undecided(f"the first two coefficients fail in dimension {dimension}")
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
        return undecided("the singular example has another zero")
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


# ------------------------------------------------------------------------------------------------------- whole branches


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
        "stag-hunt, logit, diagonal": (logit_diagonal(stag_hunt()), FOLLOWED),
    }


def _check_branch() -> Finding:
    _krawczyk_controls()
    rows, pieces_of = [], {}
    for name, (case, last) in branches().items():
        pieces = certified_branch(case, last)
        field = case.total()
        if not all(glued(field, case.symbols, a, b) for a, b in pairwise(pieces)):
            return undecided(f"{name}: two pieces do not hold the same zero")
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
                return undecided(f"{name}: the remainder after order {order} has another limit")
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
)
