"""``certify`` and ``check`` on the command line, the bare checker, and ``simulate --success region:FILE``."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from commands import Invoke

from theory.regions import check as checker

COMMAND = Path(sys.executable).with_name("basin-entry")
TFT_BOX = [
    *("--box", "p1[CC]=37/40:39/40", "--box", "p1[CD]=1/40:3/40"),
    *("--box", "p1[DC]=37/40:39/40", "--box", "p1[DD]=1/40:3/40"),
]


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.thorough  # by default test_readme.py runs the same commands
def test_certify_then_check_then_simulate(tmp_path: Path) -> None:
    done = run("certify", "stag-hunt", "--target", "Stag,Stag", "-o", "box.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "less than 1/3" in done.stdout and "accepted" in done.stdout
    checked = run("check", "box.json", cwd=tmp_path)
    assert checked.returncode == 0 and "accepted" in checked.stdout
    simulated = run(
        *("simulate", "stag-hunt", "--success", "region:box.json", "--policy", "direct", "--count", 50, "--json"),
        *("--init", "uniform:0:1", "--steps", 100),
        cwd=tmp_path,
    )
    assert simulated.returncode == 0, simulated.stderr
    assert {entry["method"] for entry in json.loads(simulated.stdout)["results"]} == {"pg", "meta"}


@pytest.mark.thorough  # by default test_readme.py gives it every certificate of a verification
def test_the_bare_checker_needs_no_packages(tmp_path: Path) -> None:
    """A copy of the one file in an empty folder, in an interpreter without site-packages."""
    run("certify", "ipd", "--target", "AllD", "-o", "alld.json", cwd=tmp_path)
    words = ["certify", "ipd-from-cc", "--target", "TFT", "--kind", "alignment", "--symmetric", *TFT_BOX]
    assert run(*words, "-o", "tft.json", cwd=tmp_path).returncode == 0
    copy = tmp_path / "check.py"
    copy.write_text(Path(checker.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    bare = [sys.executable, "-S", "-I", str(copy), "alld.json", "tft.json"]
    done = subprocess.run(bare, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count("accepted") == 2, done.stdout + done.stderr


def test_statuses(tmp_path: Path, invoke: Invoke) -> None:
    refuted = invoke(
        *("certify", "stag-hunt", "--target", "Stag,Stag", "--kind", "sublevel", "--level", "1/2", "-o", "no.json"),
    )
    assert refuted.code == 1 and "REFUTED" in refuted.out
    assert invoke("check", "no.json").code == 0  # the refutation itself is right
    text = (tmp_path / "no.json").read_text()
    (tmp_path / "false.json").write_text(text.replace('"REFUTED"', '"CERTIFIED"'))
    (tmp_path / "odd.json").write_text("{")
    invoke("certify", "stag-hunt", "-o", "yes.json")
    (tmp_path / "wrong.json").write_text(
        (tmp_path / "yes.json").read_text().replace('"radius": "1/3"', '"radius": "1/4"')
    )
    assert invoke("check", "wrong.json").code == 1
    assert invoke("check", "wrong.json", "yes.json").code == 1
    assert invoke("check", "odd.json", "wrong.json").code == 2
    assert invoke("check", "missing.json").code == 2
    assert invoke("check", "false.json").code in (1, 2)


def test_a_large_box(tmp_path: Path) -> None:
    """In battle of the sexes the players' sides differ: 1/3 and 2/3, on paper, which no cube uses."""
    done = run("certify", "battle-of-the-sexes", "--large", "-o", "large.json", cwd=tmp_path)
    assert done.returncode == 0 and "accepted" in done.stdout, done.stderr
    box = json.loads((tmp_path / "large.json").read_text())["region"]["box"]
    sides = sorted(float(Fraction(high) - Fraction(low)) for low, high in box)
    assert sides == pytest.approx([1 / 3, 2 / 3], abs=0.01)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["stag-hunt", "--large", "--kind", "sublevel"], "a shape belongs"),
        (["ipd", "--large", "--target", "cooperative-set"], "profile"),
        (["ipd", "--large"], "name a target"),
        (["stag-hunt", "--kind", "ball"], "--kind"),
        (["stag-hunt", "--target", "Stag,Deer"], "no action"),
        (["stag-hunt", "--policy", "polar"], "--policy"),
        (["stag-hunt", "--step", "0"], "--step"),
        (["stag-hunt", "--step", "x"], "--step"),
        (["stag-hunt", "--level", "1"], "--level"),
        (["ipd-finite", "--target", "AllD"], "do not see the state"),
        (["tandem"], "certify"),
        (["no-such-game"], "no-such-game"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    words: list[str], sentence: str, tmp_path: Path, invoke: Invoke
) -> None:
    done = invoke("certify", *words, "-o", "out.json")
    lines = [line for line in done.err.splitlines() if not line.endswith("…")]
    assert done.code == 2 and len(lines) == 1 and sentence in lines[0] and lines[0].endswith(".")
    assert not list(tmp_path.iterdir())


def test_a_region_of_another_game_is_refused(invoke: Invoke) -> None:
    assert invoke("certify", "chicken", "-o", "chicken.json").code == 0
    done = invoke("simulate", "stag-hunt", "--success", "region:chicken.json", "--policy", "direct")
    assert done.code == 2 and "another game" in done.err
