r"""One-shot games from Gambit's ``.nfg`` files, read exactly.

The format is that of the Gambit manual ("The strategic game (.nfg) file format", https://gambitproject.readthedocs.io).
With ``*`` for any number of repetitions and ``?`` for an optional part, a file is::

    file       = NFG 1 (R | D) title players strategies comment? body
    players    = { text* }
    strategies = { count* } | { { text* }* }              one count, or one list of names, per player
    body       = payoff* | { outcome* } index*            the payoff version, and the outcome version
    outcome    = { text (payoff ,?)* }                    one payoff per player; the text is ignored
    title, comment = text

* The body has one entry per strategy profile. Player 1's strategy changes fastest, then player 2's. An entry is one
  payoff per player, or the index of an outcome: they count from 1, and 0 stands for payoffs of zero.
* Text stands in double quotes; ``\"`` is a quote in it. White space between tokens means nothing. The format has no
  comments but the one text.
* Payoffs are integers, decimals and fractions: ``-3``, ``.5``, ``1e-3``, ``24/25``. R and D mean the same.

A strategy keeps its name where that is a possible name of an action here (a letter followed by at most 31 letters and
digits) and no earlier strategy of the player has it. Else its name is what is left of it without other characters,
with ``s`` in front unless it begins with a letter, and with the strategy's number at the end if that is empty or taken:
``"1"`` becomes ``s1``, ``"Don't"`` becomes ``Dont``. The title becomes the game's name in the same spirit. Players'
names are not used. The target is the payoff-dominant strict equilibrium, if there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, product
from math import prod
from pathlib import Path

from sympy import Integer, Rational

from theory import exact
from theory.errors import BadInput
from theory.games.model import Game, JointAction, normal_form
from theory.games.names import IDENTIFIER
from theory.games.reading import MAX_ACTIONS, MAX_JOINT_ACTIONS, MAX_PLAYERS, printable, quoted, read_text
from theory.games.targets import payoff_dominant_target

_TOKEN = re.compile(r'\s++|[{},]|"(?:[^"\\]|\\.)*+"?|[^\s{},"]++', re.DOTALL)
_END = ""
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST_NAME = 32


def load_nfg(path: Path) -> Game:
    """Read a Gambit file.

    Raises:
        BadInput: the file cannot be read or is no game in this format; one sentence with file, line and reason.
    """
    tokens = _Tokens(path, read_text(path))
    for expected in (("NFG",), ("1",), ("R", "D")):
        tokens.word(expected)
    title = tokens.text("the title")
    players = tokens.list_of_texts("the players")
    if not 2 <= len(players) <= MAX_PLAYERS:
        raise tokens.refusal(f"a game has 2 to {MAX_PLAYERS} players, not {len(players)}")
    actions = _strategies(tokens, len(players))
    if prod(map(len, actions)) > MAX_JOINT_ACTIONS:
        raise tokens.refusal(f"more than {MAX_JOINT_ACTIONS} strategy profiles are not supported")
    if tokens.next_is_text:
        tokens.text("the comment")
    # Gambit changes player 1's strategy fastest, itertools the last place.
    profiles = [profile[::-1] for profile in product(*(range(len(names)) for names in reversed(actions)))]
    read = _outcomes if tokens.next_is("{") else _payoffs
    game = normal_form(_game_name(title), actions, read(tokens, profiles))
    return replace(game, target=payoff_dominant_target(game))


def _strategies(tokens: _Tokens, players: int) -> tuple[tuple[str, ...], ...]:
    """Action names of each player, from names or from numbers of strategies."""
    tokens.symbol("{", "the strategies")
    named = tokens.next_is("{")
    labels: list[list[str]] = []
    for player in range(1, players + 1):
        if named:
            labels.append(tokens.list_of_texts(f"the strategies of player {player}"))
        else:
            # One more than is allowed is refused below, so there is no need for a longer list.
            number = min(tokens.count(f"the number of strategies of player {player}"), MAX_ACTIONS + 1)
            labels.append([str(k + 1) for k in range(number)])
        if not 2 <= len(labels[-1]) <= MAX_ACTIONS:
            number_or_more = len(labels[-1]) if len(labels[-1]) < 2 else "more"
            raise tokens.refusal(f"a player has 2 to {MAX_ACTIONS} strategies, not {number_or_more}")
    tokens.symbol("}", "the strategies")
    return tuple(map(_action_names, labels))


def _payoffs(tokens: _Tokens, profiles: Sequence[JointAction]) -> dict[JointAction, tuple[Rational, ...]]:
    """The payoff version's body."""
    needed = len(profiles) * len(profiles[0])
    read = count(1)
    table = {profile: tuple(tokens.number(f"payoff {next(read)} of {needed}") for _ in profile) for profile in profiles}
    tokens.end(f"the {needed} payoffs")
    return table


