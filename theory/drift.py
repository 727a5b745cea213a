r"""How fast the moved zero attracts: the rate μ_λ of v + λM against the paper's line, Weyl's bound and the exact slope.

v has a zero φ* of rate μ = −λmax(sym Dv(φ*)) > 0 and M is a correction; δ = φ*_λ − φ*, S = sym Dv(φ*),
d = Dv(φ*)⁻¹M(φ*), N = sym(DM − D²v[d]) at φ*, and μ_λ = −λmax(sym Dv_λ(φ*_λ)). All norms are operator norms.

**The zero.** Let L, M₁, L₂ and L_M bound D²v, DM, D³v and D²M on a convex set B that holds the ball of radius R about
φ*. |Dv(φ*)⁻¹| ≤ 1/μ, since |Dv x||x| ≥ −⟨Dv x, x⟩ ≥ μ|x|². φ* + δ is a zero of v_λ exactly if δ is a fixed point of

    T(δ) = −λd − Dv⁻¹[v(φ* + δ) − Dv δ + λ(M(φ* + δ) − M(φ*))].

On |δ| ≤ 2λ|d| the bracket is at most L|δ|²/2 + λM₁|δ| ≤ 2λ²|d|(L|d| + M₁), and its Lipschitz constant at most
2λ|d|L + λM₁. So for λ < Λ = min(μ/(2(L|d| + M₁)), R/(2|d|)) T is a contraction of that ball: it holds exactly one zero
of v_λ, and |δ + λd| ≤ 2λ²|d|(L|d| + M₁)/μ.

**Weyl's bound.** Dv_λ(φ* + δ) − Dv − λ(DM − D²v[d]) is the sum of Dv(φ* + δ) − Dv − D²v[δ], D²v[δ + λd] and
λ(DM(φ* + δ) − DM), hence at most Cλ² with

    C = 2|d| (L₂|d| + L(L|d| + M₁)/μ + L_M),

and λmax(A + B) ≤ λmax(A) + λmax(B) (Weyl 1912; Horn & Johnson, Matrix Analysis, 4.3) gives, for 0 ≤ λ < Λ,

    μ_λ ≥ μ − λ λmax(N) − Cλ².

**The exact slope.** Let e be the largest value of uᵀNu over unit vectors u of the top eigenspace of S, and g the
distance from −μ to the next eigenvalue of S (∞ if there is none). Such a u shows λmax(S + λN) ≥ −μ + λe. For a unit
vector w = u cos θ + n sin θ, n orthogonal to the eigenspace, with s = |sin θ|,

    wᵀ(S + λN)w ≤ −μ + λe − (g − 2λ|N|)s² + 2λ|N|s ≤ −μ + λe + λ²|N|²/(g − 2λ|N|)        (2λ|N| < g)

(e cos²θ ≤ e + |N|s²). So |μ_λ − μ + λe| ≤ λ²(C + |N|²/(g − 2λ|N|)): the right derivative of μ_λ at 0 is −e. As
e ≤ λmax(N), Weyl's slope never exceeds it, and equals it exactly if the top eigenspaces of S and N share a vector.

**Affine fields.** If v and M are affine, Dv_λ = Dv + λDM everywhere: μ_λ = −λmax(S + λ sym DM) is concave in λ (λmax is
a maximum of linear functions), and μ_λ ≥ μ + λμ_M for *all* λ ≥ 0 by Weyl's inequality. A top unit vector w of the sum
has wᵀSw ≤ −μ and wᵀ sym(DM) w ≤ −μ_M, so equality at one λ > 0 makes w a top vector of both, and then equality holds at
all λ ≥ 0. The same is true of any field whose zero does not move (M(φ*) = 0), as Dv_λ there is Dv + λDM again.

**One half.** On the paper's ball, of radius ρ = (μ + λμ_M)/(2L_λ) about φ*_λ, the drift is at least
μ_λ − L_λρ/2 = μ_λ − (μ + λμ_M)/4 (:mod:`theory.ball_inclusion`). That is at least (μ + λμ_M)/2, the paper's bound,
exactly if μ_λ ≥ ¾(μ + λμ_M): true at λ = 0 with room μ/4, so for all small λ whatever the slopes are. If D²v_λ is
constant on the line, −v_λ(x)/(x − φ*_λ) is affine and the bound attained, so there half is kept only if that holds.
Where D²v_λ varies over the ball it can fail and half be kept all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement, product
from typing import Any

import flint
from sympy import Expr, Integer, Poly, Rational, Symbol, diff, symbols

from theory import exact
from theory.ball_inclusion import PAPER
from theory.balls import Ball, as_ball, ball, decimal, decimals, ends, point, precision, shown
from theory.corrected import (
    BITS,
    Corrected,
    Rates,
    characteristic,
    game_case,
    jacobian,
    largest_root,
    real_roots,
    square,
    symmetric,
)
from theory.exact import Undecided
from theory.games import cournot, regularised_matching_pennies, regularised_stag_hunt
from theory.games.differentiable import DifferentiableGame
from theory.moved_zeros import enclosed_zero
from theory.symbols import correction as size

X = Symbol("x", real=True)
Box = tuple[tuple[Rational, Rational], ...]
PIECES = {1: 64, 2: 6, 3: 2}  # parts of every side of a box, by its dimension
HALF = (1 + PAPER) / 2  # ¾: half of the claimed rate is kept on the paper's ball if μ_λ ≥ ¾ (μ + λμ_M)


# ---------------------------------------------------------------------------------------------------------- eigenvalues


def top_eigenvalue(matrix: Sequence[Sequence[Ball]]) -> Ball:
    """A ball that holds λmax of the symmetric part of every matrix in a matrix of balls.

    The characteristic polynomial of the rational matrix of midpoints has real roots, isolated whatever their
    multiplicity; λmax moves by at most the norm of the matrix of radii (Weyl), that is by less than its Frobenius norm
    and its largest row sum.
    """
    width = range(len(matrix))
    parts = [[(matrix[i][j] + matrix[j][i]) / 2 for j in width] for i in width]
    middle = flint.fmpq_mat(len(matrix), len(matrix), [point(entry.mid()) for row in parts for entry in row])
    radii = [[flint.arb(entry.rad()) for entry in row] for row in parts]
    frobenius = sum((radius**2 for row in radii for radius in row), flint.arb(0)).sqrt().upper()
    row_sum = max((sum(row, flint.arb(0)).upper() for row in radii), key=point)
    return largest_root(middle.charpoly()) + flint.arb(0, 1) * min(frobenius, row_sum, key=point)


# ---------------------------------------------------------------------------------------------------- norms on boxes


@lru_cache(maxsize=256)
def derivatives(entries: tuple[Expr, ...], wrt: tuple[Symbol, ...], order: int) -> Rows:
    """All partial derivatives of an order, a row for every entry, a column for every sequence of symbols."""
    found = [
        {axes: diff(entry, *axes).expand() for axes in combinations_with_replacement(wrt, order)} for entry in entries
    ]
    places = list(wrt)
    ordered = [tuple(sorted(axes, key=places.index)) for axes in product(wrt, repeat=order)]
    return tuple(tuple(row[axes] for axes in ordered) for row in found)


Rows = tuple[tuple[Expr, ...], ...]


def ranges(rows: Rows, wrt: Sequence[Symbol], box: Box) -> Iterator[list[list[Ball]]]:
    """The values of a matrix of expressions on every part of a box, as balls.

    By the mean value theorem f(m) + ∇f(X)(X − m) on a part X with middle m, too wide only in second order.
    """
    used = set().union(*(entry.free_symbols for row in rows for entry in row))
    slopes = {entry: [diff(entry, symbol) for symbol in wrt] for row in rows for entry in row}
    sides = []
    for symbol, (low, high) in zip(wrt, box, strict=True):
        count = PIECES[len(box)] if symbol in used else 1
        half = (high - low) / (2 * count)
        sides.append([(low + half * (2 * k + 1), half) for k in range(count)])
    for cell in product(*sides):
        middle = {symbol: ball(m) for symbol, (m, _) in zip(wrt, cell, strict=True)}
        offsets = [flint.arb(0, 1) * ball(half) for _, half in cell]
        whole = {symbol: middle[symbol] + offset for symbol, offset in zip(wrt, offsets, strict=True)}
        yield [
            [
                sum(
                    (exact.evaluate(s, whole, ball) * h for s, h in zip(slopes[entry], offsets, strict=True) if s != 0),
                    exact.evaluate(entry, middle, ball),
                )
                for entry in row
            ]
            for row in rows
        ]


def squared_norm(values: Sequence[Sequence[Ball]]) -> Ball:
    """A ball that holds |F|² = λmax(FFᵀ) for every matrix F in a matrix of balls."""
    gram = [[sum((a * b for a, b in zip(r, s, strict=True)), flint.arb(0)) for s in values] for r in values]
    return top_eigenvalue(gram)


@lru_cache(maxsize=256)
def norm_bound(rows: Rows, wrt: tuple[Symbol, ...], box: Box) -> Rational:
    """An upper bound, on a box, of |F| for the matrix F of these rows.

    For :func:`derivatives` of order 1 that is the operator norm of the Jacobian, for order 2 and 3 an upper bound of
    the norm as a bilinear or trilinear map (attained if the derivative is diagonal). In ball arithmetic on every part
    of the box.
    """
    best = flint.fmpq(0)
    with precision("prec", BITS):
        for values in ranges(rows, wrt, box):
            best = max(best, point(squared_norm(values).upper()))
        return _upper_root(exact.from_fmpq(best))


def _upper_root(number: Rational) -> Rational:
    return number if number == 0 else ends(ball(number).sqrt())[1]


def bend_bound(case: Corrected, box: Box, amount: Rational) -> Rational:
    """L_λ: an upper bound of |D²(v + λM)| on a box."""
    return norm_bound(derivatives(case.total(amount), case.symbols, 2), case.symbols, box)


def attracts_on(case: Corrected, box: Box, amount: Rational) -> bool:
    """Whether sym Dv_λ′ is negative definite on the whole box for every λ′ from 0 to λ.

    Then v_λ′ has at most one zero there (for two, x and y, ⟨v(x) − v(y), x − y⟩ < 0). λmax is convex in λ′, so both
    ends suffice.
    """
    with precision("prec", BITS):
        for total in (case.total(Integer(0)), case.total(amount)):
            slopes = derivatives(total, case.symbols, 1)
            if not all(top_eigenvalue(values) < 0 for values in ranges(slopes, case.symbols, box)):
                return False
    return True


# ---------------------------------------------------------------------------------------------------------- remainder


def second_order(norms: Mapping[str, Rational]) -> Rational:
    """C, from the norms by the names of :attr:`Remainder.norms`."""
    shift, bend = norms["shift"], norms["L"]
    pull = bend * shift + norms["M_1"]
    return 2 * shift * (norms["L_2"] * shift + bend * pull / norms["mu"] + norms["L_M"])


@dataclass(frozen=True)
class Remainder:
    """The constants of the two bounds, as rational upper bounds (μ, Λ and g: lower bounds).

    Attributes:
        reach: Λ; the bounds hold for 0 ≤ λ < Λ.
        constant: C.
        change: |N|.
        gap: g, or ``None`` if S has one eigenvalue only.
        norms: μ, L, L₂, M₁, L_M and |d| as ``mu``, ``L``, ``L_2``, ``M_1``, ``L_M`` and ``shift``.
    """

    reach: Rational
    constant: Rational
    change: Rational
    gap: Rational | None
    norms: Mapping[str, Rational]

    @property
    def content(self) -> dict[str, str]:
        """The norms as text."""
        return {name: _rounded(value) for name, value in self.norms.items()}

    @property
    def exact_reach(self) -> Rational:
        """The exact slope's bound holds for λ below min(Λ, g/(2|N|))."""
        return self.reach if self.gap is None or not self.change else min(self.reach, self.gap / (2 * self.change))

    def beyond(self, amount: Rational) -> Rational | None:
        """An upper bound of |μ_λ − μ − λ · exact slope|; ``None`` where none is proved."""
        if not amount < self.exact_reach:
            return None
        if self.gap is None:
            return amount**2 * self.constant
        return amount**2 * (self.constant + self.change**2 / (self.gap - 2 * amount * self.change))


