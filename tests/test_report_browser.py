"""The report in a real headless browser: it renders, its sliders give the closed form's numbers, keys suffice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import made_up_verification as made_up
import pytest
from sympy import Rational
from webdriver import CHROMIUM, DOWN, DRIVER, ENTER, MISSING, RIGHT, SPACE, TAB, UP, Browser, browser

from numerics.report import page
from theory.errors import BadInput
from theory.games import stag_hunt
from theory.separatrix import Separatrix, separatrix

pytestmark = pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason=MISSING)
PHONE, DESKTOP = (390, 844), (1200, 900)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = made_up.fill(tmp_path_factory.mktemp("verified"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "formulas", made_up.formulas)
        return page.write_report(folder).as_uri()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def shown(session: Browser, address: str) -> Browser:
    """The page, freshly opened on a wide screen."""
    session.resize(*DESKTOP)
    session.open(address)
    return session


def focus(shown: Browser, selector: str) -> None:
    shown.run("document.querySelector(arguments[0]).focus()", selector)


def reset(shown: Browser, button: str) -> None:
    """Press a form's reset button and wait until the page has taken the form's first values again."""
    focus(shown, button)
    shown.press(ENTER)
    shown.run("return new Promise((done) => setTimeout(done))")


def text(shown: Browser, selector: str) -> str:
    found: str = shown.run("return document.querySelector(arguments[0]).textContent", selector)
    return found


def visible(shown: Browser, selector: str) -> list[str]:
    """Ids of what a reader sees of the elements that match."""
    script = "return [...document.querySelectorAll(arguments[0])].filter((x) => x.checkVisibility()).map((x) => x.id)"
    found: list[str] = shown.run(script, selector)
    return found


# ------------------------------------------------------------------------------------------------------ it renders


def test_the_console_stays_empty_and_nothing_is_loaded(shown: Browser) -> None:
    assert shown.console() == []
    assert shown.run("return performance.getEntriesByType('resource').map((entry) => entry.name)") == []
    assert shown.run("return [...document.images].map((image) => image.complete && image.naturalWidth)") == [120, 120]


def test_an_error_and_a_forbidden_request_are_seen(shown: Browser) -> None:
    shown.run("setTimeout(() => { throw new Error('planted') })")
    shown.run("const image = new Image(); image.src = 'http://127.0.0.1:9/x.png'; document.body.append(image)")
    messages = " ".join(shown.console())
    assert "planted" in messages and "Content Security Policy" in messages


def test_mathematics_is_drawn(shown: Browser) -> None:
    script = """return [...document.querySelectorAll("math")].map((math) => {
      const {width, height} = math.getBoundingClientRect();
      return [math.namespaceURI, width, height, math.getAttribute("display"), math.textContent];
    })"""
    found = shown.run(script)
    assert len(found) > 15
    for namespace, width, height, display, words in found:
        assert namespace == "http://www.w3.org/1998/Math/MathML"
        assert width > 5 and height > (15 if display == "block" else 5), words
    fraction = shown.run("""const [above, below] = document.querySelector("#formulas mfrac").children;
      return below.getBoundingClientRect().top - above.getBoundingClientRect().bottom""")
    assert fraction >= 0  # set above each other, not beside


def test_the_page_turns_dark_with_the_reader_s_settings(shown: Browser) -> None:
    def brightness() -> int:
        colour = shown.run("return getComputedStyle(document.body).backgroundColor")
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))

    found = []
    for scheme in ("light", "dark"):
        shown.chrome("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        found.append(brightness())
    shown.chrome("Emulation.setEmulatedMedia", features=[])
    assert found[0] > 700 and found[1] < 150


def test_nothing_is_wider_than_a_phone(shown: Browser) -> None:
    shown.resize(*PHONE)
    focus(shown, "#open-all")
    shown.press(ENTER)
    width = "return [document.documentElement.scrollWidth, innerWidth]"
    assert shown.run(width) == [390, 390]
    shown.run("document.querySelector('h1').style.width = '500px'")
    assert shown.run(width)[0] > 390  # it would be seen


def test_without_scripts_it_is_a_list(shown: Browser, address: str) -> None:
    shown.chrome("Emulation.setScriptExecutionDisabled", value=True)
    try:
        shown.open(address)
        assert visible(shown, "#filter, #explorer-live") == []
        assert len(visible(shown, ".unscripted")) == 1
        focus(shown, "details.group > summary")
        shown.press(ENTER)
        assert visible(shown, "article") == ["C1", "C1.exact", "C1.loose"]
    finally:
        shown.chrome("Emulation.setScriptExecutionDisabled", value=False)


# ------------------------------------------------------------------------------------------------------- the ledger


def test_details_open_by_keyboard(shown: Browser) -> None:
    assert visible(shown, "article, .evidence") == []
    focus(shown, "details.group > summary")
    shown.press(ENTER)
    assert visible(shown, "article") == ["C1", "C1.exact", "C1.loose"]
    shown.press(TAB, TAB, SPACE)  # past the details of C1 as a whole to those of C1.exact
    assert shown.run("return document.activeElement.closest('article').id") == "C1.exact"
    assert len(visible(shown, ".evidence")) == 1
    shown.press(SPACE)
    assert visible(shown, ".evidence") == []


def test_the_filter_by_keyboard(shown: Browser) -> None:
    focus(shown, "#filter input[value=PROVED]")
    shown.press(SPACE)
    assert text(shown, "#found") == "6 of 8 entries shown"
    assert visible(shown, "article") == ["C1.loose", "C15", "C15.logit", "C19", "C19.box", "C19.late"]
    shown.press(TAB, SPACE)
    assert visible(shown, "article") == ["C1.loose", "C15", "C15.logit", "C19.late"]
    shown.type("#search", "PAIRED  runs")
    assert visible(shown, "article") == ["C15.logit"]
    assert text(shown, "#found") == "1 of 8 entries shown"
    shown.type("#search", "nowhere")
    assert visible(shown, "article, details.group") == []
    reset(shown, "#filter button[type=reset]")
    assert text(shown, "#found") == "8 of 8 entries shown"
    assert len(visible(shown, "details.group")) == 3 and visible(shown, "article") == []


def test_a_statement_of_a_whole_claim_is_found(shown: Browser) -> None:
    shown.type("#search", "entry rises")
    assert visible(shown, "article") == ["C15"]


def test_a_link_opens_the_entry_it_leads_to(shown: Browser) -> None:
    shown.run("document.querySelector('a[href=\"#C15.closed-form\"]').href = '#C15.logit'")
    focus(shown, 'a[href="#C15.logit"]')
    shown.press(ENTER)
    assert visible(shown, "article") == ["C15", "C15.logit"]


def test_the_first_tab_skips_to_the_ledger(shown: Browser) -> None:
    shown.press(TAB)
    assert shown.run("return document.activeElement.className") == "skip"
    assert shown.run("return document.activeElement.getBoundingClientRect().left") >= 0


# ----------------------------------------------------------------------------------------------------- the explorer


@lru_cache
def derived() -> Separatrix:
    return separatrix(stag_hunt())


def expected(payoffs: tuple[str, ...], size: str) -> dict[str, Rational]:
    """Numbers by the code's own closed form."""
    line = derived()
    here = replace(line, game=stag_hunt(**dict(zip("RSTP", map(Rational, payoffs), strict=True))))
    zero, amount = Rational(0), Rational(size)
    share, before = here.share(amount), here.share(zero)
    boundary, without = (here.boundary.subs(here.values(at)) for at in (amount, zero))
    return {
        "mixed": without / 2,
        "boundaryBefore": without,
        "boundary": boundary,
        "shareBefore": before,
        "share": share,
        "change": share - before,
        "box": without / 2,
        "ball": 2 * (1 - without / 2) ** 2,
    }


