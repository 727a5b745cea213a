"""The verb ``certify``: regions worked on paper, what each kind certifies, and what is refused in one sentence."""

from __future__ import annotations

import json
import time
from fractions import Fraction

import pytest
from sympy import Rational

from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import (
    Game,
    battle_of_the_sexes,
    chicken,
    coordination,
    ipd,
    ipd_finite,
    ipd_from_cc,
    matching_pennies,
    prisoners_dilemma,
    stag_hunt,
    stag_hunt_3,
)
from theory.regions import Certificate, Dynamics, certify, prove, sublevel
from theory.regions.boxes import ends, parse_box, variables
from theory.regions.check import check

STEPS = Dynamics("direct", Rational(1, 10))


def accepted(certificate: Certificate, verdict: str = "CERTIFIED") -> Certificate:
    assert certificate.verdict == verdict
    assert certificate.report.outcome == "accepted", certificate.report
    return certificate


def sides(certificate: Certificate) -> list[Fraction]:
    return [Fraction(high) - Fraction(low) for low, high in certificate.region["box"]]


# ------------------------------------------------------------------------------------------ worked on paper, one shot


@pytest.mark.parametrize(
    ("game", "target", "side"),
    [
        # The other's probability at which a player is indifferent, from the payoffs.
        (stag_hunt(), "Stag,Stag", "1/3"),  # 4q > 3q + 2(1 − q) iff q > 2/3
        (stag_hunt(), "Hare,Hare", "2/3"),
        (stag_hunt(R=10, T=3, S=2, P=4), "Stag,Stag", "7/9"),  # 10q + 2(1 − q) > 3q + 4(1 − q) iff q > 2/9
        (chicken(), "Straight,Swerve", "1/2"),  # 4q > 3q + (1 − q) iff q > 1/2
        (chicken(), "Swerve,Straight", "1/2"),
    ],
)
def test_sign_boxes_of_two_by_two_games(game: Game, target: str, side: str) -> None:
    found = accepted(certify(game, target))
    assert set(sides(found)) == {Fraction(side)} and not found.region["closed"]
    assert found.conclusion["limit"] == "target" and found.conclusion["convergence"] == "finite"
    assert found.proof["no_larger"]["radius"] == side


def test_the_largest_ball_of_stag_hunt_ends_at_the_mixed_equilibrium() -> None:
    for target, level in (("Stag,Stag", "2/9"), ("Hare,Hare", "8/9")):
        found = accepted(certify(stag_hunt(), target, "sublevel"))
        assert (found.region["level"], found.region["closed"]) == (level, False)
        assert found.proof["no_larger"] == {"witness": ["2/3", "2/3"]}
        assert found.conclusion["no_level_above"] == level
    for coordinates, convergence in (("replicator", "exponential"), ("logit", "algebraic")):
        found = accepted(certify(stag_hunt(), "Stag,Stag", "sublevel", dynamics=Dynamics(coordinates)))
        assert found.region["level"] == "2/9" and found.conclusion["convergence"] == convergence


def test_the_mixed_equilibrium_is_not_always_the_end() -> None:
    """At p* = 1/4 < 2/7 the largest ball of (Stag, Stag) in replicator dynamics is smaller than 2(1 − p*)² = 9/8."""
    game = stag_hunt(R=4, S=0, T=1, P=1)
    direct = accepted(certify(game, "Stag,Stag", "sublevel"))
    assert direct.region["level"] == "9/8"
    found = accepted(certify(game, "Stag,Stag", "sublevel", dynamics=Dynamics("replicator")))
    assert Rational(found.region["level"]) < Rational(found.conclusion["no_level_above"]) < Rational(9, 8)


def test_a_given_level_is_certified_with_a_rate_or_refuted() -> None:
    found = accepted(certify(stag_hunt(), "Stag,Stag", "sublevel", level="1/8"))
    margin = Rational(found.region["margin"])
    assert found.conclusion["bound"] == str(Rational(1, 8) / margin**2)
    refuted = accepted(certify(stag_hunt(), "Stag,Stag", "sublevel", level="1/4"), "REFUTED")
    p, q = map(Rational, refuted.proof["witness"])
    # −⟨v, x − x*⟩ with v = (6q − 4, ...)/2 on paper: 3q − 2 and 3p − 2
    assert (3 * q - 2) * (1 - p) + (3 * p - 2) * (1 - q) <= 0 and (1 - p) ** 2 + (1 - q) ** 2 <= Rational(1, 4)


