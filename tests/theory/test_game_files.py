"""Game files: what is read is exact, and whatever cannot be used is refused in one sentence."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational

from theory.errors import BadInput
from theory.games import REGISTRY, Game, ipd, memory_one, normal_form, stag_hunt
from theory.games.files import load_game, resolve_game

HUNT = """\
name = "my-hunt"
actions = ["Stag", "Hare"]
payoffs = { row = [[4, 0], [3, 2]], column = "symmetric" }
"""
REPEATED = 'repeated = { memory = 1, discount = "24/25" }\n'
DILEMMA = """\
name = "ipd"
actions = ["C", "D"]
payoffs = { row = [[-1, -3], [0, -2]], column = "symmetric" }
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Game]:
    def load(text: str) -> Game:
        path = tmp_path / "game.toml"
        path.write_bytes(text.encode())
        return load_game(path)

    return load


def is_one_sentence(message: str) -> bool:
    return message.endswith(".") and message.isprintable() and not re.search(r"[.!?]\s+[A-Z]", message)


# --------------------------------------------------------------------------------------------------------- good files


def test_the_documented_example(read: Callable[[str], Game]) -> None:
    game = read(HUNT)
    assert game == replace(stag_hunt().instance(), name="my-hunt")
    assert game.target == ("Stag", "Stag")  # chosen: the payoff-dominant strict equilibrium


def test_the_repeated_dilemma_is_the_named_one(read: Callable[[str], Game]) -> None:
    # The named game's target is cooperation; left out in the file, it is the stage game's only equilibrium.
    assert read(DILEMMA + REPEATED + 'target = ["C", "C"]\n') == ipd().instance()
    assert read(DILEMMA + REPEATED).target == ("D", "D")


def test_payoffs_per_player_and_row_column_agree(read: Callable[[str], Game]) -> None:
    game = read(HUNT.replace('"symmetric"', "[[4, 3], [0, 2]]"))
    assert game == read(HUNT)
    nested = "payoffs = [[[4, 0], [3, 2]], [[4, 3], [0, 2]]]"
    assert read(re.sub("payoffs = .*", nested, HUNT)) == game
    # Negative control: a column matrix that is not transposed is another game.
    assert read(HUNT.replace('"symmetric"', "[[4, 0], [3, 2]]")) != game


def test_three_players_with_their_own_actions(read: Callable[[str], Game]) -> None:
    game = read("""
        name = "three"
        actions = [["A", "B"], ["L", "M", "R"], ["x", "y"]]
        payoffs = [
          [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]],
          [[[0, 0], [0, 0], [0, 0]], [[0, 0], [0, 0], [0, 0]]],
          [[[0, 0], [0, 0], [0, 0]], [[0, 0], [0, 0.5], [0, 0]]],
        ]""")
    assert game.players == 3 and game.target is None
    reward = dict(zip(game.joint_actions, game.reward[0], strict=True))
    assert reward[0, 2, 1] == (6, 0, 0) and reward[1, 1, 0] == (9, 0, 0)
    assert reward[1, 1, 1] == (10, 0, Rational(1, 2))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.1", Rational(1, 10)),
        ("0.30000000000000001", Rational(30000000000000001, 10**17)),  # no double holds this
        ("-1.5e-3", Rational(-3, 2000)),
        ("1_000", Rational(1000)),
        ("1_0.2_5", Rational(41, 4)),
        ("0x10", Rational(16)),
        ('"24/25"', Rational(24, 25)),
        ('"-24 / 25"', Rational(-24, 25)),
        ('"0.96"', Rational(24, 25)),
        ("123456789012345678901234567890", Rational(123456789012345678901234567890)),
    ],
)
def test_numbers_are_exact(read: Callable[[str], Game], written: str, value: Rational) -> None:
    assert read(HUNT.replace("[3, 2]", f"[{written}, 2]")).reward[0][2] == (value, 0)


