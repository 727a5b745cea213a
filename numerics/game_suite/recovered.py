"""Annealing the correction away recovers policy gradient's equilibrium, from drawn starts and under drawn schedules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from numerics.annealing import TwoPhase
from numerics.game_suite.model import Broken, NotApplicable, Property, Subject, for_all
from numerics.game_suite.snippets import given_game, snippet
from numerics.game_suite.targets import attracting
from numerics.same_ends import Ends, Plan, entry_box, lost, within
from numerics.strategies import annealing_schedules
from theory.equilibria import StationaryProfile
from theory.exact import Undecided
from theory.games import Game

SIXTEENTHS = 16


def recovery() -> Property:
    """Annealed runs in a box certified for all λ that are to come, and from beyond the λ that loses the target."""
    return Property(
        "anneal-recovery",
        "annealed runs of v + λC that start in the target's certified region end at the target itself, as policy"
        " gradient does, under every schedule; where a large constant λ loses the target, annealing recovers it",
        _recovers,
    )


def runs_of(game: Game, profile: StationaryProfile, anneal: TwoPhase, shares: Sequence[int]) -> Ends:
    """Runs from one start in the box that is certified at a profile, in sixteenths of the way to its far side."""
    return _from(within(entry_box(game, profile), anneal), shares, SIXTEENTHS)


def runs_beyond(game: Game, profile: StationaryProfile, shares: Sequence[int]) -> Ends:
    """The same from the nearer half of the box, with λ at first twice what loses the profile."""
    return _from(lost(game, profile), shares, 2 * SIXTEENTHS)


def _from(plan: Plan, shares: Sequence[int], whole: int) -> Ends:
    return plan.ends(plan.placed(np.array([shares], dtype=float).T / whole))


def _recovers(subject: Subject) -> None:
    game = subject.of_two_actions()
    subject.small()
    profile = _with_box(game)
    size = sum(map(len, profile))
    starts = st.tuples(*(st.integers(0, SIXTEENTHS).map(lambda k: SIXTEENTHS - k) for _ in range(size)))

    def inside(drawn: tuple[TwoPhase, tuple[int, ...]]) -> None:
        anneal, shares = drawn
        ends = runs_of(game, profile, anneal, shares)
        if not ends.same:
            raise _broken(subject, ends, "runs_of", f"game, {profile}, {anneal}, {list(shares)}", "ends.same")

    def beyond(shares: tuple[int, ...]) -> None:
        ends = runs_beyond(game, profile, shares)
        if not ends.same:
            raise _broken(subject, ends, "runs_beyond", f"game, {profile}, {list(shares)}", "ends.same")
        # The control: the same run with the correction kept does not end at the target.
        if ends.without.any():
            raise _broken(subject, ends, "runs_beyond", f"game, {profile}, {list(shares)}", "not ends.without.any()")

    for_all("anneal-recovery", st.tuples(annealing_schedules(), starts), inside)
    try:
        lost(game, profile)
    except Undecided:
        return  # no λ loses it, or none that falls fast enough
    for_all("anneal-recovery-beyond", starts, beyond)


def _with_box(game: Game) -> StationaryProfile:
    """The first equilibrium that plays the target and has a box certified with the correction.

    Raises:
        NotApplicable: there is none.
    """
    for profile in attracting(game):
        try:
            entry_box(game, profile)
        except (Undecided, ZeroDivisionError):
            continue
        return profile
    raise NotApplicable(f"no region of the target of game {game.name!r} is certified with the correction switched on.")


def _broken(subject: Subject, ends: Ends, function: str, arguments: str, holds: str) -> Broken:
    imports, lines = given_game(subject)
    imports.append(f"from numerics.game_suite.recovered import {function}")
    if "TwoPhase" in arguments:
        imports.append("from numerics.annealing import TwoPhase")
    lines += [
        f"ends = {function}({arguments})",
        'print("annealed", ends.annealed.T, "plain", ends.plain.T, "constant", ends.constant.T)',
        f"assert {holds}",
    ]
    where = f"{function}({arguments}): the annealed run ends at {_point(ends.annealed)}, policy gradient at"
    where += f" {_point(ends.plain)}, the run with constant λ at {_point(ends.constant)}; the target is"
    return Broken(f"{where} {_point(ends.corner)}", snippet(imports, lines))


def _point(column: np.ndarray) -> str:
    return "(" + ", ".join(f"{entry:g}" for entry in column[:, 0]) + ")"
