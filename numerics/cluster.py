"""Work shared out to the workers of a Dask cluster (extra ``cluster``), where it is the same bit for bit as here.

A worker must run the same code with the same versions on the same kind of processor, or its results may differ in the
last bits: each task looks before it begins. A task whose worker dies is given to another one by the scheduler.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

from numerics.store import origin
from theory.errors import BadInput

Item = TypeVar("Item")
Result = TypeVar("Result")

MISSING = "Dask is not installed (pip install 'basin-entry[cluster]')"
PATIENCE = 30  # seconds that a scheduler and its first worker may take to answer
_ASKING = 1.0  # seconds between two looks at how many workers there are
_AHEAD = 2  # tasks waiting or running for each thread of a worker: no worker waits, and few results wait here


@dataclass(frozen=True)
class Cluster:
    """A scheduler with its workers.

    Attributes:
        client: Dask's.
        address: of the scheduler.
    """

    client: Any
    address: str

    def share_out(self, work: Callable[..., Result], items: Iterable[Item], *rest: object) -> Iterator[Result]:
        """``work(item, *rest)`` of every item in any order, computed by the workers.

        Items are taken as workers become free, so neither they nor results pile up.

        Args:
            work: a function of a module, which the workers have too.
            items: what it is called with.
            rest: further arguments.

        Raises:
            BadInput: a worker has other code, versions or processor, none is left, or a task killed several of them.
        """
        from distributed import as_completed

        waiting, expected = iter(items), _origin()

        def submitted(count: int) -> list[Any]:
            # not pure: Dask is not to look for equal tasks, which takes a hash of every argument
            return [
                self.client.submit(_checked, work, item, rest, expected, pure=False) for item in islice(waiting, count)
            ]

        wanted, asked = self._wanted(), monotonic()
        running = as_completed(submitted(wanted), loop=self.client.loop, with_results=True)
        for future, result in self._raised_here(running):
            yield result
            future.release()
            if monotonic() - asked > _ASKING:  # workers come and go; to ask for each task would take as long as it
                wanted, asked = self._wanted(), monotonic()
            running.update(submitted(max(1, wanted - running.count())))

    def _wanted(self) -> int:
        threads: int = sum(self.client.nthreads().values())
        return _AHEAD * max(1, threads)

    def _raised_here(self, running: Iterator[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
        """The same pairs of a future and its result, errors of the cluster in words."""
        from distributed import KilledWorker

        try:
            yield from running
        except KilledWorker:
            raise BadInput(
                f"--cluster: the same task ended several workers of {self.address}; see their logs."
            ) from None
        except (ImportError, RuntimeError) as error:
            if "deserializ" in str(error) or isinstance(error, ImportError):
                raise BadInput(
                    f"--cluster: a worker of {self.address} cannot load basin-entry: install it there."
                ) from None
            raise


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A connection to a scheduler, closed in the end; what is still running there is given up.

    Args:
        address: such as ``tcp://host:8786``.

    Raises:
        BadInput: Dask is not installed, or no scheduler with a worker answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise BadInput(f"--cluster: {MISSING}.") from None
    reason = None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
    if reason is not None:
        gc.collect()  # the failed client now: later it may be in the middle of Dask's own lock, which it then waits for
        raise BadInput(f"--cluster: no scheduler answers at {address!r} ({reason}).")
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except OSError:
            raise BadInput(f"--cluster: the scheduler at {address} has no worker.") from None
        yield Cluster(client, address)


@lru_cache(maxsize=1)
def _origin() -> dict[str, Any]:
    return origin()


def _checked(work: Callable[..., Result], item: object, rest: tuple[object, ...], expected: dict[str, Any]) -> Result:
    """At the worker."""
    if (here := _origin()) != expected:
        from distributed import get_worker

        differing = ", ".join(name for name in expected if here.get(name) != expected[name])
        raise BadInput(
            f"--cluster: worker {get_worker().address} has other {differing}; results would not be the same."
        )
    return work(item, *rest)
