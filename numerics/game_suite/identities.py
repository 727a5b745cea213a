"""Identities of the update: its terms add up to the derivative of the unroll, and without correction it is plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sympy import Add, Rational, Symbol

from numerics.game_suite.model import Broken, NotApplicable, Property, Subject, for_all
from numerics.game_suite.snippets import given_game, policy_words, snippet, values_of
from theory.decomposition import decompose, differentiated_unroll, update_program
from theory.games import AnyGame
from theory.policies import COORDINATES, Coordinates, coordinates_of
from theory.program import Program
from theory.strategies import program_inputs
from theory.symbols import alpha, own_coefficient, peer_coefficient, step_size
from theory.updates import SPLITS, Form

TERMS = ("current", "own", "peer")
Point = dict[Symbol, Rational]
Values = Mapping[str, tuple[Rational, ...]]


def decompositions() -> list[Property]:
    """One property for each coordinate system and L = 1, 2."""
    return [
        Property(
            f"decomposition-{coordinates}-{unroll}",
            f"policy gradient + own-learning + peer-learning is the derivative of the unrolled value, exactly, in"
            f" {coordinates} coordinates for L = {unroll} and both splits; without the peer term it is not",
            partial(_terms_add_up, coordinates=coordinates, unroll=unroll),
        )
        for coordinates in COORDINATES
        for unroll in (1, 2)
    ]


def missing(parts: Values, whole: Values, kept: Sequence[str] = TERMS) -> int | None:
    """The first player (from 1) whose kept terms do not sum to the total derivative, exactly."""
    for player in range(1, len(whole) + 1):
        if tuple(map(Add, *(parts[f"{name}_{player}"] for name in kept))) != whole[f"total_{player}"]:
            return player
    return None


def _terms_add_up(subject: Subject, coordinates: Coordinates, unroll: int) -> None:
    game = subject.small(unroll)
    coordinates_of(game, coordinates)
    total = differentiated_unroll(game, coordinates, unroll)
    programs = {split: decompose(game, coordinates, unroll, split=split).program for split in SPLITS}

    def check(point: Point) -> None:
        whole = total.at(point)
        for split, terms in programs.items():
            parts = terms.at(point)
            player = missing(parts, whole)
            if player is not None:
                where = f"{split} split, at {policy_words(game, point, coordinates)}: player {player}'s terms do not"
                code = _decomposition_snippet(subject, coordinates, unroll, split, terms, point, player)
                raise Broken(f"{where} sum to the derivative", code)
            # The control: what is left without the peer term must differ exactly where there is a peer term.
            peers = any(any(parts[f"peer_{i}"]) for i in range(1, game.players + 1))
            if (missing(parts, whole, ("current", "own")) is not None) != peers:
                raise AssertionError(f"the control is blind at {point}")

    for_all(f"decomposition-{coordinates}-{unroll}", program_inputs(game, coordinates), check, share=10)


def _decomposition_snippet(
    subject: Subject, coordinates: str, unroll: int, split: str, terms: Program, point: Point, player: int
) -> str:
    imports, lines = given_game(subject)
    imports += ["from sympy import Add, Rational", "from theory.decomposition import decompose, differentiated_unroll"]
    lines += [
        f"terms = decompose(game, {coordinates!r}, {unroll}, split={split!r}).program",
        f"total = differentiated_unroll(game, {coordinates!r}, {unroll})",
        *values_of(terms.inputs, point, "terms"),
        "parts = terms.at(values)",
        f'found = tuple(map(Add, parts["current_{player}"], parts["own_{player}"], parts["peer_{player}"]))',
        f'expected = total.at(values)["total_{player}"]',
        'print("sum of the terms", found, "derivative of the unroll", expected)',
        "assert found == expected",
    ]
    return snippet(imports, lines)


def correction_off() -> Property:
    """The update at coefficients 0."""
    return Property(
        "correction-off",
        "with both coefficients at 0 Meta-MAPG's update is policy gradient, exactly: at φ₀ in expanded form, after the"
        " inner steps in unrolled form",
        _plain_without_correction,
    )


def plain_rules(game: AnyGame) -> list[tuple[Form, str, Program, Program]]:
    """(form, the rule that is left, Meta-MAPG's update, that rule's) in direct coordinates."""
    forms: tuple[tuple[Form, str], ...] = (("expanded", "pg"), ("unrolled", "current"))
    return [
        (form, rule, update_program(game, "direct", "meta", form), update_program(game, "direct", rule, form))
        for form, rule in forms
    ]


def _plain_without_correction(subject: Subject) -> None:
    game = subject.small()
    rules = plain_rules(game)
    sizes = [step_size(player) for player in range(game.players)]

    def at(point: Point, coefficient: Rational) -> Point:
        own = dict.fromkeys((own_coefficient, peer_coefficient), coefficient)
        return {**{s: v for s, v in point.items() if s != alpha}, **dict.fromkeys(sizes, point[alpha]), **own}

    def check(point: Point) -> None:
        for form, rule, update, plain in rules:
            here = at(point, Rational(0))
            if update.at(here) != plain.at(here):
                imports, lines = given_game(subject)
                imports += ["from sympy import Rational", "from theory.decomposition import update_program"]
                lines += [
                    f'update = update_program(game, "direct", "meta", {form!r})',
                    f'plain = update_program(game, "direct", {rule!r}, {form!r})',
                    *values_of(update.inputs, here, "update"),
                    "print(update.at(values), plain.at(values))",
                    "assert update.at(values) == plain.at(values)",
                ]
                where = f"{form} form, at {policy_words(game, point)}: the update is not that of the rule {rule!r}"
                raise Broken(where, snippet(imports, lines))

    corrected = []

    def control(point: Point) -> None:
        update = rules[0][2]
        corrected.append(update.at(at(point, Rational(1))) != update.at(at(point, Rational(0))))

    for_all("correction-off", program_inputs(game), check)
    for_all("correction-off-control", program_inputs(game), control, share=20)
    if not any(corrected):
        raise NotApplicable(f"the corrections of game {game.name!r} vanish, so switching them off changes nothing.")
