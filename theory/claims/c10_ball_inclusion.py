"""C10: whether the corrected certified ball contains the policy-gradient ball, and where such balls exist at all.

The mathematics is in :mod:`theory.ball_inclusion`. Three things decide that the growth of μ + λμ_M leaves out: the
centre moves by λ|Dv⁻¹M| + O(λ²), the Lipschitz constant may grow, and D²v changes the rate at the moved zero.

**No ball in finite games.** One-shot games, direct coordinates: Vⁱ is affine in the own policy, so ∇_i∇_iVⁱ = 0, the
trace of Dv is 0 at *every* point, and λmax(sym Dv) ≥ 0: μ ≤ 0. Games with states, two actions: v_s = N/Δ where N does
not contain the player's own probability there (C18.theorem); at a zero of v, N = 0, so the diagonal of Dv is 0 and
μ ≤ 0 again. Logit coordinates: the diagonal is (1 − 2p)g_i in one-shot games (with states (w g_s)′w, w = p(1 − p)), 0
at zeros. At strict pure equilibria v ≠ 0: what holds there is of first order (C10.strict).

**Potential games.** Let Vⁱ = U + kⁱ(x₋ᵢ) − hᵢ(xᵢ) with U affine in every player's parameters. Then
Mᵢ = Σⱼ (∇ᵢ∇ⱼVʲ)∇ⱼVⁱ has ∇ᵢMᵢ = Σⱼ (∇ᵢ∇ⱼU)(∇ⱼ∇ᵢU), so tr DM = Σ_{i≠j} ‖∇ᵢ∇ⱼU‖² ≥ 0 whatever the costs hᵢ, and
μ_M = −λmax(sym DM) ≤ −tr DM/n ≤ 0: the premise that the correction improves the rate fails in the whole class.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

from sympy import Expr, Integer, Matrix, Mul, Poly, Rational, Symbol, diff, symbols

from theory.ball_inclusion import (
    PAPER,
    Ball,
    diagonal_lipschitz,
    drift_bound,
    first_order,
    inclusion_at,
    jacobian_at,
    kept,
    own_curvature,
    radius,
    radius_slope,
)
from theory.claims.c15_stag_hunt_entry import rising_condition
from theory.claims.c18_stable_equilibria import own_probability_is_absent
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import (
    Corrected,
    game_case,
    jacobian,
    largest_eigenvalue,
    signature,
    square,
    symmetric,
)
from theory.decomposition import decompose
from theory.drift import Diagonal
from theory.exact import QuotientField, Undecided, definite_sign, is_zero, leading_term, lowest_terms, positive_on
from theory.games import (
    DifferentiableGame,
    Game,
    battle_of_the_sexes,
    chicken,
    coordination,
    cournot,
    ipd,
    matching_pennies,
    prisoners_dilemma,
    regularised_matching_pennies,
    regularised_stag_hunt,
    stag_hunt,
)
from theory.games.symbolic import symbolic_game
from theory.moved_zeros import moved_zero_series, spectrum_residual, taylor_residuals
from theory.policies import in_probabilities, parameters
from theory.profiles import parse_profile
from theory.separatrix import corrected_field, separatrix
from theory.symbols import P, R, S, T, alpha
from theory.symbols import correction as size
from theory.values import value_program

X = Symbol("x", real=True)
LINE = (-X + X**2 / 2,)  # mu = L = 1, zeros 0 and 2


def on_the_line(correction: Expr, field: Expr = LINE[0]) -> Corrected:
    """A field on the line with its zero at 0."""
    return Corrected((X,), (field,), (correction,), (Integer(0),))


# ---------------------------------------------------------------------------------------------------------- the radius


def _check_ball() -> Finding:
    share, distance = Symbol("c", positive=True), Symbol("r", positive=True)
    if not is_zero(kept(share) - (1 - share / 2)):
        return undecided("the ball of radius c mu/L does not keep 1 - c/2 of the rate")
    case = on_the_line(Integer(0))
    (v,) = case.field
    lipschitz = abs(diff(v, X, 2))
    sharp = (v * X).subs(X, distance) - drift_bound(case.rate, lipschitz, distance)
    if not is_zero(sharp) or not is_zero(v.subs(X, radius(case.rate, lipschitz, Integer(2)))):
        return undecided("-x + x^2/2 does not attain the bound up to its other zero")
    if is_zero((v * X).subs(X, -distance) - drift_bound(case.rate, lipschitz, distance)):
        raise Undecided("the check cannot fail: the bound is attained on the side where v is stronger too")
    evidence = Evidence(
        "identity",
        "Taylor's formula for v with an L-Lipschitz Jacobian; attained by an example",
        f"<v, x - phi*> <= -(mu - L r/2) r^2: on radius c mu/L the rate 1 - c/2 is kept, {kept(PAPER)} at the paper's "
        f"c = {PAPER}; v = -x + x^2/2 attains the bound for 0 <= x <= 2 = 2 mu/L, where its other zero lies",
        {"kept": str(kept(share)), "kept_at_paper": str(kept(PAPER)), "field": str(v), "largest_radius": "2 mu/L"},
    )
    return Finding(
        Verdict.PROVED, "every radius below 2 mu/L certifies, and in general no larger one does", (evidence,)
    )


# ------------------------------------------------------------------------------------------------------- the inclusion

LARGEST = Rational(1, 2)  # the counterexample is shown for every lambda in (0, 1/2]


def _over_size(expression: Expr) -> Expr:
    """A polynomial in λ that vanishes at 0, divided by λ."""
    quotient, rest = Poly(expression, size).div(Poly(size, size))
    if not rest.is_zero:
        raise Undecided(f"{expression} does not vanish at lambda = 0")
    return quotient.as_expr()


def left_behind(case: Corrected, share: Expr) -> bool:
    """Whether the moved zero on the line lies beyond the growth of the radius for all λ in (0, 1/2] (there L_λ = 1).

    v_λ > 0 at x = c λ μ_M, where the ball would have to reach, and v_λ(1) < 0, so the zero lies between; v_λ(2) > 0, so
    the other zero lies between 1 and 2: the basin (−∞, 2) has shrunk.
    """
    (total,) = case.total()
    reach = share * size * case.paper_slope
    return (
        positive_on(_over_size(total.subs(X, reach).expand()), size, Integer(0), LARGEST)
        and positive_on(-total.subs(X, 1).expand(), size, Integer(0), LARGEST)
        and positive_on(_over_size(total.subs(X, 2).expand()), size, Integer(0), LARGEST)
    )


def balls_on_the_line(case: Corrected, amount: Rational, zero: Rational, share: Expr = PAPER) -> tuple[Ball, Ball]:
    """The balls at 0 and at λ with the paper's rate, L_λ = |v_λ″| (constant), after a check that the zero is one."""
    (total,) = case.total(amount)
    if not is_zero(total.subs(X, zero)):
        raise Undecided(f"{zero} is no zero of {total}")
    bends = [abs(diff(entry, X, 2)) for entry in (case.field[0], total)]
    if any(bend.free_symbols for bend in bends):
        raise Undecided("the second derivative is not constant")
    return (
        Ball((Integer(0),), radius(case.rate, bends[0], share)),
        Ball((zero,), radius(case.rate + amount * case.paper_slope, bends[1], share)),
    )


