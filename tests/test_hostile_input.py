"""The command line in hostile hands: every verb, any text in every option, paths that are no files.

Whatever is asked, the command ends soon with 0 or 1, or with 2 and one sentence; no traceback, no number that is none.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from commands import Invoke, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits import within

PATIENCE = 60  # seconds for one command, also on a busy machine
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
HUNT = 'name = "h"\nactions = ["Stag", "Hare"]\npayoffs = { row = [[4, 0], [3, 2]], column = "symmetric" }\n'


def check_outcome(done: Result, arguments: Sequence[object] = ()) -> None:
    """The end of a command as it has to be."""
    told = (done.code, done.out[-500:], done.err[-500:], arguments)
    assert done.code in (0, 1, 2), told
    assert "Traceback" not in done.out + done.err and "Warning" not in done.err, told
    lines = [line for line in done.err.split("\n") if line and not line.endswith("…")]  # progress aside
    if arguments[:1] == ("check",) and not lines:  # which has a line for each file
        assert done.out.count("\n") == len(arguments) - 1 and done.out.isascii(), told
    elif done.code == 2:
        assert len(lines) == 1 and lines[0].startswith("basin-entry: ") and lines[0].isprintable(), told
        assert len(lines[0]) < 2000, told
    else:
        assert lines == [], told
        assert not re.search(r"\b(nan|NaN|Infinity)\b", done.out), told


# ------------------------------------------------------------------------------------------------------------ fuzz

TEXTS = [
    *(
        "",
        " ",
        "-",
        "--",
        "-1",
        "0",
        "1",
        "2",
        "0.5",
        "1/2",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "1e-999",
        "1/0",
        "٣",
        "0x10",
        "1_0",
    ),
    *(
        "a\nb",
        "\x1b[31m",
        "%s%n",
        "{}",
        "$(id)",
        "~",
        "..",
        "x" * 3000,
        "9" * 5000,
        "💥",
        "\udcff",
        "True",
        "None",
        "R=4",
    ),
    *("99999999999999999999", "-99999999999999999999", "1e308", "-1e308", "5e-324", ",", ",,", ";", ":", "::", "="),
    *("grid:1e9:0:1", "grid:3:0.1:0.9", "grid:nan:0:1", "normal:-1", "normal:1e308", "uniform:1:0", "uniform:-inf:inf"),
    *("two-phase:1e9:1:1", "two-phase:1:1:1:1", "two-phase:-1:1:1", "two-phase:99999999999999999999:5e-324:5e-324"),
    *(
        "region:",
        "region:.",
        "region:pipe",
        "region:/dev/zero",
        "region:nowhere",
        "region:hunt.toml",
        "oracle",
        "oracle:1",
    ),
    *("initial-cooperation:nan", "initial-cooperation:0.5", "mean-value:inf", "mean-value:-1e308", "mean-value:3"),
    *(
        "Stag,Stag",
        "Stag",
        "Stag,Stag,Stag",
        "C:CDCD;AllD",
        "TFT",
        "payoff-dominant",
        "cooperative-set",
        "p1",
        "p9[CC]",
    ),
    *("p1=1/2:1", "p1=1:0", "p1=0:2", "around:Stag,Stag:1/4", "around::", "around:Stag,Stag:-1", "p1[CC]=37/40:39/40"),
    *("pg", "meta", "direct", "logit", "json", "latex", "sign-box", "sublevel", "alignment", "C6", "C1.exact", "quick"),
]
GAMES = [
    "stag-hunt",
    "hunt.toml",
    "tandem",
    "nowhere.toml",
    "pipe.toml",
    "folder.toml",
    "",
    ".toml",
    "\udcff.nfg",
    "/dev/zero",
]
# Per verb: what is given in any case, then options. Of an option that is given twice the last counts; what comes in
# the end keeps a command that is accepted small.
VERBS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "derive": ([], ["--policy", "--unroll", "--rule", "--split", "--format", "--set"], []),
    "align": ([], ["--policy", "--target", "--direction", "--format", "--set"], []),
    "certify": (
        ["-o", "c.json"],
        [
            "--target",
            "--kind",
            "--box",
            "--direction",
            "--policy",
            "--step",
            "--tremble",
            "--level",
            "--order",
            "--set",
        ],
        [],
    ),
    "simulate": (
        ["--success", "mean-value:3", "--method", "pg"],
        [
            *(
                "--success",
                "--gradient",
                "--batch",
                "--batches",
                "--credit",
                "--form",
                "--split",
                "--policy",
                "--unroll",
            ),
            *(
                "--inner-lr",
                "--own",
                "--peer",
                "--lr",
                "--lr-power",
                "--lr-offset",
                "--clip",
                "--init",
                "--vary",
                "--at",
            ),
            *("--anneal", "--seed", "--workers", "--every", "--set", "--cluster"),
        ],
        ["--steps", "2", "--count", "2"],
    ),
    "verify": ([], ["--profile", "--seed", "--workers", "--cluster", "--set", "--claim"], ["--claim", "C99"]),
}


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, ...]:
    verb = draw(st.sampled_from(list(VERBS)))
    first, options, last = VERBS[verb]
    game = [] if verb == "verify" else [draw(st.one_of(st.sampled_from(GAMES[:3]), st.sampled_from(GAMES)))]
    given_options: list[str] = []
    for option in draw(st.lists(st.sampled_from(options), max_size=3)):
        value = draw(st.one_of(st.sampled_from(TEXTS), st.text(max_size=6)))
        given_options.append(f"{option}={value}" if draw(st.booleans()) else option)
        if given_options[-1] == option:
            given_options.append(value)
    return (verb, *game, *first, *given_options, *last)


def any_command(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    # No such text reaches a program through its arguments.
    arguments = tuple(argument.replace("\0", "") for argument in arguments)
    with within(PATIENCE):
        done = invoke(*arguments)
    check_outcome(done, arguments)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A folder with a game, and with what only looks like one."""
    (tmp_path / "hunt.toml").write_text(HUNT)
    (tmp_path / "folder.toml").mkdir()
    for name in ("pipe", "pipe.toml"):
        os.mkfifo(tmp_path / name)
    return tmp_path


