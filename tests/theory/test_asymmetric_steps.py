"""Players with inner step sizes of their own: the identity by both routes, and which size multiplies what."""

from __future__ import annotations

import pytest
from sympy import Rational

from theory.claims.identities import random_point
from theory.decomposition import decompose, differentiated_unroll
from theory.games import AnyGame, ipd, stag_hunt, tandem
from theory.symbols import alpha, step_size


def summed(parts: dict[str, tuple[Rational, ...]], player: int) -> list[Rational]:
    return [sum(row) for row in zip(*(parts[f"{name}_{player}"] for name in ("current", "own", "peer")), strict=True)]


@pytest.mark.parametrize("game", [stag_hunt(), ipd(), tandem()], ids=lambda game: game.name)
@pytest.mark.parametrize("unroll", [1, 2])
def test_the_two_routes_agree(game: AnyGame, unroll: int) -> None:
    terms = decompose(game, "direct", unroll, asymmetric=True).program
    point = random_point(terms.inputs, seed=unroll)
    assert point[step_size(0)] != point[step_size(1)]
    parts, whole = terms.at(point), differentiated_unroll(game, "direct", unroll, asymmetric=True).at(point)
    swapped = {**point, step_size(0): point[step_size(1)], step_size(1): point[step_size(0)]}
    for player in (1, 2):
        assert summed(parts, player) == list(whole[f"total_{player}"])
        assert summed(terms.at(swapped), player) != list(whole[f"total_{player}"])


def test_equal_sizes_are_the_symmetric_case() -> None:
    apart, together = decompose(ipd(), asymmetric=True).program, decompose(ipd()).program
    point = random_point(together.inputs, seed=3)
    both = {**point, step_size(0): point[alpha], step_size(1): point[alpha]}
    assert apart.at({symbol: both[symbol] for symbol in apart.inputs}) == together.at(point)


def test_peer_learning_carries_the_peers_step_size() -> None:
    # Expanded at φ₀: player 1's peer term is linear in α₂ and free of α₁.
    peer = decompose(stag_hunt(), form="expanded", asymmetric=True).peer_learning[0][0]
    assert step_size(0) not in peer.free_symbols
    assert (peer / step_size(1)).cancel().has(step_size(1)) is False
