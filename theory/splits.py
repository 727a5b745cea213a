"""The terminal and the path split hold for every length of the unroll: proofs by induction over backward steps.

Both splits carry ∇Vⁱ(φ_L) backwards along the inner path, one step at a time (:mod:`theory.updates.transport`). What
is proved here of a *single* step, between generic covectors of an arbitrary game (:mod:`theory.blocks`), gives the
statement for every L by induction; the cases L = 1, 2, … are written out as sums over paths besides.

* Total: kept + gained goes over into Jᵀ(kept + gained), and stayed + left into Jᵀ(stayed + left). Both start as
  ∇Vⁱ(φ_L) and so end as J₀ᵀ⋯J_{L−1}ᵀ∇Vⁱ(φ_L), whose block i is the derivative of Vⁱ(φ_L) in φ₀ⁱ (chain rule).
* Path split: stayed goes over into J_iiᵀ stayed, so it ends as the product of player i's own blocks.
* Gap: own(terminal) − own(path) = α² C(L, 2) Σ_{j≠i} [(Dv)_ij (Dv)_ji]ᵀ g_i + O(α³).

Every function returns what must vanish; :mod:`theory.claims.c01_splits` decides whether it does.
"""

from __future__ import annotations

from sympy import Expr, Integer, Symbol, binomial, expand_func

from theory.blocks import BlockPoint
from theory.jets import SmoothPoint
from theory.symbols import alpha, step_size
from theory.updates import transport
from theory.updates.model import Unroll
from theory.updates.transport import Covector
from theory.values import Point

Residuals = tuple[Expr, ...]


def terminal_step(players: int) -> Residuals:
    """What must vanish: kept + gained′ − Jᵀ(kept + gained), block by block, for generic covectors."""
    point, sizes = _point(players), _sizes(players)
    kept, gained = _covector("kept", players), _covector("gained", players)
    after = transport.gain(point, sizes, kept, gained, range(players))
    return _difference(transport.add(kept, after), _back(point, transport.add(kept, gained)))


def path_step(players: int, player: int) -> Residuals:
    """stayed′ + left′ − Jᵀ(stayed + left), block by block, and stayed′ − J_iiᵀ stayed, for generic covectors."""
    point, sizes = _point(players), _sizes(players)
    stayed, left = _covector("stayed", 1)[0], _covector("left", players)
    alone = transport.only(player, stayed, left)
    stayed_after, left_after = transport.stay_or_leave(point, sizes, player, stayed, left, range(players))
    whole = transport.add(left_after, transport.only(player, stayed_after, left))
    own_block = _back(point, alone)[player]
    return (
        *_difference(whole, _back(point, transport.add(alone, left))),
        *_difference((stayed_after,), (own_block,)),
    )


def last_step(players: int, player: int) -> Residuals:
    """Block i of a step in which only block i is asked for, less block i of the full step (both splits)."""
    point, sizes = _point(players), _sizes(players)
    kept, gained, stayed = _covector("kept", players), _covector("gained", players), _covector("stayed", 1)[0]
    full = transport.gain(point, sizes, kept, gained, range(players))
    part = transport.gain(point, sizes, kept, gained, [player])
    _, full_left = transport.stay_or_leave(point, sizes, player, stayed, gained, range(players))
    _, part_left = transport.stay_or_leave(point, sizes, player, stayed, gained, [player])
    return _difference((full[player], full_left[player]), (part[player], part_left[player]))


def chain_rule_step(shape: tuple[int, ...]) -> Residuals:
    """Jᵀc of an inner step less c + α(Dv)ᵀc, with J from differentiating the step (an arbitrary smooth game).

    Args:
        shape: number of parameters of each player.
    """
    start = tuple(
        tuple(Symbol(f"phi_{player + 1}_{index + 1}", real=True) for index in range(size))
        for player, size in enumerate(shape)
    )
    sizes = _sizes(len(shape))
    point = SmoothPoint(start)
    after = Unroll(SmoothPoint, start, sizes).step_from(point)
    covector = tuple(
        tuple(Symbol(f"c_{player + 1}_{index + 1}", real=True) for index in range(size))
        for player, size in enumerate(shape)
    )
    weighted = sum(
        (c * entry for row, moved in zip(covector, after, strict=True) for c, entry in zip(row, moved, strict=True)),
        Integer(0),
    )
    carried = transport.add(covector, transport.pull_back(point, sizes, covector, range(len(shape))))
    return tuple(
        weighted.diff(symbol) - entry
        for symbols, row in zip(start, carried, strict=True)
        for symbol, entry in zip(symbols, row, strict=True)
    )


