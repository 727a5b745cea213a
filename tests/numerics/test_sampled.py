"""numerics.sampled: draws against exact laws, estimators against enumeration, means and noise against theory.sampling.

Tests of samples use fixed seeds and say what they refuse: p < 1e-3 for counts, 4.5 standard errors for means. Every
kind of test has controls: wrong estimators, or wrong laws, that it must refuse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.stats import binom, chi2, multinomial
from sympy import Rational

from numerics import sampled, sampled_kernels
from numerics.annealing import TwoPhase
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule
from numerics.sampled import CREDITS, Credit, Estimator, check_sampled, sampled_run
from numerics.sampled_kernels import Source
from theory.errors import BadInput
from theory.games import (
    Game,
    ipd,
    ipd_finite,
    memory_one,
    normal_form,
    public_goods,
    stag_hunt,
    stag_hunt_3,
    tandem,
)
from theory.sampling.estimators import BATCHES, Batches, SampledUpdate, sample_program
from theory.sampling.moments import at_size

ALPHA = 1e-3  # of a test of counts
ERRORS = 4.5  # standard errors that a mean may be off
ONCE = Schedule(1.0)

PUBLISHED_SHARED = Estimator()
ESTIMATORS = [Estimator(b, c, d) for b in BATCHES for c in CREDITS for d in (False, True)]


def label(estimator: Estimator) -> str:
    return f"{estimator.batches}-{estimator.credit}" + ("-baseline" if estimator.baseline else "")


# ----------------------------------------------------------------------------------------------------- games and rules


@lru_cache
def stage() -> Game:
    """No symmetry, no two equal payoffs."""
    cells = {(0, 0): (3, 1), (0, 1): (-1, 4), (1, 0): (5, Rational(1, 2)), (1, 1): (1, 2)}
    return normal_form("generic", (("C", "D"), ("C", "D")), cells)


@lru_cache
def repeated(rounds: int) -> Game:
    return memory_one(stage(), Rational(4, 5), name=f"generic, {rounds} rounds", horizon=rounds)


def learning(game: Game, rule: str = "meta", **changes: object) -> Learning:
    settings: dict[str, object] = {
        "game": game, "policy": "logit", "rule": rule, "form": "expanded", "unroll": 1, "inner_lr": (0.55, 0.55),
        "own": 0.35, "peer": 1.5, "schedule": ONCE,
    }  # fmt: skip
    return Learning(**(settings | changes))  # type: ignore[arg-type]


def point(game: Game) -> Array:
    """Log-odds without symmetry."""
    return np.array([0.3, -0.8, 0.5, 1.1, -0.2, -0.6, 0.9, 0.1, -1.2, 0.7])[: 2 * len(game.observations)]


def drawn(rule: Learning, size: int, count: int, estimator: Estimator, seed: int, played: bool = False) -> Array:
    """Updates at one point, shape (count, parameters)."""
    x = point(rule.game)  # type: ignore[arg-type]
    starts = np.repeat(x[:, None], count, axis=1)
    if played:
        payoffs = sampled._check(rule, size, estimator, seed)
        ends = sampled._run(rule, payoffs, starts, 1, size, estimator, seed, 0, 0, counted=False)
    else:
        ends = sampled_run(rule, starts, 1, size, estimator, seed)
    return (ends - starts).T


# ------------------------------------------------------------------------------------------- the estimator, plainly


@dataclass(frozen=True)
class Event:
    """A return with scores and second derivatives of log-probabilities, of both players."""

    returns: tuple[float, float]
    scores: Array
    bends: Array


@dataclass(frozen=True)
class Path:
    chance: float
    events: tuple[Event, ...]


def paths(game: Game, x: Array, credit: Credit, swap: bool = False) -> list[Path]:
    """All trajectories, from stage payoffs alone. ``swap``: player 2 confuses CD with DC (a control)."""
    game = game.instance()
    rounds = game.horizon or 1
    wide = len(game.observations)
    first = 1 / (1 + np.exp(-x.reshape(2, wide)))
    found = []
    for play in product(game.joint_actions, repeat=rounds):
        chance, seen = 1.0, 0
        total = [0.0, 0.0]
        scores, bends = np.zeros((2, wide)), np.zeros((2, wide, wide))
        events = []
        for time, joint in enumerate(play):
            weight = float(game.discount) ** time
            now = [weight * float(reward) for reward in game.reward[0][game.joint_actions.index(joint)]]
            for i in (0, 1):
                o = {2: 3, 3: 2}.get(seen, seen) if swap and i == 1 else seen
                p = first[i, o]
                chance *= p if joint[i] == 0 else 1 - p
                scores[i, o] += (1 - p) if joint[i] == 0 else -p
                bends[i, o, o] -= p * (1 - p)
                total[i] += now[i]
            if credit == "per-step":
                events.append(Event((now[0], now[1]), scores.copy(), bends.copy()))
            seen = 1 + game.joint_actions.index(joint)
        if credit == "trajectory":
            events = [Event((total[0], total[1]), scores.copy(), bends.copy())]
        found.append(Path(chance, tuple(events)))
    return found


def plain_update(rule: Learning, batch: tuple[Path, ...], baseline: bool = False, fault: str = "") -> Array:
    """The update from one shared batch; ``fault`` names something done wrong (a control)."""
    size = len(batch)

    def mean(i: int, of: Callable[[Event], Array]) -> Array:
        """mean(R_i f), or less the mean of the others' returns."""
        total: Array = np.zeros_like(of(batch[0].events[0]))
        for k in range(len(batch[0].events)):
            returns = [path.events[k].returns[i] for path in batch]
            for path, own in zip(batch, returns, strict=True):
                rest = (sum(returns) - own) / (size - 1) if baseline else 0.0
                total = total + (own - rest) * of(path.events[k])
        return total / size

    def hessian(event: Event, i: int) -> Array:
        square = np.outer(event.scores[i], event.scores[i])
        return square if fault == "no bend" else square + event.bends[i]

    parts = []
    for i, j in ((0, 1), (1, 0)):
        a, b = (j, i) if fault == "swapped scores" else (i, j)
        base = mean(i, lambda event, a=a: event.scores[a])
        own = mean(i, lambda event, i=i: hessian(event, i)) @ base
        cross = mean(j, lambda event, a=a, b=b: np.outer(event.scores[b], event.scores[a]))
        peer = cross.T @ mean(i, lambda event, b=b: event.scores[b])
        if fault == "untransposed":
            peer = cross @ mean(i, lambda event, b=b: event.scores[b])
        if fault == "peer by own return":
            peer = mean(i, lambda event, i=i, j=j: np.outer(event.scores[i], event.scores[j])) @ mean(
                j, lambda event, j=j: event.scores[j]
            )
        c_own = 0.0 if fault == "no own" else rule.own
        c_peer = 0.0 if fault == "no peer" else rule.peer
        parts.append(base + c_own * rule.inner_lr[i] * own + c_peer * rule.inner_lr[j] * peer)
    return np.concatenate(parts)


