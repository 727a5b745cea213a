"""Second opinions on certified regions: z3 (nonlinear real arithmetic) and balls of python-flint's ``arb``.

z3 gets two-dimensional claims as formulas written from the payoffs; what it cannot decide in time is skipped and counts
for nothing. ``arb`` evaluates gaps and inner products on small balls at random points of certified regions, through a
linear system or the project's expanded terms; a ball that is not on the right side of 0 is an objection.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import flint
import pytest
import z3
from sympy import Rational

from theory.claims.c07_alignment_boxes import NARROW, NEAR_GRIM, NEAR_TFT, TFT_LESS_GRIM, WIDE, alignment
from theory.decomposition import decompose
from theory.games import battle_of_the_sexes, chicken, ipd, ipd_from_cc, stag_hunt
from theory.policies import parameters
from theory.program import Program
from theory.regions import Certificate, Dynamics, certify

TIMEOUT = 4_000  # milliseconds for one question to z3
GAMES = {"stag-hunt": stag_hunt, "chicken": chicken, "battle-of-the-sexes": battle_of_the_sexes}
EQUILIBRIA = (
    ("stag-hunt", "Stag,Stag"),
    ("stag-hunt", "Hare,Hare"),
    ("chicken", "Straight,Swerve"),
    ("chicken", "Swerve,Straight"),
    ("battle-of-the-sexes", "Opera,Opera"),
    ("battle-of-the-sexes", "Football,Football"),
)

# -------------------------------------------------------------------------------------------------------------- z3


def real(x: Fraction | str) -> z3.ArithRef:
    return z3.RealVal(str(x))


class Formulas:
    """A file's statement about a 2×2 one-shot game as formulas in x and y, written from its payoffs."""

    def __init__(self, file: dict[str, Any]) -> None:
        self.file = file
        self.x, self.y = z3.Reals("x y")
        self.payoff = [[real(r) for r in row] for row in file["game"]["reward"][0]]
        self.target = file["region"]["target"]
        self.power = ("direct", "replicator", "logit").index(file["dynamics"]["coordinates"])

    @property
    def unit(self) -> list[z3.BoolRef]:
        return [bound for place in (self.x, self.y) for bound in (place >= 0, place <= 1)]

    def gaps(self) -> tuple[z3.ArithRef, z3.ArithRef]:
        (a, b, c, d), x, y = self.payoff, self.x, self.y
        one = y * (a[0] - c[0]) + (1 - y) * (b[0] - d[0])
        two = x * (a[1] - b[1]) + (1 - x) * (c[1] - d[1])
        return one, two

    def wrong_gap(self) -> z3.BoolRef:
        """Some gap does not point to the target."""
        return z3.Or(*(gap * (2 * end - 1) <= 0 for gap, end in zip(self.gaps(), self.target, strict=True)))

    def in_box(self, box: Sequence[Sequence[str]], closed: bool) -> list[z3.BoolRef]:
        found = []
        for place, (low, high), end in zip((self.x, self.y), box, self.target, strict=True):
            inner = [place >= real(low), place <= real(high)]
            if not closed:
                inner[1 - end] = place > real(low) if end else place < real(high)
                found.append(place <= real(high) if end else place >= real(low))
            found += inner
        return found

    def level(self) -> z3.ArithRef:
        return sum((place - end) * (place - end) for place, end in zip((self.x, self.y), self.target, strict=True))

    def fall(self) -> z3.ArithRef:
        """F = −Σ (x(1 − x))ᵏ gap (x − x*)."""
        total = real("0")
        for gap, place, end in zip(self.gaps(), (self.x, self.y), self.target, strict=True):
            part = gap * (place - end)
            for _ in range(self.power):
                part = part * place * (1 - place)
            total = total - part
        return total

    def blown_up(self, level: str) -> list[list[z3.BoolRef]]:
        """A point of the closed ball with F ≤ 0, as u₂ = k u₁ or u₁ = k u₂ with k ≤ 1, u the distances to the target.

        Of F = Σ σ gap uᵏ⁺¹ (1 − u)ᵏ the larger u's power is divided out, so that F/uᵏ⁺¹ is not 0 at the target.
        """
        k, u, power = z3.Real("k"), z3.Real("u"), self.power
        found = []
        for shares in ((real("1"), k), (k, real("1"))):
            away = [share * u for share in shares]
            there = [1 - a if end else a for a, end in zip(away, self.target, strict=True)]
            quotient = real("0")
            for gap, share, a, end in zip(self.gaps(), shares, away, self.target, strict=True):
                part = z3.substitute(gap, (self.x, there[0]), (self.y, there[1])) * (2 * end - 1) * share
                for _ in range(power):
                    part = part * share * (1 - a)
                quotient = quotient + part
            ranges = [k >= 0, k <= 1, u > 0, u <= 1, u * u * (1 + k * k) <= real(level)]
            found.append([*ranges, quotient <= 0])
        return found

    def base(self) -> z3.ArithRef:
        """Σ |x − x*|ᵒ."""
        total = real("0")
        for place, end in zip((self.x, self.y), self.target, strict=True):
            u = 1 - place if end else place
            part = u
            for _ in range(self.file["region"]["order"] - 1):
                part = part * u
            total = total + part
        return total


