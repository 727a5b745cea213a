"""The layout's rules, enforced: what may import what, where floats and lambdify may stand, no cycles, no ``simplify``.

The layers of both packages stand in :data:`LAYERS`, from the bottom up, and nowhere else. Everything is read from the
sources, and once from a fresh interpreter. Every rule has a control: a made-up source that breaks it must be found.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NUMERICAL = {"numpy", "numba", "scipy", "matplotlib", "jax", "joblib", "numerics"}
# Public Hypothesis strategies: they need the test extra, and Hypothesis may load NumPy by itself.
NEEDS_TEST_EXTRA = "theory.strategies"

# From the bottom up: a module imports from its own layer and from those above it in this list. ``a.b.*`` is the package
# a.b with all that is in it; of several entries that fit a module the longest one counts.
LAYERS: dict[str, str] = {
    "words and exact numbers": """
        theory.errors theory.symbols theory.published theory.latex theory.linear theory.exact theory.bernstein
        theory.balls theory.program""",
    "games": "theory.games.*",
    "policies, values, equilibria": """
        theory.policies theory.values theory.jets theory.equilibria theory.mixed_equilibria theory.pure_equilibria
        theory.cooperative_set theory.profiles theory.order_conflicts""",
    "games from files, drawn games": """
        theory.games.features theory.games.targets theory.games.toml_repeated theory.games.toml_stochastic
        theory.games.gambit theory.games.files theory.strategies.*""",
    "certified regions": "theory.regions.*",
    "learning rules": """
        theory.updates.* theory.sampling.* theory.blocks theory.expansion theory.splits theory.truncation""",
    "decomposition": """
        theory.decomposition theory.derivation theory.relations theory.corrected theory.neural_kernels
        theory.rest_points""",
    "consequences": """
        theory.alignment theory.order theory.separatrix theory.flux theory.risk_dominance theory.ipd_alignment
        theory.repeated_alignment theory.kernel_alignment theory.moved_zeros theory.ball_inclusion theory.drift
        theory.two_phase theory.annealing theory.stag_hunt_balls""",
    "claims and formulas": "theory theory.claims.* theory.notions theory.formulas theory.appendix",
    "tools": """
        numerics.threads numerics.processes numerics.files numerics.array_files numerics.provenance numerics.store
        numerics.statistics numerics.reproduction numerics.inits numerics.annealing numerics.latex_text
        numerics.tables numerics.stored_ledger numerics.evidence_rows numerics.sampled_kernels""",
    "compiled fields": """
        numerics.compile numerics.kernel_source numerics.game_arrays numerics.games_from_arrays numerics.policies
        numerics.implicit numerics.exploitability numerics.certified_regions numerics.largest_box numerics.sample_size
        numerics.multiplicity numerics.hitting_times numerics.exact_sums""",
    "dynamics": """
        numerics.dynamics numerics.basins numerics.kernels numerics.sampled numerics.oracle numerics.residual
        numerics.noisy numerics.flux numerics.parallel_env numerics.neural.*""",
    "experiments": """
        numerics.experiments numerics.published numerics.starts numerics.stretches numerics.outcomes numerics.chunks
        numerics.tallies numerics.simulation numerics.cluster numerics.scaling""",
    "studies": """
        numerics.ablation numerics.alignment_map numerics.coverage numerics.region_entry numerics.restart_cost
        numerics.restart_tails numerics.recovery numerics.same_ends numerics.schedules numerics.strategies
        numerics.peer_settings numerics.peer_results numerics.paper_settings numerics.paper_comparison
        numerics.paper_maps numerics.paper_restarts numerics.paper_results numerics.neural.experiments
        numerics.measured_scale numerics.scale_measurements""",
    "evidence and verdicts": "numerics.evidence.* numerics.verdicts numerics.ledger",
    "tables, figures, pages": """
        numerics.*_tables numerics.*_figures numerics.figures numerics.paper_formulas numerics.paper_macros
        numerics.paper_document numerics.scale_pages numerics.report.*""",
    "what people call": """
        numerics numerics.command numerics.cli numerics.pytest_plugin numerics.game_suite.* numerics.notebook_pages""",
}

# Imports inside functions, and why they wait.
WAITING: dict[str, str] = {
    "numerics.command": "an interrupt while everything else is imported is one sentence, too",
    "numerics.cli": "figures and formulas take seconds to import that no other verb needs",
    "numerics.evidence.c17_alignment": "JAX is optional",
    "numerics.evidence.c17_neural": "JAX is optional",
    "numerics.pytest_plugin": "pytest loads it in every run of everybody's tests",
}

# Where each library that is no core dependency may be imported, and the extra that declares it.
OPTIONAL: dict[str, tuple[str, str]] = {
    "jax": ("numerics.neural.*", "neural"),
    "pettingzoo": ("numerics.parallel_env", "neural"),
    "gymnasium": ("numerics.parallel_env", "neural"),
    "distributed": ("numerics.cluster numerics.scale_measurements", "cluster"),
    "hypothesis": ("theory.strategies.* numerics.strategies numerics.game_suite.*", "test"),
    "pytest": ("numerics.pytest_plugin", "test"),
    "nbclient": ("numerics.notebook_pages", "notebooks"),
    "nbconvert": ("numerics.notebook_pages", "notebooks"),
    "nbformat": ("numerics.notebook_pages", "notebooks"),
    "bs4": ("numerics.notebook_pages", "notebooks"),
}
# What an import is called where it is declared, or what brings it.
DECLARED_AS = {
    "flint": "python-flint",
    "PIL": "pillow",
    "llvmlite": "numba",
    "distributed": "dask",
    "gymnasium": "pettingzoo",
    "nbformat": "nbclient",
    "bs4": "nbconvert",
}


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


@lru_cache
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


def packages_above(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


@lru_cache
def import_graph() -> Mapping[str, set[str]]:
    """What each module imports of the two packages, and the packages that these imports run on the way."""
    graph = {}
    for name in sources():
        named = {module for module in imports_of(name) if module in sources()}
        around = {package for module in named for package in packages_above(module)}
        graph[name] = named | around - {name, *packages_above(name)}
    return graph


def fits(name: str, entry: str) -> bool:
    return name == entry or fnmatchcase(name, entry) or (entry.endswith(".*") and name == entry[:-2])


def layer_of(name: str) -> int:
    """Place of a module in :data:`LAYERS`."""
    entries = [
        (name == entry, len(entry), place)
        for place, entries in enumerate(LAYERS.values())
        for entry in entries.split()
        if fits(name, entry)
    ]
    assert entries, f"{name} is in no layer: put it into LAYERS"
    return max(entries)[2]


def upward(graph: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Imports from a layer that stands higher."""
    return [(name, module) for name in graph for module in graph[name] if layer_of(module) > layer_of(name)]


