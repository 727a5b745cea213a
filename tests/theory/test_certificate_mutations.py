"""Certificates with something wrong in them: the checker refuses every one, in bounded time, and never raises.

Each mutation makes a true file false or malformed. Where that depends on numbers, :mod:`plain_game` shows a point at
which the mutated file is wrong; for trees python-flint's Bernstein coefficients say which mutations are still proofs.
"""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import Any

import pytest
from plain_game import PlainGame
from sympy import Integer, Rational

from theory.claims.c07_alignment_boxes import NARROW, NEAR_GRIM, NEAR_TFT, TFT_LESS_GRIM, WIDE, alignment
from theory.exact import to_fmpq
from theory.games import ipd, ipd_from_cc, stag_hunt, stag_hunt_3
from theory.regions import Certificate, Dynamics, certify
from theory.regions import check as checker
from theory.regions.check import check
from theory.regions.drift_box import drift_box
from theory.regions.field import GameField, game_field
from theory.regions.prove import Goal, Touch, common_degrees, prove, tensor

SECONDS = 20  # of this process's time for one file, however hostile
STEPS = Dynamics("direct", Rational(1, 10))
STAG, HARE = "Stag,Stag", "Hare,Hare"
FEW = 5  # mutations of a large file that its checker notices only after solving the game


def _cooperative(dynamics: Dynamics) -> Certificate:
    interval = {"rare": (Rational(0), Rational(15, 64)), "likely": (Rational(49, 64), Rational(1))}
    outer = tuple(interval[word] for word in ("rare", "likely", "rare", "likely", "rare", "rare"))
    return drift_box(
        game_field(ipd()),
        (0, 1, 5, 6),
        (1, 1, 1, 1),
        dynamics,
        outer,
    )


def _refuted_alignment() -> Certificate:
    box = ["p1[CC]=9/10:1", "p1[CD]=0:1/10", "p1[DC]=0:1", "p1[DD]=0:1/10"]
    return certify(ipd_from_cc(), "TFT", "alignment", box=box, symmetric=True, direction=TFT_LESS_GRIM)


def _ball(target: str, dynamics: Dynamics | None = None, **more: Any) -> Certificate:
    return certify(stag_hunt(), target, "sublevel", dynamics=dynamics, **more)


SMALL: dict[str, Callable[[], Certificate]] = {
    "stag-box": lambda: certify(stag_hunt(), STAG),
    "hare-box": lambda: certify(stag_hunt(), HARE),
    "stag-closed-box": lambda: certify(stag_hunt(), STAG, box=["around:Stag,Stag:1/4"]),
    "stag-box-replicator": lambda: certify(
        stag_hunt(), STAG, box=["around:Stag,Stag:1/4"], dynamics=Dynamics("replicator")
    ),
    "hare-box-logit": lambda: certify(stag_hunt(), HARE, box=["around:Hare,Hare:1/2"], dynamics=Dynamics("logit")),
    "hare-box-steps": lambda: certify(stag_hunt(), HARE, box=["around:Hare,Hare:1/2"], dynamics=STEPS),
    "stag-box-tremble": lambda: certify(stag_hunt(), STAG, tremble=Rational(1, 10)),
    "stag-ball": lambda: _ball(STAG),
    "hare-ball": lambda: _ball(HARE),
    "stag-ball-replicator": lambda: _ball(STAG, Dynamics("replicator")),
    "hare-ball-replicator": lambda: _ball(HARE, Dynamics("replicator")),
    "stag-ball-logit": lambda: _ball(STAG, Dynamics("logit")),
    "stag-closed-ball": lambda: _ball(STAG, level=Rational(1, 8)),
    "hare-closed-ball-logit": lambda: _ball(HARE, Dynamics("logit"), level=Rational(1, 2)),
    "hare-ball-of-order-2": lambda: _ball(HARE, level=Rational(1, 2), order=2),
    "stag-ball-steps": lambda: _ball(STAG, STEPS),
    "hare-ball-steps": lambda: _ball(HARE, STEPS, level=Rational(1, 2)),
    "three-stags-box": lambda: certify(stag_hunt_3(), "Stag,Stag,Stag"),
    "refuted-box": lambda: certify(stag_hunt(), STAG, box=["around:Stag,Stag:1/2"]),
    "refuted-ball": lambda: _ball(STAG, level=Rational(1, 2)),
    "refuted-ball-steps": lambda: _ball(HARE, STEPS, level=Rational(3, 2)),
}
LARGE: dict[str, Callable[[], Certificate]] = {
    "alld-box-tremble": lambda: certify(ipd(), "AllD", box=["around:AllD:1/40"], tremble=Rational(1, 10)),
    "tft-cc": lambda: alignment(NEAR_TFT, WIDE, "1,0,0,0"),
    "tft-toward": lambda: alignment(NEAR_TFT, WIDE, "to-target"),
    "tft-turn": lambda: alignment(NEAR_TFT, NARROW, TFT_LESS_GRIM),
    "grim-turn": lambda: alignment(NEAR_GRIM, NARROW, TFT_LESS_GRIM),
    "refuted-alignment": _refuted_alignment,
    "cooperative-set": lambda: _cooperative(Dynamics()),
    "cooperative-set-steps": lambda: _cooperative(Dynamics("direct", Rational(1, 1000))),
}
SOURCES = {**SMALL, **LARGE}
SLOW = {"alld-box-tremble", "tft-toward", "tft-turn", "grim-turn", "cooperative-set-steps"}


@lru_cache
def source(name: str) -> Certificate:
    return SOURCES[name]()


@dataclass(frozen=True)
class Mutation:
    """A file that is false or malformed, and in what way."""

    label: str
    text: str


# ------------------------------------------------------------------------------------------------------ editing


Path = tuple[Any, ...]


def at(data: Any, path: Path) -> Any:
    for key in path:
        data = data[key]
    return data


def edited(data: Any, *changes: tuple[Path, Any]) -> Any:
    """A copy with other values at some paths."""
    data = copy.deepcopy(data)
    for path, value in changes:
        if path:
            at(data, path[:-1])[path[-1]] = value
        else:
            data = value
    return data


