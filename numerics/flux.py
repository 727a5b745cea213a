"""Basin shares of coordination games and their growth with the correction, A3, in floating point with error estimates.

Theory, scope and proofs: :mod:`theory.flux`. Games are rows of eight payoffs, (player 1, player 2) at (0, 0), (0, 1),
(1, 0), (1, 1), action 0 being the target's. Two settings:

* direct coordinates, uniform starts on the square: the closed form;
* log-odds, starts N(0, deviation²) for every player: the stable manifold of the saddle of v + λC is followed outward
  from the saddle on both sides, all games at once, and the start density integrated along with it. With
  s = (x − x̂) + (y − ŷ) and d = (x − x̂) − (y − ŷ), where (x̂, ŷ) is the saddle, it is a graph s(d), because no two of
  its points are ordered, with slope (f₁ + f₂)/(f₁ − f₂), f = v + λC. Outward the manifold attracts, so errors die out.
  The steps (order 8) are even in log(e^d − 1): geometric near the saddle, even in d far from it.

The error is the difference to half as many steps, plus the start mass that the truncated ends could hold. Outside the
proved scope, or where the error is too large, value and error are NaN and the reason is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import DOP853
from scipy.special import logit, ndtr

from numerics.compile import Array, Compiled, compile_program
from numerics.inits import Init, Normal, Uniform
from theory.errors import BadInput
from theory.flux import CASES, logit_program, scope_program, straight_program
from theory.games import AnyGame, finite
from theory.games.symbolic import symbolic_game
from theory.policies import check_coordinates

NOT_COORDINATION = "not a coordination game: (0, 0) and (1, 1) are not both strict equilibria of both players"
TOO_LARGE = "λ is beyond the scope in which the boundary is proved to be the saddle's stable manifold"
NOT_RESOLVED = "the boundary could not be followed accurately enough"

NEAREST = 1e-6  # distance d from the saddle at which the manifold is taken up, in log-odds
STEP = 0.4  # step in log(e^d − 1)
ROUNDING = 1e-12  # floor of the error, relative to max(1, |value|)
REACH = 8.0  # the manifold is followed until |x| or |y| exceeds so many deviations
FARTHEST = 600.0  # d at most, beyond which p(1 − p) is no number
LARGEST_ERROR = 1e-6  # relative to max(1, |value|)
NEWTON = 30  # steps to the saddle, each coordinate by at most 1
LANES = 512  # games per block


@dataclass(frozen=True)
class Estimate:
    """A number with an error estimate, both NaN if it is undecided, for the reason given."""

    value: float
    error: float
    undecided: str


@dataclass(frozen=True)
class Estimates:
    """The same for many games, each of shape (games,); ``undecided`` is empty where the value is decided."""

    values: Array
    errors: Array
    undecided: NDArray[np.str_]

    def at(self, index: int) -> Estimate:
        """One game's estimate."""
        return Estimate(float(self.values[index]), float(self.errors[index]), str(self.undecided[index]))


def payoffs_of(game: AnyGame) -> Array:
    """A game's row of eight payoffs, the target's actions first (each player's first action if it has no target).

    Raises:
        BadInput: not a one-shot game of two players with two actions.
    """
    game = finite(game, "flux")
    if not (game.one_shot and game.players == 2 and all(len(names) == 2 for names in game.actions)):
        raise BadInput(f"flux: game {game.name!r} is not a one-shot game of two players with two actions.")
    first = [game.action_index(i, action) for i, action in enumerate(game.target)] if game.target else [0, 0]
    table = dict(zip(game.joint_actions, game.instance().reward[0], strict=True))
    cells = [table[first[0] ^ i, first[1] ^ j] for i in (0, 1) for j in (0, 1)]
    return np.array([float(entry) for cell in cells for entry in cell])


def flux(game: AnyGame, policy: str, starts: Init) -> Estimate:
    """dP/dλ at λ = 0 for the share P of starts that reach the target under x′ = v + λC.

    Args:
        game: a coordination game of two players and two actions.
        policy: ``direct`` or ``logit``.
        starts: ``Uniform(0, 1)`` for direct, ``Normal(deviation)`` for logit.

    Raises:
        BadInput: another shape of game, or other starts.
    """
    return fluxes(payoffs_of(game)[None], policy, starts).at(0)


