"""The README tells the truth: its ledger is the one a run prints, and its commands and snippets run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from sympy import Rational

import theory
from numerics import Experiment, simulate
from numerics.evidence.own_game import numerical_checks
from numerics.game_suite import PROPERTIES
from numerics.paper_settings import PAPER
from numerics.scaling import CASES
from numerics.tables import Table
from theory.claims import LEDGER, Verdict
from theory.claims.own_game import own_game_claims
from theory.games import Game, toml_stochastic
from theory.profiles import STRATEGIES, parse_profile

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
COMMAND = Path(sys.executable).with_name("basin-entry")
# Words agree, numbers need not: another processor may end at another box or move a row from one verdict to another, and
# few starts, sampled ones or networks', end elsewhere as under other draws.
COUNTED = ("| C19.largest ", "| C15.published ", "| C16.published ", "| C16.peer-papers ", "| C16.sampled ", "| C17.")
NUMBER = re.compile(r"[-+]?\d+\.\d+|[-+]?\d+")


def block(language: str, holding: str) -> str:
    found = [body for body in re.findall(rf"```{language}\n(.*?)```", README, re.S) if holding in body]
    assert len(found) == 1, f"one {language} block with {holding!r}"
    return str(found[0])


def rows(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith("| C")]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, verified: Path | None) -> Path:
    if verified is not None:
        return verified
    folder = tmp_path_factory.mktemp("readme")
    done = subprocess.run([COMMAND, "verify", "--out", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_ledger_is_the_printed_one(output: Path) -> None:
    shown = rows(README.split("<!-- ledger")[1].split("<!-- end of ledger -->")[0])
    printed = rows((output / "ledger.md").read_text())
    assert len(shown) == len(printed), "copy results/ledger.md into the README"
    for in_readme, fresh in zip(shown, printed, strict=True):
        assert NUMBER.sub("#", in_readme) == NUMBER.sub("#", fresh), "copy results/ledger.md into the README"
        if fresh.startswith(COUNTED):
            continue
        if any(word in fresh for word in (" starts", " epochs", " chains", " of runs")):
            # Another processor's exp() may move single starts: 1 % of the starts, and signs must agree.
            for old, new in zip(NUMBER.findall(in_readme), NUMBER.findall(fresh), strict=True):
                assert float(new) == pytest.approx(float(old), rel=0.05, abs=0.01)
        else:
            assert in_readme == fresh


def test_the_table_of_claims_is_the_ledgers() -> None:
    shown = rows(README.split("<!-- claims")[1].split("<!-- end of claims -->")[0])
    ledger = rows(README.split("<!-- ledger")[1].split("<!-- end of ledger -->")[0])
    parents = [" | ".join(row.split(" | ")[:3]) for row in ledger if "." not in row.split(" | ")[0]]
    requires = [", ".join(claim.requires) for claim in LEDGER if claim.parent is None]
    assert shown == [f"{row} | {required} |" for row, required in zip(parents, requires, strict=True)]


def test_the_table_of_checks_is_that_of_a_game() -> None:
    shown = README.split("<!-- checks")[1].split("-->")[1].split("<!-- end of checks")[0].strip()
    game = theory.games.stag_hunt()
    claims = [*own_game_claims(game), *(claim for claim, _ in numerical_checks(game))]
    rows = tuple((claim.id, claim.statement) for claim in claims)
    assert shown == Table(("check", "statement"), rows, ("l", "l")).markdown().strip()
    assert len(claims) == 20 and "[all twenty checks](#the-checks-of-verify-game)" in README


def test_the_paper_is_named() -> None:
    assert f"*{PAPER}*" in " ".join(README.split("## Two commands")[0].split())


def first_columns(section: str) -> list[str]:
    return re.findall(r"^\| (.*?) \|", README.split(f"## {section}\n")[1].split("\n## ")[0], re.M)


def test_words_and_names_of_strategies_are_explained() -> None:
    assert "[Words](#words)" in README.split("## Two commands")[0]
    words = first_columns("Words")
    for word in ("unrolled, expanded form", "gap", "oracle", "`C:CDCD`", "A0, A1, A2, A3", ", ".join(STRATEGIES)):
        assert word in words, word
    section = README.split("## Words\n")[1]
    given = dict(re.findall(r"(\w+) = ([CD]:[CD]{4})", section))
    ipd = theory.games.ipd()
    assert {name: parse_profile(ipd, moves) for name, moves in given.items()} == {
        name: parse_profile(ipd, name) for name in STRATEGIES
    }
    (weakest,) = re.findall(r"^\| weakest verdict .* \|$", section, re.M)
    assert ", ".join(Verdict) in weakest


def test_every_notebook_is_listed() -> None:
    listed = re.findall(r"^\| `(\d\d_\w+)` \|", README, re.M)
    assert listed == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_a_bare_interpreter_accepts_every_certificate(output: Path) -> None:
    first = '{"format": "basin-entry certificate"'
    files = [path for path in sorted((output / "evidence").iterdir()) if path.read_text().startswith(first)]
    assert len(files) >= 36
    bare = [sys.executable, "-S", "-I", str(ROOT / "theory" / "regions" / "check.py"), *map(str, files)]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count("accepted: ") == len(files), done.stdout


# ---------------------------------------------------------------------------------------------------- game files


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Game]:
    def reader(text: str, name: str = "game.toml") -> Game:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return theory.load_game(path)

    return reader


def payoffs(game: Game, *actions: str) -> tuple[object, ...]:
    """What the players get for a joint action in the start state."""
    joint = tuple(game.action_index(player, action) for player, action in enumerate(actions))
    return game.reward[0][game.joint_actions.index(joint)]


def without(text: str, key: str) -> str:
    """The file with one line less."""
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{key} =")]
    assert len(kept) == len(lines) - 1
    return "".join(kept)


def test_the_example_of_two_players_is_read_as_described(read: Callable[[str], Game]) -> None:
    """By hand: rows are player 1's actions in both matrices, so South, Home is the last entry of both second rows."""
    text = block("toml", "meeting")
    game = read(text)
    assert payoffs(game, "South", "Home") == (Rational(1, 2), Rational(3, 2))
    assert payoffs(game, "North", "South") == (0, 0) and payoffs(game, "North", "Home") == (1, 1)
    # Both to the north pays 3, 2, both to the south 2, 3: neither is better for both, so no target is chosen.
    assert game.target == ("South", "South") and read(without(text, "target")).target is None
    with pytest.raises(theory.BadInput, match="target: not an equilibrium"):
        read(text.replace('["South", "South"]    #', '["South", "Home"]    #'))
    # The other reading, columns as player 1's actions, is another game, and one that is refused here.
    with pytest.raises(theory.BadInput, match=r"column"):
        read(text.replace("[[2, 0, 1], [0, 3, 1.5]]", "[[2, 0], [0, 3], [1, 1.5]]"))


