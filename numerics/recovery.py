"""How fast an annealed run comes back to policy gradient's equilibrium: type and exponent of the decay.

Predictions and constants come from :mod:`theory.annealing` and :mod:`theory.corrected`; what is measured are runs.

Exponents are slopes of log(distance) against log(t) between t/8 and t, with t = n for constant steps and 1 + n/scale
where sizes decay with (1 + n/scale). Runs without noise have no sampling error; their slopes differ from the limit's by
what the expansion leaves out: relative orders λ_n (constant steps) and log t/t (logit coordinates).

With noise three exponents are compared. The *leading* one is that of a_n tr X + λ_n²|d|² between the same times, with
Dv X + X Dvᵀ + s²I = 0 and d = Dv⁻¹M(φ*): both terms of E|x_n − φ*|² at leading order; it tends to −min(p, 2q). The
*exact* one is that of the second moment itself, from the mean and the covariance of a linear game; it differs from the
leading one by relative orders λ_n and n^(p−1). The *measured* one is that of the runs. Tolerances are twice what the
next order contributes to the slope (:func:`next_order`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import solve_continuous_lyapunov
from sympy import Integer, Rational

from numerics import noisy
from numerics.annealing import TwoPhase, parse
from numerics.compile import Array, compile_program
from numerics.dynamics import Learning, Schedule, run
from numerics.kernels import trajectories
from numerics.paper_settings import DECAY
from numerics.policies import from_first_probability, probabilities
from numerics.statistics import student_interval
from theory.annealing import (
    BOUND,
    DISTANCE,
    LIPSCHITZ,
    RATE,
    SPREAD,
    STEP,
    mean_square_step,
    sign_box,
)
from theory.corrected import Corrected, game_case, largest_eigenvalue, square
from theory.games import AnyGame, cournot, stag_hunt
from theory.policies import Coordinates
from theory.program import Program
from theory.published import CORRECTION
from theory.symbols import correction as size

Row = dict[str, Any]
OCTAVES = 3  # exponents are measured between t/2^3 and t
LOGIT_TOLERANCE = 0.01  # about twice log t/t eight times before the end of the shortest run, 2^14 steps
GROUPS = 20  # of runs, whose slopes give the interval


@dataclass(frozen=True)
class Decay:
    """A measured decay.

    Attributes:
        name: the game with its coordinates.
        method: ``pg``, ``annealed`` or ``constant``.
        kind: predicted type: ``finite``, ``algebraic``, ``exponential``, ``power`` or ``noise``.
        predicted: the predicted exponent (with noise the leading one), factor a step (exponential), or most steps.
        measured: what came of the runs.
        interval: of the measured value, for runs with noise; 95 % for all of them together.
        exact: the exponent of the exact second moment, for runs with noise.
        limit: what the exponent tends to, −min(p, 2q), for runs with noise.
        plain: policy gradient's limit with the same step sizes, −p, for runs with noise.
        times: t at which the distance was taken.
        values: the distance there, or its mean square for runs with noise.
        limits: intervals of the mean square, shape (2, times), for runs with noise.
        tolerance: how far the measured (with noise the exact) exponent may be from the predicted one.
        settings: sizes of the run, in words.
    """

    name: str
    method: str
    kind: str
    predicted: float
    measured: float
    settings: str
    times: Array
    values: Array
    tolerance: float = 0.0
    interval: tuple[float, float] | None = None
    exact: float | None = None
    limit: float | None = None
    plain: float | None = None
    limits: Array | None = None

    @property
    def agrees(self) -> bool:
        """Whether the measured value is what is predicted, by the rule for its kind.

        finite: at the corner itself within the predicted number of steps. exponential: the factor to one part in a
        million. algebraic and power: the exponent to its tolerance. noise: the interval holds the exact second moment's
        exponent, which is the leading one to its tolerance.
        """
        if self.kind == "finite":
            return self.measured <= self.predicted and float(self.values[-1]) == 0
        if self.kind == "exponential":
            return abs(self.measured / self.predicted - 1) < 1e-6
        if self.interval is None or self.exact is None:
            return abs(self.measured - self.predicted) <= self.tolerance
        low, high = self.interval
        return low <= self.exact <= high and abs(self.exact - self.predicted) <= self.tolerance

    @property
    def slower(self) -> bool:
        """Whether the interval lies above policy gradient's limit with the same step sizes."""
        return self.interval is not None and self.plain is not None and self.interval[0] > self.plain

    def row(self) -> Row:
        """The decay as flat data."""
        found: Row = {
            "game": self.name,
            "method": self.method,
            "type": self.kind,
            "settings": self.settings,
            "predicted": self.predicted,
            "measured": self.measured,
            "tolerance": self.tolerance,
            "agrees": self.agrees,
        }
        if self.interval is not None:
            found |= {
                "low": self.interval[0],
                "high": self.interval[1],
                "exact": self.exact,
                "limit": self.limit,
                "pg_limit": self.plain,
            }
        return found

    def points(self) -> list[Row]:
        """The curve as flat data."""
        rows: list[Row] = []
        for k, (t, value) in enumerate(zip(self.times, self.values, strict=True)):
            place: Row = {"game": self.name, "method": self.method, "type": self.kind, "settings": self.settings}
            place |= {"t": float(t), "value": float(value)}
            if self.limits is not None:
                place |= {"low": float(self.limits[0, k]), "high": float(self.limits[1, k])}
            rows.append(place)
        return rows


