"""Games at the edge: payoffs of 10⁶⁰ and 10⁻⁶⁰, γ → 1, ties everywhere, one action, one player, states nobody sees.

Every verb gives the right answer, worked out here by hand, or says in a sentence that it cannot; what overflows in
floating point is an undecided run, and counted. No number is shown that is none.
"""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from sympy import Integer, Rational

import theory
from numerics import Experiment, policies, simulate
from numerics.basins import mean_values
from numerics.exploitability import exploitability
from theory.claims import own_game_equilibria
from theory.claims.certified import certificate_evidence
from theory.equilibria import is_equilibrium, is_strict
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import Game, ipd, normal_form, stag_hunt
from theory.games.files import load_game
from theory.profiles import parse_profile
from theory.pure_equilibria import pure_equilibria
from theory.regions import Certificate, certify

HUGE, TINY = Rational(10) ** 60, Rational(1, 10**60)


def hunt(row: str, more: str = "") -> str:
    return f'name = "own"\nactions = ["Stag", "Hare"]\npayoffs = {{ row = {row}, column = "symmetric" }}\n{more}'


def stochastic(states: str, move: dict[str, str], pays: str, start: str, discount: str = "9/10") -> str:
    """Stag Hunt is played in the states of ``pays``, nothing is paid in the others; all actions move alike."""
    cells = {"A,A": "[4, 4]", "A,B": "[0, 3]", "B,A": "[3, 0]", "B,B": "[2, 2]"}
    text = f'name = "own"\nstates = {list(states)}\nactions = ["A", "B"]\ndiscount = "{discount}"\nstart = {start}\n'
    for state in states:
        text += f"[transition.{state}]\n" + "".join(f'"{cell}" = {move[state]}\n' for cell in cells)
        text += f"[reward.{state}]\n"
        text += "".join(f'"{cell}" = {paid if state in pays else "[0, 0]"}\n' for cell, paid in cells.items())
    return text


# One round is played in S, then nothing is paid in E for ever; nobody comes to U.
ABSORBING = stochastic("SEU", {"S": '"E"', "E": '"E"', "U": "{ S = 1, E = 0, U = 0 }"}, "S", '"S"')
FILES = {
    "big": hunt("[[4e60, 0], [3e60, 2e60]]"),
    "small": hunt("[[4e-60, 0], [3e-60, 2e-60]]"),
    "mixed scales": hunt("[[4e60, 0], [3e-60, 2e-60]]"),
    "longest": hunt(f"[[{'9' * 94}e199, 0], [{'7' * 94}e-199, 1]]"),
    "equal": hunt("[[1, 1], [1, 1]]"),
    "nothing": hunt("[[0, 0], [0, 0]]"),
    "weak": hunt("[[4, 0], [4, 2]]"),
    "patient": hunt("[[-1, -3], [0, -2]]", "repeated = { memory = 1, discount = 0.999999999999 }\n"),
    "too patient": hunt("[[-1, -3], [0, -2]]", f"repeated = {{ memory = 1, discount = 0.{'9' * 60} }}\n"),
    "impatient": hunt("[[-1, -3], [0, -2]]", "repeated = { memory = 1, discount = 1e-60 }\n"),
    "short-sighted": hunt("[[-1, -3], [0, -2]]", "repeated = { memory = 1, discount = 0 }\n"),
    "absorbing": ABSORBING,
    "apart": stochastic("XY", {"X": '"X"', "Y": '"Y"'}, "XY", '"X"', "0.999999999999"),
    "several starts": stochastic("XY", dict.fromkeys("XY", "{ X = 0.5, Y = 0.5 }"), "XY", "{ X = 0.5, Y = 0.5 }"),
}


def load(tmp_path: Path, text: str) -> Game:
    path = tmp_path / "own.toml"
    path.write_text(text)
    return load_game(path)


def scaled(size: Rational) -> Game:
    return stag_hunt(R=4 * size, S=Integer(0), T=3 * size, P=2 * size)


# ------------------------------------------------------------------------------------------------------- any scale


