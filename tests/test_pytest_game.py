"""``pytest --game``: what is broken is reported with a counterexample that can be run, the rest holds or says why not.

Runs of pytest in pytest happen in this process, where the libraries are imported already. The entry point is left out
and the plugin named, so that nothing depends on how the package is installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Rational

from numerics.compile import compiled_update
from numerics.game_suite import PROPERTIES, Broken, NotApplicable, Subject
from numerics.game_suite import aligned as aligned_module
from numerics.game_suite import bridge as bridge_module
from numerics.game_suite import certified as certified_module
from numerics.game_suite import identities as identities_module
from numerics.game_suite import recovered as recovered_module
from numerics.game_suite import symmetry as symmetry_module
from numerics.game_suite.game_files import as_nfg, as_toml
from numerics.game_suite.relabelling import differences, symmetries
from numerics.game_suite.values import Tables, fraction, policy_of
from numerics.same_ends import within
from theory import strategies
from theory.alignment import align
from theory.decomposition import decompose, update_program
from theory.errors import BadInput
from theory.games import REGISTRY, Game, battle_of_the_sexes, ipd, matching_pennies, public_goods, stag_hunt
from theory.games.files import load_game
from theory.regions.check import Report
from theory.symbols import alpha

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ("-p", "no:basin-entry", "-p", "numerics.pytest_plugin", "-p", "no:cacheprovider")
PROPERTY = {entry.name: entry for entry in PROPERTIES}

HUNT = 'name = "hunt"\nactions = ["Stag", "Hare"]\npayoffs = { row = [[4, 0], [3, 2]], column = "symmetric" }\n'
# The column player gets 1 where the row player gets 0.
BROKEN = HUNT.replace('"symmetric"', "[[4, 3], [1, 2]]")
MEANT = BROKEN.replace('["Stag", "Hare"]', '[["Stag", "Hare"], ["Stag", "Hare"]]')
# S > T: as in (10, 3, 2, 4), the correction pushes away from (Stag, Stag) where the other is unlikely to hunt.
AWAY = HUNT.replace("[[4, 0], [3, 2]]", "[[10, 3], [2, 4]]")
DILEMMA = """
name = "impatient"
actions = ["C", "D"]
payoffs = { row = [[3, 0], [5, 1]], column = "symmetric" }
repeated = { memory = 1, discount = "1/10" }
target = ["C", "C"]
"""


@pytest.fixture(autouse=True, scope="module")
def _fewer_examples() -> Iterator[None]:
    """The suite draws a share of what the profile asks for."""
    before = settings.get_current_profile_name()
    settings.register_profile("fewer", settings.get_profile(before), max_examples=40)
    settings.load_profile("fewer")
    yield
    settings.load_profile(before)


def run_snippet(text: str) -> None:
    """Run a counterexample as it is printed; it must end in a failing assertion."""
    with pytest.raises(AssertionError):
        exec(compile(text, "counterexample", "exec"), {"__name__": "counterexample"})


def snippet_of(output: str) -> str:
    """The code that a report shows."""
    (code,) = re.findall(r"This shows it:\n\n((?:    .*\n|\n)+)", output)
    return "\n".join(line[4:] for line in code.splitlines())


@pytest.fixture
def folder(pytester: pytest.Pytester) -> pytest.Pytester:
    """A user's folder with games in it."""
    games = {"hunt": HUNT, "broken": BROKEN, "meant": MEANT, "away": AWAY, "impatient": DILEMMA}
    for name, text in games.items():
        (pytester.path / f"{name}.toml").write_text(text)
    return pytester


# ---------------------------------------------------------------------------------------------------- what is broken


def test_a_broken_symmetry_is_reported_with_the_payoff_that_breaks_it(folder: pytest.Pytester) -> None:
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "broken.toml", "-k", "symmetry")
    result.assert_outcomes(failed=1, deselected=len(PROPERTIES) - 1)
    output = re.sub(r"\s+", " ", result.stdout.str())
    assert "all but 1 of 4 pairs of payoffs are those of a symmetric game" in output
    assert "player 1 gets 0 at Stag,Hare, but player 2 gets 1 at Hare,Stag" in output
    assert "Traceback" not in output and "FAILED broken.toml::symmetry" in output
    run_snippet(snippet_of(result.stdout.str()))


