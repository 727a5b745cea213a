"""C8.fold: stable interior zeros that a constant correction removes.

**Zeros that annihilate.** Regularised Stag Hunt, cost k(p − 1/2)⁴. With u = p − 1/2, w = q − 1/2 the difference of the
two equations is (p − q)[9λ − 3 − 4k((u + w/2)² + 3w²/4)], so for λ ≤ 1/3 all zeros lie on the diagonal, and the bracket
at p = q, the eigenvalue across it, is < 0 for λ < 1/3. On the diagonal the field is a cubic whose roots stay simple and
keep their order and the sign of the other eigenvalue (the cubic's slope) while its discriminant in λ does not vanish.
So counts at the ends of the discriminant's isolating intervals, left of p = 1/2 and in all, say which two zeros meet.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Expr, Integer, Poly, Rational, diff, discriminant, symbols

from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.corrected import Corrected, game_case, jacobian
from theory.exact import Undecided, is_zero
from theory.games import (
    regularised_stag_hunt,
)
from theory.symbols import correction as size

HALF, ONE = Rational(1, 2), Integer(1)
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


_EXPANDED = "expanded form, L = 1"
CLAIMS = (
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
)
