"""C1: the finite-unroll Meta-MAPG update is policy gradient + own-learning + peer-learning correction."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Rational, Symbol, diff

from theory import exact
from theory.claims.identities import closed_form_identity, point_identity
from theory.claims.model import Claim, Evidence, Finding, Refuted, Verdict
from theory.decomposition import decompose, differentiated_unroll
from theory.exact import Undecided
from theory.games import AnyGame, Game, ipd, prisoners_dilemma, public_goods, stag_hunt, stag_hunt_3, tandem
from theory.jets import SmoothPoint
from theory.policies import parameters
from theory.symbols import alpha
from theory.updates import Form, Unroll
from theory.values import Parameters

# (parameters of each player, unroll): the shapes for which the identity is proved for every smooth game.
SMOOTH_SHAPES = (((1, 1), 1), ((2, 2), 1), ((1, 1, 1), 1), ((1, 1), 2))


def smooth_unroll(shape: Sequence[int], length: int, form: Form = "unrolled") -> Unroll:
    """The unroll of an arbitrary smooth game with that many parameters per player, common step size α."""
    start: Parameters = tuple(
        tuple(Symbol(f"phi_{player + 1}_{index + 1}", real=True) for index in range(size))
        for player, size in enumerate(shape)
    )
    return Unroll(SmoothPoint, start, [alpha] * len(shape), length, form)


def residuals(unroll: Unroll, player: int, keep: Sequence[str] = ("current", "own", "peer")) -> list[Expr]:
    """Derivative of Vⁱ(φ_L) in φ₀ⁱ less the sum of the kept terms, entry by entry (an arbitrary smooth game)."""
    terms = {"current": unroll.current, "own": unroll.own_learning, "peer": unroll.peer_learning}
    end = unroll.path[-1]
    assert isinstance(end, SmoothPoint)
    value = end.value(player)
    summed = [Add(*entries) for entries in zip(*(terms[name](player) for name in keep), strict=True)]
    return [
        diff(value, symbol) - total for symbol, total in zip(unroll.path[0].parameters[player], summed, strict=True)
    ]


def split_residuals(unroll: Unroll, player: int) -> list[Expr]:
    """peer_i less the derivative through the others' φ_L alone (own block of φ_L held fixed)."""
    end = unroll.path[-1]
    frozen = {e: Symbol(f"end_{k}", real=True) for k, e in enumerate(end.parameters[player])}
    held = SmoothPoint(tuple(tuple(frozen.values()) if j == player else row for j, row in enumerate(end.parameters)))
    back = {symbol: entry for entry, symbol in frozen.items()}
    return [
        diff(held.value(player), symbol).xreplace(back) - peer
        for symbol, peer in zip(unroll.path[0].parameters[player], unroll.peer_learning(player), strict=True)
    ]


def _smooth_identity() -> Evidence:
    for shape, length in SMOOTH_SHAPES:
        unroll = smooth_unroll(shape, length)
        if len(unroll.path) != length + 1:
            raise Undecided(f"the unroll has {len(unroll.path) - 1} steps, not {length}")
        for player in range(len(shape)):
            if not all(exact.is_zero(entry) for entry in residuals(unroll, player)):
                raise Refuted(f"the identity fails for shape {shape}, L = {length}")
            if not all(exact.is_zero(entry) for entry in split_residuals(unroll, player)):
                raise Refuted(f"own and peer are not the terminal split for shape {shape}, L = {length}")
            if _vanishes(residuals(unroll, player, ("current", "own"))):
                raise Undecided("the check cannot fail: it accepts the sum without the peer term")
    shown = smooth_unroll((1, 1), 1)
    return Evidence(
        "identity",
        "arbitrary smooth values (jets), chain rule against the sum of terms",
        f"derivative of V_i(phi_L) = current + own + peer for {len(SMOOTH_SHAPES)} shapes; dropping peer is noticed",
        {
            "shapes": [{"parameters": list(shape), "unroll": length} for shape, length in SMOOTH_SHAPES],
            "example_player_1": {
                "current": str(shown.current(0)[0]),
                "own": str(shown.own_learning(0)[0]),
                "peer": str(shown.peer_learning(0)[0]),
            },
        },
    )


