"""Tables for a paper, made from the files that ``verify`` wrote: nothing is computed again, nothing is typed in.

Each table is written as Markdown, booktabs LaTeX and CSV into ``tables/`` beside the ledger; one that is longer than a
page also as a ``longtable``, ``NAME-long.tex``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from sympy import Rational, sqrt

from numerics import annealing_tables, experiment_tables, neural_tables
from numerics.evidence_rows import Evidence
from numerics.files import write_whole
from numerics.stored_ledger import as_written, stored_claims, stored_evidence
from numerics.tables import PAGE, Cell, Table, interval, number
from theory.claims.own_game_model import as_read, decimal


def write_tables(folder: Path) -> list[Path]:
    """Write all tables of a folder that ``verify`` filled; returns their paths.

    Raises:
        BadInput: the folder holds no ledger of this version, or cannot be written.
    """
    written = []
    for name, table in paper_tables(folder).items():
        stem = folder / "tables" / name
        written += [
            write_whole(stem.with_suffix(".md"), table.markdown()),
            write_whole(stem.with_suffix(".tex"), table.latex()),
            write_whole(stem.with_suffix(".csv"), table.csv()),
        ]
        if len(table.rows) > PAGE:
            written.append(write_whole(stem.with_name(f"{name}-long.tex"), table.long_latex()))
    return written


def checked_game(folder: Path) -> str | None:
    """Name of the one game that a folder's ledger is about; ``None`` if it is about the paper's claims.

    Raises:
        BadInput: the folder holds no ledger of this version.
    """
    stored_claims(folder)  # which says what is wrong with the file
    with as_written(folder):
        game = json.loads((folder / "verdicts.json").read_bytes())["provenance"].get("game")
        if game is not None and not isinstance(game, str):
            raise TypeError
    return game


def paper_tables(folder: Path) -> dict[str, Table]:
    """The tables of a folder that ``verify`` filled, by name; those without rows are left out.

    Raises:
        BadInput: the folder holds no ledger of this version.
    """
    claims = stored_claims(folder)
    with as_written(folder):
        evidence = list(stored_evidence(folder, claims))
        tables = {"ledger": _ledger(claims)}
        for made in (TABLES, experiment_tables.TABLES, annealing_tables.TABLES, neural_tables.TABLES):
            tables |= {name: table(evidence) for name, table in made.items()}
    return {name: table for name, table in tables.items() if table.rows}


def _ledger(claims: list[dict[str, Any]]) -> Table:
    rows = tuple((c["id"], as_read(c["verdict"], c["reason"])[0], c["statement"]) for c in claims)
    return Table(("claim", "verdict", "statement"), rows, ("p{3.1cm}", "l", "p{8.7cm}"))


def _entry(evidence: Evidence) -> Table:
    """Success shares of every paired experiment, one row per method."""
    rows = []
    for name, content in evidence:
        for result in content.get("results", ()):
            ends = ", ".join(f"{label} {count}" for label, count in result["ends"].items())
            share = (number(result["fraction"], ".4f"), interval(result["interval"]), number(result["total"]))
            settings = f"{content['config']['policy']}, {content['config']['form']}"
            rows.append((name, content["game"]["name"], settings, result["method"], *share, ends))
    columns = ("claim", "game", "setting", "method", "share", "95% interval", "n", "ends")
    return Table(columns, tuple(rows), ("l", "l", "l", "l", "r", "l", "r", "p{4cm}"))


def _closed_form(evidence: Evidence) -> Table:
    """Exact basin shares beside simulated ones."""
    rows = []
    for _, content in evidence:
        for row in content.get("rows", ()):
            exact = (row["closed_form"], number(row["closed_form_decimal"], ".4f"))
            simulated = (number(row["simulated"], ".4f"), interval(row["interval"]), number(row["n"]))
            rows.append((", ".join(map(str, row["payoffs"])), row["lambda"], *exact, *simulated))
    columns = ("R, S, T, P", "lambda", "exact share", "decimal", "simulated", "simultaneous 95% interval", "n")
    return Table(columns, tuple(rows), ("l", "r", "r", "r", "r", "l", "r"))


def _alignment(evidence: Evidence) -> Table:
    """Conditions under which the correction points to the target."""
    rows = []
    for name, content in evidence:
        if "conditions_nonnegative" in content:
            assumed = ", ".join(f"{form} > 0" for form in content["assumed_positive"])
            conditions = ", ".join(f"{form} >= 0" for form in content["conditions_nonnegative"])
            if not conditions or not content["possible"]:
                conditions = "holds" if content["holds"] else "fails"
            rows.append((name, content["game"], content["policy"], assumed, conditions))
    columns = ("claim", "game", "coordinates", "class", "order aligned iff")
    return Table(columns, tuple(rows), ("l", "l", "l", "l", "l"))


def _relations(evidence: Evidence) -> Table:
    """What each learning rule adds to policy gradient at first order; one row per rule, two where the form matters."""
    rows: list[tuple[str, ...]] = []
    for _, content in evidence:
        by_rule: dict[str, list[dict[str, Any]]] = {}
        for row in content.get("rules", ()):
            by_rule.setdefault(row["rule"], []).append(row)
        for rule, forms in by_rule.items():
            entries = {row["form"]: tuple(row[term] for term in ("curve", "look", "shape", "pull")) for row in forms}
            if len(set(entries.values())) == 1:
                rows.append((rule, "", *entries["unrolled"]))
            else:
                rows += [(rule, form, *values) for form, values in entries.items()]
    columns = ("rule", "form", "curve", "look", "shape", "pull")
    return Table(columns, tuple(rows), ("l", "l", "r", "r", "r", "r"))


def _notions(evidence: Evidence) -> Table:
    """How often each notion of alignment calls the change of a random game's basin right."""
    rows = []
    for _, content in evidence:
        if "right" in content and "order" in content:
            right = [number(entry["count"]) for entry in content["right"].values()]
            harm = (
                content["hurt"],
                content["hurt_although_aligned_near_target"],
                content["hurt_although_aligned_in_the_mean"],
                content["order"]["hurt"],
            )
            counts = (number(content["games"]), number(content["undecided"]), *right)
            last = (interval(content["right"]["A3"]["interval"]), *map(number, harm), number(content["order"]["holds"]))
            rows.append((content["policy"], *counts, *last))
    called = ("coordinates", "games", "undecided", "A0 right", "A1 right", "A3 right", "95% interval of A3")
    columns = (*called, "hurt", "hurt, A0", "hurt, A1", "hurt, A2", "A2 holds")
    return Table(columns, tuple(rows), ("l", *("r",) * 5, "l", *("r",) * 5))