@lru_cache(maxsize=64)
def remainder(case: Corrected, box: Box) -> Remainder:
    """Λ, C and what the exact slope's bound needs, from norms on a box around φ*.

    Raises:
        Undecided: φ* is not inside the box, μ is not positive, or S has eigenvalues that are not told apart.
    """
    rates = Rates(case)
    inner = min(min(x - low, high - x) for x, (low, high) in zip(case.zero, box, strict=True))
    with precision("prec", BITS):
        rate = ends(as_ball(rates.rate))[0] if not isinstance(rates.rate, Expr) else rates.rate
        if not (rate > 0 and inner > 0):
            raise Undecided("the bounds need a rate > 0 and a zero inside the box")
        shift = _upper_root(square(case.direction))
        change = norm_bound(_rows(symmetric(case.moved_slope)), case.symbols, box)
        bend, third = (norm_bound(derivatives(case.field, case.symbols, k), case.symbols, box) for k in (2, 3))
        tilt, twist = (norm_bound(derivatives(case.correction, case.symbols, k), case.symbols, box) for k in (1, 2))
        pull = bend * shift + tilt
        limits = [rate / (2 * pull)] if pull else []
        limits += [inner / (2 * shift)] if shift else []
        if not limits:
            raise Undecided("M is constant 0 at the zero and flat: nothing moves")
        gap = _gap(symmetric(case.slope))
    norms = {"mu": rate, "L": bend, "L_2": third, "M_1": tilt, "L_M": twist, "shift": shift}
    return Remainder(min(limits), second_order(norms), change, gap, norms)


