"""The layout's rules, enforced: what may import what, where floats and lambdify may stand, no cycles, no ``simplify``.

Everything is read from the sources, and once from a fresh interpreter. Every rule has a control: a made-up source that
breaks it must be found.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NUMERICAL = {"numpy", "numba", "scipy", "matplotlib", "jax", "joblib", "numerics"}
# Public Hypothesis strategies: they need the test extra, and Hypothesis may load NumPy by itself.
NEEDS_TEST_EXTRA = "theory.strategies"


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@lru_cache
def sources() -> dict[str, ast.Module]:
    """Every module of the two packages, parsed."""
    paths = [path for package in ("theory", "numerics") for path in sorted((ROOT / package).rglob("*.py"))]
    return {name_of(path): ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in paths}


def is_package(name: str) -> bool:
    return (ROOT / Path(*name.split(".")) / "__init__.py").is_file()


def imported(name: str, tree: ast.AST, modules: Mapping[str, object], package: bool) -> Iterator[tuple[str, int]]:
    """(module, line) of every import statement, inside functions too; ``from m import x`` is m.x where that exists."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = name.split(".")[: len(name.split(".")) - node.level + int(package)]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield (full if full in modules else base), node.lineno


def imports_of(name: str) -> set[str]:
    return {module for module, _ in imported(name, sources()[name], sources(), is_package(name))}


def names_used(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(identifier, line) of every name that is read, attribute, imported or imported under another name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.name.rpartition(".")[2], node.lineno


def inexact_literals(tree: ast.AST) -> list[tuple[object, int]]:
    return [
        (node.value, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
    ]


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """A closed walk for every back edge of a depth-first search; empty exactly when the graph has no cycle."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> None:
        if node in path:
            found.append([*path[path.index(node) :], node])
            return
        if node in done:
            return
        for following in sorted(graph.get(node, set())):
            visit(following, [*path, node])
        done.add(node)

    for node in sorted(graph):
        visit(node, [])
    return found


def import_graph() -> dict[str, set[str]]:
    return {name: {module for module in imports_of(name) if module in sources()} for name in sources()}


THEORY = sorted(name for name in sources() if name.split(".")[0] == "theory")


def test_both_packages_are_seen():
    assert {"theory", "theory.exact", "theory.claims.model", "numerics", "numerics.compile"} <= set(sources())
    assert len(THEORY) > 20


# -------------------------------------------------------------------------------------- theory stands alone


@pytest.mark.parametrize("name", THEORY)
def test_theory_imports_nothing_numerical(name):
    wrong = {module for module in imports_of(name) if module.split(".")[0] in NUMERICAL}
    assert not wrong


@pytest.mark.parametrize("name", THEORY)
def test_theory_has_no_import_hidden_in_a_string(name):
    hidden = {"__import__", "import_module", "exec", "eval"}
    calls = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(sources()[name])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    assert not calls & hidden


def loaded_by(modules: list[str], flag: str = "") -> set[str]:
    """Top-level names in ``sys.modules`` of a fresh interpreter after these imports."""
    script = "\n".join(
        ["import sys", *(f"import {name}" for name in modules), 'print(*{m.split(".")[0] for m in sys.modules})']
    )
    command = [sys.executable, *([flag] if flag else []), "-c", script]
    return set(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.split())


def test_importing_all_of_theory_loads_nothing_numerical():
    loaded = loaded_by([name for name in THEORY if not name.startswith(NEEDS_TEST_EXTRA)])
    assert {"theory", "sympy", "flint"} <= loaded
    assert not loaded & (NUMERICAL | {"hypothesis", "pytest"})


def test_importing_numerics_would_be_seen():
    assert "numpy" in loaded_by(["numerics.compile"])


# ------------------------------------------------------------------------------------------------ no cycles


def test_no_module_imports_itself_in_a_circle():
    assert cycles(import_graph()) == []


def test_the_packages_surface_is_imported_by_nobody_below_it():
    # `from theory import align` inside the package would depend on the order of the imports in its __init__.
    for package in ("theory", "numerics"):
        users = [name for name in sources() if name.split(".")[0] == package and package in imports_of(name)]
        assert not users


# ------------------------------------------------------------------------------- one lambdify, no simplify, no floats


def test_lambdify_is_used_in_the_compiler_only():
    users = {name for name, tree in sources().items() if "lambdify" in dict(names_used(tree))}
    assert users == {"numerics.compile"}
    calls = [
        node
        for node in ast.walk(sources()["numerics.compile"])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "lambdify"
    ]
    assert len(calls) == 1


FORBIDDEN = {"simplify", "nsimplify"}


@pytest.mark.parametrize("name", sorted(sources()))
def test_simplify_and_nsimplify_are_never_used(name):
    assert not {(used, line) for used, line in names_used(sources()[name]) if used in FORBIDDEN}


@pytest.mark.parametrize("name", THEORY)
def test_theory_holds_no_float_literal(name):
    assert inexact_literals(sources()[name]) == []


@pytest.mark.parametrize("name", THEORY)
def test_theory_makes_no_float(name):
    # `float` may be named (annotations, isinstance), but neither called nor reached through evalf or N.
    makers = {"float", "Float", "evalf", "RealNumber"}
    wrong = []
    for node in ast.walk(sources()[name]):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called in makers:
                wrong.append((called, node.lineno))
    assert not wrong


# ------------------------------------------------------------------------------------------------ controls


def test_controls_find_what_they_look_for():
    source = ast.parse(
        '''"""A docstring may say 0.5, simplify and import numpy."""
import numpy as np
def f():
    from numerics import dynamics
    from . import exact
    import theory.values as v
    x = 0.5
    y = 2j
    z = sympy.nsimplify(x)
    from sympy import simplify as tidy, lambdify
    return tidy(y)
'''
    )
    known = {"numerics.dynamics": 0, "theory.exact": 0, "theory.values": 0, "theory": 0}
    found = {module for module, _ in imported("theory.fake", source, known, package=False)}
    assert {"numpy", "numerics.dynamics", "theory.exact", "theory.values", "sympy"} == found
    assert [value for value, _ in inexact_literals(source)] == [0.5, 2j]
    used = {name for name, _ in names_used(source)}
    assert {"nsimplify", "simplify", "lambdify"} <= used
    assert "exact" in {m.rpartition(".")[2] for m, _ in imported("theory", source, known, package=True)}


@pytest.mark.parametrize(
    ("graph", "circular"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, False),
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, False),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}}, True),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, True),
        ({"a": {"a"}}, True),
    ],
)
def test_cycles_are_found_exactly_when_there_are_some(graph, circular):
    assert bool(cycles(graph)) == circular


def test_a_circle_through_a_function_would_be_found(monkeypatch):
    graph = import_graph()
    graph["theory.exact"] = graph["theory.exact"] | {"theory.alignment"}
    assert cycles(graph)
