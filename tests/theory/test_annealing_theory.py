"""theory.annealing and C13: numbers worked by hand, mutations that the checks must notice, verdicts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import flint
import pytest
from claim_checks import BY_ID, checked, plain_finding, readings
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol, symbols

from theory import annealing
from theory.annealing import (
    BOUND,
    DISTANCE,
    KAPPA,
    LIPSCHITZ,
    PUSH,
    RATE,
    SPREAD,
    STEP,
    SignBox,
    averaged,
    contraction_slack,
    enclosed_moments,
    envelope,
    interpolation_residual,
    linear_case,
    logit_corners,
    mean_square_parts,
    mean_square_slack,
    mean_square_step,
    power,
    power_schedule,
    process,
    sign_box,
    unrolled_limit,
)
from theory.claims import LEDGER, c13_rates
from theory.claims import c13_annealing as c13
from theory.claims.model import Verdict, weakest
from theory.errors import BadInput
from theory.exact import Undecided, is_zero
from theory.games import Game, chicken, cournot, matching_pennies, normal_form, prisoners_dilemma, stag_hunt
from theory.games.symbolic import symbolic_game
from theory.policies import parameters
from theory.rest_points import rest_bound
from theory.strategies import one_shot_games, rationals, symmetric_games
from theory.symbols import correction as size

HALF = Rational(1, 2)
EXPECTED = {
    "C13.limit": Verdict.PROVED,
    "C13.rates": Verdict.REFUTED,
    "C13.rates-when": Verdict.PROVED,
    "C13.region": Verdict.PROVED,
    "C13.order": Verdict.PROVED,
    "C13.any-point": Verdict.REFUTED,
    "C13.finite-time": Verdict.PROVED,
    "C13.finite-time-noise": Verdict.REFUTED,
    "C13.finite-time-small-noise": Verdict.PROVED,
    "C13.logit-rate": Verdict.PROVED,
    "C13.unrolled": Verdict.REFUTED,
}


# -------------------------------------------------------------------------------------------------------------- claims


@pytest.mark.parametrize("name", EXPECTED)
def test_verdicts(name: str) -> None:
    for evidence in plain_finding(name, EXPECTED[name]).evidence:
        rows = evidence.content["recovery"]
        assert rows and all(isinstance(v, str | int | bool) or v is None for row in rows for v in row.values())


def test_every_claim_is_covered_and_the_parent_is_refuted_by_rates() -> None:
    assert readings("C13") == set(EXPECTED)
    numerical = {claim.id for claim in LEDGER if claim.parent == "C13" and claim.check is None}
    assert numerical == {"C13.types", "C13.same-end"}
    parent = BY_ID["C13"]
    assert weakest(parent, {child: checked(child) for child in parent.requires}).verdict is Verdict.REFUTED


def undecided(name: str) -> str:
    finding = checked(name)
    assert finding.verdict is not EXPECTED[name]
    return finding.reason


def test_a_condition_that_is_not_affine_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    true = c13.region_conditions
    monkeypatch.setattr(c13, "region_conditions", lambda: {**true(), "square": size**2})
    assert "not affine" in undecided("C13.region")


def test_a_wrong_correction_is_noticed_by_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boxes of the field with the correction's sign reversed are certified where the true ones are not."""
    true = annealing.decompose

    def reversed_peer(*arguments: Any, **named: Any) -> Any:
        found = true(*arguments, **named)
        outputs = {
            name: tuple(-entry for entry in row) if name.startswith("peer") else row
            for name, row in found.program.outputs.items()
        }
        return replace(found, program=replace(found.program, outputs=outputs))

    hare = ((1,), (1,))
    bound = rest_bound(stag_hunt(), hare).bound
    assert bound == Rational(2, 3)
    with pytest.raises(Undecided):
        sign_box(stag_hunt(), hare, Rational(7, 10))
    monkeypatch.setattr(annealing, "decompose", reversed_peer)
    assert sign_box(stag_hunt(), hare, Rational(7, 10)).margin > 0


