"""Verdicts of the readings of C1 and C4 beyond the first session's, and what must take them away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sympy import Integer

from theory import relations, updates
from theory.claims import LEDGER, Verdict, c01_splits, settle
from theory.updates import sos, transport
from theory.updates.model import Rule, Unroll

CLAIMS = {claim.id: claim for claim in LEDGER}
VERDICTS = {
    "C1.splits": Verdict.PROVED,
    "C1.second-order": Verdict.PROVED,
    "C1.relations": Verdict.PROVED,
    "C1.zeros": Verdict.PROVED,
    "C4.path": Verdict.PROVED,
    "C4.every-game": Verdict.REFUTED,
}


def outcome(claim_id: str) -> Verdict:
    check = CLAIMS[claim_id].check
    assert check is not None
    return settle(check).verdict


SLOW = {"C1.splits", "C1.relations"}  # made by every verification


@pytest.mark.parametrize(
    "claim_id", [pytest.param(claim, marks=[pytest.mark.thorough] * (claim in SLOW)) for claim in VERDICTS]
)
def test_verdict_and_evidence(claim_id: str) -> None:
    check = CLAIMS[claim_id].check
    assert check is not None
    found = settle(check)
    assert found.verdict == VERDICTS[claim_id]
    assert found.evidence and all(json.loads(json.dumps(evidence.content)) for evidence in found.evidence)


@pytest.fixture
def only_the_induction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the games, which other tests cover, to save time."""
    monkeypatch.setattr(c01_splits, "SYMBOLIC_UNROLLS", ())
    monkeypatch.setattr(c01_splits, "NUMERIC_UNROLLS", ())
    monkeypatch.setattr(c01_splits, "AT_POINTS", ())


def test_splits_without_the_peer_term_are_refuted(monkeypatch: Any, only_the_induction: None) -> None:
    assert outcome("C1.splits") == Verdict.PROVED
    monkeypatch.setattr(Unroll, "peer_learning", lambda self, player: (Integer(0),) * len(self._start[player]))
    assert outcome("C1.splits") == Verdict.REFUTED


def test_splits_that_are_the_same_are_noticed(monkeypatch: Any, only_the_induction: None) -> None:
    original = Unroll.__init__

    def terminal(self: Unroll, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **{**options, "split": "terminal"})

    monkeypatch.setattr(Unroll, "__init__", terminal)
    assert outcome("C1.splits") != Verdict.PROVED


def test_a_step_with_the_wrong_sign_is_refuted(monkeypatch: Any, only_the_induction: None) -> None:
    original = transport.pull_back
    monkeypatch.setattr(
        transport, "pull_back", lambda *a: tuple(tuple(-entry for entry in row) for row in original(*a))
    )
    assert outcome("C1.splits") == Verdict.REFUTED


def test_shaping_that_does_not_fade_moves_the_zeros(monkeypatch: Any) -> None:
    """SOS with p = 1 is LOLA."""
    terms = sos.RULE.terms
    whole = Rule("sos", "", "", (*terms[:2], updates.REGISTRY["lola"].terms[2]))
    assert relations.keeps_zeros("sos")
    monkeypatch.setitem(updates.REGISTRY, "sos", whole)
    assert not relations.keeps_zeros("sos")


def test_c4_with_curved_policies_is_refuted(monkeypatch: Any) -> None:
    """In logit coordinates own second derivatives do not vanish."""
    from theory.claims import c04_mechanism

    original = c04_mechanism.point_of

    def logit(build: Any, game: Any, coordinates: Any, phi: Any) -> Any:
        point = original(build, game, "direct", phi)
        gradient = point.gradient
        point.hessian_product = lambda k, i, j, w: gradient(k, i) if i == j else (Integer(0),)
        return point

    monkeypatch.setattr(c04_mechanism, "point_of", logit)
    assert outcome("C4.path") == Verdict.REFUTED