def walk(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, data
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from walk(value, (*path, key))


def number(text: str) -> Fraction:
    return Fraction(text)


def times(text: str, factor: Fraction | int) -> str:
    return str(number(text) * factor)


def plus(text: str, term: Fraction | int) -> str:
    return str(number(text) + term)


def is_number(path: Path, value: Any) -> bool:
    """Whether a text is a number in the format (or the word that may stand in place of a time)."""
    words = {
        "format",
        "verdict",
        "statement",
        "name",
        "actions",
        "states",
        "coordinates",
        "kind",
        "limit",
        "convergence",
    }
    free = words & set(path) or value in ("sign", "empty", "target", "touch")
    return isinstance(value, str) and not free


def names(path: Path) -> bool:
    """Whether any text may stand here."""
    return path == ("statement",) or path[:2] in (("game", "name"), ("game", "actions"), ("game", "states"))


# ------------------------------------------------------------------------------------- what is malformed everywhere


def malformed_numbers(text: str) -> list[Any]:
    p, q = number(text).numerator, number(text).denominator
    strange = [f"{2 * p}/{2 * q}", f"+{text}", f" {text}", f"{text} ", f"{text}\n", "-0", f"{p}/-{q}", f"0{text}"]
    strange += ["", "1.5", "1e3", "1E400", "0x1", "1/0", "1_0", "nan", "NaN", "inf", "Infinity", "١", "½", "1/1", "--1"]
    return [*strange, 0.5, 1, True, None, [], {}, [text], float("nan"), 10**20, "1" * 5001, f"1/{'3' * 5000}"]


OTHER_TYPES: tuple[Any, ...] = (
    None,
    0.25,
    {},
    [],
    [[]],
    {"0": "1"},
    7,
    "",
    "sign?",
    float("nan"),
    float("-inf"),
    10**12,
)


def malformed(data: Any, rng: random.Random, most: int) -> Iterator[tuple[str, Any]]:
    """Keys removed and added, lists of another length, values of another type: one or two per place."""
    places = list(walk(data))
    objects = [(path, value) for path, value in places if isinstance(value, dict)]
    for path, value in objects:
        for key in value:
            yield f"no {key} in {path}", edited(data, (path, {k: v for k, v in value.items() if k != key}))
        extra = {**value, "extra": "0"}
        yield f"a key more in {path}", edited(data, (path, extra))
    lists = [(path, value) for path, value in places if isinstance(value, list) and value]
    for path, value in rng.sample(lists, min(most, len(lists))):
        yield f"{path} without its end", edited(data, (path, value[:-1]))
        yield f"{path} with its end twice", edited(data, (path, [*value, value[-1]]))
    texts = [(path, value) for path, value in places if is_number(path, value) and value != "continuous"]
    for path, value in rng.sample(texts, min(most, len(texts))):
        if path[0] == "proof" and path[-1] == "reason":
            continue
        for strange in rng.sample(malformed_numbers(value), 3):
            yield f"{strange!r:.40} at {path}", edited(data, (path, strange))
    whole = [(path, value) for path, value in places if path and type(value) is int]
    for path, value in rng.sample(whole, min(most, len(whole))):
        strange = rng.choice([bool(value), float(value), str(value), None, [value], value - 1000, value + 1000])
        yield f"{strange!r} at {path}", edited(data, (path, strange))
    truths = [(path, value) for path, value in places if isinstance(value, bool)]
    for path, value in truths:
        for strange in (int(value), str(value).lower(), None, []):
            yield f"{strange!r} at {path}", edited(data, (path, strange))
    for path, value in rng.sample(places[1:], min(most, len(places) - 1)):
        fitting = [x for x in OTHER_TYPES if type(x) is not type(value) and not (x is None and path[-1] == "bound")]
        if not (path[-1] == "no_larger" and path[0] == "proof"):
            strange = rng.choice(fitting)
            yield f"{strange!r} at {path}", edited(data, (path, strange))


def malformed_texts(text: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """What is wrong before JSON is read."""
    whole = text.rstrip()
    lengths = {0, 1, 2, len(whole) - 1, len(whole) - 2, *(rng.randrange(len(whole)) for _ in range(12))}
    for length in sorted(lengths):
        yield f"the first {length} characters", whole[:length]
    for key in json.loads(text):
        yield f"{key} twice", text.replace(f'"{key}": ', f'"{key}": null, "{key}": ', 1)
        value = json.dumps(json.loads(text)[key], ensure_ascii=False)
        yield f"{key} twice, the same", "{" + f'"{key}": {value},' + text[1:]
    yield "another file after it", text + text
    yield "a mark before it", "\ufeff" + text
    yield "a comma too many", whole[:-1] + ",}"
    yield "a comment", text + "// true"
    yield "in a list", f"[{text}]"
    yield "as a text", json.dumps(text)
    yield "other quotation marks", text.replace('"', "'")
    yield "a NUL", text.replace(":", ":\0", 1)


# ------------------------------------------------------------------------------------------- what is false: common


def plain(data: Any) -> PlainGame:
    return PlainGame.read(data["game"], data["tremble"])


def negated(data: Any) -> Any:
    """A consistent file about the game in which everybody wants the opposite."""
    rewards = [[[times(r, -1) for r in row] for row in rows] for rows in data["game"]["reward"]]
    values = [[[times(c, -1), where] for c, where in poly] for poly in data["field"]["values"]]
    return edited(data, (("game", "reward"), rewards), (("field", "values"), values))


def wrong_game(data: Any, rng: random.Random) -> Iterator[tuple[str, Any]]:
    """The field is no longer the game's, or the game is none."""
    game, field = data["game"], data["field"]
    first = next(rows for rows in field["values"] if rows)
    for label, poly in (("denominator", field["denominator"]), ("value", first)):
        where: Path = ("field", "denominator") if label == "denominator" else ("field", "values", 0)
        k = rng.randrange(len(poly))
        more = "1" if number(poly[k][0]) != -1 else "2"
        yield f"a coefficient of the {label}", edited(data, ((*where, k, 0), plus(poly[k][0], int(more))))
        yield f"a term of the {label} less", edited(data, (where, poly[:k] + poly[k + 1 :]))
        yield f"a term of the {label} with 0", edited(data, ((*where, k, 0), "0"))
        yield f"a term of the {label} twice", edited(data, (where, [*poly, poly[k]]))
        yield f"the sign of the {label}", edited(data, (where, [[times(c, -1), w] for c, w in poly]))
        yield f"twice the {label}", edited(data, (where, [[times(c, 2), w] for c, w in poly]))
        yield f"a coordinate beyond in the {label}", edited(data, ((*where, k, 1), [99]))
        yield f"a square in the {label}", edited(data, ((*where, k, 1), [0, 0]))
        yield f"an empty {label}", edited(data, (where, []))
    yield "values of players swapped", edited(data, (("field", "values"), field["values"][::-1]))
    s, a, i = 0, rng.randrange(len(game["reward"][0])), rng.randrange(len(game["actions"]))
    yield "a reward", edited(data, (("game", "reward", s, a, i), plus(game["reward"][s][a][i], 1)))
    swapped = [[row[::-1] for row in rows] for rows in game["reward"]]
    yield "rewards of players swapped", edited(data, (("game", "reward"), swapped))
    backward = [rows[::-1] for rows in game["reward"]]
    yield "joint actions backward", edited(data, (("game", "reward"), backward))
    half = "1/2" if game["discount"] != "1/2" else "1/3"
    yield "a discount", edited(data, (("game", "discount"), half))
    yield "discount 1", edited(data, (("game", "discount"), "1"))
    yield "a discount below 0", edited(data, (("game", "discount"), "-1/2"))
    yield "a tremble", edited(data, (("tremble",), "1/7"))
    yield "tremble 1", edited(data, (("tremble",), "1"))
    row = game["transition"][0][0]
    yield (
        "probabilities above 1",
        edited(data, (("game", "transition", 0, 0), ["1"] * (len(row) + (len(row) == 1)))),
    )
    yield "probabilities below 1", edited(data, (("game", "transition", 0, 0), ["1/2", *["0"] * (len(row) - 1)]))
    yield "start below 1", edited(data, (("game", "start", 0), "1/2"))
    if len(row) > 1:
        other = row[1:] + row[:1]
        yield "another transition", edited(data, (("game", "transition", len(row) - 1, 0), other))
        yield "another start", edited(data, (("game", "start"), game["start"][1:] + game["start"][:1]))
        lost = ["-1", "2", *["0"] * (len(row) - 2)]
        yield "a negative probability", edited(data, (("game", "transition", 0, 0), lost))
    yield "seven players", edited(data, (("game", "actions"), [["a", "b"]] * 7))
    yield "seventeen states", edited(data, (("game", "states"), [str(k) for k in range(17)]))
    if data["region"]["kind"] != "alignment":  # C is a product of two derivatives
        yield "the opposite rewards", negated(data)


def wrong_head(data: Any) -> Iterator[tuple[str, Any]]:
    """Verdicts, versions, words."""
    for verdict in ("CERTIFIED", "REFUTED", "UNDECIDED", "certified", "PROVED", ""):
        if verdict != data["verdict"]:
            yield f"verdict {verdict!r}", edited(data, (("verdict",), verdict))
    if data["verdict"] == "CERTIFIED":
        n = len(data["game"]["actions"]) * len(data["game"]["states"])
        bare = edited(data, (("verdict",), "REFUTED"), (("conclusion",), {}))
        yield "refuted without a witness", bare
        yield "refuted by a middle", edited(bare, (("proof",), {"witness": ["1/2"] * (n + 1)}))
    undecided = edited(data, (("verdict",), "UNDECIDED"), (("conclusion",), {}), (("proof",), {"reason": "time"}))
    yield "undecided", undecided
    yield "undecided with a conclusion", edited(undecided, (("conclusion",), {"invariant": True}))
    yield "certified without a proof", edited(undecided, (("verdict",), "CERTIFIED"))
    for key, strange in (("format", "basin-entry Certificate"), ("version", 2), ("version", "1"), ("version", True)):
        yield f"{key} {strange!r}", edited(data, ((key,), strange))
    for kind in ("box", "Sign-box", "", "sign-box", "drift-box", "sublevel", "alignment"):
        if kind != data["region"]["kind"]:
            yield f"kind {kind!r}", edited(data, (("region", "kind"), kind))
    for strange in ("0", "-1/10", "1/10 ", "Continuous", "", None, 1, True, ["continuous"]):
        yield f"time {strange!r}", edited(data, (("dynamics", "time"), strange))
    for strange in ("Direct", "softmax", "", None, 0, ["direct"]):
        yield f"coordinates {strange!r}", edited(data, (("dynamics", "coordinates"), strange))


def wrong_conclusion(data: Any) -> Iterator[tuple[str, Any]]:
    """Every entry of the conclusion, with others of its type and of other types."""
    others: dict[str, tuple[Any, ...]] = {
        "invariant": (False, 1, "true", None),
        "limit": ("face", "target", "equilibria", "", None),
        "unreached": ([0], [], [1, 0], [0, 0], ["0"], [True], None),
        "convergence": ("finite", "exponential", "algebraic", "fast", None),
        "bound": (None, "0", "1", "-1", "1000000", 1, 0.5, []),
        "no_level_above": (None, "0", "1/7", "2", 1, []),
        "sign": (1, -1, 0, 1.0, "1", True, None),
        "drift": ([], None, "0"),
    }
    for key, value in data["conclusion"].items():
        for other in others[key]:
            if other != value or type(other) is not type(value):
                yield f"{key} {other!r} concluded", edited(data, (("conclusion", key), other))
        if isinstance(value, str) and key in ("bound", "no_level_above"):
            for factor in (Fraction(2), Fraction(1, 2), Fraction(1000001, 1000000), Fraction(-1)):
                yield f"{key} times {factor} concluded", edited(data, (("conclusion", key), times(value, factor)))
        if key == "drift":
            for k, pair in enumerate(value):
                yield f"no drift {k}", edited(data, (("conclusion", key, k), ["0", "0"]))
                if pair[0] != pair[1]:
                    yield f"drift {k} turned round", edited(data, (("conclusion", key, k), pair[::-1]))


# ---------------------------------------------------------------------------------------- what is false: sign boxes


def corners(box: Sequence[Sequence[str]], rng: random.Random, most: int) -> list[list[Fraction]]:
    """Corners of a box, all of them if they are few."""
    ends = [[number(a), number(b)] for a, b in box]
    if 2 ** len(box) <= most:
        return [list(x) for x in product(*ends)]
    return [[rng.choice(pair) for pair in ends] for _ in range(most)]


def signs(target: Sequence[int]) -> list[int]:
    return [2 * end - 1 for end in target]


def false_box(data: Any, rng: random.Random) -> bool:
    """Whether a stated bound fails at a corner of the box (all are stated to hold on its closure)."""
    game, region, proof = plain(data), data["region"], data["proof"]
    most = 64 if len(region["box"]) < 5 else 4
    for x in corners(region["box"], rng, most):
        gaps, visits = game.gaps(x), game.visits(x)
        for j, sign in enumerate(signs(region["target"])):
            if sign * gaps[j] < number(proof["gaps"][j][0]):
                return True
            if visits[j % game.states] < number(proof["visits"][j][0]):
                return True
    return False


def wrong_sign_box(data: Any, rng: random.Random) -> Iterator[tuple[str, Any]]:
    region, proof = data["region"], data["proof"]
    n, target, closed = len(region["target"]), region["target"], region["closed"]
    width = [number(b) - number(a) for a, b in region["box"]]

    def box(sides: Sequence[Fraction], ends: Sequence[int]) -> list[list[str]]:
        return [[str(1 - r), "1"] if end else ["0", str(r)] for r, end in zip(sides, ends, strict=True)]

    flipped = [1 - end for end in target]
    mirrored = edited(data, (("region", "target"), flipped), (("region", "box"), box(width, flipped)))
    if data["verdict"] == "CERTIFIED" and false_box(mirrored, rng):
        yield "the opposite target", mirrored
    yield "another target, the same box", edited(data, (("region", "target"), flipped))
    yield "a player's target", edited(data, (("region", "target", n - 1), 1 - target[-1]))
    for j in rng.sample(range(n), min(n, 3)):
        yield f"side {j} turned round", edited(data, (("region", "box", j), region["box"][j][::-1]))
        yield f"side {j} without width", edited(data, (("region", "box", j), [str(target[j])] * 2))
        yield f"side {j} off the target", edited(data, (("region", "box", j), ["1/3", "2/3"]))
        yield (
            f"side {j} beyond",
            edited(data, (("region", "box", j), ["0", "3/2"] if target[j] == 0 else ["-1/2", "1"])),
        )
        yield f"target {j} is 2", edited(data, (("region", "target", j), 2))
    if data["verdict"] == "REFUTED":
        yield from wrong_witness(data, ["1/2"] * n)
        inside = [str(end + (1 - 2 * end) * r / 8) for end, r in zip(target, width, strict=True)]
        yield "a witness near the target", edited(data, (("proof", "witness"), inside))
        yield "a box without the witness", edited(data, (("region", "box"), box([r / 8 for r in width], target)))
        if max(abs(number(x) - end) for x, end in zip(proof["witness"], target, strict=True)) == max(width):
            yield "the witness on an open side", edited(data, (("region", "closed"), False))
        return
    yield "open for closed or closed for open", edited(data, (("region", "closed"), not closed))
    larger = [
        (
            f"sides times {factor}",
            edited(data, (("region", "box"), box([min(r * factor, Fraction(1)) for r in width], target))),
        )
        for factor in (Fraction(21, 20), Fraction(3, 2), Fraction(8))
    ]
    some = sorted(rng.sample(range(n), min(n, 3)))
    larger += [(f"side {j} of 1", edited(data, (("region", "box", j), ["0", "1"]))) for j in some]
    yield from ((label, file) for label, file in larger if false_box(file, rng))
    for j in some:
        for part, factor in product(("gaps", "visits"), (Fraction(11, 10), Fraction(2), Fraction(1000))):
            old = proof[part][j][0]
            for new in {times(old, factor), plus(old, factor / 1000)} - {old}:
                file = edited(data, (("proof", part, j, 0), new))
                if (part == "gaps" and not closed) or false_box(file, rng):
                    yield f"{part} {j}: {new} for {old}", file
        yield f"gap {j} below 0", edited(data, (("proof", "gaps", j, 0), "-1/100"))
        yield f"visits {j} below 0", edited(data, (("proof", "visits", j, 0), "-1/100"))
        if closed:
            yield f"gap {j} of 0", edited(data, (("proof", "gaps", j, 0), "0"))
        if proof["visits"][j][0] != "0":
            yield f"no visits of {j}", edited(data, (("proof", "visits", j, 0), "0"))
        yield f"gap {j} with a tree open at its end", edited(data, (("proof", "gaps", j, 1), [0, "sign"]))
        yield f"gap {j} without a tree", edited(data, (("proof", "gaps", j, 1), []))
        yield f"gap {j} with a leaf of another kind", edited(data, (("proof", "gaps", j, 1), [["target", "1/1000"]]))
        yield f"gap {j} with an empty leaf", edited(data, (("proof", "gaps", j, 1), [["empty", 0]]))
        yield f"gap {j} split along none", edited(data, (("proof", "gaps", j, 1), [n, "sign", "sign"]))
    if closed and data["conclusion"]["bound"] is not None:
        for factor in (Fraction(1, 2), Fraction(9, 10)):
            changes = [(("proof", "gaps", j, 0), times(proof["gaps"][j][0], factor)) for j in range(n)]
            yield f"gaps times {factor}, the same bound", edited(data, *changes)
        if data["dynamics"]["time"] == "continuous" and data["dynamics"]["coordinates"] == "direct":
            yield "steps, the bound of a time", edited(data, (("dynamics", "time"), "1/1000"))
    for name in ("direct", "replicator", "logit"):
        if name != data["dynamics"]["coordinates"]:
            yield f"{name} instead", edited(data, (("dynamics", "coordinates"), name))
    beyond = proof["no_larger"]
    if beyond is not None:
        there: Path = ("proof", "no_larger")
        yield "another radius", edited(data, ((*there, "radius"), times(beyond["radius"], Fraction(99, 100))))
        yield "radius 0 at the target", edited(data, (there, {"radius": "0", "witness": list(map(str, target))}))
        near = [end + (number(x) - end) / 2 for x, end in zip(beyond["witness"], target, strict=True)]
        half = {"radius": str(number(beyond["radius"]) / 2), "witness": list(map(str, near))}
        yield "a witness inside", edited(data, (there, half))
        yield "a witness outside the cube", edited(data, ((*there, "witness", 0), "3/2"))
    else:
        half = [end + (1 - 2 * end) * r / 2 for end, r in zip(target, width, strict=True)]
        no = {"radius": str(max(width) / 2), "witness": list(map(str, half))}
        yield "no larger box, by a witness inside", edited(data, (("proof", "no_larger"), no))


def wrong_witness(data: Any, other: list[str]) -> Iterator[tuple[str, Any]]:
    """What is wrong with any witness of a refutation."""
    witness = data["proof"]["witness"]
    if "target" in data["region"]:
        yield "the target as witness", edited(data, (("proof", "witness"), list(map(str, data["region"]["target"]))))
    yield "a witness outside the cube", edited(data, (("proof", "witness", 0), "2"))
    yield "a short witness", edited(data, (("proof", "witness"), witness[:-1]))
    yield "a long witness", edited(data, (("proof", "witness"), [*witness, "0"]))
    yield "a witness of none", edited(data, (("proof", "witness"), []))
    yield "a reason too", edited(data, (("proof",), {"witness": other, "reason": ""}))
    yield "a conclusion", edited(data, (("conclusion",), {"invariant": True}))


# -------------------------------------------------------------------------------------------- what is false: balls


def distance(x: Sequence[Fraction], target: Sequence[int]) -> Fraction:
    return sum(((a - end) ** 2 for a, end in zip(x, target, strict=True)), Fraction(0))


def after_step(game: PlainGame, x: Sequence[Fraction], step: Fraction) -> list[Fraction]:
    moved = (a + step * v for a, v in zip(x, game.velocities(x), strict=True))
    return [min(max(a, Fraction(0)), Fraction(1)) for a in moved]


def falls(data: Any, x: Sequence[Fraction], margin: Fraction = Fraction(0)) -> bool:
    """Whether W falls at a point, by the margin (F ≥ m Σ uᵒ; W⁺ ≤ (1 − m) W in steps), strictly if that is 0."""
    game, region = plain(data), data["region"]
    power = ("direct", "replicator", "logit").index(data["dynamics"]["coordinates"])
    if data["dynamics"]["time"] != "continuous":
        less = distance(x, region["target"]) * (1 - margin)
        after = distance(after_step(game, x, number(data["dynamics"]["time"])), region["target"])
        return after <= less if margin else after < less
    fall = least = Fraction(0)
    for a, v, end in zip(x, game.velocities(x), region["target"], strict=True):
        fall -= (a * (1 - a)) ** power * v * (a - end)
        least += margin * abs(a - end) ** region["order"]
    return fall >= least if margin else fall > 0


def ball_points(data: Any, rng: random.Random, most: int = 60) -> list[list[Fraction]]:
    """Points of the closed ball and of the cube, near the witness against larger ones and near the sphere."""
    target, level = data["region"]["target"], number(data["region"]["level"])
    found = [[Fraction(rng.randint(0, 40), 40) for _ in target] for _ in range(most)]
    beyond = data["proof"].get("no_larger")
    if beyond is not None:
        far = list(map(number, beyond["witness"]))
        found += [
            [end + (a - end) * t for a, end in zip(far, target, strict=True)] for t in (Fraction(99, 100), Fraction(1))
        ]
    return [x for x in found if 0 < distance(x, target) <= level]


def false_ball(data: Any, rng: random.Random) -> bool:
    """Whether W does not fall as stated at some point of the (closed) ball."""
    return any(not falls(data, x, number(data["region"]["margin"])) for x in ball_points(data, rng))


def wrong_sublevel(data: Any, rng: random.Random) -> Iterator[tuple[str, Any]]:
    region, proof = data["region"], data["proof"]
    n, target, level = len(region["target"]), region["target"], number(region["level"])
    continuous = data["dynamics"]["time"] == "continuous"
    yield "target 2", edited(data, (("region", "target", 0), 2))
    yield "level 0", edited(data, (("region", "level"), "0"))
    yield "a level below 0", edited(data, (("region", "level"), times(region["level"], -1)))
    yield "margin below 0", edited(data, (("region", "margin"), "-1/10"))
    either = {1, 2} if data["verdict"] == "REFUTED" and data["dynamics"]["coordinates"] == "direct" else set()
    for order in {0, 1, 2, 3, 4, -1} - {region["order"]} - either:
        yield f"order {order}", edited(data, (("region", "order"), order))
    yield "replicator in steps", edited(data, (("dynamics",), {"coordinates": "replicator", "time": "1/10"}))
    yield "logit in steps", edited(data, (("dynamics",), {"coordinates": "logit", "time": "1/10"}))
    for name in ("direct", "replicator", "logit"):
        if name != data["dynamics"]["coordinates"]:
            yield f"{name} instead", edited(data, (("dynamics", "coordinates"), name))
    if data["verdict"] == "REFUTED":
        yield from wrong_witness(data, ["1/2"] * n)
        reach = distance(list(map(number, proof["witness"])), target)
        yield "a ball without the witness", edited(data, (("region", "level"), str(reach / 2)))
        yield (
            "the witness outside the open ball",
            edited(data, (("region", "level"), str(reach)), (("region", "closed"), False)),
        )
        near = [end + (1 - 2 * end) * Fraction(1, 50) for end in target]
        if falls(data, near):
            yield "a witness where W falls", edited(data, (("proof", "witness"), list(map(str, near))))
        return
    for j in range(n):
        yield f"another end for {j}", edited(data, (("region", "target", j), 1 - target[j]))
    yield "the opposite target", edited(data, (("region", "target"), [1 - end for end in target]))
    if not region["closed"] or not continuous:  # a closed ball's margin holds on the open one too
        yield "open for closed or closed for open", edited(data, (("region", "closed"), not region["closed"]))
    if region["closed"]:
        yield "no margin of a closed ball", edited(data, (("region", "margin"), "0"))
    for factor in (Fraction(1001, 1000), Fraction(11, 10), Fraction(3, 2), Fraction(3)):
        file = edited(data, (("region", "level"), str(level * factor)))
        if number(data["conclusion"]["no_level_above"] or "100") < level * factor or false_ball(file, rng):
            yield f"level times {factor}", file
    if number(region["margin"]):
        for factor in (Fraction(11, 10), Fraction(3, 4), Fraction(1, 2), Fraction(2), Fraction(100)):
            yield f"margin times {factor}", edited(data, (("region", "margin"), times(region["margin"], factor)))
            lying = edited(data, (("region", "margin"), times(region["margin"], factor)))
            lying = honest_bound(lying)
            if false_ball(lying, rng):
                yield f"margin times {factor} with its bound", lying
    else:
        yield "a margin", edited(data, (("region", "margin"), "1/10"))
        yield "a margin with its bound", honest_bound(edited(data, (("region", "margin"), "5")))
    if continuous:
        yield "steps instead", edited(data, (("dynamics", "time"), "1/10"))
    else:
        for step in ("100", "5", "1/100000"):
            file = edited(data, (("dynamics", "time"), step))
            if false_ball(file, rng):
                yield f"steps of {step}", file
        yield "continuous instead", edited(data, (("dynamics", "time"), "continuous"))
        yield "cases backward", edited(data, (("proof", "trees"), proof["trees"][::-1]))
        for k in range(len(proof["trees"])):
            yield f"case {k} by its sign", edited(data, (("proof", "trees", k), ["sign"]))
    yield "a tree more", edited(data, (("proof", "trees"), [*proof["trees"], ["sign"]]))
    yield "no tree", edited(data, (("proof", "trees"), []))
    there: Path = ("proof", "no_larger")
    if proof["no_larger"] is not None:
        yield "no witness", edited(data, (there, None))

    def beyond(label: str, x: Sequence[Fraction]) -> tuple[str, Any]:
        above = str(distance(x, target))
        return label, edited(data, (there, {"witness": list(map(str, x))}), (("conclusion", "no_level_above"), above))

    yield beyond("the target as witness", list(map(Fraction, target)))
    yield beyond("a witness inside", [end + (1 - 2 * end) * Fraction(1, 10) for end in target])
    edge = [Fraction(target[0]), *(Fraction(1 - end) for end in target[1:])]
    if falls(data, edge):
        yield beyond("a witness where W falls", edge)


def honest_bound(data: Any) -> Any:
    """The same file with the conclusion that its margin would give."""
    margin, level = number(data["region"]["margin"]), number(data["region"]["level"])
    bound = {1: level / margin**2, 2: 2 * margin, 3: margin**2 / len(data["region"]["target"])}[data["region"]["order"]]
    bound = margin if data["dynamics"]["time"] != "continuous" else bound
    return edited(data, (("conclusion", "bound"), str(bound)))


# ---------------------------------------------------------------------------------------- what is false: alignment


def aligned(data: Any, values: Sequence[Fraction]) -> Fraction:
    """The sign times the product at common values of the groups."""
    region, game = data["region"], plain(data)
    direction = region["direction"]
    weights = [number(w) for w in direction.get("vector") or direction["to"]]
    if "to" in direction:
        weights = [w - x for w, x in zip(weights, values, strict=True)]
    x = [Fraction(0)] * game.size
    for group, value in zip(region["variables"], values, strict=True):
        for j in group:
            x[j] = value
    slope = game.correction(x, 2 if data["dynamics"]["coordinates"] == "logit" else 0)
    total = sum(
        (w * slope[j] for w, group in zip(weights, region["variables"], strict=True) for j in group), Fraction(0)
    )
    return region["sign"] * total


def false_alignment(data: Any, rng: random.Random, most: int = 16) -> bool:
    return any(aligned(data, x) <= 0 for x in corners(data["region"]["box"], rng, most))


def wrong_alignment(data: Any, rng: random.Random) -> Iterator[tuple[str, Any]]:
    region, proof = data["region"], data["proof"]
    variables, sign, (key, entries) = region["variables"], region["sign"], *region["direction"].items()
    where: Path = ("region", "direction", key)
    yield "sign 0", edited(data, (("region", "sign"), 0))
    yield "sign true", edited(data, (("region", "sign"), True))
    yield "no direction", edited(data, (("region", "direction"), {}))
    yield "two directions", edited(data, (("region", "direction"), {"to": entries, "vector": entries}))
    yield "a direction of another kind", edited(data, (("region", "direction"), {"from": entries}))
    yield "a short direction", edited(data, (where, entries[:-1]))
    yield "a long direction", edited(data, (where, [*entries, "1"]))
    yield "a direction to outside the cube", edited(data, (("region", "direction"), {"to": ["2"] * len(variables)}))
    yield "replicator", edited(data, (("dynamics", "coordinates"), "replicator"))
    yield "steps", edited(data, (("dynamics", "time"), "1/10"))
    yield "a coordinate in two groups", edited(data, (("region", "variables", 0), [*variables[0], variables[1][0]]))
    yield "a coordinate twice", edited(data, (("region", "variables", 0), [*variables[0], variables[0][0]]))
    yield "a coordinate in no group", edited(data, (("region", "variables", 0), variables[0][1:]))
    yield "an empty group", edited(data, (("region", "variables"), [[], *variables[1:]]))
    yield "a group without an interval", edited(data, (("region", "variables"), [*variables, []]))
    yield "an interval turned round", edited(data, (("region", "box", 0), region["box"][0][::-1]))
    yield "an interval beyond", edited(data, (("region", "box", 0), ["1/2", "3/2"]))
    yield "an interval of one end", edited(data, (("region", "box", 0), ["1/2"]))
    if data["verdict"] == "REFUTED":
        yield from wrong_witness(data, ["1/2"] * sum(map(len, variables)))
        apart = variables[0][-1]
        other = "9/10" if proof["witness"][apart] != "9/10" else "1"
        yield "players apart", edited(data, (("proof", "witness", apart), other))
        shut = [["1/2", "1/2"] for _ in variables]
        yield "a box without the witness", edited(data, (("region", "box"), shut))
        yield "the other sign", edited(data, (("region", "sign"), -sign))
        good = list(map(Fraction, ("19/20", "1/20", "1/20", "1/20")))
        if aligned(data, good) > 0:
            points = {j: x for group, x in zip(variables, good, strict=True) for j in group}
            spread = [str(points[j]) for j in sorted(points)]
            yield "a witness with the sign", edited(data, (("proof", "witness"), spread))
        return
    yield "the other sign", edited(data, (("region", "sign"), -sign))
    yield "the other sign, concluded too", edited(data, (("region", "sign"), -sign), (("conclusion", "sign"), -sign))
    yield "a direction of 0", edited(data, (("region", "direction"), {"vector": ["0"] * len(variables)}))
    candidates = [
        (
            "the opposite direction",
            edited(data, (("region", "direction"), {"vector": [times(w, -1) for w in entries]})),
        ),
        ("the whole cube", edited(data, (("region", "box"), [["0", "1"]] * len(variables)))),
        ("groups swapped", edited(data, (("region", "variables"), [variables[k] for k in (2, 1, 0, 3)]))),
        ("groups mixed", edited(data, (("region", "variables"), [[0, 1], [2, 3], [4, 5], [6, 7]]))),
        ("to another point", edited(data, (("region", "direction"), {"to": ["0", "1", "0", "1"]}))),
        ("to a third point", edited(data, (("region", "direction"), {"to": ["1", "1", "1/2", "1"]}))),
        ("another vector", edited(data, (("region", "direction"), {"vector": ["-1", "1", "0", "3"]}))),
        ("the box of another policy", edited(data, (("region", "box"), region["box"][::-1]))),
        ("log-odds", edited(data, (("dynamics", "coordinates"), "logit"))),
    ]
    yield from ((label, file) for label, file in candidates if false_alignment(file, rng))
    yield "a leaf with a constraint", edited(data, (("proof", "tree"), [["empty", 0]]))
    yield "a leaf with a target", edited(data, (("proof", "tree"), [["target", "1"]]))
    yield "a leaf with a touch", edited(data, (("proof", "tree"), [["touch", ["0"] * 4, "1", ["0"] * 4]]))


# ---------------------------------------------------------------------------------------- what is false: drift boxes


def wrong_drift_box(data: Any, rng: random.Random) -> Iterator[tuple[str, Any]]:
    region, proof, steps = data["region"], data["proof"], data["dynamics"]["time"] != "continuous"
    held, inner, outer = region["held"], region["inner"], region["outer"]
    n = len(held) + len(inner)
    yield "a tremble of 0 written otherwise", edited(data, (("tremble",), "0/1"))
    for name in ("replicator", "logit"):
        yield name, edited(data, (("dynamics", "coordinates"), name))
    for strange in ([], held[::-1], [held[0], *held[:-1]], [*held[:-1], n], held[:-1]):
        yield f"held {strange}", edited(data, (("region", "held"), strange))
    yield "a target of 2", edited(data, (("region", "target", 0), 2))
    yield "radius 0", edited(data, (("region", "radius", 0), "0"))
    yield "radius 2", edited(data, (("region", "radius", 0), "2"))
    yield "inner beyond outer", edited(data, (("region", "inner", 0), ["0", "1"]))
    yield "inner turned round", edited(data, (("region", "inner", 0), inner[0][::-1]))
    yield "an inner interval less", edited(data, (("region", "inner"), inner[:-1]))
    yield "an outer interval less", edited(data, (("region", "outer"), outer[:-1]))
    yield (
        "refuted",
        edited(data, (("verdict",), "REFUTED"), (("proof",), {"witness": ["1/2"] * n}), (("conclusion",), {})),
    )
    leaks, speeds = proof["leaks"], proof["speeds"]
    yield "a leak below 0", edited(data, (("proof", "leaks", 0, 0, 0), "-1"))
    yield "a leak less", edited(data, (("proof", "leaks", 0, 0), leaks[0][0][:-1]))
    yield "a leak more", edited(data, (("proof", "leaks", 0, 0), [*leaks[0][0], "1"]))
    yield "one leak for all", edited(data, (("proof", "leaks", 0, 0), leaks[0][0][0]))
    yield "a speed below 0", edited(data, (("proof", "speeds", 0, 0, 0), "-1"))
    yield "one speed", edited(data, (("proof", "speeds", 0), speeds[0][:1]))
    yield "gap below 0", edited(data, (("proof", "gaps", 0, 0), "-1"))
    yield "no gap", edited(data, (("proof", "gaps", 0, 0), "0"))
    yield "no visits", edited(data, (("proof", "visits", 0, 0), "0"))
    # From here on the game has to be solved before anything is found to be wrong.
    yield "no leak of one coordinate", edited(data, (("proof", "leaks", 0, 0, 1), "0"))
    yield (
        "twice the leaks, the same drift",
        edited(data, (("proof", "leaks", 2, 0), [times(k, 2) for k in leaks[2][0]])),
    )
    yield "no speed", edited(data, (("proof", "speeds", 0, 0, 0), "0"))
    yield "another speed, the same drift", edited(data, (("proof", "speeds", 1, 0, 0), times(speeds[1][0][0], 2)))
    yield "inner as outer", edited(data, (("region", "inner"), outer))
    yield "twice the gap", edited(data, (("proof", "gaps", 1, 0), times(proof["gaps"][1][0], 2)))
    yield "twice the visits", edited(data, (("proof", "visits", 1, 0), times(proof["visits"][1][0], 2)))
    yield (
        "half the gaps, the same bound",
        edited(data, *((("proof", "gaps", k, 0), times(g[0], Fraction(1, 2))) for k, g in enumerate(proof["gaps"]))),
    )
    yield "the opposite target", edited(data, (("region", "target", 0), 0))
    yield "outer everywhere", edited(data, (("region", "outer"), [["0", "1"]] * len(outer)))
    yield "a larger radius", edited(data, (("region", "radius"), ["1/8"] * len(held)))
    yield "time for steps or steps for time", edited(data, (("dynamics", "time"), "continuous" if steps else "1/1000"))


KINDS: dict[str, Callable[[Any, random.Random], Iterator[tuple[str, Any]]]] = {
    "sign-box": wrong_sign_box,
    "sublevel": wrong_sublevel,
    "alignment": wrong_alignment,
    "drift-box": wrong_drift_box,
}


@lru_cache
def mutations(name: str) -> tuple[Mutation, ...]:
    """All mutations of a source, without repetitions."""
    text, rng = source(name).text, random.Random(name)
    data = json.loads(text)
    found: dict[str, str] = {}
    for label, mutated in malformed_texts(text, rng):
        found.setdefault(mutated, label)
    small = name in SMALL
    files = [*wrong_head(data), *malformed(data, rng, 12 if small else 6)]
    files += [*wrong_game(data, rng), *wrong_conclusion(data), *KINDS[data["region"]["kind"]](data, rng)]
    for label, file in files:
        if json.dumps(file) == json.dumps(data):
            continue
        found.setdefault(json.dumps(file, ensure_ascii=False), label)
    assert text not in found
    return tuple(Mutation(f"{name}: {label}", mutated) for mutated, label in found.items())


def timed(text: str) -> tuple[str, str]:
    """The checker's outcome and reason; fails if it takes too long or meets something that it did not foresee."""
    start = time.process_time()
    report = check(text)
    assert time.process_time() - start < SECONDS, text[:200]
    assert "unforeseen" not in report.reason, (report, text[:2000])
    return report.outcome, report.reason


def accepted(files: Sequence[Mutation]) -> list[str]:
    return [file.label for file in files if timed(file.text)[0] not in ("rejected", "unreadable")]


# ------------------------------------------------------------------------------------------------------------ tests


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in SLOW)) for name in SOURCES]
)
def test_the_true_file_is_accepted(name: str) -> None:
    certificate = source(name)
    assert certificate.verdict == ("REFUTED" if name.startswith("refuted") else "CERTIFIED")
    assert timed(certificate.text)[0] == "accepted"


