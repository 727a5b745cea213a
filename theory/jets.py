"""An arbitrary smooth game: values known only through the names of their partial derivatives.

A :class:`Jet` is one partial derivative of one player's value at one point, as an opaque function application. An
identity between jets holds for every game with smooth values, since nothing about the values was used.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Function, Integer, Symbol

from theory.values import Parameters, Vector


class Jet(Function):
    """∂^orders Vⁱ at a point: ``Jet(i, orders, *point)``; differentiating it raises an order (the chain rule)."""

    @classmethod
    def eval(cls, *arguments: Any) -> None:
        """Jets never evaluate."""
        return None

    def _latex(self, printer: Any) -> str:
        """∂₁∂₂V¹(…), for notebooks."""
        count = (len(self.args) - 1) // 2
        orders, point = self.args[1 : 1 + count], self.args[1 + count :]
        partials = "".join(rf"\partial_{{{axis}}}" * int(order) for axis, order in enumerate(orders, 1))
        return rf"{partials} V^{{{self.args[0] + 1}}}\left({', '.join(map(printer.doprint, point))}\right)"

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        count = (len(self.args) - 1) // 2
        orders, point = self.args[1 : 1 + count], self.args[1 + count :]
        total: Expr = Integer(0)
        for axis, coordinate in enumerate(point):
            inner = coordinate.diff(symbol)
            if inner != 0:
                raised = [order + int(axis == k) for k, order in enumerate(orders)]
                total += Jet(self.args[0], *raised, *point) * inner
        return total


def freed(expression: Expr) -> Expr:
    """The expression with its jets, all at one point, as independent symbols.

    The derivatives of a smooth function at one point can be chosen at will (take its Taylor polynomial), so a nonzero
    polynomial in these symbols is nonzero in some smooth game.

    Raises:
        ValueError: the jets are at different points.
    """
    jets = sorted(expression.atoms(Jet), key=str)
    half = {jet: (len(jet.args) - 1) // 2 for jet in jets}
    if len({jet.args[1 + half[jet] :] for jet in jets}) > 1:
        raise ValueError("jets at different points are not independent")
    names = {jet: Symbol("_".join(("jet", *map(str, jet.args[: 1 + half[jet]]))), real=True) for jet in jets}
    return expression.xreplace(names)


class SmoothPoint:
    """An arbitrary smooth N-player game at one parameter point; implements :class:`theory.values.Point`."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self._flat = tuple(entry for row in parameters for entry in row)

    def value(self, value_of: int) -> Expr:
        """Vⁱ at the point."""
        return self.jet(value_of)

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of."""
        return tuple(self.jet(value_of, axis) for axis in self.axes(player))

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player ⟨∇_other V^value_of, w⟩."""
        return tuple(
            sum(
                (self.jet(value_of, axis, along) * w for along, w in zip(self.axes(other), direction, strict=True)),
                Integer(0),
            )
            for axis in self.axes(player)
        )

    def axes(self, player: int) -> range:
        """Positions of a player's parameters among all of them."""
        first = sum(len(row) for row in self.parameters[:player])
        return range(first, first + len(self.parameters[player]))

    def jet(self, value_of: int, *axes: int) -> Expr:
        """∂_{axes} V^value_of at the point."""
        orders = [axes.count(axis) for axis in range(len(self._flat))]
        return Jet(Integer(value_of), *map(Integer, orders), *self._flat)
