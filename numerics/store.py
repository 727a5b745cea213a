"""Finished parts of long computations on disk: a run that is stopped goes on where it was, with the same bytes.

A folder holds one folder per computation, named by the hash of its settings, of this package's code and of all
versions involved. In it lie ``manifest.json``, which says all of that in words, and one NPZ file for every finished
part, which ends with a hash of the folder, the part and all bytes before. Files appear whole or not at all, so a part
is either there or still to be done; one that is not what was saved is done again.
"""

from __future__ import annotations

import io
import json
import os
import platform
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, overload

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from numerics.files import StorageError, store_whole
from numerics.provenance import provenance
from theory import errors

Arrays = Mapping[str, NDArray[Any]]
_DIGEST = 64  # bytes at the end of a part: the archive's comment is a hash of all before them
_AT_ONCE = 2**20  # bytes


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Hash of every source file of both packages: results of other code are not taken up."""
    digest = sha256()
    for root in (Path(errors.__file__).parent, Path(__file__).parent):
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


code_digest()  # now: editing a file later does not change the code that runs


def machine() -> dict[str, str]:
    """What rounding may depend on besides versions: the kind of processor, for which kernels are compiled."""
    return {"machine": platform.machine(), "processor": llvm.get_host_cpu_name()}


def origin() -> dict[str, Any]:
    """What every bit of a result may depend on besides its settings: code, versions and machine."""
    where = provenance()
    del where["git_revision"]  # the code itself is hashed
    return {"code": code_digest(), "versions": where, **machine()}


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
            StorageError: the place cannot be written.
        """
        identity = {"settings": settings, **origin()}
        text = (json.dumps(identity, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()
        store = cls(parent / sha256(text).hexdigest()[:24])
        if not _holds(store.path("manifest.json"), text):
            store_whole(store.path("manifest.json"), text)
        return store

    def path(self, name: str) -> Path:
        """A file of the store."""
        return self.folder / name

    def load(self, part: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of a part, or ``None`` if it is not there or is not, byte for byte, what was saved as this one."""
        path = self.path(f"{part}.npz")
        try:
            if not path.is_file():  # opening a pipe would wait
                return None
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if self._digest(part, file, size - _DIGEST) != file.read(_DIGEST + 1):
                    return None
                return _read(file, size)
        except Exception:  # archives that were not written here raise errors of any kind
            return None

    def save(self, part: str, arrays: Arrays) -> None:
        """Keep a finished part.

        Raises:
            StorageError: the place cannot be written.
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            archive.comment = bytes(_DIGEST)
        with buffer.getbuffer() as content:
            content[-_DIGEST:] = self._digest(part, buffer, len(content) - _DIGEST)
            store_whole(self.path(f"{part}.npz"), content)

    def _digest(self, part: str, file: IO[bytes], size: int) -> bytes:
        """Hash of the computation, of which part it is, and of the first bytes of a file, a few in memory at a time."""
        digest = sha256(f"{self.folder.name} {part}\n".encode())
        file.seek(0)
        for done in range(0, size, _AT_ONCE):
            digest.update(file.read(min(_AT_ONCE, size - done)))
        return digest.hexdigest().encode()


@dataclass(frozen=True)
class StoredParts(Sequence[Arrays]):
    """Parts that are read when they are asked for.

    Attributes:
        store: where they lie.
        names: of the parts, in order.
    """

    store: Store
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Arrays: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Arrays]: ...
    def __getitem__(self, index: int | slice) -> Arrays | Sequence[Arrays]:
        """The arrays of a part.

        Raises:
            StorageError: the part is gone or damaged since it was finished.
        """
        if isinstance(index, slice):
            return StoredParts(self.store, self.names[index])
        arrays = self.store.load(self.names[index])
        if arrays is None:
            raise StorageError(
                f"{self.store.path(self.names[index])}.npz is gone or damaged; the same command makes it again."
            )
        return arrays


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _read(file: IO[bytes], size: int) -> dict[str, NDArray[Any]] | None:
    """The arrays of an archive of this size; parts are not compressed, so what would unfold to more is none."""
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        if sum(member.file_size for member in archive.zip.infolist()) > size:
            return None
        return dict(archive)