def answer(formulas: Sequence[z3.BoolRef], timeout: int = TIMEOUT) -> bool:
    """Whether there is a point that satisfies all; skips the test if z3 does not say."""
    solver = z3.Tactic("qfnra-nlsat").solver()
    solver.set("timeout", timeout)
    solver.add(*formulas)
    found = solver.check()
    if found == z3.unknown:
        pytest.skip(f"z3 does not decide it in {timeout} ms: {solver.reason_unknown()}")
    return bool(found == z3.sat)


def box_counterexample(file: dict[str, Any]) -> bool:
    """Whether z3 finds a point of the box where a gap does not point to the target."""
    own = Formulas(file)
    return answer([*own.unit, *own.in_box(file["region"]["box"], file["region"]["closed"]), own.wrong_gap()])


def ball_counterexample(file: dict[str, Any], level: str | None = None, closed: bool | None = None) -> bool:
    """Whether z3 finds a point of the ball, not the target, where F is not above its margin."""
    own, region = Formulas(file), file["region"]
    bound = real(level or region["level"])
    inside = own.level() <= bound if (region["closed"] if closed is None else closed) else own.level() < bound
    margin = Fraction(region["margin"]) if level is None else Fraction(0)
    objection = own.fall() < real(margin) * own.base() if margin else own.fall() <= 0
    return answer([*own.unit, own.level() > 0, inside, objection])


@lru_cache
def text(name: str, target: str, kind: str, coordinates: str = "direct", level: str | None = None) -> str:
    dynamics = Dynamics(coordinates)
    found = certify(GAMES[name](), target, kind, dynamics=dynamics, level=level)
    assert found.verdict == "CERTIFIED"
    return found.text


def opened(*names: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(*names))
    return found


@pytest.mark.parametrize(("name", "target"), EQUILIBRIA)
def test_z3_agrees_with_boxes(name: str, target: str) -> None:
    file = opened(name, target, "sign-box")
    assert not box_counterexample(file)
    # It objects to every larger square: one of the radius of the witness, closed, holds a point of equality.
    radius = Fraction(file["proof"]["no_larger"]["radius"])
    larger = [[str(1 - radius), "1"] if end else ["0", str(radius)] for end in file["region"]["target"]]
    assert box_counterexample({**file, "region": {**file["region"], "box": larger, "closed": True}})


@pytest.mark.parametrize(("name", "target"), EQUILIBRIA)
def test_z3_agrees_with_balls(name: str, target: str) -> None:
    file = opened(name, target, "sublevel")
    assert not ball_counterexample(file)
    assert ball_counterexample(file, file["conclusion"]["no_level_above"], closed=True)


