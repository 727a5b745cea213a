"""What a property is, what it is asked of, and how it comes out: it holds, does not apply, or is broken somewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from numerics.implicit import too_large
from theory.games import AnyGame, Game
from theory.games.files import resolve_game

Drawn = TypeVar("Drawn")
SHRINKING = 10  # seconds


class NotApplicable(Exception):
    """The property says nothing about this game; the message is one sentence."""


class Broken(Exception):
    """The property fails.

    Attributes:
        where: one sentence: at which point, and what happens there.
        snippet: Python code that shows it with this library alone: it ends in an ``assert`` that fails.
        game: the game it fails for, if that is not the given one.
    """

    def __init__(self, where: str, snippet: str, game: Game | None = None) -> None:
        super().__init__(where)
        self.where, self.snippet, self.game = where, snippet, game


@dataclass(frozen=True)
class Subject:
    """A game under test.

    Attributes:
        text: its name, or the path of its file, as given.
        game: the game.
        alike: whether its file gives all players one list of actions: then they are meant to be alike.
    """

    text: str
    game: AnyGame
    alike: bool

    @staticmethod
    def of(text: str) -> Subject:
        """The subject meant by a name or path.

        Raises:
            BadInput: the name is unknown, or the file cannot be used.
        """
        game = resolve_game(text, {})
        alike = False
        if text.endswith(".toml"):
            entries = tomllib.loads(Path(text).read_text(encoding="utf-8-sig"))["actions"]
            alike = isinstance(entries[0], str)
        elif text.endswith(".nfg"):  # which has no other way of saying it than equal names
            alike = isinstance(game, Game) and len(set(game.actions)) == 1
        return Subject(text, game, alike)

    def finite(self) -> Game:
        """The game, if it has actions.

        Raises:
            NotApplicable: it is differentiable.
        """
        if not isinstance(self.game, Game):
            raise NotApplicable(f"game {self.game.name!r} has real parameters instead of actions.")
        return self.game

    def of_two_actions(self) -> Game:
        """The game, if every player has two actions and policies see the state.

        Raises:
            NotApplicable: it is another kind of game.
        """
        game = self.finite()
        if any(len(names) != 2 for names in game.actions):
            raise NotApplicable(f"in game {game.name!r} a player has more than two actions.")
        if game.observations != game.states:
            raise NotApplicable(f"policies of game {game.name!r} do not see the state (a horizon?).")
        return game

    def small(self, unroll: int = 1) -> AnyGame:
        """The game, if its rules are short enough to be derived.

        Raises:
            NotApplicable: they are not.
        """
        if too_large(self.game, unroll):
            raise NotApplicable(f"game {self.game.name!r} is too large to derive its update for L = {unroll}.")
        return self.game


@dataclass(frozen=True)
class Property:
    """A property of games.

    Attributes:
        name: how it is called, ``-k`` selects it by that.
        statement: the property in words.
        check: raises :class:`NotApplicable`, BadInput or Undecided where it does not apply, :class:`Broken` where it
            fails.
    """

    name: str
    statement: str
    check: Callable[[Subject], None]


def for_all(name: str, strategy: SearchStrategy[Drawn], check: Callable[[Drawn], Any], share: int = 5) -> None:
    """Check drawn examples; a failing one is shrunk, and what the check raises for the smallest is raised.

    Args:
        name: of the property; Hypothesis remembers failing examples by it.
        strategy: where examples come from.
        check: raises :class:`Broken` for a counterexample.
        share: one in so many of the examples that Hypothesis' profile asks for (20 of 100 by default) are drawn:
            most of them cost exact arithmetic of milliseconds.
    """
    found: dict[str, Broken] = {}
    begun: list[float] = []

    def run(drawn: Drawn) -> None:
        # Hypothesis shrinks for up to five minutes. Beyond a few seconds only counterexamples that are known count.
        if found and monotonic() - begun[0] > SHRINKING:
            if repr(drawn) in found:
                raise found[repr(drawn)]
            return
        try:
            check(drawn)
        except Broken as broken:
            begun.append(monotonic())
            found[repr(drawn)] = broken
            raise

    run.__name__ = run.__qualname__ = name.replace("-", "_")
    examples = max(1, settings.default.max_examples // share) if settings.default else 1
    chosen = settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    chosen(given(strategy)(run))()
