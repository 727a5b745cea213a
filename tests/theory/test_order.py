"""Basin inclusion by order: its conditions by hand, its proof's inequality in exact runs, and what it must refuse."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol, diff, exp, oo, sqrt

from theory import strategies
from theory.alignment import align
from theory.claims import c05_basin_entry as c05
from theory.claims.model import Verdict
from theory.decomposition import decompose, rule_terms
from theory.errors import BadInput
from theory.exact import is_zero
from theory.games import (
    Game,
    chicken,
    ipd,
    matching_pennies,
    normal_form,
    prisoners_dilemma,
    public_goods,
    stag_hunt,
    stag_hunt_3,
)
from theory.order import OrderInclusion, corner_values, largest_bend, order_inclusion
from theory.order_conflicts import conflicts, slopes_program
from theory.policies import COORDINATES, parameters
from theory.symbols import P, R, S, T, alpha

# ---------------------------------------------------------------------------------------------------- conditions


@pytest.mark.parametrize("policy", COORDINATES)
def test_conditions_by_hand(policy: str) -> None:
    """Stag Hunt: K = R − S − T + P > 0 in the class, so T ≥ P alone. The dilemma toward C: K ≥ 0 and the same again."""
    assert order_inclusion(stag_hunt(), policy).conditions == (T - P,)
    three = order_inclusion(stag_hunt_3(), policy)
    assert three.conditions == () and three.holds
    toward_c = order_inclusion(prisoners_dilemma().with_target(("C", "C")), policy)
    assert toward_c.conditions == (R - S - T + P,) and toward_c.possible and not toward_c.holds


def test_what_has_no_common_order() -> None:
    """Chicken: toward (Straight, Swerve) v is cooperative, but the peer is pushed off; pennies have cycles."""
    assert order_inclusion(chicken()).cooperative and not order_inclusion(chicken()).possible
    assert not order_inclusion(matching_pennies(), target=("Heads", "Heads")).cooperative


@pytest.mark.parametrize("policy", COORDINATES)
def test_the_condition_at_payoffs(policy: str) -> None:
    assert order_inclusion(stag_hunt(R=4, S=0, T=2, P=2), policy).holds  # T = P is enough
    assert not order_inclusion(stag_hunt(R=4, S=0, T=2, P=3), policy).holds


def test_step_bound_by_hand() -> None:
    """Stag Hunt 4,0,3,2: gap 3p − 2 is at most 2 in size, and max p(1 − p)(1 − 2p) = √3/18 at p = 1/2 − √3/6."""
    assert is_zero(largest_bend() - sqrt(3) / 18)
    assert is_zero(order_inclusion(stag_hunt(), "logit").largest_step - 3 * sqrt(3))
    assert order_inclusion(stag_hunt(), "direct").largest_step == oo
    none = normal_form("flat", (("a", "b"),) * 2, {k: (0, 0) for k in product((0, 1), repeat=2)}, target=("a", "a"))
    assert order_inclusion(none, "logit").largest_step == oo


def test_the_step_bound_is_sharp() -> None:
    """At 1 % more, 1 + η ∂v/∂x is negative at the bend's extreme and the steepest corner; at the bound it is 0."""
    order = order_inclusion(stag_hunt(), "logit")
    extreme = Rational(1, 2) + sqrt(3) / 6
    bend = (extreme * (1 - extreme) * (1 - 2 * extreme)).expand()
    slope = bend * 2  # gap at q = 0 is −2, and w is odd: the same at the mirrored point with gap 1 < 2
    assert is_zero(1 + order.largest_step * slope)
    assert (1 + Rational(101, 100) * order.largest_step * slope).is_negative


def test_only_games_of_two_actions_in_one_shot() -> None:
    with pytest.raises(BadInput, match="not a one-shot game in which every player has two actions"):
        order_inclusion(ipd())
    with pytest.raises(BadInput, match="has no target"):
        order_inclusion(matching_pennies())


def test_printed() -> None:
    shown = str(order_inclusion(stag_hunt(), "logit"))
    assert "no start is ever lost, if (at present this holds)" in shown and "η ≤ 3·sqrt(3)" in shown
    assert "steps η of every size" in str(order_inclusion(stag_hunt_3()))
    assert "fail" in str(order_inclusion(chicken()))
    data = order_inclusion(stag_hunt()).to_json()
    assert data["no_start_lost"]["conditions_nonnegative"] == ["-P + T"]


# ------------------------------------------------------------------------------------------------ any number of players


