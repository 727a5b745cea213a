"""Alignment of the peer-learning correction with cooperation in the memory-one Prisoner's Dilemma, exactly.

C is the peer-learning term at φ₀ divided by α, direct coordinates; player 1's entries are C_s for s = ∅, CC, CD, DC, DD
(player 1's action first), player 2's follow by the symmetry of the game at symmetric policies. The target is the
cooperative set, on which both players cooperate at first and after CC, and W = ½ dist² in those four coordinates:

    ⟨C, −∇W⟩ = Σ (1 − x_k) C_k        over x = (p_∅, p_CC, q_∅, q_CC).

Near a point x* of the set this is Σ (1 − x_k) C_k(x*) up to second order, hence

* all four C_k(x*) > 0: the product is positive at every policy of some neighbourhood outside the set;
* some C_k(x*) < 0: it is negative at x* with x_k alone lowered, however little.

Only payoff differences matter, so every form is written in the gaps T − R, R − P, P − S, all positive in the class
T > R > P > S. A factor that is linear in the gaps, with coefficients in γ, has a sign for the whole class and every γ
in (0, 1) exactly when its values on the extreme rays of the cone of gaps have it; those are polynomials in γ, whose
signs are decided by counting roots. Other factors are left as the condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sympy import Expr, Integer, Mul, Poly, Rational, Symbol, factor, factor_list, floor

from theory import exact
from theory.alignment import Alignment, align
from theory.decomposition import decompose
from theory.exact import Quotient, QuotientField, Sign, Undecided, leading_term, lowest_terms
from theory.games import Game, ipd, stag_hunt
from theory.latex import Document, Line, latex, text
from theory.policies import Coordinates, in_probabilities, parameters
from theory.profiles import parse_profile
from theory.program import Program
from theory.symbols import P, R, S, T, alpha, discount
from theory.values import value_program

STATES = ("0", "CC", "CD", "DC", "DD")
TARGET = (0, 1)  # the states in which the target cooperates
PROFILES = ("AllD", "AllC", "TFT", "Grim", "WSLS")
LINES = (("AllD", "AllC"), ("AllD", "TFT"), ("AllD", "Grim"), ("AllD", "WSLS"), ("TFT", "WSLS"), ("TFT", "AllC"))
GRIM_PAYS = (R - P) * discount - (T - R) * (1 - discount)  # ≥ 0 iff Grim is an equilibrium
TOLERANCE = Rational(1, 10**6)

position = Symbol("t", real=True)
_TR, _RP, _PS = _GAPS = tuple(Symbol(name, positive=True) for name in ("a", "b", "c"))
_IN_GAPS: dict[Symbol, Expr] = {P: Integer(0), R: _RP, T: _RP + _TR, S: -_PS}
_IN_PAYOFFS: dict[Symbol, Expr] = {_TR: T - R, _RP: R - P, _PS: P - S}

Point = Mapping[Symbol, Expr]
Ray = tuple[Expr, Expr, Expr]


# -------------------------------------------------------------------------------------------------------- fields


@dataclass(frozen=True)
class Fields:
    """Policy gradient and correction of both players at one point, in lowest terms, as velocities of probabilities.

    Attributes:
        gradient: v, player 1's five entries, then player 2's.
        correction: C, likewise.
    """

    gradient: tuple[Expr, ...]
    correction: tuple[Expr, ...]


@lru_cache(maxsize=2)
def _program(coordinates: Coordinates) -> Program:
    program = decompose(ipd(), coordinates, 1, "expanded").program
    return in_probabilities(program, ipd()) if coordinates == "logit" else program


def fields_at(point: Point, payoffs: Mapping[Symbol, Expr], coordinates: Coordinates = "direct") -> Fields:
    """Both fields at a point whose ten probabilities are rational functions of any symbols.

    Args:
        point: a value for each of p_0 … q_DD.
        payoffs: a value for each of R, S, T, P, γ.
        coordinates: those in which the rule learns; in ``logit`` the velocities are p(1 − p) times v and C.
    """
    values = {**point, **payoffs, alpha: Integer(1)}
    field = QuotientField(sorted(set().union(*(entry.free_symbols for entry in values.values())), key=str))
    inputs = {symbol: field.element(entry) for symbol, entry in values.items()}
    blocks = _program(coordinates).run(inputs, field.constant)
    slopes = [field.element(point[s] * (1 - point[s])) for row in parameters(ipd(), "direct") for s in row]

    def both(name: str) -> tuple[Expr, ...]:
        entries: list[Quotient] = [entry for player in (1, 2) for entry in blocks[f"{name}_{player}"]]
        if coordinates == "logit":
            entries = [slope * entry for slope, entry in zip(slopes, entries, strict=True)]
        return tuple(map(field.expression, entries))

    return Fields(both("current"), both("peer"))


def symmetric_point(policy: Sequence[Expr]) -> dict[Symbol, Expr]:
    """Both players play the same policy, given after ∅, CC, CD, DC, DD as each sees them, its own action first."""
    game = ipd()
    assert game.own_view is not None
    return {
        symbol: policy[game.own_view[player][observation]]
        for player, row in enumerate(parameters(game, "direct"))
        for observation, symbol in enumerate(row)
    }


def cooperation(profile: str) -> tuple[Expr, ...]:
    """Probability of C after ∅, CC, CD, DC, DD of a pure strategy, as its player sees them."""
    return tuple(Integer(1 - action) for action in parse_profile(ipd(), profile)[0])


def inner_product(point: Point, field: Sequence[Expr]) -> Expr:
    """⟨F, −∇W⟩ of a field with ten entries."""
    symbols = [row[k] for row in parameters(ipd(), "direct") for k in TARGET]
    entries = [field[len(STATES) * player + k] for player in range(2) for k in TARGET]
    return lowest_terms(sum(((1 - point[s]) * entry for s, entry in zip(symbols, entries, strict=True)), Integer(0)))


def current_payoffs(game: Game) -> dict[Symbol, Expr]:
    """The game's R, S, T, P, γ at their current values."""
    return dict(game.parameters)


