"""C1.sampled…: the decomposition when the inner loop is sampled (Kim et al. 2021, Theorem 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

from sympy import Add, Expr, Integer, Mul, Rational, Symbol, diff, symbols

from theory import exact
from theory.claims.identities import random_point
from theory.claims.model import Claim, Evidence, Finding, Refuted, Verdict
from theory.decomposition import decompose, differentiated_unroll
from theory.exact import Undecided
from theory.games import Game, memory_one, prisoners_dilemma, stag_hunt, stag_hunt_3
from theory.games.symbolic import symbolic_game
from theory.jets import Jet, SmoothPoint
from theory.policies import local_policies, parameters
from theory.program import Blocks, Builder, Program
from theory.sampling.inner_loop import differentiated_objective, first_orders, sampled_terms
from theory.sampling.trajectories import score, trajectories
from theory.symbols import alpha
from theory.values import Parameters

TERMS = ("current", "identity", "own", "peer")
THROUGH = ("identity", "own", "peer")

# Parameters of each player for which the identity is proved outcome by outcome.
SMOOTH_SHAPES = ((1, 1), (2, 2), (1, 1, 1))

# Every 2 × 2 game: closed forms in all payoffs and probabilities for these batches.
CLOSED_BATCHES = (1, 2)

# (trajectories, K): free samples for which the coefficients of α and α² are proved.
FREE_SAMPLES = ((4, 1), (4, 2), (3, 3))


def _two_rounds() -> Game:
    return memory_one(prisoners_dilemma(), Rational(24, 25), name="prisoners-dilemma, 2 rounds", horizon=2).instance()


def _two_by_two() -> Game:
    return symbolic_game((2, 2))


def _three_players() -> Game:
    return stag_hunt_3().instance()


# (game, policy, K): the sum is compared at random exact points; in the first, the coefficients of α too.
ORDER_CASES = ((stag_hunt, "logit", 2),)
SUM_CASES = (*ORDER_CASES, (_three_players, "direct", 1), (_two_rounds, "direct", 1))
POINTS = 2


# ------------------------------------------------------------------------------------ the product rule, per outcome


def product_rule_residuals(shape: Sequence[int], player: int, held: bool, keep: Sequence[str] = TERMS) -> list[Expr]:
    """Derivative of P(φ₀) Vⁱ(φ₀ + α ĝ(φ₀)) in φ₀ⁱ less the sum of the kept terms, for one batch of probability P.

    P, Vⁱ and ĝ are arbitrary smooth functions (jets).

    Args:
        shape: parameters of each player.
        player: i.
        held: whether ĝ_j depends on φʲ alone, as a REINFORCE step on a held batch does; else on all of φ₀.
        keep: the terms summed.
    """
    start: Parameters = tuple(
        tuple(Symbol(f"phi_{j + 1}_{m + 1}", real=True) for m in range(size)) for j, size in enumerate(shape)
    )
    flat = [symbol for row in start for symbol in row]
    labels = iter(range(len(shape) + 1, len(shape) + 1 + len(flat)))
    steps = [[_function(next(labels), row if held else flat) for _ in row] for row in start]
    end = SmoothPoint(
        tuple(
            tuple(entry + alpha * step for entry, step in zip(row, rows, strict=True))
            for row, rows in zip(start, steps, strict=True)
        )
    )
    chance, value = _function(len(shape), flat), end.value(player)
    residuals = []
    for m, symbol in enumerate(start[player]):
        through = [
            alpha * chance * Add(*(diff(step, symbol) * slope for step, slope in zip(rows, slopes, strict=True)))
            for rows, slopes in zip(steps, (end.gradient(player, j) for j in range(len(shape))), strict=True)
        ]
        terms = {
            "current": diff(chance, symbol) * value,  # P ∇ log P = ∇P
            "identity": chance * end.gradient(player, player)[m],
            "own": through[player],
            "peer": Add(*(entry for j, entry in enumerate(through) if j != player)),
        }
        residuals.append(diff(chance * value, symbol) - Add(*(terms[name] for name in keep)))
    return residuals


def _function(label: int, arguments: Sequence[Symbol]) -> Expr:
    return Jet(Integer(label), *(Integer(0) for _ in arguments), *arguments)


def _product_rule() -> Evidence:
    for shape in SMOOTH_SHAPES:
        for player in range(len(shape)):
            for held in (True, False):
                if not _vanishes(product_rule_residuals(shape, player, held)):
                    raise Refuted(f"the sum of the terms is not the derivative for shape {shape}")
            if not _vanishes(product_rule_residuals(shape, player, True, ("current", "identity", "own"))):
                raise Refuted(f"the peer term of held REINFORCE steps is not 0 for shape {shape}")
            if _vanishes(product_rule_residuals(shape, player, False, ("current", "identity", "own"))):
                raise Undecided("the check cannot fail: it accepts the sum without the peer term")
            if _vanishes(product_rule_residuals(shape, player, True, THROUGH)):
                raise Undecided("the check cannot fail: it accepts the sum without the current term")
    return Evidence(
        "identity",
        "product rule for one batch with arbitrary smooth probability, inner gradient and values (jets)",
        f"the four terms sum to the derivative for {len(SMOOTH_SHAPES)} shapes, hence for every finite set of batches; "
        "with inner gradients of own parameters the peer term is 0; a missing term is noticed",
        {"shapes": [list(shape) for shape in SMOOTH_SHAPES], "value": "sum over batches of P(B) V_i(phi_1(B))"},
    )


def _vanishes(entries: Sequence[Expr]) -> bool:
    """Whether every entry is identically zero; an undecided entry counts as not shown to be zero."""
    try:
        return all(exact.is_zero(entry) for entry in entries)
    except Undecided:
        return False


# ----------------------------------------------------------------------------------------- sums against the derivative


def _added(terms: Mapping[str, Sequence[Expr]], player: int, names: Sequence[str] = TERMS) -> list[Expr]:
    return [Add(*entries) for entries in zip(*(terms[f"{name}_{player}"] for name in names), strict=True)]


@dataclass(frozen=True)
class Closed:
    """Outputs of several programs with the same inputs, as rational functions of them.

    Attributes:
        field: the rational functions of the inputs.
        blocks: elements of the field by program and block.
    """

    field: exact.QuotientField
    blocks: Mapping[str, Mapping[str, Sequence[exact.Quotient]]]

    def expressions(self, kind: str) -> Blocks:
        """One program's outputs as SymPy."""
        return {name: tuple(map(self.field.expression, row)) for name, row in self.blocks[kind].items()}

    def is_derivative(self, kind: str, names: Sequence[str], player: int) -> bool:
        """Whether the named terms of one player (one parameter, counted from 1) sum to the derivative of J."""
        parts = [self.blocks[kind][f"{name}_{player}"][0] for name in names]
        gap = self.field.subtract(self.blocks["derivative"][f"total_{player}"][0], sum(parts[1:], parts[0]))
        return not gap.numerator

    def orders(self, element: exact.Quotient, count: int = 3) -> list[Expr]:
        """The first coefficients of an element that is a polynomial in α."""
        axis = self.field.generators.index(alpha)
        if any(powers[axis] for powers in element.denominator.to_dict()):
            raise Undecided("a closed form has alpha in its denominator")
        context, terms = element.numerator.context(), element.numerator.to_dict()
        parts: list[dict[tuple[int, ...], Any]] = [{} for _ in range(count)]
        for powers, coefficient in terms.items():
            if powers[axis] < count:
                parts[powers[axis]][(*powers[:axis], 0, *powers[axis + 1 :])] = coefficient
        reduced = (exact.Quotient.reduced(context.from_dict(part), element.denominator) for part in parts)
        return [self.field.expression(quotient) for quotient in reduced]