@pytest.mark.parametrize("name", SMALL)
def test_every_mutation_is_refused(name: str) -> None:
    assert accepted(mutations(name)) == []
    assert len(mutations(name)) > 100


def without_the_game(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Mutation], list[Mutation]]:
    """Mutations that the checker refuses before it solves the game, and the others."""

    def stop(_: object) -> None:
        raise checker.Rejected("the game has to be solved")

    monkeypatch.setattr(checker, "derive", stop)
    late = [file for file in mutations(name) if check(file.text).reason == "the game has to be solved"]
    monkeypatch.undo()
    return [file for file in mutations(name) if file not in late], late


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in SLOW)) for name in LARGE])
def test_mutations_of_large_files_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    early, late = without_the_game(name, monkeypatch)
    assert len(early) > 100 and len(late) > 20
    assert accepted(early + random.Random(name).sample(late, FEW)) == []


@pytest.mark.thorough
@pytest.mark.parametrize("name", LARGE)
def test_all_mutations_of_large_files_are_refused(name: str) -> None:
    assert accepted(mutations(name)) == []


def test_there_are_many_mutations() -> None:
    texts = {file.text for name in SMALL for file in mutations(name)}
    assert len(texts) >= 5000


def test_control_what_is_not_wrong_is_accepted() -> None:
    """The loop above does report an accepted file: other words, the field over another denominator, another order."""
    data = json.loads(source("stag-box").text)
    words = edited(data, (("statement",), "?"), (("game", "name"), "hares"), (("game", "actions", 0), ["S", "H"]))
    denominator, values = ([[times(c, 3), w] for c, w in poly] for poly in (data["field"]["denominator"], []))
    values = [[[times(c, 3), w] for c, w in poly] for poly in data["field"]["values"]]
    scaled = edited(data, (("field",), {"denominator": denominator, "values": values}))
    backward = dict(reversed(data.items()))
    split = edited(data, (("proof", "visits", 0, 1), [0, "sign", 1, "sign", "sign"]))
    files = [Mutation(str(k), json.dumps(file)) for k, file in enumerate((words, scaled, backward, split))]
    assert accepted(files) == ["0", "1", "2", "3"]