def rounded(number: Rational, places: int = 4) -> str:
    """A rational as a decimal for reading, halves upward; no float is made."""
    digits = floor(abs(number) * 10**places + Rational(1, 2))
    whole, rest = divmod(int(digits), 10**places)
    return f"{'-' if number < 0 else ''}{whole}.{rest:0{places}d}"


# ------------------------------------------------------------------------------------- signs over a class of games


@dataclass(frozen=True)
class ClassForm:
    """A function of R, S, T, P, γ and its sign in a class of games.

    Attributes:
        value: it, factored, every factor in the gaps T − R, R − P, P − S.
        sign: its sign for every game of the class and every γ in (0, 1), ``None`` if it has none there. It may still
            vanish where a factor that stands squared and is not settled does.
        positive_where: factors whose product is positive exactly where it is; empty when the sign is settled.
    """

    value: Expr
    sign: Sign | None
    positive_where: tuple[Expr, ...]

    def __str__(self) -> str:
        return text(self.value)


def class_rays(assumed: Expr | None = None) -> tuple[Ray, ...]:
    """Extreme rays of the gaps (T − R, R − P, P − S) ≥ 0, under one more linear condition on them.

    Args:
        assumed: a form that is ≥ 0, with coefficients in γ; only that of T − R may be negative, for γ in (0, 1).

    Raises:
        Undecided: the condition is of another kind.
    """
    unit: tuple[Ray, ...] = tuple(tuple(Integer(int(k == axis)) for k in range(3)) for axis in range(3))
    if assumed is None:
        return unit
    slope, *rest = _gap_coefficients(assumed.xreplace(_IN_GAPS))
    if _sign_in_discount(slope) != -1 or any(_sign_in_discount(entry) not in (0, 1) for entry in rest):
        raise Undecided(f"{assumed} >= 0 does not bound T - R from above by the other gaps")
    tilted = [(lowest_terms(-entry / slope), *ray[1:]) for entry, ray in zip(rest, unit[1:], strict=True)]
    return tuple(dict.fromkeys((*unit[1:], *tilted)))


