"""Claim C8: series by hand, by two routes and against enclosures; branches against fsolve; folds; and sabotage."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import flint
import numpy as np
import pytest
from claim_checks import BY_ID, plain_finding, readings, verdict
from scipy.optimize import fsolve
from sympy import Expr, Integer, Rational, Symbol, lambdify, sqrt, symbols

from theory import exact, moved_zeros, rest_points, updates
from theory.claims import c08_fold, c08_rules, c08_stag_hunt, c08_strict
from theory.claims import c08_moved_zeros as c08
from theory.claims.c10_ball_inclusion import random_case
from theory.claims.model import Verdict
from theory.corrected import Corrected, game_case
from theory.decomposition import rule_terms, update_program
from theory.exact import Undecided
from theory.games import cournot, prisoners_dilemma, stag_hunt
from theory.moved_zeros import (
    Piece,
    ansatz_series,
    certified_branch,
    distances,
    enclosed_zero,
    glued,
    largest_on,
    matches_to_order,
    moved_zero_series,
    piece_holds,
    rule_zero_series,
    second_order_residuals,
)
from theory.policies import parameters
from theory.rest_points import RestBound, bound_of
from theory.symbols import alpha, own_coefficient, peer_coefficient, step_size
from theory.symbols import correction as size

X = Symbol("x", real=True)
HALF = Rational(1, 2)
EXPECTED = {
    "C8.series": Verdict.PROVED,
    "C8.slope": Verdict.PROVED,
    "C8.branch": Verdict.PROVED,
    "C8.stag-hunt": Verdict.PROVED,
    "C8.strict": Verdict.PROVED,
    "C8.logit-strict": Verdict.PROVED,
    "C8.lost": Verdict.REFUTED,
    "C8.created": Verdict.REFUTED,
    "C8.fold": Verdict.PROVED,
    "C8.rules": Verdict.PROVED,
}


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing remembered from before, and nothing left of a sabotaged function."""

    def forget() -> None:
        for remembered in (moved_zeros._followed, moved_zeros._zeros_along, rest_points._slopes_at):
            getattr(remembered, "cache_clear", lambda: None)()

    forget()
    yield
    forget()


@pytest.mark.parametrize("name", EXPECTED)
def test_verdict_and_evidence(name: str) -> None:
    for evidence in plain_finding(name, EXPECTED[name]).evidence:
        assert all(row["game"] for row in evidence.content.get("moved_zeros", []))


def test_the_parent_needs_the_series() -> None:
    assert BY_ID["C8"].requires == ("C8.series",) and set(EXPECTED) == readings("C8")


# ------------------------------------------------------------------------------------------------------------ series


def on_the_line(field: Expr, correction: Expr, zero: int = 0) -> Corrected:
    return Corrected((X,), (field,), (correction,), (Integer(zero),))


def test_a_series_by_hand() -> None:
    # −x + x² + λ(1 − x/10) = 0: x = λ + (1 − 1/10) λ² + …
    case = on_the_line(-X + X**2, 1 - X / 10)
    assert moved_zero_series(case, 2) == [[0, 1, Rational(9, 10)]]
    # v = −x + x³, M = 1: x = λ + λ³ + 3λ⁵ + …
    assert moved_zero_series(on_the_line(-X + X**3, Integer(1)), 5) == [[0, 1, 0, 1, 0, 3]]


def test_linear_cournot_in_closed_form() -> None:
    # 3 − 2q₁ − q₂ + λ q₁ = 0: q = 3/(3 − λ) = Σ (λ/3)ᵏ
    case = game_case(cournot(), (Integer(1), Integer(1)))
    powers = [Rational(1, 3) ** k for k in range(8)]
    assert moved_zero_series(case, 7) == [powers, powers] == ansatz_series(case.total(), case.symbols, case.zero, 7)


@pytest.mark.parametrize("seed", range(4))
def test_two_routes_on_random_fields(seed: int) -> None:
    case, _, _ = random_case(random.Random(seed), Rational(1, 3))
    assert moved_zero_series(case, 6) == ansatz_series(case.total(), case.symbols, case.zero, 6)


