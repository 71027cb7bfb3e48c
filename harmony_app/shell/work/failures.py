"""What a page says when work beside it failed."""

from __future__ import annotations

from fusion_core.errors import HarmonyError
from harmony_app.log import LOG


def failure_text(error: Exception, what: str) -> str:
    """Return the sentence to show; what is no mistake of the visitor is kept in the log.

    Parameters
    ----------
    error
        Why there is no result.
    what
        What could not be done, such as ``The ranks could not be computed``.
    """
    if isinstance(error, HarmonyError):
        return error.message
    LOG.error(what, exc_info=error)
    return f"{what}; the details are in the server's log."


__all__ = ["failure_text"]
