"""``align`` for memory-one repeated games: the correction at well-known pure profiles, in closed form and in numbers.

The closed forms in R, S, T, P, γ (:mod:`theory.ipd_alignment`) hold for every symmetric repeated 2×2 game; their signs
are settled over the Prisoner's Dilemma, T > R > P > S.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sympy import Expr, Integer, Rational, Symbol

from theory.decomposition import decompose
from theory.errors import BadInput
from theory.games import AnyGame, ipd
from theory.games.differentiable import finite
from theory.games.model import Game
from theory.ipd_alignment import PROFILES, STATES, AtProfile, at_profile, rounded
from theory.latex import Document, Line
from theory.policies import parameters
from theory.profiles import parse_profile
from theory.program import Program
from theory.symbols import P, R, S, T, alpha, discount

LONGEST = 24  # letters of a fraction to read


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

    @cached_property
    def _program(self) -> Program:
        return decompose(self.game, form="expanded").program

    def values(self, profile: AtProfile) -> tuple[Rational, ...]:
        """C_s of player 1 at the game's current payoffs, one per state."""
        if self.game.horizon is None:
            return tuple(self.game.value_of(form.value.subs(self.payoffs)) for form in profile.correction)
        chosen = parse_profile(ipd(), profile.profile)
        rows = zip(parameters(self.game, "direct"), chosen, strict=True)
        point = {s: Integer(1 - action) for row, policy in rows for s, action in zip(row, policy, strict=True)}
        return self._program.at({**point, alpha: Integer(1), **dict(self.game.parameters)})["peer_1"]

    def document(self) -> Document:
        """The numbers at the current payoffs, then closed forms with their signs."""
        now = ", ".join(f"{symbol} = {self.game.value_of(value)}" for symbol, value in self.payoffs.items())
        lines = [
            Line("C = peer-learning term / α at φ₀, player 1's entries after ∅, CC, CD, DC, DD (own move first)"),
            Line("both players play the profile; the target is the set of policies that cooperate at ∅ and after CC"),
            Line(f"current values {now.replace('gamma', 'γ')}"),
        ]
        for profile in self.profiles:
            entries = list(zip(STATES, map(_number, self.values(profile)), strict=True))
            shown = [f"C_{state} {value}" for state, value in entries]
            formulas = r",\quad ".join(f"C_{{{state}}} {value}" for state, value in entries).replace("≈", r"\approx")
            lines.append(Line(f"at {profile.profile} now", ", ".join(shown), formulas))
        if self.game.horizon is None:
            if not self.dilemma:
                lines.append(Line("these are not payoffs of a Prisoner's Dilemma: the signs below do not apply"))
            for profile in self.profiles:
                lines.append(Line(f"at {profile.profile}, for T > R > P > S"))
                lines += profile.document().lines
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
            "horizon": self.game.horizon,
            "profiles": [
                {**self._closed(profile), "values": dict(zip(STATES, map(str, self.values(profile)), strict=True))}
                for profile in self.profiles
            ],
        }

    def _closed(self, profile: AtProfile) -> dict[str, Any]:
        return profile.to_json() if self.game.horizon is None else {"profile": profile.profile}

    def __str__(self) -> str:
        return self.document().as_text()

    def _repr_latex_(self) -> str:
        return self.document()._repr_latex_()


def _number(value: Rational) -> str:
    """A rational with its relation sign: exact, or rounded where it is too long to read."""
    written = str(value)
    return f"= {written}" if len(written) <= LONGEST else f"≈ {rounded(value)}"


@lru_cache
def _profiles() -> tuple[AtProfile, ...]:
    return tuple(at_profile(name) for name in PROFILES)


def is_repeated(game: AnyGame) -> bool:
    """Whether a game is a memory-one repeated game of two players with two actions, with a horizon or without."""
    if not isinstance(game, Game):
        return False
    model = ipd()
    if game.horizon is not None:
        seen = (game.observations[:1], len(game.observations), game.own_view)
        same = seen == (model.observations[:1], len(model.observations), model.own_view)
        return same and game.players == 2 and all(len(names) == 2 for names in game.actions)
    repeats = all(rows == game.reward[0] for rows in game.reward)
    return repeats and (game.transition, game.start, game.own_view) == (model.transition, model.start, model.own_view)


def repeated_alignment(game: AnyGame, policy: str = "direct") -> RepeatedAlignment:
    """Closed forms of the correction at pure profiles.

    Args:
        game: a symmetric memory-one repeated game of two players with two actions.
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