def test_the_papers_stability_constant() -> None:
    """⟨v, x − x*⟩ ≤ −μ|x − x*|² on |x − x*|² ≤ 1/8: at u = w = 1/4 it is u(1 − 3u)·2/(2u²) = 1, so μ ≤ 1."""
    found = accepted(certify(stag_hunt(), "Stag,Stag", "sublevel", level="1/8", order=2))
    assert 0 < Rational(found.region["margin"]) <= 1
    assert found.conclusion["bound"] == str(2 * Rational(found.region["margin"]))


def test_steps_have_a_smaller_ball_and_a_geometric_rate() -> None:
    found = accepted(certify(stag_hunt(), "Stag,Stag", "sublevel", dynamics=STEPS))
    assert Rational(1, 5) < Rational(found.region["level"]) < Rational(2, 9)
    assert len(found.proof["trees"]) == 4 and found.conclusion["convergence"] == "exponential"
    # An honest run: from a grid of exact starts in the ball, W falls by the certified factor in every step.
    level, bound = Fraction(found.region["level"]), Fraction(found.conclusion["bound"])
    for i in range(0, 9):
        for j in range(0, 9):
            p, q = 1 - Fraction(i, 20), 1 - Fraction(j, 20)
            before = (1 - p) ** 2 + (1 - q) ** 2
            if before > level:
                continue
            p, q = (min(Fraction(1), max(Fraction(0), x + Fraction(1, 10) * (3 * y - 2))) for x, y in ((p, q), (q, p)))
            assert (1 - p) ** 2 + (1 - q) ** 2 <= (1 - bound) * before


def test_three_players() -> None:
    """All Stag against two others who hunt with q: 4q² > 2 iff q > 1/√2; all Hare: the other way round."""
    found = accepted(certify(stag_hunt_3()))
    (side,) = set(sides(found))
    assert (
        found.region["closed"]
        and (1 - side) ** 2 > Fraction(1, 2) > (1 - Fraction(found.proof["no_larger"]["radius"])) ** 2
    )
    assert Rational(found.conclusion["bound"]) > 0
    hare = accepted(certify(stag_hunt_3(), "Hare,Hare,Hare", dynamics=Dynamics("logit")))
    assert hare.conclusion["convergence"] == "algebraic"


def test_battle_of_the_sexes_and_coordination() -> None:
    for game, target in ((battle_of_the_sexes(), "Football,Football"), (coordination(), None)):
        accepted(certify(game, target))
        accepted(certify(game, target, "sublevel"))
    accepted(certify(prisoners_dilemma(), "D,D"))
    assert set(sides(certify(prisoners_dilemma(), "D,D"))) == {1}  # a dominant action: the whole square


def test_a_given_box_gets_rates_or_a_witness() -> None:
    found = accepted(certify(stag_hunt(), "Stag,Stag", box=["p1=3/4:1", "p2=4/5:1"]))
    # player 1 gains 3q − 2 ≥ 2/5, player 2 gains 3p − 2 ≥ 1/4
    g = [Rational(entry[0]) for entry in found.proof["gaps"]]
    assert Rational(19, 50) <= g[0] <= Rational(2, 5) and Rational(19, 80) <= g[1] <= Rational(1, 4)
    assert Rational(found.conclusion["bound"]) == max(Rational(1, 4) / g[0], Rational(1, 5) / g[1])
    refuted = accepted(certify(stag_hunt(), "Stag,Stag", box=["around:Stag,Stag:1/2"]), "REFUTED")
    p, q = map(Rational, refuted.proof["witness"])
    assert min(p, q) >= Rational(1, 2) and (3 * q - 2 <= 0 or 3 * p - 2 <= 0)


# -------------------------------------------------------------------------------------------------------- the IPD


def test_all_defect_and_grim() -> None:
    """AllD: the largest cube is open with side 25/72; Grim: about .036."""
    found = accepted(certify(ipd(), "AllD"))
    assert set(sides(found)) == {Fraction(25, 72)} and not found.region["closed"]
    assert found.conclusion["unreached"] == [1, 2, 3, 6, 7, 8] and found.conclusion["limit"] == "face"
    grim = accepted(certify(ipd(), "Grim"))
    (side,) = set(sides(grim))
    assert Fraction(36, 1000) < side < Fraction(37, 1000)
    assert Fraction(grim.proof["no_larger"]["radius"]) < side + Fraction(1, 2**15)


def test_tremble_reaches_every_state() -> None:
    found = accepted(certify(ipd(), "AllD", tremble="1/10"))
    assert found.conclusion["unreached"] == [] and found.conclusion["limit"] == "target"
    assert found.field.tremble == Rational(1, 10)


