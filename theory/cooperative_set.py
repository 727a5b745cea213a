"""Equilibria of memory-one repeated 2×2 games with mutual cooperation on the path: a set, not a point.

"Cooperation" is each player's first action; R, S, T, P are a player's payoffs from CC, CD, DC, DD in its own view, and
may differ between players. Where p₀ = p_CC = q₀ = q_CC = 1 both cooperate for ever, and the other six probabilities are
never used. They decide only whether deviating pays, so the equilibria among these policies form a set of dimension six.

Against a fixed memory-one policy of the other player a best reply can be chosen pure and stationary (Blackwell 1962),
so the set is given by gain ≤ 0 for each of the 32 pure stationary replies of each player. Two of them suffice: to
cooperate except after cooperation, and never to cooperate. With the other's q_CD, q_DC, q_DD (in its own view, its own
action first) no reply gains exactly when

    (T − R)(1 − γ + γ q_DC) ≤ γ (R − S)(1 − q_CD),        (T − R)(1 − γ + γ q_DD) ≤ γ (R − P)(1 − q_CD),

for *all* payoffs. The code finds these two forms and proves the reduction: the gain of each reply is a combination of
the two with coefficients that are ≥ 0 for all probabilities and 0 ≤ γ < 1. (Reason: whatever a player does, its visits
d balance, γ(1 − q_CD) d_DC = (1 − γ + γ q_DC) d_CD + (1 − γ + γ q_DD) d_DD in the player's own view of the states.) As
γ → 1 these are Akin's conditions for a strategy of Nash type (2012, "The iterated prisoner's dilemma: good strategies
and their dynamics").

A rest point of projected policy gradient satisfies first-order conditions only; :func:`classify` tells it from an
equilibrium by the deviation test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from itertools import product

import flint
from sympy import Expr, Integer, Symbol

from theory import exact
from theory.bernstein import Monomials, bernstein
from theory.equilibria import (
    Deviation,
    MixedProfile,
    as_parameters,
    check_mixed_profile,
    direct_program,
    mixed_deviation,
)
from theory.errors import BadInput
from theory.games import ipd
from theory.games.model import Game
from theory.policies import parameters
from theory.symbols import P, R, S, T, discount

_START, _CC, _CD, _DC, _DD = range(5)
_ON_PATH = (_START, _CC)

# ------------------------------------------------------------------------------------------------ the cooperative set


@dataclass(frozen=True)
class CooperativeSet:
    """The equilibria of a memory-one repeated 2×2 game with mutual cooperation on the path.

    Attributes:
        game: the game.
        ones: the probabilities that are 1: each player's in the first round and after mutual cooperation.
        free: the others, anywhere in [0, 1] as far as the slacks allow.
        slacks: polynomials in the free probabilities and the game's parameters; the set is where all are ≥ 0, and where
            all are > 0 every deviation from the path strictly loses. Two for each player that might deviate.
    """

    game: Game
    ones: tuple[Symbol, ...]
    free: tuple[Symbol, ...]
    slacks: tuple[Expr, ...]

    def slacks_at(self, profile: MixedProfile) -> tuple[Expr, ...]:
        """The slacks at the free probabilities of a profile and the game's current parameters.

        Raises:
            BadInput: the profile does not fit the game.
        """
        check_mixed_profile(self.game, profile)
        values = as_parameters(self.game, profile)
        return tuple(self.game.value_of(slack).xreplace(values) for slack in self.slacks)

    def contains(self, profile: MixedProfile) -> bool:
        """Whether a profile belongs to the set, at the game's current parameters.

        Raises:
            BadInput: the profile does not fit the game.
        """
        slacks = self.slacks_at(profile)
        on_path = all(policy[state][0] == 1 for policy in profile for state in _ON_PATH)
        return on_path and all(slack >= 0 for slack in slacks)


def cooperative_set(game: Game) -> CooperativeSet:
    """The equilibria with mutual cooperation on the path, by exact inequalities.

    With γ = 0 the play after mutual cooperation does not matter either; only equilibria that go on cooperating are
    given.

    Args:
        game: a memory-one repeated game of two players with two actions each, without horizon.

    Raises:
        BadInput: it is not such a game.
        Undecided: the reduction to two replies could not be proved (a bug).
    """
    model = ipd()
    repeats = all(rows == game.reward[0] for rows in game.reward)
    same = (game.transition, game.start, game.own_view) == (model.transition, model.start, model.own_view)
    if not same or not repeats or game.horizon is not None:
        raise BadInput(f"game {game.name!r} is not a memory-one repeated game of two players with two actions each.")
    rows = parameters(game, "direct")
    symbols = dict(zip(_flat(parameters(model, "direct")), _flat(rows), strict=True))
    slacks: list[Expr] = []
    for player, forms in enumerate(_derived_slacks()):
        own_view = [game.own_view[player][1 + k] - 1 for k in range(4)] if game.own_view else []
        paid = [game.reward[0][k][player] for k in own_view]
        given = {discount: game.discount, **dict(zip((R, S, T, P), paid, strict=True)), **symbols}
        slacks += [form.xreplace(given) for form in forms]
    ones = tuple(row[state] for row in rows for state in _ON_PATH)
    free = tuple(row[state] for row in rows for state in (_CD, _DC, _DD))
    return CooperativeSet(game, ones, free, tuple(slacks))


def _flat(rows: tuple[tuple[Symbol, ...], ...]) -> list[Symbol]:
    return [symbol for row in rows for symbol in row]


@lru_cache(maxsize=1)
def _derived_slacks() -> tuple[tuple[Expr, Expr], ...]:
    """For each player the two forms that are ≥ 0 exactly where no reply gains, in R, S, T, P, γ and the IPD's names."""
    return tuple(_slacks_against(player) for player in range(2))


