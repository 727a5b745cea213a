"""C9: the rate at which the moved zero attracts, against μ + λμ_M.

The mathematics is in :mod:`theory.drift`. The paper's line leaves D²v[d] out: as the zero moves, v itself gets steeper
or flatter there, to first order in λ. With it, Weyl's inequality gives a true bound, and the top eigenspace of sym Dv
the exact slope. Where v and M are affine nothing is left out, and the paper's line bounds the rate for every λ.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from sympy import Expr, Integer, Poly, Rational, Symbol, diff, eye, symbols

from theory.ball_inclusion import diagonal_lipschitz, radius
from theory.balls import as_ball, ball, decimals, ends, precision, shown
from theory.claims.c10_ball_inclusion import random_case
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import BITS, Corrected, Rates, game_case, jacobian, signature, symmetric, top_of
from theory.decomposition import decompose
from theory.drift import (
    HALF,
    Box,
    Certified,
    Diagonal,
    Moved,
    Setting,
    X,
    attracts_on,
    bend_bound,
    certified,
    derivatives,
    inside,
    moved,
    remainder,
    second_order,
    settings,
    squared_norm,
)
from theory.exact import Undecided, evaluate, is_zero, lowest_terms, positive_on
from theory.games import DifferentiableGame, cournot
from theory.moved_zeros import moved_zero_series, spectrum_residual, taylor_residuals
from theory.symbols import alpha
from theory.symbols import correction as size

ZERO = Integer(0)


def scalar() -> Corrected:
    """The field v = −x + x² with M = 1 − x/10, with μ = 1 and μ_M = 1/10."""
    return Corrected((X,), (-X + X**2,), (1 - X / 10,), (ZERO,))


SCALAR_BOX = ((Rational(-1), Rational(1)),)
FOLD = Rational(1, 2)  # the zero of v_λ moves steadily from 0 at least up to here
NEAR_HARE, LAST = "regularised-stag-hunt near Hare", Rational(1, 4)


def named(name: str) -> Setting:
    """The setting of that name."""
    return next(setting for setting in settings() if setting.name == name)


# --------------------------------------------------------------------------------------------------- the paper's line


def closed_rate() -> Expr:
    """μ_λ² of the scalar example, in λ: the two zeros of v_λ have opposite rates, the roots of a resultant in x."""
    case, r = scalar(), Symbol("r", real=True)
    (total,) = case.total()
    eliminated = Poly(Poly(-diff(total, X) - r, X).resultant(Poly(total, X)).as_expr(), r)
    lead, linear, constant = (eliminated.coeff_monomial(r**k) for k in (2, 1, 0))
    if eliminated.degree() != 2 or not is_zero(linear):
        raise Undecided("the rates of the two zeros are not opposite")
    return lowest_terms(-constant / lead)


def _check_rate() -> Finding:
    case = scalar()
    line, rates = Diagonal.of(case), Rates(case)
    claimed = rates.line(rates.paper, size)
    least = rates.paper - rates.exact
    if not (least > 0 and line.shortfall(least, FOLD)):
        return undecided("the rate does not stay below the claimed one")
    if line.shortfall(least + Rational(1, 10), FOLD):
        raise Undecided("the check cannot fail: it shows a larger shortfall than the first-order one")
    square = closed_rate()
    if not is_zero(square - claimed**2 + 4 * size):
        return undecided(f"the squared rate is {square}")
    if diff(square, size).subs(size, 0) != 2 * rates.rate * rates.exact:
        return undecided(f"{rates.exact} is not the slope of the rate at 0")
    one = Evidence(
        "counterexample",
        "the moved zero x as parameter, lambda = -v(x)/M(x), signs by Sturm's theorem; the rate by a resultant",
        f"v = {case.field[0]}, M = {case.correction[0]}: the rate is sqrt({square}), of slope {rates.exact} at 0, "
        f"and at most {claimed} - {least} lambda for every lambda in (0, {line.amount(FOLD)}]: below mu + lambda mu_M "
        f"- C lambda^2 for 0 < lambda < min({least}/C, {line.amount(FOLD)}), whatever C > 0",
        {
            "v": str(case.field[0]),
            "M": str(case.correction[0]),
            "squared_rate": str(square),
            "claimed": str(claimed),
            "shortfall_per_lambda": str(least),
            "largest_lambda": str(line.amount(FOLD)),
        },
    )
    setting = named(NEAR_HARE)
    rates, played = Rates(setting.case), Diagonal.of(setting.case)
    least = (rates.paper - rates.exact).floor()
    if not (least > 0 and played.shortfall(least, LAST)):
        return undecided("Stag Hunt near (Hare, Hare): the rate does not stay below the claimed one")
    if spectrum_residual(setting.case, rates.exact) != (0, 0):
        return undecided("Stag Hunt near (Hare, Hare): another slope of the rate")
    two = Evidence(
        "counterexample",
        "M derived as the peer-learning correction; the moved zero on the diagonal as parameter, signs by Sturm",
        f"regularised-stag-hunt with k = 208/27 at ({setting.zero[0]}, {setting.zero[1]}): claimed "
        f"{rates.line(rates.paper, size)}, the true slope is {rates.exact}; the rate is at most the claimed one less "
        f"{least} lambda for every lambda in (0, {played.amount(LAST)}]",
        {
            "v": list(map(str, setting.case.field)),
            "M": list(map(str, setting.case.correction)),
            "mu": str(rates.rate),
            "mu_M": str(rates.paper),
            "exact_slope": str(rates.exact),
            "shortfall_per_lambda": str(least),
            "largest_lambda": str(played.amount(LAST)),
        },
    )
    return Finding(Verdict.REFUTED, "v is flatter where the zero goes: D^2v[d] counts to first order", (one, two))


# ----------------------------------------------------------------------------------------------- the bounds, in numbers


def _cases() -> Iterator[tuple[str, Corrected, Any]]:
    """The scalar field, the games and random planar fields, each with a box."""
    yield "scalar", scalar(), SCALAR_BOX
    for setting in settings():
        yield setting.name, setting.case, setting.box
    draw = random.Random(9)
    for index in range(2):
        case, _, _ = random_case(draw, Rational(1))
        yield f"random {index + 1}", case, ((Rational(-1), Rational(1)),) * 2


def _below(reach: Rational) -> list[Rational]:
    """Two λ below a bound > 0, short fractions."""
    grain = 2 ** (1 + 8 + int((1 / reach).ceiling()).bit_length())
    return [Rational(int((reach * share * grain).floor()), grain) for share in map(Rational, ("1/8", "7/8"))]


def _excess(entry: Moved, rates: Rates, slope: Any) -> Any:
    """μ_λ − μ − λ · slope, as a ball."""
    return entry.rate - as_ball(rates.line(slope, entry.amount))


def attaining() -> Corrected:
    """The field v = −2x + x² with M = 4 + 4x, whose rate 2√(1 − 8λ + 4λ²) is Weyl's bound less Cλ² at λ = Λ = 1/8."""
    return Corrected((X,), (-2 * X + X**2,), (4 + 4 * X,), (ZERO,))


