"""The compiled update against the exact one: floating point computes what was derived."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
from hypothesis import strategies as st
from sympy import Rational

from numerics.compile import compiled_update, game_values
from numerics.game_suite.model import Broken, Property, Subject, for_all
from numerics.game_suite.snippets import given_game, snippet
from theory.balls import ball, ends, precision
from theory.decomposition import update_program
from theory.games import AnyGame
from theory.policies import COORDINATES, Coordinates, coordinates_of
from theory.program import Program
from theory.strategies import program_inputs, rationals, step_sizes
from theory.symbols import alpha

TOLERANCE = 1e-9  # of the update's largest entry, or of 1 if that is smaller
BITS = 512  # of the balls, so that elimination does not widen them beyond that


def bridges() -> list[Property]:
    """One property for each coordinate system."""
    return [
        Property(
            f"numeric-bridge-{coordinates}",
            f"Meta-MAPG's compiled update is the exact one, in {coordinates} coordinates for L = 1, up to"
            f" {TOLERANCE:g} of its largest entry (of 1 if that is smaller)",
            partial(_computes_what_was_derived, coordinates=coordinates),
        )
        for coordinates in COORDINATES
    ]


def largest_error(game: AnyGame, coordinates: Coordinates, inputs: Sequence[float]) -> float:
    """How far the compiled update is from the exact one at most, relative to its largest entry or 1.

    The exact one is enclosed by running the same derivation in ball arithmetic at the same floating-point numbers.

    Args:
        game: the game.
        coordinates: of the policy.
        inputs: φ₀, α of each player, both coefficients.
    """
    program = _derived(game, coordinates)
    tail = [float(value) for value in game_values(game)]
    with precision("prec", BITS):
        numbers = [ball(Rational(entry)) for entry in (*inputs, *tail)]
        found = program.run(dict(zip(program.inputs, numbers, strict=True)), ball, lambda exponent: exponent.exp())
        enclosed = [ends(entry) for entry in found["update"]]
    compiled = compiled_update(game, coordinates, "meta", "unrolled", 1)
    groups = {}
    place = 0
    for name, symbols in compiled.groups.items():
        groups[name] = np.array([*inputs, *tail][place : place + len(symbols)])[:, None]
        place += len(symbols)
    computed = compiled(**groups)["update"][:, 0]
    scale = max(1.0, *(abs(float(end)) for pair in enclosed for end in pair))
    errors = [abs(float(Rational(x) - end)) for x, pair in zip(computed, enclosed, strict=True) for end in pair]
    return max(errors) / scale


@lru_cache(maxsize=4)
def _derived(game: AnyGame, coordinates: Coordinates) -> Program:
    return update_program(game, coordinates, "meta")


def _computes_what_was_derived(subject: Subject, coordinates: Coordinates) -> None:
    game = subject.small()
    coordinates_of(game, coordinates)
    players = game.players

    def flat(drawn: tuple[dict[object, Rational], list[Rational], list[Rational]]) -> list[float]:
        point, sizes, coefficients = drawn
        tail = {alpha, *(symbol for symbol, _ in game.parameters)}
        return [float(x) for x in (*(v for s, v in point.items() if s not in tail), *sizes, *coefficients)]

    drawn = st.tuples(
        program_inputs(game, coordinates),
        st.lists(step_sizes(), min_size=players, max_size=players),
        st.lists(rationals(-2, 2, 3), min_size=2, max_size=2),
    ).map(flat)

    def check(inputs: list[float]) -> None:
        error = largest_error(game, coordinates, inputs)
        if not error <= TOLERANCE:
            imports, lines = given_game(subject)
            imports.append("from numerics.game_suite.bridge import TOLERANCE, largest_error")
            lines += [
                f"error = largest_error(game, {coordinates!r}, {inputs})",
                "print(error)",
                "assert error <= TOLERANCE",
            ]
            where = f"at φ₀, inner steps and coefficients {inputs} the compiled update is off by {error:.3g}"
            raise Broken(where, snippet(imports, lines))

    for_all(f"numeric-bridge-{coordinates}", drawn, check)
