"""Games as PettingZoo environments: the interface, and seeded play against exact moments of the discounted return."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test

from numerics.parallel_env import ParallelGame
from theory.errors import BadInput
from theory.games import (
    Game,
    grid_stag_hunt,
    ipd,
    ipd_finite,
    matching_pennies,
    signalled_stag_hunt,
    stag_hunt,
    stag_hunt_3,
    tandem,
)
from theory.games.features import features

ROOT = Path(__file__).parents[2]
GAMES = (grid_stag_hunt, signalled_stag_hunt, ipd, ipd_finite, stag_hunt, stag_hunt_3, matching_pennies)
Chances = list[list[list[Fraction]]]  # [player][observation][action]


# ---------------------------------------------------------------------------------------------------------- interface


@pytest.mark.parametrize("make", GAMES, ids=lambda make: make.__name__)
def test_the_interface_is_pettingzoos(make: Callable[[], Game]) -> None:
    parallel_api_test(ParallelGame(make(), most_rounds=30), num_cycles=100)


@pytest.mark.parametrize("make", GAMES, ids=lambda make: make.__name__)
def test_observations_are_the_features_of_the_state(make: Callable[[], Game]) -> None:
    game = make()
    env = ParallelGame(game, most_rounds=10)
    tables = [np.array(table, dtype=np.float32) for table in features(game)]
    for seed in range(20):
        seen, _ = env.reset(seed=seed)
        while env.agents:
            for agent, table in zip(env.possible_agents, tables, strict=True):
                assert env.observation_space(agent).contains(seen[agent])
                assert (table == seen[agent]).all(axis=1).any()
            seen = env.step({agent: env.action_space(agent).sample() for agent in env.agents})[0]


def played(env: ParallelGame, *rounds: Sequence[int]) -> list[tuple[tuple[float, ...], bool, bool]]:
    """Rewards, termination and truncation of every round."""
    env.reset(seed=0)
    found = []
    for actions in rounds:
        _, paid, terminated, truncated, infos = env.step(dict(zip(env.possible_agents, actions, strict=True)))
        assert len(set(terminated.values())) == len(set(truncated.values())) == 1 and not any(infos.values())
        found.append((tuple(paid.values()), all(terminated.values()), all(truncated.values())))
    return found


def test_an_episode_of_the_grid() -> None:
    env = ParallelGame(grid_stag_hunt(), most_rounds=3)
    stay, up, down, left, right = range(5)
    assert played(env, (right, left), (up, up)) == [((0, 0), False, False), ((4, 4), True, False)]
    assert env.agents == []
    assert played(env, (up, left)) == [((3, 0), True, False)]
    assert played(env, (stay, down), (left, right), (stay, down))[1:] == [((0, 0), False, False), ((0, 0), False, True)]
    assert played(env, (stay, down), (stay, down), (up, up))[2] == ((2, 2), True, False)  # ended by itself at last


def test_rewards_are_not_discounted() -> None:
    env = ParallelGame(ipd(), most_rounds=3)
    assert [paid for paid, *_ in played(env, (1, 1), (0, 1), (1, 0))] == [(-2, -2), (-3, 0), (0, -3)]
    assert env.discount == pytest.approx(24 / 25)


def test_without_a_future_an_episode_is_one_round() -> None:
    for game, payoff in ((stag_hunt(), (4, 4)), (signalled_stag_hunt(), (4, 4))):
        assert played(ParallelGame(game), (0, 0)) == [(payoff, True, False)]


def test_a_horizon_ends_an_episode() -> None:
    rounds = played(ParallelGame(ipd_finite()), *[(0, 0)] * 12)
    assert [terminated for _, terminated, _ in rounds] == [False] * 11 + [True]


def test_an_absorbing_state_that_pays_does_not_end_an_episode() -> None:
    game = grid_stag_hunt()
    paying = replace(game, reward=(*game.reward[:-1], game.reward[0]))
    up = 1
    assert [terminated for _, terminated, _ in played(ParallelGame(paying), (up, up), (up, up))] == [False, False]


def test_a_seed_fixes_an_episode_and_the_stream_goes_on() -> None:
    env = ParallelGame(signalled_stag_hunt())

    def first(count: int, seed: int | None = None) -> list[float]:
        return [float(env.reset(seed=seed if k == 0 else None)[0]["player_1"][1]) for k in range(count)]

    a, b, c = first(20, 3), first(20, 3), first(20, 4)
    assert a == b != c and len(set(a)) == 4
    fresh = ParallelGame(signalled_stag_hunt())
    assert [float(fresh.reset()[0]["player_1"][1]) for _ in range(20)] == first(20, 0)


def test_what_is_refused() -> None:
    game = stag_hunt()
    with pytest.raises(BadInput, match="at least 1, not 0"):
        ParallelGame(game, most_rounds=0)
    for rounds in (2.5, "3"):
        with pytest.raises(BadInput, match="a whole number of rounds"):
            ParallelGame(game, most_rounds=rounds)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="environment"):
        ParallelGame(tandem())
    with pytest.raises(BadInput, match="'human' is neither"):
        ParallelGame(game, render_mode="human")
    env = ParallelGame(game)
    with pytest.raises(BadInput, match="call reset first"):
        env.step({"player_1": 0, "player_2": 0})
    env.reset(seed=0)
    with pytest.raises(BadInput, match="one action of each of player_1, player_2"):
        env.step({"player_1": 0})
    with pytest.raises(BadInput, match="player_2 has the actions 0 to 1, not 2"):
        env.step({"player_1": 0, "player_2": 2})
    for action in (0.9, "0", None, float("nan")):
        with pytest.raises(BadInput, match="actions are integers"):
            env.step({"player_1": 0, "player_2": action})  # type: ignore[dict-item]
    env.step({"player_1": 0, "player_2": 1})
    with pytest.raises(BadInput, match="call reset first"):
        env.step({"player_1": 0, "player_2": 0})


def test_what_an_agent_does_to_its_observation_stays_with_it() -> None:
    env = ParallelGame(grid_stag_hunt())
    seen, _ = env.reset(seed=0)
    seen["player_1"][:] = 7
    assert env.reset(seed=0)[0]["player_1"].max() == 1


def test_pictures_and_names() -> None:
    env = ParallelGame(grid_stag_hunt(), render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == "H   S   H\n.1  .   .2"
    assert ParallelGame(grid_stag_hunt()).render() is None
    named = ParallelGame(ipd(), render_mode="ansi")
    named.reset(seed=0)
    named.step({"player_1": 0, "player_2": 1})
    assert named.render() == "CD"


def test_it_can_be_sent_to_another_process() -> None:
    env = pickle.loads(pickle.dumps(ParallelGame(grid_stag_hunt(), most_rounds=5)))
    assert played(env, (1, 1)) == [((2, 2), True, False)]


def test_without_pettingzoo_one_sentence_says_what_to_install() -> None:
    script = """
