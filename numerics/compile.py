"""The bridge: a derivation of :mod:`theory` becomes a NumPy function. The only ``lambdify`` call of the package.

The program's named steps become the function's local variables, after one more common-subexpression pass across
steps. Inputs come in named groups, each an array whose first axis runs over the group's symbols; the remaining axes
are the batch. Every output has the batch shape, constant entries included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, Symbol, cse, lambdify, numbered_symbols

from theory.decomposition import update_program
from theory.games import AnyGame
from theory.program import Program
from theory.updates import Form, Split
from theory.values import value_program

Array = NDArray[np.float64]
Groups = Mapping[str, Sequence[Symbol]]


@dataclass(frozen=True)
class Compiled:
    """A program as a batched NumPy function.

    Attributes:
        groups: argument groups by name, each an ordered tuple of the program's inputs.
        program: what was compiled.
    """

    groups: dict[str, tuple[Symbol, ...]]
    program: Program
    _function: Any = field(repr=False, compare=False)

    def __call__(self, **arguments: ArrayLike) -> dict[str, Array]:
        """Evaluate.

        Args:
            arguments: one array per group, shape (symbols of the group, *batch); batch shapes broadcast. An empty
                group may be left out.

        Returns:
            Each output block, shape (entries, *batch). Poles and overflow give inf or NaN, never an exception.

        Raises:
            TypeError: a group is missing, unknown, or has the wrong number of rows.
        """
        unknown = set(arguments) - set(self.groups)
        if unknown:
            raise TypeError(f"unknown argument group {sorted(unknown)[0]!r} (the groups are {', '.join(self.groups)})")
        rows = []
        for name, symbols in self.groups.items():
            if name not in arguments and symbols:
                raise TypeError(f"argument group {name!r} is missing")
            array = np.asarray(arguments.get(name, np.empty(0)), dtype=float)
            if array.shape[:1] != (len(symbols),):
                raise TypeError(f"argument group {name!r} needs {len(symbols)} rows, not shape {array.shape}")
            rows.append(array)
        batch = np.broadcast_shapes(*(array.shape[1:] for array in rows))
        with np.errstate(all="ignore"):
            flat = iter(self._function(*rows))
        blocks = {}
        for name, entries in self.program.outputs.items():
            block = np.empty((len(entries), *batch))
            for row in range(len(entries)):
                block[row] = next(flat)
            blocks[name] = block
        return blocks


def compile_program(program: Program, groups: Groups) -> Compiled:
    """Compile a program; ``groups`` names and orders all of its inputs.

    Raises:
        ValueError: the groups do not hold exactly the program's inputs.
    """
    ordered = {name: tuple(symbols) for name, symbols in groups.items()}
    if sorted(map(str, sum(ordered.values(), ()))) != sorted(map(str, program.inputs)):
        raise ValueError("argument groups must hold exactly the inputs of the program")
    steps, outputs = _shared_steps(program)
    function = lambdify(
        [list(symbols) for symbols in ordered.values()], outputs, modules="numpy", cse=lambda _: (steps, outputs)
    )
    return Compiled(ordered, program, function)


def _shared_steps(program: Program) -> tuple[list[tuple[Symbol, Expr]], list[Expr]]:
    """The program's steps with subexpressions shared between steps, in an order of evaluation."""
    names = [name for name, _ in program.steps]
    expressions = [expression for _, expression in program.steps]
    expressions += [entry for block in program.outputs.values() for entry in block]
    shared, reduced = cse(expressions, symbols=numbered_symbols("share_"), order="none")
    definitions = {**dict(shared), **dict(zip(names, reduced, strict=False))}
    steps: list[tuple[Symbol, Expr]] = []
    placed: set[Symbol] = set()

    def place(name: Symbol) -> None:
        # Iterative depth-first order: a shared subexpression goes right before its first user.
        stack = [name]
        while stack:
            top = stack[-1]
            waiting = [s for s in definitions[top].free_symbols if s in definitions and s not in placed]
            if waiting:
                stack += sorted(waiting, key=str)
                continue
            stack.pop()
            if top not in placed:
                placed.add(top)
                steps.append((top, definitions[top]))

    for name in names:
        place(name)
    outputs = reduced[len(names) :]
    for entry in outputs:
        for symbol in sorted(entry.free_symbols, key=str):
            if symbol in definitions:
                place(symbol)
    return steps, outputs


@lru_cache(maxsize=64)
def compiled_update(
    game: AnyGame, policy: str, rule: str, form: Form, unroll: int, split: Split = "terminal"
) -> Compiled:
    """A learning rule's joint update, groups ``parameters``, ``inner_lr``, ``coefficients`` (own, peer), ``game``.

    One block ``update``, shape (parameters, *batch). The game's parameters are arguments of the function.
    """
    program = update_program(game, policy, rule, form, unroll, split)
    return compile_program(program, _grouped(program, game, inner_lr=game.players, coefficients=2))


@lru_cache(maxsize=64)
def compiled_values(game: AnyGame, policy: str) -> Compiled:
    """Values, visits and advantages, groups ``parameters`` and ``game``; blocks as in ``value_program``."""
    program = value_program(game, policy)
    return compile_program(program, _grouped(program, game))


def _grouped(program: Program, game: AnyGame, **sizes: int) -> dict[str, tuple[Symbol, ...]]:
    """Cut a program's inputs into policy parameters, groups of the given sizes, and the game's parameters."""
    tail = len(game.parameters)
    first = len(program.inputs) - tail - sum(sizes.values())
    groups = {"parameters": program.inputs[:first]}
    for name, size in sizes.items():
        groups[name] = program.inputs[first : first + size]
        first += size
    groups["game"] = program.inputs[first:]
    return groups


def game_values(game: AnyGame) -> Array:
    """The current values of a game's parameters, for the group ``game``."""
    return np.array([float(value) for _, value in game.parameters])