def displayed(shown: Browser) -> dict[str, str]:
    """Exact numbers that the explorer displays, by name."""
    script = "return [...document.querySelectorAll('data')].map((data) => [data.id, data.value, data.textContent])"
    found = {}
    for name, value, words in shown.run(script):
        found[name.removeprefix("shows-")] = value
        top, _, rest = words.partition("/")
        assert words == "—" if value == "" else value.startswith(top.replace("−", "-").replace("+", "")) or rest == ""
    return found


def inputs(shown: Browser) -> tuple[str, ...]:
    return tuple(shown.run("return [...document.querySelectorAll('#explorer-inputs input')].map((x) => x.value)"))


def agrees(shown: Browser) -> None:
    """Numbers, line and areas are those of the closed form at the inputs."""
    values = inputs(shown)
    assert values[::2] == values[1::2]  # each slider and its field
    *payoffs, size = values[1::2]
    wanted = expected(tuple(payoffs), size)
    assert displayed(shown) == {name: f"{number.p}/{number.q}" for name, number in wanted.items()}
    share, boundary = float(wanted["share"]), float(wanted["boundary"])
    assert drawn_area(shown, "basin-stag") == pytest.approx(share, abs=1e-9)
    assert drawn_area(shown, "basin-hare") == pytest.approx(1 - share, abs=1e-9)
    script = (
        "return ['x1', 'y1', 'x2', 'y2'].map((name) => Number(document.getElementById('boundary').getAttribute(name)))"
    )
    x1, y1, x2, y2 = (entry / 400 for entry in shown.run(script))
    assert x1 + (1 - y1) == pytest.approx(boundary, abs=1e-9) and x2 + (1 - y2) == pytest.approx(boundary, abs=1e-9)
    assert f"{share:.4f} of all starts" in text(shown, "#explorer-says")