def first_order_gap_step(players: int, player: int) -> Residuals:
    """What own(terminal) − own(path) gains at orders 1 and α in one step, if both are g_i + αA g_i + O(α²) so far.

    A is generic: the sum of the steps' Jacobians so far, which need not agree. So the gap has no word with fewer than
    two Jacobians, for any L, and each Jacobian in it may be read at φ₀ up to O(α³).
    """
    point, sizes = _point(players), [alpha] * players
    start = _covector("g", 1)[0]
    sums = [Symbol(f"A_{block + 1}", commutative=False) * start[0] for block in range(players)]
    kept = transport.only(player, start, [start] * players)
    gained: Covector = tuple((alpha * entry,) for entry in sums)
    terminal = transport.gain(point, sizes, kept, gained, range(players))[player][0]
    stayed = (start[0] + alpha * sums[player],)
    left: Covector = tuple((Integer(0),) for _ in range(players))
    path = transport.stay_or_leave(point, sizes, player, stayed, left, range(players))[0][0] - start[0]
    return _orders(terminal - path, 2)


def second_order_gap_step(players: int, player: int) -> Residuals:
    """Induction step of the gap at order α², all Jacobians at φ₀, with the number m of steps a symbol.

    Hypothesis after m steps: kept + gained = (1 + αmD + α²C(m,2)D²)ᵀ E_i g and stayed = the same with the block D_ii
    alone. Returned: what is left of both hypotheses for m + 1 at orders 1, α, α², and of the gap's formula
    C(m,2) Σ_{j≠i} [D_ij D_ji]ᵀ g at order α².
    """
    point, sizes = _point(players), [alpha] * players
    steps = Symbol("m", integer=True, nonnegative=True)
    start = _covector("g", 1)[0]
    kept = transport.only(player, start, [start] * players)

    def expected(count: Expr) -> Covector:
        once = _jacobian(point, kept)
        twice = _jacobian(point, once)
        pairs = expand_func(binomial(count, 2))
        return tuple(
            (k[0] + alpha * count * a[0] + alpha**2 * pairs * b[0],) for k, a, b in zip(kept, once, twice, strict=True)
        )

    def expected_alone(count: Expr) -> Expr:
        once = _jacobian(point, kept)[player]
        twice = _jacobian(point, transport.only(player, once, kept))[player]
        return start[0] + alpha * count * once[0] + alpha**2 * expand_func(binomial(count, 2)) * twice[0]

    gained = transport.add(expected(steps), tuple((-k[0],) for k in kept))
    after = transport.add(kept, transport.gain(point, sizes, kept, gained, range(players)))
    none: Covector = tuple((Integer(0),) for _ in range(players))
    alone = transport.stay_or_leave(point, sizes, player, (expected_alone(steps),), none, range(players))[0]
    gap = expected(steps)[player][0] - expected_alone(steps)
    return (
        *(o for entry in _difference(after, expected(steps + 1)) for o in _orders(entry, 3)),
        *_orders(alone[0] - expected_alone(steps + 1), 3),
        *_orders(gap - alpha**2 * expand_func(binomial(steps, 2)) * loops(point, players, player, start[0]), 3),
    )


def loops(point: Point, players: int, player: int, covector: Expr) -> Expr:
    """Σ_{j≠i} [(Dv)_ij (Dv)_ji]ᵀ c = Σ_{j≠i} ∇_i∇_jVʲ ∇_j∇_iVⁱ c: from i through another player and back."""
    total: Expr = Integer(0)
    for other in range(players):
        if other != player:
            there = point.hessian_product(player, other, player, (covector,))
            total += point.hessian_product(other, player, other, there)[0]
    return total


def _point(players: int) -> BlockPoint:
    return BlockPoint(tuple((Symbol(f"phi_{block + 1}", commutative=False),) for block in range(players)), 0)


def _sizes(players: int) -> list[Symbol]:
    return [step_size(player) for player in range(players)]


def _covector(stem: str, players: int) -> Covector:
    return tuple((Symbol(f"{stem}_{block + 1}", commutative=False),) for block in range(players))


def _jacobian(point: Point, covector: Covector) -> Covector:
    """(Dv)ᵀc, written out apart from the code under proof."""
    return tuple(
        (sum((point.hessian_product(b, a, b, row)[0] for b, row in enumerate(covector)), Integer(0)),)
        for a in range(len(covector))
    )


def _back(point: Point, covector: Covector) -> Covector:
    """Jᵀc with every player's own step size, written out apart from the code under proof."""
    scaled = tuple((step_size(b) * row[0],) for b, row in enumerate(covector))
    return transport.add(covector, _jacobian(point, scaled))


def _difference(left: Covector, right: Covector) -> Residuals:
    return tuple(a - b for one, two in zip(left, right, strict=True) for a, b in zip(one, two, strict=True))


def _orders(entry: Expr, below: int) -> Residuals:
    """Coefficients of 1, α, … up to (not including) α^below."""
    expanded = entry.expand()
    return tuple(expanded.coeff(alpha, order) for order in range(below))