FAULTS = ["no own", "no peer", "no bend", "swapped scores", "untransposed", "peer by own return"]


def law_of_updates(
    rule: Learning, size: int, credit: Credit, baseline: bool, fault: str = "", swap: bool = False
) -> tuple[Array, Array]:
    """All values of a shared-batch update and their probabilities."""
    every = paths(rule.game, point(rule.game), credit, swap)  # type: ignore[arg-type]
    batches = list(product(every, repeat=size))
    values = np.array([plain_update(rule, batch, baseline, fault) for batch in batches])
    return values, np.array([math.prod(path.chance for path in batch) for batch in batches])


def fits(counts: Array, expected: Array) -> bool:
    """Pearson's test with cells of fewer than five expected pooled, at level ALPHA."""
    small = expected < 5
    if small.any():
        counts = np.append(counts[~small], counts[small].sum())
        expected = np.append(expected[~small], expected[small].sum())
    if ((expected == 0) & (counts > 0)).any():
        return False
    counts, expected = counts[expected > 0], expected[expected > 0]
    statistic = ((counts - expected) ** 2 / expected).sum()
    return bool(chi2.sf(statistic, max(len(counts) - 1, 1)) > ALPHA)


def follows(sample: Array, values: Array, chances: Array) -> bool:
    """Whether every sampled value is a possible one (up to rounding), and each as frequent as it should be."""
    order = np.lexsort(values.T.round(9))
    values, chances = values[order], chances[order]
    fresh = np.append(True, abs(np.diff(values, axis=0)).max(1) > 1e-9)
    group = fresh.cumsum() - 1
    weights, distinct = np.bincount(group, chances), values[fresh]
    distance = abs(sample[:, None] - distinct[None]).max(2)
    if distance.min(1).max() > 1e-11 * max(1.0, abs(distinct).max()):
        return False
    return fits(np.bincount(distance.argmin(1), minlength=len(distinct)).astype(float), weights * len(sample))


LAWS = [
    (stage, 1, False), (stage, 3, False), (stage, 2, True), (stage, 4, True),
    (lambda: repeated(2), 1, False), (lambda: repeated(3), 1, False), (lambda: repeated(2), 2, False),
    (lambda: repeated(2), 2, True),
]  # fmt: skip


