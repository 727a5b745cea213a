"""Where the zero of v + λM is: Taylor series in λ to any order, and balls that hold exactly one zero.

By the implicit function theorem a zero φ* of v with invertible Jacobian continues, for small λ, to a zero of v + λM
that is as smooth in λ as v and M are. With d = Dv(φ*)⁻¹M(φ*) it is

    φ*_λ = φ* − λd + λ² Dv(φ*)⁻¹(DM d − ½ D²v[d, d]) + O(λ³).

**Along a whole interval of λ.** Let Λ be an interval of λ, X a box with midpoint m, Y any matrix. If the Krawczyk image

    K = m − Y v_Λ(m) + (I − Y Dv_Λ(X))(X − m)

lies inside X, then for every λ in Λ there is exactly one zero in X, it lies in K, and Dv_λ is invertible on X: so it is
one smooth branch over Λ. Two pieces that meet in λ continue the same branch if a box that holds exactly one zero at
that λ lies in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, pairwise, product
from math import factorial, prod
from typing import Any

import flint
from sympy import QQ, Add, Expr, Integer, Mul, Rational, Symbol, linsolve, ring, symbols

from theory import exact
from theory.balls import ball, between, near, precision
from theory.corrected import Corrected, Vector, game_case, jacobian
from theory.decomposition import update_program
from theory.exact import Undecided
from theory.games.differentiable import DifferentiableGame
from theory.policies import parameters
from theory.symbols import correction as size
from theory.symbols import own_coefficient, peer_coefficient
from theory.updates.model import Form

HALF = Rational(1, 2)

# ---------------------------------------------------------------------------------- first order, for every smooth field


@dataclass(frozen=True)
class _Taylor:
    """Taylor polynomials at φ* = 0 in one polynomial ring, with a generator for every derivative.

    Attributes:
        wrt: x.
        first: d, with M(0) = Dv(0)d: so every M(0) occurs and nothing has to be inverted.
        second: e, the unknown second coefficient.
        step: λ, the ring's first generator.
        field: v to order 3.
        correction: M to order 2; higher derivatives enter with λ² and more.
    """

    wrt: tuple[Any, ...]
    first: tuple[Any, ...]
    second: tuple[Any, ...]
    step: Any
    field: tuple[Any, ...]
    correction: tuple[Any, ...]

    def along(self, entry: Any, direction: Sequence[Any]) -> Any:
        """The directional derivative."""
        return sum((entry.diff(x) * w for x, w in zip(self.wrt, direction, strict=True)), self.step.ring.zero)

    def at(self, entry: Any, point: Sequence[Any]) -> Any:
        """A polynomial at another point."""
        return entry.compose(list(zip(self.wrt, point, strict=True)))

    def origin(self, entry: Any) -> Any:
        """A polynomial at φ*."""
        return self.at(entry, [self.step.ring.zero] * len(self.wrt))


@lru_cache(maxsize=4)
def _taylor(dimension: int) -> _Taylor:
    width = range(dimension)
    partials = {
        (name, row, axes): Symbol(f"{name}{row}_{'_'.join(map(str, axes))}")
        for name, orders in (("v", (1, 2, 3)), ("m", (1, 2)))
        for row in width
        for order in orders
        for axes in combinations_with_replacement(width, order)
    }
    points = symbols(f"x1:{dimension + 1} d1:{dimension + 1} e1:{dimension + 1}")
    _, step, *generators = ring((size, *points, *partials.values()), QQ)
    x, d, e = (tuple(generators[k * dimension : (k + 1) * dimension]) for k in range(3))
    slopes = dict(zip(partials, generators[3 * dimension :], strict=True))

    def form(name: str, row: int, order: int, at: Sequence[Any]) -> Any:
        """A symmetric multilinear form on (x, …, x), one generator per partial derivative."""
        total = step.ring.zero
        for axes in product(width, repeat=order):
            total += prod((at[axis] for axis in axes), start=slopes[name, row, tuple(sorted(axes))])
        return total * QQ(1, factorial(order))

    v = tuple(sum((form("v", row, order, x) for order in (1, 2, 3)), step.ring.zero) for row in width)
    m = tuple(form("v", row, 1, d) + form("m", row, 1, x) + form("m", row, 2, x) for row in width)
    return _Taylor(x, d, e, step, v, m)


def taylor_residuals(dimension: int, sign: int = -1, bend: int = -1) -> list[Expr]:
    """What has to vanish for the first-order formulas to hold for every smooth field of that dimension.

    The coefficients of 1 and λ of v_λ(φ* + sign λd), and those of Dv_λ there less Dv + λ(DM + bend D²v[d]). With the
    residual O(λ²) and Dv(φ*) invertible, the zero itself is O(λ²) away.

    Args:
        dimension: n.
        sign: −1 for the true direction; 1 is a control.
        bend: −1 for the true derivative; 0 (the paper's) and 1 are controls.
    """
    case = _taylor(dimension)
    here = [sign * case.step * entry for entry in case.first]
    total = [a + case.step * b for a, b in zip(case.field, case.correction, strict=True)]
    residuals = [_coefficient(case.at(entry, here), k) for entry in total for k in (0, 1)]
    for row, x in product(range(dimension), case.wrt):
        change = case.at(total[row].diff(x), here)
        slope = case.origin(case.field[row].diff(x))
        bent = case.along(case.field[row], case.first).diff(x)
        expected = case.origin(case.correction[row].diff(x) + bend * bent)
        residuals += [_coefficient(change, 0) - slope, _coefficient(change, 1) - expected]
    return [entry.as_expr() for entry in residuals]


def _coefficient(polynomial: Any, power: int) -> Any:
    """The coefficient of λ^power: λ is the ring's first generator."""
    rows = {(0, *powers[1:]): entry for powers, entry in polynomial.terms() if powers[0] == power}
    return polynomial.ring.from_dict(rows)


# ------------------------------------------------------------------------------------- power series and certified zeros


def _series(order: int) -> tuple[Callable[[Rational], Any], Any]:
    def constant(number: Rational) -> Any:
        return flint.fmpq_series([exact.to_fmpq(number)], prec=order + 1)

    return constant, flint.fmpq_series([flint.fmpq(0), flint.fmpq(1)], prec=order + 1)


def moved_zero_series(case: Corrected, order: int = 2) -> list[list[Rational]]:
    """Taylor coefficients in λ of φ*_λ, by the iteration x ← x − Dv(φ*)⁻¹v_λ(x) on power series.

    Every step makes one more coefficient right. Shares nothing with :attr:`Corrected.direction` but Dv(φ*).
    """
    with precision("cap", order + 1):
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
    with precision("cap", 3):
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
    field: Sequence[Expr],
    wrt: Sequence[Symbol],
    start: Sequence[Rational],
    bits: int = 256,
    amount: Rational | None = None,
) -> list[Any]:
    """Balls (python-flint) that hold exactly one zero of the field, near a start.

    Newton steps find it; the Krawczyk operator K(X) = x − YF(x) + (I − Y DF(X))(X − x), in ball arithmetic, proves it:
    K(X) inside X has a zero in X, and only one.

    Args:
        field: F, one expression per symbol.
        wrt: the symbols.
        start: where to seek.
        bits: precision.
        amount: λ, for a field that depends on it.

    Raises:
        Undecided: no enclosure is proved.
    """
    slopes = _slopes(tuple(field), tuple(wrt))
    width = range(len(wrt))
    failure = Undecided(f"no zero of the field is proved near {tuple(start)}")
    with precision("prec", bits):
        given = {} if amount is None else {size: ball(amount)}

        def matrix_at(values: Sequence[Any]) -> Any:
            return _matrix(slopes, {**dict(zip(wrt, values, strict=True)), **given}, len(wrt))

        def field_at(values: Sequence[Any]) -> Any:
            return _matrix(field, {**dict(zip(wrt, values, strict=True)), **given}, 1)

        here = [ball(entry) for entry in start]
        try:
            for _ in range(12):
                step = matrix_at(here).solve(field_at(here))
                here = [(x - step[i, 0]).mid() for i, x in enumerate(here)]
            inverse = matrix_at(here).inv()
        except ZeroDivisionError:
            raise failure from None
        # Any midpoint will do; powers of a ball about exactly 0 are NaN in python-flint.
        here = [x if x != 0 else flint.arb(2) ** -bits for x in here]
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


