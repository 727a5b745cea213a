"""Files appear whole or not at all."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from theory.errors import BadInput

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{32}")  # names of files that are being written
_ABANDONED = 24 * 60 * 60  # seconds: nothing takes a day to write, so the writer was killed
_TRIES = 10  # where another process removes the folder at the same time


class StorageError(OSError):
    """Storage that fails during the work; the message is one sentence naming place and reason.

    It is no :class:`BadInput`, which a check of the ledger would take for its own outcome.
    """


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written before the work whose results go there; nothing is made.

    Raises:
        BadInput: the folder, or the nearest one above it that exists, is no folder or is not writable.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    if not nearest.is_dir():
        raise BadInput(f"cannot write {folder}: {nearest} is not a folder.")
    if not os.access(nearest, os.W_OK):
        raise BadInput(f"cannot write {folder}: {nearest} is not writable.")


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file so that it is never seen half-written.

    Raises:
        BadInput: the place cannot be written.
    """
    _refuse_what_is_no_file(path)
    try:
        return store_whole(path, content.encode() if isinstance(content, str) else content)
    except StorageError as error:
        raise BadInput(str(error)) from None


def store_whole(path: Path, content: bytes | memoryview) -> Path:
    """As :func:`write_whole`, during the work; the folder is made again if another process removes it meanwhile.

    Raises:
        StorageError: the place cannot be written.
    """
    for left in reversed(range(_TRIES)):
        try:
            with _beside(path) as beside:
                beside.write_bytes(content)
            break
        except OSError as error:
            if not left or not isinstance(error, FileNotFoundError):
                raise StorageError(_unwritable(path, error)) from None
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write in pieces that is never seen half-written: it is there when the block ends without an error.

    Raises:
        BadInput: the place cannot be written.
    """
    _refuse_what_is_no_file(path)
    try:
        with _beside(path) as beside, beside.open("wb") as file:
            yield file
    except StorageError:  # of what is to be written
        raise
    except OSError as error:
        raise BadInput(_unwritable(path, error)) from None


def _refuse_what_is_no_file(path: Path) -> None:
    """A device or pipe that a user names is not to be renamed over."""
    if os.path.exists(path) and not path.is_file():
        raise BadInput(f"cannot write {path}: it is not a regular file.")


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A neighbour to write, which is renamed over the file in the end."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path.parent)
        yield beside
        beside.replace(path)
    finally:  # after an interrupt too
        with suppress(OSError):
            beside.unlink()


def _unwritable(path: Path, error: OSError) -> str:
    return f"cannot write {path}: {error.strerror or error}."


@lru_cache(maxsize=1024)
def _remove_abandoned(folder: Path) -> None:
    """Remove what killed writers left unfinished in a folder, once in a process."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _UNFINISHED.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED:
                        os.unlink(entry)
