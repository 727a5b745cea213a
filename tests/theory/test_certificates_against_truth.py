"""Random claims about random games, decided by certificates, against the truth found without any of their code.

In a 2×2 game each gap is affine in the other's probability, and the truth of a claim has a closed form:

* sign boxes: the gaps at the corners;
* balls: with u = |x − x*| the decrease is F = a₁u₁ + a₂u₂ − B u₁u₂, a > 0 at a strict equilibrium, so that F ≤ 0 means
  B ≥ a₁/u₂ + a₂/u₁. The right side is convex and falls in u, its least value on the disc of squared radius c is
  (a₁^⅔ + a₂^⅔)^(3/2)/√c at u₁ : u₂ = a₂^⅓ : a₁^⅓; beyond the square the nearest end of the arc takes its place;
* alignment: a sum of a quadratic in x₁ and one in x₂.

In games of two states a certified claim must survive sampling, and a refutation must be one.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product

import pytest
from plain_game import PlainGame
from sympy import Integer, Rational

from theory.errors import BadInput
from theory.games import Game
from theory.games.model import normal_form
from theory.regions import Certificate, Dynamics, certify
from theory.regions.alignment_box import Direction, alignment_box
from theory.regions.check import check
from theory.regions.field import game_field
from theory.regions.sign_box import sign_box
from theory.regions.sublevel import sublevel

CELLS = tuple(product((0, 1), repeat=2))
Interval = tuple[Fraction, Fraction]
Box = tuple[Interval, Interval]


def rational(x: Fraction) -> Rational:
    return Rational(x.numerator, x.denominator)


def fractions(texts: list[str]) -> list[Fraction]:
    return list(map(Fraction, texts))


# ------------------------------------------------------------------------------------------------------ 2×2 games


@dataclass(frozen=True)
class Bimatrix:
    """Payoffs by joint action, action 0 first; x is the probability of action 0."""

    payoff: tuple[tuple[Fraction, Fraction], ...]

    def game(self) -> Game:
        cells = zip(CELLS, self.payoff, strict=True)
        return normal_form("random", (("A", "B"),) * 2, {cell: list(map(rational, pair)) for cell, pair in cells})

    def gap(self, player: int, other: Fraction) -> Fraction:
        """First less second action against the other's probability of its first."""
        table = dict(zip(CELLS, self.payoff, strict=True))

        def gain(b: int) -> Fraction:
            one, two = ((0, b), (1, b)) if player == 0 else ((b, 0), (b, 1))
            return table[one][player] - table[two][player]

        return other * gain(0) + (1 - other) * gain(1)

    def externality(self, player: int, own: Fraction) -> Fraction:
        """∂V of a player by the other's probability."""
        table = dict(zip(CELLS, self.payoff, strict=True))

        def gain(a: int) -> Fraction:
            one, two = ((a, 0), (a, 1)) if player == 0 else ((0, a), (1, a))
            return table[one][player] - table[two][player]

        return own * gain(0) + (1 - own) * gain(1)

    def mixed(self, player: int) -> Fraction:
        """∂²V/∂x₁∂x₂."""
        a, b, c, d = (pair[player] for pair in self.payoff)
        return a - b - c + d

    def strict(self, target: tuple[int, int]) -> bool:
        return all((2 * target[i] - 1) * self.gap(i, Fraction(target[1 - i])) > 0 for i in (0, 1))

    def negated(self) -> Bimatrix:
        return Bimatrix(tuple((-a, -b) for a, b in self.payoff))


def random_game(rng: random.Random) -> Bimatrix:
    def payoff() -> Fraction:
        return Fraction(rng.randint(-12, 12), rng.choice((1, 1, 2, 3, 5)))

    return Bimatrix(tuple((payoff(), payoff()) for _ in CELLS))


def with_equilibrium(rng: random.Random) -> tuple[Bimatrix, tuple[int, int]]:
    while True:
        game = random_game(rng)
        targets = [target for target in CELLS if game.strict(target)]
        if targets:
            return game, rng.choice(targets)


