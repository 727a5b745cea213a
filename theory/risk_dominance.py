"""When the corrected dynamics give (first, first) more than half of the starts: between risk and payoff dominance.

Symmetric two-action games with row payoffs [[R, S], [T, P]] and D = R − S − T + P > 0, direct coordinates, uniform
starts. By :mod:`theory.separatrix` the basin of the corner (1, 1) is {p + q > s*(λ)} for λD ≤ 1 and 0 ≤ s* ≤ 2, and its
share falls as s* rises, through ½ at s* = 1. So (first, first) has the majority exactly if the *surplus*, the rate of
p + q under v + λC at the centre of the square,

    growth · (1 − s*) = (1 + λD)(R − P) − (1 − λD)(T − S),

is positive. It is affine in λ. At λ = 0 its sign is that of risk dominance, (R − T) − (P − S); at the largest λ of the
scope, λD = 1, that of payoff dominance, R − P. Everything is derived from the separatrix; the claims check the forms
shown here.

Sources: Harsanyi & Selten (1988), *A General Theory of Equilibrium Selection in Games*, for risk dominance, p* < ½.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Rational, diff, solve

from theory import exact
from theory.errors import BadInput
from theory.exact import Undecided, lowest_terms
from theory.flux import planar_field
from theory.games import stag_hunt
from theory.games.differentiable import AnyGame
from theory.games.model import Game
from theory.separatrix import Separatrix, separatrix
from theory.symbols import T, correction


@dataclass(frozen=True)
class Majority:
    """Which equilibrium has the larger basin under v + λC, in the payoffs' symbols and λ.

    Attributes:
        line: the basin boundary that everything follows from.
        surplus: rate of p + q at (½, ½); positive iff (first, first) has more than half of the uniform starts.
        mixed: p*, the mixed equilibrium's probability of the first action.
        threshold: the bound that p* must stay below for a majority, as a function of λ.
        even: the λ at which the share is ½; not defined for payoffs at which the surplus does not depend on λ.
        largest: the largest λ of the closed form's scope.
    """

    line: Separatrix
    surplus: Expr
    mixed: Expr
    threshold: Expr
    even: Expr
    largest: Expr

    def even_size(self) -> Rational | None:
        """The λ ≥ 0 in the scope at which the share of (first, first) is exactly ½, at the game's payoffs.

        Returns:
            The only such λ, or ``None``: the majority does not change in the scope.

        Raises:
            BadInput: D ≤ 0, where there is no closed form, or both equilibria have half of the starts for every λ.
        """
        at = dict(self.line.game.parameters)
        before, after = (lowest_terms(self.surplus.subs({**at, correction: size})) for size in self._ends())
        if before == 0 == after:
            raise BadInput(f"risk dominance: in game {self.line.game.name!r} the share is 1/2 for every λ.")
        if before * after > 0:
            return None
        size: Rational = self.even.subs(at)
        return size

    def _ends(self) -> tuple[Rational, Rational]:
        at = dict(self.line.game.parameters)
        if not self.line.growth.subs({**at, correction: 0}) > 0:
            raise BadInput(f"risk dominance: game {self.line.game.name!r} has D <= 0, so no closed form.")
        return Rational(0), self.largest.subs(at)


def majority(game: AnyGame) -> Majority:
    """Derive the condition for the majority of a symmetric 2×2 game from its basin boundary.

    Raises:
        BadInput: the game is not a symmetric one-shot 2×2 game with a boundary.
        Undecided: the derivation does not have the form that the module states.
    """
    line = separatrix(game)
    for share, area in ((line.share_low, 1 - line.boundary**2 / 2), (line.share_high, (2 - line.boundary) ** 2 / 2)):
        if not exact.is_zero(share - area):  # both fall as s* rises through [0, 1] and [1, 2], and are ½ at s* = 1
            raise Undecided(f"the share {share} is not the area beyond the boundary")
    surplus = lowest_terms(line.growth * (1 - line.boundary))
    slope = lowest_terms(diff(surplus, correction))
    start = lowest_terms(surplus.subs(correction, 0))
    if not exact.is_zero(surplus - start - correction * slope):
        raise Undecided("the surplus is not affine in lambda")
    bracket = lowest_terms(line.growth.subs(correction, 0))
    if not exact.is_zero(line.contraction - bracket * (1 - correction * bracket)):
        raise Undecided("the scope does not end at lambda D = 1")
    mixed = lowest_terms(line.boundary.subs(correction, 0) / 2)
    return Majority(
        line=line,
        surplus=surplus,
        mixed=mixed,
        threshold=lowest_terms(mixed + surplus / (2 * bracket)),
        even=lowest_terms(-start / slope),
        largest=lowest_terms(1 / bracket),
    )


def hunt_with(mixed: object) -> Game:
    """The Stag Hunt with R, S and P of the published game and T such that the mixed equilibrium is p* = ``mixed``.

    Only T moves: payoff dominance (R > P) stays, risk dominance (p* < ½) changes, and with it the sign of T − S, which
    says whether a larger λ helps.

    Args:
        mixed: p*, an exact number inside (0, 1).

    Raises:
        BadInput: p* is not such a number.
    """
    value = exact.rational(mixed, "hunt_with: p*")
    if not 0 < value < 1:
        raise BadInput(f"hunt_with: p* must lie inside (0, 1), not at {value}.")
    game = stag_hunt()
    others = {symbol: number for symbol, number in game.parameters if symbol != T}
    (temptation,) = solve(majority(game).mixed.subs(others) - value, T)
    return game.with_parameters({"T": temptation})


def centre_weight(game: AnyGame) -> Rational:
    """How much smaller the correction is beside policy gradient in log-odds than in probabilities, at p = q = ½.

    In log-odds v carries a factor p(1 − p) and C that factor times the square of the peer's (:mod:`theory.flux`). So
    at the centre of the square v + λC in log-odds points where v + (λ · weight) C in probabilities does.

    Raises:
        BadInput: the game is not a one-shot 2×2 game whose target is each player's first action.
    """
    field = planar_field(game, "logit")
    weights = {lowest_terms(slope.subs(dict.fromkeys(field.symbols, Rational(1, 2)))) ** 2 for slope in field.slopes}
    (weight,) = weights
    return weight
