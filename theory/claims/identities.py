"""The decomposition's identity on one game, by two routes: sum of terms against the differentiated unroll."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from sympy import Add, Rational, Symbol

from theory import exact
from theory.claims.model import Evidence, Refuted
from theory.decomposition import decompose, differentiated_unroll
from theory.games import AnyGame
from theory.program import Blocks
from theory.updates import Split

POINTS = 5


def closed_form_identity(game: AnyGame, unroll: int = 1, split: Split = "terminal") -> Evidence:
    """Both routes as rational functions of φ₀, α and the game's parameters (short games, direct coordinates).

    Raises:
        Refuted: they differ.
    """
    terms, total = decompose(game, unroll=unroll, split=split), _differentiated(game, unroll)
    for player in range(game.players):
        parts = (terms.policy_gradient[player], terms.own_learning[player], terms.peer_learning[player])
        for derivative, *entries in zip(total[f"total_{player + 1}"], *parts, strict=True):
            if not exact.is_zero(derivative - Add(*entries)):
                raise Refuted(f"{game.name}: the closed forms of the two routes differ")
    return Evidence(
        "identity",
        "closed forms: differentiated unroll against resolvent terms",
        f"{game.name}, direct, L = {unroll}, {split} split: both routes give the same rational function of all inputs",
        {
            "game": game.name,
            "unroll": unroll,
            "split": split,
            "current": [[str(entry) for entry in row] for row in terms.policy_gradient],
            "own": [[str(entry) for entry in row] for row in terms.own_learning],
            "peer": [[str(entry) for entry in row] for row in terms.peer_learning],
            "total": [[str(entry) for entry in total[f"total_{player + 1}"]] for player in range(game.players)],
        },
    )


@lru_cache(maxsize=8)
def _differentiated(game: AnyGame, unroll: int) -> Blocks:
    """The second route's closed form, which both splits are compared with."""
    return differentiated_unroll(game, unroll=unroll).closed_form()


def random_point(inputs: Sequence[Symbol], seed: int, denominator: int = 97) -> dict[Symbol, Rational]:
    """Exact values in (0, 1) for the inputs of a program, fixed by the seed."""
    draw = random.Random(seed)
    return {symbol: Rational(draw.randint(1, denominator - 1), denominator) for symbol in inputs}


def point_identity(game: AnyGame, policy: str, longest: int = 1, splits: Sequence[Split] = ("terminal",)) -> Evidence:
    """Both routes at random rational values of every input, L = 1, …, longest.

    Raises:
        Refuted: they differ at one of the points.
    """
    peers, shown = 0, []
    for unroll in range(1, longest + 1):
        total = differentiated_unroll(game, policy, unroll)
        # The numbers' lengths multiply with every step: fewer and shorter ones for longer unrolls.
        count, denominator = (POINTS, 97) if unroll == 1 else (1, 7)
        points = [random_point(total.inputs, seed, denominator) for seed in range(count)]
        wholes = [total.at(point) for point in points]
        shown += points
        for split in splits:
            terms = decompose(game, policy, unroll, split=split).program
            for point, whole in zip(points, wholes, strict=True):
                parts = terms.at(point)
                for player in range(1, game.players + 1):
                    names = (f"current_{player}", f"own_{player}", f"peer_{player}")
                    if tuple(map(Add, *(parts[name] for name in names))) != whole[f"total_{player}"]:
                        raise Refuted(f"{game.name}, {policy}, L = {unroll}, {split}: the two routes differ at {point}")
                    peers += any(parts[f"peer_{player}"])
    unrolls = "L = 1" if longest == 1 else f"L = 1 to {longest}"
    control = "dropping the peer term is noticed" if peers else "the peer term vanishes at all of them"
    return Evidence(
        "identity",
        "exact rational points: differentiated unroll against resolvent terms",
        f"{game.name}, {policy}, {unrolls}: equal at {len(shown)} random rational points of all inputs; {control}",
        {
            "game": game.name,
            "policy": policy,
            "unrolls": list(range(1, longest + 1)),
            "splits": list(splits),
            "points": [{symbol.name: str(value) for symbol, value in point.items()} for point in shown],
        },
    )