def test_control_a_lax_checker_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its comparison of conclusions, or of the field, the checker accepts mutations."""
    monkeypatch.setattr(checker, "compare", lambda *_: None)
    assert len(accepted(mutations("stag-box"))) >= 5
    monkeypatch.undo()
    monkeypatch.setattr(checker.File, "concludes", lambda *_, **__: None)
    assert len(accepted(mutations("stag-closed-box"))) >= 10
    monkeypatch.undo()
    monkeypatch.setattr(checker, "prove", lambda *_: None)
    assert "stag-ball: the opposite rewards" in accepted(mutations("stag-ball"))


# ---------------------------------------------------------------------------------------- trees, by another library


def reference(goal: Goal, tree: Sequence[Any]) -> bool:
    """Whether a tree proves a goal on the unit cube, by python-flint's polynomials."""
    size = goal.polynomial.context().nvars()
    waiting = [((Integer(0), Integer(1)),) * size]
    for node in tree:
        here = waiting.pop()
        if isinstance(node, int):
            low, high = here[node]
            middle = (low + high) / 2
            waiting += [(*here[:node], pair, *here[node + 1 :]) for pair in ((middle, high), (low, middle))]
        elif not _leaf(goal, node, here):
            return False
    return not waiting


def _leaf(goal: Goal, leaf: Any, box: Any) -> bool:
    entries = tensor(goal.polynomial, box).entries
    if leaf == "sign":
        return min(entries) > 0 or (min(entries) == 0 and not goal.strict)
    if leaf[0] == "empty":
        if not 0 <= leaf[1] < len(goal.constraints):
            return False
        constraint, strict = goal.constraints[leaf[1]]
        most = max(tensor(constraint, box).entries)
        return most < 0 or (most == 0 and strict)
    if not goal.strict or goal.target is None:
        return False
    if leaf[0] == "target":
        less = goal.polynomial - goal.target[1] * to_fmpq(Rational(leaf[1]))
        return number(leaf[1]) > 0 and min(tensor(less, box).entries) >= 0
    return _touch(goal, leaf, box)


