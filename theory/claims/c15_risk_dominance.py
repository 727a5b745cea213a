"""C15 against risk dominance: which of Stag Hunt's equilibria gets the larger share of the starts.

Policy gradient gives the larger share to the risk-dominant equilibrium, whatever it pays. In direct coordinates the
peer-learning correction moves that line, exactly, toward payoff dominance; how far is a question of λD.
"""

from __future__ import annotations

from functools import lru_cache

from sympy import Expr, Integer, Rational, diff

from theory import exact
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.exact import Undecided, definite_sign, factor_signs, lowest_terms
from theory.flux import planar_field
from theory.games import stag_hunt
from theory.risk_dominance import Majority, majority
from theory.separatrix import separatrix
from theory.symbols import P, R, S, T, correction

D = R - S - T + P
RISK = (R - T) - (P - S)  # > 0: (Stag, Stag) is risk-dominant
PAYOFF = R - P  # > 0: it is payoff-dominant
# λ at which the paper's game is shown, below the size that makes (Stag, Stag) the majority there.
SMALL = Rational(1, 20)
# Payoffs R, S, T, P of a payoff-dominant Stag Hunt that keeps its risk-dominant majority at λ = 1/(2D).
WITNESS, WITNESS_SIZE = (5, 0, 4, 4), Rational(1, 10)
# Payoffs R, S, T, P of a game with T < S in which (Stag, Stag) is both payoff- and risk-dominant, and a λ in its scope.
LOSING, SIZE = (10, 3, 2, 4), Rational(1, 10)


@lru_cache
def hunts() -> Majority:
    """The majority condition of Stag Hunt, payoffs symbolic."""
    return majority(stag_hunt())


def ends(found: Majority) -> tuple[Expr, Expr]:
    """The surplus at λ = 0 and at the largest λ of the scope; it is affine between."""
    first, last = (lowest_terms(found.surplus.subs(correction, size)) for size in (Integer(0), found.largest))
    return first, last


def _check_majority() -> Finding:
    found = hunts()
    forms = {
        "surplus": found.surplus - ((1 + correction * D) * PAYOFF - (1 - correction * D) * (T - S)),
        "threshold": found.threshold - Rational(1, 2) - correction * (R - S + T - P) / 2,
        "at 0": ends(found)[0] - RISK,
        "at the end": ends(found)[1] - 2 * PAYOFF,
        "mixed": found.mixed - (P - S) / D,
    }
    wrong = [name for name, form in forms.items() if not exact.is_zero(form)]
    if wrong:
        return Finding(Verdict.UNDECIDED, f"the derived forms differ from the stated ones: {', '.join(wrong)}")
    if exact.is_zero(ends(found)[0] - ends(found)[1]):
        raise Undecided("the check cannot fail: the surplus does not depend on lambda")
    if definite_sign(D, stag_hunt().ordering) != 1:
        return Finding(Verdict.UNDECIDED, "D is not positive over the class")
    hunt = found.line.game
    evidence = Evidence(
        "identity",
        "rate of p + q at the centre of the square, from the derived boundary, payoffs and lambda symbolic",
        "majority iff (1 + lambda D)(R - P) > (1 - lambda D)(T - S), the same as p* < 1/2 + lambda (R - S + T - P)/2; "
        "R - T > P - S at lambda = 0, R > P at lambda = 1/D; at 4,0,3,2 the share is 1/2 at lambda = "
        f"{found.even_size()}, and 1/D = {hunt.value_of(found.largest)}",
        {
            "boundary": str(found.line.boundary),
            "surplus": str(found.surplus),
            "threshold": str(found.threshold),
            "even": str(found.even),
            "largest": str(found.largest),
            "at_4_0_3_2": {"even": str(found.even_size()), "largest": str(hunt.value_of(found.largest))},
        },
    )
    return Finding(
        Verdict.PROVED,
        "the share passes 1/2 when the boundary passes the centre of the square; the rate there is affine in lambda",
        (evidence,),
    )


