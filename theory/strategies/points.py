"""Points of a game: policies in the interior, pure profiles, and values for every input of a program."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sympy import Rational, Symbol

from theory.equilibria import StationaryProfile
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.games.model import Game
from theory.policies import Coordinates, parameters
from theory.strategies.numbers import distributions, rationals, step_sizes
from theory.symbols import alpha


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


def pure_profiles(game: Game) -> SearchStrategy[StationaryProfile]:
    """Deterministic stationary profiles, ``profile[i][o]``: one action index per player and observation.

    :func:`theory.equilibria.as_parameters` of :func:`theory.equilibria.as_mixed` gives their direct parameters.
    """
    return st.tuples(
        *(st.tuples(*(st.integers(0, len(names) - 1) for _ in game.observations)) for names in game.actions)
    )


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
