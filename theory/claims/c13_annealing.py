"""C13: what annealing recovers of policy gradient. The proofs are in :mod:`theory.annealing`; their steps are here.

A correction that vanishes leaves policy gradient's limits (C13.limit), from the point where a run has entered a region
that the whole range of λ keeps (C13.region), but not its rates (C13.rates), unless λ_n vanishes fast enough for the
noise to hide it (C13.rates-when) or the equilibrium is a strict pure one (C13.finite-time, C13.logit-rate).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

import flint
from sympy import Add, Expr, Integer, Poly, Rational, Symbol, cancel, diff, solve, symbols

from theory.annealing import (
    BOUND,
    DISTANCE,
    KAPPA,
    LIPSCHITZ,
    PUSH,
    RATE,
    SPREAD,
    STEP,
    Process,
    SignBox,
    averaged,
    contraction_slack,
    enclosed_moments,
    envelope,
    envelope_step,
    interpolation_residual,
    linear_case,
    logit_corners,
    mean_square_parts,
    mean_square_slack,
    mean_square_step,
    power,
    power_schedule,
    process,
    sign_box,
    unrolled_limit,
)
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.corrected import game_case, jacobian, largest_eigenvalue, signature, square, symmetric
from theory.exact import Undecided, factor_signs, is_zero, leading_term, lowest_terms, to_fmpq
from theory.games import (
    Game,
    battle_of_the_sexes,
    chicken,
    coordination,
    cournot,
    ipd,
    matching_pennies,
    prisoners_dilemma,
    public_goods,
    stag_hunt,
    stag_hunt_3,
)
from theory.games.symbolic import symbolic_game
from theory.order import order_inclusion
from theory.policies import parameters
from theory.pure_equilibria import pure_equilibria
from theory.rest_points import rest_bound
from theory.separatrix import corrected_field, separatrix
from theory.symbols import P, R, S, T, alpha
from theory.symbols import correction as size

Path = list[tuple[Rational, ...]]
STRICT_GAMES = (
    stag_hunt, prisoners_dilemma, chicken, coordination, battle_of_the_sexes, stag_hunt_3, public_goods,
)  # fmt: skip
ONE, HALF, TENTH = Rational(1), Rational(1, 2), Rational(1, 10)
YOUNG = Symbol("theta", positive=True)
# Prisoner's Dilemma with D = R − S − T + P > 0, in which correction pulls both away from (D, D).
PULLED = {"R": 4, "S": 0, "T": 5, "P": 3}
# Stag hunt in which correction pushes away from (Stag, Stag): T < S and T < P.
PUSHED = {"R": 10, "S": 3, "T": 2, "P": 4}


def _undecided(what: str) -> Finding:
    return Finding(Verdict.UNDECIDED, what)


def _payoffs(game: Game) -> str:
    return ", ".join(str(value) for _, value in game.parameters)


def _shown(point: Sequence[Expr]) -> str:
    return "(" + ", ".join(map(str, point)) + ")"


# ------------------------------------------------------------------------------------------------------------ regions


def region_conditions() -> dict[str, Expr]:
    """The conditions that certify regions, as functions of λ, all payoffs symbolic: every one is affine in λ."""
    game = symbolic_game((2, 2))
    field, axes = corrected_field(game), [row[0] for row in parameters(game, "direct")]
    found = {f"velocity of player {i}": entry for i, entry in enumerate(field, start=1)}
    for corner in product((0, 1), repeat=2):
        found[f"drift to {corner}"] = Add(*(f * (x - c) for f, x, c in zip(field, axes, corner, strict=True)))
    line = separatrix(stag_hunt())
    s = Symbol("s", real=True)
    found["rate of p + q"] = lowest_terms(line.growth * (s - line.boundary))
    found["rate of p - q"] = line.contraction
    return found


def _box_row(box: SignBox, bound: Rational | None) -> dict[str, Any]:
    return {
        "game": box.game.name,
        "corner": _shown(box.corner) if len(box.corner) < 5 else "all second actions",
        "radius": str(box.radius),
        "margin": str(box.margin),
        "largest_lambda": str(box.largest),
        "lost_beyond": None if bound is None else str(bound),
    }


@lru_cache(maxsize=1)
def strict_boxes() -> tuple[tuple[SignBox, Rational | None], ...]:
    """Sign boxes at all strict pure equilibria of the named one-shot games of two actions, with the λ that loses each.

    The range of λ is half of what loses the equilibrium, or [0, 1] if nothing does.
    """
    found = []
    for make in STRICT_GAMES:
        game = make()
        for entry in pure_equilibria(game):
            if entry.strict:
                bound = rest_bound(game, entry.profile).bound
                largest = ONE if bound is None else bound / 2
                found.append((sign_box(game, entry.profile, largest), bound))
    return tuple(found)


def repeated_box() -> tuple[SignBox, Rational | None]:
    """The same at AllD of the memory-one IPD whose start distribution is uniform over the five states."""
    game = ipd().instance()
    states = len(game.states)
    game = replace(game, start=(Rational(1, states),) * states)
    profile = ((1,) * states,) * 2
    bound = rest_bound(game, profile).bound
    return sign_box(game, profile, ONE if bound is None else bound / 2), bound


def swings(count: int, step: Rational, largest: Rational, draw: random.Random) -> list[tuple[Rational, Rational]]:
    """A schedule that is no annealing at all: λ_n anywhere in {0, largest/2, largest}, in random order."""
    return [(step, largest * Rational(draw.randint(0, 2), 2)) for _ in range(count)]


def false_margin(box: SignBox, points: Iterable[Sequence[Rational]]) -> bool:
    """Whether some σ_k(v + λC)_k at the points is below the box's margin, at λ = 0 or at the end of its range."""
    return bool(box.least_push(map(tuple, points)) < box.margin)


def some_vertices(box: SignBox) -> list[Sequence[Rational]]:
    """The corner, the vertex opposite to it, and all vertices next to one of these."""
    width = len(box.corner)
    flips = [tuple(i == k for i in range(width)) for k in range(width)]
    near = [(False,) * width, *flips]
    return [box.vertex(far) for far in (*near, *(tuple(not f for f in row) for row in near))]


LONGEST = 12


def _half_planes() -> list[dict[str, Any]]:
    """Stag Hunts with random payoffs: starts beyond both boundaries, every kind of schedule, exact runs to the end."""
    draw, rows = random.Random(13), list[dict[str, Any]]()
    while len(rows) < 6:
        t, s = draw.randint(-2, 4), draw.randint(-2, 4)
        game = stag_hunt(R=t + draw.randint(1, 5), S=s, T=t, P=s + draw.randint(1, 5))
        line, steep = separatrix(game), game.value_of(R - S - T + P)
        largest = 1 / (steep * draw.randint(2, 9))
        ends = [line.boundary.subs(line.values(amount)) for amount in (Rational(0), largest)]
        high = max(ends)
        if not 0 <= min(ends) <= high < 2:
            continue
        total = (2 + 3 * high) / 4  # a quarter of the way to the corner
        side = min(total, 2 - total) / 3
        start = ((total + side) / 2, (total - side) / 2)
        step = 1 / (2 * steep)
        pulled = process(game)
        ended = [
            _arrival(pulled.run(start, sizes), (1, 1))
            for sizes in (
                [(step, Rational(0))] * LONGEST,
                power_schedule(step, largest, 1, LONGEST),
                swings(LONGEST, step, largest, draw),
                [(step, largest)] * LONGEST,
            )
        ]
        if None in ended:
            raise Undecided(
                f"a start beyond both boundaries does not arrive in {LONGEST} steps: {game.parameters}, {start}"
            )
        rows.append(
            {
                "payoffs": _payoffs(game),
                "largest_lambda": str(largest),
                "boundary_at_0": str(ends[0]),
                "boundary_at_largest": str(ends[1]),
                "start": _shown(start),
                "slowest": max(n for n in ended if n is not None),
            }
        )
    return rows


