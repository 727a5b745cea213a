r"""Two-phase annealing with noise and bias: how likely a run stays in its ball, and where it ends.

**Process.** x_{n+1} = x_n + a_n (f_n(x_n) + b_n + ξ_{n+1}) with F_n-measurable b_n, E[ξ_{n+1}|F_n] = 0 and
E[|ξ_{n+1}|²|F_n] ≤ σ². On the ball B = {|x − z| < ρ}, with y = x − z, r = |y|, e = r²,

    ⟨f_n(x), y⟩ ≤ −m r²,    |f_n(x)| ≤ Λ r,    |b_n| ≤ u_n ≤ ū,    0 < a_n ≤ ā < 2m/Λ².

Put κ = m − āΛ²/2 > 0. Then a_nκ ≤ m²/(2Λ²) ≤ 1/2. Let τ be the first n with x_n outside of B.

**One step.** For n < τ let w = y_n + a_n(f_n + b_n). Then |y + af|² ≤ (1 − 2am + a²Λ²) r² ≤ (1 − aκ)² r², because
(1 − aκ)² − (1 − 2am + a²Λ²) = a(ā − a)Λ² + a²κ². So |w| ≤ (1 − aκ) r + aκ · u/κ, which is at most ρ if u ≤ κρ, and
by convexity |w|² ≤ (1 − aκ) e_n + aκ (u/κ)². Since |w + aξ|² = |w|² + 2a⟨ξ, w⟩ + a²|ξ|²,

    e_{n+1} ≤ (1 − a_nκ) e_n + a_nκ (u_n/κ)² + ΔS_n + ΔA_n,    ΔS_n = 2a_n⟨ξ_{n+1}, w⟩,    ΔA_n = a_n²|ξ_{n+1}|²,

S is a martingale with E[ΔS_n²|F_n] ≤ 4a_n²ρ²σ², and A does not fall, E[ΔA_n|F_n] ≤ a_n²σ² (both stopped at τ).

**Along a path.** With P_{k,n} = Π_{k≤i<n}(1 − a_iκ) and the weights w_j = P_{j+1,n}, which rise in j to w_{n−1} = 1,
Σ w_jΔS_j = Σ (w_j − w_{j−1})(S_n − S_j), w_{k−1} = 0, is a mean of S_n − S_j. As Σ a_jκ P_{j+1,n} = 1 − P_{k,n}, for
k ≤ n ≤ τ

    e_n ≤ P_{k,n} e_k + (1 − P_{k,n}) sup_{j≥k} (u_j/κ)² + max_{k≤j≤n}(S_n − S_j) + A_n − A_k.                     (1)

**Never leaving.** Let e_0 ≤ r_0² and max(r_0², (ū/κ)²) + ε ≤ ρ² (so ū ≤ κρ). If R + A < ε throughout, where
R_n = S_n − min_{j≤n} S_j, then by (1) e_n < ρ² for all n ≤ τ: τ = ∞. R_{n+1} = max(R_n + ΔS_n, 0) is a submartingale,
R ≥ 0, and R_{n+1}² ≤ (R_n + ΔS_n)², so E R_n² ≤ Σ E ΔS_j². By Doob's inequality for R at (1 − θ)ε and Markov's for A
at θε, 0 < θ < 1,

    P(τ < ∞) ≤ P(sup R + sup A ≥ ε) ≤ Q Σ a_n²,        Q = σ² (4ρ²/((1 − θ)²ε²) + 1/(θε)).                         (2)

The bias does not occur in (2): it only has to be below κρ, and it sets how close the run comes.

**Phase 1**, a_n = α, f = v + λM, z = φ*_λ. Unless the event of (2) occurs, e_n ≤ (1 − ακ)ⁿ r_0² + (u/κ)² + ε, so after
N ≥ ln(r_0²/ε)/(ακ) steps e_N ≤ (u/κ)² + 2ε. With an upper bound ℓ ≥ 0 of the logarithm, N = ⌈ℓ/(ακ)⌉ ≤ ℓ/(ακ) + 1 and
α = δ₁κ/(Q(ℓ + 1)) the failure is at most QNα² ≤ δ₁(ℓ + ακ)/(ℓ + 1) ≤ δ₁: **every δ₁ > 0 has a step size.**

**Phase 2**, z = φ*, a_k = α₂(1 + k/s)^{−p}, λ_k = λ(1 + k/s)^{−q}, β_k likewise. k counts from the hand-over: with
s = N this is α₀n^{−p}, α₀ = α₂N^p. It starts within r_2 of φ* if √((u/κ)² + 2ε) + |φ*_λ − φ*| ≤ r_2. Here
f_n = v + λ_n(M − M(φ*)) and u_n = β_n + λ_n|M(φ*)|; m and Λ hold for all λ_n in [0, λ] if they do at both ends, since
⟨f_n, y⟩ is affine and |f_n| convex in λ_n. Since Σ_{k≥0} (1 + k/s)^{−2p} ≤ 1 + s/(2p − 1) for p > 1/2, phase 2 fails
with probability at most Q₂α₂²(1 + s/(2p − 1)): a δ₂ of its own.

**Convergence.** On {τ = ∞}, if Σ a_n = ∞, Σ a_n² < ∞ and u_n → 0: S converges almost surely (bounded in L²), so does
A. In (1) let n → ∞, then k → ∞: P_{k,n} → 0, sup_{j≥k} u_j → 0, the last two terms → 0, so x_n → z. Together

    P(x_n → φ*) ≥ 1 − δ₁ − δ₂      for every q > 0 and 1/2 < p ≤ 1.

The paper's q > 1 − p says Σ a_nλ_n < ∞; it is not needed.

**In mean square.** If the drift holds everywhere (ρ = ∞), the means of the one step give E e_{n+1} ≤ (1 − a_nκ) E e_n
+ a_nκ((u_n/κ)² + a_nσ²/κ), so E e_n ≤ P_{k,n} E e_k + sup_{j≥k}((u_j/κ)² + a_jσ²/κ) → 0 whenever a_n → 0, Σ a_n = ∞ and
u_n → 0; Σ a_n² = ∞ is allowed.

**Bounded noise**, |ξ| ≤ Ξ, with the mean 0 as before. Then ΔA_n ≤ a_nκ · a_nΞ²/κ and |ΔS_n| ≤ 2a_nρΞ. Let
max(r_0², (ū/κ)² + āΞ²/κ) + ε ≤ ρ². Leaving at n needs Σ P_{j+1,n}ΔS_j ≥ ε, by Azuma's inequality of probability
≤ exp(−ε²/(2 Σ (2P_{j+1,n}a_jρΞ)²)) = exp(−ε²/(8ρ²Ξ²V_n)) with V_n = Σ P²_{j+1,n}a_j². If a_n falls and
2(a_n − a_{n+1}) ≤ κa_n² then V_n ≤ 2a_n/κ by induction: V_{n+1} = (1 − a_nκ)²V_n + a_n² ≤ (1 − a_nκ)² 2a_n/κ + a_n²
≤ 2a_{n+1}/κ. So

    P(τ < ∞) ≤ Σ_{n≥1} exp(−c/a_n),        c = κε²/(16ρ²Ξ²).                                                     (3)

For a_k = α(1 + k/s)^{−p}, 0 < p ≤ 1, the mean value theorem gives a_k − a_{k+1} ≤ (αp/s)(1 + k/s)^{−p−1}, so
s ≥ 2p/(κα) will do, and (3) is at most (s/p)∫_1^∞ y^{1/p−1} e^{−(c/α)y} dy, which tends to 0 with α for s = 2p/(κα):
**bounded noise needs no p > 1/2.** For such steps (3) is finite with any c > 0 in place of this one, so by Borel and
Cantelli limsup Σ P_{j+1,n}ΔS_j ≤ 0, and if u_n → 0 then x_n → z as before. The classical source of such bounds is
M. Benaim, Séminaire de Probabilités 33 (1999) 1-68.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import flint
from sympy import Expr, Integer, Rational, Symbol, ceiling

from theory import exact
from theory.ball_inclusion import diagonal_lipschitz
from theory.balls import ball, root_above, root_below
from theory.corrected import Corrected, Vector, jacobian, largest_eigenvalue, minus, square, symmetric
from theory.errors import BadInput
from theory.exact import Undecided

SHARE_OF_STEP = 5  # largest step m/(5Λ²): nine tenths of the rate are kept
HAND_OVER = Rational(4, 5)  # phase 2 may start within this share of its ball's radius
SPLITS = tuple(Rational(k, 32) for k in range(1, 32))


# ----------------------------------------------------------------------------------------------------- the inequalities


def kept_rate(rate: Expr, slope: Expr, largest: Expr) -> Expr:
    """κ = m − āΛ²/2."""
    return rate - largest * slope**2 / 2


def contraction_residual(step: Expr, rate: Expr, slope: Expr, kept: Expr) -> Expr:
    """(1 − aκ)² − (1 − 2am + a²Λ²); with κ = m − āΛ²/2 it is a(ā − a)Λ² + a²κ²."""
    return (1 - step * kept) ** 2 - (1 - 2 * step * rate + step**2 * slope**2)


def convexity_residual(weight: Expr, distance: Expr, floor: Expr) -> Expr:
    """(1 − t) r² + t c² − ((1 − t) r + t c)²; it is t (1 − t)(r − c)²."""
    mean = (1 - weight) * distance + weight * floor
    return (1 - weight) * distance**2 + weight * floor**2 - mean**2


def by_parts_residual(length: int) -> tuple[Expr, Expr]:
    """Σ w_jΔS_j − Σ (w_j − w_{j−1})(S_n − S_j) and Σ t_jΠ_{i>j}(1 − t_i) − 1 + Π(1 − t_i), with symbols: both 0."""
    s = [Symbol(f"S_{j}") for j in range(length + 1)]
    t = [Symbol(f"t_{j}") for j in range(length)]
    weights = [_product(1 - t[i] for i in range(j + 1, length)) for j in range(length)]
    before = [Integer(0), *weights[:-1]]
    direct = sum((w * (s[j + 1] - s[j]) for j, w in enumerate(weights)), Integer(0))
    parts = sum(((w - b) * (s[-1] - s[j]) for j, (w, b) in enumerate(zip(weights, before, strict=True))), Integer(0))
    total = sum((entry * w for entry, w in zip(t, weights, strict=True)), Integer(0))
    return direct - parts, total - 1 + _product(1 - entry for entry in t)


def variance_residual(step: Expr, fall: Expr, kept: Expr) -> Expr:
    """2a′/κ − ((1 − aκ)² 2a/κ + a²) with a′ = a − fall: ≥ 0 if 2 fall ≤ κa² and aκ ≤ 1."""
    return 2 * (step - fall) / kept - ((1 - step * kept) ** 2 * 2 * step / kept + step**2)


def budget_residual(share: Expr, step: Expr, kept: Expr, constant: Expr, logarithm: Expr) -> Expr:
    """δ − Q (ℓ/(ακ) + 1) α² at the step size of phase 1; it is δ (1 − ακ)/(ℓ + 1)."""
    taken = step_within(share, kept, constant, logarithm)
    bound = constant * (logarithm / (step * kept) + 1) * step**2
    return (share - bound).subs(step, taken) - (share * (1 - step * kept) / (logarithm + 1)).subs(step, taken)


def _product(factors: Any) -> Expr:
    total: Expr = Integer(1)
    for factor in factors:
        total *= factor
    return total


# ------------------------------------------------------------------------------------------------------------ one phase


@dataclass(frozen=True)
class Drift:
    """⟨f(x), x − z⟩ ≤ −m r² and |f(x)| ≤ Λ r on |x − z| < ρ.

    Attributes:
        centre: z, a zero of f.
        radius: ρ.
        rate: m.
        slope: Λ.
    """

    centre: Vector
    radius: Rational
    rate: Rational
    slope: Rational


def drift_on_ball(field: Sequence[Expr], wrt: Sequence[Symbol], centre: Vector, radius: Rational) -> Drift:
    """Certify a drift about a zero: m = μ − Lρ/2 and Λ = max(‖D‖₁, ‖D‖_∞) + Lρ/2, by Taylor's formula.

    D is the Jacobian at the zero, μ = −λmax(sym D), L the least Lipschitz constant of the Jacobian on the ball's box.

    Raises:
        BadInput: the centre is no zero of the field, or there is no rate on that ball.
        Undecided: μ is irrational, or the second derivatives are not of a decidable kind.
    """
    here = dict(zip(wrt, centre, strict=True))
    if not all(exact.is_zero(entry.subs(here, simultaneous=True)) for entry in field):
        raise BadInput(f"{centre} is not a zero of the field.")
    slopes = jacobian(field, wrt).applyfunc(lambda entry: entry.subs(here, simultaneous=True))
    bend = diagonal_lipschitz(field, wrt, [(c - radius, c + radius) for c in centre]) * radius / 2
    rate = -largest_eigenvalue(symmetric(slopes)) - bend
    if not rate > 0:
        raise BadInput(f"the drift has no rate on the ball of radius {radius}.")
    # The operator norm is at most the geometric mean of the two.
    sums = [sum(map(abs, line)) for matrix in (slopes, slopes.T) for line in matrix.tolist()]
    return Drift(tuple(centre), radius, rate, max(sums) + bend)


def _still(case: Corrected) -> list[Expr]:
    """M(φ*)."""
    return [case.at(entry) for entry in case.correction]


def pulled(case: Corrected, amount: Expr) -> Vector:
    """The field v + λ(M − M(φ*)), of which φ* is a zero."""
    still = _still(case)
    return tuple(v + amount * (m - c) for v, m, c in zip(case.field, case.correction, still, strict=True))


def annealed_drift(case: Corrected, amount: Rational, radius: Rational) -> Drift:
    """The drift about φ* of v + λ(M − M(φ*)) for every λ in [0, amount]: the weaker constants of both ends."""
    fields = case.field, pulled(case, amount)
    ends = [drift_on_ball(field, case.symbols, case.zero, radius) for field in fields]
    return Drift(case.zero, radius, min(end.rate for end in ends), max(end.slope for end in ends))


def drift_shares(
    field: Sequence[Expr], wrt: Sequence[Symbol], drift: Drift, places: Sequence[Vector]
) -> tuple[Rational, Rational]:
    """How much of a drift's constants a field uses at points of the ball.

    Args:
        field: f.
        wrt: its coordinates.
        drift: m, Λ and the ball.
        places: (x − z)/ρ of every point, of norms between 0 and 1.

    Returns:
        The least −⟨f, y⟩/(m r²) and the largest |f|²/(Λr)²: the drift holds at these points if the first is at least 1
        and the second at most 1.
    """
    rates, slopes = [], []
    for place in places:
        apart = [exact.to_fmpq(drift.radius * entry) for entry in place]
        here = {symbol: exact.to_fmpq(c) + y for symbol, c, y in zip(wrt, drift.centre, apart, strict=True)}
        force = [exact.evaluate(entry, here, exact.to_fmpq) for entry in field]
        far = sum((y**2 for y in apart), flint.fmpq(0))
        rates.append(-sum((f * y for f, y in zip(force, apart, strict=True)), flint.fmpq(0)) / far)
        slopes.append(sum((f**2 for f in force), flint.fmpq(0)) / far)
    return exact.from_fmpq(min(rates)) / drift.rate, exact.from_fmpq(max(slopes)) / drift.slope**2


@dataclass(frozen=True)
class Phase:
    """One phase: a ball with drift, and what stays in it.

    Attributes:
        drift: the ball, m and Λ.
        start: r_0², the squared distance that it may start from.
        bias: ū.
        margin: ε.
        variance: σ².
    """

    drift: Drift
    start: Rational
    bias: Rational
    margin: Rational
    variance: Rational

    def __post_init__(self) -> None:
        """Refuse a phase to which the theorem does not apply."""
        if not self.margin > 0 or max(self.start, self.floor) + self.margin > self.drift.radius**2:
            raise BadInput("max(r_0^2, (u/kappa)^2) + epsilon must not exceed rho^2, with epsilon > 0.")

    @property
    def largest_step(self) -> Rational:
        """ā."""
        return self.drift.rate / (SHARE_OF_STEP * self.drift.slope**2)

    @property
    def kept(self) -> Rational:
        """κ."""
        return kept_rate(self.drift.rate, self.drift.slope, self.largest_step)

    @property
    def floor(self) -> Rational:
        """(ū/κ)², what the bias alone keeps the squared distance at."""
        return (self.bias / self.kept) ** 2

    @cached_property
    def split(self) -> Rational:
        """The θ that makes Q least, among multiples of 1/32."""
        return min(SPLITS, key=self._constant)

    @property
    def constant(self) -> Rational:
        """Q: the run leaves the ball with probability at most Q Σ a_n²."""
        return self._constant(self.split)

    def _constant(self, split: Rational) -> Rational:
        return exit_constant(self.drift.radius, self.variance, self.margin, split)


def exit_constant(radius: Expr, variance: Expr, margin: Expr, split: Expr) -> Expr:
    """Q = σ² (4ρ²/((1 − θ)²ε²) + 1/(θε))."""
    return variance * (4 * radius**2 / ((1 - split) * margin) ** 2 + 1 / (split * margin))


def step_within(share: Expr, kept: Expr, constant: Expr, logarithm: Expr) -> Expr:
    """α = δ₁κ/(Q(ℓ + 1)), the step size of phase 1."""
    return share * kept / (constant * (logarithm + 1))


def squares_bound(scale: Expr, power: Expr) -> Expr:
    """Upper bound 1 + s/(2p − 1) of Σ_{k≥0} (1 + k/s)^{−2p}, p > 1/2."""
    return 1 + scale / (2 * power - 1)


def azuma_constant(kept: Expr, margin: Expr, radius: Expr, bound: Expr) -> Expr:
    """κε²/(16ρ²Ξ²)."""
    return kept * margin**2 / (16 * radius**2 * bound**2)


def bounded_exponent(phase: Phase, bound: Rational, step: Rational) -> Rational:
    """The c of exp(−c/a_n) for noise of |ξ| ≤ Ξ and steps of at most the given one.

    Raises:
        BadInput: the step is above ā, or the margin leaves no room for āΞ²/κ.
    """
    lifted = phase.floor + step * bound**2 / phase.kept
    if step > phase.largest_step or lifted + phase.margin > phase.drift.radius**2:
        raise BadInput("the step is too large for noise of that bound.")
    return azuma_constant(phase.kept, phase.margin, phase.drift.radius, bound)


# ------------------------------------------------------------------------------------------------------- roots and logs


def dyadic_below(number: Rational, bits: int = 20) -> Rational:
    """A short rational k/2^j below or at the number, by less than its share 2^−bits."""
    places = bits + 1 - int(number.p).bit_length() + int(number.q).bit_length()
    return Rational(int(number * Integer(2) ** places // 1), 1) / Integer(2) ** places


def logarithm_above(number: Rational) -> Rational:
    """A rational above ln(number), a multiple of 1/1000; 0 for numbers up to 1."""
    if number <= 1:
        return Integer(0)
    thousandths = (ball(number).log() * 1000).ceil().unique_fmpz()
    if thousandths is None:  # the ball of the logarithm holds a multiple
        raise Undecided(f"ln {number} is not told from a multiple of 1/1000")
    return Rational(int(thousandths), 1000)


# ------------------------------------------------------------------------------------------------------------- the plan


@dataclass(frozen=True)
class Setting:
    """What a plan is made for.

    Attributes:
        case: v, M and φ*.
        amount: λ of phase 1.
        moved: φ*_λ.
        radii: ρ of phase 1 about φ*_λ and of phase 2 about φ*.
        start: x_0.
        bias: β of phase 1, which decays with λ_n in phase 2.
        deviation: standard deviation s of each coordinate of the noise.
        power: p.
        decay: q.
    """

    case: Corrected
    amount: Rational
    moved: Vector
    radii: tuple[Rational, Rational]
    start: Vector
    bias: Rational
    deviation: Rational
    power: Rational
    decay: Rational

    @property
    def variance(self) -> Rational:
        """σ² = d s²."""
        return len(self.case.symbols) * self.deviation**2


@dataclass(frozen=True)
class Plan:
    """Step sizes and lengths with which two phases fail with probability at most δ₁ + δ₂.

    Attributes:
        setting: what it was made for.
        phases: both phases.
        shares: δ₁ and δ₂ as requested.
        length: N, the steps of phase 1.
        steps: α and α₂.
    """

    setting: Setting
    phases: tuple[Phase, Phase]
    shares: tuple[Rational, Rational]
    length: int
    steps: tuple[Rational, Rational]

    @property
    def failures(self) -> tuple[Rational, Rational]:
        """The theorem's bounds for phase 1 and phase 2."""
        (first, second), (one, two) = self.phases, self.steps
        squares = squares_bound(Integer(self.length), self.setting.power)
        return first.constant * self.length * one**2, second.constant * two**2 * squares

    @property
    def reached(self) -> Rational:
        """(u/κ)² + 2ε: the squared distance from φ*_λ within which phase 1 ends."""
        return self.phases[0].floor + 2 * self.phases[0].margin

    def check(self) -> None:
        """Check the numbers against every condition of the theorem, from the definitions.

        Raises:
            Undecided: one fails.
        """
        (first, second), (one, two), setting = self.phases, self.steps, self.setting
        # (1 − ακ)^N r_0² ≤ ε itself, not the logarithm that N came from
        shrink = ball(1 - one * first.kept) ** self.length
        if not (Rational(1, 2) < setting.power <= 1 and setting.decay > 0):
            raise Undecided("the plan fails: powers")
        shift = root_above(square(minus(setting.moved, setting.case.zero)))
        conditions = {
            "steps": 0 < one <= first.largest_step and 0 < two <= second.largest_step,
            "length": bool(shrink * exact.to_fmpq(first.start) <= exact.to_fmpq(first.margin)),
            "start": square(minus(setting.start, setting.moved)) <= first.start,
            "hand-over": root_above(self.reached) + shift <= root_below(second.start),
            "bias": second.bias >= setting.bias + setting.amount * root_above(square(_still(setting.case))),
            "failure": all(bound <= share for bound, share in zip(self.failures, self.shares, strict=True)),
        }
        failed = [name for name, holds in conditions.items() if not holds]
        if failed:
            raise Undecided(f"the plan fails: {', '.join(failed)}")


