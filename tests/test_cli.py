"""The command line: every verb, exit codes, and one sentence for every kind of garbage.

Most calls run in this process; a few go through the installed command.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from commands import Invoke

from numerics import cli
from theory.claims import LEDGER
from theory.games import REGISTRY, DifferentiableGame
from theory.updates import REGISTRY as RULES

COMMAND = Path(sys.executable).with_name("basin-entry")
HUNT = """
name = "{name}"
actions = ["Stag", "Hare"]
payoffs = {{ row = [[4, 0], [3, 2]], column = "symmetric" }}
"""


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------------- the installed command itself


def installed(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=100)


def test_the_installed_command_answers(tmp_path: Path) -> None:
    done = installed("games", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert all(name in done.stdout for name in REGISTRY)


def test_the_installed_command_refuses_in_one_line(tmp_path: Path) -> None:
    done = installed("simulate", "stag-hunt", "--success", "initial-cooperation:2", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("basin-entry: --success") and done.stderr.count("\n") == 1
    assert files(tmp_path) == {}


def test_the_installed_command_writes_json_alone_to_stdout(tmp_path: Path) -> None:
    done = installed(
        "simulate", "stag-hunt", "--success", "mean-value:3", "--count", "5", "--steps", "3", "--json", cwd=tmp_path
    )
    assert done.returncode == 0 and json.loads(done.stdout)["schema_version"] == 1
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr


# ----------------------------------------------------------------------------------------------------------- help


def test_no_argument_is_help(invoke: Invoke) -> None:
    result = invoke()
    assert result.code == 0 and result.err == ""
    for verb in ("verify", "derive", "align", "simulate", "games"):
        assert verb in result.out


@pytest.mark.parametrize("verb", ["verify", "derive", "align", "simulate", "games"])
def test_help_of_every_verb_teaches(verb: str, invoke: Invoke) -> None:
    result = invoke(verb, "--help")
    assert result.code == 0 and result.err == "" and "Usage" in result.out
    if verb != "games":
        assert "Example: basin-entry" in result.out


def test_help_names_every_rule(invoke: Invoke) -> None:
    for verb in ("derive", "simulate"):
        text = " ".join(invoke(verb, "--help").out.split())
        assert all(rule in text for rule in RULES)


# ---------------------------------------------------------------------------------------------------------- games


def test_games_lists_every_game_with_its_parameters(invoke: Invoke) -> None:
    result = invoke("games")
    assert result.code == 0 and result.err == ""
    for name in REGISTRY:
        assert re.search(rf"│ {re.escape(name)} ", result.out)
    assert "R = 4" in result.out and "24/25" in result.out and "Stag,Stag" in result.out


# --------------------------------------------------------------------------------------------------------- derive


def test_derive_prints_the_three_terms_and_where_each_factor_is_evaluated(invoke: Invoke) -> None:
    result = invoke("derive", "stag-hunt")
    assert result.code == 0 and result.err == ""
    text = result.out
    assert "policy gradient, read at φ₁" in text
    assert text.count("Jacobian at φ₀, value derivative at φ₁") == 2
    assert "g_i(φ₁) = ∇_i Vⁱ(φ₁)" in text
    assert "own_i = α [∇_i∇_i Vⁱ(φ₀)]ᵀ ∇_i Vⁱ(φ₁)" in text
    assert "peer_i = α Σ_{j≠i} [∇_i∇_j Vʲ(φ₀)]ᵀ ∇_j Vⁱ(φ₁)" in text
    # by hand: g₁ = S − P + q′ D and peer₁ = α D (T − P + p′ D), the primes being probabilities at φ₁
    assert re.search(r"g₁ = .*q′", text) and "own₁ = 0" in text
    assert re.search(r"peer₁ = .*α.*p′", text) and re.search(r"peer₂ = .*α.*q′", text)
    assert not re.search(r"peer₁ = .*q′", text)


def test_derive_in_latex(invoke: Invoke) -> None:
    result = invoke("derive", "stag-hunt", "--format", "latex")
    assert result.code == 0
    for piece in (r"\varphi_1", r"\varphi_0", r"\mathrm{own}", r"\mathrm{peer}", r"\nabla", r"\begin{matrix}", "p'"):
        assert piece in result.out
    check_latex(result.out)


def check_latex(text: str) -> None:
    """Balanced brackets and displays, and nothing outside formulas that only formulas may hold."""
    assert text.count(r"\[") == text.count(r"\]") > 0
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    outside = re.sub(r"\\\[.*?\\\]|\$[^$]*\$", "", text, flags=re.S)
    assert not re.search(r"(?<!\\)[_^&%#]", outside), outside
    assert text.isascii(), {letter for letter in text if not letter.isascii()}


@pytest.mark.parametrize("game", [name for name in REGISTRY if name not in ("ipd-finite", "grid-stag-hunt")])
@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_latex_of_every_game_is_well_formed(game: str, policy: str, invoke: Invoke) -> None:
    result = invoke("derive", game, "--policy", policy, "--format", "latex")
    if isinstance(REGISTRY[game](), DifferentiableGame) and policy == "logit":
        assert result.code == 2
        return
    assert result.code == 0
    check_latex(result.out)


@pytest.mark.parametrize("name", ["my_hunt", "my hunt 2", "a-b.c"])
def test_latex_of_a_file_with_any_allowed_name(name: str, invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HUNT.format(name=name))
    for verb in ("derive", "align"):
        result = invoke(verb, "own.toml", "--format", "latex")
        assert result.code == 0
        check_latex(result.out)


def test_latex_of_states_with_long_names(invoke: Invoke, tmp_path: Path) -> None:
    """Actions that share an initial: state names are built from whole words, for three players from three of them.

    ``A_A_A`` would be a double subscript, at which LaTeX stops.
    """
    repeated = '\nrepeated = { memory = 1, discount = "1/2" }\n'
    (tmp_path / "own.toml").write_text(HUNT.format(name="own").replace("Stag", "Hart") + repeated)
    cells = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    three = f'name = "three"\nactions = ["A", "A1"]\npayoffs = {[cells] * 3}{repeated}'
    (tmp_path / "three.toml").write_text(three)
    for file in ("own.toml", "three.toml"):
        result = invoke("derive", file, "--format", "latex")
        assert result.code == 0
        check_latex(result.out)
        assert not re.search(r"_[A-Za-z0-9]_", result.out)


def test_derive_of_the_ipd(invoke: Invoke) -> None:
    result = invoke("derive", "ipd", "--unroll", 1)
    assert result.code == 0 and result.err == ""
    assert "policy gradient, read at φ₁" in result.out
    assert result.out.count("Jacobian at φ₀, value derivative at φ₁") == 2
    assert "player 1 sees ∅ CC CD DC DD; player 2 sees ∅ CC DC CD DD" in result.out
    assert "M = I − γP_π" in result.out and "γ = 24/25" in result.out


def test_derive_more_steps_says_where(invoke: Invoke) -> None:
    result = invoke("derive", "stag-hunt", "--unroll", 3)
    assert result.code == 0
    assert "policy gradient, read at the end φ_L" in result.out
    assert (
        "value derivative at φ_L" in result.out and "value derivatives at φ_L" in result.out and "L = 3" in result.out
    )


def test_derive_as_json(invoke: Invoke) -> None:
    for arguments in (("stag-hunt",), ("ipd", "--unroll", "1"), ("stag-hunt", "--policy", "logit", "--unroll", "2")):
        result = invoke("derive", *arguments, "--format", "json")
        data = json.loads(result.out)
        assert result.code == 0 and data["schema_version"] == 1 and data["game"] == arguments[0]
        assert set(data["program"]["outputs"]) == {f"{t}_{i}" for t in ("current", "own", "peer") for i in (1, 2)}
        names = [name for name, _ in data["program"]["steps"]]
        assert len(set(names)) == len(names) and not set(names) & set(data["program"]["inputs"])
        assert any("φ₀" in line["label"] or "φ_L" in line["label"] for line in data["formulas"])
    closed = json.loads(invoke("derive", "stag-hunt", "--format", "json").out)["closed_forms"]
    assert set(closed) == {f"{t}_{i}" for t in ("current", "own", "peer") for i in (1, 2)}
    assert closed["own_1"] == ["0"] and "alpha" in closed["peer_1"][0] and "p_next" in closed["peer_1"][0]


@pytest.mark.parametrize("rule", RULES)
def test_derive_names_the_rule(rule: str, invoke: Invoke) -> None:
    result = invoke("derive", "stag-hunt", "--rule", rule)
    assert result.code == 0 and f"rule {rule} " in result.out


def test_derive_with_exact_parameters(invoke: Invoke) -> None:
    result = invoke("derive", "ipd", "--set", "gamma=0.9", "--set", "R=-1/2")
    assert result.code == 0 and "γ = 9/10" in result.out and "R = -1/2" in result.out


# ---------------------------------------------------------------------------------------------------------- align


def test_align_prints_the_condition_in_symbols(invoke: Invoke) -> None:
    result = invoke("align", "stag-hunt")
    assert result.code == 0 and "T - P ≥ 0" in result.out and "this holds" in result.out
    assert "this fails" in invoke("align", "stag-hunt", "--set", "T=1").out


def test_align_as_json_and_latex(invoke: Invoke) -> None:
    for policy in ("direct", "logit"):
        data = json.loads(invoke("align", "stag-hunt", "--policy", policy, "--format", "json").out)
        assert data["schema_version"] == 1 and data["holds"] is True and data["target"] == ["Stag", "Stag"]
        assert data["conditions_nonnegative"] in (["T - P"], ["-P + T"])
        check_latex(invoke("align", "stag-hunt", "--policy", policy, "--format", "latex").out)


def test_align_towards_another_target(invoke: Invoke) -> None:
    hare = json.loads(invoke("align", "stag-hunt", "--target", "Hare,Hare", "--format", "json").out)
    assert hare["target"] == ["Hare", "Hare"] and hare["holds"] is False
    dilemma = json.loads(invoke("align", "prisoners-dilemma", "--target", "C,C", "--format", "json").out)
    assert dilemma["holds"] is False


# ------------------------------------------------------------------------------------------------------- simulate

SHORT = ("--count", "20", "--steps", "10")


def test_simulate_prints_a_table(invoke: Invoke) -> None:
    result = invoke("simulate", "stag-hunt", "--success", "initial-cooperation:0.82", *SHORT)
    assert result.code == 0
    assert all(word in result.out for word in ("method", "95% interval", "pg", "meta", "meta − pg"))
    # Methods run side by side: whichever thread comes first reports first.
    assert sorted(result.err.splitlines()) == ["meta …", "pg …"]


def test_simulate_as_json(invoke: Invoke) -> None:
    arguments = ("simulate", "stag-hunt", "--success", "initial-cooperation:0.82", *SHORT, "--method", "own", "--json")
    result = invoke(
        *arguments, "--method", "peer", "--inner-lr", "0.2,0.3", "--clip", "8", "--seed", "7", "--set", "R=5"
    )
    data = json.loads(result.out)
    assert result.code == 0 and data["schema_version"] == 1
    assert [row["method"] for row in data["results"]] == ["own", "peer"]
    config = data["config"]
    assert config["inner_lr"] == [0.2, 0.3] and config["clip"] == 8 and config["seed"] == 7
    assert data["game"]["parameters"]["R"] == "5"
    again = invoke(
        *arguments, "--method", "peer", "--inner-lr", "0.2,0.3", "--clip", "8", "--seed", "7", "--set", "R=5"
    )
    assert again.out == result.out


def test_every_option_of_simulate_reaches_the_experiment(invoke: Invoke) -> None:
    options = {
        "form": "expanded", "policy": "direct", "unroll": 2, "own": 0.5, "peer": 2.0, "lr": 0.3, "lr_power": 0.5,
        "lr_offset": 3.0, "steps": 7, "init": "uniform:0:1", "count": 9, "anneal": "two-phase:2:1:3", "seed": 4,
    }  # fmt: skip
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    result = invoke("simulate", "stag-hunt", "--success", "mean-value:3", "--json", *words)
    config = json.loads(result.out)["config"]
    assert result.code == 0 and {name: config[name] for name in options} == options


def test_defaults_of_simulate(invoke: Invoke) -> None:
    result = invoke("simulate", "stag-hunt", "--success", "mean-value:3", "--steps", "2", "--json")
    config = json.loads(result.out)["config"]
    assert config["methods"] == ["pg", "meta"] and config["count"] == 100 and config["init"] == "normal:1"
    assert (config["form"], config["policy"], config["unroll"], config["clip"]) == ("unrolled", "logit", 1, None)


def test_simulate_a_grid(invoke: Invoke) -> None:
    result = invoke("simulate", "stag-hunt", "--success", "mean-value:3", "--init", "grid:5:0.1:0.9", "--steps", "2")
    assert result.code == 0 and "discretisation" in result.out and "±" in result.out and "/25" in result.out


def test_simulate_a_file(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HUNT.format(name="own"))
    own = json.loads(invoke("simulate", "own.toml", "--success", "initial-cooperation:0.82", *SHORT, "--json").out)
    named = json.loads(invoke("simulate", "stag-hunt", "--success", "initial-cooperation:0.82", *SHORT, "--json").out)
    for mine, theirs in zip(own["results"], named["results"], strict=True):
        assert mine["successes"] == theirs["successes"] and mine["ends"] == theirs["ends"]


def test_simulate_writes_files_only_when_asked(invoke: Invoke, tmp_path: Path) -> None:
    arguments = ("simulate", "stag-hunt", "--success", "mean-value:3", *SHORT)
    assert invoke(*arguments).code == 0 and files(tmp_path) == {}
    assert invoke(*arguments, "-o", "out", "--every", "5").code == 0
    written = set(files(tmp_path))
    assert {name for name in written if "chunks" not in name} == {"out/simulation.json", "out/simulation.npz"}
    assert all(name.startswith("out/chunks/") for name in written if "chunks" in name)


SAMPLED = (
    "simulate", "ipd-finite", "--success", "initial-cooperation:0.82", "--gradient", "sampled", "--form", "expanded",
    "--batch", "10", "--steps", "8", "--lr", "1", "--count", "90",
)  # fmt: skip


def test_simulate_sampled(invoke: Invoke) -> None:
    """Every option reaches the experiment and changes the ends; workers change nothing."""
    base = json.loads(invoke(*SAMPLED, "--json").out)
    assert (base["config"]["gradient"], base["config"]["batch"], base["config"]["batches"]) == ("sampled", 10, "shared")
    assert json.loads(invoke(*SAMPLED, "--json", "--workers", "3").out) == base
    changes = (("--batches", "independent"), ("--credit", "per-step"), ("--baseline",), ("--seed", "1"))
    for change in changes:
        other = json.loads(invoke(*SAMPLED, "--json", *change).out)
        assert other["config"] != base["config"] and other["results"][1]["welfare"] != base["results"][1]["welfare"]
    assert "rule 'sos' has no estimator" in invoke(*SAMPLED, "--method", "sos").err


def test_verify_removes_nothing_but_its_own(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "out" / "unfinished" / "other").mkdir(parents=True)
    (tmp_path / "out" / "unfinished" / "other" / "part.npz").write_text("of another run")
    (tmp_path / "out" / "unfinished" / "thesis.tex").write_text("mine")
    assert invoke("verify", "--claim", "C6", "--out", "out", "--workers", "1").code == 0
    left = {name for name in files(tmp_path) if "unfinished" in name}
    assert left == {"out/unfinished/other/part.npz", "out/unfinished/thesis.tex"}


def test_an_interrupt_says_how_to_go_on(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numerics.cli.simulate", stopped)
    result = invoke("simulate", "stag-hunt", "--success", "mean-value:3")
    assert result.code == 130 and "the same command goes on" in result.err and "Traceback" not in result.err


def test_a_stopped_simulation_goes_on(invoke: Invoke, tmp_path: Path) -> None:
    whole = invoke(*SAMPLED, "--json")
    assert invoke(*SAMPLED, "--json", "-o", "out").out == whole.out
    kept = files(tmp_path)
    chunk = next(name for name in kept if "chunks" in name and name.endswith(".npz"))
    for name in ("out/simulation.json", "out/simulation.npz", chunk):
        (tmp_path / name).unlink()
    assert invoke(*SAMPLED, "--json", "-o", "out", "--workers", "1").out == whole.out
    assert files(tmp_path) == kept


def test_overflow_is_reported_and_not_warned_about(invoke: Invoke) -> None:
    """Steps beyond floating point: undecided runs, strict JSON, nothing on stderr but progress, exit 0."""
    result = invoke(
        "simulate", "stag-hunt", "--success", "mean-value:3", *SHORT, "--lr", "1e308", "--peer", "1e308", "--json"
    )
    data = json.loads(result.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert result.code == 0 and sorted(result.err.splitlines()) == ["meta …", "pg …"]
    assert data["results"][1]["undecided"] > 0


@pytest.mark.parametrize(
    "schedule", [("--lr-power", "400", "--lr-offset", "10"), ("--lr-power", "2", "--lr-offset", "1e-200")]
)
def test_extreme_schedules_are_no_traceback(schedule: tuple[str, ...], invoke: Invoke) -> None:
    result = invoke("simulate", "stag-hunt", "--success", "mean-value:3", *SHORT, *schedule)
    assert result.code in (0, 2) and "Traceback" not in result.err


# --------------------------------------------------------------------------------------------------------- verify


def test_verify_writes_the_ledger(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("verify", "--claim", "C6", "--out", tmp_path / "out")
    assert result.code == 0
    seen = [f"checking {name} …" for name in ("C6.control", "C6.direct", "C6.logit")]
    assert sorted(result.err.splitlines()) == seen  # in the order in which the processes finish
    assert "PROVED" in result.out and "C6.control" in result.out
    written = files(tmp_path / "out")
    assert {"verdicts.json", "ledger.md", "ledger.tex", "ledger.csv", "evidence/C6.direct-1.json"} <= set(written)
    assert not [name for name in written if "/." in f"/{name}"]
    assert int(re.search(r"(\d+) files in", result.out)[1]) == len(written)  # type: ignore[index]
    data = json.loads(written["verdicts.json"])
    assert [entry["id"] for entry in data["claims"]] == [claim.id for claim in LEDGER]
    proved = {entry["id"] for entry in data["claims"] if entry["verdict"] != "UNDECIDED"}
    assert proved == {"C6", "C6.direct", "C6.logit", "C6.control"}
    for entry in data["claims"]:
        for piece in entry["evidence"]:
            assert sha256(written[piece["file"]]).hexdigest() == piece["sha256"]


CHEAP = ("verify", "--claim", "C1.at-phi0", "--out", "out")


def test_verify_exits_0_when_every_verdict_is_the_expected_one(invoke: Invoke) -> None:
    assert invoke(*CHEAP).code == 0


def test_verify_exits_1_when_a_verdict_differs(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        cli, "unexpected", lambda ledger, profile: ["C6: REFUTED, expected PROVED", "C1: x, expected y"]
    )
    result = invoke(*CHEAP)
    assert result.code == 1
    assert result.err.splitlines()[1:] == [
        "unexpected verdict: C6: REFUTED, expected PROVED", "unexpected verdict: C1: x, expected y",
    ]  # fmt: skip
    assert "out/verdicts.json" in files(tmp_path)  # the surprise is there to be looked at


def test_verify_compares_with_its_profile(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(cli, "unexpected", lambda ledger, profile: asked.append(profile) or [])
    assert invoke(*CHEAP, "--profile", "paper").code == 0 and asked == ["paper"]
    assert invoke(*CHEAP, "--seed", "1").code == 0 and asked == ["paper"]  # expectations are those of seed 0


def test_verify_where_a_file_is_in_the_way(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = invoke(*CHEAP)
    assert result.code == 2 and result.out == ""
    assert result.err.splitlines()[-1].startswith("basin-entry: cannot write out") and "Traceback" not in result.err
    assert files(tmp_path) == {"out": b"mine"}


def test_a_refusal_does_not_quote_what_is_endless(invoke: Invoke) -> None:
    done = invoke("certify", "stag-hunt", "-o", "c.json", "--kind", "x" * 100_000)
    line = done.err.splitlines()[-1]
    assert done.code == 2 and len(line) < 1100 and line.startswith("basin-entry: --kind: 'xxx") and " … xxx" in line
    assert line.endswith(".") and "sublevel" in line  # what it may be is told


def test_some_checks_of_a_game_and_how_many_came_out_how(invoke: Invoke, tmp_path: Path) -> None:
    chosen = ("--claim", "G.target", "--claim", "G.set", "--claim", "G.near")
    result = invoke("verify", "stag-hunt", *chosen, "--out", "out")
    assert result.code == 0
    assert "\n3 verdicts: 2 PROVED, 1 not applicable.\n" in result.out
    data = json.loads((tmp_path / "out" / "verdicts.json").read_text())
    assert [entry["id"] for entry in data["claims"]] == ["G.target", "G.near", "G.set"]
    assert data["provenance"]["claims"] == ["G.near", "G.set", "G.target"]


def test_verify_a_game_of_ones_own(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HUNT.format(name="own"))
    result = invoke("verify", "own.toml", "--out", "out")
    assert result.code == 0 and "out/verdicts.json" in files(tmp_path)
    data = json.loads((tmp_path / "out" / "verdicts.json").read_text())
    assert data["schema_version"] == 1 and all(entry["id"].startswith("G.") for entry in data["claims"])
    shown = " ".join(re.sub(r"[│┃]", " ", result.out).split())
    for statement in ("On average C points to the target (A1). the mean is positive", "loses no strict equilibrium"):
        assert statement in shown
    entries = [entry["verdict"] for entry in data["claims"]]
    assert f"\n{len(entries)} verdicts: {entries.count('PROVED')} PROVED, " in result.out
    assert "not applicable" in result.out and "not-applicable" not in result.out and "UNDECIDED" not in result.out

    # What is about the paper's games is not written beside it.
    assert invoke("tables", "out").code == 0 and invoke("report", "out").code == 0
    written = set(files(tmp_path))
    assert {"out/paper.tex", "out/macros.tex", "out/tables/ledger.md", "out/report.html"} <= written
    assert not [name for name in written if "appendix" in name or "formulas/" in name or "figures/" in name]
    refused = invoke("figures", "out")
    assert refused.code == 2 and "ledger of the game own, and these figures are of the paper's games" in refused.err
    assert set(files(tmp_path)) == written


def test_tables_from_a_folder_that_verify_filled(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("verify", "--claim", "C6", "--out", "out").code == 0
    before = {name: text for name, text in files(tmp_path).items() if "tables/" not in name}
    result = invoke("tables", "out")
    assert result.code == 0
    after = files(tmp_path)
    assert {name: after[name] for name in before} == before
    assert b"C6.direct" in after["out/tables/alignment.csv"]


# -------------------------------------------------------------------------------------------------------- garbage

SUCCESS = ("--success", "initial-cooperation:0.82")
GARBAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown command": (("prove",), "prove"),
    "unknown option": (("simulate", "stag-hunt", *SUCCESS, "--speed", "9"), "--speed"),
    "missing argument": (("derive",), "GAME"),
    "too many arguments": (("derive", "stag-hunt", "ipd"), "ipd"),
    "unknown game": (("derive", "stagg-hunt"), "stagg-hunt"),
    "empty game": (("derive", ""), "''"),
    "game with line breaks": (("derive", "a\nb\r\x1b[31m"), "neither a known game"),
    "missing file": (("derive", "nowhere.toml"), "nowhere.toml"),
    "folder as file": (("derive", "folder.toml"), "folder.toml"),
    "broken TOML": (("derive", "broken.toml"), "broken.toml"),
    "binary file": (("derive", "binary.toml"), "binary.toml"),
    "empty file": (("derive", "empty.toml"), "empty.toml"),
    "unknown key": (("derive", "key.toml"), "key.toml: colour"),
    "NaN payoff in a file": (("derive", "nan.toml"), "nan.toml: payoffs.row[0][0]"),
    "ragged payoffs": (("derive", "ragged.toml"), "ragged.toml: payoffs.row[1]"),
    "discount 1 in a file": (("derive", "gamma.toml"), "gamma.toml: repeated.discount"),
    "target that is no equilibrium": (("align", "target.toml"), "target.toml: target"),
    "discount 1": (("derive", "ipd", "--set", "gamma=1"), "discount"),
    "negative discount": (("derive", "ipd", "--set", "gamma=-1/2"), "discount"),
    "NaN payoff": (("derive", "stag-hunt", "--set", "R=nan"), "R"),
    "infinite payoff": (("derive", "stag-hunt", "--set", "R=inf"), "R"),
    "zero denominator": (("derive", "stag-hunt", "--set", "R=1/0"), "R"),
    "payoff that is code": (("derive", "stag-hunt", "--set", "R=__import__('os')"), "R"),
    "payoffs outside the class": (("derive", "stag-hunt", "--set", "R=3"), "stag-hunt"),
    "setting without value": (("derive", "stag-hunt", "--set", "R"), "--set"),
    "setting without name": (("derive", "stag-hunt", "--set", "=4"), "--set"),
    "setting with empty value": (("derive", "stag-hunt", "--set", "R="), "R"),
    "unknown parameter": (("derive", "stag-hunt", "--set", "Z=4"), "Z"),
    "setting of a file": (("derive", "good.toml", "--set", "R=4"), "good.toml"),
    "unknown policy": (("derive", "stag-hunt", "--policy", "softmax"), "softmax"),
    "unknown format": (("derive", "stag-hunt", "--format", "pdf"), "pdf"),
    "unknown rule": (("derive", "stag-hunt", "--rule", "sgd"), "sgd"),
    "unroll 0": (("derive", "stag-hunt", "--unroll", "0"), "0"),
    "unroll no number": (("derive", "stag-hunt", "--unroll", "two"), "--unroll"),
    "target not an action": (("align", "stag-hunt", "--target", "Stag,Deer"), "Deer"),
    "target of one action": (("align", "stag-hunt", "--target", "Stag"), "target"),
    "target of a repeated game": (("align", "ipd", "--target", "C,C"), "cooperative set"),
    "missing criterion": (("simulate", "stag-hunt"), "--success"),
    "bad criterion": (("simulate", "stag-hunt", "--success", "cooperation:0.82"), "--success"),
    "unknown method": (("simulate", "stag-hunt", *SUCCESS, "--method", "sgd"), "--method"),
    "repeated method": (("simulate", "stag-hunt", *SUCCESS, "--method", "pg", "--method", "pg"), "--method"),
    "unknown form": (("simulate", "stag-hunt", *SUCCESS, "--form", "paper"), "--form"),
    "sampled and unrolled": (("simulate", "stag-hunt", *SUCCESS, "--gradient", "sampled"), "--form expanded"),
    "sampled without end": (("simulate", "ipd", *SUCCESS, "--gradient", "sampled", "--form", "expanded"), "horizon"),
    "unknown gradient": (("simulate", "stag-hunt", *SUCCESS, "--gradient", "guess"), "--gradient"),
    "empty batch": ((*SAMPLED, "--batch", "0"), "--batch"),
    "baseline of one": ((*SAMPLED, "--batch", "1", "--baseline"), "--batch"),
    "unknown batches": ((*SAMPLED, "--batches", "two"), "--batches"),
    "no workers": (("simulate", "stag-hunt", *SUCCESS, "--workers", "0"), "--workers"),
    "bad starts": (("simulate", "stag-hunt", *SUCCESS, "--init", "grid:51"), "--init"),
    "grid of a large game": (("simulate", "ipd", *SUCCESS, "--init", "grid:3:0.1:0.9"), "--init"),
    "grid beyond memory": (("simulate", "stag-hunt", *SUCCESS, "--init", "grid:1000000:0.1:0.9"), "--init"),
    "grid on the border": (("simulate", "stag-hunt", *SUCCESS, "--init", "grid:3:0:1"), "--init"),
    "starts beyond floating point": (("simulate", "stag-hunt", *SUCCESS, "--init", "uniform:-1e308:1e308"), "--init"),
    "bad annealing": (("simulate", "stag-hunt", *SUCCESS, "--anneal", "linear:3"), "--anneal"),
    "step size no number": (("simulate", "stag-hunt", *SUCCESS, "--inner-lr", "0.1,x"), "--inner-lr"),
    "too many step sizes": (("simulate", "stag-hunt", *SUCCESS, "--inner-lr", "0.1,0.1,0.1"), "--inner-lr"),
    "negative step size": (("simulate", "stag-hunt", *SUCCESS, "--lr=-1"), "--lr"),
    "NaN step size": (("simulate", "stag-hunt", *SUCCESS, "--lr", "nan"), "--lr"),
    "clip no number": (("simulate", "stag-hunt", *SUCCESS, "--clip", "some"), "--clip"),
    "negative clip": (("simulate", "stag-hunt", *SUCCESS, "--clip=-8"), "--clip"),
    "no steps": (("simulate", "stag-hunt", *SUCCESS, "--steps", "0"), "--steps"),
    "half a step": (("simulate", "stag-hunt", *SUCCESS, "--steps", "1.5"), "--steps"),
    "negative seed": (("simulate", "stag-hunt", *SUCCESS, "--seed=-1"), "--seed"),
    "criterion without target": (("simulate", "matching-pennies", *SUCCESS), "matching-pennies"),
    "paths without a folder": (("simulate", "stag-hunt", *SUCCESS, "--every", "2"), "--every"),
    "unknown profile": (("verify", "--profile", "slow"), "--profile"),
    "unknown claim": (("verify", "--claim", "C99"), "--claim"),
    "negative seed of verify": (("verify", "--seed=-1"), "--seed"),
    "claims of a game": (("verify", "stag-hunt", "--claim", "C6"), "--claim"),
    "tables of nothing": (("tables", "empty"), "verdicts.json"),
    "tables of a broken ledger": (("tables", "broken"), "verdicts.json"),
    "tables of a ledger without entries": (("tables", "hollow"), "hollow"),
    "tables without their evidence": (("tables", "lost"), "lost"),
}  # fmt: skip


@pytest.fixture
def bad_files(tmp_path: Path) -> None:
    good = HUNT.format(name="own")
    texts = {
        "good.toml": good,
        "broken.toml": "name = \n",
        "empty.toml": "",
        "key.toml": good + 'colour = "red"\n',
        "nan.toml": good.replace("[[4,", "[[nan,"),
        "ragged.toml": good.replace("[3, 2]", "[3]"),
        "gamma.toml": good + "repeated = { memory = 1, discount = 1 }\n",
        "target.toml": good + 'target = ["Stag", "Hare"]\n',
        "broken/verdicts.json": "{",
        "hollow/verdicts.json": '{"schema_version": 1, "claims": [{}]}',
        "lost/verdicts.json": json.dumps(
            {"schema_version": 1, "claims": [{"id": "C1", "verdict": "PROVED", "statement": "", "evidence": [{}]}]}
        ),
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "binary.toml").write_bytes(b"\x00\xff\xfe" * 100)
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "empty").mkdir()


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(("arguments", "place"), GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_one_sentence(arguments: tuple[str, ...], place: str, invoke: Invoke, tmp_path: Path) -> None:
    before = files(tmp_path)
    result = invoke(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("basin-entry: ") and result.err.endswith("\n") and len(result.err.splitlines()) == 1
    assert place in result.err and "Traceback" not in result.err
    assert result.err.isprintable() or result.err.removesuffix("\n").isprintable()
    assert files(tmp_path) == before and not (tmp_path / "results").exists()


def test_an_empty_target_is_not_taken_for_none(invoke: Invoke) -> None:
    """``--target ""`` (an unset variable in a script) must not quietly mean the default."""
    result = invoke("align", "stag-hunt", "--target", "")
    assert result.code == 2 and "target" in result.err
