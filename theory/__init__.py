"""Exact theory: games, policies, values, rules, decomposition, alignment, claims. Rationals and symbols only.

Public are the names below, the named games of :mod:`theory.games`, and the generators of :mod:`theory.strategies` for
tests of one's own. Other modules may change.
"""

from __future__ import annotations

try:
    import flint  # noqa: F401
except ModuleNotFoundError:  # not "flint": on PyPI that is another library
    raise ImportError("theory needs python-flint: pip install python-flint") from None

from theory import games
from theory.alignment import Alignment, align
from theory.decomposition import Decomposition, decompose
from theory.errors import BadInput
from theory.exact import Undecided
from theory.games import Game
from theory.games.files import load_game
from theory.order import OrderInclusion, order_inclusion
from theory.regions import Certificate, Dynamics, certify
from theory.separatrix import Separatrix, separatrix

__all__ = [
    "Alignment",
    "BadInput",
    "Certificate",
    "Decomposition",
    "Dynamics",
    "Game",
    "OrderInclusion",
    "Separatrix",
    "Undecided",
    "align",
    "certify",
    "decompose",
    "games",
    "load_game",
    "order_inclusion",
    "separatrix",
]