@pytest.mark.parametrize("size", [HUGE, TINY], ids=["10^60", "10^-60"])
def test_a_scale_changes_nothing_that_is_exact(size: Rational) -> None:
    """4q = 3q + 2(1 − q) at q = 2/3, at any scale; λ counts in units of 1/scale."""
    game = scaled(size)
    box = certify(game, "Stag,Stag")
    assert (box.verdict, box.report.outcome) == ("CERTIFIED", "accepted")
    assert "less than 1/3 from it" in box.statement
    ball = certify(game, "Stag,Stag", "sublevel")  # the nearest point of the lines q = 2/3, p = 2/3 is 1/3·√2 away
    assert ball.report.outcome == "accepted" and "below 2/9" in ball.statement
    assert theory.align(game).to_json()["holds"] is True
    plain, share = theory.separatrix(stag_hunt()), theory.separatrix(game)
    for size_of_lambda in (Rational(0), Rational(1, 10)):
        assert share.share(size_of_lambda / size) == plain.share(size_of_lambda)
    assert {entry.profile for entry in pure_equilibria(game)} == {((0,), (0,)), ((1,), (1,))}


@pytest.mark.parametrize("power", [200, -200])
def test_runs_at_another_scale_are_the_same_to_the_last_bit(power: int) -> None:
    """Times 2^±200, about 10^±60, with all steps divided by it, floating point rounds nothing differently."""
    size = Rational(2) ** power
    common: dict[str, Any] = {"success": "initial-cooperation:0.9", "policy": "direct", "init": "uniform:0:1"}
    common |= {"count": 30, "steps": 40, "methods": ("pg", "meta")}
    plain = simulate(Experiment(stag_hunt(), **common))
    step = float(Rational(0.1) / size)
    other = simulate(Experiment(scaled(size), lr=step, inner_lr=(step,), **common))
    for method in ("pg", "meta"):
        assert plain[method].share == other[method].share and plain[method].ends == other[method].ends
        assert other[method].welfare == float(size) * plain[method].welfare  # type: ignore[operator]
        assert other[method].share.undecided == 0


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_overflow_is_undecided_and_counted(policy: str, invoke: Invoke) -> None:
    """The correction is a product of two derivatives of 10^199 each, beyond 1.8 · 10^308."""
    payoffs = [f"--set={name}={value}" for name, value in (("R", "4e199"), ("T", "3e199"), ("P", "2e199"))]
    words = ("simulate", "stag-hunt", *payoffs, "--success", "mean-value:1", "--policy", policy, "--steps", "3")
    done = invoke(*words, "--count", "20", "--json")
    assert done.code == 0 and sorted(done.err.splitlines()) == ["meta …", "pg …"]
    data = json.loads(done.out, parse_constant=lambda word: pytest.fail(f"{word} is no number"))
    meta = data["results"][1]
    assert meta["undecided"] == 20 and meta["ends"] == {"undecided": 20} and meta["successes"] == 0
    assert meta["welfare"] is None and meta["interval"] == [0.0, 1.0]
    shown = invoke(*words, "--count", "20").out
    assert "undecided 20" in shown and not re.search(r"\b(nan|inf)\b", shown)


def test_the_control_of_a_certificate_fails_at_any_scale(tmp_path: Path) -> None:
    """Its overstated margin, 10⁶, was none with payoffs of 10⁶⁰: a true box was called undecided."""
    for size in (HUGE, Rational(1), TINY):
        for certificate in (certify(scaled(size), "Stag,Stag"), certify(scaled(size), "Stag,Stag", "sublevel")):
            assert certificate_evidence(certificate).kind == "certificate"
    mixed = load(tmp_path, FILES["mixed scales"])
    assert certificate_evidence(certify(mixed, "Stag,Stag", box=["around:Stag,Stag:1/2"])).kind == "certificate"


def test_numbers_near_zero_are_not_shown_as_zero() -> None:
    """Payoffs of 2 · 10⁻⁶⁰ were shown as 0.0000."""
    assert own_game_equilibria._short(2 * TINY) == "2.0000e-60"
    assert own_game_equilibria._short(-4 * HUGE) == "-4.0000e+60"
    assert own_game_equilibria._short(Rational(10**40 + 1, 3 * 10**40)) == "0.3333"
    assert own_game_equilibria._short(Rational(0)) == "0"


# ------------------------------------------------------------------------------------------------------------ ties


