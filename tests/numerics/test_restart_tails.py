"""numerics.restart_tails, restart_figures and the rules of C14: by hand, on synthetic chains, and dependent epochs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from numpy.typing import NDArray
from readable import faults
from scipy.stats import binom, hypergeom

from numerics.evidence import c14_restarts as c14
from numerics.evidence.c14_restart_cost import RESTARTS, restart_experiment
from numerics.evidence.model import Run
from numerics.paper_restarts import chain_mean
from numerics.paper_settings import CHAINS
from numerics.region_entry import definitions
from numerics.restart_cost import run_epochs
from numerics.restart_figures import BOUNDS
from numerics.restart_figures import tails as figure_of_tails
from numerics.restart_tails import (
    FAIL,
    ORACLE,
    SUCCEED,
    Chains,
    independence,
    independence_rows,
    longer,
    restart_rows,
    run_chains,
    tails,
)
from numerics.statistics import clopper_pearson
from theory.claims import Evidence, Verdict
from theory.claims import c14_restarts as claims
from theory.games import stag_hunt

EPOCHS = RESTARTS + 1


def booleans(rows: list[str]) -> NDArray[np.bool_]:
    return np.array([[c == "1" for c in row] for row in rows])


def chains(
    success: NDArray[np.bool_],
    inside: NDArray[np.bool_] | None = None,
    undecided: NDArray[np.bool_] | None = None,
    method: str = "pg",
) -> Chains:
    """Chains with one region, ``box``, beside the oracle's."""
    box = success if inside is None else inside
    unknown = np.zeros_like(success) if undecided is None else undecided
    return Chains(method, {"box": box, ORACLE: success}, success, unknown)


def drawn(
    seed: int, count: int = 4000, p: float = 0.3, kept: float = 0.9, outside: float = 0.1, common: float = 0.0
) -> Chains:
    """Chains of random epochs; ``common`` moves the p of a whole chain up or down by as much."""
    generator = np.random.default_rng(seed)
    shift = common * generator.choice([-1.0, 1.0], (count, 1))
    inside = generator.random((count, EPOCHS)) < p + shift
    success = generator.random((count, EPOCHS)) < np.where(inside, kept, outside)
    return chains(success, inside)


# ------------------------------------------------------------------------------------------------------- one epoch


def test_rows_by_hand() -> None:
    success, inside = booleans(["1000", "0110"]), booleans(["1100", "0010"])
    box, oracle = restart_rows([chains(success, inside)], 120)
    assert (box["n"], box["p"], box["entered"]) == (8, 3 / 8, 3)
    assert box["delta"] == pytest.approx(1 / 3)  # entered three times, of which one failed
    assert box["s"] == 3 / 8 and box["epochs"] == pytest.approx(8 / 3) and box["entries"] == pytest.approx(8 / 3)
    assert box["gradient_steps"] == pytest.approx(120 * 8 / 3)
    assert box["epochs_interval"] == pytest.approx([1 / limit for limit in reversed(box["s_interval"])])
    assert box["delta_interval"][0] <= 1 / 3 <= box["delta_interval"][1]
    assert (oracle["p"], oracle["delta"], oracle["s"]) == (3 / 8, 0, 3 / 8)
    assert json.loads(json.dumps([box, oracle])) == [box, oracle]


def test_regions_never_entered_and_undecided_ends() -> None:
    success, nowhere, unknown = booleans(["0100"]), booleans(["0000"]), booleans(["0010"])
    box, oracle = restart_rows([chains(success, nowhere, unknown)], 10)
    assert (box["p"], box["delta"], box["delta_interval"], box["entries"]) == (0, None, None, None)
    assert box["entries_interval"][1] is None
    assert (oracle["undecided"], oracle["s"]) == (1, 1 / 4)
    (certain, _) = restart_rows([chains(success, nowhere)], 10)
    assert box["s_interval"][0] == certain["s_interval"][0] and box["s_interval"][1] > certain["s_interval"][1]
    entered = restart_rows([chains(success, booleans(["0110"]), unknown)], 10)[0]
    sure = restart_rows([chains(success | unknown, booleans(["0110"]))], 10)[0]
    assert entered["delta"] == 1 / 2 and sure["delta"] == 0  # both ways lie in the interval
    assert entered["delta_interval"][0] == sure["delta_interval"][0] == 0


