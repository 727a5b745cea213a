"""Exact values, visits, advantages and their derivatives at one parameter point, in resolvent form.

With M = I − γP_π (P_π and r_π averaged over the policies):

    u = M⁻¹ r                      state values,                 V = ρᵀu
    d = ρᵀM⁻¹                      discounted visits
    Q(s, a) = r(s, a) + γ Σ P u    action values,                A = Q − u (advantages)
    ∂V/∂π_m(a|s) = d(s) Q_m(s, a)  policy gradient theorem (Sutton et al. 2000; Fink 1964 for N players)

and for the derivative of a directional derivative F = ⟨∂Vʲ/∂π_j, ẇ⟩ = d (ṙ + γṖu), where a dot replaces player j's
probabilities by the direction ẇ, with e = M⁻¹(ṙ + γṖu) and f = γ dṖM⁻¹ (the changes of u and d along ẇ):

    ∂F/∂π_m(a|s) = f(s) Q_m(s, a)  +  γ d(s) E[e(s′) | s, a]  +  d(s) Q̇_m(s, a),      the last for m ≠ j only.

M is strictly diagonally dominant by rows for probabilities and γ < 1, so elimination without pivoting is sound; the
factors are computed once per point. Every quantity is a named step of a :class:`theory.program.Builder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from sympy import Expr, Integer, Mul

from theory.games.model import Game, JointAction
from theory.policies import Coordinates, check_coordinates, local_policies, parameters
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

    def mixed_product(self, player: int, other: int, direction: Vector) -> Vector:
        """[∇_player ∇_other V^other]ᵀ w: the derivative in φ^player of ⟨∇_other V^other, w⟩ with w held fixed."""


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
        self._policies = [
            local_policies(build, game, coordinates, player, values) for player, values in enumerate(parameters)
        ]
        self._pi = [[policy.probabilities for policy in policies] for policies in self._policies]
        self._action_values: dict[int, list[Vector]] = {}

    # ------------------------------------------------------------------------------------------ values and visits

    @cached_property
    def visits(self) -> Vector:
        """d(s), discounted visits from the start distribution, shape (states,)."""
        return self._solve_transposed(self._game.start, "d")

    def state_values(self, value_of: int) -> Vector:
        """u(s) of one player, shape (states,)."""
        game = self._game
        average = [
            self._average(self._pi_at(s), [payoffs[value_of] for payoffs in game.reward[s]]) for s in self._states
        ]
        return self._solve(average, "u")

    def value(self, value_of: int) -> Expr:
        """V = ρᵀu of one player (total discounted)."""
        return _dot(self._game.start, self.state_values(value_of))

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

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of = Jᵀ(d · Q), shape (parameters of player,)."""
        rows = self.action_values(value_of, player)
        entries: list[Expr] = []
        for s in self._states:
            pulled = self._policies[player][s].pull(rows[s])
            entries += [self._build.let("g", self.visits[s] * entry) for entry in pulled]
        return tuple(entries)

    def mixed_product(self, player: int, other: int, direction: Vector) -> Vector:
        """[∇_player ∇_other V^other]ᵀ w, shape (parameters of player,). See the module's formula for ∂F/∂π."""
        build, game, visits = self._build, self._game, self.visits
        width = len(direction) // len(game.states)
        local = [direction[s * width : (s + 1) * width] for s in self._states]
        tilt = [tuple(build.let("w", entry) for entry in self._policies[other][s].push(local[s])) for s in self._states]
        tilted = [[*self._pi_at(s)[:other], tilt[s], *self._pi_at(s)[other + 1 :]] for s in self._states]
        table = self.joint_action_values(other)

        change_of_values = self._solve([self._average(tilted[s], table[s]) for s in self._states], "e")
        flows = [
            [visits[s] * self._average(tilted[s], self._into(s, target)) for s in self._states]
            for target in self._states
        ]
        moved = [game.discount * sum(flow, Integer(0)) for flow in flows]
        change_of_visits = self._solve_transposed(moved, "f")
        future = self._future(change_of_values)

        own_values = self.action_values(other, player)
        entries: list[Expr] = []
        for s in self._states:
            expected_change = self._given_action(s, player, self._pi_at(s), future[s], "E")
            covector = [
                change_of_visits[s] * q + visits[s] * change
                for q, change in zip(own_values[s], expected_change, strict=True)
            ]
            if player != other:
                tilted_values = self._given_action(s, player, tilted[s], table[s], "Qdot")
                covector = [c + visits[s] * q for c, q in zip(covector, tilted_values, strict=True)]
            pulled = self._policies[player][s].pull([build.let("c", entry) for entry in covector])
            if player == other:
                bent = self._policies[player][s].curvature(own_values[s], local[s])
                pulled = tuple(p + visits[s] * b for p, b in zip(pulled, bent, strict=True))
            entries += [build.let("h", entry) for entry in pulled]
        return tuple(entries)

    # ---------------------------------------------------------------------------------------------------- averages

    def _pi_at(self, state: int) -> list[Vector]:
        return [rows[state] for rows in self._pi]

    def _into(self, state: int, target: int) -> Vector:
        """P(target | state, joint action), one entry per joint action."""
        return tuple(row[target] for row in self._game.transition[state])

    def _average(self, distributions: Sequence[Vector], entries: Sequence[Expr]) -> Expr:
        """Σ over joint actions of Π_i distributions[i][a_i] · entries[a]."""
        weighted = zip(self._game.joint_actions, entries, strict=True)
        return sum((_weight(distributions, action) * entry for action, entry in weighted if entry != 0), Integer(0))

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
                self._build.let("next", game.discount * _dot(game.transition[s][k], values))
                for k in range(len(game.joint_actions))
            )
            for s in self._states
        ]

    # --------------------------------------------------------------------------------------------------- resolvent

    @cached_property
    def _factors(self) -> tuple[list[list[Expr]], list[list[Expr]]]:
        """M = I − γP_π as LU, L with unit diagonal."""
        game, build = self._game, self._build
        matrix = [
            [
                Integer(int(s == t)) - game.discount * self._average(self._pi_at(s), self._into(s, t))
                for t in self._states
            ]
            for s in self._states
        ]
        upper = [[build.let("m", entry) for entry in row] for row in matrix]
        lower = [[Integer(int(s == t)) for t in self._states] for s in self._states]
        for pivot in self._states:
            inverse = build.let("inv", 1 / upper[pivot][pivot])
            for row in range(pivot + 1, len(self._states)):
                lower[row][pivot] = build.let("low", upper[row][pivot] * inverse)
                for column in range(pivot, len(self._states)):
                    change = lower[row][pivot] * upper[pivot][column]
                    upper[row][column] = Integer(0) if column == pivot else build.let("up", upper[row][column] - change)
        return lower, upper

    def _solve(self, right: Sequence[Expr], stem: str) -> Vector:
        """M⁻¹ b."""
        lower, upper = self._factors
        forward: list[Expr] = []
        for s in self._states:
            forward.append(self._build.let(stem, right[s] - _dot(lower[s][:s], forward)))
        solution: list[Expr] = [Integer(0)] * len(self._states)
        for s in reversed(self._states):
            rest = forward[s] - _dot(upper[s][s + 1 :], solution[s + 1 :])
            solution[s] = self._build.let(stem, rest * self._build.let("inv", 1 / upper[s][s]))
        return tuple(solution)

    def _solve_transposed(self, right: Sequence[Expr], stem: str) -> Vector:
        """bᵀM⁻¹."""
        lower, upper = self._factors
        forward: list[Expr] = []
        for s in self._states:
            rest = right[s] - _dot([upper[t][s] for t in range(s)], forward)
            forward.append(self._build.let(stem, rest * self._build.let("inv", 1 / upper[s][s])))
        solution: list[Expr] = [Integer(0)] * len(self._states)
        for s in reversed(self._states):
            below = [lower[t][s] for t in range(s + 1, len(self._states))]
            solution[s] = self._build.let(stem, forward[s] - _dot(below, solution[s + 1 :]))
        return tuple(solution)


def _weight(distributions: Sequence[Vector], action: JointAction) -> Expr:
    return Mul(*(distributions[player][index] for player, index in enumerate(action)))


def _dot(left: Sequence[Expr], right: Sequence[Expr]) -> Expr:
    return sum((a * b for a, b in zip(left, right, strict=True)), Integer(0))


def value_program(game: Game, policy: str = "direct") -> Program:
    """Values of all players at φ: blocks ``value`` (players,), ``visits`` (states,), ``advantage_i`` (flattened).

    Args:
        game: the game; its parameters are inputs after φ.
        policy: ``direct`` or ``logit``.

    Raises:
        BadInput: an unknown policy.
    """
    coordinates = check_coordinates(policy)
    phi = parameters(game, coordinates)
    build = Builder([symbol for row in phi for symbol in row] + [symbol for symbol, _ in game.parameters])
    point = GamePoint(build, game, coordinates, phi)
    blocks: dict[str, Sequence[Expr]] = {
        "value": [point.value(player) for player in range(game.players)],
        "visits": point.visits,
    }
    for player in range(game.players):
        blocks[f"advantage_{player + 1}"] = [a for row in point.advantages(player, player) for a in row]
    return build.program(blocks)
