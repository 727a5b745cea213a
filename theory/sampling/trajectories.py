"""Every trajectory of a finite game: how likely it is, what it returns, and how the policies' parameters move it.

A trajectory τ is a sequence of states and joint actions over a fixed number of rounds. Its probability is

    p(τ; φ) = chance(τ) · Π_i Π_o Π_a π_i(a | o)^visits_i(o, a),

with all that the policies do not decide in the chance. The score of player i is s_i(τ) = ∇_i log p(τ; φ). It depends on
φⁱ alone and is a sum over observations, so its derivative ∇²_i log p is block diagonal in them.

Each function below writes a quantity as named steps of a :class:`theory.program.Builder` at given policies, one
:class:`theory.policies.LocalPolicy` per player and observation. Scores divide by the probabilities of the actions
taken; where one is 0 an exact evaluation raises ZeroDivisionError.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from sympy import Add, Expr, Integer, Mul

from theory.errors import BadInput
from theory.games.model import Game
from theory.policies import LocalPolicy
from theory.program import Builder
from theory.values import Vector

Policies = Sequence[Sequence[LocalPolicy]]
Visits = tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Trajectory:
    """One trajectory, or several that no policy and no return tells apart.

    Attributes:
        chance: probability of the start and of the transitions, given the actions; of several trajectories the sum.
        visits: ``visits[i][o][a]``: how often player i took action a where it observed o.
        returns: Σ γᵗ rⁱ of each player over the rounds, shape (players,).
    """

    chance: Expr
    visits: Visits
    returns: Vector


def trajectories(game: Game, rounds: int | None = None) -> tuple[Trajectory, ...]:
    """All trajectories whose chance is not identically 0.

    Those with the same visits and the same returns are one, with their chances added.

    Args:
        game: the game; symbols in its tables stay symbols.
        rounds: number of rounds; by default (and at most) all the rounds of a game that has an end.

    Raises:
        BadInput: a game without end and no number of rounds, or a number that is no positive integer or too large.
    """
    merged: dict[tuple[Visits, Vector], list[Expr]] = {}
    for chance, states, actions in _paths(game, _check_rounds(game, rounds)):
        counts = [[[0] * len(names) for _ in game.observations] for names in game.actions]
        returns = [Integer(0)] * game.players
        for time, (state, index) in enumerate(zip(states, actions, strict=True)):
            for player, action in enumerate(game.joint_actions[index]):
                counts[player][game.observed[state]][action] += 1
                returns[player] += game.discount**time * game.reward[state][index][player]
        visits = tuple(tuple(map(tuple, rows)) for rows in counts)
        merged.setdefault((visits, tuple(returns)), []).append(chance)
    return tuple(Trajectory(Add(*chances), visits, returns) for (visits, returns), chances in merged.items())


def probability(build: Builder, trajectory: Trajectory, policies: Policies) -> Expr:
    """p(τ; φ)."""
    factors = [
        local.probabilities[action] ** count
        for local, taken in _taken(trajectory, policies, range(len(policies)))
        for action, count in taken
    ]
    return build.let("prob", Mul(trajectory.chance, *factors))


def score(build: Builder, trajectory: Trajectory, policies: Policies, player: int) -> Vector:
    """s_i(τ) = ∇_i log p(τ; φ), shape (parameters of the player,), observation by observation."""
    return tuple(
        build.let("score", Add(*(count * _log_slopes(local, action)[m] for action, count in taken)))
        for local, taken in _taken(trajectory, policies, [player])
        for m in range(len(local.jacobian[0]))
    )


def score_derivative(build: Builder, trajectory: Trajectory, policies: Policies, player: int) -> tuple[Vector, ...]:
    """∇²_i log p(τ; φ) = Σ_o Σ_a visits (∇²π/π − ∇π ∇πᵀ/π²), shape (parameters, parameters) of the player."""
    width = len(policies[player][0].jacobian[0])
    size = width * len(policies[player])
    rows = []
    for observation, (local, taken) in enumerate(_taken(trajectory, policies, [player])):
        before = (Integer(0),) * (observation * width)
        after = (Integer(0),) * (size - len(before) - width)
        for m in range(width):
            bends = (Add(*(count * _log_bend(local, action, m, n) for action, count in taken)) for n in range(width))
            rows.append(before + tuple(build.let("bend", entry) for entry in bends) + after)
    return tuple(rows)


def _paths(game: Game, rounds: int) -> Iterator[tuple[Expr, tuple[int, ...], tuple[int, ...]]]:
    """Chance, states and joint actions (by index) of every path of play."""
    open_paths: list[tuple[Expr, tuple[int, ...], tuple[int, ...]]] = [
        (chance, (state,), ()) for state, chance in enumerate(game.start) if chance != 0
    ]
    joint = range(len(game.joint_actions))
    for _ in range(rounds - 1):
        open_paths = [
            (chance * step, (*states, following), (*actions, index))
            for (chance, states, actions), index in product(open_paths, joint)
            for following, step in enumerate(game.transition[states[-1]][index])
            if step != 0
        ]
    for (chance, states, actions), index in product(open_paths, joint):
        yield chance, states, (*actions, index)  # what follows the last round changes nothing


def _check_rounds(game: Game, rounds: int | None) -> int:
    most = 1 if game.one_shot else game.horizon
    if rounds is None:
        if most is None:
            raise BadInput(f"game {game.name!r}: it has no end, so its trajectories need a number of rounds.")
        return most
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise BadInput(f"game {game.name!r}: trajectories need a positive number of rounds, not {rounds!r}.")
    if most is not None and rounds > most:
        raise BadInput(f"game {game.name!r}: trajectories have at most {most} rounds, not {rounds}.")
    return rounds


def _taken(
    trajectory: Trajectory, policies: Policies, players: Sequence[int]
) -> Iterator[tuple[LocalPolicy, tuple[tuple[int, int], ...]]]:
    """The given players' policies, observation by observation, each with the actions taken and how often."""
    for player in players:
        for local, row in zip(policies[player], trajectory.visits[player], strict=True):
            yield local, tuple((action, count) for action, count in enumerate(row) if count)


def _log_slopes(local: LocalPolicy, action: int) -> Vector:
    """∇ log π(action) in the observation's own parameters."""
    return tuple(entry / local.probabilities[action] for entry in local.jacobian[action])


def _log_bend(local: LocalPolicy, action: int, m: int, n: int) -> Expr:
    """∂²log π(action)/∂φ_m∂φ_n."""
    slopes = _log_slopes(local, action)
    return local.hessian[action][m][n] / local.probabilities[action] - slopes[m] * slopes[n]