@lru_cache
def _closed(batch: int) -> Closed:
    """Both splits, the derivative, the exact inner loop's and the first orders of every 2 × 2 game, direct."""
    programs = _programs(_two_by_two, "direct", batch)
    field = exact.QuotientField(programs["reinforce"].inputs)
    return Closed(field, {name: program.run(field.values, field.constant) for name, program in programs.items()})


def _programs(make: Callable[[], Game], policy: str, batch: int) -> dict[str, Program]:
    game = make()
    reinforce, derivative = _sum_programs(make, policy, batch)
    return {
        "reinforce": reinforce,
        "score-weighted": sampled_terms(game, policy, batch, "score-weighted"),
        "derivative": derivative,
        "exact": differentiated_unroll(game, policy),
        "first": first_orders(game, policy, batch),
    }


def _closed_sums() -> Evidence:
    for batch in CLOSED_BATCHES:
        closed = _closed(batch)
        for player in (1, 2):
            if not closed.is_derivative("reinforce", TERMS, player):
                raise Refuted(f"2 x 2 games, K = {batch}: the sum of the terms is not the derivative")
            if any(closed.is_derivative("score-weighted", names, player) for names in (TERMS, THROUGH)):
                raise Undecided("the check cannot fail: it accepts another inner gradient's terms")
    closed = _closed(1)
    shown = {**closed.expressions("reinforce"), **closed.expressions("derivative")}
    return Evidence(
        "identity",
        "closed forms: enumerated objective differentiated step by step against the enumerated terms",
        "every 2 x 2 game, direct, K = 1 and 2: the same rational function of phi_0, alpha and all payoffs; "
        "score-weighted terms, with or without the current term, are refused",
        {"batches": list(CLOSED_BATCHES), "K=1": {block: [str(e) for e in row] for block, row in shown.items()}},
    )