@dataclass(frozen=True)
class Claim:
    """A claim about a 2×2 game, how certificates decide it, and whether it is true."""

    kind: str
    game: Bimatrix
    target: tuple[int, int]
    decide: Callable[[Bimatrix, tuple[int, int]], Certificate]
    true: Callable[[Bimatrix, tuple[int, int]], bool]

    @property
    def truth(self) -> bool:
        return self.true(self.game, self.target)


# ------------------------------------------------------------------------------------------------------- sign boxes


def true_box(game: Bimatrix, target: tuple[int, int], radii: tuple[Fraction, Fraction]) -> bool:
    """Whether every gap points to the target on the closed box: an affine function's least value is at an end."""
    for i in (0, 1):
        end, far = Fraction(target[1 - i]), abs(target[1 - i] - radii[1 - i])
        if min((2 * target[i] - 1) * game.gap(i, x) for x in (end, far)) <= 0:
            return False
    return True


def box_claim(rng: random.Random) -> Claim:
    game, target = with_equilibrium(rng)
    radii = []
    for k in (0, 1):
        # Half of the sides near, or exactly at, the place where the other player's gap is 0.
        ends = [game.gap(1 - k, Fraction(end)) for end in (target[k], 1 - target[k])]
        place = ends[0] / (ends[0] - ends[1]) if ends[0] != ends[1] else Fraction(2)
        shift = Fraction(rng.choice((-1, 0, 1)), rng.choice((50, 1000, 10**6)))
        near = place + shift
        radii.append(near if 0 < near <= 1 and rng.random() < 0.6 else Fraction(rng.randint(1, 30), 30))
    sides = (radii[0], radii[1])

    def decide(other: Bimatrix, at: tuple[int, int]) -> Certificate:
        box = tuple(
            (1 - r, Integer(1)) if end else (Integer(0), r) for r, end in zip(map(rational, sides), at, strict=True)
        )
        return sign_box(game_field(other.game()), at, Dynamics(), box)

    return Claim("sign-box", game, target, decide, lambda other, at: true_box(other, at, sides))


# ------------------------------------------------------------------------------------------------------------ balls


def coefficients(game: Bimatrix, target: tuple[int, int]) -> tuple[Fraction, Fraction, Fraction]:
    """a₁, a₂ and B of F = a₁u₁ + a₂u₂ − B u₁u₂."""
    rates, slope = [], Fraction(0)
    for i in (0, 1):
        sign, end = 2 * target[i] - 1, target[1 - i]
        near, far = (sign * game.gap(i, Fraction(x)) for x in (end, 1 - end))
        rates.append(near)
        slope += near - far
    return rates[0], rates[1], slope


def true_ball(game: Bimatrix, target: tuple[int, int], level: Fraction) -> bool:
    """Whether F ≥ m Σ u for some m > 0 on the closed ball: a > 0, and F > 0 off the target."""
    a, b, B = coefficients(game, target)
    if min(a, b) <= 0:
        return False
    if B <= 0:
        return True
    if level >= 2:
        return a + b > B
    # The best point of the whole circle: u₁² = c b^⅔/(a^⅔ + b^⅔), at most 1 just when ((c − 1) b^⅔)³ ≤ a².
    over = level - 1
    if over > 0 and over**3 * b**2 > a**2:
        return _above(a, b, B, over)
    if over > 0 and over**3 * a**2 > b**2:
        return _above(b, a, B, over)
    # a^⅔ + b^⅔ > (c B²)^⅓: x + y + z has the sign of x³ + y³ + z³ − 3xyz.
    t = level * B**2
    return 27 * a**2 * b**2 * t > (t - a**2 - b**2) ** 3


def _above(a: Fraction, b: Fraction, B: Fraction, square: Fraction) -> bool:
    """Whether a/√square + b > B: the end of the arc where the coordinate of a is 1."""
    return b >= B or a**2 > (B - b) ** 2 * square


