"""What policies with few parameters, such as neural networks, see of each observation: exact vectors of features.

By default an observation is a unit vector, in the player's own view (its own last action first, in a repeated game):
nothing is then shared between observations. Named games with more structure have an entry in :data:`FEATURES`; adding
one takes one line there.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Integer, Rational

from theory.games import REGISTRY
from theory.games.differentiable import finite
from theory.games.grid_stag_hunt import CELLS, END
from theory.games.model import Game

Table = tuple[tuple[Expr, ...], ...]


def features(game: Game) -> tuple[Table, ...]:
    """Of each player a table of shape (observations, width), observations in the game's order."""
    chosen = FEATURES.get(game.name, _one_hot)
    # A game from a file may bear a named game's name without having its observations.
    if chosen is not _one_hot and finite(REGISTRY[game.name](), "features").observations != game.observations:
        chosen = _one_hot
    return tuple(chosen(game, player) for player in range(game.players))


def _one_hot(game: Game, player: int) -> Table:
    """Unit vectors, [observation in the player's own view]."""
    return tuple(_units(game.observations, game.seen_by(player, o)) for o in range(len(game.observations)))


def _positions(game: Game, player: int) -> Table:
    """The player's own cell as a unit vector, then the other's; at the end all 0."""
    seen = [game.seen_by(player, o) for o in range(len(game.observations))]
    return tuple(
        (Integer(0),) * (2 * len(CELLS)) if name == END else (*_units(CELLS, name[0]), *_units(CELLS, name[1]))
        for name in seen
    )


def _temptation(game: Game, player: int) -> Table:
    """1 and the context's number scaled to [0, 1], the same for every player."""
    last = len(game.observations) - 1
    return tuple((Integer(1), Rational(o, last)) for o in range(last + 1))


def _units(names: tuple[str, ...] | str, chosen: str) -> tuple[Expr, ...]:
    return tuple(Integer(int(name == chosen)) for name in names)


FEATURES: dict[str, Callable[[Game, int], Table]] = {
    "grid-stag-hunt": _positions,
    "signalled-stag-hunt": _temptation,
}
