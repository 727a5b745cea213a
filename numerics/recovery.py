"""How an annealed run comes back to policy gradient's equilibrium: type and exponent of the decay, and where it ends.

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
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import solve_continuous_lyapunov
from sympy import Integer, Rational

from numerics import noisy
from numerics.annealing import TwoPhase
from numerics.compile import Array, compile_program
from numerics.dynamics import Learning, Schedule, run
from numerics.kernels import trajectories
from numerics.policies import from_first_probability, probabilities
from numerics.statistics import Booleans, student_interval
from theory.annealing import (
    BOUND,
    DISTANCE,
    LIPSCHITZ,
    RATE,
    SPREAD,
    STEP,
    SignBox,
    mean_square_step,
    process,
    sign_box,
)
from theory.corrected import Corrected, game_case, largest_eigenvalue, square
from theory.equilibria import StationaryProfile
from theory.exact import Undecided
from theory.games import AnyGame, Game, cournot, normal_form, stag_hunt
from theory.policies import Coordinates
from theory.program import Program
from theory.rest_points import rest_bound
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


def _path(learning: Learning, start: Array, steps: int) -> Array:
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
        away = np.abs(_path(learning, start, most) - 1).max(axis=(1, 2))
        needed = int(np.argmin(away > 0)) if (away == 0).any() else len(away)
        settings = f"a = {step:g}, side {box.radius}" + (f", lambda_n = {box.largest}/(n + 1)" if amount else "")
        found.append(Decay("stag-hunt, direct", method, "finite", most, needed, settings, _from_one(away), away))
    return found


def logit_decays(steps: int, lr: float = 0.5) -> list[Decay]:
    """Stag Hunt in logit coordinates from (9/10, 9/10): 1 − p falls like 1/n, whatever the correction does."""
    game = stag_hunt()
    start = from_first_probability("logit", np.full((2, 1), 0.9))
    times, every = dyadic(steps)
    found = []
    for method, amount, anneal in (
        ("pg", 0.0, None),
        ("annealed", 0.825, TwoPhase(0, 0.7, 30.0)),
        ("constant", 0.825, None),
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
    away = np.sqrt(((_path(plain, start, 128) - zero) ** 2).sum(axis=(1, 2)))
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


def second_moments(firms: Cournot, schedule: noisy.Schedule, noise: float) -> Array:
    """Exact E|x_n − φ*|² of the linear game from x_0 = φ*, n = 0, 1, …, up to rounding.

    With e = x − φ* the step is e ← (I + a(Dv + λDM))e + aλM(φ*) + aξ: mean and covariance have recursions of their own.
    """
    case = firms.case
    slope, tilt = (np.array(matrix, dtype=float) for matrix in (case.slope, case.correction_slope))
    push = np.array([case.at(entry) for entry in case.correction], dtype=float)
    mean, covariance = np.zeros(len(push)), np.zeros((len(push),) * 2)
    found = [0.0]
    for step, amount in zip(schedule.steps, schedule.corrections, strict=True):
        matrix = np.eye(len(push)) + step * (slope + amount * tilt)
        mean = matrix @ mean + step * amount * push
        covariance = matrix @ covariance @ matrix.T + (step * noise) ** 2 * np.eye(len(push))
        found.append(float(mean @ mean + np.trace(covariance)))
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
        exact, bounds, leading = (
            moments(firms, schedule, noise)[times] for moments in (second_moments, mean_square_bounds, leading_moments)
        )
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


# ------------------------------------------------------------------------------------------------------- same ends


def planted(game: Game, bonus: Rational) -> Game:
    """The game with a bonus for every player in every state when all play their first action.

    With payoffs in [−1, 1], γ ≤ 1/2 and a bonus of at least 5 the profile of first actions is a strict equilibrium in
    every state: a deviation loses the bonus, and gains at most 2 now and 2γ/(1 − γ) later.
    """
    first = game.joint_actions.index((0,) * game.players)
    reward = tuple(
        tuple(tuple(entry + bonus * (k == first) for entry in row) for k, row in enumerate(rows))
        for rows in game.reward
    )
    return replace(game, reward=reward)


def _payoff(draw: random.Random) -> Rational:
    return Rational(draw.randint(-12, 12), 4)


def _gap(draw: random.Random) -> Rational:
    return Rational(draw.randint(4, 12), 4)


def _two_by_two(name: str, rows: Sequence[tuple[Rational, Rational, Rational, Rational]]) -> Game:
    """A 2×2 game from (R, S, T, P) of each player: own first action against first and second, then own second one."""
    (r1, s1, t1, p1), (r2, s2, t2, p2) = rows
    cells: dict[tuple[int, ...], tuple[Rational, ...]] = {
        (0, 0): (r1, r2), (0, 1): (s1, t2), (1, 0): (t1, s2), (1, 1): (p1, p2)
    }  # fmt: skip
    return normal_form(name, (("A", "B"),) * 2, cells)


def random_coordination(draw: random.Random) -> Game:
    """A 2×2 game with random payoffs in which both pure profiles of equal actions are strict equilibria."""
    rows = []
    for _ in range(2):
        s, t = _payoff(draw), _payoff(draw)
        rows.append((t + _gap(draw), s, t, s + _gap(draw)))
    return _two_by_two("random coordination", rows)


def random_hunt(draw: random.Random) -> Game:
    """A coordination game, players not alike, whose second actions are an equilibrium that large λ loses.

    T > P: each gains if the other leaves it. R − S − T + P > 0, so there the correction pushes both away from it.
    """
    rows = []
    for _ in range(2):
        p = _payoff(draw)
        t = p + _gap(draw)
        rows.append((t + _gap(draw), p - _gap(draw), t, p))
    return _two_by_two("random hunt", rows)


def random_dilemma(draw: random.Random) -> Game:
    """A dilemma, players not alike, whose first actions, no equilibrium, are kept by a large constant λ.

    T > R > P > S and R − S − T + P > 0: the second actions are dominant, and the correction pushes both to the first.
    """
    rows = []
    for _ in range(2):
        s, tempted, more, rise = _payoff(draw), _gap(draw), _gap(draw), _gap(draw)
        p = s + tempted + more  # P − S exceeds T − R
        rows.append((p + rise, s, p + rise + tempted, p))
    return _two_by_two("random dilemma", rows)


def random_two_state(draw: random.Random) -> Game:
    """A game of two players, two actions and two states with a planted strict equilibrium, from both states.

    Both gain from the other's second action, without effect on their own choice in that state, so that a large λ loses
    the equilibrium.
    """

    def share() -> tuple[Rational, Rational]:
        p = Rational(draw.randint(0, 4), 4)
        return p, 1 - p

    reward = tuple(tuple(tuple(Rational(draw.randint(-4, 4), 4) for _ in range(2)) for _ in range(4)) for _ in range(2))
    game = Game(
        name="random two-state",
        actions=(("A", "B"),) * 2,
        states=("s1", "s2"),
        start=(Rational(1, 2),) * 2,
        transition=tuple(tuple(share() for _ in range(4)) for _ in range(2)),
        reward=reward,
        discount=Rational(draw.randint(0, 2), 4),
        observations=("s1", "s2"),
        observed=(0, 1),
    )
    return spilled(planted(game, Rational(5 + draw.randint(0, 4))), Rational(12))


def spilled(game: Game, amount: Rational) -> Game:
    """The game of two players with a further payoff for each when the other plays the second action."""
    reward = tuple(
        tuple(
            tuple(entry + amount * joint[1 - player] for player, entry in enumerate(row))
            for joint, row in zip(game.joint_actions, rows, strict=True)
        )
        for rows in game.reward
    )
    return replace(game, reward=reward)


def entry_box(game: Game, profile: StationaryProfile) -> SignBox:
    """A certified sign box for λ up to half of what makes the correction as large as v in some coordinate, at most 1.

    That is at most half of what loses the profile.
    """
    gaps = rest_bound(game, profile).gaps.values()
    return sign_box(game, profile, min([Rational(1), *(gap / abs(pull) / 2 for gap, pull in gaps if pull)]))


def bounded_box(game: Game, profile: StationaryProfile) -> tuple[SignBox, Rational]:
    """A certified sign box for λ up to half of what loses the profile, and the λ that does.

    Raises:
        Undecided: no λ does.
    """
    bound = rest_bound(game, profile).bound
    if bound is None:
        raise Undecided(f"{game.name}: no lambda loses {profile}")
    return sign_box(game, profile, bound / 2), bound


@dataclass(frozen=True)
class Plan:
    """Runs with a correction that is annealed, and the box that is certified for the rest of the schedule.

    Attributes:
        box: certified for λ up to ``box.largest``.
        amount: λ at first.
        lr: step size.
        anneal: how λ falls.
        steps: of the whole run.
    """

    box: SignBox
    amount: Rational
    lr: float
    anneal: TwoPhase
    steps: int

    @property
    def begun(self) -> int:
        """The first step at which λ_n has fallen, to where it stays in the box's range.

        Raises:
            ValueError: there is none.
        """
        share = float(self.box.largest / self.amount)
        for number in range(self.anneal.steps + 1, self.steps):
            factor = self.anneal.factor(number)
            if factor < 1 and factor <= share:
                return number
        raise ValueError(f"lambda does not come below {self.box.largest} in {self.steps} steps")

    def placed(self, shares: Array) -> Array:
        """Starts in the box, from their shares of the way from the corner to the far side, (parameters, starts)."""
        corner = _column(self.box.corner)
        return corner + (1 - 2 * corner) * float(self.box.radius) * shares

    def ends(self, starts: Array) -> Ends:
        """Run annealed, by policy gradient from the points of entry, and with the correction kept."""
        corner, columns = _column(self.box.corner), np.arange(starts.shape[1])

        def learning(amount: float, anneal: TwoPhase | None = None) -> Learning:
            return peer_learning(self.box.game, "direct", amount, self.lr, anneal)

        path = _path(learning(float(self.amount), self.anneal), starts, self.steps)
        inside = np.asarray((np.abs(path - corner) <= float(self.box.radius)).all(axis=1))
        inside &= (np.arange(len(path)) >= self.begun)[:, None]
        entry = inside.argmax(axis=0)
        places = path[entry, :, columns].T
        return Ends(
            annealed=path[-1],
            plain=run(learning(0.0), places, self.steps),
            constant=run(learning(float(self.amount)), starts, self.steps),
            corner=corner,
            entered=np.asarray(inside.any(axis=0)),
            late=np.asarray((places != corner).any(axis=0)),
        )


@dataclass(frozen=True)
class Ends:
    """Where the runs of a :class:`Plan` end; arrays of ends have the shape (parameters, starts).

    Attributes:
        annealed: of the annealed runs.
        plain: of policy gradient from where these have entered: in the box, with λ_n fallen to the box's range.
        constant: with the correction kept.
        corner: the box's pure profile, shape (parameters, 1).
        entered: whether a run does, shape (starts,).
        late: whether it is not yet at the corner when it enters.
    """

    annealed: Array
    plain: Array
    constant: Array
    corner: Array
    entered: Booleans
    late: Booleans

    @property
    def same(self) -> bool:
        """Whether annealed and plain runs all end at the corner itself."""
        return bool((self.annealed == self.corner).all() and (self.plain == self.corner).all())

    @property
    def without(self) -> Booleans:
        """Whether a run ends at the corner with the correction kept too, shape (starts,)."""
        return np.asarray((self.constant == self.corner).all(axis=0))


def _column(entries: Sequence[int]) -> Array:
    return np.array(entries, dtype=float)[:, None]


STRIDES, SHORTEST = 8, 48  # steps of the largest push through a box, and of the smallest one at least
AWAY = 2  # steps at the first λ, where that is beyond what the corner survives


def _largest_push(game: Game, points: Sequence[Sequence[Rational]], amount: Rational) -> float:
    """The largest |v + λC| entrywise at some points, for λ = 0 and λ = amount: a scale for step sizes."""
    at = np.array(points, dtype=float).T
    fields = (peer_learning(game, "direct", float(size), 1.0).update(at) for size in (Rational(0), amount))
    return max(float(np.abs(field).max()) for field in fields)


def _pace(box: SignBox, amount: Rational) -> tuple[float, int]:
    """A step size with at least :data:`STRIDES` steps through the box in every coordinate, and the steps that suffice.

    In the worst case :data:`SHORTEST` steps are needed, or more. Two-player one-shot games have their least push at a
    vertex of the box (:meth:`theory.annealing.SignBox.least_push`); elsewhere it is at least the margin.
    """
    largest = _largest_push(box.game, box.starts(), amount)
    least = float(box.least_push(box.starts()) if box.game.one_shot else box.margin)
    lr = float(box.radius) / max(STRIDES * largest, SHORTEST * least)
    return lr, math.ceil(float(box.radius) / (lr * least)) + 1  # one more for rounding


def within(box: SignBox, anneal: TwoPhase | None = None) -> Plan:
    """λ_n in the box's range throughout, falling from the first step on, in small steps."""
    lr, steps = _pace(box, box.largest)
    return Plan(box, box.largest, lr, TwoPhase(0, 1.0, 8.0) if anneal is None else anneal, steps)