def test_sides_of_different_lengths() -> None:
    shape = [Rational(n, 10) for n in (10, 4, 5, 3, 10, 10, 4, 3, 5, 10)]
    found = accepted(certify(ipd(), "AllD", shape=shape))
    cube = Fraction(25, 72) ** 10
    volume = Fraction(1)
    for side in sides(found):
        volume *= side
    assert volume > 20 * cube
    assert found.proof["no_larger"] is None


@pytest.mark.thorough
def test_the_cooperative_set() -> None:
    found = accepted(certify(ipd(), "cooperative-set"))
    assert found.region["held"] == [0, 1, 5, 6] and found.conclusion["limit"] == "equilibria"
    for (low, high), (outer_low, outer_high), (rise, fall) in zip(
        found.region["inner"], found.region["outer"], found.conclusion["drift"], strict=True
    ):
        assert Fraction(outer_low) == 0 or Fraction(low) - Fraction(outer_low) >= Fraction(fall)
        assert Fraction(outer_high) == 1 or Fraction(outer_high) - Fraction(high) >= Fraction(rise)
    steps = accepted(certify(ipd(), "cooperative-set", dynamics=Dynamics("direct", Rational(1, 1000))))
    assert Fraction(steps.region["radius"][0]) < Fraction(found.region["radius"][0])
    accepted(certify(ipd_from_cc(), "cooperative-set", box=["around:TFT:1/20"]))


def test_no_cooperative_set_where_deviating_pays() -> None:
    with pytest.raises(BadInput, match="not every point"):
        certify(ipd(), "cooperative-set", box=["around:AllC:1/10"])
    with pytest.raises(BadInput, match="no equilibrium"):
        certify(ipd(gamma="1/10"), "cooperative-set")


TFT_BOX = ["p1[CC]=37/40:39/40", "p1[CD]=1/40:3/40", "p1[DC]=37/40:39/40", "p1[DD]=1/40:3/40"]


@pytest.mark.parametrize("direction", ["1,0,0,0", "to-target"])
def test_the_alignment_boxes_near_tft(direction: str) -> None:
    found = accepted(certify(ipd_from_cc(), "TFT", "alignment", box=TFT_BOX, symmetric=True, direction=direction))
    assert found.conclusion == {"sign": 1}
    assert found.region["direction"] == (
        {"to": ["1", "0", "1", "0"]} if direction == "to-target" else {"vector": ["1", "0", "0", "0"]}
    )


def test_alignment_that_fails_or_is_opposite() -> None:
    opposite = accepted(certify(ipd_from_cc(), "TFT", "alignment", box=TFT_BOX, symmetric=True, direction="-1,0,0,0"))
    assert opposite.conclusion == {"sign": -1}
    mixed = certify(ipd_from_cc(), "TFT", "alignment", box=TFT_BOX, symmetric=True, direction="0,0,1,0")
    accepted(mixed, "REFUTED")
    whole = accepted(certify(prisoners_dilemma(), "C,C", "alignment"), "REFUTED")
    assert len(whole.proof["witness"]) == 2
    accepted(certify(stag_hunt(), None, "alignment", box=["p1=1/10:9/10", "p2=1/10:9/10"]))
    accepted(certify(stag_hunt(), None, "alignment", box=["p1=1/10:9/10"], symmetric=True, dynamics=Dynamics("logit")))


# ------------------------------------------------------------------------------------------------------ files, words


def test_a_certificate_is_deterministic_small_and_says_what_it_shows() -> None:
    first, second = (certify(stag_hunt(), "Stag,Stag", "sublevel") for _ in range(2))
    assert first.text == second.text and len(first.text) < 2_000
    assert len(certify(ipd(), "AllD").text) < 20_000
    content = json.loads(first.text)
    assert content["statement"] == first.statement and "2/9" in str(first)
    assert check(first.text.replace('"closed": false', '"closed": true')).outcome != "accepted"