def fall(game: Bimatrix, target: tuple[int, int], x: list[Fraction], projected: bool = True) -> Fraction:
    """Half the rate at which W falls; projection holds a coordinate that would leave the square at its far end."""
    total = Fraction(0)
    for i in (0, 1):
        part = -game.gap(i, x[1 - i]) * (x[i] - target[i])
        if not (projected and abs(x[i] - target[i]) == 1 and part < 0):
            total += part
    return total


def ball_claim(rng: random.Random) -> Claim:
    game, target = with_equilibrium(rng)
    near = rng.random() < 0.7
    while near and true_ball(game, target, Fraction(2)):
        game, target = with_equilibrium(rng)
    level = Fraction(rng.randint(1, 66), 32)
    if near:
        # Close to the critical level, found by bisection with the truth itself.
        low, high = Fraction(0), Fraction(2)
        while high - low > Fraction(1, 2**12):
            middle = (low + high) / 2
            low, high = (middle, high) if true_ball(game, target, middle) else (low, middle)
        level = max(low + Fraction(rng.choice((-1, 1)), rng.choice((8, 32, 128, 512, 2048))), Fraction(1, 64))

    def decide(other: Bimatrix, at: tuple[int, int]) -> Certificate:
        return sublevel(game_field(other.game()), at, Dynamics(), rational(level))

    return Claim("sublevel", game, target, decide, lambda other, at: true_ball(other, at, level))


# -------------------------------------------------------------------------------------------------------- alignment


def least(square: Fraction, slope: Fraction, constant: Fraction, interval: Interval) -> Fraction:
    """The least value of a quadratic on an interval."""
    places = list(interval)
    if square > 0:
        places.append(min(max(-slope / (2 * square), interval[0]), interval[1]))
    return min(square * x * x + slope * x + constant for x in places)


def quadratics(game: Bimatrix, direction: Direction) -> list[tuple[Fraction, Fraction, Fraction]]:
    """⟨C, w⟩ = f₁(x₁) + f₂(x₂), C₁ = V²₁₂ · ∂V¹/∂x₂, which is affine in x₁ alone."""
    found = []
    for i, entry in enumerate(direction.entries):
        factor = game.mixed(1 - i)
        low, high = (factor * game.externality(i, Fraction(x)) for x in (0, 1))
        w = Fraction(int(entry.p), int(entry.q))
        if direction.toward:
            found.append((low - high, w * (high - low) - low, w * low))
        else:
            found.append((Fraction(0), w * (high - low), w * low))
    return found


def true_alignment(game: Bimatrix, box: Box, direction: Direction, sign: int) -> bool:
    parts = quadratics(game, direction)
    signed = [tuple(sign * entry for entry in part) for part in parts]
    return sum((least(*part, interval) for part, interval in zip(signed, box, strict=True)), Fraction(0)) > 0


def alignment_claim(rng: random.Random) -> Claim:
    """The claim is that the product has one sign on the box; the file says which."""
    game = random_game(rng)
    low = [Fraction(rng.randint(0, 20), 20) for _ in range(2)]
    one, two = ((x, min(Fraction(1), x + Fraction(rng.randint(0, 12), rng.choice((10, 15))))) for x in low)
    box: Box = (one, two)
    toward = rng.random() < 0.5
    entries = tuple(Rational(rng.randint(0 if toward else -4, 4), 4 if toward else 3) for _ in range(2))
    direction = Direction(entries, toward)

    def decide(other: Bimatrix, _: tuple[int, int]) -> Certificate:
        exact = tuple((rational(a), rational(b)) for a, b in box)
        return alignment_box(game_field(other.game()), [[0], [1]], exact, direction, Dynamics())

    def true(other: Bimatrix, _: tuple[int, int]) -> bool:
        return any(true_alignment(other, box, direction, sign) for sign in (1, -1))

    return Claim("alignment", game, (0, 0), decide, true)


