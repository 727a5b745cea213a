"""Gambit's .nfg files: both versions by hand, round trips, and nothing but a game or one sentence from any bytes.

Where pygambit is installed (it ships no wheel), its own writer and reader are asked too.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Rational

from theory import strategies
from theory.equilibria import payoff_dominant
from theory.errors import BadInput
from theory.games import Game, stag_hunt
from theory.games.files import load_game, resolve_game
from theory.games.gambit import load_nfg
from theory.games.names import IDENTIFIER

HUNT = """\
NFG 1 R "Stag Hunt" { "Row" "Column" }

{ { "Stag" "Hare" }
{ "Stag" "Hare" }
}
"The hunters' dilemma."

4 4 3 0 0 3 2 2
"""
# The manual's example, in both versions.
SELTEN = """\
NFG 1 R "Selten (IJGT, 75), Figure 2, normal form"
{ "Player 1" "Player 2" } { 3 2 }

1 1 0 2 0 2 1 1 0 3 2 0
"""
SELTEN_BY_OUTCOMES = """\
NFG 1 R "Selten (IJGT, 75), Figure 2, normal form" { "Player 1" "Player 2" }

{
{ "1" "2" "3" }
{ "1" "2" }
}

{
{ "" 1, 1 }
{ "" 0, 2 }
{ "" 0, 2 }
{ "" 1, 1 }
{ "" 0, 3 }
{ "" 2, 0 }
}
1 2 3 4 5 6
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Game]:
    def load(text: str) -> Game:
        path = tmp_path / "game.nfg"
        path.write_bytes(text.encode())
        return load_nfg(path)

    return load


def paid(game: Game) -> dict[str, tuple[Rational, ...]]:
    return {game.action_names(action): row for action, row in zip(game.joint_actions, game.reward[0], strict=True)}


# ------------------------------------------------------------------------------------------------------ by hand


def test_player_ones_strategy_changes_fastest(read: Callable[[str], Game]) -> None:
    game = read(HUNT)
    assert paid(game) == {"Stag,Stag": (4, 4), "Hare,Stag": (3, 0), "Stag,Hare": (0, 3), "Hare,Hare": (2, 2)}
    assert game.reward == stag_hunt().instance().reward
    assert (game.name, game.actions, game.target) == ("Stag Hunt", (("Stag", "Hare"),) * 2, ("Stag", "Stag"))


def test_the_manuals_example_in_both_versions(read: Callable[[str], Game]) -> None:
    game = read(SELTEN)
    assert game.actions == (("s1", "s2", "s3"), ("s1", "s2"))
    assert game.name == "Selten IJGT 75 Figure 2 normal form"
    assert paid(game) == {
        "s1,s1": (1, 1),
        "s2,s1": (0, 2),
        "s3,s1": (0, 2),
        "s1,s2": (1, 1),
        "s2,s2": (0, 3),
        "s3,s2": (2, 0),
    }
    assert read(SELTEN_BY_OUTCOMES) == game
    # No strict equilibrium: against s1 player 2 is indifferent, and elsewhere somebody gains.
    assert game.target is None


def test_outcomes_may_repeat_or_be_nothing(read: Callable[[str], Game]) -> None:
    game = read(
        """NFG 1 D "three of a kind" { "a" "b" "c" } { { "L" "R" } { "L" "R" } { "L" "R" } } ""
        { { "all left" 1, 2, 3, } { "odd" -1/2 .5 0.25 } }
        1 0 0 0 0 2 0 2"""
    )
    half, quarter = Rational(1, 2), Rational(1, 4)
    odd = (-half, half, quarter)
    # Player 1 fastest: LLL RLL LRL RRL LLR RLR LRR RRR.
    assert paid(game) == {
        "L,L,L": (1, 2, 3),
        "R,L,L": (0, 0, 0),
        "L,R,L": (0, 0, 0),
        "R,R,L": (0, 0, 0),
        "L,L,R": (0, 0, 0),
        "R,L,R": odd,
        "L,R,R": (0, 0, 0),
        "R,R,R": odd,
    }


