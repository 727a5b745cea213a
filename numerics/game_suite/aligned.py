"""Alignment of the peer-learning correction with the target, against the correction's definition in fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import product

from hypothesis import strategies as st
from sympy import Rational, Symbol

from numerics.game_suite.model import Broken, NotApplicable, Property, Subject, for_all
from numerics.game_suite.snippets import drawn_game, given_game, policy_words, snippet
from numerics.game_suite.targets import target_profile
from numerics.game_suite.values import Tables, fraction, policy_of
from theory.alignment import Alignment, align
from theory.exact import Undecided
from theory.games import Game
from theory.policies import parameters
from theory.strategies import nearby_games, parameter_points

Point = dict[Symbol, Rational]
HALF = Fraction(1, 2)


def alignment_conditions() -> Property:
    """What is reported of the game and of games near it."""
    return Property(
        "alignment-conditions",
        "of this game and of games with payoffs near its own, the reported correction is the correction by definition,"
        " and it is reported to point to the target everywhere exactly if it does so at every policy that is tried",
        _report_is_true,
    )


def alignment() -> Property:
    """The condition A0 on all policies."""
    return Property(
        "alignment",
        "no player's peer-learning correction points away from the target at any policy",
        _points_to_target,
    )


def components(game: Game, tables: Tables, chances: Sequence[Fraction]) -> list[Fraction]:
    """σ_i C_i of every player, by definition."""
    policy = policy_of(game, chances)
    signs = [1 if action == 0 else -1 for (action,) in target_profile(game)]
    return [sign * tables.correction(policy, player) for player, sign in enumerate(signs)]


def corners_and_middle(players: int) -> list[tuple[Fraction, ...]]:
    """Where a correction that points away somewhere does so: at a corner of the cube if it is affine, or inside."""
    return [*product((Fraction(0), Fraction(1)), repeat=players), (HALF,) * players]


def _chances(game: Game, point: Point) -> list[Fraction]:
    return [fraction(point[row[0]]) for row in parameters(game, "direct")]


def _report(subject: Subject) -> tuple[Game, Alignment]:
    game = subject.finite()
    target_profile(game)
    report = align(game)  # refuses other kinds of games in a sentence
    return game, report


# -------------------------------------------------------------------------------------------------------- the report


def _report_is_true(subject: Subject) -> None:
    game, _ = _report(subject)
    reported = cache(align)

    def check(drawn: tuple[Game, Point]) -> None:
        near, point = drawn
        try:
            report = reported(near)
        except Undecided:
            return  # it says so, which is true
        wrong = disagreement(near, report, _chances(near, point))
        if wrong is not None:
            other = None if near == game.instance() else near
            imports, lines = given_game(subject) if other is None else drawn_game(near)
            imports += ["from fractions import Fraction", "from numerics.game_suite.aligned import disagreement"]
            lines += [
                f"chances = [Fraction(text) for text in {list(map(str, _chances(near, point)))}]  # of first actions",
                "report = align(game)",
                "print(report, disagreement(game, report, chances))",
                "assert disagreement(game, report, chances) is None",
            ]
            where = f"payoffs {near.reward[0]}, at {policy_words(near, point)}: {wrong}"
            raise Broken(where, snippet([*imports, "from theory.alignment import align"], lines), other)

    points = nearby_games(game).flatmap(lambda near: st.tuples(st.just(near), parameter_points(near)))
    for_all("alignment-conditions", points, check)


def disagreement(game: Game, report: Alignment, chances: Sequence[Fraction]) -> str | None:
    """What of a report is not so, by the definition of C at a policy and, if it says so, somewhere on the cube."""
    tables = Tables(game)
    symbols = {
        row[0].name: Rational(x.numerator, x.denominator)
        for row, x in zip(parameters(game, "direct"), chances, strict=True)
    }
    policy = policy_of(game, chances)
    for player, expression in enumerate(report.correction):
        at = {symbol: symbols[symbol.name] for symbol in expression.free_symbols if symbol.name in symbols}
        value = game.value_of(expression.subs(at))
        if fraction(Rational(value)) != tables.correction(policy, player):
            return f"the reported correction of player {player + 1} is {value}, not {tables.correction(policy, player)}"
    if report.holds and min(components(game, tables, chances)) < 0:
        return "it points away from the target here, though it is reported to point there everywhere"
    tried = corners_and_middle(game.players)
    if not report.holds and all(min(components(game, tables, place)) >= 0 for place in tried):
        return "it is reported to point away from the target somewhere, but does not at any corner or in the middle"
    return None


# ----------------------------------------------------------------------------------------------------- the condition


def _points_to_target(subject: Subject) -> None:
    game, report = _report(subject)
    tables = Tables(game)

    def check(chances: Sequence[Fraction]) -> None:
        found = components(game, tables, chances)
        if min(found) < 0:
            raise _away(subject, game, chances, found)

    for_all("alignment", parameter_points(game).map(lambda point: _chances(game, point)), check)
    if not report.holds:  # only in a small part of the policies, or at their edge
        for place in corners_and_middle(game.players):
            check(place)
        raise NotApplicable("the correction is reported to point away from the target somewhere that was not found.")


def _away(subject: Subject, game: Game, chances: Sequence[Fraction], found: Sequence[Fraction]) -> Broken:
    player = next(k for k, entry in enumerate(found) if entry < 0)
    action = (game.target or ())[player]
    sign = 1 if game.action_index(player, action) == 0 else -1
    symbols = [row[0] for row in parameters(game, "direct")]
    point = ", ".join(f"{symbol} = {x}" for symbol, x in zip(symbols, chances, strict=True))
    imports, lines = given_game(subject)
    imports += ["from sympy import Rational", "from theory.decomposition import decompose"]
    texts = [*map(str, chances), "1", *(str(value) for _, value in game.parameters)]
    lines += [
        'terms = decompose(game, "direct", 1, "expanded").program',
        f"# {point}, α = 1",
        f"values = dict(zip(terms.inputs, map(Rational, {texts}), strict=True))",
        f'(correction,) = terms.at(values)["peer_{player + 1}"]',
        f'print("player {player + 1}\'s probability of {game.actions[player][0]} is moved by", correction)',
        f"assert correction {'>=' if sign > 0 else '<='} 0  # toward {action}",
    ]
    where = f"at {point}: player {player + 1}'s correction is {sign * found[player]} in its probability of"
    where += f" {game.actions[player][0]}, away from {action}"
    return Broken(where, snippet(imports, lines))