# ------------------------------------------------------------------------------------------------------- comparison


@dataclass(frozen=True)
class Decision:
    """A claim with its certificate and what the checker says of it."""

    claim: Claim
    certificate: Certificate


@lru_cache
def decisions() -> tuple[Decision, ...]:
    rng, found = random.Random(6), []
    makers = [(box_claim, 90), (ball_claim, 90), (alignment_claim, 90)]
    for maker, count in makers:
        for _ in range(count):
            claim = maker(rng)
            found.append(Decision(claim, claim.decide(claim.game, claim.target)))
    return tuple(found)


def disagreements(cases: tuple[Decision, ...]) -> list[tuple[str, str, bool]]:
    """Where a verdict contradicts the truth; UNDECIDED contradicts nothing."""
    expected = {True: "CERTIFIED", False: "REFUTED"}
    return [
        (case.claim.kind, case.certificate.verdict, case.claim.truth)
        for case in cases
        if case.certificate.verdict not in ("UNDECIDED", expected[case.claim.truth])
    ]


def test_no_claim_is_decided_wrongly() -> None:
    assert disagreements(decisions()) == []


def test_claims_are_both_true_and_false_and_almost_all_are_decided() -> None:
    counts = Counter((case.claim.kind, case.claim.truth) for case in decisions())
    assert len(decisions()) >= 200 and min(counts.values()) >= 15 and len(counts) == 6, counts
    open_cases = [case for case in decisions() if case.certificate.verdict == "UNDECIDED"]
    assert len(open_cases) < len(decisions()) / 50, [case.claim for case in open_cases]


def test_the_checker_accepts_what_is_decided() -> None:
    for case in decisions():
        expected = "rejected" if case.certificate.verdict == "UNDECIDED" else "accepted"
        assert case.certificate.report.outcome == expected, (case, case.certificate.report)


def test_witnesses_of_refutations_are_counterexamples() -> None:
    seen = set()
    for case in decisions():
        if case.certificate.verdict != "REFUTED":
            continue
        file = json.loads(case.certificate.text)
        x, region = fractions(file["proof"]["witness"]), file["region"]
        game, target = case.claim.game, case.claim.target
        seen.add(case.claim.kind)
        assert all(0 <= a <= 1 for a in x)
        if case.claim.kind == "sublevel":
            square = sum(((a - end) ** 2 for a, end in zip(x, target, strict=True)), Fraction(0))
            assert 0 < square <= Fraction(region["level"]) and fall(game, target, x) <= 0
            continue
        assert all(Fraction(low) <= a <= Fraction(high) for a, (low, high) in zip(x, region["box"], strict=True))
        if case.claim.kind == "sign-box":
            assert any((2 * target[i] - 1) * game.gap(i, x[1 - i]) <= 0 for i in (0, 1))
        else:
            entries = fractions(next(iter(region["direction"].values())))
            direction = Direction(tuple(map(rational, entries)), "to" in region["direction"])
            parts = quadratics(game, direction)
            assert sum((p * a * a + q * a + r for (p, q, r), a in zip(parts, x, strict=True)), Fraction(0)) <= 0


def test_certified_signs_and_bounds_are_true() -> None:
    for case in decisions():
        if case.certificate.verdict != "CERTIFIED":
            continue
        file = json.loads(case.certificate.text)
        region, game, target = file["region"], case.claim.game, case.claim.target
        if case.claim.kind == "alignment":
            direction = Direction(
                tuple(map(Rational, next(iter(region["direction"].values())))), "to" in region["direction"]
            )
            one, two = (tuple(fractions(interval)) for interval in region["box"])
            assert true_alignment(game, ((one[0], one[1]), (two[0], two[1])), direction, region["sign"])
        elif case.claim.kind == "sign-box":
            for i in (0, 1):
                margins = [(2 * target[i] - 1) * game.gap(i, Fraction(x)) for x in region["box"][1 - i]]
                assert min(margins) >= Fraction(file["proof"]["gaps"][i][0]) > 0
        else:
            # F − m Σ u has the coefficients a − m, so it is ≥ 0 on the ball if the same closed form says so for less m.
            margin = Fraction(region["margin"])
            a, b, B = coefficients(game, target)
            rng = random.Random(1)
            for _ in range(50):
                u, v = (Fraction(rng.randint(0, 60), 60) for _ in range(2))
                if u * u + v * v <= Fraction(region["level"]):
                    assert a * u + b * v - B * u * v >= margin * (u + v)