def _trajectories(evidence: Evidence) -> Table:
    """Mean cosines of v and C with the direction to the cooperative set along learning runs, by distance.

    ``v > 0`` and ``C > 0`` are the shares of visits with a positive cosine.
    """
    rows = []
    for _, content in evidence:
        for row in content.get("trajectories", ()):
            low, high = row["band"]
            shown = [content["coordinates"], row["method"], f"{low} to {high}", number(row["n"]), number(row["visits"])]
            for field in ("v", "C"):
                if field in row:
                    shown += [
                        number(row[field]["mean_cosine"], "+.4f"),
                        interval(row[field]["interval"], "+.4f"),
                        number(row[field]["aligned"], ".3f"),
                    ]
                else:
                    shown += ["too few runs", "", ""]
            rows.append(tuple(shown))
    fields = (head for field in ("v", "C") for head in (f"cosine of {field}", f"interval of {field}", f"{field} > 0"))
    columns = ("coordinates", "method", "distance", "runs", "visits", *fields)
    return Table(columns, tuple(rows), ("l", "l", "l", *("r",) * 8))


def _certificates(evidence: Evidence) -> Table:
    """Every certified region: what it is, how large, and how runs from it converge."""
    rows = []
    for name, content in evidence:
        if content.get("format") != "basin-entry certificate" or content["verdict"] != "CERTIFIED":
            continue
        region, dynamics, conclusion = content["region"], content["dynamics"], content["conclusion"]
        time = "continuous" if dynamics["time"] == "continuous" else f"steps of {dynamics['time']}"
        bound = conclusion.get("bound")
        rows.append(
            (
                name,
                content["game"]["name"],
                region["kind"],
                _words(content["game"], region),
                f"{dynamics['coordinates']}, {time}"
                + (f", tremble {content['tremble']}" * (content["tremble"] != "0")),
                _size(region),
                conclusion.get("convergence", {1: "positive", -1: "negative"}.get(conclusion.get("sign"), "")),
                "" if bound is None else _bound(region, time, conclusion["convergence"], Fraction(bound)),
            )
        )
    columns = ("claim", "game", "region", "target", "dynamics", "size", "result", "bound")
    return Table(columns, tuple(rows), ("l", "l", "l", "l", "l", "l", "l", "r"))