def test_a_lost_start_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    true = annealing.Process.run

    def swapped(self: Any, start: Any, sizes: Any) -> Any:
        return true(self, start, [(a, -amount) for a, amount in sizes])

    monkeypatch.setattr(annealing.Process, "run", swapped)
    assert "falls below" in undecided("C13.order")


def test_wrong_algebra_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c13, "contraction_slack", lambda: contraction_slack() + STEP)
    assert "slack" in undecided("C13.limit")


def test_a_wrong_envelope_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the correction's term the exact run leaves the bound."""
    monkeypatch.setattr(c13, "envelope", lambda start, rate, push, sizes: envelope(start, rate, Integer(0), sizes))
    assert "leaves the recursion's bound" in undecided("C13.limit")


def test_a_wrong_solution_of_the_recursion_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def shifted(count: int) -> tuple[Expr, Expr, Expr]:
        by_steps, by_sum, weights = linear_case(count)
        return by_steps, by_sum + PUSH * STEP, weights

    monkeypatch.setattr(c13_rates, "linear_case", shifted)
    assert "linear recursion" in undecided("C13.rates")


@pytest.mark.parametrize("which", [0, 1])
def test_wrong_leading_terms_are_noticed(which: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(variance: bool) -> Any:
        weight, value = averaged(variance)
        return ((weight[0], 2 * weight[1]), value) if which == 0 else (weight, (value[0], value[1] / 2))

    monkeypatch.setattr(c13_rates, "averaged", wrong)
    assert "leading terms" in undecided("C13.rates-when")


def test_wrong_moments_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(*arguments: Any) -> Any:
        return [(2 * variance, bias) for variance, bias in enclosed_moments(*arguments)]

    monkeypatch.setattr(c13_rates, "enclosed_moments", doubled)
    assert "ratio" in undecided("C13.rates-when")


def certified_at_the_end_alone(box: SignBox) -> SignBox:
    """The box with the margin that it has at λ = c."""
    total, symbols_of = process(box.game).total(box.largest), process(box.game).symbols
    pushes = [
        (2 * c - 1) * entry.subs(dict(zip(symbols_of, start, strict=True)), simultaneous=True)
        for start in box.starts()
        for c, entry in zip(box.corner, total, strict=True)
    ]
    return replace(box, margin=max(min(pushes), box.margin))


WRONG_BOXES: dict[str, Callable[[SignBox], SignBox]] = {
    "twice the margin": lambda box: replace(box, margin=2 * box.margin),
    "twice the side": lambda box: replace(box, radius=min(Integer(1), 2 * box.radius)),
    "lambda = c alone": certified_at_the_end_alone,
    "twice the range": lambda box: replace(box, largest=2 * box.largest),
}


@pytest.mark.parametrize("wrong", WRONG_BOXES)
def test_wrong_boxes_are_noticed(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = tuple((WRONG_BOXES[wrong](box), bound) for box, bound in c13.strict_boxes())
    for module in (c13, c13_rates):
        monkeypatch.setattr(module, "strict_boxes", lambda: boxes)
    for name in ("C13.finite-time", "C13.region"):
        assert "not kept at a vertex" in undecided(name)


def test_a_bound_on_the_steps_that_is_too_small_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    true = SignBox.steps
    monkeypatch.setattr(SignBox, "steps", lambda box, step: -(-true(box, step) // 20))
    assert "is not reached" in undecided("C13.finite-time")


def test_pushes_at_vertices_by_hand() -> None:
    """(Stag, Stag), [7/8, 1]²: v₁ = 3q − 2 ≥ 5/8 and C₁ = 3 + 9p > 0, so 5/8 at λ = 0; at the corner alone 1."""
    box = sign_box(stag_hunt(), ((0,), (0,)), Integer(1))
    assert box.least_push(box.starts()) == Rational(5, 8)
    assert box.least_push([box.vertex((False, False))]) == 1
    # (Hare, Hare), [0, 1/8]², λ = 1/3: 2 − 3q − (3 + 9p)/3 = 1 − 3q − 3p
    hare = sign_box(stag_hunt(), ((1,), (1,)), Rational(1, 3))
    assert hare.least_push(hare.starts()) == Rational(1, 4)
    assert len(c13.some_vertices(hare)) == 6 and set(c13.some_vertices(hare)) == set(hare.starts())


def test_drift_balls_need_small_steps() -> None:
    """From (1, 29/50) with a = 2: (12/25, 1), (1, 0), (0, 1), (1, 0) …"""
    path = process(stag_hunt()).run((Integer(1), Rational(29, 50)), [(Integer(2), Integer(0))] * 4)
    assert path[1:] == [(Rational(12, 25), 1), (1, 0), (0, 1), (1, 0)]
    row = c13.large_steps()
    assert row["pg_ends_in_the_cycle"] in ("(1, 0), (0, 1)", "(0, 1), (1, 0)") and row["annealed_ends_at"] == "(1, 1)"


@pytest.mark.parametrize("radius", [Rational(9, 20), HALF])
def test_the_balls_drift_is_known_up_to_the_radius_of_the_certificate(radius: Rational) -> None:
    """⟨v, x − x*⟩ = −(u + w − 6uw) on the diagonal u = w = r/√2 is < 0 iff r < √2/3: 81/400 < 2/9 < 1/4."""
    assert (9 * radius**2 < 2) == (radius == Rational(9, 20))


def test_a_large_step_that_does_no_harm_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    true = annealing.Process.run
    monkeypatch.setattr(
        annealing.Process, "run", lambda self, start, sizes: true(self, start, [(a / 40, b) for a, b in sizes])
    )
    with pytest.raises(Undecided, match="in steps of 2 the runs end"):
        c13.large_steps()


def test_a_constant_lambda_is_not_annealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c13, "power_schedule", lambda step, amount, power, steps: [(step, amount)] * steps)
    assert "not annealed" in undecided("C13.any-point")


MEAN_SQUARE_MUTANTS: dict[str, Callable[..., Expr]] = {
    "contraction": lambda square, step, amount, share: (
        mean_square_step(square, step, amount, share) - step * RATE * square / 4
    ),
    "no noise": lambda square, step, amount, share: mean_square_step(square, step, amount, share).subs(SPREAD, 0),
    "L^2 for 2L^2": lambda square, step, amount, share: (
        mean_square_step(square, step, amount, share) - step**2 * LIPSCHITZ**2 * square
    ),
    "half of the lambda term": lambda square, step, amount, share: (
        mean_square_step(square, step, amount, share)
        - step * (1 / (share * RATE) + 2 * step) * amount**2 * BOUND**2 / 2
    ),
}


@pytest.mark.parametrize("wrong", MEAN_SQUARE_MUTANTS)
def test_a_wrong_mean_square_bound_is_noticed(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c13_rates, "mean_square_step", MEAN_SQUARE_MUTANTS[wrong])
    assert "not what its two inequalities give" in undecided("C13.rates-when")


def test_the_printed_bound_is_the_bound() -> None:
    summary = checked("C13.rates-when").evidence[-1].summary
    assert str(mean_square_step(Symbol("E"), STEP, size, c13_rates.YOUNG)) in summary


def test_noise_that_stays_below_the_push_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c13_rates, "largest_push", lambda pulled, amount: Rational(3))
    assert "does not exceed" in undecided("C13.finite-time-noise")


@pytest.mark.parametrize(("term", "order"), [("peer", 2), ("peer", 3), ("own", 2), ("own", 4)])
def test_a_correction_of_another_order_is_noticed(term: str, order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer term of order 3 is one without one of the two factors w(1 − w)."""

    def level(game: Any) -> Any:
        return {k: tuple(replace(row, **{term: order}) for row in rows) for k, rows in logit_corners(game).items()}

    monkeypatch.setattr(c13_rates, "logit_corners", level)
    assert "begin with the powers" in undecided("C13.logit-rate")


# ------------------------------------------------------------------------------------------------------------ by hand


def test_runs_by_hand() -> None:
    """Stag Hunt 4,0,3,2: v₁ = 3q − 2, C₁ = 3 + 9p. From (1/2, 1/2), a = 1/10: λ = 0 gives 1/2 − 1/20; λ = 1/5 gives
    1/2 + (−1/2 + 15/10)/10. At (1, 1) the projection holds the run."""
    pulled = process(stag_hunt())
    start = (HALF, HALF)
    assert pulled.run(start, [(Rational(1, 10), Integer(0))])[-1] == (Rational(9, 20),) * 2
    assert pulled.run(start, [(Rational(1, 10), Rational(1, 5))])[-1] == (Rational(3, 5),) * 2
    assert pulled.run((Integer(1), Integer(1)), [(Integer(3), Rational(1, 7))] * 3)[-1] == (1, 1)
    assert process(cournot()).run((Integer(2), Integer(0)), [(Integer(1), Integer(0))])[-1] == (1, 1)
    assert process(cournot()).run((Integer(3), Integer(3)), [(Integer(1), Integer(0))])[-1] == (-3, -3)  # unprojected
    assert power_schedule(HALF, Integer(6), 2, 3) == [(HALF, 6), (HALF, Rational(3, 2)), (HALF, Rational(2, 3))]


@settings(max_examples=15)
@given(symmetric_games(), st.integers(0, 1000))
def test_runs_agree_with_fractions(game: Game, seed: int) -> None:
    """The second route: v = D q − (P − S), C = D (T − P + D p), D = R − S − T + P, in Python's fractions."""
    draw = random.Random(seed)
    r, s, t, p = (Fraction(int(v.p), int(v.q)) for _, v in game.parameters)
    d = r - s - t + p
    sizes = [(Rational(draw.randint(1, 9), 10), Rational(draw.randint(0, 9), 10)) for _ in range(6)]
    x, y = Fraction(draw.randint(0, 8), 8), Fraction(draw.randint(0, 8), 8)
    start = (Rational(x.numerator, x.denominator), Rational(y.numerator, y.denominator))
    found = process(game).run(start, sizes)
    for step, amount in sizes:
        a, lam = Fraction(int(step.p), int(step.q)), Fraction(int(amount.p), int(amount.q))
        dx, dy = (d * other - (p - s) + lam * d * (t - p + d * own) for own, other in ((x, y), (y, x)))
        x, y = (min(max(z + a * dz, Fraction(0)), Fraction(1)) for z, dz in ((x, dx), (y, dy)))
    assert tuple(map(str, found[-1])) == (str(x), str(y))


def test_three_actions_are_refused() -> None:
    cells = {(a, b): (Integer(a == b),) * 2 for a in range(3) for b in range(3)}
    game = normal_form("three", (("A", "B", "C"),) * 2, cells)
    for call in (lambda: process(game), lambda: sign_box(game, ((0,), (0,)), Integer(1))):
        with pytest.raises(BadInput, match="does not have two actions"):
            call()


def test_boxes_by_hand() -> None:
    """(Stag, Stag), λ in [0, 1]: v₁ = 3q − 2 ≥ 5/8 on q ≥ 7/8 and C > 0, so 5/8 is the margin at most; (Hare, Hare)
    with λ up to 1/3: 2 − 3q − (3 + 9p)/3 = 1 − 3q − 3p ≥ 1/4 on [0, 1/8]²."""
    stag = sign_box(stag_hunt(), ((0,), (0,)), Integer(1))
    hare = sign_box(stag_hunt(), ((1,), (1,)), Rational(1, 3))
    assert (stag.radius, hare.radius) == (Rational(1, 8),) * 2
    assert 0 < stag.margin <= Rational(5, 8) and 0 < hare.margin <= Rational(1, 4)
    assert stag.corner == (1, 1) and set(stag.starts()) == set(product((1, Rational(7, 8)), repeat=2))
    assert hare.corner == (0, 0) and set(hare.starts()) == set(product((0, Rational(1, 8)), repeat=2))
    assert stag.steps(Rational(1, 100)) == -(-stag.radius * 100 // stag.margin)
    with pytest.raises(Undecided):
        sign_box(stag_hunt(), ((0,), (1,)), Integer(0))  # no equilibrium
    with pytest.raises(Undecided):
        sign_box(chicken(), ((0,), (1,)), Rational(1, 4))  # exactly where it is lost


@settings(max_examples=10)
@given(one_shot_games(actions=(2, 2)), st.integers(0, 3), st.integers(0, 100))
def test_boxes_hold_what_they_promise(game: Any, index: int, seed: int) -> None:
    """σ(v + λC) ≥ margin at random points and λ of the box, from closed forms."""
    profile = tuple((int(bit),) for bit in f"{index:02b}")
    try:
        box = sign_box(game, profile, HALF)
    except Undecided:
        return
    pulled, draw = process(game), random.Random(seed)
    for _ in range(20):
        point = {s: c + (1 - 2 * c) * box.radius * Rational(draw.randint(0, 8), 8)
                 for s, c in zip(pulled.symbols, box.corner, strict=True)}  # fmt: skip
        for c, entry in zip(box.corner, pulled.total(HALF * Rational(draw.randint(0, 8), 8)), strict=True):
            assert (2 * c - 1) * entry.subs(point, simultaneous=True) >= box.margin


def test_interpolation_tells_affine_from_not() -> None:
    x, top = symbols("x y")
    assert is_zero(interpolation_residual(3 - 5 * size * x, top))
    assert not is_zero(interpolation_residual(size**2, top))
    assert not is_zero(interpolation_residual(1 / (1 + size), top))


def test_envelope_by_hand() -> None:
    """From m = 1, a = 1/2, K = 2: e ← 3e/4 + λ; 1 → 3/4 + 1/4 = 1 → 3/4 + 1/8."""
    sizes = [(HALF, Rational(1, 4)), (HALF, Rational(1, 8))]
    assert envelope(Integer(1), Integer(1), Integer(2), sizes) == [1, 1, Rational(7, 8)]


@given(st.tuples(*[rationals(0, 3, 4, open_interval=True)] * 2), rationals(0, 1, 6, open_interval=True))
def test_contraction_holds_where_the_step_is_small(constants: tuple[Rational, Rational], share: Rational) -> None:
    rate, extra = constants
    lipschitz = rate + extra
    step = share * rate / lipschitz**2
    assert contraction_slack().subs({RATE: rate, LIPSCHITZ: lipschitz, STEP: step}) >= 0
    assert step * rate <= 1


def test_contraction_needs_the_step_bound() -> None:
    at = {RATE: 1, LIPSCHITZ: 3, STEP: 1}
    assert contraction_slack().subs(at) < 0


@given(
    st.tuples(*[rationals(0, 3, 3, open_interval=True)] * 5),
    rationals(0, 1, 5, open_interval=True),
    rationals(0, 2, 4, open_interval=True),
)
def test_mean_square_bound_on_a_line(numbers: tuple[Rational, ...], step: Rational, share: Rational) -> None:
    """The linear case v = −m e, M = K: E|e|² after a step, exactly, from a known |e|² is within the bound."""
    rate, push, spread, here, amount = numbers
    moved = (here + step * (-rate * here + amount * push)) ** 2 + step**2 * spread**2
    values = {RATE: rate, LIPSCHITZ: rate, BOUND: push, SPREAD: spread}
    at = {**values, DISTANCE: here, size: amount}
    assert moved <= mean_square_parts().subs({**at, STEP: step})
    assert moved <= mean_square_step(here**2, step, amount, share).subs(values)
    assert all(entry.subs(at) >= 0 for entry in mean_square_slack(share))


def test_half_of_the_drift_is_too_much_for_p_1() -> None:
    """e² ← (1 − k/n)e² + 1/n²: of order 1/n for k = 6/5 = 2 a_0 m, slower than 1/n for k = 9/10 = (3/2) a_0 m."""

    def scaled(rate: Fraction, last: int) -> Fraction:
        square = Fraction(0)
        for n in range(2, last + 1):
            square = square * (1 - rate / n) + Fraction(1, n**2)
            square = Fraction(round(square * 2**60), 2**60)
        return square * last

    enough, little = ([scaled(rate, last) for last in (50, 3200)] for rate in (Fraction(6, 5), Fraction(9, 10)))
    assert enough[1] < 5 and little[1] > little[0] + 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_weights_sum_to_what_is_left(count: int) -> None:
    by_steps, by_sum, weights = linear_case(count)
    assert is_zero(by_steps - by_sum) and is_zero(weights)
    assert not is_zero(by_steps - by_sum.subs(RATE, 2 * RATE))


def test_averages_by_hand() -> None:
    (order, lead), (flat, limit) = averaged(variance=True)
    assert (order, flat) == (1, 0)
    assert is_zero(lead - (2 * RATE - KAPPA)) and is_zero(limit - SPREAD**2 / (2 * RATE - KAPPA))
    _, (flat, limit) = averaged(variance=False)
    assert flat == 0 and is_zero(limit - PUSH / (RATE - KAPPA))


def test_moments_of_two_steps_by_hand() -> None:
    """a = 1/2, λ = 1: V = 0, 1/4, 1/16 + 1/4; b = 0, 1/2, 3/4. Divided by a and λ: 0, 1/2, 5/8 and 0, 1/2, 3/4."""
    found = enclosed_moments(lambda n: flint.arb(1) / 2, lambda n: flint.arb(1), [1, 2, 3])
    for (variance, bias), (v, b) in zip(found, [(0, 0), (4, 4), (5, 6)], strict=True):
        assert (8 * variance).contains(v) and (8 * bias).contains(b)
    assert power(4, HALF).contains(flint.fmpq(1, 2))


def test_first_power_in_closed_form() -> None:
    """p = 1, a_n = 1/n, m = 1: n²V_{n+1} = (n − 1)²V_n + 1, so n V_{n+1} = 1 and V_n/a_n → 1 = 1/(2 − κ), κ = 1."""
    variance = Rational(0)
    for n in range(1, 30):
        variance = (1 - Rational(1, n)) ** 2 * variance + Rational(1, n) ** 2
        assert variance == Rational(1, n)
    _, (_, limit) = averaged(variance=True)
    assert limit.subs({RATE: 1, SPREAD: 1, KAPPA: 1}) == 1


# --------------------------------------------------------------------------------------------------- logit, unrolled


def test_logit_corners_of_stag_hunt() -> None:
    """At (Stag, Stag) u̇ = −u²(R − T), at (Hare, Hare) −u²(P − S); at (Stag, Hare) player 1 moves away: +u²(P − S)."""
    found = logit_corners(stag_hunt())
    values = {corner: [stag_hunt().value_of(row.leading) for row in rows] for corner, rows in found.items()}
    a, b = symbols("a b", positive=True)
    assert values[1, 1] == [-(a**2), -(b**2)] and values[0, 0] == [-2 * a**2, -2 * b**2]
    assert values[1, 0] == [2 * a**2, b**2]
    assert {(row.order, row.peer) for rows in found.values() for row in rows} == {(2, 4)}


def test_logit_corrections_may_vanish() -> None:
    """The donation game has no peer term: (0, 0) is the leading term of the function 0, so a game of the class with
    symbols must be used for orders."""
    rows = logit_corners(symbolic_game((2, 2)))[1, 1]
    assert all(row.peer == 4 and row.own == 3 for row in rows)


def test_unrolled_limit_by_hand() -> None:
    """Matching Pennies: v = (4q − 2, 2 − 4p); after the step q becomes q + α(2 − 4p)."""
    game = matching_pennies()
    (p,), (q,) = parameters(game, "direct")
    field, limit = unrolled_limit(game)
    a = Symbol("alpha", positive=True)
    assert is_zero(field[0] - (4 * q - 2)) and is_zero(limit[0] - (4 * (q + a * (2 - 4 * p)) - 2))
    plain, ahead = unrolled_limit(prisoners_dilemma())
    assert len(plain) == len(ahead) == 2 and not is_zero(ahead[0] - plain[0])
