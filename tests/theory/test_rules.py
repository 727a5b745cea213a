"""Learning rules against their published definitions, written with plain differentiation of the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Matrix, Rational, Symbol, diff, expand, eye, symbols

from numerics.compile import compiled_update
from theory import strategies
from theory.decomposition import update_program
from theory.games import ipd, stag_hunt
from theory.games.differentiable import DifferentiableGame
from theory.games.model import Game
from theory.games.tandem import tandem
from theory.policies import Coordinates, parameters
from theory.program import Builder, Program
from theory.symbols import own_coefficient, peer_coefficient, step_size
from theory.values import point_of

Point = dict[Symbol, Rational]
Sizes = tuple[Rational, ...]
Update = tuple[Rational, ...]

# ------------------------------------------------------------------------------------------------- definitions


class Definitions:
    """Published rules at one point of a polynomial game; each returns the joint update, flat."""

    def __init__(self, game: DifferentiableGame, point: Point, sizes: Sizes) -> None:
        self.values, self.rows, self.point, self.sizes = game.values, game.variables, point, sizes
        self.players = range(game.players)
        self.flat = [(i, s) for i, row in enumerate(self.rows) for s in row]
        self.slopes = [diff(self.values[i], s) for i, s in self.flat]
        self.v = Matrix([slope.xreplace(point) for slope in self.slopes])
        self.own_size = Matrix.diag(*(sizes[i] for i, _ in self.flat))

    def ascent(self, objective: Callable[[int], Expr]) -> Update:
        """Every player's gradient of an objective of its own."""
        return tuple(diff(objective(i), s).xreplace(self.point) for i, s in self.flat)

    def _gain(self, i: int, frozen: Callable[[Expr, Expr], Expr]) -> Expr:
        """Vⁱ + Σ_j α_j⟨∇_jVⁱ, ∇_jVʲ⟩, with what stands still made numbers by ``frozen``."""
        total = self.values[i]
        for j in self.players:
            if j != i:
                total += sum(
                    self.sizes[j] * frozen(diff(self.values[i], b), diff(self.values[j], b)) for b in self.rows[j]
                )
        return total

    def pg(self) -> Update:
        return self.ascent(lambda i: self.values[i])

    def lookahead(self) -> Update:
        return self.ascent(lambda i: self._gain(i, lambda mine, theirs: mine * theirs.xreplace(self.point)))

    def shaping(self) -> Update:
        return self.ascent(lambda i: self._gain(i, lambda mine, theirs: mine.xreplace(self.point) * theirs))

    def lola(self) -> Update:
        return self.ascent(lambda i: self._gain(i, lambda mine, theirs: mine * theirs))

    def consensus(self) -> Update:
        energy = sum(self.sizes[i] * slope**2 for (i, _), slope in zip(self.flat, self.slopes, strict=True)) / 2
        return self.ascent(lambda i: self.values[i] - energy)

    def jacobian(self) -> Matrix:
        """Dv at the point."""
        return Matrix([[diff(slope, s).xreplace(self.point) for _, s in self.flat] for slope in self.slopes])

    def off_diagonal(self) -> Matrix:
        whole = self.jacobian()
        return Matrix(
            len(self.flat), len(self.flat), lambda a, b: whole[a, b] if self.flat[a][0] != self.flat[b][0] else 0
        )

    def sga(self) -> Update:
        """Losses: ξ + Aᵀ(αξ) with A = ½(H − Hᵀ), followed downhill."""
        xi, hessian = -self.v, -self.jacobian()
        return tuple(-(xi + ((hessian - hessian.T) / 2).T * self.own_size * xi))

    def cgd(self) -> Update:
        """Moves δ of the bilinear games with penalty ½|δ|²/α, by matrix inverse; the direction is δ/α."""
        moves = (self.own_size.inv() - self.off_diagonal()).inv() * self.v
        return tuple(self.own_size.inv() * moves)

    def sos(self) -> tuple[Update, tuple[bool, bool]]:
        """The paper's pseudo-code on losses; also which cases of p₁ and p₂ it took (limited, near a fixed point)."""
        a, b = Rational(1, 2), Rational(1, 10)
        losses = [-value for value in self.values]
        xi, cross = -self.v, -self.off_diagonal()
        ahead = (eye(len(self.flat)) - cross * self.own_size) * xi
        # −χ with the step sizes: −α_j ∇_i(∇_jLʲ)·∇_jLⁱ is minus the shaping direction of a descent.
        chi = Matrix(
            [
                sum(
                    self.sizes[j] * (diff(losses[j], c, s) * diff(losses[i], c)).xreplace(self.point)
                    for j in self.players
                    if j != i
                    for c in self.rows[j]
                )
                for i, s in self.flat
            ]
        )
        along = (-chi).dot(ahead)
        limited = along < 0 and -a * ahead.dot(ahead) / along < 1
        p1 = min(Integer(1), -a * ahead.dot(ahead) / along) if along < 0 else Integer(1)
        near = xi.dot(xi) < b**2
        p2 = xi.dot(xi) if near else Integer(1)
        return tuple(-(ahead - min(p1, p2) * chi)), (bool(limited), bool(near))

    # ------------------------------------------------------------------------------- rules with an inner loop

    def walk(self, free: Symbol, length: int, still: int | None) -> dict[Symbol, Expr]:
        """L naive steps as polynomials in one parameter, all others numbers; one player or none stands still."""
        here: dict[Symbol, Expr] = {s: s if s == free else self.point[s] for _, s in self.flat}
        for _ in range(length):
            here = {
                s: here[s] if i == still else expand(here[s] + self.sizes[i] * slope.xreplace(here))
                for (i, s), slope in zip(self.flat, self.slopes, strict=True)
            }
        return here

    def through(self, length: int, stands_still: bool) -> Update:
        """Derivative of Vⁱ after the steps: of all players (meta), or of the others alone (lola-exact)."""
        return tuple(
            diff(expand(self.values[i].xreplace(self.walk(s, length, i if stands_still else None))), s).xreplace(
                self.point
            )
            for i, s in self.flat
        )

    def after(self, length: int, own: bool, peer: bool) -> Update:
        """g_i(φ_L), with the derivatives through φⁱ_L (less the identity) and through the others' φ_L added or not."""
        result = []
        for i, s in self.flat:
            path = self.walk(s, length, None)
            end = {b: entry.xreplace(self.point) for b, entry in path.items()}
            total = diff(self.values[i], s).xreplace(end)
            for j, b in self.flat:
                moved = diff(path[b], s).xreplace(self.point) - int(b == s)
                total += int(own if j == i else peer) * moved * diff(self.values[i], b).xreplace(end)
            result.append(total)
        return tuple(result)


