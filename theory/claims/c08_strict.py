"""C8 at strict equilibria: up to which λ they stay, and what a larger correction loses and creates.

Bounds under projection are in :mod:`theory.rest_points`.

**Strict equilibria in log-odds, any 2×2 game.** x′ = w(p) [g(q) + λ m n(p) w(q)²] with g affine in q and n in p. At a
strict corner (p*, q*) player 1's gap G = ±g(q*) is > 0. Let N = max |n| on [0, 1] and r = G/(|g′| + λ|m|N + G) ≤ 1.
Where |q − q*| ≤ r, w(q) ≤ r, so the bracket keeps its sign: G − r|g′| − r²λ|m|N > 0. The same for player 2. So in the
square with the smaller of both sides both log-odds move towards the corner for ever: for *every* λ the corner's basin
contains an open square.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from sympy import Expr, Integer, Poly, Rational, diff, symbols

from theory.claims.c08_stag_hunt import BRACKET, logit_brackets
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.decomposition import decompose
from theory.exact import Undecided, definite_sign, is_zero, lowest_terms
from theory.games import (
    REGISTRY,
    Game,
    ipd,
    normal_form,
    prisoners_dilemma,
    stag_hunt,
)
from theory.games.symbolic import symbolic_game
from theory.policies import in_probabilities, parameters
from theory.profiles import parse_profile
from theory.published import CORRECTION
from theory.pure_equilibria import pure_equilibria, strict_range, trembling
from theory.rest_points import (
    RestBound,
    bound_of,
    corner_gaps,
    payoff_gaps,
    rest_bound,
    stays_projected,
    unrolled_gaps,
)
from theory.separatrix import corrected_field
from theory.symbols import P, R, S, T, alpha
from theory.symbols import correction as size

Bounded = tuple[Game, str, Rational, RestBound]  # game, profile in words, tremble, bound


HALF = Rational(1, 2)
TREMBLE = Rational(1, 100)


NAMED = ("AllD", "Grim", "D:CDDD")


FAR = Integer(1000)  # a λ beyond all bounds here


def _one_shot_bounds(game: Game) -> list[Bounded]:
    return [
        (
            game,
            ",".join(names[row[0]] for names, row in zip(game.actions, entry.profile, strict=True)),
            Integer(0),
            rest_bound(game, entry.profile),
        )
        for entry in pure_equilibria(game)
        if entry.strict
    ]


def strict_bounds() -> list[Bounded]:
    """(game, profile, tremble, bound) of every strict pure equilibrium of the named games, the IPD's with tremble."""
    games = [game for make in REGISTRY.values() if isinstance(game := make(), Game) and game.one_shot]
    found = [bound for game in games for bound in _one_shot_bounds(game)]
    game = ipd()
    for words in NAMED:
        profile = parse_profile(game, words)
        range_ = strict_range(game, profile)
        if range_ is None or not range_.low > TREMBLE:
            raise Undecided(f"{words} is not certified strict at tremble {TREMBLE}")
        found.append((game, words, TREMBLE, rest_bound(game, profile, TREMBLE)))
    return found


def joint_project(*efforts: Sequence[int]) -> Game:
    """Two players choose efforts; each gains the other's effort and their product and pays 3/2 or 5/4 a unit.

    Both doing the least or both the most are strict equilibria; more effort of the other helps, so the correction pulls
    away from the first.
    """
    cells: dict[tuple[int, ...], tuple[Expr, ...]] = {
        (i, j): (
            other * (mine + 1) - Rational(3, 2) * mine,
            mine * (other + 1) - Rational(5, 4) * other,
        )
        for (i, mine), (j, other) in product(*map(enumerate, efforts))
    }
    name = "joint-project-" + "x".join(str(len(row)) for row in efforts)
    return normal_form(name, tuple(tuple(map(str, row)) for row in efforts), cells)


def _several_actions() -> list[Bounded]:
    """The same as :func:`strict_bounds` for games with three actions, which the registry lacks."""
    games = (joint_project((0, 1, 2), (0, 1, 2)), joint_project((0, 2), (0, 1, 2)))
    found = [bound for game in games for bound in _one_shot_bounds(game)]
    for game in games:
        bounds = [bounded.bound for other, *_, bounded in found if other is game]
        if sorted(bound is None for bound in bounds) != [False, True]:
            raise Undecided(f"{game.name}: not one equilibrium with a bound and one without")
        if stays_projected(game, ((0,), (2,)), Integer(0)):
            raise Undecided("the check cannot fail: a profile that is no equilibrium rests")
    return found


