r"""What is left of a correction that is annealed away: regions, limits and rates of x ← keep(x + a_n(v + λ_nM)(x)).

keep is the projection on [0, 1] in every coordinate (two actions, direct coordinates) or nothing; a_n > 0, λ_n ≥ 0.

**Regions.** Let c > 0. Each of these is affine in λ, so it holds for all λ in [0, c] exactly if it holds at 0 and at c:
σ_k(v + λM)_k > 0 at a point (on a box: a sign box), ⟨v + λM, x − x*⟩ < 0 at a point (on a ball: a drift ball), and the
rate of p + q in a coordination game (:mod:`theory.separatrix`). Hence for every schedule in [0, c]:

* Sign box [r wide, at the corner x*], σ_k(v + λM)_k ≥ g > 0 on it at both ends: each step brings each coordinate by at
  least a_n g toward x*_k or puts it there. The box is never left, and x_n = x* from the first n on with
  g Σ_{k<n} a_k ≥ r. This needs no bound on a_n.
* Symmetric coordination game, p + q > s*(0) and > s*(c), 0 ≤ a_n · contraction ≤ 1 at both ends, Σ a_n = ∞: the proof
  in :mod:`theory.separatrix` uses of a step only its own λ, so p + q never falls and (1, 1) is reached in finite time.
* Drift ball, in continuous time: |x − x*|² is a common Lyapunov function. It falls under every λ(t) in [0, c], at least
  at the smaller of the two rates at the ends, which is continuous and > 0 away from x*: x(t) → x*. Large steps can
  leave the ball for good, as the field does not vanish at a strict equilibrium: C13.region shows a run that does.

**Limit, interior zero.** On a ball B of radius ρ about φ* let ⟨v, x − φ*⟩ ≤ −m|x − φ*|², |v| ≤ L|x − φ*|, |M| ≤ K. If
a_nL² ≤ m, then |x + a_nv − φ*|² ≤ (1 − 2a_nm + a_n²L²)|x − φ*|² ≤ (1 − a_nm/2)²|x − φ*|², so e_n = |x_n − φ*| has

    e_{n+1} ≤ (1 − a_nm/2) e_n + a_nλ_nK.

B is never left if λ_nK ≤ mρ/2 always, and a projection on a convex set with φ* only helps. If Σ a_n = ∞ and λ_n → 0,
then e_n → 0, with constant steps too: the recursion is u ← (1 − h)u + h w with h = a_nm/2, w = 2Kλ_n/m → 0.

**Averaging.** If u_{n+1} = (1 − h_n)u_n + h_nw_n with h_n in [0, 1] from some n on, Σ h_n = ∞ and w_n → w, then
u_n → w. (|u_{n+1} − w| ≤ (1 − h_n)|u_n − w| + h_nε as soon as |w_n − w| ≤ ε, so |u_n − w| − ε falls below every
positive number.) With ≤ in the recursion lim sup u_n ≤ w.

**Rate, interior zero, from below.** Let v = −m x, M = c on the line, 0 < a_nm ≤ 1, λ_n not increasing, x_0 ≥ 0. Since
Σ_k a_km Π_{j>k}(1 − a_jm) = 1 − Π_j(1 − a_jm),

    x_n = x_0 Π_j(1 − a_jm) + c Σ_k a_kλ_k Π_{j>k}(1 − a_jm) ≥ (c/m) λ_{n−1} (1 − Π_{j<n}(1 − a_jm)).

So the error is at least of the order of λ_n, as Π_{j<n}(1 − a_jm) ≤ 1 − a_0m; policy gradient's is x_0 Π(1 − a_jm).

**Rate, noise.** Add a_nξ_n, E[ξ_n|past] = 0, variance s². Bias and variance have recursions of their own,
b ← (1 − am)b + aλc and V ← (1 − am)²V + a²s². Put a_n = a_0 n^−p, λ_n = λ_0 n^−q, 0 < p ≤ 1, q > 0 and write
a_n/a_{n+1} = 1 + κ_na_n, λ_n/λ_{n+1} = 1 + ν_na_n. Then V_n/a_n and b_n/λ_n average with
h = 1 − (1 + κa)(1 − am)², hw = (1 + κa)as², and h = 1 − (1 + νa)(1 − am), hw = (1 + νa)ac, so that

    V_n/a_n → s²/(2m − κ),        b_n/λ_n → c/(m − ν),        E x_n² = V_n + b_n²,

κ, ν → 0 for p < 1, as 0 ≤ (1 + 1/n)^q − 1 ≤ max(q, 2^q − 1)/n = o(a_n); κ → 1/a_0, ν → q/a_0 for p = 1, where
2a_0m > 1 and a_0m > q are needed (if a_0m ≤ q, b_n is of the order of n^−a_0m up to a logarithm, so b_n² = o(a_n)).
E x_n² is of exact order max(a_n, λ_n²) = n^−min(p, 2q); policy gradient's is n^−p.

**Mean square in general.** With L, m, K valid everywhere (or on the convex set projected on) and E|ξ|² ≤ s², for every
θ in (0, 2), from 2λK|e| ≤ θm|e|² + λ²K²/(θm) and |v + λM|² ≤ 2L²|e|² + 2λ²K²,

    E|e_{n+1}|² ≤ (1 − (2 − θ)a_nm + 2a_n²L²) E|e_n|² + a_n(1/(θm) + 2a_n)λ_n²K² + a_n²s²   (Robbins and Siegmund).

Divided by n^−μ, μ = min(p, 2q), this averages with h = (2 − θ)a_nm − μ/n + O(a_n²) + O(1/n²) and a bounded hw/a_n: an
upper bound of order n^−μ. For p < 1 every θ will do. For p = 1 h has to stay positive, (2 − θ)a_0m > μ: with
θ = 1 − μ/(2a_0m) that is a_0m + μ/2 > μ, so 2a_0m > μ is enough; with a fixed θ = 1/2 it would not be.

**Logit coordinates.** At a strict pure equilibrium of a 2×2 game with u = 1 − (probability of the own action) and w the
other's, ẋ = u(1 − u)(gap + λ · other's slope² · …): the correction has the factor (w(1 − w))². Hence E = (1 − u)/u = eˣ
has E_{n+1} = E_n exp(a_nu(1 − u)G_n) with G_n → G, the loss from deviating, for *every* bounded λ_n, so
(E_{n+1} − E_n)/a_n → G and u_n Σ_{k<n}a_k → 1/G if Σ a_n = ∞ and a_n stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import flint
from sympy import Add, Expr, Integer, Mul, Rational, Symbol, ceiling, symbols

from theory import exact
from theory.balls import Ball, ball, ends
from theory.corrected import policy_and_correction
from theory.decomposition import decompose, update_program
from theory.equilibria import StationaryProfile
from theory.errors import BadInput
from theory.exact import Undecided, leading_term, lowest_terms
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.games.model import Game
from theory.policies import in_probabilities, parameters
from theory.regions.prove import simple_below
from theory.symbols import alpha, own_coefficient, peer_coefficient, step_size
from theory.symbols import correction as size

Vector = tuple[Rational, ...]
Sizes = Iterable[tuple[Rational, Rational]]  # (a_n, λ_n) step by step
RATE, PUSH, SPREAD = symbols("m c s", positive=True)
KAPPA, STEP = Symbol("kappa", nonnegative=True), Symbol("a", positive=True)
LIPSCHITZ, BOUND, DISTANCE = symbols("L K e", positive=True)
SMALLEST = Rational(1, 2**24)
HALF = Rational(1, 2)


# ------------------------------------------------------------------------------------------------------- exact runs


@dataclass(frozen=True)
class Process:
    """A field with its correction, and what keeps the parameters where they belong.

    Attributes:
        symbols: coordinates.
        field: v.
        correction: M.
        projected: whether every coordinate is put back into [0, 1] after each step.
    """

    symbols: tuple[Symbol, ...]
    field: tuple[Expr, ...]
    correction: tuple[Expr, ...]
    projected: bool

    def total(self, amount: Expr = size) -> tuple[Expr, ...]:
        """The corrected field v + λM."""
        return tuple(v + amount * m for v, m in zip(self.field, self.correction, strict=True))

    def run(self, start: Sequence[Rational], sizes: Sizes) -> list[Vector]:
        """x_0, x_1, … in exact arithmetic, one step for every (a_n, λ_n)."""
        here = [exact.to_fmpq(Rational(entry)) for entry in start]
        path = [tuple(start)]
        for step, amount in sizes:
            known = dict(zip(self.symbols, here, strict=True))
            rate, share = exact.to_fmpq(Rational(step)), exact.to_fmpq(Rational(amount))
            moved = []
            for x, v, m in zip(here, self.field, self.correction, strict=True):
                push = exact.evaluate(v, known, exact.to_fmpq) + share * exact.evaluate(m, known, exact.to_fmpq)
                there = x + rate * push
                moved.append(min(max(there, flint.fmpq(0)), flint.fmpq(1)) if self.projected else there)
            here = moved
            path.append(tuple(map(exact.from_fmpq, here)))
        return path


def process(game: AnyGame) -> Process:
    """Policy gradient v and the peer-learning correction over α, current payoffs, expanded form, direct coordinates.

    Raises:
        BadInput: a player has three or more actions (the projection is then not one of every coordinate).
    """
    if not isinstance(game, DifferentiableGame) and any(len(names) != 2 for names in game.actions):
        raise BadInput(f"annealing: a player of game {game.name!r} does not have two actions.")
    phi, field, peer = policy_and_correction(game)
    projected = not isinstance(game, DifferentiableGame)
    return Process(phi, tuple(map(game.value_of, field)), tuple(map(game.value_of, peer)), projected)


def power_schedule(step: Rational, amount: Rational, power: int, steps: int) -> list[tuple[Rational, Rational]]:
    """A constant step size and λ_n = amount/(n + 1)^power, n from 0."""
    return [(step, amount / Integer(n + 1) ** power) for n in range(steps)]


def interpolation_residual(condition: Expr, largest: Expr) -> Expr:
    """A condition at λ less what its values at 0 and at ``largest`` give by straight-line interpolation.

    Zero means that a sign which holds at both ends holds in between.
    """
    ends = [condition.subs(size, end) for end in (Integer(0), largest)]
    share = size / largest
    return lowest_terms(condition - (1 - share) * ends[0] - share * ends[1])


# -------------------------------------------------------------------------------------------------------- sign boxes


@dataclass(frozen=True)
class SignBox:
    """A box at a pure profile on which v + λC points to the profile in every coordinate, for all λ in [0, largest].

    Attributes:
        game: two actions for every player.
        corner: 1 where the first action is played, per coordinate.
        largest: the end of the range of λ.
        radius: side of the box.
        margin: a lower bound of every σ_k(v + λC)_k on the box.
    """

    game: Game
    corner: tuple[int, ...]
    largest: Rational
    radius: Rational
    margin: Rational

    def steps(self, step: Rational) -> int:
        """After how many steps of one size every start in the box is at the corner, whatever λ_n in the range."""
        return int(ceiling(self.radius / (step * self.margin)))

    def starts(self) -> list[Vector]:
        """The box's vertices."""
        return [self.vertex(far) for far in product((False, True), repeat=len(self.corner))]

    def vertex(self, far: Sequence[bool]) -> Vector:
        """The vertex that is on the far side, and not at the corner, in the coordinates that say so."""
        return tuple(c + (1 - 2 * c) * self.radius * int(away) for c, away in zip(self.corner, far, strict=True))

    def least_push(self, points: Iterable[Vector]) -> Rational:
        """The least σ_k(v + λC)_k at some points, λ = 0 and λ = ``largest``, exactly: without any enclosure.

        At the vertices it is the least on the whole box where v and C are affine in every coordinate, as in one-shot
        games of two players; elsewhere it bounds what a margin can be.
        """
        program = decompose(self.game, form="expanded").program
        flat = [symbol for row in parameters(self.game, "direct") for symbol in row]
        found = []
        for point in points:
            at = {symbol: exact.to_fmpq(Rational(entry)) for symbol, entry in zip(flat, point, strict=True)}
            blocks = program.run({**at, alpha: flint.fmpq(1)}, exact.to_fmpq)
            v, m = (_joined(blocks, stem, self.game.players) for stem in ("current", "peer"))
            for c, slope, pull in zip(self.corner, v, m, strict=True):
                found += [(2 * c - 1) * (slope + share * pull) for share in (0, exact.to_fmpq(self.largest))]
        return exact.from_fmpq(flint.fmpq(min(found)))


