"""The derived formulas that a paper quotes, each under a name.

Every expression is put together from what the module that derives it gives; left sides and sentences only say what it
is. x′ = v + λC with C the peer-learning term at φ₀ over α; p, q are the players' probabilities of their first actions
at φ₀ and p′, q′ those at φ₁; R, S, T, P are the row payoffs [[R, S], [T, P]] of a symmetric game.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sympy import Add, Expr, Integer, Matrix, Min, Symbol, factor, symbols

from theory import stag_hunt_balls as balls
from theory.alignment import Alignment, align
from theory.cooperative_set import cooperative_set
from theory.corrected import Corrected, jacobian, policy_and_correction
from theory.decomposition import two_point_terms
from theory.exact import Undecided, is_zero, lowest_terms
from theory.flux import conserved_quantity, planar_field, straight_boundary
from theory.games import Game, ipd, prisoners_dilemma, stag_hunt
from theory.ipd_alignment import GRIM_PAYS, STATES, reduction
from theory.kernel_alignment import largest_sine
from theory.latex import latex, readable
from theory.moved_zeros import moved_zero_series
from theory.order import order_inclusion
from theory.policies import COORDINATES, in_probabilities, parameters
from theory.repeated_alignment import repeated_alignment
from theory.risk_dominance import majority
from theory.separatrix import separatrix
from theory.symbols import correction, discount
from theory.truncation import horizon, tail_factor
from theory.values import value_program

ORDER = 4  # of the moved zero's series
Formulas = Iterator["Formula"]


@dataclass(frozen=True)
class Formula:
    """A formula to quote.

    Attributes:
        name: kebab-case, the name of its LaTeX fragment.
        left: LaTeX of the left side.
        expression: the right side, exact.
        says: one plain sentence.
        relation: LaTeX between the two sides.
    """

    name: str
    left: str
    expression: Expr
    says: str
    relation: str = "="

    @property
    def latex(self) -> str:
        """The displayed mathematics alone, to stand in an environment of one's own."""
        return f"{self.left} {self.relation} {latex(self.expression)}"

    def __str__(self) -> str:
        return f"{self.name}: {self.latex}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


@cache
def formulas() -> tuple[Formula, ...]:
    """All of them, in the order of the claims. Derived once, in a few seconds.

    Raises:
        Undecided: a derivation does not have the form that its module states.
    """
    groups = (_terms, _alignment, _boundary, _majority, _moved_zeros, _regions, _repeated, _bounds)
    return tuple(formula for group in groups for formula in group())


def _terms() -> Formulas:
    """The terms of the exact update of player 1 in Stag Hunt, L = 1, and what the form at φ₀ leaves out."""
    game = stag_hunt()
    here = _firsts(game)
    there = [row[0] for row in parameters(game, "direct", "_next")]
    value = value_program(game, "direct").closed_form()["value"][0]
    yield Formula("stag-hunt-value", "V^1", readable(value, here), "The value of player 1 in Stag Hunt.")
    words = {
        "current": ("gradient", "g_1", "policy gradient at the end of the inner step"),
        "own": ("own-learning", r"\mathrm{own}_1", "own-learning correction"),
        "peer": ("peer-learning", r"\mathrm{peer}_1", "peer-learning correction"),
    }
    for policy in COORDINATES:
        program = two_point_terms(game, policy)
        if policy == "logit":
            program = in_probabilities(program, game, ("", "_next"))
        blocks = program.closed_form()
        for block, (name, left, what) in words.items():
            says = f"The {what} of player 1 in Stag Hunt, L = 1, {_coordinates(policy)}."
            yield Formula(f"stag-hunt-{policy}-{name}", left, readable(blocks[f"{block}_1"][0], [*here, *there]), says)
    phi, v, _ = policy_and_correction(game)
    missing = (jacobian(v, phi) * Matrix(v))[0]
    yield Formula(
        "stag-hunt-missing-term",
        "(Dv\\,v)_1",
        factor(missing),
        "What the form with every factor at φ₀ leaves out to first order in α, in Stag Hunt, direct coordinates.",
    )


def _alignment() -> Formulas:
    """The correction C and where it points to the target."""
    for policy in COORDINATES:
        found = align(stag_hunt(), policy)
        here = _firsts(found.game)
        where = f"Stag Hunt, {_coordinates(policy)}"
        yield Formula(
            f"stag-hunt-{policy}-correction", "C_1", readable(found.correction[0], here), f"The correction in {where}."
        )
        yield Formula(
            f"stag-hunt-{policy}-inner-product",
            r"\langle C,\, x^* - x\rangle",
            _inner_product(found),
            f"The correction's inner product with the direction to (Stag, Stag), {where}.",
        )
        yield _condition(f"stag-hunt-{policy}-alignment", found, where)
    dilemma = align(prisoners_dilemma().with_target(("C", "C")))
    yield _condition("prisoners-dilemma-alignment", dilemma, "the one-shot Prisoner's Dilemma, toward cooperation")
    yield Formula(
        "stag-hunt-logit-largest-step",
        r"\eta",
        order_inclusion(stag_hunt(), "logit").largest_step,
        "Up to which outer step the order theorem holds in log-odds at the published payoffs.",
        r"\le",
    )


