"""``align`` for repeated games: closed forms against exact values of the program, and the generated appendix."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sympy import Integer, Rational

from theory.appendix import appendix, documents
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.games import Game, ipd, memory_one, normal_form, prisoners_dilemma, stag_hunt
from theory.ipd_alignment import PROFILES, cooperation
from theory.policies import parameters
from theory.repeated_alignment import is_repeated, repeated_alignment
from theory.symbols import alpha

GAMES = {
    "published": ipd(),
    "another discount": ipd(R=3, S=0, T=5, P=1, gamma=Rational(9, 10)),
    "without symbols": memory_one(prisoners_dilemma().instance(), Rational(1, 3), name="mine"),
    "two rounds": memory_one(prisoners_dilemma().instance(), Rational(2, 3), name="short", horizon=2),
    "no dilemma": memory_one(stag_hunt().instance(), Rational(1, 2), name="repeated hunt"),
}


@pytest.mark.parametrize("name", GAMES)
def test_values_against_the_program(name: str) -> None:
    """The terms at the pure profile itself, in rationals: no closed form involved."""
    game = GAMES[name]
    found = repeated_alignment(game)
    program = decompose(game, form="expanded").program
    rows = parameters(game, "direct")
    for profile in found.profiles:
        own = cooperation(profile.profile)
        # Player 2 reads its own move first: its reaction to CD is what stands at DC.
        seen = [own[k] for k in (0, 1, 3, 2, 4)]
        point = {**dict(zip(rows[0], own, strict=True)), **dict(zip(rows[1], seen, strict=True))}
        terms = program.at({**point, alpha: Integer(1), **dict(game.parameters)})["peer_1"]
        assert found.values(profile) == terms
        wrong = program.at({**point, rows[1][2]: 1 - seen[2], alpha: Integer(1), **dict(game.parameters)})["peer_1"]
        if profile.profile not in ("AllC", "AllD") or (game.horizon is None and profile.profile == "AllD"):
            assert found.values(profile) != wrong


def test_what_is_said_of_other_payoffs() -> None:
    assert repeated_alignment(GAMES["published"]).dilemma and not repeated_alignment(GAMES["no dilemma"]).dilemma
    assert "the signs below do not apply" in str(repeated_alignment(GAMES["no dilemma"]))
    assert "do not apply" not in str(repeated_alignment(ipd()))
    data = repeated_alignment(ipd()).to_json()
    assert [entry["profile"] for entry in data["profiles"]] == list(PROFILES) and data["dilemma"]


@pytest.mark.parametrize(
    ("game", "sentence"),
    [
        (stag_hunt(), "not a memory-one repeated game"),
        (
            memory_one(
                normal_form("lop", (("a", "b"),) * 2, {(0, 0): (1, 2), (0, 1): (0, 0), (1, 0): (0, 0), (1, 1): (1, 1)}),
                Rational(1, 2),
                name="lopsided",
            ),
            "is not symmetric",
        ),
        (replace(ipd(), own_view=None), "not a memory-one repeated game"),
    ],
)
def test_other_games_are_refused(game: Game, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        repeated_alignment(game)
    assert is_repeated(game) == (sentence == "is not symmetric")


def test_logit_has_nothing_to_show_at_pure_profiles() -> None:
    with pytest.raises(BadInput, match="the logit correction is 0"):
        repeated_alignment(ipd(), "logit")


@pytest.mark.thorough
def test_the_appendix_is_one_document() -> None:
    written = appendix()
    assert written == appendix() and written.isascii()
    assert written.count(r"\begin{document}") == written.count(r"\end{document}") == 1
    assert [title for title in re.findall(r"\\section\{(.*)\}", written)] == list(documents())
    for opening, closing in (("{", "}"), (r"\[", r"\]"), (r"\left", r"\right")):
        assert written.count(opening) == written.count(closing), opening
    shown = {document.title for entries in documents().values() for document in entries}
    assert any("stag-hunt" in title for title in shown) and any("ipd restricted to TFT" in title for title in shown)


@pytest.mark.thorough
def test_the_appendix_follows_the_game(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is typed in: another Stag Hunt changes what is printed."""
    before = appendix()
    monkeypatch.setattr("theory.appendix.stag_hunt", lambda: stag_hunt(R=7))
    assert appendix() != before
