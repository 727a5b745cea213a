"""C13: where annealed runs end. The proofs are in :mod:`theory.annealing`; their steps are here.

A correction that vanishes leaves policy gradient's limits (C13.limit), from the point where a run has entered a region
that the whole range of λ keeps (C13.region). Rates are another matter (:mod:`theory.claims.c13_rates`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any

from sympy import Add, Expr, Poly, Rational, Symbol, solve, symbols

from theory.annealing import (
    BOUND,
    DISTANCE,
    LIPSCHITZ,
    RATE,
    STEP,
    SignBox,
    contraction_slack,
    envelope,
    envelope_step,
    interpolation_residual,
    power_schedule,
    process,
    sign_box,
    unrolled_limit,
)
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import game_case, jacobian, largest_eigenvalue, signature, square, symmetric
from theory.exact import Undecided, factor_signs, is_zero, lowest_terms
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


# Prisoner's Dilemma with D = R − S − T + P > 0, in which correction pulls both away from (D, D).
PULLED = {"R": 4, "S": 0, "T": 5, "P": 3}


# Stag hunt in which correction pushes away from (Stag, Stag): T < S and T < P.
PUSHED = {"R": 10, "S": 3, "T": 2, "P": 4}


def payoffs(game: Game) -> str:
    """A game's current payoffs in words."""
    return ", ".join(str(value) for _, value in game.parameters)


def shown(point: Sequence[Expr]) -> str:
    """A point in words."""
    return "(" + ", ".join(map(str, point)) + ")"


# -------------------------------------------------------------------------------------------------------------- regions


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


def box_row(box: SignBox, bound: Rational | None) -> dict[str, Any]:
    """A box and the λ that loses its corner (``None``: none does), as JSON data."""
    return {
        "game": box.game.name,
        "corner": shown(box.corner) if len(box.corner) < 5 else "all second actions",
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
            arrival(pulled.run(start, sizes), (1, 1))
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
                "payoffs": payoffs(game),
                "largest_lambda": str(largest),
                "boundary_at_0": str(ends[0]),
                "boundary_at_largest": str(ends[1]),
                "start": shown(start),
                "slowest": max(n for n in ended if n is not None),
            }
        )
    return rows


def arrival(path: Path, corner: Sequence[int]) -> int | None:
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
    return {"payoffs": payoffs(stag_hunt()), "radius": str(radius), "start": shown(start), "a": str(big),
            "pg_ends_in_the_cycle": ", ".join(map(shown, cycle)), "lambda_n": f"({amount})/(n + 1)",
            "annealed_ends_at": shown(corner), "both_end_at_the_corner_with_a": str(small)}  # fmt: skip


def _check_region() -> Finding:
    largest = Symbol("Lambda", positive=True)
    conditions = region_conditions()
    for name, condition in conditions.items():
        if not is_zero(interpolation_residual(condition, largest)):
            return undecided(f"the {name} is not affine in lambda")
    line = separatrix(stag_hunt())
    if is_zero(interpolation_residual(line.boundary, largest)):
        raise Undecided("the check cannot fail: it takes the boundary itself, a quotient, for affine")
    # second route for the class: the boundary turns nowhere, so its extremes over [0, c] are at the ends
    sign = factor_signs(line.boundary_slope, stag_hunt().ordering)
    if len(sign.open_factors) != 1 or size in sign.open_factors[0].free_symbols:
        return undecided(f"the boundary's slope changes its sign with lambda: {sign.open_factors}")
    rows = _half_planes()
    boxes = [*strict_boxes(), repeated_box()]
    if _box_holds_too_much():
        raise Undecided("the check cannot fail: a box is certified for a lambda that loses the equilibrium")
    for box, _ in boxes:
        points = box.starts() if len(box.corner) < 4 else some_vertices(box)
        if false_margin(box, points):
            return undecided(f"{box.game.name}: the margin {box.margin} is not kept at a vertex of the box")
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
            {"recovery": [box_row(box, bound) for box, bound in boxes]},
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


# --------------------------------------------------------------------------------------------------------------- basins


def _below(low: Path, high: Path) -> bool:
    return all(a <= b for x, y in zip(low, high, strict=True) for a, b in zip(x, y, strict=True))


