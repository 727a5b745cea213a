"""A2: when the peer-learning correction can only enlarge a basin, decided exactly.

Signed so that the target is the top corner, let v be cooperative, ∂v_k/∂φ_l ≥ 0 for all k ≠ l, and let the correction C
be ≥ 0, both at every policy. Then the basin of the target under x′ = v contains no start that is lost under
x′ = v + λC, for every λ ≥ 0, so entry cannot become less likely for any distribution of starts.

Proof (comparison; Kamke 1932, Müller 1927; in steps, by hand). Let Φ(y) = clip(y + ηv(y)) with I + ηDv ≥ 0 entry by
entry: Φ is increasing. If y ≤ x then Φ(y) ≤ Φ(x) ≤ clip(x + η(v + λC)(x)). So the corrected run stays above the plain
one from the same start, step by step, whatever λ_n ≥ 0 and η_n within the bound are in step n. If the plain run tends
to the top, so does the run between it and the top. For η → 0 this is the statement in continuous time.

Off the diagonal I + ηDv ≥ 0 is cooperativity. On it, in direct coordinates, ∂v_i/∂p_i = 0, so every η will do. In logit
coordinates ∂v_i/∂x_i = w(p_i) gap_i with w = p(1 − p)(1 − 2p), an odd function about 1/2, and gap_i free of p_i; so
η ≤ 1/(max w · max |gap_i|), and no larger step is enough. An increasing change of coordinates keeps the order, so the
statement in log-odds is the one in probabilities.

One-shot games in which every player has two actions; v_i is affine in every other player's probability, so its
derivatives are decided at corners.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

from sympy import Expr, Rational, Symbol, diff, oo, solve

from theory.alignment import Alignment, Component, align, settled_component, where_it_holds
from theory.decomposition import decompose
from theory.exact import Undecided, is_zero
from theory.games.differentiable import AnyGame
from theory.games.model import Game
from theory.latex import Document, Line, latex, text
from theory.policies import parameters


@dataclass(frozen=True)
class OrderInclusion:
    """Whether a correction toward the target can never lose a start.

    Attributes:
        alignment: when C ≥ 0 toward the target.
        cross_slopes: σ_k σ_l ∂v_k/∂p_l for every pair of players k ≠ l, in direct coordinates; the signs are the same
            in log-odds.
    """

    alignment: Alignment
    cross_slopes: Mapping[tuple[int, int], Component]

    @property
    def game(self) -> Game:
        """The game, symbolic in its parameters."""
        return self.alignment.game

    @property
    def conditions(self) -> tuple[Expr, ...]:
        """Forms in the payoffs that must all be ≥ 0, without repetition."""
        forms = [form for component in self.cross_slopes.values() for form in component.conditions]
        return tuple(dict.fromkeys([*forms, *self.alignment.conditions]))

    @property
    def possible(self) -> bool:
        """Whether some game of the class can have it."""
        return self.alignment.possible and all(component.possible for component in self.cross_slopes.values())

    @cached_property
    def cooperative(self) -> bool:
        """Whether v is cooperative at the current payoffs."""
        return all(component.holds_for(self.game) for component in self.cross_slopes.values())

    @property
    def holds(self) -> bool:
        """Whether no start can be lost, at the current payoffs."""
        return self.cooperative and self.alignment.holds

    @cached_property
    def largest_step(self) -> Expr:
        """The largest η with I + ηDv ≥ 0 on its diagonal at the current payoffs; infinity in direct coordinates."""
        if self.alignment.policy == "direct":
            return oo
        slopes = [row[0] for row in decompose(self.game, "direct", 1, "expanded").policy_gradient]
        steepest = max(abs(form) for slope in slopes for form in corner_values(self.game, slope))
        return oo if steepest == 0 else 1 / (largest_bend() * steepest)

    def document(self) -> Document:
        """The alignment and the conditions under which no start is lost, to read."""
        aligned = self.alignment.document()
        lines = list(aligned.lines)
        if not self.possible and not self.holds:
            lines.append(Line(f"basins may lose starts, {where_it_holds(self.game)} with a correction: order fails"))
            return Document(aligned.title, tuple(lines))
        if not self.conditions:
            lines.append(Line("v is cooperative and C ≥ 0 at every policy, so no start is ever lost"))
        else:
            now = "holds" if self.holds else "fails"
            label = f"v is cooperative and C ≥ 0 at every policy, so no start is ever lost, if (at present this {now})"
            plain = "\n".join(f"{text(form)} ≥ 0" for form in self.conditions)
            lines.append(Line(label, plain, "\n".join(rf"{latex(form)} \ge 0" for form in self.conditions)))
        step = self.largest_step
        if step == oo:
            lines.append(Line("in continuous time and for steps η of every size"))
        else:
            lines.append(Line("in continuous time and for steps", f"η ≤ {text(step)}", rf"\eta \le {latex(step)}"))
        return Document(aligned.title, tuple(lines))

    def to_json(self) -> dict[str, Any]:
        """The same as data: the alignment's, with the part on basins."""
        order = {
            "cross_slopes": {f"dv_{k + 1}/dp_{j + 1}": str(c.toward_target) for (k, j), c in self.cross_slopes.items()},
            "conditions_nonnegative": [str(form) for form in self.conditions],
            "possible": self.possible,
            "holds": self.holds,
            "largest_step": str(self.largest_step),
        }
        return {**self.alignment.to_json(), "no_start_lost": order}

    def __str__(self) -> str:
        return self.document().as_text()

    def _repr_latex_(self) -> str:
        return self.document()._repr_latex_()


def order_inclusion(game: AnyGame, policy: str = "direct", target: Sequence[str] | None = None) -> OrderInclusion:
    """Decide A2 for a one-shot game in which every player has two actions.

    Args:
        game: the game.
        policy: ``direct`` or ``logit``.
        target: one action per player; the game's target by default.

    Raises:
        BadInput: another kind of game, or no target.
        Undecided: as in :func:`theory.alignment.align`.
    """
    alignment = align(game, policy, target)
    signs = alignment.orientation
    slopes = [row[0] for row in decompose(alignment.game, "direct", 1, "expanded").policy_gradient]
    axes = [row[0] for row in parameters(alignment.game, "direct")]
    if not all(is_zero(diff(slope, axis)) for slope, axis in zip(slopes, axes, strict=True)):
        raise Undecided("a player's slope depends on its own probability, which the step bound excludes")
    cross = {
        (k, j): settled_component(alignment.game, signs[k] * signs[j] * diff(slopes[k], axes[j]))
        for k, j in permutations(range(len(axes)), 2)
    }
    return OrderInclusion(alignment, cross)


def corner_values(game: Game, form: Expr) -> list[Rational]:
    """Values of a function that is affine in every first-action probability at all pure profiles, current payoffs."""
    here: list[Expr] = [game.value_of(form)]
    for (axis,) in parameters(game, "direct"):
        here = [entry.subs(axis, corner) for entry in here for corner in (0, 1)]
    return here


def largest_bend() -> Expr:
    """The maximum of w = p(1 − p)(1 − 2p), the second derivative of the logistic function, on [0, 1]."""
    p = Symbol("p", real=True)
    bend = p * (1 - p) * (1 - 2 * p)
    (largest,) = [top for root in solve(diff(bend, p), p) if (top := bend.subs(p, root).expand()).is_positive]
    return largest