def class_form(expression: Expr, assumed: Expr | None = None) -> ClassForm:
    """A rational function of payoff differences and γ, factored, with its sign over T > R > P > S, 0 < γ < 1.

    Args:
        expression: in R, S, T, P, γ.
        assumed: see :func:`class_rays`; strict inequality of the form is not needed.

    Raises:
        Undecided: it does not depend on payoff differences alone.
    """
    if not exact.is_zero(sum((expression.diff(payoff) for payoff in (R, S, T, P)), Integer(0))):
        raise Undecided(f"{expression} changes when a constant is added to all payoffs")
    numerator, denominator = lowest_terms(expression.xreplace(_IN_GAPS)).as_numer_denom()
    rays, sign, open_factors = class_rays(assumed), 1, []
    shown: list[list[Expr]] = [[], []]
    constant = Integer(1)
    for place, part in enumerate((numerator, denominator)):
        coefficient, factors = factor_list(part)
        if coefficient == 0:
            return ClassForm(Integer(0), 0, ())
        constant *= coefficient ** (1 - 2 * place)
        for base, power in factors:
            settled = _sign_on_rays(base, rays)
            turn = settled if settled else (-1 if _leans_negative(base) else 1)
            constant *= turn**power
            readable = _readable(turn * base)
            shown[place].append(readable**power)
            if not settled and power % 2:
                open_factors.append(readable)
    sign = 1 if constant > 0 else -1
    value = Mul(constant, *shown[0]) / Mul(*shown[1])
    if not open_factors:
        return ClassForm(value, sign, ())  # type: ignore[arg-type]
    if sign < 0:
        open_factors[0] = _readable(-open_factors[0].xreplace(_IN_GAPS).expand())
    return ClassForm(value, None, tuple(open_factors))


def _sign_on_rays(form: Expr, rays: Sequence[Ray]) -> Sign | None:
    """Sign, for positive gaps and every γ in (0, 1), of a factor that is linear in the gaps or free of them."""
    if not form.has(*_GAPS):
        return _sign_in_discount(form)
    try:
        coefficients = _gap_coefficients(form)
    except Undecided:
        return None
    values = [sum((x * entry for x, entry in zip(ray, coefficients, strict=True)), Integer(0)) for ray in rays]
    signs = [_sign_in_discount(value) for value in values]
    if all(sign is not None and sign >= 0 for sign in signs):
        return 1
    if all(sign is not None and sign <= 0 for sign in signs):
        return -1
    return None


def _gap_coefficients(form: Expr) -> tuple[Expr, ...]:
    polynomial = Poly(form, *_GAPS)
    if polynomial.total_degree() != 1 or polynomial.coeff_monomial(1) != 0:
        raise Undecided(f"{form} is not linear in the gaps")
    return tuple(polynomial.coeff_monomial(gap) for gap in _GAPS)


def _sign_in_discount(expression: Expr) -> Sign | None:
    """Sign of a rational function of γ on the open interval (0, 1), ``None`` if it has none."""
    expression = lowest_terms(expression)
    if expression == 0:
        return 0
    for base, power in factor_list(Mul(*expression.as_numer_denom()))[1]:
        polynomial = Poly(base, discount)
        at_ends = sum(base.subs(discount, end) == 0 for end in (0, 1))
        if power % 2 and polynomial.count_roots(0, 1) > at_ends:
            return None
    return 1 if expression.subs(discount, Rational(1, 2)) > 0 else -1


def _leans_negative(form: Expr) -> bool:
    """Whether the factor would read better with the opposite sign: T − R, the temptation, counts against."""
    return bool(form.subs({discount: Rational(1, 2), _TR: 1, _RP: 0, _PS: 0}) > 0)


def _from_below(coefficient: Expr) -> Expr:
    """A coefficient in γ, factored, with 1 − γ in place of γ − 1."""
    constant, factors = factor_list(coefficient)
    flipped = [(-1 if base.subs(discount, Rational(1, 2)) < 0 else 1, base, power) for base, power in factors]
    lead = Mul(constant, *(sign**power for sign, _, power in flipped))
    return Mul(lead, *((sign * base) ** power for sign, base, power in flipped))


def _readable(form: Expr) -> Expr:
    """A factor with its gaps collected: (R − P) γ − (T − R)(1 − γ)."""
    if not form.has(*_GAPS):
        return _from_below(form)
    terms = []
    for gap, coefficient in zip(_GAPS, _gap_coefficients(form), strict=True):
        lead = -1 if _sign_in_discount(coefficient) == -1 else 1
        terms.append(Mul(lead, *Mul.make_args(_from_below(lead * coefficient)), _IN_PAYOFFS[gap]))
    return sum(terms, Integer(0))


# ------------------------------------------------------------------------------------------------------ profiles


