"""numerics.neural: values, terms by two routes, sampled surrogates in expectation, training against the tables."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pytest
from drawn_game import drawn_game
from sympy import Rational

from numerics import neural
from numerics.annealing import TwoPhase
from numerics.dynamics import Learning, Schedule, run
from numerics.evidence import c17_alignment, c17_neural
from numerics.evidence.model import Run, needing_networks
from numerics.implicit import implicit_values
from numerics.oracle import settled
from theory.claims import Verdict
from theory.errors import BadInput
from theory.games import (
    AnyGame,
    Game,
    grid_stag_hunt,
    ipd,
    ipd_finite,
    memory_one,
    prisoners_dilemma,
    public_goods,
    signalled_stag_hunt,
    stag_hunt,
)
from theory.policies import Coordinates

jax = pytest.importorskip("jax")
jnp = jax.numpy

from numerics.neural import tangent_kernels  # noqa: E402
from numerics.neural.alignment import _settled as promised  # noqa: E402
from numerics.neural.alignment import alignment, distance_function, on_path  # noqa: E402
from numerics.neural.experiments import oracle, published_training, starts  # noqa: E402
from numerics.neural.network import Networks  # noqa: E402
from numerics.neural.sampled import Batch, surrogate  # noqa: E402
from numerics.neural.training import Arm, Training, logits_of, train  # noqa: E402
from numerics.neural.updates import Inner, after, terms, update  # noqa: E402
from numerics.neural.values import value_function  # noqa: E402

LOGIT: Coordinates = "logit"


def drawn(game: Game, hidden: tuple[int, ...], seed: int) -> tuple[Networks, tuple[Any, ...]]:
    networks = Networks.of(game, hidden)
    return networks, tuple(jnp.asarray(block[0]) for block in networks.draw(seed, 1))


def of_parameters(game: Game, networks: Networks) -> Any:
    values = value_function(game)
    return lambda theta: values([networks.logits(player, block) for player, block in enumerate(theta)])


# ---------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("make", [ipd, ipd_finite, public_goods, grid_stag_hunt])
def test_values_are_those_of_tables(make: Any) -> None:
    game: AnyGame = make()
    networks = Networks.of(game, (4,))
    starts, value = networks.draw(3, 4), jax.jit(of_parameters(game, networks))
    table = implicit_values(game, LOGIT, logits_of(networks, starts))["value"]
    for k in range(4):
        theta = tuple(jnp.asarray(block[k]) for block in starts)
        # Well-conditioned sums of at most a few hundred terms: a thousand roundings at most.
        np.testing.assert_allclose(value(theta), table[:, k], rtol=1e-12)


# ----------------------------------------------------------------------------------------------------------- terms


CASES: dict[str, tuple[Any, tuple[int, ...], Inner]] = {
    "stag-hunt": (stag_hunt, (3,), Inner((0.55, 0.4))),
    "ipd, two steps": (ipd, (4, 3), Inner((0.1, 0.05), 2, "unrolled")),
    "ipd, expanded": (ipd, (4, 3), Inner((0.55, 0.4), 3)),
    "public-goods": (public_goods, (2,), Inner((0.55, 0.4, 0.3), 1, "unrolled")),
    "drawn": (drawn_game, (3,), Inner((0.3, 0.2), 1, "unrolled")),
}


@lru_cache
def by_autodiff(name: str) -> dict[str, Any]:
    make, hidden, inner = CASES[name]
    networks, theta = drawn(make(), hidden, 5)
    found: dict[str, Any] = jax.jit(partial(terms, of_parameters(make(), networks), inner))(theta)
    return found


def by_kernels(name: str) -> dict[str, Any]:
    make, hidden, inner = CASES[name]
    networks, theta = drawn(make(), hidden, 5)
    return tangent_kernels.kernel_form(make(), networks, inner, theta)


def agree(one: dict[str, Any], two: dict[str, Any]) -> bool:
    rows = ((a, b) for name in one for a, b in zip(one[name], two[name], strict=True))
    return all(bool(np.allclose(a, b, rtol=1e-10, atol=1e-10)) for a, b in rows)


LONG = set(CASES) - {"ipd, expanded"}  # to compile


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in LONG)) for name in CASES])
def test_the_kernel_form_is_the_derivative_of_the_unroll(name: str) -> None:
    assert agree(by_autodiff(name), by_kernels(name))


def test_wrong_kernel_forms_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tangent_kernels.jacobian
    with monkeypatch.context() as patch:
        patch.setattr(tangent_kernels, "_curvature", lambda networks, player, theta, slope, direction: 0 * direction)
        assert not agree(by_autodiff("ipd, expanded"), by_kernels("ipd, expanded"))
    # The players' kernels exchanged: both networks of the IPD have the same shape.
    monkeypatch.setattr(tangent_kernels, "jacobian", lambda networks, player, block: plain(networks, 1 - player, block))
    assert not agree(by_autodiff("ipd, expanded"), by_kernels("ipd, expanded"))


@pytest.mark.parametrize("form", [pytest.param("unrolled", marks=pytest.mark.thorough), "expanded"])
def test_updates_by_finite_differences(form: Any) -> None:
    game = ipd()
    networks, theta = drawn(game, (3,), 8)
    value, inner = jax.jit(of_parameters(game, networks)), Inner((0.3, 0.2), 2, form)
    unrolled = jax.jit(partial(after, value, inner))
    updated = jax.jit(partial(update, value, inner))
    draw = np.random.default_rng(0)
    for player in range(2):
        direction = jnp.asarray(draw.standard_normal(len(theta[player])))

        def moved(step: float, player: int = player, direction: Any = direction) -> tuple[Any, ...]:
            return tuple(block + step * direction * (k == player) for k, block in enumerate(theta))

        def outcome(step: float, player: int = player) -> float:
            if form == "unrolled":
                return float(value(unrolled(moved(step)))[player])
            # c_own = c_peer = 1: g(θ₀) plus the derivative of ⟨Lαv, w⟩ with w held fixed.
            shifted, fixed = unrolled(moved(step)), moved(step)
            slopes = jax.grad(lambda blocks: value(blocks)[player])(theta)
            change = sum(float((a - b) @ w) for a, b, w in zip(shifted, fixed, slopes, strict=True))
            return float(value(fixed)[player]) + change

        one = jnp.ones(())
        found = float(updated(one, one, theta)[player] @ direction)
        # Central differences of step h: an error of h² times third derivatives, about 1e-8 here.
        expected = (outcome(1e-5) - outcome(-1e-5)) / 2e-5
        assert found == pytest.approx(expected, rel=1e-6)
        dropped = float(updated(one, 0 * one, theta)[player] @ direction)
        assert dropped != pytest.approx(expected, rel=1e-3)


# ---------------------------------------------------------------------------------------------------------- sampled


def second_derivatives(values: Any, logits: Any) -> Any:
    """∇_iVⁱ and ∂_i∇_jVʲ of both players, flattened."""
    first = jax.jacrev(values)(logits)
    second = jax.hessian(values)(logits)
    parts = [[first[i][i], second[i][j][j], second[i][i][i]] for i, j in ((0, 1), (1, 0))]
    return jnp.concatenate([part.ravel() for row in parts for part in row])


def test_the_surrogate_is_unbiased_to_second_order() -> None:
    game = memory_one(prisoners_dilemma(), Rational(1, 2), name="three rounds", horizon=3)
    networks, theta = drawn(game, (3,), 2)
    logits = [networks.logits(player, 3 * block) for player, block in enumerate(theta)]
    batch = Batch(64, 3)

    @jax.jit
    def once(key: Any) -> Any:
        return second_derivatives(surrogate(game, batch, logits, key), logits)

    samples = np.asarray(jax.lax.map(once, jax.random.split(jax.random.key(1), 600)))
    exact = np.asarray(second_derivatives(value_function(game), logits))
    error = samples.std(0, ddof=1) / np.sqrt(len(samples))
    # Five standard errors for a few hundred numbers: a false alarm in about one of 10 000 seeds, and this one is fixed.
    assert (abs(samples.mean(0) - exact) <= 5 * error + 1e-12).all()
    half = len(exact) // 2
    swapped = np.concatenate([exact[half:], exact[:half]])
    assert not (abs(samples.mean(0) - swapped) <= 5 * error + 1e-12).all()


def test_a_horizon_is_played_to_its_end() -> None:
    game = ipd_finite()
    networks, theta = drawn(game, (3,), 2)
    logits = [networks.logits(player, block) for player, block in enumerate(theta)]
    with pytest.raises(BadInput, match="lasts 12 rounds, not 5"):
        surrogate(game, Batch(4, 5), logits, jax.random.key(0))


# --------------------------------------------------------------------------------------------------------- training


def test_a_network_without_hidden_layers_in_one_state_is_a_table_twice_as_fast() -> None:
    # ℓ = w + b, so K = 2 and ∇²ℓ = 0: ℓ moves as a table's with twice the outer and twice the inner step size.
    game, anneal = stag_hunt(), TwoPhase(5, 0.7, 3.0)
    training = Training(
        game, (Arm("meta", 0.35, 1.5, anneal),), Inner((0.5, 0.5)), Schedule(0.9, 0.24, 10.0), 1e9, 25, ()
    )
    starts = Networks.of(game, ()).draw(4, 6)
    ends = train(training, starts, 0).ends["meta"]
    table = Learning(game, LOGIT, "meta", "expanded", 1, (1.0, 1.0), 0.35, 1.5, Schedule(1.8, 0.24, 10.0), None, anneal)
    np.testing.assert_allclose(ends, run(table, logits_of(Networks.of(game, ()), starts), 25), rtol=1e-10)
    slower = Learning(
        game, LOGIT, "meta", "expanded", 1, (0.5, 0.5), 0.35, 1.5, Schedule(1.8, 0.24, 10.0), None, anneal
    )
    assert not np.allclose(ends, run(slower, logits_of(Networks.of(game, ()), starts), 25), rtol=1e-3)


@pytest.mark.thorough
def test_starts_and_draws_do_not_depend_on_the_company() -> None:
    game = stag_hunt()
    arms = (Arm("pg", 0.0, 0.0), Arm("meta", 0.35, 1.5))
    inner, schedule = Inner((0.55, 0.55)), Schedule(0.9, 0.24, 10.0)
    networks = Networks.of(game, (2,))
    few = train(Training(game, arms[1:], inner, schedule, 8.0, 7, (2,), Batch(32, 1)), networks.draw(1, 2), 9)
    many = train(Training(game, arms, inner, schedule, 8.0, 7, (2,), Batch(32, 1)), networks.draw(1, 5), 9)
    np.testing.assert_array_equal(few.ends["meta"], many.ends["meta"][:, :2])
    again = train(Training(game, arms[1:], inner, schedule, 8.0, 7, (2,), Batch(32, 1)), networks.draw(1, 2), 10)
    assert not np.array_equal(few.ends["meta"], again.ends["meta"])


def test_networks_start_as_linear_layers_do() -> None:
    networks = Networks.of(ipd(), (16, 16))
    drawn_starts = networks.draw(0, 200)
    assert not np.allclose(drawn_starts[0], drawn_starts[1]) and not np.allclose(
        drawn_starts[0], networks.draw(1, 200)[0]
    )
    first = 0
    for inputs, outputs in ((5, 16), (16, 16), (16, 1)):
        layer = drawn_starts[0][:, first : first + (inputs + 1) * outputs] * np.sqrt(inputs)
        first += (inputs + 1) * outputs
        # Thousands of numbers uniform on ±1: the largest is near 1, the mean within five standard errors of 0.
        assert 0.99 < abs(layer).max() <= 1 and abs(layer.mean()) < 5 / np.sqrt(3 * layer.size)


def test_arms_have_the_published_coefficients() -> None:
    training = published_training(ipd_finite(), ("pg", "own", "peer", "meta", neural.ANNEALED), sampled=True)
    assert [(arm.own, arm.peer) for arm in training.arms] == [(0, 0), (0.35, 0), (0, 1.5), (0.35, 1.5), (0.35, 1.5)]
    assert [arm.anneal for arm in training.arms] == [None] * 4 + [TwoPhase(100, 0.7, 30.0)]
    assert training.batch == Batch(384, 12) and training.inner == Inner((0.55, 0.55)) and training.steps == 260
    assert training.schedule == Schedule(0.9, 0.24, 10.0) and training.clip == 8
    assert sum(Networks.of(training.game).count(player) for player in range(2)) == 2 * 385


@pytest.mark.thorough
def test_the_oracle_goes_on_with_policy_gradient_alone() -> None:
    training = published_training(stag_hunt(), ("meta",), steps=20, hidden=(3,))
    trained = train(training, starts(training, 8, 0), 0, keep=20)
    later, decided = oracle(trained, "meta", 200)
    plain = published_training(stag_hunt(), ("pg",), steps=200, hidden=(3,))
    plain = dataclasses.replace(plain, schedule=Schedule(plain.schedule.size(0)), clip=float("inf"))
    np.testing.assert_array_equal(later, train(plain, trained.theta["meta"], 5).ends["pg"])
    np.testing.assert_array_equal(decided, settled(stag_hunt(), later))
    assert decided.all() and set(np.sign(later[0])) == set(np.sign(later[1])) == {-1.0, 1.0}
    for kept, first, last in zip(trained.visited["meta"], starts(training, 8, 0), trained.theta["meta"], strict=True):
        np.testing.assert_array_equal(kept, np.stack([first, last]))


def test_every_step_has_draws_of_its_own() -> None:
    """Training against its definition, step by step: start k's n-th batch comes from (seed, k, n)."""
    game, networks = stag_hunt(), Networks.of(stag_hunt(), ())
    inner, schedule, batch = Inner((0.55, 0.55)), Schedule(0.9, 0.24, 10.0), Batch(16, 1)
    training = Training(game, (Arm("meta", 0.35, 1.5),), inner, schedule, 8.0, 3, (), batch)
    begin = networks.draw(5, 2)
    ends = train(training, begin, 6).ends["meta"][:, 1]

    def played(theta: tuple[Any, ...], key: Any) -> tuple[Any, ...]:
        values = surrogate(game, batch, [networks.logits(i, block) for i, block in enumerate(theta)], key)
        of_theta = lambda blocks: values([networks.logits(i, block) for i, block in enumerate(blocks)])  # noqa: E731
        return update(of_theta, inner, jnp.array(0.35), jnp.array(1.5), theta)

    def by_hand(places: tuple[int, ...]) -> Any:
        theta = tuple(jnp.asarray(block[1]) for block in begin)
        for step, place in enumerate(places):
            key = jax.random.fold_in(jax.random.fold_in(jax.random.key(6), 1), place)
            moves = zip(theta, jax.jit(played)(theta, key), strict=True)
            theta = tuple(block + schedule.size(step) * move for block, move in moves)
        return np.concatenate([np.ravel(networks.logits(i, block)) for i, block in enumerate(theta)])

    np.testing.assert_allclose(ends, by_hand((0, 1, 2)), rtol=1e-10)
    assert not np.allclose(ends, by_hand((0, 0, 0)))