def _rows(matrix: Any) -> Rows:
    return tuple(tuple(matrix.row(i)) for i in range(matrix.rows))


def _rounded(value: Rational, places: int = 12) -> str:
    """A rational as it is if it is short, else in decimals, rounded up."""
    return str(value) if value.q < 10**6 else decimal(int((value * 10**places).ceiling()), places)


def _gap(matrix: Any) -> Rational | None:
    """A lower bound > 0 of the distance from the largest eigenvalue to the next distinct one.

    Raises:
        Undecided: the enclosures of both touch.
    """
    roots = real_roots(characteristic(matrix))
    if len(roots) == 1:
        return None
    ordered = sorted(roots, key=point)
    gap = ends(ordered[-1] - ordered[-2])[0]
    if not gap > 0:
        raise Undecided("the two largest eigenvalues are not told apart")
    return gap


# ------------------------------------------------------------------------------------------------------ at one λ


@dataclass(frozen=True)
class Moved:
    """The zero of v + λM and its rate.

    Attributes:
        amount: λ.
        zero: balls that hold exactly one zero together.
        rate: a ball that holds μ_λ.
    """

    amount: Rational
    zero: tuple[Ball, ...]
    rate: Ball


@lru_cache(maxsize=64)
def moved(case: Corrected, amounts: tuple[Rational, ...]) -> tuple[Moved, ...]:
    """The moved zero at rising λ, each found from the one before and enclosed.

    Raises:
        Undecided: an enclosure is not proved.
    """
    here, found = tuple(case.zero), []
    for amount in amounts:
        zero = tuple(enclosed_zero(case.total(amount), case.symbols, here, BITS))
        found.append(Moved(amount, zero, rate_at(case, amount, zero)))
        here = tuple(exact.from_fmpq(point(x)) for x in zero)
    return tuple(found)


