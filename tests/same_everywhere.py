"""Prints, as JSON, what must be the same in every environment; the tests run it in other interpreters.

``python same_everywhere.py PART…``: ``values`` (exact values and printed formulas), ``certificates`` (their files),
``claims:ID,ID`` or ``claims:all`` (findings with all of their evidence), ``numbers`` (small simulations). It always
says where it ran. It needs the installed packages and nothing of the tests.
"""

from __future__ import annotations

import json
import platform
import sys
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from sympy import Rational
from sympy.external.gmpy import GROUND_TYPES

import theory
from theory.claims import LEDGER
from theory.derivation import derivation
from theory.exact import Undecided
from theory.games import REGISTRY

VALUES = (
    ("stag-hunt", "direct"),
    ("stag-hunt", "logit"),
    ("ipd", "direct"),
    ("ipd", "logit"),
    ("public-goods", "logit"),
)
CERTIFICATES: dict[str, tuple[str, dict[str, Any]]] = {
    "box": ("stag-hunt", {"target": "Stag,Stag"}),
    "ball": ("stag-hunt", {"target": "Hare,Hare", "kind": "sublevel", "dynamics": theory.Dynamics("logit")}),
    "refuted": ("stag-hunt", {"target": "Stag,Stag", "kind": "alignment", "box": ["around:Stag,Stag:1/4"]}),
    "Grim": ("ipd", {"target": "Grim", "box": ["around:Grim:1/1000"]}),
}


def where() -> dict[str, str]:
    libraries = ("sympy", "python-flint", "numpy", "scipy", "numba", "matplotlib")
    return {
        "python": platform.python_version(),
        "ground types": GROUND_TYPES,
        "theory": theory.__file__,
        **{name: version(name) for name in libraries},
    }


def values() -> dict[str, Any]:
    """Exact outputs of programs at a rational point, derivations as printed, and derived inequalities."""
    found: dict[str, Any] = {}
    for name, policy in VALUES:
        game = REGISTRY[name]()
        program = theory.decompose(game, policy).program
        point = {symbol: Rational(2 * k + 3, 5 * k + 11) for k, symbol in enumerate(program.inputs)}
        found[f"{name} {policy}"] = {block: list(map(str, row)) for block, row in program.at(point).items()}
    hunt = theory.games.stag_hunt()
    found["derivation"] = derivation(hunt, "direct", 1, "meta", "terminal").as_text()
    found["alignment"] = str(theory.order_inclusion(hunt, "logit").to_json())
    found["share"] = str(theory.separatrix(hunt).share(Rational(1, 10)))
    return found


def certificates() -> dict[str, str]:
    """Their files, byte for byte, and what the checker says."""
    found = {}
    for label, (name, options) in CERTIFICATES.items():
        certificate = theory.certify(REGISTRY[name](), **options)
        found[label] = f"{certificate.text}\n{certificate.report.outcome}: {certificate.report.reason}"
    return found


def claims(chosen: str) -> dict[str, Any]:
    """Findings of exact claims: verdict, reason, and every piece of evidence with the hash of its content."""
    wanted = None if chosen == "all" else chosen.split(",")
    found: dict[str, Any] = {}
    for claim in LEDGER:
        if claim.check is None or not (wanted is None or claim.id in wanted):
            continue
        try:
            finding = claim.check()
        except Undecided as reason:
            found[claim.id] = f"undecided: {reason}"
            continue
        content = [json.dumps(evidence.content, default=str, sort_keys=True) for evidence in finding.evidence]
        found[claim.id] = [
            str(finding.verdict),
            finding.reason,
            *(evidence.summary for evidence in finding.evidence),
            *(sha256(text.encode()).hexdigest() for text in content),
        ]
    return found


def numbers() -> dict[str, Any]:
    """Small simulations by exact and by sampled gradients: what is counted, and means."""
    from numerics import Experiment, simulate

    settings: dict[str, Any] = {"success": "initial-cooperation:0.82", "steps": 60, "seed": 3}
    found = {}
    for label, game, rest in (
        ("stag-hunt", theory.games.stag_hunt(), {"count": 200}),
        ("ipd", theory.games.ipd(), {"count": 40}),
        ("sampled", theory.games.stag_hunt(), {"count": 20, "gradient": "sampled", "batch": 16, "form": "expanded"}),
    ):
        outcome = simulate(Experiment(game, methods=("pg", "meta"), **settings, **rest))
        found[label] = outcome.to_json()["results"]
    return found


def main() -> None:
    parts = {"values": values, "certificates": certificates, "numbers": numbers}
    found: dict[str, Any] = {"where": where()}
    for part in sys.argv[1:]:
        name, _, chosen = part.partition(":")
        found[name] = claims(chosen) if name == "claims" else parts[name]()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