@lru_cache
def _sum_programs(make: Callable[[], Game], policy: str, batch: int) -> tuple[Program, Program]:
    game = make()
    return sampled_terms(game, policy, batch), differentiated_objective(game, policy, batch)


def _point_sums(make: Callable[[], Game], policy: str, batch: int) -> Evidence:
    game = make()
    terms, whole = _sum_programs(make, policy, batch)
    points = [random_point(terms.inputs, seed) for seed in range(POINTS)]
    for point in points:
        parts, total = terms.at(point), whole.at(point)
        for player in range(1, game.players + 1):
            if tuple(_added(parts, player)) != total[f"total_{player}"]:
                raise Refuted(f"{game.name}, {policy}, K = {batch}: the two routes differ at {point}")
            if tuple(_added(parts, player, THROUGH)) == total[f"total_{player}"]:
                raise Undecided("the check cannot fail: it accepts the sum without the current term")
    return Evidence(
        "identity",
        "exact rational points: enumerated objective differentiated step by step against the enumerated terms",
        f"{game.name}, {policy}, K = {batch}: equal at {POINTS} random rational points of all inputs; dropping the "
        "current term is noticed",
        {"game": game.name, "policy": policy, "K": batch, "points": [_listed(point) for point in points]},
    )


def _listed(point: Mapping[Symbol, Rational]) -> dict[str, str]:
    return {symbol.name: str(value) for symbol, value in point.items()}


def _check_sum() -> Finding:
    return Finding(
        Verdict.PROVED,
        "outcome by outcome the sum is the product rule; the enumerated objective differentiates to it",
        (_product_rule(), _closed_sums(), *(_point_sums(*case) for case in SUM_CASES)),
    )


# ------------------------------------------------------------------------------------------- orders in the step size


@dataclass(frozen=True)
class Orders:
    """Coefficients of 1, α, α² of a sampled update, per block and parameter, and what is said of them.

    Attributes:
        place: which game, policy, batch size and point.
        series: blocks of ``reinforce``, ``score-weighted``, ``derivative`` (of J) and ``exact`` (of Vⁱ(φ₀ + αg)).
        first: blocks of :func:`theory.sampling.inner_loop.first_orders`.
        players: their number.
    """

    place: str
    series: Mapping[str, Mapping[str, Sequence[Sequence[Expr]]]]
    first: Mapping[str, Sequence[Expr]]
    players: int

    def coefficients(self, kind: str, order: int, player: int, names: Sequence[str]) -> list[Expr]:
        """Coefficients of α^order in the sum of the named blocks of one player (counted from 1)."""
        rows = zip(*(self.series[kind][f"{name}_{player}"] for name in names), strict=True)
        return [Add(*(entry[order] for entry in entries)) for entries in rows]

    def said(self, player: int, *names: str) -> list[Expr]:
        """Sum of the named first-order blocks; a name with a minus sign is subtracted."""
        signed = [(-1 if name[0] == "-" else 1, self.first[f"{name.lstrip('-')}_{player}"]) for name in names]
        return [Add(*(sign * row[m] for sign, row in signed)) for m in range(len(signed[0][1]))]


