"""The installed command, killed, interrupted and ended in the middle of its work: it goes on with the same bytes.

A kill is SIGKILL to the whole process group, as schedulers do, or to the first process alone, as when memory runs out.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from commands import Invoke

from numerics import cli, command
from numerics.processes import share_out

COMMAND = Path(sys.executable).with_name("basin-entry")
SHORT = (
    "simulate", "stag-hunt", "--success", "initial-cooperation:0.82", "--count", "5000", "--steps", "4000",
    "--workers", "2", "-o", "out",
)  # fmt: skip
LONG = (*SHORT[:4], "--count", "20000", "--steps", "8000", "--workers", "2", "-o", "out")
VERIFY = ("verify", "--claim", "C15.direct", "--claim", "C15.logit", "--claim", "C6", "--out", "out", "--workers")
RESUMES = "the same command goes on from there.\n"
PATIENCE = 300  # seconds, of a machine with much else to do
KNOWN: dict[tuple[str, ...], dict[str, bytes]] = {}  # files of commands that nothing disturbed


# ------------------------------------------------------------------------------------------------------------ processes


@dataclass
class Started:
    """The command in a process group of its own."""

    process: subprocess.Popen[bytes]
    said: Path

    @property
    def errors(self) -> str:
        return self.said.read_text()

    def signal(self, number: int, group: bool = True) -> None:
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.process.pid, number)

    def wait(self, condition: Callable[[], bool]) -> bool:
        """Wait until it holds; false if the command ended first."""
        begin = time.monotonic()
        while not condition():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() - begin < PATIENCE
            time.sleep(0.002)
        return True

    def left(self) -> dict[int, str]:
        """Commands of the group's processes that still run, by id."""
        found = {}
        for folder in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state not in "ZX":
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().decode()
        return found

    def workers(self) -> list[int]:
        return [number for number, command in self.left().items() if "LokyProcess" in command]

    def ends_within(self, seconds: float) -> bool:
        begin = time.monotonic()
        while self.left():
            if time.monotonic() - begin > seconds:
                return False
            time.sleep(0.05)
        return True


@contextmanager
def heeding() -> Iterator[None]:
    """Ctrl-C reaches what is started, also where these tests run in the background, whose commands ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start commands in an empty folder; none of them outlives the test."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("this system does not list its processes in /proc")
    running: list[Started] = []

    def begin(*command: object, python: str | None = None) -> Started:
        line = [sys.executable, "-c", python] if python else [COMMAND]
        said = Path(tempfile.mkstemp(dir=tmp_path, prefix=".errors-")[1])
        with said.open("wb") as errors, heeding():
            process = subprocess.Popen(
                [*map(str, line), *map(str, command)],
                cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            )  # fmt: skip
        running.append(Started(process, said))
        return running[-1]

    yield begin
    for started in running:
        started.signal(signal.SIGKILL)
        started.process.wait()


def files(folder: Path) -> dict[str, bytes]:
    """Every file that is not being written; verdicts without the seconds that their checks took."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            content = path.read_bytes()
            if path.name == "verdicts.json":
                verdicts = json.loads(content)
                for claim in verdicts["claims"]:
                    del claim["seconds"]
                content = json.dumps(verdicts).encode()
            found[path.relative_to(folder).as_posix()] = content
    return found


def parts(folder: Path) -> dict[str, int]:
    """Finished parts, and when each one appeared."""
    found = {}
    for path in folder.rglob("*.npz"):
        if not path.name.startswith(".") and path.parent != folder:
            with suppress(FileNotFoundError):
                found[path.name + path.parent.name] = path.stat().st_mtime_ns
    return found


