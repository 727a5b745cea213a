"""numerics.store and files: damaged and foreign parts, full and read-only disks, two processes in one folder."""

from __future__ import annotations

import errno
import io
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from hypothesis import given
from hypothesis import strategies as st

from numerics import chunks, files, store
from numerics.evidence import Run
from numerics.files import StorageError, store_whole, whole_file, write_whole
from numerics.store import Store
from numerics.verdicts import verify
from theory.claims import Verdict
from theory.claims.model import settle
from theory.errors import BadInput

COMMAND = Path(sys.executable).with_name("basin-entry")
ARRAYS = {
    "ends": np.array([[1.5, np.nan, -0.0], [np.inf, 5e-324, 1e308]]),
    "success": np.array([True, False, True]),
    "paths": np.empty((0, 2, 3)),
}


def same(found: dict[str, np.ndarray] | None, arrays: dict[str, np.ndarray] = ARRAYS) -> bool:
    """The same arrays bit for bit."""
    return found is not None and {name: (a.dtype, a.shape, a.tobytes()) for name, a in found.items()} == {
        name: (a.dtype, a.shape, a.tobytes()) for name, a in arrays.items()
    }


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(tmp_path_factory.mktemp("parts"), {"a": 1})


@pytest.fixture
def part(keeper: Store) -> Path:
    """A part that is well."""
    keeper.save("part", ARRAYS)
    return keeper.path("part.npz")


def seal(keeper: Store, content: bytes) -> None:
    """Put an archive in a part's place that ends with the right hash, as only somebody who means it does."""
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = bytes(64)
    whole = file.getvalue()[:-64]
    path = keeper.path("part.npz")
    path.unlink(missing_ok=True)  # an earlier test may have left a pipe there, which would wait for a reader
    path.write_bytes(whole + keeper._digest("part", io.BytesIO(whole), len(whole)))


