"""numerics.chunks and store: the same bits for any chunks and workers, after a stop, and for more starts later."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics import Experiment, Outcome, chunks, simulate, store
from numerics.certified_regions import certified_region
from numerics.chunks import Chunk, chunk_length
from numerics.dynamics import run
from numerics.implicit import too_large
from numerics.scaling import circle
from numerics.store import Store
from theory.games import Game, ipd_finite, stag_hunt
from theory.regions import certify

EXACT = Experiment(
    stag_hunt(), "initial-cooperation:0.82", ("pg", "meta"), steps=30, lr=0.5, count=300, anneal="two-phase:10:0.7:5"
)
SAMPLED = replace(EXACT, game=ipd_finite(), gradient="sampled", form="expanded", batch=8, count=150, steps=12)
ORACLE = replace(EXACT, success="oracle", policy="direct", init="uniform:0:1", lr=0.05)
KINDS = {"exact": EXACT, "sampled": SAMPLED, "oracle": ORACLE}


def arrays(outcome: Outcome) -> list[np.ndarray]:
    return [a for row in outcome.methods for a in (row.end, row.success, row.undecided, row.paths)]


def same(a: Outcome, b: Outcome) -> bool:
    text = json.dumps(a.to_json()) == json.dumps(b.to_json())
    return text and all(np.array_equal(x, y, equal_nan=True) for x, y in zip(arrays(a), arrays(b), strict=True))


def short(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(chunks, "SHORTEST", length)
    monkeypatch.setattr(chunks, "LONGEST", length)


# ------------------------------------------------------------------------------------------------------------ same bits


@pytest.mark.parametrize("kind", KINDS)
def test_chunks_and_workers_change_no_bit(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = KINDS[kind]
    whole = simulate(experiment, every=7, workers=1)
    for length, workers in ((64, 1), (64, 2), (37, 3), (150, 8)):
        short(monkeypatch, length)
        assert same(simulate(experiment, every=7, workers=workers), whole)
    # control: another seed is another outcome
    assert not same(simulate(replace(experiment, seed=1), every=7), whole)


def test_a_method_does_not_depend_on_the_others() -> None:
    both, alone = simulate(SAMPLED), simulate(replace(SAMPLED, methods=("meta",)))
    assert np.array_equal(both["meta"].end, alone["meta"].end)
    assert not np.array_equal(both["pg"].end, alone["meta"].end)


@settings(max_examples=30, deadline=None)
@given(
    steps=st.integers(1, 40),
    every=st.none() | st.integers(1, 45),
    at_once=st.integers(1, 40),
    reports=st.integers(1, 30),
)
def test_a_chunk_is_cut_anywhere(steps: int, every: int | None, at_once: int, reports: int) -> None:
    """Frames, reports and the late part may fall anywhere: same ends, one frame per multiple, all steps reported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numerics.stretches._AT_ONCE", at_once)
        patch.setattr(chunks, "_REPORTS", reports)
        told: list[int] = []
        experiment = replace(EXACT, steps=steps)
        found = Chunk(experiment, "meta", 10, 25, every).compute(report=told.append)
    expected = Chunk(experiment, "meta", 0, 40, 1).compute()
    assert np.array_equal(found["ends"], expected["ends"][:, 10:25])
    assert np.array_equal(found["travelled"], expected["travelled"][10:25])
    kept = range(0, steps + 1, every) if every else []
    assert len(found["paths"]) == len(kept)
    assert all(np.array_equal(found["paths"][k], expected["paths"][n][:, 10:25]) for k, n in enumerate(kept))
    assert sum(told) == steps * 15


def test_the_length_of_a_chunk_goes_by_work_alone() -> None:
    assert chunk_length(EXACT, "meta") == chunk_length(replace(EXACT, count=10**6, seed=5), "meta")
    long = chunk_length(replace(EXACT, steps=10**6), "meta")
    assert chunks.SHORTEST <= long < chunk_length(EXACT, "meta") <= chunks.LONGEST
    assert chunk_length(replace(SAMPLED, steps=1000), "pg") < chunk_length(SAMPLED, "pg")