def test_a_target_may_be_given(read: Callable[[str], Game]) -> None:
    assert read(HUNT + 'target = ["Hare", "Hare"]').target == ("Hare", "Hare")
    weak = HUNT.replace("3, 2", "4, 2")  # Stag, Stag is an equilibrium, though not a strict one
    assert read(weak + 'target = ["Stag", "Stag"]').target == ("Stag", "Stag")
    assert read(weak).target == ("Hare", "Hare")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path, read: Callable[[str], Game]) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + HUNT.replace("\n", "\r\n").encode())
    assert load_game(path) == read(HUNT)


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, Rational]:
    top, bottom = draw(st.integers(-(10**6), 10**6)), draw(st.integers(1, 10**4))
    digits = draw(st.integers(1, 12))
    sign, size = "-" if top < 0 else "", abs(top)
    decimal = f"{sign}{size // 10**digits}.{size % 10**digits:0{digits}}"
    spellings = [
        (str(top), Rational(top)),
        (f'"{top}/{bottom}"', Rational(top, bottom)),
        (decimal, Rational(top, 10**digits)),
        (f'"{decimal}"', Rational(top, 10**digits)),
        (f"{top}e-{digits}", Rational(top, 10**digits)),
    ]
    return spellings[draw(st.integers(0, len(spellings) - 1))]


@st.composite
def written_games(draw: st.DrawFn) -> tuple[str, Game]:
    """A file's text, and the game that it should give, built without reading."""
    counts = draw(st.lists(st.integers(2, 3), min_size=2, max_size=3))
    actions = [
        draw(st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,3}", fullmatch=True), min_size=n, max_size=n, unique=True))
        for n in counts
    ]
    joint = list(product(*map(range, counts)))
    entries = [{action: draw(written_numbers()) for action in joint} for _ in counts]

    def nested(table: dict[tuple[int, ...], tuple[str, Rational]], prefix: tuple[int, ...] = ()) -> str:
        if len(prefix) == len(counts):
            return table[prefix][0]
        return "[" + ", ".join(nested(table, (*prefix, k)) for k in range(counts[len(prefix)])) + "]"

    payoff = "[" + ", ".join(map(nested, entries)) + "]"
    if len(counts) == 2 and draw(st.booleans()):
        payoff = f"{{ row = {nested(entries[0])}, column = {nested(entries[1])} }}"
    text = f'name = "drawn"\nactions = {actions!r}\npayoffs = {payoff}\n'
    cells = {action: tuple(table[action][1] for table in entries) for action in joint}
    stage = normal_form("drawn", actions, cells)
    if not draw(st.booleans()):
        return text, stage
    chosen = draw(st.tuples(*map(st.sampled_from, actions)))
    written, discount = draw(written_numbers().filter(lambda drawn: 0 <= drawn[1] < 1))
    text += f"target = {list(chosen)!r}\nrepeated = {{ discount = {written}, memory = 1 }}\n"
    return text, memory_one(replace(stage, target=chosen), discount, name="drawn")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=written_games())
def test_round_trip(read: Callable[[str], Game], drawn: tuple[str, Game]) -> None:
    text, game = drawn
    found = read(text)
    if len(game.states) == 1:  # which target is chosen is the business of test_equilibria
        found = replace(found, target=None)
    assert found == game


# ------------------------------------------------------------------------------------------------------- garbage in


def changed(old: str, new: str) -> str:
    assert old in HUNT
    return HUNT.replace(old, new)