def test_three_players_in_the_payoff_version(read: Callable[[str], Game]) -> None:
    numbers = " ".join(f"{a}{b}{c} -{a} {b}/{c}" for c in (1, 2) for b in (1, 2, 3) for a in (1, 2))
    game = read(f'NFG 1 R "three" {{ "x" "y" "z" }} {{ 2 3 2 }} {numbers}')
    for (a, b, c), row in zip(game.joint_actions, game.reward[0], strict=True):
        a, b, c = a + 1, b + 1, c + 1
        assert row == (100 * a + 10 * b + c, -a, Rational(b, c))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.1", Rational(1, 10)),
        ("0.30000000000000001", Rational(30000000000000001, 10**17)),  # no double holds this
        (".25", Rational(1, 4)),
        ("7.", Rational(7)),
        ("+3", Rational(3)),
        ("-1.5e-3", Rational(-3, 2000)),
        ("2E2", Rational(200)),
        ("-24/25", Rational(-24, 25)),
        ("4/8", Rational(1, 2)),
        ("123456789012345678901234567890", Rational(123456789012345678901234567890)),
    ],
)
def test_numbers_are_exact(read: Callable[[str], Game], written: str, value: Rational) -> None:
    assert read(HUNT.replace("3 0 0 3", f"{written} 0 0 3")).reward[0][2] == (value, 0)
    by_outcome = SELTEN_BY_OUTCOMES.replace('"" 2, 0', f'"" {written},0')
    assert read(by_outcome).reward[0][-1] == (value, 0)


@pytest.mark.parametrize(
    "text",
    [
        " ".join(HUNT.split("\n")),
        HUNT.replace("\n", "\r\n"),
        HUNT.replace(" ", "\n\t \v"),
        '\n\n\t NFG\n1\nR"Stag Hunt"{"Row""Column"}{{"Stag""Hare"}{"Stag""Hare"}}"c"4 4\t3\n0 0 3 2 2',
        HUNT.replace('"The hunters\' dilemma."', ""),
        HUNT.replace('"The hunters\' dilemma."', '"NFG 2 { 1 \\"2\\" }\n3 4 5"'),
        HUNT.replace("NFG 1 R", "NFG 1 D"),
        HUNT.replace('"Row" "Column"', '"" ""'),
        "\ufeff" + HUNT,
        HUNT.rstrip("\n"),
        HUNT.replace("4 4 3 0 0 3 2 2", '{ {"both" 4, 4} {"" 3, 0} {"}" 0 3,} {"{" 2 2} {"unused" 9 9} } 1 2 3 4'),
    ],
    ids=range(11),
)
def test_spacing_comments_and_labels_do_not_matter(read: Callable[[str], Game], text: str) -> None:
    assert read(text) == read(HUNT)


# -------------------------------------------------------------------------------------------------------- names


