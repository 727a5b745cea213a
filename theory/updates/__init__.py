"""Learning rules. Adding one takes one file here and one line in :data:`REGISTRY`."""

from __future__ import annotations

from theory.updates import current, meta_mapg, meta_pg, peer_only, policy_gradient
from theory.updates.model import FORMS, Form, Rule, Unroll

REGISTRY: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        policy_gradient.RULE,
        current.RULE,
        meta_pg.RULE,
        peer_only.RULE,
        meta_mapg.RULE,
    )
}

__all__ = ["FORMS", "REGISTRY", "Form", "Rule", "Unroll"]