def spillover_game(spill: Rational) -> DifferentiableGame:
    """V¹ = −x²/2 + xy + x³/6 + k y and V² = −y²/2 − xy + y³/6 + k x: the spillovers k do not occur in v."""
    x, y = symbols("x y", real=True)
    values = (-(x**2) / 2 + x * y + x**3 / 6 + spill * y, -(y**2) / 2 - x * y + y**3 / 6 + spill * x)
    return DifferentiableGame("spillover", ((x,), (y,)), values)


ORIGIN = (Integer(0), Integer(0))
PLANE = ((Integer(-1), Integer(1)),) * 2  # the second derivatives are constant, so any box serves


def _check_inclusion() -> Finding:
    case = on_the_line(1 - X / 10)
    if not left_behind(case, PAPER) or not left_behind(case, Integer(2)):
        return undecided("the moved zero is not left behind by the growing radius")
    if any(first_order(case, slope, Integer(1), Integer(0)) != -1 for slope in case.slopes().values()):
        return undecided("the first-order condition does not refute the example")
    amount, zero, other = Rational(20, 99), Rational(2, 9), Rational(20, 11)
    before, after = balls_on_the_line(case, amount, zero)
    missed = after.missed(before)
    if missed is None or not is_zero(case.total(amount)[0].subs(X, other)):
        return undecided("the balls at lambda = 20/99 are nested")
    if not _centred().contains(before):
        raise Undecided("the check cannot fail: it refuses a larger ball about the same centre")
    one = Evidence(
        "counterexample",
        "signs of v_lambda at three points by Sturm's theorem in lambda; exact zeros at one lambda",
        "v = -x + x^2/2, M = 1 - x/10 (mu = L = L_lambda = 1, mu_M = 1/10): for all lambda in (0, 1/2] the centre "
        f"moves farther than the radius grows, for c = 1/2 and even c = 2; at lambda = {amount} the balls are |x| < "
        f"{before.radius} and |x - {zero}| < {after.radius}, and {missed[0]} lies in the first only; the basin "
        f"(-oo, 2) of v shrinks to (-oo, {other})",
        {
            "v": str(case.field[0]),
            "M": str(case.correction[0]),
            "lambda": str(amount),
            "zeros": [str(zero), str(other)],
            "radii": [str(before.radius), str(after.radius)],
            "missed": str(missed[0]),
            "true_rate": str(-diff(case.total(amount)[0], X).subs(X, zero)),
            "slopes_of_rate": {name: str(value) for name, value in case.slopes().items()},
        },
    )
    grown = on_the_line(-X / 10 + X**2 / 10)
    small, tiny = balls_on_the_line(grown, Rational(1, 10), Integer(0))
    if first_order(grown, grown.paper_slope, Integer(1), Rational(1, 5)) != -1 or tiny.contains(small):
        return undecided("the radius grows although L does")
    two = Evidence(
        "counterexample",
        "exact radii; first-order condition",
        "v = -x + x^2/2, M = -x/10 + x^2/10: the centre stays, mu_M = 1/10, but L_lambda = 1 + lambda/5 and the radius "
        f"shrinks: {small.radius} to {tiny.radius} at lambda = 1/10",
        {"v": str(grown.field[0]), "M": str(grown.correction[0]), "radii": [str(small.radius), str(tiny.radius)]},
    )
    outcomes, rows = [], {}
    for spill in (Rational(1), Rational(1, 4)):
        played = game_case(spillover_game(spill), ORIGIN)
        lipschitz = diagonal_lipschitz(played.field, played.symbols, PLANE)
        moved_by = square(played.direction)
        signs = [first_order(played, slope, lipschitz, Integer(0)) for slope in played.slopes().values()]
        nested = [inclusion_at(played, Rational(1, 2**k), lipschitz, lipschitz, False) for k in (4, 8, 12)]
        outcomes.append((signs[0], set(nested)))
        rows[str(spill)] = {
            "mu": str(played.rate),
            "L": str(lipschitz),
            "slopes_of_rate": {name: str(value) for name, value in played.slopes().items()},
            "shift_squared": str(moved_by),
            "first_order_signs": signs,
            "nested_at_1/16_1/256_1/4096": nested,
        }
    if outcomes != [(-1, {False}), (1, {True})]:
        return undecided(f"the spillover game does not go both ways: {outcomes}")
    three = Evidence(
        "counterexample",
        "M derived as the peer-learning correction; first-order condition; certified enclosures of the moved zero",
        "V1 = -x^2/2 + xy + x^3/6 + ky, V2 = -y^2/2 - xy + y^3/6 + kx (mu = L = mu_M = 1 for every k, and v does not "
        "contain k): the balls are nested for small lambda at k = 1/4, not at k = 1",
        rows,
    )
    return Finding(Verdict.REFUTED, "the centre moves by lambda |Dv^-1 M|, and L_lambda may grow", (one, two, three))


