"""numerics.residual and what rests on it: the term that the form at φ₀ leaves out, its size, its figure, its cost."""

from __future__ import annotations

import json
from itertools import pairwise
from math import comb
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational

from numerics import figures, paper_figures
from numerics.compile import Array, _shared_steps, compiled_update, game_values
from numerics.evidence import CHECKS, Run, model
from numerics.evidence.c01_residual import GAMES, SMALL, measured, median, verdict
from numerics.evidence.model import SIZES
from numerics.residual import first_order_program, forms, norms
from theory.claims import Verdict
from theory.claims.identities import random_point
from theory.decomposition import decompose, update_program
from theory.errors import BadInput
from theory.games import AnyGame, Game, ipd, prisoners_dilemma, stag_hunt, stag_hunt_3
from theory.policies import Coordinates
from theory.symbols import alpha

TERMS = ("current", "own", "peer")


def starts(rows: int, count: int) -> Array:
    return np.random.default_rng(1).normal(0, 1.35, (rows, count))


# ------------------------------------------------------------------------------------------------ the missing term


def order_alpha(game: Game, policy: Coordinates, unroll: int) -> tuple[list[Rational], dict[str, tuple[Rational, ...]]]:
    """At a rational point: coefficient of α of (exact − form at φ₀), and the program's blocks at α = 1."""
    program = first_order_program(game, policy, unroll)
    point = random_point([symbol for symbol in program.inputs if not symbol.name.startswith("alpha")], 0)
    exact, form = (
        decompose(game, policy, unroll, name).program.taylor(point, alpha, 1) for name in ("unrolled", "expanded")
    )
    left_out = [
        sum((exact[name][k][1] - form[name][k][1] for name in names), Rational(0))
        for player in range(1, game.players + 1)
        for names in [[f"{term}_{player}" for term in TERMS]]
        for k in range(len(exact[names[0]]))
    ]
    steps = {symbol: Rational(1) for symbol in program.inputs if symbol not in point}
    return left_out, program.at({**point, **steps})


@pytest.mark.parametrize(
    ("game", "policy", "unroll"),
    [
        (stag_hunt(), "direct", 1),
        (stag_hunt(), "logit", 3),
        (stag_hunt_3(), "logit", 2),
        (prisoners_dilemma(), "direct", 2),
        pytest.param(ipd(), "logit", 1, marks=pytest.mark.thorough),
        pytest.param(ipd(), "logit", 2, marks=pytest.mark.thorough),
    ],
)
def test_the_missing_term_is_the_exact_limit(game: Game, policy: Coordinates, unroll: int) -> None:
    left_out, blocks = order_alpha(game, policy, unroll)
    assert list(blocks["missing"]) == left_out
    assert any(entry != 0 for entry in left_out)
    # controls: another number of steps, and other terms of the same order
    assert list(order_alpha(game, policy, unroll + 1)[1]["missing"]) != left_out
    assert list(blocks["kept"]) != left_out