# ----------------------------------------------------------------------------------------------------------- tails


def test_tails_by_hand() -> None:
    success = booleans(["0010", "1000", "0100", "0001", "1000", "0000"])
    inside = booleans(["0011", "0000", "0100", "1111", "0000", "0000"])
    assert longer(success, 2).tolist() == [True, False, False, True, False, True]
    assert not longer(booleans(["0100"]), 2).any() and longer(booleans(["0100"]), 1).all()
    found = tails([chains(success, inside)], 3)
    box = [tail for tail in found if tail.definition == "box"]
    # The first three chains enter and succeed in 2 of 12 epochs; of the last three one stops at 1 and one at 4.
    assert [(tail.longer, tail.n) for tail in box] == [(2, 3), (2, 3), (2, 3)]
    assert [tail.bound for tail in box] == pytest.approx([(10 / 12) ** k for k in (1, 2, 3)])
    oracle = [tail for tail in found if tail.definition == ORACLE]
    assert [tail.bound for tail in oracle] == pytest.approx([(9 / 12) ** k for k in (1, 2, 3)])
    for tail in found:
        assert tail.interval[0] <= tail.longer / tail.n <= tail.interval[1]
        assert tail.bound_interval[0] <= tail.bound <= tail.bound_interval[1]


def test_both_countings_of_undecided_epochs() -> None:
    success, unknown = booleans(["0010", "0001"] * 4), booleans(["0100", "1000"] * 4)
    found = tails([chains(success, undecided=unknown)], 2)
    lasting = {(t.way, t.k): t.longer for t in found if t.definition == ORACLE}
    assert lasting == {(FAIL, 1): 4, (FAIL, 2): 4, (SUCCEED, 1): 2, (SUCCEED, 2): 0}
    bounds = {t.way: t.bound for t in found if (t.definition, t.k) == (ORACLE, 1)}
    assert bounds == pytest.approx({FAIL: 3 / 4, SUCCEED: 2 / 4})
    assert {tail.way for tail in tails([chains(success)], 2)} == {FAIL}


def test_exact_intervals_cover_where_few_chains_last() -> None:
    n, p, confidence = 100, 1e-4, 1 - 0.05 / 100
    coverage = {True: 0.0, False: 0.0}
    for count in range(4):
        low, high = clopper_pearson(count, n, confidence)
        coverage[low <= p <= high] += float(binom.pmf(count, n, p))
    assert coverage[True] >= confidence


def test_independent_chains_keep_the_bound_and_their_intervals_hold() -> None:
    broken = 0
    for seed in range(20):
        found = tails([drawn(seed, 400)], RESTARTS)
        broken += any(tail.broken for tail in found)
        if seed == 0:
            wide = [tail for tail in found if tail.definition == "box"][2]
            assert wide.bound > wide.longer / wide.n  # success from outside: the bound is not attained
    assert broken <= 2


def test_dependent_chains_are_noticed() -> None:
    """Control: a shared random effect, as in C14.dependent, with every epoch by itself as before."""
    alike, dependent = drawn(1), drawn(1, common=0.25)
    assert dependent.success.mean() == pytest.approx(alike.success.mean(), abs=0.02)
    assert c14.decided(tails([alike], RESTARTS), independence_rows([alike]))[0] is Verdict.SUPPORTED
    assert any(tail.broken for tail in tails([dependent], RESTARTS))
    verdict, reason = c14.decided(tails([dependent], RESTARTS), independence_rows([dependent]))
    assert verdict is Verdict.REFUTED and "above the bound" in reason and "dependent" in reason
    mild = drawn(1, common=0.1)
    assert independence(mild.success) < 1e-3  # the test sees what the tails do not show