def defined(rule: str, at: Definitions, length: int) -> Update:
    """A rule by its definition; rules at φ₀ take the step size Lα."""
    scaled = Definitions.__new__(Definitions)
    scaled.__dict__.update(at.__dict__)
    scaled.sizes, scaled.own_size = tuple(length * a for a in at.sizes), length * at.own_size
    by_name: dict[str, Callable[[], Update]] = {
        "pg": at.pg,
        "lookahead": scaled.lookahead,
        "lola-shaping": scaled.shaping,
        "lola": scaled.lola,
        "lola-exact": lambda: at.through(length, True),
        "sos": lambda: scaled.sos()[0],
        "consensus": scaled.consensus,
        "sga": scaled.sga,
        "cgd": scaled.cgd,
        "meta": lambda: at.through(length, False),
        "current": lambda: at.after(length, False, False),
        "own": lambda: at.after(length, True, False),
        "peer": lambda: at.after(length, False, True),
    }
    return by_name[rule]()


RULES = ("pg", "lookahead", "lola-shaping", "lola", "lola-exact", "sos", "consensus", "sga", "cgd")
RULES += ("meta", "current", "own", "peer")


@lru_cache
def program_of(game: DifferentiableGame, rule: str, length: int) -> Program:
    return update_program(game, "direct", rule, "unrolled", length)


def coded(game: DifferentiableGame, rule: str, length: int, point: Point, sizes: Sizes) -> Update:
    """A rule as it is coded, with both coefficients 1."""
    steps = {step_size(i): a for i, a in enumerate(sizes)}
    ones = {own_coefficient: Integer(1), peer_coefficient: Integer(1)}
    return program_of(game, rule, length).at({**point, **steps, **ones})["update"]


# ------------------------------------------------------------------------------------------------- polynomial games

x, y, z, w = symbols("x y z w", real=True)
PAIR = DifferentiableGame(
    "pair",
    ((x,), (y,)),
    (2 * x - x**2 + 3 * x * y + x**2 * y - x * y**2 / 2 + y**2 - y, x - y + 2 * x * y - x * y**2 + x**2 * y / 3 - x**2),
)
WIDE = DifferentiableGame(
    "two parameters",
    ((x, z), (y,)),
    (x * y + z * y**2 - x**2 * z + z - 2 * y, x * y * z - y**2 * x + 2 * y * z + x - z**2 * y),
)
TRIO = DifferentiableGame(
    "three players",
    ((x,), (y, w), (z,)),
    (
        x * y * z - x**2 + w * x + z**2 - y,
        x * w - y**2 * z + 2 * y * x - w * z + x**2,
        z * x * y - w * z**2 + y + 3 * w,
    ),
)
GAMES = {"pair": PAIR, "wide": WIDE, "trio": TRIO}


