"""Certificates as evidence: proved by :mod:`theory.regions`, accepted by the checker that shares no code with it.

Every such check also shows that it can fail: the same file with another discount factor must not be accepted.
"""

from __future__ import annotations

from collections.abc import Sequence

from theory.claims.model import Evidence, Finding, Refuted, Verdict
from theory.exact import Undecided
from theory.regions import Certificate
from theory.regions.check import check

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
    kept = f'"discount": "{certificate.game.discount}"'
    if kept not in certificate.text or check(certificate.text.replace(kept, '"discount": "1/7"')).outcome == "accepted":
        raise Undecided("the check cannot fail: the certificate is accepted for another discount factor")
    summary = f"{certificate.game.name}: {certificate.statement}"
    return Evidence("certificate", ROUTE, summary, {"file": certificate.text})


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
