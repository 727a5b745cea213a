"""A game's dynamics as exact polynomials in the probabilities, for proofs on boxes (python-flint).

Coordinates are (player, state), players first; x in [0, 1] is the probability with which the player means to play its
first action there. With M = I − γP, D = det M > 0:

    V = N/D,   gap(s) = Q(s, first) − Q(s, second),   v = ∂V/∂x = (1 − ε) d(s) gap(s),   x′ = (x(1 − x))ᵏ v

with k = 0 (direct), 1 (replicator), 2 (policy gradient in log-odds), and ε the tremble. V, d and the gaps come from
:func:`theory.values.value_program`; numerators are over the common denominator D. The peer-learning correction comes
from second derivatives of V as rational functions; tests compare it with the program of :mod:`theory.decomposition`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, get_args

import flint
from sympy import Rational, Symbol

from theory import exact
from theory.errors import BadInput
from theory.exact import Quotient, QuotientField, Undecided
from theory.games.differentiable import AnyGame, finite
from theory.games.model import Game
from theory.policies import parameters
from theory.pure_equilibria import trembling
from theory.values import value_program

Polynomial = flint.fmpq_mpoly
Coordinate = tuple[int, int]  # player, state
FieldName = Literal["direct", "replicator", "logit"]
POWERS: Mapping[str, int] = dict(zip(get_args(FieldName), range(3), strict=True))
MOST_COORDINATES = 12


@dataclass(frozen=True)
class GameField:
    """Values, gaps, visits and velocities of one game, all its numbers rational.

    Attributes:
        game: the game, an instance without parameters.
        tremble: ε.
    """

    game: Game
    tremble: Rational

    # ------------------------------------------------------------------------------------------------- coordinates

    @property
    def coordinates(self) -> tuple[Coordinate, ...]:
        """(player, state), players first."""
        return tuple((i, s) for i in range(self.game.players) for s in range(len(self.game.states)))

    @property
    def size(self) -> int:
        """Number of coordinates n."""
        return self.game.players * len(self.game.states)

    @cached_property
    def variables(self) -> tuple[Polynomial, ...]:
        """The coordinates as polynomials."""
        return tuple(self._context.gen(index) for index in range(self.size))

    def constant(self, number: Rational | int) -> Polynomial:
        """A number as a polynomial in the coordinates."""
        return self._context.constant(exact.to_fmpq(Rational(number)))

    # ------------------------------------------------------------------------------------- numerators over D or D²

    @cached_property
    def denominator(self) -> Polynomial:
        """D = det(I − γP), positive for all probabilities."""
        return _determinant(self._matrix, self.constant(1))

    @cached_property
    def values(self) -> tuple[Polynomial, ...]:
        """D Vⁱ, one per player."""
        return tuple(map(self._over_denominator, self._derived["value"]))

    @cached_property
    def visits(self) -> tuple[Polynomial, ...]:
        """D d(s), one per coordinate."""
        rows = [self._over_denominator(entry) for entry in self._derived["visits"]]
        return tuple(rows[s] for _, s in self.coordinates)

    @cached_property
    def gaps(self) -> tuple[Polynomial, ...]:
        """D (Q(s, first) − Q(s, second)), one per coordinate."""
        scale = 1 / exact.to_fmpq(1 - self.tremble)  # actions that are meant differ by 1 − ε of those that are played
        found = []
        for player, s in self.coordinates:
            first, second = self._derived[f"advantage_{player + 1}"][2 * s : 2 * s + 2]
            found.append((self._over_denominator(first) - self._over_denominator(second)) * scale)
        return tuple(found)

    @cached_property
    def velocities(self) -> tuple[Polynomial, ...]:
        """D² v, one per coordinate."""
        scale = exact.to_fmpq(1 - self.tremble)
        return tuple(d * gap * scale for d, gap in zip(self.visits, self.gaps, strict=True))

    def slope(self, index: int, power: int) -> Polynomial:
        """(x(1 − x))^power of one coordinate."""
        x = self.variables[index]
        return (x * (1 - x)) ** power

    # -------------------------------------------------------------------------------------------------- correction

    def correction(self, weights: Sequence[Polynomial], groups: Sequence[Sequence[int]], power: int) -> Polynomial:
        """D⁵ Σ w Σ C over groups of coordinates with a common value, a polynomial in one variable per group.

        C_k = J_k Σ_l ∂²Vʲ/∂x_k∂x_l · J_l · ∂Vⁱ/∂x_l over the coordinates l of the other players j, J = (x(1 − x))ᵏ.

        Args:
            weights: w, one polynomial per group, in the groups' variables.
            groups: indices of the coordinates in each group.
            power: 0 in direct coordinates, 2 in log-odds.
        """
        small = flint.fmpq_mpoly_ctx.get([f"y{index}" for index in range(len(groups))], "degrevlex")
        group_of = {index: g for g, group in enumerate(groups) for index in group}
        images = [small.gen(group_of[index]) for index in range(self.size)]

        def restricted(polynomial: Polynomial) -> Polynomial:
            return polynomial.compose(*images, ctx=small)

        bottom = restricted(self.denominator)
        slopes = [(images[k] * (1 - images[k])) ** power for k in range(self.size)]
        slope_of_bottom = [restricted(self.denominator.derivative(k)) for k in range(self.size)]
        numerators = {
            (i, k): self.values[i].derivative(k) * self.denominator - self.values[i] * self.denominator.derivative(k)
            for i in range(self.game.players)
            for k in range(self.size)
        }
        at_group = {key: restricted(entry) for key, entry in numerators.items()}
        total = small.constant(0)
        for i in range(self.game.players):
            own = [k for k, (player, _) in enumerate(self.coordinates) if player == i]
            for l, (j, _) in enumerate(self.coordinates):
                if j == i:
                    continue
                # Σ_k w_k J_k ∂_k (n/D²) D³, with n/D² = ∂_l Vʲ
                tilted = small.constant(0)
                for k in own:
                    mixed = (
                        restricted(numerators[j, l].derivative(k)) * bottom - 2 * at_group[j, l] * slope_of_bottom[k]
                    )
                    tilted += weights[group_of[k]] * slopes[k] * mixed
                total += tilted * slopes[l] * at_group[i, l]
        return total

    # --------------------------------------------------------------------------------------------------- internals

    @cached_property
    def _context(self) -> flint.fmpq_mpoly_ctx:
        return self._field.values[self._symbols[0]].numerator.context()

    @cached_property
    def _symbols(self) -> tuple[Symbol, ...]:
        return tuple(symbol for row in parameters(self.game, "direct") for symbol in row)

    @cached_property
    def _field(self) -> QuotientField:
        return QuotientField(self._symbols)

    @cached_property
    def _trembling(self) -> Game:
        return trembling(self.game, self.tremble) if self.tremble else self.game

    @cached_property
    def _derived(self) -> dict[str, tuple[Quotient, ...]]:
        return value_program(self._trembling, "direct").run(self._field.values, self._field.constant)

    @cached_property
    def _matrix(self) -> list[list[Polynomial]]:
        """I − γP, averaged over what is played."""
        game, states = self._trembling, range(len(self.game.states))
        discount = exact.to_fmpq(game.discount)
        rows = []
        for s in states:
            row = [self.constant(int(s == t)) for t in states]
            for action, chances in zip(game.joint_actions, game.transition[s], strict=True):
                weight = self.constant(1)
                for player, chosen in enumerate(action):
                    x = self.variables[player * len(states) + s]
                    weight *= x if chosen == 0 else 1 - x
                for t in states:
                    if chances[t] != 0:
                        row[t] -= weight * (discount * exact.to_fmpq(chances[t]))
            rows.append(row)
        return rows

    def _over_denominator(self, entry: Quotient) -> Polynomial:
        quotient, rest = divmod(self.denominator, entry.denominator)
        if rest:
            raise Undecided("a denominator of the game's values does not divide det(I - gamma P)")
        return entry.numerator * quotient


def _determinant(matrix: Sequence[Sequence[Polynomial]], one: Polynomial) -> Polynomial:
    """Bareiss elimination; leading minors of I − γP are positive for probabilities, so no pivot is identically 0."""
    rows, previous = [list(row) for row in matrix], one
    for k in range(len(rows) - 1):
        for i in range(k + 1, len(rows)):
            for j in range(k + 1, len(rows)):
                rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) / previous
        previous = rows[k][k]
    return rows[-1][-1]


def game_field(game: AnyGame, tremble: Rational | int = 0) -> GameField:
    """The polynomials of a game at its current parameters.

    Args:
        game: a finite game of players with two actions each, whose policies see the state.
        tremble: ε in [0, 1).

    Raises:
        BadInput: another kind of game, or ε outside [0, 1).
    """
    game = finite(game, "certify").instance()
    tremble = Rational(tremble)
    if not 0 <= tremble < 1:
        raise BadInput(f"--tremble: the probability of a slip must lie in [0, 1), not {tremble}.")
    if any(len(names) != 2 for names in game.actions):
        raise BadInput(f"certify: in game {game.name!r} a player has more or fewer than two actions.")
    if game.observations != game.states:
        raise BadInput(f"certify: policies of game {game.name!r} do not see the state (a horizon?).")
    if game.players * len(game.states) > MOST_COORDINATES:
        raise BadInput(f"certify: game {game.name!r} has more than {MOST_COORDINATES} probabilities.")
    return _field_of(game, tremble)


@lru_cache(maxsize=16)
def _field_of(game: Game, tremble: Rational) -> GameField:
    """One object for equal games, so that its polynomials are derived once."""
    return GameField(game, tremble)
