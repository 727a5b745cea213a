"""Tables of neural policies (claim C17): entry by arm, alignment along runs, and what the networks play in the end.

Those of :data:`TABLES` take the ledger's evidence, as (claim id, content) pairs, and read it; nothing is measured again
here, and nothing needs JAX.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np

from numerics.basins import PURE, mean_values
from numerics.compile import Array
from numerics.evidence_rows import Content, Evidence, rows_of, table_of
from numerics.policies import probabilities
from numerics.statistics import wilson
from numerics.tables import Cell, Table, interval, number
from theory.games import Game


def neural(evidence: Evidence) -> Table:
    """Share of starts that each arm brings to the target, and where its runs end."""
    columns = ("game", "gradient", "arm", "share", "95% interval", "n", "undecided", "ends")
    rows = [
        (
            row["game"],
            row["gradient"],
            row["arm"],
            number(row["share"], ".4f"),
            interval(row["interval"]),
            number(row["n"]),
            number(row["undecided"]),
            ", ".join(f"{name} {count}" for name, count in sorted(row["ends"].items())),
        )
        for row in rows_of(evidence, "neural")
    ]
    return table_of(columns, rows, "lllrlrrp{5cm}")


def neural_alignment(evidence: Evidence) -> Table:
    """Share of policies at which the correction points to the target, in the table and in the network.

    *Still* counts networks without a direction, *away* policies at which the correction points away; what neither
    points there nor away has a cosine too near to 0 for a sign. *Lost* are those aligned in the table and turned away
    in the network.
    Intervals are Wilson's, cosines and condition numbers medians over what is not still.
    """
    columns = (
        "arm", "step", "n", "still", "aligned in the table", "95% interval of the table", "away in the table",
        "aligned in the network", "95% interval of the network", "away in the network", "lost",
        "95% interval of the lost", "cosine in parameters", "in log-odds", "of the table", "condition number",
    )  # fmt: skip
    rows = [
        (
            row["arm"],
            number(row["step"]),
            number(row["n"]),
            number(row["still"]),
            *_counted(row, "table"),
            number(row["table_away"]),
            *_counted(row, "network"),
            number(row["network_away"]),
            *_counted(row, "lost"),
            *(_median(row[f"cosine_{place}"], "+.3f") for place in ("parameters", "policy", "table")),
            _median(row["condition"] and row["condition"][1], ".0f"),
        )
        for row in rows_of(evidence, "alignment")
    ]
    return table_of(columns, rows, "lrrrrlrrlrrlrrrr")


TABLES: Mapping[str, Callable[[Evidence], Table]] = {"neural": neural, "neural_alignment": neural_alignment}


def _counted(row: Content, field: str) -> tuple[str, str]:
    return number(row[field] / row["n"], ".4f"), interval(wilson(row[field], row["n"]))


def _median(value: float | None, spec: str) -> str:
    return "" if value is None else number(value, spec)


def end_policies(game: Game, ends: Array, least: int = 2) -> Table:
    """Which policies runs end at: actions after every observation, players' mean values, number of runs.

    An action stands by its first letter, ``?`` where none is played with probability 0.9 (``numerics.basins.PURE``).
    The last row is all pairs of policies at which fewer than ``least`` runs end.

    Args:
        game: the game.
        ends: log-odds, shape (log-odds, runs).
        least: runs from which on a pair of policies has a row of its own.
    """
    played = [_letters(game, ends, player) for player in range(game.players)]
    pairs = list(zip(*played, strict=True))
    values = mean_values(game, "logit", ends)
    rows, rest = [], 0
    for pair, count in sorted(Counter(pairs).items(), key=lambda item: (-item[1], item[0])):
        if count < least:
            rest += count
            continue
        mean = values[:, np.array([other == pair for other in pairs])].mean(1)
        shown = ", ".join(f"{value:z.2f}" for value in mean)
        rows.append((*pair, Cell(shown, ", ".join(map(str, mean))), number(count)))
    if rest:
        rows.append((*("other",) * game.players, "", number(rest)))
    after = ", ".join(game.observations)
    heads = [f"player {player + 1} after {after}" for player in range(game.players)]
    return table_of((*heads, "mean values", "n"), rows, "l" * game.players + "lr")


def _letters(game: Game, ends: Array, player: int) -> list[str]:
    """A player's actions after every observation, one text a run."""
    letters = np.array([name[0] for name in game.actions[player]])
    columns = []
    for observation in range(len(game.observations)):
        chances = probabilities(game, "logit", ends, player, observation)
        columns.append(np.where(chances.max(0) >= PURE, letters[chances.argmax(0)], "?"))
    return ["".join(row) for row in zip(*columns, strict=True)]
