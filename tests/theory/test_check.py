"""The checker of certificates: true ones are accepted, every broken condition is seen, hostile input does no harm.

The certificates are written by hand; what they need of a game (its field) comes from a few lines of plain fractions
here, which share nothing with the checker. Each mutation breaks one condition of FORMAT.md.
"""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
import time
from fractions import Fraction as Q
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from theory.regions import check as c

SIGN = ["sign"]
UNREADABLE, REJECTED, ACCEPTED = "unreadable", "rejected", "accepted"

# ------------------------------------------------------------------------------------- games, in plain fractions


def bimatrix(rows):
    """A game without states; rows: payoffs at (first, first), (first, second), (second, first), (second, second)."""
    return {
        "name": "game",
        "actions": [["a", "b"], ["a", "b"]],
        "states": ["·"],
        "start": ["1"],
        "discount": "0",
        "transition": [[["1"]] * 4],
        "reward": [[[str(x) for x in row] for row in rows]],
    }


def ipd(first):
    """Memory-one Prisoner's Dilemma that starts in an own state, or in CC."""
    states = (["∅"] if first else []) + ["CC", "CD", "DC", "DD"]
    size = len(states)
    rows = [["1" if t == size - 4 + a else "0" for t in range(size)] for a in range(4)]
    return {
        "name": "ipd",
        "actions": [["C", "D"], ["C", "D"]],
        "states": states,
        "start": ["1"] + ["0"] * (size - 1),
        "discount": "9/10",
        "transition": [rows] * size,
        "reward": [[["3", "3"], ["0", "5"], ["5", "0"], ["1", "1"]]] * size,
    }


STAG = bimatrix([(4, 4), (0, 3), (3, 0), (2, 2)])
DILEMMA = bimatrix([(1, 1), (3, 0), (0, 3), (2, 2)])  # the first action earns 1 more, whatever the other does
IPD4, IPD5 = ipd(False), ipd(True)


def random_game(players, states, seed):
    """Small random probabilities and rewards."""
    draw = random.Random(seed)

    def distribution():
        weights = [draw.randrange(1, 4) for _ in range(states)]
        return [str(Q(w, sum(weights))) for w in weights]

    joint = range(2**players)
    return {
        "name": "random",
        "actions": [["a", "b"]] * players,
        "states": [str(s) for s in range(states)],
        "start": distribution(),
        "discount": "2/3",
        "transition": [[distribution() for _ in joint] for _ in range(states)],
        "reward": [[[str(draw.randrange(-3, 4)) for _ in range(players)] for _ in joint] for _ in range(states)],
    }