@lru_cache
def closed_orders(batch: int) -> Orders:
    """Of every 2 × 2 game in direct coordinates, in all payoffs and probabilities."""
    closed = _closed(batch)
    series = {
        kind: {name: [closed.orders(element) for element in row] for name, row in closed.blocks[kind].items()}
        for kind in closed.blocks
        if kind != "first"
    }
    return Orders(f"every 2 x 2 game, direct, K = {batch}", series, closed.expressions("first"), 2)


@lru_cache
def point_orders(make: Callable[[], Game], policy: str, batch: int) -> tuple[tuple[Orders, ...], tuple[str, ...]]:
    """At random exact points of all inputs but α (each also as text)."""
    game = make()
    programs = _programs(make, policy, batch)
    first = programs.pop("first")
    found, listed = [], []
    for seed in range(POINTS):
        point = random_point(first.inputs, seed)
        here = first.at(point)
        del point[alpha]
        series = {kind: program.taylor(point, alpha, 2) for kind, program in programs.items()}
        found.append(Orders(f"{game.name}, {policy}, K = {batch}, point {seed}", series, here, game.players))
        listed.append(str(_listed(point)))
    return tuple(found), tuple(listed)


def split_gaps(orders: Orders, player: int) -> list[Expr]:
    """What vanishes if the first-order effect of the sampling sits where C1.sampled-split says."""
    of = orders.coefficients
    gaps = [
        of("reinforce", 0, player, ["current"]),
        *(of("reinforce", k, player, ["peer"]) for k in range(3)),
        _less(of("reinforce", 1, player, ["current"]), orders.said(player, "peer", "scored")),
        _less(of("reinforce", 1, player, ["own"]), orders.said(player, "own", "-scored")),
        _less(of("score-weighted", 1, player, ["peer"]), orders.said(player, "peer")),
        _less(of("score-weighted", 1, player, ["own"]), orders.said(player, "own")),
        _less(of("score-weighted", 1, player, ["identity"]), of("reinforce", 1, player, ["identity"])),
    ]
    return [entry for row in gaps for entry in row]


def dice_gaps(orders: Orders, player: int) -> list[Expr]:
    """What vanishes if score-weighted terms relate to the derivative as C1.sampled-dice says."""
    of = orders.coefficients
    dropped = [
        _less(of("derivative", k, player, ["total"]), of("score-weighted", k, player, THROUGH)) for k in range(3)
    ]
    kept = [_less(of("score-weighted", k, player, TERMS), of("derivative", k, player, ["total"])) for k in range(2)]
    gaps = [
        *dropped[:2],
        _less(dropped[2], orders.said(player, "remainder")),
        kept[0],
        _less(kept[1], orders.said(player, "peer", "scored")),
    ]
    return [entry for row in gaps for entry in row]


def noise_gaps(orders: Orders, player: int) -> list[Expr]:
    """What vanishes if the sampled inner loop differs from the exact one as C1.sampled-noise says."""
    of = orders.coefficients
    gaps = [_less(of("derivative", k, player, ["total"]), of("exact", k, player, ["total"])) for k in range(3)]
    gaps[2] = _less(gaps[2], orders.said(player, "noise"))
    return [entry for row in gaps for entry in row]


def _less(left: Sequence[Expr], right: Sequence[Expr]) -> list[Expr]:
    return [a - b for a, b in zip(left, right, strict=True)]


def _order_evidence(
    gaps: Callable[[Orders, int], list[Expr]], controls: Sequence[str], shown: str
) -> tuple[Evidence, ...]:
    """A statement about coefficients of α, for every 2 × 2 game and at points of others.

    Args:
        gaps: what must vanish.
        controls: first-order blocks without which it must not, hence which must not vanish.
        shown: the statement in short.
    """
    found = []
    for batch in CLOSED_BATCHES:
        orders = closed_orders(batch)
        _compare(orders, gaps, controls)
        said = {name: [str(e) for e in orders.said(1, name)] for name in controls}
        found.append(
            Evidence(
                "identity",
                "closed forms, expanded in alpha, against moments of one trajectory",
                f"{orders.place}: {shown}, in all payoffs and probabilities",
                {"K": batch, "player_1": said},
            )
        )
    for case in ORDER_CASES:
        at_points, listed = point_orders(*case)
        for orders in at_points:
            _compare(orders, gaps, controls)
        found.append(
            Evidence(
                "identity",
                "exact Taylor coefficients in alpha against moments of one trajectory",
                f"{at_points[0].place.rsplit(',', 1)[0]}: {shown}, at {POINTS} random rational points",
                {"points": list(listed)},
            )
        )
    return tuple(found)


