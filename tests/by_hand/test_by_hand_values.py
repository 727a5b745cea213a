"""Numbers worked on paper: values, gradients and correction terms. The working stands next to each number."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sympy import Expr, Integer, Rational, Symbol, expand, log

from theory.decomposition import decompose
from theory.exact import Quotient, QuotientField, is_zero
from theory.games import START, ipd, prisoners_dilemma, stag_hunt
from theory.games.model import Game
from theory.policies import parameters
from theory.program import Builder
from theory.symbols import P, R, S, T, alpha, discount
from theory.values import GamePoint, value_program


def fraction(text: str) -> Rational:
    return Rational(text)


def one_shot_values(game: Game, p: str, q: str) -> tuple[Rational, ...]:
    (first,), (second,) = parameters(game, "direct")
    point = {first: fraction(p), second: fraction(q), **dict(game.parameters)}
    return value_program(game).at(point)["value"]


def terms_at(game: Game, p: str, q: str, step: str, unroll: int = 1) -> dict[str, Rational]:
    (first,), (second,) = parameters(game, "direct")
    point = {first: fraction(p), second: fraction(q), alpha: fraction(step), **dict(game.parameters)}
    return {block: row[0] for block, row in decompose(game, "direct", unroll).program.at(point).items()}


# ------------------------------------------------------------------------------------------ Stag Hunt 4, 0, 3, 2
#
# V¹ = 4pq + 0·p(1−q) + 3(1−p)q + 2(1−p)(1−q) = 3pq − 2p + q + 2, V² the same with p and q swapped.
# D = R − S − T + P = 4 − 0 − 3 + 2 = 3, g₁ = 3q − 2 (zero at q = 2/3), ∂V¹/∂q = 3p + 1.


@pytest.mark.parametrize(
    ("p", "q", "first", "second"),
    [
        ("1", "1", "4", "4"),
        ("1", "0", "0", "3"),
        ("0", "1", "3", "0"),
        ("0", "0", "2", "2"),
        ("1/2", "1/2", "9/4", "9/4"),  # 3/4 − 1 + 1/2 + 2
        ("2/3", "2/3", "8/3", "8/3"),  # 4/3 − 4/3 + 2/3 + 2: the mixed equilibrium
        ("1/2", "1/3", "11/6", "7/3"),  # 1/2 − 1 + 1/3 + 2 and 1/2 − 2/3 + 1/2 + 2
        ("1/4", "4/5", "29/10", "5/4"),  # 3/5 − 1/2 + 4/5 + 2 and 3/5 − 8/5 + 1/4 + 2
    ],
)
def test_stag_hunt_values(p: str, q: str, first: str, second: str) -> None:
    assert one_shot_values(stag_hunt(), p, q) == (fraction(first), fraction(second))


def test_stag_hunt_one_step() -> None:
    """p = 1/2, q = 1/3, α = 1/10."""
    # g = (3/3 − 2, 3/2 − 2) = (−1, −1/2), so φ₁ = (1/2 − 1/10, 1/3 − 1/20) = (2/5, 17/60).
    terms = terms_at(stag_hunt(), "1/2", "1/3", "1/10")
    assert terms["current_1"] == fraction("-23/20")  # 3·17/60 − 2
    assert terms["current_2"] == fraction("-4/5")  # 3·2/5 − 2
    assert terms["own_1"] == terms["own_2"] == 0
    assert terms["peer_1"] == fraction("33/50")  # 1/10 · 3 · (3·2/5 + 1)
    assert terms["peer_2"] == fraction("111/200")  # 1/10 · 3 · (3·17/60 + 1)


def test_stag_hunt_one_step_in_expanded_form() -> None:
    """peer₁ = αD[(T − P) + Dp] with everything at φ₀: at p = 1/2, 0 and 1: 3/10·(1 + 3/2), 3/10, 3/10·4."""
    game = stag_hunt()
    (first,), (second,) = parameters(game, "direct")
    program = decompose(game, "direct", 1, "expanded").program
    for p, expected in (("1/2", "3/4"), ("0", "3/10"), ("1", "6/5"), ("1/3", "3/5")):
        point = {first: fraction(p), second: fraction("1/7"), alpha: fraction("1/10"), **dict(game.parameters)}
        assert program.at(point)["peer_1"] == (fraction(expected),)


def test_stag_hunt_two_steps() -> None:
    """p = q = 1/2, α = 1/10, L = 2."""
    # g(φ₀) = −1/2, φ₁ = 9/20, g(φ₁) = −13/20, φ₂ = 9/20 − 13/200 = 77/200, g(φ₂) = 231/200 − 2 = −169/200.
    # J = [[1, 3/10], [3/10, 1]], J² = [[109/100, 6/10], [6/10, 109/100]].
    terms = terms_at(stag_hunt(), "1/2", "1/2", "1/10", unroll=2)
    assert terms["current_1"] == fraction("-169/200")
    assert terms["own_1"] == fraction("-1521/20000")  # 9/100 · −169/200
    assert terms["peer_1"] == fraction("1293/1000")  # 6/10 · (3·77/200 + 1)


def test_stag_hunt_peer_term_in_general() -> None:
    """peer₁ = αD[(T − P) + Dp₁] with p₁ = p + α((R − T)q + (S − P)(1 − q)), for every R, S, T, P."""
    parts = decompose(stag_hunt())
    (p,), (q,) = parameters(stag_hunt(), "direct")
    d = R - S - T + P
    p_1 = p + alpha * ((R - T) * q + (S - P) * (1 - q))
    assert is_zero(parts.peer_learning[0][0] - alpha * d * ((T - P) + d * p_1))
    assert is_zero(parts.own_learning[0][0])
    assert is_zero(parts.policy_gradient[0][0] - (S - P) - d * (q + alpha * ((R - T) * p + (S - P) * (1 - p))))
    at_phi0 = decompose(stag_hunt(), form="expanded")
    assert is_zero(at_phi0.peer_learning[0][0] - alpha * d * ((T - P) + d * p))


@pytest.mark.parametrize(
    ("x", "y", "current", "own", "peer"),
    [
        # p = q = 1/2: p' = 1/4, p'' = 0. g = 1/4·(3/2 − 2); peer = p' q'² D(1 + 3p) = 1/4·1/16·3·5/2.
        (Integer(0), Integer(0), "-1/8", "0", "15/128"),
        # p = 2/3, q = 1/2: p' = 2/9, p'' = p'(1 − 2p) = −2/27, q' = 1/4. g = 2/9·(−1/2) = −1/9,
        # own = p''(3q − 2) g = (−2/27)(−1/2)(−1/9), peer = 2/9·1/16·3·3.
        (log(2), Integer(0), "-1/9", "-1/243", "1/8"),
        # p = 1/2, q = 2/3: g = 1/4·0 = 0, own = 0, peer = 1/4·(2/9)²·3·5/2 = 1/4·4/81·15/2.
        (Integer(0), log(2), "0", "0", "5/54"),
    ],
)
def test_stag_hunt_in_logit_coordinates(x: Expr, y: Expr, current: str, own: str, peer: str) -> None:
    """The expanded form divided by α, player 1."""
    game = stag_hunt()
    (first,), (second,) = parameters(game, "logit")
    blocks = decompose(game, "logit", 1, "expanded").program.substituted()
    point = {first: x, second: y, alpha: Integer(1), **dict(game.parameters)}
    found = [expand(blocks[f"{name}_1"][0].subs(point)) for name in ("current", "own", "peer")]
    assert found == [fraction(current), fraction(own), fraction(peer)]


# ------------------------------------------------------------------------------- one-shot Prisoner's Dilemma 3, 0, 5, 1
#
# V¹ = 3pq + 5(1−p)q + (1−p)(1−q) = −pq − p + 4q + 1, D = 3 − 0 − 5 + 1 = −1, g₁ = −q − 1 < 0, ∂V¹/∂q = 4 − p.


@pytest.mark.parametrize(
    ("p", "q", "first", "second"),
    [
        ("1", "1", "3", "3"),
        ("1", "0", "0", "5"),
        ("0", "1", "5", "0"),
        ("0", "0", "1", "1"),
        ("1/2", "1/2", "9/4", "9/4"),  # −1/4 − 1/2 + 2 + 1
        ("1/2", "1/3", "5/3", "5/2"),  # −1/6 − 1/2 + 4/3 + 1 and −1/6 − 1/3 + 2 + 1
    ],
)
def test_prisoners_dilemma_values(p: str, q: str, first: str, second: str) -> None:
    assert one_shot_values(prisoners_dilemma(), p, q) == (fraction(first), fraction(second))


def test_prisoners_dilemma_peer_term_pushes_away_from_cooperation() -> None:
    """p = q = 1/2, α = 1/10: g = −3/2, φ₁ = 7/20; the peer term αD(4 − p₁) is negative everywhere."""
    terms = terms_at(prisoners_dilemma(), "1/2", "1/2", "1/10")
    assert terms["current_1"] == fraction("-27/20")  # −7/20 − 1
    assert terms["own_1"] == 0
    assert terms["peer_1"] == fraction("-73/200")  # −1/10·(4 − 7/20)


def test_donation_game_has_no_peer_term() -> None:
    """Benefit 3, cost 1: R, S, T, P = 2, −1, 3, 0, D = 0."""
    terms = terms_at(prisoners_dilemma(R=2, S=-1, T=3, P=0), "1/2", "1/3", "1/10")
    assert (terms["peer_1"], terms["peer_2"]) == (0, 0)
    assert terms["current_1"] == -1  # cooperation costs 1 whatever the other does


# --------------------------------------------------------------------------------- memory-one IPD, −1, −3, 0, −2, 24/25
#
# 1/(1 − γ) = 25, γ/(1 − γ) = 24, 1/(1 − γ²) = 625/49, γ/(1 − γ²) = 600/49.

STRATEGIES = {
    "AllC": "CCCCC",
    "AllD": "DDDDD",
    "TFT": "CCDCD",  # ∅, CC, CD, DC, DD in the player's own view: repeat the other's last move
    "STFT": "DCDCD",
    "Grim": "CCDDD",
    "WSLS": "CCDDC",
}


def profile(first: str, second: str) -> dict[Symbol, Rational]:
    """Player 2's CD is the state DC: here written out by name, without the package's own_view."""
    order = (START, "CC", "CD", "DC", "DD")
    view = {START: START, "CC": "CC", "CD": "DC", "DC": "CD", "DD": "DD"}
    p, q = parameters(ipd(), "direct")
    point = {}
    for k, state in enumerate(ipd().states):
        point[p[k]] = Integer(int(STRATEGIES[first][order.index(state)] == "C"))
        point[q[k]] = Integer(int(STRATEGIES[second][order.index(view[state])] == "C"))
    return point


@pytest.mark.parametrize(
    ("first", "second", "one", "two"),
    [
        ("AllC", "AllC", "-25", "-25"),  # R/(1 − γ)
        ("AllD", "AllD", "-50", "-50"),  # P/(1 − γ)
        ("AllC", "AllD", "-75", "0"),  # S/(1 − γ), T/(1 − γ)
        ("AllD", "AllC", "0", "-75"),
        ("AllC", "TFT", "-25", "-25"),
        ("AllC", "Grim", "-25", "-25"),
        ("TFT", "TFT", "-25", "-25"),
        ("TFT", "Grim", "-25", "-25"),
        ("Grim", "Grim", "-25", "-25"),
        ("TFT", "AllD", "-51", "-48"),  # S + γP/(1 − γ) = −3 − 48, T + γP/(1 − γ) = −48
        ("AllD", "TFT", "-48", "-51"),
        ("Grim", "AllD", "-51", "-48"),
        ("TFT", "AllC", "-25", "-25"),
        ("Grim", "AllC", "-25", "-25"),
        ("TFT", "STFT", "-1875/49", "-1800/49"),  # S, T, S, T …: S/(1 − γ²), γS/(1 − γ²)
        ("STFT", "TFT", "-1800/49", "-1875/49"),
        ("WSLS", "AllD", "-3075/49", "-1200/49"),  # S, P, S, P …: (−3 − 48/25)·625/49; (0 − 48/25)·625/49
        ("STFT", "STFT", "-50", "-50"),
    ],
)
def test_ipd_values(first: str, second: str, one: str, two: str) -> None:
    point = {**profile(first, second), **dict(ipd().parameters)}
    assert value_program(ipd()).at(point)["value"] == (fraction(one), fraction(two))


def test_ipd_value_of_coin_tossers() -> None:
    """(R + S + T + P)/4 = −3/2 every round: −75/2 in total."""
    point = {s: Rational(1, 2) for row in parameters(ipd(), "direct") for s in row}
    assert value_program(ipd()).at({**point, **dict(ipd().parameters)})["value"] == (Rational(-75, 2),) * 2


PAYOFFS = QuotientField((R, S, T, P, discount))


def ipd_in_payoffs(first: str, second: str) -> dict[str, Sequence[Quotient]]:
    """Value and gradient of player 1 at a deterministic profile, as functions of R, S, T, P, γ."""
    game = ipd()
    phi = parameters(game, "direct")
    build = Builder([*(s for row in phi for s in row), *(s for s, _ in game.parameters)])
    at = GamePoint(build, game, "direct", phi)
    program = build.program({"value": [at.value(0)], "gradient": at.gradient(0, 0)})
    values = {symbol: PAYOFFS.constant(number) for symbol, number in profile(first, second).items()}
    return program.run({**PAYOFFS.values, **values}, PAYOFFS.constant)


FOREVER, LATER = 1 / (1 - discount), discount / (1 - discount)


@pytest.mark.parametrize(
    ("first", "second", "value", "gradient"),
    [
        # Against AllD cooperation costs P − S in the first round and in DD, which is visited γ/(1 − γ) times.
        ("AllD", "AllD", P * FOREVER, (S - P, 0, 0, 0, LATER * (S - P))),
        # Against AllC it costs T − R in the first round and in CC.
        ("AllC", "AllC", R * FOREVER, (R - T, LATER * (R - T), 0, 0, 0)),
        # Grim: a defection earns T, then P for ever.
        (
            "Grim",
            "Grim",
            R * FOREVER,
            (R * FOREVER - T - P * LATER, LATER * (R * FOREVER - T - P * LATER), 0, 0, 0),
        ),
        # Tit for tat: a defection earns T, then S and T alternate: (T + γS)/(1 − γ²).
        (
            "TFT",
            "TFT",
            R * FOREVER,
            (
                R * FOREVER - (T + discount * S) / (1 - discount**2),
                LATER * (R * FOREVER - (T + discount * S) / (1 - discount**2)),
                0,
                0,
                0,
            ),
        ),
        # AllC against AllD: the states are ∅, CD, CD, …; a single defection earns P instead of S.
        ("AllC", "AllD", S * FOREVER, (S - P, 0, LATER * (S - P), 0, 0)),
    ],
)
def test_ipd_values_and_gradients_in_general(first: str, second: str, value: Expr, gradient: Sequence[Expr]) -> None:
    found = ipd_in_payoffs(first, second)
    assert found["value"] == (PAYOFFS.element(value),)
    for mine, expected in zip(found["gradient"], gradient, strict=True):
        assert mine == PAYOFFS.element(Integer(0) + expected)


def test_ipd_gradients_in_numbers() -> None:
    """Grim: 23 and 24·23; tit for tat: −25 + 1800/49 = 575/49 and 24·575/49; AllD: −1 and −24."""
    point = dict(ipd().parameters)
    expected = {"Grim": ("23", "552"), "TFT": ("575/49", "13800/49"), "AllC": ("-1", "-24")}
    for name, (first, cooperating) in expected.items():
        row = [PAYOFFS.expression(entry).subs(point) for entry in ipd_in_payoffs(name, name)["gradient"]]
        assert row == [fraction(first), fraction(cooperating), 0, 0, 0]
    row = [PAYOFFS.expression(entry).subs(point) for entry in ipd_in_payoffs("AllD", "AllD")["gradient"]]
    assert row == [-1, 0, 0, 0, -24]


def test_ipd_peer_term_at_mutual_defection() -> None:
    """Expanded form at AllD, divided by α, player 1.

    Cooperating once gives the other T − P = 2: ∂V¹/∂q = (2, 0, 0, 0, 48) for ∅ and DD (visits 1 and γ/(1 − γ) = 24).

    ∂²V²/∂p_s∂q_t, with R − S − T + P = 0, so that cooperating at the same time adds nothing:

    * p at ∅ takes the game to CD, so that q's cooperation in DD (worth S − P = −1 to player 2) is not made one round
      later: p_0, q_DD: +γ;
    * q at ∅ takes it to DC, so that p's cooperation in DD (worth 2) is lost, but p's cooperation in DC is made:
      p_DD, q_0: −2γ and p_DC, q_0: +2γ;
    * in DD at any later time t ≥ 1, with Σ γᵗ⁺¹ = γ²/(1 − γ) = 576/25:
      p_DD, q_DD: (1 − 2)·576/25 = −576/25 and p_DC, q_DD: 2·576/25.

    Hence p_0: 48·24/25, p_DC: 2·48/25 + 48·1152/25, p_DD: −2·48/25 − 48·576/25.
    """
    game = ipd()
    point = {**profile("AllD", "AllD"), **dict(game.parameters), alpha: Integer(1)}
    terms = decompose(game, "direct", 1, "expanded").program.at(point)
    assert terms["peer_1"] == (
        fraction("1152/25"),
        0,
        0,
        fraction("55392/25"),
        fraction("-27744/25"),
    )
    # Player 2's term is the same in its own view: its DC is the state CD.
    assert terms["peer_2"] == (
        fraction("1152/25"),
        0,
        fraction("55392/25"),
        0,
        fraction("-27744/25"),
    )


def test_numbers_that_must_not_come_out() -> None:
    """Slips that the numbers above would not forgive."""
    assert one_shot_values(stag_hunt(), "1", "0") != (3, 0)  # the players exchanged
    terms = terms_at(stag_hunt(), "1/2", "1/3", "1/10")
    assert terms["current_1"] != -1  # the gradient at φ₀
    assert terms["peer_1"] != fraction("3/4")  # ∂V¹/∂q at φ₀
    p, q = parameters(ipd(), "direct")
    naive = {**profile("TFT", "TFT"), **{q[k]: profile("TFT", "TFT")[p[k]] for k in range(5)}}  # no CD/DC swap
    assert profile("TFT", "TFT") != naive
    naive |= {p[0]: Integer(0), **dict(ipd().parameters)}
    assert value_program(ipd()).at(naive)["value"] != (Rational(-1800, 49), Rational(-1875, 49))