UNIT, NARROW = (Rational(-1), Rational(1)), (Rational(-1, 10), Rational(1, 10))


def _needs() -> tuple[tuple[Corrected, Box], ...]:
    """Fields on the line without which C could do with fewer terms: D²v, then D³v, then D²M alone moves the rate."""
    return (
        (attaining(), (UNIT,)),
        (Corrected((X,), (-2 * X + X**3 / 6,), (Integer(4),), (ZERO,)), (NARROW,)),
        (Corrected((X,), (-X,), (1 + X**2 / 2,), (ZERO,)), (NARROW,)),
    )


def _attained(value: Any, limit: Rational) -> bool:
    """Whether a ball lies between 9/10 of a bound and the bound, so that no bound of half the size would do.

    Raises:
        Undecided: it is below 9/10, so that the field tests nothing.
    """
    if not value > ball(limit * Rational(9, 10)):
        raise Undecided(f"the check cannot fail: {value} is far below the bound {decimals(ball(limit))}")
    return bool(value < ball(limit))


def _check_constants() -> Finding | None:
    """C and Λ against fields that need them: nothing smaller than C, nothing larger than Λ, no term left out.

    Raises:
        Undecided: a control passes.
    """
    terms = dict.fromkeys(("L", "L_2", "M_1", "L_M"), 0)
    for case, box in _needs():
        rates, bounds = Rates(case), remainder(case, box)
        near, over = (bounds.reach * Rational(share, 100) for share in (99, 101))
        (entry,) = moved(case, (near,))
        with precision("prec", BITS):
            loss = -_excess(entry, rates, rates.weyl)
            if not loss <= ball(bounds.constant * near**2):
                return undecided(f"Weyl's bound fails for v = {case.field[0]} at lambda = {near}")
            for name in terms:
                terms[name] += bool(loss > ball(second_order({**bounds.norms, name: ZERO}) * near**2))
            if case == attaining():
                if not _attained(loss, bounds.constant * near**2):
                    return undecided("C is not attained")
                (entry,) = moved(case, (over,))
                if not -_excess(entry, rates, rates.weyl) > ball(bounds.constant * over**2):
                    raise Undecided("the check cannot fail: the bound holds beyond Lambda too")
    if not all(terms.values()):
        raise Undecided(f"the check cannot fail: C will do without a term ({terms})")
    return None


def _check_weyl() -> Finding:
    for dimension in (1, 2):
        if not all(is_zero(entry) for entry in taylor_residuals(dimension)):
            return undecided(f"the first-order formulas fail in dimension {dimension}")
    for bend in (0, 1):
        if all(is_zero(entry) for entry in taylor_residuals(1, -1, bend)):
            raise Undecided("the check cannot fail: it accepts the slope without D^2 v, or with its sign reversed")
    wrong = _check_constants()
    if wrong is not None:
        return wrong
    rows, caught, equal = [], set(), set()
    for name, case, box in _cases():
        rates, bounds = Rates(case), remainder(case, box)
        amounts = _below(bounds.reach)
        exactly = bounds.constant == 0 and rates.shared  # then the bound is the rate (C9.quadratic)
        for entry in moved(case, tuple(amounts)):
            with precision("prec", BITS):
                least = -ball(bounds.constant * entry.amount**2)
                weyl = _excess(entry, rates, rates.weyl) - least
                if not (_zero(weyl) if exactly else weyl > 0):
                    return undecided(f"{name}: Weyl's bound fails, or is not attained, at lambda = {entry.amount}")
                if _excess(entry, rates, rates.paper) < least:
                    caught.add(name)
        if exactly:
            equal.add(name)
        rows.append(
            {
                "game": name,
                "weyl_slope": shown(rates.weyl),
                "C": shown_bound(bounds.constant),
                "Lambda": shown_bound(bounds.reach),
                "lambdas": list(map(str, amounts)),
                **bounds.content,
            }
        )
    if not {"scalar", NEAR_HARE} <= caught:
        raise Undecided(f"the check cannot fail: the paper's slope passes it too, except for {sorted(caught)}")
    if not {"cournot", "regularised-matching-pennies"} <= equal:
        raise Undecided(f"the check cannot fail: Weyl's bound is the rate in {sorted(equal)} only")
    sharp = attaining()
    evidence = (
        Evidence(
            "identity",
            "series in lambda with symbols for every derivative of v and M, dimensions 1 and 2",
            "D v_lambda at the moved zero is Dv + lambda (DM - D^2v[d]) + O(lambda^2); the remainder is at most "
            "C lambda^2 for lambda < Lambda by a contraction argument",
            {"dimensions": [1, 2], "C": "2|d| (L_2 |d| + L (L |d| + M_1)/mu + L_M)"},
        ),
        Evidence(
            "identity",
            "norms on boxes, moved zeros (Krawczyk) and eigenvalues in ball arithmetic",
            f"{len(rows)} fields, two lambda below Lambda each: the rate is at least Weyl's bound less C lambda^2; "
            f"with the paper's slope that fails for {', '.join(sorted(caught))}; the bound is the rate in "
            f"{', '.join(sorted(equal))}; for v = {sharp.field[0]}, M = {sharp.correction[0]} it is nearly attained "
            "at 99/100 of Lambda and fails at 101/100",
            {"weyl": rows},
        ),
    )
    return Finding(Verdict.PROVED, "Weyl's inequality, and an explicit remainder", evidence)


