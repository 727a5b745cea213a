"""Other names for players and actions: the game they give, and where its points and gradients lie.

Player k of the renamed game is player ``players[k]`` of the game, its action a is that one's action ``actions[k][a]``,
and state t is the game's state ``states[t]``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product

from sympy import Expr

from theory.games import Game
from theory.games.model import JointAction
from theory.policies import parameters_per_state

Rows = tuple[tuple[Expr, ...], ...]
Payoff = tuple[int, JointAction, int]  # state, joint action, player


@dataclass(frozen=True)
class Relabelling:
    """A permutation of players, of each player's actions, and of states.

    Attributes:
        players: for every new player the old one.
        actions: for every new player the old actions, in the order of the new ones.
        states: for every new state the old one; observations are the states, or stay as they are.
    """

    players: tuple[int, ...]
    actions: tuple[tuple[int, ...], ...]
    states: tuple[int, ...]

    def game(self, game: Game) -> Game:
        """The renamed game: the same tables in another order, states and actions called as before by position."""
        instance = game.instance()
        fresh = tuple(
            tuple(instance.actions[i][a] for a in row) for i, row in zip(self.players, self.actions, strict=True)
        )
        places = []
        for joint in product(*(range(len(row)) for row in self.actions)):
            old = [0] * len(joint)
            for k, action in enumerate(joint):
                old[self.players[k]] = self.actions[k][action]
            places.append(instance.joint_actions.index(tuple(old)))
        return replace(
            instance,
            actions=fresh,
            start=tuple(instance.start[s] for s in self.states),
            transition=tuple(
                tuple(tuple(instance.transition[s][k][t] for t in self.states) for k in places) for s in self.states
            ),
            reward=tuple(
                tuple(tuple(instance.reward[s][k][i] for i in self.players) for k in places) for s in self.states
            ),
            target=None if instance.target is None else tuple(instance.target[i] for i in self.players),
            own_view=None,
        )

    def fixes(self, game: Game) -> bool:
        """Whether the renamed game has the same tables."""
        renamed, here = self.game(game), game.instance()
        return (
            [len(row) for row in renamed.actions] == [len(row) for row in here.actions]
            and renamed.start == here.start
            and renamed.transition == here.transition
            and renamed.reward == here.reward
        )

    def point(self, game: Game, rows: Sequence[Sequence[Expr]]) -> Rows:
        """Direct parameters of the renamed game from the game's, one row per player."""
        return self._moved(game, rows, lambda x: 1 - x)

    def gradient(self, game: Game, rows: Sequence[Sequence[Expr]]) -> Rows:
        """Gradients in the renamed game's direct parameters from those in the game's, one row per player."""
        return self._moved(game, rows, lambda x: -x)

    def _moved(self, game: Game, rows: Sequence[Sequence[Expr]], other: Callable[[Expr], Expr]) -> Rows:
        seen = self.states if game.observations == game.states else range(len(game.observations))
        found = []
        for player, order in zip(self.players, self.actions, strict=True):
            width = parameters_per_state(len(order))
            row: list[Expr] = []
            for observation in seen:
                local = rows[player][observation * width : (observation + 1) * width]
                if width == 1:
                    row.append(local[0] if order == (0, 1) else other(local[0]))
                else:
                    row += [local[a] for a in order]
            found.append(tuple(row))
        return tuple(found)


def plain(game: Game) -> Relabelling:
    """The names as they are."""
    players = tuple(range(game.players))
    return Relabelling(
        players, tuple(tuple(range(len(names))) for names in game.actions), tuple(range(len(game.states)))
    )


def swaps(game: Game) -> list[Relabelling]:
    """Swaps of neighbouring players, which generate all permutations, with the states as the other player sees them."""
    found = []
    for k in range(game.players - 1):
        players = list(range(game.players))
        players[k], players[k + 1] = k + 1, k
        here = plain(game)
        states = here.states if game.own_view is None else game.own_view[1]
        found.append(replace(here, players=tuple(players), states=tuple(states)))
    return found


def symmetries(game: Game, most_actions: int = 3) -> list[Relabelling] | None:
    """Swaps of players that leave the game as it is, with other names of actions if need be; ``None`` if it has none.

    Other names are looked for with two players of at most ``most_actions`` actions in a game of one state: Battle of
    the Sexes is symmetric in that way.
    """
    if len({len(names) for names in game.actions}) > 1:
        return None
    found = swaps(game)
    if all(swap.fixes(game) for swap in found):
        return found
    count = len(game.actions[0])
    if game.players == 2 and len(game.states) == 1 and count <= most_actions:
        for actions in product(permutations(range(count)), repeat=2):
            swap = replace(found[0], actions=actions)
            if swap.fixes(game):
                return [swap]
    return None


def differences(game: Game) -> tuple[list[tuple[Payoff, Payoff]], int]:
    """Pairs of payoffs that are not equal though a swap of neighbouring players exchanges them; number of all pairs."""
    instance = game.instance()
    pairs: set[frozenset[Payoff]] = set()
    states = range(len(game.states) if game.own_view is None else 1)  # a repeated game pays alike in all of them
    for swap in swaps(game):
        for s, joint, i in product(states, game.joint_actions, range(game.players)):
            other = tuple(joint[place] for place in swap.players)
            pairs.add(frozenset({(s, joint, i), (swap.states[s], other, swap.players[i])}))

    def value(payoff: Payoff) -> Expr:
        state, joint, player = payoff
        return instance.reward[state][game.joint_actions.index(joint)][player]

    unequal = [tuple(sorted(pair)) for pair in pairs if len({value(payoff) for payoff in pair}) > 1]
    return sorted((first, second) for first, second in unequal), len(pairs)