def test_parameters_are_clipped() -> None:
    training = Training(stag_hunt(), (Arm("pg", 0.0, 0.0),), Inner((0.5, 0.5)), Schedule(0.9), 0.5, 30, ())
    (theta,) = train(training, Networks.of(stag_hunt(), ()).draw(4, 6), 0).theta.values()
    assert all((abs(block) <= 0.5).all() and (abs(block) == 0.5).any() for block in theta)


LARGE = """
from numerics.dynamics import Schedule
from numerics.neural.network import Networks
from numerics.neural.training import Arm, Training, train
from numerics.neural.updates import Inner
from theory.games import ipd
training = Training(ipd(), (Arm("meta", 0.35, 1.5),), Inner((0.55, 0.55)), Schedule(0.9, 0.24, 10.0), 8.0, 3)
print(train(training, Networks.of(ipd()).draw(0, 1000), 0).ends["meta"].shape)
"""


def test_a_batch_of_the_largest_size_does_not_hang() -> None:
    done = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.strip() == "(10, 1000)", done.stderr


# -------------------------------------------------------------------------------------------------------- alignment


@pytest.mark.thorough  # test_neural_training asks the same of another network by default
def test_alignment_is_the_inner_product_with_the_peer_term() -> None:
    game = ipd()
    networks = Networks.of(game, (6,))
    starts = networks.draw(7, 3)
    found, distance = alignment(game, networks, starts), distance_function(game)
    value, inner = of_parameters(game, networks), Inner((1.0, 1.0))
    peer_of = jax.jit(lambda theta: terms(value, inner, theta)["peer"])
    for k in range(3):
        theta = tuple(jnp.asarray(block[k]) for block in starts)
        peer = peer_of(theta)
        away = jax.grad(lambda blocks: distance([networks.logits(i, b) for i, b in enumerate(blocks)]))(theta)
        product = -sum(float(a @ b) for a, b in zip(away, peer, strict=True))
        assert found.product[k] == pytest.approx(product, rel=1e-10)
        size = np.sqrt(sum(float(a @ a) for a in away) * sum(float(b @ b) for b in peer))
        assert found.parameters[k] == pytest.approx(product / size, rel=1e-10)


