"""Generators of schedules: what they draw is read as it is written and falls; corners are reached, examples shrink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.strategies import SearchStrategy

from numerics import strategies
from numerics.annealing import TwoPhase, parse
from numerics.dynamics import Schedule
from numerics.experiments import Experiment
from numerics.recovery import Decaying
from numerics.schedules import in_paper, vanishes
from theory.games import stag_hunt

FEW = settings(max_examples=12)
SEARCH = settings(max_examples=2000, phases=(Phase.generate, Phase.shrink), derandomize=True, database=None)


@FEW
@given(strategies.outer_schedules())
def test_outer_schedules_are_settings_of_an_experiment(schedule: Schedule) -> None:
    """η_n = lr/(n + offset)^power, from the definition, and no setting that an experiment refuses."""
    for step in (0, 1, 7):
        expected = schedule.lr / (step + schedule.offset) ** schedule.power
        assert 0 < schedule.size(step) == pytest.approx(expected, rel=1e-15)
        assert schedule.size(step + 1) <= schedule.size(step)
    Experiment(stag_hunt(), "mean-value:0", lr=schedule.lr, lr_power=schedule.power, lr_offset=schedule.offset, count=1)


@FEW
@given(strategies.annealing_schedules())
def test_annealing_schedules_are_constant_and_then_fall_to_zero(plan: TwoPhase) -> None:
    factors = [plan.factor(step) for step in range(plan.steps + 4)]
    assert factors[: plan.steps + 1] == [1.0] * (plan.steps + 1)
    assert all(
        0 < after < before for before, after in zip(factors[plan.steps :], factors[plan.steps + 1 :], strict=False)
    )
    # (1 + n/8)^(−1/8) is the slowest: below 1/100 after 8 · 100^8 steps.
    assert plan.factor(plan.steps + 10**18) < 0.01


@FEW
@given(strategies.annealing_words())
def test_words_are_read_as_they_are_written(text: str) -> None:
    plan = parse(text)
    assert (plan is None) == (text == "none")
    assert plan is None or text == f"two-phase:{plan.steps}:{plan.power}:{plan.scale}"


@FEW
@given(strategies.decaying_schedules())
def test_decaying_schedules_have_sizes(plan: Decaying) -> None:
    sizes = plan.schedule(4)
    assert len(sizes.steps) == 4 and (sizes.steps > 0).all() and plan.limit <= 0


CORNERS: dict[str, tuple[SearchStrategy[Any], Callable[[Any], bool]]] = {
    "constant step sizes": (strategies.outer_schedules(), lambda s: s.power == 0 and s.lr not in (1.0, 0.5)),
    "step sizes of finite sum": (strategies.outer_schedules(), lambda s: s.power > 1),
    "a late start": (strategies.outer_schedules(), lambda s: s.offset > 8),
    "annealed from the first step": (strategies.annealing_schedules(), lambda a: a.steps == 0 and a.power < 1),
    "a long first phase": (strategies.annealing_schedules(), lambda a: a.steps == 8 and a.scale < 1),
    "inside of the paper's powers": (strategies.decaying_schedules(), in_paper),
    "outside of them, and vanishing": (strategies.decaying_schedules(), lambda p: vanishes(p) and not in_paper(p)),
    "not vanishing": (strategies.decaying_schedules(), lambda p: not vanishes(p)),
}


@pytest.mark.parametrize("corner", CORNERS)
def test_corners_are_reached(corner: str) -> None:
    strategy, holds = CORNERS[corner]
    assert holds(find(strategy, holds, settings=settings(SEARCH, phases=(Phase.generate,))))


def test_schedules_shrink_to_simple_ones() -> None:
    assert find(strategies.outer_schedules(), lambda _: True, settings=SEARCH) == Schedule(1.0, 0.0, 1.0)
    assert find(strategies.annealing_schedules(), lambda _: True, settings=SEARCH) == TwoPhase(0, 1.0, 1.0)
    late = find(strategies.annealing_schedules(), lambda plan: plan.steps > 3, settings=SEARCH)
    assert late == TwoPhase(4, 1.0, 1.0)


def test_a_schedule_that_does_not_fall_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TwoPhase, "factor", lambda self, step: 1.0)
    with pytest.raises(AssertionError):
        test_annealing_schedules_are_constant_and_then_fall_to_zero()
