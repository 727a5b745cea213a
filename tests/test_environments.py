"""It works the same in other environments: SymPy's two ground types, without the extras, other versions and Pythons.

What must be the same is in ``same_everywhere.py``, which runs in the other environment and prints it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from commands import TOLD
from test_architecture import OPTIONAL, fits, sources
from wheels import ROOT, environment, interpreter, run, wheel

from theory.claims import LEDGER

SCRIPT = ROOT / "tests" / "same_everywhere.py"
# Claims of every kind and verdict that take a second or two together.
CHEAP = (
    "C6.direct", "C6.control", "C8.stag-hunt", "C8.lost", "C8.fold", "C9.rate", "C13.rates-when", "C15.closed-form",
    "C18.ipd", "C19.boxes",
)  # fmt: skip
EXACT = ("values", "certificates", f"claims:{','.join(CHEAP)}")


def facts(python: Path | str, cwd: Path, *parts: str, **variables: str) -> dict[str, Any]:
    """What an interpreter finds, run in a folder that is not the checkout."""
    return json.loads(run([python, SCRIPT, *parts], cwd, variables).stdout)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------------- SymPy's ground types


def under_both(cwd: Path, *parts: str) -> tuple[dict[str, Any], dict[str, Any]]:
    found = [facts(sys.executable, cwd, *parts, SYMPY_GROUND_TYPES=kind) for kind in ("flint", "python")]
    assert [one.pop("where")["ground types"] for one in found] == ["flint", "python"]
    return found[0], found[1]


@pytest.mark.thorough
def test_ground_types_change_no_value_verdict_or_certificate(tmp_path: Path) -> None:
    flint, python = under_both(tmp_path, *EXACT)
    assert flint == python
    # There was something to compare, and a certificate of one thing is not that of another.
    assert set(flint["claims"]) == set(CHEAP)
    assert {finding[0] for finding in flint["claims"].values()} >= {"PROVED", "REFUTED", "CERTIFIED"}
    assert len(set(flint["certificates"].values())) == 4
    assert "\naccepted: " in flint["certificates"]["Grim"]


@pytest.mark.thorough
def test_ground_types_change_no_finding_at_all(tmp_path: Path) -> None:
    flint, python = under_both(tmp_path, "claims:all")
    assert flint == python
    assert set(flint["claims"]) == {claim.id for claim in LEDGER if claim.check is not None}


@pytest.mark.thorough
def test_chosen_tests_pass_with_pythons_ground_types(tmp_path: Path) -> None:
    run_tests(sys.executable, tmp_path, {"SYMPY_GROUND_TYPES": "python"})


def test_without_python_flint_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    script = f"{BLOCK.format(['flint'])}\nimport theory"
    done = run([sys.executable, "-c", script], tmp_path, status=1)
    assert done.stderr.splitlines()[-1] == "ImportError: theory needs python-flint: pip install python-flint"


# ------------------------------------------------------------------------------------------------ without extras


# Modules that are there but are not found, as if they were not installed.
BLOCK = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in {} else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Without, sys.meta_path)
"""
EXTRAS = sorted({
    *OPTIONAL, "jaxlib", "dask", "nashpy", "z3", "IPython", "ipykernel", "jupyterlab", "xdist", "pytest_benchmark",
})  # fmt: skip
VERBS: list[tuple[list[str], int, str]] = [
    (["games"], 0, "stag-hunt"),
    (["derive", "stag-hunt", "--unroll", "2"], 0, "peer"),
    (["align", "stag-hunt", "--policy", "logit"], 0, "T"),
    (["certify", "stag-hunt", "--target", "Stag,Stag", "-o", "box.json"], 0, "accepted by the checker"),
    (["check", "box.json"], 0, "accepted"),
    (["simulate", "stag-hunt", "--success", "initial-cooperation:0.82", "--count", "8", "--steps", "9"], 0, "meta"),
    (
        ["verify", "--claim", "C6", "--claim", "C17.mlp-ipd-exact", "--out", "out", "--workers", "1"],
        0, "pip install 'basin-entry[neural]'",
    ),
    (
        ["simulate", "stag-hunt", "--success", "oracle", "--cluster", "tcp://127.0.0.1:1"],
        2, "pip install 'basin-entry[cluster]'",
    ),
]  # fmt: skip
SLOW_VERBS: list[tuple[list[str], int, str]] = [
    (["tables", "out"], 0, "files in out"),
    (["figures", "out"], 0, "files in out"),
    (["report", "out"], 0, "files in out"),
]
CALLS = f"""
import importlib
{TOLD}
calls, modules = map(json.loads, sys.argv[1:])
results = list(map(told, calls))
for name in modules:
    importlib.import_module(name)
print(json.dumps(results))
"""


def say(calls: list[tuple[list[str], int, str]], modules: list[str], cwd: Path) -> None:
    """Run commands without extras: each ends with its status, says its word, and shows no traceback. Then import."""
    script, words = BLOCK.format(EXTRAS) + CALLS, [words for words, _, _ in calls]
    done = run([sys.executable, "-c", script, json.dumps(words), json.dumps(modules)], cwd)
    found = json.loads(done.stdout.splitlines()[-1])
    for (words, status, expected), (code, *printed) in zip(calls, found, strict=True):
        out = "".join(printed)
        assert code == status, f"{words}: {out}"
        assert expected in " ".join(out.split()), f"{words}: {out}"
        assert "Traceback" not in out
        assert out.count("pip install") <= 1