@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize(("make", "size", "baseline"), LAWS)
def test_the_law_of_the_update_is_the_enumerated_one(
    make: Callable[[], Game], size: int, baseline: bool, credit: Credit
) -> None:
    """Every update is one of the values of the published formula, computed plainly, with its exact probability."""
    rule = learning(make(), inner_lr=(0.55, 0.4))
    estimator = Estimator("shared", credit, baseline)
    values, chances = law_of_updates(rule, size, credit, baseline)
    assert chances.sum() == pytest.approx(1)
    for played in (True, False):
        if played or rule.game == stage():
            assert follows(drawn(rule, size, 20_000, estimator, 1, played), values, chances)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("make", [stage, lambda: repeated(2)])
def test_a_wrong_estimator_has_another_law(make: Callable[[], Game], fault: str) -> None:
    rule = learning(make())
    if make is stage and fault == "untransposed":
        pytest.skip("one parameter each: transposing changes nothing")
    sample = drawn(rule, 2, 2000, PUBLISHED_SHARED, 2)
    assert follows(sample, *law_of_updates(rule, 2, "trajectory", False))
    assert not follows(sample, *law_of_updates(rule, 2, "trajectory", False, fault))


def test_player_2_confusing_cd_with_dc_has_another_law() -> None:
    rule = learning(repeated(2))
    sample = drawn(rule, 1, 2000, PUBLISHED_SHARED, 3)
    assert follows(sample, *law_of_updates(rule, 1, "trajectory", False))
    assert not follows(sample, *law_of_updates(rule, 1, "trajectory", False, swap=True))


def test_other_frequencies_are_refused() -> None:
    rule = learning(stage())
    values, chances = law_of_updates(rule, 1, "trajectory", False)
    sample = drawn(rule, 1, 20_000, PUBLISHED_SHARED, 4)
    assert follows(sample, values, chances)
    moved = chances + np.array([0.02, -0.02, 0, 0])
    assert not follows(sample, values, moved)


# ---------------------------------------------------------------------------------------- means and noise, by theory


@lru_cache
def theory_update(game: Game, batches: Batches) -> SampledUpdate:
    """Enumerated in floating point at the published step and coefficients and the test's point."""
    program = sample_program(game, "logit")
    inputs = [*point(game), 0.55, 0.35, 1.5, *(float(value) for _, value in game.parameters)]
    outputs = program.run(dict(zip(program.inputs, inputs, strict=True)), float, math.exp)
    return SampledUpdate(outputs, batches, float)


@lru_cache
def exact_mean(game: Game, batches: Batches, size: int) -> Array:
    update = theory_update(game, batches)
    return np.array([float(at_size(update.moments.mean(entry), size)) for entry in update.joint])


@lru_cache
def exact_noise(game: Game, batches: Batches, size: int) -> float:
    update = theory_update(game, batches)
    return float(at_size(update.moments.noise(update.joint), size))


def test_the_plain_estimator_is_that_of_theory() -> None:
    """Mean and noise over one batch, enumerated here and there: the published formula has one meaning."""
    for game, size in ((stage(), 3), (repeated(2), 1), (repeated(2), 2), (repeated(3), 1)):
        values, chances = law_of_updates(learning(game), size, "trajectory", False)
        mean = chances @ values
        np.testing.assert_allclose(mean, exact_mean(game, "shared", size), rtol=1e-10, atol=1e-12)
        if game.horizon != 3:
            noise = chances @ ((values - mean) ** 2).sum(1)
            assert noise == pytest.approx(exact_noise(game, "shared", size), rel=1e-10)


def errors(sample: Array, mean: Array) -> float:
    """The largest distance of a mean from the expected one, in standard errors."""
    spread = sample.std(0, ddof=1) / math.sqrt(len(sample))
    return float((abs(sample.mean(0) - mean) / spread).max())


def noise_errors(sample: Array, mean: Array, noise: float) -> float:
    squares = ((sample - mean) ** 2).sum(1)[:, None]
    assert squares.std() / math.sqrt(len(sample)) < 0.05 * noise  # else the test would see nothing
    return errors(squares, np.array([noise]))


MOMENTS = [
    (stag_hunt, 1, 20_000), (stag_hunt, 5, 20_000), (stag_hunt, 384, 20_000), (stage, 3, 20_000), (stage, 700, 10_000),
    (lambda: repeated(2), 4, 20_000), (lambda: repeated(2), 384, 4_000),
]  # fmt: skip


