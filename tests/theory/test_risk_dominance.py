"""theory.risk_dominance against hand-worked games, exact areas and orbits of the float dynamics; its claims can fail.

By hand for 4,0,3,2 (D = 3): the boundary is s* = 2(2/3 − λ)/(1 + 3λ), which is 1 at 4/3 − 2λ = 1 + 3λ, λ = 1/15. The
surplus (1 + 3λ)·2 − (1 − 3λ)·3 = 15λ − 1 says the same, and so does p* = 2/3 < 1/2 + 5λ/2.
"""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from sympy import Integer, Rational

from numerics.dynamics import Learning, Schedule, run
from theory import exact
from theory.claims import Verdict, c15_risk_dominance, settle
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import ipd, matching_pennies, prisoners_dilemma, stag_hunt, symmetric_game
from theory.risk_dominance import Majority, centre_weight, hunt_with, majority
from theory.separatrix import corrected_field, separatrix
from theory.symbols import P, R, S, T, correction

BY_ID = {claim.id: claim for claim in c15_risk_dominance.CLAIMS}
HALF = Rational(1, 2)
D = R - S - T + P


def hunt(*payoffs: object) -> Majority:
    return majority(stag_hunt(**dict(zip("RSTP", payoffs, strict=True))))


def area(payoffs: tuple[int, ...], size: Fraction) -> Fraction | None:
    """Area of {p + q > s*} from the 2 × 2 linear system solved by hand; ``None`` outside the scope."""
    r, s, t, p = map(Fraction, payoffs)
    d = r - s - t + p
    boundary = 2 * (p - s - size * d * (t - p)) / (d * (1 + size * d))
    if not (d > 0 and size * d <= 1 and 0 <= boundary <= 2):
        return None
    return 1 - boundary**2 / 2 if boundary <= 1 else (2 - boundary) ** 2 / 2


def drawn(count: int, seed: int) -> list[tuple[int, ...]]:
    draw = random.Random(seed)
    found: list[tuple[int, ...]] = []
    while len(found) < count:
        r, s, t, p = (draw.randint(-6, 6) for _ in range(4))
        if r > t and p > s:
            found.append((r, s, t, p))
    return found


def test_the_papers_game_by_hand() -> None:
    found = hunt(4, 0, 3, 2)
    at = dict(found.line.game.parameters)
    assert exact.is_zero(found.surplus.subs(at) - (15 * correction - 1))
    assert exact.is_zero(found.threshold.subs(at) - (HALF + 5 * correction / 2))
    assert found.mixed.subs(at) == Rational(2, 3) and found.largest.subs(at) == Rational(1, 3)
    assert found.even_size() == Rational(1, 15) and found.line.share(Rational(1, 15)) == HALF


@pytest.mark.parametrize(
    ("payoffs", "even"),
    [
        ((4, 0, 2, 2), Rational(0)),  # risk-neutral
        ((5, 0, 4, 4), Rational(3, 25)),  # R − P = 1, T − S = 4, D = 5: (1 + 5λ) = 4(1 − 5λ)
        ((4, 0, 3, 4), Rational(1, 5)),  # R = P: only at λD = 1
        ((5, 0, 3, 1), None),  # payoff- and risk-dominant
        ((10, 3, 2, 4), None),  # the same with T < S
        ((2, 0, 1, 3), None),  # neither
    ],
)
def test_even_sizes_by_hand(payoffs: tuple[int, ...], even: Rational | None) -> None:
    assert hunt(*payoffs).even_size() == even


def test_the_criterion_against_areas_of_random_games() -> None:
    seen, found = set(), hunt(4, 0, 3, 2)
    for payoffs in drawn(150, 0):
        at = dict(zip((R, S, T, P), map(Integer, payoffs), strict=True))
        bracket = D.subs(at)
        for part in (0, 1, 2, 3, 4):
            size = Rational(part, 4 * bracket)
            share = area(payoffs, Fraction(part, 4 * int(bracket)))
            if share is None:
                continue
            surplus = found.surplus.subs({**at, correction: size})
            assert (share > Fraction(1, 2), share < Fraction(1, 2)) == (surplus > 0, surplus < 0)
            below = found.mixed.subs(at) < found.threshold.subs({**at, correction: size})
            assert below == (surplus > 0)
            seen.add((part, bool(surplus > 0)))
            if part == 0:
                assert (surplus > 0) == (payoffs[0] - payoffs[2] > payoffs[3] - payoffs[1])
            if part == 4:
                assert (surplus > 0) == (payoffs[0] > payoffs[3])
    assert len(seen) == 10  # both answers at each of the five sizes


def test_the_even_size_splits_the_float_dynamics() -> None:
    """Projected Euler runs from a grid symmetric about the centre; λ a little below, at and above the even size."""
    game = stag_hunt()
    even = majority(game).even_size()
    assert even is not None
    axis = (np.arange(40) + 0.5) / 40  # no point lies on p + q = 1
    starts = np.stack([grid.ravel() for grid in np.meshgrid(axis, axis)])
    shares = []
    for factor in (0.8, 1.0, 1.2):
        rule = Learning(game, "direct", "peer", "expanded", 1, (1.0, 1.0), 0.0, factor * float(even), Schedule(0.05))
        shares.append(float((run(rule, starts, 500) > 0.99).all(0).mean()))
    assert shares[0] < 0.49 and shares[2] > 0.51
    # p + q = 1 holds on one of 40 antidiagonals, which may fall either way.
    assert abs(shares[1] - 0.5) <= 1 / 80 + 1e-12