import sys
sys.modules["pettingzoo"] = None
import numerics
from numerics.parallel_env import ParallelGame
from theory.errors import BadInput
from theory.games import stag_hunt
try:
    ParallelGame(stag_hunt())
except BadInput as refusal:
    print(refusal)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "environments need PettingZoo: pip install 'basin-entry[neural]'.\n"


# --------------------------------------------------------------------------------------------------------- statistics


def chances_of(game: Game, seed: int) -> Chances:
    """Random policies with exact probabilities."""
    generator = np.random.default_rng(seed)
    rows: Chances = []
    for names in game.actions:
        weights = generator.integers(1, 10, (len(game.observations), len(names)))
        rows.append([[Fraction(int(w), int(sum(row))) for w in row] for row in weights])
    return rows


def moments(game: Game, chances: Chances, rounds: int, player: int) -> tuple[Fraction, Fraction]:
    """Mean and variance of Σ γᵗ r over so many rounds, exactly: backwards from the last one.

    With G = r + γG′: E G² = E[r² + 2γ r E G′ + γ² E G′²].
    """
    instance = game.instance()
    gamma = Fraction(str(instance.discount))
    paid = [[Fraction(str(row[player])) for row in rows] for rows in instance.reward]
    flows = [
        [[(t, Fraction(str(entry))) for t, entry in enumerate(row) if entry != 0] for row in rows]
        for rows in instance.transition
    ]
    weights = []
    for s in range(len(game.states)):
        row = []
        for joint in game.joint_actions:
            weight = Fraction(1)
            for other, action in enumerate(joint):
                weight *= chances[other][game.observed[s]][action]
            row.append(weight)
        weights.append(row)
    first = second = [Fraction(0)] * len(game.states)
    for _ in range(rounds):
        new_first, new_second = [], []
        for s in range(len(game.states)):
            one = two = Fraction(0)
            for weight, reward, flow in zip(weights[s], paid[s], flows[s], strict=True):
                mean = sum((p * first[t] for t, p in flow), Fraction(0))
                square = sum((p * second[t] for t, p in flow), Fraction(0))
                one += weight * (reward + gamma * mean)
                two += weight * (reward**2 + 2 * gamma * reward * mean + gamma**2 * square)
            new_first.append(one)
            new_second.append(two)
        # Exact numbers grow with the rounds; 60 digits more than suffice for an interval.
        first = [x.limit_denominator(10**60) for x in new_first]
        second = [x.limit_denominator(10**60) for x in new_second]
    start = [Fraction(str(entry)) for entry in instance.start]
    mean = sum((p * x for p, x in zip(start, first, strict=True)), Fraction(0))
    return mean, sum((p * x for p, x in zip(start, second, strict=True)), Fraction(0)) - mean**2