@pytest.mark.parametrize("batches", BATCHES)
@pytest.mark.parametrize(("make", "size", "count"), MOMENTS)
def test_means_and_noise_are_those_of_theory(make: Callable[[], Game], size: int, count: int, batches: Batches) -> None:
    game = make()
    sample = drawn(learning(game), size, count, Estimator(batches), 5)
    mean, noise = exact_mean(game, batches, size), exact_noise(game, batches, size)
    assert errors(sample, mean) < ERRORS
    assert noise_errors(sample, mean, noise) < ERRORS
    # controls: a quarter more noise, or the means of another batch size
    assert noise_errors(sample, mean, 1.25 * noise) > ERRORS
    if batches == "shared" and size <= 5:
        assert errors(sample, exact_mean(game, batches, 10 * size)) > ERRORS


@pytest.mark.parametrize("batches", BATCHES)
def test_players_depend_on_each_other_as_in_theory(batches: Batches) -> None:
    """Covariances between the players' updates; with independent batches there is none."""
    update, size, count = theory_update(stag_hunt(), batches), 50, 100_000
    sample = drawn(learning(stag_hunt()), size, count, Estimator(batches), 11)
    left, right = sample.T - exact_mean(stag_hunt(), batches, size)[:, None]
    exact = float(at_size(update.moments.covariance(update.joint[0], update.joint[1]), size))
    assert (abs(exact) < 1e-12) == (batches == "independent")
    products = (left * right)[:, None]
    assert errors(products, np.array([exact])) < ERRORS
    # control: a tenth of the most it can be
    assert errors(products, np.array([exact + 0.1 * left.std() * right.std()])) > ERRORS


def test_three_rounds_have_the_means_of_theory() -> None:
    for batches in BATCHES:
        sample = drawn(learning(repeated(3)), 24, 20_000, Estimator(batches), 6)
        assert errors(sample, exact_mean(repeated(3), batches, 24)) < ERRORS


def wrong_means(game: Game) -> Iterator[tuple[str, Array]]:
    """What the mean would be with something wrong."""
    update = theory_update(game, "independent")

    def mean(entries: object) -> list[float]:
        return [float(at_size(update.moments.mean(entry), 1)) for entry in entries]  # type: ignore[attr-defined]

    base = [np.array(mean(update.base(i))) for i in (0, 1)]
    own = [0.35 * np.array(mean(update.own_learning(i))) for i in (0, 1)]
    peer = [1.5 * np.array(mean(update.peer_learning(i))) for i in (0, 1)]
    right = [base[i] + own[i] + peer[i] for i in (0, 1)]
    yield "nothing", np.concatenate(right)
    yield "no own", np.concatenate([base[i] + peer[i] for i in (0, 1)])
    yield "no peer", np.concatenate([base[i] + own[i] for i in (0, 1)])
    yield "players swapped", np.concatenate(right[::-1])
    if game.horizon:
        other = right[1].copy()
        other[[2, 3]] = other[[3, 2]]
        yield "CD and DC of player 2 swapped", np.concatenate([right[0], other])


@pytest.mark.parametrize("make", [stage, lambda: repeated(2), lambda: repeated(3)])
def test_wrong_means_are_refused(make: Callable[[], Game]) -> None:
    game = make()
    sample = drawn(learning(game), 64, 20_000, Estimator("independent"), 7)
    for fault, mean in wrong_means(game):
        assert (errors(sample, mean) < ERRORS) == (fault == "nothing"), fault


@pytest.mark.parametrize(
    "rule",  # "meta" has the terms of the two others
    ["pg", pytest.param("own", marks=pytest.mark.thorough), pytest.param("peer", marks=pytest.mark.thorough), "meta"],
)
@pytest.mark.parametrize("estimator", [e for e in ESTIMATORS if e.batches == "independent"], ids=label)
def test_independent_batches_have_the_exact_field_as_mean(rule: str, estimator: Estimator) -> None:
    """The expanded field from the resolvent, compiled: another route than enumeration, with unequal inner steps."""
    for game, size, count in ((stage(), 3, 20_000), (repeated(3), 16, 10_000), (ipd_finite(), 64, 1_000)):
        rules = learning(game, rule, inner_lr=(0.55, 0.3), own=0.8)
        sample = drawn(rules, size, count, estimator, 8)
        assert errors(sample, rules.update(point(game)[:, None])[:, 0]) < ERRORS


