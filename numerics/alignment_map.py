"""Where the correction points to the cooperative set of the memory-one game, in numbers.

At a policy x, probabilities of the first action, with F = v or C (expanded form, α = 1) and W = ½ dist² to the
cooperative set in x = (p_∅, p_CC, q_∅, q_CC):

    product = ⟨F, −∇W⟩ = Σ (1 − x_k) F_k,      cosine = product / (‖F‖ ‖∇W‖), norms over all ten probabilities.

In direct coordinates F is v and C themselves. In logit coordinates it is the velocity of the probabilities, J v_φ and
J C_φ with J = diag p(1 − p). Both are undefined on the set and where F vanishes; such policies are left out.

* :func:`sampled_map`: policies uniform among those of a distance band; independent draws, so Wilson's interval for the
  share that is aligned and a bootstrap interval for the mean cosine.
* :func:`trajectory_table`: policies visited by learning runs. Visits of one run depend on each other, so whole runs are
  resampled (percentile bootstrap; a run without visits in a band does not enter that band).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from numerics import policies
from numerics.compile import Array, Compiled, compile_program, game_values
from numerics.dynamics import BLOCK
from numerics.experiments import Experiment
from numerics.kernels import trajectories
from numerics.starts import draw
from numerics.statistics import Interval, wilson
from theory.decomposition import decompose
from theory.games import Game, finite
from theory.ipd_alignment import STATES, TARGET
from theory.policies import Coordinates
from theory.symbols import alpha

FIELDS = ("v", "C")
# Distances to the cooperative set run from 0 to 2.
BANDS: tuple[tuple[float, float], ...] = (
    (0, 0.05),
    (0.05, 0.1),
    (0.1, 0.25),
    (0.25, 0.5),
    (0.5, 1),
    (1, 1.5),
    (1.5, 2),
)
EVERY = 10  # outer steps between two visits of a run
RESAMPLES = 2000
LEAST_RUNS = 30  # a band with fewer runs gets no interval
ROWS = [len(STATES) * player + k for player in range(2) for k in TARGET]
_PURPOSE_MAP, _PURPOSE_BOOTSTRAP = 71, 72


# ------------------------------------------------------------------------------------------------------- products


@dataclass(frozen=True)
class Products:
    """Inner products at a batch of policies, every array of shape (batch,); NaN where undefined.

    Attributes:
        distance: to the cooperative set.
        product: ⟨F, −∇W⟩ by name of the field F.
        cosine: the same over the norms.
        ordered: whether all four entries of F in the target's coordinates are ≥ 0, by name of the field.
    """

    distance: Array
    product: dict[str, Array]
    cosine: dict[str, Array]
    ordered: dict[str, NDArray[np.bool_]]


@lru_cache(maxsize=16)
def _terms(game: Game, policy: Coordinates) -> Compiled:
    program = decompose(game, policy, 1, "expanded").program
    first = program.inputs.index(alpha)
    groups = {"parameters": program.inputs[:first], "inner_lr": (alpha,), "game": program.inputs[first + 1 :]}
    return compile_program(program, groups)


def fields(game: Game, policy: Coordinates, phi: Array) -> dict[str, Array]:
    """``v`` and ``C`` as velocities of the probabilities, each of shape (10, batch).

    Args:
        game: a memory-one game of two players with two actions each.
        policy: coordinates of φ and of the fields.
        phi: parameters, shape (10, batch).
    """
    found: dict[str, list[Array]] = {name: [] for name in FIELDS}
    for first in range(0, phi.shape[1], BLOCK):
        here = phi[:, first : first + BLOCK]
        blocks = _terms(game, policy)(parameters=here, inner_lr=np.ones((1, 1)), game=game_values(game)[:, None])
        for name, block in zip(FIELDS, ("current", "peer"), strict=True):
            joint = np.concatenate([blocks[f"{block}_1"], blocks[f"{block}_2"]])
            found[name].append(joint * expit(here) * expit(-here) if policy == "logit" else joint)
    return {name: np.concatenate(parts, axis=1) for name, parts in found.items()}


def products(game: Game, policy: Coordinates, phi: Array) -> Products:
    """Inner products with the direction to the cooperative set at a batch of parameters, shape (10, batch)."""
    downhill = expit(-phi[ROWS]) if policy == "logit" else 1 - phi[ROWS]  # −∇W; expit keeps small distances exact
    distance = np.linalg.norm(downhill, axis=0)
    product, cosine, ordered = {}, {}, {}
    for name, field in fields(game, policy, phi).items():
        product[name] = (downhill * field[ROWS]).sum(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            cosine[name] = product[name] / (distance * np.linalg.norm(field, axis=0))
        ordered[name] = np.asarray((field[ROWS] >= 0).all(0))
    return Products(distance, product, cosine, ordered)


# ----------------------------------------------------------------------------------------------------- statistics


def clustered_means(sums: Array, counts: Array, seed: int, confidence: float = 0.95) -> list[tuple[float, Interval]]:
    """Means over all visits, Σ sums / Σ counts, with percentile bootstrap intervals that resample clusters.

    Args:
        sums: total of each quantity in each cluster, shape (quantities, clusters).
        counts: visits of each cluster, all positive, shape (clusters,).
        seed: seed of the resampling.
        confidence: inside (0, 1).

    Source: Efron and Tibshirani (1993), ch. 13; clusters as sampling units as in Davison and Hinkley (1997), §3.8.
    """
    stream = np.random.SeedSequence(seed, spawn_key=(_PURPOSE_BOOTSTRAP,))
    generator = np.random.Generator(np.random.Philox(stream))
    clusters = len(counts)
    resampled = np.empty((RESAMPLES, len(sums)))
    for k in range(RESAMPLES):
        weights = np.bincount(generator.integers(clusters, size=clusters), minlength=clusters)
        resampled[k] = (sums @ weights) / (counts @ weights)
    ends = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    means = sums.sum(1) / counts.sum()
    return [(float(mean), (float(low), float(high))) for mean, low, high in zip(means, *ends, strict=True)]


# ------------------------------------------------------------------------------------------------------------ map


def band_policies(game: Game, band: tuple[float, float], count: int, seed: int) -> Array:
    """Policies uniform among those whose distance to the cooperative set lies in a band, shape (10, count).

    The other six probabilities are uniform on [0, 1].

    Args:
        game: a memory-one game of two players with two actions each.
        band: least and largest distance, inside [0, 2].
        count: number of policies.
        seed: seed of the draws.
    """
    stream = np.random.SeedSequence(seed, spawn_key=(_PURPOSE_MAP, round(1000 * band[0]), round(1000 * band[1])))
    generator = np.random.Generator(np.random.Philox(stream))
    kept: list[Array] = []
    while sum(entry.shape[1] for entry in kept) < count:
        # Uniform in the shell of the 4-dimensional ball: density of the radius r is proportional to r³.
        direction = abs(generator.standard_normal((len(ROWS), count)))
        radius = generator.uniform(band[0] ** 4, band[1] ** 4, count) ** 0.25
        offset = radius * direction / np.linalg.norm(direction, axis=0)
        if band[0] >= 1.5:  # most of the shell lies outside the box: draw in the box instead
            offset = generator.uniform(0, 1, (len(ROWS), count))
            inside = (np.linalg.norm(offset, axis=0) >= band[0]) & (np.linalg.norm(offset, axis=0) < band[1])
        else:
            inside = (offset <= 1).all(0)
        kept.append(offset[:, inside])
    phi = generator.uniform(0, 1, (len(policies.names(game, "direct")), count))
    phi[ROWS] = 1 - np.concatenate(kept, axis=1)[:, :count]
    return phi


def sampled_map(
    game: Game, count: int, seed: int, bands: Sequence[tuple[float, float]] = BANDS
) -> list[dict[str, Any]]:
    """Share of policies at which v and C point to the cooperative set, and mean cosines, by distance band, direct.

    Args:
        game: a memory-one game of two players with two actions each.
        count: policies in each band.
        seed: seed of the draws.
        bands: distance bands.
    """
    rows = []
    for band in bands:
        found = products(game, "direct", band_policies(game, band, count, seed))
        row: dict[str, Any] = {"band": list(band), "n": count}
        for name in FIELDS:
            cosine = found.cosine[name]
            defined = np.isfinite(cosine)
            positive = int((found.product[name] > 0).sum())
            ((mean, interval),) = clustered_means(cosine[None, defined], np.ones(int(defined.sum())), seed)
            row[name] = {
                "aligned": positive / count,
                "aligned_interval": list(wilson(positive, count)),
                "ordered": float(found.ordered[name].mean()),
                "mean_cosine": mean,
                "interval": list(interval),
            }
        rows.append(row)
    return rows


# --------------------------------------------------------------------------------------------------- trajectories


def trajectory_table(
    experiment: Experiment,
    method: str,
    coordinates: Coordinates = "direct",
    confidence: float = 0.95,
    bands: Sequence[tuple[float, float]] = BANDS,
) -> list[dict[str, Any]]:
    """Mean cosines of v and C with the direction to the cooperative set along learning runs, by distance band.

    Policies are visited every :data:`EVERY` steps from step 0 on.

    Args:
        experiment: runs of a memory-one game of two players with two actions each, in logit coordinates; its seed is
            also that of the resampling.
        method: learning rule.
        coordinates: those of the fields.
        confidence: of every interval.
        bands: distance bands.
    """
    game = finite(experiment.game, "trajectory_table")
    count, seed = experiment.count, experiment.seed
    visits: dict[str, Array] = {
        name: np.full((experiment.steps // EVERY + 1, count), np.nan) for name in ("distance", *FIELDS)
    }
    frames = trajectories(experiment.learning(method), draw(experiment), experiment.steps, every=EVERY).frames
    assert frames is not None
    with np.errstate(all="ignore"):  # what is not finite is no visit
        for number, phi in enumerate(frames):
            found = products(game, coordinates, phi if coordinates == "logit" else expit(phi))
            # The distance keeps its digits only in log-odds.
            visits["distance"][number] = np.linalg.norm(expit(-phi[ROWS]), axis=0)
            for name in FIELDS:
                visits[name][number] = found.cosine[name]
    rows = []
    for low, high in bands:
        row: dict[str, Any] = {"method": method, "band": [low, high]}
        inside = (visits["distance"] >= low) & (visits["distance"] < high)
        for name in FIELDS:
            inside &= np.isfinite(visits[name])
        counts = inside.sum(0)
        entered = counts > 0
        row |= {"visits": int(counts.sum()), "n": int(entered.sum())}
        if row["n"] >= LEAST_RUNS:
            sums = [(np.where(inside, visits[name], 0).sum(0), (inside & (visits[name] > 0)).sum(0)) for name in FIELDS]
            totals = np.array([entry[entered] for pair in sums for entry in pair], dtype=float)
            pairs = clustered_means(totals, counts[entered].astype(float), seed, confidence)
            for name, (cosine, positive) in zip(FIELDS, (pairs[:2], pairs[2:]), strict=True):
                row[name] = {
                    "mean_cosine": cosine[0],
                    "interval": list(cosine[1]),
                    "aligned": positive[0],
                    "aligned_interval": list(positive[1]),
                }
        rows.append(row)
    return rows
