"""Time limits inside a test: what hangs is a failure, and not a run that never ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest


class TooLong(BaseException):
    """Not an :class:`Exception`: nothing that is tested may take it for an outcome of its own."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes longer; it is interrupted as soon as it is back in Python code."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TooLong:
        pytest.fail(f"it took longer than {seconds} s")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