def independent_sign(game: Game) -> tuple[bool, bool]:
    """(v cooperative, C ≥ 0) toward all-first on a grid, from the payoff tables: multilinear values and differences."""
    players = range(game.players)
    axes = [Symbol(f"x{i}") for i in players]

    def value(i: int) -> Expr:
        total: Expr = Integer(0)
        for action, row in zip(game.joint_actions, game.reward[0], strict=True):
            chance: Expr = Integer(1)
            for axis, a in zip(axes, action, strict=True):
                chance *= 1 - axis if a else axis
            total += chance * row[i]
        return total

    values = [value(i) for i in players]
    grid = [Rational(k, 3) for k in range(4)]
    cross = [diff(values[k], axes[k], axes[j]) for k, j in permutations(players, 2)]
    push = [
        sum((diff(values[j], axes[j], axes[i]) * diff(values[i], axes[j]) for j in players if j != i), Integer(0))
        for i in players
    ]
    points = [dict(zip(axes, point, strict=True)) for point in product(grid, repeat=game.players)]
    return tuple(all(form.subs(at) >= 0 for form in forms for at in points) for forms in (cross, push))  # type: ignore[return-value]


@settings(max_examples=40)
@given(strategies.one_shot_games(actions=(2, 2)))
def test_two_players_against_the_tables(game: Game) -> None:
    order = order_inclusion(game.with_target([names[0] for names in game.actions]))
    assert (order.cooperative, order.alignment.holds) == independent_sign(game)


@pytest.mark.thorough
@settings(max_examples=25)
@given(st.data())
def test_complements_with_positive_spillovers_have_it(data: st.DataObject) -> None:
    """Three players, Vⁱ a polynomial in which every mixed difference and every effect of a peer is ≥ 0."""
    players = range(3)
    weight = st.integers(0, 3)
    spill = {(i, j): data.draw(weight) for i, j in permutations(players, 2)}
    pairs = {(i, j): data.draw(weight) for i, j in permutations(players, 2)}
    triple = [data.draw(weight) for _ in players]
    bias = [data.draw(st.integers(-4, 2)) for _ in players]

    def paid(action: tuple[int, ...], i: int) -> Rational:
        up = [1 - a for a in action]
        peers = [j for j in players if j != i]
        own = bias[i] + sum(pairs[i, j] * up[j] for j in peers) + triple[i] * up[peers[0]] * up[peers[1]]
        return Integer(up[i] * own + sum(spill[i, j] * up[j] for j in peers))

    cells = {action: tuple(paid(action, i) for i in players) for action in product((0, 1), repeat=3)}
    game = normal_form("complements", (("a", "b"),) * 3, cells, target=("a",) * 3)
    order = order_inclusion(game)
    assert order.holds and independent_sign(game) == (True, True)


def test_supermodular_alone_is_not_enough() -> None:
    """Two players, V¹ = pq − 2q and its mirror: complements, but a peer that plays its first action does harm."""
    cells = {
        (a, b): ((1 - a) * (1 - b) - 2 * (1 - b), (1 - a) * (1 - b) - 2 * (1 - a)) for a, b in product((0, 1), repeat=2)
    }
    harmful = order_inclusion(normal_form("harmful", (("a", "b"),) * 2, cells, target=("a", "a")))
    assert harmful.cooperative and not harmful.holds and not harmful.possible


def field(game: Game) -> tuple[list[Expr], list[Expr], list[Symbol]]:
    terms = decompose(game.instance(), form="expanded")
    push = [(row[0] / alpha).expand() for row in terms.peer_learning]
    return [row[0] for row in terms.policy_gradient], push, [row[0] for row in parameters(game, "direct")]


def run(game: Game, start: tuple[Rational, ...], sizes: list[tuple[Rational, Rational]]) -> list[list[Rational]]:
    """Clipped Euler steps of (η, λ) in exact rationals."""
    slopes, push, axes = field(game)
    x, path = list(start), []
    for eta, size in sizes:
        at = dict(zip(axes, x, strict=True))
        moved = [a + eta * (v + size * c).subs(at) for a, v, c in zip(x, slopes, push, strict=True)]
        x = [min(max(entry, Integer(0)), Integer(1)) for entry in moved]
        path.append(x)
    return path


@settings(max_examples=15)
@given(st.data())
def test_a_corrected_run_stays_above_the_plain_one(data: st.DataObject) -> None:
    """Steps and λ change from step to step; the order holds at every one."""
    t = data.draw(st.integers(2, 3))
    game = data.draw(st.sampled_from([stag_hunt(R=4, S=0, T=t, P=2), stag_hunt_3()]))
    assert order_inclusion(game).holds
    start = tuple(data.draw(strategies.rationals(0, 1, 6)) for _ in range(game.players))
    sizes = [(data.draw(strategies.rationals(0, 1, 4)), data.draw(strategies.rationals(0, 2, 4))) for _ in range(3)]
    plain = run(game, start, [(eta, Rational(0)) for eta, _ in sizes])
    for y, x in zip(plain, run(game, start, sizes), strict=True):
        assert all(low <= high for low, high in zip(y, x, strict=True))