def test_largest_regions_are_true_and_no_larger_ones_are() -> None:
    rng, hair = random.Random(14), Fraction(1, 10**6)
    for _ in range(25):
        game, target = with_equilibrium(rng)
        field = game_field(game.game())
        for kind, certificate in (
            ("sign-box", sign_box(field, target, Dynamics())),
            ("sublevel", sublevel(field, target, Dynamics())),
        ):
            assert certificate.verdict == "CERTIFIED" and certificate.report.outcome == "accepted"
            region, beyond = certificate.region, certificate.proof["no_larger"]
            less = 1 if region["closed"] else 1 - hair
            if kind == "sublevel":
                assert true_ball(game, target, Fraction(region["level"]) * less)
                above = certificate.conclusion["no_level_above"]
                assert (above is None) == (beyond is None)
                assert above is None or not true_ball(game, target, Fraction(above))
                assert beyond is None or fall(game, target, fractions(beyond["witness"])) <= 0
                assert above is not None or true_ball(game, target, Fraction(2) * (1 - Fraction(1, 1000)))
                continue
            side = max(Fraction(high) - Fraction(low) for low, high in region["box"])
            assert true_box(game, target, (side * less, side * less))
            assert beyond is not None or side == 1
            if beyond is not None:
                r = Fraction(beyond["radius"])
                assert r >= side and not true_box(game, target, (r, r))


def test_a_witness_at_which_projection_makes_the_distance_fall_refutes_nothing() -> None:
    """Without projection F < 0 at (1/2, 0); player 2, held at its far end, leaves F > 0 there."""
    rows = (("5", "6/5"), ("3/2", "2/3"), ("-7", "-5"), ("-2", "0"))
    game, x = Bimatrix(tuple((Fraction(a), Fraction(b)) for a, b in rows)), [Fraction(1, 2), Fraction(0)]
    assert fall(game, (1, 1), x, projected=False) < 0 < fall(game, (1, 1), x)
    level = Rational(53, 32)
    assert sublevel(game_field(game.game()), (1, 1), Dynamics(), level).verdict == "UNDECIDED"
    file = json.loads(sublevel(game_field(game.game()), (1, 1), Dynamics(), Rational(1, 9)).text)
    file |= {"verdict": "REFUTED", "proof": {"witness": ["1/2", "0"]}, "conclusion": {}}
    file["region"] |= {"level": str(level), "closed": True, "margin": "0"}
    assert check(json.dumps(file)).outcome == "rejected"


def test_targets_that_are_no_strict_equilibria_are_never_certified() -> None:
    rng, refused = random.Random(8), 0
    while refused < 25:
        game = random_game(rng)
        target = rng.choice(CELLS)
        if game.strict(target):
            continue
        field, box = (
            game_field(game.game()),
            tuple((Rational(0), Rational(1, 9)) if e == 0 else (Rational(8, 9), Rational(1)) for e in target),
        )
        with pytest.raises(BadInput, match="at the target"):
            sign_box(field, target, Dynamics(), box)
        assert sublevel(field, target, Dynamics(), Rational(1, 9)).verdict != "CERTIFIED"
        refused += 1


# --------------------------------------------------------------------------------------------------------- controls


def mistaken(case: Decision, claim: Claim) -> Decision:
    return replace(case, claim=claim)