def _check_overcome() -> Finding:
    found = hunts()
    class_ = stag_hunt().ordering
    dominated = (*class_, -RISK, PAYOFF)
    if not exact.compatible(dominated, ()):
        raise Undecided("no game is payoff-dominant and risk-dominated")
    stated = ((P - S) - (R - T)) / ((R - S - T + P) * (R - S + T - P))
    if not exact.is_zero(found.even - stated):
        return Finding(Verdict.UNDECIDED, f"the size that gives 1/2 is {found.even}")
    helped = definite_sign(T - S, dominated)
    moved = factor_signs(found.line.boundary_slope, (*dominated, correction))
    inside = {
        "even > 0": factor_signs(found.even, (*dominated, T - S)),
        "even < largest": factor_signs(found.largest - found.even, (*dominated, T - S)),
        "s*(0) < 2": factor_signs(1 - found.mixed, class_),
    }
    if helped != 1 or moved.sign != -1 or moved.open_factors:
        return Finding(Verdict.UNDECIDED, "the boundary does not fall with lambda in every such game")
    if any(split.sign != 1 or split.open_factors for split in inside.values()):
        return Finding(Verdict.UNDECIDED, f"the size that gives 1/2 is not inside the scope: {inside}")
    first, last = ends(found)
    if definite_sign(first, (*class_, -RISK, -PAYOFF)) != -1 or definite_sign(last, (*class_, -RISK, -PAYOFF)) != -1:
        return Finding(Verdict.UNDECIDED, "the correction reverses risk dominance without payoff dominance too")
    if definite_sign(first, dominated) != -1 or definite_sign(last, dominated) != 1:
        return Finding(Verdict.UNDECIDED, "the surplus does not change its sign in the scope")
    if definite_sign(T - S, (*class_, PAYOFF)) is not None:
        raise Undecided("the check cannot fail: T > S without risk dominance of (Hare, Hare)")
    size, hunt = found.even_size(), stag_hunt()
    if size is None:
        return Finding(Verdict.UNDECIDED, "the paper's game has no such size")
    evidence = Evidence(
        "identity",
        "Farkas' lemma on the payoff forms, surplus affine in lambda",
        "R > P and P - S > R - T give T > S, so s* falls from 2 p* < 2 and is 1 below lambda = 1/D; with R < P the "
        f"surplus is negative on all of [0, 1/D]; 4,0,3,2: lambda = {size}, 1/D = {hunt.value_of(found.largest)}",
        {
            "even": str(found.even),
            "largest_minus_even": str(lowest_terms(found.largest - found.even)),
            "boundary_slope": str(found.line.boundary_slope),
            "share_at_4_0_3_2": {str(x): str(found.line.share(x)) for x in (Rational(0), SMALL, size)},
        },
    )
    return Finding(
        Verdict.PROVED,
        "where help is needed the correction helps, and enough of it in the scope exactly if (Stag, Stag) pays more",
        (evidence,),
    )


def _check_kept() -> Finding:
    class_, sides = stag_hunt().ordering, ends(hunts())
    if any(definite_sign(form, (*class_, RISK, PAYOFF)) != 1 for form in sides):
        return Finding(Verdict.UNDECIDED, "the surplus is not positive at both ends of the scope")
    for alone in (RISK, PAYOFF):
        if all(definite_sign(form, (*class_, alone)) == 1 for form in sides):
            raise Undecided(f"the check cannot fail: {alone} > 0 alone keeps the majority")
    line = separatrix(stag_hunt(**dict(zip("RSTP", LOSING, strict=True))))
    before, after = line.share(Rational(0)), line.share(SIZE)
    if not Rational(1, 2) < after < before:
        return Finding(Verdict.UNDECIDED, f"the share does not fall: {before}, {after}")
    evidence = Evidence(
        "identity",
        "surplus positive at both ends of the scope and affine between, payoffs symbolic",
        f"R > P and R - T > P - S: the surplus is {RISK} > 0 at lambda = 0 and {2 * PAYOFF} > 0 at lambda = 1/D; at "
        f"{', '.join(map(str, LOSING))} (T < S) the share falls from {before} to {after} at lambda = {SIZE}, above 1/2",
        {"ends": [str(form) for form in sides], "payoffs": list(LOSING), "shares": [str(before), str(after)]},
    )
    return Finding(Verdict.PROVED, "the correction can cost starts where T < S, but never the majority", (evidence,))


