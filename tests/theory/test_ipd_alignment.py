"""Alignment in the memory-one game against values computed by a linear solver written here, and controls that fail."""

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
from mpmath import mp, mpf
from sympy import Expr, Integer, Rational, Symbol

from theory.claims.c07_ipd_alignment import CLAIMS, GENEROUS, INSIDE, TFT_GAME, best_reply_gain
from theory.claims.model import Verdict, settle
from theory.exact import Undecided, evaluate, is_zero, lowest_terms
from theory.games import ipd
from theory.ipd_alignment import (
    GRIM_PAYS,
    LINES,
    PROFILES,
    STATES,
    along_line,
    approach,
    at_profile,
    class_form,
    cooperation,
    current_payoffs,
    fields_at,
    inner_product,
    position,
    reduction,
    rounded,
    sign_near_zero,
    sign_runs,
    symmetric_point,
    uniform_start_correction,
)
from theory.symbols import P, R, S, T, discount

STANDARD = (-1, -3, 0, -2, Fraction(24, 25))
SWAPPED = (0, 1, 3, 2, 4)  # how player 2 sees the states


# ------------------------------------------------------------------------------ values without the package


def value(x: Sequence[Any], payoffs: Sequence[Any], player: int) -> Any:
    """V of one player; x holds p and q after ∅, CC, CD, DC, DD, player 1's action first. Any numbers."""
    r, s, t, p, gamma = payoffs
    stage = ((r, s, t, p), (r, t, s, p))[player]

    def joint(state: int) -> list[Any]:
        a, b = x[state], x[5 + state]
        return [a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)]

    def pay(weights: Sequence[Any]) -> Any:
        return sum(w * entry for w, entry in zip(weights, stage, strict=True))

    rows = [joint(k) for k in range(1, 5)]
    matrix = [[int(i == j) - gamma * row[j] for j in range(4)] + [pay(row)] for i, row in enumerate(rows)]
    for k in range(4):
        matrix[k] = [entry / matrix[k][k] for entry in matrix[k]]
        for i in range(4):
            if i != k:
                matrix[i] = [entry - matrix[i][k] * other for entry, other in zip(matrix[i], matrix[k], strict=True)]
    first = joint(0)
    return pay(first) + gamma * sum(w * row[4] for w, row in zip(first, matrix, strict=True))


def differences(
    v: Callable[..., Any], x: Sequence[Any], h: Any, peer_factor: bool = True
) -> tuple[list[Any], list[Any]]:
    """Player 1's gradient and correction by central differences of V¹ and V²."""

    def at(player: int, *moves: tuple[int, Any]) -> Any:
        y = list(x)
        for k, step in moves:
            y[k] += step
        return v(y, player)

    def slope(player: int, k: int) -> Any:
        return (at(player, (k, h)) - at(player, (k, -h))) / (2 * h)

    def mixed(player: int, k: int, m: int) -> Any:
        corners = [(a, b, at(player, (k, a * h), (m, b * h))) for a in (1, -1) for b in (1, -1)]
        return sum(a * b * entry for a, b, entry in corners) / (4 * h * h)

    factors = [slope(0, 5 + m) if peer_factor else 1 for m in range(5)]
    return [slope(0, k) for k in range(5)], [
        sum(mixed(1, k, 5 + m) * factors[m] for m in range(5) if factors[m]) for k in range(5)
    ]


def both(policy: Sequence[Any], view: Sequence[int] = SWAPPED) -> list[Any]:
    return [*policy, *(policy[k] for k in view)]


def fraction(number: Any) -> Fraction:
    return Fraction(int(number.p), int(number.q))