GARBAGE: list[tuple[str, str, str]] = [
    # text, place, reason
    ("# nothing but a comment", "name", "this key is missing"),
    (changed('name = "my-hunt"\n', ""), "name", "this key is missing"),
    (changed('actions = ["Stag", "Hare"]\n', ""), "actions", "this key is missing"),
    ('name = "x"\nactions = ["A", "B"]\n', "payoffs", "this key is missing"),
    (HUNT + "payoff = 3", "payoff", "unknown key"),
    (HUNT + '"two\\nlines" = 3', r"'two\\nlines'", "unknown key"),
    (HUNT + "discount = 0.5", "discount", "only a stochastic game has this key, and then also 'states'"),
    ("states = []", "name", "this key is missing"),
    (HUNT + "states = []", "payoffs", "unknown key"),
    (HUNT + "[transition]", "transition", "only a stochastic game has this key, and then also 'states'"),
    # name
    (changed('"my-hunt"', "3"), "name", "expected a string, not 3"),
    (changed('"my-hunt"', "0.5"), "name", "expected a string, not 0.5"),
    (changed('"my-hunt"', '""'), "name", "'' is not a name"),
    (changed('"my-hunt"', '"../x"'), "name", "'../x' is not a name"),
    (changed('"my-hunt"', '"a\\nb"'), "name", r"'a\\nb' is not a name"),
    (changed('"my-hunt"', f'"{"a" * 65}"'), "name", "is not a name"),
    # actions
    (changed('["Stag", "Hare"]', '"Stag"'), "actions", "expected an array, not 'Stag'"),
    (changed('["Stag", "Hare"]', "[]"), "actions", "at least 2 actions"),
    (changed('["Stag", "Hare"]', '["Stag"]'), "actions", "2 to 16 actions, not 1"),
    (changed('["Stag", "Hare"]', f"{[f'A{k}' for k in range(17)]}"), "actions", "2 to 16 actions, not 17"),
    (changed('["Stag", "Hare"]', '["Stag", "Stag"]'), "actions[1]", "'Stag' occurs twice"),
    (changed('["Stag", "Hare"]', '["Stag", ""]'), "actions[1]", "'' is not a name"),
    (changed('["Stag", "Hare"]', '["1st", "Hare"]'), "actions[0]", "'1st' is not a name"),
    (changed('["Stag", "Hare"]', '["a_b", "Hare"]'), "actions[0]", "'a_b' is not a name"),
    (changed('["Stag", "Hare"]', '["a b", "Hare"]'), "actions[0]", "'a b' is not a name"),
    (changed('["Stag", "Hare"]', '["a\\n", "Hare"]'), "actions[0]", r"'a\\n' is not a name"),
    (changed('["Stag", "Hare"]', '["Stag", 1979-05-27]'), "actions[1]", "expected a string, not a date or time"),
    (changed('["Stag", "Hare"]', '[["Stag", "Hare"]]'), "actions", "2 to 8 players, not 1"),
    (changed('["Stag", "Hare"]', '[["A", "B"], "C"]'), "actions[1]", "expected an array, not 'C'"),
    (changed('["Stag", "Hare"]', '[["A", "B"], ["C"]]'), "actions[1]", "2 to 16 actions, not 1"),
    (changed('["Stag", "Hare"]', '[["A", "B"], ["C", "C"]]'), "actions[1][1]", "'C' occurs twice"),
    (changed('["Stag", "Hare"]', f"{[['A', 'B']] * 9}"), "actions", "2 to 8 players, not 9"),
    (changed('["Stag", "Hare"]', f"{[[f'A{k}' for k in range(9)]] * 4}"), "actions", "more than 4096 joint actions"),
    (changed('["Stag", "Hare"]', '[["A", "B"], ["A", "B"], ["A", "B"]]'), "payoffs", "for 2 players, not 3"),
    # payoffs
    (changed("{ row = [[4, 0], [3, 2]]", "{ rows = [[4, 0], [3, 2]]"), "payoffs.rows", "unknown key"),
    (changed(', column = "symmetric"', ""), "payoffs.column", "this key is missing"),
    (changed('"symmetric"', '"transposed"'), "payoffs.column", "an array or \"symmetric\", not 'transposed'"),
    (changed('["Stag", "Hare"]', '[["A", "B"], ["B", "A"]]'), "payoffs.column", "the same actions in the same order"),
    (changed("[[4, 0], [3, 2]]", "4"), "payoffs.row", "expected an array, not 4"),
    (changed("[[4, 0], [3, 2]]", "[[4, 0]]"), "payoffs.row", "2 entries, one per action of player 1, not 1"),
    (changed("[3, 2]", "[3]"), "payoffs.row[1]", "2 entries, one per action of player 2, not 1"),
    (changed("[3, 2]", "[3, 2, 1]"), "payoffs.row[1]", "2 entries, one per action of player 2, not 3"),
    (changed("[3, 2]", "3"), "payoffs.row[1]", "expected an array, not 3"),
    (changed("[3, 2]", "[[3], 2]"), "payoffs.row[1][0]", "expected a number, not an array"),
    (changed("[3, 2]", "[true, 2]"), "payoffs.row[1][0]", "expected a number, not true"),
    (changed("[3, 2]", "[{}, 2]"), "payoffs.row[1][0]", "expected a number, not a table"),
    (changed("[3, 2]", "[nan, 2]"), "payoffs.row[1][0]", "'nan' is not an exact finite number"),
    (changed("[3, 2]", "[-inf, 2]"), "payoffs.row[1][0]", "'-inf' is not an exact finite number"),
    (changed("[3, 2]", '["nan", 2]'), "payoffs.row[1][0]", "'nan' is not an exact finite number"),
    (changed("[3, 2]", '["1/0", 2]'), "payoffs.row[1][0]", "'1/0' is not an exact finite number"),
    (changed("[3, 2]", '["1 2", 2]'), "payoffs.row[1][0]", "'1 2' is not an exact finite number"),
    (changed("[3, 2]", '["٣", 2]'), "payoffs.row[1][0]", "is not an exact finite number"),
    (changed("[3, 2]", '["__import__(1)", 2]'), "payoffs.row[1][0]", "is not an exact finite number"),
    (changed("[3, 2]", "[1e999999999, 2]"), "payoffs.row[1][0]", "is not an exact finite number"),
    (changed("[3, 2]", f"[{'9' * 101}, 2]"), "payoffs.row[1][0]", "at most 100 characters"),
    (changed("[3, 2]", f"[0.{'9' * 100}, 2]"), "payoffs.row[1][0]", "at most 100 characters"),
    (changed("[3, 2]", f"[0x{'f' * 9999}, 2]"), "payoffs.row[1][0]", "at most 100 characters"),
    ('name = "x"\nactions = ["A", "B"]\npayoffs = 3', "payoffs", "expected an array, not 3"),
    ('name = "x"\nactions = ["A", "B"]\npayoffs = []', "payoffs", "2 to 8 players, not 0"),
    ('name = "x"\nactions = ["A", "B"]\npayoffs = [[1, 2]]', "payoffs", "2 to 8 players, not 1"),
    ('name = "x"\nactions = ["A", "B"]\npayoffs = [1, 2]', "payoffs[0]", "expected an array, not 1"),
    ('name = "x"\nactions = [["A", "B"], ["A", "B"]]\npayoffs = [[], [], []]', "payoffs", "2 nested arrays"),
    ('name = "x"\nactions = ["A", "B"]\npayoffs = [[[1, 2], [3, 4]], [[1, 2], [3, "x"]]]', "payoffs[1][1][1]", "'x'"),
    # target
    (HUNT + 'target = "Stag"', "target", "expected an array, not 'Stag'"),
    (HUNT + 'target = ["Stag"]', "target", "2 actions, one per player, not 1"),
    (HUNT + 'target = ["Stag", "Deer"]', "target[1]", "'Deer' is not an action of this player (Stag, Hare)"),
    (HUNT + 'target = ["Stag", 1]', "target[1]", "expected the name of an action, not 1"),
    (HUNT + 'target = ["Stag", "Hare"]', "target", "not an equilibrium, since player 1 gains 2 by playing Hare"),
    (HUNT + 'target = ["Hare", "Stag"]', "target", "not an equilibrium, since player 1 gains 1 by playing Stag"),
    # repeated
    (HUNT + "repeated = 1", "repeated", "expected a table with memory and discount, not 1"),
    (HUNT + "repeated = {}", "repeated.memory", "this key is missing"),
    (HUNT + "repeated = { memory = 1 }", "repeated.discount", "this key is missing"),
    (HUNT + "repeated = { discount = 0 }", "repeated.memory", "this key is missing"),
    (HUNT + "repeated = { memory = 1, gamma = 0.5 }", "repeated.gamma", "unknown key"),
    (HUNT + "repeated = { horizon = 12 }", "repeated.memory", "this key is missing"),
    (HUNT + "repeated = { memory = 2, discount = 0 }", "repeated.memory", "only the integer 1 is supported, not 2"),
    (HUNT + "repeated = { memory = true, discount = 0 }", "repeated.memory", "only the integer 1"),
    (HUNT + "repeated = { memory = 1.0, discount = 0 }", "repeated.memory", "only the integer 1"),
    (HUNT + "repeated = { memory = 1, discount = 1 }", "repeated.discount", "must lie in [0, 1), not 1"),
    (HUNT + "repeated = { memory = 1, discount = -0.1 }", "repeated.discount", "must lie in [0, 1), not -1/10"),
    (HUNT + "repeated = { memory = 1, discount = nan }", "repeated.discount", "is not an exact finite number"),
    (HUNT + REPEATED + 'target = ["C", "C"]', "target[0]", "'C' is not an action"),
    (
        f"name = 'x'\nactions = {[f'A{k}' for k in range(9)]}\npayoffs = {[[[0] * 9] * 9] * 2}\n{REPEATED}",
        "repeated",
        "at most 64 joint actions, not 81",
    ),
]