def _slacks_against(player: int) -> tuple[Expr, Expr]:
    """Derive one player's two forms from its gains by all pure stationary replies, and prove that they suffice."""
    game = replace(ipd(), ordering=())
    own, other = parameters(game, "direct")[player], parameters(game, "direct")[1 - player]
    field = exact.QuotientField([*other[_CD:], discount, R, S, T, P])
    program = direct_program(game)
    cooperating = {**field.values, **dict.fromkeys((*other[:_CD], *own), field.constant(Integer(1)))}

    def value(reply: tuple[int, ...]) -> exact.Quotient:
        chosen = {symbol: field.constant(Integer(c)) for symbol, c in zip(own, reply, strict=True)}
        result: exact.Quotient = program.run({**cooperating, **chosen}, field.constant)["value"][player]
        return result

    peace = value((1,) * 5)
    gains = [field.subtract(value(reply), peace) for reply in product((0, 1), repeat=5)]
    # A gain is linear in the payoffs. Those that never earn P, or never S, give the two forms.
    forms = [_form(field, gains, absent) for absent in (P, S)]
    for gain in gains:
        rest = gain
        for form, payoff in zip(forms, (S, P), strict=True):
            share = _quotient(_coefficient(field, gain, payoff), _coefficient(field, form, payoff))
            _check_nonnegative(field, share)
            rest = field.subtract(rest, share * form)
        if rest.numerator:
            raise exact.Undecided("a reply's gain is no combination of the two forms")
    first, second = (-field.polynomial(form.numerator) for form in forms)
    return first, second


def _form(field: exact.QuotientField, gains: list[exact.Quotient], absent: Symbol) -> exact.Quotient:
    """The irreducible factor that decides the sign of the gains in which one payoff does not occur."""
    symbols = {R, S, T, P}
    found: list[flint.fmpq_mpoly] = []
    for gain in gains:
        if gain.numerator and not _coefficient(field, gain, absent).numerator:
            for base, _ in gain.numerator.factor()[1]:
                if field.polynomial(base).free_symbols & symbols:
                    rest = exact.Quotient.reduced(gain.numerator, gain.denominator * base)
                    form = base if _at_centre(rest.numerator) * _at_centre(rest.denominator) > 0 else -base
                    found += [form] if form not in found else []
    if len(found) != 1:
        raise exact.Undecided(f"{len(found)} different forms decide the gains without {absent}")
    return exact.Quotient(found.pop(), field.constant(Integer(1)).numerator)


def _coefficient(field: exact.QuotientField, element: exact.Quotient, payoff: Symbol) -> exact.Quotient:
    """Coefficient of a payoff in something linear in it whose denominator does not contain it."""
    derivative = element.numerator.derivative(field.generators.index(payoff))
    return exact.Quotient.reduced(derivative, element.denominator)


