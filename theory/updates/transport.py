"""Backward steps along an inner path: what carries a derivative at φ_L to φ₀.

One inner step has the Jacobian J = I + αDv, with the blocks J_ba = ∂φ_{k+1}^b/∂φ_k^a. A covector (one vector per
player) goes back along it as Jᵀ. Two splits of the result keep track of different things on the way:

* :func:`gain` (terminal split): what a covector has gained over itself, (J₀ᵀ⋯J_{L−1}ᵀ − I) c.
* :func:`stay_or_leave` (path split): the share of the block paths that never leave player i, apart from the rest.

:mod:`theory.splits` proves that each of these steps does what it says, for any length of the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Expr, Integer

from theory.values import Point, Vector

Covector = tuple[Vector, ...]


def pull_back(
    point: Point, sizes: Sequence[Expr], covector: Covector, blocks: Iterable[int], still: int | None = None
) -> Covector:
    """α(Dv)ᵀ c in the given players' blocks, zero in the others.

    Args:
        point: φ_k.
        sizes: α of each player.
        covector: c, one vector per player.
        blocks: players whose block is wanted.
        still: a player who does not move in the inner steps.
    """
    wanted = set(blocks)
    result = []
    for block, row in enumerate(covector):
        total: Vector = (Integer(0),) * len(row)
        for mover, direction in enumerate(covector):
            if block not in wanted or mover == still or all(entry == 0 for entry in direction):
                continue
            product = point.hessian_product(mover, block, mover, direction)
            total = tuple(t + sizes[mover] * h for t, h in zip(total, product, strict=True))
        result.append(total)
    return tuple(result)


def gain(
    point: Point,
    sizes: Sequence[Expr],
    kept: Covector,
    gained: Covector,
    blocks: Iterable[int],
    still: int | None = None,
) -> Covector:
    """One step back: from kept + gained to Jᵀ(kept + gained), as the new gain over kept.

    Args:
        point: φ_k, where the step started.
        sizes: α of each player.
        kept: the covector at φ_L.
        gained: what it has gained since.
        blocks: players whose block is wanted afterwards.
        still: a player who does not move in the inner steps.
    """
    return add(gained, pull_back(point, sizes, add(kept, gained), blocks, still))


def stay_or_leave(
    point: Point, sizes: Sequence[Expr], player: int, stayed: Vector, left: Covector, blocks: Iterable[int]
) -> tuple[Vector, Covector]:
    """One step back of the path split.

    Args:
        point: φ_k, where the step started.
        sizes: α of each player.
        player: i, whose paths are told apart.
        stayed: sum over the paths that stayed in block i, so far.
        left: sum over the others, by the block they have come back to.
        blocks: players whose block of ``left`` is wanted afterwards.

    Returns:
        ``stayed`` and ``left`` after the step: J_iiᵀ stayed, and Jᵀ(stayed + left) less that.
    """
    alone = only(player, stayed, left)
    back = pull_back(point, sizes, left, [player])[player]  # paths that had left and come back
    away = pull_back(point, sizes, add(left, alone), [block for block in blocks if block != player])
    moved = add(left, tuple(back if block == player else row for block, row in enumerate(away)))
    return add((stayed,), (pull_back(point, sizes, alone, [player])[player],))[0], moved


def only(player: int, vector: Vector, like: Sequence[Vector]) -> Covector:
    """A covector with one player's block, zero elsewhere."""
    return tuple(vector if block == player else (Integer(0),) * len(row) for block, row in enumerate(like))


def add(left: Sequence[Vector], right: Sequence[Vector]) -> Covector:
    """Sum of two covectors."""
    return tuple(tuple(a + b for a, b in zip(one, two, strict=True)) for one, two in zip(left, right, strict=True))
