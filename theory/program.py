"""Straight-line programs: a derivation as named intermediate steps and named outputs.

A closed form of the memory-one update has thousands of operations; the derivation that leads to it (resolvent, visits,
advantages, products) has a few hundred. A :class:`Program` keeps that structure. The same program is expanded to a
closed form, evaluated at exact rationals, differentiated by reverse accumulation, printed, and compiled to floating
point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
from sympy import Add, Expr, Integer, Mul, Pow, Rational, Symbol, diff, exp, sympify

from theory import exact
from theory.balls import precision

Blocks = dict[str, tuple[Expr, ...]]


@dataclass(frozen=True)
class Program:
    """Steps ``name := expression`` in order, then named blocks of outputs.

    Attributes:
        inputs: the free symbols, in order.
        steps: each intermediate's name and its expression in inputs and earlier names.
        outputs: named tuples of expressions in inputs and step names.
    """

    inputs: tuple[Symbol, ...]
    steps: tuple[tuple[Symbol, Expr], ...]
    outputs: Blocks

    def run(
        self,
        values: Mapping[Symbol, Any],
        constant: Callable[[Rational], Any],
        exponential: Callable[[Any], Any] | None = None,
    ) -> dict[str, tuple[Any, ...]]:
        """Evaluate in any field (see :func:`theory.exact.evaluate`), step by step."""
        known = dict(values)
        for name, expression in self.steps:
            known[name] = exact.evaluate(expression, known, constant, exponential)
        return {
            block: tuple(exact.evaluate(expression, known, constant, exponential) for expression in expressions)
            for block, expressions in self.outputs.items()
        }

    def at(self, values: Mapping[Symbol, Rational]) -> dict[str, tuple[Rational, ...]]:
        """Exact outputs at rational inputs.

        ``exp(u)`` is read as :func:`formal_exponential`: an arbitrary positive rational fixed by u. Two programs that
        agree this way at generic points agree for the true exponential too, because they agree for *any* function
        that is its own formal derivative.

        Raises:
            KeyError: an input has no value.
            ZeroDivisionError: the point is a pole.
        """
        results = self.run(
            {symbol: exact.to_fmpq(value) for symbol, value in values.items()}, exact.to_fmpq, formal_exponential
        )
        return {block: tuple(exact.from_fmpq(flint.fmpq(v)) for v in row) for block, row in results.items()}

    def taylor(
        self, values: Mapping[Symbol, Rational], symbol: Symbol, order: int
    ) -> dict[str, tuple[tuple[Rational, ...], ...]]:
        """Exact Taylor coefficients in one input at 0, up to an order, with the other inputs at rational values.

        Computed by running the program on truncated power series. ``exp`` is read as in :meth:`at`, times the true
        exponential of what depends on the symbol.

        Args:
            values: the other inputs.
            symbol: the input to expand in.
            order: highest power kept.

        Returns:
            For every entry of every block its coefficients of 1, x, …, x^order.

        Raises:
            KeyError: an input has no value.
            ZeroDivisionError: the outputs have a pole at 0.
        """
        length = order + 1

        def series(*coefficients: flint.fmpq) -> flint.fmpq_series:
            return flint.fmpq_series(list(coefficients), prec=length)

        def exponential(exponent: flint.fmpq_series) -> Any:
            constant = flint.fmpq(exponent[0])
            return (exponent - series(constant)).exp() * series(formal_exponential(constant))

        with precision("cap", length):
            known = {other: series(exact.to_fmpq(value)) for other, value in values.items()}
            known[symbol] = series(flint.fmpq(0), flint.fmpq(1))
            results = self.run(known, lambda number: series(exact.to_fmpq(number)), exponential)
        return {
            block: tuple(tuple(exact.from_fmpq(flint.fmpq(entry[k])) for k in range(length)) for entry in row)
            for block, row in results.items()
        }

    def closed_form(self) -> Blocks:
        """Outputs as closed forms in the inputs, each one quotient in lowest terms, factored.

        Raises:
            Undecided: a step is not a rational function (use direct coordinates, or :meth:`substituted`).
        """
        field = exact.QuotientField(self.inputs)
        results = self.run(field.values, field.constant)
        return {block: tuple(field.expression(element) for element in row) for block, row in results.items()}

    def substituted(self) -> Blocks:
        """Outputs with every step substituted back, without any rearrangement."""
        known: dict[Expr, Expr] = {}
        for name, expression in self.steps:
            known[name] = expression.xreplace(known)
        return {block: tuple(e.xreplace(known) for e in expressions) for block, expressions in self.outputs.items()}

    def replaced(self, mapping: Mapping[Expr, Expr], inputs: Iterable[Symbol]) -> Program:
        """The same program with subexpressions replaced (say exp(−x) by (1 − p)/p) and new inputs."""
        return Program(
            tuple(inputs),
            tuple((name, expression.xreplace(dict(mapping))) for name, expression in self.steps),
            {block: tuple(e.xreplace(dict(mapping)) for e in row) for block, row in self.outputs.items()},
        )

    @cached_property
    def operations(self) -> int:
        """Number of arithmetic operations of one evaluation."""
        expressions = [expression for _, expression in self.steps]
        expressions += [expression for block in self.outputs.values() for expression in block]
        return sum(int(expression.count_ops()) for expression in expressions)


def formal_exponential(exponent: flint.fmpq) -> flint.fmpq:
    """An arbitrary positive rational that depends on the exponent alone (the same in every program and run)."""
    mixed = (int(exponent.p) * 1_000_003 + int(exponent.q) * 15_485_863) % 2_147_483_647
    return flint.fmpq(mixed + 1, 1_073_741_827)


def partials(expression: Expr) -> dict[Symbol, Expr]:
    """The derivative of an expression in each of its symbols, all in one pass over its sums, products and powers."""
    if expression.is_Symbol:
        return {expression: Integer(1)}
    if isinstance(expression, Add | Mul):
        found: dict[Symbol, list[Expr]] = {}
        for k, entry in enumerate(expression.args):
            for symbol, slope in partials(entry).items():
                whole = slope if expression.is_Add else Mul(*expression.args[:k], slope, *expression.args[k + 1 :])
                found.setdefault(symbol, []).append(whole)
        return {symbol: Add(*slopes) for symbol, slopes in found.items()}
    if isinstance(expression, Pow) and isinstance(expression.exp, Integer):
        base, power = expression.args
        return {symbol: power * base ** (power - 1) * slope for symbol, slope in partials(base).items()}
    return {symbol: diff(expression, symbol) for symbol in expression.free_symbols}


class Builder:
    """Collects the steps of a program; equal expressions get one name."""

    def __init__(self, inputs: Iterable[Symbol]) -> None:
        self.inputs = tuple(inputs)
        self._taken = {symbol.name for symbol in self.inputs}
        if len(self._taken) < len(self.inputs):
            raise ValueError(f"two inputs of a program have the same name: {', '.join(map(str, self.inputs))}")
        self._steps: list[tuple[Symbol, Expr]] = []
        self._names: dict[Expr, Symbol] = {}
        self._next: dict[str, int] = {}

    def let(self, stem: str, expression: Expr) -> Expr:
        """Name an expression. Numbers, symbols and signed symbols come back as they are."""
        expression = sympify(expression)
        sign, size = expression.as_coeff_Mul()
        if expression.is_Atom or (sign == -1 and size.is_Atom):
            return expression
        if expression in self._names:
            return self._names[expression]
        name = self._fresh(stem)
        self._steps.append((name, expression))
        self._names[expression] = name
        return name

    def _fresh(self, stem: str) -> Symbol:
        index = self._next.get(stem, 0)
        while f"{stem}_{index}" in self._taken:
            index += 1
        self._next[stem] = index + 1
        return Symbol(f"{stem}_{index}")

    def inline(self, program: Program, values: Mapping[Symbol, Expr]) -> Blocks:
        """Write another program's steps here, with its inputs replaced; returns its outputs."""
        known: dict[Expr, Expr] = dict(values)
        for name, expression in program.steps:
            known[name] = self.let(name.name.rsplit("_", 1)[0], expression.xreplace(known))
        return {block: tuple(e.xreplace(known) for e in row) for block, row in program.outputs.items()}

    def gradient(self, value: Expr, wrt: Sequence[Symbol]) -> tuple[Expr, ...]:
        """Derivatives of an expression in inputs and steps, by reverse accumulation through the steps.

        Uses only the chain rule on single steps: it knows nothing of games, values or policies, which makes it an
        independent check of every derivative formula in the package.
        """
        adjoint: dict[Expr, Expr] = {**partials(value)}
        for name, expression in reversed(tuple(self._steps)):
            if adjoint.get(name, Integer(0)) == 0:
                continue
            seed = adjoint[name] = self.let("adj", adjoint[name])
            for symbol, partial in sorted(partials(expression).items(), key=lambda pair: str(pair[0])):
                if expression.func is exp:
                    partial = partial.xreplace({expression: name})
                adjoint[symbol] = self.let("adj", Add(adjoint.get(symbol, Integer(0)), seed * partial))
        return tuple(adjoint.get(symbol, Integer(0)) for symbol in wrt)

    def program(self, outputs: Mapping[str, Sequence[Expr]]) -> Program:
        """The finished program, with steps that no output needs left out."""
        blocks = {block: tuple(sympify(e) for e in row) for block, row in outputs.items()}
        needed = set().union(*(e.free_symbols for row in blocks.values() for e in row))
        kept = []
        for name, expression in reversed(self._steps):
            if name in needed:
                kept.append((name, expression))
                needed |= expression.free_symbols
        return Program(self.inputs, tuple(reversed(kept)), blocks)
