"""One self-contained page of a verification: ledger, explorer, tables, figures, formulas, provenance.

:func:`numerics.report.page.write_report` reads what ``verify`` wrote and computes nothing again. The page fetches
nothing: style, scripts and figures are inside it, mathematics is MathML, and its own policy forbids the browser to load
anything else. ``page.css``, ``page.js`` and ``explorer.js`` are put in as they are.
"""