# ------------------------------------------------------------------------------------------ other routes to the series


def second_order_residuals(dimension: int, half: Rational = HALF, sign: int = 1) -> list[Expr]:
    """What has to vanish for the second-order coefficient to hold for every smooth field of that dimension.

    The coefficients of 1, λ and λ² of v_λ(−λd + λ²e), with Dv e = sign DM d − half D²v[d, d] put in, so that no matrix
    has to be inverted.

    Args:
        dimension: n.
        half: 1/2 for the true coefficient; anything else is a control.
        sign: 1 for the true coefficient; −1 is a control.
    """
    case = _taylor(dimension)
    here = [-case.step * d + case.step**2 * e for d, e in zip(case.first, case.second, strict=True)]
    residuals = []
    for v, m in zip(case.field, case.correction, strict=True):
        total = case.at(v + case.step * m, here)
        bent = case.along(case.along(v, case.first), case.first)
        claimed = case.origin(sign * case.along(m, case.first) - QQ(int(half.p), int(half.q)) * bent)
        residuals += [_coefficient(total, k) for k in (0, 1)]
        residuals.append(_coefficient(total, 2) - case.origin(case.along(v, case.second)) + claimed)
    return [entry.as_expr() for entry in residuals]


def ansatz_series(
    field: Sequence[Expr], wrt: Sequence[Symbol], zero: Sequence[Rational], order: int, parameter: Symbol = size
) -> list[list[Rational]]:
    """Taylor coefficients of a zero in one parameter, from a polynomial with unknown coefficients, order by order.

    The second route to :func:`moved_zero_series`: no Jacobian is formed; every order is a linear system in the new
    coefficients, and their effect is read off the expanded field.

    Args:
        field: rational functions of the symbols and the parameter, with a zero at parameter 0.
        wrt: the symbols.
        zero: that zero.
        order: highest power.
        parameter: what to expand in.

    Raises:
        Undecided: an order has no unique solution.
    """
    names = [Symbol(f"c{index}") for index in range(len(wrt))]
    _, step, *fresh = ring((parameter, *names), QQ)
    numerators = [exact.lowest_terms(entry).as_numer_denom()[0] for entry in field]

    def constant(number: Rational) -> Any:
        return step.ring.ground_new(QQ(int(number.p), int(number.q)))

    known = [constant(entry) for entry in zero]
    for k in range(1, order + 1):
        here = {s: x + c * step**k for s, x, c in zip(wrt, known, fresh, strict=True)}
        conditions = [
            Add(
                *(
                    coefficient * Mul(*(c**n for c, n in zip(names, powers, strict=True)))
                    for (power, *powers), coefficient in exact.evaluate(
                        entry, {**here, parameter: step}, constant
                    ).terms()
                    if power == k
                )
            )
            for entry in numerators
        ]
        found = list(linsolve(conditions, names))
        if len(found) != 1 or any(entry.free_symbols for entry in found[0]):
            raise Undecided(f"the coefficients of order {k} are not unique")
        known = [x + constant(c) * step**k for x, c in zip(known, found[0], strict=True)]
    return [[_rational_of(x.coeff(step**k) if k else x.coeff(1)) for k in range(order + 1)] for x in known]