@dataclass(frozen=True)
class AtProfile:
    """The correction where both players play the same pure strategy.

    Attributes:
        profile: its name.
        assumed: a form taken to be ≥ 0 besides the class, or ``None``.
        gradient: player 1's policy gradient, one entry per state.
        correction: player 1's correction, one entry per state.
        total: Σ C_k over p_∅, p_CC, q_∅, q_CC, the product with the direction 1 there.
        toward_target: ⟨C, −∇W⟩; 0 on the cooperative set.
    """

    profile: str
    assumed: Expr | None
    gradient: tuple[ClassForm, ...]
    correction: tuple[ClassForm, ...]
    total: ClassForm
    toward_target: ClassForm

    @property
    def in_target(self) -> bool:
        """Whether the profile belongs to the cooperative set."""
        return all(cooperation(self.profile)[k] == 1 for k in TARGET)

    @property
    def signs(self) -> tuple[Sign | None, ...]:
        """Sign of C_s for every state, over the class."""
        return tuple(form.sign for form in self.correction)

    def document(self) -> Document:
        """Each entry with where it is positive."""
        lines = []
        for state, form in zip(STATES, self.correction, strict=True):
            name = f"C_{state}"
            where = {1: "positive", -1: "negative", 0: "zero", None: "of either sign"}[form.sign]
            lines.append(Line(where, f"{name} = {text(form.value)}", f"C_{{{state}}} = {latex(form.value)}"))
            if form.positive_where:
                joint = Mul(*form.positive_where, evaluate=False)
                lines.append(Line(f"{name} is positive iff", f"{text(joint)} > 0", f"{latex(joint)} > 0"))
        return Document(f"IPD: peer-learning correction at {self.profile}, direct coordinates", tuple(lines))

    def __str__(self) -> str:
        return self.document().as_text()

    def _repr_latex_(self) -> str:
        return self.document()._repr_latex_()

    def to_json(self) -> dict[str, Any]:
        """The same as data: expressions as strings."""

        def shown(form: ClassForm) -> dict[str, Any]:
            return {"value": str(form.value), "sign": form.sign, "positive_where": [*map(str, form.positive_where)]}

        return {
            "profile": self.profile,
            "assumed_nonnegative": None if self.assumed is None else str(self.assumed),
            "gradient": {state: shown(form) for state, form in zip(STATES, self.gradient, strict=True)},
            "correction": {state: shown(form) for state, form in zip(STATES, self.correction, strict=True)},
            "sum_over_target_coordinates": shown(self.total),
            "toward_target": shown(self.toward_target),
        }


def at_profile(profile: str, assumed: Expr | None = None) -> AtProfile:
    """Both fields where both players play a pure strategy, in R, S, T, P, γ, with signs over the class, 0 < γ < 1.

    Args:
        profile: ``AllD``, ``AllC``, ``TFT``, ``Grim``, ``WSLS`` or moves such as ``D:CDDD``.
        assumed: a form in the payoffs and γ taken to be ≥ 0 as well, such as :data:`GRIM_PAYS`; see
            :func:`class_rays`.
    """
    point = symmetric_point(cooperation(profile))
    fields = fields_at(point, {symbol: symbol for symbol in (R, S, T, P, discount)})
    own = slice(0, len(STATES))
    total = 2 * sum((fields.correction[k] for k in TARGET), Integer(0))
    toward = inner_product(point, fields.correction)

    def settled(entries: Sequence[Expr]) -> tuple[ClassForm, ...]:
        return tuple(class_form(entry, assumed) for entry in entries)

    both = settled((total, toward))
    return AtProfile(profile, assumed, settled(fields.gradient[own]), settled(fields.correction[own]), *both)


# --------------------------------------------------------------------------------------------------------- lines


@dataclass(frozen=True)
class SignRun:
    """A stretch of a line on whose inside a function has one sign.

    Attributes:
        low: rational interval that holds its lower end, both ends equal if it is known exactly.
        high: the same for its upper end.
        sign: of the function between them.
    """

    low: tuple[Rational, Rational]
    high: tuple[Rational, Rational]
    sign: Sign

    def __str__(self) -> str:
        ends = (str(a) if a == b else rounded((a + b) / 2) for a, b in (self.low, self.high))
        return f"{ {1: '+', -1: '-', 0: '0'}[self.sign] } on ({', '.join(ends)})"


