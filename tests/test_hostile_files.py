"""Files of others: whatever stands in them, a reader gives an object or one sentence, soon, and executes nothing.

The readers' own tests have their refusals one by one; here are files that nobody thought of, files that claim to be
enormous, and files that are programs.
"""

from __future__ import annotations

import ast
import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits import within
from sympy import Rational, SympifyError, sympify

from numerics import annealing, basins, inits
from numerics.games_from_arrays import game_from_arrays
from theory.errors import BadInput
from theory.exact import Undecided, rational
from theory.games import Game, normal_form, stag_hunt
from theory.games.files import load_game, resolve_game
from theory.profiles import parameter_place, parse_profile
from theory.regions import certify
from theory.regions.boxes import parse_box, variables
from theory.regions.check import check, check_file

ROOT = Path(__file__).parents[1]
PATIENCE = 20  # seconds for one small file, also on a busy machine; nearly all take milliseconds
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
BIG = settings(FUZZ, max_examples=4000)


def one_sentence(message: str) -> bool:
    return message.endswith(".") and message.isprintable() and not re.search(r"[.!?]\s+[A-Z]", message)


def is_read_or_refused(path: Path) -> None:
    """A game, or one sentence that begins with the file."""
    with within(PATIENCE):
        try:
            game = load_game(path)
        except BadInput as refusal:
            message = str(refusal)
            assert message.startswith(f"{path}: ") and one_sentence(message), message
            assert len(message) < len(str(path)) + 1500
        else:
            assert isinstance(game, Game)
            for row in (game.start, *(row for rows in game.transition for row in rows)):
                assert sum(row) == 1 and min(row) >= 0


# ------------------------------------------------------------------------------------------------- changed documents


class Raw(str):
    """Text that stands in a file as it is."""

    __slots__ = ()


def as_toml(entry: Any) -> str:
    if isinstance(entry, Raw):
        return entry
    if isinstance(entry, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(value)}" for key, value in entry.items()) + "}"
    if isinstance(entry, list):
        return "[" + ", ".join(map(as_toml, entry)) + "]"
    return json.dumps(entry)


def document(tables: Iterable[tuple[str, Any]]) -> str:
    return "".join(f"{json.dumps(key)} = {as_toml(value)}\n" for key, value in tables)


