"""How far the first-order forms of the Meta-MAPG update are from the exact one, at batches of points.

With c_own = c_peer = 1 and all players' inner steps α_j:

* exact: the derivative of Vⁱ(φ_L) in φ₀ⁱ, for every player i;
* form at φ₀: g_i + own_i + peer_i with every factor at φ₀ (the paper's text and code);
* first-order form: the same plus the term that it leaves out, Lα (Dv·v)_i = curve_i + look_i, made of the own-curvature
  term of consensus optimisation and the look-ahead term of LookAhead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sympy import Add, Expr

from numerics.compile import Array, Compiled, compile_program, compiled_update, game_values
from numerics.dynamics import BLOCK
from theory.decomposition import rule_terms
from theory.games import AnyGame
from theory.policies import Coordinates
from theory.program import Blocks, Builder, Program

# Where each term comes from: the learning rules whose terms are asked for.
RULES = ("meta", "lookahead", "consensus")


@dataclass(frozen=True)
class Forms:
    """Joint updates at a batch of points, every array of shape (parameters, batch).

    Attributes:
        exact: the derivative through the unroll.
        gradient: v(φ₀).
        kept: own + peer at φ₀, the corrections that the form at φ₀ keeps (they include α).
        missing: Lα Dv·v at φ₀, what it leaves out.
    """

    exact: Array
    gradient: Array
    kept: Array
    missing: Array

    @property
    def at_start(self) -> Array:
        """The form with every factor at φ₀."""
        return self.gradient + self.kept

    @property
    def first_order(self) -> Array:
        """Every term up to order α."""
        return self.at_start + self.missing


def first_order_program(game: AnyGame, policy: str, unroll: int) -> Program:
    """Blocks ``gradient``, ``kept`` and ``missing``, shape (all parameters,); see :class:`Forms`.

    Inputs: φ₀, α_1 … α_N, the game's parameters.

    Raises:
        BadInput: an unknown policy, or L < 1.
    """
    programs = [rule_terms(game, policy, rule, unroll, "expanded", asymmetric=True) for rule in RULES]
    build = Builder(programs[0].inputs)
    blocks: Blocks = {}
    for program in programs:
        blocks |= build.inline(program, {symbol: symbol for symbol in build.inputs})

    def joint(*names: str) -> list[Expr]:
        rows = ([blocks[f"{name}_{player + 1}"] for name in names] for player in range(game.players))
        return [Add(*entries) for row in rows for entries in zip(*row, strict=True)]

    return build.program(
        {"gradient": joint("gradient"), "kept": joint("own", "peer"), "missing": joint("curve", "look")}
    )


@lru_cache(maxsize=16)
def _compiled(game: AnyGame, policy: Coordinates, unroll: int) -> Compiled:
    program = first_order_program(game, policy, unroll)
    symbols, tail = program.inputs, len(game.parameters)
    first = len(symbols) - tail - game.players
    groups = {"parameters": symbols[:first], "inner_lr": symbols[first : first + game.players]}
    return compile_program(program, {**groups, "game": symbols[first + game.players :]})


def forms(game: AnyGame, policy: Coordinates, unroll: int, inner_lr: Sequence[float], phi: Array) -> Forms:
    """The exact update and the parts of its first-order forms.

    Args:
        game: the game with its parameter values.
        policy: coordinates of φ.
        unroll: L.
        inner_lr: α of each player.
        phi: φ₀, shape (parameters, batch).
    """
    exact = compiled_update(game, policy, "meta", "unrolled", unroll)
    parts = _compiled(game, policy, unroll)
    common = {"inner_lr": np.array(inner_lr, dtype=float)[:, None], "game": game_values(game)[:, None]}
    ones = np.ones((2, 1))
    found: dict[str, list[Array]] = {name: [] for name in ("exact", "gradient", "kept", "missing")}
    for first in range(0, phi.shape[1], BLOCK):
        here = phi[:, first : first + BLOCK]
        found["exact"].append(exact(parameters=here, coefficients=ones, **common)["update"])
        for name, block in parts(parameters=here, **common).items():
            found[name].append(block)
    return Forms(**{name: np.concatenate(blocks, axis=1) for name, blocks in found.items()})


def norms(vectors: Array) -> Array:
    """Euclidean norm of each column, shape (batch,)."""
    return np.asarray(np.linalg.norm(vectors, axis=0))
