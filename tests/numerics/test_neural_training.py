"""numerics.neural against its definitions: layers, draws, chunks, welfare, alignment, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawn_game import drawn_game
from numpy.testing import assert_allclose, assert_array_equal

from theory.errors import BadInput
from theory.games import grid_stag_hunt, ipd, signalled_stag_hunt, stag_hunt

jax = pytest.importorskip("jax")

import jax.numpy as jnp  # noqa: E402

from numerics.basins import mean_values  # noqa: E402
from numerics.dynamics import Schedule  # noqa: E402
from numerics.neural import training as training_module  # noqa: E402
from numerics.neural.alignment import _settled as promised  # noqa: E402
from numerics.neural.alignment import alignment, distance_function  # noqa: E402
from numerics.neural.experiments import arms, published_training, starts  # noqa: E402
from numerics.neural.network import Networks  # noqa: E402
from numerics.neural.sampled import Batch, surrogate  # noqa: E402
from numerics.neural.tangent_kernels import jacobian  # noqa: E402
from numerics.neural.training import Arm, Training, train  # noqa: E402
from numerics.neural.updates import Inner, terms  # noqa: E402
from numerics.neural.values import value_function  # noqa: E402

SCHEDULE = Schedule(0.9, 0.24, 10.0)
ARMS = (Arm("pg", 0.0, 0.0), Arm("meta", 0.35, 1.5))


def small(**changes: Any) -> Training:
    """Stag Hunt with tables as networks, sampled."""
    return replace(Training(stag_hunt(), ARMS, Inner((0.55, 0.55)), SCHEDULE, 8.0, 80, (), Batch(16, 1)), **changes)


def test_layers_by_hand() -> None:
    """x = (1, context); two hidden layers of tanh, 3 and 2 units, and a linear output."""
    networks = Networks.of(signalled_stag_hunt(), (3, 2))
    theta = networks.draw(1, 1)[0][0]
    x = np.array([[1, 0], [1, 1 / 3], [1, 2 / 3], [1, 1]])
    first = np.tanh(x @ theta[:6].reshape(2, 3) + theta[6:9])
    second = np.tanh(first @ theta[9:15].reshape(3, 2) + theta[15:17])
    wanted = second @ theta[17:19, None] + theta[19]
    assert_allclose(networks.logits(0, jnp.asarray(theta)), wanted, rtol=1e-12)


@pytest.mark.thorough
def test_the_surrogates_gradient_is_right_on_average_where_nature_moves_too() -> None:
    """200 batches of 500: within five standard errors of the exact derivative, for every player and log-odds."""
    game = drawn_game(2)
    networks = Networks.of(game, ())
    theta = [jnp.asarray(3 * block[0]) for block in networks.draw(2, 1)]
    logits = [networks.logits(player, block) for player, block in enumerate(theta)]
    once = jax.jit(lambda key: jax.jacrev(surrogate(game, Batch(500, 2), logits, key))(logits))
    samples = [once(key) for key in jax.random.split(jax.random.key(1), 200)]
    exact = jax.jacrev(value_function(game))(logits)
    for player in range(2):
        rows = np.stack([sample[player] for sample in samples])
        error = rows.std(0, ddof=1) / np.sqrt(len(rows))
        assert (abs(rows.mean(0) - exact[player]) <= 5 * error + 1e-12).all()


def test_chunks_change_nothing_and_kept_steps_are_those_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    training = small()
    begin = Networks.of(training.game, ()).draw(1, 5)
    whole = train(training, begin, 9, keep=40)
    for arm, blocks in train(replace(training, steps=40), begin, 9).theta.items():
        for kept, first, middle, last in zip(whole.visited[arm], begin, blocks, whole.theta[arm], strict=True):
            assert_array_equal(kept, np.stack([first, middle, last]))
    monkeypatch.setattr(training_module, "LARGEST_BATCH", 4)  # two starts of both arms at a time
    parts = train(training, begin, 9, keep=40)
    for arm in whole.ends:
        assert_array_equal(whole.ends[arm], parts.ends[arm])
        assert_array_equal(whole.welfare[arm], parts.welfare[arm])
        for one, two in zip(whole.visited[arm], parts.visited[arm], strict=True):
            assert_array_equal(one, two)


def test_welfare_is_the_sum_of_mean_values() -> None:
    game = grid_stag_hunt()
    training = small(game=game, arms=ARMS[1:], steps=0, hidden=(2,), batch=None)
    trained = train(training, Networks.of(game, (2,)).draw(1, 3), 0)
    mean = mean_values(game, "logit", trained.ends["meta"]).sum(0)
    assert_allclose(trained.welfare["meta"][-1], mean, rtol=1e-10)


def test_what_is_no_number_is_not_repaired_by_clipping() -> None:
    training = small(inner=Inner((1e308, 1e308)), schedule=Schedule(1e10, 0.0, 1.0), steps=20, batch=None)
    trained = train(training, Networks.of(training.game, ()).draw(1, 3), 0)
    assert np.isnan(trained.ends["meta"]).any()
    assert np.isfinite(trained.ends["pg"]).all()
    networks = Networks.of(ipd(), (2,))
    blocks = networks.draw(1, 2)
    blocks[0][1, 0] = np.nan
    found = alignment(ipd(), networks, blocks)
    assert np.isfinite(found.policy[0]) and np.isnan([found.policy[1], found.table[1], found.condition[1]]).all()
    assert not found.promised[1]


# ------------------------------------------------------------------------------------------------------- alignment


@pytest.mark.thorough
def test_alignment_by_its_definition() -> None:
    """From the parameters' correction by automatic differentiation, moved by the Jacobian, and W written out."""
    game = ipd()
    networks = Networks.of(game, (6,))
    begin = [2 * block for block in networks.draw(7, 3)]
    found, distance, values = alignment(game, networks, begin), distance_function(game), value_function(game)

    def value(blocks: Any) -> Any:
        return values([networks.logits(player, block) for player, block in enumerate(blocks)])

    peer_of = jax.jit(lambda theta: terms(value, Inner((1.0, 1.0)), theta)["peer"])
    for k in range(3):
        theta = tuple(jnp.asarray(block[k]) for block in begin)
        logits = [networks.logits(player, block) for player, block in enumerate(theta)]
        chances = [1 / (1 + np.exp(-np.ravel(block)[:2])) for block in logits]
        half_squared = sum(((1 - p) ** 2).sum() for p in chances) / 2
        assert float(distance(logits)) == pytest.approx(half_squared, rel=1e-12)
        rows = [jacobian(networks, player, block) for player, block in enumerate(theta)]
        moved = np.concatenate([row @ np.asarray(entry) for row, entry in zip(rows, peer_of(theta), strict=True)])
        z = np.concatenate([np.pad((1 - p) ** 2 * p, (0, 3)) for p in chances])
        cosine = z @ moved / np.linalg.norm(z) / np.linalg.norm(moved)
        assert found.policy[k] == pytest.approx(cosine, rel=1e-8)
        conditions = [np.linalg.cond(row) ** 2 for row in rows]
        assert found.condition[k] == pytest.approx(max(conditions), rel=1e-6)
        assert abs(found.condition[k] / min(conditions) - 1) > 1e-3
    assert not found.promised.any()  # condition numbers far from 1