CELLS = {"A,A": [4, 4], "A,B": [0, 3], "B,A": [3, 0], "B,B": [2, "1/2"]}
HUNT = {
    "name": "hunt",
    "actions": ["Stag", "Hare"],
    "payoffs": {"row": [[4, 0], [3, 2]], "column": "symmetric"},
    "target": ["Stag", "Stag"],
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "one-shot": HUNT,
    "repeated": {**HUNT, "repeated": {"memory": 1, "discount": "24/25", "horizon": 3}},
    "three players": {
        "name": "three",
        "actions": [["A", "B"], ["L", "M", "R"], ["x", "y"]],
        "payoffs": [[[[k, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [0, 1]]] for k in range(3)],
    },
    "stochastic": {
        "name": "lake",
        "states": ["X", "Y"],
        "actions": ["A", "B"],
        "discount": "9/10",
        "start": {"X": "1/2", "Y": "1/2"},
        "transition": {s: dict.fromkeys(CELLS, "X") | {"A,A": {"X": 0.25, "Y": 0.75}} for s in "XY"},
        "reward": {s: CELLS for s in "XY"},
    },
}
HOSTILE: list[Any] = [
    *map(
        Raw, ("nan", "-inf", "1e999999999", "-1e-999999999", "1e200", "9" * 5000, "0x" + "f" * 3000, "1979-05-27", "")
    ),
    *("1/0", "1e999", "0/0", "9" * 101, "", " ", "\0", "\u202eevil", "é", "a\nb", "symmetric", "Stag", "A,A", "X"),
    *("__import__('os').system('touch pwned')", "lambda: 0", "!!python/object/apply:os.system ['touch pwned']"),
    *(True, False, 0, -1, 2, 10**6, 10**30, 0.1, -0.0, [], {}, [[]], {"": {}}, [["A", "B"]] * 40, list(range(300))),
    *([[[[[[[[[[1]]]]]]]]]], {"a": {"a": {"a": {"a": 1}}}}, ["A"], [["A"], ["B"]], [["A", "A"]], {"X": 2, "Y": -1}),
]


def places(entry: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = entry.items() if isinstance(entry, dict) else enumerate(entry) if isinstance(entry, list) else ()
    return [way, *(found for key, part in parts for found in places(part, (*way, key)))]


def at(entry: Any, way: tuple[Any, ...]) -> Any:
    for key in way:
        entry = entry[key]
    return entry


def mutated(draw: Callable[[st.SearchStrategy[Any]], Any], entry: Any, hostile: list[Any]) -> Any:
    """One to three places dropped, doubled, renamed, exchanged, wrapped, or replaced by something else."""
    entry = copy.deepcopy(entry)
    for _ in range(draw(st.integers(1, 3))):
        ways = places(entry)[1:]
        if not ways:
            break
        way = draw(st.sampled_from(ways))
        parent, key = at(entry, way[:-1]), way[-1]
        action = draw(st.sampled_from(["drop", "double", "rename", "swap", "wrap", "replace", "replace"]))
        if action == "drop":
            del parent[key]
        elif action == "double" and isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[key]))
        elif action == "rename" and isinstance(parent, dict):
            parent[draw(st.text(max_size=5))] = parent.pop(key)
        elif action == "swap":
            other = draw(st.sampled_from(ways))
            parent[key] = copy.deepcopy(at(entry, other))
        elif action == "wrap":
            parent[key] = draw(st.sampled_from([[parent[key]], {"a": parent[key]}]))
        else:
            parent[key] = copy.deepcopy(draw(st.one_of(st.sampled_from(hostile), st.integers(), st.text(max_size=6))))
    return entry


@st.composite
def changed_documents(draw: st.DrawFn) -> str:
    entries = list(mutated(draw, draw(st.sampled_from(list(DOCUMENTS.values()))), HOSTILE).items())
    if entries and draw(st.integers(0, 9)) == 0:
        entries.append(draw(st.sampled_from(entries)))  # a key that stands twice
    return document(entries)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_read_as_they_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / "game.toml"
    path.write_text(document(DOCUMENTS[name].items()))
    assert load_game(path).players == (3 if name == "three players" else 2)


def changed_document(tmp_path: Path, text: str) -> None:
    path = tmp_path / "game.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    is_read_or_refused(path)


test_changed_documents = settings(FUZZ, max_examples=100)(given(text=changed_documents())(changed_document))
test_many_changed_documents = pytest.mark.thorough(BIG(given(text=changed_documents())(changed_document)))


# -------------------------------------------------------------------------------------------------------- any bytes

NFG = 'NFG 1 R "a \\" title" { "x" "y" }\n{ { "A" "B" } { "L" "R" } }\n"comment"\n4 4 3 0 0 3/2 2.5 2e0\n'
BYTES = [NFG.encode(), *(document(entries.items()).encode() for entries in DOCUMENTS.values())]


@st.composite
def changed_bytes(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(BYTES))
    for _ in range(draw(st.integers(0, 4))):
        first = draw(st.integers(0, len(data)))
        last = min(len(data), first + draw(st.integers(0, 6)))
        tokens = [
            b"\0",
            b"\xff",
            b"\xef\xbb\xbf",
            b"{",
            b"}",
            b'"',
            b'\\"',
            b"\r",
            b"\r\n",
            b"#",
            b"[[",
            b".",
            b"\xc2\x85",
        ]
        data = data[:first] + draw(st.one_of(st.sampled_from(tokens), st.binary(max_size=4))) + data[last:]
    form = draw(st.sampled_from(["as it is", "windows", "old mac", "mark", "wide", "cut"]))
    if form == "windows":
        data = b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    elif form == "old mac":
        data = data.replace(b"\n", b"\r")
    elif form == "mark":
        data = b"\xef\xbb\xbf" * 2 + data
    elif form == "wide":
        data = data.decode("latin-1").encode("utf-16")
    elif form == "cut":
        data = data[: draw(st.integers(0, len(data)))]
    return data


