"""The family of Stag Hunts: members, rules by hand, sizes of entry against the exact direction of the change."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sympy import Rational

from numerics.evidence import c15_risk_dominance as c15
from numerics.evidence.model import Run
from numerics.published import published_experiment
from numerics.simulation import simulate
from theory.claims import Verdict, c15_risk_dominance
from theory.games import stag_hunt
from theory.risk_dominance import hunt_with
from theory.symbols import P, R, S, T


@pytest.fixture(scope="module")
def family() -> tuple[c15.Member, ...]:
    """A small run: 1 000 starts a game."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "count", lambda self, experiment: 1000)
        return c15.members.__wrapped__(Run("quick", 11))


def test_the_members(family: tuple[c15.Member, ...]) -> None:
    mixed = [member.mixed for member in family]
    assert len(mixed) == 15 and mixed == sorted(mixed)
    assert [1 - value for value in reversed(mixed)] == mixed  # as many on each side of risk dominance
    assert family[mixed.index(Rational(2, 3))].game == stag_hunt()
    for member in family:
        at = dict(member.game.parameters)
        assert (at[R], at[S], at[P]) == (4, 0, 2) and at[R] > at[T]
        assert (at[R] - at[T] > at[P] - at[S]) == (member.mixed < Rational(1, 2))


def test_measured_shares_do_what_is_exact(family: tuple[c15.Member, ...]) -> None:
    pg = [member.pg.fraction for member in family]
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(pg))  # from common starts
    for member in family:
        assert member.pg.fraction == pytest.approx(float(member.direct_pg), abs=0.08)
        assert member.meta.fraction == pytest.approx(float(member.direct_meta), abs=0.08)
        # the sign of T − S is exact in direct coordinates; at T = S log-odds differ a little
        shift = dict(member.game.parameters)[T] - dict(member.game.parameters)[S]
        if abs(shift) > 1:
            assert (member.gain.difference > 0) == (shift > 0) == (member.direct_meta > member.direct_pg)
    middle = family[7]
    assert middle.mixed == Rational(1, 2) == middle.direct_pg
    assert middle.pg.fraction == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(1000))


def test_without_the_peer_term_nothing_is_turned() -> None:
    """Control: own-learning alone leaves the majority with the risk-dominant equilibrium."""
    game = hunt_with("13/24")
    outcome = simulate(published_experiment(game, ("pg", "own", "meta"), 4000, 0))
    pg, own, meta = (outcome[name].share.interval for name in ("pg", "own", "meta"))
    assert c15.turned(pg, meta) is True and c15.turned(pg, own) is False


def test_the_direct_size_is_the_published_one_at_the_centre() -> None:
    assert c15.direct_size(Run("quick", 0)) == Rational("0.825") / 16


@pytest.mark.parametrize(
    ("pg", "meta", "answer"),
    [
        ((0.3, 0.4), (0.51, 0.6), True),
        ((0.3, 0.4), (0.4, 0.49), False),
        ((0.51, 0.6), (0.6, 0.7), False),
        ((0.3, 0.4), (0.45, 0.55), None),
        ((0.45, 0.55), (0.6, 0.7), None),
    ],
)
def test_turned(pg: tuple[float, float], meta: tuple[float, float], answer: bool | None) -> None:
    assert c15.turned(pg, meta) is answer


def test_a_majority_needs_the_whole_interval() -> None:
    assert c15.has_majority((0.51, 0.6)) is True and c15.has_majority((0.4, 0.49)) is False
    assert c15.has_majority((0.45, 0.55)) is None


@pytest.mark.parametrize(
    ("answers", "some", "every"),
    [
        ([True, True], Verdict.SUPPORTED, Verdict.SUPPORTED),
        ([True, None], Verdict.SUPPORTED, Verdict.UNDECIDED),
        ([True, False], Verdict.SUPPORTED, Verdict.REFUTED),
        ([None, None], Verdict.UNDECIDED, Verdict.UNDECIDED),
        ([False, None], Verdict.UNDECIDED, Verdict.REFUTED),
        ([False, False], Verdict.REFUTED, Verdict.REFUTED),
    ],
)
def test_verdicts_by_rule(answers: list[bool | None], some: Verdict, every: Verdict) -> None:
    assert (c15.verdict_some(answers), c15.verdict_every(answers)) == (some, every)


def test_crossings_by_hand() -> None:
    sure = [(0.6, 0.7), (0.55, 0.6), (0.45, 0.55), (0.3, 0.4)]
    assert c15.crossing(sure) == (1, 3)
    assert c15.crossing(sure[:3]) is None and c15.crossing(sure[::-1]) is None
    mixed = [Rational(k, 10) for k in (2, 3, 4, 5)]
    # .52 at 4/10 and .36 at 5/10: a share of ½ at .4 + .1 · .02/.16
    assert c15.interpolated(mixed, [0.65, 0.58, 0.52, 0.36], (1, 3)) == pytest.approx(0.4125)
    with pytest.raises(ValueError, match="do not fall"):
        c15.interpolated(mixed, [0.65, 0.58, 0.56, 0.55], (1, 3))


def test_findings(family: tuple[c15.Member, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c15, "members", lambda run: family)
    some, every = (c15.CHECKS[name](Run("quick", 11)) for name in c15.CHECKS)
    assert some.verdict == Verdict.SUPPORTED and every.verdict == Verdict.REFUTED
    where = some.evidence[0].content["crossings"]
    assert where["pg"]["interpolated"] == pytest.approx(0.5, abs=0.03)
    assert 0.55 < where["meta"]["interpolated"] < 2 / 3 and where["pg, direct"]["interpolated"] == 0.5
    assert len(some.evidence[0].content["members"]) == 15
    assert every.evidence[0].kind == "counterexample"
    # control: with policy gradient in place of Meta-MAPG nothing is turned
    same = tuple(replace(member, meta=member.pg) for member in family)
    monkeypatch.setattr(c15, "members", lambda run: same)
    assert c15.CHECKS["C15.risk-dominance-logit"](Run("quick", 11)).verdict != Verdict.SUPPORTED


def test_every_numerical_check_has_its_claim() -> None:
    open_claims = {claim.id for claim in c15_risk_dominance.CLAIMS if claim.check is None}
    assert open_claims == set(c15.CHECKS)
