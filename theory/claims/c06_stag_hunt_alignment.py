"""C6: the peer-learning correction of Stag Hunt points to (Stag, Stag) under the standard payoff ordering."""

from __future__ import annotations

from sympy import Expr, Integer, Rational

from theory.alignment import Alignment, align
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.exact import Undecided, definite_sign, is_zero
from theory.games import prisoners_dilemma, stag_hunt
from theory.policies import parameters
from theory.symbols import P, R, S, T

# The standard ordering R > T ≥ P > S: the class's strict forms and the weak one that the claim adds.
STANDARD = T - P


def _check(policy: str) -> Finding:
    alignment = align(stag_hunt(), policy)
    if not alignment.possible or alignment.conditions != (STANDARD,):
        return Finding(Verdict.UNDECIDED, f"the derived conditions are {alignment.conditions}, not T >= P alone")
    evidence = (
        Evidence(
            "identity",
            "factorisation, vertex rule on the square, Farkas' lemma in the payoffs",
            f"{policy}: given R > T and P > S, both corrections point to (Stag, Stag) at every policy iff T >= P",
            alignment.to_json(),
        ),
        _necessity(alignment),
    )
    return Finding(
        Verdict.PROVED, "the only condition beyond R > T and P > S is T >= P, which the ordering has", evidence
    )


def _necessity(alignment: Alignment) -> Evidence:
    """A game of the class with T < P and a point where the correction points away."""
    payoffs = {R: Integer(4), S: Integer(0), T: Integer(1), P: Integer(3)}
    point: dict[Expr, Rational] = {row[0]: Rational(1, 10) for row in parameters(alignment.game, "direct")}
    value = alignment.components[0].toward_target.subs({**payoffs, **point})
    if not (value < 0 and all(form.subs(payoffs) > 0 for form in alignment.game.ordering)):
        raise Undecided("the witness for the necessity of T >= P does not hold")
    return Evidence(
        "counterexample",
        "exact rational witness",
        f"without T >= P: payoffs 4,0,1,3 at p = q = 1/10 give a correction of {value} toward the target",
        {"payoffs": {str(s): str(v) for s, v in payoffs.items()}, "p = q": "1/10", "toward_target": str(value)},
    )


def _check_control() -> Finding:
    game = prisoners_dilemma()
    alignment = align(game.with_target(("C", "C")))
    slope = R - S - T + P
    donation = [component.toward_target.subs(P, S + T - R) for component in alignment.components]
    if not all(is_zero(entry) for entry in donation):
        return Finding(Verdict.UNDECIDED, "the correction does not vanish in the donation game")
    if alignment.conditions != (slope,) or definite_sign(slope, game.ordering) is not None:
        return Finding(Verdict.UNDECIDED, f"the derived conditions are {alignment.conditions}")
    if any(component.positive_where != (slope,) for component in alignment.components):
        return Finding(Verdict.UNDECIDED, "the correction's sign is not that of R - S - T + P in the whole interior")
    if alignment.holds:
        return Finding(Verdict.REFUTED, "the correction points to cooperation at the published payoffs")
    evidence = Evidence(
        "identity",
        "the same derivation on another class of games",
        "prisoners-dilemma: the correction points to (C, C) iff R + P >= S + T; at 3,0,5,1 it points away everywhere",
        {**alignment.to_json(), "donation_game": [str(entry) for entry in donation]},
    )
    return Finding(Verdict.PROVED, "the alignment test objects where it should", (evidence,))


CLAIMS = (
    Claim(
        "C6",
        "Alignment holds in Stag Hunt under the standard payoff ordering.",
        "referee's request, appendix (i)",
        assumptions=("R > T >= P > S",),
        scope="one-shot game, whole square of policies; alignment = order alignment of C with (Stag, Stag)",
        requires=("C6.direct", "C6.logit"),
    ),
    Claim(
        "C6.direct",
        "In direct coordinates both players' peer-learning corrections are >= 0 toward Stag at every (p, q) in [0,1]^2 "
        "if and only if T >= P.",
        "derived here",
        assumptions=("R > T", "P > S", "expanded form, L = 1"),
        scope="all payoffs of the class, symbolic",
        check=lambda: _check("direct"),
    ),
    Claim(
        "C6.logit",
        "In logit coordinates both players' peer-learning corrections are >= 0 toward Stag at every policy if and only "
        "if T >= P.",
        "derived here",
        assumptions=("R > T", "P > S", "expanded form, L = 1"),
        scope="all payoffs of the class, symbolic",
        check=lambda: _check("logit"),
    ),
    Claim(
        "C6.control",
        "In the one-shot Prisoner's Dilemma the correction points to cooperation if and only if R + P >= S + T, and "
        "vanishes in the donation game R + P = S + T.",
        "negative control",
        assumptions=("T > R > P > S",),
        scope="all payoffs of the class, symbolic, direct coordinates",
        check=_check_control,
    ),
)