@pytest.mark.parametrize("where", ["by hand", "on CI"])
def test_the_summary_is_one_line_and_the_report_comes_once(
    folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    # On CI pytest prints the whole message in its summary, elsewhere as much as fits into the line.
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    monkeypatch.delenv("CI", raising=False)
    if where == "on CI":
        monkeypatch.setenv("CI", "true")
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "broken.toml", "-k", "symmetry")
    assert result.stdout.str().count("This shows it:") == 1
    (line,) = (line for line in result.stdout.lines if line.startswith("FAILED broken.toml::symmetry - all but 1 of 4"))
    assert line.endswith("a list of actions of its own" if where == "on CI" else "...")


def test_a_repeated_game_is_compared_once(folder: pytest.Pytester) -> None:
    (folder.path / "often.toml").write_text(BROKEN + 'repeated = { memory = 1, discount = "1/2" }\n')
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "often.toml", "-k", "symmetry")
    result.assert_outcomes(failed=1, deselected=len(PROPERTIES) - 1)
    assert "all but 1 of 4 pairs of payoffs" in re.sub(r"\s+", " ", result.stdout.str())
    run_snippet(snippet_of(result.stdout.str()))


def test_players_with_lists_of_their_own_are_meant_to_differ(folder: pytest.Pytester) -> None:
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "meant.toml", "-k", "symmetry")
    result.assert_outcomes(skipped=1, deselected=len(PROPERTIES) - 1)
    result.stdout.fnmatch_lines(
        ["*what does not apply*", "meant.toml: symmetry: 1 of 4 pairs of payoffs break the players' symmetry, first: *"]
    )


def test_a_broken_payoff_is_reported_with_a_policy(folder: pytest.Pytester) -> None:
    result = folder.runpytest_inprocess(
        *PLUGIN, "--game", "away.toml", "-k", "(alignment and not conditions) or target"
    )
    result.assert_outcomes(failed=1, passed=1, deselected=len(PROPERTIES) - 2)
    output = result.stdout.str()
    words = re.sub(r"\s+", " ", output)
    assert "FAILED away.toml::alignment" in output and "away from Stag" in words
    # By hand: C₁ = D[(c − d) + Dp] = 9(9p − 2) < 0 exactly for p < 2/9, and alike for player 2.
    found = re.search(r"at p = (\S+), q = (\S+): player ([12])'s correction is (\S+) in", words)
    assert found
    p, q, player, value = (Fraction(entry) for entry in found.groups())
    chance = p if player == 1 else q
    assert chance < Fraction("2/9") and value == 9 * (9 * chance - 2)
    run_snippet(snippet_of(output))


def test_a_target_that_nothing_sustains_is_reported_with_a_deviation(folder: pytest.Pytester) -> None:
    """With γ = 1/10 no punishment deters: defecting once pays 2 and costs at most 2γ/(1 − γ)."""
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "impatient.toml", "-k", "target")
    result.assert_outcomes(failed=1, deselected=len(PROPERTIES) - 1)
    assert "no pure stationary profile that plays C, C is an equilibrium" in re.sub(r"\s+", " ", result.stdout.str())
    run_snippet(snippet_of(result.stdout.str()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HUNT + 'target = ["Stag", "Hare"]\n', "target: not an equilibrium, since player 1 gains 2 by playing Hare."),
        (HUNT.replace("[3, 2]", "[3, 2, 1]"), "payoffs.row[1]: needs 2 entries, one per action of player 2, not 3."),
        ("name = ", "not valid TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_file_is_one_sentence(pytester: pytest.Pytester, text: str | None, words: str) -> None:
    if text is not None:
        (pytester.path / "bad.toml").write_text(text)
    result = pytester.runpytest_inprocess(*PLUGIN, "--game", "bad.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR == 4
    sentences = [line for line in result.stderr.lines if line]
    assert len(sentences) == 1 and sentences[0].startswith("ERROR: --game: bad.toml") and words in sentences[0]
    assert not result.stdout.lines or "Traceback" not in result.stdout.str()


def test_an_unknown_name_is_one_sentence(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*PLUGIN, "--game", "stag-hnt")
    assert result.ret == 4
    (sentence,) = [line for line in result.stderr.lines if line]
    assert sentence.startswith("ERROR: --game: game 'stag-hnt': neither a known game (")


# ------------------------------------------------------------------------------------------------- how pytest sees it


def test_the_suite_alone_and_all_of_it_holds_for_a_stag_hunt(folder: pytest.Pytester) -> None:
    folder.makepyfile(test_mine="def test_mine(): raise SystemError")
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "hunt.toml", "-q")
    result.assert_outcomes(passed=len(PROPERTIES))
    assert "what does not apply" not in result.stdout.str()


def test_paths_that_are_given_run_too(folder: pytest.Pytester) -> None:
    folder.makepyfile(test_mine="def test_target_mine(): pass\ndef test_other(): pass")
    words = ("test_mine.py", "--game", "hunt.toml", "--game", "stag-hunt", "--game", "hunt.toml", "-k", "target", "-v")
    result = folder.runpytest_inprocess(*PLUGIN, *words)
    result.assert_outcomes(passed=3, deselected=2 * len(PROPERTIES) - 2 + 1)
    result.stdout.fnmatch_lines_random(
        ["test_mine.py::test_target_mine PASSED*", "hunt.toml::target PASSED*", "*stag-hunt::target PASSED*"]
    )


def test_one_test_can_be_named(folder: pytest.Pytester) -> None:
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "hunt.toml", "hunt.toml::target")
    result.assert_outcomes(passed=1)


def test_without_the_option_nothing_happens(folder: pytest.Pytester) -> None:
    folder.makepyfile(test_mine="def test_mine(): pass")
    result = folder.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=1)
    refused = folder.runpytest_inprocess(*PLUGIN, "hunt.toml")
    assert "collected 0 items" in refused.stdout.str()


