"""Measured speed: curves in whatever grows, the machine's own rates, and the speed table.

Times are wall-clock seconds of one joint step of all starts, the fastest of several short repeats, because the machine
may be shared; what is compared is measured in turns. One joint step is one learner-update for every player and start.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
from sympy import Integer

from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.implicit import implicit_update
from numerics.kernel_source import StraightLine
from numerics.kernels import Stepper, supported, trajectories
from numerics.policies import names
from numerics.sampled import Estimator, sampled_run
from numerics.tables import Table
from numerics.threads import available
from theory.decomposition import update_program
from theory.games import Game, finite, ipd, ipd_finite, normal_form, stag_hunt
from theory.policies import Coordinates
from theory.updates import Form

REST = Schedule(1e-6)  # so slow that no run comes to rest while it is timed
LONG_ENOUGH = 0.006  # seconds of one timed call: much longer than the call itself, shorter than a turn of other work
RUN = 30  # steps of a short run: starts are laid out in blocks only once
DISCOUNT = Integer(24) / 25  # of the games on a circle


@dataclass(frozen=True)
class Measured:
    """One point of a curve.

    Attributes:
        x: what varies along the curve.
        seconds: of one joint step of all starts.
        updates: learner-updates in it: players × starts.
    """

    x: float
    seconds: float
    updates: int

    @property
    def rate(self) -> float:
        """Learner-updates a second."""
        return self.updates / self.seconds


Curve = tuple[Measured, ...]
Points = Sequence[tuple[float, float]]
Call = Callable[[], object]
Run = Callable[[int], object]  # of so many joint steps
Way = Callable[[Learning, int], Run]  # for so many starts


def exponent(points: Points) -> float:
    """Least-squares slope of log y in log x: k of y ∝ x^k; NaN for fewer than two points."""
    if len(points) < 2:
        return float("nan")
    x, y = np.log(points).T
    return float(np.polyfit(x, y, 1)[0])


def upper_half(points: Points) -> Points:
    """The largest half of the points, at least two: costs that do not grow weigh less there."""
    return points[max(0, min(len(points) // 2, len(points) - 2)) :]


def best_seconds(call: Call, repeats: int) -> float:
    """Least seconds of several calls."""
    return in_turns([call], repeats)[0]


def in_turns(calls: Sequence[Call], repeats: int) -> list[float]:
    """Least seconds of each call; every call once in each round, so that a busy moment does not fall on one alone."""
    rounds = []
    for _ in range(repeats):
        seconds = []
        for call in calls:
            begin = perf_counter()
            call()
            seconds.append(perf_counter() - begin)
        rounds.append(seconds)
    return [min(column) for column in zip(*rounds, strict=True)]


# -------------------------------------------------------------------------------------------------------------- curves


def learning(
    game: Game, policy: Coordinates, form: Form = "unrolled", unroll: int = 1, own: float = 1.0, peer: float = 1.0
) -> Learning:
    """Meta-MAPG with the published α = 0.55 and outer steps too small to matter."""
    return Learning(game, policy, "meta", form, unroll, (0.55,) * game.players, own, peer, REST)


def starts(rule: Learning, count: int) -> Array:
    """Random starts, shape (parameters, count), seed 0: probabilities in (0.2, 0.8), or N(0, 1) log-odds."""
    random, rows = np.random.default_rng(0), len(names(finite(rule.game, "starts"), rule.policy))
    return random.uniform(0.2, 0.8, (rows, count)) if rule.policy == "direct" else random.normal(0, 1, (rows, count))


def by_batch(rule: Learning, counts: Sequence[int], repeats: int) -> Curve:
    """Against the number of starts, all processors; runs of at least :data:`RUN` steps."""
    return _curve([(count, _stepper(rule, count), rule.game.players * count) for count in counts], repeats, RUN)


def along(rules: Mapping[int, Learning], way: Way, count: int, repeats: int) -> Curve:
    """Against whatever the rules differ in, by its size; one thread."""
    cases = [(size, way(rule, count), rule.game.players * count) for size, rule in rules.items()]
    return _curve(cases, repeats)


def by_threads(rule: Learning, threads: Sequence[int], count: int, repeats: int) -> Curve:
    """Against the number of threads."""
    return _curve([(n, _stepper(rule, count, n), rule.game.players * count) for n in threads], repeats)


def compiled(rule: Learning, count: int) -> Run:
    """By a kernel, in one thread.

    Raises:
        ValueError: there is no kernel for the rule.
    """
    if not supported(rule):
        raise ValueError(f"no kernel steps {rule.rule!r} on {rule.game.name!r}")
    return _stepper(rule, count, 1)


def solved(rule: Learning, count: int) -> Run:
    """By linear algebra, in as many threads as the library takes."""
    update = implicit_update(rule.game, rule.policy, rule.rule, rule.form, rule.unroll)
    columns = {"inner_lr": [[a] for a in rule.inner_lr], "coefficients": [[rule.own], [rule.peer]]}
    return partial(_several, call=partial(update, parameters=starts(rule, count), **columns))


def _stepper(rule: Learning, count: int, threads: int | None = None) -> Run:
    first = starts(rule, count)
    return lambda steps: trajectories(rule, first, steps, threads=threads)


def _curve(cases: Sequence[tuple[float, Run, int]], repeats: int, least: int = 1) -> Curve:
    """Points of (x, run, learner-updates in a step), in calls of at least so many steps."""
    counts = [max(least, _long_enough(run)) for _, run, _ in cases]
    calls = [partial(run, steps) for (_, run, _), steps in zip(cases, counts, strict=True)]
    seconds = in_turns(calls, repeats)
    return tuple(
        Measured(x, spent / steps, updates)
        for (x, _, updates), steps, spent in zip(cases, counts, seconds, strict=True)
    )


def _long_enough(run: Run) -> int:
    """A number of steps that takes about :data:`LONG_ENOUGH` seconds, or one; compiles on the way."""
    run(1)
    steps = 1
    while True:
        spent = best_seconds(partial(run, steps), 3)
        if spent >= LONG_ENOUGH / 2:
            return max(1, round(steps * LONG_ENOUGH / spent))
        steps *= 4


def hunt(players: int) -> Game:
    """Stag Hunt in which the stag needs everyone: 4 if all hunt it, 0 if not all do, 2 for the hare."""
    cells = {
        hares: tuple(Integer(2 if hare else 0 if any(hares) else 4) for hare in hares)
        for hares in product((0, 1), repeat=players)
    }
    return normal_form(f"hunt-{players}", (("Stag", "Hare"),) * players, cells)


def meeting(actions: int) -> Game:
    """Two players earn k where both take their k-th action, and nothing anywhere else."""
    cells = {
        pair: (Integer(pair[0] + 1 if pair[0] == pair[1] else 0),) * 2 for pair in product(range(actions), repeat=2)
    }
    return normal_form(f"meeting-{actions}", (tuple(str(k + 1) for k in range(actions)),) * 2, cells)


def circle(states: int) -> Game:
    """Stag Hunt played while walking on a circle: together on the stag two states on, together on the hare none."""
    payoffs = ((4, 4), (0, 3), (3, 0), (2, 2))
    return Game(
        name=f"circle-{states}",
        actions=(("Stag", "Hare"),) * 2,
        states=tuple(map(str, range(states))),
        start=tuple(Integer(s == 0) for s in range(states)),
        transition=tuple(
            tuple(tuple(Integer(t == (s + pace) % states) for t in range(states)) for pace in (2, 1, 1, 0))
            for s in range(states)
        ),
        reward=tuple(tuple(tuple(map(Integer, pair)) for pair in payoffs) for _ in range(states)),
        discount=DISCOUNT,
    )


# ------------------------------------------------------------------------------------------------------------ roofline


@dataclass(frozen=True)
class Operations:
    """Floating-point operations of one joint step of one start, as written in the kernel's source.

    Attributes:
        additions: and subtractions.
        multiplications: products, powers of constants included.
        divisions: reciprocals.
        exponentials: calls of exp, not counted in :attr:`total`.
    """

    additions: int
    multiplications: int
    divisions: int
    exponentials: int

    @property
    def total(self) -> int:
        """Additions, multiplications and divisions."""
        return self.additions + self.multiplications + self.divisions


def operations(rule: Learning) -> Operations:
    """Counted from the straight-line program that the kernel is written from, with the outer step φ + η·update.

    Raises:
        Unsupported: no kernel exists for the rule.
    """
    line = StraightLine(update_program(rule.game, rule.policy, rule.rule, rule.form, rule.unroll, rule.split))
    line.optimise()
    definitions = [line.definitions[value] for value in line.order()]
    terms = [*line.outputs, *(term for definition in definitions for term in definition.terms)]
    products = sum(max(0, len(factors) - 1) + int(abs(c) != 1 and bool(factors)) for c, factors in terms)
    kinds = [definition.kind for definition in definitions]
    return Operations(
        additions=sum(len(d.terms) - 1 for d in definitions if d.kind == "sum") + len(line.outputs),
        multiplications=products + len(line.outputs),
        divisions=kinds.count("inverse"),
        exponentials=kinds.count("exp"),
    )


@dataclass(frozen=True)
class Roof:
    """What the machine can do.

    Attributes:
        threads: processors used.
        flops: floating-point operations a second of the matrix product.
        bandwidth: bytes a second between memory and processors.
    """

    threads: int
    flops: float
    bandwidth: float


@dataclass(frozen=True)
class Load:
    """One kernel's point under the roof.

    Attributes:
        name: what ran.
        intensity: operations a byte: a block of starts is read once and written once for a whole run.
        flops: operations a second.
        threads: processors used.
    """

    name: str
    intensity: float
    flops: float
    threads: int

    def share(self, roof: Roof) -> float:
        """Of the matrix product's rate on as many processors."""
        return self.flops / roof.flops