def _check_one_size() -> Finding:
    found = hunts()
    # v + λC of payoffs divided by λ is v + C of the payoffs themselves, divided by λ: one witness serves every λ.
    divided = {symbol: symbol / correction for symbol in (R, S, T, P)}
    scaled = found.line.boundary.subs(divided, simultaneous=True)
    if not exact.is_zero(scaled - found.line.boundary.subs(correction, 1)):
        return Finding(Verdict.UNDECIDED, "the boundary depends on more than lambda times the payoffs")
    game = stag_hunt(**dict(zip("RSTP", WITNESS, strict=True)))
    share, own = separatrix(game).share(WITNESS_SIZE), found.line.share(SMALL)
    if not all(game.value_of(form) > 0 for form in (*game.ordering, PAYOFF)):
        return Finding(Verdict.UNDECIDED, f"the witness {WITNESS} is no payoff-dominant Stag Hunt")
    if not (share < Rational(1, 2) and own < Rational(1, 2)):
        return Finding(Verdict.UNDECIDED, f"the witnesses have shares {share} and {own}")
    if not separatrix(game).share(game.value_of(found.largest)) > Rational(1, 2):
        raise Undecided("the check cannot fail: no lambda gives the witness a majority")
    payoffs = ",".join(map(str, WITNESS))
    evidence = Evidence(
        "counterexample",
        "closed-form shares; the boundary depends on lambda times the payoffs alone",
        f"{payoffs} at lambda = {WITNESS_SIZE}: share {share}, and so at every lambda with the payoffs times "
        f"({WITNESS_SIZE})/lambda; 4,0,3,2 at lambda = {SMALL}: share {own}, 1/2 only at {found.even_size()}",
        {
            "payoffs": list(WITNESS),
            "lambda": str(WITNESS_SIZE),
            "share": str(share),
            "share_at_4_0_3_2": {str(SMALL): str(own)},
            "even": {payoffs: str(majority(game).even_size()), "4,0,3,2": str(found.even_size())},
        },
    )
    return Finding(
        Verdict.REFUTED,
        "what counts is lambda D against (R - P)/(T - S): the smaller the gain, the larger the lambda, up to 1/D",
        (evidence,),
    )


def _check_policy_gradient() -> Finding:
    field = planar_field(stag_hunt(), "logit")
    (p, q), bracket = field.symbols, field.rates[0]
    mirrored = {p: 1 - p, q: 1 - q}
    half = {T: R - P + S}  # p* = 1/2
    forms = [lowest_terms(entry / bracket) for entry in field.gradient]  # D > 0 changes only the clock
    residuals = []
    for form, own, peer in zip(forms, (p, q), (q, p), strict=True):
        residuals.append(form - own * (1 - own) * (peer - hunts().mixed))
        even = lowest_terms(form.subs(half))
        residuals.append(even + even.subs(mirrored, simultaneous=True))
        if exact.is_zero(form + form.subs(mirrored, simultaneous=True)):
            raise Undecided("the check cannot fail: the field is odd in every Stag Hunt")
    if not all(map(exact.is_zero, residuals)):
        return Finding(Verdict.UNDECIDED, "the field is not p (1 - p)(q - p*), odd at p* = 1/2")
    slopes = [lowest_terms(diff(form, peer)) for form, peer in zip(forms, (q, p), strict=True)]
    if not all(exact.is_zero(slope - own * (1 - own)) for slope, own in zip(slopes, (p, q), strict=True)):
        return Finding(Verdict.UNDECIDED, "the field is not cooperative")
    evidence = Evidence(
        "identity",
        "comparison of cooperative fields; symmetry at p* = 1/2; payoffs symbolic",
        "in log-odds x' = D p (1 - p)(q - p*): rising in q, falling in p*, and odd under (x, y) -> (-x, -y) at "
        "p* = 1/2, where the share is therefore 1/2",
        {"field": [str(entry) for entry in field.gradient]},
    )
    return Finding(
        Verdict.PROVED,
        "basins shrink as p* grows, strictly since the centre of the square is inside the basin for p* < 1/2 and on "
        "its boundary at 1/2",
        (evidence,),
    )


