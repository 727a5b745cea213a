"""What cutting a game after H rounds changes: exact bounds for values, gradients, Hessian blocks and corrections.

The truncated game has the same policies and pays the first H rounds only, so every quantity differs from the endless
game's by the rounds t ≥ H of a sum Σ γᵗ E r_t. With P = P_π, u the state values and R = max|r|,

    V − V_H = γᴴ ρᵀPᴴu,    |V − V_H| ≤ γᴴ R/(1 − γ).

Derivatives. E r_t is a product of t + 1 policy evaluations of every player, one a round. A direction w in player j's
parameters (|w| ≤ 1 entry by entry) replaces one of them by π̇ = Jw, a signed measure of total 0 whose half L1 norm is at
most D_j; a second one in the same round replaces it by ∇²π[w, w′], of half norm at most B_j. A signed measure of total
0 and half norm D pairs with a function f to at most D · spread(f), spread = max − min. Let Δ_i be the spread of player
i's rewards and c the largest total variation distance between two rows of P (Dobrushin's coefficient, 1 if nothing is
known). What follows n ≥ 1 rounds later has a spread smaller by the factor c^(n−1). Hence, with e_0 = 1, e_n = c^(n−1),

    |⟨∇_jE rⁱ_t, w⟩|        ≤ D_j Δ_i n₁(t)                                n₁(t) = Σ_{τ≤t} e_{t−τ}
    |w′ᵀ∇_j∇_kE rⁱ_t w|     ≤ 2 D_j D_k Δ_i (2 n₂(t) + [j≠k] n₁(t))        n₂(t) = Σ_{τ<τ′≤t} e_{t−τ′} e_{τ′−τ}
                              + [j=k] B_j Δ_i n₁(t).

(The inner pairing is at most DΔe in absolute value, so its spread is at most twice that: the factor 2.) For c = 1 the
counts are n₁ = t + 1 and n₂ = t(t + 1)/2: k-th derivatives are cut by O(Hᵏγᴴ), and :func:`sign_game` attains all of
these bounds at once. For c < 1 the counts are bounded and the factor H is gone.

The bound for ⟨∇, w⟩ over all w is one for the L1 norm of the gradient. The L1 norm of a product of a Hessian block
and a vector is at most the block's bound times the vector's L1 norm, which bounds the corrections by the product rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product

from sympy import Dummy, Expr, Integer, Matrix, Mul, Rational, S, Symbol, diff, zeros

from theory.errors import BadInput
from theory.exact import is_zero
from theory.games.model import Game
from theory.policies import Coordinates, check_coordinates, local_policies, parameters, parameters_per_state
from theory.program import Builder
from theory.updates.model import Form

horizon = Symbol("H", integer=True, nonnegative=True)

# ------------------------------------------------------------------------------------------------ truncated games


def truncated(game: Game, rounds: int) -> Game:
    """The game in which only the first rounds are paid, with the same observations and policies.

    Its states are those that can be reached in each round (from round 2 on named ``state@round``) and an end without
    rewards, as in :func:`theory.games.model.memory_one`.

    Args:
        game: a game without a horizon.
        rounds: H ≥ 1.

    Raises:
        BadInput: the number of rounds is no positive integer, or the game has a horizon already.
    """
    check_rounds(rounds)
    if game.horizon is not None:
        raise BadInput(f"game {game.name!r}: it ends after {game.horizon} rounds already.")
    layers = [[s for s in range(len(game.states)) if game.start[s] != 0]]
    for _ in range(1, rounds):
        layers.append(_following(game, layers[-1]))
    index = {place: k for k, place in enumerate((t, s) for t, layer in enumerate(layers) for s in layer)}
    end = len(index)

    def row(now: int, entries: Sequence[Expr]) -> tuple[Expr, ...]:
        after = [Integer(0)] * (end + 1)
        if now + 1 == rounds:
            after[end] = Integer(1)
        else:
            for target in layers[now + 1]:
                after[index[now + 1, target]] = entries[target]
        return tuple(after)

    joint = len(game.joint_actions)
    stop = tuple(Integer(int(t == end)) for t in range(end + 1))
    return replace(
        game,
        states=(*(game.states[s] if not t else f"{game.states[s]}@{t + 1}" for t, s in index), "end"),
        start=(*(game.start[s] if not t else Integer(0) for t, s in index), Integer(0)),
        transition=(*(tuple(row(t, entries) for entries in game.transition[s]) for t, s in index), (stop,) * joint),
        reward=(*(game.reward[s] for _, s in index), ((Integer(0),) * game.players,) * joint),
        observed=(*(game.observed[s] for _, s in index), 0),
        horizon=rounds,
    )


def check_rounds(rounds: object) -> int:
    """The number of rounds, if it is a positive integer.

    Raises:
        BadInput: it is not.
    """
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise BadInput(f"rounds: H must be a positive integer, not {rounds!r}.")
    return rounds


def _following(game: Game, layer: Sequence[int]) -> list[int]:
    """States that can come after one of these."""
    return [t for t in range(len(game.states)) if any(entries[t] != 0 for s in layer for entries in game.transition[s])]


def sign_game(discount: Expr, players: int = 2) -> Game:
    """The game that attains the bounds: everyone earns the product of all signs played so far.

    Where player j plays + with probability p_j, E r_t = (Π_j (2p_j − 1))^(t+1).
    """
    joint = tuple(product((1, -1), repeat=players))
    moved = [[before * Mul(*action) for action in joint] for before in (1, -1)]
    return Game(
        name="sign game",
        actions=(("plus", "minus"),) * players,
        states=("even", "odd"),
        start=(Integer(1), Integer(0)),
        transition=tuple(tuple((Integer(int(m == 1)), Integer(int(m == -1))) for m in row) for row in moved),
        reward=tuple(tuple((Integer(m),) * players for m in row) for row in moved),
        discount=discount,
        observations=("any",),
        observed=(0, 0),
    )


# --------------------------------------------------------------------------------------------- sums over the rounds


def tail_factor(order: int, discount: Expr) -> Expr:
    """s_k with Σ_{t≥H} γᵗ (t + 1)ᵏ = γᴴ s_k, in γ and :data:`horizon`.

    d/dγ (γ · γᵗ (t + 1)ᵏ) = γᵗ (t + 1)ᵏ⁺¹, hence s_{k+1} = (H + 1) s_k + γ ds_k/dγ from s_0 = 1/(1 − γ).
    """
    gamma = Dummy("gamma")
    factor = 1 / (1 - gamma)
    for _ in range(order):
        factor = (horizon + 1) * factor + gamma * diff(factor, gamma)
    return factor.subs(gamma, discount)


@dataclass(frozen=True)
class Sums:
    """Discounted sums of the counts over some rounds.

    Attributes:
        none: Σ γᵗ.
        once: Σ γᵗ n₁(t).
        twice: Σ γᵗ n₂(t).
    """

    none: Rational
    once: Rational
    twice: Rational


def kept_sums(discount: Rational, contraction: Rational, rounds: int) -> Sums:
    """Sums over the rounds t < H."""
    none = once = twice = Integer(0)
    later, pairs, weight = Integer(0), Integer(0), Integer(1)  # Σ_{n<t} cⁿ,  Σ_{τ<τ′<t} c^(t−1−τ′) c^(τ′−τ−1),  γᵗ
    for _ in range(rounds):
        none, once, twice = none + weight, once + weight * (1 + later), twice + weight * (later + pairs)
        pairs = contraction * pairs + later
        later = contraction * later + 1
        weight *= discount
    return Sums(none, once, twice)


def all_sums(discount: Rational, contraction: Rational) -> Sums:
    """Sums over all rounds: the counts are convolutions, so their generating functions multiply."""
    none = 1 / (1 - discount)
    later = discount / (1 - contraction * discount)
    return Sums(none, none * (1 + later), none * (1 + later) * later)


def cut_sums(discount: Rational, contraction: Rational, rounds: int) -> Sums:
    """Sums over the rounds t ≥ H."""
    whole, kept = all_sums(discount, contraction), kept_sums(discount, contraction, rounds)
    return Sums(whole.none - kept.none, whole.once - kept.once, whole.twice - kept.twice)


def limit_counts(contraction: Rational) -> Sums:
    """What the counts of a round rise to for c < 1: Σ_{t≥H} γᵗ n_k(t) ≤ γᴴ/(1 − γ) times these."""
    later = 1 / (1 - contraction)
    return Sums(Integer(1), 1 + later, (1 + later) * later)


# ---------------------------------------------------------------------------------------------------- constants


def contraction(game: Game, least: Rational) -> Rational:
    """Largest Dobrushin coefficient of P_π over the policies that give every action at least some probability.

    A row of P_π is linear in every player's policy at that state's observation, so the distance of two rows is convex
    in each and is largest where every policy is an extreme one: all actions but one have the least probability.

    Args:
        game: the game, taken at its parameters' current values.
        least: ε in [0, 1/actions]; 0 for all policies.

    Raises:
        BadInput: not every action of a player can have that probability.
    """
    most = max(len(names) for names in game.actions)
    if not 0 <= least <= Rational(1, most):
        raise BadInput(f"least: a probability that {most} actions can all have is needed, not {least}.")
    here, states = game.instance(), range(len(game.states))
    rows = [[_extreme_row(here, s, chosen, least) for chosen in range(len(here.joint_actions))] for s in states]
    largest: Rational = Integer(0)
    for s, t in combinations(states, 2):
        together = here.observed[s] == here.observed[t]
        pairs = zip(rows[s], rows[t], strict=True) if together else product(rows[s], rows[t])
        largest = max([largest, *(sum(abs(a - b) for a, b in zip(*pair, strict=True)) / 2 for pair in pairs)])
    return largest


def _extreme_row(game: Game, state: int, chosen: int, least: Rational) -> tuple[Rational, ...]:
    """Row of P_π where every player gives all it can to its part of the chosen joint action."""
    row = [Integer(0)] * len(game.states)
    for action, entries in zip(game.joint_actions, game.transition[state], strict=True):
        weight = Mul(
            *(
                1 - (len(names) - 1) * least if mine == best else least
                for names, mine, best in zip(game.actions, action, game.joint_actions[chosen], strict=True)
            )
        )
        row = [total + weight * entry for total, entry in zip(row, entries, strict=True)]
    return tuple(row)


@dataclass(frozen=True)
class PolicyChange:
    """How much one player's policy in one state can change with its parameters, along |w| ≤ 1 entry by entry.

    Attributes:
        first: D, a bound of half the L1 norm of Jw.
        second: B, a bound of half the L1 norm of ∇²π[w, w′].
    """

    first: Rational
    second: Rational


def policy_change(game: Game, player: int, coordinates: Coordinates) -> PolicyChange:
    """D and B of one player.

    Direct: J is constant and the norm convex, so an extreme w (all entries ±1) attains D; B = 0. Logit: with
    X = w − E w under π (w = 0 for the second of two actions), Jw = πX and ∇²π[w, w′] = π(XX′ − E XX′), of half norms
    at most sd(X)/2 and sd(X) sd(X′), and sd(X) is at most half the length of the interval w lies in (Popoviciu):
    length 1 for two actions, else 2.
    """
    actions = len(game.actions[player])
    width = parameters_per_state(actions)
    if coordinates == "logit":
        deviation = Rational(min(width, 2), 2)
        return PolicyChange(deviation / 2, deviation**2)
    symbols = parameters(game, coordinates)[player]
    policy = local_policies(Builder(symbols), game, coordinates, player, symbols)[0]
    changes = (policy.push([Integer(sign) for sign in signs]) for signs in product((1, -1), repeat=width))
    return PolicyChange(max(sum(map(abs, change)) / 2 for change in changes), Integer(0))


# ------------------------------------------------------------------------------------------------------- bounds


@dataclass(frozen=True)
class TruncationBound:
    """How far the truncated game can be from the endless one, at all policies of a set.

    Attributes:
        game: the endless game, with rational tables.
        coordinates: of the parameters.
        rounds: H.
        least: the policies of the set give every action at least this probability.
    """

    game: Game
    coordinates: Coordinates
    rounds: int
    least: Rational = S.Zero

    @cached_property
    def contraction(self) -> Rational:
        """Dobrushin's coefficient c over the set of policies."""
        return contraction(self.game, self.least)

    @cached_property
    def kept(self) -> Sums:
        """Sums over the rounds of the truncated game."""
        return kept_sums(self.game.discount, self.contraction, self.rounds)

    @cached_property
    def cut(self) -> Sums:
        """Sums over the rounds that are missing."""
        return cut_sums(self.game.discount, self.contraction, self.rounds)

    @cached_property
    def whole(self) -> Sums:
        """Sums over all rounds."""
        return all_sums(self.game.discount, self.contraction)

    def value(self, value_of: int) -> Rational:
        """Bound of |Vⁱ − Vⁱ_H|."""
        return self.cut.none * max(map(abs, self._rewards(value_of)))

    def gradient(self, value_of: int, player: int, sums: Sums | None = None) -> Rational:
        """Bound of ‖∇_jVⁱ − ∇_jVⁱ_H‖₁; with other sums, of what those rounds add to ∇_jVⁱ."""
        sums = self.cut if sums is None else sums
        return self._changes[player].first * self._spread(value_of) * sums.once

    def hessian(self, value_of: int, player: int, other: int, sums: Sums | None = None) -> Rational:
        """Bound of |w′ᵀ(∇_j∇_kVⁱ − ∇_j∇_kVⁱ_H)w| over |w|, |w′| ≤ 1 entry by entry; sums as in :meth:`gradient`."""
        sums = self.cut if sums is None else sums
        mine, theirs, spread = self._changes[player], self._changes[other], self._spread(value_of)
        pairs = 2 * mine.first * theirs.first * spread
        if player == other:
            return 2 * pairs * sums.twice + mine.second * spread * sums.once
        return pairs * (2 * sums.twice + sums.once)

    def terms(self, step: Rational, form: Form = "unrolled") -> dict[str, Rational]:
        """Bounds of the L1 norm of the difference of every term: ``current_i``, ``own_i``, ``peer_i``, i from 1.

        Args:
            step: α; Lα for an expanded form with L inner steps.
            form: ``expanded``, or ``unrolled`` with one inner step. In the latter φ₁ is a different point in the
                two games; both, and the points between them, have to be policies of the set.

        Raises:
            BadInput: α < 0.
        """
        if step < 0:
            raise BadInput(f"step: α must be ≥ 0, not {step}.")
        players = range(self.game.players)
        found = {}
        for i in players:
            found[f"current_{i + 1}"] = self._end_gradient(i, i, step, form)
            found[f"own_{i + 1}"] = step * self._product(i, i, i, step, form)
            found[f"peer_{i + 1}"] = step * sum(
                (self._product(i, i, j, step, form) for j in players if j != i), Integer(0)
            )
        return found

    def _end_gradient(self, value_of: int, player: int, step: Rational, form: Form) -> Rational:
        """Bound of ‖∇_jVⁱ(φ₁) − ∇_jVⁱ_H(φ₁ of the truncated game)‖₁."""
        bound = self.gradient(value_of, player)
        if form == "unrolled":
            for k in range(self.game.players):
                bound += self.hessian(value_of, player, k, self.kept) * step * self.gradient(k, k)
        return bound

    def _product(self, value_of: int, player: int, other: int, step: Rational, form: Form) -> Rational:
        """Bound of the difference of ∇_i∇_jVʲ(φ₀) ∇_jVⁱ(φ₁): Ag − A_H g_H = (A − A_H) g + A_H (g − g_H)."""
        missing = self.hessian(other, player, other) * self.gradient(value_of, other, self.whole)
        return missing + self.hessian(other, player, other, self.kept) * self._end_gradient(value_of, other, step, form)

    @cached_property
    def _changes(self) -> tuple[PolicyChange, ...]:
        return tuple(policy_change(self.game, player, self.coordinates) for player in range(self.game.players))

    def _rewards(self, value_of: int) -> list[Rational]:
        return [payoffs[value_of] for rows in self.game.reward for payoffs in rows]

    def _spread(self, value_of: int) -> Rational:
        rewards = self._rewards(value_of)
        return max(rewards) - min(rewards)