def _arrival(path: Path, corner: Sequence[int]) -> int | None:
    """The step from which on a path is at the corner; ``None`` if it does not end there."""
    away = [n for n, point in enumerate(path) if tuple(point) != tuple(corner)]
    last = away[-1] + 1 if away else 0
    return None if last == len(path) else last


def large_steps() -> dict[str, Any]:
    """A drift ball that policy gradient leaves for good in large steps, and annealing does not; in small ones neither.

    Stag Hunt 4,0,3,2, ball of radius 9/20 about (1, 1). With u = 1 − p, w = 1 − q the distance has ⟨v, x − x*⟩ =
    −(u + w − 6uw), and 6uw ≤ (3/2)(u + w)² with u + w ≤ √2 r, so it falls if 9r² < 2. C > 0 on the square adds to it.
    """
    pulled, start, radius, corner = process(stag_hunt()), (ONE, Rational(29, 50)), Rational(9, 20), (ONE, ONE)
    amount, big, small, steps = Rational(1, 4), Rational(2), Rational(1, 20), 60
    u, w = symbols("u w", nonnegative=True)
    at = dict(zip(pulled.symbols, (1 - u, 1 - w), strict=True))
    v, m = ([entry.subs(at, simultaneous=True) for entry in row] for row in (pulled.field, pulled.correction))
    fall = v[0] * u + v[1] * w
    if not is_zero(fall - (u + w - 6 * u * w)) or not 9 * radius**2 < 2:
        raise Undecided(f"the ball is not known to be a drift ball: {fall}")
    if not all(Poly(entry, *at.values()).total_degree() <= 1 for entry in m) or not all(
        entry.subs({u: a, w: b}) > 0 for entry in m for a, b in product((0, 1), repeat=2)
    ):
        raise Undecided("the correction does not point to the corner on the square")
    if not sum((x - 1) ** 2 for x in start) < radius**2:
        raise Undecided("the start is not in the ball")
    ends = {
        (step, share): pulled.run(start, power_schedule(step, share, 1, steps))[-2:]
        for step in (big, small)
        for share in (Rational(0), amount)
    }
    cycle = ends[big, Rational(0)]
    if set(map(tuple, cycle)) != {(1, 0), (0, 1)} or ends[big, amount] != [corner] * 2:
        raise Undecided(f"in steps of {big} the runs end with {cycle} and {ends[big, amount]}")
    if any(ends[small, share] != [corner] * 2 for share in (Rational(0), amount)):
        raise Undecided(f"in steps of {small} a run from the ball does not end at the corner")
    return {"payoffs": _payoffs(stag_hunt()), "radius": str(radius), "start": _shown(start), "a": str(big),
            "pg_ends_in_the_cycle": ", ".join(map(_shown, cycle)), "lambda_n": f"({amount})/(n + 1)",
            "annealed_ends_at": _shown(corner), "both_end_at_the_corner_with_a": str(small)}  # fmt: skip


def _check_region() -> Finding:
    largest = Symbol("Lambda", positive=True)
    conditions = region_conditions()
    for name, condition in conditions.items():
        if not is_zero(interpolation_residual(condition, largest)):
            return _undecided(f"the {name} is not affine in lambda")
    line = separatrix(stag_hunt())
    if is_zero(interpolation_residual(line.boundary, largest)):
        raise Undecided("the check cannot fail: it takes the boundary itself, a quotient, for affine")
    # second route for the class: the boundary turns nowhere, so its extremes over [0, c] are at the ends
    sign = factor_signs(line.boundary_slope, stag_hunt().ordering)
    if len(sign.open_factors) != 1 or size in sign.open_factors[0].free_symbols:
        return _undecided(f"the boundary's slope changes its sign with lambda: {sign.open_factors}")
    rows = _half_planes()
    boxes = [*strict_boxes(), repeated_box()]
    if _box_holds_too_much():
        raise Undecided("the check cannot fail: a box is certified for a lambda that loses the equilibrium")
    for box, _ in boxes:
        points = box.starts() if len(box.corner) < 4 else some_vertices(box)
        if false_margin(box, points):
            return _undecided(f"{box.game.name}: the margin {box.margin} is not kept at a vertex of the box")
    if not any(false_margin(replace(box, margin=2 * box.margin), box.starts()) for box, _ in strict_boxes()):
        raise Undecided("the check cannot fail: no vertex notices twice the margin")
    broken = large_steps()
    evidence = (
        Evidence(
            "identity",
            "interpolation in lambda, payoffs symbolic; sign of ds*/dlambda by Farkas' lemma",
            f"affine in lambda: {', '.join(conditions)} (all 2 x 2 games; the last two for Stag Hunts), so what holds "
            "at lambda = 0 and at lambda = c holds for every lambda_n in [0, c]; the boundary itself is not affine, "
            f"but moves one way, by the sign of {sign.open_factors[0]}",
            {"recovery": [{"condition": name, "form": str(form)} for name, form in conditions.items()]},
        ),
        Evidence(
            "identity",
            "exact runs with lambda_n constant, annealed, zero and in random order",
            f"{len(rows)} Stag Hunts with random payoffs: starts beyond both s*(0) and s*(c) reach (Stag, Stag) itself "
            f"within {max(row['slowest'] for row in rows)} steps under all four schedules",
            {"recovery": rows},
        ),
        Evidence(
            "identity",
            "v and v + c C enclosed on boxes by their program in ball arithmetic; margins exactly at vertices",
            f"sign boxes for all lambda in [0, c] at {len(boxes)} strict equilibria; at AllD of the memory-one IPD "
            f"(uniform start) a box of side {boxes[-1][0].radius} (certified, not the largest), c = "
            f"{boxes[-1][0].largest} in total values",
            {"recovery": [_box_row(box, bound) for box, bound in boxes]},
        ),
        Evidence(
            "counterexample",
            "control: exact runs from a drift ball in large steps, where the assumption of continuous time is broken",
            f"Stag Hunt {broken['payoffs']} from {broken['start']} in the drift ball of radius {broken['radius']}, a = "
            f"{broken['a']}: policy gradient ends in the cycle {broken['pg_ends_in_the_cycle']}, annealed with "
            f"{broken['lambda_n']} at {broken['annealed_ends_at']}; with a = {broken['both_end_at_the_corner_with_a']} "
            "both end at the corner",
            {"recovery": [broken]},
        ),
    )
    return Finding(Verdict.PROVED, "every certifying condition is affine in lambda", evidence)


