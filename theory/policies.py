"""Policies: maps from parameters φ to action probabilities π, with their first and second derivatives.

For every observation (usually the state) a player has one parameter if it has two actions, else one per action:

* direct: the probability of the first action; with k ≥ 3 actions π = φ + (1 − Σφ)/k, the orthogonal projection on the
  plane Σπ = 1, so that every gradient is tangent to the simplex and no action is singled out.
* logit: the log-odds of the first action (as published); with k ≥ 3 actions the softmax of k parameters. Both are
  π_a = exp(φ_a)/Σ exp(φ_b), where with two actions the second parameter is fixed at 0, hence
  ∂π_a/∂φ_m = π_a (1[a = m] − π_m).

Parameters are probabilities (direct, no unit, in [0, 1]) or log-odds (logit, in nats, any real).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sympy import Expr, Integer, Rational, Symbol, diff, exp, symbols

from theory.errors import BadInput
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.games.model import START, Game
from theory.program import Builder, Program
from theory.symbols import player_letter

Coordinates = Literal["direct", "logit"]
COORDINATES: tuple[Coordinates, ...] = ("direct", "logit")


@dataclass(frozen=True)
class LocalPolicy:
    """One player's policy in one state: probabilities and derivatives, as expressions.

    Attributes:
        probabilities: π_a, shape (actions,).
        jacobian: ∂π_a/∂φ_m, shape (actions, parameters).
        hessian: ∂²π_a/∂φ_m∂φ_l, shape (actions, parameters, parameters).
    """

    probabilities: tuple[Expr, ...]
    jacobian: tuple[tuple[Expr, ...], ...]
    hessian: tuple[tuple[tuple[Expr, ...], ...], ...]

    def push(self, direction: Sequence[Expr]) -> tuple[Expr, ...]:
        """Change of π along a direction in the parameters: J w."""
        return tuple(_dot(row, direction) for row in self.jacobian)

    def pull(self, covector: Sequence[Expr]) -> tuple[Expr, ...]:
        """Gradient in the parameters from a gradient in π: Jᵀ g."""
        return tuple(_dot(column, covector) for column in zip(*self.jacobian, strict=True))

    def curvature(self, covector: Sequence[Expr], direction: Sequence[Expr]) -> tuple[Expr, ...]:
        """Σ_a g_a ∇²π_a w: what the bending of the policy map adds to a Hessian-vector product."""
        return tuple(
            _dot(covector, [_dot(rows[parameter], direction) for rows in self.hessian])
            for parameter in range(len(direction))
        )


def _dot(left: Sequence[Expr], right: Sequence[Expr]) -> Expr:
    return sum((a * b for a, b in zip(left, right, strict=True)), Integer(0))


def check_coordinates(coordinates: str) -> Coordinates:
    """The name of a coordinate system, if it is one.

    Raises:
        BadInput: it is neither ``direct`` nor ``logit``.
    """
    for known in COORDINATES:
        if coordinates == known:
            return known
    raise BadInput(f"policy: {coordinates!r} is not one of {', '.join(COORDINATES)}.")


def coordinates_of(game: AnyGame, policy: str) -> Coordinates:
    """The coordinate system of that name, if the game has it.

    Raises:
        BadInput: an unknown name, or ``logit`` for a game without actions.
    """
    coordinates = check_coordinates(policy)
    if isinstance(game, DifferentiableGame) and coordinates != "direct":
        raise BadInput(f"policy: game {game.name!r} has real parameters instead of policies; only direct applies.")
    return coordinates


def parameters_per_state(actions: int) -> int:
    """Number of parameters a player with that many actions has in one state."""
    return 1 if actions == 2 else actions


def parameters(game: AnyGame, coordinates: Coordinates, suffix: str = "") -> tuple[tuple[Symbol, ...], ...]:
    """Parameter symbols of each player, observation by observation in the game's order.

    Names are the player's letter, then the observation (by its global name; ∅ is written 0) unless there is one,
    then the action if there are more than two: ``p``, ``q_CD``, ``x_0``, ``p2_Rock``.

    Args:
        game: the game.
        coordinates: ``direct`` or ``logit``.
        suffix: appended to every name, to tell points apart.

    Raises:
        BadInput: two parameters would have the same name.
    """
    if isinstance(game, DifferentiableGame):
        return tuple(tuple(Symbol(f"{s.name}{suffix}", real=True) for s in row) for row in game.variables)
    rows = []
    for player, names in enumerate(game.actions):
        letter = player_letter(player, game.players, coordinates)
        row = []
        for observation in game.observations:
            place = "" if len(game.observations) == 1 else "_" + ("0" if observation == START else observation)
            labels = [""] if len(names) == 2 else [f"_{name}" for name in names]
            row += [Symbol(f"{letter}{place}{label}{suffix}", real=True) for label in labels]
        rows.append(tuple(row))
    labels = [symbol.name for row in rows for symbol in row]
    if len(set(labels)) < len(labels):
        clash = next(label for label in labels if labels.count(label) > 1)
        raise BadInput(f"game {game.name!r}: two parameters would both be called {clash}; rename states or actions.")
    return tuple(rows)


def in_probabilities(program: Program, game: AnyGame, suffixes: Sequence[str] = ("",)) -> Program:
    """A program in logit parameters rewritten in first-action probabilities, exp(−x) = (1 − p)/p.

    For players with two actions and programs whose points are all inputs (named by ``suffixes``).
    """
    logits = [symbol for suffix in suffixes for row in parameters(game, "logit", suffix) for symbol in row]
    first = [symbol for suffix in suffixes for row in parameters(game, "direct", suffix) for symbol in row]
    odds = {exp(-x): (1 - p) / p for x, p in zip(logits, first, strict=True)}
    return program.replaced(odds, [*first, *(symbol for symbol in program.inputs if symbol not in logits)])


def local_policies(
    build: Builder, game: Game, coordinates: Coordinates, player: int, values: Sequence[Expr]
) -> tuple[LocalPolicy, ...]:
    """One player's policy for every observation at given parameter values, as named steps.

    Args:
        build: receives the steps.
        game: the game.
        coordinates: ``direct`` or ``logit``.
        player: index of the player.
        values: the player's parameters, observation by observation.
    """
    actions = len(game.actions[player])
    width = parameters_per_state(actions)
    template = _template(coordinates, actions)
    policies = []
    for observation in range(len(game.observations)):
        local = values[observation * width : (observation + 1) * width]
        policies.append(_instantiate(build, template, _probabilities(build, coordinates, actions, local)))
    return tuple(policies)


def _probabilities(build: Builder, coordinates: Coordinates, actions: int, values: Sequence[Expr]) -> list[Expr]:
    if coordinates == "direct":
        if actions == 2:
            return [values[0], 1 - values[0]]
        slack = build.let("slack", (1 - sum(values)) / Integer(actions))
        return [build.let("pi", value + slack) for value in values]
    if actions == 2:
        weight = build.let("odds", exp(-values[0]))
        first = build.let("pi", 1 / (1 + weight))
        return [first, build.let("pi", weight * first)]
    weights = [build.let("weight", exp(value)) for value in values]
    total = build.let("total", 1 / sum(weights))
    return [build.let("pi", weight * total) for weight in weights]


def _template(coordinates: Coordinates, actions: int) -> tuple[tuple[Symbol, ...], LocalPolicy]:
    """Derivatives of the policy map as polynomials in π, derived from the map's differential."""
    pi = symbols(f"_pi:{actions}")
    width = parameters_per_state(actions)

    def derivative(expression: Expr, parameter: int) -> Expr:
        return sum((diff(expression, pi[a]) * differential(a, parameter) for a in range(actions)), Integer(0)).factor()

    def differential(action: int, parameter: int) -> Expr:
        if coordinates == "direct":
            if actions == 2:
                return Integer(1 if action == 0 else -1)
            return Integer(int(action == parameter)) - Rational(1, actions)
        if actions == 2:  # the same thing as below with φ₂ = 0, using π₁ + π₂ = 1
            return pi[0] * pi[1] * (1 if action == 0 else -1)
        return pi[action] * (int(action == parameter) - pi[parameter])

    jacobian = tuple(tuple(differential(a, m) for m in range(width)) for a in range(actions))
    hessian = tuple(tuple(tuple(derivative(entry, m) for m in range(width)) for entry in row) for row in jacobian)
    return pi, LocalPolicy(pi, jacobian, hessian)


def _instantiate(
    build: Builder, template: tuple[tuple[Symbol, ...], LocalPolicy], values: Sequence[Expr]
) -> LocalPolicy:
    pi, local = template
    here = dict(zip(pi, values, strict=True))

    def fill(expression: Expr) -> Expr:
        return build.let("dpi", expression.xreplace(here))

    return LocalPolicy(
        tuple(values),
        tuple(tuple(map(fill, row)) for row in local.jacobian),
        tuple(tuple(tuple(map(fill, row)) for row in rows) for rows in local.hessian),
    )