@dataclass(frozen=True)
class AlongLine:
    """v and C of player 1 on the symmetric line x(t) = (1 − t) A + t B, 0 ≤ t ≤ 1.

    Attributes:
        ends: the names of A and B.
        gradient: v_s(t).
        correction: C_s(t).
        gradient_toward: ⟨v, −∇W⟩(t).
        correction_toward: ⟨C, −∇W⟩(t).
    """

    ends: tuple[str, str]
    gradient: tuple[Expr, ...]
    correction: tuple[Expr, ...]
    gradient_toward: Expr
    correction_toward: Expr

    def signs(self) -> dict[str, tuple[SignRun, ...]]:
        """Sign regions of every function, for lines without free symbols but t.

        Raises:
            Undecided: a function has a pole on the line.
        """
        named = {f"v_{s}": entry for s, entry in zip(STATES, self.gradient, strict=True)}
        named |= {f"C_{s}": entry for s, entry in zip(STATES, self.correction, strict=True)}
        named |= {"<v,-grad W>": self.gradient_toward, "<C,-grad W>": self.correction_toward}
        return {name: sign_runs(entry) for name, entry in named.items()}

    def to_json(self) -> dict[str, Any]:
        """Functions and sign regions as strings."""
        named = {"correction": self.correction, "gradient": self.gradient}
        return {
            "line": f"{self.ends[0]} to {self.ends[1]}",
            **{name: {s: str(entry) for s, entry in zip(STATES, row, strict=True)} for name, row in named.items()},
            "gradient_toward": str(self.gradient_toward),
            "correction_toward": str(self.correction_toward),
            "signs": {name: [str(run) for run in runs] for name, runs in self.signs().items()},
        }


def along_line(start: str, end: str, payoffs: Mapping[Symbol, Expr] | None = None) -> AlongLine:
    """Both fields on the symmetric line between two pure strategies.

    Args:
        start: the strategy at t = 0.
        end: the strategy at t = 1.
        payoffs: R, S, T, P, γ; the game's standard values by default. Symbols stay symbols.
    """
    pairs = zip(cooperation(start), cooperation(end), strict=True)
    point = symmetric_point([(1 - position) * a + position * b for a, b in pairs])
    fields = fields_at(point, current_payoffs(ipd()) if payoffs is None else payoffs)
    own = slice(0, len(STATES))
    toward = (inner_product(point, fields.gradient), inner_product(point, fields.correction))
    return AlongLine((start, end), fields.gradient[own], fields.correction[own], *toward)


def approach(reactions: Sequence[Expr], coordinates: Coordinates) -> tuple[int, Expr]:
    """How ⟨C, −∇W⟩ begins on the way to the cooperative set: (order k, coefficient of t^k).

    Both players cooperate at first and after CC with probability 1 − t, t → 0, and after CD, DC, DD with the given
    probabilities. Standard payoffs.

    Args:
        reactions: three rational functions of any symbols but t.
        coordinates: those in which the rule learns.
    """
    point = symmetric_point([1 - position, 1 - position, *reactions])
    product = inner_product(point, fields_at(point, current_payoffs(ipd()), coordinates).correction)
    order, coefficient = leading_term(product, position)
    return order, lowest_terms(coefficient)


def sign_near_zero(function: Expr, symbol: Symbol) -> Sign:
    """Sign of a rational function of one symbol at all small enough positive values."""
    sign = 1
    for part in lowest_terms(function).as_numer_denom():
        sign *= 1 if Poly(part, symbol).terms()[-1][1] > 0 else -1
    return 0 if function == 0 else sign  # type: ignore[return-value]


def uniform_start_correction() -> Expr:
    """C_∅ where everyone cooperates with probability t in every state, for all payoffs and γ, factored in the gaps."""
    payoffs = {**_IN_GAPS, discount: discount}
    entry = along_line("AllD", "AllC", payoffs).correction[0]
    numerator, denominator = entry.as_numer_denom()
    constant, factors = factor_list(numerator)
    collected = [Poly(base, *_GAPS).as_expr().collect(_GAPS, factor) ** power for base, power in factors]
    return (Mul(constant, *collected) / denominator).xreplace(_IN_PAYOFFS)


