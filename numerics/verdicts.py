"""The ledger: every claim with its verdict, exact and numerical checks joined."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from importlib.resources import files
from threading import Lock
from typing import Any

from numerics.cluster import connected
from numerics.evidence import CHECKS, TOGETHER, Run, own_game
from numerics.processes import share_out
from numerics.provenance import provenance
from theory.claims import LEDGER, NOT_RUN, Claim, Evidence, Finding, Verdict, settle, weakest
from theory.claims.own_game import own_game_claims
from theory.errors import BadInput
from theory.games import AnyGame

_ALONE = Lock()


@dataclass(frozen=True)
class Entry:
    """One claim with what was found.

    Attributes:
        claim: the claim.
        finding: verdict, reason, evidence.
        seconds: time the check took.
    """

    claim: Claim
    finding: Finding
    seconds: float

    def evidence_file(self, number: int) -> str:
        """Path of a piece of evidence inside the output folder."""
        return f"evidence/{self.claim.id}-{number + 1}.json"


@dataclass(frozen=True)
class Ledger:
    """All entries of one run, in the order of the claims, and where they come from."""

    entries: tuple[Entry, ...]
    provenance: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The contract's ``verdicts.json`` (schema_version 1)."""
        return {
            "schema_version": 1,
            "claims": [_entry_json(entry) for entry in self.entries],
            "provenance": self.provenance,
        }


def evidence_text(evidence: Evidence) -> str:
    """The file of a piece of evidence; no times or dates, so that the same evidence has the same hash.

    A certificate is its own file, as ``basin-entry check`` reads it.
    """
    if evidence.kind == "certificate":
        return str(evidence.content["file"])
    head = {"kind": evidence.kind, "route": evidence.route, "summary": evidence.summary}
    return json.dumps({**head, "content": evidence.content}, indent=1, ensure_ascii=False) + "\n"


def _entry_json(entry: Entry) -> dict[str, Any]:
    claim, finding = entry.claim, entry.finding
    return {
        "id": claim.id,
        "parent": claim.parent,
        "statement": claim.statement,
        "assumptions": list(claim.assumptions),
        "scope": claim.scope,
        "reference": claim.reference,
        "verdict": str(finding.verdict),
        "reason": finding.reason,
        "evidence": [
            {
                "kind": evidence.kind,
                "route": evidence.route,
                "file": entry.evidence_file(number),
                "sha256": sha256(evidence_text(evidence).encode()).hexdigest(),
                "summary": evidence.summary,
                "n": evidence.n,
                "interval": None if evidence.interval is None else list(evidence.interval),
            }
            for number, evidence in enumerate(finding.evidence)
        ],
        "seconds": round(entry.seconds, 3),
    }


def verify(
    run: Run,
    only: Collection[str] = (),
    report: Callable[[str], None] | None = None,
    workers: int = 1,
    cluster: str | None = None,
) -> Ledger:
    """Run every check of the ledger.

    Args:
        run: profile, seed, progress.
        only: ids of claims to check (a parent brings its readings); all by default. The others stay ``not-run``.
        report: called with a claim's id before its check, or after it if there are several workers.
        workers: number of processes. Every check has its own seeds, so verdicts do not depend on it.
        cluster: address of a Dask scheduler whose workers take the claims instead; they keep no finished parts.

    Raises:
        BadInput: ``only`` names an unknown claim, or the cluster does not answer or would not give the same bits.
    """
    known = {claim.id for claim in LEDGER}
    for name in only:
        if name not in known:
            raise BadInput(f"--claim: there is no claim {name!r}; the ledger has C1 to C19 and readings like C1.exact.")
    wanted = {c.id for c in LEDGER if not only or c.id in only or c.parent in only}
    findings: dict[str, Finding] = {}
    seconds: dict[str, float] = {}
    asked = [claim for claim in LEDGER if claim.id in wanted and not claim.requires]
    for name, finding, taken in _checked(asked, run, report, workers, cluster):
        findings[name], seconds[name] = finding, taken
    for claim in LEDGER:
        if claim.requires and claim.id in wanted:
            findings[claim.id] = weakest(claim, findings)
    entries = tuple(Entry(claim, findings.get(claim.id, NOT_RUN), seconds.get(claim.id, 0.0)) for claim in LEDGER)
    return Ledger(entries, provenance(profile=run.profile, seed=run.seed, claims=sorted(only)))


