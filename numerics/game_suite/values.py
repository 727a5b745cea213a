"""Values of policies from the tables alone, in fractions: the suite's independent route to what the library derives.

Players have two actions, and a policy is a probability of the first one for each player and state. V is a quotient of
two polynomials of degree 1 in each probability, so along one of them it is monotone: the sign of its derivative is that
of V at 1 less V at 0. In a one-shot game V is affine in each, and that difference is the derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

from sympy import Expr

from theory.games import Game

Policy = tuple[tuple[Fraction, ...], ...]  # [player][state]


def fraction(number: Expr) -> Fraction:
    """A SymPy rational as a fraction."""
    return Fraction(int(number.p), int(number.q))


class Tables:
    """A finite game of two actions a player, in fractions."""

    def __init__(self, game: Game) -> None:
        self.game = game.instance()

    @cached_property
    def _rows(self) -> tuple[list[list[list[Fraction]]], list[list[list[Fraction]]], Fraction]:
        game = self.game
        transition, reward = (
            [[[fraction(entry) for entry in row] for row in rows] for rows in table]
            for table in (game.transition, game.reward)
        )
        return transition, reward, fraction(game.discount)

    def values(self, policy: Policy) -> list[list[Fraction]]:
        """uⁱ(s), the value of play that begins in s, as ``[state][player]``: (I − γP) u = r."""
        transition, reward, discount = self._rows
        states = range(len(self.game.states))
        system = []
        for s in states:
            row = [Fraction(int(s == t)) for t in states] + [Fraction(0)] * self.game.players
            for k, joint in enumerate(self.game.joint_actions):
                weight = Fraction(1)
                for player, action in enumerate(joint):
                    weight *= policy[player][s] if action == 0 else 1 - policy[player][s]
                if weight:
                    for t in states:
                        row[t] -= discount * weight * transition[s][k][t]
                    for player in range(self.game.players):
                        row[len(states) + player] += weight * reward[s][k][player]
            system.append(row)
        return _solved(system)

    def rise(self, policy: Policy, player: int, state: int) -> Fraction:
        """uⁱ(s) with the player's first action in s for certain, less that with its second one."""
        high, low = (self.values(changed(policy, player, state, Fraction(end)))[state][player] for end in (1, 0))
        return high - low

    def correction(self, policy: Policy, player: int) -> Fraction:
        """C_i = Σ_{j≠i} ∂_i∂_jVʲ · ∂_jVⁱ of a one-shot game: V is affine in each probability, so differences do."""

        def value(of: int, *ends: tuple[int, int]) -> Fraction:
            here = policy
            for who, end in ends:
                here = changed(here, who, 0, Fraction(end))
            return self.values(here)[0][of]

        total = Fraction(0)
        for peer in range(self.game.players):
            if peer != player:
                mixed = sum(
                    sign * value(peer, (player, a), (peer, b))
                    for a, b, sign in ((1, 1, 1), (1, 0, -1), (0, 1, -1), (0, 0, 1))
                )
                total += mixed * (value(player, (peer, 1)) - value(player, (peer, 0)))
        return total


def changed(policy: Policy, player: int, state: int, chance: Fraction) -> Policy:
    """The policy with one probability replaced."""
    row = (*policy[player][:state], chance, *policy[player][state + 1 :])
    return (*policy[:player], row, *policy[player + 1 :])


def policy_of(game: Game, flat: Sequence[Fraction]) -> Policy:
    """A policy from its probabilities, player by player, state by state."""
    width = len(game.states)
    return tuple(tuple(flat[i * width : (i + 1) * width]) for i in range(game.players))


def _solved(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss–Jordan elimination of [A | B] for a matrix with non-zero leading minors, as I − γP has."""
    size = len(rows)
    for k in range(size):
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in range(size):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[size:] for row in rows]