def any_bytes(tmp_path: Path, data: bytes) -> None:
    for name in ("any.toml", "any.nfg"):
        path = tmp_path / name
        path.write_bytes(data)
        is_read_or_refused(path)
    path = tmp_path / "any.json"
    path.write_bytes(data)
    assert check_file(path).outcome == "unreadable"


test_any_bytes = settings(FUZZ, max_examples=60)(given(data=changed_bytes())(any_bytes))
test_many_bytes = pytest.mark.thorough(BIG(given(data=st.one_of(changed_bytes(), st.binary(max_size=400)))(any_bytes)))


# ----------------------------------------------------------------------------------------------------- certificates


@cache
def certificates() -> list[dict[str, Any]]:
    made = [
        certify(stag_hunt(), "Stag,Stag"),
        certify(stag_hunt(), "Stag,Stag", "sublevel", level="1/8"),
        certify(stag_hunt(), "Stag,Stag", "sublevel", level="1/2"),  # refuted
        certify(stag_hunt(), kind="alignment", box=["p1=1/4:1/2"]),
    ]
    return [json.loads(certificate.text) for certificate in made]


JSON_HOSTILE: list[Any] = [
    *(
        "1/0",
        "nan",
        "1e5",
        "9" * 201,
        "9" * 5000,
        "-0",
        "01",
        "",
        "\0",
        "\ud800",
        "sign",
        "empty",
        "CERTIFIED",
        "sublevel",
    ),
    *(None, True, False, 0, -1, 10**8, 2**53, [], {}, [[]], ["empty", 0], ["target", "1"], ["sign"] * 50, [0] * 3000),
    *(
        "@NaN@",
        "@Infinity@",
        "@1e999999999@",
        "@-0.0@",
        f"@{'9' * 10**6}@",
        f"@{'[' * 2000}@",
        '@{"a":' + '{"a":' * 2000 + "@",
    ),
    *({"a": 1}, [["0", "1"]] * 7, [["1", "0"], ["1", "0"]], {"kind": "sign-box"}, [["1", [0, 1]]] * 99),
]


@st.composite
def changed_certificates(draw: st.DrawFn) -> str:
    """A certificate in which something is changed; what stands between @ signs is raw text in the file."""
    entry = mutated(draw, draw(st.sampled_from(certificates())), JSON_HOSTILE)
    text = re.sub(r'"@(.*?)@"', lambda found: found[1].replace('\\"', '"'), json.dumps(entry))
    if draw(st.integers(0, 9)) == 0:
        text = text.replace('"version": 1', f'"version": 1, "version": {draw(st.sampled_from(["1", "2", "{}"]))}', 1)
    return text


def changed_certificate(text: str) -> None:
    with within(PATIENCE + 20):  # MAX_WORK allows ten seconds
        report = check(text)
    assert report.outcome in ("accepted", "rejected", "unreadable")
    assert "unforeseen" not in report.reason and report.reason.isprintable() and len(report.reason) < 1000


test_changed_certificates = settings(FUZZ, max_examples=80)(given(text=changed_certificates())(changed_certificate))
test_many_changed_certificates = pytest.mark.thorough(BIG(given(text=changed_certificates())(changed_certificate)))


def test_the_certificates_are_accepted_as_they_are() -> None:
    assert [check(json.dumps(entry)).outcome for entry in certificates()] == ["accepted"] * 4