def rate_at(case: Corrected, amount: Rational, point: Sequence[Ball]) -> Ball:
    """−λmax(sym Dv_λ) at a point."""
    slopes, known = jacobian(case.total(amount), case.symbols), dict(zip(case.symbols, point, strict=True))
    with precision("prec", BITS):
        rows = [[exact.evaluate(e, known, ball) for e in slopes.row(i)] for i in range(slopes.rows)]
        return -top_eigenvalue(rows)


# -------------------------------------------------------------------------------- exactly, on the line and the diagonal


@dataclass(frozen=True)
class Diagonal:
    """A field on the line, or the diagonal x₁ = … = x_n of a symmetric one, where zero and rate are exact functions.

    The moved zero is at x exactly if λ = −v(x)/M(x). sym Dv_λ has equal entries a on its diagonal and b off it, so its
    eigenvalues are a + (n − 1)b and a − b.

    Attributes:
        case: the field.
        field: v on the diagonal, in :data:`X`.
        correction: M there.
        eigenvalues: of sym Dv_λ there, affine in λ.
    """

    case: Corrected
    field: Expr
    correction: Expr
    eigenvalues: tuple[Expr, ...]

    @staticmethod
    def of(case: Corrected) -> Diagonal:
        """The diagonal of a case.

        Raises:
            Undecided: the field is not symmetric there.
        """
        on = dict.fromkeys(case.symbols, X)
        v, m = ([entry.subs(on) for entry in entries] for entries in (case.field, case.correction))
        slopes = symmetric(jacobian(case.total(), case.symbols)).applyfunc(lambda entry: entry.subs(on))
        n = slopes.rows
        own, other = slopes[0, 0], slopes[0, n - 1]
        same = [a - v[0] for a in v] + [a - m[0] for a in m]
        same += [slopes[i, j] - (own if i == j else other) for i, j in product(range(n), repeat=2)]
        if len(set(case.zero)) > 1 or not all(exact.is_zero(entry) for entry in same):
            raise Undecided("the field is not symmetric on its diagonal")
        values = (own,) if n == 1 else (own + (n - 1) * other, own - other)
        return Diagonal(case, v[0].expand(), m[0].expand(), tuple(value.expand() for value in values))

    @property
    def start(self) -> Rational:
        """φ*, the same in every coordinate."""
        return self.case.zero[0]

    def amount(self, point: Rational) -> Rational:
        """λ at which the moved zero is at that point."""
        return (-self.field / self.correction).subs(X, point)

    def check(self, last: Rational) -> None:
        """M > 0 and λ(x) rises strictly on [φ*, last], so that the moved zero runs through it continuously.

        Raises:
            Undecided: one of both fails.
        """
        rise = self.field * diff(self.correction, X) - self.correction * diff(self.field, X)
        for entry in (self.correction, rise.expand()):
            if not exact.positive_on(entry, X, self.start, last):
                raise Undecided(f"the zero does not move steadily up to {last}")

    def on_branch(self, expression: Expr) -> Expr:
        """M times an expression affine in λ at λ = −v/M, a polynomial in x: it has the expression's sign."""
        slope = diff(expression, size)
        return (self.correction * expression.subs(size, 0) - self.field * slope).expand()

    def shortfall(self, least: Rational, last: Rational) -> bool:
        """Whether μ + λμ_M − μ_λ ≥ least · λ for all x in (φ*, last], that is for 0 < λ ≤ λ(last).

        Any eigenvalue e of sym Dv_λ bounds μ_λ ≤ −e from above.
        """
        self.check(last)
        rates = Rates(self.case)
        claimed = rates.line(rates.paper, size)
        excess = [self.on_branch(claimed + value - least * size) for value in self.eigenvalues]
        return any(_not_negative(entry, self.start, last) for entry in excess)

    def keeps_half(self, last: Rational) -> bool:
        """Whether μ_λ ≥ ¾(μ + λμ_M) for all x in [φ*, last]."""
        self.check(last)
        return all(exact.positive_on(entry, X, self.start, last) for entry in self._slacks())

    def _slacks(self) -> list[Expr]:
        rates = Rates(self.case)
        return [self.on_branch(-value - HALF * rates.line(rates.paper, size)) for value in self.eigenvalues]

    def threshold(self, last: Rational) -> Threshold:
        """The first λ at which μ_λ = ¾(μ + λμ_M), its only crossing up to λ(last).

        Raises:
            Undecided: there is no crossing, or more than one.
        """
        self.check(last)
        polynomials = [Poly(slack, X, domain="QQ") for slack in self._slacks()]
        counts = [polynomial.count_roots(self.start, last) for polynomial in polynomials]
        if sum(counts) != 1:
            raise Undecided(f"the rate crosses 3/4 of the claimed one {sum(counts)} times")
        place = counts.index(1)
        low, high = self.start, last
        for _ in range(BITS):
            middle = (low + high) / 2
            low, high = (low, middle) if polynomials[place].count_roots(self.start, middle) else (middle, high)
        rates = Rates(self.case)
        crossing = self.eigenvalues[place] + HALF * rates.line(rates.paper, size)
        total = self.field + size * self.correction
        eliminated = Poly(Poly(crossing, X).resultant(Poly(total, X)).as_expr(), size, domain="QQ")
        grain = 2**20
        interval = (
            Rational(int((self.amount(low) * grain).floor()), grain),
            Rational(int((self.amount(high) * grain).ceiling()), grain),
        )
        factors = [f.primitive()[1] for f, _ in eliminated.factor_list()[1] if f.count_roots(*interval)]
        if len(factors) != 1 or factors[0].count_roots(*interval) != 1:
            raise Undecided("the crossing is not isolated")
        return Threshold(factors[0].as_expr(), interval)


