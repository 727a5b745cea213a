"""C18: whether isolated stable equilibria exist where the experiments run.

φ* is stable in the sense of the paper if ⟨v(φ), φ − φ*⟩ < 0 for every policy φ ≠ φ* near φ*.

Theorem. In a finite game whose policies see the state, no equilibrium is stable at which (a) a player mixes in a
reached state, or (b) a state is not reached. Proof. Vary one player's policy in that state alone, on a line through φ*:
in (a) shift weight between actions that are used there, in (b) between any. (a) Used actions are best, so by the
performance-difference lemma Vⁱ is constant on the line: its derivative along the line is 0 at *every* point of it.
(b) The state stays unreached on the line, so its gradient d(s)A(s) stays 0. Either way ⟨v(φ), φ − φ*⟩ = 0 on the line.
The same lines serve in logit coordinates.

Part (a) is checked here on symbolic games: the gap Q(s, first) − Q(s, second) is N/Δ where N does not contain the
player's own probability in s, so N = 0 at φ* means N = 0 on the whole line.

The theorem does not cover policies that see less than the state, such as one memory-one policy for all rounds of a
finite horizon: Vⁱ can then be strictly concave in a player's own probability.
"""

from __future__ import annotations

from itertools import product

from sympy import Expr, Integer, Rational

from theory import exact
from theory.claims.model import Claim, Evidence, Finding, Verdict
from theory.decomposition import decompose
from theory.equilibria import StationaryProfile, best_deviation
from theory.games import Game, ipd, memory_one, stag_hunt
from theory.games.symbolic import symbolic_game
from theory.policies import in_probabilities, parameters
from theory.symbols import discount
from theory.values import value_program


def own_probability_is_absent(game: Game) -> bool:
    """Whether no gap Q(s, first) − Q(s, second) has the player's own probability at s in its numerator."""
    program = value_program(game, "direct")
    field = exact.QuotientField(program.inputs)
    results = program.run(field.values, field.constant)
    for player, row in enumerate(parameters(game, "direct")):
        advantages = results[f"advantage_{player + 1}"]
        for state, symbol in enumerate(row):
            gap = field.subtract(advantages[2 * state], advantages[2 * state + 1])
            if symbol in field.polynomial(gap.numerator).free_symbols:
                return False
    return True


def _check_theorem() -> Finding:
    stage = symbolic_game((2, 2))
    repeated = memory_one(stage, discount, name="symbolic", parameters=(*stage.parameters, (discount, Rational(1, 2))))
    shapes = {
        "2 players, one shot": stage,
        "3 players, one shot": symbolic_game((2, 2, 2)),
        "2 players, memory one": repeated,
    }
    for name, game in shapes.items():
        if not own_probability_is_absent(game):
            return Finding(Verdict.UNDECIDED, f"the own probability occurs in a gap's numerator ({name})")
    evidence = Evidence(
        "identity",
        "numerators of action-value gaps, all payoffs and the discount symbolic",
        f"no gap's numerator contains the player's own probability there: {', '.join(shapes)}",
        {"shapes": list(shapes)},
    )
    reason = "own moves in a mixed or unreached state leave the gradient along them at 0, so no strict decrease"
    return Finding(Verdict.PROVED, reason, (evidence,))


def _check_stag_hunt() -> Finding:
    game = stag_hunt()
    velocity = [row[0] for row in decompose(game, form="expanded").policy_gradient]
    symbols = [row[0] for row in parameters(game, "direct")]
    corners: dict[str, list[Expr]] = {}
    for corner, outward in (((1, 1), 1), ((0, 0), -1)):
        at = dict(zip(symbols, map(Integer, corner), strict=True))
        corners[str(corner)] = [outward * entry.subs(at) for entry in velocity]
    if not all(exact.definite_sign(form, game.ordering) == 1 for forms in corners.values() for form in forms):
        return Finding(Verdict.UNDECIDED, f"the policy gradient does not point out of both corners: {corners}")
    evidence = Evidence(
        "identity",
        "policy gradient at the corners, payoffs symbolic",
        "at (Stag, Stag) and (Hare, Hare) every component of v points out of the square: "
        + "; ".join(f"{corner}: {', '.join(map(str, forms))} > 0" for corner, forms in corners.items()),
        {"outward": {corner: [str(form) for form in forms] for corner, forms in corners.items()}},
    )
    return Finding(Verdict.PROVED, "both pure equilibria are strict, hence isolated and stable", (evidence,))