def solved(game, tremble, x):
    """D and the players' values at a point, by Gaussian elimination of M with the rewards beside it."""
    players, states, gamma = len(game["actions"]), len(game["states"]), Q(game["discount"])
    rows = []
    for s in range(states):
        row, reward = [Q(0)] * states, [Q(0)] * players
        for a, actions in enumerate(product((0, 1), repeat=players)):
            weight = Q(1)
            for i, action in enumerate(actions):
                first = tremble / 2 + (1 - tremble) * x[i * states + s]
                weight *= 1 - first if action else first
            row = [old + weight * Q(new) for old, new in zip(row, game["transition"][s][a], strict=True)]
            reward = [old + weight * Q(new) for old, new in zip(reward, game["reward"][s][a], strict=True)]
        rows.append([int(s == t) - gamma * p for t, p in enumerate(row)] + reward)
    det = Q(1)
    for k in range(states):  # the pivots of I − γP are positive
        det *= rows[k][k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in range(states):
            if i != k and rows[i][k]:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    values = [sum(Q(p) * row[states + i] for p, row in zip(game["start"], rows, strict=True)) for i in range(players)]
    return det, values


@cache
def field_of(text, tremble):
    game = json.loads(text)
    n = len(game["actions"]) * len(game["states"])
    points = [solved(game, Q(tremble), [Q(x) for x in bits]) for bits in product((0, 1), repeat=n)]

    def poly(values):
        for axis in range(n):
            bit = 1 << (n - 1 - axis)
            for k in range(1 << n):
                if k & bit:
                    values[k] -= values[k ^ bit]
        return [[str(v), [j for j in range(n) if k >> (n - 1 - j) & 1]] for k, v in enumerate(values) if v]

    return {
        "denominator": poly([det for det, _ in points]),
        "values": [poly([det * values[i] for det, values in points]) for i in range(len(game["actions"]))],
    }


def certificate(game, region, proof, conclusion, verdict="CERTIFIED", coordinates="direct", step=None, tremble="0"):
    return copy.deepcopy(
        {
            "format": "basin-entry certificate",
            "version": 1,
            "verdict": verdict,
            "statement": "For people.",
            "game": game,
            "tremble": tremble,
            "field": field_of(json.dumps(game), tremble),
            "dynamics": {"coordinates": coordinates, "time": step or "continuous"},
            "region": region,
            "proof": proof,
            "conclusion": conclusion,
        }
    )


# ------------------------------------------------------------------------------------------------ true certificates


def box_certificate(box, gap, closed=True, convergence="finite", bound="1", game=STAG, larger=True, **options):
    return certificate(
        game,
        {"kind": "sign-box", "target": [1, 1], "box": [box] * 2, "closed": closed},
        {
            "gaps": [[gap, SIGN]] * 2,
            "visits": [["1", SIGN]] * 2,
            "no_larger": {"radius": "1/3", "witness": ["2/3", "2/3"]} if larger else None,
        },
        {"invariant": True, "limit": "target", "unreached": [], "convergence": convergence, "bound": bound},
        **options,
    )


def closed_box(**options):
    return box_certificate(["3/4", "1"], "1/4", **options)


def open_box():
    return box_certificate(["2/3", "1"], "0", closed=False, bound=None)


def defection_box():
    """Only the first state is certain to be visited: the other coordinates rest or fall, but need not get there."""
    return certificate(
        IPD5,
        {"kind": "sign-box", "target": [0] * 10, "box": [["0", "1/10"]] * 10, "closed": True},
        {"gaps": [["1/2", SIGN]] * 10, "visits": [["1", SIGN], *[["0", SIGN]] * 4] * 2, "no_larger": None},
        {
            "invariant": True,
            "limit": "face",
            "unreached": [1, 2, 3, 4, 6, 7, 8, 9],
            "convergence": "finite",
            "bound": "1/5",
        },
    )


def refuted_box(closed=True, box=("3/5", "1"), witness=("2/3", "2/3")):
    region = {"kind": "sign-box", "target": [1, 1], "box": [list(box)] * 2, "closed": closed}
    return certificate(STAG, region, {"witness": list(witness)}, {}, verdict="REFUTED")


def drift_certificate(
    radius="1/1000", inner=("0", "1/6"), outer=("0", "1/5"), leak="100", gap="1", step=None, game=IPD4
):
    """Cooperation on the path: held where play starts and after CC; the other six coordinates are free."""
    held = [0, 4] if game is IPD4 else [0, 1, 5, 6]
    count, eta, rate = len(held), Q(step or 0), Q(gap) / 2
    far = Q(leak) * 60 * count * (Q(radius) ** 2 / (2 * rate) + eta * Q(radius))
    bound = Q(radius) / rate if step is None else Q(-(-Q(radius) // (eta * rate)))
    intervals = [[list(ends)] * 6 if isinstance(ends, tuple) else ends for ends in (inner, outer)]
    return certificate(
        game,
        {
            "kind": "drift-box",
            "held": held,
            "target": [1] * count,
            "radius": [radius] * count,
            "inner": intervals[0],
            "outer": intervals[1],
        },
        {
            "gaps": [[gap, SIGN]] * count,
            "visits": [["1/2", SIGN]] * count,
            "leaks": [[[leak] * count, SIGN]] * 6,
            "speeds": [[["60", SIGN], ["60", SIGN]]] * 6,
        },
        {
            "invariant": True,
            "limit": "equilibria",
            "convergence": "finite",
            "bound": str(bound),
            "drift": [[str(far)] * 2] * 6,
        },
        step=step,
    )


def empty(j):
    return ["empty", j]


E = empty(0)


def level_certificate(level, closed, order, margin, trees, convergence, bound, witness=None, above=None, **options):
    return certificate(
        options.pop("game", STAG),
        {"kind": "sublevel", "target": [1, 1], "level": level, "closed": closed, "order": order, "margin": margin},
        {"trees": trees, "no_larger": witness and {"witness": witness}},
        {
            "invariant": True,
            "limit": "target",
            "convergence": convergence,
            "bound": bound,
            "no_level_above": above,
        },
        **options,
    )


ORDER_1 = [0, E, 1, E, 0, 1, 0, E, 1, E, 0, E, 1, E, 0, E, "sign", 0, E, "sign", 1, 0, 1, E, "sign", "sign", "sign"]
TOUCH = ["touch", ["2/3", "2/3"], "3/2", ["-9/4", "-9/4"]]
SHARP = [0, E, 1, E, 0, 1, TOUCH]
SHARP += [0, 1, 0, 1, E, "sign", "sign", "sign", "sign", 1, 0, 1, 0, 1, E, *["sign"] * 4, ["target", "1/10"]]


def closed_level():
    return level_certificate("1/8", True, 1, "1/10", [ORDER_1], "finite", "25/2")


def sharp_level():
    """With u = 1 − x, F = u + w − 6uw and h = (u + w)/2 − 6uw + 9/4 (u + w)(u² + w²) touches 0 at u = w = 1/3."""
    return level_certificate("2/9", False, 1, "0", [SHARP], "finite", None, ["2/3", "2/3"], "2/9")


def order_2_level():
    """The margin of order 1 is one of order 2 as well, because u² ≤ u."""
    return level_certificate("1/8", True, 2, "1/10", [ORDER_1], "exponential", "1/5")


def replicator_level():
    tree = [0, E, 1, E, 0, 1, E, 0, E, 1, 0, E, "sign", "sign", 1, 0, 1, E, 0, 1, E, *["sign"] * 4]
    return level_certificate("1/9", True, 2, "1/10", [tree], "exponential", "1/5", coordinates="replicator")


def logit_level():
    tree = [0, E, 1, E, 0, 1, E, 0, E, 1, 0, E, 1, 0, E, *["sign"] * 3, 1, 0, 1, E, 0, 1, E, 0, 1, E, *["sign"] * 5]
    return level_certificate("1/9", True, 3, "1/10", [tree], "algebraic", "1/200", coordinates="logit")


def stepped_level():
    one, two, s = empty(1), empty(2), "sign"
    trees = [
        [*[0, E, 1, E, 0, 1, E, 0, E, s, 1, 0, 1, E, s, s, 0, 1, s, 0, s, 1, s, one, 1, 0, s, 1, s, one, one]],
        [0, E, 1, E, 0, s, 1, s, 0, 1, s, 0, s, 1, s, two, 1, 0, s, 1, s, two, two],
        [0, E, 1, s, 0, s, 1, s, 0, 1, s, 0, s, 1, s, one, 1, 0, s, 1, s, one, one],
        [s],
    ]
    witness = ["2/3", "2/3"]
    return level_certificate("1/9", True, 2, "1/10", trees, "exponential", "1/10", witness, "2/9", step="1/4")


def refuted_level(witness=("2/3", "2/3"), closed=True, level="2/9", **options):
    region = {"kind": "sublevel", "target": [1, 1], "level": level, "closed": closed, "order": 2, "margin": "1/10"}
    return certificate(STAG, region, {"witness": list(witness)}, {}, verdict="REFUTED", **options)


IPD_BOX = [["37/40", "39/40"], ["1/40", "3/40"], ["37/40", "39/40"], ["1/40", "3/40"]]
SAME = [[0, 4], [1, 6], [2, 5], [3, 7]]
TFT, COOPERATE = {"to": ["1", "0", "1", "0"]}, {"vector": ["1", "0", "0", "0"]}


def aligned(direction, sign=1, box=IPD_BOX, tree=SIGN, **options):
    region = {"kind": "alignment", "variables": SAME, "box": box, "direction": direction, "sign": sign}
    return certificate(IPD4, region, {"tree": tree}, {"sign": sign}, **options)


def refuted_alignment():
    found = aligned(COOPERATE, -1, verdict="REFUTED")
    return found | {
        "proof": {"witness": ["19/20", "1/20", "19/20", "1/20", "19/20", "19/20", "1/20", "1/20"]},
        "conclusion": {},
    }


def alike(point):
    return [point] * len(IPD_BOX)


TRUE = {
    "closed box": closed_box,
    "closed box, halved": lambda: changed(closed_box(), "proof.gaps.0.1", [0, "sign", 1, "sign", "sign"]),
    "closed box, replicator": lambda: closed_box(coordinates="replicator", convergence="exponential", bound="1/4"),
    "closed box, logit": lambda: closed_box(coordinates="logit", convergence="algebraic", bound="9/64"),
    "closed box, steps": lambda: closed_box(step="1/2", bound="2"),
    "closed box, steps in logit": lambda: closed_box(
        step="1/2", coordinates="logit", convergence="algebraic", bound=None
    ),
    "whole box": lambda: box_certificate(["0", "1"], "1", game=DILEMMA, bound="1", larger=False),
    "trembling box": lambda: box_certificate(["3/4", "1"], "1/10", tremble="1/10", bound="25/9", larger=False),
    "open box": open_box,
    "face": defection_box,
    "refuted box": refuted_box,
    "drift": drift_certificate,
    "drift in five states": lambda: drift_certificate(game=IPD5),
    "drift in steps": lambda: drift_certificate(step="1/1000", inner=("0", "1/50")),
    "level": closed_level,
    "sharp level": sharp_level,
    "level of order 2": order_2_level,
    "level, replicator": replicator_level,
    "level, logit": logit_level,
    "level, steps": stepped_level,
    "refuted level": refuted_level,
    "refuted level, steps": lambda: refuted_level(step="1/4"),
    "alignment": lambda: aligned(COOPERATE),
    "alignment to a point": lambda: aligned(TFT),
    "alignment, logit": lambda: aligned(COOPERATE, coordinates="logit"),
    "alignment in a point": lambda: aligned(TFT, box=[[x, x] for x in ("19/20", "1/20", "19/20", "1/20")]),
    "alignment, halved": lambda: aligned(COOPERATE, tree=[0, "sign", 3, "sign", "sign"]),
    "refuted alignment": refuted_alignment,
}


def outcome(entry):
    report = c.check(json.dumps(entry))
    assert "unforeseen" not in report.reason
    return report.outcome


@pytest.mark.parametrize("name", TRUE)
def test_a_true_certificate_is_accepted(name):
    report = c.check(json.dumps(TRUE[name]()))
    assert report.outcome == ACCEPTED, report.reason


def test_the_largest_certificates_are_checked_in_time():
    for make, limit in ((lambda: aligned(TFT), 3), (defection_box, 2), (lambda: drift_certificate(game=IPD5), 5)):
        text = json.dumps(make())
        start = time.process_time()
        assert c.check(text).outcome == ACCEPTED
        assert time.process_time() - start < limit


# -------------------------------------------------------------------------------------------------------- mutations

DROP = object()


def changed(entry, path, new):
    """The entry with what stands at a path replaced, or dropped, or the path's last key added."""
    entry = copy.deepcopy(entry)
    *way, last = [int(key) if key.isdecimal() else key for key in path.split(".")]
    place = entry
    for key in way:
        place = place[key]
    if new is DROP:
        del place[last]
    else:
        place[last] = new
    return entry


ANYWHERE = [  # (path, new, outcome) in the closed box
    ("format", "another certificate", UNREADABLE),
    ("version", 2, UNREADABLE),
    ("version", "1", UNREADABLE),
    ("version", True, UNREADABLE),
    ("verdict", "PROVED", UNREADABLE),
    ("statement", None, UNREADABLE),
    ("statement", DROP, UNREADABLE),
    ("more", "1", UNREADABLE),
    ("game.name", 1, UNREADABLE),
    ("game.more", "1", UNREADABLE),
    ("game.actions", [["a", "b"]], UNREADABLE),
    ("game.actions", [], UNREADABLE),
    ("game.actions.0", ["a", "b", "c"], UNREADABLE),
    ("game.actions.0.0", 1, UNREADABLE),
    ("game.states", [], UNREADABLE),
    ("game.states", ["a", "b"], UNREADABLE),
    ("game.states.0", 1, UNREADABLE),
    ("game.states", "·", UNREADABLE),
    ("game.actions.0", "ab", UNREADABLE),
    ("game.start", ["1/2"], UNREADABLE),
    ("game.start", ["1", "0"], UNREADABLE),
    ("game.discount", "1", UNREADABLE),
    ("game.discount", "-1/10", UNREADABLE),
    ("game.transition.0.0", ["1/2"], UNREADABLE),
    ("game.transition.0.0", ["2"], UNREADABLE),
    ("game.transition.0", [["1"]] * 3, UNREADABLE),
    ("game.transition", [], UNREADABLE),
    ("game.reward.0.0", ["4"], UNREADABLE),
    ("game.reward.0", [["4", "4"]] * 5, UNREADABLE),
    ("game.reward.0.0", ["4", "5"], REJECTED),  # no longer the game of the field
    ("game.reward.0.0.0", "3", REJECTED),
    ("tremble", "1", UNREADABLE),
    ("tremble", "-1/2", UNREADABLE),
    ("tremble", "1/10", REJECTED),
    ("field.more", [], UNREADABLE),
    ("field.denominator", [], REJECTED),
    ("field.denominator", [["-1", []]], REJECTED),
    ("field.denominator", [["2", []]], REJECTED),
    ("field.denominator", [["1", []], ["-1", [0]]], REJECTED),  # positive inside, 0 at a corner
    ("field.denominator.0", ["0", []], UNREADABLE),
    ("field.denominator", [["1", []], ["1", []]], UNREADABLE),
    ("field.denominator", [["1", [0, 0]]], UNREADABLE),
    ("field.denominator", [["1", [1, 0]]], UNREADABLE),
    ("field.denominator", [["1", [2]]], UNREADABLE),
    ("field.denominator", [["1", [-1]]], UNREADABLE),
    ("field.denominator", [["1", [True]]], UNREADABLE),
    ("field.denominator", [["1"]], UNREADABLE),
    ("field.values", [[]], UNREADABLE),
    ("field.values.0", [], REJECTED),
    ("field.values.1.0", ["3", []], REJECTED),
    ("dynamics.coordinates", "softmax", UNREADABLE),
    ("dynamics.coordinates", "replicator", REJECTED),  # another conclusion
    ("dynamics.coordinates", 0, UNREADABLE),
    ("dynamics.time", "0", UNREADABLE),
    ("dynamics.time", "-1", UNREADABLE),
    ("dynamics.time", 1, UNREADABLE),
    ("dynamics.time", "1/2", REJECTED),  # another bound
    ("dynamics", {"coordinates": "replicator", "time": "1/2"}, UNREADABLE),
    ("region.kind", "ball", UNREADABLE),
    ("region.kind", ["sign-box"], UNREADABLE),
    ("region.more", 1, UNREADABLE),
    ("region", [], UNREADABLE),
]
BOX = [
    ("region.target", [1], UNREADABLE),
    ("region.target", [1, 2], UNREADABLE),
    ("region.target", [1, True], UNREADABLE),
    ("region.target", [1, "1"], UNREADABLE),
    ("region.target", [1, 0], UNREADABLE),  # not an end of its interval
    ("region.box", [["3/4", "1"]], UNREADABLE),
    ("region.box.0", ["1", "1"], UNREADABLE),
    ("region.box.0", ["1", "3/4"], UNREADABLE),
    ("region.box.0", ["3/4", "5/4"], UNREADABLE),
    ("region.box.0", ["-1/4", "1"], UNREADABLE),
    ("region.box.0", ["3/4"], UNREADABLE),
    ("region.box.0", ["3/4", "7/8"], UNREADABLE),
    ("region.box", [["1/2", "1"]] * 2, REJECTED),
    ("region.closed", 1, UNREADABLE),
    ("region.closed", False, REJECTED),
    ("proof.more", None, UNREADABLE),
    ("proof.gaps", [["1/4", SIGN]], UNREADABLE),
    ("proof.gaps.0", ["1/4"], UNREADABLE),
    ("proof.gaps.0.0", "0", REJECTED),
    ("proof.gaps.0.0", "-1/4", UNREADABLE),
    ("proof.gaps.0.0", "26/100", UNREADABLE),
    ("proof.gaps.0.0", "13/50", REJECTED),
    ("proof.gaps.1.0", "1/5", REJECTED),  # true, but the bound is another
    ("proof.visits", [["1", SIGN]] * 3, UNREADABLE),
    ("proof.visits.0.0", "-1", UNREADABLE),
    ("proof.visits.0.0", "2", REJECTED),
    ("proof.visits.0.0", "0", REJECTED),  # true, but the coordinate is not reached then
    ("proof.no_larger.radius", "1/4", REJECTED),
    ("proof.no_larger.radius", DROP, UNREADABLE),
    ("proof.no_larger.witness", ["3/4", "3/4"], REJECTED),
    ("proof.no_larger.witness", ["5/3", "2/3"], UNREADABLE),
    ("proof.no_larger.witness", ["2/3"], UNREADABLE),
    ("proof.no_larger", {"radius": "0", "witness": ["1", "1"]}, REJECTED),
    ("proof.no_larger", {"radius": "1/4", "witness": ["3/4", "3/4"]}, REJECTED),
    ("proof.no_larger", {"radius": "1/3", "witness": ["1", "2/3"]}, ACCEPTED),
    ("proof.no_larger", False, UNREADABLE),
    ("proof", {"witness": ["2/3", "2/3"]}, UNREADABLE),
    ("conclusion.invariant", 1, REJECTED),
    ("conclusion.invariant", False, REJECTED),
    ("conclusion.limit", "face", REJECTED),
    ("conclusion.unreached", [0], REJECTED),
    ("conclusion.convergence", "exponential", REJECTED),
    ("conclusion.bound", "1/2", REJECTED),
    ("conclusion.bound", "2/2", REJECTED),
    ("conclusion.bound", 1, REJECTED),
    ("conclusion.bound", None, REJECTED),
    ("conclusion.bound", DROP, UNREADABLE),
    ("conclusion.more", None, UNREADABLE),
]
TREES = [
    ([], UNREADABLE),
    (["sign", "sign"], UNREADABLE),
    ([0], UNREADABLE),
    ([0, "sign"], UNREADABLE),
    ([0, "sign", "sign", "sign"], UNREADABLE),
    ([0, "sign", 1, "sign"], UNREADABLE),
    (["sign", 0, "sign"], UNREADABLE),
    ([0, "sign", "sign"], ACCEPTED),
    ([2, "sign", "sign"], UNREADABLE),
    ([-1, "sign", "sign"], UNREADABLE),
    ([True, "sign", "sign"], UNREADABLE),
    (["0", "sign", "sign"], UNREADABLE),
    ([["empty", 0]], UNREADABLE),
    ([["target", "1"]], UNREADABLE),
    ([["touch", ["1", "1"], "1", ["0", "0"]]], UNREADABLE),
    ([["sign"]], UNREADABLE),
    ([[]], UNREADABLE),
    (["true"], UNREADABLE),
    ([{}], UNREADABLE),
    ("sign", UNREADABLE),
]
NUMBERS = ["4/1", "8/2", "+4", " 4", "4 ", "04", "4.0", "4e0", "-0", "0/1", "4/-1", "4/0", "٤", "", "1" * 201, "4\n"]
NUMBERS = [*NUMBERS, 4, None, True, ["4"], {}]


@pytest.mark.parametrize(("path", "new", "expected"), ANYWHERE + BOX)
def test_a_box_with_something_changed(path, new, expected):
    assert outcome(changed(closed_box(), path, new)) == expected


@pytest.mark.parametrize(("tree", "expected"), TREES)
def test_trees(tree, expected):
    for path in ("proof.gaps.1.1", "proof.visits.0.1"):
        assert outcome(changed(closed_box(), path, tree)) == expected


@pytest.mark.parametrize("new", NUMBERS)
def test_a_number_has_one_spelling(new):
    assert outcome(changed(closed_box(), "game.reward.0.0.0", new)) == UNREADABLE


def test_the_field_may_be_any_quotient_that_is_the_same():
    entry = closed_box()
    double = {
        "denominator": [["2", []]],
        "values": [[[str(2 * Q(a)), b] for a, b in v] for v in entry["field"]["values"]],
    }
    assert outcome(entry | {"field": double}) == ACCEPTED
    field = entry["field"]
    minus = [[[str(-Q(a)), b] for a, b in v] for v in field["values"]]
    report = c.check(json.dumps(entry | {"field": {"denominator": [["-1", []]], "values": minus}}))
    assert report.outcome == REJECTED and "positive" in report.reason
    game = bimatrix([(4, 1), (0, 1), (4, 1), (0, 1)])  # V is 4 x of the other player, and 1
    vanishing = {"denominator": [["1", [0]]], "values": [[["4", [0, 1]]], [["1", [0]]]]}
    report = c.check(json.dumps(box_certificate(["3/4", "1"], "1/4", game=game) | {"field": vanishing}))
    assert report.outcome == REJECTED and "positive" in report.reason
    game = bimatrix([(4, 4), (0, 4), (4, 0), (0, 0)])  # V = 4 x of the other player
    entry = box_certificate(["3/4", "1"], "1/4", game=game, larger=False)
    field = {"denominator": [["1", []], ["1", [0]]], "values": [[["4", [1]], ["4", [0, 1]]]] * 2}
    report = c.check(json.dumps(entry | {"field": field}))
    assert "field" in report.reason  # right for player 0, wrong for player 1
    field["values"][1] = [["4", [0]]]
    assert "field" in c.check(json.dumps(entry | {"field": field})).reason
    single = {"denominator": [["1", []], ["1", [1]]], "values": [[["4", [1]]], [["4", [0]], ["4", [0, 1]]]]}
    assert "field" in c.check(json.dumps(entry | {"field": single})).reason


@pytest.mark.parametrize(
    ("path", "new", "expected"),
    [
        ("region.box", [["3/5", "1"]] * 2, REJECTED),
        ("region.box", [["3/4", "1"]] * 2, ACCEPTED),
        ("proof.gaps.0.0", "1/100", REJECTED),
        ("proof.gaps.0.1", [0, "sign", "sign"], REJECTED),
        ("conclusion.bound", "1", REJECTED),
        ("region.closed", True, REJECTED),
    ],
)
def test_an_open_box_with_something_changed(path, new, expected):
    assert outcome(changed(open_box(), path, new)) == expected


def test_an_open_box_needs_strict_gaps_at_the_target():
    game = bimatrix([(0, 0), (1, 0), (0, 1), (0, 0)])  # gap 1 − x of the other: 0 at the target, 0 or more elsewhere
    report = c.check(json.dumps(box_certificate(["2/3", "1"], "0", False, bound=None, game=game, larger=False)))
    assert report.outcome == REJECTED and "strict at the target" in report.reason


def test_a_far_end_that_rests_is_not_in_a_box():
    for name, word, bound in (("replicator", "exponential", "1"), ("logit", "algebraic", "0")):
        options = {"game": DILEMMA, "larger": False, "coordinates": name, "convergence": word, "bound": bound}
        report = c.check(json.dumps(box_certificate(["0", "1"], "1", **options)))
        assert report.outcome == REJECTED and "too wide" in report.reason


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("proof.visits.1.0", "1/1000"),  # nobody need come to CC
        ("conclusion.limit", "target"),
        ("conclusion.unreached", []),
        ("conclusion.unreached", [1, 2, 3, 4, 6, 7, 8]),
        ("conclusion.bound", "1/10"),
    ],
)
def test_a_face_with_something_changed(path, new):
    assert outcome(changed(defection_box(), path, new)) == REJECTED


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (refuted_box(witness=("1/2", "1/2")), REJECTED),  # not in the box
        (refuted_box(witness=("3/4", "3/4")), REJECTED),  # the gaps are right
        (refuted_box(witness=("1", "2/3")), ACCEPTED),
        (refuted_box(witness=("1", "1", "1")), UNREADABLE),
        (refuted_box(witness=("2", "2/3")), UNREADABLE),
        (refuted_box(closed=False, box=("2/3", "1")), REJECTED),  # on a side that the region is without
        (refuted_box(closed=True, box=("2/3", "1")), ACCEPTED),
        (changed(refuted_box(), "conclusion.bound", None), UNREADABLE),
        (changed(refuted_box(), "proof.reason", ""), UNREADABLE),
        (changed(refuted_box(), "field.denominator", [["2", []]]), REJECTED),
        (closed_box() | {"verdict": "REFUTED"}, UNREADABLE),
        (closed_box() | {"verdict": "UNDECIDED"}, UNREADABLE),
        (closed_box() | {"verdict": "UNDECIDED", "proof": {"reason": "time"}, "conclusion": {}}, REJECTED),
        (closed_box() | {"verdict": "UNDECIDED", "proof": {"reason": 1}, "conclusion": {}}, UNREADABLE),
    ],
)
def test_other_verdicts(entry, expected):
    assert outcome(entry) == expected


