"""The wheel holds everything the command needs, outside the checkout."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*words: object, cwd: Path) -> str:
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.thorough
def test_the_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("basin_entry-*.whl")
    # The wheel's own files, with this environment's libraries behind them.
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=tmp_path)
    site = next((tmp_path / "env" / "lib").glob("python*")) / "site-packages"
    libraries = Path(pytest.__file__).resolve().parent.parent
    (site / "libraries.pth").write_text(f"{libraries}\n")
    where = run(python, "-c", "import theory, numerics; print(theory.__file__, numerics.__file__)", cwd=tmp_path)
    assert all(str(site) in path for path in where.split())
    command = tmp_path / "env" / "bin" / "basin-entry"
    assert "stag-hunt" in run(command, "games", cwd=tmp_path)
    run(command, "verify", "--claim", "C6", "--out", tmp_path / "out", cwd=tmp_path)
    assert (tmp_path / "out" / "verdicts.json").exists()
