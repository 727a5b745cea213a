"""All pure stationary equilibria of a finite game, with and without trembling hands, decided exactly.

A player that trembles with probability ε plays its pure policy with probability 1 − ε and otherwise draws one of its
actions uniformly, in every round anew and independently of the others (Selten 1975): ε/|A| + (1 − ε)·pure. No player
can avoid trembling, so a deviation is to another trembling policy. That is the same game with other tables,

    r̃(s, a) = Σ_b τ(b | a) r(s, b),    P̃(s, a) = Σ_b τ(b | a) P(s, b),    τ(b | a) = Π_i [ε/|A_i| + (1 − ε) 1(bᵢ = aᵢ)],

so equilibria with tremble are equilibria of :func:`trembling`, and one enumeration serves both.

An equilibrium is *strict* if every other policy of every player strictly loses. A policy changed only in states that
play does not reach loses nothing, so a strict equilibrium reaches every state and its action is the only optimal one
there. That is equivalent to: every change of one action in one state loses. (A policy that is as good as the
equilibrium's changes no action where it is itself reached; it then reaches what the equilibrium reaches, everything.)
*Strict on the path* asks for the gap only in reached states: whoever acts differently where it matters loses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

import flint
from sympy import Expr, Integer, Mul, Poly, Rational, Symbol

from theory import exact
from theory.equilibria import (
    StationaryPolicy,
    StationaryProfile,
    as_parameters,
    check_profile,
    direct_program,
    optimal_actions,
    payoffs,
    reached,
)
from theory.errors import BadInput
from theory.games.model import Game, JointAction

MOST_PROFILES = 1 << 18
tremble = Symbol("epsilon", positive=True)


@dataclass(frozen=True)
class PureEquilibrium:
    """A pure stationary equilibrium.

    Attributes:
        profile: one action per player and state.
        payoffs: total discounted values, one per player; with tremble, those of the trembling policies.
        strict: every other policy of every player strictly loses.
        strict_on_path: every policy that acts differently in a reached state strictly loses.
        subgame_perfect: an equilibrium from every state, reached or not.
    """

    profile: StationaryProfile
    payoffs: tuple[Rational, ...]
    strict: bool
    strict_on_path: bool
    subgame_perfect: bool


@dataclass(frozen=True)
class StrictRange:
    """For which small trembles a profile is a strict equilibrium: for every 0 < ε < ε*, and not at ε*.

    Attributes:
        profile: one action per player and state.
        low: a positive rational, ε* ≥ low: the profile is strict for every 0 < ε < low.
        high: ε* ≤ high. Equal to ``low`` where ε* is rational.
        polynomial: irreducible over ℚ in :data:`tremble`; ε* is its only root in [low, high]. ``None`` if no gap
            vanishes before ε = 1, where all policies are the same: then ε* = low = high = 1.
    """

    profile: StationaryProfile
    low: Rational
    high: Rational
    polynomial: Expr | None


# ------------------------------------------------------------------------------------------------------ enumeration


def pure_equilibria(game: Game, probability: object = 0) -> tuple[PureEquilibrium, ...]:
    """All pure stationary equilibria at one tremble.

    A profile is an equilibrium exactly when every player's action is optimal in every state that the profile reaches
    (:func:`theory.equilibria.optimal_actions`). What is optimal depends on the others' policies only, so there is one
    decision problem for each player and each choice of the others' policies, not one for each profile.

    Args:
        game: a finite game whose policies see the state.
        probability: ε in [0, 1), anything that :func:`theory.exact.rational` reads.

    Returns:
        The equilibria, ordered by the profiles' actions, the last player's last state changing fastest.

    Raises:
        BadInput: ε is no exact number in [0, 1), policies do not see the state, or there are too many profiles.
    """
    size = exact.rational(probability, f"game {game.name!r}: tremble")
    played = trembling(game, size) if size != 0 else game
    optimal = _optimal_actions(played)
    found = []
    for profile in _profiles(played):
        best = [optimal[player][_without(profile, player)] for player in range(game.players)]
        on_path = reached(played, profile)
        if not _within(profile, best, on_path):
            continue
        every = frozenset(range(len(game.states)))
        alone = all(best[player][s] == {policy[s]} for player, policy in enumerate(profile) for s in on_path)
        found.append(
            PureEquilibrium(
                profile=profile,
                payoffs=payoffs(played, profile),
                strict=alone and on_path == every,
                strict_on_path=alone,
                subgame_perfect=_within(profile, best, every),
            )
        )
    return tuple(found)


def trembling(game: Game, probability: object) -> Game:
    """The game in which every player trembles: its pure profiles are the original's trembling profiles.

    Args:
        game: the game, taken at its current parameters.
        probability: ε in [0, 1), anything that :func:`theory.exact.rational` reads.

    Raises:
        BadInput: ε is no exact number in [0, 1).
    """
    size = exact.rational(probability, f"game {game.name!r}: tremble")
    if not 0 <= size < 1:
        raise BadInput(f"game {game.name!r}: the tremble must lie in [0, 1), not {size}.")
    instance = game.instance()
    weights = [[_weight(game, size, meant, done) for done in game.joint_actions] for meant in game.joint_actions]

    def averaged(table: tuple[tuple[tuple[Expr, ...], ...], ...]) -> tuple[tuple[tuple[Expr, ...], ...], ...]:
        return tuple(
            tuple(
                tuple(
                    sum((w * e for w, e in zip(row, column, strict=True)), Integer(0))
                    for column in zip(*rows, strict=True)
                )
                for row in weights
            )
            for rows in table
        )

    return replace(instance, transition=averaged(instance.transition), reward=averaged(instance.reward))


def _weight(game: Game, size: Rational, meant: JointAction, done: JointAction) -> Expr:
    """Probability that the players do one joint action when they mean another."""
    factors = zip(game.actions, meant, done, strict=True)
    return Mul(*(_slip(len(names), size, a == b) for names, a, b in factors))


def _slip(actions: int, size: Expr, same: bool) -> Expr:
    return size / actions + (1 - size) * int(same)


def _within(profile: StationaryProfile, best: list[tuple[frozenset[int], ...]], states: frozenset[int]) -> bool:
    return all(policy[s] in rows[s] for policy, rows in zip(profile, best, strict=True) for s in states)


def _optimal_actions(game: Game) -> list[dict[StationaryProfile, tuple[frozenset[int], ...]]]:
    """For each player, the optimal actions in every state against every choice of the others' policies."""
    _check_size(game)
    tables = []
    for player in range(game.players):
        any_policy = (0,) * len(game.states)
        others = [list(_policies(game, other)) for other in range(game.players) if other != player]
        tables.append(
            {
                chosen: optimal_actions(game, (*chosen[:player], any_policy, *chosen[player:]), player)
                for chosen in product(*others)
            }
        )
    return tables


