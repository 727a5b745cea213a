r"""What a paper takes from the ledger, ready for ``\input``, and a sample document that uses all of it.

Beside the tables stand ``formulas/NAME.tex``, ``macros.tex`` and ``appendix-body.tex``; ``paper.tex`` and
``appendix.tex`` are documents for pdflatex that hold none of that themselves. The sample document shows what the folder
has: a table that its ledger cannot fill, or a figure that was not drawn, is left out. For the ledger of one's own game
there are macros and a document of its tables alone: formulas, appendix and figures are about the paper's games.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from numerics.files import write_whole
from numerics.latex_text import latex_text
from numerics.paper_formulas import write_formulas
from numerics.paper_macros import macros, values
from numerics.paper_tables import checked_game, paper_tables
from numerics.report import captions
from numerics.stored_ledger import as_written, stored_claims, stored_evidence
from numerics.tables import PAGE, Table
from theory.appendix import FITTED_DISPLAYS, appendix, appendix_body
from theory.claims.own_game_model import as_read
from theory.formulas import formulas

PREAMBLE = rf"""\documentclass[10pt,a4paper]{{article}}
\usepackage{{amsmath,amssymb,booktabs,longtable,graphicx,lscape}}
\usepackage[margin=2.5cm]{{geometry}}
\usepackage[hidelinks]{{hyperref}}
\input{{macros}}
{FITTED_DISPLAYS}% A table that is wider than the line is scaled down to it.
\newcommand\fittedtable[1]{{\begin{{center}}\sbox\fitted{{\input{{#1}}\unskip}}%
  \ifdim\wd\fitted>\linewidth\resizebox{{\linewidth}}{{!}}{{\usebox\fitted}}\else\usebox\fitted\fi\end{{center}}}}
% Figures are as wide as they were drawn (3.3 or 6.6 inches), if the page is that wide.
\newcommand\shown[2]{{\IfFileExists{{#1.pdf}}{{\begin{{figure}}[p]\centering\sbox\fitted{{\includegraphics{{#1.pdf}}}}%
  \includegraphics[width=\ifdim\wd\fitted>\linewidth\linewidth\else\wd\fitted\fi,height=.85\textheight,keepaspectratio]{{#1.pdf}}%
  \caption{{#2}}\end{{figure}}}}{{}}}}
\newcommand\together[1]{{\par\noindent\begin{{minipage}}{{\linewidth}}#1\end{{minipage}}\par\bigskip}}
% A new page, unless the heading and the first lines after it find room.
\newcommand\room{{\par\penalty0\ifdim\dimexpr\pagegoal-\pagetotal<12\baselineskip\newpage\fi}}
% Columns of text are set ragged, and long expressions may break.
\makeatletter
\g@addto@macro\@arrayparboxrestore{{\rightskip\z@\@plus4em\relax\hyphenpenalty50\exhyphenpenalty50\emergencystretch3em}}
\makeatother
\setlength\emergencystretch{{3em}}
\allowdisplaybreaks
\title{{What basin-entry writes for a paper}}
\author{{}}
\date{{}}
\begin{{document}}
\maketitle
"""

# Sentences with numbers from the ledger; one whose numbers are not there is left out.
_FIRST = (
    r"\noindent Every table, formula and number below is read from files that \texttt{basin-entry} wrote beside this "
    r"one; \texttt{paper.tex} shows how a paper takes them."
)
SENTENCES = (
    r"The ledger has \bevalue{claims:all} claims: \bevalue{claims:PROVED} are proved, \bevalue{claims:CERTIFIED} "
    r"certified, \bevalue{claims:SUPPORTED} supported by experiments, \bevalue{claims:REFUTED} refuted and "
    r"\bevalue{claims:UNDECIDED} undecided.",
    r"Local alignment does not imply that entry becomes more likely (C5.local: \verdict{C5.local}): at row payoffs "
    r"\bevalue{C5.local:payoffs.R}, \bevalue{C5.local:payoffs.S}, \bevalue{C5.local:payoffs.T}, "
    r"\bevalue{C5.local:payoffs.P} the basin share of (Stag, Stag) falls from \bevalue{C5.local:share.0} to "
    r"\bevalue{C5.local:share.1/10} at $\lambda = 1/10$.",
    r"At the published settings of Stag Hunt \bevalue{C15.logit:results.pg.fraction} of "
    r"$n = \bevalue{C15.logit:results.pg.total}$ starts succeed under policy gradient and "
    r"\bevalue{C15.logit:results.meta.fraction} under Meta-MAPG, a difference of "
    r"\bevalue{C15.logit:paired.meta-pg.difference} with the 95\,\% interval "
    r"\bevalue{C15.logit:paired.meta-pg.interval} (\verdict{C15.logit}).",
    r"In the memory-one iterated Prisoner's Dilemma the shares are \bevalue{C16.expanded:results.pg.fraction} and "
    r"\bevalue{C16.expanded:results.meta.fraction}, the difference "
    r"\bevalue{C16.expanded:paired.meta-pg.difference} \bevalue{C16.expanded:paired.meta-pg.interval} "
    r"(\verdict{C16.expanded}).",
    r"Under a constant correction (Hare, Hare) rests for $\lambda \le \bevalue{C8.lost:moved-zeros.stag-hunt.bound}$ "
    r"only, less than the published \bevalue{C8.lost:moved-zeros.stag-hunt.lambda}.",
)
_KEYS = re.compile(r"\\bevalue\{([^}]*)\}")

FIGURES = (
    "stag_hunt_basins", "stag_hunt_portrait", "stag_hunt_regions", "ipd_alignment", "closed_form", "sweep",
    "published_shares", "ablation", "risk_dominance", "moved_zeros", "rest_bounds",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A table of the sample document.

    Attributes:
        name: the table.
        title: its heading.
        says: what it shows; if empty, its caption on the report's page says it.
        wide: whether it takes a page turned sideways.
        columns: those that are shown, all if empty.
        widths: their LaTeX types, the table's own if empty.
        only: (column, cells): rows with another cell there are left out.
    """

    name: str
    title: str
    says: str = ""
    wide: bool = False
    columns: tuple[str, ...] = ()
    widths: tuple[str, ...] = ()
    only: tuple[str, tuple[str, ...]] | None = None

    def rows(self, tables: Mapping[str, Table]) -> tuple[tuple[str, ...], ...]:
        """The rows that are shown, none if the folder does not have the table."""
        if self.name not in tables:
            return ()
        table = tables[self.name]
        if self.only is None:
            return table.rows
        place, cells = table.columns.index(self.only[0]), self.only[1]
        return tuple(row for row in table.rows if row[place] in cells)

    def latex(self, tables: Mapping[str, Table]) -> str:
        """The table, read from its file where it is shown as it was written."""
        table, rows = tables[self.name], self.rows(tables)
        says = latex_text(self.says or captions.TABLES[self.name])
        if self.only:
            says += f" ({len(rows)} of the {len(table.rows)} rows of \\texttt{{tables/{latex_text(self.name)}}}.)"
        long = len(rows) > PAGE
        if rows == table.rows and not self.columns:
            shown = f"\\input{{tables/{self.name}-long}}" if long else f"\\fittedtable{{tables/{self.name}}}"
        else:
            part, long = replace(table, rows=rows).only(*self.columns or table.columns), True
            shown = replace(part, widths=self.widths or part.widths).long_latex()
        words = f"\\subsection{{{self.title}}}\n\\noindent {says}\n"
        if not self.wide:
            return f"\\room\n{words}{{\\small\n{shown}}}\n" if long else f"\\together{{{words}{shown}}}\n"
        return (
            f"\\begin{{landscape}}\n{words}{{\\scriptsize\\setlength\\tabcolsep{{3pt}}\n{shown}}}\n\\end{{landscape}}\n"
        )


_DEFINITIONS = (
    "C19.basin", "C19.sublevel", "C19.sign-box", "C19.logit", "C19.sublevel-replicator", "C19.sublevel-logit",
    "C19.boxes", "C19.balls", "C19.steps", "C19.cooperative-set", "C19.coverage",
)  # fmt: skip
SECTIONS: Mapping[str, tuple[Shown, ...]] = {
    "The ledger": (Shown("ledger", "All claims", "Every claim and its verdict."),),
    "Alignment": (
        Shown("alignment", "Conditions"),
        Shown("trajectories", "Along learning runs"),
        Shown("notions", "Notions compared"),
    ),
    "Certified regions": (
        Shown(
            "ledger",
            "Definitions",
            "How regions of attraction are defined, and what holds of them.",
            only=("claim", _DEFINITIONS),
        ),
        Shown("certificates", "Certificates", wide=True),
    ),
    "Experiments": (
        Shown("closed_form", "Closed form"),
        Shown(
            "entry",
            "Paired experiments",
            columns=("claim", "game", "setting", "method", "share", "95% interval", "n"),
        ),
        Shown("ablation", "Ablation", wide=True),
        Shown(
            "reproduction",
            "Reproduction",
            "Published numbers beside ours, as far as they can be compared.",
            True,
            ("game", "arm", "quantity", "published", "n published", "reading", "ours", "95% interval", "n", "verdict"),
            ("l", "l", "p{5.2cm}", "p{3.3cm}", "r", "p{4.5cm}", "r", "l", "r", "l"),
            ("verdict", ("AGREES", "DISAGREES")),
        ),
    ),
}


def write_paper(folder: Path) -> list[Path]:
    """Write formulas, macros, the appendix and the sample document of a folder that ``verify`` filled.

    For the ledger of one's own game, macros and the document alone.

    Returns:
        The files' paths.

    Raises:
        BadInput: the folder holds no ledger of this version, or cannot be written.
    """
    tables, game = paper_tables(folder), checked_game(folder)
    claims = stored_claims(folder)
    evidence = list(stored_evidence(folder, claims))
    with as_written(folder):
        claims = [{**claim, "verdict": as_read(claim["verdict"], claim["reason"])[0]} for claim in claims]
        contents = {
            "macros.tex": macros(claims, evidence),
            "paper.tex": document(tables, values(claims, evidence), game),
        }
        if game is None:
            contents |= {"appendix-body.tex": appendix_body(), "appendix.tex": appendix(r"\input{appendix-body}")}
    formulas_written = write_formulas(folder) if game is None else []
    return formulas_written + [write_whole(folder / name, text) for name, text in contents.items()]


def document(tables: Mapping[str, Table], numbers: Mapping[str, str], game: str | None = None) -> str:
    """The sample document.

    Args:
        tables: those of the folder, by name.
        numbers: the values that macros print, by key.
        game: the one game that was checked, if it was not the paper's claims.
    """
    parts = [PREAMBLE, _opening(numbers) if game is None else _own_opening(numbers, game), "\\tableofcontents\n"]
    for title, entries in SECTIONS.items():
        found = [entry.latex(tables) for entry in entries if entry.rows(tables)]
        parts += _section(title, found) if found else []
    if game is not None:
        return "\n".join([*parts, "\\end{document}\n"])
    parts += [
        _formulas(),
        "\\section{Figures}\n",
        *(f"\\shown{{figures/{name}}}{{{latex_text(captions.FIGURES[name])}}}" for name in FIGURES),
    ]
    return "\n".join([*parts, "\\clearpage\n\\appendix\n\\input{appendix-body}\n\\end{document}\n"])


def _opening(numbers: Mapping[str, str]) -> str:
    """Sentences whose numbers come from macros."""
    kept = [line for line in SENTENCES if all(key in numbers for key in _KEYS.findall(line))]
    return "\n".join([_FIRST, *kept]) + "\n"


def _section(title: str, shown: list[str]) -> list[str]:
    """Heading and tables; before a page turned sideways the heading stands on that page."""
    heading, turned = f"\\section{{{title}}}\n", "\\begin{landscape}\n"
    if shown[0].startswith(turned):
        return [turned + heading + shown[0].removeprefix(turned), *shown[1:]]
    return [f"\\room\n{heading}", *shown]


def _own_opening(numbers: Mapping[str, str], game: str) -> str:
    """What was checked, and how many checks have each verdict."""
    counted = {key: key.removeprefix("claims:") for key in numbers if key.startswith("claims:") and key != "claims:all"}
    listed = ", ".join(f"\\bevalue{{{key}}} {latex_text(verdict.lower())}" for key, verdict in counted.items())
    return (
        f"{_FIRST}\nThe game {latex_text(game)} was checked in \\bevalue{{claims:all}} ways: {listed}. The paper's "
        "formulas, appendix and figures are about its own games, so this document leaves them out.\n"
    )


def _formulas() -> str:
    entries = (
        f"{{\\raggedright\\noindent {latex_text(entry.says)} \\texttt{{{entry.name}}}\\par}}\\nopagebreak\n"
        f"\\[\\input{{formulas/{entry.name}}}\\]\n"
        for entry in formulas()
    )
    return "\\section{Formulas}\n" + "".join(entries)
