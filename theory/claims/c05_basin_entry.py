"""C5: whether alignment raises the probability of entering a basin, for each notion of alignment."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from sympy import Add, Expr, Integer, Poly, Rational, Symbol, diff, integrate

from theory.bernstein import bernstein
from theory.claims.identities import random_point
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.decomposition import decompose
from theory.exact import Undecided, is_zero, lowest_terms
from theory.flux import CASES, straight_boundary
from theory.games import Game, chicken, ipd, prisoners_dilemma, stag_hunt, stag_hunt_3
from theory.games.symbolic import symbolic_game
from theory.order import OrderInclusion, order_inclusion
from theory.order_conflicts import conflicts
from theory.policies import COORDINATES, parameters
from theory.separatrix import Separatrix, separatrix
from theory.symbols import P, R, S, T, alpha, correction
from theory.values import value_program

# Payoffs R, S, T, P looked at for the smallest counterexample: integers from 0 to this.
LARGEST_PAYOFF = 6
STEP = Rational(1, 10)  # λ at which shares are shown
POLICIES = 8  # at which cross slopes are looked at

# ---------------------------------------------------------------------------------------------------------- order


def _order(order: OrderInclusion) -> Evidence:
    names = " and ".join(f"{form} >= 0" for form in order.conditions) or "always"
    place = f"{order.game.name}, {order.alignment.policy}"
    return Evidence(
        "identity",
        "signs of cross slopes and corrections at every policy (vertex rule, Bernstein, Farkas); comparison of maps",
        f"{place}: v cooperative and C >= 0 at every policy of the class iff: {names}; at {order.game.name}'s own "
        f"payoffs steps up to {order.largest_step}",
        order.to_json(),
    )


def _check_order() -> Finding:
    evidence = []
    for policy in COORDINATES:
        hunt, three = order_inclusion(stag_hunt(), policy), order_inclusion(stag_hunt_3(), policy)
        if not hunt.possible or hunt.conditions != (T - P,):
            return Finding(Verdict.UNDECIDED, f"the derived conditions are {hunt.conditions}, not T >= P alone")
        if not three.possible or three.conditions:
            return Finding(Verdict.UNDECIDED, f"the derived conditions are {three.conditions}, not none")
        evidence += [_order(hunt), _order(three)]
    for control in (chicken(), prisoners_dilemma().with_target(("C", "C"))):
        if order_inclusion(control).holds:
            raise Undecided(f"the check cannot fail: it accepts {control.name}")
    losing = order_inclusion(loser())
    if losing.holds or not losing.cooperative:
        raise Undecided("the check cannot fail: it accepts a game in which starts are lost")
    return Finding(
        Verdict.PROVED,
        "the corrected run stays above the plain one from the same start, step by step, because the plain step is "
        "increasing and the correction only adds",
        tuple(evidence),
    )


# --------------------------------------------------------------------------------------------------------- globally


def global_alignment_residuals() -> list[Expr]:
    """What must vanish for: ⟨C, x* − x⟩ ≥ 0 on the square iff every σ_i C_i ≥ 0 (any 2 × 2 game, direct).

    C_1 does not contain q and C_2 does not contain p, so on the edge where x_2 = x*_2 the inner product is
    (x*_1 − x_1) C_1 alone; x*_1 − x_1 has the sign σ_1.
    """
    game = symbolic_game((2, 2))
    peer = decompose(game, form="expanded").peer_learning
    (p,), (q,) = parameters(game, "direct")
    return [diff(peer[0][0], q), diff(peer[1][0], p)]


def _check_global() -> Finding:
    if not all(map(is_zero, global_alignment_residuals())):
        return Finding(Verdict.UNDECIDED, "a player's correction depends on the other's probability")
    (p,), (q,) = parameters(symbolic_game((2, 2)), "direct")
    peer = decompose(symbolic_game((2, 2)), form="expanded").peer_learning
    if is_zero(diff(peer[0][0], p)) or is_zero(diff(peer[1][0], q)):
        raise Undecided("the check cannot fail: the corrections depend on nothing")
    evidence = Evidence(
        "identity",
        "closed forms of every 2 x 2 game",
        "C_1 is free of q and C_2 of p: on an edge through x* the inner product <C, x* - x> is one player's share, so "
        "it is >= 0 on the square iff both corrections are",
        {"C_1": str(lowest_terms(peer[0][0] / alpha)), "C_2": str(lowest_terms(peer[1][0] / alpha))},
    )
    return Finding(
        Verdict.PROVED,
        "alignment at every policy is the same as order alignment, which suffices with v cooperative (C5.order)",
        (evidence,),
    )


# ------------------------------------------------------------------------------------- complements with spillovers


def complement_residuals(players: int, peers: bool = True) -> list[Expr]:
    """C_i − Σ_j (∂_i∂_jVʲ)(∂_jVⁱ) over the players j ≠ i, for every game with two actions each (direct).

    Args:
        players: their number.
        peers: whether the sum runs over all j ≠ i; else the last one is left out.
    """
    game = symbolic_game((2,) * players)
    values = value_program(game).closed_form()["value"]
    axes = [row[0] for row in parameters(game, "direct")]
    peer = decompose(game, form="expanded").peer_learning
    found = []
    for i, axis in enumerate(axes):
        others = [j for j in range(players) if j != i][: None if peers else -1]
        total = Add(*(diff(values[j], axes[j], axis) * diff(values[i], axes[j]) for j in others))
        found.append(lowest_terms(peer[i][0] / alpha) - total)
    return found


def _check_complements() -> Finding:
    counts = (2, 3)
    if not all(is_zero(entry) for players in counts for entry in complement_residuals(players)):
        return Finding(Verdict.UNDECIDED, "the correction is not the sum of products")
    if all(is_zero(entry) for entry in complement_residuals(3, peers=False)):
        raise Undecided("the check cannot fail: it accepts a sum without one of the peers")
    without = order_inclusion(loser())
    if not without.cooperative or without.alignment.holds:
        return Finding(Verdict.UNDECIDED, "no game shows that complements alone do not suffice")
    evidence = Evidence(
        "identity",
        "the derived correction against second derivatives of multilinear values, all payoffs symbolic",
        "C_i = sum_j (d_i d_j V^j)(d_j V^i) over the peers j, for 2 and 3 players with two actions each",
        {"players": list(counts)},
    )
    return Finding(Verdict.PROVED, "every summand is a product of two factors that are >= 0", (evidence,))


# ---------------------------------------------------------------------------------------- locally and in the mean


@lru_cache
def _stag_hunt_line() -> Separatrix:
    return separatrix(stag_hunt())


@lru_cache
def mean_alignment() -> Expr:
    """∫∫ ⟨C, x* − x⟩ over the square, direct coordinates, Stag Hunt with symbolic payoffs."""
    game = stag_hunt()
    order = order_inclusion(game)
    (p,), (q,) = parameters(game, "direct")
    return lowest_terms(integrate(integrate(order.alignment.inner_product.expand(), (p, 0, 1)), (q, 0, 1)))


def loses(payoffs: tuple[int, ...]) -> bool:
    """Whether the mean alignment is > 0 and yet the basin shrinks at λ = 0, direct coordinates, uniform starts."""
    r, s, t, p = payoffs
    if not (r > t and p > s):
        return False
    at = {R: Integer(r), S: Integer(s), T: Integer(t), P: Integer(p)}
    line = _stag_hunt_line()
    if not 0 <= line.boundary.subs({**at, correction: 0}) <= 2:
        return False
    slope = line.boundary_slope.subs({**at, correction: 0})
    return bool(mean_alignment().subs(at) > 0 and slope > 0)


@lru_cache
def smallest_losers() -> tuple[tuple[int, ...], ...]:
    """The games that lose with the smallest range of integer payoffs, the lowest payoff 0."""
    for top in range(1, LARGEST_PAYOFF + 1):
        payoffs = (row for row in product(range(top + 1), repeat=4) if min(row) == 0 and max(row) == top)
        if found := tuple(row for row in payoffs if loses(row)):
            return found
    raise Undecided(f"no game with integer payoffs from 0 to {LARGEST_PAYOFF} loses")


def loser() -> Game:
    """The smallest game in which mean and local alignment mislead."""
    r, s, t, p = smallest_losers()[0]
    return stag_hunt(R=r, S=s, T=t, P=p)


BOX = (Rational(1, 2), Rational(1))  # both probabilities of Stag


def smallest_on_box(form: Expr, game: Game) -> Rational:
    """Smallest value on the box of a function that is affine in each probability, at the game's payoffs."""
    axes = [row[0] for row in parameters(game, "direct")]
    terms = dict(Poly(game.value_of(form), *axes).terms())
    if any(max(powers) > 1 for powers in terms):
        raise Undecided(f"{form} is not affine in each probability")
    found: Rational = min(bernstein(terms, [BOX] * len(axes), Rational).values())
    return found