EDGE = [["0", "1/6"]] * 5


@pytest.mark.parametrize(
    ("path", "new", "expected"),
    [
        ("region.held", [], UNREADABLE),
        ("region.held", [4, 0], UNREADABLE),
        ("region.held", [0, 0], UNREADABLE),
        ("region.held", [0, 8], UNREADABLE),
        ("region.held", [0], UNREADABLE),
        ("region.target", [1, 1, 1], UNREADABLE),
        ("region.target", [1, 0], REJECTED),
        ("region.radius", ["0"] * 2, UNREADABLE),
        ("region.radius", ["2"] * 2, UNREADABLE),
        ("region.radius", ["1/1000"] * 3, UNREADABLE),
        ("region.radius", ["1/100"] * 2, REJECTED),
        ("region.inner", [["0", "1/4"], *EDGE], UNREADABLE),  # not in outer
        ("region.inner", [["1/6", "0"], *EDGE], UNREADABLE),
        ("region.inner", EDGE, UNREADABLE),
        ("region.inner", [["0", "1/5"], *EDGE], REJECTED),  # no room to drift
        ("region.inner", [["1/10", "1/10"], *EDGE], ACCEPTED),
        ("region.outer", [["1/100", "1/5"], *[["0", "1/5"]] * 5], UNREADABLE),
        ("proof.gaps.0.0", "0", REJECTED),
        ("proof.gaps.0.0", "100", REJECTED),
        ("proof.visits.0.0", "0", REJECTED),
        ("proof.visits.0.0", "20", REJECTED),
        ("proof.visits.0", ["1/2", SIGN, SIGN], UNREADABLE),
        ("proof.leaks.0.0", ["1", "1"], REJECTED),
        ("proof.leaks.0.0.0", "-1", UNREADABLE),
        ("proof.leaks", [[["100", "100"], SIGN]] * 5, UNREADABLE),
        ("proof.leaks.0.0", ["100"], UNREADABLE),
        ("proof.speeds.0.0.0", "1/10", REJECTED),
        ("proof.speeds.0.1.0", "1/10", REJECTED),
        ("proof.speeds.0", [["60", SIGN]], UNREADABLE),
        ("proof.no_larger", None, UNREADABLE),
        ("conclusion.invariant", 1, REJECTED),
        ("conclusion.limit", "target", REJECTED),
        ("conclusion.convergence", "exponential", REJECTED),
        ("conclusion.bound", "1/501", REJECTED),
        ("conclusion.drift", [["3/250", "3/250"]] * 7, REJECTED),
        ("conclusion.drift.5", ["1/125", "1/125"], REJECTED),
        ("dynamics.coordinates", "logit", UNREADABLE),
        ("dynamics.time", "1/1000", REJECTED),
        ("tremble", "1/10", UNREADABLE),
        ("verdict", "REFUTED", UNREADABLE),
    ],
)
def test_a_drift_box_with_something_changed(path, new, expected):
    assert outcome(changed(drift_certificate(), path, new)) == expected


