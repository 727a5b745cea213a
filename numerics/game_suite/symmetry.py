"""Players that are alike stay alike under the update, and names of players and actions mean nothing to it."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sympy import Rational, Symbol

from numerics.game_suite.model import Broken, NotApplicable, Property, Subject, for_all
from numerics.game_suite.relabelling import Payoff, Relabelling, differences, plain, symmetries
from numerics.game_suite.snippets import given_game, policy_words, snippet, values_of
from theory.decomposition import decompose
from theory.games import Game
from theory.policies import parameters
from theory.program import Program
from theory.strategies import program_inputs

TERMS = ("current", "own", "peer")
Point = dict[Symbol, Rational]
SHOWN = 4  # unequal payoffs that a message lists


def symmetric() -> Property:
    """Symmetric games, and payoffs that break a symmetry."""
    return Property(
        "symmetry",
        "in a game whose players are alike, swapping two players (with other names of actions if need be) swaps their"
        " terms of the update; players who share one list of actions are alike",
        _stays_symmetric,
    )


def renamed() -> Property:
    """Any game under other names."""
    return Property(
        "relabelling",
        "other names for players and actions give the same terms of the update under those names",
        _names_mean_nothing,
    )


def moved(change: Relabelling, game: Game, point: Point, target: Game) -> Point:
    """A point of the game under other names, for the renamed game."""
    here, symbols = parameters(game, "direct"), parameters(target, "direct")
    rows = change.point(game, [[point[symbol] for symbol in row] for row in here])
    policy = zip((s for row in symbols for s in row), (x for row in rows for x in row), strict=True)
    own = {symbol for row in here for symbol in row}
    return {**dict(policy), **{symbol: value for symbol, value in point.items() if symbol not in own}}


def unequal_term(
    game: Game, terms: Program, target: Game, there: Program, change: Relabelling, point: Point
) -> str | None:
    """The first term that is not carried over by a relabelling at a point, exactly."""
    found, other = terms.at(point), there.at(moved(change, game, point, target))
    players = range(1, game.players + 1)
    for name in TERMS:
        expected = change.gradient(game, [found[f"{name}_{player}"] for player in players])
        if tuple(other[f"{name}_{player}"] for player in players) != expected:
            return name
    return None


# ---------------------------------------------------------------------------------------------------------- symmetry


def _stays_symmetric(subject: Subject) -> None:
    game = subject.finite()
    if game.observations != game.states:
        raise NotApplicable(f"policies of game {game.name!r} do not see the state, so players cannot be swapped in it.")
    if game.own_view is not None and game.players > 2:
        raise NotApplicable("a repeated game of three or more players is not compared with itself.")
    found = symmetries(game)
    if found is None:
        _broken_symmetry(subject, game)
        return
    subject.small()
    terms = decompose(game).program

    def check(point: Point) -> None:
        for change in found:
            name = unequal_term(game, terms, game, terms, change, point)
            if name is not None:
                where = f"at {policy_words(game, point)}: swapping the players does not swap the {name} terms"
                raise Broken(where, _snippet(subject, change, terms, point, same=True))

    for_all("symmetry", program_inputs(game), check)


def _snippet(subject: Subject, change: Relabelling, terms: Program, point: Point, same: bool) -> str:
    imports, lines = given_game(subject)
    imports += [
        "from sympy import Rational",
        "from numerics.game_suite.relabelling import Relabelling",
        "from numerics.game_suite.symmetry import moved, unequal_term",
        "from theory.decomposition import decompose",
    ]
    lines += [
        f"change = {change}",
        f"renamed = {'game' if same else 'change.game(game)'}",
        "terms, there = decompose(game).program, decompose(renamed).program",
        *values_of(terms.inputs, point, "terms"),
        'print("here", terms.at(values))',
        'print("there", there.at(moved(change, game, values, renamed)))',
        "assert unequal_term(game, terms, renamed, there, change, values) is None",
    ]
    return snippet(imports, lines)


def _broken_symmetry(subject: Subject, game: Game) -> None:
    """Says which payoffs break it where that is few of them; a failure where the players are said to be alike."""
    if len(set(game.actions)) > 1:
        raise NotApplicable(f"the players of game {game.name!r} have different actions.")
    unequal, pairs = differences(game)
    if not unequal:
        raise NotApplicable(f"the players of game {game.name!r} do not move its states alike.")
    if 4 * len(unequal) > pairs or not subject.alike:
        words = _in_words(game, *unequal[0])
        raise NotApplicable(f"{len(unequal)} of {pairs} pairs of payoffs break the players' symmetry, first: {words}.")
    listed = "; ".join(_in_words(game, first, second) for first, second in unequal[:SHOWN])
    own = "other names of strategies" if subject.text.endswith(".nfg") else "a list of actions of its own"
    where = (
        f"all but {len(unequal)} of {pairs} pairs of payoffs are those of a symmetric game: {listed}."
        f" If the players are meant to differ, give each of them {own}"
    )
    imports, lines = given_game(subject)
    (state, joint, player), (far, other, peer) = unequal[0]
    lines += [
        f"first = game.reward[{state}][game.joint_actions.index({joint})][{player}]  # player {player + 1}",
        f"second = game.reward[{far}][game.joint_actions.index({other})][{peer}]  # player {peer + 1}",
        f'print("player {player + 1} gets", first, "at {game.action_names(joint)};",'
        f' "player {peer + 1} gets", second, "at {game.action_names(other)}")',
        "assert first == second",
    ]
    raise Broken(where, snippet(imports, lines))


def _in_words(game: Game, first: Payoff, second: Payoff) -> str:
    instance = game.instance()

    def words(payoff: Payoff) -> str:
        state, joint, player = payoff
        entry = instance.reward[state][game.joint_actions.index(joint)][player]
        place = "" if len(game.states) == 1 or game.own_view is not None else f" in {game.states[state]}"
        return f"player {player + 1} gets {entry} at {game.action_names(joint)}{place}"

    return f"{words(first)}, but {words(second)}"


# ------------------------------------------------------------------------------------------------------- relabelling


def relabellings(game: Game) -> SearchStrategy[Relabelling]:
    """Permutations of players and of each one's actions; the states keep their names. Shrinks to no change."""

    def with_players(players: tuple[int, ...]) -> SearchStrategy[Relabelling]:
        orders = st.tuples(*(st.permutations(range(len(game.actions[i]))).map(tuple) for i in players))
        return orders.map(lambda actions: Relabelling(players, actions, plain(game).states))

    return st.permutations(range(game.players)).map(tuple).flatmap(with_players)


def _names_mean_nothing(subject: Subject) -> None:
    game = subject.finite()
    subject.small()
    terms = decompose(game).program
    # Deriving a renamed game's terms is what costs time, so a program serves every point drawn for the same names.
    derived = lru_cache(maxsize=None)(lambda change: (change.game(game), decompose(change.game(game)).program))

    def check(drawn: tuple[Relabelling, Point]) -> None:
        change, point = drawn
        target, there = derived(change)
        name = unequal_term(game, terms, target, there, change, point)
        if name is not None:
            where = f"at {policy_words(game, point)}: the renamed game's {name} terms are not the game's"
            raise Broken(where, _snippet(subject, change, terms, point, same=False), target)

    for_all("relabelling", st.tuples(relabellings(game), program_inputs(game)), check, share=10)
