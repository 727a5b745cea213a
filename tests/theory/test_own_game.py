"""The checks of one's own game: numbers worked on paper, games in which a check must fail, and reasons to read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import product

import pytest
from sympy import Rational, sqrt

from theory.claims import Finding, Verdict, own_game_alignment, own_game_basins, own_game_equilibria, settle
from theory.claims.own_game import CHECKS, own_game_claims
from theory.claims.own_game_model import as_read, decimal, in_words, target_first, with_decimal
from theory.games import (
    AnyGame,
    Game,
    chicken,
    ipd,
    matching_pennies,
    memory_one,
    normal_form,
    prisoners_dilemma,
    public_goods,
    signalled_stag_hunt,
    stag_hunt,
    tandem,
)
from theory.profiles import parse_profile
from theory.regions.check import check

TWO = (("A", "B"),) * 2
CUBE = tuple(product((0, 1), repeat=3))
CHECKED = [own.id for own in CHECKS]


@lru_cache
def found(game: AnyGame, name: str) -> Finding:
    (claim,) = (claim for claim in own_game_claims(game) if claim.id == name)
    assert claim.check is not None
    return settle(claim.check)


def verdicts(game: AnyGame, *names: str) -> list[str]:
    return [str(found(game, name).verdict) for name in names]


def applies(game: AnyGame) -> set[str]:
    """The checks that say something; the long ones (of a game with states) are left out by the caller."""
    return {name for name in CHECKED if not found(game, name).reason.startswith("not-applicable: ")}


def summary(game: AnyGame, name: str) -> str:
    return "; ".join(evidence.summary for evidence in found(game, name).evidence)


def two_by_two(row: tuple[int, ...], column: tuple[int, ...], target: tuple[str, str] | None = None) -> Game:
    """Payoffs at AA, AB, BA, BB."""
    joints = ((0, 0), (0, 1), (1, 0), (1, 1))
    return normal_form("own", TWO, dict(zip(joints, zip(row, column, strict=True), strict=True)), target=target)


WEAK = two_by_two((1, 0, 1, 1), (1, 1, 0, 1), ("A", "A"))  # B weakly dominates A, and (A, A) is an equilibrium


# ------------------------------------------------------------------------------------------------------- on paper


def test_stag_hunt() -> None:
    hunt = stag_hunt()  # R, S, T, P = 4, 0, 3, 2; K = R − S − T + P = 3
    assert summary(hunt, "G.pure").endswith("Stag,Stag pays 4, 4, strict; Hare,Hare pays 2, 2, strict")
    assert "player 1 plays Stag with 2/3, player 2 with 2/3;" in summary(hunt, "G.mixed")  # (P − S)/K
    assert "Stag,Stag: least gap 1; Hare,Hare: least gap 2" in summary(hunt, "G.stable")  # R − T, P − S
    assert "Stag,Stag stays for every lambda; Hare,Hare stays for lambda <= 2/3" in summary(hunt, "G.kept")
    assert "v 1, C 12" in summary(hunt, "G.near")  # C = K(K + T − P) at 1
    assert summary(hunt, "G.mean").endswith(": 6")  # K(K − 3P + 3T)/3
    assert "share 2/9" in summary(hunt, "G.separatrix")  # (2 − 4/3)²/2
    assert "dP/dlambda = 4 at 0" in summary(hunt, "G.flux")
    assert "less than 1/3 from it" in summary(hunt, "G.box") and "below 2/9" in summary(hunt, "G.ball")
    holding = [name for name in CHECKED if name not in ("G.kept", "G.tremble", "G.profiles", "G.set")]
    assert set(verdicts(hunt, *holding)) == {"PROVED", "CERTIFIED"}


def test_every_certificate_is_accepted_by_the_checker() -> None:
    for name in ("G.box", "G.ball"):
        (evidence,) = found(stag_hunt(), name).evidence
        assert evidence.kind == "certificate" and check(evidence.content["file"]).outcome == "accepted"


def test_the_other_equilibrium_as_a_target_loses_what_the_first_gains() -> None:
    hare = stag_hunt().with_target(("Hare", "Hare"))
    assert verdicts(hare, "G.near", "G.mean", "G.alignment", "G.separatrix", "G.flux") == ["REFUTED"] * 5
    assert "dP/dlambda = -4 at 0; share 7/9" in summary(hare, "G.flux")
    turned = target_first(hare)
    assert turned.actions == (("Hare", "Stag"),) * 2 and target_first(turned) == turned
    assert [[hare.value_of(entry) for entry in row] for row in turned.reward[0]] == [[2, 2], [3, 0], [0, 3], [4, 4]]


def test_local_and_mean_alignment_mislead_where_they_should() -> None:
    loser = stag_hunt(R=6, S=1, T=0, P=2)  # the smallest game of C5.mean
    assert verdicts(loser, "G.near", "G.mean") == ["PROVED"] * 2
    assert verdicts(loser, "G.alignment", "G.separatrix", "G.flux") == ["REFUTED"] * 3
    assert found(loser, "G.inclusion").reason.startswith("not-applicable: ")


def test_a_continuum_of_equilibria_is_reported_whole() -> None:
    nothing = two_by_two((1, 0, 1, 0), (1, 1, 0, 0))  # nobody's action matters to themselves
    assert "player 1 plays A with 0 to 1, player 2 with 0 to 1;" in summary(nothing, "G.mixed")
    assert "a continuum" in summary(nothing, "G.mixed") and "a continuum" not in summary(stag_hunt(), "G.mixed")


def test_equilibria_of_the_repeated_dilemma() -> None:
    game = ipd()
    assert verdicts(game, "G.target", "G.pure", "G.stable", "G.tremble") == ["PROVED", "PROVED", "REFUTED", "PROVED"]
    assert summary(game, "G.target").startswith("4 pure equilibria play the target: C:CDCD pays -25, -25")
    assert summary(game, "G.pure").startswith("22 pure equilibria in all") and "16 more" in summary(game, "G.pure")
    assert [row.split()[0] for row in summary(game, "G.tremble").split("; ")] == ["C:CDDD", "D:CDDD", "D:DDDD"]
    impatient = ipd(gamma=Rational(1, 10))  # nothing sustains cooperation: γ < (T − R)/(T − P) = 1/2
    assert verdicts(impatient, "G.target") == ["UNDECIDED"] and summary(impatient, "G.target").startswith("0 pure")


@pytest.mark.thorough
def test_regions_and_losses_of_the_repeated_dilemma() -> None:
    assert verdicts(ipd(), "G.box", "G.set", "G.profiles", "G.kept") == ["CERTIFIED", "CERTIFIED", "REFUTED", "REFUTED"]
    assert "(CCDDD, CCDDD) within 1193/32768" in summary(ipd(), "G.box")
    assert "AllC: away, toward; TFT: toward, toward" in summary(ipd(), "G.profiles")


# ---------------------------------------------------------------------------------------- words and numbers to read

STANDARDS = two_by_two((5, 0, 1, 3), (4, 1, 0, 2), ("A", "A"))  # a coordination game that is not symmetric


def test_mixed_equilibria_say_who_plays_what() -> None:
    # Player 1's gap 4q − 3(1 − q) is 0 at q = 3/7, player 2's 3p − 2(1 − p) at p = 2/5.
    assert summary(STANDARDS, "G.mixed").startswith("player 1 plays A with 2/5, player 2 with 3/7; none is stable")
    named = replace(STANDARDS, actions=(("A", "B"), ("L", "R")), target=("A", "L"))
    assert summary(named, "G.mixed").startswith("player 1 plays A with 2/5, player 2 L with 3/7;")


def test_irrational_numbers_show_their_sign_and_size() -> None:
    away = STANDARDS.with_target(("B", "B"))
    for game, sign in ((STANDARDS, ""), (away, "-")):
        assert f" (about {sign}1." in summary(game, "G.flux").partition(" at 0;")[0]
        assert re.search(r"share .*sqrt.* \(about 0\.\d{4}\) at lambda = 0", summary(game, "G.flux"))
    assert with_decimal(Rational(173, 256)) == "173/256"
    assert with_decimal(Rational(1234567, 7654321)) == "1234567/7654321 (about 0.1613)"
    disguised = sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2)
    assert disguised != 0 and disguised.equals(0)
    assert [decimal(x) for x in (-sqrt(2), sqrt(2) / 10**9, -(10**12) * sqrt(2), Rational(0), disguised)] == [
        "-1.4142", "1.4142e-9", "-1.4142e+12", "0.0000", "0.0000",
    ]  # fmt: skip


def test_what_does_not_apply_is_not_called_undecided() -> None:
    assert as_read("UNDECIDED", found(STANDARDS, "G.separatrix").reason) == (
        "not applicable",
        "separatrix: the closed form is for symmetric games only, and game 'own' is not symmetric",
    )  # fmt: skip
    assert "only for memory-one repeated games" in found(STANDARDS, "G.profiles").reason
    assert found(ipd(), "G.flux").reason == "not-applicable: flux: only for one-shot games"
    for game in (STANDARDS, WEAK):  # what no rule settles stays undecided
        for name in CHECKED:
            verdict, reason = as_read(found(game, name).verdict, found(game, name).reason)
            assert (verdict == "not applicable") == (name not in applies(game)) and not reason.startswith("not-app")


def test_a_correction_that_pushes_nowhere_is_not_said_to_push() -> None:
    assert found(STANDARDS, "G.kept").reason.endswith("the correction pushes further into the corner")
    donation = prisoners_dilemma(R=3, S=0, T=5, P=2)  # C = 0
    assert found(donation, "G.kept").reason.endswith("the correction never pushes out of the corner")


# ---------------------------------------------------------------------------------------------- what must be refused


def test_matching_pennies_has_no_pure_equilibrium_and_no_target() -> None:
    pennies = matching_pennies()
    assert verdicts(pennies, "G.pure", "G.mixed", "G.stable") == ["REFUTED", "PROVED", "REFUTED"]
    assert "player 1 plays Heads with 1/2, player 2 with 1/2;" in summary(pennies, "G.mixed")
    assert "at Heads,Heads player 2 gains 2" in summary(pennies, "G.pure")
    assert applies(pennies) == {"G.pure", "G.mixed", "G.stable", "G.decomposition"}
    assert found(pennies, "G.near").reason == "not-applicable: the game has no target"


def test_a_target_that_is_no_equilibrium_is_refused_by_every_check_of_it() -> None:
    false = prisoners_dilemma().with_target(("C", "C"))
    assert verdicts(false, "G.target", "G.near") == ["REFUTED", "REFUTED"]
    assert "gains 2 by D" in summary(false, "G.target")
    for name in ("G.box", "G.ball"):
        assert "is no equilibrium" in found(false, name).reason


def test_a_weakly_dominated_target_is_an_equilibrium_without_a_region() -> None:
    assert "the equilibrium is not strict" in found(WEAK, "G.target").reason
    assert verdicts(WEAK, "G.near", "G.box", "G.ball") == ["UNDECIDED"] * 3
    assert "A,A pays 1, 1, not strict" in summary(WEAK, "G.pure") and "B,B pays 1, 1, strict" in summary(WEAK, "G.pure")
    assert "1 stable: B,B" in summary(WEAK, "G.stable")


def test_a_correction_that_vanishes_has_no_mean_and_points_nowhere() -> None:
    donation = prisoners_dilemma(R=3, S=0, T=5, P=2)  # R + P = S + T
    assert verdicts(donation, "G.near", "G.mean") == ["UNDECIDED", "REFUTED"]
    assert summary(donation, "G.mean").endswith(": 0") and "C 0" in summary(donation, "G.near")


def test_what_applies_beyond_two_by_two() -> None:
    three_actions = normal_form(
        "own",
        (("A", "B", "C"),) * 2,
        {(i, j): (3 - i if i == j else 0,) * 2 for i in range(3) for j in range(3)},
        target=("A", "A"),
    )
    assert applies(three_actions) == {"G.target", "G.pure", "G.stable", "G.kept", "G.decomposition", "G.near"}
    three_players = {"G.mean", "G.alignment", "G.inclusion", "G.box", "G.ball"} | applies(three_actions)
    assert applies(public_goods()) == three_players
    assert applies(tandem()) == {"G.decomposition"}
    assert verdicts(chicken(), "G.near", "G.alignment", "G.flux") == ["REFUTED", "REFUTED", "UNDECIDED"]


def test_a_correction_whose_sign_no_rule_settles_is_refuted_by_a_policy() -> None:
    cells = {joint: (4,) * 3 if not any(joint) else (2,) * 3 if all(joint) else (0,) * 3 for joint in CUBE}
    team = normal_form("team", (("A", "B"),) * 3, cells, target=("A",) * 3)
    # V = 4pqr + 2(1 − p)(1 − q)(1 − r), so ∂_pV = 4qr − 2(1 − q)(1 − r) and ∂_p∂_qV = 4r + 2(1 − r) = 2 + 2r: at 1/4
    # C_1 = 2 · 5/2 · (1/4 − 9/8) = −35/8, and times 1 − 1/4 it is −105/32.
    assert "at p1 = 1/4, p2 = 1/4, p3 = 1/4 player 1's part of <C, x* - x> is -105/32" in summary(team, "G.alignment")
    assert verdicts(team, "G.near", "G.mean", "G.alignment") == ["PROVED", "PROVED", "REFUTED"]
    assert found(team, "G.inclusion").reason.startswith("not-applicable: C points away")


@pytest.mark.parametrize("game", [tandem(), matching_pennies(), public_goods(), WEAK])
def test_reasons_are_one_sentence(game: AnyGame) -> None:
    for name in CHECKED:
        reason = found(game, name).reason
        assert reason.isprintable() and not reason.endswith(".") and ". " not in reason and len(reason) < 200


# ------------------------------------------------------------------------------------------- each route is listened to


@pytest.mark.parametrize(
    ("module", "name", "wrong", "check_id"),
    [
        (own_game_equilibria, "pure_equilibria", lambda right: lambda game: right(game)[:-1], "G.pure"),
        (own_game_equilibria, "mixed_deviation", lambda right: lambda *_: "a gain", "G.mixed"),
        (own_game_equilibria, "corner_gaps", lambda right: lambda *_: {(0, 0, 1): (-1, 0)}, "G.stable"),
        (own_game_equilibria, "unrolled_gaps", lambda right: lambda *_: {}, "G.kept"),
        (own_game_equilibria, "stays_projected", lambda right: lambda *_: True, "G.kept"),
        (own_game_alignment, "payoff_gaps", lambda right: lambda *_: {}, "G.near"),
        (own_game_basins, "_share_nearby", lambda right: lambda line: (Rational(1, 9), Rational(0)), "G.flux"),
    ],
)
def test_a_route_that_differs_leaves_it_undecided(
    module: object, name: str, wrong: Callable[[object], object], check_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(stag_hunt(), check_id).verdict is not Verdict.UNDECIDED
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    wrongly = found.__wrapped__(stag_hunt(), check_id)
    assert wrongly.verdict is Verdict.UNDECIDED and not wrongly.reason.startswith("not-applicable")


# ------------------------------------------------------------------------------------------------------ the registry


def test_checks_have_names_of_their_own_and_statements_that_stand_alone() -> None:
    assert len(set(CHECKED)) == len(CHECKED) and all(name.startswith("G.") for name in CHECKED)
    assert all(own.statement.endswith(".") and own.statement.isprintable() for own in CHECKS)
    assert [claim.id for claim in own_game_claims(stag_hunt())] == CHECKED


@pytest.mark.parametrize("words", ["AllD", "Grim;TFT", "C:CDDD;D:CCDD"])
def test_profiles_of_repeated_games_can_be_read_again(words: str) -> None:
    for game in (ipd(), memory_one(prisoners_dilemma(), Rational(1, 2), name="own", begins_after=(0, 0))):
        if ":" in words and len(game.observations) == 4:
            continue
        profile = parse_profile(game, words)
        assert parse_profile(game, in_words(game, profile)) == profile
    assert in_words(ipd(), parse_profile(ipd(), "Grim;TFT")) == "C:CDDD;C:CDCD"
    # Player 2 sees CD as DC: its own action comes first in its string.
    assert in_words(ipd(), parse_profile(ipd(), "C:CDDD;D:CCDD")) == "C:CDDD;D:CCDD"


def test_profiles_of_other_games_are_listed_state_by_state() -> None:
    game = signalled_stag_hunt()
    shown = in_words(game, ((0, 0, 1, 1), (0, 1, 1, 0)))
    assert shown == "c1 Stag,Stag | c2 Stag,Hare | c3 Hare,Hare | c4 Hare,Stag"
    assert in_words(replace(stag_hunt(), name="own"), ((0,), (1,))) == "Stag,Hare"