TINY = Rational(1, 2**60)


def _zero(value: Any) -> bool:
    """Whether a ball is narrow and holds 0: all that balls can say where an equality is proved otherwise."""
    return bool(value.contains(0) and value.rad() < TINY)


def shown_bound(value: Rational) -> str:
    """A bound in decimals around it."""
    return decimals(ball(value), 9)


# --------------------------------------------------------------------------------------------------------- exact slope


def strict_gap() -> Corrected:
    """S = diag(−1, −3) and DM = diag(−1, 5): the top vectors differ, μ_λ = 1 + λ as long as 1 + λ ≤ 3 − 5λ."""
    x, y = symbols("x y", real=True)
    return Corrected((x, y), (-x, -3 * y), (-x, 5 * y), (ZERO, ZERO))


def nearly_tight() -> Corrected:
    """S = diag(−1, −3) and N off the diagonal with |N| = 3, so that −1 + 9λ²/2 + O(λ⁴) is the top eigenvalue.

    v and M are linear: C = 0, the exact slope is 0, and λ²|N|²/(g − 2λ|N|) is the whole bound.
    """
    x, y = symbols("x y", real=True)
    return Corrected((x, y), (-x, -3 * y), (3 * y, 3 * x), (ZERO, ZERO))


def _check_deviation() -> bool:
    """Whether |μ_λ − μ − λ · exact slope| is within its bound in two fields, one for each of its terms.

    Raises:
        Undecided: a bound is far from attained, so that one of a fraction of its size would pass.
    """
    fields: tuple[tuple[Corrected, Box, Callable[[Rational], Rational]], ...] = (
        (nearly_tight(), (UNIT, UNIT), lambda reach: reach / 50),
        (attaining(), (UNIT,), lambda reach: reach * Rational(99, 100)),
    )
    found = []
    for case, box, choice in fields:
        rates, bounds = Rates(case), remainder(case, box)
        amount = choice(bounds.exact_reach)
        limit = bounds.beyond(amount)
        (entry,) = moved(case, (amount,))
        with precision("prec", BITS):
            found.append(limit is not None and _attained(abs(_excess(entry, rates, rates.exact)), limit))
    return all(found)


def _check_exact() -> Finding:
    if not _check_deviation():
        return undecided("the rate leaves its exact slope by more than the bound")
    rows, seen = [], set()
    cases = [("diagonal field", strict_gap(), ((Rational(-1), Rational(1)),) * 2), *_cases()]
    for name, case, box in cases:
        rates, bounds = Rates(case), remainder(case, box)
        rational = isinstance(rates.exact, Expr)
        if rational and spectrum_residual(case, rates.exact) != (0, 0):
            return undecided(f"{name}: the characteristic polynomial has another root to first order")
        amount = _below(bounds.exact_reach)[0]
        limit = bounds.beyond(amount)
        if limit is None:
            return undecided(f"{name}: no bound at lambda = {amount}")
        (entry,) = moved(case, (amount,))
        with precision("prec", BITS):
            if not abs(_excess(entry, rates, rates.exact)) < ball(limit + TINY):
                return undecided(f"{name}: the rate at lambda = {amount} is not on the exact slope")
            difference = as_ball(rates.exact) - as_ball(rates.weyl)
        if rates.shared != (rational and rates.exact == rates.weyl) or not (rates.shared or difference > 0):
            return undecided(f"{name}: Weyl's slope and the exact one compare otherwise than the eigenspaces say")
        seen.add(rates.shared)
        rows.append(
            {
                "game": name,
                "mu": shown(rates.rate),
                "paper_slope": shown(rates.paper),
                "weyl_slope": shown(rates.weyl),
                "exact_slope": shown(rates.exact),
                "shared_top_vector": rates.shared,
                "lambda": str(amount),
                "deviation_at_most": shown_bound(limit),
            }
        )
    if seen != {True, False}:
        raise Undecided("the check cannot fail: only one of equality and strict inequality occurs")
    case = strict_gap()
    if spectrum_residual(case, Rates(case).weyl) == (0, 0) or spectrum_residual(case, Rates(case).paper) == (0, 0):
        raise Undecided("the check cannot fail: it accepts Weyl's slope as the exact one")
    by_name = {row["game"]: row for row in rows}
    shown_rows = [
        f"{row['game']}: paper {row['paper_slope']}, Weyl {row['weyl_slope']}, exact {row['exact_slope']}"
        for row in (by_name[name] for name in ("diagonal field", "scalar", *(entry.name for entry in settings())))
    ]
    evidence = Evidence(
        "identity",
        "eigenspaces over the rationals, or the adjugate at an irrational eigenvalue; power series of the "
        "characteristic polynomial; rates enclosed at one lambda within an explicit remainder",
        "; ".join(shown_rows),
        {"slopes": rows},
    )
    return Finding(
        Verdict.PROVED,
        "Weyl's slope is the exact one iff the top eigenspaces share a vector, else smaller",
        (evidence,),
    )


# -------------------------------------------------------------------------------------------------------- affine fields