def _compare(orders: Orders, gaps: Callable[[Orders, int], list[Expr]], controls: Sequence[str]) -> None:
    for player in range(1, orders.players + 1):
        if not all(exact.is_zero(entry) for entry in gaps(orders, player)):
            raise Refuted(f"{orders.place}: the coefficients are not as stated")
        for name in controls:
            less = replace(
                orders, first={**orders.first, f"{name}_{player}": [Integer(0)] * len(orders.said(player, name))}
            )
            if _vanishes(gaps(less, player)):
                raise Undecided(f"the check cannot fail: it accepts the statement without {name}")


# --------------------------------------------------------------------------------- any finite sample, any smooth value


@dataclass(frozen=True)
class FreeSample:
    """What must vanish for K trajectories drawn from finitely many, with arbitrary probabilities, scores and steps.

    One parameter of player i and a step of two parameters; V up to second derivatives is all that α² sees.

    Attributes:
        scored: coefficients 1, α, α² of E[S V(φ₁)] − α E[mean(s X)ᵀ ∇V(φ₁)], the last plus E[s XᵀHX]/(2K).
        spread: coefficient of α² in E V(φ₁) − V(φ₀ + αg), less ½ tr(Σ_K H).
        remainder: −E[s XᵀHX]/(2K).
        trace: ½ tr(Σ_K H).
    """

    scored: tuple[Expr, Expr, Expr]
    spread: Expr
    remainder: Expr
    trace: Expr


def free_sample(outcomes: int, batch: int) -> FreeSample:
    """The moments of batches of that size from that many trajectories, all free but Σ p = 1 and Σ p s = 0."""
    p, s, x, y = (symbols(f"{letter}_:{outcomes}", real=True) for letter in "psxy")
    value, *slope = symbols("v v_x v_y", real=True)
    xx, xy, yy = symbols("h_xx h_xy h_yy", real=True)
    chances = [*p[:-1], 1 - Add(*p[:-1])]
    scores = [*s[:-1], -Add(*(a * b for a, b in zip(chances[:-1], s[:-1], strict=True))) / chances[-1]]
    steps = list(zip(x, y, strict=True))

    def bend(left: Sequence[Expr], right: Sequence[Expr]) -> Expr:
        return xx * left[0] * right[0] + xy * (left[0] * right[1] + left[1] * right[0]) + yy * left[1] * right[1]

    def along(step: Sequence[Expr]) -> Expr:
        return slope[0] * step[0] + slope[1] * step[1]

    def mean(entries: Sequence[Expr]) -> Expr:
        return Add(*(chance * entry for chance, entry in zip(chances, entries, strict=True)))

    remainder = -mean([score * bend(step, step) for score, step in zip(scores, steps, strict=True)]) / (2 * batch)
    drift = (mean(x), mean(y))
    trace = (mean([bend(step, step) for step in steps]) - bend(drift, drift)) / (2 * batch)
    sums = [Integer(0)] * 4
    for drawn in product(range(outcomes), repeat=batch):
        chance = Mul(*(chances[t] for t in drawn))
        total = Add(*(scores[t] for t in drawn))
        step = [Add(*(steps[t][m] for t in drawn)) / batch for m in (0, 1)]
        weighted = [Add(*(scores[t] * steps[t][m] for t in drawn)) / batch for m in (0, 1)]
        sums[0] += chance * total * value
        sums[1] += chance * (total * along(step) - along(weighted))
        sums[2] += chance * (total * bend(step, step) / 2 - bend(weighted, step))
        sums[3] += chance * bend(step, step) / 2
    return FreeSample(
        (sums[0], sums[1], sums[2] - remainder), sums[3] - bend(drift, drift) / 2 - trace, remainder, trace
    )


def _free_samples(statement: str) -> Evidence:
    for outcomes, batch in FREE_SAMPLES:
        sample = free_sample(outcomes, batch)
        if statement == "scored":
            vanishing, control = list(sample.scored), sample.scored[2] + sample.remainder
        else:
            vanishing, control = [sample.spread], sample.spread + sample.trace
        if not _vanishes(vanishing):
            raise Refuted(f"{outcomes} trajectories, K = {batch}: the moments are not as stated")
        if _vanishes([control]):
            raise Undecided("the check cannot fail: it accepts the statement without its coefficient of alpha^2")
    return Evidence(
        "identity",
        "moments of K draws from free probabilities, scores and steps, as polynomials",
        f"arbitrary smooth values, {len(FREE_SAMPLES)} sizes of samples and batches; a dropped coefficient is noticed",
        {"samples": [{"trajectories": outcomes, "K": batch} for outcomes, batch in FREE_SAMPLES]},
    )