def truncation_bound(game: Game, policy: str, rounds: int, least: Rational = S.Zero) -> TruncationBound:
    """Bounds for a game truncated after H rounds, over all policies that give every action some least probability.

    Args:
        game: a game without a horizon, taken at its parameters' current values.
        policy: ``direct`` or ``logit``.
        rounds: H ≥ 1.
        least: ε ≥ 0; with ε > 0 the contraction of P_π counts.

    Raises:
        BadInput: an unknown policy, a bad number of rounds or probability, or a game with a horizon.
    """
    if game.horizon is not None:
        raise BadInput(f"game {game.name!r}: it ends after {game.horizon} rounds already.")
    bound = TruncationBound(game.instance(), check_coordinates(policy), check_rounds(rounds), least)
    contraction(game, least)  # refuses a bad probability now
    return bound


# ------------------------------------------------------------------------------------- derivatives round by round


@dataclass(frozen=True)
class LinearRounds:
    """∂E rⁱ_t/∂φ = slope · t + level for every round t ≥ first.

    Attributes:
        slope: what a round adds.
        level: the constant part.
        first: from which round on.
    """

    slope: Expr
    level: Expr
    first: int

    def tail(self, discount: Expr) -> Expr:
        """The factor of γᴴ in Σ_{t≥H} γᵗ ∂E rⁱ_t/∂φ for H ≥ first, affine in :data:`horizon`."""
        none, once = tail_factor(0, discount), tail_factor(1, discount)
        return self.slope * (once - none) + self.level * none


