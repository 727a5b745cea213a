"""C16.peer-papers: what the LOLA and SOS papers published, run again (:mod:`numerics.peer_results`).

Rule, over what can be compared. REFUTED if some number DISAGREES under every reading of its setting. SUPPORTED if one
reading of the LOLA paper's table makes all four of its numbers agree, and every other number AGREES under some reading.
UNDECIDED otherwise.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from numerics.evidence.model import Check, Run
from numerics.peer_results import by_reading, reproduction
from numerics.reproduction import Row
from theory.claims import Evidence, Finding, Verdict


def verdict(rows: tuple[Row, ...]) -> Verdict:
    """The rule above."""
    numbers: dict[object, set[str]] = {}
    for row in rows:
        if row.verdict != "NOT COMPARABLE":
            numbers.setdefault(row.number, set()).add(row.verdict)
    if {"DISAGREES"} in numbers.values():
        return Verdict.REFUTED
    table = by_paper(rows)
    rest = {row.number for row in rows if row.number.paper != table} & numbers.keys()
    agree = all("AGREES" in numbers[number] for number in rest) and whole(by_reading(rows)) > 0
    return Verdict.SUPPORTED if agree else Verdict.UNDECIDED


def whole(readings: list[dict[str, Any]]) -> int:
    """How many readings make every number of the table agree."""
    named = {"setting", "rule", "score"}
    return sum({word for key, word in reading.items() if key not in named} == {"AGREES"} for reading in readings)


def by_paper(rows: tuple[Row, ...]) -> str:
    """The paper whose numbers stand in one table and are read together."""
    return next(row.number.paper for row in rows if row.score is not None)


def _check(run: Run) -> Finding:
    rows = reproduction(run.count("C16.peer-papers"), run.seed)
    readings = by_reading(rows)
    numbers = Counter(row.number for row in rows)
    shown = "; ".join(
        f"{number.paper}, {number.game}, {number.arm} {number.quantity} ({number.statement}): "
        + ", ".join(f"{count} {word}" for word, count in Counter(r.verdict for r in rows if r.number == number).items())
        for number in numbers
    )
    evidence = Evidence(
        "experiment",
        "their rules, starts, steps and step sizes; every reading of what they leave open",
        f"readings by verdict: {shown}; {whole(readings)} of {len(readings)} readings make the LOLA paper's whole "
        f"table agree; n = {max(row.n for row in rows)} runs an arm",
        {"seed": run.seed, "reproduction": [row.to_json() for row in rows], "readings": readings},
        max(row.n for row in rows),
    )
    found = verdict(rows)
    reason = {
        Verdict.SUPPORTED: "one reading makes every number agree",
        Verdict.REFUTED: "a number disagrees under every reading",
        Verdict.UNDECIDED: "every number agrees under some reading, but no reading makes all of a table agree, or some "
        "numbers are not comparable",
    }[found]
    return Finding(found, reason, (evidence,))


CHECKS: dict[str, Check] = {"C16.peer-papers": _check}
