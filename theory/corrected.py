"""A field v with a correction M and a zero φ* of v: what moves when λM is added, to first order.

With d = Dv(φ*)⁻¹M(φ*) the zero of v + λM is φ* − λd + O(λ²), and its Jacobian there Dv + λ(DM − D²v[d]) + O(λ²)
(:mod:`theory.moved_zeros`). The rate of a stable zero is μ = −λmax(sym Dv(φ*)); three derivatives of the moved zero's
rate are in use (:mod:`theory.ball_inclusion`): the paper's, Weyl's bound and the exact one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import flint
from sympy import Expr, Integer, Matrix, Poly, Rational, Symbol, diff, eye

from theory import exact
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games.differentiable import DifferentiableGame
from theory.policies import parameters
from theory.symbols import alpha
from theory.symbols import correction as size

Vector = tuple[Expr, ...]


def minus(left: Sequence[Expr], right: Sequence[Expr]) -> Vector:
    """The difference of two vectors."""
    return tuple(a - b for a, b in zip(left, right, strict=True))


def square(vector: Sequence[Expr]) -> Expr:
    """|x|²."""
    return sum((entry**2 for entry in vector), Integer(0))


def jacobian(entries: Sequence[Expr], wrt: Sequence[Symbol]) -> Any:
    """∂(entries)/∂(symbols)."""
    return Matrix([[diff(entry, symbol) for symbol in wrt] for entry in entries])


def symmetric(matrix: Any) -> Any:
    """The symmetric part."""
    return (matrix + matrix.T) / 2


def signature(matrix: Any) -> tuple[int, int, int]:
    """Numbers of negative, zero and positive eigenvalues of a rational symmetric matrix.

    All roots of its characteristic polynomial are real, so Descartes' rule counts the positive ones exactly.
    """
    coefficients = _characteristic(matrix).coeffs()
    nulls = next(k for k, entry in enumerate(coefficients) if entry != 0)
    signs = [entry > 0 for entry in coefficients if entry != 0]
    positive = sum(a != b for a, b in pairwise(signs))
    return matrix.rows - nulls - positive, nulls, positive


def largest_eigenvalue(matrix: Any) -> Rational:
    """λmax of a rational symmetric matrix, if it is rational.

    Raises:
        Undecided: it is irrational.
    """
    t = Symbol("t")
    coefficients = [exact.from_fmpq(flint.fmpq(entry)) for entry in _characteristic(matrix).coeffs()]
    return _largest_root(Poly(coefficients[::-1], t, domain="QQ"))


def _largest_root(polynomial: Poly) -> Rational:
    """The largest real root, if it is rational."""
    rational = [root for root in polynomial.ground_roots() if root.is_Rational]
    if rational and polynomial.sqf_part().count_roots(max(rational), None) == 1:
        return max(rational)
    raise Undecided(f"the largest root of {polynomial.as_expr()} is irrational")


def _characteristic(matrix: Any) -> flint.fmpq_poly:
    if matrix != matrix.T:
        raise BadInput("signs of eigenvalues are counted for symmetric matrices.")
    entries = [exact.to_fmpq(entry) for entry in matrix]
    return flint.fmpq_mat(matrix.rows, matrix.cols, entries).charpoly()


# ------------------------------------------------------------------------------------------------- a field and its zero


@dataclass(frozen=True)
class Corrected:
    """A field v, its correction M and a zero of v with invertible Jacobian.

    Attributes:
        symbols: coordinates.
        field: v, one expression per coordinate.
        correction: M.
        zero: φ*.
    """

    symbols: tuple[Symbol, ...]
    field: Vector
    correction: Vector
    zero: Vector

    def __post_init__(self) -> None:
        """Refuse a point that is no zero of v."""
        if not all(exact.is_zero(self.at(entry)) for entry in self.field):
            raise BadInput(f"{self.zero} is not a zero of the field.")

    def at(self, expression: Expr) -> Expr:
        """An expression at φ*."""
        return expression.subs(dict(zip(self.symbols, self.zero, strict=True)), simultaneous=True)

    def total(self, amount: Expr = size) -> Vector:
        """The corrected field v + λM."""
        return tuple(v + amount * m for v, m in zip(self.field, self.correction, strict=True))

    @cached_property
    def slope(self) -> Any:
        """Dv(φ*)."""
        return jacobian(self.field, self.symbols).applyfunc(self.at)

    @cached_property
    def correction_slope(self) -> Any:
        """DM(φ*)."""
        return jacobian(self.correction, self.symbols).applyfunc(self.at)

    @cached_property
    def direction(self) -> Vector:
        """The vector d = Dv(φ*)⁻¹M(φ*): the zero moves by −λd + O(λ²)."""
        return tuple(self.slope.LUsolve(Matrix([self.at(entry) for entry in self.correction])))

    @cached_property
    def moved_slope(self) -> Any:
        """DM − D²v[d] at φ*: how Dv_λ changes at the moved zero."""
        along = [sum(diff(v, s) * d for s, d in zip(self.symbols, self.direction, strict=True)) for v in self.field]
        return self.correction_slope - jacobian(along, self.symbols).applyfunc(self.at)

    @cached_property
    def rate(self) -> Rational:
        """μ = −λmax(sym Dv(φ*))."""
        return -largest_eigenvalue(symmetric(self.slope))

    @cached_property
    def paper_slope(self) -> Rational:
        """μ_M = −λmax(sym DM(φ*))."""
        return -largest_eigenvalue(symmetric(self.correction_slope))

    @cached_property
    def bound_slope(self) -> Rational:
        """−λmax(sym(DM − D²v[d])): Weyl's lower bound of the rate's derivative."""
        return -largest_eigenvalue(symmetric(self.moved_slope))

    @cached_property
    def exact_slope(self) -> Rational:
        """The derivative of the rate at λ = 0: −max uᵀ(DM − D²v[d])u over unit u with sym Dv(φ*) u = −μu."""
        top = symmetric(self.slope) + self.rate * eye(len(self.symbols))
        basis = Matrix.hstack(*top.nullspace())
        gram, form = basis.T * basis, symmetric(basis.T * self.moved_slope * basis)
        t = Symbol("t")
        return -_largest_root(Poly((t * gram - form).det(), t, domain="QQ"))

    def slopes(self) -> dict[str, Rational]:
        """The three derivatives of the rate, by name."""
        return {"paper": self.paper_slope, "bound": self.bound_slope, "exact": self.exact_slope}


def game_case(game: DifferentiableGame, zero: Sequence[Rational]) -> Corrected:
    """Policy gradient v and peer-learning correction M (over α), both at φ₀, of a game with real parameters.

    Raises:
        BadInput: the point is no zero of v.
    """
    terms = decompose(game, form="expanded")
    field = tuple(game.value_of(entry) for row in terms.policy_gradient for entry in row)
    peer = tuple(game.value_of(exact.lowest_terms(entry / alpha)) for row in terms.peer_learning for entry in row)
    phi = tuple(symbol for row in parameters(game, "direct") for symbol in row)
    return Corrected(phi, field, peer, tuple(zero))