def _box_holds_too_much() -> bool:
    game, hare = stag_hunt(), ((1,), (1,))
    bound = rest_bound(game, hare).bound
    if bound is None:
        return True
    try:
        sign_box(game, hare, bound * Rational(101, 100))
    except Undecided:
        return False
    return True


# --------------------------------------------------------------------------------------------------------- basins


def _below(low: Path, high: Path) -> bool:
    return all(a <= b for x, y in zip(low, high, strict=True) for a, b in zip(x, y, strict=True))


def _check_order() -> Finding:
    draw, steps, rows = random.Random(5), 6, []
    for game in (stag_hunt(), stag_hunt_3()):
        order = order_inclusion(game)
        if not order.holds:
            return _undecided(f"{game.name}: v is not cooperative with C >= 0")
        conditions = " and ".join(f"{form} >= 0" for form in order.conditions) or "none"
        rows.append({"game": game.name, "conditions": conditions, "largest_step": str(order.largest_step)})
        pulled = process(game)
        for _ in range(12):
            start = tuple(Rational(draw.randint(0, 12), 12) for _ in pulled.symbols)
            sizes = swings(steps, Rational(1, 12), Rational(1, 3), draw)
            if not _below(pulled.run(start, [(a, Rational(0)) for a, _ in sizes]), pulled.run(start, sizes)):
                return Finding(
                    Verdict.REFUTED, f"{game.name}: from {start} the corrected run falls below the plain one"
                )
    other, control = process(stag_hunt(**PUSHED)), [(Rational(1, 20), TENTH)] * steps
    start = (Rational(1, 8),) * 2
    if order_inclusion(stag_hunt(**PUSHED)).holds or _below(
        other.run(start, [(a, Rational(0)) for a, _ in control]), other.run(start, control)
    ):
        raise Undecided("the check cannot fail: it accepts a game whose correction pushes away")
    if order_inclusion(stag_hunt()).conditions != (T - P,):
        return _undecided("the conditions for Stag Hunts are not T >= P alone")
    evidence = Evidence(
        "identity",
        "signs of cross slopes and corrections at every policy; exact runs compared step by step",
        "Stag Hunts with T >= P and the three-player Stag Hunt: the annealed run stays above policy gradient's from "
        "the same start, for lambda_n >= 0 of every size and order; where T < P it can fall below",
        {"recovery": rows},
    )
    return Finding(Verdict.PROVED, "comparison, each step with its own lambda_n (theory.order)", (evidence,))


def annealed_to_zero(sizes: Sequence[tuple[Rational, Rational]], amount: Rational) -> bool:
    """Whether λ_n = amount/(n + 1) throughout, which falls and tends to 0."""
    return all(share * (n + 1) == amount for n, (_, share) in enumerate(sizes)) and amount > 0


def _crossing(game: Game, start: Rational, amount: Rational, step: Rational, end: int) -> dict[str, Any]:
    """Both runs from (start, start): policy gradient's end and the annealed run's, with the step at which it is across.

    The annealed run is across once p + q lies beyond s*(λ) for all λ in [0, amount]; the region lemma does the rest.
    """
    line = separatrix(game)
    low, high = sorted(line.boundary.subs(line.values(a)) for a in (Rational(0), amount))
    contraction = [line.contraction.subs(line.values(a)) for a in (Rational(0), amount)]
    if not all(rate >= 0 and step * rate <= 1 for rate in contraction) or not low < 2 * start < high:
        raise Undecided("the start or the step size is outside of what is proved")
    pulled = process(game)
    plain = pulled.run((start, start), [(step, Rational(0))] * 60)
    schedule = power_schedule(step, amount, 1, 60)
    if not annealed_to_zero(schedule, amount):
        raise Undecided("lambda_n is not annealed")
    annealed = pulled.run((start, start), schedule)
    other = (1 - end, 1 - end)
    if _arrival(plain, (end, end)) is None or _arrival(annealed, other) is None:
        raise Undecided(f"the runs end at {plain[-1]} and {annealed[-1]}")
    across = next(n for n, x in enumerate(annealed) if (sum(x) < low if end else sum(x) > high))
    return {
        "payoffs": _payoffs(game),
        "start": _shown((start, start)),
        "lambda_n": f"{amount}/(n + 1)",
        "a_n": str(step),
        "lower_boundary": str(low),
        "upper_boundary": str(high),
        "pg_ends_at": _shown((end, end)),
        "annealed_ends_at": _shown(other),
        "steps_until_across": across,
        "steps_to_corner": _arrival(annealed, other),
    }


def _check_any_point() -> Finding:
    rows = [
        _crossing(stag_hunt(**PUSHED), Rational(1, 8), TENTH, Rational(1, 20), 1),
        _crossing(stag_hunt(), HALF, Rational(1, 5), Rational(1, 5), 0),
    ]
    try:
        _crossing(stag_hunt(**PUSHED), Rational(1, 4), TENTH, Rational(1, 20), 1)
    except Undecided:
        pass
    else:
        raise Undecided("the check cannot fail: a start beyond both boundaries counts as one that crosses")
    if annealed_to_zero([(ONE, TENTH)] * 2, TENTH):
        raise Undecided("the check cannot fail: a constant lambda counts as annealed")
    evidence = Evidence(
        "counterexample",
        "exact runs in rational arithmetic until both rest at a corner; the region lemma for what follows",
        "; ".join(
            f"payoffs {r['payoffs']}, start {r['start']}, lambda_n = {r['lambda_n']}: policy gradient ends at "
            f"{r['pg_ends_at']}, the annealed run is across both boundaries after {r['steps_until_across']} step(s) "
            f"and ends at {r['annealed_ends_at']}"
            for r in rows
        ),
        {"recovery": rows},
    )
    return Finding(
        Verdict.REFUTED,
        "while lambda_n is large the boundary is elsewhere: only beyond both boundaries has a run entered",
        (evidence,),
    )


# ----------------------------------------------------------------------------------------------------------- the limit