def step_tuple(game: DifferentiableGame) -> st.SearchStrategy[Sizes]:
    return st.tuples(*(strategies.step_sizes(Rational(1, 2)) for _ in range(game.players)))


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize(
    ("rule", "length"), [*((rule, length) for rule in RULES for length in (1, 2)), ("lola-exact", 3), ("meta", 3)]
)
@settings(max_examples=2)
@given(data=st.data())
def test_a_rule_is_its_definition(rule: str, name: str, length: int, data: st.DataObject) -> None:
    game = GAMES[name]
    point, sizes = data.draw(strategies.parameter_points(game)), data.draw(step_tuple(game))
    try:
        found = coded(game, rule, length, point, sizes)
    except ZeroDivisionError:  # a pivot of competitive gradient descent vanishes
        reject()
    assert found == defined(rule, Definitions(game, point, sizes), length)


HERE = {x: Rational(2, 3), y: Rational(-3, 5), z: Rational(1, 7), w: Rational(5, 4)}
STEPS = (Rational(1, 7), Rational(2, 5), Rational(1, 3))


@lru_cache
def generic_updates(name: str) -> dict[str, Update]:
    """Every rule by its definition at one generic point."""
    game = GAMES[name]
    at = Definitions(game, {s: HERE[s] for row in game.variables for s in row}, STEPS[: game.players])
    return {rule: defined(rule, at, 1) for rule in RULES}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "pg"])
@pytest.mark.parametrize("name", GAMES)
def test_the_comparison_can_fail(rule: str, name: str) -> None:
    """Another rule, flipped or exchanged step sizes, other values for the players: all of them show."""
    game = GAMES[name]
    point = {s: HERE[s] for row in game.variables for s in row}
    sizes = STEPS[: game.players]
    found = coded(game, rule, 1, point, sizes)
    assert found == generic_updates(name)[rule]
    exchanged = (sizes[1], sizes[0], *sizes[2:])
    swapped = DifferentiableGame("swapped", game.variables, (game.values[1], game.values[0], *game.values[2:]))
    assert found != defined(rule, Definitions(game, point, tuple(-a for a in sizes)), 1)
    assert found != defined(rule, Definitions(game, point, exchanged), 1)
    assert found != defined(rule, Definitions(swapped, point, sizes), 1)
    same = {"sos", "lola", "lookahead"} if rule in {"sos", "lola", "lookahead"} else {rule}  # SOS has both as its ends
    assert all(found != update for other, update in generic_updates(name).items() if other not in same)


# ------------------------------------------------------------------------------------------------- SOS, tandem

TANDEM = tandem()
TX, TY = (row[0] for row in TANDEM.variables)
TENTHS = (Rational(1, 10), Rational(1, 10))
# u = 1 − x − y; cases (p₁ limits, near a fixed point) as worked on paper from v = 2u, look = −4αu, shape = 4α(1 − u).
CASES = {
    Rational(1, 2): (False, False),
    Rational(1, 100): (False, True),
    Rational(-1, 5): (True, False),
    Rational(-1, 100): (True, True),
}


def on_tandem(u: Rational) -> Point:
    return {TX: Rational(1, 3), TY: Rational(2, 3) - u}


@pytest.mark.parametrize("u", CASES)
def test_sos_in_every_case(u: Rational) -> None:
    expected, cases = Definitions(TANDEM, on_tandem(u), TENTHS).sos()
    assert cases == CASES[u]
    assert coded(TANDEM, "sos", 1, on_tandem(u), TENTHS) == expected


def test_sos_on_paper() -> None:
    # u = ½: v = 1, look = −⅕, shape = ⅕, p = 1. u = −⅕: v = −⅖, look = 2/25, shape = 12/25, v₀ = −8/25,
    # s = −2·96/625, ½‖v₀‖² = 64/625, p = ⅓, so v₀ + p·shape = −4/25.
    assert coded(TANDEM, "sos", 1, on_tandem(Rational(1, 2)), TENTHS) == (1, 1)
    assert coded(TANDEM, "sos", 1, on_tandem(Rational(-1, 5)), TENTHS) == (Rational(-4, 25), Rational(-4, 25))


@pytest.mark.parametrize("rule", RULES)
def test_the_line_of_fixed_points(rule: str) -> None:
    kept = rule not in {"lola", "lola-shaping", "lola-exact", "meta", "peer"}
    assert (coded(TANDEM, rule, 1, on_tandem(Integer(0)), TENTHS) == (0, 0)) == kept


