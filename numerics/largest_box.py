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
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sympy import Rational

from numerics.compile import Array, compiled_values, game_values
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
    def _corners(self) -> Array:
        """Every corner of the unit cube as distances from the target, shape (coordinates, corners)."""
        return np.array(list(product((0.0, 1.0), repeat=len(self.target)))).T

    def _holds(self, sides: Array) -> bool:
        """Whether every gap points to the target in every corner of the box."""
        end = np.array(self.target, dtype=float)[:, None]
        distances = self._corners * sides[:, None]
        values = compiled_values(self.game, "direct")(
            parameters=np.where(end == 1, 1 - distances, distances), game=game_values(self.game)[:, None]
        )
        advantages = [values[f"advantage_{player + 1}"] for player in range(self.game.players)]
        gaps = np.concatenate([rows[0::2] - rows[1::2] for rows in advantages])
        return bool(((2 * end - 1) * gaps > 0).all())

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