def test_a_shared_batch_is_biased_and_less_so_when_larger() -> None:
    rule = learning(stag_hunt())
    field = rule.update(point(stag_hunt())[:, None])[:, 0]
    small, large = (drawn(rule, size, 50_000, PUBLISHED_SHARED, 9) for size in (4, 400))
    assert errors(small, field) > 2 * ERRORS
    gap = [abs(exact_mean(stag_hunt(), "shared", size) - field).max() for size in (4, 400)]
    assert gap[0] == pytest.approx(100 * gap[1])
    assert abs(small.mean(0) - field).max() == pytest.approx(gap[0], rel=0.2)
    assert abs(large.mean(0) - field).max() < 10 * gap[1]


def test_credit_and_baseline_lower_the_noise_here() -> None:
    """A measurement at one point, not a law."""
    rule = learning(ipd_finite())
    spread = {
        label(e): drawn(rule, 384, 400, e, 10).var(0).sum() for e in ESTIMATORS if e.batches == "shared"
    }  # fmt: skip
    assert spread["shared-per-step-baseline"] < spread["shared-per-step"] < spread["shared-trajectory"]
    assert spread["shared-trajectory-baseline"] < spread["shared-trajectory"]


# ------------------------------------------------------------------------------------------------------ random numbers


@pytest.mark.parametrize("seed", range(20))
def test_the_generator_is_numpys_philox(seed: int) -> None:
    words = np.random.default_rng(seed).integers(0, 2**64, 6, dtype=np.uint64)
    if seed == 0:
        words[:] = 0
    if seed == 1:
        words[:] = 2**64 - 1
    key, counter = words[:2], words[2:]
    number = sum(int(word) << (64 * k) for k, word in enumerate(counter))
    before = (number - 1) % 2**256  # NumPy adds one first
    theirs = np.random.Philox(key=key, counter=before).random_raw(4)
    assert tuple(map(int, sampled_kernels.philox(key, *counter))) == tuple(map(int, theirs))
    # control: any other counter
    assert tuple(map(int, sampled_kernels.philox(key, counter[0] ^ np.uint64(1), *counter[1:]))) != tuple(theirs)


def test_keys_are_spawned_by_purpose_and_chunk() -> None:
    keys = sampled._keys(7, np.array([1023, 1024, 3000]))
    for key, chunk in zip(keys, (0, 1, 2), strict=True):
        theirs = np.random.SeedSequence(7, spawn_key=(2, chunk)).generate_state(2, np.uint64)
        np.testing.assert_array_equal(key, theirs)


def source(start: int, seed: int = 0) -> Source:
    return Source(np.array([seed, 77], np.uint64), 0, 0, start)


@pytest.mark.parametrize(
    ("trials", "chance"),
    [(1, 0.3), (7, 0.5), (384, 0.02), (384, 0.4), (384, 0.97), (512, 0.5), (513, 0.5), (1500, 0.8), (40, 1e-4)],
)
def test_binomial_numbers(trials: int, chance: float) -> None:
    count = 20_000
    sample = np.array([sampled_kernels.binomial(trials, chance, 0, source(k)) for k in range(count)])
    counts = np.bincount(sample, minlength=trials + 1).astype(float)
    assert fits(counts, count * binom.pmf(np.arange(trials + 1), trials, chance))
    # control: a chance that moves the mean by a tenth of a standard deviation
    off = chance + 0.1 * math.sqrt(chance * (1 - chance) / trials)
    assert not fits(counts, count * binom.pmf(np.arange(trials + 1), trials, off))


def test_binomial_numbers_at_the_ends() -> None:
    for trials in (0, 1, 384, 2000):
        assert sampled_kernels.binomial(trials, 0.0, 0, source(1)) == 0
        assert sampled_kernels.binomial(trials, 1.0, 0, source(1)) == trials
    assert sampled_kernels.binomial(384, 5e-324, 0, source(1)) == 0


def test_binomial_numbers_rise_with_the_chance() -> None:
    for start in range(50):
        numbers = [sampled_kernels.binomial(384, chance, 0, source(start)) for chance in np.linspace(0, 1, 101)]
        assert all(a <= b for a, b in pairwise(numbers))


@pytest.mark.parametrize(("size", "p", "q"), [(3, 0.3, 0.6), (5, 0.9, 0.2)])
def test_joint_actions_are_multinomial(size: int, p: float, q: float) -> None:
    count = 20_000
    found = [tuple(sampled_kernels.count_joint_actions(size, p, q, source(k, 5))) for k in range(count)]
    cells = [n for n in product(range(size + 1), repeat=4) if sum(n) == size]
    assert set(found) <= set(cells)
    counts = np.array([found.count(cell) for cell in cells], dtype=float)
    law = [p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)]
    assert fits(counts, count * multinomial.pmf(np.array(cells), size, law))
    law[1], law[2] = law[2], law[1]  # control: CD and DC exchanged
    assert not fits(counts, count * multinomial.pmf(np.array(cells), size, law))


