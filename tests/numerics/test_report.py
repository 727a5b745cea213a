"""The report: one page that fetches nothing, holds the whole ledger, and whose explorer computes the exact numbers."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import made_up_verification as made_up
import pytest
from sympy import Rational

from numerics import annealing_tables, experiment_tables, neural_tables, paper_figures, paper_tables
from numerics.report import captions, explorer, page
from numerics.report.markup import element, mathematics
from theory.alignment import align
from theory.errors import BadInput
from theory.games import stag_hunt
from theory.policies import parameters
from theory.separatrix import corrected_field, separatrix
from theory.stag_hunt_balls import largest_level
from theory.symbols import P, R, S, T, correction

VOID = {"meta", "link", "img", "input", "br"}


@pytest.fixture(autouse=True, scope="module")
def few_formulas() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "formulas", made_up.formulas)
        yield


@dataclass
class Node:
    """An element of a parsed page."""

    tag: str
    attributes: dict[str, str | None]
    content: list[Node | str] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Node]:
        for part in self.content:
            if isinstance(part, Node):
                if part.tag == tag:
                    yield part
                yield from part.all(tag)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.content)


class Reader(HTMLParser):
    """Builds the tree and refuses what is not well-formed."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        node = Node(tag, dict(attrs))
        self.open[-1].content.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID and self.open.pop().tag == tag, f"{tag} is closed where another element is open"

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def read(html: str) -> Node:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def fetched(html: str) -> list[str]:
    """Everything in a page that a browser could ask the network for."""
    found = re.findall(r"(?:https?:)?//[\w.]+\.\w+[^\s\"'<]*|@import|\b(?:fetch|import)\s*\(|XMLHttpRequest", html)
    nodes = [
        node
        for tag in ("script", "link", "img", "iframe", "object", "a", "image", "use")
        for node in read(html).all(tag)
    ]
    for node in nodes:
        for name in ("src", "href", "srcset", "data", "xlink:href"):
            value = node.attributes.get(name)
            if value is not None and not value.startswith(("data:", "#")):
                found.append(f"{node.tag} {name}={value}")
    return found + [url for url in re.findall(r"url\(([^)]*)\)", html) if not url.startswith("#")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.fill(tmp_path_factory.mktemp("verified"))


@pytest.fixture(scope="module")
def written(folder: Path) -> str:
    return page.write_report(folder).read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------------- the page


def test_the_page_is_well_formed(written: str) -> None:
    root = read(written)
    (html,) = root.all("html")
    assert html.attributes["lang"] == "en"
    ids = [
        node.attributes["id"]
        for tag in ("section", "article", "table", "input", "div", "data")
        for node in root.all(tag)
        if "id" in node.attributes
    ]
    assert len(ids) == len(set(ids))
    assert {"ledger", "explorer", "tables", "figures", "formulas", "provenance"} <= set(ids)
    for link in root.all("a"):
        target = str(link.attributes["href"])[1:]
        assert target in ids or target.startswith(("C15.", "C19."))  # the explorer's claims may not be in a ledger


@pytest.mark.parametrize("broken", ["<p><b>x</p></b>", "<p>x", "</p>", '<p id="a" id="b">x</p>'])
def test_what_is_not_well_formed_is_refused(broken: str) -> None:
    with pytest.raises(AssertionError):
        read(broken)


def test_nothing_is_fetched(written: str) -> None:
    assert fetched(written) == []


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="x.js"></script>',
        '<img src="//a.example/b.png">',
        "<style>@import 'x.css';</style>",
        "<p style=\"background: url(b.png)\"></p>",
        "<script>fetch('/x')</script>",
        '<a href="https://a.example/">x</a>',
    ],
)  # fmt: skip
def test_what_would_be_fetched_is_seen(planted: str, written: str) -> None:
    assert fetched(written.replace("</main>", f"{planted}</main>"))