def archived(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def visible(folder: Path) -> dict[str, bytes]:
    """Every file that does not begin with a dot."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def hidden(folder: Path) -> list[Path]:
    return list(folder.rglob(".*"))


# -------------------------------------------------------------------------------------------------------- damaged parts


def test_a_part_comes_back_bit_for_bit(keeper: Store, part: Path) -> None:
    assert same(keeper.load("part"))
    before = part.read_bytes()
    keeper.save("part", ARRAYS)
    assert part.read_bytes() == before  # equal arrays are equal bytes, at any time of day
    with np.load(part, allow_pickle=False) as archive:  # and the file is a plain archive
        assert same(dict(archive))


@given(st.data())
def test_damage_anywhere_is_seen(keeper: Store, data: st.DataObject) -> None:
    keeper.save("part", ARRAYS)
    path = keeper.path("part.npz")
    content = bytearray(path.read_bytes())
    where = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(("changed", "cut", "longer", "missing", "doubled")))
    if kind == "changed":
        content[where] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del content[where:]
    elif kind == "longer":
        content += data.draw(st.binary(min_size=1, max_size=80))
    elif kind == "missing":
        del content[where : where + data.draw(st.integers(1, 600))]
    else:
        content[where:where] = content[where : where + data.draw(st.integers(1, 600))]
    path.write_bytes(content)
    assert keeper.load("part") is None
    keeper.save("part", ARRAYS)
    assert same(keeper.load("part"))


def test_every_single_bit_counts(keeper: Store, part: Path) -> None:
    whole = part.read_bytes()
    for where in range(len(whole)):
        part.write_bytes(whole[:where] + bytes([whole[where] ^ 1 << where % 8]) + whole[where + 1 :])
        assert keeper.load("part") is None
    part.write_bytes(whole)
    assert same(keeper.load("part"))


def changed(**change: np.ndarray) -> Callable[[Path], None]:
    """Other arrays, with the hash of those that were saved."""

    def put(path: Path) -> None:
        digest, arrays = path.read_bytes()[-64:], {**ARRAYS, **change}
        file = io.BytesIO(archived(**{name: array for name, array in arrays.items() if array.size or name == "paths"}))
        with zipfile.ZipFile(file, "a") as archive:
            archive.comment = digest
        path.write_bytes(file.getvalue())

    return put


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.unlink()
        make(path)

    return put


WRONG: dict[str, Callable[[Path], None]] = {
    "empty": lambda path: path.write_bytes(b"") and None,
    "text": lambda path: path.write_text("mine\n" * 100) and None,
    "without a hash": lambda path: path.write_bytes(archived(**ARRAYS)) and None,
    "another type": changed(ends=ARRAYS["ends"].view(np.int64)),
    "another shape": changed(ends=ARRAYS["ends"].T),
    "another name": changed(end=ARRAYS["ends"]),
    "a missing array": changed(success=np.empty(0)),
    "a link to nowhere": instead(lambda path: path.symlink_to("nowhere")),
    "a link to itself": instead(lambda path: path.symlink_to(path.name)),
    "a pipe": instead(os.mkfifo),
    "a device without end": instead(lambda path: path.symlink_to("/dev/zero")),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_was_not_saved_is_done_again(kind: str, keeper: Store, part: Path) -> None:
    WRONG[kind](part)
    assert keeper.load("part") is None
    keeper.save("part", ARRAYS)
    assert same(keeper.load("part")) and not part.is_symlink()


def test_a_folder_in_a_parts_place_is_refused_and_stays(keeper: Store, part: Path) -> None:
    part.unlink()
    part.mkdir()
    (part / "thesis.tex").write_text("mine")
    assert keeper.load("part") is None
    with pytest.raises(StorageError, match=r"^cannot write .*part\.npz: Is a directory\.$"):
        keeper.save("part", ARRAYS)
    assert (part / "thesis.tex").read_text() == "mine" and not hidden(keeper.folder)
    shutil.rmtree(part)


def test_parts_of_others_are_not_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Store.open(tmp_path, {"seed": 0})
    mine.save("000-100", ARRAYS)
    whole = mine.path("000-100.npz").read_bytes()
    foreign = {"another computation": Store.open(tmp_path, {"seed": 1})}
    monkeypatch.setattr(store, "code_digest", lambda: "of other code")
    foreign["other code"] = Store.open(tmp_path, {"seed": 0})
    monkeypatch.undo()
    monkeypatch.setattr(store, "machine", lambda: {"processor": "another"})
    foreign["another processor"] = Store.open(tmp_path, {"seed": 0})
    assert len({mine.folder, *(other.folder for other in foreign.values())}) == 4
    for other in foreign.values():
        other.path("000-100.npz").write_bytes(whole)
        assert other.load("000-100") is None
    mine.path("100-200.npz").write_bytes(whole)  # another range
    assert mine.load("100-200") is None
    moved = Store(tmp_path / "moved" / mine.folder.name)  # control: all the same but the place
    moved.folder.mkdir(parents=True)
    moved.path("000-100.npz").write_bytes(whole)
    assert same(moved.load("000-100"))


def test_the_hash_is_what_sees_it(keeper: Store, part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: a store that looks at no hash takes up what is there."""

    def believing(self: Store, part: str, file: io.BufferedIOBase, size: int) -> bytes:
        file.seek(size)
        digest = file.read(64)
        file.seek(size)
        return digest

    changed(ends=np.zeros((2, 3)))(part)
    assert keeper.load("part") is None
    monkeypatch.setattr(Store, "_digest", believing)
    found = keeper.load("part")
    assert found is not None and not found["ends"].any()


# ---------------------------------------------------------------------------------- archives that mean it, hash and all


@contextmanager
def memory_at_most(size: int) -> Iterator[None]:
    """The process's memory does not grow by more, not even for a moment."""

    def now(name: str) -> int:
        found = re.search(rf"{name}:\s*(\d+) kB", Path("/proc/self/status").read_text())
        assert found is not None
        return 1024 * int(found[1])

    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    except OSError:
        pytest.skip("this system does not tell a process's peak of memory")
    before = now("VmRSS")
    yield
    assert now("VmHWM") - before < size


def claiming(shape: tuple[int, ...]) -> bytes:
    """An array of three numbers that says it has another shape."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("ends.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": shape})
        member.write(np.ones(3).tobytes())
    return file.getvalue()


def bomb(kind: int, size: int = 2**26) -> bytes:
    """A small archive of one large array, larger than what the allocator may keep of earlier ones (32 MB)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        archive.writestr("ends.npy", _npy(np.zeros(size // 8)))
    assert len(file.getvalue()) < size / 100
    return file.getvalue()


def _npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


class Runs:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("shape", [(10**18,), (2**60, 2**60), (2**27,), (-1,), (2, 10**9)])
def test_claimed_shapes_take_no_memory(shape: tuple[int, ...], keeper: Store) -> None:
    seal(keeper, claiming(shape))
    with memory_at_most(2**24):
        assert keeper.load("part") is None
    seal(keeper, claiming((3,)))  # control: sealed like this, an honest one is read
    assert same(keeper.load("part"), {"ends": np.ones(3)})


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_bombs_do_not_unfold(kind: int, keeper: Store) -> None:
    seal(keeper, bomb(kind))
    with memory_at_most(2**24):
        assert keeper.load("part") is None
    with pytest.raises(AssertionError), memory_at_most(2**24):  # control: unfolded, it is seen
        np.load(keeper.path("part.npz"))["ends"]


def test_a_huge_file_takes_no_memory(keeper: Store, part: Path) -> None:
    with part.open("ab") as file:
        file.truncate(2**28)
    with memory_at_most(2**24):
        assert keeper.load("part") is None


def test_nothing_in_a_part_is_executed(keeper: Store, tmp_path: Path) -> None:
    evil = _npy(np.array([Runs(tmp_path / "ran")], dtype=object), allow_pickle=True)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ends.npy", evil)
    seal(keeper, file.getvalue())
    assert keeper.load("part") is None and not (tmp_path / "ran").exists()
    np.load(io.BytesIO(evil), allow_pickle=True)  # control
    assert (tmp_path / "ran").exists()
    with pytest.raises(ValueError, match="Object arrays"):
        keeper.save("part", {"ends": np.array([{}], dtype=object)})


@given(st.binary(max_size=400))
def test_sealed_garbage_is_no_part(keeper: Store, content: bytes) -> None:
    path = keeper.path("part.npz")
    path.unlink(missing_ok=True)
    path.write_bytes(content + keeper._digest("part", io.BytesIO(content), len(content)))
    assert keeper.load("part") is None


def test_a_damaged_manifest_is_written_again(tmp_path: Path) -> None:
    keeper = Store.open(tmp_path, {"a": 1})
    manifest = keeper.path("manifest.json")
    whole = manifest.read_bytes()
    for damage in (
        lambda: manifest.write_bytes(whole[:-1]),
        lambda: manifest.write_bytes(whole.replace(b"1", b"2")),
        lambda: (manifest.unlink(), os.mkfifo(manifest)),
        lambda: (manifest.unlink(), manifest.symlink_to("nowhere")),
    ):
        damage()
        assert Store.open(tmp_path, {"a": 1}).folder == keeper.folder and manifest.read_bytes() == whole
    manifest.unlink()
    manifest.mkdir()
    with pytest.raises(StorageError, match=r"^cannot write .*manifest.json: Is a directory\.$"):
        Store.open(tmp_path, {"a": 1})


# ------------------------------------------------------------------------------------------ leftovers of killed writers


def test_what_killed_writers_left_goes_after_a_day(tmp_path: Path) -> None:
    def left(name: str, hours: float) -> Path:
        path = tmp_path / name
        path.write_text("half")
        os.utime(path, (time.time() - 3600 * hours,) * 2)
        return path

    gone = [left(f".000-100.npz.{k:032x}", 25 + k) for k in range(3)]
    kept = [
        left(f".000-100.npz.{1:032x}x", 99), left(f"000-100.npz.{1:032x}", 99), left(f".000-100.npz.{1:031x}", 99),
        left(".bashrc", 99), left("thesis.tex", 99), left(f".000-100.npz.{7:032x}", 23),
    ]  # fmt: skip
    (tmp_path / f".folder.{1:032x}").mkdir()
    (tmp_path / f".link.{1:032x}").symlink_to("nowhere")
    write_whole(tmp_path / "new", "whole")
    assert not any(path.exists() for path in gone) and all(path.exists() for path in kept)
    assert (tmp_path / f".folder.{1:032x}").is_dir() and (tmp_path / f".link.{1:032x}").is_symlink()


def test_the_names_are_those_that_writers_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    plain = Path.replace

    def noted(self: Path, other: Path) -> Path:
        seen.append(self.name)
        return plain(self, other)

    monkeypatch.setattr(Path, "replace", noted)
    write_whole(tmp_path / "a.npz", "whole")
    with whole_file(tmp_path / "b.npz") as file:
        file.write(b"whole")
    assert len(seen) == 2 and all(files._UNFINISHED.fullmatch(name) for name in seen)
    assert visible(tmp_path) == {"a.npz": b"whole", "b.npz": b"whole"} and not hidden(tmp_path)


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "a") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    plain = Path.write_bytes

    def stopped(self: Path, data: bytes) -> int:
        plain(self, data[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", "whole")
    assert not list(tmp_path.iterdir())


# --------------------------------------------------------------------------------------------------- two in one folder


def test_a_folder_that_another_process_removes_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``verify`` does at its end, when another one of the same name still writes there."""
    folder = tmp_path / "unfinished" / "run" / "computation"
    plain = Path.write_bytes
    removed = count()

    def rudely(self: Path, data: bytes) -> int:
        if next(removed) < 5:
            shutil.rmtree(tmp_path / "unfinished")
        return plain(self, data)

    monkeypatch.setattr(Path, "write_bytes", rudely)
    store_whole(folder / "part.npz", b"whole")
    assert visible(tmp_path) == {"unfinished/run/computation/part.npz": b"whole"} and not hidden(tmp_path)
    removed = count()
    monkeypatch.setattr(files, "_TRIES", 1)  # control: giving up at once would end the other process
    with pytest.raises(StorageError, match="No such file or directory"):
        store_whole(folder / "part.npz", b"whole")


SIMULATE = (
    "simulate", "stag-hunt", "--success", "initial-cooperation:0.82", "--count", "300", "--steps", "30", "-o", "out",
)  # fmt: skip


def test_two_processes_share_a_folder(invoke: Invoke, tmp_path: Path) -> None:
    """Both end well, with the same bytes on disk and on screen as one alone."""
    longer = (*SIMULATE[:4], "--count", "5000", "--steps", "3000", "-o", "out", "--json")
    both = [
        subprocess.Popen([COMMAND, *longer], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    (out, _), (again, _) = (process.communicate(timeout=300) for process in both)
    assert [process.returncode for process in both] == [0, 0] and out == again
    written = visible(tmp_path)
    assert not hidden(tmp_path) and sum(name.endswith(".npz") for name in written) > 2
    assert invoke(*longer).out.encode() == out and visible(tmp_path) == written


# ------------------------------------------------------------------ disks that fail, and power that fails, at any write


class Killed(BaseException):
    """The process is gone: nothing tidies up."""


@pytest.fixture
def whole(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The files of an undisturbed run in short chunks."""
    monkeypatch.setattr(chunks, "SHORTEST", 100)
    monkeypatch.setattr(chunks, "LONGEST", 100)
    assert invoke(*SIMULATE, "--workers", "1").code == 0
    found = visible(tmp_path)
    assert sum("chunks" in name and name.endswith(".npz") for name in found) == 6 and len(found) == 10
    shutil.rmtree(tmp_path / "out")
    return found


def failing(patch: pytest.MonkeyPatch, allowed: int, error: BaseException) -> None:
    """Let some files appear; the next one is cut in half and stays so, and after it nothing can be written at all."""
    plain, appeared = Path.replace, count()

    def stopped(self: Path, other: Path) -> Path:
        if next(appeared) < allowed:
            return plain(self, other)
        os.truncate(self, self.stat().st_size // 2)
        if isinstance(error, Killed):
            patch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        raise error

    patch.setattr(Path, "replace", stopped)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_disk_that_fails_is_one_sentence(
    code: int, whole: dict[str, bytes], invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the manifest, a chunk, either result: exit 2, nothing half-written, finished chunks intact and taken up."""
    for allowed in (0, 4, 8, 9) if code == errno.ENOSPC else (4,):
        with monkeypatch.context() as patch:
            failing(patch, allowed, OSError(code, os.strerror(code)))
            failed = invoke(*SIMULATE, "--workers", "1")
        sentence = failed.err.splitlines()[-1]
        assert failed.code == 2 and failed.out == "" and "Traceback" not in failed.err
        assert re.fullmatch(rf"basin-entry: cannot write out/.*: {os.strerror(code)}\.", sentence)
        found = visible(tmp_path)
        assert len(found) == allowed and found.items() <= whole.items() and not hidden(tmp_path)
        times = {name: (tmp_path / name).stat().st_mtime_ns for name in found if "chunks" in name}
        assert invoke(*SIMULATE, "--workers", "1").code == 0
        assert visible(tmp_path) == whole
        assert all((tmp_path / name).stat().st_mtime_ns == then for name, then in times.items())
        shutil.rmtree(tmp_path / "out")


def test_a_kill_at_any_write_leaves_whole_files_only(
    whole: dict[str, bytes], invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for allowed in range(len(whole)):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            failing(patch, allowed, Killed())
            invoke(*SIMULATE, "--workers", "1")
        found = visible(tmp_path)
        assert len(found) == allowed and found.items() <= whole.items() and len(hidden(tmp_path)) == 1
        assert invoke(*SIMULATE, "--workers", "1").code == 0
        assert visible(tmp_path) == whole
        shutil.rmtree(tmp_path / "out")


def test_writing_in_place_would_be_seen(
    whole: dict[str, bytes], invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: files that are written where they belong are half there after a kill."""

    @contextmanager
    def in_place(path: Path) -> Iterator[Path]:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path

    plain, written = Path.write_bytes, count()

    def half(self: Path, data: bytes) -> int:
        if next(written) < 4:
            return plain(self, data)
        plain(self, data[: len(data) // 2])
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(files, "_beside", in_place)
        patch.setattr(Path, "write_bytes", half)
        invoke(*SIMULATE, "--workers", "1")
    assert not visible(tmp_path).items() <= whole.items()


def test_a_failing_disk_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """What stops a check from outside does not leave its claim undecided."""
    monkeypatch.setattr("numerics.evidence.model.SIZES", {"quick": {"C15.logit": 200}})
    run = Run("quick", 0, store=tmp_path / "unfinished")
    with monkeypatch.context() as patch:
        failing(patch, 3, OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(StorageError, match=r"^cannot write .*: No space left on device\.$"):
            verify(run, ("C15.logit",))
        failed = invoke("verify", "--claim", "C15.logit", "--out", "out", "--workers", "1")
    assert failed.code == 2 and failed.out == "" and failed.err.endswith(": No space left on device.\n")
    assert not (tmp_path / "out" / "verdicts.json").exists()
    done = {entry.claim.id: entry.finding for entry in verify(run, ("C15.logit",)).entries}
    assert done["C15.logit"].verdict == Verdict.SUPPORTED

    def meaningless() -> Any:
        raise BadInput("the game has no target.")

    assert settle(meaningless).verdict == Verdict.UNDECIDED  # control


def test_files_that_may_not_grow(invoke: Invoke, tmp_path: Path) -> None:
    """The system's own limit on a file's size, which parts keep and the result does not."""
    assert invoke(*SIMULATE).code == 0  # with kernels compiled
    whole = visible(tmp_path)
    parts = {name: content for name, content in whole.items() if "chunks" in name}
    shutil.rmtree(tmp_path / "out")
    limit = max(map(len, parts.values()))
    assert limit < len(whole["out/simulation.npz"])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        failed = invoke(*SIMULATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert failed.code == 2 and failed.out == ""
    assert failed.err.splitlines()[-1] == "basin-entry: cannot write out/simulation.npz: File too large."
    assert visible(tmp_path) == parts and not hidden(tmp_path)
    assert invoke(*SIMULATE).code == 0 and visible(tmp_path) == whole


def mounted(options: str, cwd: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script where the folder ``out`` is a small disk of its own, which nobody else sees."""
    command = f"mount -t tmpfs -o {options} none out && {script}"
    unshared = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    (cwd / "out").mkdir()
    try:
        probe = subprocess.run(
            [*unshared, "mount -t tmpfs none out"], cwd=cwd, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if probe.returncode:
        pytest.skip(f"no disk can be mounted here: {probe.stderr.strip()}")
    return subprocess.run([*unshared, command], cwd=cwd, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.thorough
def test_a_full_disk(tmp_path: Path) -> None:
    """A real one, of 512 kB: parts are taken up when there is room again."""
    command = " ".join([str(COMMAND), *SIMULATE[:4], "--count 12000 --steps 5 -o out --workers 1"])
    done = mounted(
        "size=512k", tmp_path, f"{command}; echo $?; ls -A out out/chunks/*; mount -o remount,size=9m out; {command}"
    )
    status, *listed = done.stdout.partition("┏")[0].split()
    assert status == "2" and done.returncode == 0
    assert "simulation.npz" not in listed and not [name for name in listed if name.startswith(".")]
    assert sum(name.endswith(".npz") for name in listed) == 1
    assert "No space left on device." in done.stderr and "Traceback" not in done.stderr


@pytest.mark.thorough
def test_a_read_only_disk(tmp_path: Path) -> None:
    for verb in (SIMULATE, ("verify", "--claim", "C6", "--out", "out")):
        done = mounted("ro", tmp_path, " ".join([str(COMMAND), *verb]))
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr == "basin-entry: cannot write out: out is not writable.\n"
        (tmp_path / "out").rmdir()


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_permission(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    refused = invoke(*SIMULATE)
    assert refused.code == 2 and refused.err == "basin-entry: cannot write out: out is not writable.\n"
    (tmp_path / "closed" / "out").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o000)
    refused = invoke(*SIMULATE[:-1], "closed/out")
    (tmp_path / "closed").chmod(0o700)
    assert refused.code == 2 and refused.err == "basin-entry: cannot write closed/out: closed is not writable.\n"


# ------------------------------------------------------------------------------------------------------------- output


@pytest.mark.parametrize("arguments", [("games",), SIMULATE, (*SIMULATE, "--json"), ("verify", "--claim", "C6")])
def test_output_that_nobody_can_take(
    arguments: tuple[str, ...], invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full, broken, closed: one sentence, and the files are there."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    reading, writing = os.pipe()
    os.close(reading)
    outputs = {
        "No space left on device": os.fdopen(os.open("/dev/full", os.O_WRONLY), "w"),
        "Broken pipe": os.fdopen(writing, "w"),
        "standard output is closed": None,
    }
    for reason, output in outputs.items():
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", output)
            result = invoke(*arguments, *(("--workers", "1") if "verify" in arguments else ()))
        assert result.code == 2
        assert result.err.splitlines()[-1] == f"basin-entry: the output cannot be written: {reason}."
        if output is not None:
            assert "-o" not in arguments or "out/simulation.npz" in visible(tmp_path)
            with suppress(OSError):
                output.close()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("> /dev/full", "No space left on device"),
        ("2> errors | true", "Broken pipe"),
        ("2>&1 | true", None),
        (">&- 2> errors", "standard output is closed"),
    ],
)
def test_the_shell_sees_the_same(where: str, reason: str | None, tmp_path: Path) -> None:
    """The installed command, with nothing more said as it ends."""
    command = f"{{ sleep 1; {COMMAND} games; echo $? > status; }} {where}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    errors = tmp_path / "errors"
    said = errors.read_text() if errors.exists() else done.stderr
    assert said == ("" if reason is None else f"basin-entry: the output cannot be written: {reason}.\n")
    assert done.stdout == "" and (tmp_path / "status").read_text() == "2\n"
