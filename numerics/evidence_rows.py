"""What tables made from evidence share: rows out of contents, and columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from numerics.tables import Table

Content = dict[str, Any]
Evidence = Sequence[tuple[str, Content]]  # (claim id, content)


def rows_of(evidence: Evidence, name: str) -> Iterator[Content]:
    """The rows under a name in any content."""
    return (row for _, content in evidence for row in content.get(name, ()))


def table_of(columns: Sequence[str], rows: Iterable[Sequence[str]], widths: str) -> Table:
    """A table; ``widths`` has ``l`` or ``r`` for every column, ``p{5cm}`` for a long one."""
    kinds: list[str] = []
    for letter in widths.replace("p{5cm}", "p"):
        kinds.append("p{5cm}" if letter == "p" else letter)
    return Table(tuple(columns), tuple(map(tuple, rows)), tuple(kinds))