def test_chunks_come_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of all methods on the same starts are close together, so that pairs of starts need not be kept long."""
    longer = {"pg": 256, "meta": 64}
    monkeypatch.setattr(chunks, "chunk_length", lambda experiment, method, every: longer[method])
    experiment = replace(EXACT, count=300)
    assert [(p.method, p.first, p.last) for p in chunks.chunks(experiment)] == [
        ("pg", 0, 256), ("meta", 0, 64), ("meta", 64, 128), ("meta", 128, 192), ("meta", 192, 256),
        ("pg", 256, 300), ("meta", 256, 300),
    ]  # fmt: skip
    assert chunks.number_of_chunks(experiment) == 7 and chunks.block_length(experiment) == 256
    monkeypatch.setitem(longer, "meta", 96)  # no part of the other
    assert chunks.block_length(experiment) == 768
    assert [(p.method, p.first, p.last) for p in chunks.chunks(experiment)][:3] == [
        ("pg", 0, 256), ("pg", 256, 300), ("meta", 0, 96)
    ]  # fmt: skip


def test_kept_paths_shorten_a_chunk() -> None:
    """Two parameters: a frame holds 2 numbers a start, and 2^24 fit."""
    assert chunk_length(EXACT, "meta", every=30) == chunk_length(EXACT, "meta")
    longer = replace(EXACT, steps=999)
    assert chunk_length(longer, "meta", every=1) == 2**13  # 1 000 frames of 2 numbers
    assert chunk_length(replace(EXACT, steps=10**8), "meta", every=1) == 1


def test_games_too_large_to_expand_are_simulated_alike() -> None:
    large = replace(
        EXACT, game=circle(120), success="mean-value:3", policy="direct", init="uniform:0:1", count=70, steps=3, lr=0.05
    )
    assert too_large(large.game) and not too_large(circle(6))
    outcome = simulate(large)
    reference = run(large.learning("meta"), outcome.starts, 3)
    np.testing.assert_allclose(outcome["meta"].end, reference, rtol=0, atol=1e-12)
    assert not np.allclose(outcome["pg"].end, reference, rtol=0, atol=1e-12)
    assert np.isfinite(outcome["meta"].welfare or np.nan)


def test_a_chunk_of_a_large_game_goes_by_the_states_and_fits_in_memory() -> None:
    def operations(states: int, **change: object) -> int:
        return chunks._operations(replace(EXACT, game=circle(states), policy="direct", **change).learning("meta"))

    # Each of two points: 2/3 120^3, (1 + 4) products of two solves of 2 120^2 and 4 120 transitions.
    assert operations(120) == 2 * (2 * 120**3 // 3 + 5 * (4 * 120**2 + 2 * 4 * 120))
    assert 6 < operations(240) / operations(120) < 8  # nearly cubic
    assert operations(120, unroll=3, form="unrolled") == 2 * operations(120)
    idle = replace(EXACT, policy="direct", steps=1)
    lengths = {states: chunk_length(replace(idle, game=circle(states)), "meta") for states in (6, 240, 400)}
    assert lengths == {6: chunks.LONGEST, 240: 128, 400: 32}
    assert lengths[400] < chunks.SHORTEST  # memory knows no floor
    assert chunk_length(replace(idle, game=circle(240), steps=10**4), "meta") == chunks.SHORTEST
    assert chunk_length(replace(idle, game=circle(400), count=10**5), "meta") == lengths[400]


# --------------------------------------------------------------------------------------------------------------- resume


def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the chunks that are computed from now on."""
    names: list[str] = []
    compute = Chunk.compute

    def counting(self: Chunk, *rest: object) -> dict[str, np.ndarray]:
        names.append(f"{self.method} {self.name}")
        return compute(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Chunk, "compute", counting)
    return names


def test_a_stopped_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, 100)
    whole = simulate(EXACT)
    names = computed(monkeypatch)
    save = Store.save

    def stopping(self: Store, part: str, found: dict[str, np.ndarray]) -> None:
        if len(names) == 4:
            raise KeyboardInterrupt
        save(self, part, found)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "save", stopping)
        with pytest.raises(KeyboardInterrupt):
            simulate(EXACT, store=tmp_path, workers=1)
    assert len(names) == 4
    names.clear()
    assert same(simulate(EXACT, store=tmp_path), whole)
    assert len(names) == 3  # three of six were kept
    names.clear()
    calls: list[tuple[str, int, int]] = []
    assert same(simulate(EXACT, lambda *call: calls.append(call), store=tmp_path), whole)
    assert not names and calls[-1][1] == calls[-1][2]


