"""Entry point of ``basin-entry``: an interrupt while everything else is still being imported is one sentence too."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from numerics import cli
    except KeyboardInterrupt:
        print("basin-entry: interrupted before any work began.", file=sys.stderr)
        sys.exit(130)
    cli.main()
