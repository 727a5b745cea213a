"""The grid Stag Hunt worked on paper.

    hare  s  hare
      l   m   r          player 1 starts in l, player 2 in r; R, S, T, P = 4, 0, 3, 2 and γ = 9/10

The hunter goes to m, then up to s, and stays there; the taker goes up to its hare.

* Hunter and hunter: both in m after one round, both in s after two: γ · 4 = 18/5 each.
* Taker and taker: 2 each in the first round.
* Taker and hunter: 3 and 0 in the first round.
* A hunter that rests one round against a hunter: the other waits in s, they meet in round three: γ² · 4 = 81/25 each.
* A taker that rests one round against a hunter: γ · 3 = 27/10, and 0 for the hunter.
* A hunter that goes on from s to a hare in round three, against one who never comes: γ² · 3 = 243/100.
* Mixed in the first round only: with probability p up to the hare, else to m and then as a hunter.
  V¹ = 2 p q + 3 p (1 − q) + 0 (1 − p) q + 18/5 (1 − p)(1 − q); at p = q = 1/2: 1/2 + 3/4 + 9/10 = 43/20.
  Best replies to q: the hare if 2q + 3(1 − q) = 3 − q > 18/5 (1 − q), that is if q > 3/13; equal at q = 3/13: 36/13.
"""

from __future__ import annotations

import pytest
from sympy import Integer, Rational

from theory.equilibria import MixedProfile, mixed_deviation, mixed_payoffs
from theory.games import Game, grid_stag_hunt

HUNTER = {"l": "Right", "m": "Up", "r": "Left", "s": "Stay"}
TAKER = {"l": "Up", "m": "Left", "r": "Up", "s": "Left"}


def policy(
    game: Game, player: int, rule: dict[str, str], **at: dict[str, Rational]
) -> tuple[tuple[Rational, ...], ...]:
    """Probabilities of a rule that looks at the own cell; in the named states, other ones by action."""
    rows = []
    for state in game.states:
        chances = at.get(state) or {rule.get(state[player], "Stay") if state != "end" else "Stay": Integer(1)}
        rows.append(tuple(chances.get(name, Integer(0)) for name in game.actions[player]))
    return tuple(rows)


def values(*rules: dict[str, str]) -> tuple[Rational, ...]:
    game = grid_stag_hunt()
    profile: MixedProfile = tuple(policy(game, player, rule) for player, rule in enumerate(rules))
    return mixed_payoffs(game, profile)


def test_hunters_and_takers() -> None:
    assert values(HUNTER, HUNTER) == (Rational(18, 5), Rational(18, 5))
    assert values(TAKER, TAKER) == (2, 2)
    assert values(TAKER, HUNTER) == (3, 0) and values(HUNTER, TAKER) == (0, 3)


def test_resting_one_round_costs_one_factor_of_the_discount() -> None:
    game, rest = grid_stag_hunt(), {"Stay": Integer(1)}
    hunter, late = policy(game, 1, HUNTER), policy(game, 0, HUNTER, lr=rest)
    assert mixed_payoffs(game, (late, hunter)) == (Rational(81, 25), Rational(81, 25))
    late_taker = policy(game, 0, TAKER, lr=rest)
    assert mixed_payoffs(game, (late_taker, hunter)) == (Rational(27, 10), 0)
    assert mixed_payoffs(game, (late, hunter)) != (Rational(18, 5), Rational(18, 5))  # a free rest


def test_a_hunter_may_leave_for_a_hare() -> None:
    """Through m and s to the hare on the left, while the other rests in r."""
    game = grid_stag_hunt()
    leaving = policy(game, 0, {**HUNTER, "s": "Left"})
    resting = policy(game, 1, {"r": "Down"})
    assert mixed_payoffs(game, (leaving, resting)) == (Rational(243, 100), 0)


def opening(game: Game, player: int, hare: Rational) -> tuple[tuple[Rational, ...], ...]:
    """Up to the hare with this probability, else the hunt."""
    toward = HUNTER["lr"[player]]
    return policy(game, player, HUNTER, lr={"Up": hare, toward: 1 - hare})


@pytest.mark.parametrize(
    ("p", "q", "paid"),
    [
        ("1/2", "1/2", ("43/20", "43/20")),
        ("1", "1/2", ("5/2", "1")),  # 2/2 + 3/2; 2/2 + 0
        ("1/3", "1/4", ("163/60", "37/15")),  # 1/6 + 3/4 + 0 + 9/5; 1/6 + 0 + 1/2 + 9/5
    ],
)
def test_mixed_openings(p: str, q: str, paid: tuple[str, str]) -> None:
    game = grid_stag_hunt()
    found = mixed_payoffs(game, (opening(game, 0, Rational(p)), opening(game, 1, Rational(q))))
    assert found == tuple(map(Rational, paid))


def test_both_openings_are_best_at_three_thirteenths() -> None:
    game = grid_stag_hunt()
    both = tuple(opening(game, player, Rational(3, 13)) for player in (0, 1))
    assert mixed_payoffs(game, both) == (Rational(36, 13), Rational(36, 13))
    assert mixed_deviation(game, both, 0) is None and mixed_deviation(game, both, 1) is None
    wrong = (opening(game, 0, Rational(1, 4)), opening(game, 1, Rational(1, 4)))
    assert mixed_deviation(game, wrong, 0) is not None