def _centred() -> Ball:
    case = on_the_line(-X / 10)
    return balls_on_the_line(case, Rational(20, 99), Integer(0))[1]


# ------------------------------------------------------------------------------------------------------- the condition

TURNS = (
    Matrix([[Rational(3, 5), Rational(-4, 5)], [Rational(4, 5), Rational(3, 5)]]),
    Matrix([[Rational(5, 13), Rational(-12, 13)], [Rational(12, 13), Rational(5, 13)]]),
)
SKEW = Matrix([[0, -1], [1, 0]])
EXAMPLES = 8
SMALL = Rational(1, 2**16)


def random_case(draw: random.Random, stretch: Rational) -> tuple[Corrected, Rational, Rational]:
    """A random planar field with rational μ and μ_M, and |d| = stretch · the paper's ρ′; with L₀ and L_M.

    The Lipschitz constants are sums of the absolute values of all second derivatives.
    """
    wrt = symbols("x y", real=True)
    x = Matrix(wrt)

    def stable(turn: Any) -> Any:
        low = Rational(draw.randint(2, 6), 2)
        return -turn * Matrix([[low, 0], [0, low + draw.randint(1, 3)]]) * turn.T + draw.randint(-2, 2) * SKEW

    def bend(scale: int) -> tuple[list[Expr], Rational]:
        rows, total = [], Integer(0)
        for _ in wrt:
            a, b, c = (Rational(draw.randint(-3, 3), scale) for _ in range(3))
            rows.append(a * wrt[0] ** 2 / 2 + b * wrt[0] * wrt[1] + c * wrt[1] ** 2 / 2)
            total += abs(a) + 2 * abs(b) + abs(c)
        return rows, total

    slope, tilt = stable(TURNS[0]), stable(TURNS[1])
    (bent, lipschitz), (bent_too, growth) = bend(1), bend(32)
    lipschitz += 1  # a Lipschitz constant need not be the least, but must not be 0
    here = Corrected(wrt, tuple(slope * x + Matrix(bent)), (Integer(0), Integer(0)), ORIGIN)
    reach = radius_slope(here.rate, -largest_eigenvalue(symmetric(tilt)), lipschitz, growth)
    shift = Matrix([Rational(3, 5), Rational(4, 5)]) * reach * stretch
    correction = tuple(slope * shift + tilt * x + Matrix(bent_too))
    return Corrected(wrt, here.field, correction, ORIGIN), lipschitz, growth


def equality(turn: Rational, twist: Rational, push: Rational) -> tuple[Corrected, Expr]:
    """|d| = ρ′ exactly (mu = L = 1, mu_M = 1/10), and (ρ_λ − ρ₀)² − |φ*_λ − φ*|² over a positive factor, exactly.

    v = (−x − ky, kx − y, −z + z²/2) and M = (m − x/10 − k′y, k′x − y/10, −z/10). The moved zero solves a linear system
    and has z = 0.
    """
    x, y, z = symbols("x y z", real=True)
    tenth = Rational(1, 10)
    case = Corrected(
        (x, y, z),
        (-x - turn * y, turn * x - y, -z + z**2 / 2),
        (push - tenth * x - twist * y, twist * x - tenth * y, -tenth * z),
        (Integer(0),) * 3,
    )
    total = case.total()[:2]
    slopes = jacobian(total, (x, y))
    moved = slopes.LUsolve(-Matrix([entry.subs({x: 0, y: 0}) for entry in total]))
    room = (size * case.paper_slope / 2) ** 2
    numerator, denominator = lowest_terms((room - square(moved)) / size**2).as_numer_denom()
    if not positive_on(denominator, size, Integer(0), tenth):
        raise Undecided("the denominator is not positive")
    return case, _over_size(numerator.expand())


def _check_condition() -> Finding:
    for dimension in (1, 2, 3):
        if not all(is_zero(entry) for entry in taylor_residuals(dimension)):
            return undecided(f"the first-order formulas fail in dimension {dimension}")
    for control in ((1, -1), (-1, 0), (-1, 1)):
        if all(is_zero(entry) for entry in taylor_residuals(2, *control)):
            raise Undecided("the check cannot fail: it accepts a wrong direction or a rate without D^2 v")
    mu, slope, lip, growth, share = symbols("mu mu_1 L_0 L_M c", real=True)
    rise = radius_slope(mu, slope, lip, growth, share)
    if not is_zero(rise - share * (slope * lip - mu * growth) / lip**2):
        return undecided("the radius has another derivative")

    draw, rows, seen = random.Random(10), [], set()
    for index in range(EXAMPLES):
        case, lipschitz, growth_ = random_case(draw, Rational(2 * (index % 4) + 1, 4))
        series = [row[1] for row in moved_zero_series(case)]
        if series != [-entry for entry in case.direction]:
            return undecided(f"the series of the moved zero is {series}")
        if spectrum_residual(case, case.exact_slope) != (0, 0) or spectrum_residual(case, case.paper_slope)[1] == 0:
            return undecided("the characteristic polynomial has another derivative of the rate")
        row = {}
        for name, slope_, true_rate in (("paper", case.paper_slope, False), ("exact", case.exact_slope, True)):
            sign = first_order(case, slope_, lipschitz, growth_)
            nested = inclusion_at(case, SMALL, lipschitz, lipschitz + SMALL * growth_, true_rate)
            if sign == 0 or nested != (sign == 1):
                return undecided(f"{name}: first order says {sign}, the balls at lambda = {SMALL} say {nested}")
            seen.add((name, sign))
            row[name] = sign
        rows.append({"v": list(map(str, case.field)), "M": list(map(str, case.correction)), **row})
    if len(seen) != 4:
        raise Undecided(f"the check cannot fail: only {sorted(seen)} occur")

    ties = {}
    for name, inputs in (("nested", (0, 0, Rational(1, 20))), ("not nested", (Rational(3, 4), -1, Rational(1, 16)))):
        tied, excess = equality(*map(Rational, inputs))
        lipschitz = diagonal_lipschitz(tied.field, tied.symbols, ((Integer(-1), Integer(1)),) * 3)
        if first_order(tied, tied.exact_slope, lipschitz, Integer(0)) != 0 or tied.exact_slope != tied.paper_slope:
            return undecided("the tie is none")
        if not positive_on(excess if name == "nested" else -excess, size, Integer(0), Rational(1, 10)):
            return undecided(f"the tie is not {name}")
        ties[name] = {"v": list(map(str, tied.field)), "M": list(map(str, tied.correction)), "excess": str(excess)}
    evidence = (
        Evidence(
            "identity",
            "series in lambda with symbols for every derivative of v and M, dimensions 1 to 3",
            "phi*_lambda = phi* - lambda d, D v_lambda = Dv + lambda (DM - D^2v[d]), up to O(lambda^2), d = Dv^-1 M; "
            f"the radius grows at {rise}; without D^2v, or with d reversed, the residual is not 0",
            {"radius_slope": str(rise), "dimensions": [1, 2, 3]},
        ),
        Evidence(
            "identity",
            "power series of the moved zero and of the characteristic polynomial; enclosures (Krawczyk) of the zero",
            f"{EXAMPLES} random planar fields: at lambda = {SMALL} the balls are nested exactly where |d| < rho', for "
            "the paper's rate and the true one; both outcomes occur",
            {"lambda": str(SMALL), "examples": rows},
        ),
        Evidence(
            "identity",
            "moved zeros from linear systems, signs by Sturm's theorem for every lambda in (0, 1/10]",
            "two fields with |d| = rho': nested for all small lambda in one, for none in the other",
            ties,
        ),
    )
    return Finding(Verdict.PROVED, "triangle inequality, and the first-order terms of centre and radius", evidence)


