"""Stag Hunt on a grid: two agents walk to one stag, which takes both, or each to a hare nearby.

The cells, by their letters, and the two hares; player 1 starts in l, player 2 in r::

    hare   s   hare        s: the stag's cell
      l    m    r

Both move at once, one cell or not at all; a move into a wall is none. Once both stand in the stag's cell they get R
each, and once one stands in a hare's cell it gets T and the other S, or P each if both do; then play ends. Everything
else pays 0: one alone with the stag waits. γ = 9/10, payoffs 4, 0, 3, 2 as in the named Stag Hunt.

States are the two agents' cells, player 1's first, and ``end``. A hare's cell is none of them, since play ends there,
so there are 4 · 4 − 1 + 1 = 16. Player 2 sees its own cell first; left stays left.

The class is γR > T, γR > P, P > S and R > 0. Meeting at the stag, two steps away, pays γR each, and leaving for the
hare at once pays T; both on their hares at once get P each, and hunting alone pays S. So both are equilibria in the
whole class, and the first one pays each player more.
"""

from __future__ import annotations

from itertools import product

from sympy import Expr, Integer, Rational

from theory.games.model import Game
from theory.symbols import P, R, S, T

DISCOUNT = Rational(9, 10)
LAYOUT = ("hsh", "lmr")
HARE, STAG, END = "h", "s", "end"
CELLS = "slmr"
MOVES = {"Stay": (0, 0), "Up": (-1, 0), "Down": (1, 0), "Left": (0, -1), "Right": (0, 1)}


def grid_stag_hunt(**parameters: object) -> Game:
    """Stag Hunt on a grid with parameters R, S, T, P (4, 0, 3, 2 unless given).

    Raises:
        BadInput: an unknown parameter, a value that is no exact number, or one outside the class.
    """
    pairs = [(a, b) for a, b in product(CELLS, repeat=2) if (a, b) != (STAG, STAG)]
    states = (*(a + b for a, b in pairs), END)
    joint = list(product(MOVES, repeat=2))
    outcomes = [[_outcome(_moved(a, x), _moved(b, y)) for x, y in joint] for a, b in pairs]
    outcomes.append([(END, _NOTHING)] * len(joint))
    game = Game(
        name="grid-stag-hunt",
        actions=(tuple(MOVES),) * 2,
        states=states,
        start=_certain(states, "lr"),
        transition=tuple(tuple(_certain(states, after) for after, _ in row) for row in outcomes),
        reward=tuple(tuple(paid for _, paid in row) for row in outcomes),
        discount=DISCOUNT,
        parameters=tuple(zip((R, S, T, P), map(Rational, (4, 0, 3, 2)), strict=True)),
        ordering=(DISCOUNT * R - T, DISCOUNT * R - P, P - S, R),
        target=("Right", "Left"),
        own_view=(
            tuple(range(len(states))),
            tuple(states.index(name if name == END else name[::-1]) for name in states),
        ),
    )
    return game.with_parameters(parameters)


def picture(state: str) -> str:
    """A state as text, row by row: S the stag, H a hare, and the players' numbers where they stand."""
    positions = "" if state == END else state
    rows = []
    for row in LAYOUT:
        cells = []
        for cell in row:
            players = "".join(str(k) for k, position in enumerate(positions, start=1) if position == cell)
            cells.append({HARE: "H", STAG: "S"}.get(cell, ".") + players.ljust(2))
        rows.append(" ".join(cells).rstrip())
    return "\n".join(rows)


_NOTHING = (Integer(0), Integer(0))


def _moved(cell: str, action: str) -> str:
    """The letter of the cell that a move leads to, ``h`` for a hare's."""
    ((row, column),) = [(r, line.index(cell)) for r, line in enumerate(LAYOUT) if cell in line]
    down, right = MOVES[action]
    inside = 0 <= row + down < len(LAYOUT) and 0 <= column + right < len(LAYOUT[0])
    return LAYOUT[row + down][column + right] if inside else cell


def _outcome(first: str, second: str) -> tuple[str, tuple[Expr, Expr]]:
    """The state after both have moved to these cells, and what they are paid."""
    if first == second == STAG:
        return END, (R, R)
    if HARE in (first, second):
        return END, (P, P) if first == second else (T, S) if first == HARE else (S, T)
    return first + second, _NOTHING


def _certain(states: tuple[str, ...], after: str) -> tuple[Expr, ...]:
    return tuple(Integer(int(state == after)) for state in states)