@pytest.mark.parametrize("name", ["equal", "nothing"])
def test_where_nothing_matters_nothing_moves(name: str, tmp_path: Path) -> None:
    game = load(tmp_path, FILES[name])
    assert game.target is None
    found = pure_equilibria(game)
    assert len(found) == 4 and not any(is_strict(game, entry.profile) for entry in found)
    setting = Experiment(game, "mean-value:0.5", policy="direct", init="uniform:0:1", count=10, steps=5)
    outcome = simulate(setting)
    for method in ("pg", "meta"):
        assert (outcome[method].end == outcome.starts).all()
        assert outcome[method].exploitability == 0
        assert outcome[method].share.successes == (10 if name == "equal" else 0)
    program = theory.decompose(game, "direct", 1).program
    values = {symbol: Rational(k + 1, 9) for k, symbol in enumerate(program.inputs)}
    assert not any(entry for block in program.at(values).values() for entry in block)
    with pytest.raises(BadInput, match="has no target"):
        theory.align(game)
    with pytest.raises((BadInput, Undecided)):
        certify(game, "Stag,Stag")


def test_a_weakly_dominated_equilibrium_attracts_nothing(tmp_path: Path) -> None:
    """Against q < 1 Hare pays 2(1 − q) more than Stag: everything in the open square runs to Hare, radius 1."""
    game = load(tmp_path, FILES["weak"])
    assert game.target == ("Hare", "Hare")
    both = {entry.profile: is_strict(game, entry.profile) for entry in pure_equilibria(game)}
    assert both == {((0,), (0,)): False, ((1,), (1,)): True}
    hare = certify(game, "Hare,Hare")
    assert hare.report.outcome == "accepted" and "less than 1 from it" in hare.statement
    try:
        stag: Certificate | None = certify(game, "Stag,Stag")
    except (BadInput, Undecided):
        stag = None
    assert stag is None or stag.verdict != "CERTIFIED"


# ----------------------------------------------------------------------------------------- one action, one player


def made(actions: list[str], pay: Any, target: str) -> Game:
    cells = {joint: pay(*joint) for joint in product(*(range(len(names)) for names in actions))}
    return normal_form("made", actions, cells, target=tuple(target))


ONE_ACTION = {
    "one player chooses": (made(["A", "BC"], lambda i, j: (j, j), "AC"), {"C": "AC"}),
    "nobody chooses": (made(["A", "B"], lambda i, j: (1, 2), "AB"), {"B": "AB"}),
    "one of three watches": (made(["AB", "C", "DE"], lambda i, j, k: (i * k, 1, i * k), "BCE"), {}),
}


@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("name", ONE_ACTION)
def test_a_single_action_is_played_for_certain(name: str, policy: str) -> None:
    """Its player was taken for one with two actions: it gained by a deviation that does not exist."""
    game, _ = ONE_ACTION[name]
    outcome = simulate(
        Experiment(game, "initial-cooperation:0.9", ("pg", "meta"), policy=policy, count=8, steps=300, lr=1.0)
    )
    single = [player for player, names in enumerate(game.actions) if len(names) == 1]
    for method in ("pg", "meta"):
        end = outcome[method].end
        for player in single:
            assert (policies.probabilities(game, outcome.experiment.coordinates, end, player, 0) == 1).all()
        if name != "one of three watches":  # whose other two may end where both get nothing
            assert outcome[method].share.successes == 8 and outcome[method].ends == {"".join(game.target or ()): 8}
            assert outcome[method].exploitability is not None and outcome[method].exploitability < 0.1
    if name == "nobody chooses":
        assert not exploitability(game, outcome.experiment.coordinates, outcome.starts).any()
    assert is_equilibrium(game, tuple((game.action_index(p, a),) for p, a in enumerate(game.target or ())))
    for sentence, call in (("two actions", theory.align), ("two actions", certify)):
        with pytest.raises(BadInput, match=sentence):
            call(game)


def test_one_player(tmp_path: Path) -> None:
    game = made(["AB"], lambda i: (i,), "B")
    box = certify(game, "B")
    assert box.report.outcome == "accepted" and "1 of it" in box.statement
    outcome = simulate(Experiment(game, "initial-cooperation:0.9", ("pg", "meta"), count=8, steps=300, lr=1.0))
    assert outcome["pg"].share.successes == 8
    assert (outcome["pg"].end == outcome["meta"].end).all() or abs(outcome["pg"].welfare - 1) < 0.1  # type: ignore[operator]
    with pytest.raises(BadInput, match="2 to 8 players, not 1"):
        load(tmp_path, 'name = "x"\nactions = [["A", "B"]]\npayoffs = [[0, 1]]\n')
    with pytest.raises(BadInput, match="2 to 16 actions, not 1"):
        load(tmp_path, 'name = "x"\nactions = ["A"]\npayoffs = [[[0]], [[1]]]\n')


# ---------------------------------------------------------------------------------------------------------- γ → 1


