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
from theory.balls import Ball, as_ball, ball, point, precision
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.policies import parameters
from theory.symbols import alpha
from theory.symbols import correction as size

Vector = tuple[Expr, ...]
BITS = 128  # of the balls of irrational rates


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
    coefficients = characteristic(matrix).coeffs()
    nulls = next(k for k, entry in enumerate(coefficients) if entry != 0)
    signs = [entry > 0 for entry in coefficients if entry != 0]
    positive = sum(a != b for a, b in pairwise(signs))
    return matrix.rows - nulls - positive, nulls, positive


def characteristic(matrix: Any) -> flint.fmpq_poly:
    """The characteristic polynomial of a rational symmetric matrix.

    Raises:
        BadInput: it is not symmetric.
    """
    if matrix != matrix.T:
        raise BadInput("signs of eigenvalues are counted for symmetric matrices.")
    entries = [exact.to_fmpq(entry) for entry in matrix]
    return flint.fmpq_mat(matrix.rows, matrix.cols, entries).charpoly()


def real_roots(polynomial: flint.fmpq_poly) -> list[Ball]:
    """A ball for every distinct root of a polynomial all of whose roots are real."""
    found: Any = polynomial.complex_roots()
    return [flint.acb(root).real for root, _ in found]


def largest_root(polynomial: flint.fmpq_poly) -> Ball:
    """The largest root of a polynomial all of whose roots are real."""
    roots = real_roots(polynomial)
    return max((r.lower() for r in roots), key=point).union(max((r.upper() for r in roots), key=point))


def rational_or_ball(polynomial: flint.fmpq_poly) -> Rational | Ball:
    """The largest root of a polynomial all of whose roots are real: a rational if it is one, else a ball."""
    root = largest_root(polynomial)
    for candidate, _ in polynomial.roots():
        if root.contains(candidate):  # the balls of other roots are disjoint from it
            return exact.from_fmpq(flint.fmpq(candidate))
    return root


def top_of(matrix: Any) -> Rational | Ball:
    """λmax of the symmetric part of a rational matrix: a rational if it is one, else a ball."""
    return rational_or_ball(characteristic(symmetric(matrix)))


def rational(value: Rational | Ball) -> Rational:
    """A number that is known exactly.

    Raises:
        Undecided: it is irrational.
    """
    if not isinstance(value, Expr):
        raise Undecided(f"{value} is irrational")
    return value


def largest_eigenvalue(matrix: Any) -> Rational:
    """λmax of a rational symmetric matrix, if it is rational.

    Raises:
        Undecided: it is irrational.
        BadInput: the matrix is not symmetric.
    """
    return rational(rational_or_ball(characteristic(matrix)))


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
    def rates(self) -> Rates:
        """The rate and its three slopes, rational or not."""
        return Rates(self)

    @property
    def rate(self) -> Rational:
        """μ = −λmax(sym Dv(φ*)). Like the slopes below it raises :class:`Undecided` where it is irrational."""
        return rational(self.rates.rate)

    @property
    def paper_slope(self) -> Rational:
        """μ_M = −λmax(sym DM(φ*))."""
        return rational(self.rates.paper)

    @property
    def bound_slope(self) -> Rational:
        """−λmax(sym(DM − D²v[d])): Weyl's lower bound of the rate's derivative."""
        return rational(self.rates.weyl)

    @property
    def exact_slope(self) -> Rational:
        """The derivative of the rate at λ = 0: −max uᵀ(DM − D²v[d])u over unit u with sym Dv(φ*) u = −μu."""
        return rational(self.rates.exact)

    def slopes(self) -> dict[str, Rational]:
        """The three derivatives of the rate, by name."""
        return {"paper": self.paper_slope, "bound": self.bound_slope, "exact": self.exact_slope}


