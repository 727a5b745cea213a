"""Words as LaTeX: special characters escaped, and the letters and signs that pdflatex does not know as mathematics."""

from __future__ import annotations

import re

_ESCAPED = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"$\sim$", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SIGNS = {
    "<=": r"\le", ">=": r"\ge", "->": r"\rightarrow",
    "−": "-", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "±": r"\pm", "×": r"\times", "·": r"\cdot",
    "√": r"\surd", "∞": r"\infty", "∂": r"\partial", "∇": r"\nabla", "∅": r"\varnothing", "∈": r"\in", "∫": r"\int",
    "→": r"\rightarrow", "←": r"\leftarrow", "‖": r"\Vert", "⟨": r"\langle", "⟩": r"\rangle", "ℓ": r"\ell",
    "′": "'", "″": "''", "½": r"\tfrac12", "¼": r"\tfrac14", "¾": r"\tfrac34",
}  # fmt: skip
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁱʲᵏⁿᵗᴴᵀ", "0123456789-ijkntHT", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₋ᵢⱼ", "0123456789-ij", strict=True))

_LATEX = {
    **_ESCAPED,
    **{letter: rf"$\{name}$" for letter, name in _GREEK.items()},
    **{sign: f"${command}$" for sign, command in _SIGNS.items()},
    **{letter: f"$^{{{plain}}}$" for letter, plain in _RAISED.items()},
    **{letter: f"$_{{{plain}}}$" for letter, plain in _LOWERED.items()},
}
_KNOWN = re.compile("|".join(map(re.escape, sorted(_LATEX, key=len, reverse=True))))


def latex_text(words: str) -> str:
    """Words for the running text of a document with ``amsmath`` and ``amssymb``; other letters stay as they are.

    Comparisons and arrows that are written with several characters become one sign.
    """
    return _KNOWN.sub(lambda match: _LATEX[match[0]], words)
