"""Writes a ledger: ``verdicts.json``, ``ledger.md/.tex/.csv`` and one file per piece of evidence."""

from __future__ import annotations

import json
from pathlib import Path

from numerics.files import write_whole
from numerics.tables import Table
from numerics.verdicts import Ledger, evidence_text
from theory.claims import Finding
from theory.claims.own_game_model import as_read

LONGEST = 600  # letters of evidence in one cell


def ledger_table(ledger: Ledger) -> Table:
    """The ledger as a table: id, verdict, statement, what was found."""
    rows = []
    for entry in ledger.entries:
        verdict, _ = as_read(entry.finding.verdict, entry.finding.reason)
        rows.append((entry.claim.id, str(verdict), entry.claim.statement, _found(entry.finding)))
    return Table(("claim", "verdict", "statement", "found"), tuple(rows), ("l", "l", "p{6cm}", "p{7cm}"))


def _found(finding: Finding) -> str:
    """What the evidence says, or the reason where there is none or more of it than a cell can hold."""
    summaries = "; ".join(evidence.summary for evidence in finding.evidence)
    if len(summaries) > LONGEST:
        return f"{finding.reason} (evidence: {len(finding.evidence)})"
    return summaries or as_read(finding.verdict, finding.reason)[1]


def write_ledger(ledger: Ledger, folder: Path) -> list[Path]:
    """Write all files of a ledger, each one whole or not at all; returns their paths.

    Raises:
        BadInput: the folder cannot be written.
    """
    table = ledger_table(ledger)
    contents = {}
    for entry in ledger.entries:
        for number, evidence in enumerate(entry.finding.evidence):
            contents[entry.evidence_file(number)] = evidence_text(evidence)
    contents["ledger.md"], contents["ledger.tex"], contents["ledger.csv"] = table.markdown(), table.latex(), table.csv()
    # Last: it names the evidence, which must be there.
    contents["verdicts.json"] = json.dumps(ledger.to_json(), indent=1, ensure_ascii=False) + "\n"
    return [write_whole(folder / name, text) for name, text in contents.items()]