# ---------------------------------------------------------------------------------------------------------------- entry

WIDE = Integer(2)  # starts and Lipschitz constant on [−2, 2]
QUINTIC = (-X + X**3, -X + 4 * X**3 - Rational(3, 10) * X**5)


def _nested_but_smaller() -> Evidence:
    """On [−2, 2] v = −x + x³ with M = −x + 4x³ − 3x⁵/10, λ in (0, 1/8].

    12 − v_λ″ = 6(2 − x)(1 − λx(2 + x)) ≥ 0 since x(2 + x) ≤ 8, and v_λ″ is odd with v_λ″(2) = 12: L_λ = 12. As M(0) = 0
    the centre stays, so the balls have radii 1/24 < (1 + λ)/24. v_λ = x h(x²) with h(0) < 0 < h(1), and h″ < 0 and
    h(4) > 0 leave h positive on [1, 4]: one zero x in (0, 1) bounds the basin, and what starts beyond it moves away.
    """
    case = on_the_line(QUINTIC[1], QUINTIC[0])
    (total,) = case.total()
    bend = diff(total, X, 2)
    if not is_zero(WIDE * 6 - bend - 6 * (2 - X) * (1 - size * X * (2 + X))) or not is_zero(bend + bend.subs(X, -X)):
        raise Undecided("the second derivative has another form")
    if not positive_on(9 - X * (2 + X), X, -WIDE, WIDE) or Rational(1, 8) * 8 > 1:
        raise Undecided("x (2 + x) exceeds 8")
    y = Symbol("y", real=True)
    shape = lowest_terms(total / X).expand().subs({X**2: y, X**4: y**2})
    if not is_zero(shape.subs(y, X**2) * X - total):
        raise Undecided("v_lambda is not x h(x^2)")
    eighth = Rational(1, 8)
    signs = (
        positive_on(-shape.subs(y, 0), size, Integer(0), eighth),
        positive_on(_over_size(shape.subs(y, 1).expand()), size, Integer(0), eighth),
        positive_on(shape.subs(y, 4).expand(), size, Integer(0), eighth),
        positive_on(-_over_size(diff(shape, y, 2).expand()), size, Integer(0), eighth),
    )
    if not all(signs):
        raise Undecided(f"the signs of h are {signs}")
    edge = Rational(19, 20)
    free, bound = QUINTIC[0].subs(X, edge), QUINTIC[1].subs(X, edge)
    amount = -free / bound
    if not (0 < amount <= eighth and case.direction == (0,)):
        raise Undecided("the basin does not end at 19/20 for any lambda of the range")
    balls = [Ball((Integer(0),), radius(case.rate + k * case.paper_slope, 6 * WIDE)) for k in (Integer(0), amount)]
    if not balls[1].contains(balls[0]) or balls[0].contains(balls[1]) or case.exact_slope != case.paper_slope:
        raise Undecided("the balls are not strictly nested")
    before = Integer(1)
    if not is_zero(QUINTIC[0].subs(X, before)):
        raise Undecided("the basin of v does not end at 1")
    return Evidence(
        "counterexample",
        "Lipschitz constant, zeros and basin from polynomial identities and signs, for every lambda in (0, 1/8]",
        "v = -x + x^3, M = -x + 4x^3 - 3x^5/10 on [-2, 2]: L_lambda = 12, the centre stays, radii 1/24 and "
        f"(1 + lambda)/24, yet the basin (-1, 1) shrinks at both ends; at lambda = {amount} it is (-{edge}, {edge}), "
        f"and uniform starts on [-2, 2] enter with probability {edge / WIDE} instead of {before / WIDE}",
        {
            "v": str(QUINTIC[0]),
            "M": str(QUINTIC[1]),
            "lambda": str(amount),
            "basin": [str(-edge), str(edge)],
            "radii": [str(ball.radius) for ball in balls],
            "entry": [str(before / WIDE), str(edge / WIDE)],
        },
    )


