"""One-shot games of chosen classes, each valid by construction: what makes a game one of the class is what is drawn.

Actions are ordered by their index. A class that needs an order (supermodular) or a common name of actions
(coordination, symmetric) uses that index; reversing all players' orders leaves each class as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sympy import Expr, Integer, Rational

from theory.games.model import Game, JointAction, normal_form
from theory.games.stag_hunt import stag_hunt
from theory.games.symmetric import symmetric_game
from theory.strategies.numbers import gaps, rationals
from theory.symbols import P, R, S, T

SymmetricKind = Literal["any", "coordination", "prisoners-dilemma"]
Counts = Sequence[int] | SearchStrategy[tuple[int, ...]]


def action_counts(
    players: tuple[int, int] = (2, 3), actions: tuple[int, int] = (2, 3)
) -> SearchStrategy[tuple[int, ...]]:
    """Number of actions of each player, such as (2, 3).

    Args:
        players: least and largest number of players.
        actions: least and largest number of actions.
    """
    return st.lists(st.integers(*actions), min_size=players[0], max_size=players[1]).map(tuple)


def equal_counts(
    players: tuple[int, int] = (2, 2), actions: tuple[int, int] = (2, 3)
) -> SearchStrategy[tuple[int, ...]]:
    """Number of actions of each player, the same for all, such as (3, 3)."""
    return st.tuples(st.integers(*actions), st.integers(*players)).map(lambda pair: (pair[0],) * pair[1])


def joint_actions(counts: Sequence[int]) -> list[JointAction]:
    """All joint actions of players with so many actions, the last player's changing fastest."""
    return list(product(*map(range, counts)))


def action_names(counts: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """Names A, B, C, … of each player's actions."""
    return tuple(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:count]) for count in counts)


def _drawn(draw: DrawFn, counts: Counts | None, otherwise: SearchStrategy[tuple[int, ...]]) -> tuple[int, ...]:
    if counts is None:
        return draw(otherwise)
    return draw(counts) if isinstance(counts, SearchStrategy) else tuple(counts)


def _table(draw: DrawFn, numbers: SearchStrategy[Rational]) -> Callable[[Hashable], Rational]:
    """A function with drawn values, one draw for each argument that is asked for."""
    known: dict[Hashable, Rational] = {}

    def value(seen: Hashable) -> Rational:
        if seen not in known:
            known[seen] = draw(numbers)
        return known[seen]

    return value


def _others(joint: JointAction, player: int) -> JointAction:
    return joint[:player] + joint[player + 1 :]


def _game(name: str, counts: Sequence[int], payoff: Mapping[JointAction, Sequence[Expr]]) -> Game:
    return normal_form(name, action_names(counts), payoff)