def test_a_repeated_seed_is_noticed() -> None:
    once = drawn(2, 2000)
    again = np.repeat(once.success[:, :1], EPOCHS, axis=1)
    found = chains(again)
    assert c14.decided(tails([found], RESTARTS), independence_rows([found]))[0] is Verdict.REFUTED


# ---------------------------------------------------------------------------------------------------- independence


def test_fishers_test_by_hand() -> None:
    # Pairs 11, 11, 00, 00, 00 from both chains: 2 of 5 in both places, P(both = 2) = 1/C(5, 2) = 1/10.
    success = booleans(["1111000", "0000000"])
    x = success[:, :6]
    assert x[:, ::2].sum() == 2 and (x[:, ::2] & x[:, 1::2]).sum() == 2
    assert independence(success) == pytest.approx(float(hypergeom.pmf(2, 6, 2, 2)))  # 6 pairs: 1/15


def test_fishers_test_holds_its_level() -> None:
    generator = np.random.default_rng(0)
    rejected = sum(independence(generator.random((60, 13)) < 0.3) < 0.05 for _ in range(400))
    assert binom.sf(rejected - 1, 400, 0.05) > 1e-3
    drift = np.linspace(0.1, 0.6, 13)
    assert independence(generator.random((400, 13)) < drift) < 1e-4  # control: epochs of different laws


def test_p_values_are_one_family() -> None:
    rows = independence_rows([drawn(k) for k in range(3)])
    assert all(row["adjusted"] >= row["p_value"] and row["pairs"] == 4000 * 6 for row in rows)


# ------------------------------------------------------------------------------------------------------------ rules


def test_bounds_near_one_decide_nothing() -> None:
    found = drawn(3)
    empty = replace(found, entered={**found.entered, "box": np.zeros_like(found.success)})
    compared = tails([empty], RESTARTS)
    assert {tail.definition for tail in c14.informative(compared)} == {ORACLE}
    verdict, reason = c14.decided(compared, independence_rows([empty]))
    assert verdict is Verdict.SUPPORTED and "1 of 2 pairs" in reason
    silent = [tail for tail in compared if tail.definition == "box"]
    assert c14.decided(silent, independence_rows([empty])) == (Verdict.UNDECIDED, "every bound is nearly 1 at every k")


def test_few_chains_decide_nothing() -> None:
    few = drawn(4, 60)
    verdict, reason = c14.decided(tails([few], RESTARTS), independence_rows([few]))
    assert verdict is Verdict.UNDECIDED and "margin" in reason


@pytest.mark.parametrize(
    ("intervals", "verdict"),
    [
        ([[0.0, 0.01], [0.02, 0.2]], Verdict.REFUTED),
        ([[0.0, 0.01], [0.0, 0.02]], Verdict.UNDECIDED),  # nearly 0 is not 0
        ([[0.0, 0.01], [0.0, 0.3]], Verdict.UNDECIDED),
        ([[0.0, 0.01], None], Verdict.UNDECIDED),
    ],
)
def test_the_rule_for_what_is_kept(intervals: list[list[float] | None], verdict: Verdict) -> None:
    assert c14.kept(intervals) is verdict


def test_the_statement_names_the_rules_margin_and_error() -> None:
    for claim in claims.CLAIMS:
        if claim.id.startswith("C14.tail"):
            assert f"less than 1/{round(1 / c14.MARGIN)}," in claim.statement
            assert "no dependence" in claim.statement and "epochs are independent" not in claim.statement
            part = round(100 * c14.LEVEL)
            assert f"at most {part} %" in claim.scope and f"together at most {2 * part} %" in claim.scope


def test_published_means_are_looked_up() -> None:
    assert {rule: number.value for rule, number in c14.published_means("stag-hunt").items()} == {
        "pg": 1.71,
        "own": 1.75,
        "peer": 1.24,
        "meta": 1.24,
    }
    assert not c14.published_means("ipd")


# --------------------------------------------------------------------------------------------------------- from runs