def sign_box(game: Game, profile: StationaryProfile, largest: Rational) -> SignBox:
    """The largest certified sign box of side 1, 1/2, 1/4, … at a pure profile, for λ in [0, largest].

    v and C are enclosed on the box by running their program in ball arithmetic, at λ = 0 and λ = ``largest``.

    Args:
        game: two actions for every player, policies that see the state.
        profile: one action per player and state (0 the first).
        largest: the end of the range of λ.

    Raises:
        BadInput: a player has three or more actions.
        Undecided: no box of side 2^−24 or more is certified.
    """
    if any(len(names) != 2 for names in game.actions):
        raise BadInput(f"annealing: a player of game {game.name!r} does not have two actions.")
    game = game.instance()
    corner = tuple(1 - action for policy in profile for action in policy)
    program = decompose(game, form="expanded").program
    flat = [symbol for row in parameters(game, "direct") for symbol in row]
    signs = [2 * c - 1 for c in corner]
    amount = ball(largest)
    radius = Rational(1)
    while radius >= SMALLEST:
        half = ball(radius / 2)
        centres = [ball(Integer(c) - sign * radius / 2) for c, sign in zip(corner, signs, strict=True)]
        box = {symbol: flint.arb(centre, half) for symbol, centre in zip(flat, centres, strict=True)}
        try:
            blocks = program.run({**box, alpha: flint.arb(1)}, ball)
        except ZeroDivisionError:
            blocks = {}
        if blocks:
            v, m = (_joined(blocks, stem, game.players) for stem in ("current", "peer"))
            pushes = [
                sign * (a + share * b) for sign, a, b in zip(signs, v, m, strict=True) for share in (0 * amount, amount)
            ]
            margin = min(ends(push)[0] for push in pushes) if all(push.is_finite() for push in pushes) else 0
            if margin > 0:
                return SignBox(game, corner, largest, radius, simple_below(margin))
        radius /= 2
    raise Undecided(f"no sign box of side {SMALLEST} at {profile} for lambda up to {largest}")


