"""Hypothesis strategies for games, policies and step sizes: property tests of your own games, rules and claims.

Needs the ``test`` extra (``pip install 'basin-entry[test]'``). Every object is valid by construction, so nothing is
filtered out, and every number is an exact rational with a small denominator, so counterexamples shrink to numbers
that fit on paper. A test of your own, with the derivative of the unroll as the independent check::

    from hypothesis import given, strategies as st
    from theory import strategies
    from theory.decomposition import decompose, differentiated_unroll


    @given(st.data())
    def test_terms_add_up(data):
        game = data.draw(strategies.one_shot_games(actions=(2, 3)))
        values = data.draw(strategies.program_inputs(game, "direct"))
        terms = decompose(game, "direct").program.at(values)
        total = differentiated_unroll(game, "direct").at(values)
        for player in ("1", "2"):
            parts = zip(*(terms[f"{term}_{player}"] for term in ("current", "own", "peer")))
            assert tuple(map(sum, parts)) == total[f"total_{player}"]

======================== ===========================================================================================
one-shot games           :func:`one_shot_games` (any payoffs, any number of players), :func:`additive_games`,
                         :func:`zero_sum_games`, :func:`potential_games` (exact), :func:`supermodular_games`,
                         :func:`coordination_games` (2×2 and larger), :func:`stag_hunts`, :func:`symmetric_games`
                         (2×2 with symbols R, S, T, P), :func:`anonymous_games` (symmetric, any size),
                         :func:`nearby_games` (a given game with other payoffs)
games in time            :func:`memory_one_games`, :func:`stochastic_games`
games in real parameters :func:`differentiable_games`
policies                 :func:`parameter_points` (φ in the interior), :func:`pure_profiles` (deterministic)
inputs of a program      :func:`program_inputs`: φ, α and the game's own parameters, all that a program of
                         :func:`theory.decomposition.decompose` asks for
numbers                  :func:`rationals`, :func:`gaps` (positive), :func:`discounts`, :func:`step_sizes` (of the inner
                         loop), :func:`distributions`; :func:`action_counts` and :func:`equal_counts` for shapes
schedules                in :mod:`numerics.strategies`, with everything else that is floating point
======================== ===========================================================================================

Deriving a program takes from tens of milliseconds (2×2, one shot) to a second (memory one), so set ``max_examples``
and ``deadline=None`` accordingly, or draw many points for one game. ``pytest --game my-game.toml`` runs a ready suite
of properties on one game (:mod:`numerics.game_suite`).
"""

from __future__ import annotations

from theory.strategies.differentiable import differentiable_games
from theory.strategies.dynamic_games import memory_one_games, stochastic_games
from theory.strategies.matrix_games import (
    SymmetricKind,
    action_counts,
    additive_games,
    anonymous_games,
    coordination_games,
    equal_counts,
    nearby_games,
    one_shot_games,
    potential_games,
    stag_hunts,
    supermodular_games,
    symmetric_games,
    zero_sum_games,
)
from theory.strategies.numbers import discounts, distributions, gaps, rationals, step_sizes
from theory.strategies.points import parameter_points, program_inputs, pure_profiles

__all__ = [
    "SymmetricKind",
    "action_counts",
    "additive_games",
    "anonymous_games",
    "coordination_games",
    "differentiable_games",
    "discounts",
    "distributions",
    "equal_counts",
    "gaps",
    "memory_one_games",
    "nearby_games",
    "one_shot_games",
    "parameter_points",
    "potential_games",
    "program_inputs",
    "pure_profiles",
    "rationals",
    "stag_hunts",
    "step_sizes",
    "stochastic_games",
    "supermodular_games",
    "symmetric_games",
    "zero_sum_games",
]
