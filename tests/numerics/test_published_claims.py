"""numerics.evidence.c15_published and c16_peer_papers: the rules of their verdicts, on rows made up for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from numerics.evidence import Run, c15_published, model
from numerics.evidence.c15_published import own_verdict, verdict
from numerics.evidence.c16_peer_papers import verdict as peer_verdict
from numerics.paper_settings import PUBLISHED
from numerics.peer_results import reproduction as peer_reproduction
from numerics.published import published_experiment
from numerics.reproduction import Row
from numerics.simulation import simulate
from theory.claims import Verdict
from theory.games import stag_hunt

FIRST, SECOND = PUBLISHED[:2]


def rows(*entries: str) -> list[Row]:
    """Rows as number, reading, verdict: ``1a+`` is the first number under reading a, which agrees; - not, 0 neither."""
    words = {"+": "AGREES", "-": "DISAGREES", "0": "NOT COMPARABLE"}
    return [
        Row({"1": FIRST, "2": SECOND}[entry[0]], words[entry[2]], "", setting=entry[1])  # type: ignore[arg-type]
        for entry in entries
    ]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (("1a+", "2a+"), Verdict.SUPPORTED),
        (("1a+", "2a+", "1b-", "2b-"), Verdict.SUPPORTED),  # one reading reproduces the table
        (("1a+", "2a-", "1b-", "2b+"), Verdict.UNDECIDED),  # each agrees somewhere, but never both
        (("1a+", "2a-", "1b+", "2b-"), Verdict.REFUTED),  # the second number never agrees
        (("1a+", "2a0"), Verdict.SUPPORTED),
        (("1a-", "2a0"), Verdict.REFUTED),
        (("1a-", "1b0", "2a+", "2b+"), Verdict.REFUTED),  # a reading that does not compare it is no excuse
        (("1a+", "2a-", "1b0", "2b+"), Verdict.UNDECIDED),  # reading b agrees, but leaves the first number out
        (("1a0", "2a0"), Verdict.UNDECIDED),  # nothing can be compared
    ],
)
def test_the_rule_of_reproductions(entries: tuple[str, ...], expected: Verdict) -> None:
    assert verdict(rows(*entries))[0] == expected


@pytest.mark.parametrize(
    ("interval", "undecided", "expected"),
    [
        ((0.03, 0.1), 0, Verdict.SUPPORTED),
        ((-0.01, 0.1), 0, Verdict.UNDECIDED),
        ((-0.2, -0.01), 0, Verdict.REFUTED),
        ((0.03, 0.1), 1, Verdict.UNDECIDED),
    ],
)
def test_the_rule_of_shared_batches(interval: tuple[float, float], undecided: int, expected: Verdict) -> None:
    assert own_verdict(interval, undecided) == expected


def test_what_quick_leaves_out_is_not_run() -> None:
    for name in ("C4.sampled-own", "C16.noise"):
        assert c15_published.CHECKS[name](Run("quick", 0)).reason.startswith("not-run")


def test_noise_of_stag_hunt_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: in a one-shot game credit and exact gradients change little, so the claim is not supported there."""
    monkeypatch.setattr(model, "SIZES", {"quick": {"C16.noise": 300}})
    monkeypatch.setattr(c15_published, "ipd_finite", stag_hunt)
    found = c15_published.CHECKS["C16.noise"](Run("quick", 0))
    assert found.verdict == Verdict.UNDECIDED and found.evidence[0].content["seed"] == 2 * c15_published.FRESH


def test_sampled_entry_rises_and_falls_with_the_peer_term(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "SIZES", {"quick": {"sampled stag-hunt": 300}})
    found = c15_published.CHECKS["C15.sampled"](Run("quick", 0))
    assert found.verdict == Verdict.SUPPORTED
    assert found.evidence[0].content["config"]["gradient"] == "sampled" and "sampled" in found.evidence[0].route
    without = published_experiment

    def turned(*arguments: object, **changes: object) -> object:
        return without(*arguments, **{**changes, "peer": -1.5})  # type: ignore[arg-type]

    monkeypatch.setattr(c15_published, "published_experiment", turned)
    assert c15_published.CHECKS["C15.sampled"](Run("quick", 0)).verdict == Verdict.REFUTED
    assert simulate(without(stag_hunt(), ("pg",), 3, 0))["pg"].share.total == 3


def test_the_rule_of_the_peer_papers() -> None:
    found = peer_reproduction(60)
    assert peer_verdict(found) == Verdict.UNDECIDED
    agreeing = tuple(replace(row, verdict="AGREES") for row in found)
    assert peer_verdict(agreeing) == Verdict.SUPPORTED
    number = found[0].number
    assert peer_verdict(tuple(replace(r, verdict="DISAGREES") if r.number == number else r for r in agreeing)) == (
        Verdict.REFUTED
    )
