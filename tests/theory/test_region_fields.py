"""The dynamics that the prover uses, against the programs of the rest of the package and against plain fractions."""

from __future__ import annotations

import random
from fractions import Fraction

import flint
import pytest
from sympy import Integer, Rational

from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import from_fmpq, to_fmpq
from theory.games import Game, chicken, ipd, ipd_finite, ipd_from_cc, public_goods, stag_hunt, stag_hunt_3, tandem
from theory.policies import in_probabilities, parameters
from theory.pure_equilibria import trembling
from theory.regions.boxes import variables
from theory.regions.field import GameField, game_field
from theory.symbols import alpha
from theory.values import value_program

GAMES = (stag_hunt(), chicken(), stag_hunt_3(), public_goods(), ipd_from_cc(), ipd())


def point_of(field: GameField, seed: int) -> list[Rational]:
    rng = random.Random(seed)
    return [Rational(rng.randint(1, 96), 97) for _ in range(field.size)]


def at(polynomial: flint.fmpq_mpoly, point: list[Rational]) -> Rational:
    return from_fmpq(polynomial(*map(to_fmpq, point)))


def direct_inputs(game: Game, point: list[Rational]) -> dict:
    symbols = [symbol for row in parameters(game, "direct") for symbol in row]
    return {**dict(zip(symbols, point, strict=True)), **dict(game.parameters)}


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("tremble", ["0", "1/5"])
def test_values_gaps_visits_and_velocities(game: Game, tremble: str) -> None:
    """v is the derivative of V: by the program's gradient of the trembling game, and by a difference of V itself."""
    field = game_field(game, Rational(tremble))
    point = point_of(field, 3)
    played = trembling(game, Rational(tremble)) if Rational(tremble) else game
    values = value_program(played, "direct").at(direct_inputs(played, point))
    program = decompose(played, "direct", 1, "expanded").program
    gradient = program.at({**direct_inputs(played, point), alpha: Integer(1)})
    bottom = at(field.denominator, point)
    assert [at(entry, point) / bottom for entry in field.values] == list(values["value"])
    states = len(game.states)
    for k, (i, s) in enumerate(field.coordinates):
        assert at(field.visits[k], point) == bottom * values["visits"][s]
        first, second = values[f"advantage_{i + 1}"][2 * s : 2 * s + 2]
        assert at(field.gaps[k], point) * (1 - Rational(tremble)) == bottom * (first - second)
        assert at(field.velocities[k], point) == bottom**2 * gradient[f"current_{i + 1}"][s]
        # V is (a + b x)/(c + e x) in one coordinate: its slope from two ends
        ends = [[*point[:k], Integer(e), *point[k + 1 :]] for e in (0, 1)]
        (n0, n1), (d0, d1) = ([at(entry, end) for end in ends] for entry in (field.values[i], field.denominator))
        assert at(field.velocities[k], point) == n1 * d0 - n0 * d1
    assert field.size == game.players * states


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_the_denominator_is_the_determinant(game: Game) -> None:
    field = game_field(game)
    point = point_of(field, 5)
    instance, states = game.instance(), len(game.states)
    matrix = [[Fraction(int(s == t)) for t in range(states)] for s in range(states)]
    for s in range(states):
        for action, row in zip(instance.joint_actions, instance.transition[s], strict=True):
            weight = Fraction(1)
            for i, chosen in enumerate(action):
                x = point[i * states + s]
                x = Fraction(int(x.p), int(x.q))
                weight *= x if chosen == 0 else 1 - x
            for t in range(states):
                matrix[s][t] -= weight * Fraction(str(instance.discount)) * Fraction(str(row[t]))
    exact = flint.fmpq_mat([[flint.fmpq(e.numerator, e.denominator) for e in row] for row in matrix]).det()
    assert at(field.denominator, point) == from_fmpq(exact)


def inner_product(field: GameField, groups, weights: list[Rational], values: list[Rational], power: int) -> Rational:
    context = flint.fmpq_mpoly_ctx.get([f"y{k}" for k in range(len(groups))], "degrevlex")
    product = field.correction([context.constant(to_fmpq(w)) for w in weights], groups, power)
    return from_fmpq(product(*map(to_fmpq, values)))


@pytest.mark.parametrize("game", (stag_hunt(), stag_hunt_3(), ipd_from_cc(), ipd()), ids=lambda game: game.name)
@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_the_correction_is_the_programs(game: Game, policy: str, symmetric: bool) -> None:
    """D⁵⟨C, w⟩ against the peer-learning term that the rest of the package derives, at a random exact point."""
    if game.name == "ipd" and not (symmetric and policy == "direct"):
        pytest.skip("ten free probabilities take too long to expand")
    if game.name == "ipd-from-cc" and not symmetric:
        pytest.skip("eight free probabilities take too long to expand")
    field = game_field(game)
    groups = variables(game, symmetric)
    rng = random.Random(11)
    weights = [Rational(rng.randint(-5, 5)) for _ in groups]
    values = [Rational(rng.randint(1, 12), 13) for _ in groups]
    where = {k: x for group, x in zip(groups, values, strict=True) for k in group}
    point = [where[k] for k in range(field.size)]
    program = decompose(game, policy, 1, "expanded").program
    if policy == "logit":
        program = in_probabilities(program, game)
    blocks = program.at({**direct_inputs(game, point), alpha: Integer(1)})
    peer = [entry for i in range(game.players) for entry in blocks[f"peer_{i + 1}"]]
    if policy == "logit":
        peer = [entry * x * (1 - x) for entry, x in zip(peer, point, strict=True)]
    expected = sum((w * peer[k] for w, group in zip(weights, groups, strict=True) for k in group), Integer(0))
    bottom = at(field.denominator, point)
    found = inner_product(field, groups, weights, values, 2 if policy == "logit" else 0)
    assert found == expected * bottom**5
    assert found != expected * bottom**4 or bottom == 1


def test_symmetric_variables_swap_what_player_two_sees() -> None:
    assert variables(ipd_from_cc(), symmetric=True) == ((0, 4), (1, 6), (2, 5), (3, 7))
    assert variables(stag_hunt_3(), symmetric=True) == ((0, 1, 2),)
    assert variables(stag_hunt(), symmetric=False) == ((0,), (1,))


@pytest.mark.parametrize(
    ("game", "tremble", "words"),
    [
        (ipd_finite(), 0, "do not see the state"),
        (tandem(), 0, "certify"),
        (stag_hunt(), 1, "must lie in [0, 1)"),
        (stag_hunt(), Rational(-1, 2), "must lie in [0, 1)"),
    ],
)
def test_what_has_no_such_field(game: Game, tremble: object, words: str) -> None:
    with pytest.raises(BadInput, match=words.replace("[", r"\[").replace("(", r"\(").replace(")", r"\)")):
        game_field(game, tremble)