def _check_strict() -> Finding:
    rows: list[dict[str, Any]] = []
    for game, words, tremble, found in (*strict_bounds(), *_several_actions()):
        played = trembling(game, tremble) if tremble else game
        other = unrolled_gaps(played, found.profile)
        if other != found.gaps or (game.one_shot and payoff_gaps(game, found.profile) != found.gaps):
            return undecided(f"{game.name}, {words}: the routes to the gaps differ")
        if not found.attracts(Integer(0)) or not _is_supremum(played, found):
            return undecided(f"{game.name}, {words}: the bound is not where attraction ends")
        rows.append(
            {
                "game": game.name,
                "profile": words,
                "tremble": str(tremble),
                "bound": "none" if found.bound is None else str(found.bound),
                "exceeded_by_published": found.bound is not None and bool(found.bound < CORRECTION),
                "gaps": {str(place): f"{gap} + lambda ({pull})" for place, (gap, pull) in found.gaps.items()},
            }
        )
    game = stag_hunt()
    hare = bound_of(((1,), (1,)), corner_gaps(game, ((1,), (1,)))).bound
    symbolic = _hare_bound(game)
    if hare is None or game.value_of(symbolic) != hare:
        return undecided("the class's bound is not the instance's")
    if all(pull >= 0 for _, pull in corner_gaps(game, ((1,), (1,))).values()):
        raise Undecided("the check cannot fail: no pull is negative")
    bare = [rest_bound(ipd(), parse_profile(ipd(), words)).bound for words in NAMED]
    if bare[0] != 0:
        return undecided("AllD without tremble rests")
    evidence = Evidence(
        "identity",
        "gaps of v and C at the profile from the decomposition, by differentiating a whole step on power series, and "
        "(one-shot games) from the payoff table; exact projected steps below, at and beyond the bound",
        "; ".join(
            f"{row['game']} {row['profile']}: {'no bound' if row['bound'] == 'none' else 'lambda <= ' + row['bound']}"
            for row in rows
        )
        + f"; Stag Hunt's class: (Hare, Hare) rests iff lambda <= {symbolic} (T > P)",
        {"moved_zeros": rows, "class_bound": str(symbolic), "ipd_without_tremble": [str(entry) for entry in bare]},
    )
    return Finding(
        Verdict.PROVED,
        "v + lambda C stays in the normal cone of a corner while an affine function of lambda is >= 0",
        (evidence,),
    )


def _is_supremum(game: Game, found: RestBound) -> bool:
    """Whether the profile attracts below the bound, only rests at it, and is left beyond: by gaps and by projection."""
    if found.bound is None:
        return all(pull >= 0 for _, pull in found.gaps.values()) and stays_projected(game, found.profile, FAR)
    step = found.bound / 1000
    around = (found.bound - step, found.bound, found.bound + step)
    rests = [all(gap + amount * pull >= 0 for gap, pull in found.gaps.values()) for amount in around]
    stays = [stays_projected(game, found.profile, amount) for amount in around]
    attracts = [found.attracts(amount) for amount in around]
    return rests == stays == [True, True, False] and attracts == [True, False, False]


def _hare_bound(game: Game) -> Expr:
    """The λ at which (Hare, Hare) is lost, payoffs symbolic; and that (Stag, Stag) is never lost for T ≥ P."""
    (p,), (q,) = parameters(game, "direct")
    hare = -corrected_field(game)[0].subs({p: 0, q: 0}).expand()
    stag = corrected_field(game)[0].subs({p: 1, q: 1}).expand()
    if not is_zero(hare - (P - S - size * BRACKET * (T - P))) or not is_zero(stag - (R - T + size * BRACKET * (R - S))):
        raise Undecided("the gaps of the class have another form")
    if definite_sign(BRACKET, game.ordering) != 1 or definite_sign(R - S, (*game.ordering, T - P)) != 1:
        raise Undecided("K or R - S is not positive over the class")
    return (P - S) / (BRACKET * (T - P))


# ------------------------------------------------------------------------------------------------------------- log-odds


