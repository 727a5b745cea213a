"""numerics.annealing: the schedule by hand, and annealed runs end where plain policy gradient ends.

Direct coordinates of symmetric 2×2 games, worked on paper: v = D q − (P − S), C = D (T − P + D p) with
D = R − S − T + P, so p + q = s moves by D (1 + λD) (s − s*(λ)), s*(λ) = 2 (p* − λ(T − P))/(1 + λD), p* = (P − S)/D.
For 0 ≤ λ ≤ λ₀ the boundary s*(λ) is monotone, hence between s*(0) and s*(λ₀): a state beyond both has *entered* a
basin, and no coefficient between 0 and λ₀ takes it out again. A state between the two has not, and a slow decay may
undo it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics import annealing, basins, policies
from numerics.annealing import TwoPhase
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule, run
from theory.errors import BadInput
from theory.games import Game, prisoners_dilemma, stag_hunt
from theory.policies import parameters
from theory.separatrix import corrected_field
from theory.strategies import rationals, symmetric_games
from theory.symbols import correction

# ------------------------------------------------------------------------------------------------- schedule, reading


def test_factor_by_hand() -> None:
    decay = TwoPhase(10, 2.0, 5.0)
    assert [decay.factor(n) for n in (0, 1, 9, 10)] == [1, 1, 1, 1]
    assert decay.factor(15) == 0.25  # (1 + 5/5)^−2
    assert decay.factor(20) == pytest.approx(1 / 9)
    assert decay.factor(11) == pytest.approx((6 / 5) ** -2)
    assert TwoPhase(0, 0.5, 1.0).factor(3) == 0.5
    assert TwoPhase(0, 1.0, 1e300).factor(10**6) == 1


@given(st.integers(0, 1000), st.floats(0.01, 4), st.floats(0.01, 1e4), st.integers(0, 2000))
def test_factor_falls_from_one_to_zero(steps: int, power: float, scale: float, step: int) -> None:
    decay = TwoPhase(steps, power, scale)
    assert 0 <= decay.factor(step + 1) <= decay.factor(step) <= 1
    assert (decay.factor(step) == 1) or step > steps
    assert decay.factor(steps + step) == pytest.approx((1 + step / scale) ** -power, rel=1e-12)


@pytest.mark.parametrize("decay", [TwoPhase(0, 1e300, 1.0), TwoPhase(0, 1.0, 1e-300), TwoPhase(0, 1e300, 1e-300)])
def test_extreme_decays_underflow_quietly(decay: TwoPhase) -> None:
    assert decay.factor(0) == 1 and 0 <= decay.factor(5) < 1e-299


def test_what_is_read() -> None:
    assert annealing.parse("none") is None
    assert annealing.parse("two-phase:100:0.6:25") == TwoPhase(100, 0.6, 25.0)
    assert annealing.parse("two-phase:0:1:1e3") == TwoPhase(0, 1.0, 1000.0)


@pytest.mark.parametrize(
    "text",
    [
        "", "None", "two-phase", "two-phase:", "two-phase:1:1", "two-phase:1:1:1:1", "two-phase:-1:1:1",
        "two-phase:1.5:1:1", "two-phase:1e3:1:1", "two-phase:1:0:1", "two-phase:1:-1:1", "two-phase:1:1:0",
        "two-phase:1:1:-2", "two-phase:1:nan:1", "two-phase:1:1:inf", "two-phase:x:1:1", "three-phase:1:1:1",
        "two-phase:nan:1:1", "none:1:1:1", "two_phase:1:1:1",
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^--anneal: .* is not none or two-phase:STEPS:POWER:SCALE .*\.$") as caught:
        annealing.parse(text)
    assert repr(text) in str(caught.value)


# ------------------------------------------------------------------------------------------------ by hand, direct


def boundary(game: Game, size: Fraction) -> Fraction:
    """s*(λ): see the module."""
    r, s, t, p = (Fraction(int(v.p), int(v.q)) for _, v in game.parameters)
    slope = r - s - t + p
    return 2 * ((p - s) / slope - size * (t - p)) / (1 + size * slope)


def largest_size(game: Game) -> Fraction:
    """The largest λ₀ with λ₀D ≤ 1 (p − q does not grow) and 0 ≤ s*(λ₀) ≤ 2."""
    r, s, t, p = (Fraction(int(v.p), int(v.q)) for _, v in game.parameters)
    slope = r - s - t + p
    limits = [1 / slope]
    if t > p:  # s* falls to 0
        limits.append((p - s) / slope / (t - p))
    if s > r:  # s* rises to 2
        limits.append((r - t) / slope / (s - r))
    return min(limits)


def corrected(game: Game, size: Fraction, decay: TwoPhase | None, eta: float) -> Learning:
    """v + λC with λ = α · c_peer, α = 1."""
    schedule = Schedule(eta)
    return Learning(game, "direct", "peer", "expanded", 1, (1.0, 1.0), 1.0, float(size), schedule, None, decay)


def plain(learning: Learning) -> Learning:
    return replace(learning, rule="pg", anneal=None)


def run_from(learning: Learning, phi: Array, first: int, steps: int) -> Array:
    """Steps ``first`` … ``first + steps − 1`` of a run."""
    for number in range(first, first + steps):
        phi = learning.step(phi, number)
    return phi


def rests_under_policy_gradient(learning: Learning, phi: Array) -> bool:
    """Zeros of the projected policy gradient: no step of any size moves them."""
    pg = plain(learning)
    return all((replace(pg, schedule=Schedule(eta)).step(phi, 0) == phi).all() for eta in (1e-3, 1.0, 1e3))


FRACTIONS = rationals(0, 1, 12, open_interval=True).map(lambda v: Fraction(int(v.p), int(v.q)))


@settings(max_examples=40)
@given(
    symmetric_games("coordination"), FRACTIONS, FRACTIONS, FRACTIONS, st.booleans(), st.integers(0, 12),
    st.sampled_from([(0.6, 20.0), (1.0, 5.0), (2.0, 1.0)]),
)  # fmt: skip
def test_anneal_recovery_of_the_equilibrium_entered(
    game: Game,
    part: Fraction,
    depth: Fraction,
    skew: Fraction,
    above: bool,
    phase: int,
    decay: tuple[float, float],
) -> None:
    """Random stag hunts and starts: from the switch point, annealing and policy gradient reach the same equilibrium.

    The start lies beyond both s*(0) and s*(λ₀): a part ``depth`` of the way to the corner, ``skew`` off the diagonal.
    """
    size = part * largest_size(game)
    ends = [boundary(game, Fraction(0)), boundary(game, size)]
    assert all(0 <= end <= 2 for end in ends)
    total = max(ends) + depth * (2 - max(ends)) if above else (1 - depth) * min(ends)
    if total in (0, 2, *ends):  # s* on a corner: there is no room beyond it
        return
    width = (2 * skew - 1) * min(total, 2 - total)
    start = np.array([[float((total + width) / 2)], [float((total - width) / 2)]])
    slope = float(sum(f.subs(dict(game.parameters)) for f in game.ordering))
    annealed = corrected(game, size, TwoPhase(phase, *decay), eta=0.5 / slope)
    switch = run_from(annealed, start, 0, phase)
    end = run_from(annealed, switch, phase, 150)
    assert (end == (1.0 if above else 0.0)).all()
    assert (run_from(plain(annealed), switch, phase, 150) == end).all()
    assert rests_under_policy_gradient(annealed, end)


@settings(max_examples=12)
@given(symmetric_games("coordination"), FRACTIONS)
def test_anneal_recovery_keeps_every_strict_equilibrium(game: Game, part: Fraction) -> None:
    """A run that starts at a strict equilibrium is back there, even if the correction drives it out for a while.

    λ = 3/D is beyond the closed form's scope; the decay is fast enough to leave the run near its corner.
    """
    slope = float(sum(f.subs(dict(game.parameters)) for f in game.ordering))
    annealed = corrected(game, 3 * part / Fraction(slope), TwoPhase(0, 8.0, 0.5), eta=0.01 / slope)
    corners = np.array([[0.0, 1.0], [0.0, 1.0]])
    assert (run(annealed, corners, 800) == corners).all()
    assert rests_under_policy_gradient(annealed, corners)


def test_anneal_recovery_on_a_grid_of_the_stag_hunt() -> None:
    """All starts of a grid that have entered at the switch; both equilibria occur, and phase 1 moves starts across."""
    annealed = corrected(stag_hunt(), Fraction(1, 5), TwoPhase(10, 1.0, 5.0), eta=0.05)
    axis = np.linspace(0.01, 0.99, 40)
    first = np.stack([rows.ravel() for rows in np.meshgrid(axis, axis)])
    switch, end = run(annealed, first, 10), run(annealed, first, 500)
    limit = run_from(plain(annealed), switch, 10, 500)
    entered = (switch.sum(0) > 4 / 3) | (switch.sum(0) < float(boundary(stag_hunt(), Fraction(1, 5))))
    assert (end == limit)[:, entered].all()
    moved_across = (run(plain(annealed), first, 500) != end).any(0)
    assert entered.mean() > 0.5 and moved_across[entered].sum() > 100
    assert set(map(tuple, end.T)) == {(0.0, 0.0), (1.0, 1.0)}
    assert rests_under_policy_gradient(annealed, end)


def test_anneal_recovery_needs_entry() -> None:
    """False law, refuted: "from the switch point on, annealing and policy gradient always agree".

    At (4,0,3,2) and λ₀ = 1/5 the boundary moves from 4/3 down to 7/12. From p = q = 1/2 policy gradient falls to
    (Hare, Hare), and so does a fast decay, but a slow one keeps the correction until the run is past 4/3.
    """
    start = np.full((2, 1), 0.5)
    assert boundary(stag_hunt(), Fraction(1, 5)) == Fraction(7, 12) < 1 < Fraction(4, 3)
    slow = corrected(stag_hunt(), Fraction(1, 5), TwoPhase(0, 1.0, 1000.0), eta=0.05)
    fast = corrected(stag_hunt(), Fraction(1, 5), TwoPhase(0, 8.0, 0.5), eta=0.05)
    assert (run(plain(slow), start, 500) == 0).all()
    assert (run(slow, start, 500) == 1).all()
    assert (run(fast, start, 500) == 0).all()


# ----------------------------------------------------------------------- negative control: annealing switched off

# Prisoner's Dilemma 3,0,4,2 has D = 1: v = q − 2 < 0 and C = 2 + p > 0. At (D, D) v + λC = 2λ − 2, so the constant
# correction destroys the only equilibrium for λ > 1; then 3λ − 1 > 0 makes (C, C) the limit, which is no equilibrium.
DILEMMA = prisoners_dilemma(R=3, S=0, T=4, P=2)


def test_anneal_recovery_control_is_what_the_theory_says() -> None:
    (p,), (q,) = parameters(DILEMMA, "direct")
    field = corrected_field(DILEMMA)
    for player, (own, other) in enumerate(((p, q), (q, p))):
        value = DILEMMA.value_of(field[player])
        assert (value - (other - 2 + correction * (2 + own))).expand() == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_anneal_recovery_fails_when_annealing_is_switched_off(seed: int) -> None:
    """The same run without decay ends at (C, C), which policy gradient leaves: the recovery test can fail."""
    starts = np.random.default_rng(seed).uniform(0, 1, (2, 50))
    constant = corrected(DILEMMA, Fraction(3, 2), None, eta=0.05)
    annealed = replace(constant, anneal=TwoPhase(20, 1.0, 10.0))
    recovered, moved = run(annealed, starts, 2000), run(constant, starts, 2000)
    assert (recovered == 0).all() and rests_under_policy_gradient(annealed, recovered)
    assert (recovered == run(plain(annealed), starts, 2000)).all()
    assert (moved == 1).all() and not rests_under_policy_gradient(constant, moved)
    assert (run(plain(constant), moved, 2000) == 0).all()


@pytest.mark.parametrize(("size", "end"), [(Fraction(99, 100), 0.0), (Fraction(101, 100), 1.0)])
def test_anneal_recovery_control_at_its_exact_bound(size: Fraction, end: float) -> None:
    """λ = 1 is where (D, D) is lost: just below, the constant correction leaves it alone."""
    constant = corrected(DILEMMA, size, None, eta=0.05)
    assert (run(constant, np.zeros((2, 1)), 3000) == end).all()
    annealed = replace(constant, anneal=TwoPhase(0, 1.0, 100.0))
    assert (run(annealed, np.zeros((2, 1)), 3000) == 0).all()


def test_anneal_recovery_of_the_hare_equilibrium() -> None:
    """Stag Hunt 4,0,3,2, λ = 1 > 2/3 = (P − S)/(D (T − P)): (Hare, Hare) is lost, and annealing gives it back."""
    constant = corrected(stag_hunt(), Fraction(1), None, eta=0.02)
    start = np.array([[0.02, 0.0], [0.01, 0.0]])
    assert (run(constant, start, 1000) == 1).all()
    assert (run(replace(constant, anneal=TwoPhase(0, 2.0, 2.0)), start, 1000) == 0).all()
    edge = corrected(stag_hunt(), Fraction(66, 100), None, eta=0.02)
    assert (run(edge, np.zeros((2, 1)), 1000) == 0).all()


# ------------------------------------------------------------------------------------------------------------ logit


def test_anneal_recovery_in_log_odds() -> None:
    """Published settings: runs past Stag probability 9/10 or below 1/10 at the switch end as policy gradient does.

    Equilibria lie at infinity here; with clipping the limit is a corner of the box, where policy gradient stays.
    """
    annealed = Learning(
        stag_hunt(), "logit", "meta", "expanded", 1, (0.55, 0.55), 0.35, 1.5, Schedule(0.9, 0.24, 10.0), 4.0,
        TwoPhase(60, 1.0, 20.0),
    )  # fmt: skip
    axis = np.linspace(-2.5, 2.5, 21)
    first = np.stack([rows.ravel() for rows in np.meshgrid(axis, axis)])
    switch, end = run(annealed, first, 60), run(annealed, first, 2500)
    limit = run_from(plain(annealed), switch, 60, 2440)
    pi = policies.probabilities(stag_hunt(), "logit", switch, 0, 0)[0]
    other = policies.probabilities(stag_hunt(), "logit", switch, 1, 0)[0]
    entered = ((pi > 0.9) & (other > 0.9)) | ((pi < 0.1) & (other < 0.1))
    assert entered.mean() > 0.7
    assert (end == limit)[:, entered].all() and (abs(end[:, entered]) == 4).all()
    assert (plain(annealed).step(end, 2500) == end)[:, entered].all()
    for column in (end, limit):
        success, undecided = basins.succeeded(basins.InitialCooperation(0.82), stag_hunt(), "logit", column)
        assert not undecided.any() and 0.2 < success[entered].mean() < 0.8


def test_anneal_recovery_of_the_plain_update_at_once() -> None:
    """With a decay that underflows after one step the annealed run is policy gradient from then on, to the bit."""
    annealed = corrected(stag_hunt(), Fraction(1, 5), TwoPhase(3, 1e300, 1e-300), eta=0.05)
    start = np.random.default_rng(4).uniform(0, 1, (2, 30))
    switch = run(annealed, start, 4)  # the last corrected step is number 3, where the factor is still 1
    assert (run(corrected(stag_hunt(), Fraction(1, 5), None, 0.05), start, 4) == switch).all()
    assert (run(annealed, start, 30) == run_from(plain(annealed), switch, 4, 26)).all()


def test_sizes_of_the_examples() -> None:
    """The bound used for drawing λ₀, by hand: D = 3, p*/(T − P) = 2/3 for 4,0,3,2; Fraction arithmetic throughout."""
    assert largest_size(stag_hunt()) == Fraction(1, 3)
    assert largest_size(stag_hunt(R=10, S=0, T=9, P=1)) == Fraction(1, 16)  # s* = 0 before λD = 1
    assert boundary(stag_hunt(R=10, S=0, T=9, P=1), Fraction(1, 16)) == 0
    assert largest_size(stag_hunt(R=1, S=3, T=0, P=4)) == Fraction(1, 4)  # s* = 2 before λD = 1
    assert boundary(stag_hunt(R=1, S=3, T=0, P=4), Fraction(1, 4)) == 2
