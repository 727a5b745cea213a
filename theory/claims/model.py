"""What a claim, a verdict and a piece of evidence are.

Verdicts (THEORY §7):

* PROVED: an exact identity or inequality, all parameters stated.
* CERTIFIED: exact on a region, with a certificate file.
* SUPPORTED: a paired experiment whose interval excludes 0, with n.
* REFUTED: an exact or statistical counterexample, shown.
* UNDECIDED: why.

A claim whose words have several readings is split into children. The parent's verdict is the weakest among the
children it requires (a refuted one refutes it, an undecided one leaves it undecided); it is never a vote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from theory.errors import BadInput
from theory.exact import Undecided

EvidenceKind = Literal["identity", "certificate", "experiment", "counterexample"]


class Verdict(StrEnum):
    """The five verdicts, from the strongest down; REFUTED and UNDECIDED come last."""

    PROVED = "PROVED"
    CERTIFIED = "CERTIFIED"
    SUPPORTED = "SUPPORTED"
    UNDECIDED = "UNDECIDED"
    REFUTED = "REFUTED"


@dataclass(frozen=True)
class Evidence:
    """One re-checkable piece of evidence.

    Attributes:
        kind: ``identity`` (exact), ``certificate``, ``experiment`` or ``counterexample``.
        route: how it was obtained.
        summary: what it shows, in one line.
        content: everything needed to check it again, as JSON data.
        n: sample size of an experiment.
        interval: interval of the measured quantity of an experiment.
    """

    kind: EvidenceKind
    route: str
    summary: str
    content: Mapping[str, Any] = field(repr=False)
    n: int | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Finding:
    """A verdict with its reason and evidence."""

    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()


class Refuted(Exception):
    """A check came upon a counterexample; the message shows it."""


def settle(check: Callable[[], Finding]) -> Finding:
    """Run a check; a counterexample refutes, and what cannot be decided or set up leaves the claim undecided."""
    try:
        return check()
    except Refuted as counterexample:
        return Finding(Verdict.REFUTED, str(counterexample))
    except (Undecided, BadInput) as reason:
        return Finding(Verdict.UNDECIDED, str(reason))


NOT_RUN = Finding(Verdict.UNDECIDED, "not-run")


def undecided(what: str) -> Finding:
    """A check that came to no verdict, and why."""
    return Finding(Verdict.UNDECIDED, what)


@dataclass(frozen=True)
class Claim:
    """One entry of the ledger.

    Attributes:
        id: ``C1``, or ``C1.exact`` for a child.
        statement: the claim in one sentence.
        assumptions: what it assumes, one sentence each.
        scope: what the verdict covers.
        reference: where the claim or the argument comes from.
        requires: for a parent, the children that decide it.
        check: decides it exactly; ``None`` for parents, for claims that need experiments, and for claims without a
            check so far.
    """

    id: str
    statement: str
    reference: str
    assumptions: tuple[str, ...] = ()
    scope: str = ""
    requires: tuple[str, ...] = ()
    check: Callable[[], Finding] | None = None

    @property
    def parent(self) -> str | None:
        """Id of the claim this one is a reading of."""
        stem, dot, _ = self.id.partition(".")
        return stem if dot else None


def weakest(claim: Claim, findings: Mapping[str, Finding]) -> Finding:
    """A parent's finding from its required children's."""
    order = list(Verdict)
    named = [(child, findings.get(child, NOT_RUN).verdict) for child in claim.requires]
    verdict = max((verdict for _, verdict in named), key=order.index)
    listed = ", ".join(f"{child} {verdict}" for child, verdict in named)
    return Finding(verdict, f"weakest of the required readings: {listed}")
