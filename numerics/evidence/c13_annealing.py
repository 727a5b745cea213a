"""What annealing recovers in numbers: C13.types and C13.same-end.

Rules. Types: SUPPORTED if every decay is what is predicted by the rule of its type (:class:`numerics.recovery.Decay`)
and the recursion's bound lies above the exact second moment at every time; REFUTED if a run without noise has another
type or exponent, or the bound fails; UNDECIDED if only an interval of noisy runs misses.

Same end: REFUTED if a run that has entered ends elsewhere than at the box's equilibrium itself, annealed or by policy
gradient from the point of entry. SUPPORTED if none does and the runs could tell: all of them enter; a share of at
least :data:`LATE` is not at the equilibrium when it enters, so that the decay acts on it; and with the correction kept
no run of the two kinds ``lost`` and ``kept`` (:func:`numerics.same_ends.same_ends`) ends there. UNDECIDED otherwise.
Where λ_n is in the box's range throughout, the constant correction ends there too (C13.region): these rows show that
annealing does no harm, the other two kinds that it is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from numerics.evidence.model import Check, Run
from numerics.recovery import Decay, cournot_decays, finite_decays, logit_decays, noisy_decays
from numerics.same_ends import same_ends
from numerics.statistics import wilson
from theory.claims import Evidence, Finding, Verdict

# Numbers of steps, runs and games by profile.
SETTINGS: Mapping[str, Mapping[str, int]] = {
    "quick": {"logit": 2**14, "power": 2**12, "noise": 2**12, "runs": 400, "2x2": 2, "two-state": 1, "starts": 50},
    "paper": {"logit": 2**18, "power": 2**16, "noise": 2**16, "runs": 4000, "2x2": 20, "two-state": 12, "starts": 200},
}
LATE = 0.9  # share of runs that have to enter, with the decay begun, before they arrive


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
    kinds = Counter(row["kind"] for row in rows)
    evidence = Evidence(
        "experiment",
        "random games with certified boxes; floating-point runs with projection; control: the correction kept",
        f"in {same} of {len(rows)} boxes (share [{interval[0]:.3f}, {interval[1]:.3f}]) all starts end at the "
        f"equilibrium itself, annealed and by policy gradient from the point of entry; {_share(rows):.3f} of them "
        f"arrive after entry; boxes with lambda_n in range throughout: {kinds['within']}, with lambda at first beyond "
        f"what loses the equilibrium: {kinds['lost']}, or beyond what keeps another corner: {kinds['kept']}; with the "
        f"correction kept {_total(_beyond(rows), 'at_corner_with_constant_lambda')} of "
        f"{_total(_beyond(rows), 'starts')} starts of the last two kinds end there",
        {"seed": run.seed, "least_share_after_entry": LATE, "recovery": rows},
        len(rows),
        interval,
    )
    verdict, reason = same_end(rows)
    return Finding(verdict, reason, (evidence,))


def same_end(rows: Sequence[Mapping[str, Any]]) -> tuple[Verdict, str]:
    """The rule of C13.same-end, and what it saw."""
    entered = [row for row in rows if row["entered"] == row["starts"]]
    if not all(row["same"] for row in entered):
        return Verdict.REFUTED, "a run that has entered a certified box ends elsewhere"
    if len(entered) < len(rows):
        return Verdict.UNDECIDED, "a run does not enter its box"
    if _share(rows) < LATE:
        return Verdict.UNDECIDED, f"only {_share(rows):.3f} of the starts arrive after entry"
    if {row["kind"] for row in _beyond(rows)} != {"lost", "kept"}:
        return Verdict.UNDECIDED, "there is no game of each kind in which the constant correction ends elsewhere"
    if _total(_beyond(rows), "at_corner_with_constant_lambda"):
        return Verdict.UNDECIDED, "the check cannot fail: with the correction kept a run ends at the equilibrium too"
    return (
        Verdict.SUPPORTED,
        "every run ends where policy gradient from its point of entry ends, also where a constant correction does not",
    )


def _beyond(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows in which λ is at first beyond the box's range."""
    return [row for row in rows if row["kind"] != "within"]


def _total(rows: Sequence[Mapping[str, Any]], key: str) -> int:
    return sum(row[key] for row in rows)


def _share(rows: Sequence[Mapping[str, Any]]) -> float:
    """The share of starts that arrive after entry."""
    return _total(rows, "arrived_after_entry") / _total(rows, "starts")


CHECKS: dict[str, Check] = {"C13.types": _check_types, "C13.same-end": _check_same_end}
