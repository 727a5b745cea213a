"""A small folder as ``verify`` fills one, made up: every verdict, every kind of evidence, text that could be markup."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sympy import Symbol, exp

from numerics.ledger import write_ledger
from numerics.verdicts import Entry, Ledger
from theory.claims import Claim, Evidence, Finding, Verdict
from theory.formulas import Formula
from theory.games import stag_hunt
from theory.separatrix import separatrix
from theory.symbols import R, T

MARKUP = "<script>alert('x < y & \"z\"')</script>"
PROVENANCE = {
    "python": "3.11.0",
    "packages": {"basin-entry": "0.0.0", "sympy": "1.0"},
    "git_revision": "abc1234",
    "profile": "quick",
    "seed": 7,
    "claims": [],
}


def claim(name: str, statement: str, verdict: Verdict, reason: str, *evidence: Evidence) -> Entry:
    made = Claim(name, statement, "made up", ("it is assumed",), "here") if "." in name else Claim(name, statement, "x")
    return Entry(made, Finding(verdict, reason, evidence), 0.5)


def entries() -> tuple[Entry, ...]:
    identity = Evidence("identity", f"route {MARKUP}", "both sides are equal", {"left": "x"})
    result = {"fraction": 0.5, "interval": [0.4, 0.6], "total": 100, "ends": {"Stag,Stag": 50}, "method": "pg"}
    settings = {"policy": "logit", "form": "expanded"}
    content = {"results": [result], "game": {"name": "stag-hunt"}, "config": settings}
    experiment = Evidence("experiment", "paired runs", "half of them", content, 100, (0.4, 0.6))
    certificate = Evidence("certificate", "bisection", "a box", {"file": json.dumps({"format": "another"}) + "\n"})
    counterexample = Evidence("counterexample", "a witness", "p = 1/4", {"p": "1/4"})
    return (
        claim("C1", "The update is a sum.", Verdict.PROVED, "weakest of the required readings: C1.exact PROVED"),
        claim("C1.exact", f"The sum is exact {MARKUP}.", Verdict.PROVED, "the sides agree", identity, identity),
        claim("C1.loose", "It holds at φ₀ too.", Verdict.REFUTED, "a term is missing", counterexample),
        claim("C15", "Entry rises.", Verdict.SUPPORTED, "weakest of the required readings: C15.logit SUPPORTED"),
        claim("C15.logit", "It rises in log-odds.", Verdict.SUPPORTED, "above zero", experiment),
        claim("C19", "There is a region.", Verdict.CERTIFIED, "weakest of the required readings: C19.box CERTIFIED"),
        claim("C19.box", "It is a box.", Verdict.CERTIFIED, "a certificate", certificate),
        claim("C19.late", "It is more.", Verdict.UNDECIDED, "not-run"),
    )


@cache
def formulas() -> tuple[Formula, ...]:
    """Few formulas, quickly derived, with primes, subscripts, Greek, fractions and roots."""
    line, p = separatrix(stag_hunt()), Symbol("p_CC_next")
    return (
        Formula("boundary", r"s^*(\lambda)", line.boundary, "Where the basins meet."),
        Formula("slope", r"\frac{\mathrm ds^*}{\mathrm d\lambda}", line.boundary_slope, "How it moves."),
        Formula("prime", r"\mathrm{peer}_1", Symbol("alpha") * (R - T + p) ** 2 * exp(-p), "A made-up one.", r"\le"),
    )


def fill(folder: Path) -> Path:
    """Write ledger, evidence and figures into a folder."""
    write_ledger(Ledger(entries(), PROVENANCE), folder)
    draw(folder / "figures" / "stag_hunt_basins.png", "A square with two basins")
    draw(folder / "figures" / "zz_new.png", None)
    return folder


def draw(path: Path, description: str | None) -> None:
    path.parent.mkdir(exist_ok=True)
    notes = PngInfo()
    if description is not None:
        notes.add_text("Description", description)
    Image.new("RGB", (120, 80), "white").save(path, pnginfo=notes)