def test_joint_actions_of_a_large_batch() -> None:
    """Beyond one block of trials: each number is binomial, and the players do not depend on each other."""
    size, p, q, count = 2000, 0.3, 0.55, 20_000
    found = np.array([sampled_kernels.count_joint_actions(size, p, q, source(k, 6)) for k in range(count)])
    assert (found.sum(1) == size).all()
    for joint, chance in enumerate([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)]):
        counts = np.bincount(found[:, joint], minlength=size + 1).astype(float)
        assert fits(counts, count * binom.pmf(np.arange(size + 1), size, chance))
    first, second = found[:, 0] + found[:, 1], found[:, 0] + found[:, 2]
    assert abs(np.corrcoef(first, second)[0, 1]) < ERRORS / math.sqrt(count)
    assert np.corrcoef(first, found[:, 0])[0, 1] > 0.5  # control


# --------------------------------------------------------------------------------------------------------- learning


def starts_of(game: Game, count: int) -> Array:
    return np.random.default_rng(0).normal(0, 1.35, (2 * len(game.observations), count))


PUBLISHED = {"schedule": Schedule(0.9, 0.24, 10.0), "clip": 8.0}


@pytest.mark.parametrize("estimator", [ESTIMATORS[0], ESTIMATORS[-1]], ids=label)
@pytest.mark.parametrize("make", [stag_hunt, lambda: repeated(5)])
def test_threads_chunks_and_pauses_change_no_bit(make: Callable[[], Game], estimator: Estimator) -> None:
    game = make()
    rule, x = learning(game, **PUBLISHED), starts_of(game, 30)
    whole = sampled_run(rule, x, 12, 20, estimator, 3, first_start=1010)  # crosses a chunk
    for threads in (1, 2, 7):
        again = sampled_run(rule, x, 12, 20, estimator, 3, first_start=1010, threads=threads)
        np.testing.assert_array_equal(again, whole)
    for cut in (1, 14, 29):
        parts = [
            sampled_run(rule, x[:, :cut], 12, 20, estimator, 3, first_start=1010),
            sampled_run(rule, x[:, cut:], 12, 20, estimator, 3, first_start=1010 + cut),
        ]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    middle = sampled_run(rule, x, 5, 20, estimator, 3, first_start=1010)
    np.testing.assert_array_equal(sampled_run(rule, middle, 7, 20, estimator, 3, first_start=1010, first_step=5), whole)
    # controls: another seed, start or step is another run
    for other in (
        sampled_run(rule, x, 12, 20, estimator, 4, first_start=1010),
        sampled_run(rule, x, 12, 20, estimator, 3, first_start=1011),
        sampled_run(rule, x, 12, 20, estimator, 3, first_start=1010, first_step=1),
    ):
        assert (other != whole).any(0).all()


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=label)
def test_all_rules_see_the_same_draws(estimator: Estimator) -> None:
    """Without the correction's coefficient every rule is the policy gradient, bit for bit; and so in pairs."""
    game = repeated(3)
    x = starts_of(game, 8)

    def ends(rule: str, own: float, peer: float) -> Array:
        return sampled_run(learning(game, rule, own=own, peer=peer, **PUBLISHED), x, 6, 10, estimator, 0)

    plain = ends("pg", 0.35, 1.5)
    for rule in ("own", "peer", "meta"):
        np.testing.assert_array_equal(ends(rule, 0.0, 0.0), plain)
        assert (ends(rule, 0.35, 1.5) != plain).any()
    np.testing.assert_array_equal(ends("own", 0.35, 9.0), ends("meta", 0.35, 0.0))
    np.testing.assert_array_equal(ends("peer", 9.0, 1.5), ends("meta", 0.0, 1.5))