def _rational_of(number: Any) -> Rational:
    return Rational(int(number.numerator), int(number.denominator))


def rule_zero_series(
    game: DifferentiableGame, zero: Sequence[Rational], rule: str, form: Form = "unrolled", order: int = 2
) -> list[list[Rational]]:
    """Taylor coefficients in α of the zero of a learning rule's whole update (c_own = c_peer = 1, L = 1).

    The rule's program is run on power series and x ← x − Dv(φ*)⁻¹ update(x) iterated: the update is v + O(α), so every
    step makes one more coefficient right.

    Raises:
        Undecided: the rule's program has cases (SOS).
        BadInput: an unknown rule or form.
    """
    program = update_program(game, "direct", rule, form)
    wrt = [symbol for row in parameters(game, "direct") for symbol in row]
    slope = _inverse_slope(game, tuple(zero))
    with precision("cap", order + 1):
        constant, step = _series(order)
        known = dict.fromkeys(program.inputs, step)  # every player's α is the same
        known |= dict.fromkeys((own_coefficient, peer_coefficient), constant(Integer(1)))
        known |= {symbol: constant(value) for symbol, value in game.parameters}
        here = [constant(entry) for entry in zero]
        for _ in range(order + 1):
            residual = program.run({**known, **dict(zip(wrt, here, strict=True))}, constant)["update"]
            here = [
                x - sum((constant(slope[i, j]) * r for j, r in enumerate(residual)), constant(Integer(0)))
                for i, x in enumerate(here)
            ]
        return [[exact.from_fmpq(flint.fmpq(x[k])) for k in range(order + 1)] for x in here]