def random_quadratic(draw: random.Random) -> Corrected:
    """A game of two players with two parameters each and random quadratic values; v and M are linear, zero at 0."""
    x = symbols("x1:5", real=True)
    rows = (x[:2], x[2:])
    values = []
    for player in (0, 1):
        own = rows[player]
        steep = -sum((draw.randint(8, 12) * s**2 for s in own), ZERO)
        mixed = sum((draw.randint(-2, 2) * s * t for s in rows[0] for t in rows[1]), ZERO)
        other = sum((draw.randint(-2, 2) * s**2 for s in rows[1 - player]), ZERO)
        values.append(steep + draw.randint(-2, 2) * own[0] * own[1] + mixed + other)
    return game_case(DifferentiableGame("quadratic", rows, tuple(values)), (ZERO,) * 4)


def is_affine(case: Corrected) -> bool:
    """Whether v and M are affine."""
    slopes = [jacobian(entries, case.symbols) for entries in (case.field, case.correction)]
    return not any(entry.free_symbols & set(case.symbols) for slope in slopes for entry in slope)


def _affine_rate(case: Corrected, amount: Rational) -> Any:
    """μ_λ of an affine field, as a ball: no zero is needed, the Jacobian is the same everywhere."""
    return -as_ball(top_of(jacobian(case.total(amount), case.symbols)))


QUADRATIC_AMOUNTS = tuple(map(Rational, ("1/50", "1/10", "9/50")))  # equally spaced: the middle one tests concavity


def _check_quadratic() -> Finding:
    for firms in (2, 3):
        game = cournot(firms, k=0)
        peer = [
            lowest_terms(e / alpha).subs("k", 0) for row in decompose(game, form="expanded").peer_learning for e in row
        ]
        slopes = jacobian(peer, [symbol for row in game.variables for symbol in row])
        if not all(is_zero(entry) for entry in slopes - (firms - 1) * eye(firms)):
            return undecided(f"cournot with {firms} firms: DM is not a multiple of the identity")
    x, y = symbols("x y", real=True)
    names = symbols("a1:9", real=True)
    values = [
        sum((c * m for c, m in zip(names[4 * i : 4 * i + 4], (x * y, own**2, x, y), strict=True)), ZERO)
        for i, own in enumerate((x, y))
    ]
    generic = DifferentiableGame("generic", ((x,), (y,)), tuple(values), tuple((s, Rational(0)) for s in names))
    peer = [lowest_terms(e / alpha) for row in decompose(generic, form="expanded").peer_learning for e in row]
    if not all(is_zero(e) for e in jacobian(peer, (x, y)) - names[0] * names[4] * eye(2)):
        return undecided("two players with a parameter each: DM is not a multiple of the identity")

    rows, draw = [], random.Random(4)
    cases = [(f"random quadratic game {k + 1}", random_quadratic(draw)) for k in range(2)]
    cases += [("diagonal field", strict_gap()), ("cournot", named("cournot").case)]
    for name, case in cases:
        if not is_affine(case):
            return undecided(f"{name} is not affine")
        rates = Rates(case)
        with precision("prec", BITS):
            found = [_affine_rate(case, amount) for amount in QUADRATIC_AMOUNTS]
            slack = [
                rate - as_ball(rates.line(rates.paper, amount))
                for rate, amount in zip(found, QUADRATIC_AMOUNTS, strict=True)
            ]
            bend = found[1] - (found[0] + found[2]) / 2
            agree = all(_zero(entry) if rates.shared else entry > 0 for entry in slack)
            if not (agree and (bend > 0 or _zero(bend))):
                return undecided(f"{name}: slacks {slack}, bend {bend}")
        rows.append(
            {
                "game": name,
                "mu": shown(rates.rate),
                "mu_M": shown(rates.paper),
                "shared_top_vector": rates.shared,
                "lambda": list(map(str, QUADRATIC_AMOUNTS)),
                "slack": [decimals(entry) for entry in slack],
            }
        )
    if {row["shared_top_vector"] for row in rows} != {True, False}:
        raise Undecided("the check cannot fail: equality holds always, or never")
    if _affine_claim_holds(scalar()):
        raise Undecided("the check cannot fail: the bound holds for a field that bends too")
    evidence = Evidence(
        "identity",
        "peer-learning corrections derived with symbols; rates of random quadratic games in ball arithmetic",
        "two players with a parameter each, quadratic values affine in the peer's: DM = D_1 D_2 I, so mu_lambda = mu + "
        "lambda mu_M for all lambda >= 0; cournot with N = 2, 3 firms: DM = (N - 1) I, the same; two parameters "
        "each: strictly more where the top eigenspaces share no vector",
        {"quadratic": rows},
    )
    return Finding(Verdict.PROVED, "Weyl's inequality for Dv + lambda DM, which is the whole change", (evidence,))


def _affine_claim_holds(case: Corrected) -> bool:
    """Whether μ_λ ≥ μ + λμ_M at the three λ, with the moved zero's rate."""
    rates = Rates(case)
    return not any(_excess(entry, rates, rates.paper) < 0 for entry in moved(case, QUADRATIC_AMOUNTS))


# ------------------------------------------------------------------------------------------------------------- one half

LAST_ZERO = {"regularised-stag-hunt": Integer(1), NEAR_HARE: LAST, "cournot-3 convex": Rational(7, 4)}