def make_phases(setting: Setting) -> tuple[Phase, Phase]:
    """Both phases with the largest margins that the conditions allow.

    Raises:
        BadInput: a ball is too small for its start, its bias or the way between the zeros.
        Undecided: a constant of the drift is not decidable.
    """
    case, (one, two), variance = setting.case, setting.radii, setting.variance
    corrected = drift_on_ball(case.total(setting.amount), case.symbols, setting.moved, one)
    annealed = annealed_drift(case, setting.amount, two)
    start = square(minus(setting.start, setting.moved))
    pull = setting.bias + setting.amount * root_above(square(_still(case)))
    entry = HAND_OVER * two
    room = entry - root_above(square(minus(setting.moved, case.zero)))
    floors = [
        (bias / kept_rate(drift.rate, drift.slope, drift.rate / (SHARE_OF_STEP * drift.slope**2))) ** 2
        for bias, drift in ((setting.bias, corrected), (pull, annealed))
    ]
    if not room > 0:
        raise BadInput("the zeros are too far apart for the ball of phase 2.")
    first = min(one**2 - max(start, floors[0]), (room**2 - floors[0]) / 2)
    second = two**2 - max(entry**2, floors[1])
    return (
        # room for rounded roots
        Phase(corrected, start, setting.bias, dyadic_below(first * (1 - Rational(1, 2**32))), variance),
        Phase(annealed, entry**2, pull, second, variance),
    )