def _quotient(above: exact.Quotient, below: exact.Quotient) -> exact.Quotient:
    return exact.Quotient.reduced(above.numerator * below.denominator, above.denominator * below.numerator)


def _at_centre(polynomial: flint.fmpq_mpoly) -> flint.fmpq:
    """The value where every generator is 1/2."""
    return polynomial(*[flint.fmpq(1, 2)] * polynomial.context().nvars())


def _check_nonnegative(field: exact.QuotientField, share: exact.Quotient) -> None:
    """Prove a quotient without payoffs ≥ 0 for all probabilities and 0 ≤ γ < 1, by Bernstein coefficients.

    The denominator's may vanish at γ = 1 only: with those at the index 0 of γ positive and none negative it is > 0.
    """
    sign = 1 if _at_centre(share.denominator) > 0 else -1
    above, below = _bernstein(share.numerator * sign), _bernstein(share.denominator * sign)
    axis = field.generators.index(discount)
    if any(entry < 0 for entry in above.values()):
        raise exact.Undecided("the numerator of a share may be negative")
    if any(entry < 0 or (entry == 0 and place[axis] == 0) for place, entry in below.items()):
        raise exact.Undecided("the denominator of a share may vanish")


def _bernstein(polynomial: flint.fmpq_mpoly) -> Monomials:
    terms = {tuple(map(int, powers)): coefficient for powers, coefficient in polynomial.to_dict().items()}
    box = [(Integer(0), Integer(1))] * polynomial.context().nvars()
    return bernstein(terms, box, exact.to_fmpq)


# ------------------------------------------------------------------------------------------- rest points and equilibria


class PointKind(Enum):
    """What a profile is to projected policy gradient and to its players."""

    MOVING = "moving"
    REST = "rest point, not an equilibrium"
    NASH = "equilibrium"


@dataclass(frozen=True)
class Classification:
    """What a profile is, with the evidence.

    Attributes:
        kind: moving, at rest without being an equilibrium, or an equilibrium (which is always at rest).
        moving: players and states, (i, s), in which projected policy gradient changes the policy.
        deviations: each player's most profitable deviation, for the players that have one.
    """

    kind: PointKind
    moving: tuple[tuple[int, int], ...]
    deviations: tuple[Deviation, ...]


def classify(game: Game, profile: MixedProfile) -> Classification:
    """Tell a rest point of projected policy gradient from an equilibrium, in direct coordinates.

    The gradient in π(·|s) is d(s) Q(s, ·). Its projection on the feasible directions of the simplex is zero exactly if
    s is not reached or every action that is used maximises Q(s, ·): no *one-state* change of the profile gains. An
    equilibrium asks that no reply gains, whatever it changes. The two differ where a deviation leads to states in which
    the player's own policy is a bad one.

    Args:
        game: a finite game whose policies see the state, taken at its current parameters.
        profile: probabilities of the actions of each player in each state.

    Raises:
        BadInput: the profile does not fit the game.
    """
    moving = _moving(game, profile)
    found = (mixed_deviation(game, profile, player) for player in range(game.players))
    deviations = tuple(deviation for deviation in found if deviation is not None)
    kind = PointKind.MOVING if moving else PointKind.REST if deviations else PointKind.NASH
    return Classification(kind, moving, deviations)


def is_rest_point(game: Game, profile: MixedProfile) -> bool:
    """Whether projected policy gradient in direct coordinates stays where it is.

    Raises:
        BadInput: the profile does not fit the game.
    """
    return not _moving(game, profile)


def _moving(game: Game, profile: MixedProfile) -> tuple[tuple[int, int], ...]:
    check_mixed_profile(game, profile)
    results = direct_program(game).at({**as_parameters(game, profile), **dict(game.parameters)})
    moving = []
    for player, policy in enumerate(profile):
        advantages = results[f"advantage_{player + 1}"]
        for s, chances in enumerate(policy):
            row = advantages[s * len(chances) : (s + 1) * len(chances)]
            used = [advantage for advantage, chance in zip(row, chances, strict=True) if chance > 0]
            if results["visits"][s] > 0 and min(used) < max(row):
                moving.append((player, s))
    return tuple(moving)
