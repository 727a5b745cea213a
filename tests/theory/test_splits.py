"""Terminal and path split: proofs by induction, sums over block paths, and what must make them fail."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Integer, Rational, Symbol

from theory import exact, splits
from theory.blocks import block_unroll, path_sum
from theory.claims.identities import closed_form_identity, point_identity, random_point
from theory.claims.model import Refuted
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Undecided, words
from theory.games import ipd, public_goods, stag_hunt, stag_hunt_3
from theory.jets import freed
from theory.symbols import alpha
from theory.updates import SPLITS, transport
from theory.updates.model import Unroll

STEPS = {
    "terminal": lambda: splits.terminal_step(3),
    "path": lambda: splits.path_step(3, 1),
    "last": lambda: splits.last_step(3, 2),
    "chain rule": lambda: splits.chain_rule_step((2, 1)),
    "gap, first order": lambda: splits.first_order_gap_step(3, 0),
    "gap, second order": lambda: splits.second_order_gap_step(3, 0),
}


def holds(name: str) -> bool:
    return all(exact.is_zero(freed(entry)) for entry in STEPS[name]())


@pytest.mark.parametrize("name", STEPS)
def test_one_step_of_the_induction(name: str) -> None:
    assert holds(name)


PULL_BACK, GAIN, STAY_OR_LEAVE = transport.pull_back, transport.gain, transport.stay_or_leave


def _flipped(*arguments: Any) -> Any:
    return tuple(tuple(-entry for entry in row) for row in PULL_BACK(*arguments))


def _transposed_players(point: Any, sizes: Any, covector: Any, blocks: Any, still: Any = None) -> Any:
    return PULL_BACK(point, sizes[::-1], covector, blocks, still)


def _no_return(point: Any, sizes: Any, player: int, stayed: Any, left: Any, blocks: Any) -> Any:
    """Paths that come back to player i are forgotten."""
    new, moved = STAY_OR_LEAVE(point, sizes, player, stayed, left, blocks)
    return new, tuple(left[b] if b == player else row for b, row in enumerate(moved))


def _identity_twice(point: Any, sizes: Any, kept: Any, gained: Any, blocks: Any, still: Any = None) -> Any:
    return transport.add(kept, GAIN(point, sizes, kept, gained, blocks, still))


@pytest.mark.parametrize(
    ("attribute", "broken", "noticed"),
    [
        ("pull_back", _flipped, {"terminal", "path", "chain rule", "gap, second order"}),
        ("pull_back", _transposed_players, {"terminal", "path", "chain rule"}),
        ("stay_or_leave", _no_return, {"path"}),
        ("gain", _identity_twice, {"terminal", "gap, second order"}),
    ],
)
def test_a_broken_step_fails_the_induction(monkeypatch, attribute: str, broken: Any, noticed: set[str]) -> None:
    monkeypatch.setattr(transport, attribute, broken)
    for name in noticed:
        assert not holds(name), name


@pytest.mark.parametrize(("players", "length"), [(2, 1), (2, 2), (2, 3), (3, 2)])
def test_corrections_are_sums_over_block_paths(players: int, length: int) -> None:
    for split, kind in zip(SPLITS, ("returns", "stays"), strict=True):
        unroll = block_unroll(players, length, split)
        for player in range(players):
            identity = unroll.current(player)[0]
            own, peer = unroll.own_learning(player)[0], unroll.peer_learning(player)[0]
            assert exact.is_zero(path_sum(unroll, player, kind) - identity - own)
            assert exact.is_zero(path_sum(unroll, player, "total") - identity - own - peer)
            assert not exact.is_zero(path_sum(unroll, player, "total") - identity - own)


def test_the_splits_agree_for_one_step_and_no_more() -> None:
    for length in (1, 2, 3):
        terminal, path = (block_unroll(2, length, split) for split in SPLITS)
        same = exact.is_zero(terminal.own_learning(0)[0] - path.own_learning(0)[0])
        assert same == (length == 1)


def test_every_word_of_the_gap_has_two_jacobians_or_more() -> None:
    terminal, path = (block_unroll(2, 4, split) for split in SPLITS)
    gap = words(terminal.own_learning(0)[0] - path.own_learning(0)[0])
    lengths = sorted(len(word) - 1 for word, coefficient in gap.items() if coefficient != 0)
    assert lengths[0] == 2 and lengths.count(2) == 6  # C(4, 2) pairs of steps, one other player
    assert lengths[-1] == 4


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_gap_in_stag_hunt_at_second_order(length: int) -> None:
    """With p, q, payoffs 4, 0, 3, 2: D = 3 and g_1 = 3q − 2, so the gap is α² C(L,2) 9 (3q − 2) + O(α³), by hand."""
    game = stag_hunt().instance()
    point = {Symbol("p", real=True): Rational(1, 5), Symbol("q", real=True): Rational(1, 7)}
    rows = {
        split: decompose(game, unroll=length, split=split).program.taylor(point, alpha, 2)["own_1"][0]
        for split in SPLITS
    }
    pairs = Integer(length * (length - 1)) / 2
    assert rows["path"] == (0, 0, 0)
    assert rows["terminal"] == (0, 0, pairs * 9 * (Rational(3, 7) - 2))


@pytest.mark.parametrize("split", SPLITS)
def test_identity_up_to_five_steps(split: Any) -> None:
    for length in (3, 5):
        closed_form_identity(stag_hunt().instance(), length, split)


def test_identity_in_three_player_games() -> None:
    point_identity(stag_hunt_3(), "direct", 3, SPLITS)
    point_identity(public_goods(), "direct", 2, SPLITS)


@pytest.mark.thorough
def test_identity_in_the_ipd_up_to_three_steps() -> None:
    point_identity(ipd(), "direct", 3, SPLITS)
    closed_form_identity(stag_hunt(), 3, "path")


def test_a_missing_term_is_noticed_at_points(monkeypatch) -> None:
    monkeypatch.setattr(Unroll, "peer_learning", lambda self, player: (Integer(0),) * len(self._start[player]))
    with pytest.raises(Refuted):
        point_identity(stag_hunt_3(), "direct", 2, SPLITS)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(BadInput, match="split: 'middle' is not one of terminal, path"):
        decompose(stag_hunt(), split="middle")  # type: ignore[arg-type]


def test_words_of_noncommutative_polynomials() -> None:
    a, b, x = Symbol("a", commutative=False), Symbol("b", commutative=False), Symbol("x")
    assert words((a + x * b) * a) == {(a, a): 1, (b, a): x}
    assert exact.is_zero((a + b) ** 2 - a**2 - a * b - b * a - b**2)
    assert not exact.is_zero(a * b - b * a)
    with pytest.raises(Undecided):
        words(a ** (-1) * b)


def test_taylor_coefficients_of_a_quotient_and_an_exponential() -> None:
    """1/(1 − αx) = Σ (αx)ᵏ by hand; the series of the whole program agrees with its values at small α."""
    game = stag_hunt().instance()
    program = decompose(game, "logit").program
    point = random_point([symbol for symbol in program.inputs if symbol != alpha], 3)
    series = program.taylor(point, alpha, 1)
    there = program.at({**point, alpha: Rational(0)})
    assert [row[0] for row in series["current_1"]] == list(there["current_1"])
    assert series["peer_1"][0][0] == 0