def _apart_but_larger() -> Evidence:
    """For v = −x + x²/2 with M = 1 − x the balls are not nested for any λ in (0, 1], the basin grows from (−∞, 2)."""
    case = on_the_line(1 - X)
    (total,) = case.total()
    one = Integer(1)
    reach = PAPER * size * case.paper_slope
    if not positive_on(_over_size(total.subs(X, reach).expand()), size, Integer(0), one):
        raise Undecided("the moved zero is not left behind")
    if not positive_on(-_over_size(total.subs(X, 2).expand()), size, Integer(0), one):
        raise Undecided("v_lambda is not negative at 2")
    amount, zero, other = Rational(7, 24), Rational(1, 4), Rational(7, 3)
    before, after = balls_on_the_line(case, amount, zero)
    missed = after.missed(before)
    if missed is None or not is_zero(total.subs({size: amount, X: other})):
        raise Undecided(f"the balls are nested at lambda = {amount}")
    start, last = Integer(2), Integer(3)  # where the basin of v ends, and the starts
    if not is_zero(case.field[0].subs(X, start)):
        raise Undecided("the basin of v does not end at 2")
    return Evidence(
        "counterexample",
        "signs of v_lambda for every lambda in (0, 1]; exact zeros at one lambda",
        f"v = -x + x^2/2, M = 1 - x: the balls are never nested (at lambda = {amount}: radii {before.radius} "
        f"and {after.radius}, centre {zero}, {missed[0]} missed), yet the basin (-oo, 2) grows, to (-oo, {other}): "
        f"uniform starts on [0, {last}] enter with probability {other / last} instead of {start / last}",
        {
            "v": str(case.field[0]),
            "M": str(case.correction[0]),
            "lambda": str(amount),
            "zeros": [str(zero), str(other)],
            "radii": [str(before.radius), str(after.radius)],
            "missed": str(missed[0]),
            "entry": [str(start / last), str(other / last)],
        },
    )


def _check_entry() -> Finding:
    evidence = (_nested_but_smaller(), _apart_but_larger())
    return Finding(Verdict.REFUTED, "certified balls are lower bounds of basins and do not order them", evidence)


# -------------------------------------------------------------------------------------------- finite games: no ball

SHAPES = ((2, 2), (2, 2, 2), (3, 3), (3, 2))
NAMED = ("AllD", "Grim", "D:CDDD")


def visits_are_free_of_own(game: Game) -> bool:
    """Whether no numerator of d(s) contains a player's own probability at s (d(s)Δ is a cofactor without row s)."""
    program = value_program(game, "direct")
    field = QuotientField(program.inputs)
    visits = program.run(field.values, field.constant)["visits"]
    return not any(
        symbol in field.polynomial(visits[state].numerator).free_symbols
        for row in parameters(game, "direct")
        for state, symbol in enumerate(row)
    )


def _check_finite() -> Finding:
    for shape in SHAPES:
        game = symbolic_game(shape)
        rows, _ = own_curvature(game, "direct")
        values = value_program(game).closed_form()["value"]
        again = [
            diff(value, a, b)
            for value, row in zip(values, parameters(game, "direct"), strict=True)
            for a, b in product(row, repeat=2)
        ]
        if not all(is_zero(entry) for entry in (*again, *(entry for row in rows for entry in row))):
            return undecided(f"an own second derivative does not vanish for {shape}")
    for shape in SHAPES[:2]:
        game = symbolic_game(shape)
        rows, slopes = own_curvature(game, "logit")
        first = [row[0] for row in parameters(game, "direct")]
        if not all(is_zero(h[0] - (1 - 2 * p) * g[0]) for h, g, p in zip(rows, slopes, first, strict=True)):
            return undecided(f"the logit diagonal is not (1 - 2p) g for {shape}")
        if any(is_zero(h[0]) for h in rows):
            raise Undecided("the check cannot fail: own second derivatives vanish everywhere in logit coordinates too")
    repeated = ipd()
    if not (own_probability_is_absent(repeated) and visits_are_free_of_own(repeated)):
        return undecided("a gradient of the memory-one game has the own probability in its numerator")
    spectra, told, flat = {}, [], parameters(repeated, "direct")
    for words in NAMED:
        profile = parse_profile(repeated, words)
        at = {s: Integer(1 - profile[i][k]) for i, row in enumerate(flat) for k, s in enumerate(row)}
        field, slopes_there = jacobian_at(repeated, at)
        negative, null, positive = signature(symmetric(slopes_there))
        if not any(field) or positive == 0:
            return undecided(f"{words}: v is 0 or the symmetric Jacobian has no positive eigenvalue")
        told.append(
            f"{words}: v = {field[0]} in the first round, not a zero, and sym Dv has {positive} positive eigenvalues"
        )
        spectra[words] = {
            "v": list(map(str, field)),
            "negative_zero_positive": [negative, null, positive],
            "trace": str(slopes_there.trace()),
            "symmetric_jacobian": [[str(e) for e in symmetric(slopes_there).row(i)] for i in range(len(field))],
        }
    evidence = (
        Evidence(
            "identity",
            "own Hessian blocks from the resolvent and by differentiating values twice, all payoffs symbolic",
            "one-shot games: the own second derivatives vanish identically (direct, 4 shapes) and equal (1 - 2p) g_i "
            "in logit (2 and 3 players with two actions): at zeros the trace of Dv is 0, so mu <= 0",
            {"shapes": [list(shape) for shape in SHAPES]},
        ),
        Evidence(
            "identity",
            "numerators of gaps and visits in closed form; Jacobians at pure profiles, eigenvalues by Descartes' rule",
            "memory-one IPD: v_s = N/D with N free of the own probability, so mu <= 0 at zeros; " + "; ".join(told),
            spectra,
        ),
    )
    return Finding(Verdict.PROVED, "a matrix with trace 0 has a symmetric part with an eigenvalue >= 0", evidence)