# -------------------------------------------------------------------------------------------------------------- checks


def _check_split() -> Finding:
    return Finding(
        Verdict.PROVED,
        "peer is 0 with held REINFORCE steps and the whole correction with score-weighted Jacobians",
        _order_evidence(
            split_gaps,
            ("peer", "scored"),
            "with held REINFORCE steps peer = 0, current = alpha (peer + E[R s s^T] g) + O(alpha^2), own = alpha "
            "(own - E[R s s^T] g) + O(alpha^2); score-weighted, own and peer are the exact loop's to first order",
        ),
    )


def _check_dice() -> Finding:
    return Finding(
        Verdict.PROVED,
        "without the scores of the inner batch first wrong at alpha^2, with them wrong at alpha by peer + E[R s s^T] g",
        (
            _dice_identity(),
            _free_samples("scored"),
            *_order_evidence(
                dice_gaps,
                ("remainder", "peer", "scored"),
                "derivative - (identity + own + peer) is -alpha^2 E[s X^T H X]/(2K) + O(alpha^3); with the current "
                "term the sum exceeds the derivative by alpha (peer + E[R s s^T] g) + O(alpha^2)",
            ),
        ),
    )


def _dice_identity() -> Evidence:
    boxed = sampled_terms(_two_by_two(), "direct", 1, "dice").closed_form()
    for block, row in _closed(1).expressions("score-weighted").items():
        if not _vanishes(_less(row, boxed[block])):
            raise Refuted(f"every 2 x 2 game: {block} of DiCE is not the score-weighted one")
    if _vanishes(_less(_closed(1).expressions("reinforce")["peer_1"], boxed["peer_1"])):
        raise Undecided("the check cannot fail: it accepts held REINFORCE steps")
    return Evidence(
        "identity",
        "closed forms: probability ratios differentiated twice against products of scores",
        "every 2 x 2 game, direct, K = 1: the terms of a DiCE inner gradient are the score-weighted ones",
        {"peer_1": [str(entry) for entry in boxed["peer_1"]]},
    )


def _check_noise() -> Finding:
    return Finding(
        Verdict.PROVED,
        "the values' curvature sees the steps' covariance from order alpha^2 on",
        (
            _free_samples("spread"),
            *_order_evidence(
                noise_gaps,
                ("noise",),
                "sampled less exact inner loop is alpha^2 grad_i tr(Sigma_K H)/2 + O(alpha^3)",
            ),
        ),
    )


def held_step_slopes(game: Game, stepping: int, moved: int) -> list[Expr]:
    """∂(R_j s_j)/∂φ of one player on every held trajectory of the game, as closed forms (direct coordinates)."""
    phi = parameters(game, "direct")
    build = Builder([*(symbol for row in phi for symbol in row), *(symbol for symbol, _ in game.parameters)])
    policies = [local_policies(build, game, "direct", player, row) for player, row in enumerate(phi)]
    slopes = [
        slope
        for path in trajectories(game)
        for entry in score(build, path, policies, stepping)
        for slope in build.gradient(build.let("step", path.returns[stepping] * entry), phi[moved])
    ]
    return list(build.program({"slopes": slopes}).closed_form()["slopes"])


