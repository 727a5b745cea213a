"""numerics.tables: cells survive Markdown, LaTeX and CSV, whatever characters they hold and values they stand for."""

from __future__ import annotations

import copy
import csv
import io
import pickle
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.latex_text import latex_text
from numerics.ledger import ledger_table
from numerics.tables import Cell, Table, interval, number
from numerics.verdicts import Entry, Ledger
from theory.claims import Claim, Evidence, Finding, Verdict

TRICKY = ("a|b", r"a\|b", "\\", "50 % & more", "$x_i^2$", "#1 ~ {y}", "p < q > r", '"quoted", comma', " ", "", "−λ₀")


def table(*rows: tuple[str, ...], columns: tuple[str, ...] = ("one", "two")) -> Table:
    return Table(columns, tuple(rows), tuple("l" for _ in columns))


# Cells are one line of text; control characters have no business in a table.
cells = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12) | st.sampled_from(TRICKY)
rows = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[cells] * width), min_size=1, max_size=4))


# ------------------------------------------------------------------------------------------------------------- CSV


@given(rows)
def test_csv_round_trip(lines: list[tuple[str, ...]]) -> None:
    head, *body = lines
    text = table(*body, columns=head).csv()
    assert [tuple(line) for line in csv.reader(io.StringIO(text, newline=""))] == lines
    assert text.endswith("\n") and "\r" not in text


def test_csv_by_hand() -> None:
    text = table(("1,5", 'say "no"'), ("", "two\nlines")).csv()
    assert text == 'one,two\n"1,5","say ""no"""\n,"two\nlines"\n'


# ---------------------------------------------------------------------------------------------------------- values

finite = st.floats(-1e12, 1e12)
exact: st.SearchStrategy[Fraction | int | Decimal] = (
    st.fractions(-(10**12), 10**12) | st.integers(-(10**12), 10**12) | st.decimals(-(10**12), 10**12)
)
numbers = finite | exact
specs = st.sampled_from(["", ".4f", "+.3f", ".3g", ".0f"])
Value = float | Fraction | Decimal


def read(text: str, like: object) -> object:
    """A field read as the type that was written."""
    return type(like)(text)  # type: ignore[call-arg]


@given(st.lists(st.tuples(numbers, specs, finite, finite), min_size=1, max_size=5))
def test_csv_gives_back_the_very_numbers(lines: list[tuple[Value, str, float, float]]) -> None:
    rows = [(number(value, spec), interval((low, high), spec), "words") for value, spec, low, high in lines]
    head, *body = csv.reader(io.StringIO(table(*rows, columns=("share", "95% interval", "note")).csv()))
    assert head == ["share", "95% interval low", "95% interval high", "note"]
    for (value, _, low, high), fields in zip(lines, body, strict=True):
        assert read(fields[0], value) == value
        assert (float(fields[1]), float(fields[2]), fields[3]) == (low, high, "words")


@given(finite | st.integers(), specs)
def test_what_is_shown_is_the_formatted_number(value: float, spec: str) -> None:
    assert number(value, spec) == format(value, spec)


def test_values_by_hand() -> None:
    rows = (
        (number(0.1 + 0.2, ".2f"), interval((-0.123456, None)), number(Fraction(1, 3), ".3f"), number(10000)),
        (number(None, ".2f"), "", number(0.5, ".3f"), number(0)),
        ("none entered", number(2, ".1f"), Cell("sides 0.1 to 0.2", "sides 1/10 to 1/5"), ""),
    )
    made = table(*rows, columns=("a", "b", "c", "n"))
    assert made.csv() == (
        "a,b low,b high,c,n\n"
        "0.30000000000000004,-0.123456,inf,1/3,10000\n"
        "inf,,,0.5,0\n"
        "none entered,2,2,sides 1/10 to 1/5,\n"
    )
    assert made.markdown().splitlines()[2] == "| 0.30 | [-0.1235, infinite] | 0.333 | 10000 |"
    assert "0.30 & [$-$0.1235, infinite] & 0.333 & 10000" in made.latex()


def test_words_go_into_the_first_column_of_an_interval() -> None:
    made = table((interval((0.0, 1.0)),), ("too few runs",), columns=("interval",))
    assert made.csv().splitlines() == ["interval low,interval high", "0.0,1.0", "too few runs,"]


def test_rounding_is_not_what_csv_gives() -> None:
    """The control: text cells of the same look do lose the digits."""
    assert "0.123456789" in table((number(0.123456789, ".2f"),), columns=("a",)).csv()
    assert "0.123456789" not in table((f"{0.123456789:.2f}",), columns=("a",)).csv()