def _checked(
    claims: Sequence[Claim], run: Run, report: Callable[[str], None] | None, workers: int, cluster: str | None
) -> Iterator[tuple[str, Finding, float]]:
    """(id, finding, seconds) of every claim, in any order."""
    if cluster is None and workers == 1:
        for claim in claims:
            if report is not None and _has_check(claim):
                report(claim.id)
            yield _check(claim.id, run)
        return
    # What reports to a terminal stays in this process. Threads are not shared out: the last checks use what is free.
    silent = replace(run, progress=None)
    groups = _groups(claims)
    with ExitStack() as stack:
        if cluster is None:
            found = share_out(_check_all, groups, silent, workers=workers)
        else:
            there = stack.enter_context(connected(cluster))
            found = there.share_out(_check_alone, groups, replace(silent, store=None))
        for group in found:
            for done in group:
                if report is not None:
                    report(done[0])
                yield done


def _groups(claims: Sequence[Claim]) -> list[list[str]]:
    """Claims that one process checks one after the other: those of :data:`TOGETHER`. They come first, being long."""
    homes = [CHECKS[claim.id].__module__ if claim.id in CHECKS else "" for claim in claims]
    together = {
        file.__name__: [c.id for c, home in zip(claims, homes, strict=True) if home == file.__name__]
        for file in TOGETHER
    }
    numerical = [[c.id] for c, home in zip(claims, homes, strict=True) if home and home not in together]
    exact = [[c.id] for c, home in zip(claims, homes, strict=True) if not home]
    return [*filter(None, together.values()), *numerical, *exact]


def _check_all(names: Sequence[str], run: Run) -> list[tuple[str, Finding, float]]:
    return [_check(name, run) for name in names]


def _check_alone(names: Sequence[str], run: Run) -> list[tuple[str, Finding, float]]:
    """At a cluster's worker: one after the other, since SymPy's settings are the process's, not a thread's."""
    with _ALONE:
        return _check_all(names, run)


def _has_check(claim: Claim) -> bool:
    return claim.check is not None or claim.id in CHECKS


def _check(name: str, run: Run) -> tuple[str, Finding, float]:
    """Check one claim; it goes by name because a check need not survive the way to another process."""
    begin = time.perf_counter()
    claim = next(claim for claim in LEDGER if claim.id == name)
    if not _has_check(claim):
        finding = Finding(Verdict.UNDECIDED, "not-run: no check exists yet")
    else:
        finding = settle(claim.check if claim.check is not None else lambda: CHECKS[name](run))
    return name, finding, time.perf_counter() - begin


def verify_game(
    game: AnyGame, run: Run, only: Collection[str] = (), started: Callable[[str], None] | None = None
) -> Ledger:
    """Run every check that says something about one game; the others say in one sentence why they do not apply.

    Args:
        only: ids of the checks to run; all of them where it is empty.
        started: called with the id of every check before it runs.

    Raises:
        BadInput: an id that no check has.
    """
    checks = [(claim, claim.check) for claim in own_game_claims(game) if claim.check is not None]
    checks += [(claim, partial(check, run)) for claim, check in own_game.numerical_checks(game)]
    known = [claim.id for claim, _ in checks]
    for name in only:
        if name not in known:
            raise BadInput(f"--claim: a game has no check {name!r}; its checks are {', '.join(known)}.")
    checks = [(claim, check) for claim, check in checks if not only or claim.id in only]
    entries = []
    for claim, check in checks:
        if started is not None:
            started(claim.id)
        begin = time.perf_counter()
        finding = settle(check)
        entries.append(Entry(claim, finding, time.perf_counter() - begin))
    asked = provenance(profile=run.profile, seed=run.seed, game=game.name, claims=sorted(only))
    return Ledger(tuple(entries), asked)


def unexpected(ledger: Ledger, profile: str) -> list[str]:
    """Verdicts that ran and differ from the profile's regression file, one line each. It never feeds a verdict."""
    expected = json.loads((files("numerics") / "expectations" / f"{profile}.json").read_text())
    left_out = {entry.claim.id for entry in ledger.entries if entry.finding.reason.startswith("not-run")}
    lines = []
    for entry in ledger.entries:
        # A parent is as good as not run where one of its required readings was not, say for want of an extra.
        if entry.claim.id in left_out or left_out & set(entry.claim.requires):
            continue
        found, wanted = str(entry.finding.verdict), expected.get(entry.claim.id)
        if found != wanted:
            lines.append(f"{entry.claim.id}: {found}, expected {wanted or 'no entry'}")
    return lines
