"""Any finite game as a PettingZoo environment in which all players act at once, for learners from elsewhere.

Observations are the features of :mod:`theory.games.features`, rewards those of the game, undiscounted: γ is left to the
learner, who finds it as :attr:`ParallelGame.discount`. An episode terminates in an absorbing state without rewards, and
after its first round if γ = 0, since nothing later counts; it is truncated after a given number of rounds. Players are
``player_1``, ``player_2`` and so on.

Needs the extra ``neural`` (PettingZoo); this module can be imported without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from numerics.game_arrays import game_arrays
from theory.errors import BadInput
from theory.games import AnyGame, finite
from theory.games.features import features
from theory.games.grid_stag_hunt import picture

try:
    from gymnasium.spaces import Box, Discrete
    from pettingzoo import ParallelEnv
except ImportError:  # the class below then says so when it is used
    ParallelEnv = object

Features = NDArray[np.float32]
PICTURES: dict[str, Callable[[str], str]] = {"grid-stag-hunt": picture}
_PURPOSE_EPISODES = 8  # no other random stream of the project has this number


class ParallelGame(ParallelEnv):
    """A finite game in PettingZoo's parallel interface.

    Args:
        game: the game, played at its parameters' values.
        most_rounds: after so many rounds an episode is truncated.
        render_mode: ``ansi`` makes :meth:`render` return text.

    Raises:
        BadInput: PettingZoo is not installed, the game has no actions, ``most_rounds`` is no positive whole number, or
            the mode is unknown.
    """

    def __init__(self, game: AnyGame, most_rounds: int = 100, render_mode: str | None = None) -> None:
        if ParallelEnv is object:
            raise BadInput("environments need PettingZoo: pip install 'basin-entry[neural]'.")
        game = finite(game, "environment")
        if not isinstance(most_rounds, int) or most_rounds < 1:
            raise BadInput(f"environment: an episode needs a whole number of rounds, at least 1, not {most_rounds}.")
        if render_mode not in (None, "ansi"):
            raise BadInput(f"environment: render_mode {render_mode!r} is neither None nor 'ansi'.")
        self.metadata = {"name": game.name, "render_modes": ["ansi"]}
        self.render_mode = render_mode
        self.game = game
        tables = game_arrays(game)
        self.discount = tables.discount
        self.possible_agents = [f"player_{player + 1}" for player in range(game.players)]
        self.agents: list[str] = []
        self._most_rounds = most_rounds
        self._actions = tables.actions
        self._reward, self._start, self._observed = tables.reward, tables.start, tables.observed
        self._transition = csr_array(tables.transition)
        states, joint = self._reward.shape[:2]
        stays = np.array([self._transition[s * joint : (s + 1) * joint, [s]].sum() == joint for s in range(states)])
        self._absorbing = stays & ~self._reward.any(axis=(1, 2))
        self._features = [np.array(table, dtype=np.float32) for table in features(game)]
        self.observation_spaces, self.action_spaces = {}, {}
        for agent, seen, actions in zip(self.possible_agents, self._features, self._actions, strict=True):
            low, high = min(0.0, float(seen.min())), max(1.0, float(seen.max()))
            self.observation_spaces[agent] = Box(low, high, seen.shape[1:], np.float32)
            self.action_spaces[agent] = Discrete(actions)
        self._generator = _stream(0)
        self._state, self._round = 0, 0

    def observation_space(self, agent: str) -> Any:
        """The player's features, a box of shape (width,)."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """The player's actions by their index."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Features], dict[str, dict[str, Any]]]:
        """Begin an episode: the observations, and an empty dictionary for each player.

        Args:
            seed: begins a new random stream; without it the last one goes on, at first that of seed 0.
            options: none is known, and all are ignored, as the interface asks for.
        """
        if seed is not None:
            self._generator = _stream(seed)
        self.agents = list(self.possible_agents)
        self._state, self._round = self._drawn(np.arange(len(self._start)), self._start), 0
        return self._observations(), {agent: {} for agent in self.agents}

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[dict[str, Features], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Play one round: observations, rewards, whether terminated, whether truncated, and nothing more.

        Raises:
            BadInput: no episode is under way, or not one known action of each player is given.
        """
        if not self.agents:
            raise BadInput("environment: no episode is under way; call reset first.")
        if set(actions) != set(self.agents):
            raise BadInput(f"environment: a round needs one action of each of {', '.join(self.agents)}.")
        try:
            chosen = tuple(index(actions[agent]) for agent in self.possible_agents)
        except TypeError:
            raise BadInput(f"environment: actions are integers, not {dict(actions)}.") from None
        for agent, action, count in zip(self.possible_agents, chosen, self._actions, strict=True):
            if not 0 <= action < count:
                raise BadInput(f"environment: {agent} has the actions 0 to {count - 1}, not {action}.")
        joint = int(np.ravel_multi_index(chosen, self._actions))
        paid = self._reward[self._state, joint]
        row = self._state * self._reward.shape[1] + joint
        inside = slice(self._transition.indptr[row], self._transition.indptr[row + 1])
        self._state = self._drawn(self._transition.indices[inside], self._transition.data[inside])
        self._round += 1
        terminated = bool(self._absorbing[self._state]) or self.discount == 0
        truncated = not terminated and self._round >= self._most_rounds
        players = self.agents
        if terminated or truncated:
            self.agents = []
        return (
            self._observations(),
            {agent: float(reward) for agent, reward in zip(players, paid, strict=True)},
            dict.fromkeys(players, terminated),
            dict.fromkeys(players, truncated),
            {agent: {} for agent in players},
        )

    def render(self) -> str | None:
        """The state as text: a picture where the game has one, else its name; ``None`` without a mode."""
        name = self.game.states[self._state]
        return PICTURES.get(self.game.name, str)(name) if self.render_mode == "ansi" else None

    def _observations(self) -> dict[str, Features]:
        place = self._observed[self._state]
        return {agent: seen[place].copy() for agent, seen in zip(self.possible_agents, self._features, strict=True)}

    def _drawn(self, states: NDArray[Any], chances: NDArray[np.float64]) -> int:
        """One of some states at random; every draw takes one number of the stream."""
        ends = np.cumsum(chances)
        return int(states[np.searchsorted(ends, self._generator.random() * ends[-1], side="right")])


def _stream(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(_PURPOSE_EPISODES,))))
