"""The ledger of one's own game as tables: what was found, what does not apply and why, several games side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from numerics.ledger import LONGEST
from numerics.tables import Table
from numerics.verdicts import Ledger
from theory.claims import NOT_RUN, Claim, Finding, settle
from theory.claims.own_game import own_game_claims
from theory.claims.own_game_model import NOT_APPLICABLE, as_read
from theory.games import AnyGame


def applies(finding: Finding) -> bool:
    """Whether a check says something about the game."""
    return as_read(finding.verdict, finding.reason)[0] != NOT_APPLICABLE


def found(ledger: Ledger, *claims: str) -> Table:
    """Claim, verdict and what was found of every check that applies, or of those named."""
    return _findings([(e.claim, e.finding) for e in ledger.entries if not claims or e.claim.id in claims])


def decided(game: AnyGame, *claims: str) -> Table:
    """The same of the exact checks alone, or of those named, without measuring anything."""
    return _findings(_exact(game, claims))


def _exact(game: AnyGame, claims: Collection[str] = ()) -> list[tuple[Claim, Finding]]:
    asked = (claim for claim in own_game_claims(game) if not claims or claim.id in claims)
    return [(claim, settle(claim.check)) for claim in asked if claim.check is not None]


def _findings(pairs: Sequence[tuple[Claim, Finding]]) -> Table:
    rows = tuple((c.id, c.statement, str(f.verdict), _told(f)) for c, f in pairs if applies(f))
    return Table(("claim", "statement", "verdict", "found"), rows, ("l", "p{5cm}", "l", "p{7cm}"))


def left_out(ledger: Ledger) -> Table:
    """The checks that do not apply, and why."""
    entries = [entry for entry in ledger.entries if not applies(entry.finding)]
    rows = tuple((e.claim.id, as_read(e.finding.verdict, e.finding.reason)[1]) for e in entries)
    return Table(("claim", "why it does not apply"), rows, ("l", "p{10cm}"))


def ran(ledger: Ledger) -> Table:
    """Claim, verdict and reason of the entries that ran."""
    entries = [entry for entry in ledger.entries if entry.finding != NOT_RUN]
    rows = tuple((e.claim.id, str(e.finding.verdict), e.claim.statement, e.finding.reason) for e in entries)
    return Table(("claim", "verdict", "statement", "reason"), rows, ("l", "l", "p{6cm}", "p{6cm}"))


def side_by_side(games: Sequence[AnyGame]) -> Table:
    """Verdicts of the exact checks that apply to one of the games, one column each; elsewhere the cell is empty."""
    columns = [[str(finding.verdict) if applies(finding) else "" for _, finding in _exact(game)] for game in games]
    claims = [claim.id for claim in own_game_claims(games[0])]
    rows = tuple((claim, *row) for claim, row in zip(claims, zip(*columns, strict=True), strict=True))
    return Table(("claim", *(g.name for g in games)), tuple(r for r in rows if any(r[1:])), ("l",) * (1 + len(games)))


def _told(finding: Finding) -> str:
    """The evidence where it fits a cell, else the reason."""
    told = "; ".join(evidence.summary for evidence in finding.evidence)
    return told if 0 < len(told) <= LONGEST else finding.reason
