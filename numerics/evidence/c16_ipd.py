"""C16 in numbers: the exact memory-one field at the published learning settings."""

from __future__ import annotations

from numerics.evidence.model import NOT_IN_PROFILE, Check, Run
from numerics.evidence.paired import rises_against_policy_gradient
from numerics.published import published_experiment
from theory.claims import Finding
from theory.games import ipd, ipd_finite
from theory.updates import Form


def _check(run: Run, form: Form) -> Finding:
    experiment = published_experiment(ipd(), ("pg", "meta"), run.count("C16"), run.seed, form=form)
    return rises_against_policy_gradient(experiment, run)


def _check_horizon(run: Run) -> Finding:
    count = run.count("C16.horizon")
    if not count:
        return NOT_IN_PROFILE
    experiment = published_experiment(ipd_finite(), ("pg", "meta"), count, run.seed)
    return rises_against_policy_gradient(experiment, run)


CHECKS: dict[str, Check] = {
    "C16.expanded": lambda run: _check(run, "expanded"),
    "C16.unrolled": lambda run: _check(run, "unrolled"),
    "C16.horizon": _check_horizon,
}
