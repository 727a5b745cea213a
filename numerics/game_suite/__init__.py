"""The ready suite of ``pytest --game my-game.toml``: what can be asked of any one game, as property tests.

:data:`PROPERTIES` lists them. Each is checked at points, policies, schedules or neighbouring games that Hypothesis
draws and shrinks; its profile (``--hypothesis-profile``) says how many, its seed (``--hypothesis-seed``) which ones.
Where a property says nothing about a game its check says why in one sentence; where it fails, the smallest
counterexample comes with code that shows it. :mod:`numerics.pytest_plugin` turns all that into a test report.

From Python, without pytest::

    from numerics.game_suite import PROPERTIES, Subject

    subject = Subject.of("stag-hunt")
    for entry in PROPERTIES:
        entry.check(subject)
"""

from __future__ import annotations

from numerics.game_suite.aligned import alignment, alignment_conditions
from numerics.game_suite.bridge import bridges
from numerics.game_suite.certified import certificates
from numerics.game_suite.identities import correction_off, decompositions
from numerics.game_suite.model import Broken, NotApplicable, Property, Subject
from numerics.game_suite.recovered import recovery
from numerics.game_suite.symmetry import renamed, symmetric
from numerics.game_suite.targets import target

PROPERTIES: tuple[Property, ...] = (
    target(),
    *decompositions(),
    correction_off(),
    symmetric(),
    renamed(),
    alignment_conditions(),
    alignment(),
    *certificates(),
    recovery(),
    *bridges(),
)

__all__ = ["PROPERTIES", "Broken", "NotApplicable", "Property", "Subject"]
