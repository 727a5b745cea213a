"""Which starts end where: success criteria, classes of ends, and how well a grid resolves a share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics import policies
from numerics.certified_regions import CertifiedRegion, certified_region
from numerics.compile import Array, compiled_values, game_values
from numerics.implicit import implicit_values, too_large
from numerics.inits import Grid
from theory.errors import BadInput
from theory.games import AnyGame, DifferentiableGame, Game, finite
from theory.games.reading import quoted
from theory.policies import Coordinates

Labels = NDArray[np.bool_]
# An end counts as pure when every player's start-state action has at least this probability, and a mixed one as
# cycling when its start-state probabilities travelled further than this in the last tenth of the run.
PURE = 0.9
TRAVEL = 0.1


@dataclass(frozen=True)
class InitialCooperation:
    """Every player plays its target action in the start state with probability at least ``threshold``."""

    threshold: float


@dataclass(frozen=True)
class MeanValue:
    """Every player's mean value (1 − γ)V is at least ``threshold``."""

    threshold: float


@dataclass(frozen=True)
class Oracle:
    """Policy gradient without correction, run to its limit, reaches the target (:mod:`numerics.oracle`)."""


Success = InitialCooperation | MeanValue | Oracle | CertifiedRegion


def parse_success(text: str) -> Success:
    """Read ``initial-cooperation:X``, ``mean-value:X``, ``oracle`` or ``region:FILE``.

    Raises:
        BadInput: anything else, a probability outside [0, 1], or a file that the certificate checker does not accept.
    """
    if text == "oracle":
        return Oracle()
    kind, _, number = text.partition(":")
    if kind == "region" and number:
        return certified_region(number)
    try:
        threshold = float(number)
        if kind == "initial-cooperation" and 0 <= threshold <= 1:
            return InitialCooperation(threshold)
        if kind == "mean-value" and np.isfinite(threshold):
            return MeanValue(threshold)
    except ValueError:
        pass
    raise BadInput(
        f"--success: {quoted(text)} is not initial-cooperation:X (0 ≤ X ≤ 1), mean-value:X, oracle or region:FILE."
    )


def start_observation(game: Game) -> int:
    """Index of what players observe when play begins.

    Raises:
        BadInput: play may begin in more than one state.
    """
    certain = [index for index, weight in enumerate(game.start) if weight == 1]
    if not certain:
        raise BadInput(f"game {game.name!r} has no single start state, which initial-cooperation needs.")
    return game.observed[certain[0]]


def target_probabilities(game: AnyGame, policy: Coordinates, phi: Array) -> Array:
    """Each player's probability of its target action in the start state, shape (players, batch).

    Raises:
        BadInput: the game has no target.
    """
    game = finite(game, "initial-cooperation")
    if game.target is None:
        raise BadInput(f"game {game.name!r} has no target equilibrium, which initial-cooperation needs.")
    start = start_observation(game)
    return np.stack(
        [
            policies.probabilities(game, policy, phi, player, start)[game.action_index(player, action)]
            for player, action in enumerate(game.target)
        ]
    )


def mean_values(game: AnyGame, policy: Coordinates, phi: Array) -> Array:
    """V/Σγᵗ of every player, that is (1 − γ)V without a horizon, shape (players, batch)."""
    if too_large(game):
        totals = implicit_values(game, policy, phi)["value"] if phi.size else np.empty((game.players, 0))
    else:
        totals = compiled_values(game, policy)(parameters=phi, game=game_values(game)[:, None])["value"]
    return totals / float(game.value_of(game.total_weight))


def succeeded(
    success: InitialCooperation | MeanValue | CertifiedRegion, game: AnyGame, policy: Coordinates, ends: Array
) -> tuple[Labels, Labels]:
    """(success, undecided) of every end; an end that is not finite is undecided, never a success."""
    if isinstance(success, CertifiedRegion):
        success.check_applies(game, policy)
        undecided = np.asarray(~np.isfinite(ends).all(0))
        return np.asarray(success.contains(finite(game, "--success region"), policy, ends) & ~undecided), undecided
    if isinstance(success, InitialCooperation):
        measured = target_probabilities(game, policy, ends)
    else:
        measured = mean_values(game, policy, ends)
    undecided = np.asarray(~np.isfinite(measured).all(0) | ~np.isfinite(ends).all(0))
    return np.asarray((measured >= success.threshold).all(0) & ~undecided), undecided


