"""C4: peer-learning, not own-learning, selects. Exact in direct coordinates, experimental elsewhere.

Effect of a correction: the change of the share of starts that reach success when it is added to policy gradient, from
the same starts.
"""

from __future__ import annotations

from theory import exact
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.decomposition import two_point_terms
from theory.games.symbolic import symbolic_game

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
)