def _check_size(game: Game) -> None:
    check_profile(game, ((0,) * len(game.states),) * game.players)
    number = prod(len(names) ** len(game.states) for names in game.actions)
    if number > MOST_PROFILES:
        raise BadInput(
            f"game {game.name!r}: {number} pure profiles are too many to enumerate (at most {MOST_PROFILES})."
        )


def _policies(game: Game, player: int) -> Iterator[StationaryPolicy]:
    return product(range(len(game.actions[player])), repeat=len(game.states))


def _profiles(game: Game) -> Iterator[StationaryProfile]:
    return product(*(_policies(game, player) for player in range(game.players)))


def _without(profile: StationaryProfile, player: int) -> StationaryProfile:
    return profile[:player] + profile[player + 1 :]


# --------------------------------------------------------------------------------------------------- small trembles


def strict_for_small_tremble(game: Game) -> tuple[StrictRange, ...]:
    """All pure stationary profiles that are strict equilibria for every small enough tremble ε > 0.

    The gaps are continuous in ε, so none may be negative at ε = 0: the profile's actions are optimal from every state
    of the game without tremble. Those profiles are enumerated and their gaps computed as functions of ε.

    Raises:
        BadInput: policies do not see the state, or there are too many profiles.
    """
    optimal = _optimal_actions(game)
    every = frozenset(range(len(game.states)))
    candidates = (
        profile
        for profile in _profiles(game)
        if _within(profile, [optimal[player][_without(profile, player)] for player in range(game.players)], every)
    )
    return tuple(found for profile in candidates if (found := strict_range(game, profile)) is not None)


def strict_range(game: Game, profile: StationaryProfile) -> StrictRange | None:
    """The trembles (0, ε*) for which a profile is a strict equilibrium, ``None`` if it is not one for small ε > 0.

    Every gap Q(s, its action) − Q(s, another) at the trembling profile is a quotient of polynomials in ε
    (:func:`tremble_gaps`) whose denominator has no root in [0, 1]: it divides det(I − γP_π) > 0. So strictness is
    decided by the signs of the numerators, for small ε by their lowest coefficients, and ends at their smallest
    root in (0, 1), which is isolated by rational numbers (Vincent, Akritas and Strzeboński's method, in SymPy).

    Raises:
        BadInput: the profile does not fit the game, or a table holds a symbol without a value.
    """
    instance = game.instance()
    field, gaps = _gaps(instance, profile)
    # Once every action has positive probability, which states are reached depends on neither ε nor the profile.
    everywhere = len(reached(trembling(instance, Rational(1, 2)), profile)) == len(game.states)
    numerators = [Poly(field.polynomial(_over_positive(gap)), tremble, domain="QQ") for gap in gaps.values()]
    if not everywhere or any(poly.is_zero or poly.terms()[-1][1] < 0 for poly in numerators):
        return None
    factors = {base.monic() for poly in numerators for base, _ in poly.factor_list()[1]}
    low, high, polynomial = _smallest_root([f for f in factors if f(0) != 0 and f(1) != 0])
    return StrictRange(profile, low, high, polynomial)


