"""Exact values, visits, advantages and their derivatives at one parameter point, in resolvent form.

With M = I − γP_π (P_π and r_π averaged over the policies):

    u = M⁻¹ r                      state values,                 V = ρᵀu
    d = ρᵀM⁻¹                      discounted visits
    Q(s, a) = r(s, a) + γ Σ P u    action values,                A = Q − u (advantages)
    ∂V/∂π_m(a|s) = d(s) Q_m(s, a)  policy gradient theorem (Sutton et al. 2000; Fink 1964 for N players)

and for the derivative of a directional derivative F = ⟨∂V/∂π_j, ẇ⟩ = d (ṙ + γṖu), where a dot replaces player j's
probabilities by the direction ẇ, with e = M⁻¹(ṙ + γṖu) and f = γ dṖM⁻¹ (the changes of u and d along ẇ):

    ∂F/∂π_m(a|s) = f(s) Q_m(s, a)  +  γ d(s) E[e(s′) | s, a]  +  d(s) Q̇_m(s, a),      the last for m ≠ j only.

Policies see observations o(s), usually the states themselves; ∂V/∂π(a|o) sums over the states with that observation.
M is strictly diagonally dominant by rows for probabilities and γ < 1, so elimination without pivoting is sound; the
factors are computed once per point. Inner steps in direct coordinates are not projected and may leave the
probabilities. A pivot can vanish there although the value is finite: exact evaluation then raises ZeroDivisionError,
compiled code gives inf or NaN. Every quantity is a named step of a :class:`theory.program.Builder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from sympy import Expr, Integer, Mul, diff

from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.games.model import Game, JointAction
from theory.linear import Factors, dot, factor
from theory.policies import Coordinates, coordinates_of, local_policies, parameters
from theory.program import Builder, Program

Vector = tuple[Expr, ...]
Parameters = tuple[Vector, ...]


class Point(Protocol):
    """What a learning rule may ask of a differentiable game at one parameter point φ."""

    @property
    def parameters(self) -> Parameters:
        """φ, one vector per player."""

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of, shape (parameters of player,)."""

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player ⟨∇_other V^value_of, w⟩ with w held fixed, shape (parameters of player,)."""


class GamePoint:
    """A finite stochastic game at one parameter point; implements :class:`Point`.

    Args:
        build: receives the steps.
        game: the game; symbols in its tables stay symbols.
        coordinates: ``direct`` or ``logit``.
        parameters: φ, one vector per player, state by state.
    """

    def __init__(self, build: Builder, game: Game, coordinates: Coordinates, parameters: Parameters) -> None:
        self.parameters = parameters
        self._build = build
        self._game = game
        self._states = range(len(game.states))
        self._observations = range(len(game.observations))
        self._policies = [
            local_policies(build, game, coordinates, player, values) for player, values in enumerate(parameters)
        ]
        self._pi = [[policy.probabilities for policy in policies] for policies in self._policies]
        self._action_values: dict[int, list[Vector]] = {}

    # ------------------------------------------------------------------------------------------ values and visits

    @cached_property
    def visits(self) -> Vector:
        """d(s), discounted visits from the start distribution, shape (states,)."""
        return self._resolvent.solve_transposed(self._game.start, "d")

    def state_values(self, value_of: int) -> Vector:
        """u(s) of one player, shape (states,)."""
        game = self._game
        average = [
            self._average(self._pi_at(s), [payoffs[value_of] for payoffs in game.reward[s]]) for s in self._states
        ]
        return self._resolvent.solve(average, "u")

    def value(self, value_of: int) -> Expr:
        """V = ρᵀu of one player (total discounted)."""
        return dot(self._game.start, self.state_values(value_of))

    def joint_action_values(self, value_of: int) -> list[Vector]:
        """r(s, a) + γ Σ P(s′|s, a) u(s′) of one player, [state][joint action]."""
        if value_of not in self._action_values:
            game = self._game
            future = self._future(self.state_values(value_of))
            self._action_values[value_of] = [
                tuple(
                    self._build.let("jav", game.reward[s][k][value_of] + future[s][k])
                    for k in range(len(game.joint_actions))
                )
                for s in self._states
            ]
        return self._action_values[value_of]

    def action_values(self, value_of: int, player: int) -> list[Vector]:
        """Q(s, a) of V^value_of in the actions of one player, [state][action]."""
        table = self.joint_action_values(value_of)
        return [self._given_action(s, player, self._pi_at(s), table[s], "Q") for s in self._states]

    def advantages(self, value_of: int, player: int) -> list[Vector]:
        """A(s, a) = Q(s, a) − u(s), [state][action]."""
        values = self.state_values(value_of)
        return [tuple(q - values[s] for q in row) for s, row in enumerate(self.action_values(value_of, player))]

    # -------------------------------------------------------------------------------------------------- derivatives

    def policy_derivative(self, value_of: int, player: int) -> list[Vector]:
        """∂V^value_of/∂π_player(a|o) = Σ d(s) Q(s, a) over the states s seen as o, [observation][action]."""
        rows = self.action_values(value_of, player)
        weighted = [tuple(self.visits[s] * q for q in rows[s]) for s in self._states]
        return self._by_observation(weighted, "dq")

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of = Jᵀ ∂V/∂π, shape (parameters of player,)."""
        covectors = self.policy_derivative(value_of, player)
        pulled = [self._policies[player][o].pull(covectors[o]) for o in self._observations]
        return tuple(self._build.let("g", entry) for row in pulled for entry in row)

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player ⟨∇_other V^value_of, w⟩, shape (parameters of player,). See the module's formula for ∂F/∂π."""
        build, game, visits = self._build, self._game, self.visits
        width = len(direction) // len(self._observations)
        local = [direction[o * width : (o + 1) * width] for o in self._observations]
        tilt = [
            tuple(build.let("w", entry) for entry in self._policies[other][o].push(local[o]))
            for o in self._observations
        ]
        tilted = [[*self._pi_at(s)[:other], tilt[game.observed[s]], *self._pi_at(s)[other + 1 :]] for s in self._states]
        table = self.joint_action_values(value_of)

        change_of_values = self._resolvent.solve([self._average(tilted[s], table[s]) for s in self._states], "e")
        flows = [
            [visits[s] * build.let("tilt", self._average(tilted[s], self._into(s, target))) for s in self._states]
            for target in self._states
        ]
        moved = [game.discount * sum(flow, Integer(0)) for flow in flows]
        change_of_visits = self._resolvent.solve_transposed(moved, "f")
        future = self._future(change_of_values)

        values = self.action_values(value_of, player)
        weighted = []
        for s in self._states:
            expected_change = self._given_action(s, player, self._pi_at(s), future[s], "E")
            row = [change_of_visits[s] * q + visits[s] * e for q, e in zip(values[s], expected_change, strict=True)]
            if player != other:
                tilted_values = self._given_action(s, player, tilted[s], table[s], "Qdot")
                row = [entry + visits[s] * q for entry, q in zip(row, tilted_values, strict=True)]
            weighted.append(tuple(row))
        covectors = self._by_observation(weighted, "c")
        entries: list[Expr] = []
        for o in self._observations:
            pulled = self._policies[player][o].pull(covectors[o])
            if player == other:
                bent = self._policies[player][o].curvature(self.policy_derivative(value_of, player)[o], local[o])
                pulled = tuple(p + b for p, b in zip(pulled, bent, strict=True))
            entries += [build.let("h", entry) for entry in pulled]
        return tuple(entries)

    # ---------------------------------------------------------------------------------------------------- averages

    def _pi_at(self, state: int) -> list[Vector]:
        return [rows[self._game.observed[state]] for rows in self._pi]

    def _by_observation(self, rows: Sequence[Vector], stem: str) -> list[Vector]:
        """Sums of per-state rows over the states with the same observation, [observation][action]."""
        seen = self._game.observed
        return [
            tuple(
                # Over one round some observations are never made: their sums are empty.
                self._build.let(stem, sum((row[a] for s, row in enumerate(rows) if seen[s] == o), Integer(0)))
                for a in range(len(rows[0]))
            )
            for o in self._observations
        ]

    def _into(self, state: int, target: int) -> Vector:
        """P(target | state, joint action), one entry per joint action."""
        return tuple(row[target] for row in self._game.transition[state])

    def _average(self, distributions: Sequence[Vector], entries: Sequence[Expr]) -> Expr:
        """Σ over joint actions of Π_i distributions[i][a_i] · entries[a]."""
        return dot([_weight(distributions, action) for action in self._game.joint_actions], entries)

    def _given_action(
        self, state: int, player: int, distributions: Sequence[Vector], entries: Sequence[Expr], stem: str
    ) -> Vector:
        """Average of entries (one per joint action) over the other players, for each action of one player."""
        result = []
        for own in range(len(self._game.actions[player])):
            chosen = [Integer(int(a == own)) for a in range(len(self._game.actions[player]))]
            fixed = [*distributions[:player], tuple(chosen), *distributions[player + 1 :]]
            result.append(self._build.let(stem, self._average(fixed, entries)))
        return tuple(result)

    def _future(self, values: Sequence[Expr]) -> list[Vector]:
        """γ Σ P(s′|s, a) x(s′), [state][joint action]."""
        game = self._game
        return [
            tuple(
                self._build.let("next", game.discount * dot(game.transition[s][k], values))
                for k in range(len(game.joint_actions))
            )
            for s in self._states
        ]

    # --------------------------------------------------------------------------------------------------- resolvent

    @cached_property
    def _resolvent(self) -> Factors:
        """M = I − γP_π, factored."""
        discount = self._game.discount
        matrix = [
            [Integer(int(s == t)) - discount * self._average(self._pi_at(s), self._into(s, t)) for t in self._states]
            for s in self._states
        ]
        return factor(self._build.let, matrix)


