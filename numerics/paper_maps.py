"""Published shares and AUCs of grids of starts beside maps of ours.

The share of a grid, or an AUC on it, varies from map to map by the draws alone. From m maps of our own, AGREES if the
published value, widened by half a printed digit or half a cell, whichever is more, lies inside Student's 95% prediction
interval for one further map. The interval shown is that of the expected value; the difference is ours less one further
map. Holm's adjusted p-value over the family is shown beside it and decides nothing. Every cell has draws of its own
here, so the variance of a share is the sum of those of its cells, each estimated from m labels, with Satterthwaite's
degrees of freedom; that of an AUC is estimated from the m AUCs. Published maps whose cells share their draws would vary
more.

NOT COMPARABLE: maps so few that their spread has fewer than :data:`FEWEST` degrees of freedom; a run that is not finite
on a grid; a published value that differs from maps of ours that are all alike, as their spread is not known.

Source: F. E. Satterthwaite, Biometrics Bull. 2 (1946) 110-114.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import expit, logit
from scipy.stats import mannwhitneyu
from scipy.stats import t as student

from numerics.alignment_map import fields
from numerics.basins import Labels, parse_success
from numerics.chunks import label
from numerics.compile import Array
from numerics.kernels import trajectories
from numerics.paper_settings import Published, Setting
from numerics.reproduction import Row, Verdict
from numerics.starts import draw

FEWEST = 9  # degrees of freedom of a spread that still compares: ten maps, where it is estimated from them alone


def spread_of_shares(success: Labels) -> tuple[float, float]:
    """(standard deviation, degrees of freedom) of the share of one map whose cells have independent draws.

    Args:
        success: labels of at least two maps, shape (maps, cells).

    Source: Satterthwaite (1946), with the sample variances of the cells.
    """
    variances = success.var(axis=0, ddof=1)
    total = float(variances.sum())
    freedom = (len(success) - 1) * total**2 / float((variances**2).sum()) if total else math.nan
    return math.sqrt(total) / success.shape[1], freedom


def spread_of_numbers(sample: Array) -> tuple[float, float]:
    """(standard deviation, degrees of freedom) of a number of one map, from at least two, shape (maps,)."""
    return float(sample.std(ddof=1)), sample.size - 1.0


def compare_map(
    number: Published, setting: str, rule: str, sample: Array, spread: tuple[float, float], score: str | None = None
) -> Row:
    """A published number of one map beside those of at least two maps of our own, shape (maps,).

    Args:
        number: what was published.
        setting, rule, score: of the row.
        sample: ours.
        spread: standard deviation of one map, with its degrees of freedom.
    """
    assert number.value is not None
    (deviation, freedom), mean, maps = spread, float(sample.mean()), sample.size
    slack = max(0.5 * 10.0**-number.decimals, 0.0 if number.cells is None else 0.5 / number.cells)
    beyond = max(0.0, abs(mean - number.value) - slack)
    row = Row(number, "AGREES", "all maps are alike", setting, rule, score, mean, (mean, mean), maps)
    if deviation == 0:
        return replace(row, verdict="NOT COMPARABLE") if beyond else row
    quantile = float(student.ppf(0.975, freedom))
    of_mean, of_further = deviation / math.sqrt(maps), deviation * math.sqrt(1 + 1 / maps)
    half = quantile * of_further
    inside = beyond <= half
    verdict: Verdict = "AGREES" if inside else "DISAGREES"
    return replace(
        row,
        verdict=verdict if freedom >= FEWEST else "NOT COMPARABLE",
        reason=("" if freedom >= FEWEST else "too few maps: ")
        + f"standard deviation from map to map {deviation:.4f}; a further map lies in [{mean - half:.4f}, "
        f"{mean + half:.4f}] (95%), which {'holds' if inside else 'leaves out'} {number.value:g} +- {slack:.4f}",
        interval=(mean - quantile * of_mean, mean + quantile * of_mean),
        difference=(mean - number.value - half, mean - number.value + half),
        p_value=2 * float(student.sf(beyond / of_further, freedom)),
    )


def compare_grid(number: Published, setting: Setting, rule: str, success: Labels, undecided: Labels) -> Row:
    """A published share of a grid beside the maps of one arm, labels of shape (maps, cells)."""
    assert number.value is not None and number.cells is not None
    if undecided.any():
        reason = f"{int(undecided.sum())} runs are not finite"
        return Row(number, "NOT COMPARABLE", reason, setting.name, rule, n=len(success), undecided=int(undecided.sum()))
    shares = success.mean(1)
    if not setting.reference:
        return compare_map(number, setting.name, rule, shares, spread_of_shares(success))
    return reference(number, setting, rule, float(shares[0]))


def reference(number: Published, setting: Setting, rule: str, ours: float, score: str | None = None) -> Row:
    """A published number beside that of one map with exact gradients, which decides nothing."""
    reason = "reference: exact gradients, deterministic; published runs are sampled"
    apart = ours - (number.value or 0.0)
    return Row(number, "NOT COMPARABLE", reason, setting.name, rule, score, ours, None, 1, difference=(apart, apart))


# ---------------------------------------------------------------------------------------- alignment as a predictor


def alignment_scores(setting: Setting) -> dict[str, Array]:
    """Readings of "local alignment" at every cell of a grid of starts, each of shape (cells,).

    C is the peer-learning correction, as velocities of the probabilities x unless said otherwise; x* is the target, all
    probabilities 1. Its direction in log-odds is (1, 1), since the target is at infinity.
    """
    phi = draw(setting.experiment("pg", 1, 0))
    velocity = fields(setting.game(), "logit", phi)["C"]
    away = expit(-phi)
    product = (away * velocity).sum(0)
    length = np.linalg.norm(away, axis=0)
    return {
        "<C, x* - x>": product,
        "<C, x* - x> / |x* - x|": product / length,
        "cosine of C and x* - x": product / (length * np.linalg.norm(velocity, axis=0)),
        "C_1 + C_2 in log-odds": (velocity / (expit(phi) * away)).sum(0),
    }


def boundary_distance(setting: Setting, lines: int = 2001, halvings: int = 40) -> Array:
    """Distance in probabilities from every cell of a grid to the boundary of policy gradient's basin, shape (cells,).

    The basin is that of the published run with exact gradients; it holds with (p, q) every larger (p, q), as learning
    is cooperative. So its boundary is found by bisection in q on lines of constant p, and by symmetry in p.
    """
    experiment = setting.experiment("pg", 1, 0)
    learning = experiment.learning("pg")

    def reached(p: Array, q: Array) -> NDArray[np.bool_]:
        ends = trajectories(learning, logit(np.stack([p, q])), experiment.steps).ends
        return label(parse_success(experiment.success), learning, ends)[0]

    p = np.linspace(0, 1, lines + 2)[1:-1]
    low, high = np.full(p.size, 1e-9), np.full(p.size, 1 - 1e-9)
    crossed = reached(p, high) & ~reached(p, low)
    for _ in range(halvings):
        middle = (low + high) / 2
        above = reached(p, middle)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    curve = np.stack([p[crossed], high[crossed]], axis=1)
    cells = expit(draw(experiment)).T
    distance: Array = KDTree(np.concatenate([curve, curve[:, ::-1]])).query(cells)[0]
    return distance


def auc(score: Array, positive: Labels) -> float:
    """The probability that a positive cell has the higher score than a negative one, ties counted half."""
    if positive.all() or not positive.any():
        return math.nan
    statistic = float(mannwhitneyu(score[positive], score[~positive]).statistic)
    return statistic / (int(positive.sum()) * int((~positive).sum()))


def predictions(
    numbers: Sequence[Published], setting: Setting, arms: Mapping[str, tuple[str, Labels, Labels]]
) -> Iterator[Row]:
    """AUCs of alignment for the cells gained by Meta-MAPG over policy gradient.

    Args:
        numbers: published AUCs.
        setting: of the grid.
        arms: (learning rule, success, undecided) by arm, arrays of shape (maps, cells).
    """
    (_, kept, _), (rule, found, _) = arms["PG"], arms["Meta-MAPG"]
    distance = boundary_distance(replace(setting, changes=_exact(setting.changes)))
    everywhere = np.ones_like(kept)
    for number in numbers:
        for name, score in alignment_scores(setting).items():
            values = score / distance if number.arm == "alignment / margin" else score
            for where, among in (("all cells", everywhere), ("cells that PG loses", ~kept)):
                sample = np.array(
                    [auc(values[among[k]], (found & ~kept)[k][among[k]]) for k in range(len(kept))], dtype=float
                )
                words = f"{name}; {where}"
                if np.isnan(sample).any():
                    yield Row(number, "NOT COMPARABLE", "a map has no gained cell", setting.name, rule, words)
                elif setting.reference:
                    yield reference(number, setting, rule, float(sample[0]), words)
                else:
                    yield compare_map(number, setting.name, rule, sample, spread_of_numbers(sample), words)


def _exact(changes: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in changes if name not in ("gradient", "batch"))
