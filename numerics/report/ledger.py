"""The ledger's part of the page: claims with their readings, each with its verdict and evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

from numerics.report.markup import Content, element
from theory.claims import Verdict
from theory.claims.own_game_model import NOT_APPLICABLE, as_read

Entry = dict[str, Any]

MEANINGS: dict[str, str] = {
    Verdict.PROVED: "an exact identity or inequality",
    Verdict.CERTIFIED: "exact on a region, with a certificate that basin-entry check accepts or rejects",
    Verdict.SUPPORTED: "an experiment whose interval supports it, n given",
    Verdict.UNDECIDED: "no verdict, and why",
    Verdict.REFUTED: "a counterexample is shown",
}
SILENT = {NOT_APPLICABLE: "the check says nothing about this game, and why"}  # shown where there are such entries


def badge(verdict: str) -> Element:
    """A verdict as a word in its colour; what does not apply has none."""
    kind = "not-applicable" if verdict == NOT_APPLICABLE else Verdict(verdict)
    return element("span", verdict, class_=f"badge {kind}")


def _verdict(entry: Entry) -> str:
    return as_read(entry["verdict"], entry["reason"])[0]


def _words(entries: Iterable[Entry]) -> list[str]:
    """The five verdicts, and what does not apply if there is such an entry."""
    return [*Verdict, *([NOT_APPLICABLE] if any(_verdict(entry) == NOT_APPLICABLE for entry in entries) else [])]


def counts(claims: Iterable[Entry]) -> Element:
    """How many entries have each verdict, and what it means."""
    claims = list(claims)
    whole, readings = (
        Counter(_verdict(claim) for claim in claims if (claim["parent"] is None) == alone) for alone in (True, False)
    )
    columns = {"claims": whole, "readings" if whole else "checks": readings}
    shown = {name: found for name, found in columns.items() if found}
    head = element(
        "tr",
        element("th", "verdict", scope="col"),
        *(element("th", name, scope="col", class_="number") for name in shown),
        element("th", "means", scope="col"),
    )
    rows = [
        element(
            "tr",
            element("th", badge(verdict), scope="row"),
            *(element("td", str(found[verdict]), class_="number") for found in shown.values()),
            element("td", meaning),
        )
        for verdict, meaning in {**MEANINGS, **SILENT}.items()
        if verdict in _words(claims)
    ]
    return element("table", element("thead", head), element("tbody", *rows), class_="counts")


def section(claims: list[Entry], game: str | None) -> Element:
    """The ledger with its filter.

    Args:
        claims: the entries of ``verdicts.json``.
        game: the one game that was checked, if it was not the paper's claims.
    """
    groups: dict[str, list[Entry]] = {}
    for claim in claims:
        groups.setdefault(claim["parent"] or claim["id"], []).append(claim)
    return element(
        "section",
        element("h2", "Ledger"),
        element(
            "p",
            "A claim whose words have several readings is split into them; it gets the weakest verdict of the readings "
            "that it requires. Every entry opens to its assumptions, its scope and its evidence. Evidence files lie "
            "beside this page; their SHA-256 tells whether they are those that the ledger was made from.",
        ),
        _filter(_words(claims)),
        *(_group(name, entries, game) for name, entries in groups.items()),
        id="ledger",
    )


def _filter(words: Iterable[str]) -> Element:
    boxes = [
        element(
            "label",
            element("input", type="checkbox", value=str(verdict), checked="checked", name="verdict"),
            " ",
            badge(verdict),
        )
        for verdict in words
    ]
    return element(
        "form",
        element("fieldset", element("legend", "Verdicts"), *boxes),
        element("label", "Search ", element("input", type="search", id="search", name="search")),
        element("button", "All", type="reset"),
        element("button", "Open everything", type="button", id="open-all"),
        element("button", "Close everything", type="button", id="close-all"),
        element("span", role="status", id="found"),
        id="filter",
        hidden="hidden",
        role="search",
    )


def _group(name: str, entries: list[Entry], game: str | None) -> Element:
    parent = next((entry for entry in entries if entry["id"] == name), None)
    readings = [entry for entry in entries if entry is not parent]
    title: list[Content] = (
        [element("h3", f"Checks of the game {game or name}")]
        if parent is None
        else [element("h3", name), " ", badge(parent["verdict"]), f" {parent['statement']}"]
    )
    found = Counter(map(_verdict, readings))
    listed = ", ".join(f"{found[verdict]} {verdict}" for verdict in _words(readings) if found[verdict])
    if listed:
        noun = ("check" if parent is None else "reading") + "s" * (len(readings) != 1)
        title.append(element("span", f" {len(readings)} {noun}: {listed}", class_="counts"))
    shown = [_claim(entry, f"{name} as a whole", None) for entry in entries if entry is parent]
    shown += [_claim(entry, entry["id"], entry["statement"]) for entry in readings]
    return element("details", element("summary", *title), *shown, class_="group")


def _claim(entry: Entry, title: str, statement: str | None) -> Element:
    evidence = entry["evidence"]
    pieces = "1 piece of evidence" if len(evidence) == 1 else f"{len(evidence)} pieces of evidence"
    assumptions: Content = "none stated"
    if entry["assumptions"]:
        assumptions = element("ul", *(element("li", assumption) for assumption in entry["assumptions"]))
    terms = (("Assumptions", assumptions), ("Scope", entry["scope"] or "not restricted"), ("From", entry["reference"]))
    verdict, reason = as_read(entry["verdict"], entry["reason"])
    parts: list[Content] = [element("h4", title), badge(verdict)]
    if statement is not None:
        parts.append(element("p", statement))
    parts.append(element("p", reason, class_="reason"))
    inside = [
        element("dl", *(element(tag, part) for term in terms for tag, part in zip(("dt", "dd"), term, strict=True)))
    ]
    if evidence:
        inside.append(element("ol", *map(_evidence, evidence), class_="evidence"))
    summary = element("summary", f"Assumptions, scope, {pieces if evidence else 'no evidence file'}")
    return element(
        "article",
        *parts,
        element("details", summary, *inside),
        class_="claim" if statement is not None else "claim whole",
        id=entry["id"],
        data_verdict=verdict,
    )


def _evidence(evidence: Entry) -> Element:
    measured = []
    if evidence["n"] is not None:
        measured.append(f"n = {evidence['n']}")
    if evidence["interval"] is not None:
        low, high = evidence["interval"]
        measured.append(f"interval [{low:.6g}, {high:.6g}]")
    return element(
        "li",
        element("p", element("strong", evidence["kind"]), f": {evidence['route']}"),
        element("p", evidence["summary"], *([f" ({', '.join(measured)})"] if measured else [])),
        element(
            "p", element("code", evidence["file"]), " SHA-256 ", element("code", evidence["sha256"]), class_="file"
        ),
    )