def test_z3_agrees_with_the_exact_level_of_stag_hunt() -> None:
    file = opened("stag-hunt", "Stag,Stag", "sublevel")
    assert file["region"]["level"] == "2/9" and not file["region"]["closed"]
    assert not ball_counterexample(file, "2/9", closed=False)
    for above in ("2/9", "2223/10000", "1/4"):
        assert ball_counterexample(file, above, closed=True)
    refuted = certify(stag_hunt(), "Stag,Stag", "sublevel", level=Rational(1, 4))
    assert refuted.verdict == "REFUTED"


OTHER_FIELDS = [
    ("replicator", "Stag,Stag", "1/8"),
    ("replicator", "Hare,Hare", "1/2"),
    ("logit", "Hare,Hare", "1/2"),
    pytest.param("logit", "Stag,Stag", "1/8", marks=pytest.mark.thorough),
]


@pytest.mark.parametrize(("coordinates", "target", "level"), OTHER_FIELDS)
def test_z3_agrees_with_other_dynamics(coordinates: str, target: str, level: str) -> None:
    """With F as it stands z3 does not decide log-odds: F is of third order at the target, hence the blow-up."""
    file = opened("stag-hunt", target, "sublevel", coordinates, level)
    patience = 60_000 if (coordinates, target) == ("logit", "Stag,Stag") else TIMEOUT
    assert not any([answer(formulas, patience) for formulas in Formulas(file).blown_up(level)])
    rest = {"Stag,Stag": "2/9", "Hare,Hare": "8/9"}[target]  # the mixed equilibrium is at this level
    assert all(answer(formulas) for formulas in Formulas(file).blown_up(rest))


def test_z3_agrees_with_the_margin_of_replicator_dynamics() -> None:
    assert not ball_counterexample(opened("stag-hunt", "Hare,Hare", "sublevel", "replicator", "1/2"))


@pytest.mark.parametrize("name", ["stag-hunt", "chicken"])
def test_control_z3_objects_to_what_is_false(name: str) -> None:
    target = dict(EQUILIBRIA)[name]
    file = opened(name, target, "sublevel")
    ends = file["region"]["target"]
    moved = {**file, "region": {**file["region"], "target": [1 - ends[0], ends[1]]}}
    assert ball_counterexample(moved)
    rewards = [[[str(-Fraction(r)) for r in row] for row in rows] for rows in file["game"]["reward"]]
    assert ball_counterexample({**file, "game": {**file["game"], "reward": rewards}})
    box = opened(name, target, "sign-box")
    assert box_counterexample({**box, "game": {**box["game"], "reward": rewards}})


def test_control_what_z3_does_not_decide_is_no_agreement() -> None:
    x = z3.Reals("a b c d e f g h")
    hard = [
        sum(a**7 * b**5 for a, b in pairwise(x)) == 3,
        z3.Product(*x) > 5,
        sum(a**9 for a in x) == 1,
    ]
    with pytest.raises(pytest.skip.Exception, match="does not decide"):
        answer(hard, timeout=1)


# ------------------------------------------------------------------------------------------------------------- arb


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    before, flint.ctx.prec = flint.ctx.prec, 128
    yield
    flint.ctx.prec = before


def ball(x: Fraction | str) -> flint.arb:
    x = Fraction(x)
    return flint.arb(flint.fmpq(x.numerator, x.denominator))


def ball_around(x: Fraction, radius: Fraction) -> flint.arb:
    return ball(x) + ball(radius) * flint.arb(0, 1)


def random_balls(box: Sequence[Sequence[Fraction]], rng: random.Random, share: int) -> list[flint.arb]:
    """A box within the box, as balls: about a random point, with radii of 1/share of the sides or to the near end."""
    found = []
    for low, high in box:
        middle = low + (high - low) * Fraction(rng.randint(0, 1000), 1000)
        if rng.random() < 0.3:
            middle = rng.choice((low, high))
        radius = min((high - low) / share, middle - low, high - middle)
        found.append(ball_around(middle, radius))
    return found


