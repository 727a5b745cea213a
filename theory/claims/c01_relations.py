"""C1.relations and C1.zeros: what each learning rule adds to policy gradient, and which rules keep the zeros of v."""

from __future__ import annotations

from sympy import Symbol

from theory import relations, updates
from theory.claims.model import Claim, Evidence, Finding, Refuted, Verdict
from theory.decomposition import rule_terms
from theory.exact import Undecided, is_zero
from theory.games import tandem
from theory.jets import freed
from theory.policies import parameters
from theory.relations import CANONICAL, SIMPLEST, relation, residual
from theory.symbols import alpha
from theory.updates import FORMS, Form

LONGEST = 2


def _check_relations() -> Finding:
    rows = []
    for name, rule in updates.REGISTRY.items():
        for form in FORMS:
            found = relation(name, form)
            for length in range(2, LONGEST + 1):
                if relation(name, form, length).coefficients != found.coefficients:
                    raise Refuted(f"{name}: the first-order part is not proportional to L")
            wrong = (found.coefficients[0] + 1, *found.coefficients[1:])
            if all(is_zero(freed(entry)) for entry in residual(rule, wrong, SIMPLEST, 0, form)):
                raise Undecided("the check cannot fail: it accepts a wrong coefficient")
            rows.append(
                {
                    "rule": name,
                    "form": form,
                    **{term: str(k) for term, k in zip(CANONICAL, found.coefficients, strict=True)},
                    "audit": {term: str(k) for term, k in found.audit.items()},
                    "consistency": [str(k) for k in relations.consistency_residual(name, form)],
                    "second_order": {
                        str(monomial): str(k) for monomial, k in relations.second_order_monomials(name, form).items()
                    },
                }
            )
    evidence = Evidence(
        "identity",
        "the rules' own code on an arbitrary smooth game, expanded in alpha; vector identities for three shapes",
        f"coefficients of {', '.join(CANONICAL)} for {len(updates.REGISTRY)} rules in both forms",
        {"rules": rows, "shapes": [list(shape) for shape in relations.SHAPES], "unrolls": list(range(1, LONGEST + 1))},
    )
    return Finding(
        Verdict.PROVED,
        "every rule's first-order part is a combination of four terms; expanded Meta-MAPG lacks (Dv v)_i and unrolled "
        "keeps it",
        (evidence,),
    )


def _check_zeros() -> Finding:
    keep = {(name, form): relations.keeps_zeros(name, form) for name in updates.REGISTRY for form in FORMS}
    moved = sorted({name for (name, _), kept in keep.items() if not kept})
    if not moved or all(not kept for kept in keep.values()):
        raise Undecided("the check tells no rules apart")
    for (name, form), kept in keep.items():
        # To first order what is left at a zero of v is the share of the shaping term.
        if not kept and is_zero(relation(name, form).coefficients[CANONICAL.index("shape")]):
            raise Refuted(f"{name}: moves zeros of v without a shaping term at first order")
    at_line = {name: _tandem(name, "unrolled") for name in ("lola", "lola-shaping", "lola-exact", "peer", "meta")}
    if set(at_line) - set(moved) or any(value == "0" for value in at_line.values()):
        raise Refuted("the tandem game's fixed points are kept by a rule that moves zeros elsewhere")
    evidence = Evidence(
        "counterexample",
        "exact update at a zero of v: arbitrary smooth game (jets), and the tandem game's line x + y = 1",
        f"{', '.join(moved)} move zeros of v; all others stand still at every one",
        {
            "keeps_zeros": [{"rule": name, "form": form, "keeps": kept} for (name, form), kept in keep.items()],
            "tandem_player_1_at_x_and_1_minus_x": at_line,
        },
    )
    return Finding(
        Verdict.PROVED,
        "the shaping term does not vanish with v; every other term and SOS's share of it do",
        (evidence,),
    )


def _tandem(rule: str, form: Form) -> str:
    """Player 1's correction on the tandem game's line of fixed points, with both coefficients 1."""
    game = tandem()
    (x,), (y,) = parameters(game, "direct")
    program = rule_terms(game, "direct", rule, 1, form)
    total = sum(row[0] for name, row in program.closed_form().items() if name.endswith("_1"))
    assert isinstance(x, Symbol) and alpha in program.inputs
    return str(total.subs(y, 1 - x).expand())


CLAIMS = (
    Claim(
        "C1.relations",
        "To first order in alpha every rule is g_i + alpha L times a combination of curve = H_ii g_i, look = "
        "sum_j H_ij g_j, shape = sum_j [grad_i grad_j V^j]^T grad_j V^i and pull = sum_j [grad_i grad_j V^j]^T g_j.",
        "derived here; Letcher et al. 2019, Willi et al. 2022 for LOLA, SOS and consistency",
        assumptions=("values are three times differentiable",),
        scope="every smooth game with (1,1), (2,1) or (1,1,1) parameters per player; L = 1 and 2",
        check=_check_relations,
    ),
    Claim(
        "C1.zeros",
        "Rules with a full shaping (peer-learning) term move zeros of v, among them the tandem game's fixed points; "
        "all others, SOS included, keep every one.",
        "Letcher et al. 2019, tandem game",
        assumptions=("exact values",),
        scope="every smooth game with (1,1), (2,1) or (1,1,1) parameters per player, L = 1",
        check=_check_zeros,
    ),
)