test_any_command = pytest.mark.usefixtures("places")(
    settings(FUZZ, max_examples=25)(given(arguments=commands())(any_command))
)
test_many_commands = pytest.mark.thorough(
    pytest.mark.usefixtures("places")(settings(FUZZ, max_examples=400)(given(arguments=commands())(any_command)))
)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("derive", "stag-hunt", "--unroll", "1000000000"), "L is at most 1000"),
        (("simulate", "stag-hunt", "--success", "oracle", "--unroll", "9" * 40), "L is at most 1000"),
        (("simulate", "stag-hunt", "--success", "oracle", "--steps", "9" * 40), "--steps"),
        (("simulate", "stag-hunt", "--success", "oracle", "--count", "9" * 40), "--count"),
        (("simulate", "stag-hunt", "--success", "oracle", "--init", "grid:1e300:0:1", "--policy", "direct"), "--init"),
        (("simulate", "stag-hunt", "--success", f"mean-value:{'x' * 10**5}"), "--success"),
        (("simulate", "stag-hunt", "--success", "region:a\x1b[31m\nb"), r"\x1b[31m\nb"),
        (("certify", "stag-hunt", "-o", "."), "cannot write .: it is not a regular file"),
        (("certify", "stag-hunt", "-o", ""), "it is not a regular file"),
        (("certify", "stag-hunt", "-o", "/"), "cannot write /: it is not a regular file"),
        (("certify", "stag-hunt", "-o", "folder.toml"), "cannot write folder.toml: it is not a regular file"),
        (("certify", "stag-hunt", "-o", "pipe"), "cannot write pipe: it is not a regular file"),
        (("certify", "stag-hunt", "-o", "hunt.toml/c.json"), "hunt.toml is not a folder"),
        (("certify", "stag-hunt", "-o", "x" * 300), "cannot write"),
        (("certify", "stag-hunt", "--tremble", "1e-90", "-o", "c.json"), "the checker reads at most 200"),
        (("simulate", "stag-hunt", "--success", "oracle", "-o", "pipe"), "cannot write pipe: pipe is not a folder"),
        (("simulate", "ipd", "--set", "gamma=0.9999999999999999", "--success", "oracle"), "too close to 1"),
        (("figures", "pipe"), "cannot write pipe: pipe is not a folder"),
        (("figures", "/dev/null"), "cannot write /dev/null: /dev/null is not a folder"),
        (("report", "/dev/zero"), "/dev/zero"),
        (("tables", "pipe"), "pipe"),
        (("derive", "stag-hunt", "--\x1b[31m"), r"\x1b[31m"),
    ],
)
def test_seen_before(arguments: tuple[str, ...], sentence: str, places: Path, invoke: Invoke) -> None:
    """What fuzzing and trying found: endless work, tracebacks, terminals that were written to, devices replaced."""
    with within(PATIENCE):
        done = invoke(*arguments)
    check_outcome(done, arguments)
    assert done.code == 2 and sentence in done.err
    assert stat.S_ISFIFO((places / "pipe").stat().st_mode)
    assert sorted(path.name for path in places.iterdir()) == ["folder.toml", "hunt.toml", "pipe", "pipe.toml"]


