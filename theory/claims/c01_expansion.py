"""C1.second-order: the exact update up to order α², for every unroll."""

from __future__ import annotations

from sympy import Symbol

from theory.claims.identities import random_point
from theory.claims.model import Claim, Evidence, Finding, Refuted, Verdict
from theory.decomposition import decompose, differentiated_unroll
from theory.exact import Undecided, is_zero
from theory.expansion import covector_step, path_step, rule_coefficients, second_order, taylor_unroll
from theory.games import stag_hunt
from theory.symbols import alpha, own_coefficient, peer_coefficient
from theory.updates import REGISTRY

# Parameters per player, how far the rule's own code is expanded beside the induction, and for which players.
SHAPES: tuple[tuple[tuple[int, ...], int, tuple[int, ...]], ...] = (((1, 1), 2, (0, 1)), ((1, 1, 1), 1, ()))


def _check() -> Finding:
    length = Symbol("L", integer=True, nonnegative=True)
    for shape, longest, players in SHAPES:
        if not all(map(is_zero, (*path_step(shape), *covector_step(shape)))):
            raise Refuted(f"the induction over steps fails for shape {shape}")
        for player in players:
            closed = second_order(shape, player, length)
            for steps in range(1, longest + 1):
                expanded = rule_coefficients(REGISTRY["meta"], taylor_unroll(shape, steps), player, 2)
                for order, (left, right) in enumerate(zip(expanded, closed, strict=True)):
                    for a, b in zip(left, right, strict=True):
                        if not is_zero(a.subs({own_coefficient: 1, peer_coefficient: 1}) - b.subs(length, steps)):
                            raise Refuted(f"order alpha^{order} differs for shape {shape}, L = {steps}")
    evidence = Evidence(
        "identity",
        "induction over steps on Taylor polynomials of jets; the rule's own code expanded for small L",
        "coefficients of 1, alpha and alpha^2 as polynomials in L and jets at phi_0",
        {
            "shapes": [{"parameters": list(shape), "expanded_up_to_L": longest} for shape, longest, _ in SHAPES],
            "player_1_of_two": [str(entry) for (entry,) in second_order((1, 1), 0, length)],
        },
    )
    return Finding(
        Verdict.PROVED,
        "the expansion holds for every L; the remainder is O(alpha^3) by Taylor's theorem and no smaller in general",
        (evidence, _remainder()),
    )


def _remainder() -> Evidence:
    """The coefficient of α³ in Stag Hunt does not vanish, so the remainder's order is exactly 3."""
    game, unroll = stag_hunt(), 2
    total = differentiated_unroll(game, "logit", unroll)
    point = random_point([symbol for symbol in total.inputs if symbol != alpha], 0)
    terms = decompose(game, "logit", unroll).program.taylor(point, alpha, 3)
    series = total.taylor(point, alpha, 3)["total_1"][0]
    summed = tuple(sum(entry) for entry in zip(*(terms[f"{n}_1"][0] for n in ("current", "own", "peer")), strict=True))
    if summed != series:
        raise Refuted("the Taylor coefficients of the two routes differ")
    if series[3] == 0:
        raise Undecided("the coefficient of alpha^3 vanishes at the chosen point")
    return Evidence(
        "identity",
        "exact Taylor coefficients of both routes at a rational point (power series over the rationals)",
        "stag-hunt, logit, L = 2: coefficients of 1, alpha, alpha^2, alpha^3 agree and the last is not 0",
        {
            "point": {symbol.name: str(value) for symbol, value in point.items()},
            "coefficients": [str(entry) for entry in series],
        },
    )


CLAIMS = (
    Claim(
        "C1.second-order",
        "The exact update is g_i + alpha L [H^i v + D^T grad V^i]_i + alpha^2 [L^2/2 D^3V^i(v,v) + C(L,2) H^i D v + "
        "L^2 D^T H^i v + C(L,2) (D^2v.v)^T grad V^i + C(L,2) D^T D^T grad V^i]_i + O(alpha^3), everything at phi_0.",
        "Taylor expansion at alpha = 0",
        assumptions=("values are five times continuously differentiable", "common inner step size"),
        scope="every L; every smooth game with (1,1) or (1,1,1) parameters per player",
        check=_check,
    ),
)
