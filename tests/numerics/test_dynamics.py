"""numerics.dynamics: single steps by hand, batches as loops, and basins against the closed form."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational

from numerics import Experiment, Outcome, basins, dynamics, simulate, starts
from numerics.annealing import TwoPhase
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule, run
from numerics.inits import Grid
from numerics.statistics import wilson
from theory.games import Game, ipd, normal_form, stag_hunt
from theory.separatrix import separatrix

# ----------------------------------------------------------------------------------------------------- schedules


def test_schedule_by_hand() -> None:
    published = Schedule(0.9, 0.24, 10.0)
    assert published.size(0) == pytest.approx(0.9 / 10**0.24, rel=1e-15)
    assert published.size(0) == pytest.approx(0.5178960, abs=1e-7)
    assert published.size(130) == pytest.approx(0.9 / 140**0.24, rel=1e-15)
    assert Schedule(1.0, 1.0, 1.0).size(3) == 0.25
    assert Schedule(3.0, 2.0, 0.5).size(1) == pytest.approx(3 / 2.25)
    assert [Schedule(0.1).size(n) for n in (0, 7, 10**6)] == [0.1] * 3
    assert Schedule(1.0, -1.0, 2.0).size(4) == 6


@given(
    st.floats(1e-6, 1e6),
    st.floats(-3, 3),
    st.floats(1e-3, 1e3),
    st.integers(0, 10**6),
)
def test_schedule_formula(lr: float, power: float, offset: float, step: int) -> None:
    assert Schedule(lr, power, offset).size(step) == pytest.approx(lr * (step + offset) ** -power, rel=1e-12)


@pytest.mark.parametrize(("power", "offset"), [(400.0, 10.0), (2.0, 1e-200), (-400.0, 10.0), (-2.0, 1e-200)])
def test_schedule_beyond_floating_point_is_no_exception(power: float, offset: float) -> None:
    """Underflow to 0 and overflow to inf, as in the compiled fields; the run then is undecided or does not move."""
    size = Schedule(0.1, power, offset).size(0)
    assert size == (0 if power * (1 if offset > 1 else -1) > 0 else np.inf)


# ------------------------------------------------------------------------------------------------- steps by hand


def learning(rule: str, policy: str = "direct", form: str = "expanded", **changes: object) -> Learning:
    settings = {
        "game": stag_hunt(), "policy": policy, "rule": rule, "form": form, "unroll": 1, "inner_lr": (0.1, 0.1),
        "own": 1.0, "peer": 1.0, "schedule": Schedule(1.0),
    }  # fmt: skip
    return Learning(**{**settings, **changes})


def draw(init: str, game: Game, policy: str, count: int, seed: int) -> Array:
    return starts.draw(Experiment(game, "mean-value:0", init=init, policy=policy, count=count, seed=seed))


def column(*entries: float) -> Array:
    return np.array(entries)[:, None]


def test_one_direct_step_by_hand() -> None:
    """4,0,3,2 at p = 1/2, q = 1/4: v = (3q − 2, 3p − 2) = (−5/4, −1/2), C = 3 (1 + 3p, 1 + 3q) = (15/2, 21/4).

    With α = 1/10 and c_peer = 2 the update is v + C/5 = (1/4, 11/20); η_0 = 2/5.
    """
    peer = learning("peer", peer=2.0, schedule=Schedule(0.4))
    phi = column(0.5, 0.25)
    assert peer.update(phi)[:, 0] == pytest.approx([0.25, 0.55], rel=1e-14)
    assert peer.step(phi, 0)[:, 0] == pytest.approx([0.6, 0.47], rel=1e-14)
    assert (phi[:, 0] == [0.5, 0.25]).all()
    # meta is the same: V is affine in the own probability, so nothing is added by own-learning
    assert (learning("meta", peer=2.0, own=9.0).update(phi) == peer.update(phi)).all()
    assert learning("pg").update(phi)[:, 0].tolist() == [-1.25, -0.5]
    assert learning("pg").step(phi, 0)[:, 0].tolist() == [0, 0]  # projected from −3/4 and −1/4
    assert learning("peer", peer=2.0, schedule=Schedule(10.0)).step(phi, 0)[:, 0].tolist() == [1, 1]


def test_one_unrolled_direct_step_by_hand() -> None:
    """φ₁ = (3/8, 1/5); current = (3/5 − 2, 9/8 − 2), peer = α · 3 (1 + 3·3/8, 1 + 3/5) = (.6375, .48)."""
    phi = column(0.5, 0.25)
    assert learning("current", form="unrolled").update(phi)[:, 0] == pytest.approx([-1.4, -0.875])
    assert learning("meta", form="unrolled").update(phi)[:, 0] == pytest.approx([-0.7625, -0.395])
    assert learning("peer", form="unrolled", peer=10.0).update(phi)[:, 0] == pytest.approx([4.975, 3.925])
    # player 1 learns with α₁ = 0 < α₂: φ₁ = (1/2, 1/5), and its peer moves by α₂, not α₁
    update = learning("meta", form="unrolled", inner_lr=(1e-300, 0.1)).update(phi)[:, 0]
    assert update[0] == pytest.approx((3 * 0.2 - 2) + 0.1 * 3 * (1 + 3 * 0.5))
    assert update[1] == pytest.approx(3 * 0.5 - 2)


def test_one_logit_step_by_hand() -> None:
    """At x = y = 0: g = −1/8, C = 3/16 · 5/8 = 15/128; α = 1, c_peer = 2 give 7/64 to both players."""
    settings = {"policy": "logit", "inner_lr": (1.0, 1.0), "peer": 2.0, "schedule": Schedule(8.0)}
    phi = column(0.0, 0.0)
    assert learning("peer", **settings).update(phi)[:, 0] == pytest.approx([7 / 64] * 2, rel=1e-14)
    assert learning("peer", **settings).step(phi, 0)[:, 0] == pytest.approx([0.875] * 2, rel=1e-14)
    assert learning("peer", clip=0.5, **settings).step(phi, 0)[:, 0].tolist() == [0.5, 0.5]
    assert learning("pg", clip=0.5, **settings).step(phi, 0)[:, 0].tolist() == [-0.5, -0.5]
    assert learning("pg", clip=2.0, **settings).step(phi, 0)[:, 0] == pytest.approx([-1.0, -1.0])


def test_logit_is_clipped_and_not_projected() -> None:
    far = learning("pg", "logit").step(column(5.0, -3.0), 0)
    assert far[0, 0] > 1 and far[1, 0] < 0
    assert learning("pg", "logit", clip=2.0).step(column(5.0, -3.0), 0)[:, 0].tolist() == [2, -2]


def test_the_schedule_counts_from_zero_and_is_used() -> None:
    decaying = learning("pg", schedule=Schedule(0.1, 1.0, 2.0))
    phi, update = column(0.5, 0.5), -0.5
    first = decaying.step(phi, 0)
    assert first[:, 0] == pytest.approx([0.5 + 0.1 / 2 * update] * 2)
    assert run(decaying, phi, 1)[:, 0] == pytest.approx(first[:, 0])
    second = decaying.step(first, 1)
    assert second[:, 0] == pytest.approx(first[:, 0] + 0.1 / 3 * (3 * first[:, 0] - 2))
    assert (run(decaying, phi, 2) == second).all()


def test_coefficients_are_annealed_and_the_gradient_is_not() -> None:
    """Factor 1/2 at step 1 halves C, not v."""
    annealed = learning("peer", peer=2.0, anneal=TwoPhase(0, 1.0, 1.0))
    phi = column(0.5, 0.25)
    assert annealed.update(phi, 0)[:, 0] == pytest.approx([0.25, 0.55])
    assert annealed.update(phi, 1)[:, 0] == pytest.approx([-1.25 + 0.75, -0.5 + 0.525])
    assert annealed.step(phi, 1)[:, 0] == pytest.approx(np.clip(phi[:, 0] + [-0.5, 0.025], 0, 1))


def test_both_coefficients_are_annealed() -> None:
    """At the end of the decay, and at c_own = c_peer = 0, every rule is policy gradient; half-way it is the mean."""
    phi = column(0.7, -0.4)
    settings = {"policy": "logit", "inner_lr": (1.0, 1.0), "own": 3.0, "peer": 2.0}
    for rule in ("own", "peer", "meta"):
        annealed = learning(rule, **settings, anneal=TwoPhase(0, 1.0, 1.0))
        whole, half = annealed.update(phi, 0), annealed.update(phi, 1)
        plain = learning("pg", **settings).update(phi)
        assert (abs(whole - plain) > 1e-3).any()
        assert half == pytest.approx((whole + plain) / 2, rel=1e-12)


def test_payoffs_reach_the_field() -> None:
    phi = column(0.5, 0.25)
    richer = learning("pg", game=stag_hunt(R=6, T=1, P=1)).update(phi)[:, 0]
    assert richer == pytest.approx([6 * 0.25 - 1, 6 * 0.5 - 1])  # D = 6, P − S = 1


# ------------------------------------------------------------------------------------------------ runs as loops


def by_loop(rule: Learning, first: Array, steps: int) -> Array:
    """One start at a time, one step at a time."""
    ends = np.empty_like(first)
    for start in range(first.shape[1]):
        phi = first[:, start : start + 1]
        for number in range(steps):
            phi = phi + rule.schedule.size(number) * rule.update(phi, number)
            if rule.policy == "direct":
                phi = np.clip(phi, 0, 1)
            if rule.clip is not None:
                phi = np.maximum(np.minimum(phi, rule.clip), -rule.clip)
        ends[:, start] = phi[:, 0]
    return ends


@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("game", [stag_hunt(), ipd()], ids=lambda game: game.name)
def test_a_run_is_a_loop(game: Game, policy: str) -> None:
    rule = learning("meta", policy, "unrolled", game=game, schedule=Schedule(0.2, 0.5, 2.0), inner_lr=(0.1, 0.05))
    rule = rule if policy == "direct" else Learning(**{**vars(rule), "clip": 2.0, "anneal": TwoPhase(4, 1.0, 3.0)})
    first = draw("normal:1", game, policy, 9, 2)
    together, alone = run(rule, first, 12), by_loop(rule, first, 12)
    # exp of one number and of an array may differ in the last place
    assert (together == alone).all() if policy == "direct" else together == pytest.approx(alone, abs=1e-10)
    assert (together != first).any(0).sum() >= 5


@pytest.mark.parametrize("size", [1, 5, 7, 20, 21])
def test_block_boundaries_do_not_matter(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = learning("meta", "direct", "unrolled", schedule=Schedule(0.05))
    first = draw("uniform:0:1", stag_hunt(), "direct", 20, 4)
    whole = run(rule, first, 15)
    seen: list[tuple[int, slice]] = []
    monkeypatch.setattr(dynamics, "BLOCK", size)
    blocked = run(rule, first, 15, lambda number, columns, phi: seen.append((number, columns)))
    assert (blocked == whole).all()
    assert [number for number, columns in seen if columns.start == 0] == list(range(16))
    assert sorted({(c.start, c.stop) for _, c in seen}) == [(k, min(k + size, 20)) for k in range(0, 20, size)]


def test_watch_sees_every_state_of_a_run() -> None:
    rule = learning("peer", schedule=Schedule(0.05))
    first = draw("uniform:0:1", stag_hunt(), "direct", 3, 4)
    seen: dict[int, Array] = {}
    end = run(rule, first, 4, lambda number, columns, phi: seen.update({number: phi.copy()}))
    assert list(seen) == [0, 1, 2, 3, 4]
    assert (seen[0] == first).all() and (seen[4] == end).all()
    for number in range(4):
        assert (seen[number + 1] == rule.step(seen[number], number)).all()


def test_a_run_leaves_its_starts_alone() -> None:
    rule = learning("pg", schedule=Schedule(0.1))
    first = draw("uniform:0:1", stag_hunt(), "direct", 5, 1)
    before = first.copy()
    end = run(rule, first, 3)
    end[...] = 7
    assert (first == before).all()


def test_no_step_is_the_identity() -> None:
    first = draw("uniform:0:1", stag_hunt(), "direct", 5, 1)
    assert (run(learning("meta"), first, 0) == first).all()
    assert run(learning("meta"), first[:, :0], 3).shape == (2, 0)


# ---------------------------------------------------------------------------------------------- NaN and infinity


@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("clip", [None, 1.5])
def test_nan_stays_nan_and_alone(policy: str, clip: float | None) -> None:
    rule = learning("meta", policy, "unrolled", clip=clip, schedule=Schedule(0.1))
    first = draw("uniform:0.1:0.9", stag_hunt(), policy, 6, 0)
    clean = run(rule, first, 10)
    spoilt = first.copy()
    spoilt[0, 2], spoilt[:, 4] = np.nan, np.nan
    end = run(rule, spoilt, 10)
    assert np.isnan(end[:, [2, 4]]).all()
    kept = [0, 1, 3, 5]
    assert (end[:, kept] == clean[:, kept]).all() or policy == "logit"
    assert end[:, kept] == pytest.approx(clean[:, kept], abs=1e-12)


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_overflow_is_undecided_without_warnings(policy: str) -> None:
    """Warnings are errors here. A start that stops being finite is never repaired by clipping or projection."""
    rule = learning("peer", policy, clip=8.0, schedule=Schedule(1e308), peer=1e308)
    first = draw("uniform:0.3:0.9", stag_hunt(), policy, 6, 0)
    assert np.isnan(run(rule, first, 3)).all()


def test_three_actions_stay_on_the_simplex() -> None:
    """Rock, Paper, Scissors in direct coordinates with large steps: every iterate is a policy."""
    beats = {(0, 0): (0, 0), (0, 1): (-1, 1), (0, 2): (1, -1), (1, 0): (1, -1), (1, 1): (0, 0), (1, 2): (-1, 1)}
    beats |= {(2, 0): (-1, 1), (2, 1): (1, -1), (2, 2): (0, 0)}
    game = normal_form("rps", [list("RPS")] * 2, beats)
    rule = learning("meta", "direct", "unrolled", game=game, schedule=Schedule(0.7))
    first = draw("normal:1", game, "direct", 40, 0)

    def watch(number: int, columns: slice, phi: Array) -> None:
        assert (phi >= 0).all()
        assert phi[:3].sum(0) == pytest.approx(np.ones(40)) and phi[3:].sum(0) == pytest.approx(np.ones(40))

    run(rule, first, 60, watch)


# ----------------------------------------------------------------------------------------- basins in closed form

# (R, S, T, P) and four λ each, all with λ D ≤ 1 and 0 ≤ s* ≤ 2, D = R − S − T + P. In the third set T < S: there the
# basin of (Stag, Stag) shrinks as λ grows, in the fourth T = S: it does not move.
PAYOFFS = ((4, 0, 3, 2), (6, 1, 2, 3), (4, 2, 1, 3), (3, 1, 1, 2))
SIZES = (Fraction(0), Fraction(1, 20), Fraction(1, 10), Fraction(3, 25))
CELLS = [(payoffs, size) for payoffs in PAYOFFS for size in SIZES]


def boundary_by_hand(payoffs: tuple[int, int, int, int], size: Fraction) -> Fraction:
    """s* = 2 (p* − λ(T − P)) / (1 + λD), p* = (P − S)/D: worked on paper from v + λC = 0 at p = q."""
    r, s, t, p = map(Fraction, payoffs)
    slope = r - s - t + p
    return 2 * ((p - s) / slope - size * (t - p)) / (1 + size * slope)


def share_by_hand(boundary: Fraction) -> Fraction:
    """Area of {p + q > s*} in the unit square."""
    return 1 - boundary**2 / 2 if boundary <= 1 else (2 - boundary) ** 2 / 2


def game_of(payoffs: tuple[int, int, int, int]) -> Game:
    return stag_hunt(**dict(zip("RSTP", payoffs, strict=True)))


def peer_experiment(payoffs: tuple[int, int, int, int], size: Fraction, **changes: object) -> Experiment:
    """Half of λ in α and half in c_peer; the expanded field depends on the product alone."""
    settings = {
        "game": game_of(payoffs), "success": "initial-cooperation:0.99", "methods": ("peer",), "form": "expanded",
        "policy": "direct", "inner_lr": (0.5,), "peer": 2 * float(size), "lr": 0.08, "steps": 250,
        "init": "uniform:0:1", "count": 4000, "seed": 20,
    }  # fmt: skip
    return Experiment(**{**settings, **changes})


@lru_cache
def simulated(payoffs: tuple[int, int, int, int], size: Fraction) -> Outcome:
    return simulate(peer_experiment(payoffs, size))


@pytest.mark.parametrize(("payoffs", "size"), CELLS)
def test_closed_form_is_the_one_on_paper(payoffs: tuple[int, int, int, int], size: Fraction) -> None:
    line, exact_size = separatrix(game_of(payoffs)), Rational(size.numerator, size.denominator)
    boundary = boundary_by_hand(payoffs, size)
    assert Fraction(str(line.boundary.subs(line.values(exact_size)))) == boundary
    assert Fraction(str(line.share(exact_size))) == share_by_hand(boundary)
    assert 0 < boundary < 2 and size * (payoffs[0] - payoffs[1] - payoffs[2] + payoffs[3]) <= 1


def test_published_shares_of_the_closed_form() -> None:
    shares = [float(share_by_hand(boundary_by_hand((4, 0, 3, 2), Fraction(k, 20)))) for k in (0, 1, 2, 4)]
    assert shares == pytest.approx([0.2222, 0.4302, 0.6200, 0.8299], abs=5e-5)


@pytest.mark.parametrize(("payoffs", "size"), CELLS)
def test_random_starts_agree_with_the_closed_form(payoffs: tuple[int, int, int, int], size: Fraction) -> None:
    """Wilson intervals that hold together with 95 % (Bonferroni over all cells)."""
    result = simulated(payoffs, size)["peer"]
    low, high = wilson(result.share.successes, result.share.total, 1 - 0.05 / len(CELLS))
    assert result.share.undecided == 0
    assert low <= float(share_by_hand(boundary_by_hand(payoffs, size))) <= high
    assert high - low < 0.06


@pytest.mark.parametrize(("payoffs", "size"), CELLS)
def test_every_single_start_ends_on_its_side(payoffs: tuple[int, int, int, int], size: Fraction) -> None:
    """Sharper than any interval: the label of each start is the side of p + q = s* it lies on."""
    outcome, boundary = simulated(payoffs, size), float(boundary_by_hand(payoffs, size))
    assert (outcome["peer"].success == (outcome.starts.sum(0) > boundary)).all()


def test_the_wrong_closed_form_is_noticed() -> None:
    """Negative control: the shares of λ = .05 do not pass as those of λ = .1, nor those of another game."""
    result = simulated((4, 0, 3, 2), Fraction(1, 10))["peer"]
    low, high = wilson(result.share.successes, result.share.total, 1 - 0.05 / len(CELLS))
    for payoffs, size in (((4, 0, 3, 2), Fraction(1, 20)), ((6, 1, 2, 3), Fraction(1, 10))):
        assert not low <= float(share_by_hand(boundary_by_hand(payoffs, size))) <= high


@pytest.mark.parametrize(("payoffs", "size"), CELLS)
@pytest.mark.parametrize("points", [40, 101])
def test_grids_agree_within_the_discretisation_bound(
    payoffs: tuple[int, int, int, int], size: Fraction, points: int
) -> None:
    boundary = boundary_by_hand(payoffs, size)
    exact = float(share_by_hand(boundary))
    outcome = simulate(peer_experiment(payoffs, size, init=f"grid:{points}:0:1"))
    result = outcome["peer"]
    assert result.discretisation is not None and result.discretisation <= 3 / points
    assert abs(result.share.fraction - exact) <= result.discretisation
    low, high = basins.grid_area(Grid(points, 0.0, 1.0), result.success)
    assert low <= exact <= high
    total = outcome.starts.sum(0)
    away = abs(total - float(boundary)) > 1e-9  # points on the line itself stay on it or leave it by rounding
    assert (result.success == (total > float(boundary)))[away].all()


@pytest.mark.parametrize(("payoffs", "size"), CELLS)
def test_starts_close_to_the_separatrix_leave_to_their_side(payoffs: tuple[int, int, int, int], size: Fraction) -> None:
    boundary = float(boundary_by_hand(payoffs, size))
    rule = peer_experiment(payoffs, size).learning("peer")
    spread = min(boundary, 2 - boundary)
    apart = np.linspace(-0.999 * spread, 0.999 * spread, 41)
    for distance in (1e-3, 1e-6, 1e-9):
        for side, corner in ((1, 1.0), (-1, 0.0)):
            total = boundary + side * distance
            ends = run(rule, np.stack([(total + apart) / 2, (total - apart) / 2]), 400)
            assert (ends == corner).all()
