"""What tests share. Hypothesis profiles: ``default`` is deterministic, ``thorough`` (HYPOTHESIS_PROFILE) draws more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from commands import Invoke, called
from hypothesis import HealthCheck, settings

# Exact arithmetic has no use for a deadline: a slow example is not a wrong one.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", derandomize=True, **_COMMON)
settings.register_profile("thorough", max_examples=500, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def verified() -> Path | None:
    """The folder of a quick verification made just before these tests, or ``None``: then they make their own."""
    folder = os.environ.get("BASIN_ENTRY_VERIFIED")
    return None if folder is None else Path(folder)


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Invoke:
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: called(arguments, monkeypatch, capsys)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole notebooks come first: they take minutes, and at the end one processor would wait for the other."""
    items.sort(key=lambda item: not item.name.startswith("test_a_notebook_shows"))