@pytest.mark.parametrize("kind", ["sign-box", "sublevel"])
def test_control_another_target_or_the_opposite_payoffs_are_noticed(kind: str) -> None:
    cases = [case for case in decisions() if case.claim.kind == kind]
    moved = [replace(c.claim, target=(1 - c.claim.target[0], c.claim.target[1])) for c in cases]
    opposite = [replace(c.claim, game=c.claim.game.negated()) for c in cases]
    for wrong in (moved, opposite):
        assert len(disagreements(tuple(map(mistaken, cases, wrong)))) >= 15


def test_control_a_player_with_the_opposite_payoffs_is_noticed_in_alignment() -> None:
    """All payoffs turned leave C as it is; one player's turned turn both parts of it, so the sign is wrong."""
    wrong = 0
    for case in decisions():
        if case.claim.kind == "alignment" and case.certificate.verdict == "CERTIFIED":
            region = case.certificate.region
            direction = Direction(
                tuple(map(Rational, next(iter(region["direction"].values())))), "to" in region["direction"]
            )
            one, two = (tuple(fractions(interval)) for interval in region["box"])
            box = ((one[0], one[1]), (two[0], two[1]))
            assert not true_alignment(case.claim.game, box, direction, -region["sign"])
            turned = Bimatrix(tuple((a, -b) for a, b in case.claim.game.payoff))
            wrong += not true_alignment(turned, box, direction, region["sign"])
    assert wrong >= 15


def test_control_claims_at_shifted_levels_are_noticed() -> None:
    """Certified just below the critical level and refuted just above it: the truth at another level disagrees."""
    cases = [case for case in decisions() if case.claim.kind == "sublevel"]

    def at(case: Decision, factor: Fraction) -> Decision:
        level = Fraction(case.certificate.region["level"]) * factor
        return mistaken(case, replace(case.claim, true=lambda game, target: true_ball(game, target, level)))

    assert disagreements(tuple(at(case, Fraction(1)) for case in cases)) == []
    for factor in (Fraction(1, 2), Fraction(2)):
        assert len(disagreements(tuple(at(case, factor) for case in cases))) >= 5


def test_the_closed_form_for_balls_against_points_of_the_arc() -> None:
    """A dense sample of the disc never contradicts it, and nearly reaches it from the other side."""
    rng, close = random.Random(9), 0
    for _ in range(40):
        game, target = with_equilibrium(rng)
        level = Fraction(rng.randint(1, 60), 30)
        a, b, B = coefficients(game, target)
        lowest: Fraction | None = None
        for k in range(1, 200):
            # Rational points just inside the circle, and on the square's sides.
            t = Fraction(k, 200)
            root = _root_below(level)
            u, v = root * (1 - t * t) / (1 + t * t), root * 2 * t / (1 + t * t)
            u, v = min(u, Fraction(1)), min(v, Fraction(1))
            entry = a * u + b * v - B * u * v
            lowest = entry if lowest is None else min(lowest, entry)
        assert lowest is not None
        if true_ball(game, target, level):
            assert lowest > 0
        if not true_ball(game, target, level) and true_ball(game, target, level * Fraction(49, 50)) is False:
            assert lowest <= 0
            close += 1
    assert close >= 5


def _root_below(x: Fraction) -> Fraction:
    low, high = Fraction(0), Fraction(2)
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if middle**2 <= x else (low, middle)
    return low


# ----------------------------------------------------------------------------------------- games of two states


def stochastic_game(rng: random.Random) -> Game:
    def row() -> tuple[Rational, Rational]:
        p = Rational(rng.randint(0, 6), 6)
        return p, 1 - p

    def payoff() -> Rational:
        return Rational(rng.randint(-9, 9), rng.choice((1, 2, 3)))

    return Game(
        name="random",
        actions=(("A", "B"),) * 2,
        states=("s", "t"),
        start=row(),
        transition=tuple(tuple(row() for _ in CELLS) for _ in range(2)),
        reward=tuple(tuple((payoff(), payoff()) for _ in CELLS) for _ in range(2)),
        discount=Rational(rng.randint(0, 9), 10),
    )