def test_a_drift_box_needs_room_below_too():
    entry = drift_certificate()
    for lower, expected in (("1/100", REJECTED), ("1/20", ACCEPTED)):
        entry["region"]["outer"][0], entry["region"]["inner"][0] = ["1/1000", "1/5"], [lower, "1/10"]
        assert outcome(entry) == expected


def test_a_drift_box_needs_equilibria():
    """No single deviation pays here, but one that goes on does: only the test of all replies can tell."""
    centres = [Q(1, 5), Q(1, 2), Q(9, 10), Q(1, 2), Q(1, 5), Q(9, 10)]
    inner, outer = ([[str(x - w), str(x + w)] for x in centres] for w in (Q(0), Q(1, 1000)))
    report = c.check(json.dumps(drift_certificate("1/100000000", inner, outer, gap="1/2")))
    assert report.outcome == REJECTED and "pure reply" in report.reason


@pytest.mark.parametrize(
    ("make", "path", "new", "expected"),
    [
        (closed_level, "region.target", [1, 0], REJECTED),
        (closed_level, "region.target", [1], UNREADABLE),
        (closed_level, "region.level", "0", UNREADABLE),
        (closed_level, "region.level", "-1", UNREADABLE),
        (closed_level, "region.level", "1/4", REJECTED),
        (closed_level, "region.level", "1/9", REJECTED),  # true, but the bound is another
        (closed_level, "region.closed", 0, UNREADABLE),
        (closed_level, "region.closed", False, ACCEPTED),
        (closed_level, "region.order", 2, REJECTED),  # the conclusion is another
        (closed_level, "region.order", 3, UNREADABLE),
        (closed_level, "region.order", 0, UNREADABLE),
        (closed_level, "region.order", "1", UNREADABLE),
        (closed_level, "region.margin", "1", REJECTED),
        (closed_level, "region.margin", "-1", UNREADABLE),
        (closed_level, "region.margin", "0", UNREADABLE),
        (closed_level, "proof.trees", [], UNREADABLE),
        (closed_level, "proof.trees", [ORDER_1, ORDER_1], UNREADABLE),
        (closed_level, "proof.trees.0", SIGN, REJECTED),
        (closed_level, "proof.trees.0", [E], REJECTED),
        (closed_level, "proof.trees.0.1", empty(1), UNREADABLE),
        (closed_level, "proof.trees.0.1", empty(-1), UNREADABLE),
        (closed_level, "proof.trees.0.1", ["empty"], UNREADABLE),
        (closed_level, "proof.trees.0.1", "sign", REJECTED),
        (closed_level, "proof.trees.0.26", ["target", "1/10"], UNREADABLE),
        (closed_level, "proof.trees.0.26", TOUCH, UNREADABLE),
        (closed_level, "proof.trees.0.26", E, REJECTED),
        (closed_level, "proof.no_larger", {"witness": ["3/4", "3/4"]}, REJECTED),
        (closed_level, "proof.no_larger", {"witness": ["1", "1"]}, REJECTED),
        (closed_level, "proof.no_larger", {"witness": ["2/3", "2/3"]}, REJECTED),  # the conclusion is another
        (closed_level, "conclusion.invariant", 1, REJECTED),
        (closed_level, "conclusion.limit", "face", REJECTED),
        (closed_level, "conclusion.convergence", "exponential", REJECTED),
        (closed_level, "conclusion.bound", "12", REJECTED),
        (closed_level, "conclusion.no_level_above", "2/9", REJECTED),
        (closed_level, "dynamics.coordinates", "logit", UNREADABLE),
        (closed_level, "dynamics.coordinates", "replicator", UNREADABLE),
        (closed_level, "dynamics.time", "1/4", UNREADABLE),  # of order 1
        (sharp_level, "region.level", "1/4", REJECTED),
        (sharp_level, "region.level", "1/5", REJECTED),  # z is no longer at the level
        (sharp_level, "region.closed", True, UNREADABLE),
        (sharp_level, "region.margin", "1/100", UNREADABLE),  # no touch and target leaves then
        (sharp_level, "proof.trees.0.6", "sign", REJECTED),
        (sharp_level, "proof.trees.0.6", E, REJECTED),
        (sharp_level, "proof.trees.0.6.1", ["2/3", "3/4"], REJECTED),
        (sharp_level, "proof.trees.0.6.1", ["2/3"], UNREADABLE),
        (sharp_level, "proof.trees.0.6.2", "1", REJECTED),  # no critical point
        (sharp_level, "proof.trees.0.6.2", "-3/2", REJECTED),
        (sharp_level, "proof.trees.0.6.3", ["0", "0"], REJECTED),  # not convex
        (sharp_level, "proof.trees.0.6.3", ["-10", "-10"], REJECTED),  # A < 0 at a corner
        (sharp_level, "proof.trees.0.6.3", ["-9", "-9"], REJECTED),  # A = 0 at a corner
        (sharp_level, "proof.trees.0.6.3", ["-9/4"], UNREADABLE),
        (sharp_level, "proof.trees.0.6", TOUCH[:3], UNREADABLE),
        (sharp_level, "proof.trees.0.26", "sign", REJECTED),  # the target itself
        (sharp_level, "proof.trees.0.26", ["target", "2"], REJECTED),
        (sharp_level, "proof.trees.0.26", ["target", "0"], UNREADABLE),
        (sharp_level, "proof.trees.0.26", ["target"], UNREADABLE),
        (sharp_level, "proof.trees.0.26", TOUCH, REJECTED),  # z is not in this box
        (sharp_level, "proof.trees.0.11", ["target", "1/10"], REJECTED),
        (sharp_level, "conclusion.bound", "0", REJECTED),
        (sharp_level, "conclusion.no_level_above", None, REJECTED),
        (sharp_level, "proof.no_larger", None, REJECTED),
        (order_2_level, "conclusion.bound", "1/10", REJECTED),
        (replicator_level, "region.order", 1, UNREADABLE),
        (replicator_level, "region.level", "1", REJECTED),
        (logit_level, "region.order", 2, UNREADABLE),
        (logit_level, "conclusion.bound", "1/100", REJECTED),
        (logit_level, "dynamics.time", "1/4", UNREADABLE),
        (stepped_level, "dynamics.time", "1/2", REJECTED),
        (stepped_level, "region.closed", False, UNREADABLE),
        (stepped_level, "region.order", 1, UNREADABLE),
        (stepped_level, "region.margin", "0", UNREADABLE),
        (stepped_level, "region.margin", "1", REJECTED),
        (stepped_level, "game.discount", "1/2", UNREADABLE),
        (stepped_level, "proof.trees", [SIGN], UNREADABLE),
        (stepped_level, "proof.trees.0", SIGN, REJECTED),
        (stepped_level, "proof.trees.1", SIGN, REJECTED),
        (stepped_level, "proof.trees.0.1", empty(3), UNREADABLE),
        (stepped_level, "proof.trees.0.1", empty(1), REJECTED),
        (stepped_level, "proof.no_larger.witness", ["3/5", "4/5"], REJECTED),  # W falls there
        (stepped_level, "conclusion.bound", "1/5", REJECTED),
        (stepped_level, "conclusion.convergence", "finite", REJECTED),
    ],
)
def test_a_level_with_something_changed(make, path, new, expected):
    assert outcome(changed(make(), path, new)) == expected