def test_symmetric_stands_for_the_transposed_rows(read: Callable[[str], Game]) -> None:
    game = read(block("toml", "my-hunt"))
    assert payoffs(game, "Hare", "Stag") == (Rational(7, 2), 0) and payoffs(game, "Stag", "Hare") == (0, Rational(7, 2))
    assert read(without(block("toml", "my-hunt"), "target")) == game  # 5, 5 dominates 1, 1


def test_the_example_of_three_players_is_read_as_described(read: Callable[[str], Game]) -> None:
    """By hand: a stag takes all three and pays 4, alone or in two it pays 0; a hare always pays 2."""
    game = read(block("toml", "three-hunters"))
    for joint in product(("Stag", "Hare"), repeat=3):
        stag = 4 if joint == ("Stag",) * 3 else 0
        assert payoffs(game, *joint) == tuple(stag if action == "Stag" else 2 for action in joint)
    assert game.target == ("Stag",) * 3


def test_the_example_of_a_repeated_game_is_read_as_described(read: Callable[[str], Game]) -> None:
    text = block("toml", "sharing")
    game = read(text)
    endless = read(text.replace(", horizon = 12", ""))
    assert (game.horizon, endless.horizon) == (12, None)
    assert game.discount == endless.discount == Rational(24, 25)
    assert endless.observations[1:] == ("SS", "SK", "KS", "KK") == game.observations[1:]
    assert payoffs(endless, "Keep", "Share") == (5, 0)
    # Keeping is the one equilibrium of a round, so it is what is taken where nothing is said.
    assert game.target == ("Share", "Share") and read(without(text, "target")).target == ("Keep", "Keep")


