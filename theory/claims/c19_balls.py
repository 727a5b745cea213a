"""C19: the largest balls on which the distance to (Stag, Stag) falls, in the replicator field and in log-odds."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Integer, Rational

from theory import stag_hunt_balls as balls
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.exact import Undecided, definite_sign, is_zero, lowest_terms
from theory.flux import planar_field
from theory.games import stag_hunt
from theory.stag_hunt_balls import BallField, Facts, gap, inner, level, u, w
from theory.symbols import P, R, S, T

K = R - S - T + P
GAP = (R - T) / K  # a = 1 − p*
WITNESS_PAYOFFS = {R: Integer(5), S: Integer(0), T: Integer(1), P: Integer(1)}  # p* = 1/5
WITNESSES: dict[BallField, tuple[Rational, Rational]] = {
    "replicator": (Rational(19, 20), Rational(1, 2)),
    "logit": (Rational(19, 20), Rational(1, 4)),
}


def falling(field: BallField) -> Expr:
    """−⟨x′, x − x*⟩ of Stag Hunt in u and w, payoffs symbolic.

    Replicator: x′ = x(1 − x) times what the first action earns more, which is the direct gradient. Log-odds: the
    probabilities move with x(1 − x) times the gradient in log-odds.
    """
    derived = planar_field(stag_hunt(), "logit" if field == "logit" else "direct")
    p, q = derived.symbols
    slopes = (Integer(1), Integer(1)) if field == "direct" else (p * (1 - p), q * (1 - q))
    moved = [slope * entry for slope, entry in zip(slopes, derived.gradient, strict=True)]
    return -((p - 1) * moved[0] + (q - 1) * moved[1]).subs({p: 1 - u, q: 1 - w}, simultaneous=True)


def _unproved(field: BallField, *proofs: Callable[[], Facts]) -> str:
    """What of a proof does not hold, empty if all does.

    Raises:
        Undecided: the check cannot fail.
    """
    form = falling(field)
    facts = {
        "the field's form": is_zero(form - K * inner(field).subs(gap, GAP)),
        "K > 0": definite_sign(K, stag_hunt().ordering) == 1,
        "0 < a": definite_sign(lowest_terms(GAP * K), stag_hunt().ordering) == 1,
        "a < 1": definite_sign(lowest_terms((1 - GAP) * K), stag_hunt().ordering) == 1,
    }
    if is_zero(form - K * inner(field).subs(gap, 1 - GAP)):
        raise Undecided("the check cannot fail: it accepts p* in place of 1 - p*")
    for proof in proofs:
        facts.update(proof())
    return ", ".join(name for name, holds in facts.items() if not holds)


def _check_replicator() -> Finding:
    missing = _unproved("replicator", balls.replicator)
    if missing:
        return Finding(Verdict.UNDECIDED, f"not shown: {missing}")
    ball = lowest_terms(2 * GAP**2)
    evidence = Evidence(
        "identity",
        "sums of squares on W = 2 a^2 and on W = 1; A/sqrt(W) does not fall along rays",
        f"stag-hunt, replicator, a = 1 - p*: |x - x*| falls on 0 < |x - x*|^2 < min({ball}, 1), no larger level; 1 is "
        "the rest point (1, 0) and counts for p* < 1 - 1/sqrt(2)",
        {"levels": [str(ball), "1"], "form": str(balls.on_circle("replicator"))},
    )
    return Finding(
        Verdict.PROVED, "the largest ball ends at the mixed equilibrium or at the corners beside", (evidence,)
    )


def _check_logit() -> Finding:
    missing = _unproved("logit", balls.logit_below, balls.logit_above, balls.logit_discriminant)
    if missing:
        return Finding(Verdict.UNDECIDED, f"not shown: {missing}")
    q = balls.tangency()
    if balls.roots_between(q.subs(gap, Rational(3, 5)), level, balls.LOGIT_LEVEL, Integer(1)) == 1:
        raise Undecided("the check cannot fail: it finds the second kind of level at a = 3/5 too")
    evidence = Evidence(
        "identity",
        "one touching circle and Bernstein coefficients on W = 2 a^2; discriminant, then Descartes' rule in c",
        "stag-hunt, logit, a = 1 - p*: |x - x*| falls on 0 < |x - x*|^2 < c*, no larger level; c* = 2 a^2 for "
        "p* >= 4/11, else the root of Q(a, c) in (98/121, 1), below 2 a^2; 24/25 at p* = 1/5",
        {"a": str(GAP), "Q": str(q), "threshold": str(balls.LOGIT_GAP), "form": str(balls.on_circle("logit"))},
    )
    return Finding(Verdict.PROVED, "the largest ball ends at the mixed equilibrium, or touches off it", (evidence,))


def _check_everywhere() -> Finding:
    """The formula of direct coordinates in the other fields, at p* = 1/5, where it is 32/25."""
    formula = 2 * GAP.subs(WITNESS_PAYOFFS) ** 2
    shown = []
    for field, (first, second) in WITNESSES.items():
        value = falling(field).subs(WITNESS_PAYOFFS).subs({u: first, w: second})
        square = first**2 + second**2
        if not (value < 0 and square < formula):
            return Finding(Verdict.UNDECIDED, f"{field}: the witness shows nothing")
        if not falling("direct").subs(WITNESS_PAYOFFS).subs({u: first, w: second}) > 0:
            raise Undecided("the check cannot fail: the witness speaks against direct coordinates too")
        place = f"p = {1 - first}, q = {1 - second}"
        shown.append(
            Evidence(
                "counterexample",
                "exact substitution",
                f"{field}, p* = 1/5 (payoffs 5, 0, 1, 1): at {place}, |x - x*|^2 = {square} < {formula} grows",
                {"p": str(1 - first), "q": str(1 - second), "inner_product": str(-value), "square": str(square)},
            )
        )
    return Finding(Verdict.REFUTED, "the distance grows inside that ball", tuple(shown))


ASSUMPTIONS = ("R > T", "P > S", "policy gradient in continuous time")
CLAIMS = (
    Claim(
        "C19.sublevel-replicator",
        "Replicator field: the largest ball about (Stag, Stag) with <x', x - x*> < 0 is |x - x*|^2 < "
        "min(2 (1 - p*)^2, 1).",
        "paper's stability condition; derived here",
        assumptions=ASSUMPTIONS,
        scope="replicator field, distances of probabilities, all payoffs of the class; closed and open square alike",
        check=_check_replicator,
    ),
    Claim(
        "C19.sublevel-logit",
        "Log-odds: the largest ball about (Stag, Stag) with <x', x - x*> < 0 is |x - x*|^2 < 2 (1 - p*)^2 for "
        "p* >= 4/11, and for smaller p* a smaller one, to the algebraic level Q(1 - p*, c) = 0.",
        "paper's stability condition; derived here",
        assumptions=ASSUMPTIONS,
        scope="log-odds, distances of probabilities, all payoffs of the class; closed and open square alike",
        check=_check_logit,
    ),
    Claim(
        "C19.sublevel-everywhere",
        "The ball of direct coordinates, |x - x*|^2 < 2 (1 - p*)^2, is right in the replicator field and in log-odds.",
        "derived here",
        assumptions=ASSUMPTIONS,
        scope="false for p* < 1 - 1/sqrt(2) (replicator) and p* < 4/11 (log-odds), right for all other p*",
        check=_check_everywhere,
    ),
)
