"""Policies that share weights between observations, and what learning sees of them: their kernels.

Player i's policy is a map θⁱ ↦ πⁱ from weights to policy entries (probabilities or logits, one block per observation)
with Jacobian J_i; values are functions Vⁱ(π). With u_jⁱ = ∂Vⁱ/∂πʲ and the neural tangent kernel K_i = J_i J_iᵀ on the
policy entries (Jacot et al. 2018), the terms of one inner step (L = 1) are, in expanded form,

    peer_i = Σ_{j≠i} α_j J_iᵀ (∂_{πⁱ}∂_{πʲ}Vʲ) K_j u_jⁱ,
    own_i = α_i [J_iᵀ (∂²_{πⁱ}Vⁱ) K_i u_iⁱ + Σ_k (u_iⁱ)_k ∇²πⁱ_k J_iᵀ u_iⁱ],

and a change δθⁱ of the weights changes the policy by J_i δθⁱ to first order. In unrolled form the last gradient stands
at θ₁, and K_j becomes the kernel between two points, J_j(θ₀) J_j(θ₁)ᵀ. The formulas are sums over entries and weights
whose terms do not know how many there are, so what holds for a few entries and weights holds for any number.

:class:`PolicyGame` holds both routes to these terms: the game in the weights alone, to be differentiated as a whole,
and the factors of the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sympy import Add, Dummy, Expr, Integer, Matrix, Symbol, eye, tanh, zeros

from theory.decomposition import flat
from theory.games.model import Game
from theory.jets import Jet
from theory.linear import dot
from theory.policies import parameters
from theory.program import partials
from theory.updates.model import Form, Unroll
from theory.values import Parameters, Vector, value_program

Column = Any  # SymPy matrices have no types
Weights = tuple[tuple[Symbol, ...], ...]


@dataclass(frozen=True)
class Local:
    """Values and policies to second order at one point of the weights.

    Attributes:
        jacobians: J_i of each player, shape (entries, weights).
        bends: ∇²πⁱ_k for each player and entry, shape (weights, weights).
        gradients: ``gradients[i][j]`` = u_jⁱ, shape (entries of j, 1).
        hessians: ``hessians[i][j][k]`` = ∂_{πʲ}∂_{πᵏ}Vⁱ, shape (entries of j, entries of k).
    """

    jacobians: tuple[Any, ...]
    bends: tuple[tuple[Any, ...], ...]
    gradients: tuple[tuple[Column, ...], ...]
    hessians: tuple[tuple[tuple[Any, ...], ...], ...]

    @property
    def players(self) -> range:
        """The players' indices."""
        return range(len(self.jacobians))

    @property
    def tabular(self) -> Local:
        """The same values at the same policy, learnt entry by entry: every entry is a weight of its own."""
        return replace(
            self,
            jacobians=tuple(eye(jacobian.rows) for jacobian in self.jacobians),
            bends=tuple((zeros(jacobian.rows, jacobian.rows),) * jacobian.rows for jacobian in self.jacobians),
        )

    def at(self, values: Mapping[Symbol, Expr]) -> Local:
        """The same with symbols replaced."""

        def filled(entry: Any) -> Any:
            return tuple(map(filled, entry)) if isinstance(entry, tuple) else entry.xreplace(dict(values))

        return Local(*map(filled, (self.jacobians, self.bends, self.gradients, self.hessians)))


def kernel(here: Local, player: int, there: Local | None = None) -> Any:
    """K_i = J_i J_iᵀ, or J_i(here) J_i(there)ᵀ, shape (entries, entries)."""
    return here.jacobians[player] * (there or here).jacobians[player].T


def shaping(here: Local, player: int, sizes: Sequence[Expr], there: Local | None = None) -> Column:
    """Σ_{j≠i} α_j (∂_{πⁱ}∂_{πʲ}Vʲ) K_j u_jⁱ, shape (entries of i, 1): the peer-learning correction before J_iᵀ."""
    end = there or here
    total = zeros(here.jacobians[player].rows, 1)
    for other in here.players:
        if other != player:
            steered = kernel(here, other, end) * end.gradients[player][other]
            total += sizes[other] * here.hessians[other][player][other] * steered
    return total


def peer_learning(here: Local, player: int, sizes: Sequence[Expr], there: Local | None = None) -> Column:
    """The peer-learning correction of the weights, shape (weights of i, 1); ``there`` is θ₁ of the unrolled form."""
    return here.jacobians[player].T * shaping(here, player, sizes, there)


def own_learning(here: Local, player: int, size: Expr, there: Local | None = None) -> tuple[Column, Column]:
    """The own-learning correction of the weights as (kernel part, curvature part), each of shape (weights of i, 1)."""
    end = there or here
    last = end.gradients[player][player]
    jacobian, steered = here.jacobians[player], kernel(here, player, end) * last
    return (
        size * jacobian.T * here.hessians[player][player][player] * steered,
        size * bending(here, player) * end.jacobians[player].T * last,
    )