def _touch(goal: Goal, leaf: Any, box: Any) -> bool:
    _, point, value, slopes = leaf
    z = [to_fmpq(Rational(x)) for x in point]
    context = goal.polynomial.context()
    multiplier = context.constant(to_fmpq(Rational(value)))
    for k, slope in enumerate(slopes):
        multiplier += (context.gen(k) - z[k]) * to_fmpq(Rational(slope))
    slack = goal.constraints[0][0]
    rest = goal.polynomial - multiplier * slack
    inside = all(low <= Rational(x) <= high for x, (low, high) in zip(point, box, strict=True))
    zeros = [slack(*z), rest(*z), *(rest.derivative(k)(*z) for k in range(len(z)))]
    if not inside or any(zeros) or min(tensor(multiplier, box).entries) <= 0:
        return False
    a, b, d = (rest.derivative(i).derivative(j) for i, j in ((0, 0), (0, 1), (1, 1)))
    return all(min(tensor(minor, box).entries) > 0 for minor in (a, a * d - b * b))


def ball_goal(data: Any, field: GameField) -> Goal:
    """The obligation of a ball in continuous time, as FORMAT.md says."""
    region, context = data["region"], field
    power = ("direct", "replicator", "logit").index(data["dynamics"]["coordinates"])
    level, margin = Rational(region["level"]), to_fmpq(Rational(region["margin"]))
    zero = context.constant(0)
    away = [1 - x if end else x for x, end in zip(field.variables, region["target"], strict=True)]
    weight = sum((u ** region["order"] for u in away), zero) * field.denominator**2
    fall = sum(
        (
            field.slope(k, power) * field.velocities[k] * sign * away[k]
            for k, sign in enumerate(signs(region["target"]))
        ),
        zero,
    )
    slack = field.constant(level) - sum((u**2 for u in away), zero)
    corner = tuple(map(Integer, region["target"]))
    constraints = ((slack, not region["closed"]),)
    return Goal(fall - weight * margin, margin == 0, constraints, (corner, weight), Touch(corner, slack))


