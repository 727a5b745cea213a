r"""Numbers for running text: every verdict and every number of the evidence as LaTeX macros, read from the ledger.

``\verdict{C5.local}`` prints a verdict, ``\bevalue{C5.local:share.0}`` a number: the claim, a colon, and the way to the
number in the evidence's content, step by step. A second piece of evidence has the key ``C5.flux-2:…``, like its file.
An entry of a list goes by what tells it from the others (its method, its profile …), else by its place from 1; lists
that are long enough for a table are left to tables. What is ``[low, high]`` also has ``….low`` and ``….high``. Rounded
numbers have four digits; exact and short ones stand as they are. A key that there is not is an error of LaTeX.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from numerics.evidence_rows import Evidence
from theory.errors import BadInput

LONGEST = 16  # entries of a list
SHORT = 4  # letters of a number that is not rounded
_EXACT = re.compile(r"-?\d+(/\d+|\.\d+)?")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9.:/,*+-]+")

_HEAD = r"""% For the preamble: \verdict{C5.local} prints a verdict, \bevalue{KEY} a number. All keys are listed here.
\makeatletter
\DeclareRobustCommand*\verdict[1]{\be@print{verdict}{#1}}
\DeclareRobustCommand*\bevalue[1]{\be@print{value}{#1}}
\newcommand*\be@print[2]{\ifcsname be@#1@#2\endcsname\csname be@#1@#2\endcsname
  \else\PackageError{basin-entry}{There is no #1 with the key '#2'}{All keys are listed in macros.tex.}\textbf{??}\fi}
\newcommand*\be@set[3]{\expandafter\gdef\csname be@#1@#2\endcsname{#3}}
"""


def macros(claims: Sequence[dict[str, Any]], evidence: Evidence) -> str:
    """The file ``macros.tex``.

    Args:
        claims: the ledger's entries.
        evidence: (claim id, content), in the ledger's order.

    Raises:
        BadInput: two numbers get the same key.
    """
    lines = [f"\\be@set{{verdict}}{{{claim['id']}}}{{{claim['verdict']}}}" for claim in claims]
    lines += [f"\\be@set{{value}}{{{key}}}{{{value}}}" for key, value in values(claims, evidence).items()]
    return _HEAD + "\n".join(lines) + "\n\\makeatother\n"


def values(claims: Sequence[dict[str, Any]], evidence: Evidence) -> dict[str, str]:
    """LaTeX of every number, by key; ``claims:PROVED`` and so on count the ledger's verdicts.

    Raises:
        BadInput: two numbers get the same key.
    """
    counts = Counter(claim["verdict"] for claim in claims)
    found = {"claims:all": str(len(claims))} | {f"claims:{verdict}": str(n) for verdict, n in sorted(counts.items())}
    pieces: Counter[str] = Counter()
    for claim, content in evidence:
        pieces[claim] += 1
        if "format" in content:  # a certificate: its numbers are its proof
            continue
        piece = claim if pieces[claim] == 1 else f"{claim}-{pieces[claim]}"
        for steps, value in _numbers(content):
            key = f"{piece}:{'.'.join(steps)}"
            if key in found:
                raise BadInput(f"macros: two numbers of the evidence have the key {key!r}.")
            found[key] = value
    return found


def _numbers(content: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """(steps to it, LaTeX) of every number in a content."""
    if isinstance(content, dict):
        for name, entry in content.items():
            if name == "schema_version" or "(" in name:  # a version, or an expression that is no name
                continue
            for steps, value in _numbers(entry):
                yield (_step(name), *steps), value
    elif isinstance(content, list) and len(content) <= LONGEST:
        yield from _entries(content)
    elif isinstance(content, str):
        if _EXACT.fullmatch(content):
            yield (), _math(content)
    elif _is_number(content):
        yield (), _rounded(content)


def _entries(content: list[Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    if all(isinstance(entry, dict) for entry in content):
        for name, entry in zip(_labels(content), content, strict=True):
            for steps, value in _numbers(entry):
                yield (name, *steps), value
    elif len(content) == 2 and all(map(_is_number, content)):
        low, high = map(_rounded, content)
        yield (), f"[{low}, {high}]"
        yield ("low",), low
        yield ("high",), high
    else:
        for place, entry in enumerate(content, start=1):
            for steps, value in _numbers(entry):
                yield (str(place), *steps), value


def _is_number(content: Any) -> bool:
    return isinstance(content, int | float) and not isinstance(content, bool)


def _rounded(number: float) -> str:
    if isinstance(number, int):
        return _math(str(number))
    if len(repr(number)) <= SHORT:
        return _math(f"{number:g}")
    return _math(f"{number:.4f}" if 1e-3 <= abs(number) < 1 else f"{number:.4g}")


def _labels(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What tells the rows of a list apart: a pair of methods, the first field with a name for each, or the place."""
    if all({"a", "b"} <= set(row) for row in rows):
        return [f"{_step(row['a'])}-{_step(row['b'])}" for row in rows]
    for field in rows[0] if rows else ():
        names = [row.get(field) for row in rows]
        if all(isinstance(name, str) and len(name) <= 24 and not _EXACT.fullmatch(name) for name in names):
            steps = [_step(str(name)) for name in names]
            if len(set(steps)) == len(rows):
                return steps
    return [str(place) for place in range(1, len(rows) + 1)]


def _step(name: str) -> str:
    """A name as part of a key: letters, digits and a few signs, the rest as hyphens."""
    return _FORBIDDEN.sub("-", name).strip("-")


def _math(number: str) -> str:
    """A number as LaTeX, in text or in mathematics: minus signs and powers of ten."""
    digits, _, power = number.partition("e")
    written = f"{digits}\\cdot 10^{{{int(power)}}}" if power else digits
    return f"\\ensuremath{{{written}}}" if "-" in number or power else written