def _outcomes(tokens: _Tokens, profiles: Sequence[JointAction]) -> dict[JointAction, tuple[Rational, ...]]:
    """The outcome version's body."""
    players = len(profiles[0])
    outcomes: list[tuple[Rational, ...]] = [(Integer(0),) * players]
    tokens.symbol("{", "the outcomes")
    while not tokens.next_is("}"):
        tokens.symbol("{", "an outcome")
        tokens.text("an outcome's name")
        outcomes.append(tuple(tokens.number("a payoff", comma=True) for _ in range(players)))
        tokens.symbol("}", "an outcome")
    tokens.symbol("}", "the outcomes")
    table: dict[JointAction, tuple[Rational, ...]] = {}
    for number, profile in enumerate(profiles, start=1):
        index = tokens.count(f"outcome index {number} of {len(profiles)}")
        if index >= len(outcomes):
            raise tokens.refusal(f"there is no outcome {index}, because {len(outcomes) - 1} are listed")
        table[profile] = outcomes[index]
    tokens.end(f"the {len(profiles)} outcome indices")
    return table


# ----------------------------------------------------------------------------------------------------------- names


def _action_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Distinct action names, as the module says."""
    usable = {label for label in labels if IDENTIFIER.fullmatch(label)}
    names: list[str] = []
    for number, label in enumerate(labels, start=1):
        if label in usable and label not in names:
            names.append(label)
            continue
        kept = re.sub(r"[^A-Za-z0-9]", "", label)
        name = (kept if kept[:1].isalpha() else f"s{kept}")[:_LONGEST_NAME]
        # A made-up name must not take the name that a later strategy has by right.
        taken = usable.union(names)
        if not kept or name in taken:
            numbered = (f"{name[: _LONGEST_NAME - len(str(k))]}{k}" for k in count(number))
            name = next(other for other in numbered if other not in taken)
        names.append(name)
    return tuple(names)


def _game_name(title: str) -> str:
    kept = re.sub(r"[^A-Za-z0-9._-]+", " ", title).lstrip(" ._-")
    return kept[:64].rstrip() or "game"


# ---------------------------------------------------------------------------------------------------------- tokens


class _Tokens:
    """A file's tokens, read one after the other; the last one read is the place of a refusal."""

    def __init__(self, path: Path, content: str) -> None:
        self._path = path
        self._line = 1
        self._rest = _split(content)
        self._next = next(self._rest)

    def refusal(self, reason: str) -> BadInput:
        """The error that says what is wrong where the reading stands."""
        return BadInput(f"{self._place}: {reason}.")

    @property
    def _place(self) -> str:
        return f"{printable(str(self._path))}: line {self._line}"

    @property
    def next_is_text(self) -> bool:
        """Whether a text follows."""
        return self._next[0].startswith('"')

    def next_is(self, symbol: str) -> bool:
        """Whether this symbol follows."""
        return self._next[0] == symbol

    def _take(self, wanted: str) -> str:
        token, self._line = self._next
        if token == _END:
            raise self.refusal(f"the file ends where {wanted} should stand")
        self._next = next(self._rest)
        return token

    def end(self, what: str) -> None:
        """Refuse anything that follows."""
        token, self._line = self._next
        if token != _END:
            raise self.refusal(f"nothing may follow {what}, but {quoted(token)} does")

    def symbol(self, symbol: str, around: str) -> None:
        """Read ``{`` or ``}`` around something."""
        side = "before" if symbol == "{" else "after"
        found = self._take(f"{symbol!r} {side} {around}")
        if found != symbol:
            raise self.refusal(f"expected {symbol!r} {side} {around}, not {quoted(found)}")

    def word(self, expected: Sequence[str]) -> None:
        """Read one of the given words."""
        wanted = " or ".join(expected)
        found = self._take(wanted)
        if found not in expected:
            raise self.refusal(f"expected {wanted}, as a Gambit file begins with NFG 1 R, not {quoted(found)}")

    def text(self, what: str) -> str:
        """Read a text and take off its quotes."""
        found = self._take(what)
        if not found.startswith('"'):
            raise self.refusal(f"expected {what} in double quotes, not {quoted(found)}")
        if not re.fullmatch(r'"(?:[^"\\]|\\.)*+"', found, re.DOTALL):
            raise self.refusal(f"the text of {what} has no closing quote")
        return found[1:-1].replace('\\"', '"')

    def list_of_texts(self, what: str) -> list[str]:
        """Read ``{ text … }``."""
        self.symbol("{", what)
        texts = []
        while not self.next_is("}"):
            texts.append(self.text(f"one of {what}"))
        self.symbol("}", what)
        return texts

    def count(self, what: str) -> int:
        """Read a number of at most nine digits, without sign."""
        found = self._take(what)
        if not _COUNT.fullmatch(found):
            raise self.refusal(f"expected {what}, not {quoted(found)}")
        return int(found)

    def number(self, what: str, comma: bool = False) -> Rational:
        """Read an exact number, and a comma after it where one may stand."""
        value = exact.rational(self._take(what), self._place)
        if comma and self.next_is(","):
            self._take("','")
        return value


def _split(content: str) -> Iterator[tuple[str, int]]:
    """Each token with its line: symbols, texts in their quotes (the last may be open), words; then the end."""
    line = 1
    for match in _TOKEN.finditer(content):
        if not match[0].isspace():
            yield match[0], line
        line += match[0].count("\n")
    yield _END, line