def _vanishes(entries: Sequence[Expr]) -> bool:
    """Whether every entry is identically zero; an undecided entry counts as not shown to be zero."""
    try:
        return all(exact.is_zero(entry) for entry in entries)
    except Undecided:
        return False


def _check_exact() -> Finding:
    evidence = (
        _smooth_identity(),
        closed_form_identity(stag_hunt()),
        point_identity(ipd(), "direct"),
        point_identity(ipd(), "logit"),
    )
    return Finding(
        Verdict.PROVED,
        "the sum of the terms is the derivative, with value derivatives at phi_L and Jacobians along the path",
        evidence,
    )


def first_order_residual(shape: Sequence[int], player: int) -> list[Expr]:
    """d/dα at 0 of the exact derivative, less (Dv·v)_i + own/α + peer/α at φ₀ (an arbitrary smooth game)."""
    unroll, at_start = smooth_unroll(shape, 1), smooth_unroll(shape, 1, "expanded")
    end = unroll.path[-1]
    assert isinstance(end, SmoothPoint)
    own, peer = at_start.own_learning(player), at_start.peer_learning(player)
    bend = velocity_change(at_start, player)
    entries = zip(unroll.path[0].parameters[player], own, peer, bend, strict=True)
    return [
        diff(diff(end.value(player), symbol), alpha).subs(alpha, 0) - (o + p) / alpha - b for symbol, o, p, b in entries
    ]


def velocity_change(unroll: Unroll, player: int) -> list[Expr]:
    """(Dv·v)_i at φ₀: how g_i changes along the joint policy gradient (an arbitrary smooth game)."""
    point = unroll.path[0]
    flat = [
        (symbol, slope)
        for j, row in enumerate(point.parameters)
        for symbol, slope in zip(row, point.gradient(j, j), strict=True)
    ]
    return [Add(*(diff(entry, symbol) * slope for symbol, slope in flat)) for entry in point.gradient(player, player)]


def _check_first_order() -> Finding:
    shapes = tuple(shape for shape, length in SMOOTH_SHAPES if length == 1)
    for shape in shapes:
        for player in range(len(shape)):
            residual = first_order_residual(shape, player)
            if not all(exact.is_zero(entry) for entry in residual):
                raise Refuted(f"the first-order expansion fails for shape {shape}")
            bend = velocity_change(smooth_unroll(shape, 1, "expanded"), player)
            if _vanishes([entry + b for entry, b in zip(residual, bend, strict=True)]):
                raise Undecided("the check cannot fail: it accepts the sum without (Dv v)_i")
    shown = smooth_unroll((1, 1), 1, "expanded")
    return Finding(
        Verdict.PROVED,
        "the order-alpha term of the exact update is (Dv v)_i + own + peer, all at phi_0",
        (
            Evidence(
                "identity",
                "derivative in alpha at 0 for arbitrary smooth values (jets)",
                f"first-order coefficient equals (Dv v)_i + own + peer at phi_0 for {len(shapes)} shapes",
                {"shapes": [list(shape) for shape in shapes], "Dv_v_player_1": str(velocity_change(shown, 0)[0])},
            ),
        ),
    )


def at_start_residual(game: Game) -> tuple[Expr, Expr]:
    """Player 1 of a one-shot game, direct, L = 1: (exact − all-at-φ₀ form)/α, and its limit for α → 0."""
    whole = differentiated_unroll(game).closed_form()["total_1"][0]
    form = decompose(game, form="expanded")
    published = form.policy_gradient[0][0] + form.own_learning[0][0] + form.peer_learning[0][0]
    residual = exact.lowest_terms((whole - published) / alpha)
    return residual, exact.lowest_terms(residual.subs(alpha, 0))


# Games whose limit is written out, as a function of φ₀ and the payoffs (direct coordinates, every player).
LIMITS = (stag_hunt, prisoners_dilemma, stag_hunt_3, public_goods, tandem)


