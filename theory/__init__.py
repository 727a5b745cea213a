"""Exact theory: games, policies, values, rules, decomposition, alignment, claims. Rationals and symbols only."""

from __future__ import annotations

from theory import games
from theory.alignment import Alignment, align
from theory.decomposition import Decomposition, decompose
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import Game
from theory.order import OrderInclusion, order_inclusion
from theory.separatrix import Separatrix, separatrix

__all__ = [
    "Alignment",
    "BadInput",
    "Decomposition",
    "Game",
    "OrderInclusion",
    "Separatrix",
    "Undecided",
    "align",
    "decompose",
    "games",
    "order_inclusion",
    "separatrix",
]
