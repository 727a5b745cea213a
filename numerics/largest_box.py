"""Side lengths of a large sign box, searched in floating point; the box itself is then certified exactly.

The volume of the largest box of a shape is maximised over shapes by Nelder–Mead with restarts. Gaps are looked at in
the box's corners only, where a gap that is affine in every probability is smallest; the exact bisection that follows
needs no such assumption. The search may stop at a local maximum, so the result is a large box, not the largest for
certain; each side is then made as long as the prover can (:func:`theory.regions.sign_box.sign_box`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sympy import Rational

from numerics.compile import Array
from theory.exact import from_fmpq
from theory.games import AnyGame, Game
from theory.regions.boxes import ends, variables
from theory.regions.certify import pure_target
from theory.regions.field import game_field

RESTARTS = 3
EVALUATIONS = 160
HALVINGS = 14
DIGITS = 1000  # sides are rounded to multiples of 1/1000 of the longest


@dataclass(frozen=True)
class _Search:
    game: Game
    target: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]

    @cached_property
    def _gaps(self) -> tuple[NDArray[np.intp], Array, NDArray[np.intp]]:
        """Gaps, times D > 0 and positive where they point to the target, as polynomials in distances from the target.

        Returns:
            Powers of every monomial, shape (monomials, coordinates); the gaps' coefficients, shape (monomials, gaps);
            the corner of the unit cube in which just the monomial's own coordinates are 1, shape (monomials,).
        """
        field = game_field(self.game)
        signs = [2 * end - 1 for end in self.target]
        distances = [1 - x if end else x for x, end in zip(field.variables, self.target, strict=True)]
        terms = [(gap.compose(*distances) * sign).to_dict() for gap, sign in zip(field.gaps, signs, strict=True)]
        monomials = list(dict.fromkeys(powers for row in terms for powers in row))
        coefficients = np.zeros((len(monomials), len(terms)))
        for gap, row in enumerate(terms):
            for monomial, coefficient in row.items():
                coefficients[monomials.index(monomial), gap] = float(from_fmpq(coefficient))
        powers = np.array(monomials).astype(int)
        return powers, coefficients, np.ravel_multi_index(tuple(np.minimum(powers, 1).T), (2,) * field.size)

    def _holds(self, sides: Array) -> bool:
        """Whether every gap points to the target in every corner of the box."""
        powers, coefficients, corners = self._gaps
        values = np.zeros((2 ** len(sides), coefficients.shape[1]))
        np.add.at(values, corners, coefficients * np.prod(sides**powers, axis=1)[:, None])
        for axis in range(len(sides)):  # a corner adds up the monomials whose coordinates are all away from the target
            halves = values.reshape(2**axis, 2, -1)
            halves[:, 1] += halves[:, 0]
        return bool((values > 0).all())

    def sides(self, logarithms: Array) -> Array:
        """The largest box of a shape (logarithm of the side of each group), shape (coordinates,)."""
        shape = np.empty(len(self.target))
        for group, entry in zip(self.groups, np.exp(logarithms - logarithms.max()), strict=True):
            shape[list(group)] = entry
        low, high = 0.0, 1 / float(shape.min())
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._holds(np.minimum(1, middle * shape)) else (low, middle)
        return np.minimum(1, low * shape)

    def loss(self, logarithms: Array) -> float:
        """Minus the logarithm of that box's volume."""
        return -float(np.log(np.maximum(self.sides(logarithms), np.finfo(float).tiny)).sum())


@lru_cache(maxsize=16)
def largest_shape(game: Game, target: str, seed: int = 0) -> tuple[Rational, ...]:
    """Relative side lengths of a sign box of large volume, one per coordinate (players first, then states).

    Args:
        game: a game of players with two actions each, at its current parameters.
        target: a pure profile in words. In a symmetric game a symmetric target gets a symmetric box.
        seed: of the restarts.

    Raises:
        BadInput: the profile does not fit the game.
    """
    corner = ends(game, target)
    groups = variables(game, symmetric=is_symmetric(game))
    if any(len({corner[k] for k in group}) > 1 for group in groups):
        groups = variables(game, symmetric=False)
    search = _Search(game, corner, groups)
    generator = np.random.Generator(np.random.Philox(seed))
    best = np.zeros(len(groups))
    for restart in range(RESTARTS):
        start = best + generator.normal(size=len(groups)) * (restart > 0)
        found = minimize(search.loss, start, method="Nelder-Mead", options={"maxfev": EVALUATIONS}).x
        best = min(best, found, key=search.loss)
    return _rounded(search.sides(best))


def is_symmetric(game: Game) -> bool:
    """Whether exchanging two neighbouring players changes nothing, states seen through the players' own views.

    Asked of one-shot games and of repeated games of two; any other game counts as not symmetric.
    """
    if len(set(game.actions)) > 1 or (not game.one_shot and (game.players != 2 or game.own_view is None)):
        return False
    instance = game.instance()
    seen = range(1) if game.own_view is None else game.own_view[1]
    place = {action: k for k, action in enumerate(game.joint_actions)}
    for i in range(game.players - 1):
        for s, mirrored in enumerate(seen):
            for k, action in enumerate(game.joint_actions):
                other = place[_exchanged(action, i)]
                if _exchanged(instance.reward[s][k], i) != instance.reward[mirrored][other]:
                    return False
                row = instance.transition[mirrored][other]
                if any(chance != row[seen[t]] for t, chance in enumerate(instance.transition[s][k])):
                    return False
    return all(weight == instance.start[seen[s]] for s, weight in enumerate(instance.start))


def _exchanged(entries: tuple[Any, ...], i: int) -> tuple[Any, ...]:
    """A tuple with one entry per player, players i and i + 1 exchanged."""
    return (*entries[:i], entries[i + 1], entries[i], *entries[i + 2 :])


def _rounded(sides: Array) -> tuple[Rational, ...]:
    whole: Sequence[int] = np.maximum(1, np.floor(DIGITS * sides / sides.max())).astype(int).tolist()
    return tuple(Rational(entry, DIGITS) for entry in whole)


def searched_shape(game: AnyGame, target: str | None) -> tuple[Rational, ...]:
    """The same for the command line, refusing games and targets without sign boxes.

    Raises:
        BadInput: another kind of game, a set of targets, or no target.
    """
    field = game_field(game)
    return largest_shape(field.game, pure_target(field.game, target))
