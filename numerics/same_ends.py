"""Where annealed runs of random games end, beside policy gradient from the point of entry and beside constant λ.

Entry is exact: a run has entered when it is in a box that is certified for all λ that are still to come (C13.region).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Integer, Rational

from numerics.annealing import TwoPhase
from numerics.compile import Array
from numerics.dynamics import Learning, run
from numerics.recovery import path_of, peer_learning
from numerics.statistics import Booleans
from theory.annealing import SignBox, process, sign_box
from theory.equilibria import StationaryProfile
from theory.exact import Undecided
from theory.games import Game, normal_form
from theory.rest_points import rest_bound

Row = dict[str, Any]


def planted(game: Game, bonus: Rational) -> Game:
    """The game with a bonus for every player in every state when all play their first action.

    With payoffs in [−1, 1], γ ≤ 1/2 and a bonus of at least 5 the profile of first actions is a strict equilibrium in
    every state: a deviation loses the bonus, and gains at most 2 now and 2γ/(1 − γ) later.
    """
    first = game.joint_actions.index((0,) * game.players)
    reward = tuple(
        tuple(tuple(entry + bonus * (k == first) for entry in row) for k, row in enumerate(rows))
        for rows in game.reward
    )
    return replace(game, reward=reward)


def _payoff(draw: random.Random) -> Rational:
    return Rational(draw.randint(-12, 12), 4)


def _gap(draw: random.Random) -> Rational:
    return Rational(draw.randint(4, 12), 4)


def _two_by_two(name: str, rows: Sequence[tuple[Rational, Rational, Rational, Rational]]) -> Game:
    """A 2×2 game from (R, S, T, P) of each player: own first action against first and second, then own second one."""
    (r1, s1, t1, p1), (r2, s2, t2, p2) = rows
    cells: dict[tuple[int, ...], tuple[Rational, ...]] = {
        (0, 0): (r1, r2), (0, 1): (s1, t2), (1, 0): (t1, s2), (1, 1): (p1, p2)
    }  # fmt: skip
    return normal_form(name, (("A", "B"),) * 2, cells)


def random_coordination(draw: random.Random) -> Game:
    """A 2×2 game with random payoffs in which both pure profiles of equal actions are strict equilibria."""
    rows = []
    for _ in range(2):
        s, t = _payoff(draw), _payoff(draw)
        rows.append((t + _gap(draw), s, t, s + _gap(draw)))
    return _two_by_two("random coordination", rows)


def random_hunt(draw: random.Random) -> Game:
    """A coordination game, players not alike, whose second actions are an equilibrium that large λ loses.

    T > P: each gains if the other leaves it. R − S − T + P > 0, so there the correction pushes both away from it.
    """
    rows = []
    for _ in range(2):
        p = _payoff(draw)
        t = p + _gap(draw)
        rows.append((t + _gap(draw), p - _gap(draw), t, p))
    return _two_by_two("random hunt", rows)


def random_dilemma(draw: random.Random) -> Game:
    """A dilemma, players not alike, whose first actions, no equilibrium, are kept by a large constant λ.

    T > R > P > S and R − S − T + P > 0: the second actions are dominant, and the correction pushes both to the first.
    """
    rows = []
    for _ in range(2):
        s, tempted, more, rise = _payoff(draw), _gap(draw), _gap(draw), _gap(draw)
        p = s + tempted + more  # P − S exceeds T − R
        rows.append((p + rise, s, p + rise + tempted, p))
    return _two_by_two("random dilemma", rows)


def random_two_state(draw: random.Random) -> Game:
    """A game of two players, two actions and two states with a planted strict equilibrium, from both states.

    Both gain from the other's second action, without effect on their own choice in that state, so that a large λ loses
    the equilibrium.
    """

    def share() -> tuple[Rational, Rational]:
        p = Rational(draw.randint(0, 4), 4)
        return p, 1 - p

    reward = tuple(tuple(tuple(Rational(draw.randint(-4, 4), 4) for _ in range(2)) for _ in range(4)) for _ in range(2))
    game = Game(
        name="random two-state",
        actions=(("A", "B"),) * 2,
        states=("s1", "s2"),
        start=(Rational(1, 2),) * 2,
        transition=tuple(tuple(share() for _ in range(4)) for _ in range(2)),
        reward=reward,
        discount=Rational(draw.randint(0, 2), 4),
        observations=("s1", "s2"),
        observed=(0, 1),
    )
    return spilled(planted(game, Rational(5 + draw.randint(0, 4))), Rational(12))


def spilled(game: Game, amount: Rational) -> Game:
    """The game of two players with a further payoff for each when the other plays the second action."""
    reward = tuple(
        tuple(
            tuple(entry + amount * joint[1 - player] for player, entry in enumerate(row))
            for joint, row in zip(game.joint_actions, rows, strict=True)
        )
        for rows in game.reward
    )
    return replace(game, reward=reward)


def entry_box(game: Game, profile: StationaryProfile) -> SignBox:
    """A certified sign box for λ up to half of what makes the correction as large as v in some coordinate, at most 1.

    That is at most half of what loses the profile.
    """
    gaps = rest_bound(game, profile).gaps.values()
    return sign_box(game, profile, min([Rational(1), *(gap / abs(pull) / 2 for gap, pull in gaps if pull)]))


def bounded_box(game: Game, profile: StationaryProfile) -> tuple[SignBox, Rational]:
    """A certified sign box for λ up to half of what loses the profile, and the λ that does.

    Raises:
        Undecided: no λ does.
    """
    bound = rest_bound(game, profile).bound
    if bound is None:
        raise Undecided(f"{game.name}: no lambda loses {profile}")
    return sign_box(game, profile, bound / 2), bound


@dataclass(frozen=True)
class Plan:
    """Runs with a correction that is annealed, and the box that is certified for the rest of the schedule.

    Attributes:
        box: certified for λ up to ``box.largest``.
        amount: λ at first.
        lr: step size.
        anneal: how λ falls.
        steps: of the whole run.
    """

    box: SignBox
    amount: Rational
    lr: float
    anneal: TwoPhase
    steps: int

    @property
    def begun(self) -> int:
        """The first step at which λ_n has fallen, to where it stays in the box's range.

        Raises:
            ValueError: there is none.
        """
        share = float(self.box.largest / self.amount)
        for number in range(self.anneal.steps + 1, self.steps):
            factor = self.anneal.factor(number)
            if factor < 1 and factor <= share:
                return number
        raise ValueError(f"lambda does not come below {self.box.largest} in {self.steps} steps")

    def placed(self, shares: Array) -> Array:
        """Starts in the box, from their shares of the way from the corner to the far side, (parameters, starts)."""
        corner = _column(self.box.corner)
        return corner + (1 - 2 * corner) * float(self.box.radius) * shares

    def ends(self, starts: Array) -> Ends:
        """Run annealed, by policy gradient from the points of entry, and with the correction kept."""
        corner, columns = _column(self.box.corner), np.arange(starts.shape[1])

        def learning(amount: float, anneal: TwoPhase | None = None) -> Learning:
            return peer_learning(self.box.game, "direct", amount, self.lr, anneal)

        path = path_of(learning(float(self.amount), self.anneal), starts, self.steps)
        inside = np.asarray((np.abs(path - corner) <= float(self.box.radius)).all(axis=1))
        inside &= (np.arange(len(path)) >= self.begun)[:, None]
        entry = inside.argmax(axis=0)
        places = path[entry, :, columns].T
        return Ends(
            annealed=path[-1],
            plain=run(learning(0.0), places, self.steps),
            constant=run(learning(float(self.amount)), starts, self.steps),
            corner=corner,
            entered=np.asarray(inside.any(axis=0)),
            late=np.asarray((places != corner).any(axis=0)),
        )


@dataclass(frozen=True)
class Ends:
    """Where the runs of a :class:`Plan` end; arrays of ends have the shape (parameters, starts).

    Attributes:
        annealed: of the annealed runs.
        plain: of policy gradient from where these have entered: in the box, with λ_n fallen to the box's range.
        constant: with the correction kept.
        corner: the box's pure profile, shape (parameters, 1).
        entered: whether a run does, shape (starts,).
        late: whether it is not yet at the corner when it enters.
    """

    annealed: Array
    plain: Array
    constant: Array
    corner: Array
    entered: Booleans
    late: Booleans

    @property
    def same(self) -> bool:
        """Whether annealed and plain runs all end at the corner itself."""
        return bool((self.annealed == self.corner).all() and (self.plain == self.corner).all())

    @property
    def without(self) -> Booleans:
        """Whether a run ends at the corner with the correction kept too, shape (starts,)."""
        return np.asarray((self.constant == self.corner).all(axis=0))


def _column(entries: Sequence[int]) -> Array:
    return np.array(entries, dtype=float)[:, None]


STRIDES, SHORTEST = 8, 48  # steps of the largest push through a box, and of the smallest one at least
AWAY = 2  # steps at the first λ, where that is beyond what the corner survives


def _largest_push(game: Game, points: Sequence[Sequence[Rational]], amount: Rational) -> float:
    """The largest |v + λC| entrywise at some points, for λ = 0 and λ = amount: a scale for step sizes."""
    at = np.array(points, dtype=float).T
    fields = (peer_learning(game, "direct", float(size), 1.0).update(at) for size in (Rational(0), amount))
    return max(float(np.abs(field).max()) for field in fields)


def _pace(box: SignBox, amount: Rational) -> tuple[float, int]:
    """A step size with at least :data:`STRIDES` steps through the box in every coordinate, and the steps that suffice.

    In the worst case :data:`SHORTEST` steps are needed, or more. Two-player one-shot games have their least push at a
    vertex of the box (:meth:`theory.annealing.SignBox.least_push`); elsewhere it is at least the margin.
    """
    largest = _largest_push(box.game, box.starts(), amount)
    least = float(box.least_push(box.starts()) if box.game.one_shot else box.margin)
    lr = float(box.radius) / max(STRIDES * largest, SHORTEST * least)
    return lr, math.ceil(float(box.radius) / (lr * least)) + 1  # one more for rounding


def within(box: SignBox, anneal: TwoPhase | None = None) -> Plan:
    """λ_n in the box's range throughout, falling from the first step on, in small steps."""
    lr, steps = _pace(box, box.largest)
    return Plan(box, box.largest, lr, TwoPhase(0, 1.0, 8.0) if anneal is None else anneal, steps)


