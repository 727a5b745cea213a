"""C8.stag-hunt: where a constant correction moves the mixed equilibrium of Stag Hunt, in both coordinates.

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
"""

from __future__ import annotations

from sympy import Expr, Integer, Poly, Rational, Symbol, diff

from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import Corrected, jacobian
from theory.decomposition import decompose
from theory.exact import Undecided, is_zero, lowest_terms, positive_on
from theory.games import (
    Game,
    stag_hunt,
)
from theory.moved_zeros import (
    moved_zero_series,
)
from theory.policies import in_probabilities, parameters
from theory.published import CORRECTION
from theory.separatrix import corrected_field, separatrix
from theory.symbols import P, R, S, T, alpha
from theory.symbols import correction as size

BRACKET = R - S - T + P  # K


ORDER = 6


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


ONE = Integer(1)
FOLLOWED = Integer(4)  # λ up to which the zero in log-odds is followed, and is the only one
MOST = Rational(93, 100)  # the largest p* for which one diagonal zero is proved here


def _check_stag_hunt() -> Finding:
    game = stag_hunt()
    line = separatrix(game)
    (p,), (q,) = parameters(game, "direct")
    zero = line.boundary / 2
    mixed = (P - S) / BRACKET
    if not all(is_zero(entry.subs({p: zero, q: zero}, simultaneous=True)) for entry in corrected_field(game)):
        return undecided("s*/2 is no zero of v + lambda C")
    geometric = size / (1 + size * BRACKET)  # its coefficients are (−K)^(k−1)
    if not is_zero(zero - mixed + (T - S) * geometric):
        return undecided("the series is another")
    recursion = Poly(lowest_terms(zero * (1 + size * BRACKET)), size)
    if recursion.degree() != 1 or not is_zero(zero.subs(size, 0) - mixed):
        return undecided("the zero is not an affine function over 1 + lambda K")
    if not is_zero(recursion.as_expr().subs(size, -1 / BRACKET) - (T - S) / BRACKET):
        return undecided("the pole is cancelled elsewhere than at T = S")
    if is_zero(zero - mixed + (T - P) * geometric):
        raise Undecided("the check cannot fail: it accepts T - P for T - S")
    slopes = jacobian(corrected_field(game), (p, q))
    if not is_zero(slopes.det() + BRACKET**2 * (1 - (size * BRACKET) ** 2)):
        return undecided("the determinant is not -K^2 (1 - lambda^2 K^2)")
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

    case, last = logit_diagonal(stag_hunt()), FOLLOWED
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
    at_published = Poly(total.subs(size, CORRECTION), p, domain="QQ")
    if at_published.count_roots(0, 1) != 1:
        raise Undecided("another number of diagonal zeros at the published lambda")
    (interval,) = [ends for ends, _ in at_published.intervals(inf=0, sup=1, eps=Rational(1, 10**8))]
    low, high = interval
    return Evidence(
        "identity",
        "brackets from the decomposition in log-odds; signs by Sturm's theorem; isolating interval",
        f"stag-hunt, logit: one diagonal zero for every lambda >= 0 if T >= P and p* <= {MOST}; at 4,0,3,2 no other "
        f"zero inside the square for lambda <= {last}, series {', '.join(map(str, series[:5]))}, and at the published "
        f"lambda {CORRECTION} it lies in ({low}, {high})",
        {
            "moved_zeros": [
                {
                    "game": game.name,
                    "coordinates": "logit",
                    "polynomial": str(total),
                    "series": list(map(str, series)),
                    "lambda": str(CORRECTION),
                    "zero_low": str(low),
                    "zero_high": str(high),
                }
            ]
        },
    )


_EXPANDED = "expanded form, L = 1"
CLAIMS = (
    Claim(
        "C8.stag-hunt",
        "In Stag Hunt the mixed equilibrium moves from p* to (p* - lambda (T - P))/(1 + lambda K), K = R - S - T + P, "
        "in direct coordinates, and along one branch of a quintic in log-odds.",
        "derived here",
        assumptions=("R > T", "P > S", _EXPANDED, f"log-odds: T >= P and p* <= {MOST}"),
        scope="direct: all payoffs of the class, radius of convergence 1/K; log-odds: the diagonal for every lambda >= "
        f"0, the whole square at 4,0,3,2 for lambda <= {FOLLOWED}",
        check=_check_stag_hunt,
    ),
)
