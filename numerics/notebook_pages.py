"""Runs notebooks and writes them as HTML pages that need no network: formulas are MathML, and there is no script.

``python -m numerics.notebook_pages FOLDER NOTEBOOK...``, which is ``make notebooks``; needs the extra ``notebooks``.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import tostring

import nbformat
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from numerics.files import write_whole
from numerics.report.markup import mathematics

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)
TEXT, INSIDE = re.compile(r"\\text\{([^{}]*)\}"), re.compile(r"\$(.*?)\$")
# Browsers leave columnalign to style sheets; math-style: normal is TeX's display style.
STYLE = """
math { font-size: 110% }
.jp-RenderedLatex math { math-style: normal }
mtd[columnalign=left] { text-align: left; text-align: -webkit-left }
mtd[columnalign=right] { text-align: right; text-align: -webkit-right }
"""


def formula(latex: str, display: bool) -> str:
    """LaTeX as MathML; aligned, and formulas inside of text, are written as the converter knows them."""
    latex = latex.replace("{aligned}", "{align*}")
    latex = TEXT.sub(lambda text: r"\text{" + INSIDE.sub(r"}\1\\text{", text[1]) + "}", latex)
    made = tostring(mathematics(latex, display), encoding="unicode", method="html")
    if "\\" in re.sub("<[^>]*>", "", made):
        raise ValueError(f"not converted to MathML: {latex}")
    return made


def formulas(text: str) -> BeautifulSoup:
    """A text with its formulas converted."""
    parts, at = [], 0
    for found in FORMULA.finditer(text):
        parts += [escape(text[at : found.start()]), formula(found[1] or found[2], found[1] is not None)]
        at = found.end()
    return BeautifulSoup("".join(parts) + escape(text[at:]), "html.parser")


def page(notebook: nbformat.NotebookNode, title: str) -> str:
    """A notebook as one file."""
    html, _ = HTMLExporter().from_notebook_node(notebook, {"metadata": {"name": title}})
    soup = BeautifulSoup(html, "html.parser")
    for script in soup.find_all("script"):
        script.decompose()
    for output in soup.select(".jp-RenderedLatex"):
        latex = output.get_text().strip().removeprefix("$").removesuffix("$")
        output.clear()
        output.append(BeautifulSoup(formula(latex, display=False), "html.parser"))
    for written in soup.select(".jp-RenderedMarkdown"):
        for text in written.find_all(string=FORMULA):
            if not text.find_parent(["code", "pre"]):
                text.replace_with(formulas(str(text)))
    style = soup.new_tag("style")
    style.string = STYLE
    soup.head.append(style)
    return str(soup)


def write_pages(folder: Path, paths: list[Path]) -> None:
    """Run every notebook, in an empty folder, and write the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        print(f"{path} …", file=sys.stderr, flush=True)
        notebook = nbformat.read(path, as_version=4)
        with TemporaryDirectory() as workplace:
            resources = {"metadata": {"path": workplace}}
            NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
        print(write_whole(folder / f"{path.stem}.html", page(notebook, path.stem)))


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