@contextmanager
def keeping(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A verification keeps its parts at the end."""
    with patch.context() as inner:
        inner.setattr(cli, "_finish", lambda folder: None)
        yield


@pytest.fixture
def undisturbed(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, bytes]]:
    """Files of a command that nothing disturbs, its parts included."""

    def run(*command: str) -> dict[str, bytes]:
        if command not in KNOWN:
            with keeping(monkeypatch):
                assert invoke(*command).code == 0
            KNOWN[command] = files(tmp_path / "out")
            shutil.rmtree(tmp_path / "out")
        return KNOWN[command]

    return run


def final(whole: dict[str, bytes]) -> dict[str, bytes]:
    """What stays when a verification has ended."""
    return {name: content for name, content in whole.items() if not name.startswith("unfinished")}


# ---------------------------------------------------------------------------------------------------------------- kills


@dataclass
class Kills:
    """What became of some kills at random moments."""

    moments: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    begun: int = 0  # parts taken up by later processes


def killed_often(
    start: Start, folder: Path, command: tuple[str, ...], whole: dict[str, bytes], kills: int, seed: int
) -> Kills:
    """Kill the command so often, and let it end whenever a kill came too late, and at last."""
    draw, count, out = random.Random(seed), Kills(), folder / "out"
    while True:
        before = parts(out)
        run = start(*command)
        last = count.moments.total() == kills
        if not last:
            if draw.random() < 0.8:  # while it works: soon after another part has appeared
                wanted = len(before) + draw.randint(0, 2)
                run.wait(lambda wanted=wanted: len(parts(out)) >= wanted and out.exists())
                time.sleep(draw.expovariate(1 / 0.2))
            else:  # anywhere, most often before it works
                time.sleep(draw.uniform(0, 6))
            working = bool(parts(out))
            run.signal(signal.SIGKILL)
        status = run.process.wait(PATIENCE)
        assert run.ends_within(5)
        found = files(out)
        assert found.items() <= whole.items()
        assert all(parts(out).get(name, then) == then for name, then in before.items())  # none was done again
        if not last:
            count.moments["after" if status == 0 else "during" if working else "before"] += 1
            assert status in (0, -signal.SIGKILL)
        count.begun += len(before)
        if status == 0:
            count.runs += 1
            assert found == final(whole) and "Traceback" not in run.errors
            shutil.rmtree(out)
        if last:
            assert status == 0
            return count


def test_a_killed_simulation_goes_on(
    start: Start, undisturbed: Callable[..., dict[str, bytes]], invoke: Invoke, tmp_path: Path
) -> None:
    """Two kills of the whole group, each as soon as one more part is there; then the same bytes as ever."""
    whole = undisturbed(*SHORT)
    out = tmp_path / "out"
    for wanted in (1, 2):
        run = start(*SHORT)
        assert run.wait(lambda wanted=wanted: len(parts(out)) >= wanted)
        run.signal(signal.SIGKILL)
        assert run.process.wait(PATIENCE) == -signal.SIGKILL and run.errors.count("Traceback") == 0
        assert files(out).items() < whole.items()
    before = parts(out)
    assert invoke(*SHORT).code == 0
    assert files(out) == whole and before.items() < parts(out).items()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "kills"), [(LONG, 15), ((*VERIFY, "1"), 10), ((*VERIFY, "2"), 5)], ids=["simulate", "verify", "workers"]
)
def test_thirty_kills(
    command: tuple[str, ...],
    kills: int,
    start: Start,
    undisturbed: Callable[..., dict[str, bytes]],
    tmp_path: Path,
) -> None:
    whole = undisturbed(*command)
    begin = time.monotonic()
    count = killed_often(start, tmp_path, command, whole, kills, seed=kills)
    assert count.moments["during"] >= kills // 3 and count.begun and count.runs
    print(f"{command[0]}: {count}, {time.monotonic() - begin:.0f} s, {len(whole)} files")


@pytest.mark.thorough
def test_workers_do_not_outlive_a_killed_command(
    start: Start, undisturbed: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    """The first process alone is killed: its workers end by themselves, and what they leave is taken up."""
    whole, out = undisturbed(*VERIFY, "2"), tmp_path / "out"
    run = start(*VERIFY, "2")
    assert run.wait(lambda: len(parts(out)) >= 2) and len(run.workers()) == 2
    run.signal(signal.SIGKILL, group=False)
    run.process.wait()
    assert run.left()  # they were working
    assert run.ends_within(15)
    before = parts(out)
    assert len(before) >= 2 and files(out).items() < whole.items() and run.errors.count("Traceback") == 0
    again = start(*VERIFY, "2")
    assert again.process.wait(PATIENCE) == 0 and files(out) == final(whole)


@pytest.mark.thorough
def test_a_killed_worker_is_one_sentence(
    start: Start, undisturbed: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    whole, out = undisturbed(*VERIFY, "2"), tmp_path / "out"
    run = start(*VERIFY, "2")
    assert run.wait(lambda: len(parts(out)) >= 2)
    os.kill(run.workers()[0], signal.SIGKILL)
    assert run.process.wait(PATIENCE) == 2 and run.ends_within(15)
    assert "Traceback" not in run.errors and run.errors.endswith(
        "basin-entry: a worker process was killed, as when memory runs out; the same command goes on from there.\n"
    )
    assert files(out).items() < whole.items()
    again = start(*VERIFY, "2")
    assert again.process.wait(PATIENCE) == 0 and files(out) == final(whole)


@pytest.mark.thorough
def test_two_verifications_share_a_folder(
    start: Start, undisturbed: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    """Whichever ends first removes the parts of both, and the other one goes on."""
    whole = undisturbed(*VERIFY, "1")
    both = [start(*VERIFY, "1") for _ in range(2)]
    assert [run.process.wait(PATIENCE) for run in both] == [0, 0]
    assert files(tmp_path / "out") == final(whole) and not (tmp_path / "out" / "unfinished").exists()


# ------------------------------------------------------------------------------------------------- interrupts, and ends


def test_sharing_out_changes_no_result() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    for workers in (1, 2):
        assert list(share_out(pow, range(6), 2, workers=workers, in_order=True)) == [0, 1, 4, 9, 16, 25]
        assert sorted(share_out(pow, range(6), 2, workers=workers)) == [0, 1, 4, 9, 16, 25]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before  # this process still sees interrupts
    assert list(share_out(_blocked, [0], workers=1)) == [False] and list(share_out(_blocked, [0, 0], workers=2)) == [
        True, True,
    ]  # fmt: skip


def _blocked(_: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_an_interrupt_reaches_the_whole_group(start: Start, tmp_path: Path) -> None:
    """Ctrl-C while the workers begin, which is when they would say most: one sentence alone, and nobody is left."""
    run = start(*VERIFY, "2")
    assert run.wait(lambda: len(run.workers()) == 2)
    time.sleep(0.2)
    run.signal(signal.SIGINT)
    assert run.process.wait(PATIENCE) == 130 and run.ends_within(15)
    assert run.errors.startswith("basin-entry: interrupted; ") and run.errors.endswith(RESUMES)
    assert run.errors.count("\n") == 1 and not list((tmp_path / "out").rglob(".*"))


@pytest.mark.thorough
def test_workers_would_fill_the_screen(start: Start) -> None:
    """Control: workers that see interrupts say so at length."""
    seeing = "import signal, sys; signal.pthread_sigmask = lambda *_: set(); from numerics.cli import main; main()"
    run = start(*VERIFY, "2", python=seeing)
    assert run.wait(lambda: len(run.workers()) == 2)
    time.sleep(0.2)
    run.signal(signal.SIGINT)
    assert run.process.wait(PATIENCE) == 130
    assert "KeyboardInterrupt" in run.errors


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "number", "group"),
    [
        (LONG, signal.SIGINT, True),
        (LONG, signal.SIGTERM, False),
        ((*VERIFY, "2"), signal.SIGINT, True),
        ((*VERIFY, "2"), signal.SIGTERM, True),
        ((*VERIFY, "2"), signal.SIGTERM, False),
    ],
)
def test_a_stopped_command_goes_on(
    command: tuple[str, ...],
    number: signal.Signals,
    group: bool,
    start: Start,
    undisturbed: Callable[..., dict[str, bytes]],
    tmp_path: Path,
) -> None:
    """Ctrl-C, or a scheduler's ending: it says how to go on, within seconds, and does."""
    whole, out = undisturbed(*command), tmp_path / "out"
    run = start(*command)
    assert run.wait(lambda: len(parts(out)) >= 2)
    begin = time.monotonic()
    run.signal(number, group)
    assert run.process.wait(PATIENCE) == 128 + number and run.ends_within(15)
    assert time.monotonic() - begin < 30
    *before, last = run.errors.splitlines(keepends=True)
    assert last.startswith("basin-entry: interrupted; ") and last.endswith(RESUMES)
    assert all(line.endswith(" …\n") for line in before)  # progress
    assert files(out).items() < whole.items() and not list(out.rglob(".*"))
    kept = parts(out)
    again = start(*command)
    assert again.process.wait(PATIENCE) == 0 and files(out) == final(whole)
    assert command is not LONG or kept.items() < parts(out).items()


def test_a_schedulers_ending_is_an_interrupt(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr("numerics.cli.simulate", ended)
    before = signal.getsignal(signal.SIGTERM)
    result = invoke(*SHORT[:4])
    assert result.code == 143 and result.err.endswith(RESUMES) and signal.getsignal(signal.SIGTERM) == before


def test_an_interrupt_during_imports_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "numerics.cli":
                raise KeyboardInterrupt

    def end() -> tuple[object, str]:
        with pytest.raises(SystemExit) as exit_:
            command.main()
        return exit_.value.code, capsys.readouterr().err

    monkeypatch.setattr(sys, "argv", ["basin-entry", "games"])
    assert end() == (0, "")
    monkeypatch.delitem(sys.modules, "numerics.cli")
    monkeypatch.delattr("numerics.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupted, *sys.meta_path])
    assert end() == (130, "basin-entry: interrupted before any work began.\n")