def _joined(blocks: Mapping[str, Sequence[Any]], stem: str, players: int) -> list[Any]:
    return [entry for player in range(1, players + 1) for entry in blocks[f"{stem}_{player}"]]


# ------------------------------------------------------------------------------------------------- interior zeros


def contraction_slack() -> Expr:
    """(1 − am/2)² − (1 − 2am + a²L²): what is left over when a step without correction shrinks the distance."""
    return (1 - STEP * RATE / 2) ** 2 - (1 - 2 * STEP * RATE + STEP**2 * LIPSCHITZ**2)


def envelope_step(distance: Expr, step: Expr, amount: Expr, rate: Expr = RATE, push: Expr = BOUND) -> Expr:
    """The bound (1 − am/2)e + aλK of the next distance."""
    return (1 - step * rate / 2) * distance + step * amount * push


def envelope(start: Rational, rate: Rational, push: Rational, sizes: Sizes) -> list[Rational]:
    """Bounds of the distances e_0, e_1, … from φ*, in exact arithmetic."""
    bounds = [start]
    for step, amount in sizes:
        bounds.append(envelope_step(bounds[-1], step, amount, rate, push))
    return bounds


def mean_square_step(square: Expr, step: Expr, amount: Expr, share: Expr = HALF) -> Expr:
    """The bound of E|e|² after a step, in m, L, K and the noise's variance s².

    Args:
        square: E|e|² before.
        step: a_n.
        amount: λ_n.
        share: θ, how much of m|e|² pays for the correction.
    """
    shrink = 1 - (2 - share) * step * RATE + 2 * step**2 * LIPSCHITZ**2
    return shrink * square + step * (1 / (share * RATE) + 2 * step) * amount**2 * BOUND**2 + step**2 * SPREAD**2


