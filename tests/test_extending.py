"""Adding a game, a learning rule or a claim takes one file and one line, as the README says, with the README's text.

Done for real: on a copy of the two packages, in an interpreter that imports the copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from commands import TOLD

from theory.claims import LEDGER
from theory.errors import BadInput
from theory.games.files import resolve_game
from theory.updates import REGISTRY as RULES

ROOT = Path(__file__).resolve().parent.parent
SECTION = (ROOT / "README.md").read_text().split("## Adding a game")[1].split("\n## ")[0]
SCRIPT = f"""
import theory, numerics
{TOLD}
print(json.dumps([theory.__file__, numerics.__file__, *map(told, json.loads(sys.argv[1]))]))
"""


def written(module: str) -> str:
    """The text that the README gives for a file."""
    found = re.findall(rf"Write `{re.escape(module)}`.*?```python\n(.*?)\n *```", SECTION, re.S)
    assert len(found) == 1, module
    return textwrap.dedent(str(found[0])) + "\n"


def add(folder: Path, module: str, opening: str) -> None:
    """Write a file of the README, and the README's import and line for it into the package's list."""
    (folder / module).write_text(written(module))
    listed = Path(module).with_name("__init__.py")
    steps = re.findall(rf"In `{listed}`: `([^`]*)`, and `([^`]*)`\s+in", SECTION)
    assert len(steps) == 1, module
    text, first = (folder / listed).read_text(), "from __future__ import annotations\n"
    assert text.count(opening) == text.count(first) == 1
    text = text.replace(first, f"{first}\n{steps[0][0]}\n").replace(opening, f"{opening}{steps[0][1]}\n")
    (folder / listed).write_text(text)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with all three added."""
    folder = tmp_path_factory.mktemp("checkout")
    for package in ("theory", "numerics"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    add(folder, "theory/games/deadlock.py", "REGISTRY: dict[str, Callable[..., AnyGame]] = {\n")
    add(folder, "theory/updates/extragradient.py", "    for rule in (\n")
    add(folder, "theory/claims/c20_matching_pennies.py", "    sorted(\n        (\n")
    for profile in ("quick", "paper"):
        path = folder / "numerics" / "expectations" / f"{profile}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"C20": "PROVED"}))
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


@pytest.mark.thorough
def test_the_new_rule_is_derived_compiled_and_run(checkout: Path) -> None:
    """By hand: in matching pennies v = (4q − 2, 2 − 4p), so that the rule keeps the zero and turns toward it."""
    options = "--policy direct --init uniform:0.4:0.6 --count 20 --steps 400 --lr 0.05 --inner-lr 0.5"
    success = "--success mean-value:-0.01"  # at the zero both values are 0
    calls = [
        "derive stag-hunt --rule extragradient",
        f"simulate matching-pennies --method pg --method extragradient {success} {options} --json",
    ]
    derived, simulated = run(checkout, *(call.split() for call in calls))
    assert derived[0] == 0 and "own curvature" in derived[1] and "look-ahead" in derived[1]
    assert simulated[0] == 0, simulated[2]
    shares = {row["method"]: row["fraction"] for row in json.loads(simulated[1])["results"]}
    assert shares["extragradient"] == 1.0 and shares["pg"] < 0.5


def test_the_new_claim_gets_its_verdict(checkout: Path) -> None:
    """By hand: C₁ = ∂₁∂₂V² ∂₂V¹ = −4(4p − 2) = −16(p − 1/2), and the same for player 2."""
    ((code, out, err),) = run(checkout, ["verify", "--claim", "C20", "--out", "found"])
    assert code == 0, err
    (claim,) = (c for c in json.loads((checkout / "found" / "verdicts.json").read_text())["claims"] if c["id"] == "C20")
    assert claim["verdict"] == "PROVED" and claim["evidence"][0]["summary"].startswith(
        "correction = alpha times -16, -16"
    )
    assert "C20" in out


def test_none_of_them_is_known_without_its_line() -> None:
    with pytest.raises(BadInput, match="neither a known game"):
        resolve_game("deadlock", {})
    assert "extragradient" not in RULES
    assert "C20" not in {claim.id for claim in LEDGER}