def basin_share(game: AnyGame, policy: str, size: float, starts: Init) -> Estimate:
    """P at λ = ``size``, which may be negative; the other arguments are those of :func:`flux`."""
    return basin_shares(payoffs_of(game)[None], policy, size, starts).at(0)


def fluxes(payoffs: ArrayLike, policy: str, starts: Init) -> Estimates:
    """:func:`flux` of many games, rows of eight payoffs."""
    return _measure(payoffs, policy, 0.0, starts, "flux")


def basin_shares(payoffs: ArrayLike, policy: str, size: ArrayLike, starts: Init) -> Estimates:
    """:func:`basin_share` of many games, rows of eight payoffs, at one λ or one for each."""
    return _measure(payoffs, policy, size, starts, "share")


def largest_sizes(payoffs: ArrayLike) -> Array:
    """|λ| below which shares in log-odds are decided, shape (games,); NaN for what is no coordination game."""
    columns = np.asarray(payoffs, dtype=float).T
    largest: Array = _scope()(game=columns)["largest_size"][0]
    return np.where(_coordination(columns), largest, np.nan)


# ------------------------------------------------------------------------------------------------- both settings


def _measure(payoffs: ArrayLike, policy: str, size: ArrayLike, starts: Init, block: str) -> Estimates:
    rows = np.asarray(payoffs, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != 8:
        raise BadInput(f"flux: payoffs need shape (games, 8), not {rows.shape}.")
    sizes = np.broadcast_to(np.asarray(size, dtype=float), len(rows))
    deviation = _deviation(check_coordinates(policy), starts)
    values, errors = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    undecided = np.full(len(rows), "", dtype=f"<U{max(map(len, (NOT_COORDINATION, TOO_LARGE, NOT_RESOLVED)))}")
    undecided[~_coordination(rows.T)] = NOT_COORDINATION
    inside = _in_scope(rows.T, sizes, deviation)
    undecided[(undecided == "") & ~inside] = TOO_LARGE
    quantity = _Share if block == "share" else _Flux
    chosen = np.flatnonzero(undecided == "")
    for first in range(0, len(chosen), LANES):
        part = chosen[first : first + LANES]
        if deviation is None:
            values[part], errors[part] = _closed_form(rows[part].T, sizes[part], block)
        else:
            values[part], errors[part] = _followed(rows[part].T, sizes[part], deviation, quantity)
    unclear = (undecided == "") & ~(errors <= LARGEST_ERROR * np.maximum(1, abs(values)))
    values[unclear], errors[unclear], undecided[unclear] = np.nan, np.nan, NOT_RESOLVED
    return Estimates(values, errors, undecided)


def _deviation(policy: str, starts: Init) -> float | None:
    if policy == "direct" and starts == Uniform(0, 1):
        return None
    if policy == "logit" and isinstance(starts, Normal) and starts.deviation > 0:
        return starts.deviation
    needed = "uniform:0:1" if policy == "direct" else "normal:SD with SD > 0"
    raise BadInput(f"flux: shares of {policy} policies need starts {needed}, not {starts}.")


@lru_cache
def _scope() -> Compiled:
    program = scope_program(symbolic_game((2, 2)))
    return compile_program(program, {"game": program.inputs})


@lru_cache
def _straight() -> Compiled:
    program = straight_program(symbolic_game((2, 2)))
    return compile_program(program, {"size": program.inputs[:1], "game": program.inputs[1:]})


@lru_cache
def _fields(*blocks: str) -> Compiled:
    program = logit_program(symbolic_game((2, 2)), blocks)
    groups = {"parameters": program.inputs[:2], "size": program.inputs[2:3], "game": program.inputs[3:]}
    return compile_program(program, groups)


def _coordination(columns: Array) -> NDArray[np.bool_]:
    at = _scope()(game=columns)
    return np.asarray((at["rates"] > 0).all(0) & ((at["saddle"] > 0) & (at["saddle"] < 1)).all(0))


def _in_scope(columns: Array, sizes: Array, deviation: float | None) -> NDArray[np.bool_]:
    if deviation is None:
        return np.asarray((_straight()(size=sizes[None], game=columns)["scope"] > 0).all(0))
    return np.asarray(abs(sizes) < _scope()(game=columns)["largest_size"][0])


def _closed_form(columns: Array, sizes: Array, block: str) -> tuple[Array, Array]:
    at = _straight()(size=sizes[None], game=columns)
    right, top = at["above"] > 0
    case = np.choose(right, (0, CASES.index((True, False)))) + top
    values: Array = np.take_along_axis(at[block], case[None], axis=0)[0]
    # Rounding: a rate D is a sum of four payoffs, and up to three powers of it are divided by.
    lost = abs(columns).max(0) / _scope()(game=columns)["rates"].min(0)
    return values, 64 * np.finfo(float).eps * lost**3 * np.maximum(1, abs(values))


# ----------------------------------------------------------------------------------- log-odds: along the manifold

_SIDES = np.array([[1.0], [-1.0]])  # d > 0 where x > x̂ and y < ŷ, and d < 0


@dataclass(frozen=True)
class _Saddles:
    """Games with their saddles; arrays end in the axis (games,)."""

    columns: Array
    sizes: Array
    deviation: float
    place: Array
    slope: Array  # ds/dd of the manifold there
    growth: Array  # the positive eigenvalue

    def at(self, fields: Compiled, x: Array, y: Array) -> dict[str, Array]:
        """Blocks at points of shape (2 sides, games)."""
        return fields(parameters=np.stack([x, y]), size=self.sizes[None, None], game=self.columns[:, None])

    def density(self, x: Array) -> Array:
        scaled: Array = x / self.deviation
        return np.asarray(np.exp(-(scaled**2) / 2) / (np.sqrt(2 * np.pi) * self.deviation))

    def below(self, x: Array) -> Array:
        return np.asarray(ndtr(x / self.deviation))

    def missed(self, x: Array, y: Array) -> Array:
        """Start mass on one side of a falling curve beyond its followed ends, x < x_left or x > x_right, at most."""
        right, left = np.minimum(self.below(-x[0]), self.below(y[0])), np.minimum(self.below(x[1]), self.below(-y[1]))
        return np.asarray(right + left)


class _Share:
    """State (s, P): the share above the curve, ∫ density(x) · P(start's y above the curve) dx."""

    def __init__(self, saddles: _Saddles) -> None:
        self.saddles, self.fields = saddles, _fields("field")

    def start(self, x: Array, y: Array) -> list[Array]:
        return [NEAREST * self.rates(x, y, np.empty(0))[1]]

    def rates(self, x: Array, y: Array, state: Array) -> list[Array]:
        at = self.saddles
        first, second = at.at(self.fields, x, y)["field"]
        gap = first - second
        return [_SIDES * (first + second) / gap, at.density(x) * at.below(-y) * first / gap]

    def finish(self, x: Array, y: Array, found: Array) -> Array:
        return np.asarray(found + self.saddles.below(-x[0]))  # right of the followed part everything is above


class _Flux:
    """State (s, w, P) of A3: outward w obeys −w′ = |v|⟨C, n⟩ − w div v in the flow time, and P collects ρ w dτ."""

    def __init__(self, saddles: _Saddles) -> None:
        self.saddles, self.fields = saddles, _fields("gradient", "divergence", "correction")

    def start(self, x: Array, y: Array) -> list[Array]:
        width = self.across(self.blocks(x, y)) / self.saddles.growth
        return [width, NEAREST * self.rates(x, y, np.stack([x, width]))[2]]

    def rates(self, x: Array, y: Array, state: Array) -> list[Array]:
        at, blocks = self.saddles, self.blocks(x, y)
        first, second = blocks["gradient"]
        speed = abs(first - second)  # at which d falls toward the saddle
        width = state[1]
        return [
            _SIDES * (first + second) / (first - second),
            (self.across(blocks) - width * blocks["divergence"][0]) / speed,
            at.density(x) * at.density(y) * width / speed,
        ]

    def blocks(self, x: Array, y: Array) -> dict[str, Array]:
        return self.saddles.at(self.fields, x, y)

    def across(self, blocks: dict[str, Array]) -> Array:
        """|v|⟨C, n⟩."""
        (v1, v2), (c1, c2) = blocks["gradient"], blocks["correction"]
        return np.asarray(_SIDES * (v2 * c1 - v1 * c2))

    def finish(self, x: Array, y: Array, found: Array) -> Array:
        return found


def _followed(columns: Array, sizes: Array, deviation: float, quantity: type[_Share | _Flux]) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):  # what overflows becomes NaN, and its game undecided
        saddles = _saddles(columns, sizes, deviation)
        reach = 2 * (REACH * deviation + abs(saddles.place).max(0))
        reach = np.where(reach < FARTHEST, reach, np.nan)
        last = reach + np.log(-np.expm1(-reach)) - np.log(NEAREST)
        steps = max(2, int(np.nanmax(last, initial=0.0) / STEP))
        coarse, _ = _follow(saddles, quantity(saddles), last, steps // 2)
        fine, missed = _follow(saddles, quantity(saddles), last, steps)
        return fine, abs(fine - coarse) + missed + ROUNDING * np.maximum(1, abs(fine))


def _saddles(columns: Array, sizes: Array, deviation: float) -> _Saddles:
    fields = _fields("field", "jacobian")
    place = np.asarray(logit(_scope()(game=columns)["saddle"]))
    for _ in range(NEWTON):
        at = fields(parameters=place, size=sizes[None], game=columns)
        (f, g), (a, b, c, d) = at["field"], at["jacobian"]
        determinant = a * d - b * c
        step = np.stack([d * f - b * g, a * g - c * f]) / determinant
        place = place - np.clip(step, -1, 1)
    a, b, c, d = fields(parameters=place, size=sizes[None], game=columns)["jacobian"]
    root = np.sqrt((a - d) ** 2 / 4 + b * c)
    along = (a + d) / 2 - root - a  # (b, along) is the stable direction
    settled = (abs(step).max(0) < 1e-9) & (b > 0) & (c > 0) & (b * c > a * d)
    slope = np.where(settled, (b + along) / (b - along), np.nan)
    return _Saddles(columns, sizes, deviation, place, slope, (a + d) / 2 + root)


def _follow(saddles: _Saddles, quantity: _Share | _Flux, last: Array, steps: int) -> tuple[Array, Array]:
    """(value, start mass beyond the ends) after integrating over t = log((e^|d| − 1)/NEAREST) from 0 to ``last``."""
    size = last / steps

    def place(t: Array, s: Array) -> tuple[Array, Array]:
        d = _SIDES * np.logaddexp(0, t + np.log(NEAREST))
        return saddles.place[0] + (s + d) / 2, saddles.place[1] + (s - d) / 2

    def rates(t: Array, state: Array) -> Array:
        stretch = 1 / (1 + np.exp(-t) / NEAREST)  # d|d|/dt
        return np.stack(quantity.rates(*place(t, state[0]), state)) * stretch

    t = np.zeros_like(last)
    s = _SIDES * saddles.slope * np.log1p(NEAREST)
    state = np.stack([s, *quantity.start(*place(t, s))])
    for number in range(steps):
        t = number * size
        stages = np.empty((DOP853.n_stages, *state.shape))
        for k, (row, node) in enumerate(zip(DOP853.A, DOP853.C, strict=True)):
            stages[k] = rates(t + node * size, state + size * np.tensordot(row[:k], stages[:k], axes=1))
        state = state + size * np.tensordot(DOP853.B, stages, axes=1)
    x, y = place(last, state[0])
    fell = (x[0] >= saddles.place[0]) & (y[0] <= saddles.place[1])
    fell &= (x[1] <= saddles.place[0]) & (y[1] >= saddles.place[1])
    value = quantity.finish(x, y, state[-1].sum(0))
    return np.where(fell, value, np.nan), saddles.missed(x, y)