def test_the_example_of_a_stochastic_game_is_that_of_its_module(read: Callable[[str], Game]) -> None:
    """By hand: who fishes alone in the rich lake gets 4, and two who do deplete it with probability 3/4."""
    game = read(block("toml", "lake"))
    assert payoffs(game, "Fish", "Rest") == (4, 0)
    assert game.states == ("Rich", "Poor") and game.transition[0][0] == (Rational(1, 4), Rational(3, 4))
    (shown,) = re.findall(r"in full::\n\n(.*?)\n\n\* ", toml_stochastic.__doc__ or "", re.S)
    assert game == read(shown) and read(without(block("toml", "lake"), "target")).target is None


def test_the_example_of_gambit_is_the_first_game(read: Callable[..., Game]) -> None:
    """By hand: the second pair of payoffs is that of player 1's second action against the other's first."""
    game = read(block("text", "NFG 1 R"), "game.nfg")
    assert payoffs(game, "Hare", "Stag") == (Rational(7, 2), 0)
    first = read(block("toml", "my-hunt"))
    assert (game.actions, game.reward, game.target) == (first.actions, first.reward, first.target)


def test_the_columns_of_simulations_are_explained() -> None:
    """Of one step that reaches no pure profile: by oracle some starts succeed, though none has ended at the target."""
    explained = re.findall(r"^  \* (`.*?):", README.split("* Columns of the tables:")[1].split("\n* ")[0], re.M)
    game = theory.games.stag_hunt()
    outcome = simulate(Experiment(game, "oracle", policy="direct", init="uniform:0.4:0.8", steps=1, count=20))
    columns = {*outcome.table().columns, *outcome.differences().columns}
    assert {name for names in explained for name in re.findall(r"`(\w+)`", names)} <= columns
    assert outcome["pg"].share.successes > 0 and "Stag,Stag" not in outcome["pg"].ends


# -------------------------------------------------------------------------------------------------- commands and code


