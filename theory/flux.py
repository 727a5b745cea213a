"""A3: how fast the target's basin grows with the correction, dP/dλ at λ = 0, as a flux through its boundary.

    dP/dλ = Σ_branches ∫ ρ(x(τ)) w(τ) dτ,   w(τ) = ∫_τ^∞ e^{−∫_τ^t div v} |v(x(t))| ⟨C(x(t)), n⟩ dt

runs over the stable manifold of the saddle of v; τ is the flow time toward the saddle, n the unit normal into the basin
and ρ the density of starts. Here: coordination games, that is two players with two actions each and strict equilibria
(1, 1), the target, and (0, 0) in the probabilities (p, q) of the first actions. With h and k affine, all derived from
the decomposition,

    v₁ = w₁ h₁(q),  C₁ = w₁ w₂² k₁(p),  and the same with 1, 2 and p, q exchanged,

where w is the slope of the policy, 1 in direct coordinates and p(1 − p) in log-odds.

Direct coordinates, uniform starts (:func:`straight_boundary`). Let D₁ = h₁′ and D₂ = h₂′. The field v + λC is affine
and its eigenvectors do not depend on λ: s = √D₂ p + √D₁ q obeys s′ = growth (s − s*), and √D₂ p − √D₁ q shrinks at the
rate contraction. Scope: D₁, D₂, growth, contraction > 0, the rest point (p̂, q̂) inside the open square, and the field
pointing out of the square at (1, 1) and (0, 0). Then {s > s*} is the basin of (1, 1), also under projection on the
square. Proof: where s > s* and nothing is clipped, s′ > 0. Clipping at a lower edge only raises s′. On the edge p = 1,
where p′ ≥ 0 is clipped, q′ > 0: if λ < 0, q′ falls with q and is positive at (1, 1). If λ ≥ 0, the slope of q′ in q is
λD₁D₂ and p′ ≥ 0 means q − q̂ ≥ −λD₂(1 − p̂), so that q′ ≥ D₂(1 − p̂)(1 − λ²D₁D₂) > 0, because growth · contraction =
D₁D₂(1 − λ²D₁D₂). So s rises at least at a fixed rate until (1, 1) is reached; the mirror image gives {s < s*} and
(0, 0). The share of {s > s*} is an area, and every coordination game is in the scope at λ = 0.

Log-odds (:func:`conserved_quantity`). v has the conserved quantity F₁(x) − F₂(y) in log-odds (x, y), and v/(w₁w₂) no
divergence. The boundary at λ = 0 is the branch of the saddle's level set on which y falls as x rises; it has no closed
form. For λ ≠ 0 it is still the stable manifold of the only saddle if |λ| stays below :func:`largest_size`, where the
proof is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Abs, Expr, Integer, Max, Pow, Rational, Symbol, diff, exp, integrate, log, solve, sqrt

from theory import exact
from theory.decomposition import decompose
from theory.errors import BadInput
from theory.exact import Undecided, is_zero, lowest_terms
from theory.games.differentiable import AnyGame, finite
from theory.games.model import Game
from theory.order import largest_bend
from theory.policies import Coordinates, coordinates_of, in_probabilities, parameters
from theory.program import Builder, Program
from theory.symbols import alpha, correction

Pair = tuple[Expr, Expr]
Case = tuple[bool, bool]
CASES: tuple[Case, ...] = tuple((right, top) for right in (False, True) for top in (False, True))


@dataclass(frozen=True)
class PlanarField:
    """v and C of a one-shot game of two players with two actions, in first-action probabilities.

    Attributes:
        game: the game, symbolic in its parameters.
        policy: coordinates whose velocities v and C are.
        own: h, with v_i = w_i h_i; h₁ is affine in q, h₂ in p.
        spill: k, with C_i = w_i w_j² k_i; k₁ is affine in p, k₂ in q.
    """

    game: Game
    policy: Coordinates
    own: Pair
    spill: Pair

    @property
    def symbols(self) -> tuple[Symbol, Symbol]:
        """P and q."""
        (p,), (q,) = parameters(self.game, "direct")
        return p, q

    @property
    def slopes(self) -> Pair:
        """w: how fast each player's probability moves with its parameter."""
        return _policy_slopes(self.symbols, self.policy)

    @cached_property
    def gradient(self) -> Pair:
        """V."""
        w, h = self.slopes, self.own
        return w[0] * h[0], w[1] * h[1]

    @cached_property
    def correction(self) -> Pair:
        """C."""
        w, k = self.slopes, self.spill
        return w[0] * w[1] ** 2 * k[0], w[1] * w[0] ** 2 * k[1]

    @cached_property
    def rates(self) -> Pair:
        """D₁ = h₁′ and D₂ = h₂′, both positive in a coordination game."""
        p, q = self.symbols
        return lowest_terms(diff(self.own[0], q)), lowest_terms(diff(self.own[1], p))

    @cached_property
    def saddle(self) -> Pair:
        """The mixed equilibrium (p*, q*)."""
        p, q = self.symbols
        (at_p,), (at_q,) = solve(self.own[1], p), solve(self.own[0], q)
        return lowest_terms(at_p), lowest_terms(at_q)


