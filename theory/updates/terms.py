"""The terms that learning rules are made of, each with its formula and points of evaluation.

All terms but the gradients include α. J_k = I + αDv(φ_k) is the Jacobian of an inner step, E_i the columns of player i.
"""

from __future__ import annotations

from sympy import Integer

from theory.latex import Line
from theory.updates.model import Split, Term


def _current(unroll: int, split: Split) -> Line:
    end = "φ₁" if unroll == 1 else "φ_L"
    math = "1" if unroll == 1 else "L"
    return Line(
        f"policy gradient, read at {'φ₁' if unroll == 1 else 'the end φ_L'}",
        f"g_i({end}) = ∇_i Vⁱ({end})",
        rf"g_i(\varphi_{math}) = \nabla_i V^i(\varphi_{math})",
    )


def _own(unroll: int, split: Split) -> Line:
    if unroll == 1:
        return Line(
            "own-learning: Jacobian at φ₀, value derivative at φ₁",
            "own_i = α [∇_i∇_i Vⁱ(φ₀)]ᵀ ∇_i Vⁱ(φ₁)",
            r"\mathrm{own}_i = \alpha\,[\nabla_i\nabla_i V^i(\varphi_0)]^{\top} \nabla_i V^i(\varphi_1)",
        )
    if split == "path":
        return Line(
            "own-learning (path split): Jacobians of player i alone along the path, value derivative at φ_L",
            "own_i = (A_0ᵀ ⋯ A_{L−1}ᵀ − I) ∇_i Vⁱ(φ_L),   A_k = I + α ∇_i∇_i Vⁱ(φ_k)",
            r"\mathrm{own}_i = (A_0^{\top}\cdots A_{L-1}^{\top} - I)\nabla_i V^i(\varphi_L),\quad "
            r"A_k = I + \alpha \nabla_i\nabla_i V^i(\varphi_k)",
        )
    return Line(
        "own-learning: Jacobians along the path, value derivative at φ_L",
        "own_i = E_iᵀ (J_0ᵀ ⋯ J_{L−1}ᵀ − I) E_i ∇_i Vⁱ(φ_L),   J_k = I + α Dv(φ_k)",
        r"\mathrm{own}_i = E_i^{\top}(J_0^{\top}\cdots J_{L-1}^{\top} - I)E_i\nabla_i V^i(\varphi_L),\quad "
        r"J_k = I + \alpha Dv(\varphi_k)",
    )


def _peer(unroll: int, split: Split) -> Line:
    if unroll == 1:
        return Line(
            "peer-learning: Jacobian at φ₀, value derivative at φ₁",
            "peer_i = α Σ_{j≠i} [∇_i∇_j Vʲ(φ₀)]ᵀ ∇_j Vⁱ(φ₁)",
            r"\mathrm{peer}_i = \alpha \sum_{j\neq i} [\nabla_i\nabla_j V^j(\varphi_0)]^{\top} \nabla_j V^i(\varphi_1)",
        )
    if split == "path":
        return Line(
            "peer-learning (path split): every path that leaves player i's parameters, value derivatives at φ_L",
            "peer_i = E_iᵀ J_0ᵀ ⋯ J_{L−1}ᵀ ∇Vⁱ(φ_L) − A_0ᵀ ⋯ A_{L−1}ᵀ ∇_i Vⁱ(φ_L),   J_k = I + α Dv(φ_k)",
            r"\mathrm{peer}_i = E_i^{\top}J_0^{\top}\cdots J_{L-1}^{\top}\nabla V^i(\varphi_L)"
            r" - A_0^{\top}\cdots A_{L-1}^{\top}\nabla_i V^i(\varphi_L),\quad J_k = I + \alpha Dv(\varphi_k)",
        )
    return Line(
        "peer-learning: Jacobians along the path, value derivatives at φ_L",
        "peer_i = E_iᵀ J_0ᵀ ⋯ J_{L−1}ᵀ Σ_{j≠i} E_j ∇_j Vⁱ(φ_L)",
        r"\mathrm{peer}_i = E_i^{\top}J_0^{\top}\cdots J_{L-1}^{\top}\sum_{j\neq i}E_j\nabla_j V^i(\varphi_L)",
    )