def _check_logit_strict() -> Finding:
    game = symbolic_game((2, 2))
    blocks = in_probabilities(decompose(game, "logit", 1, "expanded").program, game).closed_form()
    direct = decompose(game, form="expanded")
    (p,), (q,) = parameters(game, "direct")
    for player, (own, other) in enumerate(((p, q), (q, p)), start=1):
        (slope,), (peer,) = blocks[f"current_{player}"], blocks[f"peer_{player}"]
        gap, pull = direct.policy_gradient[player - 1][0], lowest_terms(direct.peer_learning[player - 1][0] / alpha)
        weight = own * (1 - own)
        if not is_zero(slope - weight * gap) or not is_zero(
            lowest_terms(peer / alpha) - weight * (other * (1 - other)) ** 2 * pull
        ):
            return undecided("the log-odds field has another form")
        if is_zero(lowest_terms(peer / alpha) - weight * pull):
            raise Undecided("the check cannot fail: it accepts the correction without the peer's weight")
        if gap.has(own) or pull.has(other) or Poly(gap, other).degree() > 1 or Poly(pull, own).degree() > 1:
            return undecided("gap or pull is not affine in one probability")
    gap, tilt, pull = symbols("G a b", positive=True)  # a = |g'|, b = λ|m|N; both may also be 0
    reach = gap / (tilt + pull + gap)
    left = lowest_terms(gap - tilt * reach - pull * reach**2)
    if not _positive_terms(left):
        return undecided("the neighbourhood is too large")
    if _positive_terms(lowest_terms(gap - tilt * 2 * reach - pull * reach**2)):
        raise Undecided("the check cannot fail: it accepts twice the tilt")
    row = _hare_square()
    evidence = Evidence(
        "identity",
        "2 x 2 games, all payoffs symbolic: the correction has the peer's weight (q(1 - q))^2 that the gradient lacks",
        "x' = p(1-p)[g(q) + lambda m n(p) (q(1-q))^2]: in the square of side r = G/(|g'| + lambda |m| N + G) at a "
        "strict corner both log-odds move to the corner, for every lambda; (Hare, Hare) at the published "
        f"{CORRECTION}: side {row['side']}, though lost in direct coordinates",
        {"moved_zeros": [row]},
    )
    return Finding(Verdict.PROVED, "near the corner the correction is of higher order than the gradient", (evidence,))


def _positive_terms(quotient: Expr) -> bool:
    """Whether numerator and denominator have only positive coefficients (the symbols are positive)."""
    return all(
        coefficient > 0
        for part in quotient.as_numer_denom()
        for coefficient in Poly(part, *sorted(part.free_symbols, key=str)).coeffs()
    )


def _hare_square() -> dict[str, Any]:
    """The square at (Hare, Hare) at the published λ, and player 1's bracket in it.

    The bracket is affine in p and increases with q up to 1/2, so it is largest at a corner with the largest q.
    """
    game = stag_hunt()
    (p,), (q,) = parameters(game, "direct")
    entry = game.value_of(logit_brackets(game)[0]).expand()
    free, moved = entry.coeff(size, 0), lowest_terms(entry.coeff(size, 1) / (q * (1 - q)) ** 2)
    gap, tilt = -free.subs(q, 0), diff(free, q)
    largest = max(abs(moved.subs(p, end)) for end in (0, 1))
    side = gap / (abs(tilt) + CORRECTION * largest + gap)
    worst = max(entry.subs({size: CORRECTION, p: end, q: side}) for end in (Integer(0), side))
    if not (tilt > 0 and side <= HALF and worst < 0):
        raise Undecided("the bracket changes sign in the square")
    return {
        "game": game.name,
        "profile": "Hare,Hare",
        "lambda": str(CORRECTION),
        "side": str(side),
        "worst": str(worst),
    }


# -------------------------------------------------------------------------------------------------------- lost, created


