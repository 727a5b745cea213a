"""Equilibria of one's own game: the target, all pure ones, mixed ones, which are stable, which a correction loses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from sympy import Integer, Rational

from theory.claims.c08_strict import TREMBLE
from theory.claims.c18_stable_equilibria import own_probability_is_absent
from theory.claims.model import Evidence, Finding, Verdict
from theory.claims.own_game_model import (
    LONGEST,
    OwnCheck,
    decimal,
    in_words,
    not_applicable,
    one_shot,
    target_actions,
    target_profile,
)
from theory.equilibria import StationaryProfile, best_deviation, is_strict, mixed_deviation, reached
from theory.exact import Undecided
from theory.games import AnyGame, Game, finite
from theory.ipd_alignment import rounded
from theory.mixed_equilibria import Component, mixed_equilibria
from theory.pure_equilibria import PureEquilibrium, StrictRange, pure_equilibria, strict_for_small_tremble, trembling
from theory.rest_points import corner_gaps, payoff_gaps, rest_bound, stays_projected, unrolled_gaps

LISTED = 6  # equilibria that a summary names
MOST_JOINT = 64  # joint actions up to which every profile of a one-shot game is also looked at by its slopes


# -------------------------------------------------------------------------------------------------------- the target


def _target(game: AnyGame) -> Finding:
    game = finite(game, "target")
    if not game.one_shot:
        return _played_by_equilibria(game)
    profile = target_profile(game)
    for player in range(game.players):
        deviation = best_deviation(game, profile, player)
        if deviation is not None:
            action = game.actions[player][deviation.reply[0]]
            shown = Evidence(
                "counterexample",
                "deviation test over all replies",
                f"player {player + 1} gains {deviation.gain} by {action}",
                {"player": player + 1, "reply": action, "gain": str(deviation.gain)},
            )
            return Finding(Verdict.REFUTED, "a player gains by deviating", (shown,))
    kind = "strict" if is_strict(game, profile) else "not strict"
    evidence = Evidence("identity", "deviation test over all replies", f"{kind} equilibrium", {"target": game.target})
    return Finding(Verdict.PROVED, f"no player gains by any deviation; the equilibrium is {kind}", (evidence,))


def _played_by_equilibria(game: Game) -> Finding:
    """Pure equilibria of a game with states that play the target: on their path, or (stochastic games) at the start."""
    actions = target_actions(game)
    starts = frozenset(s for s, weight in enumerate(game.start) if weight != 0)
    found = []
    for entry in pure_equilibria(game):
        where = starts if game.own_view is None else reached(game, entry.profile)
        if all(policy[s] == action for policy, action in zip(entry.profile, actions, strict=True) for s in where):
            found.append(entry)
    if not found:
        what = "no pure stationary equilibrium plays the target; punishments that mix are not enumerated"
        return Finding(Verdict.UNDECIDED, what, (_listing(game, found, "play the target"),))
    return Finding(
        Verdict.PROVED, "pure stationary equilibria play the target", (_listing(game, found, "play the target"),)
    )


# ---------------------------------------------------------------------------------------------------- pure equilibria


def _pure(game: AnyGame) -> Finding:
    game = finite(game, "pure equilibria")
    found = pure_equilibria(game)
    by_slopes = _equilibria_by_slopes(game)
    if by_slopes is not None and by_slopes != {entry.profile: entry.strict for entry in found}:
        raise Undecided("enumeration and slopes of the values find different pure equilibria")
    if found:
        return Finding(Verdict.PROVED, "all pure stationary profiles were tried", (_listing(game, found, "in all"),))
    gains = []
    for profile in product(*(product(range(len(names)), repeat=len(game.states)) for names in game.actions)):
        deviations = (best_deviation(game, profile, player) for player in range(game.players))
        first = next(deviation for deviation in deviations if deviation is not None)
        gains.append([in_words(game, profile), first.player + 1, str(first.gain)])
    shown = "; ".join(f"at {words} player {player} gains {gain}" for words, player, gain in gains[:LISTED])
    more = f"; and so on at all {len(gains)} profiles" if len(gains) > LISTED else ""
    evidence = Evidence("counterexample", "deviation test at every pure profile", shown + more, {"gains": gains})
    return Finding(Verdict.REFUTED, "at every pure profile a player gains by deviating", (evidence,))


def _equilibria_by_slopes(game: Game) -> dict[StationaryProfile, bool] | None:
    """Pure equilibria of a small one-shot game, and whether each is strict, from the slopes of v at every corner."""
    if not game.one_shot or len(game.joint_actions) > MOST_JOINT:
        return None
    found: dict[StationaryProfile, bool] = {}
    for joint in game.joint_actions:
        profile: StationaryProfile = tuple((action,) for action in joint)
        gaps = [gap for gap, _ in corner_gaps(game, profile).values()]
        if all(gap >= 0 for gap in gaps):
            found[profile] = all(gap > 0 for gap in gaps)
    return found


def _listing(game: Game, found: Sequence[PureEquilibrium], which: str) -> Evidence:
    rows = [
        {
            "profile": in_words(game, entry.profile),
            "payoffs": list(map(str, entry.payoffs)),
            "strict": entry.strict,
            "strict_on_path": entry.strict_on_path,
            "subgame_perfect": entry.subgame_perfect,
        }
        for entry in found
    ]
    named = [
        f"{row['profile']} pays {', '.join(map(_short, entry.payoffs))}{_kind(game, entry)}"
        for row, entry in zip(rows[:LISTED], found, strict=False)
    ]
    more = [f"and {len(rows) - LISTED} more"] if len(rows) > LISTED else []
    counted = f"{len(rows)} pure {'equilibrium' if len(rows) == 1 else 'equilibria'} {which}"
    summary = f"{counted}: {'; '.join([*named, *more])}" if rows else counted
    return Evidence(
        "identity", "policy iteration against every choice of the others' policies", summary, {"equilibria": rows}
    )


def _kind(game: Game, entry: PureEquilibrium) -> str:
    if game.one_shot or entry.strict:
        return ", strict" if entry.strict else ", not strict"
    return ", strict on its path" if entry.strict_on_path else ", not strict on its path"


def _stable(game: AnyGame) -> Finding:
    game = finite(game, "stability")
    strict = [entry for entry in pure_equilibria(game) if entry.strict]
    if not strict:
        evidence = Evidence(
            "counterexample",
            "C18.theorem: a stable equilibrium is pure and reaches every state; enumeration of the strict ones",
            "no pure equilibrium is strict, and where another action is as good, v is 0 along the way to it",
            {"strict": []},
        )
        return Finding(Verdict.REFUTED, "only a strict equilibrium can be stable, and there is none", (evidence,))
    least = {in_words(game, e.profile): min(gap for gap, _ in corner_gaps(game, e.profile).values()) for e in strict}
    if not all(gap > 0 for gap in least.values()):
        raise Undecided("a strict equilibrium has a slope of v that does not point into its corner")
    shown = "; ".join(f"{words}: least gap {gap}" for words, gap in list(least.items())[:LISTED])
    evidence = Evidence(
        "identity",
        "slopes of v at every strict equilibrium, from the decomposition's terms",
        f"{len(strict)} stable: {shown}; every other equilibrium is not",
        {"least_gaps": {words: str(gap) for words, gap in least.items()}},
    )
    return Finding(Verdict.PROVED, "at a strict equilibrium every gap is positive, hence nearby too", (evidence,))


# --------------------------------------------------------------------------------------------------- mixed equilibria


def _mixed(game: AnyGame) -> Finding:
    game = one_shot(game, "mixed equilibria")
    components = mixed_equilibria(game)
    if not own_probability_is_absent(game):
        raise Undecided("a player's gap depends on its own probability")
    for component in components:
        for p, q in _points(component):
            profile = (((p, 1 - p),), ((q, 1 - q),))
            if any(mixed_deviation(game, profile, player) is not None for player in (0, 1)):
                raise Undecided(f"the deviation test refuses the equilibrium {p}, {q}")
    mixing = [c for c in components if any({*point} - {Integer(0), Integer(1)} for point in _points(c))]
    rows = [[_sides(r.p), _sides(r.q)] for component in mixing for r in component.rectangles]
    content = {"components": [[[_sides(r.p), _sides(r.q)] for r in c.rectangles] for c in components]}
    if not mixing:
        what = f"{len(components)} pure, none in which a player mixes"
        evidence = Evidence("counterexample", "best replies on every support", what, content)
        return Finding(Verdict.REFUTED, "all equilibria are pure", (evidence,))
    continua = "" if all(c.is_point for c in mixing) else "; a continuum of equilibria"
    first, second = (names[0] for names in game.actions)
    action = "" if first == second else f" {second}"
    shown = "; or ".join(f"player 1 plays {first} with {p}, player 2{action} with {q}" for p, q in rows)
    evidence = Evidence(
        "identity",
        "best replies on every support; deviation test at corners and middles",
        f"{shown}{continua}; none is stable "
        "(C18.theorem; the gap of an action does not contain the player's own probability)",
        content,
    )
    return Finding(
        Verdict.PROVED, "found on the supports; where a player mixes, v is 0 along its own moves", (evidence,)
    )


def _points(component: Component) -> list[tuple[Rational, Rational]]:
    """Corners and middles of a component's rectangles."""
    found = []
    for r in component.rectangles:
        found += list(product((*r.p, (r.p[0] + r.p[1]) / 2), (*r.q, (r.q[0] + r.q[1]) / 2)))
    return found