@pytest.mark.parametrize(("witness", "above"), [(["3/4", "3/4"], "1/8"), (["1", "1"], "0"), (["1", "3/4"], "1/16")])
def test_a_witness_against_larger_levels_has_to_be_one(witness, above):
    entry = changed(closed_level(), "proof.no_larger", {"witness": witness})
    report = c.check(json.dumps(changed(entry, "conclusion.no_level_above", above)))
    assert report.outcome == REJECTED and "witness against larger regions" in report.reason


def test_a_touch_needs_a_convex_difference():
    """Here the difference is 0 everywhere: true, but not proved by a touch."""
    x = c.variable(1, 0) - c.constant(1, Q(1, 2))
    obligation = c.Obligation("test", x, True, [(x, True)])
    with pytest.raises(c.Rejected):
        c.prove(obligation, [c.Leaf("touch", 0, Q(1), [Q(1, 2)], [Q(0)])], [(Q(0), Q(1))])
    obligation = c.Obligation("test", x + x * x, True, [(x, True)])
    c.prove(obligation, [c.Leaf("touch", 0, Q(1), [Q(1, 2)], [Q(0)])], [(Q(0), Q(1))])


def test_swapped_cases_of_steps_are_rejected():
    entry = stepped_level()
    trees = entry["proof"]["trees"]
    entry["proof"]["trees"] = [trees[0], trees[2], trees[1], trees[3]]
    assert outcome(entry) == REJECTED


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (refuted_level(("3/4", "3/4")), REJECTED),  # W falls
        (refuted_level(("1", "1")), REJECTED),  # the target
        (refuted_level(("1/2", "1/2")), REJECTED),  # not in the region
        (refuted_level(closed=False), REJECTED),
        (refuted_level(closed=False, level="1/4"), ACCEPTED),
        (refuted_level(("2/3", "2/3"), level="1/5"), REJECTED),
        (refuted_level(("3/4", "3/4"), step="1/4"), REJECTED),
        (changed(refuted_level(), "conclusion", {"bound": None}), UNREADABLE),
    ],
)
def test_a_refuted_level_with_something_changed(entry, expected):
    assert outcome(entry) == expected


