"""What a check of one's own game is, and what such checks share: words, numbers to read, and the order of actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from sympy import Expr, Rational, floor

from theory.claims.model import Finding, Verdict
from theory.equilibria import StationaryPolicy, StationaryProfile
from theory.errors import BadInput
from theory.games import START, AnyGame, Game, finite
from theory.ipd_alignment import rounded

NOT_APPLICABLE = "not applicable"
LONGEST = 12  # characters of a number to read
_SMALLEST = 1000  # of numbers of interest, minus its power of ten
_SAYS_NOTHING = "not-applicable: "


@dataclass(frozen=True)
class OwnCheck:
    """One thing that can be asked of any game.

    Attributes:
        id: of the ledger's entry, ``G.pure``.
        statement: what is asked, as a claim in one sentence.
        check: decides it. It raises :class:`theory.errors.BadInput` where it does not apply; the message says why.
        scope: what the verdict covers besides the game itself.
        needs_target: whether it asks about a target, which a game need not have.
    """

    id: str
    statement: str
    check: Callable[[AnyGame], Finding]
    scope: str = ""
    needs_target: bool = True


def not_applicable(reason: str) -> Finding:
    """A check that says nothing about this game."""
    return Finding(Verdict.UNDECIDED, f"{_SAYS_NOTHING}{reason.removesuffix('.')}")


def as_read(verdict: str, reason: str) -> tuple[str, str]:
    """Verdict and reason for readers: a check that does not apply to a game leaves nothing undecided."""
    if reason.startswith(_SAYS_NOTHING):
        return NOT_APPLICABLE, reason.removeprefix(_SAYS_NOTHING)
    return verdict, reason


NO_TARGET = not_applicable("the game has no target")


def lacks_target(game: AnyGame) -> bool:
    """Whether a game with actions has no target; one with real parameters is refused by every check that needs one."""
    return isinstance(game, Game) and game.target is None


def one_shot(game: AnyGame, what: str) -> Game:
    """The game, if it is a one-shot game.

    Raises:
        BadInput: it is not; ``what`` says where one was needed.
    """
    game = finite(game, what)
    if not game.one_shot:
        raise BadInput(f"{what}: only for one-shot games.")
    return game


def target_actions(game: Game) -> tuple[int, ...]:
    """Index of every player's target action.

    Raises:
        BadInput: the game has no target.
    """
    if game.target is None:
        raise BadInput(f"game {game.name!r} has no target.")
    return tuple(game.action_index(player, action) for player, action in enumerate(game.target))


def target_profile(game: Game) -> StationaryProfile:
    """The target of a one-shot game as a profile."""
    return tuple((action,) for action in target_actions(game))


def target_first(game: Game) -> Game:
    """The same one-shot game with every player's target action listed first."""
    orders = [
        (top, *(action for action in range(len(names)) if action != top))
        for top, names in zip(target_actions(game), game.actions, strict=True)
    ]
    row = dict(zip(game.joint_actions, game.reward[0], strict=True))
    return replace(
        game,
        actions=tuple(tuple(names[k] for k in order) for names, order in zip(game.actions, orders, strict=True)),
        reward=(tuple(row[joint] for joint in product(*orders)),),
    )


def decimal(number: Expr, places: int = 4) -> str:
    """A real number as a decimal for reading, or with a power of ten where ``places`` would show little of it.

    What is smaller than any number that a game file can lead to reads as 0: it may be 0 in disguise.
    """
    shift = 0
    while abs(number) * 10**shift < 100**places and shift < _SMALLEST:
        shift += places
    if shift >= _SMALLEST or Rational(1, 10**places) <= abs(number) < 10**9:
        return rounded(number, places)
    whole = int(floor(abs(number) * 10**shift + Rational(1, 2)))
    return f"{'-' if number < 0 else ''}{Decimal(whole) / 10**shift:.{places}e}"


def with_decimal(number: Expr) -> str:
    """An exact number, and its decimal if it is long: roots and long quotients hide their sign and size."""
    return str(number) if len(str(number)) <= LONGEST else f"{number} (about {decimal(number)})"


def memory_one_of_two(game: Game) -> bool:
    """Whether it is a repeated game of two players with two actions whose policies see the last joint action."""
    return game.own_view is not None and [len(names) for names in game.actions] == [2, 2]


def in_words(game: Game, profile: StationaryProfile) -> str:
    """A pure stationary profile to read; as :func:`theory.profiles.parse_profile` reads it where that is possible."""
    if game.one_shot:
        return game.action_names(tuple(policy[0] for policy in profile))
    if memory_one_of_two(game):
        strategies = [_strategy(game, player, policy) for player, policy in enumerate(profile)]
        return strategies[0] if strategies[0] == strategies[1] else ";".join(strategies)
    return " | ".join(
        f"{state} {game.action_names(joint)}"
        for state, joint in zip(game.observations, zip(*profile, strict=True), strict=True)
    )


def _strategy(game: Game, player: int, policy: StationaryPolicy) -> str:
    """Initials of a player's moves, in the order of its own view of the observations."""
    place = {game.seen_by(player, o): o for o in range(len(game.observations))}
    moves = "".join(game.actions[player][policy[place[name]]][0] for name in game.observations)
    return f"{moves[0]}:{moves[1:]}" if game.observations[0] == START else moves
