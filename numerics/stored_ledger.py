"""A ledger as ``verify`` wrote it, read again: entries and evidence, by whose hashes the files are checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from theory.errors import BadInput


def stored_claims(folder: Path) -> list[dict[str, Any]]:
    """The ledger's entries.

    Raises:
        BadInput: the folder holds no ledger of this version.
    """
    path = folder / "verdicts.json"
    content = _read(path)
    if content.get("schema_version") != 1 or not isinstance(content.get("claims"), list):
        raise BadInput(f"{path}: this is not a ledger written by basin-entry verify (schema_version 1).")
    claims: list[dict[str, Any]] = content["claims"]
    return claims


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file; basin-entry verify --out FOLDER writes it.") from None
    except (OSError, ValueError):
        raise BadInput(f"{path}: the file cannot be read as JSON.") from None
    if not isinstance(content, dict):
        raise BadInput(f"{path}: expected a JSON object.")
    return content


def stored_evidence(folder: Path, claims: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(claim id, content) of every piece of evidence.

    Raises:
        BadInput: a file cannot be read, or is not the one that the ledger names.
    """
    for claim in claims:
        for entry in claim["evidence"]:
            path = folder / entry["file"]
            content = _read(path)
            if entry["kind"] != "certificate":  # which is a file of its own kind
                content = content["content"]
            if sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
                raise BadInput(f"{path}: this is not the evidence that the ledger names (its SHA-256 differs).")
            yield claim["id"], content
