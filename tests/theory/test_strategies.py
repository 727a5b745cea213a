"""The generators: every drawn game is of its class by that class's definition, corners are reached, examples shrink.

Definitions are read off the payoff table alone. Each has a control: a generator of the same shape with one payoff
spoilt must be noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, permutations, product
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sympy import Integer, Rational

from theory import strategies
from theory.equilibria import as_mixed, as_parameters, is_equilibrium
from theory.games import REGISTRY, Game, ipd, stag_hunt, tandem
from theory.policies import parameters

Payoffs = Callable[[tuple[int, ...]], tuple[Rational, ...]]
FEW = settings(max_examples=12)
SEARCH = settings(max_examples=2000, phases=(Phase.generate, Phase.shrink), derandomize=True, database=None)
LARGER = strategies.action_counts(players=(2, 4), actions=(2, 4))


def table(game: Game) -> Payoffs:
    """The payoffs of a joint action at the current parameters."""
    rows = dict(zip(game.joint_actions, game.instance().reward[0], strict=True))
    return rows.__getitem__


def changed(joint: tuple[int, ...], player: int, action: int) -> tuple[int, ...]:
    return (*joint[:player], action, *joint[player + 1 :])


def sizes(game: Game) -> list[int]:
    return [len(names) for names in game.actions]


# ------------------------------------------------------------------------------------------------------- definitions


def is_exact(game: Game) -> bool:
    entries = [entry for row in game.instance().reward[0] for entry in row]
    return game.one_shot and all(isinstance(entry, Rational) for entry in entries)


def is_zero_sum(game: Game) -> bool:
    return game.players == 2 and all(sum(table(game)(joint)) == 0 for joint in game.joint_actions)


def has_potential(game: Game) -> bool:
    """Monderer and Shapley 1996, Corollary 2.9: around every square of two players' moves the gains sum to 0."""
    pay = table(game)
    for i, j in product(range(game.players), repeat=2):
        for joint, a, b in product(game.joint_actions, range(sizes(game)[i]), range(sizes(game)[j])):
            if i >= j:
                continue
            corners = [joint, changed(joint, i, a), changed(changed(joint, i, a), j, b), changed(joint, j, b), joint]
            gains = [
                pay(there)[k] - pay(here)[k] for (here, there), k in zip(pairwise(corners), (i, j) * 2, strict=True)
            ]
            if sum(gains) != 0:
                return False
    return True


def has_increasing_differences(game: Game) -> bool:
    """Every player's gain from any higher action rises with any higher action of any other player."""
    pay, counts = table(game), sizes(game)
    for joint, i, j in product(game.joint_actions, range(game.players), range(game.players)):
        for a, b in product(range(joint[i] + 1, counts[i]), range(joint[j] + 1, counts[j])):
            above = changed(joint, j, b)
            gain = pay(changed(joint, i, a))[i] - pay(joint)[i]
            if i != j and pay(changed(above, i, a))[i] - pay(above)[i] < gain:
                return False
    return True


def coordinates_strictly(game: Game) -> bool:
    """Equal actions are strict equilibria, by every deviation."""
    pay, counts = table(game), sizes(game)
    together = [(action,) * game.players for action in range(counts[0])]
    return len(set(counts)) == 1 and all(
        pay(changed(joint, i, a))[i] < pay(joint)[i]
        for joint in together
        for i in range(game.players)
        for a in range(counts[i])
        if a != joint[i]
    )


def is_stag_hunt(game: Game) -> bool:
    pay = table(game)
    (r, _), (s, t), (p, _) = pay((0, 0)), pay((0, 1)), pay((1, 1))
    return is_symmetric(game) and bool(r > t >= p > s)


def is_symmetric(game: Game) -> bool:
    """Renaming the players renames the payoffs, for every permutation of them."""
    pay = table(game)
    return len(set(sizes(game))) == 1 and all(
        pay(joint)[order[k]] == pay(tuple(joint[place] for place in order))[k]
        for joint in game.joint_actions
        for order in permutations(range(game.players))
        for k in range(game.players)
    )


def is_additive(game: Game) -> bool:
    """No effect of one player's action on anybody's payoff depends on another's."""
    pay, counts = table(game), sizes(game)
    players = range(game.players)
    return all(
        pay(changed(changed(joint, i, a), j, b))[k] - pay(changed(joint, j, b))[k]
        == pay(changed(joint, i, a))[k] - pay(joint)[k]
        for joint, i, j, k in product(game.joint_actions, players, players, players)
        if i < j
        for a, b in product(range(counts[i]), range(counts[j]))
    )