@pytest.mark.parametrize(("margin", "wanted"), [(-0.01, True), (0.01, False)])
def test_a_stretching_matrix_turns_more(margin: float, wanted: bool) -> None:
    """M = diag(2, 1), u = (0, 1), eps_j = 9/29: |M||u|/|Mu| = 2, so rho = 18/29."""
    angle = np.pi / 2 - np.arcsin(18 / 29) + margin
    u, z = np.array([[0.0, 1.0]]), np.array([[np.sin(angle), np.cos(angle)]])
    round_kernel, other = np.array([[1.0, 1.0]]), np.array([[1.0, 1.9]])
    assert promised(np.diag([2.0, 1.0])[None], u, z, round_kernel, other)[0] == wanted


def test_a_target_of_the_start_alone_has_no_path() -> None:
    game = grid_stag_hunt()
    networks = Networks.of(game, (2,))
    with pytest.raises(BadInput, match="what to play later on"):
        alignment(game, networks, networks.draw(1, 1))


# --------------------------------------------------------------------------------------------------- what is refused


def begin() -> tuple[Any, ...]:
    return Networks.of(stag_hunt(), ()).draw(1, 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: train(small(arms=()), begin(), 0), "at least one"),
        (lambda: train(small(arms=ARMS + ARMS[:1]), begin(), 0), "different names"),
        (lambda: train(small(steps=-5), begin(), 0), "steps"),
        (lambda: train(small(), begin(), -1), "seed"),
        (lambda: train(small(), begin(), 0, keep=0), "multiple of 20"),
        (lambda: train(small(), begin(), 0, keep=30), "multiple of 20"),
        (lambda: train(small(), tuple(block[:0] for block in begin()), 0), "at least"),
        (lambda: train(small(hidden=(3,)), begin(), 0), "of shapes"),
        (lambda: train(small(), begin()[:1], 0), "of shapes"),
        (lambda: arms(("pg", "lola"), 0.0, 0.0), "no arm 'lola'"),
        (lambda: published_training(ipd(), ("pg",), sampled=True), "finite horizon"),
    ],
)
def test_bad_input_is_one_sentence(call: Callable[[], object], said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        call()
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_one_round_of_a_one_shot_game_may_be_sampled() -> None:
    training = published_training(stag_hunt(), ("pg",), sampled=True)
    assert training.batch == Batch(384, 1) and starts(training, 1, 0)[0].shape[0] == 1