def _shares(game: Game) -> tuple[Rational, Rational]:
    line = separatrix(game)
    return line.share(Integer(0)), line.share(STEP)


def _check_local() -> Finding:
    game = loser()
    order = order_inclusion(game)
    slopes = [row[0] for row in decompose(game, form="expanded").policy_gradient]
    smallest = {
        "v": min(smallest_on_box(slope, game) for slope in slopes),
        "C": min(smallest_on_box(entry, game) for entry in order.alignment.correction),
    }
    if not all(value > 0 for value in smallest.values()):
        return Finding(Verdict.UNDECIDED, f"v or C does not point to the target on the whole box: {smallest}")
    before, after = _shares(game)
    control = _shares(stag_hunt())
    if not control[0] < control[1]:
        raise Undecided("the check cannot fail: the share falls at 4,0,3,2 too")
    if not before > after:
        return Finding(Verdict.UNDECIDED, f"the share does not fall: {before}, {after}")
    payoffs = {str(symbol): str(value) for symbol, value in game.parameters}
    evidence = Evidence(
        "counterexample",
        "smallest values at the corners of a box; closed-form basin shares",
        f"payoffs {', '.join(payoffs.values())}, direct: on [1/2, 1]^2, which v and C never leave, every v_i >= "
        f"{smallest['v']} and C_i >= {smallest['C']}; the basin share of (Stag, Stag) falls from {before} to {after} "
        f"at lambda = {STEP}",
        {
            "payoffs": payoffs,
            "box": [str(end) for end in BOX],
            "smallest_on_box": {name: str(value) for name, value in smallest.items()},
            "share": {"0": str(before), str(STEP): str(after)},
            "control_share_at_4_0_3_2": [str(value) for value in control],
        },
    )
    return Finding(
        Verdict.REFUTED,
        "the boundary moves by what the correction does at the boundary, far from the region where it is aligned; the "
        "basins are nested, so every distribution of starts with a positive density loses",
        (evidence,),
    )