def linear_rounds(game: Game, point: Mapping[Symbol, Rational], value_of: int, symbol: Symbol) -> LinearRounds | None:
    """How ∂E rⁱ_t/∂φ grows with t at one policy in direct coordinates, for all later rounds; ``None`` if not affine.

    E rⁱ_t has the derivative y_t = (ρ, 0) Mᵗx with M = [[P, Ṗ], [0, P]] and x = (ṙ, r). M has n = 2 · states rows and
    obeys its characteristic polynomial, so n second differences of y_t that vanish in a row make all later ones
    vanish; and if they vanish at all from some round on, they do from round n on.

    Args:
        game: the game; symbols in its rewards stay symbols.
        point: a value for every parameter.
        value_of: i.
        symbol: the parameter φ that the derivative is taken in.
    """
    size = len(game.states)
    moves, pays = averages(game, {s: value for s, value in point.items() if s != symbol}, value_of)
    here = {symbol: point[symbol]}
    both, above = moves.subs(here), moves.diff(symbol).subs(here)
    step = Matrix.vstack(Matrix.hstack(both, above), Matrix.hstack(zeros(size, size), both))
    column, start = Matrix.vstack(pays.diff(symbol).subs(here), pays.subs(here)), [*game.start, *[Integer(0)] * size]
    slopes = []
    for _ in range(4 * size + 2):
        slopes.append(sum((c * entry for c, entry in zip(start, column, strict=True)), Integer(0)))
        column = step * column
    bends = [not is_zero(a - 2 * b + c) for a, b, c in zip(slopes, slopes[1:], slopes[2:], strict=False)]
    if any(bends[2 * size :]):
        return None
    first = max((t + 1 for t, bent in enumerate(bends) if bent), default=0)
    slope = (slopes[first + 1] - slopes[first]).expand()
    return LinearRounds(slope, (slopes[first] - first * slope).expand(), first)


def averages(game: Game, values: Mapping[Symbol, Expr], value_of: int) -> tuple[Matrix, Matrix]:
    """P_π and r_π of one player in direct coordinates, shapes (states, states) and (states, 1).

    Args:
        game: the game.
        values: parameters to put in; the others stay symbols.
        value_of: i.
    """
    size = len(game.states)
    moves, pays = zeros(size, size), zeros(size, 1)
    for s in range(size):
        for k, chance in enumerate(_joint_chances(game, s, values)):
            pays[s] += chance * game.reward[s][k][value_of]
            for t, entry in enumerate(game.transition[s][k]):
                moves[s, t] += chance * entry
    return moves, pays


def _joint_chances(game: Game, state: int, values: Mapping[Symbol, Expr]) -> list[Expr]:
    """Probability of every joint action in a state, direct coordinates."""
    local = []
    for player, symbols in enumerate(parameters(game, "direct")):
        build = Builder(symbols)
        policy = local_policies(build, game, "direct", player, symbols)[game.observed[state]]
        written = build.program({"pi": policy.probabilities}).substituted()["pi"]
        local.append([probability.xreplace(dict(values)) for probability in written])
    return [Mul(*(local[player][a] for player, a in enumerate(action))) for action in game.joint_actions]