def drawn_area(shown: Browser, name: str) -> float:
    """Area of a drawn polygon as a share of the square (shoelace formula)."""
    words = shown.run("return document.getElementById(arguments[0]).getAttribute('points')", name)
    corners = [tuple(float(entry) / 400 for entry in pair.split(",")) for pair in words.split()]
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    return abs(sum(x * b - a * y for (x, y), (a, b) in pairs)) / 2


def test_sliders_by_keyboard_give_the_closed_form_s_numbers(shown: Browser) -> None:
    agrees(shown)
    assert displayed(shown)["share"] == "943/1521"  # of the table of C15.direct
    focus(shown, "#slider-lambda")
    shown.press(*[RIGHT] * 3)
    assert inputs(shown)[8:] == ("0.13", "0.13")
    agrees(shown)
    for slider, key, times, value in (
        ("R", UP, 2, "4.5"),
        ("S", DOWN, 3, "-0.75"),
        ("T", DOWN, 9, "0.75"),
        ("P", UP, 1, "2.25"),
    ):
        focus(shown, f"#slider-{slider}")
        shown.press(*[key] * times)
        assert value in inputs(shown)
        agrees(shown)


def test_fields_take_numbers_between_the_sliders_steps(shown: Browser) -> None:
    shown.type("#number-lambda", "0.125")
    shown.type("#number-P", "1.9")
    *_, payoff, size = inputs(shown)[1::2]
    assert (payoff, size) == ("1.9", "0.125")
    wanted = expected(("4", "0", "3", "1.9"), "0.125")
    assert displayed(shown) == {name: f"{number.p}/{number.q}" for name, number in wanted.items()}


def last_in_scope(payoffs: tuple[str, ...]) -> str:
    """The last hundredth up to which the closed form holds, by what it refuses; "" where it holds for none."""
    last = ""
    for k in range(101):
        try:
            expected(payoffs, f"{k}/100")
        except BadInput:
            break
        last = f"{k / 100:g}"
    return last


@pytest.mark.parametrize(
    "payoffs", [("4", "0", "3", "2"), ("4.5", "-0.75", "0.75", "2.25"), ("1", "0.75", "0.75", "1")]
)
def test_the_slider_of_lambda_is_marked_where_the_closed_form_ends(payoffs: tuple[str, ...], shown: Browser) -> None:
    for name, value in zip("RSTP", payoffs, strict=True):
        shown.type(f"#number-{name}", value)
    last = last_in_scope(payoffs)
    assert shown.run("return document.getElementById('slider-lambda').list.options[0].value") == last
    told = text(shown, "#explorer-reach")
    assert f"after λ = {last}," in told if last != "1" else "for every λ" in told


