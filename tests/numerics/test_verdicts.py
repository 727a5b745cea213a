"""numerics.verdicts and ledger: joining checks, the contract's JSON, hashes of evidence, files whole or not at all."""

from __future__ import annotations

import csv
import errno
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from numerics import verdicts
from numerics.evidence import CHECKS, PROFILES, TOGETHER, Run
from numerics.files import write_whole
from numerics.ledger import ledger_table, write_ledger
from numerics.verdicts import Entry, Ledger, evidence_text, unexpected, verify
from theory.claims import LEDGER, NOT_RUN, Claim, Evidence, Finding, Verdict
from theory.errors import BadInput
from theory.exact import Undecided

CHEAP = ("C6", "C1.at-phi0")
QUICK = Run("quick", 0)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return verify(QUICK, CHEAP)


@pytest.fixture(scope="module")
def folder(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ledger") / "deep" / "out"
    write_ledger(ledger, out)
    return out


def found(ledger: Ledger) -> dict[str, Finding]:
    return {entry.claim.id: entry.finding for entry in ledger.entries}


def ran(ledger: Ledger) -> set[str]:
    return {name for name, finding in found(ledger).items() if not finding.reason.startswith("not-run")}


# ------------------------------------------------------------------------------------------------- which claims run


def test_only_what_is_asked_for_runs(ledger: Ledger) -> None:
    assert ran(ledger) == {"C6", "C6.direct", "C6.logit", "C6.control", "C1.at-phi0"}
    assert [entry.claim for entry in ledger.entries] == list(LEDGER)
    assert ledger.provenance["claims"] == sorted(CHEAP)


def test_the_verdicts_asked_for(ledger: Ledger) -> None:
    verdicts_found = {name: str(found(ledger)[name].verdict) for name in ran(ledger)}
    assert verdicts_found == {
        "C6": "PROVED", "C6.direct": "PROVED", "C6.logit": "PROVED", "C6.control": "PROVED", "C1.at-phi0": "REFUTED",
    }  # fmt: skip


def test_a_child_alone_leaves_its_parent_undecided() -> None:
    alone = verify(QUICK, ("C1.at-phi0",))
    assert ran(alone) == {"C1.at-phi0"}
    assert found(alone)["C1"].verdict == Verdict.UNDECIDED


def test_what_does_not_run_is_undecided_and_says_so(ledger: Ledger) -> None:
    for name, finding in found(ledger).items():
        if name not in ran(ledger):
            assert finding.verdict == Verdict.UNDECIDED and finding.reason.startswith("not-run")
            assert finding.evidence == ()


def test_unknown_claims_are_refused_before_any_work() -> None:
    started: list[str] = []
    for name in ("C99", "c6", "", "C6.", "C6.Direct", "C1.*"):
        with pytest.raises(BadInput, match="--claim") as caught:
            verify(QUICK, ("C6", name), started.append)
        assert repr(name) in str(caught.value)
    assert not started


def test_started_is_called_once_for_every_check() -> None:
    started: list[str] = []
    verify(QUICK, ("C1.at-phi0", "C1.at-phi0"), started.append)
    assert started == ["C1.at-phi0"]


def test_every_numerical_check_belongs_to_a_claim() -> None:
    """A check under a wrong id, or beside an exact one, would never run."""
    claims = {claim.id: claim for claim in LEDGER}
    assert len(claims) == len(LEDGER)
    for name in CHECKS:
        assert name in claims and claims[name].check is None and not claims[name].requires
    for claim in LEDGER:
        assert all(child in claims and claims[child].parent == claim.id for child in claim.requires)
    assert {f"C{number}" for number in range(1, 20)} <= set(claims)


# ----------------------------------------------------------------------------------------------- made-up ledgers


def claim(name: str, check: Callable[[], Finding] | None = None, requires: tuple[str, ...] = ()) -> Claim:
    return Claim(name, f"Statement of {name}.", "made up", requires=requires, check=check)


def finding(verdict: Verdict) -> Finding:
    evidence = Evidence("experiment", "a route", f"found {verdict}", {"numbers": [1, 2.5]}, 10, (-0.5, 0.25))
    return Finding(verdict, f"because {verdict}", (evidence,))


def undecidable() -> Finding:
    raise Undecided("the sign of p*q - 1 is open")


MakeLedger = Callable[..., Ledger]


@pytest.fixture
def run_claims(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeLedger]:
    """Verify made-up claims instead of the ledger's."""

    def run(*claims: Claim, only: tuple[str, ...] = (), checks: dict[str, object] | None = None) -> Ledger:
        monkeypatch.setattr(verdicts, "LEDGER", claims)
        monkeypatch.setattr(verdicts, "CHECKS", checks or {})
        return verify(QUICK, only)

    yield run


def test_undecided_exceptions_become_undecided_findings(run_claims: MakeLedger) -> None:
    def numerical(run: Run) -> Finding:
        raise Undecided(f"profile {run.profile} is too small")

    made = run_claims(
        claim("C1", undecidable), claim("C2"), claim("C3", lambda: finding(Verdict.PROVED)), checks={"C2": numerical}
    )
    assert [found(made)[name].verdict for name in ("C1", "C2", "C3")] == ["UNDECIDED", "UNDECIDED", "PROVED"]
    assert found(made)["C1"].reason == "the sign of p*q - 1 is open"
    assert found(made)["C2"].reason == "profile quick is too small"
    assert ran(made) == {"C1", "C2", "C3"}  # they ran, so the expectations file has a say


def test_a_claim_without_a_check_is_not_run(run_claims: MakeLedger) -> None:
    assert found(run_claims(claim("C1")))["C1"].reason.startswith("not-run")


def test_numerical_checks_get_the_run(run_claims: MakeLedger) -> None:
    seen: list[Run] = []

    def numerical(run: Run) -> Finding:
        seen.append(run)
        return finding(Verdict.SUPPORTED)

    assert found(run_claims(claim("C1"), checks={"C1": numerical}))["C1"].verdict == "SUPPORTED"
    assert seen == [QUICK]


@pytest.mark.parametrize(
    ("children", "parent"),
    [
        (["PROVED", "PROVED"], "PROVED"),
        (["PROVED", "SUPPORTED"], "SUPPORTED"),
        (["CERTIFIED", "PROVED"], "CERTIFIED"),
        (["SUPPORTED", "CERTIFIED"], "SUPPORTED"),
        (["PROVED", "UNDECIDED"], "UNDECIDED"),
        (["REFUTED", "UNDECIDED"], "REFUTED"),
        (["REFUTED", "PROVED"], "REFUTED"),
        (["PROVED", None], "UNDECIDED"),
        (["REFUTED", None], "REFUTED"),
        ([None, None], "UNDECIDED"),
    ],
)
def test_a_parent_is_as_weak_as_its_weakest_child(
    run_claims: MakeLedger, children: list[str | None], parent: str
) -> None:
    """Order of children and of claims does not matter; ``None`` is a child whose check does not exist."""
    for order in (children, children[::-1]):
        names = [f"C1.{k}" for k in range(len(order))]
        made = [
            claim(name, None if verdict is None else lambda verdict=verdict: finding(Verdict(verdict)))
            for name, verdict in zip(names, order, strict=True)
        ]
        for claims in ([claim("C1", requires=tuple(names)), *made], [*made, claim("C1", requires=tuple(names))]):
            result = found(run_claims(*claims))["C1"]
            assert result.verdict == parent
            assert all(name in result.reason for name in names)


def test_a_parent_with_a_child_that_does_not_exist(run_claims: MakeLedger) -> None:
    made = run_claims(claim("C1", requires=("C1.a", "C1.missing")), claim("C1.a", lambda: finding(Verdict.PROVED)))
    assert found(made)["C1"].verdict == "UNDECIDED" and "C1.missing UNDECIDED" in found(made)["C1"].reason


def test_a_parent_does_not_count_children_it_does_not_require(run_claims: MakeLedger) -> None:
    made = run_claims(
        claim("C1", requires=("C1.a",)),
        claim("C1.a", lambda: finding(Verdict.PROVED)),
        claim("C1.b", lambda: finding(Verdict.REFUTED)),
    )
    assert found(made)["C1"].verdict == "PROVED"


# ------------------------------------------------------------------------------------------------- expectations


def test_no_surprise_where_the_verdicts_are_the_expected_ones(ledger: Ledger) -> None:
    for profile in PROFILES:
        assert unexpected(ledger, profile) == []


@pytest.mark.parametrize("verdict", [v for v in Verdict if v != Verdict.PROVED])
def test_a_changed_verdict_is_a_surprise(ledger: Ledger, verdict: Verdict) -> None:
    changed = tuple(
        replace(entry, finding=Finding(verdict, "changed")) if entry.claim.id == "C6.direct" else entry
        for entry in ledger.entries
    )
    assert unexpected(replace(ledger, entries=changed), "quick") == [f"C6.direct: {verdict}, expected PROVED"]


def test_a_verdict_nobody_expected_is_a_surprise(ledger: Ledger) -> None:
    new = Entry(claim("C99"), finding(Verdict.PROVED), 0.0)
    lines = unexpected(replace(ledger, entries=(*ledger.entries, new)), "quick")
    assert lines == ["C99: PROVED, expected no entry"]


def test_what_did_not_run_is_no_surprise(ledger: Ledger) -> None:
    silent = tuple(replace(entry, finding=NOT_RUN) for entry in ledger.entries)
    assert unexpected(replace(ledger, entries=silent), "quick") == []


def test_a_parent_waits_for_its_required_readings(ledger: Ledger) -> None:
    """C6 asks for C6.direct: without that its own verdict says nothing, with it a changed one is a surprise."""
    assert "C6.direct" in found_claim(ledger, "C6").requires
    changed = replace_finding(ledger, "C6", Finding(Verdict.UNDECIDED, "weakest of the required readings: …"))
    assert unexpected(changed, "quick") == ["C6: UNDECIDED, expected PROVED"]
    assert unexpected(replace_finding(changed, "C6.direct", NOT_RUN), "quick") == []


def found_claim(ledger: Ledger, name: str) -> Claim:
    return next(entry.claim for entry in ledger.entries if entry.claim.id == name)


def replace_finding(ledger: Ledger, name: str, finding: Finding) -> Ledger:
    entries = (replace(entry, finding=finding) if entry.claim.id == name else entry for entry in ledger.entries)
    return replace(ledger, entries=tuple(entries))


def test_expectations_name_claims_that_exist() -> None:
    folder = Path(verdicts.__file__).parent / "expectations"
    known = {claim.id for claim in LEDGER}
    assert sorted(path.stem for path in folder.glob("*.json")) == sorted(PROFILES)
    for path in folder.glob("*.json"):
        expected = json.loads(path.read_text())
        assert set(expected) <= known and set(expected.values()) <= {str(v) for v in Verdict}


# --------------------------------------------------------------------------------------------------------- JSON


def test_json_schema(ledger: Ledger) -> None:
    data = json.loads(json.dumps(ledger.to_json(), allow_nan=False))
    assert list(data) == ["schema_version", "claims", "provenance"] and data["schema_version"] == 1
    assert [entry["id"] for entry in data["claims"]] == [claim.id for claim in LEDGER]
    for entry in data["claims"]:
        contract = {"id", "parent", "statement", "assumptions", "scope", "verdict", "reason", "evidence", "seconds"}
        assert contract <= set(entry) <= contract | {"reference"}
        assert entry["parent"] == (entry["id"].split(".")[0] if "." in entry["id"] else None)
        assert entry["verdict"] in {"PROVED", "CERTIFIED", "SUPPORTED", "REFUTED", "UNDECIDED"}
        assert entry["statement"] and entry["reason"] and entry["seconds"] >= 0
        assert isinstance(entry["assumptions"], list) and isinstance(entry["scope"], str)
        for piece in entry["evidence"]:
            assert list(piece) == ["kind", "route", "file", "sha256", "summary", "n", "interval"]
            assert piece["kind"] in {"identity", "certificate", "experiment", "counterexample"}
            assert piece["route"] and piece["summary"] and len(piece["sha256"]) == 64
        if entry["verdict"] in {"PROVED", "CERTIFIED", "SUPPORTED", "REFUTED"} and "." in entry["id"]:
            assert entry["evidence"], "a verdict without evidence"
    provenance = data["provenance"]
    assert provenance["seed"] == 0 and provenance["profile"] == "quick"
    assert {"python", "packages", "git_revision"} <= set(provenance)


def test_json_of_an_experiment(run_claims: MakeLedger) -> None:
    made = run_claims(claim("C1", lambda: finding(Verdict.SUPPORTED)))
    (piece,) = made.to_json()["claims"][0]["evidence"]
    assert piece["n"] == 10 and piece["interval"] == [-0.5, 0.25] and piece["file"] == "evidence/C1-1.json"


def test_evidence_is_the_same_for_the_same_run(ledger: Ledger) -> None:
    again = verify(QUICK, ("C1.at-phi0",))
    texts = [[evidence_text(e) for e in found(one)["C1.at-phi0"].evidence] for one in (ledger, again)]
    assert texts[0] == texts[1] and texts[0]


# -------------------------------------------------------------------------------------------------------- files


def test_the_hashes_are_those_of_the_files(folder: Path) -> None:
    data = json.loads((folder / "verdicts.json").read_text())
    named = [piece for entry in data["claims"] for piece in entry["evidence"]]
    assert len(named) >= 6
    for piece in named:
        content = (folder / piece["file"]).read_bytes()
        assert sha256(content).hexdigest() == piece["sha256"]
        stored = json.loads(content)
        assert (stored["kind"], stored["route"], stored["summary"]) == (piece["kind"], piece["route"], piece["summary"])
        assert stored["content"]
    on_disk = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    listed = [piece["file"] for piece in named]
    assert on_disk == sorted([*listed, "ledger.csv", "ledger.md", "ledger.tex", "verdicts.json"])


def test_a_changed_file_no_longer_has_its_hash(folder: Path) -> None:
    """Negative control of the test above."""
    data = json.loads((folder / "verdicts.json").read_text())
    piece = next(piece for entry in data["claims"] for piece in entry["evidence"])
    changed = (folder / piece["file"]).read_bytes().replace(b"1", b"2", 1)
    assert sha256(changed).hexdigest() != piece["sha256"]


def test_the_three_tables_say_the_same(folder: Path, ledger: Ledger) -> None:
    with (folder / "ledger.csv").open(newline="") as file:
        head, *body = csv.reader(file)
    assert head == ["claim", "verdict", "statement", "found"]
    assert [tuple(row) for row in body] == list(ledger_table(ledger).rows)
    assert [row[0] for row in body] == [claim.id for claim in LEDGER]
    markdown = (folder / "ledger.md").read_text().splitlines()
    assert len(markdown) == len(LEDGER) + 2
    tex = (folder / "ledger.tex").read_text()
    assert tex.count(" \\\\\n") == len(LEDGER) + 1
    for row in body:
        assert any(line.startswith(f"| {row[0]} | {row[1]} |") for line in markdown)
        assert f"{row[0]} & {row[1]} &" in tex


def test_writing_again_replaces_the_files(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "ledger.md").write_text("old " * 100_000)
    first = write_ledger(ledger, tmp_path)
    before = {path: path.read_bytes() for path in first}
    assert write_ledger(ledger, tmp_path) == first
    assert {path: path.read_bytes() for path in first} == before
    assert not [path for path in tmp_path.rglob(".*")]


def leftovers(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_in_place_of_the_folder(ledger: Ledger, tmp_path: Path) -> None:
    blocked = tmp_path / "out"
    blocked.write_text("mine")
    for place in (blocked, blocked / "deeper"):
        with pytest.raises(BadInput, match=r"^cannot write .*out.*\.$"):
            write_ledger(ledger, place)
    assert blocked.read_text() == "mine" and leftovers(tmp_path) == ["out"]


def test_a_folder_in_place_of_a_file(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "verdicts.json").mkdir()
    with pytest.raises(BadInput, match=r"^cannot write .*verdicts.json: .*\.$"):
        write_ledger(ledger, tmp_path)
    assert not [name for name in leftovers(tmp_path) if "/." in f"/{name}"]


def test_verdicts_never_name_evidence_that_is_not_there(ledger: Ledger, tmp_path: Path) -> None:
    """Nothing half-written: where the evidence cannot be stored, no verdicts that point to it appear."""
    (tmp_path / "evidence").write_text("mine")
    with pytest.raises(BadInput, match="evidence"):
        write_ledger(ledger, tmp_path)
    assert "verdicts.json" not in leftovers(tmp_path)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "verdicts.json"
    target.write_text("old")
    plain = Path.write_bytes

    def half(self: Path, data: bytes) -> int:
        plain(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(BadInput, match=r"^cannot write .*verdicts.json: No space left on device\.$"):
        write_whole(target, "new content")
    assert target.read_text() == "old" and leftovers(tmp_path) == ["verdicts.json"]


def test_a_failing_rename_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "verdicts.json"
    target.write_text("old")

    def refuse(self: Path, other: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(BadInput, match="Permission denied"):
        write_whole(target, "new")
    assert target.read_text() == "old" and leftovers(tmp_path) == ["verdicts.json"]


def test_bytes_and_text_are_written_as_given(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "a" / "b.txt", "φ₀ ≥ 0\n").read_text(encoding="utf-8") == "φ₀ ≥ 0\n"
    assert write_whole(tmp_path / "a" / "c.bin", b"\r\n\x00").read_bytes() == b"\r\n\x00"
    assert leftovers(tmp_path) == ["a", "a/b.txt", "a/c.bin"]


# ------------------------------------------------------------------------------------------------- several processes


def test_verdicts_do_not_depend_on_the_number_of_processes(ledger: Ledger) -> None:
    seen: list[str] = []
    again = verify(QUICK, CHEAP, seen.append, workers=2)
    assert [(e.claim.id, e.finding) for e in again.entries] == [(e.claim.id, e.finding) for e in ledger.entries]
    assert set(seen) == {"C6.direct", "C6.logit", "C6.control", "C1.at-phi0"}


def test_checks_of_one_file_go_to_one_process() -> None:
    groups = verdicts._groups([claim for claim in LEDGER if not claim.requires])
    assert sorted(name for group in groups for name in group) == sorted(c.id for c in LEDGER if not c.requires)
    together = next(group for group in groups if "C19.largest" in group)
    assert "C19.coverage" in together and "C15.logit" not in together
    files = len(TOGETHER)
    assert all(len(group) > 1 for group in groups[:files]) and all(len(group) == 1 for group in groups[files:])


def test_a_check_that_was_stopped_takes_up_what_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numerics.evidence.model.SIZES", {"quick": {"C15.logit": 200}})
    run = replace(QUICK, store=tmp_path)
    whole = verify(run, ("C15.logit",))
    assert len(list(tmp_path.rglob("*.npz"))) == 4
    monkeypatch.setattr("numerics.chunks.Chunk.compute", lambda *_: pytest.fail("nothing is left to compute"))
    again = verify(run, ("C15.logit",))
    assert found(again)["C15.logit"] == found(whole)["C15.logit"]
    with pytest.raises(pytest.fail.Exception):
        verify(replace(run, seed=1), ("C15.logit",))
