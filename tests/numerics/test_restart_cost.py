"""numerics.restart_cost by hand, against a paired bootstrap and simulated chains; rules of the evidence can fail.

By hand: with p = 1/2 and at most 3 epochs E min(T, 3) = 1 + 1/2 + 1/4; with 120 steps of work 2 success costs
120 · 2/(1/2) = 480.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from numerics.evidence import c14_restart_cost as c14
from numerics.evidence.model import Run
from numerics.restart_cost import Epochs, cost_rows, epoch_ends, operations, run_epochs, share_ratio
from numerics.simulation import simulate
from theory.claims import Verdict, c15_restart_cost
from theory.games import ipd, stag_hunt


def epochs(method: str, rows: list[str], undecided: list[str] | None = None) -> Epochs:
    success = np.array([[c == "1" for c in row] for row in rows])
    unknown = np.zeros_like(success) if undecided is None else np.array([[c == "1" for c in row] for row in undecided])
    return Epochs(method, success, unknown)


def drawn(p_a: float, p_b: float, shape: tuple[int, int], seed: int) -> tuple[Epochs, Epochs]:
    """Two rules with common uniform starts: the one with the smaller p succeeds in a part of the other's successes."""
    uniform = np.random.default_rng(seed).random(shape)
    nothing = np.zeros(shape, dtype=bool)
    return Epochs("a", uniform < p_a, nothing), Epochs("b", uniform < p_b, nothing)


# ---------------------------------------------------------------------------------------------------------- chains


def test_shares_by_hand() -> None:
    found = epochs("pg", ["0010", "1111", "0000", "0001"], ["1000", "0000", "0000", "0000"])
    assert (found.share().successes, found.share().total, found.share().undecided) == (6, 16, 1)


def test_geometric_law_against_simulated_chains() -> None:
    a, _ = drawn(0.3, 0.3, (20_000, 13), 1)
    p = a.share().fraction
    tail = [(~a.success[:, :k].any(1)).mean() for k in range(1, 14)]
    assert tail == pytest.approx([(1 - p) ** k for k in range(1, 14)], abs=0.015)  # 4 standard errors of 1/2


def test_epochs_of_the_runs_are_the_simulated_successes() -> None:
    """The same ends and labels as ``simulate`` gives, chain by chain; more chains leave the earlier ones alone."""
    small, large = (c14.restart_experiment(stag_hunt(), ("pg", "meta"), chains, 5) for chains in (20, 40))
    outcome = simulate(small)
    assert all((ends == outcome[method].end).all() for method, ends in epoch_ends(small, 13))
    for entry, more in zip(run_epochs(small, 13), run_epochs(large, 13), strict=True):
        assert (entry.success.ravel() == outcome[entry.method].success).all()
        assert (more.success[:20] == entry.success).all() and entry.success.shape == (20, 13)
        assert 0 < entry.success.sum() < entry.success.size
    assert small.steps == 120 and small.init == "uniform:-3:3"
    with pytest.raises(ValueError, match="whole chains"):
        run_epochs(small, 7)


def test_successive_epochs_are_independent() -> None:
    (entry,) = run_epochs(c14.restart_experiment(stag_hunt(), ("pg",), 1500, 2), 13)
    x, y = entry.success[:, :-1].ravel(), entry.success[:, 1:].ravel()
    limit = 4 / math.sqrt(x.size)
    assert abs(np.corrcoef(x, y)[0, 1]) < limit
    assert abs(np.corrcoef(x, x | y)[0, 1]) > limit  # control: dependent epochs are noticed


def test_a_run_that_is_not_finite_is_undecided() -> None:
    experiment = c14.restart_experiment(stag_hunt(), ("pg",), 2, 0, init="normal:1e308", lr=1e308, clip=None)
    (entry,) = run_epochs(experiment, 13)
    assert entry.undecided.any() and not (entry.success & entry.undecided).any()


# ------------------------------------------------------------------------------------------------------------ ratio


def bootstrap(a: Epochs, b: Epochs, seed: int) -> NDArray[np.float64]:
    """Percentile interval of p_a/p_b, pairs resampled together."""
    draw, x, y = np.random.default_rng(seed), a.success.ravel(), b.success.ravel()
    table = np.array([(x & y).mean(), (x & ~y).mean(), (~x & y).mean(), (~x & ~y).mean()])
    counts = draw.multinomial(x.size, table, 20_000)
    ratios = (counts[:, 0] + counts[:, 1]) / (counts[:, 0] + counts[:, 2])
    return np.percentile(ratios, [2.5, 97.5])


@pytest.mark.parametrize(("p_a", "p_b"), [(0.3, 0.4), (0.05, 0.3)])
def test_the_ratios_interval_against_a_paired_bootstrap(p_a: float, p_b: float) -> None:
    a, b = drawn(p_a, p_b, (400, 13), 3)
    ratio, interval = share_ratio(a, b)
    assert ratio == pytest.approx(a.success.mean() / b.success.mean())
    width = interval[1] - interval[0]
    assert interval == pytest.approx(bootstrap(a, b, 0), abs=0.06 * width)
    # control: without the pairing the interval is another one
    shuffled = Epochs("b", np.random.default_rng(9).permuted(b.success.ravel()).reshape(b.success.shape), b.undecided)
    assert abs(share_ratio(a, shuffled)[1][1] - interval[1]) > 0.06 * width