@dataclass(frozen=True)
class Threshold:
    """A value of λ as an algebraic number.

    Attributes:
        polynomial: with rational coefficients, in λ; irreducible.
        interval: rationals; the number is the polynomial's only root there.
    """

    polynomial: Expr
    interval: tuple[Rational, Rational]


def _not_negative(expression: Expr, start: Rational, last: Rational) -> bool:
    """Whether a polynomial in x is ≥ 0 on [start, last], zeros only at the start: divide by x − start, then Sturm."""
    polynomial, step = Poly(expression, X, domain="QQ"), Poly(X - start, X, domain="QQ")
    if polynomial.is_zero:
        return True
    while polynomial(start) == 0:
        polynomial = polynomial.div(step)[0]
    return exact.positive_on(polynomial.as_expr(), X, start, last)


# ------------------------------------------------------------------------------------------------------------- games


@dataclass(frozen=True)
class Setting:
    """A game with an interior stable zero, the box its norms are taken on, and the λ it is looked at.

    Attributes:
        name: to be told from others of the same game.
        game: the game.
        zero: φ*.
        box: a side for every parameter.
        amounts: values of λ, rising.
    """

    name: str
    game: DifferentiableGame
    zero: tuple[Rational, ...]
    box: Box
    amounts: tuple[Rational, ...]

    @cached_property
    def case(self) -> Corrected:
        """Policy gradient with the peer-learning correction over α."""
        return game_case(self.game, self.zero)


