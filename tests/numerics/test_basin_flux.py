"""numerics.flux against numbers by hand, exact shares, the conserved quantity, finite differences and simulation."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import logit, ndtr, ndtri
from sympy import N, Rational

import numerics.flux as module
from numerics.compile import Array, compile_program
from numerics.dynamics import Learning, Schedule, run
from numerics.flux import (
    LARGEST_ERROR,
    NOT_COORDINATION,
    NOT_RESOLVED,
    TOO_LARGE,
    basin_share,
    basin_shares,
    flux,
    fluxes,
    largest_sizes,
    payoffs_of,
)
from numerics.inits import Normal, Uniform
from theory.errors import BadInput
from theory.flux import conserved_quantity, straight_boundary
from theory.games import Game, chicken, ipd, normal_form, prisoners_dilemma, stag_hunt, symmetric_game, tandem
from theory.games.symbolic import symbolic_game
from theory.program import Program
from theory.separatrix import separatrix

PUBLISHED, SQUARE = Normal(1.35), Uniform(0, 1)
LOSES = symmetric_game("loses", ("A", "B"), (10, 3, 2, 4), target="A")


def random_games(count: int, seed: int = 0) -> Array:
    """Rows of eight payoffs from U(−5, 5), kept if both equilibria are strict."""
    rows = np.random.default_rng(seed).uniform(-5, 5, (40 * count, 8))
    return rows[np.isfinite(largest_sizes(rows))][:count]


def extreme_games(count: int, seed: int = 1) -> Array:
    """Rates over four decades, saddles near the edges, spillovers over two decades."""
    draw = np.random.default_rng(seed)
    (d1, d2), (p, q) = 10 ** draw.uniform(-2, 2, (2, count)), 1 / (1 + np.exp(draw.uniform(-6, 6, (2, count))))
    s1, s2 = draw.normal(0, 1, (2, count)) * 10 ** draw.uniform(-1, 1, (2, count))
    zero = np.zeros(count)
    return np.stack([d1 * (1 - q) + s1, d2 * (1 - p) + s2, zero, s2, s1, zero, d1 * q, d2 * p], axis=1)


def game_of(row: Array) -> Game:
    cells = {(i, j): [Rational(str(x)) for x in row[4 * i + 2 * j :][:2]] for i in (0, 1) for j in (0, 1)}
    return normal_form("drawn", (("A", "B"), ("A", "B")), cells)


def difference(payoffs: Array, policy: str, starts: Normal | Uniform, step: Array) -> Array:
    """Central differences of the share, extrapolated once."""
    sizes = np.concatenate([step, -step, step / 2, -step / 2])
    up, down, inner_up, inner_down = basin_shares(np.tile(payoffs, (4, 1)), policy, sizes, starts).values.reshape(4, -1)
    return (4 * (inner_up - inner_down) / step - (up - down) / (2 * step)) / 3


# ------------------------------------------------------------------------------------------------------- by hand


def test_numbers_known_beforehand():
    assert abs(flux(stag_hunt(), "direct", SQUARE).value - 4) < 1e-12
    assert abs(flux(stag_hunt(), "logit", PUBLISHED).value - 0.19068) < 5e-6
    assert abs(flux(LOSES, "logit", PUBLISHED).value + 0.005721) < 5e-7


@pytest.mark.parametrize("deviation", [0.3, 1.35, 3.0])
def test_a_symmetric_saddle_halves_the_starts(deviation):
    # R − T = P − S: the boundary at λ = 0 is p + q = 1, so P = 1/2 whatever the deviation.
    game = symmetric_game("even", ("A", "B"), (3, 0, 1, 2), target="A")
    found = basin_share(game, "logit", 0.0, Normal(deviation))
    assert abs(found.value - 0.5) <= found.error < 1e-9


# -------------------------------------------------------------------------------------------------- direct, exact


def test_direct_shares_are_those_of_the_separatrix():
    line = separatrix(stag_hunt())
    for size in ("0", "1/20", "1/10", "1/5", "3/10"):
        found = basin_share(stag_hunt(), "direct", float(Rational(size)), SQUARE)
        assert abs(found.value - float(line.share(Rational(size)))) <= found.error < 1e-10


def test_direct_numbers_are_the_exact_ones_within_their_error():
    for row in np.round(random_games(4), 2):
        line = straight_boundary(game_of(row))
        size = Rational(1, 100)
        for found, exact in (
            (flux(game_of(row), "direct", SQUARE), line.flux),
            (basin_share(game_of(row), "direct", float(size), SQUARE), line.share(size)),
        ):
            assert abs(found.value - float(N(exact, 30))) <= found.error


def test_direct_flux_is_the_slope_of_the_share():
    games = random_games(60)
    found = fluxes(games, "direct", SQUARE)
    slopes = difference(games, "direct", SQUARE, np.full(len(games), 1e-4))
    assert (abs(slopes - found.values) < 1e-6 * np.maximum(1, abs(found.values))).all()


# ------------------------------------------------------------------------------ log-odds, by the conserved quantity


def levels(row: Array):
    """F₁ and F₂ of one game, compiled from the theory."""
    game = symbolic_game((2, 2))
    found = conserved_quantity(game, "logit")
    program = Program((*found.symbols, *(symbol for symbol, _ in game.parameters)), (), {"levels": found.levels})
    compiled = compile_program(program, {"at": program.inputs[:2], "game": program.inputs[2:]})
    return lambda x, y: compiled(at=np.array([x, y]), game=row)["levels"]


def saddle_of(row: Array) -> tuple[float, float]:
    first, second = row[0::2], row[1::2]
    q = (first[3] - first[1]) / (first[0] - first[1] - first[2] + first[3])
    p = (second[3] - second[2]) / (second[0] - second[1] - second[2] + second[3])
    return float(logit(p)), float(logit(q))


def share_by_level_set(row: Array, deviation: float) -> float:
    """∫ density(x) P(y above the boundary) dx, the boundary by root finding on the saddle's level set."""
    level, (at_x, at_y) = levels(row), saddle_of(row)
    base = level(at_x, at_y)

    def boundary(x: float) -> float:
        height = level(x, at_y)[0] - base[0]
        ends = (at_y, at_y + 60) if x < at_x else (at_y - 60, at_y)
        return float(brentq(lambda y: level(x, y)[1] - base[1] - height, *ends, xtol=1e-13)) if x != at_x else at_y

    def integrand(x: float) -> float:
        return float(np.exp(-(x**2) / (2 * deviation**2)) * ndtr(-boundary(x) / deviation))

    ends = (-9 * deviation, at_x, 9 * deviation)
    total = sum(quad(integrand, low, high, epsabs=1e-10, limit=200)[0] for low, high in pairwise(ends))
    return total / (np.sqrt(2 * np.pi) * deviation)