def half_row(name: str, case: Corrected, last: Rational | None) -> dict[str, str]:
    """Up to which λ μ_λ ≥ ¾(μ + λμ_M) is proved, and whether it fails beyond; half is kept as long as it holds.

    In a field on the line with D²v_λ constant half itself is lost where it fails, elsewhere only the proof.

    Raises:
        Undecided: the field is neither affine, nor unmoved, nor symmetric.
    """
    rates = Rates(case)
    if last is None:
        if not (is_affine(case) or not any(case.direction)):
            raise Undecided(f"{name}: the Jacobian at the moved zero is not Dv + lambda DM")
        # μ_λ ≥ μ + λμ_M (C9.quadratic), which is ≥ ¾ of itself as long as it is ≥ 0
        until = "every lambda >= 0" if rates.paper >= 0 else f"lambda <= {-rates.rate / rates.paper}, where both are 0"
        return {"game": name, "keeps_half": until}
    diagonal = Diagonal.of(case)
    if diagonal.keeps_half(last):
        return {"game": name, "keeps_half": f"lambda <= {diagonal.amount(last)}, not looked at beyond"}
    found = diagonal.threshold(last)
    low, high = found.interval
    attained = len(case.symbols) == 1 and is_zero(diff(case.total()[0], X, 3))
    beyond = "less than half is kept" if attained else "mu_lambda >= 3/4 (mu + lambda mu_M) fails"
    return {
        "game": name,
        "keeps_half": f"lambda <= the root of {found.polynomial} in [{low}, {high}] ({beyond} from there to "
        f"{diagonal.amount(last)})",
        "polynomial": str(found.polynomial),
        "interval": f"[{low}, {high}]",
    }


def kept_all_the_same(case: Corrected, zero: Rational) -> dict[str, str] | None:
    """A λ at which μ_λ < ¾(μ + λμ_M) and half is kept on the ball of the least L_λ; ``None`` if this does not show it.

    For two players, symmetric, with D²v_λ in every player's own coordinate alone, b = ∂₁²v₁ at the zero and ∂₁³v₁ ≤ 0.
    With y = r(cos θ, sin θ) and s = cos θ + sin θ, cos θ sin θ = (s² − 1)/2 and cos³θ + sin³θ = s(3 − s²)/2, so

        −⟨v_λ(z + y), y⟩/r² ≥ −∂₁v₁ − c(s² − 1) − (r b/4) s(3 − s²),        c = ∂₂v₁ = ∂₁v₂,

    affine in r: its least value on 0 ≤ r ≤ ρ is at an end, and Sturm's theorem decides on |s| ≤ 17/12 > √2. Every
    Lipschitz constant on a ball about z is at least |b|, so ρ = (μ + λμ_M)/(2|b|) is at least the paper's radius.

    Raises:
        Undecided: the field is of another kind.
    """
    if len(case.symbols) != 2:
        raise Undecided("the field is not planar")
    diagonal, rates = Diagonal.of(case), Rates(case)
    diagonal.check(zero)
    amount = diagonal.amount(zero)
    claimed = rates.line(rates.paper, amount)
    total, first = case.total(amount), case.symbols[0]
    here = dict.fromkeys(case.symbols, zero)
    slope, bend, third = (diff(total[0], first, k).subs(here) for k in (1, 2, 3))
    cross = diff(total[0], case.symbols[1])
    others = [
        diff(entry, a, b)
        for entry, own in zip(total, case.symbols, strict=True)
        for a, b in product(case.symbols, repeat=2)
        if (a, b) != (own, own)
    ]
    others += [cross - diff(total[1], first), diff(total[0], first, 4)]
    if not (all(is_zero(entry) for entry in others) and third <= 0 and bend != 0):
        raise Undecided("the field is of another kind")
    reach = claimed / (2 * abs(bend))
    rate = min(-value.subs({X: zero, size: amount}) for value in diagonal.eigenvalues)
    s = Symbol("s", real=True)
    drifts = [-slope - cross.subs(here) * (s**2 - 1) - r * bend / 4 * s * (3 - s**2) for r in (ZERO, reach)]
    rim = Rational(17, 12)
    kept = all(positive_on((drift - claimed / 2).expand(), s, -rim, rim) for drift in drifts)
    if not (kept and 0 < rate < HALF * claimed):
        return None
    return {
        "lambda": str(amount),
        "zero": str(zero),
        "rate": str(rate),
        "claimed": str(claimed),
        "radius_at_most": str(reach),
    }


BEYOND = Rational(1, 6)  # the moved zero of Stag Hunt near (Hare, Hare) at a λ beyond the last one of the ¾ rule


def _check_half() -> Finding:
    rho, mu, claimed, bend = symbols("rho mu_lambda c L", positive=True)
    worst = mu - bend * rho / 2
    at_edge = lowest_terms(worst.subs(rho, radius(claimed, bend)))
    if not is_zero(at_edge - claimed / 2 - (mu - HALF * claimed)):
        return undecided("the drift on the paper's ball has another worst case")
    if is_zero(lowest_terms(worst.subs(rho, radius(claimed, bend, Integer(1)))) - claimed / 2 - (mu - HALF * claimed)):
        raise Undecided("the check cannot fail: it accepts a radius twice as large")
    rows = [half_row("scalar", scalar(), FOLD)]
    for setting in settings():
        if setting.name != "curved-demand":
            rows.append(half_row(setting.name, setting.case, LAST_ZERO.get(setting.name)))
    by_name = {row["game"]: row for row in rows}
    if "polynomial" not in by_name["scalar"] or "polynomial" in by_name["cournot"]:
        raise Undecided("the check cannot fail: the example and cournot do not differ")
    hare = named(NEAR_HARE).case
    kept = kept_all_the_same(hare, BEYOND)
    if kept is None or not Rational(kept["lambda"]) > Diagonal.of(hare).threshold(LAST).interval[1]:
        return undecided("Stag Hunt near (Hare, Hare): half is not shown to be kept beyond the rule")
    if kept_all_the_same(hare, LAST) is not None:
        raise Undecided("the check cannot fail: it keeps half at the last zero too")
    evidence = Evidence(
        "identity",
        "worst case on the ball as an identity; crossings of mu_lambda and 3/4 of the claimed rate by Sturm's theorem "
        "and resultants along the moved zero; the drift on a ball by Sturm's theorem",
        "drift on the paper's ball >= mu_lambda - (mu + lambda mu_M)/4; half the claimed rate is kept for "
        + "; ".join(f"{row['game']}: {row['keeps_half']}" for row in rows)
        + f"; at lambda = {kept['lambda']} {NEAR_HARE} has mu_lambda = {kept['rate']} < 3/4 * {kept['claimed']}, and "
        "half is kept on the ball of the least L_lambda all the same",
        {"half": rows, "kept_beyond": kept},
    )
    return Finding(Verdict.PROVED, "at lambda = 0 there is room mu/4, and mu_lambda is continuous", (evidence,))


