"""C7 on boxes: the sign of the correction's inner products near TFT and toward Grim, certified."""

from __future__ import annotations

import flint
from sympy import Poly, Rational, Symbol

from theory.claims.certified import certificate_evidence, certified
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.exact import Undecided, from_fmpq, to_fmpq
from theory.games import ipd_from_cc
from theory.regions import Certificate, certify
from theory.regions.boxes import variables
from theory.regions.field import game_field

WIDE, NARROW = Rational(1, 40), Rational(1, 80)  # half-widths of boxes
NEAR_TFT = (Rational(19, 20), Rational(1, 20), Rational(19, 20), Rational(1, 20))  # after CC, CD, DC, DD
NEAR_GRIM = (*NEAR_TFT[:2], Rational(1, 20), NEAR_TFT[3])
TFT_LESS_GRIM = "0,0,1,0"


def alignment(centre: tuple[Rational, ...], half_width: Rational, direction: str) -> Certificate:
    """Alignment of both players' common policy near a centre, in the game that begins after CC."""
    game = ipd_from_cc()
    box = [f"p1[{s}]={x - half_width}:{x + half_width}" for s, x in zip(game.states, centre, strict=True)]
    return certify(game, "TFT", "alignment", box=box, symmetric=True, direction=direction)


def _check_boxes() -> Finding:
    found = [alignment(NEAR_TFT, WIDE, direction) for direction in ("1,0,0,0", "to-target")]
    if any(entry.conclusion.get("sign") != 1 for entry in found):
        return Finding(Verdict.REFUTED, "a product is negative on the box", tuple(map(certificate_evidence, found)))
    return certified(found, "both products are positive on the whole box")


def _check_turn() -> Finding:
    found = [alignment(centre, NARROW, TFT_LESS_GRIM) for centre in (NEAR_TFT, NEAR_GRIM)]
    signs = [entry.conclusion.get("sign") for entry in found]
    if signs != [-1, 1]:
        return Finding(Verdict.REFUTED, f"the signs are {signs}", tuple(map(certificate_evidence, found)))
    low, high = sign_change()
    between = Evidence(
        "identity",
        "root counting (Sturm) along the segment between the boxes' centres",
        f"<C, TFT - Grim> changes sign once on the segment, at p_DC in [{low}, {high}]",
        {"interval": [str(low), str(high)], "centres": [[*map(str, c)] for c in (NEAR_TFT, NEAR_GRIM)]},
    )
    finding = certified(found, "negative near TFT, positive near Grim, with one change of sign between")
    return Finding(finding.verdict, finding.reason, (*finding.evidence, between))


def sign_change() -> tuple[Rational, Rational]:
    """An interval of p_DC of length at most 1/1000 that holds the only zero of ⟨C, e_DC⟩ between the two centres.

    Raises:
        Undecided: the product has another number of zeros there.
    """
    game = ipd_from_cc()
    groups = variables(game, symmetric=True)
    context = flint.fmpq_mpoly_ctx.get([f"y{index}" for index in range(4)], "degrevlex")
    weights = [context.constant(int(entry)) for entry in TFT_LESS_GRIM.split(",")]
    product = game_field(game).correction(weights, groups, 0)
    x = Symbol("x")
    line = flint.fmpq_mpoly_ctx.get(["x"], "degrevlex")
    point = [line.constant(to_fmpq(entry)) for entry in NEAR_TFT]
    point[2] = line.gen(0)
    restricted = product.compose(*point, ctx=line)
    terms = {powers: from_fmpq(coefficient) for powers, coefficient in restricted.to_dict().items()}
    polynomial = Poly.from_dict({tuple(map(int, powers)): c for powers, c in terms.items()}, x)
    low, high = NEAR_GRIM[2], NEAR_TFT[2]
    if polynomial.count_roots(low, high) != 1:
        raise Undecided("the product does not have exactly one zero between the centres")
    while high - low > Rational(1, 1000):
        middle = (low + high) / 2
        low, high = (low, middle) if polynomial.count_roots(low, middle) else (middle, high)
    return low, high


_SCOPE = (
    "ipd-from-cc: payoffs 3,0,5,1, gamma = 9/10, play begins after CC, both players use one policy, direct coordinates"
)
CLAIMS = (
    Claim(
        "C7.boxes",
        "On the box (p_CC, p_CD, p_DC, p_DD) = (.95, .05, .95, .05) +- 1/40 near TFT the correction raises p_CC and "
        "points toward TFT: <C, e_CC> > 0 and <C, x_TFT - x> > 0.",
        "derived here",
        scope=_SCOPE,
        check=_check_boxes,
    ),
    Claim(
        "C7.turn",
        "At the middle of that box (+- 1/80) the correction turns TFT toward Grim, <C, x_TFT - x_Grim> < 0; with "
        "p_DC = .05 instead it is > 0.",
        "derived here",
        scope=_SCOPE,
        check=_check_turn,
    ),
)
