"""The verb ``certify``: from a game and a target in words to a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from sympy import Integer, Rational

from theory.errors import BadInput
from theory.exact import rational as read_rational
from theory.games.differentiable import AnyGame
from theory.games.model import Game
from theory.regions import boxes
from theory.regions.alignment_box import Direction, alignment_box
from theory.regions.certificate import Certificate, Dynamics
from theory.regions.drift_box import drift_box, largest_radius
from theory.regions.field import GameField, game_field
from theory.regions.prove import Box
from theory.regions.sign_box import sign_box
from theory.regions.sublevel import sublevel

Kind = Literal["sign-box", "sublevel", "alignment"]
KINDS: tuple[str, ...] = get_args(Kind)
COOPERATIVE_SET = "cooperative-set"


def certify(
    game: AnyGame,
    target: str | None = None,
    kind: str | None = None,
    *,
    box: Sequence[str] = (),
    symmetric: bool = False,
    direction: str = "to-target",
    dynamics: Dynamics | None = None,
    tremble: object = 0,
    level: object = None,
    order: int | None = None,
    shape: Sequence[Rational] | None = None,
) -> Certificate:
    """Certify a region of attraction of a target, or the alignment of the correction with it.

    Args:
        game: a finite game of players with two actions each, at its current parameters.
        target: a pure profile in words (:mod:`theory.profiles`), or ``cooperative-set``; the game's target by default.
        kind: ``sign-box`` (the default), ``sublevel`` or ``alignment``; not with ``cooperative-set``.
        box: entries in words (:mod:`theory.regions.boxes`). By default the largest sign box is sought; for the
            cooperative set, half the largest box around TFT in which all of the set are equilibria.
        symmetric: for ``alignment``: all players use the same policy.
        direction: for ``alignment``: ``to-target``, or one number per variable, separated by commas.
        dynamics: direct coordinates in continuous time by default.
        tremble: ε, the probability of a slip.
        level: for ``sublevel``: c of {W ≤ c}; the largest by default.
        order: for ``sublevel``: exponent of the margin.
        shape: for ``sign-box``: relative side lengths, one per probability.

    Raises:
        BadInput: the game or an option is not of the kind needed.
        Undecided: the budget is spent before there is anything to certify.
    """
    field = game_field(game, read_rational(tremble, "--tremble"))
    dynamics = dynamics or Dynamics()
    kind = kind or ("sign-box" if target != COOPERATIVE_SET else None)
    if kind is not None and kind not in KINDS:
        raise BadInput(f"--kind: {kind!r} is not one of {', '.join(KINDS)}.")
    _check_options(kind, box, symmetric, direction, level, order, shape)
    if target == COOPERATIVE_SET:
        if kind is not None:
            raise BadInput(f"--kind: {COOPERATIVE_SET} is a set of targets with a kind of region of its own; leave it.")
        return _cooperative_set(field, dynamics, box)
    corner = boxes.ends(field.game, pure_target(field.game, target))
    if kind == "alignment":
        groups = boxes.variables(field.game, symmetric)
        where = boxes.parse_box(field.game, groups, box)
        return alignment_box(field, groups, where, _direction(direction, corner, groups), dynamics)
    if kind == "sublevel":
        at = None if level is None else read_rational(level, "--level")
        return sublevel(field, corner, dynamics, at, order)
    if shape is not None and (len(shape) != field.size or any(side <= 0 for side in shape)):
        raise BadInput(f"certify: the shape needs {field.size} positive side lengths.")
    alone = boxes.variables(field.game, symmetric=False)
    return sign_box(field, corner, dynamics, boxes.parse_box(field.game, alone, box) if box else None, shape)


def _check_options(
    kind: str | None,
    box: Sequence[str],
    symmetric: bool,
    direction: str,
    level: object,
    order: int | None,
    shape: Sequence[Rational] | None,
) -> None:
    """Refuse options that another kind of region needs."""
    if kind != "alignment" and (symmetric or direction != "to-target"):
        raise BadInput("certify: --symmetric and --direction belong to --kind alignment.")
    if kind != "sublevel" and (level is not None or order is not None):
        raise BadInput("certify: --level and --order belong to --kind sublevel.")
    if kind == "sublevel" and box:
        raise BadInput("certify: a ball has no --box; give its --level.")
    if shape is not None and (kind != "sign-box" or box):
        raise BadInput("certify: a shape belongs to --kind sign-box without a --box.")


def pure_target(game: Game, target: str | None) -> str:
    """A named profile, or the target of a one-shot game.

    Raises:
        BadInput: there is none.
    """
    if target is not None:
        return target
    if game.target is None or not game.one_shot:
        raise BadInput(f"certify: name a target of game {game.name!r} with --target.")
    return ",".join(game.target)


def _direction(text: str, corner: Sequence[int], groups: boxes.Groups) -> Direction:
    if text != "to-target":
        return Direction(tuple(read_rational(entry, "--direction") for entry in text.split(",")), toward=False)
    if any(len({corner[k] for k in group}) > 1 for group in groups):
        raise BadInput("--target: its players differ, so --symmetric does not go with it.")
    return Direction(tuple(Integer(corner[group[0]]) for group in groups), toward=True)


def _cooperative_set(field: GameField, dynamics: Dynamics, box: Sequence[str]) -> Certificate:
    game = field.game
    if game.own_view is None:
        raise BadInput(f"--target: {COOPERATIVE_SET} is for memory-one repeated games, which {game.name!r} is not.")
    tft = boxes.ends(game, "TFT")
    states = _on_path(game)
    held = [k for k, (_, s) in enumerate(field.coordinates) if s in states]
    free = [k for k in range(field.size) if k not in held]
    ends = [1] * len(held)
    if box:
        whole = boxes.parse_box(game, boxes.variables(game, symmetric=False), box)
        return drift_box(field, held, ends, dynamics, tuple(whole[k] for k in free))

    def outer(radius: Rational) -> Box:
        near = boxes.around(tft, radius)
        return tuple(near[k] for k in free)

    radius = largest_radius(field, held, ends, outer)
    if radius == 0:
        raise BadInput(f"certify: TFT is no equilibrium of game {game.name!r} with room around it; name a --box.")
    return drift_box(field, held, ends, dynamics, outer(radius / 2))


def _on_path(game: Game) -> set[int]:
    """States that play reaches when everybody takes the first action."""
    found = {s for s, weight in enumerate(game.start) if weight != 0}
    while True:
        after = {t for s in found for t, chance in enumerate(game.transition[s][0]) if chance != 0}
        if after <= found:
            return found
        found |= after