def _check_logit() -> Finding:
    game = stag_hunt()
    direct = decompose(game, "direct", 1, "expanded").program.closed_form()
    logit = in_probabilities(decompose(game, "logit", 1, "expanded").program, game).closed_form()
    for player, (symbol,) in enumerate(parameters(game, "direct"), start=1):
        slope, gap = logit[f"current_{player}"][0], direct[f"current_{player}"][0]
        if not exact.is_zero(slope - symbol * (1 - symbol) * gap) or symbol in gap.free_symbols:
            return Finding(Verdict.UNDECIDED, "the logit gradient is not p (1 - p) times a gap free of p")
    evidence = Evidence(
        "counterexample",
        "factorisation of the logit policy gradient, payoffs symbolic",
        "stag-hunt, logit: g_1 = p (1 - p) (gap without p); at a zero the gap is 0, so <v, phi - phi*> = 0 along x",
        {"direct_gap": [str(direct[f"current_{player}"][0]) for player in (1, 2)]},
    )
    reason = (
        "every finite logit policy is mixed, so by C18.theorem none is a stable equilibrium; pure ones are at infinity"
    )
    return Finding(Verdict.REFUTED, reason, (evidence,))


def reaching_profiles(game: Game) -> list[StationaryProfile]:
    """Pure profiles of a repeated game under which every observation is reached."""
    width = len(game.observations)
    found: list[StationaryProfile] = []
    for first in product((0, 1), repeat=width):
        for second in product((0, 1), repeat=width):
            seen, state = set(), 0
            while state not in seen:
                seen.add(state)
                row = game.transition[state][game.joint_actions.index((first[state], second[state]))]
                state = row.index(Integer(1))
            if len(seen) == width:
                found.append((first, second))
    return found


def _check_ipd() -> Finding:
    game = ipd()
    profiles = reaching_profiles(game)
    survivors = [
        profile for profile in profiles if all(best_deviation(game, profile, player) is None for player in (0, 1))
    ]
    if survivors:
        return Finding(Verdict.UNDECIDED, f"{len(survivors)} equilibria reach every observation")
    evidence = Evidence(
        "counterexample",
        "exact enumeration of pure profiles with deviation test",
        f"ipd: of 1024 pure profiles {len(profiles)} reach every observation and none of them is an equilibrium",
        {"game": game.name, "profiles_reaching_all": [[list(policy) for policy in profile] for profile in profiles]},
    )
    reason = "by C18.theorem a stable equilibrium is pure and reaches every observation; the memory-one game has none"
    return Finding(Verdict.REFUTED, reason, (evidence,))


CLAIMS = (
    Claim(
        "C18",
        "The assumption 'isolated stable equilibria' holds where the experiments run.",
        "paper, assumptions",
        scope="Stag Hunt with logit policies as published; memory-one IPD without horizon, not with 12 rounds",
        requires=("C18.logit", "C18.ipd"),
    ),
    Claim(
        "C18.theorem",
        "In a finite game whose policies see the state, no equilibrium is stable at which a player mixes in a reached "
        "state or a state is not reached.",
        "derived here",
        assumptions=("exact values", "stable: <v(phi), phi - phi*> < 0 for all policies phi near phi*"),
        scope="any finite game by the performance-difference lemma; the key identity is checked for two actions each",
        check=_check_theorem,
    ),
    Claim(
        "C18.stag-hunt",
        "In direct coordinates both pure equilibria of Stag Hunt are isolated and stable.",
        "derived here",
        assumptions=("R > T", "P > S"),
        scope="all payoffs of the class, symbolic",
        check=_check_stag_hunt,
    ),
    Claim(
        "C18.logit",
        "Stag Hunt has a stable equilibrium in logit coordinates.",
        "paper, assumptions and settings of the Stag Hunt runs",
        scope="all payoffs of the class, symbolic",
        check=_check_logit,
    ),
    Claim(
        "C18.ipd",
        "The memory-one IPD has a stable equilibrium in direct coordinates.",
        "paper, assumptions and settings of the IPD runs",
        scope="payoffs -1,-3,0,-2, gamma = 24/25, start in the empty history, no tremble",
        check=_check_ipd,
    ),
)
