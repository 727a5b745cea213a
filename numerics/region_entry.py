"""Basin entry under each definition of the region: what "entered" means, side by side for the same runs.

* ``threshold``: both players' initial probability of the target action is at least the published .82;
* ``sign-box``, ``sublevel``: the policies lie in a certified region of the target (:mod:`theory.regions`), found anew;
* ``oracle``: policy gradient without correction, run to its limit, reaches the target (:mod:`numerics.oracle`).

The first three are sets of policies, so a run has a first step at which it is inside; the last is a basin, asked about
at the end of a run only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from numerics import basins
from numerics.basins import Oracle, Success
from numerics.certified_regions import CertifiedRegion
from numerics.chunks import chunk_length, label
from numerics.experiments import Experiment
from numerics.hitting_times import EntryTimes, first_entry, median_entry, paired_entry, restricted_mean
from numerics.multiplicity import simultaneous
from numerics.outcomes import Outcome
from numerics.published import published_experiment
from numerics.starts import draw, total
from numerics.statistics import paired_difference
from numerics.stretches import visited
from numerics.threads import available
from theory.games import Game
from theory.policies import Coordinates
from theory.regions import Dynamics, certify


@dataclass(frozen=True)
class Definition:
    """One meaning of "entered".

    Attributes:
        name: how it is called.
        words: what it is.
        success: the criterion.
    """

    name: str
    words: str
    success: Success


@lru_cache(maxsize=16)
def certified(game: Game, policy: Coordinates, target: str, kind: str) -> Definition:
    """A region proved now, under the flow of the game's policy gradient in these coordinates.

    Args:
        game: a game of players with two actions each.
        policy: coordinates.
        target: a pure profile in words.
        kind: ``sign-box`` or ``sublevel``.

    Raises:
        BadInput: there is no such region, or it is not supported.
    """
    certificate = certify(game, target, kind, dynamics=Dynamics(policy, None))
    region = CertifiedRegion(f"{kind} of {target}", json.loads(certificate.text))
    words = str(certificate).removeprefix("CERTIFIED: ")
    return Definition(kind, f"certified {kind} of {target}: {words}", region)


def definitions(game: Game, policy: Coordinates, targets: Mapping[str, Sequence[str]]) -> tuple[Definition, ...]:
    """All definitions for a game.

    Args:
        game: the game.
        policy: coordinates.
        targets: profiles in words, by kind of certified region.
    """
    published = published_experiment(game, ("pg",), 1, 0).success
    words = f"{published}: every player's initial probability of its target action, as published"
    return (
        Definition("threshold", words, basins.parse_success(published)),
        *(certified(game, policy, target, kind) for kind, named in targets.items() for target in named),
        Definition("oracle", "policy gradient without correction reaches the target", Oracle()),
    )


def share_rows(outcome: Outcome, asked: Sequence[Definition], confidence: float = 0.95) -> list[dict[str, Any]]:
    """Shares and gains over the first method under every definition, as JSON data; the gains are one family."""
    methods = [result.method for result in outcome.methods]
    base, others = methods[0], methods[1:]
    each = simultaneous(confidence, len(asked) * len(others))
    rows = []
    for definition in asked:
        found = {
            method: label(definition.success, outcome.experiment.learning(method), outcome[method].end)
            for method in methods
        }
        success = {method: entered for method, (entered, _) in found.items()}
        undecided = {method: unknown for method, (_, unknown) in found.items()}
        for method in others:
            gain = paired_difference(success[method], success[base], undecided[method], undecided[base], each)
            rows.append(
                {
                    "definition": definition.name,
                    "words": definition.words,
                    "method": method,
                    "share": float(success[method].mean()),
                    "against": base,
                    "base_share": float(success[base].mean()),
                    "gain": gain.difference,
                    "gain_interval": list(gain.interval),
                    "n": gain.total,
                    "undecided": gain.undecided,
                }
            )
    return rows


def entry_times(experiment: Experiment, method: str, definition: Definition) -> EntryTimes:
    """First steps at which the runs of a method are in a region that is a set of policies; every step is looked at.

    Raises:
        ValueError: the definition is a basin.
    """
    success = definition.success
    if isinstance(success, Oracle):
        raise ValueError("The oracle's basin is asked about at the end of a run only.")
    count = total(experiment)
    inside = np.zeros((experiment.steps + 1, count), dtype=bool)
    undecided = np.zeros_like(inside)
    length = chunk_length(experiment, method)
    for first in range(0, count, length):
        columns = slice(first, min(first + length, count))
        phi = draw(experiment, columns.start, columns.stop)
        place = experiment.game, experiment.coordinates
        inside[0, columns], undecided[0, columns] = basins.succeeded(success, *place, phi)
        for number, now in visited(experiment, method, phi, 0, experiment.steps, first, available()):
            inside[number, columns], undecided[number, columns] = basins.succeeded(success, *place, now)
    return first_entry(inside, undecided)


def time_rows(experiment: Experiment, asked: Sequence[Definition], confidence: float = 0.95) -> list[dict[str, Any]]:
    """First-entry times of every method into every set of policies, as JSON data.

    Restricted means have their own intervals; differences from the first method are one family.
    """
    sets = [definition for definition in asked if not isinstance(definition.success, Oracle)]
    base = experiment.methods[0]
    each = simultaneous(confidence, max(1, len(sets) * (len(experiment.methods) - 1)))
    rows = []
    for definition in sets:
        times = {method: entry_times(experiment, method, definition) for method in experiment.methods}
        for method, found in times.items():
            mean, middle = restricted_mean(found), median_entry(found)
            row: dict[str, Any] = {
                "definition": definition.name,
                "method": method,
                "horizon": found.horizon,
                "entered": int(found.entered.sum()),
                "n": mean.n,
                "censored": mean.censored,
                "undecided": mean.undecided,
                "restricted_mean": mean.mean,
                "interval": list(mean.interval),
                "median": middle.median,
                "entered_by_step": np.bincount(found.step[found.entered], minlength=found.horizon + 1)
                .cumsum()
                .tolist(),
            }
            if method != base:
                gap = paired_entry(found, times[base], each)
                row |= {
                    "against": base,
                    "difference": gap.difference,
                    "difference_interval": list(gap.interval),
                    "sooner": gap.sooner,
                    "later": gap.later,
                    "ties": gap.ties,
                    "p_value": gap.p_value,
                }
            rows.append(row)
    return rows