def test_rational_fields_and_other_parameters() -> None:
    # x/(1 + x) = α: x = α/(1 − α)
    assert ansatz_series([X / (1 + X) - alpha], (X,), (Integer(0),), 5, alpha) == [[0, 1, 1, 1, 1, 1]]
    with pytest.raises(Undecided):
        ansatz_series([X**2 - size], (X,), (Integer(0),), 3)  # a singular zero has no series


@pytest.mark.parametrize("dimension", [1, 2])
def test_the_second_coefficient(dimension: int) -> None:
    assert all(exact.is_zero(entry) for entry in second_order_residuals(dimension))
    for half, sign in ((Integer(1), 1), (Integer(0), 1), (Rational(1, 2), -1), (Rational(-1, 2), 1)):
        assert not all(exact.is_zero(entry) for entry in second_order_residuals(dimension, half, sign))


# ------------------------------------------------------------------------------------------------------- slope test


def test_distances_by_hand() -> None:
    case = on_the_line(-X + X**3, Integer(1))
    series = moved_zero_series(case, 6)
    found = distances(case.total(), (X,), series, 1, (8, 16))
    assert all(abs(float(entry.mid()) - 0) < 0.01 for entry in found)  # the next coefficient is 0
    found = distances(case.total(), (X,), series, 2, (8, 16))
    assert abs(float(found[1].mid()) - 1) < 1e-8 and abs(float(found[0].mid()) - 1) > 1e-6