def _interior_limit() -> Evidence:
    """Two firms: the recursion's bound against exact runs, and the moved zero of the constant correction."""
    case = game_case(cournot(), (ONE, ONE))
    rate = case.rate
    lipschitz = _spectral_norm(case.slope)
    step, amount = rate / lipschitz**2, rate / 8
    radius = ONE
    push = radius + 2  # |M| = |q| <= |q - q*| + |q*| on the ball, and |q*| < 2
    if case.correction != case.symbols or not square(case.zero) < 4:
        raise Undecided("the correction is not the quantities themselves")
    if not amount * push <= rate * radius / 2:
        raise Undecided("the ball is not kept")
    start = (ONE + HALF, ONE - HALF)
    firms = process(cournot())
    steps = 200
    sizes = power_schedule(step, amount, 1, steps)
    distances = [square([x - z for x, z in zip(point, case.zero, strict=True)]) for point in firms.run(start, sizes)]
    bounds = envelope(radius, rate, push, sizes)
    if not all(d <= b**2 for d, b in zip(distances, bounds, strict=True)):
        raise Undecided("a run leaves the recursion's bound")
    constant = firms.run(start, [(step, amount)] * steps)[-1]
    total = case.total(amount)
    moved = solve(total, case.symbols)
    there = tuple(moved[s] for s in case.symbols)
    negative, null, positive = signature(symmetric(jacobian(total, case.symbols)))
    if (null, positive) != (0, 0) or negative != len(there) or there == case.zero:
        raise Undecided("the constant correction does not keep a stable zero elsewhere")
    near = max(abs(x - z) for x, z in zip(constant, there, strict=True))
    far = max(abs(x - z) for x, z in zip(constant, case.zero, strict=True))
    if not (100 * near < far and 4 * distances[-1] < far**2):
        raise Undecided(f"with constant lambda the run ends {near} from the moved zero and {far} from the old one")
    row = {
        "game": "cournot",
        "m": str(rate),
        "L": str(lipschitz),
        "a": str(step),
        "lambda_n": f"{amount}/(n + 1)",
        "zero": _shown(case.zero),
        "moved_zero_at_constant_lambda": _shown(there),
        "steps": steps,
        "last_squared_distance_at_most": str(_short(distances[-1])),
        "last_bound_at_most": str(_short(bounds[-1])),
    }
    return Evidence(
        "identity",
        "the recursion's bound and the run, both in exact arithmetic; control: lambda constant",
        f"cournot, lambda_n = {amount}/(n + 1): the exact run stays within the bound and comes to (1, 1); with "
        f"lambda = {amount} throughout it comes to the stable zero {_shown(there)} instead",
        {"recovery": [row]},
    )


def _spectral_norm(matrix: Any) -> Rational:
    """The operator norm of a symmetric matrix with rational extreme eigenvalues."""
    if matrix != matrix.T:
        raise Undecided("the matrix is not symmetric")
    return max(largest_eigenvalue(matrix), largest_eigenvalue(-matrix))