def _check_lost() -> Finding:
    found = rest_bound(stag_hunt(), ((1,), (1,)))
    if found.bound is None or found.bound >= CORRECTION or not found.attracts(found.bound * Rational(99, 100)):
        return undecided("(Hare, Hare) rests at the published lambda")
    field = [stag_hunt().value_of(e) for e in corrected_field(stag_hunt())]
    (p,), (q,) = parameters(stag_hunt(), "direct")
    at = [entry.subs({p: 0, q: 0, size: CORRECTION}) for entry in field]
    if not all(entry > 0 for entry in at):
        return undecided("the field does not leave the corner")
    evidence = Evidence(
        "counterexample",
        "exact field at the corner",
        f"stag-hunt 4,0,3,2, direct: (Hare, Hare) rests exactly for lambda <= {found.bound}; at the published lambda "
        f"{CORRECTION} the field there is ({at[0]}, {at[1]}), into the square",
        {
            "moved_zeros": [
                {
                    "game": "stag-hunt",
                    "profile": "Hare,Hare",
                    "bound": str(found.bound),
                    "lambda": str(CORRECTION),
                    "field": "; ".join(map(str, at)),
                }
            ]
        },
    )
    return Finding(Verdict.REFUTED, "a strict equilibrium is lost once lambda exceeds its bound", (evidence,))


def _check_created() -> Finding:
    game = prisoners_dilemma(R=4, S=0, T=5, P=3)
    cooperation = ((0,), (0,))
    gaps = corner_gaps(game, cooperation)
    if gaps != payoff_gaps(game, cooperation) or gaps != unrolled_gaps(game, cooperation):
        return undecided("the routes to the gaps differ")
    gap, pull = gaps[0, 0, 1]
    if not (gap < 0 < pull and gaps[1, 0, 1] == (gap, pull)):
        return undecided("(C, C) is not created")
    if any(entry.profile == cooperation for entry in pure_equilibria(game)):
        return undecided("(C, C) is an equilibrium")
    threshold = -gap / pull
    donation = corner_gaps(prisoners_dilemma(R=3, S=0, T=5, P=2), cooperation)  # R + P = S + T
    if any(pull_ != 0 for _, pull_ in donation.values()):
        raise Undecided("the control is not one: the correction does not vanish where R + P = S + T")
    amount = 2 * threshold
    evidence = Evidence(
        "counterexample",
        "gaps of v and C at the corner by three routes",
        f"prisoners-dilemma 4,0,5,3, direct: at (C, C) the pull towards C is {gap} + {pull} lambda, so for every "
        f"lambda > {threshold} (C, C) attracts all starts near it, though D is dominant; never for R + P = S + T",
        {
            "moved_zeros": [
                {
                    "game": "prisoners-dilemma",
                    "payoffs": "4,0,5,3",
                    "profile": "C,C",
                    "threshold": str(threshold),
                    "gap": str(gap),
                    "pull": str(pull),
                    "at_lambda": str(amount),
                    "sum": str(gap + amount * pull),
                }
            ]
        },
    )
    reason = "the correction can outweigh the gradient at a profile that is no equilibrium"
    return Finding(Verdict.REFUTED, reason, (evidence,))


_EXPANDED = "expanded form, L = 1"
CLAIMS = (
    Claim(
        "C8.strict",
        "Under projection a strict pure equilibrium does not move, and attracts, while lambda is below an exact bound; "
        "beyond the bound it is no rest point.",
        "derived here",
        assumptions=(_EXPANDED, "exact values", "every state is reached (tremble 1/100 in the IPD)"),
        scope="direct coordinates; all strict equilibria of the named one-shot games and of two joint projects "
        "with three actions, and AllD, Grim and D:CDDD of the memory-one IPD; lambda for total values (normalised: "
        "times 1/(1 - gamma)); Stag Hunt's bound for its class",
        check=_check_strict,
    ),
    Claim(
        "C8.logit-strict",
        "In log-odds no lambda loses a strict equilibrium of a 2 x 2 game: its basin contains an open square for every "
        "lambda.",
        "derived here",
        assumptions=(_EXPANDED, "lambda >= 0"),
        scope="all 2 x 2 games, payoffs symbolic; v + lambda C without step size",
        check=_check_logit_strict,
    ),
    Claim(
        "C8.lost",
        "A constant correction keeps every strict equilibrium.",
        "what a fixed-point shift of O(lambda) suggests",
        scope=f"direct coordinates under projection, at the published lambda = {CORRECTION}",
        check=_check_lost,
    ),
    Claim(
        "C8.created",
        "A constant correction makes no profile attracting that is no equilibrium.",
        "what a fixed-point shift of O(lambda) suggests",
        scope="direct coordinates under projection",
        check=_check_created,
    ),
)