def sign_runs(function: Expr) -> tuple[SignRun, ...]:
    """Where on (0, 1) a rational function of t is positive, negative or zero, by isolating its roots.

    Raises:
        Undecided: it has a pole there.
    """
    numerator, denominator = lowest_terms(function).as_numer_denom()
    if denominator.has(position) and Poly(denominator, position).count_roots(0, 1):
        raise Undecided(f"{function} has a pole on the line")
    zero, one = (Integer(0), Integer(0)), (Integer(1), Integer(1))
    if numerator == 0:
        return (SignRun(zero, one, 0),)
    roots: list[tuple[Rational, Rational]] = []
    if numerator.has(position):
        found = Poly(numerator, position).intervals(eps=TOLERANCE, inf=0, sup=1)
        roots = [(Rational(a), Rational(b)) for (a, b), _ in found if (a, b) not in (zero, one)]
    runs: list[SignRun] = []
    for low, high in zip([zero, *roots], [*roots, one], strict=True):
        sign = 1 if function.subs(position, (low[1] + high[0]) / 2) > 0 else -1
        if runs and runs[-1].sign == sign:  # a root of even order
            runs[-1] = SignRun(runs[-1].low, high, runs[-1].sign)
        else:
            runs.append(SignRun(low, high, sign))  # type: ignore[arg-type]
    return tuple(runs)


# ----------------------------------------------------------------------------------------------------- reduction


@dataclass(frozen=True)
class Reduction:
    """The 2×2 game in which both players choose between a cooperative strategy and AllD for the whole repeated game.

    Attributes:
        strategy: the cooperative one.
        payoffs: total values of the row player, [[R′, S′], [T′, P′]], in R, S, T, P, γ.
        stag_hunt_where: the form that is positive exactly where the 2×2 game is a Stag Hunt, R′ > T′ and P′ > S′.
        alignment: of the general Stag Hunt.
        conditions: its conditions at R′, S′, T′, P′, with their signs over the class.
        slope: R′ − S′ − T′ + P′.
        correction: both corrections there, slope ((T′ − P′) + slope · p), p the probability of ``strategy``.
    """

    strategy: str
    payoffs: tuple[Expr, Expr, Expr, Expr]
    stag_hunt_where: Expr
    alignment: Alignment
    conditions: tuple[ClassForm, ...]
    slope: ClassForm
    correction: tuple[Expr, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as data: expressions as strings."""
        return {
            "strategies": [self.strategy, "AllD"],
            "payoffs": [str(entry) for entry in self.payoffs],
            "stag_hunt_where_positive": str(self.stag_hunt_where),
            "conditions": [{"value": str(form.value), "sign": form.sign} for form in self.conditions],
            "slope": str(self.slope.value),
            "correction": [str(entry) for entry in self.correction],
        }


def reduction(strategy: str) -> Reduction:
    """Reduce the game to {``strategy``, AllD} and carry the Stag Hunt's alignment over.

    Raises:
        Undecided: P′ > S′ does not hold in the whole class, so no single form decides.
    """
    good, low, high, bad = payoffs = (
        _value(strategy, strategy),
        _value(strategy, "AllD"),
        _value("AllD", strategy),
        _value("AllD", "AllD"),
    )
    if class_form(bad - low).sign != 1:
        raise Undecided(f"AllD against AllD does not always pay more than {strategy} against it")
    decisive = class_form(good - high)
    alignment = align(stag_hunt())
    at = dict(zip((R, S, T, P), payoffs, strict=True))
    conditions = tuple(class_form(form.xreplace(at)) for form in alignment.conditions)
    spillover, slope = class_form(high - bad), class_form(good - low - high + bad)
    probabilities = [row[0] for row in parameters(alignment.game, "direct")]
    correction = tuple(slope.value * (spillover.value + slope.value * p) for p in probabilities)
    for shown, derived in zip(correction, alignment.correction, strict=True):
        if not exact.is_zero(shown - derived.xreplace(at)):
            raise Undecided(f"the correction of the reduced game is not {shown}")
    where = decisive.positive_where[0] if len(decisive.positive_where) == 1 else good - high
    return Reduction(strategy, payoffs, where, alignment, conditions, slope, correction)


def _value(mine: str, other: str) -> Expr:
    """Player 1's total value of one pure strategy against another, in R, S, T, P, γ."""
    game = ipd()
    profile = parse_profile(game, f"{mine};{other}")
    program = value_program(game, "direct")
    pure = {
        symbol: Integer(1 - action)
        for row, policy in zip(parameters(game, "direct"), profile, strict=True)
        for symbol, action in zip(row, policy, strict=True)
    }
    field = QuotientField([symbol for symbol, _ in game.parameters])
    inputs = {symbol: field.element(pure.get(symbol, symbol)) for symbol in program.inputs}
    return field.expression(program.run(inputs, field.constant)["value"][0])