def test_a_coefficient_multiplies_its_own_term_on_the_same_draws() -> None:
    game = repeated(3)
    at = {
        (own, peer): drawn(learning(game, own=own, peer=peer), 10, 50, PUBLISHED_SHARED, 1)
        for own, peer in product((0.0, 1.0, 2.0), (0.0, 1.0, 2.0))
    }
    for own, peer in at:
        expected = at[0, 0] + own * (at[1, 0] - at[0, 0]) + peer * (at[0, 1] - at[0, 0])
        np.testing.assert_allclose(at[own, peer], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("anneal", [None, TwoPhase(3, 0.7, 2.0)])
def test_steps_follow_the_schedule_the_clip_and_the_annealing(anneal: TwoPhase | None) -> None:
    game = repeated(3)
    rule = learning(game, schedule=Schedule(2.0, 0.24, 10.0), clip=1.5, anneal=anneal)
    x = starts_of(game, 20)
    run = sampled_run(rule, x, 9, 10, PUBLISHED_SHARED, 0)
    assert abs(run).max() == 1.5
    for number in range(9):
        factor = 1.0 if anneal is None else anneal.factor(number)
        once = replace(rule, schedule=ONCE, clip=None, anneal=None, own=factor * rule.own, peer=factor * rule.peer)
        update = sampled_run(once, x, 1, 10, PUBLISHED_SHARED, 0, first_step=number) - x
        x = np.clip(x + 2.0 / (number + 10) ** 0.24 * update, -1.5, 1.5)
    np.testing.assert_allclose(run, x, rtol=0, atol=1e-11)


def test_large_batches_follow_the_exact_field() -> None:
    """Stag Hunt, a batch of 10⁶: the run of the exact expanded field, but for its noise."""
    rule, x = learning(stag_hunt(), **PUBLISHED), starts_of(stag_hunt(), 20)
    sampled_ends = sampled_run(rule, x, 10, 10**6, PUBLISHED_SHARED, 0)
    exact = x
    for number in range(10):
        exact = rule.step(exact, number)
    np.testing.assert_allclose(sampled_ends, exact, atol=0.02)
    assert abs(sampled_ends - x).max() > 0.5


def test_runs_that_are_not_finite_stay_so() -> None:
    game = repeated(2)
    x = starts_of(game, 4)
    x[3, 0], x[7, 1], x[0, 2] = np.nan, np.inf, -np.inf
    ends = sampled_run(learning(game, **PUBLISHED), x, 3, 5, PUBLISHED_SHARED, 0)
    assert np.isnan(ends[:, :3]).all() and np.isfinite(ends[:, 3]).all()
    assert np.isnan(sampled_run(learning(game, **PUBLISHED), x, 0, 5, PUBLISHED_SHARED, 0)[:, :3]).all()
    huge = learning(game, schedule=Schedule(1e308), inner_lr=(1e200, 1e200))
    assert np.isnan(sampled_run(huge, x[:, 3:], 2, 5, PUBLISHED_SHARED, 0)).all()


def test_policies_that_are_pure_up_to_rounding() -> None:
    """π is 0 or 1 in floating point: nothing is learnt, and nothing breaks."""
    for game in (stag_hunt(), repeated(3)):
        x = np.full((2 * len(game.observations), 2), 800.0)
        x[:, 1] *= -1
        for estimator in ESTIMATORS:
            ends = sampled_run(learning(game), x, 2, 5, estimator, 0)
            np.testing.assert_array_equal(ends, x)


def test_no_starts_and_no_steps() -> None:
    rule = learning(stag_hunt())
    assert sampled_run(rule, np.zeros((2, 0)), 3, 5, PUBLISHED_SHARED, 0).shape == (2, 0)
    x = starts_of(stag_hunt(), 3)
    np.testing.assert_array_equal(sampled_run(rule, x, 0, 5, PUBLISHED_SHARED, 0), x)


def test_a_game_of_one_round_is_its_stage_game() -> None:
    """Only ∅ is ever observed; the batch is the same multinomial one."""
    x = starts_of(repeated(1), 6)
    rule = learning(repeated(1), **PUBLISHED)
    ends = sampled_run(rule, x, 5, 20, PUBLISHED_SHARED, 0)
    alone = sampled_run(replace(rule, game=stage()), x[[0, 5]], 5, 20, PUBLISHED_SHARED, 0)
    np.testing.assert_array_equal(ends[[0, 5]], alone)
    others = [1, 2, 3, 4, 6, 7, 8, 9]
    np.testing.assert_array_equal(ends[others], x[others])


@pytest.mark.parametrize(("rounds", "size"), [(2, 5), (9, 3), (12, 4)])
def test_no_two_decisions_share_their_bits(rounds: int, size: int) -> None:
    """Coins: the return is 1, so that all scores of a batch add up to a binomial number of first actions."""
    payoffs = np.zeros((rounds, 2, 4))
    payoffs[-1] = 1.0
    count, decisions = 20_000, 2 * rounds * size
    rule = learning(repeated(2), "pg")
    ends = sampled._run(rule, payoffs, np.zeros((10, count)), 1, size, PUBLISHED_SHARED, 12, 0, 0, counted=False)
    heads = size * ends.sum(0) + decisions / 2
    np.testing.assert_allclose(heads, heads.round(), atol=1e-9)
    counts = np.bincount(heads.round().astype(int), minlength=decisions + 1).astype(float)
    assert fits(counts, count * binom.pmf(np.arange(decisions + 1), decisions, 0.5))
    # control: an eighth of the decisions are copies of others
    copies = decisions // 8
    doubled = np.zeros(2 * copies + 1)
    doubled[::2] = binom.pmf(np.arange(copies + 1), copies, 0.5)
    twice = np.convolve(doubled, binom.pmf(np.arange(decisions - 2 * copies + 1), decisions - 2 * copies, 0.5))
    assert not fits(counts, count * twice)


def test_many_rounds() -> None:
    """Counts of visits up to what twelve bits hold: all rounds but the first see DD, where player 2 may cooperate."""
    rounds = sampled_kernels.MOST_ROUNDS
    payoffs = np.zeros((rounds, 2, 4))
    payoffs[-1] = 1.0  # the return is 1, whatever is played
    x = np.full((10, 1), -800.0)
    x[9] = -1.0
    rule = learning(repeated(2), "pg")
    first = 1 / (1 + math.e)
    ends = sampled._run(rule, payoffs, x, 1, 50, PUBLISHED_SHARED, 0, 0, 0, counted=False)
    # Player 2 cooperates in a share of the rounds in DD; what follows is DC in player 1's order, where nobody does.
    stay = 1 / (1 + first)  # long-run share of DD
    score = ends[9, 0] - x[9, 0]
    assert abs(score) < ERRORS * math.sqrt(rounds * stay * first * (1 - first) / 50)
    assert score != 0
    np.testing.assert_array_equal(ends[:9], x[:9])


# --------------------------------------------------------------------------------------------------------- bad input


def test_unknown_options_are_refused() -> None:
    with pytest.raises(BadInput, match="--batches: 'none'"):
        Estimator("none")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="credit: 'x'"):
        Estimator(credit="x")  # type: ignore[arg-type]