def arb_gaps(file: dict[str, Any], x: Sequence[flint.arb]) -> list[flint.arb]:
    """Q(s, first) − Q(s, second) of both players of a two-player file, through (I − γP) u = r."""
    game, states = file["game"], len(file["game"]["states"])
    tremble, discount = ball(file["tremble"]), ball(game["discount"])
    first = [tremble / 2 + (1 - tremble) * entry for entry in x]
    chances = []
    for s in range(states):
        p, q = first[s], first[states + s]
        chances.append([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)])
    table = [[[ball(entry) for entry in row] for row in rows] for rows in game["transition"]]
    reward = [[[ball(entry) for entry in row] for row in rows] for rows in game["reward"]]
    matrix = flint.arb_mat(
        [
            [int(s == t) - discount * sum(c * table[s][a][t] for a, c in enumerate(chances[s])) for t in range(states)]
            for s in range(states)
        ]
    )
    right = [[sum(c * reward[s][a][i] for a, c in enumerate(chances[s])) for i in (0, 1)] for s in range(states)]
    worth = matrix.solve(flint.arb_mat(right))
    found = []
    for i in (0, 1):
        for s in range(states):
            joint = [
                reward[s][a][i] + discount * sum(table[s][a][t] * worth[t, i] for t in range(states)) for a in range(4)
            ]
            other = first[states + s] if i == 0 else first[s]
            pairs = ((0, 2), (1, 3)) if i == 0 else ((0, 1), (2, 3))
            gains = [joint[one] - joint[two] for one, two in pairs]
            found.append(other * gains[0] + (1 - other) * gains[1])
    return found


def objections(file: dict[str, Any], seed: int, count: int, box: Sequence[Sequence[Fraction]] | None = None) -> int:
    """On how many of the sampled balls some gap is not certainly on the target's side of 0."""
    rng, region = random.Random(seed), file["region"]
    own = [[Fraction(end) for end in interval] for interval in region["box"]]
    signs = [2 * end - 1 for end in region["target"]]
    bad = 0
    for _ in range(count):
        gaps = arb_gaps(file, random_balls(box or own, rng, 10**9))
        bad += not all(sign * gap > 0 for sign, gap in zip(signs, gaps, strict=True))
    return bad


@lru_cache
def ipd_box(target: str, tremble: str) -> str:
    found = certify(ipd(), target, tremble=tremble)
    assert found.verdict == "CERTIFIED"
    return found.text


@pytest.mark.parametrize(("target", "tremble"), [("AllD", "0"), ("AllD", "1/10"), ("Grim", "0"), ("Grim", "1/10")])
def test_arb_agrees_with_boxes_of_the_ipd(target: str, tremble: str) -> None:
    file = json.loads(ipd_box(target, tremble))
    region = file["region"]
    own = [[Fraction(end) for end in interval] for interval in region["box"]]
    if not region["closed"]:  # on its far sides a gap may be 0
        own = [
            [a + (b - a) / 1000, b] if end else [a, b - (b - a) / 1000]
            for (a, b), end in zip(own, region["target"], strict=True)
        ]
    assert objections(file, 3, 150, own) == 0
    # Controls: another target, and a box of twice the size, which holds the witness that no larger one is certified.
    ends = [1 - end for end in region["target"]]
    assert objections({**file, "region": {**region, "target": ends}}, 3, 20, own) == 20
    witness = [ball(x) for x in file["proof"]["no_larger"]["witness"]]
    signs = [2 * end - 1 for end in region["target"]]
    gaps = arb_gaps(file, witness)
    assert any(not sign * gap > 0 for sign, gap in zip(signs, gaps, strict=True))