def bending(here: Local, player: int) -> Any:
    """Σ_k (u_iⁱ)_k ∇²πⁱ_k, shape (weights of i, weights of i)."""
    weights = here.jacobians[player].cols
    return sum(
        (u * bend for u, bend in zip(here.gradients[player][player], here.bends[player], strict=True)),
        zeros(weights, weights),
    )


def drift(here: Local, player: int) -> tuple[Column, Column]:
    """(Dv·v)_i, how the joint policy gradient changes g_i, as (kernel part, curvature part)."""
    kernels = zeros(here.jacobians[player].rows, 1)
    for other in here.players:
        kernels += here.hessians[player][player][other] * kernel(here, other) * here.gradients[other][other]
    jacobian = here.jacobians[player]
    return jacobian.T * kernels, bending(here, player) * jacobian.T * here.gradients[player][player]


# ------------------------------------------------------------------------------------------- a game and its policies


@dataclass(frozen=True)
class PolicyGame:
    """Values in policy entries, and policies in weights.

    Attributes:
        name: what it is called in evidence.
        entries: πⁱ as symbols, one vector per player.
        values: Vⁱ in the entries.
        weights: θⁱ, one vector per player.
        policies: πⁱ as expressions in θⁱ.
    """

    name: str
    entries: Weights
    values: tuple[Expr, ...]
    weights: Weights
    policies: tuple[Vector, ...]

    def composed(self, expression: Expr) -> Expr:
        """An expression in the entries as one in the weights."""
        return expression.xreplace(dict(zip(flat(self.entries), flat(self.policies), strict=True)))

    def local(self) -> Local:
        """The factors of the formulas, in the weights."""
        jacobians, bends = [], []
        for pi, row in zip(self.policies, self.weights, strict=True):
            slopes = [derivatives(entry, row) for entry in pi]
            jacobians.append(Matrix(slopes))
            bends.append(tuple(Matrix([derivatives(slope, row) for slope in line]) for line in slopes))
        first, second = [], []
        for value in self.values:
            gradients = [derivatives(value, row) for row in self.entries]
            first.append(tuple(Matrix(list(map(self.composed, line))) for line in gradients))
            second.append(tuple(tuple(self._mixed(line, row) for row in self.entries) for line in gradients))
        return Local(tuple(jacobians), tuple(bends), tuple(first), tuple(second))

    def _mixed(self, slopes: Vector, row: Sequence[Symbol]) -> Any:
        return Matrix([list(map(self.composed, derivatives(slope, row))) for slope in slopes])

    @property
    def later(self) -> dict[Symbol, Symbol]:
        """The weights at θ₁, as symbols of their own."""
        return {symbol: Symbol(f"{symbol.name}_next", real=True) for symbol in flat(self.weights)}

    def differentiated(self, term: Literal["own", "peer"], player: int, sizes: Sequence[Expr], form: Form) -> Column:
        """A correction of one player from Vⁱ(π(θ)) as a whole, by the learning rule's own code.

        In unrolled form θ₁ is :attr:`later`.
        """
        values = tuple(map(self.composed, self.values))
        end = tuple(tuple(self.later[symbol] for symbol in row) for row in self.weights)

        def point_at(where: Parameters) -> WholePoint:
            return WholePoint(values, self.weights, where)

        unroll = Unroll(point_at, self.weights, sizes, 1, form, given_end=end)
        return Matrix(unroll.own_learning(player) if term == "own" else unroll.peer_learning(player))


class WholePoint:
    """A game given by its values in the weights, at one point; implements :class:`theory.values.Point`.

    Other than :class:`theory.values.ExpressionPoint` it takes all derivatives of an expression in one pass: SymPy's
    ``diff`` tidies up after each, which nested activations make slow.
    """

    def __init__(self, values: Vector, weights: Weights, parameters: Parameters) -> None:
        self.parameters = parameters
        self._values, self._weights = values, weights
        self._here = dict(zip(flat(weights), flat(parameters), strict=True))

    def gradient(self, value_of: int, player: int) -> Vector:
        """∇_player V^value_of."""
        slopes = derivatives(self._values[value_of], self._weights[player])
        return tuple(slope.xreplace(self._here) for slope in slopes)

    def hessian_product(self, value_of: int, player: int, other: int, direction: Vector) -> Vector:
        """∇_player ⟨∇_other V^value_of, w⟩."""
        rows = [
            derivatives(slope, self._weights[player])
            for slope in derivatives(self._values[value_of], self._weights[other])
        ]
        return tuple(
            dot([entry.xreplace(self._here) for entry in column], direction) for column in zip(*rows, strict=True)
        )


def derivatives(expression: Expr, symbols: Sequence[Symbol]) -> Vector:
    """The derivatives of an expression in some of its symbols."""
    found = partials(expression)
    return tuple(found.get(symbol, Integer(0)) for symbol in symbols)


