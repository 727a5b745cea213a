"""The one error that bad input raises: a sentence with the place and the reason."""

from __future__ import annotations


class BadInput(ValueError):
    """Input that cannot be used; its message is one sentence naming the place and the reason.

    The command line prints it and exits with status 2.
    """
