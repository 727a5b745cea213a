"""Files as text: what every reader of game files refuses before it looks inside, and what messages quote of a file.

A file is data and nothing in it is executed. Pipes, devices, files beyond a size and bytes that are no text are refused
at once, so that a wrong path costs nothing; and whatever a message quotes is short and on one line.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from theory.errors import BadInput

MAX_BYTES = 2**20
# How large a game from a file may be.
MAX_PLAYERS = 8
MAX_ACTIONS = 16
MAX_JOINT_ACTIONS = 4096
MAX_STATES = 64
MAX_HORIZON = 200
# A repeated game without a horizon has a state per joint action and one more. A game's transition table has a row per
# state and joint action: at most as many as that gives.
MAX_REPEATED_JOINT_ACTIONS = 64
MAX_ROWS = MAX_REPEATED_JOINT_ACTIONS * (MAX_REPEATED_JOINT_ACTIONS + 1)

_QUOTED = 40
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANK = b" \t\r\n\v\f" + codecs.BOM_UTF8


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        BadInput: it cannot be read, is no regular file, is empty, is too large or is not UTF-8.
    """
    content = read_bytes(path, MAX_BYTES)
    try:
        return _decoded(content)
    except BadInput as error:
        raise BadInput(f"{printable(str(path))}: {error}.") from None


def read_bytes(path: Path, most: int) -> bytes:
    """A file of at most so many bytes.

    Raises:
        BadInput: it cannot be read, is no regular file or is too large.
    """
    try:
        # Opening a pipe would wait for its writer, and a device may never end.
        if path.exists() and not path.is_file():
            reason = "this is a directory, not a file" if path.is_dir() else "this is not a regular file"
        else:
            with path.open("rb") as handle:
                content = handle.read(most + 1)
            if len(content) <= most:
                return content
            reason = f"the file is larger than {most // 2**20} MiB"
    except OSError as error:
        reason = f"the file cannot be read ({error.strerror})"
    except ValueError:  # a null character
        reason = "this is not a possible path"
    raise BadInput(f"{printable(str(path))}: {reason}.")


def _decoded(content: bytes) -> str:
    """The text of these bytes.

    Raises:
        BadInput: why they are none.
    """
    if not content.strip(_BLANK):
        raise BadInput("the file is empty")
    if content.startswith(_UTF_16):
        raise BadInput("the file is UTF-16 text, and must be saved as UTF-8")
    if b"\0" in content:
        raise BadInput(f"the file is not text ({_place(content, content.index(0))} is zero)")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"the file is not UTF-8 text ({_place(content, error.start)})") from None


def _place(content: bytes, index: int) -> str:
    line = content.count(b"\n", 0, index) + 1
    return f"byte {index + 1} on line {line}"


def printable(text: str) -> str:
    """The text itself, in quotes and escaped where it would not print on one line."""
    return text if text.isprintable() else repr(text)


def quoted(text: str) -> str:
    """The text in quotes, cut where it is long."""
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")


def brief(number: object) -> str:
    """A number as it is written, unless that is long."""
    text = str(number)
    return text if len(text) <= _QUOTED else "a long number"
