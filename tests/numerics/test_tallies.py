"""numerics.tallies, exact_sums, array_files: what chunks add up to, without single starts in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from numerics import Experiment, chunks, simulate
from numerics.array_files import Pieces, write_arrays
from numerics.chunks import Chunk
from numerics.exact_sums import ExactSum
from numerics.files import StorageError
from numerics.simulation import _Gathered, finished
from numerics.statistics import difference_of_counts, outcome_codes, pair_counts, paired_difference
from numerics.tallies import tally
from theory.games import stag_hunt

HUNT = Experiment(
    stag_hunt(), "initial-cooperation:0.82", ("pg", "peer", "meta"), steps=30, lr=0.5, count=700, policy="direct"
)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)


def short(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(chunks, "SHORTEST", length)
    monkeypatch.setattr(chunks, "LONGEST", length)


# ----------------------------------------------------------------------------------------------------------------- sums


@given(arrays(np.float64, st.integers(0, 40), elements=DOUBLES), st.integers(0, 40))
def test_a_sum_is_exact_and_does_not_depend_on_the_parts(values: np.ndarray, cut: int) -> None:
    whole = ExactSum.of(values)
    assert whole.total == sum(map(Fraction, values.tolist()), Fraction(0)) and whole.count == len(values)
    assert ExactSum.of(values[:cut]) + ExactSum.of(values[cut:]) == whole == ExactSum.of(values[::-1])


def test_rounding_would_depend_on_the_parts() -> None:
    values = np.array([1e16, 1.0, -1e16, 1.0])  # control: NumPy's sum does
    assert values.sum() != values[[0, 2, 1, 3]].sum()
    assert ExactSum.of(values).mean == ExactSum.of(values[[0, 2, 1, 3]]).mean == 0.5


def test_many_numbers_of_the_same_size_do_not_overflow() -> None:
    value = 2.0**52 + 1
    assert ExactSum.of(np.full(5_000, value)).total == 5_000 * Fraction(value)


def test_no_number_is_no_mean() -> None:
    assert ExactSum.of(np.empty(0)).mean is None
    assert ExactSum.of(np.array([1.0, np.nan])).mean is None
    assert (ExactSum.of(np.array([np.inf])) + ExactSum.of(np.array([1.0]))).mean is None
    largest = np.array([1.7e308, 1.7e308])  # NumPy's mean is infinite
    assert ExactSum.of(largest).mean == 1.7e308
    assert ExactSum.of(np.array([5e-324, 0.0, 0.0])).mean == 0.0


# --------------------------------------------------------------------------------------------------------------- counts


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60), st.integers(0, 60))
def test_counts_of_pairs_add_up(pairs: list[tuple[int, int]], cut: int) -> None:
    a, b = (np.array(column, dtype=np.uint8) for column in zip(*pairs, strict=True))
    whole = pair_counts(a, b)
    assert (whole == pair_counts(a[:cut], b[:cut]) + pair_counts(a[cut:], b[cut:])).all()
    assert whole.tolist() == [[pairs.count((row, column)) for column in range(3)] for row in range(3)]
    assert difference_of_counts(whole) == paired_difference(a == 2, b == 2, a == 1, b == 1)
    # control: the arms exchanged are another difference unless it is none
    assert (difference_of_counts(whole.T) == difference_of_counts(whole)) == (pair_counts(b, a) == whole).all() or (
        difference_of_counts(whole).difference == 0
    )


def test_outcomes_have_codes() -> None:
    success, undecided = np.array([True, False, False]), np.array([False, True, False])
    assert outcome_codes(success, undecided, 3).tolist() == [2, 1, 0]
    with pytest.raises(ValueError, match="both"):
        outcome_codes(success, success, 3)


# ---------------------------------------------------------------------------------------------------------- simulations


def test_kept_or_not_the_results_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, 128)
    kept = simulate(HUNT, every=10)
    for store in (None, tmp_path):
        light = simulate(HUNT, every=10, store=store, keep=False)
        assert json.dumps(light.to_json()) == json.dumps(kept.to_json()) and light.paired == kept.paired
    stored = light  # read from its parts
    for name in ("success", "undecided", "end", "paths"):
        assert np.array_equal(getattr(stored["meta"], name), getattr(kept["meta"], name))
    assert stored.starts.shape == (2, 700)
    paths = [outcome.save(tmp_path / name)[0] for name, outcome in (("a", kept), ("b", stored))]
    with np.load(paths[0]) as a, np.load(paths[1]) as b:
        assert a.files == b.files and all(np.array_equal(a[name], b[name]) for name in a.files)
    forgotten = simulate(HUNT, keep=False)
    with pytest.raises(ValueError, match="keep=False"):
        _ = forgotten["meta"].success
    with pytest.raises(ValueError, match="keep=False"):
        forgotten.save(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_a_part_that_vanished_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, 128)
    light = simulate(HUNT, store=tmp_path, keep=False)
    for path in tmp_path.rglob("*.npz"):
        path.write_bytes(b"")
    with pytest.raises(StorageError, match="gone or damaged"):
        light.save(tmp_path / "out")
    assert not (tmp_path / "out" / "simulation.npz").exists()


def test_methods_with_chunks_of_other_lengths_are_paired_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(HUNT)
    longer = {"pg": 256, "peer": 96, "meta": 64}
    monkeypatch.setattr(chunks, "chunk_length", lambda experiment, method, every=None: longer[method])
    assert json.dumps(simulate(HUNT, keep=False).to_json()) == json.dumps(whole.to_json())


def test_outcomes_wait_for_the_other_methods_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """However chunks come in, single starts are forgotten when all methods on them are there."""
    short(monkeypatch, 64)
    parts = [finished(part, part.compute(), False) for part in chunks.chunks(replace(HUNT, count=300))]
    whole = simulate(replace(HUNT, count=300))
    for order in (parts, parts[::-1], sorted(parts, key=lambda found: found.part.method)):
        gathered = _Gathered(replace(HUNT, count=300), None, False)
        most = 0
        for found in order:
            gathered.add(found)
            most = max(most, len(gathered._waiting))
        assert not gathered._waiting and not gathered._missing
        assert most == (5 if order[0].part.method == order[1].part.method else 1)
        assert json.dumps(gathered.outcome({}).to_json()) == json.dumps(whole.to_json())


def test_ends_that_are_no_number_have_no_welfare() -> None:
    arrays = dict(Chunk(HUNT, "pg", 0, 4, None).compute())
    arrays["ends"] = arrays["ends"].copy()
    arrays["ends"][0, 1] = np.nan
    found, _ = tally(HUNT, arrays)
    assert found.welfare.count == 3 and found.ends["undecided"] == 1
    finite = [0, 2, 3]
    assert found.welfare.mean == pytest.approx(arrays["welfare"][finite].mean(), rel=1e-15)


_MEASURED = """
import resource, sys
from numerics import Experiment, simulate
from theory.games import stag_hunt
hunt = Experiment(stag_hunt(), "initial-cooperation:0.82", ("pg", "meta"), steps=1, count=int(sys.argv[1]))
simulate(hunt, workers=2, keep=sys.argv[2] == "keep")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def most_memory(count: int, keep: str) -> int:
    """KiB at most in a process of its own."""
    command = [sys.executable, "-c", _MEASURED, str(count), keep]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.thorough