def _short(number: Rational) -> Rational:
    """A fraction over 2^20 that is not below a number."""
    return Rational(-((-number * 2**20) // 1), 2**20)


def _strict_limit() -> Evidence:
    """PD and Stag Hunt with λ beyond the bound: constant correction ends elsewhere, annealing brings the run back."""
    rows = []
    for game, profile, amount, where in (
        (prisoners_dilemma(**PULLED), ((1,), (1,)), Rational(1, 4), (1, 1)),
        (stag_hunt(), ((1,), (1,)), ONE, (0, 0)),
    ):
        bound = rest_bound(game, profile).bound
        pulled, step = process(game), Rational(1, 16)
        constant = pulled.run(where, [(step, amount)] * 80)[-1]
        annealed = pulled.run(where, power_schedule(step, amount, 2, 80))
        plain = pulled.run(where, [(step, Rational(0))] * 80)[-1]
        if constant == annealed[-1] or plain != annealed[-1] or plain != (0, 0):
            raise Undecided(f"{game.name}: ends {constant}, {annealed[-1]}, {plain}")
        rows.append(
            {
                "game": game.name,
                "payoffs": _payoffs(game),
                "start": _shown(where),
                "lambda": str(amount),
                "lost_beyond": None if bound is None else str(bound),
                "constant_ends_at": _shown(constant),
                "annealed_ends_at": _shown(annealed[-1]),
                "pg_ends_at": _shown(plain),
                "steps_to_corner": _arrival(annealed, (0, 0)),
            }
        )
    return Evidence(
        "identity",
        "exact runs with projection, lambda constant, annealed as 1/(n + 1)^2, and zero",
        "; ".join(
            f"{r['game']} {r['payoffs']} from {r['start']}: lambda = {r['lambda']} for ever ends at "
            f"{r['constant_ends_at']}, annealed and policy gradient at {r['annealed_ends_at']}"
            for r in rows
        ),
        {"recovery": rows},
    )


def _check_limit() -> Finding:
    slack = lowest_terms(contraction_slack())
    if not is_zero(slack - STEP * (RATE - STEP * LIPSCHITZ**2) - STEP**2 * RATE**2 / 4):
        return _undecided(f"the contraction's slack is {slack}")
    edge = Symbol("rho", positive=True)
    kept = edge - envelope_step(edge, STEP, size)
    if not is_zero(kept - STEP * (RATE * edge / 2 - size * BOUND)):
        return _undecided("the ball is not kept for lambda K <= m rho/2")
    rest = solve(envelope_step(DISTANCE, STEP, size) - DISTANCE, DISTANCE)
    if rest != [2 * BOUND * size / RATE]:
        return _undecided(f"the recursion rests at {rest}")
    if is_zero(rest[0]):
        raise Undecided("the check cannot fail: a constant lambda leaves no distance either")
    algebra = Evidence(
        "identity",
        "both sides of every inequality as polynomials",
        "a L^2 <= m: (1 - a m/2)^2 - (1 - 2 a m + a^2 L^2) = a (m - a L^2) + a^2 m^2/4 >= 0; the ball is kept for "
        "lambda_n K <= m rho/2; constant lambda leaves 2 lambda K/m, and lambda_n -> 0 leaves nothing",
        {"recovery": [{"slack": str(slack), "rest_at_constant_lambda": str(rest[0])}]},
    )
    return Finding(
        Verdict.PROVED,
        "e_{n+1} <= (1 - a_n m/2) e_n + a_n lambda_n K with sum a_n infinite and lambda_n -> 0; at strict pure "
        "equilibria C13.finite-time",
        (algebra, _interior_limit(), _strict_limit()),
    )


# ------------------------------------------------------------------------------------------------------------- rates


def _check_rates() -> Finding:
    for count in range(1, 5):
        by_steps, by_sum, weights = linear_case(count)
        if not is_zero(by_steps - by_sum) or not is_zero(weights):
            return _undecided(f"the solution of the linear recursion fails for {count} steps")
    by_steps, by_sum, _ = linear_case(2)
    if is_zero(by_steps - by_sum.subs(PUSH, 2 * PUSH)):
        raise Undecided("the check cannot fail: the correction's size does not matter")
    exact_row = _cournot_rates()
    p, q = Rational(9, 10), Rational(3, 20)
    (_, _), (order, limit) = averaged(variance=False)
    limit = limit.subs(KAPPA, 0)
    if not (HALF < p <= 1 and q > 1 - p and 2 * q < min(p, HALF)) or order != 0 or not is_zero(limit - PUSH / RATE):
        return _undecided("the paper's condition does not allow the exponents")
    x = Symbol("x", real=True)
    (least,) = solve((1 - x) - x / 2, x)  # 1 - p < p/2, where q fits in between
    evidence = (
        Evidence(
            "counterexample",
            "closed solution of the linear recursion with symbols for all step sizes and lambda_n (1 to 4 steps)",
            "v = -m x, M = c, 0 < a_j m <= 1: x_n >= (c/m) lambda_{n-1} (1 - prod(1 - a_j m)) >= c a_0 lambda_{n-1} "
            "for every nonincreasing lambda_n, where policy gradient has x_0 prod(1 - a_j m): with constant steps "
            "geometric",
            {"recovery": [{"v": "-m*x", "M": "c", "bias_over_lambda": str(limit)}]},
        ),
        Evidence(
            "counterexample",
            "exact runs of a game with its peer-learning correction",
            f"cournot from {exact_row['start']}, a = {exact_row['a']}, lambda_n = {exact_row['lambda_n']}: after "
            f"{exact_row['steps']} steps policy gradient is closer by a factor above 2^{exact_row['factor_log2']}",
            {"recovery": [exact_row]},
        ),
        Evidence(
            "counterexample",
            "leading terms of the bias recursion; the paper's condition on exponents",
            f"p = {p}, q = {q} satisfy 1/2 < p <= 1 and q > 1 - p, and E|x_n|^2 is of order n^-({2 * q}), not "
            f"n^-({p}), slower also than the n^-1/2 of Giannou et al. 2022; such q exist for every p > {least}",
            {"recovery": [{"p": str(p), "q": str(q), "mean_square": str(min(p, 2 * q)), "pg": str(p),
                           "such_q_for_p_above": str(least)}]},
        ),
    )  # fmt: skip
    return Finding(
        Verdict.REFUTED,
        "the error is at least of the order of lambda_n, whatever the step sizes with 0 < a_j m <= 1: "
        "prod(1 - a_j m) <= 1 - a_0 m",
        evidence,
    )


def _cournot_rates() -> dict[str, Any]:
    """Both firms alike, so the run stays on the diagonal, where v₁ has the slope −3 and M₁ = 1 at the zero."""
    case = game_case(cournot(), (ONE, ONE))
    x = Symbol("x", real=True)
    v, m = (entries[0].subs(dict.fromkeys(case.symbols, x)) for entries in (case.field, case.correction))
    rate, push = -diff(v, x), m.subs(x, case.zero[0])
    if not (rate > 0 and push > 0 and diff(m, x) >= 0):
        raise Undecided("the diagonal is not what the bound needs")
    step, amount, steps = Rational(1, 6), HALF, 120
    start = (case.zero[0] + HALF,) * 2
    firms = process(cournot())
    annealed = firms.run(start, power_schedule(step, amount, 1, steps))
    plain = firms.run(start, [(step, Rational(0))] * steps)
    for n in range(1, steps + 1):
        error = annealed[n][0] - case.zero[0]
        if not error >= push / rate * (amount / n) * (1 - (1 - step * rate) ** n):
            raise Undecided(f"the lower bound fails at step {n}")
        if plain[n][0] - case.zero[0] != (1 - step * rate) ** n * HALF:
            raise Undecided("policy gradient is not geometric")
    factor = (annealed[-1][0] - case.zero[0]) / (plain[-1][0] - case.zero[0])
    ratio = (annealed[-1][0] - case.zero[0]) * steps / amount
    if not abs(ratio + case.direction[0]) < abs(case.direction[0]) / 10:
        raise Undecided(f"the error over lambda_n is {ratio}, not {-case.direction[0]}")
    return {
        "game": "cournot",
        "start": _shown(start),
        "a": str(step),
        "lambda_n": f"{amount}/(n + 1)",
        "steps": steps,
        "rate": str(rate),
        "error_over_lambda_tends_to": str(-case.direction[0]),
        "factor_log2": int(flint.fmpz(int(factor)).bit_length()) - 1,
    }


EXPONENTS = ((Rational(9, 10), Rational(3, 20)), (Rational(3, 5), HALF), (Rational(4, 5), Rational(2, 5)))
COUNTS = (64, 256, 1024, 4096)


def _check_rates_when() -> Finding:
    (h_order, h_lead), (w_order, w_lead) = averaged(variance=True)
    (g_order, g_lead), (u_order, u_lead) = averaged(variance=False)
    if (h_order, w_order, g_order, u_order) != (1, 0, 1, 0):
        return _undecided("the averaging weights do not begin with a, or their values not with a constant")
    expected = {h_lead: 2 * RATE - KAPPA, w_lead: SPREAD**2 / (2 * RATE - KAPPA), g_lead: RATE - KAPPA,
                u_lead: PUSH / (RATE - KAPPA)}  # fmt: skip
    if not all(is_zero(found - formula) for found, formula in expected.items()):
        return _undecided(f"the leading terms are {list(expected)}")
    rows = [_enclosed_row(p, q) for p, q in EXPONENTS]
    rows.append(_first_power_row())
    bound, share = _mean_square()
    evidence = (
        Evidence(
            "identity",
            "leading terms of both recursions where a -> 0, symbols for m, c, s and kappa",
            f"V_n/a_n -> {cancel(w_lead.subs(KAPPA, 0))} and b_n/lambda_n -> {cancel(u_lead.subs(KAPPA, 0))} for "
            f"p < 1; for p = 1 with kappa = 1/a_0: {w_lead} and, with nu = q/a_0 for kappa, {u_lead}",
            {"recovery": [{"variance_over_a": str(w_lead), "bias_over_lambda": str(u_lead)}]},
        ),
        Evidence(
            "identity",
            "the recursions themselves: enclosed in balls for p < 1, solved exactly for p = 1",
            "m = c = s = 1: "
            + "; ".join(
                f"p = {r['p']}, q = {r['q']}: n = {r['n']}, V/a {r['variance']}, b/lambda {r['bias']}" for r in rows
            ),
            {"recovery": rows},
        ),
        Evidence(
            "identity",
            "two squares that add up to the bound; its leading term, with Young's share theta free",
            f"E e^2 <= {bound} for every field with these constants and every theta in (0, 2), E being E e^2 before: "
            "an upper bound of order n^-min(p, 2q), for p = 1 if 2 a_0 m > mu = min(1, 2q), by theta = "
            f"{share}",
            {"recovery": [{"bound": str(bound), "share_for_p_1": str(share)}]},
        ),
    )
    return Finding(
        Verdict.PROVED, "bias and variance average separately; E x^2 is the sum of the square and the other", evidence
    )


def _mean_square() -> tuple[Expr, Expr]:
    """The bound of the mean square, and the θ with which it averages for p = 1, x = a_0 m and mu = min(1, 2q)."""
    step = mean_square_step(DISTANCE**2, STEP, size, YOUNG)
    young, parts = mean_square_slack(YOUNG)
    if not is_zero(young - (YOUNG * RATE * DISTANCE - size * BOUND) ** 2 / (YOUNG * RATE)):
        raise Undecided("what Young's inequality leaves is not a square")
    if not is_zero(parts - (LIPSCHITZ * DISTANCE - size * BOUND) ** 2):
        raise Undecided("what the square of the sum leaves is not a square")
    if not is_zero(step - mean_square_parts() - STEP * young - STEP**2 * parts):
        raise Undecided("the mean-square bound is not what its two inequalities give")
    if is_zero(mean_square_slack(YOUNG)[0] - mean_square_slack(YOUNG / 2)[0]):
        raise Undecided("the check cannot fail: half of that share of the drift would pay for the correction too")
    order, lead = leading_term(step.subs(size, 0) - DISTANCE**2, STEP)
    rate = -lead / (RATE * DISTANCE**2)
    x, mu = symbols("x mu", positive=True)
    share = 1 - mu / (2 * x)  # in (0, 2) iff 2 x > mu
    if order != 1 or not is_zero(rate - (2 - YOUNG)) or not is_zero(rate.subs(YOUNG, share) * x - mu - (x - mu / 2)):
        raise Undecided(f"the bound contracts with {lead}")
    tight = {x: Rational(3, 5), mu: 1}
    if rate.subs(YOUNG, HALF) * tight[x] > tight[mu] or not rate.subs(YOUNG, share).subs(tight) * tight[x] > tight[mu]:
        raise Undecided("the check cannot fail: with 2 a_0 m > 1 half of the drift would do too")
    return mean_square_step(Symbol("E"), STEP, size, YOUNG), share.subs(x, Symbol("a_0") * RATE)


def _enclosed_row(p: Rational, q: Rational) -> dict[str, Any]:
    """Ratios at n = 64 ... 4096, a_n = n^-p and lambda_n = n^-q, m = c = s = 1.

    They come closer and closer to the limits, and at last are within 1/50 of what the recursion averages, w_n, whose
    own distance from the limit is of the order of n^(p-1).
    """
    found = enclosed_moments(lambda n: power(n, p), lambda n: power(n, q), COUNTS)
    last = COUNTS[-1]
    step = power(last, p)
    for k, (exponent, limit) in enumerate(((p, flint.arb(to_fmpq(HALF))), (q, flint.arb(1)))):
        apart = [abs(pair[k] - limit) for pair in found]
        if not all(b < a for a, b in pairwise(apart)):
            raise Undecided(f"p = {p}, q = {q}: the ratios do not come closer")
        rise = power(last, exponent) / power(last + 1, exponent)
        value = rise * step / (1 - rise * (1 - step) ** (2 - k))
        if not abs(found[-1][k] - value) < value / 50:
            raise Undecided(f"p = {p}, q = {q}: the ratio is {found[-1][k]} at n = {last}, its average {value}")
    variance, bias = (entry.str(6, radius=False) for entry in found[-1])
    return {"p": str(p), "q": str(q), "n": last, "variance": variance, "bias": bias,
            "mean_square_order": str(min(p, 2 * q)), "pg_order": str(p), "kept": bool(2 * q >= p)}  # fmt: skip


def _first_power_row(last: int = 256) -> dict[str, Any]:
    """The case p = q = 1, a_n = 2/n, m = c = s = 1, exactly: V_n/a_n → 2/3 = 1/(2 − 1/2), b_n/λ_n → 2 = 1/(1 − 1/2)."""
    variance, bias = Rational(0), Rational(0)
    scale = Rational(2)
    for n in range(1, last):
        step = scale / n
        variance, bias = (1 - step) ** 2 * variance + step**2, (1 - step) * bias + step / n
    found = variance / (scale / last), bias * last
    (_, (_, value)), (_, (_, drift)) = averaged(variance=True), averaged(variance=False)
    at = {RATE: 1, PUSH: 1, SPREAD: 1, KAPPA: 1 / scale}
    for ratio, limit in zip(found, (value.subs(at), drift.subs(at)), strict=True):
        if not abs(ratio - limit) < limit / 50 or abs(ratio - 1) < limit / 50:
            raise Undecided(f"the ratio is {ratio}, the limit {limit}")
    shown = [str(_short(ratio)) for ratio in found]
    return {"p": "1", "q": "1", "n": last, "variance": shown[0], "bias": shown[1], "mean_square_order": "1",
            "pg_order": "1", "kept": True}  # fmt: skip


# -------------------------------------------------------------------------------------------------------- finite time


def _check_finite_time() -> Finding:
    rows, draw = [], random.Random(7)
    for box, bound in strict_boxes():
        if false_margin(box, box.starts()):
            return _undecided(f"{box.game.name}: the margin {box.margin} is not kept at a vertex of the box")
        pulled, worst = process(box.game), dict[str, int]()
        for step in (Rational(1, 8), ONE):
            most = box.steps(step)
            sizes = [
                [(step, Rational(0))] * most,
                power_schedule(step, box.largest, 1, most),
                [(step, box.largest)] * most,
                swings(most, step, box.largest, draw),
            ]
            ends = [_arrival(pulled.run(start, plan), box.corner) for plan in sizes for start in box.starts()]
            if any(end is None for end in ends):
                return Finding(
                    Verdict.REFUTED, f"{box.game.name}: {box.corner} is not reached in {most} steps of {step}"
                )
            worst |= {
                f"most_steps_of_{step}": max(end for end in ends if end is not None),
                f"bound_with_steps_of_{step}": most,
            }
        rows.append({**_box_row(box, bound), **worst})
        if bound is not None:
            beyond = pulled.run(box.corner, [(Rational(1, 8), bound * Rational(11, 10))])
            if tuple(beyond[-1]) == box.corner:
                raise Undecided("the check cannot fail: the equilibrium rests beyond its bound too")
    evidence = Evidence(
        "identity",
        "sign boxes in ball arithmetic; exact runs from their vertices under four schedules, small and large steps",
        f"{len(rows)} strict equilibria of named games: at the corner itself after at most ceil(r/(a g)) steps, for "
        "every lambda_n up to half of what loses the equilibrium; beyond that bound the corner is left",
        {"recovery": rows},
    )
    return Finding(Verdict.PROVED, "each step gains at least a_n g in every coordinate or arrives", (evidence,))


def _noisy_step(
    pulled: Process, start: Sequence[Rational], step: Rational, noise: Sequence[Rational]
) -> tuple[Rational, ...]:
    """One step x ← keep(x + a(v(x) + ξ)), at one draw of ξ."""
    pushed = replace(pulled, field=tuple(v + e for v, e in zip(pulled.field, noise, strict=True)))
    return pushed.run(start, [(step, Rational(0))])[-1]


def largest_push(pulled: Process, amount: Rational) -> Rational:
    """The largest entry of v + λC on the square; both are affine in each probability for two players."""
    total = pulled.total(amount)
    corners = product((Integer(0), Integer(1)), repeat=len(pulled.symbols))
    found: Rational = max(
        entry.subs(dict(zip(pulled.symbols, corner, strict=True)), simultaneous=True)
        for corner in corners
        for entry in total
    )
    return found


def _check_noise() -> Finding:
    pulled = process(stag_hunt())
    noise, amount = Rational(2), Rational(1, 16)
    pushes = [largest_push(pulled, share) for share in (Rational(0), amount)]
    if not all(push < noise for push in pushes):
        return _undecided(f"the noise does not exceed the pushes {pushes}")
    rows, corner = [], (ONE, ONE)
    for step in (Rational(1, 8), Rational(1, 1000)):
        at_corner, states = [], {corner: ONE}
        for _ in range(4):
            following: dict[tuple[Any, ...], Rational] = {}
            for here, weight in states.items():
                for draw in product((-noise, noise), repeat=2):
                    there = _noisy_step(pulled, here, step, draw)
                    following[there] = following.get(there, Integer(0)) + weight / 4
            states = following
            at_corner.append(states.get(corner, Integer(0)))
        if not all(chance <= Rational(1, 4) for chance in at_corner):
            return _undecided(f"the chances to be at the corner are {at_corner}")
        rows.append({"a": str(step), "noise": str(noise), "chance_at_corner": ", ".join(map(str, at_corner))})
    margin = sign_box(stag_hunt(), ((0,), (0,)), amount).margin
    at_the_corner = min(entry.subs(dict.fromkeys(pulled.symbols, ONE)) for entry in pulled.field)
    between = Rational(9, 10)  # above the box's margin, below the push at the corner
    if not margin < between < at_the_corner:
        return _undecided(f"{between} is not between the margin {margin} and the push {at_the_corner}")
    if _noisy_step(pulled, corner, Rational(1, 8), (-between, -between)) != corner:
        raise Undecided("the check cannot fail: noise below the push at the corner leaves it too")
    evidence = Evidence(
        "counterexample",
        "largest push at the square's corners; all outcomes of four steps enumerated",
        f"Stag Hunt 4,0,3,2, noise +-{noise} in each coordinate: v + lambda C <= {max(pushes)} < {noise} on the whole "
        f"square for lambda <= {amount}, so after a draw of -{noise} that coordinate is below 1, whatever the step "
        "size and the past; draws are independent, so this happens infinitely often with probability 1; noise "
        f"+-{between}, above the margin {margin} of a box but below the push {at_the_corner} at the corner, does not "
        "move a run that is there",
        {"recovery": rows},
    )
    return Finding(
        Verdict.REFUTED,
        "two-point noise above the largest push keeps throwing the run off the corner (Borel-Cantelli)",
        (evidence,),
    )


def _check_small_noise() -> Finding:
    game, profile = stag_hunt(), ((0,), (0,))
    box = sign_box(game, profile, Rational(1, 16))
    noise, step = box.margin / 2, Rational(1, 4)
    calm = replace(box, margin=box.margin - noise)
    most = calm.steps(step)
    pulled = process(game)
    states = {tuple(start) for start in box.starts()}
    for _ in range(most):
        states = {
            _noisy_step(pulled, here, step, draw) for here in states for draw in product((-noise, noise), repeat=2)
        }
    if states != {(ONE, ONE)}:
        return Finding(Verdict.REFUTED, f"after {most} steps the runs are at {sorted(states)}")
    rough = _noisy_step(pulled, (ONE, ONE), step, (Integer(-2), Integer(-2)))
    if rough == (ONE, ONE):
        raise Undecided("the check cannot fail: noise above the push at the corner is harmless too")
    evidence = Evidence(
        "identity",
        "all signs of the noise from all vertices of the box, exactly",
        f"Stag Hunt 4,0,3,2: box of side {box.radius}, margin {box.margin}, noise +-{noise}: all runs are at (1, 1) "
        f"after {most} steps of {step} and stay",
        {"recovery": [{**_box_row(box, None), "noise": str(noise), "a": str(step), "steps": most}]},
    )
    return Finding(Verdict.PROVED, "the margin less the noise is a margin", (evidence,))


def _check_logit_rate() -> Finding:
    game = symbolic_game((2, 2))
    index = {actions: k for k, actions in enumerate(game.joint_actions)}
    a, b = Symbol("a", positive=True), Symbol("b", positive=True)
    rows = []
    for corner, players in logit_corners(game).items():
        joint = tuple(1 - c for c in corner)
        for player, found in enumerate(players):
            other = tuple(1 - act if i == player else act for i, act in enumerate(joint))
            loss = game.reward[0][index[joint]][player] - game.reward[0][index[other]][player]
            ray = (a, b)[player]
            if found.order != 2 or not is_zero(found.leading + ray**2 * loss):
                return _undecided(f"at {corner} the distance of player {player + 1} begins with {found}")
            if (found.peer, found.own) != (found.order + 2, found.order + 1):
                return _undecided(f"at {corner} the corrections begin with the powers {found.peer} and {found.own}")
            rows.append({"corner": _shown(corner), "player": player + 1, "order": found.order, "loss": str(loss),
                         "order_of_peer_term": found.peer, "order_of_own_term": found.own})  # fmt: skip
    u, gap = Symbol("u", positive=True), Symbol("G", positive=True)
    gain = (1 - u) / u * u * (1 - u) * gap  # E times the exponent, over a; the rest of exp is of order u
    if leading_term(gain, u) != (0, gap):
        return _undecided("E does not gain a G a step")
    (p,), (q,) = parameters(game, "direct")
    plain = (p * (1 - p)) ** 2 * diff(corrected_field(game)[0], size)  # without the other's squared slope
    if leading_term(plain.subs({p: 1 - a * u, q: 1 - b * u}, simultaneous=True), u)[0] != 2:
        raise Undecided("the check cannot fail: the correction is small without the other's squared slope too")
    evidence = Evidence(
        "identity",
        "leading terms along every ray into every corner, all payoffs symbolic",
        "2 x 2 games, log-odds: du/dt begins with -u^2 (loss from deviating), order "
        f"{_only(rows, 'order')}; the peer-learning correction with order {_only(rows, 'order_of_peer_term')}, the "
        f"own-learning one with {_only(rows, 'order_of_own_term')}: u_n sum a_k -> 1/loss for every bounded lambda_n",
        {"recovery": rows},
    )
    return Finding(Verdict.PROVED, "the correction carries the square of the other's vanishing slope", (evidence,))


def _only(rows: Sequence[dict[str, Any]], key: str) -> str:
    return " or ".join(str(value) for value in sorted({row[key] for row in rows}))


def _check_unrolled() -> Finding:
    rows: list[dict[str, Any]] = []
    for game in (stag_hunt(), matching_pennies()):
        field, limit = unrolled_limit(game)
        axes = [row[0] for row in parameters(game, "direct")]
        ahead = {x: x + alpha * v for x, v in zip(axes, field, strict=True)}
        if not all(is_zero(e - v.subs(ahead, simultaneous=True)) for e, v in zip(limit, field, strict=True)):
            return _undecided(f"{game.name}: the limit is not v after an inner step")
        if all(is_zero(e - v) for e, v in zip(limit, field, strict=True)):
            raise Undecided("the check cannot fail: the limit is v")
        traces = [lowest_terms(jacobian(entries, axes).trace()) for entries in (field, limit)]
        rows.append(
            {
                "game": game.name,
                "v_1": str(field[0]),
                "limit_1": str(limit[0]),
                "divergence_of_v": str(traces[0]),
                "divergence_of_limit": str(traces[1]),
            }
        )
    sign = factor_signs(traces[1], (alpha,))
    if not is_zero(traces[0]) or sign.sign != -1 or sign.open_factors:
        return _undecided(f"matching pennies: divergences {traces}")
    evidence = Evidence(
        "counterexample",
        "the update's program with both coefficients 0, in closed form",
        "both coefficients of the unrolled update at 0 leave v(phi + alpha v(phi)), not v(phi): in Matching Pennies "
        f"its divergence is {traces[1]} instead of 0, so the centre attracts, which policy gradient's does not",
        {"recovery": rows},
    )
    return Finding(
        Verdict.REFUTED,
        "policy gradient is then read after the inner step (rule current); the expanded form leaves v itself",
        (evidence,),
    )


_FORM = "correction = peer-learning correction over alpha, expanded form, L = 1"
_STRICT = "direct coordinates with projection, two actions for every player, strict pure equilibria"
CLAIMS = (
    Claim(
        "C13",
        "Annealing recovers ordinary policy-gradient dynamics and its local guarantees.",
        "paper, annealing",
        scope="limits are recovered, rates are not; what holds from which point on is in C13.region to C13.logit-rate",
        requires=("C13.limit", "C13.rates"),
    ),
    Claim(
        "C13.limit",
        "With lambda_n -> 0 and constant or vanishing steps of infinite sum, a run that stays in a region certified "
        "for policy gradient converges to policy gradient's equilibrium itself, not to a moved one.",
        "paper, annealing; proved here",
        assumptions=(
            "interior: <v, x - phi*> <= -m |x - phi*|^2, |v| <= L |x - phi*|, |M| <= K on a ball of radius rho, "
            "a_n L^2 <= m, lambda_n K <= m rho/2",
            "strict: a sign box of the equilibrium for lambda_n from some step on",
            "exact gradients",
        ),
        scope="any dimension; a projection on a convex set that holds phi* is allowed",
        check=_check_limit,
    ),
    Claim(
        "C13.rates",
        "The annealed run converges at policy gradient's rate with the same step sizes.",
        "paper, local guarantees read with their rates",
        assumptions=("interior zero with M(phi*) not 0", "lambda_n does not increase, 0 < a_n m <= 1"),
        scope="v = -m x with M = c, and Cournot competition; constant steps, and a_n = a_0 n^-p with lambda_n of the "
        "order of n^-q as the paper allows",
        check=_check_rates,
    ),
    Claim(
        "C13.rates-when",
        "With a_n = a_0 n^-p, lambda_n = lambda_0 n^-q and noise, E x_n^2 is of exact order n^-min(p, 2q): policy "
        "gradient's order n^-p is kept if and only if 2q >= p.",
        "derived here",
        assumptions=(
            "v = -m x, M = c not 0, noise of variance s^2 > 0",
            "0 < p <= 1, q > 0, and 2 a_0 m > 1 if p = 1",
        ),
        scope="one dimension; with constants m, L, K of a field in any dimension n^-min(p, 2q) is an upper bound, for "
        "p = 1 if 2 a_0 m > min(1, 2q)",
        check=_check_rates_when,
    ),
    Claim(
        "C13.region",
        "What certifies a region at lambda = 0 and at lambda = c certifies it for every schedule in [0, c]: a run "
        "started there ends where policy gradient started there ends.",
        "derived here",
        assumptions=(
            _FORM,
            "exact gradients, direct coordinates with projection, sum a_n infinite",
            "sign boxes: steps of any size",
            "half-planes: rate of p - q >= 0 at lambda = 0 and at lambda = c, a_n (rate of p - q) <= 1",
            "drift balls: continuous time",
        ),
        scope="sign boxes, drift balls, half-planes of coordination games; in large steps a drift ball can be left",
        check=_check_region,
    ),
    Claim(
        "C13.order",
        "In Stag Hunts with T >= P every point from which policy gradient goes to (Stag, Stag) goes there under "
        "annealing, for every schedule lambda_n >= 0.",
        "derived here: comparison, as C5.order",
        assumptions=(_FORM, "exact gradients", "direct coordinates: steps of any size"),
        scope="the class R > T, P > S, and the three-player Stag Hunt; one-sided: points that policy gradient takes to "
        "(Hare, Hare) may end at (Stag, Stag)",
        check=_check_order,
    ),
    Claim(
        "C13.any-point",
        "Annealing from any point of a policy-gradient basin ends where policy gradient from that point ends.",
        "the reading without a certified region",
        assumptions=(
            "lambda_n decreases to 0",
            "0 <= a_n (rate of p - q) <= 1 for every lambda_n, so that no large step is to blame",
            _FORM,
        ),
        scope="Stag Hunts, direct coordinates",
        check=_check_any_point,
    ),
    Claim(
        "C13.finite-time",
        "At a strict pure equilibrium both policy gradient and the annealed run are at the equilibrium itself after at "
        "most ceil(r/(a g)) steps of a in a sign box of side r and margin g, once lambda_n is in the box's range.",
        "Giannou et al. 2022 for policy gradient; derived here with annealing",
        assumptions=("exact gradients", _FORM),
        scope=_STRICT,
        check=_check_finite_time,
    ),
    Claim(
        "C13.finite-time-noise",
        "With sampled gradients the projected run is at the strict pure equilibrium from some step on.",
        "finite time, read without a condition on the noise",
        assumptions=(
            "sampled gradients here: the exact gradient plus independent draws of +-s in every coordinate",
            "s above the largest push of v + lambda_n C on the square",
        ),
        scope=_STRICT,
        check=_check_noise,
    ),
    Claim(
        "C13.finite-time-small-noise",
        "If the noise stays below the margin the bound of C13.finite-time holds with the margin less the noise.",
        "derived here",
        assumptions=("|noise| <= s < g in every coordinate and step",),
        scope=_STRICT,
        check=_check_small_noise,
    ),
    Claim(
        "C13.logit-rate",
        "In logit coordinates the distance u_n to a strict pure equilibrium has u_n (a_0 + ... + a_{n-1}) -> 1/(loss "
        "from deviating), for every bounded lambda_n: policy gradient's rate is kept, 1/n with constant steps.",
        "derived here",
        assumptions=("the run converges to the equilibrium", "a_n bounded, of infinite sum", _FORM),
        scope="all 2 x 2 games, payoffs symbolic; peer-learning and own-learning corrections",
        check=_check_logit_rate,
    ),
    Claim(
        "C13.unrolled",
        "Annealing both coefficients of the unrolled update recovers policy gradient.",
        "the reading with the unrolled form",
        assumptions=("L = 1, alpha fixed",),
        scope="Stag Hunt and Matching Pennies, direct coordinates",
        check=_check_unrolled,
    ),
    Claim(
        "C13.types",
        "Measured decay has the predicted type and exponent: finite time, 1/n, geometric, n^-q, n^-min(p, 2q).",
        "derived here",
        assumptions=(
            "runs of Stag Hunt (direct and logit) and of Cournot competition, exact and with two-point noise",
        ),
        scope="fitted over the last decades of the runs; tolerances stated with every row",
    ),
    Claim(
        "C13.same-end",
        "An annealed run ends at the equilibrium that policy gradient from its point of entry ends at, in random 2 x 2 "
        "games and random two-state stochastic games, also where the constant correction ends elsewhere.",
        "paper, annealing",
        assumptions=("entry = the first state in a sign box that is certified for the rest of the schedule", _FORM),
        scope=f"{_STRICT}; lambda_n within the box's range throughout, and at first beyond what loses the equilibrium "
        "or keeps another corner",
    ),
)