def changed_trees(tree: list[Any], size: int, rng: random.Random, most: int) -> list[list[Any]]:
    """Another axis, another leaf, another margin, another touch; halves exchanged; a subtree for a leaf or none."""
    touches = [node for node in tree if isinstance(node, list) and node[0] == "touch"]
    found = []
    for place, node in enumerate(tree):
        if isinstance(node, int):
            others: list[Any] = [k for k in range(size) if k != node]
        else:
            others = [
                "sign",
                ["empty", 0],
                ["empty", 1],
                ["target", "1/1000"],
                ["target", "1"],
                ["target", "1000"],
                *touches,
            ]
            others += [[node[0], times(node[1], f)] for f in (Fraction(1, 2), 2, 8) if node[0] == "target"]
            if node[0] == "touch":
                _, point, value, slopes = node
                others += [["touch", point, times(value, f), slopes] for f in (Fraction(1, 2), Fraction(101, 100), -1)]
                others += [["touch", point, value, [times(b, f) for b in slopes]] for f in (0, -4, 100)]
                others += [["touch", point, value, [plus(b, 1) for b in slopes]]]
                others += [["touch", [plus(x, Fraction(1, 100)) for x in point], value, slopes]]
                others += [["touch", point[::-1], value, slopes], ["touch", ["1/2"] * size, value, slopes]]
        found += [[*tree[:place], other, *tree[place + 1 :]] for other in others if other != node]
        if not isinstance(node, int):
            found += [[*tree[:place], axis, node, node, *tree[place + 1 :]] for axis in range(size)]
    for place, (one, other) in enumerate(pairwise(tree)):
        if one != other and not (isinstance(one, int) or isinstance(other, int)):
            found.append([*tree[:place], other, one, *tree[place + 2 :]])
    found.append(["sign"])
    return rng.sample(found, min(most, len(found)))


