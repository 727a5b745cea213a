"""C4: peer-learning, not own-learning, selects. Exact in direct coordinates, experimental elsewhere.

Effect of a correction: the change of the share of starts that reach success when it is added to policy gradient, from
the same starts.
"""

from __future__ import annotations

from sympy import Expr, Rational, Symbol

from theory import exact
from theory.claims.identities import random_point
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.decomposition import decompose, two_point_terms
from theory.games import symmetric_game
from theory.games.symbolic import symbolic_game
from theory.policies import parameters
from theory.program import Builder
from theory.separatrix import separatrix
from theory.symbols import P, R, S, T, correction
from theory.updates import SPLITS
from theory.values import point_of

SHAPES = ((2, 2), (2, 2, 2), (3, 2))


def _check_direct() -> Finding:
    for shape in SHAPES:
        blocks = two_point_terms(symbolic_game(shape), "direct").closed_form()
        for player in range(1, len(shape) + 1):
            if not all(exact.is_zero(entry) for entry in blocks[f"own_{player}"]):
                return Finding(Verdict.REFUTED, f"the own-learning correction does not vanish for shape {shape}")
            if all(exact.is_zero(entry) for entry in blocks[f"peer_{player}"]):
                return Finding(Verdict.UNDECIDED, "the peer-learning correction vanishes too: nothing is told apart")
    evidence = Evidence(
        "identity",
        "closed forms, every payoff a symbol",
        "own-learning correction identically 0, peer-learning correction not, for "
        + ", ".join("x".join(map(str, shape)) for shape in SHAPES)
        + " actions",
        {"shapes": [list(shape) for shape in SHAPES]},
    )
    reason = "values are affine in a player's own probabilities, so own-learning changes nothing and peer equals meta"
    return Finding(Verdict.PROVED, reason, (evidence,))


def own_curvature(shape: tuple[int, ...], player: int) -> tuple[Expr, ...]:
    """∇_i∇_iVⁱ w of a one-shot game with symbolic payoffs and a symbolic direction w, direct policies, any φ."""
    game = symbolic_game(shape)
    phi = parameters(game, "direct")
    direction = tuple(Symbol(f"w_{index}", real=True) for index in range(len(phi[player])))
    inputs = [*(symbol for row in phi for symbol in row), *direction, *(symbol for symbol, _ in game.parameters)]
    build = Builder(inputs)
    entries = point_of(build, game, "direct", phi).hessian_product(player, player, player, direction)
    return build.program({"own": entries}).closed_form()["own"]


def _check_path() -> Finding:
    for shape in SHAPES:
        for player in range(len(shape)):
            if not all(exact.is_zero(entry) for entry in own_curvature(shape, player)):
                return Finding(Verdict.REFUTED, f"own second derivatives do not vanish for shape {shape}")
    game = symbolic_game((2, 2))
    terms = {split: decompose(game, unroll=2, split=split).program for split in SPLITS}
    point = random_point(terms["path"].inputs, 0, 7)
    own = {split: program.at(point)["own_1"][0] for split, program in terms.items()}
    if own["path"] != 0 or own["terminal"] == 0:
        return Finding(Verdict.REFUTED, f"own-learning at L = 2: {own}")
    evidence = Evidence(
        "identity",
        "closed forms, every payoff a symbol; exact witness for the terminal split",
        f"own second derivatives identically 0; at L = 2 own(path) = 0, own(terminal) = {own['terminal']} at a point",
        {
            "shapes": [list(shape) for shape in SHAPES],
            "point": {symbol.name: str(value) for symbol, value in point.items()},
            "own_1": {split: str(value) for split, value in own.items()},
        },
    )
    reason = (
        "own second derivatives vanish at every policy, so every factor of the path split is the identity, for any L; "
        "the terminal split also counts paths through the peer and back"
    )
    return Finding(Verdict.PROVED, reason, (evidence,))


