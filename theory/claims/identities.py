"""The decomposition's identity on one game, by two routes: sum of terms against the differentiated unroll."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sympy import Add, Rational, Symbol

from theory import exact
from theory.claims.model import Evidence, Refuted
from theory.decomposition import decompose, differentiated_unroll
from theory.games import AnyGame

POINTS = 5


def closed_form_identity(game: AnyGame) -> Evidence:
    """Both routes as rational functions of φ₀, α and the game's parameters (short games, direct coordinates, L = 1).

    Raises:
        Refuted: they differ.
    """
    terms, total = decompose(game), differentiated_unroll(game).closed_form()
    for player in range(game.players):
        parts = (terms.policy_gradient[player], terms.own_learning[player], terms.peer_learning[player])
        for derivative, *entries in zip(total[f"total_{player + 1}"], *parts, strict=True):
            if not exact.is_zero(derivative - Add(*entries)):
                raise Refuted(f"{game.name}: the closed forms of the two routes differ")
    return Evidence(
        "identity",
        "closed forms: differentiated unroll against resolvent terms",
        f"{game.name}, direct, L = 1: both routes give the same rational function of phi_0, alpha and the payoffs",
        {
            "game": game.name,
            "current": [[str(entry) for entry in row] for row in terms.policy_gradient],
            "own": [[str(entry) for entry in row] for row in terms.own_learning],
            "peer": [[str(entry) for entry in row] for row in terms.peer_learning],
            "total": [[str(entry) for entry in total[f"total_{player + 1}"]] for player in range(game.players)],
        },
    )


def random_point(inputs: Sequence[Symbol], seed: int) -> dict[Symbol, Rational]:
    """Exact values in (0, 1) for the inputs of a program, fixed by the seed."""
    draw = random.Random(seed)
    return {symbol: Rational(draw.randint(1, 96), 97) for symbol in inputs}


def point_identity(game: AnyGame, policy: str) -> Evidence:
    """Both routes at random rational values of every input, L = 1.

    Raises:
        Refuted: they differ at one of the points.
    """
    terms, total = decompose(game, policy).program, differentiated_unroll(game, policy)
    points = [random_point(terms.inputs, seed) for seed in range(POINTS)]
    peers = 0
    for point in points:
        parts, whole = terms.at(point), total.at(point)
        for player in range(1, game.players + 1):
            names = (f"current_{player}", f"own_{player}", f"peer_{player}")
            if tuple(map(Add, *(parts[name] for name in names))) != whole[f"total_{player}"]:
                raise Refuted(f"{game.name}, {policy}: the two routes differ at {point}")
            peers += any(parts[f"peer_{player}"])
    control = "dropping the peer term is noticed" if peers else "the peer term vanishes at all of them"
    return Evidence(
        "identity",
        "exact rational points: differentiated unroll against resolvent terms",
        f"{game.name}, {policy}, L = 1: equal at {POINTS} random rational points of all inputs; {control}",
        {
            "game": game.name,
            "policy": policy,
            "points": [{symbol.name: str(value) for symbol, value in point.items()} for point in points],
        },
    )