def close(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    scale = max(1, *(abs(float(entry)) for entry in expected))
    return all(abs(float(a - b)) < 1e-7 * scale for a, b in zip(found, expected, strict=True))


def random_games(count: int, seed: int = 0) -> list[tuple[Fraction, ...]]:
    draw = random.Random(seed)
    games = []
    for _ in range(count):
        a, b, c = (Fraction(draw.randint(1, 30), 10) for _ in range(3))
        p = Fraction(draw.randint(-20, 20), 10)
        games.append((p + b, p - c, p + b + a, p, Fraction(draw.randint(1, 19), 20)))
    return games


def substituted(form: Expr, payoffs: Sequence[Any]) -> Fraction:
    values = dict(zip((R, S, T, P, discount), map(Fraction, payoffs), strict=True))
    return Fraction(evaluate(form, values, fraction))


H = Fraction(1, 10**7)


@pytest.mark.parametrize("profile", [*PROFILES, "D:CDDD"])
def test_closed_forms_equal_differences_of_values(profile: str) -> None:
    at = at_profile(profile)
    x = both([int(entry) for entry in cooperation(profile)])
    for payoffs in (STANDARD, *random_games(2)):
        gradient, correction = differences(lambda y, i, g=payoffs: value(y, g, i), x, H)
        assert close([substituted(form.value, payoffs) for form in at.gradient], gradient)
        assert close([substituted(form.value, payoffs) for form in at.correction], correction)


def test_differences_see_a_wrong_view_and_a_missing_factor() -> None:
    found = [substituted(form.value, STANDARD) for form in at_profile("TFT").correction]
    tft = [int(entry) for entry in cooperation("TFT")]
    v = lambda y, i: value(y, STANDARD, i)  # noqa: E731
    assert close(found, differences(v, both(tft), H)[1])
    assert not close(found, differences(v, both(tft, range(5)), H)[1])
    assert not close(found, differences(v, both(tft), H, peer_factor=False)[1])
    assert not close([-entry for entry in found], differences(v, both(tft), H)[1])


@pytest.mark.parametrize("policy", [INSIDE, GENEROUS], ids=["inside", "generous"])
def test_fields_at_mixed_policies_equal_differences(policy: tuple[Expr, ...]) -> None:
    fields = fields_at(symmetric_point(policy), current_payoffs(ipd()))
    x = both([fraction(Rational(entry)) for entry in policy])
    gradient, correction = differences(lambda y, i: value(y, STANDARD, i), x, H)
    assert close(fields.gradient[:5], gradient) and close(fields.correction[:5], correction)
    # Player 2 mirrors player 1 under the exchange of CD and DC.
    assert [fields.correction[5 + k] for k in SWAPPED] == list(fields.correction[:5])


def test_inner_product_is_over_the_four_target_coordinates() -> None:
    point = symmetric_point([Rational(k, 7) for k in (1, 2, 3, 4, 5)])
    ones = [Integer(1) if k in (0, 1) else Integer(100) for _ in range(2) for k in range(5)]
    assert inner_product(point, ones) == 2 * (Rational(6, 7) + Rational(5, 7))


def test_logit_fields_equal_differences_through_the_logistic_map() -> None:
    policy = [Rational(k, 20) for k in (17, 18, 3, 15, 4)]
    fields = fields_at(symmetric_point(policy), current_payoffs(ipd()), "logit")
    with mp.workdps(60):
        payoffs = [mpf(-1), mpf(-3), mpf(0), mpf(-2), mpf(24) / 25]
        x = both([mpf(int(e.p)) / int(e.q) for e in policy])
        odds = [mp.log(e / (1 - e)) for e in x]
        v = lambda y, i: value([1 / (1 + mp.exp(-e)) for e in y], payoffs, i)  # noqa: E731
        found = differences(v, odds, mpf(10) ** -15)
        slopes = [e * (1 - e) for e in x[:5]]
        for mine, theirs in zip((fields.gradient, fields.correction), found, strict=True):
            expected = [float(a * b) for a, b in zip(slopes, theirs, strict=True)]
            assert close([float(entry) for entry in mine[:5]], expected)
    direct = fields_at(symmetric_point(policy), current_payoffs(ipd())).correction[:5]
    assert not close([float(entry) for entry in direct], expected)


# -------------------------------------------------------------------------------------- signs over the class


@pytest.mark.parametrize("profile", PROFILES)
def test_settled_signs_hold_and_open_ones_occur(profile: str) -> None:
    games = random_games(400, seed=1)
    for form in (*at_profile(profile).correction, at_profile(profile).total):
        values = [substituted(form.value, game) for game in games]
        if form.sign is not None:
            assert all(entry * form.sign > 0 or entry == form.sign == 0 for entry in values)
        else:
            assert min(values) < 0 < max(values)
            where = [[substituted(factor, game) for factor in form.positive_where] for game in games]
            for entry, factors in zip(values, where, strict=True):
                product = Fraction(1)
                for factor in factors:
                    product *= factor
                assert (entry > 0) == (product > 0)


def test_signs_at_grim_need_grim_to_be_an_equilibrium() -> None:
    at = at_profile("Grim", assumed=GRIM_PAYS)
    assert at.signs == (1, 1, -1, 0, -1)
    assert at_profile("Grim").signs[:2] == (None, None)
    breaking = (Fraction(1), Fraction(-1, 10), Fraction(11), Fraction(0), Fraction(1, 10))
    assert substituted(GRIM_PAYS, breaking) < 0 and substituted(at.correction[0].value, breaking) < 0
    for game in random_games(300, seed=2):
        if substituted(GRIM_PAYS, game) >= 0:
            assert all(substituted(form.value, game) > 0 for form in at.correction[:2])


def test_class_form_refuses_what_depends_on_a_common_constant() -> None:
    with pytest.raises(Undecided):
        class_form(R + P)
    assert class_form((T - P) * (R - S)).sign == 1
    assert class_form(T - R - P + S).sign is None
    assert class_form((1 - 3 * discount) * (T - R)).sign is None
    assert class_form(R - T).sign == -1


def test_near_tft_counterexample_has_tft_as_an_equilibrium_and_another_game_has_not() -> None:
    game = ipd(**{symbol.name: entry for symbol, entry in TFT_GAME.items()})
    assert best_reply_gain(cooperation("TFT"), current_payoffs(game)) == 0
    assert best_reply_gain(cooperation("TFT"), current_payoffs(ipd(T=20, S=-1, R=10, P=0, gamma="1/2"))) > 0
    assert best_reply_gain(cooperation("AllC"), current_payoffs(ipd())) > 0


# --------------------------------------------------------------------------------------------------- lines


@pytest.mark.parametrize("ends", LINES, ids="-".join)
def test_sign_regions_of_lines_agree_with_values(ends: tuple[str, str]) -> None:
    line = along_line(*ends)
    signs = line.signs()
    low, high = ([int(entry) for entry in cooperation(end)] for end in ends)
    for t in (Fraction(1, 5), Fraction(3, 4), Fraction(19, 20)):
        x = both([(1 - t) * a + t * b for a, b in zip(low, high, strict=True)])
        gradient, correction = differences(lambda y, i: value(y, STANDARD, i), x, H)
        at = Rational(t.numerator, t.denominator)
        assert close([entry.subs(position, at) for entry in line.correction], correction)
        toward = {
            "<v,-grad W>": 2 * sum((1 - x[k]) * gradient[k] for k in (0, 1)),
            "<C,-grad W>": 2 * sum((1 - x[k]) * correction[k] for k in (0, 1)),
        }
        for name, expected in toward.items():
            (run,) = (run for run in signs[name] if run.low[1] < at < run.high[0])
            assert (run.sign > 0) == (expected > 0) and (run.sign == 0) == (abs(expected) < 1e-6)


def test_sign_runs_of_known_functions() -> None:
    t = position
    found = sign_runs((3 * t - 1) * (2 * t - 1) ** 2 / (t + 1))
    assert [run.sign for run in found] == [-1, 1]
    assert found[0].high[0] <= Rational(1, 3) <= found[0].high[1]
    assert [run.sign for run in sign_runs(t * (1 - t))] == [1]
    assert [run.sign for run in sign_runs(Integer(0))] == [0]
    with pytest.raises(Undecided):
        sign_runs(1 / (2 * t - 1))


def test_correction_where_everyone_cooperates_equally_often() -> None:
    closed = uniform_start_correction()
    standard = along_line("AllD", "AllC").correction[0]
    assert is_zero(closed.subs(current_payoffs(ipd())) - standard)
    for payoffs in random_games(2, seed=3):
        t = Fraction(2, 7)
        correction = differences(lambda y, i, g=payoffs: value(y, g, i), [t] * 10, H)[1]
        assert close([substituted(closed.subs(position, Rational(2, 7)), payoffs)], correction[:1])


def test_approach_agrees_with_fields_close_to_the_set() -> None:
    noise = Symbol("delta", positive=True)
    for coordinates, wanted in (("direct", (1, 1)), ("logit", (4, -1))):
        order, coefficient = approach((noise, 1 - noise, noise), coordinates)  # type: ignore[arg-type]
        assert (order, sign_near_zero(coefficient, noise)) == wanted
        t, d = Rational(1, 10**9), Rational(1, 50)
        point = symmetric_point([1 - t, 1 - t, d, 1 - d, d])
        fields = fields_at(point, current_payoffs(ipd()), coordinates)  # type: ignore[arg-type]
        ratio = inner_product(point, fields.correction) / t**order / coefficient.subs(noise, d)
        assert abs(float(ratio) - 1) < 1e-3


# ----------------------------------------------------------------------------------------------- reduction


@pytest.mark.parametrize("strategy", ["Grim", "TFT"])
def test_reduction_against_sums_over_rounds(strategy: str) -> None:
    found = reduction(strategy)
    for payoffs in ((Fraction(3), Fraction(0), Fraction(5), Fraction(1), Fraction(g, 10)) for g in (4, 6)):
        r, s, t, p, gamma = payoffs
        rounds = {(1, 1): (r, r), (1, 0): (s, p), (0, 1): (t, p), (0, 0): (p, p)}
        sums = [first + sum(gamma**k * later for k in range(1, 60)) for first, later in rounds.values()]
        ours = [substituted(entry, payoffs) for entry in found.payoffs]
        assert all(abs(float(a - b)) < 1e-9 for a, b in zip(ours, sums, strict=True))
        hunt = ours[0] > ours[2] and ours[3] > ours[1]
        assert hunt == (gamma > (t - r) / (t - p)) == (substituted(found.stag_hunt_where, payoffs) > 0)
        # C_1 = ∂p∂q V² · ∂q V¹ of the 2×2 game, by differences that are exact for bilinear values.
        a, b, c, d = ours

        def v1(x: Fraction, y: Fraction, pays: tuple[Fraction, ...] = (a, b, c, d)) -> Fraction:
            weights = (x * y, x * (1 - y), (1 - x) * y, (1 - x) * (1 - y))
            return sum((w * e for w, e in zip(weights, pays, strict=True)), Fraction(0))

        x = Fraction(2, 5)
        slope = v1(x, Fraction(1)) - v1(x, Fraction(0))
        swapped = (a, c, b, d)
        mixed = sum((1 if m == n else -1) * v1(Fraction(m), Fraction(n), swapped) for m in (0, 1) for n in (0, 1))
        symbol = next(iter(found.correction[0].free_symbols - {R, S, T, P, discount}))
        assert substituted(found.correction[0].subs(symbol, Rational(2, 5)), payoffs) == slope * mixed


def test_allc_has_no_such_reduction() -> None:
    # Against AllC defection always pays: R′ > T′ fails in the whole class.
    assert class_form(reduction("AllC").stag_hunt_where).sign == -1


# -------------------------------------------------------------------------------------------------- claims

WANTED = {
    "C7.near-grim": Verdict.PROVED,
    "C7.near-tft": Verdict.REFUTED,
    "C7.near-set": Verdict.REFUTED,
    "C7.near-logit": Verdict.REFUTED,
    "C7.at-profiles": Verdict.PROVED,
    "C7.lines": Verdict.PROVED,
    "C7.order": Verdict.REFUTED,
    "C7.everywhere": Verdict.REFUTED,
    "C7.reduction": Verdict.PROVED,
}


@pytest.mark.thorough
def test_verdicts() -> None:
    found = {claim.id: settle(claim.check) for claim in CLAIMS if claim.check is not None}
    assert {name: finding.verdict for name, finding in found.items()} == WANTED
    assert all(finding.evidence for finding in found.values())


def test_counterexamples_are_refused_where_they_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "theory.claims.c07_ipd_alignment"
    checks = {claim.id: claim.check for claim in CLAIMS}
    monkeypatch.setattr(f"{module}.GENEROUS", cooperation("Grim"))
    monkeypatch.setattr(f"{module}.INSIDE", (Rational(1, 2),) * 5)
    monkeypatch.setattr(f"{module}.TFT_GAME", current_payoffs(ipd()))
    for name in ("C7.near-set", "C7.everywhere", "C7.near-tft"):
        check = checks[name]
        assert check is not None and settle(check).verdict is Verdict.UNDECIDED


def test_documents_read_well() -> None:
    shown = [rounded(Rational(entry)) for entry in ("1/3", "-99999/10000", "-1/20000", "7")]
    assert shown == ["0.3333", "-9.9999", "-0.0001", "7.0000"]
    text = str(at_profile("Grim", assumed=GRIM_PAYS))
    assert "C_CC" in text and "positive" in text and "negative" in text
    assert len(STATES) == 5 and lowest_terms(at_profile("AllD").toward_target.value) != 0
    assert at_profile("Grim").in_target and not at_profile("AllD").in_target