Definition = Callable[[Game], bool]
CLASSES: dict[str, tuple[SearchStrategy[Game], Definition]] = {
    "one-shot": (strategies.one_shot_games(LARGER), is_exact),
    "additive": (strategies.additive_games(), is_additive),
    "zero-sum": (strategies.zero_sum_games(), is_zero_sum),
    "potential": (strategies.potential_games(), has_potential),
    "potential 4": (strategies.potential_games((2, 2, 2, 2)), has_potential),
    "supermodular": (strategies.supermodular_games(), has_increasing_differences),
    "supermodular 2": (strategies.supermodular_games((4, 3)), has_increasing_differences),
    "coordination": (strategies.coordination_games(), coordinates_strictly),
    "coordination 2x2": (strategies.coordination_games((2, 2)), coordinates_strictly),
    "coordination 3": (strategies.coordination_games((3, 3, 3)), coordinates_strictly),
    "stag hunt": (strategies.stag_hunts(), is_stag_hunt),
    "symmetric": (strategies.symmetric_games(), is_symmetric),
    "symmetric coordination": (strategies.symmetric_games("coordination"), coordinates_strictly),
    "anonymous": (strategies.anonymous_games(), is_symmetric),
    "anonymous 3": (strategies.anonymous_games((3, 3, 3)), is_symmetric),
}


@pytest.mark.parametrize("name", CLASSES)
def test_every_drawn_game_is_of_its_class(name: str) -> None:
    strategy, holds = CLASSES[name]

    @FEW
    @given(strategy)
    def check(game: Game) -> None:
        assert is_exact(game) and holds(game)

    check()


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "one-shot"])
def test_a_spoilt_generator_is_noticed(name: str) -> None:
    """One payoff of the class's own games is changed, by enough to leave any inequality behind."""
    strategy, holds = CLASSES[name]
    sign = -1 if any(word in name for word in ("coordination", "hunt", "supermodular")) else 1

    @st.composite
    def spoilt(draw: DrawFn) -> Game:
        game = draw(strategy).instance()
        first, *rest = game.reward[0]
        rows = ((first[0] + sign * 1000, *first[1:]), *rest)
        return replace(game, reward=(rows,))

    assert not holds(find(spoilt(), lambda game: not holds(game), settings=SEARCH))


def test_prisoners_dilemmas_are_dilemmas() -> None:
    @FEW
    @given(strategies.symmetric_games("prisoners-dilemma"))
    def check(game: Game) -> None:
        pay = table(game)
        (r, _), (s, t), (p, _) = pay((0, 0)), pay((0, 1)), pay((1, 1))
        assert is_symmetric(game) and t > r > p > s
        assert all(game.value_of(form) > 0 for form in game.ordering)

    check()


# ---------------------------------------------------------------------------------------------------------- coverage


def tied(game: Game) -> bool:
    """Some player is indifferent between two of its actions somewhere."""
    pay = table(game)
    return any(
        pay(joint)[i] == pay(changed(joint, i, a))[i]
        for joint in game.joint_actions
        for i in range(game.players)
        for a in range(sizes(game)[i])
        if a != joint[i]
    )


def varied(game: Game) -> bool:
    return len({entry for row in game.instance().reward[0] for entry in row}) > 3