def test_the_zeros_lie_on_the_branch(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    case = on_the_line(-1 + X**2, Integer(-1), 1).total()  # zeros ±√(1 + λ)
    series = [[Integer(1), HALF, -HALF / 4, Integer(0)]]
    assert abs(float(distances(case, (X,), series, 0, (8, 12))[1].mid()) - 0.5) < 1e-3
    right = moved_zeros._followed
    monkeypatch.setattr(moved_zeros, "_followed", lambda field, wrt, zero, last: right(field, wrt, (-zero[0],), last))
    moved_zeros._zeros_along.cache_clear()
    with pytest.raises(Undecided):
        distances(case, (X,), series, 0, (8, 12))


def test_the_slope_test_notices_wrong_coefficients() -> None:
    case = game_case(cournot(), (Integer(1), Integer(1)))
    series, exponents = moved_zero_series(case, 6), range(4, 13)
    for order in range(4):
        assert matches_to_order(case.total(), case.symbols, series, order, exponents)
        for place in range(order + 2):  # c_{order+1} too: it is the claimed limit
            wrong = [list(row) for row in series]
            wrong[0][place] += Rational(1, 1000)
            assert not matches_to_order(case.total(), case.symbols, wrong, order, exponents)


# --------------------------------------------------------------------------------------------------------- branches


@pytest.mark.parametrize("name", list(c08.branches()))
def test_branches_against_fsolve(name: str) -> None:
    """Numerical continuation, the third route: every zero found lies in its piece."""
    case, last = c08.branches()[name]
    pieces = certified_branch(case, last)
    assert pieces[0].low == 0 and pieces[-1].high == last
    assert all(a.high == b.low for a, b in pairwise(pieces))
    field = lambdify([*case.symbols, size], case.total())
    here = np.array([float(entry) for entry in case.zero])
    for amount in np.linspace(0, float(last), 200):
        here = fsolve(lambda x, amount=amount: field(*x, amount), here, xtol=1e-10)
        piece = next(p for p in pieces if float(p.low) <= amount <= float(p.high))
        assert all(float(low) < x < float(high) for x, (low, high) in zip(here, piece.box, strict=True))


def test_cournot_in_closed_form() -> None:
    # x² + (3 − λ)x − 4 = 0
    case, last = c08.branches()["cournot a = 4, c = 0, k = 1/3"]
    for piece in certified_branch(case, last):
        for amount in (piece.low, (piece.low + piece.high) / 2, piece.high):
            zero = (amount - 3 + sqrt((3 - amount) ** 2 + 16)) / 2
            assert all(low < zero < high for low, high in piece.box)


def test_a_zero_at_nought_is_enclosed() -> None:
    for field in (-X + X**3, -X - X**2 + X**5, 2 * X + X**4):
        (found,) = enclosed_zero((field,), (X,), (Integer(0),), 128)
        assert found.contains(0) and found < flint.arb(2) ** -60


def test_a_piece_needs_exactly_one_zero() -> None:
    field = (X**2 - size,)
    unit = ((Rational(9, 10), Rational(11, 10)),)
    assert piece_holds(field, (X,), Piece(Rational(99, 100), Rational(101, 100), unit))
    assert not piece_holds(field, (X,), Piece(Rational(1, 2), Rational(2), unit))  # it leaves the box
    assert not piece_holds(
        field, (X,), Piece(Integer(0), Rational(1, 100), ((Integer(-1), Integer(1)),))
    )  # two, a fold
    assert not piece_holds(field, (X,), Piece(Integer(1), Integer(1), ((Integer(2), Integer(3)),)))  # none


def test_gluing() -> None:
    field, unit = (X**2 - size,), ((Rational(9, 10), Rational(11, 10)),)
    before, after = Piece(Rational(99, 100), Integer(1), unit), Piece(Integer(1), Rational(101, 100), unit)
    assert glued(field, (X,), before, after)
    other = Piece(Integer(1), Rational(101, 100), ((Rational(-11, 10), Rational(-9, 10)),))
    assert piece_holds(field, (X,), other) and not glued(field, (X,), before, other)  # the other root
    assert not glued(field, (X,), before, Piece(Rational(101, 100), Rational(102, 100), unit))


def test_a_branch_ends_at_a_fold() -> None:
    case = on_the_line(-X - X**2, Integer(-1))  # −x − x² = λ has no zero beyond λ = 1/4
    assert certified_branch(case, Rational(24, 100))
    with pytest.raises(Undecided):
        certified_branch(case, Rational(26, 100))


def test_largest_on() -> None:
    box = ((Integer(-1), Integer(2)),)
    bound = largest_on([X, X / 2 - 2], (X,), box)
    assert Rational(5, 2) <= bound < Rational(2501, 1000)


# ----------------------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize("rule", [name for name in updates.REGISTRY if name != "sos"])
def test_rules_against_enclosures(rule: str) -> None:
    """The zero of the whole update at α = 2⁻¹⁰ and 2⁻¹¹: what the series to order 2 leaves falls by 8."""
    game, zero = cournot(c=0, k=Rational(1, 3)), (Integer(1), Integer(1))
    wrt = [symbol for row in parameters(game, "direct") for symbol in row]
    program = update_program(game, "direct", rule)
    at = {own_coefficient: 1, peer_coefficient: 1, **dict(game.parameters), step_size(0): alpha, step_size(1): alpha}
    field = [entry.subs(at) for entry in program.closed_form()["update"]]
    series = rule_zero_series(game, zero, rule, order=2)[0]
    rest = []
    for bits in (10, 11):
        amount = Rational(1, 2**bits)
        found = enclosed_zero([entry.subs(alpha, amount) for entry in field], wrt, zero)
        predicted = sum(c * amount**k for k, c in enumerate(series))
        rest.append(float((found[0] - exact.to_fmpq(predicted)).mid()))
    if rule in ("pg", "current", "own", "lookahead", "consensus", "sga", "cgd"):
        assert series == [1, 0, 0] and abs(rest[0]) < 1e-30
    else:
        assert series[1] == Rational(1, 5) and abs(rest[0] / rest[1] - 8) < 0.2


def test_sos_has_no_other_zero_nearby() -> None:
    """At rational points around the zero the update is not 0, and the share it keeps of shaping is at most |v|²."""
    game, zero = cournot(c=0, k=Rational(1, 3)), (Integer(1), Integer(1))
    wrt = [symbol for row in parameters(game, "direct") for symbol in row]
    whole, terms = update_program(game, "direct", "sos"), rule_terms(game, "direct", "sos")
    case, step = game_case(game, zero), Rational(1, 2)
    draw, seen = random.Random(0), 0
    for _ in range(40):
        point = {s: z + Rational(draw.randint(-100, 100), 20000) for s, z in zip(wrt, zero, strict=True)}
        at = {**point, **dict(game.parameters), alpha: step, step_size(0): step, step_size(1): step}
        at |= {own_coefficient: Integer(1), peer_coefficient: Integer(1)}
        update = whole.at({symbol: at[symbol] for symbol in whole.inputs})["update"]
        parts = terms.at({symbol: at[symbol] for symbol in terms.inputs})
        shares = {
            (update[i - 1] - parts[f"gradient_{i}"][0] - parts[f"look_{i}"][0]) / parts[f"shape_{i}"][0] for i in (1, 2)
        }
        (share,) = shares
        speed = sum(entry.subs(point) ** 2 for entry in case.field)
        assert 0 <= share <= speed < Rational(1, 100) and (any(update) or speed == 0)
        seen += bool(share > 0)
    assert seen > 20


def test_sos_keeps_the_share_small() -> None:
    assert c08_rules.share_is_at_most_speed()


# ----------------------------------------------------------------------------------------------- Stag Hunt in log-odds


def test_the_published_lambda_in_log_odds() -> None:
    # 3p − 2 + λ 3(1 + 3p) p²(1 − p)² at λ = .825
    case = c08_stag_hunt.logit_diagonal(stag_hunt())
    (p,) = case.symbols
    by_hand = 3 * p - 2 + size * 3 * (1 + 3 * p) * p**2 * (1 - p) ** 2
    assert exact.is_zero(case.total()[0] - by_hand)
    roots = np.roots(_coefficients(by_hand.subs(size, Rational(33, 40)), p))
    real = [root.real for root in roots if abs(root.imag) < 1e-9 and 0 < root.real < 1]
    assert len(real) == 1 and abs(real[0] - 0.53375) < 1e-4


def _coefficients(expression: Expr, symbol: Symbol) -> list[float]:
    return [float(entry) for entry in expression.as_poly(symbol).all_coeffs()]


def test_several_diagonal_zeros_beyond_the_bound() -> None:
    """p* near 1 with T = P: three zeros for some λ, so the bound on p* is needed."""
    game = stag_hunt(R=100, S=1, T=98, P=98)  # K = 99, p* = 97/99
    case = c08_stag_hunt.logit_diagonal(game)
    (p,) = case.symbols
    counts = {int(case.total()[0].subs(size, Rational(k, 100)).as_poly(p).count_roots(0, 1)) for k in range(1, 60, 4)}
    assert counts == {1, 3}


# ---------------------------------------------------------------------------------------------------------- the fold


def test_the_fold_by_hand() -> None:
    _, (low, high) = c08_fold.fold()
    assert high - low < Rational(1, 10**9) and abs(float(low) - 0.242576) < 1e-5
    # double root of (3 + 9λ)y − 1/2 + 15λ/2 − (320/27)y³ by floats: y = −√((3 + 9λ) 27/960)
    value = float(low)
    y = -np.sqrt((3 + 9 * value) * 27 / 960)
    assert abs((3 + 9 * value) * y - 0.5 + 7.5 * value - 320 / 27 * y**3) < 1e-6


def test_both_folds_by_floats() -> None:
    """Three zeros between the folds of λ, from all eigenvalues by NumPy on a grid of λ."""
    for (case, _), k in zip(c08_fold.fold_cases().values(), (208 / 27, 80 / 27), strict=True):
        _, roots = c08_fold.folds(case)
        ends = [float(low) for low, _ in roots]
        for value in np.linspace(0, 1 / 3, 101):
            y = np.roots([-4 * k, 0, 3 + 9 * value, 7.5 * value - 0.5])
            y = np.sort(y[abs(y.imag) < 1e-9].real)
            between = ends[0] < value < ends[-1] if len(ends) == 2 else value < ends[0]
            assert len(y) == (3 if between else 1)
            along, across = 3 + 9 * value - 12 * k * y**2, 9 * value - 3 - 12 * k * y**2
            assert (across < 1e-9).all() and [entry > 0 for entry in along] == (
                [False, True, False] if between else [False]
            )


def test_the_equilibrium_that_vanishes_is_the_games() -> None:
    case, _ = c08_fold.fold_cases()["regularised-stag-hunt, k = 208/27"]
    here = float(case.zero[0])
    _, roots = c08_fold.folds(case)
    p, q = case.symbols
    field = lambdify([p, size], case.total()[0].subs(q, p))
    for value in np.linspace(0, 0.9999 * float(roots[-1][0]), 400):  # the game's equilibrium, continued
        here = fsolve(lambda x, value=value: field(x, value), here, xtol=1e-10)[0]
        assert 0 < here < 0.3
    assert abs(here - (0.5 - np.sqrt((3 + 9 * float(roots[-1][0])) * 27 / (12 * 208)))) < 1e-2
    assert field(np.linspace(0, 0.5, 1000), float(roots[-1][1]) + 1e-4).min() > 0  # and none is left


def test_the_words_of_the_fold() -> None:
    found = BY_ID["C8.fold"].check()
    own, other = (evidence.summary for evidence in found.evidence)
    assert "inside the square and both vanish" in own and "p = q = 1/8" in own
    assert "entered the square at 14/81 and is no equilibrium" in other and "leaves the square at 13/324" in other


# ---------------------------------------------------------------------------------------------------------- sabotage


def test_squares_are_needed_off_the_diagonal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c08_fold, "THIRD", Rational(2, 5))
    assert verdict("C8.fold") is Verdict.UNDECIDED