def _condition(name: str, found: Alignment, where: str) -> Formula:
    (form,) = found.conditions
    says = f"The correction points to the target at every policy exactly where this is so: {where}."
    return Formula(name, "0", form, says, r"\le")


def _inner_product(found: Alignment) -> Expr:
    """⟨C, x* − x⟩ player by player, for the target (1, 1).

    Raises:
        Undecided: the players' parts do not add up to it.
    """
    here = _firsts(found.game)
    parts = [(1 - x) * entry for x, entry in zip(here, found.correction, strict=True)]
    if not is_zero(Add(*parts) - found.inner_product):
        raise Undecided("the inner product is not the sum of the players' parts")
    return Add(*(readable(factor(part), here) for part in parts), evaluate=False)


def _boundary() -> Formulas:
    """Basins of Stag Hunt in direct coordinates, and of policy gradient in log-odds."""
    line, straight = separatrix(stag_hunt()), straight_boundary(stag_hunt())
    share, slope = r"\mathrm{share}", r"\frac{\mathrm d\,\mathrm{share}}{\mathrm d\lambda}\Big|_{\lambda=0}"
    direct = "under v + λC, direct coordinates"
    yield Formula(
        "stag-hunt-mixed-equilibrium",
        "p^*",
        planar_field(stag_hunt(), "direct").saddle[0],
        "The mixed equilibrium of Stag Hunt.",
    )
    yield Formula(
        "boundary", "s^*(\\lambda)", _in_size(line.boundary), f"The basins meet where p + q = s*(λ), {direct}."
    )
    yield Formula(
        "boundary-slope",
        r"\frac{\mathrm ds^*}{\mathrm d\lambda}",
        _in_size(line.boundary_slope),
        f"How the boundary moves with λ, {direct}.",
    )
    yield Formula(
        "share-low",
        f"1 - {share}",
        _in_size(1 - line.share_low),
        f"One less the basin share of (Stag, Stag) for s* ≤ 1, uniform starts, {direct}.",
    )
    yield Formula(
        "share-high",
        share,
        _in_size(line.share_high),
        f"The basin share of (Stag, Stag) for s* ≥ 1, uniform starts, {direct}.",
    )
    yield Formula(
        "boundary-growth", r"\frac{(p + q)'}{p + q - s^*}", _in_size(line.growth), f"The rate of p + q, {direct}."
    )
    yield Formula(
        "boundary-contraction", r"-\frac{(p - q)'}{p - q}", _in_size(line.contraction), f"The rate of p − q, {direct}."
    )
    for name, upper, where in (("flux-low", False, "s* ≤ 1"), ("flux-high", True, "s* ≥ 1")):
        flux = straight.in_payoffs(straight.fluxes[upper, upper])
        yield Formula(name, slope, flux, f"The flux through the basin boundary for {where}, uniform starts, {direct}.")
    yield Formula(
        "conserved-quantity",
        "F(x)",
        conserved_quantity(stag_hunt(), "logit").levels[0],
        "F(x) − F(y) does not change under policy gradient in log-odds x, y; the boundary is its level set through the "
        "saddle.",
    )


def _majority() -> Formulas:
    """Risk dominance and payoff dominance as bounds on λ."""
    found = majority(stag_hunt())
    starts = "uniform starts, direct coordinates"
    yield Formula(
        "majority",
        "0",
        _in_size(found.surplus),
        f"(Stag, Stag) gets more than half of the {starts}, exactly where this is so.",
        "<",
    )
    yield Formula(
        "majority-threshold",
        "p^*",
        readable(found.threshold, [correction]),
        f"The same as a bound on the mixed equilibrium, {starts}.",
        "<",
    )
    yield Formula(
        "even-share", r"\lambda_{1/2}", factor(found.even), f"The λ at which (Stag, Stag) has half of the {starts}."
    )
    yield Formula(
        "largest-correction",
        r"\lambda",
        found.largest,
        "Up to which λ the closed form of the basin share is proved.",
        r"\le",
    )