def mean_square_parts() -> Expr:
    """What :func:`mean_square_step` bounds, with |e|, |v| and |M| at their bounds: |e + a(v + λM)|² + a²s²."""
    drift = -2 * STEP * RATE * DISTANCE**2 + 2 * STEP * size * BOUND * DISTANCE
    return DISTANCE**2 + drift + STEP**2 * (LIPSCHITZ * DISTANCE + size * BOUND) ** 2 + STEP**2 * SPREAD**2


def mean_square_slack(share: Expr) -> tuple[Expr, Expr]:
    """The two inequalities behind :func:`mean_square_step`, right sides less left sides; both are squares.

    Args:
        share: θ.
    """
    young = share * RATE * DISTANCE**2 + size**2 * BOUND**2 / (share * RATE) - 2 * size * BOUND * DISTANCE
    parts = 2 * LIPSCHITZ**2 * DISTANCE**2 + 2 * size**2 * BOUND**2 - (LIPSCHITZ * DISTANCE + size * BOUND) ** 2
    return young, parts


def linear_case(count: int) -> tuple[Expr, Expr, Expr]:
    """x_n by the recursion and by the sum, and Σ of the weights + Π − 1, for v = −m x, M = c, all sizes symbols."""
    steps, amounts = symbols(f"a0:{count}", positive=True), symbols(f"l0:{count}", positive=True)
    start = Symbol("x0", real=True)
    here: Expr = start
    for step, amount in zip(steps, amounts, strict=True):
        here = here + step * (-RATE * here + amount * PUSH)

    def left(first: int) -> Expr:
        return Mul(*(1 - RATE * step for step in steps[first:]))

    summed = start * left(0) + PUSH * Add(*(steps[k] * amounts[k] * left(k + 1) for k in range(count)))
    weights = Add(*(steps[k] * RATE * left(k + 1) for k in range(count))) + left(0) - 1
    return here, summed, weights


