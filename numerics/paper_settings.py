"""What the paper published and the settings it ran under, as data. No setting was chosen by its results.

The common settings stand in :mod:`numerics.published`; here is what differs from them. Where the paper leaves
something open, every reading that its words support is run, and no reading is preferred (but for the networks of claim
C17.published, which run from one kind of start and say so):

* Grids of starts: 140 steps from start probabilities .05 to .95. Batch 192 is stated for a grid of 21 × 21 only, 384
  for everything else, so grids of 51 × 51 and 11 × 11 are run with both. "As the peer coefficient grows" leaves the
  own-learning coefficient open: .35 throughout, or 0.
* Restarts: starts U(−3, 3), 120 steps, at most 12 restarts. Whether the first run counts, what a chain without success
  counts and how many runs there are at most is open (:data:`CHAINS`), and so is the number of chains. It is taken to be
  100, as for the main runs; all published percentages are whole.
* Annealing: 100 steps with peer coefficient 1.5, then decay; 260 or 2000 steps in all. Open: which of the two a share
  belongs to, and whether the own-learning coefficient (.35) decays too, stays, or is 0 as without own-learning. Starts
  as in the main runs.

Rows marked as references run with exact gradients, which the paper did not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from numerics.experiments import Experiment
from numerics.published import published_experiment
from theory.games import Game, ipd_finite, stag_hunt

PAPER = "Equilibrium Selection in Multi-Agent Policy Gradients via Opponent-Aware Basin Entry"
Design = Literal["main", "restarts", "grid 51", "grid 11", "annealing"]
Quantity = Literal[
    "success",
    "restart success",
    "mean restarts",
    "basin share",
    "annealed success",
    "noise variance",
    "alignment AUC",
    "games",
    "statement",
]

ARMS = (("PG", "pg"), ("Meta-PG", "own"), ("peer only", "peer"), ("Meta-MAPG", "meta"))
COEFFICIENTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
VARIANCE_BATCHES = (48, 96, 192, 384, 768)
EXACT = "exact gradients (reference)"


DECAY = "two-phase:100:0.7:30"  # of the annealing experiment


def coefficient_arm(peer: float) -> str:
    """The name of an arm of the 11 × 11 grid."""
    return f"peer coefficient {peer:g}"


# ------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Setting:
    """One reading of how some numbers were made.

    Attributes:
        game: makes the game.
        design: which experiment of the paper.
        name: of the reading; settings with one design and name are one reading of one table.
        arms: (arm in the paper's words, learning rule) of each.
        changes: settings that differ from the common ones.
        own_stays: after phase 1 only the peer-learning coefficient decays.
        reference: not a reading: what exact gradients would give.
    """

    game: Callable[[], Game]
    design: Design
    name: str
    arms: tuple[tuple[str, str], ...]
    changes: tuple[tuple[str, Any], ...]
    own_stays: bool = False
    reference: bool = False

    @property
    def on_grid(self) -> bool:
        """Whether the starts are a grid, so that only the draws are random."""
        return self.design.startswith("grid")

    def experiment(self, rule: str, count: int, seed: int) -> Experiment:
        """One arm as an experiment."""
        return published_experiment(self.game(), (rule,), count, seed, **dict(self.changes))


def _gradients(batch: int) -> tuple[tuple[str, bool, tuple[tuple[str, Any], ...]], ...]:
    """(name, reference, changes) of sampled learning with a batch, and of exact gradients."""
    return (
        (f"sampled, batch {batch}", False, (("gradient", "sampled"), ("batch", batch))),
        (EXACT, True, ()),
    )


def _main(game: Callable[[], Game]) -> list[Setting]:
    return [
        Setting(game, "main", name, ARMS, changes, reference=reference) for name, reference, changes in _gradients(384)
    ]


def _restarts(game: Callable[[], Game]) -> list[Setting]:
    epoch = (("init", "uniform:-3:3"), ("steps", 120))
    return [
        Setting(game, "restarts", name, ARMS, (*epoch, *changes), reference=reference)
        for name, reference, changes in _gradients(384)
    ]


def _grids() -> list[Setting]:
    sampled = [_gradients(batch)[0] for batch in (192, 384)]
    found = []
    for name, reference, changes in (*sampled, _gradients(384)[1]):
        cells = (("init", "grid:51:0.05:0.95"), ("steps", 140), *changes)
        found.append(Setting(stag_hunt, "grid 51", name, ARMS, cells, reference=reference))
        cells = (("init", "grid:11:0.05:0.95"), ("steps", 140), *changes)
        for rule, own in (("meta", "own .35"), ("peer", "own 0")):
            for peer in COEFFICIENTS:
                arm = ((coefficient_arm(peer), rule),)
                weighted = (*cells, ("peer", peer))
                found.append(Setting(stag_hunt, "grid 11", f"{name}, {own}", arm, weighted, reference=reference))
    return found


def _annealing() -> list[Setting]:
    found = []
    for steps in (260, 2000):
        for own, rule, stays in (
            ("own coefficient decays", "meta", False),
            ("own coefficient stays", "meta", True),
            ("own coefficient 0", "peer", False),
        ):
            run = (("gradient", "sampled"), ("batch", 256), ("steps", steps))
            name = f"{steps} steps, {own}"
            plain = (("PG", "pg"), ("constant", rule))
            found.append(Setting(stag_hunt, "annealing", name, plain, run))
            decaying = (*run, ("anneal", DECAY))
            found.append(Setting(stag_hunt, "annealing", name, (("two-phase", rule),), decaying, own_stays=stays))
    return found


SETTINGS = (
    *_main(stag_hunt),
    *_main(ipd_finite),
    *_restarts(stag_hunt),
    *_restarts(ipd_finite),
    *_grids(),
    *_annealing(),
)


@dataclass(frozen=True)
class Chains:
    """One reading of "mean restarts, at most 12".

    A chain is runs from fresh starts until the first success, which is run T.

    Attributes:
        name: of the reading.
        runs: the most runs of a chain, the first among them.
        first: what T = 1 counts: 1 if runs are counted, 0 if only those after the first.
        failure: what a chain without success counts, or ``None`` if such chains are left out.
    """

    name: str
    runs: int
    first: int
    failure: int | None


CHAINS = (
    Chains("runs, at most 12; none succeeds: 12", 12, 1, 12),
    Chains("runs, at most 12; only chains that succeed", 12, 1, None),
    Chains("runs after the first, at most 12 in all; none succeeds: 11", 12, 0, 11),
    Chains("runs after the first, at most 12 in all; only chains that succeed", 12, 0, None),
    # Also the failed runs among the first 12, where 12 runs are the most: the same number in every chain.
    Chains("runs after the first, at most 13 in all; none succeeds: 12", 13, 0, 12),
    Chains("runs after the first, at most 13 in all; only chains that succeed", 13, 0, None),
    Chains("runs, at most 13; none succeeds: 13", 13, 1, 13),
)


# ---------------------------------------------------------------------------------------------- published numbers


@dataclass(frozen=True)
class Published:
    """One published number or statement.

    Attributes:
        game: the game's name, or what was played.
        design: the experiment behind it; ``None`` if it is no arm of one.
        arm: who learns, in the paper's words.
        quantity: what was counted.
        value: the number; ``None`` for words.
        decimals: digits printed after the point (of a share, not of its percentage).
        runs: runs behind it: starts, chains or maps; ``None`` if unknown.
        statement: what is printed.
        known: what is known of its number of runs and setting.
        not_run: why nothing here can decide about it; empty if something can.
        cells: cells of one map, where a run is a map.
        paper: where it is printed.
        deviation: the paper prints none.
    """

    game: str
    design: Design | None
    arm: str
    quantity: Quantity
    value: float | None
    decimals: int
    runs: int | None
    statement: str
    known: str
    not_run: str = ""
    cells: int | None = None
    paper: str = PAPER
    deviation: None = None


_MAIN = "100 seeds, batch 384, 260 steps, starts N(0, 1.35^2): stated"
_CHAIN = "starts U(-3, 3), 120 steps, at most 12 restarts: stated; 100 chains: assumed, as for the main runs"
_MAP = "one map of 51 x 51 cells, 140 steps: stated; batch: stated for 21 x 21 only"
_CURVE = "one map of 11 x 11 cells: stated; batch, steps and own-learning coefficient: as for the other maps"
_ANNEALED = "80 seeds, batch 256, 100 steps of phase 1, power .7, scale 30: stated; 260 or 2000 steps: open"
_VARIANCE = "five batch sizes from 48 to 768, taken to double; point, update, draws behind each number: unknown"
_AUC = "51 x 51 cells: stated; inner product, direction, cells compared and margin: open"
_NEURAL = "two tanh layers of width 16, 100 seeds, DiCE-style second order: stated"
_NO_NEURAL = "not run with tables: see C17.published, which runs it with networks"
NEURAL_GAME = "ipd-finite, neural policies"


def _shares(game: str, values: tuple[float, ...]) -> list[Published]:
    return [
        Published(game, "main", arm, "success", value, 2, 100, f"success {value:.0%}", _MAIN)
        for (arm, _), value in zip(ARMS, values, strict=True)
    ]


def _chains(game: str, means: tuple[float, ...], shares: tuple[float, ...] = ()) -> list[Published]:
    names = [arm for arm, _ in ARMS]
    return [
        *(
            Published(game, "restarts", arm, "restart success", share, 2, 100, f"restart success {share:.0%}", _CHAIN)
            for arm, share in zip(names, shares or (), strict=bool(shares))
        ),
        *(
            Published(game, "restarts", arm, "mean restarts", mean, 2, 100, f"mean restarts {mean}", _CHAIN)
            for arm, mean in zip(names, means, strict=True)
        ),
    ]


def _map_shares() -> list[Published]:
    table = zip(ARMS, (0.259, 0.264, 0.429, 0.423), strict=True)
    curve = zip(COEFFICIENTS, (0.298, 0.322, 0.322, 0.380, 0.438, 0.455, 0.529, 0.628), strict=True)
    return [
        *(
            Published("stag-hunt", "grid 51", arm, "basin share", value, 3, 1, f"share {value}", _MAP, cells=51**2)
            for (arm, _), value in table
        ),
        *(
            Published(
                "stag-hunt",
                "grid 11",
                coefficient_arm(peer),
                "basin share",
                value,
                3,
                1,
                f"share {value}",
                _CURVE,
                cells=11**2,
            )
            for peer, value in curve
        ),
    ]


def _annealed() -> list[Published]:
    table = (("PG", 0.3125), ("constant", 0.4125), ("two-phase", 0.425))
    return [
        Published("stag-hunt", "annealing", arm, "annealed success", value, 4, 80, f"success {value:.2%}", _ANNEALED)
        for arm, value in table
    ]


def _variances() -> list[Published]:
    table = zip(VARIANCE_BATCHES, (0.127, 0.047, 0.023, 0.015, 0.006), strict=True)
    return [
        Published("stag-hunt", None, f"batch {batch}", "noise variance", value, 3, None, f"trace {value}", _VARIANCE)
        for batch, value in table
    ]


def _neural() -> list[Published]:
    return [
        Published(
            NEURAL_GAME,
            None,
            arm,
            "success",
            value,
            2,
            100,
            f"success {value:.0%}",
            _NEURAL,
            _NO_NEURAL,
        )
        for (arm, _), value in zip(ARMS, (0.0, 0.02, 0.11, 0.23), strict=True)
    ]


_LAW = "not run: the law that the games were drawn from is not stated; see C5.flux for 500 random games of our own"
_GAMES = "509 games: stated"
PUBLISHED = (
    *_shares("stag-hunt", (0.27, 0.27, 0.42, 0.42)),
    *_shares("ipd-finite", (0.08, 0.08, 0.32, 0.37)),
    # No restart success is printed for Stag Hunt.
    *_chains("stag-hunt", (1.71, 1.75, 1.24, 1.24)),
    *_chains("ipd-finite", (8.68, 7.90, 2.91, 2.13), (0.51, 0.57, 0.97, 1.0)),
    *_map_shares(),
    *_annealed(),
    *_variances(),
    Published("stag-hunt", "grid 51", "alignment", "alignment AUC", 0.741, 3, 1, "AUC .741", _AUC),
    Published("stag-hunt", "grid 51", "alignment / margin", "alignment AUC", 0.954, 3, 1, "AUC .954", _AUC),
    Published("coordination games", None, "hurt by Meta-MAPG", "games", 35, 0, 509, "35 of 509", _GAMES, _LAW),
    Published("coordination games", None, "hurt, mean alignment > 0", "games", 22, 0, 35, "22 of 35", _GAMES, _LAW),
    *_neural(),
    Published(
        "deep suite",
        None,
        "peer only, own only",
        "statement",
        None,
        0,
        None,
        "peer-only best, own-only destroys learning",
        "the authors' report; no numbers",
        _NO_NEURAL,
    ),
)
GAMES = tuple(dict.fromkeys(number.game for number in PUBLISHED))
