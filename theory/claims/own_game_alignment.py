"""The correction of one's own game: its decomposition, and each notion of alignment with the target (THEORY §4)."""

from __future__ import annotations

from itertools import product

from sympy import Expr, Integer, Rational, integrate

from theory.alignment import Alignment, align
from theory.claims.identities import closed_form_identity, point_identity
from theory.claims.model import Evidence, Finding, Verdict
from theory.claims.own_game_model import (
    OwnCheck,
    not_applicable,
    one_shot,
    target_actions,
    target_profile,
    with_decimal,
)
from theory.corrected import policy_and_correction
from theory.decomposition import has_closed_form
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import AnyGame, DifferentiableGame, Game
from theory.latex import text
from theory.order import order_inclusion
from theory.policies import COORDINATES, parameters
from theory.repeated_alignment import is_repeated, repeated_alignment
from theory.rest_points import corner_gaps, payoff_gaps

WITNESSES = tuple(Rational(k, 4) for k in (1, 2, 3))  # probabilities at which C is looked at where no rule decides


def _decomposition(game: AnyGame) -> Finding:
    policies = ("direct",) if isinstance(game, DifferentiableGame) else COORDINATES
    if not has_closed_form(game):
        evidence = tuple(point_identity(game, policy) for policy in policies)
        return Finding(Verdict.SUPPORTED, "both routes agree exactly at random points; C1.exact is the proof", evidence)
    at_points = tuple(point_identity(game, policy) for policy in policies if policy != "direct")
    reason = "both routes give the same closed form" + "; in log-odds the same at random points" * bool(at_points)
    return Finding(Verdict.PROVED, reason, (closed_form_identity(game), *at_points))


# ------------------------------------------------------------------------------------------------------ A0, near it


def _near(game: AnyGame) -> Finding:
    game = one_shot(game, "alignment near the target")
    profile = target_profile(game)
    gaps = corner_gaps(game, profile)
    if gaps != payoff_gaps(game, profile):
        raise Undecided("the slopes at the target and the payoff table disagree")
    rows = [(player + 1, game.actions[player][other], gap, pull) for (player, _, other), (gap, pull) in gaps.items()]
    shown = "; ".join(f"player {i} against {other}: v {gap}, C {pull}" for i, other, gap, pull in rows)
    content = {"gaps": [[i, other, str(gap), str(pull)] for i, other, gap, pull in rows]}
    evidence = Evidence("identity", "slopes of v and C at the target, and the payoff table", shown, content)
    if all(gap > 0 and pull > 0 for _, _, gap, pull in rows):
        return Finding(Verdict.PROVED, "v and C are positive toward the target there, hence near it", (evidence,))
    if any(gap < 0 or pull < 0 for _, _, gap, pull in rows):
        away = " and ".join(
            name for name, entries in (("v", [r[2] for r in rows]), ("C", [r[3] for r in rows])) if min(entries) < 0
        )
        shown_against = Evidence("counterexample", evidence.route, shown, content)
        return Finding(Verdict.REFUTED, f"{away} points away along an edge at the target", (shown_against,))
    return Finding(Verdict.UNDECIDED, "v or C is 0 along an edge at the target, which decides nothing", (evidence,))


def _at_profiles(game: AnyGame) -> Finding:
    if not is_repeated(game):
        return not_applicable(
            "only for memory-one repeated games of two players with two actions; G.near, G.mean and G.alignment cover "
            "one-shot games"
        )
    found = repeated_alignment(game)
    rows = {at.profile: found.values(at)[:2] for at in found.profiles}
    away = [name for name, entries in rows.items() if min(entries) < 0]
    shown = "; ".join(f"{name}: {_sign(first)}, {_sign(after)}" for name, (first, after) in rows.items())
    first_action = found.game.actions[0][0]
    evidence = Evidence(
        "counterexample" if away else "identity",
        "closed forms, or the decomposition's terms with a horizon",
        f"toward {first_action} in the first round, and after both played it: {shown}",
        found.to_json(),
    )
    if away:
        return Finding(Verdict.REFUTED, f"it points away at {', '.join(away)}", (evidence,))
    return Finding(Verdict.PROVED, "it points away at none of them", (evidence,))


def _sign(value: Rational) -> str:
    return "toward" if value > 0 else "away" if value < 0 else "0"


# --------------------------------------------------------------------------------------- A1, on average; A2, by order


def _mean(game: AnyGame) -> Finding:
    inner = mean = _two_actions(game).value_of(_inner_product(game))
    for (axis,) in parameters(_two_actions(game), "direct"):
        mean = integrate(mean.expand(), (axis, 0, 1))
    evidence = Evidence(
        "identity" if mean > 0 else "counterexample",
        "integral of a polynomial",
        f"mean of <C, x* - x> over uniform starts: {with_decimal(mean)}",
        {"inner_product": str(inner), "mean": str(mean)},
    )
    word = "positive" if mean > 0 else "negative" if mean < 0 else "0"
    return Finding(Verdict.PROVED if mean > 0 else Verdict.REFUTED, f"the mean is {word}", (evidence,))