def _policy_slopes(symbols: tuple[Symbol, Symbol], policy: str) -> Pair:
    p, q = symbols
    return (p * (1 - p), q * (1 - q)) if policy == "logit" else (Integer(1), Integer(1))


def planar_field(game: AnyGame, policy: str) -> PlanarField:
    """Derive v and C in the form of :class:`PlanarField`.

    Raises:
        BadInput: the game is not a one-shot 2×2 game with each player's first action as its target, or D₁ or D₂ is 0.
        Undecided: the terms do not have that form.
    """
    game = finite(game, "flux")
    if not (game.one_shot and game.players == 2 and all(len(names) == 2 for names in game.actions)):
        raise BadInput(f"flux: game {game.name!r} is not a one-shot game of two players with two actions.")
    if game.target is not None and any(game.action_index(i, action) for i, action in enumerate(game.target)):
        raise BadInput(f"flux: the target of game {game.name!r} is not each player's first action.")
    coordinates = coordinates_of(game, policy)
    program = decompose(game, coordinates, 1, "expanded").program
    if coordinates == "logit":
        program = in_probabilities(program, game)
    blocks = program.closed_form()
    symbols = tuple(row[0] for row in parameters(game, "direct"))
    w = _policy_slopes((symbols[0], symbols[1]), coordinates)
    own, spill = [], []
    for i, j in ((0, 1), (1, 0)):
        own.append(lowest_terms(blocks[f"current_{i + 1}"][0] / w[i]))
        spill.append(lowest_terms(blocks[f"peer_{i + 1}"][0] / (alpha * w[i] * w[j] ** 2)))
        for form, held, free in ((own[i], symbols[j], symbols[i]), (spill[i], symbols[i], symbols[j])):
            if not (form.is_polynomial(*symbols) and is_zero(diff(form, free)) and is_zero(diff(form, held, 2))):
                raise Undecided(f"{form} is not affine in {held} alone")
        if is_zero(diff(own[i], symbols[j])):
            raise BadInput(
                f"flux: in game {game.name!r} player {i + 1}'s gradient does not depend on the other player."
            )
    return PlanarField(game, coordinates, (own[0], own[1]), (spill[0], spill[1]))


# ------------------------------------------------------------------------------------- direct: a straight boundary