def test_without_the_option_nothing_is_imported() -> None:
    """Only the standard library and pytest: a plugin that is installed slows nobody down."""
    script = (
        "import sys, pytest; before = set(sys.modules); import numerics.pytest_plugin;"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "['numerics']"


@pytest.mark.thorough
@pytest.mark.parametrize("workers", ["0", "2"])
def test_with_and_without_workers(folder: pytest.Pytester, workers: str) -> None:
    """As a user runs it, in a process of its own; the same tests and outcomes with two workers."""
    words = [*PLUGIN, "--game", "broken.toml", "--game", "stag-hunt", "-n", workers, "-q"]
    command = [sys.executable, "-m", "pytest", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder.path, env=environment, check=False)
    assert done.returncode == 1 and done.stderr == ""
    assert f"1 failed, {2 * len(PROPERTIES) - 1} passed" in done.stdout
    assert "player 1 gets 0 at Stag,Hare" in done.stdout


@pytest.mark.thorough
def test_the_iterated_prisoners_dilemma(folder: pytest.Pytester) -> None:
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "ipd")
    skipped = {"alignment-conditions", "alignment", "certificate-sublevel", "anneal-recovery"}
    result.assert_outcomes(passed=len(PROPERTIES) - len(skipped), skipped=len(skipped))
    assert set(re.findall(r"^ipd: (\S+): ", result.stdout.str(), re.MULTILINE)) == skipped


# ------------------------------------------------------------------ every property fails when what it checks is broken


def wrong_terms(
    game: Any, policy: str = "direct", unroll: int = 1, form: str = "unrolled", split: str = "terminal"
) -> Any:
    """The expanded form in place of the unrolled one: it lacks the change of the policy gradient itself."""
    del form, split
    return decompose(game, policy, unroll, "expanded")


def wrong_plain(game: Any, policy: str, rule: str, form: Any = "unrolled") -> Any:
    """Own-learning stays on where the rule is plain."""
    return update_program(game, policy, "peer" if rule == "pg" else rule, "unrolled" if rule == "pg" else form)


def partial_terms(game: Game, *rest: Any) -> Any:
    """Terms that depend on what actions are called: of other payoffs where they are not called as in the game."""
    return decompose(game if game.actions == stag_hunt().actions else stag_hunt(R=5).instance(), *rest)


def one_sided_terms(game: Game, *rest: Any) -> Any:
    """The terms of a game that is not the symmetric one it is asked for."""
    (first, second), *others = game.reward[0]
    return decompose(replace(game, reward=(((first + 1, second), *others),)), *rest)


def wrong_report(game: Game) -> Any:
    """The report of the game itself for every game near it."""
    found = align(game)
    true = game == stag_hunt() or game == stag_hunt().instance()
    return found if true else replace(found, correction=tuple(entry + 1 for entry in found.correction))


