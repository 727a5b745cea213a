"""Files appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from theory.errors import BadInput


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written before the work whose results go there; nothing is made.

    Raises:
        BadInput: the folder, or the nearest one above it that exists, is no folder or is not writable.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise BadInput(f"cannot write {folder}: {nearest} is not a folder.")
    if not os.access(nearest, os.W_OK):
        raise BadInput(f"cannot write {folder}: {nearest} is not writable.")


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file so that it is never seen half-written: to a neighbour first, then renamed over it.

    Raises:
        BadInput: the place cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise BadInput(f"cannot write {path}: {error.strerror}.") from None
    return path