def _anticipated(unroll: int, split: Split) -> Line:
    return Line(
        "policy gradient after the others' steps, which player i takes as given",
        "g_i(φⁱ, ψ_L) = ∇_i Vⁱ(φⁱ, ψ_L),   ψ_{k+1} = ψ_k + α v_{−i}(φⁱ, ψ_k),  ψ_0 = φ⁻ⁱ",
        r"g_i(\varphi^i, \psi_L) = \nabla_i V^i(\varphi^i, \psi_L),\quad "
        r"\psi_{k+1} = \psi_k + \alpha v_{-i}(\varphi^i, \psi_k),\ \psi_0 = \varphi^{-i}",
    )


def _anticipated_shaping(unroll: int, split: Split) -> Line:
    return Line(
        "shaping: how φⁱ moves the others over their steps, value derivatives where they end",
        "shape_i = Σ_{j≠i} [∂ψʲ_L/∂φⁱ]ᵀ ∇_j Vⁱ(φⁱ, ψ_L)",
        r"\mathrm{shape}_i = \sum_{j\neq i} \Bigl[\frac{\partial\psi^j_L}{\partial\varphi^i}\Bigr]^{\top} "
        r"\nabla_j V^i(\varphi^i, \psi_L)",
    )


def _step(unroll: int) -> tuple[str, str]:
    """The step size of a rule at φ₀, in both notations."""
    return ("α", r"\alpha") if unroll == 1 else ("Lα", r"L\alpha")


def _gradient(unroll: int, split: Split) -> Line:
    return Line("policy gradient at φ₀", "g_i = ∇_i Vⁱ(φ₀)", r"g_i = \nabla_i V^i(\varphi_0)")


def _look_ahead(unroll: int, split: Split) -> Line:
    plain, math = _step(unroll)
    return Line(
        "look-ahead: how the others' steps change the policy gradient, at φ₀",
        f"look_i = {plain} Σ_{{j≠i}} ∇_i∇_j Vⁱ g_j",
        rf"\mathrm{{look}}_i = {math} \sum_{{j\neq i}} \nabla_i\nabla_j V^i\, g_j",
    )


def _shaping(unroll: int, split: Split) -> Line:
    plain, math = _step(unroll)
    return Line(
        "shaping: how φⁱ changes the others' steps, at φ₀ (the peer-learning correction in expanded form)",
        f"shape_i = {plain} Σ_{{j≠i}} [∇_i∇_j Vʲ]ᵀ ∇_j Vⁱ",
        rf"\mathrm{{shape}}_i = {math} \sum_{{j\neq i}} [\nabla_i\nabla_j V^j]^{{\top}} \nabla_j V^i",
    )


def _pull(unroll: int, split: Split) -> Line:
    plain, math = _step(unroll)
    return Line(
        "pull: how φⁱ changes the size of the others' gradients, at φ₀",
        f"pull_i = {plain} Σ_{{j≠i}} [∇_i∇_j Vʲ]ᵀ g_j",
        rf"\mathrm{{pull}}_i = {math} \sum_{{j\neq i}} [\nabla_i\nabla_j V^j]^{{\top}} g_j",
    )


def _own_curvature(unroll: int, split: Split) -> Line:
    plain, math = _step(unroll)
    return Line(
        "own curvature, at φ₀",
        f"curve_i = {plain} ∇_i∇_i Vⁱ g_i",
        rf"\mathrm{{curve}}_i = {math} \nabla_i\nabla_i V^i\, g_i",
    )


CURRENT = Term("current", lambda unroll, player: unroll.current(player), _current)
OWN = Term("own", lambda unroll, player: unroll.own_learning(player), _own, lambda unroll: unroll.own_coefficient)
PEER = Term("peer", lambda unroll, player: unroll.peer_learning(player), _peer, lambda unroll: unroll.peer_coefficient)

ANTICIPATED = Term("anticipated", lambda unroll, player: unroll.anticipated(player), _anticipated)
ANTICIPATED_SHAPING = Term("shape", lambda unroll, player: unroll.anticipated_shaping(player), _anticipated_shaping)

GRADIENT = Term("gradient", lambda unroll, player: unroll.gradient(player), _gradient)
LOOK_AHEAD = Term("look", lambda unroll, player: unroll.look_ahead[player], _look_ahead)
SHAPING = Term("shape", lambda unroll, player: unroll.shaping[player], _shaping)
PULL = Term("pull", lambda unroll, player: unroll.pull[player], _pull, lambda unroll: Integer(-1))
OWN_CURVATURE = Term("curve", lambda unroll, player: unroll.own_curvature[player], _own_curvature)
