"""The decomposition of one game written out: what each term is and at which point each factor is evaluated."""

from __future__ import annotations

from typing import Any

from sympy import Matrix

from theory import updates
from theory.decomposition import (
    Decomposition,
    check_unroll,
    decompose,
    equations,
    has_closed_form,
    two_point_terms,
)
from theory.errors import BadInput
from theory.games.differentiable import AnyGame, DifferentiableGame
from theory.games.model import START, Game
from theory.latex import Document, Line, latex, text
from theory.policies import Coordinates, coordinates_of, in_probabilities, parameters
from theory.program import Blocks
from theory.values import value_program

# Every term's formula for player i and the point of each factor, for one inner step and for L of them.
_ONE_STEP = (
    Line("policy gradient, read at φ₁", "g_i(φ₁) = ∇_i Vⁱ(φ₁)", r"g_i(\varphi_1) = \nabla_i V^i(\varphi_1)"),
    Line(
        "own-learning: Jacobian at φ₀, value derivative at φ₁",
        "own_i = α [∇_i∇_i Vⁱ(φ₀)]ᵀ ∇_i Vⁱ(φ₁)",
        r"\mathrm{own}_i = \alpha\,[\nabla_i\nabla_i V^i(\varphi_0)]^{\top} \nabla_i V^i(\varphi_1)",
    ),
    Line(
        "peer-learning: Jacobian at φ₀, value derivative at φ₁",
        "peer_i = α Σ_{j≠i} [∇_i∇_j Vʲ(φ₀)]ᵀ ∇_j Vⁱ(φ₁)",
        r"\mathrm{peer}_i = \alpha \sum_{j\neq i} [\nabla_i\nabla_j V^j(\varphi_0)]^{\top} \nabla_j V^i(\varphi_1)",
    ),
)
_MANY_STEPS = (
    Line(
        "policy gradient, read at the end φ_L",
        "g_i(φ_L) = ∇_i Vⁱ(φ_L)",
        r"g_i(\varphi_L) = \nabla_i V^i(\varphi_L)",
    ),
    Line(
        "own-learning: Jacobians along the path, value derivative at φ_L",
        "own_i = E_iᵀ (J_0ᵀ ⋯ J_{L−1}ᵀ − I) E_i ∇_i Vⁱ(φ_L),   J_k = I + α Dv(φ_k)",
        r"\mathrm{own}_i = E_i^{\top}(J_0^{\top}\cdots J_{L-1}^{\top} - I)E_i\nabla_i V^i(\varphi_L),\quad "
        r"J_k = I + \alpha Dv(\varphi_k)",
    ),
    Line(
        "peer-learning: Jacobians along the path, value derivatives at φ_L",
        "peer_i = E_iᵀ J_0ᵀ ⋯ J_{L−1}ᵀ Σ_{j≠i} E_j ∇_j Vⁱ(φ_L)",
        r"\mathrm{peer}_i = E_i^{\top}J_0^{\top}\cdots J_{L-1}^{\top}\sum_{j\neq i}E_j\nabla_j V^i(\varphi_L)",
    ),
)
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


def derivation(game: AnyGame, policy: str = "direct", unroll: int = 1, rule: str = "meta") -> Document:
    """Write out the terms of the Meta-MAPG update for one game.

    One-shot games of two-action players with L = 1 get closed forms, with p, q at φ₀ and p′, q′ at φ₁; other games get
    the resolvent form and the size of the derived program.

    Raises:
        BadInput: an unknown policy or rule, or L < 1.
    """
    coordinates = coordinates_of(game, policy)
    if rule not in updates.REGISTRY:
        raise BadInput(f"rule: {rule!r} is not one of {', '.join(updates.REGISTRY)}.")
    terms = decompose(game, coordinates, check_unroll(unroll))
    title = f"{game.name}: the finite-unroll Meta-MAPG update, {coordinates} policies, L = {unroll}"
    lines = [*_setting(game, coordinates), *(_ONE_STEP if unroll == 1 else _MANY_STEPS)]
    if unroll == 1 and has_closed_form(game):
        lines += _closed_forms(game, coordinates)
    else:
        lines += [*(() if isinstance(game, DifferentiableGame) or game.one_shot else _RESOLVENT), _size(terms)]
    chosen = updates.REGISTRY[rule]
    lines.append(Line(f"rule {rule} ({chosen.summary}) updates player i along", _rule_text(chosen), chosen.formula))
    return Document(title, tuple(lines))


def _rule_text(rule: updates.Rule) -> str:
    plain = rule.formula.replace(r"\varphi_0", "φ₀").replace(r"\varphi_L", "φ_L").replace(r"\,", " ")
    return plain.replace(r"\mathrm{own}", "own").replace(r"\mathrm{peer}", "peer").replace("{", "").replace("}", "")


def derivation_json(game: AnyGame, policy: str = "direct", unroll: int = 1, rule: str = "meta") -> dict[str, Any]:
    """The same derivation as data: formulas, closed forms where there are any, and the whole program."""
    terms = decompose(game, policy, check_unroll(unroll))
    document = derivation(game, policy, unroll, rule)
    program = terms.program
    closed = _two_point(game, terms.policy) if unroll == 1 and has_closed_form(game) else {}
    return {
        "schema_version": 1,
        "game": game.name,
        "policy": terms.policy,
        "unroll": unroll,
        "rule": rule,
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


def _two_point(game: AnyGame, coordinates: Coordinates) -> Blocks:
    program = two_point_terms(game, coordinates)
    if coordinates == "logit":
        program = in_probabilities(program, game, ("", "_next"))
    return program.closed_form()


_TERMS = (("current", "g", "g"), ("own", "own", r"\mathrm{own}"), ("peer", "peer", r"\mathrm{peer}"))


def _closed_forms(game: AnyGame, coordinates: Coordinates) -> list[Line]:
    here = [symbol for row in parameters(game, "direct") for symbol in row]
    there = [symbol for row in parameters(game, "direct", "_next") for symbol in row]
    what = "parameters" if isinstance(game, DifferentiableGame) else "probabilities"
    values = [(value,) for value in value_program(game, "direct").closed_form()["value"]]
    lines = [equations(f"values at {what} {', '.join(map(text, here))}", "V", "V", values, here)]
    blocks = _two_point(game, coordinates)
    where = f"{what} {', '.join(map(text, here))} at φ₀ and {', '.join(map(text, there))} at φ₁"
    for label, plain, math in _TERMS:
        rows = [blocks[f"{label}_{player + 1}"] for player in range(game.players)]
        lines.append(equations(f"{label} term, closed form, {where}", plain, math, rows, [*here, *there]))
    return lines


def _size(terms: Decomposition) -> Line:
    program = terms.program
    words = f"{len(program.steps)} named steps, {program.operations} operations (--format json prints them all)"
    return Line(f"the derived program has {words}")