class LateTravel:
    """Watches a run: how far each start travels in the last tenth of its steps.

    ``total``, shape (batch,), is the total variation of the players' probabilities in the start state, or of the
    parameters of a differentiable game. It needs φ after every step from ``first`` on.
    """

    def __init__(self, game: AnyGame, policy: Coordinates, steps: int, batch: int) -> None:
        self.total = np.zeros(batch)
        self.first = int(steps * 0.9)
        self._game, self._policy = game, policy
        self._last = np.empty(0)

    def __call__(self, number: int, phi: Array) -> None:
        """Take φ after step ``number``."""
        if number < self.first:
            return
        now = self._place(phi)
        if number > self.first:
            with np.errstate(invalid="ignore"):  # infinite parameters do not travel a number
                self.total += abs(now - self._last).sum(0)
        self._last = now

    def _place(self, phi: Array) -> Array:
        if isinstance(self._game, DifferentiableGame):
            return phi
        start = start_observation(self._game)
        players = range(self._game.players)
        pi = [policies.probabilities(self._game, self._policy, phi, player, start) for player in players]
        return np.concatenate(pi) / 2  # half the sum over actions is a total variation


def class_of_ends(game: AnyGame, policy: Coordinates, ends: Array, travelled: Array) -> dict[str, int]:
    """How many ends are of each class that occurs.

    Classes are the pure profile played in the start state, ``mixed``, ``cycling`` and ``undecided`` (not finite); for a
    differentiable game ``settled``, ``moving`` and ``undecided``.

    Args:
        game: the game.
        policy: coordinates.
        ends: shape (parameters, batch).
        travelled: how far each start travelled late in its run (:class:`LateTravel`), shape (batch,).
    """
    if isinstance(game, DifferentiableGame):
        names, classes = ["settled", "moving"], np.where(travelled > TRAVEL, 1, 0)
    else:
        names, classes = _profile_played(game, policy, ends)
        classes[(classes == len(names) - 1) & (travelled > TRAVEL)] = len(names)
        names.append("cycling")
    classes[~np.isfinite(ends).all(0)] = len(names)
    found: Counter[str] = Counter()
    for index, count in zip(*np.unique(classes, return_counts=True), strict=True):
        found[[*names, "undecided"][index]] += int(count)  # an action may be called like a class
    return dict(sorted(found.items()))


def _profile_played(game: Game, policy: Coordinates, ends: Array) -> tuple[list[str], NDArray[np.intp]]:
    """Names of the pure profiles and ``mixed``, and which of them each end plays in the start state, shape (batch,)."""
    start = start_observation(game)
    names, classes = [""], np.zeros(ends.shape[1], dtype=np.intp)
    pure = np.ones(ends.shape[1], dtype=bool)
    for player, actions in enumerate(game.actions):
        pi = policies.probabilities(game, policy, ends, player, start)
        pure &= pi.max(0) >= PURE
        separator = "," if player and max(map(len, actions)) > 1 else ""
        names = [f"{name}{separator}{action}" for name in names for action in actions]
        classes = len(actions) * classes + pi.argmax(0)
    classes[~pure] = len(names)
    return [*names, "mixed"], classes


def grid_area(grid: Grid, success: Labels) -> tuple[float, float]:
    """Bounds on the successful part of the box that a grid spans.

    A cell whose corners agree counts wholly to their label, one whose corners differ to neither. The bounds hold when
    no cell with agreeing corners is crossed by a basin boundary, as for a half-space.

    Args:
        grid: the grid.
        success: label of every point, shape (points^parameters,), the last parameter changing fastest.
    """
    dimensions = round(np.log(success.size) / np.log(grid.points))
    corners = success.reshape((grid.points,) * dimensions)
    every, some = corners, corners
    for axis in range(dimensions):
        low, high = (slice(None),) * axis + (slice(-1),), (slice(None),) * axis + (slice(1, None),)
        every, some = every[low] & every[high], some[low] | some[high]
    return float(every.mean()), float(some.mean())


def discretisation_bound(grid: Grid, success: Labels) -> float:
    """How far the share of successful grid points may lie from the successful share of the volume (see grid_area)."""
    share = float(success.mean())
    low, high = grid_area(grid, success)
    return max(share - low, high - share)