def _check_logit_corner() -> Finding:
    game = symbolic_game((2, 2))
    blocks = in_probabilities(decompose(game, "logit", 1, "expanded").program, game).closed_form()
    (p,), (q,) = parameters(game, "direct")
    a, b, r = symbols("a b r", positive=True)
    rows = {}
    for corner in product((0, 1), repeat=2):
        at = {s: c + (1 - 2 * c) * step * r for s, c, step in zip((p, q), corner, (a, b), strict=True)}
        inner: Expr = Integer(0)
        for player, (symbol, c) in enumerate(zip((p, q), corner, strict=True), start=1):
            (slope,), (peer,) = blocks[f"current_{player}"], blocks[f"peer_{player}"]
            moved = symbol * (1 - symbol) * (slope + size * lowest_terms(peer / alpha))  # dp/dt = p (1 - p) dx/dt
            inner += moved.subs(at, simultaneous=True) * (at[symbol] - c)
        order, lead = leading_term(inner, r)
        if order <= 2:
            return undecided(f"at {corner} the inner product is of order {order}")
        rows[str(corner)] = {"order": order, "leading": str(lead.factor())}
    direct = decompose(game, form="expanded").policy_gradient[0][0]
    if is_zero(direct.subs(q, 1)):
        raise Undecided("the check cannot fail: the direct field vanishes at the corner too")
    evidence = Evidence(
        "identity",
        "expansion of <x', x - x*> along every ray into the square, all payoffs symbolic, correction included",
        "2 x 2 games, logit field seen in probabilities: along p = c +- a r, q = d +- b r the inner product is O(r^3), "
        "so <x', x - x*>/|x - x*|^2 tends to 0 at every corner and no mu > 0 exists",
        rows,
    )
    return Finding(Verdict.PROVED, "the field vanishes to second order at pure profiles", (evidence,))


def _check_strict() -> Finding:
    """−⟨v_λ, x − x*⟩ = K [A s − s² + (1 − λK) r²] with s = u + w, r² = u² + w², u = 1 − p, w = 1 − q.

    K = R − S − T + P and A = (1 + λK)(1 − s*/2). At fixed r, s runs from r to √2 r and the bracket is concave in s, so
    it is positive on the arc exactly if it is at both ends: A > λKr and √2 A > (1 + λK)r. For λK ≤ 1 the second implies
    the first (√2 λK ≤ 1 + λK), so the largest radius is √2 A/(1 + λK) = √2 (1 − s*/2): up to the interior zero.
    """
    line = separatrix(stag_hunt())
    game = line.game
    (p,), (q,) = parameters(game, "direct")
    field = corrected_field(game)
    u, w = symbols("u w", real=True)
    bracket = R - S - T + P
    here = {p: 1 - u, q: 1 - w}
    toward = sum((x * entry.subs(here, simultaneous=True) for x, entry in zip((u, w), field, strict=True)), Integer(0))
    reach = (1 + size * bracket) * (1 - line.boundary / 2)
    total, length = u + w, u**2 + w**2
    if not is_zero(toward - bracket * (reach * total - total**2 + (1 - size * bracket) * length)):
        return undecided("the inner product is not K (A s - s^2 + (1 - lambda K) r^2)")
    if is_zero(toward - bracket * (reach * total - total**2 + length)):
        raise Undecided("the check cannot fail: it accepts the inner product without the correction's own term")
    if definite_sign(bracket, game.ordering) != 1:
        return undecided("K is not positive over the class")
    sign, factors = rising_condition(line)
    if len(factors) != 1 or not is_zero(sign * factors[0] - (S - T)):
        return undecided("the boundary does not move as S - T says")
    shown = {}
    for amount in (Rational(0), Rational(1, 10), Rational(1, 5)):
        boundary = line.boundary.subs(line.values(amount))
        shown[str(amount)] = {"stag": str(2 * (1 - boundary / 2) ** 2), "hare": str(2 * (boundary / 2) ** 2)}
    evidence = Evidence(
        "identity",
        "inner product in symmetric functions of 1 - p and 1 - q, payoffs and lambda symbolic; sign of ds*/dlambda",
        "stag-hunt, direct: <v + lambda C, x - x*> < 0 on |x - x*|^2 < 2 (1 - s*(lambda)/2)^2 about (Stag, Stag), "
        "which rises with lambda iff T > S; at 4,0,3,2: "
        + ", ".join(f"{row['stag']} at {amount}" for amount, row in shown.items()),
        {"boundary": str(line.boundary), "squared_radii_at_4_0_3_2": shown},
    )
    return Finding(Verdict.PROVED, "the centre stays, and the ball ends at the interior zero s*/2 (1, 1)", (evidence,))


# -------------------------------------------------------------------------------------------------- games with a ball


def generic_game(shape: Sequence[int], potential: bool) -> tuple[DifferentiableGame, Expr]:
    """Vⁱ = Uⁱ + kⁱ(x₋ᵢ) − hᵢ(xᵢ) with symbols for all coefficients, and Σ_{i≠j} tr (∇_i∇_jVⁱ)(∇_j∇_iVʲ).

    Uⁱ and kⁱ are affine in every player's parameters, hᵢ is a polynomial of degree 4 in each own parameter with all
    products of two; with a potential, Uⁱ = U for all.
    """
    blocks = [symbols(f"x{i}_1:{width + 1}", real=True) for i, width in enumerate(shape, start=1)]
    made: list[Symbol] = []

    def fresh() -> Symbol:
        made.append(Symbol(f"c{len(made)}", real=True))
        return made[-1]

    def affine(rows: Sequence[Sequence[Symbol]]) -> Expr:
        return sum((fresh() * Mul(*term) for term in product(*((Integer(1), *row) for row in rows))), Integer(0))

    common = affine(blocks)
    values = []
    for i, row in enumerate(blocks):
        own = sum((fresh() * x**k for x in row for k in (2, 3, 4)), Integer(0))
        own += sum((fresh() * x * y for x, y in combinations(row, 2)), Integer(0))
        others = affine([other for j, other in enumerate(blocks) if j != i])
        values.append((common if potential else affine(blocks)) + others - own)
    total: Expr = Integer(0)
    for i, j in product(range(len(shape)), repeat=2):
        if i != j:
            total += sum(
                (diff(values[i], a, b) * diff(values[j], a, b) for a in blocks[i] for b in blocks[j]), Integer(0)
            )
    game = DifferentiableGame(
        "generic", tuple(map(tuple, blocks)), tuple(values), tuple((s, Rational(0)) for s in made)
    )
    return game, total


NAMED_GAMES = (stag_hunt(), coordination(), battle_of_the_sexes(), chicken(), prisoners_dilemma(), matching_pennies())


def correction_slope(game: DifferentiableGame) -> Any:
    """DM, symbolic."""
    peer = [lowest_terms(e / alpha) for row in decompose(game, form="expanded").peer_learning for e in row]
    return jacobian(peer, [symbol for row in game.variables for symbol in row])