def _moved_zeros() -> Formulas:
    """What a constant correction does to equilibria of Stag Hunt and the one-shot Prisoner's Dilemma."""
    game = stag_hunt()
    yield Formula(
        "moved-mixed-equilibrium",
        r"p^*_\lambda",
        _in_size(separatrix(game).boundary / 2),
        "The zero of v + λC that continues the mixed equilibrium of Stag Hunt, direct coordinates.",
    )
    logit = planar_field(game, "logit")
    p, q = logit.symbols
    weight = logit.slopes[1] ** 2
    field, pull = (game.value_of(form).subs(q, p) for form in (logit.own[0], weight * logit.spill[0]))
    series = moved_zero_series(Corrected((p,), (field,), (pull,), (game.value_of(logit.saddle[0]),)), ORDER)[0]
    yield Formula(
        "moved-mixed-equilibrium-logit",
        rf"p^*_\lambda + O(\lambda^{ORDER + 1})",
        Add(*(entry * correction**power for power, entry in enumerate(series)), evaluate=False),
        "The same in log-odds, at the payoffs 4, 0, 3, 2.",
    )
    yield Formula(
        "hare-rest-bound",
        r"\lambda",
        _rest_bound(game, 0),
        "Up to which λ (Hare, Hare) is a rest point of projected v + λC where T > P.",
        r"\le",
    )
    dilemma = prisoners_dilemma()
    yield Formula(
        "cooperation-created",
        r"\lambda",
        _rest_bound(dilemma, 1),
        "From which λ on (C, C) attracts in the one-shot Prisoner's Dilemma where R + P > S + T, though D is dominant.",
        ">",
    )


def _rest_bound(game: Game, corner: int) -> Expr:
    """The λ at which player 1's projected field changes sign at a symmetric corner."""
    phi, v, c = policy_and_correction(game)
    at = dict.fromkeys(phi, Integer(corner))
    return factor(lowest_terms(-v[0].subs(at) / c[0].subs(at)))


def _regions() -> Formulas:
    """Balls about (Stag, Stag) on which the distance to it falls, as :mod:`theory.stag_hunt_balls` proves them.

    Raises:
        Undecided: a step of a proof does not hold.
    """
    for field, facts in (("direct", balls.direct()), ("replicator", balls.replicator())):
        if not all(facts.values()):
            raise Undecided(f"the largest ball, {field}: a step of its proof does not hold")
    # W = |x − x*|²; the balls end at the mixed equilibrium, or at a corner's rest point.
    square = balls.u**2 + balls.w**2
    mixed = 1 - planar_field(stag_hunt(), "direct").saddle[0]
    level = factor(lowest_terms(square.subs({balls.u: mixed, balls.w: mixed})))
    corner = square.subs({balls.u: 1, balls.w: 0})
    ball = "The largest ball about (Stag, Stag) on which the distance to it falls"
    left = r"\|x - x^*\|^2"
    yield Formula("largest-ball-direct", left, level, f"{ball}: policy gradient, direct coordinates.", "<")
    yield Formula("largest-ball-replicator", left, Min(level, corner), f"{ball}: replicator dynamics.", "<")


def _repeated() -> Formulas:
    """The memory-one iterated Prisoner's Dilemma: total discounted values, γ the discount factor."""
    yield Formula(
        "grim-equilibrium",
        "0",
        GRIM_PAYS,
        "Grim is an equilibrium of the iterated game exactly where this is so.",
        r"\le",
    )
    for found in repeated_alignment(ipd()).profiles:
        profile, entries = found.profile, dict(zip(STATES, found.correction, strict=True))
        for state, where in (("0", "in the first round"), ("CC", "after CC")):
            yield Formula(
                f"ipd-{profile.lower()}-{'first' if state == '0' else state.lower()}",
                r"C_{\varnothing}" if state == "0" else rf"C_{{\mathrm{{{state}}}}}",
                entries[state].value,
                f"The correction of the probability to cooperate {where}, where both players play {profile}.",
            )
    for name in ("Grim", "TFT"):
        reduced = reduction(name)
        yield Formula(
            f"reduction-{name.lower()}",
            "0",
            reduced.stag_hunt_where,
            f"The repeated game in which both choose between {name} and AllD is a Stag Hunt exactly where this is so.",
            "<",
        )
    target = cooperative_set(ipd())
    free = set(target.free)
    for name, slack in zip(("after-dc", "after-dd"), target.slacks[:2], strict=True):
        yield Formula(
            f"cooperative-set-{name}",
            "0",
            readable(slack, sorted(slack.free_symbols & free, key=str)),
            "One of the inequalities under which mutual cooperation on the path is an equilibrium.",
            r"\le",
        )


def _bounds() -> Formulas:
    """Bounds that hold for every game."""
    yield Formula(
        "horizon-bias",
        r"\frac{|V^i - V^i_H|}{\max |r^i|}",
        discount**horizon * tail_factor(0, discount),
        "The bias of a value that is cut after H rounds; no smaller bound holds for every game.",
        r"\le",
    )
    least, most = symbols("m M", positive=True)
    yield Formula(
        "kernel-condition",
        r"\cos\angle(z, c)",
        lowest_terms(largest_sine(most / least)),
        "Every kernel with eigenvalues between m and M keeps c within a right angle of z exactly where this is so.",
        ">",
    )


def _in_size(form: Expr) -> Expr:
    """Factors as polynomials in λ, their coefficients factored."""
    return readable(factor(form), [correction])


def _firsts(game: Game) -> list[Symbol]:
    return [row[0] for row in parameters(game, "direct")]


def _coordinates(policy: str) -> str:
    return {"direct": "direct coordinates", "logit": "log-odds"}[policy]
