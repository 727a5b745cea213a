"""Alignment of the peer-learning correction with a target, as exact inequalities in the payoffs.

C is the correction in x′ = v + λC: the peer-learning term at φ₀ divided by α. For one-shot games in which every player
has two actions, on the cube of first-action probabilities, σ_i = +1 when the target has player i's first action and
−1 otherwise:

* order alignment: σ_i C_i ≥ 0 everywhere on the cube, for every player (THEORY §4: the C ≥ 0 of A2). It implies
  ⟨C, x* − x⟩ ≥ 0, the correction's part of A0 with W = ½‖x − x*‖².

Each C_i is split into irreducible factors. A factor that is affine in every probability takes its extrema at the
corners of the cube, so its sign there is the sign of finitely many forms in the payoffs (vertex rule: necessary and
sufficient). Any other factor has a sign if its Bernstein coefficients have it. Forms that the game's class of payoffs
settles (Farkas' lemma) drop out; what is left is the condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, Integer, Mul, Poly, Rational, Symbol, factor_list

from theory import exact
from theory.bernstein import bernstein
from theory.decomposition import decompose
from theory.derivation import payoff_lines
from theory.errors import BadInput
from theory.exact import Undecided, definite_sign, lowest_terms
from theory.games.differentiable import AnyGame, finite
from theory.games.model import Game
from theory.latex import Document, Line, latex, readable, text
from theory.policies import Coordinates, check_coordinates, in_probabilities, parameters
from theory.symbols import alpha


def where_it_holds(game: Game) -> str:
    """What a statement without conditions is about: all games with these symbols, or the one of these numbers."""
    return "for every game of the class" if game.parameters else "in this game"


@dataclass(frozen=True)
class OpenFactor:
    """A factor of the correction whose sign the class of games does not settle.

    Attributes:
        factor: the polynomial.
        corner_forms: its values at the corners of the cube that are not settled, duplicates removed.
    """

    factor: Expr
    corner_forms: tuple[Expr, ...]


@dataclass(frozen=True)
class Component:
    """One player's correction and when it points to the target at every policy.

    Attributes:
        toward_target: σ_i C_i in lowest terms, factored.
        conditions: forms in the payoffs that must all be ≥ 0; empty if none is needed.
        possible: whether some game of the class meets them all (linear conditions; others are not compared).
        positive_where: polynomials whose product has the sign of ``toward_target`` inside the cube; empty when that
            is positive (or zero) throughout.
    """

    toward_target: Expr
    conditions: tuple[Expr, ...]
    possible: bool
    positive_where: tuple[Expr, ...]

    def holds_for(self, game: Game) -> bool:
        """Whether the function is ≥ 0 at every policy at the game's current parameter values."""
        if exact.is_zero(game.value_of(self.toward_target)):
            return True  # even powers of payoff forms are dropped from the conditions, so their zeros count here
        return self.possible and all(bool(game.value_of(form) >= 0) for form in self.conditions)