@pytest.mark.parametrize("near", ["1/25", "1e-12"])
def test_discount_factors_near_one(near: str) -> None:
    """By hand: coins pay (R + S + T + P)/4 = −3/2 a round, AllD −2, AllC −1; Grim holds from γ = 1/2 on."""
    game = ipd(gamma=1 - Rational(near))
    phi = np.array([[0.5] * 10, [0.0] * 10, [1.0] * 10]).T  # coins, AllD, AllC
    expected = np.array([-1.5, -2.0, -1.0])
    digits = 4 * np.finfo(float).eps / float(Rational(near))
    found = mean_values(game, "direct", phi)
    assert abs(found - expected).max() <= digits < 1e-3
    for words, holds in (("Grim", True), ("AllD", True), ("TFT", True), ("AllC", False)):
        assert is_equilibrium(game, parse_profile(game, words)) == holds


@pytest.mark.thorough
@pytest.mark.parametrize("near", ["1/25", "1e-12", "1e-16", "1e-60"])
def test_certificates_near_one(near: str) -> None:
    alld = certify(ipd(gamma=1 - Rational(near)), "AllD")
    assert alld.verdict == "CERTIFIED"
    if near == "1e-60":
        with pytest.raises(Undecided, match="the checker reads at most 200"):
            _ = alld.report
    else:
        assert alld.report.outcome == "accepted"


@pytest.mark.parametrize("near", ["9e-13", "1e-16", "1e-60"])
def test_closer_to_one_nothing_is_simulated(near: str, tmp_path: Path) -> None:
    """At 1 − 10⁻¹⁶ shares were wrong (11 of 40 in place of 3), and closer a matrix was singular: a traceback."""
    game = ipd(gamma=1 - Rational(near))
    with pytest.raises(BadInput, match=r"game 'ipd': its discount factor is too close to 1 for floating point"):
        Experiment(game, "mean-value:-1.5")
    assert is_equilibrium(game, parse_profile(game, "Grim"))
    finite = hunt("[[-1, -3], [0, -2]]", f"repeated = {{ memory = 1, discount = 0.{'9' * 60}, horizon = 2 }}\n")
    Experiment(load(tmp_path, finite), "mean-value:-1.5")  # two rounds do not sum up to 10⁶⁰


@pytest.mark.parametrize("name", ["impatient", "short-sighted"])
def test_players_without_a_future_defect(name: str, tmp_path: Path) -> None:
    game = load(tmp_path, FILES[name])
    assert game.target == ("Hare", "Hare")
    assert not is_equilibrium(game, parse_profile(game, "S:SHHH"))
    assert is_equilibrium(game, parse_profile(game, "AllD"))


# ---------------------------------------------------------------------------- states that nobody sees, or leaves


def test_one_round_and_then_nothing(tmp_path: Path) -> None:
    """Only S is ever acted in: it learns like one-shot Stag Hunt, and the policies in E and U do not move at all."""
    game = load(tmp_path, ABSORBING)
    experiment = Experiment(game, "mean-value:0", ("pg",), policy="direct", init="uniform:0:1", count=12, steps=30)
    outcome = simulate(experiment)
    starts, end = outcome.starts, outcome["pg"].end
    names = policies.names(game, "direct")
    here = [k for k, name in enumerate(names) if name.endswith("_S")]
    elsewhere = [k for k in range(len(names)) if k not in here]
    assert len(here) == 2 and (end[elsewhere] == starts[elsewhere]).all() and (end[here] != starts[here]).any()
    phi = starts[here].copy()
    for _ in range(30):  # v₁ = 3q − 2, v₂ = 3p − 2
        phi = np.clip(phi + 0.1 * (3 * phi[::-1] - 2), 0, 1)
    assert np.allclose(end[here], phi, atol=1e-12)
    p, q = phi
    paid = 4 * p * q + 3 * (1 - p) * q + 2 * (1 - p) * (1 - q)
    assert np.allclose(mean_values(game, "direct", end)[0], paid / 10)  # (1 − γ)V, and V is one payoff
    found = pure_equilibria(game)
    assert len(found) == 32  # two equilibria in S, times all 16 pure profiles in E and U
    assert sorted({entry.payoffs for entry in found}) == [(2, 2), (4, 4)]