@pytest.mark.thorough
def test_every_verb_works_and_every_other_module_is_imported_without_any_extra(tmp_path: Path) -> None:
    homes = [home for homes, _ in OPTIONAL.values() for home in homes.split()]
    plain = [name for name in sources() if not any(fits(name, home) for home in homes)]
    # What needs nothing when it is imported may say so when it is used.
    plain += ["numerics.neural", "numerics.parallel_env", "numerics.cluster"]
    assert {"numerics.paper_figures", "numerics.evidence.c17_neural", "theory.claims"} <= set(plain)
    say(VERBS, plain, tmp_path)


@pytest.mark.thorough
def test_tables_figures_and_report_work_without_any_extra(tmp_path: Path) -> None:
    say([*VERBS, *SLOW_VERBS], [], tmp_path)


def test_a_missing_core_library_would_be_noticed(tmp_path: Path) -> None:
    script = f"{BLOCK.format([*EXTRAS, 'rich'])}\nimport numerics.cli"
    assert "No module named 'rich'" in run([sys.executable, "-c", script], tmp_path, status=1).stderr


def test_without_hypothesis_pytest_says_what_to_install(tmp_path: Path) -> None:
    script = f"{BLOCK.format(['hypothesis'])}\nimport pytest\nsys.exit(pytest.main(['--game', 'stag-hunt']))"
    # Hypothesis' own plugin must not be asked for either.
    done = run([sys.executable, "-c", script], tmp_path, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, status=4)
    assert "unrecognized arguments: --game" in done.stderr  # no plugin, no option
    script = script.replace("'stag-hunt'", "'stag-hunt', '-p', 'numerics.pytest_plugin'")
    done = run([sys.executable, "-c", script], tmp_path, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, status=4)
    assert "pip install 'basin-entry[test]'" in done.stderr and "Traceback" not in done.stderr


LOADED = """
import sys
{}
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


@pytest.mark.parametrize(
    ("imports", "also_absent"),
    [
        ("import theory", {"numpy", "scipy", "numba", "matplotlib", "numerics"}),
        ("import numerics; numerics.__all__", {"numpy", "scipy", "numba", "matplotlib", "theory", "sympy"}),
    ],
)
def test_imports_load_no_extra(imports: str, also_absent: set[str], tmp_path: Path) -> None:
    loaded = set(run([sys.executable, "-c", LOADED.format(imports)], tmp_path).stdout.split())
    assert "re" in loaded
    assert not loaded & ({*EXTRAS} | also_absent)


# ------------------------------------------------------------------------------------- other versions and Pythons


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Tests that need no extra but what runs them and take a minute together: hand-computed values, and exact against
# floating-point fields.
TESTS = (
    "by_hand/test_by_hand_games.py", "by_hand/test_by_hand_values.py", "numerics/test_compile.py",
    "numerics/test_dynamics.py", "numerics/test_starts.py", "theory/test_values.py", "theory/test_exact.py",
    "theory/test_alignment.py", "theory/test_separatrix.py",
)  # fmt: skip


def run_tests(python: Path | str, folder: Path, variables: dict[str, str]) -> str:
    """Run the chosen tests on what is installed, from a copy that has no packages beside it."""
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    chosen = [f"tests/{name}" for name in TESTS]
    # the project's options, but for those of a plugin that only the benchmarks need
    words = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=-m 'not thorough'", *chosen]
    done = run(words, folder, {"OPENBLAS_NUM_THREADS": "1", **variables})
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 100  # type: ignore[index]
    return done.stdout


def oldest(requirement: str) -> str:
    """The series of the lowest version that a requirement allows: ``numpy>=2.0`` asks for ``numpy==2.0.*``."""
    name, version = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()  # type: ignore[union-attr]
    return f"{name}=={version}.*"


def test_every_dependency_has_a_lowest_version() -> None:
    assert len({oldest(requirement) for requirement in PROJECT["dependencies"]}) == len(PROJECT["dependencies"])
    assert oldest("latex2mathml>=3.78") == "latex2mathml==3.78.*"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("minor", "versions"),
    [(11, "constrained"), (11, "oldest"), (11, "newest"), (12, "newest"), (13, "newest"), (14, "newest")],
)
def test_other_versions_and_pythons_find_the_same(minor: int, versions: str, tmp_path: Path) -> None:
    python = interpreter(minor)
    asked: list[object] = [wheel(tmp_path), "pytest", "hypothesis"]
    if versions == "oldest":
        asked += map(oldest, PROJECT["dependencies"])
    elif versions == "constrained":
        asked += ["-c", ROOT / "constraints.txt"]
    inside = environment(tmp_path / "env", python, *asked)
    parts = (*EXACT, "numbers")
    theirs, ours = facts(inside, tmp_path, *parts), facts(sys.executable, tmp_path, *parts)
    where = theirs.pop("where")
    print(json.dumps(where))
    assert ours.pop("where") != where and str(tmp_path) in where["theory"]
    assert near(ours.pop("numbers")) == theirs.pop("numbers")
    assert theirs == ours
    run_tests(inside, tmp_path, {})


def near(content: Any) -> Any:
    """The same content, floating-point numbers to twelve digits: other compilers round otherwise."""
    if isinstance(content, dict):
        return {key: near(value) for key, value in content.items()}
    if isinstance(content, list):
        return [near(value) for value in content]
    return pytest.approx(content, rel=1e-12) if isinstance(content, float) else content


def test_near_is_near() -> None:
    assert near({"a": [1.0, 2]}) == {"a": [1.0 + 1e-14, 2]}
    assert near({"a": [1.0, 2]}) != {"a": [1.0 + 1e-9, 2]}
    assert near({"a": [1.0, 2]}) != {"a": [1.0, 3]}
