"""The basin boundary of a symmetric coordination game in direct coordinates, in closed form.

For row payoffs [[R, S], [T, P]] the field v + λC is affine in (p, q). In the coordinates s = p + q and δ = p − q

    s′ = growth · (s − s*)        δ′ = −contraction · δ,

both derived here from the decomposition and checked as identities. If growth > 0, contraction ≥ 0 and 0 ≤ s* ≤ 2, the
basin of the corner (1, 1) is {s > s*}, also under projection on the square. Proof: say p ≤ q and s > s*. Contraction
≥ 0 gives p′ ≥ q′, and with p′ + q′ = growth (s − s*) > 0 this gives p′ ≥ growth (s − s*)/2 > 0. If q′ ≥ 0, neither
coordinate falls, clipped or not. If q′ < 0, then p < q and nothing is clipped. So s never falls, the smaller coordinate
rises at least at a fixed rate until it is 1, and q ≥ p throughout. The mirror image gives {s < s*} and (0, 0). The same
holds for Euler steps η with η · contraction ≤ 1, which keep p ≤ q. Outside this scope no closed form is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Integer, Poly, Rational, Symbol, diff, integrate

from theory import exact
from theory.corrected import policy_and_correction
from theory.errors import BadInput
from theory.exact import Undecided, lowest_terms
from theory.games.differentiable import AnyGame, finite
from theory.games.model import Game
from theory.policies import parameters
from theory.symbols import correction


@dataclass(frozen=True)
class Separatrix:
    """Boundary p + q = s*(λ) between the basins of (1, 1) and (0, 0), direct coordinates.

    Attributes:
        game: the symmetric game, symbolic in R, S, T, P.
        growth: rate of s − s*.
        contraction: rate at which p − q shrinks; the closed form needs it ≥ 0.
        boundary: s*(λ).
        share_low: basin share of (1, 1) under uniform starts, for s* ≤ 1, as a function of λ.
        share_high: the same for s* ≥ 1.
        boundary_slope: ds*/dλ, factored.
    """

    game: Game
    growth: Expr
    contraction: Expr
    boundary: Expr
    share_low: Expr
    share_high: Expr
    boundary_slope: Expr

    def values(self, size: Rational) -> Mapping[Symbol, Rational]:
        """The game's parameter values and λ, for substitution."""
        return {**dict(self.game.parameters), correction: size}

    def share(self, size: Rational) -> Rational:
        """Exact basin share of (1, 1) under uniform starts at λ = ``size``.

        Raises:
            BadInput: λ is outside the closed form's scope (growth > 0, contraction ≥ 0, 0 ≤ s* ≤ 2).
        """
        size = exact.rational(size, "separatrix: lambda")
        at = self.values(size)
        growth, contraction = self.growth.subs(at), self.contraction.subs(at)
        if not (growth > 0 and contraction >= 0):
            raise BadInput(
                f"separatrix: λ = {size} is outside the closed form (growth {growth}, contraction {contraction})."
            )
        boundary = self.boundary.subs(at)
        if not 0 <= boundary <= 2:
            raise BadInput(f"separatrix: λ = {size} puts the boundary at s* = {boundary}, outside [0, 2].")
        return (self.share_low if boundary <= 1 else self.share_high).subs(at)


def separatrix(game: AnyGame) -> Separatrix:
    """Derive boundary and basin share of a symmetric 2×2 game in direct coordinates.

    Raises:
        BadInput: the game is not a symmetric one-shot 2×2 game.
        Undecided: an identity of the derivation fails (then the closed form does not apply).
    """
    game = finite(game, "separatrix")
    if not (game.one_shot and game.players == 2 and all(len(names) == 2 for names in game.actions)):
        raise BadInput(f"separatrix: game {game.name!r} is not a one-shot game of two players with two actions.")
    field = corrected_field(game)
    (p,), (q,) = parameters(game, "direct")
    if not exact.is_zero(field[0] - field[1].xreplace({p: q, q: p})):
        raise BadInput(
            f"separatrix: the closed form is for symmetric games only, and game {game.name!r} is not symmetric."
        )
    s, difference = Symbol("s", real=True), Symbol("delta", real=True)
    total = lowest_terms((field[0] + field[1]).subs(q, s - p))
    gap = lowest_terms((field[0] - field[1]).subs(q, p - difference))
    for rate, variable in ((total, s), (gap, difference)):
        if not exact.is_zero(diff(rate, p)) or Poly(rate, variable).degree() > 1:
            raise Undecided(f"the rate {rate} is not affine in {variable} alone")
    growth, drift = lowest_terms(diff(total, s)), lowest_terms(total.subs(s, 0))
    contraction = lowest_terms(-diff(gap, difference))
    if not exact.is_zero(gap + contraction * difference):
        raise Undecided("p − q does not shrink to 0 alone")
    if exact.is_zero(growth):
        raise BadInput(f"separatrix: p + q of game {game.name!r} moves at a constant rate, so there is no boundary.")
    boundary = lowest_terms(-drift / growth)
    u, w = Symbol("u", real=True), Symbol("w", real=True)
    corner_cut = integrate(integrate(Integer(1), (w, 0, s - u)), (u, 0, s))
    corner_left = integrate(integrate(Integer(1), (w, s - u, 1)), (u, s - 1, 1))
    return Separatrix(
        game=game,
        growth=growth,
        contraction=contraction,
        boundary=boundary,
        share_low=lowest_terms(1 - corner_cut.subs(s, boundary)),
        share_high=lowest_terms(corner_left.subs(s, boundary)),
        boundary_slope=lowest_terms(diff(boundary, correction)),
    )


def corrected_field(game: Game) -> tuple[Expr, ...]:
    """The field v + λC in direct coordinates, one entry per parameter (one-shot games)."""
    _, field, peer = policy_and_correction(game)
    return tuple(v + correction * c for v, c in zip(field, peer, strict=True))