def test_other_signs_at_the_fold_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = c08_fold._eigenvalues
    monkeypatch.setattr(c08_fold, "_eigenvalues", lambda case: (right(case)[0], -right(case)[1]))
    assert verdict("C8.fold") is Verdict.UNDECIDED
    monkeypatch.setattr(c08_fold, "_eigenvalues", lambda case: (-right(case)[0], right(case)[1]))
    assert verdict("C8.fold") is Verdict.UNDECIDED


def without_a_proof(
    field: Sequence[Expr], wrt: Sequence[Symbol], start: Sequence[Rational], bits: int = 256, amount: Any = None
) -> list[Any]:
    """Whatever Newton's method ends with."""
    slopes = moved_zeros._slopes(tuple(field), tuple(wrt))
    here = [flint.arb(exact.to_fmpq(entry)) for entry in start]
    for _ in range(12):
        known = {**dict(zip(wrt, here, strict=True)), size: flint.arb(exact.to_fmpq(amount or Integer(0)))}
        step = moved_zeros._matrix(slopes, known, len(wrt)).solve(moved_zeros._matrix(field, known, 1))
        here = [(x - step[i, 0]).mid() for i, x in enumerate(here)]
    return here


def middle_only(field: Sequence[Expr], wrt: Sequence[Symbol], piece: Piece) -> bool:
    middle = (piece.low + piece.high) / 2
    return piece_holds(field, wrt, Piece(middle, middle, piece.box))


