"""Claim C14: the bound, its counterexample and moments by hand; each assumption broken on purpose; sabotage."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from claim_checks import BY_ID, plain_finding, readings, verdict
from sympy import Integer, Rational, symbols

from theory.claims import c14_restarts as c14
from theory.claims.model import Verdict
from theory.exact import is_zero
from theory.games import stag_hunt
from theory.separatrix import separatrix

EXPECTED = {
    "C14.bound": Verdict.PROVED,
    "C14.adaptive": Verdict.PROVED,
    "C14.dependent": Verdict.REFUTED,
    "C14.moments": Verdict.PROVED,
}
HALF = Rational(1, 2)


@pytest.mark.parametrize("name", EXPECTED)
def test_verdict_and_evidence(name: str) -> None:
    (evidence,) = plain_finding(name, EXPECTED[name]).evidence
    assert evidence.kind == ("counterexample" if EXPECTED[name] is Verdict.REFUTED else "identity")


def test_claims_are_plain_and_the_parent_needs_the_bound() -> None:
    for claim in c14.CLAIMS:
        assert claim.statement.endswith(".") and claim.reference and claim.statement.isascii() and claim.scope.isascii()
        assert claim.scope or claim.requires
    assert BY_ID["C14"].requires == ("C14.bound",)
    assert readings("C14") == set(EXPECTED)


# ----------------------------------------------------------------------------------------------------------- the bound


def test_the_bound_by_hand() -> None:
    # p = 1/2, 1 - delta = 1/2, r = 1/4: s = 1/4 + 1/8 = 3/8, so P(T > 2) = 25/64 <= (3/4)^2 = 36/64.
    at = {c14.ENTERS: HALF, c14.CONVERGES: HALF, c14.OUTSIDE: Rational(1, 4)}
    assert c14.SUCCESS.subs(at) == Rational(3, 8)
    assert c14.tail(2).subs(c14.COMPLEMENTS).subs(at) == Rational(25, 64)
    assert c14.never_both(2).subs(c14.COMPLEMENTS).subs(at) == Rational(36, 64)
    assert c14.excess(2).subs(at) == Rational(11, 64)


@pytest.mark.parametrize(("enters", "outside"), [(Rational(1), HALF), (HALF, Rational(0)), (HALF, HALF)])
def test_equality_only_without_success_from_outside(enters: Rational, outside: Rational) -> None:
    at = {c14.ENTERS: enters, c14.CONVERGES: Rational(1, 3), c14.OUTSIDE: outside}
    assert (c14.excess(3).subs(at) == 0) == (enters == 1 or outside == 0)


def test_nonnegative_looks_at_every_coefficient() -> None:
    x, y = symbols("x y")
    assert c14.nonnegative(x**2 + 3 * x * y, (x, y))
    assert not c14.nonnegative(x**2 - x * y + y**2, (x, y))


@pytest.mark.parametrize(
    ("name", "sabotaged"),
    [
        ("SUCCESS", c14.ENTERS * c14.CONVERGES),  # nothing succeeds from outside
        ("BOUND", 1 - c14.ENTERS),  # delta forgotten
        ("BOUND", 1 + c14.ENTERS * c14.CONVERGES),  # a sign
    ],
)
def test_sabotage_of_the_bound_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str, sabotaged: object) -> None:
    monkeypatch.setattr(c14, name, sabotaged)
    assert verdict("C14.bound") is Verdict.UNDECIDED


def test_an_outcome_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c14, "OUTCOMES", {key: value for key, value in c14.OUTCOMES.items() if key != (False, False)})
    assert verdict("C14.bound") is Verdict.UNDECIDED


# ----------------------------------------------------------------------------------------------------------- histories


def test_adaptive_tail_by_hand() -> None:
    # Without slack it is (1 - pc)^2. With x = 1/4 at first: (1 - (p + 1/4) c)(1 - pc) = 5/8 3/4 at p = c = 1/2.
    tail, slacks = c14.adaptive_tail(2)
    at = dict.fromkeys(slacks, Integer(0)) | {c14.ENTERS: HALF, c14.CONVERGES: HALF}
    assert tail.subs(at) == Rational(9, 16)
    (first,) = [slack for slack in slacks if slack.name == "x_"]
    assert tail.subs(at | {first: Rational(1, 4)}) == Rational(15, 32)
    assert len(slacks) == 2 * (1 + 2)


def test_sabotage_of_the_step_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c14, "BOUND", 1 - 2 * c14.ENTERS * c14.CONVERGES)
    assert verdict("C14.adaptive") is Verdict.UNDECIDED


def test_unlike_independent_epochs_keep_the_bound_with_their_mean() -> None:
    """With the mean of the first k; that of more epochs is a false law: success 0, 0 and then 1 has P(T > 2) = 1."""
    false = 0
    for shares in product([Fraction(k, 4) for k in range(5)], repeat=3):
        tail = Fraction(1)
        for k, share in enumerate(shares, 1):
            tail *= 1 - share
            assert tail <= (1 - sum(shares[:k]) / k) ** k
            false += tail > (1 - sum(shares) / 3) ** k
    assert false > 0


# ---------------------------------------------------------------------------------------------------------- dependence


def test_common_draw_by_hand() -> None:
    # Success 0 or 1 by one coin: P(T > k) = 1/2 for every k, the mean promises 2^-k.
    for k in (1, 2, 5):
        assert c14.common_draw((Rational(0), Rational(1)), k) == (HALF, HALF**k)
    assert c14.common_draw((HALF, HALF), 4) == (Rational(1, 16), Rational(1, 16))  # no spread, no harm


def test_the_counterexample_uses_the_closed_form() -> None:
    hunt = separatrix(stag_hunt())
    assert hunt.share(Rational(0)) == Rational(2, 9)
    check = BY_ID["C14.dependent"].check
    assert check is not None
    (evidence,) = check().evidence
    assert evidence.content["success"] == [str(hunt.share(Rational(size))) for size in evidence.content["lambda"]]
    for row in evidence.content["tails"]:
        tail, bound = c14.common_draw(tuple(map(Rational, evidence.content["success"])), row["k"])
        assert (row["tail"], row["bound"]) == (str(tail), str(bound)) and (tail > bound) == (row["k"] > 1)


def test_draws_that_share_nothing_do_not_refute(monkeypatch: pytest.MonkeyPatch) -> None:
    def independent(shares: tuple[Rational, ...], k: int) -> tuple[Rational, Rational]:
        mean = (1 - sum(shares, Integer(0)) / len(shares)) ** k
        return mean, mean

    monkeypatch.setattr(c14, "common_draw", independent)
    assert verdict("C14.dependent") is Verdict.UNDECIDED


# ------------------------------------------------------------------------------------------------------------- moments


def test_moments_by_hand() -> None:
    # s = 1/2, at most 3 epochs: 1/2 + 2/4 + 3/4 = 7/4 = (1 - 1/8)/(1/2).
    assert c14.capped_mean(HALF, 3) == Rational(7, 4) == (1 - HALF**3) / HALF


def test_the_mean_without_a_cap() -> None:
    s, power = symbols("s F", positive=True)
    assert c14.limit_mean(HALF, power) == 2 and is_zero(c14.limit_mean(s, power) - 1 / s)


@pytest.mark.parametrize("wrong", [lambda s, power: 2 / s, lambda s, power: 1 / (1 - s)])
def test_a_wrong_mean_without_a_cap_is_noticed(monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., object]) -> None:
    monkeypatch.setattr(c14, "limit_mean", wrong)
    assert verdict("C14.moments") is Verdict.UNDECIDED


@pytest.mark.parametrize("wrong", [lambda s, m: (1 - (1 - s) ** (m - 1)) / s, lambda s, m: 1 / s])
def test_a_wrong_mean_is_noticed(monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., object]) -> None:
    s = symbols("s", positive=True)
    assert not is_zero(c14.capped_mean(s, 3) - wrong(s, 3))
    monkeypatch.setattr(c14, "capped_mean", wrong)
    assert verdict("C14.moments") is Verdict.UNDECIDED
