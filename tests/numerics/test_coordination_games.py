"""C5 over random coordination games: the sampling law, the notions by hand, and rules that can fail."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Rational

from numerics import flux
from numerics.evidence import c05_coordination as c05
from numerics.evidence.model import Run
from theory.alignment import align
from theory.claims import Verdict
from theory.claims.c05_basin_entry import mean_alignment
from theory.games import normal_form, stag_hunt
from theory.order import order_inclusion
from theory.policies import parameters
from theory.symbols import P, R, S, T

SYMMETRIC = [(4, 0, 3, 2), (6, 1, 0, 2), (10, 3, 2, 4), (4, 0, 1, 3)]


def rows(games: list[tuple[int, ...]]) -> np.ndarray:
    r, s, t, p = np.array(games, dtype=float).T
    return np.stack([r, r, s, t, t, s, p, p], axis=1)


def test_games_keep_the_law() -> None:
    found, drawn = c05.games(seed=3, count=200)
    again, _ = c05.games(seed=3, count=200)
    assert (found == again).all() and drawn > 200 and len(np.unique(found, axis=0)) == 200
    (r1, r2), (s1, t2), (t1, s2), (p1, p2) = found.T.reshape(4, 2, -1)
    assert (r1 > t1).all() and (r2 > t2).all() and (p1 > s1).all() and (p2 > s2).all()
    assert (r1 > p1).all() and (r2 > p2).all() and found.min() >= 0 and found.max() <= 10
    assert np.abs(found * 10 - np.round(found * 10)).max() < 1e-12
    assert (c05.games(seed=4, count=200)[0] != found).any()


def test_one_draw_in_64_is_kept() -> None:
    """For each player R must be the largest of four and P above S: 1/8 without ties."""
    _, drawn = c05.games(seed=0, count=2000)
    expected = 1 / 64
    assert abs(2000 / drawn - expected) < 4 * np.sqrt(expected / drawn) + 0.001  # ties take a little


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_notions_against_the_derivation_of_single_games(policy: str) -> None:
    payoffs, _ = c05.games(seed=1, count=25)
    found = c05.calls(payoffs, policy)
    for k, row in enumerate(payoffs):
        exact = [tuple(Rational(round(10 * x), 10) for x in cell) for cell in row.reshape(4, 2)]
        cells = {(i, j): exact[2 * i + j] for i in (0, 1) for j in (0, 1)}
        game = normal_form("drawn", (("a", "b"),) * 2, cells, target=("a", "a"))
        order = order_inclusion(game, policy)
        assert order.cooperative and order.holds == found.order[k]


def test_the_mean_against_the_exact_integral() -> None:
    found = c05.mean_alignment(rows(SYMMETRIC), "direct")
    for (r, s, t, p), value in zip(SYMMETRIC, found, strict=True):
        assert value == pytest.approx(float(mean_alignment().subs({R: r, S: s, T: t, P: p})), abs=1e-12)


def test_the_mean_in_log_odds_against_a_sample() -> None:
    game = stag_hunt()
    inner = game.value_of(align(game, "logit").inner_product)
    axes = [row[0] for row in parameters(game, "direct")]
    p, q = 1 / (1 + np.exp(-np.random.default_rng(0).normal(0, 1.35, (2, 400))))
    values = [float(inner.subs(dict(zip(axes, at, strict=True)))) for at in zip(p, q, strict=True)]
    found = c05.mean_alignment(rows([(4, 0, 3, 2)]), "logit")[0]
    assert abs(np.mean(values) - found) < 4 * np.std(values) / np.sqrt(len(values))


def test_by_hand() -> None:
    """4,0,3,2 has order; 6,1,0,2 is aligned near the target and in the mean and loses; 4,0,1,3 gains without."""
    found = c05.calls(rows(SYMMETRIC), "direct")
    assert found.order.tolist() == [True, False, False, False]
    assert found.near_target.all()
    assert (found.mean[:3] > 0).all() and abs(found.mean[3]) < 1e-12  # −K(2P − R + S − 2T)/3
    assert (found.change > 0).tolist() == [True, False, False, True]
    assert (np.sign(found.flux) == np.sign(found.change)).all() and found.resolved.all()
    assert found.flux[0] == pytest.approx(4, rel=1e-12)


@pytest.mark.thorough
def test_verdicts() -> None:
    assert c05.CHECKS["C5.flux"](Run("quick", 0)).verdict is Verdict.SUPPORTED
    finding = c05.CHECKS["C5.ordering"](Run("quick", 0))
    assert finding.verdict is Verdict.REFUTED
    (r, s, t, p), found = c05.shrinking()
    assert r > t > s and p > s and found.value < 0


def test_a_wrong_flux_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    right = flux.fluxes
    monkeypatch.setattr(c05, "GAMES", 30)
    monkeypatch.setattr(c05, "games", lambda seed, count=30: (rows(SYMMETRIC), 4))

    def flipped(*arguments: object) -> flux.Estimates:
        found = right(*arguments)  # type: ignore[arg-type]
        return flux.Estimates(-found.values, found.errors, found.undecided)

    monkeypatch.setattr(flux, "fluxes", flipped)
    assert c05.CHECKS["C5.flux"](Run("quick", 0)).verdict is Verdict.REFUTED
    assert c05.CHECKS["C5.ordering"](Run("quick", 0)).verdict is Verdict.REFUTED  # at T = S and p* > 1/2 it falls


def test_a_loss_under_order_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c05, "games", lambda seed: (rows(SYMMETRIC), 4))
    right = c05.calls

    def ordered(payoffs: np.ndarray, policy: str) -> c05.Calls:
        found = right(payoffs, policy)
        return c05.Calls(found.change, found.resolved, found.flux, found.near_target, found.mean, found.order | True)

    monkeypatch.setattr(c05, "calls", ordered)
    finding = c05.CHECKS["C5.flux"](Run("quick", 0))
    assert finding.verdict is Verdict.UNDECIDED and "against C5.order" in finding.reason
