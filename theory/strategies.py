"""Hypothesis strategies for games, parameter points and step sizes: property tests of your own games and rules.

Needs the ``test`` extra (``pip install 'basin-entry[test]'``). Every object is valid by construction, so nothing is
filtered out, and every number is an exact rational with a small denominator, so counterexamples shrink to numbers
that fit on paper. A test of your own, with the derivative of the unroll as the independent check::

    from hypothesis import given, strategies as st
    from theory import strategies
    from theory.decomposition import decompose, differentiated_unroll


    @given(st.data())
    def test_terms_add_up(data):
        game = data.draw(strategies.one_shot_games(actions=(2, 3)))
        values = data.draw(strategies.program_inputs(game, "direct"))
        terms = decompose(game, "direct").program.at(values)
        total = differentiated_unroll(game, "direct").at(values)
        for player in ("1", "2"):
            parts = zip(*(terms[f"{term}_{player}"] for term in ("current", "own", "peer")))
            assert tuple(map(sum, parts)) == total[f"total_{player}"]

Numbers: :func:`rationals`, :func:`discounts`, :func:`step_sizes`, :func:`distributions`. Games:
:func:`one_shot_games`, :func:`additive_games`, :func:`symmetric_games`, :func:`memory_one_games`,
:func:`stochastic_games`, :func:`differentiable_games`. Points: :func:`parameter_points` (φ in the interior of the box)
and :func:`program_inputs` (φ, α and the game's own parameters: all that a program of
:func:`theory.decomposition.decompose` asks for).

Deriving a program takes from tens of milliseconds (2×2, one shot) to a second (memory one), so set ``max_examples``
and ``deadline=None`` accordingly, or draw many points for one game.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import ceil, floor, gcd
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sympy import Expr, Integer, Mul, Rational, Symbol

from theory import exact
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.games.model import Game, memory_one, normal_form
from theory.games.symmetric import symmetric_game
from theory.policies import Coordinates, parameters
from theory.symbols import P, R, S, T, alpha

SymmetricKind = Literal["any", "coordination", "prisoners-dilemma"]

# ------------------------------------------------------------------------------------------------------- numbers


def rationals(
    low: object = -5, high: object = 5, max_denominator: int = 6, *, open_interval: bool = False
) -> SearchStrategy[Rational]:
    """Rationals in an interval, with small denominators; shrinks to small denominators, then towards 0.

    Args:
        low: lower end, anything that :func:`theory.exact.rational` reads.
        high: upper end.
        max_denominator: the largest denominator.
        open_interval: leave both ends out.

    Raises:
        ValueError: the interval holds no such number.
    """
    ends = exact.rational(low, "rationals, low"), exact.rational(high, "rationals, high")
    return st.sampled_from(_fractions(*ends, max_denominator, open_interval))


@lru_cache(maxsize=256)
def _fractions(low: Rational, high: Rational, max_denominator: int, open_interval: bool) -> tuple[Rational, ...]:
    found = [
        (denominator, abs(numerator), numerator < 0, Rational(numerator, denominator))
        for denominator in range(1, max_denominator + 1)
        for numerator in range(ceil(low * denominator), floor(high * denominator) + 1)
        if gcd(numerator, denominator) == 1
    ]
    kept = tuple(entry[-1] for entry in sorted(found) if not open_interval or low < entry[-1] < high)
    if not kept:
        raise ValueError(f"no rational with denominator ≤ {max_denominator} between {low} and {high}")
    return kept


def discounts(high: object = "19/20", max_denominator: int = 20) -> SearchStrategy[Rational]:
    """Discount factors γ in [0, high]."""
    return rationals(0, high, max_denominator)


def step_sizes(high: object = 1, max_denominator: int = 12) -> SearchStrategy[Rational]:
    """Inner step sizes α in (0, high)."""
    return rationals(0, high, max_denominator, open_interval=True)


@st.composite
def distributions(draw: DrawFn, size: int, *, interior: bool = False, largest: int = 4) -> tuple[Rational, ...]:
    """Probability vectors of a given size.

    Args:
        draw: supplied by Hypothesis.
        size: number of entries, at least 1.
        interior: every entry positive.
        largest: the entries are proportional to integers up to about this.
    """
    weights = [draw(st.integers(int(interior), largest)) for _ in range(size)]
    if not interior:
        weights[draw(st.integers(0, size - 1))] += 1
    total = sum(weights)
    return tuple(Rational(weight, total) for weight in weights)


# --------------------------------------------------------------------------------------------------------- games


def action_counts(
    players: tuple[int, int] = (2, 3), actions: tuple[int, int] = (2, 3)
) -> SearchStrategy[tuple[int, ...]]:
    """Number of actions of each player, such as (2, 3).

    Args:
        players: least and largest number of players.
        actions: least and largest number of actions.
    """
    return st.lists(st.integers(*actions), min_size=players[0], max_size=players[1]).map(tuple)


def _names(counts: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:count]) for count in counts)


def _joint(counts: Sequence[int]) -> list[tuple[int, ...]]:
    return list(product(*map(range, counts)))


@st.composite
def one_shot_games(
    draw: DrawFn,
    actions: Sequence[int] | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """One-shot games with independent random payoffs.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player; drawn (2–3 players, 2–3 actions) if not given.
        payoffs: where every payoff comes from.
    """
    counts = draw(action_counts()) if actions is None else tuple(actions)
    numbers = rationals() if payoffs is None else payoffs
    cells = {joint: tuple(draw(numbers) for _ in counts) for joint in _joint(counts)}
    return normal_form("random", _names(counts), cells)


@st.composite
def additive_games(
    draw: DrawFn,
    actions: Sequence[int] | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
) -> Game:
    """One-shot games in which Vⁱ is a sum of functions of one player's action each: no peer term exists there.

    Args:
        draw: supplied by Hypothesis.
        actions: number of actions of each player; drawn if not given.
        payoffs: where every summand comes from.
    """
    counts = draw(action_counts()) if actions is None else tuple(actions)
    numbers = rationals() if payoffs is None else payoffs
    parts = [[[draw(numbers) for _ in range(count)] for count in counts] for _ in counts]
    cells = {
        joint: tuple(sum((row[a] for row, a in zip(part, joint, strict=True)), Integer(0)) for part in parts)
        for joint in _joint(counts)
    }
    return normal_form("additive", _names(counts), cells)


@st.composite
def symmetric_games(draw: DrawFn, kind: SymmetricKind = "any") -> Game:
    """Symmetric 2×2 games [[R, S], [T, P]] with symbolic R, S, T, P and drawn current values.

    Args:
        draw: supplied by Hypothesis.
        kind: ``coordination`` has R > T and P > S, ``prisoners-dilemma`` has T > R > P > S, ``any`` neither. The
            game's ``ordering`` says so.
    """
    payoff, gap = rationals(-3, 3, 4), rationals(0, 4, 4, open_interval=True)
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
def memory_one_games(
    draw: DrawFn,
    stage: SearchStrategy[Game] | None = None,
    discount: SearchStrategy[Rational] | None = None,
    horizon: int | None = None,
) -> Game:
    """Memory-one repeated games.

    Args:
        draw: supplied by Hypothesis.
        stage: where the stage game comes from; 2×2 with random payoffs if not given.
        discount: where γ comes from.
        horizon: number of rounds; infinitely many if not given.
    """
    base = draw(one_shot_games(actions=(2, 2)) if stage is None else stage)
    gamma = draw(discounts() if discount is None else discount)
    return memory_one(base, gamma, name=f"repeated {base.name}", horizon=horizon)


@st.composite
def stochastic_games(
    draw: DrawFn,
    states: int | None = None,
    actions: Sequence[int] | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
    discount: SearchStrategy[Rational] | None = None,
    observations: int | None = None,
) -> Game:
    """General discounted stochastic games with exact rational transition rows, some entries zero.

    Args:
        draw: supplied by Hypothesis.
        states: number of states; 2 or 3 if not given.
        actions: number of actions of each player; drawn (2–3 players, 2–3 actions) if not given.
        payoffs: where every reward comes from.
        discount: where γ comes from.
        observations: how many different things policies see, at most ``states``; the states themselves if not given.
    """
    size = draw(st.integers(2, 3)) if states is None else states
    counts = draw(action_counts()) if actions is None else tuple(actions)
    numbers = rationals() if payoffs is None else payoffs
    joint = _joint(counts)
    seen = tuple(range(size))
    if observations is not None:
        rest = [draw(st.integers(0, observations - 1)) for _ in range(size - observations)]
        seen = tuple(draw(st.permutations([*range(observations), *rest])))
    return Game(
        name="random stochastic",
        actions=_names(counts),
        states=tuple(f"s{index + 1}" for index in range(size)),
        start=draw(distributions(size)),
        transition=tuple(tuple(draw(distributions(size)) for _ in joint) for _ in range(size)),
        reward=tuple(tuple(tuple(draw(numbers) for _ in counts) for _ in joint) for _ in range(size)),
        discount=draw(discounts() if discount is None else discount),
        observations=tuple(f"s{index + 1}" for index in range(size if observations is None else observations)),
        observed=seen,
    )


@st.composite
def differentiable_games(draw: DrawFn, dimensions: Sequence[int] | None = None, degree: int = 3) -> DifferentiableGame:
    """Games in real parameters whose values are random polynomials.

    Args:
        draw: supplied by Hypothesis.
        dimensions: number of parameters of each player; drawn (2–3 players, 1–2 parameters) if not given.
        degree: the largest total degree of a value.
    """
    sizes = draw(action_counts(actions=(1, 2))) if dimensions is None else tuple(dimensions)
    rows = tuple(
        tuple(Symbol(f"{letter}{'' if size == 1 else index + 1}", real=True) for index in range(size))
        for letter, size in zip("xyzuvw", sizes, strict=False)
    )
    flat = [symbol for row in rows for symbol in row]

    def term() -> Expr:
        factors = draw(st.lists(st.sampled_from(flat), min_size=1, max_size=degree))
        return Mul(draw(rationals(-2, 2, 3)), *factors)

    values = tuple(sum((term() for _ in range(draw(st.integers(1, 5)))), Integer(0)) for _ in rows)
    return DifferentiableGame("random polynomials", rows, values)


# -------------------------------------------------------------------------------------------------------- points


@st.composite
def parameter_points(
    draw: DrawFn, game: AnyGame, coordinates: Coordinates = "direct", suffix: str = ""
) -> dict[Symbol, Rational]:
    """Parameters φ of all players, every action with positive probability.

    With three or more actions in direct coordinates the parameters are the probabilities themselves. Parameters of a
    differentiable game lie in [−2, 2].

    Args:
        draw: supplied by Hypothesis.
        game: the game.
        coordinates: ``direct``, or ``logit`` (log-odds in [−2, 2]).
        suffix: as in :func:`theory.policies.parameters`.
    """
    if isinstance(game, DifferentiableGame):
        return {symbol: draw(rationals(-2, 2, 6)) for row in parameters(game, coordinates, suffix) for symbol in row}
    point: dict[Symbol, Rational] = {}
    for names, symbols in zip(game.actions, parameters(game, coordinates, suffix), strict=True):
        if coordinates == "logit":
            values = [draw(rationals(-2, 2, 6)) for _ in symbols]
        elif len(names) == 2:
            values = [draw(rationals(0, 1, 12, open_interval=True)) for _ in symbols]
        else:
            values = [entry for _ in game.observations for entry in draw(distributions(len(names), interior=True))]
        point |= zip(symbols, values, strict=True)
    return point


@st.composite
def program_inputs(
    draw: DrawFn,
    game: AnyGame,
    coordinates: Coordinates = "direct",
    step: SearchStrategy[Rational] | None = None,
) -> dict[Symbol, Rational]:
    """A value for every input of :func:`theory.decomposition.decompose`: φ₀, α and the game's parameters.

    Args:
        draw: supplied by Hypothesis.
        game: the game; its parameters keep their current values.
        coordinates: ``direct`` or ``logit``.
        step: where α comes from.
    """
    point = draw(parameter_points(game, coordinates))
    return {**point, alpha: draw(step_sizes() if step is None else step), **dict(game.parameters)}
