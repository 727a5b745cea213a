"""``align`` for memory-one repeated games: the correction at well-known pure profiles, in closed form and in numbers.

The closed forms in R, S, T, P, γ (:mod:`theory.ipd_alignment`) hold for every symmetric repeated 2×2 game; their signs
are settled over the Prisoner's Dilemma, T > R > P > S.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sympy import Expr, Symbol

from theory.errors import BadInput
from theory.games import AnyGame, ipd
from theory.games.differentiable import finite
from theory.games.model import Game
from theory.ipd_alignment import PROFILES, STATES, AtProfile, at_profile
from theory.latex import Document, Line, latex
from theory.symbols import P, R, S, T, discount


@dataclass(frozen=True)
class RepeatedAlignment:
    """The correction of a symmetric memory-one repeated game at pure profiles, direct coordinates.

    Attributes:
        game: the game.
        payoffs: its R, S, T, P and γ.
        profiles: closed forms at AllD, AllC, TFT, Grim and WSLS.
    """

    game: Game
    payoffs: Mapping[Symbol, Expr]
    profiles: tuple[AtProfile, ...]

    @property
    def dilemma(self) -> bool:
        """Whether T > R > P > S at the current payoffs, so that the signs shown apply."""
        r, s, t, p = (self.game.value_of(self.payoffs[symbol]) for symbol in (R, S, T, P))
        return bool(t > r > p > s)

    def values(self, profile: AtProfile) -> tuple[Expr, ...]:
        """C_s of player 1 at the game's current payoffs, one per state."""
        return tuple(self.game.value_of(form.value.subs(self.payoffs)) for form in profile.correction)

    def document(self) -> Document:
        """Closed forms with their signs, and the numbers at the current payoffs."""
        now = ", ".join(f"{symbol} = {self.game.value_of(value)}" for symbol, value in self.payoffs.items())
        lines = [
            Line("C = peer-learning term / α at φ₀, player 1's entries after ∅, CC, CD, DC, DD (own move first)"),
            Line("both players play the profile; the target is the set of policies that cooperate at ∅ and after CC"),
            Line(f"current values {now.replace('gamma', 'γ')}"),
        ]
        if not self.dilemma:
            lines.append(Line("these are not payoffs of a Prisoner's Dilemma: the signs below do not apply"))
        for profile in self.profiles:
            lines.append(Line(f"at {profile.profile}, for T > R > P > S"))
            lines += profile.document().lines
            shown = [f"C_{state} = {value}" for state, value in zip(STATES, self.values(profile), strict=True)]
            joined = r",\quad ".join(
                f"C_{{{s}}} = {latex(v)}" for s, v in zip(STATES, self.values(profile), strict=True)
            )
            lines.append(Line("now", ", ".join(shown), joined))
        return Document(
            f"{self.game.name}: peer-learning correction at pure profiles, direct coordinates", tuple(lines)
        )

    def to_json(self) -> dict[str, Any]:
        """The same as data: expressions as strings."""
        return {
            "schema_version": 1,
            "game": self.game.name,
            "policy": "direct",
            "payoffs": {str(symbol): str(self.game.value_of(value)) for symbol, value in self.payoffs.items()},
            "dilemma": self.dilemma,
            "profiles": [
                {**profile.to_json(), "values": dict(zip(STATES, map(str, self.values(profile)), strict=True))}
                for profile in self.profiles
            ],
        }

    def __str__(self) -> str:
        return self.document().as_text()

    def _repr_latex_(self) -> str:
        return self.document()._repr_latex_()


@lru_cache
def _profiles() -> tuple[AtProfile, ...]:
    return tuple(at_profile(name) for name in PROFILES)


def is_repeated(game: AnyGame) -> bool:
    """Whether a game is a memory-one repeated game of two players with two actions, without horizon."""
    if not isinstance(game, Game) or game.horizon is not None:
        return False
    model = ipd()
    repeats = all(rows == game.reward[0] for rows in game.reward)
    return repeats and (game.transition, game.start, game.own_view) == (model.transition, model.start, model.own_view)


def repeated_alignment(game: AnyGame, policy: str = "direct") -> RepeatedAlignment:
    """Closed forms of the correction at pure profiles.

    Args:
        game: a symmetric memory-one repeated game of two players with two actions, without horizon.
        policy: ``direct``; at pure profiles every term of ``logit`` is 0.

    Raises:
        BadInput: another game, or other coordinates.
    """
    if not is_repeated(game):
        raise BadInput(f"align: game {game.name!r} is not a memory-one repeated game of two players with two actions.")
    game = finite(game, "align")
    if policy != "direct":
        raise BadInput("align: at the pure profiles of a repeated game the logit correction is 0; use --policy direct.")
    row = [entry[0] for entry in game.reward[0]]
    column = [entry[1] for entry in game.reward[0]]
    if column != [row[0], row[2], row[1], row[3]]:
        raise BadInput(f"align: game {game.name!r} is not symmetric, and only symmetric repeated games are covered.")
    return RepeatedAlignment(game, dict(zip((R, S, T, P, discount), (*row, game.discount), strict=True)), _profiles())