def test_a_coordinate_that_is_held_back_does_not_count_against_a_level():
    """Player 0 is pushed outward where it is at its far end already; W does fall there."""
    game = bimatrix([(4, "1/2"), (0, 0), (3, "1/2"), (2, 0)])
    region = {"kind": "sublevel", "target": [1, 1], "level": "3/2", "closed": True, "order": 1, "margin": "1/10"}
    for witness, expected in ((["0", "1/2"], REJECTED), (["1/100", "1/2"], ACCEPTED)):
        entry = certificate(game, region, {"witness": witness}, {}, verdict="REFUTED")
        assert outcome(entry) == expected


@pytest.mark.parametrize("strict", [False, True])
def test_empty_means_that_the_constraint_fails_everywhere(strict):
    """x − 1/2 on [0, 1/2] is 0 at an end: no room for > 0, but some for ≥ 0."""
    x, half = c.variable(1, 0), c.constant(1, Q(1, 2))
    obligation = c.Obligation("test", c.constant(1, Q(-1)), False, [(x - half, strict)])
    if strict:
        c.prove(obligation, [c.Leaf("empty")], [(Q(0), Q(1, 2))])
    else:
        with pytest.raises(c.Rejected):
            c.prove(obligation, [c.Leaf("empty")], [(Q(0), Q(1, 2))])
    with pytest.raises(c.Rejected):
        c.prove(obligation, [c.Leaf("empty")], [(Q(0), Q(51, 100))])


@pytest.mark.parametrize(
    ("path", "new", "expected"),
    [
        ("region.sign", -1, REJECTED),
        ("region.sign", True, UNREADABLE),
        ("region.sign", 0, UNREADABLE),
        ("region.sign", "1", UNREADABLE),
        ("region.variables", [[0, 4], [1, 6], [2, 5], [3]], UNREADABLE),
        ("region.variables", [[0, 4], [1, 6], [2, 5], [3, 7, 7]], UNREADABLE),
        ("region.variables", [[0, 4], [1, 6], [2, 5, 3, 7], []], UNREADABLE),
        ("region.variables", [[0, 4], [1, 6], [2, 5], [3, 8]], UNREADABLE),
        ("region.box", [["1/40", "3/40"]] * 3, UNREADABLE),
        ("region.box.0", ["39/40", "37/40"], UNREADABLE),
        ("region.box.0", ["39/40", "41/40"], UNREADABLE),
        ("region.box", [["0", "1"]] * 4, REJECTED),
        ("region.direction", {"vector": ["-1", "0", "0", "0"]}, REJECTED),
        ("region.direction", {"vector": ["0", "0", "0", "0"]}, REJECTED),
        ("region.direction", {"vector": ["1", "0", "0"]}, UNREADABLE),
        ("region.direction", {"to": ["1", "0", "2", "0"]}, UNREADABLE),
        ("region.direction", TFT | COOPERATE, UNREADABLE),
        ("region.direction", {}, UNREADABLE),
        ("region.direction", {"from": ["1", "0", "1", "0"]}, UNREADABLE),
        ("dynamics.time", "1/4", UNREADABLE),
        ("dynamics.coordinates", "replicator", UNREADABLE),
        ("proof.tree", [4, "sign", "sign"], UNREADABLE),
        ("proof.tree", [], UNREADABLE),
        ("proof.tree", [E], UNREADABLE),
        ("proof.more", SIGN, UNREADABLE),
        ("conclusion.sign", -1, REJECTED),
        ("conclusion.sign", True, REJECTED),
    ],
)
def test_an_alignment_with_something_changed(path, new, expected):
    assert outcome(changed(aligned(COOPERATE), path, new)) == expected


@pytest.mark.parametrize(
    ("path", "new", "expected"),
    [
        ("region.sign", 1, REJECTED),
        ("proof.witness.0", "15/16", REJECTED),  # not the same as coordinate 4
        ("region.box.0", ["37/40", "15/16"], REJECTED),
        ("proof.witness", ["19/20"] * 4, UNREADABLE),
        ("region.direction", {"vector": ["0"] * 4}, ACCEPTED),  # the product is 0
    ],
)
def test_a_refuted_alignment_with_something_changed(path, new, expected):
    assert outcome(changed(refuted_alignment(), path, new)) == expected


# ------------------------------------------------------------------------------ the arithmetic, against plain fractions


@pytest.mark.parametrize(("players", "states", "tremble"), [(2, 2, "0"), (2, 2, "1/7"), (3, 1, "1/3"), (1, 3, "0")])
def test_slopes_are_the_derivatives_of_the_values(players, states, tremble):
    """V is a quotient of affine functions of each coordinate: its values at 0 and 1 and D there give the derivative."""
    game = random_game(players, states, seed=players)
    model = c.derive(c.read_game(game, tremble))
    draw = random.Random(5)
    x = [Q(draw.randrange(1, 10), 10) for _ in range(players * states)]
    det, values = solved(game, Q(tremble), x)
    assert c.value(model.det, x) == det
    assert [c.value(poly, x) / det for poly in model.values] == values
    for j in range(len(x)):
        (low, below), (high, above) = (solved(game, Q(tremble), [*x[:j], Q(end), *x[j + 1 :]]) for end in (0, 1))
        i = j // states
        assert model.slope_at(j, x) == (above[i] - below[i]) * low * high / det**2
        assert c.value(model.slope(j), x) == model.slope_at(j, x) * det**2