def test_transitions_of_probability_zero_are_none(tmp_path: Path) -> None:
    written = load(tmp_path, ABSORBING)
    assert written == load(tmp_path, ABSORBING.replace("{ S = 1, E = 0, U = 0 }", '"S"'))
    assert written == load(tmp_path, ABSORBING.replace("{ S = 1, E = 0, U = 0 }", "{ S = 1.000, U = 0e-99 }"))


# -------------------------------------------------------------------------------------------------- through all verbs

VERBS = {
    "derive": ("derive", "own.toml"),
    "derive logit": ("derive", "own.toml", "--policy", "logit", "--format", "json"),
    "align": ("align", "own.toml"),
    "align logit": ("align", "own.toml", "--policy", "logit", "--format", "latex"),
    "certify": ("certify", "own.toml", "-o", "box.json"),
    "certify ball": ("certify", "own.toml", "--kind", "sublevel", "-o", "ball.json"),
    "certify alignment": ("certify", "own.toml", "--kind", "alignment", "-o", "alignment.json"),
    "certify steps": ("certify", "own.toml", "--step", "1/10", "-o", "steps.json"),
}
SIMULATED = {
    "simulate": ("simulate", "own.toml", "--success", "mean-value:0", "--steps", "3", "--count", "5", "--json"),
    "simulate direct": (
        "simulate",
        "own.toml",
        "--success",
        "oracle",
        "--policy",
        "direct",
        "--steps",
        "3",
        "--count",
        "5",
    ),
}


def says(invoke: Invoke, tmp_path: Path, name: str, words: tuple[str, ...]) -> str:
    """What a verb prints on a game; it has to be well-formed, and certificates accepted where they claim something."""
    (tmp_path / "own.toml").write_text(FILES[name])
    done = invoke(*words)
    sentences = [line for line in done.err.splitlines() if not line.endswith("…")]
    assert done.code in (0, 1, 2) and "Traceback" not in done.err
    assert not re.search(r"\b(nan|NaN|zoo|oo|inf|Infinity)\b", done.out)
    if done.code == 2:
        assert len(sentences) == 1 and sentences[0].endswith("."), sentences
    else:
        assert sentences == []
    if words[0] == "certify" and done.code != 2:
        assert "unreadable by the checker" not in done.out
        assert invoke("check", words[-1]).code == (0 if "accepted by the checker" in done.out else 1)
    return done.out


CHEAP = ["longest", "equal", "absorbing"]


@pytest.mark.parametrize("name", CHEAP)
def test_every_exact_verb(name: str, tmp_path: Path, invoke: Invoke) -> None:
    for words in VERBS.values():
        says(invoke, tmp_path, name, words)


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name in FILES if name not in CHEAP])
def test_every_exact_verb_on_other_games(name: str, tmp_path: Path, invoke: Invoke) -> None:
    repeated = "repeated" in FILES[name]
    for words in VERBS.values():
        target = ("--target", "AllD") if repeated and words[0] == "certify" else ()
        says(invoke, tmp_path, name, (*words[:2], *target, *words[2:]))


@pytest.mark.thorough
@pytest.mark.parametrize("name", FILES)
def test_every_game_is_simulated_and_verified(name: str, tmp_path: Path, invoke: Invoke) -> None:
    for words in SIMULATED.values():
        says(invoke, tmp_path, name, words)
    says(invoke, tmp_path, name, ("verify", "own.toml", "--out", "out", "--workers", "1"))
    written = (tmp_path / "out" / "verdicts.json").read_text()
    claims = json.loads(written, parse_constant=lambda word: pytest.fail(f"{word} is no number"))["claims"]
    for claim in claims:
        assert claim["verdict"] in ("PROVED", "CERTIFIED", "SUPPORTED", "REFUTED", "UNDECIDED") and claim["reason"]
        assert "cannot fail" not in claim["reason"]
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    if name in ("big", "small"):
        assert verdicts["G.box"] == verdicts["G.ball"] == "CERTIFIED" and verdicts["G.alignment"] == "PROVED"
    if name in ("equal", "nothing"):
        assert verdicts["G.stable"] == "REFUTED" and verdicts["G.entry"] == "UNDECIDED"


def test_verify_where_nothing_matters(tmp_path: Path, invoke: Invoke) -> None:
    says(invoke, tmp_path, "equal", ("verify", "own.toml", "--out", "out", "--workers", "1"))
    claims = json.loads((tmp_path / "out" / "verdicts.json").read_text())["claims"]
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    assert (verdicts["G.pure"], verdicts["G.stable"], verdicts["G.entry"]) == ("PROVED", "REFUTED", "UNDECIDED")
