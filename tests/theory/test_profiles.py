"""Profiles in words: named strategies, moves in the player's own view, and what is refused."""

from __future__ import annotations

import pytest

from theory.equilibria import is_equilibrium, payoffs
from theory.errors import BadInput
from theory.games import Game, ipd, prisoners_dilemma, stag_hunt
from theory.profiles import STRATEGIES, parse_profile


def test_player_two_reads_its_own_view() -> None:
    # TFT repeats the other's last move. Player 1 plays C after CC and DC, player 2 after CC and CD (player 1's order).
    first, second = parse_profile(ipd(), "TFT")
    assert first == (0, 0, 1, 0, 1)
    assert second == (0, 0, 0, 1, 1)
    assert parse_profile(ipd(), "C:CDCD") == (first, second)


def test_players_may_differ() -> None:
    assert parse_profile(ipd(), "AllC;AllD") == ((0,) * 5, (1,) * 5)
    # AllC against AllD: S and T in every round, worth 25 times as much in total.
    assert payoffs(ipd(), parse_profile(ipd(), "AllC;AllD")) == (-75, 0)
    assert payoffs(ipd(), parse_profile(ipd(), "AllD;AllC")) == (0, -75)


def test_known_equilibria() -> None:
    assert is_equilibrium(ipd(), parse_profile(ipd(), "Grim"))
    assert is_equilibrium(ipd(), parse_profile(ipd(), "AllD"))
    assert not is_equilibrium(ipd(), parse_profile(ipd(), "AllC"))
    # A swapped view makes TFT answer its own move: no equilibrium.
    swapped = (STRATEGIES["TFT"], STRATEGIES["TFT"])
    assert swapped != parse_profile(ipd(), "TFT")


def test_one_shot_profiles() -> None:
    assert parse_profile(stag_hunt(), "Stag,Hare") == ((0,), (1,))
    assert parse_profile(stag_hunt(), "payoff-dominant") == ((0,), (0,))


@pytest.mark.parametrize(
    ("game", "text"),
    [
        (stag_hunt(), "Stag"),
        (stag_hunt(), "Stag,Rabbit"),
        (stag_hunt(), ""),
        (ipd(), "TitForTat"),
        (ipd(), "C:CDC"),
        (ipd(), "C:CDXD"),
        (ipd(), "TFT;TFT;TFT"),
        (ipd(), "payoff-dominant"),
    ],
)
def test_refusals(game: Game, text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_profile(game, text)
    assert str(refusal.value).count("\n") == 0 and str(refusal.value).endswith(".")


def test_dominance_needs_a_dominant_equilibrium() -> None:
    assert parse_profile(prisoners_dilemma(), "payoff-dominant") == ((1,), (1,))
