"""Certified regions of the target: the checker accepts them, and their statement holds at drawn points by fractions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from numerics.game_suite.model import Broken, Property, Subject, for_all
from numerics.game_suite.snippets import given_game, snippet
from numerics.game_suite.targets import attracting
from numerics.game_suite.values import Tables, policy_of
from theory.errors import BadInput
from theory.games import Game
from theory.regions.certificate import Certificate, Dynamics
from theory.regions.check import check
from theory.regions.field import game_field
from theory.regions.sign_box import sign_box
from theory.regions.sublevel import sublevel

Makers = Mapping[str, Callable[..., Certificate]]
MAKERS: Makers = {"sign-box": sign_box, "sublevel": sublevel}
Shares = tuple[Fraction, ...]


def certificates() -> list[Property]:
    """One property for each kind of region."""
    statements = {
        "sign-box": "the largest sign box of the target is certified: at every policy in it each player gains by more"
        " of its target action",
        "sublevel": "the largest ball of the target is certified: at every policy in it policy gradient comes closer to"
        " the target",
    }
    more = (
        "; the independent checker accepts the certificate, and rejects it with a payoff, the target or a bound changed"
    )
    return [
        Property(f"certificate-{kind}", statement + more, partial(_certified, kind=kind))
        for kind, statement in statements.items()
    ]


def certificate(game: Game, kind: str) -> Certificate:
    """A region of the target in direct coordinates, continuous time, at the first equilibrium that has one.

    Raises:
        NotApplicable: no pure equilibrium plays the target.
        BadInput: none of them has such a region, or the game is of another kind.
        Undecided: none was found.
    """
    field = game_field(game)
    refused: BadInput | None = None
    for profile in attracting(game):
        corner = [int(action == 0) for policy in profile for action in policy]
        try:
            return MAKERS[kind](field, corner, Dynamics())
        except BadInput as reason:
            refused = refused or reason
    raise refused or BadInput(f"game {game.name!r} has no region to certify.")


def _certified(subject: Subject, kind: str) -> None:
    game = subject.of_two_actions()
    if kind == "sublevel" and not game.one_shot:
        raise BadInput("balls are certified here for one-shot games only.")
    found = certificate(game, kind)
    content = json.loads(found.text)
    _accepted(subject, kind, found, content)
    tables = Tables(game)

    def at(shares: Shares) -> None:
        chances = point_of(content["region"], shares)
        wrong = contradiction(game, tables, content["region"], chances)
        if wrong is not None:
            raise Broken(f"{found.statement}, but at {_words(chances)}: {wrong}", _snippet(subject, kind, chances))

    for_all(f"certificate-{kind}", shares_of(len(content["region"]["target"])), at)


def _accepted(subject: Subject, kind: str, found: Certificate, content: dict[str, Any]) -> None:
    imports, lines = given_game(subject)
    imports.append("from numerics.game_suite.certified import certificate, tampered")
    lines.append(f"found = certificate(game, {kind!r})")
    if (found.verdict, found.report.outcome) != ("CERTIFIED", "accepted"):
        lines += ["print(found, found.report)", 'assert found.report.outcome == "accepted"']
        raise Broken(
            f"{found}; the checker says: {found.report.outcome}, {found.report.reason}", snippet(imports, lines)
        )
    for name, text in tampered(content).items():
        if check(text).outcome == "accepted":
            imports += ["import json", "from theory.regions.check import check"]
            lines += [
                f"text = tampered(json.loads(found.text))[{name!r}]",
                "print(check(text))",
                'assert check(text).outcome != "accepted"',
            ]
            raise Broken(f"the checker accepts a certificate with {name} changed", snippet(imports, lines))


def tampered(content: dict[str, Any]) -> dict[str, str]:
    """Certificates that say something else: another payoff, another target, another conclusion."""
    copies = {name: json.loads(json.dumps(content)) for name in ("a payoff", "the target", "the conclusion")}
    first = copies["a payoff"]["game"]["reward"][0][0]
    first[0] = str(Fraction(first[0]) + 1)
    region = copies["the target"]["region"]
    region["target"][0] = 1 - region["target"][0]
    copies["the conclusion"]["conclusion"]["invariant"] = False
    return {name: json.dumps(copy) for name, copy in copies.items()}


# ---------------------------------------------------------------------------------------------------- points in it


def shares_of(size: int) -> SearchStrategy[Shares]:
    """How far from the target a point is in each probability, in shares of the region's width; shrinks to 1 each."""
    return st.tuples(*(st.integers(0, 12).map(lambda k: Fraction(12 - k, 12)) for _ in range(size)))


def point_of(region: Mapping[str, Any], shares: Sequence[Fraction]) -> list[Fraction]:
    """A point of a region: by construction, never outside of it.

    In a box the shares are of its sides. In a ball they are of the cube around it, and what lies outside is moved
    toward the target: u with |u|² = S ≥ c becomes uc/S, whose square is c²/S.
    """
    if region["kind"] == "sign-box":
        widths = [Fraction(high) - Fraction(low) for low, high in region["box"]]
        inner = Fraction(1) if region["closed"] else Fraction(15, 16)
        distances = [inner * width * share for width, share in zip(widths, shares, strict=True)]
    else:
        level, square = Fraction(region["level"]), sum(share**2 for share in shares)
        inner = Fraction(1) if region["closed"] else Fraction(15, 16)
        distances = [share * (inner * min(Fraction(1), level / square) if square else 1) for share in shares]
    return [end - u if end else u for end, u in zip(region["target"], distances, strict=True)]


def contradiction(game: Game, tables: Tables, region: Mapping[str, Any], chances: Sequence[Fraction]) -> str | None:
    """What of a region's statement is not so at a point, from the tables alone."""
    policy = policy_of(game, chances)
    width = len(game.states)
    places = [(k // width, k % width) for k in range(len(chances))]
    rises = [tables.rise(policy, player, state) for player, state in places]
    if region["kind"] == "sign-box":
        for (player, state), end, rise in zip(places, region["target"], rises, strict=True):
            if rise * (1 if end else -1) <= 0:
                return f"player {player + 1} does not gain by more of its target action in {game.states[state]}"
        return None
    distances = [x - end for x, end in zip(chances, region["target"], strict=True)]
    inner = sum(rise * u for rise, u in zip(rises, distances, strict=True))
    return None if inner < 0 or not any(distances) else f"the inner product with the distance is {inner}, not below 0"


def _words(chances: Sequence[Fraction]) -> str:
    return f"probabilities {', '.join(map(str, chances))} of first actions"


def _snippet(subject: Subject, kind: str, chances: Sequence[Fraction]) -> str:
    imports, lines = given_game(subject)
    imports += [
        "import json",
        "from fractions import Fraction",
        "from numerics.game_suite.certified import certificate, contradiction",
        "from numerics.game_suite.values import Tables",
    ]
    lines += [
        f"found = certificate(game, {kind!r})",
        f"chances = [Fraction(text) for text in {list(map(str, chances))}]  # of first actions",
        'wrong = contradiction(game, Tables(game), json.loads(found.text)["region"], chances)',
        "print(found, wrong)",
        "assert wrong is None",
    ]
    return snippet(imports, lines)
