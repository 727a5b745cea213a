"""The decomposition of one game written out: what each term is and at which point each factor is evaluated."""

from __future__ import annotations

from typing import Any

from sympy import Matrix

from theory.decomposition import (
    equations,
    has_closed_form,
    rule_of,
    rule_terms,
    two_point_terms,
)
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.games.model import START, Game
from theory.latex import Document, Line, latex, text
from theory.policies import Coordinates, coordinates_of, in_probabilities, parameters
from theory.program import Blocks, Program
from theory.updates import Rule, Split
from theory.values import value_program

_RESOLVENT = (
    Line(
        "values, visits and action values, with M = I − γP_π",
        "u = M⁻¹r,  V = ρᵀu,  d = ρᵀM⁻¹,  Q = r + γPu",
        r"u = M^{-1}r,\quad V = \rho^{\top}u,\quad d = \rho^{\top}M^{-1},\quad Q = r + \gamma P u,"
        r"\quad M = I - \gamma P_\pi",
    ),
    Line(
        "gradient",
        "∂V/∂π_i(a|s) = d(s) Q_i(s, a)",
        r"\frac{\partial V}{\partial \pi_i(a|s)} = d(s)\,Q_i(s,a)",
    ),
    Line(
        "along w, where a dot puts w in place of player j's policy and e = M⁻¹(ṙ + γṖu), f = γ dṖM⁻¹",
        "∂⟨∂Vʲ/∂π_j, w⟩/∂π_i(a|s) = f(s) Q_i(s, a) + γ d(s) E[e(s′)|s, a] + d(s) Q̇_i(s, a)",
        r"\frac{\partial \langle \partial V^j/\partial\pi_j,\, w\rangle}{\partial\pi_i(a|s)} = f(s)Q_i(s,a)"
        r" + \gamma d(s)\,\mathbb{E}[e(s')\mid s,a] + d(s)\,\dot Q_i(s,a)",
    ),
)


def derivation(
    game: AnyGame, policy: str = "direct", unroll: int = 1, rule: str = "meta", split: Split = "terminal"
) -> Document:
    """Write out the terms of a learning rule for one game.

    One-shot games of two-action players with L = 1 get closed forms, with p, q at φ₀ and p′, q′ at φ₁; other games get
    the resolvent form and the size of the derived program.

    Raises:
        BadInput: an unknown policy, rule or split, or L < 1.
    """
    coordinates, chosen = coordinates_of(game, policy), rule_of(rule)
    program = rule_terms(game, coordinates, rule, unroll, split=split)
    title = f"{game.name}: {chosen.summary}, {coordinates} policies, L = {unroll}"
    lines = [*_setting(game, coordinates), *(term.describe(unroll, split) for term in chosen.terms)]
    if unroll == 1 and has_closed_form(game):
        lines += _closed_forms(game, coordinates, chosen)
    else:
        lines += [*(() if isinstance(game, DifferentiableGame) or game.one_shot else _RESOLVENT), _size(program)]
    lines.append(Line(f"rule {rule} ({chosen.summary}) updates player i along", _rule_text(chosen), chosen.formula))
    return Document(title, tuple(lines))


# What is left of a formula's LaTeX in text; longer commands first.
_PLAIN = (
    (r"\varphi_0", "φ₀"),
    (r"\varphi_L", "φ_L"),
    (r"\varphi", "φ"),
    (r"\psi", "ψ"),
    (r"\Delta", "Δ"),
    (r"\tfrac12", "½"),
    (r"\,", " "),
    (r"\mathrm", ""),
    ("^i", "ⁱ"),
    ("{", ""),
    ("}", ""),
)


def _rule_text(rule: Rule) -> str:
    plain = rule.formula
    for math, words in _PLAIN:
        plain = plain.replace(math, words)
    return plain


def derivation_json(
    game: AnyGame, policy: str = "direct", unroll: int = 1, rule: str = "meta", split: Split = "terminal"
) -> dict[str, Any]:
    """The same derivation as data: formulas, closed forms where there are any, and the whole program."""
    document = derivation(game, policy, unroll, rule, split)
    coordinates, chosen = coordinates_of(game, policy), rule_of(rule)
    program = rule_terms(game, coordinates, rule, unroll, split=split)
    closed = _two_point(game, coordinates, chosen) if unroll == 1 and has_closed_form(game) else {}
    return {
        "schema_version": 1,
        "game": game.name,
        "policy": coordinates,
        "unroll": unroll,
        "rule": rule,
        "split": split,
        "formulas": [{"label": line.label, "text": line.text, "latex": line.latex} for line in document.lines],
        "closed_forms": {name: [str(entry) for entry in row] for name, row in closed.items()},
        "program": {
            "inputs": [symbol.name for symbol in program.inputs],
            "steps": [[name.name, str(expression)] for name, expression in program.steps],
            "outputs": {name: [str(entry) for entry in row] for name, row in program.outputs.items()},
        },
    }