@given(numbers, specs)
def test_cells_are_texts_and_can_be_copied(value: Value, spec: str) -> None:
    cell = number(value, spec)
    for other in (copy.deepcopy(cell), pickle.loads(pickle.dumps(cell))):
        assert isinstance(other, Cell) and (str(other), other.value) == (str(cell), cell.value)
    assert cell == str(cell) and repr(cell) == repr(str(cell))


def test_columns_can_be_chosen() -> None:
    whole = Table(("a", "b", "c"), (("1", "2", "3"),), ("l", "r", "p{2cm}"))
    assert whole.only("c", "a") == Table(("c", "a"), (("3", "1"),), ("p{2cm}", "l"))
    with pytest.raises(ValueError, match="not in tuple"):
        whole.only("d")


# -------------------------------------------------------------------------------------------------------- Markdown


def cells_of(line: str) -> tuple[str, ...]:
    """The cells of a row as GitHub reads it: a backslash escapes the punctuation after it, a bare pipe ends a cell."""
    assert line.startswith("| ") and line.endswith(" |")
    found, cell, position = [], "", 2
    while position < len(line):
        letter = line[position]
        if letter == "\\" and line[position + 1] in "\\|":
            cell += line[position + 1]
            position += 1
        elif letter == "|":
            found.append(cell.removesuffix(" "))
            cell, position = "", position + 1
        else:
            cell += letter
        position += 1
    return tuple(found)


@given(rows)
def test_markdown_round_trip(lines: list[tuple[str, ...]]) -> None:
    head, *body = lines
    text = table(*body, columns=head).markdown()
    first, rule, *rest = text.removesuffix("\n").split("\n")
    assert rule == "|" + " --- |" * len(head)
    assert [cells_of(line) for line in (first, *rest)] == lines


def test_markdown_by_hand() -> None:
    assert table(("a|b", "c")).markdown() == "| one | two |\n| --- | --- |\n| a\\|b | c |\n"


@pytest.mark.parametrize(
    ("cell", "escaped"),
    [
        ("2*a**2", r"2\*a\*\*2"),
        ("phi_0 and u_j^i", "phi_0 and u_j^i"),
        ("_0 x_", r"\_0 x\_"),
        ("a __b__", r"a \_\_b\_\_"),
    ],
)
def test_nothing_in_markdown_turns_into_emphasis(cell: str, escaped: str) -> None:
    assert table((cell, "c")).markdown().splitlines()[2] == f"| {escaped} | c |"


def test_a_line_break_does_not_break_the_markdown_table() -> None:
    text = table(("two\nlines", "x")).markdown()
    assert len(text.splitlines()) == 3 and text.splitlines()[2].endswith("| x |")


# ----------------------------------------------------------------------------------------------------------- LaTeX

_READ = {
    r"\textbackslash{}": "\\", r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#", r"\_": "_", r"\{": "{", r"\}": "}",
    r"$\sim$": "~", r"\textasciicircum{}": "^", r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|",
    "$-$": "−", r"$\le$": "≤", r"$\ge$": "≥", r"$\ne$": "≠", r"$\approx$": "≈", r"$\pm$": "±", r"$\times$": "×",
    r"$\cdot$": "·", r"$\surd$": "√", r"$\infty$": "∞", r"$\partial$": "∂", r"$\nabla$": "∇", r"$\varnothing$": "∅",
    r"$\in$": "∈", r"$\int$": "∫", r"$\rightarrow$": "→", r"$\leftarrow$": "←", r"$\Vert$": "‖", r"$\langle$": "⟨",
    r"$\rangle$": "⟩", r"$\ell$": "ℓ", "$'$": "′", "$''$": "″", r"$\tfrac12$": "½", r"$\tfrac14$": "¼",
    r"$\tfrac34$": "¾", r"$\varphi$": "φ", r"$\varepsilon$": "ε",
    **{rf"$\{name}$": letter for name, letter in (
        ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("zeta", "ζ"), ("eta", "η"), ("theta", "θ"),
        ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"), ("nu", "ν"), ("xi", "ξ"), ("pi", "π"), ("rho", "ρ"),
        ("sigma", "σ"), ("tau", "τ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"), ("Gamma", "Γ"), ("Delta", "Δ"),
        ("Theta", "Θ"), ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"), ("Sigma", "Σ"), ("Phi", "Φ"), ("Psi", "Ψ"),
        ("Omega", "Ω"),
    )},
    **{f"$^{{{plain}}}$": letter for plain, letter in zip("0123456789-ijkntHT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁱʲᵏⁿᵗᴴᵀ", strict=True)},
    **{f"$_{{{plain}}}$": letter for plain, letter in zip("0123456789-ij", "₀₁₂₃₄₅₆₇₈₉₋ᵢⱼ", strict=True)},
}  # fmt: skip
_ESCAPES = re.compile("|".join(map(re.escape, sorted(_READ, key=len, reverse=True))))


