"""numerics.tables: cells survive Markdown, LaTeX and CSV, whatever characters they hold."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.ledger import ledger_table
from numerics.tables import Table
from numerics.verdicts import Entry, Ledger
from theory.claims import Claim, Evidence, Finding, Verdict

TRICKY = ("a|b", r"a\|b", "\\", "50 % & more", "$x_i^2$", "#1 ~ {y}", "p < q > r", '"quoted", comma', " ", "", "−λ₀")


def table(*rows: tuple[str, ...], columns: tuple[str, ...] = ("one", "two")) -> Table:
    return Table(columns, tuple(rows), tuple("l" for _ in columns))


# Cells are one line of text; control characters have no business in a table.
cells = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12) | st.sampled_from(TRICKY)
rows = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[cells] * width), min_size=1, max_size=4))


# ------------------------------------------------------------------------------------------------------------- CSV


@given(rows)
def test_csv_round_trip(lines: list[tuple[str, ...]]) -> None:
    head, *body = lines
    text = table(*body, columns=head).csv()
    assert [tuple(line) for line in csv.reader(io.StringIO(text, newline=""))] == lines
    assert text.endswith("\n") and "\r" not in text


def test_csv_by_hand() -> None:
    text = table(("1,5", 'say "no"'), ("", "two\nlines")).csv()
    assert text == 'one,two\n"1,5","say ""no"""\n,"two\nlines"\n'


# -------------------------------------------------------------------------------------------------------- Markdown


def cells_of(line: str) -> tuple[str, ...]:
    """The cells of a row as GitHub reads it: a backslash escapes the punctuation after it, a bare pipe ends a cell."""
    assert line.startswith("| ") and line.endswith(" |")
    found, cell, position = [], "", 2
    while position < len(line):
        letter = line[position]
        if letter == "\\" and line[position + 1] in "\\|":
            cell += line[position + 1]
            position += 1
        elif letter == "|":
            found.append(cell.removesuffix(" "))
            cell, position = "", position + 1
        else:
            cell += letter
        position += 1
    return tuple(found)


@given(rows)
def test_markdown_round_trip(lines: list[tuple[str, ...]]) -> None:
    head, *body = lines
    text = table(*body, columns=head).markdown()
    first, rule, *rest = text.removesuffix("\n").split("\n")
    assert rule == "|" + " --- |" * len(head)
    assert [cells_of(line) for line in (first, *rest)] == lines


def test_markdown_by_hand() -> None:
    assert table(("a|b", "c")).markdown() == "| one | two |\n| --- | --- |\n| a\\|b | c |\n"


def test_a_line_break_does_not_break_the_markdown_table() -> None:
    text = table(("two\nlines", "x")).markdown()
    assert len(text.splitlines()) == 3 and text.splitlines()[2].endswith("| x |")


# ----------------------------------------------------------------------------------------------------------- LaTeX

_READ = {
    r"\textbackslash{}": "\\", r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#", r"\_": "_", r"\{": "{", r"\}": "}",
    r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textless{}": "<", r"\textgreater{}": ">",
}  # fmt: skip
_ESCAPES = re.compile("|".join(map(re.escape, _READ)))


def read_latex(cell: str) -> str:
    """What LaTeX prints for a cell; anything special that is left over would be an error."""
    rest = _ESCAPES.sub("", cell)
    assert not set(rest) & set("\\&%$#_{}~^<>"), rest
    return _ESCAPES.sub(lambda match: _READ[match[0]], cell)


@given(rows)
def test_latex_round_trip(lines: list[tuple[str, ...]]) -> None:
    head, *body = lines
    text = table(*body, columns=head).latex()
    assert text.startswith("\\begin{tabular}{" + "l" * len(head) + "}\n\\toprule\n")
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")
    inner = text.split("\\toprule\n")[1].removesuffix("\\bottomrule\n\\end{tabular}\n")
    first, rest = inner.split("\\midrule\n", 1)
    found = [line.removesuffix(" \\\\") for line in [first.removesuffix("\n"), *rest.splitlines()] if line]
    # "&" between cells is the only bare one
    assert [tuple(read_latex(_unguarded(cell)) for cell in re.split(r"(?<!\\) & ", line)) for line in found] == [
        tuple(cell for cell in line) for line in lines
    ]


def _unguarded(cell: str) -> str:
    """A leading empty group keeps ``\\\\`` from reading the cell as its option; it prints nothing."""
    return cell.removeprefix("{}")


def test_latex_by_hand() -> None:
    text = table(("50 %", "p_1 & q^2"), columns=("a", "b")).latex()
    assert "50 \\% & p\\_1 \\& q\\textasciicircum{}2 \\\\\n" in text


@pytest.mark.parametrize("cell", ["[0.1, 0.2]", "*", "* starred"])
def test_a_row_is_not_read_as_an_option_of_the_line_break(cell: str) -> None:
    r"""After ``\\`` LaTeX takes ``[…]`` for extra space and ``*`` for a variant, so no row may begin with one."""
    text = table(("x", "y"), (cell, "z")).latex()
    row = text.split("\\\\\n")[2]
    assert not row.startswith(("[", "*")) and cell in row


def test_headings_are_escaped_too() -> None:
    shown = table(("1", "2"), columns=("95% interval", "a|b"))
    assert "95\\% interval" in shown.latex() and "a\\|b" in shown.markdown()


def test_widths_are_the_column_types() -> None:
    shown = Table(("a", "b"), (("1", "2"),), ("l", "p{8cm}"))
    assert shown.latex().startswith("\\begin{tabular}{lp{8cm}}\n")


def test_a_cell_holds_the_evidence_or_says_how_much_there_is() -> None:
    few = Finding(Verdict.PROVED, "because", (Evidence("identity", "route", "short", {}),) * 2)
    many = Finding(Verdict.PROVED, "because", (Evidence("identity", "route", "x" * 400, {}),) * 2)
    none = Finding(Verdict.UNDECIDED, "not-run")
    entries = tuple(Entry(Claim(f"C{k}", "s", "r"), finding, 0.0) for k, finding in enumerate((few, many, none)))
    found = [row[3] for row in ledger_table(Ledger(entries, {})).rows]
    assert found == ["short; short", "because (evidence: 2)", "not-run"]
