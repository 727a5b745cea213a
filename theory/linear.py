"""Linear systems with symbolic entries as named steps: elimination without pivoting.

Sound where no leading minor vanishes, as for strictly diagonally dominant matrices. Where a pivot is zero, exact
evaluation raises ZeroDivisionError and compiled code gives inf or NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, S

Let = Callable[[str, Expr], Expr]
Matrix = list[list[Expr]]


@dataclass(frozen=True)
class Factors:
    """M = LU with unit diagonal in L.

    Attributes:
        lower: L.
        upper: U.
        let: names intermediate results.
    """

    lower: Matrix
    upper: Matrix
    let: Let

    def solve(self, right: Sequence[Expr], stem: str) -> tuple[Expr, ...]:
        """M⁻¹ b."""
        forward: list[Expr] = []
        for row, entry in enumerate(right):
            forward.append(self.let(stem, entry - dot(self.lower[row][:row], forward)))
        solution: list[Expr] = [Integer(0)] * len(right)
        for row in reversed(range(len(right))):
            rest = forward[row] - dot(self.upper[row][row + 1 :], solution[row + 1 :])
            solution[row] = self.let(stem, rest * self.let("inv", 1 / self.upper[row][row]))
        return tuple(solution)

    def solve_transposed(self, right: Sequence[Expr], stem: str) -> tuple[Expr, ...]:
        """bᵀM⁻¹."""
        forward: list[Expr] = []
        for row, entry in enumerate(right):
            rest = entry - dot([self.upper[above][row] for above in range(row)], forward)
            forward.append(self.let(stem, rest * self.let("inv", 1 / self.upper[row][row])))
        solution: list[Expr] = [Integer(0)] * len(right)
        for row in reversed(range(len(right))):
            below = [self.lower[other][row] for other in range(row + 1, len(right))]
            solution[row] = self.let(stem, forward[row] - dot(below, solution[row + 1 :]))
        return tuple(solution)


def factor(let: Let, matrix: Sequence[Sequence[Expr]]) -> Factors:
    """Eliminate, naming every intermediate result."""
    size = len(matrix)
    upper = [[let("m", entry) for entry in row] for row in matrix]
    lower: Matrix = [[Integer(int(row == column)) for column in range(size)] for row in range(size)]
    for pivot in range(size):
        inverse = let("inv", 1 / upper[pivot][pivot])
        for row in range(pivot + 1, size):
            if upper[row][pivot] == 0:  # most entries of a game with many states
                continue
            lower[row][pivot] = let("low", upper[row][pivot] * inverse)
            for column in range(pivot, size):
                change = lower[row][pivot] * upper[pivot][column]
                upper[row][column] = Integer(0) if column == pivot else let("up", upper[row][column] - change)
    return Factors(lower, upper, let)


def dot(left: Sequence[Expr], right: Sequence[Expr]) -> Expr:
    """Σ a·b, without the terms in which either is exactly 0 (games are sparse)."""
    pairs = zip(left, right, strict=True)
    terms = [a * b for a, b in pairs if a is not S.Zero and b is not S.Zero]
    # One Add is faster than many, but entries may be another kind of number, which only has +.
    return Add(*terms) if all(isinstance(term, Expr) for term in terms) else sum(terms, Integer(0))