def _check_potential() -> Finding:
    for shape, potential in (((1, 1), False), ((1, 1, 1), False), ((1, 1), True), ((1, 1, 1), True), ((2, 2), True)):
        game, total = generic_game(shape, potential)
        slopes = correction_slope(game)
        if not is_zero(slopes.trace() - total):
            return undecided(f"tr DM is not the sum of products of mixed derivatives for {shape}")
        if potential:
            flat = [(i, s) for i, row in enumerate(game.variables) for s in row]
            pairs = [(i, a, b) for (i, a), (j, b) in product(flat, repeat=2) if i != j]
            squares = sum((diff(game.values[i], a, b) ** 2 for i, a, b in pairs), Integer(0))
            if not is_zero(total - squares):
                return undecided(f"the trace is not a sum of squares for {shape}")
        if shape == (1, 1):
            (x,), (y,) = game.variables
            mixed = [diff(value, x, y) for value in game.values]
            if not all(is_zero(entry) for entry in slopes - mixed[0] * mixed[1] * Matrix([[1, 0], [0, 1]])):
                return undecided("DM is not D_1 D_2 times the identity")
    named = {game.name: -_mixed(game)[0] * _mixed(game)[1] for game in NAMED_GAMES}
    if not max(named.values()) > 0:
        raise Undecided("the check cannot fail: mu_M <= 0 in Matching Pennies too")
    if any(value > 0 for name, value in named.items() if name != "matching-pennies"):
        return undecided(f"mu_M is positive in a game that is not one of opposed interests: {named}")
    evidence = Evidence(
        "identity",
        "peer-learning correction of games with symbols for all coefficients, its trace compared term by term",
        "potential games with arbitrary own costs, 2 players (1 and 2 parameters) and 3 players: tr DM = sum of "
        "|grad_i grad_j U|^2, so mu_M <= 0; any 2 x 2 game with own costs: DM = D_1 D_2 I and M is affine, so "
        f"mu_M = -D_1 D_2 everywhere: {', '.join(f'{value} in {name}' for name, value in named.items())}",
        {"mu_M": {name: str(value) for name, value in named.items()}},
    )
    return Finding(Verdict.PROVED, "the largest eigenvalue is at least the mean eigenvalue tr DM/n >= 0", (evidence,))


def _mixed(game: Game) -> list[Expr]:
    (p,), (q,) = parameters(game, "direct")
    return [diff(game.value_of(value), p, q) for value in value_program(game).closed_form()["value"]]


BOX = ((Integer(0), Integer(1)),) * 2
HALF = Rational(1, 2)


# A game with an interior equilibrium, and where it is.
CONVEX_COURNOT = (cournot(c=0, k="1/3"), (Integer(1), Integer(1)))
STAG_HUNT = (regularised_stag_hunt(), (Rational(7, 8), Rational(7, 8)))
PENNIES = (regularised_matching_pennies(), (HALF, HALF))


def ball_row(
    case: Corrected, box: Sequence[tuple[Rational, Rational]], amount: Rational, moved: Sequence[Rational]
) -> dict[str, Any]:
    """μ, μ_M, the other derivatives of the rate, L, both balls and what they decide, for an affine M."""
    if any(not is_zero(e) for m in case.correction for e in jacobian([diff(m, s) for s in case.symbols], case.symbols)):
        raise Undecided("M is not affine, so L_lambda may change")
    if not all(is_zero(entry.subs(dict(zip(case.symbols, moved, strict=True)))) for entry in case.total(amount)):
        raise Undecided(f"{tuple(moved)} is no zero at lambda = {amount}")
    lipschitz = diagonal_lipschitz(case.field, case.symbols, box)
    before = Ball(case.zero, radius(case.rate, lipschitz))
    after = Ball(tuple(moved), radius(case.rate + amount * case.paper_slope, lipschitz))
    for ball in (before, after):
        if any(
            c - ball.radius < low or c + ball.radius > high for c, (low, high) in zip(ball.centre, box, strict=True)
        ):
            raise Undecided("a ball leaves the box on which L is a Lipschitz constant")
    missed = after.missed(before)
    return {
        "v": [str(entry) for entry in case.field],
        "M": [str(entry) for entry in case.correction],
        "zero": list(map(str, case.zero)),
        "mu": str(case.rate),
        "mu_M": str(case.paper_slope),
        "true_slope_of_rate": str(case.exact_slope),
        "L": str(lipschitz),
        "rho_0": str(before.radius),
        "shift_per_lambda": [str(-entry) for entry in case.direction],
        "lambda": str(amount),
        "moved_zero": list(map(str, moved)),
        "rho_lambda": str(after.radius),
        "nested": missed is None,
        "missed": None if missed is None else list(map(str, missed)),
        "first_order": {name: first_order(case, slope, lipschitz, Integer(0)) for name, slope in case.slopes().items()},
    }


def _check_games() -> Finding:
    rows: dict[str, dict[str, Any]] = {}
    for (game, zero), target, box in (
        (CONVEX_COURNOT, Rational(21, 20), ((Integer(0), Integer(4)),) * 2),
        (STAG_HUNT, Rational(9, 10), BOX),
    ):
        case = game_case(game, zero)
        branch = Diagonal.of(case)
        branch.check(target)  # the zero moves continuously from φ* to the target
        rows[game.name] = ball_row(case, box, branch.amount(target), (target, target))
    pennies, centre = PENNIES
    case = game_case(pennies, centre)
    rows[pennies.name] = ball_row(case, BOX, Rational(1, 16), centre)
    x, y = case.symbols
    inner = sum((e * (s - c) for e, s, c in zip(case.total(), case.symbols, centre, strict=True)), Integer(0))
    u, w = x - HALF, y - HALF
    if not is_zero(inner + (1 + 16 * size) * (u**2 + w**2) + 4 * (u**4 + w**4)):
        return undecided("matching pennies: the inner product has another form")
    expected = {"cournot": -1, "regularised-stag-hunt": -1, "regularised-matching-pennies": 1}
    for name, sign in expected.items():
        row = rows[name]
        if row["nested"] != (sign == 1) or set(row["first_order"].values()) != {sign}:
            return undecided(f"{name}: {row}")
    evidence = Evidence(
        "identity",
        "v and the peer-learning correction derived from values; least Lipschitz constants; rational moved zeros",
        "; ".join(
            f"{name}: mu = {r['mu']}, mu_M = {r['mu_M']} (true slope {r['true_slope_of_rate']}), L = {r['L']}, rho_0 = "
            f"{r['rho_0']}, rho = {r['rho_lambda']} about ({', '.join(r['moved_zero'])}) at lambda = {r['lambda']}: "
            f"{'nested' if r['nested'] else 'not nested'}"
            for name, r in rows.items()
        ),
        rows,
    )
    return Finding(
        Verdict.PROVED,
        "complements and substitutes alike have D_1 D_2 > 0, so mu_M < 0; with opposed interests mu_M > 0, but there "
        "every start entered already",
        (evidence,),
    )