def make_plan(setting: Setting, delta: Rational) -> Plan:
    """N, α and α₂ by the theorem's formulas, δ₁ = δ₂ = δ/2 and the scale s = N.

    Raises:
        BadInput: as :func:`make_phases`.
        Undecided: as :func:`make_phases`, or a condition of the theorem fails.
    """
    first, second = make_phases(setting)
    share = delta / 2
    logarithm = logarithm_above(first.start / first.margin)
    # Smaller steps fail less often, so they may be rounded down.
    one = dyadic_below(min(first.largest_step, step_within(share, first.kept, first.constant, logarithm)))
    length = max(1, int(ceiling(logarithm / (one * first.kept))))
    squares = squares_bound(Integer(length), setting.power)
    two = dyadic_below(min(second.largest_step, root_below(share / (second.constant * squares))))
    plan = Plan(setting, (first, second), (share, share), length, (one, two))
    plan.check()
    return plan


# ----------------------------------------------------------------------------------------- every path of small examples


@dataclass(frozen=True)
class PathExample:
    """A few steps of the process, of which all paths of the noise are followed in rationals.

    Attributes:
        field: f.
        symbols: coordinates.
        drift: certified about its zero.
        start: x_0.
        steps: a_n.
        bias: b, a vector, the same in every step.
        deviation: s; every coordinate of ξ is ±s.
    """

    field: tuple[Expr, ...]
    symbols: tuple[Symbol, ...]
    drift: Drift
    start: Vector
    steps: tuple[Rational, ...]
    bias: Vector
    deviation: Rational