def test_compiled_sos_equals_the_exact_one() -> None:
    points = [*map(on_tandem, CASES), on_tandem(Integer(0))]
    columns = np.array([[float(point[s]) for point in points] for s in (TX, TY)])
    compiled = compiled_update(TANDEM, "direct", "sos", "unrolled", 1)
    found = compiled(parameters=columns, inner_lr=np.full(2, 0.1)[:, None], coefficients=np.ones(2)[:, None])["update"]
    exact = np.array([[float(e) for e in coded(TANDEM, "sos", 1, point, TENTHS)] for point in points]).T
    np.testing.assert_allclose(found, exact, rtol=1e-10, atol=1e-13)


# ------------------------------------------------------------------------------------------------- finite games


@lru_cache
def slopes_program(game: Game, policy: Coordinates) -> Program:
    """g_j of every player, by reverse accumulation through its value."""
    phi = parameters(game, policy)
    build = Builder([*(s for row in phi for s in row), *(s for s, _ in game.parameters)])
    at = point_of(build, game, policy, tuple(map(tuple, phi)))
    return build.program({f"g_{j}": build.gradient(at.value(j), row) for j, row in enumerate(phi)})


def reverse_mode(game: Game, policy: Coordinates, rule: str, length: int, point: Mapping[Symbol, Rational]) -> Update:
    """A rule as the derivative of one objective per player, differentiated in reverse through values."""
    phi = [list(row) for row in parameters(game, policy)]
    flat, fixed = [s for row in phi for s in row], {s: s for s, _ in game.parameters}
    slopes = slopes_program(game, policy)
    frozen = [[Symbol(f"frozen_{j}_{k}") for k in range(len(row))] for j, row in enumerate(phi)]
    numbers = slopes.at({s: point[s] for s in slopes.inputs})
    known = {s: e for j, row in enumerate(frozen) for s, e in zip(row, numbers[f"g_{j}"], strict=True)}
    build = Builder([*flat, *map(step_size, range(game.players)), *known, *fixed])
    result: list[Expr] = []
    for i, row in enumerate(phi):
        others = [j for j in range(game.players) if j != i]
        here: list[list[Expr]] = [list(entries) for entries in phi]
        if rule == "lola-exact":
            for _ in range(length):
                moved = [e for entries in here for e in entries]
                g = build.inline(slopes, {**dict(zip(flat, moved, strict=True)), **fixed})
                for j in others:
                    here[j] = [
                        build.let("psi", e + step_size(j) * s) for e, s in zip(here[j], g[f"g_{j}"], strict=True)
                    ]
        value = point_of(build, game, policy, tuple(map(tuple, here))).value(i)
        if rule != "lola-exact":
            theirs = build.inline(slopes, {**{s: s for s in flat}, **fixed})
            for j in others:
                moves = frozen[j] if rule == "lookahead" else theirs[f"g_{j}"]
                pairs = zip(build.gradient(value, phi[j]), moves, strict=True)
                gain = sum((a * b for a, b in pairs), Integer(0))
                value = build.let("objective", value + length * step_size(j) * gain)
        result += build.gradient(value, row)
    return build.program({"update": result}).at({**point, **known})["update"]


def inputs_of(program: Program, game: Game) -> dict[Symbol, Rational]:
    """A point without any symmetry."""
    primes = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    generic = {s: Rational(primes[(7 * k + 3) % 12], 41) for k, s in enumerate(program.inputs)}
    return {**generic, step_size(0): Rational(1, 31), step_size(1): Rational(2, 23), **dict(game.parameters)}


FINITE = [
    *((stag_hunt(), policy, length) for policy in ("direct", "logit") for length in (1, 2)),
    pytest.param(ipd(), "direct", 1, marks=pytest.mark.thorough),
]


@pytest.mark.parametrize("rule", ["lookahead", "lola", "lola-exact"])
@pytest.mark.parametrize(("game", "policy", "length"), FINITE)
def test_finite_games(game: Game, policy: Coordinates, length: int, rule: str) -> None:
    program = update_program(game, policy, rule, "unrolled", length)
    point = inputs_of(program, game)
    found = program.at(point)["update"]
    definition = {s: e for s, e in point.items() if s not in (own_coefficient, peer_coefficient)}
    assert found == reverse_mode(game, policy, rule, length, definition)
    other = "lola" if rule == "lookahead" else "lookahead"
    assert found != reverse_mode(game, policy, other, length, definition)


def test_lola_exact_with_memory_differs_from_its_expansion() -> None:
    """In the repeated dilemma the values are not bilinear, as they are in one-shot 2×2 games."""
    game = ipd()
    exact, taylor = (update_program(game, "direct", rule) for rule in ("lola-exact", "lola"))
    point = inputs_of(exact, game)
    definition = {s: e for s, e in point.items() if s not in (own_coefficient, peer_coefficient)}
    found = exact.at(point)["update"]
    assert found == reverse_mode(game, "direct", "lola-exact", 1, definition)
    assert found != taylor.at(point)["update"]
