"""Tables made from a ledger's files, and one's own game through the same ledger."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest

from numerics import paper_tables as paper_tables_module
from numerics.evidence import Run, c04_mechanism, c14_restart_cost, c15_risk_dominance, model
from numerics.evidence.model import SIZES
from numerics.ledger import write_ledger
from numerics.paper_tables import checked_game, paper_tables, write_tables
from numerics.verdicts import Entry, Ledger, verify, verify_game
from theory.claims import Claim, Evidence, Finding, Verdict
from theory.errors import BadInput
from theory.games import REGISTRY, chicken, prisoners_dilemma, public_goods, stag_hunt

RUN = Run("quick", 0)


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the profile leaves out, with a size of 0, stays out: the game over twelve rounds takes a minute.
    few = {name: min(size, 100) for name, size in SIZES["quick"].items()} | {"C15.direct": 400}
    monkeypatch.setattr(model, "SIZES", {"quick": few})
    monkeypatch.setattr(c14_restart_cost, "CHAINS", {"quick": {"exact": 100, "horizon": 0}})


def test_tables_repeat_the_evidence(tmp_path: Path) -> None:
    write_ledger(verify(RUN, ("C6", "C15.direct")), tmp_path)
    written = {path.name for path in write_tables(tmp_path)}
    assert {"ledger.md", "ledger.tex", "ledger.csv", "closed_form.csv", "alignment.csv"} <= written
    with (tmp_path / "tables" / "closed_form.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    evidence = json.loads((tmp_path / "evidence" / "C15.direct-1.json").read_text())["content"]["rows"]
    assert [row["exact share"] for row in rows] == [row["closed_form"] for row in evidence]
    assert len(rows) == 12 and rows[0]["exact share"] == "2/9"


EXPERIMENTS = {
    "C4.ablation": "ablation",
    "C15.sweep": "sweep",
    "C15.regions": "regions",
    "C11.times-stag-hunt": "entry_times",
    "C16.peer-papers": "reproduction",
    "C15.risk-dominance-logit": "risk_dominance",
    "C15.cost": "costs",
}


def test_tables_of_experiments_have_a_row_for_each_of_the_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On fewer settings than the profile's: longer unrolls and a larger family have the same rows."""
    monkeypatch.setattr(c04_mechanism, "UNROLLS", {"quick": {"stag-hunt": (1,), "ipd": (1,)}})
    monkeypatch.setattr(c04_mechanism, "WEAK_AND_STRONG", (5.0,))
    monkeypatch.setattr(c15_risk_dominance, "MIXED", c15_risk_dominance.MIXED[::7])
    c15_risk_dominance.members.cache_clear()
    write_ledger(verify(RUN, EXPERIMENTS), tmp_path)
    c15_risk_dominance.members.cache_clear()
    write_tables(tmp_path)
    content = {
        name: json.loads((tmp_path / "evidence" / f"{name}-1.json").read_text())["content"] for name in EXPERIMENTS
    }
    expected = {
        "ablation": [(row["share"], *row["interval"]) for row in content["C4.ablation"]["ablation"]],
        "sweep": [(row["share"], *row["interval"]) for row in content["C15.sweep"]["sweep"]],
        "regions": [(row["gain"], *row["gain_interval"]) for row in content["C15.regions"]["regions"]],
        "entry_times": [(row["restricted_mean"], *row["interval"]) for row in content["C11.times-stag-hunt"]["times"]],
        "reproduction": [row["verdict"] for row in content["C16.peer-papers"]["reproduction"]],
        "risk_dominance": [row["direct"]["pg"] for row in content["C15.risk-dominance-logit"]["members"]],
        "costs": [row["work"] for rows in content["C15.cost"]["costs"].values() for row in rows],
    }
    column = {
        "ablation": ("share", "95% interval"), "sweep": ("share", "simultaneous 95% interval"),
        "regions": ("gain", "simultaneous 95% interval"), "entry_times": ("restricted mean", "95% interval"),
        "reproduction": ("verdict", ""), "risk_dominance": ("pg, direct", ""), "costs": ("work", ""),
    }  # fmt: skip
    for name, wanted in expected.items():
        with (tmp_path / "tables" / f"{name}.csv").open() as handle:
            rows = list(csv.DictReader(handle))
        estimate, spread = column[name]
        fields = [estimate, *([f"{spread} low", f"{spread} high"] if spread else [])]
        kind = str if isinstance(wanted[0], str) else float
        found = [tuple(kind(row[field]) for field in fields) for row in rows]
        assert found == [row if isinstance(row, tuple) else (row,) for row in wanted] and wanted
        assert all(row["n"] for row in rows)


def test_headings_of_a_table_are_told_apart(tmp_path: Path) -> None:
    write_ledger(verify(RUN, ("C6", "C15.direct", "C8.lost", "C19.sublevel")), tmp_path)
    for table in paper_tables(tmp_path).values():
        heads = next(csv.reader(io.StringIO(table.csv())))
        assert len(set(heads)) == len(heads)


def test_a_table_longer_than_a_page_is_written_as_one_that_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ledger(verify(RUN, ("C15.direct",)), tmp_path)
    write_tables(tmp_path)
    assert not (tmp_path / "tables" / "closed_form-long.tex").exists()
    monkeypatch.setattr("numerics.paper_tables.PAGE", 11)
    write_tables(tmp_path)
    assert "\\begin{longtable}" in (tmp_path / "tables" / "closed_form-long.tex").read_text()