def mean_returns(env: ParallelGame, chances: Chances, episodes: int, seed: int) -> list[float]:
    """Each player's average discounted return over episodes with random actions."""
    generator = np.random.default_rng(seed)
    # A policy knows only what it sees, so its row is found from the features.
    places = [
        {np.array(row, dtype=np.float32).tobytes(): o for o, row in enumerate(table)} for table in features(env.game)
    ]
    ends = [[np.cumsum([float(p) for p in row])[:-1] for row in rows] for rows in chances]
    totals = np.zeros(len(env.possible_agents))
    for episode in range(episodes):
        seen, _ = env.reset(seed=seed if episode == 0 else None)
        weight = 1.0
        while env.agents:
            actions = {
                agent: int(np.searchsorted(ends[player][places[player][seen[agent].tobytes()]], generator.random()))
                for player, agent in enumerate(env.agents)
            }
            seen, paid, *_ = env.step(actions)
            totals += weight * np.array(list(paid.values()))
            weight *= env.discount
    return list(totals / episodes)


ROUNDS, EPISODES = 12, 1500


def deviations(game: Game, played_game: Game, chances: Chances, seed: int) -> list[float]:
    """How many standard errors each player's average lies from the exact mean of the first game."""
    found = mean_returns(ParallelGame(played_game, most_rounds=ROUNDS), chances, EPISODES, seed)
    result = []
    for player, mean in enumerate(found):
        expected, variance = moments(game, chances, ROUNDS, player)
        result.append(abs(mean - float(expected)) / (float(variance) / EPISODES) ** 0.5)
    return result


PLAYED = (grid_stag_hunt, signalled_stag_hunt, ipd, ipd_finite)


@pytest.mark.parametrize("make", PLAYED, ids=lambda make: make.__name__)
@pytest.mark.parametrize("seed", [1, 2])
def test_average_returns_are_within_four_standard_errors(make: Callable[[], Game], seed: int) -> None:
    game = make()
    assert max(deviations(game, game, chances_of(game, seed), seed)) < 4


@pytest.mark.parametrize("make", PLAYED[:3], ids=lambda make: make.__name__)
def test_exchanged_rewards_are_noticed(make: Callable[[], Game]) -> None:
    """Player 1 mostly takes its second action, the hare or D, against a uniform player 2, so that they earn apart."""
    game = make()
    exchanged = replace(game, reward=tuple(tuple(row[::-1] for row in rows) for rows in game.reward))
    count = len(game.actions[0])
    greedy = [Fraction(9, 10) if a == 1 else Fraction(1, 10 * (count - 1)) for a in range(count)]
    chances = [[greedy] * len(game.observations), [[Fraction(1, count)] * count] * len(game.observations)]
    assert max(deviations(game, game, chances, 1)) < 4
    assert min(deviations(game, exchanged, chances, 1)) > 4


def test_another_transition_is_noticed() -> None:
    game = ipd()
    misread = replace(game, transition=tuple(rows[::-1] for rows in game.transition))  # as if both had done the other
    chances = chances_of(game, 1)
    assert max(deviations(game, misread, chances, 1)) > 4
