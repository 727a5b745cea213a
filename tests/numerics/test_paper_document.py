"""numerics.paper_document: what is written, and that pdflatex sets the sample document without complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from numerics.ledger import write_ledger
from numerics.paper_document import FIGURES, SECTIONS, document, write_paper
from numerics.paper_figures import DRAWN, FROM_EVIDENCE
from numerics.paper_tables import paper_tables, write_tables
from numerics.tables import PAGE, Table
from numerics.verdicts import Entry, Ledger
from theory.claims import Claim, Evidence, Finding, Verdict
from theory.errors import BadInput
from theory.formulas import formulas

WORDS = "mean restarts (runs after the first, at most 13 in all; none succeeds: 12), λ ≤ 1/3, R_i & 50 % of φ₀"


def ablation(count: int) -> list[dict[str, Any]]:
    settings = {"game": "stag-hunt", "gradient": "sampled", "form": "unrolled", "unroll": 5, "c_peer": 1.5}
    measured = {"share": 0.25, "interval": [0.2, 0.3], "n": 10000, "undecided": 0}
    gain = {"difference": -0.0213, "difference_interval": [-0.0314, 0.0], "adjusted_p": 1.5e-300}
    return [{**settings, "arm": "meta", **measured, **(gain if k % 4 else {})} for k in range(count)]


def reproduction(count: int) -> list[dict[str, Any]]:
    row = {
        "paper": "A paper with a title as long as titles of papers are", "game": "ipd-finite", "arm": "Meta-MAPG",
        "quantity": WORDS, "statement": "rapidly by hand-shaking, 81.0% TFT", "published_n": 100, "setting": WORDS,
        "rule": "meta", "ours": 0.123456, "interval": [0.1, 0.2], "n": 200, "undecided": 3, "reason": WORDS,
    }  # fmt: skip
    return [{**row, "verdict": ("AGREES", "DISAGREES", "NOT COMPARABLE")[k % 3]} for k in range(count)]


def folder_with(path: Path, statement: str = WORDS) -> Path:
    """A folder as ``verify`` fills it, with evidence for long and wide tables."""
    contents = {
        "C4.ablation": {"ablation": ablation(PAGE + 5)},
        "C8.lost": {"moved_zeros": [{"game": "stag-hunt", "bound": "2/3", "lambda": "33/40"}]},
        "C16.peer-papers": {"reproduction": reproduction(3 * PAGE)},
    }
    entries = [
        Entry(
            Claim(name, statement, "r"), Finding(Verdict.SUPPORTED, "w", (Evidence("experiment", "r", "s", made),)), 0.0
        )
        for name, made in contents.items()
    ]
    entries += [Entry(Claim(f"C19.{k}", statement, "r"), Finding(Verdict.PROVED, "w"), 0.0) for k in range(PAGE)]
    write_ledger(Ledger(tuple(entries), {}), path)
    write_tables(path)
    return path


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a folder with everything for a paper in it, to be copied before it is changed."""
    folder = folder_with(tmp_path_factory.mktemp("paper"))
    before = set(folder.rglob("*"))
    assert set(write_paper(folder)) == {path for path in folder.rglob("*") if path.is_file()} - before
    return folder


def test_what_is_written(paper: Path) -> None:
    assert {path.stem for path in (paper / "formulas").iterdir()} == {entry.name for entry in formulas()}
    assert (paper / "formulas" / "largest-correction.tex").read_text() == "\\lambda \\le \\frac{1}{P + R - S - T}%\n"
    assert r"\be@set{verdict}{C8.lost}{SUPPORTED}" in (paper / "macros.tex").read_text()


def test_the_appendix_stands_in_one_file(paper: Path) -> None:
    """Both documents take it from there."""
    body = (paper / "appendix-body.tex").read_text()
    titles = re.findall(r"\\section\{.*\}", body)
    assert len(titles) == 6 and r"\begin{document}" not in body
    for name in ("appendix.tex", "paper.tex"):
        text = (paper / name).read_text()
        assert text.count(r"\input{appendix-body}") == 1 and not any(title in text for title in titles)


def test_sentences_without_their_numbers_are_left_out() -> None:
    keys = {"C8.lost:moved-zeros.stag-hunt.bound": "2/3", "C8.lost:moved-zeros.stag-hunt.lambda": "33/40"}
    assert r"\bevalue{C8.lost:" in document({}, keys) and r"\bevalue" not in document({}, {})


