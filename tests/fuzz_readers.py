"""Coverage-guided fuzzing of the readers: ``python tests/fuzz_readers.py -max_total_time=60 [CORPUS]`` needs atheris.

The first byte of an input chooses the reader, the rest is the file. A reader must give what it reads, or one sentence.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["theory.games", "theory.regions.check", "tomllib"]):
    from theory.errors import BadInput
    from theory.games.files import load_game
    from theory.regions.check import check_file

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-readers-"))


def one_input(data: bytes) -> None:
    """Read one file."""
    kind = ("toml", "nfg", "json")[data[0] % 3] if data else "toml"
    path = FOLDER / f"file.{kind}"
    path.write_bytes(data[1:])
    if kind == "json":
        report = check_file(path)
        assert report.outcome in ("accepted", "rejected", "unreadable") and "unforeseen" not in report.reason, report
        return
    try:
        load_game(path)
    except BadInput as refusal:
        message = str(refusal)
        assert message.startswith(f"{path}: ") and message.endswith(".") and message.isprintable(), message


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