def curved_demand() -> DifferentiableGame:
    """Two firms with unequal costs at the price 2 − (q₁ + q₂)²/16: equilibrium (1, 2), M cubic, μ = (15 − √82)/16."""
    first, second = symbols("q1 q2", real=True)
    price = 2 - (first + second) ** 2 / 16
    values = (first * (price - Rational(17, 16)), second * (price - Rational(11, 16)))
    return DifferentiableGame("curved-demand", ((first,), (second,)), values)


def _fractions(*texts: str) -> tuple[Rational, ...]:
    return tuple(map(Rational, texts))


def _sides(low: str, high: str, dimension: int = 2) -> Box:
    return ((Rational(low), Rational(high)),) * dimension


@lru_cache(maxsize=1)
def settings() -> tuple[Setting, ...]:
    """The three registered games, Stag Hunt near (Hare, Hare), unequal firms, and three firms with convex costs."""
    return (
        Setting("cournot", cournot(), (Integer(1),) * 2, _sides("0", "2"), _fractions("1/8", "1/4", "1/2", "3/4")),
        Setting(
            "regularised-stag-hunt", regularised_stag_hunt(), (Rational(7, 8),) * 2, _sides("13/16", "1"),
            _fractions("1/512", "1/256", "1/128", "1/64"),
        ),
        Setting(
            "regularised-matching-pennies", regularised_matching_pennies(), (Rational(1, 2),) * 2, _sides("0", "1"),
            _fractions("1/64", "1/16", "1/8", "1/4"),
        ),
        Setting(
            "regularised-stag-hunt near Hare", regularised_stag_hunt(k="208/27"), (Rational(1, 8),) * 2,
            _sides("0", "1/4"), _fractions("1/512", "1/64", "1/32", "1/16"),
        ),
        Setting(
            "curved-demand", curved_demand(), (Integer(1), Integer(2)),
            (*_sides("1/2", "3/2", 1), *_sides("3/2", "5/2", 1)), _fractions("1/64", "1/16", "1/8", "1/4"),
        ),
        Setting(
            "cournot-3 convex", cournot(3, a=5, c=0, k="1/3"), (Integer(1),) * 3, _sides("0", "2", 3),
            _fractions("1/64", "1/16", "1/8", "1/4"),
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Certified:
    """The moved zero at one λ with L_λ on a box in which it is the only one, and the balls that follow.

    Attributes:
        rates: μ and its slopes.
        bounds: the remainder on the box.
        moved: the zero and its rate.
        bend: L_λ, an upper bound of |D²(v + λM)| on the box; 0 puts no limit on a ball.
        box: a side for every coordinate.
    """

    rates: Rates
    bounds: Remainder
    moved: Moved
    bend: Rational
    box: Box

    @property
    def paper(self) -> Rational | Ball:
        """μ + λμ_M."""
        return self.rates.line(self.rates.paper, self.moved.amount)

    @property
    def proved(self) -> Ball | None:
        """Weyl's line less Cλ², a lower bound of the rate; ``None`` from Λ on."""
        amount = self.moved.amount
        if not amount < self.bounds.reach:
            return None
        return as_ball(self.rates.line(self.rates.weyl, amount)) - ball(self.bounds.constant * amount**2)

    def reach(self, rate: Rational | Ball) -> Ball | None:
        """The paper's radius ρ = c · rate/L_λ; ``None`` if nothing bends."""
        return as_ball(rate) * ball(PAPER) / ball(self.bend) if self.bend else None

    def row(self, name: str) -> dict[str, Any]:
        """Everything as exact or ``[lo, hi]`` strings, flat."""
        amount, rates, true = self.moved.amount, self.rates, self.moved.rate
        with precision("prec", BITS):
            paper, proved = as_ball(self.paper), self.proved
            radii = [self.reach(rate) for rate in (self.paper, true)]
            rho, rho_true = ("unbounded" if radius is None else decimals(radius) for radius in radii)
            return {
                "game": name,
                "lambda": str(amount),
                "zero": [decimals(x) for x in self.moved.zero],
                "mu": shown(rates.rate),
                "mu_M": shown(rates.paper),
                "weyl_slope": shown(rates.weyl),
                "exact_slope": shown(rates.exact),
                "rate": decimals(true),
                "paper": shown(self.paper),
                "weyl": shown(rates.line(rates.weyl, amount)),
                "weyl_proved": None if proved is None else decimals(proved),
                "gap": decimals(true - paper),
                "half_slack": decimals(true - paper * ball(HALF)),
                "L": _rounded(self.bend),
                "rho": rho,
                "rho_true": rho_true,
                "inside_box": [inside(self.moved.zero, radius, self.box) for radius in radii],
                "box": [[str(low), str(high)] for low, high in self.box],
            }


def certified(case: Corrected, box: Box, amounts: tuple[Rational, ...]) -> list[Certified]:
    """The moved zeros at rising λ with their Lipschitz constants on a box.

    Raises:
        Undecided: v_λ may have another zero in the box, or an enclosure fails.
    """
    if not attracts_on(case, box, amounts[-1]):
        raise Undecided("the box may hold another zero")
    rates, bounds = Rates(case), remainder(case, box)
    return [Certified(rates, bounds, entry, bend_bound(case, box, entry.amount), box) for entry in moved(case, amounts)]


def inside(centre: Sequence[Ball], reach: Ball | None, box: Box) -> bool:
    """Whether the ball of that radius lies in the box; a field without bend needs no box."""
    if reach is None:
        return True
    with precision("prec", BITS):
        return all(
            x - reach >= ball(low) and x + reach <= ball(high) for x, (low, high) in zip(centre, box, strict=True)
        )