def test_more_starts_later_take_up_the_first_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, 100)
    simulate(EXACT, store=tmp_path)
    names = computed(monkeypatch)
    more = replace(EXACT, count=450)
    assert same(simulate(more, store=tmp_path), simulate(more))
    assert sorted(names[:4]) == sorted(
        f"{method} {part}" for method in ("pg", "meta") for part in ("000000300-000000400", "000000400-000000450")
    )


def test_a_part_that_cannot_be_read_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, 100)
    whole = simulate(EXACT, store=tmp_path)
    files = sorted(tmp_path.rglob("*.npz"))
    assert len(files) == 6
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[:-200])
    content = bytearray(files[2].read_bytes())
    with np.load(files[2]) as part:
        content[bytes(content).index(part["ends"].tobytes())] ^= 1
    files[2].write_bytes(content)
    with np.load(files[3]) as part:
        arrays = dict(part)
    np.savez(files[3], allow_pickle=False, **{**arrays, "success": ~arrays["success"]})  # the hash is that of others
    np.savez(files[4], allow_pickle=False, **{name: arrays[name][..., :50] for name in arrays})
    names = computed(monkeypatch)
    assert same(simulate(EXACT, store=tmp_path), whole)
    assert len(names) == 5
    shutil.copy(files[5], files[4])  # whole, but of other starts
    next(tmp_path.rglob("manifest.json")).write_text("{")
    assert same(simulate(EXACT, store=tmp_path), whole)
    assert len(names) == 6
    assert all(json.loads(path.read_text())["settings"] for path in tmp_path.rglob("manifest.json"))


def other_settings() -> dict[str, Experiment]:
    changes: dict[str, dict[str, object]] = {
        "seed": {"seed": 1}, "steps": {"steps": 31}, "lr": {"lr": 0.25}, "own": {"own": 0.5},
        "init": {"init": "normal:2"},
        "success": {"success": "oracle"}, "form": {"form": "expanded"}, "anneal": {"anneal": "none"},
        "payoff": {"game": stag_hunt(R=5)}, "clip": {"clip": 3.0}, "unroll": {"unroll": 2},
        "inner": {"inner_lr": (0.2,)},
    }  # fmt: skip
    return {name: replace(EXACT, **change) for name, change in changes.items()}


def test_other_settings_are_other_computations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identities = {json.dumps(chunks.settings(e, "pg", None)) for e in (EXACT, *other_settings().values())}
    assert len(identities) == 1 + len(other_settings())
    assert chunks.settings(replace(EXACT, count=7, methods=("pg",)), "pg", None) == chunks.settings(EXACT, "pg", None)
    assert chunks.settings(EXACT, "pg", None) != chunks.settings(EXACT, "meta", None)
    assert chunks.settings(EXACT, "pg", None) != chunks.settings(EXACT, "pg", 2)
    folder = Store.open(tmp_path, {"a": 1}).folder
    assert Store.open(tmp_path, {"a": 1}).folder == folder != Store.open(tmp_path, {"a": 2}).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["settings"] == {"a": 1} and manifest["versions"]["packages"]["numpy"] == np.__version__
    monkeypatch.setattr(store, "code_digest", lambda: "of other code")
    assert Store.open(tmp_path, {"a": 1}).folder != folder


def test_a_region_goes_by_its_content(tmp_path: Path) -> None:
    def certified(game: Game) -> str:
        (tmp_path / "region.json").write_text(certify(game, "Stag,Stag").text)
        assert certified_region(str(tmp_path / "region.json"))
        region = replace(EXACT, success=f"region:{tmp_path / 'region.json'}", policy="direct")
        return json.dumps(chunks.settings(region, "pg", None)["success"])

    assert certified(stag_hunt()) != certified(stag_hunt(R=5))


def test_parts_hold_plain_arrays_only(tmp_path: Path) -> None:
    keeper = Store.open(tmp_path, {})
    keeper.save("part", {"x": np.arange(3.0)})
    found = keeper.load("part")
    assert found is not None and found["x"].tolist() == [0, 1, 2]
    assert keeper.load("absent") is None
    np.savez(keeper.path("evil.npz"), x=np.array([{}], dtype=object))
    assert keeper.load("evil") is None
