"""How much constant correction a strict pure equilibrium survives under projection, direct coordinates.

At a pure profile every player's policy in a state is a vertex of a simplex. The projected field of v + λC rests there
exactly if v + λC lies in the normal cone of the vertices, that is, if in every state and for every other action b

    gap(b) + λ pull(b) ≥ 0,    gap(b) = v_a − v_b,    pull(b) = C_a − C_b        (a the profile's action),

in the coordinates of the policy: with two actions the one parameter is the first action's probability and the
difference is ±v; with three or more there is a parameter for every action and gradients are tangent to the simplex.
Both sides are affine in λ, so the profile rests exactly for 0 ≤ λ ≤ bound, the least gap/(−pull) over negative pulls.

Below the bound all sums are ≥ m > 0 at the profile, so > m/2 near it, and the profile attracts: the share Σ_b π(b) of
the other actions in a state falls at a rate bounded below until it is 0 (the field points at the vertex along every
edge, and the projection of a small step onto the simplex only removes what leaves it). Above the bound some b grows.

In a state that play does not reach, gap = 0. There the profile rests for no λ > 0 as soon as one pull is negative:
a strict equilibrium needs every state reached, by a full-support start or by tremble.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import flint
from sympy import Expr, Integer, Rational, Symbol

from theory import exact
from theory.balls import precision
from theory.decomposition import decompose, differentiated_unroll
from theory.equilibria import StationaryProfile, as_parameters, check_profile
from theory.errors import BadInput
from theory.games.model import Game
from theory.policies import parameters, parameters_per_state
from theory.program import Program
from theory.pure_equilibria import trembling
from theory.symbols import alpha
from theory.values import Vector

Place = tuple[int, int, int]  # player, state, another action


@dataclass(frozen=True)
class RestBound:
    """For which λ a pure profile is a rest point of the projected field v + λC.

    Attributes:
        profile: one action per player and state.
        bound: it rests exactly for 0 ≤ λ ≤ bound; ``None`` if for every λ ≥ 0.
        where: (player, state, action) at which it is lost first, ``None`` without a bound.
        gaps: (gap, pull) by (player, state, action): v_a − v_b and C_a − C_b.
    """

    profile: StationaryProfile
    bound: Rational | None
    where: Place | None
    gaps: Mapping[Place, tuple[Rational, Rational]]

    def attracts(self, amount: Rational) -> bool:
        """Whether every gap + λ pull is > 0: then the profile attracts all starts near it, in finite time."""
        return all(gap + amount * pull > 0 for gap, pull in self.gaps.values())


def rest_bound(game: Game, profile: StationaryProfile, tremble: object = 0) -> RestBound:
    """The largest λ for which a pure profile rests, with the peer-learning correction C (over α, expanded form, L = 1).

    Args:
        game: any finite game, taken at its current parameters.
        profile: one action per player and state.
        tremble: ε in [0, 1); the parameters are then the intended probabilities (:func:`trembling`).

    Raises:
        BadInput: the profile does not fit the game, or is no rest point of v itself.
    """
    return bound_of(profile, corner_gaps(_played(game, tremble), profile))


@lru_cache(maxsize=16)
def _terms(game: Game) -> Program:
    return decompose(game, form="expanded").program


@lru_cache(maxsize=16)
def _whole_step(game: Game) -> Program:
    return differentiated_unroll(game)


def _played(game: Game, tremble: object) -> Game:
    size = exact.rational(tremble, f"game {game.name!r}: tremble")
    return trembling(game, size) if size != 0 else game.instance()


def bound_of(profile: StationaryProfile, gaps: Mapping[Place, tuple[Rational, Rational]]) -> RestBound:
    """The bound that gaps and pulls leave.

    Raises:
        BadInput: a gap is negative.
    """
    if any(gap < 0 for gap, _ in gaps.values()):
        raise BadInput(f"{profile} is no rest point without correction.")
    found = min(((gap / -pull, place) for place, (gap, pull) in gaps.items() if pull < 0), default=None)
    bound, where = (None, None) if found is None else found
    return RestBound(profile, bound, where, gaps)


def corner_gaps(game: Game, profile: StationaryProfile) -> dict[Place, tuple[Rational, Rational]]:
    """(v_a − v_b, C_a − C_b) for every player, state and other action, from the decomposition's terms."""
    return _differences(game, profile, *_slopes_at(game, profile))


