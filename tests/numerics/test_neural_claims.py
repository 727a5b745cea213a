"""C17's rules on made-up runs: what supports, refutes and leaves open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from numerics.basins import InitialCooperation
from numerics.compile import Array
from numerics.evidence import c17_alignment
from numerics.evidence import c17_neural as c17
from numerics.evidence.model import NOT_IN_PROFILE, Run
from numerics.neural import ANNEALED
from numerics.statistics import wilson
from theory.claims import Finding, Verdict
from theory.games import ipd

pytest.importorskip("jax")
from numerics.neural import alignment as alignment_module
from numerics.neural import experiments as experiments_module
from numerics.neural import training as training_module
from numerics.neural.alignment import Alignment
from numerics.neural.sampled import Batch

RUN = Run("paper", 0)


def made_up(shares: dict[str, float], n: int = 200) -> c17.Entered:
    """Runs with these shares, nested successes, in which nothing moves; ends in CC and CD in turn."""
    success = {arm: np.arange(n) < round(share * n) for arm, share in shares.items()}
    ends = np.full((10, n), 9.0)
    ends[5, 1::2] = -9.0  # player 2 in the first round
    runs = SimpleNamespace(
        ends=dict.fromkeys(shares, ends), welfare={arm: np.zeros((2, n)) for arm in shares}, every=20
    )
    return c17.Entered(runs, success, {arm: np.zeros(n, dtype=bool) for arm in shares})  # type: ignore[arg-type]


def verdict_of(monkeypatch: pytest.MonkeyPatch, name: str, shares: dict[str, float]) -> Finding:
    monkeypatch.setattr(c17, "entered", lambda *_: made_up(shares))
    return c17._check_published(RUN) if name == "C17.published" else c17._check_entry(name, RUN)


@pytest.mark.parametrize(
    ("pg", "meta", "verdict"),
    [(0.1, 0.4, Verdict.SUPPORTED), (0.4, 0.1, Verdict.REFUTED), (0.2, 0.2, Verdict.UNDECIDED)],
)
def test_the_rule_of_entry(pg: float, meta: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    found = verdict_of(monkeypatch, "C17.mlp-ipd", {"pg": pg, "own": pg, "meta": meta})
    assert found.verdict is verdict
    (evidence,) = found.evidence
    assert (
        evidence.n == 200 and f"pg {pg:.3f}" in evidence.summary and "ends of meta: CC 100, CD 100" in evidence.summary
    )


def test_the_rule_of_the_published_row(monkeypatch: pytest.MonkeyPatch) -> None:
    as_printed = {"pg": 0.0, "own": 0.02, "peer": 0.11, "meta": 0.23}
    assert verdict_of(monkeypatch, "C17.published", as_printed).verdict is Verdict.SUPPORTED
    swapped = as_printed | {"pg": 0.23, "meta": 0.0}
    found = verdict_of(monkeypatch, "C17.published", swapped)
    assert found.verdict is Verdict.REFUTED and "Meta-MAPG" in found.reason and "peer only" not in found.reason


@pytest.mark.parametrize(("lost", "verdict"), [(0, Verdict.UNDECIDED), (1, Verdict.REFUTED)])
def test_the_rule_of_alignment(lost: int, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"n": 60, "still": 0, "no_sign": 0, "table": 60, "network": 60 - lost, "lost": lost, "condition": None}
    monkeypatch.setattr(c17_alignment, "visits", lambda *_: ([row], {}))
    assert c17_alignment._check_alignment(RUN).verdict is verdict


def test_what_stands_still_or_has_no_sign_is_not_lost() -> None:
    table, policy = np.array([0.5, 0.5, 0.5, np.nan, -0.5]), np.array([0.2, -0.2, -1e-12, np.nan, -0.2])
    sizes = {"product": policy, "parameters": policy, "policy": policy, "table": table}
    found = c17_alignment._summary(Alignment(**sizes, condition=np.full(5, 4.0), promised=np.zeros(5, dtype=bool)))
    names = ("n", "still", "no_sign", "table", "table_away", "network", "network_away", "lost")
    assert [found[name] for name in names] == [5, 1, 1, 3, 1, 1, 2, 1]


def test_what_a_profile_leaves_out_is_not_run() -> None:
    quick = Run("quick", 0)
    assert c17._check_entry("C17.mlp-ipd", quick) == NOT_IN_PROFILE == c17._check_published(quick)
    assert set(c17.SIZES["quick"]) == set(c17.SIZES["paper"])


def test_success_is_the_published_one_or_nine_tenths_of_what_the_target_pays() -> None:
    assert c17.setting("C17.mlp-ipd")[1:] == (InitialCooperation(0.82), True)
    # 4 in every context; two steps to the stag at gamma = 9/10, 3.6 in all, over a weight of 10.
    for name, worth in (("C17.signalled", 4.0), ("C17.grid", 0.36)):
        _, success, sampled = c17.setting(name)
        assert not sampled and success.threshold == pytest.approx(0.9 * worth, rel=1e-12)


def test_runs_become_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(c17.SIZES["quick"], "C17.signalled", (6, c17.FEW))  # type: ignore[index]
    found = c17.rows_of("C17.signalled", Run("quick", 3))
    assert [row["arm"] for row in found["neural"]] == ["pg", "meta"]
    for row in found["neural"]:
        assert row["n"] == 6 and row["ends"] == {} and len(row["welfare"]) == 260 // row["every"] + 1
        assert all(low <= mean <= high for mean, low, high in row["welfare"])
    # Both start from the same networks and part from there.
    assert found["neural"][0]["welfare"][0] == found["neural"][1]["welfare"][0]
    assert found["neural"][0]["welfare"][-1] != found["neural"][1]["welfare"][-1]


# ----------------------------------------------------------------------------------------- from runs to what is said


def test_every_visit_is_measured_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    names = c17_alignment.ARMS
    visited = {arm: (np.array([[[k, a]] for k in range(3)], dtype=float),) * 2 for a, arm in enumerate(names)}
    asked: list[tuple[float, ...]] = []

    def measured(game: object, networks: object, theta: list[Array]) -> Alignment:
        asked.append(tuple(theta[0][0]))
        half = np.array([0.5])
        return Alignment(half, half, -half if asked[-1][0] == 2 else half, half, np.array([4.0]), np.array([False]))

    monkeypatch.setattr(training_module, "train", lambda *_, **__: SimpleNamespace(visited=visited))
    monkeypatch.setattr(alignment_module, "alignment", measured)
    monkeypatch.setitem(c17_alignment.SIZES, "paper", (1, 60, 3))
    (evidence,) = c17_alignment._check_alignment(Run("paper", 0)).evidence
    assert asked == [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1)]
    assert [(row["arm"], row["step"], row["lost"]) for row in evidence.content["alignment"]] == [
        ("start", 0, 0),
        ("pg", 60, 0),
        ("pg", 120, 1),
        ("meta", 60, 0),
        ("meta", 120, 1),
    ]
    assert "0 of the starts" in evidence.summary and "2 of 5 visits" in evidence.summary
    assert evidence.interval == wilson(0, 1)


def test_rows_count_undecided_runs_and_the_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    n, names = 8, ("pg", "meta", ANNEALED)
    ends = {arm: np.full((10, n), -9.0 if arm == "pg" else 9.0) for arm in names}
    training = SimpleNamespace(game=ipd())
    welfare = {arm: np.zeros((2, n)) for arm in names}
    runs: Any = SimpleNamespace(training=training, ends=ends, welfare=welfare, every=20)
    success = {arm: np.arange(n) < 2 for arm in names}
    undecided = {arm: np.arange(n) >= 5 for arm in names}
    monkeypatch.setattr(c17, "entered", lambda *_: c17.Entered(runs, success, undecided))
    monkeypatch.setattr(experiments_module, "oracle", lambda trained, arm: (trained.ends[arm], np.arange(n) < 3))
    found = c17.rows_of("C17.mlp-ipd-exact", Run("paper", 0))
    assert [row["undecided"] for row in found["neural"]] == [3, 3, 3]
    assert [row["ends"] for row in found["neural"]] == [{"DD": n}, {"CC": n}, {"CC": n}]
    assert [row.get("oracle") for row in found["neural"]] == [
        {"target": 0, "kept": 0, "undecided": 5},
        {"target": 3, "kept": 8, "undecided": 5},
        None,
    ]
    pairs = [("meta", "pg"), (ANNEALED, "pg"), (ANNEALED, "meta")]
    assert [(row["a"], row["b"]) for row in found["differences"]] == pairs


def test_an_experiment_passes_its_seed_and_gradients_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def trained(training: Any, begin: object, seed: int, progress: object) -> Any:
        asked.append((training.batch, seed))
        return SimpleNamespace(ends={})

    monkeypatch.setattr(experiments_module, "starts", lambda training, count, seed: asked.append((count, seed)))
    monkeypatch.setattr(training_module, "train", trained)
    c17.entered("C17.mlp-ipd", Run("paper", 5))
    c17.entered("C17.mlp-ipd-exact", Run("paper", 6))
    c17.entered.cache_clear()
    assert asked == [(200, 5), (Batch(384, 12), 5), (400, 6), (None, 6)]