def test_names_of_boxes_follow_each_players_view() -> None:
    game = ipd()
    box = parse_box(game, variables(game, symmetric=False), ["p2[CD]=1/4:1/2"])
    assert box[5 + 3] == (Rational(1, 4), Rational(1, 2))  # player 2 calls CD what player 1 calls DC
    shared = parse_box(game, variables(game, symmetric=True), ["around:TFT:1/8", "p1[DD]=0:1/2"])
    assert shared[3] == (Rational(7, 8), Rational(1)) and shared[4] == (Rational(0), Rational(1, 2))
    assert ends(ipd_from_cc(), "TFT") == (1, 0, 1, 0, 1, 1, 0, 0)
    assert ends(ipd_from_cc(), "CDCD") == (1, 0, 1, 0, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("game", "arguments", "words"),
    [
        (stag_hunt(), {"kind": "ball"}, "--kind"),
        (stag_hunt(), {"level": 1}, "--level"),
        (stag_hunt(), {"symmetric": True}, "--symmetric"),
        (stag_hunt(), {"kind": "sublevel", "level": "-1"}, "must be positive"),
        (stag_hunt(), {"kind": "sublevel", "level": "nan"}, "not an exact finite number"),
        (stag_hunt(), {"kind": "sublevel", "order": 3}, "--order"),
        (stag_hunt(), {"kind": "sublevel", "box": ["p1=0:1"]}, "no --box"),
        (stag_hunt(), {"target": "Stag,Hare"}, "other action is as good"),
        (stag_hunt(), {"target": "Stag,Deer"}, "no action"),
        (stag_hunt(), {"target": "cooperative-set"}, "memory-one repeated games"),
        (stag_hunt(), {"tremble": "2"}, "--tremble"),
        (stag_hunt(), {"box": ["p3=0:1"]}, "no parameter"),
        (stag_hunt(), {"box": ["p1=1:0"]}, "LOW ≤ HIGH"),
        (stag_hunt(), {"box": ["p1"]}, "neither NAME"),
        (stag_hunt(), {"box": ["around:Stag,Stag"]}, "around:PROFILE:R"),
        (stag_hunt(), {"box": ["p1=1/2:3/4"]}, "end at the target"),
        (stag_hunt(), {"kind": "alignment", "direction": "1"}, "needs 2 numbers"),
        (stag_hunt(), {"kind": "alignment", "dynamics": Dynamics("replicator")}, "alignment needs"),
        (stag_hunt(), {"dynamics": Dynamics("replicator", Rational(1, 2))}, "continuous time only"),
        (stag_hunt(), {"kind": "sublevel", "dynamics": Dynamics("logit", Rational(1, 2))}, "direct coordinates"),
        (stag_hunt(), {"shape": [Rational(1)]}, "2 positive side lengths"),
        (stag_hunt(), {"box": ["around:Stag,Stag:1/4"], "dynamics": Dynamics("logit")}, ""),
        (matching_pennies(), {}, "name a target"),
        (ipd(), {}, "name a target"),
        (ipd(), {"target": "AllC"}, "other action is as good"),
        (ipd(), {"target": "cooperative-set", "kind": "sign-box"}, "leave it"),
        (ipd(), {"target": "cooperative-set", "dynamics": Dynamics("logit")}, "direct coordinates"),
        (ipd(), {"target": "TFT;AllD", "kind": "alignment", "symmetric": True}, "differ"),
        (ipd_finite(), {"target": "AllD"}, "do not see the state"),
    ],
)
def test_what_is_refused(game: Game, arguments: dict, words: str) -> None:
    if not words:
        assert certify(game, **arguments).verdict == "CERTIFIED"
        return
    with pytest.raises(BadInput) as error:
        certify(game, **arguments)
    assert words in str(error.value) and str(error.value).endswith(".")


def test_a_spent_budget_is_no_statement_about_the_game(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sublevel, "BUDGET", 1)
        with pytest.raises(Undecided, match=r"no ball about .* was certified: the budget of boxes is spent"):
            certify(stag_hunt(), "Stag,Stag", "sublevel")
    with pytest.raises(BadInput, match="does not fall near it"):  # control: what is refuted is said
        certify(chicken(), "Swerve,Swerve", "sublevel")
    accepted(certify(stag_hunt(), "Stag,Stag", "sublevel"))


def test_games_too_large_for_a_ball_are_left_undecided_soon() -> None:
    """All ten probabilities of the IPD at once: it took gigabytes and did not end."""
    begin = time.process_time()
    with pytest.raises(Undecided, match="262144 Bernstein coefficients on a box, more than 65536"):
        certify(ipd(), "AllD", "sublevel")
    assert time.process_time() - begin < 30


@pytest.mark.thorough  # its polynomial alone takes half a minute
def test_games_too_large_for_an_alignment_box_are_left_undecided() -> None:
    assert certify(ipd(), "TFT", "alignment", box=["around:TFT:1/40"]).verdict == "UNDECIDED"


def test_the_work_of_a_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove, "WORK", 100)
    with pytest.raises(Undecided, match="the budget of Bernstein coefficients is spent"):
        certify(stag_hunt(), "Stag,Stag", "sublevel")


def test_dynamics_are_checked() -> None:
    with pytest.raises(BadInput, match="not one of"):
        Dynamics("polar")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="positive"):
        Dynamics("direct", Rational(0))
