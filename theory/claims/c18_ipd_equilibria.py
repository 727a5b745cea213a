"""C18 in the memory-one IPD: its strict equilibria with tremble, and the continuum of its cooperative ones without."""

from __future__ import annotations

import random

from sympy import Integer, Rational

from theory.claims.model import Claim, Evidence, Finding, Refuted, Verdict
from theory.cooperative_set import CooperativeSet, cooperative_set
from theory.equilibria import MixedProfile, StationaryProfile, mixed_deviation
from theory.exact import Undecided
from theory.games import Game, ipd
from theory.profiles import parse_profile
from theory.pure_equilibria import pure_equilibria, strict_for_small_tremble

NAMED = {"AllD": "AllD", "Grim": "Grim", "suspicious Grim": "D:CDDD"}
PAYOFFS = ({"R": -1, "S": -3, "T": 0, "P": -2}, {"R": 3, "S": 0, "T": 5, "P": 1})
DISCOUNTS = (Rational(9, 10), Rational(24, 25))
POINTS = 24
DENOMINATOR = 12


def _name(game: Game, profile: StationaryProfile) -> str:
    for name, words in NAMED.items():
        if parse_profile(game, words) == profile:
            return name
    return str(profile)


def _check_tremble() -> Finding:
    rows, lows = [], []
    for payoffs in PAYOFFS:
        for gamma in DISCOUNTS:
            game = ipd(**payoffs, gamma=gamma)
            ranges = {_name(game, found.profile): found for found in strict_for_small_tremble(game)}
            if set(ranges) != set(NAMED):
                return Finding(Verdict.REFUTED, f"{payoffs}, gamma = {gamma}: strict are {', '.join(ranges)}")
            untouched = pure_equilibria(game)
            if any(found.strict for found in untouched):
                raise Undecided("the check cannot fail: some equilibria are strict without tremble too")
            perfect = {_name(game, found.profile) for found in untouched if found.subgame_perfect}
            if perfect != set(NAMED):
                return Finding(Verdict.UNDECIDED, f"subgame perfect are {', '.join(sorted(perfect))}")
            lows += [found.low for found in ranges.values()]
            shown = {name: {"low": str(r.low), "high": str(r.high)} for name, r in ranges.items()}
            rows.append({**payoffs, "gamma": str(gamma), "equilibria_without": len(untouched), "strict_below": shown})
    evidence = Evidence(
        "identity",
        "best replies to all 32 x 32 pure profiles in exact rationals; roots of action gaps in the tremble isolated",
        f"both usual payoff sets, gamma = 9/10 and 24/25: with tremble strict exactly {', '.join(NAMED)}, each for "
        f"every tremble in (0, {min(lows)}) at least; without tremble {rows[0]['equilibria_without']} equilibria, none "
        "strict",
        {"games": rows},
    )
    return Finding(
        Verdict.PROVED,
        "every action gap of these three, and of no other profile, is positive for small trembles",
        (evidence,),
    )


def cooperative_profile(draw: random.Random) -> MixedProfile:
    """Cooperation on the path, other reactions drawn from multiples of 1/DENOMINATOR."""
    ticks = [[draw.randint(0, DENOMINATOR) for _ in range(3)] for _ in range(2)]
    rows = [[Integer(1), Integer(1), *(Rational(k, DENOMINATOR) for k in row)] for row in ticks]
    return tuple(tuple((entry, 1 - entry) for entry in row) for row in rows)


def _agreement(found: CooperativeSet, game: Game) -> tuple[int, int]:
    """Profiles inside and outside the set; every one is as the deviation test says.

    Raises:
        Refuted: one is not.
    """
    draw, inside = random.Random(0), 0
    for _ in range(POINTS):
        profile = cooperative_profile(draw)
        stable = all(mixed_deviation(game, profile, player) is None for player in (0, 1))
        if found.contains(profile) != stable:
            raise Refuted(f"the inequalities and the deviation test differ at {profile}")
        inside += stable
    return inside, POINTS - inside


def _check_cooperative_set() -> Finding:
    game = ipd()
    found = cooperative_set(game)
    inside, outside = _agreement(found, game)
    if not (inside and outside):
        raise Undecided("the check cannot fail: all profiles are on one side of the inequalities")
    draw = random.Random(0)
    if not any(min(found.slacks_at(cooperative_profile(draw))) > 0 for _ in range(POINTS)):
        return Finding(Verdict.UNDECIDED, "no policy has all inequalities strict, so the dimension is not shown")
    try:
        _agreement(cooperative_set(ipd(gamma=Rational(1, 2))), game)
    except Refuted:
        pass
    else:
        raise Undecided("the check cannot fail: it accepts the inequalities of another discount factor")
    names = ", ".join(f"{symbol} = 1" for symbol in found.ones)
    evidence = Evidence(
        "identity",
        "best among all 32 pure stationary replies, reduced by Bernstein signs; policy iteration at random policies",
        f"{game.name}: {names} and {len(found.slacks)} polynomial inequalities; {inside} of {POINTS} random policies "
        f"inside and {outside} outside, each as the deviation test says; those of another discount factor are refused",
        {
            "ones": [s.name for s in found.ones],
            "free": [s.name for s in found.free],
            "slacks": list(map(str, found.slacks)),
        },
    )
    return Finding(
        Verdict.PROVED,
        "the free reactions fill a set of dimension six, so no cooperative equilibrium is isolated",
        (evidence,),
    )


CLAIMS = (
    Claim(
        "C18.tremble",
        "With small trembles the memory-one IPD has strict, hence isolated and stable, pure equilibria: exactly AllD, "
        "Grim and suspicious Grim, each against itself.",
        "derived here",
        assumptions=("every action is replaced by a uniform one with probability epsilon", "direct coordinates"),
        scope="payoffs -1,-3,0,-2 and 3,0,5,1, gamma = 9/10 and 24/25; all pure stationary profiles",
        check=_check_tremble,
    ),
    Claim(
        "C18.cooperative-set",
        "Without tremble the equilibria with mutual cooperation on the path are those that meet exact inequalities; at "
        "the published payoffs they are a continuum.",
        "derived here; compare Akin's good strategies",
        scope="inequalities: memory-one repeated 2 x 2 games, all payoffs and gamma (the set may be empty or a point); "
        "continuum and comparison with the deviation test at payoffs -1,-3,0,-2, gamma = 24/25",
        check=_check_cooperative_set,
    ),
)
