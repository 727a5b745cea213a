"""Which policies lie in a certified region: ``--success region:FILE``.

The file is checked again before it is used. Membership is exact: a floating-point probability is a rational number,
bounds are rounded so that comparing with them gives the exact answer, and squared distances near a level are computed
in fractions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import policies
from numerics.compile import Array
from theory.errors import BadInput
from theory.games import AnyGame, Game, finite
from theory.games.reading import printable, read_bytes
from theory.policies import Coordinates
from theory.regions.check import MAX_TEXT, check_file

NEAR = 1e-9  # squared distances this close to a level are compared in fractions


@dataclass(frozen=True)
class CertifiedRegion:
    """A region from an accepted certificate.

    Attributes:
        path: the certificate's file.
        content: its JSON.
    """

    path: str
    content: dict[str, Any]

    def check_applies(self, game: AnyGame, policy: Coordinates) -> None:
        """Refuse a certificate of another game, of other coordinates, or of no region of attraction.

        Raises:
            BadInput: with the file and the reason.
        """
        place = f"--success: {printable(self.path)}"
        if self.content["region"]["kind"] == "alignment":
            raise BadInput(f"{place} certifies an alignment, not a region of attraction.")
        coordinates = self.content["dynamics"]["coordinates"]
        if coordinates != policy:
            raise BadInput(f"{place} is about {coordinates} dynamics, so it does not go with --policy {policy}.")
        if self.content["tremble"] != "0":
            raise BadInput(f"{place} is about players that tremble, which simulated ones do not.")
        if _tables(finite(game, "--success region")) != _stored_tables(self.content["game"]):
            raise BadInput(f"{place} is about another game than {game.name!r} (or other parameters).")

    def contains(self, game: Game, policy: Coordinates, phi: Array) -> NDArray[np.bool_]:
        """Whether each policy lies in the region, shape (batch,); φ has shape (parameters, batch)."""
        x = np.stack(
            [
                policies.probabilities(game, policy, phi, player, state)[0]
                for player in range(game.players)
                for state in range(len(game.states))
            ]
        )
        region = self.content["region"]
        if region["kind"] == "sublevel":
            return _in_ball(region, x)
        inside = np.ones(x.shape[1], dtype=bool)
        for entry, (low, high, far) in zip(x, sides(region), strict=True):
            inside &= (entry >= _float_above(low, strict=far == "low")) & (
                entry <= _float_below(high, strict=far == "high")
            )
        return inside


def sides(region: Mapping[str, Any]) -> list[tuple[Fraction, Fraction, str]]:
    """(low, high, which of them the region leaves out) of every coordinate."""
    if region["kind"] == "sign-box":
        rows = []
        for (low, high), end in zip(region["box"], region["target"], strict=True):
            far = "" if region["closed"] else ("low" if end else "high")
            rows.append((Fraction(low), Fraction(high), far))
        return rows
    held = dict(zip(region["held"], zip(region["target"], map(Fraction, region["radius"]), strict=True), strict=True))
    free = iter(region["inner"])
    sides = []
    for k in range(len(held) + len(region["inner"])):
        if k in held:
            end, radius = held[k]
            sides.append((1 - radius, Fraction(1), "") if end else (Fraction(0), radius, ""))
        else:
            low, high = next(free)
            sides.append((Fraction(low), Fraction(high), ""))
    return sides


def _float_below(bound: Fraction, strict: bool) -> float:
    """The largest float that is at most (strict: less than) a bound."""
    near = float(bound)
    exact = Fraction(near)
    return float(np.nextafter(near, -np.inf)) if exact > bound or (strict and exact == bound) else near


def _float_above(bound: Fraction, strict: bool) -> float:
    """The smallest float that is at least (strict: greater than) a bound."""
    return -_float_below(-bound, strict)


def _in_ball(region: dict[str, Any], x: Array) -> NDArray[np.bool_]:
    level, target = Fraction(region["level"]), np.array(region["target"], dtype=float)[:, None]
    distance = ((x - target) ** 2).sum(0)
    inside = np.asarray(distance < float(level))
    for column in np.flatnonzero(abs(distance - float(level)) < NEAR):
        exact = sum((Fraction(entry) - end) ** 2 for entry, end in zip(x[:, column], region["target"], strict=True))
        inside[column] = exact <= level if region["closed"] else exact < level
    return inside


def certified_region(path: str) -> CertifiedRegion:
    """Read and check a certificate, once as long as the file does not change.

    Raises:
        BadInput: the file cannot be read, or the checker does not accept it.
    """
    return _read(path, _seen(path))


def _seen(path: str) -> tuple[int, int]:
    """What changes when a file does."""
    try:
        seen = Path(path).stat()
    except (OSError, ValueError) as error:
        raise BadInput(f"--success: {printable(path)} cannot be read ({type(error).__name__}).") from None
    return seen.st_mtime_ns, seen.st_size


@lru_cache(maxsize=16)
def _read(path: str, seen: tuple[int, int]) -> CertifiedRegion:
    report, place = check_file(Path(path)), f"--success: {printable(path)}"
    if report.outcome != "accepted":
        raise BadInput(f"{place} is {report.outcome} by the checker: {report.reason}.")
    content = json.loads(read_bytes(Path(path), MAX_TEXT))
    if _seen(path) != seen:
        raise BadInput(f"{place} changed while it was read.")
    if content["verdict"] != "CERTIFIED":
        raise BadInput(f"{place} holds a refutation, not a region.")
    return CertifiedRegion(path, content)


def _tables(game: Game) -> list[Any]:
    instance = game.instance()
    rows: list[Any] = [instance.start, (instance.discount,), *(r for rs in instance.transition for r in rs)]
    rows += [r for rs in instance.reward for r in rs]
    return [instance.actions, instance.states, [[Fraction(int(e.p), int(e.q)) for e in row] for row in rows]]


def _stored_tables(game: dict[str, Any]) -> list[Any]:
    rows = [game["start"], [game["discount"]], *(r for rs in game["transition"] for r in rs)]
    rows += [r for rs in game["reward"] for r in rs]
    return [tuple(map(tuple, game["actions"])), tuple(game["states"]), [[Fraction(e) for e in row] for row in rows]]
