"""What annealing recovers in numbers: C13.types and C13.same-end.

Rules. Types: SUPPORTED if every decay is what is predicted by the rule of its type (:class:`numerics.recovery.Decay`)
and the recursion's bound lies above the exact second moment at every time; REFUTED if a run without noise has another
type or exponent, or the bound fails; UNDECIDED if only an interval of noisy runs misses. Same end: SUPPORTED if every
run ends at the box's equilibrium itself, annealed and plain alike; REFUTED otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

from numerics.evidence.model import Check, Run
from numerics.recovery import Decay, cournot_decays, finite_decays, logit_decays, noisy_decays, same_ends
from numerics.statistics import wilson
from theory.claims import Evidence, Finding, Verdict

# Numbers of steps, runs and games by profile.
SETTINGS: Mapping[str, Mapping[str, int]] = {
    "quick": {"logit": 2**14, "power": 2**12, "noise": 2**12, "runs": 400, "2x2": 4, "two-state": 2, "starts": 50},
    "paper": {"logit": 2**18, "power": 2**16, "noise": 2**16, "runs": 4000, "2x2": 60, "two-state": 40, "starts": 200},
}


def _check_types(run: Run) -> Finding:
    sizes = SETTINGS[run.profile]
    quiet = [*finite_decays(), *logit_decays(sizes["logit"]), *cournot_decays(sizes["power"])]
    noisy, moments = noisy_decays(sizes["noise"], sizes["runs"], run.seed)
    bounded = all(row["exact"] <= row["bound"] for row in moments)
    evidence = (
        Evidence(
            "experiment",
            "runs with exact gradients against predicted types and exponents",
            "; ".join(map(_told, quiet)),
            {"recovery": [decay.row() for decay in quiet], "points": _points(quiet)},
            len(quiet),
        ),
        Evidence(
            "experiment",
            "runs with two-point noise; exact second moment of the linear game; leading order; recursion's bound",
            "; ".join(map(_told, noisy)) + f"; bound above the second moment at all {len(moments)} times: {bounded}",
            {
                "seed": run.seed,
                "recovery": [decay.row() for decay in noisy],
                "points": _points(noisy),
                "moments": moments,
            },
            sizes["runs"],
            noisy[-1].interval,
        ),
    )
    if not bounded or not all(decay.agrees for decay in quiet):
        return Finding(Verdict.REFUTED, "a decay has another type, or the bound fails", evidence)
    if not all(decay.agrees for decay in noisy):
        return Finding(Verdict.UNDECIDED, "an interval of the noisy runs misses the exact exponent", evidence)
    slower = "; ".join(decay.settings for decay in noisy if decay.slower)
    return Finding(
        Verdict.SUPPORTED, f"all types as predicted; slower than policy gradient's n^-p: {slower or 'none'}", evidence
    )


def _points(decays: list[Decay]) -> list[dict[str, object]]:
    return [row for decay in decays for row in decay.points()]


def _told(decay: Decay) -> str:
    what = f"{decay.name} {decay.method} ({decay.settings}): {decay.kind} {decay.measured:.4g}"
    if decay.interval is None or decay.exact is None or decay.limit is None:
        return f"{what}, predicted {decay.predicted:.4g}"
    low, high = decay.interval
    return (
        f"{what} [{low:.4g}, {high:.4g}], exact {decay.exact:.4g}, leading {decay.predicted:.4g}, limit {decay.limit:g}"
    )


def _check_same_end(run: Run) -> Finding:
    sizes = SETTINGS[run.profile]
    rows = same_ends(sizes["2x2"], sizes["two-state"], sizes["starts"], run.seed)
    same = sum(row["same"] for row in rows)
    interval = wilson(same, len(rows))
    evidence = Evidence(
        "experiment",
        "random games with certified boxes; floating-point runs with projection",
        f"in {same} of {len(rows)} boxes (share [{interval[0]:.3f}, {interval[1]:.3f}]) of {sizes['2x2']} random 2 x 2 "
        f"coordination games and {sizes['two-state']} random two-state games all {sizes['starts']} starts end at the "
        "equilibrium itself, annealed and under policy gradient",
        {"seed": run.seed, "recovery": rows},
        len(rows),
        interval,
    )
    if same < len(rows):
        return Finding(Verdict.REFUTED, "a run from a certified box ends elsewhere", (evidence,))
    return Finding(Verdict.SUPPORTED, "every run ends where policy gradient from the same point ends", (evidence,))


CHECKS: dict[str, Check] = {"C13.types": _check_types, "C13.same-end": _check_same_end}
