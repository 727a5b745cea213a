"""``pytest --game my-game.toml``: the ready suite of :mod:`numerics.game_suite` on one's own game, inside pytest.

``--game`` names a TOML or .nfg file or a game that ``basin-entry games`` lists, and may be repeated. The suite's tests
come beside the tests of the paths that are given, or alone if none is. Every test is called after its property:
``-k alignment`` selects, ``my-game.toml::alignment`` names one (with its ``--game``), and Hypothesis' own options say
how much is drawn. What does not apply is skipped, with the reason in the summary. A failure shows the property in
words, the smallest counterexample and code that shows it; where that is about another game than the given one, such as
a renamed one, that game is written into the folder ``counterexamples``.

Without ``--game`` nothing happens: this module imports pytest and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import indent, wrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # costs seconds to import, so it waits until a game is asked for
    from numerics.game_suite import Broken, Property, Subject

SUITE = Path(__file__).resolve().parent / "game_suite"  # where tests of registered games are said to lie
FOLDER = "counterexamples"
WIDTH = 100  # of reports
_SUBJECTS = pytest.StashKey["dict[str, Subject]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The only option."""
    parser.getgroup("basin-entry").addoption(
        "--game",
        action="append",
        default=[],
        metavar="GAME",
        help="run the ready suite of properties on a game: a .toml or .nfg file or a registered name; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the games, so that a bad file is one sentence and no run; without paths only their suites are run."""
    names = list(dict.fromkeys(config.getoption("game")))
    if not names:
        return
    subjects = config.stash[_SUBJECTS] = {name: _subject(config, name) for name in names}
    places = dict.fromkeys(str(_place(config, name)) for name in subjects)
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []
    asked = {arg.partition("::")[0] for arg in config.args}
    config.args += [place for place in places if not any(_same(config, arg, place) for arg in asked)]


def _subject(config: pytest.Config, name: str) -> Subject:
    try:
        from numerics.game_suite import Subject
    except ImportError as error:
        if error.name != "hypothesis":
            raise
        raise pytest.UsageError("--game: Hypothesis is not installed (pip install 'basin-entry[test]').") from None
    from theory.errors import BadInput

    try:
        return Subject.of(name)
    except BadInput as reason:
        raise pytest.UsageError(f"--game: {reason}") from None


def _place(config: pytest.Config, name: str) -> Path:
    """The path under which a game's tests are collected: its own file's, or the suite's for a registered name."""
    return (config.invocation_params.dir / name).resolve() if name.endswith((".toml", ".nfg")) else SUITE


def _same(config: pytest.Config, arg: str, place: str) -> bool:
    return str((config.invocation_params.dir / arg).resolve()) == place


def _subjects_at(config: pytest.Config, path: Path) -> dict[str, Subject]:
    """The games whose tests are collected under a path."""
    subjects = config.stash.get(_SUBJECTS, {})
    return {name: subject for name, subject in subjects.items() if _place(config, name) == path.resolve()}


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A game's own file."""
    for subject in _subjects_at(parent.config, file_path).values():  # one, however often its path is spelt
        if parent.session.isinitpath(file_path):
            return GameFile.from_parent(parent, path=file_path, subject=subject)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The registered games."""
    return RegisteredGames.from_parent(parent, path=path) if _subjects_at(parent.config, path) else None


class RegisteredGames(pytest.Directory):
    """The suite on registered games, each as if it lay in the suite's folder under its name."""

    def collect(self) -> Iterator[GameFile]:
        """One collector for each of them."""
        for subject in _subjects_at(self.config, self.path).values():
            yield GameFile.from_parent(self, path=self.path / subject.text, subject=subject)


class GameFile(pytest.File):
    """The suite on one game."""

    def __init__(self, *, subject: Subject, **rest: Any) -> None:
        super().__init__(**rest)
        self.subject = subject

    def collect(self) -> Iterator[GameProperty]:
        """One test for every property."""
        from numerics.game_suite import PROPERTIES

        for entry in PROPERTIES:
            yield GameProperty.from_parent(self, name=entry.name, subject=self.subject, entry=entry)


class GameProperty(pytest.Item):
    """One property of one game as a test."""

    def __init__(self, *, subject: Subject, entry: Property, **rest: Any) -> None:
        super().__init__(**rest)
        self.subject, self.entry = subject, entry

    def runtest(self) -> None:
        """Check it; what does not apply is skipped."""
        from numerics.game_suite import NotApplicable
        from theory.errors import BadInput
        from theory.exact import Undecided

        try:
            self.entry.check(self.subject)
        except (NotApplicable, BadInput) as reason:
            pytest.skip(str(reason))
        except Undecided as reason:
            pytest.skip(f"not decided: {reason}")

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it lies and how it is called in reports."""
        return self.path, None, f"{self.subject.text}: {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A counterexample in words and as code, without a traceback; anything else as pytest shows it."""
        from numerics.game_suite import Broken

        if not isinstance(excinfo.value, Broken):
            return super().repr_failure(excinfo, style)
        words = report(self.subject, self.entry, excinfo.value, self.config.invocation_params.dir)
        # pytest's own value for an exception, with other words in it: a string would be printed a second time, whole,
        # in the summary of a run on CI, and an object of ours would become a string between xdist's processes.
        shown = excinfo.getrepr(style="native")
        shown.reprtraceback.reprentries[0].lines = [words + "\n"]
        if shown.reprcrash is not None:
            shown.reprcrash.message = " ".join(excinfo.value.where.split())
        return shown


def report(subject: Subject, entry: Property, broken: Broken, folder: Path) -> str:
    """What is printed of a counterexample; the game it is about is written if that is not the given one."""
    words = (f"Property: {entry.statement}.", f"Game: {subject.text}", f"Broken: {broken.where}.")
    lines = [line for text in words for line in wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False)]
    if broken.game is not None:
        lines.append(f"That game: {_written(subject, entry, broken, folder)}")
    return "\n".join([*lines, "This shows it:", "", indent(broken.snippet, "    ")])


def _written(subject: Subject, entry: Property, broken: Broken, folder: Path) -> str:
    from numerics.files import write_whole
    from numerics.game_suite.game_files import as_nfg, as_toml
    from theory.errors import BadInput

    assert broken.game is not None
    stem = f"{Path(subject.text).stem}-{entry.name}"
    texts = {"toml": as_toml(broken.game), "nfg": as_nfg(broken.game)}
    try:
        paths = [
            write_whole(folder / FOLDER / f"{stem}.{kind}", text) for kind, text in texts.items() if text is not None
        ]
    except BadInput as reason:
        return f"not written ({reason})"
    return ", ".join(str(path.relative_to(folder)) for path in paths) or "no file format holds it"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Which properties say nothing about a game, and why: pytest itself shows the reasons with -rs only."""
    subjects = config.stash.get(_SUBJECTS, {})
    reports = terminalreporter.stats.get("skipped", []) if subjects else []
    skipped = [found for found in reports if found.location[2].partition(": ")[0] in subjects]
    if not skipped:
        return
    terminalreporter.section("what does not apply")
    for found in skipped:
        reason = found.longrepr[2] if isinstance(found.longrepr, tuple) else str(found.longrepr)
        terminalreporter.line(f"{found.location[2]}: {reason.removeprefix('Skipped: ')}")
