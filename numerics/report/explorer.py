"""The Stag Hunt explorer: payoffs and λ are moved; boundary, certified regions and basin share follow.

Its formulas are the code's own. A quotient of polynomials goes to the page as numerator and denominator with integer
coefficients, made homogeneous by a unit: decimals typed in become integers over one power of ten, so that the browser
decides every condition exactly (BigInt) and shows exact fractions. Only the arrows of the field are floating point.

The box p, q > p* and the ball that ends at (p*, p*) are certified for policy gradient (claims C19.sign-box and
C19.sublevel). Where v and C both point to the target in every entry, or in the inner product, so does v + λC: they hold
for every λ ≥ 0 where the correction is aligned (:mod:`theory.alignment`), and for λ = 0 only elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from xml.etree.ElementTree import Element

from sympy import Expr, Integer, Rational, Symbol, factor, fraction, jscode
from sympy.printing.jscode import JavascriptCodePrinter
from sympy.printing.precedence import PRECEDENCE

from numerics.report.markup import Content, element, mathematics, static
from theory import exact
from theory.alignment import align
from theory.claims.c15_stag_hunt_entry import rising_condition
from theory.exact import Undecided
from theory.games import stag_hunt
from theory.latex import latex, readable, text
from theory.policies import parameters
from theory.separatrix import corrected_field, separatrix
from theory.stag_hunt_balls import gap, inner, u, w
from theory.symbols import P, R, S, T, correction

INPUTS = (R, S, T, P, correction)
UNIT = Symbol("unit", positive=True)
SHOWN = Rational(1, 10)  # λ at first, inside the closed form's scope at 4, 0, 3, 2
# Smallest, largest and step of the sliders; the fields beside them take any decimal number.
PAYOFFS, SIZES = (Integer(-5), Integer(10), Rational(1, 4)), (Integer(0), Integer(1), Rational(1, 100))
SIDE = 400  # of the square, in the picture's own units
MARGINS = (54, 12, 12, 46)  # left, above, right, below


class _Integers(JavascriptCodePrinter):
    """Polynomials with integer coefficients as JavaScript on BigInts."""

    def _print_Integer(self, number: Integer) -> str:
        return f"{number.p}n"

    def _print_Rational(self, number: Rational) -> str:
        raise Undecided(f"{number} is no integer")

    def _print_Pow(self, power: Expr) -> str:
        # In brackets, since JavaScript refuses -x**2n.
        return f"({self.parenthesize(power.base, PRECEDENCE['Pow'])}**{self._print(power.exp)})"


@cache
def quantities() -> Mapping[str, Expr]:
    """What the explorer shows, by name, in R, S, T, P and λ.

    Raises:
        Undecided: a derivation does not have the form on which the page's words rest.
    """
    game = stag_hunt()
    line, conditions = separatrix(game), align(game).conditions
    sign, rising = rising_condition(line)
    if (len(game.ordering), len(conditions), len(rising)) != (2, 1, 1):
        raise Undecided("the class, the condition of alignment and that of growth are not two forms, one and one")
    if not exact.is_zero(inner("direct").subs({u: gap, w: gap})):
        raise Undecided("the largest ball does not end at the mixed equilibrium")
    mixed = line.boundary.subs(correction, 0) / 2
    return {
        "stag": game.ordering[0],
        "hare": game.ordering[1],
        "growth": line.growth,
        "contraction": line.contraction,
        "boundary": line.boundary,
        "shareLow": line.share_low,
        "shareHigh": line.share_high,
        "mixed": mixed,
        "saddle": line.boundary / 2,
        "level": (u**2 + w**2).subs({u: gap, w: gap}).subs(gap, 1 - mixed),
        "aligned": conditions[0],
        "grows": -sign * rising[0],
    }


@cache
def formulas() -> str:
    """The explorer's formulas as JavaScript.

    ``FORMULAS`` holds numerator and denominator of each as functions of R, S, T, P, λ and the unit, all BigInt: the
    value is their quotient where each of the five is so many units. ``FIELD`` holds v + λC as functions of p, q and the
    five, ``LABELS`` the forms of the class as text, ``NAMES`` the five names.
    """
    names = ", ".join(map(str, (*INPUTS, UNIT)))
    lines = []
    for name, form in quantities().items():
        scaled = form.subs({symbol: symbol / UNIT for symbol in INPUTS}, simultaneous=True)
        parts = ", ".join(f"({names}) => {_Integers().doprint(part)}" for part in fraction(factor(scaled)))
        lines.append(f"  {name}: [{parts}],\n")
    game = stag_hunt()
    arguments = ", ".join(map(str, (*(row[0] for row in parameters(game, "direct")), *INPUTS)))
    field = ", ".join(f"({arguments}) => {jscode(entry)}" for entry in corrected_field(game))
    labels = {name: _words(quantities()[name]) for name in ("stag", "hare")}
    return (
        f"const NAMES = {json.dumps([text(symbol) for symbol in INPUTS], ensure_ascii=False)};\n"
        f"const LABELS = {json.dumps(labels, ensure_ascii=False)};\n"
        f"const FORMULAS = {{\n{''.join(lines)}}};\nconst FIELD = [{field}];\n"
    )


def script() -> str:
    """Everything the explorer computes: formulas, and what follows from them."""
    return formulas() + static("explorer.js")


# ------------------------------------------------------------------------------------------------------ what is seen


def section() -> Element:
    """The explorer's part of the page; the controls are hidden until the script runs."""
    return element(
        "section",
        element("h2", "Stag Hunt explorer"),
        element(
            "p",
            "Row payoffs are [[R, S], [T, P]]; p and q are the players' probabilities of Stag, in direct coordinates. "
            "Players follow ",
            mathematics(r"v + \lambda C"),
            ", policy gradient plus λ times the peer-learning correction (expanded form, L = 1, λ = α times the peer "
            "coefficient), projected on the square, in continuous time. Shares are of uniform starts. The numbers are "
            "computed from the formulas behind the claims ",
            _link("C15.closed-form"),
            ", ",
            _link("C19.basin"),
            ", ",
            _link("C19.sign-box"),
            " and ",
            _link("C19.sublevel"),
            " in exact arithmetic, as fractions.",
        ),
        element("p", "The explorer needs JavaScript. The formulas below do not.", class_="unscripted"),
        element(
            "div",
            _controls(),
            element("p", role="status", id="explorer-says"),
            element("div", element("figure", _picture(), _legend()), _numbers(), class_="explorer-parts"),
            id="explorer-live",
            hidden="hidden",
        ),
        _conditions(),
        element(
            "div",
            *(
                element("p", mathematics(f"{left} = {latex(_in_size(form))}", display=True), class_="formula")
                for left, form in _displayed()
            ),
        ),
        id="explorer",
    )