@lru_cache(maxsize=4)
def _inverse_slope(game: DifferentiableGame, zero: Vector) -> Any:
    return game_case(game, zero).slope.inv()


# -------------------------------------------------------------------------------------------------- the slope test

TAIL = 6


def distances(
    field: Sequence[Expr],
    wrt: Sequence[Symbol],
    series: Sequence[Sequence[Rational]],
    order: int,
    exponents: Sequence[int],
    bits: int = 512,
) -> list[Any]:
    """|φ*_λ − Σ_{k≤order} c_k λᵏ|/λ^{order+1} at λ = 2^−e for each exponent e, as balls (sum of absolute values).

    The zeros lie on the certified branch that starts, at λ = 0, at the zero near the c_0. For true coefficients the
    distance tends to |c_{order+1}|; with an error in c_order it doubles with every halving of λ.

    Raises:
        Undecided: the branch of the zero near the c_0 is not proved, or at one of the λ no zero on it.
    """
    start = tuple(row[0] for row in series)
    zeros = _zeros_along(tuple(field), tuple(wrt), start, tuple(exponents), bits)
    found = []
    with precision("prec", bits):
        for exponent, zero in zip(exponents, zeros, strict=True):
            amount = Rational(1, 2**exponent)
            at = [sum((c * amount**k for k, c in enumerate(row[: order + 1])), Integer(0)) for row in series]
            apart = sum((abs(x - ball(y)) for x, y in zip(zero, at, strict=True)), flint.arb(0))
            found.append(apart / ball(amount ** (order + 1)))
    return found


@lru_cache(maxsize=16)
def _zeros_along(
    field: Vector, wrt: tuple[Symbol, ...], start: Vector, exponents: tuple[int, ...], bits: int
) -> list[list[Any]]:
    """Enclosed zeros at λ = 2^−e, from the smallest λ on, each sought from the last, on the zero's certified branch.

    Raises:
        Undecided: one is not proved, or lies on another branch.
    """
    pieces = _followed(field, wrt, start, Rational(1, 2 ** min(exponents)))
    found: dict[int, list[Any]] = {}
    for exponent in sorted(exponents, reverse=True):
        amount = Rational(1, 2**exponent)
        found[exponent] = enclosed_zero(field, wrt, start, bits, amount)
        if not _inside(found[exponent], [piece for piece in pieces if piece.low <= amount <= piece.high]):
            raise Undecided(f"the zero at lambda = {amount} is not on the branch of {start}")
        start = tuple(near(x) for x in found[exponent])
    return [found[exponent] for exponent in exponents]