def smooth(shape: Sequence[tuple[int, int]]) -> PolicyGame:
    """Arbitrary smooth values of arbitrary smooth policies, with (entries, weights) of each player.

    Values and policies are jets: an identity between the terms holds for all of them.
    """
    entries, weights = (
        tuple(
            tuple(Symbol(f"{letter}_{player + 1}_{index + 1}", real=True) for index in range(sizes[which]))
            for player, sizes in enumerate(shape)
        )
        for which, letter in enumerate(("pi", "theta"))
    )
    count = len(flat(entries))
    values = tuple(Jet(Integer(player), *(Integer(0),) * count, *flat(entries)) for player in range(len(shape)))
    names = iter(range(len(shape), len(shape) + count))  # every function has a number: V¹ … Vᴺ, then the entries
    policies = tuple(
        tuple(Jet(Integer(next(names)), *(Integer(0),) * len(theta), *theta) for _ in row)
        for row, theta in zip(entries, weights, strict=True)
    )
    return PolicyGame("smooth", entries, values, weights, policies)


def independent(expression: Expr) -> Expr:
    """The expression with its jets as independent symbols.

    A smooth function's derivatives at one point can be chosen at will, and so at each of several points. The jets of
    the values stand at π(θ), those of the policies at θ, so a nonzero polynomial in these symbols is nonzero for some
    smooth values and policies.
    """
    return expression.xreplace({jet: Dummy(real=True) for jet in expression.atoms(Jet)})


def tabular(game: Game) -> PolicyGame:
    """A finite game of players with two actions, with the first action's probabilities as entries and weights."""
    entries = parameters(game, "direct")
    return PolicyGame(game.name, entries, value_program(game, "direct").closed_form()["value"], entries, entries)


def played(game: Game, networks: Sequence[Network]) -> PolicyGame:
    """A finite game of players with two actions, each with a network for its probabilities."""
    return replace(
        tabular(game),
        weights=tuple(network.weights for network in networks),
        policies=tuple(network.probabilities for network in networks),
    )


def linearised(game: PolicyGame, point: Mapping[Symbol, Expr]) -> PolicyGame:
    """The same game with every policy replaced by its tangent at a point: π(θ₀) + J(θ₀)(θ − θ₀)."""
    policies = []
    for pi, row in zip(game.policies, game.weights, strict=True):
        policies.append(
            tuple(
                entry.xreplace(dict(point)) + Add(*(entry.diff(w).xreplace(dict(point)) * (w - point[w]) for w in row))
                for entry in pi
            )
        )
    return replace(game, policies=tuple(policies))


# ---------------------------------------------------------------------------------------------------------- networks


@dataclass(frozen=True)
class Network:
    """A network with one hidden layer of tanh units and one output, seen at every observation.

    Attributes:
        weights: its weights.
        logits: the output at each observation, the log-odds of the first action (in nats).
        hidden: activations h_k, ``hidden[o][k]`` for observation o and unit k.
        outer: output weights a_k.
    """

    weights: tuple[Symbol, ...]
    logits: Vector
    hidden: Parameters
    outer: tuple[Symbol, ...]

    @property
    def probabilities(self) -> Vector:
        """σ(logit) = (1 + tanh(logit/2))/2, so that tanh is the only function that occurs."""
        return tuple((1 + tanh(logit / 2)) / 2 for logit in self.logits)


def network(name: str, inputs: Sequence[Sequence[Expr]], units: int, shifted: bool) -> Network:
    """z(x) = c + Σ_k a_k tanh(w_k·x + b_k), or without the hidden biases b_k.

    Args:
        name: starts the weights' names.
        inputs: x of each observation.
        units: number of hidden units.
        shifted: whether the hidden units have biases.
    """

    def named(letter: str, *indices: int) -> Symbol:
        return Symbol("_".join((f"{name}_{letter}", *map(str, indices))), real=True)

    outer = tuple(named("a", k) for k in range(1, units + 1))
    inner = [[named("w", k, d + 1) for d in range(len(inputs[0]))] for k in range(1, units + 1)]
    biases = [named("b", k) for k in range(1, units + 1)] if shifted else []
    shifts = biases or [Integer(0)] * units
    last = named("c")
    hidden = tuple(tuple(tanh(b + dot(row, point)) for row, b in zip(inner, shifts, strict=True)) for point in inputs)
    logits = tuple(last + dot(outer, row) for row in hidden)
    return Network((*flat(inner), *biases, *outer, last), logits, hidden, outer)


def network_kernel(net: Network, inputs: Sequence[Sequence[Expr]], shifted: bool) -> Any:
    """The kernel of the logits in closed form, shape (observations, observations).

    K = 11ᵀ + HHᵀ + Σ_k a_k² D_k G D_k with H the activations, D_k = diag(1 − h_k²) and G the inputs' products
    x·x′, plus 1 if the hidden units have biases.
    """
    size = len(inputs)

    def entry(row: int, column: int) -> Expr:
        product = int(shifted) + dot(inputs[row], inputs[column])
        units = zip(net.outer, net.hidden[row], net.hidden[column], strict=True)
        return 1 + Add(*(h * g + a**2 * (1 - h**2) * (1 - g**2) * product for a, h, g in units))

    return Matrix(size, size, entry)


def at_rest(net: Network, outer: Expr) -> dict[Symbol, Expr]:
    """Weights at which every hidden unit and the logit are at 0 and all output weights are equal."""
    return {symbol: outer if symbol in net.outer else Integer(0) for symbol in net.weights}