def test_the_document_of_ones_own_game_is_about_that_game(tmp_path: Path) -> None:
    reasons = {"G.pure": "w", "G.set": "not-applicable: it is one-shot", "G.near": "v is 0, which decides nothing"}
    entries = tuple(
        Entry(Claim(name, "s", "r"), Finding(Verdict.PROVED if name == "G.pure" else Verdict.UNDECIDED, reason), 0.0)
        for name, reason in reasons.items()
    )
    write_ledger(Ledger(entries, {"game": "my-hunt"}), tmp_path)
    before = set(tmp_path.rglob("*"))
    assert {path.name for path in write_paper(tmp_path)} == {"macros.tex", "paper.tex"}
    assert len(set(tmp_path.rglob("*")) - before) == 2
    text, numbers = (tmp_path / "paper.tex").read_text(), (tmp_path / "macros.tex").read_text()
    assert "The game my-hunt was checked in \\bevalue{claims:all} ways" in text
    assert "\\bevalue{claims:not applicable} not applicable" in text and text.count("\\section{") == 1
    assert all(words not in text for words in ("formulas/", "appendix-body", "\\shown{", "Definitions"))
    assert "\\be@set{verdict}{G.set}{not applicable}" in numbers
    assert "{claims:not applicable}{1}" in numbers and "{claims:UNDECIDED}{1}" in numbers


def test_tables_without_rows_are_left_out() -> None:
    assert r"\section{Experiments}" not in document({}, {})
    some = Table(("claim", "verdict", "statement"), (("C1", "PROVED", "s"),), ("l", "l", "l"))
    assert r"\fittedtable{tables/ledger}" in document({"ledger": some}, {})


def test_the_heading_before_a_page_turned_sideways_stands_on_it() -> None:
    row = Table(("claim",), (("G.box",),), ("l",))
    made = document({"certificates": row}, {}, "my-hunt")
    assert "\\begin{landscape}\n\\section{Certified regions}\n\\subsection{Certificates}" in made


def test_a_selection_says_what_it_leaves_out(tmp_path: Path) -> None:
    made = document(paper_tables(folder_with(tmp_path)), {})
    assert f"{2 * PAGE} of the {3 * PAGE} rows" in made and "NOT COMPARABLE" not in made


def test_it_names_figures_and_columns_that_there_are(verified: Path | None) -> None:
    assert set(FIGURES) <= set(DRAWN) | set(FROM_EVIDENCE)
    if verified is not None:
        tables = paper_tables(verified)
        for shown in (entry for entries in SECTIONS.values() for entry in entries):
            assert shown.latex(tables)


def test_a_folder_without_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        write_paper(tmp_path)
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------------------- with TeX

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
WIDE = 20  # points by which a line may stick out
_WARNED = re.compile(r"undefined|multiply[- ]defined|Missing character|^!", re.MULTILINE)


def set_twice(folder: Path, name: str) -> str:
    """What pdflatex says of a document the second time."""
    said = ""
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        said = done.stdout.decode(errors="replace")
        assert done.returncode == 0, said[-2000:]
    return said


def complaints(said: str) -> list[str]:
    """Warnings that a reader would see: something undefined, or a line far too wide."""
    wide = re.findall(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", said)
    return [*_WARNED.findall(said), *(points for points in wide if float(points) > WIDE)]


@needs_tex
def test_the_sample_document_is_set_without_complaint(paper: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(paper, tmp_path / "copy")
    for name in ("paper.tex", "appendix.tex"):
        assert complaints(set_twice(folder, name)) == [], name


@needs_tex
def test_a_table_that_is_too_wide_is_noticed(paper: Path, tmp_path: Path) -> None:
    """The control: the same cells in a line that does not break, and a reference to nothing."""
    folder = shutil.copytree(paper, tmp_path / "copy")
    text = (folder / "paper.tex").read_text()
    bad = r"\noindent\mbox{\input{tables/reproduction}}\ref{x}\end{document}"
    (folder / "paper.tex").write_text(text.replace(r"\tableofcontents", bad))
    found = complaints(set_twice(folder, "paper.tex"))
    assert "undefined" in found and any(entry.replace(".", "").isdigit() for entry in found)


@needs_tex
@pytest.mark.thorough
def test_the_sample_document_of_a_verification(verified: Path | None, tmp_path: Path) -> None:
    if verified is None:
        pytest.skip("no verification was made before these tests (BASIN_ENTRY_VERIFIED)")
    shutil.copytree(verified, tmp_path / "copy")
    write_tables(tmp_path / "copy")
    write_paper(tmp_path / "copy")
    assert complaints(set_twice(tmp_path / "copy", "paper.tex")) == []
