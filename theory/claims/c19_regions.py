"""C19: what a certified attraction region is, and exact ones for Stag Hunt."""

from __future__ import annotations

from sympy import Expr, Integer, Rational, Symbol, diff

from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Undecided, definite_sign, is_zero, lowest_terms
from theory.flux import conserved_quantity
from theory.games import prisoners_dilemma, stag_hunt
from theory.policies import parameters
from theory.separatrix import separatrix
from theory.symbols import P, R, S, T, correction


def _check_basin() -> Finding:
    line = separatrix(stag_hunt())
    signs = [definite_sign(line.growth.subs(correction, 0), line.game.ordering)]
    at_zero = lowest_terms(line.boundary.subs(correction, 0))
    signs += [definite_sign(end, line.game.ordering) for end in _times_bracket(at_zero, 2 - at_zero)]
    if signs != [1, 1, 1]:
        return Finding(Verdict.UNDECIDED, f"growth, s* and 2 - s* have the signs {signs} at lambda = 0")
    try:
        separatrix(prisoners_dilemma()).share(Integer(0))
    except BadInput:
        pass
    else:
        raise Undecided("the check cannot fail: it gives the Prisoner's Dilemma two basins")
    evidence = Evidence(
        "identity",
        "p + q and p - q move by affine laws of their own; invariance of the half-planes under projection",
        f"stag-hunt, direct: the region of (Stag, Stag) is p + q > {line.boundary}, that of (Hare, Hare) the other "
        "side; at lambda = 0 for the whole class",
        {"boundary": str(line.boundary), "growth": str(line.growth), "contraction": str(line.contraction)},
    )
    return Finding(
        Verdict.PROVED, "what starts above the line reaches the corner, what starts below never does", (evidence,)
    )


def _times_bracket(*forms: Expr) -> list[Expr]:
    """Forms with the denominator K = R − S − T + P > 0, multiplied by it."""
    return [lowest_terms(form * (R - S - T + P)) for form in forms]


def _check_sublevel() -> Finding:
    """⟨v, x − x*⟩ < 0 on 0 < ‖x − x*‖² < 2(1 − p*)², in s = u + w and m = uw with u = 1 − p, w = 1 − q.

    −⟨v, x − x*⟩ = K(as − 2m) with a = 1 − p*, and ‖x − x*‖² = s² − 2m. Where the first is ≤ 0 and s > 0, m ≥ as/2;
    since m ≤ s²/4 this needs s ≥ 2a, and then s² − 2m ≥ s²/2 ≥ 2a². At u = w = a, the mixed equilibrium, it is
    equality.
    """
    game = stag_hunt()
    (p,), (q,) = parameters(game, "direct")
    v = [row[0] for row in decompose(game, form="expanded").policy_gradient]
    u, w = Symbol("u", real=True), Symbol("w", real=True)
    bracket = R - S - T + P
    gap = lowest_terms((R - T) / bracket)  # a = 1 − p*
    here = {p: 1 - u, q: 1 - w}
    toward = lowest_terms(sum((x * entry.subs(here) for x, entry in ((u, v[0]), (w, v[1]))), Integer(0)))
    checks = (toward - bracket * (gap * (u + w) - 2 * u * w), v[0].subs(q, 1 - gap), v[1].subs(p, 1 - gap))
    if not all(map(is_zero, checks)):
        return Finding(Verdict.UNDECIDED, "the inner product is not K (a s - 2 m)")
    if is_zero(toward - bracket * (gap * (u + w) - u * w)):
        raise Undecided("the check cannot fail: it accepts another inner product")
    if definite_sign(bracket, game.ordering) != 1 or definite_sign(R - T, game.ordering) != 1:
        return Finding(Verdict.UNDECIDED, "K or 1 - p* is not positive over the class")
    level = lowest_terms(2 * gap**2)
    evidence = Evidence(
        "identity",
        "inner product in symmetric functions of 1 - p and 1 - q, payoffs symbolic",
        f"stag-hunt, direct: <v, x - x*> < 0 on 0 < |x - x*|^2 < {level}, no larger level; "
        f"{game.value_of(level)} at 4,0,3,2",
        {"level": str(level), "inner_product": str(-toward)},
    )
    return Finding(Verdict.PROVED, "the largest ball ends at the mixed equilibrium", (evidence,))