def named(read: Callable[[str], Game], *labels: str) -> tuple[str, ...]:
    quoted = " ".join('"' + label.replace('"', '\\"') + '"' for label in labels)
    payoffs = " 0" * (2 * 2 * len(labels))
    return read(f'NFG 1 R "" {{ "" "" }} {{ {{ {quoted} }} {{ "A" "B" }} }} {payoffs}').actions[0]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (("Stag", "x2"), ("Stag", "x2")),
        (("1", "2"), ("s1", "s2")),
        (("", ""), ("s1", "s2")),
        (("Don't", "a b"), ("Dont", "ab")),
        (("1*11", "2-4"), ("s111", "s24")),
        (("a b", "ab"), ("ab1", "ab")),  # the second has its name by right
        (("x", "x", "x"), ("x", "x2", "x3")),
        (("x", "x", "x2"), ("x", "x3", "x2")),  # counting on until a name is free
        (("1", "s1"), ("s11", "s1")),
        (("é", "ß", "_"), ("s1", "s2", "s3")),
        (('say "no"', "№ 5"), ("sayno", "s5")),
        (("a" * 40, "a" * 41), ("a" * 32, "a" * 31 + "2")),
        (("9" * 40, "B"), ("s" + "9" * 31, "B")),
        (("A\nB", "C\tD"), ("AB", "CD")),
    ],
)
def test_names_become_usable_and_distinct(
    read: Callable[[str], Game], labels: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert named(read, *labels) == names


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=st.lists(st.text(st.sampled_from("aAs12 _-é'"), max_size=4), min_size=2, max_size=16))
def test_any_labels_become_usable_and_distinct(read: Callable[[str], Game], labels: list[str]) -> None:
    names = named(read, *labels)
    assert len(names) == len(labels) == len(set(names))
    assert all(IDENTIFIER.fullmatch(name) for name in names)
    for label in labels:  # a usable label stays somebody's name
        assert not IDENTIFIER.fullmatch(label) or label in names


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Stag Hunt", "Stag Hunt"),
        ("", "game"),
        ("  ?!", "game"),
        ("2x2_game-v1.0", "2x2_game-v1.0"),
        ('von Stengel, \\"1999\\": 6×6', "von Stengel 1999 6 6"),
        ("a\nb", "a b"),
        ("x" * 80, "x" * 64),
        ("x" * 63 + " yz", "x" * 63),
    ],
)
def test_titles_become_names(read: Callable[[str], Game], title: str, name: str) -> None:
    assert read(HUNT.replace("Stag Hunt", title)).name == name


# ----------------------------------------------------------------------------------------------------- round trips


def written(game: Game, title: str = "random", outcomes: bool = False) -> str:
    """The game as a Gambit file, by a writer of its own: profiles counted with player 1 as the last digit."""
    counts = [len(names) for names in game.actions]
    reward = dict(zip(game.joint_actions, game.reward[0], strict=True))
    strategies_ = " ".join("{ " + " ".join(f'"{name}"' for name in names) + " }" for names in game.actions)
    players = " ".join(f'"P{player + 1}"' for player in range(game.players))
    head = f'NFG 1 R "{title}" {{ {players} }} {{ {strategies_} }}'
    cells = []
    for position in range(len(game.joint_actions)):
        profile = []
        for size in counts:
            position, digit = divmod(position, size)
            profile.append(digit)
        cells.append(reward[tuple(profile)])
    if not outcomes:
        return head + "\n" + " ".join(str(entry) for cell in cells for entry in cell)
    distinct = list(dict.fromkeys(cell for cell in cells if any(cell)))
    listed = "\n".join('{ "" ' + ", ".join(map(str, cell)) + " }" for cell in distinct)
    indices = " ".join(str(distinct.index(cell) + 1 if any(cell) else 0) for cell in cells)
    return f"{head}\n{{\n{listed}\n}}\n{indices}"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), outcomes=st.booleans())
def test_round_trip(read: Callable[[str], Game], data: st.DataObject, outcomes: bool) -> None:
    game = data.draw(strategies.one_shot_games())
    found = read(written(game, outcomes=outcomes))
    assert (found.name, found.actions, found.reward) == (game.name, game.actions, game.reward)
    dominant = payoff_dominant(game)
    assert (found.target is None) == (dominant is None)
    if dominant is not None and found.target is not None:
        assert [found.action_index(i, name) for i, name in enumerate(found.target)] == [row[0] for row in dominant]


def test_the_games_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "hunt.nfg"
    path.write_text(HUNT)
    assert resolve_game(str(path), {}) == load_game(path) == load_nfg(path)
    with pytest.raises(BadInput, match=r"hunt\.nfg: R cannot be set, because a game file has no named parameters\."):
        resolve_game(str(path), {"R": "4"})


