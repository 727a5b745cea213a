"""Work shared out to processes of this machine. They leave interrupts to this process, and do not outlive it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from multiprocessing import resource_tracker
from threading import Thread
from typing import TypeVar

from joblib import Parallel, delayed

Item = TypeVar("Item")
Result = TypeVar("Result")
_TIDYING = "ignore:resource_tracker"


def share_out(
    work: Callable[..., Result], items: Iterable[Item], *rest: object, workers: int, in_order: bool = False
) -> Iterator[Result]:
    """``work(item, *rest)`` of every item.

    Args:
        work: a function of a module.
        items: what it is called with.
        rest: further arguments.
        workers: number of processes; with 1 it is this one.
        in_order: results in the order of the items, instead of as they come.

    Raises:
        BrokenExecutor: a process was killed from outside.
    """
    calls = (delayed(_worked)(os.getpid(), work, item, *rest) for item in items)
    shared = Parallel(workers, return_as="generator" if in_order else "generator_unordered")
    # What the processes that begin now inherit. Ctrl-C reaches them in the middle of anything, say of an import, and
    # each would fill the screen: this process ends them instead. Then joblib's tidying process would warn of what it
    # has to tidy up.
    sys.warnoptions.append(_TIDYING)
    resource_tracker.ensure_running()  # beginning later, it would let signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        results = shared(calls)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        sys.warnoptions.remove(_TIDYING)
    yield from results


def _worked(parent: int, work: Callable[..., Result], *arguments: object) -> Result:
    if parent != os.getpid():
        _end_with(parent)
    return work(*arguments)


@lru_cache(maxsize=1)
def _end_with(parent: int) -> None:
    """End this process soon after its parent, which may be killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