@pytest.mark.parametrize("claim", ["C8.branch", "C8.slope"])
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("glued", lambda *_: True),
        ("glued", lambda *_: False),
        ("_held_by", lambda *_: True),
        ("_inside", lambda *_: True),
        ("enclosed_zero", without_a_proof),
        ("piece_holds", middle_only),
        ("piece_holds", lambda *_: True),
    ],
)
def test_weaker_krawczyk_tests_are_noticed(
    monkeypatch: pytest.MonkeyPatch, fresh: None, claim: str, name: str, wrong: Callable[..., object]
) -> None:
    for module in (moved_zeros, c08):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, wrong)
    assert verdict(claim) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "wrong",
    [
        lambda self, amount: True,
        lambda self, amount: all(gap + amount * pull >= 0 for gap, pull in self.gaps.values()),
        lambda self, amount: False,
    ],
)
def test_another_attraction_is_noticed(monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., bool]) -> None:
    monkeypatch.setattr(RestBound, "attracts", wrong)
    assert verdict("C8.strict") is Verdict.UNDECIDED


def test_reversed_differences_of_three_actions_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = rest_points._difference
    monkeypatch.setattr(
        rest_points,
        "_difference",
        lambda entries, own, other: right(entries, own, other) * (1 if len(entries) == 1 else -1),
    )
    assert verdict("C8.strict") is Verdict.UNDECIDED