@pytest.mark.parametrize("row", [payoffs_of(stag_hunt()), *random_games(1, seed=5)], ids=["stag", "random"])
def test_share_from_the_conserved_quantity(row):
    found = basin_shares(row[None], "logit", 0.0, PUBLISHED).at(0)
    assert abs(found.value - share_by_level_set(row, 1.35)) < 1e-8


# --------------------------------------------------------------------------------- log-odds, finite differences


@pytest.mark.parametrize("deviation", [1.35, pytest.param(0.5, marks=pytest.mark.thorough)])
def test_flux_is_the_slope_of_the_share(deviation):
    games = random_games(60)
    found = fluxes(games, "logit", Normal(deviation))
    assert (found.undecided == "").all() and found.errors.max() < 1e-8
    slopes = difference(games, "logit", Normal(deviation), np.minimum(1e-3, largest_sizes(games) / 50))
    assert (abs(slopes - found.values) < 1e-7 * np.maximum(1, abs(found.values))).all()
    assert found.values.min() < -0.01 and found.values.max() > 0.01


def test_extreme_games_are_right_or_undecided():
    games = extreme_games(50)
    assert np.isfinite(largest_sizes(games)).all()
    found = fluxes(games, "logit", PUBLISHED)
    decided = found.undecided == ""
    assert decided.mean() > 0.95
    slopes = difference(games, "logit", PUBLISHED, largest_sizes(games) / 100)
    close = abs(slopes - found.values) < 1e-5 * np.maximum(1, abs(found.values))
    assert close[decided].all()


@pytest.mark.parametrize(
    "games",
    [extreme_games(16, seed=3), pytest.param(random_games(100, seed=2), marks=pytest.mark.thorough)],
    ids=["extreme", "random"],
)
def test_error_estimates_hold(games, monkeypatch):
    sizes = largest_sizes(games) / 2
    with monkeypatch.context() as patched:
        patched.setattr(module, "STEP", 0.2)
        patched.setattr(module, "NEAREST", 1e-7)
        truth = fluxes(games, "logit", PUBLISHED), basin_shares(games, "logit", sizes, PUBLISHED)
    found = fluxes(games, "logit", PUBLISHED), basin_shares(games, "logit", sizes, PUBLISHED)
    for one, two in zip(found, truth, strict=True):
        assert (abs(one.values - two.values) <= one.errors + two.errors).all()
    # With steps so coarse that digits are lost, the estimate says so.
    with monkeypatch.context() as patched:
        patched.setattr(module, "STEP", 1.0)
        rough = fluxes(games, "logit", PUBLISHED)
    decided = rough.undecided == ""
    assert (abs(rough.values - truth[0].values) <= rough.errors + truth[0].errors)[decided].all()
    assert np.nanmedian(rough.errors) > 10 * np.median(found[0].errors)