@lru_cache(maxsize=64)
def _slopes_at(game: Game, profile: StationaryProfile) -> tuple[list[Vector], list[Vector]]:
    """The gradient v and the correction C of every player at a profile, from the decomposition's terms."""
    terms = _terms(game).at({**_corner(game, profile), alpha: Integer(1)})
    speeds, pulls = ([terms[f"{name}_{i + 1}"] for i in range(game.players)] for name in ("current", "peer"))
    return speeds, pulls


def stays_projected(game: Game, profile: StationaryProfile, amount: Rational) -> bool:
    """Whether one exact projected step of v + λC leaves a pure profile where it is: a rest point's definition.

    The second route from v and C to the bound: probabilities are moved and projected, no gap is formed. The length of
    the step does not matter at a vertex of a polytope.

    Args:
        game: any finite game, taken at its current parameters.
        profile: one action per player and state.
        amount: λ.
    """
    game = game.instance()
    speeds, pulls = _slopes_at(game, profile)
    for names, policy, speed, pull in zip(game.actions, profile, speeds, pulls, strict=True):
        field = [v + amount * c for v, c in zip(speed, pull, strict=True)]
        width = parameters_per_state(len(names))
        for state, own in enumerate(policy):
            step = field[state * width : (state + 1) * width]
            corner = [Integer(int(action == own)) for action in range(len(names))]
            if width == 1:
                moved = [min(max(corner[0] + step[0], Integer(0)), Integer(1))]
            else:
                moved = project_on_simplex([x + dx for x, dx in zip(corner, step, strict=True)])
            if moved != corner[:width]:
                return False
    return True


def project_on_simplex(point: Sequence[Rational]) -> list[Rational]:
    """The nearest point with entries ≥ 0 and sum 1 (Held, Wolfe and Crowder 1974): max(x − θ, 0) with one shift θ."""
    ordered = sorted(point, reverse=True)
    shifts = [(sum(ordered[: k + 1], Integer(0)) - 1) / (k + 1) for k in range(len(ordered))]
    shift = [t for entry, t in zip(ordered, shifts, strict=True) if entry > t][-1]
    return [max(entry - shift, Integer(0)) for entry in point]


def unrolled_gaps(game: Game, profile: StationaryProfile) -> dict[Place, tuple[Rational, Rational]]:
    """The same by differentiating a whole inner step: the second route.

    The derivative of Vⁱ(φ + αv(φ)) in φⁱ is g_i + α[(Dv·v)_i + ∇_i∇_iVⁱ g_i + C_i] + O(α²). The first two brackets are
    derivatives of v along v and along player i's part of v, taken on power series; C_i is what is left.
    """
    program = _whole_step(game)
    names = [f"total_{i + 1}" for i in range(game.players)]
    corner = _corner(game, profile)
    flat = [symbol for row in parameters(game, "direct") for symbol in row]
    zero = flint.fmpq(0)

    def constant(number: Rational) -> Any:
        return flint.fmpq_series([exact.to_fmpq(number)], prec=2)

    def slopes(along: Sequence[flint.fmpq], size: flint.fmpq) -> list[list[tuple[Any, Any]]]:
        """Coefficients of 1 and t of the derivative at φ + t·along, with α = size·t."""
        here = {symbol: constant(value) for symbol, value in corner.items()}
        for symbol, weight in zip(flat, along, strict=True):
            here[symbol] += flint.fmpq_series([zero, weight], prec=2)
        here[alpha] = flint.fmpq_series([zero, size], prec=2)
        results = program.run(here, constant)
        return [[(entry[0], entry[1]) for entry in results[name]] for name in names]

    with precision("cap", 2):
        unrolled = slopes([zero] * len(flat), flint.fmpq(1))
        speed = [[first for first, _ in row] for row in unrolled]
        whole = slopes([entry for row in speed for entry in row], zero)
        pulls = []
        for player, row in enumerate(unrolled):
            mine = [entry if i == player else zero for i, other in enumerate(speed) for entry in other]
            own = slopes(mine, zero)[player]
            pulls.append(
                [
                    exact.from_fmpq(flint.fmpq(total - drift - bend))
                    for (_, total), (_, drift), (_, bend) in zip(row, whole[player], own, strict=True)
                ]
            )
    return _differences(game, profile, [[exact.from_fmpq(flint.fmpq(e)) for e in row] for row in speed], pulls)