def waiting(tree: ast.AST, name: str, modules: Mapping[str, object], package: bool) -> set[str]:
    """Modules of the two packages that are imported inside functions."""
    return {
        module
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for module, _ in imported(name, node, modules, package)
        if module in modules
    }


def libraries(modules: Iterable[str]) -> set[str]:
    """Top-level names of the libraries among imported modules."""
    tops = {module.partition(".")[0] for module in modules}
    return tops - set(sys.stdlib_module_names) - {"theory", "numerics"}


def at_once(tree: ast.AST) -> Iterator[ast.AST]:
    """The imports that run when a module is imported: neither in functions nor for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from at_once(ast.Module(node.orelse, []))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from at_once(node)


def loaded_with(name: str, trees: Mapping[str, ast.AST]) -> set[str]:
    """All that importing a module imports: modules of the two packages, and libraries by their top-level names."""
    found, waiting_ = set(), [name]
    while waiting_:
        here = waiting_.pop()
        if here in found or here not in trees:
            found.add(here if here in trees else here.partition(".")[0])
            continue
        found.add(here)
        statements = ast.Module([node for node in at_once(trees[here]) if isinstance(node, ast.stmt)], [])
        modules = {module for module, _ in imported(here, statements, trees, is_package(here))}
        waiting_ += [*modules, *(package for module in modules for package in packages_above(module))]
    return found


def misplaced(name: str, used: set[str]) -> set[str]:
    """Of these libraries the ones that the module must not import."""
    return {
        library
        for library in used & set(OPTIONAL)
        if not any(fits(name, entry) for entry in OPTIONAL[library][0].split())
    }


def declared(requirements: Iterable[str]) -> set[str]:
    """Names of required distributions without versions and extras."""
    return {re.split(r"[\[<>=~!; ]", text, maxsplit=1)[0] for text in requirements}


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


def test_no_module_imports_from_a_higher_layer():
    assert upward(import_graph()) == []


def test_every_entry_of_the_layers_is_a_module():
    for entries in LAYERS.values():
        for entry in entries.split():
            assert any(fits(name, entry) for name in sources()), f"{entry} is in LAYERS but no module"


def test_imports_wait_only_where_it_is_said_why():
    found = {name for name, tree in sources().items() if waiting(tree, name, sources(), is_package(name))}
    assert found == set(WAITING)


def test_the_packages_surface_is_imported_by_nobody_below_it():
    # `from theory import align` inside the package would depend on the order of the imports in its __init__.
    for package in ("theory", "numerics"):
        users = [name for name in sources() if name.split(".")[0] == package and package in imports_of(name)]
        assert not users


# --------------------------------------------------------------------------------------------- other libraries


def test_optional_libraries_are_imported_in_their_places_only():
    wrong = {name: misplaced(name, libraries(imports_of(name))) for name in sources()}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_command_starts_without_optional_libraries_and_without_matplotlib():
    loaded = loaded_with("numerics.cli", sources())
    assert {"sympy", "numba", "numerics.evidence.c17_neural", "theory.claims.c08_fold"} <= loaded
    assert not loaded & {*OPTIONAL, "dask", "nashpy", "matplotlib", "numerics.figures"}


def test_every_library_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    used = {library for name in sources() for library in libraries(imports_of(name))}
    core = {library for library in used if library not in OPTIONAL}
    assert {DECLARED_AS.get(library, library) for library in core} == declared(project["dependencies"])
    for library in used - core:
        extra = project["optional-dependencies"][OPTIONAL[library][1]]
        assert DECLARED_AS.get(library, library) in declared(extra), library
    assert used >= set(OPTIONAL)


def test_the_checker_needs_the_standard_library_alone():
    assert imports_of("theory.regions.check") <= set(sys.stdlib_module_names) | {"collections.abc"}


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


def test_a_circle_through_a_function_would_be_found():
    graph = import_graph()
    assert cycles({**graph, "theory.exact": graph["theory.exact"] | {"theory.alignment"}})


def test_a_circle_through_a_packages_list_would_be_found():
    graph = import_graph()
    # Whoever imports a claim's module runs the list of claims first.
    assert "theory.claims" in graph["numerics.evidence.c12_two_phase"]
    assert "theory.claims.c14_restarts" not in graph["theory.two_phase"]
    assert cycles({**graph, "theory.two_phase": {"theory.claims"}})


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("theory.exact", "theory.games.model"),
        ("theory.games.model", "theory.games.files"),
        ("theory.values", "theory.updates.model"),
        ("numerics.neural.training", "numerics.neural.experiments"),
        ("numerics.simulation", "numerics.evidence.model"),
        ("theory.alignment", "numerics.policies"),
    ],
)
def test_an_import_from_a_higher_layer_would_be_found(name, module):
    assert upward({name: {module}}) == [(name, module)]
    assert upward({module: {name}}) == []


def test_a_module_in_no_layer_would_be_found():
    with pytest.raises(AssertionError, match=r"theory\.made_up is in no layer"):
        layer_of("theory.made_up")
    assert layer_of("theory.games.made_up") == layer_of("theory.games.stag_hunt") < layer_of("theory.games.files")


def test_a_library_out_of_place_would_be_found():
    source = ast.parse("def f():\n    import jax.numpy as jnp\n    from hypothesis import strategies")
    used = libraries(module for module, _ in imported("numerics.made_up", source, sources(), package=False))
    assert misplaced("numerics.made_up", used) == {"jax", "hypothesis"}
    assert misplaced("numerics.neural.made_up", used) == {"hypothesis"}
    assert declared(["numpy>=2.0", "dask[distributed]", "jax"]) == {"numpy", "dask", "jax"}


def test_what_is_loaded_at_once_would_be_found():
    function = "def f():\n    import jax\nif TYPE_CHECKING:\n    import pytest\nelse:\n    import json"
    trees = {
        "theory": ast.parse(""),
        "theory.made_up": ast.parse("from theory import below"),
        "theory.below": ast.parse(f"try:\n    import dask.array\nexcept ImportError:\n    pass\n{function}"),
    }
    assert loaded_with("theory.made_up", trees) == {"theory", "theory.made_up", "theory.below", "dask", "json"}


def test_an_import_that_waits_would_be_found():
    modules = {"theory.exact": 0, "theory": 0}
    source = "from theory import exact\ndef f():\n    def g():\n        import numpy\n        {}\n    return g"
    assert waiting(ast.parse(source.format("from theory import exact")), "theory.made_up", modules, False)
    assert not waiting(ast.parse(source.format("pass")), "theory.made_up", modules, False)