def few_steps(box: Any, anneal: Any) -> Any:
    """Too few steps to come from the far side of the box to the target."""
    return replace(within(box, anneal), steps=anneal.steps + 3)


def other_game(game: Any, *rest: Any) -> Any:
    return compiled_update(game.with_parameters({"R": 5}).instance(), *rest)


def everywhere(region: Any, shares: Any) -> Any:
    """Points of the whole square in place of a region's."""
    return [1 - share for share in shares]


MUTATIONS: dict[str, tuple[list[tuple[Any, str, Any]], str]] = {
    "decomposition-direct-1": ([(identities_module, "decompose", wrong_terms)], "theory.decomposition"),
    "decomposition-logit-2": ([(identities_module, "decompose", wrong_terms)], "theory.decomposition"),
    "correction-off": ([(identities_module, "update_program", wrong_plain)], "theory.decomposition"),
    "symmetry": ([(symmetry_module, "decompose", one_sided_terms)], "theory.decomposition"),
    "relabelling": ([(symmetry_module, "decompose", partial_terms)], "theory.decomposition"),
    "certificate-sign-box": ([(certified_module, "point_of", everywhere)], ""),
    "certificate-sublevel": ([(certified_module, "point_of", everywhere)], ""),
    "anneal-recovery": ([(recovered_module, "within", few_steps)], ""),
    "numeric-bridge-direct": ([(bridge_module, "compiled_update", other_game)], ""),
}


SLOW = {"decomposition-logit-2"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.thorough if name in SLOW else ()) for name in MUTATIONS]
)
def test_a_property_fails_when_what_it_checks_is_broken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And then its code shows the same, with what is broken still broken, and shows nothing once it is mended."""
    changes, home = MUTATIONS[name]
    subject = Subject.of("stag-hunt")
    monkeypatch.setattr("numerics.game_suite.model.SHRINKING", 1)
    PROPERTY[name].check(subject)
    with monkeypatch.context() as patch:
        for module, attribute, fake in changes:
            patch.setattr(module, attribute, fake)
            if home:  # where the code takes it from
                patch.setattr(f"{home}.{attribute}", fake)
        with pytest.raises(Broken) as found:
            PROPERTY[name].check(subject)
        run_snippet(found.value.snippet)
    if name not in ("certificate-sign-box", "certificate-sublevel"):  # whose points lie outside for good
        exec(compile(found.value.snippet, "counterexample", "exec"), {})


def test_a_checker_that_accepts_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certified_module, "check", lambda text: Report("accepted", ""))
    monkeypatch.setattr("theory.regions.check.check", lambda text: Report("accepted", ""))
    with pytest.raises(Broken, match="accepts a certificate with a payoff changed") as found:
        PROPERTY["certificate-sign-box"].check(Subject.of("stag-hunt"))
    run_snippet(found.value.snippet)


def test_a_counterexample_that_is_another_game_is_written(
    folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is wrong for every game but the Stag Hunt itself: a game near it is shown."""
    monkeypatch.setattr("numerics.game_suite.model.SHRINKING", 2)
    monkeypatch.setattr(aligned_module, "align", wrong_report)
    monkeypatch.setattr("theory.alignment.align", wrong_report)
    result = folder.runpytest_inprocess(*PLUGIN, "--game", "stag-hunt", "-k", "conditions")
    result.assert_outcomes(failed=1, deselected=len(PROPERTIES) - 1)
    stem = "counterexamples/stag-hunt-alignment-conditions"
    assert f"That game: {stem}.toml, {stem}.nfg" in result.stdout.str()
    written = [load_game(folder.path / f"{stem}.{kind}") for kind in ("toml", "nfg")]
    shifts = [
        [a - b for x, y in zip(game.reward[0], stag_hunt().instance().reward[0], strict=True)
         for a, b in zip(x, y, strict=True)] for game in written
    ]  # fmt: skip
    assert shifts[0] == shifts[1] and any(shifts[0])
    run_snippet(snippet_of(result.stdout.str()))


# -------------------------------------------------------------------------------------------- what the suite is made of