def test_a_ledger_of_one_game_says_what_fails_and_what_does_not_apply(tmp_path: Path) -> None:
    def content(**changed: object) -> dict[str, object]:
        common = {"game": "own", "policy": "direct", "assumed_positive": [], "conditions_nonnegative": []}
        return {**common, "possible": False, "holds": False, **changed}

    contents = (
        content(), content(possible=True, holds=True),
        content(possible=True, holds=True, conditions_nonnegative=["R - T"]),
    )  # fmt: skip
    evidence = tuple(Evidence("identity", "r", "s", made) for made in contents)
    entries = (
        Entry(Claim("G.alignment", "s", "r"), Finding(Verdict.REFUTED, "w", evidence), 0.0),
        Entry(Claim("G.set", "s", "r"), Finding(Verdict.UNDECIDED, "not-applicable: it is one-shot"), 0.0),
        Entry(Claim("G.near", "s", "r"), Finding(Verdict.UNDECIDED, "v is 0"), 0.0),
    )
    write_ledger(Ledger(entries, {"game": "own"}), tmp_path)
    tables = paper_tables(tmp_path)
    assert [row[-1] for row in tables["alignment"].rows] == ["fails", "holds", "R - T >= 0"]
    assert [row[1] for row in tables["ledger"].rows] == ["REFUTED", "not applicable", "UNDECIDED"]
    assert checked_game(tmp_path) == "own"
    for provenance, game in (({}, None), ({"game": ["own"]}, BadInput)):
        write_ledger(Ledger(entries, provenance), tmp_path)
        if game is None:
            assert checked_game(tmp_path) is None
        else:
            with pytest.raises(game, match="not those that"):
                checked_game(tmp_path)


def test_an_exact_time_has_its_decimal_beside_it() -> None:
    cell = paper_tables_module._bound({"kind": "sublevel"}, "continuous", "finite", Fraction(1001774010368))
    assert cell.value == "time sqrt(1001774010368) (about 1000886.6121)" and str(cell) == "time 1e+06"


def test_folders_that_hold_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        write_tables(tmp_path)
    (tmp_path / "verdicts.json").write_text("[]")
    with pytest.raises(BadInput, match="JSON object"):
        write_tables(tmp_path)
    (tmp_path / "verdicts.json").write_text("{")
    with pytest.raises(BadInput, match="as JSON"):
        write_tables(tmp_path)
    (tmp_path / "verdicts.json").write_text('{"schema_version": 2, "claims": []}')
    with pytest.raises(BadInput, match="schema_version 1"):
        write_tables(tmp_path)


# Repeated games keep mixed ends whose limit takes the oracle all its steps; the grid's identity takes minutes. The
# four one-shot games take seconds each; by default coordination stands for them.
SLOW = {name for name in REGISTRY if name.startswith(("ipd", "grid"))}
SLOW |= {"battle-of-the-sexes", "chicken", "prisoners-dilemma", "stag-hunt-3"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.thorough] * (name in SLOW)) for name in REGISTRY],
)
def test_every_named_game_gets_a_ledger(name: str, tmp_path: Path) -> None:
    ledger = verify_game(REGISTRY[name](), Run("quick", 0))
    found = {entry.claim.id: entry.finding for entry in ledger.entries}
    assert found["G.decomposition"].verdict in (Verdict.PROVED, Verdict.SUPPORTED)
    for finding in found.values():
        assert finding.evidence or finding.reason.startswith("not-applicable: ")
    write_ledger(ledger, tmp_path)
    assert write_tables(tmp_path)


@pytest.mark.thorough  # seven whole ledgers; tests/theory/test_own_game.py asserts the exact verdicts by default
def test_verdicts_of_one_game() -> None:
    def verdicts(game: object) -> dict[str, Verdict]:
        ledger = verify_game(game, RUN)  # type: ignore[arg-type]
        return {entry.claim.id: entry.finding.verdict for entry in ledger.entries}

    assert verdicts(stag_hunt())["G.separatrix"] is Verdict.PROVED
    assert verdicts(stag_hunt(R=10, S=3, T=2, P=4))["G.separatrix"] is Verdict.REFUTED
    assert verdicts(stag_hunt(R=4, S=0, T=1, P=3))["G.alignment"] is Verdict.REFUTED
    assert verdicts(prisoners_dilemma().with_target(("C", "C")))["G.target"] is Verdict.REFUTED
    assert verdicts(stag_hunt(R=2, S=0, T=0, P=1))["G.separatrix"] is Verdict.REFUTED
    assert verdicts(chicken())["G.target"] is Verdict.PROVED
    assert verdicts(public_goods())["G.entry"] is Verdict.UNDECIDED


def test_evidence_that_was_edited_is_noticed(tmp_path: Path) -> None:
    write_ledger(verify(RUN, ("C6",)), tmp_path)
    path = tmp_path / "evidence" / "C6.direct-1.json"
    path.write_text(path.read_text().replace("Stag", "Hare"))
    with pytest.raises(BadInput, match="SHA-256"):
        write_tables(tmp_path)
