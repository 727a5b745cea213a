"""Where no order of coordinates can make v cooperative: cross slopes that take both signs.

If ∂v_k/∂φ_l is positive at one policy and negative at another, no choice of signs σ makes σ_k σ_l ∂v_k/∂φ_l ≥ 0
everywhere, so the comparison of :mod:`theory.order` has no orthant order to work in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from sympy import Integer, Rational, Symbol

from theory.games.model import Game
from theory.policies import coordinates_of, parameters
from theory.program import Builder, Program
from theory.values import GamePoint

Point = dict[Symbol, Rational]


@dataclass(frozen=True)
class Conflict:
    """A cross slope of both signs.

    Attributes:
        slope: k, whose v_k is differentiated.
        axis: l, the parameter it is differentiated in.
        positive: a policy and the value > 0 there.
        negative: a policy and the value < 0 there.
    """

    slope: Symbol
    axis: Symbol
    positive: tuple[Point, Rational]
    negative: tuple[Point, Rational]


def slopes_program(game: Game, policy: str = "direct") -> Program:
    """Dv, one block per parameter k: the derivatives of v_k in all parameters, shape (parameters,).

    Raises:
        BadInput: a policy that the game does not have.
    """
    coordinates = coordinates_of(game, policy)
    phi = parameters(game, coordinates)
    build = Builder([symbol for row in phi for symbol in row] + [symbol for symbol, _ in game.parameters])
    point = GamePoint(build, game, coordinates, phi)
    blocks = {}
    for i, row in enumerate(phi):
        for place, symbol in enumerate(row):
            unit = tuple(Integer(int(place == other)) for other in range(len(row)))
            columns = (point.hessian_product(i, j, i, unit) for j in range(game.players))
            blocks[symbol.name] = tuple(entry for column in columns for entry in column)
    return build.program(blocks)


def conflicts(game: Game, points: Sequence[Point], policy: str = "direct") -> list[Conflict]:
    """The pairs k ≠ l whose cross slope has both signs among some policies.

    Args:
        game: the game, at its parameters' current values.
        points: a value for every parameter; all with the parameters of :func:`theory.policies.parameters`.
        policy: ``direct`` or ``logit``.

    Raises:
        BadInput: a policy that the game does not have.
    """
    axes = [symbol for row in parameters(game, coordinates_of(game, policy)) for symbol in row]
    program, numbers = slopes_program(game, policy), dict(game.parameters)
    tables = [program.at({**numbers, **point}) for point in points]
    found = []
    for (k, slope), (place, axis) in product(enumerate(axes), enumerate(axes)):
        if k == place:
            continue
        values = [(point, table[slope.name][place]) for point, table in zip(points, tables, strict=True)]
        up, down = max(values, key=lambda pair: pair[1]), min(values, key=lambda pair: pair[1])
        if down[1] < 0 < up[1]:
            found.append(Conflict(slope, axis, up, down))
    return found
