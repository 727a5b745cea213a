"""numerics.alignment_map and what rests on it: products against exact ones, bands, resampled intervals, the rule."""

import copy
import json

import numpy as np
import pytest
from readable import faults
from scipy.special import logit
from sympy import Rational

from numerics import alignment_map
from numerics.alignment_figures import CELLS, KINDS, alignment_slices, generous, slice_kinds
from numerics.alignment_map import BANDS, FIELDS, ROWS, band_policies, clustered_means, fields, products, sampled_map
from numerics.alignment_map import trajectory_table as table
from numerics.compile import Array
from numerics.evidence import c07_ipd
from numerics.evidence.model import SIZES, Run
from numerics.experiments import Experiment
from numerics.published import published_experiment
from theory.claims import Verdict
from theory.claims.c07_ipd_alignment import CLAIMS, GENEROUS
from theory.games import ipd
from theory.ipd_alignment import cooperation, current_payoffs, fields_at, inner_product
from theory.policies import Coordinates, parameters

GAME = ipd()
SWAPPED = [0, 1, 3, 2, 4]


def both(policies: Array) -> Array:
    return np.concatenate([policies, policies[SWAPPED]])


@pytest.mark.parametrize("coordinates", ["direct", "logit"])
def test_products_equal_exact_ones(coordinates: Coordinates) -> None:
    names = [symbol for row in parameters(GAME, "direct") for symbol in row]
    for seed in range(3):
        x = [Rational(int(k), 20) for k in np.random.default_rng(seed).integers(1, 20, 10)]
        point = dict(zip(names, x, strict=True))
        exact = fields_at(point, current_payoffs(GAME), coordinates)
        phi = np.array([float(entry) for entry in x])[:, None]
        found = products(GAME, coordinates, logit(phi) if coordinates == "logit" else phi)
        distance = np.sqrt(sum(float(1 - x[k]) ** 2 for k in (0, 1, 5, 6)))
        assert found.distance[0] == pytest.approx(distance)
        for name, field in zip(FIELDS, (exact.gradient, exact.correction), strict=True):
            wanted = float(inner_product(point, field))
            assert found.product[name][0] == pytest.approx(wanted, rel=1e-9)
            norm = np.sqrt(sum(float(entry) ** 2 for entry in field))
            assert found.cosine[name][0] == pytest.approx(wanted / norm / distance, rel=1e-9)
            assert found.ordered[name][0] == all(field[k] >= 0 for k in (0, 1, 5, 6))


def test_the_two_coordinate_systems_differ_and_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    phi = np.random.default_rng(0).uniform(0.05, 0.95, (10, 50))
    whole = fields(GAME, "direct", phi)["C"]
    assert not np.allclose(whole, fields(GAME, "logit", logit(phi))["C"])
    monkeypatch.setattr(alignment_map, "BLOCK", 7)
    assert np.array_equal(whole, fields(GAME, "direct", phi)["C"])


def test_on_the_set_the_cosine_is_undefined() -> None:
    found = products(GAME, "direct", both(np.array(cooperation("Grim"), dtype=float)[:, None]))
    assert found.distance[0] == 0 and found.product["C"][0] == 0 and np.isnan(found.cosine["C"][0])


def test_near_grim_every_product_is_positive_and_near_the_generous_equilibrium_none() -> None:
    generator = np.random.default_rng(0)
    for policy, sign in ((cooperation("Grim"), 1), (GENEROUS, -1)):
        centre = both(np.array(policy, dtype=float)[:, None])
        near = np.clip(centre + generator.uniform(-1e-4, 1e-4, (10, 400)), 0, 1)
        near[ROWS] = 1 - generator.uniform(0, 1e-4, (4, 400))
        assert (sign * products(GAME, "direct", near).product["C"] > 0).all()


# --------------------------------------------------------------------------------------------------------- map


@pytest.mark.parametrize("band", BANDS)
def test_policies_of_a_band_lie_in_it(band: tuple[float, float]) -> None:
    phi = band_policies(GAME, band, 500, seed=0)
    assert phi.shape == (10, 500) and (phi >= 0).all() and (phi <= 1).all()
    distance = products(GAME, "direct", phi).distance
    assert (distance >= band[0] - 1e-12).all() and (distance <= band[1] + 1e-12).all()
    assert np.array_equal(phi, band_policies(GAME, band, 500, seed=0))
    assert not np.array_equal(phi, band_policies(GAME, band, 500, seed=1))


def test_policies_of_a_band_are_uniform_there() -> None:
    # Against rejection from the box: same quartiles of the distance, and exchangeable coordinates.
    box = np.random.default_rng(0).uniform(0, 1, (4, 400_000))
    radius = np.linalg.norm(box, axis=0)
    for band in ((0.5, 1), (1, 1.5), (1.5, 2)):
        inside = (radius >= band[0]) & (radius < band[1])
        drawn = 1 - band_policies(GAME, band, 20_000, seed=0)[ROWS]
        quartiles = (0.25, 0.5, 0.75)
        assert np.quantile(np.linalg.norm(drawn, axis=0), quartiles) == pytest.approx(
            np.quantile(radius[inside], quartiles), abs=0.01
        )
        assert drawn.mean(1) == pytest.approx(box[:, inside].mean(1), abs=0.01)


