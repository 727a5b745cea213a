"""numerics.neural: values, terms by two routes, sampled surrogates in expectation, training against the tables."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pytest
from sympy import Rational

from numerics import neural
from numerics.annealing import TwoPhase
from numerics.dynamics import Learning, Schedule, run
from numerics.implicit import implicit_values
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
from numerics.neural.alignment import alignment, distance_function, on_path  # noqa: E402
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


def random_game() -> Game:
    """Three states, two and three actions, everything drawn."""
    draw = random.Random(6)

    def distribution() -> tuple[Rational, ...]:
        parts = [draw.randint(1, 9) for _ in range(3)]
        return tuple(Rational(part, sum(parts)) for part in parts)

    return Game(
        name="drawn",
        actions=(("a", "b"), ("x", "y", "z")),
        states=("s", "t", "u"),
        start=distribution(),
        transition=tuple(tuple(distribution() for _ in range(6)) for _ in range(3)),
        reward=tuple(tuple(tuple(Rational(draw.randint(-9, 9), 4) for _ in range(2)) for _ in range(6)) for _ in "stu"),
        discount=Rational(4, 5),
    )


CASES: dict[str, tuple[Any, tuple[int, ...], Inner]] = {
    "stag-hunt": (stag_hunt, (3,), Inner((0.55, 0.4))),
    "ipd, two steps": (ipd, (4, 3), Inner((0.1, 0.05), 2, "unrolled")),
    "ipd, expanded": (ipd, (4, 3), Inner((0.55, 0.4), 3)),
    "public-goods": (public_goods, (2,), Inner((0.55, 0.4, 0.3), 1, "unrolled")),
    "drawn": (random_game, (3,), Inner((0.3, 0.2), 1, "unrolled")),
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


@pytest.mark.parametrize("name", CASES)
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


@pytest.mark.parametrize("form", ["unrolled", "expanded"])
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
    game = memory_one(prisoners_dilemma(), Rational(24, 25), name="three rounds", horizon=3)
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
    from theory.errors import BadInput

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


def test_the_targets_path() -> None:
    assert on_path(ipd()) == [0, 1] and on_path(signalled_stag_hunt()) == [0, 1, 2, 3] and on_path(stag_hunt()) == [0]


# ------------------------------------------------------------------------------------------------- without the extra


def test_without_jax_the_claims_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from numerics.evidence import c17_neural
    from numerics.evidence.model import Run
    from theory.claims import Verdict

    monkeypatch.setattr(neural, "available", lambda: False)
    for check in c17_neural._needing_jax(c17_neural.CHECKS).values():
        found = check(Run("quick", 0))
        assert found.verdict is Verdict.UNDECIDED
        assert found.reason == "not-run: neural policies need JAX: pip install 'basin-entry[neural]'"