def lost(game: Game, profile: StationaryProfile) -> Plan:
    """λ at first twice what loses the equilibrium, then falling fast.

    Starts in the nearer half of the box are still in it when λ_n is in the box's range: until then they make less than
    :data:`STRIDES`/2 steps. With constant λ one coordinate of the corner is pushed away from it, so that no run rests.

    Raises:
        Undecided: no λ loses the equilibrium.
    """
    box, bound = bounded_box(game, profile)
    amount = 2 * bound
    lr, steps = _pace(box, amount)
    plan = Plan(box, amount, lr, TwoPhase(AWAY, 2.0, 1.0), STRIDES + steps)
    if plan.begun > STRIDES // 2:
        raise Undecided(f"{game.name}: lambda_n is too large for {plan.begun} steps")
    return plan


def kept(game: Game) -> Plan:
    """A game of :func:`random_dilemma` with λ at first twice what keeps the first actions, and then falling fast.

    To be started there. The box is at the second actions; policy gradient comes to it from everywhere, at least at the
    smallest speed of v at the square's corners.
    """
    pulled = process(game)
    first = dict.fromkeys(pulled.symbols, Integer(1))
    keeps = max(-v.subs(first) / m.subs(first) for v, m in zip(pulled.field, pulled.correction, strict=True))
    box, _ = bounded_box(game, ((1,), (1,)))
    square = replace(box, radius=Rational(1), largest=Rational(0))
    slowest = float(square.least_push(square.starts()))
    lr = 1 / (STRIDES * _largest_push(game, square.starts(), Rational(0)))
    # Twice what policy gradient takes across the square, and time for λ_n to fall to 1/100 of the first.
    return Plan(box, 2 * keeps, lr, TwoPhase(AWAY, 2.0, 1.0), AWAY + 10 + math.ceil(2 / (lr * slowest)))