def test_the_correction_points_to_the_set_far_more_often_than_the_gradient() -> None:
    rows = sampled_map(GAME, 400, seed=0)
    assert json.loads(json.dumps(rows)) == rows and [tuple(row["band"]) for row in rows] == list(BANDS)
    for row in rows:
        assert row["C"]["aligned_interval"][0] > row["v"]["aligned_interval"][1]
        assert row["C"]["interval"][0] > 0
    assert all(row["C"]["aligned"] < 1 for row in rows[:4])


# ------------------------------------------------------------------------------------------------- trajectories


def test_clustered_mean_by_hand_and_wider_than_independent_visits() -> None:
    ((mean, interval),) = clustered_means(np.array([[3.0, 3.0, 3.0]]), np.array([3.0, 3.0, 3.0]), seed=0)
    assert mean == 1 and interval == (1, 1)
    ((mean, _),) = clustered_means(np.array([[4.0, 0.0]]), np.array([1.0, 3.0]), seed=0)
    assert mean == 1
    generator = np.random.default_rng(0)
    level = generator.standard_normal(100)
    visits = level[:, None] + 0.1 * generator.standard_normal((100, 20))
    ((_, (low, high)),) = clustered_means(visits.sum(1)[None], np.full(100, 20.0), seed=0)
    ((_, (naive_low, naive_high)),) = clustered_means(visits.reshape(1, -1), np.ones(2000), seed=0)
    assert high - low > 3 * (naive_high - naive_low)
    # One run per cluster: the normal interval of a mean.
    ((_, (low, high)),) = clustered_means(level[None], np.ones(100), seed=0)
    assert high - low == pytest.approx(2 * 1.96 * level.std() / 10, rel=0.1)


def runs(seed: int) -> Experiment:
    return published_experiment(GAME, ("meta",), 64, seed)


def test_table_counts_every_visit_once_and_is_reproducible() -> None:
    rows = table(runs(3), "meta")
    assert sum(row["visits"] for row in rows) == 64 * (260 // alignment_map.EVERY + 1)
    assert all(row["n"] <= min(64, row["visits"]) for row in rows)
    assert all(("C" in row) == (row["n"] >= alignment_map.LEAST_RUNS) for row in rows)
    assert rows == table(runs(3), "meta") != table(runs(4), "meta")
    wider = table(runs(3), "meta", confidence=0.999)
    for row, other in zip(rows, wider, strict=True):
        if "C" in row:
            assert other["C"]["interval"][0] <= row["C"]["interval"][0] <= row["C"]["mean_cosine"]


def test_rule() -> None:
    def row(low: float, high: float) -> dict[str, object]:
        return {"C": {"interval": [low, high]}}

    assert c07_ipd.verdict([row(0.1, 0.2), {}]) is Verdict.SUPPORTED
    assert c07_ipd.verdict([row(0.1, 0.2), row(-0.2, -0.1)]) is Verdict.REFUTED
    assert c07_ipd.verdict([row(0.1, 0.2), row(-0.1, 0.1)]) is Verdict.UNDECIDED
    assert c07_ipd.verdict([{}]) is Verdict.UNDECIDED


def test_checks_tell_the_coordinates_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES["quick"], "C7.trajectories", 300)  # type: ignore[index]
    monkeypatch.setattr(c07_ipd, "MAP_SIZE", 200)
    found = {name: check(Run("quick", 0)) for name, check in c07_ipd.CHECKS.items()}
    assert {claim.id for claim in CLAIMS if claim.check is None and not claim.requires} == set(found)
    assert found["C7.trajectories-logit"].verdict is Verdict.REFUTED
    assert found["C7.trajectories"].verdict is Verdict.SUPPORTED
    for finding in found.values():
        json.dumps([entry.content for entry in finding.evidence])
    # A correction with the opposite sign would be refuted.
    rows = copy.deepcopy(found["C7.trajectories"].evidence[1].content["trajectories"])
    for row in rows:
        if "C" in row:
            row["C"]["interval"] = [-end for end in reversed(row["C"]["interval"])]
    assert c07_ipd.verdict(rows) is Verdict.REFUTED


# ------------------------------------------------------------------------------------------------------- figure


def test_figure_shows_the_counterexample_inside_its_region() -> None:
    x, y = np.array([[0.999]]), np.array([[float(GENEROUS[2])]])
    assert list(KINDS)[int(slice_kinds(GAME, "direct", generous, x, y)[0, 0])] == "only v"
    assert list(KINDS)[int(slice_kinds(GAME, "direct", generous, x, np.array([[0.05]]))[0, 0])].startswith("both")
    figure = alignment_slices(GAME)
    assert not faults(figure)
    assert len(figure.axes) == 4 and figure.axes[0].images[0].get_array().shape == (CELLS, CELLS)
