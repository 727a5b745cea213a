"""Adding a game takes one file and one line (with its import), and then every verb of the command line knows it.

Done for real: on a copy of the two packages, in an interpreter that imports the copy.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from theory.errors import BadInput
from theory.games.files import resolve_game

ROOT = Path(__file__).resolve().parent.parent
FILE = '''\
"""Deadlock: both players prefer D whatever the other does, and both like it so. The class is T > P > R > S."""

from __future__ import annotations

from theory.games.model import Game
from theory.games.symmetric import symmetric_game
from theory.symbols import P, R, S, T


def deadlock(**parameters: object) -> Game:
    """Deadlock with parameters R, S, T, P (1, 0, 4, 2 unless given)."""
    game = symmetric_game("deadlock", ("C", "D"), (1, 0, 4, 2), (T - P, P - R, R - S), "D")
    return game.with_parameters(parameters)
'''
IMPORT = "from theory.games.deadlock import deadlock\n"
LINE = '    "deadlock": deadlock,\n'
SCRIPT = """
import contextlib, io, json, sys
import theory, numerics
from numerics.cli import main

results = [theory.__file__, numerics.__file__]
for arguments in json.loads(sys.argv[1]):
    out, err, code = io.StringIO(), io.StringIO(), 0
    sys.argv = ["basin-entry", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    results.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with the game added."""
    folder = tmp_path_factory.mktemp("checkout")
    for package in ("theory", "numerics"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    games = folder / "theory" / "games"
    (games / "deadlock.py").write_text(FILE)
    registry = (games / "__init__.py").read_text()
    first_import, opening = (
        "from theory.games.differentiable import",
        "REGISTRY: dict[str, Callable[..., AnyGame]] = {\n",
    )
    assert registry.count(first_import) == registry.count(opening) == 1
    registry = registry.replace(first_import, IMPORT + first_import).replace(opening, opening + LINE)
    (games / "__init__.py").write_text(registry)
    return folder


def run(checkout: Path, *calls: list[str]) -> list[tuple[int, str, str]]:
    """Exit status, output and errors of some calls of the command line in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "COLUMNS": "200"}
    command = [sys.executable, "-c", SCRIPT, json.dumps(calls)]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    theory_file, numerics_file, *results = json.loads(done.stdout)
    assert Path(theory_file).parent == checkout / "theory"
    assert Path(numerics_file).parent == checkout / "numerics"
    return [(code, out, err) for code, out, err in results]


def test_every_verb_knows_the_new_game(checkout: Path) -> None:
    simulate = "simulate deadlock --success initial-cooperation:0.9 --policy direct --init grid:3:0.1:0.9 --steps 50"
    calls = [
        "games",
        "derive deadlock",
        "derive deadlock --policy logit --unroll 2 --format json",
        "derive deadlock --rule pg --format latex --set T=5",
        "align deadlock --format json",
        f"{simulate} --json",
        "derive deadlock --set T=2",
        "align deadlock --target D,C",
        "derive dead-lock",
    ]
    results = run(checkout, *(call.split() for call in calls))
    assert [code for code, _, _ in results] == [0, 0, 0, 0, 0, 0, 2, 0, 2]
    games, derived, long, as_latex, aligned, simulated, outside, other, unknown = results
    assert "deadlock" in games[1] and "R = 1, S = 0, T = 4, P = 2" in games[1] and "stag-hunt" in games[1]
    assert derived[1].startswith("deadlock: ") and "values at" in derived[1]
    assert json.loads(long[1])["game"] == "deadlock" and json.loads(long[1])["unroll"] == 2
    assert as_latex[1].startswith("\\paragraph{deadlock")
    check_alignment(json.loads(aligned[1]))
    found = json.loads(simulated[1])
    assert found["game"] == {"name": "deadlock", "parameters": {"R": "1", "S": "0", "T": "4", "P": "2"}}
    assert [(row["method"], row["fraction"], row["ends"]) for row in found["results"]] == [
        ("pg", 1.0, {"DD": 9}),
        ("meta", 1.0, {"DD": 9}),
    ]
    assert outside[2].startswith("basin-entry: game 'deadlock'") and "this class of games" in outside[2]
    assert "target D,C" in other[1]
    assert "neither a known game (deadlock, stag-hunt" in unknown[2]


def check_alignment(found: dict[str, Any]) -> None:
    """By hand: C₁ = D[(T − P) + Dp] with D = R − S − T + P of either sign in the class."""
    assert found["game"] == "deadlock" and found["target"] == ["D", "D"]
    assert len(found["assumed_positive"]) == 3
    # At these payoffs D = −1 and C₁ = −(2 − p) < 0 on the whole square: towards D.
    assert found["holds"] is True


def test_the_game_is_not_known_without_its_line() -> None:
    with pytest.raises(BadInput, match="neither a known game"):
        resolve_game("deadlock", {})