@pytest.mark.parametrize(("text", "place", "reason"), GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_gives_one_sentence_with_file_and_key(
    read: Callable[[str], Game], tmp_path: Path, text: str, place: str, reason: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read(text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'game.toml'}: {place}: ".replace("\\\\", "\\"))
    assert reason.replace("\\\\", "\\") in message
    assert is_one_sentence(message) and len(message) < len(str(tmp_path)) + 200


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "not valid TOML: Invalid value (at line 1, the end)"),
        ("name = 'x'\nactions = [1,, 2]", "(at line 2, column 14)"),
        ("name = 'x'\nname = 'y'", "this key has a value already (at line 2"),
        (HUNT + "payoffs.z = 1", "a key stands twice in a table, or is added to one that is closed (at line 4"),
        (HUNT + "[repeated]\n[repeated]", "this table stands there already (at line 5"),
        ("payoffs." * 7 + "x = ]", "line 1"),
        (f"{'k' * 9999} = {{}}\n[{'k' * 9999}]", "line 2"),
        (HUNT + "\x00", "the file is not text (byte 104 on line 4 is zero)"),
        ("a." * 100_000 + "a = 1", "a key on line 1 has more than 20 parts"),
        ("\n" + r'"\".".' * 100_000 + "a = 1", "a key on line 2 has more than 20 parts"),
        ("name = " + "[" * 500_000, "nested too deeply"),
        ("name = " + "{a = " * 100_000, "nested too deeply"),
        ("name = " + "9" * 500_000, "a number has more than 100 characters"),
        ("#" * (2**20 + 1), "larger than 1 MiB"),
    ],
    ids=range(14),
)
def test_text_that_is_no_toml_is_refused_quickly(
    read: Callable[[str], Game], tmp_path: Path, text: str, reason: str
) -> None:
    began = time.perf_counter()
    with pytest.raises(BadInput) as caught:
        read(text)
    assert time.perf_counter() - began < 5
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'game.toml'}: ") and reason in message
    assert is_one_sentence(message) and len(message) < len(str(tmp_path)) + 250