_DIRECT = "direct coordinates, uniform starts, projection on [0,1]^2"
_SCOPE = "Stag Hunt (R > T, P > S), payoffs symbolic, D = R - S - T + P; 0 <= lambda <= 1/D and 0 <= s* <= 2"
_EXPANDED = "expanded form, L = 1 (x' = v + lambda C)"

CLAIMS = (
    Claim(
        "C15.risk-dominance",
        "(Stag, Stag) gets more than half of the starts iff (1 + lambda D)(R - P) > (1 - lambda D)(T - S): at lambda = "
        "0 iff it is risk-dominant, at lambda = 1/D iff it is payoff-dominant.",
        "derived here; risk dominance as in Harsanyi and Selten 1988",
        assumptions=(_DIRECT, _EXPANDED),
        scope=_SCOPE,
        check=_check_majority,
    ),
    Claim(
        "C15.risk-dominance-overcome",
        "A risk-dominated (Stag, Stag) gets the majority of the starts for some lambda of the scope iff it is "
        "payoff-dominant; then T > S, its share rises with lambda, and is 1/2 at lambda = ((P - S) - (R - T))/(D (R - "
        "S + T - P)) < 1/D.",
        "derived here",
        assumptions=(_DIRECT, _EXPANDED, "P - S > R - T"),
        scope=_SCOPE,
        check=_check_overcome,
    ),
    Claim(
        "C15.risk-dominance-kept",
        "Where (Stag, Stag) is payoff- and risk-dominant it keeps the majority of the starts for every lambda of the "
        "scope, also where T < S and its share falls.",
        "derived here",
        assumptions=(_DIRECT, _EXPANDED),
        scope=_SCOPE,
        check=_check_kept,
    ),
    Claim(
        "C15.risk-dominance-one-size",
        "One lambda > 0 gives the payoff-dominant equilibrium the majority of the starts in every Stag Hunt that is in "
        "its scope.",
        "the claim that opponent-aware learning selects the payoff-dominant equilibrium, read without a size",
        assumptions=(_DIRECT, _EXPANDED),
        scope=_SCOPE,
        check=_check_one_size,
    ),
    Claim(
        "C15.risk-dominance-pg",
        "Policy gradient in log-odds gives (Stag, Stag) more than half of the starts iff it is risk-dominant, for "
        "every density of starts that is positive and symmetric under (x, y) -> (-x, -y).",
        "derived here; comparison theorem of Kamke and Mueller",
        assumptions=("continuous time", "exact gradients"),
        scope="Stag Hunt (R > T, P > S), payoffs symbolic, logit coordinates; the share of basins, not of successes "
        "after a number of steps",
        check=_check_policy_gradient,
    ),
    Claim(
        "C15.risk-dominance-logit",
        "At the published settings Meta-MAPG brings the payoff-dominant equilibrium to a majority of the starts in a "
        "game in which policy gradient does not.",
        "derived here; settings of the Stag Hunt runs",
        assumptions=("logit coordinates", "starts N(0, 1.35^2)", _EXPANDED),
        scope="R = 4, S = 0, P = 2 and 15 values of T with p* = 5/24 to 19/24; 260 steps, exact gradients; intervals "
        "simultaneous over the family",
    ),
    Claim(
        "C15.risk-dominance-logit-every",
        "At the published settings it does so in every payoff-dominant, risk-dominated game of the family.",
        "the same without its scope; the family holds the paper's game",
        assumptions=("logit coordinates", "starts N(0, 1.35^2)", _EXPANDED),
        scope="as C15.risk-dominance-logit, members with p* > 1/2",
    ),
)