def test_every_command_of_the_example_runs(tmp_path: Path) -> None:
    (tmp_path / "my-hunt.toml").write_text(block("toml", "my-hunt"))
    lines = block("sh", "basin-entry derive").splitlines()
    assert len(lines) == 4
    for line in lines:
        words = line.split()
        assert words[0] == "basin-entry"
        done = subprocess.run([COMMAND, *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "my-hunt" in done.stdout or "meta" in done.stdout


def test_the_speed_table_is_that_of_make_bench() -> None:
    """What is measured and the aims; the figures themselves are of one machine at one time."""
    shown = README.split("<!-- speed")[1].split("<!-- end of speed -->")[0]
    lines = [line for line in shown.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2 : 2 + len(CASES)]] == [
        case.what for case in CASES.values()
    ]
    for line, case in zip(lines[2:], CASES.values(), strict=False):
        aim, measured = line.split(" | ")[1:3]
        if case.aim is not None:
            assert (
                aim == f"{case.aim / 1e6:g} M" and float(measured.removesuffix(" M").replace(",", "")) >= case.aim / 1e6
            )


def test_the_table_of_scale_is_the_pages() -> None:
    def table(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith("| ")]

    page = (ROOT / "notebooks" / "scale" / "README.md").read_text(encoding="utf-8")
    shown = table(README.split("<!-- scale")[1].split("<!-- end of scale -->")[0])
    assert len(shown) > 10 and shown == table(page.split("A joint step is")[0])


def test_every_command_about_experiments_runs(tmp_path: Path) -> None:
    """The commands as they are, but for the number of runs, which takes most of a minute."""
    lines = block("sh", "basin-entry simulate ipd-finite").splitlines()
    assert len(lines) == 2
    for line in lines:
        words = re.sub(r"--count \d+", "--count 8", line).split()
        assert words[0] == "basin-entry"
        done = subprocess.run([COMMAND, *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "chunks").is_dir() and (tmp_path / "runs" / "simulation.npz").is_file()


def test_every_command_about_certificates_runs(tmp_path: Path) -> None:
    (tmp_path / "theory" / "regions").mkdir(parents=True)
    checker = ROOT / "theory" / "regions" / "check.py"
    (tmp_path / "theory" / "regions" / "check.py").write_text(checker.read_text(encoding="utf-8"), encoding="utf-8")
    lines = block("sh", "basin-entry certify").splitlines()
    assert len(lines) == 6
    for line in lines:
        program, *words = line.split()
        command = {"basin-entry": COMMAND, "python3": sys.executable}[program]
        done = subprocess.run([command, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "accepted" in done.stdout or "meta" in done.stdout


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block("python", "import Experiment, simulate"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "order aligned" in printed and "Share(" in printed and "PairedDifference(" in printed


def test_the_example_of_arrays_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """By hand: 5, 0 against 7/2, 1 is a Stag Hunt with T > P, so the correction is aligned at every policy."""
    pytest.importorskip("nashpy")
    exec(compile(block("python", "game_from_nashpy"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "order aligned" in printed and "share" in printed


def test_the_property_tests_of_the_example_pass(tmp_path: Path) -> None:
    (tmp_path / "my-hunt.toml").write_text(block("toml", "my-hunt"))
    (line,) = block("sh", "pytest --game").splitlines()
    command = [sys.executable, "-m", *line.split(), "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f"{len(PROPERTIES)} passed" in done.stdout, done.stdout + done.stderr


def test_the_properties_are_listed_by_name() -> None:
    listed = README.split("It runs fifteen properties")[1].split("What does not apply")[0]
    bullets = re.findall(r"^\* ((?:`[a-z0-9-]+`(?:, )?)+):", listed, re.M)
    assert [name for names in bullets for name in re.findall(r"`(.*?)`", names)] == [p.name for p in PROPERTIES]
    assert len(PROPERTIES) == 15


def test_the_files_for_a_paper_are_written(output: Path) -> None:
    section = README.split("## For a paper")[1].split("\n## ")[0]
    named = re.findall(r"^\| (`.*?) \|", section, re.M)
    assert len(named) == 8
    for names in named:
        first, *suffixes = re.findall(r"`([^`]*)`", names)
        for name in (first, *(Path(first).stem + suffix for suffix in suffixes)):
            assert (output / name).exists(), name
    macros = (output / "macros.tex").read_text()
    for used in re.findall(r"`\\input\{(.*?)\}`", section):
        assert (output / f"{used}.tex").is_file(), used
    for kind, key in re.findall(r"`\\(verdict|bevalue)\{(.*?)\}`", section):
        assert f"\\be@set{{{kind.removeprefix('be')}}}{{{key}}}" in macros, key


def test_the_example_of_networks_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jax")
    pytest.importorskip("pettingzoo")
    exec(compile(block("python", "published_training"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "'meta'" in printed and "S" in printed.splitlines()[-2]


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line in block("sh", "make verify").splitlines():
        assert re.search(rf"^{line.removeprefix('make ')}:", makefile, re.M)