def _check_mean() -> Finding:
    game = loser()
    mean = mean_alignment()
    at = dict(game.parameters)
    before, after = _shares(game)
    if not (mean.subs(at) > 0 and before > after):
        return Finding(Verdict.UNDECIDED, "the smallest game does not lose")
    shown = ", ".join(map(str, at.values()))
    evidence = Evidence(
        "counterexample",
        "exact integral over the square and closed-form shares; all integer payoffs up to the smallest range",
        f"payoffs {shown}: mean of <C, x* - x> is {mean.subs(at)} > 0, share {before} -> {after} at lambda = {STEP}; "
        f"no Stag Hunt with integer payoffs in a smaller range, and {len(smallest_losers())} in this one",
        {
            "mean_alignment": str(mean),
            "smallest": [list(map(str, row)) for row in smallest_losers()],
            "share": {"0": str(before), str(STEP): str(after)},
        },
    )
    return Finding(
        Verdict.REFUTED, "the mean counts what happens inside the basin, where nothing is gained", (evidence,)
    )


# --------------------------------------------------------------------------------------------------------- the IPD


def _check_order_ipd() -> Finding:
    game, one_shot = ipd(), stag_hunt()
    found, control = (conflicts(each, random_policies(each)) for each in (game, one_shot))
    if control:
        raise Undecided("the check cannot fail: it finds conflicts in Stag Hunt")
    axes = [symbol for row in parameters(game, "direct") for symbol in row]
    own = parameters(game, "direct")[0]
    inside = [c for c in found if c.slope in own and c.axis in own]
    across = [c for c in found if c.slope in own and c.axis not in own]
    if not (inside and across):
        return Finding(Verdict.UNDECIDED, "no cross slope has both signs at the policies looked at")
    shown = [f"dv[{c.slope}]/d{c.axis}" for c in (inside[0], across[0])]
    pairs = len(axes) * (len(axes) - 1)
    evidence = Evidence(
        "counterexample",
        "exact cross slopes at random rational policies",
        f"{game.name}, direct: {len(found)} of {pairs} cross slopes have both signs, such as {' and '.join(shown)}",
        {
            "policies": [{s.name: str(v) for s, v in point.items()} for point in random_policies(game)],
            "conflicts": [
                {"slope": c.slope.name, "axis": c.axis.name, "values": [str(c.positive[1]), str(c.negative[1])]}
                for c in found
            ],
        },
    )
    return Finding(
        Verdict.REFUTED,
        "a cross slope of both signs fits no choice of signs, so no orthant order makes v cooperative, within one "
        "player's policy or across players",
        (evidence,),
    )