def lost(game: Game, profile: StationaryProfile) -> Plan:
    """λ at first twice what loses the equilibrium, then falling fast.

    Starts in the nearer half of the box are still in it when λ_n is in the box's range: until then they make less than
    :data:`STRIDES`/2 steps. With constant λ one coordinate of the corner is pushed away from it, so that no run rests.

    Raises:
        Undecided: no λ loses the equilibrium.
    """
    box, bound = bounded_box(game, profile)
    amount = 2 * bound
    lr, steps = _pace(box, amount)
    plan = Plan(box, amount, lr, TwoPhase(AWAY, 2.0, 1.0), STRIDES + steps)
    if plan.begun > STRIDES // 2:
        raise Undecided(f"{game.name}: lambda_n is too large for {plan.begun} steps")
    return plan


def kept(game: Game) -> Plan:
    """A game of :func:`random_dilemma` with λ at first twice what keeps the first actions, and then falling fast.

    To be started there. The box is at the second actions; policy gradient comes to it from everywhere, at least at the
    smallest speed of v at the square's corners.
    """
    pulled = process(game)
    first = dict.fromkeys(pulled.symbols, Integer(1))
    keeps = max(-v.subs(first) / m.subs(first) for v, m in zip(pulled.field, pulled.correction, strict=True))
    box, _ = bounded_box(game, ((1,), (1,)))
    square = replace(box, radius=Rational(1), largest=Rational(0))
    slowest = float(square.least_push(square.starts()))
    lr = 1 / (STRIDES * _largest_push(game, square.starts(), Rational(0)))
    # Twice what policy gradient takes across the square, and time for λ_n to fall to 1/100 of the first.
    return Plan(box, 2 * keeps, lr, TwoPhase(AWAY, 2.0, 1.0), AWAY + 10 + math.ceil(2 / (lr * slowest)))