def stochastic_certificates(rng: random.Random, count: int) -> Iterator[Certificate]:
    """Sign boxes and alignment on random boxes, balls of random levels; targets are strict."""
    made = 0
    while made < count:
        field = game_field(stochastic_game(rng), rng.choice((0, 0, Rational(1, 10))))
        kind = ("sign-box", "alignment", "sublevel")[made % 3]
        if kind == "alignment":
            low = [Rational(rng.randint(0, 9), 10) for _ in range(4)]
            box = tuple((x, x + Rational(rng.randint(0, 10), 100)) for x in low)
            entries = tuple(Rational(rng.randint(-3, 3)) for _ in range(4))
            toward = rng.random() < 0.5
            direction = Direction(tuple(Rational(rng.randint(0, 1)) for _ in range(4)) if toward else entries, toward)
            coordinates = rng.choice(("direct", "logit"))
            yield alignment_box(field, [[0], [1], [2], [3]], box, direction, Dynamics(coordinates))
            made += 1
            continue
        for target in product((0, 1), repeat=4):
            signs = [2 * end - 1 for end in target]
            plain = PlainGame.read(json_of(field.game), str(field.tremble))
            if all(s * gap > 0 for s, gap in zip(signs, plain.gaps(list(map(Fraction, target))), strict=True)):
                break
        else:
            continue
        if kind == "sign-box":
            radii = [Rational(rng.randint(1, 40), 40) for _ in range(4)]
            box = tuple((1 - r, Integer(1)) if end else (Integer(0), r) for r, end in zip(radii, target, strict=True))
            yield sign_box(field, target, Dynamics(), box)
        else:
            if min(plain.visits(list(map(Fraction, target)))) <= 0:
                continue
            yield sublevel(field, target, Dynamics(), Rational(rng.randint(1, 20), 20))
        made += 1


def json_of(game: Game) -> dict[str, object]:
    """The entry of a file, as FORMAT.md says."""

    def deep(entry: object) -> object:
        return [deep(x) for x in entry] if isinstance(entry, tuple) else str(entry)

    tables = {key: deep(getattr(game, key)) for key in ("actions", "states", "start", "transition", "reward")}
    return {"name": game.name, "discount": str(game.discount), **tables}


def violates(file: dict, game: PlainGame, x: list[Fraction]) -> bool | None:
    """Whether a point of the region contradicts the file's claim; None for a point that is not in the region."""
    region = file["region"]
    if region["kind"] == "sublevel":
        square = sum(((a - end) ** 2 for a, end in zip(x, region["target"], strict=True)), Fraction(0))
        if not 0 < square <= Fraction(region["level"]):
            return None
        rates = [-v * (a - end) for v, a, end in zip(game.velocities(x), x, region["target"], strict=True)]
        held = [abs(a - end) == 1 and rate < 0 for a, end, rate in zip(x, region["target"], rates, strict=True)]
        return sum((rate for rate, rests in zip(rates, held, strict=True) if not rests), Fraction(0)) <= 0
    if not all(Fraction(low) <= a <= Fraction(high) for a, (low, high) in zip(x, region["box"], strict=True)):
        return None
    if region["kind"] == "sign-box":
        return any((2 * end - 1) * gap <= 0 for end, gap in zip(region["target"], game.gaps(x), strict=True))
    slope = game.correction(x, 2 if file["dynamics"]["coordinates"] == "logit" else 0)
    weights = fractions(next(iter(region["direction"].values())))
    if "to" in region["direction"]:
        weights = [w - a for w, a in zip(weights, x, strict=True)]
    return region["sign"] * sum((w * c for w, c in zip(weights, slope, strict=True)), Fraction(0)) <= 0