def random_policies(game: Game) -> list[dict[Symbol, Rational]]:
    """Exact policies in (0, 1), fixed once, at which cross slopes are looked at."""
    axes = [symbol for row in parameters(game, "direct") for symbol in row]
    return [random_point(axes, seed) for seed in range(POLICIES)]


# ------------------------------------------------------------------------------------------------------------ flux


def _check_flux_direct() -> Finding:
    line = straight_boundary(symbolic_game((2, 2)))
    for case in CASES:
        slope = diff(line.shares[case], correction).subs(correction, 0)
        if not is_zero(line.fluxes[case] - slope):
            return Finding(Verdict.UNDECIDED, f"the integral is not the derivative of the area in case {case}")
        if is_zero(line.fluxes[case]) or is_zero(line.fluxes[case] + slope):
            raise Undecided("the check cannot fail: the flux is 0 for every game")
    hunt = straight_boundary(stag_hunt())
    by_line = {}
    for label, share in (
        ("s* <= 1", separatrix(stag_hunt()).share_low),
        ("s* >= 1", separatrix(stag_hunt()).share_high),
    ):
        by_line[label] = lowest_terms(diff(share, correction).subs(correction, 0))
    here = dict(hunt.field.game.parameters)
    if not is_zero(hunt.flux - by_line["s* >= 1"].subs(here)):
        return Finding(Verdict.UNDECIDED, "the flux of Stag Hunt is not the slope of its closed-form share")
    evidence = Evidence(
        "identity",
        "A3 integrated along the straight stable manifold, against the derivative of the area, all payoffs symbolic",
        f"every 2 x 2 coordination game, direct, uniform starts, {len(CASES)} cases of where the line ends; Stag Hunt: "
        f"{', '.join(f'{form} if {label}' for label, form in by_line.items())}; {hunt.flux} at 4,0,3,2",
        {
            "names": {str(name): str(form) for name, form in line.names.items()},
            "fluxes": {str(case): str(form) for case, form in line.fluxes.items()},
            "stag_hunt": {label: str(form) for label, form in by_line.items()},
        },
    )
    return Finding(Verdict.PROVED, "the flux integral is the derivative of the basin's area", (evidence,))


_SETTING = "expanded form, L = 1 (x' = v + lambda C)"