@dataclass(frozen=True)
class Alignment:
    """Alignment of the peer-learning correction with a game's target.

    Attributes:
        game: the game, symbolic in its parameters.
        policy: coordinates in which the correction is taken.
        correction: C_i as functions of the probabilities, in those coordinates, one per player.
        components: one per player.
    """

    game: Game
    policy: str
    correction: tuple[Expr, ...]
    components: tuple[Component, ...]

    @property
    def conditions(self) -> tuple[Expr, ...]:
        """All conditions (forms ≥ 0) for order alignment, without repetition."""
        return tuple(dict.fromkeys(form for component in self.components for form in component.conditions))

    @property
    def possible(self) -> bool:
        """Whether some game of the class is order aligned."""
        return all(component.possible for component in self.components)

    @cached_property
    def holds(self) -> bool:
        """Whether the game at its current parameter values is order aligned."""
        return all(component.holds_for(self.game) for component in self.components)

    @property
    def orientation(self) -> tuple[int, ...]:
        """σ_i: 1 if the target has player i's first action, else −1."""
        return tuple(2 * top - 1 for top in _target_corner(self.game))

    @cached_property
    def inner_product(self) -> Expr:
        """⟨C, x* − x⟩ with x the probabilities and C in the chosen coordinates."""
        symbols = [row[0] for row in parameters(self.game, "direct")]
        corner = _target_corner(self.game)
        terms = zip(corner, symbols, self.correction, strict=True)
        return lowest_terms(sum(((top - x) * c for top, x, c in terms), Integer(0)))

    def document(self) -> Document:
        """The conditions to read, with the inequality that bounds where each correction points to the target."""
        probabilities = [row[0] for row in parameters(self.game, "direct")]
        names, target = ", ".join(map(text, probabilities)), ",".join(self.game.target or ())
        assumed = ", ".join(f"{text(form)} > 0" for form in self.game.ordering) or "nothing (all payoffs are numbers)"
        lines = [
            *payoff_lines(self.game),
            Line(f"probabilities of the first action {names}; target {target}"),
            Line(f"assumed of the payoffs: {assumed}"),
        ]
        for player, (entry, component) in enumerate(zip(self.correction, self.components, strict=True), start=1):
            label = f"correction of player {player} (peer term / α at φ₀)"
            lines.append(_equation(label, f"C_{player}", readable(entry, probabilities)))
            lines.append(_component_line(self.game, player, component))
        inner = readable(self.inner_product, probabilities)
        lines.append(_equation("inner product with the direction to the target", "⟨C, x* − x⟩", inner))
        lines.append(self._conclusion())
        title = f"{self.game.name}: alignment of the peer-learning correction, {self.policy} coordinates"
        return Document(title, tuple(lines))

    def _conclusion(self) -> Line:
        if not self.possible and not self.holds:  # it may vanish identically at the current payoffs
            return Line(f"unless it is zero, the correction points away somewhere, {where_it_holds(self.game)}")
        now = f"at the current payoffs this {'holds' if self.holds else 'fails'}" if self.game.parameters else ""
        if not self.conditions:
            return Line("order aligned: no correction points away from the target at any policy")
        return Line(
            f"order aligned at every policy if and only if ({now})" if now else "order aligned if and only if",
            "\n".join(f"{text(form)} ≥ 0" for form in self.conditions),
            "\n".join(rf"{latex(form)} \ge 0" for form in self.conditions),
        )

    def to_json(self) -> dict[str, Any]:
        """The same as data: expressions as strings."""
        return {
            "schema_version": 1,
            "game": self.game.name,
            "policy": self.policy,
            "target": list(self.game.target or ()),
            "assumed_positive": [str(form) for form in self.game.ordering],
            "correction": [str(entry) for entry in self.correction],
            "toward_target": [str(component.toward_target) for component in self.components],
            "positive_where": [[str(form) for form in component.positive_where] for component in self.components],
            "conditions_nonnegative": [str(form) for form in self.conditions],
            "possible": self.possible,
            "holds": self.holds,
            "inner_product": str(self.inner_product),
        }

    def __str__(self) -> str:
        return self.document().as_text()

    def _repr_latex_(self) -> str:
        return self.document()._repr_latex_()


def align(game: AnyGame, policy: str = "direct", target: Sequence[str] | None = None) -> Alignment:
    """Derive when the peer-learning correction points to the target at every policy.

    Args:
        game: a one-shot game in which every player has two actions.
        policy: ``direct`` or ``logit``.
        target: one action per player; the game's target by default.

    Raises:
        BadInput: another kind of game, or no target.
        Undecided: a factor is not affine in the probabilities and its Bernstein coefficients differ in sign.
    """
    game, coordinates, correction = _correction(game, policy)
    if target is not None:
        game = game.with_target(target)
    if game.target is None:
        raise BadInput(f"align: game {game.name!r} has no target equilibrium; name one with --target.")
    toward = (2 * top - 1 for top in _target_corner(game))
    components = tuple(settled_component(game, sign * entry) for sign, entry in zip(toward, correction, strict=True))
    return Alignment(game, coordinates, correction, components)