@dataclass(frozen=True)
class Rates:
    """The rate at φ* and its three slopes, each a rational where it is one, else a ball.

    Attributes:
        case: the field, its correction and its zero, rational.
    """

    case: Corrected

    @cached_property
    def rate(self) -> Rational | Ball:
        """μ = −λmax(sym Dv(φ*))."""
        return -top_of(self.case.slope)

    @cached_property
    def paper(self) -> Rational | Ball:
        """μ_M = −λmax(sym DM(φ*))."""
        return -top_of(self.case.correction_slope)

    @cached_property
    def weyl(self) -> Rational | Ball:
        """−λmax(N)."""
        return -top_of(self.case.moved_slope)

    @cached_property
    def exact(self) -> Rational | Ball:
        """The right derivative of μ_λ at 0: −max uᵀNu over the top eigenspace of S.

        With μ rational the eigenspace is; with μ irrational and simple, N in its direction is
        tr(adj(tI − S)N)/tr(adj(tI − S)) at t = −μ, since the adjugate is a multiple of uuᵀ.

        Raises:
            Undecided: μ is irrational and not simple.
        """
        matrix, change = symmetric(self.case.slope), symmetric(self.case.moved_slope)
        t, one = Symbol("t"), eye(matrix.rows)
        if isinstance(self.rate, Expr):
            basis = Matrix.hstack(*(matrix + self.rate * one).nullspace())
            form = Poly((t * basis.T * basis - basis.T * change * basis).det(), t, domain="QQ")
            return -rational_or_ball(flint.fmpq_poly([exact.to_fmpq(c) for c in form.all_coeffs()[::-1]]))
        adjugate = (t * one - matrix).adjugate()
        with precision("prec", BITS):
            top, bottom = (
                exact.evaluate(trace.expand(), {t: -self.rate}, ball)
                for trace in ((adjugate * change).trace(), adjugate.trace())
            )
            if bottom.contains(0):
                raise Undecided("the rate is irrational and not a simple eigenvalue")
            return -top / bottom

    @cached_property
    def shared(self) -> bool:
        """Whether the top eigenspaces of S and N have a common vector, which makes Weyl's slope the exact one.

        Raises:
            Undecided: an eigenvalue is irrational and the slopes are not told apart.
        """
        if isinstance(self.rate, Expr) and isinstance(self.weyl, Expr):
            one = eye(self.case.slope.rows)
            both = (symmetric(self.case.slope) + self.rate * one).col_join(
                symmetric(self.case.moved_slope) + self.weyl * one
            )
            return bool(both.rank() < both.cols)
        if (as_ball(self.exact) - as_ball(self.weyl)).contains(0):
            raise Undecided("Weyl's slope and the exact one are not told apart")
        return False

    def line(self, slope: Rational | Ball, amount: Expr) -> Rational | Ball:
        """μ + λ · slope."""
        if isinstance(self.rate, Expr) and isinstance(slope, Expr):
            return self.rate + amount * slope
        return as_ball(self.rate) + ball(amount) * as_ball(slope)


def policy_and_correction(game: AnyGame) -> tuple[tuple[Symbol, ...], Vector, Vector]:
    """Coordinates, policy gradient v and peer-learning correction C (over α), both at φ₀, in direct coordinates.

    In expanded form with L = 1, one entry per parameter; the game's parameters stay symbols.
    """
    terms = decompose(game, form="expanded")
    return (
        tuple(symbol for row in parameters(game, "direct") for symbol in row),
        tuple(entry for row in terms.policy_gradient for entry in row),
        tuple(exact.lowest_terms(entry / alpha) for row in terms.peer_learning for entry in row),
    )


def game_case(game: DifferentiableGame, zero: Sequence[Rational]) -> Corrected:
    """The corrected field of a game with real parameters, at their current values, M being C.

    Raises:
        BadInput: the point is no zero of v.
    """
    phi, field, peer = policy_and_correction(game)
    return Corrected(phi, tuple(map(game.value_of, field)), tuple(map(game.value_of, peer)), tuple(zero))
