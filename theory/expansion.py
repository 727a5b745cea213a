"""Expansion of learning rules in the inner step size α, for an arbitrary smooth game.

A :class:`TaylorPoint` is the game at φ₀ + O(α) with its values replaced by Taylor polynomials whose coefficients are
jets at φ₀. Run on such points, the code of the learning rules itself yields their expansions in α.

The exact update expands as (D = Dv, Hⁱ the Hessian of Vⁱ, everything at φ₀)

    G_i = g_i + αL [Hⁱv + Dᵀ∇Vⁱ]_i
        + α² [½L² D³Vⁱ(v, v) + C(L,2) HⁱDv + L² DᵀHⁱv + C(L,2) (D²v·v)ᵀ∇Vⁱ + C(L,2) DᵀDᵀ∇Vⁱ]_i + O(α³),

proved for every L by induction over steps (:func:`path_step`, :func:`covector_step`). The remainder is O(α³) by
Taylor's theorem wherever the values are five times continuously differentiable: G_i is a composition of their first
and second derivatives at points that depend smoothly on α.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import factorial
from typing import Any

from sympy import Add, Expr, Integer, Mul, Piecewise, Rational, Symbol, binomial, expand_func

from theory.exact import QuotientField, Undecided
from theory.jets import Jet, SmoothPoint
from theory.symbols import alpha
from theory.updates import transport
from theory.updates.model import Form, Rule, Split, Unroll
from theory.updates.transport import Covector
from theory.values import Parameters, Vector

share = Symbol("p", real=True)  # stands for a rule's own switch, such as the share of the shaping term in SOS


def start_of(shape: Sequence[int]) -> Parameters:
    """φ₀ as symbols, with that many parameters per player."""
    return tuple(
        tuple(Symbol(f"phi_{player + 1}_{index + 1}", real=True) for index in range(size))
        for player, size in enumerate(shape)
    )


class TaylorPoint:
    """An arbitrary smooth game at φ₀ + O(α), up to a power of α; implements :class:`theory.values.Point`.

    Args:
        start: φ₀.
        parameters: the point, equal to φ₀ at α = 0.
        order: highest power of α kept.
    """

    def __init__(self, start: Parameters, parameters: Parameters, order: int) -> None:
        self.parameters = parameters
        self._order = order
        self._origin = SmoothPoint(start)
        flat = zip((e for row in parameters for e in row), (e for row in start for e in row), strict=True)
        self._change = [truncated(entry - origin, order) for entry, origin in flat]

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of."""
        return tuple(self._jet(value_of, (axis,)) for axis in self._origin.axes(player))

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player ⟨∇_other V^value_of, w⟩."""
        along = self._origin.axes(other)
        return tuple(
            truncated(
                Add(*(self._jet(value_of, (axis, b)) * w for b, w in zip(along, direction, strict=True))), self._order
            )
            for axis in self._origin.axes(player)
        )

    def value(self, value_of: int) -> Expr:
        """Vⁱ at the point."""
        return self._jet(value_of, ())

    def _jet(self, value_of: int, axes: tuple[int, ...]) -> Expr:
        """A partial derivative at the point: Σ_k (1/k!) Σ ∂^axes∂_{a_1}⋯∂_{a_k} Vⁱ(φ₀) δ_{a_1}⋯δ_{a_k}."""
        total: Expr = Integer(0)
        for k in range(self._order + 1):
            for more in product(range(len(self._change)), repeat=k):
                move = Mul(*(self._change[a] for a in more))
                if move != 0:
                    total += self._origin.jet(value_of, *axes, *more) * move / factorial(k)
        return truncated(total, self._order)


def truncated(expression: Expr, order: int) -> Expr:
    """A polynomial in α without its powers above the order."""
    return Add(*(entry * alpha**power for power, entry in enumerate(coefficients(expression, order))))


def coefficients(expression: Expr, order: int) -> list[Expr]:
    """Taylor coefficients of 1, α, …, α^order, expanded, of a rational function of α, symbols and jets.

    Raises:
        Undecided: the denominator at α = 0 is not a number.
    """
    field = QuotientField([alpha, *(expression.free_symbols - {alpha}), *expression.atoms(Jet)])
    element = field.element(expression)
    above, below = (_by_power(entry, order) for entry in (element.numerator, element.denominator))
    if not (below[0] and below[0].is_constant()):
        raise Undecided(f"the denominator of {expression} depends on more than alpha to lowest order")
    found: list[Any] = []
    for power in range(order + 1):
        known = (below[k] * found[power - k] for k in range(1, power + 1))
        found.append((above[power] - sum(known, 0 * above[0])) / below[0])
    return [field.polynomial(entry) for entry in found]


def _by_power(polynomial: Any, order: int) -> list[Any]:
    """Coefficients of the powers of the first generator, as polynomials."""
    rows: list[dict[tuple[int, ...], Any]] = [{} for _ in range(order + 1)]
    for (power, *others), coefficient in polynomial.to_dict().items():
        if power <= order:
            rows[int(power)][(0, *others)] = coefficient
    return [polynomial.context().from_dict(row) for row in rows]


def taylor_unroll(
    shape: Sequence[int], length: int, form: Form = "unrolled", split: Split = "terminal", order: int = 2
) -> Unroll:
    """The unroll of an arbitrary smooth game, correct up to a power of α."""
    start = start_of(shape)
    return Unroll(lambda where: TaylorPoint(start, where, order), start, [alpha] * len(shape), length, form, split)


def rule_coefficients(rule: Rule, unroll: Unroll, player: int, order: int = 1) -> list[Vector]:
    """Taylor coefficients in α of a rule's update of one player: of 1, α, …, α^order.

    Where a rule switches between cases, the switch is the symbol ``p``.
    """
    switched = [
        entry.replace(lambda e: isinstance(e, Piecewise), lambda e: share) for entry in rule.update(unroll, player)
    ]
    return list(zip(*(coefficients(entry, order) for entry in switched), strict=True))


# ------------------------------------------------------------------------------------------ the exact update, any L


def path_step(shape: Sequence[int]) -> Vector:
    """φ_{m+1} − Φ(φ_m) up to α², if φ_m = φ₀ + αmv + α²C(m,2) Dv·v, for a symbolic number m of steps."""
    start, steps = start_of(shape), _count("m")
    point = TaylorPoint(start, _after(start, steps), 2)
    stepped = Unroll(lambda where: point, start, [alpha] * len(shape)).step_from(point)
    return tuple(
        truncated(a - b, 2)
        for one, two in zip(_after(start, steps + 1), stepped, strict=True)
        for a, b in zip(one, two, strict=True)
    )


def covector_step(shape: Sequence[int]) -> Vector:
    """One backward step of any covector c at φ_L against its expansion, for symbolic L and number m of steps back.

    Hypothesis: after m steps back it is c + αmDᵀc + α²(C(m,2) DᵀDᵀ + S_m (D²v·v)ᵀ)c with S_m = Σ_{k=L−m}^{L−1} k.
    Returned: the step from φ_{L−m−1} less the same for m + 1, up to α².
    """
    start, back, length = start_of(shape), _count("m"), _count("L")
    covector = tuple(
        tuple(Symbol(f"c_{player + 1}_{index + 1}", real=True) for index in range(size))
        for player, size in enumerate(shape)
    )
    here = TaylorPoint(start, _after(start, length - back - 1), 1)  # its Jacobian is multiplied by α
    before = _carried(start, covector, back, length)
    stepped = transport.add(before, transport.pull_back(here, [alpha] * len(shape), before, range(len(shape))))
    return tuple(
        truncated(a - b, 2)
        for one, two in zip(stepped, _carried(start, covector, back + 1, length), strict=True)
        for a, b in zip(one, two, strict=True)
    )


def second_order(shape: Sequence[int], player: int, length: Expr) -> list[Vector]:
    """Coefficients of 1, α, α² of the exact update of one player, for any L (a symbol or a number)."""
    start = start_of(shape)
    end = TaylorPoint(start, _after(start, length), 2)
    covector = tuple(end.gradient(player, j) for j in range(len(shape)))
    whole = _carried(start, covector, length, length)[player]
    return list(zip(*(coefficients(entry, 2) for entry in whole), strict=True))


def _after(start: Parameters, steps: Expr) -> Parameters:
    """φ₀ + α m v + α² C(m,2) Dv·v."""
    field = _field(start)
    bend = directional(start)
    return tuple(
        tuple(x + alpha * steps * v + alpha**2 * _pairs(steps) * b for x, v, b in zip(xs, vs, bs, strict=True))
        for xs, vs, bs in zip(start, field, bend, strict=True)
    )


def directional(start: Parameters) -> Covector:
    """Dv·v at φ₀: how the policy gradients change along the joint policy gradient."""
    point, speed = SmoothPoint(start), [entry for row in _field(start) for entry in row]
    return tuple(
        tuple(
            Add(*(point.jet(player, axis, along) * slope for along, slope in enumerate(speed)))
            for axis in point.axes(player)
        )
        for player in range(len(start))
    )


def _field(start: Parameters) -> Covector:
    point = SmoothPoint(start)
    return tuple(point.gradient(player, player) for player in range(len(start)))


def _carried(start: Parameters, covector: Covector, back: Expr, length: Expr) -> Covector:
    """The covector c after m steps back: c + αmDᵀc + α²(C(m,2) DᵀDᵀ + S_m (D²v·v)ᵀ)c, up to α²."""
    once = _transposed(start, covector)
    twice, bent = _transposed(start, once), _transposed(start, covector, along=True)
    visited = _pairs(length) - _pairs(length - back)  # Σ of k from L − m to L − 1
    return tuple(
        tuple(
            truncated(c + alpha * back * a + alpha**2 * (_pairs(back) * b + visited * d), 2)
            for c, a, b, d in zip(*rows, strict=True)
        )
        for rows in zip(covector, once, twice, bent, strict=True)
    )


def _transposed(start: Parameters, covector: Covector, along: bool = False) -> Covector:
    """Dᵀc at φ₀, or its change along v, (D²v·v)ᵀc."""
    point, speed = SmoothPoint(start), [entry for row in _field(start) for entry in row]

    def entry(mover: int, axis: int, other: int) -> Expr:
        if not along:
            return point.jet(mover, axis, other)
        return Add(*(point.jet(mover, axis, other, third) * slope for third, slope in enumerate(speed)))

    return tuple(
        tuple(
            Add(
                *(
                    entry(mover, axis, other) * c
                    for mover, row in enumerate(covector)
                    for other, c in zip(point.axes(mover), row, strict=True)
                )
            )
            for axis in point.axes(player)
        )
        for player in range(len(start))
    )


def _pairs(count: Expr) -> Expr:
    """C(count, 2)."""
    return expand_func(binomial(count, 2)) if isinstance(count, Expr) else Rational(count * (count - 1), 2)


def _count(name: str) -> Symbol:
    return Symbol(name, integer=True, nonnegative=True)