@st.composite
def one_shot_games(
    draw: DrawFn,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """One-shot games of any number of players with independent random payoffs.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player, or a strategy for it; 2–3 players, 2–3 actions if not given.
        payoffs: where every payoff comes from.
    """
    counts = _drawn(draw, actions, action_counts())
    numbers = rationals() if payoffs is None else payoffs
    return _game("random", counts, {joint: tuple(draw(numbers) for _ in counts) for joint in joint_actions(counts)})


@st.composite
def additive_games(
    draw: DrawFn,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """One-shot games in which Vⁱ is a sum of functions of one player's action each: no peer term exists there.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player, or a strategy for it; 2–3 players, 2–3 actions if not given.
        payoffs: where every summand comes from.
    """
    counts = _drawn(draw, actions, action_counts())
    numbers = rationals() if payoffs is None else payoffs
    parts = [[[draw(numbers) for _ in range(count)] for count in counts] for _ in counts]
    cells = {
        joint: tuple(sum((row[a] for row, a in zip(part, joint, strict=True)), Integer(0)) for part in parts)
        for joint in joint_actions(counts)
    }
    return _game("additive", counts, cells)


@st.composite
def zero_sum_games(
    draw: DrawFn,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """One-shot games of two players whose payoffs sum to 0.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of the two players, or a strategy for it; 2–3 each if not given.
        payoffs: where the first player's payoffs come from.
    """
    counts = _drawn(draw, actions, action_counts(players=(2, 2)))
    numbers = rationals() if payoffs is None else payoffs
    first = {joint: draw(numbers) for joint in joint_actions(counts)}
    return _game("zero-sum", counts, {joint: (payoff, -payoff) for joint, payoff in first.items()})


@st.composite
def potential_games(
    draw: DrawFn,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """Exact potential games (Monderer and Shapley 1996): Vⁱ is a common function plus one of the others' actions.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player, or a strategy for it; 2–3 players, 2–3 actions if not given.
        payoffs: where every value of those functions comes from.
    """
    counts = _drawn(draw, actions, action_counts())
    numbers = rationals() if payoffs is None else payoffs
    common = _table(draw, numbers)
    dummy = _table(draw, numbers)
    cells = {
        joint: tuple(common(joint) + dummy((player, _others(joint, player))) for player in range(len(counts)))
        for joint in joint_actions(counts)
    }
    return _game("potential", counts, cells)


@st.composite
def supermodular_games(
    draw: DrawFn,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """Games with increasing differences (Topkis 1979): a higher action gains from a higher action of another player.

    Vⁱ is any function of the own action, plus any of the others' actions, plus for every other player a function of
    the two actions whose mixed second differences are drawn ≥ 0. With two players these are all such games; with more,
    those in which the players' effects on the gain add up.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player, or a strategy for it; 2–3 players, 2–3 actions if not given.
        payoffs: where values of the first two functions come from.
    """
    counts = _drawn(draw, actions, action_counts())
    numbers = rationals() if payoffs is None else payoffs
    own, dummy, rise = _table(draw, numbers), _table(draw, numbers), _table(draw, rationals(0, 3, 2))

    def both(player: int, other: int, joint: JointAction) -> Rational:
        rises = product(range(joint[player]), range(joint[other]))
        return sum((rise((player, other, *steps)) for steps in rises), Integer(0))

    players = range(len(counts))
    cells = {
        joint: tuple(
            sum(
                (both(player, other, joint) for other in players if other != player),
                own((player, joint[player])) + dummy((player, _others(joint, player))),
            )
            for player in players
        )
        for joint in joint_actions(counts)
    }
    return _game("supermodular", counts, cells)


@st.composite
def coordination_games(
    draw: DrawFn,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """Games in which every profile of equal actions is a strict equilibrium, whatever else is one; players differ.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player, the same for all, or a strategy for it; 2 players with 2–3 actions
            if not given.
        payoffs: where payoffs at other profiles come from.
    """
    counts = _drawn(draw, actions, equal_counts())
    numbers = rationals(-3, 3, 4) if payoffs is None else payoffs
    players = range(len(counts))
    cells = {joint: [draw(numbers) for _ in players] for joint in joint_actions(counts) if len(set(joint)) > 1}
    for action in range(counts[0]):
        together = (action,) * len(counts)
        deviations = [
            [(*together[:player], other, *together[player + 1 :]) for other in range(counts[0]) if other != action]
            for player in players
        ]
        cells[together] = [max(cells[joint][i] for joint in deviations[i]) + draw(gaps()) for i in players]
    return _game("coordination", counts, cells)


@st.composite
def stag_hunts(draw: DrawFn) -> Game:
    """Stag Hunts [[R, S], [T, P]] with R > T ≥ P > S, symbolic, with drawn current values; T = P is among them."""
    s = draw(rationals(-3, 3, 4))
    p = s + draw(gaps())
    t = p + draw(rationals(0, 3, 4))
    return stag_hunt(R=t + draw(gaps()), S=s, T=t, P=p)


@st.composite
def symmetric_games(draw: DrawFn, kind: SymmetricKind = "any") -> Game:
    """Symmetric 2×2 games [[R, S], [T, P]] with symbolic R, S, T, P and drawn current values.

    Args:
        draw: supplied by Hypothesis.
        kind: ``coordination`` has R > T and P > S, ``prisoners-dilemma`` has T > R > P > S, ``any`` neither. The
            game's ``ordering`` says so.
    """
    payoff, gap = rationals(-3, 3, 4), gaps()
    ordering: tuple[Expr, ...] = ()
    if kind == "coordination":
        t, s = draw(payoff), draw(payoff)
        r, p = t + draw(gap), s + draw(gap)
        ordering = (R - T, P - S)
    elif kind == "prisoners-dilemma":
        s = draw(payoff)
        p = s + draw(gap)
        r = p + draw(gap)
        t = r + draw(gap)
        ordering = (T - R, R - P, P - S)
    else:
        r, s, t, p = (draw(payoff) for _ in range(4))
    return symmetric_game(kind, ("A", "B"), (r, s, t, p), ordering)


@st.composite
def anonymous_games(
    draw: DrawFn,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """Symmetric games of any size: a payoff depends on the own action and on how many others take each action.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player, the same for all, or a strategy for it; 2–3 players with 2–3 actions
            if not given.
        payoffs: where every payoff comes from.
    """
    counts = _drawn(draw, actions, equal_counts(players=(2, 3)))
    value = _table(draw, rationals() if payoffs is None else payoffs)
    cells = {
        joint: tuple(
            value((own, tuple(sorted(Counter(_others(joint, player)).items())))) for player, own in enumerate(joint)
        )
        for joint in joint_actions(counts)
    }
    return _game("symmetric", counts, cells)


@st.composite
def nearby_games(draw: DrawFn, game: Game, shifts: SearchStrategy[Rational] | None = None) -> Game:
    """A finite game with every reward shifted by a drawn number; shrinks to the game itself, at its current parameters.

    Args:
        draw: supplied by Hypothesis.
        game: the game; the one drawn has the same shape, actions and target, and numbers instead of parameters.
        shifts: where every shift comes from, [−1, 1] if not given.
    """
    numbers = rationals(-1, 1, 2) if shifts is None else shifts
    here = game.instance()
    moved = tuple(tuple(tuple(entry + draw(numbers) for entry in row) for row in rows) for rows in here.reward)
    return replace(here, reward=moved)