def payoff_gaps(game: Game, profile: StationaryProfile) -> dict[Place, tuple[Rational, Rational]]:
    """The same for one-shot games from the payoff table alone, without any derivative.

    With u_j(b) the payoffs of j at the profile where player i (and j) choose other actions, centred over the actions
    that vary: C_i(a) = Σ_j Σ_b [u_j(a, b) centred in both] [u_i(b) centred] · (2 for two actions: their one coordinate
    moves both probabilities).
    """
    game = game.instance()
    if not game.one_shot:
        raise BadInput(f"game {game.name!r}: payoff tables are read for one-shot games.")
    joint = tuple(policy[0] for policy in profile)
    index = {actions: k for k, actions in enumerate(game.joint_actions)}

    def payoff(of: int, changes: Mapping[int, int]) -> Expr:
        actions = tuple(changes.get(i, a) for i, a in enumerate(joint))
        return game.reward[0][index[actions]][of]

    speeds, pulls = [], []
    for i, names in enumerate(game.actions):
        width = range(len(names))
        gain = [payoff(i, {i: a}) for a in width]
        pull = [Integer(0) for _ in width]
        for j, others in enumerate(game.actions):
            if j == i:
                continue
            over = range(len(others))
            spill = _centred([payoff(i, {j: b}) for b in over])
            rows = [_centred([payoff(j, {i: a, j: b}) for b in over]) for a in width]
            scale = 2 if len(others) == 2 else 1
            pull = [
                x + scale * sum((r * s for r, s in zip(row, spill, strict=True)), Integer(0))
                for x, row in zip(pull, rows, strict=True)
            ]
        two = len(names) == 2  # the parameter is the first probability: its derivative is a difference
        speeds.append([gain[0] - gain[1]] if two else gain)
        pulls.append([pull[0] - pull[1]] if two else pull)
    return _differences(game, profile, speeds, pulls)


def _centred(entries: Sequence[Expr]) -> list[Expr]:
    mean = sum(entries, Integer(0)) / len(entries)
    return [entry - mean for entry in entries]


def _corner(game: Game, profile: StationaryProfile) -> dict[Symbol, Expr]:
    check_profile(game, profile)
    chances = [
        [[Integer(int(action == own)) for action in range(len(names))] for own in policy]
        for names, policy in zip(game.actions, profile, strict=True)
    ]
    return {**as_parameters(game, chances), **dict(game.parameters)}


def _differences(
    game: Game, profile: StationaryProfile, speeds: Sequence[Sequence[Expr]], pulls: Sequence[Sequence[Expr]]
) -> dict[Place, tuple[Rational, Rational]]:
    found = {}
    for player, (names, policy) in enumerate(zip(game.actions, profile, strict=True)):
        width = parameters_per_state(len(names))
        for (state, own), other in product(enumerate(policy), range(len(names))):
            if other == own:
                continue
            gap, pull = (
                _difference(row[player][state * width : (state + 1) * width], own, other) for row in (speeds, pulls)
            )
            found[player, state, other] = (gap, pull)
    return found


def _difference(entries: Sequence[Expr], own: int, other: int) -> Rational:
    if len(entries) == 1:
        return entries[0] if own == 0 else -entries[0]
    return entries[own] - entries[other]
