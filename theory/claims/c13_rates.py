"""C13.rates: how fast annealed runs come to policy gradient's equilibrium. The proofs are in :mod:`theory.annealing`.

At interior zeros policy gradient's rate is lost (C13.rates), unless λ_n vanishes fast enough for the noise to hide it
(C13.rates-when); at strict pure equilibria it is kept (C13.finite-time, C13.logit-rate).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import flint
from sympy import Expr, Integer, Rational, Symbol, cancel, diff, solve, symbols

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
    averaged,
    enclosed_moments,
    linear_case,
    logit_corners,
    mean_square_parts,
    mean_square_slack,
    mean_square_step,
    power,
    power_schedule,
    process,
    sign_box,
)
from theory.balls import ball
from theory.claims.c13_annealing import (
    FORM,
    STRICT,
    arrival,
    box_row,
    false_margin,
    short,
    shown,
    strict_boxes,
    swings,
)
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import game_case
from theory.exact import Undecided, is_zero, leading_term
from theory.games import (
    cournot,
    stag_hunt,
)
from theory.games.symbolic import symbolic_game
from theory.policies import parameters
from theory.separatrix import corrected_field
from theory.symbols import correction as size

ONE, HALF, TENTH = Rational(1), Rational(1, 2), Rational(1, 10)


YOUNG = Symbol("theta", positive=True)


# ------------------------------------------------------------------------------------------------------- interior zeros


def _check_rates() -> Finding:
    for count in range(1, 5):
        by_steps, by_sum, weights = linear_case(count)
        if not is_zero(by_steps - by_sum) or not is_zero(weights):
            return undecided(f"the solution of the linear recursion fails for {count} steps")
    by_steps, by_sum, _ = linear_case(2)
    if is_zero(by_steps - by_sum.subs(PUSH, 2 * PUSH)):
        raise Undecided("the check cannot fail: the correction's size does not matter")
    exact_row = _cournot_rates()
    p, q = Rational(9, 10), Rational(3, 20)
    (_, _), (order, limit) = averaged(variance=False)
    limit = limit.subs(KAPPA, 0)
    if not (HALF < p <= 1 and q > 1 - p and 2 * q < min(p, HALF)) or order != 0 or not is_zero(limit - PUSH / RATE):
        return undecided("the paper's condition does not allow the exponents")
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
        "start": shown(start),
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
        return undecided("the averaging weights do not begin with a, or their values not with a constant")
    expected = {h_lead: 2 * RATE - KAPPA, w_lead: SPREAD**2 / (2 * RATE - KAPPA), g_lead: RATE - KAPPA,
                u_lead: PUSH / (RATE - KAPPA)}  # fmt: skip
    if not all(is_zero(found - formula) for found, formula in expected.items()):
        return undecided(f"the leading terms are {list(expected)}")
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
    for k, (exponent, limit) in enumerate(((p, ball(HALF)), (q, flint.arb(1)))):
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
    shown = [str(short(ratio)) for ratio in found]
    return {"p": "1", "q": "1", "n": last, "variance": shown[0], "bias": shown[1], "mean_square_order": "1",
            "pg_order": "1", "kept": True}  # fmt: skip


# ---------------------------------------------------------------------------------------------------- strict equilibria


def _check_finite_time() -> Finding:
    rows, draw = [], random.Random(7)
    for box, bound in strict_boxes():
        if false_margin(box, box.starts()):
            return undecided(f"{box.game.name}: the margin {box.margin} is not kept at a vertex of the box")
        pulled, worst = process(box.game), dict[str, int]()
        for step in (Rational(1, 8), ONE):
            most = box.steps(step)
            sizes = [
                [(step, Rational(0))] * most,
                power_schedule(step, box.largest, 1, most),
                [(step, box.largest)] * most,
                swings(most, step, box.largest, draw),
            ]
            ends = [arrival(pulled.run(start, plan), box.corner) for plan in sizes for start in box.starts()]
            if any(end is None for end in ends):
                return Finding(
                    Verdict.REFUTED, f"{box.game.name}: {box.corner} is not reached in {most} steps of {step}"
                )
            worst |= {
                f"most_steps_of_{step}": max(end for end in ends if end is not None),
                f"bound_with_steps_of_{step}": most,
            }
        rows.append({**box_row(box, bound), **worst})
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
        return undecided(f"the noise does not exceed the pushes {pushes}")
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
            return undecided(f"the chances to be at the corner are {at_corner}")
        rows.append({"a": str(step), "noise": str(noise), "chance_at_corner": ", ".join(map(str, at_corner))})
    margin = sign_box(stag_hunt(), ((0,), (0,)), amount).margin
    at_the_corner = min(entry.subs(dict.fromkeys(pulled.symbols, ONE)) for entry in pulled.field)
    between = Rational(9, 10)  # above the box's margin, below the push at the corner
    if not margin < between < at_the_corner:
        return undecided(f"{between} is not between the margin {margin} and the push {at_the_corner}")
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
        {"recovery": [{**box_row(box, None), "noise": str(noise), "a": str(step), "steps": most}]},
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
                return undecided(f"at {corner} the distance of player {player + 1} begins with {found}")
            if (found.peer, found.own) != (found.order + 2, found.order + 1):
                return undecided(f"at {corner} the corrections begin with the powers {found.peer} and {found.own}")
            rows.append({"corner": shown(corner), "player": player + 1, "order": found.order, "loss": str(loss),
                         "order_of_peer_term": found.peer, "order_of_own_term": found.own})  # fmt: skip
    u, gap = Symbol("u", positive=True), Symbol("G", positive=True)
    gain = (1 - u) / u * u * (1 - u) * gap  # E times the exponent, over a; the rest of exp is of order u
    if leading_term(gain, u) != (0, gap):
        return undecided("E does not gain a G a step")
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


CLAIMS = (
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
        "C13.finite-time",
        "At a strict pure equilibrium both policy gradient and the annealed run are at the equilibrium itself after at "
        "most ceil(r/(a g)) steps of a in a sign box of side r and margin g, once lambda_n is in the box's range.",
        "Giannou et al. 2022 for policy gradient; derived here with annealing",
        assumptions=("exact gradients", FORM),
        scope=STRICT,
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
        scope=STRICT,
        check=_check_noise,
    ),
    Claim(
        "C13.finite-time-small-noise",
        "If the noise stays below the margin the bound of C13.finite-time holds with the margin less the noise.",
        "derived here",
        assumptions=("|noise| <= s < g in every coordinate and step",),
        scope=STRICT,
        check=_check_small_noise,
    ),
    Claim(
        "C13.logit-rate",
        "In logit coordinates the distance u_n to a strict pure equilibrium has u_n (a_0 + ... + a_{n-1}) -> 1/(loss "
        "from deviating), for every bounded lambda_n: policy gradient's rate is kept, 1/n with constant steps.",
        "derived here",
        assumptions=("the run converges to the equilibrium", "a_n bounded, of infinite sum", FORM),
        scope="all 2 x 2 games, payoffs symbolic; peer-learning and own-learning corrections",
        check=_check_logit_rate,
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
)