def test_arb_gaps_are_those_of_the_file() -> None:
    """By hand, in Stag Hunt."""
    found = certify(stag_hunt(), "Hare,Hare", box=["around:Hare,Hare:1/2"])
    file = json.loads(found.text)
    gaps = arb_gaps(file, [ball("1/3"), ball("1/5")])
    # Player 1 against y: 4y − (3y + 2(1 − y)) = 3y − 2.
    assert gaps[0].contains(flint.fmpq(-7, 5)) and gaps[1].contains(-1)
    assert gaps[0].rad() < flint.arb(2) ** -100 and not gaps[0].contains(flint.fmpq(-6, 5))


# -------------------------------------------------------------------------------------------------- inner products


@lru_cache
def expanded() -> Program:
    return decompose(ipd_from_cc(), form="expanded").program


def arb_product(file: dict[str, Any], values: Sequence[flint.arb]) -> flint.arb:
    """⟨C, w⟩ from the peer-learning terms of the expanded update, over the inner step size, in balls."""
    region, game = file["region"], ipd_from_cc()
    numbers = {k: x for group, x in zip(region["variables"], values, strict=True) for k in group}
    symbols = [symbol for row in parameters(game, "direct") for symbol in row]
    known: dict[Any, Any] = {symbol: numbers[k] for k, symbol in enumerate(symbols)}
    known |= {symbol: ball(str(game.value_of(symbol))) for symbol, _ in game.parameters}
    (size,) = set(expanded().inputs) - set(known)
    known[size] = flint.arb(1)
    blocks = expanded().run(known, lambda number: ball(str(number)))
    players = [entry for name, row in sorted(blocks.items()) if name.startswith("peer") for entry in row]
    weights = [ball(w) for w in next(iter(region["direction"].values()))]
    if "to" in region["direction"]:
        weights = [w - x for w, x in zip(weights, values, strict=True)]
    return sum(
        (w * players[k] for w, group in zip(weights, region["variables"], strict=True) for k in group), flint.arb(0)
    )


ALIGNMENTS: dict[str, Callable[[], Certificate]] = {
    "after CC near TFT": lambda: alignment(NEAR_TFT, WIDE, "1,0,0,0"),
    "toward TFT": lambda: alignment(NEAR_TFT, WIDE, "to-target"),
    "TFT less Grim near TFT": lambda: alignment(NEAR_TFT, NARROW, TFT_LESS_GRIM),
    "TFT less Grim near Grim": lambda: alignment(NEAR_GRIM, NARROW, TFT_LESS_GRIM),
}


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_arb_agrees_with_alignment_boxes(name: str) -> None:
    found = ALIGNMENTS[name]()
    assert found.verdict == "CERTIFIED"
    file, rng = json.loads(found.text), random.Random(name)
    box = [[Fraction(end) for end in interval] for interval in file["region"]["box"]]
    sign = file["region"]["sign"]
    for _ in range(25):
        product = arb_product(file, random_balls(box, rng, 10**6))
        assert sign * product > 0
        assert not -sign * product > 0


def test_control_arb_sees_the_product_change_its_sign() -> None:
    """Between the two boxes of C7.turn ⟨C, TFT − Grim⟩ goes through 0, and a ball there is on neither side."""
    file = json.loads(alignment(NEAR_TFT, NARROW, TFT_LESS_GRIM).text)

    def at(x: Fraction, radius: Fraction = Fraction(0)) -> flint.arb:
        point = [ball(str(entry)) for entry in NEAR_TFT]
        point[2] = ball_around(x, radius)
        return arb_product(file, point)

    low, high = Fraction(1, 20), Fraction(19, 20)
    assert at(low) > 0 and at(high) < 0
    while high - low > Fraction(1, 1000):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) > 0 else (low, middle)
    crossing = at((low + high) / 2, Fraction(1, 500))
    assert not crossing > 0 and not crossing < 0
