"""An arbitrary game at the level of Jacobian blocks: derivatives known only as noncommuting matrices.

A :class:`BlockPoint` gives each player one parameter *vector* of unknown dimension. Gradients are covectors and second
derivatives are matrices, both as noncommutative symbols, so an identity between them holds for any dimensions and any
values. Player i against all others as one block covers any number of players.
"""

from __future__ import annotations

from itertools import product

from sympy import Expr, Integer, Mul, Symbol

from theory.symbols import step_size
from theory.updates.model import Split, Unroll
from theory.values import Parameters, Vector


class BlockPoint:
    """The game at φ_k; implements :class:`theory.values.Point` with one noncommutative entry per player.

    Args:
        parameters: φ_k, one noncommutative entry per player.
        step: k, which tells the symbols of different points apart.
    """

    def __init__(self, parameters: Parameters, step: int) -> None:
        self.parameters = parameters
        self._step = step

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of as one symbol."""
        return (Symbol(f"g_{value_of + 1}_{player + 1}_at_{self._step}", commutative=False),)

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player∇_other V^value_of, one symbol, times w."""
        name = f"H_{value_of + 1}_{player + 1}{other + 1}_at_{self._step}"
        return (Symbol(name, commutative=False) * direction[0],)


def block_unroll(players: int, length: int, split: Split) -> Unroll:
    """The unroll of an arbitrary game, every player with its own step size."""
    points = 0

    def point_at(parameters: Parameters) -> BlockPoint:
        nonlocal points
        points += 1
        return BlockPoint(parameters, points - 1)

    start = tuple((Symbol(f"phi_{player + 1}", commutative=False),) for player in range(players))
    return Unroll(point_at, start, [step_size(player) for player in range(players)], length, split=split)


def path_sum(unroll: Unroll, player: int, kind: str) -> Expr:
    """A correction as a sum over the chain rule's block paths, written down term by term.

    A path i = b_0, b_1, …, b_L contributes J_0[b_1, b_0]ᵀ ⋯ J_{L−1}[b_L, b_{L−1}]ᵀ ∇_{b_L}Vⁱ(φ_L), where
    J_k[b, a]ᵀ = 1[a = b] + α_b ∇_a∇_bVᵇ(φ_k).

    Args:
        unroll: an unroll of block points.
        player: i.
        kind: ``total``, ``stays`` (paths that never leave i) or ``returns`` (paths that end in i).
    """
    length, total = len(unroll.path) - 1, Integer(0)
    for tail in product(unroll.players, repeat=length):
        path = (player, *tail)
        if (kind == "stays" and set(path) != {player}) or (kind == "returns" and path[-1] != player):
            continue
        factors = [_transposed_block(unroll, step, path[step + 1], path[step]) for step in range(length)]
        total += Mul(*factors, unroll.path[-1].gradient(player, path[-1])[0])
    return total


def _transposed_block(unroll: Unroll, step: int, mover: int, block: int) -> Expr:
    """J_k[mover, block]ᵀ."""
    name = f"H_{mover + 1}_{block + 1}{mover + 1}_at_{step}"
    return Integer(int(mover == block)) + step_size(mover) * Symbol(name, commutative=False)