CORNERS: dict[str, tuple[SearchStrategy[Any], Callable[[Any], bool]]] = {
    "two players with different numbers of actions": (strategies.one_shot_games(), lambda g: len(set(sizes(g))) > 1),
    "four players": (strategies.one_shot_games(LARGER), lambda g: g.players == 4),
    "a tie": (strategies.one_shot_games(), lambda g: varied(g) and tied(g)),
    "no tie": (strategies.one_shot_games(), lambda g: not tied(g)),
    "three actions that coordinate": (strategies.coordination_games(), lambda g: sizes(g) == [3, 3] and varied(g)),
    "coordination of unlike players": (strategies.coordination_games(), lambda g: varied(g) and not is_symmetric(g)),
    "coordination with an equilibrium off the diagonal": (
        strategies.coordination_games((3, 3, 3)),
        lambda g: any(len({a for (a,) in p}) > 1 for p in pure_equilibria_of(g)),
    ),
    "T = P": (strategies.stag_hunts(), lambda g: g.value_of(table_symbol(g, "T") - table_symbol(g, "P")) == 0),
    "T > P": (strategies.stag_hunts(), lambda g: g.value_of(table_symbol(g, "T") - table_symbol(g, "P")) > 0),
    "supermodular, strictly": (strategies.supermodular_games((3, 3)), lambda g: not is_additive(g)),
    "supermodular, additive": (strategies.supermodular_games((2, 2)), lambda g: varied(g) and is_additive(g)),
    "supermodular of three unlike players": (
        strategies.supermodular_games(),
        lambda g: g.players == 3 and not is_additive(g),
    ),
    "potential, no common interest": (
        strategies.potential_games(),
        lambda g: any(len(set(row)) > 1 for row in g.reward[0]),
    ),
    "potential with a cycle of three": (strategies.potential_games(), lambda g: g.players == 3 and varied(g)),
    "zero-sum without a saddle point": (strategies.zero_sum_games((2, 2)), lambda g: not pure_equilibria_of(g)),
    "three alike players with three actions": (strategies.anonymous_games(), lambda g: sizes(g) == [3, 3, 3]),
    "a patient repeated game": (strategies.memory_one_games(), lambda g: g.discount > Rational(3, 4)),
    "a certain move": (strategies.stochastic_games(), lambda g: any(1 in row for rows in g.transition for row in rows)),
    "an uncertain start": (strategies.stochastic_games(), lambda g: 1 not in g.start),
    "two states that look alike": (
        strategies.stochastic_games(states=3, observations=2),
        lambda g: len(g.observations) == 2 and len(set(g.observed)) == 2,
    ),
    "a player with two parameters": (strategies.differentiable_games(), lambda g: max(map(len, g.variables)) == 2),
    "an extreme policy": (strategies.parameter_points(stag_hunt()), lambda p: Rational(1, 12) in p.values()),
    "a pure profile of unlike policies": (
        strategies.pure_profiles(ipd()),
        lambda p: p[0] != p[1] and len(set(p[0])) > 1,
    ),
}


def table_symbol(game: Game, name: str) -> Any:
    return next(symbol for symbol, _ in game.parameters if symbol.name == name)


def pure_equilibria_of(game: Game) -> list[tuple[tuple[int, ...], ...]]:
    profiles = [tuple((action,) for action in joint) for joint in game.joint_actions]
    return [profile for profile in profiles if is_equilibrium(game, profile)]


@pytest.mark.parametrize("corner", CORNERS)
def test_corners_are_reached(corner: str) -> None:
    strategy, holds = CORNERS[corner]
    assert holds(find(strategy, holds, settings=settings(SEARCH, phases=(Phase.generate,))))


# --------------------------------------------------------------------------------------------------------- shrinking


@pytest.mark.parametrize("name", CLASSES)
def test_the_smallest_example_fits_on_paper(name: str) -> None:
    """What every law fails for shrinks to as few players and actions as the class has, and to payoffs 0 and ±1."""
    strategy, _ = CLASSES[name]
    game = find(strategy, lambda _: True, settings=SEARCH)
    given_sizes = re.search(r"\d+$", name)
    assert given_sizes or sizes(game) == [2, 2]
    assert all(entry in (-1, 0, 1, 2, 3) for row in game.instance().reward[0] for entry in row)


def test_shrinking_keeps_what_is_asked_for_and_nothing_more() -> None:
    """The least game in which some player gains more than 2 by a deviation: one payoff is not 0, and it is 3."""

    def worth_more_than_two(game: Game) -> bool:
        pay = table(game)
        return any(
            pay(changed(joint, i, a))[i] - pay(joint)[i] > 2
            for joint in game.joint_actions
            for i in range(game.players)
            for a in range(sizes(game)[i])
        )

    game = find(strategies.one_shot_games(), worth_more_than_two, settings=SEARCH)
    entries = [abs(entry) for row in game.reward[0] for entry in row]
    assert sizes(game) == [2, 2] and sorted(entries) == [0] * 7 + [3]


# ------------------------------------------------------------------------------------------------- games near a game


@FEW
@given(st.data())
def test_nearby_games_have_the_shape_of_the_game(data: st.DataObject) -> None:
    game = data.draw(st.sampled_from([stag_hunt(), ipd()]))
    near = data.draw(strategies.nearby_games(game))
    here = game.instance()
    assert replace(near, reward=here.reward) == here
    moves = [a - b for x, y in zip(near.reward, here.reward, strict=True) for u, w in zip(x, y, strict=True)
             for a, b in zip(u, w, strict=True)]  # fmt: skip
    assert all(abs(move) <= 1 and move.q <= 2 for move in moves)