@pytest.fixture(scope="module")
def evidence() -> Iterator[dict[str, Evidence]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(c14, "COUNTS", {"quick": {"C14.stag-hunt": 400, "C14.ipd": 0, "C14.sampled stag-hunt": 20}})
        names = ("C14.tail-stag-hunt", "C14.tail-stag-hunt-sampled")
        found = {name: c14.CHECKS[name](Run("quick", 3)) for name in names}
        assert c14.CHECKS["C14.tail-ipd"](Run("quick", 3)).reason.startswith("not-run")
    yield {name: finding.evidence[0] for name, finding in found.items()}


def test_epochs_are_those_of_the_costs() -> None:
    experiment = restart_experiment(stag_hunt(), ("pg", "meta"), 30, 5)
    asked = definitions(stag_hunt(), experiment.coordinates, {"sublevel": ("Stag,Stag",)})
    for ours, theirs in zip(run_chains(experiment, EPOCHS, asked), run_epochs(experiment, EPOCHS), strict=True):
        assert (ours.entered["threshold"] == theirs.success).all() and ours.method == theirs.method
        assert (ours.entered["sublevel"] <= ours.success).all()  # a certified region lies in the basin
    with pytest.raises(ValueError, match="whole chains"):
        run_chains(experiment, 7, asked)


def test_evidence_of_stag_hunt(evidence: dict[str, Evidence]) -> None:
    exact, sampled = (one.content for one in evidence.values())
    assert json.loads(json.dumps(exact)) == exact and json.loads(json.dumps(sampled)) == sampled
    assert {row["definition"] for row in exact["restarts"]} == {"threshold", "sign-box", "sublevel", "oracle"}
    assert len(exact["restarts"]) == 16 and len(exact["tails"]) == 16 * RESTARTS
    shares = {row["method"]: row["s"] for row in exact["restarts"]}
    assert shares["meta"] > shares["pg"] + 0.05
    assert all(row["delta"] == 0 for row in exact["restarts"])
    assert all(row["published_mean_restarts"] is None for row in exact["restarts"])
    published = {r["method"]: r for r in sampled["restarts"] if r["definition"] == "threshold"}
    assert published["pg"]["published_mean_restarts"] == 1.71
    low, high = published["pg"]["mean_restarts_by_reading"]
    means = [chain_mean(published["pg"]["p"], reading) for reading in CHAINS]
    assert (low, high) == (min(means), max(means))


def test_claims_and_checks_belong_together() -> None:
    exact = {claim.id for claim in claims.CLAIMS if claim.check or claim.requires}
    assert {claim.id for claim in claims.CLAIMS} - exact == set(c14.CHECKS)


# ----------------------------------------------------------------------------------------------------------- figure


def test_the_figure_shows_tails_and_bounds(evidence: dict[str, Evidence]) -> None:
    contents: list[Any] = [one.content for one in evidence.values()]
    figure = figure_of_tails(contents)
    assert not faults(figure)
    assert len(figure.axes) == 2 * 4
    assert "n = 200 chains" in figure.description and "n = 10 chains" in figure.description  # type: ignore[attr-defined]
    axes, rows = figure.axes[3], [r for r in contents[0]["tails"] if (r["method"], r["counting"]) == ("meta", FAIL)]
    lines = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    for name in BOUNDS:
        wanted = [(0, 1.0), *((r["k"], r["bound"]) for r in rows if r["definition"] == name)]
        assert np.asarray(lines[name]) == pytest.approx(np.array(wanted))
    (container,) = axes.containers
    assert isinstance(container, ErrorbarContainer)
    points, _, (bars,) = container.lines
    lasting = [r for r in rows if r["definition"] == ORACLE and r["longer"]]
    assert np.asarray(points.get_xydata()) == pytest.approx(np.array([(r["k"], r["tail"]) for r in lasting]))
    ends = [[first[1], last[1]] for first, last in bars.get_segments()]
    assert ends == [pytest.approx(r["tail_interval"]) for r in lasting]