def test_a_certificate_whose_numbers_nobody_reads_is_undecided() -> None:
    """It was called CERTIFIED, beside a file that its own checker could not read."""
    tall = normal_form(
        "tall", ["AB", "AB"], {(i, j): (10**210 * (i == j), 10**210 * (i == j)) for i in (0, 1) for j in (0, 1)}
    )
    with pytest.raises(
        Undecided, match=r"game 'tall' would hold a number of 212 characters, and the checker .* at most 200"
    ):
        _ = certify(tall, "A,A").text


# ------------------------------------------------------------------------------------------------------------ sizes

MANY = [f"A{k}" for k in range(60_000)]
CLAIMS: dict[str, tuple[str, str]] = {
    # name: content, sentence
    "states.toml": (document([("states", MANY)]), "this key is missing"),
    "count.toml": (document((DOCUMENTS["stochastic"] | {"states": 10**5}).items()), "expected an array, not 100000"),
    "named.toml": (document((DOCUMENTS["stochastic"] | {"states": MANY}).items()), "1 to 64 states, not 60000"),
    "actions.toml": (document((HUNT | {"actions": MANY}).items()), "2 to 16 actions, not 60000"),
    "players.toml": (document((HUNT | {"actions": [["A", "B"]] * 40}).items()), "2 to 8 players, not 40"),
    "joint.toml": (
        document((HUNT | {"actions": [[f"A{k}" for k in range(16)]] * 8}).items()),
        "more than 4096 joint actions are not supported",
    ),
    "rounds.toml": (
        document((HUNT | {"repeated": {"memory": 1, "discount": 0, "horizon": 10**9}}).items()),
        "expected an integer from 1 to 200, not 1000000000",
    ),
    "shared.toml": (document((HUNT | {"payoffs": [[]] * 200_000}).items()), "2 to 8 players, not 200000"),
    "players.nfg": ('NFG 1 R "" {' + ' ""' * 40 + " }", "2 to 8 players, not 40"),
    "joint.nfg": ('NFG 1 R "" {' + ' ""' * 8 + " } {" + " 16" * 8 + " }", "more than 4096 strategy profiles"),
    "claimed.nfg": ('NFG 1 R "" { "" "" } { 999999999 2 }', "2 to 16 strategies, not more"),
}
READ = """
import resource, sys
from theory.errors import BadInput
from theory.games.files import load_game
from theory.regions.check import check_file
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for name in sys.argv[1:]:
    if name.endswith("json"):
        report = check_file(name)
        print(name, report.outcome, report.reason)
        continue
    try:
        print(name, load_game(Path(name)))
    except BadInput as error:
        print(error)
"""


