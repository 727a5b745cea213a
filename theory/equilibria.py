"""Stationary equilibria, decided exactly.

A pure stationary profile is one action index per player and state, ``profile[i][s]``, states in the game's order (not
in the player's own view); a mixed one has a probability per action, ``profile[i][s][a]``. It is an equilibrium when no
player gains, from the start distribution, by another strategy. Play that a profile never reaches may be improvable:
subgame perfection is not asked for.

Once the others' actions are fixed, a player faces a finite discounted Markov decision problem. Such a problem has a
pure stationary policy that is optimal from every state among *all* policies, mixed or history-dependent (Blackwell
1962; Puterman 1994, §6.2), so

    gain = ρᵀ(u* − u),        u = r + γPu along the profile,        u* = max_a [r_a + γ P_a u*],

is zero exactly when the player cannot gain at all. u* comes from policy iteration (Howard 1960) in exact rationals: it
stops after finitely many steps, because every step raises the values and there are finitely many policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import flint
from sympy import Expr, Integer, Rational, Symbol

from theory import exact
from theory.errors import BadInput
from theory.games.model import Game, JointAction
from theory.policies import parameters
from theory.program import Program
from theory.values import value_program

StationaryPolicy = tuple[int, ...]
StationaryProfile = tuple[StationaryPolicy, ...]
MixedPolicy = tuple[tuple[Rational, ...], ...]
MixedProfile = tuple[MixedPolicy, ...]


@dataclass(frozen=True)
class Deviation:
    """A profitable deviation of one player.

    Attributes:
        player: index of the player.
        reply: one action per state, optimal from every state; it keeps the player's action wherever that is optimal.
        gain: what the reply adds to the player's total discounted value from the start distribution, > 0.
    """

    player: int
    reply: StationaryPolicy
    gain: Rational


# ----------------------------------------------------------------------------------------------- stationary profiles


def payoffs(game: Game, profile: StationaryProfile) -> tuple[Rational, ...]:
    """Total discounted values under a pure stationary profile, one per player.

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    check_profile(game, profile)
    return _payoffs(_tables(game), _as_mixes(profile))


def best_deviation(game: Game, profile: StationaryProfile, player: int) -> Deviation | None:
    """The player's most profitable deviation, ``None`` if nothing is profitable.

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    check_profile(game, profile)
    return _deviation(_tables(game), _as_mixes(profile), profile[player], player)


def is_equilibrium(game: Game, profile: StationaryProfile) -> bool:
    """Whether no player can gain from the start distribution.

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    return all(best_deviation(game, profile, player) is None for player in range(game.players))


def optimal_actions(game: Game, profile: StationaryProfile, player: int) -> tuple[frozenset[int], ...]:
    """The player's actions in every state that are optimal from there on, while the others play the profile.

    A policy is optimal from every state exactly when it takes such an action everywhere, and from the start exactly
    when it takes one wherever it is reached: what it loses is Σ_s d(s) [u*(s) − Q*(s, its action)], d its visits.

    Args:
        game: the game.
        profile: the others' policies; the player's own entry only has to fit the game.
        player: index of the player.

    Returns:
        One set of action indices per state.

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    check_profile(game, profile)
    problem = _decision_problem(_tables(game), _as_mixes(profile), player)
    _, optimum = problem.solve(profile[player])
    return tuple(
        frozenset(a for a, score in enumerate(problem.scores(s, optimum)) if score == best)
        for s, best in enumerate(optimum)
    )


def reached(game: Game, profile: StationaryProfile) -> frozenset[int]:
    """The states that a pure profile reaches with positive weight: d(s) > 0. With γ = 0 only start states count.

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    check_profile(game, profile)
    tables = _tables(game)
    seen = {s for s, weight in enumerate(tables.start) if weight > 0}
    fresh = list(seen) if tables.discount > 0 else []
    while fresh:
        s = fresh.pop()
        after = tables.transition[s][tables.index[tuple(policy[s] for policy in profile)]].keys() - seen
        seen |= after
        fresh += after
    return frozenset(seen)