def exponent(times: Array, values: Array) -> float:
    """The slope of log(value) against log(t) between the last time and :data:`OCTAVES` octaves before.

    Raises:
        ValueError: the times do not reach back so far.
    """
    back = times[-1] / 2**OCTAVES
    if times[0] > back:
        raise ValueError(f"times from {times[0]} to {times[-1]} do not span {OCTAVES} octaves")
    before = math.exp(float(np.interp(math.log(back), np.log(times), np.log(values))))
    return float(np.log(values[-1] / before) / np.log(times[-1] / back))


def next_order(at: Array, steps: Array, corrections: Array, rate: float) -> float:
    """Twice the slope that the next order adds to an exponent between t/8 and t: κ/(2m) + (ν + 2λ)/m.

    κ = (a_n/a_{n+1} − 1)/a_n and ν = (λ_n/λ_{n+1} − 1)/a_n at the times t (:mod:`theory.annealing`).

    Args:
        at: t of every step.
        steps: a_n.
        corrections: λ_n, all 0 without correction.
        rate: m.
    """
    kappa = (steps[:-1] / steps[1:] - 1) / steps[:-1]
    with np.errstate(invalid="ignore"):
        nu = np.nan_to_num(corrections[:-1] / corrections[1:] - 1) / steps[:-1]
    terms = kappa / (2 * rate) + (nu + 2 * corrections[:-1]) / rate
    early = np.searchsorted(at, at[-2] / 2**OCTAVES)
    return float(2 * (terms[early] - terms[-1]) / math.log(2**OCTAVES))


# ------------------------------------------------------------------------------------------------- without noise


def peer_learning(
    game: AnyGame, policy: Coordinates, amount: float, lr: float, anneal: TwoPhase | None = None
) -> Learning:
    """The field v + λC with λ = α · c_peer, α = 1, and a constant step size; ``pg`` for λ = 0."""
    rule = "peer" if amount else "pg"
    return Learning(
        game, policy, rule, "expanded", 1, (1.0,) * game.players, 1.0, amount, Schedule(lr), None, anneal
    )  # fmt: skip


def path_of(learning: Learning, start: Array, steps: int) -> Array:
    """The parameters φ_0, φ_1, … of a short run of at most one block of starts, shape (steps + 1, parameters, starts).

    No kernel has to be compiled.
    """
    frames: list[Array] = []
    run(learning, start, steps, lambda _, __, phi: frames.append(phi))
    return np.array(frames)