@dataclass(frozen=True)
class AlongDirection:
    """The correction's inner product with one fixed direction, at every policy.

    Attributes:
        game: the game, symbolic in its parameters.
        policy: coordinates in which the correction is taken.
        direction: one rational per player, in first-action probabilities.
        component: ⟨C, w⟩ and when it is ≥ 0 everywhere.
    """

    game: Game
    policy: str
    direction: tuple[Rational, ...]
    component: Component

    def document(self) -> Document:
        """The inner product and the condition for it to be ≥ 0 at every policy."""
        probabilities = [row[0] for row in parameters(self.game, "direct")]
        inner = _equation(
            "inner product with the direction w", "⟨C, w⟩", readable(self.component.toward_target, probabilities)
        )
        label = "it is ≥ 0 at every policy if and only if"
        shown = Line(
            label if self.component.conditions else f"it is ≥ 0 at every policy, {where_it_holds(self.game)}",
            "\n".join(f"{text(form)} ≥ 0" for form in self.component.conditions),
            "\n".join(rf"{latex(form)} \ge 0" for form in self.component.conditions),
        )
        if not self.component.possible:
            shown = Line(f"it is negative at some policy, {where_it_holds(self.game)}")
        words = ", ".join(map(str, self.direction))
        title = f"{self.game.name}: the peer-learning correction along w = ({words}), {self.policy} coordinates"
        return Document(title, (*payoff_lines(self.game), inner, shown))

    def to_json(self) -> dict[str, Any]:
        """The same as data: expressions as strings."""
        return {
            "schema_version": 1,
            "game": self.game.name,
            "policy": self.policy,
            "direction": [str(entry) for entry in self.direction],
            "inner_product": str(self.component.toward_target),
            "conditions_nonnegative": [str(form) for form in self.component.conditions],
            "possible": self.component.possible,
        }


def align_along(game: AnyGame, direction: Sequence[Rational], policy: str = "direct") -> AlongDirection:
    """Derive when the correction has a non-negative inner product with a fixed direction at every policy.

    Args:
        game: a one-shot game in which every player has two actions.
        direction: one number per player, in first-action probabilities.
        policy: ``direct`` or ``logit``.

    Raises:
        BadInput: another kind of game, or not one number per player.
        Undecided: the inner product is not affine in each probability, as in logit coordinates.
    """
    game, coordinates, correction = _correction(game, policy)
    if len(direction) != game.players:
        raise BadInput(f"--direction: game {game.name!r} needs {game.players} numbers, one per player.")
    inner = sum((w * entry for w, entry in zip(direction, correction, strict=True)), Integer(0))
    return AlongDirection(game, coordinates, tuple(direction), settled_component(game, inner))


def _correction(game: AnyGame, policy: str) -> tuple[Game, Coordinates, tuple[Expr, ...]]:
    """The game, if it is of the kind treated here, and C_i as functions of the first-action probabilities."""
    coordinates = check_coordinates(policy)
    game = finite(game, "align")
    if not game.one_shot or any(len(names) != 2 for names in game.actions):
        raise BadInput(
            f"align: game {game.name!r} is not a one-shot game in which every player has two actions, "
            "the only kind with a closed-form alignment condition so far."
        )
    program = decompose(game, coordinates, 1, "expanded").program
    if coordinates == "logit":
        program = in_probabilities(program, game)
    blocks = program.closed_form()
    corrections = (lowest_terms(blocks[f"peer_{player + 1}"][0] / alpha) for player in range(game.players))
    return game, coordinates, tuple(corrections)


def _target_corner(game: Game) -> list[int]:
    assert game.target is not None
    return [int(game.action_index(player, action) == 0) for player, action in enumerate(game.target)]


def settled_component(game: Game, toward_target: Expr) -> Component:
    """When a function of the first-action probabilities is ≥ 0 at every policy.

    Raises:
        Undecided: as in :func:`align`.
    """
    toward_target = lowest_terms(toward_target)
    if exact.is_zero(toward_target):
        return Component(Integer(0), (), True, ())
    probabilities = [row[0] for row in parameters(game, "direct")]
    numerator, denominator = toward_target.as_numer_denom()
    coefficient, factors = factor_list(numerator * denominator)
    sign = 1 if coefficient > 0 else -1
    open_factors = []
    for factor, power in factors:
        if power % 2 == 0:
            continue
        settled, corner_forms = _sign_on_cube(factor, probabilities, game.ordering)
        if settled is None:
            open_factors.append(OpenFactor(factor, corner_forms))
        else:
            sign *= settled
    if not open_factors:
        return Component(toward_target, (), sign > 0, () if sign > 0 else (Integer(-1),))
    where = Mul(sign, open_factors[0].factor).expand(), *(other.factor for other in open_factors[1:])
    if len(open_factors) == 1:
        forms = [Mul(sign, form).expand() for form in open_factors[0].corner_forms]
    else:
        forms = _corner_values(Mul(sign, *(other.factor for other in open_factors)), probabilities)
    needed, possible = _reduced(forms, game.ordering)
    return Component(toward_target, needed, possible, tuple(where))


