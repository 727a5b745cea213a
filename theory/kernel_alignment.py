"""What of an alignment in policy entries is left after kernels: angles, signs, and the kernels that do the worst.

Turning lemma. Let K be symmetric with eigenvalues in [m, M], 0 < m ≤ M, and h = (M + m)/2, δ = (M − m)/2. Then
(K − h)² = δ² − (M − K)(K − m), so |Kv − hv| ≤ δ|v|: no vector is turned by more than arcsin ε with
ε = δ/h = (κ − 1)/(κ + 1), κ = M/m. Hence (Wielandt)

    ⟨z, Kc⟩ ≥ h⟨z, c⟩ − δ|z||c|,

with equality for K = h + δE, where E is the reflection that maps c/|c| to −z/|z| (E = 1 if these are opposite). So
⟨z, Kc⟩ > 0 for every such K exactly if angle(z, c) + arcsin ε < π/2.

Two kernels. ⟨z, K_i M K_j u⟩ = ⟨K_i z, M K_j u⟩, where K_i turns z by at most arcsin ε_i, and M K_j u = h_j(Mu + MF u)
with |F| ≤ ε_j is turned from Mu by at most arcsin ρ, ρ = |M| ε_j |u|/|Mu| (:func:`pushed_sine`). Angles add up
(triangle inequality on the sphere), so angle(z, Mu) + arcsin ε_i + arcsin ρ < π/2 suffices. Where M is a positive
multiple of an orthogonal matrix, ρ = ε_j, and in two or more dimensions the condition is necessary: with both turns in
the plane of z and Mu and away from each other the angle grows by exactly both (:func:`extremal_pair`; where the sum of
the three angles exceeds π/2, kernels that turn less reach π/2, or K_i = K_j = 1 is beyond it already).

Signs. Let S be the diagonal matrix of signs towards a target. If SKS ≥ 0 entrywise and SF ≥ 0, then
S(KF) = (SKS)(SF) ≥ diag(K) SF ≥ 0: no entry is turned back. Where this is > 0 in every entry all over a box that ends
at the target, a run cannot cross the box's other faces, at which it moves inwards, and probabilities end at the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Matrix, Poly, Rational, Symbol, eye

from theory.bernstein import bernstein
from theory.exact import Undecided, is_zero

Column = Any  # SymPy matrices have no types
ZERO = Integer(0)


def largest_sine(condition: Expr) -> Expr:
    """ε = (κ − 1)/(κ + 1), the sine of the largest angle by which a kernel of condition number κ turns a vector."""
    return (condition - 1) / (condition + 1)


def aligned_under_all(z: Column, y: Column, first: Rational, second: Rational = ZERO) -> bool:
    """Whether angle(z, y) + arcsin √first + arcsin √second < π/2, for rational vectors and squares of sines.

    Decided without roots: cos² > (√first √(1 − second) + √second √(1 − first))², where first + second < 1.
    """
    inner = z.dot(y)
    if not inner > 0 or not first + second < 1:
        return False
    rest = inner**2 / (z.dot(z) * y.dot(y)) - first - second + 2 * first * second
    return bool(rest > 0 and rest**2 > 4 * first * second * (1 - first) * (1 - second))


def pushed_sine(square: Expr, norm: Expr, matrix: Any, u: Column) -> Expr:
    """ρ² = |M|² ε²|u|²/|Mu|², where no M(u + Fu) with |F| ≤ ε is turned from Mu by more than arcsin ρ.

    Args:
        square: ε².
        norm: |M|, the spectral norm.
        matrix: M.
        u: a vector with Mu ≠ 0.
    """
    pushed = matrix * u
    return norm**2 * square * u.dot(u) / pushed.dot(pushed)


def turning(c: Column, z: Column) -> Any:
    """The reflection E with E c = −z, for unit vectors that are not opposite.

    Raises:
        Undecided: a vector's length is not 1, or they are opposite.
    """
    if not (is_zero(c.dot(c) - 1) and is_zero(z.dot(z) - 1)) or all(map(is_zero, c + z)):
        raise Undecided("the reflection needs two unit vectors that are not opposite")
    normal = c + z
    return eye(c.rows) - 2 * normal * normal.T / normal.dot(normal)


def extremal_kernel(z: Column, c: Column, low: Expr, high: Expr) -> Any:
    """The kernel with eigenvalues ``low`` and ``high`` whose ⟨z, Kc⟩ is the least, for unit vectors."""
    return (high + low) / 2 * eye(c.rows) + (high - low) / 2 * turning(c, z)


def half_turn(half: Expr) -> tuple[Expr, Expr]:
    """(cos, sin) of an angle from the tangent of its half."""
    return (1 - half**2) / (1 + half**2), 2 * half / (1 + half**2)


def extremal_pair(first: Expr, second: Expr) -> tuple[Column, Any, Any, Column]:
    """z, K_i, K_j, u in the plane with angle(z, u) + A + B = π/2, the kernels turning by A and B away from each other.

    Args:
        first: tan(A/2), in (0, 1); K_i = 1 + E_i with |E_i| = sin A.
        second: tan(B/2), in (0, 1); K_j = 1 + E_j with |E_j| = sin B.
    """
    (cos_a, sin_a), (cos_b, sin_b) = half_turn(first), half_turn(second)
    u = Matrix([1, 0])
    z = Matrix([sin_a * cos_b + cos_a * sin_b, cos_a * cos_b - sin_a * sin_b])
    away = Matrix([cos_b, -sin_b])  # where K_j takes u, on the other side than z
    k_j = eye(2) + sin_b * turning(u, Matrix([sin_b, cos_b]))
    return z, eye(2) + sin_a * turning(away, z), k_j, u


# -------------------------------------------------------------------------------------------------------------- signs


def towards(signs: Sequence[int], matrix: Any, others: Sequence[int] | None = None) -> Any:
    """S M S′ with the diagonal matrices of signs; a column without ``others``."""
    columns = (1,) * matrix.cols if others is None else others
    return Matrix(matrix.rows, matrix.cols, lambda row, column: signs[row] * columns[column] * matrix[row, column])


def positive_on_box(
    expression: Expr, symbols: Sequence[Symbol], low: Rational, high: Rational, weakly: bool = False
) -> bool:
    """Whether a polynomial is > 0 (or ≥ 0) where all symbols lie in [low, high], by its Bernstein coefficients.

    Exact for polynomials affine in every symbol, whose coefficients are their values at the corners; others may be
    positive without being found so.
    """
    terms = dict(Poly(expression, *symbols, domain="QQ").terms())
    found = bernstein(terms, [(low, high)] * len(symbols), Rational).values()
    return all(value > 0 or (weakly and value == 0) for value in found)
