"""Alignment boxes: the sign of ⟨C, w⟩ on a box of policies, C the peer-learning correction.

w is a fixed vector, or points from the policy to a given one, x_target − x = −∇W with W = ½‖x − x_target‖². Players
who use the same policy share variables; the product runs over all coordinates of all players.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint
from sympy import Rational

from theory.errors import BadInput
from theory.exact import Undecided, to_fmpq
from theory.regions.certificate import Certificate, Dynamics, intervals, strings
from theory.regions.field import GameField
from theory.regions.prove import Box, Counterexample, Goal, prove

BUDGET = 2_000


@dataclass(frozen=True)
class Direction:
    """w: a fixed vector, or toward a point; one entry per variable.

    Attributes:
        entries: the vector, or the point.
        toward: whether it is a point.
    """

    entries: tuple[Rational, ...]
    toward: bool

    def __str__(self) -> str:
        return f"{'toward' if self.toward else 'along'} ({', '.join(map(str, self.entries))})"


def alignment_box(
    field: GameField,
    groups: Sequence[Sequence[int]],
    box: Box,
    direction: Direction,
    dynamics: Dynamics,
) -> Certificate:
    """Certify the sign of ⟨C, w⟩ on a box, or refute that it is positive there.

    Args:
        field: the game's polynomials.
        groups: coordinates with a common value, one group per variable.
        box: an interval per variable.
        direction: w.
        dynamics: ``direct`` or ``logit``, continuous time.

    Raises:
        BadInput: other dynamics, a one-player game, or a direction or box of another length.
    """
    if dynamics.coordinates == "replicator" or dynamics.step is not None:
        raise BadInput("certify: alignment needs direct or logit coordinates and no --step.")
    if len(direction.entries) != len(groups) or len(box) != len(groups):
        raise BadInput(f"--direction: needs {len(groups)} numbers, one per variable, not {len(direction.entries)}.")
    if direction.toward and any(not 0 <= entry <= 1 for entry in direction.entries):
        raise BadInput("--direction: a point to go toward must be a policy, all its entries in [0, 1].")
    context = flint.fmpq_mpoly_ctx.get([f"y{index}" for index in range(len(groups))], "degrevlex")
    weights = [context.constant(to_fmpq(entry)) for entry in direction.entries]
    if direction.toward:
        weights = [weight - context.gen(k) for k, weight in enumerate(weights)]
    product = field.correction(weights, groups, dynamics.power)
    middle = product(*[to_fmpq((low + high) / 2) for low, high in box])
    sign = -1 if middle < 0 else 1
    words = f"the peer-learning correction of {field.game.name} {direction}"
    try:
        tree = prove(Goal(product * sign, strict=True), box, BUDGET)
    except Counterexample as found:
        # The claim to refute is alignment; where the middle already does, so be it.
        point = [(low + high) / 2 for low, high in box] if sign < 0 else found.point
        values: dict[int, Rational] = {k: x for group, x in zip(groups, point, strict=True) for k in group}
        proof: dict[str, Any] = {"witness": strings([values[k] for k in range(field.size)])}
        region = _region(groups, box, direction, 1)
        return Certificate("REFUTED", f"{words} is not positive on the whole box", field, dynamics, region, proof, {})
    except Undecided as reason:
        region = _region(groups, box, direction, sign)
        return Certificate("UNDECIDED", str(reason), field, dynamics, region, {"reason": str(reason)}, {})
    words += f" is {'positive' if sign > 0 else 'negative'} on the whole box ({dynamics.coordinates})"
    region = _region(groups, box, direction, sign)
    return Certificate("CERTIFIED", words, field, dynamics, region, {"tree": tree}, {"sign": sign})


def _region(groups: Sequence[Sequence[int]], box: Box, direction: Direction, sign: int) -> dict[str, Any]:
    return {
        "kind": "alignment",
        "variables": [list(group) for group in groups],
        "box": intervals(box),
        "direction": {"to" if direction.toward else "vector": strings(direction.entries)},
        "sign": sign,
    }