def change_along(game: AnyGame, inner_lr: tuple[float, ...], phi: Array) -> Array:
    """Central difference of v along (α_j v_j)_j."""
    field = compiled_update(game, "logit", "pg", "expanded", 1)
    common = {"inner_lr": np.ones((game.players, 1)), "coefficients": np.ones((2, 1))}

    def velocity(where: Array) -> Array:
        return field(parameters=where, game=game_values(game)[:, None], **common)["update"]

    along = velocity(phi) * np.repeat(inner_lr, len(phi) // game.players)[:, None]
    step = 1e-5
    return (velocity(phi + step * along) - velocity(phi - step * along)) / (2 * step)


@pytest.mark.parametrize(("game", "rows"), [(stag_hunt(), 2), (ipd(), 10), (stag_hunt_3(), 3)])
def test_the_missing_term_is_the_change_of_v_along_v(game: Game, rows: int) -> None:
    phi = starts(rows, 30)
    inner_lr = (0.55, 0.2, 0.4)[: game.players]
    missing = forms(game, "logit", 1, inner_lr, phi).missing
    assert np.allclose(missing, change_along(game, inner_lr, phi), rtol=0, atol=1e-6 * norms(missing).max())
    # control: players' steps exchanged
    assert not np.allclose(missing, change_along(game, inner_lr[::-1], phi), rtol=1e-2)


def test_stag_hunt_on_paper() -> None:
    """Log-odds x, y; s(p) = p(1 − p); payoffs 4,0,3,2, so player 1 gains A(q) = 3q − 2 by Stag."""
    phi = starts(2, 50)
    p, q = 1 / (1 + np.exp(-phi))
    size_p, size_q, gain_p, gain_q = p * (1 - p), q * (1 - q), 3 * p - 2, 3 * q - 2
    slopes = np.stack([size_p * gain_q, size_q * gain_p])
    bends = np.stack([size_p * (1 - 2 * p) * gain_q, size_q * (1 - 2 * q) * gain_p])
    mixed = 3 * size_p * size_q  # ∂²V¹/∂x∂y = ∂²V²/∂x∂y
    help_ = np.stack([size_q * (3 * p + 1), size_p * (3 * q + 1)])  # of the other player's Stag
    found = forms(stag_hunt(), "logit", 1, (1.0, 1.0), phi)
    assert np.allclose(found.gradient, slopes, rtol=1e-12, atol=1e-15)
    assert np.allclose(found.kept, bends * slopes + mixed * help_, rtol=1e-12, atol=1e-15)
    assert np.allclose(found.missing, bends * slopes + mixed * slopes[::-1], rtol=1e-12, atol=1e-15)


def test_the_form_at_the_start_is_the_expanded_rule() -> None:
    game, phi = ipd(), starts(10, 600)  # more than one block
    found = forms(game, "logit", 1, (0.3, 0.7), phi)
    rule = compiled_update(game, "logit", "meta", "expanded", 1)
    values = {"game": game_values(game)[:, None], "coefficients": np.ones((2, 1))}
    update = rule(parameters=phi, inner_lr=np.array([[0.3], [0.7]]), **values)["update"]
    assert np.allclose(found.at_start, update, rtol=1e-12, atol=1e-12)
    assert found.exact.shape == phi.shape


def test_no_unroll_of_length_zero() -> None:
    with pytest.raises(BadInput, match="unroll"):
        first_order_program(stag_hunt(), "logit", 0)


@pytest.mark.parametrize(("game", "rows"), [(stag_hunt(), 2), (ipd(), 10)])
def test_orders_of_the_two_forms(game: Game, rows: int) -> None:
    """(exact − form)/α stays at the size of the missing term without it, and falls like α with it."""
    phi = starts(rows, 200)
    few, many = (forms(game, "logit", 1, (a, a), phi) for a in (1e-4, 1e-3))
    size = norms(many.missing).mean() / 1e-3
    for found, a in ((few, 1e-4), (many, 1e-3)):
        assert norms(found.exact - found.at_start).mean() / a == pytest.approx(size, rel=1e-3)
    ratio = norms(many.exact - many.first_order).mean() / norms(few.exact - few.first_order).mean()
    assert np.log10(ratio) - 1 == pytest.approx(1, abs=0.01)


# ----------------------------------------------------------------------------------------------------- its size


@pytest.mark.parametrize(("count", "rank"), [(6, 1), (10, 2), (20, 6), (100, 40)])
def test_ranks_of_the_median_interval(count: int, rank: int) -> None:
    """Against sums of binomial coefficients; 2 of 10, 6 of 20 and 40 of 100 are in the usual tables."""
    sample = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    middle, interval = median(sample)
    assert (middle, interval) == ((count + 1) / 2, (rank, count + 1 - rank))

    def missed(rank: int) -> Rational:
        return Rational(2 * sum(comb(count, k) for k in range(rank)), 2**count)

    assert missed(rank) <= Rational(1, 20) < missed(rank + 1)


def test_too_few_draws_for_an_interval() -> None:
    with pytest.raises(ValueError, match="5 draws"):
        median(np.arange(5.0))


def test_the_verdict_follows_the_stated_rule() -> None:
    above, below, around = (0.2, 0.3), (0.01, 0.02), (0.09, 0.11)
    assert verdict([above, above]) is Verdict.REFUTED
    assert verdict([below, below]) is Verdict.SUPPORTED
    for mixed in ([above, below], [above, around], [around, below]):
        assert verdict(mixed) is Verdict.UNDECIDED
    assert verdict([(float(SMALL), 1.0)]) is Verdict.UNDECIDED


def test_the_check_shows_both_games(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "SIZES", {"quick": dict.fromkeys(SIZES["quick"], 300)})
    finding = CHECKS["C1.at-phi0-size"](Run("quick", 0))
    assert finding.verdict is Verdict.REFUTED
    assert [piece.content["game"] for piece in finding.evidence] == [make().name for make, _ in GAMES]
    for piece in finding.evidence:
        shown = json.loads(json.dumps(piece.content))
        low, high = piece.interval or (0, 0)
        assert SMALL < low <= shown["missing/kept"]["median"] <= high
        assert f"n = {piece.n} starts" in piece.summary and piece.n == 300


def test_the_sizes_depend_on_the_seed_alone() -> None:
    assert measured(stag_hunt(), 100, 3) == measured(stag_hunt(), 100, 3) != measured(stag_hunt(), 100, 4)


# ------------------------------------------------------------------------------------------------------- figures


def test_the_figure_levels_off_at_the_missing_term(tmp_path: Path) -> None:
    figure = figures.residual([stag_hunt()], 100, 0)
    (axes,) = figure.axes
    form, whole, level = (np.asarray(line.get_ydata()) for line in axes.get_lines()[:3])
    assert form[0] == pytest.approx(level[0], rel=1e-4)
    assert whole[0] < 1e-3 * level[0]
    assert {path.suffix for path in paper_figures.save(figure, tmp_path / "residual")} == {".pdf", ".png"}


def test_the_cost_figure_shows_every_length() -> None:
    (axes,) = figures.unroll_cost(stag_hunt(), (1, 2, 3), batch=8, repeats=2).axes
    points, line = axes.get_lines()
    assert list(np.asarray(points.get_xdata())) == [1, 2, 3]
    assert (np.asarray(points.get_ydata()) > 0).all() and len(line.get_xydata()) == 2


# ---------------------------------------------------------------------------------------------- cost of the unroll


def compiled_operations(game: Game, policy: Coordinates, unroll: int) -> int:
    """Operations of the compiled function, common subexpressions counted once."""
    steps, outputs = _shared_steps(update_program(game, policy, "meta", "unrolled", unroll))
    return sum(int(entry.count_ops()) for entry in [*(step for _, step in steps), *outputs])


@pytest.mark.parametrize(
    ("game", "policy"),
    [
        (stag_hunt(), "direct"),
        (stag_hunt(), "logit"),
        pytest.param(stag_hunt_3(), "logit", marks=pytest.mark.thorough),
        pytest.param(ipd(), "logit", marks=pytest.mark.thorough),
    ],
)
def test_every_further_inner_step_costs_the_same(game: Game, policy: Coordinates) -> None:
    """Operations are affine in L from L = 3 on; before, the first and the last step of the path are neighbours."""
    counts = [compiled_operations(game, policy, unroll) for unroll in range(1, 7)]
    first, _, *steps = (b - a for a, b in pairwise(counts))
    assert len(set(steps)) == 1
    assert first != steps[0]  # control: L = 1 and 2 do not lie on the line