CLAIMS = (
    Claim(
        "C10",
        "The certified ball of radius (mu + lambda mu_M)/(2 L_lambda) strictly contains the policy-gradient ball "
        "for small lambda.",
        "paper, Prop. (iii)",
        scope="fields with an interior zero of mu > 0; C10.condition says when it is true, C10.finite-games that the "
        "games of the paper have no such zero",
        requires=("C10.inclusion",),
    ),
    Claim(
        "C10.inclusion",
        "With mu_M > 0 the ball about phi*_lambda strictly contains the ball about phi* for small lambda.",
        "paper, Prop. (iii)",
        assumptions=("mu > 0", "mu_M > 0", "L_lambda the least Lipschitz constant of D(v + lambda M)"),
        scope="one-dimensional fields, and a two-player game whose M is the peer-learning correction; radii c mu/L, "
        "the first example for c = 1/2 and c = 2",
        check=_check_inclusion,
    ),
    Claim(
        "C10.ball",
        "On |x - phi*| <= c mu/L, 0 < c < 2, the drift is at most -(1 - c/2) mu |x - phi*|^2, and radius 2 mu/L cannot "
        "be exceeded.",
        "derived here",
        assumptions=("Dv is L-Lipschitz (operator norm) on a convex set that holds the ball", "mu > 0"),
        scope="any dimension by Taylor's formula; sharp on the line",
        check=_check_ball,
    ),
    Claim(
        "C10.condition",
        "The inclusion holds iff |phi*_lambda - phi*| + rho_0 <= rho_lambda; with d = Dv^-1 M(phi*) it holds strictly "
        "for all small lambda > 0 if |d| < rho' = c (mu' L_0 - mu L_M)/L_0^2 and for none if |d| > rho'.",
        "derived here",
        assumptions=(
            "both balls closed, or both open",
            "v and M are C^3, Dv(phi*) is invertible",
            "L_lambda = L_0 + lambda L_M + o(lambda), L_0 > 0",
            "mu' = mu_M for the paper's radius; for the true rate mu' = -max u^T (DM - D^2v[d]) u over unit u with "
            "sym Dv u = -mu u",
        ),
        scope="any dimension; the series is checked with symbols in dimensions 1 to 3; |d| = rho' decides nothing",
        check=_check_condition,
    ),
    Claim(
        "C10.entry",
        "Where the certified balls are nested more starts enter the target's basin, and where they are not, fewer.",
        "what Prop. (iii) is used for",
        assumptions=("uniform starts on an interval",),
        scope="one-dimensional fields, paper's radius, L_lambda the least Lipschitz constant on the starts' interval "
        "or the line",
        check=_check_entry,
    ),
    Claim(
        "C10.finite-games",
        "In finite games mu <= 0 at every zero of v, in direct and logit coordinates: no policy-gradient ball.",
        "derived here",
        assumptions=("exact values", "policies see the state", "two actions per player if the game has states"),
        scope="one-shot games of 2 and 3 players and the memory-one IPD, all payoffs symbolic (any game by the same "
        "argument); logit: two actions each; AllD and Grim are no zeros of v; policies see the state",
        check=_check_finite,
    ),
    Claim(
        "C10.logit-corner",
        "The logit field, seen in probabilities, has no ball of rate mu > 0 at a pure profile, corrected or not.",
        "derived here",
        assumptions=("expanded form, L = 1",),
        scope="all 2 x 2 games, payoffs symbolic; along every ray into the square",
        check=_check_logit_corner,
    ),
    Claim(
        "C10.strict",
        "In Stag Hunt the largest ball about (Stag, Stag) on which <v + lambda C, x - x*> < 0 strictly contains the "
        "one at lambda = 0 if and only if T > S.",
        "derived here: what remains of Prop. (iii) at a strict equilibrium, where v is not 0",
        assumptions=(
            "R > T",
            "P > S",
            "0 <= s* < 2",
            "lambda (R - S - T + P) <= 1",
            "expanded form, L = 1",
            "lambda > 0",
        ),
        scope="direct coordinates, all payoffs of the class; balls cut by the square",
        check=_check_strict,
    ),
    Claim(
        "C10.potential",
        "In exact potential games whose potential is affine in each player's parameters, with any own costs, mu_M <= 0 "
        "everywhere: the correction never improves the paper's rate.",
        "derived here",
        assumptions=("V^i = U + k^i(others) - h_i(own)", "expanded form, L = 1"),
        scope="checked for 2 and 3 players with a parameter each and 2 players with two; any number by the same sum",
        check=_check_potential,
    ),
    Claim(
        "C10.games",
        "Where a ball exists: it is not nested for small lambda in Cournot competition with convex costs and in Stag "
        "Hunt with a quartic own cost, and it is in Matching Pennies with own costs.",
        "derived here",
        assumptions=("M = peer-learning correction/alpha, expanded form, L = 1", "paper's radius, c = 1/2"),
        scope="the named instances; L is the least Lipschitz constant on [0, 4]^2 and [0, 1]^2; first order for the "
        "paper's, Weyl's and the exact rate",
        check=_check_games,
    ),
)
