"""Learning rules by linear algebra, for games too large to expand into a program of scalar steps.

The rules of :mod:`theory.updates` ask a point φ for gradients and Hessian-vector products and combine them by plain
arithmetic. :class:`ArrayPoint` answers from arrays over the batch, with one LU factorisation of M = I − γP_π per point
and start and two triangular solves per Hessian-vector product (see :mod:`theory.values` for the formulas), so the same
rule code runs as in the exact derivation. Policies and their derivatives are compiled from :mod:`theory.policies`.

An update costs O(S³) per start and point of the path. Expanding costs that many symbolic steps, once. Sums are those
of the linear algebra library: the last bits of a start may depend on the batch it is in and on the library's threads.

Factors are pivoted here, while programs eliminate without pivoting: at parameters outside the probabilities where a
pivot vanishes although the value is finite, a program gives inf or NaN and this gives the value. A singular M gives inf
or NaN here too, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import lapack
from sympy import Integer, S

from numerics.compile import Array, Compiled, compile_program, game_values
from numerics.game_arrays import GameArrays, game_arrays
from theory.decomposition import check_unroll, rule_of
from theory.errors import BadInput
from theory.games import AnyGame, DifferentiableGame, Game, normal_form
from theory.games.differentiable import finite
from theory.policies import Coordinates, coordinates_of, local_policies, parameters, parameters_per_state
from theory.program import Builder
from theory.updates import FORMS, SPLITS, Form, Rule, Split, Unroll
from theory.values import Parameters, Vector

# Entries of the factored matrices of one point (128 MiB): more starts than fit are done one group after another.
MOST_ENTRIES = 2**24
# Programs with more operations are no faster, as NumPy functions, than solving for batches up to 512, after half a
# minute to derive and compile them. Kernels stop at fewer (:mod:`numerics.kernels`).
MOST_OPERATIONS = 40_000


def too_large(game: AnyGame, unroll: int = 1) -> bool:
    """Whether expanding the rules of a game into programs takes so long that solving is the better way.

    The operations of an unrolled Meta-MAPG update in direct coordinates are estimated from the counts of 22 programs
    (2 to 46 states, 2 to 4 players, L up to 4), within a factor of two: for each pair of players 13 per state and joint
    action and 10 per possible transition, 14 per entry that elimination changes. Other rules need fewer.

    Args:
        game: the game; a differentiable one is never too large.
        unroll: L.
    """
    if isinstance(game, DifferentiableGame):
        return False
    tables, pairs = game_arrays(game), game.players**2
    steps = 1.6 * unroll - 0.6
    moves = steps * pairs * (13 * tables.reward[..., 0].size + 10 * tables.possible_transitions)
    return bool(moves > MOST_OPERATIONS or moves + steps * 14 * tables.elimination > MOST_OPERATIONS)


# ------------------------------------------------------------------------------------------- entries of rules' vectors


class Entry:
    """One entry of a rule's vectors, for every start: a number that SymPy's exact numbers and floats may act on.

    Attributes:
        values: shape (starts,), or (1,) for all alike.
    """

    __slots__ = ("values",)
    _op_priority = 100.0  # SymPy leaves mixed operations to this class, without trying to convert it

    def __init__(self, values: Array) -> None:
        self.values = values

    def __add__(self, other: Any) -> Entry:
        return self if other is S.Zero else Entry(self.values + _plain(other))  # most sums of rules begin with 0

    __radd__ = __add__

    def __sub__(self, other: Any) -> Entry:
        return Entry(self.values - _plain(other))

    def __rsub__(self, other: Any) -> Entry:
        return Entry(_plain(other) - self.values)

    def __mul__(self, other: Any) -> Entry:
        return self if other is S.One else Entry(self.values * _plain(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Entry:
        return Entry(self.values / _plain(other))

    def __rtruediv__(self, other: Any) -> Entry:
        return Entry(_plain(other) / self.values)

    def __neg__(self) -> Entry:
        return Entry(-self.values)

    def __lt__(self, other: Any) -> NDArray[np.bool_]:
        return np.asarray(self.values < _plain(other))

    def __le__(self, other: Any) -> NDArray[np.bool_]:
        return np.asarray(self.values <= _plain(other))

    def __gt__(self, other: Any) -> NDArray[np.bool_]:
        return np.asarray(self.values > _plain(other))

    def __ge__(self, other: Any) -> NDArray[np.bool_]:
        return np.asarray(self.values >= _plain(other))


def _plain(number: Any) -> Any:
    return number.values if isinstance(number, Entry) else float(number)


def _piecewise(*cases: tuple[Any, Any]) -> Entry:
    """The value of the first case whose condition holds, start by start; the last condition is ``True``."""
    *others, (value, _) = cases
    chosen = _plain(value)
    for value, condition in reversed(others):
        chosen = np.where(condition, _plain(value), chosen)
    return Entry(chosen)


def _entries(rows: Array) -> Vector:
    return tuple(map(Entry, rows))


def _array(vector: Sequence[Any], starts: int) -> Array:
    """Shape (entries, starts)."""
    result = np.empty((len(vector), starts))
    for row, entry in zip(result, vector, strict=True):
        row[:] = _plain(entry)
    return result


# ------------------------------------------------------------------------------------------------------------ policies


@dataclass(frozen=True)
class LocalPolicies:
    """One player's policy for every observation, as :class:`theory.policies.LocalPolicy`.

    Attributes:
        probabilities: shape (observations, actions, starts).
        jacobian: shape (observations, actions, parameters, starts).
        hessian: shape (observations, actions, parameters, parameters, starts).
    """

    probabilities: Array
    jacobian: Array
    hessian: Array

    def push(self, direction: Array) -> Array:
        """J w."""
        return np.asarray(np.einsum("oamb,omb->oab", self.jacobian, direction))

    def pull(self, covector: Array) -> Array:
        """Jᵀ g."""
        return np.asarray(np.einsum("oamb,oab->omb", self.jacobian, covector))

    def curvature(self, covector: Array, direction: Array) -> Array:
        """Σ_a g_a ∇²π_a w."""
        return np.asarray(np.einsum("oab,oamlb,olb->omb", covector, self.hessian, direction))


def _policies(coordinates: Coordinates, actions: int, values: Array) -> LocalPolicies:
    """From parameters of shape (observations, parameters, starts)."""
    observations, width, starts = values.shape
    blocks = _policy_map(coordinates, actions)(parameters=values.swapaxes(0, 1))
    shapes = {"probabilities": (actions,), "jacobian": (actions, width), "hessian": (actions, width, width)}
    return LocalPolicies(
        **{name: np.moveaxis(blocks[name].reshape(*s, observations, starts), -2, 0) for name, s in shapes.items()}
    )


@lru_cache(maxsize=16)
def _policy_map(coordinates: Coordinates, actions: int) -> Compiled:
    """Probabilities of a policy for one observation with their first and second derivatives, flattened."""
    names = [f"action {action}" for action in range(actions)]
    alone = normal_form("policy", [names], {(action,): (Integer(0),) for action in range(actions)})
    (symbols,) = parameters(alone, coordinates)
    build = Builder(symbols)
    (local,) = local_policies(build, alone, coordinates, 0, symbols)
    program = build.program(
        {
            "probabilities": local.probabilities,
            "jacobian": [entry for row in local.jacobian for entry in row],
            "hessian": [entry for rows in local.hessian for row in rows for entry in row],
        }
    )
    return compile_program(program, {"parameters": symbols})


# ----------------------------------------------------------------------------------------------------------- one point


class Resolvent:
    """M = I − γP_π of every start, factored.

    Args:
        tables: the game.
        weights: probability of every joint action, shape (states, joint actions, starts).
    """

    def __init__(self, tables: GameArrays, weights: Array) -> None:
        self._factors: list[tuple[Array, NDArray[np.intc]] | None] = []
        for start in range(weights.shape[-1]):
            matrix = np.eye(len(weights)) - tables.discount * tables.averaged(weights[..., start])
            if not np.isfinite(matrix).all():  # LAPACK promises nothing then
                self._factors.append(None)
                continue
            # The transposed matrix is in LAPACK's order, so that it is factored where it stands.
            factors, pivots, _ = lapack.dgetrf(matrix.T, overwrite_a=True)
            self._factors.append((factors, pivots))

    def solve(self, right: Array) -> Array:
        """M⁻¹ b for b of shape (states, …, starts)."""
        return self._solve(right, 1)

    def solve_transposed(self, right: Array) -> Array:
        """bᵀM⁻¹ for b of shape (states, …, starts)."""
        return self._solve(right, 0)

    def _solve(self, right: Array, transposed: int) -> Array:
        result = np.full_like(right, np.nan)
        for start, factored in enumerate(self._factors):
            if factored is not None:
                result[..., start], _ = lapack.dgetrs(*factored, right[..., start], trans=transposed)
        return result


class ArrayPoint:
    """A game at one parameter point for every start of a batch; implements :class:`theory.values.Point`.

    Methods and names follow :class:`theory.values.GamePoint`; arrays have the starts as their last axis.

    Args:
        tables: the game.
        coordinates: ``direct`` or ``logit``.
        parameters: φ, one vector of entries per player.
        starts: size of the batch.
    """

    def __init__(self, tables: GameArrays, coordinates: Coordinates, parameters: Parameters, starts: int) -> None:
        self.parameters = parameters
        self._game, self._starts = tables, starts
        self._policies = [
            _policies(coordinates, actions, self._local(row, parameters_per_state(actions)))
            for actions, row in zip(tables.actions, parameters, strict=True)
        ]
        self._pi = [self._seen(policies.probabilities) for policies in self._policies]
        self._responses: dict[tuple[int, int], tuple[Vector, tuple[list[Array], Array, Array]]] = {}

    # ------------------------------------------------------------------------------------------- values and visits

    @cached_property
    def visits(self) -> Array:
        """d, shape (states, starts)."""
        start = np.broadcast_to(self._game.start[:, None], (len(self._game.start), self._starts))
        return self._resolvent.solve_transposed(start)

    @cached_property
    def state_values(self) -> Array:
        """State values u of every player, shape (states, players, starts)."""
        average = np.einsum("skb,ski->sib", self._weights(self._pi), self._game.reward)
        return self._resolvent.solve(average)

    @property
    def values(self) -> Array:
        """V = ρᵀu, shape (players, starts)."""
        return np.asarray(np.einsum("s,sib->ib", self._game.start, self.state_values))

    def action_values(self, value_of: int, player: int) -> Array:
        """Q of V^value_of in the actions of one player, shape (states, actions, starts)."""
        return self._given_action(player, self._pi, self._joint_action_values[:, :, value_of])

    def advantages(self, value_of: int, player: int) -> Array:
        """A = Q − u, shape (states, actions, starts)."""
        return self.action_values(value_of, player) - self.state_values[:, value_of, None]

    @cached_property
    def _joint_action_values(self) -> Array:
        """Rewards + γ Σ P u, shape (states, joint actions, players, starts)."""
        values = self.state_values
        future = self._future(values.reshape(len(values), -1))
        return self._game.reward[..., None] + future.reshape(*self._game.reward.shape, -1)

    # ------------------------------------------------------------------------------------------------ derivatives

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of."""
        pulled = self._policies[player].pull(self._policy_derivative(value_of, player))
        return _entries(pulled.reshape(-1, self._starts))

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player ⟨∇_other V^value_of, w⟩."""
        tilted, change_of_visits, future = self._response(value_of, other, direction)
        row = change_of_visits[:, None] * self.action_values(value_of, player)
        row += self.visits[:, None] * self._given_action(player, self._pi, future)
        if player != other:
            table = self._joint_action_values[:, :, value_of]
            row += self.visits[:, None] * self._given_action(player, tilted, table)
        policies = self._policies[player]
        pulled = policies.pull(self._by_observation(row))
        if player == other:
            local = self._local(direction, policies.jacobian.shape[2])
            pulled += policies.curvature(self._policy_derivative(value_of, player), local)
        return _entries(pulled.reshape(-1, self._starts))

    def _policy_derivative(self, value_of: int, player: int) -> Array:
        """∂V^value_of/∂π_player, shape (observations, actions, starts)."""
        return self._by_observation(self.visits[:, None] * self.action_values(value_of, player))

    def _response(self, value_of: int, other: int, direction: Vector) -> tuple[list[Array], Array, Array]:
        """What a direction of one player's parameters changes: the policies with π_other replaced, f, and γPe.

        The rules ask for every player's derivative along one direction in a row, so the last answers are kept.
        """
        known = self._responses.get((value_of, other))
        if known is not None and known[0] is direction:
            return known[1]
        tilt = self._policies[other].push(self._local(direction, self._policies[other].jacobian.shape[2]))
        tilted = [*self._pi[:other], self._seen(tilt), *self._pi[other + 1 :]]
        weights = self._weights(tilted)
        change_of_values = self._resolvent.solve(
            np.einsum("skb,skb->sb", weights, self._joint_action_values[:, :, value_of])
        )
        moved = self._game.discount * self._game.arrivals(self.visits[:, None] * weights)
        response = tilted, self._resolvent.solve_transposed(moved), self._future(change_of_values)
        self._responses[value_of, other] = direction, response
        return response

    # --------------------------------------------------------------------------------------------------- averages

    def _local(self, vector: Vector, width: int) -> Array:
        """One player's entries as shape (observations, parameters, starts)."""
        return _array(vector, self._starts).reshape(-1, width, self._starts)

    def _seen(self, rows: Array) -> Array:
        """From observations to states."""
        return rows[self._game.observed]

    def _by_observation(self, rows: Array) -> Array:
        """Sums over the states with the same observation."""
        sums = np.zeros((self._game.observations, *rows.shape[1:]))
        np.add.at(sums, self._game.observed, rows)
        return sums

    def _weights(self, distributions: Sequence[Array]) -> Array:
        """Π_i distributions[i][a_i], shape (states, joint actions, starts)."""
        axes = ascii_uppercase[: len(distributions)]
        product = np.einsum(",".join(f"s{axis}b" for axis in axes) + f"->s{axes}b", *distributions)
        return np.asarray(product.reshape(len(product), -1, self._starts))

    def _given_action(self, player: int, distributions: Sequence[Array], table: Array) -> Array:
        """Average of a table (states, joint actions, starts) over the other players, (states, actions, starts)."""
        axes = ascii_uppercase[: len(distributions)]
        shaped = table.reshape(len(table), *self._game.actions, self._starts)
        others = [i for i in range(len(distributions)) if i != player]
        operands = ",".join([f"s{axes}b", *(f"s{axes[i]}b" for i in others)])
        return np.asarray(np.einsum(f"{operands}->s{axes[player]}b", shaped, *(distributions[i] for i in others)))

    def _future(self, values: Array) -> Array:
        """γ Σ P(t | s, a) x(t)."""
        return self._game.discount * self._game.expected(values)

    @cached_property
    def _resolvent(self) -> Resolvent:
        return Resolvent(self._game, self._weights(self._pi))


