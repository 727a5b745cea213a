"""NPZ files written piece by piece, so that arrays larger than memory fit in."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.lib import format as npy
from numpy.typing import NDArray

from numerics.files import whole_file


@dataclass(frozen=True)
class Pieces:
    """An array in pieces along its last axis.

    Attributes:
        shape: of the whole array.
        each: makes an iterator over the pieces in order.
    """

    shape: tuple[int, ...]
    each: Callable[[], Iterator[NDArray[Any]]]


def write_arrays(path: Path, arrays: Mapping[str, Pieces]) -> Path:
    """Write a compressed NPZ file that ``numpy.load`` reads, with one piece of one array in memory at a time.

    Arrays lie in Fortran order, in which the last axis varies slowest. Equal arrays give equal bytes.

    Raises:
        BadInput: the place cannot be written.
        ValueError: pieces do not make up the shape.
    """
    with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                length = 0
                for piece in pieces.each():
                    if not length:
                        kind = npy.dtype_to_descr(piece.dtype)
                        header = {"descr": kind, "fortran_order": True, "shape": pieces.shape}
                        npy.write_array_header_1_0(member, header)
                    if piece.shape[:-1] != pieces.shape[:-1]:
                        raise ValueError(f"A piece of {name} has the shape {piece.shape}, the whole {pieces.shape}.")
                    member.write(piece.tobytes(order="F"))
                    length += piece.shape[-1]
                if length != pieces.shape[-1]:
                    raise ValueError(f"The pieces of {name} are {length} long, not {pieces.shape[-1]}.")
    return path