def test_nearby_games_shrink_to_the_game_itself() -> None:
    game = stag_hunt()
    assert find(strategies.nearby_games(game), lambda _: True, settings=SEARCH) == game.instance()
    other = find(strategies.nearby_games(game), lambda near: near != game.instance(), settings=SEARCH)
    shifts = [a - b for u, w in zip(other.reward[0], game.instance().reward[0], strict=True)
              for a, b in zip(u, w, strict=True)]  # fmt: skip
    assert sorted(map(abs, shifts)) == [0] * 7 + [1]


# ---------------------------------------------------------------------------------------------------- games in time


@FEW
@given(strategies.memory_one_games(stage=strategies.coordination_games((2, 2))))
def test_memory_one_games_repeat_their_stage(game: Game) -> None:
    """From the tables: the next state is what was just played, and pays the same in every state."""
    assert len(game.states) == 5 and 0 <= game.discount < 1
    for rows, pays in zip(game.transition, game.reward, strict=True):
        assert [row.index(1) for row in rows] == [1, 2, 3, 4]
        assert pays == game.reward[0]
    assert coordinates_strictly(replace(game, states=game.states[:1], start=(Integer(1),), discount=Integer(0),
                                        transition=(((Integer(1),),) * 4,), reward=game.reward[:1],
                                        own_view=None, observations=(), observed=()))  # fmt: skip


@FEW
@given(strategies.stochastic_games())
def test_stochastic_games_have_distributions(game: Game) -> None:
    for row in (game.start, *(row for rows in game.transition for row in rows)):
        assert sum(row) == 1 and min(row) >= 0 and all(isinstance(entry, Rational) for entry in row)


# ------------------------------------------------------------------------------------------------------------ points


@FEW
@given(st.data())
def test_points_are_interior_policies(data: st.DataObject) -> None:
    game = data.draw(strategies.one_shot_games())
    point = data.draw(strategies.parameter_points(game))
    for names, symbols in zip(game.actions, parameters(game, "direct"), strict=True):
        values = [point[symbol] for symbol in symbols]
        chances = [values[0], 1 - values[0]] if len(names) == 2 else values
        assert sum(chances) == 1 and min(chances) > 0
    assert set(data.draw(strategies.parameter_points(tandem()))) == {s for row in tandem().variables for s in row}


@FEW
@given(st.data())
def test_pure_profiles_are_corners(data: st.DataObject) -> None:
    game = data.draw(st.sampled_from([stag_hunt(), ipd(), data.draw(strategies.one_shot_games())]))
    profile = data.draw(strategies.pure_profiles(game))
    point = as_parameters(game, as_mixed(game, profile))
    assert set(point.values()) <= {0, 1} and list(map(len, profile)) == [len(game.observations)] * game.players


@pytest.mark.parametrize("name", [name for name in REGISTRY if name != "grid-stag-hunt"])
def test_program_inputs_are_complete_for_every_named_game(name: str) -> None:
    game = REGISTRY[name]()
    values = find(strategies.program_inputs(game), lambda _: True, settings=SEARCH)
    symbols = {symbol for row in parameters(game, "direct") for symbol in row}
    assert symbols | {symbol for symbol, _ in game.parameters} < set(values)
    assert all(isinstance(value, Rational) for value in values.values())


# -------------------------------------------------------------------------------------------- the docstring's example


def test_the_example_of_the_documentation_runs() -> None:
    """The complete test in the docstring, as it stands there; and it fails once the peer term is left out."""
    document = strategies.__doc__ or ""
    (block,) = re.findall(r"::\n\n((?:    .*\n|\n)+?)\n\S|::\n\n((?:    .*\n|\n)+)\n=", document)
    source = "\n".join(line[4:] for line in max(block, key=len).splitlines())
    for text, works in ((source, True), (source.replace('"own", "peer"', '"own"'), False)):
        names: dict[str, Any] = {}
        exec(compile(text, "example", "exec"), names)
        check = settings(max_examples=8, database=None, phases=(Phase.generate,))(names["test_terms_add_up"])
        if works:
            check()
        else:
            with pytest.raises(AssertionError):
                check()


def test_every_public_strategy_is_in_the_documentation() -> None:
    document = strategies.__doc__ or ""
    names = set(strategies.__all__) - {"SymmetricKind"}
    assert {name for name in names if f":func:`{name}`" in document} == names
    assert all(getattr(strategies, name).__doc__ for name in names)
