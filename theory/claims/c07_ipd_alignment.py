"""C7: the peer-learning correction of the iterated Prisoner's Dilemma points to cooperation near the target."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from sympy import Expr, Integer, Rational, Symbol

from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.exact import Undecided, definite_sign, is_zero
from theory.games import ipd
from theory.ipd_alignment import (
    GRIM_PAYS,
    LINES,
    PROFILES,
    STATES,
    TARGET,
    AlongLine,
    along_line,
    approach,
    at_profile,
    cooperation,
    current_payoffs,
    fields_at,
    inner_product,
    reduction,
    rounded,
    sign_near_zero,
    symmetric_point,
    uniform_start_correction,
)
from theory.policies import parameters
from theory.symbols import P, R, S, T, discount
from theory.values import value_program

# Found by search; every number about them is computed exactly here. After 0, CC, CD, DC, DD, own action first.
INSIDE = tuple(Rational(k, 10) for k in (1, 9, 9, 9, 1))
GENEROUS = (Integer(1), Integer(1), Rational(2, 5), Integer(1), Integer(0))
NUDGE = Rational(1, 1000)
# A game in which TFT is an equilibrium and the correction at it lowers p_0.
TFT_GAME = {R: Integer(10), S: Integer(-1), T: Integer(15), P: Integer(0), discount: Rational(1, 2)}


def _check_profiles() -> Finding:
    found = {profile: at_profile(profile) for profile in PROFILES}
    # Signs for the whole class; None where both occur.
    expected = {
        "AllD": (None, 0, 0, 1, None),
        "AllC": (None, None, -1, 0, 0),
        "TFT": (None, None, -1, None, 0),
        "Grim": (None, None, -1, 0, -1),
        "WSLS": (None, None, -1, 0, -1),
    }
    for profile, signs in expected.items():
        if found[profile].signs != signs:
            return Finding(Verdict.UNDECIDED, f"at {profile} the derived signs are {found[profile].signs}")
    evidence = tuple(
        Evidence(
            "identity",
            "program over the field of quotients, factors in the payoff gaps, signs on the extreme rays",
            f"{profile}: signs of C after {', '.join(STATES)} are "
            f"{', '.join({1: '+', -1: '-', 0: '0', None: 'either'}[sign] for sign in at.signs)}; "
            f"C_0 = {at.correction[0].value}",
            at.to_json(),
        )
        for profile, at in found.items()
    )
    return Finding(Verdict.PROVED, "every entry is a product of forms in the payoff gaps and gamma", evidence)


def _check_near_grim() -> Finding:
    at = at_profile("Grim", assumed=GRIM_PAYS)
    if not at.in_target or [at.correction[k].sign for k in TARGET] != [1, 1]:
        return Finding(Verdict.UNDECIDED, "the derived signs at Grim are not both positive")
    if not is_zero(at.gradient[0].value - GRIM_PAYS / (1 - discount)):
        return Finding(Verdict.UNDECIDED, "the assumption is not that deviating from Grim does not pay")
    evidence = Evidence(
        "identity",
        "values on the extreme rays of the payoff gaps, roots counted in (0, 1)",
        "Grim an equilibrium, gamma (R - P) >= (1 - gamma) (T - R), implies C_0 > 0 and C_CC > 0 there",
        at.to_json(),
    )
    reason = "all four corrections are positive at Grim, so the product is positive near it outside the set"
    return Finding(Verdict.PROVED, reason, (evidence,))


def _check_near_tft() -> Finding:
    at = at_profile("TFT")
    standard = [form.value.subs(current_payoffs(ipd())) for form in at.correction]
    here = [form.value.subs(TFT_GAME) for form in at.correction]
    if not all(standard[k] > 0 for k in TARGET):
        raise Undecided("the corrections at TFT are not positive at the standard payoffs")
    if not all(form.subs(TFT_GAME) > 0 for form in ipd().ordering):
        raise Undecided("the counterexample is not a Prisoner's Dilemma")
    game = ipd(**{symbol.name: value for symbol, value in TFT_GAME.items()})
    gain = best_reply_gain(cooperation("TFT"), dict(game.parameters))
    if gain != 0 or here[0] >= 0:
        raise Undecided(f"the counterexample fails: gain {gain}, C_0 = {here[0]}")
    evidence = Evidence(
        "counterexample",
        "exact rational witness, deviations to all 32 pure stationary replies",
        f"R, S, T, P = 10, -1, 15, 0, gamma = 1/2: TFT is an equilibrium and C_0 = {here[0]} there; at the standard "
        f"payoffs C_0 = {standard[0]} and C_CC = {standard[1]}, both positive",
        {
            **at.to_json(),
            "payoffs": {str(symbol): str(value) for symbol, value in TFT_GAME.items()},
            "best_reply_gain": str(gain),
            "correction_there": [str(entry) for entry in here],
            "correction_at_standard_payoffs": [str(entry) for entry in standard],
        },
    )
    reason = "TFT can be an equilibrium while the correction at it points away from cooperating at first"
    return Finding(Verdict.REFUTED, reason, (evidence,))


def _check_near_set() -> Finding:
    payoffs = current_payoffs(ipd())
    gain = best_reply_gain(GENEROUS, payoffs)
    fields = fields_at(symmetric_point(GENEROUS), payoffs)
    gradient, correction = ([row[k] for k in TARGET] for row in (fields.gradient, fields.correction))
    if gain != 0 or min(gradient) <= 0 or max(correction) >= 0:
        raise Undecided(f"the counterexample fails: gain {gain}, v = {gradient}, C = {correction}")
    near = tuple(entry + NUDGE * {0: 1, 1: -1}.get(entry, 0) for entry in GENEROUS)
    beside = _shown(near)
    if not (Rational(beside["correction_toward"]) < 0 < Rational(beside["gradient_toward"])):
        raise Undecided("the counterexample fails at the interior policy beside it")
    evidence = Evidence(
        "counterexample",
        "exact rational witness, deviations to all 32 pure stationary replies",
        f"generous TFT, cooperation {_listed(GENEROUS)}: an equilibrium (gain 0) with v_0 = {gradient[0]} > 0 and "
        f"C_0 = {correction[0]}, C_CC = {correction[1]}, both < 0",
        {
            "policy": _strings(GENEROUS),
            "best_reply_gain": str(gain),
            "gradient": _strings(gradient),
            "correction": _strings(correction),
            "interior_policy_beside": beside,
        },
    )
    reason = "at a cooperative equilibrium that policy gradient approaches, the correction points strictly away"
    return Finding(Verdict.REFUTED, reason, (evidence,))


def _check_near_logit() -> Finding:
    noise = Symbol("delta", positive=True)
    reactions = (noise, 1 - noise, noise)
    found = {}
    for coordinates, order, sign in (("direct", 1, 1), ("logit", 4, -1)):
        found[coordinates] = approach(reactions, "logit" if coordinates == "logit" else "direct")
        if found[coordinates][0] != order or sign_near_zero(found[coordinates][1], noise) != sign:
            raise Undecided(f"{coordinates}: the product begins with {found[coordinates]}")
    (_, direct), (_, logit) = found.values()
    at = {noise: Rational(1, 100)}
    evidence = Evidence(
        "counterexample",
        "exact series on the way to TFT, lowest coefficients in t, then in delta",
        "cooperation 1 - t at first and after CC, delta, 1 - delta, delta after CD, DC, DD: <C, -grad W> begins with "
        f"t in direct coordinates and t^4 in logit; at delta = 1/100 the coefficients are {rounded(direct.subs(at))} "
        f"and {rounded(logit.subs(at))}, and they keep these signs as delta -> 0",
        {name: {"order": order, "coefficient": str(entry)} for name, (order, entry) in found.items()},
    )
    reason = "in every neighbourhood of TFT there are policies at which the correction in log-odds points away"
    return Finding(Verdict.REFUTED, reason, (evidence,))


def _check_order() -> Finding:
    at = at_profile("Grim")
    if at.correction[2].sign != -1 or at.correction[4].sign != -1:
        raise Undecided("the corrections after CD and DD at Grim are not negative in the whole class")
    evidence = Evidence(
        "counterexample",
        "signs over the class",
        f"at Grim C_CD = {at.correction[2].value} < 0 and C_DD = {at.correction[4].value} < 0 for every game of the "
        f"class and every gamma",
        at.to_json(),
    )
    return Finding(Verdict.REFUTED, "the correction lowers cooperation after defection, in every game", (evidence,))


def _check_everywhere() -> Finding:
    shown = _shown(INSIDE)
    if not (Rational(shown["correction_toward"]) < 0 < Rational(shown["gradient_toward"])):
        raise Undecided("the counterexample fails")
    evidence = Evidence(
        "counterexample",
        "exact rational witness",
        f"cooperation {_listed(INSIDE)}: <C, -grad W> = {rounded(Rational(shown['correction_toward']))}, "
        f"<v, -grad W> = {rounded(Rational(shown['gradient_toward']))}",
        shown,
    )
    return Finding(
        Verdict.REFUTED, "inside policy space there are policies where the correction points away", (evidence,)
    )


def _check_lines() -> Finding:
    lines = [along_line(*ends) for ends in LINES]
    evidence = tuple(
        Evidence(
            "identity",
            "rational functions of t, roots isolated",
            f"{line.ends[0]} to {line.ends[1]}: <C, -grad W> {_runs(line, '<C,-grad W>')}; "
            f"<v, -grad W> {_runs(line, '<v,-grad W>')}; C_0 {_runs(line, 'C_0')}; C_CC {_runs(line, 'C_CC')}",
            line.to_json(),
        )
        for line in lines
    )
    by_ends = {line.ends: [run.sign for run in line.signs()["<C,-grad W>"]] for line in lines}
    if by_ends["AllD", "Grim"] != [1] or by_ends["AllD", "TFT"] != [1, -1, 1]:
        return Finding(Verdict.UNDECIDED, f"the derived signs are {by_ends}")
    closed = uniform_start_correction()
    everyone = Evidence(
        "identity",
        "closed form in all payoffs and gamma",
        f"everyone cooperates with probability t always: C_0 = {closed}",
        {"C_0": str(closed)},
    )
    return Finding(Verdict.PROVED, "every root is isolated in an interval of rationals", (*evidence, everyone))


def _check_reduction() -> Finding:
    evidence = []
    for strategy in ("Grim", "TFT"):
        found = reduction(strategy)
        # where = gamma (T - P) - (T - R), and T - P > 0: positive iff gamma > (T - R)/(T - P)
        if not is_zero(found.stag_hunt_where - (discount * (T - P) - (T - R))):
            return Finding(Verdict.UNDECIDED, f"{strategy}: the deciding form is {found.stag_hunt_where}")
        if definite_sign(T - P, ipd().ordering) != 1 or [form.sign for form in found.conditions] != [1]:
            return Finding(Verdict.UNDECIDED, f"{strategy}: the conditions are {found.conditions}")
        evidence.append(
            Evidence(
                "identity",
                "exact values of pure profiles, closed form of the Stag Hunt",
                f"{{{strategy}, AllD}}: a Stag Hunt iff gamma > (T - R)/(T - P); then aligned always, "
                f"C_1 = D ((T - P) + D p) with D = {found.slope.value}",
                found.to_json(),
            )
        )
    reason = "R' > T' is gamma > (T - R)/(T - P), P' > S' always holds, and the condition T' >= P' is T >= P"
    return Finding(Verdict.PROVED, reason, tuple(evidence))


def best_reply_gain(policy: Sequence[Expr], payoffs: dict[Expr, Expr]) -> Rational:
    """What player 1 gains by the best of its 32 pure stationary policies while both play ``policy``.

    A best reply to a memory-one policy solves a decision problem on the five states, so these replies suffice.
    """
    program = value_program(ipd(), "direct")
    own = parameters(ipd(), "direct")[0]
    point = symmetric_point(policy)

    def value(reply: Sequence[Expr]) -> Rational:
        return program.at({**point, **dict(zip(own, reply, strict=True)), **payoffs})["value"][0]

    replies = product((Integer(0), Integer(1)), repeat=len(own))
    return max(map(value, replies)) - value([point[symbol] for symbol in own])


def _shown(policy: Sequence[Expr]) -> dict[str, object]:
    point = symmetric_point(policy)
    fields = fields_at(point, current_payoffs(ipd()))
    return {
        "policy": _strings(policy),
        "gradient": _strings(fields.gradient[: len(STATES)]),
        "correction": _strings(fields.correction[: len(STATES)]),
        "gradient_toward": str(inner_product(point, fields.gradient)),
        "correction_toward": str(inner_product(point, fields.correction)),
    }


def _strings(entries: Sequence[Expr]) -> list[str]:
    return [*map(str, entries)]


def _listed(entries: Sequence[Expr]) -> str:
    return ", ".join(_strings(entries))


def _runs(line: AlongLine, name: str) -> str:
    return " and ".join(map(str, line.signs()[name]))


_SCOPE = "memory-one IPD, infinite horizon, direct coordinates, expanded form, L = 1; total values"
_STANDARD = f"{_SCOPE}; payoffs -1,-3,0,-2, gamma = 24/25"
_CLASS = ("T > R > P > S", "0 < gamma < 1", "both players play the same policy")
_RUNS = (
    "runs in logit coordinates, starts N(0, 1.35^2)",
    "alpha = 0.55, c_own = 0.35, c_peer = 1.5, eta_n = 0.9/(n+10)^0.24, clip 8, 260 steps",
)

CLAIMS = (
    Claim(
        "C7",
        "Alignment holds in the iterated Prisoner's Dilemma near the target.",
        "referee's request, table (ii)",
        scope=f"{_SCOPE}; target = both cooperate at first and after CC, W = dist^2/2 in those four probabilities",
        requires=("C7.near-grim", "C7.near-set", "C7.trajectories", "C7.trajectories-logit"),
    ),
    Claim(
        "C7.near-grim",
        "Whenever Grim is an equilibrium, the correction points strictly to the cooperative set at every policy of a "
        "neighbourhood of Grim outside the set.",
        "derived here",
        assumptions=(*_CLASS[:2], "gamma (R - P) >= (1 - gamma) (T - R)"),
        scope=f"{_SCOPE}; all payoffs of the class",
        check=_check_near_grim,
    ),
    Claim(
        "C7.near-tft",
        "Whenever TFT is an equilibrium, the correction points to the cooperative set near it.",
        "derived here",
        assumptions=_CLASS[:2],
        scope=f"{_SCOPE}; all payoffs of the class",
        check=_check_near_tft,
    ),
    Claim(
        "C7.near-set",
        "Every cooperative equilibrium has a neighbourhood in which the correction does not point away from the "
        "cooperative set.",
        "derived here",
        scope=_STANDARD,
        check=_check_near_set,
    ),
    Claim(
        "C7.near-logit",
        "Where rules learn in log-odds the correction points to the cooperative set near TFT, as it does in direct "
        "coordinates.",
        "derived here",
        scope=_STANDARD.replace("direct coordinates", "logit coordinates"),
        check=_check_near_logit,
    ),
    Claim(
        "C7.at-profiles",
        "At AllD, AllC, TFT, Grim and WSLS every entry of the correction is a product of forms in payoff gaps and "
        "gamma; throughout the class C_DC > 0 at AllD, C_CD <= 0 at the other four, C_DD < 0 at Grim and WSLS.",
        "derived here",
        assumptions=_CLASS,
        scope=f"{_SCOPE}; all payoffs of the class",
        check=_check_profiles,
    ),
    Claim(
        "C7.lines",
        "On the symmetric line from AllD to Grim the correction points to the cooperative set throughout; on the line "
        "to TFT it points away between two points.",
        "derived here",
        scope=_STANDARD,
        check=_check_lines,
    ),
    Claim(
        "C7.order",
        "The correction raises every cooperation probability near the target.",
        "order condition A2",
        assumptions=_CLASS,
        scope=f"{_SCOPE}; all ten probabilities",
        check=_check_order,
    ),
    Claim(
        "C7.everywhere",
        "The correction points to the cooperative set at every policy.",
        "condition A0 on the whole policy space",
        scope=_STANDARD,
        check=_check_everywhere,
    ),
    Claim(
        "C7.reduction",
        "The game restricted to {Grim, AllD} or {TFT, AllD} is a Stag Hunt if and only if gamma > (T - R)/(T - P), and "
        "then its correction points to cooperation at every mixture.",
        "derived here",
        assumptions=("T > R > P > S", "0 < gamma < 1", "strategies are mixed once, before the first round"),
        scope="all payoffs of the class, symbolic",
        check=_check_reduction,
    ),
    Claim(
        "C7.trajectories",
        "Along policy-gradient and Meta-MAPG runs from the published starts the mean cosine between the correction and "
        "the direction to the cooperative set is positive at every distance from the set, in direct coordinates.",
        "referee's request, table (ii)",
        assumptions=_RUNS,
        scope=f"{_STANDARD}; the runs learn in logit coordinates; means: fewer than half of a band's visits may "
        "be aligned (table trajectories)",
    ),
    Claim(
        "C7.trajectories-logit",
        "The same in the coordinates in which the runs learn.",
        "referee's request, table (ii)",
        assumptions=_RUNS,
        scope=_STANDARD.replace("direct coordinates", "logit coordinates"),
    ),
)