def test_the_centre_weight_is_where_the_log_odds_field_points() -> None:
    """At x = y = 0 the compiled log-odds update points along v + λ/16 C of probabilities."""
    weight = centre_weight(stag_hunt())
    assert weight == Rational(1, 16)
    for payoffs in ((4, 0, 3, 2), (7, 1, 2, 3)):
        game = stag_hunt(**dict(zip("RSTP", payoffs, strict=True)))
        rule = Learning(game, "logit", "peer", "expanded", 1, (1.0, 1.0), 0.0, 0.8, Schedule(1.0))
        update = rule.update(np.zeros((2, 1)))[:, 0]
        at = {**dict(game.parameters), correction: Rational(4, 5) * weight}
        direct = [form.subs({**at, **{x: HALF for x in form.free_symbols - set(at)}}) for form in corrected_field(game)]
        assert update == pytest.approx([float(entry) / 4 for entry in direct], rel=1e-12)
        other = [form.subs({**at, correction: Rational(4, 5)}) for form in corrected_field(game)]
        other = [float(form.subs({x: HALF for x in form.free_symbols})) / 4 for form in other]
        assert update != pytest.approx(other, rel=1e-3)  # control: without the weight


def test_games_of_the_family() -> None:
    for value in ("5/24", "1/2", "2/3"):
        game = hunt_with(value)
        at = dict(game.parameters)
        assert ((P - S) / D).subs(at) == Rational(value)
        assert [at[x] for x in (R, S, P)] == [4, 0, 2]
    assert hunt_with("2/3") == stag_hunt()
    for wrong in (0, 1, "3/2", "x"):
        with pytest.raises(BadInput):
            hunt_with(wrong)


def test_refusals() -> None:
    for game in (ipd(), matching_pennies()):
        with pytest.raises(BadInput):
            majority(game)
    with pytest.raises(BadInput, match="D <= 0"):
        majority(prisoners_dilemma(R=3, S=0, T=5, P=1)).even_size()
    flat = symmetric_game("flat", ("A", "B"), (3, 1, 1, 3), target="A")  # R = P and S = T: even for every λ
    with pytest.raises(BadInput, match="every λ"):
        majority(flat).even_size()


def test_another_area_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import theory.risk_dominance as module

    line = separatrix(stag_hunt())
    for name, form in (("share_low", line.share_high), ("contraction", line.growth)):
        monkeypatch.setattr(module, "separatrix", lambda game, n=name, f=form: type(line)(**{**vars(line), n: f}))
        with pytest.raises(Undecided):
            majority(stag_hunt())


# ---------------------------------------------------------------------------------------------------------- claims


EXPECTED = {
    "C15.risk-dominance": Verdict.PROVED,
    "C15.risk-dominance-overcome": Verdict.PROVED,
    "C15.risk-dominance-kept": Verdict.PROVED,
    "C15.risk-dominance-one-size": Verdict.REFUTED,
    "C15.risk-dominance-pg": Verdict.PROVED,
}


def verdict(name: str) -> Verdict:
    check = BY_ID[name].check
    assert check is not None
    return settle(check).verdict


@pytest.mark.parametrize("name", EXPECTED)
def test_verdicts(name: str) -> None:
    assert verdict(name) == EXPECTED[name]
    assert {claim.id for claim in c15_risk_dominance.CLAIMS if claim.check is not None} == set(EXPECTED)


SABOTAGES = {
    "without the correction": lambda found: {"surplus": found.surplus.subs(correction, 0)},
    "the peer term's sign flipped": lambda found: {
        "surplus": found.surplus.subs(correction, -correction),
        "threshold": found.threshold.subs(correction, -correction),
        "even": -found.even,
    },
}


@pytest.mark.parametrize("name", ["C15.risk-dominance", "C15.risk-dominance-overcome", "C15.risk-dominance-kept"])
@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_sabotaged_theory_is_noticed(name: str, sabotage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = c15_risk_dominance.hunts()
    wrong = Majority(**{**vars(found), **SABOTAGES[sabotage](found)})
    monkeypatch.setattr(c15_risk_dominance, "hunts", lambda: wrong)
    assert verdict(name) != Verdict.PROVED


def test_a_game_that_is_no_counterexample_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c15_risk_dominance, "WITNESS", (5, 0, 3, 1))
    assert verdict("C15.risk-dominance-one-size") == Verdict.UNDECIDED


def test_policy_gradient_claim_notices_another_mixed_point(monkeypatch: pytest.MonkeyPatch) -> None:
    found = c15_risk_dominance.hunts()
    wrong = Majority(**{**vars(found), "mixed": 1 - found.mixed})
    monkeypatch.setattr(c15_risk_dominance, "hunts", lambda: wrong)
    assert verdict("C15.risk-dominance-pg") == Verdict.UNDECIDED