def matches_to_order(
    field: Sequence[Expr],
    wrt: Sequence[Symbol],
    series: Sequence[Sequence[Rational]],
    order: int,
    exponents: Sequence[int],
) -> bool:
    """Whether the distances of :func:`distances` tend to |c_{order+1}| linearly in λ.

    Rule: over the last :data:`TAIL` exponents the error |distance − |c_{order+1}|| falls to between 7/16 and 9/16 of
    itself with every halving of λ, or is 0 to within the enclosure throughout (a polynomial of that degree).

    Args:
        field: with its parameter :data:`theory.symbols.correction`.
        wrt: the symbols.
        series: at least ``order`` + 2 coefficients per coordinate.
        order: of the truncated series.
        exponents: λ = 2^−e, ascending.
    """
    found = distances(field, wrt, series, order, exponents)[-TAIL:]
    with precision("prec", 512):
        aim = sum((abs(ball(row[order + 1])) for row in series), flint.arb(0))
        errors = [abs(entry - aim) for entry in found]
        if all(error.contains(0) and error < flint.arb(2) ** -100 for error in errors):
            return True
        return all(
            not before.contains(0) and 16 * after > 7 * before and 16 * after < 9 * before
            for before, after in pairwise(errors)
        )


# ------------------------------------------------------------------------------------------------ the whole branch


@dataclass(frozen=True)
class Piece:
    """A box that holds exactly one zero for every λ of an interval.

    Attributes:
        low: least λ.
        high: largest λ.
        box: a rational interval per coordinate.
    """

    low: Rational
    high: Rational
    box: tuple[tuple[Rational, Rational], ...]


def piece_holds(field: Sequence[Expr], wrt: Sequence[Symbol], piece: Piece, bits: int = 128) -> bool:
    """Whether the Krawczyk image of a piece's box lies inside the box, for all its λ at once."""
    slopes = _slopes(tuple(field), tuple(wrt))
    width = range(len(wrt))
    with precision("prec", bits):
        amount = between(piece.low, piece.high)
        box = [between(*side) for side in piece.box]
        middle = [ball((low + high) / 2) for low, high in piece.box]
        centre = ball((piece.low + piece.high) / 2)
        try:
            inverse = _matrix(slopes, dict(zip(wrt, middle, strict=True)) | {size: centre}, len(wrt)).inv()
            inverse = flint.arb_mat(len(wrt), len(wrt), [entry.mid() for entry in inverse.entries()])
        except ZeroDivisionError:
            return False
        error = -inverse * _matrix(slopes, dict(zip(wrt, box, strict=True)) | {size: amount}, len(wrt))
        for i in width:
            error[i, i] = error[i, i] + 1
        value = _matrix(field, dict(zip(wrt, middle, strict=True)) | {size: amount}, 1)
        apart = flint.arb_mat(len(wrt), 1, [x - m for x, m in zip(box, middle, strict=True)])
        image = flint.arb_mat(len(wrt), 1, middle) - inverse * value + error * apart
        return all(
            bool(ball(low) < image[i, 0]) and bool(image[i, 0] < ball(high)) for i, (low, high) in enumerate(piece.box)
        )


def largest_on(
    entries: Sequence[Expr], wrt: Sequence[Symbol], box: Sequence[tuple[Rational, Rational]], bits: int = 128
) -> Rational:
    """A rational upper bound of the largest |entry| on a box, from ball arithmetic."""
    with precision("prec", bits):
        known = {symbol: between(*side) for symbol, side in zip(wrt, box, strict=True)}
        bounds = [exact.evaluate(entry, known, ball).abs_upper() for entry in entries]
        return max(near(bound, 24) for bound in bounds) + Rational(1, 2**23)


def glued(field: Sequence[Expr], wrt: Sequence[Symbol], before: Piece, after: Piece) -> bool:
    """Whether two pieces that meet in λ hold the same zero there: a box with exactly one zero lies in both."""
    if before.high != after.low:
        return False
    return _held_by(field, wrt, before.high, [(low + high) / 2 for low, high in before.box], (before, after))


