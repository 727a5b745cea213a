"""Basin membership by oracle: against the closed-form separatrix, and what it leaves undecided."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from numerics.dynamics import Learning, Schedule
from numerics.oracle import in_target_basin
from numerics.policies import from_first_probability
from theory.errors import BadInput
from theory.games import AnyGame, matching_pennies, stag_hunt, tandem
from theory.policies import Coordinates


def learning(game: AnyGame, policy: Coordinates, lr: float = 0.1) -> Learning:
    # A strong correction that the oracle must switch off.
    return Learning(game, policy, "meta", "expanded", 1, (1.0, 1.0), 1.0, 0.2, Schedule(lr), clip=8.0)


def test_direct_basin_is_the_half_plane_of_policy_gradient() -> None:
    ends = np.random.default_rng(1).uniform(0, 1, (2, 500))
    inside, undecided = in_target_basin(learning(stag_hunt(), "direct", 0.05), ends)
    assert not undecided.any()
    # λ = 0 at 4,0,3,2: p + q > 4/3; with the correction λ = 1/5 the boundary would be elsewhere.
    assert (inside == (ends.sum(0) > 4 / 3)).all()
    assert (inside != (ends.sum(0) > 7 / 12)).any()


def test_logit_basin_is_bounded_by_the_conserved_quantity() -> None:
    # At 4,0,3,2 in logit coordinates x' = p(1-p)(3q-2), y' = q(1-q)(3p-2), so F(p) - F(q) is conserved with
    # F' = (3p-2)/(p(1-p))^2; with one probability on each side of 2/3 the larger F wins.
    def climb(probability: float) -> float:
        return float(quad(lambda u: (3 * u - 2) / (u * (1 - u)) ** 2, 2 / 3, probability)[0])

    p = np.random.default_rng(2).uniform(0.05, 0.95, (2, 40))
    above, below = p.max(0), p.min(0)
    margin = np.array([climb(a) - climb(b) for a, b in zip(above, below, strict=True)])
    expected = np.where(below > 2 / 3, True, np.where(above < 2 / 3, False, margin > 0))
    resolved = (below > 0.7) | (above < 0.63) | (abs(margin) > 0.5)  # Euler steps of 0.1 do not conserve F exactly
    assert resolved.sum() > 30 and (below < 2 / 3).any() and (above > 2 / 3).any()
    inside, undecided = in_target_basin(learning(stag_hunt(), "logit"), from_first_probability("logit", p))
    assert not undecided[resolved].any()
    assert (inside == expected)[resolved].all()


def test_rest_points_and_nan() -> None:
    ends = np.array([[2 / 3, 1.0, np.nan], [2 / 3, 0.0, 0.5]])
    inside, undecided = in_target_basin(learning(stag_hunt(), "direct"), ends)
    assert not inside.any() and undecided[2]


def test_games_without_a_target() -> None:
    with pytest.raises(BadInput, match="no target"):
        in_target_basin(learning(matching_pennies(), "direct"), np.full((2, 1), 0.5))
    with pytest.raises(BadInput, match="real parameters"):
        in_target_basin(learning(tandem(), "direct"), np.zeros((2, 1)))
