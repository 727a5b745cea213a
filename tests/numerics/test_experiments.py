"""numerics.experiments, simulation and outcomes: bad settings, common starts, the contract's JSON, saved files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from numerics import Experiment, Outcome, simulate
from numerics.dynamics import run
from numerics.sample_size import resolved_difference
from numerics.simulation import Progress
from numerics.statistics import paired_difference, wilson
from theory.errors import BadInput
from theory.games import Game, ipd, matching_pennies, prisoners_dilemma, stag_hunt, tandem
from theory.updates import FORMS, REGISTRY


def experiment(**changes: object) -> Experiment:
    settings = {"game": stag_hunt(), "success": "initial-cooperation:0.82", "count": 40, "steps": 30, "lr": 0.5}
    return Experiment(**{**settings, **changes})


def dumped(outcome: Outcome) -> str:
    """The JSON text as the command line prints it; strict, so NaN would be an error."""
    return json.dumps(outcome.to_json(), indent=1, ensure_ascii=False, allow_nan=False)


# ---------------------------------------------------------------------------------------------------- bad settings

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("option", "settings"),
    [
        ("policy", {"policy": "softmax"}),
        ("unroll", {"unroll": 0}),
        ("unroll", {"unroll": -1}),
        ("unroll", {"unroll": 1.0}),
        ("unroll", {"unroll": True}),
        ("--form", {"form": "published"}),
        ("--method", {"methods": ("pg", "sgd")}),
        ("--method", {"methods": ("pg", "meta", "pg")}),
        ("--method", {"methods": ()}),
        ("--inner-lr", {"inner_lr": ()}),
        ("--inner-lr", {"inner_lr": (0.1, 0.1, 0.1)}),
        ("--inner-lr", {"inner_lr": (0.0,)}),
        ("--inner-lr", {"inner_lr": (0.1, -0.1)}),
        ("--inner-lr", {"inner_lr": (0.1, NAN)}),
        ("--inner-lr", {"inner_lr": (INF,)}),
        ("--own", {"own": NAN}),
        ("--own", {"own": INF}),
        ("--peer", {"peer": NAN}),
        ("--peer", {"peer": -INF}),
        ("--lr", {"lr": 0.0}),
        ("--lr", {"lr": -0.5}),
        ("--lr", {"lr": NAN}),
        ("--lr-power", {"lr_power": NAN}),
        ("--lr-power", {"lr_power": INF}),
        ("--lr-offset", {"lr_offset": 0.0}),
        ("--lr-offset", {"lr_offset": -1.0}),
        ("--lr-offset", {"lr_offset": INF}),
        ("--clip", {"clip": 0.0}),
        ("--clip", {"clip": -8.0}),
        ("--clip", {"clip": NAN}),
        ("--clip", {"clip": INF}),
        ("--steps", {"steps": 0}),
        ("--steps", {"steps": -5}),
        ("--count", {"count": 0}),
        ("--count", {"count": -1}),
        ("--seed", {"seed": -1}),
        ("--init", {"init": "normal"}),
        ("--init", {"init": "grid:1:0:1"}),
        ("--success", {"success": ""}),
        ("--success", {"success": "initial-cooperation:2"}),
        ("--anneal", {"anneal": "two-phase:1"}),
        ("--anneal", {"anneal": "linear"}),
        ("--vary", {"vary": ("p1",)}),
        ("--steps", {"steps": 10**14}),
        ("--batch", {"batch": 100}),
        ("--baseline", {"baseline": True}),
        ("--credit", {"credit": "per-step"}),
        ("--gradient", {"gradient": "guess"}),
        ("--at", {"at": "Stag,Stag"}),
    ],
)
def test_bad_settings_are_one_sentence_with_the_option(option: str, settings: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        experiment(**settings)
    sentence = str(caught.value)
    assert option in sentence and sentence.endswith(".") and "\n" not in sentence


@pytest.mark.parametrize(
    ("reason", "settings"),
    [
        ("no target", {"game": matching_pennies()}),
        ("--init.*two", {"game": ipd(), "init": "grid:3:0.1:0.9"}),
        ("no logit", {"init": "grid:3:0:1"}),
        ("tandem", {"game": tandem()}),
        ("tandem", {"game": tandem(), "success": "oracle"}),
        ("no target", {"game": matching_pennies(), "success": "oracle"}),
    ],
)
def test_settings_that_the_game_does_not_allow_are_refused_before_any_work(
    reason: str, settings: dict[str, object]
) -> None:
    steps: list[int] = []
    with pytest.raises(BadInput, match=reason):
        simulate(experiment(**settings), lambda method, done, total: steps.append(done))
    assert not steps


def test_defaults_are_the_contract() -> None:
    default = Experiment(stag_hunt(), "initial-cooperation:0.82")
    assert (default.methods, default.form, default.policy, default.unroll) == (("pg", "meta"), "unrolled", "logit", 1)
    assert (default.inner_lr, default.own, default.peer) == ((0.1,), 1, 1)
    assert (default.lr, default.lr_power, default.lr_offset, default.clip) == (0.1, 0, 1, None)
    assert (default.steps, default.init, default.count, default.seed) == (1000, "normal:1", 100, 0)
    assert default.anneal == "none"


@pytest.mark.parametrize("method", REGISTRY)
def test_settings_reach_the_dynamics(method: str) -> None:
    every = experiment(
        methods=(method,), form="expanded", policy="direct", unroll=2, inner_lr=(0.2, 0.3), own=0.5, peer=-2.0, lr=0.7,
        lr_power=0.3, lr_offset=4.0, clip=3.0, anneal="two-phase:5:1:2",
    )  # fmt: skip
    rule = every.learning(method)
    assert (rule.rule, rule.form, rule.policy, rule.unroll) == (method, "expanded", "direct", 2)
    assert (rule.inner_lr, rule.own, rule.peer, rule.clip) == ((0.2, 0.3), 0.5, -2, 3)
    assert rule.schedule.size(1) == pytest.approx(0.7 / 5**0.3)
    assert rule.anneal is not None and rule.anneal.factor(7) == 0.5
    assert experiment(inner_lr=(0.2,)).learning("pg").inner_lr == (0.2, 0.2)


# --------------------------------------------------------------------------------------------------------- JSON


def check_result(row: dict[str, object], on_grid: bool) -> None:
    """One entry of ``results`` as the contract has it."""
    keys = ["method", "successes", "total", "fraction", "interval", "undecided", "ends", "welfare", "exploitability"]
    assert list(row) == keys + (["discretisation"] if on_grid else [])
    assert row["fraction"] == row["successes"] / row["total"]
    assert sum(row["ends"].values()) == row["total"]
    if on_grid:
        assert row["interval"] is None and row["discretisation"] >= 0
    else:
        low, high = row["interval"]
        assert 0 <= low <= row["fraction"] <= high <= 1


def test_json_of_random_starts() -> None:
    outcome = simulate(experiment(methods=("pg", "own", "meta")))
    data = json.loads(dumped(outcome))
    assert list(data) == ["schema_version", "game", "config", "results", "paired"]
    assert data["schema_version"] == 1
    assert data["game"] == {"name": "stag-hunt", "parameters": {"R": "4", "S": "0", "T": "3", "P": "2"}}
    assert data["config"]["methods"] == ["pg", "own", "meta"] and "game" not in data["config"]
    assert data["config"]["success"] == "initial-cooperation:0.82" and data["config"]["clip"] is None
    assert [row["method"] for row in data["results"]] == ["pg", "own", "meta"]
    for row in data["results"]:
        check_result(row, on_grid=False)
        assert row["total"] == 40
        assert row["interval"] == pytest.approx(wilson(row["successes"], 40))
    assert [(pair["a"], pair["b"]) for pair in data["paired"]] == [("own", "pg"), ("meta", "pg"), ("meta", "own")]
    for pair in data["paired"]:
        assert list(pair) == ["a", "b", "difference", "interval", "p_value"]
        assert pair["interval"][0] <= pair["difference"] <= pair["interval"][1] and 0 <= pair["p_value"] <= 1


def test_json_of_a_grid() -> None:
    data = json.loads(dumped(simulate(experiment(init="grid:7:0.1:0.9"))))
    for row in data["results"]:
        check_result(row, on_grid=True)
        assert row["total"] == 49
    assert data["paired"] == []


def test_json_reads_back_as_the_same_experiment() -> None:
    """``config`` is complete: with the game it makes the same experiment again."""
    first = experiment(clip=8.0, anneal="two-phase:5:1:2", inner_lr=(0.1, 0.2))
    config = json.loads(dumped(simulate(first)))["config"]
    lists = {name: tuple(value) for name, value in config.items() if isinstance(value, list)}
    assert Experiment(game=stag_hunt(), **{**config, **lists}) == first


def test_json_of_a_game_with_exact_parameters() -> None:
    data = simulate(experiment(game=stag_hunt(R="9/2", T="2.5"), steps=1)).to_json()
    assert data["game"]["parameters"] == {"R": "9/2", "S": "0", "T": "5/2", "P": "2"}


def test_json_when_every_run_is_undecided() -> None:
    """No finite end: undecided throughout, no success, and still strict JSON without NaN or warnings."""
    lost = simulate(
        experiment(lr=1e308, peer=1e308, form="expanded", methods=("peer", "meta"), success="mean-value:-9")
    )
    data = json.loads(dumped(lost))
    for row in data["results"]:
        assert row["successes"] == 0 and row["undecided"] == 40 and row["ends"] == {"undecided": 40}
        assert row["welfare"] is None and row["exploitability"] is None
        assert row["interval"] == [0, 1]
    (pair,) = data["paired"]
    assert pair["difference"] == 0 and pair["interval"] == pytest.approx([-1, 1]) and pair["p_value"] == 1


def test_json_of_a_differentiable_game() -> None:
    data = json.loads(dumped(simulate(experiment(game=tandem(), success="mean-value:0", policy="direct", lr=0.05))))
    for row in data["results"]:
        assert row["exploitability"] is None and set(row["ends"]) <= {"settled", "moving", "undecided"}


# ------------------------------------------------------------------------------------------------------- numbers


def test_shares_and_means_are_those_of_the_ends() -> None:
    """Recomputed from the ends by hand: counts, welfare 2·(4pq + 3/2 (p + q − 2pq) + 2 (1 − p)(1 − q))."""
    outcome = simulate(experiment(methods=("meta",), policy="direct", lr=0.05, steps=8, init="uniform:0:1"))
    result = outcome["meta"]
    p, q = result.end
    np.testing.assert_allclose(result.end, run(outcome.experiment.learning("meta"), outcome.starts, 8), rtol=1e-12)
    assert (result.success == ((p >= 0.82) & (q >= 0.82))).all() and result.share.successes == result.success.sum()
    welfare = 8 * p * q + 3 * ((1 - p) * q + p * (1 - q)) + 4 * (1 - p) * (1 - q)
    assert result.welfare == pytest.approx(welfare.mean(), rel=1e-12)
    # a best reply against q is worth max(4q, 3q + 2(1 − q))
    gain = np.maximum(
        np.maximum(4 * q, 2 + q) - (p * 4 * q + (1 - p) * (2 + q)),
        np.maximum(4 * p, 2 + p) - (q * 4 * p + (1 - q) * (2 + p)),
    )
    assert result.exploitability == pytest.approx(gain.mean(), abs=1e-12)


def test_paired_difference_is_a_minus_b() -> None:
    """``a`` is the later method, so the difference reads as its gain; at these settings meta wins."""
    both = experiment(form="expanded", inner_lr=(1.0,), lr=1.0, steps=60, count=200, seed=5)
    outcome = simulate(both)
    (pair,) = outcome.paired
    gain = outcome["meta"].share.fraction - outcome["pg"].share.fraction
    assert (pair.a, pair.b) == ("meta", "pg") and gain > 0.1
    assert pair.difference.difference == pytest.approx(gain)
    assert pair.difference.gained == (outcome["meta"].success & ~outcome["pg"].success).sum()
    assert pair.difference.lost == (outcome["pg"].success & ~outcome["meta"].success).sum()
    assert pair.difference.interval[0] > 0
    (reverse,) = simulate(experiment(**{**vars(both), "methods": ("meta", "pg")})).paired
    assert (reverse.a, reverse.b) == ("pg", "meta")
    assert reverse.difference.difference == -pair.difference.difference
    assert reverse.difference == paired_difference(outcome["pg"].success, outcome["meta"].success)


@pytest.mark.parametrize("init", ["normal:1", "grid:9:0.1:0.9"])
def test_adding_a_method_changes_no_other_result(init: str) -> None:
    alone = {method: simulate(experiment(methods=(method,), init=init)) for method in REGISTRY}
    together = simulate(experiment(methods=tuple(REGISTRY), init=init))
    backwards = simulate(experiment(methods=tuple(REGISTRY)[::-1], init=init))
    for method in REGISTRY:
        row = json.dumps([r for r in alone[method].to_json()["results"]])
        for other in (together, backwards):
            assert json.dumps([r for r in other.to_json()["results"] if r["method"] == method]) == row
            assert other[method].end.tobytes() == alone[method][method].end.tobytes()


def test_more_starts_keep_the_first_ones() -> None:
    few, many = simulate(experiment(count=20)), simulate(experiment(count=50))
    for method in ("pg", "meta"):
        assert few[method].end == pytest.approx(many[method].end[:, :20], abs=1e-12)
        assert (few[method].success == many[method].success[:20]).all()


def test_same_seed_same_bytes_other_seed_other_numbers() -> None:
    first, again, other = (simulate(experiment(seed=seed)) for seed in (3, 3, 4))
    assert dumped(first) == dumped(again)
    assert first["meta"].end.tobytes() == again["meta"].end.tobytes()
    assert first["meta"].end.tobytes() != other["meta"].end.tobytes()
    assert not (first.starts == other.starts).any()


@pytest.mark.parametrize("form", FORMS)
def test_without_coefficients_all_methods_are_current(form: str) -> None:
    """c_own = c_peer = 0 leaves g(φ_L) of the Meta-MAPG family (g(φ₀) in expanded form, where pg agrees too)."""
    family = ("current", "own", "peer", "meta", *(("pg",) if form == "expanded" else ()))
    outcome = simulate(experiment(methods=family, form=form, own=0.0, peer=0.0))
    for method in family:
        assert outcome[method].end == pytest.approx(outcome["current"].end, abs=1e-9)


def test_a_game_is_played_at_its_parameters() -> None:
    """With R = 40 nearly every start hunts the stag; with the defaults a quarter does."""
    easy = simulate(experiment(game=stag_hunt(R=40), methods=("pg",), steps=100))["pg"].share.fraction
    plain = simulate(experiment(methods=("pg",), steps=100))["pg"].share.fraction
    assert easy > 0.7 > plain


def test_progress_counts_up_to_the_total() -> None:
    calls: list[tuple[str, int, int]] = []
    watch: Progress = lambda *call: calls.append(call)  # noqa: E731
    simulate(experiment(count=5000, steps=40, methods=("pg", "peer")), watch)
    assert {method for method, _, _ in calls} == {"pg", "peer"}
    done = [d for _, d, _ in calls]
    assert len(done) > 20 and done == sorted(done) and {t for *_, t in calls} == {done[-1]} == {2 * 5000 * 40}


def test_oracle_agrees_with_the_closed_form() -> None:
    """Stag Hunt, direct: one corrected step and then policy gradient, success iff p + q > 4/3 after the step."""
    outcome = simulate(experiment(success="oracle", policy="direct", init="uniform:0:1", steps=1, lr=0.05))
    for method in ("pg", "meta"):
        result = outcome[method]
        assert (result.success == (result.end.sum(0) > 4 / 3)).all() and not result.undecided.any()


@pytest.mark.parametrize(("game", "target"), [(prisoners_dilemma(), "D,D"), (stag_hunt(), "Stag,Stag")])
def test_ends_and_success_agree(game: Game, target: str) -> None:
    outcome = simulate(experiment(game=game, success="initial-cooperation:0.9", steps=400))
    for result in outcome.methods:
        label = target if len(target) > 3 else target.replace(",", "")
        assert result.ends.get(label, 0) == result.share.successes


# -------------------------------------------------------------------------------------------- the published grid


def test_published_grid_of_the_issue() -> None:
    """Shares of pg, own, peer, meta at the published settings; the published ones were sampled: within .006."""
    published = {"pg": 0.259, "own": 0.264, "peer": 0.429, "meta": 0.423}
    outcome = simulate(
        Experiment(
            stag_hunt(), "initial-cooperation:0.82", tuple(published), "expanded", "logit", inner_lr=(0.55,), own=0.35,
            peer=1.5, lr=0.9, lr_power=0.24, lr_offset=10.0, clip=8.0, steps=140, init="grid:51:0.05:0.95",
        )
    )  # fmt: skip
    assert outcome.paired == ()
    for method, share in published.items():
        result = outcome[method]
        assert result.share.total == 2601 and result.share.undecided == 0
        assert result.share.fraction == pytest.approx(share, abs=0.006)
        assert result.discretisation is not None and result.discretisation < 0.03
        assert (abs(result.end) <= 8).all()


# -------------------------------------------------------------------------------------------------- saved files


def test_saved_arrays_are_the_results(tmp_path: Path) -> None:
    outcome = simulate(experiment(steps=10), every=4)
    paths = outcome.save(tmp_path / "deep" / "er")
    assert sorted(path.name for path in (tmp_path / "deep" / "er").iterdir()) == ["simulation.json", "simulation.npz"]
    assert {path.name for path in paths} == {"simulation.json", "simulation.npz"}
    header = json.loads((tmp_path / "deep" / "er" / "simulation.json").read_text())
    with np.load(tmp_path / "deep" / "er" / "simulation.npz", allow_pickle=False) as arrays:
        assert {name: list(array.shape) for name, array in arrays.items()} == header["arrays"]
        assert (arrays["starts"] == outcome.starts).all()
        for method in ("pg", "meta"):
            assert (arrays[f"ends_{method}"] == outcome[method].end).all()
            assert (arrays[f"success_{method}"] == outcome[method].success).all()
            assert not arrays[f"undecided_{method}"].any()
            frames = arrays[f"paths_{method}"]
            assert frames.shape == (3, 2, 40) and (frames[0] == outcome.starts).all()
            reference = run(outcome.experiment.learning(method), outcome.starts, 8)
            np.testing.assert_allclose(frames[2], reference, rtol=1e-10)
    assert header["parameters"] == ["x", "y"]
    assert {key: header[key] for key in outcome.to_json()} == json.loads(dumped(outcome))
    assert header["provenance"]["packages"]["numpy"] == np.__version__


def test_saved_paths_cover_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(experiment(policy="direct", steps=5), every=1)
    monkeypatch.setattr("numerics.chunks.SHORTEST", 16)
    monkeypatch.setattr("numerics.chunks.LONGEST", 16)
    blocked = simulate(experiment(policy="direct", steps=5), every=1)
    assert whole["meta"].paths.shape == (6, 2, 40)
    assert (whole["meta"].paths == blocked["meta"].paths).all()
    assert (whole["meta"].paths[-1] == whole["meta"].end).all()
    assert dumped(whole) == dumped(blocked)


def test_saving_is_reproducible(tmp_path: Path) -> None:
    for name in ("a", "b"):
        simulate(experiment()).save(tmp_path / name)
    for file in ("simulation.npz", "simulation.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_saving_where_a_file_is_in_the_way(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("mine")
    with pytest.raises(BadInput, match="blocked"):
        simulate(experiment(steps=1)).save(blocked)
    assert blocked.read_text() == "mine" and list(tmp_path.iterdir()) == [blocked]


def test_tables_of_an_outcome() -> None:
    outcome = simulate(experiment())
    table = outcome.table()
    assert [row[0] for row in table.rows] == ["pg", "meta"]
    assert all(len(row) == len(table.columns) == len(table.widths) for row in table.rows)
    assert table.rows[0][1] == f"{outcome['pg'].share.successes}/40"
    (row,) = outcome.differences().rows
    assert row[0] == "meta − pg" and row[-1] == "none"  # so few pairs are discordant that no difference is found
    apart = simulate(experiment(methods=("pg", "peer"), form="expanded", peer=15.0, count=100))
    (row,), pair = apart.differences().rows, apart.paired[0].difference
    assert row[-1] == f"{resolved_difference(100, (pair.gained + pair.lost) / 100):.4f}"
    grid = simulate(experiment(init="grid:5:0.1:0.9"))
    assert "discretisation" in grid.table().columns[3] and grid.differences().rows == ()