REFUSED: list[tuple[Learning, int, Estimator, int, str]] = [
    (learning(ipd()), 5, Estimator(), 0, "has no end"),
    (learning(stag_hunt_3()), 5, Estimator(), 0, "two players with two actions"),
    (learning(public_goods()), 5, Estimator(), 0, "two players with two actions"),
    (learning(stag_hunt(), policy="direct"), 5, Estimator(), 0, "only logit"),
    (learning(tandem(), policy="direct"), 5, Estimator(), 0, "only logit"),
    (learning(stag_hunt(), form="unrolled"), 5, Estimator(), 0, "expanded form"),
    (learning(stag_hunt(), unroll=2), 5, Estimator(), 0, "one inner step"),
    (learning(stag_hunt(), "lola"), 5, Estimator(), 0, "'lola' has no estimator"),
    (learning(stag_hunt(), "sos"), 5, Estimator(), 0, "'sos' has no estimator"),
    (learning(stag_hunt()), 0, Estimator(), 0, "--batch: 0"),
    (learning(stag_hunt()), 2**31, Estimator(), 0, "--batch"),
    (learning(stag_hunt()), 1, Estimator(baseline=True), 0, "--batch: 1"),
    (learning(stag_hunt()), 5, Estimator(), -1, "--seed"),
    (learning(replace(repeated(2), horizon=5000)), 5, Estimator(), 0, "5000 rounds"),
]


@pytest.mark.parametrize(("rule", "size", "estimator", "seed", "words"), REFUSED)
def test_what_is_not_supported_is_refused(
    rule: Learning, size: int, estimator: Estimator, seed: int, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        check_sampled(rule, size, estimator, seed)
    with pytest.raises(BadInput, match=words):
        sampled_run(rule, np.zeros((2, 1)), 1, size, estimator, seed)


def test_other_repeated_games_are_refused() -> None:
    game = repeated(3)
    pays = (*game.reward[:2], game.reward[-1], *game.reward[3:])
    sees = (0, 1, 1, *game.observed[3:])
    for other in (replace(game, reward=pays), replace(game, observed=sees)):
        with pytest.raises(BadInput, match="last joint action"):
            check_sampled(learning(other), 5, Estimator())
    check_sampled(learning(game), 5, Estimator())


def test_the_policy_gradient_has_no_form() -> None:
    x = starts_of(stag_hunt(), 3)
    rules = [learning(stag_hunt(), "pg", form=form) for form in ("expanded", "unrolled")]
    np.testing.assert_array_equal(*(sampled_run(rule, x, 3, 5, Estimator(), 0) for rule in rules))
