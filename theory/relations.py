"""How the learning rules are related: which second-order terms each of them adds to policy gradient.

To first order in α every rule here is

    update_i = g_i + αL (k₁ curve_i + k₂ look_i + k₃ shape_i + k₄ pull_i) + O(α²),      everything at φ₀,

with the canonical terms curve = ∇_i∇_iVⁱ g_i, look = Σ_j ∇_i∇_jVⁱ g_j, shape = Σ_j [∇_i∇_jVʲ]ᵀ∇_jVⁱ and
pull = Σ_j [∇_i∇_jVʲ]ᵀ g_j over the others j. The coefficients are read off the rules' own code, run on an arbitrary
smooth game (:mod:`theory.expansion`), and then checked as vector identities for other shapes of game.

In these terms (Dv·v)_i = curve + look, the own-learning correction is curve and the peer-learning correction shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sympy import Add, Expr, Integer, diff

from theory import updates
from theory.exact import Undecided, is_zero
from theory.expansion import rule_coefficients, start_of, taylor_unroll, truncated
from theory.jets import Jet, SmoothPoint, freed
from theory.symbols import alpha
from theory.updates.model import Form, Rule, Split, Unroll
from theory.values import Vector

CANONICAL = ("curve", "look", "shape", "pull")
_TERMS: dict[str, Callable[[Unroll, int], Vector]] = {
    "curve": lambda unroll, player: unroll.own_curvature[player],
    "look": lambda unroll, player: unroll.look_ahead[player],
    "shape": lambda unroll, player: unroll.shaping[player],
    "pull": lambda unroll, player: unroll.pull[player],
}
# Two players with one parameter each suffice to read coefficients off; the others check them as vector identities.
SIMPLEST = (1, 1)
SHAPES = (SIMPLEST, (2, 1), (1, 1, 1))


@dataclass(frozen=True)
class Relation:
    """One rule in the canonical terms.

    Attributes:
        rule: its name.
        form: ``unrolled`` or ``expanded``.
        coefficients: of curve, look, shape and pull, in c_own, c_peer and p (a rule's own switch, as in SOS).
    """

    rule: str
    form: Form
    coefficients: tuple[Expr, ...]

    @property
    def audit(self) -> dict[str, Expr]:
        """The same in the words of the decomposition: coefficients of (Dv·v)_i, own, peer (and pull)."""
        curve, look, shape, pull = self.coefficients
        return {"Dv_v": look, "own": curve - look, "peer": shape, "pull": pull}


@lru_cache
def relation(rule: str, form: Form = "unrolled", length: int = 1, split: Split = "terminal") -> Relation:
    """A rule's coefficients, divided by L.

    Raises:
        Undecided: its first-order part is no combination of the canonical terms.
    """
    chosen = updates.REGISTRY[rule]
    coefficients = _coefficients(chosen, form, length, split)
    for shape in SHAPES:
        for player in range(len(shape)):
            rest = residual(chosen, coefficients, shape, player, form, length, split)
            if not all(is_zero(freed(entry)) for entry in rest):
                raise Undecided(f"{rule}: the first-order part is no combination of {', '.join(CANONICAL)}")
    return Relation(rule, form, tuple(entry / length for entry in coefficients))


def residual(
    rule: Rule,
    coefficients: Sequence[Expr],
    shape: Sequence[int],
    player: int,
    form: Form = "unrolled",
    length: int = 1,
    split: Split = "terminal",
) -> Vector:
    """What a rule has at orders 1 and α besides g_i and the canonical terms with these coefficients."""
    constant, slope = rule_coefficients(rule, taylor_unroll(shape, length, form, split, order=1), player)
    terms = canonical_terms(shape, player)
    zeroth = tuple(a - g for a, g in zip(constant, terms["gradient"], strict=True))
    first = tuple(
        entry - Add(*(k * terms[name][index] for k, name in zip(coefficients, CANONICAL, strict=True)))
        for index, entry in enumerate(slope)
    )
    return (*zeroth, *first)


@lru_cache
def canonical_terms(shape: tuple[int, ...], player: int) -> dict[str, Vector]:
    """g_i and the canonical terms of player i in an arbitrary smooth game, without α."""
    unroll = Unroll(SmoothPoint, start_of(shape), [Integer(1)] * len(shape))
    return {"gradient": unroll.gradient(player), **{name: term(unroll, player) for name, term in _TERMS.items()}}


def _coefficients(rule: Rule, form: Form, length: int, split: Split) -> list[Expr]:
    """Coefficients by monomials: with one parameter each, every canonical term is one product of two jets."""
    _, (slope,) = rule_coefficients(rule, taylor_unroll(SIMPLEST, length, form, split, order=1), 0)
    found = monomials(slope)
    terms = canonical_terms(SIMPLEST, 0)
    return [found.get(terms[name][0], Integer(0)) for name in CANONICAL]


def monomials(expression: Expr) -> dict[Expr, Expr]:
    """A polynomial in jets as its monomials with their coefficients."""
    found: dict[Expr, Expr] = {}
    for term in Add.make_args(expression.expand()):
        coefficient, jets = term.as_independent(Jet)
        found[jets] = found.get(jets, Integer(0)) + coefficient
    return {jets: coefficient for jets, coefficient in found.items() if not is_zero(coefficient)}


def second_order_monomials(rule: str, form: Form = "unrolled", length: int = 1) -> dict[Expr, Expr]:
    """The rule's α² coefficient, two players with one parameter each: products of three or more jets (player 1)."""
    unroll = taylor_unroll(SIMPLEST, length, form, order=2)
    return monomials(rule_coefficients(updates.REGISTRY[rule], unroll, 0, 2)[2][0])


# ------------------------------------------------------------------------------------------------- zeros of v


class RestPoint(SmoothPoint):
    """An arbitrary smooth game at a zero of v: every player's own gradient vanishes, nothing else does."""

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of; zero for a player's own value."""
        entries = super().gradient(value_of, player)
        return tuple(Integer(0) for _ in entries) if value_of == player else entries


def at_rest(rule: str, shape: tuple[int, ...], player: int, form: Form = "unrolled", length: int = 1) -> Vector:
    """A rule's update of one player at a zero of v, exactly (no expansion), in an arbitrary smooth game."""
    unroll = Unroll(RestPoint, start_of(shape), [alpha] * len(shape), length, form)
    return updates.REGISTRY[rule].update(unroll, player)


def keeps_zeros(rule: str, form: Form = "unrolled", length: int = 1) -> bool:
    """Whether a rule stands still at every zero of v, in every smooth game."""
    return all(
        is_zero(freed(entry))
        for shape in SHAPES
        for player in range(len(shape))
        for entry in at_rest(rule, shape, player, form, length)
    )


# ---------------------------------------------------------------------------------------- consistency (COLA)


def consistency_residual(rule: str, form: Form = "unrolled") -> tuple[Expr, ...]:
    """Coefficients, in the canonical terms, of a rule's consistency residual at order α² (player 1, L = 1).

    A joint update f is consistent (Willi et al. 2022, COLA) if every player follows its gradient with the others'
    updates anticipated, f_i = α ∇_i[Vⁱ(φⁱ, φ⁻ⁱ + f₋ᵢ(φ))] with f₋ᵢ(φ) differentiated too. The residual is the left side
    less the right; its order α vanishes for every rule.

    Raises:
        Undecided: the residual has a part of order α, or one that is no combination of the canonical terms.
    """
    start = start_of(SIMPLEST)
    unroll = taylor_unroll(SIMPLEST, 1, form, order=1)
    mine, others = (
        Add(
            *(
                alpha ** (k + 1) * entry
                for k, (entry,) in enumerate(rule_coefficients(updates.REGISTRY[rule], unroll, j))
            )
        )
        for j in (0, 1)
    )
    # Vⁱ(φⁱ, φʲ + f_j) up to α; α times its derivative in φⁱ is then right up to α².
    point = SmoothPoint(start)
    anticipated = point.jet(0) + point.jet(0, 1) * others
    gap = truncated(mine - alpha * diff(anticipated, start[0][0]), 2)
    if not is_zero(freed(gap.coeff(alpha, 1))):
        raise Undecided(f"{rule}: the residual has a part of order alpha")
    found, terms = monomials(gap.coeff(alpha, 2)), canonical_terms(SIMPLEST, 0)
    coefficients = tuple(found.pop(terms[name][0], Integer(0)) for name in CANONICAL)
    if found:
        raise Undecided(f"{rule}: the residual is no combination of {', '.join(CANONICAL)}")
    return coefficients
