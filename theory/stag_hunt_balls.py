"""C19: the largest ball about (Stag, Stag) on which the distance to it falls, in three fields.

Stag Hunt with R > T and P > S: K = R − S − T + P > 0, p* = (P − S)/K and a = 1 − p* in (0, 1). With u = 1 − p and
w = 1 − q the direct field is u′ = −K(a − w), w′ = −K(a − u); the replicator field (k = 1) and policy gradient in
log-odds (k = 2) multiply u′ by (u(1 − u))ᵏ and w′ by (w(1 − w))ᵏ. So with W = |x − x*|² = u² + w² and
f(z) = z^{k+1} (1 − z)ᵏ,

    F = −⟨x′, x − x*⟩ = K [f(u)(a − w) + f(w)(a − u)] = K (aD − N),   D = f(u) + f(w),   N = f(u) w + f(w) u.

c* is the supremum of all c such that F > 0 on 0 < W < c in the square. The results, for all a in (0, 1):

    direct       c* = 2a².
    replicator   c* = min(2a², 1): the first exactly for p* ≥ 1 − 1/√2.
    log-odds     c* = 2a² exactly for a ≤ 7/11 (p* ≥ 4/11). For a > 7/11, c* < 2a² is the only root of Q(a, ·)
                 between 98/121 and 1, where aD − N on W = c is a polynomial in s = u + w and Q is the factor with a
                 of its discriminant. c*(4/5) = 24/25, and 1 − c* = (27/16 + o(1)) p*² as p* → 0.

They are the same in the closed and in the open square. For c < c* (and k ≥ 1, where the square is invariant) {W ≤ c} is
a region of attraction: W falls in it.

Rays. Where D > 0 put A = N/D, so that F > 0 exactly where A < a; A is a weighted mean of u and w. With the Euler
operator E = u∂ᵤ + w∂_w (the derivative along rays from the target),

    (EN) D − N (ED) − N D = k (uw)^{k+1} ((1 − u)(1 − w))^{k−1} (u − w)² ≥ 0,

so A/√W does not fall along rays (``ray_identity``). Hence A(tx) ≤ tA(x) for 0 < t < 1: if A ≤ a on the part of W = c
where D > 0, for some c ≤ 1 (any c if k = 0), then F > 0 on 0 < W < c. (On the axes F = K a f > 0 for W < 1.) Moreover,
A ≤ √(W/2) on one circle implies the same inside it, that is c* ≥ 2a² for all a up to that circle's √(c/2).

Edges. On u = 0, F = K a f(w); on u = 1, W ≥ 1. For k ≥ 1 the first point of the edges with F ≤ 0 is the rest point
(1, 0), W = 1, and open points with F < 0 tend to it (``approach``): u = 1 − d³, w = d for k = 1 and small d. So c* ≤ 1,
and c* is the same in the open square. (a, a), where F = 0, gives c* ≤ 2a².

Circles. On W = c, D and N are polynomials in s = u + w, √c ≤ s ≤ √(2c), since m = uw = (s² − c)/2.

Replicator. Put s = 2ax on W = 2a². Then aD − N is, up to a factor > 0,

    (1 − x) [2(1 − a)(x − a)² + (1 − 2a²)(2x + 1 − a)] ≥ 0   if 2a² ≤ 1,

and on W = 1 it is (s − 1)² ((a − 1) s + 2a − 1)/2, in which a(s + 2) ≥ s + 1 if 2a² ≥ 1, because of
(s + 2)² − 2(s + 1)² = 2 − s² ≥ 0. Either of the two, with the rays, gives c* = 2a² for 2a² ≤ 1; the second gives c* = 1
beyond.

Log-odds, a ≤ 7/11. On the one circle W = 98/121 with a = 7/11, aD − N is (11s − 14)² times a quartic that is positive
there; the rays do the rest. Second route: on W = 2a², s = 2ax, aD − N is (1 − x) times a polynomial whose Bernstein
coefficients on 0 ≤ a ≤ 7/11, 12/17 ≤ x ≤ 1 are all positive but one, its value 0 at the corner a = 7/11, x = 1.

Log-odds, a > 7/11.

(i) On W = 2a² the slope of aD − N in s at the diagonal s = 2a, where it is 0, is a³(1 − a)(11a − 7) > 0: F < 0 just
    before the diagonal.
(ii) Some points with W < 1 have F < 0: u = 1 − d², w = d, d = (1 − a)/4 (``approach``). By the rays and A ≤ 7/11 < a on
    W = 98/121, 98/121 < c* < 1, so c* is the least W with F ≤ 0, W > 0, attained at some point. There aD − N = 0, and
    aD − N ≥ 0 on the rest of that circle. The point is not on the axes, where F > 0, and not on the diagonal: there c*
    would be 2a², against (i). So s is inside its interval and a double root, the discriminant vanishes, Q(a, c*) = 0.
(iii) Q(a, ·) has exactly one root in (98/121, 1). For a ≤ 999/1000 its Bernstein coefficients there change sign once
    (Descartes). For 999/1000 ≤ a < 1 its discriminant, its leading coefficient and its values at both ends have no
    zero, so the number of roots is that at 999/1000. Second route, for all a but those between 997/1000 and 998/1000:
    the discriminant has no other zero in (7/11, 1), and there is one root at a sample on either side.
(iv) Q(1 − b, 1 − tb²)/b⁴ is a multiple of 27 − 16t at b = 0, so a root continues t = 27/16; by (iii) it is c*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from sympy import Expr, Integer, Poly, Rational, Symbol, diff, discriminant, factor_list

from theory.bernstein import Monomials, bernstein
from theory.errors import BadInput
from theory.exact import Sign, Undecided, is_zero

BallField = Literal["direct", "replicator", "logit"]
EXPONENTS: Mapping[BallField, int] = {"direct": 0, "replicator": 1, "logit": 2}

u, w, s, m, x, d = (Symbol(name, real=True) for name in ("u", "w", "s", "m", "x", "d"))
gap, level = Symbol("a", real=True), Symbol("c", real=True)  # 1 − p*, and a value of W

LOGIT_GAP = Rational(7, 11)
LOGIT_LEVEL = 2 * LOGIT_GAP**2
LATE = Rational(999, 1000)  # from here on (iii) uses the discriminant
STEP, FINE = Rational(1, 10**6), Rational(1, 10**9)
Facts = dict[str, bool]


# ------------------------------------------------------------------------------------------------------ the field


def weight(field: BallField, z: Expr) -> Expr:
    """The weight f(z) = z^{k+1} (1 − z)ᵏ."""
    k = EXPONENTS[field]
    return z ** (k + 1) * (1 - z) ** k


def parts(field: BallField) -> tuple[Expr, Expr]:
    """N and D in u and w."""
    first, second = weight(field, u), weight(field, w)
    return first * w + second * u, first + second


def inner(field: BallField) -> Expr:
    """−⟨x′, x − x*⟩/K = aD − N in u and w."""
    top, bottom = parts(field)
    return gap * bottom - top


def _power_sum(power: int) -> Expr:
    """Power sum uⁿ + wⁿ in s and m."""
    before, here = Integer(2), s
    for _ in range(power):
        before, here = here, s * here - m * before
    return before


def on_circle(field: BallField) -> Expr:
    """The form aD − N on W = c as a polynomial in s, a and c; N = m Σ (z(1 − z))ᵏ over z = u, w."""
    k = EXPONENTS[field]
    z = Symbol("z")

    def total(form: Expr) -> Expr:
        return sum((c * _power_sum(n) for (n,), c in Poly(form, z).terms()), Integer(0))

    form = gap * total(weight(field, z)) - m * total((z * (1 - z)) ** k)
    return form.subs(m, (s**2 - level) / 2).expand()


@cache
def tangency() -> Expr:
    """Q(a, c): where the log-odds form touches zero inside the circle W = c.

    Raises:
        Undecided: the discriminant is not c³ (c − 1)⁴ times one polynomial with a.
    """
    _, factors = factor_list(discriminant(on_circle("logit"), s))
    rest = {(base, power) for base, power in factors if not base.has(gap)}
    found = [base for base, power in factors if base.has(gap) and power == 1]
    if len(found) != 1 or len(factors) != 3 or rest != {(level, 3), (level - 1, 4)}:
        raise Undecided("the discriminant has other factors")
    q = found[0]
    return q if q.subs({gap: Rational(1, 2), level: 1}) > 0 else (-q).expand()


def turning(low: Rational, high: Rational) -> int:
    """Number of a in an open interval where the discriminant of Q(a, ·) vanishes."""
    return sum(roots_between(factor, gap, low, high) for factor in _turning_factors(tangency()))


@cache
def _turning_factors(q: Expr) -> tuple[Expr, ...]:
    return tuple(base for base, _ in factor_list(discriminant(q, level))[1])


# -------------------------------------------------------------------------------------------------- one variable


def sign_between(form: Expr, symbol: Symbol, low: Rational, high: Rational) -> Sign | None:
    """Sign of a polynomial over ℚ on an open interval; ``None`` if it has a zero there."""
    polynomial = Poly(form, symbol, domain="QQ")
    if polynomial.is_zero:
        return 0
    distinct = polynomial.sqf_part()
    if _roots_inside(distinct, low, high):
        return None
    return 1 if polynomial((low + high) / 2) > 0 else -1


def roots_between(form: Expr, symbol: Symbol, low: Rational, high: Rational) -> int:
    """Number of distinct roots in an open interval."""
    return _roots_inside(Poly(form, symbol, domain="QQ").sqf_part(), low, high)


def _roots_inside(squarefree: Poly, low: Rational, high: Rational) -> int:
    at_ends = [end for end in (low, high) if squarefree(end) == 0]
    return int(squarefree.count_roots(low, high)) - len(at_ends)


def sign_changes(values: Sequence[Expr]) -> int:
    """Changes of sign in a sequence, zeros left out."""
    signs = [value > 0 for value in values if value != 0]
    return len([left for left, right in pairwise(signs) if left != right])


def variations(form: Expr, low: Rational, high: Rational) -> set[int]:
    """Sign changes of the Bernstein coefficients in c on [98/121, 1], at an a between any two zeros of theirs.

    The coefficients are polynomials in a. At a zero of some of them there are no more changes than beside it, since
    zeros are left out; so the largest number bounds all of (low, high).
    """

    def in_gap(number: Expr) -> Poly:
        return Poly(number, gap, domain="QQ")

    terms: Monomials = {tuple(powers): in_gap(c) for powers, c in Poly(form, level).terms()}
    coefficients = list(bernstein(terms, [(LOGIT_LEVEL, Integer(1))], in_gap).values())
    product = in_gap(Integer(1))
    for coefficient in coefficients:
        product *= coefficient.sqf_part()
    product = product.sqf_part()
    found = []
    zeros = [ends for ends, _ in product.intervals(inf=low, sup=high)]  # one zero in each
    cuts = [(low, low), *zeros, (high, high)]
    for (_, left), (right, _) in pairwise(cuts):
        sample = (left + right) / 2
        values = [coefficient(sample) for coefficient in coefficients]
        if all(value != 0 for value in values):
            found.append(sign_changes(values))
    if len(found) != len(zeros) + 1 - len([end for end in (low, high) if product(end) == 0]):
        raise Undecided("not every stretch between two zeros of the Bernstein coefficients has its sample")
    return set(found)


# ----------------------------------------------------------------------------------------------------- the proofs


def ray_identity(field: BallField) -> bool:
    """(EN)D − N(ED) − ND = k (uw)^{k+1} ((1 − u)(1 − w))^{k−1} (u − w)²."""
    k = EXPONENTS[field]
    top, bottom = parts(field)

    def euler(form: Expr) -> Expr:
        return u * diff(form, u) + w * diff(form, w)

    left = euler(top) * bottom - top * euler(bottom) - top * bottom
    return is_zero(left - k * (u * w) ** (k + 1) * ((1 - u) * (1 - w)) ** (k - 1) * (u - w) ** 2)


def common(field: BallField) -> Facts:
    """What all fields share: rays, edges, the mixed equilibrium, the form on circles."""
    form, k = inner(field), EXPONENTS[field]
    square = {s: u + w, level: u**2 + w**2}
    facts = {
        "A/sqrt(W) does not fall along rays": ray_identity(field),
        "F is K a f(w) on the edge u = 0": is_zero(form.subs(u, 0) - gap * weight(field, w)),
        "F is 0 at the mixed equilibrium": is_zero(form.subs({u: gap, w: gap})),
        "on a circle F is a polynomial in u + w": is_zero(on_circle(field).subs(square) - form),
    }
    if k:
        facts["F is 0 at the rest point (1, 0)"] = is_zero(form.subs({u: 1, w: 0}))
        facts["open points with F < 0 tend to (1, 0)"] = approach(field)
    return facts


def approach(field: BallField) -> bool:
    """Whether u = 1 − dⁿ, w = d has F < 0 for 0 < d ≤ (1 − a)/4: n = 3 for the replicator field, 2 for log-odds.

    With b = 1 − a and d = by, −F/(K dᵏ⁺¹ b) has positive Bernstein coefficients on 0 ≤ b ≤ 1, 0 ≤ y ≤ 1/4 after a
    factor (1 − d)ᵏ is taken out. For n = 2, W = 1 − d² + d⁴ < 1; for n = 3, W > 1 tends to 1 with d.
    """
    k, power = EXPONENTS[field], {"replicator": 3, "logit": 2}[field]
    b, y = Symbol("b", real=True), Symbol("y", real=True)
    form = -inner(field).subs({u: 1 - d**power, w: d}).subs({gap: 1 - b})
    quotient, rest = Poly(form.subs(d, b * y).expand(), b, y).div(Poly((b * y) ** (k + 1) * b * (1 - b * y) ** k, b, y))
    box = [(Integer(0), Integer(1)), (Integer(0), Rational(1, 4))]
    return bool(rest.is_zero and all(entry > 0 for entry in bernstein(quotient.as_dict(), box, _same).values()))


def _same(number: Rational) -> Rational:
    return number


def direct() -> Facts:
    """On W = 2a²: aD − N = (2a − s)(s + a)."""
    return {
        **common("direct"),
        "F > 0 on W = 2a^2 off the diagonal": is_zero(
            on_circle("direct").subs(level, 2 * gap**2) - (2 * gap - s) * (s + gap)
        ),
    }


def replicator() -> Facts:
    """The two routes to min(2a², 1)."""
    form = on_circle("replicator")
    squares = 2 * (1 - gap) * (x - gap) ** 2 + (1 - 2 * gap**2) * (2 * x + 1 - gap)
    on_ball = form.subs(level, 2 * gap**2).subs(s, 2 * gap * x)
    unit = (s - 1) ** 2 * (gap * (s + 2) - (s + 1)) / 2
    return {
        **common("replicator"),
        "squares on W = 2a^2": is_zero(on_ball - 2 * gap**3 * (1 - x) * squares),
        "square on W = 1": is_zero(form.subs(level, 1) - unit),
        "s + 1 <= (s + 2)/sqrt(2) up to s^2 = 2": is_zero((s + 2) ** 2 - 2 * (s + 1) ** 2 - (2 - s**2)),
    }


def logit_below() -> Facts:
    """Log-odds, a ≤ 7/11: the touching circle, and Bernstein coefficients on all circles W = 2a²."""
    form = on_circle("logit")
    touching = Poly(form.subs({gap: LOGIT_GAP, level: LOGIT_LEVEL}), s, domain="QQ")
    quartic, rest = touching.div(Poly((11 * s - 14) ** 2, s, domain="QQ"))
    low, high = Rational(8, 9), Rational(15, 11)  # 8/9 < √(98/121) < 14/11 < 15/11
    family = Poly(form.subs(level, 2 * gap**2).subs(s, 2 * gap * x).expand(), gap, x)
    cofactor, remainder = family.div(Poly(2 * gap**4 * (1 - x), gap, x))
    box = [(Integer(0), LOGIT_GAP), (Rational(12, 17), Integer(1))]  # 12/17 < 1/√2
    coefficients = bernstein(cofactor.as_dict(), box, _same)
    corner = coefficients.pop(max(coefficients))
    return {
        **common("logit"),
        "double root at the diagonal of W = 98/121": bool(rest.is_zero and low**2 < LOGIT_LEVEL),
        "positive cofactor on W = 98/121": sign_between(quartic.as_expr(), s, low, high) == 1,
        "Bernstein on all W = 2a^2": bool(remainder.is_zero and 2 * box[1][0] ** 2 < 1 and corner == 0)
        and all(value > 0 for value in coefficients.values()),
    }


def logit_above() -> Facts:
    """Log-odds, a > 7/11: c* is the root of Q between 98/121 and 1."""
    form, q, one = on_circle("logit"), tangency(), Integer(1)
    slope = diff(form, s).subs({s: 2 * gap, level: 2 * gap**2})
    lead = Poly(q, level).LC()
    ends = [q.subs(level, end) for end in (LOGIT_LEVEL, one)]
    return {
        "F < 0 beside the diagonal of W = 2a^2": is_zero(slope - gap**3 * (1 - gap) * (11 * gap - 7)),
        "the leading coefficient in s is not 0": is_zero(Poly(form, s).LC() - Rational(1, 4)),
        "Q < 0 at 98/121 and Q > 0 at 1": [sign_between(end, gap, LOGIT_GAP, one) for end in ends] == [-1, 1],
        "one root up to a = 999/1000": variations(q, LOGIT_GAP, LATE + STEP) == {1},
        "one root from a = 999/1000": roots_between(q.subs(gap, LATE), level, LOGIT_LEVEL, one) == 1
        and bool(lead.is_number and lead != 0)
        and turning(LATE - STEP, one) == 0,
        "c* = 24/25 at a = 4/5": _touches(Rational(4, 5), Rational(24, 25)),
        "1 - c* is 27/16 p*^2 to leading order": _leading(q),
    }


def logit_discriminant() -> Facts:
    """Second route to the one root: it can change in number only at one a, near .9976."""
    q, one = tangency(), Integer(1)
    low, high = Rational(997, 1000), Rational(998, 1000)
    pieces = {(LOGIT_GAP, low): Rational(3, 4), (high, one): Rational(9999, 10000)}
    return {
        "the discriminant has one zero": turning(low, high) == 1,
        **{
            f"one root between a = {left} and {right}": turning(left, right) == 0
            and roots_between(q.subs(gap, sample), level, LOGIT_LEVEL, one) == 1
            for (left, right), sample in pieces.items()
        },
    }


def _touches(at: Rational, value: Rational) -> bool:
    """Whether aD − N is ≥ 0 on all of W = c and has a double root off the diagonal."""
    polynomial = Poly(on_circle("logit").subs({gap: at, level: value}), s, domain="QQ")
    double = polynomial.gcd(polynomial.diff())
    if double.degree() != 1:
        return False
    root = -double(0) / double.LC()
    quartic, rest = polynomial.div(double**2)
    low, high = root, root
    while low**2 > value:
        low -= Rational(1, 1000)
    while high**2 < 2 * value:
        high += Rational(1, 1000)
    inside = value < root**2 < 2 * value
    return bool(inside and rest.is_zero) and sign_between(quartic.as_expr(), s, low, high) == 1


def _leading(q: Expr) -> bool:
    """Whether the lowest power of b in Q(1 − b, 1 − tb²) has the one root t = 27/16."""
    b, t = Symbol("b", real=True), Symbol("t", real=True)
    terms = Poly(q.subs({gap: 1 - b, level: 1 - t * b**2}).expand(), b).terms()
    (power,), coefficient = min(terms)
    return bool(power == 4) and is_zero(coefficient.subs(t, Rational(27, 16))) and Poly(coefficient, t).degree() == 1


# ----------------------------------------------------------------------------------------------------- the levels


@dataclass(frozen=True)
class Level:
    """c* at one a: low ≤ c* ≤ high, equal where c* is rational and known.

    Attributes:
        low: lower end.
        high: upper end.
        equation: polynomial in c whose only root in the bracket is c*.
    """

    low: Rational
    high: Rational
    equation: Expr


def largest_level(field: BallField, at: Rational, width: Rational = FINE) -> Level:
    """The squared radius c* of the largest ball, for a = 1 − p* rational.

    Raises:
        BadInput: a is not between 0 and 1, or the width is not positive.
    """
    if not (0 < at < 1 and width > 0):
        raise BadInput(f"balls: 1 - p* = {at} must lie between 0 and 1, and the width {width} above 0.")
    diagonal = 2 * at**2
    if field == "direct" or (field == "replicator" and diagonal <= 1) or (field == "logit" and at <= LOGIT_GAP):
        return Level(diagonal, diagonal, level - diagonal)
    if field == "replicator":
        return Level(Integer(1), Integer(1), level - 1)
    equation = Poly(tangency().subs(gap, at), level, domain="QQ")
    low, high = LOGIT_LEVEL, Integer(1)  # Q < 0 and Q > 0
    while high - low > width:
        middle = (low + high) / 2
        value = equation(middle)
        if value == 0:
            return Level(middle, middle, level - middle)
        low, high = (middle, high) if value < 0 else (low, middle)
    return Level(low, high, equation.as_expr())