def points(file: dict, rng: random.Random, count: int) -> Iterator[list[Fraction]]:
    """Corners of the region's box, then random points of it; for a ball random points near its sphere or inside."""
    region = file["region"]
    if region["kind"] != "sublevel":
        box = [fractions(interval) for interval in region["box"]]
        yield from map(list, product(*box))
        for _ in range(count - 2 ** len(box)):
            yield [low + (high - low) * Fraction(rng.randint(0, 16), 16) for low, high in box]
        return
    root = _root_below(Fraction(region["level"]))
    for _ in range(count):
        u = [Fraction(rng.randint(0, 12)) for _ in region["target"]]
        length = sum(a * a for a in u)
        if length:
            scale = root / (_root_below(length / 1024) * 32 + Fraction(1, 100))
            scale *= rng.choice((Fraction(1), Fraction(1), Fraction(1, 2)))
            near = [min(a * scale, Fraction(1)) for a in u]
            yield [1 - a if end else a for a, end in zip(near, region["target"], strict=True)]


def sampled(seed: int, count: int, each: int) -> tuple[Counter[str], list[str], list[str]]:
    """Verdicts by kind, contradictions, and which certified claims turned round are contradicted."""
    rng = random.Random(seed)
    verdicts: Counter[str] = Counter()
    wrong, noticed = [], []
    for certificate in stochastic_certificates(rng, count):
        file = json.loads(certificate.text)
        game, verdict = PlainGame.read(file["game"], file["tremble"]), certificate.verdict
        verdicts[f"{file['region']['kind']} {verdict}"] += 1
        if verdict != "UNDECIDED" and certificate.report.outcome != "accepted":
            wrong.append(f"the checker says {certificate.report}")
        if verdict == "REFUTED" and violates(file, game, fractions(file["proof"]["witness"])) is not True:
            wrong.append(f"no counterexample: {file}")
        if verdict == "CERTIFIED":
            if any(violates(file, game, x) for x in points(file, rng, each)):
                wrong.append(f"a counterexample: {file}")
            opposite = {**file, "game": {**file["game"]}}
            rewards = [[[str(-Fraction(r)) for r in row] for row in rows] for rows in file["game"]["reward"]]
            opposite["game"]["reward"] = rewards
            if file["region"]["kind"] == "alignment":
                opposite["region"] = {**file["region"], "sign": -file["region"]["sign"]}
            turned = PlainGame.read(opposite["game"], file["tremble"])
            if any(violates(opposite, turned, x) for x in points(file, rng, 40)):
                noticed.append(file["region"]["kind"])
    return verdicts, wrong, noticed


def check_sample(seed: int, count: int, each: int) -> None:
    verdicts, wrong, noticed = sampled(seed, count, each)
    assert wrong == []
    undecided = sum(n for name, n in verdicts.items() if "UNDECIDED" in name)
    certified = sum(n for name, n in verdicts.items() if "CERTIFIED" in name)
    assert undecided <= count / 50 and certified >= count / 5, verdicts
    assert any("REFUTED" in name for name in verdicts)
    # Control: the same sampling finds counterexamples to every one of the opposite claims.
    assert len(noticed) == certified


@pytest.mark.thorough
def test_games_of_two_states_by_sampling() -> None:
    check_sample(seed=11, count=24, each=60)


@pytest.mark.thorough
def test_many_games_of_two_states_by_sampling() -> None:
    check_sample(seed=12, count=120, each=500)


def test_certify_says_the_same_in_words() -> None:
    """The verb with a box, a level and a direction in words gives the same regions and verdicts."""
    rng = random.Random(13)
    for _ in range(6):
        game, target = with_equilibrium(rng)
        named = ",".join("A" if end else "B" for end in target)
        r = Fraction(rng.randint(1, 9), 10)
        box = certify(game.game(), named, box=[f"around:{named}:{r}"])
        assert (box.verdict == "CERTIFIED") == true_box(game, target, (r, r))
        ball = certify(game.game(), named, "sublevel", level=rational(r))
        assert (ball.verdict == "CERTIFIED") == true_ball(game, target, r)
