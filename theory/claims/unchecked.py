"""Claims of the paper that have no check yet; each moves to a file of its own when it gets one."""

from __future__ import annotations

from theory.claims.model import Claim

CLAIMS = (Claim("C17", "Entry rises with small neural policies.", "paper, MLP-IPD experiments"),)