def test_a_file_of_the_largest_size_is_read(read: Callable[[str], Game]) -> None:
    assert read(HUNT + "#" * (2**20 - len(HUNT))) == read(HUNT)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b'name = "Stra\xdfe"')
    (tmp_path / "wide.toml").write_bytes(HUNT.encode("utf-16"))
    (tmp_path / "wider.toml").write_bytes(HUNT.encode("utf-16-le"))
    (tmp_path / "picture.toml").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "empty.toml").touch()
    (tmp_path / "blank.toml").write_bytes(b"\xef\xbb\xbf \r\n\n")
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.toml")
    for name, reason in [
        ("missing.toml", "No such file or directory"),
        ("folder.toml", "this is a directory"),
        ("latin.toml", "not UTF-8 text (byte 13 on line 1)"),
        ("wide.toml", "UTF-16 text, and must be saved as UTF-8"),
        ("wider.toml", "not text (byte 2 on line 1 is zero)"),
        ("picture.toml", "not UTF-8 text (byte 1 on line 1)"),
        ("empty.toml", "the file is empty"),
        ("blank.toml", "the file is empty"),
        ("endless.toml", "not a regular file"),
        ("pipe.toml", "not a regular file"),
        ("latin.toml/x.toml", "the file cannot be read"),
        ("x" * 300 + ".toml", "the file cannot be read"),
        ("null\0.toml", "not a possible path"),
        ("two\nlines.toml", "No such file or directory"),
    ]:
        with pytest.raises(BadInput) as caught:
            load_game(tmp_path / name)
        message = str(caught.value)
        assert repr(str(tmp_path / name))[1:-1] in message and reason in message and is_one_sentence(message)


# ----------------------------------------------------------------------------------------------------------- fuzzing

SCALARS = st.one_of(
    st.sampled_from(["1", "0.5", '"1/2"', "nan", "-inf", "true", '""', '"Stag"', '"symmetric"', "1979-05-27", "1e9"]),
    st.integers().map(str),
    st.floats().map(repr),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(
            st.sampled_from(["row", "column", "memory", "discount", "horizon", "x"]), inner, max_size=3
        ).map(lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"),
    ),
    max_leaves=12,
)
LINES = st.tuples(
    st.sampled_from(["name", "actions", "payoffs", "repeated", "target", "states", "payoffs.row", "x"]), VALUES
).map(lambda pair: f"{pair[0]} = {pair[1]}\n")