@dataclass(frozen=True)
class StraightBoundary:
    """The boundary √D₂ p + √D₁ q = s*(λ) in direct coordinates; see the module for scope and proof.

    Everything is written in short names: a = √D₁, b = √D₂, and the affine forms' values at (0, 0), e_i = h_i and
    g_i = k_i. Shares and fluxes are for uniform starts on the square, by where the line lies: ``(right, top)`` says
    whether it passes above the corner (1, 0), s* > √D₂, and above (0, 1), s* > √D₁.

    Attributes:
        field: the planar field.
        names: what the short names stand for.
        rest: the rest point of v + λC.
        growth: rate of s − s*.
        contraction: rate at which √D₂ p − √D₁ q approaches its value at the rest point.
        level: s*(λ).
        shares: P(λ), the share of (1, 1).
        fluxes: dP/dλ at λ = 0 from the integral A3.
    """

    field: PlanarField
    names: Mapping[Symbol, Expr]
    rest: Pair
    growth: Expr
    contraction: Expr
    level: Expr
    shares: Mapping[Case, Expr]
    fluxes: Mapping[Case, Expr]

    @cached_property
    def outward(self) -> tuple[Expr, ...]:
        """The field at (1, 1), and minus the field at (0, 0): all positive in the scope."""
        whole = [h + correction * k for h, k in zip(self.field.own, self.field.spill, strict=True)]
        return tuple(
            lowest_terms((2 * corner - 1) * form.subs(dict.fromkeys(self.field.symbols, corner)))
            for corner in (1, 0)
            for form in whole
        )

    @property
    def scope(self) -> tuple[Expr, ...]:
        """Expressions that are all positive exactly in the scope, without odd powers of the roots."""
        first, second = self.field.rates
        inside = [entry for x in self.rest for entry in (x, 1 - x)]
        return (first, second, 1 - correction**2 * first * second, *inside, *self.outward)

    @property
    def above(self) -> Pair:
        """Positive exactly where the line passes above (1, 0), and above (0, 1), for rest points inside."""
        first, second = self.field.rates
        x, y = self.rest
        return first * y**2 - second * (1 - x) ** 2, second * x**2 - first * (1 - y) ** 2

    def in_payoffs(self, form: Expr) -> Expr:
        """A form in short names written in the game's parameters; in lowest terms if no root is left."""
        a, b = _ROOTS
        if is_zero(self.field.rates[0] - self.field.rates[1]):
            form = lowest_terms(form.subs(b, a))
        form = form.subs(self.names)
        return lowest_terms(form) if all(power.exp.is_Integer for power in form.atoms(Pow)) else form

    def share(self, size: Rational) -> Expr:
        """P(λ) at the game's current parameter values, exact (with square roots).

        Raises:
            BadInput: λ is outside the scope.
        """
        return self._piece(self.shares, exact.rational(size, "flux: lambda"))

    @property
    def flux(self) -> Expr:
        """dP/dλ at 0 at the game's current parameter values, exact (with square roots).

        Raises:
            BadInput: not a coordination game.
        """
        return self._piece(self.fluxes, Rational(0))

    def _piece(self, pieces: Mapping[Case, Expr], size: Rational) -> Expr:
        payoffs = {**dict(self.field.game.parameters), correction: size}
        names = {name: form.subs(payoffs) for name, form in self.names.items()}

        def positive(form: Expr) -> bool:
            value = form.subs(payoffs).subs(names)
            return bool(value.is_finite) and bool(value > 0)

        if not all(map(positive, self.scope)):
            raise BadInput(f"flux: at λ = {size} game {self.field.game.name!r} has no straight basin boundary.")
        right, top = map(positive, self.above)
        return pieces[right, top].subs(payoffs).subs(names)


_ROOTS = (Symbol("a", positive=True), Symbol("b", positive=True))
_AT_ZERO = tuple(Symbol(name, real=True) for name in ("e1", "e2", "g1", "g2"))


