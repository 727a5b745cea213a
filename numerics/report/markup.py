"""HTML as trees of elements: whatever is put in as text or attribute comes out escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring, tostring

from latex2mathml.converter import convert

Content = Element | str
CLOSING = (")", "|", "!")
_NAMESPACE = re.compile(r"^\{.*\}")


def element(tag: str, *content: Content, **attributes: str) -> Element:
    """An element with text and elements in it.

    Args:
        tag: its name.
        content: texts and elements in order.
        attributes: values by name; ``class_`` and ``for_`` lose the underscore, ``aria_label`` becomes aria-label.
    """
    made = Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    for part in content:
        if isinstance(part, Element):
            made.append(part)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + part
        else:
            made.text = (made.text or "") + part
    return made


def static(name: str) -> str:
    """The text of a file that lies beside this module."""
    return (files("numerics.report") / name).read_text(encoding="utf-8")


def document(title: str, style: str, script: str, *body: Element) -> str:
    """A whole page whose policy allows its own style, its own script and images inside it, and nothing else."""
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),  # else browsers ask for one
        element("title", title),
        element("style", style),
    )
    page = element("html", head, element("body", *body, element("script", script)), lang="en")
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def mathematics(latex: str, display: bool = False) -> Element:
    """LaTeX as MathML.

    Brackets grow around fractions only (grown ones are set wide), a sign after a bracket or relation is set as a sign,
    and primes are operators, which fonts place well.
    """
    made = fromstring(convert(latex, display="block" if display else "inline"))
    for node in made.iter():
        node.tag = _NAMESPACE.sub("", node.tag)
    for row in made.iter("mrow"):
        if row.find(".//mfrac") is None:
            for bracket in row.findall("mo[@fence]"):
                bracket.attrib["stretchy"] = "false"
    for row in made.iter():
        for before, here in pairwise(row):
            if here.text == "−" and before.tag == "mo" and before.text not in CLOSING:
                here.attrib["form"] = "prefix"
    for letter in made.iter("mi"):
        if set(letter.text or "") == {"′"}:
            letter.tag = "mo"
    return made