def test_the_ratios_interval_covers() -> None:
    hits = 0
    for seed in range(400):
        low, high = share_ratio(*drawn(0.1, 0.25, (100, 5), seed))[1]
        hits += low <= 0.4 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_rules_without_success_and_undecided_epochs() -> None:
    none, some = epochs("a", ["000"]), epochs("b", ["010"])
    assert math.isnan(share_ratio(none, none)[0])
    assert share_ratio(none, some)[1] == share_ratio(some, none)[1] == (0.0, math.inf)
    a, b = drawn(0.3, 0.4, (100, 13), 3)
    unknown = ~a.success & (np.random.default_rng(0).random(a.success.shape) < 0.1)
    narrow, wide = share_ratio(a, b)[1], share_ratio(replace(a, undecided=unknown), b)[1]
    assert wide[0] == narrow[0] and wide[1] > narrow[1]
    with pytest.raises(ValueError, match="no pairs"):
        share_ratio(some, epochs("c", ["01"]))


# ------------------------------------------------------------------------------------------------------------- rows


def test_rows_by_hand() -> None:
    pg = epochs("pg", ["100", "010", "000", "000"])
    meta = epochs("meta", ["110", "011", "010", "001"])
    base, other = cost_rows([pg, meta], 120, {"pg": 2, "meta": 5})
    assert base["p"]["estimate"] == pytest.approx(1 / 6) and other["p"]["estimate"] == 0.5
    assert base["ratio"] == {"estimate": 1.0, "interval": [1.0, 1.0]}
    assert base["cost"]["estimate"] == pytest.approx(120 * 2 * 6) and other["cost"]["estimate"] == 120 * 5 * 2
    assert other["ratio"]["estimate"] == pytest.approx(1200 / 1440)
    assert other["break_even"] == pytest.approx(5 / 12)  # p(meta) = 1/2 lies above: cheaper
    assert other["within"]["estimate"] == 7 / 8
    low, high = other["p"]["interval"]
    assert other["epochs"]["interval"] == pytest.approx([1 / high, 1 / low])
    (silent, _) = cost_rows([epochs("pg", ["000"]), epochs("meta", ["010"])], 120, {"pg": 1, "meta": 1})
    assert silent["cost"]["estimate"] is None and silent["epochs"]["interval"][1] is None


@pytest.mark.parametrize("work", [0.5, 1.9, 2.1, 7.0])
def test_break_even_is_where_the_ratio_is_one(work: float) -> None:
    pg, meta = drawn(0.2, 0.4, (200, 13), 0)
    rows = cost_rows([replace(pg, method="pg"), replace(meta, method="meta")], 120, {"pg": 1.0, "meta": work})
    assert (rows[1]["ratio"]["estimate"] < 1) == (rows[1]["p"]["estimate"] > rows[1]["break_even"])


def test_operations_grow_with_the_corrections() -> None:
    for game in (stag_hunt(), ipd()):
        found = operations(c14.restart_experiment(game, ("pg", "own", "peer", "meta"), 1, 0))
        for kind in ("derived", "compiled"):
            pg, own, peer, meta = (getattr(found[method], kind) for method in ("pg", "own", "peer", "meta"))
            assert pg < min(own, peer) and max(own, peer) < meta < own + peer
        assert all(count.compiled < count.derived for count in found.values())


def test_operations_by_hand() -> None:
    """g₁ = p(1 − p)·((R − T)q + (S − P)(1 − q)) takes at least a few for each of two players, and two exponentials."""
    found = operations(c14.restart_experiment(stag_hunt(), ("pg",), 1, 0))["pg"]
    assert 14 <= found.compiled <= 24


# --------------------------------------------------------------------------------------------------------- evidence


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ([(0.5, 0.9), (0.8, 0.99)], Verdict.SUPPORTED),
        ([(0.5, 0.9), (0.8, 1.1)], Verdict.UNDECIDED),  # one count is not sure
        ([(0.5, 0.9), (1.1, 1.2)], Verdict.UNDECIDED),  # the counts disagree
        ([(1.1, 1.2), (2.0, 2.1)], Verdict.REFUTED),
        ([(0.0, math.inf)], Verdict.UNDECIDED),
    ],
)
def test_the_rule_for_costs(ratios: list[tuple[float, float]], verdict: Verdict) -> None:
    assert c14.decided(ratios) == verdict


def test_the_stag_hunt_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c14, "CHAINS", {"quick": {"exact": 600, "horizon": 0}})
    run = Run("quick", 0)
    names = ("C15.cost", "C15.cost-steps", "C16.cost-horizon")
    found = {name: c14.CHECKS[name](run) for name in names}
    assert found["C15.cost"].verdict == Verdict.REFUTED and found["C15.cost-steps"].verdict == Verdict.SUPPORTED
    assert found["C16.cost-horizon"].reason.startswith("not-run")


def test_claims_and_checks_belong_together() -> None:
    assert {claim.id for claim in c15_restart_cost.CLAIMS} == set(c14.CHECKS)
    assert all(claim.scope and claim.assumptions and claim.check is None for claim in c15_restart_cost.CLAIMS)
