"""The basin of one's own game's target in closed form: its share, and whether the correction makes it grow."""

from __future__ import annotations

from sympy import Expr, Integer, Rational

from theory.claims.model import Evidence, Finding, Verdict
from theory.claims.own_game_model import OwnCheck, not_applicable, one_shot, target_first, with_decimal
from theory.errors import BadInput
from theory.exact import Undecided
from theory.flux import StraightBoundary, straight_boundary
from theory.games import AnyGame
from theory.separatrix import separatrix
from theory.symbols import correction

HALVINGS = 40


def _separatrix(game: AnyGame) -> Finding:
    line = separatrix(target_first(one_shot(game, "separatrix")))
    at = dict(line.game.parameters)
    if not 0 < line.boundary.subs(at).subs(correction, 0) < 2:
        return not_applicable("at lambda = 0 the boundary does not cross the square, so one basin fills it")
    start, slope = line.share(Integer(0)), line.boundary_slope.subs(at).subs(correction, 0)
    # The slope has the sign of S − T at every λ, so what holds at 0 holds throughout the closed form's scope.
    verdict, change = (Verdict.PROVED, "grows") if slope < 0 else (Verdict.REFUTED, "shrinks")
    if slope == 0:
        verdict, change = Verdict.REFUTED, "does not change"
    evidence = Evidence(
        "identity",
        "affine field, closed form",
        f"share {with_decimal(start)} at lambda = 0; ds*/dlambda = {with_decimal(slope)} there",
        {"boundary": str(line.boundary.subs(at)), "share_at_0": str(start), "slope_at_0": str(slope)},
    )
    return Finding(verdict, f"the basin {change}", (evidence,))


def _flux(game: AnyGame) -> Finding:
    line = straight_boundary(target_first(one_shot(game, "flux")))
    flux, before = line.flux, line.share(Integer(0))
    if flux == 0:
        evidence = Evidence("identity", "flux through the straight boundary", "dP/dlambda = 0 at 0", {"flux": "0"})
        return Finding(Verdict.UNDECIDED, "a flux of 0 decides nothing", (evidence,))
    size, after = _share_nearby(line)
    if bool(after > before) != bool(flux > 0):
        raise Undecided("the flux and the exact share near lambda = 0 have different signs")
    grows = bool(flux > 0)
    evidence = Evidence(
        "identity" if grows else "counterexample",
        "flux through the straight boundary; exact shares at two lambdas",
        f"dP/dlambda = {with_decimal(flux)} at 0; share {with_decimal(before)} at lambda = 0, {with_decimal(after)} at "
        f"{size}",
        {"flux": str(flux), "share_at_0": str(before), "lambda": str(size), "share": str(after)},
    )
    return Finding(
        Verdict.PROVED if grows else Verdict.REFUTED, f"the basin {'grows' if grows else 'shrinks'}", (evidence,)
    )


def _share_nearby(line: StraightBoundary) -> tuple[Rational, Expr]:
    """A small λ inside the closed form's scope, and the share there."""
    size = Rational(1, 100)
    for _ in range(HALVINGS):
        try:
            return size, line.share(size)
        except BadInput:  # outside the scope
            size /= 2
    raise Undecided(f"no lambda down to {size} is in the closed form's scope")


CHECKS = (
    OwnCheck(
        "G.separatrix",
        "The basin of the target grows with lambda.",
        _separatrix,
        "direct coordinates, uniform starts, expanded form; every lambda of the closed form's scope",
    ),
    OwnCheck(
        "G.flux",
        "To first order in lambda the correction makes the target's basin grow (A3: expanded form, continuous time; "
        "G.entry-direct measures the unrolled form in steps).",
        _flux,
        "direct coordinates, uniform starts, expanded form, continuous time",
    ),
)
