"""What is measured of one's own game: entry of every rule with intervals, and the flux in log-odds."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational

from numerics import own_game_figures, own_game_tables
from numerics.evidence import Run
from numerics.evidence import own_game as measured
from numerics.evidence.own_game import numerical_checks
from numerics.experiments import Experiment
from numerics.ledger import ledger_table
from numerics.verdicts import verify_game
from theory.claims import Finding, Verdict
from theory.games import AnyGame, battle_of_the_sexes, matching_pennies, prisoners_dilemma, stag_hunt, tandem

RUN = Run("quick", 0, threads=1)


def found(game: AnyGame, name: str) -> Finding:
    (check,) = (check for claim, check in numerical_checks(game) if claim.id == name)
    return check(RUN)


def test_entry_shows_every_rule_with_its_interval_in_both_coordinates() -> None:
    for name in ("G.entry", "G.entry-direct"):
        finding = found(stag_hunt(), name)
        (evidence,) = finding.evidence
        assert finding.verdict is Verdict.SUPPORTED and evidence.n == 500
        shares = re.findall(r"(pg|own|peer|meta) ([01]\.\d{4}) \[([01]\.\d{4}), ([01]\.\d{4})\]", evidence.summary)
        assert [row[0] for row in shares] == ["pg", "own", "peer", "meta"]
        assert all(float(low) <= float(share) <= float(high) for _, share, low, high in shares)
        assert re.findall(r"(\w+) - pg = ", evidence.summary) == ["own", "peer", "meta"]
        settings = evidence.content["config"]
        for words in (
            f"{settings['policy']} policies",
            "unrolled form, L = 1, alpha = 0.1, lambda = 0.1",
            f"{settings['steps']} steps of size {settings['lr']:g}",
            f"500 starts drawn from {settings['init']}, seed 0",
        ):
            assert words in evidence.summary


def test_settings_are_the_experiments_own() -> None:
    other = Experiment(
        stag_hunt(), "oracle", form="expanded", policy="direct", unroll=2, inner_lr=(0.5, 0.25), peer=-2.0, lr=0.05,
        steps=7, init="uniform:0:1", count=3, seed=4,
    )  # fmt: skip
    assert measured._settings(other) == (
        "direct policies, expanded form, L = 2, alpha = 0.5, 0.25, lambda = -1, -0.5, 7 steps of size 0.05, "
        "3 starts drawn from uniform:0:1, seed 4"
    )


def test_ledger_and_tables_say_what_does_not_apply() -> None:
    ledger = verify_game(matching_pennies(), RUN)
    cells = {row[0]: row[1:] for row in ledger_table(ledger).rows}
    assert cells["G.near"][0] == "not applicable" and cells["G.near"][2] == "the game has no target"
    assert cells["G.pure"][0] == "REFUTED"
    (written,) = (entry for entry in ledger.to_json()["claims"] if entry["id"] == "G.near")
    assert (written["verdict"], written["reason"]) == ("UNDECIDED", "not-applicable: the game has no target")


def test_the_other_target_loses_what_the_first_gains() -> None:
    hare = stag_hunt().with_target(("Hare", "Hare"))
    assert found(hare, "G.flux-logit").verdict is Verdict.REFUTED
    gained, lost = (found(game, "G.flux-logit").evidence[0].content for game in (stag_hunt(), hare))
    assert gained["flux"] == pytest.approx(-lost["flux"]) and gained["share_at_0"] == pytest.approx(
        1 - lost["share_at_0"]
    )
    assert found(hare, "G.entry-direct").verdict is Verdict.REFUTED


def test_tables_tell_what_applies_from_what_does_not() -> None:
    ledger = verify_game(matching_pennies(), RUN)
    told, silent = own_game_tables.found(ledger), own_game_tables.left_out(ledger)
    assert [row[0] for row in told.rows] == ["G.pure", "G.mixed", "G.stable", "G.decomposition"]
    assert {row[0] for row in told.rows} | {row[0] for row in silent.rows} == {e.claim.id for e in ledger.entries}
    assert all(row[1] and not row[1].startswith("not-applicable") for row in silent.rows)
    assert own_game_tables.decided(matching_pennies()).rows == told.rows
    assert own_game_tables.decided(matching_pennies(), "G.pure").rows == told.rows[:1]
    both = own_game_tables.side_by_side([matching_pennies(), prisoners_dilemma()])
    assert both.columns == ("claim", "matching-pennies", "prisoners-dilemma")
    assert ("G.pure", "REFUTED", "PROVED") in both.rows and ("G.near", "", "PROVED") in both.rows


def test_pictures_have_the_targets_names_and_the_closed_forms_shares() -> None:
    hare = stag_hunt().with_target(("Hare", "Hare"))
    left, right = own_game_figures.basins(hare, [Rational(0), Rational(1, 10)]).axes
    assert left.get_xlabel() == "p = probability of Hare, player 1" and left.get_title() == "λ = 0: share 0.7778"
    # The grid's share of blue cells is the exact share within a cell around the boundary.
    assert float(np.mean(left.images[0].get_array())) == pytest.approx(7 / 9, abs=0.03)
    assert float(np.mean(right.images[0].get_array())) < float(np.mean(left.images[0].get_array()))
    assert [axes.get_title() for axes in own_game_figures.fields(hare).axes] == ["policy gradient v", "correction C"]
    (dilemma,) = own_game_figures.basins(prisoners_dilemma(), [Rational(0)]).axes
    assert dilemma.get_title() == "λ = 0: no closed form" and not dilemma.lines


def test_a_flux_within_its_error_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    right = measured.flux.flux
    monkeypatch.setattr(measured.flux, "flux", lambda *arguments: replace(right(*arguments), error=1.0))
    assert found(stag_hunt(), "G.flux-logit").verdict is Verdict.UNDECIDED


def test_reasons_where_nothing_can_be_measured() -> None:
    for name in ("G.flux-logit", "G.entry", "G.entry-direct"):
        assert found(matching_pennies(), name).reason == "not-applicable: the game has no target"
        assert "has real parameters instead of" in found(tandem(), name).reason
    assert found(prisoners_dilemma(), "G.flux-logit").reason.startswith("not-applicable: flux: not a coordination game")
    # The players' mirror image exchanges the two equilibria, so neither can gain.
    assert found(battle_of_the_sexes(), "G.flux-logit").verdict is Verdict.UNDECIDED