class ExpressionPoint:
    """A differentiable game at one parameter point; implements :class:`Point` by differentiating its expressions."""

    def __init__(self, build: Builder, game: DifferentiableGame, parameters: Parameters) -> None:
        self.parameters = parameters
        self._build = build
        self._game = game
        symbols = [symbol for row in game.variables for symbol in row]
        self._here = dict(zip(symbols, (entry for row in parameters for entry in row), strict=True))

    def value(self, value_of: int) -> Expr:
        """Vⁱ at the point."""
        return self._at(self._game.values[value_of], "V")

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of."""
        value = self._game.values[value_of]
        return tuple(self._at(diff(value, symbol), "g") for symbol in self._game.variables[player])

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player ⟨∇_other V^value_of, w⟩."""
        value, along = self._game.values[value_of], self._game.variables[other]
        return tuple(
            sum((self._at(diff(value, a, b), "h") * w for b, w in zip(along, direction, strict=True)), Integer(0))
            for a in self._game.variables[player]
        )

    def _at(self, expression: Expr, stem: str) -> Expr:
        return self._build.let(stem, expression.xreplace(self._here))


def point_of(
    build: Builder, game: AnyGame, coordinates: Coordinates, parameters: Parameters
) -> GamePoint | ExpressionPoint:
    """A game of either kind at one parameter point."""
    if isinstance(game, DifferentiableGame):
        return ExpressionPoint(build, game, parameters)
    return GamePoint(build, game, coordinates, parameters)


def _weight(distributions: Sequence[Vector], action: JointAction) -> Expr:
    return Mul(*(distributions[player][index] for player, index in enumerate(action)))


def value_program(game: AnyGame, policy: str = "direct") -> Program:
    """Values at φ: block ``value`` (players,); for finite games also ``visits`` and ``advantage_i`` (flattened).

    Args:
        game: the game; its parameters are inputs after φ.
        policy: ``direct`` or ``logit``.

    Raises:
        BadInput: a policy that the game does not have.
    """
    coordinates = coordinates_of(game, policy)
    phi = parameters(game, coordinates)
    build = Builder([symbol for row in phi for symbol in row] + [symbol for symbol, _ in game.parameters])
    point = point_of(build, game, coordinates, phi)
    blocks: dict[str, Sequence[Expr]] = {"value": [point.value(player) for player in range(game.players)]}
    if isinstance(point, GamePoint):
        blocks["visits"] = point.visits
        for player in range(game.players):
            blocks[f"advantage_{player + 1}"] = [a for row in point.advantages(player, player) for a in row]
    return build.program(blocks)