def test_swapping_players_or_actions_changes_nothing_or_the_sign():
    games, size = random_games(30, seed=4), 0.02
    others = games.reshape(-1, 2, 2, 2)
    players = others.transpose(0, 2, 1, 3)[..., ::-1].reshape(-1, 8)
    actions = others[:, ::-1, ::-1].reshape(-1, 8)
    for policy, starts in (("direct", SQUARE), ("logit", PUBLISHED)):
        kept = largest_sizes(games) > size
        share, swapped, renamed = (basin_shares(rows[kept], policy, size, starts) for rows in (games, players, actions))
        both = share.undecided == ""
        assert (
            both.sum() > 10 and (both == (swapped.undecided == "")).all() and (both == (renamed.undecided == "")).all()
        )
        tolerance = 2 * share.errors[both]
        assert (abs(share.values - swapped.values)[both] <= tolerance).all()
        assert (abs(1 - share.values - renamed.values)[both] <= tolerance).all()
        one, other = fluxes(games, policy, starts), fluxes(actions, policy, starts)
        assert (abs(one.values + other.values) <= one.errors + other.errors).all()


# ----------------------------------------------------------------------------------------------------- simulation


def simulated_share(game: Game, policy: str, size: float, points: Array, lr: float, steps: int) -> float:
    learning = Learning(game, policy, "peer", "expanded", 1, (1.0, 1.0), 0.0, size, Schedule(lr=lr))  # type: ignore[arg-type]
    first, second = np.meshgrid(points, points)
    ends = run(learning, np.stack([first.ravel(), second.ravel()]), steps)
    middle = 0.5 if policy == "direct" else 0.0
    up, down = (ends > middle).all(0), (ends < middle).all(0)
    assert (up | down).mean() > 0.99
    return float(up.mean() + (~up & ~down).mean() / 2)


@pytest.mark.parametrize("size", [0.15, pytest.param(0.0, marks=pytest.mark.thorough)])
def test_simulated_shares_in_log_odds(size):
    cells = (np.arange(60) + 0.5) / 60
    game = game_of(np.array([4.0, 5.0, 0.0, 1.0, 3.0, 0.0, 2.0, 1.0]))
    simulated = simulated_share(game, "logit", size, 1.35 * ndtri(cells), 0.1, 1200)
    exact = basin_share(game, "logit", size, PUBLISHED)
    assert abs(simulated - exact.value) < 0.006
    assert exact.undecided == ""


@pytest.mark.parametrize("size", [0.05, pytest.param(0.0, marks=pytest.mark.thorough)])
def test_simulated_shares_in_direct_coordinates(size):
    cells = (np.arange(60) + 0.5) / 60
    game = game_of(np.array([4.0, 5.0, 0.0, 1.0, 3.0, 0.0, 2.0, 1.0]))
    simulated = simulated_share(game, "direct", size, cells, 0.02, 1200)
    exact = basin_share(game, "direct", size, SQUARE)
    assert abs(simulated - exact.value) < 0.01


def test_the_two_sizes_of_the_simulation_differ_by_more_than_its_tolerance():
    game = game_of(np.array([4.0, 5.0, 0.0, 1.0, 3.0, 0.0, 2.0, 1.0]))
    for policy, starts, size, tolerance in (("logit", PUBLISHED, 0.15, 0.006), ("direct", SQUARE, 0.05, 0.01)):
        change = basin_share(game, policy, size, starts).value - basin_share(game, policy, 0.0, starts).value
        assert abs(change) > 2 * tolerance


# ---------------------------------------------------------------------------------------------- negative controls


class Flipped(module._Flux):
    """The normal points out of the basin on one branch."""

    def across(self, blocks):
        return super().across(blocks) * module._SIDES


class WithoutDivergence(module._Flux):
    """The factor e^{−∫ div v} is left out."""

    def blocks(self, x, y):
        found = super().blocks(x, y)
        return {**found, "divergence": 0 * found["divergence"]}


def test_wrong_integrands_are_noticed():
    games = random_games(50)
    right = fluxes(games, "logit", PUBLISHED)
    plain, _ = module._followed(games.T, np.zeros(len(games)), 1.35, module._Flux)
    assert (plain == right.values).all()
    for wrong in (Flipped, WithoutDivergence):
        values, _ = module._followed(games.T, np.zeros(len(games)), 1.35, wrong)
        off = abs(values - right.values) > 1e-5 * np.maximum(1, abs(right.values))
        assert off.mean() > 0.9


def test_a_wrong_density_is_noticed():
    games = random_games(50)
    right, wrong = (fluxes(games, "logit", Normal(sd)).values for sd in (1.35, 1.3))
    assert (abs(right - wrong) > 1e-5).mean() > 0.9