def read_latex(cell: str) -> str:
    """What LaTeX prints for a cell; anything special that is left over would be an error."""
    rest = _ESCAPES.sub("", cell)
    assert not set(rest) & set("\\&%$#_{}~^<>|"), rest
    return _ESCAPES.sub(lambda match: _READ[match[0]], cell)


def as_printed(cell: str) -> str:
    """A cell with every sign that LaTeX prints as one character."""
    return re.sub("<=|>=|->", lambda match: {"<=": "≤", ">=": "≥", "->": "→"}[match[0]], cell)


@pytest.mark.parametrize("letter", list(_READ.values()))
def test_every_sign_survives_latex(letter: str) -> None:
    made = latex_text(f"a{letter}b")
    assert made.isascii() and read_latex(made) == f"a{letter}b"


def test_letters_that_latex_knows_stay() -> None:
    assert latex_text("Kübler–Ross") == "Kübler–Ross"


@given(rows)
def test_latex_round_trip(lines: list[tuple[str, ...]]) -> None:
    head, *body = lines
    text = table(*body, columns=head).latex()
    assert text.startswith("\\begin{tabular}{" + "l" * len(head) + "}\n\\toprule\n")
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")
    inner = text.split("\\toprule\n")[1].removesuffix("\\bottomrule\n\\end{tabular}\n")
    first, rest = inner.split("\\midrule\n", 1)
    found = [line.removesuffix(" \\\\") for line in [first.removesuffix("\n"), *rest.splitlines()] if line]
    # "&" between cells is the only bare one
    assert [tuple(read_latex(_unguarded(cell)) for cell in re.split(r"(?<!\\) & ", line)) for line in found] == [
        tuple(map(as_printed, line)) for line in lines
    ]


def _unguarded(cell: str) -> str:
    """A leading empty group keeps ``\\\\`` from reading the cell as its option; it prints nothing."""
    return cell.removeprefix("{}")


def test_latex_by_hand() -> None:
    text = table(("50 %", "p_1 & q^2"), columns=("a", "b")).latex()
    assert "50 \\% & p\\_1 \\& q\\textasciicircum{}2 \\\\\n" in text


@pytest.mark.parametrize("cell", ["[0.1, 0.2]", "*", "* starred"])
def test_a_row_is_not_read_as_an_option_of_the_line_break(cell: str) -> None:
    r"""After ``\\`` LaTeX takes ``[…]`` for extra space and ``*`` for a variant, so no row may begin with one."""
    text = table(("x", "y"), (cell, "z")).latex()
    row = text.split("\\\\\n")[2]
    assert not row.startswith(("[", "*")) and cell in row


def test_a_long_table_repeats_its_headings() -> None:
    made = table(("50 %", "x")).long_latex()
    assert made == (
        "\\begin{longtable}{ll}\n\\toprule\none & two \\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n"
        "50 \\% & x \\\\\n\\end{longtable}\n"
    )


def test_headings_are_escaped_too() -> None:
    shown = table(("1", "2"), columns=("95% interval", "a|b"))
    assert "95\\% interval" in shown.latex() and "a\\|b" in shown.markdown()


def test_widths_are_the_column_types() -> None:
    shown = Table(("a", "b"), (("1", "2"),), ("l", "p{8cm}"))
    assert shown.latex().startswith("\\begin{tabular}{lp{8cm}}\n")


def test_a_cell_holds_the_evidence_or_says_how_much_there_is() -> None:
    few = Finding(Verdict.PROVED, "because", (Evidence("identity", "route", "short", {}),) * 2)
    many = Finding(Verdict.PROVED, "because", (Evidence("identity", "route", "x" * 400, {}),) * 2)
    none = Finding(Verdict.UNDECIDED, "not-run")
    entries = tuple(Entry(Claim(f"C{k}", "s", "r"), finding, 0.0) for k, finding in enumerate((few, many, none)))
    found = [row[3] for row in ledger_table(Ledger(entries, {})).rows]
    assert found == ["short; short", "because (evidence: 2)", "not-run"]
