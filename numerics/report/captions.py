"""What stands under figures and over tables, in the page's order; the sample document takes the same words.

A table or figure that is not named here comes after those that are, under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

TABLES: Mapping[str, str] = {
    "alignment": "Conditions under which the peer-learning correction points to the target at every policy.",
    "relations": "What each learning rule adds to policy gradient at first order in α: coefficients of the four terms "
    "curve, look, shape and pull of claim C1.relations.",
    "closed_form": "Exact basin shares of (Stag, Stag) beside simulated ones, direct coordinates, uniform starts.",
    "notions": "How often each notion of alignment calls the change of a random game's basin right.",
    "entry": "Success shares of the paired experiments, one row a method; all methods of one have the same starts.",
    "entry_times": "First-entry times in steps; runs that never enter count with the last step in restricted means.",
    "ablation": "Effect of each correction in every cell; the differences hold together over all rows.",
    "sweep": "Entry share as the peer coefficient grows; the shares of a game hold together.",
    "regions": "Entry of the same runs under each definition of the region; the gains of a game hold together.",
    "risk_dominance": "A family of Stag Hunts: entry in log-odds, and the exact shares in direct coordinates.",
    "trajectories": "Mean cosines of the policy gradient v and the correction C with the direction to the cooperative "
    "set of the iterated Prisoner's Dilemma, along runs, by distance from the set.",
    "certificates": "Every certified region: what it is, how large, and how runs from it converge.",
    "zero_shifts": "How far each learning rule moves an interior zero: coefficients of α and α².",
    "rest_bounds": "Up to which λ a strict equilibrium rests under the projected field, direct coordinates.",
    "drift": "The rate at the moved zero beside the paper's line and Weyl's bound, and the certified radii.",
    "speed_up": "Times into a ball with and without correction: the ratio against 1 + λ μ_M/μ, start by start.",
    "two_phase": "The two-phase theorem's step sizes, lengths and bound, and what was measured.",
    "recovery": "How runs come to the equilibrium, with and without annealing: fitted against predicted decay.",
    "annealing": "The published annealing experiment with more seeds, beside what was printed.",
    "restarts": "One epoch under each definition of the region: entry p, loss after entry δ, success s, and the cost.",
    "costs": "Expected cost of a success by restarting: steps times work of an update over the success share.",
    "reproduction": "Every published number beside ours, under every reading of its setting.",
    "neural": "Neural policies: share of starts that each arm brings to the target, and where its runs end.",
    "neural_alignment": "Share of policies at which the correction points to the target, in the table and in the "
    "network; “lost” are policies aligned in the table and turned away in the network.",
}

FIGURES: Mapping[str, str] = {
    "stag_hunt_basins": "Stag Hunt 4, 0, 3, 2, direct coordinates: simulated basins without and with the correction, "
    "and the separatrix in closed form.",
    "stag_hunt_portrait": "Phase portraits of v + λC for the same two λ, with saddle and separatrix.",
    "stag_hunt_regions": "Largest certified box and ball of both equilibria of Stag Hunt, inside the true basins.",
    "stag_hunt_proofs": "How the balls are proved: the square in parts by bisection, coloured by what settles each.",
    "residual": "Distance of two first-order forms to the exact update, over α. The form with every factor at φ₀ "
    "levels off: it leaves out a term of the order of the corrections (C1.at-phi0-size).",
    "closed_form": "Basin share of (Stag, Stag) against λ in direct coordinates: the closed form as a line, simulated "
    "shares with simultaneous intervals (C15.direct).",
    "sweep": "Entry share of Meta-MAPG against the size of the correction, with intervals (C15.sweep, C16.sweep).",
    "ablation": "Change of the entry share against policy gradient under own-learning, peer-learning and both (C4).",
    "published_shares": "Success share of every arm by how gradients are estimated, beside the published share.",
    "risk_dominance": "Share of (Stag, Stag) along a family of Stag Hunts in log-odds, with the exact curves of direct "
    "coordinates.",
    "ipd_alignment": "Where v and C point to the cooperative set of the iterated Prisoner's Dilemma, on slices through "
    "the symmetric policies (C7).",
    "ipd_boxes": "Sides of certified boxes in the iterated Prisoner's Dilemma: cube against large box.",
    "moved_zeros": "How a constant correction moves zeros: Stag Hunt's mixed equilibrium with its series, and the "
    "folds of two regularised games (C8).",
    "rest_bounds": "The largest λ for which each strict pure equilibrium rests under projection, and the published λ.",
    "drift": "The rate at the moved zero against λ: the paper's line, Weyl's line and the proved bound (C9).",
    "two_phases": "Distance from the equilibrium through both phases, with the theorem's radii (C12).",
    "two_phase_failures": "Failing share against the two-phase theorem's bound.",
    "schedules": "Exponents of the mean square distance over the powers (p, q) of a schedule (C12.schedules).",
    "recovery": "Distance to the equilibrium against time with and without annealing; lines have the predicted slopes.",
    "restart_tails": "Share of chains of restarts that last longer than k epochs, beside the geometric bound (C14).",
    "restart_costs": "Cost of a success under Meta-MAPG over that of restarting policy gradient.",
    "neural": "Learning curves of neural policies, mean over runs with its interval (C17).",
    "neural_kernels": "Cosine of a network's correction with the way to the target against the kernels' condition "
    "(C17.alignment).",
}


def ordered(names: Iterable[str], captions: Mapping[str, str]) -> dict[str, str]:
    """Captions of what is there: in the captions' order, then what has none under its own name."""
    there = sorted(names)
    others = {name: f"{spoken(name).capitalize()}." for name in there if name not in captions}
    return {name: caption for name, caption in captions.items() if name in there} | others


def spoken(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")
