"""The README tells the truth: its ledger is the one a run prints, and its commands and snippets run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from numerics.scaling import CASES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
COMMAND = Path(sys.executable).with_name("basin-entry")
# Words agree, numbers need not: another processor may end at another box or move a row from one verdict to another, and
# few starts, sampled ones or networks', end elsewhere as under other draws.
COUNTED = ("| C19.largest ", "| C15.published ", "| C16.published ", "| C16.peer-papers ", "| C16.sampled ", "| C17.")
NUMBER = re.compile(r"[-+]?\d+\.\d+|[-+]?\d+")


def block(language: str, holding: str) -> str:
    found = [body for body in re.findall(rf"```{language}\n(.*?)```", README, re.S) if holding in body]
    assert len(found) == 1, f"one {language} block with {holding!r}"
    return str(found[0])


def rows(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith("| C")]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, verified: Path | None) -> Path:
    if verified is not None:
        return verified
    folder = tmp_path_factory.mktemp("readme")
    done = subprocess.run([COMMAND, "verify", "--out", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_ledger_is_the_printed_one(output: Path) -> None:
    shown = rows(README.split("<!-- ledger")[1].split("<!-- end of ledger -->")[0])
    printed = rows((output / "ledger.md").read_text())
    assert len(shown) == len(printed), "copy results/ledger.md into the README"
    for in_readme, fresh in zip(shown, printed, strict=True):
        assert NUMBER.sub("#", in_readme) == NUMBER.sub("#", fresh), "copy results/ledger.md into the README"
        if fresh.startswith(COUNTED):
            continue
        if any(word in fresh for word in (" starts", " epochs", " chains", " of runs")):
            # Another processor's exp() may move single starts: 1 % of the starts, and signs must agree.
            for old, new in zip(NUMBER.findall(in_readme), NUMBER.findall(fresh), strict=True):
                assert float(new) == pytest.approx(float(old), rel=0.05, abs=0.01)
        else:
            assert in_readme == fresh


def test_the_table_of_claims_is_the_ledgers() -> None:
    shown = rows(README.split("<!-- claims")[1].split("<!-- end of claims -->")[0])
    ledger = rows(README.split("<!-- ledger")[1].split("<!-- end of ledger -->")[0])
    assert shown == [" | ".join(row.split(" | ")[:3]) + " |" for row in ledger if "." not in row.split(" | ")[0]]


def test_every_notebook_is_listed() -> None:
    listed = re.findall(r"^\| `(\d\d_\w+)` \|", README, re.M)
    assert listed == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_a_bare_interpreter_accepts_every_certificate(output: Path) -> None:
    first = '{"format": "basin-entry certificate"'
    files = [path for path in sorted((output / "evidence").iterdir()) if path.read_text().startswith(first)]
    assert len(files) >= 36
    bare = [sys.executable, "-S", "-I", str(ROOT / "theory" / "regions" / "check.py"), *map(str, files)]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count("accepted: ") == len(files), done.stdout


def test_every_command_of_the_example_runs(tmp_path: Path) -> None:
    (tmp_path / "my-hunt.toml").write_text(block("toml", "my-hunt"))
    lines = block("sh", "basin-entry derive").splitlines()
    assert len(lines) == 4
    for line in lines:
        words = line.split()
        assert words[0] == "basin-entry"
        done = subprocess.run([COMMAND, *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "my-hunt" in done.stdout or "meta" in done.stdout


def test_the_speed_table_is_that_of_make_bench() -> None:
    """What is measured and the aims; the figures themselves are of one machine at one time."""
    shown = README.split("<!-- speed")[1].split("<!-- end of speed -->")[0]
    lines = [line for line in shown.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2 : 2 + len(CASES)]] == [
        case.what for case in CASES.values()
    ]
    for line, case in zip(lines[2:], CASES.values(), strict=False):
        aim, measured = line.split(" | ")[1:3]
        if case.aim is not None:
            assert (
                aim == f"{case.aim / 1e6:g} M" and float(measured.removesuffix(" M").replace(",", "")) >= case.aim / 1e6
            )


def test_every_command_about_experiments_runs(tmp_path: Path) -> None:
    lines = block("sh", "basin-entry simulate ipd-finite").splitlines()
    assert len(lines) == 2
    for line in lines:
        words = line.split()
        assert words[0] == "basin-entry"
        done = subprocess.run([COMMAND, *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "chunks").is_dir() and (tmp_path / "runs" / "simulation.npz").is_file()


def test_every_command_about_certificates_runs(tmp_path: Path) -> None:
    (tmp_path / "theory" / "regions").mkdir(parents=True)
    checker = ROOT / "theory" / "regions" / "check.py"
    (tmp_path / "theory" / "regions" / "check.py").write_text(checker.read_text(encoding="utf-8"), encoding="utf-8")
    lines = block("sh", "basin-entry certify").splitlines()
    assert len(lines) == 6
    for line in lines:
        program, *words = line.split()
        command = {"basin-entry": COMMAND, "python3": sys.executable}[program]
        done = subprocess.run([command, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "accepted" in done.stdout or "meta" in done.stdout


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block("python", "import Experiment, simulate"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "order aligned" in printed and "Share(" in printed and "PairedDifference(" in printed


def test_the_example_of_arrays_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """By hand: 5, 0 against 7/2, 1 is a Stag Hunt with T > P, so the correction is aligned at every policy."""
    pytest.importorskip("nashpy")
    exec(compile(block("python", "game_from_nashpy"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "order aligned" in printed and "share" in printed


def test_the_property_tests_of_the_example_pass(tmp_path: Path) -> None:
    (tmp_path / "my-hunt.toml").write_text(block("toml", "my-hunt"))
    (line,) = block("sh", "pytest --game").splitlines()
    command = [sys.executable, "-m", *line.split(), "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "15 passed" in done.stdout, done.stdout + done.stderr


def test_the_files_for_a_paper_are_written(output: Path) -> None:
    section = README.split("## For a paper")[1].split("\n## ")[0]
    named = re.findall(r"^\| (`.*?) \|", section, re.M)
    assert len(named) == 8
    for names in named:
        first, *suffixes = re.findall(r"`([^`]*)`", names)
        for name in (first, *(Path(first).stem + suffix for suffix in suffixes)):
            assert (output / name).exists(), name
    macros = (output / "macros.tex").read_text()
    for used in re.findall(r"`\\input\{(.*?)\}`", section):
        assert (output / f"{used}.tex").is_file(), used
    for kind, key in re.findall(r"`\\(verdict|bevalue)\{(.*?)\}`", section):
        assert f"\\be@set{{{kind.removeprefix('be')}}}{{{key}}}" in macros, key


def test_the_example_of_networks_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jax")
    pytest.importorskip("pettingzoo")
    exec(compile(block("python", "published_training"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "'meta'" in printed and "S" in printed.splitlines()[-2]


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line in block("sh", "make verify").splitlines():
        assert re.search(rf"^{line.removeprefix('make ')}:", makefile, re.M)