def test_every_property_applies_to_some_game_and_says_why_it_does_not_to_another() -> None:
    """In one sentence; the games are such that nothing long is derived."""
    reasons = {}
    for name in ("tandem", "matching-pennies", "grid-stag-hunt"):
        subject = Subject.of(name)
        for entry in PROPERTIES:
            if name == "grid-stag-hunt" and entry.name in ("target", "symmetry"):
                continue
            try:
                entry.check(subject)
            except (NotApplicable, BadInput) as reason:
                reasons[name, entry.name] = str(reason)
    assert all(reason.endswith(".") and "\n" not in reason for reason in reasons.values())
    assert {name for _, name in reasons} == set(PROPERTY)
    # Not of matching pennies: it has no target, but an update, and a symmetry up to the names of actions or none.
    assert not any(
        name.startswith(("decomposition", "numeric")) for game, name in reasons if game == "matching-pennies"
    )


@pytest.mark.parametrize("name", ["stag-hunt", "prisoners-dilemma", "coordination", "chicken", "public-goods", "ipd"])
def test_named_games_of_like_players_are_found_symmetric(name: str) -> None:
    game = REGISTRY[name]()
    assert isinstance(game, Game)
    found = symmetries(game)
    assert found is not None and all(change.fixes(game) for change in found) and differences(game)[0] == []


def test_other_names_of_actions_are_tried() -> None:
    """Battle of the Sexes is symmetric if actions swap names, Matching Pennies if one player's do."""
    (swap,) = symmetries(battle_of_the_sexes()) or []
    assert swap.actions == ((1, 0), (1, 0)) and len(differences(battle_of_the_sexes())[0]) == 2
    (swap,) = symmetries(matching_pennies()) or []
    assert set(swap.actions) == {(0, 1), (1, 0)} and len(differences(matching_pennies())[0]) == 4
    game = stag_hunt().instance()
    spoilt = replace(game, reward=(((game.reward[0][0][0] + 1, *game.reward[0][0][1:]), *game.reward[0][1:]),))
    assert symmetries(spoilt) is None and len(differences(spoilt)[0]) == 1


GAMES = (
    strategies.one_shot_games() | strategies.stochastic_games() | strategies.memory_one_games() | st.just(stag_hunt())
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(game=GAMES)
def test_game_files_are_read_back(tmp_path: Path, game: Game) -> None:
    here, folder = game.instance(), tmp_path
    for text, path in ((as_toml(game), folder / "game.toml"), (as_nfg(game), folder / "game.nfg")):
        if text is None:
            assert path.suffix == ".nfg" and not game.one_shot
            continue
        path.write_text(text)
        read = load_game(path)
        assert (read.reward, read.transition, read.start, read.discount, read.actions) == (
            here.reward, here.transition, here.start, here.discount, here.actions
        )  # fmt: skip


@settings(max_examples=12)
@given(st.data())
def test_the_suites_own_values_are_the_librarys(data: st.DataObject) -> None:
    """The correction by differences in fractions, and the sign of gaps, against the derived terms."""
    game = data.draw(strategies.one_shot_games((2, 2)) | strategies.one_shot_games((2, 2, 2)))
    point = data.draw(strategies.parameter_points(game))
    terms = decompose(game, "direct", 1, "expanded").program.at({**point, alpha: Rational(1)})
    tables, policy = Tables(game), policy_of(game, [fraction(x) for x in point.values()])
    for player in range(game.players):
        assert tables.correction(policy, player) == fraction(terms[f"peer_{player + 1}"][0])
        assert tables.rise(policy, player, 0) == fraction(terms[f"current_{player + 1}"][0])


def test_values_of_games_in_time_have_the_derivatives_sign() -> None:
    game = ipd()
    tables = Tables(game)
    terms = decompose(game, "direct", 1, "expanded").program
    chances = [Fraction(f"{k % 7 + 1}/8") for k in range(10)]
    values = [
        *(Rational(x.numerator, x.denominator) for x in chances),
        Rational(1),
        *(value for _, value in game.parameters),
    ]
    found = terms.at(dict(zip(terms.inputs, values, strict=True)))
    policy = policy_of(game, chances)
    for player in range(2):
        for state in range(5):
            rise, slope = tables.rise(policy, player, state), found[f"current_{player + 1}"][state]
            assert (rise > 0) == (slope > 0) and (rise < 0) == (slope < 0)


@pytest.mark.thorough
def test_public_goods_need_no_closed_form() -> None:
    """Three players: the definition in fractions against the report."""
    PROPERTY["alignment-conditions"].check(Subject("public-goods", public_goods(), False))
