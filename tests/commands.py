"""The command, called in this process: an interpreter with SymPy takes a second to start."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Result:
    """Exit status and what was printed."""

    code: int
    out: str
    err: str


Invoke = Callable[..., Result]


def called(
    arguments: tuple[object, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Result:
    """Run the command with these arguments."""
    from numerics import cli

    monkeypatch.setattr(sys, "argv", ["basin-entry", *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    code = exit_.value.code
    assert isinstance(code, int)
    printed = capsys.readouterr()
    return Result(code, printed.out, printed.err)
