"""numerics.ablation: arms differ in the coefficients alone, one family of intervals, and the rule of C4.ablation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from numerics.ablation import comparisons, rows, run_cells
from numerics.evidence import Run, c04_mechanism, model
from numerics.evidence.c04_mechanism import larger
from numerics.multiplicity import holm
from numerics.published import published_experiment
from numerics.simulation import simulate
from numerics.statistics import paired_difference
from theory.claims import Verdict
from theory.games import ipd, prisoners_dilemma, stag_hunt

PUBLISHED = published_experiment(stag_hunt(), ("pg",), 300, 0)


def test_in_expanded_form_the_arms_are_the_rules() -> None:
    """One rule with a coefficient 0 against the rules pg, own, peer, meta themselves."""
    (cell,) = run_cells([PUBLISHED])
    outcome = simulate(replace(PUBLISHED, methods=("pg", "own", "peer", "meta")))
    for arm, result in cell.results.items():
        np.testing.assert_allclose(result.end, outcome[arm].end, rtol=1e-9, atol=1e-9)
    assert not np.allclose(cell.results["own"].end, outcome["peer"].end)


def test_sampled_arms_are_the_rules_too() -> None:
    sampled = replace(PUBLISHED, gradient="sampled", batch=20, steps=20, count=40)
    (cell,) = run_cells([sampled])
    outcome = simulate(replace(sampled, methods=("pg", "own", "peer", "meta")))
    for arm, result in cell.results.items():
        assert np.array_equal(result.end, outcome[arm].end)


def test_unrolled_arms_have_their_base_at_the_end_of_the_unroll() -> None:
    unrolled = replace(PUBLISHED, form="unrolled")
    (cell,) = run_cells([unrolled], ("own",))
    none = simulate(replace(unrolled, methods=("current",)))["current"]
    left_out = simulate(replace(unrolled, methods=("meta",), own=0.0, peer=0.0))["meta"]
    np.testing.assert_allclose(left_out.end, none.end, rtol=1e-9, atol=1e-9)
    assert not np.allclose(cell.results["pg"].end, none.end)
    assert set(cell.results) == {"pg", "own"}


def test_expanded_with_more_steps_is_larger_coefficients() -> None:
    """Why the ablation has no such cells."""
    (long,) = run_cells([replace(PUBLISHED, unroll=3)], ("meta",))
    (strong,) = run_cells([replace(PUBLISHED, own=3 * PUBLISHED.own, peer=3 * PUBLISHED.peer)], ("meta",))
    np.testing.assert_allclose(long.results["meta"].end, strong.results["meta"].end, rtol=1e-9, atol=1e-9)


def test_policy_gradient_runs_once_for_all_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    run = simulate

    def counting(experiment: object, *rest: object) -> object:
        asked.append(experiment.methods)  # type: ignore[attr-defined]
        return run(experiment, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("numerics.ablation.simulate", counting)
    cells = run_cells([PUBLISHED, replace(PUBLISHED, form="unrolled"), replace(PUBLISHED, peer=5.0)], ("peer",))
    assert asked.count(("pg",)) == 1 and asked.count(("meta",)) == 3
    assert cells[0].results["pg"] is cells[2].results["pg"]
    other = run_cells([PUBLISHED, replace(PUBLISHED, game=stag_hunt(R=5))], ("peer",))
    assert other[0].results["pg"] is not other[1].results["pg"]


def test_rows_are_one_family() -> None:
    cells = run_cells([PUBLISHED, replace(PUBLISHED, form="unrolled")])
    found = list(rows(cells))
    assert [row["arm"] for row in found] == ["pg", "own", "peer", "meta"] * 2
    compared = [row for row in found if row["arm"] != "pg"]
    family = comparisons(cells, [("own", "pg"), ("peer", "pg"), ("meta", "pg")])
    p_values = [entry.difference.p_value for entry in family]
    assert [row["adjusted_p"] for row in compared] == holm(p_values).tolist()
    alone = paired_difference(cells[0].results["peer"].success, cells[0].results["pg"].success)
    low, high = compared[1]["difference_interval"]
    assert low < alone.interval[0] < alone.interval[1] < high and compared[1]["difference"] == alone.difference


@pytest.mark.parametrize(
    ("peer", "own", "verdict"),
    [
        ((0.2, 0.3), (-0.1, 0.1), Verdict.SUPPORTED),
        ((0.2, 0.3), (0.05, 0.25), Verdict.UNDECIDED),
        ((0.01, 0.02), (-0.4, -0.3), Verdict.REFUTED),
        ((-0.3, -0.2), (-0.1, 0.1), Verdict.UNDECIDED),  # a large effect the wrong way supports nothing
        ((-0.1, 0.1), (-0.1, 0.1), Verdict.UNDECIDED),
    ],
)
def test_the_rule(peer: tuple[float, float], own: tuple[float, float], verdict: Verdict) -> None:
    assert larger(peer, own) == verdict


def test_the_check_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where peer-learning does nothing for the target, the claim is not supported."""
    monkeypatch.setattr(model, "SIZES", {"quick": {"C4.ablation": 200, "C4.ablation, horizon": 0}})
    monkeypatch.setattr(
        c04_mechanism, "UNROLLS", {"quick": {"stag-hunt": (1,), "prisoners-dilemma": (1,), "ipd": (1,)}}
    )
    monkeypatch.setattr(c04_mechanism, "WEAK_AND_STRONG", (5.0,))
    found = c04_mechanism.CHECKS["C4.ablation"](Run("quick", 0))
    assert found.verdict == Verdict.SUPPORTED and len(found.evidence[0].content["ablation"]) == 4 * 8
    monkeypatch.setattr(c04_mechanism, "ipd", lambda: replace(prisoners_dilemma(), target=("C", "C")))
    assert ipd().name == "ipd"
    assert c04_mechanism.CHECKS["C4.ablation"](Run("quick", 0)).verdict == Verdict.UNDECIDED