def test_what_claims_to_be_enormous_is_refused_before_any_work(tmp_path: Path) -> None:
    """In a process with one gigabyte for everything: claims of sizes, and files of 100 GB that take no room on disk."""
    for name, (content, _) in CLAIMS.items():
        (tmp_path / name).write_text(content)
    for name in ("sparse.toml", "sparse.nfg", "sparse.json"):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, 10**11)
    (tmp_path / "deep.json").write_text('{"a":' * 500_000)
    (tmp_path / "digits.json").write_text('{"version": ' + "9" * 10**6 + "}")
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.json")
    names = [
        *CLAIMS,
        "sparse.toml",
        "sparse.nfg",
        "sparse.json",
        "deep.json",
        "digits.json",
        "endless.json",
        "pipe.json",
    ]
    done = subprocess.run(
        [sys.executable, "-c", READ, *names],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    said = dict(zip(names, done.stdout.splitlines(), strict=True))
    for name, (_, sentence) in CLAIMS.items():
        assert said[name].startswith(f"{name}: ") and sentence in said[name] and one_sentence(said[name]), said[name]
    for name in ("sparse.toml", "sparse.nfg"):
        assert said[name] == f"{name}: the file is larger than 1 MiB."
    assert said["sparse.json"] == "sparse.json unreadable there are more than 4000000 bytes"
    assert said["deep.json"] == "deep.json unreadable it is nested too deeply, or too large"
    assert said["digits.json"] == "digits.json unreadable a JSON integer is too long"
    assert said["endless.json"] == said["pipe.json"].replace("pipe", "endless")
    assert said["pipe.json"] == "pipe.json unreadable it is not a regular file"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1e200", None),
        ("1e-200", None),
        ("2.5E+999", None),
        ("1e0000000000000001", None),
        ("9e199", 9 * Rational(10) ** 199),
        ("-1e-199", -1 / Rational(10) ** 199),
        ("0." + "0" * 90 + "1e-199", 1 / Rational(10) ** 290),
        ("9" * 95 + "e199", (Rational(10) ** 95 - 1) * Rational(10) ** 199),
    ],
)
def test_every_number_of_a_file_fits_into_floating_point(written: str, read: Rational | None) -> None:
    """A payoff of 10^400 was read, and the simulation stopped with a traceback."""
    if read is None:
        with pytest.raises(BadInput, match=r"is not an exact finite number with an exponent from -199 to 199\."):
            rational(written, "here")
    else:
        assert rational(written, "here") == read
        assert np.isfinite(float(read)) and abs(float(read)) > np.finfo(float).tiny
    assert rational(1e300, "here") == Rational(10) ** 300  # a float does by itself


# --------------------------------------------------------------------------------------------- nothing is executed

