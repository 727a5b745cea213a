"""The project's wheel, and environments elsewhere than in the checkout, for tests of what is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What pip says when no index answers, as opposed to an index without a fitting version.
_OFFLINE = re.compile(r"connection|temporary failure|name resolution|timed out|unreachable|ProxyError", re.I)


def run(
    words: Sequence[object], cwd: Path, environment: Mapping[str, str] | None = None, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a command that must end with a status."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, f"{words[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def pip(python: Path, *words: object, cwd: Path) -> None:
    """Run pip; without a network the test is skipped, with pip's reason."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *words]
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode and _OFFLINE.search(done.stderr):
        pytest.skip(f"pip reaches no index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


def wheel(folder: Path) -> Path:
    """Build the wheel from the checkout."""
    pip(Path(sys.executable), "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("basin_entry-*.whl")
    return built


def interpreter(minor: int) -> Path:
    """Python 3.``minor`` with venv, on the path or among pyenv's; else the test is skipped."""
    named = shutil.which(f"python3.{minor}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in [*([Path(named)] if named else []), *sorted(pyenv.glob(f"3.{minor}.*/bin/python3"), reverse=True)]:
        # The name may be a stand-in that runs nothing.
        script = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, {minor}))"
        if subprocess.run([str(python), "-c", script], capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip(f"Python 3.{minor} with venv is not on this machine")


def environment(folder: Path, python: Path, *requirements: object) -> Path:
    """A new virtual environment with these installed; its interpreter."""
    run([python, "-m", "venv", folder], cwd=folder.parent)
    inside = folder / "bin" / "python"
    pip(inside, "install", "-q", *requirements, cwd=folder)
    return inside