def _check_box() -> Finding:
    game = stag_hunt()
    (p,), (q,) = parameters(game, "direct")
    v = [row[0] for row in decompose(game, form="expanded").policy_gradient]
    slopes = [diff(v[0], q), diff(v[1], p)]
    if not all(is_zero(diff(entry, own)) for entry, own in zip(v, (p, q), strict=True)):
        return Finding(Verdict.UNDECIDED, "a player's gradient depends on its own probability")
    if not all(definite_sign(lowest_terms(slope), game.ordering) == 1 for slope in slopes):
        return Finding(Verdict.UNDECIDED, "the gradients do not rise with the other's probability")
    mixed = lowest_terms((P - S) / (R - S - T + P))
    if not all(is_zero(entry.subs({p: mixed, q: mixed})) for entry in v):
        return Finding(Verdict.UNDECIDED, "the box does not begin at the zero of v")
    if is_zero(v[0].subs(q, mixed + Rational(1, 10))):
        raise Undecided("the check cannot fail: it accepts another corner")
    evidence = Evidence(
        "identity",
        "signs of the gradient's slopes, payoffs symbolic",
        f"stag-hunt, direct: v > 0 exactly where both probabilities exceed p* = {mixed}",
        {"corner": str(mixed), "slopes": [str(lowest_terms(slope)) for slope in slopes]},
    )
    return Finding(
        Verdict.PROVED,
        "in the box both probabilities rise at a rate bounded below by where they began, so it is never left and the "
        "corner is reached; below p* for both they fall",
        (evidence,),
    )


def _check_logit() -> Finding:
    found = conserved_quantity(stag_hunt(), "logit")
    (p, q), (at_p, at_q) = found.field.symbols, found.field.saddle
    if not is_zero(found.separatrix.subs({p: at_p, q: at_q})):
        return Finding(Verdict.UNDECIDED, "the level set does not pass through the saddle")
    if is_zero(found.field.gradient[0]) or is_zero(diff(found.levels[0], found.symbols[0])):
        raise Undecided("the check cannot fail: the quantity is constant")
    evidence = Evidence(
        "identity",
        "integration, then exact differentiation along the field, payoffs symbolic",
        f"stag-hunt, logit: F(x) - F(y) is conserved, F(x) = {found.levels[0]}; the boundary is its level set through "
        f"the saddle p = q = {at_p}, the branch on which y falls as x rises",
        {"F": [str(form) for form in found.levels], "saddle": [str(at_p), str(at_q)]},
    )
    return Finding(Verdict.PROVED, "policy gradient never crosses a level set of the conserved quantity", (evidence,))


CLAIMS = (
    Claim(
        "C19",
        "The certified attraction region is defined and computed.",
        "referee's minor comment",
        scope="one-shot games and the memory-one IPD in direct coordinates; other fields where a reading says so",
        requires=(
            "C19.basin",
            "C19.sublevel",
            "C19.sign-box",
            "C19.boxes",
            "C19.balls",
            "C19.ipd",
            "C19.cooperative-set",
        ),
    ),
    Claim(
        "C19.basin",
        "Region = all starts whose run tends to the target: in Stag Hunt it is the half-plane p + q > s*(lambda).",
        "derived here",
        assumptions=("R > T", "P > S", "expanded form, L = 1", "0 <= s* < 2", "lambda (R - S - T + P) <= 1"),
        scope="direct coordinates, projection on the square, continuous time and steps as in C15.closed-form",
        check=_check_basin,
    ),
    Claim(
        "C19.sublevel",
        "Region = largest ball about the target on which <v, x - x*> < 0: in Stag Hunt |x - x*|^2 < 2 (1 - p*)^2.",
        "paper's stability condition; derived here",
        assumptions=("R > T", "P > S", "policy gradient"),
        scope="direct coordinates, all payoffs of the class",
        check=_check_sublevel,
    ),
    Claim(
        "C19.sign-box",
        "Region = largest box at the target on which every player's gradient points to it: in Stag Hunt p, q > p*.",
        "derived here",
        assumptions=("R > T", "P > S", "policy gradient"),
        scope="direct coordinates, all payoffs of the class; never left, and the corner is reached in finite time",
        check=_check_box,
    ),
    Claim(
        "C19.logit",
        "In log-odds the boundary of Stag Hunt's basins under policy gradient is a level set of a conserved quantity.",
        "derived here",
        assumptions=("R > T", "P > S", "policy gradient, continuous time"),
        scope="all payoffs of the class, symbolic",
        check=_check_logit,
    ),
)