def _check_every_game() -> Finding:
    shown = []
    for payoffs in WITNESSES:
        line = separatrix(symmetric_game("coordination", ("A", "B"), payoffs, (R - T, P - S), "A"))
        at = {**dict(line.game.parameters), correction: 0}
        start, later = line.share(Rational(0)), line.share(Rational(1, 10))
        slope = line.boundary_slope.subs(at)
        shown.append({"payoffs_R_S_T_P": list(payoffs), "share_at_0": str(start), "share_at_1/10": str(later)})
        shown[-1]["boundary_slope_at_0"] = str(slope)
        if later > start or slope < 0:
            return Finding(Verdict.UNDECIDED, f"the peer-learning correction helps at payoffs {payoffs}")
    if len({row["share_at_0"] == row["share_at_1/10"] for row in shown}) < 2:
        return Finding(Verdict.UNDECIDED, "the witnesses do not show both no effect and a loss")
    evidence = Evidence(
        "counterexample",
        "exact basin shares from the closed-form separatrix, uniform starts, direct policies",
        "; ".join(f"{row['payoffs_R_S_T_P']}: {row['share_at_0']} -> {row['share_at_1/10']}" for row in shown),
        {"witnesses": shown},
    )
    return Finding(
        Verdict.REFUTED,
        "with T = S neither correction moves the boundary, with T < S peer-learning shrinks the target's basin",
        (evidence,),
    )


# Coordination games (R, S, T, P) with T = S and with T < S: own-learning does nothing in either (C4.direct).
WITNESSES = ((3, 1, 1, 2), (6, 1, 0, 2))

_EFFECT = "effect = change of the success share against policy gradient, common starts, published learning settings"

CLAIMS = (
    Claim(
        "C4",
        "Peer-learning, not own-learning, is the main selection mechanism.",
        "paper, ablations",
        scope="exact gradients; one-shot games with direct policies, Stag Hunt and memory-one IPD with logit policies",
        requires=("C4.direct", "C4.logit", "C4.ipd"),
    ),
    Claim(
        "C4.direct",
        "In one-shot games with direct policies the own-learning correction vanishes identically (L = 1).",
        "derived here",
        assumptions=("exact values",),
        scope="every payoff symbolic, 2 and 3 players, 2 and 3 actions",
        check=_check_direct,
    ),
    Claim(
        "C4.path",
        "With the path split it vanishes for every L; with the terminal split from L = 2 on it does not.",
        "derived here",
        assumptions=("exact values", "one-shot games with direct policies"),
        scope="every payoff symbolic, 2 and 3 players, 2 and 3 actions, every L; terminal split: a point at L = 2",
        check=_check_path,
    ),
    Claim(
        "C4.every-game",
        "In every symmetric coordination game peer-learning enlarges the basin of the payoff-dominant equilibrium.",
        "the claim read without its scope",
        scope="direct policies, uniform starts, expanded form, L = 1",
        check=_check_every_game,
    ),
    Claim(
        "C4.logit",
        "In Stag Hunt the effect of peer-learning on entry is larger than that of own-learning.",
        "paper, ablation of the Stag Hunt runs",
        assumptions=("expanded form", "starts N(0, 1.35^2)"),
        scope=_EFFECT,
    ),
    Claim(
        "C4.ipd",
        "In the memory-one IPD the effect of peer-learning on entry is larger than that of own-learning.",
        "paper, ablation of the IPD runs",
        assumptions=("expanded form", "starts N(0, 1.35^2)"),
        scope=_EFFECT + "; payoffs -1,-3,0,-2, gamma = 24/25",
    ),
    Claim(
        "C4.ablation",
        "So it is in both games in both forms, for longer unrolls, and for weaker and stronger corrections.",
        "ablation of the published settings",
        assumptions=("starts N(0, 1.35^2)", "arms differ in the coefficients alone, but for policy gradient"),
        scope=_EFFECT + "; Stag Hunt, expanded and unrolled, L = 1, 2, 3, 5; memory-one IPD -1,-3,0,-2, gamma = 24/25, "
        "expanded and unrolled, L = 1; c_peer = 1/2, 3/2, 5 (paper profile: IPD with L = 1, 2, 3, 5 and over 12 "
        "rounds, sampled gradients)",
    ),
    Claim(
        "C4.sampled-own",
        "In the published IPD own-learning adds more successes to peer-learning if all means share one batch, as "
        "published, than with a batch for each.",
        "sampled runs; the bias is that of C2.shared-batch",
        assumptions=("published settings, batch 384",),
        scope="ipd-finite, 12 rounds, payoffs 3,0,5,1; a seed not looked at before",
    ),
)