TREES = [name for name in SMALL if "ball" in name and "steps" not in name and "refuted" not in name]


@pytest.mark.parametrize("name", TREES)
def test_trees_are_proofs_just_when_another_library_says_so(name: str) -> None:
    data, rng = json.loads(source(name).text), random.Random(name)
    goal, tree = ball_goal(data, source(name).field), data["proof"]["trees"][0]
    assert reference(goal, tree)
    outcomes = {True: 0, False: 0}
    for other in changed_trees(tree, 2, rng, 90):
        valid = reference(goal, other)
        outcome, reason = timed(json.dumps(edited(data, (("proof", "trees", 0), other))))
        assert (outcome == "accepted") == valid, (valid, outcome, reason, other)
        outcomes[valid] += 1
    assert outcomes[False] >= 5 and outcomes[True] >= 1, outcomes


def test_trees_that_end_too_early_or_late_are_refused() -> None:
    count = 0
    for name in TREES:
        data = json.loads(source(name).text)
        tree = data["proof"]["trees"][0]
        for place, node in enumerate(tree):
            for other in ([*tree[:place], *tree[place + 1 :]], [*tree[:place], node, *tree[place:]]):
                assert timed(json.dumps(edited(data, (("proof", "trees", 0), other))))[0] == "unreadable"
                count += 1
    assert count > 200


def test_alignment_without_its_halvings_is_refused() -> None:
    """In Stag Hunt C = 3(3p + 1, 3q + 1), so −⟨C, (1/2, 1/2) − x⟩/3 = f(p) + f(q), f(x) = 3x² − x/2 − 1/2.

    f ≥ −25/48 on [0, 1] with Bernstein coefficients −1/2, −3/4, 2, and f ≥ 31/50 on [7/10, 1].
    """
    data = json.loads(source("stag-closed-box").text)
    region = {
        "kind": "alignment",
        "variables": [[0], [1]],
        "box": [["0", "1"], ["7/10", "1"]],
        "direction": {"to": ["1/2", "1/2"]},
        "sign": -1,
    }
    file = edited(data, (("region",), region), (("proof",), {"tree": []}), (("conclusion",), {"sign": -1}))

    def outcome(*tree: Any) -> str:
        return timed(json.dumps(edited(file, (("proof", "tree"), list(tree)))))[0]

    assert outcome(0, 0, "sign", "sign", "sign") == "accepted"
    assert outcome("sign") == outcome(0, "sign", "sign") == outcome(1, "sign", "sign") == "rejected"
    assert outcome(1, 1, "sign", "sign", "sign") == outcome(0, "sign", 0, "sign", "sign") == "rejected"
    wide = edited(file, (("region", "box", 1), ["1/2", "1"]), (("proof", "tree"), [0, 0, "sign", "sign", "sign"]))
    assert false_alignment(wide, random.Random(0)) and timed(json.dumps(wide))[0] == "rejected"