def straight_boundary(game: AnyGame) -> StraightBoundary:
    """Derive boundary, basin share and flux in direct coordinates.

    Raises:
        BadInput: as :func:`planar_field`.
        Undecided: an identity of the derivation fails.
    """
    field = planar_field(game, "direct")
    p, q = field.symbols
    first, second = field.rates
    for held, form in ((p, field.spill[0]), (q, field.spill[1])):
        if not is_zero(diff(form, held) - first * second):
            raise Undecided(f"{form} does not have the slope D₁D₂, so the eigenvectors could turn with λ")
    (a, b), (e1, e2, g1, g2), s = _ROOTS, _AT_ZERO, Symbol("s", positive=True)
    corner = [lowest_terms(form.subs({p: 0, q: 0})) for form in (*field.own, *field.spill)]
    v = (a**2 * q + e1, b**2 * p + e2)
    c = (a**2 * b**2 * p + g1, a**2 * b**2 * q + g2)
    f = tuple(x + correction * y for x, y in zip(v, c, strict=True))
    (solved,) = solve(f, (p, q), dict=True)
    rest = (lowest_terms(solved[p]), lowest_terms(solved[q]))
    level = lowest_terms(b * rest[0] + a * rest[1])
    growth, contraction = a * b * (1 + correction * a * b), a * b * (1 - correction * a * b)
    if not is_zero(b * f[0] + a * f[1] - growth * (b * p + a * q - level)):
        raise Undecided("√D₂ p + √D₁ q does not move by itself")
    if not is_zero(b * f[0] - a * f[1] + contraction * (b * (p - rest[0]) - a * (q - rest[1]))):
        raise Undecided("√D₂ p − √D₁ q does not move by itself")
    shares, fluxes = {}, {}
    for case in CASES:
        # The line meets the square for p between left, 0 or where it leaves through the top, and right.
        right = Integer(1) if case[0] else s / b
        left = (s - a) / b if case[1] else Integer(0)
        below = integrate((s - b * p) / a, (p, left, right)) + left
        shares[case] = lowest_terms((1 - below).subs(s, level))
        flux = _uniform_flux(v, c, (p, q), (a, b), (left, right))
        fluxes[case] = lowest_terms(flux.subs(s, level.subs(correction, 0)))
    names = {a: sqrt(first), b: sqrt(second), **dict(zip(_AT_ZERO, corner, strict=True))}
    return StraightBoundary(field, names, rest, growth, contraction, level, shares, fluxes)


def _uniform_flux(v: Pair, c: Pair, symbols: Pair, roots: Pair, ends: Pair) -> Expr:
    """A3 for density 1 on the part of the stable line between p = ends[0] and p = ends[1]."""
    (p, q), (a, b) = symbols, roots
    if not is_zero(diff(v[0], p) + diff(v[1], q)):
        raise Undecided("v has divergence")
    (saddle,) = solve(v, (p, q), dict=True)
    u = Symbol("u", positive=True)  # distance from the saddle in units of the eigenvector
    total = Integer(0)
    for side, end in ((1, ends[1]), (-1, ends[0])):
        line = {p: saddle[p] + side * a * u, q: saddle[q] - side * b * u}
        here = [form.subs(line) for form in (*v, *c)]
        rate = lowest_terms(here[0] / (side * a))  # u′, negative
        if not is_zero(here[1] + side * b * rate):
            raise Undecided("the eigenvector is not invariant")
        across = b * here[2] + a * here[3]  # ⟨C, n⟩ |n|, and |v| = |n| |u′| because n is as long as the eigenvector
        width = integrate(lowest_terms(across), (u, 0, u))
        total += integrate(lowest_terms(width / -rate), (u, 0, side * (end - saddle[p]) / a))
    return lowest_terms(total)


# ----------------------------------------------------------------------------------------- the conserved quantity


