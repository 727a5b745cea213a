"""Which powers of a schedule let the error vanish: C12.schedules.

Rule, over a grid of (p, q). SUPPORTED if for every 0 < p <= 1, q > 0 the exponent of the exact mean square is at least
:data:`STEEP` of the predicted one, and for all other pairs nearer to 0 than :data:`FLAT`; REFUTED if a pair of the
first kind is as flat as that; UNDECIDED otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numerics.evidence.model import Check, Run
from numerics.schedules import AMOUNT, NOISE, STEP, schedule_rows
from theory.claims import Evidence, Finding, Verdict

LENGTHS: Mapping[str, int] = {"quick": 2**13, "paper": 2**17}
STEEP, FLAT = 0.9, 0.05


def decided(rows: Sequence[Mapping[str, Any]]) -> Verdict:
    """The rule."""
    falling = [row for row in rows if row["vanishes"]]
    if any(row["exponent"] > -FLAT for row in falling):
        return Verdict.REFUTED
    steep = all(row["exponent"] <= STEEP * row["predicted"] for row in falling)
    flat = all(row["exponent"] > -FLAT for row in rows if not row["vanishes"])
    return Verdict.SUPPORTED if steep and flat else Verdict.UNDECIDED


def _check_schedules(run: Run) -> Finding:
    rows = schedule_rows(LENGTHS[run.profile])
    falling = [row for row in rows if row["vanishes"]]
    outside = [row for row in falling if not row["in_paper"]]
    told = ", ".join(f"({row['p']}, {row['q']}): {row['exponent']:.2f}" for row in outside)
    evidence = Evidence(
        "experiment",
        "exact mean and covariance of a linear game, step by step in floating point; nothing is sampled",
        f"cournot, a_n = {STEP} t^-p, lambda_n = {AMOUNT} t^-q, noise {NOISE}, {rows[0]['steps']} steps: of "
        f"{len(falling)} pairs with 0 < p <= 1, q > 0 the paper's condition leaves out {len(outside)}, with exponents "
        f"{told}",
        {"schedules": rows},
        len(rows),
    )
    reason = "the mean square falls as predicted for every 0 < p <= 1, q > 0, and for no other pair"
    verdict = decided(rows)
    return Finding(verdict, reason if verdict is Verdict.SUPPORTED else f"not so: {told}", (evidence,))


CHECKS: dict[str, Check] = {"C12.schedules": _check_schedules}
