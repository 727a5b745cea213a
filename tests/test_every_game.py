"""Every verb on every named game: it works, or one sentence says why it does not apply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Invoke

from theory.games import REGISTRY, DifferentiableGame
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
VERBS["simulate unroll"] += ["--unroll", "2"]
VERBS["simulate asymmetric"] += ["--inner-lr", "0.1,0.2"]


# Games that a verb refuses. Alignment is derived for 2 x 2 games, symmetric hunts and repeated dilemmas.
UNALIGNED = set(SMALLER) - {"stag-hunt", "prisoners-dilemma", "chicken", "battle-of-the-sexes", "coordination"}
UNALIGNED -= {"stag-hunt-3", "public-goods", "ipd", "ipd-finite"}
SMOOTH = {name for name in SMALLER if isinstance(REGISTRY[name](), DifferentiableGame)}  # no policies, no states
SEVERAL_STARTS = {"signalled-stag-hunt"}
REFUSED = {
    "derive logit": SMOOTH,
    "align": UNALIGNED,
    "align logit": UNALIGNED | {"ipd", "ipd-finite"},
    "simulate": {"matching-pennies"} | SMOOTH | SEVERAL_STARTS,
    "simulate direct": SEVERAL_STARTS,
    "simulate unroll": SEVERAL_STARTS,
    "simulate asymmetric": {"stag-hunt-3", "public-goods"} | SEVERAL_STARTS,
    "simulate grid": {"ipd", "ipd-finite", "ipd-from-cc", "stag-hunt-3", "public-goods"} | SMOOTH | SEVERAL_STARTS,
}


# Twelve rounds cost up to a minute a verb.
LONG = {
    ("ipd-finite", verb)
    for verb in (
        *("align", "derive json", "derive latex", "derive logit"),
        *("simulate", "simulate asymmetric", "simulate direct", "simulate unroll"),
    )
}
PAIRS = [
    pytest.param(verb, game, marks=[pytest.mark.thorough] * (game == LARGE or (game, verb) in LONG))
    for verb in VERBS
    for game in REGISTRY
]


@pytest.mark.parametrize(("verb", "game"), PAIRS)
def test_works_or_says_why(verb: str, game: str, invoke: Invoke) -> None:
    words = [game if word == "GAME" else word for word in VERBS[verb]]
    printed = invoke(*words)
    if game != LARGE:
        assert printed.code == (2 if game in REFUSED.get(verb, ()) else 0)
    if printed.code == 0:
        assert printed.out.strip()
        if "json" in verb or "--json" in words:
            assert json.loads(printed.out)["schema_version"] == 1
    else:
        assert not printed.out
        sentences = [line for line in printed.err.splitlines() if not line.endswith("…")]  # progress lines aside
        assert len(sentences) == 1 and sentences[0].startswith("basin-entry: ") and sentences[0].endswith(".")


@pytest.mark.parametrize("game", ["tandem", "matching-pennies"])
def test_verify_on_games_without_a_target(game: str, tmp_path: Path, invoke: Invoke) -> None:
    assert invoke("verify", game, "--out", tmp_path).code == 0
    claims = json.loads((tmp_path / "verdicts.json").read_text())["claims"]
    reasons = {claim["id"]: claim["reason"] for claim in claims}
    assert reasons["G.target"].startswith("not-applicable: ")
    assert reasons["G.entry"].startswith("not-applicable: ")


# By default the rules that others are made of; two inner steps, and twelve rounds, take as long as all the rest
# together; tests/theory covers both.
SHORT = {"pg", "meta", "sos"}


@pytest.mark.parametrize("unroll", ["1", pytest.param("2", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=[pytest.mark.thorough] * (rule not in SHORT)) for rule in RULES]
)
def test_every_rule_is_derived_for_every_game(rule: str, rounds: int, unroll: str, invoke: Invoke) -> None:
    for game in ["ipd-finite"] if rounds > 1 else [name for name in SMALLER if name != "ipd-finite"]:
        done = invoke("derive", game, "--rule", rule, "--unroll", unroll)
        assert done.code == 0 and done.out.strip(), game
