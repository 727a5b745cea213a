"""numerics.evidence.c15_sweep: the published coefficients, one family, and a sweep that does not rise."""

from __future__ import annotations

import pytest

from numerics.evidence import Run, c15_sweep, model
from numerics.published import published_experiment
from numerics.simulation import simulate
from theory.claims import Verdict
from theory.games import stag_hunt


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "SIZES", {"quick": {"C15.logit": 2000}})


def test_the_sweep_of_stag_hunt() -> None:
    found = c15_sweep.CHECKS["C15.sweep"](Run("quick", 0))
    rows, steps = found.evidence[0].content["sweep"], found.evidence[0].content["steps"]
    assert found.verdict == Verdict.SUPPORTED and len(rows) == 8 and len(steps) == 7
    alone = simulate(published_experiment(stag_hunt(), ("meta",), 2000, 0))["meta"]
    published = next(row for row in rows if row["c_peer"] == 1.5)
    assert published["share"] == alone.share.fraction and published["lambda"] == pytest.approx(0.825)
    assert published["interval"][0] < alone.share.interval[0] < alone.share.interval[1] < published["interval"][1]
    assert all(step["adjusted_p"] < 0.05 for step in steps)


def test_a_game_in_which_it_falls() -> None:
    """T < S: the flux is negative (10, 3, 2, 4), so the target loses starts as the coefficient grows."""
    game = stag_hunt(R=10, S=3, T=2, P=4)
    found = c15_sweep._check(Run("quick", 0), game, 4000)
    assert found.verdict == Verdict.REFUTED and "falls" in found.reason


def test_no_verdict_without_starts_enough() -> None:
    assert c15_sweep._check(Run("quick", 0), stag_hunt(), 100).verdict == Verdict.UNDECIDED
