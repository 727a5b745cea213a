"""What a simulation found, as Python objects, as the contract's JSON and as files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import policies, starts
from numerics.array_files import Pieces, write_arrays
from numerics.basins import Labels
from numerics.compile import Array
from numerics.experiments import Experiment
from numerics.files import write_whole
from numerics.provenance import provenance
from numerics.sample_size import resolved_difference
from numerics.statistics import PairedDifference, Share
from numerics.store import Arrays
from numerics.tables import Table

_DRAWN = 2**16  # starts in memory while they are written


@dataclass(frozen=True)
class MethodResult:
    """One method's outcome.

    Attributes:
        method: the rule's name.
        share: successes among the starts. On a grid its Wilson interval has no meaning and is not reported.
        discretisation: on a grid, a bound on |share of grid points − share of the area|; else ``None``.
        ends: number of ends of each class.
        welfare: mean over the finite ends of the players' summed mean values; ``None`` if there is none.
        exploitability: mean over the finite ends of the most a player gains by a best reply, in mean values; ``None``
            for a differentiable game or if there is none.
        parts: arrays of the starts, in order; from a store each is read when it is asked for. Empty if none was kept.
    """

    method: str
    share: Share
    discretisation: float | None
    ends: dict[str, int]
    welfare: float | None
    exploitability: float | None
    parts: Sequence[Arrays] = field(repr=False)

    @cached_property
    def success(self) -> Labels:
        """Label of every start, shape (starts,)."""
        return self._whole("success")

    @cached_property
    def undecided(self) -> Labels:
        """Starts without a verdict, shape (starts,)."""
        return self._whole("undecided")

    @cached_property
    def end(self) -> Array:
        """Where every start ended, shape (parameters, starts)."""
        return self._whole("ends")

    @cached_property
    def paths(self) -> Array:
        """φ every so many steps, shape (frames, parameters, starts); no frame unless asked for."""
        return self._whole("paths")

    def _whole(self, name: str) -> NDArray[Any]:
        if len(self.parts) == 1:
            return self.parts[0][name]
        return np.concatenate([part[name] for part in self._kept()], axis=-1)

    def _kept(self) -> Sequence[Arrays]:
        if not self.parts:
            raise ValueError("simulate(..., keep=False) keeps the arrays of single starts in a store only.")
        return self.parts

    def pieces(self, name: str) -> Pieces:
        """An array as pieces, one for each part; only one is in memory at a time."""
        leading = self._kept()[0][name].shape[:-1]
        return Pieces((*leading, self.share.total), lambda: (part[name] for part in self._kept()))


@dataclass(frozen=True)
class Paired:
    """Difference in success of method ``a`` over method ``b`` from the same random starts."""

    a: str
    b: str
    difference: PairedDifference


@dataclass(frozen=True)
class Outcome:
    """What :func:`numerics.simulation.simulate` found.

    Attributes:
        experiment: its settings.
        methods: one result per method, in the order asked for.
        paired: every pair of methods; empty for a grid, whose points are no sample.
    """

    experiment: Experiment
    methods: tuple[MethodResult, ...]
    paired: tuple[Paired, ...]

    def __getitem__(self, method: str) -> MethodResult:
        """The result of one method by name."""
        return next(result for result in self.methods if result.method == method)

    @cached_property
    def starts(self) -> Array:
        """Where the runs started, shape (parameters, starts)."""
        return starts.draw(self.experiment)

    def _drawn(self) -> Iterator[Array]:
        total = self.methods[0].share.total
        return (starts.draw(self.experiment, k, min(k + _DRAWN, total)) for k in range(0, total, _DRAWN))

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON object (schema_version 1)."""
        settings = {name: value for name, value in vars(self.experiment).items() if name != "game"}
        game = self.experiment.game
        return {
            "schema_version": 1,
            "game": {"name": game.name, "parameters": {s.name: str(value) for s, value in game.parameters}},
            "config": settings,
            "results": [_result_json(result) for result in self.methods],
            "paired": [
                {
                    "a": pair.a,
                    "b": pair.b,
                    "difference": pair.difference.difference,
                    "interval": list(pair.difference.interval),
                    "p_value": pair.difference.p_value,
                }
                for pair in self.paired
            ],
        }

    def table(self) -> Table:
        """Shares, ends, welfare and exploitability, one row per method."""
        on_grid = self.methods[0].discretisation is not None
        columns = (
            "method",
            "successes",
            "share",
            "± discretisation" if on_grid else "95% interval",
            "undecided",
            "ends",
            "welfare",
            "exploitability",
        )
        return Table(columns, tuple(_row(result) for result in self.methods), ("l", "r", "r", "l", "r", "l", "r", "r"))

    def differences(self) -> Table:
        """Paired differences, one row per pair.

        The last column is the least difference that McNemar's test finds with power .8 at this n, if as many pairs are
        discordant as here: smaller ones need more starts.
        """
        rows = []
        for pair in self.paired:
            low, high = pair.difference.interval
            estimate = f"{pair.difference.difference:+.4f}"
            p_value = f"{pair.difference.p_value:.3g}" if pair.difference.p_value > 0 else "< 1e-300"
            total, discordant = pair.difference.total, pair.difference.gained + pair.difference.lost
            resolved = resolved_difference(total, discordant / total) if discordant else None
            shown = "none" if resolved is None else f"{resolved:.4f}"
            rows.append((f"{pair.a} − {pair.b}", estimate, f"[{low:+.4f}, {high:+.4f}]", p_value, str(total), shown))
        columns = ("pair", "difference", "95% interval", "McNemar p", "n", "resolved")
        return Table(columns, tuple(rows), ("l", "r", "l", "r", "r", "r"))

    def _repr_markdown_(self) -> str:
        return self.table().markdown() + ("\n" + self.differences().markdown() if self.paired else "")

    def save(self, folder: Path) -> list[Path]:
        """Write ``simulation.json`` (settings, results, layout) and ``simulation.npz`` (arrays); returns their paths.

        Raises:
            BadInput: the folder cannot be written.
        """
        total = self.methods[0].share.total
        parameters = policies.names(self.experiment.game, self.experiment.coordinates)
        arrays = {"starts": Pieces((len(parameters), total), self._drawn)}
        for result in self.methods:
            for name in ("ends", "success", "undecided", "paths"):
                pieces = result.pieces(name)
                if 0 not in pieces.shape:
                    arrays[f"{name}_{result.method}"] = pieces
        header = {
            **self.to_json(),
            "arrays": {name: list(pieces.shape) for name, pieces in arrays.items()},
            "layout": {
                "starts, ends": "(parameters, starts)",
                "paths": "(frames, parameters, starts), one frame every so many steps from step 0",
            },
            "parameters": list(parameters),
            "provenance": provenance(),
        }
        return [
            write_arrays(folder / "simulation.npz", arrays),
            write_whole(folder / "simulation.json", json.dumps(header, indent=1, ensure_ascii=False) + "\n"),
        ]


def _row(result: MethodResult) -> tuple[str, ...]:
    share = result.share
    low, high = share.interval
    spread = f"[{low:.4f}, {high:.4f}]" if result.discretisation is None else f"± {result.discretisation:.4f}"
    ends = ", ".join(f"{name} {count}" for name, count in result.ends.items())
    counted = (f"{share.successes}/{share.total}", f"{share.fraction:.4f}", spread, str(share.undecided), ends)
    means = (("" if mean is None else f"{mean:.4g}") for mean in (result.welfare, result.exploitability))
    return (result.method, *counted, *means)


def _result_json(result: MethodResult) -> dict[str, Any]:
    on_grid = result.discretisation is not None
    row = {
        "method": result.method,
        "successes": result.share.successes,
        "total": result.share.total,
        "fraction": result.share.fraction,
        "interval": None if on_grid else list(result.share.interval),
        "undecided": result.share.undecided,
        "ends": result.ends,
        "welfare": result.welfare,
        "exploitability": result.exploitability,
    }
    return {**row, "discretisation": result.discretisation} if on_grid else row