def test_a_name_that_no_terminal_can_print(places: Path, invoke: Invoke) -> None:
    done = invoke("certify", "stag-hunt", "-o", "\udcff.json")
    check_outcome(done)
    assert done.code == 0 and r"\udcff.json" in done.out and (places / "\udcff.json").exists()
    assert invoke("check", "\udcff.json").code == 0


def test_check_says_a_line_for_each_file(places: Path, invoke: Invoke) -> None:
    names = (
        "missing",
        "folder.toml",
        "pipe",
        "hunt.toml",
        "/dev/zero",
        "/dev/stdin",
        "\udcff",
        "",
        "x" * 300,
        "a\x1bb",
    )
    with within(PATIENCE):
        done = invoke("check", *names)
    check_outcome(done, ("check", *names))
    assert done.code == 2 and done.out.count("unreadable: ") == len(names)


# ----------------------------------------------------------------------------------------------- ledgers of others

EVIDENCE = {"kind": "experiment", "route": "", "file": "e.json", "sha256": "", "summary": "", "n": 1, "interval": None}
CLAIM = {
    **{"id": "C1", "parent": None, "statement": "s", "assumptions": [], "scope": "", "reference": "", "seconds": 0},
    **{"verdict": "PROVED", "reason": "", "evidence": [EVIDENCE]},
}
CONTENTS: list[Any] = [
    *([], 1, None, "x", {}, {"content": 1}, {"content": {"results": 1}}, {"content": {"results": [{}]}}),
    {"content": {"rows": [{"closed_form": 1}]}},
    {"content": {"right": {}, "order": {}, "policy": 1}},
    {"content": {"format": "basin-entry certificate", "verdict": "CERTIFIED"}},
    {"content": {"trajectories": [{"band": []}]}},
]


def filled(folder: Path, claim: Any, evidence: Any = None) -> None:
    """A folder with a ledger of one claim; its evidence has the right hash."""
    text = json.dumps(evidence)
    (folder / "e.json").write_text(text)
    if isinstance(claim, dict) and claim.get("evidence") == [EVIDENCE]:
        claim = {**claim, "evidence": [{**EVIDENCE, "sha256": sha256(text.encode()).hexdigest()}]}
    (folder / "verdicts.json").write_text(json.dumps({"schema_version": 1, "claims": [claim], "provenance": {}}))


def refused(folder: Path, invoke: Invoke) -> str:
    for verb in ("tables", "report"):
        with within(PATIENCE):
            done = invoke(verb, folder)
        check_outcome(done)
        assert done.code == 2
    return done.err


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_evidence_of_any_kind_is_one_sentence(content: Any, tmp_path: Path, invoke: Invoke) -> None:
    filled(tmp_path, CLAIM, content)
    assert str(tmp_path) in refused(tmp_path, invoke)