CODE = "__import__('pathlib').Path('pwned').touch()"
PROGRAMS = [
    CODE,
    f"S('{CODE}')",
    "10**10**10",
    "!!python/object/apply:os.system ['touch pwned'] {{7*7}} $(touch pwned)",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_file_is_data(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in the place of every number, name and text of every kind of file and of every option's grammar."""
    monkeypatch.chdir(tmp_path)
    hunt = stag_hunt()
    for entries in DOCUMENTS.values():
        for way in places(entries)[1:]:
            changed = copy.deepcopy(entries)
            at(changed, way[:-1])[way[-1]] = program
            (tmp_path / "game.toml").write_text(document(changed.items()))
            with pytest.raises(BadInput):
                load_game(tmp_path / "game.toml")
    quoted = program.replace("\\", "\\\\").replace('"', '\\"')
    for token in ("4", "3/2", '"A"', '"x"', '"comment"', "NFG", "{ {"):
        (tmp_path / "game.nfg").write_text(NFG.replace(token, program, 1))
        is_read_or_refused(tmp_path / "game.nfg")
    for text in ('"A"', '"x"', '"comment"', '"a \\" title"'):  # where any text may stand, it is a text
        (tmp_path / "game.nfg").write_text(NFG.replace(text, f'"{quoted}"', 1))
        is_read_or_refused(tmp_path / "game.nfg")
    for entry in certificates():
        for way in places(entry)[1:]:
            if way[0] not in ("field", "statement"):
                changed = copy.deepcopy(entry)
                at(changed, way[:-1])[way[-1]] = program
                expected = {"accepted"} if way[-1] == "name" or "actions" in way or "states" in way else {"unreadable"}
                assert check(json.dumps(changed)).outcome in {*expected, "rejected", "unreadable"}
    refused: list[Callable[[], object]] = [
        lambda: resolve_game("stag-hunt", {"R": program}),
        lambda: resolve_game("stag-hunt", {program: "4"}),
        lambda: resolve_game(program, {}),
        lambda: rational(program, "here"),
        lambda: parse_profile(hunt, program),
        lambda: parameter_place(hunt, program, "--vary"),
        lambda: parse_box(hunt, variables(hunt, symmetric=False), [f"p1={program}:1"]),
        lambda: parse_box(hunt, variables(hunt, symmetric=False), [f"around:Stag,Stag:{program}"]),
        lambda: inits.parse(f"normal:{program}"),
        lambda: annealing.parse(f"two-phase:{program}:1:1"),
        lambda: basins.parse_success(f"mean-value:{program}"),
        lambda: basins.parse_success(f"region:{program}"),
        lambda: game_from_arrays("x", [[[program, 1], [1, 1]]] * 2),
        lambda: game_from_arrays(program, np.ones((2, 2, 2))),
        lambda: certify(hunt, tremble=program),
    ]
    for call in refused:
        with pytest.raises(BadInput):
            call()
    # From Python, where payoffs may be expressions of SymPy, a text is none.
    with pytest.raises((SympifyError, BadInput)):
        normal_form("x", ["AB", "AB"], dict.fromkeys([(0, 0), (0, 1), (1, 0), (1, 1)], (program, program)))
    assert not list(tmp_path.glob("pwned*"))


def test_control_the_program_would_run_if_it_were_read_as_an_expression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sympify(CODE)
    assert (tmp_path / "pwned").exists()


READERS = [
    *sorted((ROOT / "theory" / "games").glob("toml_*.py")),
    *(
        ROOT / "theory" / "games" / f"{name}.py"
        for name in ("files", "entries", "reading", "names", "targets", "gambit")
    ),
    *(ROOT / "theory" / f"{name}.py" for name in ("profiles", "regions/boxes", "regions/check", "regions/certify")),
    *(
        ROOT / "numerics" / f"{name}.py"
        for name in (
            "inits",
            "annealing",
            "basins",
            "games_from_arrays",
            "stored_ledger",
            "certified_regions",
            "store",
            "cli",
        )
    ),
]
EXECUTES = {"eval", "exec", "compile", "execfile", "__import__", "parse_expr"}
SHAPES = {"sympify", "S", "lambdify", "Symbol", "symbols"}  # which read a text as an expression, or make one of it
LOADERS = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "yaml", "code", "runpy"}


def offences(source: str, forbidden: set[str]) -> list[str]:
    """Calls and imports that execute what they are given."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in forbidden:
                found.append(name)
            found += [
                "allow_pickle"
                for keyword in node.keywords
                if keyword.arg == "allow_pickle"
                and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
            ]
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("system", "popen"):
                found.append(node.func.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [name for name in names if name.split(".")[0] in LOADERS or name in EXECUTES]
    return found


def test_no_module_executes_what_it_reads() -> None:
    suspicious = re.compile("|".join([*EXECUTES, *LOADERS, "allow_pickle", "system", "popen"]))
    for path in [*(ROOT / "theory").rglob("*.py"), *(ROOT / "numerics").rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        assert not suspicious.search(source) or offences(source, EXECUTES) == [], path
    for path in READERS:
        assert offences(path.read_text(encoding="utf-8"), EXECUTES | SHAPES) == [], path


@pytest.mark.parametrize(
    "source",
    [
        *(
            "eval(text)",
            "exec(open(name).read())",
            "import pickle",
            "from yaml import load",
            "sympify(text)",
            "S(text)",
        ),
        *("np.load(file, allow_pickle=True)", "np.load(file, allow_pickle=trusted)", "os.system(text)"),
        "from sympy.parsing.sympy_parser import parse_expr",
    ],
)
def test_control_each_way_to_execute_is_seen(source: str) -> None:
    assert offences(source, EXECUTES | SHAPES)


# ---------------------------------------------------------------------------------------------- coverage-guided fuzz


@pytest.mark.thorough
def test_coverage_guided(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed; it has wheels for Linux (pip install atheris)")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    seeds = [b"\0" + data for data in BYTES[1:]] + [b"\1" + BYTES[0]]
    seeds += [b"\2" + json.dumps(entry).encode() for entry in certificates()]
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    limits = ["-max_total_time=60", "-timeout=20", "-rss_limit_mb=2048", "-max_len=5000", "-seed=1"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "fuzz_readers.py"), *limits, str(corpus)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stderr.splitlines()[-1])