@pytest.mark.parametrize("factor", [HALF, Integer(2)])
def test_scaled_pulls_are_noticed_by_projection(monkeypatch: pytest.MonkeyPatch, factor: Rational) -> None:
    right = c08_strict.stays_projected
    monkeypatch.setattr(
        c08_strict, "stays_projected", lambda game, profile, amount: right(game, profile, factor * amount)
    )
    assert verdict("C8.strict") is Verdict.UNDECIDED


def test_the_estimate_of_sos_is_sharp(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in c08_rules.RULE_GAMES:
        row = {
            key: Rational(value)
            for key, value in c08_rules._sos_row(*case).items()
            if key in ("look", "shape", "alpha")
        }
        assert row["alpha"] * (row["look"] + row["shape"] / 10) == 1
    monkeypatch.setattr(c08_rules, "_outweighs", lambda *_: True)
    with pytest.raises(Undecided):
        c08_rules._sos_row(*c08_rules.RULE_GAMES[0])


@pytest.mark.parametrize("factor", [Rational(1, 8), Rational(99, 100), Integer(4)])
def test_wrong_bounds_on_the_box_are_noticed(monkeypatch: pytest.MonkeyPatch, factor: Rational) -> None:
    right = c08_rules.largest_on
    monkeypatch.setattr(c08_rules, "largest_on", lambda *args: factor * right(*args))
    for case in c08_rules.RULE_GAMES:
        with pytest.raises(Undecided):
            c08_rules._sos_row(*case)


def test_the_largest_mixed_equilibrium_is_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"p* <= {c08_stag_hunt.MOST}" in " ".join(BY_ID["C8.stag-hunt"].assumptions)
    for other in (Rational(95, 100), Rational(9, 10)):  # false, and not the largest
        monkeypatch.setattr(c08_stag_hunt, "MOST", other)
        assert verdict("C8.stag-hunt") is Verdict.UNDECIDED


def test_a_smaller_lambda_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c08_strict, "CORRECTION", Rational(1, 2))
    assert verdict("C8.lost") is Verdict.UNDECIDED


def test_a_prisoners_dilemma_without_correction_creates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c08_strict, "prisoners_dilemma", lambda **_: prisoners_dilemma())
    assert verdict("C8.created") is Verdict.UNDECIDED


def test_a_wrong_series_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = c08.moved_zero_series

    def wrong(case: Corrected, order: int = 2) -> list[list[Rational]]:
        return [[*row[:-1], row[-1] + 1] for row in right(case, order)]

    monkeypatch.setattr(c08, "moved_zero_series", wrong)
    assert verdict("C8.series") is Verdict.UNDECIDED
    monkeypatch.setattr(
        c08,
        "moved_zero_series",
        lambda case, order=2: [[*r[:2], *([Integer(0)] * (order - 1))] for r in right(case, order)],
    )
    assert verdict("C8.slope") is Verdict.UNDECIDED


def test_a_second_route_that_differs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = c08_strict.unrolled_gaps
    monkeypatch.setattr(
        c08_strict, "unrolled_gaps", lambda game, profile: {k: (g, c + 1) for k, (g, c) in right(game, profile).items()}
    )
    assert verdict("C8.strict") is Verdict.UNDECIDED


def test_a_bound_of_another_kind_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Rational(1, 2)
    monkeypatch.setattr(
        c08_strict,
        "rest_bound",
        lambda game, profile, tremble=0: bound_of(profile, {(0, 0, 1): (x, -x), (1, 0, 1): (x, x)}),
    )
    assert verdict("C8.strict") is Verdict.UNDECIDED


def test_pieces_that_do_not_meet_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = c08.certified_branch
    monkeypatch.setattr(c08, "certified_branch", lambda case, last: right(case, last)[::2])
    assert verdict("C8.branch") is Verdict.UNDECIDED


def test_a_share_that_does_not_fade_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c08_rules, "share_is_at_most_speed", lambda: False)
    with pytest.raises(Undecided):
        c08_rules._sos_row(*c08_rules.RULE_GAMES[0])


def test_unused_symbols_are_not_needed() -> None:
    x, y = symbols("x y", real=True)
    case = Corrected((x, y), (-x + y, -y), (Integer(1), Integer(0)), (Integer(0), Integer(0)))
    assert moved_zero_series(case, 3) == [[0, 1, 0, 0], [0, 0, 0, 0]]