def same_ends(coordination: int, stochastic: int, starts: int, seed: int) -> list[Row]:
    """Random games: annealed runs against policy gradient from where they have entered.

    Kinds of rows: ``within``, λ_n in the box's range throughout; ``lost``, λ at first beyond what loses the
    equilibrium, which is the first start; ``kept``, λ at first beyond what keeps another corner, which is the start.

    Args:
        coordination: number of 2×2 games of every kind; within, both equilibria are taken.
        stochastic: number of two-state games, each within and lost.
        starts: random starts in every box.
        seed: of games and starts.
    """
    draw, stream = random.Random(seed), np.random.default_rng(seed)
    plans: list[tuple[str, Plan]] = []
    for _ in range(coordination):
        game = random_coordination(draw)
        plans += [("within", within(entry_box(game, ((action,), (action,))))) for action in range(2)]
        plans += [("lost", lost(random_hunt(draw), ((1,), (1,)))), ("kept", kept(random_dilemma(draw)))]
    for _ in range(stochastic):
        game, first = random_two_state(draw), ((0, 0), (0, 0))
        plans += [("within", within(entry_box(game, first))), ("lost", lost(game, first))]
    rows = []
    for kind, plan in plans:
        box = plan.box
        shares = stream.uniform(0, 1, (len(box.corner), starts))
        if kind == "lost":
            shares = np.hstack([np.zeros((len(box.corner), 1)), shares / 2])
        ends = plan.ends(np.ones((2, 1)) if kind == "kept" else plan.placed(shares))
        rows.append(
            {
                "game": box.game.name,
                "kind": kind,
                "corner": str(box.corner),
                "first_lambda": str(plan.amount),
                "largest_lambda": str(box.largest),
                "side": str(box.radius),
                "margin": str(box.margin),
                "a": plan.lr,
                "steps": plan.steps,
                "decay_from": plan.anneal.steps,
                "in_range_from": plan.begun,
                "starts": len(ends.entered),
                "entered": int(ends.entered.sum()),
                "arrived_after_entry": int(ends.late.sum()),
                "same": ends.same,
                "at_corner_with_constant_lambda": int(ends.without.sum()),
            }
        )
    return rows
