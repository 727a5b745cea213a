"""C8.rules: which learning rules move the zeros of v, and how far.

**SOS keeps zeros, and only them.** Where |v| < 1/10 the share is p ≤ |v|². With u = v + look + p shape, |look| ≤ αc|v|
and |shape| ≤ αs, u = 0 gives |v| ≤ α(c|v| + s|v|²) ≤ α(c + s/10)|v|, so v = 0 once α(c + s/10) < 1.

**Other rules.** u = v + O(α) is smooth, so its zero near φ* is a series in α. Rules that stand still at φ* for every α
(C1.zeros) have the constant series. For the others the first coefficient is −Dv⁻¹ shape(φ*)/α times the rule's
coefficient of the shaping term (C1.relations): all others vanish with v.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from sympy import Expr, Integer, Rational, Symbol, true

from theory import relations, updates
from theory.claims.c08_moved_zeros import convex_cournot
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.corrected import game_case, jacobian
from theory.decomposition import update_program
from theory.exact import Undecided, is_zero
from theory.expansion import start_of
from theory.games import (
    DifferentiableGame,
    regularised_stag_hunt,
)
from theory.jets import SmoothPoint, freed
from theory.moved_zeros import (
    Piece,
    ansatz_series,
    largest_on,
    moved_zero_series,
    piece_holds,
    rule_zero_series,
)
from theory.symbols import alpha, own_coefficient, peer_coefficient, step_size
from theory.updates import FORMS, Form
from theory.updates.model import Unroll
from theory.updates.sos import NEIGHBOURHOOD, share

ONE = Integer(1)
RULE_GAMES: tuple[tuple[str, DifferentiableGame, tuple[Rational, ...]], ...] = (
    ("cournot a = 4, c = 0, k = 1/3", convex_cournot(), (ONE, ONE)),
    ("regularised-stag-hunt", regularised_stag_hunt(), (Rational(7, 8), Rational(7, 8))),
)


def _check_rules() -> Finding:
    rows: list[dict[str, Any]] = []
    keeps = {(rule, form): relations.keeps_zeros(rule, form) for rule in updates.REGISTRY for form in FORMS}
    for name, game, zero in RULE_GAMES:
        case = game_case(game, zero)
        for rule in updates.REGISTRY:
            for form in FORMS:
                row = {"game": name, "rule": rule, "form": form, "zero": str(zero[0])}
                if rule == "sos":
                    rows.append({**row, "first": "0", "second": "0", "moves": False})
                    continue
                series = rule_zero_series(game, zero, rule, form)
                # the closed forms of the other game's unrolled updates are long
                if game is RULE_GAMES[0][1] and series != ansatz_series(
                    _whole_update(game, rule, form), case.symbols, zero, 2, alpha
                ):
                    return undecided(f"{name}, {rule}, {form}: the two routes differ")
                if rule == "lola-shaping" and series != moved_zero_series(case, 2):
                    return undecided(f"{name}: the shaping rule moves the zero otherwise than v + alpha C")
                weight = relations.relation(rule, form).coefficients[2].subs({own_coefficient: 1, peer_coefficient: 1})
                if [entry[1] for entry in series] != [-weight * entry for entry in case.direction]:
                    return undecided(f"{name}, {rule}, {form}: the first coefficient is not -Dv^-1 shape")
                moves = any(any(entry[1:]) for entry in series)
                if moves == keeps[rule, form]:
                    return undecided(f"{name}, {rule}, {form}: C1.zeros says otherwise")
                if any(entry != series[0] for entry in series):
                    return undecided(f"{name}: the symmetric zero leaves the diagonal")
                first, second = series[0][1:]
                rows.append({**row, "first": str(first), "second": str(second), "moves": moves})
    moved = sorted({(row["rule"], row["form"]) for row in rows if row["moves"]})
    seconds = {row["second"] for row in rows if row["moves"] and row["game"] == RULE_GAMES[0][0]}
    if len({row["first"] for row in rows if row["game"] == RULE_GAMES[0][0]}) != 2 or len(seconds) < 3:
        raise Undecided("the check tells no rules apart")
    sos = [_sos_row(name, game, zero) for name, game, zero in RULE_GAMES]
    evidence = (
        Evidence(
            "identity",
            "the rules' programs run on power series in alpha; in Cournot against a polynomial with unknown "
            "coefficients in their closed forms; first coefficients against C1.relations",
            f"{len(rows)} updates: {', '.join(sorted({rule for rule, _ in moved}))} move the zero at order alpha, all "
            "by the same -Dv^-1 shape, and differ at alpha^2; all other rules move it at no order",
            {"moved_zeros": rows},
        ),
        Evidence(
            "identity",
            "structure of the share p; bounds of v, Dv and the shaping term on a box, in ball arithmetic",
            "; ".join(
                f"{row['game']}: within {row['half_width']} of the zero sos vanishes at the zero only, for alpha < "
                f"{row['alpha']}"
                for row in sos
            ),
            {"moved_zeros": sos},
        ),
    )
    return Finding(
        Verdict.PROVED, "only the shaping term survives where v = 0, and SOS's share of it is at most |v|^2", evidence
    )


def _whole_update(game: DifferentiableGame, rule: str, form: Form) -> list[Expr]:
    """The update in closed form, one α for all players, c_own = c_peer = 1."""
    program = update_program(game, "direct", rule, form)
    at = {step_size(player): alpha for player in range(game.players)}
    at |= {own_coefficient: ONE, peer_coefficient: ONE, **dict(game.parameters)}
    return [entry.xreplace(at) for entry in program.closed_form()["update"]]


def share_is_at_most_speed() -> bool:
    """Whether SOS's p is min(p₁, p₂) with p₂ = |v|² where |v|² < 1/100, in an arbitrary smooth game of two players."""
    steps: dict[Symbol, Expr] = {}

    def name(stem: str, expression: Expr) -> Expr:
        symbol = Symbol(f"{stem}{len(steps)}", real=True)
        steps[symbol] = expression
        return symbol

    unroll = Unroll(SmoothPoint, start_of(relations.SIMPLEST), [alpha] * 2, let=name)
    (first, condition), (second, rest) = steps[share(unroll)].args
    (near, when), _ = steps[second].args
    speed = sum((entry**2 for row in unroll.gradients for entry in row), Integer(0))
    smaller = rest is true and condition == (first <= second)
    return bool(smaller and when == (near < NEIGHBOURHOOD**2) and is_zero(freed(steps[near] - speed)))


