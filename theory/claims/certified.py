"""Certificates as evidence: proved by :mod:`theory.regions`, accepted by the checker that shares no code with it.

Every such check also shows that it can fail: the same file with a bound that its proof does not show must be
rejected, and rejected by the proof.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sympy import Rational, ceiling

from theory.claims.model import Evidence, Finding, Refuted, Verdict
from theory.exact import Undecided
from theory.regions import Certificate
from theory.regions.check import check

TOO_MUCH = 1000000
ROUTE = (
    "Bernstein coefficients and bisection; the file is checked from the game alone by other code (basin-entry check)"
)


def certificate_evidence(certificate: Certificate) -> Evidence:
    """An accepted certificate; its file is the evidence.

    Raises:
        Undecided: it certifies nothing, the checker does not accept it, or the checker accepts a changed one.
    """
    if certificate.verdict == "UNDECIDED" or certificate.report.outcome != "accepted":
        raise Undecided(f"{certificate}; the checker: {certificate.report.outcome}, {certificate.report.reason}")
    if certificate.verdict == "CERTIFIED":
        report = check(_overstated(certificate.text))
        if report.outcome != "rejected" or "leaf" not in report.reason:
            raise Undecided(f"the check cannot fail: an overstated certificate is {report.outcome} ({report.reason})")
    summary = f"{certificate.game.name}: {certificate.statement}"
    return Evidence("certificate", ROUTE, summary, {"file": certificate.text})


def _overstated(text: str) -> str:
    """The same file with a margin or level that no proof can show, or the opposite sign."""
    content = json.loads(text)
    region, proof, margin = content["region"], content["proof"], _beyond_all_gaps(content["game"])
    if region["kind"] == "alignment":
        region["sign"] = content["conclusion"]["sign"] = -region["sign"]
    elif region["kind"] == "sublevel" and region["closed"]:
        region["margin"] = margin
    elif region["kind"] == "sublevel":
        region["level"], proof["no_larger"] = str(TOO_MUCH), None
    else:
        proof["gaps"] = [[margin, tree] for _, tree in proof["gaps"]]
        if region["kind"] == "sign-box":
            region["closed"] = True  # an open box has no margins
    return json.dumps(content)


def _beyond_all_gaps(game: dict[str, Any]) -> str:
    """A number that no gap reaches: they are at most twice the largest payoff over (1 − γ)²."""
    largest = max(abs(Rational(entry)) for rows in game["reward"] for row in rows for entry in row)
    return str(TOO_MUCH * (1 + ceiling(largest / (1 - Rational(game["discount"])) ** 2)))


def certified(certificates: Sequence[Certificate], reason: str) -> Finding:
    """A claim that rests on regions certified one by one.

    Raises:
        Refuted: a certificate is one of a counterexample.
        Undecided: as in :func:`certificate_evidence`.
    """
    evidence = tuple(map(certificate_evidence, certificates))
    for certificate in certificates:
        if certificate.verdict == "REFUTED":
            raise Refuted(str(certificate))
    return Finding(Verdict.CERTIFIED, reason, evidence)