def payoff_lines(game: AnyGame) -> list[Line]:
    """Payoff matrices where two players face the same ones in every round, and the parameters' current values."""
    lines = []
    if isinstance(game, Game) and game.players == 2 and _same_payoffs(game):
        width = len(game.actions[1])
        for player, name in enumerate(("row", "column")):
            cells = [row[player] for row in game.reward[0]]
            table = [cells[k : k + width] for k in range(0, len(cells), width)]
            matrix = latex(Matrix(table))
            lines.append(Line(f"{name} payoffs", "  ".join(f"[{', '.join(map(text, row))}]" for row in table), matrix))
    values = ", ".join(f"{text(symbol)} = {value}" for symbol, value in game.parameters)
    return [*lines, Line(f"symbols below; current values {values}")] if values else lines


def _same_payoffs(game: Game) -> bool:
    paying = game.reward if game.horizon is None else game.reward[:-1]  # the last state is the end
    return len(set(paying)) == 1


def _setting(game: AnyGame, coordinates: Coordinates) -> list[Line]:
    lines = payoff_lines(game)
    names = "; ".join(", ".join(text(symbol) for symbol in row) for row in parameters(game, coordinates))
    lines += [] if isinstance(game, DifferentiableGame) or game.one_shot else [_views(game)]
    lines.append(Line(f"parameters φ, {_meaning(game, coordinates)}", names, _names_latex(game, coordinates)))
    lines.append(
        Line(
            "inner steps", "φ_{k+1} = φ_k + α v(φ_k),  v_i = ∇_i Vⁱ", r"\varphi_{k+1} = \varphi_k + \alpha v(\varphi_k)"
        )
    )
    return lines


def _views(game: Game) -> Line:
    views = "; ".join(
        f"player {player + 1} sees {' '.join(game.seen_by(player, o) for o in range(len(game.observations)))}"
        for player in range(game.players)
    )
    names = ",\\ ".join(
        r"\varnothing" if name == START else rf"\mathrm{{{name.replace('_', ',')}}}" for name in game.observations
    )
    return Line("observations in order", f"{' '.join(game.observations)}   ({views})", names)


def _meaning(game: AnyGame, coordinates: Coordinates) -> str:
    if isinstance(game, DifferentiableGame):
        return "real numbers"
    if all(len(actions) == 2 for actions in game.actions):
        unit = "probability" if coordinates == "direct" else "log-odds"
        return f"the {unit} of the first action for each observation"
    return "one per observation of a player with two actions, else one per observation and action"


def _names_latex(game: AnyGame, coordinates: Coordinates) -> str:
    return r",\quad ".join(", ".join(latex(symbol) for symbol in row) for row in parameters(game, coordinates))


def _two_point(game: AnyGame, coordinates: Coordinates, rule: Rule) -> Blocks:
    program = two_point_terms(game, coordinates, rule.name)
    if coordinates == "logit":
        program = in_probabilities(program, game, ("", "_next"))
    return program.closed_form()


_WHERE = {
    "start": "",
    "end": " and {there} at φ₁",
    "peers": " and {there} where the others' step leads",
}


def _closed_forms(game: AnyGame, coordinates: Coordinates, rule: Rule) -> list[Line]:
    here = [symbol for row in parameters(game, "direct") for symbol in row]
    there = [symbol for row in parameters(game, "direct", "_next") for symbol in row]
    what = "parameters" if isinstance(game, DifferentiableGame) else "probabilities"
    values = [(value,) for value in value_program(game, "direct").closed_form()["value"]]
    lines = [equations(f"values at {what} {', '.join(map(text, here))}", "V", "V", values, here)]
    blocks = _two_point(game, coordinates, rule)
    where = f"{what} {', '.join(map(text, here))} at φ₀" + _WHERE[rule.where].format(there=", ".join(map(text, there)))
    for term in rule.terms:
        rows = [blocks[f"{term.name}_{player + 1}"] for player in range(game.players)]
        plain, math = _SHORT.get(term.name, (term.name, rf"\mathrm{{{term.name}}}"))
        lines.append(equations(f"{term.name} term, closed form, {where}", plain, math, rows, [*here, *there]))
    return lines


_SHORT = {
    "current": ("g", "g"),
    "gradient": ("g", "g"),
    "anticipated": ("g", "g"),
    "delta": ("Δ", r"\Delta"),
}


def _size(program: Program) -> Line:
    words = f"{len(program.steps)} named steps, {program.operations} operations (--format json prints them all)"
    return Line(f"the derived program has {words}")
