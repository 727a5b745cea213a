"""A ledger as ``verify`` wrote it, read again: entries and evidence, by whose hashes the files are checked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from theory.errors import BadInput
from theory.games.reading import printable, read_bytes

MAX_BYTES = 2**26  # of a file; the largest that verify writes has less than a hundredth of that


@contextmanager
def as_written(folder: Path) -> Iterator[None]:
    """Entries are used as they stand; where they are not what ``verify`` writes, one sentence says so.

    Raises:
        BadInput: instead of what an entry of another kind raises.
    """
    try:
        yield
    except BadInput:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise BadInput(
            f"{printable(str(folder))}: the ledger's entries are not those that basin-entry verify writes."
        ) from error


def stored_claims(folder: Path) -> list[dict[str, Any]]:
    """The ledger's entries.

    Raises:
        BadInput: the folder holds no ledger of this version.
    """
    path = folder / "verdicts.json"
    content = _object(path, _content(path))
    claims = content.get("claims")
    if content.get("schema_version") != 1 or not isinstance(claims, list):
        raise BadInput(
            f"{printable(str(path))}: this is not a ledger written by basin-entry verify (schema_version 1)."
        )
    with as_written(folder):
        for claim in claims:
            if not all(isinstance(claim[key], str) for key in ("id", "verdict", "statement")):
                raise TypeError
    return claims


def stored_evidence(folder: Path, claims: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(claim id, content) of every piece of evidence.

    Raises:
        BadInput: an entry names no file in the folder, or one that cannot be read or is not what the ledger names.
    """
    for claim in claims:
        with as_written(folder):
            named = [(entry["kind"], Path(entry["file"]), entry["sha256"]) for entry in claim["evidence"]]
            name = claim["id"]
        for kind, file, digest in named:
            path = folder / file
            if file.is_absolute() or ".." in file.parts:
                raise BadInput(f"{printable(str(path))}: a ledger's evidence lies in its own folder.")
            written = _content(path)
            if sha256(written).hexdigest() != digest:
                raise BadInput(
                    f"{printable(str(path))}: this is not the evidence that the ledger names (its SHA-256 differs)."
                )
            content = _object(path, written)
            if kind != "certificate":  # which is a file of its own kind
                with as_written(folder):
                    content = content["content"]
            yield name, content


def _content(path: Path) -> bytes:
    if not os.path.exists(path):  # unlike Path.exists it answers for names that are too long
        raise BadInput(f"{printable(str(path))}: no such file; basin-entry verify --out FOLDER writes it.")
    return read_bytes(path, MAX_BYTES)


def _object(path: Path, written: bytes) -> dict[str, Any]:
    try:
        content = json.loads(written)
    except (ValueError, RecursionError):
        raise BadInput(f"{printable(str(path))}: the file cannot be read as JSON.") from None
    if not isinstance(content, dict):
        raise BadInput(f"{printable(str(path))}: expected a JSON object.")
    return content