def _check_half_always() -> Finding:
    case = scalar()
    line, rates = Diagonal.of(case), Rates(case)
    if rates.paper != -diff(case.correction[0], X).subs(X, 0):
        return undecided("mu_M is not minus the slope of M")
    found = line.threshold(FOLD)
    (total,) = case.total()
    bend = diff(total, X, 2)
    edge = Symbol("rho", positive=True)
    drift = lowest_terms(-total.subs(X, X + edge) / edge)  # at the moved zero X, where v_λ(X) = 0
    exactly = -diff(total, X) - bend * edge / 2
    if not is_zero(lowest_terms(drift - exactly + total / edge)):
        return undecided("the drift at the edge is not mu_lambda - L rho/2")
    # Half is lost iff μ_λ < c/2 + L ρ(c)/2 with c = μ + λμ_M: squares of both, as the rate is a square root.
    goal, curve = rates.line(rates.paper, size), abs(bend)
    excess = lowest_terms(closed_rate() - (goal / 2 + curve * radius(goal, curve) / 2) ** 2)
    low, high = found.interval
    crossing = lowest_terms(excess / found.polynomial)
    if crossing.free_symbols or not excess.subs(size, low) > 0 > excess.subs(size, high):
        return undecided("the squared rate says that half is lost elsewhere")
    zero = Rational(1, 5)
    amount = line.amount(zero)
    claimed = rates.line(rates.paper, amount)
    reach = radius(claimed, abs(bend))
    true = drift.subs({size: amount, X: zero, edge: reach})
    small = Rational(1, 25)
    control = line.amount(small)
    kept = drift.subs({size: control, X: small, edge: radius(rates.line(rates.paper, control), abs(bend))})
    if not (found.interval[1] < amount and claimed > 0 and true < claimed / 2):
        return undecided("the drift at the edge is at least half the claimed rate")
    if not (control < found.interval[0] and kept >= rates.line(rates.paper, control) / 2):
        raise Undecided("the check cannot fail: half is lost at a small lambda too")
    evidence = Evidence(
        "counterexample",
        "drift at the edge of the ball as an exact identity; rational zero at one lambda",
        f"v = {case.field[0]}, M = {case.correction[0]}, lambda = {amount}: zero {zero}, claimed rate {claimed}, "
        f"radius {reach}; at x = {zero + reach} the drift is {true} < {claimed / 2}; so for all lambda between "
        f"the root of {found.polynomial} in [{found.interval[0]}, {found.interval[1]}] and {line.amount(FOLD)}",
        {
            "v": str(case.field[0]),
            "M": str(case.correction[0]),
            "lambda": str(amount),
            "zero": str(zero),
            "claimed": str(claimed),
            "radius": str(reach),
            "drift_at_edge": str(true),
            "polynomial": str(found.polynomial),
        },
    )
    return Finding(
        Verdict.REFUTED, "beyond a first lambda the rate has fallen too far below the claimed one", (evidence,)
    )


# ---------------------------------------------------------------------------------------------------------- the numbers


def series_slope(case: Corrected) -> Any:
    """The coefficient of λ in Dv_λ(φ*_λ), on the power series of φ*_λ: N before it is made symmetric, another way."""

    def polynomial(expression: Expr) -> Poly:
        return Poly(expression, size, domain="QQ")

    series = moved_zero_series(case, 1)
    path = {
        symbol: polynomial(start + size * first) for symbol, (start, first) in zip(case.symbols, series, strict=True)
    }
    path[size] = polynomial(size)
    along = jacobian(case.total(), case.symbols)
    return along.applyfunc(lambda entry: evaluate(entry, path, polynomial).nth(1))


def is_top(matrix: Any, value: Any) -> bool:
    """Whether a rational is λmax of the symmetric part of a rational matrix, or a ball holds it: by signatures."""
    low, high = (value, value) if isinstance(value, Expr) else ends(value)
    one, part = eye(matrix.rows), symmetric(matrix)
    over, under = signature(part - high * one), signature(part - low * one)
    return over[2] == 0 and under[0] < matrix.rows


def corner_norm(case: Corrected, box: Box, amount: Rational) -> Any:
    """The largest |D²v_λ| on a box, as a ball, where it is affine: |D²v_λ| is convex then, largest at a corner.

    Raises:
        Undecided: it is not affine.
    """
    rows = derivatives(case.total(amount), case.symbols, 2)
    if any(Poly(entry, *case.symbols).total_degree() > 1 for row in rows for entry in row):
        raise Undecided("D^2 v is not affine")
    best = ball(ZERO)
    for corner in product(*box):
        known = dict(zip(case.symbols, map(ball, corner), strict=True))
        best = best.max(squared_norm([[evaluate(entry, known, ball) for entry in row] for row in rows]))
    return best.sqrt()


def _slopes_agree(case: Corrected) -> bool:
    """Whether μ, μ_M and Weyl's slope are largest eigenvalues by signatures, with N from the moved zero's series.

    Raises:
        Undecided: a slightly larger or smaller number would pass too.
    """
    rates, change = Rates(case), series_slope(case)
    if change != case.moved_slope:
        return False
    parts = ((case.slope, rates.rate), (case.correction_slope, rates.paper), (change, rates.weyl))
    with precision("prec", BITS):
        for matrix, rate in parts:
            if not is_top(matrix, -rate):
                return False
            if any(is_top(matrix, ball(shift) - as_ball(rate)) for shift in (SMALL, -SMALL)):
                raise Undecided("the check cannot fail: it accepts another eigenvalue")
    return True