def averaged(variance: bool, rise: Expr = KAPPA) -> tuple[tuple[int, Expr], tuple[int, Expr]]:
    """How the averaging weight h and its value w begin where a → 0, for V_n/a_n or for b_n/λ_n.

    Args:
        variance: V_n/a_n; else b_n/λ_n.
        rise: κ or ν, as in the module.

    Returns:
        The leading terms (power of a, coefficient) of h and of w.
    """
    shrink = (1 - STEP * RATE) ** (2 if variance else 1)
    weight = 1 - (1 + rise * STEP) * shrink
    value = (1 + rise * STEP) * STEP * (SPREAD**2 if variance else PUSH) / weight
    return leading_term(weight, STEP), leading_term(value, STEP)


def enclosed_moments(
    steps: Callable[[int], Ball], amounts: Callable[[int], Ball], counts: Sequence[int]
) -> list[tuple[Ball, Ball]]:
    """Balls that hold (V_n/a_n, b_n/λ_n) at the given n, for m = c = s = 1, from V_1 = b_1 = 0, by the recursions.

    Args:
        steps: a_n, n from 1.
        amounts: λ_n.
        counts: increasing.
    """
    variance = bias = flint.arb(0)
    found = []
    for n in range(1, counts[-1] + 1):
        step, amount = steps(n), amounts(n)
        if n in counts:
            found.append((variance / step, bias / amount))
        variance = (1 - step) ** 2 * variance + step**2
        bias = (1 - step) * bias + step * amount
    return found


def power(base: int, exponent: Rational) -> Ball:
    """A ball around n^−exponent."""
    return flint.arb(base) ** ball(-exponent)


# --------------------------------------------------------------------------------------------------- logit corners


@dataclass(frozen=True)
class LogitCorner:
    """How the distance u of a player from a pure profile changes in logit coordinates, along rays (a r, b r).

    Attributes:
        order: power of r at which u̇ of policy gradient begins.
        leading: its coefficient.
        peer: power of r at which the peer-learning part of u̇ begins; 0 if there is none.
        own: the same for the own-learning part.
    """

    order: int
    leading: Expr
    peer: int
    own: int


def logit_corners(game: Game) -> dict[tuple[int, ...], tuple[LogitCorner, ...]]:
    """For every pure profile of a 2×2 game, by first-action probabilities, both players' expansions.

    u̇ = −σ p(1 − p) · (term in logit coordinates), σ = 1 where the first action is played.
    """
    blocks = in_probabilities(decompose(game, "logit", 1, "expanded").program, game).closed_form()
    axes = [row[0] for row in parameters(game, "direct")]
    rates, r = symbols("a b", positive=True), Symbol("r", positive=True)
    found = {}
    for corner in product((0, 1), repeat=2):
        at = {s: c + (1 - 2 * c) * rate * r for s, c, rate in zip(axes, corner, rates, strict=True)}
        rows = []
        for player, (axis, c) in enumerate(zip(axes, corner, strict=True), start=1):
            outward = axis * (1 - axis) * (1 - 2 * c)  # du/dx
            terms = {
                name: leading_term((outward * blocks[f"{name}_{player}"][0]).subs(at, simultaneous=True), r)
                for name in ("current", "peer", "own")
            }
            order, leading = terms["current"]
            rows.append(LogitCorner(order, lowest_terms(leading), terms["peer"][0], terms["own"][0]))
        found[corner] = tuple(rows)
    return found


# ---------------------------------------------------------------------------------------------------- annealed limit


def unrolled_limit(game: AnyGame) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """(v, what the unrolled update with L = 1 becomes when both coefficients are annealed to 0), closed forms.

    The second is v read after the inner step, v(φ + αv(φ)).
    """
    program = update_program(game, "direct", "meta", "unrolled")
    steps = {step_size(player): alpha for player in range(game.players)}
    off = {own_coefficient: Integer(0), peer_coefficient: Integer(0)}
    inputs = [symbol for symbol in program.inputs if symbol not in steps and symbol not in off]
    limit = program.replaced({**steps, **off}, [*inputs, alpha]).closed_form()["update"]
    return process(game).field, tuple(game.value_of(entry) for entry in limit)
