"""The public interface: listed once per package, documented, found by ``help``, and all that the README's examples use.

``theory.__all__`` and ``numerics.__all__`` are the list, and the README's sentence names the modules beside them.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import pydoc
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import reduce
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

import numerics
import theory
from numerics import neural
from theory.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = ("theory", "theory.games", "theory.strategies", "numerics", "numerics.strategies")
NETWORKS = "numerics.neural"  # public with all that is in it; needs JAX
# The text for those who extend the project: what they write lies inside the packages.
INSIDE = README.split("## Adding a game")[1].split("\n## ")[0]


def names(module: ModuleType) -> list[str]:
    """A module's public names: its list, or what it defines."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


LISTED = [(module, name) for module in MODULES for name in names(importlib.import_module(module))]


def raised(function: Callable[..., object]) -> set[str]:
    """Names of the project's exceptions that a function's own body raises."""
    source = Path(sys.modules[function.__module__].__file__ or "").read_text(encoding="utf-8")
    bodies = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__
    ]
    calls = [node.exc for body in bodies for node in ast.walk(body) if isinstance(node, ast.Raise)]
    made = {call.func.id for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    return made & {"BadInput", "Undecided"}


def lacking(value: object) -> list[str]:
    """What a public object's docstring does not say."""
    words = inspect.getdoc(value) or ""
    if not words:
        return ["a docstring"]
    missing = []
    if inspect.isclass(value) and dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value) if not field.name.startswith("_")]
        missing += [f"field {field}" for field in fields if not re.search(rf"\b{field}\b", words)]
    if inspect.isfunction(value):
        if "NDArray" in str(inspect.signature(value)) and "shape" not in words:
            missing.append("shapes of arrays")
        missing += [f"when it raises {error}" for error in raised(value) if f"{error}:" not in words]
    return missing


@pytest.mark.parametrize(("module", "name"), LISTED)
def test_every_public_name_is_there_and_documented(module, name):
    value = getattr(importlib.import_module(module), name)
    assert not name.startswith("_")
    if callable(value) or isinstance(value, ModuleType):
        home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
        if home.partition(".")[0] in ("theory", "numerics"):
            assert lacking(value) == []
        else:  # a name for a type: documented where it is defined
            assert home in ("types", "typing"), f"{module}.{name} is from {home}"


def test_what_is_not_documented_would_be_found():
    @dataclasses.dataclass
    class Point:
        """A point.

        Attributes:
            here: where.
        """

        here: int
        there: int

    def refusing(values: NDArray[np.float64]) -> None:
        """Refuses."""
        raise BadInput("no")

    assert lacking(Point) == ["field there"]
    assert lacking(refusing) == ["shapes of arrays", "when it raises BadInput"]
    assert lacking(lambda: None) == ["a docstring"]
    assert lacking(theory.align) == []


@pytest.mark.parametrize("package", [theory, numerics])
def test_help_lists_the_names(package):
    shown = pydoc.plain(pydoc.render_doc(package))
    for name in package.__all__:
        assert re.search(rf"\b{name}\b", shown), name
    assert set(package.__all__) <= set(dir(package))


def test_nothing_but_the_list_is_shown_by_the_lazy_package():
    assert dir(numerics) == sorted(numerics.__all__)
    with pytest.raises(AttributeError, match="module 'numerics' has no attribute 'simulated'"):
        numerics.simulated  # type: ignore[attr-defined] # noqa: B018


def test_what_type_checkers_see_is_what_is_imported():
    tree = ast.parse(Path(numerics.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("numerics.")
        for alias in node.names
        if alias.asname == alias.name
    }
    assert seen == {name: f"numerics.{home}" for name, home in numerics._HOMES.items()}


# ------------------------------------------------------------------------------------------- what examples use


def used(source: str) -> Iterator[str]:
    """Dotted names of the two packages that a source imports or reads as attributes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            parts, base = [node.attr], node.value
            while isinstance(base, ast.Attribute):
                parts, base = [base.attr, *parts], base.value
            if isinstance(base, ast.Name):
                yield ".".join([base.id, *parts])


def of_the_project(source: str) -> set[str]:
    return {name for name in used(source) if name.partition(".")[0] in ("theory", "numerics")}


def is_public(name: str) -> bool:
    """Whether a dotted name is a public module, one of its names, or something in the package for networks."""
    module, _, last = name.rpartition(".")
    if name in MODULES or name.startswith(f"{NETWORKS}."):
        return True
    return module in MODULES and last in names(importlib.import_module(module))


def resolved(name: str) -> object:
    """What a dotted name means: a module, or what is reached from the longest part of it that is one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        with suppress(ModuleNotFoundError):
            return reduce(getattr, parts[end:], importlib.import_module(".".join(parts[:end])))
    raise AttributeError(name)


def readme_examples() -> list[str]:
    return [body for body in re.findall(r"^```python\n(.*?)^```", README, re.S | re.M) if body not in INSIDE]


def notebook_sources() -> list[str]:
    found = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return found


def test_the_readmes_examples_use_public_names_only():
    examples = readme_examples()
    assert len(examples) >= 3
    mentioned = set().union(*map(of_the_project, examples))
    assert {"theory.align", "numerics.simulate", "theory.games.stag_hunt"} <= mentioned
    assert sorted(name for name in mentioned if not is_public(name)) == []


def test_the_notebooks_use_names_that_are_there_and_not_private():
    mentioned = set().union(*map(of_the_project, notebook_sources()))
    assert len(mentioned) > 50
    assert sorted(name for name in mentioned if any(part.startswith("_") for part in name.split("."))) == []
    for name in mentioned:
        if neural.available() or not name.startswith(NETWORKS):
            resolved(name)


def test_a_private_or_unlisted_name_would_be_found():
    source = "import theory\nfrom theory.exact import is_zero\ntheory.align(1)\ntheory.games.stag_hunt\ntheory.games._x"
    assert of_the_project(source) == {
        "theory", "theory.exact.is_zero", "theory.align", "theory.games", "theory.games.stag_hunt", "theory.games._x"
    }  # fmt: skip
    assert {name for name in of_the_project(source) if not is_public(name)} == {
        "theory.exact.is_zero",
        "theory.games._x",
    }
    assert is_public("numerics.neural.training.train") and not is_public("numerics.compile.compiled")
    assert resolved("theory.separatrix.corrected_field") and resolved("theory.games.stag_hunt")
    with pytest.raises(AttributeError):
        resolved("theory.made_up")


def test_the_readme_says_what_is_public():
    (sentence,) = re.findall(r"^Public are .*?\.$", README, re.S | re.M)
    assert set(re.findall(r"`([a-z_.]+)`", sentence)) == {*MODULES, NETWORKS, "help"}
    for package in (theory, numerics):
        beside = [module for module in (*MODULES, NETWORKS) if module.startswith(f"{package.__name__}.")]
        assert all(f"`{module}`" in (package.__doc__ or "") for module in beside)