def _least_drift(case: Corrected, entry: Moved, distance: Rational) -> Any:
    """The smallest −⟨v_λ(z + y), y⟩/|y|² found for y of one length in rational directions, a ball, z the moved zero."""
    total, found = case.total(entry.amount), []
    axes = [tuple(row) for row in eye(len(case.symbols)).tolist()]
    slanted = (
        [tuple(Rational(3, 5) * x + Rational(4, 5) * y for x, y in zip(*axes[:2], strict=True))] if axes[1:] else []
    )
    for direction in (tuple(sign * u for u in row) for row in (*axes, *slanted) for sign in (1, -1)):
        point = [z + ball(distance * u) for z, u in zip(entry.zero, direction, strict=True)]
        known = dict(zip(case.symbols, point, strict=True))
        flow = sum((evaluate(v, known, ball) * ball(u) for v, u in zip(total, direction, strict=True)), ball(ZERO))
        found.append(-flow / ball(distance))
    return min(found, key=lambda value: ends(value)[0])


def _radii_hold(case: Corrected, looked: Certified) -> bool:
    """Whether the drift at points just inside the edge of both balls is at least rate − L r/2.

    That is ¾ of the true rate for its radius, and the true rate less a quarter of the claimed one for the paper's.
    """
    entry = looked.moved
    with precision("prec", BITS):
        promised = (
            (looked.reach(looked.paper), entry.rate - as_ball(looked.paper) / 4),
            (looked.reach(entry.rate), entry.rate * 3 / 4),
        )
        for reach, least in promised:
            if reach is not None and inside(entry.zero, reach, looked.box):
                edge = ends(reach)[0] * EDGE
                if not _least_drift(case, entry, edge) >= least:
                    return False
    return True


SMALL = Rational(1, 2**40)
EDGE = 1 - SMALL


def _controls() -> None:
    """The scalar field, where both radii are attained, and boxes that are too small or too large.

    Raises:
        Undecided: a control passes.
    """
    case, amount = scalar(), Rational(1, 8)
    below_turn = ((Rational(-1), Rational(49, 100)),)  # x = ½ is where v turns
    (looked,) = certified(case, below_turn, (amount,))
    if not _radii_hold(case, looked):
        raise Undecided("scalar field: the drift inside the ball is too small")
    larger = replace(looked, bend=looked.bend * Rational(100, 101))
    if _radii_hold(case, larger):
        raise Undecided("the check cannot fail: it accepts a radius one percent larger")
    if attracts_on(case, ((Rational(-1), Rational(2)),), amount):
        raise Undecided("the check cannot fail: a box with two zeros attracts")
    (start, end) = looked.box[0]
    if inside(looked.moved.zero, ball(end - start), looked.box) or not inside(
        looked.moved.zero, ball(end - Rational(1, 4)), looked.box
    ):
        raise Undecided("the check cannot fail: a ball wider than the box is inside, or a small one is not")


def _second_routes(setting: Setting, found: Sequence[Certified]) -> None:
    """The rate from the diagonal's exact eigenvalues, slopes by signatures, L from corners, drift inside the balls.

    Raises:
        Undecided: a second route disagrees, or a control passes.
    """
    case = setting.case
    if not _slopes_agree(case):
        raise Undecided(f"{setting.name}: the series of the moved zero gives another slope")
    with precision("prec", BITS):
        for looked in found:
            entry = looked.moved
            known = dict(zip(case.symbols, entry.zero, strict=True))
            twice = [evaluate(e, known, ball) for e in case.total(2 * entry.amount)]
            if any(case.direction) and all(value.contains(0) for value in twice):
                raise Undecided(f"the check cannot fail: {setting.name}: the zero is one at 2 lambda too")
            if len(set(setting.zero)) == 1 and any(case.direction):
                point = {X: entry.zero[0], size: ball(entry.amount)}
                values = [-evaluate(e, point, ball) for e in Diagonal.of(case).eigenvalues]
                least = min(values, key=lambda value: ends(value)[0])
                if not least.overlaps(entry.rate):
                    raise Undecided(f"{setting.name}: the diagonal gives another rate")
            norm = corner_norm(case, setting.box, entry.amount)
            if not (norm - ball(TINY) <= ball(looked.bend) <= norm * ball(Rational(101, 100))):
                raise Undecided(f"{setting.name}: the bound of |D^2 v| is not the exact constant, up to one percent")
            proved = looked.proved
            if not (_radii_hold(case, looked) and (proved is None or proved <= entry.rate + ball(TINY))):
                raise Undecided(f"{setting.name}: the drift in a ball, or the rate, is below its bound")
    if setting.name != "curved-demand":  # bends in both coordinates at once: the norm is a bound, not the constant
        least = diagonal_lipschitz(case.field, case.symbols, setting.box)
        if not least <= bend_bound(case, setting.box, ZERO) <= least * Rational(101, 100):
            raise Undecided(f"{setting.name}: the bound of |D^2 v| is not the exact constant, up to one percent")


def _side(case: Corrected, found: Sequence[Certified]) -> int:
    """−1, 0 or 1: the true rate is below the paper's line at every λ, equal to it, or above.

    Equal if a top vector is shared and D²v[d] is 0, as in affine fields and where the zero stays (C9.quadratic).

    Raises:
        Undecided: the balls do not say so, or say different things.
    """
    rates = Rates(case)
    excess = [_excess(looked.moved, rates, rates.paper) for looked in found]
    if (is_affine(case) or not any(case.direction)) and rates.shared:
        if all(_zero(entry) for entry in excess):
            return 0
        raise Undecided(f"the rate should be on the paper's line, not off by {excess}")
    for sign in (-1, 1):
        if all(sign * entry > 0 for entry in excess):
            return sign
    raise Undecided(f"the sides of the paper's line are open: {excess}")