def test_pygambit_reads_the_same(tmp_path: Path) -> None:
    gambit = pytest.importorskip("pygambit", reason="pygambit ships no wheel and is not installed")
    for text in (HUNT, SELTEN, SELTEN_BY_OUTCOMES, written_example()):
        path = tmp_path / "game.nfg"
        path.write_text(text)
        mine, other = load_nfg(path), gambit.read_nfg(str(path))
        assert [len(player.strategies) for player in other.players] == [len(names) for names in mine.actions]
        for action, row in zip(mine.joint_actions, mine.reward[0], strict=True):
            outcome = other[action]
            assert [Fraction(str(outcome[player])) for player in other.players] == [Fraction(str(e)) for e in row]
        again = tmp_path / "again.nfg"
        again.write_text(other.to_nfg())
        assert load_nfg(again).reward == mine.reward


def written_example() -> str:
    numbers = " ".join(f"{a - b}/{c + 1} {a * b * c} {a}.{b}{c}" for c in range(4) for b in range(2) for a in range(3))
    return f'NFG 1 R "3x2x4" {{ "x" "y" "z" }} {{ 3 2 4 }} {numbers}'


# ------------------------------------------------------------------------------------------------------- garbage in

START = 'NFG 1 R "t" { "a" "b" } '
GARBAGE: list[tuple[str, int, str]] = [
    # text, line, reason
    ('EFG 2 R "x" { "a" "b" }', 1, "expected NFG, as a Gambit file begins with NFG 1 R, not 'EFG'"),
    ('{"a": 1}', 1, "expected NFG, as a Gambit file begins with NFG 1 R, not '{'"),
    ("nfg 1 R", 1, "expected NFG, as a Gambit file begins with NFG 1 R, not 'nfg'"),
    ("NFG 2 R", 1, "expected 1, as a Gambit file begins with NFG 1 R, not '2'"),
    ("NFG 1 F", 1, "expected R or D, as a Gambit file begins with NFG 1 R, not 'F'"),
    ("NFG 1", 1, "the file ends where R or D should stand"),
    ("NFG 1 R Title", 1, "expected the title in double quotes, not 'Title'"),
    ('NFG 1 R "Title', 1, "the text of the title has no closing quote"),
    ('NFG 1 R "Title\\"', 1, "the text of the title has no closing quote"),
    ('NFG 1 R "Title\\', 1, "the text of the title has no closing quote"),
    ('NFG 1 R "t" "a" "b"', 1, "expected '{' before the players, not '\"a\"'"),
    ('NFG 1 R "t" { "a", "b" }', 1, "expected one of the players in double quotes, not ','"),
    ('NFG 1 R "t" { "a" 2 }', 1, "expected one of the players in double quotes, not '2'"),
    ('NFG 1 R "t" { "a" } { 2 }', 1, "a game has 2 to 8 players, not 1"),
    (f'NFG 1 R "t" {{ {" ".join(["x"] * 9)} }}'.replace("x", '"x"'), 1, "a game has 2 to 8 players, not 9"),
    (START, 1, "the file ends where '{' before the strategies should stand"),
    (START + "{ 2 }", 1, "expected the number of strategies of player 2, not '}'"),
    (START + "{ 2 2 2 }", 1, "expected '}' after the strategies, not '2'"),
    (START + "{ 2 1 }", 1, "a player has 2 to 16 strategies, not 1"),
    (START + "{ 0 2 }", 1, "a player has 2 to 16 strategies, not 0"),
    (START + "{ 17 2 }", 1, "a player has 2 to 16 strategies, not more"),
    (START + "{ 999999999 999999999 }", 1, "a player has 2 to 16 strategies, not more"),
    (START + "{ 99999999999999999999 2 }", 1, "number of strategies of player 1, not '99999999999999999999'"),
    (START + "{ -2 2 }", 1, "expected the number of strategies of player 1, not '-2'"),
    (START + "{ 2.0 2 }", 1, "expected the number of strategies of player 1, not '2.0'"),
    (START + '{ 2 { "A" "B" } }', 1, "expected the number of strategies of player 2, not '{'"),
    (START + '{ { "A" "B" } 2 }', 1, "expected '{' before the strategies of player 2, not '2'"),
    (START + '{ { "A" "B" } { "A" } }', 1, "a player has 2 to 16 strategies, not 1"),
    (START + '{ { "A" "B" } { "A" B } }', 1, "expected one of the strategies of player 2 in double quotes, not 'B'"),
    ('NFG 1 R "t" { "a" "b" "c" "d" } { 9 9 9 9 }', 1, "more than 4096 strategy profiles are not supported"),
    # the body
    (START + "{ 2 2 }\n1 2 3 4 5 6 7", 2, "the file ends where payoff 8 of 8 should stand"),
    (START + "{ 2 2 }", 1, "the file ends where payoff 1 of 8 should stand"),
    (START + "{ 2 2 }\n1 2 3 4\n5 6 7 8\n9", 4, "nothing may follow the 8 payoffs, but '9' does"),
    (START + "{ 2 2 }\n1 2 3 4\n5 6 x 8", 3, "'x' is not an exact finite number"),
    (START + "{ 2 2 }\n1 2, 3 4 5 6 7 8", 2, "',' is not an exact finite number"),
    (START + "{ 2 2 }\n1 nan 3 4 5 6 7 8", 2, "'nan' is not an exact finite number"),
    (START + "{ 2 2 }\n1 -inf 3 4 5 6 7 8", 2, "'-inf' is not an exact finite number"),
    (START + "{ 2 2 }\n1 1/0 3 4 5 6 7 8", 2, "'1/0' is not an exact finite number"),
    (START + "{ 2 2 }\n1 1e9999 3 4 5 6 7 8", 2, "'1e9999' is not an exact finite number"),
    (START + f"{{ 2 2 }}\n1 {'9' * 101} 3 4 5 6 7 8", 2, "a number may have at most 100 characters"),
    (START + "{ 2 2 }\n1 0x10 3 4 5 6 7 8", 2, "'0x10' is not an exact finite number"),
    (START + '{ 2 2 }\n"c" "d" 1 2 3 4 5 6 7 8', 2, "is not an exact finite number"),
    (START + "{ 2 2 }\n{ } 1 0 0 0", 2, "there is no outcome 1, because 0 are listed"),
    (START + "{ 2 2 }\n{ 1 2 } 1 0 0 0", 2, "expected '{' before an outcome, not '1'"),
    (START + "{ 2 2 }\n{ { 1 2 } } 1 0 0 0", 2, "expected an outcome's name in double quotes, not '1'"),
    (START + '{ 2 2 }\n{ { "" 1 } } 1 0 0 0', 2, "'}' is not an exact finite number"),
    (START + '{ 2 2 }\n{ { "" 1 2 3 } } 1 0 0 0', 2, "expected '}' after an outcome, not '3'"),
    (START + '{ 2 2 }\n{ { "" 1,, 2 } } 1 0 0 0', 2, "',' is not an exact finite number"),
    (START + '{ 2 2 }\n{ { "" 1 2 }\n1 0 0 0', 3, "expected '{' before an outcome, not '1'"),
    (START + '{ 2 2 }\n{ { "" 1 2 } }\n1 0 0', 3, "the file ends where outcome index 4 of 4 should stand"),
    (START + '{ 2 2 }\n{ { "" 1 2 } }\n1 0 0 2', 3, "there is no outcome 2, because 1 are listed"),
    (START + '{ 2 2 }\n{ { "" 1 2 } }\n1 0 0 -1', 3, "expected outcome index 4 of 4, not '-1'"),
    (START + '{ 2 2 }\n{ { "" 1 2 } }\n1 0 0 0 0', 3, "nothing may follow the 4 outcome indices, but '0' does"),
    ("\x01\x02", 1, r"not '\x01\x02'"),
]


