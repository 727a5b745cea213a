"""Tables of what runs showed: reproductions, ablation, sweep, regions, entry times, costs, risk dominance.

Each takes the ledger's evidence, as (claim id, content) pairs, and reads it; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from numerics.evidence_rows import Evidence, rows_of, table_of
from numerics.tables import Table, interval, number


def reproduction(evidence: Evidence) -> Table:
    """Every published number beside ours, under every reading of its setting."""
    columns = (
        "paper", "game", "arm", "quantity", "published", "n published", "reading", "ours", "95% interval", "n",
        "undecided", "verdict", "reason",
    )  # fmt: skip
    rows = [
        (
            row["paper"],
            row["game"],
            row["arm"],
            row["quantity"] + (f" ({row['score']})" if row.get("score") else ""),
            row["statement"],
            "" if row["published_n"] is None else number(row["published_n"]),
            ", ".join(filter(None, (row["setting"], row["rule"]))),
            "" if row["ours"] is None else number(row["ours"], ".4f"),
            "" if row["interval"] is None else interval(row["interval"]),
            number(row["n"]),
            number(row["undecided"]),
            row["verdict"],
            row["reason"],
        )
        for row in rows_of(evidence, "reproduction")
    ]
    return table_of(columns, rows, "lllllrlrlrrlp{5cm}")


def ablation(evidence: Evidence) -> Table:
    """Each correction's effect in every cell; differences hold together over all rows."""
    columns = (
        "game", "gradient", "form", "L", "c_peer", "arm", "share", "95% interval", "n", "undecided", "less pg",
        "simultaneous 95% interval", "Holm p",
    )  # fmt: skip
    rows = [
        (
            row["game"],
            row["gradient"],
            row["form"],
            number(row["unroll"]),
            number(row["c_peer"], "g"),
            row["arm"],
            number(row["share"], ".4f"),
            interval(row["interval"]),
            number(row["n"]),
            number(row["undecided"]),
            *(
                (
                    number(row["difference"], "+.4f"),
                    interval(row["difference_interval"], "+.4f"),
                    number(row["adjusted_p"], ".3g"),
                )
                if "difference" in row
                else ("", "", "")
            ),
        )
        for row in rows_of(evidence, "ablation")
    ]
    return table_of(columns, rows, "lllrrlrlrrrlr")


def sweep(evidence: Evidence) -> Table:
    """Entry share as the peer coefficient grows; the shares of a game hold together."""
    columns = ("game", "c_peer", "lambda", "share", "simultaneous 95% interval", "n", "undecided")
    rows = [
        (
            content["game"],
            number(row["c_peer"], "g"),
            number(row["lambda"], "g"),
            number(row["share"], ".4f"),
            interval(row["interval"]),
            number(row["n"]),
            number(row["undecided"]),
        )
        for _, content in evidence
        for row in content.get("sweep", ())
    ]
    return table_of(columns, rows, "lrrrlrr")


def regions(evidence: Evidence) -> Table:
    """Entry of the same runs under each definition of the region; the gains of a game hold together."""
    columns = ("game", "definition", "pg", "meta", "gain", "simultaneous 95% interval", "n", "undecided")
    rows = [
        (
            content["game"],
            row["definition"],
            number(row["base_share"], ".4f"),
            number(row["share"], ".4f"),
            number(row["gain"], "+.4f"),
            interval(row["gain_interval"], "+.4f"),
            number(row["n"]),
            number(row["undecided"]),
        )
        for _, content in evidence
        for row in content.get("regions", ())
    ]
    return table_of(columns, rows, "llrrrlrr")


def entry_times(evidence: Evidence) -> Table:
    """First-entry times in steps; runs that never enter count with the last step in restricted means."""
    columns = (
        "game", "region", "method", "n", "steps", "entered", "never", "undecided", "restricted mean", "95% interval",
        "median", "less pg", "simultaneous 95% interval", "sooner", "later", "ties", "sign test p",
    )  # fmt: skip
    rows = [
        (
            content["game"],
            row["definition"],
            row["method"],
            number(row["n"]),
            number(row["horizon"]),
            number(row["entered"]),
            number(row["censored"]),
            number(row["undecided"]),
            number(row["restricted_mean"], ".1f"),
            interval(row["interval"], ".1f"),
            f"> {row['horizon']}" if row["median"] is None else number(row["median"]),
            *(
                (
                    number(row["difference"], "+.1f"),
                    interval(row["difference_interval"], "+.1f"),
                    *(number(row[count]) for count in ("sooner", "later", "ties")),
                    number(row["p_value"], ".3g"),
                )
                if "difference" in row
                else ("",) * 6
            ),
        )
        for _, content in evidence
        for row in content.get("times", ())
    ]
    return table_of(columns, rows, "lllrrrrrrlrrlrrrr")


def costs(evidence: Evidence) -> Table:
    """Expected cost of a success by restarting: steps times work of an update over the success share of one epoch."""
    columns = (
        "claim", "game", "work counted in", "method", "work", "share of epochs", "95% interval", "epochs",
        "cost / pg's", "95% interval of the ratio", "n", "undecided",
    )  # fmt: skip
    rows = [
        (
            claim,
            content["game"],
            unit,
            row["method"],
            number(row["work"]),
            number(row["p"]["estimate"], ".4f"),
            interval(row["p"]["interval"]),
            number(row["epochs"]["estimate"], ".2f"),
            number(row["ratio"]["estimate"], ".3f"),
            interval(row["ratio"]["interval"], ".3f"),
            number(row["n"]),
            number(row["undecided"]),
        )
        for claim, content in evidence
        for unit, counted in content.get("costs", {}).items()
        for row in counted
    ]
    return table_of(columns, rows, "llllrrlrrlrr")


def risk_dominance(evidence: Evidence) -> Table:
    """A family of Stag Hunts: entry in log-odds, and the exact shares in direct coordinates."""
    columns = (
        "p*", "T", "pg", "meta", "meta - pg", "simultaneous 95% interval", "n", "undecided", "pg, direct",
        "meta, direct",
    )  # fmt: skip
    rows = [
        (
            row["p*"],
            row["T"],
            number(row["pg"]["share"], ".4f"),
            number(row["meta"]["share"], ".4f"),
            number(row["meta - pg"]["difference"], "+.4f"),
            interval(row["meta - pg"]["interval"], "+.4f"),
            number(row["n"]),
            number(row["pg"]["undecided"] + row["meta"]["undecided"]),
            row["direct"]["pg"],
            row["direct"]["meta"],
        )
        for claim, content in evidence
        if claim == "C15.risk-dominance-logit"
        for row in content.get("members", ())
    ]
    return table_of(columns, rows, "rrrrrlrrrr")


TABLES: Mapping[str, Callable[[Evidence], Table]] = {
    "reproduction": reproduction,
    "ablation": ablation,
    "sweep": sweep,
    "regions": regions,
    "entry_times": entry_times,
    "costs": costs,
    "risk_dominance": risk_dominance,
}
