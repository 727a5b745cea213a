"""Notebooks as pages: every formula of every stored notebook becomes MathML, and no page asks for anything else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbconvert")
pages = pytest.importorskip("numerics.notebook_pages")

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.thorough] * (path not in NOTEBOOKS[::4]))
        for path in NOTEBOOKS
    ],
)
def test_a_stored_notebook_becomes_a_page_of_its_own(path: Path) -> None:
    written = pages.page(nbformat.read(path, as_version=4), path.stem)
    assert written.count("<math") > 10
    assert "<script" not in written and not re.search(r"""(src|href)=["']?(https?:)?//""", written)
    assert not re.search(r"@import|url\(['\"]?(https?:)?//", written)


def test_what_is_no_formula_stays_text() -> None:
    assert str(pages.formulas("5 < 6 and $x_1$")).startswith("5 &lt; 6 and <math")


def test_a_formula_that_is_not_converted_is_an_error() -> None:
    with pytest.raises(ValueError, match="not converted"):
        pages.formula(r"\nosuchcommand{x}", display=False)


def test_notebooks_are_run_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ipykernel")
    cells = [nbformat.v4.new_markdown_cell("One $x^2$."), nbformat.v4.new_code_cell("open('left', 'w').close()\n6 * 7")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "small.ipynb")
    pages.write_pages(tmp_path / "pages", [tmp_path / "small.ipynb"])
    written = (tmp_path / "pages" / "small.html").read_text()
    assert "42" in written and "<msup>" in written
    assert not list(tmp_path.rglob("left"))  # what a notebook writes does not stay
    assert "small.html" in capsys.readouterr().out
