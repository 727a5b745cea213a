"""Differentiable games: players with real parameters and values given as expressions, without states or actions.

They share everything that starts from values and derivatives (learning rules, decomposition, dynamics) with finite
games, and nothing that speaks of actions or policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Rational, Symbol, sympify

from theory import exact
from theory.errors import BadInput
from theory.games.model import Game


@dataclass(frozen=True)
class DifferentiableGame:
    """A game in real parameters.

    Attributes:
        name: how the game is called on the command line.
        variables: each player's parameters.
        values: Vⁱ, one expression per player in all variables and the game's parameters.
        parameters: symbols in the values with their current values.
    """

    name: str
    variables: tuple[tuple[Symbol, ...], ...]
    values: tuple[Expr, ...]
    parameters: tuple[tuple[Symbol, Rational], ...] = ()

    @property
    def players(self) -> int:
        """Number of players N."""
        return len(self.variables)

    @property
    def total_weight(self) -> Expr:
        """What a total value is divided by to give a mean value: nothing is discounted here."""
        return Integer(1)

    def value_of(self, expression: Expr) -> Expr:
        """An expression in the game's parameters at their values in this instance."""
        return sympify(expression).xreplace(dict(self.parameters))

    def with_parameters(self, values: Mapping[str, object]) -> DifferentiableGame:
        """The same game at other parameter values, given by name and read exactly.

        Raises:
            BadInput: an unknown name or a value that is no exact number.
        """
        return replace(self, parameters=exact.overridden(self.parameters, values, f"game {self.name!r}"))


AnyGame = Game | DifferentiableGame


def finite(game: AnyGame, what: str) -> Game:
    """The game, if it has actions.

    Raises:
        BadInput: it is differentiable; ``what`` says where actions were needed.
    """
    if isinstance(game, DifferentiableGame):
        raise BadInput(f"{what}: game {game.name!r} has real parameters instead of actions, so this does not apply.")
    return game
