"""The wheel holds everything that the commands need, outside the checkout."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest
from wheels import ROOT, run, wheel

# Every verb on a case that takes seconds: the words, the exit status, and a word of what is printed.
VERBS: tuple[tuple[str, int, str], ...] = (
    ("--help", 0, "verify"),
    ("games", 0, "stag-hunt"),
    ("derive stag-hunt --format latex", 0, "mathrm"),
    ("align stag-hunt --policy logit", 0, "T"),
    ("certify stag-hunt --target Stag,Stag -o box.json", 0, "accepted by the checker"),
    ("check box.json", 0, "accepted"),
    ("check broken.json", 1, "rejected"),
    ("simulate stag-hunt --success initial-cooperation:0.82 --count 8 --steps 9 --json -o runs", 0, "schema_version"),
    ("verify --claim C6 --out out", 0, "PROVED"),
    ("verify nowhere.toml", 2, "basin-entry: "),
    ("tables out", 0, "files in out"),
    ("figures out", 0, "files in out"),
    ("report out", 0, "report.html"),
)
GAME = """name = "my-hunt"
actions = ["Stag", "Hare"]
payoffs = { row = [[5, 0], ["7/2", 1]], column = "symmetric" }
target = ["Stag", "Stag"]
"""


def parts_of(folder: Path) -> set[str]:
    """What of the two packages belongs into a wheel."""
    found = (path for package in ("theory", "numerics") for path in (folder / package).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found if "__pycache__" not in path.parts}


@pytest.mark.thorough
def test_the_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    built = wheel(tmp_path)
    with zipfile.ZipFile(built) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert inside == parts_of(ROOT)
    assert {"numerics/expectations/quick.json", "numerics/report/page.js", "theory/regions/FORMAT.md"} <= inside
    # The wheel's own files, with this environment's libraries behind them.
    run([sys.executable, "-m", "venv", tmp_path / "env"], tmp_path)
    python = tmp_path / "env" / "bin" / "python"
    run([python, "-m", "pip", "install", "-q", "--no-deps", built], tmp_path)
    site = next((tmp_path / "env" / "lib").glob("python*")) / "site-packages"
    (site / "libraries.pth").write_text(f"{Path(pytest.__file__).resolve().parent.parent}\n")
    where = run([python, "-c", "import theory, numerics; print(theory.__file__, numerics.__file__)"], tmp_path).stdout
    assert all(str(site) in path for path in where.split())
    (tmp_path / "my-hunt.toml").write_text(GAME)
    for words, status, expected in VERBS:
        done = run([tmp_path / "env" / "bin" / "basin-entry", *words.split()], tmp_path, status=status)
        assert expected in done.stdout + done.stderr, words
        assert "Traceback" not in done.stderr, words
        if words.startswith("certify"):
            text = (tmp_path / "box.json").read_text()
            assert '"2/3"' in text
            (tmp_path / "broken.json").write_text(text.replace('"2/3"', '"1/2"', 1))
    # The checker alone, with neither this environment's libraries nor the packages.
    checker = site / "theory" / "regions" / "check.py"
    assert "accepted" in run([python, "-S", "-I", checker, "box.json"], tmp_path).stdout
    assert "rejected" in run([python, "-S", "-I", checker, "broken.json"], tmp_path, status=1).stdout
    # The plugin is found by its entry point.
    done = run([python, "-m", "pytest", "-q", "--game", "my-hunt.toml", "-k", "relabelling or alignment"], tmp_path)
    assert "passed" in done.stdout
    assert (tmp_path / "out" / "verdicts.json").exists() and (tmp_path / "out" / "report.html").exists()
    provenance = json.loads((tmp_path / "out" / "verdicts.json").read_text())["provenance"]
    assert "basin-entry" in json.dumps(provenance)


def test_a_file_left_out_of_the_wheel_would_be_noticed(tmp_path: Path) -> None:
    for name in ("theory/a.py", "numerics/expectations/b.json", "numerics/__pycache__/c.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert parts_of(tmp_path) == {"theory/a.py", "numerics/expectations/b.json"}