@dataclass(frozen=True)
class ConservedQuantity:
    """F₁(x) − F₂(y) is constant along x′ = v, in the policy's own parameters (x, y).

    Attributes:
        field: the planar field.
        gradient: v in (x, y).
        levels: F₁ and F₂.
        density: m = w₁w₂ in (x, y); v/m has no divergence, so the weight e^{−∫ div v} of A3 is m(x(τ))/m(x(t)).
    """

    field: PlanarField
    gradient: Pair
    levels: Pair
    density: Expr

    @property
    def symbols(self) -> tuple[Symbol, Symbol]:
        """The parameters: x and y, in direct coordinates p and q."""
        (x,), (y,) = parameters(self.field.game, self.field.policy)
        return x, y

    def change(self, field: Pair) -> Expr:
        """Rate of change of F₁(x) − F₂(y) along a field in (x, y)."""
        (x, y), (first, second) = self.symbols, self.levels
        return diff(first, x) * field[0] - diff(second, y) * field[1]

    @cached_property
    def in_probabilities(self) -> Pair:
        """F₁ and F₂ as functions of p and q."""
        if self.field.policy == "direct":
            return self.levels
        odds = {x: log(p / (1 - p)) for x, p in zip(self.symbols, self.field.symbols, strict=True)}
        first, second = (form.subs(odds) for form in self.levels)
        return first, second

    @property
    def separatrix(self) -> Expr:
        """Zero exactly on the saddle's level set, in p and q; it holds the boundary and the unstable manifold."""
        first, second = self.in_probabilities
        p, q = self.field.symbols
        at_p, at_q = self.field.saddle
        return (first - first.subs(p, at_p)) - (second - second.subs(q, at_q))


def conserved_quantity(game: AnyGame, policy: str) -> ConservedQuantity:
    """Derive F₁ and F₂ by integration and check them by differentiation.

    Raises:
        BadInput: as :func:`planar_field`.
        Undecided: the field does not have the form, or a check fails.
    """
    field = planar_field(game, policy)
    (x,), (y,) = parameters(field.game, field.policy)
    gradient, levels = [], []
    w = field.slopes
    odds = (Symbol("X", positive=True), Symbol("Y", positive=True))
    if field.policy == "logit":
        first_odds = {probability: t / (1 + t) for probability, t in zip(field.symbols, odds, strict=True)}
        back = {odds[0]: exp(x), odds[1]: exp(y)}
    else:
        first_odds, back = dict(zip(field.symbols, (x, y), strict=True)), {}

    def in_parameters(form: Expr) -> Expr:
        return lowest_terms(form.subs(first_odds)).expand().subs(back)

    # m ∂F₁/∂x = v₂ and m ∂F₂/∂y = v₁, so that F₁ − F₂ changes at the rate (v₂v₁ − v₁v₂)/m.
    for i, variable in ((0, x), (1, y)):
        gradient.append(lowest_terms(field.gradient[i].subs(first_odds)).subs(back))
        levels.append(integrate(in_parameters(field.gradient[1 - i] / (w[0] * w[1])), variable))
    density = lowest_terms((w[0] * w[1]).subs(first_odds)).subs(back)
    found = ConservedQuantity(field, (gradient[0], gradient[1]), (levels[0], levels[1]), density)
    if not is_zero(_in_odds(found.change(found.gradient), (x, y))):
        raise Undecided("F₁ − F₂ is not conserved")
    divergence = sum((diff(form / density, axis) for form, axis in zip(gradient, (x, y), strict=True)), Integer(0))
    if not is_zero(_in_odds(divergence, (x, y))):
        raise Undecided("v/(w₁w₂) has divergence")
    return found


def _in_odds(form: Expr, logits: Pair) -> Expr:
    """The same form with exp(x) and exp(−x) as one positive symbol and its inverse."""
    for x in logits:
        odds = Symbol(f"odds_{x}", positive=True)
        form = form.xreplace({exp(x): odds, exp(-x): 1 / odds})
    return form


# --------------------------------------------------------------------------------- log-odds: what numerics compiles