@dataclass(frozen=True)
class PathFindings:
    """What came of all paths.

    Attributes:
        paths: how many.
        slack: least slack of inequality (1) over all paths and times, ``""`` for all of it, and without each term.
        centred: whether S is a martingale and A rises by its mean, exactly.
        reflected: E R_n² and Σ E ΔS², the former at most the latter.
    """

    paths: int
    slack: dict[str, Rational]
    centred: bool
    reflected: tuple[Rational, Rational]


TERMS = ("start", "bias", "rise", "growth")  # of the right-hand side of inequality (1)
Numbers = list[flint.fmpq]


def follow_all_paths(example: PathExample) -> PathFindings:
    """Check inequality (1) and the martingale properties on every path, exactly.

    Raises:
        Undecided: a step or the bias is too large for the theorem, or a path leaves the ball.
    """
    drift, dimension = example.drift, len(example.start)
    kept = kept_rate(drift.rate, drift.slope, max(example.steps))
    if not (kept > 0 and square(example.bias) <= (kept * drift.radius) ** 2):
        raise Undecided("a step or the bias is too large for the theorem")
    floor = exact.to_fmpq(square(example.bias) / kept**2)
    first = exact.to_fmpq(square(minus(example.start, drift.centre)))
    kappa, edge = exact.to_fmpq(kept), exact.to_fmpq(drift.radius**2)
    centre, bias = (list(map(exact.to_fmpq, vector)) for vector in (drift.centre, example.bias))
    size = exact.to_fmpq(example.deviation)
    kicks: list[Numbers] = [list(kick) for kick in product((-size, size), repeat=dimension)]
    growing = dimension * size**2
    zero = flint.fmpq(0)
    # position, S and its least value so far
    states = [(list(map(exact.to_fmpq, example.start)), zero, zero)]
    slack: dict[str, flint.fmpq] = {}
    centred, variance, remaining, growth = True, zero, flint.fmpq(1), zero
    for step in map(exact.to_fmpq, example.steps):
        remaining, growth = remaining * (1 - step * kappa), growth + step**2 * growing
        following = []
        for x, martingale, least in states:
            here = dict(zip(example.symbols, x, strict=True))
            force = [exact.evaluate(entry, here, exact.to_fmpq) for entry in example.field]
            target = [a + step * (f + b) for a, f, b in zip(x, force, bias, strict=True)]
            changes = []
            for kick in kicks:
                moved = [a + step * noise for a, noise in zip(target, kick, strict=True)]
                arm = [a - c for a, c in zip(target, centre, strict=True)]
                changes.append(2 * step * sum((n * w for n, w in zip(kick, arm, strict=True)), zero))
                centred &= sum((noise**2 for noise in kick), zero) == growing
                total = martingale + changes[-1]
                low = min(least, total)
                distance = sum(((a - c) ** 2 for a, c in zip(moved, centre, strict=True)), zero)
                if distance >= edge:
                    raise Undecided("a path leaves the ball")
                values = dict(
                    zip(TERMS, (remaining * first, (1 - remaining) * floor, total - low, growth), strict=True)
                )
                room = sum(values.values(), zero) - distance
                for name in ("", *TERMS):
                    here_slack = room - values.get(name, zero)
                    slack[name] = min(slack.get(name, here_slack), here_slack)
                following.append((moved, total, low))
            centred &= sum(changes, zero) == 0
            variance += sum((change**2 for change in changes), zero) / (len(kicks) * len(states))
        states = following
    reflected = sum(((total - low) ** 2 for _, total, low in states), zero) / len(states)
    return PathFindings(
        len(states),
        {name: exact.from_fmpq(value) for name, value in slack.items()},
        bool(centred),
        (exact.from_fmpq(reflected), exact.from_fmpq(variance)),
    )