def _sides(interval: tuple[Rational, Rational]) -> str:
    low, high = interval
    return str(low) if low == high else f"{low} to {high}"


# ------------------------------------------------------------------------------------- trembling hands, lost equilibria


def _tremble(game: AnyGame) -> Finding:
    game = finite(game, "tremble")
    if game.one_shot:
        return not_applicable("in a one-shot game every strict equilibrium stays strict under small trembles")
    found = strict_for_small_tremble(game)
    rows = [[in_words(game, entry.profile), _range(entry)] for entry in found]
    if not rows:
        what = "for no pure profile are all gaps positive at every small tremble"
        evidence = Evidence("counterexample", "gaps as functions of the tremble", what, {"strict": []})
        return Finding(Verdict.REFUTED, "no pure profile is strict for small trembles", (evidence,))
    shown = "; ".join(f"{words} {until}" for words, until in rows[:LISTED])
    more = f"; and {len(rows) - LISTED} more" if len(rows) > LISTED else ""
    evidence = Evidence("identity", "gaps as functions of the tremble, roots isolated", shown + more, {"strict": rows})
    return Finding(Verdict.PROVED, "decided from the gaps' lowest coefficients", (evidence,))


def _range(entry: StrictRange) -> str:
    return f"for trembles below {entry.low if entry.low == entry.high else rounded(entry.low)}"


