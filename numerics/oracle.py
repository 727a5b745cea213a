"""Basin membership by oracle: switch the correction off and run policy gradient to its limit.

From each end plain policy gradient runs with the experiment's first outer step size, without clipping. It is in the
target's basin if every player's target action then has probability ≥ LIMIT in the start state.

* In direct coordinates a run is decided when it no longer moves: a rest point of the projected step is the limit.
* In logit coordinates pure policies are never reached. A run is taken as decided when it is close to a pure
  equilibrium: in every state where play may begin the likeliest action has probability ≥ LIMIT, and no player gains
  more than EXPLOITABLE of the range of rewards by a best reply. This is a heuristic: profiles that are nearly
  equilibria pass for limits.

What is not decided after MOST_STEPS is undecided.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from numerics import basins, policies
from numerics.basins import Labels
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.exploitability import exploitability
from numerics.kernels import trajectories
from theory.games import Game, finite

LIMIT = 0.99
EXPLOITABLE = 0.05
MOST_STEPS = 20_000
EVERY = 100


def in_target_basin(learning: Learning, ends: Array, threads: int | None = None) -> tuple[Labels, Labels]:
    """(in the target's basin, undecided) for every end, shape (batch,).

    Args: as :func:`limits`.

    Raises:
        BadInput: the game has no target, no single start state, or no actions.
    """
    limit, undecided = limits(learning, ends, threads)
    target = basins.target_probabilities(finite(learning.game, "oracle"), learning.policy, limit)
    return np.asarray((target >= LIMIT).all(0) & ~undecided), undecided


def limits(learning: Learning, ends: Array, threads: int | None = None) -> tuple[Array, Labels]:
    """Where policy gradient leads from every end, and which runs are undecided: shapes (parameters, batch), (batch,).

    Args:
        learning: settings of the runs that ended there; game, coordinates and first step size count.
        ends: shape (parameters, batch).
        threads: how many to use; by default one per processor available.

    Raises:
        BadInput: the game has no actions.
    """
    game = finite(learning.game, "oracle")
    plain = replace(learning, rule="pg", clip=None, anneal=None, schedule=Schedule(learning.schedule.size(0), 0.0, 1.0))
    found = ends.copy()
    waiting = np.flatnonzero(np.isfinite(ends).all(0))
    phi = ends[:, waiting]
    for number in range(0, MOST_STEPS + EVERY, EVERY):
        if plain.policy == "direct":
            decided: Labels = np.asarray((trajectories(plain, phi, 1, number, threads=threads).ends == phi).all(0))
        else:
            decided = settled(game, phi)
        found[:, waiting] = phi
        waiting, phi = waiting[~decided], phi[:, ~decided]
        if not waiting.size:
            break
        phi = trajectories(plain, phi, EVERY, number, threads=threads).ends
    undecided: Labels = np.asarray(~np.isfinite(ends).all(0))
    undecided[waiting] = True
    return found, undecided


def settled(game: Game, phi: Array) -> Labels:
    """Which log-odds count as the limit of a run: close to a pure equilibrium, as said above; shape (batch,)."""
    starts = sorted(
        {seen for seen, weight in zip(game.observed, game.start, strict=True) if game.value_of(weight) != 0}
    )
    rewards = [float(entry) for rows in game.instance().reward for row in rows for entry in row]
    tolerance = EXPLOITABLE * (max(rewards) - min(rewards))
    likeliest = [policies.probabilities(game, "logit", phi, i, o).max(0) for i in range(game.players) for o in starts]
    decided: Labels = np.asarray((np.stack(likeliest) >= LIMIT).all(0))
    decided[decided] = exploitability(game, "logit", phi[:, decided]) <= tolerance
    return decided