def test_a_network_that_is_a_table_is_aligned_as_a_table() -> None:
    """Without hidden layers ℓ = w + b, so K = 1 + 11ᵀ, of eigenvalues 1 and 6 in the five observations of the IPD."""
    game = ipd()
    networks = Networks.of(game, ())
    starts = networks.draw(7, 4)
    found = alignment(game, networks, starts)
    np.testing.assert_allclose(found.condition, 6, rtol=1e-9)
    table = Learning(game, LOGIT, "peer", "expanded", 1, (1.0, 1.0), 0.0, 1.0, Schedule(1.0))
    logits, distance = logits_of(networks, starts), distance_function(game)
    peer = table.update(logits) - dataclasses.replace(table, peer=0.0).update(logits)
    away = jax.vmap(jax.grad(lambda flat: distance([block[:, None] for block in jnp.split(flat, 2)])))(logits.T)
    inner = -(np.asarray(away) * peer.T).sum(1)
    np.testing.assert_allclose(
        found.table, inner / np.linalg.norm(away, axis=1) / np.linalg.norm(peer, axis=0), rtol=1e-9
    )


@pytest.mark.parametrize(("turned", "is_promised"), [(0.99, True), (1.01, False)])
def test_what_condition_numbers_promise(turned: float, is_promised: bool) -> None:
    """M = 1 and angle(z, u) = π/2 − A − B: promised for kernels that turn by a little less than A and B, else not."""
    angles = np.array([0.3, 0.5])
    between = np.pi / 2 - angles.sum()
    spectra = [np.array([[1.0, (1 + np.sin(turned * a)) / (1 - np.sin(turned * a))]]) for a in angles]
    z, u = np.array([[np.cos(between), np.sin(between)]]), np.array([[2.0, 0.0]])
    assert promised(np.eye(2)[None], u, z, *spectra)[0] == is_promised


def test_the_targets_path() -> None:
    assert on_path(ipd()) == [0, 1] and on_path(signalled_stag_hunt()) == [0, 1, 2, 3] and on_path(stag_hunt()) == [0]


# ------------------------------------------------------------------------------------------------- without the extra


def test_without_jax_the_claims_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "available", lambda: False)
    for check in needing_networks({**c17_alignment.CHECKS, **c17_neural.CHECKS}).values():
        found = check(Run("quick", 0))
        assert found.verdict is Verdict.UNDECIDED
        assert found.reason == "not-run: neural policies need JAX: pip install 'basin-entry[neural]'"