def test_where_the_closed_form_never_holds_nothing_is_marked(shown: Browser) -> None:
    shown.type("#number-T", "5")
    assert shown.run("return document.getElementById('slider-lambda').list.options[0].value") == ""
    assert text(shown, "#explorer-reach") == ""


def marks(shown: Browser) -> set[str]:
    """What is drawn, and named in the legend as well."""
    script = """const ids = [...document.querySelectorAll("[data-mark]")].map((entry) => entry.dataset.mark);
      return ids.map((id) => [id, document.getElementById(id).checkVisibility(),
        document.querySelector(`[data-mark="${id}"]`).checkVisibility()])"""
    found = shown.run(script)
    assert all(drawn == named for _, drawn, named in found)
    return {name for name, drawn, _ in found if drawn}


EVERYTHING = {
    "basin-stag", "basin-hare", "boundary", "boundary-before", "box", "ball", "mixed", "saddle", "arrows",
}  # fmt: skip
SETTINGS: dict[str, tuple[dict[str, str], set[str], str]] = {
    "in scope": ({}, EVERYTHING, "943/1521"),
    "not aligned": ({"R": "3", "S": "1", "T": "0"}, EVERYTHING - {"box", "ball"}, "less than without the correction"),
    "not aligned, no correction": ({"R": "3", "S": "1", "T": "0", "lambda": "0"}, EVERYTHING, "as without"),
    "beyond the scope": (
        {"lambda": "0.34"},
        {"boundary-before", "box", "ball", "mixed", "arrows"},
        "it needs growth > 0 and contraction ≥ 0",
    ),
    "boundary outside": (
        {"R": "10", "T": "9", "P": "1"},
        {"boundary-before", "box", "ball", "mixed", "arrows"},
        "not between 0 and 2",
    ),
    "no Stag Hunt": ({"T": "5"}, {"arrows"}, "No Stag Hunt: R − T is −1"),
    "no number": ({"T": ""}, set(), "T must be a decimal number"),
    "negative": ({"lambda": "-1"}, set(), "λ must be at least 0"),
}  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
def test_only_what_holds_is_drawn(setting: str, shown: Browser) -> None:
    changes, wanted, says = SETTINGS[setting]
    script = """for (const [name, value] of Object.entries(arguments[0])) {
      const field = document.getElementById(`number-${name}`);
      field.value = value;
      field.dispatchEvent(new Event("input", {bubbles: true}));
    }"""
    shown.run(script, changes)
    assert marks(shown) == wanted
    assert says in text(shown, "#explorer-says")
    in_scope = "boundary" in wanted
    known = displayed(shown)
    assert (known["share"] != "") == (known["boundary"] != "") == (known["change"] != "") == in_scope
    assert shown.console() == []


def test_the_way_back_to_the_paper_s_game(shown: Browser) -> None:
    focus(shown, "#slider-T")
    shown.press(*[RIGHT] * 8)
    assert marks(shown) == {"arrows"} and text(shown, "#holds-stag") == "no"
    reset(shown, "#explorer-inputs button")
    agrees(shown)
    assert [text(shown, f"#holds-{name}") for name in ("stag", "hare", "growth", "contraction", "boundary")] == [
        "yes"
    ] * 5


def test_arrows_follow_the_corrected_field(shown: Browser) -> None:
    """The arrow nearest to each corner points along v + λC there: signs from the game at 4, 0, 3, 2, λ = 1/10."""
    words: Any = shown.run("return document.getElementById('arrows').getAttribute('d')")
    tails = [part.split("L")[:2] for part in words.split("M")[1::2]]
    arrows = [[tuple(map(float, end.split())) for end in pair] for pair in tails]
    assert len(arrows) == 100
    (x, y), (a, b) = arrows[0]  # p = q = 1/20: both fall
    assert a < x and b > y
    (x, y), (a, b) = arrows[-1]  # p = q = 19/20: both rise
    assert a > x and b < y