def test_a_run_falls_below_where_the_condition_fails() -> None:
    game = c05.loser()
    sizes = [(Rational(1, 10), Rational(1, 10))] * 3
    plain = run(game, (Rational(1, 7),) * 2, [(eta, Rational(0)) for eta, _ in sizes])
    assert run(game, (Rational(1, 7),) * 2, sizes)[0][0] < plain[0][0]


def test_logit_slopes_have_the_signs_of_the_direct_ones() -> None:
    """∂v_1/∂x_2 = p(1 − p) q(1 − q) ∂gap/∂q in log-odds, from the logit program at a rational point."""
    game = stag_hunt().instance()
    p, q = Rational(1, 3), Rational(3, 5)
    x, y = (row[0] for row in parameters(game, "logit"))
    slope = decompose(game, "logit", form="expanded").program.substituted()["current_1"][0]
    odds = {exp(x): p / (1 - p), exp(y): q / (1 - q), exp(-x): (1 - p) / p, exp(-y): (1 - q) / q}
    found = diff(slope, y).subs(odds)
    assert is_zero(found - p * (1 - p) * q * (1 - q) * 3)


# ------------------------------------------------------------------------------------------------------- claim C5


def test_smallest_losers_by_hand() -> None:
    """T < S < P and R > S − 2T + 2P: with T = 0, S = 1, P = 2 that is R > 5, and more in any other case."""
    assert c05.smallest_losers() == ((6, 1, 0, 2),)


def test_mean_alignment_against_a_sum() -> None:
    """The integral against the midpoint rule with Richardson's correction, exact for the cubic inner product."""
    game = c05.loser()
    inner = game.value_of(align(game).inner_product)
    axes = [row[0] for row in parameters(game, "direct")]

    def midpoint(n: int) -> Rational:
        ticks = [Rational(2 * k + 1, 2 * n) for k in range(n)]
        return sum(inner.subs(dict(zip(axes, at, strict=True))) for at in product(ticks, repeat=2)) / n**2

    assert (4 * midpoint(4) - midpoint(2)) / 3 == c05.mean_alignment().subs(dict(game.parameters))


@pytest.mark.thorough
def test_verdicts() -> None:
    found = {claim.id: claim.check().verdict for claim in c05.CLAIMS if claim.check is not None}
    assert found == {
        "C5.local": Verdict.REFUTED,
        "C5.mean": Verdict.REFUTED,
        "C5.order": Verdict.PROVED,
        "C5.order-ipd": Verdict.REFUTED,
        "C5.complements": Verdict.PROVED,
        "C5.global": Verdict.PROVED,
        "C5.flux-direct": Verdict.PROVED,
    }


def test_the_checks_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = {claim.id: claim.check for claim in c05.CLAIMS if claim.check is not None}
    monkeypatch.setattr(c05, "loser", lambda: stag_hunt())
    assert checks["C5.local"]().verdict is Verdict.UNDECIDED
    assert checks["C5.mean"]().verdict is Verdict.UNDECIDED
    monkeypatch.undo()
    monkeypatch.setattr(OrderInclusion, "conditions", ())
    assert checks["C5.order"]().verdict is Verdict.UNDECIDED


def test_cross_slopes_against_differentiation() -> None:
    """Dv of the IPD from Hessian products, against v differentiated step by step at a rational policy."""
    game = ipd()
    program = rule_terms(game, "direct", "pg")
    axes = [symbol for row in parameters(game, "direct") for symbol in row]
    point = c05.random_policies(game)[0]
    table = slopes_program(game).at({**dict(game.parameters), **point})
    moved, step = axes[6], Rational(1, 10**12)
    ends = [
        program.at({**dict(game.parameters), **point, alpha: Integer(1), moved: point[moved] + sign * step})
        for sign in (1, -1)
    ]
    rows = [[entry for i in (1, 2) for entry in end[f"gradient_{i}"]] for end in ends]
    for k, axis in enumerate(axes):
        difference = (rows[0][k] - rows[1][k]) / (2 * step)
        assert abs(difference - table[axis.name][6]) < Rational(1, 10**15)


def test_a_game_without_conflict_has_none() -> None:
    assert conflicts(stag_hunt_3(), c05.random_policies(stag_hunt_3())) == []
    assert conflicts(ipd(), c05.random_policies(ipd())[:1]) == []  # one policy shows one sign


def test_corner_values() -> None:
    game = public_goods()
    slopes = [row[0] for row in decompose(game, form="expanded").policy_gradient]
    assert set(corner_values(game, slopes[0])) == {Rational(-1, 3)}  # keeping pays 1 − m/3 more
