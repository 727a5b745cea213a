"""Learning rules. Adding one takes one file here and one line in :data:`REGISTRY`."""

from __future__ import annotations

from theory.updates import (
    competitive,
    consensus,
    current,
    lola,
    lola_exact,
    lola_shaping,
    lookahead,
    meta_mapg,
    meta_pg,
    peer_only,
    policy_gradient,
    sos,
    symplectic,
)
from theory.updates.model import FORMS, SPLITS, Form, Rule, Split, Term, Unroll

REGISTRY: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        policy_gradient.RULE,
        current.RULE,
        meta_pg.RULE,
        peer_only.RULE,
        meta_mapg.RULE,
        lookahead.RULE,
        lola_shaping.RULE,
        lola.RULE,
        lola_exact.RULE,
        sos.RULE,
        consensus.RULE,
        symplectic.RULE,
        competitive.RULE,
    )
}

__all__ = ["FORMS", "REGISTRY", "SPLITS", "Form", "Rule", "Split", "Term", "Unroll"]
