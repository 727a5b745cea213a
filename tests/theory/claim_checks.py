"""What the tests of every claim ask of its check: the verdict, and evidence that is whole and plain."""

from __future__ import annotations

import json

from theory.claims import LEDGER, Claim, Finding, Verdict, settle

BY_ID: dict[str, Claim] = {claim.id: claim for claim in LEDGER}


def readings(parent: str) -> set[str]:
    """Ids of a claim's readings that are checked exactly."""
    return {claim.id for claim in LEDGER if claim.parent == parent and claim.check is not None}


def checked(name: str) -> Finding:
    """What a claim's exact check finds."""
    check = BY_ID[name].check
    assert check is not None
    return settle(check)


def verdict(name: str) -> Verdict:
    """The verdict alone."""
    return checked(name).verdict


def plain_finding(name: str, expected: Verdict) -> Finding:
    """The finding, after a look at what every finding has: the verdict's kind of evidence, as plain JSON data."""
    found = checked(name)
    assert found.verdict is expected and found.reason, found.reason
    kinds = {evidence.kind for evidence in found.evidence}
    assert ("counterexample" if expected is Verdict.REFUTED else "identity") in kinds
    for evidence in found.evidence:
        text = json.dumps(dict(evidence.content))
        assert json.loads(text) == evidence.content and evidence.content
        assert evidence.summary and evidence.summary.isascii()
        assert not {"nan", "zoo", "NaN"} & set(text.replace('"', " ").split())
    return found
