"""The Meta-MAPG update as policy gradient + own-learning + peer-learning correction, and its independent check.

The terms of the other learning rules come from the same place (:func:`rule_terms`).

Two routes lead to the derivative of Vⁱ(φ_L) in φ₀ⁱ:

* :func:`decompose` sums the terms, each from the policy gradient theorem and the resolvent (:mod:`theory.values`);
* :func:`differentiated_unroll` differentiates the whole unroll by reverse accumulation through single steps, where
  even the inner gradient comes from differentiating V, so that no derivative formula is shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sympy import Expr, Symbol

from theory import updates
from theory.errors import BadInput
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.latex import Document, Line, latex, readable, text
from theory.policies import Coordinates, coordinates_of, parameters
from theory.program import Blocks, Builder, Program
from theory.symbols import alpha, own_coefficient, peer_coefficient, step_size
from theory.updates.model import FORMS, SPLITS, Form, Rule, Split, Unroll
from theory.values import Parameters, Point, Vector, point_of


@dataclass(frozen=True)
class Decomposition:
    """The three terms of every player, as one program.

    Attributes:
        game: the game (its parameters stay symbols).
        policy: coordinates of φ.
        unroll: L.
        form: ``unrolled`` or ``expanded``.
        split: ``terminal`` or ``path``.
        program: inputs φ₀, α, then the game's parameters; blocks ``current_i``, ``own_i``, ``peer_i`` (i from 1), each
            of shape (parameters of player i,).
    """

    game: AnyGame
    policy: Coordinates
    unroll: int
    form: Form
    split: Split
    program: Program = field(repr=False)

    @cached_property
    def _closed(self) -> Blocks:
        return (
            self.program.closed_form()
            if has_closed_form(self.game) and self.policy == "direct"
            else self.program.outputs
        )

    def _terms(self, name: str) -> tuple[Vector, ...]:
        return tuple(self._closed[f"{name}_{player + 1}"] for player in range(self.game.players))

    @property
    def policy_gradient(self) -> tuple[Vector, ...]:
        """g_i at φ_L (at φ₀ in expanded form), one vector per player.

        Closed forms for short games (:func:`has_closed_form`) in direct coordinates, else in the steps of the program.
        """
        return self._terms("current")

    @property
    def own_learning(self) -> tuple[Vector, ...]:
        """Own-learning correction (terms include α), like :attr:`policy_gradient`."""
        return self._terms("own")

    @property
    def peer_learning(self) -> tuple[Vector, ...]:
        """Peer-learning correction (terms include α), like :attr:`policy_gradient`."""
        return self._terms("peer")

    def document(self) -> Document:
        """The terms to read, in φ₀ and α; for long games their number of steps. :mod:`theory.derivation` says more."""
        split = f", {self.split} split" if self.unroll > 1 and self.form == "unrolled" else ""
        title = f"{self.game.name}: terms of the update, {self.policy} policies, L = {self.unroll}, {self.form} form"
        title += split
        if not (has_closed_form(self.game) and self.policy == "direct"):
            size = f"{len(self.program.steps)} named steps, {self.program.operations} operations"
            return Document(title, (Line(f"no short closed form; the program has {size}"),))
        symbols = flat(parameters(self.game, self.policy))
        named = (
            ("policy gradient", "g", "g", self.policy_gradient),
            ("own-learning correction", "own", r"\mathrm{own}", self.own_learning),
            ("peer-learning correction", "peer", r"\mathrm{peer}", self.peer_learning),
        )
        return Document(title, tuple(equations(label, a, b, rows, symbols) for label, a, b, rows in named))

    def __str__(self) -> str:
        return self.document().as_text()

    def _repr_latex_(self) -> str:
        return self.document()._repr_latex_()


def equations(label: str, plain: str, math: str, rows: Sequence[Vector], symbols: Sequence[Symbol]) -> Line:
    """One equation per player and parameter: plain₁ = …, in both notations."""
    shown = [(player, readable(entry, symbols)) for player, row in enumerate(rows) for entry in row]
    return Line(
        label,
        "\n".join(f"{plain}{'₁₂₃₄₅₆₇₈'[player]} = {text(entry)}" for player, entry in shown),
        "\n".join(f"{math}_{{{player + 1}}} = {latex(entry)}" for player, entry in shown),
    )


def has_closed_form(game: AnyGame) -> bool:
    """Whether the terms are short enough to print: differentiable games, and one-shot games with two actions each."""
    return isinstance(game, DifferentiableGame) or (game.one_shot and all(len(names) == 2 for names in game.actions))


MOST_INNER_STEPS = 1000


def check_unroll(unroll: int) -> int:
    """The unroll length, if it is a positive integer of at most :data:`MOST_INNER_STEPS`.

    Raises:
        BadInput: it is not.
    """
    if isinstance(unroll, bool) or not isinstance(unroll, int) or unroll < 1:
        raise BadInput(f"unroll: L must be a positive integer, not {unroll!r}.")
    if unroll > MOST_INNER_STEPS:
        raise BadInput(f"unroll: L is at most {MOST_INNER_STEPS}.")
    return unroll


def decompose(
    game: AnyGame,
    policy: str = "direct",
    unroll: int = 1,
    form: Form = "unrolled",
    asymmetric: bool = False,
    split: Split = "terminal",
) -> Decomposition:
    """Derive the terms of the finite-unroll Meta-MAPG update.

    Args:
        game: any finite stochastic or differentiable game.
        policy: ``direct`` or ``logit``.
        unroll: L ≥ 1.
        form: ``unrolled`` (derivatives at φ_L, Jacobians along the path) or ``expanded`` (everything at φ₀).
        asymmetric: whether each player has an inner step size α_i of its own, instead of a common α.
        split: ``terminal`` (own = through φⁱ_L less the identity, Kim et al. 2021) or ``path`` (own = paths that
            never leave player i's parameters). They agree for L = 1.

    Raises:
        BadInput: an unknown policy, form or split, or L < 1.
    """
    program = rule_terms(game, policy, "meta", unroll, form, asymmetric, split)
    return Decomposition(game, coordinates_of(game, policy), unroll, form, split, program)


def rule_terms(
    game: AnyGame,
    policy: str,
    rule: str,
    unroll: int = 1,
    form: Form = "unrolled",
    asymmetric: bool = False,
    split: Split = "terminal",
) -> Program:
    """The terms of a learning rule, without their coefficients: blocks ``name_i`` for every term and player i from 1.

    Inputs: φ₀, α (or α_1 … α_N), the game's parameters. The arguments are those of :func:`decompose`.

    Raises:
        BadInput: an unknown policy, rule, form or split, or L < 1.
    """
    chosen = rule_of(rule)
    coordinates = coordinates_of(game, policy)
    phi = parameters(game, coordinates)
    sizes = _step_sizes(game, asymmetric)
    build = Builder([*flat(phi), *dict.fromkeys(sizes), *(symbol for symbol, _ in game.parameters)])
    parts = _unroll(build, game, coordinates, phi, sizes, check_unroll(unroll), form, split)
    return build.program(term_blocks(chosen, parts))


def term_blocks(rule: Rule, parts: Unroll) -> dict[str, Vector]:
    """Every term of a rule for every player i from 1, by name: ``own_i``, ``peer_i`` and so on."""
    return {f"{term.name}_{player + 1}": term.of(parts, player) for term in rule.terms for player in parts.players}


def rule_of(name: str) -> Rule:
    """The learning rule of that name.

    Raises:
        BadInput: there is none.
    """
    if name not in updates.REGISTRY:
        raise BadInput(f"rule: {name!r} is not one of {', '.join(updates.REGISTRY)}.")
    return updates.REGISTRY[name]


def update_program(
    game: AnyGame, policy: str, rule: str, form: Form = "unrolled", unroll: int = 1, split: Split = "terminal"
) -> Program:
    """A learning rule's joint update as a program, for compilation.

    Inputs: φ₀ (player by player, state by state), α_1 … α_N, c_own, c_peer, then the game's parameters. One block
    ``update``, shape (all parameters,).

    Raises:
        BadInput: an unknown policy, rule, form or split, or L < 1.
    """
    chosen = rule_of(rule)
    coordinates = coordinates_of(game, policy)
    phi = parameters(game, coordinates)
    sizes = _step_sizes(game, asymmetric=True)
    symbols = [*flat(phi), *sizes, own_coefficient, peer_coefficient, *(symbol for symbol, _ in game.parameters)]
    build = Builder(symbols)
    parts = _unroll(build, game, coordinates, phi, sizes, check_unroll(unroll), form, split)
    return build.program({"update": [entry for player in parts.players for entry in chosen.update(parts, player)]})


def two_point_terms(game: AnyGame, policy: str, rule: str = "meta") -> Program:
    """A rule's terms for L = 1 with φ₁ as independent symbols, so that each factor shows where it is evaluated.

    Inputs: φ₀, φ₁ (the same names with suffix ``_next``), α, the game's parameters.
    """
    coordinates = coordinates_of(game, policy)
    here, there = parameters(game, coordinates), parameters(game, coordinates, "_next")
    build = Builder([*flat(here), *flat(there), alpha, *(symbol for symbol, _ in game.parameters)])
    sizes = [alpha] * game.players
    parts = _unroll(build, game, coordinates, here, sizes, 1, "unrolled", "terminal", there)
    return build.program(term_blocks(rule_of(rule), parts))


def differentiated_unroll(game: AnyGame, policy: str = "direct", unroll: int = 1, asymmetric: bool = False) -> Program:
    """The derivative of Vⁱ(φ_L) in φ₀ⁱ by differentiating the whole unroll: the second, independent route.

    Inputs as in :func:`decompose`; blocks ``total_i``, shape (parameters of player i,).
    """
    coordinates = coordinates_of(game, policy)
    phi = parameters(game, coordinates)
    symbols = [symbol for symbol, _ in game.parameters]
    sizes = _step_sizes(game, asymmetric)
    build = Builder([*flat(phi), *dict.fromkeys(sizes), *symbols])
    inner = _differentiated_values(game, coordinates, phi, symbols)
    here: list[Expr] = list(flat(phi))
    for _ in range(check_unroll(unroll)):
        slopes = build.inline(inner, {**dict(zip(flat(phi), here, strict=True)), **{s: s for s in symbols}})["slopes"]
        steps = [size for size, row in zip(sizes, phi, strict=True) for _ in row]
        here = [build.let("phi", x + a * slope) for x, a, slope in zip(here, steps, slopes, strict=True)]
    end = point_of(build, game, coordinates, _split(here, phi))
    return build.program(
        {f"total_{player + 1}": build.gradient(end.value(player), phi[player]) for player in range(game.players)}
    )


def _step_sizes(game: AnyGame, asymmetric: bool) -> list[Symbol]:
    return [step_size(player) if asymmetric else alpha for player in range(game.players)]


def _differentiated_values(
    game: AnyGame, coordinates: Coordinates, phi: Sequence[Sequence[Symbol]], symbols: Sequence[Symbol]
) -> Program:
    build = Builder([*flat(phi), *symbols])
    point = point_of(build, game, coordinates, tuple(map(tuple, phi)))
    slopes = [slope for player in range(game.players) for slope in build.gradient(point.value(player), phi[player])]
    return build.program({"slopes": slopes})


def _unroll(
    build: Builder,
    game: AnyGame,
    coordinates: Coordinates,
    phi: Parameters,
    sizes: Sequence[Expr],
    length: int,
    form: Form,
    split: Split,
    given_end: Parameters | None = None,
) -> Unroll:
    if form not in FORMS:
        raise BadInput(f"form: {form!r} is not one of {', '.join(FORMS)}.")
    if split not in SPLITS:
        raise BadInput(f"split: {split!r} is not one of {', '.join(SPLITS)}.")

    def point_at(where: Parameters) -> Point:
        named = tuple(tuple(build.let("phi", entry) for entry in row) for row in where)
        return point_of(build, game, coordinates, named)

    return Unroll(point_at, phi, sizes, length, form, split, given_end=given_end, let=build.let)


def flat(rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """The entries of all rows, in order."""
    return tuple(entry for row in rows for entry in row)


def _split(flat: Sequence[Expr], like: Sequence[Sequence[object]]) -> Parameters:
    rows, first = [], 0
    for row in like:
        rows.append(tuple(flat[first : first + len(row)]))
        first += len(row)
    return tuple(rows)
