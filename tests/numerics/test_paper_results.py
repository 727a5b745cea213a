"""numerics.paper_settings and paper_results with its parts: settings, laws of restarts, maps, verdicts; controls."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binom, binomtest, fisher_exact

from numerics import paper_restarts, paper_results
from numerics.basins import parse_success
from numerics.chunks import label
from numerics.kernels import trajectories
from numerics.paper_comparison import LEVEL, by_holm, compare_share
from numerics.paper_maps import (
    FEWEST,
    alignment_scores,
    auc,
    boundary_distance,
    compare_map,
    spread_of_numbers,
    spread_of_shares,
)
from numerics.paper_restarts import chain_law, chain_mean, compare_restart_success, compare_restarts, mean_p_value
from numerics.paper_results import by_reading, noise_traces, reproduction, scatter
from numerics.paper_settings import (
    ARMS,
    CHAINS,
    GAMES,
    PUBLISHED,
    SETTINGS,
    VARIANCE_BATCHES,
    Chains,
    Published,
    Setting,
)
from numerics.peer_results import reproduction as peer_reproduction
from numerics.reproduction import Row, attainable
from numerics.sampled import sampled_run
from numerics.starts import draw
from numerics.statistics import Share, share
from theory.games import stag_hunt

COUNT, MAPS = 1000, 3
RUNS_12, ONLY_12, FAILED = CHAINS[0], CHAINS[1], CHAINS[4]


def numbers(game: str, quantity: str) -> list[Published]:
    return [number for number in PUBLISHED if (number.game, number.quantity) == (game, quantity)]


def counted(successes: int, total: int, undecided: int = 0) -> Share:
    success, unknown = np.zeros(total, dtype=bool), np.zeros(total, dtype=bool)
    success[:successes], unknown[successes : successes + undecided] = True, True
    return share(success, unknown)


def table(shares: Mapping[str, Share], game: str = "stag-hunt", moved: float = 0.0) -> list[Row]:
    """The published success shares of a game, moved, beside given ones."""
    return by_holm(
        [
            compare_share(replace(number, value=(number.value or 0.0) + moved), "synthetic", "", shares[number.arm])
            for number in numbers(game, "success")
        ]
    )


# --------------------------------------------------------------------------------------------------------- settings


def test_settings_are_the_papers() -> None:
    by_name = {(setting.game().name, setting.design, setting.name, setting.arms): setting for setting in SETTINGS}
    main = by_name["ipd-finite", "main", "sampled, batch 384", ARMS].experiment("meta", 7, 3)
    assert (main.gradient, main.batch, main.batches, main.form, main.steps) == (
        "sampled",
        384,
        "shared",
        "expanded",
        260,
    )
    assert (main.init, main.count, main.seed, main.success) == ("normal:1.35", 7, 3, "initial-cooperation:0.82")
    restart = by_name["stag-hunt", "restarts", "sampled, batch 384", ARMS].experiment("pg", 7, 3)
    assert (restart.init, restart.steps) == ("uniform:-3:3", 120)
    assert {(s.design, s.experiment("meta", 1, 0).batch) for s in SETTINGS if s.on_grid and not s.reference} == {
        ("grid 51", 192),
        ("grid 51", 384),
        ("grid 11", 192),
        ("grid 11", 384),
    }
    assert all(s.experiment("pg", 1, 0).steps == 140 for s in SETTINGS if s.on_grid)
    annealed = [s.experiment("meta", 1, 0) for s in SETTINGS if s.design == "annealing"]
    assert {(e.batch, e.anneal) for e in annealed} == {(256, "none"), (256, "two-phase:100:0.7:30")}
    assert all((e.gradient == "exact") == s.reference for s in SETTINGS for e in [s.experiment("pg", 1, 0)])


def test_every_number_is_run_or_says_why_not() -> None:
    arms = {(setting.game().name, setting.design, arm) for setting in SETTINGS for arm, _ in setting.arms}
    for number in PUBLISHED:
        computed = number.quantity in ("noise variance", "alignment AUC")
        assert computed or bool(number.not_run) != ((number.game, number.design, number.arm) in arms), number
        assert number.known


def test_printed_shares_are_shares_of_their_runs() -> None:
    for number in PUBLISHED:
        units = number.cells or number.runs
        if number.quantity in ("success", "annealed success", "restart success", "basin share") and units:
            assert number.value is not None
            assert attainable(number.value, number.decimals, units), number
    assert not attainable(0.3125, 4, 100)  # control: 31.25% is of 80 runs, not of 100
    assert not attainable(0.300, 3, 121)


# --------------------------------------------------------------------------------------------------- shares of runs


def test_shares_as_published_agree_and_swapped_or_moved_ones_do_not() -> None:
    same = {number.arm: counted(round(1000 * (number.value or 0)), 1000) for number in numbers("ipd-finite", "success")}
    assert [row.verdict for row in table(same, "ipd-finite")] == ["AGREES"] * 4
    swapped = dict(zip(same, reversed(same.values()), strict=True))
    assert [row.verdict for row in table(swapped, "ipd-finite")] == ["DISAGREES"] * 4
    assert [row.verdict for row in table(same, "ipd-finite", 0.2)] == ["DISAGREES"] * 4


def test_the_p_value_is_fishers_and_undecided_runs_only_raise_it() -> None:
    (number, *_) = numbers("ipd-finite", "success")
    row = compare_share(number, "", "", counted(300, 1000))
    assert row.p_value == pytest.approx(float(fisher_exact([[300, 700], [8, 92]]).pvalue))
    values = [compare_share(number, "", "", counted(50, 1000, unknown)).p_value or 0.0 for unknown in (0, 10, 20, 30)]
    assert values == sorted(values)
    assert values[-1] == 1.0 > values[0]  # 80 of 1000 is among the completions


def test_false_disagreements_are_rare_in_a_family() -> None:
    generator, families = np.random.default_rng(0), 120
    truth = {"PG": 0.24, "Meta-PG": 0.24, "peer only": 0.42, "Meta-MAPG": 0.42}
    wrong, raw = 0, 0
    for _ in range(families):
        rows = by_holm(
            [
                compare_share(
                    replace(number, value=generator.binomial(100, truth[number.arm]) / 100),
                    "",
                    "",
                    counted(int(generator.binomial(400, truth[number.arm])), 400),
                )
                for number in numbers("stag-hunt", "success")
            ]
        )
        wrong += any(row.verdict == "DISAGREES" for row in rows)
        raw += any((row.p_value or 0) < LEVEL for row in rows)
    assert binom.sf(wrong - 1, families, LEVEL) > 1e-3  # at most 5% of the families
    assert raw > wrong  # control: without the adjustment there are more


def test_a_family_is_one_table_under_one_reading() -> None:
    (number, *_) = numbers("stag-hunt", "success")
    rows = [compare_share(number, name, "", counted(15, 100)) for name in ("one", "one", "other")]
    adjusted = [row.adjusted for row in by_holm(rows)]
    p = rows[0].p_value
    assert p is not None
    assert adjusted == pytest.approx([2 * p, 2 * p, p])


# --------------------------------------------------------------------------------------------------------- restarts


@pytest.mark.parametrize("chains", CHAINS, ids=lambda chains: chains.name)
def test_the_law_of_a_chain_by_enumeration(chains: Chains) -> None:
    p, law = 0.3, np.zeros(chains.runs + 2)
    short = replace(chains, runs=5, failure=None if chains.failure is None else 5)
    law = np.zeros(short.runs + 2)
    for outcomes in product((True, False), repeat=short.runs):
        chance = math.prod(p if success else 1 - p for success in outcomes)
        counts = short.first + outcomes.index(True) if any(outcomes) else short.failure
        if counts is not None:
            law[counts] += chance
    np.testing.assert_allclose(chain_law(p, short), law / law.sum(), atol=1e-15)
    assert abs(chain_law(0.35, short) - law / law.sum()).max() > 0.01  # control: another p
    means = [chain_mean(at, chains) for at in np.linspace(0, 1, 21)]
    assert means == sorted(means, reverse=True)


def test_restarts_after_the_first_run_are_the_failed_runs_among_twelve() -> None:
    law = np.array([0.4 * 0.6**k for k in range(12)] + [0.6**12])
    np.testing.assert_allclose(chain_law(0.4, FAILED)[:13], law)
    assert chain_mean(0.4, FAILED) == pytest.approx(chain_mean(0.4, RUNS_12) - 1 + 0.6**12)


def test_tails_of_a_mean_are_binomial_where_chains_are_coins() -> None:
    coin = Chains("one run: 1 or 0", 1, 1, 0)
    for total in (20, 30, 45):
        expected = 2 * min(binom.cdf(total, 100, 0.3), binom.sf(total - 1, 100, 0.3))
        assert paper_restarts._tail(chain_law(0.3, coin), total, 100) == pytest.approx(expected)


def test_mean_restarts_agree_under_their_own_reading_only() -> None:
    (number, *_) = numbers("stag-hunt", "mean restarts")
    ours = counted(1200, 4000)
    for chains in CHAINS:
        same = replace(number, value=round(chain_mean(0.3, chains), 2))
        for published, verdict in ((same, "AGREES"), (replace(same, value=(same.value or 0) + 1), "DISAGREES")):
            (row,) = by_holm([compare_restarts(published, "", "pg", ours, chains, 100)])
            assert row.verdict == verdict
            assert row.difference is not None
            assert (row.difference[0] <= 0 <= row.difference[1]) == (verdict == "AGREES")
    counted_otherwise = replace(number, value=round(chain_mean(0.3, RUNS_12), 2))
    (row,) = by_holm([compare_restarts(counted_otherwise, "", "pg", ours, FAILED, 100)])
    assert row.verdict == "DISAGREES"  # control: whether the first run counts


def test_the_p_value_of_a_mean_is_valid_with_estimated_success() -> None:
    generator, repeats, p, rejected, naive = np.random.default_rng(1), 120, 0.1, 0, 0
    counts = np.arange(chain_law(p, RUNS_12).size)
    for _ in range(repeats):
        ours = counted(int(generator.binomial(300, p)), 300)
        total = int(generator.choice(counts, 100, p=chain_law(p, RUNS_12)).sum())
        rejected += mean_p_value(ours, RUNS_12, total, 100) < LEVEL
        naive += paper_restarts._tail(chain_law(ours.fraction, RUNS_12), total, 100) < LEVEL
    assert binom.sf(rejected - 1, repeats, LEVEL) > 1e-3
    assert binom.sf(naive - 1, repeats, LEVEL) < 1e-3  # control: taking our share for the truth rejects too often


def test_the_p_value_of_a_mean_is_the_largest_over_an_interval() -> None:
    ours = counted(300, 1000)
    low, high = map(float, binomtest(300, 1000).proportion_ci(0.999, "exact"))
    for total in (260, 300, 420, 480):
        tails = [paper_restarts._tail(chain_law(p, RUNS_12), total, 100) for p in np.linspace(low, high, 41)]
        found = mean_p_value(ours, RUNS_12, total, 100)
        assert found == pytest.approx(min(1.0, max(tails) + 0.001), abs=0.02)  # 1 - the tails' largest is about 1/sd
        if found < 1:
            assert found > 1.5 * paper_restarts._tail(chain_law(0.3, RUNS_12), total, 100)  # control: one p alone


def test_a_mean_that_no_chains_have_is_not_compared() -> None:
    (number, *_) = numbers("ipd-finite", "mean restarts")
    assert number.value == 8.68
    assert round(442 / 51, 2) == 8.67  # by hand: 442/51 = 8.667, 443/51 = 8.686
    assert round(443 / 51, 2) == 8.69
    row = compare_restarts(number, "", "pg", counted(60, 1000), ONLY_12, 51)
    assert (row.verdict, row.p_value) == ("NOT COMPARABLE", None)
    assert "no whole number" in row.reason
    assert compare_restarts(number, "", "pg", counted(60, 1000), ONLY_12, 100).p_value is not None


def test_restart_success_by_simulated_chains() -> None:
    number = next(n for n in numbers("ipd-finite", "restart success") if n.arm == "PG")
    generator, p = np.random.default_rng(2), 0.06
    chains = (generator.random((20000, 12)) < p).any(1).mean()
    row = compare_restart_success(number, "", "pg", counted(600, 10000), 12)
    assert row.ours == pytest.approx(chains, abs=0.015)  # four standard errors of the simulation
    assert by_holm([row])[0].verdict == "AGREES"  # .524 beside .51
    assert by_holm([compare_restart_success(number, "", "pg", counted(1200, 10000), 12)])[0].verdict == "DISAGREES"


# ------------------------------------------------------------------------------------------------------------- maps


def random_maps(generator: np.random.Generator, maps: int, chances: np.ndarray, shared: bool = False) -> np.ndarray:
    draws = generator.random((maps, 1 if shared else chances.size))
    return np.asarray(draws < chances)


def test_spread_of_a_map_from_its_cells() -> None:
    generator = np.random.default_rng(3)
    chances = np.clip(np.linspace(-0.5, 1.5, 121), 0, 1)
    exact = math.sqrt((chances * (1 - chances)).sum()) / 121
    deviation, freedom = spread_of_shares(random_maps(generator, 400, chances))
    assert deviation == pytest.approx(exact, rel=0.03)
    assert freedom > 400
    assert random_maps(generator, 400, chances).mean(1).std() == pytest.approx(exact, rel=0.15)
    # control: cells that share their draws
    assert random_maps(generator, 400, chances, shared=True).mean(1).std() > 2 * exact


def test_a_further_map_lies_in_its_interval() -> None:
    generator, repeats = np.random.default_rng(4), 600
    chances = np.clip(np.linspace(-0.5, 1.5, 121), 0, 1)
    number = next(n for n in numbers("stag-hunt", "basin share") if n.cells == 121)
    inside = 0
    for _ in range(repeats):
        maps = random_maps(generator, 5, chances)
        seen = compare_map(
            replace(number, value=float(maps[4].mean())), "", "", maps[:4].mean(1), spread_of_shares(maps[:4])
        )
        inside += seen.verdict == "AGREES"
    assert 0.93 < inside / repeats < 0.99


def test_maps_decide_only_with_a_spread() -> None:
    number = next(n for n in numbers("stag-hunt", "basin share") if n.cells == 121)
    alike = np.full(3, number.value)
    assert compare_map(number, "", "", alike, (0.0, math.nan)).verdict == "AGREES"
    assert compare_map(number, "", "", alike + 0.2, (0.0, math.nan)).verdict == "NOT COMPARABLE"
    assert compare_map(number, "", "", alike + 0.2, (0.01, 20.0)).verdict == "DISAGREES"
    few = compare_map(number, "", "", alike + 0.2, (0.01, FEWEST - 1.0))
    assert few.verdict == "NOT COMPARABLE" and few.reason.startswith("too few maps")
    row = compare_map(number, "", "", alike + 0.01, (0.01, 20.0))
    assert row.verdict == "AGREES"
    assert row.p_value is not None
    assert row.p_value > LEVEL
    assert spread_of_numbers(np.array([1.0, 2.0, 3.0])) == (1.0, 2.0)


# -------------------------------------------------------------------------------------------------------- alignment


def small_grid(points: int) -> Setting:
    cells = (("init", f"grid:{points}:0.05:0.95"), ("steps", 140))
    return Setting(stag_hunt, "grid 51", "exact", ARMS, cells, reference=True)


def test_alignment_by_hand() -> None:
    # At p = q = 1/2: C_1 = w_1 w_2^2 D ((c - d) + D p) = 1/4 1/16 3 (1 + 3/2) = 15/128 in log-odds, 15/512 in p.
    middle = {name: float(score[4]) for name, score in alignment_scores(small_grid(3)).items()}
    expected = (15 / 512, 15 / 512 * math.sqrt(2), 1.0, 15 / 64)
    assert list(middle.values()) == pytest.approx(expected)


def test_auc_by_hand_and_reversed() -> None:
    score, positive = np.array([1.0, 2.0, 2.0, 3.0, 0.0]), np.array([False, True, False, True, False])
    assert auc(score, positive) == pytest.approx((2.5 + 3) / 6)
    assert auc(-score, positive) == pytest.approx(1 - (2.5 + 3) / 6)
    assert math.isnan(auc(score, np.zeros(5, dtype=bool)))


def test_no_run_nearer_than_the_boundary_changes_sides() -> None:
    setting = small_grid(9)
    distance, experiment = boundary_distance(setting), setting.experiment("pg", 1, 0)
    cells = expit(draw(experiment))
    learning = experiment.learning("pg")
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)])
    compared = 0
    for k in range(cells.shape[1]):
        sides = []
        for radius in (0.0, 0.97 * distance[k], 1.05 * distance[k]):
            points = cells[:, k, None] + radius * ring
            points = points[:, ((points > 0) & (points < 1)).all(0)]
            ends = trajectories(learning, logit(points), experiment.steps).ends
            sides.append(label(parse_success(experiment.success), learning, ends)[0])
        here, near, beyond = sides
        assert (near == here[0]).all()
        if distance[k] > 0.02:  # a ring of 64 points sees an arc cut off by 5% of its radius
            assert (beyond != here[0]).any()
            compared += 1
    assert compared > 60


def test_auc_rows_by_pairs_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = small_grid(15)
    sampled = replace(
        setting, changes=(*setting.changes, ("gradient", "sampled"), ("batch", 384)), name="sampled", reference=False
    )
    monkeypatch.setattr(paper_results, "SETTINGS", (setting, sampled))
    found = [row for row in reproduction("stag-hunt", 1, 0, 3) if row.number.quantity == "alignment AUC"]
    first = draw(setting.experiment("pg", 1, 0))
    success = {}
    for rule in ("pg", "meta"):
        learning = setting.experiment(rule, 1, 0).learning(rule)
        success[rule] = (expit(trajectories(learning, first, 140).ends) >= 0.82).all(0)
    gained, lost = success["meta"] & ~success["pg"], ~success["meta"] & ~success["pg"]
    assert gained.sum() > 20
    score, distance = alignment_scores(setting)["<C, x* - x>"], boundary_distance(setting)
    for arm, values in (("alignment", score), ("alignment / margin", score / distance)):
        pairs = values[gained][:, None] - values[lost][None, :]
        expected = float((pairs > 0).mean() + (pairs == 0).mean() / 2)
        exact, noisy = (
            next(
                row
                for row in found
                if (row.number.arm, row.setting, row.score) == (arm, name, "<C, x* - x>; cells that PG loses")
            )
            for name in ("exact", "sampled")
        )
        assert exact.ours == pytest.approx(expected)
        assert noisy.ours == pytest.approx(expected, abs=0.1)
        assert (exact.verdict, noisy.n) == ("NOT COMPARABLE", 3)
        assert noisy.p_value is not None


# --------------------------------------------------------------------------------------------------------- variance


def test_exact_variance_against_sampled_updates() -> None:
    changes = (("gradient", "sampled"), ("batch", 48), ("init", "normal:0"), ("lr", 1.0), ("lr_power", 0.0))
    experiment = Setting(stag_hunt, "main", "", ARMS, changes).experiment("meta", 20000, 0)
    first = draw(experiment)
    assert not first.any()
    update = sampled_run(experiment.learning("meta"), first, 1, 48, experiment.estimator, 0)
    trace = float(update.var(axis=1).sum())
    exact = dict(zip(VARIANCE_BATCHES, noise_traces(), strict=True))
    assert trace == pytest.approx(exact[48], rel=0.04)  # four standard errors
    assert trace != pytest.approx(exact[96], rel=0.3)  # control


def test_scatter_around_a_law() -> None:
    assert scatter([3 / batch for batch in VARIANCE_BATCHES]) == pytest.approx(0, abs=1e-12)
    assert scatter([3 / batch**2 for batch in VARIANCE_BATCHES]) > 1
    assert scatter(noise_traces()) < 0.01


# -------------------------------------------------------------------------------------------------------- annealing


def test_own_learning_that_stays_is_the_usual_run_where_it_is_0() -> None:
    stays = next(setting for setting in SETTINGS if setting.own_stays)
    for own, same in ((0.0, True), (0.35, False)):
        experiment = replace(stays.experiment("meta", 50, 0), own=own)
        first = draw(experiment)
        step_by_step = paper_results._run_with_constant_own(experiment, "meta", first)
        whole = sampled_run(
            experiment.learning("meta"), first, experiment.steps, experiment.batch, experiment.estimator, 0
        )
        assert np.array_equal(step_by_step, whole) == same


# ------------------------------------------------------------------------------------------------------ from the top


@pytest.fixture(scope="module")
def rows() -> Iterator[tuple[Row, ...]]:
    """Stag Hunt without what takes long: the 51 x 51 grid and 2000 steps."""
    quick = [setting for setting in SETTINGS if setting.design != "grid 51" and not setting.name.startswith("2000")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper_results, "SETTINGS", quick)
        yield reproduction("stag-hunt", COUNT, 0, MAPS)


def measured(rows: tuple[Row, ...]) -> dict[str, Share]:
    """The sampled success shares of the main runs, by arm."""
    return {
        row.number.arm: counted(round((row.ours or 0) * row.n), row.n)
        for row in rows
        if row.number.quantity == "success" and row.setting.startswith("sampled")
    }


def test_stag_hunt_success_is_as_published_and_not_with_swapped_methods(rows: tuple[Row, ...]) -> None:
    shares = measured(rows)
    assert {row.verdict for row in table(shares)} == {"AGREES"}
    swapped = dict(zip(shares, (shares[arm] for arm in ("Meta-MAPG", "peer only", "Meta-PG", "PG")), strict=True))
    assert {row.verdict for row in table(swapped)} == {"DISAGREES"}
    assert {row.verdict for row in table(shares, moved=0.2)} == {"DISAGREES"}


def test_a_moved_point_of_the_curve_disagrees(rows: tuple[Row, ...]) -> None:
    curve = [row for row in rows if row.number.design == "grid 11" and row.p_value is not None]
    assert len(curve) > 20
    for row in curve:
        assert row.ours is not None
        assert row.difference is not None
        away = row.difference[0] > 0.2 or row.difference[1] < 0.2
        assert away or row.difference[1] - row.difference[0] > 0.2  # .2 off is seen where maps tell anything
    assert sum(row.difference[1] - row.difference[0] < 0.2 for row in curve if row.difference) > 20


def test_references_and_rows_without_a_law_decide_nothing(rows: tuple[Row, ...]) -> None:
    for row in rows:
        if "reference" in row.setting or row.number.quantity == "noise variance":
            assert (row.verdict, row.p_value, row.adjusted) == ("NOT COMPARABLE", None, None)
            assert row.reason
    for game in GAMES[2:]:
        found = reproduction(game)
        assert found
        assert {row.verdict for row in found} == {"NOT COMPARABLE"}


def test_json_has_the_keys_of_the_peer_papers(rows: tuple[Row, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [row.to_json() for row in rows]
    assert json.loads(json.dumps(entries)) == entries
    monkeypatch.setattr("numerics.peer_results.SETTINGS", ())
    assert set(peer_reproduction(2)[0].to_json()) <= set(entries[0])


def test_readings_stand_for_whole_tables(rows: tuple[Row, ...]) -> None:
    tables = [entry for entry in by_reading(rows) if entry["quantity"] == "success"]
    assert [entry["setting"] for entry in tables] == ["sampled, batch 384", "exact gradients (reference)"]
    assert list(tables[0]["verdicts"]) == [arm for arm, _ in ARMS]
    assert tables[0]["smallest"] <= 1
    assert tables[1]["smallest"] is None


def test_unknown_games_and_single_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="no number"):
        reproduction("chess")
    with pytest.raises(ValueError, match="no spread"):
        reproduction("stag-hunt", maps=1)


def test_progress_ends_at_its_total_and_runs_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_results, "SETTINGS", [setting for setting in SETTINGS if not setting.reference])
    told: list[tuple[int, int]] = []
    first = reproduction("ipd-finite", 3, 0, 2, lambda _, done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == 4 * 3 * (260 + 120)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert reproduction("ipd-finite", 3) == first
