r"""Every derived formula as a LaTeX fragment: the mathematics alone, for ``\[\input{formulas/boundary}\]``."""

from __future__ import annotations

from pathlib import Path

from numerics.files import write_whole
from theory.formulas import formulas


def write_formulas(folder: Path) -> list[Path]:
    """Write ``formulas/NAME.tex`` for every formula of :mod:`theory.formulas`; returns their paths.

    Raises:
        BadInput: the folder cannot be written.
    """
    return [write_whole(folder / "formulas" / f"{entry.name}.tex", f"{entry.latex}%\n") for entry in formulas()]
