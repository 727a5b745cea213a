"""Counterexamples as Python code: a given game by its name or file, a drawn one with all its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Symbol

from numerics.game_suite.model import Subject
from theory.games import Game
from theory.policies import Coordinates, parameters
from theory.symbols import alpha


def given_game(subject: Subject) -> tuple[list[str], list[str]]:
    """(imports, lines) that make ``game``."""
    return ["from theory.games.files import resolve_game"], [f"game = resolve_game({subject.text!r}, {{}})"]


def drawn_game(game: Game) -> tuple[list[str], list[str]]:
    """(imports, lines) that make ``game`` from its numbers."""
    fields = (
        ("name", repr(game.name)),
        ("actions", repr(game.actions)),
        ("states", repr(game.states)),
        ("start", numbers(game.start)),
        ("transition", _nested([[numbers(row) for row in rows] for rows in game.transition])),
        ("reward", _nested([[numbers(row) for row in rows] for rows in game.reward])),
        ("discount", number(game.discount)),
        ("target", repr(game.target)),
        ("observations", repr(game.observations)),
        ("observed", repr(game.observed)),
    )
    body = [f"    {name}={value}," for name, value in fields]
    return ["from sympy import Rational", "from theory.games import Game"], ["game = Game(", *body, ")"]


def _nested(table: Sequence[Sequence[str]]) -> str:
    return "(" + " ".join(f"({' '.join(f'{row},' for row in rows)})," for rows in table) + ")"


def number(value: Expr) -> str:
    """A rational as code."""
    return f"Rational({str(value)!r})" if "/" in str(value) else f"Rational({value})"


def numbers(values: Sequence[Expr]) -> str:
    """A tuple of rationals as code."""
    return "(" + " ".join(f"{number(value)}," for value in values) + ")"


def values_of(inputs: Sequence[Symbol], point: Mapping[Symbol, Expr], program: str) -> list[str]:
    """Lines that make ``values``, for the inputs of a program in their order."""
    texts = [str(point[symbol]) for symbol in inputs]
    names = ", ".join(symbol.name for symbol in inputs)
    return [f"# {names}", f"values = dict(zip({program}.inputs, map(Rational, {texts!r}), strict=True))"]


def snippet(imports: Sequence[str], lines: Sequence[str]) -> str:
    """Code with sorted imports before it."""
    return "\n".join(
        [*sorted(set(imports), key=lambda line: (line.split()[1].split(".")[0] != "sympy", line)), "", *lines]
    )


def policy_words(game: Any, point: Mapping[Symbol, Expr], coordinates: Coordinates = "direct") -> str:
    """A point's parameters of the policy, such as ``p = 1/2, q = 1/3``, with α if it has one."""
    flat = [symbol for row in parameters(game, coordinates) for symbol in row]
    shown = [f"{symbol.name} = {point[symbol]}" for symbol in flat]
    return ", ".join([*shown, f"α = {point[alpha]}"] if alpha in point else shown)
