"""theory.formulas: each against a number worked by hand or a second route that shares no formula, and LaTeX that holds.

Hand-worked numbers are at the payoffs R, S, T, P = 4, 0, 3, 2, so D = R − S − T + P = 3, and at p = 1/4, q = 1/2,
p′ = 1/3, q′ = 3/4, α = λ = 1/10 unless another point is given.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

import pytest
from plain_game import PlainGame
from sympy import Expr, Float, Integer, Poly, Rational, Symbol, log, sqrt

from theory.exact import is_zero
from theory.formulas import Formula, formulas

POINT = {
    "R": 4, "S": 0, "T": 3, "P": 2, "p": Rational(1, 4), "q": Rational(1, 2), "p_next": Rational(1, 3),
    "q_next": Rational(3, 4), "alpha": Rational(1, 10), "lambda": Rational(1, 10),
}  # fmt: skip
REPEATED = {"R": -1, "S": -3, "T": 0, "P": -2, "gamma": Rational(24, 25)}


@lru_cache
def named() -> dict[str, Formula]:
    return {formula.name: formula for formula in formulas()}


def r(above: int, below: int = 1) -> Rational:
    return Rational(above, below)


# name: (what the point has besides, the value worked by hand)
WORKED: dict[str, tuple[dict[str, Any], Expr]] = {
    "stag-hunt-value": ({}, r(19, 8)),  # 4/8 + 0 + 3 · 3/8 + 2 · 3/8
    "stag-hunt-direct-gradient": ({}, r(1, 4)),  # Stag 3, Hare 9/4 + 2/4 against q′
    "stag-hunt-direct-own-learning": ({}, r(0)),
    "stag-hunt-direct-peer-learning": ({}, r(3, 5)),  # α · 3 · (T − P + D/3)
    "stag-hunt-logit-gradient": ({}, r(1, 18)),  # p′(1 − p′)/4
    "stag-hunt-logit-own-learning": ({}, r(-1, 3840)),  # α · 3/32 · (−1/2) · 1/18
    "stag-hunt-logit-peer-learning": ({}, r(27, 5120)),  # α · (3/16 · 1/4 · 3) · (3/16 · 2)
    "stag-hunt-missing-term": ({}, r(-15, 4)),  # D v_2 = 3 (3/4 − 2)
    "stag-hunt-direct-correction": ({}, r(21, 4)),  # 3 (1 + 3/4)
    "stag-hunt-direct-inner-product": ({}, r(123, 16)),  # 3/4 · 21/4 + 1/2 · 15/2
    "stag-hunt-direct-alignment": ({}, r(1)),
    "stag-hunt-logit-correction": ({}, r(63, 1024)),  # 3/16 · 1/16 · 21/4
    "stag-hunt-logit-inner-product": ({}, r(81, 1024)),  # 3/4 · 63/1024 + 1/2 · 1/4 · 9/256 · 15/2
    "stag-hunt-logit-alignment": ({}, r(1)),
    "prisoners-dilemma-alignment": ({"R": 3, "S": 0, "T": 5, "P": 1}, r(-1)),
    "stag-hunt-logit-largest-step": ({}, 3 * sqrt(3)),  # 1/(2 · √3/18)
    "stag-hunt-mixed-equilibrium": ({}, r(2, 3)),
    "boundary": ({}, r(34, 39)),  # 2 (2/3 − 1/10)/(13/10)
    "boundary-slope": ({}, r(-600, 169)),  # −2 · 3/(13/10)²
    "share-low": ({}, r(578, 1521)),  # (34/39)²/2
    "share-high": ({"lambda": 0}, r(2, 9)),  # (2 − 4/3)²/2
    "boundary-growth": ({}, r(39, 10)),
    "boundary-contraction": ({}, r(21, 10)),
    "flux-low": ({}, r(8)),  # s* · 6 with s* = 4/3
    "flux-high": ({}, r(4)),  # (2 − s*) · 6
    "conserved-quantity": ({"x": log(2)}, 3 - log(2)),  # −log 2 + 2/2 + 2
    "majority": ({}, r(1, 2)),  # 13/10 · 2 − 7/10 · 3
    "majority-threshold": ({}, r(3, 4)),  # 1/2 + 5/20
    "even-share": ({}, r(1, 15)),  # (1 + 3λ) 2 = (1 − 3λ) 3
    "largest-correction": ({}, r(1, 3)),
    "moved-mixed-equilibrium": ({}, r(17, 39)),
    "hare-rest-bound": ({}, r(2, 3)),  # −2 + λ · 3 · 1
    "cooperation-created": ({"R": 4, "S": 0, "T": 5, "P": 3}, r(1, 8)),  # −1 + λ · 2 · 4
    "largest-ball-direct": ({}, r(2, 9)),
    "largest-ball-replicator": ({"R": 5, "S": 0, "T": 1, "P": 1}, r(1)),  # min(2 (4/5)², 1)
    "grim-equilibrium": (REPEATED, r(23, 25)),  # 24/25 − 1/25
    "reduction-grim": (REPEATED, r(23, 25)),
    "reduction-tft": (REPEATED, r(23, 25)),
    # γ (R − S)(1 − 1/4) − (T − R)(1 − γ + γ/2), and γ (R − P)(1 − 1/4) − (T − R)(1 − γ)
    "cooperative-set-after-dc": ({**REPEATED, "q_CD": r(1, 2), "q_DC": r(1, 4), "q_DD": 0}, r(23, 25)),
    "cooperative-set-after-dd": ({**REPEATED, "q_CD": r(1, 2), "q_DC": r(1, 4), "q_DD": 0}, r(17, 25)),
    "horizon-bias": ({"gamma": r(1, 2), "H": 3}, r(1, 4)),
    "kernel-condition": ({"m": 1, "M": 4}, r(3, 5)),
}
SERIES = "moved-mixed-equilibrium-logit"
PROFILES = {"alld": (0, 0, 0, 0, 0), "allc": (1, 1, 1, 1, 1), "tft": (1, 1, 0, 1, 0), "grim": (1, 1, 0, 0, 0)}
PROFILES["wsls"] = (1, 1, 0, 0, 1)


def at(expression: Expr, point: dict[str, Any]) -> Expr:
    return expression.subs({symbol: point[symbol.name] for symbol in expression.free_symbols}, simultaneous=True)


def agrees(name: str, expression: Expr) -> bool:
    """Whether an expression has the value worked by hand."""
    extra, value = WORKED[name]
    return is_zero(at(expression, {**POINT, **extra}) - value)


def test_every_formula_has_a_check() -> None:
    repeated = {f"ipd-{profile}-{state}" for profile in PROFILES for state in ("first", "cc")}
    assert set(named()) == set(WORKED) | repeated | {SERIES} and len(named()) == len(formulas())


@pytest.mark.parametrize("name", WORKED)
def test_against_hand_worked_numbers(name: str) -> None:
    assert agrees(name, named()[name].expression)
    assert not agrees(name, named()[name].expression + Rational(1, 7))  # the control


# ------------------------------------------------------------------------------------------- the repeated game


def dilemma(payoffs: tuple[int, int, int, int], discount: Fraction) -> PlainGame:
    """The memory-one game from its definition: states ∅, CC, CD, DC, DD, the next one is what was played."""
    reward, sucker, temptation, punishment = map(Fraction, payoffs)
    paid = [[reward] * 2, [sucker, temptation], [temptation, sucker], [punishment] * 2]
    following = [[Fraction(int(state == 1 + played)) for state in range(5)] for played in range(4)]
    start = [Fraction(int(state == 0)) for state in range(5)]
    return PlainGame(2, 5, start, discount, [following] * 5, [paid] * 5)


def plain_correction(profile: str, payoffs: tuple[int, int, int, int], discount: Fraction) -> list[Fraction]:
    own = list(map(Fraction, PROFILES[profile]))
    seen = [own[k] for k in (0, 1, 3, 2, 4)]  # player 2 sees CD as DC
    return dilemma(payoffs, discount).correction([*own, *seen])


@pytest.mark.parametrize("profile", PROFILES)
def test_the_correction_at_profiles_by_textbook_formulas(profile: str) -> None:
    payoffs, discount = (3, -1, 5, 1), Fraction(2, 3)
    point = dict(zip("RSTP", payoffs, strict=True)) | {"gamma": Rational(2, 3)}
    found = plain_correction(profile, payoffs, discount)
    wanted = [at(named()[f"ipd-{profile}-{state}"].expression, point) for state in ("first", "cc")]
    assert [Rational(x.numerator, x.denominator) for x in found[:2]] == wanted


def test_another_profile_has_another_correction() -> None:
    """The control: the route tells profiles apart."""
    point = {"R": 3, "S": -1, "T": 5, "P": 1, "gamma": Rational(2, 3)}
    other = plain_correction("tft", (3, -1, 5, 1), Fraction(2, 3))[0]
    assert at(named()["ipd-grim-first"].expression, point) != Rational(other.numerator, other.denominator)


# ----------------------------------------------------------------------------------------------- the moved zero


def residual(series: Expr) -> list[Expr]:
    """Coefficients of 1 … λ⁴ of player 1's speed over p(1 − p) on the diagonal, 3p − 2 + 3λ(1 + 3p)(p(1 − p))²."""
    (size,) = series.free_symbols
    speed = 3 * series - 2 + 3 * size * (1 + 3 * series) * (series * (1 - series)) ** 2
    return [Poly(speed.expand(), size).coeff_monomial(size**k) for k in range(5)]