# ------------------------------------------------------------------------------------------------------ undecided


@pytest.mark.parametrize(
    "game", [chicken().with_target(("Swerve", "Swerve")), prisoners_dilemma()], ids=lambda game: game.name
)
def test_other_games_are_undecided(game):
    for policy, starts in (("direct", SQUARE), ("logit", PUBLISHED)):
        for found in (flux(game, policy, starts), basin_share(game, policy, 0.1, starts)):
            assert np.isnan(found.value) and np.isnan(found.error) and found.undecided == NOT_COORDINATION


def test_sizes_beyond_the_scope_are_undecided():
    for policy, starts, size in (("direct", SQUARE, 0.34), ("logit", PUBLISHED, 1.2), ("logit", PUBLISHED, -1.2)):
        found = basin_share(stag_hunt(), policy, size, starts)
        assert np.isnan(found.value) and found.undecided == TOO_LARGE
    assert 0.9 < largest_sizes(payoffs_of(stag_hunt())[None])[0] < 1.2
    assert np.isnan(basin_share(stag_hunt(), "logit", np.nan, PUBLISHED).value)


def test_rows_that_are_undecided_leave_the_others_alone():
    dilemma, hunt = payoffs_of(prisoners_dilemma()), payoffs_of(stag_hunt())
    rows = np.stack([dilemma, hunt, np.full(8, np.nan), np.full(8, np.inf), np.zeros(8)])
    found = basin_shares(rows, "logit", [0.1, 0.2, 0.1, 0.1, 0.1], PUBLISHED)
    assert list(found.undecided == "") == [False, True, False, False, False]
    alone = basin_share(stag_hunt(), "logit", 0.2, PUBLISHED)
    assert abs(found.values[1] - alone.value) <= alone.error
    assert np.isnan(found.values[[0, 2, 3, 4]]).all() and np.isnan(found.errors[[0, 2, 3, 4]]).all()


def test_what_is_not_resolved_is_undecided(monkeypatch):
    monkeypatch.setattr(module, "STEP", 6.0)
    found = flux(stag_hunt(), "logit", PUBLISHED)
    assert np.isnan(found.value) and found.undecided == NOT_RESOLVED
    monkeypatch.undo()
    assert flux(stag_hunt(), "logit", PUBLISHED).error < LARGEST_ERROR


def test_starts_without_probabilities_in_floating_point_are_undecided():
    found = basin_share(stag_hunt(), "logit", 0.1, Normal(50.0))
    assert np.isnan(found.value) and found.undecided == NOT_RESOLVED


@pytest.mark.parametrize(
    ("policy", "starts"),
    [
        ("direct", PUBLISHED),
        ("logit", SQUARE),
        ("logit", Normal(0.0)),
        ("direct", Uniform(0, 2)),
        ("softmax", PUBLISHED),
    ],
)
def test_other_starts_are_refused(policy, starts):
    with pytest.raises(BadInput):
        flux(stag_hunt(), policy, starts)


@pytest.mark.parametrize("game", [ipd(), tandem(), symbolic_game((2, 3))], ids=lambda game: game.name)
def test_other_shapes_are_refused(game):
    with pytest.raises(BadInput):
        flux(game, "direct", SQUARE)
    with pytest.raises(BadInput, match="shape"):
        basin_shares(np.zeros(8), "direct", 0.0, SQUARE)


def test_a_target_off_the_diagonal_is_put_first():
    # Chicken with target (Straight, Swerve): exchanging the players exchanges the equilibria, so both have half.
    for policy, starts in (("direct", SQUARE), ("logit", PUBLISHED)):
        share, slope = basin_share(chicken(), policy, 0.02, starts), flux(chicken(), policy, starts)
        assert abs(share.value - 0.5) <= share.error and abs(slope.value) <= slope.error


def test_the_target_is_put_first():
    hare = stag_hunt().with_target(("Hare", "Hare"))
    assert list(payoffs_of(hare)) == [2, 2, 3, 0, 0, 3, 4, 4]
    for policy, starts in (("direct", SQUARE), ("logit", PUBLISHED)):
        one, other = (basin_share(game, policy, 0.1, starts) for game in (stag_hunt(), hare))
        assert abs(one.value + other.value - 1) <= one.error + other.error


# -------------------------------------------------------------------------------------------------------- speed


@pytest.mark.thorough
def test_five_hundred_games_take_less_than_ten_seconds():
    games = random_games(500)
    begin = time.perf_counter()
    found = basin_shares(games, "logit", largest_sizes(games) / 10, PUBLISHED)
    assert time.perf_counter() - begin < 10 and (found.undecided == "").all()