@pytest.mark.parametrize(("power", "tremble"), [(0, "0"), (2, "1/5")])
def test_the_correction_is_what_format_says(power, tremble):
    """Second derivatives by differences of exact first ones, which are even in the step: the error is of its square."""
    game, states, n, tiny = random_game(2, 2, seed=9), 2, 4, Q(1, 10**6)
    groups, w = [[0, 3], [1], [2]], [Q(2), Q(-1), Q(1, 3)]
    y = [Q(1, 3), Q(2, 5), Q(3, 4)]
    x = [y[next(g for g, group in enumerate(groups) if j in group)] for j in range(n)]

    def slope(i, l, at):
        (low, below), (high, above) = (solved(game, Q(tremble), [*at[:l], Q(end), *at[l + 1 :]]) for end in (0, 1))
        return (above[i] - below[i]) * low * high / solved(game, Q(tremble), at)[0] ** 2

    def speed(j):
        return (x[j] * (1 - x[j])) ** power

    total = Q(0)
    for g, group in enumerate(groups):
        for k in group:
            for l in range(n):
                i, j = k // states, l // states
                if i != j:
                    up, down = ([*x[:k], x[k] + move, *x[k + 1 :]] for move in (tiny, -tiny))
                    mixed = (slope(j, l, up) - slope(j, l, down)) / (2 * tiny)
                    total += w[g] * speed(k) * mixed * speed(l) * slope(i, l, x)
    model = c.derive(c.read_game(game, tremble))
    found = c.value(c.correction(model, groups, [c.constant(3, a) for a in w], power), y)
    expected = total * c.value(model.det, x) ** 5
    assert expected != 0 and abs(found / expected - 1) < Q(1, 10**9)


def random_poly(draw, degrees):
    terms = {powers: draw.randrange(-9, 10) for powers in product(*(range(d + 1) for d in degrees))}
    return c.Poly(len(degrees), {k: v for k, v in terms.items() if v}, draw.randrange(1, 5))


def test_products_and_values():
    draw = random.Random(1)
    for degrees, others in (((2, 0, 3), (1, 1, 0)), ((0, 0, 0), (4, 0, 1)), ((1, 1, 1), (1, 1, 1))):
        p, q = random_poly(draw, degrees), random_poly(draw, others)
        at = [Q(draw.randrange(-5, 6), 7) for _ in range(3)]
        plain = {}
        for (k, a), (l, b) in product(p.terms.items(), q.terms.items()):
            place = tuple(x + y for x, y in zip(k, l, strict=True))
            plain[place] = plain.get(place, 0) + a * b
        assert (p * q).terms == {k: v for k, v in plain.items() if v}
        direct = [
            sum((Q(v, r.denominator) * at[0] ** k[0] * at[1] ** k[1] * at[2] ** k[2] for k, v in r.terms.items()), Q(0))
            for r in (p, q)
        ]
        assert [c.value(p, at), c.value(q, at)] == direct
        assert c.value(p * q, at) == direct[0] * direct[1]
        assert c.value(p - q * 3, at) == direct[0] - 3 * direct[1]
    zero = c.constant(3, Q(0))
    assert (p * zero).terms == {} and (p - p).terms == {} and (p - p).degrees == (0, 0, 0)


def test_bernstein_coefficients_give_the_polynomial_back():
    """On [low, high] in one variable at a time: Σ b_k C(d, k) t^k (1 − t)^(d − k), up to one positive factor."""
    draw = random.Random(2)
    degrees, box = (3, 0, 2), [(Q(1, 3), Q(3, 4)), (Q(0), Q(1)), (Q(2, 7), Q(2, 7))]
    p = random_poly(draw, degrees)
    values = c.bernstein(p, box)
    ratios = set()
    for _ in range(5):
        t = [Q(draw.randrange(0, 9), 8) for _ in degrees]
        at = [low + (high - low) * s for (low, high), s in zip(box, t, strict=True)]
        total = Q(0)
        for b, k in zip(values, product(*(range(d + 1) for d in degrees)), strict=True):
            weight = Q(1)
            for s, d, index in zip(t, degrees, k, strict=True):
                weight *= [Q(1), Q(d), Q(d * (d - 1), 2), Q(1)][min(index, d - index) if d == 3 else index] if d else 1
                weight = weight if d != 2 or index != 2 else weight / Q(d * (d - 1), 2)
                weight *= s**index * (1 - s) ** (d - index)
            total += b * weight
        ratios.add(total / c.value(p, at))
    assert len(ratios) == 1 and ratios.pop() > 0
    for axis in range(3):
        for side, half in enumerate(c.halves(values, degrees, axis)):
            low, high = box[axis]
            middle = (low + high) / 2
            part = [*box[:axis], (middle, high) if side else (low, middle), *box[axis + 1 :]]
            direct = c.bernstein(p, part)
            assert all(a * direct[0] == b * half[0] for a, b in zip(half, direct, strict=True))
            assert half[0] * direct[0] > 0


# ---------------------------------------------------------------------------------------------------- hostile input

SMALL = json.dumps(closed_box())


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "1e400",
        "NaN",
        "-Infinity",
        '{"a": 1.5}',
        "9" * 5000,
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "\ufeff" + SMALL,
        "\x00",
        "\ud800",
        '"\\ud800"',
        SMALL + SMALL,
        SMALL + "x",
        SMALL + " " * 4_000_000,
        "[" + "0," * 1_500_000 + "0]",
        SMALL.replace('"version": 1', '"version": 1, "version": 1'),
        SMALL.replace('"version": 1', '"version": 1.0'),
        SMALL.replace('"version": 1', '"version": 1e0'),
        SMALL.replace('"version": 1', '"version": NaN'),
        SMALL.replace('"version": 1', '"version": ' + "1" * 5000),
        SMALL.replace('"4"', f'"{"1" * 5000}"'),
        SMALL.replace('"proof": ', '"proof": [], "proof": '),
    ],
)
def test_hostile_text_is_unreadable(text):
    report = c.check(text)
    assert report.outcome == UNREADABLE and "unforeseen" not in report.reason


def test_a_text_of_another_alphabet_is_only_a_text():
    report = c.check(SMALL.replace("For people.", "\\ud800\\u0000 né"))
    assert report.outcome == ACCEPTED


def test_a_deep_conclusion_is_only_wrong():
    for depth in (10, 900, 980, 990, 995):
        report = c.check(SMALL.replace('"unreached": []', '"unreached": ' + "[" * depth + "]" * depth))
        assert report.outcome in (REJECTED, UNREADABLE) and "unforeseen" not in report.reason


def test_no_truncated_file_is_read():
    for make in (closed_box, sharp_level, stepped_level):
        text = json.dumps(make())
        assert all(c.check(text[:end]).outcome == UNREADABLE for end in range(0, len(text), 50))


def paths(entry, way=()):
    yield way
    for key, part in entry.items() if isinstance(entry, dict) else enumerate(entry) if isinstance(entry, list) else ():
        yield from paths(part, (*way, str(key)))


PALETTE = [None, True, 0, -1, 7, 10**8, "0", "1", "-1", "1/0", "x", "sign", [], [[]], {}, ["empty", 0], ["target", "1"]]
NAMES = ("statement", "game.name", "game.actions.", "game.states.")
TRUE_ANYWAY = {
    ("dynamics.time", "1"),  # as many steps as units of time
    ("proof.no_larger", None),
    ("proof.no_larger.witness.0", "1"),  # the other coordinate is at the radius and has the wrong sign
    ("proof.no_larger.witness.1", "1"),
    ("proof.witness.0", "1"),
    ("proof.witness.1", "1"),
    ("region.box.0.0", "0"),  # what is refuted on a box is refuted on a larger one
    ("region.box.1.0", "0"),
    ("region.direction.vector.3", "-1"),
}


