"""Who did what to which object, one JSON object a line; never what a survey's respondents said."""

from __future__ import annotations

import json
import logging
import logging.handlers
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from harmony_app.access.users import keep_private

AUDIT: Final = logging.getLogger("harmony_app.audit")
_FILE: Final = "audit.jsonl"
_LARGEST: Final = 20_000_000
_KEPT: Final = 10
_LONGEST_VALUE: Final = 200
AUDIT.propagate = False


def audit_to(workspace: Path) -> Path:
    """Write actions to ``server/audit.jsonl`` in a workspace; returns the file.

    A file of 20 MB makes way for a new one; ten are kept.
    """
    path = audit_file(workspace)
    keep_private(path.parent)
    path.touch(mode=0o600)
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=_LARGEST, backupCount=_KEPT, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    AUDIT.setLevel(logging.INFO)
    AUDIT.addHandler(handler)
    return path


def audit_file(workspace: Path) -> Path:
    """Return the file that actions are written to, existing or not."""
    return workspace / "server" / _FILE


def record(action: str, *, user: str = "", **objects: object) -> None:
    """Write down an action, if anybody keeps such records.

    Parameters
    ----------
    action
        What was done, in the past: ``"run started"``.
    user
        Who did it.
    **objects
        What it was done to, by kind of object: a run, a survey, an address.
    """
    if not AUDIT.handlers:
        return
    entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "user": user}
    entry |= {"action": action}
    entry |= {name: str(value)[:_LONGEST_VALUE] for name, value in objects.items()}
    AUDIT.info(json.dumps(entry, ensure_ascii=False))


__all__ = ["AUDIT", "audit_file", "audit_to", "record"]
