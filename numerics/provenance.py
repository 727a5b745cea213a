"""Where a result comes from: versions, git revision, seed, settings. Goes with every artefact."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = ("basin-entry", "sympy", "python-flint", "numpy", "scipy")


def provenance(**settings: Any) -> dict[str, Any]:
    """Versions of what computed a result, the source's git revision if it has one, and the settings given."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "git_revision": _revision(),
        **settings,
    }


def _revision() -> str | None:
    here = Path(__file__).resolve().parent
    try:
        asked = ["git", "-C", str(here), "describe", "--always", "--dirty", "--exclude", "*"]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