def _limit_in(game: AnyGame) -> list[list[Expr]]:
    """Limit of (exact − all-at-φ₀ form)/α for α → 0, entry by entry (direct coordinates, L = 1)."""
    whole = differentiated_unroll(game).closed_form()
    form = decompose(game, form="expanded")
    rows = []
    for player in range(game.players):
        parts = (form.policy_gradient[player], form.own_learning[player], form.peer_learning[player])
        entries = zip(whole[f"total_{player + 1}"], *parts, strict=True)
        rows.append(
            [
                exact.lowest_terms(exact.lowest_terms((total - Add(*kept)) / alpha).subs(alpha, 0))
                for total, *kept in entries
            ]
        )
    return rows


def _check_at_start() -> Finding:
    game = stag_hunt()
    residual, limit = at_start_residual(game)
    terms = decompose(game, form="expanded").policy_gradient
    axes = [row[0] for row in parameters(game, "direct")]
    missing = Add(*(diff(terms[0][0], axis) * slope[0] for axis, slope in zip(axes, terms, strict=True)))
    if not exact.is_zero(limit - missing):
        return Finding(Verdict.UNDECIDED, "the residual's limit is not (Dv v)_1")
    if exact.is_zero(limit):
        return Finding(Verdict.UNDECIDED, "the residual of the all-at-phi_0 form vanishes to first order in this game")
    limits = {}
    for other in LIMITS:
        shown = _limit_in(other())
        limits[other().name] = [[str(entry) for entry in row] for row in shown]
    witness = {**dict(game.parameters), **dict.fromkeys(axes, Rational(1, 4)), alpha: Rational(1, 10)}
    value, first = residual.subs(witness), limit.subs(witness)
    if exact.is_zero(value) or exact.is_zero(first):
        return Finding(Verdict.UNDECIDED, "the witness does not separate the two forms")
    return Finding(
        Verdict.REFUTED,
        "with every factor at phi_0 the update lacks (Dv v)_i, a term of the same order alpha as the corrections",
        (
            Evidence(
                "counterexample",
                "exact rational witness and limit",
                f"stag-hunt, direct, p = q = 1/4, alpha = 1/10: residual/alpha = {value}, limit {first}",
                {
                    "residual_over_alpha": str(residual),
                    "limit": str(limit),
                    "limits_per_game": limits,
                    "witness": {str(s): str(v) for s, v in witness.items()},
                    "residual_over_alpha_at_witness": str(value),
                    "limit_at_witness": str(first),
                },
            ),
        ),
    )


_SMOOTH_SCOPE = "every game with smooth values and (1,1), (2,2) or (1,1,1) parameters per player at L = 1"

CLAIMS = (
    Claim(
        "C1",
        "The finite-unroll Meta-MAPG update = policy gradient + own-learning + peer-learning correction.",
        "paper, decomposition theorem; Kim et al. 2021",
        assumptions=("exact values, deterministic inner steps",),
        scope="with the evaluation points of C1.exact; the form with every factor at phi_0 is C1.at-phi0",
        requires=("C1.exact",),
    ),
    Claim(
        "C1.exact",
        "d/dphi_0^i V^i(phi_L) = g_i(phi_L) + own_i + peer_i, with value derivatives at phi_L and Jacobians along the "
        "path (terminal split).",
        "chain rule; Kim et al. 2021, Theorem 1, exact inner loop",
        assumptions=("values are twice differentiable", "inner steps are unprojected policy gradient steps"),
        scope=_SMOOTH_SCOPE + ", (1,1) at L = 2; Stag Hunt as closed form; memory-one IPD at random exact points",
        check=_check_exact,
    ),
    Claim(
        "C1.first-order",
        "To first order in alpha the update is g_i + alpha (Dv v)_i + own_i + peer_i, all at phi_0.",
        "Taylor expansion at alpha = 0",
        assumptions=("values are three times differentiable",),
        scope=_SMOOTH_SCOPE,
        check=_check_first_order,
    ),
    Claim(
        "C1.at-phi0",
        "The update equals g_i + own_i + peer_i with every factor at phi_0, up to O(alpha^2).",
        "paper, text and code",
        scope="refuted by Stag Hunt (4,0,3,2) in direct coordinates",
        check=_check_at_start,
    ),
)