def test_the_series_solves_the_equation_to_its_order() -> None:
    series = named()[SERIES].expression
    (size,) = series.free_symbols
    assert residual(series) == [0] * 5
    assert residual(series + size**3 / 1000) != [0] * 5  # the control


# ------------------------------------------------------------------------------------------------------- LaTeX


def test_fragments_are_mathematics_and_exact() -> None:
    for name, formula in named().items():
        shown = formula.latex
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert not formula.expression.atoms(Float) and not re.search(r"\d\.\d", shown), name
        assert shown.isascii() and "\n" not in shown and not set(shown) & set("$&%#~"), name
        for opening, closing in (("{", "}"), (r"\left", r"\right"), ("(", ")")):
            assert shown.count(opening) == shown.count(closing), (name, opening)
        assert r"\begin" not in shown and r"\[" not in shown, name
        words = re.sub(r"\\math(rm|bb)\{\w*\}|\\[a-zA-Z]+", " ", shown)
        assert not re.search(r"[A-Za-z]{3,}", words), f"{name}: a name that is not set as a symbol"
        assert formula.says.endswith(".") and str(formula) == f"{name}: {shown}"


def test_a_formula_shows_its_relation() -> None:
    made = Formula("x", "a", Symbol("b") + Integer(1), "A formula.", r"\le")
    assert made.latex == r"a \le b + 1" and made._repr_latex_() == r"$\displaystyle a \le b + 1$"