# ----------------------------------------------------------------------------------------------- in the compiled call


@dataclass(frozen=True, eq=False)
class ImplicitUpdate:
    """A learning rule's joint update with the call of :func:`numerics.compile.compiled_update`.

    Attributes:
        game: the game; its parameters have the values of this instance.
        coordinates: coordinates of φ.
        rule: the learning rule.
        form: ``unrolled`` or ``expanded``.
        unroll: L.
        split: ``terminal`` or ``path``.
    """

    game: Game
    coordinates: Coordinates
    rule: Rule
    form: Form
    unroll: int
    split: Split

    def __call__(
        self, parameters: ArrayLike, inner_lr: ArrayLike, coefficients: ArrayLike, game: ArrayLike | None = None
    ) -> dict[str, Array]:
        """Evaluate.

        Args:
            parameters: φ, shape (parameters, *batch); player by player, observation by observation.
            inner_lr: α of each player, shape (players, *batch).
            coefficients: c_own and c_peer, shape (2, *batch).
            game: the values of the game's parameters, if given; no others than the game's own.

        Returns:
            ``update``, shape (parameters, *batch). Overflow and singular systems give inf or NaN.

        Raises:
            TypeError: a group has the wrong number of rows.
            ValueError: other values of the game's parameters than the game's own.
        """
        if game is not None and not np.array_equal(np.ravel(game), game_values(self.game)):
            raise ValueError("the game's parameters have the values of its instance here")
        widths = _widths(self.game)
        phi, sizes, weights, batch = _joined(
            {"parameters": (parameters, sum(widths)), "inner_lr": (inner_lr, len(widths)),
             "coefficients": (coefficients, 2)}
        )  # fmt: skip
        result = np.empty(phi.shape)
        with np.errstate(all="ignore"):
            for columns in _groups(self.game, phi.shape[1]):
                result[:, columns] = self._update(phi[:, columns], sizes[:, columns], weights[:, columns])
        return {"update": result.reshape(len(result), *batch)}

    def _update(self, phi: Array, sizes: Array, weights: Array) -> Array:
        starts, tables = phi.shape[1], game_arrays(self.game)
        own, peer = _entries(weights)
        parts = Unroll(
            lambda where: ArrayPoint(tables, self.coordinates, where, starts),
            _by_player(self.game, phi),
            _entries(sizes),
            self.unroll,
            self.form,
            self.split,
            own,
            peer,
            piecewise=_piecewise,
        )
        return _array([entry for player in parts.players for entry in self.rule.update(parts, player)], starts)