def _kept(game: AnyGame) -> Finding:
    game = finite(game, "lost equilibria")
    if game.one_shot:
        tremble, profiles = Integer(0), [entry.profile for entry in pure_equilibria(game) if entry.strict]
    else:
        tremble = TREMBLE
        profiles = [entry.profile for entry in strict_for_small_tremble(game) if entry.low > tremble]
    if not profiles:
        return not_applicable("the game has no strict equilibrium that could be lost")
    played = trembling(game, tremble) if tremble else game.instance()
    bounds, pulls = {}, []
    for profile in profiles:
        found = rest_bound(game, profile, tremble)
        routes = [unrolled_gaps(played, profile)] + ([payoff_gaps(game, profile)] if game.one_shot else [])
        if any(route != found.gaps for route in routes):
            raise Undecided("the routes to the gaps differ")
        if found.bound is not None and (
            not stays_projected(played, profile, found.bound)
            or stays_projected(played, profile, found.bound * Rational(1001, 1000))
        ):
            raise Undecided("projected steps contradict the bound")
        bounds[in_words(game, profile)] = found.bound
        pulls += [pull for _, pull in found.gaps.values()]
    shown = "; ".join(f"{words} {_until(bound)}" for words, bound in list(bounds.items())[:LISTED])
    lost = [words for words, bound in bounds.items() if bound is not None]
    evidence = Evidence(
        "counterexample" if lost else "identity",
        "gaps of v and C from the decomposition and from a differentiated step"
        + (", and from the payoff table" if game.one_shot else f"; trembling hands, {tremble}"),
        shown,
        {"tremble": str(tremble), "bounds": {words: None if b is None else str(b) for words, b in bounds.items()}},
    )
    if lost:
        return Finding(Verdict.REFUTED, f"lost once lambda is large enough: {'; '.join(lost[:LISTED])}", (evidence,))
    way = "pushes further into the corner" if all(pull > 0 for pull in pulls) else "never pushes out of the corner"
    return Finding(Verdict.PROVED, f"at every strict equilibrium the correction {way}", (evidence,))


def _short(number: Rational, places: int = 4) -> str:
    return str(number) if len(str(number)) <= LONGEST else decimal(number, places)


def _until(bound: Rational | None) -> str:
    if bound is None:
        return "stays for every lambda"
    return f"stays for lambda <= {_short(bound, 8)}"


CHECKS = (
    OwnCheck("G.target", "The target is an equilibrium, or what equilibria of the repeated game play.", _target),
    OwnCheck("G.pure", "The game has a pure equilibrium.", _pure, "stationary policies", needs_target=False),
    OwnCheck("G.mixed", "The game has an equilibrium in which a player mixes.", _mixed, needs_target=False),
    OwnCheck(
        "G.stable",
        "The game has a stable equilibrium: <v, phi - phi*> < 0 near it.",
        _stable,
        "direct coordinates; in log-odds none is stable (C18.theorem)",
        needs_target=False,
    ),
    OwnCheck(
        "G.tremble",
        "A pure profile is a strict equilibrium for every small tremble of the hands.",
        _tremble,
        needs_target=False,
    ),
    OwnCheck(
        "G.kept",
        "The peer-learning correction loses no strict equilibrium, however large lambda is.",
        _kept,
        "direct coordinates under projection, expanded form, L = 1; in log-odds no strict equilibrium of a 2 x 2 game "
        "is lost (C8.logit-strict)",
        needs_target=False,
    ),
)