def _link(claim: str) -> Element:
    return element("a", claim, href=f"#{claim}")


def _words(form: Expr) -> str:
    return text(form).replace("-", "−")


def _in_size(form: Expr) -> Expr:
    return readable(factor(form), [correction])


def _displayed() -> list[tuple[str, Expr]]:
    shown = quantities()
    share = r"\mathrm{share}"
    return [
        ("p^*", shown["mixed"]),
        (r"s^*(\lambda)", shown["boundary"]),
        (rf"1 - {share}_{{s^* \le 1}}", exact.lowest_terms(1 - shown["shareLow"])),
        (rf"{share}_{{s^* \ge 1}}", shown["shareHigh"]),
    ]


def _controls() -> Element:
    rows: list[Content] = []
    values = (*(value for _, value in stag_hunt().parameters), SHOWN)
    meanings = (
        "both hunt Stag",
        "Stag alone",
        "Hare against Stag",
        "both hunt Hare",
        "size of the correction",
    )
    for symbol, value, meaning in zip(INPUTS, values, meanings, strict=True):
        low, high, step = map(_decimal, SIZES if symbol == correction else PAYOFFS)
        name, start = text(symbol), _decimal(value)
        marked = {"list": "reach"} if symbol == correction else {}
        rows.append(
            element(
                "div",
                element("label", element("i", name), f" {meaning}", for_=f"slider-{symbol}"),
                element(
                    "input", type="range", id=f"slider-{symbol}", min=low, max=high, step=step, value=start, **marked
                ),
                element("input", type="number", id=f"number-{symbol}", step=step, value=start, aria_label=name),
                class_="control",
            )
        )
    rows.append(element("datalist", element("option", id="reach-tick"), id="reach"))
    rows.append(element("p", id="explorer-reach"))
    return element("form", *rows, element("button", "Back to the paper's game", type="reset"), id="explorer-inputs")


def _decimal(number: Rational) -> str:
    return f"{float(number):g}"