def _sos_row(name: str, game: DifferentiableGame, zero: Sequence[Rational]) -> dict[str, Any]:
    """How small α must be for SOS to have no other zero in a box about the zero of v, from bounds on the box."""
    if not share_is_at_most_speed():
        raise Undecided("the share of SOS has another form")
    case = game_case(game, zero)
    half = Rational(1, 200)
    box = tuple((x - half, x + half) for x in zero)
    if not piece_holds(case.field, case.symbols, Piece(Integer(0), Integer(0), box)):
        raise Undecided(f"{name}: v has another zero in the box")
    slopes = jacobian(case.field, case.symbols)
    steepest = _bounded(list(slopes), case.symbols, box)
    # Two players with a parameter each: |v| ≤ √2 · 2 · steepest · half; Dv_o has norm max(|∂₂v₁|, |∂₁v₂|); √2 < 3/2.
    if not 3 * steepest * half < NEIGHBOURHOOD:
        raise Undecided(f"{name}: the box is too large for |v| < 1/10")
    slope = _bounded([slopes[0, 1], slopes[1, 0]], case.symbols, box)
    pull = Rational(3, 2) * _bounded(case.correction, case.symbols, box)
    bound = 1 / (slope + pull * NEIGHBOURHOOD)
    if not _outweighs(slope, pull, bound * Rational(99, 100)):
        raise Undecided(f"{name}: SOS may have another zero below the bound of alpha")
    if _outweighs(slope, pull, bound * Rational(101, 100)):
        raise Undecided("the check cannot fail: the estimate holds beyond the bound of alpha too")
    return {
        "game": name,
        "rule": "sos",
        "half_width": str(half),
        "look": str(slope),
        "shape": str(pull),
        "alpha": str(bound),
    }


def _outweighs(look: Rational, shape: Rational, step: Rational) -> bool:
    """Whether α(c|v| + s|v|²) < |v| for 0 < |v| ≤ 1/10: then v outweighs what SOS adds to it."""
    return bool(step * (look + shape * NEIGHBOURHOOD) < 1)


def _bounded(entries: Sequence[Expr], wrt: Sequence[Symbol], box: Sequence[tuple[Rational, Rational]]) -> Rational:
    """:func:`largest_on`, and that no exact value at a corner of the box exceeds it.

    Raises:
        Undecided: one does, or the bound would have let half of it pass.
    """
    bound = largest_on(entries, wrt, box)
    corners = [dict(zip(wrt, ends, strict=True)) for ends in product(*box)]
    largest = max(abs(entry.subs(corner)) for entry in entries for corner in corners)
    if largest > bound:
        raise Undecided("a value on the box exceeds its bound")
    if largest <= bound / 2:
        raise Undecided("the check cannot fail: half the bound would do at the corners")
    return bound


CLAIMS = (
    Claim(
        "C8.rules",
        "Rules with a full shaping term move a zero by -alpha Dv^-1 shape + O(alpha^2) and differ at alpha^2; all "
        "other rules, SOS included, do not move it.",
        "derived here; Letcher et al. 2019 for SOS",
        assumptions=("Dv(phi*) is invertible", "c_own = c_peer = 1", "L = 1"),
        scope="Cournot competition with convex costs and regularised Stag Hunt, both forms, series to order 2; SOS "
        "near the zero for alpha below a stated bound",
        check=_check_rules,
    ),
)