def _two_actions(game: AnyGame) -> Game:
    game = one_shot(game, "alignment")
    if any(len(names) != 2 for names in game.actions):
        raise BadInput("alignment: only for games in which every player has two actions.")
    return game


def _toward_target(game: AnyGame) -> list[tuple[Expr, Expr]]:
    """x*_i − x_i and C_i of every player, direct coordinates, C_i as a polynomial in the probabilities."""
    game = _two_actions(game)
    axes, _, peer = policy_and_correction(game)
    ends = [1 - action for action in target_actions(game)]
    return [(end - x, game.value_of(entry)) for end, x, entry in zip(ends, axes, peer, strict=True)]


def _inner_product(game: AnyGame) -> Expr:
    return sum((way * entry for way, entry in _toward_target(game)), Integer(0))


def _everywhere(game: AnyGame) -> Finding:
    _two_actions(game)
    try:
        found = [align(game, policy) for policy in COORDINATES]
    except Undecided:
        witness = _turned_away(game)
        if witness is None:
            raise
        return Finding(Verdict.REFUTED, "C points away from the target at a policy", (witness,))
    holds = all(alignment.holds for alignment in found)
    now = ", ".join(f"{_named(a.policy)} {'holds' if a.holds else 'fails'}" for a in found)
    return Finding(
        Verdict.PROVED if holds else Verdict.REFUTED, f"order alignment: {now}", tuple(map(_conditions, found))
    )


def _turned_away(game: AnyGame) -> Evidence | None:
    """A policy of a coarse grid at which a component of C points away from the target, ``None`` if there is none."""
    rows = _toward_target(game)
    axes = [row[0] for row in parameters(_two_actions(game), "direct")]
    for point in product(WITNESSES, repeat=len(axes)):
        here = dict(zip(axes, point, strict=True))
        for player, (way, entry) in enumerate(rows, start=1):
            value = (way * entry).subs(here)
            if value < 0:
                shown = ", ".join(f"{axis} = {x}" for axis, x in here.items())
                told = f"direct: at {shown} player {player}'s part of <C, x* - x> is {value}"
                content = {"policy": {str(axis): str(x) for axis, x in here.items()}, "value": str(value)}
                return Evidence("counterexample", "exact value at a policy", told, content)
    return None


def _conditions(alignment: Alignment) -> Evidence:
    if not alignment.game.parameters:  # then the payoffs are numbers, and conditions on them say nothing
        toward = ", ".join(text(component.toward_target) for component in alignment.components)
        shown = f"{'no' if alignment.holds else 'a'} component points away; toward the target C is {toward}"
    else:
        conditions = " and ".join(f"{form} >= 0" for form in alignment.conditions) or "nothing more is needed"
        needed = conditions if alignment.possible else "never in this class of games"
        now = "holds" if alignment.holds else "fails"
        shown = f"order aligned iff: {needed}; at the current payoffs this {now}"
    return Evidence(
        "identity" if alignment.holds else "counterexample",
        "factorisation and vertex rule",
        f"{_named(alignment.policy)}: {shown}",
        alignment.to_json(),
    )


def _inclusion(game: AnyGame) -> Finding:
    if _turned_away(game) is not None:
        return not_applicable("C points away from the target somewhere, and then order decides nothing")
    found = [order_inclusion(game, policy) for policy in COORDINATES]
    if not all(order.holds for order in found):
        return not_applicable("v is not cooperative or C points away somewhere, and then order decides nothing")
    evidence = tuple(
        Evidence(
            "identity",
            "signs of cross slopes and corrections at every policy; comparison of increasing maps",
            f"{_named(order.alignment.policy)}: v is cooperative and C >= 0 toward the target at every policy, for "
            + ("steps of every size" if order.largest_step.is_infinite else f"steps up to {order.largest_step}"),
            order.to_json(),
        )
        for order in found
    )
    return Finding(Verdict.PROVED, "the corrected run stays above the plain one", evidence)


def _named(policy: str) -> str:
    return "log-odds" if policy == "logit" else policy


CHECKS = (
    OwnCheck(
        "G.decomposition",
        "The meta-gradient is current + own + peer.",
        _decomposition,
        "L = 1; direct coordinates and log-odds",
        needs_target=False,
    ),
    OwnCheck("G.near", "Near the target v and C both point to it (A0).", _near, "direct coordinates"),
    OwnCheck(
        "G.profiles",
        "At AllD, AllC, TFT, Grim and WSLS the correction does not point away from both players' first action.",
        _at_profiles,
        "direct coordinates; own entries in the first round and after both played their first action",
    ),
    OwnCheck("G.mean", "On average C points to the target (A1).", _mean, "direct coordinates, uniform starts"),
    OwnCheck(
        "G.alignment",
        "The peer-learning correction points to the target at every policy (A2).",
        _everywhere,
        "direct coordinates and log-odds",
    ),
    OwnCheck(
        "G.inclusion",
        "The basin of the target loses no start to the correction, for any lambda (A2 and v cooperative).",
        _inclusion,
        "direct coordinates and log-odds, exact gradients, expanded form",
    ),
)
