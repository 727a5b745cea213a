"""One row model for every table: Markdown for reading, booktabs LaTeX for papers, CSV for programs.

A cell is the text that a reader sees. One that stands for more than its text, a rounded number or an interval, is a
:class:`Cell`: it carries the value itself, and CSV gives that instead.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral

from numerics.latex_text import latex_text

PAGE = 40  # rows that fit on a page of print
Number = int | float | Fraction | Decimal
Ends = tuple[Number, Number]
Value = Number | Ends | str
INFINITE = float("inf")
# What Markdown would take for emphasis: stars, and underscores at an end of a word.
_EMPHASIS = re.compile(r"\*|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


class Cell(str):
    """A text to show, with the value that it stands for.

    Attributes:
        value: a number, the two ends of an interval, or an exact wording, at full precision.
    """

    value: Value

    def __new__(cls, shown: str, value: Value) -> Cell:
        """A cell that prints as ``shown``."""
        cell = super().__new__(cls, shown)
        cell.value = value
        return cell

    def __reduce__(self) -> tuple[type[Cell], tuple[str, Value]]:
        """What a copy is made from."""
        return Cell, (str(self), self.value)

    @property
    def numeric(self) -> bool:
        """Whether it is a number or an interval, rather than words."""
        return not isinstance(self.value, str)


def number(value: Number | None, spec: str = "") -> Cell:
    """A number shown by a format specification; ``None`` is infinite."""
    if value is None:
        return Cell("infinite", INFINITE)
    return Cell(format(float(value) if isinstance(value, Fraction) else value, spec), value)


def interval(ends: Sequence[Number | None], spec: str = ".4f") -> Cell:
    """An interval, both ends shown by a format specification; ``None`` is an infinite end."""
    low, high = (number(end, spec) for end in ends)
    return Cell(f"[{low}, {high}]", (_end(low), _end(high)))


def _end(cell: Cell) -> Number:
    assert not isinstance(cell.value, str | tuple)
    return cell.value


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: headings.
        rows: cells, each row as long as ``columns``: plain text, or a :class:`Cell`.
        widths: LaTeX column types, such as ``l`` or ``p{8cm}``; one per column.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[str, ...]

    def only(self, *columns: str) -> Table:
        """The table with these columns alone, in this order."""
        places = [self.columns.index(name) for name in columns]
        rows = tuple(tuple(row[k] for k in places) for row in self.rows)
        return Table(columns, rows, tuple(self.widths[k] for k in places))

    def markdown(self) -> str:
        """A pipe table."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return "".join("| " + " | ".join(map(_markdown_cell, line)) + " |\n" for line in lines)

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def latex(self) -> str:
        """A ``tabular`` for the LaTeX package booktabs."""
        body = "".join(map(_latex_row, self.rows))
        head = f"\\begin{{tabular}}{{{''.join(self.widths)}}}\n\\toprule\n{_latex_row(self.columns)}\\midrule\n"
        return f"{head}{body}\\bottomrule\n\\end{{tabular}}\n"

    def long_latex(self) -> str:
        """A ``longtable``, which breaks over pages and repeats its headings; needs the package of that name too."""
        body = "".join(map(_latex_row, self.rows))
        head = f"\\begin{{longtable}}{{{''.join(self.widths)}}}\n\\toprule\n{_latex_row(self.columns)}\\midrule\n"
        return f"{head}\\endhead\n\\bottomrule\n\\endfoot\n{body}\\end{{longtable}}\n"

    def csv(self) -> str:
        """Comma-separated values with a heading line: numbers at full precision, intervals as two columns.

        A column with an interval in it becomes ``… low`` and ``… high``; a single number in it stands in both, and
        words in the first.
        """
        split = [any(_is_interval(row[k]) for row in self.rows) for k in range(len(self.columns))]
        heads: list[str] = []
        for name, is_split in zip(self.columns, split, strict=True):
            heads += [f"{name} low", f"{name} high"] if is_split else [name]
        lines = [[field for pair in zip(row, split, strict=True) for field in _fields(*pair)] for row in self.rows]
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([heads, *lines])
        return buffer.getvalue()


def _is_interval(cell: str) -> bool:
    return isinstance(cell, Cell) and isinstance(cell.value, tuple)


def _fields(cell: str, split: bool) -> list[str]:
    """What CSV holds of a cell: one field, or two in a column with intervals."""
    value = cell.value if isinstance(cell, Cell) else str(cell)
    if isinstance(value, tuple):
        return [_written(end) for end in value]
    if isinstance(value, str):
        return [value, ""] if split else [value]
    return [_written(value)] * (2 if split else 1)


def _written(value: Number) -> str:
    """A number so that reading it gives the same number: floats by the shortest such text, fractions as such."""
    if isinstance(value, Fraction | Decimal):
        return str(value)
    return str(int(value)) if isinstance(value, Integral) else repr(float(value))


def _markdown_cell(cell: str) -> str:
    escaped = _EMPHASIS.sub(r"\\\g<0>", cell.replace("\\", "\\\\").replace("|", "\\|"))
    return " ".join(escaped.splitlines())


def _latex_row(cells: Sequence[str]) -> str:
    row = " & ".join(map(_latex_cell, cells))
    # After a line break LaTeX would take a leading bracket or star for an option.
    return ("{}" if row.startswith(("[", "*")) else "") + row + " \\\\\n"


def _latex_cell(cell: str) -> str:
    """The text, with minus signs instead of hyphens in numbers."""
    return latex_text(cell.replace("-", "−") if isinstance(cell, Cell) and cell.numeric else cell)
