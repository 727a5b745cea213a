"""numerics.paper_macros: keys and numbers by hand, and an error of LaTeX for what is not there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.paper_macros import LONGEST, macros, values
from theory.errors import BadInput

CLAIMS = [{"id": "C5.local", "verdict": "REFUTED"}, {"id": "C15.logit", "verdict": "SUPPORTED"}]
LOCAL = {"share": {"0": "47/49", "1/10": "13009/14161"}, "payoffs": ["6", "1", "0", "2"], "words": "as published"}
LOGIT = {
    "schema_version": 1,
    "config": {"inner_lr": 0.55, "sampled": False, "at": None},
    "results": [
        {"method": "pg", "fraction": 0.2498, "interval": [0.24141253, 0.25837962], "ends": {"Hare,Hare": 7501}},
        {"method": "meta", "fraction": 0.42194321, "interval": [0.1, 0.5], "ends": {}},
    ],
    "paired": [{"a": "meta", "b": "pg", "difference": -0.1721456, "p_value": 7.36e-91}],
    "rows": [{"lambda": "1/2", "bound": "2/3"}, {"lambda": "1/3", "bound": "-1/8"}],
}
EVIDENCE: list[tuple[str, dict[str, Any]]] = [
    ("C5.local", LOCAL),
    ("C15.logit", LOGIT),
    ("C15.logit", {"games": 500, "curve": list(range(99))}),
]


def test_values_by_hand() -> None:
    assert values(CLAIMS, EVIDENCE) == {
        "claims:all": "2",
        "claims:REFUTED": "1",
        "claims:SUPPORTED": "1",
        "C5.local:share.0": "47/49",
        "C5.local:share.1/10": "13009/14161",
        **{f"C5.local:payoffs.{k}": payoff for k, payoff in enumerate("6102", start=1)},
        "C15.logit:config.inner-lr": "0.55",
        "C15.logit:results.pg.fraction": "0.2498",
        "C15.logit:results.pg.interval": "[0.2414, 0.2584]",
        "C15.logit:results.pg.interval.low": "0.2414",
        "C15.logit:results.pg.interval.high": "0.2584",
        "C15.logit:results.pg.ends.Hare,Hare": "7501",
        "C15.logit:results.meta.fraction": "0.4219",
        "C15.logit:results.meta.interval": "[0.1, 0.5]",
        "C15.logit:results.meta.interval.low": "0.1",
        "C15.logit:results.meta.interval.high": "0.5",
        "C15.logit:paired.meta-pg.difference": r"\ensuremath{-0.1721}",
        "C15.logit:paired.meta-pg.p-value": r"\ensuremath{7.36\cdot 10^{-91}}",
        "C15.logit:rows.1.lambda": "1/2",
        "C15.logit:rows.1.bound": "2/3",
        "C15.logit:rows.2.lambda": "1/3",
        "C15.logit:rows.2.bound": r"\ensuremath{-1/8}",
        "C15.logit-2:games": "500",
    }


def test_two_numbers_with_one_key_are_refused() -> None:
    with pytest.raises(BadInput, match="two numbers of the evidence have the key 'C1:a-b'"):
        values([], [("C1", {"a b": 1, "a_b": 2})])


def test_certificates_and_long_lists_are_left_to_tables() -> None:
    assert list(values([], [("C19", {"format": "basin-entry certificate", "level": "2/9"})])) == ["claims:all"]
    rows = [{"n": k} for k in range(LONGEST + 1)]
    assert list(values([], [("C1", {"rows": rows})])) == ["claims:all"]
    assert len(values([], [("C1", {"rows": rows[1:]})])) == 1 + LONGEST


names = st.text(st.characters(exclude_characters="(", exclude_categories=["Cs"]), max_size=8)
contents: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none() | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(names, contents, max_size=4))
def test_keys_and_values_are_safe_for_latex(content: dict[str, Any]) -> None:
    try:
        found = values([], [("C1", content)])
    except BadInput:
        return
    for key, value in found.items():
        assert re.fullmatch(r"[A-Za-z0-9.:/,*+-]+", key)
        plain = re.sub(r"\\ensuremath\{([^{}]|\{[^{}]*\})*\}", "0", value)
        assert re.fullmatch(r"[0-9./\[\], ]+", plain), value


# ------------------------------------------------------------------------------------------------------- with TeX


def compiled(folder: Path, body: str) -> subprocess.CompletedProcess[str]:
    """A document with these macros, through pdflatex."""
    (folder / "macros.tex").write_text(macros(CLAIMS, EVIDENCE))
    lines = (r"\documentclass{article}", r"\input{macros}", r"\begin{document}", body, r"\end{document}")
    (folder / "main.tex").write_text("\n".join(lines))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@needs_tex
def test_all_keys_are_known_to_latex(tmp_path: Path) -> None:
    body = "\n".join(rf"$x = \bevalue{{{key}}}$ and \bevalue{{{key}}}." for key in values(CLAIMS, EVIDENCE))
    assert compiled(tmp_path, body + r" \section{\verdict{C5.local}, \bevalue{C5.local:share.0}}").returncode == 0


@needs_tex
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (r"\bevalue{C5.local:share.2}", "There is no value with the key 'C5.local:share.2'"),
        (r"\verdict{C99}", "There is no verdict with the key 'C99'"),
    ],
)
def test_an_unknown_key_is_an_error(tmp_path: Path, body: str, said: str) -> None:
    done = compiled(tmp_path, body)
    assert done.returncode != 0 and said in done.stdout.replace("\n", "")
