"""Work shared out to threads: for compiled code that does not hold the interpreter lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def available() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_out(work: Callable[[int, int], None], count: int, threads: int | None = None) -> None:
    """Call ``work(begin, end)`` for parts that together make up 0 … count.

    Args:
        work: does the items begin … end − 1; may run in any thread and order.
        count: number of items.
        threads: how many to use; by default one per processor available.

    Raises:
        ValueError: ``threads`` below 1.
    """
    if threads is not None and threads < 1:
        raise ValueError("threads must be at least 1")
    workers = min(threads or available(), count)
    if workers < 2:
        work(0, count)
        return
    parts = min(count, 4 * workers)  # several for each thread, as some are done early
    cuts = [count * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, cuts, cuts[1:]))
