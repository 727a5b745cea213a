"""How expressions and derivations are written: plain text for a terminal, LaTeX for papers and notebooks.

Formulas come from the code's own expressions; this module only chooses names, brackets and the order of terms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Poly, Pow, Symbol, factor, sstr
from sympy import latex as sympy_latex

_GREEK = {"alpha": "α", "gamma": "γ", "lambda": "λ", "phi": "φ"}
_COEFFICIENTS = {"c_own": r"c_{\mathrm{own}}", "c_peer": r"c_{\mathrm{peer}}"}


def readable(expression: Expr, variables: Sequence[Symbol]) -> Expr:
    """The same expression for the eye: factors sorted by powers of the variables, and 1 − p instead of p − 1."""
    number, factors = Integer(1), []
    for part in Mul.make_args(expression):
        base, power = part.as_base_exp()
        if part.is_Number:
            number *= part
        elif any(base == symbol - 1 for symbol in variables):
            factors.append(Pow(1 - base.free_symbols.pop(), power))
            number *= (-1) ** power
        else:
            factors.append(Pow(_by_powers(base, variables), power))
    return Mul(*([] if number == 1 and factors else [number]), *factors, evaluate=False)


def _by_powers(polynomial: Expr, variables: Sequence[Symbol]) -> Expr:
    """Coefficients in front of monomials: (T − P) + (R − S − T + P) p."""
    held = [symbol for symbol in variables if symbol in polynomial.free_symbols]
    if not isinstance(polynomial, Add) or not held:
        return polynomial
    terms = Poly(polynomial, *held).terms()
    return Add(*(factor(coefficient) * Mul(*map(Pow, held, powers)) for powers, coefficient in terms))


def text(expression: Expr) -> str:
    """One line for a terminal: p′ for a probability at φ₁, Greek letters, ^ for powers."""
    line = str(sstr(expression, order="none" if isinstance(expression, Add) else None))
    for symbol in expression.free_symbols:
        line = line.replace(symbol.name, _text_name(symbol.name))
    return line.replace("**", "^").replace("*", "·")


def _text_name(name: str) -> str:
    stem = name.removesuffix("_next")
    return _GREEK.get(stem, stem) + ("′" if stem != name else "")


def latex(expression: Expr) -> str:
    """LaTeX of an expression; p′ for a probability at φ₁."""
    names = {symbol: _latex_name(symbol.name) for symbol in expression.free_symbols}
    return str(sympy_latex(expression, symbol_names=names))


def _latex_name(name: str) -> str:
    if name in _COEFFICIENTS:
        return _COEFFICIENTS[name]
    stem = name.removesuffix("_next")
    letter, _, index = stem.partition("_")
    letter = "\\" + letter if letter in _GREEK else letter
    is_state = index == "0" and letter[0] in "pqxy" and not letter[1:].strip("0123456789")  # else the number of a step
    index = r"\varnothing" if is_state else index.replace("_", ",")
    return letter + (f"_{{{index}}}" if index else "") + ("'" if stem != name else "")


@dataclass(frozen=True)
class Line:
    """One statement of a document: a label in words and a formula in both notations (either may be empty)."""

    label: str
    text: str = ""
    latex: str = ""


@dataclass(frozen=True)
class Document:
    """A derivation to read: a title and statements, printed as text or as LaTeX."""

    title: str
    lines: tuple[Line, ...]

    def as_text(self) -> str:
        """For a terminal."""
        parts = [self.title, "=" * len(self.title)]
        for line in self.lines:
            parts.append(line.label + (":" if line.text else ""))
            parts += ["    " + row for row in line.text.splitlines()]
        return "\n".join(parts) + "\n"

    def as_latex(self) -> str:
        """A LaTeX fragment; needs ``amsmath`` and ``amssymb``."""
        parts = [f"\\paragraph{{{_escape(self.title)}}}"]
        for line in self.lines:
            parts.append(_escape(line.label) + (":" if line.latex else r".\par\noindent"))
            parts += [f"\\[\n{formula}\n\\]" for formula in line.latex.split("\n") if formula]
        return "\n".join(parts) + "\n"

    def _repr_latex_(self) -> str:
        rows = []
        for line in self.lines:
            rows.append(f"\\text{{{_escape(line.label)}}}")
            rows += [f"\\quad \\displaystyle {formula}" for formula in line.latex.split("\n") if formula]
        return "$\\displaystyle \\begin{array}{l}" + " \\\\ ".join(rows) + "\\end{array}$"

    def __str__(self) -> str:
        return self.as_text()


_WORDS = {
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "φ₀": r"$\varphi_0$",
    "φ₁": r"$\varphi_1$",
    "φ_L": r"$\varphi_L$",
    "φ": r"$\varphi$",
    "π_j": r"$\pi_j$",
    "P_π": r"$P_\pi$",
    "M⁻¹": "$M^{-1}$",
    "ṙ": r"$\dot r$",
    "Ṗ": r"$\dot P$",
    "γ": r"$\gamma$",
    "λ": r"$\lambda$",
    "α": r"$\alpha$",
    "η": r"$\eta$",
    "ρ": r"$\rho$",
    "∅": r"$\varnothing$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "−": "$-$",
    "·": r"$\cdot$",
    "′": "$'$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "#": r"\#",
    "$": r"\$",
}


_SPECIAL = re.compile("|".join(map(re.escape, _WORDS)))


def _escape(words: str) -> str:
    """Words for LaTeX: the letters and signs that labels use."""
    return _SPECIAL.sub(lambda match: _WORDS[match[0]], words)