def implicit_update(
    game: AnyGame, policy: str, rule: str, form: Form, unroll: int, split: Split = "terminal"
) -> ImplicitUpdate:
    """A learning rule's joint update by linear algebra; arguments as for :func:`numerics.compile.compiled_update`.

    Any rule runs. ``cgd`` builds its matrix of all parameters entry by entry, which is for up to a hundred of them.

    Raises:
        BadInput: a differentiable game; an unknown policy, rule, form or split, or L < 1.
    """
    if form not in FORMS:
        raise BadInput(f"form: {form!r} is not one of {', '.join(FORMS)}.")
    if split not in SPLITS:
        raise BadInput(f"split: {split!r} is not one of {', '.join(SPLITS)}.")
    known = finite(game, "implicit evaluation")
    return ImplicitUpdate(known, coordinates_of(known, policy), rule_of(rule), form, check_unroll(unroll), split)


def implicit_values(game: AnyGame, policy: str, phi: ArrayLike) -> dict[str, Array]:
    """Blocks ``value``, ``visits`` and ``advantage_i`` at φ, as of :func:`numerics.compile.compiled_values`.

    Args:
        game: the game; its parameters have the values of this instance.
        policy: ``direct`` or ``logit``.
        phi: shape (parameters, *batch), at least one start.

    Raises:
        BadInput: a differentiable game or an unknown policy.
        TypeError: φ has the wrong number of rows.
    """
    known = finite(game, "implicit evaluation")
    coordinates, tables = coordinates_of(known, policy), game_arrays(known)
    joined, batch = _joined({"parameters": (phi, sum(_widths(known)))})
    groups = []
    with np.errstate(all="ignore"):
        for columns in _groups(known, joined.shape[1]):
            part = joined[:, columns]
            point = ArrayPoint(tables, coordinates, _by_player(known, part), part.shape[1])
            blocks = {"value": point.values, "visits": point.visits}
            for player in range(known.players):
                blocks[f"advantage_{player + 1}"] = point.advantages(player, player).reshape(-1, part.shape[1])
            groups.append(blocks)
    return {name: np.concatenate([b[name] for b in groups], axis=1).reshape(-1, *batch) for name in groups[0]}


def _widths(game: Game) -> list[int]:
    """Number of parameters of each player."""
    return [parameters_per_state(len(names)) * len(game.observations) for names in game.actions]


def _by_player(game: Game, phi: Array) -> Parameters:
    return tuple(map(_entries, np.split(phi, np.cumsum(_widths(game))[:-1])))


def _groups(game: Game, starts: int) -> Iterable[slice]:
    """The batch in groups whose factored matrices fit."""
    size = max(1, MOST_ENTRIES // len(game.states) ** 2)
    return (slice(first, first + size) for first in range(0, starts, size))


def _joined(arguments: dict[str, tuple[ArrayLike, int]]) -> tuple[Any, ...]:
    """The arrays with their common batch flattened, shape (rows, starts) each, and the batch's shape."""
    arrays = []
    for name, (given, rows) in arguments.items():
        array = np.asarray(given, dtype=float)
        if array.shape[:1] != (rows,):
            raise TypeError(f"argument group {name!r} needs {rows} rows, not shape {array.shape}")
        arrays.append(array)
    batch = np.broadcast_shapes(*(array.shape[1:] for array in arrays))
    return *(np.broadcast_to(array, (len(array), *batch)).reshape(len(array), -1) for array in arrays), batch
