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


# For scripts in a process of their own: the command once more and once more, each call as [status, output, errors].
TOLD = """
import contextlib, io, json, sys
from numerics.cli import main

def told(arguments):
    out, err, code = io.StringIO(), io.StringIO(), 0
    sys.argv = ["basin-entry", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    return code, out.getvalue(), err.getvalue()
"""