def _words(game: dict[str, Any], region: dict[str, Any]) -> str:
    """A pure target as actions, player by player; a set or a direction as what it is."""
    if region["kind"] == "drift-box":
        return "cooperative set"
    if region["kind"] == "alignment":
        ((kind, entries),) = region["direction"].items()
        return f"{'toward' if kind == 'to' else 'along'} ({', '.join(entries)})"
    states = len(game["states"])
    named = []
    for player, names in enumerate(game["actions"]):
        chosen = [names[1 - end] for end in region["target"][player * states : (player + 1) * states]]
        named.append(chosen[0] if states == 1 else "".join(action[0] for action in chosen))
    return ", ".join(named)


def _bound(region: dict[str, Any], time: str, convergence: str, bound: Fraction) -> Cell:
    """What a certificate's bound bounds (FORMAT.md); u is a distance to a target's end, W the squared distance."""
    ball, steps = region["kind"] == "sublevel", time != "continuous"
    if convergence == "finite":
        words = "{} steps" if steps else "time {}"
    elif convergence == "exponential":
        words = "W (1 - {})^n" if steps else f"{'W' if ball else 'u/(1 - u)'} e^(-{{}} t)"
    else:
        words = f"{'W^(-1/2)' if ball else '1/u'} + {{}} t"
    if ball and not steps and convergence != "exponential":  # a bound on W, shown for the distance
        exact = f"sqrt({bound}) (about {decimal(sqrt(Rational(bound)))})"
        return Cell(words.format(f"{float(bound) ** 0.5:.3g}"), words.format(exact))
    return Cell(
        words.format(f"{float(bound):{'.0f' if convergence == 'finite' and steps else '.3g'}}"), words.format(bound)
    )


def _size(region: dict[str, Any]) -> str:
    """A ball's squared radius, or a box's sides."""
    if region["kind"] == "sublevel":
        sign = "<=" if region["closed"] else "<"
        return f"W {sign} {region['level']}"
    if region["kind"] == "drift-box":
        sides = [Fraction(r) for r in region["radius"]]
    else:
        sides = [Fraction(high) - Fraction(low) for low, high in region["box"]]
    low, high = min(sides), max(sides)
    words = "side {0}" if low == high else "sides {0} to {1}"
    return Cell(words.format(_short(low), _short(high)), words.format(low, high))


def _short(side: Fraction) -> str:
    """A fraction that is short to read, else a decimal."""
    return str(side) if side.denominator < 1000 else f"{float(side):.4f}"


TABLES: Mapping[str, Callable[[Evidence], Table]] = {
    "entry": _entry,
    "closed_form": _closed_form,
    "alignment": _alignment,
    "relations": _relations,
    "notions": _notions,
    "trajectories": _trajectories,
    "certificates": _certificates,
}