def largest_size(field: PlanarField) -> Expr:
    """|λ| below this makes the stable manifold of the one saddle the whole boundary, in log-odds.

    Proof. x′ = w₁ (h₁ + λw₂²k₁). (a) The bracket grows with q at least at the rate D₁(1 − |λ|c₁), where
    c₁ = 2 (max of q(1 − q)(1 − 2q)) (max |k₁|)/D₁, and y′ likewise: for |λ|c_i < 1 the field is cooperative. (b) On
    q = 0 and q = 1 the bracket is h₁, negative and positive, so it vanishes on a graph q = Q(p) between 0 and 1, and
    the other one on p = P(q). Their slopes have a product of at most λ²D₁D₂/(256 (1 − |λ|c₁)(1 − |λ|c₂)). Where that
    is below 1, P(Q(p)) − p falls strictly from above 0 to below 0: there is one rest point inside, and it is a saddle.
    (c) Bounded orbits of a planar cooperative field converge. Near (0, 1) and (1, 0) the field points away from an
    edge, so no inner orbit ends there, and near (1, 1) and (0, 0) it points to them. So what is in neither basin tends
    to the saddle, and its stable manifold, on which no two points are ordered, is the boundary.

    The value solves (1 − λc₁)(1 − λc₂) = λ²D₁D₂/256.
    """
    first, second = field.rates
    bend = largest_bend()
    (c1, c2) = (
        2 * bend * Max(*(Abs(form.subs(axis, corner)) for corner in (0, 1))) / rate
        for form, axis, rate in zip(field.spill, field.symbols, field.rates, strict=True)
    )
    return 2 / (c1 + c2 + sqrt((c1 - c2) ** 2 + first * second / 64))


def straight_program(game: AnyGame) -> Program:
    """The straight boundary for compilation: inputs λ, then the game's parameters.

    Blocks ``scope`` and ``above`` as in :class:`StraightBoundary`, ``share`` and ``flux`` with one entry per case of
    :data:`CASES`.
    """
    line = straight_boundary(game)
    return Program(
        (correction, *(symbol for symbol, _ in line.field.game.parameters)),
        tuple(line.names.items()),
        {
            "scope": line.scope,
            "above": line.above,
            "share": tuple(line.shares[case] for case in CASES),
            "flux": tuple(line.fluxes[case] for case in CASES),
        },
    )


def scope_program(game: AnyGame) -> Program:
    """Log-odds scope for compilation: inputs are the game's parameters.

    Blocks ``rates`` (D₁, D₂), ``saddle`` (p*, q*) and ``largest_size``.
    """
    field = planar_field(game, "logit")
    blocks = {"rates": field.rates, "saddle": field.saddle, "largest_size": (largest_size(field),)}
    return Program(tuple(symbol for symbol, _ in field.game.parameters), (), blocks)


def logit_program(game: AnyGame, blocks: Sequence[str]) -> Program:
    """The log-odds field for compilation: inputs (x, y), λ, then the game's parameters.

    Blocks: ``field`` v + λC and its ``jacobian`` (row by row), ``gradient`` v, its ``divergence``, ``correction`` C. No
    1 − p is formed, so that velocities keep their relative accuracy where p or 1 − p is tiny.

    Args:
        game: a game as for :func:`planar_field`.
        blocks: which of them are needed.
    """
    field = planar_field(game, "logit")
    (x,), (y,) = parameters(field.game, "logit")
    build = Builder([x, y, correction, *(symbol for symbol, _ in field.game.parameters)])
    odds = [build.let("odds", exp(-variable)) for variable in (x, y)]
    pi = [build.let("pi", 1 / (1 + weight)) for weight in odds]
    w = [build.let("w", weight * top**2) for weight, top in zip(odds, pi, strict=True)]
    here = dict(zip(field.symbols, pi, strict=True))
    h, k = ([form.xreplace(here) for form in row] for row in (field.own, field.spill))
    gradient = [w[i] * h[i] for i in (0, 1)]
    terms = [w[i] * w[1 - i] ** 2 * k[i] for i in (0, 1)]
    whole = [one + correction * two for one, two in zip(gradient, terms, strict=True)]

    def slope(form: Expr, i: int) -> Expr:  # d pi/dx = w and dw/dx = w (1 − 2 pi)
        return w[i] * (diff(form, pi[i]) + (1 - 2 * pi[i]) * diff(form, w[i]))

    every = {
        "field": whole,
        "jacobian": [slope(form, i) for form in whole for i in (0, 1)],
        "gradient": gradient,
        "divergence": [slope(gradient[0], 0) + slope(gradient[1], 1)],
        "correction": terms,
    }
    return build.program({block: every[block] for block in blocks})
