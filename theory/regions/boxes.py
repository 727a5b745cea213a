"""Boxes in words: ``p1[CC]=37/40:39/40`` for one probability, ``around:PROFILE:R`` for all, always of the first action.

``p1[CD]`` is player 1 after CD in its own view, its own action first. Where players share a policy (``--symmetric``)
only player 1's names are used. A later entry overrides an earlier one; what no entry names is free on [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Integer, Rational

from theory.errors import BadInput
from theory.exact import rational
from theory.games.model import Game
from theory.profiles import parameter_place, parse_profile
from theory.regions.prove import Box, Interval

UNIT: Interval = (Integer(0), Integer(1))
Groups = tuple[tuple[int, ...], ...]


def variables(game: Game, symmetric: bool) -> Groups:
    """Coordinates with a common value: one each, or those that look alike to their players.

    Raises:
        BadInput: the players of a symmetric choice do not have the same actions.
    """
    states = len(game.states)
    if not symmetric:
        return tuple((k,) for k in range(game.players * states))
    if len(set(game.actions)) > 1:
        raise BadInput(f"--symmetric: the players of game {game.name!r} have different actions.")
    seen = game.own_view or (tuple(range(states)),) * game.players
    return tuple(
        tuple(player * states + s for player in range(game.players) for s in range(states) if seen[player][s] == view)
        for view in range(states)
    )


def ends(game: Game, profile: str) -> tuple[int, ...]:
    """A pure profile as a corner: 1 where a player plays its first action, per coordinate.

    Raises:
        BadInput: the profile does not fit the game.
    """
    return tuple(int(action == 0) for policy in parse_profile(game, profile) for action in policy)


def around(corner: Sequence[int], radius: Rational) -> Box:
    """All policies within a radius of a corner, in every probability."""
    return tuple((Rational(max(0, end - radius)), Rational(min(1, end + radius))) for end in corner)


def parse_box(game: Game, groups: Groups, entries: Sequence[str]) -> Box:
    """An interval per variable.

    Raises:
        BadInput: an entry that is neither form, an unknown name, an interval outside [0, 1] or turned round, or one
            for a player whose policy is player 1's.
    """
    group_of = {k: place for place, group in enumerate(groups) for k in group}
    box = [UNIT] * len(groups)
    for entry in entries:
        if entry.startswith("around:"):
            profile, colon, size = entry.removeprefix("around:").rpartition(":")
            if not colon:
                raise BadInput(f"--box: {entry!r} is not around:PROFILE:R.")
            radius = rational(size, "--box")
            if not 0 <= radius <= 1:
                raise BadInput(f"--box: the radius must lie in [0, 1], not {radius}.")
            corner = ends(game, profile)
            near = around(corner, radius)
            for group_place, group in enumerate(groups):
                if len({corner[k] for k in group}) > 1:
                    raise BadInput(f"--box: the players of {profile!r} differ, so --symmetric does not go with it.")
                box[group_place] = near[group[0]]
            continue
        name, equals, limits = entry.partition("=")
        low, colon, high = limits.partition(":")
        if not equals or not colon:
            raise BadInput(f"--box: {entry!r} is neither NAME=LOW:HIGH, such as p1=1/2:1, nor around:PROFILE:R.")
        interval = (rational(low, f"--box {name}"), rational(high, f"--box {name}"))
        if not 0 <= interval[0] <= interval[1] <= 1:
            raise BadInput(f"--box: {name} needs 0 ≤ LOW ≤ HIGH ≤ 1, not {low}:{high}.")
        player, observation = parameter_place(game, name, "--box")
        if player and any(len(group) > 1 for group in groups):
            raise BadInput(f"--box: with --symmetric name player 1's probabilities only, not {name}.")
        box[group_of[player * len(game.states) + observation]] = interval
    return tuple(box)
