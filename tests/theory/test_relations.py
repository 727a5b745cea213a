"""theory.relations: coefficients worked on paper, planted rules, and consistency on a polynomial game."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest
from sympy import Expr, Integer, Rational, diff, symbols

from theory.decomposition import update_program
from theory.exact import Undecided
from theory.expansion import share, start_of
from theory.games.differentiable import DifferentiableGame
from theory.jets import SmoothPoint, freed
from theory.relations import CANONICAL, at_rest, consistency_residual, keeps_zeros, monomials, relation
from theory.symbols import alpha, own_coefficient, peer_coefficient, step_size
from theory.updates import FORMS, REGISTRY
from theory.updates.model import Form, Rule, Term, Unroll
from theory.updates.terms import GRADIENT, LOOK_AHEAD
from theory.values import Vector

half, own, peer = Rational(1, 2), own_coefficient, peer_coefficient

# On paper. At φ_L every g_i has gained Lα(Dv·v)_i = Lα(curve + look) to first order; at φ₀ nothing. The own-learning
# correction is Lα·curve and the peer-learning correction Lα·shape, up to α².
AT_START = {
    "pg": (0, 0, 0, 0),
    "lookahead": (0, 1, 0, 0),
    "lola-shaping": (0, 0, 1, 0),
    "lola": (0, 1, 1, 0),
    "lola-exact": (0, 1, 1, 0),
    "sos": (0, 1, share, 0),
    "consensus": (-1, 0, 0, -1),
    "sga": (0, half, 0, -half),
    "cgd": (0, 1, 0, 0),
}
UNROLLED = {
    **AT_START,
    "current": (1, 1, 0, 0),
    "own": (1 + own, 1, 0, 0),
    "peer": (1, 1, peer, 0),
    "meta": (1 + own, 1, peer, 0),
}
EXPANDED = {
    **AT_START,
    "current": (0, 0, 0, 0),
    "own": (own, 0, 0, 0),
    "peer": (0, 0, peer, 0),
    "meta": (own, 0, peer, 0),
}
PAPER: dict[Form, dict[str, tuple[object, ...]]] = {"unrolled": UNROLLED, "expanded": EXPANDED}
STILL_AT_ZEROS = {"pg", "current", "own", "lookahead", "sos", "consensus", "sga", "cgd"}

# ------------------------------------------------------------------------------------------------- coefficients


def test_every_rule_is_worked_on_paper() -> None:
    assert set(UNROLLED) == set(EXPANDED) == set(REGISTRY)


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", REGISTRY)
def test_coefficients(rule: str, form: Form, length: int) -> None:
    assert relation(rule, form, length).coefficients == PAPER[form][rule]


@pytest.mark.parametrize("rule", ["own", "peer", "meta"])
def test_both_splits_agree_at_first_order(rule: str) -> None:
    assert relation(rule, "unrolled", 2, "path").coefficients == UNROLLED[rule]


@pytest.mark.parametrize(
    ("rule", "form", "expected"),
    [
        ("meta", "unrolled", (1, own, peer, 0)),
        ("meta", "expanded", (0, own, peer, 0)),
        ("current", "unrolled", (1, 0, 0, 0)),
        ("lookahead", "unrolled", (1, -1, 0, 0)),
        ("lola", "unrolled", (1, -1, 1, 0)),
        ("lola-shaping", "unrolled", (0, 0, 1, 0)),
        ("consensus", "unrolled", (0, -1, 0, -1)),
        ("sga", "unrolled", (half, -half, 0, -half)),
    ],
)
def test_audit(rule: str, form: Form, expected: tuple[object, ...]) -> None:
    audit = relation(rule, form).audit
    assert tuple(audit) == ("Dv_v", "own", "peer", "pull")
    assert tuple(audit.values()) == expected


# ------------------------------------------------------------------------------------------------- planted rules

Part = Callable[[Unroll, int], Vector]


def planted(monkeypatch: pytest.MonkeyPatch, name: str, part: Part, start: Term = GRADIENT) -> str:
    """Register policy gradient plus one more term. The name must be new: relations are remembered by name."""
    extra = Term("extra", part, LOOK_AHEAD.describe)
    monkeypatch.setitem(REGISTRY, name, Rule(name, "planted", "", (start, extra)))
    return name


def test_a_wrong_sign_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    name = planted(monkeypatch, "minus look", lambda unroll, i: tuple(-entry for entry in unroll.look_ahead[i]))
    assert relation(name).coefficients == (0, -1, 0, 0) != AT_START["lookahead"]


def _product_of_three(unroll: Unroll, i: int) -> Vector:
    return tuple(a + a * g for a, g in zip(unroll.look_ahead[i], unroll.gradient(i), strict=True))


def _from_the_next_player_only(unroll: Unroll, i: int) -> Vector:
    j = (i + 1) % len(unroll.players)
    entries = unroll.here.hessian_product(i, i, j, unroll.gradient(j))
    return tuple(unroll.step_sizes[j] * entry for entry in entries)


def _first_parameter_only(unroll: Unroll, i: int) -> Vector:
    first, *rest = unroll.look_ahead[i]
    return (first, *(Integer(0) for _ in rest))


def _gradient_again(unroll: Unroll, i: int) -> Vector:
    return unroll.gradient(i)


@pytest.mark.parametrize(
    "part", [_product_of_three, _from_the_next_player_only, _first_parameter_only, _gradient_again]
)
def test_what_is_no_combination_is_refused(monkeypatch: pytest.MonkeyPatch, part: Part) -> None:
    name = planted(monkeypatch, part.__name__, part)
    with pytest.raises(Undecided):
        relation(name)


# ------------------------------------------------------------------------------------------------- zeros of v


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", REGISTRY)
def test_zeros_kept(rule: str, form: Form, length: int) -> None:
    assert keeps_zeros(rule, form, length) == (rule in STILL_AT_ZEROS)


def test_lola_at_a_zero_is_the_shaping_term() -> None:
    point = SmoothPoint(start_of((1, 1)))
    assert at_rest("lola", (1, 1), 0) == (alpha * point.jet(1, 0, 1) * point.jet(0, 1),)


# ------------------------------------------------------------------------------------------------- consistency

# f_i = α∇_i[Vⁱ(φⁱ, φʲ + f_j)] asks for α g_i + α²(look + shape), so the residual is the coefficients less (0, 1, 1, 0).
PURSUED = (0, 1, 1, 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", REGISTRY)
def test_consistency_residual_on_paper(rule: str, form: Form) -> None:
    expected = tuple(a - b for a, b in zip(PAPER[form][rule], PURSUED, strict=True))
    assert consistency_residual(rule, form) == expected


def test_who_is_consistent() -> None:
    assert {rule for rule in REGISTRY if not any(consistency_residual(rule))} == {"lola", "lola-exact"}


x, y = symbols("x y", real=True)
GAME = DifferentiableGame(
    "cubic",
    ((x,), (y,)),
    (
        2 * x - x**2 + 3 * x * y + x**2 * y - x * y**2 / 2 + y**2 - y,
        x - y + 2 * x * y - y**2 * x + x**2 * y / 3 + y**3 - x**2,
    ),
)
HERE = {x: Rational(2, 3), y: Rational(-3, 5)}


@lru_cache
def update_series(rule: str, form: Form) -> tuple[Expr, Expr, Expr]:
    """Player 1's update at orders 1 and α at a point, and player 2's at order 1 as an expression, in the cubic game."""
    numbers = {own: Integer(2), peer: Integer(3)}
    common = {step_size(0): alpha, step_size(1): alpha}
    program = update_program(GAME, "direct", rule, form).replaced(common, (x, y, alpha, own, peer))
    (zeroth, first), _ = program.taylor({**HERE, **numbers}, alpha, 1)["update"]
    start = program.replaced({alpha: Integer(0), **numbers}, (x, y)).substituted()
    return zeroth, first, start["update"][1]


def measured(rule: str, form: Form = "unrolled", player: int = 0) -> Expr:
    """α² coefficient of f_1 − α d/dx V¹(x, y + f_2(x, y)) in the cubic game; with player 1, of the wrong value."""
    zeroth, first, others = update_series(rule, form)
    value = GAME.values[player]
    assert zeroth == diff(GAME.values[0], x).xreplace(HERE)  # nothing is left at order α
    # V(x, y + α f) = V + α f ∂V/∂y up to α²
    return first - diff(diff(value, y) * others, x).xreplace(HERE)


def canonical() -> tuple[Expr, ...]:
    """curve, look, shape, pull of player 1 in the cubic game."""
    one, two = GAME.values
    parts = (
        diff(one, x, x) * diff(one, x),
        diff(one, x, y) * diff(two, y),
        diff(two, x, y) * diff(one, y),
        diff(two, x, y) * diff(two, y),
    )
    return tuple(part.xreplace(HERE) for part in parts)


def predicted(rule: str, form: Form = "unrolled") -> Expr:
    coefficients = (entry.xreplace({own: Integer(2), peer: Integer(3)}) for entry in consistency_residual(rule, form))
    return sum((a * b for a, b in zip(coefficients, canonical(), strict=True)), Integer(0))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", [rule for rule in REGISTRY if rule != "sos"])  # its share depends on the point
def test_consistency_on_a_polynomial_game(rule: str, form: Form) -> None:
    assert measured(rule, form) == predicted(rule, form)


def test_the_comparison_tells_rules_and_players_apart() -> None:
    assert all(part != 0 for part in canonical()) and len(set(canonical())) == len(CANONICAL)
    assert measured("lola") == 0 != measured("lola-shaping")
    assert measured("lookahead") != predicted("lola-shaping")
    assert measured("lola", player=1) != predicted("lola")


# ------------------------------------------------------------------------------------------------- helpers


def test_monomials() -> None:
    point = SmoothPoint(((x,), (y,)))
    a, b = point.jet(0, 0), point.jet(1, 0, 1)
    assert monomials((a + 2 * b) * (a - own * b)) == {a**2: 1, a * b: 2 - own, b**2: -2 * own}
    assert monomials((a + b) ** 2 - a**2 - 2 * a * b - b**2) == {}


def test_freed_makes_independent_symbols() -> None:
    point = SmoothPoint(((x,), (y,)))
    expression = freed(point.jet(0, 0) * point.jet(0, 0, 1) - point.jet(0, 1, 0) ** 2)
    assert len(expression.free_symbols) == 2 and not expression.free_symbols & {x, y}
    assert freed(point.jet(0, 0, 1) - point.jet(0, 1, 0)) == 0  # mixed derivatives commute


def test_freed_refuses_jets_at_different_points() -> None:
    here, there = SmoothPoint(((x,), (y,))), SmoothPoint(((x + 1,), (y,)))
    with pytest.raises(ValueError, match="different points"):
        freed(here.jet(0, 0) + there.jet(0, 0))