def finite_decays(step: float = 1 / 64) -> list[Decay]:
    """Stag Hunt in direct coordinates: from the box's far vertex to the corner itself, both ways."""
    game, profile = stag_hunt(), ((0,), (0,))
    box = sign_box(game, profile, Rational(1, 8))
    most = box.steps(Rational(step))
    start = np.array([[float(1 - box.radius)]] * game.players)
    found = []
    for method, amount in (("pg", 0.0), ("annealed", float(box.largest))):
        learning = peer_learning(game, "direct", amount, step, TwoPhase(0, 1.0, 1.0))
        away = np.abs(path_of(learning, start, most) - 1).max(axis=(1, 2))
        needed = int(np.argmin(away > 0)) if (away == 0).any() else len(away)
        settings = f"a = {step:g}, side {box.radius}" + (f", lambda_n = {box.largest}/(n + 1)" if amount else "")
        found.append(Decay("stag-hunt, direct", method, "finite", most, needed, settings, _from_one(away), away))
    return found


def logit_decays(steps: int, lr: float = 0.5) -> list[Decay]:
    """Stag Hunt in logit coordinates from (9/10, 9/10): 1 − p falls like 1/n, whatever the correction does."""
    game = stag_hunt()
    start = from_first_probability("logit", np.full((2, 1), 0.9))
    phases = parse(DECAY)
    assert phases is not None
    decay = replace(phases, steps=0)  # as published, but from the first step on
    times, every = dyadic(steps)
    found = []
    for method, amount, anneal in (
        ("pg", 0.0, None),
        ("annealed", float(CORRECTION), decay),
        ("constant", float(CORRECTION), None),
    ):
        learning = peer_learning(game, "logit", amount, lr, anneal)
        frames = trajectories(learning, start, steps, every=every).frames
        assert frames is not None
        away = np.array([1 - probabilities(game, "logit", frame, 0, 0)[0, 0] for frame in frames[times // every]])
        settings = f"a = {lr:g}, lambda = {amount:g}" + (
            f" (1 + n/{anneal.scale:g})^-{anneal.power:g}" if anneal else ""
        )
        at = times.astype(float)
        slope = exponent(at, away)
        found.append(Decay("stag-hunt, logit", method, "algebraic", -1.0, slope, settings, at, away, LOGIT_TOLERANCE))
    return found


def _from_one(values: Array) -> Array:
    """The times n + 1 of values at n = 0, 1, …, which a logarithm can take."""
    return np.arange(1, len(values) + 1, dtype=float)


def dyadic(steps: int, first: int = 16) -> tuple[Any, int]:
    """Step numbers first, 2 first, … up to ``steps`` (a power of two times ``first``), and their common divisor."""
    count = int(math.log2(steps / first))
    if first * 2**count != steps:
        raise ValueError(f"{steps} is not {first} times a power of two")
    return first * 2 ** np.arange(count + 1), first


@dataclass(frozen=True)
class Cournot:
    """Two firms with linear demand: v, M, the zero, and what the bounds need.

    Attributes:
        case: field, correction and zero.
        rate: m.
        lipschitz: L.
    """

    case: Corrected
    rate: Rational
    lipschitz: Rational

    @staticmethod
    def made() -> Cournot:
        """The registered game at its own parameters."""
        case = game_case(cournot(), (Integer(1), Integer(1)))
        return Cournot(case, case.rate, max(largest_eigenvalue(case.slope), largest_eigenvalue(-case.slope)))


def cournot_decays(steps: int, lr: float = 0.125) -> list[Decay]:
    """Cournot with constant steps: geometric without correction, n^−q with λ_n ~ n^−q."""
    firms = Cournot.made()
    zero = np.array(firms.case.zero, dtype=float)[:, None]
    start = zero + np.array([[0.5], [0.25]])
    plain = peer_learning(cournot(), "direct", 0.0, lr)
    away = np.sqrt(((path_of(plain, start, 128) - zero) ** 2).sum(axis=(1, 2)))
    factor = float((away[64] / away[32]) ** (1 / 32))
    found = [
        Decay("cournot", "pg", "exponential", 1 - lr * float(firms.rate), factor, f"a = {lr:g}",
              _from_one(away), away)
    ]  # fmt: skip
    times, every = dyadic(steps)
    for power in (0.3, 0.7, 1.0):
        learning = peer_learning(cournot(), "direct", 0.5, lr, TwoPhase(0, power, 1.0))
        frames = trajectories(learning, start, steps, every=every).frames
        assert frames is not None
        away = np.sqrt(((frames[times // every] - zero) ** 2).sum(axis=(1, 2)))
        at = times.astype(float)
        settings = f"a = {lr:g}, lambda_n = 0.5 (n + 1)^-{power:g}"
        every_step = np.arange(1, steps + 2, dtype=float)
        slack = next_order(every_step, np.full(steps + 1, lr), 0.5 * every_step**-power, float(firms.rate))
        found.append(Decay("cournot", "annealed", "power", -power, exponent(at, away), settings, at, away, slack))
    return found


# ---------------------------------------------------------------------------------------------------- with noise


@dataclass(frozen=True)
class Decaying:
    """Sizes a_n = step (1 + n/scale)^−p and λ_n = amount (1 + n/scale)^−q, and the noise's standard deviation s."""

    step: Rational
    p: Rational
    amount: Rational
    q: Rational
    noise: Rational
    scale: int = 10

    def schedule(self, length: int) -> noisy.Schedule:
        """The same for :mod:`numerics.noisy`."""
        return noisy.decaying(self.step, self.p, self.amount, self.q, Rational(0), self.scale, length)

    @property
    def limit(self) -> Rational:
        """The limit of the exponent of the mean square: −min(p, 2q), −p without correction."""
        return -self.p if self.amount == 0 else -min(self.p, 2 * self.q)

    def words(self) -> str:
        """The settings in words."""
        decay = f", lambda_n = {self.amount} t^-{self.q}" if self.amount else ""
        return f"a_n = {self.step} t^-{self.p}{decay}, noise {self.noise}, t = 1 + n/{self.scale}"


TENTH, EIGHTH = Rational(1, 10), Rational(1, 8)
# The noise is such that the larger of the two terms, a_n or λ_n², is clearly so within the run.
NOISY = (
    Decaying(TENTH, Rational(3, 5), Rational(0), Rational(1), Rational(1, 2)),
    Decaying(TENTH, Rational(3, 5), EIGHTH, Rational(1, 2), Rational(1, 2)),
    Decaying(TENTH, Rational(3, 5), EIGHTH, Rational(1, 5), Rational(1, 20)),
    Decaying(TENTH, Rational(9, 10), EIGHTH, Rational(3, 20), Rational(1, 20)),
)


def leading_moments(firms: Cournot, schedule: noisy.Schedule, noise: float) -> Array:
    """Leading order of E|x_n − φ*|²: a_n tr X + λ_n²|d|² for n = 0, 1, … of a schedule."""
    slope = np.array(firms.case.slope, dtype=float)
    spread = float(np.trace(solve_continuous_lyapunov(slope, -(noise**2) * np.eye(len(slope)))))
    found: Array = schedule.steps * spread + schedule.corrections**2 * float(square(firms.case.direction))
    return found


def second_moments(
    firms: Cournot, schedules: Sequence[noisy.Schedule], noise: Sequence[float], away: Sequence[float] = (0.0, 0.0)
) -> Array:
    """Exact E|x_n − φ*|² of the linear game, n = 0, 1, …, up to rounding, shape (steps + 1, schedules).

    With e = x − φ* the step is e ← (I + a(Dv + λDM))e + aλM(φ*) + aξ: mean and covariance have recursions of their own.

    Args:
        firms: the game.
        schedules: of one length.
        noise: standard deviation of each coordinate of ξ, by schedule.
        away: x_0 − φ*.
    """
    case = firms.case
    slope, tilt = (np.array(matrix, dtype=float) for matrix in (case.slope, case.correction_slope))
    push = np.array([case.at(entry) for entry in case.correction], dtype=float)
    one, deviation = np.eye(len(push)), np.array(noise, dtype=float)
    mean = np.tile(np.array(away, dtype=float), (len(schedules), 1))
    covariance = np.zeros((len(schedules), *one.shape))
    sizes = (np.stack([getattr(s, name) for s in schedules], axis=1) for name in ("steps", "corrections"))
    found = [(mean**2).sum(1)]
    for step, amount in zip(*sizes, strict=True):
        move = one + step[:, None, None] * (slope + amount[:, None, None] * tilt)
        mean = (move @ mean[:, :, None])[:, :, 0] + (step * amount)[:, None] * push
        covariance = move @ covariance @ move.swapaxes(1, 2) + ((step * deviation) ** 2)[:, None, None] * one
        found.append((mean**2).sum(1) + np.trace(covariance, axis1=1, axis2=2))
    return np.array(found)


def mean_square_bounds(firms: Cournot, schedule: noisy.Schedule, noise: float) -> Array:
    """The bound of E|x_n − φ*|² by the recursion of :func:`theory.annealing.mean_square_step`, from x_0 = φ*.

    DM is the identity here, so λ_nDM is taken into the field: its rate is at least m − λ_0, and |M(φ*)| is K.
    """
    case = firms.case
    if case.correction_slope != case.correction_slope.eye(len(case.symbols)):
        raise ValueError("the correction's slope is not the identity")
    values = {
        RATE: float(firms.rate) - float(schedule.corrections[0]),
        LIPSCHITZ: float(firms.lipschitz),
        BOUND: math.sqrt(float(square([case.at(entry) for entry in case.correction]))),
        SPREAD: noise * math.sqrt(len(case.symbols)),
    }
    inputs = (DISTANCE, STEP, size, *values)
    program = Program(inputs, (), {"bound": (mean_square_step(DISTANCE, STEP, size),)})
    compiled = compile_program(program, {"all": inputs})
    constants = list(values.values())
    bounds = [0.0]
    for step, amount in zip(schedule.steps, schedule.corrections, strict=True):
        here = np.array([bounds[-1], step, amount, *constants])
        bounds.append(float(compiled(all=here)["bound"][0]))
    return np.array(bounds)


def noisy_decays(length: int, count: int, seed: int) -> tuple[list[Decay], list[Row]]:
    """Cournot from its equilibrium with two-point noise: exponents of the mean square, and mean squares with bounds.

    Returns:
        The decays, and one row for each of them and each time with the measured mean square, its interval, the exact
        second moment and the bound.
    """
    firms = Cournot.made()
    zero = np.array(firms.case.zero, dtype=float)[:, None]
    times, every = dyadic(length, 64)
    decays, rows = [], []
    for number, plan in enumerate(NOISY):
        noise, schedule, at = float(plan.noise), plan.schedule(length + 1), 1 + times / plan.scale
        runs = noisy.run(firms.case, firms.case.zero, schedule, noise, count, seed + number, every)
        squares = ((runs.frames[times // every] - zero) ** 2).sum(axis=1)
        exact = second_moments(firms, [schedule], [noise])[times, 0]
        bounds, leading = (moments(firms, schedule, noise)[times] for moments in (mean_square_bounds, leading_moments))
        limits = np.array([student_interval(row) for row in squares]).T
        slopes = np.array([exponent(at, part.mean(axis=1)) for part in np.array_split(squares, GROUPS, axis=1)])
        decays.append(
            Decay(
                name="cournot with noise",
                method="annealed" if plan.amount else "pg",
                kind="noise",
                predicted=exponent(at, leading),
                measured=exponent(at, squares.mean(axis=1)),
                settings=plan.words(),
                times=at,
                values=squares.mean(axis=1),
                tolerance=next_order(
                    1 + np.arange(length + 1) / plan.scale, schedule.steps, schedule.corrections, float(firms.rate)
                ),
                interval=student_interval(slopes, 1 - 0.05 / len(NOISY)),
                exact=exponent(at, exact),
                limit=float(plan.limit),
                plain=-float(plan.p),
                limits=limits,
            )
        )
        for k, n in enumerate(times):
            rows.append(
                {
                    "settings": plan.words(),
                    "n": int(n),
                    "mean_square": float(squares[k].mean()),
                    "low": float(limits[0, k]),
                    "high": float(limits[1, k]),
                    "exact": float(exact[k]),
                    "bound": float(bounds[k]),
                    "runs": count,
                }
            )
    return decays, rows