@pytest.mark.parametrize("key", ["id", "verdict", "statement", "evidence"])
def test_claims_of_any_kind_are_one_sentence(key: str, tmp_path: Path, invoke: Invoke) -> None:
    for wrong in (None, 3, [[]], {"a": 1}):
        filled(tmp_path, {**CLAIM, key: wrong}, {"content": {}})
        assert "not those that basin-entry verify writes" in refused(tmp_path, invoke)
    filled(tmp_path, {name: entry for name, entry in CLAIM.items() if name != key}, {"content": {}})
    assert "not those that basin-entry verify writes" in refused(tmp_path, invoke)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("../secret.json", "lies in its own folder"),
        ("/etc/passwd", "lies in its own folder"),
        ("/dev/zero", "lies in its own folder"),
        ("endless", "this is not a regular file"),
        ("pipe", "this is not a regular file"),
        ("sparse", "larger than 64 MiB"),
        ("deep", "cannot be read as JSON"),
        (".", "this is a directory"),
        ("a\0b", "no such file"),
        (3, "not those that basin-entry verify writes"),
    ],
)
def test_a_ledger_names_files_of_its_own_folder(file: Any, sentence: str, tmp_path: Path, invoke: Invoke) -> None:
    """``tables`` read whatever file the ledger named, /dev/zero without end."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (folder / "endless").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    (folder / "sparse").touch()
    os.truncate(folder / "sparse", 10**11)
    (folder / "deep").write_text('{"a":' * 100_000)
    digest = sha256((folder / "deep").read_bytes()).hexdigest()
    filled(folder, {**CLAIM, "evidence": [{**EVIDENCE, "file": file, "sha256": digest}]})
    assert sentence in refused(folder, invoke)


def test_a_ledger_that_never_ends(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "verdicts.json").symlink_to("/dev/zero")
    assert "this is not a regular file" in refused(tmp_path, invoke)


# ------------------------------------------------------------------------------------------- in a process of its own

SCRIPT = """
import resource, sys
from numerics import cli
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (100, 100))
sys.argv = ["basin-entry", *sys.argv[1:]]
cli.main()
"""


def limited(*arguments: str, cwd: Path, stdin: int = subprocess.DEVNULL) -> Result:
    """The command in a process with four gigabytes and a hundred seconds."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OPENBLAS_NUM_THREADS": "1"},
        stdin=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def test_devices_pipes_and_bombs_within_limits(places: Path) -> None:
    """Certificates from devices, an unwritten pipe and standard input, and a file of 100 GB that takes no room."""
    (places / "sparse").touch()
    os.truncate(places / "sparse", 10**11)
    (places / "nested").write_text("[" * 3_000_000)
    (places / "digits").write_text('{"version":' + "1" * 3_000_000 + "}")
    reader, writer = os.pipe()
    os.close(writer)
    files = ("/dev/zero", "/dev/stdin", "/dev/urandom", "pipe", "sparse", "nested", "digits")
    done = limited("check", *files, cwd=places, stdin=reader)
    os.close(reader)
    check_outcome(done, ("check", *files))
    assert done.code == 2 and done.out.count("unreadable: ") == len(files)


@pytest.mark.thorough
@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_files_without_permission(places: Path, invoke: Invoke) -> None:
    (places / "hunt.toml").chmod(0)
    for arguments in (("derive", "hunt.toml"), ("check", "hunt.toml")):
        done = invoke(*arguments)
        check_outcome(done, arguments)
        assert done.code == 2


@pytest.mark.thorough
@pytest.mark.parametrize(
    "arguments",
    [
        ("derive", "/dev/zero.toml"),
        ("derive", "sparse.toml"),
        ("derive", "sparse.nfg"),
        ("simulate", "stag-hunt", "--success", "region:sparse.toml"),
        (
            "simulate",
            "stag-hunt",
            "--success",
            "mean-value:3",
            "--init",
            "grid:3000:0.1:0.9",
            "--steps",
            "1",
            "--method",
            "pg",
        ),
        ("simulate", "stag-hunt", "--success", "mean-value:3", "--steps", "100000000", "--count", "99999999999"),
        ("simulate", "stag-hunt", "--success", "mean-value:3", "--unroll", "1000000000"),
    ],
)
def test_large_commands_within_limits(arguments: tuple[str, ...], places: Path) -> None:
    for name in ("sparse.toml", "sparse.nfg"):
        (places / name).touch()
        os.truncate(places / name, 10**11)
    check_outcome(limited(*arguments, cwd=places), arguments)