def _check_order() -> Finding:
    draw, steps, rows = random.Random(5), 6, []
    for game in (stag_hunt(), stag_hunt_3()):
        order = order_inclusion(game)
        if not order.holds:
            return undecided(f"{game.name}: v is not cooperative with C >= 0")
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
        return undecided("the conditions for Stag Hunts are not T >= P alone")
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
    if arrival(plain, (end, end)) is None or arrival(annealed, other) is None:
        raise Undecided(f"the runs end at {plain[-1]} and {annealed[-1]}")
    across = next(n for n, x in enumerate(annealed) if (sum(x) < low if end else sum(x) > high))
    return {
        "payoffs": payoffs(game),
        "start": shown((start, start)),
        "lambda_n": f"{amount}/(n + 1)",
        "a_n": str(step),
        "lower_boundary": str(low),
        "upper_boundary": str(high),
        "pg_ends_at": shown((end, end)),
        "annealed_ends_at": shown(other),
        "steps_until_across": across,
        "steps_to_corner": arrival(annealed, other),
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


# ------------------------------------------------------------------------------------------------------------ the limit


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
        "zero": shown(case.zero),
        "moved_zero_at_constant_lambda": shown(there),
        "steps": steps,
        "last_squared_distance_at_most": str(short(distances[-1])),
        "last_bound_at_most": str(short(bounds[-1])),
    }
    return Evidence(
        "identity",
        "the recursion's bound and the run, both in exact arithmetic; control: lambda constant",
        f"cournot, lambda_n = {amount}/(n + 1): the exact run stays within the bound and comes to (1, 1); with "
        f"lambda = {amount} throughout it comes to the stable zero {shown(there)} instead",
        {"recovery": [row]},
    )


def _spectral_norm(matrix: Any) -> Rational:
    """The operator norm of a symmetric matrix with rational extreme eigenvalues."""
    if matrix != matrix.T:
        raise Undecided("the matrix is not symmetric")
    return max(largest_eigenvalue(matrix), largest_eigenvalue(-matrix))


def short(number: Rational) -> Rational:
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
                "payoffs": payoffs(game),
                "start": shown(where),
                "lambda": str(amount),
                "lost_beyond": None if bound is None else str(bound),
                "constant_ends_at": shown(constant),
                "annealed_ends_at": shown(annealed[-1]),
                "pg_ends_at": shown(plain),
                "steps_to_corner": arrival(annealed, (0, 0)),
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
        return undecided(f"the contraction's slack is {slack}")
    edge = Symbol("rho", positive=True)
    kept = edge - envelope_step(edge, STEP, size)
    if not is_zero(kept - STEP * (RATE * edge / 2 - size * BOUND)):
        return undecided("the ball is not kept for lambda K <= m rho/2")
    rest = solve(envelope_step(DISTANCE, STEP, size) - DISTANCE, DISTANCE)
    if rest != [2 * BOUND * size / RATE]:
        return undecided(f"the recursion rests at {rest}")
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


def _check_unrolled() -> Finding:
    rows: list[dict[str, Any]] = []
    for game in (stag_hunt(), matching_pennies()):
        field, limit = unrolled_limit(game)
        axes = [row[0] for row in parameters(game, "direct")]
        ahead = {x: x + alpha * v for x, v in zip(axes, field, strict=True)}
        if not all(is_zero(e - v.subs(ahead, simultaneous=True)) for e, v in zip(limit, field, strict=True)):
            return undecided(f"{game.name}: the limit is not v after an inner step")
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
        return undecided(f"matching pennies: divergences {traces}")
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


FORM = "correction = peer-learning correction over alpha, expanded form, L = 1"


STRICT = "direct coordinates with projection, two actions for every player, strict pure equilibria"


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
        "C13.region",
        "What certifies a region at lambda = 0 and at lambda = c certifies it for every schedule in [0, c]: a run "
        "started there ends where policy gradient started there ends.",
        "derived here",
        assumptions=(
            FORM,
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
        assumptions=(FORM, "exact gradients", "direct coordinates: steps of any size"),
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
            FORM,
        ),
        scope="Stag Hunts, direct coordinates",
        check=_check_any_point,
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
        "C13.same-end",
        "An annealed run ends at the equilibrium that policy gradient from its point of entry ends at, in random 2 x 2 "
        "games and random two-state stochastic games, also where the constant correction ends elsewhere.",
        "paper, annealing",
        assumptions=("entry = the first state in a sign box that is certified for the rest of the schedule", FORM),
        scope=f"{STRICT}; lambda_n within the box's range throughout, and at first beyond what loses the equilibrium "
        "or keeps another corner",
    ),
)