def check_profile(game: Game, profile: StationaryProfile) -> None:
    """Refuse a profile that does not have one action of every player in every state.

    Raises:
        BadInput: it does not fit the game.
    """
    place = f"game {game.name!r}: profile"
    if len(profile) != game.players:
        raise BadInput(f"{place} has {len(profile)} policies for {game.players} players.")
    if game.observed != tuple(range(len(game.states))):
        # A best reply may then depend on what the player does not observe, such as the round.
        raise BadInput(f"{place}: equilibria of games with a finite horizon are not supported yet.")
    for player, (policy, names) in enumerate(zip(profile, game.actions, strict=True), start=1):
        if len(policy) != len(game.states):
            raise BadInput(f"{place} has {len(policy)} actions of player {player} for {len(game.states)} states.")
        if not all(0 <= action < len(names) for action in policy):
            raise BadInput(f"{place} has an action of player {player} that is not one of 0 to {len(names) - 1}.")


# --------------------------------------------------------------------------------------------------- mixed profiles


def mixed_payoffs(game: Game, profile: MixedProfile) -> tuple[Rational, ...]:
    """Total discounted values under a mixed stationary profile, one per player.

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    return _payoffs(_tables(game), _read_mixes(game, profile))


def mixed_deviation(game: Game, profile: MixedProfile, player: int) -> Deviation | None:
    """The player's most profitable deviation from a mixed stationary profile, ``None`` if nothing is profitable.

    The reply found is pure and optimal among all strategies (see the module's first lines). It keeps the player's
    likeliest action wherever that is optimal.

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    mixes = _read_mixes(game, profile)
    return _deviation(_tables(game), mixes, tuple(row.index(max(row)) for row in profile[player]), player)


def check_mixed_profile(game: Game, profile: MixedProfile) -> None:
    """Refuse a profile that does not have one exact distribution of every player in every state.

    Raises:
        BadInput: it does not fit the game.
    """
    place = f"game {game.name!r}: profile"
    check_profile(game, tuple((0,) * len(policy) for policy in profile))
    for player, (policy, names) in enumerate(zip(profile, game.actions, strict=True), start=1):
        for row in policy:
            if len(row) != len(names) or any(not isinstance(entry, Rational) or entry < 0 for entry in row):
                raise BadInput(f"{place} needs {len(names)} exact probabilities of player {player} in every state.")
            if sum(row, Integer(0)) != 1:
                raise BadInput(f"{place} has probabilities of player {player} that sum to {sum(row, Integer(0))}.")


def as_mixed(game: Game, profile: StationaryProfile) -> MixedProfile:
    """A pure profile as probabilities, 1 for the action it takes.

    Raises:
        BadInput: it does not fit the game.
    """
    check_profile(game, profile)
    return tuple(
        tuple(tuple(Integer(int(a == own)) for a in range(len(names))) for own in policy)
        for policy, names in zip(profile, game.actions, strict=True)
    )


def as_parameters(game: Game, profile: Sequence[Sequence[Sequence[Expr]]]) -> dict[Symbol, Expr]:
    """Values of the direct parameters at given probabilities ``profile[i][s][a]``, which may be symbolic.

    With two actions the parameter is the first one's probability, otherwise there is one for each action.
    """
    return {
        symbol: chance
        for row, policy in zip(parameters(game, "direct"), profile, strict=True)
        for symbol, chance in zip(row, (c for r in policy for c in (r[:1] if len(r) == 2 else r)), strict=True)
    }


@lru_cache(maxsize=16)
def direct_program(game: Game) -> Program:
    """:func:`theory.values.value_program` in direct coordinates, derived once for a game."""
    return value_program(game, "direct")


def _read_mixes(game: Game, profile: MixedProfile) -> list[list[_Flow]]:
    check_mixed_profile(game, profile)
    return [
        [{a: exact.to_fmpq(entry) for a, entry in enumerate(row) if entry > 0} for row in policy] for policy in profile
    ]


# -------------------------------------------------------------------------------------------------- one-shot games


def is_strict(game: Game, profile: StationaryProfile) -> bool:
    """Whether every unilateral deviation in a one-shot game strictly loses.

    Raises:
        BadInput: the game is not one-shot, or as for :func:`is_equilibrium`.
    """
    _check_one_shot(game)
    check_profile(game, profile)
    return _is_strict(_tables(game), tuple(policy[0] for policy in profile))


def strict_equilibria(game: Game) -> tuple[StationaryProfile, ...]:
    """All strict equilibria of a one-shot game, in the order of its joint actions.

    Raises:
        BadInput: the game is not one-shot, or a table holds a symbol without a value.
    """
    _check_one_shot(game)
    tables = _tables(game)
    return tuple(tuple((action,) for action in joint) for joint in game.joint_actions if _is_strict(tables, joint))


def payoff_dominant(game: Game) -> StationaryProfile | None:
    """The strict equilibrium of a one-shot game that Pareto-dominates every other strict equilibrium.

    To dominate is to pay no player less and some player more; hence there is at most one, and ``None`` where the
    strict equilibria tie, conflict or are none. A single strict equilibrium counts.

    Raises:
        BadInput: the game is not one-shot, or a table holds a symbol without a value.
    """
    return dominant({profile: payoffs(game, profile) for profile in strict_equilibria(game)})


def dominant(candidates: Mapping[StationaryProfile, Sequence[Rational]]) -> StationaryProfile | None:
    """The profile whose payoffs Pareto-dominate those of every other candidate, ``None`` if there is none.

    To dominate is to pay no player less and some player more. A single candidate counts.

    Args:
        candidates: profiles with their payoffs, one per player.
    """
    for profile, paid in candidates.items():
        if all(_dominates(paid, other) for rival, other in candidates.items() if rival != profile):
            return profile
    return None


def _dominates(paid: Sequence[Rational], other: Sequence[Rational]) -> bool:
    return paid != other and all(mine >= theirs for mine, theirs in zip(paid, other, strict=True))


def _check_one_shot(game: Game) -> None:
    if not game.one_shot:
        raise BadInput(f"game {game.name!r}: strictness is defined here for one-shot games only.")


def _is_strict(tables: _Tables, joint: JointAction) -> bool:
    reward = tables.reward[0]
    return all(
        reward[tables.index[other]][player] < reward[tables.index[joint]][player]
        for player, actions in enumerate(tables.action_counts)
        for other in _unilateral(joint, player, actions)
        if other != joint
    )


def _unilateral(joint: JointAction, player: int, actions: int) -> Iterator[JointAction]:
    """The joint action with each of the player's actions in turn."""
    return ((*joint[:player], action, *joint[player + 1 :]) for action in range(actions))


# ----------------------------------------------------------------------------------------- one player's problem

_Flow = dict[int, flint.fmpq]


@dataclass(frozen=True)
class _Tables:
    """The tables of a game's instance as python-flint rationals; transitions keep what is not zero."""

    action_counts: tuple[int, ...]
    index: dict[JointAction, int]
    start: tuple[flint.fmpq, ...]
    reward: tuple[tuple[tuple[flint.fmpq, ...], ...], ...]
    transition: tuple[tuple[_Flow, ...], ...]
    discount: flint.fmpq


@lru_cache(maxsize=16)
def _tables(game: Game) -> _Tables:
    instance = game.instance()

    def number(entry: Expr) -> flint.fmpq:
        if not isinstance(entry, Rational):
            raise BadInput(f"game {game.name!r}: {entry} has no exact value.")
        return exact.to_fmpq(entry)

    return _Tables(
        action_counts=tuple(map(len, game.actions)),
        index={joint: k for k, joint in enumerate(game.joint_actions)},
        start=tuple(map(number, instance.start)),
        reward=tuple(tuple(tuple(map(number, row)) for row in rows) for rows in instance.reward),
        transition=tuple(
            tuple({t: number(entry) for t, entry in enumerate(row) if entry != 0} for row in rows)
            for rows in instance.transition
        ),
        discount=number(instance.discount),
    )


@dataclass(frozen=True)
class _DecisionProblem:
    """What one player faces while the others' play is fixed.

    Attributes:
        start: ρ(s).
        reward: r(s, a), [state][own action].
        transition: P(t | s, a), [state][own action][t], zeros left out.
        discount: γ.
    """

    start: tuple[flint.fmpq, ...]
    reward: list[list[flint.fmpq]]
    transition: list[list[_Flow]]
    discount: flint.fmpq

    def values(self, policy: Sequence[_Flow]) -> list[flint.fmpq]:
        """The solution of u = r + γPu along the policy, shape (states,)."""
        size = len(self.start)
        matrix, right = flint.fmpq_mat(size, size), flint.fmpq_mat(size, 1)
        for s, mix in enumerate(policy):
            matrix[s, s] = 1
            for action, weight in mix.items():
                right[s, 0] += weight * self.reward[s][action]
                for t, probability in self.transition[s][action].items():
                    matrix[s, t] -= self.discount * weight * probability
        solution = matrix.solve(right)
        return [solution[s, 0] for s in range(size)]

    def from_start(self, values: Sequence[flint.fmpq]) -> flint.fmpq:
        """ρᵀu."""
        return sum((p * u for p, u in zip(self.start, values, strict=True)), flint.fmpq(0))

    def scores(self, state: int, values: Sequence[flint.fmpq]) -> list[flint.fmpq]:
        """What each action is worth for one round before the values."""
        return [
            reward + self.discount * sum((p * values[t] for t, p in flow.items()), flint.fmpq(0))
            for reward, flow in zip(self.reward[state], self.transition[state], strict=True)
        ]

    def solve(self, policy: StationaryPolicy) -> tuple[StationaryPolicy, list[flint.fmpq]]:
        """An optimal policy, which keeps the given one's action wherever that is optimal, and u*."""
        improved, values = policy, self.values(_as_mix(policy))
        while (better := self._improved(improved, values)) != improved:
            improved, values = better, self.values(_as_mix(better))
        return self._improved(policy, values), values

    def _improved(self, policy: StationaryPolicy, values: Sequence[flint.fmpq]) -> StationaryPolicy:
        """The action that is best for one round before the values, the policy's own among equals."""
        actions = []
        for s, kept in enumerate(policy):
            scores = self.scores(s, values)
            best = max(scores)
            actions.append(kept if scores[kept] == best else scores.index(best))
        return tuple(actions)


def _as_mix(policy: StationaryPolicy) -> list[_Flow]:
    return [{action: flint.fmpq(1)} for action in policy]


def _as_mixes(profile: StationaryProfile) -> list[list[_Flow]]:
    return [_as_mix(policy) for policy in profile]


def _decision_problem(tables: _Tables, mixes: Sequence[Sequence[_Flow]], player: int) -> _DecisionProblem:
    """Tables averaged over the others' play, given as probabilities of each one's actions, [player][state]."""
    rewards, transitions = [], []
    for s in range(len(tables.start)):
        others = [list(mix[s].items()) for mix in (*mixes[:player], *mixes[player + 1 :])]
        reward = [flint.fmpq(0)] * tables.action_counts[player]
        transition: list[_Flow] = [{} for _ in reward]
        for chosen in product(*others):
            weight = flint.fmpq(1)
            for _, probability in chosen:
                weight *= probability
            joint = tuple(action for action, _ in chosen)
            for own, flow in enumerate(transition):
                k = tables.index[(*joint[:player], own, *joint[player:])]
                reward[own] += weight * tables.reward[s][k][player]
                for t, probability in tables.transition[s][k].items():
                    flow[t] = flow.get(t, flint.fmpq(0)) + weight * probability
        rewards.append(reward)
        transitions.append(transition)
    return _DecisionProblem(tables.start, rewards, transitions, tables.discount)


def _payoffs(tables: _Tables, mixes: Sequence[Sequence[_Flow]]) -> tuple[Rational, ...]:
    problems = (_decision_problem(tables, mixes, player) for player in range(len(mixes)))
    return tuple(
        exact.from_fmpq(problem.from_start(problem.values(own))) for problem, own in zip(problems, mixes, strict=True)
    )


def _deviation(
    tables: _Tables, mixes: Sequence[Sequence[_Flow]], kept: StationaryPolicy, player: int
) -> Deviation | None:
    """The best reply, which keeps the given actions wherever they are optimal, if it gains."""
    problem = _decision_problem(tables, mixes, player)
    reply, optimum = problem.solve(kept)
    gain = problem.from_start(optimum) - problem.from_start(problem.values(mixes[player]))
    return Deviation(player, reply, exact.from_fmpq(gain)) if gain > 0 else None