def test_memory_does_not_grow_with_the_starts() -> None:
    few, many, kept = most_memory(300_000, "no"), most_memory(3_000_000, "no"), most_memory(3_000_000, "keep")
    # A start that is kept takes 2 methods of 2 parameters, 3 numbers and 2 labels: 84 bytes. 1/40 of it is noise.
    assert many - few < 2.7e6 * 84 / 1024 / 40 * 4
    assert kept - few > 2.7e6 * 84 / 1024 / 2  # control


# ---------------------------------------------------------------------------------------------------------------- files


def pieces(array: np.ndarray, cuts: list[int]) -> Pieces:
    ends = [0, *sorted(cut for cut in cuts if cut < array.shape[-1]), array.shape[-1]]

    def each() -> Iterator[np.ndarray]:
        return (array[..., a:b] for a, b in pairwise(ends))

    return Pieces(array.shape, each)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 9)), elements=DOUBLES),
    st.lists(st.integers(1, 8), max_size=3),
)
def test_pieces_make_the_whole(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, cuts: list[int]) -> None:
    folder = tmp_path_factory.mktemp("arrays")
    for name, each in (("a", cuts), ("b", [])):
        write_arrays(folder / name, {"x": pieces(array, each), "yes": pieces(array[0, 0] > 0, each)})
    with np.load(folder / "a", allow_pickle=False) as stored:
        assert np.array_equal(stored["x"], array) and stored["yes"].dtype == bool
        assert np.array_equal(stored["yes"], array[0, 0] > 0)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def test_pieces_that_do_not_fit_are_noticed(tmp_path: Path) -> None:
    short_of = Pieces((2, 5), lambda: iter((np.zeros((2, 3)),)))
    other = Pieces((2, 5), lambda: iter((np.zeros((3, 5)),)))
    for wrong in (short_of, other):
        with pytest.raises(ValueError, match="x"):
            write_arrays(tmp_path / "x.npz", {"x": wrong})
    assert not list(tmp_path.iterdir())
