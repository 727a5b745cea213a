"""C17: entry with neural policies, by experiment. What carries over exactly stands in :mod:`c17_neural_kernels`."""

from __future__ import annotations

from theory.claims.model import Claim

_NETWORKS = (
    "two tanh layers of 16 units per player on one-hot observations; starts, which the paper does not state, uniform "
    "on +-1/sqrt(inputs)"
)
_SETTINGS = "inner step .55, coefficients .35 and 1.5, steps .9/(n + 10)^.24, parameters clipped at 8, 260 steps"

CLAIMS = (
    Claim(
        "C17",
        "Entry rises with small neural policies.",
        "paper, MLP-IPD experiments",
        requires=("C17.mlp-ipd", "C17.signalled", "C17.grid"),
    ),
    Claim(
        "C17.mlp-ipd",
        "With neural policies in the iterated Prisoner's Dilemma Meta-MAPG reaches initial cooperation from more "
        "starts than policy gradient, with gradients sampled as published.",
        "paper, MLP-IPD experiments",
        assumptions=(_NETWORKS, _SETTINGS, "horizon 12, batch 384, whole-trajectory DiCE estimators"),
        scope="paired starts and draws",
    ),
    Claim(
        "C17.published",
        "The published MLP-IPD row is what the published settings give from PyTorch's default starts.",
        "paper, MLP-IPD experiments",
        assumptions=(_NETWORKS, _SETTINGS, "horizon 12, batch 384, whole-trajectory DiCE estimators"),
        scope="four shares, Fisher's exact test, Holm",
    ),
    Claim(
        "C17.mlp-ipd-exact",
        "With neural policies in the endless iterated Prisoner's Dilemma and exact values Meta-MAPG reaches initial "
        "cooperation from more starts than policy gradient.",
        "derived here",
        assumptions=(_NETWORKS, _SETTINGS, "exact values, gamma = 24/25"),
        scope="paired starts; paper profile: also by the oracle, 500 steps of policy gradient from the ends",
    ),
    Claim(
        "C17.signalled",
        "With neural policies in the signalled Stag Hunt Meta-MAPG reaches nine tenths of the target's value from more "
        "starts than policy gradient.",
        "derived here, for the paper's coordination environments, which it does not describe",
        assumptions=("two tanh layers of 16 units per player on (1, context)", _SETTINGS, "exact values"),
        scope="paired starts; signalled-stag-hunt",
    ),
    Claim(
        "C17.grid",
        "With neural policies in the grid-world Stag Hunt Meta-MAPG reaches nine tenths of the target's value from "
        "more starts than policy gradient.",
        "derived here, for the paper's coordination environments, which it does not describe",
        assumptions=("two tanh layers of 16 units per player on both positions", _SETTINGS, "exact values"),
        scope="paired starts; grid-stag-hunt",
    ),
    Claim(
        "C17.alignment",
        "Along runs of neural policies the peer-learning correction points to the cooperative set wherever it does in "
        "the table at the same policies.",
        "derived here",
        assumptions=(_NETWORKS, _SETTINGS),
        scope="memory-one IPD; policies visited by runs of policy gradient and Meta-MAPG",
    ),
)