@st.composite
def toml_like(draw: st.DrawFn) -> str:
    """A good file with lines replaced, pieces cut out, and pieces of other text put in."""
    lines = (HUNT + REPEATED + 'target = ["Stag", "Stag"]\n').splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 3))):
        lines[draw(st.integers(0, len(lines) - 1))] = draw(LINES)
    text = "".join(lines)
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, len(text)))
        last = draw(st.integers(first, min(first + 12, len(text))))
        text = (
            text[:first]
            + draw(st.one_of(SCALARS, st.sampled_from(list("[]{},=\"'.#\n\\")), st.text(max_size=4)))
            + text[last:]
        )
    return text


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(toml_like().map(str.encode), st.text().map(str.encode), st.binary()))
def test_any_file_is_a_game_or_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzz.toml"
    path.write_bytes(content)
    try:
        game = load_game(path)
    except BadInput as refusal:
        assert str(refusal).startswith(f"{path}: ") and is_one_sentence(str(refusal))
    else:
        assert isinstance(game, Game)


# ------------------------------------------------------------------------------------------------------ resolve_game


def test_names_are_resolved() -> None:
    for name, make in REGISTRY.items():
        assert resolve_game(name, {}) == make()
    assert resolve_game("ipd", {"gamma": "0.5", "R": "-3/2"}) == ipd(gamma=Rational(1, 2), R=Rational(-3, 2))
    assert resolve_game("ipd", {"gamma": "24/25"}) == resolve_game("ipd", {"gamma": "0.96"})
    assert resolve_game("stag-hunt", {"T": "5/2"}).value_of(stag_hunt().reward[0][2][0]) == Rational(5, 2)


def test_paths_are_resolved(tmp_path: Path) -> None:
    path = tmp_path / "hunt.toml"
    path.write_text(HUNT)
    assert resolve_game(str(path), {}) == load_game(path)


@pytest.mark.parametrize(
    ("text", "given_settings", "reason"),
    [
        ("stag", {}, "'stag': neither a known game"),
        ("", {}, "'': neither a known game"),
        ("hunt.txt", {}, "nor a path that ends in .toml or .nfg"),
        ("hunt.nfg", {}, "hunt.nfg: the file cannot be read"),
        ("two\nlines", {}, r"'two\nlines': neither"),
        ("hunt.toml", {"R": "4"}, "hunt.toml: R cannot be set"),
        ("missing.toml", {}, "missing.toml: the file cannot be read"),
        ("ipd", {"Q": "1"}, "has no parameter 'Q'"),
        ("ipd", {"gamma": "1"}, "must lie in [0, 1), not 1"),
        ("ipd", {"R": "four"}, "game 'ipd', parameter R: 'four' is not an exact finite number"),
        ("ipd", {"R": "nan"}, "parameter R: 'nan'"),
        ("ipd", {"R": "1e999999999"}, "parameter R: '1e999999999'"),
        ("ipd", {"R": "9" * 5000}, "parameter R: a number may have at most 100 characters"),
    ],
)
def test_what_cannot_be_resolved(text: str, given_settings: dict[str, str], reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        resolve_game(text, given_settings)
    message = str(caught.value)
    assert reason in message and is_one_sentence(message)
    if "neither" in message:
        assert all(name in message for name in REGISTRY)


def test_integers_stay_integers(read: Callable[[str], Game]) -> None:
    assert all(isinstance(entry, Integer) for row in read(HUNT).reward[0] for entry in row)


# ---------------------------------------------------------------------------------------------------------- printed


def test_a_game_prints_as_what_it_is() -> None:
    hunt = stag_hunt(T=1).with_parameters({"R": "9/2"})
    assert str(hunt).splitlines() == [
        "stag-hunt: actions Stag, Hare | Stag, Hare; R = 9/2; S = 0; T = 1; P = 2; target Stag,Stag",
        "  Stag,Stag: 9/2, 9/2",
        "  Stag,Hare: 0, 1",
        "  Hare,Stag: 1, 0",
        "  Hare,Hare: 2, 2",
    ]
    assert str(REGISTRY["ipd-finite"]()) == (
        "ipd-finite: actions C, D | C, D; observations ∅ CC CD DC DD, 12 rounds; discount 24/25; "
        "R = 3; S = 0; T = 5; P = 1; target C,C"
    )
    assert str(replace(stag_hunt(), target=None)).splitlines()[0].endswith("target none")