def _corner_values(factor: Expr, probabilities: Sequence[Symbol]) -> list[Expr]:
    """Values at the corners of the cube of a polynomial that is affine in every probability."""
    if any(Poly(factor, symbol).degree() > 1 for symbol in probabilities):
        raise Undecided(f"{factor} is not affine in every probability, so its corners do not decide its sign")
    return _bernstein_forms(factor, probabilities)


def _bernstein_forms(factor: Expr, probabilities: Sequence[Symbol]) -> list[Expr]:
    """Bernstein coefficients on the cube, without repetition; corner values if it is affine in every probability."""
    terms = dict(Poly(factor, *probabilities).terms())
    unit = [(Rational(0), Rational(1))] * len(probabilities)
    return list(dict.fromkeys(form.expand() for form in bernstein(terms, unit, Rational).values()))


def _sign_on_cube(
    factor: Expr, probabilities: Sequence[Symbol], ordering: Sequence[Expr]
) -> tuple[int | None, tuple[Expr, ...]]:
    """(sign, ()) when settled: ≥ 0 or ≤ 0 on the whole cube; else (None, the corner forms)."""
    forms = _bernstein_forms(factor, probabilities)
    signs = [_form_sign(form, ordering) for form in forms]
    if all(sign is not None and sign >= 0 for sign in signs):
        return 1, ()
    if all(sign is not None and sign <= 0 for sign in signs):
        return -1, ()
    return None, tuple(_corner_values(factor, probabilities))


def _form_sign(form: Expr, ordering: Sequence[Expr]) -> int | None:
    try:
        return definite_sign(form, ordering)
    except Undecided:  # not linear: the class settles it only factor by factor
        split = exact.factor_signs(form, ordering)
        return split.sign if not split.open_factors else None


def _reduced(forms: Sequence[Expr], ordering: Sequence[Expr]) -> tuple[tuple[Expr, ...], bool]:
    """The forms that still have to be ≥ 0, without those that the class or the other forms imply."""
    signs = {form: _form_sign(form, ordering) for form in forms}
    needed = [form for form, sign in signs.items() if sign is None]
    possible = all(sign is None or sign >= 0 for sign in signs.values()) and _compatible(ordering, needed)
    for form in list(needed):
        others = [other for other in needed if other != form]
        if others and _implied(form, [*ordering, *others]):
            needed = others
    return tuple(needed), possible


def _compatible(ordering: Sequence[Expr], conditions: Sequence[Expr]) -> bool:
    try:
        return exact.compatible(ordering, conditions)
    except Undecided:  # conditions that are not linear are not compared with each other
        return True


def _implied(form: Expr, by: Sequence[Expr]) -> bool:
    try:
        return definite_sign(form, by) == 1
    except Undecided:
        return False


def _equation(label: str, name: str, value: Expr) -> Line:
    symbol = name.replace("⟨", r"\langle ").replace("⟩", r"\rangle").replace("−", "-").replace("*", "^*")
    return Line(label, f"{name} = {text(value)}", f"{symbol} = {latex(value)}")


def _component_line(game: Game, player: int, component: Component) -> Line:
    if exact.is_zero(component.toward_target):
        return Line(f"the correction of player {player} vanishes identically")
    if not component.positive_where:
        return Line(f"the correction of player {player} points to the target at every mixed policy")
    if component.positive_where == (Integer(-1),):
        return Line(f"the correction of player {player} points away from the target at every mixed policy")
    solved = as_inequality(component.positive_where[0], game) if len(component.positive_where) == 1 else None
    label = f"among mixed policies it points to the target exactly where (player {player})"
    if solved is not None:
        symbol, relation, bound = solved
        return Line(label, f"{text(symbol)} {relation} {text(bound)}", f"{latex(symbol)} {relation} {latex(bound)}")
    form = Mul(*component.positive_where)
    return Line(label, f"{text(form)} > 0", f"{latex(form)} > 0")


def as_inequality(polynomial: Expr, game: Game) -> tuple[Symbol, str, Expr] | None:
    """Solve ``polynomial > 0`` for the one probability it holds.

    Returns:
        (symbol, ``>`` or ``<``, bound), or ``None`` if it holds another number of probabilities or the class of games
        does not settle the sign of the slope.
    """
    held = [row[0] for row in parameters(game, "direct") if row[0] in polynomial.free_symbols]
    if len(held) != 1:
        return None
    slope, rest = Poly(polynomial, held[0]).all_coeffs()
    sign = _form_sign(slope, game.ordering)
    if not sign:
        return None
    return held[0], ">" if sign > 0 else "<", lowest_terms(-rest / slope)
