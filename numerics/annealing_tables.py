"""Tables of moved zeros, rates, two phases, recovery and restarts (claims C8 to C14).

Each takes the ledger's evidence, as (claim id, content) pairs, and reads it; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

from numerics.evidence_rows import Content, Evidence, rows_of, table_of
from numerics.tables import Cell, Table, interval, number


def zero_shifts(evidence: Evidence) -> Table:
    """How far each learning rule moves an interior zero: coefficients of alpha and alpha squared."""
    columns = ("game", "zero", "rule", "form", "order alpha", "order alpha^2")
    rows = [
        (row["game"], row["zero"], row["rule"], row["form"], row["first"], row["second"])
        for row in rows_of(evidence, "moved_zeros")
        if "moves" in row
    ]
    return table_of(columns, rows, "llllrr")


def rest_bounds(evidence: Evidence) -> Table:
    """Up to which lambda a strict equilibrium rests under the projected field, direct coordinates."""
    columns = ("game", "equilibrium", "tremble", "rests for lambda up to", "decimal", "published lambda exceeds it")
    rows = [
        (
            row["game"],
            row["profile"],
            row["tremble"],
            row["bound"],
            "" if row["bound"] == "none" else number(Fraction(row["bound"]), ".4g"),
            "yes" if row["exceeded_by_published"] else "no",
        )
        for row in rows_of(evidence, "moved_zeros")
        if "exceeded_by_published" in row
    ]
    return table_of(columns, rows, "lllrrl")


def drift(evidence: Evidence) -> Table:
    """The rate at the moved zero beside the paper's line and Weyl's bound, and the certified radii."""
    columns = ("game", "lambda", "mu", "mu_M", "true rate", "paper", "Weyl", "L", "rho", "rho by the true rate")
    fields = ("game", "lambda", "mu", "mu_M", "rate", "paper", "weyl", "L", "rho", "rho_true")
    rows = [tuple(_short(row[field]) for field in fields) for row in rows_of(evidence, "drift")]
    return table_of(columns, rows, "lrrrrrrrrr")


def speed_up(evidence: Evidence) -> Table:
    """Times into a ball with and without correction: the ratio against 1 + lambda mu_M/mu, start by start."""
    columns = (
        "game", "lambda", "1 + lambda mu_M/mu", "ratio of rates", "median ratio", "least", "largest", "starts",
        "at least", "open", "below",
    )  # fmt: skip
    ratios = ("bound", "rate_ratio", "median_ratio", "least_ratio", "largest_ratio")
    rows = [
        (
            row["game"],
            row["lambda"],
            *(number(row[field], ".3f") for field in ratios),
            *(number(row[field]) for field in ("starts", "at_least", "open", "below")),
        )
        for row in rows_of(evidence, "speed_up")
    ]
    return table_of(columns, rows, "lrrrrrrrrrr")


def two_phase(evidence: Evidence) -> Table:
    """The two-phase theorem's step sizes and lengths, its bound, and what was measured, also with longer steps."""
    columns = (
        "game", "delta", "steps of the theorem times", "N", "alpha", "bound", "failing", "n", "share", "95% interval",
    )  # fmt: skip
    rows = [
        (
            row["game"],
            row["delta"],
            number(row["factor"]),
            number(row["N"]),
            number(Fraction(row["alpha"]), ".3g"),
            number(row["bound"], ".3g"),
            number(row["failing"]),
            number(row["n"]),
            number(row["share"], ".4f"),
            interval(row["interval"]),
        )
        for row in rows_of(evidence, "two_phase")
    ]
    return table_of(columns, rows, "lrrrrrrrrl")


def recovery(evidence: Evidence) -> Table:
    """How runs come to the equilibrium, with and without annealing: fitted against predicted decay."""
    columns = ("game", "rule", "settings", "type", "predicted", "measured", "95% interval")
    rows = [
        (
            row["game"],
            row["method"],
            row["settings"],
            row["type"],
            number(row["predicted"], ".4g"),
            number(row["measured"], ".4g"),
            interval((row["low"], row["high"])) if "low" in row else "",
        )
        for row in rows_of(evidence, "recovery")
        if "tolerance" in row
    ]
    return table_of(columns, rows, "llllrrl")


def restarts(evidence: Evidence) -> Table:
    """One epoch under each definition of the region: entry p, loss after entry delta, success s, and what it costs."""
    columns = (
        "game", "gradient", "rule", "region", "n", "undecided", "p", "95% interval of p", "delta",
        "95% interval of delta", "s", "95% interval of s", "epochs until success", "gradient steps", "95% interval",
        "published mean restarts",
    )  # fmt: skip
    rows = [
        (
            row["game"],
            row["gradient"],
            row["method"],
            row["definition"],
            number(row["n"]),
            number(row["undecided"]),
            *(text for field in ("p", "delta", "s") for text in _share(row, field)),
            number(row["epochs"], ".2f"),
            number(row["gradient_steps"], ".0f"),
            interval(row["gradient_steps_interval"], ".0f"),
            "" if row["published_mean_restarts"] is None else number(row["published_mean_restarts"], "g"),
        )
        for row in rows_of(evidence, "restarts")
    ]
    return table_of(columns, rows, "llllrrrlrlrlrrlr")


def annealing(evidence: Evidence) -> Table:
    """The published annealing experiment with more seeds, beside what was printed."""
    columns = ("reading", "steps", "arm", "published", "n published", "share", "95% interval", "n", "undecided")
    rows = [
        (
            row["reading"],
            number(row["steps"]),
            row["arm"],
            number(row["published"], ".4f"),
            number(row["published_n"]),
            number(row["share"], ".4f"),
            interval(row["interval"]),
            number(row["n"]),
            number(row["undecided"]),
        )
        for row in rows_of(evidence, "annealing")
    ]
    return table_of(columns, rows, "lrlrrrlrr")


TABLES: Mapping[str, Callable[[Evidence], Table]] = {
    "zero_shifts": zero_shifts,
    "rest_bounds": rest_bounds,
    "drift": drift,
    "speed_up": speed_up,
    "two_phase": two_phase,
    "recovery": recovery,
    "restarts": restarts,
    "annealing": annealing,
}


def _share(row: Content, field: str) -> tuple[str, str]:
    value, ends = row[field], row[f"{field}_interval"]
    return ("none entered", "") if value is None else (number(value, ".4f"), interval(ends))


def _short(text: str) -> str:
    """A rational as it is if short, else as a decimal; an enclosure ``[lo, hi]`` as its middle to six digits."""
    if text.startswith("["):
        low, high = map(Decimal, text.strip("[]").split(", "))
        return Cell(f"{(float(low) + float(high)) / 2:.6g}", (low, high))
    try:
        return Cell(text, Fraction(text)) if len(text) < 8 else number(Fraction(text), ".6g")
    except ValueError:
        return text