@pytest.mark.parametrize("make", [closed_box, sharp_level, refuted_box, lambda: aligned(COOPERATE)])
def test_nothing_anywhere_makes_it_raise_or_accept(make):
    entry = make()
    ways = [".".join(way) for way in paths(entry) if way and way[0] != "field"]
    draw = random.Random(3)
    picked = [(way, new) for way in ways for new in PALETTE]
    if make not in (closed_box, refuted_box):
        picked = draw.sample(picked, 100)
    for way, new in picked:
        mutated = changed(entry, way, new)
        if json.dumps(mutated) == json.dumps(entry):
            continue
        found = outcome(mutated)
        if found == ACCEPTED:
            assert way.startswith(NAMES) or (way, new) in TRUE_ANYWAY, (way, new)


def heavy_tree(depth):
    return [*[0] * depth, *SIGN * (depth + 1)]


def long_numbers(states):
    draw = random.Random(4)
    game = random_game(2, states, 1)

    def number():
        return str(Q(draw.randrange(10**80), draw.randrange(10**80, 10**81)))

    game["reward"] = [[[number(), number()] for _ in row] for row in game["reward"]]
    return game


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(changed(closed_box(), "proof.visits.0.1", heavy_tree(49_990)), marks=pytest.mark.thorough),
        changed(closed_box(), "proof.visits.0.1", heavy_tree(20_000)),
        changed(closed_box(), "proof.visits.0.1", SIGN * 100_001),
        changed(closed_box(), "proof.visits.0.1", [0] * 100_001),
        closed_box() | {"game": long_numbers(4), "field": {"denominator": [], "values": [[], []]}},
        closed_box() | {"game": random_game(2, 7, 1)},
        closed_box() | {"game": random_game(7, 1, 1)},
        closed_box() | {"game": random_game(1, 17, 1)},
        aligned(COOPERATE)
        | {
            "game": random_game(2, 5, 1),
            "field": {"denominator": [["1", []]], "values": [[], []]},
            "region": {
                "kind": "alignment",
                "variables": [[j] for j in range(10)],
                "box": [["0", "1"]] * 10,
                "direction": {"vector": ["1"] * 10},
                "sign": 1,
            },
        },
    ],
)
def test_too_much_work_is_refused_soon(entry):
    start = time.process_time()
    report = c.check(json.dumps(entry))
    assert report.outcome in (UNREADABLE, REJECTED) and "unforeseen" not in report.reason
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (changed(closed_box(), "proof.visits.0.1", heavy_tree(50_000)), "nodes"),
        pytest.param(
            changed(drift_certificate(), "proof.speeds.0.1.1", heavy_tree(50_000)), "nodes", marks=pytest.mark.thorough
        ),
        (changed(closed_level(), "proof.trees.0", heavy_tree(50_000)), "nodes"),
        (changed(aligned(COOPERATE), "proof.tree", heavy_tree(50_000)), "nodes"),
        (closed_box() | {"game": random_game(7, 1, 1)}, "players"),
        (closed_box() | {"game": random_game(1, 17, 1)}, "states"),
        (closed_box() | {"game": random_game(1, 13, 1)}, "coordinates"),
        (changed(closed_box(), "tremble", "1" * 201), "too long"),
        (changed(closed_box(), "version", 10**9), "too long"),
    ],
)
def test_limits(entry, reason):
    report = c.check(json.dumps(entry))
    assert report.outcome == UNREADABLE and reason in report.reason


@pytest.mark.parametrize("digits", [121, 250, 5000])
def test_no_number_of_a_conclusion_is_longer_than_others(digits):
    with pytest.raises(c.Unreadable, match="conclusion is too long"):
        c.written(Q(10**digits, 3**digits * 10**20 + 1))
    assert c.written(Q(10**90, 10**90 + 1)) == f"1{'0' * 90}/1{'0' * 89}1"


def test_a_long_common_denominator_is_refused():
    primes = [10**60 + k for k in range(1, 700, 2)]
    with pytest.raises(c.Unreadable, match="denominator"):
        c.common_denominator(Q(1, p) for p in primes)


def test_work_is_bounded(monkeypatch):
    monkeypatch.setattr(c, "MAX_WORK", 1000)
    assert c.check(SMALL) == c.Report(UNREADABLE, "it needs more than the allowed work")
    monkeypatch.setattr(c, "MAX_WORK", 10**8)
    monkeypatch.setattr(c, "MAX_MEMORY", 1000)
    assert c.check(SMALL) == c.Report(UNREADABLE, "it needs more than the allowed memory")


def test_what_nobody_foresaw_is_not_accepted(monkeypatch):
    monkeypatch.setattr(c, "derive", lambda game: 1 // 0)
    assert c.check(SMALL) == c.Report(UNREADABLE, "unforeseen: ZeroDivisionError")


# ----------------------------------------------------------------------------------------------------- files, command


@pytest.fixture
def files(tmp_path):
    """Paths by name, good and bad."""
    texts = {
        "good": SMALL.encode(),
        "false": json.dumps(changed(closed_box(), "proof.gaps.0.0", "1")).encode(),
        "broken": SMALL[:-1].encode(),
        "latin": SMALL.replace("For people.", "é").encode("latin-1") + "é".encode("latin-1"),
        "binary": bytes(range(256)),
        "long": SMALL.encode() + b" " * 4_000_000,
    }
    for name, content in texts.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good", ACCEPTED),
        ("false", REJECTED),
        *[(name, UNREADABLE) for name in ("broken", "latin", "binary", "long", "pipe", ".", "missing", "a\x00b")],
    ],
)
def test_files(files, name, expected):
    report = c.check_file(f"{files}/{name}")
    assert report.outcome == expected and "unforeseen" not in report.reason


def test_a_device_is_not_read():
    assert c.check_file("/dev/zero").outcome == UNREADABLE
    assert c.check_file("/dev/null").outcome == UNREADABLE


def test_open_files_are_not_left_behind(files):
    before = len(os.listdir("/proc/self/fd"))
    for name in ("good", "long", "pipe", ".", "missing", "latin"):
        c.check_file(f"{files}/{name}")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("names", "status"),
    [(["good"], 0), (["good", "false"], 1), (["good", "false", "broken"], 2), (["missing\n\udcff"], 2), ([], 2)],
)
def test_the_command_in_a_bare_interpreter(files, names, status):
    command = [sys.executable, "-S", "-I", "-O", str(Path(c.__file__)), *[f"{files}/{name}" for name in names]]
    done = subprocess.run(command, capture_output=True, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    lines = done.stdout.decode("ascii").splitlines()
    assert done.returncode == status and len(lines) == len(names)
    words = {"good": ACCEPTED, "false": REJECTED}
    assert all(line.startswith(words.get(name, UNREADABLE) + ":") for line, name in zip(lines, names, strict=True))


def test_a_multiple_of_a_polynomial() -> None:
    """2x/5 − 3y/5 and (7/3) times it; a term more, another factor or another denominator is no multiple."""
    one = c.Poly(2, {(1, 0): 2, (0, 1): -3}, 5)
    seven_thirds = c.Poly(2, {(1, 0): 14, (0, 1): -21}, 15)
    assert c.is_multiple(seven_thirds, Q(7, 3), one) and c.is_multiple(one, Q(3, 7), seven_thirds)
    others = [
        c.Poly(2, {(1, 0): 14, (0, 1): -21, (0, 0): 1}, 15),
        c.Poly(2, {(1, 0): 14, (0, 1): -20}, 15),
        c.Poly(2, {(1, 0): 14, (0, 1): -21}, 16),
        c.Poly(2, {(1, 0): 14}, 15),
    ]
    assert not any(c.is_multiple(other, Q(7, 3), one) for other in others)
    assert not c.is_multiple(seven_thirds, Q(7, 2), one)
