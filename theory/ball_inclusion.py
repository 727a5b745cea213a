r"""Certified balls about a stable zero of a field, and when the correction's ball contains the uncorrected one.

v is a field with a zero φ*, μ = −λmax(sym Dv(φ*)) > 0 and M a correction; v_λ = v + λM has the moved zero φ*_λ.

**The radius.** If Dv is L-Lipschitz (operator norm) on a convex set that holds the ball, Taylor's formula leaves
|v(x) − Dv(φ*)(x − φ*)| ≤ L r²/2 with r = |x − φ*|, so

    ⟨v(x), x − φ*⟩ ≤ −(μ − L r/2) r².

Every r < 2μ/L will do: the ball of radius ρ = c μ/L, 0 < c < 2, keeps the share 1 − c/2 of the rate μ on all of it. The
paper takes c = 1/2, which keeps 3/4 (its own proof needs only 1/2, from the cruder bound L r³). c = 2 is the limit: the
other zero of −x + x²/2 (μ = L = 1) is 2 away.

**Inclusion of balls.** A ball with centre a and radius r > 0 lies in one with centre b and radius s exactly if
|a − b| + r ≤ s, both closed or both open. If: triangle inequality. Only if: the point a + r (a − b)/|a − b| of the
closed ball (any direction for a = b) is |a − b| + r away from b; the open ball comes as close to it as one likes. The
inclusion is strict unless the balls are equal, and the closed ball lies in the open one exactly if |a − b| + r < s.

**To first order.** Let d = Dv(φ*)⁻¹M(φ*). By the implicit function theorem

    φ*_λ = φ* − λd + O(λ²),        Dv_λ(φ*_λ) = Dv + λ(DM − D²v[d]) + O(λ²)        (derivatives at φ*)

and for a rate μ + λμ′ + O(λ²) and a Lipschitz constant L₀ + λL_M + o(λ), L₀ > 0,

    ρ_λ = ρ₀ + λρ′ + o(λ),        ρ′ = c (μ′L₀ − μL_M)/L₀².

So ρ_λ − ρ₀ − |φ*_λ − φ*| = λ(ρ′ − |d|) + o(λ): |d| < ρ′ gives strict inclusion for all small λ > 0, |d| > ρ′ refutes it
for all small λ > 0, and |d| = ρ′ decides nothing. Three rates are in use:

* the paper's, μ′ = μ_M = −λmax(sym DM), which leaves D²v[d] out;
* the bound of Weyl's inequality, μ′ = −λmax(sym(DM − D²v[d])), a true lower bound of the rate;
* the exact one, μ′ = −max uᵀ(DM − D²v[d])u over unit vectors u with sym Dv(φ*) u = −μu.

The best constant L_λ on a fixed convex set is a convex function of λ (a supremum of |affine| ones), so L_M exists as a
right derivative, and L_M ≤ the Lipschitz constant of DM there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Any

import flint
from sympy import Expr, Integer, Matrix, Poly, Rational, Symbol, diff, eye, symbols
from sympy.polys.polyerrors import CoercionFailed, PolynomialError

from theory import exact
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Sign, Undecided
from theory.games.differentiable import DifferentiableGame
from theory.games.model import Game
from theory.policies import Coordinates, in_probabilities, parameters
from theory.program import Builder, Program
from theory.symbols import alpha
from theory.symbols import correction as size
from theory.values import point_of, value_program

Vector = tuple[Expr, ...]
PAPER = Rational(1, 2)  # c in ρ = c μ/L


# -------------------------------------------------------------------------------------------------------- the radius


def drift_bound(rate: Expr, lipschitz: Expr, distance: Expr) -> Expr:
    """Upper bound of ⟨v(x), x − φ*⟩ at a distance: −(μ − L r/2) r²."""
    return -(rate - lipschitz * distance / 2) * distance**2


def radius(rate: Expr, lipschitz: Expr, share: Expr = PAPER) -> Expr:
    """ρ = c μ/L."""
    return share * rate / lipschitz


def kept(share: Expr = PAPER) -> Expr:
    """The share of the rate that is kept on the ball of radius c μ/L: 1 − c/2, read off :func:`drift_bound`."""
    rate, lipschitz = symbols("mu L", positive=True)
    edge = radius(rate, lipschitz, share)
    return exact.lowest_terms(-drift_bound(rate, lipschitz, edge) / (rate * edge**2))


def radius_slope(rate: Expr, rate_slope: Expr, lipschitz: Expr, lipschitz_slope: Expr, share: Expr = PAPER) -> Expr:
    """ρ′: the derivative at λ = 0 of c (μ + λμ′)/(L₀ + λL_M)."""
    moved = radius(rate + size * rate_slope, lipschitz + size * lipschitz_slope, share)
    return exact.lowest_terms(diff(moved, size).subs(size, 0))


# --------------------------------------------------------------------------------------------------------- the balls


@dataclass(frozen=True)
class Ball:
    """A ball with rational centre and radius > 0."""

    centre: Vector
    radius: Expr

    def __post_init__(self) -> None:
        """Refuse what is no ball or not rational."""
        if not all(isinstance(entry, Rational) for entry in (*self.centre, self.radius)):
            raise Undecided("inclusion is decided for balls with rational centre and radius")
        if not self.radius > 0:
            raise BadInput(f"a ball needs a radius > 0, not {self.radius}.")

    def contains(self, other: Ball) -> bool:
        """Whether the other ball lies in this one (both closed or both open): |a − b| + r ≤ s."""
        room = self.radius - other.radius
        return bool(room >= 0 and room**2 >= square(minus(self.centre, other.centre)))

    def missed(self, other: Ball) -> Vector | None:
        """A rational point strictly inside the other ball and strictly outside this one, if there is one.

        Points of the other ball on the line through both centres suffice.
        """
        if self.contains(other):
            return None
        apart = minus(other.centre, self.centre)
        if not any(apart):
            apart = (Integer(1), *(Integer(0) for _ in apart[1:]))
        bits = 4
        while True:  # the farthest point itself may be irrational, and is only on the edge
            step = other.radius * (1 - Rational(1, 2**bits)) / _root_above(square(apart), bits)
            point = tuple(a + step * direction for a, direction in zip(other.centre, apart, strict=True))
            if square(minus(point, self.centre)) > self.radius**2:
                return point
            bits *= 2

    def holds(self, point: Vector) -> bool:
        """Whether a point lies strictly inside."""
        return bool(square(minus(point, self.centre)) < self.radius**2)


def minus(left: Sequence[Expr], right: Sequence[Expr]) -> Vector:
    """The difference of two vectors."""
    return tuple(a - b for a, b in zip(left, right, strict=True))


def square(vector: Sequence[Expr]) -> Expr:
    """|x|²."""
    return sum((entry**2 for entry in vector), Integer(0))


def _root_above(number: Rational, bits: int) -> Rational:
    """A rational above √number, by at most 2^−bits."""
    scaled = number * 4**bits
    return Rational(int(flint.fmpz(int(scaled.p) // int(scaled.q)).isqrt()) + 1, 2**bits)


# -------------------------------------------------------------------------------------------------- matrices, exactly


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


# ---------------------------------------------------------------------------------------------- a field and its zero


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


def first_order(case: Corrected, slope: Expr, lipschitz: Expr, lipschitz_slope: Expr, share: Expr = PAPER) -> Sign:
    """Sign of ρ′ − |d|: 1 means strict inclusion for all small λ > 0, −1 that it fails for all, 0 decides nothing."""
    growth = radius_slope(case.rate, slope, lipschitz, lipschitz_slope, share)
    if growth < 0:
        return -1
    difference = growth**2 - square(case.direction)
    return 0 if difference == 0 else 1 if difference > 0 else -1


# ------------------------------------------------------------------------------- first order, for every smooth field


def taylor_case(dimension: int) -> tuple[tuple[Symbol, ...], Vector, Vector, Vector]:
    """(x, v, M, d): Taylor polynomials at φ* = 0 with symbols for all derivatives, v to order 3, M to order 2.

    M(0) = Dv(0)d, so that every M(0) occurs and nothing has to be inverted. Higher derivatives enter with λ² and more.
    """
    x = symbols(f"x1:{dimension + 1}", real=True)
    d = symbols(f"d1:{dimension + 1}", real=True)

    def form(name: str, row: int, order: int) -> Expr:
        """A symmetric multilinear form on (x, …, x), one symbol per partial derivative."""
        total: Expr = Integer(0)
        for axes in product(range(dimension), repeat=order):
            label = "_".join(map(str, (row, *sorted(axes))))
            term: Expr = Symbol(f"{name}{order}_{label}", real=True)
            for axis in axes:
                term *= x[axis]
            total += term
        return total / {0: 1, 1: 1, 2: 2, 3: 6}[order]

    v = tuple(sum((form("v", row, order) for order in (1, 2, 3)), Integer(0)) for row in range(dimension))
    at_d = dict(zip(x, d, strict=True))
    m = tuple(
        form("v", row, 1).subs(at_d, simultaneous=True) + form("m", row, 1) + form("m", row, 2)
        for row in range(dimension)
    )
    return x, v, m, d


def taylor_residuals(dimension: int, sign: int = -1, bend: int = -1) -> list[Expr]:
    """What has to vanish for the first-order formulas to hold for every smooth field of that dimension.

    The coefficients of 1 and λ of v_λ(φ* + sign λd), and those of Dv_λ there less Dv + λ(DM + bend D²v[d]). With the
    residual O(λ²) and Dv(φ*) invertible, the zero itself is O(λ²) away.

    Args:
        dimension: n.
        sign: −1 for the true direction; 1 is a control.
        bend: −1 for the true derivative; 0 (the paper's) and 1 are controls.
    """
    x, v, m, d = taylor_case(dimension)
    here = {symbol: sign * size * entry for symbol, entry in zip(x, d, strict=True)}
    origin = dict.fromkeys(x, Integer(0))
    total = [a + size * b for a, b in zip(v, m, strict=True)]
    residuals = [_coefficient(entry.subs(here, simultaneous=True), k) for entry in total for k in (0, 1)]
    along = [sum(diff(entry, s) * w for s, w in zip(x, d, strict=True)) for entry in v]
    for row, column in product(range(dimension), repeat=2):
        change = diff(total[row], x[column]).subs(here, simultaneous=True)
        slope = diff(v[row], x[column]).subs(origin)
        expected = diff(m[row], x[column]).subs(origin) + bend * diff(along[row], x[column]).subs(origin)
        residuals += [_coefficient(change, 0) - slope, _coefficient(change, 1) - expected]
    return residuals


def _coefficient(expression: Expr, power: int) -> Expr:
    return expression.expand().coeff(size, power)


# --------------------------------------------------------------------- second route: power series and certified zeros


@contextmanager
def _context(name: str, value: int) -> Iterator[None]:
    before = getattr(flint.ctx, name)
    setattr(flint.ctx, name, value)
    try:
        yield
    finally:
        setattr(flint.ctx, name, before)


def _series(order: int) -> tuple[Callable[[Rational], Any], Any]:
    def constant(number: Rational) -> Any:
        return flint.fmpq_series([exact.to_fmpq(number)], prec=order + 1)

    return constant, flint.fmpq_series([flint.fmpq(0), flint.fmpq(1)], prec=order + 1)


def moved_zero_series(case: Corrected, order: int = 2) -> list[list[Rational]]:
    """Taylor coefficients in λ of φ*_λ, by the iteration x ← x − Dv(φ*)⁻¹v_λ(x) on power series.

    Every step makes one more coefficient right. Shares nothing with :attr:`Corrected.direction` but Dv(φ*).
    """
    with _context("cap", order + 1):
        constant, step = _series(order)
        inverse = case.slope.inv()
        here = [constant(entry) for entry in case.zero]
        for _ in range(order + 1):
            values = {**dict(zip(case.symbols, here, strict=True)), size: step}
            residual = [exact.evaluate(entry, values, constant) for entry in case.total()]
            here = [
                x - sum((constant(inverse[i, j]) * r for j, r in enumerate(residual)), constant(Integer(0)))
                for i, x in enumerate(here)
            ]
        return [[exact.from_fmpq(flint.fmpq(x[k])) for k in range(order + 1)] for x in here]


def spectrum_residual(case: Corrected, slope: Expr) -> tuple[Rational, Rational]:
    """Coefficients of 1 and λ of det(sym Dv_λ(φ*_λ) + (μ + λμ′)I), on power series.

    Both are 0 for the exact derivative μ′, and, where −μ is a simple eigenvalue, for no other.
    """
    moved = moved_zero_series(case, 2)
    with _context("cap", 3):
        constant, step = _series(2)
        here = {
            symbol: flint.fmpq_series(list(map(exact.to_fmpq, row)), prec=3)
            for symbol, row in zip(case.symbols, moved, strict=True)
        }
        slopes = jacobian(case.total(), case.symbols)
        at = [
            [exact.evaluate(entry, {**here, size: step}, constant) for entry in slopes.row(i)]
            for i in range(slopes.rows)
        ]
        shift = constant(case.rate) + step * constant(slope)
        half = constant(Rational(1, 2))
        width = range(len(at))
        matrix = [
            [(at[i][j] + at[j][i]) * half + (shift if i == j else constant(Integer(0))) for j in width] for i in width
        ]
        value = _determinant(matrix, constant)
        return exact.from_fmpq(flint.fmpq(value[0])), exact.from_fmpq(flint.fmpq(value[1]))


def _determinant(matrix: Sequence[Sequence[Any]], constant: Callable[[Rational], Any]) -> Any:
    """By expansion along the first row."""
    if not matrix:
        return constant(Integer(1))
    total = constant(Integer(0))
    for column, entry in enumerate(matrix[0]):
        minor = [[*row[:column], *row[column + 1 :]] for row in matrix[1:]]
        term = entry * _determinant(minor, constant)
        total = total + term if column % 2 == 0 else total - term
    return total


def enclosed_zero(
    field: Sequence[Expr], wrt: Sequence[Symbol], start: Sequence[Rational], bits: int = 256
) -> list[Any]:
    """Balls (python-flint) that hold exactly one zero of the field, near a start.

    Newton steps find it; the Krawczyk operator K(X) = x − YF(x) + (I − Y DF(X))(X − x), in ball arithmetic, proves it:
    K(X) inside X has a zero in X, and only one.

    Raises:
        Undecided: no enclosure is proved.
    """
    slopes = jacobian(field, wrt)
    width = range(len(wrt))

    def matrix_at(values: Sequence[Any]) -> Any:
        known = dict(zip(wrt, values, strict=True))
        entries = [exact.evaluate(entry, known, lambda c: flint.arb(exact.to_fmpq(c))) for entry in slopes]
        return flint.arb_mat(len(wrt), len(wrt), entries)

    def field_at(values: Sequence[Any]) -> Any:
        known = dict(zip(wrt, values, strict=True))
        entries = [exact.evaluate(entry, known, lambda c: flint.arb(exact.to_fmpq(c))) for entry in field]
        return flint.arb_mat(len(wrt), 1, entries)

    failure = Undecided(f"no zero of the field is proved near {tuple(start)}")
    with _context("prec", bits):
        here = [flint.arb(exact.to_fmpq(entry)) for entry in start]
        try:
            for _ in range(12):
                step = matrix_at(here).solve(field_at(here))
                here = [(x - step[i, 0]).mid() for i, x in enumerate(here)]
            inverse = matrix_at(here).inv()
        except ZeroDivisionError:
            raise failure from None
        spread = flint.arb(0, flint.arb(2) ** (-bits // 2))
        wide = [x + spread for x in here]
        error = -inverse * matrix_at(wide)
        for i in width:
            error[i, i] = error[i, i] + 1
        image = flint.arb_mat(len(wrt), 1, here) - inverse * field_at(here)
        image = image + error * flint.arb_mat(len(wrt), 1, [spread for _ in width])
        if not all(wide[i].contains_interior(image[i, 0]) for i in width):
            raise failure
        return [image[i, 0] for i in width]


def inclusion_at(
    case: Corrected, amount: Rational, lipschitz: Rational, moved_lipschitz: Rational, true_rate: bool
) -> bool:
    """Whether the ball of v + λM contains that of v at one λ, radius μ/(2L), from an enclosure of the moved zero.

    The second route to :func:`first_order`, in two dimensions.

    Args:
        case: the field, its correction and its zero.
        amount: λ.
        lipschitz: L₀.
        moved_lipschitz: L_λ.
        true_rate: whether the rate is −λmax(sym Dv_λ(φ*_λ)) or the paper's μ + λμ_M.

    Raises:
        Undecided: the balls touch within the accuracy of the enclosure.
    """
    total = case.total(amount)
    guess = minus(case.zero, [amount * entry for entry in case.direction])
    zero = enclosed_zero(total, case.symbols, guess)
    with _context("prec", 256):

        def ball(number: Rational) -> Any:
            return flint.arb(exact.to_fmpq(number))

        apart = sum(((x - ball(a)) ** 2 for x, a in zip(zero, case.zero, strict=True)), flint.arb(0)).sqrt()
        rate = ball(case.rate + amount * case.paper_slope)
        if true_rate:
            known = dict(zip(case.symbols, zero, strict=True))
            (a, b), (c, d) = [
                [exact.evaluate(e, known, ball) for e in jacobian(total, case.symbols).row(i)] for i in range(2)
            ]
            rate = -((a + d) / 2 + (((a - d) / 2) ** 2 + ((b + c) / 2) ** 2).sqrt())
        slack = rate / (2 * ball(moved_lipschitz)) - ball(case.rate / (2 * lipschitz)) - apart
        if slack.contains(0):
            raise Undecided(f"the balls touch to within {slack}")
        return bool(slack > 0)


# ------------------------------------------------------------------------------------------------- signs on intervals


def positive_on(expression: Expr, symbol: Symbol, low: Rational, high: Rational) -> bool:
    """Whether a polynomial in one symbol is > 0 on a closed interval: no root there (Sturm), > 0 at one end.

    Raises:
        Undecided: it is not a polynomial with rational coefficients in the symbol alone.
    """
    try:
        polynomial = Poly(expression, symbol, domain="QQ")
    except (PolynomialError, CoercionFailed):
        raise Undecided(f"{expression} is not a polynomial in {symbol} over the rationals") from None
    if polynomial.is_zero:
        return False
    return bool(polynomial(low) > 0 and (polynomial.degree() <= 0 or polynomial.count_roots(low, high) == 0))


# -------------------------------------------------------------------------------------------------------------- games


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


def regularised(game: Game, costs: Sequence[Callable[[Expr], Expr]], name: str) -> DifferentiableGame:
    """A one-shot game in direct coordinates, each player paying a cost of its own parameters' values.

    Args:
        game: one-shot, two actions per player; its parameters are replaced by their values.
        costs: what player i pays for playing its first action with probability p.
        name: the new game's name.
    """
    game = game.instance()
    phi = parameters(game, "direct")
    values = value_program(game).closed_form()["value"]
    paid = tuple(value - cost(row[0]) for value, cost, row in zip(values, costs, phi, strict=True))
    return DifferentiableGame(name, phi, paid)


def diagonal_lipschitz(
    field: Sequence[Expr], wrt: Sequence[Symbol], box: Sequence[tuple[Rational, Rational]]
) -> Rational:
    """The least Lipschitz constant of Dv on a box, where only ∂²v_i/∂x_i² is not 0 and depends on x_i alone.

    Dv(x) − Dv(y) is then diagonal, so its norm is its largest entry and the constant is max_i max |∂²v_i/∂x_i²|.

    Raises:
        Undecided: the second derivatives are not of this kind, or not monotone between rational turning points.
    """
    best = Integer(0)
    for i, (entry, symbol, (low, high)) in enumerate(zip(field, wrt, box, strict=True)):
        for a, b in product(wrt, repeat=2):
            second = diff(entry, a, b)
            if (a, b) != (symbol, symbol) and not exact.is_zero(second):
                raise Undecided(f"entry {i + 1} of the field bends in {a}, {b}")
        bend = diff(entry, symbol, 2).expand()
        if not bend.free_symbols <= {symbol}:
            raise Undecided(f"the bend {bend} depends on more than {symbol}")
        turning = Poly(diff(bend, symbol), symbol, domain="QQ")
        points = [low, high]
        if turning.degree() > 0:
            roots = [root for root in turning.ground_roots() if low <= root <= high]
            if len(roots) != turning.sqf_part().count_roots(low, high):
                raise Undecided(f"{bend} turns at an irrational point")
            points += roots
        best = max([best, *(abs(bend.subs(symbol, point)) for point in points)])
    return best


def own_curvature(game: Game, coordinates: Coordinates) -> tuple[list[tuple[Expr, ...]], list[tuple[Expr, ...]]]:
    """∇_i∇_iVⁱ of every player, row by row, and g_i; logit coordinates are written in probabilities.

    From the resolvent's Hessian-vector products (:mod:`theory.values`), in closed form.
    """
    phi = parameters(game, coordinates)
    build = Builder([*(s for row in phi for s in row), *(symbol for symbol, _ in game.parameters)])
    point = point_of(build, game, coordinates, phi)
    blocks: dict[str, Sequence[Expr]] = {}
    for player, row in enumerate(phi):
        blocks[f"g_{player}"] = point.gradient(player, player)
        for k in range(len(row)):
            unit = tuple(Integer(int(j == k)) for j in range(len(row)))
            blocks[f"h_{player}_{k}"] = point.hessian_product(player, player, player, unit)
    program: Program = build.program(blocks)
    if coordinates == "logit":
        program = in_probabilities(program, game)
    closed = program.closed_form()
    rows = [closed[f"h_{player}_{k}"] for player, row in enumerate(phi) for k in range(len(row))]
    return rows, [closed[f"g_{player}"] for player in range(game.players)]


def jacobian_at(game: Game, values: Mapping[Symbol, Rational]) -> tuple[Vector, Any]:
    """The policy gradient v and Dv at one rational point, direct coordinates, from Hessian-vector products."""
    game = game.instance()
    phi = parameters(game, "direct")
    flat = [symbol for row in phi for symbol in row]
    build = Builder(flat)
    point = point_of(build, game, "direct", phi)
    blocks: dict[str, Sequence[Expr]] = {f"g_{player}": point.gradient(player, player) for player in range(len(phi))}
    for player, other in product(range(len(phi)), repeat=2):
        for k in range(len(phi[other])):
            unit = tuple(Integer(int(j == k)) for j in range(len(phi[other])))
            blocks[f"h_{player}_{other}_{k}"] = point.hessian_product(player, player, other, unit)
    results = build.program(blocks).at({symbol: values[symbol] for symbol in flat})
    field = tuple(entry for player in range(len(phi)) for entry in results[f"g_{player}"])
    columns = [
        [entry for player in range(len(phi)) for entry in results[f"h_{player}_{other}_{k}"]]
        for other in range(len(phi))
        for k in range(len(phi[other]))
    ]
    return field, Matrix(columns).T