def _check_games() -> Finding:
    _controls()
    rows, sides = [], {}
    for setting in settings():
        found = certified(setting.case, setting.box, setting.amounts)
        _second_routes(setting, found)
        rows += [looked.row(setting.name) for looked in found]
        with precision("prec", BITS):
            sides[setting.name] = _side(setting.case, found)
    if set(sides.values()) != {-1, 0, 1}:
        return undecided(f"the true rate is not on both sides of the paper's line: {sides}")
    last = {row["game"]: row for row in rows}
    evidence = Evidence(
        "identity",
        "zeros by the Krawczyk operator, eigenvalues and norms in ball arithmetic, uniqueness in a box by sym Dv < 0; "
        "slopes again by power series and signatures, norms at corners, drift at points of the balls",
        "; ".join(
            f"{name} at lambda = {row['lambda']}: rate {row['rate']}, paper {row['paper']}, Weyl {row['weyl']}"
            for name, row in last.items()
        ),
        {"drift": rows},
    )
    words = {-1: "below the paper's line", 0: "on it", 1: "above it"}
    told = ", ".join(
        f"{words[sign]} in {', '.join(name for name in sides if sides[name] == sign)}" for sign in (-1, 0, 1)
    )
    return Finding(Verdict.PROVED, f"the true rate is {told}", (evidence,))


_GAMES = (
    "policy gradient and peer-learning correction/alpha of cournot, cournot-3 with convex costs, regularised-stag-hunt "
    "at two equilibria, regularised-matching-pennies, and two unequal firms with curved demand"
)
CLAIMS = (
    Claim(
        "C9",
        "The drift rate improves to at least mu + lambda mu_M - O(lambda^2).",
        "paper, drift proposition",
        scope="fields with an interior zero of mu > 0; C9.quadratic says where it is right, C9.weyl what is true "
        "instead",
        requires=("C9.rate",),
    ),
    Claim(
        "C9.rate",
        "At the moved zero the rate is at least mu + lambda mu_M - O(lambda^2), mu_M = -lmax(sym DM(phi*)).",
        "paper, drift proposition",
        assumptions=("mu > 0", "the rate is -lmax of the symmetric Jacobian of v + lambda M at phi*_lambda"),
        scope="one field on the line, and a coordination game whose M is the peer-learning correction",
        check=_check_rate,
    ),
    Claim(
        "C9.weyl",
        "With d = Dv^-1 M(phi*) the rate at the zero within 2 lambda |d| of phi* is at least mu - lambda lmax(sym(DM - "
        "D^2v[d])) - C lambda^2 for 0 <= lambda < Lambda, with explicit C and Lambda.",
        "derived here; Weyl 1912",
        assumptions=("mu > 0", "D^2v, DM, D^3v and D^2M are bounded by L, M_1, L_2, L_M on a convex set around phi*"),
        scope="any dimension; C = 2|d| (L_2 |d| + L (L |d| + M_1)/mu + L_M), Lambda = min(mu/(2 (L |d| + M_1)), "
        "R/(2 |d|)), R the radius of a ball in that set",
        check=_check_weyl,
    ),
    Claim(
        "C9.exact-slope",
        "The right derivative of the rate at lambda = 0 is -max u^T (DM - D^2v[d]) u over unit u: sym Dv u = -mu u; "
        "Weyl's slope equals it iff the top eigenspaces of the symmetric parts of Dv and DM - D^2v[d] share a vector, "
        "and is smaller otherwise.",
        "derived here",
        assumptions=("mu > 0", "v and M are C^3"),
        scope="any dimension, with an explicit O(lambda^2); numbers: " + _GAMES,
        check=_check_exact,
    ),
    Claim(
        "C9.quadratic",
        "If v and M are affine, the rate is concave in lambda and at least mu + lambda mu_M for every lambda >= 0, "
        "with equality for one and then all lambda > 0 iff sym Dv and sym DM share a top eigenvector.",
        "derived here",
        assumptions=("v and M affine",),
        scope="any dimension; equality in quadratic games of two players with a parameter each and values affine in "
        "the peer's, and in Cournot competition with linear costs, 2 and 3 firms",
        check=_check_quadratic,
    ),
    Claim(
        "C9.half",
        "On the ball of radius (mu + lambda mu_M)/(2 L_lambda) about the moved zero the drift is at least half of "
        "mu + lambda mu_M for all small lambda, and whenever the true rate is at least 3/4 of mu + lambda mu_M.",
        "paper, what its proof uses; derived here",
        assumptions=("mu > 0", "mu + lambda mu_M > 0", "D(v + lambda M) is L_lambda-Lipschitz on that ball"),
        scope="any dimension; exact first lambda at which half is lost in the scalar field, where the bound is "
        "attained, and at which mu_lambda >= 3/4 (mu + lambda mu_M) fails in a symmetric game, where half may be kept "
        "beyond",
        check=_check_half,
    ),
    Claim(
        "C9.half-always",
        "On that ball the drift is at least half of mu + lambda mu_M for every lambda at which the moved zero exists.",
        "paper, its bound read for all lambda",
        assumptions=("mu + lambda mu_M > 0",),
        scope="one field on the line",
        check=_check_half_always,
    ),
    Claim(
        "C9.games",
        "Moved zeros, rates, the three bounds, Lipschitz constants and certified radii of six games lie in the stated "
        "enclosures; the true rate is below the paper's line in some of them and above it in others.",
        "derived here",
        assumptions=("M = peer-learning correction/alpha, expanded form, L = 1",),
        scope=_GAMES + "; four lambda each, L_lambda and uniqueness of the zero on a box each",
        check=_check_games,
    ),
)