def same_ends(coordination: int, stochastic: int, starts: int, seed: int) -> list[Row]:
    """Random games: annealed runs against policy gradient from where they have entered.

    Kinds of rows: ``within``, λ_n in the box's range throughout; ``lost``, λ at first beyond what loses the
    equilibrium, which is the first start; ``kept``, λ at first beyond what keeps another corner, which is the start.

    Args:
        coordination: number of 2×2 games of every kind; within, both equilibria are taken.
        stochastic: number of two-state games, each within and lost.
        starts: random starts in every box.
        seed: of games and starts.
    """
    draw, stream = random.Random(seed), np.random.default_rng(seed)
    plans: list[tuple[str, Plan]] = []
    for _ in range(coordination):
        game = random_coordination(draw)
        plans += [("within", within(entry_box(game, ((action,), (action,))))) for action in range(2)]
        plans += [("lost", lost(random_hunt(draw), ((1,), (1,)))), ("kept", kept(random_dilemma(draw)))]
    for _ in range(stochastic):
        game, first = random_two_state(draw), ((0, 0), (0, 0))
        plans += [("within", within(entry_box(game, first))), ("lost", lost(game, first))]
    rows = []
    for kind, plan in plans:
        box = plan.box
        shares = stream.uniform(0, 1, (len(box.corner), starts))
        if kind == "lost":
            shares = np.hstack([np.zeros((len(box.corner), 1)), shares / 2])
        ends = plan.ends(np.ones((2, 1)) if kind == "kept" else plan.placed(shares))
        rows.append(
            {
                "game": box.game.name,
                "kind": kind,
                "corner": str(box.corner),
                "first_lambda": str(plan.amount),
                "largest_lambda": str(box.largest),
                "side": str(box.radius),
                "margin": str(box.margin),
                "a": plan.lr,
                "steps": plan.steps,
                "decay_from": plan.anneal.steps,
                "in_range_from": plan.begun,
                "starts": len(ends.entered),
                "entered": int(ends.entered.sum()),
                "arrived_after_entry": int(ends.late.sum()),
                "same": ends.same,
                "at_corner_with_constant_lambda": int(ends.without.sum()),
            }
        )
    return rows