def _check_peer() -> Finding:
    game = stag_hunt()
    if not _vanishes(held_step_slopes(game, 1, 0)):
        return Finding(Verdict.UNDECIDED, "a peer's step on a held trajectory moves with the player's parameters")
    if _vanishes(held_step_slopes(game, 1, 1)):
        return Finding(
            Verdict.UNDECIDED, "a peer's step on a held trajectory does not even move with its own parameters"
        )
    axes = [symbol for row in parameters(game, "direct") for symbol in row]
    witness = {**dict(game.parameters), **dict.fromkeys(axes, Rational(1, 4)), alpha: Rational(1, 10)}
    wanted = decompose(game).program.at(witness)["peer_1"][0]
    through = sampled_terms(game).at(witness)["peer_1"][0]
    if through == wanted:
        return Finding(Verdict.UNDECIDED, "the witness does not separate the two")
    return Finding(
        Verdict.REFUTED,
        "a peer's step on held trajectories does not depend on the player's parameters, so the gradient through it is "
        "0; the peer correction reaches the sampled update through the scores of the inner batch (C1.sampled-split)",
        (
            Evidence(
                "counterexample",
                "exact rational witness; steps differentiated as closed forms",
                f"stag-hunt, direct, p = q = 1/4, alpha = 1/10: the gradient is {through}, the correction {wanted}",
                {
                    "witness": {str(symbol): str(value) for symbol, value in witness.items()},
                    "gradient_through_peers_steps": str(through),
                    "peer_correction": str(wanted),
                },
            ),
        ),
    )


_MODEL = (
    "inner batches of K independent whole trajectories drawn at phi_0, exact values at phi_1",
    "REINFORCE inner steps phi_1^j = phi_0^j + alpha mean(R_j s_j), unprojected, L = 1",
    "every action has positive probability at phi_0",
)
_ORDER_SCOPE = "every 2 x 2 game, direct, K = 1 and 2, as closed forms; Stag Hunt, logit, K = 2, at random exact points"

CLAIMS = (
    Claim(
        "C1.sampled",
        "With a sampled inner loop, d/dphi_0^i E V^i(phi_1) = E[S_i V^i(phi_1)] + E[grad_i V^i(phi_1)] + own_i + "
        "peer_i, S_i the sum of the inner batch's scores and inner gradients differentiated with the batch held fixed.",
        "Kim et al. 2021, Theorem 1",
        assumptions=_MODEL,
        scope="outcome by outcome for every smooth P, V and inner gradient with (1,1), (2,2) or (1,1,1) parameters; by "
        "enumeration for every 2 x 2 game, direct, K = 1 and 2, as closed forms, and at random exact points of Stag "
        "Hunt (logit, K = 2), Stag Hunt with three players and the memory-one Prisoner's Dilemma over 2 rounds (K = 1)",
        check=_check_sum,
    ),
    Claim(
        "C1.sampled-split",
        "The derivative does not say where the peer correction sits: with held REINFORCE steps peer_i = 0 and "
        "current_i = alpha (peer correction + E[R_i s_i s_i^T] g_i) + O(alpha^2), while score-weighted Jacobians put "
        "the correction into peer_i.",
        "Kim et al. 2021, Theorem 1 and published code",
        assumptions=_MODEL,
        scope=_ORDER_SCOPE,
        check=_check_split,
    ),
    Claim(
        "C1.sampled-dice",
        "With a DiCE inner gradient (Jacobians mean(R_j s_j s_i^T), for j = i plus R_i grad^2 log p) the scores of the "
        "inner batch must go: identity + own + peer is the derivative up to alpha^2 E[s_i X^T (grad^2 V^i) X]/(2K) + "
        "O(alpha^3), X = (R_j s_j)_j; with them the peer correction is counted twice.",
        "Foerster et al. 2018 (DiCE); published code",
        assumptions=_MODEL,
        scope="arbitrary smooth values and free samples of 4 trajectories (K = 1, 2) and 3 (K = 3); " + _ORDER_SCOPE,
        check=_check_dice,
    ),
    Claim(
        "C1.sampled-noise",
        "The sampled inner loop's derivative differs from the exact inner loop's by alpha^2/2 grad_i tr(Sigma_K grad^2 "
        "V^i) + O(alpha^3), Sigma_K = Cov((R_j s_j)_j)/K.",
        "Taylor expansion at alpha = 0",
        assumptions=_MODEL,
        scope="arbitrary smooth values and free samples of 4 trajectories (K = 1, 2) and 3 (K = 3); " + _ORDER_SCOPE,
        check=_check_noise,
    ),
    Claim(
        "C1.sampled-peer",
        "The gradient of V^i(phi_1) through the peers' REINFORCE steps on the sampled trajectories is, in expectation, "
        "the peer-learning correction.",
        "Kim et al. 2021, peer-learning term",
        assumptions=_MODEL,
        scope="refuted by Stag Hunt (4,0,3,2) in direct coordinates, K = 1",
        check=_check_peer,
    ),
)