def _over_positive(gap: exact.Quotient) -> flint.fmpq_mpoly:
    """The numerator over a denominator that is positive in [0, 1], where it has no root."""
    return gap.numerator if gap.denominator(0) > 0 else -gap.numerator


def tremble_gaps(game: Game, profile: StationaryProfile) -> dict[tuple[int, int, int], Expr]:
    """The gaps Q(s, its action) − Q(s, another) at a trembling profile as functions of ε, in lowest terms.

    Symbols in the game's tables stay symbols; pass the game's :meth:`~theory.games.model.Game.instance` for functions
    of ε alone. Q counts the player's own action in s as done without tremble; with it, every gap is 1 − ε times as
    large.

    Returns:
        The gaps by player, state and the other action.

    Raises:
        BadInput: the profile does not fit the game.
    """
    field, gaps = _gaps(game, profile)
    return {key: field.expression(gap) for key, gap in gaps.items()}


def _gaps(
    game: Game, profile: StationaryProfile
) -> tuple[exact.QuotientField, dict[tuple[int, int, int], exact.Quotient]]:
    check_profile(game, profile)
    field = exact.QuotientField([tremble, *(symbol for symbol, _ in game.parameters)])
    chances = [
        [[_slip(len(names), tremble, action == own) for action in range(len(names))] for own in policy]
        for names, policy in zip(game.actions, profile, strict=True)
    ]
    trembled = {symbol: field.element(chance) for symbol, chance in as_parameters(game, chances).items()}
    results = direct_program(game).run({**field.values, **trembled}, field.constant)
    gaps: dict[tuple[int, int, int], exact.Quotient] = {}
    for player, (names, policy) in enumerate(zip(game.actions, profile, strict=True)):
        advantages = results[f"advantage_{player + 1}"]
        for s, own in enumerate(policy):
            row = advantages[s * len(names) : (s + 1) * len(names)]
            gaps |= {(player, s, a): field.subtract(row[own], row[a]) for a in range(len(names)) if a != own}
    return field, gaps


def _smallest_root(factors: list[Poly]) -> tuple[Rational, Rational, Expr | None]:
    """The smallest root in (0, 1) of different monic irreducible polynomials, none of which vanishes at 0 or 1."""
    width = Rational(1, 10**6)
    while roots := prod(factors, start=Poly(1, tremble, domain="QQ")).intervals(inf=0, sup=1, eps=width):
        (low, high), _ = roots[0]
        if low > 0 and all(high < later for (later, _), _ in roots[1:]):
            (polynomial,) = (base for base in factors if base.count_roots(low, high))
            if polynomial.degree() == 1:
                low = high = -polynomial(0)  # monic
            return low, high, polynomial.as_expr()
        width /= 1000
    return Integer(1), Integer(1), None


# ------------------------------------------------------------------------------------------------------ dominance


def risk_dominant(game: Game, first: StationaryProfile, second: StationaryProfile) -> StationaryProfile | None:
    """Which of two equilibria of two players risk-dominates the other (Harsanyi and Selten 1988, §3.9), or ``None``.

    Each player chooses between its two policies; that is a 2×2 game with two strict equilibria, and the one with the
    larger product of the players' losses from deviating alone is the less risky one.

    Args:
        game: a game of two players; :func:`trembling` where the policies are to tremble.
        first: an equilibrium.
        second: another one, in which both players have other policies.

    Raises:
        BadInput: not two players, a profile does not fit the game, or one of the two is not strict in that 2×2 game.
    """
    if game.players != 2:
        raise BadInput(f"game {game.name!r}: risk dominance is defined here for two players, not {game.players}.")
    products = []
    for here, there in ((first, second), (second, first)):
        paid = payoffs(game, here)
        alone = (payoffs(game, (there[0], here[1]))[0], payoffs(game, (here[0], there[1]))[1])
        losses = [mine - other for mine, other in zip(paid, alone, strict=True)]
        if not all(loss > 0 for loss in losses):
            raise BadInput(f"game {game.name!r}: {here} is no strict equilibrium of the 2×2 game with {there}.")
        products.append(losses[0] * losses[1])
    if products[0] == products[1]:
        return None
    return first if products[0] > products[1] else second
