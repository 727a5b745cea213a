"""A TOML document as entries that know their place, so that every refusal names file, key and reason.

Numbers are integers, decimals (taken at their written digits) and strings such as ``"24/25"``; all are read exactly.
Indices in a key count from 0, as in ``payoffs.row[1][0]``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from sympy import Rational

from theory import exact
from theory.errors import BadInput
from theory.games.reading import printable, quoted, read_text

# tomllib's cost grows with the square of the number of parts of a dotted key; a game file needs two.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""", re.ASCII)
_LISTED = 8
# What tomllib says of a key or a table that stands there already, in words for people.
_CLEARER = {
    "Cannot overwrite a value": "this key has a value already",
    "Cannot mutate immutable namespace": "a key stands twice in a table, or is added to one that is closed",
    "Cannot declare": "this table stands there already",
}


def document_of(path: Path) -> Entry:
    """The whole of a TOML file.

    Raises:
        BadInput: the file cannot be read or is not TOML.
    """
    text, shown_path = read_text(path), printable(str(path))
    if long_key := _LONG_KEY.search(text):
        line = text.count("\n", 0, long_key.start()) + 1
        raise BadInput(f"{shown_path}: a key on line {line} has more than 20 parts.")
    try:
        return Entry(path, "", tomllib.loads(text, parse_float=_Decimal))
    except tomllib.TOMLDecodeError as error:
        # tomllib quotes keys of any length, and names no line for a mistake at the very end.
        reason, _, place = str(error).rpartition(" (")
        place = place.replace("at end of document", f"at line {text.count(chr(10)) + 1}, the end")
        reason = next((clear for start, clear in _CLEARER.items() if reason.startswith(start)), reason[:100])
        raise BadInput(f"{shown_path}: not valid TOML: {reason} ({place}.") from None
    except RecursionError:
        raise BadInput(f"{shown_path}: arrays or tables are nested too deeply.") from None
    except ValueError:  # what int() raises beyond its own limit of digits
        raise BadInput(f"{shown_path}: a number has more than {exact.LONGEST_NUMBER} characters.") from None


@dataclass(frozen=True)
class _Decimal:
    """A TOML float as it is written."""

    text: str


def number(value: object, place: str) -> Rational:
    """An exact rational from what TOML gives.

    Raises:
        BadInput: the value is not a finite number, or is unreasonably long.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | _Decimal):
        raise BadInput(f"{place}: expected a number, not {_shown(value)}.")
    return exact.rational(value.text.replace("_", "") if isinstance(value, _Decimal) else value, place)


def _shown(value: object) -> str:
    """A value as messages show it: short, on one line, whatever it holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "a long integer"
    if isinstance(value, _Decimal):
        return value.text if len(value.text) <= 40 else "a long decimal"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "a table"
    return "a date or time" if isinstance(value, date | time) else f"a {type(value).__name__}"


def _listed(names: Sequence[str], word: str) -> str:
    shown = [*names[:_LISTED], "…"] if len(names) > _LISTED else names
    return word.join(shown)


@dataclass(frozen=True)
class Entry:
    """A value with its place in the file.

    Attributes:
        file: the file's path, or what stands in for one in messages.
        key: where the value stands in it; empty for the whole document.
        value: what TOML gives; ``None`` where nothing stands.
    """

    file: Path | str
    key: str
    value: object

    @property
    def shown(self) -> str:
        """The value as messages show it."""
        return _shown(self.value)

    def refusal(self, reason: str) -> BadInput:
        """The error that says why this entry cannot be used."""
        return BadInput(f"{printable(str(self.file))}: {self.key}: {reason}.")

    def has(self, key: str) -> bool:
        """Whether this is a table with that key."""
        return isinstance(self.value, dict) and key in self.value

    def child(self, key: str) -> Entry:
        """The entry under a key of this table; its value is ``None`` if there is none."""
        shown = key if re.fullmatch(r"[\w-]{1,40}", key) else quoted(key)
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Entry(self.file, f"{self.key}.{shown}" if self.key else shown, value)

    def table(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Entry]:
        """The entries of this table, which may have no other keys."""
        entries = self.members(f"with {_listed(required, ' and ')}")
        for key, entry in entries.items():
            if key not in (*required, *optional):
                raise entry.refusal(f"unknown key (known are {_listed((*required, *optional), ', ')})")
        for key in required:
            if key not in entries:
                raise self.child(key).refusal("this key is missing")
        return entries

    def members(self, what: str) -> dict[str, Entry]:
        """The entries of this table, whatever its keys; ``what`` says which were expected."""
        if not isinstance(self.value, dict):
            raise self.refusal(f"expected a table {what}, not {self.shown}")
        return {key: self.child(key) for key in self.value}

    def items(self) -> list[Entry]:
        """The entries of this array."""
        if not isinstance(self.value, list):
            raise self.refusal(f"expected an array, not {self.shown}")
        return [Entry(self.file, f"{self.key}[{index}]", value) for index, value in enumerate(self.value)]

    def name(self, pattern: re.Pattern[str], rule: str) -> str:
        """This string, which must match a pattern that the rule says in words."""
        if not isinstance(self.value, str):
            raise self.refusal(f"expected a string, not {self.shown}")
        if not pattern.fullmatch(self.value):
            raise self.refusal(f"{self.shown} is not a name made of {rule}")
        return self.value

    def number(self) -> Rational:
        """This number, exactly."""
        return number(self.value, f"{printable(str(self.file))}: {self.key}")

    def integer(self, low: int, high: int) -> int:
        """This integer, which must lie between the bounds."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not low <= self.value <= high:
            raise self.refusal(f"expected an integer from {low} to {high}, not {self.shown}")
        return self.value
