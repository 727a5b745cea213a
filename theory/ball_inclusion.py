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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import flint
from sympy import Expr, Integer, Matrix, Poly, Rational, Symbol, diff, symbols

from theory import exact
from theory.balls import ball, precision, root_above
from theory.corrected import Corrected, Vector, jacobian, minus, square
from theory.errors import BadInput
from theory.exact import Sign, Undecided
from theory.games.model import Game
from theory.moved_zeros import enclosed_zero
from theory.policies import Coordinates, in_probabilities, parameters
from theory.program import Builder, Program
from theory.symbols import correction as size
from theory.values import point_of

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
            step = other.radius * (1 - Rational(1, 2**bits)) / root_above(square(apart), bits)
            point = tuple(a + step * direction for a, direction in zip(other.centre, apart, strict=True))
            if square(minus(point, self.centre)) > self.radius**2:
                return point
            bits *= 2

    def holds(self, point: Vector) -> bool:
        """Whether a point lies strictly inside."""
        return bool(square(minus(point, self.centre)) < self.radius**2)


def first_order(case: Corrected, slope: Expr, lipschitz: Expr, lipschitz_slope: Expr, share: Expr = PAPER) -> Sign:
    """Sign of ρ′ − |d|: 1 means strict inclusion for all small λ > 0, −1 that it fails for all, 0 decides nothing."""
    growth = radius_slope(case.rate, slope, lipschitz, lipschitz_slope, share)
    if growth < 0:
        return -1
    difference = growth**2 - square(case.direction)
    return 0 if difference == 0 else 1 if difference > 0 else -1


# -------------------------------------------------------------------------------------------- second route: enclosures


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
    with precision("prec", 256):
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


# -------------------------------------------------------------------------------------------------------------- games


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