def _picture() -> Element:
    left, above, right, below = MARGINS
    box = f"{-left} {-above} {SIDE + left + right} {SIDE + above + below}"
    whole = {"x": "0", "y": "0", "width": str(SIDE), "height": str(SIDE)}
    ticks: list[Element] = []
    for k in range(5):
        at, name = SIDE * k / 4, _decimal(Rational(k, 4))
        ticks += [
            element("line", x1=f"{at:g}", x2=f"{at:g}", y1=str(SIDE), y2=str(SIDE + 5), class_="axis"),
            element("text", name, x=f"{at:g}", y=str(SIDE + 19), text_anchor="middle"),
            element("line", x1="-5", x2="0", y1=f"{at:g}", y2=f"{at:g}", class_="axis"),
            element("text", name, x="-9", y=f"{SIDE - at + 4:g}", text_anchor="end"),
        ]
    corners = [
        element("rect", x=str(SIDE - 6), y="-6", width="12", height="12", class_="corner"),
        element("rect", x="-6", y=str(SIDE - 6), width="12", height="12", class_="corner"),
    ]
    return element(
        "svg",
        element("clipPath", element("rect", **whole), id="explorer-square"),
        element("polygon", id="basin-stag", class_="basin-stag"),
        element("polygon", id="basin-hare", class_="basin-hare"),
        element("g", element("circle", cx=str(SIDE), cy="0", id="ball", class_="ball"), clip_path=_SQUARE),
        element("rect", y="0", id="box", class_="box"),
        element("path", id="arrows", class_="arrows"),
        element("line", id="boundary-before", class_="boundary-before"),
        element("line", id="boundary", class_="boundary"),
        element("rect", **whole, class_="axis"),
        *ticks,
        element("text", "p, player 1", x=str(SIDE // 2), y=str(SIDE + 40), text_anchor="middle"),
        element("text", "q, player 2", transform=f"translate(-40 {SIDE // 2}) rotate(-90)", text_anchor="middle"),
        *corners,
        element("circle", r="5.5", id="mixed", class_="mixed"),
        element("circle", r="5.5", id="saddle", class_="saddle"),
        viewBox=box,
        role="img",
        aria_label="The unit square of p and q",
        aria_describedby="explorer-says",
        id="explorer-picture",
    )


_SQUARE = "url(#explorer-square)"


def _legend() -> Element:
    marks = {
        "basin-stag": "basin of (Stag, Stag)",
        "basin-hare": "basin of (Hare, Hare)",
        "boundary": "boundary at this λ",
        "boundary-before": "boundary at λ = 0",
        "box": "certified box",
        "ball": "certified ball",
        "mixed": "mixed equilibrium",
        "saddle": "zero of v + λC",
        "arrows": "direction of v + λC",
    }
    return element(
        "figcaption",
        element("ul", *(element("li", _mark(kind), words, data_mark=kind) for kind, words in marks.items())),
        class_="legend",
    )


def _mark(kind: str) -> Element:
    shapes = {
        "boundary": element("line", x1="1", x2="21", y1="8", y2="8", class_=kind),
        "boundary-before": element("line", x1="1", x2="21", y1="8", y2="8", class_=kind),
        "mixed": element("circle", cx="11", cy="8", r="5", class_=kind),
        "saddle": element("circle", cx="11", cy="8", r="5", class_=kind),
        "arrows": element("path", d="M3 8H19M14 4L19 8L14 12", class_=kind),
    }
    plain = element("rect", x="2", y="2", width="18", height="12", class_=kind)
    return element("svg", shapes.get(kind, plain), viewBox="0 0 22 16", class_="mark", aria_hidden="true")


def _numbers() -> Element:
    rows = (
        ("mixed", "mixed equilibrium p = q = ", "p^*"),
        ("boundaryBefore", "boundary p + q = s* at λ = 0, ", "s^*(0)"),
        ("boundary", "boundary at this λ, ", r"s^*(\lambda)"),
        ("shareBefore", "basin share of (Stag, Stag) at λ = 0", ""),
        ("share", "basin share at this λ", ""),
        ("change", "change of the share", ""),
        ("box", "certified box, both probabilities above ", "p^*"),
        ("ball", "certified ball, ", r"(1 - p)^2 + (1 - q)^2 <"),
    )
    body = [
        element("tr", element("th", words, *([mathematics(symbol)] if symbol else []), scope="row"), _cell(name))
        for name, words, symbol in rows
    ]
    return element("table", element("tbody", *body), class_="numbers")


def _cell(name: str) -> Element:
    return element("td", element("data", "—", value="", id=f"shows-{name}"))


def _conditions() -> Element:
    """Every condition with its form, its value at the explorer's numbers and whether it holds."""
    shown = quantities()
    rows = (
        ("stag", latex(shown["stag"]) + " > 0", "class: (Stag, Stag) is a strict equilibrium"),
        ("hare", latex(shown["hare"]) + " > 0", "class: (Hare, Hare) is a strict equilibrium"),
        ("growth", latex(_in_size(shown["growth"])) + " > 0", "scope: growth, the rate at which p + q leaves s*"),
        (
            "contraction",
            latex(_in_size(shown["contraction"])) + r" \ge 0",
            "scope: contraction, the rate at which p − q shrinks",
        ),
        ("boundary", r"0 \le s^*(\lambda) \le 2", "scope: the boundary meets the square"),
        ("aligned", latex(shown["aligned"]) + r" \ge 0", "aligned: C points to (Stag, Stag) at every policy"),
        ("grows", latex(shown["grows"]) + " > 0", "the basin of (Stag, Stag) grows with λ"),
    )
    head = element("tr", *(element("th", name, scope="col") for name in ("condition", "means", "value", "holds")))
    body = [
        element(
            "tr",
            element("td", mathematics(formula)),
            element("td", words, class_="words"),
            element("td", "—", id=f"value-{name}"),
            element("td", "—", id=f"holds-{name}"),
        )
        for name, formula, words in rows
    ]
    table = element("table", element("thead", head), element("tbody", *body))
    return element(
        "div",
        table,
        class_="scroll conditions",
        tabindex="0",
        role="region",
        aria_label="Conditions of the closed form",
    )
