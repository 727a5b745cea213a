"""A certificate as an object and as text. FORMAT.md says what every entry means and what makes it true."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sympy import Rational

from theory.errors import BadInput
from theory.exact import Undecided, from_fmpq
from theory.games.model import Game
from theory.regions.check import MAX_CHARACTERS, Report, check
from theory.regions.field import POWERS, FieldName, GameField, Polynomial

Outcome = Literal["CERTIFIED", "REFUTED", "UNDECIDED"]


@dataclass(frozen=True)
class Dynamics:
    """How policies move, in probabilities.

    Attributes:
        coordinates: ``direct`` (projected gradient), ``replicator``, or ``logit`` (gradient in log-odds).
        step: size of discrete steps, or ``None`` for continuous time.
    """

    coordinates: FieldName = "direct"
    step: Rational | None = None

    def __post_init__(self) -> None:
        """Refuse unknown coordinates and steps that are not positive."""
        if self.coordinates not in POWERS:
            raise BadInput(f"--policy: {self.coordinates!r} is not one of {', '.join(POWERS)}.")
        if self.step is not None and not self.step > 0:
            raise BadInput(f"--step: a step must be positive, not {self.step}.")

    @property
    def power(self) -> int:
        """The k of x′ = (x(1 − x))ᵏ v."""
        return POWERS[self.coordinates]

    def to_json(self) -> dict[str, str]:
        """As in a certificate."""
        return {"coordinates": self.coordinates, "time": "continuous" if self.step is None else str(self.step)}

    def __str__(self) -> str:
        return f"{self.coordinates}, {'continuous time' if self.step is None else f'steps of {self.step}'}"


@dataclass(frozen=True)
class Certificate:
    """A statement about a region with its proof, a counterexample, or the reason why it is not decided.

    Attributes:
        verdict: ``CERTIFIED``, ``REFUTED`` or ``UNDECIDED``.
        statement: one sentence for people.
        field: the game's dynamics as polynomials.
        dynamics: how policies move.
        region: JSON data, see FORMAT.md; all numbers are strings.
        proof: JSON data: trees, a witness, or a reason.
        conclusion: JSON data: what follows.
    """

    verdict: Outcome
    statement: str
    field: GameField
    dynamics: Dynamics
    region: Mapping[str, Any]
    proof: Mapping[str, Any]
    conclusion: Mapping[str, Any]

    @property
    def game(self) -> Game:
        """The game, all numbers rational."""
        return self.field.game

    @cached_property
    def text(self) -> str:
        """The certificate's file: JSON with one entry of the top level a line.

        Raises:
            Undecided: a number is longer than the checker reads.
        """
        content = {
            "format": "basin-entry certificate",
            "version": 1,
            "verdict": self.verdict,
            "statement": self.statement,
            "game": _game_json(self.game),
            "tremble": str(self.field.tremble),
            "field": _field_json(self.field),
            "dynamics": self.dynamics.to_json(),
            "region": self.region,
            "proof": self.proof,
            "conclusion": self.conclusion,
        }
        longest = max(_lengths([entry for key, entry in content.items() if key != "statement"]))
        if longest > MAX_CHARACTERS:
            raise Undecided(
                f"certify: the certificate for game {self.game.name!r} would hold a number of {longest} characters, and"
                f" the checker reads at most {MAX_CHARACTERS}"
            )
        rows = (f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in content.items())
        return "{" + ",\n ".join(rows) + "}\n"

    @cached_property
    def report(self) -> Report:
        """What the independent checker says of the text."""
        return check(self.text)

    def __str__(self) -> str:
        return f"{self.verdict}: {self.statement}"


def _lengths(entry: object) -> Iterator[int]:
    """The lengths of all texts in JSON data; 0 for what is none."""
    parts = entry.values() if isinstance(entry, Mapping) else entry if isinstance(entry, list | tuple) else None
    if parts is None:
        yield len(entry) if isinstance(entry, str) else 0
    else:
        for part in parts:
            yield from _lengths(part)


def strings(numbers: Sequence[Rational]) -> list[str]:
    """Rationals as they stand in a certificate."""
    return [str(number) for number in numbers]


def intervals(box: Sequence[tuple[Rational, Rational]]) -> list[list[str]]:
    """A box as it stands in a certificate."""
    return [strings(interval) for interval in box]


def _game_json(game: Game) -> dict[str, Any]:
    return {
        "name": game.name,
        "actions": [list(names) for names in game.actions],
        "states": list(game.states),
        "start": strings(game.start),
        "discount": str(game.discount),
        "transition": [[strings(row) for row in rows] for rows in game.transition],
        "reward": [[strings(row) for row in rows] for rows in game.reward],
    }


def _field_json(polynomials: GameField) -> dict[str, Any]:
    return {
        "denominator": _terms(polynomials.denominator),
        "values": [_terms(entry) for entry in polynomials.values],
    }


def _terms(polynomial: Polynomial) -> list[list[Any]]:
    """A polynomial of degree at most 1 in every coordinate."""
    rows = []
    for powers, coefficient in polynomial.to_dict().items():
        rows.append([str(from_fmpq(coefficient)), [k for k, power in enumerate(powers) if power]])
    return sorted(rows, key=lambda row: (len(row[1]), row[1]))