_PRODUCT = """
from time import perf_counter
import numpy as np
size, repeats = {size}, {repeats}
a, b, c = np.random.default_rng(0).random((3, size, size))
np.matmul(a, b, out=c)
seconds = []
for _ in range(repeats):
    begin = perf_counter()
    np.matmul(a, b, out=c)
    seconds.append(perf_counter() - begin)
print(2 * size**3 / min(seconds))
"""


def roof(threads: int, repeats: int, size: int = 512, megabytes: int = 256) -> Roof:
    """Measure NumPy's matrix product (DGEMM, in a process of its own, where its threads can be chosen) and triad.

    Args:
        threads: processors to use.
        repeats: of the triad, the fastest counts; of the matrix product, which is shorter, twenty times as many.
        size: of the matrices.
        megabytes: of each of the three vectors, many times a cache.
    """
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    command = [sys.executable, "-c", _PRODUCT.format(size=size, repeats=20 * repeats)]
    chosen = {**os.environ, **dict.fromkeys(variables, str(threads))}
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=chosen).stdout
    return Roof(threads, float(found), _bandwidth(threads, repeats, megabytes * 2**20 // 8))


def _bandwidth(threads: int, repeats: int, length: int) -> float:
    """Bytes a second of a ← b + c, three vectors, each thread its part (NumPy lets go of the interpreter lock)."""
    a, b, c = np.zeros(length), np.ones(length), np.ones(length)
    cuts = [length * part // threads for part in range(threads + 1)]

    def add(begin: int, end: int) -> None:
        np.add(b[begin:end], c[begin:end], out=a[begin:end])

    with ThreadPoolExecutor(threads) as pool:
        return 24 * length / best_seconds(lambda: list(pool.map(add, cuts, cuts[1:])), repeats)


@dataclass(frozen=True)
class Case:
    """A line of the speed table that runs through a kernel.

    Attributes:
        what: in words.
        rule: what runs.
        count: starts side by side.
        steps: joint steps of one run.
        aim: learner-updates a second on two processors, or ``None``.
        baseline: name of the case whose baselines compute the same.
    """

    what: str
    rule: Learning
    count: int
    steps: int
    aim: float | None
    baseline: str


def _cases() -> dict[str, Case]:
    """By name."""
    direct, logit = learning(ipd(), "direct"), learning(ipd(), "logit")
    expanded, whole = learning(stag_hunt(), "logit", "expanded", own=0.35, peer=1.5), learning(stag_hunt(), "logit")
    exact = "memory-one IPD, exact unrolled Meta-MAPG, L = 1"
    return {
        "ipd direct": Case(f"{exact}, direct, 8192 starts", direct, 8192, 60, 100e6, "ipd-direct"),
        "ipd logit": Case(f"{exact}, log-odds, 8192 starts", logit, 8192, 60, 40e6, "ipd-logit"),
        "ipd direct, 1 start": Case("the same, direct, one start", direct, 1, 20_000, 8e6, "ipd-direct"),
        "ipd logit, 1 start": Case("the same, log-odds, one start", logit, 1, 20_000, 8e6, "ipd-logit"),
        "ipd logit, 1 step": Case(
            "the same, log-odds, one start, one Python call a step", logit, 1, 1, 1e6, "ipd-logit"
        ),
        "stag-hunt expanded": Case(
            "Stag Hunt, expanded, log-odds, 65536 starts", expanded, 65536, 100, 250e6, "stag-hunt-expanded"
        ),
        "stag-hunt unrolled": Case(
            "Stag Hunt, unrolled, log-odds, 65536 starts", whole, 65536, 100, None, "stag-hunt-logit"
        ),
    }


CASES = _cases()
STEPS_TIMED = 500
# What the roofline shows.
ROOFED = ("ipd direct", "ipd logit", "stag-hunt expanded", "ipd direct, 1 start", "ipd logit, 1 start")


def speeds(chosen: Sequence[str], repeats: int) -> dict[str, float]:
    """Learner-updates a second of cases of the speed table, measured in turns."""
    calls = []
    for name in chosen:
        case = CASES[name]
        first = starts(case.rule, case.count)
        trajectories(case.rule, first[:, :1], 1)  # compile
        # Steps of a microsecond are timed many at a time.
        times = STEPS_TIMED if case.steps == 1 else 1
        call: Call = partial(trajectories, case.rule, first, case.steps)
        if case.steps == 1:
            call = Stepper(case.rule, first, 4 * times * repeats).step
        calls.append((partial(_several, times, call=call), times, case))
    seconds = in_turns([call for call, _, _ in calls], repeats)
    return {
        name: case.rule.game.players * case.count * case.steps * times / spent
        for name, (_, times, case), spent in zip(chosen, calls, seconds, strict=True)
    }


def _several(times: int, call: Call) -> None:
    for _ in range(times):
        call()


def loads(rates: Mapping[str, float], threads: int) -> list[Load]:
    """Points under the roof, from learner-updates a second of cases; one start runs on one processor."""
    points = []
    for name, rate in rates.items():
        case = CASES[name]
        count = operations(case.rule).total
        size = 2 * 8 * len(names(finite(case.rule.game, "roofline"), case.rule.policy))
        flops = count * rate / case.rule.game.players
        points.append(Load(name, count * case.steps / size, flops, 1 if case.count == 1 else threads))
    return points


# --------------------------------------------------------------------------------------------------------------- table


def machine() -> str:
    """Processor, number of processors available and load, as found now."""
    return f"{_processor()}, {available()} processors, load {os.getloadavg()[0]:.1f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def sampled_speed(repeats: int, count: int = 200, steps: int = 10) -> float:
    """Learner-updates a second of sampled learning as published: finite IPD, horizon 12, batch 384, all processors."""
    rule = Learning(
        ipd_finite(), "logit", "meta", "expanded", 1, (0.55, 0.55), 0.35, 1.5, Schedule(0.9, 0.24, 10.0), 8.0
    )
    first = starts(rule, count)
    run = partial(sampled_run, rule, steps=steps, batch=384, estimator=Estimator(), seed=0)
    run(first[:, :2])  # compile
    return 2 * count * steps / best_seconds(partial(run, first), repeats)


def speed_table(baselines: Mapping[str, Mapping[str, float]], repeats: int = 15) -> Table:
    """The measured table, now and on this machine.

    Args:
        baselines: for every kind of baseline (``naive NumPy``, ``jax.grad``) its learner-updates a second by name (see
            :attr:`Case.baseline`, and ``ipd-finite`` for sampled learning); measured in the same process or run.
        repeats: of each measurement, the fastest counts.
    """
    rates = speeds(tuple(CASES), repeats)
    rows = [(case.what, case.aim, rates[name], case.baseline) for name, case in CASES.items()]
    rows.append(("sampled finite IPD, batch 384, horizon 12", 100e3, sampled_speed(max(3, repeats // 5)), "ipd-finite"))
    cells = []
    for what, aim, rate, name in rows:
        ratios = (_ratio(rate / known[name]) if name in known else "" for known in baselines.values())
        cells.append((what, "" if aim is None else _millions(aim), _millions(rate), *ratios))
    threads = sorted({1, available()})
    if len(threads) > 1:
        curve = by_threads(CASES["ipd logit"].rule, threads, 8192, repeats)
        gained = curve[0].seconds / curve[-1].seconds
        cells.append((f"{threads[-1]} threads over one, log-odds IPD", "", f"{gained:.2f}×", *("" for _ in baselines)))
    headings = ("learner-updates a second", "aim on 2 processors", f"measured on {machine()}")
    return Table(
        (*headings, *(f"over {kind}" for kind in baselines)), tuple(cells), ("l", "r", "r", *"r" * len(baselines))
    )


def _ratio(number: float) -> str:
    return f"{number:,.0f}×" if number >= 10 else f"{number:.2g}×"


def _millions(rate: float) -> str:
    size, unit = (rate / 1e6, "M") if rate >= 1e6 else (rate / 1e3, "k")
    return f"{size:,.0f} {unit}" if size >= 1000 else f"{size:.3g} {unit}"
