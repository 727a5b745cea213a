"""The notebooks are stored as they run today: every stored output is compared with a fresh run of its cell.

Text, Markdown and LaTeX must agree letter by letter, decimals within rounding; pictures must be there. In cells tagged
``simulation`` numbers may differ a little: another processor's exp() may move single starts. In cells tagged
``sampling`` they may differ as those of other draws: a draw that falls to the other side changes the rest of its run.

``python tests/test_notebooks.py`` runs all notebooks and stores their outputs, without counts, dates or paths.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
LIMIT = 240  # seconds for a cell: slow machines compile kernels for minutes before the first run
COMPARED = ("text/latex", "text/markdown", "text/plain")
NUMBER = re.compile(r"(?<![A-Za-z_])[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def text_of(output: dict[str, Any]) -> dict[str, str]:
    """The compared representations of one output, each as one string."""
    if output["output_type"] == "stream":
        return {output["name"]: "".join(output["text"])}
    return {kind: "".join(output["data"][kind]) for kind in COMPARED if kind in output["data"]}


def pictures(outputs: list[dict[str, Any]]) -> list[str]:
    return [data for output in outputs for kind, data in output.get("data", {}).items() if kind.startswith("image/")]


# What numbers may differ by, by a cell's tag. The shares of 100 starts differ by .2 between two sets of draws in one of
# 200 pairs of sets at most.
TOLERANCES = {
    None: {"rel": 1e-4, "abs": 1e-9},
    "simulation": {"rel": 0.05, "abs": 0.05},
    "sampling": {"rel": 0.05, "abs": 0.2},
}


def tag_of(cell: dict[str, Any]) -> str | None:
    return next((tag for tag in cell["metadata"].get("tags", ()) if tag in TOLERANCES), None)


def agree(stored: str, fresh: str, tag: str | None) -> bool:
    """Whether two texts are the same up to rounding of decimals, or of all numbers where they are simulated."""
    if stored == fresh:
        return True
    if NUMBER.sub("#", stored) != NUMBER.sub("#", fresh):
        return False
    for old, new in zip(NUMBER.findall(stored), NUMBER.findall(fresh), strict=True):
        if old == new:
            continue
        if tag is None and not {".", "e", "E"} & set(old + new):
            return False
        if float(new.replace("−", "-")) != pytest.approx(float(old.replace("−", "-")), **TOLERANCES[tag]):
            return False
    return True


def executed(path: Path, folder: Path, verified: Path | None = None) -> Any:
    """The notebook after a fresh run in a folder of its own.

    What it verifies at the quick profile is read from ``verified`` where a verification was made just before.
    """
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(path, as_version=4)
    if verified is not None:
        told = f"import sys; sys.path.append({str(HERE)!r}); import verified_ledger; from pathlib import Path\n"
        told += f"verified_ledger.use(Path({str(verified)!r})); del sys, verified_ledger, Path"
        notebook.cells.insert(0, nbformat.v4.new_code_cell(told))
    resources = {"metadata": {"path": str(folder)}}
    options = {"timeout": LIMIT, "kernel_name": "python3", "coalesce_streams": True}
    nbclient.NotebookClient(notebook, resources=resources, **options).execute()
    if verified is not None:
        del notebook.cells[0]
    return notebook


def tidied(notebook: Any) -> Any:
    """Without anything that differs from run to run or from machine to machine."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = None
    return notebook


# ------------------------------------------------------------------------------------------------------- the tests


def test_there_are_notebooks() -> None:
    assert PATHS


@each_notebook
def test_a_notebook_is_stored_whole_and_without_noise(path: Path) -> None:
    notebook = read(path)
    assert notebook["metadata"] == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}
        if cell["cell_type"] != "code":
            continue
        assert cell["execution_count"] is None
        for output in cell["outputs"]:
            assert output["output_type"] != "error" and output.get("name") != "stderr"
            assert output.get("execution_count") is None
            for text in text_of(output).values():
                assert " at 0x" not in text and "/home" not in text and str(FOLDER.parent) not in text


@each_notebook
def test_a_notebook_shows_what_it_stores(path: Path, tmp_path: Path, verified: Path | None) -> None:
    stored, fresh = read(path), executed(path, tmp_path, verified)
    for old, new in zip(stored["cells"], fresh.cells, strict=True):
        if old["cell_type"] != "code":
            continue
        where = f"{path.name}, cell {old['id']}"
        assert len(old["outputs"]) == len(new.outputs), f"{where}: another number of outputs; {HOW}"
        assert len(pictures(old["outputs"])) == len(pictures(new.outputs)), f"{where}: pictures are missing; {HOW}"
        for before, after in zip(map(text_of, old["outputs"]), map(text_of, new.outputs), strict=True):
            assert before.keys() == after.keys(), f"{where}: another kind of output; {HOW}"
            for kind, text in before.items():
                assert agree(text, after[kind], tag_of(old)), f"{where}: stored {text!r}, now {after[kind]!r}; {HOW}"


HOW = "if that is meant, store it with: python tests/test_notebooks.py"


@pytest.mark.parametrize(
    ("stored", "fresh", "tag", "same"),
    [
        ("x + 2", "x + 2", None, True),
        ("x + 2", "x + 3", None, False),
        ("x + 2", "x - 2", None, False),
        ("x + 2", "y + 2", None, False),
        ("share 0.25000", "share 0.25001", None, True),
        ("share 0.250", "share 0.260", None, False),
        ("share 0.250, 2500/10000", "share 0.251, 2510/10000", "simulation", True),
        ("share 0.250", "share 0.290", "simulation", True),
        ("share 0.250", "share 0.310", "simulation", False),
        ("share 0.250", "portion 0.250", "simulation", False),
        ("1/2", "0.5", "simulation", False),
        ("p_1 = -3/4", "p_1 = 3/4", None, False),
        ("p_1", "p_2", "simulation", False),
        ("share 0.250", "share 0.400", "sampling", True),
        ("share 0.250", "share 0.500", "sampling", False),
    ],
)
def test_the_comparison_tells_a_drift_from_rounding(stored: str, fresh: str, tag: str | None, same: bool) -> None:
    assert agree(stored, fresh, tag) is same


if __name__ == "__main__":
    import tempfile

    import nbformat

    for notebook_path in PATHS:
        with tempfile.TemporaryDirectory() as workplace:
            nbformat.write(tidied(executed(notebook_path, Path(workplace))), notebook_path)
        print(notebook_path)
