"""Steps of exact Meta-MAPG by JAX's reverse mode through the unroll: the baseline of ``test_autodiff_speed``.

Imports nothing of the project and uses no derivative formula: φⁱ ← keep(φⁱ + η d/dφⁱ Vⁱ(φ + α v(φ))), v = (∇_i Vⁱ)_i,
with ``jax.grad`` for both derivatives. JAX gets what was fastest for it: double precision arrays with the batch as last
axis (``vmap``), 4×4 systems eliminated on small arrays (scalars written out compile for a minute and run ten times
slower; batched LAPACK calls were seen to hang under ``jit``), and all steps inside one compiled loop.

Run as ``python autodiff_steps.py IN.npz OUT.npz``. The input holds arrays under ``CASE/`` for every case, named
``GAME-COORDINATES`` or ``GAME-COORDINATES@ANYTHING`` with GAME ``ipd`` or ``stag-hunt``:

============  ==================================================================================================
``start``     φ₀, shape (parameters, starts)
``payoffs``   R, S, T, P and, for ``ipd``, γ
``settings``  α, η
``steps``     number of steps
``repeats``   number of times that these steps are timed
============  ==================================================================================================

Written for every case: ``end``, the parameters after the steps, and ``seconds`` of the fastest repeat (compilation
aside).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

LARGEST_BATCH = 1000
Values = Callable[[jax.Array, jax.Array], jax.Array]


def probabilities(block: jax.Array, coordinates: str) -> jax.Array:
    return block if coordinates == "direct" else 1 / (1 + jnp.exp(-block))


def joint(p: jax.Array, q: jax.Array) -> jax.Array:
    """Probabilities of CC, CD, DC, DD, along a new last axis."""
    return jnp.stack([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)], axis=-1)


def paid(payoffs: jax.Array) -> jax.Array:
    """Both players' payoffs after CC, CD, DC, DD, shape (4, 2)."""
    r, s, t, p = payoffs[:4]
    return jnp.stack([jnp.stack([r, s, t, p]), jnp.stack([r, t, s, p])], axis=1)


def solve(table: jax.Array) -> jax.Array:
    """M⁻¹B from [M B] by Gauss-Jordan elimination; rows that dominate their diagonals need no pivoting."""
    for _ in range(len(table)):
        row = table[:1] / table[0, 0]
        table = jnp.concatenate([table[1:] - table[1:, :1] * row, row])[:, 1:]
    return table


def values_of(game: str, coordinates: str, payoffs: jax.Array) -> Values:
    """(φ¹, φ²) → (V¹, V²)."""

    def stag_hunt(first: jax.Array, second: jax.Array) -> jax.Array:
        weights = joint(probabilities(first, coordinates)[0], probabilities(second, coordinates)[0])
        return weights @ paid(payoffs)

    def ipd(first: jax.Array, second: jax.Array) -> jax.Array:
        weights, discount = joint(probabilities(first, coordinates), probabilities(second, coordinates)), payoffs[4]
        stage = paid(payoffs)
        matrix = jnp.eye(4) - discount * weights[1:]
        later = solve(jnp.concatenate([matrix, weights[1:] @ stage], axis=1))
        return weights[0] @ (stage + discount * later)

    return {"stag-hunt": stag_hunt, "ipd": ipd}[game]


def update(values: Values, alpha: jax.Array, first: jax.Array, second: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(d/dφ¹ V¹(φ + α v(φ)), d/dφ² V²(φ + α v(φ)))."""

    def after(a: jax.Array, b: jax.Array) -> jax.Array:
        slope_1 = jax.grad(lambda x: values(x, b)[0])(a)
        slope_2 = jax.grad(lambda y: values(a, y)[1])(b)
        return values(a + alpha * slope_1, b + alpha * slope_2)

    return jax.grad(lambda x: after(x, second)[0])(first), jax.grad(lambda y: after(first, y)[1])(second)


@lru_cache
def runner(game: str, coordinates: str) -> Callable[..., jax.Array]:
    """A compiled function of φ (parameters, batch), payoffs, (α, η) and the number of steps: φ after them."""

    def run(start: jax.Array, payoffs: jax.Array, settings: jax.Array, steps: int) -> jax.Array:
        values, (alpha, eta) = values_of(game, coordinates, payoffs), settings
        half = len(start) // 2
        both = jax.vmap(lambda a, b: update(values, alpha, a, b), in_axes=1, out_axes=1)

        def step(_: int, phi: jax.Array) -> jax.Array:
            moved = phi + eta * jnp.concatenate(both(phi[:half], phi[half:]))
            return jnp.clip(moved, 0, 1) if coordinates == "direct" else moved

        return jax.lax.fori_loop(0, steps, step, start)

    return jax.jit(run)


def main(source: str, target: str) -> None:
    """Read the cases, run and time them."""
    jax.config.update("jax_enable_x64", True)
    results: dict[str, object] = {"loaded": np.array(sorted({module.split(".")[0] for module in sys.modules}))}
    with np.load(source) as stored:
        cases = sorted({key.split("/")[0] for key in stored.files})
        for case in cases:
            start, payoffs, settings, steps, repeats = (
                stored[f"{case}/{name}"] for name in ("start", "payoffs", "settings", "steps", "repeats")
            )
            if start.shape[1] > LARGEST_BATCH:
                raise ValueError(f"{case} has {start.shape[1]} starts; at most {LARGEST_BATCH} at a time")
            game, coordinates = case.split("@")[0].rsplit("-", 1)
            run = runner(game, coordinates)
            arguments = jnp.asarray(start), jnp.asarray(payoffs), jnp.asarray(settings), int(steps)
            end = run(*arguments).block_until_ready()  # compiles
            seconds = []
            for _ in range(int(repeats)):
                begin = perf_counter()
                run(*arguments).block_until_ready()
                seconds.append(perf_counter() - begin)
            results |= {f"{case}/end": np.asarray(end), f"{case}/seconds": min(seconds, default=np.nan)}
    np.savez(target, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
