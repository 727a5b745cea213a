"""C17's rules on made-up runs: what supports, refutes and leaves open."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from numerics.basins import InitialCooperation
from numerics.evidence import c17_alignment
from numerics.evidence import c17_neural as c17
from numerics.evidence.model import NOT_IN_PROFILE, Run
from theory.claims import Finding, Verdict

pytest.importorskip("jax")
from numerics.neural.alignment import Alignment

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
    row = {"n": 60, "still": 0, "table": 60, "network": 60 - lost, "lost": lost, "condition": [3.0, 4.0, 5.0]}
    monkeypatch.setattr(c17_alignment, "visits", lambda *_: ([row], {}))
    assert c17_alignment._check_alignment(RUN).verdict is verdict


def test_what_stands_still_or_has_no_sign_is_not_lost() -> None:
    table, policy = np.array([0.5, 0.5, 0.5, np.nan, -0.5]), np.array([0.2, -0.2, -1e-12, np.nan, -0.2])
    sizes = {"product": policy, "parameters": policy, "policy": policy, "table": table}
    found = c17_alignment._summary(Alignment(**sizes, condition=np.full(5, 4.0), promised=np.zeros(5, dtype=bool)))
    counts = {name: found[name] for name in ("n", "still", "table", "network", "lost")}
    assert counts == {"n": 5, "still": 1, "table": 3, "network": 1, "lost": 1}


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