def _held_by(
    field: Sequence[Expr], wrt: Sequence[Symbol], amount: Rational, start: Sequence[Rational], pieces: Sequence[Piece]
) -> bool:
    return _inside(enclosed_zero(field, wrt, start, 128, amount), pieces)


def _inside(zero: Sequence[Any], pieces: Sequence[Piece]) -> bool:
    """Whether a zero's balls lie inside the box of every piece."""
    return all(
        bool(ball(low) < x) and bool(x < ball(high))
        for piece in pieces
        for x, (low, high) in zip(zero, piece.box, strict=True)
    )


def certified_branch(case: Corrected, last: Rational, most: int = 400) -> tuple[Piece, ...]:
    """Boxes along the whole branch of φ*_λ, 0 ≤ λ ≤ last, each with exactly one zero for all its λ, glued together.

    Lengths and widths are guesses: every piece is proved by :func:`piece_holds`, the first one holds φ*, and neighbours
    are proved to hold the same zero where they meet.

    Args:
        case: the field, its correction and its zero.
        last: the largest λ.
        most: number of pieces tried.

    Raises:
        Undecided: the branch is not proved with that many pieces (it may fold before ``last``).
    """
    pieces = _followed(case.total(), case.symbols, case.zero, last, most)
    if not all(a < x < b for x, (a, b) in zip(case.zero, pieces[0].box, strict=True)):
        raise Undecided("the first piece does not hold the zero of v")
    return pieces


@lru_cache(maxsize=32)
def _followed(
    field: Vector, wrt: tuple[Symbol, ...], zero: Vector, last: Rational, most: int = 400
) -> tuple[Piece, ...]:
    """The branch of the zero near a point at λ = 0: every neighbour, and the first piece, by :func:`_held_by`."""
    pieces: list[Piece] = []
    low, step = Integer(0), last
    start = [near(x) for x in enclosed_zero(field, wrt, zero, 128, low)]
    for _ in range(most):
        if low == last:
            break
        high = min(low + step, last)
        piece = _guess(field, wrt, low, high, start)
        if not (
            piece is not None
            and piece_holds(field, wrt, piece)
            and _held_by(field, wrt, low, start, [*pieces[-1:], piece])
        ):
            step = (high - low) / 2
            continue
        pieces.append(piece)
        low, step = high, 2 * (high - low)
        start = [near(x) for x in enclosed_zero(field, wrt, _middle(piece), 128, high)]
    if low < last:
        raise Undecided(f"the branch is proved up to lambda = {low} only")
    return tuple(pieces)


def _guess(
    field: Sequence[Expr], wrt: Sequence[Symbol], low: Rational, high: Rational, start: Sequence[Rational]
) -> Piece | None:
    """A box about the zero at the middle λ, twice as wide as the Krawczyk image of that point alone, or None."""
    centre = (low + high) / 2
    try:
        zero = enclosed_zero(field, wrt, start, 128, centre)
        with precision("prec", 128):
            known = dict(zip(wrt, zero, strict=True))
            inverse = _matrix(_slopes(tuple(field), tuple(wrt)), {**known, size: ball(centre)}, len(wrt)).inv()
            moves = inverse * _matrix(field, {**known, size: between(low, high)}, 1)
    except (Undecided, ZeroDivisionError):
        return None
    sides = []
    for place, x in enumerate(zero):
        half = 2 * near(moves[place, 0].abs_upper(), 24) + Rational(1, 2**20)
        sides.append((near(x, 24) - half, near(x, 24) + half))
    return Piece(low, high, tuple(sides))


def _middle(piece: Piece) -> list[Rational]:
    return [(low + high) / 2 for low, high in piece.box]


@lru_cache(maxsize=64)
def _slopes(field: Vector, wrt: tuple[Symbol, ...]) -> Vector:
    """The entries of the Jacobian, row by row."""
    return tuple(jacobian(field, wrt))


def _matrix(entries: Sequence[Expr], known: Mapping[Expr, Any], columns: int) -> Any:
    values = [exact.evaluate(entry, known, ball) for entry in entries]
    return flint.arb_mat(len(values) // columns, columns, values)