def test_the_policy_allows_the_page_s_own_style_and_script_only(written: str) -> None:
    root = read(written)
    (policy,) = [meta.attributes["content"] for meta in root.all("meta") if "http-equiv" in meta.attributes]
    for tag in ("style", "script"):
        (node,) = root.all(tag)
        digest = b64encode(sha256(node.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in str(policy)
    assert str(policy).startswith("default-src 'none'") and "unsafe" not in str(policy)
    assert " style=" not in written  # the policy would drop it


def test_every_claim_and_every_piece_of_evidence_is_there(written: str, folder: Path) -> None:
    claims = json.loads((folder / "verdicts.json").read_text())["claims"]
    articles = {node.attributes["id"]: node for node in read(written).all("article")}
    assert list(articles) == [claim["id"] for claim in claims]
    for claim in claims:
        article = articles[claim["id"]]
        assert article.attributes["data-verdict"] == claim["verdict"] and claim["verdict"] in article.text
        for words in (claim["reason"], claim["reference"], claim["scope"] or "not restricted", *claim["assumptions"]):
            assert words in article.text
        if claim["parent"] is not None:
            assert claim["statement"] in article.text
        for evidence in claim["evidence"]:
            for key in ("kind", "route", "summary", "file", "sha256"):
                assert evidence[key] in article.text
    assert "n = 100, interval [0.4, 0.6]" in articles["C15.logit"].text


def test_what_looks_like_markup_is_shown_as_text(written: str) -> None:
    root = read(written)
    assert len(list(root.all("script"))) == 1
    (article,) = [node for node in root.all("article") if node.attributes["id"] == "C1.exact"]
    assert f"The sum is exact {made_up.MARKUP}." in article.text and f"route {made_up.MARKUP}" in article.text
    assert read(f"<p>{made_up.MARKUP}</p>").text != made_up.MARKUP  # unescaped it would not be


def test_groups_and_counts(written: str) -> None:
    root = read(written)
    (counts,) = [node for node in root.all("table") if node.attributes.get("class") == "counts"]
    rows = [[cell.text for tag in ("th", "td") for cell in row.all(tag)] for row in counts.all("tr")]
    assert rows[0] == ["verdict", "claims", "readings", "means"]
    assert [row[:3] for row in rows[1:]] == [
        ["PROVED", "1", "1"],
        ["CERTIFIED", "1", "1"],
        ["SUPPORTED", "1", "1"],
        ["UNDECIDED", "0", "1"],
        ["REFUTED", "0", "1"],
    ]
    groups = [node for node in root.all("details") if node.attributes.get("class") == "group"]
    titles = [next(group.all("summary")).text for group in groups]
    assert titles[0].startswith("C1 PROVED The update is a sum. 2 readings: 1 PROVED, 1 REFUTED")
    assert [title.split()[0] for title in titles] == ["C1", "C15", "C19"]


def test_tables_figures_and_provenance(written: str, folder: Path) -> None:
    root = read(written)
    regions = {node.attributes.get("aria-label"): node for node in root.all("div")}
    assert [cell.text for cell in regions["Table: entry"].all("td")][4:6] == ["0.5000", "[0.4000, 0.6000]"]
    assert "Table: ledger" not in regions
    known, new = list(root.all("img"))
    assert known.attributes["alt"] == "A square with two basins" and known.attributes["width"] == "60"
    assert new.attributes["alt"] == "Zz new."  # has no caption of its own
    assert str(known.attributes["src"]).startswith("data:image/png;base64,iVBOR")
    (provenance,) = [node for node in root.all("section") if node.attributes["id"] == "provenance"]
    digest = sha256((folder / "verdicts.json").read_bytes()).hexdigest()
    for words in ("3.11.0", "1.0", "abc1234", "quick", "7", "all", digest):
        assert words in [cell.text for cell in provenance.all("td")]


def test_the_same_folder_gives_the_same_bytes(written: str, tmp_path: Path) -> None:
    made_up.fill(tmp_path)
    for _ in range(2):
        assert page.write_report(tmp_path).read_text(encoding="utf-8") == written
    assert not list(tmp_path.glob(".*"))


def test_a_folder_without_figures_and_tables(tmp_path: Path) -> None:
    made_up.fill(tmp_path)
    shutil.rmtree(tmp_path / "figures")
    change(tmp_path, lambda ledger: ledger["claims"].pop(4))
    text = read(page.write_report(tmp_path).read_text(encoding="utf-8")).text
    assert "No figures lie in the folder" in text and "fills no table" in text


def test_the_ledger_of_one_game(tmp_path: Path) -> None:
    made_up.fill(tmp_path)

    def rename(ledger: dict[str, Any]) -> None:
        ledger["claims"] = [claim for claim in ledger["claims"] if claim["parent"] == "C1"]
        for claim in ledger["claims"]:
            claim["id"], claim["parent"] = claim["id"].replace("C1", "G"), "G"
        for name, reason in (("G.set", "not-applicable: the game has no target"), ("G.open", "nothing decides it")):
            silent = {"id": name, "verdict": "UNDECIDED", "reason": reason, "evidence": []}
            ledger["claims"].append({**ledger["claims"][0], **silent})
        ledger["provenance"]["game"] = "my-hunt"

    change(tmp_path, rename)
    html = page.write_report(tmp_path).read_text(encoding="utf-8")
    root = read(html)
    assert "basin-entry checked one game, my-hunt" in root.text
    assert "game my-hunt 4 checks: 1 PROVED, 1 UNDECIDED, 1 REFUTED, 1 not applicable" in root.text
    articles = list(root.all("article"))
    assert [node.attributes["id"] for node in articles] == ["G.exact", "G.loose", "G.set", "G.open"]
    assert [node.attributes["data-verdict"] for node in articles[2:]] == ["not applicable", "UNDECIDED"]
    assert "the game has no target" in articles[2].text and "not-applicable" not in articles[2].text
    boxes = [node.attributes["value"] for node in root.all("input") if node.attributes["type"] == "checkbox"]
    assert boxes == ["PROVED", "CERTIFIED", "SUPPORTED", "UNDECIDED", "REFUTED", "not applicable"]

    # Explorer, figures and formulas are about the paper's games.
    assert [node.attributes["id"] for node in root.all("section")] == ["ledger", "tables", "provenance"]
    (script,) = root.all("script")
    assert "filterLedger" in script.text and "explorer-" not in script.text and "FORMULAS" not in script.text


# ------------------------------------------------------------------------------------------------------- bad input


def change(folder: Path, by: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "verdicts.json"
    ledger = json.loads(path.read_text())
    by(ledger)
    path.write_text(json.dumps(ledger))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no ledger": (lambda folder: (folder / "verdicts.json").unlink(), "no such file"),
    "evidence changed": (
        lambda folder: (folder / "evidence" / "C1.loose-1.json").write_text('{"content": {}}'),
        "SHA-256 differs",
    ),
    "evidence gone": (lambda folder: (folder / "evidence" / "C1.loose-1.json").unlink(), "no such file"),
    "no statement": (lambda folder: change(folder, lambda made: made["claims"][1].pop("statement")), "not those that"),
    "no provenance": (lambda folder: change(folder, lambda made: made.pop("provenance")), "not those that"),
    "another verdict": (
        lambda folder: change(folder, lambda made: made["claims"][1].update(verdict="LIKELY")),
        "not those that",
    ),
    "a number for words": (
        lambda folder: change(folder, lambda made: made["claims"][1].update(scope=3)),
        "not those that",
    ),
    "no picture": (
        lambda folder: (folder / "figures" / "zz_new.png").write_bytes(b"GIF89a"),
        "cannot be read as a PNG image",
    ),
    "page is a folder": (lambda folder: (folder / page.NAME).mkdir(), "cannot write"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_gets_one_sentence_and_no_page(damage: str, tmp_path: Path) -> None:
    made_up.fill(tmp_path)
    spoil, reason = DAMAGE[damage]
    spoil(tmp_path)
    with pytest.raises(BadInput, match=reason) as caught:
        page.write_report(tmp_path)
    assert str(caught.value).startswith((str(tmp_path), "cannot write")) and "\n" not in str(caught.value)
    assert not (tmp_path / page.NAME).is_file()
    assert not list(tmp_path.glob(".report*"))


# ------------------------------------------------------------------------------------------------- words and formulas


def test_everything_that_verify_draws_or_tabulates_has_a_caption() -> None:
    drawn = {*paper_figures.DRAWN, *paper_figures.FROM_EVIDENCE}
    modules = (paper_tables, experiment_tables, annealing_tables, neural_tables)
    tabulated = {name for module in modules for name in module.TABLES}
    assert set(captions.FIGURES) == drawn and set(captions.TABLES) == tabulated


def test_captions_keep_their_order_and_others_follow() -> None:
    names = [*reversed(captions.TABLES), "b_new", "a_new"]
    assert list(captions.ordered(names, captions.TABLES)) == [*captions.TABLES, "a_new", "b_new"]
    assert captions.ordered(["a_new"], captions.TABLES) == {"a_new": "A new."}


def test_mathematics_is_made_readable() -> None:
    math = mathematics(r"p_{CC}'^{2} + \left(1 - q\right) + \left(\frac{1}{2}\right)")
    assert math.tag == "math" and not any("{" in node.tag for node in math.iter())
    assert [node.text for node in math.iter("mo") if node.text == "′"] == ["′"]
    brackets = [node.attrib["stretchy"] for node in math.iter("mo") if node.get("fence")]
    assert brackets == ["false", "false", "true", "true"]
    signs = mathematics(r"x = - a + \left(- b - c\right) - \left(d\right) - f(- x) - 1")
    forms = [node.get("form") for node in signs.iter("mo") if node.text == "−"]
    assert forms == ["prefix", "prefix", None, None, None, "prefix", None]
    assert mathematics("x", display=True).attrib["display"] == "block"


def test_elements_take_text_and_elements_in_order() -> None:
    made = element("p", "a", element("b", "c"), "d", "e", class_="x", aria_label="y")
    assert (made.text, made[0].tail) == ("a", "de") and made.attrib == {"class": "x", "aria-label": "y"}


@pytest.mark.thorough
def test_every_formula_becomes_mathematics() -> None:
    from theory.formulas import formulas

    for formula in formulas():
        shown = "".join(mathematics(formula.latex).itertext())
        assert "\\" not in shown and "_" not in shown and "^" not in shown, formula.name


def test_the_report_of_a_quick_verification(verified: Path | None) -> None:
    if verified is None or not (verified / page.NAME).is_file():
        pytest.skip("needs the folder of a verification with its report")
    written = (verified / page.NAME).read_text(encoding="utf-8")
    claims = json.loads((verified / "verdicts.json").read_text())["claims"]
    assert fetched(written) == [] and len(written.encode()) < 8e6
    assert [node.attributes["id"] for node in read(written).all("article")] == [claim["id"] for claim in claims]


# ----------------------------------------------------------------------------------------- the explorer's arithmetic

NODE = shutil.which("node")
Point = tuple[str, str, str, str, str]
HARNESS = """
const points = JSON.parse(require("fs").readFileSync(0, "utf8"));
const text = (number) => number === null ? null : number.join("/");
console.log(JSON.stringify(points.map((point) => {
  const found = explore(point);
  const numbers = Object.fromEntries(Object.entries(found.numbers).map(([name, n]) => [name, text(n)]));
  const field = found.floats ? FIELD.map((entry) => entry(0.3, 0.6, ...found.floats)) : null;
  const words = Object.fromEntries(Object.entries(found.numbers).map(([name, n]) => [name, shown(n)]));
  return { ...found, numbers, field, words };
})));
"""


def run(points: list[Point], script: str | None = None) -> list[dict[str, Any]]:
    """What the explorer's script finds at given inputs."""
    if NODE is None:
        pytest.skip("node is not installed")
    program = f'"use strict";\n{script or explorer.script()}{HARNESS}'
    done = subprocess.run([NODE, "-e", program], input=json.dumps(points), capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


# λ (R − S − T + P) = 1; s* = 0, 1, 2 and just outside; R = T, P = S, both; T = P and T = S; λ = 0; many decimals.
BOUNDARIES: list[Point] = [
    ("5", "0", "3", "2", "0.25"),
    ("5", "0", "3", "2", "0.250001"),
    ("5", "0", "3", "2", "0.249999"),
    ("10", "-1", "9.5", "2", "0"),
    ("10", "0", "9", "1", "0.0625"),
    ("10", "0", "9", "1", "0.0626"),
    ("10", "0", "9", "1", "0.0624"),
    ("1", "5", "0", "6.5", "0.1"),
    ("1", "5", "0", "6.5", "0.1001"),
    ("1", "5", "0", "6.5", "0.0999"),
    ("3", "0", "2", "1", "0"),
    ("2", "0", "1", "1", "0.5"),
    ("6", "3", "-5", "8", "0.06"),
    ("4", "3.9", "-5", "9", "0.06"),
    ("4", "0", "4", "2", "0.1"),
    ("4", "2", "3", "2", "0.1"),
    ("4", "2", "4", "2", "0.1"),
    ("2", "0", "5", "-3", "0"),
    ("4", "0", "2", "2", "0.1"),
    ("4", "0", "0", "2", "0.1"),
    ("4", "0", "3", "2", "0"),
    ("4", "0", "3", "2", "0.333333333333"),
    ("4", "0", "3", "2", "0.333333333334"),
    ("4.123456789", "0.000000001", "3.5", "2.25", "0.1"),
    ("3", "1", "0", "2", "0.2"),
]  # fmt: skip


def points() -> list[Point]:
    draw = random.Random(0)
    drawn: list[Point] = []
    for k in range(60):  # most in the class with λ around its bound, the others anywhere
        r, s, t, p = (draw.randint(-50, 100) for _ in range(4))
        if k % 6:
            r, p = t + draw.randint(1, 40), s + draw.randint(1, 40)
        bound = Rational(100, r - s - t + p) if r - s - t + p > 0 else Rational(1)
        size = f"{float(bound * draw.choice((0, 0.2, 0.5, 0.9, 0.999, 1.1))):.4f}"
        drawn.append((*(f"{entry / 10:g}" for entry in (r, s, t, p)), size))  # type: ignore[arg-type]
    return BOUNDARIES + drawn


@cache
def line() -> Any:
    return separatrix(stag_hunt())


@cache
def alignment() -> Any:
    return align(stag_hunt())


@cache
def expected(point: Point) -> dict[str, Any]:
    """The same from the code's own objects."""
    *payoffs, size = map(Rational, point)
    try:
        game = stag_hunt(**dict(zip("RSTP", payoffs, strict=True)))
    except BadInput:  # not of the class
        return {"inClass": False}
    here = replace(line(), game=game)
    mixed = here.boundary.subs(here.values(Rational(0))) / 2
    found = {
        "inClass": True,
        "inScope": True,
        "mixed": mixed,
        "level": largest_level("direct", 1 - mixed).low,
        "aligned": replace(alignment(), game=game).holds,
        "shareBefore": here.share(Rational(0)),
    }
    try:
        share = here.share(size)
    except BadInput:
        return {**found, "inScope": False}
    boundary = here.boundary.subs(here.values(size))
    return {**found, "share": share, "change": share - found["shareBefore"], "boundary": boundary}


def difference(answer: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    wrong = [name for name in ("inClass", "inScope") if bool(answer.get(name)) != wanted.get(name, False)]
    numbers = answer["numbers"]
    for name in ("mixed", "level", "shareBefore", "share", "change", *(["boundary"] if wanted.get("inScope") else [])):
        if numbers.get(name) != (None if name not in wanted else f"{wanted[name].p}/{wanted[name].q}"):
            wrong.append(name)
    if wanted["inClass"]:
        is_aligned = Fraction(numbers["aligned"]) >= 0
        wrong += ["aligned"] * (is_aligned != wanted["aligned"])
        wrong += ["applies"] * (answer["applies"] != (is_aligned or answer["floats"][4] == 0))
    return wrong


def test_the_explorer_s_numbers_are_the_closed_form_s() -> None:
    asked = points()
    wanted = [expected(point) for point in asked]
    inside, in_class = (sum(entry.get(name, False) for entry in wanted) for name in ("inScope", "inClass"))
    assert inside > 20 and in_class - inside > 10 and len(asked) - in_class > 10
    for point, answer, right in zip(asked, run(asked), wanted, strict=True):
        assert difference(answer, right) == [], point


@pytest.mark.parametrize(
    ("wrong", "noticed"),
    [
        (("shareLow: [", "shareLow: [(...x) => 1n, (...x) => 2n], unused: ["), "share"),
        (("contraction[0] >= 0n", "contraction[0] > 0n"), "inScope"),
        (("<= 0 ? \"shareLow\"", "< 0 ? \"shareHigh\""), "share"),
        (("numbers.aligned[0] >= 0n", "numbers.aligned[0] > 0n"), "applies"),
    ],
)  # fmt: skip
def test_wrong_formulas_and_conditions_are_noticed(wrong: tuple[str, str], noticed: str) -> None:
    script = explorer.script()
    assert wrong[0] in script
    answers = run(BOUNDARIES, script.replace(*wrong))
    found = [difference(answer, expected(point)) for point, answer in zip(BOUNDARIES, answers, strict=True)]
    assert any(noticed in names for names in found)


def test_the_field_of_the_arrows_is_the_code_s() -> None:
    """Floating point against exact values: 13 digits of the largest term."""
    asked = BOUNDARIES
    field = corrected_field(stag_hunt())
    (p,), (q,) = parameters(stag_hunt(), "direct")
    for point, answer in zip(asked, run(asked), strict=True):
        at = dict(zip((R, S, T, P, correction), map(Rational, point), strict=True))
        exact = [entry.subs({**at, p: Rational(3, 10), q: Rational(6, 10)}) for entry in field]
        scale = max(1, *(abs(float(value)) for value in at.values())) ** 3
        assert answer["field"] == pytest.approx([float(value) for value in exact], abs=1e-13 * scale)


def test_the_explorer_s_sentences() -> None:
    asked: list[Point] = [
        ("4", "0", "3", "2", "0.1"),
        ("4", "0", "3", "2", "0"),
        ("3", "1", "0", "2", "0.1"),
        ("4", "0", "3", "2", "0.5"),
        ("10", "0", "9", "1", "0.1"),
        ("4", "0", "5", "2", "0.1"),
        ("4", "3", "3", "2", "0.1"),
        ("4", "", "3", "2", "0.1"),
        ("4", "1e3", "3", "2", "0.1"),
        ("4", "0", "3", "2", "-0.1"),
        ("4", "−1", ".5", "2.", "+0.1"),
    ]
    says = [answer["says"] for answer in run(asked)]
    outside = "Outside the closed form, so no boundary and no share are given:"
    assert says[:10] == [
        "(Stag, Stag) attracts 943/1521 ≈ 0.6200 of all starts, 605/1521 ≈ 0.3978 more than without the correction.",
        "(Stag, Stag) attracts 2/9 ≈ 0.2222 of all starts, as without the correction.",
        "(Stag, Stag) attracts 311/392 ≈ 0.7934 of all starts, 4/49 ≈ 0.0816 less than without the correction.",
        f"{outside} it needs growth > 0 and contraction ≥ 0, which are 15/2 = 7.5000 and −3/2 = −1.5000.",
        f"{outside} s* is −1/2 = −0.5000 and not between 0 and 2.",
        "No Stag Hunt: R − T is −1, so (Stag, Stag) is no strict equilibrium.",
        "No Stag Hunt: P − S is −1, so (Hare, Hare) is no strict equilibrium.",
        "S must be a decimal number such as 2.5.",
        "S must be a decimal number such as 2.5.",
        "λ must be at least 0.",
    ]
    assert "attracts" in says[10]


def test_numbers_are_rounded_to_four_decimals() -> None:
    """Half away from zero, the relation telling whether the decimals are exact."""
    for point, answer in zip(BOUNDARIES, run(BOUNDARIES), strict=True):
        for name, text in answer["words"].items():
            number = Fraction(answer["numbers"][name])
            shown = re.fullmatch(r"(?:−?\d+/\d+ )?([=≈]) (−?\d+\.\d{4})|(−?\d+)", text)
            assert shown is not None, (point, name, text)
            if shown[3]:
                assert Fraction(shown[3].replace("−", "-")) == number
            else:
                decimals = Fraction(shown[2].replace("−", "-"))
                assert abs(decimals - number) <= Fraction(1, 20000) and (shown[1] == "=") == (decimals == number)


def test_box_and_ball_are_drawn_only_where_the_corrected_field_points_to_the_target() -> None:
    """On a grid in both regions at aligned payoffs; at others the field does point away, so they are not drawn."""
    (p,), (q,) = parameters(stag_hunt(), "direct")
    field = corrected_field(stag_hunt())

    def toward(payoffs: tuple[int, int, int, int], size: Rational) -> tuple[bool, bool]:
        at = dict(zip((R, S, T, P, correction), (*map(Rational, payoffs), size), strict=True))
        mixed, level = (explorer.quantities()[name].subs(at) for name in ("mixed", "level"))
        entries = [entry.subs(at) for entry in field]
        box = ball = True
        for a, b in product([Rational(2 * k + 1, 24) for k in range(12)], repeat=2):
            here = {p: 1 - a, q: 1 - b}
            x, y = (entry.subs(here) for entry in entries)
            if 1 - a > mixed and 1 - b > mixed:
                box = box and x > 0 and y > 0
            if a**2 + b**2 < level:
                ball = ball and a * x + b * y > 0
        return box, ball

    for payoffs, size in (((4, 0, 3, 2), Rational(1, 10)), ((9, 2, 4, 4), Rational(2))):
        assert toward(payoffs, size) == (True, True)
    assert toward((10, 3, 2, 9), Rational(0)) == (True, True)
    assert toward((10, 3, 2, 9), Rational(1, 2)) == (False, False)