# ------------------------------------------------------------------------------------------------------------ bombs


def _deep(opening: str, closing: str = "", times: int = 100_000) -> str:
    return opening * times + closing * times


def bombs() -> Iterator[tuple[str, str]]:
    """Files that no reader should spend much on."""
    data = json.loads(source("stag-closed-box").text)
    ball = json.loads(source("stag-ball").text)
    yield "open lists", _deep("[")
    yield "lists in lists", _deep("[", "]")
    yield "objects in objects", '{"a":' * 100_000 + "1" + "}" * 100_000
    yield "four megabytes of lists", "[" * 3_999_999
    yield "too many bytes", " " * 4_000_001 + source("stag-box").text
    yield "a long JSON integer", source("stag-box").text.replace('"version": 1', '"version": ' + "1" * 100_000)
    yield "an exponent", source("stag-box").text.replace('"version": 1', '"version": 1e999999999')
    yield "a long text", json.dumps(edited(data, (("statement",), "a" * 5_000_000)))
    for label, path in (("reward", ("game", "reward", 0, 0, 0)), ("coefficient", ("field", "values", 0, 0, 0))):
        huge = "1" + "0" * 5000
        yield f"10^5000 as {label}", json.dumps(edited(data, (path, huge)))
        yield f"10^-5000 as {label}", json.dumps(edited(data, (path, f"1/{huge}")))
        yield f"10^199 as {label}", json.dumps(edited(data, (path, "1" + "0" * 199)))
        yield f"10^-190 as {label}", json.dumps(edited(data, (path, "1/1" + "0" * 190)))
        yield f"2^64 as a JSON number as {label}", json.dumps(edited(data, (path, 2**64)))
    nest: Any = "sign"
    for _ in range(500):
        nest = [0, nest, nest] if not isinstance(nest, list) else [0, "sign", nest]
    yield "a nested tree", json.dumps(edited(data, (("proof", "gaps", 0, 1), [nest])))
    text = json.dumps(edited(data, (("proof", "gaps", 0, 1), "@")))
    yield "a tree of nested lists", text.replace('"@"', _deep("[", "]"))
    yield "a tree that never ends", json.dumps(edited(data, (("proof", "gaps", 0, 1), [0] * 100_000)))
    yield (
        "a tree above the limit",
        json.dumps(edited(data, (("proof", "gaps", 0, 1), [0] * 60_000 + ["sign"] * 60_001))),
    )
    yield (
        "a full tree that is none",
        json.dumps(edited(ball, (("proof", "trees", 0), [0] * 20_000 + ["sign"] * 20_001))),
    )
    empty = [0] * 2_000 + [["empty", 0]] * 2_001
    yield "a deep tree of empty leaves", json.dumps(edited(ball, (("proof", "trees", 0), empty)))
    yield "many keys", json.dumps({**data, **{str(k): k for k in range(100_000)}})
    yield "many terms", json.dumps(edited(data, (("field", "denominator"), [["1", []]] * 50_000)))
    yield "many states", json.dumps(edited(data, (("game", "states"), ["s"] * 100_000)))
    yield "lone surrogates", json.dumps(edited(data, (("game", "discount"), "\ud800")))


def large_game(players: int, states: int, digits: int, discount: str = "9/10") -> dict[str, Any]:
    rng, joint = random.Random(digits), 2**players

    def long() -> str:
        return str(Fraction(rng.randrange(10**digits) + 1, rng.randrange(10**digits) + 1))

    def row() -> list[str]:
        weights = [rng.randrange(10**digits) + 1 for _ in range(states)]
        return [str(Fraction(w, sum(weights))) for w in weights]

    return {
        "name": "large",
        "actions": [["a", "b"]] * players,
        "states": [str(s) for s in range(states)],
        "start": row(),
        "discount": discount,
        "transition": [[row() for _ in range(joint)] for _ in range(states)],
        "reward": [[[long() for _ in range(players)] for _ in range(joint)] for _ in range(states)],
    }


def large_files(sizes: Sequence[tuple[int, int, int]]) -> Iterator[tuple[str, str]]:
    """Games at the limits, with fields that are not theirs and trees with much to do."""
    for players, states, digits in sizes:
        n = players * states
        field = {"denominator": [["1", []]], "values": [[["1", []]]] * players}
        common = {
            **json.loads(source("stag-closed-box").text),
            "game": large_game(players, states, digits),
            "field": field,
        }
        box = {"kind": "sign-box", "target": [1] * n, "box": [["1/2", "1"]] * n, "closed": True}
        proof = {"gaps": [["1", ["sign"]]] * n, "visits": [["1", ["sign"]]] * n, "no_larger": None}
        yield f"box {players, states, digits}", json.dumps({**common, "region": box, "proof": proof})
        aligned_box = {
            "kind": "alignment",
            "variables": [[j] for j in range(n)],
            "box": [["0", "1"]] * n,
            "direction": {"vector": ["1"] * n},
            "sign": 1,
        }
        rest = {"region": aligned_box, "proof": {"tree": ["sign"]}, "conclusion": {"sign": 1}}
        yield f"alignment {players, states, digits}", json.dumps({**common, **rest})


def test_bombs_are_refused_in_time() -> None:
    files = [Mutation(label, text) for label, text in (*bombs(), *large_files([(2, 2, 20), (4, 1, 60), (2, 4, 9)]))]
    assert accepted(files) == [] and len(files) > 30


@pytest.mark.thorough
def test_games_at_the_limits_are_refused_in_time() -> None:
    sizes = [(2, 6, 9), (6, 2, 60), (3, 4, 60), (1, 12, 90), (6, 2, 90), (2, 6, 90), (4, 3, 90)]
    assert accepted([Mutation(label, text) for label, text in large_files(sizes)]) == []


def test_random_bytes_and_cut_and_pasted_files_are_refused() -> None:
    """Characters exchanged within the file's structure; those in words that nobody checks are left alone."""
    rng, count = random.Random(20), 0
    for name in ("stag-box", "stag-closed-ball", "refuted-box"):
        text = source(name).text
        data = json.loads(text)
        start = text.index('"tremble"')
        places = [k for k in range(start, len(text)) if text[k] in '{}[]":,']
        for place in rng.sample(places, 60):
            mutated = text[:place] + rng.choice("{}[]:,x") + text[place + 1 :]
            if mutated != text:
                assert timed(mutated)[0] in ("rejected", "unreadable"), (place, mutated)
                count += 1
        if data["verdict"] == "REFUTED":  # another's witness may do as well
            continue
        for key, other in product(("game", "region", "proof", "conclusion"), SMALL):
            pasted = edited(data, ((key,), json.loads(source(other).text)[key]))
            smaller = key == "region" and pasted["region"]["kind"] == "sign-box"  # may be true
            if pasted != data and not smaller:
                outcome, reason = timed(json.dumps(pasted))
                assert outcome in ("rejected", "unreadable"), (name, key, other, reason)
                count += 1
    assert count > 200


def test_the_reference_for_trees_can_say_no() -> None:
    field = game_field(stag_hunt())
    data = json.loads(source("stag-ball").text)
    goal = ball_goal(data, field)
    assert not reference(goal, ["sign"]) and not reference(goal, [["empty", 0]]) and not reference(goal, [0, "sign"])
    assert prod(common_degrees(goal.polynomial)) > 0
    wide = ball_goal(edited(data, (("region", "level"), "1")), field)
    assert not reference(wide, data["proof"]["trees"][0])
    assert reference(
        Goal(field.constant(1), strict=True),
        prove(Goal(field.constant(1), strict=True), ((Integer(0), Integer(1)),) * 2),
    )