CLAIMS = (
    Claim(
        "C5",
        "Local alignment implies that the basin-entry probability rises against policy gradient.",
        "paper, basin-entry theorem",
        scope="as stated, alignment near the target or in a certified region; C5.order and C5.global say what suffices",
        requires=("C5.local",),
    ),
    Claim(
        "C5.local",
        "If v and C both point to the target in a region that they do not leave, entry becomes more likely (A0).",
        "paper, basin-entry theorem",
        assumptions=(_SETTING, "uniform starts"),
        scope="refuted in direct coordinates; for every distribution of starts with a positive density",
        check=_check_local,
    ),
    Claim(
        "C5.mean",
        "If <C, x* - x> is positive in the mean over the starts, entry becomes more likely (A1).",
        "reading of 'aligned on average'",
        assumptions=(_SETTING, "uniform starts"),
        scope="refuted in direct coordinates",
        check=_check_mean,
    ),
    Claim(
        "C5.order",
        "If v is cooperative and C >= 0 toward the target at every policy, no start in the basin is lost, for every "
        "sequence lambda_n >= 0 and every distribution of starts (A2); in Stag Hunt this is so iff T >= P.",
        "comparison theorem of Kamke and Mueller, in steps",
        assumptions=(_SETTING, "exact gradients", "steps eta_n <= 6 sqrt(3)/max |gap| in logit coordinates"),
        scope="one-shot games, two actions each; Stag Hunt (R > T, P > S) and three-player Stag Hunt, symbolic payoffs",
        check=_check_order,
    ),
    Claim(
        "C5.order-ipd",
        "The memory-one IPD is cooperative in some order of its parameters, so that C5.order can speak of it.",
        "reading of C5.order",
        assumptions=("orthant orders", "policy gradient"),
        scope="payoffs -1,-3,0,-2, gamma = 24/25, direct coordinates; other cones are not looked at",
        check=_check_order_ipd,
    ),
    Claim(
        "C5.complements",
        "Strategic complements (d_i d_j V^j >= 0) with positive spillovers (d_j V^i >= 0) toward the target at every "
        "policy have v cooperative and C >= 0, so C5.order applies; complements alone do not suffice.",
        "derived here; supermodular games",
        assumptions=(_SETTING,),
        scope="one-shot games, two actions each, direct coordinates; identity checked for 2 and 3 players, by the "
        "chain rule for any number; C5.local's game has complements without spillovers",
        check=_check_complements,
    ),
    Claim(
        "C5.global",
        "In 2 x 2 games alignment at every policy, <C, x* - x> >= 0 on the whole square, is the same as C >= 0 toward "
        "the target, and so suffices where v is cooperative.",
        "derived here",
        assumptions=(_SETTING,),
        scope="all payoffs, symbolic; direct coordinates",
        check=_check_global,
    ),
    Claim(
        "C5.flux",
        "For small lambda entry becomes more or less likely as the flux of the correction through the basin boundary, "
        "weighed by the density of starts, is positive or negative (A3); a flux of 0 decides nothing.",
        "derived here",
        assumptions=(_SETTING, "the boundary is the stable manifold of one saddle"),
        scope="500 random 2 x 2 coordination games; direct with uniform starts, log-odds with the published starts",
    ),
    Claim(
        "C5.flux-direct",
        "In direct coordinates with uniform starts A3 has a closed form in every 2 x 2 coordination game.",
        "derived here",
        assumptions=(_SETTING, "both pure equilibria strict"),
        scope="all payoffs, symbolic; the boundary is a straight line (scope and proof in theory/flux.py)",
        check=_check_flux_direct,
    ),
    Claim(
        "C5.ordering",
        "In log-odds too the basin of a symmetric coordination game grows where T > S.",
        "C15.closed-form, read in the other coordinates",
        assumptions=(_SETTING, "starts N(0, 1.35^2)"),
        scope="refuted by one game; the sign of T - S is exact in direct coordinates only",
    ),
)
