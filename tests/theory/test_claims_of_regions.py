"""The claims about certified regions: what they find, and that each objects when its proof or the checker is broken."""

from __future__ import annotations

import pytest

from theory.claims import c07_alignment_boxes, c19_certificates, certified
from theory.claims.model import Finding, Refuted, Verdict, settle
from theory.exact import Undecided
from theory.games import stag_hunt
from theory.regions import certify
from theory.regions.check import Report

CLAIMS = {claim.id: claim for claim in (*c19_certificates.CLAIMS, *c07_alignment_boxes.CLAIMS) if claim.check}
KINDS = {"C19.boxes": 8, "C19.balls": 8, "C19.fields": 4, "C19.steps": 2, "C19.mu": 2, "C19.ipd": 4}
KINDS |= {"C19.cooperative-set": 2, "C7.boxes": 2, "C7.turn": 3}


SLOW = {"C19.balls", "C19.cooperative-set", "C19.ipd"}  # made by every verification


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in SLOW)) for name in KINDS])
def test_every_region_is_certified_with_its_file(name: str) -> None:
    check = CLAIMS[name].check
    assert check is not None
    finding = settle(check)
    assert finding.verdict == Verdict.CERTIFIED and len(finding.evidence) == KINDS[name]
    for piece in finding.evidence:
        if piece.kind == "certificate":
            assert piece.content["file"].startswith('{"format": "basin-entry certificate"')


def test_all_of_them_are_covered() -> None:
    assert set(KINDS) == set(CLAIMS)


def test_a_refutation_is_no_certificate_of_the_claim() -> None:
    too_large = certify(stag_hunt(), "Stag,Stag", "sublevel", level="1/2")
    with pytest.raises(Refuted):
        certified.certified([too_large], "")


def test_a_refuted_alignment_is_evidence_too() -> None:
    turned = c07_alignment_boxes.alignment(c07_alignment_boxes.NEAR_TFT, c07_alignment_boxes.WIDE, "0,0,1,0")
    assert turned.verdict == "REFUTED"
    assert certified.certificate_evidence(turned).content["file"] == turned.text


def test_a_checker_that_accepts_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certified, "check", lambda text: Report("accepted", ""))
    with pytest.raises(Undecided, match="cannot fail"):
        certified.certificate_evidence(certify(stag_hunt(), "Stag,Stag"))


def test_a_control_that_stops_before_the_proof_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certified, "_overstated", lambda text: text.replace('"discount": "0"', '"discount": "1/7"'))
    with pytest.raises(Undecided, match="field is not the game"):
        certified.certificate_evidence(certify(stag_hunt(), "Stag,Stag"))


def test_a_checker_that_refuses_leaves_the_claim_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    from theory.regions import certificate

    monkeypatch.setattr(certificate, "check", lambda text: Report("rejected", "no"))
    assert settle(c19_certificates._check_mu).verdict == Verdict.UNDECIDED


def test_the_turn_toward_grim_is_one_between_the_boxes() -> None:
    low, high = c07_alignment_boxes.sign_change()
    assert c07_alignment_boxes.NEAR_GRIM[2] < low < high < c07_alignment_boxes.NEAR_TFT[2]


def test_without_a_turn_the_claim_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c07_alignment_boxes, "NEAR_GRIM", c07_alignment_boxes.NEAR_TFT)
    assert settle(c07_alignment_boxes._check_turn).verdict == Verdict.REFUTED


def test_toward_the_opposite_the_boxes_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = c07_alignment_boxes.alignment

    def reversed_vector(centre, half_width, direction):
        return whole(centre, half_width, "-1,0,0,0" if direction == "1,0,0,0" else direction)

    monkeypatch.setattr(c07_alignment_boxes, "alignment", reversed_vector)
    finding: Finding = settle(c07_alignment_boxes._check_boxes)
    assert finding.verdict == Verdict.REFUTED
