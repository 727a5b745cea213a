"""Every verb on every named game: it works, or one sentence says why it does not apply."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from numerics.cli import main
from theory.games import REGISTRY
from theory.updates import REGISTRY as RULES

COMMON = ["--method", "pg", "--method", "meta", "--steps", "3", "--count", "3"]
VERBS = {
    "derive": ["derive", "GAME"],
    "derive latex": ["derive", "GAME", "--format", "latex", "--rule", "peer"],
    "derive json": ["derive", "GAME", "--format", "json"],
    "derive logit": ["derive", "GAME", "--policy", "logit"],
    "align": ["align", "GAME"],
    "align logit": ["align", "GAME", "--policy", "logit", "--format", "json"],
    "simulate": ["simulate", "GAME", "--success", "initial-cooperation:0.9", "--json", *COMMON],
    "simulate direct": ["simulate", "GAME", "--success", "mean-value:0", "--policy", "direct", "--json", *COMMON],
    "simulate unroll": ["simulate", "GAME", "--success", "mean-value:0", "--policy", "direct", "--json", *COMMON],
    "simulate asymmetric": ["simulate", "GAME", "--success", "mean-value:0", "--policy", "direct", *COMMON],
    "simulate grid": ["simulate", "GAME", "--success", "mean-value:0", "--init", "grid:3:0.1:0.9", *COMMON],
}
# Its 160 softmax parameters take minutes to derive every rule for.
LARGE = "grid-stag-hunt"
SMALLER = [name for name in REGISTRY if name != LARGE]
EACH = [*SMALLER, pytest.param(LARGE, marks=pytest.mark.thorough)]
VERBS["simulate unroll"] += ["--unroll", "2"]
VERBS["simulate asymmetric"] += ["--inner-lr", "0.1,0.2"]


def call(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["basin-entry", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


@pytest.mark.parametrize("game", EACH)
@pytest.mark.parametrize("verb", VERBS)
def test_works_or_says_why(
    verb: str, game: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if game == "ipd-finite" and verb == "simulate unroll":
        pytest.skip("two inner steps through twelve rounds take half a minute to derive; tests/theory covers them")
    words = [game if word == "GAME" else word for word in VERBS[verb]]
    status = call(words, monkeypatch)
    printed = capsys.readouterr()
    if status == 0:
        assert printed.out.strip()
        if "json" in verb or "--json" in words:
            assert json.loads(printed.out)["schema_version"] == 1
    else:
        assert status == 2 and not printed.out
        sentences = [line for line in printed.err.splitlines() if not line.endswith("…")]  # progress lines aside
        assert len(sentences) == 1 and sentences[0].startswith("basin-entry: ") and sentences[0].endswith(".")


def test_what_applies_to_which_game(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def works(verb: str, game: str) -> bool:
        status = call([game if word == "GAME" else word for word in VERBS[verb]], monkeypatch)
        capsys.readouterr()
        return status == 0

    assert all(works("derive", game) for game in SMALLER)
    covered = {"stag-hunt", "prisoners-dilemma", "chicken", "battle-of-the-sexes", "coordination"}
    covered |= {"stag-hunt-3", "public-goods", "ipd", "ipd-finite"}
    assert {game for game in REGISTRY if works("align", game)} == covered
    without_target = {"tandem", "matching-pennies", "cournot"}
    without_target |= {"signalled-stag-hunt"}  # it has a target, but no single state in which play begins
    without_target |= {"regularised-stag-hunt", "regularised-matching-pennies"}
    assert {game for game in REGISTRY if not works("simulate", game)} == without_target


@pytest.mark.parametrize("game", ["tandem", "matching-pennies"])
def test_verify_on_games_without_a_target(game: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(["verify", game, "--out", str(tmp_path)], monkeypatch) == 0
    claims = json.loads((tmp_path / "verdicts.json").read_text())["claims"]
    reasons = {claim["id"]: claim["reason"] for claim in claims}
    assert reasons["G.target"].startswith("not-applicable: ")
    assert reasons["G.entry"].startswith("not-applicable: ")


# Twelve rounds take as long as all other games together; tests/theory covers them too.
@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_derived_for_every_game(
    rule: str, rounds: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for game in ["ipd-finite"] if rounds > 1 else [name for name in SMALLER if name != "ipd-finite"]:
        for unroll in ("1", "2"):
            assert call(["derive", game, "--rule", rule, "--unroll", unroll], monkeypatch) == 0, (game, unroll)
            assert capsys.readouterr().out.strip()
