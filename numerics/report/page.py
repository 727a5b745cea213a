"""The whole page, from what lies in a folder that ``verify`` filled."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from PIL import Image, UnidentifiedImageError

from numerics.files import write_whole
from numerics.paper_tables import checked_game, paper_tables
from numerics.report import explorer, ledger
from numerics.report.captions import FIGURES, TABLES, ordered, spoken
from numerics.report.markup import Content, document, element, mathematics, static
from numerics.stored_ledger import as_written, stored_claims
from numerics.tables import Table
from theory.errors import BadInput
from theory.formulas import formulas

NAME = "report.html"
EXPLORER = f"// {'-' * 104} explorer"  # the heading in page.js
DOTS_PER_PIXEL = 2  # figures are drawn twice as fine as they are shown
WIDTHS = {"r": "number", "l": "short"}  # LaTeX column types as classes; p{...} is "words"


def write_report(folder: Path) -> Path:
    """Write ``report.html`` of a folder that ``verify`` filled; the same folder gives the same bytes.

    Figures are those that lie in the folder, drawn by ``verify`` or ``figures``. Explorer, figures and formulas are
    about the paper's games, so the page of one's own game has none.

    Returns:
        Path of the page.

    Raises:
        BadInput: the folder holds no ledger of this version, its evidence is not what the ledger names, a figure cannot
            be read, or the folder cannot be written.
    """
    claims, tables = stored_claims(folder), paper_tables(folder)  # which reads all evidence and checks its hashes
    game = checked_game(folder)
    source = (folder / "verdicts.json").read_bytes()
    with as_written(folder):
        made_from = json.loads(source)["provenance"]
        opening = _opening(claims, made_from)
        entries = ledger.section(claims, game)
        provenance = _provenance(made_from, sha256(source).hexdigest())
    tables.pop("ledger", None)  # the page begins with it
    if game is None:
        parts = [entries, explorer.section(), _tables(tables), _figures(folder), _formulas(), provenance]
    else:
        parts = [entries, _tables(tables), provenance]
    links = [element("li", element("a", part[0].text or "", href=f"#{part.attrib['id']}")) for part in parts]
    page = document(
        "basin-entry: report of a verification",
        static("page.css"),
        _script(game is None),
        element("a", "To the ledger", href="#ledger", class_="skip"),
        element("header", *opening, element("nav", element("ul", *links), aria_label="Contents")),
        element("main", *parts),
    )
    return write_whole(folder / NAME, page)


def _script(explores: bool) -> str:
    """The page's behaviour, with the explorer's or without."""
    filters, heading, moves = static("page.js").partition(EXPLORER)
    return f'"use strict";\n{explorer.script()}{filters}{heading}{moves}' if explores else f'"use strict";\n{filters}'


def _opening(claims: list[dict[str, Any]], made_from: dict[str, Any]) -> list[Element]:
    game = made_from.get("game")
    packages = ", ".join(f"{name} {number}" for name, number in made_from["packages"].items())
    what = (
        "A 2026 paper claims: local convergence does not decide which equilibrium multi-agent policy gradient reaches; "
        "the finite-unroll Meta-MAPG update is policy gradient plus an own-learning and a peer-learning correction; "
        "where the peer-learning correction is aligned with a stable equilibrium, it raises the probability of "
        "entering that equilibrium's basin; annealing the correction gives policy gradient back. basin-entry derives "
        "these statements exactly, runs the learning dynamics, and gives every claim a verdict. This page is one run."
        if game is None
        else f"basin-entry checked one game, {game}: its equilibria, the decomposition of the Meta-MAPG update, the "
        "alignment of the peer-learning correction, and entry into the target's basin. This page is that run; the "
        "paper's formulas, its figures and the Stag Hunt explorer are about other games and are left out."
    )
    run = (
        f"Profile {made_from['profile']}, seed {made_from['seed']}, Python {made_from['python']}, {packages}, "
        f"source at git revision {made_from['git_revision'] or 'unknown'}."
    )
    pieces = sum(len(claim["evidence"]) for claim in claims)
    return [
        element("h1", "Which equilibrium does multi-agent policy gradient reach?"),
        element("p", what),
        element("p", run),
        ledger.counts(claims),
        element("p", f"{len(claims)} entries and {pieces} pieces of evidence, read again and found unchanged."),
    ]


# ------------------------------------------------------------------------------------------------- tables and figures


def _tables(tables: dict[str, Table]) -> Element:
    shown: list[Content] = []
    for name, caption in ordered(tables, TABLES).items():
        shown += [element("h3", spoken(name)), element("p", caption, class_="caption"), _table(name, tables[name])]
    none = element("p", "The evidence of this ledger fills no table.")
    return element("section", element("h2", "Tables"), *(shown or [none]), id="tables")


def _table(name: str, table: Table) -> Element:
    kinds = ["words" if width.startswith("p") else WIDTHS[width] for width in table.widths]

    def row(tag: str, cells: Sequence[str]) -> Element:
        return element("tr", *(element(tag, cell, class_=kind) for cell, kind in zip(cells, kinds, strict=True)))

    shown = element(
        "table",
        element("thead", row("th", table.columns)),
        element("tbody", *(row("td", cells) for cells in table.rows)),
    )
    return element("div", shown, class_="scroll", tabindex="0", role="region", aria_label=f"Table: {spoken(name)}")


def _figures(folder: Path) -> Element:
    paths = {path.stem: path for path in (folder / "figures").glob("*.png")}
    shown = [_figure(paths[name], caption) for name, caption in ordered(paths, FIGURES).items()]
    none = element("p", "No figures lie in the folder; basin-entry figures draws them.")
    return element("section", element("h2", "Figures"), *(shown or [none]), id="figures")


def _figure(path: Path, caption: str) -> Element:
    try:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            width, height = image.size
            described = image.info.get("Description", caption)
    except (OSError, UnidentifiedImageError):
        raise BadInput(f"{path}: the file cannot be read as a PNG image.") from None
    return element(
        "figure",
        element(
            "img",
            src=f"data:image/png;base64,{b64encode(data).decode()}",
            alt=described,
            width=str(width // DOTS_PER_PIXEL),
            height=str(height // DOTS_PER_PIXEL),
        ),
        element("figcaption", caption),
    )


# ----------------------------------------------------------------------------------------- formulas and provenance


def _formulas() -> Element:
    shown = [
        element(
            "div",
            element("p", formula.says, " ", element("code", formula.name), class_="says"),
            element("div", mathematics(formula.latex, display=True), class_="formula"),
        )
        for formula in formulas()
    ]
    notes = element(
        "p",
        "Every formula comes from the code's own expressions. p and q are the players' probabilities of their first "
        "actions, primes mark them after the inner step; R, S, T, P are the row payoffs [[R, S], [T, P]]. The name "
        "behind each sentence is that of its LaTeX fragment.",
    )
    return element("section", element("h2", "Formulas"), notes, *shown, id="formulas")


def _provenance(made_from: dict[str, Any], digest: str) -> Element:
    rows = [*_flat(made_from), ("SHA-256 of verdicts.json", digest)]
    body = [
        element("tr", element("th", name, scope="row"), element("td", element("code", value))) for name, value in rows
    ]
    return element("section", element("h2", "Provenance"), element("table", element("tbody", *body)), id="provenance")


def _flat(made_from: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in made_from.items():
        if isinstance(value, dict):
            yield from _flat(value)
        elif isinstance(value, list):
            yield name.replace("_", " "), ", ".join(map(str, value)) or "all"
        else:
            yield name.replace("_", " "), str(value)