def is_one_sentence(message: str) -> bool:
    return message.endswith(".") and message.isprintable()


@pytest.mark.parametrize(("text", "line", "reason"), GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_gives_one_sentence_with_file_and_line(
    read: Callable[[str], Game], tmp_path: Path, text: str, line: int, reason: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read(text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'game.nfg'}: line {line}: ") and reason in message
    assert is_one_sentence(message) and len(message) < len(str(tmp_path)) + 200


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.nfg").mkdir()
    (tmp_path / "latin.nfg").write_bytes(b'NFG 1 R "Stra\xdfe"')
    (tmp_path / "program.nfg").write_bytes(b"\x7fELF\x02\x01\x01\x00")
    (tmp_path / "empty.nfg").write_text("\n\n")
    (tmp_path / "endless.nfg").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.nfg")
    (tmp_path / "large.nfg").write_text(HUNT + " " * 2**20)
    for name, reason in [
        ("missing.nfg", "No such file or directory"),
        ("folder.nfg", "this is a directory"),
        ("latin.nfg", "not UTF-8 text (byte 14 on line 1)"),
        ("program.nfg", "not text (byte 8 on line 1 is zero)"),
        ("empty.nfg", "the file is empty"),
        ("endless.nfg", "not a regular file"),
        ("pipe.nfg", "not a regular file"),
        ("large.nfg", "larger than 1 MiB"),
    ]:
        with pytest.raises(BadInput) as caught:
            resolve_game(str(tmp_path / name), {})
        assert str(tmp_path / name) in str(caught.value) and reason in str(caught.value)
        assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    "text",
    [
        '"' * 2**19,
        "{" * 2**20,
        "NFG 1 R " + '"' + "\\" * (2**20 - 20),
        'NFG 1 R "" {' + ' ""' * 300_000,
        START + "{ 2 2 } { " + '{ "" 1 2 }' * 100_000,
        START + "{ 2 2 } " + "1 " * 500_000,
        START + "{ " + "2 " * 500_000,
    ],
    ids=range(7),
)
def test_long_files_are_refused_quickly(read: Callable[[str], Game], text: str) -> None:
    began = time.process_time()
    with pytest.raises(BadInput) as caught:
        read(text)
    assert time.process_time() - began < 10
    assert is_one_sentence(str(caught.value))


def test_the_largest_game_is_read(read: Callable[[str], Game]) -> None:
    payoffs = " ".join(str(k % 7) for k in range(4 * 4096))
    game = read(f'NFG 1 R "" {{ "" "" "" "" }} {{ 8 8 8 8 }} {payoffs}')
    assert len(game.joint_actions) == 4096 and game.players == 4


# ----------------------------------------------------------------------------------------------------------- fuzzing

PIECES: Sequence[str] = ("{", "}", ",", '"', '"x"', "1", "-3/4", "2.5", "NFG", "R", "\\", "\n", " ", "nan", "9" * 12)


@st.composite
def nfg_like(draw: st.DrawFn) -> str:
    """A good file with pieces cut out and other ones put in."""
    text = draw(st.sampled_from([HUNT, SELTEN, SELTEN_BY_OUTCOMES]))
    for _ in range(draw(st.integers(1, 3))):
        tokens = re.findall(r'\s+|"[^"]*"|[^\s"]+', text)
        first = draw(st.integers(0, len(tokens)))
        last = draw(st.integers(first, min(first + 2, len(tokens))))
        put = draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)))
        text = "".join([*tokens[:first], put, *tokens[last:]])
    return text


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(nfg_like().map(str.encode), st.text().map(str.encode), st.binary()))
def test_any_file_is_a_game_or_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzz.nfg"
    path.write_bytes(content)
    try:
        game = load_nfg(path)
    except BadInput as refusal:
        assert str(refusal).startswith(f"{path}: ") and is_one_sentence(str(refusal))
    else:
        assert isinstance(game, Game) and game.one_shot
        assert all(IDENTIFIER.fullmatch(name) for names in game.actions for name in names)
