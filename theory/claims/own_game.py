"""What can be checked exactly of any one game: its target, its decomposition, its alignment, its separatrix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sympy import Integer

from theory.alignment import align
from theory.claims.identities import closed_form_identity, point_identity
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.decomposition import has_closed_form
from theory.equilibria import best_deviation, is_strict
from theory.errors import BadInput
from theory.games import AnyGame, DifferentiableGame, finite
from theory.order import order_inclusion
from theory.profiles import parse_profile
from theory.separatrix import separatrix
from theory.symbols import correction


def not_applicable(reason: str) -> Finding:
    """A check that says nothing about this game."""
    return Finding(Verdict.UNDECIDED, f"not-applicable: {reason}")


def own_game_claims(game: AnyGame) -> tuple[Claim, ...]:
    """The exact checks of one game, as claims of a ledger."""
    statements: tuple[tuple[str, str, Callable[[AnyGame], Finding]], ...] = (
        ("G.target", "The target is an equilibrium.", _target),
        ("G.decomposition", "The meta-gradient is current + own + peer.", _decomposition),
        ("G.alignment", "The peer-learning correction points to the target at every policy (direct).", _alignment),
        (
            "G.inclusion",
            "The basin of the target loses no start to the correction, for any lambda (direct).",
            _inclusion,
        ),
        ("G.separatrix", "The basin of the target grows with lambda (direct, uniform starts).", _separatrix),
    )
    return tuple(
        Claim(name, statement, f"game {game.name}", check=partial(_if_applicable, check, game))
        for name, statement, check in statements
    )


def _if_applicable(check: Callable[[AnyGame], Finding], game: AnyGame) -> Finding:
    try:
        return check(game)
    except BadInput as reason:
        return not_applicable(str(reason))


def _target(game: AnyGame) -> Finding:
    game = finite(game, "target")
    if game.target is None:
        return not_applicable("the game has no target")
    if not game.one_shot:
        return not_applicable(
            "a repeated game's target is its path of play; which policies sustain it is not asked here"
        )
    profile = parse_profile(game, ",".join(game.target))
    for player in range(game.players):
        deviation = best_deviation(game, profile, player)
        if deviation is not None:
            action = game.actions[player][deviation.reply[0]]
            shown = Evidence(
                "counterexample",
                "deviation test over all replies",
                f"player {player + 1} gains {deviation.gain} by {action}",
                {"player": player + 1, "reply": action, "gain": str(deviation.gain)},
            )
            return Finding(Verdict.REFUTED, "a player gains by deviating", (shown,))
    kind = "strict" if is_strict(game, profile) else "not strict"
    evidence = Evidence("identity", "deviation test over all replies", f"{kind} equilibrium", {"target": game.target})
    return Finding(Verdict.PROVED, f"no player gains by any deviation; the equilibrium is {kind}", (evidence,))


def _decomposition(game: AnyGame) -> Finding:
    if has_closed_form(game):
        return Finding(Verdict.PROVED, "both routes give the same closed form", (closed_form_identity(game),))
    policies = ("direct",) if isinstance(game, DifferentiableGame) else ("direct", "logit")
    evidence = tuple(point_identity(game, policy) for policy in policies)
    return Finding(Verdict.SUPPORTED, "both routes agree exactly at random points; C1.exact is the proof", evidence)


def _alignment(game: AnyGame) -> Finding:
    alignment = align(game)
    now = "holds" if alignment.holds else "fails"
    conditions = " and ".join(f"{form} >= 0" for form in alignment.conditions) or "nothing more is needed"
    if not alignment.possible:
        conditions = "never in this class of games"
    evidence = Evidence(
        "identity" if alignment.holds else "counterexample",
        "factorisation and vertex rule",
        f"order aligned iff: {conditions}; at the current payoffs this {now}",
        alignment.to_json(),
    )
    return Finding(Verdict.PROVED if alignment.holds else Verdict.REFUTED, f"order alignment {now}", (evidence,))


def _inclusion(game: AnyGame) -> Finding:
    order = order_inclusion(game)
    if not order.holds:
        return not_applicable("v is not cooperative or C points away somewhere, and then order decides nothing")
    evidence = Evidence(
        "identity",
        "signs of cross slopes and corrections at every policy; comparison of increasing maps",
        "v is cooperative and C >= 0 toward the target at every policy, for steps of every size",
        order.to_json(),
    )
    return Finding(Verdict.PROVED, "the corrected run stays above the plain one", (evidence,))


def _separatrix(game: AnyGame) -> Finding:
    line = separatrix(game)
    if line.game.target is None or any(line.game.action_index(i, name) for i, name in enumerate(line.game.target)):
        return not_applicable("the closed form is for the target in which both play their first action")
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
        f"share {start} at lambda = 0; ds*/dlambda = {slope} there",
        {"boundary": str(line.boundary.subs(at)), "share_at_0": str(start), "slope_at_0": str(slope)},
    )
    return Finding(verdict, f"the basin {change}", (evidence,))
