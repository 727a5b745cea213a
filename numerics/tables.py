"""One row model for every table: Markdown for reading, booktabs LaTeX for papers, CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table of text cells.

    Attributes:
        columns: headings.
        rows: cells, each row as long as ``columns``.
        widths: LaTeX column types, such as ``l`` or ``p{8cm}``; one per column.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[str, ...]

    def markdown(self) -> str:
        """A pipe table."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return "".join("| " + " | ".join(map(_markdown_cell, line)) + " |\n" for line in lines)

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def latex(self) -> str:
        """A ``tabular`` for the LaTeX package booktabs."""
        body = "".join(_latex_row(row) for row in self.rows)
        head = f"\\begin{{tabular}}{{{''.join(self.widths)}}}\n\\toprule\n{_latex_row(self.columns)}\\midrule\n"
        return f"{head}{body}\\bottomrule\n\\end{{tabular}}\n"

    def csv(self) -> str:
        """Comma-separated values with a heading line."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([self.columns, *self.rows])
        return buffer.getvalue()


def _markdown_cell(cell: str) -> str:
    return " ".join(cell.replace("\\", "\\\\").replace("|", "\\|").splitlines())


def _latex_row(cells: Sequence[str]) -> str:
    row = " & ".join("".join(_LATEX.get(letter, letter) for letter in cell) for cell in cells)
    # After a line break LaTeX would take a leading bracket or star for an option.
    return ("{}" if row.startswith(("[", "*")) else "") + row + " \\\\\n"
