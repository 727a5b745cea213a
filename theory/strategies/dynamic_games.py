"""Games in time: memory-one repeated games and general discounted stochastic games."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sympy import Rational

from theory.games.model import Game, memory_one
from theory.strategies.matrix_games import Counts, action_counts, action_names, joint_actions, one_shot_games
from theory.strategies.numbers import discounts, distributions, rationals


@st.composite
def memory_one_games(
    draw: DrawFn,
    stage: SearchStrategy[Game] | None = None,
    discount: SearchStrategy[Rational] | None = None,
    horizon: int | None = None,
) -> Game:
    """Memory-one repeated games.

    Args:
        draw: supplied by Hypothesis.
        stage: where the stage game comes from; 2×2 with random payoffs if not given.
        discount: where γ comes from.
        horizon: number of rounds; infinitely many if not given.
    """
    base = draw(one_shot_games(actions=(2, 2)) if stage is None else stage)
    gamma = draw(discounts() if discount is None else discount)
    return memory_one(base, gamma, name=f"repeated {base.name}", horizon=horizon)


@st.composite
def stochastic_games(
    draw: DrawFn,
    states: int | None = None,
    actions: Counts | None = None,
    payoffs: SearchStrategy[Rational] | None = None,
    discount: SearchStrategy[Rational] | None = None,
    observations: int | None = None,
) -> Game:
    """General discounted stochastic games with exact rational transition rows, some entries zero.

    Args:
        draw: supplied by Hypothesis.
        states: number of states; 2 or 3 if not given.
        actions: number of actions of each player, or a strategy for it; 2–3 players, 2–3 actions if not given.
        payoffs: where every reward comes from.
        discount: where γ comes from.
        observations: how many different things policies see, at most ``states``; the states themselves if not given.
    """
    size = draw(st.integers(2, 3)) if states is None else states
    given = action_counts() if actions is None else actions
    counts = draw(given) if isinstance(given, SearchStrategy) else tuple(given)
    numbers = rationals() if payoffs is None else payoffs
    joint = joint_actions(counts)
    seen = tuple(range(size))
    if observations is not None:
        rest = [draw(st.integers(0, observations - 1)) for _ in range(size - observations)]
        seen = tuple(draw(st.permutations([*range(observations), *rest])))
    return Game(
        name="random stochastic",
        actions=action_names(counts),
        states=tuple(f"s{index + 1}" for index in range(size)),
        start=draw(distributions(size)),
        transition=tuple(tuple(draw(distributions(size)) for _ in joint) for _ in range(size)),
        reward=tuple(tuple(tuple(draw(numbers) for _ in counts) for _ in joint) for _ in range(size)),
        discount=draw(discounts() if discount is None else discount),
        observations=tuple(f"s{index + 1}" for index in range(size if observations is None else observations)),
        observed=seen,
    )
