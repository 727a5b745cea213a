"""Finished parts of long computations on disk: a run that is stopped goes on where it was, with the same bytes.

A folder holds one folder per computation, named by the hash of its settings, of this package's code and of all
versions involved. In it lie ``manifest.json``, which says all of that in words, and one NPZ file for every finished
part, with a hash of its arrays. Files appear whole or not at all, so a part is either there or still to be done; one
that is not what was saved is done again.
"""

from __future__ import annotations

import io
import json
import platform
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from numerics.files import write_whole
from numerics.provenance import provenance
from theory import errors

Arrays = Mapping[str, NDArray[Any]]
_DIGEST = "sha256"  # name of the entry that says what the others must be
# What reading a damaged archive has been seen to raise.
_UNREADABLE = (
    OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, NotImplementedError, RuntimeError, MemoryError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Hash of every source file of both packages: results of other code are not taken up."""
    digest = sha256()
    for root in (Path(errors.__file__).parent, Path(__file__).parent):
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def machine() -> dict[str, str]:
    """What rounding may depend on besides versions: the kind of processor, for which kernels are compiled."""
    return {"machine": platform.machine(), "processor": llvm.get_host_cpu_name()}


@dataclass(frozen=True)
class Store:
    """The finished parts of one computation.

    Attributes:
        folder: where they lie.
    """

    folder: Path

    @classmethod
    def open(cls, parent: Path, settings: Mapping[str, Any]) -> Store:
        """The store of the computation with these settings, made if there is none yet.

        Args:
            parent: folder of all computations.
            settings: everything that the result depends on besides code, versions and machine, as JSON data.

        Raises:
            BadInput: the place cannot be written.
        """
        where = provenance()
        del where["git_revision"]  # the code itself is hashed
        identity = {"settings": settings, "code": code_digest(), "versions": where, **machine()}
        text = json.dumps(identity, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
        store = cls(parent / sha256(text.encode()).hexdigest()[:24])
        manifest = store.path("manifest.json")
        if not manifest.is_file() or manifest.read_bytes() != text.encode():
            write_whole(manifest, text)
        return store

    def path(self, name: str) -> Path:
        """A file of the store."""
        return self.folder / name

    def load(self, part: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of a part, or ``None`` if it is not there or is not what was saved."""
        try:
            with self.path(f"{part}.npz").open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = dict(file)
            stored = arrays.pop(_DIGEST).tobytes()
        except _UNREADABLE:
            return None
        return arrays if stored == _digest(part, arrays) else None

    def save(self, part: str, arrays: Arrays) -> None:
        """Keep a finished part.

        Raises:
            BadInput: the place cannot be written.
        """
        buffer = io.BytesIO()
        digest = np.frombuffer(_digest(part, arrays), dtype=np.uint8)
        np.savez(buffer, allow_pickle=False, **arrays, **{_DIGEST: digest})
        write_whole(self.path(f"{part}.npz"), buffer.getvalue())


def _digest(part: str, arrays: Arrays) -> bytes:
    """Hash of which part it is, and of the arrays' names, types, shapes and numbers."""
    digest = sha256(part.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return digest.digest()
